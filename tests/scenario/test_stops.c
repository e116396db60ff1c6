/*
 * Stopping without losing snapshots, by each policy, and destroying, through the real programs: what the guest holds
 * after it has been brought back is the judge (P1-P7, D6).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "tests/support/world.h"

static void run(struct world *world, const char *a, const char *b, const char *c, const char *d, const char *e)
{
	free(world_expect(world, 0, a, b, c, d, e, NULL));
}

static void set_policy(struct world *world, const char *policy)
{
	run(world, "host", "set", WORLD_HOST, "--stop-policy", policy);
}

static void assert_says(const char *text, const char *what)
{
	if (!strstr(text, what)) {
		fail_msg("'%s' is not in: %s", what, text);
	}
}

/* A(B*), each with what the guest held then; the guest goes on with "now". */
static void make(struct world *world, const char *policy)
{
	world_make(world, true);
	world_write(world, false, "file", "a");
	world_write(world, true, "cache", "a");
	run(world, "snapshot", "create", WORLD_VM, "--name=A", "--memory");
	world_write(world, false, "file", "b");
	run(world, "snapshot", "create", WORLD_VM, "--name=B", NULL);
	world_write(world, false, "file", "now");
	set_policy(world, policy);
}

static void assert_registered(struct world *world, bool registered, const char *state)
{
	json_t *answer = world_json(world, "vm", "show", WORLD_VM, NULL);
	json_t *vm = json_object_get(answer, "virtualmachine");
	assert_int_equal(json_is_true(json_object_get(vm, "registered")), registered);
	assert_true(json_is_false(json_object_get(vm, "missing")));
	assert_string_equal(json_string_value(json_object_get(vm, "state")), state);
	json_decref(answer);
}

static void assert_whole(struct world *world)
{
	world_assert_guest(world, false, "file", "now");
	world_assert_tree(world, "A .B*");
	free(world_expect(world, 0, "snapshot", "revert", WORLD_VM, "A", "--no-safety", "--yes", NULL));
	world_assert_guest(world, false, "file", "a");
	world_assert_guest(world, true, "cache", "a");
	free(world_expect(world, 0, "snapshot", "revert", WORLD_VM, "B", "--no-safety", "--yes", NULL));
	world_assert_guest(world, false, "file", "b");
}

static void test_stop_keeps_the_vm_on_its_host__P1(void **state)
{
	struct world world;
	(void)state;
	make(&world, "keep");
	run(&world, "vm", "stop", WORLD_VM, NULL, NULL);
	assert_registered(&world, true, "Stopped");
	run(&world, "vm", "start", WORLD_VM, NULL, NULL);
	assert_whole(&world);
	world_clear(&world);
}

static void test_stop_exports_and_removes_and_start_brings_all_back__P2_P6(void **state)
{
	struct world world;
	(void)state;
	make(&world, "export");
	char *told = world_expect(&world, 0, "vm", "stop", WORLD_VM, NULL);
	assert_says(told, "only its export is on the host");
	free(told);
	assert_registered(&world, false, "Stopped");
	told = world_expect(&world, 1, "snapshot", "create", WORLD_VM, NULL);
	assert_says(told, "start it to bring it back, or destroy it");
	free(told);
	told = world_expect(&world, 1, "snapshot", "delete", WORLD_VM, "A", "--yes", NULL);
	assert_says(told, "start it to bring it back, or destroy it");
	free(told);
	run(&world, "vm", "start", WORLD_VM, NULL, NULL);
	assert_registered(&world, true, "Running");
	assert_whole(&world);
	world_clear(&world);
}

static void test_stop_of_a_vm_without_snapshots_just_removes_it__P2(void **state)
{
	struct world world;
	(void)state;
	world_make(&world, true);
	set_policy(&world, "export");
	world_write(&world, false, "file", "now");
	run(&world, "vm", "stop", WORLD_VM, NULL, NULL);
	assert_registered(&world, false, "Stopped");
	run(&world, "vm", "start", WORLD_VM, NULL, NULL);
	world_assert_guest(&world, false, "file", "now");
	world_assert_agrees(&world);
	world_clear(&world);
}

