#include "backend/engine/internal.h"

#include "backend/domain/rules.h"
#include "backend/domain/snapshot_state.h"
#include "backend/domain/vm_state.h"

/* Revert (V1-V5). */

enum hv_status revert_check(STEP_PARAMETERS)
{
	(void)answer;
	enum hv_status status = scene_check(engine, scene, ACTION_SNAPSHOT_REVERT, err);
	if (status != HV_OK) {
		return status;
	}
	run->row.type = scene->snapshot.type;
	return scene_note_before(engine, scene, &run->row, err);
}

/* V2: a running VM is stopped before a Disk snapshot. V1: a stopped one is started before a DiskAndMemory snapshot,
 * unless the host restores memory straight from off. */
bool revert_needs_preparation(const struct engine *engine, const struct run *run, const struct scene *scene)
{
	if (run->row.type == SNAPSHOT_DISK) {
		return scene->vm.state == VM_RUNNING;
	}
	const struct engine_agents *agents = &engine->config.agents;
	unsigned capabilities = agents->capabilities(agents->context, run->row.host_id);
	bool off = scene->vm.state == VM_STOPPED || scene->vm.state == VM_SAVED;
	return off && !(capabilities & AGENT_CAN_REVERT_MEMORY_FROM_OFF);
}

enum agent_command_kind revert_preparation(const struct operation *row)
{
	return row->type == SNAPSHOT_DISK ? AGENT_STOP : AGENT_START;
}

enum hv_status revert_prepare(STEP_PARAMETERS)
{
	(void)answer;
	bool stop = revert_preparation(&run->row) == AGENT_STOP;
	return scene_move_vm(engine, scene, stop ? VM_EVENT_STOP_REQUESTED : VM_EVENT_START_REQUESTED, err);
}

enum hv_status revert_begin(STEP_PARAMETERS)
{
	enum hv_status status = HV_OK;
	if (answer) { /* of the preparation */
		status = outcome_record_vm(engine, run, scene, answer, err);
	}
	if (status == HV_OK) {
		status = scene_move_snapshot(engine, scene, SNAPSHOT_EVENT_REVERT_REQUESTED, err);
	}
	return status == HV_OK ? scene_move_vm(engine, scene, VM_EVENT_REVERT_REQUESTED, err) : status;
}

enum hv_status revert_record(STEP_PARAMETERS)
{
	struct store *store = engine->config.store;
	const struct snapshot *snapshot = &scene->snapshot;
	enum hv_status status =
		store->ops->snapshot_set_current(store, snapshot->vm_id, snapshot->id, err);
	if (status == HV_OK) {
		status = store->ops->vm_set_running_since(store, snapshot->vm_id, engine_wall_us(engine), err);
	}
	if (status == HV_OK && snapshot->offering_id != 0 && snapshot->offering_id != scene->vm.offering_id) {
		status = store->ops->vm_set_offering(store, scene->vm.id, snapshot->offering_id, err);
		scene->vm.offering_id = snapshot->offering_id;
	}
	return status == HV_OK ? outcome_record_vm(engine, run, scene, answer, err) : status;
}
