#include "backend/sim/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/sim/acts.h"
#include "backend/sim/faults.h"
#include "backend/sim/jobs.h"
#include "backend/sim/liveness.h"
#include "backend/sim/speech.h"
#include "backend/sim/view.h"
#include "backend/sim/watch.h"

#define CALLS_MAX 1000
#define OUTPUT_MAX (32u << 20)
#define MS INT64_C(1000)

/* A journaled command that has no answer yet. */
struct call {
	struct command command;
	bool owner;
	int64_t arrived_us;
	int64_t percent, progress_us; /* as last told; -1: nothing yet */
	const char *phase;
};

struct sim_session {
	struct sim *sim;
	struct actor actor;
	enum sim_session_end state;
	struct hv_error error;
	bool input_ended, quits;
	int64_t heard_us;
	struct line_cutter cutter;
	struct line_queue in;
	struct speech speech;
	struct call **calls; /* in order of arrival */
	size_t call_count, call_capacity;
	struct watch watch;
};

static int64_t monotonic(const struct sim_session *session)
{
	return hv_clock_monotonic_us(&session->sim->options.clock);
}

static bool lives(const struct sim_session *session)
{
	return session->state == SIM_SESSION_LIVES;
}

/* The state file failed: crash only, whoever starts next goes on from what it holds. */
static bool settled(struct sim_session *session, enum hv_status status)
{
	if (status != HV_OK && lives(session)) {
		session->state = SIM_SESSION_FAILED;
	}
	return status == HV_OK;
}

/* --- answers ---------------------------------------------------------------------------------------------------- */

static void say_event(void *context, json_t *event)
{
	struct sim_session *session = context;
	say(&session->speech, event, 0);
}

/* Faults at the very end: late, or the link breaks just before the answer. */
static void say_answer(struct sim_session *session, const struct command *command, const struct answer *answer)
{
	struct sim *sim = session->sim;
	char *late = NULL;
	db_begin(&sim->db);
	int64_t vm = command->vm_uuid[0] ? vm_by_uuid(sim, command->vm_uuid) : 0;
	json_t *object = json_pack("{s:I}", "id", command->id);
	json_t *told = answer_object(sim, command->name, answer, vm);
	(void)json_object_update(object, told);
	json_decref(told);
	bool drops = fault_take(sim, FAULT_DROP_AFTER, command->name, NULL, NULL);
	(void)fault_take(sim, FAULT_LATE, command->name, NULL, &late);
	if (settled(session, db_commit(&sim->db, &session->error)) && drops) {
		session->state = SIM_SESSION_DROPPED;
	} else if (lives(session)) {
		say(&session->speech, object, late ? strtoll(late, NULL, 10) * MS : 0);
	}
	free(late);
	json_decref(object);
}

/* --- commands that only look ----------------------------------------------------------------------------------- */

static json_t *answer_inventory(struct sim_session *session)
{
	json_t *body = view_storage(session->sim);
	(void)json_object_set_new(body, "vms", view_vms(session->sim));
	watch_rebase(&session->watch, session->sim);
	return body;
}

/* An intent without an answer is "running": sent again, it waits for the end or brings it about. */
static json_t *answer_query(struct sim_session *session, const struct command *command)
{
	struct sim *sim = session->sim;
	struct journal_entry entry;
	journal_load(sim, command->operation, command->query, &entry);
	json_t *body = json_pack("{s:s}", "state", !entry.exists ? "unknown" : entry.answered ? "done" : "running");
	if (entry.answered) {
		struct answer answer = journal_recorded(sim, command->operation, command->query);
		int64_t vm = db_number(&sim->db, 0, "SELECT vm FROM journal WHERE operation = ?1 AND command = ?2",
			"ss", command->operation, command->query);
		(void)json_object_set_new(body, "answer", answer_object(sim, command->query, &answer, vm));
		answer_clear(&answer);
	}
	journal_entry_clear(&entry);
	return body;
}

static struct answer look(struct sim_session *session, const struct command *command)
{
	switch (command->kind) {
	case COMMAND_GET_INVENTORY:
		return answer_well(answer_inventory(session));
	case COMMAND_HOST_VM_STATE_REPORT:
		return answer_well(json_pack("{s:o}", "vms", view_states(session->sim)));
	case COMMAND_QUERY_OPERATION:
		return answer_well(answer_query(session, command));
	case COMMAND_QUIT:
		session->quits = true;
		break;
	default: /* Startup, Ping; the journaled ones do not come here */
		break;
	}
	return answer_well(NULL);
}

