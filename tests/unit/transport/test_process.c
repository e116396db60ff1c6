#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/transport/transport.h"

#define LIMIT_US (20 * HV_SECOND_US)

/* One conversation with a child and what was heard of it. */
struct talk {
	struct transport *transport;
	struct hv_text heard;
	struct hv_text noise;
	int opened;
	int closed;
	struct hv_error reason;
	size_t most_at_once; /* bytes within one handle() */
};

static void on_opened(void *context)
{
	((struct talk *)context)->opened++;
}

static void on_received(void *context, const char *bytes, size_t length)
{
	hv_text_append(&((struct talk *)context)->heard, bytes, length);
}

static void on_noise(void *context, const char *bytes, size_t length)
{
	hv_text_append(&((struct talk *)context)->noise, bytes, length);
}

static void on_closed(void *context, const struct hv_error *reason)
{
	struct talk *talk = context;
	talk->closed++;
	talk->reason = *reason;
}

static const struct transport_callbacks callbacks = {
	.opened = on_opened, .received = on_received, .noise = on_noise, .closed = on_closed};

static int64_t now_us(void)
{
	struct hv_clock clock = hv_clock_system();
	return hv_clock_monotonic_us(&clock);
}

static void begin(struct talk *talk, const char *const *argv)
{
	struct hv_clock clock = hv_clock_system();
	struct hv_error error = {0};
	memset(talk, 0, sizeof *talk);
	assert_int_equal(
		transport_process_open(argv, &callbacks, talk, &clock, &talk->transport, &error), HV_OK);
	assert_int_equal(talk->opened + talk->closed, 0);
}
#define BEGIN(talk, ...) begin((talk), (const char *const[]){PEER, __VA_ARGS__, NULL})

static void turn(struct talk *talk)
{
	struct pollfd fds[TRANSPORT_FDS_MAX];
	size_t count = talk->transport->ops->poll_fds(talk->transport, fds);
	assert_true(count <= TRANSPORT_FDS_MAX);
	int64_t deadline = talk->transport->ops->deadline_us(talk->transport);
	int64_t left = deadline == HV_NEVER ? LIMIT_US : deadline - now_us();
	int ready = poll(fds, (nfds_t)count, left > 0 ? (int)(left / 1000) + 1 : 0);
	size_t before = talk->heard.length;
	talk->transport->ops->handle(talk->transport, fds, ready > 0 ? count : 0);
	size_t got = talk->heard.length - before;
	talk->most_at_once = got > talk->most_at_once ? got : talk->most_at_once;
}

static void turn_until_closed(struct talk *talk)
{
	int64_t limit = now_us() + LIMIT_US;
	while (!talk->closed && now_us() < limit) {
		turn(talk);
	}
	assert_int_equal(talk->closed, 1);
}

static void turn_until_heard(struct talk *talk, const char *text)
{
	int64_t limit = now_us() + LIMIT_US;
	while (!strstr(hv_text_get(&talk->heard), text) && !talk->closed && now_us() < limit) {
		turn(talk);
	}
	assert_non_null(strstr(hv_text_get(&talk->heard), text));
}

static void end(struct talk *talk)
{
	talk->transport->ops->free(talk->transport);
	hv_text_clear(&talk->heard);
	hv_text_clear(&talk->noise);
	errno = 0;
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left behind */
	assert_int_equal(errno, ECHILD);
}

static void say(struct talk *talk, const char *text)
{
	assert_int_equal(
		talk->transport->ops->write(talk->transport, text, strlen(text), NULL), HV_OK);
}

static size_t count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t count = 0;
	assert_non_null(folder);
	while (readdir(folder)) {
		count++;
	}
	closedir(folder);
	return count;
}

/* ---- tests ---- */

static void test_process__carries_bytes_both_ways_and_tells_a_clean_end(void **state)
{
	struct talk talk;
	(void)state;
	BEGIN(&talk, "err", "a warning", "hear", "ping", "say", "pong");
	say(&talk, "noise\n");
	say(&talk, "ping\n");
	turn_until_closed(&talk);
	assert_int_equal(talk.opened, 1);
	assert_string_equal(hv_text_get(&talk.heard), "pong\n");
	assert_string_equal(hv_text_get(&talk.noise), "a warning\n");
	assert_string_equal(talk.reason.text, "the agent ended");
	assert_int_equal(talk.reason.status, HV_ERR_UNREACHABLE);
	end(&talk);
}

static void test_process__tells_exit_code_and_signal(void **state)
{
	struct talk talk;
	(void)state;
	BEGIN(&talk, "exit", "3");
	turn_until_closed(&talk);
	assert_string_equal(talk.reason.text, "the agent ended with exit code 3");
	end(&talk);
	BEGIN(&talk, "signal", "9");
	turn_until_closed(&talk);
	assert_string_equal(talk.reason.text, "the agent was ended by signal 9 (Killed)");
	end(&talk);
}

