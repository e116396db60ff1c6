/*
 * What a host does to disks, memory, power and the tree: judged by what the guest then holds (Z1-Z5 on the witness).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/sim/sim_fixture.h"

struct scene {
	struct test_host host;
	struct client client;
};

static int setup(void **state)
{
	static struct scene scene;
	test_host_open(&scene.host, NULL);
	client_open(&scene.client, &scene.host);
	*state = &scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	test_host_check(&scene->host);
	client_close(&scene->client);
	test_host_close(&scene->host);
	return 0;
}

/* --- create ---------------------------------------------------------------------------------------------------- */

static void test_create__moves_the_pointer_and_goes_on_in_fresh_files__T2_C1(void **state)
{
	struct scene *s = *state;
	const json_t *answer = create(&s->client, "db", "a", "Disk");
	assert_well(answer);
	assert_string_equal(tree_text(answer), "a(*)");
	assert_string_equal(vm_state(answer), "Running");
	const json_t *to = json_object_get(json_object_get(answer, "body"), "vmSnapshotTo");
	assert_string_equal(json_string_value(json_object_get(to, "snapshotName")), "a");
	assert_string_equal(json_string_value(json_object_get(to, "checkpointId")),
		json_string_value(json_object_get(checkpoint_named(answer, "a"), "id")));
	assert_true(json_integer_value(json_object_get(to, "createTime")) > 0);
	const json_t *volumes =
		json_object_get(json_object_get(json_object_get(answer, "body"), "vm"), "volumes");
	assert_int_equal(json_array_size(volumes), 2);
	assert_non_null(strstr(json_string_value(json_object_get(json_array_get(volumes, 0), "path")), ".avhdx"));
	answer = create(&s->client, "db", "b", "DiskAndMemory");
	assert_string_equal(tree_text(answer), "a(b(*))");
	assert_false(json_is_true(json_object_get(checkpoint_named(answer, "a"), "hasMemory")));
	assert_true(json_is_true(json_object_get(checkpoint_named(answer, "b"), "hasMemory")));
}

static void test_create__refuses_memory_of_a_vm_that_does_not_run__T4(void **state)
{
	static const char *const names[] = {"web", "nap", "held"};
	struct scene *s = *state;
	for (size_t i = 0; i < 3; i++) {
		const json_t *answer = create(&s->client, names[i], "m", "DiskAndMemory");
		assert_failed(answer, "InvalidState");
		assert_string_equal(tree_text(answer), "*");
	}
	assert_failed(create(&s->client, "nap", "d", "Disk"), "InvalidState");
	assert_well(create(&s->client, "web", "d", "Disk"));
}

static void test_create__disk_of_a_running_vm_needs_a_guest_that_can_be_quiesced__T3(void **state)
{
	struct scene *s = *state;
	assert_failed(create(&s->client, "old", "p", "Disk"), "QuiesceFailed");
	assert_well(create(&s->client, "old", "m", "DiskAndMemory"));
	test_host_fault(&s->host, "vss");
	assert_failed(create(&s->client, "db", "p", "Disk"), "QuiesceFailed");
	test_host_clear_fault(&s->host, "vss");
	const json_t *answer = create(&s->client, "db", "p", "Disk");
	assert_well(answer);
	assert_string_equal(tree_text(answer), "p(*)");
}

static void test_create__stops_at_fifty_checkpoints__C3(void **state)
{
	struct scene *s = *state;
	for (int i = 0; i < 50; i++) {
		assert_well(create(&s->client, "web", "same name", "Disk"));
	}
	const json_t *answer = create(&s->client, "web", "one too many", "Disk");
	assert_failed(answer, "LimitReached");
	assert_int_equal(
		json_array_size(json_object_get(json_object_get(json_object_get(answer, "body"), "vm"), "checkpoints")),
		50);
	assert_failed(revert(&s->client, "web", "same name", "Disk"), "HostError");
}

