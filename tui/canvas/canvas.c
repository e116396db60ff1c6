#include "tui/canvas/canvas.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "tui/canvas/canvas_cell.h"

struct canvas *canvas_new(int width, int height, bool ascii)
{
	struct canvas *canvas = hv_alloc(sizeof *canvas);
	canvas->width = width > 0 ? width : 0;
	canvas->height = height > 0 ? height : 0;
	canvas->ascii = ascii;
	canvas->cells = hv_alloc(
		((size_t)canvas->width * (size_t)canvas->height + 1) * sizeof *canvas->cells);
	canvas_erase(canvas);
	return canvas;
}

void canvas_free(struct canvas *canvas)
{
	if (canvas == NULL) {
		return;
	}
	free(canvas->cells);
	free(canvas);
}

void canvas_erase(struct canvas *canvas)
{
	static const struct canvas_cell blank = {.text = " ", .width = 1, .role = ROLE_TEXT};
	size_t count = (size_t)canvas->width * (size_t)canvas->height;
	for (size_t i = 0; i < count; i++) {
		canvas->cells[i] = blank;
	}
	canvas->cursor_x = -1;
	canvas->cursor_y = -1;
}

/* For places that are known to lie on the canvas. */
static struct canvas_cell *cell_inside(struct canvas *canvas, int x, int y)
{
	return &canvas->cells[(size_t)y * (size_t)canvas->width + (size_t)x];
}

struct canvas_cell *canvas_at(struct canvas *canvas, int x, int y)
{
	if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height) {
		return NULL;
	}
	return cell_inside(canvas, x, y);
}

/* Unused bytes stay zero, so that equal cells are equal bytes. */
static void set_cell(
	struct canvas_cell *cell, const char *text, size_t length, int width, enum role role)
{
	memset(cell, 0, sizeof *cell);
	memcpy(cell->text, text, length);
	cell->width = (uint8_t)width;
	cell->role = (uint8_t)role;
}

static void blank_cell(struct canvas_cell *cell)
{
	set_cell(cell, " ", 1, 1, (enum role)cell->role);
}

/* A wide character that loses a half becomes a blank. */
static void break_wide(struct canvas *canvas, int x, int y)
{
	struct canvas_cell *cell = cell_inside(canvas, x, y);
	if (cell->width == 0) {
		blank_cell(cell_inside(canvas, x - 1, y));
		blank_cell(cell);
	} else if (cell->width == 2) {
		blank_cell(cell);
		blank_cell(cell_inside(canvas, x + 1, y));
	}
}

void canvas_put(struct canvas *canvas, int x, int y, const char *text, size_t length, int width,
	enum role role)
{
	struct canvas_cell *cell = canvas_at(canvas, x, y);
	if (cell == NULL) {
		return;
	}
	break_wide(canvas, x, y);
	if (width < 2) {
		set_cell(cell, text, length, 1, role);
		return;
	}
	struct canvas_cell *right = canvas_at(canvas, x + 1, y);
	if (right == NULL) {
		set_cell(cell, " ", 1, 1, role);
		return;
	}
	break_wide(canvas, x + 1, y);
	set_cell(cell, text, length, 2, role);
	set_cell(right, "", 0, 0, role);
}

void canvas_put_mark(struct canvas *canvas, int x, int y, const char *mark, size_t length)
{
	struct canvas_cell *cell = canvas_at(canvas, x, y);
	if (cell != NULL && cell->width == 0) {
		cell = canvas_at(canvas, x - 1, y);
	}
	if (cell == NULL) {
		return;
	}
	size_t used = strlen(cell->text);
	if (used + length <= CANVAS_CELL_BYTES) {
		memcpy(cell->text + used, mark, length);
	}
}

