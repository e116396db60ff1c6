#include "tests/support/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"

void program_result_clear(struct program_result *result)
{
	free(result->out);
	free(result->err);
	*result = (struct program_result){0};
}

const char *program_path(const char *name)
{
	static char paths[2][4096];
	char *path = paths[strcmp(name, "hvtree") == 0];
	const char *folder = getenv("HVTREE_BIN_DIR");
	(void)snprintf(path, sizeof paths[0], "%s/%s", folder ? folder : "build/test/bin", name);
	return path;
}

static void become_program(const char *const *argv, const char *const *environment, const int *fds)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < 3; i++) {
		(void)dup2(fds[i], i);
	}
	for (int fd = 3; fd < 256; fd++) {
		(void)close(fd);
	}
	for (size_t i = 0; environment && environment[i]; i++) {
		(void)putenv((char *)(uintptr_t)environment[i]);
	}
	(void)execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static void collect(pid_t child, const int *ends, const char *input, struct hv_text *texts)
{
	size_t left = input ? strlen(input) : 0;
	struct hv_clock clock = hv_clock_system();
	int64_t deadline = hv_clock_monotonic_us(&clock) + PROGRAM_TIMEOUT_MS * INT64_C(1000);
	struct pollfd fds[3] = {{ends[0], POLLOUT, 0}, {ends[1], POLLIN, 0}, {ends[2], POLLIN, 0}};
	while (fds[1].fd >= 0 || fds[2].fd >= 0) {
		if (left == 0 && fds[0].fd >= 0) {
			(void)close(fds[0].fd);
			fds[0].fd = -1;
		}
		int64_t wait_us = deadline - hv_clock_monotonic_us(&clock);
		if (wait_us <= 0 || poll(fds, 3, (int)(wait_us / 1000) + 1) == 0) {
			(void)kill(child, SIGKILL);
			(void)waitpid(child, NULL, 0);
			fail_msg("a program hangs; it wrote '%s' and '%s'", hv_text_get(&texts[1]),
				hv_text_get(&texts[2]));
		}
		if (fds[0].fd >= 0 && fds[0].revents) {
			ssize_t wrote = write(fds[0].fd, input, left);
			left -= wrote > 0 ? (size_t)wrote : left;
			input += wrote > 0 ? wrote : 0;
		}
		for (int i = 1; i < 3; i++) {
			char bytes[65536];
			if (fds[i].fd < 0 || !fds[i].revents) {
				continue;
			}
			ssize_t got = read(fds[i].fd, bytes, sizeof bytes);
			if (got > 0) {
				hv_text_append(&texts[i], bytes, (size_t)got);
			} else if (got == 0 || errno != EINTR) {
				(void)close(fds[i].fd);
				fds[i].fd = -1;
			}
		}
	}
	if (fds[0].fd >= 0) {
		(void)close(fds[0].fd);
	}
}

void program_run(const char *const *argv, const char *const *environment, const char *input,
	struct program_result *ret_result)
{
	int pipes[3][2];
	struct hv_text texts[3] = {HV_TEXT_INIT, HV_TEXT_INIT, HV_TEXT_INIT};
	(void)signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pipe2(pipes[i], O_CLOEXEC), 0);
	}
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		become_program(argv, environment, (int[3]){pipes[0][0], pipes[1][1], pipes[2][1]});
	}
	(void)close(pipes[0][0]);
	(void)close(pipes[1][1]);
	(void)close(pipes[2][1]);
	collect(child, (int[3]){pipes[0][1], pipes[1][0], pipes[2][0]}, input, texts);
	int status = 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	ret_result->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	ret_result->out = hv_text_detach(&texts[1]);
	ret_result->err = hv_text_detach(&texts[2]);
	hv_text_clear(&texts[0]);
}
