#include "tests/conformance/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "tests/support/program.h"

#define PREFIX "hvtree-test"
#define KEY "hvtree-test"
#define BEAT "{\"id\":0,\"command\":\"PingCommand\",\"body\":{}}"

/* The names of every checkpoint that a test makes: no other is ever deleted. */
static const char *const ours[] = {SCRATCH_FOUND, "A", "B", "C", "D", "M"};

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));
	return text ? text : "";
}

/* --- is it fit? ------------------------------------------------------------------------------------------------ */

static bool is_empty(const json_t *vm, const char *list)
{
	return json_array_size(json_object_get(vm, list)) == 0;
}

static const char *why_unfit(const json_t *vm)
{
	const struct {
		bool fit;
		const char *why;
	} demands[] = {
		{!json_is_false(json_object_get(vm, "registered")), "it is not registered on the host, only its export is there"},
		{strcmp(text_of(vm, "state"), "Stopped") == 0, "it is not off, and what is in its memory could not be put back"},
		{json_is_null(json_object_get(vm, "activity")), "the host is busy with it"},
		{is_empty(vm, "checkpoints"), "it has checkpoints, and the tests could not tell them from theirs"},
		{is_empty(vm, "volumeSnapshots"), "there are copies of its disks, and the tests could not tell them from theirs"},
		{!json_is_object(json_object_get(vm, "export")), "it has an export, and the tests would replace it"},
		{!is_empty(vm, "volumes"), "it has no disk, so nothing could be tested"},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(demands); i++) {
		if (!demands[i].fit) {
			return demands[i].why;
		}
	}
	return NULL;
}

static const char *why_not(const json_t *inventory, const char *name)
{
	size_t index, count = 0;
	json_t *vm;
	const json_t *one = NULL;
	json_array_foreach(json_object_get(json_object_get(inventory, "body"), "vms"), index, vm) {
		if (strcmp(text_of(vm, "vmName"), name) == 0) {
			one = vm;
			count++;
		}
	}
	if (count != 1) {
		return count ? "several VMs of the host have this name" : "the host has no such VM";
	}
	return why_unfit(one);
}

static const char *why_unnamed(const char *name)
{
	if (!name || name[0] == '\0') {
		return "it must name the one VM that the tests may change";
	}
	return strncmp(name, PREFIX, strlen(PREFIX)) == 0 ? NULL : "the name must begin with \"" PREFIX "\"";
}

static bool refuse(const char *name, const char *why)
{
	if (why) {
		(void)printf("refused: HVTREE_TEST_VM '%s': %s\n", name ? name : "", why);
	}
	return why != NULL;
}

/* --- facts ----------------------------------------------------------------------------------------------------- */

static json_t *facts_of_volumes(const json_t *vm, bool paths)
{
	static const char *const members[] = {"uuid", "volumeType", "deviceId", "size", "path"};
	size_t index;
	json_t *volume;
	json_t *list = json_array();
	json_array_foreach(json_object_get(vm, "volumes"), index, volume) {
		json_t *facts = json_object();
		for (size_t i = 0; i < HV_ARRAY_LEN(members) - (paths ? 0 : 1); i++) {
			(void)json_object_set(facts, members[i], json_object_get(volume, members[i]));
		}
		(void)json_array_append_new(list, facts);
	}
	return list;
}

/* NULL, or the first member in which the VM is not as it was found. */
static const char *difference(const struct scratch *scratch, const json_t *vm)
{
	static const char *const members[] = {"vmUuid", "vmName", "state", "registered", "cpus", "memoryBytes",
		"parentCheckpoint", "checkpoints", "volumeSnapshots", "export", "activity"};
	for (size_t i = 0; i < HV_ARRAY_LEN(members); i++) {
		const json_t *before = json_object_get(scratch->found, members[i]);
		const json_t *now = json_object_get(vm, members[i]);
		if (before != now && (!before || !json_equal(before, now))) {
			return members[i];
		}
	}
	json_t *before = facts_of_volumes(scratch->found, !scratch->moves);
	json_t *now = facts_of_volumes(vm, !scratch->moves);
	bool same = json_equal(before, now);
	json_decref(before);
	json_decref(now);
	return same ? NULL : "volumes";
}

