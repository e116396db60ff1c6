#include "backend/engine/internal.h"

#include "backend/domain/rules.h"
#include "backend/domain/vm_state.h"

/* Start and stop. Policy P1: a stopped VM stays registered on its host, and its snapshots with it. */

enum hv_status power_check(STEP_PARAMETERS)
{
	(void)answer;
	bool start = run->row.kind == OPERATION_START_VM;
	enum hv_status status = scene_check(engine, scene, start ? ACTION_VM_START : ACTION_VM_STOP, err);
	return status == HV_OK ? scene_note_before(engine, scene, &run->row, err) : status;
}

enum hv_status power_begin(STEP_PARAMETERS)
{
	(void)answer;
	bool start = run->row.kind == OPERATION_START_VM;
	return scene_move_vm(
		engine, scene, start ? VM_EVENT_START_REQUESTED : VM_EVENT_STOP_REQUESTED, err);
}

enum hv_status power_finish(STEP_PARAMETERS)
{
	enum hv_status status =
		answer ? outcome_record_vm(engine, run, scene, answer, err) : HV_OK;
	return status == HV_OK ? step_finish(engine, run, scene, answer, err) : status;
}
