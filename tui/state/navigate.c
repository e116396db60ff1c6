/* The cursor, the scroll and what is open in the tree. Both follow identity; numbers are worked out when needed. */
#include <stdio.h>

#include "tui/state/app_state.h"

bool app_tree_is_shown(const struct app *app)
{
	return !app->layout.too_small && app->screen == APP_SCREEN_TREE && !app->help_open;
}

static size_t page_rows(const struct app *app)
{
	return app->layout.tree.height > 0 ? (size_t)app->layout.tree.height : 1;
}

static size_t index_or_zero(const struct app *app, const struct row_ref *row)
{
	size_t index = rows_index(&app->model, row);
	return index == ROWS_NONE ? 0 : index;
}

bool app_node_on_screen(const struct app *app, const struct row_node *node)
{
	if (!app_tree_is_shown(app) || !model_is_linked(&app->model, node)) {
		return false;
	}
	struct row_ref row = {.node = (struct row_node *)(uintptr_t)node, .kind = node->kind};
	size_t first = rows_index(&app->model, &row);
	if (first == ROWS_NONE) {
		return false;
	}
	size_t top = index_or_zero(app, &app->top);
	return first < top + page_rows(app) && first + row_node_own_rows(node) > top;
}

/* The first and the last line that the window may begin with, so that it holds the cursor and is full. */
static size_t window_top(const struct app *app, size_t top, size_t cursor, size_t total)
{
	size_t page = page_rows(app);
	size_t last = total > page ? total - page : 0;
	top = top > last ? last : top;
	if (cursor < top) {
		return cursor;
	}
	return cursor >= top + page ? cursor - page + 1 : top;
}

static void settle_at(struct app *app, size_t total)
{
	rows_show(&app->model, &app->cursor);
	rows_show(&app->model, &app->top);
	if (!app->cursor.node || (!app->touched && !app->loaded)) {
		(void)rows_at(&app->model, 0, &app->cursor);
	}
	if (app->layout.too_small && app->top.node) {
		return; /* there is no window to fit; the scroll is as it was when the screen comes back */
	}
	size_t cursor = index_or_zero(app, &app->cursor);
	size_t top = app->top.node && app->touched ? index_or_zero(app, &app->top) : 0;
	if (app->follow && !app->moving) {
		top = cursor > app->cursor_line ? cursor - app->cursor_line : 0;
	}
	(void)rows_at(&app->model, window_top(app, top, cursor, total), &app->top);
}

void app_relayout(struct app *app)
{
	enum layout_details details = app->details_focused ? LAYOUT_DETAILS_FOCUSED
				      : app->wide	   ? LAYOUT_DETAILS_HIDDEN
							   : LAYOUT_DETAILS_SHOWN;
	layout_make(app->width, app->height, details, &app->layout);
	app_settle(app);
	app->dirty = true;
}

void app_settle(struct app *app)
{
	struct row_ref cursor = app->cursor;
	struct row_ref top = app->top;
	size_t total = rows_total(&app->model);
	if (total == 0) {
		app->cursor = (struct row_ref){0};
		app->top = (struct row_ref){0};
	} else {
		settle_at(app, total);
	}
	if (!rows_equal(&cursor, &app->cursor) || !rows_equal(&top, &app->top)) {
		app->dirty = true;
		app->find.look = true;
	}
	app_find_look(app);
}

/* While the cursor is nobody's yet, the screen shows the beginning; from the first move on the scroll is kept by row. */
static void go_to(struct app *app, size_t index)
{
	(void)rows_at(&app->model, index, &app->cursor);
	app->details_scroll = 0;
	app->dirty = true;
	app->moving = true;
	app_settle(app);
	app->moving = false;
	app->cursor_line = index_or_zero(app, &app->cursor) - index_or_zero(app, &app->top);
}

void app_set_cursor(struct app *app, const struct row_ref *row)
{
	go_to(app, index_or_zero(app, row));
}

void app_move_cursor(struct app *app, int64_t rows)
{
	size_t total = rows_total(&app->model);
	if (total == 0) {
		return;
	}
	int64_t at = (int64_t)index_or_zero(app, &app->cursor);
	int64_t last = (int64_t)total - 1;
	int64_t to = rows < -at ? 0 : rows > last - at ? last : at + rows;
	go_to(app, (size_t)to);
}

/* ---- open and close ---- */

static bool can_open(const struct row_node *node)
{
	if (node->kind != ROW_VM) {
		return node->children != NULL;
	}
	const struct vm_entry *vm = (const struct vm_entry *)(const void *)node;
	return vm->vm->snapshots + vm->vm->untracked > 0;
}

static void open_node(struct app *app, struct row_node *node)
{
	if (node->open) {
		return;
	}
	row_node_set_open(node, true);
	if (node->kind == ROW_VM) {
		app_effect(app, APP_EFFECT_OPEN_VM, &node->uuid);
		held_keys_opened(app, &node->uuid);
	}
	app->dirty = true;
}

void app_close_node(struct app *app, struct row_node *node)
{
	if (!node->open) {
		return;
	}
	node->closed_by_user = true;
	row_node_set_open(node, false);
	if (node->kind == ROW_VM) {
		struct vm_entry *vm = vm_of(node);
		hv_tree_unref(model_set_tree(&app->model, vm, NULL));
		vm->opened_by_filter = false;
		vm->unfolded = false;
		app_effect(app, APP_EFFECT_CLOSE_VM, &node->uuid);
	}
	app->dirty = true;
	app_settle(app);
}

