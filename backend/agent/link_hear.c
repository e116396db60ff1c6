#include "backend/agent/link.h"
#include "backend/agent/link_state.h"

#include <stdlib.h>
#include <string.h>

#include "backend/agent/wire.h"
#include "backend/base/memory.h"
#include "backend/base/text.h"

#define GREETING_MAX (1u << 20)  /* bytes before Ready */
#define STRAY_LINES_MAX 200      /* in a row, before Ready */
#define STRAY_LINES_UP_MAX 2000  /* in a row, afterwards */
#define STRAY_BYTES_MAX (64u << 20)
#define LAST_ERROR_MAX 200

static const char too_long[] = "a line that is too long";

/* ---- noise ---- */

static void tell_noise(struct link *link, const char *bytes, size_t length)
{
	char *text = noise_gate_pass(&link->gate, link_now_us(link), bytes, length);
	if (text) {
		NOTIFY(link, noise, text);
	}
	free(text);
}

static void check_stray(struct link *link, size_t length)
{
	size_t most = link->state == HOST_UP ? STRAY_LINES_UP_MAX : STRAY_LINES_MAX;
	link->stray_lines++;
	link->stray_bytes += link->state == HOST_UP ? length : 0; /* counted as they came otherwise */
	if (link->stray_lines > most || link->stray_bytes > STRAY_BYTES_MAX) {
		link_fail(link, HV_ERR_PROTOCOL, "the agent sends nothing but noise");
	}
}

/* Bytes that make no line yet count as well: one without end must not keep a connection alive. */
static void count_bytes(struct link *link, size_t length)
{
	size_t most = link->state == HOST_UP ? STRAY_BYTES_MAX : GREETING_MAX;
	if (link->state != HOST_UP || link->lines.skipping) {
		link->stray_bytes += length;
	}
	if (link->stray_bytes > most) {
		link_fail(link, HV_ERR_PROTOCOL, "the agent sends nothing but noise");
	}
}

/* A line that is no message. `why` may be NULL. */
static void stray(struct link *link, const char *why, const char *line, size_t length)
{
	check_stray(link, length);
	if (!why) {
		tell_noise(link, line, length);
		return;
	}
	struct hv_text text = HV_TEXT_INIT;
	hv_text_printf(&text, "%s: ", why);
	hv_text_append(&text, line, length < NOISE_TEXT_MAX ? length : NOISE_TEXT_MAX);
	tell_noise(link, text.bytes, text.length);
	hv_text_clear(&text);
}

static void hear_error_line(struct link *link, const char *line, size_t length)
{
	if (length == 0) {
		return;
	}
	tell_noise(link, line, length);
	free(link->last_error);
	link->last_error = hv_text_printable(line, length < LAST_ERROR_MAX ? length : LAST_ERROR_MAX);
}

void link_hear_errors(void *context, const char *bytes, size_t length)
{
	struct link *link = context;
	const char *line;
	size_t line_length;
	enum line_result result;
	line_splitter_feed(&link->errors, bytes, length);
	while ((result = line_splitter_next(&link->errors, &line, &line_length)) != LINE_NONE) {
		if (result == LINE_COMPLETE) {
			hear_error_line(link, line, line_length);
		} else {
			tell_noise(link, too_long, sizeof too_long - 1);
		}
	}
}

void link_hear_last_errors(struct link *link)
{
	size_t length;
	const char *rest = line_splitter_rest(&link->errors, &length);
	hear_error_line(link, rest, length);
	line_splitter_clear(&link->errors);
}

/* ---- messages ---- */

static void greet(struct link *link, const struct wire_line *line)
{
	struct agent_hello hello;
	struct hv_error error;
	if (wire_decode_hello(line, &hello, &error) != HV_OK) {
		link->hopeless = true; /* another agent must be installed first */
		link_fail(link, HV_ERR_PROTOCOL, "%s", error.text);
		return;
	}
	link->state = HOST_UP;
	link->up_us = link_now_us(link);
	link->said_us = link->up_us;
	link->stray_lines = 0;
	link->stray_bytes = 0;
	link->capabilities = hello.capabilities;
	NOTIFY(link, ready, &hello);
	agent_hello_clear(&hello);
}

static void hear_refusal(struct link *link, const struct wire_line *line)
{
	HV_CLEANUP_FREE char *why = wire_decode_refusal(line);
	HV_CLEANUP_FREE char *shown = hv_text_printable(why, strlen(why));
	link->hopeless = true; /* somebody has to do something about it on the host */
	link_fail(link, HV_ERR_REFUSED, "the agent cannot start there: %s", shown);
}

static void hear_before_ready(struct link *link, const char *text, size_t length)
{
	struct wire_line line;
	if (length > 0 && text[0] == '{' && wire_parse(text, length, &line, NULL) == HV_OK) {
		enum wire_kind kind = line.kind;
		if (kind == WIRE_READY) {
			greet(link, &line);
		} else if (kind == WIRE_REFUSED) {
			hear_refusal(link, &line);
		}
		wire_line_clear(&line);
		if (kind == WIRE_READY || kind == WIRE_REFUSED) {
			return;
		}
	}
	stray(link, NULL, text, length);
}

/*
 * An answer that cannot be understood leaves the outcome of its command unknown (Y4). The connection ends, and the
 * engine settles what was in flight by asking again.
 */
static void fail_answer(struct link *link, const char *why)
{
	link_fail(link, HV_ERR_PROTOCOL, "an answer of the agent cannot be understood: %s", why);
}

