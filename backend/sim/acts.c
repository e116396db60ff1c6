#include "backend/sim/acts.h"

#include <string.h>

#include "backend/base/memory.h"
#include "backend/sim/checkpoints.h"
#include "backend/sim/faults.h"
#include "backend/sim/jobs.h"
#include "backend/sim/layers.h"
#include "backend/sim/liveness.h"

struct act {
	struct sim *sim;
	const struct command *command;
	const struct journal_entry *entry;
	struct vm_row vm;
	struct answer *ret_answer;
};

static enum act_result succeed(struct act *act, json_t *take_body)
{
	*act->ret_answer = answer_well(take_body);
	return ACT_ANSWERED;
}

static enum act_result fail(struct act *act, const char *code, const char *sentence)
{
	*act->ret_answer = answer_failed(code, "%s", sentence);
	return ACT_ANSWERED;
}

static bool at_step(const struct act *act, const char *step)
{
	return strcmp(act->entry->step, step) == 0;
}

static bool dies(struct act *act, const char *place)
{
	return fault_take(act->sim, FAULT_DIE_MID, act->command->name, place, NULL);
}

/* Let the host work; its end comes through the journal. */
static enum act_result begin_job(struct act *act, struct job_request request, const char *step)
{
	request.vm = act->vm.id;
	request.operation = act->command->operation;
	request.command = act->command->name;
	job_start(act->sim, &request, host_now(act->sim));
	journal_set_step(act->sim, act->command, step);
	return dies(act, "running") ? ACT_DIES : ACT_GOES_ON;
}

/* --- what is refused before anything is done ------------------------------------------------------------------- */

static bool storage_is_gone(struct act *act)
{
	if (!fault_stands(act->sim, FAULT_STORAGE_GONE)) {
		return false;
	}
	(void)fail(act, "StorageGone", "The primary storage cannot be reached. (0x800703EE)");
	return true;
}

static bool space_is_short(struct act *act, bool for_memory)
{
	if (host_free_bytes(act->sim) > (for_memory ? act->vm.memory_bytes : 0)) {
		return false;
	}
	(void)fail(act, "DiskFull", "There is not enough space on the disk. (0x80070070)");
	return true;
}

static bool pointer_differs(struct act *act)
{
	HV_CLEANUP_FREE char *pointer = db_string(
		&act->sim->db, "SELECT uuid FROM checkpoint WHERE id = ?1", "i", act->vm.parent);
	if (!act->command->parent_told || strcmp(pointer ? pointer : "", act->command->parent) == 0) {
		return false;
	}
	*act->ret_answer = answer_failed("StaleView", "The VM descends from checkpoint %s, not from %s",
		pointer ? pointer : "none", act->command->parent[0] ? act->command->parent : "none");
	return true;
}

static bool state_forbids_create(struct act *act)
{
	bool may = act->vm.power == POWER_RUNNING || (act->vm.power == POWER_STOPPED && !act->command->with_memory);
	if (!may) {
		*act->ret_answer = answer_failed("InvalidState", "A %s checkpoint cannot be made while the VM is %s",
			act->command->with_memory ? "DiskAndMemory" : "Disk", power_name(act->vm.power));
	}
	return !may;
}

static bool too_many(struct act *act)
{
	if (checkpoint_count(act->sim, act->vm.id) < CHECKPOINTS_MAX) {
		return false;
	}
	*act->ret_answer = answer_failed(
		"LimitReached", "The VM has %d checkpoints, which is as many as Hyper-V keeps", CHECKPOINTS_MAX);
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
	if (state_forbids_create(act) || pointer_differs(act) || too_many(act) || storage_is_gone(act) ||
		space_is_short(act, act->command->with_memory)) {
		return ACT_ANSWERED;
	}
	struct job_request request = {.kind = JOB_CREATE,
		.checkpoint_name = act->command->snapshot_name,
		.with_memory = act->command->with_memory};
	if (production && !quiesced) {
		request.code = "QuiesceFailed";
		request.details = "Production checkpoints cannot be created: the guest cannot be quiesced";
	}
	return begin_job(act, request, "running");
}

static enum act_result end_create(struct act *act)
{
	const char *uuid = json_string_value(json_object_get(act->command->target, "uuid"));
	return succeed(act, json_pack("{s:{s:s?, s:s, s:s, s:I}}", "vmSnapshotTo", "uuid", uuid, "snapshotName",
				   act->command->snapshot_name, "checkpointId", act->entry->checkpoint, "createTime",
				   (json_int_t)act->entry->created_us));
}

