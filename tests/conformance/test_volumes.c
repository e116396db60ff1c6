/*
 * Disks come, go and grow, a VM changes its size, and one disk is copied: what every agent must do, test_volumes
 * sim|powershell.
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

#define GIB ((json_int_t)1 << 30)

static const struct subject *subject;
static const char new_file[] = "C:\\VMs\\more.vhdx";

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

static const json_t *attach(struct scene *s, const char *vm, const char *path, json_int_t size)
{
	return ask_about(s, "AttachCommand", vm,
		json_pack("{s:s, s:o}", "path", path, "sizeBytes", size > 0 ? json_integer(size) : json_null()));
}

static const json_t *on_volume(struct scene *s, const char *command, const char *vm, const char *volume, json_int_t size)
{
	json_t *more = json_pack("{s:s}", "volumeUuid", volume);
	if (size > 0) {
		(void)json_object_set_new(more, "sizeBytes", json_integer(size));
	}
	return ask_about(s, command, vm, more);
}

static const json_t *volume_at(const json_t *vm, size_t index)
{
	return json_array_get(json_object_get(vm, "volumes"), index);
}

/* A member of a disk of a VM as it is told now; owned by the caller. */
static char *told_of(struct scene *s, const char *vm, size_t index, const char *member)
{
	const char *text = json_string_value(json_object_get(volume_at(told_vm(s, vm), index), member));
	assert_non_null(text);
	return hv_strdup(text);
}

static json_int_t size_of(const json_t *vm, size_t index)
{
	return json_integer_value(json_object_get(volume_at(vm, index), "size"));
}

static size_t count(const json_t *vm, const char *list)
{
	return json_array_size(json_object_get(vm, list));
}

static json_t *copy_body(const char *volume, const char *id)
{
	return json_pack("{s:s, s:s, s:s}", "volumeUuid", volume, "volumeSnapshot", id, "name", "nightly");
}

static const json_t *copy_volume(struct scene *s, const char *vm, const char *volume, const char *id)
{
	return ask_about(s, "CreateVolumeSnapshotCommand", vm, copy_body(volume, id));
}

static const json_t *delete_copy(struct scene *s, const char *vm, const char *id)
{
	return ask_about(s, "DeleteVolumeSnapshotCommand", vm, json_pack("{s:s}", "volumeSnapshot", id));
}

/* --- attach and detach ----------------------------------------------------------------------------------------- */

static void test_attach__makes_a_disk_and_done_already_is_no_failure__X2(void **state)
{
	struct scene *s = *state;
	assert_failed(attach(s, "web", new_file, 0), "InvalidState");
	const json_t *answer = attach(s, "web", new_file, 10 * GIB);
	assert_well(answer);
	const json_t *volume = volume_at(answered_vm(answer), 1);
	assert_int_equal(count(answered_vm(answer), "volumes"), 2);
	assert_string_equal(json_string_value(json_object_get(volume, "volumeType")), "DATADISK");
	assert_string_equal(json_string_value(json_object_get(volume, "path")), new_file);
	assert_int_equal(size_of(answered_vm(answer), 1), 10 * GIB);
	HV_CLEANUP_FREE char *id = hv_strdup(json_string_value(json_object_get(volume, "uuid")));
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(answer, "body"), "volumeUuid")), id);
	answer = attach(s, "web", new_file, 10 * GIB);
	assert_well(answer);
	assert_int_equal(count(answered_vm(answer), "volumes"), 2);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(answer, "body"), "volumeUuid")), id);
	assert_failed(attach(s, "db", new_file, 0), "InvalidState");
	assert_failed(attach(s, "nap", "C:\\VMs\\other.vhdx", GIB), "InvalidState");
}

