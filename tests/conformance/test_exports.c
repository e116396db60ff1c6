/*
 * A VM leaves the host and comes back, or leaves it for good: what every agent must do, test_exports sim|powershell. What
 * has come back is judged by what the guest then holds at each snapshot.
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

/* --- helpers --------------------------------------------------------------------------------------------------- */

/* An id that is good for longer than fresh_operation()'s. */
static char *fresh_id(struct scene *s)
{
	return hv_strdup(fresh_operation(s));
}

static json_t *export_id(const char *export)
{
	return json_pack("{s:s}", "export", export);
}

static json_t *export_whole(const char *export)
{
	return json_pack("{s:s, s:b}", "export", export, "disks", 1);
}

static const json_t *export_vm(struct scene *s, const char *vm, const char *export)
{
	return ask_about(s, "ExportVmCommand", vm, export_whole(export));
}

static const json_t *act_on(struct scene *s, const char *command, const char *vm, const char *export)
{
	return ask_about(s, command, vm, export_id(export));
}

static bool is_registered(const json_t *vm)
{
	return json_is_true(json_object_get(vm, "registered"));
}

static const char *query_state(struct scene *s, const char *operation, const char *command)
{
	const json_t *answer = ask(
		s, "QueryOperationCommand", json_pack("{s:s, s:s}", "operation", operation, "command", command));
	return json_string_value(json_object_get(json_object_get(answer, "body"), "state"));
}

/* web, stopped: A, on it B and C; now on C. */
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

static void assert_fork_holds(struct scene *s)
{
	static const char *const names[] = {"A", "B", "C"};
	assert_string_equal(hand_read("web", false, "k"), "now");
	for (size_t i = 0; i < HV_ARRAY_LEN(names); i++) {
		assert_well(revert(s, "web", names[i], "Disk"));
		assert_string_equal(hand_read("web", false, "k"), names[i]);
	}
}

static const json_t *find_in(const json_t *list, const char *member, const json_t *value)
{
	size_t index;
	json_t *one;
	json_array_foreach(list, index, one) {
		if (json_equal(json_object_get(one, member), value)) {
			return one;
		}
	}
	return NULL;
}

/* In any order: each of the one, found by its first member, is the same in the other. */
static void assert_same_list(const json_t *one, const json_t *other, const char *const *members)
{
	size_t index;
	json_t *mine;
	assert_int_equal(json_array_size(one), json_array_size(other));
	json_array_foreach(one, index, mine) {
		const json_t *its = find_in(other, members[0], json_object_get(mine, members[0]));
		assert_non_null(its);
		for (size_t i = 0; members[i]; i++) {
			if (!json_equal(json_object_get(mine, members[i]), json_object_get(its, members[i]))) {
				fail_msg("'%s' differs", members[i]);
			}
		}
	}
}

/* What must be the same of a VM on the host, in an export, and after it has come back. */
static void assert_same_vm(const json_t *one, const json_t *other)
{
	static const char *const facts[] = {"vmUuid", "vmName", "cpus", "memoryBytes", "parentCheckpoint"};
	static const char *const of_checkpoint[] = {"id", "name", "parent", "kind", "hasMemory", NULL};
	static const char *const of_volume[] = {"uuid", "volumeType", "deviceId", "size", NULL};
	for (size_t i = 0; i < HV_ARRAY_LEN(facts); i++) {
		if (!json_equal(json_object_get(one, facts[i]), json_object_get(other, facts[i]))) {
			fail_msg("'%s' differs", facts[i]);
		}
	}
	assert_same_list(json_object_get(one, "checkpoints"), json_object_get(other, "checkpoints"), of_checkpoint);
	assert_same_list(json_object_get(one, "volumes"), json_object_get(other, "volumes"), of_volume);
}

/* --- there and back -------------------------------------------------------------------------------------------- */

