/*
 * Disks that come, go and grow, a VM's size, and copies of one disk: judged by what each disk and each copy then holds
 * (X2, X3, X4).
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
#include "tests/unit/sim/sim_fixture.h"

#define GIB ((json_int_t)1 << 30)
#define S1 "51515151-0000-4000-8000-000000000001"
#define S2 "52525252-0000-4000-8000-000000000002"

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

/* --- helpers --------------------------------------------------------------------------------------------------- */

static const json_t *attach(struct scene *s, const char *vm, const char *path, json_int_t size)
{
	return ask_vm(&s->client, "AttachCommand", vm,
		json_pack("{s:s, s:o}", "path", path, "sizeBytes", size > 0 ? json_integer(size) : json_null()));
}

static const json_t *volume_at(const json_t *vm, size_t index)
{
	return json_array_get(json_object_get(vm, "volumes"), index);
}

static char *volume_id(struct scene *s, const char *vm, size_t index)
{
	return hv_strdup(json_string_value(json_object_get(volume_at(inventory_vm(&s->client, vm), index), "uuid")));
}

static const json_t *detach(struct scene *s, const char *vm, const char *volume)
{
	return ask_vm(&s->client, "DettachCommand", vm, json_pack("{s:s}", "volumeUuid", volume));
}

static const json_t *resize(struct scene *s, const char *vm, const char *volume, json_int_t size)
{
	return ask_vm(&s->client, "ResizeVolumeCommand", vm,
		json_pack("{s:s, s:I}", "volumeUuid", volume, "sizeBytes", size));
}

static const json_t *scale(struct scene *s, const char *vm, int cpus, json_int_t memory)
{
	return ask_vm(&s->client, "ScaleVmCommand", vm, json_pack("{s:i, s:I}", "cpus", cpus, "memoryBytes", memory));
}

static json_t *copy_body(const char *volume, const char *id)
{
	return json_pack("{s:s, s:s, s:s}", "volumeUuid", volume, "volumeSnapshot", id, "name", "nightly");
}

static const json_t *copy_volume(struct scene *s, const char *vm, const char *volume, const char *id)
{
	return ask_vm(&s->client, "CreateVolumeSnapshotCommand", vm, copy_body(volume, id));
}

static const json_t *delete_copy(struct scene *s, const char *vm, const char *id)
{
	return ask_vm(&s->client, "DeleteVolumeSnapshotCommand", vm, json_pack("{s:s}", "volumeSnapshot", id));
}

static const char *in_copy(struct scene *s, const char *id, const char *key)
{
	return held(&s->host, (struct sim_place){.volume_snapshot = id}, key);
}

static const char *on_disk(struct scene *s, const char *vm, const char *disk, const char *key)
{
	return held(&s->host, (struct sim_place){.vm = vm, .disk = disk}, key);
}

static void write_to(struct scene *s, const char *vm, const char *disk, const char *key, const char *value)
{
	struct hv_error err;
	const struct sim_place place = {.vm = vm, .disk = disk};
	assert_int_equal(sim_guest_write(s->host.sim, &place, key, value, &err), HV_OK);
}

/* --- attach and detach ----------------------------------------------------------------------------------------- */

