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
