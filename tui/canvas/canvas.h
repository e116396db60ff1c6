/*
 * A grid of cells {character, role}: what a view draws on, and what a test reads (design: the console is a pure
 * function of its state). No curses here. Text is clipped to the rectangle, never wrapped; wide characters take two
 * cells and are never split (a cut one becomes a blank).
 */
#ifndef HV_TUI_CANVAS_CANVAS_H
#define HV_TUI_CANVAS_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/base/text.h"
#include "tui/theme/glyph.h"
#include "tui/theme/role.h"

#define CANVAS_CELL_BYTES 15 /* a character with at most two combining marks, UTF-8 */

struct canvas_cell {
	char text[CANVAS_CELL_BYTES + 1]; /* "" for the right half of a wide character */
	uint8_t width;                    /* 1, 2, or 0 for a right half */
	uint8_t role;                     /* enum role */
};

struct canvas_rect {
	int x, y, width, height;
};

struct canvas {
	int width, height;
	struct canvas_cell *cells; /* row by row */
	bool ascii;                /* no character above 0x7E may be drawn: others become '?' */
	int cursor_x, cursor_y;    /* where the real cursor stands; -1: hidden */
	const struct glyph_set *glyphs; /* of the theme; NULL: the built-in signs. Kept by canvas_erase() */
};

struct canvas *canvas_new(int width, int height, bool ascii);
void canvas_free(struct canvas *canvas);
/** Blank everything with ROLE_TEXT, hide the cursor. */
void canvas_erase(struct canvas *canvas);
struct canvas_cell *canvas_at(struct canvas *canvas, int x, int y); /* NULL outside */
void canvas_fill(struct canvas *canvas, struct canvas_rect rect, char character, enum role role);
/** Change only the role of cells: a selection bar over drawn text. */
void canvas_tint(struct canvas *canvas, struct canvas_rect rect, enum role role);
/**
 * Draw printable UTF-8 (see hv_text_printable) from (x, y), at most `max_width` cells, cut with `…` (or `~`) when it does
 * not fit. Returns the cells used.
 */
int canvas_text(struct canvas *canvas, int x, int y, int max_width, enum role role, const char *text);
int canvas_printf(struct canvas *canvas, int x, int y, int max_width, enum role role, const char *format, ...)
	HV_PRINTF(6, 7);
/** Same, ending at column `right` (exclusive). */
int canvas_text_right(struct canvas *canvas, int right, int y, int max_width, enum role role, const char *text);
/** A frame with a title in its top line. */
void canvas_box(struct canvas *canvas, struct canvas_rect rect, enum role role, const char *title);
void canvas_hline(struct canvas *canvas, int x, int y, int width, enum role role);
void canvas_vline(struct canvas *canvas, int x, int y, int height, enum role role);
/** The sign as this canvas shows it: theme and ASCII mode are known here. One cell wide. */
const char *canvas_glyph(const struct canvas *canvas, enum glyph glyph);
/** Cells that printable UTF-8 takes. */
int canvas_text_width(const char *text);

/** For tests: `height` lines of text without trailing blanks, then `height` lines of role letters. Caller frees. */
char *canvas_dump(const struct canvas *canvas);

#endif