static void test_export__removal_and_import_bring_back_ids_tree_and_content__P2_P6(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *export = fresh_id(s);
	make_fork(s);
	json_t *before = json_deep_copy(told_vm(s, "web"));
	assert_true(is_registered(before));
	assert_string_equal(export_of(before), "none");
	const json_t *answer = export_vm(s, "web", export);
	assert_well(answer);
	assert_same_vm(before, json_object_get(json_object_get(answer, "body"), "exported"));
	assert_string_equal(export_of(answered_vm(answer)), "Complete matches");
	answer = act_on(s, "RemoveVmCommand", "web", export);
	assert_well(answer);
	assert_false(is_registered(answered_vm(answer)));
	const json_t *told = told_vm(s, "web");
	assert_false(is_registered(told));
	assert_string_equal(json_string_value(json_object_get(told, "state")), "Stopped");
	assert_same_vm(before, told);
	const json_t *states = json_object_get(
		json_object_get(ask(s, "HostVmStateReportCommand", json_object()), "body"), "vms");
	assert_int_equal(json_array_size(states), 5);
	answer = act_on(s, "ImportVmCommand", "web", export);
	assert_well(answer);
	assert_true(is_registered(answered_vm(answer)));
	assert_string_equal(state_of(answer), "Stopped");
	assert_string_equal(export_of(answered_vm(answer)), "none");
	assert_same_vm(before, answered_vm(answer));
	assert_fork_holds(s);
	json_decref(before);
}

static void test_import__of_a_tree_with_memory_can_be_reverted_to_it__P2_V1(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *export = fresh_id(s);
	hand_write("db", false, "k", "1");
	hand_write("db", true, "k", "1");
	assert_well(create(s, "db", "m", "DiskAndMemory"));
	hand_write("db", false, "k", "2");
	assert_well(stop(s, "db", true));
	assert_well(export_vm(s, "db", export));
	assert_well(act_on(s, "RemoveVmCommand", "db", export));
	assert_well(act_on(s, "ImportVmCommand", "db", export));
	assert_string_equal(hand_read("db", false, "k"), "2");
	const json_t *answer = revert(s, "db", "m", "DiskAndMemory");
	assert_well(answer);
	assert_string_equal(state_of(answer), "Running");
	assert_string_equal(hand_read("db", false, "k"), "1");
	assert_string_equal(hand_read("db", true, "k"), "1");
}

static void test_removal_and_import__done_already_are_no_failure__P2(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *export = fresh_id(s);
	HV_CLEANUP_FREE char *other = fresh_id(s);
	assert_well(export_vm(s, "web", export));
	assert_well(act_on(s, "ImportVmCommand", "web", export));
	assert_string_equal(export_of(told_vm(s, "web")), "Complete matches");
	assert_well(act_on(s, "RemoveVmCommand", "web", export));
	assert_well(act_on(s, "RemoveVmCommand", "web", export));
	assert_failed(act_on(s, "RemoveVmCommand", "web", other), "InvalidState");
	assert_failed(act_on(s, "ImportVmCommand", "web", other), "InvalidState");
	assert_well(act_on(s, "ImportVmCommand", "web", export));
	assert_well(act_on(s, "ImportVmCommand", "web", export));
}

static void test_vm_that_is_not_registered__is_left_alone_by_all_other_commands__P2(void **state)
{
	static const char *const commands[] = {"StartCommand", "StopCommand", "DettachCommand", "ResizeVolumeCommand",
		"ScaleVmCommand", "CreateVolumeSnapshotCommand", "AttachCommand", "ExportVmCommand", "CancelExportCommand"};
	struct scene *s = *state;
	HV_CLEANUP_FREE char *export = fresh_id(s);
	HV_CLEANUP_FREE char *id = fresh_id(s);
	assert_well(export_vm(s, "web", export));
	assert_well(act_on(s, "RemoveVmCommand", "web", export));
	for (size_t i = 0; i < HV_ARRAY_LEN(commands); i++) {
		json_t *more = json_pack("{s:s, s:b, s:s, s:s, s:s, s:s, s:i, s:i, s:i}", "export", export, "disks", 1,
			"volumeUuid", id, "volumeSnapshot", id, "name", "n", "path", "C:\\VMs\\x.vhdx", "sizeBytes",
			1 << 30, "cpus", 1, "memoryBytes", 1 << 30);
		assert_failed(ask_about(s, commands[i], "web", more), "InvalidState");
	}
	assert_failed(create(s, "web", "x", "Disk"), "InvalidState");
	assert_failed(revert(s, "web", "x", "Disk"), "InvalidState");
	assert_failed(remove_snapshot(s, "web", "x"), "InvalidState");
	assert_well(act_on(s, "ImportVmCommand", "web", export));
	assert_well(start(s, "web"));
}

