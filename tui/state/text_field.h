/*
 * A line of text that is typed: valid UTF-8 at all times, the cursor always between two whole characters (a base with its
 * combining marks counts as one). Only printable text gets in.
 */
#ifndef HV_TUI_STATE_TEXT_FIELD_H
#define HV_TUI_STATE_TEXT_FIELD_H

#include "backend/base/text.h"
#include "tui/input/key.h"

struct text_field {
	struct hv_text text;
	size_t cursor;     /* byte offset */
	size_t characters_max;
};

void text_field_init(struct text_field *field, size_t characters_max, const char *text); /* cursor at the end */
void text_field_clear(struct text_field *field);
const char *text_field_get(const struct text_field *field);
/** Insert at the cursor what border_input() leaves of `text`, as far as the limit allows. False: something was cut. */
bool text_field_insert(struct text_field *field, const char *text);
/** True when the key belongs to a field (also when it had nothing to do). `paste` as in app_key(). */
bool text_field_key(struct text_field *field, struct key key, const char *paste);

#endif
