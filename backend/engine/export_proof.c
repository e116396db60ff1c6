#include "backend/engine/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"

/*
 * Whether an export may stand for its VM (P2). The host has compared it already when it answers; it is compared here
 * once more, with the rows and with the VM, because what is removed after a wrong answer is lost.
 */

enum hv_status export_is_proven(
	const struct engine *engine, const struct virtual_machine *vm, bool *ret_proven, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct operation last = {0};
	*ret_proven = false;
	if (hv_uuid_is_nil(&vm->export) || vm->export_state != EXPORT_COMPLETE || !vm->export_matches) {
		return HV_OK;
	}
	enum hv_status status =
		store->ops->operation_last_done(store, vm->id, OPERATION_EXPORT_VM, NULL, &last, err);
	if (status == HV_ERR_NOT_FOUND) {
		return HV_OK;
	}
	*ret_proven = status == HV_OK && hv_uuid_equal(&last.export, &vm->export);
	operation_clear(&last);
	return status;
}

enum hv_status export_needs_disks(
	struct engine *engine, const struct virtual_machine *vm, bool *ret_needs, struct hv_error *err)
{
	struct store *store = engine->config.store;
	int64_t snapshots = 0;
	enum hv_status status = store->ops->vm_snapshot_count(store, vm->id, &snapshots, err);
	*ret_needs = snapshots > 0 || vm->untracked > 0;
	return status;
}

static const struct checkpoint *find_checkpoint(const struct checkpoint_list *list, const struct hv_uuid *id)
{
	for (size_t i = 0; i < list->count; i++) {
		if (hv_uuid_equal(&list->items[i].id, id)) {
			return &list->items[i];
		}
	}
	return NULL;
}

static const struct volume *find_volume(const struct volume_list *list, const struct hv_uuid *id)
{
	for (size_t i = 0; i < list->count; i++) {
		if (hv_uuid_equal(&list->items[i].uuid, id)) {
			return &list->items[i];
		}
	}
	return NULL;
}

static bool same_name(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static char *says(const char *what, const char *name)
{
	char *shown = hv_text_printable(name ? name : "", strlen(name ? name : ""));
	char *text = hv_sprintf("what was read back from the export does not have %s '%s' as it is", what, shown);
	free(shown);
	return text;
}

/* The same checkpoints, each with the same parent, kind and memory. */
static char *compare_checkpoints(const struct agent_vm *vm, const struct agent_vm *exported)
{
	for (size_t i = 0; i < vm->checkpoints.count; i++) {
		const struct checkpoint *mine = &vm->checkpoints.items[i];
		const struct checkpoint *copy = find_checkpoint(&exported->checkpoints, &mine->id);
		if (!copy || !hv_uuid_equal(&copy->parent, &mine->parent) || copy->kind != mine->kind ||
			copy->has_memory != mine->has_memory || !same_name(copy->name, mine->name)) {
			return says("the checkpoint", mine->name);
		}
	}
	return exported->checkpoints.count == vm->checkpoints.count
		       ? NULL
		       : hv_strdup("what was read back from the export has checkpoints that the VM does not have");
}

static char *compare_volumes(const struct volume_list *volumes, const struct agent_vm *exported)
{
	for (size_t i = 0; i < volumes->count; i++) {
		const struct volume *mine = &volumes->items[i];
		const struct volume *copy = find_volume(&exported->volumes, &mine->uuid);
		if (!copy || copy->root != mine->root || copy->device_id != mine->device_id ||
			copy->size_bytes != mine->size_bytes) {
			return says("the disk", mine->name);
		}
	}
	return exported->volumes.count == volumes->count
		       ? NULL
		       : hv_strdup("what was read back from the export has disks that the VM does not have");
}

/* Every snapshot that somebody relies on. */
static char *compare_rows(const struct snapshot_list *rows, const struct agent_vm *exported)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct snapshot *row = &rows->items[i];
		const struct checkpoint *copy = sentence_find_checkpoint(exported, row);
		if (row->state == SNAPSHOT_READY &&
			(!copy || copy->kind != CHECKPOINT_STANDARD ||
				copy->has_memory != (row->type == SNAPSHOT_DISK_AND_MEMORY))) {
			return says("the snapshot", row->display_name);
		}
	}
	return NULL;
}

static char *compare_vm(const struct agent_vm *vm, const struct agent_vm *exported)
{
	if (!hv_uuid_equal(&vm->uuid, &exported->uuid) || vm->cpus != exported->cpus ||
		vm->memory_bytes != exported->memory_bytes) {
		return hv_strdup("what was read back from the export is not this VM as it is");
	}
	if (!hv_uuid_equal(&vm->checkpoint, &exported->checkpoint)) {
		return hv_strdup("what was read back from the export does not descend from the same checkpoint");
	}
	char *difference = compare_checkpoints(vm, exported);
	return difference ? difference : compare_volumes(&vm->volumes, exported);
}

static enum hv_status compare_with_rows(struct engine *engine, const struct scene *scene,
	const struct agent_vm *exported, char **ret_difference, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct snapshot_list rows = {0};
	enum hv_status status = store->ops->snapshot_list(store, scene->vm.id, &rows, err);
	if (status == HV_OK) {
		*ret_difference = compare_rows(&rows, exported);
	}
	snapshot_list_clear(&rows);
	return status;
}

enum hv_status export_compare(struct engine *engine, const struct scene *scene,
	const struct agent_answer *answer, char **ret_difference, struct hv_error *err)
{
	*ret_difference = NULL;
	if (!answer->has_exported || !answer->has_vm || !hv_uuid_equal(&answer->vm.uuid, &scene->vm.uuid)) {
		*ret_difference = hv_strdup("the host did not tell what it read back, so nothing can be compared");
		return HV_OK;
	}
	*ret_difference = compare_vm(&answer->vm, &answer->exported);
	return *ret_difference ? HV_OK
			       : compare_with_rows(engine, scene, &answer->exported, ret_difference, err);
}
