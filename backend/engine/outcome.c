#include "backend/engine/internal.h"

#include <assert.h>
#include <stdlib.h>

#include "backend/base/memory.h"
#include "backend/domain/snapshot_state.h"
#include "backend/domain/vm_state.h"

enum hv_status outcome_audit(
	struct engine *engine, const struct operation *row, const char *details, struct hv_error *err)
{
	struct store *store = engine->config.store;
	return store->ops->event_insert(store, engine_wall_us(engine), row->requested_by,
		operation_kind_name(row->kind), details, row->vm_id, row->snapshot_id, row->status, err);
}

enum hv_status outcome_record_vm(STEP_PARAMETERS)
{
	struct store *store = engine->config.store;
	if (answer->has_vm && hv_uuid_equal(&answer->vm.uuid, &scene->vm.uuid)) {
		if (answer->replayed) { /* it tells how things were then */
			sync_want_inventory(engine, run->row.host_id);
		}
		return observe_vm(engine, &scene->vm, &answer->vm, OBSERVE_OWN, err);
	}
	sync_want_inventory(engine, run->row.host_id);
	if (!vm_state_is_transitional(scene->vm.state)) {
		return HV_OK;
	}
	scene->vm.power_state = VM_UNKNOWN; /* V4: reported, never guessed */
	return store->ops->vm_save(store, &scene->vm, err);
}

static enum hv_status end_vm(struct engine *engine, struct scene *scene, struct hv_error *err)
{
	if (!vm_state_is_transitional(scene->vm.state)) {
		return HV_OK; /* this operation did not hold it */
	}
	return scene_move_vm(engine, scene, vm_event_ended(scene->vm.power_state), err);
}

static void end_row(struct engine *engine, struct operation *row, enum operation_state state,
	enum hv_status status, char *take_error)
{
	row->state = state;
	row->unknown = false;
	row->status = status;
	free(row->error);
	row->error = take_error;
	row->finished_us = engine_wall_us(engine);
	row->percent = -1;
	hv_replace_string(&row->phase, NULL);
}

/* V1, V2: how the VM must be after a revert, a start or a stop. */
static bool ended_as_wanted(const struct operation *row, const struct scene *scene)
{
	switch (row->kind) {
	case OPERATION_REVERT_SNAPSHOT:
		return scene->vm.state ==
		       (row->type == SNAPSHOT_DISK_AND_MEMORY ? VM_RUNNING : VM_STOPPED);
	case OPERATION_START_VM:
		return scene->vm.state == VM_RUNNING;
	case OPERATION_STOP_VM:
		return scene->vm.state == VM_STOPPED;
	case OPERATION_REMOVE_VM:
		return scene->vm.unregistered;
	case OPERATION_EXPORT_VM:
	case OPERATION_DESTROY_VM:
	case OPERATION_CREATE_SNAPSHOT:
	case OPERATION_DELETE_SNAPSHOT:
	case OPERATION_ATTACH_VOLUME:
	case OPERATION_DETACH_VOLUME:
	case OPERATION_RESIZE_VOLUME:
	case OPERATION_SCALE_VM:
	case OPERATION_CREATE_VOLUME_SNAPSHOT:
	case OPERATION_DELETE_VOLUME_SNAPSHOT:
	case OPERATION_KIND_COUNT:
		break;
	}
	return true;
}