static void test_attach__makes_a_disk_with_a_content_of_its_own__X2(void **state)
{
	struct scene *s = *state;
	write_to(s, "web", NULL, "at", "root");
	const json_t *answer = attach(s, "web", "E:\\Disks\\logs.vhdx", 20 * GIB);
	assert_well(answer);
	const json_t *volume = volume_at(vm_of(answer), 1);
	assert_true(json_equal(json_object_get(volume, "uuid"),
		json_object_get(json_object_get(answer, "body"), "volumeUuid")));
	assert_string_equal(json_string_value(json_object_get(volume, "volumeType")), "DATADISK");
	assert_string_equal(json_string_value(json_object_get(volume, "path")), "E:\\Disks\\logs.vhdx");
	assert_int_equal(json_integer_value(json_object_get(volume, "size")), 20 * GIB);
	assert_int_equal(json_integer_value(json_object_get(volume, "deviceId")), 1);
	assert_null(on_disk(s, "web", "logs", "at"));
	write_to(s, "web", "logs", "at", "logs");
	assert_string_equal(on_disk(s, "web", NULL, "at"), "root");
	assert_string_equal(on_disk(s, "web", "logs", "at"), "logs");
	json_t *again = json_deep_copy(volume);
	answer = attach(s, "web", "e:\\disks\\LOGS.VHDX", 20 * GIB);
	assert_well(answer);
	assert_int_equal(json_array_size(json_object_get(vm_of(answer), "volumes")), 2);
	assert_true(json_equal(json_object_get(again, "uuid"),
		json_object_get(json_object_get(answer, "body"), "volumeUuid")));
	json_decref(again);
}

static void test_detach__leaves_the_file_and_what_is_in_it__X2(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *data = volume_id(s, "db", 1);
	HV_CLEANUP_FREE char *path =
		hv_strdup(json_string_value(json_object_get(volume_at(inventory_vm(&s->client, "db"), 1), "path")));
	write_to(s, "db", "data", "rows", "10");
	int64_t before = free_bytes(&s->host);
	const json_t *answer = detach(s, "db", data);
	assert_well(answer);
	assert_int_equal(json_array_size(json_object_get(vm_of(answer), "volumes")), 1);
	assert_int_equal(free_bytes(&s->host), before);
	assert_well(detach(s, "db", data));
	answer = attach(s, "web", path, 0);
	assert_well(answer);
	assert_string_equal(json_string_value(json_object_get(json_object_get(answer, "body"), "volumeUuid")), data);
	assert_string_equal(on_disk(s, "web", data, "rows"), "10");
	assert_failed(attach(s, "db", path, 0), "InvalidState");
	assert_failed(attach(s, "db", path, 50 * GIB), "InvalidState");
}

static void test_disks__of_a_vm_keep_their_numbers_when_one_goes__X2(void **state)
{
	struct scene *s = *state;
	assert_well(attach(s, "web", "E:\\1.vhdx", GIB));
	assert_well(attach(s, "web", "E:\\2.vhd", GIB));
	HV_CLEANUP_FREE char *first = volume_id(s, "web", 1);
	const json_t *answer = detach(s, "web", first);
	assert_int_equal(json_integer_value(json_object_get(volume_at(vm_of(answer), 1), "deviceId")), 2);
	answer = attach(s, "web", "\\\\server\\share\\3.vhdx", GIB);
	assert_string_equal(json_string_value(json_object_get(volume_at(vm_of(answer), 1), "name")), "3");
	assert_int_equal(json_integer_value(json_object_get(volume_at(vm_of(answer), 1), "deviceId")), 1);
}

static void test_disks__stay_while_there_is_any_checkpoint__X2_Z6(void **state)
{
	struct scene *s = *state;
	struct hv_error err;
	HV_CLEANUP_FREE char *data = volume_id(s, "db", 1);
	assert_well(stop(&s->client, "db", false));
	assert_int_equal(sim_foreign_create(s->host.sim, "db", "theirs", "Recovery", &err), HV_OK);
	assert_failed(attach(s, "db", "E:\\x.vhdx", GIB), "InvalidState");
	assert_failed(detach(s, "db", data), "InvalidState");
	assert_failed(resize(s, "db", data, 500 * GIB), "InvalidState");
	assert_well(detach(s, "db", S1));
	assert_well(resize(s, "db", data, 50 * GIB));
	test_host_speed(&s->host, 100);
	assert_int_equal(sim_foreign_delete(s->host.sim, "db", "theirs", &err), HV_OK);
	/* what merges still is not in the way for long */
	const json_t *answer = attach(s, "db", "E:\\x.vhdx", GIB);
	assert_well(answer);
	assert_true(json_is_null(json_object_get(vm_of(answer), "activity")));
	assert_well(detach(s, "db", data));
	assert_int_equal(json_array_size(json_object_get(inventory_vm(&s->client, "db"), "volumes")), 2);
}

