/* The tree: only the rows in the window are laid out, each in columns. */
#include <inttypes.h>
#include <stdio.h>

#include "tui/view/tree_row.h"
#include "tui/view/view.h"

/* Columns by width: the narrower, the fewer. 0 stands for "no such column". */
static struct tree_columns columns_for(int width)
{
	if (width >= 92) {
		return (struct tree_columns){.name_right = width - 56, .state = width - 55, .kind = width - 41,
			.age_right = width - 29, .delta_right = width - 21, .flags = width - 19, .right = width};
	}
	if (width >= 72) {
		return (struct tree_columns){.name_right = width - 41, .state = width - 40, .age_right = width - 22,
			.delta_right = width - 14, .flags = width - 12, .right = width};
	}
	if (width >= 56) {
		return (struct tree_columns){.name_right = width - 30, .state = width - 29, .age_right = width - 9,
			.delta_right = width - 1, .right = width};
	}
	return (struct tree_columns){
		.name_right = width - 21, .state = width - 20, .age_right = width - 1, .right = width};
}

static void draw_header(const struct app *app, struct canvas *canvas, const struct tree_columns *columns)
{
	int y = app->layout.header.y;
	canvas_fill(canvas, app->layout.header, ' ', ROLE_HEADER);
	(void)canvas_text(canvas, 1, y, 4, ROLE_HEADER, "NAME");
	(void)canvas_text(canvas, columns->state, y, 5, ROLE_HEADER, "STATE");
	if (columns->kind) {
		(void)canvas_text(canvas, columns->kind, y, 4, ROLE_HEADER, "KIND");
	}
	(void)canvas_text_right(canvas, columns->age_right, y, 3, ROLE_HEADER, "AGE");
	if (columns->delta_right) {
		(void)canvas_text_right(canvas, columns->delta_right, y, 5, ROLE_HEADER, "DELTA");
	}
	if (columns->flags) {
		(void)canvas_text(canvas, columns->flags, y, 5, ROLE_HEADER, "FLAGS");
	}
}

/* The bar goes over the text: words and signs stay, so nothing is told by the lost colours alone. */
static void draw_bar(const struct app *app, struct canvas *canvas, int y)
{
	const struct canvas_rect *tree = &app->layout.tree;
	canvas_tint(canvas, (struct canvas_rect){tree->x, y, tree->width, 1},
		app->details_focused ? ROLE_SELECT_BLUR : ROLE_SELECT);
	if (!app->details_focused) {
		canvas->cursor_x = tree->x;
		canvas->cursor_y = y;
	}
}

static void draw_nothing(const struct app *app, struct canvas *canvas)
{
	const char *text = !app->loaded ? "loading ..."
			   : app->model.host_count == 0
				   ? "no hosts in this store; hvtree --demo shows a simulated fleet"
			   : app_is_filtered(app) ? "no match; Escape clears the filter"
			   : app->problems_only   ? "nothing needs anybody; Escape shows everything"
						  : "";
	(void)canvas_text(canvas, 1, app->layout.tree.y, app->layout.tree.width - 1, ROLE_DIM, text);
}

void view_tree(struct app *app, struct canvas *canvas)
{
	const struct canvas_rect *tree = &app->layout.tree;
	struct tree_columns columns = columns_for(tree->width);
	draw_header(app, canvas, &columns);
	size_t top = rows_index(&app->model, &app->top);
	if (top == ROWS_NONE) {
		draw_nothing(app, canvas);
		return;
	}
	struct row_ref row;
	for (int i = 0; i < tree->height && rows_at(&app->model, top + (size_t)i, &row); i++) {
		app->rows_laid_out++;
		tree_row_draw(app, &row, &columns, canvas, tree->y + i);
		if (marks_has(app, &row)) {
			(void)canvas_text(canvas, 0, tree->y + i, 1, ROLE_MARK, canvas_glyph(canvas, GLYPH_MARK));
		}
		if (rows_equal(&row, &app->cursor)) {
			draw_bar(app, canvas, tree->y + i);
		}
	}
}
