/*
 * bench-probe [--size WxH] [--ready TEXT] [--before KEYS] [--move KEYS] [--page KEYS] [--flood KEY] [--count N] [--idle SECONDS]
 *             [--settle MS] [--quit KEYS] [--baud N] -- PROGRAM [ARGUMENT...]
 *
 * Runs a program in a pseudo terminal and prints what an operator would feel, one "name value" a line: milliseconds to
 * the first byte and to the first frame with TEXT in it; for each group of keys, typed 30 ms apart, milliseconds from
 * the key to the last byte of its frame (p50, p99) and bytes; 2,000 keys at once; at rest: bytes, CPU and wake-ups.
 * --baud: the terminal hangs on a line that carries that many bits a second, ten a byte.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backend/base/attributes.h"
#include "backend/base/memory.h"

#define GAP_US INT64_C(30000)      /* between keys: a quick typist, and the CPU sleeps in between */
#define LINE_GAP_US INT64_C(1500000) /* the same when there is a slow line: what one key draws is through by then */
#define QUIET_US INT64_C(12000)    /* nothing more after this: the frame was finished */
#define READY_US INT64_C(20000000)
#define SETTLE_MAX_US INT64_C(5000000) /* what is live is never quiet */
#define FLOOD_KEYS 2000
#define COUNT_MAX 2000

struct options {
	int width, height;
	const char *ready, *before, *move, *page, *flood, *quit;
	int count;
	int64_t settle_us;
	int idle_s;
	int baud; /* 0: no line */
	char **argv;
};

struct probe {
	const struct options *options;
	pid_t pid;
	int fd;
	int64_t bytes; /* read so far */
	int64_t last_us; /* when the last of them came */
	char tail[1 << 16]; /* of what was read, for the text to be found in */
	size_t tail_length;
};

static int64_t now_us(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void keep_tail(struct probe *probe, const char *bytes, size_t length)
{
	if (probe->tail_length + length > sizeof probe->tail) {
		size_t half = probe->tail_length / 2;
		memmove(probe->tail, probe->tail + half, probe->tail_length - half);
		probe->tail_length -= half;
	}
	size_t room = sizeof probe->tail - probe->tail_length;
	length = length < room ? length : room;
	memcpy(probe->tail + probe->tail_length, bytes, length);
	probe->tail_length += length;
}

/* Reads what comes until `end_us`; false when the program closed its terminal. */
static bool read_once(struct probe *probe, int64_t end_us)
{
	char bytes[32768];
	int64_t left_us = end_us - now_us();
	if (left_us <= 0) {
		return true;
	}
	struct pollfd fd = {.fd = probe->fd, .events = POLLIN};
	struct timespec wait = {left_us / 1000000, left_us % 1000000 * 1000};
	if (ppoll(&fd, 1, &wait, NULL) <= 0) {
		return true;
	}
	int baud = probe->options->baud;
	ssize_t length = read(probe->fd, bytes, baud > 0 ? 16 : sizeof bytes);
	if (length <= 0) {
		return length < 0 && errno == EINTR;
	}
	if (baud > 0) {
		int64_t line_us = length * 10 * 1000000 / baud;
		struct timespec pause = {line_us / 1000000, line_us % 1000000 * 1000};
		(void)nanosleep(&pause, NULL);
	}
	probe->last_us = now_us();
	probe->bytes += length;
	keep_tail(probe, bytes, (size_t)length);
	return true;
}

/* Until nothing came for `quiet_us`, at most until `end_us`. */
static void read_until_quiet(struct probe *probe, int64_t quiet_us, int64_t end_us)
{
	int64_t begin_us = now_us();
	for (;;) {
		int64_t since_us = probe->last_us > begin_us ? probe->last_us : begin_us;
		int64_t due_us = since_us + quiet_us < end_us ? since_us + quiet_us : end_us;
		if (now_us() >= due_us || !read_once(probe, due_us)) {
			return;
		}
	}
}

static void send_bytes(struct probe *probe, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = write(probe->fd, bytes, length);
		if (sent > 0) {
			bytes += sent;
			length -= (size_t)sent;
		} else if (errno == EAGAIN) {
			(void)read_once(probe, now_us() + 1000);
		} else if (errno != EINTR) {
			return;
		}
	}
}

