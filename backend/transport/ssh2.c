/* The libssh2 transport: its life, its deadlines, and the interface. */
#include "backend/transport/ssh2_state.h"

#include <assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "backend/base/memory.h"

static struct ssh2 *ssh2_of(struct transport *transport)
{
	return (struct ssh2 *)(void *)transport;
}

void ssh2_fail(struct ssh2 *ssh2, enum hv_status status, const char *format, ...)
{
	char text[2048]; /* hv_error_set() cuts it, between characters */
	va_list args;
	if (ssh2->failed || ssh2->closing) {
		return;
	}
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	(void)hv_error_set(&ssh2->reason, status, "%s", text);
	ssh2->failed = true;
}

void ssh2_fail_session(struct ssh2 *ssh2, const char *what)
{
	char *words = NULL;
	int code = libssh2_session_last_error(ssh2->peer->session, &words, NULL, 0);
	HV_CLEANUP_FREE char *shown = hv_text_printable(words ? words : "", words ? strlen(words) : 0);
	ssh2_fail(ssh2, HV_ERR_UNREACHABLE, "%s: %s (%d)", what, shown, code);
}

void ssh2_note(struct ssh2 *ssh2, const char *format, ...)
{
	if (!ssh2->callbacks.note) {
		return;
	}
	char text[1024];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	HV_CLEANUP_FREE char *shown = hv_text_printable(text, strlen(text));
	ssh2->callbacks.note(ssh2->context, shown);
}

void ssh2_passed(struct ssh2 *ssh2, enum transport_step step, const char *format, ...)
{
	if (!ssh2->callbacks.passed) {
		return;
	}
	char text[512];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	HV_CLEANUP_FREE char *shown = hv_text_printable(text, strlen(text));
	ssh2->callbacks.passed(ssh2->context, step, shown);
}

/* ---- states ---- */

#define PERSON_MS 120000 /* servers hang up on who has not logged in after two minutes */
#define ENDING_MS 500

/* How long a state may last, whether the configuration may say otherwise, what did not come when the time is over, and
 * what is waited for until then. */
static const struct {
	int most_ms; /* 0: for ever */
	bool fixed;
	const char *awaited;
	const char *waits_for;
} states[] = {
	[SSH2_PREPARING] = {10000, false, "the address of the host was not found",
		"the configuration is read and the address looked up"},
	[SSH2_CONNECTING] = {10000, false, "the host did not answer",
		"the host has not answered the call yet"},
	[SSH2_HANDSHAKE] = {20000, false, "the host answered, but its SSH server did not agree upon keys",
		"it has taken the call, and its SSH server agrees upon keys"},
	[SSH2_HOST_KEY] = {PERSON_MS, true, "nobody said whether the host's key is good",
		"somebody has to say whether the host's key is good"},
	[SSH2_LOGIN] = {20000, false, "the login did not end",
		"the login goes on; an agent for keys may be waiting for somebody"},
	[SSH2_SECRET] = {PERSON_MS, true, "nobody gave the secret that was asked for",
		"somebody has to give the secret that was asked for"},
	[SSH2_CHANNEL] = {20000, false, "the host did not open a channel",
		"the login was taken; the host has to open a channel"},
	[SSH2_EXEC] = {20000, false, "the host did not start the agent",
		"the login was taken; the host has to start the agent"},
	[SSH2_STREAMING] = {0, true, NULL, NULL},
	[SSH2_ENDING] = {ENDING_MS, true, NULL, NULL},
	[SSH2_CLOSED] = {0, true, NULL, NULL},
};
static_assert(HV_ARRAY_LEN(states) == SSH2_STATE_COUNT, "a row for every state");

static int most_ms(const struct ssh2 *ssh2, enum ssh2_state state)
{
	return ssh2->deadline_ms > 0 && !states[state].fixed ? ssh2->deadline_ms : states[state].most_ms;
}

void ssh2_enter(struct ssh2 *ssh2, enum ssh2_state state)
{
	int ms = most_ms(ssh2, state);
	ssh2->state = state;
	ssh2->deadline_us = ms == 0 ? HV_NEVER : ssh2_now_us(ssh2) + (int64_t)ms * 1000;
}

short ssh2_wanted_events(const struct ssh2 *ssh2)
{
	int directions = libssh2_session_block_directions(ssh2->peer->session);
	short events = directions & LIBSSH2_SESSION_BLOCK_INBOUND ? POLLIN : 0;
	if (directions & LIBSSH2_SESSION_BLOCK_OUTBOUND) {
		events |= POLLOUT;
	}
	return events ? events : POLLIN;
}

