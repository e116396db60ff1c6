/*
 * A child process as a transport.
 *
 *   STARTING  forked; the program runs once `verdict` says so
 *   RUNNING   bytes flow
 *   ENDING    its output has ended; waiting for it to die, to tell how
 *   CLOSED    `closed` was called
 *
 *   STARTING -> RUNNING [hear_verdict]   RUNNING -> ENDING [read_stream]   any -> CLOSED [finish]
 *
 * What must hold: `pid` is ours until it is reaped in process_free(), so signals can never reach a stranger; a
 * descriptor is -1 from the moment that it has nothing more to say, so poll never spins on it.
 */
#include "backend/transport/transport.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/transport/process_spawn.h"

#define READ_BUDGET (64u << 10) /* bytes a stream and turn: one flooding agent must not starve the others */
#define NOISE_BUDGET (16u << 10)
#define QUEUE_KEEP (1u << 20)              /* an emptied queue that grew beyond this is given back */
#define END_WAIT_US (HV_SECOND_US / 2)     /* from the end of output to the end of the process */
#define QUIT_WAIT_US (HV_SECOND_US / 5)    /* from close() until it is told to go */
#define TERM_WAIT_US (HV_SECOND_US / 50)   /* from SIGTERM to SIGKILL */
#define KILL_WAIT_US HV_SECOND_US          /* SIGKILL works at once unless the kernel itself hangs */
#define POLL_STEP_MS 2                     /* between looks where the kernel has no process descriptors */

enum process_state { STARTING, RUNNING, ENDING, CLOSED };

struct process {
	struct transport base;
	struct transport_callbacks callbacks;
	void *context;
	struct hv_clock clock;
	enum process_state state;
	char *program; /* printable */
	pid_t pid;
	int stream;
	int noise;
	int verdict;
	int death; /* pidfd, readable when the child has ended; -1 when the kernel has none */
	bool exited;
	siginfo_t exit;
	bool closing; /* close() was called: `reason` is why */
	bool broken;  /* the child takes no more bytes */
	struct hv_error reason;
	int64_t close_us;    /* of close(), by the system's clock: what is left of a child is waited for in free() */
	int64_t deadline_us; /* of ENDING; HV_NEVER otherwise */
	struct hv_text queue;
	size_t queue_sent; /* bytes at the front of `queue` that are gone already */
};

static struct process *process_of(struct transport *transport)
{
	return (struct process *)(void *)transport;
}

static int64_t now_us(const struct process *process)
{
	return hv_clock_monotonic_us(&process->clock);
}

static void close_descriptor(int *descriptor)
{
	if (*descriptor >= 0) {
		(void)close(*descriptor);
		*descriptor = -1;
	}
}

/* The child stays a zombie, and its process group ours, until process_free(). */
static bool look_for_exit(struct process *process)
{
	if (process->exited) {
		return true;
	}
	siginfo_t info;
	memset(&info, 0, sizeof info);
	if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOWAIT | WNOHANG) == 0 &&
		info.si_pid == process->pid) {
		process->exit = info;
		process->exited = true;
		close_descriptor(&process->death);
	}
	return process->exited;
}

static void wait_for_exit_until(struct process *process, int64_t until_us)
{
	struct hv_clock system = hv_clock_system(); /* waiting for real: a virtual clock would never pass */
	while (!look_for_exit(process)) {
		int64_t left_us = until_us - hv_clock_monotonic_us(&system);
		if (left_us <= 0) {
			return;
		}
		struct pollfd fd = {.fd = process->death, .events = POLLIN};
		int left_ms = (int)(left_us / 1000) + 1;
		(void)poll(&fd, 1, process->death < 0 && left_ms > POLL_STEP_MS ? POLL_STEP_MS : left_ms);
	}
}

static void signal_group(const struct process *process, int number)
{
	(void)kill(-process->pid, number); /* no such group before the child has called setsid() */
	(void)kill(process->pid, number);
}

/* ---- ends ---- */

static void describe_exit(const struct process *process, struct hv_error *reason)
{
	int code = process->exit.si_status;
	if (!process->exited) {
		(void)hv_error_set(reason, HV_ERR_UNREACHABLE,
			"the agent closed its output but did not end; it was killed");
	} else if (process->exit.si_code == CLD_EXITED && code == 0) {
		(void)hv_error_set(reason, HV_ERR_UNREACHABLE, "the agent ended");
	} else if (process->exit.si_code == CLD_EXITED) {
		(void)hv_error_set(
			reason, HV_ERR_UNREACHABLE, "the agent ended with exit code %d", code);
	} else {
		const char *name = sigdescr_np(code);
		(void)hv_error_set(reason, HV_ERR_UNREACHABLE, "the agent was ended by signal %d (%s)",
			code, name ? name : "unknown");
	}
}

static void finish(struct process *process, const struct hv_error *reason)
{
	struct hv_error copy = *reason; /* `reason` may be the process's own */
	process->state = CLOSED;
	process->deadline_us = HV_NEVER;
	if (process->callbacks.closed) {
		process->callbacks.closed(process->context, &copy);
	}
}

