/*
 * TCP to one of a host's addresses: one is called after the other, without waiting long for the one before, and the first
 * that answers is taken.
 */
#include "backend/transport/ssh2_state.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/transport/process_spawn.h"

#define CALL_APART_US (HV_SECOND_US / 4)
#define CALL_LEAST_US (2 * HV_SECOND_US) /* before a call that nobody answers gives way to another address */
#define UNANSWERED_MS 20000 /* a host that is switched off is noticed while data is on its way */
#define IDLE_S 15
#define PROBE_S 5
#define PROBES 3

static void set_option(int socket, int level, int name, int value)
{
	(void)setsockopt(socket, level, name, &value, sizeof value); /* what a system lacks, pings make good */
}

void ssh2_quick_answers(int socket)
{
	set_option(socket, IPPROTO_TCP, TCP_QUICKACK, 1);
}

static void set_options(const struct ssh2 *ssh2, int socket)
{
	set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, IDLE_S);
	set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, PROBE_S);
	set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, PROBES);
	set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, UNANSWERED_MS);
	set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
	if (ssh2->send_buffer_bytes > 0) {
		set_option(socket, SOL_SOCKET, SO_SNDBUF, ssh2->send_buffer_bytes);
	}
}

static void remember_error(struct ssh2 *ssh2, int number)
{
	char text[128];
	const struct ssh_target *target = &ssh2->peer->prepared->target;
	(void)hv_error_set(&ssh2->address_error, HV_ERR_UNREACHABLE, "cannot connect to '%s' port %u: %s",
		target->host, target->port, process_errno_text(number, text));
}

static void drop_call(struct ssh2 *ssh2, size_t index)
{
	if (ssh2->calls[index].socket >= 0) {
		(void)close(ssh2->calls[index].socket);
	}
	ssh2->call_count--;
	memmove(&ssh2->calls[index], &ssh2->calls[index + 1],
		(ssh2->call_count - index) * sizeof ssh2->calls[0]); /* the oldest stays the first */
}

void ssh2_drop_calls(struct ssh2 *ssh2)
{
	while (ssh2->call_count > 0) {
		drop_call(ssh2, ssh2->call_count - 1);
	}
}

size_t ssh2_call_fds(const struct ssh2 *ssh2, struct pollfd *ret_fds)
{
	for (size_t i = 0; i < ssh2->call_count; i++) {
		ret_fds[i] = (struct pollfd){ssh2->calls[i].socket, POLLOUT, 0};
	}
	return ssh2->call_count;
}

/* Whether the call is under way; else its error is remembered. */
static bool call(struct ssh2 *ssh2, const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		remember_error(ssh2, errno);
		return false;
	}
	set_options(ssh2, fd);
	if (connect(fd, address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS) {
		remember_error(ssh2, errno);
		(void)close(fd);
		return false;
	}
	ssh2->calls[ssh2->call_count++] = (struct ssh2_call){fd, ssh2_now_us(ssh2)};
	return true;
}

/* When the next address has its turn: at once when nobody is being called, else a moment after the last call began, and,
 * with no room for one more, when the oldest has had its time. */
static int64_t next_turn_us(const struct ssh2 *ssh2)
{
	if (ssh2->next_address == ssh2->peer->prepared->address_count) {
		return HV_NEVER;
	}
	if (ssh2->call_count == 0) {
		return 0;
	}
	return ssh2->call_count == HV_ARRAY_LEN(ssh2->calls)
		       ? ssh2->calls[0].began_us + CALL_LEAST_US
		       : ssh2->calls[ssh2->call_count - 1].began_us + CALL_APART_US;
}

static void call_next(struct ssh2 *ssh2)
{
	const struct ssh_prepared *prepared = ssh2->peer->prepared;
	while (next_turn_us(ssh2) <= ssh2_now_us(ssh2)) {
		if (ssh2->call_count == HV_ARRAY_LEN(ssh2->calls)) {
			drop_call(ssh2, 0);
		}
		(void)call(ssh2, prepared->order[ssh2->next_address++]);
	}
	ssh2->next_call_us = next_turn_us(ssh2);
	if (ssh2->call_count == 0) {
		ssh2_fail(ssh2, ssh2->address_error.status, "%s", ssh2->address_error.text);
	}
}

void ssh2_begin_connect(struct ssh2 *ssh2)
{
	ssh2_enter(ssh2, SSH2_CONNECTING);
	remember_error(ssh2, EADDRNOTAVAIL);
	call_next(ssh2);
}

static void begin_handshake(struct ssh2 *ssh2)
{
	ssh2->peer->session = ssh2_session_new();
	if (!ssh2->peer->session) {
		ssh2_fail(ssh2, HV_ERR_IO, "libssh2 cannot make a session");
		return;
	}
	libssh2_session_set_blocking(ssh2->peer->session, 0);
	ssh2_prefer_known_keys(ssh2);
	ssh2_enter(ssh2, SSH2_HANDSHAKE);
}

/* False: nobody has answered it yet. *ret_number is 0 when somebody has, else why nobody will. */
static bool is_answered(const struct ssh2_call *call, int *ret_number)
{
	struct pollfd fd = {.fd = call->socket, .events = POLLOUT};
	socklen_t size = sizeof *ret_number;
	*ret_number = 0;
	if (poll(&fd, 1, 0) == 0) {
		return false;
	}
	if (getsockopt(fd.fd, SOL_SOCKET, SO_ERROR, ret_number, &size) != 0) {
		*ret_number = errno;
	}
	return true;
}

void ssh2_step_connect(struct ssh2 *ssh2)
{
	int number;
	for (size_t i = 0; i < ssh2->call_count;) {
		if (!is_answered(&ssh2->calls[i], &number)) {
			i++;
		} else if (number == 0) {
			ssh2->peer->socket = ssh2->calls[i].socket;
			ssh2->calls[i].socket = -1; /* it is the peer's */
			ssh2_drop_calls(ssh2);
			begin_handshake(ssh2);
			return;
		} else {
			remember_error(ssh2, number);
			drop_call(ssh2, i);
		}
	}
	call_next(ssh2);
}