static const json_t *told(struct scratch *scratch)
{
	const json_t *vm = told_vm(&scratch->scene, scratch->vm);
	if (!vm) {
		fail_msg("the host does not tell of %s any more", scratch->vm);
	}
	return vm;
}

void scratch_assert_found(struct scratch *scratch)
{
	const char *member = difference(scratch, told(scratch));
	if (member) {
		fail_msg("%s is not as it was found: '%s' differs", scratch->vm, member);
	}
}

bool scratch_can(const struct scratch *scratch, const char *capability)
{
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(scratch->scene.ready, "capabilities"), index, one) {
		if (strcmp(json_string_value(one) ? json_string_value(one) : "", capability) == 0) {
			return true;
		}
	}
	(void)printf("skipped: this host cannot do '%s'\n", capability);
	return false;
}

/* --- life ------------------------------------------------------------------------------------------------------ */

bool scratch_open(struct scratch *scratch, const struct subject *subject)
{
	struct hv_uuid run = hv_uuid_random();
	*scratch = (struct scratch){.vm = getenv("HVTREE_TEST_VM")};
	if (refuse(scratch->vm, why_unnamed(scratch->vm))) {
		return false;
	}
	scene_open(&scratch->scene, subject);
	(void)hv_uuid_format(&run, scratch->scene.run); /* the host's journal remembers the runs before */
	scratch->scene.agent.beat = BEAT;
	const json_t *inventory = ask(&scratch->scene, "GetInventoryCommand", json_object());
	assert_well(inventory);
	if (refuse(scratch->vm, why_not(inventory, scratch->vm))) {
		scratch_close(scratch);
		return false;
	}
	scratch->scene.only = vm_uuid(&scratch->scene, scratch->vm);
	scratch->found = json_deep_copy(told(scratch));
	return true;
}

void scratch_close(struct scratch *scratch)
{
	json_decref(scratch->found);
	scene_close(&scratch->scene);
	scenes_end();
}

void scratch_cut(struct scratch *scratch)
{
	if (scratch->scene.agent.pid != 0) {
		scene_kill_agent(&scratch->scene);
	}
	scene_start_agent(&scratch->scene);
	scratch->scene.agent.beat = BEAT;
}

void scratch_guard(struct scratch *scratch)
{
	scratch_assert_found(scratch);
	assert_well(create(&scratch->scene, scratch->vm, SCRATCH_FOUND, "Disk"));
}

/* --- as it was found ------------------------------------------------------------------------------------------- */

static bool is_ours(const json_t *checkpoint)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(ours); i++) {
		if (strcmp(text_of(checkpoint, "name"), ours[i]) == 0) {
			return true;
		}
	}
	return false;
}

static bool has_children(const json_t *vm, const json_t *checkpoint)
{
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(vm, "checkpoints"), index, one) {
		if (strcmp(text_of(one, "parent"), text_of(checkpoint, "id")) == 0) {
			return true;
		}
	}
	return false;
}

/* NULL when none of ours is left. */
static const char *leaf_of_ours(const json_t *vm)
{
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(vm, "checkpoints"), index, one) {
		if (is_ours(one) && !has_children(vm, one)) {
			return text_of(one, "name");
		}
	}
	return NULL;
}

static bool has_checkpoint(const json_t *vm, const char *name)
{
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(vm, "checkpoints"), index, one) {
		if (strcmp(text_of(one, "name"), name) == 0) {
			return true;
		}
	}
	return false;
}

static void restore_registration(struct scratch *scratch)
{
	const json_t *vm = told(scratch);
	const char *id = text_of(json_object_get(vm, "export"), "id");
	bool registered = !json_is_false(json_object_get(vm, "registered"));
	if (id[0] != '\0') {
		assert_well(ask_about(&scratch->scene, registered ? "CancelExportCommand" : "ImportVmCommand", scratch->vm,
			json_pack("{s:s}", "export", id)));
	}
}

