#include "tests/support/fake_hosts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "tests/support/fake_hosts_internal.h"

/* ---- small things ---- */

size_t fake_host_index(const struct fake_hosts *hosts, int64_t host_id)
{
	size_t i = 0;
	while (i < hosts->count && hosts->hosts[i].id != host_id) {
		i++;
	}
	return i;
}

struct fake_host *fake_host_find(struct fake_hosts *hosts, int64_t host_id)
{
	size_t index = fake_host_index(hosts, host_id);
	assert(index < hosts->count);
	return &hosts->hosts[index];
}

struct fake_vm *fake_host_vm(struct fake_host *host, const struct hv_uuid *uuid)
{
	for (size_t i = 0; i < host->vm_count; i++) {
		if (hv_uuid_equal(&host->vms[i]->uuid, uuid)) {
			return host->vms[i];
		}
	}
	return NULL;
}

const struct fake_checkpoint *fake_vm_find(const struct fake_vm *vm, const char *name)
{
	for (size_t i = 0; i < vm->count; i++) {
		if (strcmp(vm->checkpoints[i].name, name) == 0) {
			return &vm->checkpoints[i];
		}
	}
	return NULL;
}

void fake_text(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from);
}

struct entry *fake_host_entry(struct fake_host *host, const struct hv_uuid *operation, enum agent_command_kind kind)
{
	for (size_t i = 0; i < host->journal_count; i++) {
		struct entry *entry = host->journal[i];
		if (entry->kind == kind && hv_uuid_equal(&entry->operation, operation)) {
			return entry;
		}
	}
	return NULL;
}

/* ---- making and breaking ---- */

struct fake_hosts *fake_hosts_new(struct hv_clock clock)
{
	struct fake_hosts *hosts = hv_alloc(sizeof *hosts);
	hosts->clock = clock;
	return hosts;
}

static void vm_free(struct fake_vm *vm)
{
	free(vm->exported);
	free(vm);
}

static void host_free(struct fake_host *host)
{
	for (size_t i = 0; i < host->vm_count; i++) {
		vm_free(host->vms[i]);
	}
	for (size_t i = 0; i < host->grave_count; i++) {
		vm_free(host->graves[i]);
	}
	for (size_t i = 0; i < host->journal_count; i++) {
		agent_answer_clear(&host->journal[i]->answer);
		free(host->journal[i]);
	}
	while (host->job_count > 0) {
		fake_remove_job(host, 0);
	}
	for (size_t i = 0; i < host->inbox_count; i++) {
		agent_command_clear(&host->inbox[i].command);
	}
	free(host->journal);
	free(host->jobs);
	free(host->inbox);
}

void fake_hosts_free(struct fake_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++) {
		host_free(&hosts->hosts[i]);
	}
	for (size_t i = 0; i < hosts->outbox_count; i++) {
		agent_answer_clear(&hosts->outbox[i].answer);
	}
	free(hosts->outbox);
	free(hosts);
}

void fake_hosts_add(struct fake_hosts *hosts, int64_t host_id, unsigned capabilities)
{
	assert(hosts->count < MOST_HOSTS);
	hosts->hosts[hosts->count++] =
		(struct fake_host){.id = host_id, .capabilities = capabilities, .duration = 1};
}

struct fake_vm *fake_hosts_add_vm(
	struct fake_hosts *hosts, int64_t host_id, const char *name, enum vm_state state)
{
	struct fake_host *host = fake_host_find(hosts, host_id);
	assert(host->vm_count < MOST_VMS);
	struct fake_vm *vm = hv_alloc(sizeof *vm);
	vm->uuid = hv_uuid_from_text(name);
	vm->state = state;
	vm->cpus = 2;
	vm->memory_bytes = INT64_C(4) << 30;
	vm->disk_bytes = INT64_C(40) << 30;
	fake_text(vm->name, sizeof vm->name, name);
	fake_text(vm->disk, sizeof vm->disk, "disk0");
	fake_text(vm->memory, sizeof vm->memory, state == VM_RUNNING ? "memory0" : "");
	host->vms[host->vm_count++] = vm;
	return vm;
}

void fake_hosts_remove_vm(struct fake_hosts *hosts, int64_t host_id, const struct hv_uuid *uuid)
{
	struct fake_host *host = fake_host_find(hosts, host_id);
	for (size_t i = 0; i < host->vm_count; i++) {
		if (hv_uuid_equal(&host->vms[i]->uuid, uuid)) {
			vm_free(host->vms[i]);
			host->vms[i] = host->vms[--host->vm_count];
			return;
		}
	}
}

void fake_host_bury(struct fake_host *host, struct fake_vm *vm)
{
	assert(host->grave_count < MOST_VMS);
	for (size_t i = 0; i < host->vm_count; i++) {
		if (host->vms[i] == vm) {
			host->graves[host->grave_count++] = vm;
			host->vms[i] = host->vms[--host->vm_count];
			return;
		}
	}
}

struct fake_vm *fake_hosts_vm(struct fake_hosts *hosts, int64_t host_id, const char *name)
{
	struct hv_uuid uuid = hv_uuid_from_text(name);
	return fake_host_vm(fake_host_find(hosts, host_id), &uuid);
}

void fake_hosts_set_duration(struct fake_hosts *hosts, int64_t host_id, int steps)
{
	fake_host_find(hosts, host_id)->duration = steps;
}

void fake_hosts_set_fault(struct fake_hosts *hosts, int64_t host_id, enum agent_command_kind kind,
	enum fake_fault fault, enum agent_code code, const char *details)
{
	struct fault *set = &fake_host_find(hosts, host_id)->faults[kind];
	*set = (struct fault){.set = true, .fault = fault, .code = code};
	fake_text(set->details, sizeof set->details, details ? details : "");
}

int fake_hosts_acts(const struct fake_hosts *hosts, enum agent_command_kind kind)
{
	return hosts->acts[kind];
}

int fake_hosts_sent(const struct fake_hosts *hosts, enum agent_command_kind kind)
{
	return hosts->sent[kind];
}

int64_t fake_hosts_epoch(struct fake_hosts *hosts, int64_t host_id, const struct hv_uuid *operation,
	enum agent_command_kind kind)
{
	const struct entry *entry = fake_host_entry(fake_host_find(hosts, host_id), operation, kind);
	return entry ? entry->epoch : 0;
}

bool fake_hosts_is_acting(const struct fake_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++) {
		for (size_t j = 0; j < hosts->hosts[i].job_count; j++) {
			if (hosts->hosts[i].jobs[j].acting) {
				return true;
			}
		}
	}
	return false;
}

void fake_hosts_set_cut(struct fake_hosts *hosts, bool (*cut_function)(void *context), void *context)
{
	hosts->cut = cut_function;
	hosts->cut_context = context;
}

/* ---- time ---- */

bool fake_hosts_step(struct fake_hosts *hosts)
{
	if (hosts->outbox_count > 0) {
		fake_deliver(hosts);
		return true;
	}
	for (size_t i = 0; i < hosts->count; i++) {
		if (hosts->hosts[i].inbox_count > 0) {
			fake_read_command(hosts, &hosts->hosts[i]);
			return true;
		}
	}
	for (size_t i = 0; i < hosts->count; i++) {
		if (fake_step_jobs(hosts, &hosts->hosts[i])) {
			return true;
		}
	}
	return false;
}
