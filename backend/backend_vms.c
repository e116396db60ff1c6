/* A page of the list of VMs (L1): a query of the store, its rows as one value. */
#include "backend/backend_internal.h"

#include <stdlib.h>

#define PAGE_ROWS 1000

struct vm_rows {
	struct hv_backend *backend;
	struct operation_list live;
	const struct hv_vm **values;
	size_t count;
	size_t capacity;
};

static bool take_row(void *context, const struct virtual_machine *vm)
{
	struct vm_rows *rows = context;
	HV_GROW(rows->values, rows->count, rows->capacity);
	rows->values[rows->count++] = picture_vm(rows->backend, vm, &rows->live);
	return true;
}

static void rows_clear(struct vm_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		hv_vm_unref(rows->values[i]);
	}
	free(rows->values);
	operation_list_clear(&rows->live);
}

static enum vm_sort sort_of(enum hv_vm_sort sort)
{
	static const enum vm_sort sorts[HV_VM_SORT_COUNT] = {
		[HV_VM_SORT_PLACE] = VM_SORT_PLACE,
		[HV_VM_SORT_NAME] = VM_SORT_NAME,
		[HV_VM_SORT_STATE] = VM_SORT_STATE,
		[HV_VM_SORT_SNAPSHOTS] = VM_SORT_SNAPSHOTS,
		[HV_VM_SORT_CHAIN] = VM_SORT_CHAIN,
		[HV_VM_SORT_SIZE] = VM_SORT_SIZE,
		[HV_VM_SORT_OLDEST] = VM_SORT_OLDEST,
	};
	return (size_t)sort < HV_VM_SORT_COUNT ? sorts[sort] : VM_SORT_PLACE;
}

static enum hv_status translate(struct hv_backend *backend, const struct hv_vm_query *query,
	struct vm_query *ret_query, struct hv_error *err)
{
	*ret_query = (struct vm_query){
		.account = query->account,
		.domain = query->domain,
		.domain_recursive = query->domain_recursive,
		.state = query->state,
		.name = query->name,
		.ids = query->ids,
		.id_count = query->id_count,
		.keyword = query->keyword,
		.snapshots = query->snapshots,
		.seen_by = caller_scope(backend),
		.sort = sort_of(query->sort),
		.descending = query->descending,
		.limit = (query->limit > 0 ? query->limit : PAGE_ROWS) + 1, /* one more tells whether more follow */
		.offset = query->offset,
	};
	if (query->older_than_us > 0) {
		ret_query->oldest_before_us = hv_clock_wall_us(&backend->clock) - query->older_than_us;
	}
	if (query->host) {
		const struct known_host *host = hosts_find_uuid(backend, query->host);
		if (!host) {
			return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such host");
		}
		ret_query->host_id = host->id;
	}
	struct virtual_machine after = {0};
	if (!hv_uuid_is_nil(&query->after) && caller_find_vm(backend, &query->after, &after, err) != HV_OK) {
		return hv_error_set(err, HV_ERR_CONFLICT, "the VM that the page ended with is gone; list again");
	}
	ret_query->after_id = after.id;
	virtual_machine_clear(&after);
	return HV_OK;
}

static void answer(struct hv_backend *backend, const struct request *request, const struct vm_rows *rows,
	size_t limit, int64_t total)
{
	size_t count = rows->count < limit ? rows->count : limit;
	HV_CLEANUP_FREE struct hv_vm *values = hv_realloc_array(NULL, count, sizeof *values);
	for (size_t i = 0; i < count; i++) {
		values[i] = *rows->values[i]; /* borrows its strings */
	}
	struct hv_vm_page page = {.rows = values, .count = count, .total = total, .more = rows->count > limit};
	struct hv_event *event = event_new(HV_EVENT_VMS);
	event->ticket = request->ticket;
	event->vms = hv_vm_page_new(&page);
	events_add(backend->events, event);
}

void handle_vms(struct hv_backend *backend, const struct request *request)
{
	const struct store_ops *ops = backend->store->ops;
	struct vm_query query;
	struct hv_error error = {0};
	struct vm_rows rows = {.backend = backend};
	int64_t total = -1;
	enum hv_status status = caller_look(backend, &error);
	if (status == HV_OK) {
		status = translate(backend, &request->vms, &query, &error);
	}
	if (status == HV_OK) {
		status = ops->operation_live(backend->store, 0, 0, &rows.live, &error);
	}
	if (status == HV_OK) {
		status = ops->vm_query(
			backend->store, &query, take_row, &rows, query.after_id == 0 ? &total : NULL, &error);
	}
	if (status == HV_OK) {
		answer(backend, request, &rows, (size_t)query.limit - 1, total);
	} else {
		publish_refusal(backend, request->ticket, &error);
	}
	rows_clear(&rows);
}
