#include "backend/engine/internal.h"

#include <string.h>

#include "backend/base/memory.h"

/*
 * Who drives what (X1, Y1). Every live operation belongs to one console, until its lease runs out. The owner prolongs
 * the leases of all its operations together. What a dead console left is taken over with the next epoch, which fences
 * off the former owner in the store (compare-and-set) and on the host (Fenced).
 */

static bool is_mine(const struct engine *engine, const struct operation *row)
{
	return row->owner && strcmp(row->owner, engine->owner) == 0;
}

enum hv_status lease_take(struct engine *engine, struct operation *row, struct hv_error *err)
{
	struct store *store = engine->config.store;
	if (is_mine(engine, row)) {
		return HV_OK;
	}
	int64_t until_us = engine_wall_us(engine) + engine->config.lease_us;
	return store->ops->operation_take_over(store, row, engine->owner, until_us, err);
}

static bool is_abandoned(const struct engine *engine, const struct operation *row)
{
	const struct engine_config *config = &engine->config;
	if (!row->owner || row->lease_until_us <= engine_wall_us(engine)) {
		return true;
	}
	return config->owner_is_gone && config->owner_is_gone(config->owner_context, row->owner);
}

/* All that is abandoned in one transaction, so that a chain never has two owners. Somebody who was faster keeps his. */
static enum hv_status take_over(struct engine *engine, struct operation_list *list, struct hv_error *err)
{
	struct store *store = engine->config.store;
	int64_t until_us = engine_wall_us(engine) + engine->config.lease_us;
	enum hv_status status = engine_begin(engine, err);
	for (size_t i = 0; i < list->count && status == HV_OK; i++) {
		struct operation *row = &list->items[i];
		if (is_mine(engine, row) || !is_abandoned(engine, row)) {
			continue;
		}
		status = store->ops->operation_take_over(store, row, engine->owner, until_us, err);
		if (status == HV_ERR_CONFLICT || status == HV_ERR_NOT_FOUND) {
			status = HV_OK;
		}
	}
	return engine_end(engine, status, err);
}

static void adopt_mine(struct engine *engine, const struct operation_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct operation *row = &list->items[i];
		struct run *run = is_mine(engine, row) ? run_find_id(engine, row->id) : NULL;
		if (is_mine(engine, row) && !run) {
			run_add(engine, row)->interrupted = true;
		} else if (run && run->row.epoch != row->epoch) { /* it was another console's meanwhile */
			run_resume(engine, run);
			run->interrupted = true;
		} else if (run && row->cancel_asked && !run->row.cancel_asked) {
			export_hear_cancel(run);
		}
	}
}

/* Sorts them into mine, abandoned and others'. Returns whether any is abandoned. */
static bool look_at(struct engine *engine, const struct operation_list *list)
{
	bool abandoned = false;
	engine->foreign_lease_us = HV_NEVER;
	for (size_t i = 0; i < list->count; i++) {
		const struct operation *row = &list->items[i];
		if (is_mine(engine, row)) {
			continue;
		}
		if (is_abandoned(engine, row)) {
			abandoned = true;
		} else if (row->lease_until_us < engine->foreign_lease_us) {
			engine->foreign_lease_us = row->lease_until_us;
		}
	}
	return abandoned;
}

static enum hv_status scan(struct engine *engine, struct operation_list *list, struct hv_error *err)
{
	struct store *store = engine->config.store;
	enum hv_status status = store->ops->last_change(store, &engine->scanned_change, err);
	engine->seen_change = engine->scanned_change;
	if (status == HV_OK) {
		status = store->ops->operation_live(store, 0, 0, list, err);
	}
	if (status == HV_OK && look_at(engine, list)) {
		status = take_over(engine, list, err);
	}
	return status;
}

void lease_scan(struct engine *engine)
{
	struct operation_list list = {0};
	struct hv_error err = {0};
	engine->scan_us = engine_monotonic_us(engine) + engine->config.lease_us / 3;
	enum hv_status status = scan(engine, &list, &err);
	if (status == HV_OK) {
		adopt_mine(engine, &list);
	} else {
		engine->scanned_change = -1; /* look again, but not before scan_us, though a lease has run out */
		engine->foreign_lease_us = HV_NEVER;
		engine_store_trouble(engine, &err);
	}
	operation_list_clear(&list);
}

static void renew(struct engine *engine)
{
	struct store *store = engine->config.store;
	struct hv_error err = {0};
	int64_t until_us = engine_wall_us(engine) + engine->config.lease_us;
	enum hv_status status = engine_begin(engine, &err);
	if (status == HV_OK) {
		status = store->ops->operation_renew(store, engine->owner, until_us, &err);
	}
	if (status == HV_ERR_CONFLICT) { /* none is mine any more: each run finds out when it writes */
		status = HV_OK;
	}
	status = engine_end(engine, status, &err);
	if (status != HV_OK) {
		engine_store_trouble(engine, &err);
	}
}

void lease_tick(struct engine *engine)
{
	struct store *store = engine->config.store;
	int64_t now_us = engine_monotonic_us(engine);
	if (engine->run_count > 0 && now_us >= engine->renew_us) {
		renew(engine);
		engine->renew_us = now_us + engine->config.lease_us / 3;
	}
	bool expired = engine->foreign_lease_us <= engine_wall_us(engine);
	struct hv_error err;
	if (store->ops->last_change(store, &engine->seen_change, &err) != HV_OK) {
		engine_store_trouble(engine, &err);
	}
	if (expired || (now_us >= engine->scan_us && engine->seen_change != engine->scanned_change)) {
		lease_scan(engine);
	}
}

int64_t lease_deadline_us(const struct engine *engine)
{
	int64_t deadline_us = engine->run_count > 0 ? engine->renew_us : HV_NEVER;
	if (engine->seen_change != engine->scanned_change && engine->scan_us < deadline_us) {
		deadline_us = engine->scan_us; /* somebody wrote something: perhaps an operation that may be left */
	}
	if (engine->foreign_lease_us != HV_NEVER) {
		int64_t left_us = engine->foreign_lease_us - engine_wall_us(engine);
		int64_t at_us = engine_monotonic_us(engine) + (left_us > 0 ? left_us : 0) + 1000;
		deadline_us = at_us < deadline_us ? at_us : deadline_us;
	}
	return deadline_us;
}
