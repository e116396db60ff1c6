#include "tui/state/marks.h"

#include <stdlib.h>
#include <string.h>

#include "tui/state/app_state.h"

static bool can_be_marked(const struct row_ref *row)
{
	return row->kind == ROW_VM || row->kind == ROW_SNAPSHOT;
}

static struct mark_key key_of(const struct row_ref *row)
{
	struct mark_key key = {.vm = row->node->uuid};
	if (row->kind == ROW_SNAPSHOT) {
		key.snapshot = row->leaf;
	}
	return key;
}

static struct mark *find(const struct app *app, const struct mark_key *key)
{
	struct mark *mark = NULL;
	HASH_FIND(hh, app->marks, key, sizeof *key, mark);
	return mark;
}

bool marks_has(const struct app *app, const struct row_ref *row)
{
	if (!app->marks || !row->node || !can_be_marked(row)) {
		return false;
	}
	struct mark_key key = key_of(row);
	return find(app, &key) != NULL;
}

size_t marks_count(const struct app *app)
{
	return HASH_COUNT(app->marks);
}

static void drop(struct app *app, struct mark *mark)
{
	HASH_DELETE(hh, app->marks, mark);
	free(mark);
	app->dirty = true;
}

/* False: there are as many as can be. */
static bool put(struct app *app, const struct row_ref *row)
{
	struct mark_key key = key_of(row);
	if (find(app, &key)) {
		return true;
	}
	if (marks_count(app) == MARKS_MAX) {
		app_say(app, ROLE_WARN, "%d rows are marked; that is the most", MARKS_MAX);
		return false;
	}
	struct mark *mark = hv_alloc(sizeof *mark);
	mark->key = key;
	HASH_ADD(hh, app->marks, key, sizeof mark->key, mark);
	app->dirty = true;
	return true;
}

void app_mark(struct app *app)
{
	if (!can_be_marked(&app->cursor)) {
		app_say(app, ROLE_INFO, "VMs and snapshots can be marked");
		return;
	}
	struct mark_key key = key_of(&app->cursor);
	struct mark *mark = find(app, &key);
	if (mark) {
		drop(app, mark);
	} else if (!put(app, &app->cursor)) {
		return;
	}
	app_move_cursor(app, 1);
}

static void mark_between(struct app *app, size_t from, size_t to)
{
	enum row_kind kind = app->range.kind;
	struct row_ref row;
	for (size_t i = from < to ? from : to; i <= (from < to ? to : from); i++) {
		if (rows_at(&app->model, i, &row) && row.kind == kind && !put(app, &row)) {
			return;
		}
	}
}

void app_mark_range(struct app *app)
{
	if (!app->range.node) {
		if (can_be_marked(&app->cursor)) {
			app->range = app->cursor;
			app_say(app, ROLE_INFO, "range from here; v where it ends");
		} else {
			app_say(app, ROLE_INFO, "a range begins on a VM or a snapshot");
		}
		return;
	}
	size_t from = rows_index(&app->model, &app->range);
	size_t to = rows_index(&app->model, &app->cursor);
	if (from == ROWS_NONE || to == ROWS_NONE) {
		app_say(app, ROLE_WARN, "where the range began is not shown any more");
	} else {
		mark_between(app, from, to);
	}
	app->range = (struct row_ref){.node = NULL};
}

void app_mark_matches(struct app *app)
{
	struct row_ref row;
	size_t before = marks_count(app);
	if (!model_is_narrowed(&app->model)) {
		app_say(app, ROLE_INFO, "there is no filter; / makes one");
		return;
	}
	for (size_t i = 0; rows_at(&app->model, i, &row); i++) {
		bool found = app_is_match(app, &row) && can_be_marked(&row);
		/* a VM that is shown for its snapshots alone is not what was looked for */
		bool itself = row.kind != ROW_VM || !app->model.filter.terms || vm_of(row.node)->matches;
		if (found && itself && !put(app, &row)) {
			break;
		}
	}
	app_say(app, ROLE_INFO, "%zu more marked", marks_count(app) - before);
}

void app_unmark(struct app *app)
{
	marks_clear(app);
	app->range = (struct row_ref){.node = NULL};
	app->dirty = true;
}

static void say_dropped(struct app *app, const struct vm_entry *vm, size_t count)
{
	if (count > 0) {
		app_say(app, ROLE_WARN, "%zu %s of %s unmarked: gone", count, count == 1 ? "row" : "rows", vm->vm->name);
	}
}

void marks_vm_leaves(struct app *app, const struct vm_entry *vm)
{
	struct mark *mark, *next;
	size_t count = 0;
	HASH_ITER(hh, app->marks, mark, next) {
		if (hv_uuid_equal(&mark->key.vm, &vm->node.uuid)) {
			drop(app, mark);
			count++;
		}
	}
	say_dropped(app, vm, count);
}

void marks_follow_tree(struct app *app, const struct vm_entry *vm)
{
	struct mark *mark, *next;
	size_t count = 0;
	if (!vm->tree) {
		return; /* closed: nothing is known to be gone */
	}
	HASH_ITER(hh, app->marks, mark, next) {
		bool is_of_tree = hv_uuid_equal(&mark->key.vm, &vm->node.uuid) && !hv_uuid_is_nil(&mark->key.snapshot);
		if (is_of_tree && !model_tree_node(vm->tree, &mark->key.snapshot)) {
			drop(app, mark);
			count++;
		}
	}
	say_dropped(app, vm, count);
}

void marks_clear(struct app *app)
{
	struct mark *mark, *next;
	HASH_ITER(hh, app->marks, mark, next) {
		HASH_DELETE(hh, app->marks, mark);
		free(mark);
	}
}
