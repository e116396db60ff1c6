#include "backend/transport/process_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Pairs of descriptors, [0] ours and [1] the child's. */
struct channels {
	int stream[2];
	int noise[2];
	int verdict[2];
};
#define CHANNELS_INIT {{-1, -1}, {-1, -1}, {-1, -1}}

#define FIRST_FREE_DESCRIPTOR 3
#define VERDICT_DESCRIPTOR 3
#define CLOSE_WITHOUT_RANGE_MAX 65536

const char *process_errno_text(int number, char text[128])
{
	return strerror_r(number, text, 128);
}

static void close_pair(int pair[2])
{
	for (int i = 0; i < 2; i++) {
		if (pair[i] >= 0) {
			(void)close(pair[i]);
		}
		pair[i] = -1;
	}
}

static void close_channels(struct channels *channels)
{
	close_pair(channels->stream);
	close_pair(channels->noise);
	close_pair(channels->verdict);
}

/* The child puts its ends on 0 to 2, so they must not stand there already (a console started with stdin closed). */
static bool lift(int *descriptor)
{
	if (*descriptor >= FIRST_FREE_DESCRIPTOR) {
		return true;
	}
	int lifted = fcntl(*descriptor, F_DUPFD_CLOEXEC, FIRST_FREE_DESCRIPTOR);
	if (lifted < 0) {
		return false;
	}
	(void)close(*descriptor);
	*descriptor = lifted;
	return true;
}

static bool set_nonblocking(int descriptor)
{
	int flags = fcntl(descriptor, F_GETFL);
	return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0;
}

static bool prepare_pair(int pair[2])
{
	return lift(&pair[0]) && lift(&pair[1]) && set_nonblocking(pair[0]);
}

static bool open_channels(struct channels *channels)
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channels->stream) == 0 &&
	       pipe2(channels->noise, O_CLOEXEC) == 0 && pipe2(channels->verdict, O_CLOEXEC) == 0 &&
	       prepare_pair(channels->stream) && prepare_pair(channels->noise) &&
	       prepare_pair(channels->verdict);
}

/* From here to exec only async-signal-safe calls: another thread may have held any lock when we forked. */

static void default_signals(void)
{
	struct sigaction action;
	memset(&action, 0, sizeof action);
	action.sa_handler = SIG_DFL;
	for (int number = 1; number < NSIG; number++) {
		(void)sigaction(number, &action, NULL); /* refused for KILL, STOP and libc's own: they need none */
	}
	sigset_t none;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_all_above(int last)
{
	if (close_range((unsigned)last + 1, ~0U, 0) == 0) {
		return;
	}
	for (int descriptor = last + 1; descriptor < CLOSE_WITHOUT_RANGE_MAX; descriptor++) {
		(void)close(descriptor);
	}
}

static bool take_descriptors(const struct channels *channels)
{
	if (dup2(channels->stream[1], STDIN_FILENO) < 0 || dup2(channels->stream[1], STDOUT_FILENO) < 0 ||
		dup2(channels->noise[1], STDERR_FILENO) < 0) {
		return false;
	}
	if (channels->verdict[1] != VERDICT_DESCRIPTOR &&
		dup3(channels->verdict[1], VERDICT_DESCRIPTOR, O_CLOEXEC) < 0) {
		return false;
	}
	close_all_above(VERDICT_DESCRIPTOR);
	return true;
}

static HV_NORETURN void run_child(char *const *argv, const struct channels *channels, pid_t parent)
{
	int verdict = channels->verdict[1];
	(void)setsid();
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) {
		_exit(127); /* it died before the line above */
	}
	if (take_descriptors(channels)) {
		verdict = VERDICT_DESCRIPTOR;
		default_signals();
		(void)execv(argv[0], argv);
	}
	int number = errno;
	(void)!write(verdict, &number, sizeof number);
	_exit(127);
}

enum hv_status process_spawn(char *const *argv, struct spawned *ret_spawned, struct hv_error *err)
{
	char text[128];
	struct channels channels = CHANNELS_INIT;
	if (!open_channels(&channels)) {
		int number = errno;
		close_channels(&channels);
		return hv_error_set(err, HV_ERR_IO, "cannot make the channels of an agent: %s",
			process_errno_text(number, text));
	}
	/* Our signal handlers must not run in the child: they would write into our signal pipe. */
	sigset_t all;
	sigset_t before;
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t parent = getpid();
	pid_t pid = fork();
	int number = errno;
	if (pid == 0) {
		run_child(argv, &channels, parent);
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (pid < 0) {
		close_channels(&channels);
		return hv_error_set(err, HV_ERR_IO, "cannot make a process for an agent: %s",
			process_errno_text(number, text));
	}
	*ret_spawned = (struct spawned){pid, channels.stream[0], channels.noise[0], channels.verdict[0]};
	(void)close(channels.stream[1]);
	(void)close(channels.noise[1]);
	(void)close(channels.verdict[1]);
	return HV_OK;
}
