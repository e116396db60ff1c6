/*
 * A VM that leaves the host and comes back, judged by what is held in the export, in the checkpoints and by the guest
 * afterwards; and everything that can go wrong on the way (P2, P4, P5).
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

#define E1 "e1e1e1e1-0000-4000-8000-000000000001"
#define E2 "e2e2e2e2-0000-4000-8000-000000000002"

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

static const json_t *export_vm(struct scene *s, const char *vm, const char *export)
{
	return ask_vm(&s->client, "ExportVmCommand", vm, export_with(export, true));
}

static const json_t *cancel(struct scene *s, const char *vm, const char *export)
{
	return ask_vm(&s->client, "CancelExportCommand", vm, export_of(export));
}

static const json_t *remove_vm(struct scene *s, const char *vm, const char *export)
{
	return ask_vm(&s->client, "RemoveVmCommand", vm, export_of(export));
}

static const json_t *import_vm(struct scene *s, const char *vm, const char *export)
{
	return ask_vm(&s->client, "ImportVmCommand", vm, export_of(export));
}

static const json_t *exported_of(const json_t *answer)
{
	const json_t *exported = json_object_get(json_object_get(answer, "body"), "exported");
	assert_non_null(exported);
	return exported;
}

/*
 * db: m (memory; app 1, rows 10, pid 77) -> d (app 2, rows 20), another branch m -> b (app 3), stopped on b with app 4,
 * rows 40. What each of them holds is told by content_of().
 */
static void grow_tree(struct scene *s)
{
	write_disk(&s->host, "db", "app", "1");
	write_data_disk(&s->host, "db", "rows", "10");
	write_memory(&s->host, "db", "pid", "77");
	assert_well(create(&s->client, "db", "m", "DiskAndMemory"));
	write_disk(&s->host, "db", "app", "2");
	write_data_disk(&s->host, "db", "rows", "20");
	assert_well(create(&s->client, "db", "d", "Disk"));
	assert_well(revert(&s->client, "db", "m", "DiskAndMemory"));
	write_disk(&s->host, "db", "app", "3");
	assert_well(create(&s->client, "db", "b", "Disk"));
	write_disk(&s->host, "db", "app", "4");
	write_data_disk(&s->host, "db", "rows", "40");
	assert_well(stop(&s->client, "db", false));
	client_forget(&s->client);
}

static void add_held(struct scene *s, struct hv_text *text, struct sim_place place, const char *key)
{
	const char *value = held(&s->host, place, key);
	hv_text_printf(text, "%s ", value ? value : "-");
}

/* What the VM holds now and at each checkpoint; with `export`, what that holds. */
static const char *content_of(struct scene *s, const char *export)
{
	static char kept[256];
	static const char *const places[] = {NULL, "m", "d", "b"};
	struct hv_text text = HV_TEXT_INIT;
	for (size_t i = 0; i < HV_ARRAY_LEN(places); i++) {
		struct sim_place place = {.vm = "db", .checkpoint = places[i], .export = export};
		add_held(s, &text, place, "app");
		place.disk = "data";
		add_held(s, &text, place, "rows");
		place.disk = NULL;
		place.memory = true;
		add_held(s, &text, place, "pid");
	}
	(void)snprintf(kept, sizeof kept, "%s", hv_text_get(&text));
	hv_text_clear(&text);
	return kept;
}

#define TREE_CONTENT "4 40 - 1 10 77 2 20 - 3 10 - "

static void assert_same_facts(const json_t *one, const json_t *other)
{
	static const char *const members[] = {"vmUuid", "vmName", "cpus", "memoryBytes", "parentCheckpoint"};
	for (size_t i = 0; i < HV_ARRAY_LEN(members); i++) {
		assert_true(json_equal(json_object_get(one, members[i]), json_object_get(other, members[i])));
	}
	const json_t *checkpoints = json_object_get(one, "checkpoints"), *others = json_object_get(other, "checkpoints");
	assert_int_equal(json_array_size(checkpoints), json_array_size(others));
	for (size_t i = 0; i < json_array_size(checkpoints); i++) {
		static const char *const kept[] = {"id", "name", "parent", "kind", "hasMemory", "created"};
		for (size_t k = 0; k < HV_ARRAY_LEN(kept); k++) {
			assert_true(json_equal(json_object_get(json_array_get(checkpoints, i), kept[k]),
				json_object_get(json_array_get(others, i), kept[k])));
		}
	}
	const json_t *volumes = json_object_get(one, "volumes"), *copies = json_object_get(other, "volumes");
	assert_int_equal(json_array_size(volumes), json_array_size(copies));
	for (size_t i = 0; i < json_array_size(volumes); i++) {
		static const char *const kept[] = {"uuid", "volumeType", "deviceId", "size", "chainSize"};
		for (size_t k = 0; k < HV_ARRAY_LEN(kept); k++) {
			assert_true(json_equal(json_object_get(json_array_get(volumes, i), kept[k]),
				json_object_get(json_array_get(copies, i), kept[k])));
		}
	}
}

