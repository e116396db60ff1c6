/*
 * What every agent must do, in raw lines of the protocol: test_conformance sim|powershell|host. What a revert brings back
 * and what a delete leaves is judged by what the guest then holds. Nothing waits for time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "tests/conformance/scene.h"

static const struct subject *subject;

static int setup(void **state)
{
	static struct scene scene;
	scene_open(&scene, subject);
	*state = &scene;
	return 0;
}

static int teardown(void **state)
{
	scene_close(*state);
	return 0;
}

static int end(void **state)
{
	(void)state;
	scenes_end();
	return 0;
}

/* --- hello and looking ----------------------------------------------------------------------------------------- */

static void test_ready__says_protocol_agent_host_and_capabilities(void **state)
{
	struct scene *s = *state;
	const json_t *host = json_object_get(s->ready, "host");
	struct hv_uuid guid;
	assert_int_equal(json_integer_value(json_object_get(s->ready, "protocol")), 1);
	assert_non_null(json_string_value(json_object_get(s->ready, "agent")));
	assert_non_null(json_string_value(json_object_get(host, "name")));
	assert_non_null(json_string_value(json_object_get(host, "hypervisorVersion")));
	assert_true(hv_uuid_parse(json_string_value(json_object_get(host, "guid")), &guid));
	assert_true(json_is_array(json_object_get(s->ready, "capabilities")));
	assert_null(json_object_get(host, "problem"));
}

static void test_startup_and_ping__are_answered_with_an_empty_body(void **state)
{
	struct scene *s = *state;
	const json_t *answer = ask(s, "StartupCommand", json_pack("{s:s}", "console", "a test"));
	assert_well(answer);
	assert_int_equal(json_object_size(json_object_get(answer, "body")), 0);
	answer = ask(s, "PingCommand", json_object());
	assert_well(answer);
	assert_string_equal(json_string_value(json_object_get(answer, "answer")), "PingAnswer");
	assert_int_equal(json_object_size(json_object_get(answer, "body")), 0);
}

static void test_inventory__names_every_vm_with_state_and_disks(void **state)
{
	static const struct {
		const char *name, *state;
		size_t disks;
	} want[] = {{"db", "Running", 2}, {"held", "Paused", 1}, {"nap", "Saved", 1}, {"old", "Running", 1}, {"web", "Stopped", 1}};
	struct scene *s = *state;
	const json_t *body = json_object_get(ask(s, "GetInventoryCommand", json_object()), "body");
	const json_t *vms = json_object_get(body, "vms");
	assert_true(json_integer_value(json_object_get(body, "freeBytes")) > 0);
	assert_true(json_is_true(json_object_get(body, "storageUp")));
	assert_int_equal(json_array_size(vms), HV_ARRAY_LEN(want));
	for (size_t i = 0; i < HV_ARRAY_LEN(want); i++) {
		const json_t *vm = json_array_get(vms, i);
		const json_t *disk = json_array_get(json_object_get(vm, "volumes"), 0);
		assert_string_equal(json_string_value(json_object_get(vm, "vmName")), want[i].name);
		assert_string_equal(json_string_value(json_object_get(vm, "state")), want[i].state);
		assert_int_equal(json_array_size(json_object_get(vm, "volumes")), want[i].disks);
		assert_string_equal(json_string_value(json_object_get(disk, "volumeType")), "ROOT");
		assert_true(json_integer_value(json_object_get(disk, "size")) > 0);
	}
	const json_t *states = json_object_get(json_object_get(ask(s, "HostVmStateReportCommand", json_object()), "body"), "vms");
	assert_int_equal(json_array_size(states), HV_ARRAY_LEN(want));
	assert_int_equal(json_object_size(json_array_get(states, 0)), 3);
}

static void test_ping__is_answered_while_the_host_works(void **state)
{
	struct scene *s = *state;
	hand_slow(true);
	int64_t work = scene_send(s, "CreateVMSnapshotCommand", fresh_operation(s), 1, target_body(s, "db", "a", "Disk"));
	const char *told = json_string_value(json_object_get(scene_event(s, 0, "Progress", NULL), "operation"));
	assert_non_null(told);
	size_t before = scene_heard(s);
	assert_well(ask(s, "PingCommand", json_object()));
	for (size_t i = before; i < scene_heard(s); i++) {
		assert_int_not_equal(json_integer_value(json_object_get(json_array_get(s->heard, i), "id")), work);
	}
	assert_well(scene_answer(s, work));
}