static void test_attach__refuses_what_is_not_there_not_a_disk_or_not_free__X2(void **state)
{
	static const char *const bad[] = {"", "x.vhdx", "C:x.vhdx", "C:\\x", "C:\\x.txt", "C:\\x.avhdx", "/x.vhdx", "\\x.vhdx",
		"1:\\x.vhdx", "C:\\a\nb.vhdx", "vhdx", "C:\\a\\..\\x.vhdx", "C:\\.\\x.vhdx", "C:\\\\x.vhdx", "C:\\x.vhdx:s.vhdx",
		"\\\\?\\C:\\x.vhdx", "\\\\.\\C:\\x.vhdx", "C:\\*.vhdx", "C:\\a/x.vhdx", "\\\\\\x.vhdx"};
	struct scene *s = *state;
	for (size_t i = 0; i < HV_ARRAY_LEN(bad); i++) {
		assert_failed(attach(s, "web", bad[i], GIB), "BadBody");
	}
	assert_failed(attach(s, "web", "E:\\none.vhdx", 0), "InvalidState");
	assert_failed(attach(s, "nap", "E:\\new.vhdx", GIB), "InvalidState");
	assert_failed(attach(s, "nobody", "E:\\new.vhdx", GIB), "VmNotFound");
	test_host_fault(&s->host, "storage-gone");
	assert_failed(attach(s, "web", "E:\\new.vhdx", GIB), "StorageGone");
	test_host_clear_fault(&s->host, NULL);
	test_host_fault(&s->host, "disk-full");
	assert_failed(attach(s, "web", "E:\\new.vhdx", GIB), "DiskFull");
	assert_int_equal(json_array_size(json_object_get(inventory_vm(&s->client, "web"), "volumes")), 1);
}

/* A file of an export, and a copy that is kept, would not be any more what they are for. */
static void test_attach__refuses_files_that_an_export_or_a_volume_snapshot_needs__X2_X3(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *root = volume_id(s, "web", 0);
	const json_t *answer = copy_volume(s, "web", root, S1);
	HV_CLEANUP_FREE char *kept =
		hv_strdup(json_string_value(json_object_get(json_object_get(answer, "body"), "path")));
	answer = ask_vm(&s->client, "ExportVmCommand", "web", json_pack("{s:s, s:b}", "export", S2, "disks", 1));
	const json_t *exported = json_object_get(json_object_get(answer, "body"), "exported");
	HV_CLEANUP_FREE char *file =
		hv_strdup(json_string_value(json_object_get(volume_at(exported, 0), "path")));
	assert_failed(attach(s, "db", kept, 0), "InvalidState");
	assert_failed(attach(s, "db", file, 0), "InvalidState");
	assert_failed(attach(s, "web", file, 0), "InvalidState");
}

static void test_detach__never_takes_the_root_disk__X2(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *root = volume_id(s, "web", 0);
	assert_failed(detach(s, "web", root), "InvalidState");
	assert_failed(detach(s, "nobody", root), "VmNotFound");
}

static void test_snapshots__after_an_attach_hold_all_disks__X2_Z4(void **state)
{
	struct scene *s = *state;
	assert_well(attach(s, "web", "E:\\logs.vhdx", GIB));
	write_to(s, "web", NULL, "at", "1");
	write_to(s, "web", "logs", "at", "one");
	const json_t *answer = create(&s->client, "web", "a", "Disk");
	assert_well(answer);
	const char *path = json_string_value(json_object_get(volume_at(vm_of(answer), 1), "path"));
	assert_int_equal(strncmp(path, "E:\\logs_", 8), 0);
	assert_non_null(strstr(path, ".avhdx"));
	write_to(s, "web", NULL, "at", "2");
	write_to(s, "web", "logs", "at", "two");
	assert_well(revert(&s->client, "web", "a", "Disk"));
	assert_string_equal(on_disk(s, "web", NULL, "at"), "1");
	assert_string_equal(on_disk(s, "web", "logs", "at"), "one");
}