static void test_create__refuses_a_view_that_is_stale__Y3(void **state)
{
	struct scene *s = *state;
	struct hv_error err;
	json_t *body = target_body("db", "mine", "Disk", NULL);
	(void)json_object_set_new(json_object_get(body, "target"), "parent", json_null());
	assert_int_equal(sim_foreign_create(s->host.sim, "db", "theirs", NULL, &err), HV_OK);
	const json_t *answer = client_answer(
		&s->client, client_send(&s->client, "CreateVMSnapshotCommand", new_operation(&s->host), 1, body));
	assert_failed(answer, "StaleView");
	assert_string_equal(tree_text(answer), "theirs(*)");
	body = target_body("db", "mine", "Disk", NULL);
	(void)json_object_set(json_object_get(body, "target"), "parent",
		json_object_get(checkpoint_named(answer, "theirs"), "id"));
	answer = client_answer(
		&s->client, client_send(&s->client, "CreateVMSnapshotCommand", new_operation(&s->host), 1, body));
	assert_well(answer);
	assert_string_equal(tree_text(answer), "theirs(mine(*))");
}

/* --- revert ---------------------------------------------------------------------------------------------------- */

static void test_revert__brings_back_disks_and_memory_and_runs__V1_Z2(void **state)
{
	struct scene *s = *state;
	write_disk(&s->host, "db", "app", "1");
	write_data_disk(&s->host, "db", "rows", "10");
	write_memory(&s->host, "db", "pid", "77");
	assert_well(create(&s->client, "db", "a", "DiskAndMemory"));
	write_disk(&s->host, "db", "app", "2");
	write_data_disk(&s->host, "db", "rows", "20");
	write_memory(&s->host, "db", "pid", "88");
	write_memory(&s->host, "db", "later", "yes");
	const json_t *answer = revert(&s->client, "db", "a", "DiskAndMemory");
	assert_well(answer);
	assert_string_equal(vm_state(answer), "Running");
	assert_string_equal(disk_of(&s->host, "db", "app"), "1");
	assert_string_equal(data_disk_of(&s->host, "db", "rows"), "10");
	assert_string_equal(memory_of(&s->host, "db", "pid"), "77");
	assert_null(memory_of(&s->host, "db", "later"));
}

static void test_revert__to_disk_ends_stopped_whatever_it_was__V2(void **state)
{
	struct scene *s = *state;
	write_disk(&s->host, "db", "app", "1");
	write_memory(&s->host, "db", "pid", "77");
	assert_well(create(&s->client, "db", "a", "Disk"));
	write_disk(&s->host, "db", "app", "2");
	const json_t *answer = revert(&s->client, "db", "a", "Disk");
	assert_well(answer);
	assert_string_equal(vm_state(answer), "Stopped");
	assert_string_equal(disk_of(&s->host, "db", "app"), "1");
	assert_null(memory_of(&s->host, "db", "pid"));
	write_disk(&s->host, "db", "app", "3");
	answer = revert(&s->client, "db", "a", "Disk");
	assert_string_equal(vm_state(answer), "Stopped");
	assert_string_equal(disk_of(&s->host, "db", "app"), "1");
}

static void test_revert__memory_from_off_ends_running__V1(void **state)
{
	struct scene *s = *state;
	write_memory(&s->host, "db", "pid", "77");
	assert_well(create(&s->client, "db", "a", "DiskAndMemory"));
	assert_well(stop(&s->client, "db", false));
	const json_t *answer = revert(&s->client, "db", "a", "DiskAndMemory");
	assert_string_equal(vm_state(answer), "Running");
	assert_string_equal(memory_of(&s->host, "db", "pid"), "77");
}

static void test_revert__any_node_of_the_tree_and_none_is_lost__V3_Z4(void **state)
{
	static const struct {
		const char *name, *tree;
	} targets[] = {{"b", "a(b(*) c)"}, {"a", "a(b c *)"}, {"c", "a(b c(*))"}, {"c", "a(b c(*))"}, {"b", "a(b(*) c)"}};
	struct scene *s = *state;
	write_disk(&s->host, "web", "at", "a");
	assert_well(create(&s->client, "web", "a", "Disk"));
	write_disk(&s->host, "web", "at", "b");
	assert_well(create(&s->client, "web", "b", "Disk"));
	assert_well(revert(&s->client, "web", "a", "Disk"));
	write_disk(&s->host, "web", "at", "c");
	assert_well(create(&s->client, "web", "c", "Disk"));
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		write_disk(&s->host, "web", "at", "lost");
		const json_t *answer = revert(&s->client, "web", targets[i].name, "Disk");
		assert_well(answer);
		assert_string_equal(tree_text(answer), targets[i].tree);
		assert_string_equal(disk_of(&s->host, "web", "at"), targets[i].name);
		test_host_check(&s->host);
	}
}

