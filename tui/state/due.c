/* When what is shown changes by itself: ages, countdowns, the seconds of an operation, the clock. Only what is on the
 * screen counts, so a screen at rest needs no timer but the clock's. */
#include "tui/state/app_state.h"
#include "tui/state/words.h"

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t next_second(int64_t since_us, int64_t now_us)
{
	int64_t elapsed = now_us > since_us ? now_us - since_us : 0;
	return since_us + (elapsed / HV_SECOND_US + 1) * HV_SECOND_US;
}

static int64_t age_due(const struct app *app, int64_t since_us)
{
	return since_us > 0 ? words_age_due(since_us, app->wall_us) : HV_NEVER;
}

/* When what is new is not new any more. */
static int64_t fresh_due(const struct app *app, int64_t since_us)
{
	bool fresh = since_us > 0 && app->wall_us < since_us + APP_FRESH_US;
	return fresh ? since_us + APP_FRESH_US : HV_NEVER;
}

static int64_t host_due(const struct app *app, const struct hv_host *host)
{
	if (host->state == HOST_UP) {
		return HV_NEVER;
	}
	int64_t due = age_due(app, host->seen_us);
	if (host->retry_us > app->wall_us) {
		/* a countdown: all of them go on with the seconds of the clock, so that many take one frame */
		due = sooner(due, (app->wall_us / HV_SECOND_US + 1) * HV_SECOND_US);
	}
	return due;
}

static int64_t row_due(const struct app *app, const struct row_ref *row)
{
	switch (row->kind) {
	case ROW_HOST:
		return host_due(app, host_of(row->node)->host);
	case ROW_VM:
		return sooner(age_due(app, vm_of(row->node)->vm->oldest_us), fresh_due(app, vm_of(row->node)->fresh_us));
	case ROW_SNAPSHOT:
		return sooner(age_due(app, rows_snapshot(row)->created_us),
			fresh_due(app, vm_of(row->node)->fresh_snapshot_us));
	case ROW_NOW: {
		const struct hv_tree *tree = vm_of(row->node)->tree;
		return tree->current < 0 ? HV_NEVER : age_due(app, tree->now_since_us);
	}
	case ROW_ROOT:
	case ROW_GROUP:
	case ROW_FOLD:
	case ROW_KIND_COUNT:
		return HV_NEVER;
	}
	return HV_NEVER;
}

static int64_t operations_due(const struct app *app, size_t from, size_t most)
{
	int64_t due = HV_NEVER;
	for (size_t i = from; i < app->model.operation_count && i - from < most; i++) {
		const struct hv_operation *operation = app->model.operations[i]->operation;
		if (operation->state == OPERATION_RUNNING && !operation->unknown) {
			due = sooner(due, next_second(operation->created_us, app->wall_us));
		}
	}
	return due;
}

static int64_t tree_due(const struct app *app)
{
	int64_t due = HV_NEVER;
	const struct host_entry *host = rows_host(&app->cursor);
	if (host) {
		due = host_due(app, host->host);
	}
	size_t top = rows_index(&app->model, &app->top);
	struct row_ref row;
	for (int i = 0; top != ROWS_NONE && i < app->layout.tree.height; i++) {
		if (!rows_at(&app->model, top + (size_t)i, &row)) {
			break;
		}
		due = sooner(due, row_due(app, &row));
	}
	if (app->layout.operations.height > 0 && app->model.live_count > 0) {
		due = sooner(due, operations_due(app, 0, app->model.operation_count));
	}
	return due;
}

int64_t app_due(const struct app *app)
{
	if (app->layout.too_small || app->wall_us == 0) {
		return HV_NEVER;
	}
	int64_t minute = 60 * HV_SECOND_US;
	int64_t due = (app->wall_us / minute + 1) * minute;
	if (app->screen == APP_SCREEN_JOBS) {
		return sooner(due, operations_due(app, app->jobs_top, (size_t)app_jobs_page(app)));
	}
	return app->screen == APP_SCREEN_TREE ? sooner(due, tree_due(app)) : due;
}
