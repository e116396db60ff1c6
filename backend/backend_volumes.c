/* Volumes and volume snapshots (X2, X3): what an act says of them, and their list. */
#include "backend/backend_internal.h"

#include <stdlib.h>

#define PAGE_ROWS 1000

static enum hv_status find_copy(struct hv_backend *backend, int64_t vm_id, const struct hv_uuid *uuid,
	struct volume_snapshot *ret_copy, struct hv_error *err)
{
	enum hv_status status =
		backend->store->ops->volume_snapshot_by_uuid(backend->store, uuid, ret_copy, err);
	if (status == HV_OK && (ret_copy->vm_id != vm_id || ret_copy->removed_us != 0)) {
		volume_snapshot_clear(ret_copy);
		status = hv_error_set(err, HV_ERR_NOT_FOUND, "the VM has no such volume snapshot any more");
	}
	return status;
}

static enum hv_status find_offering(
	struct hv_backend *backend, const char *name, int64_t *ret_id, struct hv_error *err)
{
	struct service_offering offering = {0};
	enum hv_status status =
		backend->store->ops->offering_by_name(backend->store, name ? name : "", &offering, err);
	*ret_id = offering.id;
	service_offering_clear(&offering);
	return status;
}

/* Those that are gone meanwhile are not discarded any more. */
static void find_discards(
	struct hv_backend *backend, const struct hv_act *act, struct engine_request *request)
{
	int64_t *ids = hv_realloc_array(NULL, act->discard_count, sizeof *ids);
	request->discards = ids;
	for (size_t i = 0; i < act->discard_count; i++) {
		struct snapshot row = {0};
		if (backend->store->ops->snapshot_by_uuid(backend->store, &act->discards[i], &row, NULL) == HV_OK) {
			ids[request->discard_count++] = row.id;
			snapshot_clear(&row);
		}
	}
}

enum hv_status volumes_translate(struct hv_backend *backend, const struct hv_act *act,
	struct engine_request *request, struct hv_error *err)
{
	struct volume_snapshot copy = {0};
	enum hv_status status = HV_OK;
	if (act->kind == OPERATION_SCALE_VM) {
		status = find_offering(backend, act->offering, &request->offering_id, err);
		find_discards(backend, act, request);
	} else if (act->kind == OPERATION_DELETE_VOLUME_SNAPSHOT) {
		status = find_copy(backend, request->vm_id, &act->volume_snapshot, &copy, err);
		request->volume_snapshot_id = copy.id;
		volume_snapshot_clear(&copy);
	}
	return status;
}

void volumes_translated_clear(struct engine_request *request)
{
	free((void *)(uintptr_t)request->discards); /* ours, though the engine sees it as const */
	request->discards = NULL;
}

static bool is_root(struct hv_backend *backend, int64_t vm_id, const struct hv_uuid *volume)
{
	struct volume_list list = {0};
	bool root = false;
	if (backend->store->ops->volume_list(backend->store, vm_id, &list, NULL) == HV_OK) {
		for (size_t i = 0; i < list.count; i++) {
			root = root || (list.items[i].root && hv_uuid_equal(&list.items[i].uuid, volume));
		}
	}
	volume_list_clear(&list);
	return root;
}

int64_t volumes_chain_bytes(struct hv_backend *backend, int64_t vm_id, const struct hv_uuid *volume)
{
	struct volume_list list = {0};
	int64_t bytes = 0;
	if (backend->store->ops->volume_list(backend->store, vm_id, &list, NULL) == HV_OK) {
		for (size_t i = 0; i < list.count; i++) {
			bytes = hv_uuid_equal(&list.items[i].uuid, volume) ? list.items[i].chain_bytes : bytes;
		}
	}
	volume_list_clear(&list);
	return bytes;
}

void volumes_facts(struct hv_backend *backend, const struct hv_act *act, const struct virtual_machine *vm,
	struct rule_facts *facts)
{
	struct volume_snapshot copy = {0};
	if (!hv_uuid_is_nil(&act->volume)) {
		facts->root_volume = is_root(backend, vm->id, &act->volume);
	}
	if (act->kind == OPERATION_DELETE_VOLUME_SNAPSHOT) {
		facts->has_target = find_copy(backend, vm->id, &act->volume_snapshot, &copy, NULL) == HV_OK;
		facts->snapshot_state = facts->has_target ? copy.state : SNAPSHOT_REMOVED;
		volume_snapshot_clear(&copy);
	}
}

