/* Where the parts of the screen stand: pure geometry from size and focus. A part that has no room has height 0. */
#ifndef HV_TUI_STATE_LAYOUT_H
#define HV_TUI_STATE_LAYOUT_H

#include <stdbool.h>
#include "tui/canvas/canvas.h"

#define LAYOUT_WIDTH_MIN 41
#define LAYOUT_HEIGHT_MIN 11
#define LAYOUT_WIDE 120 /* from here the details stand beside the tree */

struct layout {
	bool too_small;
	bool wide;
	struct canvas_rect title;
	struct canvas_rect header;  /* of the tree's columns */
	struct canvas_rect tree;
	struct canvas_rect details;
	struct canvas_rect operations;
	struct canvas_rect messages;
	struct canvas_rect hints;
	struct canvas_rect body;    /* everything between title and hints: jobs, messages, help */
	int line_above_details;     /* y of a horizontal line; -1 none */
	int line_above_status;
	int line_below_title;
	int line_beside_details;    /* x of a vertical line; -1 none */
};

/* What the user wants of the details. */
enum layout_details { LAYOUT_DETAILS_SHOWN, LAYOUT_DETAILS_FOCUSED, LAYOUT_DETAILS_HIDDEN };

void layout_make(int width, int height, enum layout_details details, struct layout *ret_layout);

#endif