static void test_process__tells_why_a_program_cannot_be_started(void **state)
{
	struct talk talk;
	(void)state;
	begin(&talk, (const char *const[]){"/nowhere/agent\x1b[2J", NULL});
	turn_until_closed(&talk);
	assert_int_equal(talk.opened, 0);
	assert_string_equal(talk.reason.text,
		"cannot start '/nowhere/agent\xEF\xBF\xBD[2J': No such file or directory");
	end(&talk);
	begin(&talk, (const char *const[]){"/dev/null", NULL});
	turn_until_closed(&talk);
	assert_string_equal(talk.reason.text, "cannot start '/dev/null': Permission denied");
	end(&talk);
}

static void test_process__gives_the_child_a_clean_world(void **state)
{
	struct talk talk;
	sigset_t mask;
	sigset_t before;
	(void)state;
	int leak = open("/dev/null", O_RDONLY); /* without close-on-exec, as a library might */
	int high = fcntl(leak, F_DUPFD, 900);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &mask, &before);
	signal(SIGPIPE, SIG_IGN);
	BEGIN(&talk, "facts");
	turn_until_closed(&talk);
	assert_string_equal(hv_text_get(&talk.heard),
		"descriptors 0 1 2 blocked 0 handled 0 leader 1 terminal 0\n");
	end(&talk);
	signal(SIGPIPE, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(leak);
	close(high);
}