static void test_attach_and_detach__are_repeated_by_the_next_agent_without_harm__Y2(void **state)
{
	static const char *const places[] = {"intent", "applied", "done"};
	struct scene *s = *state;
	for (size_t i = 0; i < HV_ARRAY_LEN(places); i++) {
		HV_CLEANUP_FREE char *operation = hv_strdup(new_operation(&s->host));
		HV_CLEANUP_FREE char *fault = hv_sprintf("die-mid:Attach:%s", places[i]);
		test_host_fault(&s->host, fault);
		for (int time = 0; time < 2; time++) {
			int id = send_vm(&s->client, "AttachCommand", "web", operation,
				json_pack("{s:s, s:I}", "path", "E:\\logs.vhdx", "sizeBytes", GIB));
			if (time > 0) {
				const json_t *answer = client_answer(&s->client, id);
				assert_well(answer);
				assert_int_equal(json_array_size(json_object_get(vm_of(answer), "volumes")), 2);
				continue;
			}
			client_run_ms(&s->client, 100);
			assert_int_equal(sim_session_state(s->client.session), SIM_SESSION_DIED);
			client_kill(&s->client);
			client_open(&s->client, &s->host);
		}
		HV_CLEANUP_FREE char *logs = volume_id(s, "web", 1);
		assert_well(detach(s, "web", logs));
		test_host_check(&s->host);
	}
}

/* --- sizes ----------------------------------------------------------------------------------------------------- */

static void test_resize__grows_a_disk_of_a_stopped_vm_and_nothing_else__X2(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *root = volume_id(s, "web", 0);
	HV_CLEANUP_FREE char *running = volume_id(s, "db", 0);
	write_to(s, "web", NULL, "at", "1");
	json_int_t size = json_integer_value(json_object_get(volume_at(inventory_vm(&s->client, "web"), 0), "size"));
	const json_t *answer = resize(s, "web", root, size + GIB);
	assert_well(answer);
	assert_int_equal(json_integer_value(json_object_get(volume_at(vm_of(answer), 0), "size")), size + GIB);
	assert_string_equal(on_disk(s, "web", NULL, "at"), "1");
	assert_well(resize(s, "web", root, size + GIB));
	assert_failed(resize(s, "web", root, size), "InvalidState");
	assert_failed(resize(s, "db", running, 900 * GIB), "InvalidState");
	assert_failed(resize(s, "web", running, 900 * GIB), "InvalidState");
	assert_failed(resize(s, "web", root, 0), "BadBody");
	assert_failed(resize(s, "web", root, -GIB), "BadBody");
	assert_failed(resize(s, "web", root, 65536 * GIB + 1), "BadBody");
}

static void test_scale__of_a_stopped_vm_leaves_what_checkpoints_recorded__X4_V5(void **state)
{
	struct scene *s = *state;
	assert_failed(scale(s, "db", 8, 8 * GIB), "InvalidState");
	assert_failed(scale(s, "nap", 8, 8 * GIB), "InvalidState");
	assert_failed(scale(s, "web", 0, 8 * GIB), "BadBody");
	assert_failed(scale(s, "web", 8, 0), "BadBody");
	assert_well(create(&s->client, "web", "small", "Disk"));
	const json_t *old = inventory_vm(&s->client, "web");
	int cpus = (int)json_integer_value(json_object_get(old, "cpus"));
	json_int_t memory = json_integer_value(json_object_get(old, "memoryBytes"));
	const json_t *answer = scale(s, "web", cpus + 6, memory + GIB);
	assert_well(answer);
	assert_int_equal(json_integer_value(json_object_get(vm_of(answer), "cpus")), cpus + 6);
	assert_int_equal(json_integer_value(json_object_get(vm_of(answer), "memoryBytes")), memory + GIB);
	assert_int_equal(client_count_events(&s->client, "VmStateChanged") > 0, 1);
	assert_well(start(&s->client, "web"));
	assert_well(scale(s, "web", cpus + 6, memory + GIB));
	answer = revert(&s->client, "web", "small", "Disk");
	assert_int_equal(json_integer_value(json_object_get(vm_of(answer), "cpus")), cpus);
	assert_int_equal(json_integer_value(json_object_get(vm_of(answer), "memoryBytes")), memory);
}

