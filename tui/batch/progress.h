/* One line on standard error that is written over again and again: only when that is a terminal. */
#ifndef HV_TUI_BATCH_PROGRESS_H
#define HV_TUI_BATCH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
	bool shown; /* standard error is a terminal */
	size_t width; /* cells of the line that stands there */
	char *last;
};

void progress_init(struct progress *progress);
/** `line`: printable text; cut to the terminal's width. */
void progress_show(struct progress *progress, const char *line);
/** Erase the line and release. */
void progress_clear(struct progress *progress);

#endif