/* The part of a rectangle that lies on the canvas; may be empty. */
static struct canvas_rect clip(const struct canvas *canvas, struct canvas_rect rect)
{
	long left = rect.x, top = rect.y;
	long right = left + (rect.width > 0 ? rect.width : 0);
	long bottom = top + (rect.height > 0 ? rect.height : 0);
	left = left < 0 ? 0 : left;
	top = top < 0 ? 0 : top;
	right = right > canvas->width ? canvas->width : right;
	bottom = bottom > canvas->height ? canvas->height : bottom;
	if (left >= right || top >= bottom) {
		return (struct canvas_rect){0, 0, 0, 0};
	}
	return (struct canvas_rect){(int)left, (int)top, (int)(right - left), (int)(bottom - top)};
}

void canvas_fill(struct canvas *canvas, struct canvas_rect rect, char character, enum role role)
{
	struct canvas_rect visible = clip(canvas, rect);
	char printable = character >= ' ' && character <= '~' ? character : '?';
	for (int y = visible.y; y < visible.y + visible.height; y++) {
		for (int x = visible.x; x < visible.x + visible.width; x++) {
			canvas_put(canvas, x, y, &printable, 1, 1, role);
		}
	}
}

void canvas_tint(struct canvas *canvas, struct canvas_rect rect, enum role role)
{
	struct canvas_rect visible = clip(canvas, rect);
	for (int y = visible.y; y < visible.y + visible.height; y++) {
		for (int x = visible.x; x < visible.x + visible.width; x++) {
			cell_inside(canvas, x, y)->role = (uint8_t)role;
		}
	}
}

const char *canvas_glyph(const struct canvas *canvas, enum glyph id)
{
	return glyph_of(canvas->glyphs, id, canvas->ascii);
}

void canvas_put_glyph(struct canvas *canvas, int x, int y, enum glyph id, enum role role)
{
	const char *text = canvas_glyph(canvas, id);
	canvas_put(canvas, x, y, text, strlen(text), 1, role);
}

void canvas_hline(struct canvas *canvas, int x, int y, int width, enum role role)
{
	struct canvas_rect visible = clip(canvas, (struct canvas_rect){x, y, width, 1});
	for (int i = 0; i < visible.width; i++) {
		canvas_put_glyph(canvas, visible.x + i, y, GLYPH_HORIZONTAL, role);
	}
}

void canvas_vline(struct canvas *canvas, int x, int y, int height, enum role role)
{
	struct canvas_rect visible = clip(canvas, (struct canvas_rect){x, y, 1, height});
	for (int i = 0; i < visible.height; i++) {
		canvas_put_glyph(canvas, x, visible.y + i, GLYPH_VERTICAL, role);
	}
}

void canvas_box(struct canvas *canvas, struct canvas_rect rect, enum role role, const char *title)
{
	if (rect.width < 2 || rect.height < 2) {
		return;
	}
	int right = rect.x + rect.width - 1;
	int bottom = rect.y + rect.height - 1;
	canvas_hline(canvas, rect.x + 1, rect.y, rect.width - 2, role);
	canvas_hline(canvas, rect.x + 1, bottom, rect.width - 2, role);
	canvas_vline(canvas, rect.x, rect.y + 1, rect.height - 2, role);
	canvas_vline(canvas, right, rect.y + 1, rect.height - 2, role);
	canvas_put_glyph(canvas, rect.x, rect.y, GLYPH_TOP_LEFT, role);
	canvas_put_glyph(canvas, right, rect.y, GLYPH_TOP_RIGHT, role);
	canvas_put_glyph(canvas, rect.x, bottom, GLYPH_BOTTOM_LEFT, role);
	canvas_put_glyph(canvas, right, bottom, GLYPH_BOTTOM_RIGHT, role);
	if (title != NULL && title[0] != '\0' && rect.width > 6) {
		int used = canvas_text(canvas, rect.x + 3, rect.y, rect.width - 6, role, title);
		canvas_put(canvas, rect.x + 2, rect.y, " ", 1, 1, role);
		canvas_put(canvas, rect.x + 3 + used, rect.y, " ", 1, 1, role);
	}
}
