/* The last line: keys from the action table. What cannot be done now is dim; what read-only takes away is not there. */
#include "tui/view/view.h"

static bool is_hinted(const struct app *app, enum tui_action action)
{
	const struct tui_action_info *info = tui_action_info(action);
	if (action == TUI_ACTION_BACK && app_place(app) == TUI_PLACE_TREE && !app->details_focused) {
		return false; /* there is nothing to go back from */
	}
	return info->hint[0] != '\0' && (info->place & app_place(app)) && app_has_action(app, action);
}

static int hint_width(const struct app *app, enum tui_action action)
{
	char key[16];
	(void)keymap_keys(&app->keymap, action, 1, key, sizeof key);
	return canvas_text_width(key) + 1 + canvas_text_width(tui_action_info(action)->hint);
}

static int draw_hint(const struct app *app, struct canvas *canvas, int x, int right, enum tui_action action)
{
	char key[16], text[400];
	int y = app->layout.hints.y;
	bool allowed = app_why_not(app, action, text, sizeof text) == NULL;
	(void)keymap_keys(&app->keymap, action, 1, key, sizeof key);
	if (key[0] == '\0' || x + hint_width(app, action) > right) {
		return x;
	}
	x = view_put(canvas, x, y, right, allowed ? ROLE_HINT_KEY : ROLE_DIM, key);
	x = view_put(canvas, x + 1, y, right, allowed ? ROLE_HINT_TEXT : ROLE_DIM, tui_action_info(action)->hint);
	return x + 2;
}

static void draw_dialog_hints(const struct app *app, struct canvas *canvas)
{
	(void)canvas_text(canvas, 1, app->layout.hints.y, app->width - 1, ROLE_HINT_TEXT,
		app->dialog.kind == DIALOG_MESSAGE ? "Enter or Escape closes"
						   : "Escape cancel  Tab next  Space choose  Enter press  PageDown read on");
}

void view_hints(const struct app *app, struct canvas *canvas)
{
	static const enum tui_action at_right[] = {TUI_ACTION_HELP, TUI_ACTION_QUIT};
	canvas_fill(canvas, app->layout.hints, ' ', ROLE_HINT_TEXT);
	if (app->dialog.kind != DIALOG_NONE) {
		draw_dialog_hints(app, canvas);
		return;
	}
	int right = app->width;
	for (size_t i = HV_ARRAY_LEN(at_right); i-- > 0;) {
		right -= hint_width(app, at_right[i]) + (i + 1 < HV_ARRAY_LEN(at_right) ? 2 : 1);
		(void)draw_hint(app, canvas, right, app->width, at_right[i]);
	}
	/* what changes something comes first: it is what the line is looked at for */
	static const enum tui_group order[] = {
		TUI_GROUP_DO, TUI_GROUP_FIND, TUI_GROUP_MOVE, TUI_GROUP_SHOW, TUI_GROUP_PROGRAM};
	int x = 1;
	for (size_t group = 0; group < HV_ARRAY_LEN(order); group++) {
		for (int i = 0; i < TUI_ACTION_COUNT; i++) {
			enum tui_action action = (enum tui_action)i;
			bool placed = action == TUI_ACTION_HELP || action == TUI_ACTION_QUIT;
			if (!placed && tui_action_info(action)->group == order[group] && is_hinted(app, action)) {
				x = draw_hint(app, canvas, x, right - 1, action);
			}
		}
	}
}
