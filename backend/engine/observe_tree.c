#include "backend/engine/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/domain/snapshot_state.h"

/*
 * The host's checkpoints against the store's snapshots of one VM (T6, Y1).
 *
 * The store keeps the tree. A row and a checkpoint belong together by the host's id, else by the generated name, which
 * is unique everywhere (T5). From the host come: ids that were not known yet, sizes, the current pointer, and what is
 * not tracked. A row's parent is set right only where the host contradicts it, which a lost answer can leave behind.
 *
 * `row_of` and `checkpoint_of` say who belongs to whom; SIZE_MAX stands for nobody.
 */
#define NOBODY SIZE_MAX

struct uuid_entry {
	struct hv_uuid id;
	size_t index;
};

struct matching {
	struct snapshot_list rows;
	const struct checkpoint_list *checkpoints;
	struct uuid_entry *by_id; /* of checkpoints, sorted */
	size_t *row_of;           /* per checkpoint */
	size_t *checkpoint_of;    /* per row */
};

static int compare_entries(const void *a, const void *b)
{
	const struct uuid_entry *left = a;
	const struct uuid_entry *right = b;
	return hv_uuid_compare(&left->id, &right->id);
}

static size_t find_checkpoint(const struct matching *matching, const struct hv_uuid *id)
{
	if (hv_uuid_is_nil(id) || matching->checkpoints->count == 0) {
		return NOBODY;
	}
	struct uuid_entry key = {*id, 0};
	const struct uuid_entry *found = bsearch(
		&key, matching->by_id, matching->checkpoints->count, sizeof key, compare_entries);
	return found ? found->index : NOBODY;
}

static size_t find_by_name(const struct matching *matching, const char *name)
{
	for (size_t i = 0; i < matching->checkpoints->count; i++) {
		const char *candidate = matching->checkpoints->items[i].name;
		if (matching->row_of[i] == NOBODY && candidate && strcmp(candidate, name) == 0) {
			return i;
		}
	}
	return NOBODY;
}

static void join(struct matching *matching, size_t row, size_t checkpoint)
{
	if (checkpoint != NOBODY && matching->row_of[checkpoint] == NOBODY) {
		matching->row_of[checkpoint] = row;
		matching->checkpoint_of[row] = checkpoint;
	}
}

static void match(struct matching *matching, const struct checkpoint_list *checkpoints)
{
	size_t count = checkpoints->count;
	matching->checkpoints = checkpoints;
	matching->by_id = hv_realloc_array(NULL, count, sizeof *matching->by_id);
	matching->row_of = hv_realloc_array(NULL, count, sizeof *matching->row_of);
	matching->checkpoint_of = hv_realloc_array(NULL, matching->rows.count, sizeof *matching->checkpoint_of);
	for (size_t i = 0; i < count; i++) {
		matching->by_id[i] = (struct uuid_entry){checkpoints->items[i].id, i};
		matching->row_of[i] = NOBODY;
	}
	qsort(matching->by_id, count, sizeof *matching->by_id, compare_entries);
	for (size_t i = 0; i < matching->rows.count; i++) {
		matching->checkpoint_of[i] = NOBODY;
		join(matching, i, find_checkpoint(matching, &matching->rows.items[i].checkpoint));
	}
	for (size_t i = 0; i < matching->rows.count; i++) {
		const struct snapshot *row = &matching->rows.items[i];
		if (matching->checkpoint_of[i] == NOBODY && row->state != SNAPSHOT_ALLOCATED) {
			join(matching, i, find_by_name(matching, row->name));
		}
	}
}

static void matching_clear(struct matching *matching)
{
	snapshot_list_clear(&matching->rows);
	free(matching->by_id);
	free(matching->row_of);
	free(matching->checkpoint_of);
	*matching = (struct matching){0};
}

/* From a checkpoint up to the first that is tracked: its row's id, 0 when there is none. A host whose checkpoints
 * stand in a circle is not followed for ever. */
static int64_t nearest_tracked(const struct matching *matching, const struct hv_uuid *from)
{
	size_t at = find_checkpoint(matching, from);
	for (size_t steps = 0; at != NOBODY && steps <= matching->checkpoints->count; steps++) {
		if (matching->row_of[at] != NOBODY) {
			return matching->rows.items[matching->row_of[at]].id;
		}
		at = find_checkpoint(matching, &matching->checkpoints->items[at].parent);
	}
	return 0;
}

static size_t find_row(const struct matching *matching, int64_t id)
{
	for (size_t i = 0; i < matching->rows.count; i++) {
		if (matching->rows.items[i].id == id) {
			return i;
		}
	}
	return NOBODY;
}