static void test_export__without_disks_leaves_them_and_needs_a_vm_without_checkpoints__P2(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *export = fresh_id(s);
	json_t *more = json_pack("{s:s, s:b}", "export", export, "disks", 0);
	hand_write("web", false, "k", "here");
	json_t *before = json_deep_copy(told_vm(s, "web"));
	const json_t *answer = ask_about(s, "ExportVmCommand", "web", json_incref(more));
	assert_well(answer);
	assert_same_vm(before, json_object_get(json_object_get(answer, "body"), "exported"));
	assert_true(json_is_false(json_object_get(json_object_get(answered_vm(answer), "export"), "disks")));
	assert_well(act_on(s, "RemoveVmCommand", "web", export));
	assert_same_vm(before, told_vm(s, "web"));
	answer = act_on(s, "ImportVmCommand", "web", export);
	assert_well(answer);
	assert_same_vm(before, answered_vm(answer));
	assert_string_equal(hand_read("web", false, "k"), "here");
	assert_well(create(s, "web", "A", "Disk"));
	assert_failed(ask_about(s, "ExportVmCommand", "web", more), "InvalidState");
	json_decref(before);
}

/* --- only what was exported may go ----------------------------------------------------------------------------- */

static void test_removal__is_refused_when_the_vm_has_run_since_or_runs__P2(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *export = fresh_id(s);
	HV_CLEANUP_FREE char *none = fresh_id(s);
	assert_failed(act_on(s, "RemoveVmCommand", "web", none), "InvalidState");
	assert_well(export_vm(s, "web", export));
	assert_failed(act_on(s, "RemoveVmCommand", "web", none), "InvalidState");
	assert_well(start(s, "web"));
	assert_failed(act_on(s, "RemoveVmCommand", "web", export), "InvalidState");
	assert_well(stop(s, "web", true));
	const json_t *answer = act_on(s, "RemoveVmCommand", "web", export);
	assert_failed(answer, "InvalidState");
	assert_true(is_registered(answered_vm(answer)));
	assert_string_equal(export_of(answered_vm(answer)), "Complete");
	assert_well(export_vm(s, "web", none));
	assert_failed(act_on(s, "RemoveVmCommand", "web", export), "InvalidState");
	assert_well(act_on(s, "RemoveVmCommand", "web", none));
}

static void test_removal__is_refused_when_the_tree_has_changed_since__P2(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *export = fresh_id(s);
	assert_well(export_vm(s, "web", export));
	hand_foreign("web", "theirs", "Standard");
	const json_t *answer = act_on(s, "RemoveVmCommand", "web", export);
	assert_failed(answer, "InvalidState");
	assert_string_equal(tree_of(answer), "theirs(*)");
	assert_true(is_registered(answered_vm(answer)));
}

static void test_export__of_a_vm_that_runs_holds_it_saved_and_never_matches__P3(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *export = fresh_id(s);
	const json_t *answer = export_vm(s, "db", export);
	assert_well(answer);
	assert_string_equal(state_of(answer), "Running");
	const json_t *exported = json_object_get(json_object_get(answer, "body"), "exported");
	assert_string_equal(json_string_value(json_object_get(exported, "state")), "Saved");
	assert_string_equal(export_of(answered_vm(answer)), "Complete");
	assert_well(stop(s, "db", true));
	assert_failed(act_on(s, "RemoveVmCommand", "db", export), "InvalidState");
	assert_failed(export_vm(s, "held", fresh_operation(s)), "InvalidState");
	assert_well(export_vm(s, "nap", fresh_operation(s)));
}

/* --- cancelled, and what is lost on the way -------------------------------------------------------------------- */

static int64_t begin_export(struct scene *s, const char *operation, const char *export)
{
	hand_slow(true);
	size_t before = scene_heard(s);
	int64_t id = send_about(s, "ExportVmCommand", operation, "web", export_whole(export));
	(void)scene_event(s, before, "Progress", NULL);
	return id;
}

