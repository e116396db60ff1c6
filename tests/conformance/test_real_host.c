/*
 * The suite's acts for real: on the VM HVTREE_TEST_VM of the Hyper-V host HVTREE_TEST_HOST, by the system's ssh, the loader
 * and the agent. What the host tells afterwards decides, and what the guest holds where somebody says how to ask it. Each
 * test leaves the VM as it was found. README.md says how to run it.
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
#include "tests/conformance/scratch.h"

static struct scratch scratch;

static int guard(void **state)
{
	*state = &scratch.scene;
	scratch_guard(&scratch);
	return 0;
}

static int look(void **state)
{
	*state = &scratch.scene;
	scratch_assert_found(&scratch);
	return 0;
}

static int restore(void **state)
{
	(void)state;
	scratch_restore(&scratch);
	return 0;
}

/* --- helpers --------------------------------------------------------------------------------------------------- */

#define SEND(s, command, operation, epoch, name, type)                                                     \
	scene_answer((s), scene_send((s), (command), (operation), (epoch), target_body((s), scratch.vm, (name), (type))))

/* A message about the VM as it is told now, owned by the caller; siblings by name, for a host promises them no order. */
static json_t *told_message(void)
{
	static const char *const names[] = {"A", "B", "C", "D", "M", SCRATCH_FOUND};
	json_t *vm = json_deep_copy(told_vm(&scratch.scene, scratch.vm));
	json_t *sorted = json_array();
	size_t index;
	json_t *one;
	for (size_t i = 0; i < HV_ARRAY_LEN(names); i++) {
		json_array_foreach(json_object_get(vm, "checkpoints"), index, one) {
			if (strcmp(json_string_value(json_object_get(one, "name")), names[i]) == 0) {
				(void)json_array_append(sorted, one);
			}
		}
	}
	assert_int_equal(json_array_size(sorted), json_array_size(json_object_get(vm, "checkpoints")));
	(void)json_object_set_new(vm, "checkpoints", sorted);
	return json_pack("{s:{s:o}}", "body", "vm", vm);
}

static void assert_tree(const char *expected)
{
	json_t *message = told_message();
	HV_CLEANUP_FREE char *tree = hv_strdup(tree_of(message));
	json_decref(message);
	assert_string_equal(tree, expected);
}

static void assert_state(const char *expected)
{
	const json_t *vm = told_vm(&scratch.scene, scratch.vm);
	assert_non_null(vm);
	assert_string_equal(json_string_value(json_object_get(vm, "state")), expected);
}

/* The VM, which is off: A, on it B and C; now on `now`. */
static void make_fork(struct scene *s)
{
	scratch_write(&scratch, "A");
	assert_well(create(s, scratch.vm, "A", "Disk"));
	scratch_write(&scratch, "B");
	assert_well(create(s, scratch.vm, "B", "Disk"));
	assert_well(revert(s, scratch.vm, "A", "Disk"));
	scratch_write(&scratch, "C");
	assert_well(create(s, scratch.vm, "C", "Disk"));
	assert_tree("found(A(B()C(*)))");
}

static char *checkpoint_id(const char *name)
{
	json_t *message = told_message();
	char *id = hv_strdup(json_string_value(json_object_get(checkpoint_of(message, name), "id")));
	json_decref(message);
	return id;
}

static const json_t *query(struct scene *s, const char *operation, const char *command)
{
	return json_object_get(
		ask(s, "QueryOperationCommand", json_pack("{s:s, s:s}", "operation", operation, "command", command)),
		"body");
}

static const char *query_state(struct scene *s, const char *operation, const char *command)
{
	return json_string_value(json_object_get(query(s, operation, command), "state"));
}

static bool is_replayed(const json_t *answer)
{
	return json_is_true(json_object_get(answer, "replayed"));
}

/* An id that is good for longer than fresh_operation()'s. */
static char *fresh_id(struct scene *s)
{
	return hv_strdup(fresh_operation(s));
}

static const json_t *on_export(struct scene *s, const char *command, const char *export, bool disks)
{
	return ask_about(s, command, scratch.vm, json_pack("{s:s, s:b}", "export", export, "disks", disks));
}

