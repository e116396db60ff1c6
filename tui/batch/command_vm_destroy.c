/* hvtree vm destroy. */
#include "tui/batch/commands.h"

#include "tui/batch/act.h"
#include "tui/batch/table.h"

static int tell_destroyed(struct batch *batch, const struct act_course *course, const struct outcome *outcome)
{
	(void)outcome;
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_put_bool(&batch->json, "success", true);
		json_put_uuid(&batch->json, "id", &course->act.vm);
		json_close_object(&batch->json);
		output_puts(&batch->output, "\n");
		return BATCH_DONE;
	}
	HV_CLEANUP_FREE char *name = printable(course->vm->name);
	output_printf(&batch->output, "VM '%s' was destroyed, and its snapshots with it\n", name);
	return BATCH_DONE;
}

int command_vm_destroy(struct batch *batch)
{
	struct act_course course = {
		.act = {.kind = OPERATION_DESTROY_VM},
		.verb = "destroy",
		.asks = true,
		.tell = tell_destroyed,
	};
	return act_run(batch, &course);
}