static void test_cancel__ends_an_export_and_lets_the_vm_start__P4(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = fresh_id(s);
	HV_CLEANUP_FREE char *export = fresh_id(s);
	int64_t exporting = begin_export(s, operation, export);
	const json_t *told = told_vm(s, "web");
	assert_string_equal(json_string_value(json_object_get(told, "state")), "Stopped");
	assert_string_equal(export_of(told), "Running");
	int64_t starting = send_about(s, "StartCommand", fresh_operation(s), "web", NULL);
	const json_t *answer = act_on(s, "CancelExportCommand", "web", export);
	assert_well(answer);
	assert_string_equal(export_of(answered_vm(answer)), "none");
	assert_failed(scene_answer(s, exporting), "Cancelled");
	assert_well(scene_answer(s, starting));
	assert_string_equal(query_state(s, operation, "ExportVmCommand"), "unknown");
}

static void test_cancel__removes_a_complete_export_and_an_absent_one_is_no_failure__P4(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *export = fresh_id(s);
	assert_well(act_on(s, "CancelExportCommand", "web", export));
	assert_well(export_vm(s, "web", export));
	assert_well(act_on(s, "CancelExportCommand", "web", fresh_operation(s)));
	assert_string_equal(export_of(told_vm(s, "web")), "Complete matches");
	assert_well(act_on(s, "CancelExportCommand", "web", export));
	assert_string_equal(export_of(told_vm(s, "web")), "none");
	assert_failed(act_on(s, "RemoveVmCommand", "web", export), "InvalidState");
	assert_well(start(s, "web"));
}

static void test_storage__lost_before_an_export_leaves_no_outcome_and_a_full_disk_does__P5(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = fresh_id(s);
	HV_CLEANUP_FREE char *full = fresh_id(s);
	HV_CLEANUP_FREE char *export = fresh_id(s);
	hand_fault("storage-gone", true);
	assert_failed(scene_answer(s, send_about(s, "ExportVmCommand", operation, "web", export_whole(export))),
		"StorageGone");
	hand_fault("storage-gone", false);
	assert_string_equal(query_state(s, operation, "ExportVmCommand"), "unknown");
	hand_fault("disk-full", true);
	const json_t *answer = scene_answer(s, send_about(s, "ExportVmCommand", full, "web", export_whole(export)));
	assert_failed(answer, "DiskFull");
	assert_string_equal(export_of(answered_vm(answer)), "none");
	hand_fault("disk-full", false);
	assert_string_equal(query_state(s, full, "ExportVmCommand"), "done");
	answer = scene_answer(s, send_about(s, "ExportVmCommand", operation, "web", export_whole(export)));
	assert_well(answer);
	assert_null(json_object_get(answer, "replayed"));
	assert_string_equal(query_state(s, operation, "ExportVmCommand"), "done");
}

static void test_export__whose_agent_is_killed_is_finished_by_the_next__P2_Y3(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = fresh_id(s);
	HV_CLEANUP_FREE char *export = fresh_id(s);
	make_fork(s);
	(void)begin_export(s, operation, export);
	scene_kill_agent(s);
	scene_start_agent(s);
	hand_slow(false);
	assert_true(is_registered(told_vm(s, "web")));
	assert_string_equal(query_state(s, operation, "ExportVmCommand"), "running");
	const json_t *answer =
		scene_answer(s, send_about(s, "ExportVmCommand", operation, "web", export_whole(export)));
	assert_well(answer);
	assert_string_equal(export_of(answered_vm(answer)), "Complete matches");
	assert_well(act_on(s, "RemoveVmCommand", "web", export));
	assert_well(act_on(s, "ImportVmCommand", "web", export));
	assert_fork_holds(s);
}

