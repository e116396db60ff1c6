/*
 * The filter of the tree: typed into the prompt, shown while it is typed, kept until it is cleared. VMs are judged here;
 * for snapshots of VMs that are not open the store is asked, and only the newest question's answer counts.
 */
#include <stdlib.h>
#include <string.h>

#include "tui/state/app_state.h"

#define FIND_ROWS_MAX 5000              /* that one question may bring */
#define FIND_PAGE 1000
#define FIND_AGAIN_US (2 * HV_SECOND_US) /* between questions that changes of the fleet cause */

static void stand_on_match(struct app *app);

/* ---- asking the store ---- */

static void forget_questions(struct app *app)
{
	for (size_t i = 0; i < app->find.question_count; i++) {
		(void)app_answered(app, app->find.questions[i].ticket, NULL, NULL);
	}
	app->find.question_count = 0;
}

static void ask(struct app *app, const struct hv_snapshot_query *query, size_t looked_at)
{
	struct find *find = &app->find;
	if (find->question_count == FIND_QUESTIONS_MAX) {
		return;
	}
	uint64_t ticket = app_request_list(app, query, "find");
	find->questions[find->question_count++] = (struct find_question){
		.ticket = ticket, .term = query->keyword, .older_than_us = query->older_than_us, .type = query->type,
		.looked_at = looked_at};
}

/* What of the filter the store can look for by itself; the rest is judged row by row. */
static struct hv_snapshot_query narrow_query(const struct terms *terms)
{
	/* uncounted: the first page is for somebody who types */
	struct hv_snapshot_query query = {.state = -1, .type = -1, .limit = FIND_PAGE, .uncounted = true};
	for (size_t i = 0; i < terms->count; i++) {
		const struct term *term = &terms->items[i];
		if (term->key == TERM_AGE && term->relation == TERM_MORE && !term->negated) {
			query.older_than_us = term->number;
		} else if (term->key == TERM_TYPE && !term->negated) {
			query.type = strcmp(term->folded, "memory") == 0 ? (int)SNAPSHOT_DISK_AND_MEMORY
				     : strcmp(term->folded, "disk") == 0 ? (int)SNAPSHOT_DISK : -1;
		}
	}
	return query;
}

static bool is_keyword(const struct term *term)
{
	return !term->negated && (term->key == TERM_WORD || term->key == TERM_NAME || term->key == TERM_NOTE);
}

static bool is_of_snapshots(const struct term *term)
{
	return !term->negated && (term->key == TERM_TYPE || term->key == TERM_AGE || term->key == TERM_BY ||
					 term->key == TERM_SIZE || term->key == TERM_STATE);
}

/* A word may be in the snapshot's name or in what stands above it: each is asked for by itself. */
static void ask_all(struct app *app)
{
	const struct terms *terms = &app->find.terms;
	struct hv_snapshot_query query = narrow_query(terms);
	bool of_snapshots = false;
	forget_questions(app);
	app->find.snapshots = 0;
	app->find.cut = false;
	app->find.stale = false;
	app->find.asked_us = app->wall_us;
	for (size_t i = 0; i < terms->count; i++) {
		of_snapshots = of_snapshots || is_of_snapshots(&terms->items[i]);
		if (is_keyword(&terms->items[i])) {
			query.keyword = terms->items[i].text;
			ask(app, &query, 0);
		}
	}
	if (!query.keyword && of_snapshots) {
		ask(app, &query, 0);
	}
}

static void take_row(struct app *app, const struct hv_snapshot *row)
{
	struct vm_entry *vm = model_vm(&app->model, &row->vm);
	struct term_subject subject;
	if (!vm) {
		return;
	}
	const struct host_entry *host = model_vm_host(vm);
	terms_snapshot(row, vm->vm, host ? host->host : NULL, app->model.filter.now_us, &subject);
	if (terms_match_itself(&app->find.terms, &subject)) {
		app->find.snapshots++;
		model_add_hits(&app->model, vm, 1);
	}
}

