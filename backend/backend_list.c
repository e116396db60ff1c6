/* A page of the snapshot list (L1): a query of the store, its rows as one value. */
#include "backend/backend_internal.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_ROWS 1000
#define TEXTS_BYTES (1 << 16)

/* Texts of the rows that are collected, one after the other: a row costs no allocation. */
struct texts {
	struct texts *before;
	size_t used, capacity;
	char bytes[];
};

struct page {
	struct hv_snapshot *rows;
	size_t count;
	size_t capacity;
	struct texts *texts;
};

static struct texts *texts_with_room(struct page *page, size_t size)
{
	if (!page->texts || page->texts->capacity - page->texts->used < size) {
		size_t capacity = size > TEXTS_BYTES ? size : TEXTS_BYTES;
		struct texts *texts = hv_alloc(sizeof *texts + capacity);
		texts->capacity = capacity;
		texts->before = page->texts;
		page->texts = texts;
	}
	return page->texts;
}

/* NULL stays NULL. */
static const char *keep(struct page *page, const char *text)
{
	if (!text) {
		return NULL;
	}
	size_t size = strlen(text) + 1;
	struct texts *texts = texts_with_room(page, size);
	char *copy = memcpy(texts->bytes + texts->used, text, size);
	texts->used += size;
	return copy;
}

static void page_clear(struct page *page)
{
	while (page->texts) {
		struct texts *before = page->texts->before;
		free(page->texts);
		page->texts = before;
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
		.name = keep(page, snapshot->name),
		.display_name = keep(page, snapshot->display_name),
		.description = keep(page, snapshot->description),
		.state = snapshot->state,
		.type = snapshot->type,
		.current = snapshot->current,
		.parent = row->parent_uuid ? *row->parent_uuid : (struct hv_uuid){{0}},
		.parent_name = keep(page, row->parent_display_name),
		.created_us = snapshot->created_us,
		.size_bytes = snapshot->size_bytes,
		.vm = *row->vm_uuid,
		.vm_name = keep(page, row->vm_name),
		.host_name = keep(page, row->host_name),
		.account = keep(page, row->account ? row->account : ""),
		.domain = keep(page, row->domain ? row->domain : ""),
		.created_by = keep(page, snapshot->created_by),
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
		.oldest_first = query->oldest_first,
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
	bool is_counted = request->query.after_created_us == 0 && request->query.after_id == 0 &&
			  !request->query.uncounted;
	enum hv_status status = caller_look(backend, &error);
	if (status == HV_OK) {
		status = translate(backend, &request->query, &query, &error);
	}
	if (status == HV_OK) {
		status = backend->store->ops->snapshot_query(
			backend->store, &query, take_row, &page, is_counted ? &total : NULL, &error);
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
