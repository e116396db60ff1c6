/*
 * What only the PowerShell agent has to get right when VMs leave a host and come back, and when disks do: an agent that dies
 * at each call of the host, a second agent that cancels, exports that do not hold the VM, files that somebody else uses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
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

/* --- commands -------------------------------------------------------------------------------------------------- */

static json_t *body_about(struct scene *s, const char *vm, const char *member, const char *id)
{
	json_t *body = vm_body(s, vm);
	(void)json_object_set_new(body, member, json_string(id));
	return body;
}

static json_t *export_body(struct scene *s, const char *vm, const char *export)
{
	json_t *body = body_about(s, vm, "export", export);
	(void)json_object_set_new(body, "disks", json_true());
	return body;
}

static const json_t *send(struct scene *s, const char *command, const char *operation, json_t *take_body)
{
	return scene_answer(s, scene_send(s, command, operation, 1, take_body));
}

static const json_t *act(struct scene *s, const char *command, const char *vm, const char *export)
{
	return send(s, command, fresh_operation(s), export_body(s, vm, export));
}

static const json_t *volume_act(struct scene *s, const char *command, const char *vm, json_t *take_more)
{
	json_t *body = vm_body(s, vm);
	(void)json_object_update(body, take_more);
	json_decref(take_more);
	return send(s, command, fresh_operation(s), body);
}

static json_t *path_body(struct scene *s, const char *vm, const char *path, json_int_t size)
{
	json_t *body = vm_body(s, vm);
	(void)json_object_set_new(body, "path", json_string(path));
	(void)json_object_set_new(body, "sizeBytes", size ? json_integer(size) : json_null());
	return body;
}

/* --- what is there --------------------------------------------------------------------------------------------- */

static const json_t *vm_of(const json_t *answer)
{
	return json_object_get(json_object_get(answer, "body"), "vm");
}

/* As the inventory tells it; NULL: it does not. */
static const json_t *told(struct scene *s, const char *vm)
{
	size_t index;
	json_t *one;
	const json_t *body = json_object_get(ask(s, "GetInventoryCommand", json_object()), "body");
	json_array_foreach(json_object_get(body, "vms"), index, one) {
		if (strcmp(json_string_value(json_object_get(one, "vmName")), vm) == 0) {
			return one;
		}
	}
	return NULL;
}

static const char *export_state(const json_t *vm)
{
	const char *state = json_string_value(json_object_get(json_object_get(vm, "export"), "state"));
	return state ? state : "none";
}

static bool is_registered(const json_t *vm)
{
	return json_is_true(json_object_get(vm, "registered"));
}

static int files_below(const char *folder)
{
	const char *const words[] = {"files", folder, NULL};
	return atoi(hand_order(words));
}

static const char exports_folder[] = "C:\\hvtree\\exports";

static void spoil(const char *how, const char *ending)
{
	const char *const words[] = {"spoil", exports_folder, how, ending, NULL};
	(void)hand_order(words);
}

/* web, stopped, with A -> B, each with its own content, and "now" on B. */
static void make_tree(struct scene *s)
{
	hand_write("web", false, "k", "A");
	assert_well(create(s, "web", "A", "Disk"));
	hand_write("web", false, "k", "B");
	assert_well(create(s, "web", "B", "Disk"));
	hand_write("web", false, "k", "now");
}

static void assert_tree_holds(struct scene *s)
{
	const json_t *answer = stop(s, "web", true);
	assert_string_equal(tree_of(answer), "A(B(*))");
	assert_string_equal(state_of(answer), "Stopped");
	assert_string_equal(hand_read("web", false, "k"), "now");
	assert_well(revert(s, "web", "A", "Disk"));
	assert_string_equal(hand_read("web", false, "k"), "A");
	assert_well(revert(s, "web", "B", "Disk"));
	assert_string_equal(hand_read("web", false, "k"), "B");
}

/* --- death ----------------------------------------------------------------------------------------------------- */

/* The agent dies at a place, the next one is asked the same. The VM is told at every moment (P6). */
static const json_t *die_and_ask_again(struct scene *s, const char *place, const char *command, const char *export)
{
	const char *operation = fresh_operation(s);
	hand_fault(place, true);
	int64_t id = scene_send(s, command, operation, 1, export_body(s, "web", export));
	assert_null(scene_hear_answer(s, id));
	(void)talk_close(&s->agent);
	scene_start_agent(s);
	assert_non_null(told(s, "web"));
	assert_string_equal(json_string_value(json_object_get(told(s, "web"), "state")), "Stopped");
	const json_t *answer = send(s, command, operation, export_body(s, "web", export));
	assert_well(answer);
	return answer;
}

