/*
 * Z6, Z7 and Z8 by the real programs: volumes with snapshots present, an offering upgrade with memory snapshots present,
 * and volume snapshots beside VM snapshots. What the guest finds on its disks decides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "tests/support/world.h"

#define FILE_PATH "D:\\disks\\letters.vhdx"
#define DISK "letters"

static void assert_says(char *take_text, const char *what)
{
	if (!strstr(take_text, what)) {
		fail_msg("'%s' is not in: %s", what, take_text);
	}
	free(take_text);
}

static void write_disk(struct world *world, const char *disk, const char *value)
{
	free(world_sim(world, "guest", "write", WORLD_VM, "--disk", disk, "file", value, NULL));
}

static void assert_disk(struct world *world, const char *disk, const char *value)
{
	assert_says(world_sim(world, "guest", "read", WORLD_VM, "--disk", disk, "file", NULL), value);
}

static void take(struct world *world, const char *name, bool memory)
{
	free(world_expect(world, 0, "snapshot", "create", WORLD_VM, "--name", name, memory ? "--memory" : NULL, NULL));
}

static void test_attach_and_detach__with_snapshots_present_are_refused_and_work_without__Z6_X2(void **state)
{
	(void)state;
	static const struct {
		bool running;
		bool memory;
	} ways[] = {{true, true}, {true, false}, {false, false}};
	for (size_t i = 0; i < HV_ARRAY_LEN(ways); i++) {
		struct world world;
		world_make(&world, ways[i].running);
		free(world_expect(&world, 0, "vm", "attach", WORLD_VM, "--path", FILE_PATH, "--size", "4G", NULL));
		write_disk(&world, DISK, "letters");
		take(&world, "A", ways[i].memory);
		write_disk(&world, DISK, "more");
		assert_says(world_expect(&world, 1, "vm", "detach", WORLD_VM, DISK, NULL), "'box' has 1 snapshots");
		assert_says(world_expect(&world, 1, "vm", "attach", WORLD_VM, "--path", "D:\\disks\\b.vhdx", "--size", "1G",
				    NULL),
			"delete them first");
		assert_says(world_expect(&world, 1, "vm", "resize", WORLD_VM, DISK, "--size", "8G", NULL),
			"delete them first");
		assert_disk(&world, DISK, "more");
		free(world_expect(&world, 0, "snapshot", "delete", WORLD_VM, "A", "--yes", NULL));
		assert_disk(&world, DISK, "more");
		free(world_expect(&world, 0, "vm", "detach", WORLD_VM, DISK, NULL));
		free(world_expect(&world, 0, "vm", "attach", WORLD_VM, "--path", FILE_PATH, NULL));
		assert_disk(&world, DISK, "more"); /* the file kept what was written */
		world_assert_vm_state(&world, ways[i].running ? "Running" : "Stopped");
		world_assert_agrees(&world);
		world_clear(&world);
	}
}

static void test_attach__with_an_untracked_checkpoint_present_is_refused__Z6_X2_T6(void **state)
{
	(void)state;
	struct world world;
	world_make(&world, false);
	free(world_sim(&world, "foreign", "create", WORLD_VM, "a backup", NULL));
	assert_says(world_expect(&world, 1, "vm", "attach", WORLD_VM, "--path", FILE_PATH, "--size", "4G", NULL),
		"1 untracked checkpoints");
	assert_says(world_expect(&world, 1, "vm", "attach", WORLD_VM, "--path", "D:\\disks\\a.avhdx", NULL),
		"never touched");
	world_clear(&world);
}

static void test_upgrade__says_which_memory_snapshots_go_and_keeps_the_disk_snapshots__Z7_X4_V5(void **state)
{
	(void)state;
	struct world world;
	world_make(&world, true);
	free(world_expect(&world, 0, "offering", "add", "large", "--cpus", "4", "--ram", "2G", NULL));
	world_write(&world, false, "file", "disk");
	take(&world, "disk one", false);
	world_write(&world, false, "file", "memory");
	take(&world, "memory one", true);
	world_write(&world, false, "file", "now");
	free(world_expect(&world, 0, "vm", "stop", WORLD_VM, NULL));
	char *preview = world_expect(&world, 0, "vm", "scale", WORLD_VM, "--offering", "large", "--dry-run", NULL);
	assert_null(strstr(preview, "disk one"));
	assert_says(preview, "LOST   the memory snapshot 'memory one'");
	/* nobody was asked: nothing is lost */
	world_assert_tree(&world, "disk one .memory one*");
	free(world_expect(&world, 2, "vm", "scale", WORLD_VM, "--offering", "large", NULL));
	world_assert_tree(&world, "disk one .memory one*");
	free(world_expect(&world, 0, "vm", "scale", WORLD_VM, "--offering", "large", "--yes", NULL));
	world_assert_tree(&world, "disk one*");
	world_assert_guest(&world, false, "file", "now");
	json_t *vm = world_host_vm(&world);
	assert_int_equal(json_integer_value(json_object_get(vm, "cpus")), 4);
	assert_int_equal(json_integer_value(json_object_get(vm, "memoryBytes")), INT64_C(2) << 30);
	json_decref(vm);
	free(world_expect(&world, 0, "snapshot", "revert", WORLD_VM, "disk one", "--no-safety", "--yes", NULL));
	world_assert_guest(&world, false, "file", "disk");
	vm = world_host_vm(&world);
	assert_int_equal(json_integer_value(json_object_get(vm, "cpus")), 2); /* V5 */
	json_decref(vm);
	assert_says(world_expect(&world, 0, "vm", "show", WORLD_VM, NULL), "small");
	world_clear(&world);
}