/* --- create ---------------------------------------------------------------------------------------------------- */

static void test_create__makes_disk_and_memory_snapshots_of_a_running_vm__T4(void **state)
{
	struct scene *s = *state;
	const json_t *answer = create(s, "db", "disk only", "Disk");
	assert_well(answer);
	assert_string_equal(state_of(answer), "Running");
	assert_true(json_is_false(json_object_get(checkpoint_of(answer, "disk only"), "hasMemory")));
	const json_t *made = json_object_get(json_object_get(answer, "body"), "vmSnapshotTo");
	assert_string_equal(json_string_value(json_object_get(made, "checkpointId")),
		json_string_value(json_object_get(checkpoint_of(answer, "disk only"), "id")));
	assert_true(json_integer_value(json_object_get(made, "createTime")) > INT64_C(1500000000000000));
	answer = create(s, "db", "all of it", "DiskAndMemory");
	assert_well(answer);
	assert_true(json_is_true(json_object_get(checkpoint_of(answer, "all of it"), "hasMemory")));
	assert_string_equal(tree_of(answer), "disk only(all of it(*))");
	const char *type = hand_checkpoint_type("db");
	assert_true(!type || strcmp(type, "Production") == 0);
}

static void test_create__of_a_stopped_vm_is_disk_only__T4(void **state)
{
	struct scene *s = *state;
	assert_failed(create(s, "web", "m", "DiskAndMemory"), "InvalidState");
	const json_t *answer = create(s, "web", "d", "Disk");
	assert_well(answer);
	assert_string_equal(state_of(answer), "Stopped");
	assert_string_equal(tree_of(answer), "d(*)");
	assert_true(json_is_false(json_object_get(checkpoint_of(answer, "d"), "hasMemory")));
}

static void test_create__of_a_saved_or_paused_vm_is_refused__T4(void **state)
{
	struct scene *s = *state;
	assert_failed(create(s, "nap", "x", "Disk"), "InvalidState");
	assert_failed(create(s, "held", "x", "DiskAndMemory"), "InvalidState");
	assert_failed(create(s, "held", "x", "Disk"), "InvalidState");
	assert_failed(create(s, "nobody", "x", "Disk"), "VmNotFound");
}

static const json_t *create_believing(struct scene *s, const char *name, const char *parent)
{
	json_t *body = target_body(s, "db", name, "Disk");
	(void)json_object_set_new(json_object_get(body, "target"), "parent", parent ? json_string(parent) : json_null());
	return scene_answer(s, scene_send(s, "CreateVMSnapshotCommand", fresh_operation(s), 1, body));
}

static void test_create__is_refused_when_the_console_believes_in_another_parent__StaleView(void **state)
{
	struct scene *s = *state;
	assert_failed(create_believing(s, "a", "11111111-1111-4111-8111-111111111111"), "StaleView");
	const json_t *first = create_believing(s, "a", NULL);
	assert_well(first);
	assert_failed(create_believing(s, "b", NULL), "StaleView");
	const json_t *id = json_object_get(checkpoint_of(first, "a"), "id");
	assert_well(create_believing(s, "b", json_string_value(id)));
}

static void test_create__says_when_the_guest_cannot_be_quiesced__T4(void **state)
{
	struct scene *s = *state;
	const json_t *answer = create(s, "old", "d", "Disk");
	assert_failed(answer, "QuiesceFailed");
	assert_string_equal(tree_of(answer), "*");
	assert_well(create(s, "old", "m", "DiskAndMemory"));
	hand_fault("vss", true);
	assert_failed(create(s, "db", "d", "Disk"), "QuiesceFailed");
	const char *type = hand_checkpoint_type("db");
	assert_true(!type || strcmp(type, "Production") == 0);
}

static void test_create__names_what_the_host_lacks__DiskFull_StorageGone_LimitReached(void **state)
{
	struct scene *s = *state;
	hand_fault("disk-full", true);
	assert_failed(create(s, "db", "a", "DiskAndMemory"), "DiskFull");
	hand_fault("disk-full", false);
	hand_fault("storage-gone", true);
	assert_failed(create(s, "db", "a", "DiskAndMemory"), "StorageGone");
	hand_fault("storage-gone", false);
	for (int i = 0; i < 50; i++) {
		hand_foreign("web", "theirs", "Standard");
	}
	assert_failed(create(s, "web", "a", "Disk"), "LimitReached");
}

