#include "tui/batch/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "backend/backend.h"

/* A handler has nowhere else to look: the signal pipe, the one mutable global that the house allows. */
static int signal_pipe[2] = {-1, -1};
static volatile sig_atomic_t came;

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
static struct sigaction previous[HV_ARRAY_LEN(caught)];

static void on_signal(int number)
{
	int saved = errno;
	if (number != SIGPIPE) {
		came = 1;
		ssize_t ignored = write(signal_pipe[1], "", 1);
		(void)ignored;
	}
	errno = saved;
}

int interrupt_open(void)
{
	came = 0;
	if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
		return -1;
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(caught); i++) {
		struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
		(void)sigemptyset(&action.sa_mask);
		(void)sigaction(caught[i], NULL, &previous[i]);
		if (previous[i].sa_handler != SIG_IGN || caught[i] == SIGPIPE) { /* nohup stays nohup */
			(void)sigaction(caught[i], &action, NULL);
		}
	}
	return signal_pipe[0];
}

void interrupt_close(void)
{
	if (signal_pipe[0] < 0) {
		return;
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(caught); i++) {
		(void)sigaction(caught[i], &previous[i], NULL);
	}
	(void)close(signal_pipe[0]);
	(void)close(signal_pipe[1]);
	signal_pipe[0] = signal_pipe[1] = -1;
}

bool interrupt_came(void)
{
	return came != 0;
}
