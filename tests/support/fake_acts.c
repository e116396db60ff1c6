#include "tests/support/fake_hosts_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

/* ---- how a VM is described ---- */

void fake_describe(const struct fake_host *host, const struct fake_vm *vm, struct agent_vm *ret)
{
	*ret = (struct agent_vm){
		.uuid = vm->uuid,
		.name = hv_strdup(vm->name),
		.state = vm->state,
		.cpus = vm->cpus,
		.memory_bytes = vm->memory_bytes,
		.checkpoint = vm->pointer,
		.activity_percent = -1,
	};
	fake_describe_volumes(host, vm, ret);
	fake_describe_export(vm, ret);
	for (size_t i = 0; i < vm->count; i++) {
		const struct fake_checkpoint *from = &vm->checkpoints[i];
		struct checkpoint *to = checkpoint_list_add(&ret->checkpoints);
		*to = (struct checkpoint){
			.id = from->id,
			.parent = from->parent,
			.name = hv_strdup(from->name),
			.kind = CHECKPOINT_STANDARD,
			.has_memory = from->has_memory,
			.created_us = from->created_us,
			.size_bytes = 1 << 20,
		};
	}
}

static void copy_vm(struct agent_vm *to, const struct agent_vm *from)
{
	*to = *from;
	to->name = hv_strdup(from->name);
	to->activity = NULL;
	to->volumes = (struct volume_list){0};
	to->checkpoints = (struct checkpoint_list){0};
	volume_list_copy(&to->volumes, &from->volumes);
	checkpoint_list_copy(&to->checkpoints, &from->checkpoints);
	to->volume_snapshots = (struct agent_volume_snapshot_list){0};
	for (size_t i = 0; i < from->volume_snapshots.count; i++) {
		struct agent_volume_snapshot *copy = agent_volume_snapshot_list_add(&to->volume_snapshots);
		*copy = from->volume_snapshots.items[i];
		copy->name = hv_strdup(copy->name);
		copy->path = hv_strdup(copy->path);
	}
}

void fake_copy_answer(struct agent_answer *to, const struct agent_answer *from)
{
	*to = *from;
	to->details = hv_strdup_null(from->details);
	to->inventory = (struct agent_vm_list){0};
	to->recorded = NULL;
	to->path = hv_strdup_null(from->path);
	if (from->has_exported) {
		copy_vm(&to->exported, &from->exported);
	}
	if (from->has_vm) {
		copy_vm(&to->vm, &from->vm);
	}
}

static struct fake_checkpoint *find_checkpoint(struct fake_vm *vm, const struct hv_uuid *id)
{
	for (size_t i = 0; i < vm->count && !hv_uuid_is_nil(id); i++) {
		if (hv_uuid_equal(&vm->checkpoints[i].id, id)) {
			return &vm->checkpoints[i];
		}
	}
	return NULL;
}

static struct fake_checkpoint *find_target(struct fake_vm *vm, const struct agent_target *target)
{
	struct fake_checkpoint *found = find_checkpoint(vm, &target->checkpoint);
	for (size_t i = 0; i < vm->count && !found; i++) {
		if (strcmp(vm->checkpoints[i].name, target->name) == 0) {
			found = &vm->checkpoints[i];
		}
	}
	return found;
}

/* ---- acts ---- */

static void set_memory(struct fake_vm *vm, const char *text)
{
	fake_text(vm->memory, sizeof vm->memory, text);
}

static enum agent_code act_create(
	struct fake_hosts *hosts, struct fake_vm *vm, const struct agent_command *command, struct hv_uuid *ret_id)
{
	const struct agent_target *target = &command->target;
	bool memory = target->type == SNAPSHOT_DISK_AND_MEMORY;
	if ((memory && vm->state != VM_RUNNING) || vm->count == 50) {
		return memory ? AGENT_CODE_INVALID_STATE : AGENT_CODE_LIMIT_REACHED;
	}
	if (!hv_uuid_equal(&target->parent_checkpoint, &vm->pointer)) {
		return AGENT_CODE_STALE_VIEW;
	}
	char text[64];
	(void)snprintf(text, sizeof text, "checkpoint %lld", (long long)++hosts->next_checkpoint);
	struct fake_checkpoint *added = &vm->checkpoints[vm->count++];
	*added = (struct fake_checkpoint){
		.id = hv_uuid_from_text(text),
		.parent = vm->pointer,
		.has_memory = memory,
		.created_us = hv_clock_wall_us(&hosts->clock),
		.cpus = vm->cpus,
		.memory_bytes = vm->memory_bytes,
	};
	fake_text(added->name, sizeof added->name, target->name);
	fake_text(added->disk, sizeof added->disk, vm->disk);
	fake_text(added->memory, sizeof added->memory, memory ? vm->memory : "");
	vm->pointer = added->id;
	*ret_id = added->id;
	return AGENT_CODE_NONE;
}

