#include "tui/view/tree_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define STATE_CELLS 13
#define NAME_CELLS_MIN 14 /* that deep indentation leaves for a name */
#define DEPTH_OF_SNAPSHOTS 3 /* beneath group, host and VM */

/* Where and with what a row is drawn. */
struct pen {
	const struct app *app;
	const struct tree_columns *columns;
	struct canvas *canvas;
	int y;
};

static int put(const struct pen *pen, int x, int right, enum role role, const char *text)
{
	return view_put(pen->canvas, x, pen->y, right, role, text);
}

static int put_glyph(const struct pen *pen, int x, enum role role, enum glyph glyph)
{
	return put(pen, x, x + 1, role, canvas_glyph(pen->canvas, glyph));
}

/* ---- columns ---- */

static void draw_state(const struct pen *pen, const struct words *words)
{
	int x = pen->columns->state;
	/* a long state ("snapshotting 63%") may run into the column of ages, which is then left empty */
	int right = pen->columns->age_right > x ? pen->columns->age_right : pen->columns->right;
	(void)put_glyph(pen, x, words->role, words->sign);
	(void)put(pen, x + 2, right, words->role, words->text);
}

static bool leaves_room_for_age(const struct words *words)
{
	return canvas_text_width(words->text) + 2 <= STATE_CELLS;
}

static void draw_age(const struct pen *pen, int64_t since_us)
{
	char text[16];
	if (since_us <= 0 || pen->app->wall_us == 0) {
		return;
	}
	int64_t age = pen->app->wall_us - since_us;
	(void)canvas_text_right(pen->canvas, pen->columns->age_right, pen->y, 4,
		age > pen->app->age_warn_us ? ROLE_AGE_WARN : ROLE_TEXT, words_age(age, text));
}

static void draw_delta(const struct pen *pen, int64_t bytes)
{
	char text[16];
	if (bytes > 0 && pen->columns->delta_right) {
		(void)canvas_text_right(pen->canvas, pen->columns->delta_right, pen->y, 6, ROLE_TEXT,
			hv_format_bytes(bytes, text));
	}
}

/* Flags stand one after the other; without the column they are left out. */
static void draw_flag(const struct pen *pen, int *x, enum role role, const char *text)
{
	if (pen->columns->flags) {
		*x = put(pen, *x, pen->columns->right, role, text) + 1;
	}
}

/* A name; what the filter looked for in it stands out. */
static void put_name(const struct pen *pen, int x, int right, enum role role, const char *name)
{
	const struct terms *terms = pen->app->model.filter.terms;
	size_t at = 0, length = 0;
	(void)put(pen, x, right, role, name);
	while (terms && terms_find(terms, name, at, &at, &length)) {
		char *head = hv_strndup(name, at);
		char *found = hv_strndup(name + at, length);
		int from = x + canvas_text_width(head);
		int width = canvas_text_width(found);
		width = from + width > right ? right - from : width;
		free(head);
		free(found);
		if (width > 0) {
			canvas_tint(pen->canvas, (struct canvas_rect){from, pen->y, width, 1}, ROLE_MATCH);
		}
		at += length;
	}
}

/* Name, and at the right end of its column a few words that give way to a long name. */
static void draw_name(const struct pen *pen, int x, enum role role, const char *name, const char *beside)
{
	int right = pen->columns->name_right;
	int room = right - x - canvas_text_width(beside) - 2;
	if (beside[0] && room >= 6 && right >= 30) {
		(void)canvas_text_right(pen->canvas, right, pen->y, right - x, ROLE_DIM, beside);
		right -= canvas_text_width(beside) + 2;
	}
	put_name(pen, x, right, role, name);
}

/* ---- groups, hosts, VMs ---- */

static int draw_lines(const struct pen *pen, int levels)
{
	int x = 1;
	for (int i = 0; i < levels; i++) {
		(void)put_glyph(pen, x, ROLE_TREE_LINE, GLYPH_TREE_VERTICAL);
		x += 2;
	}
	return x;
}

static const char *plural(size_t count, const char *one, const char *many)
{
	return count == 1 ? one : many;
}