/* Whether the worker has ended; false also when it cannot be started. */
static bool worker_has_ended(struct ssh2 *ssh2, const struct worker_task *task, void *data)
{
	struct hv_error error;
	if (!ssh2->worker) {
		if (worker_start(task, data, &ssh2->worker, &error) != HV_OK) {
			ssh2_fail(ssh2, error.status, "%s", error.text);
		}
		return false;
	}
	if (!worker_take(ssh2->worker)) {
		return false;
	}
	ssh2->worker = NULL;
	return true;
}

static void step_preparing(struct ssh2 *ssh2)
{
	if (!worker_has_ended(ssh2, &ssh_prepare_task, ssh2->prepared)) {
		return;
	}
	struct ssh_prepared *prepared = ssh2->prepared;
	if (prepared->status != HV_OK) {
		ssh2_fail(ssh2, prepared->status, "%s", prepared->error.text);
		return;
	}
	/* An agent or a password may still do; that nothing can is said before the host counts a failure. */
	const char *named = prepared->target.identity_agent;
	bool agent = named ? strcmp(named, "none") != 0 : getenv("SSH_AUTH_SOCK") != NULL;
	if (prepared->key_count == 0 && prepared->unusable.length > 0 && !agent &&
		!ssh2->prompts.secret) {
		ssh2_fail(ssh2, HV_ERR_DENIED, "there is no key to log in with%s",
			hv_text_get(&prepared->unusable));
		return;
	}
	ssh2_passed(ssh2, TRANSPORT_ADDRESS, "'%s' port %u as '%s', by libssh2 %s", prepared->target.host,
		prepared->target.port, prepared->target.user, libssh2_version(0));
	ssh2->peer->prepared = prepared;
	ssh2->prepared = NULL;
	ssh2_begin_connect(ssh2);
}

static void explain_handshake(struct ssh2 *ssh2, int code)
{
	switch (code) {
	case LIBSSH2_ERROR_KEX_FAILURE: /* -5: no common algorithm; the library does not say of what */
	case LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE:
		ssh2_fail(ssh2, HV_ERR_UNREACHABLE,
			"the host's SSH server and libssh2 %s have no algorithms in common: it needs a host "
			"key of type ed25519 or ecdsa, and in its sshd_config 'Ciphers +aes128-ctr', 'MACs "
			"+hmac-sha2-256' and 'KexAlgorithms +curve25519-sha256'; or use the transport openssh",
			libssh2_version(0));
		break;
	case LIBSSH2_ERROR_SOCKET_DISCONNECT:
	case LIBSSH2_ERROR_BANNER_RECV:
		ssh2_fail(ssh2, HV_ERR_UNREACHABLE,
			"the host closed the connection before a word: its SSH server is too busy "
			"(MaxStartups), or does not want this address");
		break;
	default:
		ssh2_fail_session(ssh2, "no SSH connection could be made");
		break;
	}
}

static const char *method(const struct ssh2 *ssh2, int kind)
{
	const char *name = libssh2_session_methods(ssh2->peer->session, kind);
	return name ? name : "?";
}

static void step_handshake(struct ssh2 *ssh2)
{
	ssh2_quick_answers(ssh2->peer->socket);
	int code = libssh2_session_handshake(ssh2->peer->session, ssh2->peer->socket);
	if (code == LIBSSH2_ERROR_EAGAIN) {
		return;
	}
	if (code != 0) {
		explain_handshake(ssh2, code);
		return;
	}
	const char *banner = libssh2_session_banner_get(ssh2->peer->session);
	ssh2_passed(ssh2, TRANSPORT_CALL, "%.100s", banner ? banner : "it has answered");
	ssh2_note(ssh2, "libssh2 %s, server '%.100s', %s, %s, %s, %s", libssh2_version(0),
		banner ? banner : "?", method(ssh2, LIBSSH2_METHOD_KEX),
		method(ssh2, LIBSSH2_METHOD_HOSTKEY), method(ssh2, LIBSSH2_METHOD_CRYPT_CS),
		method(ssh2, LIBSSH2_METHOD_MAC_CS));
	ssh2_judge_host_key(ssh2);
}

