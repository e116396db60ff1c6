/* A page of the snapshot list (L1): a query of the store, its rows as one value. */
#include "backend/backend_internal.h"

#include <stdlib.h>

#define PAGE_ROWS 1000

struct page {
	struct hv_snapshot *rows; /* own their strings */
	size_t count;
	size_t capacity;
};

/* Strings of a row that is being collected: ours, though the value's readers see them as const. */
static void free_text(const char *text)
{
	free((void *)(uintptr_t)text);
}

static void page_clear(struct page *page)
{
	for (size_t i = 0; i < page->count; i++) {
		const struct hv_snapshot *row = &page->rows[i];
		free_text(row->name);
		free_text(row->display_name);
		free_text(row->description);
		free_text(row->parent_name);
		free_text(row->vm_name);
		free_text(row->host_name);
		free_text(row->account);
		free_text(row->domain);
		free_text(row->created_by);
	}
	free(page->rows);
}

static bool take_row(void *context, const struct snapshot_row *row)
{
	struct page *page = context;
	const struct snapshot *snapshot = row->snapshot;
	HV_GROW(page->rows, page->count, page->capacity);
	page->rows[page->count++] = (struct hv_snapshot){
		.id = snapshot->uuid,
		.name = hv_strdup(snapshot->name),
		.display_name = hv_strdup(snapshot->display_name),
		.description = hv_strdup_null(snapshot->description),
		.state = snapshot->state,
		.type = snapshot->type,
		.current = snapshot->current,
		.parent = row->parent_uuid ? *row->parent_uuid : (struct hv_uuid){{0}},
		.parent_name = hv_strdup_null(row->parent_display_name),
		.created_us = snapshot->created_us,
		.size_bytes = snapshot->size_bytes,
		.vm = *row->vm_uuid,
		.vm_name = hv_strdup(row->vm_name),
		.host_name = hv_strdup(row->host_name),
		.account = hv_strdup(row->account ? row->account : ""),
		.domain = hv_strdup(row->domain ? row->domain : ""),
		.created_by = hv_strdup_null(snapshot->created_by),
		.page_id = snapshot->id,
	};
	return true;
}

static enum hv_status translate(struct hv_backend *backend, const struct hv_snapshot_query *query,
	struct snapshot_query *ret_query, struct hv_error *err)
{
	*ret_query = (struct snapshot_query){
		.account = query->account,
		.domain = query->domain,
		.domain_recursive = query->domain_recursive,
		.state = query->state,
		.type = query->type,
		.name = query->name,
		.ids = query->ids,
		.id_count = query->id_count,
		.keyword = query->keyword,
		.seen_by = caller_scope(backend),
		.limit = (query->limit > 0 ? query->limit : PAGE_ROWS) +
			 1, /* one more tells whether more follow */
		.offset = query->offset,
		.after_created_us = query->after_created_us,
		.after_id = query->after_id,
	};
	if (query->older_than_us > 0) {
		ret_query->created_before_us =
			hv_clock_wall_us(&backend->clock) - query->older_than_us;
	}
	if (!query->vm) {
		return HV_OK;
	}
	struct virtual_machine vm = {0};
	enum hv_status status =
		caller_find_vm(backend, query->vm, &vm, err);
	if (status == HV_OK) {
		ret_query->vm_id = vm.id;
		virtual_machine_clear(&vm);
	}
	return status;
}

void handle_list(struct hv_backend *backend, const struct request *request)
{
	struct snapshot_query query;
	struct hv_error error = {0};
	struct page page = {0};
	int64_t total = -1;
	bool is_first = request->query.after_created_us == 0 && request->query.after_id == 0;
	enum hv_status status = caller_look(backend, &error);
	if (status == HV_OK) {
		status = translate(backend, &request->query, &query, &error);
	}
	if (status == HV_OK) {
		status = backend->store->ops->snapshot_query(
			backend->store, &query, take_row, &page, is_first ? &total : NULL, &error);
	}
	if (status != HV_OK) {
		publish_refusal(backend, request->ticket, &error);
		page_clear(&page);
		return;
	}
	size_t limit = (size_t)query.limit - 1;
	struct hv_snapshot_page value = {
		.rows = page.rows,
		.count = page.count < limit ? page.count : limit,
		.total = total,
		.more = page.count > limit,
	};
	struct hv_event *event = event_new(HV_EVENT_SNAPSHOTS);
	event->ticket = request->ticket;
	event->page = hv_snapshot_page_new(&value);
	events_add(backend->events, event);
	page_clear(&page);
}