static void draw_group(const struct pen *pen, const struct row_ref *row)
{
	const struct group_entry *group = group_of(row->node);
	char beside[64];
	(void)snprintf(beside, sizeof beside, "%zu %s, %zu %s", group->hosts, plural(group->hosts, "host", "hosts"),
		group->vms, plural(group->vms, "VM", "VMs"));
	(void)put_glyph(pen, 1, ROLE_GROUP, row->node->open ? GLYPH_EXPANDED : GLYPH_COLLAPSED);
	draw_name(pen, 3, ROLE_GROUP, group->name[0] ? group->name : "(no group)", beside);
}

static void draw_retry(const struct pen *pen, const struct hv_host *host)
{
	char text[48];
	int x = pen->columns->flags;
	if (host->retry_us > pen->app->wall_us && pen->app->wall_us != 0) {
		/* by the seconds of the clock: see due.c */
		int64_t left = host->retry_us / HV_SECOND_US - pen->app->wall_us / HV_SECOND_US;
		(void)snprintf(text, sizeof text, "retry %" PRId64 "s", left > 0 ? left : 1);
		draw_flag(pen, &x, ROLE_HOST_STALE, text);
	}
}

/* "? stale 4m": what is shown of this host and its VMs is that old (U3). */
static struct words stale_words(const struct pen *pen, const struct hv_host *host)
{
	struct words words = words_host(host);
	char age[16];
	if (host->state != HOST_UP && host->seen_us > 0 && pen->app->wall_us != 0) {
		words.sign = host->state == HOST_CONNECTING ? GLYPH_BUSY : GLYPH_UNKNOWN;
		(void)snprintf(words.text, sizeof words.text, "stale %s",
			words_age(pen->app->wall_us - host->seen_us, age));
	}
	return words;
}

static void draw_host(const struct pen *pen, const struct row_ref *row)
{
	const struct host_entry *entry = host_of(row->node);
	const struct hv_host *host = entry->host;
	bool up = host->state == HOST_UP;
	char beside[64];
	(void)snprintf(beside, sizeof beside, "%zu %s", entry->vms, plural(entry->vms, "VM", "VMs"));
	int x = draw_lines(pen, 1);
	enum glyph sign = row->node->open ? GLYPH_EXPANDED : GLYPH_COLLAPSED;
	if (host->state == HOST_LOST) {
		sign = GLYPH_HOST_DOWN;
	}
	enum role role = up ? ROLE_HOST_UP : host->state == HOST_LOST ? ROLE_HOST_DOWN : ROLE_HOST_STALE;
	(void)put_glyph(pen, x, role, sign);
	if (!up && host->reason) { /* cut at the column, but never left out */
		x = put(pen, x + 2, pen->columns->name_right - 6, role, host->name);
		(void)put(pen, x + 2, pen->columns->name_right, ROLE_HOST_STALE, host->reason);
	} else {
		draw_name(pen, x + 2, role, host->name, beside);
	}
	struct words words = stale_words(pen, host);
	draw_state(pen, &words);
	draw_retry(pen, host);
}

/* What came while one was looking on is said to be new for a moment. */
static void draw_fresh(const struct pen *pen, int *x, int64_t since_us)
{
	if (since_us > 0 && pen->app->wall_us < since_us + APP_FRESH_US) {
		draw_flag(pen, x, ROLE_OK, "+new");
	}
}

static void draw_vm_flags(const struct pen *pen, const struct vm_entry *vm)
{
	char text[48];
	int x = pen->columns->flags;
	draw_fresh(pen, &x, vm->fresh_us);
	if (vm->vm->missing) {
		draw_flag(pen, &x, ROLE_WARN, "! gone from host");
	}
	if (vm->vm->unregistered) {
		draw_flag(pen, &x, ROLE_DIM, "export only");
	}
	if (vm->tree && vm->tree->problem) {
		draw_flag(pen, &x, ROLE_ERROR, "! no tree");
	}
	if (vm->node.open && !vm->tree) {
		draw_flag(pen, &x, ROLE_DIM, "reading");
	}
	if (vm->vm->chain > 1) {
		bool warn = vm->vm->chain > pen->app->model.chain_warn;
		(void)snprintf(text, sizeof text, "%schain %" PRId64, warn ? "!" : "", vm->vm->chain);
		draw_flag(pen, &x, warn ? ROLE_SIZE_WARN : ROLE_DIM, text);
	}
	if (vm->vm->untracked > 0) {
		(void)snprintf(text, sizeof text, "%" PRId64 " untracked", vm->vm->untracked);
		draw_flag(pen, &x, ROLE_SNAP_UNTRACKED, text);
	}
}

