/* All operations that live and the last that ended: what, how far, how long, and why not. */
#include <inttypes.h>
#include <stdio.h>

#include "tui/view/view.h"

#define BAR_CELLS 8

struct job_columns {
	int vm, what, step, time_right;
};

/* What is being done, by its name, has most of the room; the step is a short word or a bar. */
static struct job_columns columns_for(int width)
{
	if (width >= 72) {
		int step = width >= 110 ? 34 : 17;
		int flexible = width - 14 - step - 9; /* state before, step and time behind */
		return (struct job_columns){
			.vm = 14, .what = 14 + flexible * 3 / 10, .step = 14 + flexible, .time_right = width - 1};
	}
	return (struct job_columns){.vm = 14, .what = 14 + (width - 24) * 4 / 10, .time_right = width - 1};
}

static const char *elapsed(const struct app *app, const struct hv_operation *operation, char text[24])
{
	int64_t end = operation->finished_us != 0 ? operation->finished_us : app->wall_us;
	if (operation->state == OPERATION_QUEUED || end == 0 || (operation->unknown && operation->finished_us == 0)) {
		return "-";
	}
	return words_elapsed(end - operation->created_us, text);
}

static void draw_step(struct canvas *canvas, const struct job_columns *columns, int y,
	const struct hv_operation *operation)
{
	int right = columns->time_right - 8;
	int x = columns->step;
	if (operation->unknown && operation->state == OPERATION_RUNNING) {
		(void)view_put(canvas, x, y, right, ROLE_WARN, "not known yet");
	} else if (operation->state == OPERATION_QUEUED) {
		(void)view_put(canvas, x, y, right, ROLE_DIM, "waits");
	} else if (operation->state == OPERATION_RUNNING && operation->percent >= 0) {
		(void)view_progress(canvas, x, y, BAR_CELLS, operation->percent);
	} else if (operation->state == OPERATION_RUNNING) {
		(void)view_put(canvas, x, y, right, ROLE_TEXT, words_step(operation->step));
	} else if (operation->error) {
		(void)view_put(canvas, x, y, right, ROLE_ERROR, operation->error);
	}
}

static void draw_job(const struct app *app, struct canvas *canvas, const struct job_columns *columns, int y,
	const struct hv_operation *operation)
{
	char what[320], time[24];
	struct words words = words_operation(operation);
	int after_what = columns->step ? columns->step - 1 : columns->time_right - 8;
	(void)view_put(canvas, 1, y, 2, words.role, canvas_glyph(canvas, words.sign));
	(void)view_put(canvas, 3, y, columns->vm - 1, words.role, words.text);
	(void)view_put(canvas, columns->vm, y, columns->what - 1, ROLE_TEXT, operation->vm_name);
	(void)view_put(canvas, columns->what, y, after_what, ROLE_TEXT, words_what(operation, what, sizeof what));
	if (columns->step) {
		draw_step(canvas, columns, y, operation);
	}
	(void)canvas_text_right(canvas, columns->time_right, y, 7, ROLE_TEXT, elapsed(app, operation, time));
}

/* X1: what stands before it on its VM. */
static void draw_wait(const struct app *app, struct canvas *canvas, int y, const struct hv_operation *operation)
{
	const struct vm_entry *vm = model_vm(&app->model, &operation->vm);
	const struct hv_operation *before = vm ? model_vm_operation(&app->model, vm) : NULL;
	char what[320];
	if (!before || hv_uuid_equal(&before->uuid, &operation->uuid)) {
		(void)view_put(canvas, 1, y, app->width - 1, ROLE_DIM, "waits for its turn; c takes it back");
		return;
	}
	(void)canvas_printf(canvas, 1, y, app->width - 2, ROLE_DIM, "waits for %s, asked for by %s; c takes it back",
		words_what(before, what, sizeof what), before->requested_by);
}

static void draw_chosen(const struct app *app, struct canvas *canvas, int y, const struct hv_operation *operation)
{
	char time[32], what[320];
	int right = app->width - 1;
	(void)canvas_printf(canvas, 1, y, right - 1, ROLE_TEXT, "%s: %s, asked for by %s at %s", operation->vm_name,
		words_what(operation, what, sizeof what), operation->requested_by, view_time(operation->created_us, time));
	if (operation->error) {
		(void)view_put(canvas, 1, y + 1, right, ROLE_ERROR, operation->error);
	} else if (operation->state == OPERATION_QUEUED) {
		draw_wait(app, canvas, y + 1, operation);
	} else if (operation->unknown && operation->state == OPERATION_RUNNING) {
		(void)view_put(canvas, 1, y + 1, right, ROLE_WARN,
			"the link broke after it was sent: when the host answers, it is asked; v asks now");
	} else if (operation->phase) {
		(void)view_put(canvas, 1, y + 1, right, ROLE_DIM, operation->phase);
	}
}

void view_jobs(const struct app *app, struct canvas *canvas)
{
	const struct model *model = &app->model;
	const struct canvas_rect *body = &app->layout.body;
	struct job_columns columns = columns_for(body->width);
	canvas_fill(canvas, (struct canvas_rect){0, body->y, body->width, 1}, ' ', ROLE_HEADER);
	(void)canvas_printf(canvas, 1, body->y, body->width - 1, ROLE_HEADER, "JOBS  %zu live, %zu unknown, %zu ended",
		model->live_count, model->unknown_count, model->ended_count);
	(void)canvas_text_right(canvas, columns.time_right, body->y, 4, ROLE_HEADER, "TIME");
	int page = app_jobs_page(app);
	size_t chosen = app_job_index(app);
	for (int i = 0; i < page && app->jobs_top + (size_t)i < model->operation_count; i++) {
		size_t at = app->jobs_top + (size_t)i;
		int y = body->y + 1 + i;
		draw_job(app, canvas, &columns, y, model->operations[at]->operation);
		if (at == chosen) {
			canvas_tint(canvas, (struct canvas_rect){0, y, body->width, 1}, ROLE_SELECT);
			canvas->cursor_x = 0;
			canvas->cursor_y = y;
		}
	}
	canvas_hline(canvas, 0, body->y + 1 + page, body->width, ROLE_FRAME);
	if (model->operation_count > 0) {
		draw_chosen(app, canvas, body->y + 2 + page, model->operations[chosen]->operation);
	} else {
		(void)canvas_text(canvas, 1, body->y + 1, body->width - 1, ROLE_DIM, "no operations yet");
	}
}