static void test_create__takes_names_as_they_are__T5(void **state)
{
	static const char *const names[] = {"[a]*?", "i_\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80 'x' \"y\" \\ `$z", "a`nb"};
	struct scene *s = *state;
	char name[102];
	for (size_t i = 0; i < HV_ARRAY_LEN(names); i++) {
		const json_t *answer = create(s, "web", names[i], "Disk");
		assert_well(answer);
		assert_non_null(checkpoint_of(answer, names[i]));
	}
	assert_well(revert(s, "web", "[a]*?", "Disk"));
	assert_well(remove_snapshot(s, "web", "[a]*?"));
	memset(name, 'n', 101);
	name[101] = '\0';
	assert_failed(create(s, "web", name, "Disk"), "BadBody");
	name[100] = '\0';
	assert_well(create(s, "web", name, "Disk"));
}

/* --- revert ---------------------------------------------------------------------------------------------------- */

/* db with "m" (memory, disk 1, memory 1) and "d" (disk 2) on it, then disk 3, memory 3. */
static void make_two(struct scene *s)
{
	hand_write("db", false, "k", "1");
	hand_write("db", true, "k", "1");
	assert_well(create(s, "db", "m", "DiskAndMemory"));
	hand_write("db", false, "k", "2");
	assert_well(create(s, "db", "d", "Disk"));
	hand_write("db", false, "k", "3");
	hand_write("db", true, "k", "3");
}

static void test_revert__running_to_memory_ends_running_with_both__V1_Z2(void **state)
{
	struct scene *s = *state;
	make_two(s);
	const json_t *answer = revert(s, "db", "m", "DiskAndMemory");
	assert_well(answer);
	assert_string_equal(state_of(answer), "Running");
	assert_string_equal(tree_of(answer), "m(d()*)");
	assert_string_equal(hand_read("db", false, "k"), "1");
	assert_string_equal(hand_read("db", true, "k"), "1");
}

static void test_revert__running_to_disk_ends_stopped__V2(void **state)
{
	struct scene *s = *state;
	make_two(s);
	const json_t *answer = revert(s, "db", "d", "Disk");
	assert_well(answer);
	assert_string_equal(state_of(answer), "Stopped");
	assert_string_equal(tree_of(answer), "m(d(*))");
	assert_string_equal(hand_read("db", false, "k"), "2");
	assert_string_equal(hand_read("db", true, "k"), "");
}

static void test_revert__stopped_to_memory_ends_running__V1(void **state)
{
	struct scene *s = *state;
	make_two(s);
	assert_well(stop(s, "db", true));
	const json_t *answer = revert(s, "db", "m", "DiskAndMemory");
	assert_well(answer);
	assert_string_equal(state_of(answer), "Running");
	assert_string_equal(hand_read("db", true, "k"), "1");
	assert_string_equal(hand_read("db", false, "k"), "1");
}

static void test_revert__stopped_to_disk_stays_stopped__V2(void **state)
{
	struct scene *s = *state;
	make_two(s);
	assert_well(stop(s, "db", true));
	const json_t *answer = revert(s, "db", "d", "Disk");
	assert_well(answer);
	assert_string_equal(state_of(answer), "Stopped");
	assert_string_equal(hand_read("db", false, "k"), "2");
}

static void test_revert__to_the_disks_of_a_memory_snapshot_ends_stopped__V2(void **state)
{
	struct scene *s = *state;
	make_two(s);
	const json_t *answer = revert(s, "db", "m", "Disk");
	assert_well(answer);
	assert_string_equal(state_of(answer), "Stopped");
	assert_string_equal(hand_read("db", false, "k"), "1");
	assert_well(start(s, "db"));
	assert_string_equal(hand_read("db", true, "k"), "");
}

static void test_revert__to_any_node_of_a_tree_brings_back_its_content__V3_Z4(void **state)
{
	struct scene *s = *state;
	static const char *const order[] = {"B", "A", "C", "B", "C", "C", "A"};
	hand_write("web", false, "k", "A");
	assert_well(create(s, "web", "A", "Disk"));
	hand_write("web", false, "k", "B");
	assert_well(create(s, "web", "B", "Disk"));
	assert_well(revert(s, "web", "A", "Disk"));
	hand_write("web", false, "k", "C");
	const json_t *answer = create(s, "web", "C", "Disk");
	assert_string_equal(tree_of(answer), "A(B()C(*))");
	for (size_t i = 0; i < HV_ARRAY_LEN(order); i++) {
		hand_write("web", false, "k", "lost");
		assert_well(revert(s, "web", order[i], "Disk"));
		assert_string_equal(hand_read("web", false, "k"), order[i]);
	}
}