static void explain_refusal(struct ssh2 *ssh2)
{
	const struct ssh2_peer *peer = ssh2->peer;
	ssh2_fail(ssh2, HV_ERR_DENIED,
		"the host refused the login of '%s' (tried: %s)%s; if '%s' is an administrator of the host, "
		"the key belongs in %%ProgramData%%\\ssh\\administrators_authorized_keys, which only SYSTEM "
		"and Administrators may write",
		peer->prepared->target.user,
		peer->tried.length > 0 ? hv_text_get(&peer->tried) : "nothing, for there is no key",
		hv_text_get(&peer->prepared->unusable), peer->prepared->target.user);
}

bool ssh2_still_waits(struct ssh2 *ssh2)
{
	struct pollfd fd = {.fd = ssh2->peer->socket, .events = POLLRDHUP};
	if (poll(&fd, 1, 0) > 0) {
		ssh2_fail(ssh2, HV_ERR_UNREACHABLE, "the host hung up while an answer was waited for");
		return false;
	}
	return true;
}

static void ask_secret(struct ssh2 *ssh2)
{
	ssh2_enter(ssh2, SSH2_SECRET);
	ssh2->answered = false;
	ssh2->prompts.secret(ssh2->prompt_context, &ssh2->peer->question);
}

static void step_login(struct ssh2 *ssh2)
{
	if (!ssh2->worker) { /* while it works, the peer is the worker's */
		ssh2->peer->timeout_ms = most_ms(ssh2, SSH2_LOGIN);
		ssh2->peer->may_ask = ssh2->prompts.secret != NULL;
	}
	if (ssh2->worker && worker_asks(ssh2->worker)) {
		ask_secret(ssh2);
		return;
	}
	if (!worker_has_ended(ssh2, &ssh2_login_task, ssh2->peer)) {
		return;
	}
	switch (ssh2->peer->result) {
	case LOGIN_DONE:
		ssh2_passed(ssh2, TRANSPORT_LOGIN, "'%s' with %s", ssh2->peer->prepared->target.user,
			hv_text_get(&ssh2->peer->used));
		ssh2_enter(ssh2, SSH2_CHANNEL);
		break;
	case LOGIN_REFUSED:
		explain_refusal(ssh2);
		break;
	case LOGIN_BROKEN:
		ssh2_fail(ssh2, ssh2->peer->error.status, "%s", ssh2->peer->error.text);
		break;
	}
}

static void step_secret(struct ssh2 *ssh2)
{
	if (ssh2_still_waits(ssh2) && ssh2->answered) {
		ssh2_enter(ssh2, SSH2_LOGIN);
		worker_answer(ssh2->worker);
	}
}

static void step_channel(struct ssh2 *ssh2)
{
	ssh2_quick_answers(ssh2->peer->socket);
	ssh2->channel = libssh2_channel_open_session(ssh2->peer->session);
	if (ssh2->channel) {
		ssh2_enter(ssh2, SSH2_EXEC);
	} else if (libssh2_session_last_errno(ssh2->peer->session) != LIBSSH2_ERROR_EAGAIN) {
		ssh2_fail_session(ssh2, "the host opened no channel");
	}
}

static void step_exec(struct ssh2 *ssh2)
{
	ssh2_quick_answers(ssh2->peer->socket);
	int code = libssh2_channel_exec(ssh2->channel, ssh2->command);
	if (code == LIBSSH2_ERROR_EAGAIN) {
		return;
	}
	if (code != 0) {
		ssh2_fail_session(ssh2, "the host did not start the agent");
		return;
	}
	ssh2_enter(ssh2, SSH2_STREAMING);
	if (ssh2->callbacks.opened) {
		ssh2->callbacks.opened(ssh2->context);
	}
}

static void step_nothing(struct ssh2 *ssh2)
{
	(void)ssh2;
}

static void (*const steps[])(struct ssh2 *ssh2) = {
	[SSH2_PREPARING] = step_preparing,
	[SSH2_CONNECTING] = ssh2_step_connect,
	[SSH2_HANDSHAKE] = step_handshake,
	[SSH2_HOST_KEY] = ssh2_step_host_key,
	[SSH2_LOGIN] = step_login,
	[SSH2_SECRET] = step_secret,
	[SSH2_CHANNEL] = step_channel,
	[SSH2_EXEC] = step_exec,
	[SSH2_STREAMING] = ssh2_step_stream,
	[SSH2_ENDING] = ssh2_step_ending,
	[SSH2_CLOSED] = step_nothing,
};
static_assert(HV_ARRAY_LEN(steps) == SSH2_STATE_COUNT, "a step for every state");

static void finish(struct ssh2 *ssh2)
{
	ssh2->state = SSH2_CLOSED;
	ssh2->deadline_us = HV_NEVER;
	if (ssh2->callbacks.closed) {
		ssh2->callbacks.closed(ssh2->context, &ssh2->reason);
	}
}