static void test_process__works_when_the_console_has_no_standard_descriptors(void **state)
{
	(void)state;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		struct talk talk;
		struct hv_clock clock = hv_clock_system();
		const char *argv[] = {PEER, "err", "noise", "facts", NULL};
		memset(&talk, 0, sizeof talk);
		close(0);
		close(1);
		close(2);
		if (transport_process_open(argv, &callbacks, &talk, &clock, &talk.transport, NULL) != HV_OK) {
			_exit(1);
		}
		while (!talk.closed) {
			turn(&talk);
		}
		bool right = strncmp(hv_text_get(&talk.heard), "descriptors 0 1 2 ", 18) == 0 &&
			     strcmp(hv_text_get(&talk.noise), "noise\n") == 0;
		talk.transport->ops->free(talk.transport);
		_exit(right ? 0 : 2);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_process__outlives_a_child_that_stops_reading(void **state)
{
	struct talk talk;
	(void)state;
	signal(SIGPIPE, SIG_DFL); /* would end this program */
	BEGIN(&talk, "deaf", "hang");
	int64_t limit = now_us() + LIMIT_US;
	while (talk.transport->ops->write(talk.transport, "x\n", 2, NULL) == HV_OK && now_us() < limit) {
		turn(&talk);
	}
	struct hv_error error = {0};
	assert_int_equal(
		talk.transport->ops->write(talk.transport, "x\n", 2, &error), HV_ERR_UNREACHABLE);
	turn_until_closed(&talk);
	assert_string_equal(
		talk.reason.text, "the agent closed its output but did not end; it was killed");
	end(&talk);
}

static void test_process__bounds_what_waits_to_be_written(void **state)
{
	struct talk talk;
	struct hv_error error = {0};
	size_t taken = 0;
	(void)state;
	static char block[1u << 20];
	memset(block, 'y', sizeof block);
	BEGIN(&talk, "hang");
	while (talk.transport->ops->write(talk.transport, block, sizeof block, &error) == HV_OK) {
		taken += sizeof block;
		assert_true(taken <= TRANSPORT_QUEUE_MAX + (2u << 20));
	}
	assert_int_equal(error.status, HV_ERR_TIMEOUT);
	assert_true(taken >= TRANSPORT_QUEUE_MAX - sizeof block);
	end(&talk);
}

static void test_process__moves_megabytes_through_a_slow_pipe_unchanged(void **state)
{
	struct talk talk;
	(void)state;
	enum { BLOCK = 1 << 16, BLOCKS = 128 };
	static char block[BLOCK];
	BEGIN(&talk, "echo");
	for (int i = 0; i < BLOCKS; i++) {
		memset(block, 'a' + i % 26, sizeof block);
		assert_int_equal(
			talk.transport->ops->write(talk.transport, block, sizeof block, NULL), HV_OK);
		turn(&talk);
	}
	int64_t limit = now_us() + LIMIT_US;
	while (talk.heard.length < (size_t)BLOCK * BLOCKS && now_us() < limit) {
		turn(&talk);
	}
	assert_int_equal(talk.heard.length, (size_t)BLOCK * BLOCKS);
	for (size_t i = 0; i < talk.heard.length; i += 4096) {
		assert_int_equal(talk.heard.bytes[i], 'a' + (int)(i / BLOCK) % 26);
	}
	end(&talk);
}

static void test_process__reads_a_flood_in_bounded_turns(void **state)
{
	struct talk talk;
	(void)state;
	BEGIN(&talk, "flooderr", "4", "flood", "8", "say", "", "exit", "0");
	turn_until_closed(&talk);
	assert_int_equal(talk.heard.length, (8u << 20) + 1); /* all of it, also what came last */
	assert_int_equal(talk.noise.length, 4u << 20);
	assert_true(talk.most_at_once <= (64u << 10));
	end(&talk);
}

static void test_process__is_not_held_by_what_the_child_left_behind(void **state)
{
	struct talk talk;
	int heir = 0;
	(void)state;
	BEGIN(&talk, "heir", "exit", "4");
	turn_until_closed(&talk);
	assert_string_equal(talk.reason.text, "the agent ended with exit code 4");
	assert_int_equal(sscanf(hv_text_get(&talk.heard), "heir %d", &heir), 1);
	end(&talk);
	int64_t limit = now_us() + LIMIT_US;
	while (kill(heir, 0) == 0 && now_us() < limit) { /* ended with its group; its new parent reaps it */
		char path[64];
		char line[256] = "";
		(void)snprintf(path, sizeof path, "/proc/%d/stat", heir);
		FILE *file = fopen(path, "r");
		bool zombie = !file || !fgets(line, sizeof line, file) || strstr(line, ") Z ");
		if (file) {
			fclose(file);
		}
		if (zombie) {
			break;
		}
	}
	assert_true(now_us() < limit);
}

static void test_process__close_is_told_once_from_handle_and_free_is_quick(void **state)
{
	struct talk talk;
	(void)state;
	BEGIN(&talk, "stubborn", "say", "here", "hang");
	turn_until_heard(&talk, "here\n");
	talk.transport->ops->close(talk.transport, "nobody needs it");
	talk.transport->ops->close(talk.transport, "a second time");
	assert_int_equal(talk.closed, 0);
	talk.transport->ops->handle(talk.transport, NULL, 0);
	talk.transport->ops->handle(talk.transport, NULL, 0);
	assert_int_equal(talk.closed, 1);
	assert_string_equal(talk.reason.text, "nobody needs it");
	assert_int_equal(
		talk.transport->ops->write(talk.transport, "x", 1, NULL), HV_ERR_UNREACHABLE);
	int64_t before = now_us();
	end(&talk); /* it ignores SIGTERM */
	assert_true(now_us() - before < 2 * HV_SECOND_US);
}

static void test_process__a_child_that_is_asked_to_end_is_left_to_do_so(void **state)
{
	struct talk talk;
	char path[] = "/tmp/hvtree-test-XXXXXX";
	char line[16] = "";
	(void)state;
	int file = mkstemp(path);
	assert_true(file >= 0);
	char script[256];
	(void)snprintf(script, sizeof script, "read x; read y; echo \"$x\" >%s; cat >/dev/null", path);
	begin(&talk, (const char *const[]){"/bin/sh", "-c", script, NULL});
	turn(&talk);
	say(&talk, "bye\n\n");
	talk.transport->ops->close(talk.transport, "done");
	end(&talk);
	assert_int_equal(read(file, line, sizeof line - 1), 4);
	assert_string_equal(line, "bye\n");
	close(file);
	unlink(path);
}

static void test_process__leaks_no_descriptor(void **state)
{
	struct talk talk;
	(void)state;
	size_t before = count_descriptors();
	for (int i = 0; i < 20; i++) {
		BEGIN(&talk, "say", "x");
		turn_until_closed(&talk);
		end(&talk);
		begin(&talk, (const char *const[]){"/nowhere", NULL});
		turn_until_closed(&talk);
		end(&talk);
		BEGIN(&talk, "hang");
		end(&talk); /* before it even ran */
	}
	assert_int_equal(count_descriptors(), before);
}

static void *open_and_end(void *context)
{
	struct talk *talk = context;
	BEGIN(talk, "say", "here", "hang");
	turn_until_heard(talk, "here");
	return NULL;
}

static void test_process__dies_with_the_thread_that_started_it(void **state)
{
	struct talk talk;
	pthread_t thread;
	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, open_and_end, &talk), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	turn_until_closed(&talk);
	assert_string_equal(talk.reason.text, "the agent was ended by signal 9 (Killed)");
	end(&talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_process__carries_bytes_both_ways_and_tells_a_clean_end),
		cmocka_unit_test(test_process__tells_exit_code_and_signal),
		cmocka_unit_test(test_process__tells_why_a_program_cannot_be_started),
		cmocka_unit_test(test_process__gives_the_child_a_clean_world),
		cmocka_unit_test(test_process__works_when_the_console_has_no_standard_descriptors),
		cmocka_unit_test(test_process__outlives_a_child_that_stops_reading),
		cmocka_unit_test(test_process__bounds_what_waits_to_be_written),
		cmocka_unit_test(test_process__moves_megabytes_through_a_slow_pipe_unchanged),
		cmocka_unit_test(test_process__reads_a_flood_in_bounded_turns),
		cmocka_unit_test(test_process__is_not_held_by_what_the_child_left_behind),
		cmocka_unit_test(test_process__close_is_told_once_from_handle_and_free_is_quick),
		cmocka_unit_test(test_process__a_child_that_is_asked_to_end_is_left_to_do_so),
		cmocka_unit_test(test_process__leaks_no_descriptor),
		cmocka_unit_test(test_process__dies_with_the_thread_that_started_it),
	};
	return cmocka_run_group_tests_name("transport/process", tests, NULL, NULL);
}