static void test_revert__is_refused_where_there_is_nothing_to_apply__V4(void **state)
{
	struct scene *s = *state;
	assert_well(create(s, "db", "d", "Disk"));
	assert_failed(revert(s, "db", "none", "Disk"), "SnapshotNotFound");
	assert_failed(revert(s, "db", "d", "DiskAndMemory"), "InvalidState");
	assert_failed(revert(s, "nobody", "d", "Disk"), "VmNotFound");
	hand_foreign("web", "twice", "Standard");
	hand_foreign("web", "twice", "Standard");
	assert_failed(revert(s, "web", "twice", "Disk"), "HostError");
}

/* --- delete ---------------------------------------------------------------------------------------------------- */

/* web with A -> {B, C}, running on C. */
static void make_fork(struct scene *s)
{
	hand_write("web", false, "k", "A");
	assert_well(create(s, "web", "A", "Disk"));
	hand_write("web", false, "k", "B");
	assert_well(create(s, "web", "B", "Disk"));
	assert_well(revert(s, "web", "A", "Disk"));
	hand_write("web", false, "k", "C");
	assert_well(create(s, "web", "C", "Disk"));
	hand_write("web", false, "k", "now");
}

static void test_delete__of_a_leaf_on_another_branch_leaves_the_rest__D2(void **state)
{
	struct scene *s = *state;
	make_fork(s);
	const json_t *answer = remove_snapshot(s, "web", "B");
	assert_well(answer);
	assert_string_equal(tree_of(answer), "A(C(*))");
	assert_string_equal(hand_read("web", false, "k"), "now");
	assert_well(revert(s, "web", "A", "Disk"));
	assert_string_equal(hand_read("web", false, "k"), "A");
}

static void test_delete__of_the_current_one_keeps_what_runs__D3(void **state)
{
	struct scene *s = *state;
	make_fork(s);
	const json_t *answer = remove_snapshot(s, "web", "C");
	assert_well(answer);
	assert_string_equal(tree_of(answer), "A(B()*)");
	assert_string_equal(hand_read("web", false, "k"), "now");
	assert_well(revert(s, "web", "B", "Disk"));
	assert_string_equal(hand_read("web", false, "k"), "B");
}

static void test_delete__of_the_root_makes_its_children_roots__D2_D3(void **state)
{
	struct scene *s = *state;
	make_fork(s);
	const json_t *answer = remove_snapshot(s, "web", "A");
	assert_well(answer);
	assert_string_equal(tree_of(answer), "B()C(*)");
	assert_string_equal(hand_read("web", false, "k"), "now");
	assert_well(revert(s, "web", "B", "Disk"));
	assert_string_equal(hand_read("web", false, "k"), "B");
	assert_well(revert(s, "web", "C", "Disk"));
	assert_string_equal(hand_read("web", false, "k"), "C");
}

static void test_delete__of_one_in_the_middle_of_a_running_vm_waits_for_its_merge__D1(void **state)
{
	struct scene *s = *state;
	make_two(s);
	hand_slow(true);
	size_t before = scene_heard(s);
	const json_t *answer = remove_snapshot(s, "db", "d");
	assert_well(answer);
	assert_string_equal(tree_of(answer), "m(*)");
	assert_true(json_is_null(json_object_get(json_object_get(json_object_get(answer, "body"), "vm"), "activity")));
	const json_t *progress = scene_event(s, before, "Progress", NULL);
	while (strcmp(json_string_value(json_object_get(progress, "phase")), "merging disks") != 0) {
		progress = scene_event(s, ++before, "Progress", NULL);
	}
	assert_string_equal(hand_read("db", false, "k"), "3");
	assert_well(remove_snapshot(s, "db", "m"));
	assert_string_equal(hand_read("db", false, "k"), "3");
}

static void test_delete__of_what_is_gone_succeeds__D4(void **state)
{
	struct scene *s = *state;
	assert_well(remove_snapshot(s, "web", "never was"));
	assert_well(remove_snapshot(s, "nobody", "never was"));
	json_t *body = target_body(s, "web", "x", "Disk");
	(void)json_object_set_new(json_object_get(body, "target"), "checkpointId",
		json_string("11111111-1111-4111-8111-111111111111"));
	assert_well(scene_answer(s, scene_send(s, "DeleteVMSnapshotCommand", fresh_operation(s), 1, body)));
}