static void test_export__cut_at_each_call_of_the_host_is_finished_by_the_next_agent__P2_Y3(void **state)
{
	static const char *const places[] = {"die-exporting", "die-exported", "die-compared"};
	struct scene *s = *state;
	make_tree(s);
	for (size_t i = 0; i < HV_ARRAY_LEN(places); i++) {
		const json_t *answer = die_and_ask_again(s, places[i], "ExportVmCommand", fresh_operation(s));
		const json_t *exported = json_object_get(json_object_get(answer, "body"), "exported");
		assert_string_equal(export_state(vm_of(answer)), "Complete");
		assert_true(json_equal(json_object_get(exported, "parentCheckpoint"),
			json_object_get(vm_of(answer), "parentCheckpoint")));
		assert_int_equal(json_array_size(json_object_get(exported, "checkpoints")), 2);
	}
	/* three disk files, three definitions and the manifest: of the last one only */
	assert_int_equal(files_below(exports_folder), 7);
}

static void test_removal_and_import__cut_at_each_call_of_the_host_lose_nothing__P2_P6_Y3(void **state)
{
	static const char *const removals[] = {"die-compared", "die-removing", "die-unregistered"};
	static const char *const imports[] = {"die-importing", "die-imported", "die-imported"};
	struct scene *s = *state;
	make_tree(s);
	for (size_t i = 0; i < HV_ARRAY_LEN(removals); i++) {
		HV_CLEANUP_FREE char *export = hv_strdup(fresh_operation(s));
		assert_well(act(s, "ExportVmCommand", "web", export));
		const json_t *answer = die_and_ask_again(s, removals[i], "RemoveVmCommand", export);
		assert_false(is_registered(vm_of(answer)));
		assert_string_equal(export_state(vm_of(answer)), "Complete");
		assert_failed(start(s, "web"), "InvalidState");
		assert_failed(act(s, "CancelExportCommand", "web", export), "InvalidState");
		answer = die_and_ask_again(s, imports[i], "ImportVmCommand", export);
		assert_true(is_registered(vm_of(answer)));
		assert_string_equal(export_state(vm_of(answer)), "none");
		assert_string_equal(tree_of(answer), "A(B(*))");
		assert_string_equal(hand_read("web", false, "k"), "now");
	}
	assert_tree_holds(s);
	/* all that was exported before is gone, and so is what the VM was before */
	assert_int_equal(files_below("C:\\VMs"), 5);
	assert_well(send(s, "DestroyCommand", fresh_operation(s), vm_body(s, "web")));
	assert_int_equal(files_below(exports_folder), 0);
	assert_null(told(s, "web"));
}

static void test_destroy__cut_after_the_vm_is_gone_removes_its_disks_too__D6_Y3(void **state)
{
	struct scene *s = *state;
	const char *operation = fresh_operation(s);
	make_tree(s);
	hand_fault("die-unregistered", true);
	assert_null(scene_hear_answer(s, scene_send(s, "DestroyCommand", operation, 1, vm_body(s, "web"))));
	(void)talk_close(&s->agent);
	scene_start_agent(s);
	const json_t *answer = send(s, "DestroyCommand", operation, vm_body(s, "web"));
	assert_well(answer);
	assert_null(vm_of(answer));
	assert_int_equal(files_below("C:\\VMs"), 5);
}

static void test_volumes__cut_between_two_calls_of_the_host_are_finished_once__Y2(void **state)
{
	static const char path[] = "C:\\VMs\\more.vhdx";
	struct scene *s = *state;
	const char *operation = fresh_operation(s), *copying = fresh_operation(s), *copy = fresh_operation(s);
	hand_fault("die-made", true);
	int64_t id = scene_send(s, "AttachCommand", operation, 1, path_body(s, "web", path, 1 << 30));
	assert_null(scene_hear_answer(s, id));
	(void)talk_close(&s->agent);
	scene_start_agent(s);
	const json_t *answer = send(s, "AttachCommand", operation, path_body(s, "web", path, 1 << 30));
	assert_well(answer);
	assert_int_equal(json_array_size(json_object_get(vm_of(answer), "volumes")), 2);
	const json_t *root = json_array_get(json_object_get(vm_of(answer), "volumes"), 0);
	const char *volume = json_string_value(json_object_get(root, "uuid"));
	hand_fault("die-converted", true);
	json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "vmName", "web", "vmUuid", vm_uuid(s, "web"), "volumeUuid",
		volume, "volumeSnapshot", copy, "name", "first");
	id = scene_send(s, "CreateVolumeSnapshotCommand", copying, 1, json_incref(body));
	assert_null(scene_hear_answer(s, id));
	(void)talk_close(&s->agent);
	scene_start_agent(s);
	answer = send(s, "CreateVolumeSnapshotCommand", copying, body);
	assert_well(answer);
	assert_int_equal(json_array_size(json_object_get(vm_of(answer), "volumeSnapshots")), 1);
	assert_int_equal(files_below("C:\\hvtree\\volume-snapshots"), 1);
}

