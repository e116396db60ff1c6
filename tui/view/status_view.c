/* Below the tree: operations that live, and the newest messages. */
#include <inttypes.h>
#include <stdio.h>

#include "tui/view/view.h"

#define BAR_CELLS 10

static void draw_elapsed(
	const struct app *app, struct canvas *canvas, int right, int y, const struct hv_operation *operation)
{
	char text[24];
	if (app->wall_us != 0 && operation->state == OPERATION_RUNNING && !operation->unknown) {
		(void)canvas_text_right(canvas, right, y, 9, ROLE_TEXT,
			words_elapsed(app->wall_us - operation->created_us, text));
	}
}

static void draw_operation(
	const struct app *app, struct canvas *canvas, int y, const struct hv_operation *operation)
{
	char what[320];
	struct words words = words_operation(operation);
	int right = app->width - 1;
	int x = view_put(canvas, 1, y, right, words.role, canvas_glyph(canvas, words.sign));
	int progress_x = right - 10 - BAR_CELLS - 8;
	int beside_progress = progress_x - 1;
	bool running = operation->state == OPERATION_RUNNING && !operation->unknown;
	int text_right = running && operation->percent >= 0 && progress_x > 30 ? beside_progress : right - 10;
	x = view_put(canvas, x + 1, y, text_right, ROLE_TEXT, operation->vm_name);
	x = view_put(canvas, x + 2, y, text_right, ROLE_TEXT, words_what(operation, what, sizeof what));
	x = view_put(canvas, x + 2, y, text_right, words.role,
		running ? words_step(operation->step) : words.text);
	if (running && operation->phase) {
		(void)view_put(canvas, x + 2, y, text_right, ROLE_DIM, operation->phase);
	}
	if (text_right == beside_progress) {
		(void)view_progress(canvas, progress_x, y, BAR_CELLS, operation->percent);
	}
	draw_elapsed(app, canvas, right, y, operation);
}

void view_operations(const struct app *app, struct canvas *canvas)
{
	const struct canvas_rect *rect = &app->layout.operations;
	size_t left = app->model.live_count;
	int y = rect->y;
	if (rect->height == 0) {
		return;
	}
	if (left == 0) {
		(void)canvas_text(canvas, 1, y, rect->width - 1, ROLE_DIM, "no operation is running");
		return;
	}
	for (size_t i = 0; i < app->model.operation_count && y < rect->y + rect->height; i++) {
		const struct hv_operation *operation = app->model.operations[i]->operation;
		if (!operation_is_live_value(operation)) {
			continue;
		}
		if (y == rect->y + rect->height - 1 && left > 1 && rect->height > 1) {
			(void)canvas_printf(canvas, 1, y, rect->width - 1, ROLE_DIM, "and %zu more: J", left);
			return;
		}
		draw_operation(app, canvas, y++, operation);
		left--;
	}
}

static void draw_message(struct canvas *canvas, int y, int right, const struct message *message)
{
	char iso[32], time[16];
	(void)hv_format_time(message->wall_us, iso);
	(void)snprintf(time, sizeof time, "%.8s", iso + 11);
	int x = 1;
	if (message->wall_us != 0) {
		x = view_put(canvas, 1, y, right, ROLE_LOG_TIME, time) + 2;
	}
	/* a warning is told by a word too, not by its colour alone */
	if (message->role == ROLE_WARN || message->role == ROLE_ERROR) {
		x = view_put(canvas, x, y, right, message->role, app_log_word(message->role)) + 1;
	}
	(void)view_put(canvas, x, y, right, message->role, message->text);
}

void view_message_lines(const struct app *app, struct canvas *canvas)
{
	const struct canvas_rect *rect = &app->layout.messages;
	for (int i = 0; i < rect->height; i++) {
		const struct message *message = messages_at(&app->messages, (size_t)i);
		if (message) {
			draw_message(canvas, rect->y + i, rect->width - 1, message);
		}
	}
}

void view_messages(const struct app *app, struct canvas *canvas)
{
	const struct canvas_rect *body = &app->layout.body;
	const struct message *lines[MESSAGES_MAX];
	size_t count = app_log_lines(app, lines);
	bool filtered = app->log.text && app->log.text[0];
	canvas_fill(canvas, (struct canvas_rect){0, body->y, body->width, 1}, ' ', ROLE_HEADER);
	int x = 1 + canvas_printf(canvas, 1, body->y, body->width - 1, ROLE_HEADER,
			    "MESSAGES  %zu, newest first, UTC   follow: %s   level: %s", count,
			    app->messages_top == 0 && !app->log.held ? "on" : "off", app_log_level_name(app->log.level));
	if (filtered) {
		(void)canvas_printf(canvas, x + 3, body->y, body->width - x - 3, ROLE_MATCH, "/%s", app->log.text);
	}
	for (int i = 0; i + 1 < body->height && app->messages_top + (size_t)i < count; i++) {
		draw_message(canvas, body->y + 1 + i, body->width - 1, lines[app->messages_top + (size_t)i]);
	}
	if (count == 0) {
		(void)canvas_text(canvas, 1, body->y + 1, body->width - 1, ROLE_DIM,
			messages_count(&app->messages) > 0 ? "no message passes the filter" : "no messages yet");
	}
}
