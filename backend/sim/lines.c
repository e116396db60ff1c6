#include "backend/sim/lines.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

void line_queue_add(struct line_queue *queue, char *take_bytes, size_t length, int64_t due_us, int64_t late_us)
{
	if (due_us < queue->last_due_us) {
		due_us = queue->last_due_us;
	}
	queue->last_due_us = due_us;
	HV_GROW(queue->items, queue->count, queue->capacity);
	queue->items[queue->count++] = (struct held_line){
		.bytes = take_bytes, .length = length, .due_us = due_us + late_us, .too_long = take_bytes == NULL};
}

bool line_queue_take(struct line_queue *queue, int64_t now_us, struct held_line *ret_line)
{
	for (size_t i = 0; i < queue->count; i++) {
		if (queue->items[i].due_us <= now_us) {
			*ret_line = queue->items[i];
			queue->count--;
			memmove(&queue->items[i], &queue->items[i + 1],
				(queue->count - i) * sizeof queue->items[0]);
			return true;
		}
	}
	return false;
}

int64_t line_queue_due_us(const struct line_queue *queue)
{
	int64_t due = INT64_MAX;
	for (size_t i = 0; i < queue->count; i++) {
		due = queue->items[i].due_us < due ? queue->items[i].due_us : due;
	}
	return due;
}

void line_queue_clear(struct line_queue *queue)
{
	for (size_t i = 0; i < queue->count; i++) {
		free(queue->items[i].bytes);
	}
	free(queue->items);
	*queue = (struct line_queue){0};
}

static void add_part(struct line_cutter *cutter, const char *bytes, size_t length,
	void (*line)(void *context, const char *bytes, size_t length), void *context)
{
	if (cutter->skipping) {
		return;
	}
	if (cutter->part.length + length > cutter->most) {
		cutter->skipping = true;
		hv_text_clear(&cutter->part);
		line(context, NULL, 0);
		return;
	}
	hv_text_append(&cutter->part, bytes, length);
}

static void end_line(struct line_cutter *cutter, void (*line)(void *context, const char *bytes, size_t length),
	void *context)
{
	if (!cutter->skipping) {
		size_t length = cutter->part.length;
		if (length > 0 && cutter->part.bytes[length - 1] == '\r') {
			length--;
		}
		line(context, hv_text_get(&cutter->part), length);
	}
	cutter->skipping = false;
	cutter->part.length = 0;
}

void line_cutter_feed(struct line_cutter *cutter, const char *bytes, size_t length,
	void (*line)(void *context, const char *bytes, size_t length), void *context)
{
	while (length > 0) {
		const char *newline = memchr(bytes, '\n', length);
		size_t part = newline ? (size_t)(newline - bytes) : length;
		add_part(cutter, bytes, part, line, context);
		if (newline) {
			end_line(cutter, line, context);
			part++;
		}
		bytes += part;
		length -= part;
	}
}
