/*
 * INI files of the user, line by line: themes and the configuration. The only user of inih in tui.
 *
 * A file is untrusted: a line that is not understood is told of with its number and left out, never more than that line.
 * Comments are whole lines that begin with ';' or '#'; what follows " ;" in a line is one too.
 */
#ifndef HV_TUI_CONFIG_INI_READER_H
#define HV_TUI_CONFIG_INI_READER_H

#include "backend/base/text.h"

/* Where a value was written. */
struct ini_place {
	char *file;
	int line;
};

struct ini_handler {
	void *context;
	struct hv_text *problems; /* NULL: nobody asks */
	/* One "key = value"; `section` is "" before the first one. All strings are borrowed. */
	void (*pair)(void *context, const struct ini_place *place, const char *section, const char *key,
		const char *value);
};

void ini_read(const char *file, const char *text, const struct ini_handler *handler);

/** Append "file:line: [section] key: sentence\n", made printable; `problems`, `section` and `key` may be NULL. */
void ini_problem(struct hv_text *problems, const struct ini_place *place, const char *section, const char *key,
	const char *format, ...) HV_PRINTF(5, 6);

#endif
