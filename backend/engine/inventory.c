#include "backend/engine/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "backend/base/memory.h"
#include "backend/base/text.h"

/*
 * What a host says about its VMs, all of them or one (Y1, T6).
 *
 * An inventory is a picture of a moment that is past when it arrives. A VM on which an operation began or ended since
 * it was asked for is left alone, and the inventory is asked for again; the store's change feed tells which, whoever
 * drove the operation. The mark of the command is where the feed stood: one that was given up as lost may still be
 * answered, and must not pass for an answer to the one that was asked after it.
 */

struct id_set {
	int64_t *ids;
	size_t count;
	size_t capacity;
};

static bool id_set_has(const struct id_set *set, int64_t id)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->ids[i] == id) {
			return true;
		}
	}
	return false;
}

static void id_set_add(struct id_set *set, int64_t id)
{
	if (!id_set_has(set, id)) {
		HV_GROW(set->ids, set->count, set->capacity);
		set->ids[set->count++] = id;
	}
}

struct reconcile {
	struct engine *engine;
	int64_t host_id;
	struct virtual_machine_list rows; /* of this host */
	bool *seen;                       /* per row */
	struct id_set busy;               /* VMs with a running operation */
	struct id_set touched;            /* VMs of which something was written since the inventory was asked for: it may be older */
	bool everything_touched;
	bool event; /* told on its own, at a time that nobody knows: a suspended console hears it late */
	bool skipped;
};

static enum hv_status read_busy(struct reconcile *at, int64_t vm_id, struct hv_error *err)
{
	struct store *store = at->engine->config.store;
	struct operation_list live = {0};
	enum hv_status status =
		store->ops->operation_live(store, vm_id ? 0 : at->host_id, vm_id, &live, err);
	for (size_t i = 0; i < live.count; i++) {
		if (live.items[i].state == OPERATION_RUNNING) {
			id_set_add(&at->busy, live.items[i].vm_id);
		}
	}
	operation_list_clear(&live);
	return status;
}

static enum hv_status read_touched(struct reconcile *at, int64_t since, struct hv_error *err)
{
	struct store *store = at->engine->config.store;
	struct change changes[256];
	size_t count = 0;
	do {
		enum hv_status status = store->ops->changes(store, since, changes, HV_ARRAY_LEN(changes), &count,
			&at->everything_touched, err);
		if (status != HV_OK || at->everything_touched) {
			return status;
		}
		for (size_t i = 0; i < count; i++) {
			if (changes[i].kind != CHANGE_HOST) {
				id_set_add(&at->touched, changes[i].vm_id);
			}
			since = changes[i].sequence;
		}
	} while (count == HV_ARRAY_LEN(changes));
	return HV_OK;
}

static void reconcile_clear(struct reconcile *at)
{
	virtual_machine_list_clear(&at->rows);
	free(at->seen);
	free(at->busy.ids);
	free(at->touched.ids);
}

/* A VM that was on another host: it was moved. The uuid is its identity (hyperv.md 2.2), so its rows come along. */
static enum hv_status find_elsewhere(struct reconcile *at, const struct agent_vm *seen,
	struct virtual_machine *vm, struct hv_error *err)
{
	struct store *store = at->engine->config.store;
	enum hv_status status = store->ops->vm_by_uuid(store, &seen->uuid, vm, err);
	if (status == HV_ERR_NOT_FOUND) {
		*vm = (struct virtual_machine){.host_id = at->host_id};
		return HV_OK;
	}
	if (status != HV_OK || vm->host_id == at->host_id) {
		return status;
	}
	bool granted = false;
	status = read_busy(at, vm->id, err);
	if (status == HV_OK) {
		status = claim_check(at->engine, vm, at->host_id, seen->state, &granted, err);
	}
	if (status == HV_OK && granted && !id_set_has(&at->busy, vm->id)) {
		char *name = hv_text_printable(vm->name, strlen(vm->name));
		engine_say(at->engine, false, "VM '%s' has moved to another host", name);
		free(name);
		vm->host_id = at->host_id;
		vm->revision = 0;   /* those of the other host say nothing here */
		vm->missing = true; /* so that it is written */
	}
	return status;
}

