#include "tui/state/text_field.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "tui/canvas/canvas.h"
#include "tui/state/border.h"

void text_field_init(struct text_field *field, size_t characters_max, const char *text)
{
	*field = (struct text_field){HV_TEXT_INIT, 0, characters_max};
	(void)text_field_insert(field, text);
}

void text_field_clear(struct text_field *field)
{
	hv_text_clear(&field->text);
	field->cursor = 0;
}

const char *text_field_get(const struct text_field *field)
{
	return hv_text_get(&field->text);
}

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xC0) == 0x80;
}

static size_t code_point_length(const char *at)
{
	size_t length = 1;
	while (is_continuation(at[length])) {
		length++;
	}
	return length;
}

/* A combining mark takes no cell of its own. */
static bool is_mark(const char *at)
{
	char one[8] = {0};
	size_t length = code_point_length(at);
	if ((unsigned char)at[0] < 0x80 || length >= sizeof one) {
		return false;
	}
	memcpy(one, at, length);
	return canvas_text_width(one) == 0;
}

static size_t step_right(const char *text, size_t at)
{
	if (text[at] == '\0') {
		return at;
	}
	at += code_point_length(text + at);
	while (text[at] != '\0' && is_mark(text + at)) {
		at += code_point_length(text + at);
	}
	return at;
}

static size_t step_left(const char *text, size_t at)
{
	while (at > 0) {
		do {
			at--;
		} while (at > 0 && is_continuation(text[at]));
		if (!is_mark(text + at)) {
			break;
		}
	}
	return at;
}

static void erase(struct text_field *field, size_t from, size_t to)
{
	const char *text = text_field_get(field);
	struct hv_text rest = HV_TEXT_INIT;
	hv_text_append(&rest, text, from);
	hv_text_puts(&rest, text + to);
	hv_text_clear(&field->text);
	field->text = rest;
	field->cursor = from;
}

/* The longest start of `text` that has at most `count` code points, in bytes. */
static size_t prefix_bytes(const char *text, size_t count)
{
	size_t bytes = 0;
	while (text[bytes] != '\0' && count-- > 0) {
		bytes += code_point_length(text + bytes);
	}
	return bytes;
}

bool text_field_insert(struct text_field *field, const char *text)
{
	char *printable = border_input(text);
	size_t used = hv_utf8_length(text_field_get(field));
	size_t room = used < field->characters_max ? field->characters_max - used : 0;
	size_t length = prefix_bytes(printable, room);
	bool whole = printable[length] == '\0';
	struct hv_text changed = HV_TEXT_INIT;
	hv_text_append(&changed, text_field_get(field), field->cursor);
	hv_text_append(&changed, printable, length);
	hv_text_puts(&changed, text_field_get(field) + field->cursor);
	hv_text_clear(&field->text);
	field->text = changed;
	field->cursor += length;
	free(printable);
	return whole;
}

/* A mark that is typed joins the character before the cursor: alone it would be refused. */
static void insert_mark(struct text_field *field, const char *mark)
{
	size_t from = step_left(text_field_get(field), field->cursor);
	char *joined = hv_sprintf(
		"%.*s%s", (int)(field->cursor - from), text_field_get(field) + from, mark);
	if (from < field->cursor && hv_utf8_length(text_field_get(field)) < field->characters_max) {
		erase(field, from, field->cursor);
		(void)text_field_insert(field, joined);
	}
	free(joined);
}

static void insert_character(struct text_field *field, uint32_t code)
{
	char text[KEY_UTF8_SIZE];
	(void)key_utf8(code, text);
	if (text[0] != '\0' && is_mark(text)) {
		insert_mark(field, text);
	} else {
		(void)text_field_insert(field, text);
	}
}

static size_t word_left(const char *text, size_t at)
{
	while (at > 0 && text[at - 1] == ' ') {
		at--;
	}
	while (at > 0 && text[at - 1] != ' ') {
		at--;
	}
	return at;
}

/* The letters that every shell's line knows. */
static bool control_letter(struct text_field *field, uint32_t letter)
{
	const char *text = text_field_get(field);
	switch (letter) {
	case 'a':
		field->cursor = 0;
		return true;
	case 'e':
		field->cursor = strlen(text);
		return true;
	case 'k':
		erase(field, field->cursor, strlen(text));
		return true;
	case 'u':
		erase(field, 0, field->cursor);
		return true;
	case 'w':
		erase(field, word_left(text, field->cursor), field->cursor);
		return true;
	default:
		return false;
	}
}

bool text_field_key(struct text_field *field, struct key key, const char *paste)
{
	const char *text = text_field_get(field);
	switch (key.code) {
	case KEY_CODE_CHARACTER:
		insert_character(field, key.character);
		return true;
	case KEY_CODE_PASTE:
		(void)text_field_insert(field, paste ? paste : "");
		return true;
	case KEY_CODE_LEFT:
		field->cursor = step_left(text, field->cursor);
		return true;
	case KEY_CODE_RIGHT:
		field->cursor = step_right(text, field->cursor);
		return true;
	case KEY_CODE_HOME:
		field->cursor = 0;
		return true;
	case KEY_CODE_END:
		field->cursor = strlen(text);
		return true;
	case KEY_CODE_BACKSPACE:
		erase(field, step_left(text, field->cursor), field->cursor);
		return true;
	case KEY_CODE_DELETE:
		erase(field, field->cursor, step_right(text, field->cursor));
		return true;
	case KEY_CODE_CONTROL:
		return control_letter(field, key.character);
	case KEY_CODE_NONE:
	case KEY_CODE_ENTER:
	case KEY_CODE_ESCAPE:
	case KEY_CODE_TAB:
	case KEY_CODE_BACKTAB:
	case KEY_CODE_UP:
	case KEY_CODE_DOWN:
	case KEY_CODE_PAGE_UP:
	case KEY_CODE_PAGE_DOWN:
	case KEY_CODE_FUNCTION:
	case KEY_CODE_CLICK:
	case KEY_CODE_DOUBLE_CLICK:
	case KEY_CODE_WHEEL_UP:
	case KEY_CODE_WHEEL_DOWN:
	case KEY_CODE_BACKGROUND:
	case KEY_CODE_COUNT:
		return false;
	}
	return false;
}
