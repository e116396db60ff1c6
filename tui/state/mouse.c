/* The mouse moves what keys move, and opens and closes; it never acts: what changes something needs a key. */
#include "tui/state/app_state.h"

#define WHEEL_ROWS 3

static void press(struct app *app, enum tui_action action)
{
	if (tui_action_info(action)->place & app_place(app)) {
		app_run(app, action);
	}
}

static void wheel(struct app *app, int64_t rows)
{
	if (app->dialog.kind != DIALOG_NONE) {
		struct key page = {rows < 0 ? KEY_CODE_PAGE_UP : KEY_CODE_PAGE_DOWN, 0};
		dialog_key(app, page, NULL);
		return;
	}
	for (int i = 0; i < WHEEL_ROWS; i++) {
		press(app, rows < 0 ? TUI_ACTION_MOVE_UP : TUI_ACTION_MOVE_DOWN);
	}
}

static bool is_inside(struct canvas_rect rect, int x, int y)
{
	return x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
}

/* The row of the tree that is drawn there gets the cursor. */
static bool choose_row(struct app *app, int x, int y)
{
	struct row_ref row;
	size_t top = rows_index(&app->model, &app->top);
	if (!is_inside(app->layout.tree, x, y) || top == ROWS_NONE ||
		!rows_at(&app->model, top + (size_t)(y - app->layout.tree.y), &row)) {
		return false;
	}
	if (app->details_focused) {
		app_run(app, TUI_ACTION_DETAILS);
	}
	app_set_cursor(app, &row);
	return true;
}

/* A line of a list that stands in the body's frame. */
static bool choose_line(struct app *app, int y, size_t top, size_t cursor, void (*move)(struct app *app, int64_t rows))
{
	int line = y - app->layout.body.y - 1;
	if (line < 0 || line >= app->layout.body.height - 2) {
		return false;
	}
	move(app, (int64_t)top + line - (int64_t)cursor);
	return true;
}

static bool choose(struct app *app, int x, int y)
{
	if (app->help_open) {
		return choose_line(app, y, app->help_top, app->help_cursor, app_move_help);
	}
	if (app->screen == APP_SCREEN_SETTINGS) {
		return choose_line(app, y, app->settings_top, app->setting, app_move_setting);
	}
	return app->screen == APP_SCREEN_TREE && choose_row(app, x, y);
}

static void open_chosen(struct app *app)
{
	static const enum tui_action enters[] = {TUI_ACTION_TOGGLE, TUI_ACTION_EDIT_SETTING};
	for (size_t i = 0; i < HV_ARRAY_LEN(enters); i++) {
		if (tui_action_info(enters[i])->place & app_place(app)) {
			app_run(app, enters[i]);
			return;
		}
	}
}

void app_mouse(struct app *app, struct key key)
{
	bool wheels = key.code == KEY_CODE_WHEEL_UP || key.code == KEY_CODE_WHEEL_DOWN;
	if (wheels) {
		wheel(app, key.code == KEY_CODE_WHEEL_UP ? -1 : 1);
	} else if (app->dialog.kind == DIALOG_NONE && app->prompt.kind == PROMPT_NONE &&
		   choose(app, KEY_X(key), KEY_Y(key)) && key.code == KEY_CODE_DOUBLE_CLICK) {
		open_chosen(app);
	}
}
