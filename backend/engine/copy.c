#include "backend/engine/internal.h"

#include "backend/base/memory.h"
#include "backend/domain/rules.h"
#include "backend/domain/snapshot_state.h"

/*
 * Volume snapshots (X3): a copy of one disk, made by the host. It and the snapshots of the VM exclude each other, also
 * while the host copies, because each is the one live operation of the VM (X1).
 */

enum hv_status copy_check(STEP_PARAMETERS)
{
	(void)answer;
	enum hv_status status = scene_check(engine, scene, ACTION_VOLUME_SNAPSHOT_CREATE, err);
	if (status == HV_OK && !scene->has_volume) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "VM '%s' has no such volume any more", scene->vm_name);
	}
	return status == HV_OK ? scene_note_before(engine, scene, &run->row, err) : status;
}

enum hv_status copy_allocate(STEP_PARAMETERS)
{
	(void)answer;
	struct store *store = engine->config.store;
	struct operation *row = &run->row;
	int64_t now_us = engine_wall_us(engine);
	struct volume_snapshot copy = {
		.uuid = engine->config.ids.next(engine->config.ids.context),
		.vm_id = scene->vm.id,
		.volume = scene->volume.uuid,
		.volume_name = hv_strdup_null(scene->volume.name),
		.name = hv_strdup(row->display_name),
		.state = SNAPSHOT_ALLOCATED,
		.created_by = hv_strdup_null(row->requested_by),
		.created_us = now_us,
		.updated_us = now_us,
	};
	enum hv_status status = store->ops->volume_snapshot_insert(store, &copy, err);
	if (status == HV_OK) {
		row->volume_snapshot_id = copy.id;
	}
	volume_snapshot_clear(&copy);
	return status;
}

enum hv_status copy_begin(STEP_PARAMETERS)
{
	(void)run;
	(void)answer;
	return scene_move_copy(engine, scene, SNAPSHOT_EVENT_CREATE_REQUESTED, err);
}

enum hv_status copy_record(STEP_PARAMETERS)
{
	struct store *store = engine->config.store;
	struct volume_snapshot *copy = &scene->copy;
	hv_replace_string(&copy->path, answer->path);
	copy->size_bytes = answer->size_bytes;
	if (answer->created_us > 0) {
		copy->created_us = answer->created_us;
	}
	enum hv_status status = store->ops->volume_snapshot_update(store, copy, err);
	return status == HV_OK ? outcome_record_vm(engine, run, scene, answer, err) : status;
}

enum hv_status copy_delete_check(STEP_PARAMETERS)
{
	(void)answer;
	enum hv_status status = scene_check(engine, scene, ACTION_VOLUME_SNAPSHOT_DELETE, err);
	return status == HV_OK ? scene_note_before(engine, scene, &run->row, err) : status;
}

enum hv_status copy_delete_begin(STEP_PARAMETERS)
{
	(void)run;
	(void)answer;
	return scene_move_copy(engine, scene, SNAPSHOT_EVENT_EXPUNGE_REQUESTED, err);
}

/* A VM that is gone tells nothing, and there is nothing to tell. */
enum hv_status copy_delete_record(STEP_PARAMETERS)
{
	return answer->has_vm ? outcome_record_vm(engine, run, scene, answer, err) : HV_OK;
}