static void answer_at_once(struct sim_session *session, const struct command *command)
{
	struct sim *sim = session->sim;
	char *code = NULL;
	db_begin(&sim->db); /* one moment for the whole picture */
	jobs_advance(sim, host_now(sim));
	bool fails = fault_take(sim, FAULT_FALSE, command->name, NULL, &code);
	struct answer answer =
		fails ? answer_failed(code ? code : "HostError", "The operation failed, as the trainer asked for")
		      : look(session, command);
	if (settled(session, db_commit(&sim->db, &session->error))) {
		say_answer(session, command, &answer);
	}
	answer_clear(&answer);
	free(code);
}

/* --- in -------------------------------------------------------------------------------------------------------- */

static void add_call(struct sim_session *session, const struct command *take_command)
{
	struct call *call = hv_alloc(sizeof *call);
	*call = (struct call){.command = *take_command, .arrived_us = monotonic(session), .percent = -1};
	HV_GROW(session->calls, session->call_count, session->call_capacity);
	session->calls[session->call_count++] = call;
}

static bool drops_before(struct sim_session *session, const struct command *command)
{
	db_begin(&session->sim->db);
	bool drops = fault_take(session->sim, FAULT_DROP_BEFORE, command->name, NULL, NULL);
	if (settled(session, db_commit(&session->sim->db, &session->error)) && drops) {
		session->state = SIM_SESSION_DROPPED;
	}
	return !lives(session);
}

static void take_line(struct sim_session *session, const struct held_line *line)
{
	struct command command;
	struct command_error error = {
		.answer = "ErrorAnswer", .code = "LineTooLong", .details = "A line has at most 16 MiB"};
	if (line->too_long || !command_parse(line->bytes, line->length, &command, &error)) {
		say_error(&session->speech, &error);
		return;
	}
	if (drops_before(session, &command)) {
		command_clear(&command);
	} else if (!command_is_journaled(command.kind)) {
		answer_at_once(session, &command);
		command_clear(&command);
	} else if (session->call_count >= CALLS_MAX) {
		struct answer busy = answer_failed("Busy", "%d commands wait already", CALLS_MAX);
		say_answer(session, &command, &busy);
		answer_clear(&busy);
		command_clear(&command);
	} else {
		add_call(session, &command);
	}
}

static void keep_line(void *context, const char *bytes, size_t length)
{
	struct sim_session *session = context;
	if (bytes && strspn(bytes, " \t\r") >= length) {
		return;
	}
	char *copy = bytes ? hv_alloc(length + 1) : NULL;
	if (copy) {
		memcpy(copy, bytes, length);
	}
	line_queue_add(&session->in, copy, length, monotonic(session) + speech_latency_us(session->sim), 0);
}

void sim_session_feed(struct sim_session *session, const char *bytes, size_t length)
{
	if (lives(session) && length > 0) {
		session->heard_us = monotonic(session);
		line_cutter_feed(&session->cutter, bytes, length, keep_line, session);
	}
}

void sim_session_end_of_input(struct sim_session *session)
{
	session->input_ended = true;
}

/* --- commands that act ----------------------------------------------------------------------------------------- */

/* What acts on the VM now, but for an ExportVm, holds up a CancelExport; what waits itself does not. */
static bool holds_up(const struct call *earlier, const struct call *call)
{
	if (strcmp(earlier->command.vm_uuid, call->command.vm_uuid) != 0) {
		return false;
	}
	return call->command.kind != COMMAND_CANCEL_EXPORT ||
	       (earlier->owner && earlier->command.kind != COMMAND_EXPORT);
}

/* An earlier command for the same VM on this connection comes first. */
static bool must_wait(const struct sim_session *session, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (holds_up(session->calls[i], session->calls[index])) {
			return true;
		}
	}
	return false;
}

static void end_call(struct sim_session *session, size_t index, struct answer *answer)
{
	struct call *call = session->calls[index];
	session->call_count--;
	memmove(&session->calls[index], &session->calls[index + 1],
		(session->call_count - index) * sizeof session->calls[0]);
	if (lives(session)) {
		say_answer(session, &call->command, answer);
	}
	answer_clear(answer);
	command_clear(&call->command);
	free(call);
}

/* What was asked for before it and has not been begun is taken back with it. Returns where the CancelExport is then. */
static size_t end_cancelled(struct sim_session *session, size_t index)
{
	const struct command *cancel = &session->calls[index]->command;
	for (size_t i = index; i > 0; i--) {
		const struct call *call = session->calls[i - 1];
		if (call->command.kind == COMMAND_EXPORT && !call->owner &&
			strcmp(call->command.vm_uuid, cancel->vm_uuid) == 0 &&
			strcmp(call->command.export, cancel->export) == 0) {
			struct answer answer = answer_failed("Cancelled", "The export was cancelled");
			end_call(session, i - 1, &answer);
			index--;
		}
	}
	return index;
}