static json_t *copy_of_vm(struct scene *s, const char *vm)
{
	const json_t *told = inventory_vm(&s->client, vm);
	assert_non_null(told);
	return json_deep_copy(told);
}

/* --- all of it goes and comes back ----------------------------------------------------------------------------- */

static void test_export__carries_the_running_state_and_every_checkpoint__P2(void **state)
{
	struct scene *s = *state;
	grow_tree(s);
	json_t *before = copy_of_vm(s, "db");
	const json_t *answer = export_vm(s, "db", E1);
	assert_well(answer);
	assert_same_facts(before, exported_of(answer));
	assert_string_equal(json_string_value(json_object_get(exported_of(answer), "state")), "Stopped");
	assert_string_equal(export_text(vm_of(answer)), "Complete matches");
	assert_string_equal(content_of(s, E1), TREE_CONTENT);
	write_disk(&s->host, "db", "app", "5");
	client_forget(&s->client);
	client_run_ms(&s->client, 500);
	const json_t *event = client_last_event(&s->client, "VmStateChanged");
	assert_non_null(event); /* that it does not match any more is news */
	assert_string_equal(export_text(vm_of(event)), "Complete");
	client_forget(&s->client);
	write_disk(&s->host, "db", "app", "6");
	client_run_ms(&s->client, 500);
	assert_null(client_last_event(&s->client, "VmStateChanged"));
	assert_string_equal(content_of(s, E1), TREE_CONTENT);
	json_decref(before);
}

static void test_removed_vm__is_stopped_and_lives_only_in_its_export__P2_P6(void **state)
{
	struct scene *s = *state;
	grow_tree(s);
	json_t *before = copy_of_vm(s, "db");
	int64_t free_before = free_bytes(&s->host);
	assert_well(export_vm(s, "db", E1));
	int64_t free_between = free_bytes(&s->host);
	const json_t *answer = remove_vm(s, "db", E1);
	assert_well(answer);
	assert_true(free_between < free_before - (INT64_C(10) << 30));
	assert_int_equal(free_bytes(&s->host), free_before);
	assert_true(json_is_false(json_object_get(vm_of(answer), "registered")));
	assert_string_equal(vm_state(answer), "Stopped");
	assert_same_facts(before, vm_of(answer));
	assert_same_facts(before, inventory_vm(&s->client, "db"));
	assert_string_equal(content_of(s, E1), TREE_CONTENT);
	const json_t *states = json_object_get(
		json_object_get(client_answer(&s->client, client_send(&s->client, "HostVmStateReportCommand", NULL, 0,
								json_object())),
			"body"),
		"vms");
	assert_int_equal(json_array_size(states), 5);
	json_decref(before);
}