static void test_revert__is_seen_as_saved_then_starting_then_running__S2(void **state)
{
	static const char *const expected[] = {"Saved", "Starting", "Running"};
	struct scene *s = *state;
	size_t index, next = 0;
	json_t *line;
	assert_well(create(&s->client, "db", "a", "DiskAndMemory"));
	test_host_speed(&s->host, 100);
	client_run_ms(&s->client, 1000);
	client_forget(&s->client);
	assert_well(revert(&s->client, "db", "a", "DiskAndMemory"));
	client_run_ms(&s->client, 1000);
	json_array_foreach(s->client.heard, index, line) {
		const char *event = json_string_value(json_object_get(line, "event"));
		if (event && strcmp(event, "VmStateChanged") == 0 && next < 3 &&
			strcmp(vm_state(line), expected[next]) == 0) {
			next++;
		}
	}
	assert_int_equal(next, 3);
}

static void test_revert__unknown_checkpoint_or_one_without_memory_changes_nothing__V4(void **state)
{
	struct scene *s = *state;
	write_disk(&s->host, "db", "app", "1");
	assert_well(create(&s->client, "db", "a", "Disk"));
	write_disk(&s->host, "db", "app", "2");
	assert_failed(revert(&s->client, "db", "nowhere", "Disk"), "SnapshotNotFound");
	const json_t *answer = revert(&s->client, "db", "a", "DiskAndMemory");
	assert_failed(answer, "InvalidState");
	assert_string_equal(vm_state(answer), "Running");
	assert_string_equal(disk_of(&s->host, "db", "app"), "2");
}

static void test_revert__a_full_disk_changes_nothing__V4(void **state)
{
	struct scene *s = *state;
	write_memory(&s->host, "db", "pid", "1");
	assert_well(create(&s->client, "db", "a", "DiskAndMemory"));
	write_memory(&s->host, "db", "pid", "2");
	test_host_fault(&s->host, "disk-full");
	const json_t *answer = revert(&s->client, "db", "a", "DiskAndMemory");
	assert_failed(answer, "DiskFull");
	assert_string_equal(vm_state(answer), "Running");
	assert_failed(create(&s->client, "db", "b", "Disk"), "DiskFull");
	assert_string_equal(memory_of(&s->host, "db", "pid"), "2");
}

static void test_revert__storage_lost_on_the_way_leaves_the_state_that_it_has__V4(void **state)
{
	struct scene *s = *state;
	write_memory(&s->host, "db", "pid", "1");
	assert_well(create(&s->client, "db", "a", "DiskAndMemory"));
	write_memory(&s->host, "db", "pid", "2");
	test_host_speed(&s->host, 100);
	int id = client_send(&s->client, "RevertToVMSnapshotCommand", new_operation(&s->host), 1,
		target_body("db", "a", "DiskAndMemory", NULL));
	client_run_ms(&s->client, 10);
	test_host_fault(&s->host, "storage-gone");
	const json_t *answer = client_answer(&s->client, id);
	assert_failed(answer, "StorageGone");
	assert_string_equal(vm_state(answer), "Saved");
	assert_string_equal(memory_of(&s->host, "db", "pid"), "2");
	test_host_clear_fault(&s->host, "storage-gone");
	assert_well(start(&s->client, "db"));
	assert_string_equal(memory_of(&s->host, "db", "pid"), "2");
}

/* --- delete ---------------------------------------------------------------------------------------------------- */