static bool waited_too_long(const struct sim_session *session, const struct call *call)
{
	return !call->owner && monotonic(session) - call->arrived_us >= SIM_SESSION_BUSY_US;
}

/* Returns whether something moved: then the other calls are worth another look. */
static bool continue_call(struct sim_session *session, size_t index)
{
	struct sim *sim = session->sim;
	struct call *call = session->calls[index];
	struct answer answer = {0};
	enum act_result result = ACT_WAITS;
	if (!must_wait(session, index)) {
		db_begin(&sim->db);
		jobs_advance(sim, host_now(sim));
		result = act_continue(sim, &session->actor, &call->command, &call->owner, &answer);
		if (!settled(session, db_commit(&sim->db, &session->error))) {
			answer_clear(&answer);
			return false;
		}
	}
	if (result == ACT_DIES) {
		session->state = SIM_SESSION_DIED;
	}
	if (result == ACT_WAITS && waited_too_long(session, call)) {
		answer = answer_failed("Busy", "Another command for this VM has not ended in time");
		result = ACT_ANSWERED;
	}
	if (result == ACT_ANSWERED) {
		index = call->command.kind == COMMAND_CANCEL_EXPORT && answer.result ? end_cancelled(session, index)
										      : index;
		end_call(session, index, &answer);
	}
	return result == ACT_ANSWERED || result == ACT_GOES_ON;
}

static void continue_calls(struct sim_session *session)
{
	bool moved = true;
	while (moved && lives(session)) {
		moved = false;
		for (size_t i = 0; i < session->call_count && lives(session);) {
			size_t before = session->call_count;
			moved = continue_call(session, i) || moved;
			i += session->call_count == before ? 1 : 0;
		}
	}
}

/* The two halves of a revert, of a delete and of an export, as one scale. */
static int64_t overall_percent(enum command_kind kind, const struct job_view *view)
{
	if (kind == COMMAND_REVERT) {
		return view->is_second_half ? 70 + view->percent * 3 / 10 : view->percent * 7 / 10;
	}
	if (kind == COMMAND_DELETE) {
		return view->is_second_half ? 10 + view->percent * 9 / 10 : view->percent / 10;
	}
	if (kind == COMMAND_EXPORT) {
		return view->is_second_half ? 85 + view->percent * 3 / 20 : view->percent * 17 / 20;
	}
	return view->percent;
}

static void tell_progress(struct sim_session *session, struct call *call)
{
	struct sim *sim = session->sim;
	struct job_view view;
	int64_t vm = vm_by_uuid(sim, call->command.vm_uuid);
	if (!call->owner || vm == 0 || !job_view_of(sim, vm, host_now(sim), &view)) {
		return;
	}
	int64_t percent = overall_percent(call->command.kind, &view);
	bool new_phase = !call->phase || strcmp(call->phase, view.phase) != 0;
	bool due = monotonic(session) - call->progress_us >= SIM_SESSION_POLL_US && percent > call->percent;
	if (!new_phase && !due) {
		return;
	}
	call->percent = percent > call->percent ? percent : call->percent; /* never backwards */
	call->progress_us = monotonic(session);
	call->phase = view.phase;
	json_t *event = json_pack("{s:s, s:s, s:I, s:s}", "event", "Progress", "operation", call->command.operation,
		"percent", (json_int_t)call->percent, "phase", call->phase);
	say(&session->speech, event, 0);
	json_decref(event);
}

static bool has_call_for(void *context, const char *vm_uuid)
{
	const struct sim_session *session = context;
	for (size_t i = 0; i < session->call_count; i++) {
		if (strcmp(session->calls[i]->command.vm_uuid, vm_uuid) == 0) {
			return true;
		}
	}
	return false;
}

static void tell_events(struct sim_session *session)
{
	struct sim *sim = session->sim;
	if (watch_file_changed(&session->watch, sim)) {
		if (fault_stands(sim, FAULT_DOWN)) {
			session->state = SIM_SESSION_DROPPED;
			return;
		}
		watch_tell_changes(&session->watch, sim, say_event, session);
	}
	watch_tell_activity(&session->watch, sim, monotonic(session), has_call_for, say_event, session);
	for (size_t i = 0; i < session->call_count; i++) {
		tell_progress(session, session->calls[i]);
	}
}

/* --- life ------------------------------------------------------------------------------------------------------ */

static enum hv_status register_session(struct sim_session *session, struct hv_error *err)
{
	struct sim *sim = session->sim;
	db_begin(&sim->db);
	journal_prune(sim);
	session->actor.session = db_number(&sim->db, 0,
		"INSERT INTO session (pid, connected_us) VALUES (?1, ?2) RETURNING id", "ii", (int64_t)getpid(),
		host_now(sim));
	/* held before it can be seen, so that nobody takes it for dead */
	if (session->actor.session != 0 && !liveness_hold(session->actor.liveness_fd, session->actor.session)) {
		db_rollback(&sim->db);
		return hv_error_set(err, HV_ERR_IO, "cannot lock a byte beside the state file");
	}
	return db_commit(&sim->db, err);
}

