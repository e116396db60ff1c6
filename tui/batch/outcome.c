#include "tui/batch/outcome.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tui/batch/progress.h"
#include "tui/batch/table.h"

/* How long operations that the preview foretold may stay away after all others have ended. */
#define MISSING_GRACE_US (1 * HV_SECOND_US)
#define SENT_GRACE_US (2 * HV_SECOND_US)
#define SUMMARY_GRACE_US (1 * HV_SECOND_US)

static bool has_ended(const struct hv_operation *operation)
{
	return operation->state != OPERATION_QUEUED && operation->state != OPERATION_RUNNING;
}

static bool seen_anything(void *context, const struct hv_event *event)
{
	(void)context;
	(void)event;
	return true;
}

static int64_t now_us(void)
{
	struct hv_clock clock = hv_clock_system();
	return hv_clock_monotonic_us(&clock);
}

static bool host_is_lost(const struct batch *batch, const struct hv_uuid *id)
{
	const struct hv_host *host = overview_host(&batch->session.overview, id);
	return host && host->state != HOST_UP; /* between two tries it is Connecting */
}

/* ---- what the overview says about a group ---- */

struct tally {
	struct outcome outcome;
	size_t ended;
	bool unknown;
	bool under_way; /* something was sent, or nothing is left to send */
	bool aside_live; /* an export that is no part of the act goes on */
	const struct hv_operation *running; /* borrowed; NULL: none */
};

static void count_operation(struct tally *tally, const struct hv_operation *operation)
{
	struct outcome *outcome = &tally->outcome;
	outcome->total++;
	tally->ended += has_ended(operation);
	outcome->done += operation->state == OPERATION_DONE;
	outcome->cancelled += operation->state == OPERATION_CANCELLED;
	tally->unknown = tally->unknown || (operation->unknown && !has_ended(operation));
	if (operation->state == OPERATION_RUNNING) {
		tally->running = operation;
		tally->under_way = tally->under_way || operation->step >= STEP_SEND;
	}
	if (operation->state == OPERATION_FAILED) {
		outcome->failed++;
	}
	bool refused = operation->state == OPERATION_FAILED || operation->state == OPERATION_CANCELLED;
	if (refused && (outcome->error.status == HV_OK || operation->state == OPERATION_FAILED)) {
		enum hv_status status = operation->status == HV_OK ? HV_ERR_CANCELLED : operation->status;
		hv_error_set(&outcome->error, status, "%s",
			operation->error ? operation->error : "it was taken back before it began");
	}
	if (hv_uuid_is_nil(&outcome->snapshot)) {
		outcome->snapshot = operation->snapshot;
	}
	if (!hv_uuid_is_nil(&operation->volume)) {
		outcome->volume = operation->volume;
	}
	if (!hv_uuid_is_nil(&operation->volume_snapshot)) {
		outcome->volume_snapshot = operation->volume_snapshot;
	}
}

static void count_aside(struct tally *tally, const struct hv_operation *operation)
{
	tally->aside_live = tally->aside_live || !has_ended(operation);
	if (operation->state == OPERATION_RUNNING) {
		tally->running = operation;
	}
}

static struct tally take_tally(const struct batch *batch, const struct wait_for *what)
{
	struct tally tally = {0};
	const struct overview_index *operations = &batch->session.overview.operations;
	for (size_t i = 0; i < operations->count; i++) {
		const struct hv_operation *operation = operations->entries[i].operation;
		if (!hv_uuid_equal(&operation->group, &what->group)) {
			continue;
		}
		if (what->export_aside && operation->kind == OPERATION_EXPORT_VM) {
			count_aside(&tally, operation);
		} else {
			count_operation(&tally, operation);
		}
	}
	tally.under_way = tally.under_way || (tally.outcome.total > 0 && tally.ended == tally.outcome.total);
	return tally;
}

/* ---- progress ---- */

static void show_progress(
	struct progress *progress, const char *label, const struct hv_operation *running, size_t ended, size_t total)
{
	if (!progress->shown) {
		return;
	}
	struct hv_text line = HV_TEXT_INIT;
	hv_text_puts(&line, label);
	if (total > 1) {
		hv_text_printf(&line, " (%zu of %zu done)", ended, total);
	}
	if (running) {
		HV_CLEANUP_FREE char *phase = running->phase ? printable(running->phase) : NULL;
		hv_text_printf(&line, ": %s", phase ? phase : operation_step_name(running->step));
		if (running->percent >= 0) {
			hv_text_printf(&line, " %" PRId64 " %%", running->percent);
		}
		hv_text_puts(&line, running->unknown ? ", host lost, outcome unknown" : "");
	}
	progress_show(progress, hv_text_get(&line));
	hv_text_clear(&line);
}

/* ---- the wait ---- */

/* A condition that may last for a while before it ends the wait. */
struct grace {
	int64_t until_us; /* 0: the condition does not hold */
};

/* True when the condition has held for too long. */
static bool grace_is_over(struct grace *grace, bool holds, int64_t length_us)
{
	if (!holds) {
		grace->until_us = 0;
		return false;
	}
	if (grace->until_us == 0) {
		grace->until_us = now_us() + length_us;
	}
	return now_us() >= grace->until_us;
}

