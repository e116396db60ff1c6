#include "tui/state/layout.h"

static int clamp(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

/* From the bottom up: hints, messages, operations, a line. Returns the first row that they take. */
static int place_status(struct layout *layout, int width, int height)
{
	int messages = height < 16 ? 1 : clamp((height - 16) / 6, 1, 6);
	int operations = height < 16 ? 0 : clamp((height - 16) / 8, 1, 4);
	int y = height - 1;
	layout->hints = (struct canvas_rect){0, y, width, 1};
	y -= messages;
	layout->messages = (struct canvas_rect){0, y, width, messages};
	y -= operations;
	layout->operations = (struct canvas_rect){0, y, width, operations};
	layout->line_above_status = --y;
	return y;
}

static void place_details_beside(struct layout *layout, int width, int top, int bottom)
{
	int details = clamp(width * 2 / 5, 46, 70);
	int tree = width - details - 1;
	layout->line_below_title = top;
	layout->line_beside_details = tree;
	layout->header = (struct canvas_rect){0, top + 1, tree, 1};
	layout->tree = (struct canvas_rect){0, top + 2, tree, bottom - top - 2};
	layout->details = (struct canvas_rect){tree + 1, top + 1, details, bottom - top - 1};
}

static void place_details_below(struct layout *layout, int width, int top, int bottom, enum layout_details wanted)
{
	int room = bottom - top - 1;
	int details = room < 12 || wanted == LAYOUT_DETAILS_HIDDEN ? 0 : 3;
	if (wanted == LAYOUT_DETAILS_FOCUSED) {
		details = room / 2;
	}
	int tree_bottom = bottom;
	if (details > 0) {
		tree_bottom = bottom - details - 1;
		layout->line_above_details = tree_bottom;
		layout->details = (struct canvas_rect){0, tree_bottom + 1, width, details};
	}
	layout->header = (struct canvas_rect){0, top, width, 1};
	layout->tree = (struct canvas_rect){0, top + 1, width, tree_bottom - top - 1};
}

void layout_make(int width, int height, enum layout_details details, struct layout *ret_layout)
{
	*ret_layout = (struct layout){
		.too_small = width < LAYOUT_WIDTH_MIN || height < LAYOUT_HEIGHT_MIN,
		.wide = width >= LAYOUT_WIDE && details != LAYOUT_DETAILS_HIDDEN,
		.line_above_details = -1,
		.line_above_status = -1,
		.line_below_title = -1,
		.line_beside_details = -1,
	};
	if (ret_layout->too_small) {
		return;
	}
	ret_layout->title = (struct canvas_rect){0, 0, width, 1};
	ret_layout->body = (struct canvas_rect){0, 1, width, height - 2};
	int bottom = place_status(ret_layout, width, height);
	if (ret_layout->wide) {
		place_details_beside(ret_layout, width, 1, bottom);
	} else {
		place_details_below(ret_layout, width, 1, bottom, details);
	}
}
