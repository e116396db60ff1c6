/* What the console was told of: VMs, hosts and live operations. Whatever was told of is also told when it goes. */
#include "backend/backend_internal.h"

#include <stdlib.h>

void told_forget_vm(struct hv_backend *backend, int64_t id)
{
	const struct known_vm *known = known_vms_find(&backend->vms, id);
	if (!known) {
		return;
	}
	struct hv_event *event = event_new(HV_EVENT_VM_GONE);
	event->id = known->uuid;
	events_add(backend->events, event);
	struct known_host *host = hosts_find(backend, known->host_id);
	if (host) {
		host->vm_count--;
	}
	known_vms_drop(&backend->vms, id);
}

static void count_on_host(struct hv_backend *backend, int64_t host_id, int64_t change)
{
	struct known_host *host = hosts_find(backend, host_id);
	if (host) {
		host->vm_count += change;
		publish_host_later(backend, host->id);
	}
}

struct known_vm *told_of_vm(struct hv_backend *backend, const struct virtual_machine *row)
{
	struct known_vm *known = known_vms_find(&backend->vms, row->id);
	if (known && !hv_uuid_equal(&known->uuid, &row->uuid)) {
		told_forget_vm(backend, row->id); /* the row's number was given to another VM */
		known = NULL;
	}
	if (!known) {
		known = known_vms_add(&backend->vms, row->id);
		known->uuid = row->uuid;
	}
	if (known->host_id != row->host_id) {
		count_on_host(backend, known->host_id, -1);
		count_on_host(backend, row->host_id, 1);
		known->host_id = row->host_id;
	}
	known->seen = true;
	return known;
}

static bool is_on_host(const struct known_vm *vm, int64_t host_id)
{
	return vm->host_id == host_id;
}

void told_forget_host(struct hv_backend *backend, struct known_host *host)
{
	size_t count;
	HV_CLEANUP_FREE int64_t *ids = known_vms_ids(&backend->vms, is_on_host, host->id, &count);
	for (size_t i = 0; i < count; i++) {
		told_forget_vm(backend, ids[i]);
	}
	struct hv_event *event = event_new(HV_EVENT_HOST_GONE);
	event->id = host->uuid;
	events_add(backend->events, event);
	hosts_forget(backend, host);
}

void told_of_operation(struct hv_backend *backend, const struct operation *row)
{
	struct known_operation *known = NULL;
	HASH_FIND(hh, backend->operations, &row->id, sizeof row->id, known);
	if (operation_is_live(row)) {
		if (!known) {
			known = hv_alloc(sizeof *known);
			known->id = row->id;
			HASH_ADD(hh, backend->operations, id, sizeof known->id, known);
		}
		known->seen = true;
	} else if (known) {
		HASH_DEL(backend->operations, known);
		free(known);
	}
}

void told_clear(struct hv_backend *backend)
{
	struct known_operation *operation;
	struct known_operation *next_operation;
	HASH_ITER(hh, backend->operations, operation, next_operation) {
		HASH_DEL(backend->operations, operation);
		free(operation);
	}
	known_vms_clear(&backend->vms);
	free(backend->dirty);
}