/* --- snapshots ------------------------------------------------------------------------------------------------- */

static void test_tree__of_a_stopped_vm_is_told_and_every_node_comes_back__T4_V2_V3(void **state)
{
	static const struct {
		const char *name, *tree;
	} nodes[] = {{"A", "found(A(B()C()*))"}, {"B", "found(A(B(*)C()))"}, {"C", "found(A(B()C(*)))"}};
	make_fork(*state);
	for (size_t i = 0; i < HV_ARRAY_LEN(nodes); i++) {
		assert_well(revert(*state, scratch.vm, nodes[i].name, "Disk"));
		assert_state("Stopped");
		assert_tree(nodes[i].tree);
		scratch_assert_holds(&scratch, nodes[i].name);
	}
}

static void test_revert__to_what_does_not_exist_changes_nothing__V4(void **state)
{
	scratch_write(&scratch, "now");
	assert_failed(revert(*state, scratch.vm, "never was", "Disk"), "SnapshotNotFound");
	assert_tree("found(*)");
	scratch_assert_holds(&scratch, "now");
}

static void test_delete__of_current_middle_and_a_whole_subtree_keeps_the_rest__D1_D2_D3_D4(void **state)
{
	make_fork(*state);
	assert_well(remove_snapshot(*state, scratch.vm, "C"));
	assert_tree("found(A(B()*))");
	scratch_assert_holds(&scratch, "C");
	assert_well(remove_snapshot(*state, scratch.vm, "A"));
	assert_tree("found(B()*)");
	scratch_assert_holds(&scratch, "C");
	assert_well(revert(*state, scratch.vm, "B", "Disk"));
	scratch_assert_holds(&scratch, "B");
	assert_well(create(*state, scratch.vm, "D", "Disk"));
	assert_well(remove_snapshot(*state, scratch.vm, "D"));
	assert_well(remove_snapshot(*state, scratch.vm, "B"));
	assert_tree("found(*)");
	scratch_assert_holds(&scratch, "B");
	assert_well(remove_snapshot(*state, scratch.vm, "B"));
	assert_tree("found(*)");
}

static void test_memory__of_a_running_vm_comes_back_running_and_is_refused_of_a_stopped_one__T4_V1(void **state)
{
	struct scene *s = *state;
	assert_failed(create(s, scratch.vm, "M", "DiskAndMemory"), "InvalidState");
	assert_well(start(s, scratch.vm));
	scratch_write(&scratch, "remembered");
	const json_t *answer = create(s, scratch.vm, "M", "DiskAndMemory");
	assert_well(answer);
	assert_true(json_is_true(json_object_get(checkpoint_of(answer, "M"), "hasMemory")));
	assert_state("Running");
	scratch_write(&scratch, "other");
	assert_well(revert(s, scratch.vm, "M", "DiskAndMemory"));
	assert_state("Running");
	scratch_assert_holds(&scratch, "remembered");
	assert_well(stop(s, scratch.vm, true));
	assert_well(revert(s, scratch.vm, "M", "DiskAndMemory"));
	assert_state("Running");
	assert_well(revert(s, scratch.vm, "M", "Disk"));
	assert_state("Stopped");
	assert_tree("found(M(*))");
}

/* Whether a guest can be quiesced is the guest's: either there is a snapshot of the disks alone, or none and a word. */
static void test_disk__of_a_running_vm_holds_no_memory_or_says_that_the_guest_cannot__T4(void **state)
{
	struct scene *s = *state;
	assert_well(start(s, scratch.vm));
	const json_t *answer = create(s, scratch.vm, "A", "Disk");
	if (json_is_true(json_object_get(answer, "result"))) {
		assert_true(json_is_false(json_object_get(checkpoint_of(answer, "A"), "hasMemory")));
		assert_tree("found(A(*))");
	} else {
		assert_failed(answer, "QuiesceFailed");
		assert_tree("found(*)");
	}
	assert_state("Running");
}

