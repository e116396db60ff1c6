#include "backend/demo/demo_program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/text.h"

#define NOISE_MAX 400
#define CHILD_LOCK_FD 3

static int spawn(struct demo_program *program, const char *const *argv, int noise, int lock)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	(void)sigemptyset(&none);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, noise, STDERR_FILENO);
	(void)posix_spawn_file_actions_adddup2(&actions, lock, CHILD_LOCK_FD);
	(void)posix_spawnattr_init(&attributes);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	int failed = posix_spawn(&program->pid, argv[0], &actions, &attributes,
		(char *const *)(uintptr_t)argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return failed;
}

enum hv_status demo_program_start(
	struct demo_program *program, const char *const *argv, int lock, struct hv_error *err)
{
	int pipes[2];
	*program = (struct demo_program){0, -1};
	if (pipe2(pipes, O_CLOEXEC) != 0) {
		return hv_error_set(
			err, HV_ERR_IO, "no pipe for '%s': %s", argv[0], strerror(errno));
	}
	int failed = spawn(program, argv, pipes[1], lock);
	(void)close(pipes[1]);
	if (failed) {
		program->pid = 0;
		(void)close(pipes[0]);
		return hv_error_set(
			err, HV_ERR_IO, "cannot start '%s': %s", argv[0], strerror(failed));
	}
	program->noise = pipes[0];
	return HV_OK;
}

/* The first words; the rest is read and forgotten, so that the program never waits for us. */
static size_t read_noise(int fd, char *text, size_t size)
{
	char more[512];
	size_t length = 0;
	for (;;) {
		bool full = length + 1 >= size;
		ssize_t got = read(
			fd, full ? more : text + length, full ? sizeof more : size - 1 - length);
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got <= 0) {
			break;
		}
		length += full ? 0 : (size_t)got;
	}
	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r')) {
		length--;
	}
	text[length] = '\0';
	return length;
}

enum hv_status demo_program_finish(struct demo_program *program, struct hv_error *err)
{
	char noise[NOISE_MAX];
	int result = 0;
	if (program->pid == 0) {
		return HV_OK;
	}
	size_t length = read_noise(program->noise, noise, sizeof noise);
	(void)close(program->noise);
	pid_t ended;
	do {
		ended = waitpid(program->pid, &result, 0);
	} while (ended < 0 && errno == EINTR);
	*program = (struct demo_program){0, -1};
	if (ended > 0 && WIFEXITED(result) && WEXITSTATUS(result) == 0) {
		return HV_OK;
	}
	HV_CLEANUP_FREE char *printable = hv_text_printable(noise, length);
	return hv_error_set(
		err, HV_ERR_IO, "%s", length > 0 ? printable : "the program ended without a word");
}