struct hv_volume_snapshot *volumes_rows(const struct volume_snapshot_list *list)
{
	struct hv_volume_snapshot *rows = hv_realloc_array(NULL, list->count, sizeof *rows);
	for (size_t i = 0; i < list->count; i++) {
		const struct volume_snapshot *copy = &list->items[i];
		rows[i] = (struct hv_volume_snapshot){
			.id = copy->uuid,
			.name = copy->name,
			.state = copy->state,
			.volume = copy->volume,
			.volume_name = copy->volume_name,
			.path = copy->path,
			.size_bytes = copy->size_bytes,
			.created_us = copy->created_us,
			.created_by = copy->created_by,
			.page_id = copy->id,
		};
	}
	return rows;
}

/* ---- the list ---- */

struct copies {
	struct hv_volume_snapshot *rows; /* own their strings */
	size_t count;
	size_t capacity;
};

static void free_text(const char *text)
{
	free((void *)(uintptr_t)text);
}

static void copies_clear(struct copies *copies)
{
	for (size_t i = 0; i < copies->count; i++) {
		const struct hv_volume_snapshot *row = &copies->rows[i];
		free_text(row->name);
		free_text(row->volume_name);
		free_text(row->path);
		free_text(row->created_by);
		free_text(row->vm_name);
		free_text(row->host_name);
		free_text(row->account);
		free_text(row->domain);
	}
	free(copies->rows);
}

static bool take_row(void *context, const struct volume_snapshot_row *row)
{
	struct copies *copies = context;
	const struct volume_snapshot *copy = row->snapshot;
	HV_GROW(copies->rows, copies->count, copies->capacity);
	copies->rows[copies->count++] = (struct hv_volume_snapshot){
		.id = copy->uuid,
		.name = hv_strdup(copy->name),
		.state = copy->state,
		.volume = copy->volume,
		.volume_name = hv_strdup_null(copy->volume_name),
		.path = hv_strdup_null(copy->path),
		.size_bytes = copy->size_bytes,
		.created_us = copy->created_us,
		.created_by = hv_strdup_null(copy->created_by),
		.vm = *row->vm_uuid,
		.vm_name = hv_strdup(row->vm_name),
		.host_name = hv_strdup(row->host_name),
		.account = hv_strdup(row->account),
		.domain = hv_strdup(row->domain),
		.page_id = copy->id,
	};
	return true;
}

static enum hv_status translate_query(struct hv_backend *backend, const struct hv_volume_snapshot_query *query,
	struct volume_snapshot_query *ret_query, struct hv_error *err)
{
	*ret_query = (struct volume_snapshot_query){
		.account = query->account,
		.domain = query->domain,
		.domain_recursive = query->domain_recursive,
		.state = query->state,
		.name = query->name,
		.ids = query->ids,
		.id_count = query->id_count,
		.keyword = query->keyword,
		.seen_by = caller_scope(backend),
		.limit = (query->limit > 0 ? query->limit : PAGE_ROWS) + 1, /* one more tells whether more follow */
		.offset = query->offset,
		.after_created_us = query->after_created_us,
		.after_id = query->after_id,
	};
	if (query->older_than_us > 0) {
		ret_query->created_before_us = hv_clock_wall_us(&backend->clock) - query->older_than_us;
	}
	struct virtual_machine vm = {0};
	enum hv_status status = query->vm ? caller_find_vm(backend, query->vm, &vm, err) : HV_OK;
	ret_query->vm_id = vm.id;
	virtual_machine_clear(&vm);
	return status;
}

void handle_volume_snapshots(struct hv_backend *backend, const struct request *request)
{
	struct volume_snapshot_query query;
	struct hv_error error = {0};
	struct copies copies = {0};
	int64_t total = -1;
	bool is_first = request->copies.after_created_us == 0 && request->copies.after_id == 0;
	enum hv_status status = caller_look(backend, &error);
	if (status == HV_OK) {
		status = translate_query(backend, &request->copies, &query, &error);
	}
	if (status == HV_OK) {
		status = backend->store->ops->volume_snapshot_query(
			backend->store, &query, take_row, &copies, is_first ? &total : NULL, &error);
	}
	if (status != HV_OK) {
		publish_refusal(backend, request->ticket, &error);
		copies_clear(&copies);
		return;
	}
	size_t limit = (size_t)query.limit - 1;
	struct hv_volume_snapshot_page value = {
		.rows = copies.rows,
		.count = copies.count < limit ? copies.count : limit,
		.total = total,
		.more = copies.count > limit,
	};
	struct hv_event *event = event_new(HV_EVENT_VOLUME_SNAPSHOTS);
	event->ticket = request->ticket;
	event->copies = hv_volume_snapshot_page_new(&value);
	events_add(backend->events, event);
	copies_clear(&copies);
}