static void test_create__is_refused_when_the_console_believes_in_another_parent__StaleView(void **state)
{
	struct scene *s = *state;
	json_t *body = target_body(s, scratch.vm, "A", "Disk");
	(void)json_object_set_new(json_object_get(body, "target"), "parent", json_null());
	assert_failed(scene_answer(s, scene_send(s, "CreateVMSnapshotCommand", fresh_operation(s), 1, body)), "StaleView");
	assert_tree("found(*)");
}

/* --- power ----------------------------------------------------------------------------------------------------- */

static void test_power__starts_and_stops_and_never_says_what_is_not_so__X1(void **state)
{
	struct scene *s = *state;
	assert_string_equal(state_of(start(s, scratch.vm)), "Running");
	assert_well(start(s, scratch.vm));
	const json_t *answer = stop(s, scratch.vm, false); /* a guest that nobody has installed will not */
	assert_state(json_is_true(json_object_get(answer, "result")) ? "Stopped" : "Running");
	assert_string_equal(state_of(stop(s, scratch.vm, true)), "Stopped");
	assert_well(stop(s, scratch.vm, false));
	assert_state("Stopped");
}

/* --- the journal ----------------------------------------------------------------------------------------------- */

static void test_journal__a_repeated_command_is_answered_and_not_done_again__Y2(void **state)
{
	static const char command[] = "CreateVMSnapshotCommand";
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = fresh_id(s);
	assert_string_equal(query_state(s, operation, command), "unknown");
	assert_well(SEND(s, command, operation, 1, "A", "Disk"));
	HV_CLEANUP_FREE char *first = checkpoint_id("A");
	assert_well(revert(s, scratch.vm, SCRATCH_FOUND, "Disk"));
	const json_t *answer = SEND(s, command, operation, 2, "A", "Disk");
	assert_well(answer);
	assert_true(is_replayed(answer));
	HV_CLEANUP_FREE char *second = checkpoint_id("A");
	assert_string_equal(first, second);
	assert_tree("found(A()*)");
	assert_string_equal(query_state(s, operation, command), "done");
	assert_true(is_replayed(json_object_get(query(s, operation, command), "answer")));
}

static void test_journal__an_older_epoch_is_fenced_off__Y3(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = fresh_id(s);
	assert_well(SEND(s, "CreateVMSnapshotCommand", operation, 5, "A", "Disk"));
	assert_failed(SEND(s, "CreateVMSnapshotCommand", operation, 4, "A", "Disk"), "Fenced");
	assert_failed(SEND(s, "DeleteVMSnapshotCommand", operation, 4, "A", "Disk"), "Fenced");
	assert_tree("found(A(*))");
}

static void test_link__cut_in_the_middle_of_an_act_leaves_one_snapshot_and_its_answer__Y2_Y4(void **state)
{
	static const char command[] = "CreateVMSnapshotCommand";
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = fresh_id(s);
	assert_well(start(s, scratch.vm));
	(void)scene_send(s, command, operation, 1, target_body(s, scratch.vm, "M", "DiskAndMemory"));
	while (strcmp(query_state(s, operation, command), "unknown") == 0) {
		continue; /* each question is a way there and back; the intent is written before the act */
	}
	scratch_cut(&scratch);
	assert_well(SEND(s, command, operation, 2, "M", "DiskAndMemory"));
	assert_tree("found(M(*))");
	assert_string_equal(query_state(s, operation, command), "done");
}

/* --- exports --------------------------------------------------------------------------------------------------- */

static void test_export__is_told_and_taken_back_and_the_tree_stays__P2_P4(void **state)
{
	struct scene *s = *state;
	if (!scratch_can(&scratch, "export")) {
		skip();
	}
	HV_CLEANUP_FREE char *export = fresh_id(s);
	HV_CLEANUP_FREE char *other = fresh_id(s);
	assert_well(create(s, scratch.vm, "A", "Disk"));
	assert_well(on_export(s, "ExportVmCommand", export, true));
	assert_string_equal(export_of(told_vm(s, scratch.vm)), "Complete matches");
	assert_failed(on_export(s, "RemoveVmCommand", other, true), "InvalidState");
	assert_well(on_export(s, "CancelExportCommand", export, true));
	assert_well(on_export(s, "CancelExportCommand", export, true));
	assert_string_equal(export_of(told_vm(s, scratch.vm)), "none");
	assert_failed(on_export(s, "RemoveVmCommand", export, true), "InvalidState");
	assert_tree("found(A(*))");
}

