/*
 * Bytes as they come in any pieces, to lines. A line over the limit is dropped whole, told once, and the next newline
 * begins afresh. Knows nothing of JSON.
 */
#ifndef HV_AGENT_LINE_SPLITTER_H
#define HV_AGENT_LINE_SPLITTER_H

#include <stdbool.h>
#include <stddef.h>
#include "backend/base/text.h"

struct line_splitter {
	size_t limit;          /* bytes of a line, without its newline */
	struct hv_text buffer; /* what has come and was not given out; the line given out last stands before `begin` */
	size_t begin;          /* where the next line begins */
	size_t scanned;        /* no newline between `begin` and here */
	bool skipping;         /* within a line that is too long */
	bool started;          /* past the first bytes of the stream, where a byte order mark may stand */
};

enum line_result {
	LINE_NONE,     /* feed more */
	LINE_COMPLETE, /* without newline, byte order mark and trailing carriage return */
	LINE_TOO_LONG  /* one was dropped */
};

void line_splitter_init(struct line_splitter *splitter, size_t limit);
void line_splitter_clear(struct line_splitter *splitter);
void line_splitter_feed(struct line_splitter *splitter, const char *bytes, size_t length);
/** The line is borrowed until the next call of any function here. */
enum line_result line_splitter_next(
	struct line_splitter *splitter, const char **ret_line, size_t *ret_length);
/** What came after the last newline, once the stream has ended; "" when nothing. Borrowed likewise. */
const char *line_splitter_rest(const struct line_splitter *splitter, size_t *ret_length);

#endif
