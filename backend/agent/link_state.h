/*
 * The inside of a link, shared by link.c (life, commands, time) and link_hear.c (what the agent says), and by nothing
 * else.
 */
#ifndef HV_AGENT_LINK_STATE_H
#define HV_AGENT_LINK_STATE_H

#include "backend/agent/agent.h"
#include "backend/agent/back_off.h"
#include "backend/agent/in_flight.h"
#include "backend/agent/line_splitter.h"
#include "backend/agent/noise_gate.h"

struct link {
	int64_t host_id;
	const struct agents_config *config;
	const struct agents_connector *connector;
	enum host_state state;
	struct transport *transport; /* NULL when Lost */
	bool opened; /* bytes may flow */
	struct line_splitter lines;
	struct line_splitter errors; /* stderr */
	struct noise_gate gate;
	char *last_error; /* last line of stderr, printable: often why it ended */
	struct in_flight_table in_flight;
	int64_t next_id;
	unsigned capabilities;
	/* times are monotonic */
	int64_t connect_us;
	int64_t up_us;
	int64_t heard_us;
	int64_t said_us;
	int64_t ping_us; /* sent and nothing heard since; HV_NEVER: none */
	int64_t retry_us;
	struct back_off back_off;
	unsigned strikes;
	/* what is not a message, since the last message */
	size_t stray_lines;
	size_t stray_bytes;
	/* set within callbacks of the transport, acted on when they have returned */
	bool failed;
	bool hopeless;
	struct hv_error reason;
};

#define NOTIFY(link, member, ...)                                                                          \
	do {                                                                                               \
		const struct agents_listener *listener_ = (link)->config->listener;                        \
		if (listener_->member) {                                                                   \
			listener_->member((link)->config->context, (link)->host_id, __VA_ARGS__);          \
		}                                                                                          \
	} while (0)

static inline int64_t link_now_us(const struct link *link)
{
	return hv_clock_monotonic_us(&link->config->clock);
}

/**
 * The connection cannot go on. Acted on when the transport's callbacks have returned. The first reason counts: what
 * follows is usually its consequence.
 */
void link_fail(struct link *link, enum hv_status status, const char *format, ...) HV_PRINTF(3, 4);

/* The transport's callbacks for bytes; `context` is the link. */
void link_hear(void *context, const char *bytes, size_t length);
void link_hear_errors(void *context, const char *bytes, size_t length);
/** What stands on stderr without a newline, once it has ended. */
void link_hear_last_errors(struct link *link);

#endif
