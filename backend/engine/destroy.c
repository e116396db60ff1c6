#include "backend/engine/internal.h"

#include "backend/base/memory.h"
#include "backend/domain/rules.h"
#include "backend/domain/snapshot_state.h"
#include "backend/domain/vm_state.h"

/* Destroy (D6): the VM goes for good, and its snapshots with it. */

enum hv_status destroy_check(STEP_PARAMETERS)
{
	(void)answer;
	enum hv_status status = scene_check(engine, scene, ACTION_VM_DESTROY, err);
	if (status == HV_OK) {
		status = claim_refuse_absence(engine, scene, err);
	}
	return status == HV_OK ? scene_note_before(engine, scene, &run->row, err) : status;
}

enum hv_status destroy_begin(STEP_PARAMETERS)
{
	(void)run;
	(void)answer;
	return scene_move_vm(engine, scene, VM_EVENT_DESTROY_REQUESTED, err);
}

/* Through the states of S1, so that nobody ever sees one that was not asked for to go. */
static enum hv_status expunge(struct engine *engine, struct snapshot *snapshot, struct hv_error *err)
{
	static const enum snapshot_event events[] = {
		SNAPSHOT_EVENT_EXPUNGE_REQUESTED, SNAPSHOT_EVENT_OPERATION_SUCCEEDED};
	struct store *store = engine->config.store;
	enum hv_status status = HV_OK;
	for (size_t i = 0; i < HV_ARRAY_LEN(events) && status == HV_OK; i++) {
		enum snapshot_state next = snapshot->state;
		(void)snapshot_state_next(snapshot->state, events[i], &next);
		if (next != snapshot->state) {
			status = store->ops->snapshot_set_state(store, snapshot, next, engine_wall_us(engine), err);
		}
	}
	return status;
}

static enum hv_status expunge_all(struct engine *engine, int64_t vm_id, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct snapshot_list snapshots = {0};
	enum hv_status status = store->ops->snapshot_list(store, vm_id, &snapshots, err);
	for (size_t i = 0; i < snapshots.count && status == HV_OK; i++) {
		status = expunge(engine, &snapshots.items[i], err);
	}
	snapshot_list_clear(&snapshots);
	return status;
}

static enum hv_status forget_rest(struct engine *engine, struct virtual_machine *vm, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct volume_list no_volumes = {0};
	struct checkpoint_list no_checkpoints = {0};
	enum hv_status status = store->ops->volume_replace(store, vm->id, &no_volumes, err);
	if (status == HV_OK) {
		status = store->ops->untracked_replace(store, vm->id, &no_checkpoints, err);
	}
	vm->untracked = 0;
	vm->power_state = VM_DESTROYED; /* it ends as that */
	vm->checkpoint = vm->export = (struct hv_uuid){{0}};
	vm->export_state = EXPORT_NONE;
	vm->export_matches = vm->unregistered = false;
	return status == HV_OK ? store->ops->vm_save(store, vm, err) : status;
}

enum hv_status destroy_record(STEP_PARAMETERS)
{
	(void)run;
	if (answer->has_vm) {
		return hv_error_set(err, HV_ERR_HOST, "the host said that it did so, and still tells of the VM");
	}
	enum hv_status status = expunge_all(engine, scene->vm.id, err);
	return status == HV_OK ? forget_rest(engine, &scene->vm, err) : status;
}
