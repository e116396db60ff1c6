/* A page of the audit log (A2): a query of the store, its rows as one value. */
#include "backend/backend_internal.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_ROWS 1000

struct log_page {
	struct hv_log_row *rows; /* own their strings */
	size_t count;
	size_t capacity;
};

/* Strings of a row that is being collected: ours, though the value's readers see them as const. */
static void free_text(const char *text)
{
	free((void *)(uintptr_t)text);
}

static void log_page_clear(struct log_page *page)
{
	for (size_t i = 0; i < page->count; i++) {
		const struct hv_log_row *row = &page->rows[i];
		free_text(row->who);
		free_text(row->from);
		free_text(row->what);
		free_text(row->details);
		free_text(row->vm_name);
		free_text(row->snapshot_name);
	}
	free(page->rows);
}

/* "machine:pid" of an owner's text: what comes after tells consoles apart, and tells people nothing. */
static char *place_of(const char *origin)
{
	const char *pid = origin ? strchr(origin, ':') : NULL;
	const char *end = pid ? strchr(pid + 1, ':') : NULL;
	return end ? hv_strndup(origin, (size_t)(end - origin)) : hv_strdup_null(origin);
}

static bool take_row(void *context, const struct event_row *row)
{
	struct log_page *page = context;
	HV_GROW(page->rows, page->count, page->capacity);
	page->rows[page->count++] = (struct hv_log_row){
		.id = row->id,
		.created_us = row->created_us,
		.who = hv_strdup(row->who),
		.from = place_of(row->origin),
		.what = hv_strdup(row->what),
		.details = hv_strdup_null(row->details),
		.vm = row->vm,
		.vm_name = hv_strdup_null(row->vm_name),
		.snapshot = row->snapshot,
		.snapshot_name = hv_strdup_null(row->snapshot_name),
		.outcome = row->outcome,
	};
	return true;
}

static enum hv_status translate(struct hv_backend *backend, const struct hv_log_query *query,
	struct event_query *ret_query, struct hv_error *err)
{
	*ret_query = (struct event_query){
		.who = query->who,
		.what = query->what,
		.failed = query->failed,
		.seen_by = caller_scope(backend),
		.limit = (query->limit > 0 ? query->limit : PAGE_ROWS) +
			 1, /* one more tells whether more follow */
		.offset = query->offset,
		.before_id = query->before_id,
	};
	if (query->younger_than_us > 0) {
		ret_query->since_us = hv_clock_wall_us(&backend->clock) - query->younger_than_us;
	}
	if (!query->vm) {
		return HV_OK;
	}
	struct virtual_machine vm = {0};
	enum hv_status status = caller_find_vm(backend, query->vm, &vm, err);
	if (status == HV_OK) {
		ret_query->vm_id = vm.id;
		virtual_machine_clear(&vm);
	}
	return status;
}

void handle_log(struct hv_backend *backend, const struct request *request)
{
	struct event_query query;
	struct hv_error error = {0};
	struct log_page page = {0};
	int64_t total = -1;
	enum hv_status status = caller_look(backend, &error);
	if (status == HV_OK) {
		status = translate(backend, &request->log, &query, &error);
	}
	if (status == HV_OK) {
		status = backend->store->ops->event_query(backend->store, &query, take_row, &page,
			request->log.before_id == 0 ? &total : NULL, &error);
	}
	if (status != HV_OK) {
		publish_refusal(backend, request->ticket, &error);
		log_page_clear(&page);
		return;
	}
	size_t limit = (size_t)query.limit - 1;
	struct hv_log_page value = {
		.rows = page.rows,
		.count = page.count < limit ? page.count : limit,
		.total = total,
		.more = page.count > limit,
	};
	struct hv_event *event = event_new(HV_EVENT_LOG);
	event->ticket = request->ticket;
	event->log = hv_log_page_new(&value);
	events_add(backend->events, event);
	log_page_clear(&page);
}