static void draw_vm(const struct pen *pen, const struct row_ref *row)
{
	const struct vm_entry *vm = vm_of(row->node);
	struct words words = words_vm(vm->vm, model_vm_operation(&pen->app->model, vm));
	char beside[48] = "";
	int x = draw_lines(pen, 2);
	int64_t below = vm->vm->snapshots + vm->vm->untracked;
	if (below > 0) {
		(void)snprintf(beside, sizeof beside, "%" PRId64 " %s", vm->vm->snapshots,
			plural((size_t)vm->vm->snapshots, "snap", "snaps"));
		(void)put_glyph(pen, x, ROLE_TREE_LINE, row->node->open ? GLYPH_EXPANDED : GLYPH_COLLAPSED);
	}
	draw_name(pen, x + 2, ROLE_TEXT, vm->vm->name, beside);
	draw_state(pen, &words);
	if (leaves_room_for_age(&words)) {
		draw_age(pen, vm->vm->oldest_us);
	}
	draw_delta(pen, vm->vm->delta_bytes);
	draw_vm_flags(pen, vm);
}

/* ---- snapshots ---- */

/* The deepest level whose indentation still leaves room for a name. */
static int depth_max(const struct pen *pen, int x)
{
	int levels = (pen->columns->name_right - x - NAME_CELLS_MIN) / 2;
	return levels < 2 ? 2 : levels;
}

/*
 * The lines before a leaf: one for each row above it that has a sibling below, then the corner. Too deep for the column:
 * the depth as a number, then the corner, all such rows alike. Returns the x of the leaf's sign. Looks at no more rows
 * above it than there are columns.
 */
static int draw_branch(const struct pen *pen, const struct leaves *leaves, const struct leaf *leaf)
{
	int x = draw_lines(pen, DEPTH_OF_SNAPSHOTS);
	int most = depth_max(pen, x);
	int depth = leaf->depth;
	if (depth == 0) {
		return x;
	}
	int corner = x + (depth > most ? most - 1 : depth - 1) * 2;
	if (depth > most) {
		int at = put_glyph(pen, x, ROLE_TREE_LINE, GLYPH_ELLIPSIS);
		char number[16];
		(void)snprintf(number, sizeof number, "%d", depth);
		(void)put(pen, at, corner, ROLE_DIM, number);
	} else {
		int32_t above = leaf->parent;
		for (int level = depth - 1; level >= 1 && above >= 0; level--) {
			if (!leaves->items[above].last) {
				(void)put_glyph(pen, x + (level - 1) * 2, ROLE_TREE_LINE, GLYPH_TREE_VERTICAL);
			}
			above = leaves->items[above].parent;
		}
	}
	corner = put_glyph(pen, corner, ROLE_TREE_LINE, leaf->last ? GLYPH_TREE_LAST : GLYPH_TREE_BRANCH);
	return put_glyph(pen, corner, ROLE_TREE_LINE, GLYPH_TREE_DASH);
}

static void draw_snapshot_flags(const struct pen *pen, const struct vm_entry *vm, const struct hv_node *node)
{
	int x = pen->columns->flags;
	if (hv_uuid_equal(&vm->fresh_snapshot, &node->id)) {
		draw_fresh(pen, &x, vm->fresh_snapshot_us);
	}
	if (node->untracked) {
		draw_flag(pen, &x, ROLE_SNAP_UNTRACKED, words_untracked(node->kind));
	}
	if (node->orphan) {
		draw_flag(pen, &x, ROLE_WARN, "! orphan");
	}
	if (pen->app->wall_us != 0 && node->created_us > 0 &&
		pen->app->wall_us - node->created_us > pen->app->age_warn_us) {
		char age[16], flag[20];
		(void)snprintf(flag, sizeof flag, "!%s", hv_format_age(pen->app->age_warn_us, age));
		draw_flag(pen, &x, ROLE_AGE_WARN, flag);
	}
}

static void draw_snapshot_state(const struct pen *pen, const struct hv_node *node)
{
	bool ready = node->untracked || node->state == SNAPSHOT_READY;
	const char *type = words_type(node->type);
	enum role role = node->untracked ? ROLE_SNAP_UNTRACKED : ROLE_TEXT;
	if (!ready) {
		struct words words = words_snapshot(node->state);
		draw_state(pen, &words);
	} else {
		(void)put(pen, pen->columns->state, pen->columns->state + STATE_CELLS, role,
			!pen->columns->kind ? type : node->untracked ? "untracked" : "ready");
	}
	if (pen->columns->kind) {
		(void)put(pen, pen->columns->kind, pen->columns->kind + 6, role, type);
	}
}

