#include "tui/terminal/crash.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/attributes.h"

static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};

/* Written by the UI thread while `armed` is 0, read by a handler in whichever thread crashed. */
static struct {
	volatile sig_atomic_t armed;
	int fd;
	struct termios modes;
	char sequence[CRASH_SEQUENCE_MAX];
	size_t length;
} guard;

/* A crash by running out of stack needs another one. */
static char other_stack[64 * 1024] __attribute__((aligned(16)));

static void on_crash(int number)
{
	if (guard.armed) {
		guard.armed = 0;
		ssize_t ignored = write(guard.fd, guard.sequence, guard.length);
		(void)ignored;
		tcsetattr(guard.fd, TCSANOW, &guard.modes);
	}
	signal(number, SIG_DFL);
	raise(number); /* blocked until this handler returns */
}

static void install_handlers(void)
{
	stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof other_stack};
	sigaltstack(&stack, NULL);
	struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < HV_ARRAY_LEN(deadly); i++) {
		sigaction(deadly[i], &action, NULL);
	}
}

void crash_guard(int fd, const struct termios *modes, const char *sequence)
{
	guard.armed = 0;
	guard.fd = fd;
	guard.modes = *modes;
	guard.length = strnlen(sequence, CRASH_SEQUENCE_MAX);
	memcpy(guard.sequence, sequence, guard.length);
	install_handlers();
	guard.armed = 1;
}

void crash_unguard(void)
{
	guard.armed = 0;
}
