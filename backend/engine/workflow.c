#include "backend/engine/internal.h"

#include <assert.h>

#include "backend/base/attributes.h"
#include "backend/base/memory.h"

/*
 * The workflows, as the specification says them (C1, V1-V5, D1-D3, X2-X4, P1-P5, D6). One row a step:
 *
 *   needed   whether this operation needs the step at all; NULL: always
 *   run      what it does to the store; NULL: nothing
 *   command  what it asks of the host; NULL: nothing. The row is committed at this step, with `sent`, before the
 *            command leaves, and the operation waits there for the answer.
 *   commits  the step after it begins in a transaction of its own
 *
 * What must hold: the transaction that moves a row to a step has also written everything of the steps before it, so a
 * row is never ahead of its effects, nor a host ahead of the row. A step that is run again after a crash finds the
 * rows as they were when it ran first.
 */
struct workflow_step {
	enum operation_step step;
	bool (*needed)(const struct engine *engine, const struct run *run, const struct scene *scene);
	enum hv_status (*run)(STEP_PARAMETERS);
	enum agent_command_kind (*command)(const struct operation *row);
	bool commits;
};

struct workflow {
	/* It acts on what the guest runs now: long after an interruption nobody wants it any more. */
	bool goes_stale;
	struct workflow_step steps[STEP_COUNT]; /* ends with STEP_FINISH */
};

static enum agent_command_kind create_command(const struct operation *row)
{
	(void)row;
	return AGENT_CREATE_VM_SNAPSHOT;
}

static enum agent_command_kind revert_command(const struct operation *row)
{
	(void)row;
	return AGENT_REVERT_TO_VM_SNAPSHOT;
}

static enum agent_command_kind delete_command(const struct operation *row)
{
	(void)row;
	return AGENT_DELETE_VM_SNAPSHOT;
}

static enum agent_command_kind power_command(const struct operation *row)
{
	return row->kind == OPERATION_START_VM ? AGENT_START : AGENT_STOP;
}

/* All else sends one command, whatever its row says. */
static enum agent_command_kind fixed_command(const struct operation *row)
{
	static const enum agent_command_kind kinds[OPERATION_KIND_COUNT] = {
		[OPERATION_EXPORT_VM] = AGENT_EXPORT_VM,
		[OPERATION_REMOVE_VM] = AGENT_REMOVE_VM,
		[OPERATION_DESTROY_VM] = AGENT_DESTROY,
		[OPERATION_ATTACH_VOLUME] = AGENT_ATTACH,
		[OPERATION_DETACH_VOLUME] = AGENT_DETTACH,
		[OPERATION_RESIZE_VOLUME] = AGENT_RESIZE_VOLUME,
		[OPERATION_SCALE_VM] = AGENT_SCALE_VM,
		[OPERATION_CREATE_VOLUME_SNAPSHOT] = AGENT_CREATE_VOLUME_SNAPSHOT,
		[OPERATION_DELETE_VOLUME_SNAPSHOT] = AGENT_DELETE_VOLUME_SNAPSHOT,
	};
	return kinds[row->kind];
}

/* X2: no state of the VM is held; the one live operation (X1) keeps everybody else away. */
#define VOLUME_STEPS(check, record)                                                                        \
	{                                                                                                  \
		{STEP_CHECK, .run = (check)}, {STEP_SEND, .command = fixed_command},                       \
		{STEP_RECORD, .run = (record)}, {STEP_FINISH, .run = step_finish},                         \
	}

static enum agent_command_kind import_command(const struct operation *row)
{
	(void)row;
	return AGENT_IMPORT_VM;
}

static enum agent_command_kind cancel_export_command(const struct operation *row)
{
	(void)row;
	return AGENT_CANCEL_EXPORT;
}

