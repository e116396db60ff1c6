/*
 * Aligned text tables. Widths are taken from the first TABLE_WINDOW rows, so that a table of a million rows takes no
 * more memory than that; a later cell that is wider pushes its line, nothing is cut.
 */
#ifndef HV_TUI_BATCH_TABLE_H
#define HV_TUI_BATCH_TABLE_H

#include "tui/batch/output.h"

#define TABLE_COLUMNS_MAX 12
#define TABLE_WINDOW 1000

struct table_column {
	const char *title;
	bool right; /* numbers */
};

struct table {
	struct output *output;
	const struct table_column *columns;
	size_t column_count;
	size_t widths[TABLE_COLUMNS_MAX];
	char **cells; /* of the rows that wait for the widths */
	size_t cell_count;
	size_t cell_capacity;
	bool settled; /* the widths are fixed, the header is written */
};

void table_init(struct table *table, struct output *output, const struct table_column *columns,
	size_t column_count);
/** `cells`: column_count untrusted strings, NULL shows as "-". Copied. */
void table_row(struct table *table, const char *const *cells);
/** Write what waits (the header also when there is no row) and release. */
void table_finish(struct table *table);

/** Text that is safe to print in this locale: hv_text_printable, and '?' for what a locale without UTF-8 cannot
 * show. NULL becomes "-". Caller frees. */
char *printable(const char *text);
/** Cells that printable text takes on a terminal. */
size_t printable_width(const char *text);
/** Whether the locale of the process is UTF-8. */
bool locale_is_utf8(void);

#endif
