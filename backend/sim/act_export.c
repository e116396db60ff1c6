/* A VM leaves the host without losing its snapshots, and comes back; or leaves it for good. */
#include "backend/sim/act.h"

#include <string.h>

#include "backend/base/memory.h"
#include "backend/sim/checkpoints.h"
#include "backend/sim/copies.h"
#include "backend/sim/exports.h"
#include "backend/sim/layers.h"
#include "backend/sim/view.h"

/* The VM's own export of the command's id; false: it has none. */
static bool own_export(const struct act *act, struct export_row *ret_export)
{
	return exports_load(act->sim, act->command->export, ret_export) && ret_export->vm == act->vm.id;
}

/* --- export ---------------------------------------------------------------------------------------------------- */

static bool cannot_be_exported(struct act *act)
{
	struct export_row other;
	enum power power = act->vm.power;
	if (power != POWER_STOPPED && power != POWER_RUNNING && power != POWER_SAVED) {
		(void)act_fail(act, "InvalidState", "A VM that is %s cannot be exported", power_name(power));
		return true;
	}
	if (!act->command->with_disks && checkpoint_count(act->sim, act->vm.id) > 0) {
		(void)act_fail(act, "InvalidState", "Without its disks the export would lose the VM's checkpoints");
		return true;
	}
	if (exports_load(act->sim, act->command->export, &other) && other.vm != act->vm.id) {
		(void)act_fail(act, "InvalidState", "The export of this id is another VM's");
		return true;
	}
	return false;
}

static int64_t bytes_of(const struct act *act)
{
	return copy_size(act->sim, &act->vm, act->command->with_disks);
}

static enum act_result begin_read_back(struct act *act, int64_t export)
{
	const struct job_request request = {.kind = JOB_READ_BACK, .export = export, .bytes = bytes_of(act)};
	return act_begin_job(act, request, "reading");
}

static enum act_result begin_copy(struct act *act)
{
	struct sim *sim = act->sim;
	int64_t bytes = bytes_of(act);
	exports_delete_partial(sim, act->vm.id);
	if (act_space_is_short(act, bytes)) {
		return ACT_ANSWERED;
	}
	int64_t export = exports_begin_copy(
		sim, &act->vm, act->command->export, act->command->with_disks, bytes, host_now(sim));
	if (act_dies(act, "copying")) {
		exports_stop_half_way(sim, export);
		return ACT_DIES;
	}
	return act_begin_job(
		act, (struct job_request){.kind = JOB_EXPORT, .export = export, .bytes = bytes}, "running");
}

static enum act_result begin_export(struct act *act)
{
	struct export_row export;
	if (cannot_be_exported(act)) {
		return ACT_ANSWERED;
	}
	if (layers_are_merging(act->sim, act->vm.id)) {
		return ACT_WAITS;
	}
	if (act_storage_is_gone(act)) {
		return ACT_ANSWERED;
	}
	bool there = own_export(act, &export) && export.matches && export.with_disks == act->command->with_disks;
	return there ? begin_read_back(act, export.id) : begin_copy(act);
}

enum act_result act_export(struct act *act)
{
	struct export_row export;
	if (act_is_at(act, "intent") || !own_export(act, &export)) {
		return begin_export(act);
	}
	if (act_is_at(act, "applied")) {
		return begin_read_back(act, export.id);
	}
	return act_succeed(act, json_pack("{s:o}", "exported", view_export(act->sim, &export)));
}

/* Beside an ExportVm of the same VM, also one that waits still; acts.c lets it pass. */
enum act_result act_cancel_export(struct act *act)
{
	struct export_row export;
	if (act->vm.id == 0 || !act_is_at(act, "intent")) {
		return act_succeed(act, NULL);
	}
	if (own_export(act, &export) && job_export(act->sim, act->vm.id) == export.id) {
		job_cancel(act->sim, act->vm.id);
	}
	if (own_export(act, &export)) {
		exports_delete(act->sim, export.id);
	}
	journal_cancel_exports(act->sim, act->vm.id, act->command->export);
	return act_did_it(act);
}

/* --- off the host, and back ------------------------------------------------------------------------------------ */

static enum act_result begin_remove_vm(struct act *act)
{
	struct export_row export;
	bool has = own_export(act, &export);
	if (!act->vm.registered) {
		return has && export.complete ? act_succeed(act, NULL)
					      : act_fail(act, "InvalidState", "It is another export that holds the VM");
	}
	if (act->vm.power != POWER_STOPPED) {
		return act_fail(act, "InvalidState", "A VM that is %s stays on the host", power_name(act->vm.power));
	}
	if (!has || !export.complete) {
		return act_fail(act, "InvalidState", "The VM has no such export, or it is not complete");
	}
	if (!export.matches) {
		return act_fail(act, "InvalidState", "The VM has changed since it was exported");
	}
	if (act_storage_is_gone(act)) {
		return ACT_ANSWERED;
	}
	const struct job_request request = {.kind = JOB_REMOVE_VM, .export = export.id, .bytes = bytes_of(act)};
	return act_begin_job(act, request, "running");
}

enum act_result act_remove_vm(struct act *act)
{
	return act_is_at(act, "intent") ? begin_remove_vm(act) : act_succeed(act, NULL);
}

enum act_result act_import(struct act *act)
{
	struct export_row export;
	if (!act_is_at(act, "intent") || act->vm.registered) {
		return act_succeed(act, NULL);
	}
	if (!own_export(act, &export)) {
		return act_fail(act, "InvalidState", "It is another export that holds the VM");
	}
	if (act_storage_is_gone(act)) {
		return ACT_ANSWERED;
	}
	return act_begin_job(act, (struct job_request){.kind = JOB_IMPORT, .export = export.id}, "running");
}

/* --- for good -------------------------------------------------------------------------------------------------- */

enum act_result act_destroy(struct act *act)
{
	if (act->vm.id == 0) {
		return act_succeed(act, NULL);
	}
	if (act_storage_is_gone(act)) {
		return ACT_ANSWERED;
	}
	return act_begin_job(act, (struct job_request){.kind = JOB_DESTROY}, "running");
}
