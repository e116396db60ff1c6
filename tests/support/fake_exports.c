#include "tests/support/fake_hosts_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

/*
 * Exports: what is copied is a whole fake_vm, so that what a VM is imported from is only what the copy really holds.
 */

static void drop_copy(struct fake_vm *vm)
{
	free(vm->exported);
	vm->exported = NULL;
	vm->export_lies = false;
}

/* Disks, memory, tree and pointer; whoever has run since is another one. */
static bool same_content(const struct fake_vm *a, const struct fake_vm *b)
{
	if (a->state != b->state || a->runs != b->runs || a->count != b->count || a->cpus != b->cpus ||
		a->memory_bytes != b->memory_bytes || !hv_uuid_equal(&a->pointer, &b->pointer) ||
		strcmp(a->disk, b->disk) != 0 || strcmp(a->memory, b->memory) != 0) {
		return false;
	}
	for (size_t i = 0; i < a->count; i++) {
		if (!hv_uuid_equal(&a->checkpoints[i].id, &b->checkpoints[i].id) ||
			!hv_uuid_equal(&a->checkpoints[i].parent, &b->checkpoints[i].parent)) {
			return false;
		}
	}
	return true;
}

static bool matches(const struct fake_vm *vm)
{
	return vm->exported && !vm->export_broken && vm->state == VM_STOPPED &&
	       (vm->export_lies || vm->unregistered || same_content(vm, vm->exported));
}

void fake_describe_export(const struct fake_vm *vm, struct agent_vm *ret)
{
	ret->unregistered = vm->unregistered;
	if (!hv_uuid_is_nil(&vm->exporting)) {
		ret->export = (struct agent_export){
			.id = vm->exporting, .state = EXPORT_RUNNING, .percent = 50, .with_disks = true};
	} else if (vm->exported) {
		ret->export = (struct agent_export){
			.id = vm->export,
			.state = vm->export_broken ? EXPORT_BROKEN : EXPORT_COMPLETE,
			.percent = -1,
			.with_disks = vm->export_disks,
			.matches = matches(vm),
		};
	}
}

static enum agent_code act_export(struct fake_host *host, struct fake_vm *vm, const struct agent_command *command,
	struct agent_answer *answer)
{
	bool movable = vm->state == VM_RUNNING || vm->state == VM_STOPPED || vm->state == VM_SAVED;
	vm->exporting = (struct hv_uuid){{0}};
	if (host->storage_down) {
		return AGENT_CODE_STORAGE_GONE;
	}
	if (!movable || (!command->with_disks && vm->count > 0)) {
		return AGENT_CODE_INVALID_STATE;
	}
	drop_copy(vm);
	vm->exported = hv_alloc(sizeof *vm->exported);
	*vm->exported = *vm;
	vm->exported->exported = NULL;
	vm->export = command->export;
	vm->export_disks = command->with_disks;
	vm->export_broken = false;
	if (fake_take_fault(host, AGENT_EXPORT_VM, FAKE_EXPORT_LOSES_ONE).set && vm->count > 0) {
		vm->exported->count--;
		vm->export_lies = true;
	}
	answer->has_exported = true;
	fake_describe(host, vm->exported, &answer->exported);
	return AGENT_CODE_NONE;
}

static enum agent_code act_cancel(struct fake_vm *vm, const struct agent_command *command)
{
	if (vm->unregistered) {
		return AGENT_CODE_INVALID_STATE;
	}
	if (hv_uuid_equal(&vm->exporting, &command->export)) {
		vm->exporting = (struct hv_uuid){{0}};
	}
	if (vm->exported && hv_uuid_equal(&vm->export, &command->export)) {
		drop_copy(vm);
	}
	return AGENT_CODE_NONE;
}

/* What the VM is from now on is what the copy holds. */
static void become_the_copy(struct fake_vm *vm)
{
	const struct fake_vm *copy = vm->exported;
	fake_text(vm->disk, sizeof vm->disk, copy->disk);
	fake_text(vm->memory, sizeof vm->memory, "");
	memcpy(vm->checkpoints, copy->checkpoints, sizeof vm->checkpoints);
	vm->count = copy->count;
	vm->pointer = copy->pointer;
}

static enum agent_code act_remove(
	const struct fake_host *host, struct fake_vm *vm, const struct agent_command *command)
{
	bool complete = vm->exported && !vm->export_broken && hv_uuid_equal(&vm->export, &command->export);
	if (vm->unregistered) {
		return complete ? AGENT_CODE_NONE : AGENT_CODE_INVALID_STATE;
	}
	if (host->storage_down) {
		return AGENT_CODE_STORAGE_GONE;
	}
	if (!complete || !matches(vm)) {
		return AGENT_CODE_INVALID_STATE;
	}
	if (vm->export_disks) {
		become_the_copy(vm);
	}
	vm->unregistered = true;
	return AGENT_CODE_NONE;
}

static enum agent_code act_import(
	const struct fake_host *host, struct fake_vm *vm, const struct agent_command *command)
{
	if (!vm->unregistered) {
		return AGENT_CODE_NONE;
	}
	if (host->storage_down) {
		return AGENT_CODE_STORAGE_GONE;
	}
	if (!vm->exported || vm->export_broken || !hv_uuid_equal(&vm->export, &command->export)) {
		return AGENT_CODE_INVALID_STATE;
	}
	vm->unregistered = false;
	drop_copy(vm);
	return AGENT_CODE_NONE;
}

enum agent_code fake_act_export(struct fake_host *host, struct fake_vm *vm, const struct agent_command *command,
	struct agent_answer *answer)
{
	switch (command->kind) {
	case AGENT_EXPORT_VM:
		return act_export(host, vm, command, answer);
	case AGENT_CANCEL_EXPORT:
		return act_cancel(vm, command);
	case AGENT_REMOVE_VM:
		return act_remove(host, vm, command);
	case AGENT_IMPORT_VM:
		return act_import(host, vm, command);
	default:
		assert(command->kind == AGENT_DESTROY);
		fake_host_bury(host, vm);
		return AGENT_CODE_NONE;
	}
}

/* ---- what happens to a host ---- */

void fake_hosts_set_storage(struct fake_hosts *hosts, int64_t host_id, bool up)
{
	struct fake_host *host = fake_host_find(hosts, host_id);
	host->storage_down = !up;
	for (size_t i = 0; i < hosts->console_count; i++) {
		if (fake_is_connected(hosts->consoles[i], host_id)) {
			fake_post_status(hosts, host, hosts->consoles[i]);
		}
	}
}

void fake_hosts_reboot(struct fake_hosts *hosts, int64_t host_id)
{
	struct fake_host *host = fake_host_find(hosts, host_id);
	while (host->job_count > 0) {
		fake_remove_job(host, 0);
	}
	for (size_t i = 0; i < host->vm_count; i++) {
		host->vms[i]->exporting = (struct hv_uuid){{0}};
	}
}
