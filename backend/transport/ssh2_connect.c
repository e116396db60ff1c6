/* TCP to one of a host's addresses. */
#include "backend/transport/ssh2_state.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/transport/process_spawn.h"

#define ADDRESS_LEAST_US (2 * HV_SECOND_US) /* an address that says nothing must not use up the time of the next */
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

static void close_socket(struct ssh2_peer *peer)
{
	if (peer->socket >= 0) {
		(void)close(peer->socket);
		peer->socket = -1;
	}
}

static void remember_error(struct ssh2 *ssh2, int number)
{
	char text[128];
	const struct ssh_target *target = &ssh2->peer->prepared->target;
	(void)hv_error_set(&ssh2->address_error, HV_ERR_UNREACHABLE, "cannot connect to '%s' port %u: %s",
		target->host, target->port, process_errno_text(number, text));
}

/* A fair part of what is left, at least ADDRESS_LEAST_US. */
static int64_t time_for_address(const struct ssh2 *ssh2)
{
	int64_t left_us = ssh2->deadline_us - ssh2_now_us(ssh2);
	int64_t count = 0;
	for (const struct addrinfo *at = ssh2->address; at; at = at->ai_next) {
		count++;
	}
	int64_t part_us = left_us / (count > 0 ? count : 1);
	return part_us > ADDRESS_LEAST_US ? part_us : ADDRESS_LEAST_US;
}

/* To the address at hand, or the next one that does not fail at once. */
static void try_addresses(struct ssh2 *ssh2)
{
	for (; ssh2->address; ssh2->address = ssh2->address->ai_next) {
		const struct addrinfo *address = ssh2->address;
		ssh2->peer->socket = socket(
			address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (ssh2->peer->socket < 0) {
			remember_error(ssh2, errno);
			continue;
		}
		set_options(ssh2, ssh2->peer->socket);
		if (connect(ssh2->peer->socket, address->ai_addr, address->ai_addrlen) == 0 ||
			errno == EINPROGRESS) {
			ssh2->address_until_us = ssh2_now_us(ssh2) + time_for_address(ssh2);
			return;
		}
		remember_error(ssh2, errno);
		close_socket(ssh2->peer);
	}
	ssh2_fail(ssh2, ssh2->address_error.status, "%s", ssh2->address_error.text);
}

void ssh2_begin_connect(struct ssh2 *ssh2)
{
	ssh2_enter(ssh2, SSH2_CONNECTING);
	ssh2->address = ssh2->peer->prepared->addresses;
	remember_error(ssh2, EADDRNOTAVAIL);
	try_addresses(ssh2);
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

void ssh2_step_connect(struct ssh2 *ssh2)
{
	struct pollfd fd = {.fd = ssh2->peer->socket, .events = POLLOUT};
	int number = 0;
	socklen_t size = sizeof number;
	if (poll(&fd, 1, 0) == 0) {
		if (ssh2_now_us(ssh2) < ssh2->address_until_us) {
			return;
		}
		number = ETIMEDOUT;
	} else if (getsockopt(fd.fd, SOL_SOCKET, SO_ERROR, &number, &size) != 0) {
		number = errno;
	}
	if (number == 0) {
		begin_handshake(ssh2);
		return;
	}
	remember_error(ssh2, number);
	close_socket(ssh2->peer);
	ssh2->address = ssh2->address->ai_next;
	try_addresses(ssh2);
}