/* The row's nearest ancestor in the store that the host has as well. */
static int64_t nearest_on_host(const struct matching *matching, const struct snapshot *row)
{
	int64_t id = row->parent_id;
	for (size_t steps = 0; id != 0 && steps <= matching->rows.count; steps++) {
		size_t parent = find_row(matching, id);
		if (parent == NOBODY || matching->checkpoint_of[parent] != NOBODY) {
			return parent == NOBODY ? 0 : id;
		}
		id = matching->rows.items[parent].parent_id;
	}
	return 0;
}

static enum hv_status update_row(
	struct engine *engine, struct matching *matching, size_t index, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct snapshot *row = &matching->rows.items[index];
	const struct checkpoint *seen = &matching->checkpoints->items[matching->checkpoint_of[index]];
	int64_t parent_id = nearest_tracked(matching, &seen->parent);
	bool moved = parent_id != nearest_on_host(matching, row) && parent_id != row->id;
	if (!moved && hv_uuid_equal(&row->checkpoint, &seen->id) && row->size_bytes == seen->size_bytes) {
		return HV_OK;
	}
	row->checkpoint = seen->id;
	row->size_bytes = seen->size_bytes;
	row->parent_id = moved ? parent_id : row->parent_id;
	return store->ops->snapshot_update(store, row, err);
}

bool observe_was_told(struct engine *engine, int64_t id)
{
	for (size_t i = 0; i < engine->told_missing_count; i++) {
		if (engine->told_missing[i] == id) {
			return true;
		}
	}
	HV_GROW(engine->told_missing, engine->told_missing_count, engine->told_missing_capacity);
	engine->told_missing[engine->told_missing_count++] = id;
	return false;
}

/* Somebody deleted it on the host. S1 knows no way from Ready to gone but a delete, so it is told, and a delete of it
 * succeeds (D4). */
static void tell_missing(struct engine *engine, const struct virtual_machine *vm, const struct snapshot *row)
{
	if (row->state != SNAPSHOT_READY || observe_was_told(engine, row->id)) {
		return;
	}
	char *vm_name = hv_text_printable(vm->name, strlen(vm->name));
	engine_say(engine, true,
		"Snapshot '%s' of VM '%s' is not on the host any more: it was deleted outside hvtree; it cannot be "
		"reverted to; delete it here as well",
		row->display_name, vm_name);
	free(vm_name);
}

static enum hv_status observe_rows(struct engine *engine, const struct virtual_machine *vm,
	struct matching *matching, struct hv_error *err)
{
	enum hv_status status = HV_OK;
	for (size_t i = 0; i < matching->rows.count && status == HV_OK; i++) {
		if (matching->checkpoint_of[i] != NOBODY) {
			status = update_row(engine, matching, i, err);
		} else {
			tell_missing(engine, vm, &matching->rows.items[i]);
		}
	}
	return status;
}

static enum hv_status observe_current(struct engine *engine, const struct virtual_machine *vm,
	const struct matching *matching, struct hv_error *err)
{
	struct store *store = engine->config.store;
	int64_t current_id = nearest_tracked(matching, &vm->checkpoint);
	if (current_id == scene_current_id(&matching->rows)) {
		return HV_OK;
	}
	return store->ops->snapshot_set_current(store, vm->id, current_id, err);
}

static bool same_checkpoint(const struct checkpoint *a, const struct checkpoint *b)
{
	bool same_name = a->name && b->name ? strcmp(a->name, b->name) == 0 : a->name == b->name;
	return same_name && hv_uuid_equal(&a->id, &b->id) && hv_uuid_equal(&a->parent, &b->parent) &&
	       a->kind == b->kind && a->has_memory == b->has_memory && a->created_us == b->created_us &&
	       a->size_bytes == b->size_bytes;
}

static int compare_checkpoints(const void *a, const void *b)
{
	const struct checkpoint *left = a;
	const struct checkpoint *right = b;
	return hv_uuid_compare(&left->id, &right->id);
}

/* Both lists are sorted by id here, so that the order in which a host tells them means nothing. */
static bool same_checkpoints(struct checkpoint_list *a, struct checkpoint_list *b)
{
	if (a->count != b->count) {
		return false;
	}
	if (a->count > 0) {
		qsort(a->items, a->count, sizeof *a->items, compare_checkpoints);
		qsort(b->items, b->count, sizeof *b->items, compare_checkpoints);
	}
	for (size_t i = 0; i < a->count; i++) {
		if (!same_checkpoint(&a->items[i], &b->items[i])) {
			return false;
		}
	}
	return true;
}