/* ---- the interface ---- */

static size_t ssh2_poll_fds(struct transport *transport, struct pollfd *ret_fds)
{
	struct ssh2 *ssh2 = ssh2_of(transport);
	switch (ssh2->state) {
	case SSH2_PREPARING:
	case SSH2_LOGIN:
		if (!ssh2->worker) {
			return 0;
		}
		*ret_fds = (struct pollfd){worker_fd(ssh2->worker), POLLIN, 0};
		return 1;
	case SSH2_CONNECTING:
		return ssh2_call_fds(ssh2, ret_fds);
	case SSH2_HANDSHAKE:
	case SSH2_CHANNEL:
	case SSH2_EXEC:
	case SSH2_ENDING:
		*ret_fds = (struct pollfd){ssh2->peer->socket, ssh2_wanted_events(ssh2), 0};
		return 1;
	case SSH2_STREAMING:
		*ret_fds = (struct pollfd){
			ssh2->peer->socket, ssh2->owner == OWNER_NONE ? POLLIN : POLLOUT, 0};
		return 1;
	case SSH2_HOST_KEY: /* a person is waited for; what the host says meanwhile is heard afterwards */
	case SSH2_SECRET:
		*ret_fds = (struct pollfd){ssh2->peer->socket, POLLRDHUP, 0};
		return 1;
	case SSH2_CLOSED:
	case SSH2_STATE_COUNT:
		break;
	}
	return 0;
}

static void ssh2_handle(struct transport *transport, const struct pollfd *fds, size_t count)
{
	struct ssh2 *ssh2 = ssh2_of(transport);
	enum ssh2_state before = SSH2_CLOSED;
	(void)fds; /* every call is non-blocking: just try */
	(void)count;
	while (ssh2->state != before && !ssh2->failed && !ssh2->closing) {
		before = ssh2->state;
		steps[before](ssh2);
	}
	if (!ssh2->failed && !ssh2->closing && ssh2_now_us(ssh2) >= ssh2->deadline_us) {
		ssh2_fail(ssh2, HV_ERR_TIMEOUT, "%s within %d s", states[ssh2->state].awaited,
			(most_ms(ssh2, ssh2->state) + 999) / 1000);
	}
	if ((ssh2->failed || ssh2->closing) && ssh2->state != SSH2_CLOSED) {
		finish(ssh2);
	}
}

static bool is_due(const struct ssh2 *ssh2)
{
	bool starts = ssh2->state == SSH2_PREPARING || ssh2->state == SSH2_LOGIN;
	bool asked = ssh2->state == SSH2_HOST_KEY || ssh2->state == SSH2_SECRET;
	return ssh2->failed || ssh2->closing || (ssh2->state == SSH2_STREAMING && ssh2->more) ||
	       (starts && !ssh2->worker) || (asked && ssh2->answered);
}

static int64_t ssh2_deadline_us(const struct transport *transport)
{
	const struct ssh2 *ssh2 = (const struct ssh2 *)(const void *)transport;
	if (ssh2->state == SSH2_CLOSED) {
		return HV_NEVER;
	}
	if (is_due(ssh2)) {
		return 0;
	}
	bool connecting = ssh2->state == SSH2_CONNECTING && ssh2->next_call_us < ssh2->deadline_us;
	return connecting ? ssh2->next_call_us : ssh2->deadline_us;
}

static enum hv_status ssh2_write(
	struct transport *transport, const char *bytes, size_t length, struct hv_error *err)
{
	struct ssh2 *ssh2 = ssh2_of(transport);
	if (ssh2->closing || ssh2->failed || ssh2->state >= SSH2_ENDING) {
		return hv_error_set(err, HV_ERR_UNREACHABLE, "the connection has ended");
	}
	if (length > TRANSPORT_QUEUE_MAX || ssh2_queued(ssh2) > TRANSPORT_QUEUE_MAX - length) {
		return hv_error_set(err, HV_ERR_TIMEOUT,
			"the agent does not read what it is told: %zu bytes are waiting", ssh2_queued(ssh2));
	}
	hv_text_append(&ssh2->queue, bytes, length);
	if (ssh2->state == SSH2_STREAMING) {
		ssh2_send_queue(ssh2);
	}
	return HV_OK;
}