static void test_foreign__checkpoints_are_shown_and_not_touched__T6(void **state)
{
	static const char *const kinds[] = {"Recovery", "Automatic"};
	struct scene *s = *state;
	for (size_t i = 0; i < HV_ARRAY_LEN(kinds); i++) {
		size_t before = scene_heard(s);
		hand_foreign("web", kinds[i], kinds[i]);
		const json_t *event = scene_event(s, before, "SnapshotsChanged", "web");
		assert_string_equal(json_string_value(json_object_get(checkpoint_of(event, kinds[i]), "kind")), kinds[i]);
	}
	assert_failed(revert(s, "web", "Recovery", "Disk"), "InvalidState");
	assert_failed(remove_snapshot(s, "web", "Recovery"), "InvalidState");
	assert_failed(revert(s, "web", "Automatic", "Disk"), "InvalidState");
	assert_failed(remove_snapshot(s, "web", "Automatic"), "InvalidState");
}

/* --- power ----------------------------------------------------------------------------------------------------- */

static void test_power__starts_and_stops_from_every_state(void **state)
{
	struct scene *s = *state;
	assert_string_equal(state_of(start(s, "web")), "Running");
	assert_string_equal(state_of(start(s, "web")), "Running");
	assert_string_equal(state_of(stop(s, "web", false)), "Stopped");
	assert_string_equal(state_of(stop(s, "web", false)), "Stopped");
	assert_string_equal(state_of(start(s, "nap")), "Running");
	assert_failed(stop(s, "held", false), "InvalidState");
	assert_string_equal(state_of(start(s, "held")), "Running");
	assert_string_equal(state_of(stop(s, "held", true)), "Stopped");
	assert_failed(start(s, "nobody"), "VmNotFound");
}

static void test_power__stopping_a_saved_vm_drops_its_memory(void **state)
{
	struct scene *s = *state;
	const json_t *answer = stop(s, "nap", false);
	assert_well(answer);
	assert_string_equal(state_of(answer), "Stopped");
}

int main(int argc, char **argv)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_ready__says_protocol_agent_host_and_capabilities),
		TEST(test_startup_and_ping__are_answered_with_an_empty_body),
		TEST(test_inventory__names_every_vm_with_state_and_disks),
		TEST(test_ping__is_answered_while_the_host_works),
		TEST(test_create__makes_disk_and_memory_snapshots_of_a_running_vm__T4),
		TEST(test_create__of_a_stopped_vm_is_disk_only__T4),
		TEST(test_create__of_a_saved_or_paused_vm_is_refused__T4),
		TEST(test_create__is_refused_when_the_console_believes_in_another_parent__StaleView),
		TEST(test_create__says_when_the_guest_cannot_be_quiesced__T4),
		TEST(test_create__names_what_the_host_lacks__DiskFull_StorageGone_LimitReached),
		TEST(test_create__takes_names_as_they_are__T5),
		TEST(test_revert__running_to_memory_ends_running_with_both__V1_Z2),
		TEST(test_revert__running_to_disk_ends_stopped__V2),
		TEST(test_revert__stopped_to_memory_ends_running__V1),
		TEST(test_revert__stopped_to_disk_stays_stopped__V2),
		TEST(test_revert__to_the_disks_of_a_memory_snapshot_ends_stopped__V2),
		TEST(test_revert__to_any_node_of_a_tree_brings_back_its_content__V3_Z4),
		TEST(test_revert__is_refused_where_there_is_nothing_to_apply__V4),
		TEST(test_delete__of_a_leaf_on_another_branch_leaves_the_rest__D2),
		TEST(test_delete__of_the_current_one_keeps_what_runs__D3),
		TEST(test_delete__of_the_root_makes_its_children_roots__D2_D3),
		TEST(test_delete__of_one_in_the_middle_of_a_running_vm_waits_for_its_merge__D1),
		TEST(test_delete__of_what_is_gone_succeeds__D4),
		TEST(test_foreign__checkpoints_are_shown_and_not_touched__T6),
		TEST(test_power__starts_and_stops_from_every_state),
		TEST(test_power__stopping_a_saved_vm_drops_its_memory),
	};
	subject = subject_named(argc > 1 ? argv[1] : "sim");
	if (!subject) {
		return 77;
	}
	return cmocka_run_group_tests_name("conformance/acts", tests, NULL, end);
}