enum hv_status step_finish(STEP_PARAMETERS)
{
	(void)answer;
	struct operation *row = &run->row;
	enum hv_status status = HV_OK;
	if (scene->has_snapshot) {
		status = scene_move_snapshot(engine, scene, SNAPSHOT_EVENT_OPERATION_SUCCEEDED, err);
	}
	if (status == HV_OK && scene->has_copy) {
		status = scene_move_copy(engine, scene, SNAPSHOT_EVENT_OPERATION_SUCCEEDED, err);
	}
	if (status == HV_OK) {
		status = end_vm(engine, scene, err);
	}
	if (status != HV_OK) {
		return status;
	}
	end_row(engine, row, OPERATION_DONE, HV_OK, NULL);
	char *subject = sentence_subject(row, scene, true);
	if (ended_as_wanted(row, scene)) {
		engine_say(engine, false, "%s", subject);
	} else {
		engine_say(engine, true, "%s, but the host says that the VM is %s", subject,
			vm_state_name(scene->vm.state));
	}
	status = outcome_audit(engine, row, subject, err);
	free(subject);
	return status;
}

/* The snapshot's end after a failure; an Allocated row is taken back by the caller (C2). */
static enum hv_status fail_snapshot(struct engine *engine, struct scene *scene, struct hv_error *err)
{
	switch (scene->snapshot.state) {
	case SNAPSHOT_CREATING:
	case SNAPSHOT_REVERTING:
	case SNAPSHOT_EXPUNGING:
		return scene_move_snapshot(engine, scene, SNAPSHOT_EVENT_OPERATION_FAILED, err);
	case SNAPSHOT_ALLOCATED:
	case SNAPSHOT_READY:
	case SNAPSHOT_REMOVED:
	case SNAPSHOT_ERROR:
	case SNAPSHOT_STATE_COUNT:
		break;
	}
	return HV_OK;
}

/* The same for a volume snapshot. */
static enum hv_status fail_copy(struct engine *engine, struct scene *scene, struct hv_error *err)
{
	enum snapshot_state state = scene->copy.state;
	bool transient = state == SNAPSHOT_CREATING || state == SNAPSHOT_EXPUNGING;
	return transient ? scene_move_copy(engine, scene, SNAPSHOT_EVENT_OPERATION_FAILED, err) : HV_OK;
}

/* Whether the operation's own Allocated row goes with it; to one that waits behind it the row is only a target. */
static bool takes_row_back(const struct operation *row, const struct scene *scene)
{
	return row->kind == OPERATION_CREATE_SNAPSHOT && scene->has_snapshot &&
	       scene->snapshot.state == SNAPSHOT_ALLOCATED;
}

static bool takes_copy_back(const struct operation *row, const struct scene *scene)
{
	return row->kind == OPERATION_CREATE_VOLUME_SNAPSHOT && scene->has_copy &&
	       scene->copy.state == SNAPSHOT_ALLOCATED;
}

/* Write the ended row; C2: an Allocated row goes in the same transaction. */
static enum hv_status save_ended(
	struct engine *engine, struct run *run, struct scene *scene, struct hv_error *err)
{
	struct store *store = engine->config.store;
	bool allocated = takes_row_back(&run->row, scene);
	int64_t snapshot_id = run->row.snapshot_id;
	bool copy_allocated = takes_copy_back(&run->row, scene);
	int64_t copy_id = run->row.volume_snapshot_id;
	if (allocated) {
		run->row.snapshot_id = 0;
	}
	if (copy_allocated) {
		run->row.volume_snapshot_id = 0;
	}
	enum hv_status status = run_save(engine, run, err);
	if (status == HV_OK && allocated) {
		status = store->ops->snapshot_discard(store, snapshot_id, err);
	}
	if (status == HV_OK && copy_allocated) {
		status = store->ops->volume_snapshot_discard(store, copy_id, err);
	}
	return status == HV_OK ? outcome_audit(engine, &run->row, run->row.error, err) : status;
}

static enum hv_status settle_failure(struct engine *engine, struct run *run, struct scene *scene,
	const struct agent_answer *answer, struct hv_error *err)
{
	enum hv_status status =
		answer ? outcome_record_vm(engine, run, scene, answer, err) : HV_OK;
	if (status == HV_OK && scene->has_snapshot) {
		status = fail_snapshot(engine, scene, err);
	}
	if (status == HV_OK && scene->has_copy) {
		status = fail_copy(engine, scene, err);
	}
	if (status == HV_OK) {
		status = end_vm(engine, scene, err);
	}
	if (takes_row_back(&run->row, scene)) {
		scene->has_snapshot = false; /* for the sentence: it will not exist */
	}
	if (takes_copy_back(&run->row, scene)) {
		scene->has_copy = false;
	}
	return status;
}