/* --- volume snapshots ------------------------------------------------------------------------------------------ */

static void test_volume_snapshot__is_what_the_disk_held_through_its_chain__X3(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *root = volume_id(s, "web", 0);
	write_to(s, "web", NULL, "base", "1");
	write_to(s, "web", NULL, "at", "1");
	assert_well(create(&s->client, "web", "a", "Disk"));
	write_to(s, "web", NULL, "at", "2");
	const json_t *answer = copy_volume(s, "web", root, S1);
	assert_well(answer);
	const json_t *body = json_object_get(answer, "body");
	const json_t *told = json_array_get(json_object_get(vm_of(answer), "volumeSnapshots"), 0);
	assert_true(json_equal(json_object_get(told, "path"), json_object_get(body, "path")));
	assert_true(json_equal(json_object_get(told, "size"), json_object_get(body, "size")));
	assert_true(json_equal(json_object_get(told, "created"), json_object_get(body, "createTime")));
	assert_string_equal(json_string_value(json_object_get(told, "id")), S1);
	assert_string_equal(json_string_value(json_object_get(told, "volumeUuid")), root);
	assert_string_equal(json_string_value(json_object_get(told, "name")), "nightly");
	write_to(s, "web", NULL, "at", "3");
	assert_well(delete_snapshot(&s->client, "web", "a"));
	assert_string_equal(in_copy(s, S1, "base"), "1");
	assert_string_equal(in_copy(s, S1, "at"), "2");
	assert_string_equal(on_disk(s, "web", NULL, "at"), "3");
	assert_well(copy_volume(s, "web", root, S1));
	assert_string_equal(in_copy(s, S1, "at"), "2");
}

static void test_volume_snapshot__is_of_the_one_disk_and_takes_space_until_deleted__X3(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *data = volume_id(s, "db", 1);
	assert_well(stop(&s->client, "db", false));
	write_to(s, "db", NULL, "at", "root");
	write_to(s, "db", "data", "at", "data");
	int64_t before = free_bytes(&s->host);
	assert_well(copy_volume(s, "db", data, S1));
	assert_string_equal(in_copy(s, S1, "at"), "data");
	assert_true(free_bytes(&s->host) < before - GIB);
	assert_well(copy_volume(s, "db", data, S2));
	assert_int_equal(json_array_size(json_object_get(inventory_vm(&s->client, "db"), "volumeSnapshots")), 2);
	assert_well(delete_copy(s, "db", S1));
	assert_well(delete_copy(s, "db", S1));
	const json_t *answer = delete_copy(s, "db", S2);
	assert_int_equal(json_array_size(json_object_get(vm_of(answer), "volumeSnapshots")), 0);
	assert_int_equal(free_bytes(&s->host), before);
}

static void test_volume_snapshot__is_refused_where_the_disk_is_not_at_rest__X3(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *running = volume_id(s, "db", 0);
	HV_CLEANUP_FREE char *saved = volume_id(s, "nap", 0);
	HV_CLEANUP_FREE char *root = volume_id(s, "web", 0);
	assert_failed(copy_volume(s, "db", running, S1), "InvalidState");
	assert_failed(copy_volume(s, "nap", saved, S1), "InvalidState");
	assert_failed(copy_volume(s, "web", running, S1), "InvalidState");
	assert_failed(copy_volume(s, "nobody", root, S1), "VmNotFound");
	assert_well(copy_volume(s, "web", root, S1));
	assert_well(stop(&s->client, "db", false));
	assert_failed(copy_volume(s, "db", running, S1), "InvalidState");
	assert_well(delete_copy(s, "db", S1));
	assert_int_equal(json_array_size(json_object_get(inventory_vm(&s->client, "web"), "volumeSnapshots")), 1);
}