/* clang-format off */
static const struct workflow workflows[] = {
	[OPERATION_CREATE_SNAPSHOT] = {.steps = {
		{STEP_CHECK,      .run = create_check},
		{STEP_ALLOCATE,   .run = create_allocate, .commits = true},
		{STEP_BEGIN,      .run = create_begin},
		{STEP_SEND,       .command = create_command},
		{STEP_RECORD,     .run = create_record},
		{STEP_FINISH,     .run = step_finish},
	}},
	[OPERATION_REVERT_SNAPSHOT] = {.goes_stale = true, .steps = {
		{STEP_CHECK,      .run = revert_check},
		{STEP_PREPARE_VM, .needed = revert_needs_preparation, .run = revert_prepare,
		                  .command = revert_preparation},
		{STEP_BEGIN,      .run = revert_begin},
		{STEP_SEND,       .command = revert_command},
		{STEP_RECORD,     .run = revert_record},
		{STEP_FINISH,     .run = step_finish},
	}},
	[OPERATION_DELETE_SNAPSHOT] = {.steps = {
		{STEP_CHECK,      .run = delete_check},
		{STEP_BEGIN,      .run = delete_begin},
		{STEP_SEND,       .command = delete_command},
		{STEP_RECORD,     .run = delete_record},
		{STEP_FINISH,     .run = step_finish},
	}},
	[OPERATION_START_VM] = {.goes_stale = true, .steps = {
		{STEP_CHECK,      .run = power_check},
		{STEP_PREPARE_VM, .needed = start_needs_import, .run = start_import, .command = import_command},
		{STEP_BEGIN,      .run = power_begin},
		{STEP_SEND,       .command = power_command},
		{STEP_FINISH,     .run = power_finish},
	}},
	[OPERATION_STOP_VM] = {.goes_stale = true, .steps = {
		{STEP_CHECK,      .run = power_check},
		{STEP_BEGIN,      .needed = power_is_due, .run = power_begin},
		{STEP_SEND,       .needed = power_is_due, .command = power_command},
		{STEP_FINISH,     .run = power_finish},
	}},
	[OPERATION_EXPORT_VM] = {.steps = {
		{STEP_CHECK,      .run = export_check},
		{STEP_BEGIN,      .needed = export_is_due, .run = export_begin},
		{STEP_SEND,       .needed = export_is_due, .command = fixed_command},
		{STEP_RECORD,     .run = export_record},
		{STEP_UNDO,       .needed = export_is_undone, .command = cancel_export_command},
		{STEP_FINISH,     .run = export_finish},
	}},
	[OPERATION_REMOVE_VM] = {.steps = {
		{STEP_CHECK,      .run = removal_check},
		{STEP_BEGIN,      .run = removal_begin},
		{STEP_SEND,       .command = fixed_command},
		{STEP_RECORD,     .run = removal_record},
		{STEP_FINISH,     .run = step_finish},
	}},
	[OPERATION_DESTROY_VM] = {.steps = {
		{STEP_CHECK,      .run = destroy_check},
		{STEP_BEGIN,      .run = destroy_begin},
		{STEP_SEND,       .command = fixed_command},
		{STEP_RECORD,     .run = destroy_record},
		{STEP_FINISH,     .run = step_finish},
	}},
	[OPERATION_ATTACH_VOLUME] = {.steps = VOLUME_STEPS(volume_check, volume_record)},
	[OPERATION_DETACH_VOLUME] = {.steps = VOLUME_STEPS(volume_check, volume_record)},
	[OPERATION_RESIZE_VOLUME] = {.steps = VOLUME_STEPS(volume_check, volume_record)},
	[OPERATION_SCALE_VM] = {.steps = VOLUME_STEPS(scale_check, scale_record)},
	[OPERATION_CREATE_VOLUME_SNAPSHOT] = {.steps = {
		{STEP_CHECK,      .run = copy_check},
		{STEP_ALLOCATE,   .run = copy_allocate, .commits = true},
		{STEP_BEGIN,      .run = copy_begin},
		{STEP_SEND,       .command = fixed_command},
		{STEP_RECORD,     .run = copy_record},
		{STEP_FINISH,     .run = step_finish},
	}},
	[OPERATION_DELETE_VOLUME_SNAPSHOT] = {.steps = {
		{STEP_CHECK,      .run = copy_delete_check},
		{STEP_BEGIN,      .run = copy_delete_begin},
		{STEP_SEND,       .command = fixed_command},
		{STEP_RECORD,     .run = copy_delete_record},
		{STEP_FINISH,     .run = step_finish},
	}},
};
/* clang-format on */
static_assert(HV_ARRAY_LEN(workflows) == OPERATION_KIND_COUNT, "a workflow for every kind");

