#include "backend/engine/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/domain/vm_state.h"

/*
 * A host has told how one VM is. Whatever differs from the rows is written, nothing else, so that a report that says
 * nothing new changes nothing. The tree part is in observe_tree.c.
 */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_volume(const struct volume *a, const struct volume *b)
{
	return hv_uuid_equal(&a->uuid, &b->uuid) && same_text(a->name, b->name) && a->root == b->root &&
	       a->device_id == b->device_id && same_text(a->path, b->path) &&
	       a->size_bytes == b->size_bytes && a->chain_bytes == b->chain_bytes;
}

static bool same_volumes(const struct volume_list *a, const struct volume_list *b)
{
	if (a->count != b->count) {
		return false;
	}
	for (size_t i = 0; i < a->count; i++) {
		bool found = false;
		for (size_t j = 0; j < b->count && !found; j++) {
			found = same_volume(&a->items[i], &b->items[j]);
		}
		if (!found) {
			return false;
		}
	}
	return true;
}

static enum hv_status observe_volumes(struct engine *engine, const struct virtual_machine *vm,
	const struct agent_vm *seen, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct volume_list known = {0};
	enum hv_status status = store->ops->volume_list(store, vm->id, &known, err);
	if (status == HV_OK && !same_volumes(&known, &seen->volumes)) {
		status = store->ops->volume_replace(store, vm->id, &seen->volumes, err);
	}
	volume_list_clear(&known);
	return status;
}

/* A VM that nobody has assigned yet belongs to the administrators, with the sizes that it has as its offering. */
static enum hv_status assign(struct engine *engine, struct virtual_machine *vm, const struct agent_vm *seen,
	struct hv_error *err)
{
	struct store *store = engine->config.store;
	char name[96];
	int64_t mebibytes = seen->memory_bytes / (1024 * 1024);
	if (mebibytes % 1024 == 0) {
		(void)snprintf(name, sizeof name, "%" PRId64 " CPU, %" PRId64 " GiB", seen->cpus,
			mebibytes / 1024);
	} else {
		(void)snprintf(name, sizeof name, "%" PRId64 " CPU, %" PRId64 " MiB", seen->cpus, mebibytes);
	}
	enum hv_status status = store->ops->account_ensure(
		store, "admin", NULL, &vm->account_id, &vm->domain_id, err);
	if (status == HV_OK) {
		status = store->ops->offering_ensure(
			store, name, seen->cpus, seen->memory_bytes, &vm->offering_id, err);
	}
	vm->uuid = seen->uuid;
	vm->state = VM_UNKNOWN;
	(void)vm_state_next(VM_UNKNOWN, vm_event_reported(seen->state), &vm->state);
	return status;
}

static bool take_fields(struct virtual_machine *vm, const struct agent_vm *seen, enum observe_scope scope)
{
	const char *name = seen->name && seen->name[0] != '\0' ? seen->name : "(no name)";
	bool differs = !same_text(vm->name, name) || vm->cpus != seen->cpus ||
		       vm->memory_bytes != seen->memory_bytes || vm->power_state != seen->state || vm->missing ||
		       !hv_uuid_equal(&vm->export, &seen->export.id) || vm->export_state != seen->export.state ||
		       vm->export_matches != seen->export.matches;
	hv_replace_string(&vm->name, name);
	vm->cpus = seen->cpus;
	vm->memory_bytes = seen->memory_bytes;
	vm->power_state = seen->state;
	vm->missing = false;
	vm->export = seen->export.id;
	vm->export_state = seen->export.state;
	vm->export_matches = seen->export.matches;
	if (scope != OBSERVE_POWER) {
		differs = differs || !hv_uuid_equal(&vm->checkpoint, &seen->checkpoint) ||
			  vm->unregistered != seen->unregistered;
		vm->unregistered = seen->unregistered;
		vm->checkpoint = seen->checkpoint;
	}
	return differs;
}

/* A report never changes a state that an operation holds (vm_state.c). A held state without an operation is what a
 * crash of something older left: the report ends it. */
static enum hv_status observe_state(struct engine *engine, struct virtual_machine *vm,
	const struct agent_vm *seen, enum observe_scope scope, struct hv_error *err)
{
	struct store *store = engine->config.store;
	bool stray = scope == OBSERVE_ALL && vm_state_is_transitional(vm->state);
	enum vm_event event = stray ? vm_event_ended(seen->state) : vm_event_reported(seen->state);
	enum vm_state next;
	if (!vm_state_next(vm->state, event, &next) || next == vm->state) {
		return HV_OK;
	}
	return store->ops->vm_set_state(store, vm, next, err);
}

enum hv_status observe_vm(struct engine *engine, struct virtual_machine *vm, const struct agent_vm *seen,
	enum observe_scope scope, struct hv_error *err)
{
	struct store *store = engine->config.store;
	enum hv_status status = HV_OK;
	bool is_new = vm->id == 0;
	if (is_new) {
		status = assign(engine, vm, seen, err);
	}
	if (status == HV_OK && (take_fields(vm, seen, scope) || is_new)) {
		status = store->ops->vm_save(store, vm, err);
	}
	if (status == HV_OK) {
		status = observe_state(engine, vm, seen, scope, err);
	}
	if (status == HV_OK && scope != OBSERVE_POWER) {
		status = observe_volumes(engine, vm, seen, err);
	}
	if (status == HV_OK && scope != OBSERVE_POWER) {
		status = observe_tree(engine, vm, seen, scope, err);
	}
	if (status == HV_OK && scope != OBSERVE_POWER) {
		status = observe_copies(engine, vm, seen, scope, err);
	}
	if (status == HV_OK && scope != OBSERVE_POWER && seen->revision != vm->revision) {
		vm->revision = seen->revision;
		status = store->ops->vm_set_revision(store, vm->id, seen->revision, err);
	}
	return status;
}
