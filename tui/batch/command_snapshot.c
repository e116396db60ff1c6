/* hvtree snapshot create, revert, delete. */
#include "tui/batch/commands.h"

#include "tui/batch/act.h"
#include "tui/batch/objects.h"
#include "tui/batch/table.h"
#include "tui/batch/vm_result.h"

static int tell_usage(struct batch *batch, const char *sentence)
{
	struct hv_error error;
	hv_error_set(&error, HV_ERR_INVALID, "%s", sentence);
	return batch_fail_with(batch, &error, BATCH_USAGE);
}

static const char *operand(const struct batch *batch, size_t index)
{
	return index < batch->arguments->operand_count ? batch->arguments->operands[index] : NULL;
}

/* ---- create ---- */

static enum hv_status read_created(struct batch *batch, const struct outcome *outcome,
	const struct hv_snapshot_page **ret_page, struct hv_error *err)
{
	struct hv_snapshot_query query = {.state = -1, .type = -1, .ids = &outcome->snapshot, .id_count = 1};
	enum hv_status status = session_snapshots(&batch->session, &query, ret_page, err);
	if (status == HV_OK && (*ret_page)->count == 0) {
		hv_snapshot_page_unref(*ret_page);
		return hv_error_set(err, HV_ERR_NOT_FOUND, "the snapshot was taken, but somebody has deleted it already");
	}
	return status;
}

static int tell_created(struct batch *batch, const struct act_course *course, const struct outcome *outcome)
{
	const struct hv_snapshot_page *page;
	struct hv_error error;
	(void)course;
	if (read_created(batch, outcome, &page, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	const struct hv_snapshot *snapshot = &page->rows[0];
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_open_object(&batch->json, "vmSnapshot");
		json_put_snapshot(&batch->json, snapshot);
		json_close_object(&batch->json);
		json_close_object(&batch->json);
		output_puts(&batch->output, "\n");
	} else {
		char id[HV_UUID_TEXT_SIZE];
		HV_CLEANUP_FREE char *name = printable(snapshot->display_name);
		HV_CLEANUP_FREE char *vm = printable(snapshot->vm_name);
		output_printf(&batch->output, "took %s snapshot '%s' of VM '%s': %s\n",
			snapshot_type_name(snapshot->type), name, vm, hv_uuid_format(&snapshot->id, id));
	}
	hv_snapshot_page_unref(page);
	return BATCH_DONE;
}

int command_snapshot_create(struct batch *batch)
{
	const struct arguments *arguments = batch->arguments;
	struct act_course course = {
		.act =
			{
				.kind = OPERATION_CREATE_SNAPSHOT,
				.type = arguments->given[OPTION_MEMORY] ? SNAPSHOT_DISK_AND_MEMORY : SNAPSHOT_DISK,
				.name = arguments->text[OPTION_NAME],
				.description = arguments->text[OPTION_DESCRIPTION],
				.quiesce = arguments->given[OPTION_QUIESCE],
			},
		.verb = "snapshot",
		.tell = tell_created,
	};
	return act_run(batch, &course);
}

/* ---- revert ---- */

static int tell_reverted(struct batch *batch, const struct act_course *course, const struct outcome *outcome)
{
	(void)outcome;
	HV_CLEANUP_FREE char *name = printable(course->node->name);
	HV_CLEANUP_FREE char *what = hv_sprintf("is back at snapshot '%s'%s", name,
		course->act.safety_name ? ", and 'snapshot undo' brings back what it held" : "");
	return vm_result(batch, &course->act.vm, what);
}

/* "before-revert 2026-08-22 03:13" */
static char *make_safety_name(const char *what)
{
	char time[32];
	struct hv_clock clock = hv_clock_system();
	(void)hv_format_time(hv_clock_wall_us(&clock), time);
	return hv_sprintf("before-%s %.10s %.5s", what, time, time + 11);
}

static int revert(struct batch *batch, struct act_course *course, const char *safety_of)
{
	const bool *given = batch->arguments->given;
	HV_CLEANUP_FREE char *safety_name = make_safety_name(safety_of);
	if (given[OPTION_SAFETY] && given[OPTION_NO_SAFETY]) {
		return tell_usage(batch, "say --safety or --no-safety, not both");
	}
	course->act.safety_name = given[OPTION_NO_SAFETY] ? NULL : safety_name;
	return act_run(batch, course);
}

int command_snapshot_revert(struct batch *batch)
{
	struct act_course course = {
		.act = {.kind = OPERATION_REVERT_SNAPSHOT},
		.verb = "revert",
		.snapshot_word = operand(batch, 1),
		.asks = true,
		.tell = tell_reverted,
	};
	return revert(batch, &course, "revert");
}

int command_snapshot_undo(struct batch *batch)
{
	struct act_course course = {
		.act = {.kind = OPERATION_REVERT_SNAPSHOT, .undo = true},
		.verb = "undo",
		.asks = true,
		.tell = tell_reverted,
	};
	return revert(batch, &course, "undo");
}

/* ---- delete ---- */

static int tell_deleted(struct batch *batch, const struct act_course *course, const struct outcome *outcome)
{
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_put_bool(&batch->json, "success", true);
		json_put_integer(&batch->json, "deleted", (int64_t)outcome->done);
		json_close_object(&batch->json);
		output_puts(&batch->output, "\n");
	} else {
		HV_CLEANUP_FREE char *vm = printable(course->vm->name);
		output_printf(&batch->output, "deleted %zu snapshot%s of VM '%s'\n", outcome->done,
			outcome->done == 1 ? "" : "s", vm);
	}
	return BATCH_DONE;
}

int command_snapshot_delete(struct batch *batch)
{
	const bool *given = batch->arguments->given;
	struct act_course course = {
		.act =
			{
				.kind = OPERATION_DELETE_SNAPSHOT,
				.all = given[OPTION_ALL],
				.subtree = given[OPTION_CHILDREN],
			},
		.verb = "delete",
		.snapshot_word = operand(batch, 1),
		.asks = true,
		.tell = tell_deleted,
	};
	if (course.act.all && course.snapshot_word) {
		return tell_usage(batch, "name a snapshot or say --all, not both");
	}
	if (!course.act.all && !course.snapshot_word) {
		return tell_usage(batch, "name a snapshot, or say --all");
	}
	if (course.act.all && course.act.subtree) {
		return tell_usage(batch, "--children goes with a snapshot, not with --all");
	}
	return act_run(batch, &course);
}