static void test_removed_vm__is_acted_on_by_nothing_but_import_and_destroy__P2(void **state)
{
	static const char *const commands[] = {"StartCommand", "StopCommand", "DettachCommand", "ResizeVolumeCommand",
		"ScaleVmCommand", "CreateVolumeSnapshotCommand", "AttachCommand", "ExportVmCommand", "CancelExportCommand"};
	struct scene *s = *state;
	struct hv_error err;
	grow_tree(s);
	assert_well(export_vm(s, "db", E1));
	assert_well(remove_vm(s, "db", E1));
	for (size_t i = 0; i < HV_ARRAY_LEN(commands); i++) {
		json_t *more = json_pack("{s:s, s:b, s:s, s:s, s:s, s:s, s:i, s:i, s:i}", "export", E1, "disks", 1,
			"volumeUuid", E2, "volumeSnapshot", E2, "name", "n", "path", "E:\\x.vhdx", "sizeBytes", 1 << 30,
			"cpus", 1, "memoryBytes", 1 << 30);
		assert_failed(ask_vm(&s->client, commands[i], "db", more), "InvalidState");
	}
	assert_failed(create(&s->client, "db", "x", "Disk"), "InvalidState");
	assert_failed(revert(&s->client, "db", "m", "Disk"), "InvalidState");
	assert_failed(delete_snapshot(&s->client, "db", "m"), "InvalidState");
	assert_int_equal(sim_foreign_create(s->host.sim, "db", "x", NULL, &err), HV_ERR_REFUSED);
	assert_int_equal(sim_foreign_delete(s->host.sim, "db", "m", &err), HV_ERR_REFUSED);
	assert_int_equal(sim_guest_write(s->host.sim, &(struct sim_place){.vm = "db"}, "k", "v", &err), HV_ERR_REFUSED);
	assert_well(remove_vm(s, "db", E1));
	assert_failed(remove_vm(s, "db", E2), "InvalidState");
	assert_failed(import_vm(s, "db", E2), "InvalidState");
	assert_string_equal(content_of(s, E1), TREE_CONTENT);
}

static void test_import__brings_back_ids_tree_pointer_and_content__P2(void **state)
{
	struct scene *s = *state;
	grow_tree(s);
	json_t *before = copy_of_vm(s, "db");
	assert_well(export_vm(s, "db", E1));
	assert_well(remove_vm(s, "db", E1));
	const json_t *answer = import_vm(s, "db", E1);
	assert_well(answer);
	assert_same_facts(before, vm_of(answer));
	assert_string_equal(vm_state(answer), "Stopped");
	assert_true(json_is_true(json_object_get(vm_of(answer), "registered")));
	assert_string_equal(export_text(vm_of(answer)), "none");
	assert_string_equal(content_of(s, NULL), TREE_CONTENT);
	assert_well(import_vm(s, "db", E1));
	answer = revert(&s->client, "db", "m", "DiskAndMemory");
	assert_string_equal(vm_state(answer), "Running");
	assert_string_equal(memory_of(&s->host, "db", "pid"), "77");
	assert_string_equal(data_disk_of(&s->host, "db", "rows"), "10");
	assert_well(delete_snapshot(&s->client, "db", "m"));
	assert_well(revert(&s->client, "db", "d", "Disk"));
	assert_string_equal(disk_of(&s->host, "db", "app"), "2");
	json_decref(before);
}

static void test_export__again_and_again_keeps_everything__P2(void **state)
{
	struct scene *s = *state;
	char export[HV_UUID_TEXT_SIZE];
	grow_tree(s);
	int64_t free_before = free_bytes(&s->host);
	for (int i = 0; i < 4; i++) {
		(void)snprintf(export, sizeof export, "%s", new_operation(&s->host));
		assert_well(export_vm(s, "db", export));
		assert_well(remove_vm(s, "db", export));
		assert_well(import_vm(s, "db", export));
		assert_string_equal(content_of(s, NULL), TREE_CONTENT);
	}
	assert_int_equal(free_bytes(&s->host), free_before);
}

static void test_export__without_disks_leaves_them_where_they_are__P2(void **state)
{
	struct scene *s = *state;
	write_disk(&s->host, "web", "page", "home");
	json_t *before = copy_of_vm(s, "web");
	int64_t free_before = free_bytes(&s->host);
	const json_t *answer = ask_vm(&s->client, "ExportVmCommand", "web", export_with(E1, false));
	assert_well(answer);
	assert_same_facts(before, exported_of(answer));
	assert_in_range(free_before - free_bytes(&s->host), 0, INT64_C(1) << 20);
	assert_well(remove_vm(s, "web", E1));
	assert_same_facts(before, inventory_vm(&s->client, "web"));
	assert_true(json_is_false(json_object_get(json_object_get(inventory_vm(&s->client, "web"), "export"), "disks")));
	answer = import_vm(s, "web", E1);
	assert_well(answer);
	assert_same_facts(before, vm_of(answer));
	assert_string_equal(disk_of(&s->host, "web", "page"), "home");
	assert_well(start(&s->client, "web"));
	json_decref(before);
}

static void test_export__without_disks_is_refused_when_it_would_lose_checkpoints__P2(void **state)
{
	struct scene *s = *state;
	assert_well(create(&s->client, "web", "a", "Disk"));
	assert_failed(ask_vm(&s->client, "ExportVmCommand", "web", export_with(E1, false)), "InvalidState");
	assert_string_equal(export_text(inventory_vm(&s->client, "web")), "none");
}