static void test_export__tells_its_way_with_progress_and_events__P6(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = fresh_id(s);
	HV_CLEANUP_FREE char *export = fresh_id(s);
	size_t before = scene_heard(s);
	int64_t id = begin_export(s, operation, export);
	const json_t *event = scene_event(s, before, "VmStateChanged", "web");
	while (strcmp(export_of(answered_vm(event)), "Running") != 0) {
		event = scene_event(s, ++before, "VmStateChanged", "web");
	}
	assert_string_equal(state_of(event), "Stopped");
	assert_well(scene_answer(s, id));
	hand_slow(false);
	before = scene_heard(s);
	assert_well(act_on(s, "RemoveVmCommand", "web", export));
	event = scene_event(s, before, "VmStateChanged", "web");
	while (is_registered(answered_vm(event))) {
		event = scene_event(s, ++before, "VmStateChanged", "web");
	}
	int64_t revision = 0;
	for (size_t i = 0; i < scene_heard(s); i++) {
		const json_t *vm = json_object_get(json_object_get(json_array_get(s->heard, i), "body"), "vm");
		const char *name = json_string_value(json_object_get(vm, "vmName"));
		if (name && strcmp(name, "web") == 0) {
			int64_t told = json_integer_value(json_object_get(vm, "revision"));
			assert_true(told >= revision);
			revision = told;
		}
	}
}

/* --- for good -------------------------------------------------------------------------------------------------- */

static void test_destroy__takes_a_vm_with_all_it_has_whatever_it_is__D6(void **state)
{
	static const char *const names[] = {"web", "db", "nap", "held"};
	struct scene *s = *state;
	HV_CLEANUP_FREE char *export = fresh_id(s);
	assert_well(create(s, "db", "m", "DiskAndMemory"));
	assert_well(export_vm(s, "web", export));
	assert_well(act_on(s, "RemoveVmCommand", "web", export));
	for (size_t i = 0; i < HV_ARRAY_LEN(names); i++) {
		HV_CLEANUP_FREE char *operation = fresh_id(s);
		const json_t *answer = scene_answer(s, send_about(s, "DestroyCommand", operation, names[i], NULL));
		assert_well(answer);
		assert_null(json_object_get(json_object_get(answer, "body"), "vm"));
		assert_null(told_vm(s, names[i]));
		answer = scene_answer(s, send_about(s, "DestroyCommand", operation, names[i], NULL));
		assert_true(json_is_true(json_object_get(answer, "replayed")));
		assert_well(ask_about(s, "DestroyCommand", names[i], NULL));
		assert_failed(start(s, names[i]), "VmNotFound");
	}
	const json_t *states = json_object_get(
		json_object_get(ask(s, "HostVmStateReportCommand", json_object()), "body"), "vms");
	assert_int_equal(json_array_size(states), 1);
}

static void test_commands__about_a_vm_that_is_not_there(void **state)
{
	static const struct {
		const char *command, *code; /* NULL: it is so already */
	} cases[] = {{"ExportVmCommand", "VmNotFound"}, {"RemoveVmCommand", "VmNotFound"},
		{"ImportVmCommand", "VmNotFound"}, {"AttachCommand", "VmNotFound"}, {"DettachCommand", "VmNotFound"},
		{"ResizeVolumeCommand", "VmNotFound"}, {"ScaleVmCommand", "VmNotFound"},
		{"CreateVolumeSnapshotCommand", "VmNotFound"}, {"CancelExportCommand", NULL}, {"DestroyCommand", NULL},
		{"DeleteVolumeSnapshotCommand", NULL}};
	struct scene *s = *state;
	HV_CLEANUP_FREE char *id = fresh_id(s);
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		const json_t *answer = ask_about(s, cases[i].command, "nobody",
			json_pack("{s:s, s:b, s:s, s:s, s:s, s:s, s:i, s:i, s:i}", "export", id, "disks", 1, "volumeUuid", id,
				"volumeSnapshot", id, "name", "n", "path", "C:\\VMs\\x.vhdx", "sizeBytes", 1 << 30, "cpus", 1,
				"memoryBytes", 1 << 30));
		if (cases[i].code) {
			assert_failed(answer, cases[i].code);
		} else {
			assert_well(answer);
		}
		assert_null(json_object_get(json_object_get(answer, "body"), "vm"));
	}
}