static void test_create_exports_and_a_stop_has_nothing_left_to_do__P3(void **state)
{
	struct world world;
	(void)state;
	make(&world, "keep");
	run(&world, "vm", "stop", WORLD_VM, NULL, NULL);
	set_policy(&world, "export-at-snapshot");
	run(&world, "snapshot", "create", WORLD_VM, "--name=C", NULL);
	char *log = world_expect(&world, 0, "log", "--what", "ExportVm", NULL);
	assert_says(log, "was exported");
	free(log);
	free(world_sim(&world, "fault", "set", "disk-full", NULL)); /* whoever copies now fails */
	run(&world, "vm", "stop", WORLD_VM, NULL, NULL);
	free(world_sim(&world, "fault", "clear", NULL));
	assert_registered(&world, false, "Stopped");
	run(&world, "vm", "start", WORLD_VM, NULL, NULL);
	world_assert_tree(&world, "A .B ..C*");
	world_assert_guest(&world, false, "file", "now");
	world_clear(&world);
}

/* The create is done whatever becomes of its export. */
static void test_create_succeeds_though_its_export_fails__P3(void **state)
{
	struct world world;
	(void)state;
	make(&world, "export-at-snapshot");
	free(world_sim(&world, "fault", "set", "false:ExportVm:DiskFull", NULL));
	run(&world, "snapshot", "create", WORLD_VM, "--name=C", NULL);
	free(world_sim(&world, "fault", "clear", NULL));
	world_assert_tree(&world, "A .B ..C*");
	run(&world, "vm", "stop", WORLD_VM, NULL, NULL);
	assert_registered(&world, false, "Stopped");
	run(&world, "vm", "start", WORLD_VM, NULL, NULL);
	world_assert_tree(&world, "A .B ..C*");
	world_clear(&world);
}

static void test_export_that_lacks_a_checkpoint_removes_nothing__P2(void **state)
{
	static const char *const faults[] = {"incomplete:ExportVm", "damaged:ExportVm", "false:ExportVm:DiskFull"};
	for (size_t i = 0; i < HV_ARRAY_LEN(faults); i++) {
		struct world world;
		(void)state;
		make(&world, "export");
		free(world_sim(&world, "fault", "set", faults[i], NULL));
		struct program_result result;
		world_run(&world, &result, "vm", "stop", WORLD_VM, NULL);
		assert_int_equal(result.code, 3); /* the guest is down, and that was all */
		program_result_clear(&result);
		free(world_sim(&world, "fault", "clear", NULL));
		assert_registered(&world, true, "Stopped");
		run(&world, "vm", "start", WORLD_VM, NULL, NULL);
		assert_whole(&world);
		world_clear(&world);
	}
}

static void test_export_that_rots_unseen_is_read_back_before_the_vm_goes__P2(void **state)
{
	struct world world;
	(void)state;
	make(&world, "keep");
	run(&world, "vm", "stop", WORLD_VM, NULL, NULL);
	set_policy(&world, "export-at-snapshot");
	run(&world, "snapshot", "create", WORLD_VM, "--name=C", NULL);
	free(world_sim(&world, "foreign", "spoil-export", WORLD_VM, "--unseen", NULL));
	struct program_result result;
	world_run(&world, &result, "vm", "stop", WORLD_VM, NULL);
	assert_int_equal(result.code, 3);
	program_result_clear(&result);
	assert_registered(&world, true, "Stopped");
	run(&world, "vm", "stop", WORLD_VM, NULL, NULL); /* exported again, and then removed */
	assert_registered(&world, false, "Stopped");
	run(&world, "vm", "start", WORLD_VM, NULL, NULL);
	world_assert_tree(&world, "A .B ..C*");
	world_clear(&world);
}