static enum hv_status observe_untracked(struct engine *engine, struct virtual_machine *vm,
	const struct matching *matching, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct checkpoint_list seen = {0};
	struct checkpoint_list known = {0};
	for (size_t i = 0; i < matching->checkpoints->count; i++) {
		if (matching->row_of[i] == NOBODY) {
			struct checkpoint *copy = checkpoint_list_add(&seen);
			*copy = matching->checkpoints->items[i];
			copy->name = hv_strdup(copy->name ? copy->name : "");
		}
	}
	enum hv_status status = store->ops->untracked_list(store, vm->id, &known, err);
	if (status == HV_OK && !same_checkpoints(&known, &seen)) {
		status = store->ops->untracked_replace(store, vm->id, &seen, err);
		vm->untracked = (int64_t)seen.count;
	}
	checkpoint_list_clear(&seen);
	checkpoint_list_clear(&known);
	return status;
}

static enum hv_status move(
	struct engine *engine, struct snapshot *row, enum snapshot_event event, struct hv_error *err)
{
	struct store *store = engine->config.store;
	enum snapshot_state next = row->state;
	(void)snapshot_state_next(row->state, event, &next);
	return store->ops->snapshot_set_state(store, row, next, engine_wall_us(engine), err);
}

/* The row's own parent may have gone a moment ago, so it is read again. */
static enum hv_status adopt_children(struct engine *engine, const struct snapshot *row, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct snapshot fresh = {0};
	enum hv_status status = store->ops->snapshot_get(store, row->id, &fresh, err);
	if (status == HV_OK) {
		status = store->ops->snapshot_reparent(store, row->id, fresh.parent_id, err);
		snapshot_clear(&fresh);
	}
	return status;
}

/*
 * A transient row without a live operation: no version of this program leaves one, because both end in one
 * transaction; a store that was repaired or restored by hand may. What the host has decides (Y1), and it is told.
 */
static enum hv_status settle_stray(
	struct engine *engine, struct snapshot *row, const struct agent_vm *seen, struct hv_error *err)
{
	struct store *store = engine->config.store;
	bool on_host = sentence_find_checkpoint(seen, row) != NULL;
	enum hv_status status = HV_OK;
	switch (row->state) {
	case SNAPSHOT_ALLOCATED:
		status = store->ops->snapshot_discard(store, row->id, err);
		break;
	case SNAPSHOT_CREATING:
	case SNAPSHOT_REVERTING:
		status = move(engine, row,
			on_host ? SNAPSHOT_EVENT_OPERATION_SUCCEEDED : SNAPSHOT_EVENT_OPERATION_FAILED, err);
		break;
	case SNAPSHOT_EXPUNGING:
		if (!on_host) {
			status = adopt_children(engine, row, err);
		}
		if (status == HV_OK) {
			status = move(engine, row,
				on_host ? SNAPSHOT_EVENT_OPERATION_FAILED : SNAPSHOT_EVENT_OPERATION_SUCCEEDED,
				err);
		}
		break;
	case SNAPSHOT_READY:
	case SNAPSHOT_REMOVED:
	case SNAPSHOT_ERROR:
	case SNAPSHOT_STATE_COUNT:
		return HV_OK;
	}
	engine_say(engine, true,
		"Snapshot '%s' stood in the middle of an operation that does not exist: it is %s now, as the host says",
		row->display_name, snapshot_state_name(row->state));
	return status;
}

/* Settles them all and reads the rows again, if there are any. */
static enum hv_status settle_strays(struct engine *engine, int64_t vm_id, const struct agent_vm *seen,
	struct snapshot_list *rows, struct hv_error *err)
{
	struct store *store = engine->config.store;
	enum hv_status status = HV_OK;
	bool any = false;
	for (size_t i = 0; i < rows->count && status == HV_OK; i++) {
		enum snapshot_state state = rows->items[i].state;
		if (state != SNAPSHOT_READY && state != SNAPSHOT_ERROR) {
			any = true;
			status = settle_stray(engine, &rows->items[i], seen, err);
		}
	}
	if (!any || status != HV_OK) {
		return status;
	}
	snapshot_list_clear(rows);
	return store->ops->snapshot_list(store, vm_id, rows, err);
}

enum hv_status observe_tree(struct engine *engine, struct virtual_machine *vm, const struct agent_vm *seen,
	enum observe_scope scope, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct matching matching = {0};
	enum hv_status status = store->ops->snapshot_list(store, vm->id, &matching.rows, err);
	if (status == HV_OK && scope == OBSERVE_ALL) {
		status = settle_strays(engine, vm->id, seen, &matching.rows, err);
	}
	if (status == HV_OK) {
		match(&matching, &seen->checkpoints);
		status = observe_rows(engine, vm, &matching, err);
	}
	if (status == HV_OK) {
		status = observe_current(engine, vm, &matching, err);
	}
	if (status == HV_OK) {
		status = observe_untracked(engine, vm, &matching, err);
	}
	matching_clear(&matching);
	return status;
}
