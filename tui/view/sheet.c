#include "tui/view/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

void sheet_init(struct sheet *sheet, int width)
{
	*sheet = (struct sheet){.width = width};
}

void sheet_clear(struct sheet *sheet)
{
	for (size_t i = 0; i < sheet->count; i++) {
		free(sheet->lines[i].text);
	}
	free(sheet->lines);
	*sheet = (struct sheet){0};
}

static size_t character_bytes(const char *text)
{
	size_t length = 1;
	while (((unsigned char)text[length] & 0xC0) == 0x80) {
		length++;
	}
	return length;
}

static int character_cells(const char *text, size_t length)
{
	char one[8] = {0};
	memcpy(one, text, length < sizeof one ? length : sizeof one - 1);
	return canvas_text_width(one);
}

/* The bytes of the first line of `text`: up to the last blank that fits, else as much as fits, at least a character. */
static size_t first_line(const char *text, int width)
{
	size_t at = 0, blank = 0;
	int cells = 0;
	while (text[at] != '\0') {
		size_t length = character_bytes(text + at);
		cells += character_cells(text + at, length);
		if (cells > width && at > 0) {
			return blank > 0 ? blank : at;
		}
		if (text[at] == ' ') {
			blank = at;
		}
		at += length;
	}
	return at;
}

static void add_line(struct sheet *sheet, struct sheet_line line)
{
	HV_GROW(sheet->lines, sheet->count, sheet->capacity);
	sheet->lines[sheet->count++] = line;
}

void sheet_add(struct sheet *sheet, enum role role, const char *label, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = NULL;
	int length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		abort();
	}
	int indent = label ? SHEET_LABEL : 0;
	int width = sheet->width > indent + 1 ? sheet->width - indent : 1;
	const char *rest = text;
	do {
		size_t used = first_line(rest, width);
		add_line(sheet, (struct sheet_line){role, label && label[0] ? label : NULL, indent,
			hv_strndup(rest, used)});
		rest += used;
		rest += strspn(rest, " ");
		label = NULL;
	} while (*rest);
	free(text);
}

void sheet_draw(const struct sheet *sheet, size_t from, struct canvas *canvas, struct canvas_rect rect)
{
	for (int row = 0; row < rect.height && from + (size_t)row < sheet->count; row++) {
		const struct sheet_line *line = &sheet->lines[from + (size_t)row];
		if (line->label) {
			(void)canvas_text(canvas, rect.x, rect.y + row, SHEET_LABEL - 1, ROLE_HEADER, line->label);
		}
		(void)canvas_text(canvas, rect.x + line->indent, rect.y + row, rect.width - line->indent,
			line->role, line->text);
	}
	if (rect.height > 0 && from + (size_t)rect.height < sheet->count) {
		(void)canvas_text(canvas, rect.x + rect.width - 1, rect.y + rect.height - 1, 1, ROLE_HINT_KEY,
			canvas_glyph(canvas, GLYPH_MORE_BELOW));
	}
}