static void ask_next_page(struct app *app, const struct find_question *question, const struct hv_snapshot_page *page)
{
	const struct hv_snapshot *last = &page->rows[page->count - 1];
	struct hv_snapshot_query query = {.state = -1, .type = question->type, .keyword = question->term,
		.older_than_us = question->older_than_us, .limit = FIND_PAGE, .after_created_us = last->created_us,
		.after_id = last->page_id, .uncounted = true};
	if (question->looked_at + page->count >= FIND_ROWS_MAX) {
		app->find.cut = true;
	} else {
		ask(app, &query, question->looked_at + page->count);
	}
}

bool app_find_page(struct app *app, uint64_t ticket, const struct hv_snapshot_page *page)
{
	struct find *find = &app->find;
	size_t at = 0;
	while (at < find->question_count && find->questions[at].ticket != ticket) {
		at++;
	}
	if (at == find->question_count) {
		return false;
	}
	struct find_question question = find->questions[at];
	find->questions[at] = find->questions[--find->question_count];
	for (size_t i = 0; i < page->count; i++) {
		take_row(app, &page->rows[i]);
	}
	if (page->more && page->count > 0) {
		ask_next_page(app, &question, page);
	}
	model_open_narrowed(&app->model, true);
	find->look = true;
	app->dirty = true;
	if (app->prompt.kind == PROMPT_FIND) {
		stand_on_match(app);
	}
	return true;
}

/* ---- showing ---- */

static bool is_open_for_the_cursor(const struct app *app, const struct vm_entry *vm)
{
	return app->cursor.node == &vm->node;
}

static void close_opened(struct app *app)
{
	struct row_node *node, *next;
	HASH_ITER(hh, app->model.vms, node, next) {
		struct vm_entry *vm = vm_of(node);
		if (!vm->opened_by_filter) {
			continue;
		}
		bool keep = is_open_for_the_cursor(app, vm) && !model_is_narrowed(&app->model);
		vm->opened_by_filter = false;
		if (!keep) {
			app_close_node(app, node);
			node->closed_by_user = false;
		}
	}
}

/* Where the operator has come to stays in sight when the filter goes. */
static void open_above_cursor(struct app *app)
{
	struct row_node *node = app->cursor.node;
	for (node = node ? node->owner : NULL; node && node->kind != ROW_ROOT; node = node->owner) {
		row_node_set_open(node, true);
	}
}

static void show(struct app *app, bool was_narrowed)
{
	struct model_filter filter = {
		.terms = terms_are_given(&app->find.terms) ? &app->find.terms : NULL,
		.problems = app->problems_only,
		.no_bare = app->no_bare,
		.sort = app->sort,
		.reversed = app->reversed,
		.now_us = app->wall_us,
	};
	model_show(&app->model, &filter);
	close_opened(app);
	model_open_narrowed(&app->model, was_narrowed);
	if (was_narrowed && !model_is_narrowed(&app->model)) {
		open_above_cursor(app);
	}
	app->find.look = true;
	app->dirty = true;
	app_settle(app);
}

void app_show_filtered(struct app *app)
{
	show(app, model_is_narrowed(&app->model));
}

bool app_is_match(const struct app *app, const struct row_ref *row)
{
	const struct vm_entry *vm = rows_vm(row);
	const struct hv_node *node = rows_snapshot(row);
	if (!model_is_narrowed(&app->model) || !row->node) {
		return false;
	}
	if (node) {
		return model_matches_node(&app->model, vm, node);
	}
	if (row->kind == ROW_VM) {
		return vm->node.wanted && (!app->model.filter.terms || vm->matches || vm->leaves.count == 0);
	}
	return row->kind == ROW_HOST && row->node->wanted;
}

/* From the row after (or before) the cursor, around the end. ROWS_NONE: there is none. */
static size_t next_match(const struct app *app, size_t from, int step)
{
	size_t total = rows_total(&app->model);
	struct row_ref row;
	for (size_t i = 0; i < total; i++) {
		size_t at = step > 0 ? (from + i) % total : (from + 2 * total - i) % total;
		if (rows_at(&app->model, at, &row) && app_is_match(app, &row)) {
			return at;
		}
	}
	return ROWS_NONE;
}