static void make_fork(struct scene *s) /* a(b(*) c), each with its name on disk "at" and a key of its own */
{
	write_disk(&s->host, "web", "at", "a");
	write_disk(&s->host, "web", "only a", "1");
	assert_well(create(&s->client, "web", "a", "Disk"));
	write_disk(&s->host, "web", "at", "c");
	write_disk(&s->host, "web", "only c", "1");
	assert_well(create(&s->client, "web", "c", "Disk"));
	assert_well(revert(&s->client, "web", "a", "Disk"));
	write_disk(&s->host, "web", "at", "b");
	write_disk(&s->host, "web", "only b", "1");
	assert_well(create(&s->client, "web", "b", "Disk"));
	write_disk(&s->host, "web", "at", "now");
}

static void test_delete__the_current_one_keeps_the_running_data__D3(void **state)
{
	struct scene *s = *state;
	make_fork(s);
	const json_t *answer = delete_snapshot(&s->client, "web", "b");
	assert_well(answer);
	assert_string_equal(tree_text(answer), "a(c *)");
	assert_string_equal(disk_of(&s->host, "web", "at"), "now");
	assert_string_equal(disk_of(&s->host, "web", "only b"), "1");
	assert_null(disk_of(&s->host, "web", "only c"));
}

static void test_delete__a_parent_of_several_keeps_what_each_of_them_holds__D2(void **state)
{
	struct scene *s = *state;
	make_fork(s);
	const json_t *answer = delete_snapshot(&s->client, "web", "a");
	assert_string_equal(tree_text(answer), "c b(*)");
	test_host_check(&s->host);
	assert_string_equal(disk_of(&s->host, "web", "only a"), "1");
	assert_well(revert(&s->client, "web", "c", "Disk"));
	assert_string_equal(disk_of(&s->host, "web", "at"), "c");
	assert_string_equal(disk_of(&s->host, "web", "only a"), "1");
	assert_null(disk_of(&s->host, "web", "only b"));
	/* now the hidden file has one successor left, and is merged */
	answer = delete_snapshot(&s->client, "web", "b");
	assert_string_equal(tree_text(answer), "c(*)");
	test_host_check(&s->host);
	assert_string_equal(disk_of(&s->host, "web", "only a"), "1");
	assert_string_equal(disk_of(&s->host, "web", "only c"), "1");
}

static void test_delete__a_leaf_of_another_branch_is_dropped_and_its_sibling_is_merged__D2(void **state)
{
	struct scene *s = *state;
	make_fork(s);
	assert_well(delete_snapshot(&s->client, "web", "c"));
	const json_t *answer = delete_snapshot(&s->client, "web", "a");
	assert_string_equal(tree_text(answer), "b(*)");
	assert_string_equal(disk_of(&s->host, "web", "at"), "now");
	assert_well(revert(&s->client, "web", "b", "Disk"));
	assert_string_equal(disk_of(&s->host, "web", "at"), "b");
	assert_string_equal(disk_of(&s->host, "web", "only a"), "1");
}

static void test_delete__all_of_them_leaves_one_file_and_the_running_state__D4(void **state)
{
	struct scene *s = *state;
	make_fork(s);
	assert_well(delete_snapshot(&s->client, "web", "a"));
	assert_well(delete_snapshot(&s->client, "web", "c"));
	const json_t *answer = delete_snapshot(&s->client, "web", "b");
	assert_string_equal(tree_text(answer), "*");
	assert_string_equal(disk_of(&s->host, "web", "at"), "now");
	const json_t *volumes =
		json_object_get(json_object_get(json_object_get(answer, "body"), "vm"), "volumes");
	assert_non_null(strstr(json_string_value(json_object_get(json_array_get(volumes, 0), "path")), "root.vhdx"));
}

static void test_delete__what_is_gone_already_is_done__D4(void **state)
{
	struct scene *s = *state;
	json_t *body = target_body("web", "x", "Disk", NULL);
	assert_well(delete_snapshot(&s->client, "web", "never was"));
	(void)json_object_set_new(body, "vmUuid", json_string("99999999-9999-4999-8999-999999999999"));
	const json_t *answer = client_answer(
		&s->client, client_send(&s->client, "DeleteVMSnapshotCommand", new_operation(&s->host), 1, body));
	assert_well(answer);
	assert_null(json_object_get(json_object_get(answer, "body"), "vm"));
}

