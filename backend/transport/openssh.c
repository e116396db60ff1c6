/*
 * The system's ssh as a transport: a child process whose prompts go nowhere (BatchMode, no terminal), and whose own
 * failure, exit code 255, is told apart from the agent's.
 */
#include "backend/transport/ssh.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/transport/ssh_prepare.h"

#define SSH_FAILED 255
#define TAIL_BYTES 2048 /* of what ssh says: the reason stands at the end */
#define ARGUMENTS_MAX 40

struct openssh {
	struct transport base;
	struct transport_callbacks callbacks;
	void *context;
	struct transport *child;
	bool heard; /* a byte came from the agent: what fails afterwards is no matter of logging in */
	struct hv_text tail;
};

static struct openssh *openssh_of(struct transport *transport)
{
	return (struct openssh *)(void *)transport;
}

/* ---- why ssh failed ---- */

#define ADMINISTRATORS                                                                                     \
	"if the user is an administrator of the host, the key belongs in "                                 \
	"%ProgramData%\\ssh\\administrators_authorized_keys, which only SYSTEM and Administrators may write"

/* The first row whose words ssh has said. */
static const struct {
	const char *said;
	enum hv_status status;
	enum transport_step at; /* what did not come about */
	const char *means;
} reasons[] = {
	{"REMOTE HOST IDENTIFICATION HAS CHANGED", HV_ERR_DENIED, TRANSPORT_KEY,
		"THE KEY OF THE HOST HAS CHANGED: somebody may be listening, or the host was installed anew; "
		"ask its administrator, and if so remove the old key with ssh-keygen -R"},
	{"is marked as revoked", HV_ERR_DENIED, TRANSPORT_KEY, "the key of the host is revoked: it must never be trusted again"},
	{"REVOKED HOST KEY", HV_ERR_DENIED, TRANSPORT_KEY, "the key of the host is revoked: it must never be trusted again"},
	{"Host key verification failed", HV_ERR_DENIED, TRANSPORT_KEY,
		"the key of the host is not known: connect once with ssh by hand, compare the fingerprint and "
		"accept it"},
	{"Permission denied (", HV_ERR_DENIED, TRANSPORT_LOGIN, "the host refused the login; " ADMINISTRATORS},
	{"Too many authentication failures", HV_ERR_DENIED, TRANSPORT_LOGIN,
		"the host refused the login after too many keys: name the right one with IdentityFile and "
		"IdentitiesOnly in the configuration of ssh"},
	{"Could not resolve hostname", HV_ERR_UNREACHABLE, TRANSPORT_ADDRESS, "the address of the host was not found"},
	{"Connection refused", HV_ERR_UNREACHABLE, TRANSPORT_CALL, "the host refused the connection: no SSH server runs there"},
	{"timed out", HV_ERR_TIMEOUT, TRANSPORT_CALL, "the host did not answer in time"},
	{"no matching", HV_ERR_UNREACHABLE, TRANSPORT_CALL, "the host and ssh have no algorithms in common"},
};

static void tell_passed(const struct openssh *openssh, enum transport_step end)
{
	for (size_t step = 0; openssh->callbacks.passed && step < (size_t)end; step++) {
		openssh->callbacks.passed(openssh->context, (enum transport_step)step, "by the system's ssh");
	}
}

static void explain(const struct openssh *openssh, struct hv_error *reason)
{
	const char *tail = hv_text_get(&openssh->tail);
	for (size_t i = 0; i < HV_ARRAY_LEN(reasons) && !openssh->heard; i++) {
		if (strstr(tail, reasons[i].said)) {
			tell_passed(openssh, reasons[i].at);
			(void)hv_error_set(reason, reasons[i].status, "%s", reasons[i].means);
			return;
		}
	}
	size_t length = openssh->tail.length;
	while (length > 0 && (tail[length - 1] == '\n' || tail[length - 1] == '\r')) {
		length--;
	}
	const char *newline = memrchr(tail, '\n', length);
	const char *last = newline ? newline + 1 : tail;
	HV_CLEANUP_FREE char *shown = hv_text_printable(last, length - (size_t)(last - tail));
	(void)hv_error_set(reason, HV_ERR_UNREACHABLE, "ssh ended the connection%s%.300s",
		*shown ? ": " : " without a word", shown);
}

/* ---- what the child says ---- */

static void child_opened(void *context)
{
	const struct openssh *openssh = context;
	if (openssh->callbacks.opened) {
		openssh->callbacks.opened(openssh->context);
	}
}

static void child_received(void *context, const char *bytes, size_t length)
{
	struct openssh *openssh = context;
	if (!openssh->heard) {
		tell_passed(openssh, TRANSPORT_STEP_COUNT);
	}
	openssh->heard = true;
	if (openssh->callbacks.received) {
		openssh->callbacks.received(openssh->context, bytes, length);
	}
}

static void child_noise(void *context, const char *bytes, size_t length)
{
	struct openssh *openssh = context;
	size_t kept = length < TAIL_BYTES ? length : TAIL_BYTES;
	hv_text_append(&openssh->tail, bytes + length - kept, kept);
	if (openssh->tail.length > TAIL_BYTES) {
		size_t excess = openssh->tail.length - TAIL_BYTES;
		memmove(openssh->tail.bytes, openssh->tail.bytes + excess, TAIL_BYTES + 1);
		openssh->tail.length = TAIL_BYTES;
	}
	if (openssh->callbacks.noise) {
		openssh->callbacks.noise(openssh->context, bytes, length);
	}
}

