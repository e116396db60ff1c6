#include "backend/engine/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/domain/snapshot_state.h"

/*
 * The volume snapshots that a host keeps of a VM against those of the store (X3, Y1). Copies that hvtree did not make
 * are nobody's business here.
 */

static const struct agent_volume_snapshot *find_seen(const struct agent_vm *seen, const struct hv_uuid *id)
{
	for (size_t i = 0; i < seen->volume_snapshots.count; i++) {
		if (hv_uuid_equal(&seen->volume_snapshots.items[i].id, id)) {
			return &seen->volume_snapshots.items[i];
		}
	}
	return NULL;
}

static void tell_missing(struct engine *engine, const struct virtual_machine *vm, const struct volume_snapshot *copy)
{
	if (observe_was_told(engine, -copy->id)) {
		return;
	}
	HV_CLEANUP_FREE char *vm_name = hv_text_printable(vm->name, strlen(vm->name));
	HV_CLEANUP_FREE char *name = hv_text_printable(copy->name, strlen(copy->name));
	engine_say(engine, true,
		"Volume snapshot '%s' of VM '%s' is not on the host any more: it was deleted outside hvtree; delete it here "
		"as well",
		name, vm_name);
}

/* A transient row without a live operation, as in observe_tree.c: what the host has decides. */
static enum hv_status settle_stray(
	struct engine *engine, struct volume_snapshot *copy, bool on_host, struct hv_error *err)
{
	struct store *store = engine->config.store;
	if (copy->state == SNAPSHOT_ALLOCATED) {
		return store->ops->volume_snapshot_discard(store, copy->id, err);
	}
	bool wanted = copy->state == SNAPSHOT_CREATING;
	enum snapshot_state next = copy->state;
	(void)snapshot_state_next(copy->state,
		on_host == wanted ? SNAPSHOT_EVENT_OPERATION_SUCCEEDED : SNAPSHOT_EVENT_OPERATION_FAILED, &next);
	enum hv_status status =
		store->ops->volume_snapshot_set_state(store, copy, next, engine_wall_us(engine), err);
	HV_CLEANUP_FREE char *name = hv_text_printable(copy->name, strlen(copy->name));
	engine_say(engine, true,
		"Volume snapshot '%s' stood in the middle of an operation that does not exist: it is %s now, as the host "
		"says",
		name, snapshot_state_name(next));
	return status;
}

/* Where the host keeps it, and how large it is there. */
static enum hv_status follow(struct engine *engine, struct volume_snapshot *copy,
	const struct agent_volume_snapshot *seen, struct hv_error *err)
{
	struct store *store = engine->config.store;
	if (copy->size_bytes == seen->size_bytes && copy->path && seen->path && strcmp(copy->path, seen->path) == 0) {
		return HV_OK;
	}
	copy->size_bytes = seen->size_bytes;
	hv_replace_string(&copy->path, seen->path);
	return store->ops->volume_snapshot_update(store, copy, err);
}

static enum hv_status observe_copy(struct engine *engine, const struct virtual_machine *vm,
	struct volume_snapshot *copy, const struct agent_vm *seen, enum observe_scope scope, struct hv_error *err)
{
	const struct agent_volume_snapshot *found = find_seen(seen, &copy->uuid);
	bool transient = copy->state != SNAPSHOT_READY && copy->state != SNAPSHOT_ERROR;
	if (transient) {
		return scope == OBSERVE_ALL ? settle_stray(engine, copy, found != NULL, err) : HV_OK;
	}
	if (found) {
		return follow(engine, copy, found, err);
	}
	if (copy->state == SNAPSHOT_READY) {
		tell_missing(engine, vm, copy);
	}
	return HV_OK;
}

enum hv_status observe_copies(struct engine *engine, const struct virtual_machine *vm, const struct agent_vm *seen,
	enum observe_scope scope, struct hv_error *err)
{
	struct store *store = engine->config.store;
	const struct engine_agents *agents = &engine->config.agents;
	if (!(agents->capabilities(agents->context, vm->host_id) & AGENT_CAN_VOLUMES)) {
		return HV_OK; /* it cannot tell */
	}
	struct volume_snapshot_list list = {0};
	enum hv_status status = store->ops->volume_snapshot_list(store, vm->id, &list, err);
	for (size_t i = 0; i < list.count && status == HV_OK; i++) {
		status = observe_copy(engine, vm, &list.items[i], seen, scope, err);
	}
	volume_snapshot_list_clear(&list);
	return status;
}