static void apply(struct fake_vm *vm, const struct fake_checkpoint *checkpoint)
{
	vm->pointer = checkpoint->id;
	vm->runs++;
	vm->cpus = checkpoint->cpus;
	vm->memory_bytes = checkpoint->memory_bytes;
	fake_text(vm->disk, sizeof vm->disk, checkpoint->disk);
	set_memory(vm, checkpoint->has_memory ? checkpoint->memory : "");
	vm->state = checkpoint->has_memory ? VM_RUNNING : VM_STOPPED;
}

static enum agent_code act_revert(
	const struct fake_host *host, struct fake_vm *vm, const struct agent_command *command)
{
	const struct fake_checkpoint *target = find_target(vm, &command->target);
	if (!target) {
		return AGENT_CODE_SNAPSHOT_NOT_FOUND;
	}
	bool from_off = host->capabilities & AGENT_CAN_REVERT_MEMORY_FROM_OFF;
	if (target->has_memory && vm->state == VM_STOPPED && !from_off) {
		return AGENT_CODE_INVALID_STATE;
	}
	apply(vm, target);
	return AGENT_CODE_NONE;
}

static void remove_checkpoint(struct fake_vm *vm, struct fake_checkpoint *checkpoint)
{
	struct fake_checkpoint gone = *checkpoint;
	for (size_t i = 0; i < vm->count; i++) {
		if (hv_uuid_equal(&vm->checkpoints[i].parent, &gone.id)) {
			vm->checkpoints[i].parent = gone.parent;
		}
	}
	if (hv_uuid_equal(&vm->pointer, &gone.id)) {
		vm->pointer = gone.parent;
	}
	size_t index = (size_t)(checkpoint - vm->checkpoints);
	memmove(checkpoint, checkpoint + 1, (vm->count - index - 1) * sizeof *checkpoint);
	vm->count--;
}

static enum agent_code act(struct fake_hosts *hosts, struct fake_host *host, struct fake_vm *vm,
	const struct agent_command *command, struct agent_answer *answer)
{
	struct fake_checkpoint *target;
	bool of_export = command->kind == AGENT_IMPORT_VM || command->kind == AGENT_REMOVE_VM ||
			 command->kind == AGENT_CANCEL_EXPORT || command->kind == AGENT_DESTROY;
	if (vm->unregistered && !of_export) {
		return AGENT_CODE_INVALID_STATE;
	}
	switch (command->kind) {
	case AGENT_CREATE_VM_SNAPSHOT:
		return act_create(hosts, vm, command, &answer->checkpoint);
	case AGENT_REVERT_TO_VM_SNAPSHOT:
		return act_revert(host, vm, command);
	case AGENT_DELETE_VM_SNAPSHOT:
		target = find_target(vm, &command->target);
		if (target) {
			remove_checkpoint(vm, target);
		}
		return AGENT_CODE_NONE;
	case AGENT_START:
		if (vm->state != VM_RUNNING) {
			vm->runs++;
			vm->state = VM_RUNNING;
			set_memory(vm, "booted");
		}
		return AGENT_CODE_NONE;
	case AGENT_STOP:
		vm->state = VM_STOPPED;
		set_memory(vm, "");
		return AGENT_CODE_NONE;
	case AGENT_ATTACH:
	case AGENT_DETTACH:
	case AGENT_RESIZE_VOLUME:
	case AGENT_SCALE_VM:
	case AGENT_CREATE_VOLUME_SNAPSHOT:
	case AGENT_DELETE_VOLUME_SNAPSHOT:
		return fake_act_volume(hosts, host, vm, command, answer);
	case AGENT_EXPORT_VM:
	case AGENT_CANCEL_EXPORT:
	case AGENT_REMOVE_VM:
	case AGENT_IMPORT_VM:
	case AGENT_DESTROY:
		return fake_act_export(host, vm, command, answer);
	case AGENT_STARTUP:
	case AGENT_PING:
	case AGENT_GET_INVENTORY:
	case AGENT_HOST_VM_STATE_REPORT:
	case AGENT_QUERY_OPERATION:
	case AGENT_COMMAND_COUNT:
		break;
	}
	return AGENT_CODE_UNKNOWN_COMMAND;
}

