/* Offerings (X4) and what hypervisors can do (X5): lists for everybody, changes for administrators. */
#include "backend/backend_internal.h"

#include <stdlib.h>

void handle_offerings(struct hv_backend *backend, const struct request *request)
{
	struct service_offering_list list = {0};
	struct hv_error error = {0};
	enum hv_status status = caller_look(backend, &error);
	if (status == HV_OK) {
		status = backend->store->ops->offering_list(backend->store, caller_scope(backend), &list, &error);
	}
	if (status != HV_OK) {
		publish_refusal(backend, request->ticket, &error);
		service_offering_list_clear(&list);
		return;
	}
	struct hv_offering *rows = hv_realloc_array(NULL, list.count, sizeof *rows);
	for (size_t i = 0; i < list.count; i++) {
		const struct service_offering *row = &list.items[i];
		rows[i] = (struct hv_offering){row->name, row->cpus, row->memory_bytes, row->vm_count};
	}
	struct hv_event *event = event_new(HV_EVENT_OFFERINGS);
	event->ticket = request->ticket;
	event->offerings = hv_offering_list_new(&(struct hv_offering_list){rows, list.count});
	events_add(backend->events, event);
	free(rows);
	service_offering_list_clear(&list);
}

void handle_capabilities(struct hv_backend *backend, const struct request *request)
{
	struct hypervisor_capability_list list = {0};
	struct hv_error error = {0};
	if (backend->store->ops->capability_list(backend->store, &list, &error) != HV_OK) {
		publish_refusal(backend, request->ticket, &error);
		hypervisor_capability_list_clear(&list);
		return;
	}
	struct hv_capability *rows = hv_realloc_array(NULL, list.count, sizeof *rows);
	for (size_t i = 0; i < list.count; i++) {
		const struct hypervisor_capability *row = &list.items[i];
		rows[i] = (struct hv_capability){row->hypervisor, row->version, row->snapshots};
	}
	struct hv_event *event = event_new(HV_EVENT_CAPABILITIES);
	event->ticket = request->ticket;
	event->capabilities = hv_capability_list_new(&(struct hv_capability_list){rows, list.count});
	events_add(backend->events, event);
	free(rows);
	hypervisor_capability_list_clear(&list);
}

static void answer(struct hv_backend *backend, const struct request *request, enum hv_status status,
	const struct hv_error *error)
{
	if (status != HV_OK) {
		publish_refusal(backend, request->ticket, error);
		return;
	}
	struct hv_event *event = event_new(HV_EVENT_ACCEPTED);
	event->ticket = request->ticket;
	events_add(backend->events, event);
}

void handle_offering_change(struct hv_backend *backend, const struct request *request)
{
	struct hv_error error = {0};
	struct engine_offering change = {
		.remove = request->kind == REQUEST_OFFERING_REMOVE,
		.name = request->offering.name ? request->offering.name : "",
		.cpus = request->offering.cpus,
		.memory_bytes = request->offering.memory_bytes,
		.requested_by = backend->user,
	};
	answer(backend, request, engine_change_offering(backend->engine, &change, &error), &error);
	names_clear(backend); /* a number may belong to another offering now */
}

void handle_capability_set(struct hv_backend *backend, const struct request *request)
{
	struct hv_error error = {0};
	const char *version = request->capability.version ? request->capability.version : "";
	answer(backend, request,
		engine_set_capability(
			backend->engine, version, request->capability.snapshots, backend->user, &error),
		&error);
}