static enum act_result act_create(struct act *act)
{
	return at_step(act, "intent") ? begin_create(act) : end_create(act);
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
	*act->ret_answer = answer_failed(
		"InvalidState", "A checkpoint of the kind %s is not %s", kind ? kind : "Missing", deed);
	return true;
}

static bool target_cannot_be_applied(struct act *act, int64_t checkpoint)
{
	if (checkpoint == 0) {
		(void)fail(act, "SnapshotNotFound", "The VM has no such checkpoint");
		return true;
	}
	if (checkpoint < 0) {
		(void)fail(act, "HostError", "Several checkpoints of the VM have this name; tell the checkpointId");
		return true;
	}
	if (kind_is_foreign(act, checkpoint, "applied")) {
		return true;
	}
	if (act->command->with_memory && !checkpoint_has_memory(act->sim, checkpoint)) {
		(void)fail(act, "InvalidState", "The checkpoint holds no memory");
		return true;
	}
	return false;
}

static enum act_result begin_revert(struct act *act)
{
	int64_t checkpoint = target_of(act);
	if (target_cannot_be_applied(act, checkpoint) || storage_is_gone(act) ||
		space_is_short(act, act->vm.power == POWER_RUNNING)) {
		return ACT_ANSWERED;
	}
	return begin_job(act, (struct job_request){.kind = JOB_APPLY, .checkpoint = checkpoint}, "running");
}

/* Applied: the VM is Saved or Stopped, and is brought to where the snapshot's type ends. */
static enum act_result power_after_revert(struct act *act)
{
	enum power wanted = act->command->with_memory ? POWER_RUNNING : POWER_STOPPED;
	if (act->vm.power == wanted) {
		return succeed(act, NULL);
	}
	enum job_kind kind = wanted == POWER_RUNNING ? JOB_START : JOB_TURN_OFF;
	return begin_job(act, (struct job_request){.kind = kind}, "starting");
}

static enum act_result act_revert(struct act *act)
{
	if (at_step(act, "intent")) {
		return begin_revert(act);
	}
	return at_step(act, "applied") ? power_after_revert(act) : succeed(act, NULL);
}

/* --- delete, start, stop --------------------------------------------------------------------------------------- */

static enum act_result begin_delete(struct act *act)
{
	int64_t checkpoint = target_of(act);
	if (checkpoint < 0) {
		return fail(act, "HostError", "Several checkpoints of the VM have this name; tell the checkpointId");
	}
	if (checkpoint == 0) {
		journal_set_step(act->sim, act->command, "applied");
		return ACT_GOES_ON;
	}
	if (kind_is_foreign(act, checkpoint, "removed") || storage_is_gone(act)) {
		return ACT_ANSWERED;
	}
	return begin_job(act, (struct job_request){.kind = JOB_DELETE, .checkpoint = checkpoint}, "running");
}

static enum act_result act_delete(struct act *act)
{
	if (at_step(act, "intent")) {
		return begin_delete(act);
	}
	return layers_are_merging(act->sim, act->vm.id) ? ACT_WAITS : succeed(act, NULL);
}

static enum act_result act_start(struct act *act)
{
	if (act->vm.power == POWER_RUNNING || at_step(act, "powered")) {
		return succeed(act, NULL);
	}
	return storage_is_gone(act) ? ACT_ANSWERED : begin_job(act, (struct job_request){.kind = JOB_START}, "running");
}

static enum act_result act_stop(struct act *act)
{
	if (act->vm.power == POWER_STOPPED || at_step(act, "powered")) {
		return succeed(act, NULL);
	}
	if (act->vm.power == POWER_PAUSED && !act->command->force) {
		return fail(act, "InvalidState", "The guest of a paused VM cannot shut down; turn it off by force");
	}
	bool shut_down = act->vm.power == POWER_RUNNING && !act->command->force;
	return begin_job(
		act, (struct job_request){.kind = shut_down ? JOB_SHUT_DOWN : JOB_TURN_OFF}, "running");
}

/* --- who may act, and what comes next -------------------------------------------------------------------------- */

static bool is_alive(const struct actor *actor, int64_t session)
{
	return session != 0 && (session == actor->session || liveness_of_other(actor->liveness_fd, session));
}

