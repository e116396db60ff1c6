/*
 * Bytes both ways over one channel.
 *
 * The library has one slot for what it sends. When a call comes back half-sent, no other call may run until that very
 * one, with the same arguments, has ended: it is the owner. Reading sends as well (window adjustments), so it counts.
 */
#include "backend/transport/ssh2_state.h"

#include <inttypes.h>
#include <string.h>

#define READ_BUDGET (64u << 10) /* bytes a turn: one flooding agent must not starve the others */
#define NOISE_BUDGET (16u << 10)
#define QUEUE_KEEP (1u << 20)   /* an emptied queue that grew beyond this is given back */
#define WRITE_MOST 32700        /* what one call takes at most */

size_t ssh2_queued(const struct ssh2 *ssh2)
{
	return ssh2->queue.length + ssh2->sending.length - ssh2->sent;
}

/* Whether the call is half-sent, and so must be the next one. */
static bool is_half_sent(const struct ssh2 *ssh2, ssize_t code)
{
	return code == LIBSSH2_ERROR_EAGAIN && (libssh2_session_block_directions(ssh2->peer->session) &
						       LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0;
}

static void lost(struct ssh2 *ssh2, ssize_t code)
{
	if (code == LIBSSH2_ERROR_SOCKET_DISCONNECT) {
		ssh2_fail(ssh2, HV_ERR_UNREACHABLE, "the host closed the connection");
	} else {
		ssh2_fail_session(ssh2, "the connection was lost");
	}
}

/* ---- out ---- */

static void next_to_send(struct ssh2 *ssh2)
{
	if (ssh2->sent < ssh2->sending.length) {
		return;
	}
	struct hv_text empty = ssh2->sending;
	empty.length = 0;
	if (empty.capacity > QUEUE_KEEP) {
		hv_text_clear(&empty);
	}
	ssh2->sending = ssh2->queue;
	ssh2->queue = empty;
	ssh2->sent = 0;
}

/* False: no more can go out now. */
static bool send_some(struct ssh2 *ssh2)
{
	next_to_send(ssh2);
	size_t length = ssh2->sending.length - ssh2->sent;
	if (length == 0) {
		return false;
	}
	if (ssh2->sending_now == 0) {
		ssh2->sending_now = length < WRITE_MOST ? length : WRITE_MOST;
	}
	ssize_t code = libssh2_channel_write(
		ssh2->channel, ssh2->sending.bytes + ssh2->sent, ssh2->sending_now);
	if (code == LIBSSH2_ERROR_EAGAIN) {
		ssh2->owner = is_half_sent(ssh2, code) ? OWNER_WRITE : OWNER_NONE;
		return false;
	}
	ssh2->owner = OWNER_NONE;
	ssh2->sending_now = 0;
	if (code < 0) {
		lost(ssh2, code);
		return false;
	}
	ssh2->sent += (size_t)code;
	return code > 0; /* 0: the host takes no more for now */
}

/* Every call takes in whatever the socket holds, for both streams; poll() says nothing of that any more. */
static void look_for_more(struct ssh2 *ssh2)
{
	if (ssh2->owner == OWNER_NONE && !ssh2->failed) {
		ssh2->more = ssh2->more || libssh2_poll_channel_read(ssh2->channel, 0) == 1 ||
			     libssh2_poll_channel_read(ssh2->channel, SSH_EXTENDED_DATA_STDERR) == 1 ||
			     libssh2_channel_eof(ssh2->channel) == 1;
	}
}

void ssh2_send_queue(struct ssh2 *ssh2)
{
	while (!ssh2->failed && (ssh2->owner == OWNER_NONE || ssh2->owner == OWNER_WRITE) &&
		send_some(ssh2)) {
	}
	look_for_more(ssh2);
}

/* ---- in ---- */

struct stream {
	enum ssh2_owner owner;
	int id;
	size_t budget;
};

/* Until it has no more to say, the budget is used up, or another call must run first. */
static void read_stream(struct ssh2 *ssh2, const struct stream *stream)
{
	void (*deliver)(void *context, const char *bytes, size_t length) =
		stream->owner == OWNER_OUTPUT ? ssh2->callbacks.received : ssh2->callbacks.noise;
	size_t budget = stream->budget;
	while (!ssh2->failed && !ssh2->closing &&
		(ssh2->owner == OWNER_NONE || ssh2->owner == stream->owner)) {
		ssize_t code = libssh2_channel_read_ex(
			ssh2->channel, stream->id, ssh2->buffer, sizeof ssh2->buffer);
		if (code == LIBSSH2_ERROR_EAGAIN) {
			ssh2->owner = is_half_sent(ssh2, code) ? stream->owner : OWNER_NONE;
			return;
		}
		ssh2->owner = OWNER_NONE;
		if (code < 0) {
			lost(ssh2, code);
			return;
		}
		if (code == 0) {
			return;
		}
		if (deliver) {
			deliver(ssh2->context, ssh2->buffer, (size_t)code);
		}
		if ((size_t)code >= budget) {
			ssh2->more = true;
			return;
		}
		budget -= (size_t)code;
	}
}

void ssh2_step_stream(struct ssh2 *ssh2)
{
	static const struct stream streams[] = {
		{OWNER_NOISE, SSH_EXTENDED_DATA_STDERR, NOISE_BUDGET}, {OWNER_OUTPUT, 0, READ_BUDGET}};
	ssh2->more = false;
	if (ssh2->owner == OWNER_WRITE) {
		ssh2_send_queue(ssh2);
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(streams); i++) {
		read_stream(ssh2, &streams[i]);
	}
	if (!ssh2->closing) {
		ssh2_send_queue(ssh2);
	}
	if (!ssh2->failed && !ssh2->closing && ssh2->owner == OWNER_NONE &&
		libssh2_channel_eof(ssh2->channel) == 1) {
		ssh2_enter(ssh2, SSH2_ENDING);
	}
}

/* ---- the end of the command ---- */

static void tell_exit(struct ssh2 *ssh2)
{
	char *name = NULL;
	size_t length = 0;
	(void)libssh2_channel_get_exit_signal(
		ssh2->channel, &name, &length, NULL, NULL, NULL, NULL);
	int code = libssh2_channel_get_exit_status(ssh2->channel);
	if (name) {
		HV_CLEANUP_FREE char *shown = hv_text_printable(name, strnlen(name, length));
		ssh2_fail(ssh2, HV_ERR_UNREACHABLE, "the agent was ended by signal %.40s", shown);
		libssh2_free(ssh2->peer->session, name);
	} else if (code != 0) {
		ssh2_fail(ssh2, HV_ERR_UNREACHABLE, "the agent ended with exit code %d", code);
	} else {
		ssh2_fail(ssh2, HV_ERR_UNREACHABLE, "the agent ended");
	}
}

void ssh2_step_ending(struct ssh2 *ssh2)
{
	int code = libssh2_channel_close(ssh2->channel);
	if (code == LIBSSH2_ERROR_EAGAIN && ssh2_now_us(ssh2) < ssh2->deadline_us) {
		return;
	}
	tell_exit(ssh2);
}
