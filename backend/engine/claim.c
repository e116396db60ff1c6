#include "backend/engine/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"

/*
 * A VM that another host reports than the one of its row. It may have been moved; but a host and its replica report the
 * same id all the time, and a host can be wrong. An act must never reach the VM's double, so a claim is remembered, and
 * the VM goes over only when its own host has it no more, or is lost while the VM is not off at the other (a replica
 * is off).
 */

static struct claim *find(struct engine *engine, int64_t vm_id, int64_t host_id)
{
	for (size_t i = 0; i < engine->claim_count; i++) {
		struct claim *claim = &engine->claims[i];
		if (claim->vm_id == vm_id && claim->host_id == host_id) {
			return claim;
		}
	}
	return NULL;
}

static void forget(struct engine *engine, int64_t vm_id, int64_t host_id)
{
	struct claim *claim = find(engine, vm_id, host_id);
	if (claim) {
		*claim = engine->claims[--engine->claim_count];
	}
}

/* The host of the row has the last word: it is asked once for each claim. */
static void remember(struct engine *engine, const struct virtual_machine *vm, int64_t host_id)
{
	const struct engine_agents *agents = &engine->config.agents;
	if (find(engine, vm->id, host_id)) {
		return;
	}
	HV_GROW(engine->claims, engine->claim_count, engine->claim_capacity);
	engine->claims[engine->claim_count++] = (struct claim){.vm_id = vm->id, .host_id = host_id};
	if (command_host_is_up(engine, vm->host_id)) {
		sync_want_inventory(engine, vm->host_id);
	} else {
		agents->want(agents->context, vm->host_id);
	}
}

enum hv_status claim_check(struct engine *engine, const struct virtual_machine *vm, int64_t host_id,
	enum vm_state seen, bool *ret_granted, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct host host = {0};
	enum hv_status status = store->ops->host_get(store, vm->host_id, &host, err);
	if (status != HV_OK) {
		return status;
	}
	*ret_granted = vm->missing || vm->state == VM_DESTROYED || (host.state == HOST_LOST && seen != VM_STOPPED);
	host_clear(&host);
	if (*ret_granted) {
		forget(engine, vm->id, host_id);
	} else {
		remember(engine, vm, host_id);
	}
	return HV_OK;
}

void claim_refuse(struct engine *engine, const struct virtual_machine *vm)
{
	for (size_t i = 0; i < engine->claim_count; i++) {
		struct claim *claim = &engine->claims[i];
		if (claim->vm_id != vm->id || claim->host_id == vm->host_id || claim->told) {
			continue;
		}
		char *name = hv_text_printable(vm->name, strlen(vm->name));
		engine_say(engine, true,
			"VM '%s' is reported by two hosts (a replica, or a copy with the same id); what is asked of "
			"it goes to the host that had it",
			name);
		free(name);
		claim->told = true;
	}
}

enum hv_status claim_refuse_absence(struct engine *engine, const struct scene *scene, struct hv_error *err)
{
	for (size_t i = 0; i < engine->claim_count; i++) {
		const struct claim *claim = &engine->claims[i];
		if (claim->vm_id == scene->vm.id && claim->host_id != scene->vm.host_id && !claim->told) {
			return hv_error_set(err, HV_ERR_CONFLICT,
				"another host reports VM '%s' as well, and its own is being asked whether it still has it; "
				"ask again in a moment",
				scene->vm_name);
		}
	}
	return HV_OK;
}

void claim_look_again(struct engine *engine)
{
	for (size_t i = 0; i < engine->claim_count; i++) {
		sync_want_inventory(engine, engine->claims[i].host_id);
	}
}