static void test_delete__is_answered_when_the_disks_are_merged_with_progress__D1(void **state)
{
	struct scene *s = *state;
	make_fork(s);
	test_host_speed(&s->host, 100);
	int64_t before = s->host.now_us;
	int id = client_send(&s->client, "DeleteVMSnapshotCommand", new_operation(&s->host), 1,
		target_body("web", "b", "Disk", NULL));
	client_run_ms(&s->client, 1200);
	assert_null(client_heard_answer(&s->client, id));
	const json_t *event = client_last_event(&s->client, "SnapshotsChanged");
	assert_string_equal(tree_text(event), "a(c *)"); /* gone from the tree, long before the merge ends */
	assert_string_equal(disk_of(&s->host, "web", "only b"), "1");
	assert_well(client_answer(&s->client, id));
	assert_true(s->host.now_us - before >= 2 * HV_SECOND_US);
	assert_true(client_count_events(&s->client, "Progress") >= 5);
	const json_t *progress = client_last_event(&s->client, "Progress");
	assert_string_equal(json_string_value(json_object_get(progress, "phase")), "merging disks");
	assert_string_equal(disk_of(&s->host, "web", "at"), "now");
}

static void test_delete__the_vm_is_used_while_its_disks_are_merged__D2(void **state)
{
	struct scene *s = *state;
	make_fork(s);
	assert_well(start(&s->client, "web"));
	test_host_speed(&s->host, 100);
	int id = client_send(&s->client, "DeleteVMSnapshotCommand", new_operation(&s->host), 1,
		target_body("web", "b", "Disk", NULL));
	client_run_ms(&s->client, 1200);
	write_disk(&s->host, "web", "during", "merge");
	struct hv_error err;
	assert_int_equal(sim_foreign_create(s->host.sim, "web", "theirs", NULL, &err), HV_OK);
	write_disk(&s->host, "web", "at", "after");
	test_host_check(&s->host);
	const json_t *answer = client_answer(&s->client, id);
	assert_string_equal(tree_text(answer), "a(c theirs(*))");
	assert_string_equal(disk_of(&s->host, "web", "at"), "after");
	assert_string_equal(disk_of(&s->host, "web", "during"), "merge");
	assert_well(revert(&s->client, "web", "theirs", "DiskAndMemory"));
	assert_string_equal(disk_of(&s->host, "web", "at"), "now");
	assert_string_equal(disk_of(&s->host, "web", "during"), "merge");
}

static void test_delete__a_merge_stands_still_while_its_storage_is_away(void **state)
{
	struct scene *s = *state;
	make_fork(s);
	test_host_speed(&s->host, 100);
	int id = client_send(&s->client, "DeleteVMSnapshotCommand", new_operation(&s->host), 1,
		target_body("web", "b", "Disk", NULL));
	client_run_ms(&s->client, 1000);
	test_host_fault(&s->host, "storage-gone");
	client_run_ms(&s->client, 20000);
	assert_null(client_heard_answer(&s->client, id));
	assert_false(json_is_true(
		json_object_get(json_object_get(client_last_event(&s->client, "HostStatus"), "body"), "storageUp")));
	test_host_clear_fault(&s->host, "storage-gone");
	assert_well(client_answer(&s->client, id));
}

/* --- power ----------------------------------------------------------------------------------------------------- */

static void test_power__stopping_loses_memory_and_starting_begins_empty__1_4(void **state)
{
	struct scene *s = *state;
	write_memory(&s->host, "db", "pid", "77");
	write_disk(&s->host, "db", "app", "1");
	assert_string_equal(vm_state(stop(&s->client, "db", false)), "Stopped");
	assert_null(memory_of(&s->host, "db", "pid"));
	assert_string_equal(vm_state(start(&s->client, "db")), "Running");
	assert_null(memory_of(&s->host, "db", "pid"));
	assert_string_equal(disk_of(&s->host, "db", "app"), "1");
	assert_well(start(&s->client, "db"));
	assert_well(stop(&s->client, "web", false));
}