static enum hv_status observe(struct reconcile *at, struct virtual_machine *vm, const struct agent_vm *seen,
	struct hv_error *err)
{
	bool busy = vm->id != 0 && id_set_has(&at->busy, vm->id);
	if (vm->id != 0 && vm->host_id != at->host_id) {
		return HV_OK; /* it is, or its operation runs, elsewhere; this host's word comes later */
	}
	if (at->event && vm->id != 0 && vm->state == VM_DESTROYED) {
		sync_want_inventory(at->engine, at->host_id); /* told before it went; or somebody has brought a copy back */
		return HV_OK;
	}
	if (at->event && seen->revision != 0 && seen->revision < vm->revision) {
		sync_want_inventory(at->engine, at->host_id); /* older than the row; or the host was set back */
		return HV_OK;
	}
	if (!busy && vm->id != 0 && (at->everything_touched || id_set_has(&at->touched, vm->id))) {
		at->skipped = true;
		return HV_OK;
	}
	return observe_vm(at->engine, vm, seen, busy ? OBSERVE_POWER : OBSERVE_ALL, err);
}

static struct virtual_machine *find_row(struct reconcile *at, const struct hv_uuid *uuid)
{
	for (size_t i = 0; i < at->rows.count; i++) {
		if (hv_uuid_equal(&at->rows.items[i].uuid, uuid)) {
			at->seen[i] = true;
			return &at->rows.items[i];
		}
	}
	return NULL;
}

static enum hv_status observe_seen(struct reconcile *at, const struct agent_vm *seen, struct hv_error *err)
{
	struct virtual_machine *row = find_row(at, &seen->uuid);
	if (row) {
		claim_refuse(at->engine, row);
		return observe(at, row, seen, err);
	}
	struct virtual_machine vm = {0};
	enum hv_status status = find_elsewhere(at, seen, &vm, err);
	if (status == HV_OK) {
		status = observe(at, &vm, seen, err);
	}
	virtual_machine_clear(&vm);
	return status;
}

static enum hv_status mark_missing(
	struct engine *engine, struct virtual_machine *vm, struct hv_error *err)
{
	struct store *store = engine->config.store;
	char *name = hv_text_printable(vm->name, strlen(vm->name));
	engine_say(engine, true,
		"VM '%s' is not reported by its host any more; its snapshots are kept in the store until it comes "
		"back or is removed",
		name);
	free(name);
	vm->missing = true;
	claim_look_again(engine);
	return store->ops->vm_save(store, vm, err);
}

static enum hv_status observe_unseen(struct reconcile *at, struct hv_error *err)
{
	enum hv_status status = HV_OK;
	for (size_t i = 0; i < at->rows.count && status == HV_OK; i++) {
		struct virtual_machine *vm = &at->rows.items[i];
		if (at->seen[i] || vm->missing || id_set_has(&at->busy, vm->id)) {
			continue;
		}
		if (at->everything_touched || id_set_has(&at->touched, vm->id)) {
			at->skipped = true;
			continue;
		}
		status = mark_missing(at->engine, vm, err);
	}
	return status;
}

static enum hv_status reconcile(struct reconcile *at, const struct agent_vm_list *inventory, int64_t since,
	struct hv_error *err)
{
	struct store *store = at->engine->config.store;
	enum hv_status status = store->ops->vm_list(store, at->host_id, &at->rows, err);
	at->seen = hv_alloc((at->rows.count + 1) * sizeof *at->seen);
	if (status == HV_OK) {
		status = read_busy(at, 0, err);
	}
	if (status == HV_OK) {
		status = read_touched(at, since, err);
	}
	for (size_t i = 0; i < inventory->count && status == HV_OK; i++) {
		status = observe_seen(at, &inventory->items[i], err);
	}
	if (status == HV_OK) {
		status = observe_unseen(at, err);
	}
	return status == HV_OK ? store->ops->vm_forget_destroyed(store, at->host_id,
					 engine_wall_us(at->engine) - ENGINE_FORGET_US, err)
			       : status;
}