/* --- cancelling ------------------------------------------------------------------------------------------------ */

/* An export that the host works on and that will not end by itself. */
static int64_t begin_export(struct scene *s, const char *operation, const char *export)
{
	const char *const pace[] = {"pace", "600000", "60", NULL};
	(void)hand_order(pace);
	size_t before = scene_heard(s);
	int64_t id = scene_send(s, "ExportVmCommand", operation, 1, export_body(s, "web", export));
	while (strcmp(export_state(vm_of(scene_event(s, before, "VmStateChanged", "web"))), "Running") != 0) {
		before++;
	}
	return id;
}

static void test_cancel__by_the_same_agent_ends_the_hosts_copy_and_leaves_no_file__P4(void **state)
{
	struct scene *s = *state;
	const char *operation = fresh_operation(s), *export = fresh_operation(s);
	int64_t exporting = begin_export(s, operation, export);
	assert_true(files_below(exports_folder) > 0);
	assert_string_equal(json_string_value(json_object_get(told(s, "web"), "activity")), "exporting");
	const json_t *answer = act(s, "CancelExportCommand", "web", export);
	assert_well(answer);
	assert_string_equal(export_state(vm_of(answer)), "none");
	assert_int_equal(files_below(exports_folder), 0);
	assert_failed(scene_answer(s, exporting), "Cancelled");
	hand_slow(false);
	assert_well(start(s, "web"));
	/* nothing was recorded: the same may be asked for again */
	assert_well(stop(s, "web", true));
	assert_well(send(s, "ExportVmCommand", operation, export_body(s, "web", export)));
}

static void test_cancel__by_a_second_agent_on_the_host__P4(void **state)
{
	struct scene *s = *state;
	const char *export = fresh_operation(s);
	int64_t exporting = begin_export(s, fresh_operation(s), export);
	struct talk older = s->agent;
	scene_start_agent(s);
	assert_string_equal(export_state(told(s, "web")), "Running");
	const json_t *answer = act(s, "CancelExportCommand", "web", export);
	assert_well(answer);
	assert_int_equal(files_below(exports_folder), 0);
	struct talk newer = s->agent;
	s->agent = older;
	assert_failed(scene_answer(s, exporting), "Cancelled");
	talk_kill(&s->agent);
	s->agent = newer;
}

static void test_cancel__of_an_export_whose_agent_died_stops_the_host__P4_Y3(void **state)
{
	struct scene *s = *state;
	const char *export = fresh_operation(s);
	(void)begin_export(s, fresh_operation(s), export);
	scene_kill_agent(s);
	scene_start_agent(s);
	const json_t *vm = told(s, "web");
	assert_string_equal(export_state(vm), "Running");
	assert_string_equal(json_string_value(json_object_get(vm, "activity")), "exporting");
	assert_well(act(s, "CancelExportCommand", "web", export));
	assert_int_equal(files_below(exports_folder), 0);
	hand_slow(false);
	assert_well(start(s, "web"));
}

/* --- exports that do not hold the VM --------------------------------------------------------------------------- */

static void test_export__that_does_not_hold_the_vm_is_refused_and_leaves_no_file__P2(void **state)
{
	static const char *const faults[] = {"export-short", "export-loses-checkpoint", "export-moves-pointer"};
	struct scene *s = *state;
	make_tree(s);
	for (size_t i = 0; i < HV_ARRAY_LEN(faults); i++) {
		const char *export = fresh_operation(s);
		hand_fault(faults[i], true);
		const json_t *answer = act(s, "ExportVmCommand", "web", export);
		hand_fault(faults[i], false);
		assert_failed(answer, "HostError");
		assert_string_equal(export_state(vm_of(answer)), "none");
		assert_int_equal(files_below(exports_folder), 0);
		assert_failed(act(s, "RemoveVmCommand", "web", export), "InvalidState");
	}
	assert_tree_holds(s);
}