/* What was not begun because of what the VM does now was not tried in vain. */
static enum operation_state state_of_failure(
	const struct operation *row, enum hv_status reason_status, const struct agent_answer *answer)
{
	bool begun = row->sent || answer;
	return reason_status == HV_ERR_CANCELLED && !begun ? OPERATION_CANCELLED : OPERATION_FAILED;
}

enum hv_status outcome_fail_here(struct engine *engine, struct run *run, struct scene *scene,
	enum hv_status reason_status, const char *reason, const struct agent_answer *answer,
	struct hv_error *err)
{
	bool had_snapshot = scene->has_snapshot;
	bool had_copy = scene->has_copy;
	enum hv_status status = settle_failure(engine, run, scene, answer, err);
	if (status != HV_OK) {
		return status;
	}
	char *sentence = sentence_of_failure(&run->row, scene, reason, answer);
	engine_say(engine, true, "%s", sentence);
	end_row(engine, &run->row, state_of_failure(&run->row, reason_status, answer), reason_status, sentence);
	scene->has_snapshot = had_snapshot;
	scene->has_copy = had_copy;
	return save_ended(engine, run, scene, err);
}

void outcome_fail(struct engine *engine, struct run *run, enum hv_status reason_status, const char *reason,
	const struct agent_answer *answer)
{
	struct operation before;
	struct scene scene = {0};
	struct hv_error err = {0};
	operation_copy(&before, &run->row);
	enum hv_status status = engine_begin(engine, &err);
	if (status == HV_OK) {
		status = scene_load(engine, &run->row, &scene, &err);
	}
	if (status == HV_OK) {
		status = outcome_fail_here(engine, run, &scene, reason_status, reason, answer, &err);
	}
	if (status == HV_OK) {
		status = chain_go_on(engine, &run->row, &err);
	}
	status = engine_end(engine, status, &err);
	scene_clear(&scene);
	if (status == HV_OK) {
		operation_clear(&before);
		run->wait = RUN_OVER;
		chain_refresh(engine, &run->row);
		return;
	}
	operation_clear(&run->row);
	run->row = before;
	/* Not being able to write a failure is the store's failure, whatever it says: try again later. */
	run_trouble(engine, run, HV_ERR_STORE, &err, NULL);
}

enum hv_status outcome_undone(STEP_PARAMETERS)
{
	struct operation *row = &run->row;
	enum hv_status status = answer ? outcome_record_vm(engine, run, scene, answer, err) : HV_OK;
	if (status == HV_OK) {
		status = end_vm(engine, scene, err);
	}
	if (status != HV_OK) {
		return status;
	}
	bool cancelled = row->status == HV_ERR_CANCELLED;
	char *sentence = sentence_of_failure(row, scene, row->error, answer);
	engine_say(engine, !cancelled, "%s", sentence);
	end_row(engine, row, cancelled ? OPERATION_CANCELLED : OPERATION_FAILED, row->status, sentence);
	return outcome_audit(engine, row, row->error, err);
}

enum hv_status outcome_cancel(struct engine *engine, struct run *run, struct scene *scene,
	const char *reason, struct hv_error *err)
{
	char *subject = sentence_subject(&run->row, scene, false);
	char *sentence = hv_sprintf("%s: %s; nothing was changed", subject, reason);
	free(subject);
	engine_say(engine, false, "%s", sentence);
	end_row(engine, &run->row, OPERATION_CANCELLED, HV_ERR_CANCELLED, sentence);
	return save_ended(engine, run, scene, err);
}
