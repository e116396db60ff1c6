#include "tests/conformance/talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/memory.h"

#define PATIENCE_MS 60000
#define BEAT_US (20 * HV_SECOND_US)

const char *source_folder(void)
{
	const char *folder = getenv("HVTREE_SOURCE_DIR");
	return folder ? folder : ".";
}

void talk_open(struct talk *talk, const char *const *argv)
{
	int in[2], out[2];
	*talk = (struct talk){.in = -1, .out = -1};
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	talk->pid = fork();
	assert_true(talk->pid >= 0);
	if (talk->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(in[0], STDIN_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	talk->in = in[1];
	talk->out = out[0];
}

static int reap(struct talk *talk)
{
	int status = 0;
	assert_int_equal(waitpid(talk->pid, &status, 0), talk->pid);
	(void)close(talk->out);
	hv_text_clear(&talk->part);
	*talk = (struct talk){0};
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int talk_close(struct talk *talk)
{
	if (talk->pid == 0) {
		return 0;
	}
	(void)close(talk->in);
	return reap(talk);
}

int talk_wait(struct talk *talk)
{
	int in = talk->in;
	int code = reap(talk);
	(void)close(in);
	return code;
}

void talk_kill(struct talk *talk)
{
	(void)kill(talk->pid, SIGKILL);
	(void)talk_close(talk);
}

void talk_write(struct talk *talk, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t wrote = write(talk->in, bytes, length);
		if (wrote < 0 && errno == EPIPE) {
			return; /* it has ended, which the test will hear */
		}
		assert_true(wrote > 0);
		bytes += wrote;
		length -= (size_t)wrote;
	}
}

void talk_say(struct talk *talk, const char *line)
{
	HV_CLEANUP_FREE char *whole = hv_sprintf("%s\n", line);
	talk_write(talk, whole, strlen(whole));
}

static char *take_line(struct talk *talk)
{
	const char *text = hv_text_get(&talk->part);
	const char *newline = memchr(text, '\n', talk->part.length);
	if (!newline) {
		return NULL;
	}
	size_t length = (size_t)(newline - text);
	char *line = hv_alloc(length + 1);
	memcpy(line, text, length);
	talk->part.length -= length + 1;
	memmove(talk->part.bytes, newline + 1, talk->part.length);
	return line;
}

/* An agent to which nobody speaks ends after a while, whatever it is doing. */
static void beat(struct talk *talk)
{
	struct hv_clock clock = hv_clock_system();
	int64_t now = hv_clock_monotonic_us(&clock);
	if (talk->beat && now - talk->beaten_us >= BEAT_US) {
		talk->beaten_us = now;
		talk_say(talk, talk->beat);
	}
}

/* False when nothing was said for PATIENCE_MS. */
static bool wait_for_bytes(struct talk *talk)
{
	struct pollfd fd = {.fd = talk->out, .events = POLLIN};
	for (int waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += 1000) {
		beat(talk);
		if (poll(&fd, 1, 1000) == 1) {
			return true;
		}
	}
	return false;
}

char *talk_hear_text(struct talk *talk)
{
	char bytes[65536];
	for (;;) {
		char *line = take_line(talk);
		if (line) {
			return line;
		}
		if (!wait_for_bytes(talk)) {
			fail_msg("nothing was said for %d ms", PATIENCE_MS);
		}
		ssize_t got = read(talk->out, bytes, sizeof bytes);
		if (got <= 0) {
			return NULL;
		}
		hv_text_append(&talk->part, bytes, (size_t)got);
	}
}

json_t *talk_hear(struct talk *talk)
{
	char *line;
	while ((line = talk_hear_text(talk)) != NULL) {
		json_t *object = json_loads(line, 0, NULL);
		free(line);
		if (object) {
			return object;
		}
	}
	return NULL;
}