static void test_export__without_space_or_storage_copies_nothing__DiskFull_P5(void **state)
{
	static const char *const faults[] = {"disk-full", "storage-gone"};
	static const char *const codes[] = {"DiskFull", "StorageGone"};
	struct scene *s = *state;
	for (size_t i = 0; i < HV_ARRAY_LEN(faults); i++) {
		const char *operation = fresh_operation(s), *export = fresh_operation(s);
		hand_fault(faults[i], true);
		assert_failed(send(s, "ExportVmCommand", operation, export_body(s, "web", export)), codes[i]);
		assert_int_equal(files_below(exports_folder), 0);
		hand_fault(faults[i], false);
		bool again = strcmp(codes[i], "StorageGone") == 0;
		const json_t *answer = send(s, "ExportVmCommand", operation, export_body(s, "web", export));
		assert_true(json_is_true(json_object_get(answer, "result")) == again);
	}
	const char *const little[] = {"free", "1000000", NULL};
	(void)hand_order(little);
	assert_failed(act(s, "ExportVmCommand", "web", fresh_operation(s)), "DiskFull");
}

static void test_removal__is_refused_when_the_exports_files_are_not_what_was_verified__P2(void **state)
{
	static const struct {
		const char *how, *ending;
		bool seen; /* at once, without reading definitions */
	} harms[] = {
		{"short", ".vhdx", true},
		{"gone", ".avhdx", true},
		{"gone", ".json", true},
		{"other", ".vmcx", false},
	};
	struct scene *s = *state;
	make_tree(s);
	for (size_t i = 0; i < HV_ARRAY_LEN(harms); i++) {
		const char *export = fresh_operation(s);
		assert_well(act(s, "ExportVmCommand", "web", export));
		spoil(harms[i].how, harms[i].ending);
		if (harms[i].seen) {
			assert_string_equal(export_state(told(s, "web")), "Broken");
		}
		const json_t *answer = act(s, "RemoveVmCommand", "web", export);
		assert_failed(answer, "InvalidState");
		assert_true(is_registered(vm_of(answer)));
	}
	assert_tree_holds(s);
}

static void test_removal__is_refused_when_the_vm_has_run_or_changed_since__P2(void **state)
{
	struct scene *s = *state;
	const char *export = fresh_operation(s);
	assert_well(act(s, "ExportVmCommand", "web", export));
	assert_true(json_is_true(json_object_get(json_object_get(told(s, "web"), "export"), "matches")));
	hand_write("web", false, "k", "written by somebody");
	assert_true(json_is_false(json_object_get(json_object_get(told(s, "web"), "export"), "matches")));
	assert_failed(act(s, "RemoveVmCommand", "web", export), "InvalidState");
	export = fresh_operation(s);
	assert_well(act(s, "ExportVmCommand", "web", export));
	hand_set("web", "Notes", "changed");
	assert_failed(act(s, "RemoveVmCommand", "web", export), "InvalidState");
	hand_set("web", "Notes", "");
	/* it has been seen otherwise: it never matches again */
	assert_failed(act(s, "RemoveVmCommand", "web", export), "InvalidState");
	export = fresh_operation(s);
	assert_well(act(s, "ExportVmCommand", "web", export));
	assert_well(start(s, "web"));
	assert_failed(act(s, "RemoveVmCommand", "web", export), "InvalidState");
	assert_well(stop(s, "web", true));
	assert_failed(act(s, "RemoveVmCommand", "web", export), "InvalidState");
	assert_string_equal(hand_read("web", false, "k"), "written by somebody");
}

/* Cut before the VM's own disks went, and the export is spoilt meanwhile: then they are the last that is left of it. */
static void test_removal__that_is_finished_later_keeps_the_disks_when_the_export_is_broken__P2_Y3(void **state)
{
	struct scene *s = *state;
	const char *operation = fresh_operation(s), *export = fresh_operation(s);
	hand_write("web", false, "k", "the only one");
	assert_well(act(s, "ExportVmCommand", "web", export));
	hand_fault("die-unregistered", true);
	assert_null(scene_hear_answer(s, scene_send(s, "RemoveVmCommand", operation, 1, export_body(s, "web", export))));
	(void)talk_close(&s->agent);
	spoil("gone", ".vhdx");
	scene_start_agent(s);
	const json_t *answer = send(s, "RemoveVmCommand", operation, export_body(s, "web", export));
	assert_well(answer);
	assert_string_equal(export_state(vm_of(answer)), "Broken");
	assert_false(json_is_true(json_object_get(act(s, "ImportVmCommand", "web", export), "result")));
	assert_well(send(s, "AttachCommand", fresh_operation(s), path_body(s, "db", "C:\\VMs\\web-root.vhdx", 0)));
}