static void ssh2_close(struct transport *transport, const char *reason)
{
	struct ssh2 *ssh2 = ssh2_of(transport);
	if (ssh2->closing || ssh2->failed || ssh2->state == SSH2_CLOSED) {
		return;
	}
	if (ssh2->state == SSH2_STREAMING) {
		ssh2_send_queue(ssh2);
	}
	if (!ssh2->failed) {
		(void)hv_error_set(&ssh2->reason, HV_ERR_UNREACHABLE, "%s", reason);
	}
	ssh2->closing = true;
}

/* A worker goes on with what it owns and releases it; a socket that was shut down does not hold it up for long. */
static void let_go(struct ssh2 *ssh2)
{
	bool logging_in = ssh2->worker && !ssh2->prepared;
	if (logging_in) {
		(void)shutdown(ssh2->peer->socket, SHUT_RDWR);
		ssh2->peer = NULL;
	} else if (ssh2->worker) {
		ssh2->prepared = NULL;
	}
	worker_abandon(ssh2->worker);
	ssh2->worker = NULL;
}

static void ssh2_free(struct transport *transport)
{
	if (!transport) {
		return;
	}
	struct ssh2 *ssh2 = ssh2_of(transport);
	let_go(ssh2);
	ssh2_drop_calls(ssh2);
	if (ssh2->peer && ssh2->peer->session) {
		if (ssh2->owner == OWNER_NONE && ssh2->state != SSH2_HANDSHAKE) {
			(void)libssh2_session_disconnect(ssh2->peer->session, "done");
		}
		(void)shutdown(ssh2->peer->socket, SHUT_WR);
	}
	ssh2_peer_free(ssh2->peer); /* also the channel */
	ssh_prepared_free(ssh2->prepared);
	hv_text_clear(&ssh2->queue);
	hv_text_clear(&ssh2->sending);
	free(ssh2->command);
	free(ssh2->accepted_fingerprint);
	free(ssh2);
}

static const char *ssh2_waits_for(const struct transport *transport)
{
	return states[((const struct ssh2 *)(const void *)transport)->state].waits_for;
}

static const struct transport_ops ssh2_ops = {
	.name = "libssh2",
	.poll_fds = ssh2_poll_fds,
	.handle = ssh2_handle,
	.deadline_us = ssh2_deadline_us,
	.write = ssh2_write,
	.close = ssh2_close,
	.waits_for = ssh2_waits_for,
	.free = ssh2_free,
};

static void start_library(void)
{
	(void)libssh2_init(0);
}

enum hv_status transport_ssh2_open(const struct transport_ssh_config *config,
	const struct transport_callbacks *callbacks, void *context, const struct hv_clock *clock,
	struct transport **ret_transport, struct hv_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct ssh_prepared *prepared;
	enum hv_status status = ssh_prepared_new(config, &prepared, err);
	if (status != HV_OK) {
		return status;
	}
	(void)pthread_once(&once, start_library);
	prepared->can_rsa = ssh2_can_rsa();
	struct ssh2 *ssh2 = hv_alloc(sizeof *ssh2);
	ssh2->base.ops = &ssh2_ops;
	ssh2->callbacks = *callbacks;
	ssh2->context = context;
	ssh2->clock = *clock;
	if (config->prompts) {
		ssh2->prompts = *config->prompts;
	}
	ssh2->prompt_context = config->prompt_context;
	ssh2->command = hv_strdup(config->command);
	ssh2->accepted_fingerprint = hv_strdup_null(config->accepted_fingerprint);
	ssh2->send_buffer_bytes = config->send_buffer_bytes;
	ssh2->deadline_ms = config->deadline_ms;
	ssh2->prepared = prepared;
	ssh2->peer = hv_alloc(sizeof *ssh2->peer);
	ssh2->peer->socket = -1;
	ssh2_enter(ssh2, SSH2_PREPARING);
	*ret_transport = &ssh2->base;
	return HV_OK;
}

/* ---- answers ---- */

void ssh2_answer_host_key(struct transport *transport, enum ssh_host_key_answer answer)
{
	struct ssh2 *ssh2 = ssh2_of(transport);
	if (transport->ops == &ssh2_ops && ssh2->state == SSH2_HOST_KEY) {
		ssh2->answer = answer;
		ssh2->answered = true;
	}
}

void ssh2_answer_secret(struct transport *transport, const char *secret)
{
	struct ssh2 *ssh2 = ssh2_of(transport);
	if (transport->ops == &ssh2_ops && ssh2->state == SSH2_SECRET && !ssh2->answered) {
		ssh2->peer->secret = hv_strdup_null(secret);
		ssh2->answered = true;
	}
}