static void test_detach__leaves_the_file_which_another_vm_may_have__X2(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *data = told_of(s, "db", 1, "uuid");
	HV_CLEANUP_FREE char *path = told_of(s, "db", 1, "path");
	HV_CLEANUP_FREE char *root = told_of(s, "db", 0, "uuid");
	assert_failed(on_volume(s, "DettachCommand", "db", root, 0), "InvalidState");
	const json_t *answer = on_volume(s, "DettachCommand", "db", data, 0);
	assert_well(answer);
	assert_int_equal(count(answered_vm(answer), "volumes"), 1);
	assert_well(on_volume(s, "DettachCommand", "db", data, 0));
	answer = attach(s, "web", path, 0);
	assert_well(answer);
	assert_string_equal(json_string_value(json_object_get(volume_at(answered_vm(answer), 1), "path")), path);
	assert_failed(attach(s, "db", path, 0), "InvalidState");
}

static void test_disks__stay_while_there_is_any_checkpoint__X2_Z6(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *data = told_of(s, "db", 1, "uuid");
	assert_well(stop(s, "db", true));
	hand_foreign("db", "theirs", "Recovery");
	assert_failed(attach(s, "db", new_file, GIB), "InvalidState");
	assert_failed(on_volume(s, "DettachCommand", "db", data, 0), "InvalidState");
	assert_failed(on_volume(s, "ResizeVolumeCommand", "db", data, 900 * GIB), "InvalidState");
	const json_t *vm = told_vm(s, "db");
	assert_int_equal(count(vm, "volumes"), 2);
	assert_int_equal(count(vm, "checkpoints"), 1);
}

static void test_snapshots__after_an_attach_hold_both_disks__X2_Z4(void **state)
{
	struct scene *s = *state;
	assert_well(attach(s, "web", new_file, GIB));
	hand_write("web", false, "k", "1");
	const json_t *answer = create(s, "web", "a", "Disk");
	assert_well(answer);
	assert_string_not_equal(
		json_string_value(json_object_get(volume_at(answered_vm(answer), 1), "path")), new_file);
	hand_write("web", false, "k", "2");
	answer = revert(s, "web", "a", "Disk");
	assert_well(answer);
	assert_int_equal(count(answered_vm(answer), "volumes"), 2);
	assert_string_equal(hand_read("web", false, "k"), "1");
	answer = remove_snapshot(s, "web", "a");
	assert_well(answer);
	HV_CLEANUP_FREE char *id = told_of(s, "web", 1, "uuid");
	assert_well(on_volume(s, "DettachCommand", "web", id, 0));
	assert_well(attach(s, "web", new_file, 0));
}

/* --- sizes ----------------------------------------------------------------------------------------------------- */

static void test_resize__grows_a_disk_of_a_stopped_vm__X2(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *root = told_of(s, "web", 0, "uuid");
	HV_CLEANUP_FREE char *running = told_of(s, "db", 1, "uuid");
	json_int_t size = size_of(told_vm(s, "web"), 0);
	hand_write("web", false, "k", "1");
	const json_t *answer = on_volume(s, "ResizeVolumeCommand", "web", root, size + GIB);
	assert_well(answer);
	assert_int_equal(size_of(answered_vm(answer), 0), size + GIB);
	assert_string_equal(hand_read("web", false, "k"), "1");
	assert_well(on_volume(s, "ResizeVolumeCommand", "web", root, size + GIB));
	assert_failed(on_volume(s, "ResizeVolumeCommand", "web", root, size), "InvalidState");
	assert_failed(on_volume(s, "ResizeVolumeCommand", "web", running, size + 2 * GIB), "InvalidState");
	assert_failed(on_volume(s, "ResizeVolumeCommand", "db", running, 900 * GIB), "InvalidState");
	assert_int_equal(size_of(told_vm(s, "web"), 0), size + GIB);
}

static const json_t *scale(struct scene *s, const char *vm, json_int_t cpus, json_int_t memory)
{
	return ask_about(s, "ScaleVmCommand", vm, json_pack("{s:I, s:I}", "cpus", cpus, "memoryBytes", memory));
}

