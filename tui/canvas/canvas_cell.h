/* Writing single cells: shared by the sources of this folder only. */
#ifndef HV_TUI_CANVAS_CANVAS_CELL_H
#define HV_TUI_CANVAS_CANVAS_CELL_H

#include "tui/canvas/canvas.h"

/** Put a character of `width` cells; outside the canvas nothing happens. Breaks what it covers half of. */
void canvas_put(
	struct canvas *canvas, int x, int y, const char *text, size_t length, int width, enum role role);
/** Add a combining mark to the character that covers (x, y); one that does not fit is dropped. */
void canvas_put_mark(struct canvas *canvas, int x, int y, const char *mark, size_t length);
void canvas_put_glyph(struct canvas *canvas, int x, int y, enum glyph glyph, enum role role);

#endif