/* The host copies for two seconds: the other one is refused, or waits, and both are whole afterwards. */
static void test_volume_snapshot__beside_a_vm_snapshot_is_refused_or_waits__Z8_X3(void **state)
{
	(void)state;
	struct world world;
	world_make(&world, false);
	write_disk(&world, "root", "copied");
	free(world_sim(&world, "fault", "set", "slow:CreateVolumeSnapshot:1500", NULL));
	free(world_expect(
		&world, 0, "volume-snapshot", "create", WORLD_VM, "root", "--name", "copy", "--no-wait", NULL));
	assert_says(world_expect(&world, 1, "snapshot", "create", WORLD_VM, "--name", "A", NULL),
		"CreateVolumeSnapshot of");
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "A", "--queue", NULL));
	free(world_sim(&world, "fault", "clear", NULL));
	write_disk(&world, "root", "later");
	free(world_sim(&world, "fault", "set", "slow:CreateVMSnapshot:1500", NULL));
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "B", "--no-wait", NULL));
	assert_says(world_expect(&world, 1, "volume-snapshot", "create", WORLD_VM, "root", NULL), "CreateSnapshot of");
	free(world_expect(&world, 0, "volume-snapshot", "create", WORLD_VM, "root", "--name", "second", "--queue", NULL));
	free(world_sim(&world, "fault", "clear", NULL));
	world_assert_tree(&world, "A .B*");
	json_t *copies = world_json(&world, "volume-snapshot", "list", "--state", "Ready", NULL);
	const json_t *list = json_object_get(copies, "snapshot");
	assert_int_equal(json_array_size(list), 2);
	static const char *const values[] = {"later", "copied"}; /* newest first */
	for (size_t i = 0; i < HV_ARRAY_LEN(values); i++) {
		const char *id = json_string_value(json_object_get(json_array_get(list, i), "id"));
		assert_says(world_sim(&world, "guest", "read", WORLD_VM, "--volume-snapshot", id, "file", NULL), values[i]);
	}
	json_decref(copies);
	free(world_expect(&world, 2, "volume-snapshot", "delete", WORLD_VM, "copy", NULL)); /* without --yes */
	free(world_expect(&world, 0, "volume-snapshot", "delete", WORLD_VM, "copy", "--yes", NULL));
	assert_says(world_expect(&world, 0, "volume-snapshot", "list", "--json", NULL), "\"count\":1");
	world_assert_agrees(&world);
	world_clear(&world);
}

static void test_volume_snapshot_list__takes_all_filters_together__L1_X3(void **state)
{
	(void)state;
	static const struct {
		const char *words[4];
		const char *count;
	} filters[] = {
		{{"--vm", WORLD_VM}, "\"count\":2"},
		{{"--name", "first"}, "\"count\":1"},
		{{"--keyword", "DATA"}, "\"count\":1"},
		{{"--state", "Error"}, "\"count\":0"},
		{{"--account", "nobody"}, "\"count\":0"},
		{{"--domain", "/", "--recursive"}, "\"count\":2"},
		{{"--older-than", "1d"}, "\"count\":0"},
		{{"--page", "2", "--page-size", "1"}, "\"count\":2"},
	};
	struct world world;
	world_make(&world, false);
	free(world_expect(&world, 0, "volume-snapshot", "create", WORLD_VM, "root", "--name", "first", NULL));
	free(world_expect(&world, 0, "volume-snapshot", "create", WORLD_VM, "data", "--name", "second", NULL));
	for (size_t i = 0; i < HV_ARRAY_LEN(filters); i++) {
		const char *const *words = filters[i].words;
		assert_says(world_expect(&world, 0, "volume-snapshot", "list", "--json", words[0], words[1], words[2],
				    words[3], NULL),
			filters[i].count);
	}
	world_clear(&world);
}

static void test_capabilities__switch_snapshots_off_for_a_version_and_are_in_the_log__X5_A2(void **state)
{
	(void)state;
	struct world world;
	world_make(&world, false);
	free(world_expect(&world, 0, "capabilities", "set", "10.0.20348", "--disable", NULL));
	assert_says(world_expect(&world, 1, "snapshot", "create", WORLD_VM, "--name", "A", NULL),
		"snapshots are disabled for the hypervisor version");
	assert_says(world_expect(&world, 0, "log", "--what", "SetCapability", NULL), "disabled on Hyper-V 10.0.20348");
	free(world_expect(&world, 0, "capabilities", "set", "10.0.20348", "--enable", NULL));
	take(&world, "A", false);
	world_assert_tree(&world, "A*");
	world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attach_and_detach__with_snapshots_present_are_refused_and_work_without__Z6_X2),
		cmocka_unit_test(test_attach__with_an_untracked_checkpoint_present_is_refused__Z6_X2_T6),
		cmocka_unit_test(test_upgrade__says_which_memory_snapshots_go_and_keeps_the_disk_snapshots__Z7_X4_V5),
		cmocka_unit_test(test_volume_snapshot__beside_a_vm_snapshot_is_refused_or_waits__Z8_X3),
		cmocka_unit_test(test_volume_snapshot_list__takes_all_filters_together__L1_X3),
		cmocka_unit_test(test_capabilities__switch_snapshots_off_for_a_version_and_are_in_the_log__X5_A2),
	};
	return cmocka_run_group_tests_name("scenario/volumes", tests, NULL, NULL);
}