static void start(struct probe *probe)
{
	const struct options *options = probe->options;
	struct winsize size = {
		.ws_row = (unsigned short)options->height, .ws_col = (unsigned short)options->width};
	int64_t begin_us = now_us();
	probe->pid = forkpty(&probe->fd, NULL, NULL, &size);
	if (probe->pid == 0) {
		(void)setenv("TERM", "xterm-256color", 1);
		execvp(options->argv[0], options->argv);
		_exit(127);
	}
	(void)fcntl(probe->fd, F_SETFL, O_NONBLOCK);
	while (probe->bytes == 0 && now_us() < begin_us + READY_US && read_once(probe, begin_us + READY_US)) {
	}
	printf("first_byte_ms %.2f\n", (double)(probe->last_us - begin_us) / 1000);
	const char *text = options->ready;
	while (text && !memmem(probe->tail, probe->tail_length, text, strlen(text)) &&
		now_us() < begin_us + READY_US && read_once(probe, begin_us + READY_US)) {
	}
	printf("first_frame_ms %.2f\n", (double)(probe->last_us - begin_us) / 1000);
	read_until_quiet(probe, options->settle_us, now_us() + SETTLE_MAX_US);
	printf("settled_ms %.2f\n", (double)(probe->last_us - begin_us) / 1000);
}

/* --- /proc --- */

static int64_t status_number(pid_t pid, pid_t thread, const char *name)
{
	char path[64], line[256];
	int64_t value = 0;
	(void)snprintf(path, sizeof path, "/proc/%d/task/%d/status", (int)pid, (int)thread);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file)) {
		if (strncmp(line, name, strlen(name)) == 0) {
			value = strtoll(line + strlen(name), NULL, 10);
		}
	}
	if (file) {
		(void)fclose(file);
	}
	return value;
}

struct use {
	int64_t cpu_ns;
	int64_t wake_ups;
};

/* Of all threads; thread ids follow the process id closely enough to be tried one by one. */
static struct use use_of(pid_t pid)
{
	struct use use = {0};
	for (pid_t thread = pid; thread < pid + 64; thread++) {
		char path[64];
		long long ns = 0;
		(void)snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", (int)pid, (int)thread);
		FILE *file = fopen(path, "re");
		if (!file) {
			continue;
		}
		use.cpu_ns += fscanf(file, "%lld", &ns) == 1 ? ns : 0;
		use.wake_ups += status_number(pid, thread, "voluntary_ctxt_switches:");
		(void)fclose(file);
	}
	return use;
}

/* --- keys --- */

static int compare_numbers(const void *a, const void *b)
{
	const double *left = a, *right = b;
	return *left < *right ? -1 : *left > *right;
}

static void print_series(const char *name, double *ms, int count, int64_t bytes, int64_t cpu_ns)
{
	qsort(ms, (size_t)count, sizeof *ms, compare_numbers);
	printf("%s_p50_ms %.3f\n%s_p99_ms %.3f\n%s_max_ms %.3f\n", name, ms[count / 2], name, ms[count * 99 / 100],
		name, ms[count - 1]);
	printf("%s_bytes %.0f\n%s_cpu_us %.0f\n", name, (double)bytes / count, name, (double)cpu_ns / 1000 / count);
}

static void type_keys(struct probe *probe, const char *name, const char *keys)
{
	static double ms[COUNT_MAX];
	int count = probe->options->count;
	int64_t gap_us = probe->options->baud > 0 ? LINE_GAP_US : GAP_US;
	int answered = 0;
	int64_t before = probe->bytes;
	struct use use = use_of(probe->pid);
	for (int i = 0; i < count; i++) {
		int64_t sent_us = now_us();
		send_bytes(probe, &keys[i % (int)strlen(keys)], 1);
		read_until_quiet(probe, QUIET_US, sent_us + gap_us);
		if (probe->last_us > sent_us) {
			ms[answered++] = (double)(probe->last_us - sent_us) / 1000;
		}
		while (now_us() < sent_us + gap_us && read_once(probe, sent_us + gap_us)) {
		}
	}
	if (answered > 0) {
		print_series(name, ms, answered, probe->bytes - before, use_of(probe->pid).cpu_ns - use.cpu_ns);
	}
}

