#include "tui/terminal/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const int handled[] = {SIGWINCH, SIGTERM, SIGHUP, SIGQUIT, SIGINT, SIGTSTP, SIGCONT};

static int signal_pipe[2] = {-1, -1};

static void handled_set(sigset_t *ret_set)
{
	sigemptyset(ret_set);
	for (size_t i = 0; i < HV_ARRAY_LEN(handled); i++) {
		sigaddset(ret_set, handled[i]);
	}
}

static void on_signal(int number)
{
	int saved = errno;
	unsigned char byte = (unsigned char)number;
	/* a full pipe holds this signal many times already */
	ssize_t ignored = write(signal_pipe[1], &byte, 1);
	(void)ignored;
	errno = saved;
}

static void set_handlers(void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	handled_set(&action.sa_mask);
	for (size_t i = 0; i < HV_ARRAY_LEN(handled); i++) {
		sigaction(handled[i], &action, NULL);
	}
}

void signals_block(void)
{
	sigset_t set;
	handled_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

enum hv_status signals_open(struct hv_error *err)
{
	if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
		return hv_error_set(err, HV_ERR_IO, "cannot make a pipe: %s", strerror(errno));
	}
	set_handlers(on_signal);
	sigset_t set;
	handled_set(&set);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	return HV_OK;
}

int signals_fd(void)
{
	return signal_pipe[0];
}

struct signals_seen signals_take(void)
{
	struct signals_seen seen = {.resized = false};
	unsigned char bytes[64];
	ssize_t count;
	while ((count = read(signal_pipe[0], bytes, sizeof bytes)) > 0) {
		for (ssize_t i = 0; i < count; i++) {
			seen.resized = seen.resized || bytes[i] == SIGWINCH;
			seen.quit = seen.quit || bytes[i] == SIGTERM || bytes[i] == SIGHUP ||
				    bytes[i] == SIGQUIT;
			seen.interrupt = seen.interrupt || bytes[i] == SIGINT;
			seen.suspend = seen.suspend || bytes[i] == SIGTSTP;
			seen.resumed = seen.resumed || bytes[i] == SIGCONT;
		}
	}
	return seen;
}

void signals_stop_process(void)
{
	struct sigaction before, stop = {.sa_handler = SIG_DFL};
	sigaction(SIGTSTP, &stop, &before);
	raise(SIGTSTP); /* returns after SIGCONT; at once when nobody could continue us */
	sigaction(SIGTSTP, &before, NULL);
}

void signals_close(void)
{
	if (signal_pipe[0] < 0) {
		return;
	}
	set_handlers(SIG_DFL);
	close(signal_pipe[0]);
	close(signal_pipe[1]);
	signal_pipe[0] = signal_pipe[1] = -1;
}