static void child_closed(void *context, const struct hv_error *reason)
{
	struct openssh *openssh = context;
	struct hv_error told = *reason;
	if (transport_process_exit_code(openssh->child) == SSH_FAILED) {
		explain(openssh, &told);
	}
	if (openssh->callbacks.closed) {
		openssh->callbacks.closed(openssh->context, &told);
	}
}

static const struct transport_callbacks child_callbacks = {
	.opened = child_opened,
	.received = child_received,
	.noise = child_noise,
	.closed = child_closed,
};

/* ---- the interface: the child's ---- */

static size_t openssh_poll_fds(struct transport *transport, struct pollfd *ret_fds)
{
	struct transport *child = openssh_of(transport)->child;
	return child->ops->poll_fds(child, ret_fds);
}

static void openssh_handle(struct transport *transport, const struct pollfd *fds, size_t count)
{
	struct transport *child = openssh_of(transport)->child;
	child->ops->handle(child, fds, count);
}

static int64_t openssh_deadline_us(const struct transport *transport)
{
	const struct transport *child = ((const struct openssh *)(const void *)transport)->child;
	return child->ops->deadline_us(child);
}

static enum hv_status openssh_write(
	struct transport *transport, const char *bytes, size_t length, struct hv_error *err)
{
	struct transport *child = openssh_of(transport)->child;
	return child->ops->write(child, bytes, length, err);
}

static void openssh_close(struct transport *transport, const char *reason)
{
	struct transport *child = openssh_of(transport)->child;
	child->ops->close(child, reason);
}

static const char *openssh_waits_for(const struct transport *transport)
{
	(void)transport;
	return "ssh was started and has to log in";
}

static void openssh_free(struct transport *transport)
{
	if (!transport) {
		return;
	}
	struct openssh *openssh = openssh_of(transport);
	openssh->child->ops->free(openssh->child);
	hv_text_clear(&openssh->tail);
	free(openssh);
}

static const struct transport_ops openssh_ops = {
	.name = "openssh",
	.poll_fds = openssh_poll_fds,
	.handle = openssh_handle,
	.deadline_us = openssh_deadline_us,
	.write = openssh_write,
	.close = openssh_close,
	.waits_for = openssh_waits_for,
	.free = openssh_free,
};

static const char *const fixed_arguments[] = {
	"-T", "-a", "-x",
	"-o", "BatchMode=yes",
	"-o", "StrictHostKeyChecking=yes",
	"-o", "ServerAliveInterval=15",
	"-o", "ServerAliveCountMax=3",
	"-o", "ConnectTimeout=10",
	"-o", "ClearAllForwardings=yes",
	"-o", "PermitLocalCommand=no",
	"-o", "RemoteCommand=none",
	"-o", "EscapeChar=none",
};

static enum hv_status start_child(const struct transport_ssh_config *config, const char *program,
	const struct ssh_address *address, struct openssh *openssh, const struct hv_clock *clock,
	struct hv_error *err)
{
	const char *argv[ARGUMENTS_MAX] = {program};
	size_t count = 1;
	HV_CLEANUP_FREE char *port = hv_sprintf("%u", address->port);
	const char *const pairs[][2] = {{"-F", config->config_file}, {"-l", address->user},
		{"-p", address->port ? port : NULL}};
	for (size_t i = 0; i < HV_ARRAY_LEN(fixed_arguments); i++) {
		argv[count++] = fixed_arguments[i];
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(pairs); i++) {
		if (pairs[i][1]) {
			argv[count++] = pairs[i][0];
			argv[count++] = pairs[i][1];
		}
	}
	argv[count++] = "--";
	argv[count++] = address->host;
	argv[count] = config->command;
	return transport_process_open(argv, &child_callbacks, openssh, clock, &openssh->child, err);
}

enum hv_status transport_openssh_open(const struct transport_ssh_config *config,
	const struct transport_callbacks *callbacks, void *context, const struct hv_clock *clock,
	struct transport **ret_transport, struct hv_error *err)
{
	struct ssh_address address = {NULL, NULL, 0};
	enum hv_status status = ssh_address_parse(config->address, &address, err);
	if (status != HV_OK) {
		return status;
	}
	HV_CLEANUP_FREE char *program =
		config->ssh_program ? hv_strdup(config->ssh_program) : ssh_find_program();
	struct openssh *openssh = hv_alloc(sizeof *openssh);
	openssh->base.ops = &openssh_ops;
	openssh->callbacks = *callbacks;
	openssh->context = context;
	if (!program || *program == '\0') {
		status = hv_error_set(err, HV_ERR_INVALID,
			"the transport openssh needs the program ssh, and there is none on this machine");
	} else {
		status = start_child(config, program, &address, openssh, clock, err);
	}
	ssh_address_clear(&address);
	if (status != HV_OK) {
		free(openssh);
		return status;
	}
	*ret_transport = &openssh->base;
	return HV_OK;
}