static void draw_snapshot(const struct pen *pen, const struct row_ref *row)
{
	const struct hv_node *node = rows_snapshot(row);
	bool memory = node->type == SNAPSHOT_DISK_AND_MEMORY;
	enum role role = memory ? ROLE_SNAP_MEMORY : ROLE_SNAP;
	enum glyph sign = memory ? GLYPH_SNAPSHOT_MEMORY : GLYPH_SNAPSHOT;
	if (node->untracked) {
		role = ROLE_SNAP_UNTRACKED;
		sign = GLYPH_SNAPSHOT_UNTRACKED;
	}
	int x = draw_branch(pen, &vm_of(row->node)->leaves, rows_leaf(row));
	x = put_glyph(pen, x, role, sign);
	put_name(pen, x + 1, pen->columns->name_right, role, node->name);
	draw_snapshot_state(pen, node);
	draw_age(pen, node->created_us);
	draw_delta(pen, node->size_bytes);
	draw_snapshot_flags(pen, vm_of(row->node), node);
}

/* How far the VM has gone on since the snapshot that it descends from, or since it was put back to it. */
static void draw_drift(const struct pen *pen, const struct hv_tree *tree)
{
	char age[16], text[24];
	int x = pen->columns->flags;
	if (tree->current < 0 || pen->app->wall_us == 0 || tree->now_since_us <= 0) {
		return;
	}
	(void)snprintf(text, sizeof text, "+%s",
		words_age(pen->app->wall_us - tree->now_since_us, age));
	draw_flag(pen, &x, ROLE_NOW, text);
}

static void draw_now(const struct pen *pen, const struct row_ref *row)
{
	const struct vm_entry *vm = vm_of(row->node);
	const struct hv_tree *tree = vm->tree;
	int x = draw_branch(pen, &vm->leaves, rows_leaf(row));
	x = put_glyph(pen, x, ROLE_NOW, GLYPH_NOW);
	(void)put(pen, x + 1, pen->columns->name_right, ROLE_NOW, "NOW you are here");
	struct words words = words_vm(vm->vm, model_vm_operation(&pen->app->model, vm));
	draw_state(pen, &words);
	draw_drift(pen, tree);
}

static void draw_fold(const struct pen *pen, const struct row_ref *row)
{
	char text[48];
	const struct leaf *leaf = rows_leaf(row);
	const struct hv_node *nodes = vm_of(row->node)->tree->nodes + leaf->node;
	int64_t bytes = 0;
	for (int32_t i = 0; i < leaf->folded; i++) {
		bytes += nodes[i].size_bytes;
	}
	int x = draw_branch(pen, &vm_of(row->node)->leaves, leaf);
	x = put_glyph(pen, x, ROLE_DIM, GLYPH_ELLIPSIS);
	(void)snprintf(text, sizeof text, "%d more in a straight line", (int)leaf->folded);
	(void)put(pen, x + 1, pen->columns->name_right, ROLE_DIM, text);
	draw_age(pen, nodes[0].created_us);
	draw_delta(pen, bytes);
}

void tree_row_draw(const struct app *app, const struct row_ref *row, const struct tree_columns *columns,
	struct canvas *canvas, int y)
{
	struct pen pen = {app, columns, canvas, y};
	switch (row->kind) {
	case ROW_GROUP:
		draw_group(&pen, row);
		return;
	case ROW_HOST:
		draw_host(&pen, row);
		return;
	case ROW_VM:
		draw_vm(&pen, row);
		break;
	case ROW_SNAPSHOT:
		draw_snapshot(&pen, row);
		break;
	case ROW_NOW:
		draw_now(&pen, row);
		break;
	case ROW_FOLD:
		draw_fold(&pen, row);
		break;
	case ROW_ROOT:
	case ROW_KIND_COUNT:
		return;
	}
	const struct host_entry *host = rows_host(row);
	if (host && host->host->state != HOST_UP) { /* old news (U3) */
		canvas_tint(canvas, (struct canvas_rect){0, y, columns->right, 1}, ROLE_DIM);
	}
}
