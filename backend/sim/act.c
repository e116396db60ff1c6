#include "backend/sim/act.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "backend/sim/faults.h"

enum act_result act_succeed(struct act *act, json_t *take_body)
{
	*act->ret_answer = answer_well(take_body);
	return ACT_ANSWERED;
}

enum act_result act_fail(struct act *act, const char *code, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	*act->ret_answer = answer_failed(code, "%s", text);
	return ACT_ANSWERED;
}

bool act_is_at(const struct act *act, const char *step)
{
	return strcmp(act->entry->step, step) == 0;
}

bool act_dies(struct act *act, const char *place)
{
	return fault_take(act->sim, FAULT_DIE_MID, act->command->name, place, NULL);
}

enum act_result act_begin_job(struct act *act, struct job_request request, const char *step)
{
	request.vm = act->vm.id;
	request.operation = act->command->operation;
	request.command = act->command->name;
	job_start(act->sim, &request, host_now(act->sim));
	journal_set_step(act->sim, act->command, step);
	return act_dies(act, "running") ? ACT_DIES : ACT_GOES_ON;
}

enum act_result act_did_it(struct act *act)
{
	journal_set_step(act->sim, act->command, "applied");
	return ACT_GOES_ON;
}

bool act_storage_is_gone(struct act *act)
{
	if (!fault_stands(act->sim, FAULT_STORAGE_GONE)) {
		return false;
	}
	(void)act_fail(act, "StorageGone", "The primary storage cannot be reached. (0x800703EE)");
	return true;
}

bool act_space_is_short(struct act *act, int64_t bytes)
{
	if (host_free_bytes(act->sim) > bytes) {
		return false;
	}
	(void)act_fail(act, "DiskFull", "There is not enough space on the disk. (0x80070070)");
	return true;
}
