#include "backend/engine/internal.h"

#include "backend/domain/rules.h"

/*
 * Attach, detach and resize of a volume (X2), and another offering (X4).
 *
 * A volume below a checkpoint is a link of its chain: while the VM has one, whoever made it, its volumes stay as they
 * are. The rule is asked here, and the agent asks the host again in the moment of the act.
 */

static enum action action_of(enum operation_kind kind)
{
	return kind == OPERATION_ATTACH_VOLUME   ? ACTION_VOLUME_ATTACH
	       : kind == OPERATION_DETACH_VOLUME ? ACTION_VOLUME_DETACH
						 : ACTION_VOLUME_RESIZE;
}

enum hv_status volume_check(STEP_PARAMETERS)
{
	(void)answer;
	const struct operation *row = &run->row;
	enum hv_status status = scene_check(engine, scene, action_of(row->kind), err);
	if (status == HV_OK && row->kind != OPERATION_ATTACH_VOLUME && !scene->has_volume) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "VM '%s' has no such volume any more", scene->vm_name);
	}
	if (status == HV_OK && row->kind == OPERATION_RESIZE_VOLUME && row->size_bytes < scene->volume.size_bytes) {
		return hv_error_set(err, HV_ERR_REFUSED, "volume '%s' is larger already, and a volume only grows",
			scene->snapshot_name);
	}
	return status == HV_OK ? scene_note_before(engine, scene, &run->row, err) : status;
}

enum hv_status volume_record(STEP_PARAMETERS)
{
	if (run->row.kind == OPERATION_ATTACH_VOLUME) {
		run->row.volume = answer->volume;
	}
	return outcome_record_vm(engine, run, scene, answer, err);
}

/* What a memory snapshot recorded has the sizes that the VM had then; those that were named when it was asked for are
 * gone by now, each by an operation of its own (plan_volume.c). */
static enum hv_status check_no_memory(struct engine *engine, const struct scene *scene, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct snapshot_list snapshots = {0};
	enum hv_status status = store->ops->snapshot_list(store, scene->vm.id, &snapshots, err);
	for (size_t i = 0; i < snapshots.count && status == HV_OK; i++) {
		const struct snapshot *snapshot = &snapshots.items[i];
		if (snapshot->type == SNAPSHOT_DISK_AND_MEMORY) {
			status = hv_error_set(err, HV_ERR_CONFLICT,
				"VM '%s' has the memory snapshot '%s', which would be discarded and was not named when this "
				"was asked for; look at the tree and ask again",
				scene->vm_name, snapshot->display_name);
		}
	}
	snapshot_list_clear(&snapshots);
	return status;
}

enum hv_status scale_check(STEP_PARAMETERS)
{
	(void)answer;
	enum hv_status status = scene_check(engine, scene, ACTION_VM_SCALE, err);
	if (status == HV_OK) {
		status = check_no_memory(engine, scene, err);
	}
	return status == HV_OK ? scene_note_before(engine, scene, &run->row, err) : status;
}

enum hv_status scale_record(STEP_PARAMETERS)
{
	struct store *store = engine->config.store;
	enum hv_status status =
		store->ops->vm_set_offering(store, scene->vm.id, run->row.offering_id, err);
	scene->vm.offering_id = run->row.offering_id;
	return status == HV_OK ? outcome_record_vm(engine, run, scene, answer, err) : status;
}
