#include "tests/support/fake_hosts_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/memory.h"

/* ---- how they are described ---- */

struct hv_uuid fake_vm_disk(const struct fake_vm *vm)
{
	char text[80];
	(void)snprintf(text, sizeof text, "%s.disk", vm->name);
	return hv_uuid_from_text(text);
}

static void describe_own_disk(const struct fake_vm *vm, struct agent_vm *ret)
{
	char text[160];
	struct volume *volume = volume_list_add(&ret->volumes);
	volume->uuid = fake_vm_disk(vm);
	volume->name = hv_strdup("system");
	volume->root = true;
	(void)snprintf(text, sizeof text, "D:\\vm\\%s-%zu.%s", vm->name, vm->count, vm->count > 0 ? "avhdx" : "vhdx");
	volume->path = hv_strdup(text);
	volume->size_bytes = vm->disk_bytes;
	volume->chain_bytes = (int64_t)(vm->count + 1) << 30;
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '\\');
	return slash ? slash + 1 : path;
}

void fake_describe_volumes(const struct fake_host *host, const struct fake_vm *vm, struct agent_vm *ret)
{
	describe_own_disk(vm, ret);
	for (size_t i = 0; i < host->file_count; i++) {
		const struct fake_file *file = &host->files[i];
		if (file->vm == vm) {
			struct volume *volume = volume_list_add(&ret->volumes);
			volume->uuid = file->uuid;
			volume->name = hv_strdup(file_name(file->path));
			volume->device_id = (int64_t)ret->volumes.count - 1;
			volume->path = hv_strdup(file->path);
			volume->size_bytes = file->size_bytes;
			volume->chain_bytes = file->size_bytes;
		}
	}
	for (size_t i = 0; i < vm->copy_count; i++) {
		const struct fake_copy *from = &vm->copies[i];
		struct agent_volume_snapshot *to = agent_volume_snapshot_list_add(&ret->volume_snapshots);
		to->id = from->id;
		to->volume = from->volume;
		to->name = hv_strdup(from->name);
		to->path = hv_sprintf("D:\\copies\\%s.vhdx", from->name);
		to->size_bytes = 1 << 30;
		to->created_us = from->created_us;
	}
}

/* ---- files ---- */

struct fake_file *fake_hosts_file(struct fake_hosts *hosts, int64_t host_id, const char *path)
{
	struct fake_host *host = fake_host_find(hosts, host_id);
	for (size_t i = 0; i < host->file_count; i++) {
		if (strcmp(host->files[i].path, path) == 0) {
			return &host->files[i];
		}
	}
	return NULL;
}

size_t fake_vm_files(struct fake_hosts *hosts, int64_t host_id, const struct fake_vm *vm)
{
	const struct fake_host *host = fake_host_find(hosts, host_id);
	size_t used = 0;
	for (size_t i = 0; i < host->file_count; i++) {
		used += host->files[i].vm == vm ? 1 : 0;
	}
	return used;
}

struct fake_file *fake_hosts_add_file(
	struct fake_hosts *hosts, int64_t host_id, const char *path, int64_t size_bytes, const char *disk)
{
	struct fake_host *host = fake_host_find(hosts, host_id);
	assert(host->file_count < MOST_FILES);
	struct fake_file *file = &host->files[host->file_count++];
	*file = (struct fake_file){.uuid = hv_uuid_from_text(path), .size_bytes = size_bytes};
	fake_text(file->path, sizeof file->path, path);
	fake_text(file->disk, sizeof file->disk, disk);
	return file;
}

static struct fake_file *find_used(struct fake_host *host, const struct fake_vm *vm, const struct hv_uuid *uuid)
{
	for (size_t i = 0; i < host->file_count; i++) {
		if (host->files[i].vm == vm && hv_uuid_equal(&host->files[i].uuid, uuid)) {
			return &host->files[i];
		}
	}
	return NULL;
}

/* ---- acts ---- */

static bool is_own(const struct fake_vm *vm, const struct hv_uuid *volume)
{
	struct hv_uuid own = fake_vm_disk(vm);
	return hv_uuid_equal(volume, &own);
}

static enum agent_code attach(struct fake_hosts *hosts, struct fake_host *host, struct fake_vm *vm,
	const struct agent_command *command, struct agent_answer *answer)
{
	struct fake_file *file = fake_hosts_file(hosts, host->id, command->path);
	if (file && file->vm == vm) {
		answer->volume = file->uuid;
		return AGENT_CODE_NONE;
	}
	if (vm->count > 0 || (file && file->vm) || (!file && command->size_bytes == 0)) {
		return AGENT_CODE_INVALID_STATE;
	}
	if (!file) {
		file = fake_hosts_add_file(hosts, host->id, command->path, command->size_bytes, "");
	}
	file->vm = vm;
	answer->volume = file->uuid;
	return AGENT_CODE_NONE;
}

