#include "tui/loop/idle_report.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int idle_report_fd(const char *variable)
{
	if (variable == NULL || variable[0] == '\0') {
		return -1;
	}
	char *end;
	long fd = strtol(variable, &end, 10);
	if (*end != '\0' || fd < 3 || fd > 1023) {
		return -1;
	}
	int flags = fcntl((int)fd, F_GETFL);
	if (flags < 0 || fcntl((int)fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
		fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0) {
		return -1;
	}
	return (int)fd;
}

static void write_line(const struct idle_report *report, const char *line, int length)
{
	/* nobody reads any more: nobody asked */
	ssize_t ignored = write(report->fd, line, (size_t)length);
	(void)ignored;
}

void idle_report_turn(struct idle_report *report)
{
	struct timespec busy;
	if (report->fd < 0 || clock_gettime(CLOCK_THREAD_CPUTIME_ID, &busy) != 0) {
		return;
	}
	int64_t before_us = report->busy_us;
	report->busy_us = (int64_t)busy.tv_sec * 1000000 + busy.tv_nsec / 1000;
	int64_t turn_us = report->busy_us - before_us;
	if (before_us == 0 || turn_us <= report->longest_us) {
		return;
	}
	report->longest_us = turn_us;
	char line[48];
	write_line(report, line, snprintf(line, sizeof line, "turn %" PRId64 "\n", turn_us));
}

void idle_report_write(struct idle_report *report, size_t bytes, int width, int height)
{
	if (report->fd < 0 || !report->happened) {
		return;
	}
	report->happened = false;
	char line[64];
	write_line(report, line, snprintf(line, sizeof line, "idle %zu %dx%d\n", bytes, width, height));
}