static void test_scale__of_a_stopped_vm_leaves_what_checkpoints_recorded__X4_V5(void **state)
{
	struct scene *s = *state;
	json_int_t cpus = json_integer_value(json_object_get(told_vm(s, "web"), "cpus"));
	json_int_t memory = json_integer_value(json_object_get(told_vm(s, "web"), "memoryBytes"));
	assert_failed(scale(s, "db", cpus + 2, memory + GIB), "InvalidState");
	assert_failed(scale(s, "nap", cpus + 2, memory + GIB), "InvalidState");
	assert_well(create(s, "web", "small", "Disk"));
	const json_t *answer = scale(s, "web", cpus + 2, memory + GIB);
	assert_well(answer);
	assert_int_equal(json_integer_value(json_object_get(answered_vm(answer), "cpus")), cpus + 2);
	assert_int_equal(json_integer_value(json_object_get(answered_vm(answer), "memoryBytes")), memory + GIB);
	assert_well(start(s, "web"));
	assert_well(scale(s, "web", cpus + 2, memory + GIB));
	answer = revert(s, "web", "small", "Disk");
	assert_well(answer);
	assert_int_equal(json_integer_value(json_object_get(answered_vm(answer), "cpus")), cpus);
	assert_int_equal(json_integer_value(json_object_get(answered_vm(answer), "memoryBytes")), memory);
}

/* --- volume snapshots ------------------------------------------------------------------------------------------ */

static void test_volume_snapshot__is_made_of_a_chain_told_kept_and_deleted__X3(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *root = told_of(s, "web", 0, "uuid");
	HV_CLEANUP_FREE char *id = fresh_id(s);
	assert_well(create(s, "web", "a", "Disk"));
	const json_t *answer = copy_volume(s, "web", root, id);
	assert_well(answer);
	const json_t *body = json_object_get(answer, "body");
	const json_t *told = json_array_get(json_object_get(answered_vm(answer), "volumeSnapshots"), 0);
	assert_string_equal(json_string_value(json_object_get(told, "id")), id);
	assert_string_equal(json_string_value(json_object_get(told, "volumeUuid")), root);
	assert_string_equal(json_string_value(json_object_get(told, "name")), "nightly");
	assert_true(json_equal(json_object_get(told, "path"), json_object_get(body, "path")));
	assert_true(json_equal(json_object_get(told, "size"), json_object_get(body, "size")));
	assert_true(json_equal(json_object_get(told, "created"), json_object_get(body, "createTime")));
	assert_true(json_integer_value(json_object_get(body, "createTime")) > INT64_C(1500000000000000));
	HV_CLEANUP_FREE char *path = hv_strdup(json_string_value(json_object_get(told, "path")));
	assert_failed(attach(s, "db", path, 0), "InvalidState");
	answer = copy_volume(s, "web", root, id);
	assert_well(answer);
	assert_int_equal(count(answered_vm(answer), "volumeSnapshots"), 1);
	assert_string_equal(tree_of(answer), "a(*)");
	answer = delete_copy(s, "web", id);
	assert_well(answer);
	assert_int_equal(count(answered_vm(answer), "volumeSnapshots"), 0);
	assert_well(delete_copy(s, "web", id));
}

static void test_volume_snapshot__needs_a_disk_at_rest_and_room__X3(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *running = told_of(s, "db", 0, "uuid");
	HV_CLEANUP_FREE char *root = told_of(s, "web", 0, "uuid");
	HV_CLEANUP_FREE char *id = fresh_id(s);
	assert_failed(copy_volume(s, "db", running, id), "InvalidState");
	assert_failed(copy_volume(s, "web", running, id), "InvalidState");
	hand_fault("disk-full", true);
	assert_failed(copy_volume(s, "web", root, id), "DiskFull");
	hand_fault("disk-full", false);
	hand_fault("storage-gone", true);
	assert_failed(copy_volume(s, "web", root, id), "StorageGone");
	hand_fault("storage-gone", false);
	assert_int_equal(count(told_vm(s, "web"), "volumeSnapshots"), 0);
	assert_well(copy_volume(s, "web", root, id));
}

