/* Disks of a VM, copies of them, and the VM's size. What takes no time on a host takes none here. */
#include "backend/sim/act.h"

#include "backend/base/memory.h"
#include "backend/sim/checkpoints.h"
#include "backend/sim/layers.h"
#include "backend/sim/volumes.h"

/* X2: a chain of files stands on the disk, or a checkpoint lists it. */
static bool has_checkpoints(struct act *act)
{
	int64_t count = checkpoint_count(act->sim, act->vm.id);
	if (count == 0) {
		return false;
	}
	(void)act_fail(act, "InvalidState", "The VM has %lld checkpoints: its disks stay as they are", (long long)count);
	return true;
}

static bool is_neither(struct act *act, enum power one, enum power other)
{
	if (act->vm.power == one || act->vm.power == other) {
		return false;
	}
	(void)act_fail(act, "InvalidState", "This cannot be done while the VM is %s", power_name(act->vm.power));
	return true;
}

/* --- attach, detach, resize ------------------------------------------------------------------------------------ */

static json_t *attached(const struct act *act, int64_t disk)
{
	HV_CLEANUP_FREE char *uuid = db_string(&act->sim->db, "SELECT uuid FROM disk WHERE id = ?1", "i", disk);
	return json_pack("{s:s}", "volumeUuid", uuid ? uuid : "");
}

static enum act_result attach_file(struct act *act, enum file_use use, int64_t disk)
{
	if (use == FILE_IN_USE) {
		return act_fail(act, "InvalidState", "The file is in use");
	}
	if (use == FILE_ABSENT && act->command->size_bytes == 0) {
		return act_fail(act, "InvalidState", "The host has no such file");
	}
	if (act_storage_is_gone(act) || (use == FILE_ABSENT && act_space_is_short(act, 0))) {
		return ACT_ANSWERED;
	}
	if (use == FILE_ABSENT) {
		disk = volume_make(act->sim, act->command->path, act->command->size_bytes);
	}
	volume_attach(act->sim, act->vm.id, disk);
	return act_did_it(act);
}

enum act_result act_attach(struct act *act)
{
	int64_t disk = 0;
	enum file_use use = volume_file_use(act->sim, act->vm.id, act->command->path, &disk);
	if (use == FILE_OWN) {
		return act_succeed(act, attached(act, disk));
	}
	if (is_neither(act, POWER_RUNNING, POWER_STOPPED) || has_checkpoints(act)) {
		return ACT_ANSWERED;
	}
	return layers_are_merging(act->sim, act->vm.id) ? ACT_WAITS : attach_file(act, use, disk);
}

static bool is_root(const struct act *act, int64_t disk)
{
	return db_number(&act->sim->db, 0, "SELECT position = 0 FROM disk WHERE id = ?1", "i", disk) != 0;
}

enum act_result act_detach(struct act *act)
{
	int64_t disk = volume_find(act->sim, act->vm.id, act->command->volume);
	if (disk == 0) {
		return act_succeed(act, NULL);
	}
	if (is_root(act, disk)) {
		return act_fail(act, "InvalidState", "The root disk stays with its VM");
	}
	if (is_neither(act, POWER_RUNNING, POWER_STOPPED) || has_checkpoints(act)) {
		return ACT_ANSWERED;
	}
	if (layers_are_merging(act->sim, act->vm.id)) {
		return ACT_WAITS;
	}
	if (act_storage_is_gone(act)) {
		return ACT_ANSWERED;
	}
	volume_detach(act->sim, act->vm.id, disk);
	return act_did_it(act);
}

enum act_result act_resize(struct act *act)
{
	int64_t disk = volume_find(act->sim, act->vm.id, act->command->volume);
	int64_t size = db_number(&act->sim->db, 0, "SELECT size_bytes FROM disk WHERE id = ?1", "i", disk);
	if (disk == 0) {
		return act_fail(act, "InvalidState", "The VM has no such disk");
	}
	if (size == act->command->size_bytes) {
		return act_succeed(act, NULL);
	}
	if (is_neither(act, POWER_STOPPED, POWER_STOPPED) || has_checkpoints(act)) {
		return ACT_ANSWERED;
	}
	if (size > act->command->size_bytes) {
		return act_fail(act, "InvalidState", "The disk is larger already, and is not made smaller");
	}
	if (layers_are_merging(act->sim, act->vm.id)) {
		return ACT_WAITS;
	}
	if (act_storage_is_gone(act)) {
		return ACT_ANSWERED;
	}
	volume_resize(act->sim, act->vm.id, disk, act->command->size_bytes);
	return act_did_it(act);
}

enum act_result act_scale(struct act *act)
{
	const struct command *command = act->command;
	if (act->vm.cpus == command->cpus && act->vm.memory_bytes == command->memory_bytes) {
		return act_succeed(act, NULL);
	}
	if (is_neither(act, POWER_STOPPED, POWER_STOPPED) || act_storage_is_gone(act)) {
		return ACT_ANSWERED;
	}
	db_run(&act->sim->db, "UPDATE vm SET cpus = ?2, memory_bytes = ?3 WHERE id = ?1", "iii", act->vm.id,
		command->cpus, command->memory_bytes);
	vm_mark_edited(act->sim, act->vm.id);
	vm_touch_state(act->sim, act->vm.id);
	return act_did_it(act);
}

/* --- volume snapshots ------------------------------------------------------------------------------------------ */

static enum act_result begin_copy(struct act *act)
{
	int64_t disk = volume_find(act->sim, act->vm.id, act->command->volume);
	if (disk == 0) {
		return act_fail(act, "InvalidState", "The VM has no such disk");
	}
	int64_t bytes = volume_snapshot_size(act->sim, disk);
	if (is_neither(act, POWER_STOPPED, POWER_STOPPED) || act_storage_is_gone(act) ||
		act_space_is_short(act, bytes)) {
		return ACT_ANSWERED;
	}
	int64_t made = volume_snapshot_begin(
		act->sim, disk, act->command->volume_snapshot, act->command->name_of_copy);
	return act_begin_job(
		act, (struct job_request){.kind = JOB_COPY, .volume_snapshot = made, .bytes = bytes}, "running");
}

enum act_result act_create_volume_snapshot(struct act *act)
{
	int64_t made = volume_snapshot_find(act->sim, act->vm.uuid, act->command->volume_snapshot);
	if (made > 0) {
		return act_succeed(act, volume_snapshot_made(act->sim, made));
	}
	if (made < 0) {
		return act_fail(act, "InvalidState", "The volume snapshot of this id is another VM's");
	}
	/* at a later step: it was made, and somebody has deleted it since */
	return act_is_at(act, "intent") ? begin_copy(act)
					: act_fail(act, "HostError", "The volume snapshot is not there any more");
}

enum act_result act_delete_volume_snapshot(struct act *act)
{
	int64_t made = volume_snapshot_find(act->sim, act->command->vm_uuid, act->command->volume_snapshot);
	if (made <= 0) {
		return act_succeed(act, NULL);
	}
	if (act_storage_is_gone(act)) {
		return ACT_ANSWERED;
	}
	volume_snapshot_delete(act->sim, made);
	return act_did_it(act);
}