static void test_export__of_a_running_vm_is_saved_there_and_never_matches__P3(void **state)
{
	struct scene *s = *state;
	write_memory(&s->host, "db", "pid", "77");
	const json_t *answer = export_vm(s, "db", E1);
	assert_well(answer);
	assert_string_equal(vm_state(answer), "Running");
	assert_string_equal(json_string_value(json_object_get(exported_of(answer), "state")), "Saved");
	assert_string_equal(held(&s->host, (struct sim_place){.vm = "db", .memory = true, .export = E1}, "pid"), "77");
	assert_string_equal(export_text(vm_of(answer)), "Complete");
	assert_well(stop(&s->client, "db", false));
	assert_string_equal(export_text(inventory_vm(&s->client, "db")), "Complete");
	assert_failed(remove_vm(s, "db", E1), "InvalidState");
	answer = export_vm(s, "nap", E2);
	assert_string_equal(export_text(vm_of(answer)), "Complete matches");
	assert_failed(remove_vm(s, "nap", E2), "InvalidState");
	assert_failed(export_vm(s, "held", E2), "InvalidState");
}

static void test_export__when_complete_takes_the_place_of_older_ones__P2(void **state)
{
	struct scene *s = *state;
	grow_tree(s);
	assert_well(export_vm(s, "db", E1));
	int64_t free_one = free_bytes(&s->host);
	write_disk(&s->host, "db", "app", "5");
	const json_t *answer = export_vm(s, "db", E2);
	assert_well(answer);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(vm_of(answer), "export"), "id")), E2);
	assert_in_range(free_one - free_bytes(&s->host), 0, INT64_C(1) << 20);
	assert_failed(remove_vm(s, "db", E1), "InvalidState");
	assert_failed(export_vm(s, "web", E2), "InvalidState");
	write_disk(&s->host, "db", "app", "6");
	assert_well(export_vm(s, "db", E2));
	assert_string_equal(held(&s->host, (struct sim_place){.vm = "db", .export = E2}, "app"), "6");
}

/* --- only what was exported may go ----------------------------------------------------------------------------- */

static void scale_up(struct scene *s)
{
	assert_well(ask_vm(&s->client, "ScaleVmCommand", "db",
		json_pack("{s:i, s:I}", "cpus", 8, "memoryBytes", (json_int_t)8 << 30)));
}

static void run_for_a_moment(struct scene *s)
{
	assert_well(start(&s->client, "db"));
	assert_well(stop(&s->client, "db", false));
}

static void write_to_a_disk(struct scene *s)
{
	write_data_disk(&s->host, "db", "rows", "41");
}

static void take_another(struct scene *s)
{
	assert_well(create(&s->client, "db", "later", "Disk"));
}

static void delete_one(struct scene *s)
{
	assert_well(delete_snapshot(&s->client, "db", "d"));
}

static void go_back(struct scene *s)
{
	assert_well(revert(&s->client, "db", "b", "Disk"));
}

static void somebody_deletes_one(struct scene *s)
{
	struct hv_error err;
	assert_int_equal(sim_foreign_delete(s->host.sim, "db", "d", &err), HV_OK);
}

static void test_remove__is_refused_after_any_change_since_the_export__P2(void **state)
{
	static void (*const changes[])(struct scene *s) = {scale_up, run_for_a_moment, write_to_a_disk, take_another,
		go_back, somebody_deletes_one, NULL, delete_one};
	struct scene *s = *state;
	grow_tree(s);
	for (size_t i = 0; i < HV_ARRAY_LEN(changes); i++) {
		if (!changes[i]) {
			assert_well(create(&s->client, "db", "d", "Disk"));
			continue;
		}
		char export[HV_UUID_TEXT_SIZE];
		(void)snprintf(export, sizeof export, "%s", new_operation(&s->host));
		assert_well(export_vm(s, "db", export));
		changes[i](s);
		const json_t *answer = remove_vm(s, "db", export);
		assert_failed(answer, "InvalidState");
		assert_true(json_is_true(json_object_get(vm_of(answer), "registered")));
		assert_string_equal(export_text(vm_of(answer)), "Complete");
		assert_string_equal(disk_of(&s->host, "db", "app"), i < 4 ? "4" : "3");
	}
}

