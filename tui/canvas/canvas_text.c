/* Text on a canvas: characters, their widths, and where a text that does not fit is cut. */
#include "tui/canvas/canvas.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>
#include <uniwidth.h>

#include "backend/base/memory.h"
#include "tui/canvas/canvas_cell.h"

/* One character of a text as it will be drawn. */
struct character {
	const char *bytes;
	size_t length;
	int width; /* 0: a combining mark */
};

static const char replacement[] = "\xEF\xBF\xBD";

/*
 * Decode the character at *text and step over it; false at the end. Widths do not depend on the locale. What must not
 * reach a terminal (controls, broken UTF-8) is replaced even here, although callers pass printable text.
 */
static bool next_character(const char **text, struct character *ret)
{
	const uint8_t *bytes = (const uint8_t *)*text;
	if (bytes[0] == '\0') {
		return false;
	}
	if (bytes[0] >= 0x20 && bytes[0] < 0x7F) {
		*ret = (struct character){*text, 1, 1};
		*text += 1;
		return true;
	}
	ucs4_t code;
	int length = u8_strmbtouc(&code, bytes);
	int width = length > 0 ? uc_width(code, "UTF-8") : -1;
	if (width < 0) {
		*ret = (struct character){replacement, sizeof replacement - 1, 1};
	} else {
		*ret = (struct character){*text, (size_t)length, width};
	}
	*text += length > 0 ? length : 1;
	return true;
}

int canvas_text_width(const char *text)
{
	int width = 0;
	struct character character;
	while (width < INT_MAX / 2 && next_character(&text, &character)) {
		width += character.width;
	}
	return width;
}

/* True when the text takes more than `limit` cells; looks no further than it must. */
static bool is_wider(const char *text, int limit)
{
	int width = 0;
	struct character character;
	while (next_character(&text, &character)) {
		width += character.width;
		if (width > limit) {
			return true;
		}
	}
	return false;
}

static void draw_character(
	struct canvas *canvas, int x, int y, enum role role, const struct character *character)
{
	if (canvas->ascii && (unsigned char)character->bytes[0] >= 0x7F) {
		for (int i = 0; i < character->width; i++) {
			canvas_put(canvas, x + i, y, "?", 1, 1, role);
		}
		return;
	}
	/* the right half of a character that is cut at the left edge */
	if (character->width == 2 && x == -1) {
		canvas_put(canvas, 0, y, " ", 1, 1, role);
		return;
	}
	canvas_put(canvas, x, y, character->bytes, character->length, character->width, role);
}

int canvas_text(
	struct canvas *canvas, int x, int y, int max_width, enum role role, const char *text)
{
	int room = x < canvas->width ? canvas->width - x : 0;
	room = max_width < room ? max_width : room;
	if (room <= 0 || y < 0 || y >= canvas->height) {
		return 0;
	}
	bool cut = is_wider(text, room);
	int limit = cut ? room - 1 : room;
	int used = 0;
	struct character character;
	while (next_character(&text, &character)) {
		if (character.width == 0) {
			if (used > 0 && !canvas->ascii) {
				canvas_put_mark(
					canvas, x + used - 1, y, character.bytes, character.length);
			}
			continue;
		}
		if (used + character.width > limit) {
			break;
		}
		draw_character(canvas, x + used, y, role, &character);
		used += character.width;
	}
	if (cut) {
		canvas_put_glyph(canvas, x + used, y, GLYPH_ELLIPSIS, role);
		used++;
	}
	return used;
}

int canvas_printf(
	struct canvas *canvas, int x, int y, int max_width, enum role role, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = NULL;
	int length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		abort();
	}
	int used = canvas_text(canvas, x, y, max_width, role, text);
	free(text);
	return used;
}

int canvas_text_right(
	struct canvas *canvas, int right, int y, int max_width, enum role role, const char *text)
{
	int width = is_wider(text, max_width) ? max_width : canvas_text_width(text);
	return canvas_text(canvas, right - width, y, width, role, text);
}