static void restore_volume_snapshots(struct scratch *scratch)
{
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(told(scratch), "volumeSnapshots"), index, one) {
		assert_well(ask_about(&scratch->scene, "DeleteVolumeSnapshotCommand", scratch->vm,
			json_pack("{s:s}", "volumeSnapshot", text_of(one, "id"))));
	}
}

static void restore_content(struct scratch *scratch)
{
	struct scene *s = &scratch->scene;
	const char *name;
	bool kept = has_checkpoint(told(scratch), SCRATCH_FOUND);
	assert_well(kept ? revert(s, scratch->vm, SCRATCH_FOUND, "Disk") : stop(s, scratch->vm, true));
	while ((name = leaf_of_ours(told(scratch))) != NULL) {
		assert_well(remove_snapshot(s, scratch->vm, name));
	}
}

static void restore_sizes(struct scratch *scratch)
{
	json_t *sizes = json_object();
	(void)json_object_set(sizes, "cpus", json_object_get(scratch->found, "cpus"));
	(void)json_object_set(sizes, "memoryBytes", json_object_get(scratch->found, "memoryBytes"));
	assert_well(ask_about(&scratch->scene, "ScaleVmCommand", scratch->vm, sizes));
}

void scratch_restore(struct scratch *scratch)
{
	if (scratch->scene.agent.pid == 0) {
		scratch_cut(scratch);
	}
	restore_registration(scratch);
	if (!difference(scratch, told(scratch))) {
		return;
	}
	restore_volume_snapshots(scratch);
	restore_content(scratch);
	if (difference(scratch, told(scratch))) {
		restore_sizes(scratch);
	}
	scratch_assert_found(scratch);
}

/* --- the guest ------------------------------------------------------------------------------------------------- */

static const char *reader(void)
{
	return getenv("HVTREE_TEST_GUEST_READ");
}

static const char *writer(void)
{
	return getenv("HVTREE_TEST_GUEST_WRITE");
}

bool scratch_has_guest(void)
{
	return reader() && writer();
}

/* What the command has printed, without the newline; caller frees. */
static char *run_hook(const char *hook, const char *vm, const char *value)
{
	HV_CLEANUP_FREE char *line = hv_sprintf("%s \"$@\"", hook);
	const char *const argv[] = {"/bin/sh", "-c", line, "guest", vm, KEY, value, NULL};
	struct program_result result;
	program_run(argv, NULL, NULL, &result);
	if (result.code != 0) {
		fail_msg("%s: %d: %s", hook, result.code, result.err);
	}
	char *out = hv_strndup(result.out, strcspn(result.out, "\r\n"));
	program_result_clear(&result);
	return out;
}

/* Whether it had to be started. */
static bool wake(struct scratch *scratch)
{
	bool runs = strcmp(text_of(told(scratch), "state"), "Running") == 0;
	if (!runs) {
		assert_well(start(&scratch->scene, scratch->vm));
	}
	return !runs;
}

/* A guest that is turned off may lose what it has just written. */
static void sleep_again(struct scratch *scratch, bool woken)
{
	if (woken) {
		assert_well(stop(&scratch->scene, scratch->vm, false));
	}
}

void scratch_write(struct scratch *scratch, const char *value)
{
	if (scratch_has_guest()) {
		bool woken = wake(scratch);
		free(run_hook(writer(), scratch->vm, value));
		sleep_again(scratch, woken);
	}
}

char *scratch_read(struct scratch *scratch)
{
	if (!scratch_has_guest()) {
		return hv_strdup("");
	}
	bool woken = wake(scratch);
	char *held = run_hook(reader(), scratch->vm, NULL);
	sleep_again(scratch, woken);
	return held;
}

void scratch_assert_holds(struct scratch *scratch, const char *value)
{
	HV_CLEANUP_FREE char *held = scratch_read(scratch);
	if (scratch_has_guest()) {
		assert_string_equal(held, value);
	}
}
