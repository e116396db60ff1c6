/* The help: every action with its keys, greyed with the reason where it is not possible now. */
#include "tui/view/view.h"

#define KEYS_CELLS 14

static void draw_line(const struct app *app, struct canvas *canvas, struct canvas_rect rect, int y,
	const struct help_line *line)
{
	char text[400], keys[64];
	int right = rect.x + rect.width;
	if (line->heading) {
		(void)canvas_text(canvas, rect.x, y, rect.width, ROLE_HEADER, tui_group_title(line->group));
		return;
	}
	const struct tui_action_info *info = tui_action_info(line->action);
	/* in the help itself: what the line would do once the help is closed */
	const char *reason = app_why_not(app, line->action, text, sizeof text);
	(void)keymap_keys(&app->keymap, line->action, 4, keys, sizeof keys);
	int x = view_put(canvas, rect.x + 2, y, rect.x + KEYS_CELLS, reason ? ROLE_DIM : ROLE_HINT_KEY, keys);
	x = rect.x + KEYS_CELLS + 1 > x ? rect.x + KEYS_CELLS + 1 : x + 1;
	x = view_put(canvas, x, y, right, reason ? ROLE_DIM : ROLE_TEXT, info->help);
	if (reason) {
		x = view_put(canvas, x, y, right, ROLE_DIM, " - ");
		(void)view_put(canvas, x, y, right, ROLE_DIM, reason);
	}
}

void view_help(const struct app *app, struct canvas *canvas)
{
	struct help_line lines[HELP_LINES_MAX];
	size_t count = app_help_lines(app, lines);
	struct canvas_rect box = app->layout.body;
	canvas_box(canvas, box, ROLE_FRAME_FOCUS, "HELP  / searches, Enter runs the line, Escape closes");
	if (count == 0) {
		(void)canvas_printf(canvas, box.x + 2, box.y + 1, box.width - 4, ROLE_DIM, "nothing here is about '%s'",
			app->help_text);
	}
	struct canvas_rect inner = {box.x + 2, box.y + 1, box.width - 4, box.height - 2};
	for (int i = 0; i < inner.height && app->help_top + (size_t)i < count; i++) {
		size_t at = app->help_top + (size_t)i;
		draw_line(app, canvas, inner, inner.y + i, &lines[at]);
		if (at == app->help_cursor) {
			canvas_tint(canvas, (struct canvas_rect){inner.x, inner.y + i, inner.width, 1}, ROLE_SELECT);
			canvas->cursor_x = inner.x;
			canvas->cursor_y = inner.y + i;
		}
	}
	if (app->help_top + (size_t)inner.height < count) {
		(void)canvas_text(canvas, box.x + box.width - 3, box.y + box.height - 1, 1, ROLE_HINT_KEY,
			canvas_glyph(canvas, GLYPH_MORE_BELOW));
	}
	if (app->help_top > 0) {
		(void)canvas_text(canvas, box.x + box.width - 3, box.y, 1, ROLE_HINT_KEY,
			canvas_glyph(canvas, GLYPH_MORE_ABOVE));
	}
}