/* A living agent, this one included, is in the middle of another command for the VM. */
static bool vm_is_held(struct sim *sim, const struct actor *actor, const struct command *command, int64_t vm)
{
	bool held = false;
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT DISTINCT session FROM journal WHERE vm = ?1 AND answered_us IS NULL AND session IS NOT NULL"
		" AND NOT (operation = ?2 AND command = ?3)",
		"iss", vm, command->operation, command->name);
	while (!held && db_next(&sim->db, rows)) {
		held = is_alive(actor, sqlite3_column_int64(rows, 0));
	}
	db_end(rows);
	return held;
}

static enum act_result take_entry(struct act *act, const struct actor *actor, bool *owner)
{
	const struct command *command = act->command;
	struct sim *sim = act->sim;
	char *code = NULL;
	if (is_alive(actor, act->entry->session) || vm_is_held(sim, actor, command, act->vm.id)) {
		return ACT_WAITS;
	}
	journal_take(sim, command, act->vm.id, actor->session);
	*owner = true;
	if (!act->entry->exists && fault_take(sim, FAULT_FALSE, command->name, NULL, &code)) {
		(void)fail(act, code ? code : "HostError", "The operation failed, as the trainer asked for");
		hv_cleanup_free(&code);
		return ACT_ANSWERED;
	}
	return dies(act, "intent") ? ACT_DIES : ACT_GOES_ON;
}

static enum act_result go_on_with_vm(struct act *act)
{
	static const struct {
		enum command_kind kind;
		enum act_result (*go_on)(struct act *act);
	} steps[] = {
		{COMMAND_CREATE, act_create},
		{COMMAND_REVERT, act_revert},
		{COMMAND_DELETE, act_delete},
		{COMMAND_START, act_start},
		{COMMAND_STOP, act_stop},
	};
	if (at_step(act, "failed")) {
		return fail(act, act->entry->code ? act->entry->code : "HostError",
			act->entry->details ? act->entry->details : "The job failed");
	}
	if (job_is_active(act->sim, act->vm.id)) {
		return ACT_WAITS; /* its own, or one that somebody left or started behind our back */
	}
	if (at_step(act, "running") || at_step(act, "starting")) {
		return fail(act, "HostError", "The host's job is gone, and left no outcome");
	}
	if (!at_step(act, "intent") && dies(act, "applied")) {
		return ACT_DIES;
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(steps); i++) {
		if (steps[i].kind == act->command->kind) {
			return steps[i].go_on(act);
		}
	}
	return fail(act, "NotSupported", "This agent does not know how");
}

static enum act_result go_on(struct act *act, const struct actor *actor, bool *owner)
{
	const struct command *command = act->command;
	if (command->epoch < journal_epoch(act->sim, command->operation)) {
		if (*owner) {
			journal_give_up(act->sim, command);
		}
		*owner = false;
		return fail(act, "Fenced", "The operation has been taken over by another console");
	}
	if (act->entry->answered) {
		journal_raise_epoch(act->sim, command);
		*act->ret_answer = journal_recorded(act->sim, command->operation, command->name);
		*owner = false;
		return ACT_ANSWERED;
	}
	if (act->entry->exists) {
		journal_raise_epoch(act->sim, command);
	}
	if (!*owner) {
		return take_entry(act, actor, owner);
	}
	if (act->vm.id != 0) {
		return go_on_with_vm(act);
	}
	return command->kind == COMMAND_DELETE ? succeed(act, NULL)
					       : fail(act, "VmNotFound", "The host has no such VM");
}

enum act_result act_continue(struct sim *sim, const struct actor *actor, const struct command *command, bool *owner,
	struct answer *ret_answer)
{
	struct journal_entry entry;
	struct act act = {.sim = sim, .command = command, .entry = &entry, .ret_answer = ret_answer};
	journal_load(sim, command->operation, command->name, &entry);
	int64_t vm = vm_by_uuid(sim, command->vm_uuid);
	if (vm != 0 && !vm_load(sim, vm, &act.vm)) {
		act.vm.id = 0;
	}
	enum act_result result = go_on(&act, actor, owner);
	if (result == ACT_ANSWERED && *owner) {
		journal_write_answer(sim, command, ret_answer);
	}
	journal_entry_clear(&entry);
	return result;
}