static void flood(struct probe *probe)
{
	char keys[FLOOD_KEYS];
	int64_t before = probe->bytes;
	memset(keys, probe->options->flood[0], sizeof keys);
	read_until_quiet(probe, 50000, now_us() + SETTLE_MAX_US);
	int64_t begin_us = now_us();
	send_bytes(probe, keys, sizeof keys);
	read_until_quiet(probe, 50000, begin_us + SETTLE_MAX_US);
	printf("flood_ms %.2f\nflood_bytes %lld\n", (double)(probe->last_us - begin_us) / 1000,
		(long long)(probe->bytes - before));
}

static void rest(struct probe *probe)
{
	int64_t before = probe->bytes;
	struct use from = use_of(probe->pid);
	int64_t end_us = now_us() + probe->options->idle_s * INT64_C(1000000);
	while (now_us() < end_us && read_once(probe, end_us)) {
	}
	struct use to = use_of(probe->pid);
	double seconds = probe->options->idle_s;
	printf("idle_bytes_s %.1f\nidle_cpu_percent %.3f\nidle_wakeups_s %.2f\n",
		(double)(probe->bytes - before) / seconds, (double)(to.cpu_ns - from.cpu_ns) / 1e7 / seconds,
		(double)(to.wake_ups - from.wake_ups) / seconds);
}

static void parse(int argc, char **argv, struct options *options)
{
	*options = (struct options){.width = 80, .height = 24, .count = 200, .settle_us = 300000, .quit = "q"};
	int i = 1;
	for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2) {
		const char *value = argv[i + 1];
		const struct {
			const char *name;
			const char **text;
		} texts[] = {{"--ready", &options->ready}, {"--before", &options->before}, {"--move", &options->move}, {"--page", &options->page},
			{"--flood", &options->flood}, {"--quit", &options->quit}};
		for (size_t k = 0; k < HV_ARRAY_LEN(texts); k++) {
			*texts[k].text = strcmp(argv[i], texts[k].name) == 0 ? value : *texts[k].text;
		}
		if (strcmp(argv[i], "--size") == 0) {
			(void)sscanf(value, "%dx%d", &options->width, &options->height);
		} else if (strcmp(argv[i], "--count") == 0) {
			options->count = atoi(value) < COUNT_MAX ? atoi(value) : COUNT_MAX;
		} else if (strcmp(argv[i], "--idle") == 0) {
			options->idle_s = atoi(value);
		} else if (strcmp(argv[i], "--baud") == 0) {
			options->baud = atoi(value);
		} else if (strcmp(argv[i], "--settle") == 0) {
			options->settle_us = atoi(value) * INT64_C(1000);
		}
	}
	options->argv = i < argc ? argv + i + 1 : NULL;
	if (!options->argv || !options->argv[0]) {
		fputs("usage: bench-probe [options] -- PROGRAM [ARGUMENT...]\n", stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct options options;
	parse(argc, argv, &options);
	struct probe *probe = hv_alloc(sizeof *probe);
	probe->options = &options;
	start(probe);
	printf("rss_kb %lld\n", (long long)status_number(probe->pid, probe->pid, "VmHWM:"));
	if (options.idle_s > 0) {
		rest(probe);
	}
	if (options.before) {
		send_bytes(probe, options.before, strlen(options.before));
		read_until_quiet(probe, 100000, now_us() + SETTLE_MAX_US);
	}
	if (options.move) {
		type_keys(probe, "move", options.move);
	}
	if (options.page) {
		type_keys(probe, "page", options.page);
	}
	if (options.flood) {
		flood(probe);
	}
	send_bytes(probe, options.quit, strlen(options.quit));
	read_until_quiet(probe, 100000, now_us() + 1000000);
	(void)kill(probe->pid, SIGKILL);
	(void)waitpid(probe->pid, NULL, 0);
	free(probe);
	return 0;
}
