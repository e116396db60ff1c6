/* The settings: each with its value, and what the chosen one is for. */
#include "tui/view/view.h"

#define KEY_CELLS 26
#define VALUE_CELLS 20

static void draw_setting(const struct app *app, struct canvas *canvas, struct canvas_rect inner, int y, enum setting setting)
{
	const struct setting_row *row = setting_row(setting);
	const char *value = config_text(&app->settings, setting);
	bool own = app->settings.values[setting] != NULL;
	int right = inner.x + inner.width;
	int x = inner.x + 1;
	int name_end = view_put(canvas, x, y, right, ROLE_DIM, row->section);
	name_end = view_put(canvas, name_end, y, right, ROLE_DIM, ".");
	(void)view_put(canvas, name_end, y, right, ROLE_TEXT, row->key);
	(void)view_put(canvas, x + KEY_CELLS, y, right, own ? ROLE_MARK : ROLE_TEXT, value);
	if (own) {
		(void)canvas_printf(canvas, x + KEY_CELLS + VALUE_CELLS, y, right - x - KEY_CELLS - VALUE_CELLS, ROLE_DIM,
			"default: %s", row->value);
	}
}

void view_settings(const struct app *app, struct canvas *canvas)
{
	struct canvas_rect box = app->layout.body;
	canvas_box(canvas, box, ROLE_FRAME_FOCUS, "SETTINGS  Enter changes (groups and keys: in the file)");
	struct canvas_rect inner = {box.x + 1, box.y + 1, box.width - 2, box.height - 2};
	int rows = app_settings_page(app);
	for (int i = 0; i < rows && app->settings_top + (size_t)i < SETTING_COUNT; i++) {
		size_t at = app->settings_top + (size_t)i;
		draw_setting(app, canvas, inner, inner.y + i, (enum setting)at);
		if (at == app->setting) {
			canvas_tint(canvas, (struct canvas_rect){inner.x, inner.y + i, inner.width, 1}, ROLE_SELECT);
			canvas->cursor_x = inner.x;
			canvas->cursor_y = inner.y + i;
		}
	}
	const struct setting_row *row = setting_row((enum setting)app->setting);
	int y = box.y + box.height - 4;
	const struct message *newest = messages_at(&app->messages, 0); /* what has become of the last change */
	if (newest) {
		(void)canvas_text(canvas, inner.x + 1, y - 1, inner.width - 2, newest->role, newest->text);
	}
	canvas_hline(canvas, inner.x, y, inner.width, ROLE_FRAME);
	(void)canvas_text(canvas, inner.x + 1, y + 1, inner.width - 2, ROLE_TEXT, row->help);
	(void)canvas_printf(canvas, inner.x + 1, y + 2, inner.width - 2, ROLE_DIM, "default: %s%s", row->value,
		row->at_start ? "; takes effect at the next start" : "");
}
