/* The list of operations as a view: its cursor stands on an operation, not on a line. */
#include "tui/state/app_state.h"

#define JOBS_FRAME 6 /* title, header, line, two lines about the chosen one, hints */

int app_jobs_page(const struct app *app)
{
	int rows = app->height - JOBS_FRAME;
	return rows > 1 ? rows : 1;
}

size_t app_job_index(const struct app *app)
{
	for (size_t i = 0; i < app->model.operation_count; i++) {
		if (app->model.operations[i] == app->job) {
			return i;
		}
	}
	return 0;
}

void app_move_job(struct app *app, int64_t rows)
{
	if (app->model.operation_count == 0) {
		return;
	}
	int64_t at = (int64_t)app_job_index(app);
	int64_t last = (int64_t)app->model.operation_count - 1;
	at = rows < -at ? 0 : rows > last - at ? last : at + rows;
	app->job = app->model.operations[at];
	size_t page = (size_t)app_jobs_page(app);
	if ((size_t)at < app->jobs_top) {
		app->jobs_top = (size_t)at;
	} else if ((size_t)at >= app->jobs_top + page) {
		app->jobs_top = (size_t)at - page + 1;
	}
	app->dirty = true;
}