static void test_volume_snapshot__that_fails_leaves_no_file__X3(void **state)
{
	static const struct {
		const char *fault, *code;
		bool meanwhile;
	} faults[] = {{"storage-gone", "StorageGone", false}, {"storage-gone", "StorageGone", true},
		{"disk-full", "DiskFull", false}, {"disk-full", "DiskFull", true},
		{"damaged:CreateVolumeSnapshot", "HostError", false}};
	struct scene *s = *state;
	HV_CLEANUP_FREE char *root = volume_id(s, "web", 0);
	int64_t before = free_bytes(&s->host);
	test_host_speed(&s->host, 100);
	for (size_t i = 0; i < HV_ARRAY_LEN(faults); i++) {
		if (!faults[i].meanwhile) {
			test_host_fault(&s->host, faults[i].fault);
		}
		int id = send_vm(&s->client, "CreateVolumeSnapshotCommand", "web", new_operation(&s->host),
			copy_body(root, S1));
		client_run_ms(&s->client, 500);
		if (faults[i].meanwhile) {
			assert_true(free_bytes(&s->host) < before);
			test_host_fault(&s->host, faults[i].fault);
		}
		const json_t *answer = client_answer(&s->client, id);
		assert_failed(answer, faults[i].code);
		assert_int_equal(json_array_size(json_object_get(vm_of(answer), "volumeSnapshots")), 0);
		test_host_clear_fault(&s->host, NULL);
		assert_int_equal(free_bytes(&s->host), before);
		test_host_check(&s->host);
	}
	assert_well(copy_volume(s, "web", root, S1));
	assert_true(client_count_events(&s->client, "Progress") > 2);
}

static void test_volume_snapshot__and_a_vm_snapshot_do_not_run_together__X3_Z8(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *root = volume_id(s, "web", 0);
	test_host_speed(&s->host, 100);
	write_to(s, "web", NULL, "at", "1");
	int copies = send_vm(
		&s->client, "CreateVolumeSnapshotCommand", "web", new_operation(&s->host), copy_body(root, S1));
	int creates = client_send(&s->client, "CreateVMSnapshotCommand", new_operation(&s->host), 1,
		target_body("web", "a", "Disk", NULL));
	client_run_ms(&s->client, 500);
	struct client other;
	client_open(&other, &s->host);
	int starts = client_send(&other, "StartCommand", new_operation(&s->host), 1, vm_body("web"));
	client_run_ms(&other, 200);
	assert_string_equal(json_string_value(json_object_get(inventory_vm(&other, "web"), "activity")), "copying disk");
	const json_t *answer = client_answer(&s->client, copies);
	assert_well(answer);
	assert_string_equal(tree_text(answer), "*");
	assert_well(client_answer(&s->client, creates));
	assert_well(client_answer(&other, starts));
	client_close(&other);
}