static bool is_on_node(const struct app *app)
{
	return app->cursor.node && app->cursor.kind == app->cursor.node->kind;
}

static void say_why_it_stays_closed(struct app *app, const struct row_node *node)
{
	static const char *const reasons[ROW_KIND_COUNT] = {
		[ROW_GROUP] = "this group has no hosts",
		[ROW_HOST] = "no VM of this host is known",
		[ROW_VM] = "this VM has no snapshots; s takes one",
	};
	if (reasons[node->kind]) {
		app_say(app, ROLE_INFO, "%s", reasons[node->kind]);
	}
}

/* The whole line of snapshots instead of the one row that stands for them. */
static void unfold(struct app *app)
{
	struct vm_entry *vm = rows_vm(&app->cursor);
	vm->unfolded = true;
	model_make_leaves(&app->model, vm, vm->tree);
	app->dirty = true;
	app_settle(app);
}

void app_open_row(struct app *app)
{
	struct row_node *node = app->cursor.node;
	if (is_on_node(app) && !node->open) {
		if (can_open(node)) {
			open_node(app, node);
		} else {
			say_why_it_stays_closed(app, node);
		}
		return;
	}
	if (app->cursor.kind == ROW_FOLD) {
		unfold(app);
		return;
	}
	if (is_on_node(app) && row_node_own_rows(node) == 1) {
		return;
	}
	app_move_cursor(app, 1);
}

void app_close_row(struct app *app)
{
	struct row_ref parent;
	if (is_on_node(app) && app->cursor.node->open) {
		app_close_node(app, app->cursor.node);
	} else if (rows_parent(&app->cursor, &parent)) {
		go_to(app, index_or_zero(app, &parent));
	}
}

void app_toggle_row(struct app *app)
{
	if (app->cursor.kind == ROW_FOLD) {
		unfold(app);
		return;
	}
	if (!is_on_node(app)) {
		app->details_focused = true;
		app->dirty = true;
		return;
	}
	if (app->cursor.node->open) {
		app_close_node(app, app->cursor.node);
	} else {
		app_open_row(app);
	}
}

/* Everything beneath the node; no more than *room VMs. False when some were left closed. */
static bool open_beneath(struct app *app, struct row_node *top, size_t *room)
{
	struct row_node *node = top;
	while (node) {
		if (node->kind == ROW_VM && !node->open && can_open(node) && row_node_is_shown(node)) {
			if (*room == 0) {
				return false;
			}
			(*room)--;
		}
		if (can_open(node) && row_node_is_shown(node)) {
			open_node(app, node);
		}
		struct row_node *next = row_node_first(node);
		while (!next && node != top) {
			next = row_node_next(node);
			node = next ? node : node->owner;
		}
		node = next;
	}
	return true;
}

void app_open_all(struct app *app)
{
	size_t room = APP_OPEN_ALL_MAX;
	if (!open_beneath(app, app->cursor.node, &room)) {
		app_say(app, ROLE_INFO, "opened %d VMs; the others beneath this row stay closed", APP_OPEN_ALL_MAX);
	}
	if (app->held.opened) {
		held_keys_opened(app, NULL);
	}
	app_settle(app);
}

static bool find_wanted(struct app *app, struct vm_entry *vm, struct row_ref *ret_row)
{
	if (hv_uuid_is_nil(&app->wanted.snapshot)) {
		return rows_now(vm, ret_row);
	}
	if (!rows_of_snapshot(vm, &app->wanted.snapshot, ret_row)) {
		return false;
	}
	if (ret_row->kind == ROW_FOLD) {
		vm->unfolded = true;
		model_make_leaves(&app->model, vm, vm->tree);
		return rows_of_snapshot(vm, &app->wanted.snapshot, ret_row);
	}
	return true;
}

void app_arrive(struct app *app, struct vm_entry *vm)
{
	struct row_ref row;
	if (!hv_uuid_equal(&app->wanted.vm, &vm->node.uuid)) {
		return;
	}
	bool still_there = app->cursor.node == &vm->node; /* nobody has gone on meanwhile */
	bool found = still_there && find_wanted(app, vm, &row);
	enum tui_action then = app->wanted.then;
	if (still_there && !found && !hv_uuid_is_nil(&app->wanted.snapshot)) {
		app_say(app, ROLE_WARN, "this snapshot is gone");
	}
	app->wanted = (struct wanted_row){.then = TUI_ACTION_COUNT};
	if (found) {
		go_to(app, index_or_zero(app, &row));
	}
	if (found && then != TUI_ACTION_COUNT) {
		app_run(app, then);
	}
}

void app_go_to_vm(struct app *app, struct vm_entry *vm)
{
	struct row_ref row = rows_of_node(&vm->node);
	for (struct row_node *node = vm->node.owner; node && node->kind != ROW_ROOT; node = node->owner) {
		row_node_set_open(node, true);
	}
	app->touched = true;
	go_to(app, index_or_zero(app, &row));
	open_node(app, &vm->node);
	if (vm->tree) {
		app_arrive(app, vm);
	}
}

void app_go_now(struct app *app)
{
	struct vm_entry *vm = rows_vm(&app->cursor);
	app->wanted = (struct wanted_row){.vm = vm->node.uuid, .then = TUI_ACTION_COUNT};
	open_node(app, &vm->node);
	if (vm->tree) {
		app_arrive(app, vm);
	}
}