/* One VM in a transaction of its own; from an inventory, or an event. */
static enum hv_status observe_one(struct engine *engine, int64_t host_id, const struct agent_vm *seen,
	bool event, struct hv_error *err)
{
	struct reconcile at = {.engine = engine, .host_id = host_id, .event = event};
	struct virtual_machine vm = {0};
	enum hv_status status = engine_begin(engine, err);
	if (status == HV_OK) {
		status = find_elsewhere(&at, seen, &vm, err);
	}
	if (status == HV_OK && vm.id != 0) {
		status = read_busy(&at, vm.id, err);
	}
	if (status == HV_OK) {
		status = observe(&at, &vm, seen, err);
	}
	status = engine_end(engine, status, err);
	virtual_machine_clear(&vm);
	reconcile_clear(&at);
	return status;
}

static void tell_unkept(struct engine *engine, const struct hv_error *err)
{
	const struct engine_listener *listener = &engine->config.listener;
	if (listener->message) {
		char *text = hv_sprintf("What a host says about one of its VMs cannot be kept: %s", err->text);
		listener->message(listener->context, true, text);
		free(text);
	}
}

/* The store refuses what the host says of one of them: it must not keep the others from being heard. */
static enum hv_status observe_each(struct engine *engine, int64_t host_id,
	const struct agent_vm_list *inventory, struct hv_error *err)
{
	for (size_t i = 0; i < inventory->count; i++) {
		enum hv_status status = observe_one(engine, host_id, &inventory->items[i], false, err);
		if (status == HV_ERR_STORE) {
			return status;
		}
		if (status != HV_OK) {
			tell_unkept(engine, err);
		}
	}
	return HV_OK;
}

void sync_inventory_answer(struct engine *engine, int64_t host_id, const struct agent_answer *answer)
{
	struct link *link = link_get(engine, host_id);
	link->inventory_sent = false;
	link->inventory_us = 0;
	link->seen_us = engine_wall_us(engine);
	if (!answer->result) {
		link->inventory_wanted = true;
		link->inventory_us = engine_monotonic_us(engine) + ENGINE_ASK_US;
		return;
	}
	struct reconcile at = {.engine = engine, .host_id = host_id};
	struct hv_error err = {0};
	enum hv_status status = engine_begin(engine, &err);
	if (status == HV_OK) {
		status = reconcile(&at, &answer->inventory, answer->mark, &err);
	}
	status = engine_end(engine, status, &err);
	if (status != HV_OK && status != HV_ERR_STORE) {
		status = observe_each(engine, host_id, &answer->inventory, &err);
	}
	link = link_get(engine, host_id); /* they may have grown */
	if (status != HV_OK) {
		engine_store_trouble(engine, &err);
		link->inventory_us = engine_monotonic_us(engine) + ENGINE_INVENTORY_RETRY_US;
	}
	link->inventory_wanted = link->inventory_wanted || status != HV_OK || at.skipped;
	reconcile_clear(&at);
}

static void report_one(struct engine *engine, int64_t host_id, enum hv_status status, const struct hv_error *err)
{
	if (status != HV_OK && status != HV_ERR_STORE) {
		tell_unkept(engine, err);
	}
	if (status == HV_ERR_STORE) { /* the event is lost: the whole picture is asked for instead */
		engine_store_trouble(engine, err);
		struct link *link = link_get(engine, host_id);
		link->inventory_wanted = true;
		link->inventory_us = engine_monotonic_us(engine) + ENGINE_INVENTORY_RETRY_US;
	}
}

void engine_vm_changed(struct engine *engine, int64_t host_id, const struct agent_vm *seen)
{
	struct hv_error err = {0};
	link_get(engine, host_id)->seen_us = engine_wall_us(engine);
	enum hv_status status = observe_one(engine, host_id, seen, true, &err);
	report_one(engine, host_id, status, &err);
	engine_pump(engine);
}