struct fault fake_take_fault(struct fake_host *host, enum agent_command_kind kind, enum fake_fault fault)
{
	struct fault taken = host->faults[kind];
	if (!taken.set || taken.fault != fault) {
		return (struct fault){0};
	}
	host->faults[kind].set = false;
	return taken;
}

static bool succeeds_without_vm(enum agent_command_kind kind)
{
	return kind == AGENT_DELETE_VM_SNAPSHOT || kind == AGENT_DELETE_VOLUME_SNAPSHOT || kind == AGENT_DESTROY;
}

static void answer_failure(struct agent_answer *answer, enum agent_code code, const char *details)
{
	answer->result = false;
	answer->code = code;
	answer->details = hv_strdup(details);
}

void fake_act(struct fake_hosts *hosts, struct fake_host *host, const struct agent_command *command,
	struct agent_answer *answer)
{
	struct fake_vm *vm = fake_host_vm(host, &command->vm_uuid);
	*answer = (struct agent_answer){.kind = command->kind, .operation = command->operation, .result = true};
	struct fault blind = fake_take_fault(host, command->kind, FAKE_REFUSE_NO_VM);
	struct fault refuse = blind.set ? blind : fake_take_fault(host, command->kind, FAKE_REFUSE);
	struct fault halfway = fake_take_fault(host, command->kind, FAKE_FAIL_HALFWAY);
	if (refuse.set) {
		answer_failure(answer, refuse.code, refuse.details);
	} else if (!vm && !succeeds_without_vm(command->kind)) {
		answer_failure(answer, AGENT_CODE_VM_NOT_FOUND, "there is no such VM");
	} else if (vm) {
		enum agent_code code = act(hosts, host, vm, command, answer);
		answer->created_us = hv_clock_wall_us(&hosts->clock);
		if (code != AGENT_CODE_NONE) {
			answer_failure(answer, code, "the host cannot do this now.");
		} else {
			hosts->acts[command->kind]++;
		}
	}
	if (halfway.set) {
		free(answer->details);
		answer_failure(answer, halfway.code, halfway.details);
	}
	vm = fake_host_vm(host, &command->vm_uuid);
	if (vm && !blind.set && !fake_take_fault(host, command->kind, FAKE_NO_VM).set) {
		answer->has_vm = true;
		fake_describe(host, vm, &answer->vm);
	}
}

/* ---- behind hvtree's back ---- */

int64_t fake_host_of(struct fake_hosts *hosts, const struct fake_vm *vm)
{
	for (size_t i = 0; i < hosts->count; i++) {
		if (fake_host_vm(&hosts->hosts[i], &vm->uuid) == vm) {
			return hosts->hosts[i].id;
		}
	}
	assert(false);
	return 0;
}

void fake_foreign_checkpoint(struct fake_hosts *hosts, struct fake_vm *vm, const char *name)
{
	char copy[128];
	fake_text(copy, sizeof copy, name);
	struct agent_command command = {.kind = AGENT_CREATE_VM_SNAPSHOT};
	command.target.name = copy;
	command.target.parent_checkpoint = vm->pointer;
	struct hv_uuid id;
	(void)act_create(hosts, vm, &command, &id);
	fake_post_change(hosts, fake_host_of(hosts, vm), vm);
}

static struct fake_checkpoint *find_named(struct fake_vm *vm, const char *name)
{
	for (size_t i = 0; i < vm->count; i++) {
		if (strcmp(vm->checkpoints[i].name, name) == 0) {
			return &vm->checkpoints[i];
		}
	}
	assert(false);
	return NULL;
}

void fake_foreign_delete(struct fake_hosts *hosts, struct fake_vm *vm, const char *name)
{
	remove_checkpoint(vm, find_named(vm, name));
	fake_post_change(hosts, fake_host_of(hosts, vm), vm);
}

void fake_foreign_revert(struct fake_hosts *hosts, struct fake_vm *vm, const char *name)
{
	apply(vm, find_named(vm, name));
	fake_post_change(hosts, fake_host_of(hosts, vm), vm);
}

void fake_foreign_state(struct fake_hosts *hosts, struct fake_vm *vm, enum vm_state state)
{
	vm->state = state;
	vm->runs += state == VM_RUNNING ? 1 : 0;
	set_memory(vm, state == VM_RUNNING ? "booted" : "");
	fake_post_change(hosts, fake_host_of(hosts, vm), vm);
}
