/* The whole screen from its parts: app_view() of tui/state/app.h. */
#include <inttypes.h>
#include <stdio.h>

#include "tui/view/view.h"

const char *view_time(int64_t time_us, char text[32])
{
	char iso[32];
	(void)hv_format_time(time_us, iso);
	(void)snprintf(text, 32, "%.10s %.5s UTC", iso, iso + 11);
	return text;
}

int view_put(struct canvas *canvas, int x, int y, int right, enum role role, const char *text)
{
	return x < right ? x + canvas_text(canvas, x, y, right - x, role, text) : x;
}

int view_progress(struct canvas *canvas, int x, int y, int width, int64_t percent)
{
	int64_t done = percent < 0 ? 0 : percent > 100 ? 100 : percent;
	int full = (int)(done * width / 100);
	int at = view_put(canvas, x, y, x + 1, ROLE_FRAME, "[");
	for (int i = 0; i < width; i++) {
		at = view_put(canvas, at, y, at + 1, ROLE_PROGRESS,
			canvas_glyph(canvas, i < full ? GLYPH_PROGRESS_FULL : GLYPH_PROGRESS_EMPTY));
	}
	at = view_put(canvas, at, y, at + 1, ROLE_FRAME, "]");
	return at - x + canvas_printf(canvas, at, y, 5, ROLE_PROGRESS, " %" PRId64 "%%", done);
}

static void view_too_small(const struct app *app, struct canvas *canvas)
{
	int y = app->height / 2;
	(void)canvas_printf(canvas, 0, y > 0 ? y - 1 : 0, app->width, ROLE_WARN, "too small: %dx%d", app->width,
		app->height);
	(void)canvas_printf(canvas, 0, y, app->width, ROLE_TEXT, "needs %dx%d", LAYOUT_WIDTH_MIN, LAYOUT_HEIGHT_MIN);
	(void)canvas_text(canvas, 0, y + 1, app->width, ROLE_DIM, "q quits; nothing is lost");
}

static void view_lines(const struct app *app, struct canvas *canvas)
{
	const struct layout *layout = &app->layout;
	const int lines[] = {layout->line_below_title, layout->line_above_details, layout->line_above_status};
	for (size_t i = 0; i < HV_ARRAY_LEN(lines); i++) {
		if (lines[i] >= 0) {
			canvas_hline(canvas, 0, lines[i], app->width, ROLE_FRAME);
		}
	}
	if (layout->line_beside_details >= 0) {
		int x = layout->line_beside_details;
		canvas_vline(canvas, x, layout->details.y, layout->details.height, ROLE_FRAME);
		(void)canvas_text(canvas, x, layout->line_below_title, 1, ROLE_FRAME,
			canvas_glyph(canvas, GLYPH_TEE_TOP));
		(void)canvas_text(canvas, x, layout->line_above_status, 1, ROLE_FRAME,
			canvas_glyph(canvas, GLYPH_TEE_BOTTOM));
	}
}

static int way_width(const char *const *names, size_t count)
{
	int width = 0;
	for (size_t i = 0; i < count; i++) {
		width += canvas_text_width(names[i]) + 3;
	}
	return width;
}

/* Where the cursor stands, from the group down, on the line beside the details: "prod > hv01 > db > base > patch". */
static void view_way(const struct app *app, struct canvas *canvas)
{
	enum { MOST = 8 };
	const char *names[MOST];
	size_t count = 0;
	struct row_ref row = app->cursor, above = row;
	bool more;
	bool wide = app->layout.wide;
	int y = wide ? app->layout.line_below_title : app->layout.line_above_details;
	int right = (wide ? app->layout.line_beside_details : app->width) - 2;
	if (y < 0 || !row.node) {
		return;
	}
	do {
		const struct hv_node *node = rows_snapshot(&row);
		names[count++] = node ? node->name : row.kind == ROW_NOW ? "NOW" : row.kind == ROW_FOLD ? "..." : row.node->name;
		more = rows_parent(&row, &above);
		row = above;
	} while (count < MOST && more);
	bool cut = false;
	while (count > 1 && way_width(names, count) + 8 > right - 2) { /* where it ends matters most */
		count--;
		cut = true;
	}
	int x = view_put(canvas, 2, y, right, ROLE_DIM, cut || more ? " ... > " : " ");
	while (count-- > 0) {
		x = view_put(canvas, x, y, right, ROLE_DIM, names[count][0] ? names[count] : "(no group)");
		x = view_put(canvas, x, y, right, ROLE_DIM, count > 0 ? " > " : " ");
	}
}

static void view_main(struct app *app, struct canvas *canvas)
{
	switch (app->screen) {
	case APP_SCREEN_JOBS:
		view_jobs(app, canvas);
		return;
	case APP_SCREEN_MESSAGES:
		view_messages(app, canvas);
		return;
	case APP_SCREEN_AGES:
		view_ages(app, canvas);
		return;
	case APP_SCREEN_SETTINGS:
		view_settings(app, canvas);
		return;
	case APP_SCREEN_TREE:
		view_tree(app, canvas);
		view_lines(app, canvas);
		view_way(app, canvas);
		view_details(app, canvas);
		view_operations(app, canvas);
		view_message_lines(app, canvas);
		return;
	}
}

void app_view(struct app *app, struct canvas *canvas)
{
	canvas_erase(canvas);
	app->dirty = false;
	if (app->layout.too_small) {
		view_too_small(app, canvas);
		return;
	}
	view_title(app, canvas);
	if (app->help_open) {
		view_help(app, canvas);
	} else {
		view_main(app, canvas);
	}
	if (app->prompt.kind != PROMPT_NONE) {
		view_prompt(app, canvas);
	} else {
		view_hints(app, canvas);
	}
	if (app->dialog.kind != DIALOG_NONE) {
		view_dialog(app, canvas);
	}
}