static void test_export__cancelled_on_its_way_leaves_nothing__P4(void **state)
{
	struct scene *s = *state;
	if (!scratch_can(&scratch, "export")) {
		skip();
	}
	HV_CLEANUP_FREE char *operation = fresh_id(s);
	HV_CLEANUP_FREE char *export = fresh_id(s);
	int64_t exporting = send_about(s, "ExportVmCommand", operation, scratch.vm,
		json_pack("{s:s, s:b}", "export", export, "disks", true));
	while (strcmp(query_state(s, operation, "ExportVmCommand"), "unknown") == 0) {
		continue;
	}
	assert_well(on_export(s, "CancelExportCommand", export, true));
	const json_t *answer = scene_answer(s, exporting);
	if (!json_is_true(json_object_get(answer, "result"))) { /* else it was done before */
		assert_failed(answer, "Cancelled");
	}
	assert_string_equal(export_of(told_vm(s, scratch.vm)), "none");
	assert_tree("found(*)");
}

static void leave_and_come_back(struct scene *s, bool disks)
{
	HV_CLEANUP_FREE char *export = fresh_id(s);
	assert_well(on_export(s, "ExportVmCommand", export, disks));
	assert_string_equal(export_of(told_vm(s, scratch.vm)), "Complete matches");
	assert_well(on_export(s, "RemoveVmCommand", export, disks));
	assert_true(json_is_false(json_object_get(told_vm(s, scratch.vm), "registered")));
	assert_well(on_export(s, "ImportVmCommand", export, disks));
	assert_string_equal(export_of(told_vm(s, scratch.vm)), "none");
	assert_state("Stopped");
}

static void test_export__without_disks_removal_and_import_leave_the_disks_where_they_are__P2(void **state)
{
	if (!scratch_can(&scratch, "export")) {
		skip();
	}
	scratch_guard(&scratch); /* a guest that is asked runs, and writes what nobody wants */
	HV_CLEANUP_FREE char *held = scratch_read(&scratch);
	scratch_restore(&scratch);
	leave_and_come_back(*state, false);
	scratch_guard(&scratch);
	scratch_assert_holds(&scratch, held);
}

static void test_export__removal_and_import_bring_back_ids_tree_and_content__P2_P6(void **state)
{
	static const char *const names[] = {"A", "B", "C"};
	char *before[HV_ARRAY_LEN(names)];
	if (!getenv("HVTREE_TEST_MOVE") || !scratch_can(&scratch, "export")) {
		(void)printf("skipped: HVTREE_TEST_MOVE does not allow that the disks end in another folder\n");
		skip();
	}
	make_fork(*state);
	for (size_t i = 0; i < HV_ARRAY_LEN(names); i++) {
		before[i] = checkpoint_id(names[i]);
	}
	scratch.moves = true;
	leave_and_come_back(*state, true);
	assert_tree("found(A(B()C(*)))");
	for (size_t i = 0; i < HV_ARRAY_LEN(names); i++) {
		HV_CLEANUP_FREE char *after = checkpoint_id(names[i]);
		assert_string_equal(before[i], after);
		free(before[i]);
		assert_well(revert(*state, scratch.vm, names[i], "Disk"));
		scratch_assert_holds(&scratch, names[i]);
	}
}

/* --- sizes and copies of disks --------------------------------------------------------------------------------- */

