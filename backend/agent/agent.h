/*
 * The hosts' agents: connect, keep connected, say commands, hear answers and events.
 *
 * One `agents` object holds them all and is driven by the backend's poll loop. It owns the transports, the line
 * splitter, the JSON, the pings and the back-off; it decides nothing about snapshots.
 *
 * Life of a host: Disconnected -> Connecting -> (Ready event understood) Up -> (closed, silent, or garbage) Lost ->
 * Connecting again after a back-off of 1, 2, 4 ... 60 s with jitter. A silent agent (no byte for `silence_ms` after a
 * ping) is closed as lost. What was in flight when a host is lost is the engine's to settle (Y4).
 */
#ifndef HV_AGENT_AGENT_H
#define HV_AGENT_AGENT_H

#include "backend/agent/message.h"
#include "backend/base/clock.h"
#include "backend/transport/transport.h"

struct agents;

/* All callbacks come from agents_handle(); arguments are borrowed. They may call agents_send(). */
struct agents_listener {
	void (*connecting)(void *context, int64_t host_id);
	void (*ready)(void *context, int64_t host_id, const struct agent_hello *hello);
	/** `retry_us`: wall time of the next try, 0 when none is planned. */
	void (*lost)(void *context, int64_t host_id, const struct hv_error *reason, int64_t retry_us);
	void (*answer)(void *context, int64_t host_id, const struct agent_answer *answer);
	void (*progress)(void *context, int64_t host_id, const struct hv_uuid *operation, int64_t percent,
		const char *phase);
	/** VmStateChanged and SnapshotsChanged: the VM as it is now. */
	void (*vm_changed)(void *context, int64_t host_id, const struct agent_vm *vm);
	void (*vm_removed)(void *context, int64_t host_id, const struct hv_uuid *vm_uuid);
	void (*host_status)(void *context, int64_t host_id, const struct agent_host_status *status);
	/** Anything worth a line in the log: noise on stderr, lines that cannot be understood. Printable text. */
	void (*noise)(void *context, int64_t host_id, const char *text);
	/** A step of the connection is done; printable text. */
	void (*passed)(void *context, int64_t host_id, enum transport_step step, const char *details);
};

struct agents_config {
	const struct agents_listener *listener;
	void *context;
	struct hv_clock clock;
	int ping_ms;    /* how often to ask a quiet agent; default 5000 */
	int silence_ms; /* how long to wait for a byte after that; default 15000 */
	int ready_ms;   /* from the opened transport to Ready; default 20000 */
	int backoff_ms; /* first back-off; default 1000 */
	uint64_t jitter_seed;
};

/* How a host is reached. Opens a transport with the given callbacks; called for each (re)connect. */
struct agents_connector {
	enum hv_status (*open)(void *context, int64_t host_id, const struct transport_callbacks *callbacks,
		void *callback_context, struct transport **ret_transport, struct hv_error *err);
	void *context;
};

struct agents *agents_new(const struct agents_config *config, const struct agents_connector *connector);
/** Asks each agent to quit, then releases everything. */
void agents_free(struct agents *agents);

/** Begin to connect, and stay connected, from the next agents_handle() on. Adding twice is harmless. */
void agents_add(struct agents *agents, int64_t host_id);
void agents_remove(struct agents *agents, int64_t host_id);
/** Try at once instead of at the end of the back-off. */
void agents_retry_now(struct agents *agents, int64_t host_id);
/** What the host's transport waits for has changed from outside: somebody has answered what it asked. */
void agents_wake(struct agents *agents, int64_t host_id);
/** What is waited for while the host is Connecting, in words; static text, NULL else. */
const char *agents_waits_for(const struct agents *agents, int64_t host_id);
bool agents_is_up(const struct agents *agents, int64_t host_id);
unsigned agents_capabilities(const struct agents *agents, int64_t host_id);

/** Send a command; its answer comes by the listener. HV_ERR_UNREACHABLE when the host is not Up. */
enum hv_status agents_send(struct agents *agents, int64_t host_id, const struct agent_command *command,
	struct hv_error *err) HV_MUST_CHECK;

/** Descriptors to wait for; the array is valid until the next call of any function here. */
const struct pollfd *agents_poll_fds(struct agents *agents, size_t *ret_count);
/** `fds`: the array of agents_poll_fds with revents filled. */
void agents_handle(struct agents *agents, const struct pollfd *fds, size_t count);
/** Monotonic time at which agents_handle() wants to be called anyway. */
int64_t agents_deadline_us(const struct agents *agents);

#endif
