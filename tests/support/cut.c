/*
 * Preloaded into a program under test: ends it with SIGKILL at its n-th durable act, so that a workflow can be cut at every
 * place that matters without a hook in the product. A durable act is an fsync, an fdatasync, or a write of a line to a pipe
 * or socket (what the two ends say to each other).
 *
 *   HVTREE_TEST_CUT=n           die at the n-th act, before it is done; 0 or absent: never
 *   HVTREE_TEST_CUT_AFTER=1     die after it instead
 *   HVTREE_TEST_CUT_PROGRAM=x   only in the program of this name
 *   HVTREE_TEST_CUT_MARK=FILE   make FILE just before dying, so that the test knows
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static atomic_int acts_left = 0;
static int cut_after = 0;

__attribute__((constructor)) static void read_settings(void)
{
	const char *count = getenv("HVTREE_TEST_CUT");
	const char *program = getenv("HVTREE_TEST_CUT_PROGRAM");
	if (!count || (program && strcmp(program, program_invocation_short_name) != 0)) {
		return;
	}
	atomic_store(&acts_left, atoi(count));
	cut_after = getenv("HVTREE_TEST_CUT_AFTER") != NULL;
}

static void die(void)
{
	const char *mark = getenv("HVTREE_TEST_CUT_MARK");
	if (mark) {
		int fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd >= 0) {
			(void)close(fd);
		}
	}
	(void)kill(getpid(), SIGKILL);
}

/* Counts one act; returns whether it is the one to die after. */
static int count_act(void)
{
	int left = atomic_load(&acts_left);
	if (left <= 0 || atomic_fetch_sub(&acts_left, 1) != 1) {
		return 0;
	}
	if (!cut_after) {
		die();
	}
	return 1;
}

static int is_conversation(int fd)
{
	struct stat info;
	return fd > 2 && fstat(fd, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode));
}

static int is_stdout_pipe(int fd)
{
	struct stat info;
	return fd == 1 && fstat(fd, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode));
}

EXPORT int fsync(int fd)
{
	static int (*real)(int);
	if (!real) {
		*(void **)&real = dlsym(RTLD_NEXT, "fsync");
	}
	int last = count_act();
	int result = real(fd);
	if (last) {
		die();
	}
	return result;
}

EXPORT int fdatasync(int fd)
{
	static int (*real)(int);
	if (!real) {
		*(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
	}
	int last = count_act();
	int result = real(fd);
	if (last) {
		die();
	}
	return result;
}

EXPORT ssize_t write(int fd, const void *bytes, size_t length)
{
	static ssize_t (*real)(int, const void *, size_t);
	if (!real) {
		*(void **)&real = dlsym(RTLD_NEXT, "write");
	}
	int last = length > 8 && (is_conversation(fd) || is_stdout_pipe(fd)) ? count_act() : 0;
	ssize_t result = real(fd, bytes, length);
	if (last) {
		die();
	}
	return result;
}

EXPORT ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
	static ssize_t (*real)(int, const void *, size_t, int);
	if (!real) {
		*(void **)&real = dlsym(RTLD_NEXT, "send");
	}
	int last = length > 8 ? count_act() : 0;
	ssize_t result = real(fd, bytes, length, flags);
	if (last) {
		die();
	}
	return result;
}