static void go_to_match(struct app *app, int step)
{
	size_t total = rows_total(&app->model);
	size_t at = rows_index(&app->model, &app->cursor);
	size_t from = at == ROWS_NONE || total == 0 ? 0 : (at + total + (size_t)(step > 0 ? 1 : total - 1)) % total;
	size_t found = next_match(app, from, step);
	if (found == ROWS_NONE) {
		app_say(app, ROLE_INFO, model_is_narrowed(&app->model) ? "no match" : "there is no filter; / makes one");
		return;
	}
	app_move_cursor(app, (int64_t)found - (int64_t)at);
}

void app_find_next(struct app *app)
{
	go_to_match(app, 1);
}

void app_find_previous(struct app *app)
{
	go_to_match(app, -1);
}

/* While it is typed the cursor stands on a match, if there is one, and does not move without need. */
static void stand_on_match(struct app *app)
{
	size_t at = rows_index(&app->model, &app->cursor);
	size_t found = next_match(app, at == ROWS_NONE ? 0 : at, 1);
	if (found != ROWS_NONE && found != at) {
		app_move_cursor(app, (int64_t)found - (int64_t)(at == ROWS_NONE ? 0 : at));
	}
}

static void use(struct app *app, const char *text)
{
	bool was_narrowed = model_is_narrowed(&app->model);
	app->model.filter.terms = NULL; /* they go now */
	forget_questions(app);
	terms_clear(&app->find.terms);
	terms_parse(&app->find.terms, text);
	hv_replace_string(&app->find.text, text);
	show(app, was_narrowed);
	if (terms_are_given(&app->find.terms)) {
		ask_all(app);
		stand_on_match(app);
	}
}

/* ---- the prompt ---- */

void app_find(struct app *app)
{
	prompt_open(app, PROMPT_FIND, app->find.text ? app->find.text : "");
}

void app_find_change(struct app *app, const char *text)
{
	use(app, text);
}

void app_find_enter(struct app *app, const char *text)
{
	(void)text;
	if (app->find.terms.problem) {
		app_say(app, ROLE_WARN, "filter: %s", app->find.terms.problem);
	}
}

void app_find_clear(struct app *app)
{
	if (app_is_filtered(app)) {
		use(app, "");
	}
}

bool app_is_filtered(const struct app *app)
{
	return app->find.text && app->find.text[0] != '\0';
}

/* ---- rows that come into view ---- */

void app_find_look(struct app *app)
{
	size_t top = rows_index(&app->model, &app->top);
	struct row_ref row;
	if (!app->find.look || !app->model.filter.terms || top == ROWS_NONE) {
		return;
	}
	app->find.look = false;
	for (int i = 0; i < app->layout.tree.height && rows_at(&app->model, top + (size_t)i, &row); i++) {
		struct vm_entry *vm = row.kind == ROW_VM ? vm_of(row.node) : NULL;
		if (vm && vm->hits > 0 && !row.node->open && !row.node->closed_by_user) {
			vm->opened_by_filter = true;
			row_node_set_open(row.node, true);
			app_effect(app, APP_EFFECT_OPEN_VM, &row.node->uuid);
		}
	}
}

void app_find_vm_changed(struct app *app, const struct vm_entry *vm, int64_t snapshots_before)
{
	if (app->model.filter.terms && (!vm || vm->vm->snapshots != snapshots_before)) {
		app->find.stale = true;
	}
}

int64_t app_find_tick(struct app *app)
{
	if (!app->find.stale || !terms_are_given(&app->find.terms)) {
		return HV_NEVER;
	}
	int64_t due = app->find.asked_us + FIND_AGAIN_US;
	if (app->wall_us < due && app->find.asked_us <= app->wall_us) {
		return due;
	}
	ask_all(app);
	return HV_NEVER;
}

void find_clear(struct find *find)
{
	terms_clear(&find->terms);
	free(find->text);
	find->text = NULL;
}

void app_show_all(struct app *app)
{
	bool narrowed = model_is_narrowed(&app->model);
	app->problems_only = false;
	app_find_clear(app);
	if (narrowed) {
		app_show_filtered(app);
	}
}
