#include "backend/agent/link.h"
#include "backend/agent/link_state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend/agent/wire.h"
#include "backend/base/memory.h"
#include "backend/base/text.h"

#define KEEP_ALIVE_US (30 * HV_SECOND_US) /* agents end when they hear nothing for 90 s */
#define PING_GRID_PART 5 /* pings of many hosts fall together, so that an idle console sleeps */
#define BEGINNING_US (HV_SECOND_US / 2)
#define STDERR_LINE_MAX 4096
#define IN_FLIGHT_MAX 4096
#define PROTOCOL_STRIKES 3 /* answers not understood in a row: it will not get better soon */

static int64_t us_of_ms(int ms)
{
	return (int64_t)ms * 1000;
}

void link_fail(struct link *link, enum hv_status status, const char *format, ...)
{
	char text[2048]; /* hv_error_set() cuts it, between characters */
	va_list args;
	if (link->failed) {
		return;
	}
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	(void)hv_error_set(&link->reason, status, "%s", text);
	link->failed = true;
}

static void hear_closed(void *context, const struct hv_error *reason)
{
	struct link *link = context;
	link_hear_last_errors(link);
	if (link->last_error && link->state != HOST_UP) {
		link_fail(link, reason->status, "%s (%s)", link->last_error, reason->text);
	} else {
		link_fail(link, reason->status, "%s", reason->text);
	}
}

/* The agent's time to say that it is ready begins when it can speak: before, the transport has deadlines of its own. */
static void hear_opened(void *context)
{
	struct link *link = context;
	link->opened = true;
	link->connect_us = link_now_us(link);
}

static void hear_passed(void *context, enum transport_step step, const char *details)
{
	struct link *link = context;
	NOTIFY(link, passed, step, details);
}

static void hear_note(void *context, const char *text)
{
	struct link *link = context;
	NOTIFY(link, noise, text);
}

static void release_connection(struct link *link)
{
	if (link->transport) {
		link->transport->ops->free(link->transport);
		link->transport = NULL;
	}
	in_flight_clear(&link->in_flight);
	link_hear_last_errors(link);
	line_splitter_clear(&link->lines);
	free(link->last_error);
	link->last_error = NULL;
	link->capabilities = 0;
}

/* link->reason says why. */
static void lose(struct link *link)
{
	int64_t now = link_now_us(link);
	if (link->state == HOST_UP && now - link->up_us >= BACK_OFF_GOOD_US) {
		back_off_reset(&link->back_off);
		link->strikes = 0;
	}
	link->strikes = link->reason.status == HV_ERR_PROTOCOL ? link->strikes + 1 : 0;
	/* a refused login is counted by the host, which may lock the account or the address */
	bool hopeless = link->hopeless || link->strikes >= PROTOCOL_STRIKES ||
			link->reason.status == HV_ERR_DENIED;
	int64_t wait_us = back_off_next_us(&link->back_off, hopeless);
	link->state = HOST_LOST;
	link->retry_us = now + wait_us;
	release_connection(link);
	link->failed = false;
	link->hopeless = false;
	struct hv_error reason = link->reason;
	NOTIFY(link, lost, &reason, hv_clock_wall_us(&link->config->clock) + wait_us);
}

static void lose_if_failed(struct link *link)
{
	if (link->failed) {
		lose(link);
	}
}

static void connect_now(struct link *link)
{
	static const struct transport_callbacks callbacks = {
		.opened = hear_opened,
		.received = link_hear,
		.noise = link_hear_errors,
		.closed = hear_closed,
		.passed = hear_passed,
		.note = hear_note,
	};
	const struct agents_listener *listener = link->config->listener;
	link->state = HOST_CONNECTING;
	link->opened = false;
	link->connect_us = link_now_us(link);
	link->heard_us = link->connect_us;
	link->ping_us = HV_NEVER;
	link->stray_lines = 0;
	link->stray_bytes = 0;
	if (listener->connecting) {
		listener->connecting(link->config->context, link->host_id);
	}
	struct hv_error error = {0};
	enum hv_status status = link->connector->open(link->connector->context, link->host_id,
		&callbacks, link, &link->transport, &error);
	if (status != HV_OK) {
		link->transport = NULL;
		link_fail(link, status, "%s", error.text);
		lose(link);
	}
}

struct link *link_new(
	int64_t host_id, const struct agents_config *config, const struct agents_connector *connector)
{
	struct link *link = hv_alloc(sizeof *link);
	link->host_id = host_id;
	link->config = config;
	link->connector = connector;
	link->state = HOST_LOST;
	link->ping_us = HV_NEVER;
	link->retry_us = link_now_us(link);
	link->next_id = 1;
	line_splitter_init(&link->lines, WIRE_LINE_MAX);
	line_splitter_init(&link->errors, STDERR_LINE_MAX);
	back_off_init(&link->back_off, us_of_ms(config->backoff_ms),
		config->jitter_seed ^ ((uint64_t)host_id * UINT64_C(0xD6E8FEB86659FD93)));
	return link;
}

void link_quit(struct link *link)
{
	if (!link->transport) {
		return;
	}
	if (link->state == HOST_UP) {
		struct hv_text line = HV_TEXT_INIT;
		wire_encode_quit(link->next_id++, &line);
		(void)link->transport->ops->write(link->transport, line.bytes, line.length, NULL);
		hv_text_clear(&line);
	}
	link->transport->ops->close(link->transport, "the console has no more use for the agent");
}

void link_free(struct link *link)
{
	if (!link) {
		return;
	}
	if (link->transport) {
		link->transport->ops->free(link->transport);
	}
	in_flight_clear(&link->in_flight);
	line_splitter_clear(&link->lines);
	line_splitter_clear(&link->errors);
	free(link->last_error);
	free(link);
}