static void finish_after_exit(struct process *process)
{
	struct hv_error reason;
	describe_exit(process, &reason);
	finish(process, &reason);
}

static void begin_ending(struct process *process)
{
	if (process->state == RUNNING || process->state == STARTING) {
		process->state = ENDING;
		process->deadline_us = now_us(process) + END_WAIT_US;
	}
}

/* ---- bytes out ---- */

static size_t queued(const struct process *process)
{
	return process->queue.length - process->queue_sent;
}

static void forget_queue(struct process *process)
{
	process->queue_sent = 0;
	process->queue.length = 0;
	if (process->queue.capacity > QUEUE_KEEP) {
		hv_text_clear(&process->queue);
	}
}

/* What the child no longer takes is dropped; its end is seen on the reading side. */
static void send_queue(struct process *process)
{
	while (queued(process) > 0 && !process->broken) {
		ssize_t sent = send(process->stream, process->queue.bytes + process->queue_sent,
			queued(process), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent > 0) {
			process->queue_sent += (size_t)sent;
		} else if (sent < 0 && errno == EINTR) {
			continue;
		} else if (sent < 0 && errno == EAGAIN) {
			return;
		} else {
			process->broken = true;
		}
	}
	forget_queue(process);
}

static void compact_queue(struct process *process)
{
	if (process->queue_sent > process->queue.length / 2) {
		size_t left = queued(process);
		memmove(process->queue.bytes, process->queue.bytes + process->queue_sent, left);
		process->queue.length = left;
		process->queue_sent = 0;
	}
}

static enum hv_status process_write(
	struct transport *transport, const char *bytes, size_t length, struct hv_error *err)
{
	struct process *process = process_of(transport);
	if (process->closing || process->broken || process->state == ENDING ||
		process->state == CLOSED) {
		return hv_error_set(err, HV_ERR_UNREACHABLE, "the agent has ended");
	}
	if (length > TRANSPORT_QUEUE_MAX || queued(process) > TRANSPORT_QUEUE_MAX - length) {
		return hv_error_set(err, HV_ERR_TIMEOUT,
			"the agent does not read what it is told: %zu bytes are waiting",
			queued(process));
	}
	compact_queue(process);
	hv_text_append(&process->queue, bytes, length);
	send_queue(process);
	return HV_OK;
}

/* ---- bytes in ---- */

typedef void (*bytes_function)(void *context, const char *bytes, size_t length);

enum read_result { READ_MORE, READ_EMPTY, READ_END };

static enum read_result read_some(
	struct process *process, int descriptor, size_t budget, bytes_function deliver)
{
	char bytes[16384];
	while (budget > 0 && !process->closing) {
		ssize_t length = read(descriptor, bytes, budget < sizeof bytes ? budget : sizeof bytes);
		if (length < 0 && errno == EINTR) {
			continue;
		}
		if (length < 0 && errno == EAGAIN) {
			return READ_EMPTY;
		}
		if (length <= 0) {
			return READ_END;
		}
		budget -= (size_t)length;
		if (deliver) {
			deliver(process->context, bytes, (size_t)length);
		}
	}
	return READ_MORE;
}

/* Whether the stream may have more to say. */
static bool read_stream(struct process *process)
{
	if (process->stream < 0 || process->closing) {
		return false;
	}
	enum read_result result =
		read_some(process, process->stream, READ_BUDGET, process->callbacks.received);
	if (result == READ_END) {
		close_descriptor(&process->stream);
		process->broken = true;
		forget_queue(process);
		begin_ending(process);
	}
	return result == READ_MORE;
}

static bool read_noise(struct process *process)
{
	if (process->noise < 0 || process->closing) {
		return false;
	}
	enum read_result result =
		read_some(process, process->noise, NOISE_BUDGET, process->callbacks.noise);
	if (result == READ_END) {
		close_descriptor(&process->noise);
	}
	return result == READ_MORE;
}

/* The child either runs the program (the pipe closes by itself) or says why it cannot. */
static void hear_verdict(struct process *process)
{
	int number = 0;
	char text[128];
	ssize_t length = read(process->verdict, &number, sizeof number);
	if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
		return;
	}
	close_descriptor(&process->verdict);
	if (length == (ssize_t)sizeof number) {
		struct hv_error reason;
		(void)hv_error_set(&reason, HV_ERR_UNREACHABLE, "cannot start '%s': %s",
			process->program, process_errno_text(number, text));
		finish(process, &reason);
		return;
	}
	process->state = RUNNING;
	if (process->callbacks.opened) {
		process->callbacks.opened(process->context);
	}
}

/* ---- the interface ---- */

static void add_fd(struct pollfd *fds, size_t *count, int descriptor, short events)
{
	if (descriptor >= 0) {
		fds[(*count)++] = (struct pollfd){.fd = descriptor, .events = events};
	}
}

