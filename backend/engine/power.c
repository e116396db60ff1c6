#include "backend/engine/internal.h"

#include "backend/domain/rules.h"
#include "backend/domain/vm_state.h"

/*
 * Start and stop. What becomes of a stopped VM is the next operation's business (P1-P3); a start brings a VM back first
 * that is not on its host any more (P2).
 */

enum hv_status power_check(STEP_PARAMETERS)
{
	(void)answer;
	bool start = run->row.kind == OPERATION_START_VM;
	enum hv_status status = scene_check(engine, scene, start ? ACTION_VM_START : ACTION_VM_STOP, err);
	return status == HV_OK ? scene_note_before(engine, scene, &run->row, err) : status;
}

/* A stop of a VM that is off already is only the way to what follows it. */
bool power_is_due(const struct engine *engine, const struct run *run, const struct scene *scene)
{
	(void)engine;
	return run->row.kind == OPERATION_START_VM || scene->vm.state != VM_STOPPED;
}

bool start_needs_import(const struct engine *engine, const struct run *run, const struct scene *scene)
{
	(void)engine;
	(void)run;
	return scene->vm.unregistered;
}

enum hv_status start_import(STEP_PARAMETERS)
{
	(void)answer;
	run->row.export = scene->vm.export;
	return scene_move_vm(engine, scene, VM_EVENT_IMPORT_REQUESTED, err);
}

enum hv_status power_begin(STEP_PARAMETERS)
{
	bool start = run->row.kind == OPERATION_START_VM;
	enum hv_status status = HV_OK;
	if (answer) { /* of the import */
		status = outcome_record_vm(engine, run, scene, answer, err);
	}
	return status == HV_OK ? scene_move_vm(engine, scene,
					 start ? VM_EVENT_START_REQUESTED : VM_EVENT_STOP_REQUESTED, err)
			       : status;
}

enum hv_status power_finish(STEP_PARAMETERS)
{
	enum hv_status status =
		answer ? outcome_record_vm(engine, run, scene, answer, err) : HV_OK;
	return status == HV_OK ? step_finish(engine, run, scene, answer, err) : status;
}