static enum agent_code detach(struct fake_host *host, struct fake_vm *vm, const struct hv_uuid *volume)
{
	struct fake_file *file = find_used(host, vm, volume);
	if (vm->count > 0 || is_own(vm, volume)) {
		return AGENT_CODE_INVALID_STATE;
	}
	if (file) {
		file->vm = NULL;
	}
	return AGENT_CODE_NONE;
}

static enum agent_code resize(struct fake_host *host, struct fake_vm *vm, const struct agent_command *command)
{
	struct fake_file *file = find_used(host, vm, &command->volume);
	int64_t *size = file ? &file->size_bytes : is_own(vm, &command->volume) ? &vm->disk_bytes : NULL;
	if (!size || vm->count > 0 || vm->state != VM_STOPPED || command->size_bytes < *size) {
		return AGENT_CODE_INVALID_STATE;
	}
	*size = command->size_bytes;
	return AGENT_CODE_NONE;
}

static enum agent_code scale(struct fake_vm *vm, const struct agent_command *command)
{
	if (vm->state != VM_STOPPED) {
		return AGENT_CODE_INVALID_STATE;
	}
	vm->cpus = command->cpus;
	vm->memory_bytes = command->memory_bytes;
	return AGENT_CODE_NONE;
}

static enum agent_code copy(struct fake_hosts *hosts, struct fake_host *host, struct fake_vm *vm,
	const struct agent_command *command, struct agent_answer *answer)
{
	const struct fake_file *file = find_used(host, vm, &command->volume);
	if (vm->state != VM_STOPPED || (!file && !is_own(vm, &command->volume))) {
		return AGENT_CODE_INVALID_STATE;
	}
	assert(vm->copy_count < 16);
	struct fake_copy *added = &vm->copies[vm->copy_count++];
	*added = (struct fake_copy){
		.id = command->volume_snapshot,
		.volume = command->volume,
		.created_us = hv_clock_wall_us(&hosts->clock),
	};
	fake_text(added->name, sizeof added->name, command->volume_snapshot_name);
	fake_text(added->disk, sizeof added->disk, file ? file->disk : vm->disk);
	answer->path = hv_sprintf("D:\\copies\\%s.vhdx", added->name);
	answer->size_bytes = 1 << 30;
	return AGENT_CODE_NONE;
}

static void remove_copy(struct fake_vm *vm, size_t index)
{
	memmove(&vm->copies[index], &vm->copies[index + 1], (vm->copy_count - index - 1) * sizeof vm->copies[0]);
	vm->copy_count--;
}

static enum agent_code delete_copy(struct fake_vm *vm, const struct hv_uuid *id)
{
	for (size_t i = 0; i < vm->copy_count; i++) {
		if (hv_uuid_equal(&vm->copies[i].id, id)) {
			remove_copy(vm, i);
			break;
		}
	}
	return AGENT_CODE_NONE;
}

enum agent_code fake_act_volume(struct fake_hosts *hosts, struct fake_host *host, struct fake_vm *vm,
	const struct agent_command *command, struct agent_answer *answer)
{
	switch (command->kind) {
	case AGENT_ATTACH:
		return attach(hosts, host, vm, command, answer);
	case AGENT_DETTACH:
		return detach(host, vm, &command->volume);
	case AGENT_RESIZE_VOLUME:
		return resize(host, vm, command);
	case AGENT_SCALE_VM:
		return scale(vm, command);
	case AGENT_CREATE_VOLUME_SNAPSHOT:
		return copy(hosts, host, vm, command, answer);
	default:
		assert(command->kind == AGENT_DELETE_VOLUME_SNAPSHOT);
		return delete_copy(vm, &command->volume_snapshot);
	}
}

const struct fake_copy *fake_vm_copy(const struct fake_vm *vm, const char *name)
{
	for (size_t i = 0; i < vm->copy_count; i++) {
		if (strcmp(vm->copies[i].name, name) == 0) {
			return &vm->copies[i];
		}
	}
	return NULL;
}

void fake_foreign_copy_delete(struct fake_hosts *hosts, struct fake_vm *vm, const char *name)
{
	const struct fake_copy *found = fake_vm_copy(vm, name);
	assert(found);
	remove_copy(vm, (size_t)(found - vm->copies));
	fake_post_change(hosts, fake_host_of(hosts, vm), vm);
}