bool link_is_up(const struct link *link)
{
	return link->state == HOST_UP && !link->failed;
}

unsigned link_capabilities(const struct link *link)
{
	return link->capabilities;
}

const char *link_waits_for(const struct link *link)
{
	if (link->state != HOST_CONNECTING || !link->transport) {
		return NULL;
	}
	const struct transport_ops *ops = link->transport->ops;
	const char *what = !link->opened && ops->waits_for ? ops->waits_for(link->transport) : NULL;
	return what ? what : "the agent runs there and has not said yet that it is ready";
}

void link_retry_now(struct link *link)
{
	if (link->state == HOST_LOST) {
		link->retry_us = link_now_us(link);
	}
}

/* ---- commands ---- */

static enum hv_status send_command(
	struct link *link, const struct agent_command *command, bool internal, struct hv_error *err)
{
	struct hv_text line = HV_TEXT_INIT;
	enum hv_status status = wire_encode_command(command, link->next_id, &line, err);
	if (status == HV_OK && line.length > WIRE_LINE_MAX) {
		status = hv_error_set(err, HV_ERR_INVALID, "the command is too long");
	}
	if (status == HV_OK) {
		status = link->transport->ops->write(link->transport, line.bytes, line.length, err);
	}
	hv_text_clear(&line);
	if (status == HV_OK) {
		in_flight_add(&link->in_flight, link->next_id++, command, internal);
		link->said_us = link_now_us(link);
	}
	return status;
}

enum hv_status link_send(struct link *link, const struct agent_command *command, struct hv_error *err)
{
	if (!link_is_up(link)) {
		return hv_error_set(err, HV_ERR_UNREACHABLE, "the host is not connected");
	}
	if (link->in_flight.waiting >= IN_FLIGHT_MAX) {
		return hv_error_set(err, HV_ERR_TIMEOUT,
			"%zu commands wait for the host's answer already", link->in_flight.waiting);
	}
	return send_command(link, command, false, err);
}

/* ---- time ---- */

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t ping_due_us(const struct link *link)
{
	int64_t quiet_us = us_of_ms(link->config->ping_ms);
	int64_t grid_us = quiet_us / PING_GRID_PART;
	int64_t due = earlier(link->heard_us + quiet_us, link->said_us + KEEP_ALIVE_US);
	return grid_us > 0 ? (due + grid_us - 1) / grid_us * grid_us : due;
}

static int64_t silence_due_us(const struct link *link)
{
	return link->ping_us + us_of_ms(link->config->silence_ms);
}

static int64_t ready_due_us(const struct link *link)
{
	if (!link->opened && link->transport->ops->deadline_us(link->transport) != HV_NEVER) {
		return HV_NEVER; /* a login, which may wait for a person */
	}
	return link->connect_us + us_of_ms(link->config->ready_ms);
}

static void ping(struct link *link)
{
	struct agent_command command = {.kind = AGENT_PING};
	/* A queue that takes no more is a silence as well, so it counts from here whether it was sent or not. */
	(void)!send_command(link, &command, true, NULL);
	link->ping_us = link_now_us(link);
	link->said_us = link->ping_us;
}

bool link_wants_connect(const struct link *link)
{
	return link->state == HOST_LOST;
}

bool link_is_beginning(const struct link *link, int64_t now_us)
{
	return link->state == HOST_CONNECTING && !link->opened && now_us - link->connect_us < BEGINNING_US;
}

int64_t link_deadline_us(const struct link *link)
{
	if (!link->transport) { /* also while it is being opened */
		return link->retry_us;
	}
	int64_t due = link->transport->ops->deadline_us(link->transport);
	if (link->state == HOST_CONNECTING) {
		return earlier(due, ready_due_us(link));
	}
	return earlier(due, link->ping_us == HV_NEVER ? ping_due_us(link) : silence_due_us(link));
}

static void tick_connecting(struct link *link, int64_t now)
{
	if (now >= ready_due_us(link)) {
		link_fail(link, HV_ERR_TIMEOUT, "the agent did not say within %d s that it is ready%s%s",
			link->config->ready_ms / 1000, link->last_error ? "; it said: " : "",
			link->last_error ? link->last_error : "");
	}
}

static void tick_up(struct link *link, int64_t now)
{
	if (link->ping_us != HV_NEVER) {
		if (now >= silence_due_us(link)) {
			link_fail(link, HV_ERR_TIMEOUT, "the agent has been silent for %" PRId64 " s",
				(now - link->heard_us) / HV_SECOND_US);
		}
	} else if (now >= ping_due_us(link)) {
		ping(link);
	}
}

void link_tick(struct link *link)
{
	int64_t now = link_now_us(link);
	if (link->state == HOST_LOST) {
		if (now >= link->retry_us) {
			connect_now(link);
		}
		return;
	}
	if (now >= link->transport->ops->deadline_us(link->transport)) {
		link->transport->ops->handle(link->transport, NULL, 0);
	}
	if (!link->failed && link->state == HOST_UP) {
		tick_up(link, now);
	} else if (!link->failed) {
		tick_connecting(link, now);
	}
	lose_if_failed(link);
}

size_t link_poll_fds(struct link *link, struct pollfd *ret_fds)
{
	return link->transport ? link->transport->ops->poll_fds(link->transport, ret_fds) : 0;
}

void link_handle(struct link *link, const struct pollfd *fds, size_t count)
{
	if (link->transport) {
		link->transport->ops->handle(link->transport, fds, count);
		lose_if_failed(link);
	}
}