/* The row's step in its workflow; NULL when the workflow has no such step. */
static const struct workflow_step *find_step(const struct operation *row)
{
	if ((size_t)row->kind >= OPERATION_KIND_COUNT) {
		return NULL;
	}
	const struct workflow_step *step = workflows[row->kind].steps;
	for (; step->step != row->step; step++) {
		if (step->step == STEP_FINISH) {
			return NULL;
		}
	}
	return step;
}

bool workflow_command(const struct operation *row, enum agent_command_kind *ret_kind)
{
	const struct workflow_step *step = find_step(row);
	if (!step || !step->command) {
		return false;
	}
	*ret_kind = step->command(row);
	return true;
}

bool workflow_is_stale(const struct engine *engine, const struct run *run)
{
	return workflows[run->row.kind].goes_stale && run->interrupted &&
	       engine_wall_us(engine) - run->row.updated_us > ENGINE_STALE_US;
}

static enum hv_status refuse_stale(const struct operation *row, struct hv_error *err)
{
	bool has_preparation = row->kind == OPERATION_REVERT_SNAPSHOT || row->kind == OPERATION_START_VM;
	bool prepared = has_preparation && row->step == STEP_BEGIN;
	return hv_error_set(err, HV_ERR_TIMEOUT,
		"it was interrupted for more than 5 minutes before the host was asked, so it was not begun any "
		"more%s",
		prepared ? " (the VM had been made ready for it)" : "");
}

/* It waited, and its host does not have the VM any more: "absent" from there would be taken for "done". */
static enum hv_status refuse_moved(const struct scene *scene, struct hv_error *err)
{
	return hv_error_set(err, HV_ERR_CONFLICT,
		"VM '%s' has moved to another host since this was asked for; look at it and ask again", scene->vm_name);
}

static void leave_command(struct operation *row)
{
	row->sent = false;
	row->unknown = false;
	row->percent = -1;
	hv_replace_string(&row->phase, NULL);
}

/*
 * Run steps from the row's on. Returns with the row standing at a step that acts on the host (`sent` is set, commit
 * and send), at the first step after a `commits` one (commit and call again), or with the operation ended. With an
 * answer, the row's step has been acted on and the one after it runs.
 */
enum hv_status workflow_run(STEP_PARAMETERS)
{
	struct operation *row = &run->row;
	const struct workflow_step *step = find_step(row);
	if (!step) {
		return hv_error_set(err, HV_ERR_INVALID, "its row stands at the step '%s', which it does not have",
			operation_step_name(row->step));
	}
	if (!answer && row->step <= STEP_BEGIN && scene->vm.host_id != row->host_id) {
		return refuse_moved(scene, err);
	}
	if (row->snapshot_id != 0 && !scene->has_snapshot) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "the snapshot does not exist any more");
	}
	if (row->volume_snapshot_id != 0 && !scene->has_copy) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "the volume snapshot does not exist any more");
	}
	if (answer) {
		leave_command(row);
		step++;
	}
	for (;; step++) {
		row->step = step->step;
		if (row->step <= STEP_BEGIN && workflow_is_stale(engine, run)) {
			return refuse_stale(row, err);
		}
		if (step->needed && !step->needed(engine, run, scene)) {
			continue;
		}
		enum hv_status status =
			step->run ? step->run(engine, run, scene, answer, err) : HV_OK;
		if (status != HV_OK) {
			return status;
		}
		if (step->command) {
			row->sent = true;
			return HV_OK;
		}
		if (step->step == STEP_FINISH) {
			return HV_OK;
		}
		if (step->commits) {
			row->step = step[1].step;
			return HV_OK;
		}
	}
}
