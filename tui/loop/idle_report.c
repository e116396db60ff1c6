#include "tui/loop/idle_report.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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

void idle_report_write(struct idle_report *report, size_t bytes, int width, int height)
{
	if (report->fd < 0 || !report->happened) {
		return;
	}
	report->happened = false;
	char line[64];
	int length = snprintf(line, sizeof line, "idle %zu %dx%d\n", bytes, width, height);
	/* nobody reads any more: nobody asked */
	ssize_t ignored = write(report->fd, line, (size_t)length);
	(void)ignored;
}