static void test_remove__needs_a_stopped_vm_and_its_own_complete_export__P2(void **state)
{
	struct scene *s = *state;
	grow_tree(s);
	assert_failed(remove_vm(s, "db", E1), "InvalidState");
	test_host_fault(&s->host, "die-mid:ExportVm:applied");
	int id = send_vm(&s->client, "ExportVmCommand", "db", new_operation(&s->host), export_with(E1, true));
	client_run_ms(&s->client, 100);
	assert_null(client_heard_answer(&s->client, id));
	client_kill(&s->client);
	client_open(&s->client, &s->host);
	assert_string_equal(export_text(inventory_vm(&s->client, "db")), "Running");
	assert_failed(remove_vm(s, "db", E1), "InvalidState");
	assert_well(export_vm(s, "db", E1));
	assert_failed(remove_vm(s, "web", E1), "InvalidState");
	assert_well(start(&s->client, "db"));
	assert_failed(remove_vm(s, "db", E1), "InvalidState");
	assert_failed(remove_vm(s, "nobody", E1), "VmNotFound");
	assert_failed(import_vm(s, "nobody", E1), "VmNotFound");
	assert_failed(export_vm(s, "nobody", E1), "VmNotFound");
	assert_well(cancel(s, "nobody", E1));
}

/* --- what rots ------------------------------------------------------------------------------------------------- */

static void test_export__that_does_not_read_back_fails_and_leaves_nothing__P2(void **state)
{
	struct scene *s = *state;
	grow_tree(s);
	int64_t before = free_bytes(&s->host);
	test_host_fault(&s->host, "damaged:ExportVm");
	const json_t *answer = export_vm(s, "db", E1);
	assert_failed(answer, "HostError");
	assert_string_equal(export_text(vm_of(answer)), "none");
	assert_int_equal(free_bytes(&s->host), before);
	assert_well(export_vm(s, "db", E1));
	assert_string_equal(content_of(s, E1), TREE_CONTENT);
}

/* What the console's own comparison is for: the agent believes that all is well. */
static void test_export__that_misses_a_checkpoint_is_seen_in_what_was_exported__P2(void **state)
{
	struct scene *s = *state;
	grow_tree(s);
	test_host_fault(&s->host, "incomplete:ExportVm");
	const json_t *answer = export_vm(s, "db", E1);
	assert_well(answer);
	assert_string_equal(export_text(vm_of(answer)), "Complete matches");
	assert_int_equal(json_array_size(json_object_get(vm_of(answer), "checkpoints")), 3);
	assert_int_equal(json_array_size(json_object_get(exported_of(answer), "checkpoints")), 2);
	test_host_check(&s->host);
	answer = remove_vm(s, "db", E1);
	assert_well(answer);
	assert_int_equal(json_array_size(json_object_get(vm_of(answer), "checkpoints")), 2);
}

static void test_export__that_rots_in_sight_is_broken_and_a_new_one_takes_its_place__P2(void **state)
{
	struct scene *s = *state;
	struct hv_error err;
	grow_tree(s);
	assert_int_equal(sim_foreign_spoil_export(s->host.sim, "db", true, &err), HV_ERR_NOT_FOUND);
	assert_well(export_vm(s, "db", E1));
	assert_int_equal(sim_foreign_spoil_export(s->host.sim, "db", true, &err), HV_OK);
	assert_string_equal(export_text(inventory_vm(&s->client, "db")), "Broken");
	assert_failed(remove_vm(s, "db", E1), "InvalidState");
	assert_well(export_vm(s, "db", E2));
	assert_well(remove_vm(s, "db", E2));
	assert_string_equal(content_of(s, E2), TREE_CONTENT);
}

static void test_export__that_rots_unseen_is_found_when_the_vm_should_go__P2(void **state)
{
	struct scene *s = *state;
	struct hv_error err;
	grow_tree(s);
	assert_well(export_vm(s, "db", E1));
	assert_int_equal(sim_foreign_spoil_export(s->host.sim, "db", false, &err), HV_OK);
	assert_string_equal(export_text(inventory_vm(&s->client, "db")), "Complete matches");
	const json_t *answer = remove_vm(s, "db", E1);
	assert_failed(answer, "InvalidState");
	assert_string_equal(export_text(vm_of(answer)), "Broken");
	assert_true(json_is_true(json_object_get(vm_of(answer), "registered")));
	assert_string_equal(content_of(s, NULL), TREE_CONTENT);
	assert_well(export_vm(s, "db", E1));
	assert_well(remove_vm(s, "db", E1));
}

