#include "backend/sim/acts.h"

#include <string.h>

#include "backend/base/memory.h"
#include "backend/sim/act.h"
#include "backend/sim/faults.h"
#include "backend/sim/liveness.h"

/* --- who may act, and what comes next -------------------------------------------------------------------------- */

static bool is_alive(const struct actor *actor, int64_t session)
{
	return session != 0 && (session == actor->session || liveness_of_other(actor->liveness_fd, session));
}

/* A living agent, this one included, is in the middle of another command for the VM. CancelExport passes an ExportVm. */
static bool vm_is_held(struct sim *sim, const struct actor *actor, const struct command *command, int64_t vm)
{
	bool held = false;
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT DISTINCT session FROM journal WHERE vm = ?1 AND answered_us IS NULL"
		" AND session IS NOT NULL AND NOT (operation = ?2 AND command = ?3)"
		" AND NOT (?3 = 'CancelExportCommand' AND command = 'ExportVmCommand')",
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
		(void)act_fail(act, code ? code : "HostError", "The operation failed, as the trainer asked for");
		hv_cleanup_free(&code);
		return ACT_ANSWERED;
	}
	return act_dies(act, "intent") ? ACT_DIES : ACT_GOES_ON;
}

/* How each command is done, and what it needs of its VM. */
static const struct way {
	enum command_kind kind;
	enum act_result (*go_on)(struct act *act);
	bool without_vm;   /* what is asked for is so when there is none */
	bool unregistered; /* acts on a VM of which only the export is there */
	bool beside;       /* whatever the host does to the VM meanwhile */
} ways[] = {
	{COMMAND_CREATE, act_create, false, false, false},
	{COMMAND_REVERT, act_revert, false, false, false},
	{COMMAND_DELETE, act_delete, true, false, false},
	{COMMAND_START, act_start, false, false, false},
	{COMMAND_STOP, act_stop, false, false, false},
	{COMMAND_EXPORT, act_export, false, false, false},
	{COMMAND_CANCEL_EXPORT, act_cancel_export, true, false, true},
	{COMMAND_REMOVE_VM, act_remove_vm, false, true, false},
	{COMMAND_IMPORT, act_import, false, true, false},
	{COMMAND_DESTROY, act_destroy, true, true, false},
	{COMMAND_ATTACH, act_attach, false, false, false},
	{COMMAND_DETACH, act_detach, false, false, false},
	{COMMAND_RESIZE, act_resize, false, false, false},
	{COMMAND_SCALE, act_scale, false, false, false},
	{COMMAND_CREATE_VOLUME_SNAPSHOT, act_create_volume_snapshot, false, false, false},
	{COMMAND_DELETE_VOLUME_SNAPSHOT, act_delete_volume_snapshot, true, true, false},
};

static const struct way *way_of(enum command_kind kind)
{
	size_t i = 0;
	while (i + 1 < HV_ARRAY_LEN(ways) && ways[i].kind != kind) {
		i++;
	}
	return &ways[i];
}

/* An active job is its own, or one that somebody left or started behind our back. CancelExport passes an export. */
static bool must_wait_for_job(struct act *act, const struct way *way)
{
	return job_is_active(act->sim, act->vm.id) && !(way->beside && job_export(act->sim, act->vm.id) != 0);
}

static enum act_result go_one_step(struct act *act)
{
	const struct way *way = way_of(act->command->kind);
	if (act_is_at(act, "failed")) {
		return act_fail(act, act->entry->code ? act->entry->code : "HostError", "%s",
			act->entry->details ? act->entry->details : "The job failed");
	}
	if (act->vm.id == 0 && !way->without_vm) {
		return act_fail(act, "VmNotFound", "The host has no such VM");
	}
	if (must_wait_for_job(act, way)) {
		return ACT_WAITS;
	}
	if (act_is_at(act, "running") || act_is_at(act, "starting") || act_is_at(act, "reading")) {
		return act_fail(act, "HostError", "The host's job is gone, and left no outcome");
	}
	if (!act_is_at(act, "intent") && act_dies(act, "applied")) {
		return ACT_DIES;
	}
	if (act->vm.id != 0 && !act->vm.registered && !way->unregistered && act_is_at(act, "intent")) {
		return act_fail(act, "InvalidState", "The VM is not on the host, only its export is");
	}
	return way->go_on(act);
}

static enum act_result go_on(struct act *act, const struct actor *actor, bool *owner)
{
	const struct command *command = act->command;
	if (command->epoch < journal_epoch(act->sim, command->operation)) {
		if (*owner) {
			journal_give_up(act->sim, command);
		}
		*owner = false;
		return act_fail(act, "Fenced", "The operation has been taken over by another console");
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
	return go_one_step(act);
}

/* An export that failed so has left nothing behind, and may be tried again under the same key (protocol.md, "Journal"). */
static bool leaves_no_trace(const struct command *command, const struct answer *answer)
{
	return command->kind == COMMAND_EXPORT && !answer->result &&
	       (strcmp(answer->code, "StorageGone") == 0 || strcmp(answer->code, "Cancelled") == 0);
}

static void record(struct sim *sim, const struct command *command, const struct answer *answer)
{
	if (leaves_no_trace(command, answer)) {
		journal_forget(sim, command);
	} else {
		journal_write_answer(sim, command, answer);
	}
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
		if (ret_answer->result && act_dies(&act, "done")) {
			answer_clear(ret_answer);
			result = ACT_DIES;
		} else {
			record(sim, command, ret_answer);
		}
	}
	journal_entry_clear(&entry);
	return result;
}
