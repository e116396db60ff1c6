#include "backend/agent/line_splitter.h"

#include <string.h>

#define KEEP_CAPACITY (256u << 10) /* an emptied buffer that grew beyond this is given back */

static const char byte_order_mark[] = "\xEF\xBB\xBF";
#define BYTE_ORDER_MARK_LENGTH (sizeof byte_order_mark - 1)

void line_splitter_init(struct line_splitter *splitter, size_t limit)
{
	*splitter = (struct line_splitter){.limit = limit};
}

void line_splitter_clear(struct line_splitter *splitter)
{
	hv_text_clear(&splitter->buffer);
	line_splitter_init(splitter, splitter->limit);
}

/* Forget what was given out. */
static void compact(struct line_splitter *splitter)
{
	size_t left = splitter->buffer.length - splitter->begin;
	if (left == 0 && splitter->buffer.capacity > KEEP_CAPACITY) {
		hv_text_clear(&splitter->buffer);
	} else if (left > 0 && splitter->begin > 0) {
		memmove(splitter->buffer.bytes, splitter->buffer.bytes + splitter->begin, left);
	}
	splitter->buffer.length = left;
	splitter->scanned -= splitter->begin;
	splitter->begin = 0;
}

void line_splitter_feed(struct line_splitter *splitter, const char *bytes, size_t length)
{
	compact(splitter);
	if (splitter->skipping) { /* nothing of a line that is dropped anyway is kept */
		const char *end = memchr(bytes, '\n', length);
		size_t skipped = end ? (size_t)(end - bytes) : length;
		bytes += skipped;
		length -= skipped;
	}
	hv_text_append(&splitter->buffer, bytes, length);
}

static void strip(struct line_splitter *splitter, const char **line, size_t *length)
{
	if (!splitter->started) {
		splitter->started = true;
		if (*length >= BYTE_ORDER_MARK_LENGTH &&
			memcmp(*line, byte_order_mark, BYTE_ORDER_MARK_LENGTH) == 0) {
			*line += BYTE_ORDER_MARK_LENGTH;
			*length -= BYTE_ORDER_MARK_LENGTH;
		}
	}
	if (*length > 0 && (*line)[*length - 1] == '\r') {
		(*length)--;
	}
}

static enum line_result no_line_yet(struct line_splitter *splitter)
{
	splitter->scanned = splitter->buffer.length;
	if (splitter->skipping || splitter->buffer.length - splitter->begin <= splitter->limit) {
		return LINE_NONE;
	}
	splitter->skipping = true;
	splitter->started = true;
	splitter->begin = splitter->buffer.length;
	return LINE_TOO_LONG;
}

enum line_result line_splitter_next(
	struct line_splitter *splitter, const char **ret_line, size_t *ret_length)
{
	for (;;) {
		size_t unseen = splitter->buffer.length - splitter->scanned;
		const char *from = hv_text_get(&splitter->buffer) + splitter->scanned;
		const char *end = unseen > 0 ? memchr(from, '\n', unseen) : NULL;
		if (!end) {
			return no_line_yet(splitter);
		}
		const char *line = hv_text_get(&splitter->buffer) + splitter->begin;
		size_t length = (size_t)(end - line);
		splitter->begin += length + 1;
		splitter->scanned = splitter->begin;
		if (splitter->skipping) {
			splitter->skipping = false; /* it was told when it grew too long */
			continue;
		}
		if (length > splitter->limit) {
			splitter->started = true;
			return LINE_TOO_LONG;
		}
		strip(splitter, &line, &length);
		*ret_line = line;
		*ret_length = length;
		return LINE_COMPLETE;
	}
}

const char *line_splitter_rest(const struct line_splitter *splitter, size_t *ret_length)
{
	*ret_length = splitter->skipping ? 0 : splitter->buffer.length - splitter->begin;
	return hv_text_get(&splitter->buffer) + splitter->begin;
}