static int64_t sooner(int64_t timeout_us, const struct grace *grace)
{
	if (grace->until_us == 0) {
		return timeout_us;
	}
	int64_t left_us = grace->until_us - now_us();
	left_us = left_us < 0 ? 0 : left_us;
	return left_us < timeout_us ? left_us : timeout_us;
}

struct group_wait {
	struct grace lost;
	struct grace missing;
	struct grace sent;
};

/* Whether the wait is over, and how it ended. */
static bool is_over(struct batch *batch, const struct wait_for *what, struct group_wait *wait,
	const struct tally *tally, enum outcome_end *ret_end)
{
	bool all_ended = tally->outcome.total > 0 && tally->ended == tally->outcome.total && !tally->aside_live;
	bool complete = all_ended && tally->outcome.total >= what->expected;
	bool missing = grace_is_over(&wait->missing, all_ended && !complete, MISSING_GRACE_US);
	if (complete || missing) {
		*ret_end = OUTCOME_ENDED;
		return true;
	}
	bool lost = tally->unknown || host_is_lost(batch, &what->host);
	if (grace_is_over(&wait->lost, lost, batch->lost_grace_us)) {
		*ret_end = tally->unknown ? OUTCOME_UNKNOWN : OUTCOME_HOST_LOST;
		return true;
	}
	bool late = grace_is_over(&wait->sent, what->until_sent, SENT_GRACE_US);
	*ret_end = OUTCOME_ACCEPTED;
	return what->until_sent && (late || tally->under_way);
}

void outcome_of_group(struct batch *batch, const struct wait_for *what, struct outcome *ret_outcome)
{
	struct progress progress;
	struct group_wait wait = {{0}, {0}, {0}};
	struct tally tally = take_tally(batch, what);
	enum outcome_end end = OUTCOME_ENDED;
	progress_init(&progress);
	while (!is_over(batch, what, &wait, &tally, &end)) {
		size_t total = tally.outcome.total > what->expected ? tally.outcome.total : what->expected;
		show_progress(&progress, what->label, tally.running, tally.ended, total);
		int64_t timeout_us = sooner(sooner(sooner(HV_NEVER, &wait.lost), &wait.missing), &wait.sent);
		struct hv_error error;
		enum hv_status status = session_wait(&batch->session, seen_anything, NULL, timeout_us, &error);
		tally = take_tally(batch, what);
		if (status == HV_ERR_CANCELLED) {
			end = OUTCOME_INTERRUPTED;
			break;
		}
		if (status != HV_OK && status != HV_ERR_TIMEOUT) {
			end = OUTCOME_BROKEN;
			tally.outcome.error = error;
			break;
		}
	}
	progress_clear(&progress);
	*ret_outcome = tally.outcome;
	ret_outcome->end = end;
}

/* ---- for sync ---- */

static size_t live_on_host(
	const struct batch *batch, const struct hv_uuid *host, const struct hv_operation **ret_running)
{
	size_t count = 0;
	const struct overview_index *operations = &batch->session.overview.operations;
	*ret_running = NULL;
	for (size_t i = 0; i < operations->count; i++) {
		const struct hv_operation *operation = operations->entries[i].operation;
		if (hv_uuid_equal(&operation->host, host) && !has_ended(operation)) {
			*ret_running = operation->state == OPERATION_RUNNING ? operation : *ret_running;
			count++;
		}
	}
	return count;
}

enum hv_status outcome_of_host(
	struct batch *batch, const struct hv_uuid *host, const char *label, struct hv_error *err)
{
	struct progress progress;
	struct grace lost = {0};
	enum hv_status status = HV_OK;
	size_t live, most = 0;
	const struct hv_operation *running;
	progress_init(&progress);
	while (status == HV_OK && (live = live_on_host(batch, host, &running)) > 0) {
		most = live > most ? live : most;
		show_progress(&progress, label, running, most - live, most);
		if (grace_is_over(&lost, host_is_lost(batch, host), batch->lost_grace_us)) {
			status = hv_error_set(err, HV_ERR_UNKNOWN_OUTCOME,
				"the host was lost again; %zu operations on it are open, run 'hvtree sync' when it is back",
				live);
			break;
		}
		status = session_wait(&batch->session, seen_anything, NULL, sooner(HV_NEVER, &lost), err);
		status = status == HV_ERR_TIMEOUT ? HV_OK : status;
	}
	progress_clear(&progress);
	return status;
}

/* ---- the VM afterwards ---- */

const struct hv_vm *outcome_vm(struct batch *batch, const struct hv_uuid *vm_id)
{
	struct grace grace = {0};
	session_round_trip(&batch->session);
	const struct hv_vm *vm = overview_vm(&batch->session.overview, vm_id);
	while (vm && !grace_is_over(&grace, !hv_uuid_is_nil(&vm->operation), SUMMARY_GRACE_US) && grace.until_us) {
		struct hv_error error;
		enum hv_status status =
			session_wait(&batch->session, seen_anything, NULL, sooner(HV_NEVER, &grace), &error);
		vm = overview_vm(&batch->session.overview, vm_id);
		if (status != HV_OK && status != HV_ERR_TIMEOUT) {
			break;
		}
	}
	return vm;
}
