/* hvtree-sim: options, and the agent's poll loop over stdin, stdout and the clock. Everything else is the library's. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/sim/cli.h"
#include "backend/sim/session.h"

#define EXIT_KILLED 137 /* what a shell says of a process that was killed */
#define EXIT_DOWN 255   /* what ssh says of a host that it cannot reach */
#define LAST_WORDS_MS 1000

/* Not more than a pipe takes at once when poll says that it takes something: a write never blocks. */
static bool write_some(struct sim_session *session)
{
	size_t length;
	const char *bytes = sim_session_output(session, &length);
	ssize_t wrote = write(STDOUT_FILENO, bytes, length < PIPE_BUF ? length : PIPE_BUF);
	if (wrote < 0) {
		return errno == EINTR || errno == EAGAIN;
	}
	sim_session_output_written(session, (size_t)wrote);
	return true;
}

static bool read_some(struct sim_session *session)
{
	char bytes[65536];
	ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
	if (got > 0) {
		sim_session_feed(session, bytes, (size_t)got);
	} else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
		sim_session_end_of_input(session);
		return false;
	}
	return true;
}

/* Until the session ends or nobody reads any more. */
static void serve(struct sim_session *session)
{
	bool input = true;
	sim_session_pump(session);
	while (sim_session_state(session) == SIM_SESSION_LIVES) {
		size_t waiting;
		(void)sim_session_output(session, &waiting);
		struct pollfd fds[2] = {
			{.fd = input && sim_session_wants_input(session) ? STDIN_FILENO : -1, .events = POLLIN},
			{.fd = STDOUT_FILENO, .events = waiting > 0 ? POLLOUT : 0},
		};
		int64_t wait_ms = (sim_session_wait_us(session) + 999) / 1000;
		if (poll(fds, 2, (int)wait_ms) < 0 && errno != EINTR) {
			return;
		}
		if ((fds[1].revents & POLLERR) || ((fds[1].revents & POLLOUT) && !write_some(session))) {
			return;
		}
		if (fds[0].revents != 0) {
			input = read_some(session);
		}
		sim_session_pump(session);
	}
}

static void write_rest(struct sim_session *session)
{
	struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};
	size_t length;
	while (sim_session_output(session, &length) && length > 0 && poll(&fd, 1, LAST_WORDS_MS) == 1 &&
		!(fd.revents & POLLERR) && write_some(session)) {
		/* the client is still there and takes it */
	}
}

static int exit_code(const struct sim_session *session)
{
	switch (sim_session_state(session)) {
	case SIM_SESSION_DOWN:
		(void)fputs("ssh: connect to host: No route to host (simulated)\n", stderr);
		return EXIT_DOWN;
	case SIM_SESSION_FAILED:
		(void)fprintf(stderr, "hvtree-sim: %s\n", sim_session_error(session)->text);
		return CLI_FAILED;
	case SIM_SESSION_DROPPED:
		return CLI_FAILED;
	case SIM_SESSION_DIED:
		return EXIT_KILLED;
	case SIM_SESSION_LIVES:
	case SIM_SESSION_ENDED:
		break;
	}
	return CLI_DONE;
}

static int run_agent(const char *state_file)
{
	struct hv_error err;
	struct sim *sim = NULL;
	struct sim_session *session = NULL;
	const struct sim_options options = {.clock = hv_clock_system()};
	(void)signal(SIGPIPE, SIG_IGN);
	enum hv_status status = sim_open(state_file, &options, &sim, &err);
	if (status == HV_OK) {
		status = sim_session_new(sim, &session, &err);
	}
	if (status != HV_OK) {
		(void)fprintf(stderr, "hvtree-sim: %s\n", err.text);
		sim_close(sim);
		return CLI_FAILED;
	}
	serve(session);
	if (sim_session_state(session) == SIM_SESSION_DIED) {
		_exit(EXIT_KILLED);
	}
	write_rest(session);
	int code = exit_code(session);
	sim_session_free(session);
	sim_close(sim);
	return code;
}

int main(int argc, char **argv)
{
	const char *state_file = NULL;
	int next = 1;
	for (; next < argc && strncmp(argv[next], "--", 2) == 0; next++) {
		if (strcmp(argv[next], "--help") == 0) {
			cli_help();
			return CLI_DONE;
		}
		if (strcmp(argv[next], "--version") == 0) {
			(void)puts("hvtree-sim " HVTREE_VERSION);
			return CLI_DONE;
		}
		if (strcmp(argv[next], "--state") != 0 || next + 1 == argc) {
			(void)fprintf(stderr, "hvtree-sim: --state FILE is the one option; see hvtree-sim --help\n");
			return CLI_USAGE;
		}
		state_file = argv[++next];
	}
	if (!state_file) {
		(void)fprintf(stderr, "hvtree-sim: --state FILE is missing; see hvtree-sim --help\n");
		return CLI_USAGE;
	}
	return next < argc ? cli_run(state_file, argc - next, argv + next) : run_agent(state_file);
}