/* Asked for once more under its id: it is read back, and only that. */
static void test_export__that_is_complete_is_read_back_and_outlives_a_loss_of_storage__P2_P5(void **state)
{
	struct scene *s = *state;
	struct hv_error err;
	grow_tree(s);
	assert_well(export_vm(s, "db", E1));
	int64_t free_then = free_bytes(&s->host);
	test_host_speed(&s->host, 100);
	int id = send_vm(&s->client, "ExportVmCommand", "db", new_operation(&s->host), export_with(E1, true));
	client_run_ms(&s->client, 300);
	assert_string_equal(
		json_string_value(json_object_get(client_last_event(&s->client, "Progress"), "phase")), "reading back");
	test_host_check(&s->host);
	test_host_fault(&s->host, "storage-gone");
	assert_failed(client_answer(&s->client, id), "StorageGone");
	test_host_clear_fault(&s->host, NULL);
	assert_string_equal(export_text(inventory_vm(&s->client, "db")), "Complete matches");
	assert_well(export_vm(s, "db", E1));
	assert_int_equal(free_bytes(&s->host), free_then);
	assert_int_equal(sim_foreign_spoil_export(s->host.sim, "db", false, &err), HV_OK);
	const json_t *answer = export_vm(s, "db", E1);
	assert_failed(answer, "HostError");
	assert_string_equal(export_text(vm_of(answer)), "Broken");
	assert_well(export_vm(s, "db", E1));
	assert_string_equal(content_of(s, E1), TREE_CONTENT);
	id = send_vm(&s->client, "ExportVmCommand", "db", new_operation(&s->host), export_with(E1, true));
	client_run_ms(&s->client, 300);
	assert_well(cancel(s, "db", E1));
	assert_failed(client_answer(&s->client, id), "Cancelled");
	assert_string_equal(export_text(inventory_vm(&s->client, "db")), "none");
}

static void test_import__of_what_rots_is_refused_and_the_vm_stays_known__P2(void **state)
{
	struct scene *s = *state;
	struct hv_error err;
	grow_tree(s);
	assert_well(export_vm(s, "db", E1));
	assert_well(remove_vm(s, "db", E1));
	assert_int_equal(sim_foreign_spoil_export(s->host.sim, "db", false, &err), HV_OK);
	const json_t *answer = import_vm(s, "db", E1);
	assert_failed(answer, "InvalidState");
	assert_true(json_is_false(json_object_get(vm_of(answer), "registered")));
	assert_string_equal(export_text(vm_of(answer)), "Broken");
	assert_well(ask_vm(&s->client, "DestroyCommand", "db", NULL));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_export__carries_the_running_state_and_every_checkpoint__P2),
		TEST(test_removed_vm__is_stopped_and_lives_only_in_its_export__P2_P6),
		TEST(test_removed_vm__is_acted_on_by_nothing_but_import_and_destroy__P2),
		TEST(test_import__brings_back_ids_tree_pointer_and_content__P2),
		TEST(test_export__again_and_again_keeps_everything__P2),
		TEST(test_export__without_disks_leaves_them_where_they_are__P2),
		TEST(test_export__without_disks_is_refused_when_it_would_lose_checkpoints__P2),
		TEST(test_export__of_a_running_vm_is_saved_there_and_never_matches__P3),
		TEST(test_export__when_complete_takes_the_place_of_older_ones__P2),
		TEST(test_remove__is_refused_after_any_change_since_the_export__P2),
		TEST(test_remove__needs_a_stopped_vm_and_its_own_complete_export__P2),
		TEST(test_export__that_does_not_read_back_fails_and_leaves_nothing__P2),
		TEST(test_export__that_misses_a_checkpoint_is_seen_in_what_was_exported__P2),
		TEST(test_export__that_rots_in_sight_is_broken_and_a_new_one_takes_its_place__P2),
		TEST(test_export__that_rots_unseen_is_found_when_the_vm_should_go__P2),
		TEST(test_export__that_is_complete_is_read_back_and_outlives_a_loss_of_storage__P2_P5),
		TEST(test_import__of_what_rots_is_refused_and_the_vm_stays_known__P2),
	};
	return cmocka_run_group_tests_name("sim/exports", tests, NULL, NULL);
}
