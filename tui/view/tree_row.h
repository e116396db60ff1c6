/* One row of the tree in its columns. */
#ifndef HV_TUI_VIEW_TREE_ROW_H
#define HV_TUI_VIEW_TREE_ROW_H

#include "tui/view/view.h"

/* x of the first cell, or of the one after the last ("right"); 0: no such column. */
struct tree_columns {
	int name_right;
	int state;
	int kind;
	int age_right;
	int delta_right;
	int flags;
	int right;
};

void tree_row_draw(const struct app *app, const struct row_ref *row, const struct tree_columns *columns,
	struct canvas *canvas, int y);

#endif
