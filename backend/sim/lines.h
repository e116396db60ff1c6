/*
 * Lines on their way: bytes of a client cut into lines, and lines held back until their time (latency, late answers).
 */
#ifndef HV_SIM_LINES_H
#define HV_SIM_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/base/text.h"

struct held_line {
	char *bytes; /* without the newline */
	size_t length;
	int64_t due_us;
	bool too_long; /* bytes is NULL: more than a line may be */
};

struct line_queue {
	struct held_line *items;
	size_t count, capacity;
	int64_t last_due_us; /* lines do not overtake each other, unless they were made late */
};

/** Takes `take_bytes` over. `late_us` is put on top and does not hold up the lines after it. */
void line_queue_add(struct line_queue *queue, char *take_bytes, size_t length, int64_t due_us, int64_t late_us);
/** The first line that is due; false when none is. The caller frees its bytes. */
bool line_queue_take(struct line_queue *queue, int64_t now_us, struct held_line *ret_line);
int64_t line_queue_due_us(const struct line_queue *queue); /* INT64_MAX when empty */
void line_queue_clear(struct line_queue *queue);

struct line_cutter {
	struct hv_text part; /* of the line that is not at its end */
	bool skipping;       /* it was too long; the rest is thrown away */
	size_t most;         /* bytes of a line */
};
/** Calls `line` for each whole line, without its newline and a trailing \r; bytes NULL: it was too long. */
void line_cutter_feed(struct line_cutter *cutter, const char *bytes, size_t length,
	void (*line)(void *context, const char *bytes, size_t length), void *context);

#endif
