#include "backend/sim/act.h"

#include <string.h>

#include "backend/base/memory.h"
#include "backend/sim/checkpoints.h"
#include "backend/sim/faults.h"
#include "backend/sim/layers.h"

/* --- what is refused before anything is done ------------------------------------------------------------------- */

static bool pointer_differs(struct act *act)
{
	HV_CLEANUP_FREE char *pointer = db_string(
		&act->sim->db, "SELECT uuid FROM checkpoint WHERE id = ?1", "i", act->vm.parent);
	if (!act->command->parent_told || strcmp(pointer ? pointer : "", act->command->parent) == 0) {
		return false;
	}
	(void)act_fail(act, "StaleView", "The VM descends from checkpoint %s, not from %s",
		pointer ? pointer : "none", act->command->parent[0] ? act->command->parent : "none");
	return true;
}

static bool state_forbids_create(struct act *act)
{
	bool may = act->vm.power == POWER_RUNNING || (act->vm.power == POWER_STOPPED && !act->command->with_memory);
	if (!may) {
		(void)act_fail(act, "InvalidState", "A %s checkpoint cannot be made while the VM is %s",
			act->command->with_memory ? "DiskAndMemory" : "Disk", power_name(act->vm.power));
	}
	return !may;
}

static bool too_many(struct act *act)
{
	if (checkpoint_count(act->sim, act->vm.id) < CHECKPOINTS_MAX) {
		return false;
	}
	(void)act_fail(act, "LimitReached", "The VM has %d checkpoints, which is as many as Hyper-V keeps", CHECKPOINTS_MAX);
	return true;
}

static int64_t target_of(const struct act *act)
{
	return checkpoint_find(act->sim, act->vm.id, act->command->checkpoint, act->command->snapshot_name);
}

/* --- create ---------------------------------------------------------------------------------------------------- */

static enum act_result begin_create(struct act *act)
{
	bool production = !act->command->with_memory && act->vm.power == POWER_RUNNING;
	bool quiesced = act->vm.production && !fault_stands(act->sim, FAULT_VSS);
	if (state_forbids_create(act) || pointer_differs(act) || too_many(act) || act_storage_is_gone(act) ||
		act_space_is_short(act, act->command->with_memory ? act->vm.memory_bytes : 0)) {
		return ACT_ANSWERED;
	}
	struct job_request request = {.kind = JOB_CREATE,
		.checkpoint_name = act->command->snapshot_name,
		.with_memory = act->command->with_memory};
	if (production && !quiesced) {
		request.code = "QuiesceFailed";
		request.details = "Production checkpoints cannot be created: the guest cannot be quiesced";
	}
	return act_begin_job(act, request, "running");
}

static enum act_result end_create(struct act *act)
{
	const char *uuid = json_string_value(json_object_get(act->command->target, "uuid"));
	return act_succeed(act, json_pack("{s:{s:s?, s:s, s:s, s:I}}", "vmSnapshotTo", "uuid", uuid, "snapshotName",
				   act->command->snapshot_name, "checkpointId", act->entry->checkpoint, "createTime",
				   (json_int_t)act->entry->created_us));
}

enum act_result act_create(struct act *act)
{
	return act_is_at(act, "intent") ? begin_create(act) : end_create(act);
}

/* --- revert ---------------------------------------------------------------------------------------------------- */

/* What Windows, a backup or a replica made is theirs: shown, and never touched. */
static bool kind_is_foreign(struct act *act, int64_t checkpoint, const char *deed)
{
	HV_CLEANUP_FREE char *kind =
		db_string(&act->sim->db, "SELECT kind FROM checkpoint WHERE id = ?1", "i", checkpoint);
	if (kind && strcmp(kind, "Standard") == 0) {
		return false;
	}
	(void)act_fail(act, "InvalidState", "A checkpoint of the kind %s is not %s", kind ? kind : "Missing", deed);
	return true;
}

static bool target_cannot_be_applied(struct act *act, int64_t checkpoint)
{
	if (checkpoint == 0) {
		(void)act_fail(act, "SnapshotNotFound", "The VM has no such checkpoint");
		return true;
	}
	if (checkpoint < 0) {
		(void)act_fail(act, "HostError", "Several checkpoints of the VM have this name; tell the checkpointId");
		return true;
	}
	if (kind_is_foreign(act, checkpoint, "applied")) {
		return true;
	}
	if (act->command->with_memory && !checkpoint_has_memory(act->sim, checkpoint)) {
		(void)act_fail(act, "InvalidState", "The checkpoint holds no memory");
		return true;
	}
	return false;
}

static enum act_result begin_revert(struct act *act)
{
	int64_t checkpoint = target_of(act);
	if (target_cannot_be_applied(act, checkpoint) || act_storage_is_gone(act) ||
		act_space_is_short(act, act->vm.power == POWER_RUNNING ? act->vm.memory_bytes : 0)) {
		return ACT_ANSWERED;
	}
	return act_begin_job(act, (struct job_request){.kind = JOB_APPLY, .checkpoint = checkpoint}, "running");
}

/* Applied: the VM is Saved or Stopped, and is brought to where the snapshot's type ends. */
static enum act_result power_after_revert(struct act *act)
{
	enum power wanted = act->command->with_memory ? POWER_RUNNING : POWER_STOPPED;
	if (act->vm.power == wanted) {
		return act_succeed(act, NULL);
	}
	enum job_kind kind = wanted == POWER_RUNNING ? JOB_START : JOB_TURN_OFF;
	return act_begin_job(act, (struct job_request){.kind = kind}, "starting");
}

enum act_result act_revert(struct act *act)
{
	if (act_is_at(act, "intent")) {
		return begin_revert(act);
	}
	return act_is_at(act, "applied") ? power_after_revert(act) : act_succeed(act, NULL);
}

/* --- delete, start, stop --------------------------------------------------------------------------------------- */

static enum act_result begin_delete(struct act *act)
{
	int64_t checkpoint = target_of(act);
	if (checkpoint < 0) {
		return act_fail(act, "HostError", "Several checkpoints of the VM have this name; tell the checkpointId");
	}
	if (checkpoint == 0) {
		journal_set_step(act->sim, act->command, "applied");
		return ACT_GOES_ON;
	}
	if (kind_is_foreign(act, checkpoint, "removed") || act_storage_is_gone(act)) {
		return ACT_ANSWERED;
	}
	return act_begin_job(act, (struct job_request){.kind = JOB_DELETE, .checkpoint = checkpoint}, "running");
}

enum act_result act_delete(struct act *act)
{
	if (act_is_at(act, "intent")) {
		return begin_delete(act);
	}
	return layers_are_merging(act->sim, act->vm.id) ? ACT_WAITS : act_succeed(act, NULL);
}

enum act_result act_start(struct act *act)
{
	if (act->vm.power == POWER_RUNNING || act_is_at(act, "powered")) {
		return act_succeed(act, NULL);
	}
	return act_storage_is_gone(act) ? ACT_ANSWERED : act_begin_job(act, (struct job_request){.kind = JOB_START}, "running");
}

enum act_result act_stop(struct act *act)
{
	if (act->vm.power == POWER_STOPPED || act_is_at(act, "powered")) {
		return act_succeed(act, NULL);
	}
	if (act->vm.power == POWER_PAUSED && !act->command->force) {
		return act_fail(act, "InvalidState", "The guest of a paused VM cannot shut down; turn it off by force");
	}
	bool shut_down = act->vm.power == POWER_RUNNING && !act->command->force;
	return act_begin_job(
		act, (struct job_request){.kind = shut_down ? JOB_SHUT_DOWN : JOB_TURN_OFF}, "running");
}