static enum hv_status remove_one(struct reconcile *at, const struct hv_uuid *uuid, struct hv_error *err)
{
	struct store *store = at->engine->config.store;
	struct virtual_machine vm = {0};
	enum hv_status status = store->ops->vm_by_uuid(store, uuid, &vm, err);
	if (status == HV_ERR_NOT_FOUND) {
		return HV_OK;
	}
	if (status == HV_OK) {
		status = read_busy(at, vm.id, err);
	}
	bool expected = vm.missing || vm.state == VM_DESTROYED || id_set_has(&at->busy, vm.id);
	if (status == HV_OK && vm.host_id == at->host_id && !expected) {
		status = mark_missing(at->engine, &vm, err);
	}
	virtual_machine_clear(&vm);
	return status;
}

void engine_vm_removed(struct engine *engine, int64_t host_id, const struct hv_uuid *vm_uuid)
{
	struct reconcile at = {.engine = engine, .host_id = host_id};
	struct hv_error err = {0};
	link_get(engine, host_id)->seen_us = engine_wall_us(engine);
	enum hv_status status = engine_begin(engine, &err);
	if (status == HV_OK) {
		status = remove_one(&at, vm_uuid, &err);
	}
	status = engine_end(engine, status, &err);
	report_one(engine, host_id, status, &err);
	reconcile_clear(&at);
	engine_pump(engine);
}

/* ---- asking ---- */

void sync_want_inventory(struct engine *engine, int64_t host_id)
{
	link_get(engine, host_id)->inventory_wanted = true;
}

static void ask_inventory(struct engine *engine, struct link *link)
{
	struct store *store = engine->config.store;
	const struct engine_agents *agents = &engine->config.agents;
	struct hv_error err = {0};
	link->inventory_us = engine_monotonic_us(engine) + ENGINE_INVENTORY_US;
	link->refresh_us = engine_monotonic_us(engine) + ENGINE_REFRESH_US;
	struct agent_command command = {.kind = AGENT_GET_INVENTORY};
	if (store->ops->last_change(store, &command.mark, &err) != HV_OK) {
		engine_store_trouble(engine, &err);
		link->inventory_us = engine_monotonic_us(engine) + ENGINE_INVENTORY_RETRY_US;
		return;
	}
	if (agents->send(agents->context, link->host_id, &command, &err) == HV_OK) {
		link->inventory_sent = true;
		link->inventory_wanted = false;
	}
}

void sync_ask_inventories(struct engine *engine)
{
	int64_t now_us = engine_monotonic_us(engine);
	for (size_t i = 0; i < engine->link_count; i++) {
		struct link *link = &engine->links[i];
		if (!command_host_is_up(engine, link->host_id)) {
			continue;
		}
		bool lost = link->inventory_sent && now_us >= link->inventory_us;
		bool wanted = link->inventory_wanted && !link->inventory_sent && now_us >= link->inventory_us;
		bool old = !link->inventory_sent && now_us >= link->refresh_us;
		if (lost || wanted || old) {
			ask_inventory(engine, link);
		}
	}
}

int64_t sync_deadline_us(const struct engine *engine)
{
	int64_t deadline_us = HV_NEVER;
	for (size_t i = 0; i < engine->link_count; i++) {
		const struct link *link = &engine->links[i];
		bool waits = link->inventory_sent || link->inventory_wanted;
		int64_t due_us = waits && link->inventory_us < link->refresh_us ? link->inventory_us : link->refresh_us;
		if (command_host_is_up(engine, link->host_id) && due_us < deadline_us) {
			deadline_us = due_us;
		}
	}
	return deadline_us;
}

static void want_now(struct link *link)
{
	link->inventory_wanted = true;
	if (!link->inventory_sent) {
		link->inventory_us = 0;
	}
}

void engine_sync(struct engine *engine, int64_t host_id)
{
	if (host_id != 0) {
		want_now(link_get(engine, host_id));
	}
	for (size_t i = 0; i < engine->link_count && host_id == 0; i++) {
		want_now(&engine->links[i]);
	}
	engine_pump(engine);
}
