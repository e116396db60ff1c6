/*
 * All snapshots, oldest first: the store is asked page by page as the cursor comes near the end of what is there. How many
 * there are of which age are four counts. What is acted on is looked at in the tree first: the act begins there.
 */
#include "tui/state/ages.h"

#include <stdlib.h>

#include "tui/state/app_state.h"

#define AGES_PAGE 200
#define AGES_FRAME 4 /* title, header, two lines about the chosen one, hints: without the title's own */
#define DAY_US (INT64_C(24) * 3600 * HV_SECOND_US)

static const int64_t older_than_us[AGES_CLASSES] = {0, 4 * DAY_US, 31 * DAY_US, 91 * DAY_US};

void ages_clear(struct ages *ages)
{
	for (size_t i = 0; i < ages->page_count; i++) {
		hv_snapshot_page_unref(ages->pages[i]);
	}
	free(ages->pages);
	*ages = (struct ages){.pages = NULL};
}

const struct hv_snapshot *app_age_row(const struct app *app, size_t index)
{
	const struct ages *ages = &app->ages;
	for (size_t i = 0; i < ages->page_count; i++) {
		if (index < ages->pages[i]->count) {
			return &ages->pages[i]->rows[index];
		}
		index -= ages->pages[i]->count;
	}
	return NULL;
}

int app_ages_page(const struct app *app)
{
	int rows = app->layout.body.height - AGES_FRAME - (app->layout.body.height > 20 ? AGES_CLASSES + 1 : 0);
	return rows > 1 ? rows : 1;
}

static void ask(struct app *app)
{
	struct ages *ages = &app->ages;
	struct hv_snapshot_query query = {.state = -1, .type = -1, .limit = AGES_PAGE, .oldest_first = true,
		.uncounted = true};
	const struct hv_snapshot *last = ages->count > 0 ? app_age_row(app, ages->count - 1) : NULL;
	if (last) {
		query.after_created_us = last->created_us;
		query.after_id = last->page_id;
	}
	ages->ticket = app_request_list(app, &query, "ages");
}

static void ask_classes(struct app *app)
{
	for (int i = 0; i < AGES_CLASSES; i++) {
		struct hv_snapshot_query query = {
			.state = -1, .type = -1, .limit = 1, .older_than_us = older_than_us[i], .oldest_first = true};
		app->ages.older[i] = -1;
		app->ages.class_tickets[i] = app_request_list(app, &query, "ages");
	}
}

void app_ages_read(struct app *app)
{
	struct ages *ages = &app->ages;
	(void)app_answered(app, ages->ticket, NULL, NULL);
	for (int i = 0; i < AGES_CLASSES; i++) {
		(void)app_answered(app, ages->class_tickets[i], NULL, NULL);
	}
	ages_clear(ages);
	ages->snapshots_then = app->model.snapshot_count;
	ages->asked = true;
	ask(app);
	ask_classes(app);
	app->dirty = true;
}

static void read_on(struct app *app)
{
	struct ages *ages = &app->ages;
	if (ages->more && ages->ticket == 0 && ages->cursor + 2 * (size_t)app_ages_page(app) >= ages->count) {
		ask(app);
	}
}

static bool take_class(struct app *app, uint64_t ticket, const struct hv_snapshot_page *page)
{
	for (int i = 0; i < AGES_CLASSES; i++) {
		if (app->ages.class_tickets[i] == ticket) {
			app->ages.class_tickets[i] = 0;
			app->ages.older[i] = page->total;
			app->dirty = true;
			return true;
		}
	}
	return false;
}

bool app_ages_take(struct app *app, uint64_t ticket, const struct hv_snapshot_page *page)
{
	struct ages *ages = &app->ages;
	if (ticket != ages->ticket) {
		return take_class(app, ticket, page);
	}
	ages->ticket = 0;
	HV_GROW(ages->pages, ages->page_count, ages->page_capacity);
	ages->pages[ages->page_count++] = hv_snapshot_page_ref(page);
	ages->count += page->count;
	ages->more = page->more && page->count > 0;
	app->dirty = true;
	read_on(app);
	return true;
}

void app_move_age(struct app *app, int64_t rows)
{
	struct ages *ages = &app->ages;
	int64_t at = (int64_t)ages->cursor;
	int64_t last = (int64_t)ages->count - 1;
	if (last < 0) {
		return;
	}
	at = rows < -at ? 0 : rows > last - at ? last : at + rows;
	ages->cursor = (size_t)at;
	size_t page = (size_t)app_ages_page(app);
	if (ages->cursor < ages->top) {
		ages->top = ages->cursor;
	} else if (ages->cursor >= ages->top + page) {
		ages->top = ages->cursor - page + 1;
	}
	app->dirty = true;
	read_on(app);
}

const char *app_why_no_age(const struct app *app)
{
	const struct hv_snapshot *row = app_age_row(app, app->ages.cursor);
	if (!row) {
		return "there is no snapshot";
	}
	return model_vm(&app->model, &row->vm) ? NULL : "its VM is not known here";
}

/* ---- to the tree ---- */

static void go(struct app *app, enum tui_action then)
{
	const struct hv_snapshot *row = app_age_row(app, app->ages.cursor);
	struct vm_entry *vm = row ? model_vm(&app->model, &row->vm) : NULL;
	if (!vm) {
		return;
	}
	if (then != TUI_ACTION_COUNT && marks_count(app) > 0) {
		app_unmark(app); /* the act is for this one */
		app_say(app, ROLE_INFO, "marks were taken away: this is about one snapshot");
	}
	app->screen = APP_SCREEN_TREE;
	app->wanted = (struct wanted_row){.vm = row->vm, .snapshot = row->id, .then = then};
	app_show_all(app);
	app_go_to_vm(app, vm);
	app_relayout(app);
}

void app_age_show(struct app *app)
{
	go(app, TUI_ACTION_COUNT);
}

void app_age_revert(struct app *app)
{
	go(app, TUI_ACTION_REVERT);
}

void app_age_delete(struct app *app)
{
	go(app, TUI_ACTION_DELETE);
}

void app_age_edit(struct app *app)
{
	go(app, TUI_ACTION_EDIT);
}
