/* Lines of text with a label before some of them, wrapped to a width: what details and dialogs are written on. */
#ifndef HV_TUI_VIEW_SHEET_H
#define HV_TUI_VIEW_SHEET_H

#include "tui/canvas/canvas.h"

#define SHEET_LABEL 7 /* cells of the label column, when a line has one */

struct sheet_line {
	enum role role;
	const char *label; /* static; NULL none */
	int indent;        /* cells before the text */
	char *text;
};

struct sheet {
	struct sheet_line *lines;
	size_t count, capacity;
	int width;
};

void sheet_init(struct sheet *sheet, int width);
void sheet_clear(struct sheet *sheet);
/** One paragraph: wrapped at blanks, continued beneath the text. `label` NULL: from the left edge; "": beneath the text
 * of a labelled line. */
void sheet_add(struct sheet *sheet, enum role role, const char *label, const char *format, ...) HV_PRINTF(4, 5);
/** Lines `from` to the end, as many as fit, and a sign when more follow. */
void sheet_draw(const struct sheet *sheet, size_t from, struct canvas *canvas, struct canvas_rect rect);

#endif