static size_t process_poll_fds(struct transport *transport, struct pollfd *ret_fds)
{
	struct process *process = process_of(transport);
	size_t count = 0;
	if (process->state == CLOSED) {
		return 0;
	}
	if (process->state == STARTING) {
		add_fd(ret_fds, &count, process->verdict, POLLIN);
		return count;
	}
	short out = queued(process) > 0 && !process->broken ? POLLOUT : 0;
	add_fd(ret_fds, &count, process->stream, (short)(POLLIN | out));
	add_fd(ret_fds, &count, process->noise, POLLIN);
	add_fd(ret_fds, &count, process->death, POLLIN);
	return count;
}

static void process_handle(struct transport *transport, const struct pollfd *fds, size_t count)
{
	struct process *process = process_of(transport);
	(void)fds; /* every descriptor is non-blocking and there are three of them: just try */
	(void)count;
	if (process->state == STARTING && !process->closing) {
		hear_verdict(process);
	}
	if (process->state == RUNNING && !process->closing) {
		send_queue(process);
	}
	if (process->state == RUNNING || process->state == ENDING) {
		/* Exit first, bytes second: what it wrote before it died is then all there to be read. */
		bool exited = look_for_exit(process);
		bool more_noise = read_noise(process); /* often the reason why it died */
		bool more = read_stream(process) || more_noise;
		if (exited) {
			begin_ending(process);
		}
		bool late = process->state == ENDING && now_us(process) >= process->deadline_us;
		if (!process->closing && ((exited && !more) || late)) {
			finish_after_exit(process);
		}
	}
	if (process->closing && process->state != CLOSED) {
		finish(process, &process->reason);
	}
}

static int64_t process_deadline_us(const struct transport *transport)
{
	const struct process *process = (const struct process *)(const void *)transport;
	return process->deadline_us;
}

static void process_close(struct transport *transport, const char *reason)
{
	struct process *process = process_of(transport);
	if (process->closing || process->state == CLOSED) {
		return;
	}
	struct hv_clock system = hv_clock_system();
	(void)hv_error_set(&process->reason, HV_ERR_UNREACHABLE, "%s", reason);
	send_queue(process);
	process->closing = true;
	process->close_us = hv_clock_monotonic_us(&system);
	if (process->stream >= 0) {
		(void)shutdown(process->stream, SHUT_WR);
	}
}

/* An agent that was asked to end gets a moment to do so, one that was not is told to go. */
static void end_child(struct process *process)
{
	struct hv_clock system = hv_clock_system();
	if (process->closing) {
		wait_for_exit_until(process, process->close_us + QUIT_WAIT_US);
	}
	if (!look_for_exit(process)) {
		signal_group(process, SIGTERM);
		wait_for_exit_until(process, hv_clock_monotonic_us(&system) + TERM_WAIT_US);
	}
	signal_group(process, SIGKILL); /* also whatever it started and left behind */
	wait_for_exit_until(process, hv_clock_monotonic_us(&system) + KILL_WAIT_US);
	(void)waitpid(process->pid, NULL, WNOHANG);
}

static void process_free(struct transport *transport)
{
	if (!transport) {
		return;
	}
	struct process *process = process_of(transport);
	end_child(process);
	close_descriptor(&process->stream);
	close_descriptor(&process->noise);
	close_descriptor(&process->verdict);
	close_descriptor(&process->death);
	hv_text_clear(&process->queue);
	free(process->program);
	free(process);
}

static const struct transport_ops process_ops = {
	.name = "process",
	.poll_fds = process_poll_fds,
	.handle = process_handle,
	.deadline_us = process_deadline_us,
	.write = process_write,
	.close = process_close,
	.free = process_free,
};

static char **copy_arguments(const char *const *argv)
{
	size_t count = 0;
	while (argv[count]) {
		count++;
	}
	char **copy = hv_alloc((count + 1) * sizeof *copy);
	for (size_t i = 0; i < count; i++) {
		copy[i] = hv_strdup(argv[i]);
	}
	return copy;
}

static void free_arguments(char **argv)
{
	for (size_t i = 0; argv[i]; i++) {
		free(argv[i]);
	}
	free(argv);
}

enum hv_status transport_process_open(const char *const *argv, const struct transport_callbacks *callbacks,
	void *context, const struct hv_clock *clock, struct transport **ret_transport, struct hv_error *err)
{
	struct spawned spawned;
	char **copy = copy_arguments(argv);
	enum hv_status status = process_spawn(copy, &spawned, err);
	free_arguments(copy);
	if (status != HV_OK) {
		return status;
	}
	struct process *process = hv_alloc(sizeof *process);
	process->base.ops = &process_ops;
	process->callbacks = *callbacks;
	process->context = context;
	process->clock = *clock;
	process->state = STARTING;
	process->program = hv_text_printable(argv[0], strlen(argv[0]));
	process->pid = spawned.pid;
	process->stream = spawned.stream;
	process->noise = spawned.noise;
	process->verdict = spawned.verdict;
	process->death = pidfd_open(spawned.pid, 0); /* close-on-exec by its nature */
	process->deadline_us = HV_NEVER;
	*ret_transport = &process->base;
	return HV_OK;
}

int transport_process_exit_code(const struct transport *transport)
{
	const struct process *process = (const struct process *)(const void *)transport;
	return process->exited && process->exit.si_code == CLD_EXITED ? process->exit.si_status : -1;
}
