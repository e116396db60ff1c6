#include "backend/engine/internal.h"

#include <string.h>

#include "backend/base/memory.h"

/*
 * Operations with the same group run one after the other (D4); a group that waits for the VM stands behind the one
 * that runs (X1). Ending one and starting the next is one transaction, so that nobody gets in between.
 */

static bool is_of(const struct operation *row, const struct operation *group_of)
{
	return hv_uuid_equal(&row->group, &group_of->group);
}

static bool is_mine(const struct engine *engine, const struct operation *row)
{
	return row->owner && strcmp(row->owner, engine->owner) == 0;
}

/* The next of the group, else the one that has waited longest for the VM. If that is another console's, it looks for
 * itself (chain_take_turn). NULL: none that is mine to start. */
static struct operation *choose_next(
	const struct engine *engine, const struct operation_list *list, const struct operation *ended)
{
	struct operation *next = NULL;
	for (size_t i = 0; i < list->count; i++) {
		struct operation *row = &list->items[i];
		if (row->state != OPERATION_QUEUED) {
			continue;
		}
		bool in_group = is_of(row, ended);
		bool next_in_group = next && is_of(next, ended);
		if (!next || (in_group && !next_in_group) || (in_group == next_in_group && row->id < next->id)) {
			next = row;
		}
	}
	return next && is_mine(engine, next) ? next : NULL;
}

static enum hv_status save(struct engine *engine, struct operation *row, struct hv_error *err)
{
	struct store *store = engine->config.store;
	row->updated_us = engine_wall_us(engine);
	return store->ops->operation_save(store, row, err);
}

static enum hv_status start(struct engine *engine, struct operation *row, struct hv_error *err)
{
	row->state = OPERATION_RUNNING;
	row->lease_until_us = engine_wall_us(engine) + engine->config.lease_us;
	return save(engine, row, err);
}

static enum hv_status cancel_rest(struct engine *engine, const struct operation_list *list,
	const struct operation *ended, struct hv_error *err)
{
	enum hv_status status = HV_OK;
	for (size_t i = 0; i < list->count && status == HV_OK; i++) {
		struct operation *row = &list->items[i];
		bool after = is_of(row, ended) && row->sequence > ended->sequence;
		if (row->state != OPERATION_QUEUED || !after) {
			continue;
		}
		row->state = OPERATION_CANCELLED;
		row->status = HV_ERR_CANCELLED;
		row->finished_us = engine_wall_us(engine);
		hv_replace_string(&row->error,
			"Not begun, because the operation before it in its group did not succeed; nothing was "
			"changed by it; look at that one first");
		status = save(engine, row, err);
		if (status == HV_OK) {
			status = outcome_audit(engine, row, row->error, err);
		}
	}
	return status;
}

enum hv_status chain_go_on(struct engine *engine, const struct operation *ended, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct operation_list list = {0};
	enum hv_status status = store->ops->operation_live(store, 0, ended->vm_id, &list, err);
	if (status == HV_OK && ended->state != OPERATION_DONE) {
		status = cancel_rest(engine, &list, ended, err);
	}
	bool vm_is_free = true;
	for (size_t i = 0; i < list.count; i++) {
		vm_is_free = vm_is_free && list.items[i].state != OPERATION_RUNNING;
	}
	struct operation *next = status == HV_OK && vm_is_free ? choose_next(engine, &list, ended) : NULL;
	if (next) {
		status = start(engine, next, err);
	}
	operation_list_clear(&list);
	return status;
}

/* What the row says now decides what the run does; an error of the store leaves it waiting for its turn. */
static void refresh(struct engine *engine, struct run *run)
{
	struct store *store = engine->config.store;
	struct operation row = {0};
	struct hv_error err;
	enum hv_status status = store->ops->operation_get(store, run->row.id, &row, &err);
	if (status == HV_ERR_NOT_FOUND) {
		run->wait = RUN_OVER;
	}
	if (status != HV_OK) {
		return;
	}
	operation_clear(&run->row);
	run->row = row;
	if (!operation_is_live(&row) || !is_mine(engine, &row)) {
		run->wait = RUN_OVER;
	} else if (row.state == OPERATION_RUNNING) {
		run->wait = RUN_DUE;
	}
}

void chain_refresh(struct engine *engine, const struct operation *ended)
{
	for (size_t i = 0; i < engine->run_count; i++) {
		struct run *run = engine->runs[i];
		if (run->wait == RUN_FOR_TURN && run->row.vm_id == ended->vm_id) {
			refresh(engine, run);
		}
	}
}

static enum hv_status take_turn_in_transaction(struct engine *engine, struct run *run, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct operation_list list = {0};
	enum hv_status status = store->ops->operation_live(store, 0, run->row.vm_id, &list, err);
	struct operation *mine = NULL;
	bool vm_is_free = true;
	for (size_t i = 0; status == HV_OK && i < list.count; i++) {
		struct operation *row = &list.items[i];
		if (row->id == run->row.id) {
			mine = row->state == OPERATION_QUEUED ? row : NULL;
		}
		vm_is_free = vm_is_free && row->state != OPERATION_RUNNING && row->id >= run->row.id;
	}
	if (status == HV_OK && mine && vm_is_free) {
		status = start(engine, mine, err);
	}
	operation_list_clear(&list);
	return status;
}

bool chain_take_turn(struct engine *engine, struct run *run)
{
	struct hv_error err = {0};
	enum hv_status status = engine_begin(engine, &err);
	if (status == HV_OK) {
		status = take_turn_in_transaction(engine, run, &err);
	}
	status = engine_end(engine, status, &err);
	if (status == HV_ERR_STORE) {
		engine_store_trouble(engine, &err);
		return false;
	}
	refresh(engine, run);
	return run->wait == RUN_DUE;
}