static void test_start_behind_a_stop_ends_its_export__P4(void **state)
{
	struct world world;
	(void)state;
	make(&world, "export");
	free(world_sim(&world, "fault", "set", "slow:ExportVm:2000", NULL));
	run(&world, "vm", "stop", WORLD_VM, "--no-wait", NULL);
	run(&world, "vm", "start", WORLD_VM, "--queue", NULL);
	assert_registered(&world, true, "Running");
	assert_whole(&world);
	world_clear(&world);
}

/* The first console is gone before the storage is; whoever comes next goes on. */
static void test_stop_waits_for_lost_storage_and_goes_on_in_another_console__P5_Y1(void **state)
{
	struct world world;
	(void)state;
	make(&world, "export");
	free(world_sim(&world, "fault", "set", "storage-gone", NULL));
	struct program_result result;
	world_run(&world, &result, "vm", "stop", WORLD_VM, "--no-wait", NULL);
	program_result_clear(&result);
	free(world_sim(&world, "fault", "clear", NULL));
	free(world_expect(&world, 0, "sync", NULL));
	assert_registered(&world, false, "Stopped");
	run(&world, "vm", "start", WORLD_VM, NULL, NULL);
	assert_whole(&world);
	world_clear(&world);
}

static void test_destroy_says_what_goes_and_takes_all_of_it__D6(void **state)
{
	for (int variant = 0; variant < 2; variant++) {
		struct world world;
		(void)state;
		make(&world, "export");
		if (variant == 1) {
			run(&world, "vm", "stop", WORLD_VM, NULL, NULL);
		}
		char *preview = world_expect(&world, 0, "vm", "destroy", WORLD_VM, "--dry-run", NULL);
		assert_says(preview, "LOST   its 2 snapshots: 'A', 'B'");
		assert_says(preview, "for good");
		assert_int_equal(variant == 1, strstr(preview, "LOST   its export") != NULL);
		free(preview);
		free(world_expect(&world, 2, "vm", "destroy", WORLD_VM, NULL)); /* without --yes */
		assert_registered(&world, variant == 0, variant == 0 ? "Running" : "Stopped");
		run(&world, "vm", "destroy", WORLD_VM, "--yes", NULL);
		free(world_expect(&world, 1, "vm", "show", WORLD_VM, NULL));
		char *host = world_sim(&world, "show", NULL);
		assert_null(strstr(host, WORLD_VM));
		free(host);
		json_t *answer = world_json(&world, "snapshot", "list", NULL);
		assert_int_equal(json_integer_value(json_object_get(answer, "count")), 0);
		json_decref(answer);
		char *log = world_expect(&world, 0, "log", "--what", "DestroyVm", NULL);
		assert_says(log, "was destroyed");
		free(log);
		world_clear(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stop_keeps_the_vm_on_its_host__P1),
		cmocka_unit_test(test_stop_exports_and_removes_and_start_brings_all_back__P2_P6),
		cmocka_unit_test(test_stop_of_a_vm_without_snapshots_just_removes_it__P2),
		cmocka_unit_test(test_create_exports_and_a_stop_has_nothing_left_to_do__P3),
		cmocka_unit_test(test_create_succeeds_though_its_export_fails__P3),
		cmocka_unit_test(test_export_that_lacks_a_checkpoint_removes_nothing__P2),
		cmocka_unit_test(test_export_that_rots_unseen_is_read_back_before_the_vm_goes__P2),
		cmocka_unit_test(test_start_behind_a_stop_ends_its_export__P4),
		cmocka_unit_test(test_stop_waits_for_lost_storage_and_goes_on_in_another_console__P5_Y1),
		cmocka_unit_test(test_destroy_says_what_goes_and_takes_all_of_it__D6),
	};
	return cmocka_run_group_tests_name("scenario/stops", tests, NULL, NULL);
}
