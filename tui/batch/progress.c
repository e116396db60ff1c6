#include "tui/batch/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "backend/backend.h"
#include "tui/batch/table.h"

void progress_init(struct progress *progress)
{
	*progress = (struct progress){.shown = isatty(STDERR_FILENO) == 1};
}

static size_t terminal_width(void)
{
	struct winsize size;
	bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
	return known ? size.ws_col - 1U : 79;
}

/* Bytes of `line` that fit in `width` cells, whole characters only. */
static size_t fitting(const char *line, size_t width)
{
	HV_CLEANUP_FREE char *part = hv_strdup(line);
	size_t length = strlen(part);
	while (length > 0 && printable_width(part) > width) {
		do {
			length--;
		} while (length > 0 && ((unsigned char)part[length] & 0xC0) == 0x80);
		part[length] = '\0';
	}
	return length;
}

void progress_show(struct progress *progress, const char *line)
{
	if (!progress->shown || (progress->last && strcmp(progress->last, line) == 0)) {
		return;
	}
	hv_replace_string(&progress->last, line);
	size_t length = fitting(line, terminal_width());
	HV_CLEANUP_FREE char *part = hv_strndup(line, length);
	size_t width = printable_width(part);
	int padding = progress->width > width ? (int)(progress->width - width) : 0;
	(void)fprintf(stderr, "\r%s%*s", part, padding, "");
	(void)fflush(stderr);
	progress->width = width;
}

void progress_clear(struct progress *progress)
{
	if (progress->shown && progress->width > 0) {
		(void)fprintf(stderr, "\r%*s\r", (int)progress->width, "");
		(void)fflush(stderr);
	}
	free(progress->last);
	progress->last = NULL;
	progress->width = 0;
}