static bool hear_answer(struct link *link, const struct wire_line *line, struct hv_error *error)
{
	struct agent_answer answer;
	struct agent_host_status status;
	bool has_status = false;
	bool internal;
	struct wire_question question;
	if (!in_flight_take(&link->in_flight, line->id, &question, &internal)) {
		(void)hv_error_set(error, HV_ERR_PROTOCOL, "it answers nothing that was asked");
		return false;
	}
	if (internal) {
		return true; /* a ping did its work when the first byte came */
	}
	if (wire_decode_answer(line, &question, &answer, &has_status, &status, error) != HV_OK) {
		fail_answer(link, error->text);
		return true;
	}
	if (has_status) {
		NOTIFY(link, host_status, &status);
	}
	NOTIFY(link, answer, &answer);
	agent_answer_clear(&answer);
	return true;
}

static bool hear_progress(struct link *link, const struct wire_line *line, struct hv_error *error)
{
	struct wire_progress progress;
	if (wire_decode_progress(line, &progress, error) != HV_OK) {
		return false;
	}
	NOTIFY(link, progress, &progress.operation, progress.percent,
		progress.phase ? progress.phase : "");
	free(progress.phase);
	return true;
}

static bool hear_vm(struct link *link, const struct wire_line *line, struct hv_error *error)
{
	struct agent_vm vm;
	if (wire_decode_vm(line, &vm, error) != HV_OK) {
		return false;
	}
	NOTIFY(link, vm_changed, &vm);
	agent_vm_clear(&vm);
	return true;
}

static bool hear_vm_removed(struct link *link, const struct wire_line *line, struct hv_error *error)
{
	struct hv_uuid uuid;
	if (wire_decode_vm_removed(line, &uuid, error) != HV_OK) {
		return false;
	}
	NOTIFY(link, vm_removed, &uuid);
	return true;
}

static bool hear_host_status(struct link *link, const struct wire_line *line, struct hv_error *error)
{
	struct agent_host_status status;
	if (wire_decode_host_status(line, &status, error) != HV_OK) {
		return false;
	}
	NOTIFY(link, host_status, &status);
	return true;
}

static bool hear_ready_again(struct link *link, const struct wire_line *line, struct hv_error *error)
{
	(void)line;
	(void)error;
	link_fail(link, HV_ERR_UNREACHABLE, "the agent started again");
	return true;
}

static bool hear_other_event(struct link *link, const struct wire_line *line, struct hv_error *error)
{
	(void)link;
	(void)line;
	(void)hv_error_set(error, HV_ERR_PROTOCOL, "this console does not know that event");
	return false;
}

static bool hear_lost_answer(struct link *link, const struct wire_line *line, struct hv_error *error)
{
	(void)line;
	(void)hv_error_set(error, HV_ERR_PROTOCOL, "the agent could not read a line");
	if (link->in_flight.waiting > 0) {
		fail_answer(link, "it does not say what it answers");
	}
	return link->in_flight.waiting > 0;
}

/* Each tells whether the line was understood; when not, *error says why. */
static bool (*const hearers[])(
	struct link *link, const struct wire_line *line, struct hv_error *error) = {
	[WIRE_READY] = hear_ready_again,
	[WIRE_PROGRESS] = hear_progress,
	[WIRE_VM_CHANGED] = hear_vm,
	[WIRE_VM_REMOVED] = hear_vm_removed,
	[WIRE_HOST_STATUS] = hear_host_status,
	[WIRE_OTHER_EVENT] = hear_other_event,
	[WIRE_ANSWER] = hear_answer,
	[WIRE_LOST_ANSWER] = hear_lost_answer,
};

static void hear_when_up(struct link *link, const char *text, size_t length)
{
	struct wire_line line;
	struct hv_error error = {0};
	if (wire_parse(text, length, &line, &error) != HV_OK) {
		if (link->in_flight.waiting > 0 && wire_may_be_answer(text, length)) {
			fail_answer(link, error.text);
		}
		stray(link, text[0] == '{' ? error.text : NULL, text, length);
		return;
	}
	if (hearers[line.kind](link, &line, &error)) {
		link->stray_lines = 0;
		link->stray_bytes = 0;
	} else {
		stray(link, error.text, text, length);
	}
	wire_line_clear(&line);
}

static void hear_too_long(struct link *link)
{
	check_stray(link, link->lines.limit);
	tell_noise(link, too_long, sizeof too_long - 1);
	if (link->in_flight.waiting > 0) {
		fail_answer(link, "the line is too long");
	}
}

static void hear_line(struct link *link, const char *line, size_t length)
{
	if (length == 0) {
		check_stray(link, 1);
	} else if (link->state == HOST_UP) {
		hear_when_up(link, line, length);
	} else {
		hear_before_ready(link, line, length);
	}
}

void link_hear(void *context, const char *bytes, size_t length)
{
	struct link *link = context;
	const char *line;
	size_t line_length;
	enum line_result result;
	if (link->failed) {
		return;
	}
	link->heard_us = link_now_us(link);
	link->ping_us = HV_NEVER;
	count_bytes(link, length);
	line_splitter_feed(&link->lines, bytes, length);
	while (!link->failed &&
		(result = line_splitter_next(&link->lines, &line, &line_length)) != LINE_NONE) {
		if (result == LINE_TOO_LONG) {
			hear_too_long(link);
		} else {
			hear_line(link, line, line_length);
		}
	}
}