enum hv_status sim_session_new(struct sim *sim, struct sim_session **ret_session, struct hv_error *err)
{
	struct sim_session *session = hv_alloc(sizeof *session);
	session->sim = session->speech.sim = sim;
	session->actor.liveness_fd = -1;
	session->cutter.most = SIM_SESSION_LINE_MAX;
	session->heard_us = monotonic(session);
	enum hv_status status = HV_OK;
	if (fault_stands(sim, FAULT_DOWN)) {
		session->state = SIM_SESSION_DOWN;
	} else {
		status = liveness_open(sim->db.path, &session->actor.liveness_fd, err);
		if (status == HV_OK) {
			status = register_session(session, err);
		}
		if (status == HV_OK) {
			status = sim_advance(sim, err);
		}
		if (status == HV_OK) {
			(void)watch_file_changed(&session->watch, sim);
			watch_rebase(&session->watch, sim);
			say_ready(&session->speech);
			status = db_settle(&sim->db, err);
		}
	}
	if (status != HV_OK) {
		sim_session_abandon(session);
		return status;
	}
	*ret_session = session;
	return HV_OK;
}

void sim_session_abandon(struct sim_session *session)
{
	if (!session) {
		return;
	}
	for (size_t i = 0; i < session->call_count; i++) {
		command_clear(&session->calls[i]->command);
		free(session->calls[i]);
	}
	free(session->calls);
	line_queue_clear(&session->in);
	hv_text_clear(&session->cutter.part);
	speech_clear(&session->speech);
	watch_clear(&session->watch);
	if (session->actor.liveness_fd >= 0) {
		(void)close(session->actor.liveness_fd);
	}
	free(session);
}

void sim_session_free(struct sim_session *session)
{
	if (session && session->actor.session != 0 && session->state != SIM_SESSION_FAILED) {
		struct sim *sim = session->sim;
		db_begin(&sim->db);
		journal_release(sim, session->actor.session);
		(void)!db_commit(&sim->db, NULL); /* the lock goes anyway, which says as much */
	}
	sim_session_abandon(session);
}

static void end_if_over(struct sim_session *session)
{
	bool idle = monotonic(session) - session->heard_us >= SIM_SESSION_IDLE_US;
	bool drained = session->input_ended && session->in.count == 0;
	if (lives(session) && (session->quits || drained || idle)) {
		session->state = SIM_SESSION_ENDED;
	}
}

void sim_session_pump(struct sim_session *session)
{
	struct held_line line;
	while (lives(session) && !session->quits && line_queue_take(&session->in, monotonic(session), &line)) {
		take_line(session, &line);
		free(line.bytes);
	}
	if (lives(session)) {
		(void)settled(session, sim_advance(session->sim, &session->error));
	}
	continue_calls(session);
	if (lives(session)) {
		tell_events(session);
	}
	(void)settled(session, db_settle(&session->sim->db, lives(session) ? &session->error : NULL));
	end_if_over(session);
	speech_release(&session->speech);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t sim_session_wait_us(struct sim_session *session)
{
	int64_t now = monotonic(session);
	int64_t wait = earlier(SIM_SESSION_POLL_US, session->heard_us + SIM_SESSION_IDLE_US - now);
	int64_t line = earlier(line_queue_due_us(&session->in), line_queue_due_us(&session->speech.held));
	int64_t due = sim_next_due_us(session->sim);
	if (line != INT64_MAX) {
		wait = earlier(wait, line - now);
	}
	if (due != HV_NEVER) {
		wait = earlier(wait, due - host_now(session->sim));
	}
	return wait > 0 ? wait : 0;
}

enum sim_session_end sim_session_state(const struct sim_session *session)
{
	return session->state;
}

const struct hv_error *sim_session_error(const struct sim_session *session)
{
	return &session->error;
}

const char *sim_session_output(struct sim_session *session, size_t *ret_length)
{
	speech_release(&session->speech);
	*ret_length = session->speech.ready.length - session->speech.written;
	return hv_text_get(&session->speech.ready) + session->speech.written;
}

void sim_session_output_written(struct sim_session *session, size_t length)
{
	session->speech.written += length;
	if (session->speech.written == session->speech.ready.length) {
		session->speech.ready.length = session->speech.written = 0;
	}
}

bool sim_session_wants_input(const struct sim_session *session)
{
	size_t unread = session->speech.ready.length - session->speech.written;
	return lives(session) && unread < OUTPUT_MAX && session->in.count < CALLS_MAX;
}
