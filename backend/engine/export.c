#include "backend/engine/internal.h"

#include <stdlib.h>

#include "backend/base/memory.h"
#include "backend/domain/vm_state.h"

/*
 * Export (P2, P3): a copy of the VM with its whole tree, on its host. It ends Done only when the host has read it back
 * and it is equal to the rows (export_proof.c); else what was copied is taken back (STEP_UNDO), with the reason in the
 * row's status and error. Behind a stop it is the first half of taking the VM off its host; behind a create it is all.
 */

/* Whether a removal of the VM waits behind it. */
static enum hv_status find_removal(
	struct engine *engine, const struct operation *row, bool *ret_removes, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct operation_list live = {0};
	*ret_removes = false;
	enum hv_status status = store->ops->operation_live(store, 0, row->vm_id, &live, err);
	for (size_t i = 0; i < live.count; i++) {
		*ret_removes = *ret_removes || (live.items[i].kind == OPERATION_REMOVE_VM &&
						       hv_uuid_equal(&live.items[i].group, &row->group));
	}
	operation_list_clear(&live);
	return status;
}

static enum hv_status check_vm(struct engine *engine, const struct scene *scene, struct hv_error *err)
{
	const struct engine_agents *agents = &engine->config.agents;
	if (scene->vm.missing || scene->vm.unregistered || scene->vm.state == VM_DESTROYED) {
		return hv_error_set(err, HV_ERR_REFUSED, "the host does not have it");
	}
	if (!(agents->capabilities(agents->context, scene->host.id) & AGENT_CAN_EXPORT)) {
		return hv_error_set(
			err, HV_ERR_REFUSED, "the agent of host '%s' cannot export VMs", scene->host_name);
	}
	return HV_OK;
}

/* What the last export holds already is not copied again: a stop has nothing left to do then (P3). */
enum hv_status export_check(STEP_PARAMETERS)
{
	(void)answer;
	bool proven = false;
	bool removes = false;
	enum hv_status status = check_vm(engine, scene, err);
	if (status == HV_OK) {
		status = export_is_proven(engine, &scene->vm, &proven, err);
	}
	if (status == HV_OK) {
		status = find_removal(engine, &run->row, &removes, err);
	}
	if (status == HV_OK && proven) {
		run->row.export = scene->vm.export;
	} else if (status == HV_OK && removes && scene->vm.export_state == EXPORT_COMPLETE) {
		engine_say(engine, false, "VM '%s' has changed since its last export, so it is exported again",
			scene->vm_name);
	}
	return status == HV_OK ? scene_note_before(engine, scene, &run->row, err) : status;
}

/* Only what was proven before is not asked for; what the host calls Complete without an answer is not. */
bool export_is_due(const struct engine *engine, const struct run *run, const struct scene *scene)
{
	bool proven = false;
	enum hv_status status = export_is_proven(engine, &scene->vm, &proven, NULL);
	return status != HV_OK || !proven || !hv_uuid_equal(&run->row.export, &scene->vm.export);
}

/* It may have been long since the stop: a VM that somebody has started again stays where it is (P2). */
enum hv_status export_begin(STEP_PARAMETERS)
{
	(void)answer;
	bool removes = false;
	enum hv_status status = find_removal(engine, &run->row, &removes, err);
	if (status == HV_OK && removes && scene->vm.power_state != VM_STOPPED) {
		return hv_error_set(err, HV_ERR_CANCELLED, "it is %s again, so it is not taken off its host",
			vm_state_name(scene->vm.power_state));
	}
	return status == HV_OK ? scene_move_vm(engine, scene, VM_EVENT_EXPORT_REQUESTED, err) : status;
}

/* Whoever wants it back may have written so since this console read the row. */
static enum hv_status read_cancel(struct engine *engine, struct operation *row, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct operation fresh = {0};
	enum hv_status status = store->ops->operation_get(store, row->id, &fresh, err);
	if (status == HV_OK) {
		row->cancel_asked = fresh.cancel_asked;
		operation_clear(&fresh);
	}
	return status;
}

static void take_back(struct operation *row, enum hv_status status, const char *reason)
{
	row->status = status;
	hv_replace_string(&row->error, reason);
}

enum hv_status export_record(STEP_PARAMETERS)
{
	if (!answer) { /* nothing was due */
		return HV_OK;
	}
	char *difference = NULL;
	bool removes = false;
	struct operation *row = &run->row;
	enum hv_status status = read_cancel(engine, row, err);
	if (status == HV_OK) {
		status = find_removal(engine, row, &removes, err);
	}
	if (status == HV_OK) {
		status = export_compare(engine, scene, answer, &difference, err);
	}
	if (status == HV_OK) {
		status = outcome_record_vm(engine, run, scene, answer, err);
	}
	if (status == HV_OK && row->cancel_asked) {
		take_back(row, HV_ERR_CANCELLED, "it was taken back");
	} else if (status == HV_OK && difference) {
		take_back(row, HV_ERR_HOST, difference);
	} else if (status == HV_OK && removes && scene->vm.power_state != VM_STOPPED) {
		take_back(row, HV_ERR_CANCELLED, "it does not stand still any more, so it is not taken off its host");
	}
	free(difference);
	return status;
}

bool export_is_undone(const struct engine *engine, const struct run *run, const struct scene *scene)
{
	(void)engine;
	(void)scene;
	return run->row.status != HV_OK;
}

enum hv_status export_finish(STEP_PARAMETERS)
{
	return run->row.status == HV_OK ? step_finish(engine, run, scene, answer, err)
					: outcome_undone(engine, run, scene, answer, err);
}