static void test_power__a_saved_vm_resumes_or_loses_its_saved_state__1_4(void **state)
{
	struct scene *s = *state;
	assert_string_equal(memory_of(&s->host, "nap", "dream"), "sheep");
	assert_string_equal(vm_state(start(&s->client, "nap")), "Running");
	assert_string_equal(memory_of(&s->host, "nap", "dream"), "sheep");
	assert_failed(stop(&s->client, "held", false), "InvalidState");
	assert_string_equal(vm_state(stop(&s->client, "held", true)), "Stopped");
	assert_null(memory_of(&s->host, "held", "held"));
}

static void test_power__stopping_a_saved_vm_drops_its_saved_state__1_4(void **state)
{
	struct scene *s = *state;
	assert_string_equal(vm_state(stop(&s->client, "nap", false)), "Stopped");
	assert_null(memory_of(&s->host, "nap", "dream"));
	assert_string_equal(vm_state(start(&s->client, "nap")), "Running");
	assert_null(memory_of(&s->host, "nap", "dream"));
}

static void test_power__a_stop_removes_the_automatic_checkpoint_it_stands_on__2_6(void **state)
{
	struct scene *s = *state;
	struct hv_error err;
	assert_int_equal(sim_foreign_create(s->host.sim, "db", "Automatic Checkpoint", "Automatic", &err), HV_OK);
	write_disk(&s->host, "db", "app", "1");
	const json_t *answer = stop(&s->client, "db", false);
	assert_string_equal(tree_text(answer), "*");
	assert_string_equal(disk_of(&s->host, "db", "app"), "1");
}

static void test_power__a_missing_vm_is_told__VmNotFound(void **state)
{
	struct scene *s = *state;
	json_t *body = json_pack("{s:s}", "vmUuid", "99999999-9999-4999-8999-999999999999");
	assert_failed(client_answer(&s->client, client_send(&s->client, "StartCommand", new_operation(&s->host), 1, body)),
		"VmNotFound");
}

/* --- the guest and foreign hands ------------------------------------------------------------------------------- */

static void test_guest__is_written_only_where_a_guest_could_write(void **state)
{
	struct scene *s = *state;
	struct hv_error err;
	const struct sim_place web_memory = {.vm = "web", .memory = true}, nap = {.vm = "nap"}, none = {.vm = "gone"};
	const struct sim_place no_disk = {.vm = "db", .disk = "floppy"};
	assert_int_equal(sim_guest_write(s->host.sim, &web_memory, "k", "v", &err), HV_ERR_REFUSED);
	assert_int_equal(sim_guest_write(s->host.sim, &nap, "k", "v", &err), HV_ERR_REFUSED);
	assert_int_equal(sim_guest_write(s->host.sim, &none, "k", "v", &err), HV_ERR_NOT_FOUND);
	assert_int_equal(sim_guest_write(s->host.sim, &no_disk, "k", "v", &err), HV_ERR_INVALID);
	write_disk(&s->host, "web", "k", "v");
	assert_string_equal(disk_of(&s->host, "WEB", "k"), "v");
	struct hv_text text = HV_TEXT_INIT;
	const struct sim_place web = {.vm = "web"};
	write_disk(&s->host, "web", "a", "1");
	assert_int_equal(sim_guest_list(s->host.sim, &web, &text, &err), HV_OK);
	assert_string_equal(hv_text_get(&text), "a=1\nk=v\n");
	hv_text_clear(&text);
}