/* It may live on another host now: the export is not what is left of it, and must not become a second one of it. */
static void test_removal__of_a_vm_that_left_by_other_hands_is_no_removal__P2(void **state)
{
	const char *const forget[] = {"forget", "web", NULL};
	struct scene *s = *state;
	const char *export = fresh_operation(s);
	assert_well(act(s, "ExportVmCommand", "web", export));
	(void)hand_order(forget);
	assert_failed(act(s, "RemoveVmCommand", "web", export), "VmNotFound");
	assert_null(told(s, "web"));
}

/* --- what others use ------------------------------------------------------------------------------------------- */

static void test_files__that_another_vm_stands_on_are_never_removed(void **state)
{
	static const char clone_id[] = "c10e0000-0000-4000-8000-000000000001";
	const char *const clone[] = {"clone", "web", clone_id, "clone", NULL};
	struct scene *s = *state;
	const char *export = fresh_operation(s);
	hand_write("web", false, "k", "shared");
	(void)hand_order(clone);
	(void)json_object_set_new(s->vms, "clone", json_string(clone_id));
	assert_well(act(s, "ExportVmCommand", "web", export));
	assert_well(act(s, "RemoveVmCommand", "web", export));
	assert_string_equal(hand_read("clone", false, "k"), "shared");
	assert_well(act(s, "ImportVmCommand", "web", export));
	assert_well(send(s, "DestroyCommand", fresh_operation(s), vm_body(s, "web")));
	assert_well(start(s, "clone"));
	assert_string_equal(hand_read("clone", false, "k"), "shared");
	/* and the template stays when the VM that stands on it is destroyed */
	assert_int_equal(files_below("C:\\VMs"), 7);
	assert_well(send(s, "DestroyCommand", fresh_operation(s), vm_body(s, "clone")));
	assert_int_equal(files_below("C:\\VMs"), 6);
}

/* A linked clone whose definition alone was exported: its own disk is a thin layer on another VM's. */
static void test_files__that_a_vm_off_its_host_stands_on_are_never_removed__P2_D6(void **state)
{
	static const char clone_id[] = "c10e0000-0000-4000-8000-000000000001";
	const char *const clone[] = {"clone", "web", clone_id, "clone", NULL};
	struct scene *s = *state;
	const char *export = fresh_operation(s);
	hand_write("web", false, "k", "shared");
	(void)hand_order(clone);
	(void)json_object_set_new(s->vms, "clone", json_string(clone_id));
	json_t *definition = export_body(s, "clone", export);
	(void)json_object_set_new(definition, "disks", json_false());
	assert_well(send(s, "ExportVmCommand", fresh_operation(s), definition));
	assert_well(act(s, "RemoveVmCommand", "clone", export));
	assert_well(send(s, "DestroyCommand", fresh_operation(s), vm_body(s, "web")));
	assert_well(act(s, "ImportVmCommand", "clone", export));
	assert_well(start(s, "clone"));
	assert_string_equal(hand_read("clone", false, "k"), "shared");
}

static void test_import__in_place_keeps_the_exports_files_from_everybody(void **state)
{
	struct scene *s = *state;
	const char *export = fresh_operation(s);
	make_tree(s);
	assert_well(act(s, "ExportVmCommand", "web", export));
	const json_t *disk = json_array_get(json_object_get(
		json_object_get(json_object_get(act(s, "ExportVmCommand", "web", export), "body"), "exported"), "volumes"), 0);
	const json_t *taken = send(s, "AttachCommand", fresh_operation(s),
		path_body(s, "db", "C:\\VMs\\web-root.vhdx", 0));
	assert_failed(taken, "InvalidState");
	assert_non_null(strstr(json_string_value(json_object_get(disk, "path")), exports_folder));
	assert_well(act(s, "RemoveVmCommand", "web", export));
	assert_well(act(s, "ImportVmCommand", "web", export));
	assert_well(act(s, "CancelExportCommand", "web", export));
	assert_failed(act(s, "RemoveVmCommand", "web", export), "InvalidState");
	assert_tree_holds(s);
}

