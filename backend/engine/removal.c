#include "backend/engine/internal.h"

#include "backend/domain/vm_state.h"

/*
 * The second half of taking a VM off its host (P2). It is asked of the host only when an export of ours is proven to
 * hold all of it, and the host looks once more. It is never begun for a VM that does not stand still.
 */

static enum hv_status check_vm(const struct scene *scene, struct hv_error *err)
{
	const struct virtual_machine *vm = &scene->vm;
	if (vm->missing || vm->unregistered || vm->state == VM_DESTROYED) {
		return hv_error_set(err, HV_ERR_REFUSED, "the host does not have it");
	}
	if (vm->state != VM_STOPPED || vm->power_state != VM_STOPPED) {
		return hv_error_set(err, HV_ERR_CANCELLED, "it does not stand still any more (%s)",
			vm_state_name(vm->power_state));
	}
	return HV_OK;
}

enum hv_status removal_check(STEP_PARAMETERS)
{
	(void)answer;
	bool proven = false;
	enum hv_status status = check_vm(scene, err);
	if (status == HV_OK) {
		status = export_is_proven(engine, &scene->vm, &proven, err);
	}
	if (status == HV_OK && !proven) {
		return hv_error_set(
			err, HV_ERR_REFUSED, "no export is known to hold all of it as it is now");
	}
	run->row.export = scene->vm.export;
	return status == HV_OK ? scene_note_before(engine, scene, &run->row, err) : status;
}

enum hv_status removal_begin(STEP_PARAMETERS)
{
	(void)run;
	(void)answer;
	return scene_move_vm(engine, scene, VM_EVENT_EXPORT_REQUESTED, err);
}

enum hv_status removal_record(STEP_PARAMETERS)
{
	return outcome_record_vm(engine, run, scene, answer, err);
}