static void test_scale__of_a_stopped_vm_is_undone_by_a_revert__X4_V5(void **state)
{
	struct scene *s = *state;
	json_int_t cpus = json_integer_value(json_object_get(scratch.found, "cpus"));
	json_int_t memory = json_integer_value(json_object_get(scratch.found, "memoryBytes"));
	json_int_t other = cpus > 1 ? 1 : 2;
	assert_well(ask_about(s, "ScaleVmCommand", scratch.vm, json_pack("{s:I, s:I}", "cpus", other, "memoryBytes", memory)));
	assert_int_equal(json_integer_value(json_object_get(told_vm(s, scratch.vm), "cpus")), other);
	assert_well(revert(s, scratch.vm, SCRATCH_FOUND, "Disk"));
	assert_int_equal(json_integer_value(json_object_get(told_vm(s, scratch.vm), "cpus")), cpus);
}

static void test_volume_snapshot__is_made_of_a_chain_told_and_deleted__X3(void **state)
{
	struct scene *s = *state;
	const json_t *volume = json_array_get(json_object_get(scratch.found, "volumes"), 0);
	if (!scratch_can(&scratch, "volumes")) {
		skip();
	}
	HV_CLEANUP_FREE char *id = fresh_id(s);
	json_t *body = json_pack("{s:O, s:s, s:s}", "volumeUuid", json_object_get(volume, "uuid"), "volumeSnapshot", id,
		"name", "scratch");
	assert_well(ask_about(s, "CreateVolumeSnapshotCommand", scratch.vm, json_incref(body)));
	assert_well(ask_about(s, "CreateVolumeSnapshotCommand", scratch.vm, body));
	const json_t *copies = json_object_get(told_vm(s, scratch.vm), "volumeSnapshots");
	assert_int_equal(json_array_size(copies), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(copies, 0), "id")), id);
	assert_tree("found(*)");
	body = json_pack("{s:s}", "volumeSnapshot", id);
	assert_well(ask_about(s, "DeleteVolumeSnapshotCommand", scratch.vm, json_incref(body)));
	assert_well(ask_about(s, "DeleteVolumeSnapshotCommand", scratch.vm, body));
	assert_int_equal(json_array_size(json_object_get(told_vm(s, scratch.vm), "volumeSnapshots")), 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, guard, restore)
	static const struct CMUnitTest tests[] = {
		TEST(test_tree__of_a_stopped_vm_is_told_and_every_node_comes_back__T4_V2_V3),
		TEST(test_revert__to_what_does_not_exist_changes_nothing__V4),
		TEST(test_delete__of_current_middle_and_a_whole_subtree_keeps_the_rest__D1_D2_D3_D4),
		TEST(test_memory__of_a_running_vm_comes_back_running_and_is_refused_of_a_stopped_one__T4_V1),
		TEST(test_disk__of_a_running_vm_holds_no_memory_or_says_that_the_guest_cannot__T4),
		TEST(test_create__is_refused_when_the_console_believes_in_another_parent__StaleView),
		TEST(test_power__starts_and_stops_and_never_says_what_is_not_so__X1),
		TEST(test_journal__a_repeated_command_is_answered_and_not_done_again__Y2),
		TEST(test_journal__an_older_epoch_is_fenced_off__Y3),
		TEST(test_link__cut_in_the_middle_of_an_act_leaves_one_snapshot_and_its_answer__Y2_Y4),
		TEST(test_export__is_told_and_taken_back_and_the_tree_stays__P2_P4),
		TEST(test_export__cancelled_on_its_way_leaves_nothing__P4),
		TEST(test_scale__of_a_stopped_vm_is_undone_by_a_revert__X4_V5),
		TEST(test_volume_snapshot__is_made_of_a_chain_told_and_deleted__X3),
		cmocka_unit_test_setup_teardown(
			test_export__without_disks_removal_and_import_leave_the_disks_where_they_are__P2, look, restore),
		TEST(test_export__removal_and_import_bring_back_ids_tree_and_content__P2_P6),
	};
	const struct subject *subject = subject_named("host");
	if (!subject) {
		return 77;
	}
	if (!scratch_open(&scratch, subject)) {
		return 1;
	}
	if (!scratch_has_guest()) {
		(void)printf("skipped: what the guest holds, for HVTREE_TEST_GUEST_READ and _WRITE are not both set\n");
	}
	int failed = cmocka_run_group_tests_name("conformance/real_host", tests, NULL, NULL);
	scratch_close(&scratch);
	return failed;
}