static void test_import__that_the_host_refuses_says_why_and_may_be_asked_for_again(void **state)
{
	struct scene *s = *state;
	const char *export = fresh_operation(s);
	assert_well(act(s, "ExportVmCommand", "web", export));
	assert_well(act(s, "RemoveVmCommand", "web", export));
	hand_fault("switch-missing", true);
	const json_t *answer = act(s, "ImportVmCommand", "web", export);
	assert_failed(answer, "HostError");
	assert_false(is_registered(vm_of(answer)));
	hand_fault("switch-missing", false);
	assert_well(act(s, "ImportVmCommand", "web", export));
}

static void test_attach__of_a_volume_snapshot_or_of_a_path_that_says_another_is_refused(void **state)
{
	static const char *const paths[] = {"C:\\VMs\\..\\x.vhdx", "C:\\VMs\\x.vhdx:s.vhdx", "\\\\?\\C:\\x.vhdx",
		"\\\\.\\C:\\x.vhdx", "C:x.vhdx", "\\x.vhdx", "C:\\VMs\\x.iso", "C:\\VMs\\*.vhdx"};
	struct scene *s = *state;
	for (size_t i = 0; i < HV_ARRAY_LEN(paths); i++) {
		assert_failed(send(s, "AttachCommand", fresh_operation(s), path_body(s, "web", paths[i], 0)), "BadBody");
	}
	/* a share is a path like any other; there is no such file on it */
	assert_failed(send(s, "AttachCommand", fresh_operation(s), path_body(s, "web", "\\\\fs1.corp\\d$\\x.vhdx", 0)),
		"InvalidState");
	const json_t *root = json_array_get(json_object_get(told(s, "web"), "volumes"), 0);
	const char *copy = fresh_operation(s);
	const json_t *answer = volume_act(s, "CreateVolumeSnapshotCommand", "web", json_pack("{s:s, s:s, s:s}", "volumeUuid",
		json_string_value(json_object_get(root, "uuid")), "volumeSnapshot", copy, "name", "n"));
	assert_well(answer);
	const char *path = json_string_value(json_object_get(json_object_get(answer, "body"), "path"));
	assert_failed(send(s, "AttachCommand", fresh_operation(s), path_body(s, "db", path, 0)), "InvalidState");
	assert_well(volume_act(s, "DeleteVolumeSnapshotCommand", "web", json_pack("{s:s}", "volumeSnapshot", copy)));
	assert_int_equal(files_below("C:\\hvtree"), 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_export__that_does_not_hold_the_vm_is_refused_and_leaves_no_file__P2),
		TEST(test_export__without_space_or_storage_copies_nothing__DiskFull_P5),
		TEST(test_removal__is_refused_when_the_exports_files_are_not_what_was_verified__P2),
		TEST(test_removal__is_refused_when_the_vm_has_run_or_changed_since__P2),
		TEST(test_removal__of_a_vm_that_left_by_other_hands_is_no_removal__P2),
		TEST(test_removal__that_is_finished_later_keeps_the_disks_when_the_export_is_broken__P2_Y3),
		TEST(test_files__that_another_vm_stands_on_are_never_removed),
		TEST(test_files__that_a_vm_off_its_host_stands_on_are_never_removed__P2_D6),
		TEST(test_import__in_place_keeps_the_exports_files_from_everybody),
		TEST(test_import__that_the_host_refuses_says_why_and_may_be_asked_for_again),
		TEST(test_attach__of_a_volume_snapshot_or_of_a_path_that_says_another_is_refused),
		TEST(test_cancel__by_the_same_agent_ends_the_hosts_copy_and_leaves_no_file__P4),
		TEST(test_cancel__by_a_second_agent_on_the_host__P4),
		TEST(test_cancel__of_an_export_whose_agent_died_stops_the_host__P4_Y3),
		TEST(test_export__cut_at_each_call_of_the_host_is_finished_by_the_next_agent__P2_Y3),
		TEST(test_removal_and_import__cut_at_each_call_of_the_host_lose_nothing__P2_P6_Y3),
		TEST(test_destroy__cut_after_the_vm_is_gone_removes_its_disks_too__D6_Y3),
		TEST(test_volumes__cut_between_two_calls_of_the_host_are_finished_once__Y2),
	};
	subject = subject_named("powershell");
	if (!subject) {
		return 77;
	}
	return cmocka_run_group_tests_name("conformance/transfer", tests, NULL, end);
}
