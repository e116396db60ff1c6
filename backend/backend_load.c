/*
 * The whole picture: hosts, then the VMs of each with the operations that live on them. Read when the console starts,
 * when a command asks for it, and again when the change feed has a gap.
 */
#include "backend/backend_internal.h"

#include <stdlib.h>

#define PILE_MOST 4096   /* events that may wait while more are read */
#define PILE_PATIENCE_MS 50

/* One host's VMs and the operations that live on them; the console shows these while the next host is read. */
static enum hv_status load_vms_of(struct hv_backend *backend, int64_t host_id, struct hv_error *err)
{
	struct virtual_machine_list vms = {0};
	struct operation_list live = {0};
	const struct store_ops *ops = backend->store->ops;
	enum hv_status status = ops->vm_list(backend->store, host_id, &vms, err);
	if (status == HV_OK) {
		status = ops->operation_live(backend->store, host_id, 0, &live, err);
	}
	for (size_t i = 0; status == HV_OK && i < vms.count; i++) {
		status = publish_vm_row(backend, &vms.items[i], &live, err);
	}
	for (size_t i = 0; status == HV_OK && i < live.count; i++) {
		status = publish_operation_row(backend, &live.items[i], err);
	}
	events_flush(backend->events);
	operation_list_clear(&live);
	virtual_machine_list_clear(&vms);
	return status;
}

static enum hv_status load_all_vms(
	struct hv_backend *backend, const struct host_list *hosts, struct hv_error *err)
{
	enum hv_status status = HV_OK;
	backend->dirty_count = 0;
	for (size_t i = 0; status == HV_OK && i < hosts->count && !backend->stop; i++) {
		int64_t told = hosts_find(backend, hosts->items[i].id)->vm_count;
		status = load_vms_of(backend, hosts->items[i].id, err);
		if (told != hosts_find(backend, hosts->items[i].id)->vm_count) {
			publish_host_row(backend, &hosts->items[i]);
		}
		requests_answer_reads(backend);
		events_wait_for_reader(backend->events, PILE_MOST, PILE_PATIENCE_MS);
	}
	backend->dirty_count = 0;
	return status;
}

/* Those VMs that a command asked for by name. */
static enum hv_status load_told_vms(struct hv_backend *backend, struct hv_error *err)
{
	size_t count;
	HV_CLEANUP_FREE int64_t *ids = known_vms_ids(&backend->vms, NULL, 0, &count);
	enum hv_status status = HV_OK;
	for (size_t i = 0; status == HV_OK && i < count; i++) {
		status = publish_vm(backend, ids[i], err);
	}
	return status;
}

static enum hv_status load_everything(struct hv_backend *backend, struct hv_error *err)
{
	struct host_list list = {0};
	enum hv_status status = backend->store->ops->host_list(backend->store, &list, err);
	for (size_t i = 0; status == HV_OK && i < list.count; i++) {
		publish_host_row(backend, &list.items[i]);
	}
	events_flush(backend->events);
	if (status == HV_OK) {
		status = backend->wants_all ? load_all_vms(backend, &list, err) : load_told_vms(backend, err);
	}
	host_list_clear(&list);
	return status;
}

/* --- what is not there any more --- */

static bool was_not_seen(const struct known_vm *vm, int64_t unused)
{
	(void)unused;
	return !vm->seen;
}

/* After a reload: what was not seen again is gone, or has ended. */
static enum hv_status sweep(struct hv_backend *backend, struct hv_error *err)
{
	enum hv_status status = HV_OK;
	struct known_operation *operation;
	struct known_operation *next_operation;
	HASH_ITER(hh, backend->operations, operation, next_operation) {
		if (!operation->seen && status == HV_OK) {
			status = publish_operation(backend, operation->id, err);
		}
	}
	size_t count;
	HV_CLEANUP_FREE int64_t *gone = known_vms_ids(&backend->vms, was_not_seen, 0, &count);
	for (size_t i = 0; i < count; i++) {
		told_forget_vm(backend, gone[i]);
	}
	struct known_host *host;
	struct known_host *next_host;
	HASH_ITER(hh, backend->hosts, host, next_host) {
		if (!host->seen) {
			told_forget_host(backend, host);
		}
	}
	return status;
}

static void forget_seen(struct hv_backend *backend)
{
	for (struct known_host *host = backend->hosts; host; host = host->hh.next) {
		host->seen = false;
	}
	for (size_t i = 0; i < backend->vms.capacity; i++) {
		backend->vms.places[i].seen = false;
	}
	for (struct known_operation *operation = backend->operations; operation; operation = operation->hh.next) {
		operation->seen = false;
	}
}

enum hv_status load_picture(struct hv_backend *backend, struct hv_error *err)
{
	int64_t sequence;
	forget_seen(backend);
	/* the number first: what changes while the rows are read comes again by the feed */
	enum hv_status status = backend->store->ops->last_change(backend->store, &sequence, err);
	if (status == HV_OK) {
		status = caller_look(backend, err);
	}
	if (status == HV_OK) {
		picture_look_at_limit(backend);
		names_look_again(backend);
		status = load_everything(backend, err);
	}
	if (status == HV_OK && !backend->stop) { /* what was not read is not gone */
		status = sweep(backend, err);
	}
	if (status == HV_OK) {
		backend->sequence = sequence;
	}
	events_flush(backend->events);
	return status;
}

/* --- what a command asks for --- */

static enum hv_status load_operations_of(struct hv_backend *backend, int64_t vm_id, struct hv_error *err)
{
	struct operation_list live = {0};
	enum hv_status status = backend->store->ops->operation_live(backend->store, 0, vm_id, &live, err);
	for (size_t i = 0; status == HV_OK && i < live.count; i++) {
		status = publish_operation_row(backend, &live.items[i], err);
	}
	operation_list_clear(&live);
	return status;
}

static enum hv_status load_named(struct hv_backend *backend, const char *name, struct hv_error *err)
{
	struct virtual_machine_list vms = {0};
	enum hv_status status = caller_look(backend, err);
	if (status == HV_OK) {
		status = backend->store->ops->vm_find(backend->store, name, &vms, err);
	}
	for (size_t i = 0; status == HV_OK && i < vms.count; i++) {
		status = publish_vm(backend, vms.items[i].id, err);
		if (status == HV_OK) {
			status = load_operations_of(backend, vms.items[i].id, err);
		}
	}
	virtual_machine_list_clear(&vms);
	return status;
}

void handle_load(struct hv_backend *backend, const struct request *request)
{
	struct hv_error error = {0};
	backend->wants_all = backend->wants_all || !request->name;
	enum hv_status status = request->name ? load_named(backend, request->name, &error)
					      : load_picture(backend, &error);
	if (status != HV_OK) {
		publish_failure(backend, &error);
		return;
	}
	if (!backend->stop) { /* in the middle of it: there is nobody any more to tell */
		events_add(backend->events, event_new(HV_EVENT_LOADED));
	}
}
