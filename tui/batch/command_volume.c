/* hvtree vm attach, detach, resize, scale (X2, X4). */
#include "tui/batch/commands.h"

#include "tui/batch/act.h"
#include "tui/batch/table.h"
#include "tui/batch/vm_result.h"

static int tell_usage(struct batch *batch, const char *sentence)
{
	struct hv_error error;
	hv_error_set(&error, HV_ERR_INVALID, "%s", sentence);
	return batch_fail_with(batch, &error, BATCH_USAGE);
}

static int tell_attached(struct batch *batch, const struct act_course *course, const struct outcome *outcome)
{
	(void)outcome;
	return vm_result(batch, &course->act.vm, "has the volume now");
}

static int tell_detached(struct batch *batch, const struct act_course *course, const struct outcome *outcome)
{
	(void)outcome;
	return vm_result(batch, &course->act.vm, "has the volume no more");
}

static int tell_resized(struct batch *batch, const struct act_course *course, const struct outcome *outcome)
{
	(void)outcome;
	return vm_result(batch, &course->act.vm, "has a larger volume");
}

static int tell_scaled(struct batch *batch, const struct act_course *course, const struct outcome *outcome)
{
	(void)outcome;
	HV_CLEANUP_FREE char *offering = printable(course->act.offering);
	HV_CLEANUP_FREE char *what = hv_sprintf("has the offering '%s' now", offering);
	return vm_result(batch, &course->act.vm, what);
}

int command_vm_attach(struct batch *batch)
{
	const struct arguments *arguments = batch->arguments;
	struct act_course course = {
		.act =
			{
				.kind = OPERATION_ATTACH_VOLUME,
				.path = arguments->text[OPTION_PATH],
				.size_bytes = arguments->number[OPTION_SIZE],
			},
		.verb = "attach",
		.tell = tell_attached,
	};
	return course.act.path ? act_run(batch, &course) : tell_usage(batch, "say which disk: --path PATH");
}

int command_vm_detach(struct batch *batch)
{
	struct act_course course = {
		.act = {.kind = OPERATION_DETACH_VOLUME},
		.verb = "detach",
		.volume_word = batch->arguments->operands[1],
		.tell = tell_detached,
	};
	return act_run(batch, &course);
}

int command_vm_resize(struct batch *batch)
{
	const struct arguments *arguments = batch->arguments;
	struct act_course course = {
		.act = {.kind = OPERATION_RESIZE_VOLUME, .size_bytes = arguments->number[OPTION_SIZE]},
		.verb = "resize",
		.volume_word = arguments->operands[1],
		.tell = tell_resized,
	};
	return arguments->given[OPTION_SIZE] ? act_run(batch, &course)
					     : tell_usage(batch, "say how large it shall be: --size SIZE");
}

int command_vm_scale(struct batch *batch)
{
	struct act_course course = {
		.act = {.kind = OPERATION_SCALE_VM, .offering = batch->arguments->text[OPTION_OFFERING]},
		.verb = "scale",
		.tell = tell_scaled,
	};
	return course.act.offering ? act_run(batch, &course)
				   : tell_usage(batch, "say which offering: --offering NAME");
}