static void test_foreign__makes_and_removes_checkpoints_of_every_kind__T6(void **state)
{
	struct scene *s = *state;
	struct hv_error err;
	assert_int_equal(sim_foreign_create(s->host.sim, "db", "backup", "Recovery", &err), HV_OK);
	assert_int_equal(sim_foreign_create(s->host.sim, "db", "theirs", NULL, &err), HV_OK);
	assert_int_equal(sim_foreign_create(s->host.sim, "db", "theirs", NULL, &err), HV_OK);
	assert_int_equal(sim_foreign_create(s->host.sim, "db", "x", "Odd", &err), HV_ERR_INVALID);
	assert_int_equal(sim_foreign_delete(s->host.sim, "db", "theirs", &err), HV_ERR_AMBIGUOUS);
	assert_int_equal(sim_foreign_delete(s->host.sim, "db", "nobody's", &err), HV_ERR_NOT_FOUND);
	assert_failed(revert(&s->client, "db", "backup", "Disk"), "InvalidState");
	assert_int_equal(sim_foreign_delete(s->host.sim, "db", "backup", &err), HV_OK);
}

static void test_foreign__waits_for_nobody_but_is_refused_while_the_vm_is_busy__X1(void **state)
{
	struct scene *s = *state;
	struct hv_error err;
	test_host_speed(&s->host, 100);
	int id = client_send(&s->client, "CreateVMSnapshotCommand", new_operation(&s->host), 1,
		target_body("db", "mine", "Disk", NULL));
	client_run_ms(&s->client, 10);
	assert_int_equal(sim_foreign_create(s->host.sim, "db", "theirs", NULL, &err), HV_ERR_CONFLICT);
	assert_int_equal(sim_foreign_create(s->host.sim, "old", "theirs", NULL, &err), HV_OK);
	assert_well(client_answer(&s->client, id));
}

int main(void)
{
#define RULE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		RULE(test_create__moves_the_pointer_and_goes_on_in_fresh_files__T2_C1),
		RULE(test_create__refuses_memory_of_a_vm_that_does_not_run__T4),
		RULE(test_create__disk_of_a_running_vm_needs_a_guest_that_can_be_quiesced__T3),
		RULE(test_create__stops_at_fifty_checkpoints__C3),
		RULE(test_create__refuses_a_view_that_is_stale__Y3),
		RULE(test_revert__brings_back_disks_and_memory_and_runs__V1_Z2),
		RULE(test_revert__to_disk_ends_stopped_whatever_it_was__V2),
		RULE(test_revert__memory_from_off_ends_running__V1),
		RULE(test_revert__any_node_of_the_tree_and_none_is_lost__V3_Z4),
		RULE(test_revert__is_seen_as_saved_then_starting_then_running__S2),
		RULE(test_revert__unknown_checkpoint_or_one_without_memory_changes_nothing__V4),
		RULE(test_revert__a_full_disk_changes_nothing__V4),
		RULE(test_revert__storage_lost_on_the_way_leaves_the_state_that_it_has__V4),
		RULE(test_delete__the_current_one_keeps_the_running_data__D3),
		RULE(test_delete__a_parent_of_several_keeps_what_each_of_them_holds__D2),
		RULE(test_delete__a_leaf_of_another_branch_is_dropped_and_its_sibling_is_merged__D2),
		RULE(test_delete__all_of_them_leaves_one_file_and_the_running_state__D4),
		RULE(test_delete__what_is_gone_already_is_done__D4),
		RULE(test_delete__is_answered_when_the_disks_are_merged_with_progress__D1),
		RULE(test_delete__the_vm_is_used_while_its_disks_are_merged__D2),
		RULE(test_delete__a_merge_stands_still_while_its_storage_is_away),
		RULE(test_power__stopping_loses_memory_and_starting_begins_empty__1_4),
		RULE(test_power__a_saved_vm_resumes_or_loses_its_saved_state__1_4),
		RULE(test_power__stopping_a_saved_vm_drops_its_saved_state__1_4),
		RULE(test_power__a_stop_removes_the_automatic_checkpoint_it_stands_on__2_6),
		RULE(test_power__a_missing_vm_is_told__VmNotFound),
		RULE(test_guest__is_written_only_where_a_guest_could_write),
		RULE(test_foreign__makes_and_removes_checkpoints_of_every_kind__T6),
		RULE(test_foreign__waits_for_nobody_but_is_refused_while_the_vm_is_busy__X1),
	};
	return cmocka_run_group_tests_name("sim/rules", tests, NULL, NULL);
}