static void test_volume_snapshot__outlives_its_vm_and_the_agent_that_made_it__D6_X3_Y2(void **state)
{
	static const char *const places[] = {"intent", "running", "applied", "done"};
	struct scene *s = *state;
	HV_CLEANUP_FREE char *root = volume_id(s, "web", 0);
	write_to(s, "web", NULL, "at", "1");
	for (size_t i = 0; i < HV_ARRAY_LEN(places); i++) {
		HV_CLEANUP_FREE char *operation = hv_strdup(new_operation(&s->host));
		HV_CLEANUP_FREE char *fault = hv_sprintf("die-mid:CreateVolumeSnapshot:%s", places[i]);
		test_host_fault(&s->host, fault);
		(void)send_vm(&s->client, "CreateVolumeSnapshotCommand", "web", operation, copy_body(root, S1));
		client_run_ms(&s->client, 100);
		client_kill(&s->client);
		client_open(&s->client, &s->host);
		assert_well(client_answer(&s->client,
			send_vm(&s->client, "CreateVolumeSnapshotCommand", "web", operation, copy_body(root, S1))));
		assert_string_equal(in_copy(s, S1, "at"), "1");
		if (i + 1 < HV_ARRAY_LEN(places)) {
			assert_well(delete_copy(s, "web", S1));
		}
	}
	assert_well(ask_vm(&s->client, "DestroyCommand", "web", NULL));
	assert_string_equal(in_copy(s, S1, "at"), "1");
	test_host_check(&s->host);
	const json_t *answer = delete_copy(s, "web", S1);
	assert_well(answer);
	assert_null(json_object_get(json_object_get(answer, "body"), "vm"));
	struct hv_error err;
	char *value = NULL;
	const struct sim_place gone = {.volume_snapshot = S1};
	assert_int_equal(sim_guest_read(s->host.sim, &gone, "at", &value, &err), HV_ERR_INVALID);
}

/* The copies of a VM that leaves and comes back stay its own. */
static void test_volume_snapshot__is_told_of_a_vm_that_only_its_export_is_left_of__X3_P2(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *root = volume_id(s, "web", 0);
	assert_well(copy_volume(s, "web", root, S1));
	assert_well(ask_vm(&s->client, "ExportVmCommand", "web", json_pack("{s:s, s:b}", "export", S2, "disks", 1)));
	assert_well(copy_volume(s, "web", root, "53535353-0000-4000-8000-000000000003"));
	assert_well(ask_vm(&s->client, "RemoveVmCommand", "web", json_pack("{s:s}", "export", S2)));
	assert_int_equal(json_array_size(json_object_get(inventory_vm(&s->client, "web"), "volumeSnapshots")), 2);
	assert_well(delete_copy(s, "web", S1));
	assert_well(ask_vm(&s->client, "ImportVmCommand", "web", json_pack("{s:s}", "export", S2)));
	assert_int_equal(json_array_size(json_object_get(inventory_vm(&s->client, "web"), "volumeSnapshots")), 1);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_attach__makes_a_disk_with_a_content_of_its_own__X2),
		TEST(test_detach__leaves_the_file_and_what_is_in_it__X2),
		TEST(test_disks__of_a_vm_keep_their_numbers_when_one_goes__X2),
		TEST(test_disks__stay_while_there_is_any_checkpoint__X2_Z6),
		TEST(test_attach__refuses_what_is_not_there_not_a_disk_or_not_free__X2),
		TEST(test_attach__refuses_files_that_an_export_or_a_volume_snapshot_needs__X2_X3),
		TEST(test_detach__never_takes_the_root_disk__X2),
		TEST(test_snapshots__after_an_attach_hold_all_disks__X2_Z4),
		TEST(test_attach_and_detach__are_repeated_by_the_next_agent_without_harm__Y2),
		TEST(test_resize__grows_a_disk_of_a_stopped_vm_and_nothing_else__X2),
		TEST(test_scale__of_a_stopped_vm_leaves_what_checkpoints_recorded__X4_V5),
		TEST(test_volume_snapshot__is_what_the_disk_held_through_its_chain__X3),
		TEST(test_volume_snapshot__is_of_the_one_disk_and_takes_space_until_deleted__X3),
		TEST(test_volume_snapshot__is_refused_where_the_disk_is_not_at_rest__X3),
		TEST(test_volume_snapshot__that_fails_leaves_no_file__X3),
		TEST(test_volume_snapshot__and_a_vm_snapshot_do_not_run_together__X3_Z8),
		TEST(test_volume_snapshot__outlives_its_vm_and_the_agent_that_made_it__D6_X3_Y2),
		TEST(test_volume_snapshot__is_told_of_a_vm_that_only_its_export_is_left_of__X3_P2),
	};
	return cmocka_run_group_tests_name("sim/volumes", tests, NULL, NULL);
}