static void test_bodies__that_lack_something_are_refused(void **state)
{
	static const struct {
		const char *command, *body;
	} bad[] = {
		{"ExportVmCommand", "{\"disks\":true}"},
		{"ExportVmCommand", "{\"export\":\"e0000000-0000-4000-8000-000000000001\"}"},
		{"ExportVmCommand", "{\"export\":\"e0000000-0000-4000-8000-000000000001\",\"disks\":1}"},
		{"CancelExportCommand", "{\"export\":null}"},
		{"RemoveVmCommand", "{\"export\":\"x\"}"},
		{"ImportVmCommand", "{}"},
		{"AttachCommand", "{\"sizeBytes\":1073741824}"},
		{"AttachCommand", "{\"path\":\"x.vhdx\",\"sizeBytes\":null}"},
		{"AttachCommand", "{\"path\":\"C:\\\\VMs\\\\..\\\\x.vhdx\",\"sizeBytes\":null}"},
		{"AttachCommand", "{\"path\":\"C:\\\\VMs\\\\x.avhdx\",\"sizeBytes\":null}"},
		{"AttachCommand", "{\"path\":\"C:\\\\VMs\\\\x.vhdx\",\"sizeBytes\":-1}"},
		{"AttachCommand", "{\"path\":\"C:\\\\VMs\\\\x.vhdx\",\"sizeBytes\":\"1\"}"},
		{"DettachCommand", "{\"volumeUuid\":7}"},
		{"ResizeVolumeCommand", "{\"volumeUuid\":\"e0000000-0000-4000-8000-000000000001\",\"sizeBytes\":0}"},
		{"ScaleVmCommand", "{\"cpus\":0,\"memoryBytes\":1073741824}"},
		{"ScaleVmCommand", "{\"cpus\":1}"},
		{"CreateVolumeSnapshotCommand", "{\"volumeUuid\":\"e0000000-0000-4000-8000-000000000001\","
						"\"volumeSnapshot\":\"e0000000-0000-4000-8000-000000000001\",\"name\":\"\"}"},
		{"CreateVolumeSnapshotCommand", "{\"volumeSnapshot\":\"e0000000-0000-4000-8000-000000000001\",\"name\":\"n\"}"},
		{"DeleteVolumeSnapshotCommand", "{}"},
	};
	struct scene *s = *state;
	for (size_t i = 0; i < HV_ARRAY_LEN(bad); i++) {
		assert_failed(ask_about(s, bad[i].command, "web", json_loads(bad[i].body, 0, NULL)), "BadBody");
	}
}

int main(int argc, char **argv)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_export__removal_and_import_bring_back_ids_tree_and_content__P2_P6),
		TEST(test_import__of_a_tree_with_memory_can_be_reverted_to_it__P2_V1),
		TEST(test_removal_and_import__done_already_are_no_failure__P2),
		TEST(test_vm_that_is_not_registered__is_left_alone_by_all_other_commands__P2),
		TEST(test_export__without_disks_leaves_them_and_needs_a_vm_without_checkpoints__P2),
		TEST(test_removal__is_refused_when_the_vm_has_run_since_or_runs__P2),
		TEST(test_removal__is_refused_when_the_tree_has_changed_since__P2),
		TEST(test_export__of_a_vm_that_runs_holds_it_saved_and_never_matches__P3),
		TEST(test_cancel__ends_an_export_and_lets_the_vm_start__P4),
		TEST(test_cancel__removes_a_complete_export_and_an_absent_one_is_no_failure__P4),
		TEST(test_storage__lost_before_an_export_leaves_no_outcome_and_a_full_disk_does__P5),
		TEST(test_export__whose_agent_is_killed_is_finished_by_the_next__P2_Y3),
		TEST(test_export__tells_its_way_with_progress_and_events__P6),
		TEST(test_destroy__takes_a_vm_with_all_it_has_whatever_it_is__D6),
		TEST(test_commands__about_a_vm_that_is_not_there),
		TEST(test_bodies__that_lack_something_are_refused),
	};
	subject = subject_named(argc > 1 ? argv[1] : "sim");
	if (!subject) {
		return 77;
	}
	return cmocka_run_group_tests_name("conformance/exports", tests, NULL, end);
}