static void test_volume_snapshot__and_other_acts_on_the_vm_take_turns__X3_Z8(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *root = told_of(s, "web", 0, "uuid");
	hand_slow(true);
	size_t before = scene_heard(s);
	int64_t copies =
		send_about(s, "CreateVolumeSnapshotCommand", fresh_operation(s), "web", copy_body(root, fresh_operation(s)));
	int64_t creates = scene_send(
		s, "CreateVMSnapshotCommand", fresh_operation(s), 1, target_body(s, "web", "a", "Disk"));
	(void)scene_event(s, before, "Progress", NULL);
	const json_t *answer = scene_answer(s, copies);
	assert_well(answer);
	assert_string_equal(tree_of(answer), "*");
	answer = scene_answer(s, creates);
	assert_well(answer);
	assert_string_equal(tree_of(answer), "a(*)");
}

static void test_volume_snapshot__whose_agent_is_killed_is_finished_by_the_next__X3_Y3(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *root = told_of(s, "web", 0, "uuid");
	HV_CLEANUP_FREE char *operation = fresh_id(s);
	HV_CLEANUP_FREE char *id = fresh_id(s);
	hand_slow(true);
	size_t before = scene_heard(s);
	(void)send_about(s, "CreateVolumeSnapshotCommand", operation, "web", copy_body(root, id));
	(void)scene_event(s, before, "Progress", NULL);
	scene_kill_agent(s);
	scene_start_agent(s);
	hand_slow(false);
	const json_t *answer =
		scene_answer(s, send_about(s, "CreateVolumeSnapshotCommand", operation, "web", copy_body(root, id)));
	assert_well(answer);
	assert_int_equal(count(answered_vm(answer), "volumeSnapshots"), 1);
}

static void test_volume_snapshot__outlives_its_vm_until_it_is_deleted__X3_D6(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *root = told_of(s, "web", 0, "uuid");
	HV_CLEANUP_FREE char *id = fresh_id(s);
	const json_t *answer = copy_volume(s, "web", root, id);
	HV_CLEANUP_FREE char *path =
		hv_strdup(json_string_value(json_object_get(json_object_get(answer, "body"), "path")));
	assert_well(ask_about(s, "DestroyCommand", "web", NULL));
	assert_failed(attach(s, "db", path, 0), "InvalidState"); /* it is there, and kept */
	answer = delete_copy(s, "web", id);
	assert_well(answer);
	assert_null(json_object_get(json_object_get(answer, "body"), "vm"));
	assert_well(delete_copy(s, "web", id));
}

int main(int argc, char **argv)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_attach__makes_a_disk_and_done_already_is_no_failure__X2),
		TEST(test_detach__leaves_the_file_which_another_vm_may_have__X2),
		TEST(test_disks__stay_while_there_is_any_checkpoint__X2_Z6),
		TEST(test_snapshots__after_an_attach_hold_both_disks__X2_Z4),
		TEST(test_resize__grows_a_disk_of_a_stopped_vm__X2),
		TEST(test_scale__of_a_stopped_vm_leaves_what_checkpoints_recorded__X4_V5),
		TEST(test_volume_snapshot__is_made_of_a_chain_told_kept_and_deleted__X3),
		TEST(test_volume_snapshot__needs_a_disk_at_rest_and_room__X3),
		TEST(test_volume_snapshot__and_other_acts_on_the_vm_take_turns__X3_Z8),
		TEST(test_volume_snapshot__whose_agent_is_killed_is_finished_by_the_next__X3_Y3),
		TEST(test_volume_snapshot__outlives_its_vm_until_it_is_deleted__X3_D6),
	};
	subject = subject_named(argc > 1 ? argv[1] : "sim");
	if (!subject) {
		return 77;
	}
	return cmocka_run_group_tests_name("conformance/volumes", tests, NULL, end);
}
