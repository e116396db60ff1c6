#include "backend/engine/internal.h"

#include "backend/domain/rules.h"
#include "backend/domain/snapshot_state.h"

/* Delete (D1-D3, D5) of one snapshot; a subtree or all of a VM is a chain of these (D4). */

/* X4: what goes for the sake of another offering goes only while the VM can have that. */
static enum hv_status check_offering_behind(
	struct engine *engine, const struct operation *row, const struct scene *scene, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct operation_list live = {0};
	enum hv_status status = store->ops->operation_live(store, 0, row->vm_id, &live, err);
	for (size_t i = 0; i < live.count && status == HV_OK; i++) {
		const struct operation *other = &live.items[i];
		if (other->kind == OPERATION_SCALE_VM && hv_uuid_equal(&other->group, &row->group)) {
			status = scene_check(engine, scene, ACTION_VM_SCALE, err);
		}
	}
	operation_list_clear(&live);
	return status;
}

enum hv_status delete_check(STEP_PARAMETERS)
{
	(void)answer;
	enum hv_status status = scene_check(engine, scene, ACTION_SNAPSHOT_DELETE, err);
	if (status == HV_OK) {
		status = check_offering_behind(engine, &run->row, scene, err);
	}
	if (status == HV_OK) {
		status = claim_refuse_absence(engine, scene, err);
	}
	return status == HV_OK ? scene_note_before(engine, scene, &run->row, err) : status;
}

enum hv_status delete_begin(STEP_PARAMETERS)
{
	(void)run;
	(void)answer;
	return scene_move_snapshot(engine, scene, SNAPSHOT_EVENT_EXPUNGE_REQUESTED, err);
}

/*
 * D2: every live child moves to the parent. D3: so does the mark of the current one; what the host's own pointer says
 * comes after it and wins (a root has no parent, but the VM may still descend from something).
 */
enum hv_status delete_record(STEP_PARAMETERS)
{
	struct store *store = engine->config.store;
	const struct snapshot *snapshot = &scene->snapshot;
	enum hv_status status =
		store->ops->snapshot_reparent(store, snapshot->id, snapshot->parent_id, err);
	if (status == HV_OK && snapshot->current) {
		status = store->ops->snapshot_set_current(store, snapshot->vm_id, snapshot->parent_id, err);
		scene->snapshot.current = false;
	}
	return status == HV_OK ? outcome_record_vm(engine, run, scene, answer, err) : status;
}
