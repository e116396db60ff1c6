/*
 * The audit log (A2): rows are appended and read, never changed.
 *
 * The statement that reads is put together from fixed pieces, one for each filter that is given; values are always
 * bound, in the order of the pieces. The id drives: it is the order of writing, also when a clock was set back.
 */
#include "backend/store/sqlite/sqlite_store.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/store/sqlite/statement.h"

void store_set_origin(struct store *base, const char *origin)
{
	hv_replace_string(&sqlite_store(base)->origin, origin);
}

enum hv_status store_event_insert(struct store *base, int64_t now_us, const char *who, const char *what,
	const char *details, int64_t vm_id, int64_t snapshot_id, enum hv_status outcome, struct hv_error *err)
{
	static const char sql[] =
		"INSERT INTO event (created, who, origin, what, details, vm_id, vm_snapshot_id, outcome)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
	struct sqlite_store *store = sqlite_store(base);
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, now_us);
	query_text(&query, who ? who : "");
	query_text(&query, store->origin);
	query_text(&query, what);
	query_text(&query, details);
	query_reference(&query, vm_id);
	query_reference(&query, snapshot_id);
	query_text(&query, hv_status_name(outcome));
	return query_run(&query, NULL, err);
}

/* A filter: its piece of the statement, and what is bound to it: the text when there is one, then the number if not 0. */
struct filter {
	bool given;
	const char *condition;
	const char *text;
	int64_t number;
};

#define FILTER_COUNT 6

/* A1: what concerns VMs of the caller's account, or of its domain or one below: "/a/" begins "/a/" and "/a/b/". */
static const char by_caller[] =
	" AND e.vm_id IN (SELECT v.id FROM vm_instance v JOIN domain d ON d.id = v.domain_id"
	" WHERE instr(d.path || '/', ?) = 1 OR v.account_id = ?)";

/* `seen_domain`: the caller's, with a slash at its end. */
static void make_filters(
	const struct event_query *query, const char *seen_domain, struct filter filters[FILTER_COUNT])
{
	const struct filter made[FILTER_COUNT] = {
		{query->who != NULL, " AND e.who = ?", query->who, 0},
		{query->what != NULL, " AND e.what = ?", query->what, 0},
		{query->vm_id != 0, " AND e.vm_id = ?", NULL, query->vm_id},
		{query->since_us != 0, " AND e.created >= ?", NULL, query->since_us},
		{query->failed, " AND e.outcome <> ?", hv_status_name(HV_OK), 0},
		{query->seen_by && query->seen_by->role != ACCOUNT_ADMINISTRATOR, by_caller, seen_domain,
			query->seen_by ? query->seen_by->id : 0},
	};
	for (size_t i = 0; i < FILTER_COUNT; i++) {
		filters[i] = made[i];
	}
}

static void add_filters(struct hv_text *sql, const struct filter filters[FILTER_COUNT])
{
	hv_text_puts(sql, " WHERE 1");
	for (size_t i = 0; i < FILTER_COUNT; i++) {
		if (filters[i].given) {
			hv_text_puts(sql, filters[i].condition);
		}
	}
}

static void bind_filters(struct query *query, const struct filter filters[FILTER_COUNT])
{
	for (size_t i = 0; i < FILTER_COUNT; i++) {
		if (filters[i].given && filters[i].text) {
			query_text(query, filters[i].text);
		}
		if (filters[i].given && (!filters[i].text || filters[i].number != 0)) {
			query_int(query, filters[i].number);
		}
	}
}

static enum hv_status count_events(struct sqlite_store *store, const struct filter filters[FILTER_COUNT],
	int64_t *ret_total, struct hv_error *err)
{
	HV_CLEANUP(query_end) struct query query = {0};
	struct hv_text text = HV_TEXT_INIT;
	bool row = false;
	hv_text_puts(&text, "SELECT count(*) FROM event e");
	add_filters(&text, filters);
	HV_CLEANUP_FREE char *sql = hv_text_detach(&text);
	enum hv_status status = query_start_text(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	bind_filters(&query, filters);
	status = query_next(&query, &row, err);
	if (status == HV_OK) {
		*ret_total = read_int(&query);
	}
	return status;
}

static char *make_row_sql(const struct filter filters[FILTER_COUNT], bool has_start)
{
	struct hv_text sql = HV_TEXT_INIT;
	hv_text_puts(&sql,
		"SELECT e.id, e.created, e.who, e.origin, e.what, e.details, v.uuid, v.name, s.uuid, s.display_name,"
		" e.outcome FROM event e LEFT JOIN vm_instance v ON v.id = e.vm_id"
		" LEFT JOIN vm_snapshots s ON s.id = e.vm_snapshot_id");
	add_filters(&sql, filters);
	if (has_start) {
		hv_text_puts(&sql, " AND e.id < ?");
	}
	hv_text_puts(&sql, " ORDER BY e.id DESC LIMIT ? OFFSET ?");
	return hv_text_detach(&sql);
}

/* Hand over the row that the statement stands on. */
static enum hv_status tell_event(struct query *query,
	bool (*each)(void *context, const struct event_row *row), void *context, bool *ret_more,
	struct hv_error *err)
{
	struct event_row row = {.id = read_int(query)};
	row.created_us = read_int(query);
	row.who = read_borrowed(query);
	HV_CLEANUP_FREE char *origin = read_text(query);
	row.origin = origin;
	row.what = read_borrowed(query);
	HV_CLEANUP_FREE char *details = read_text(query);
	row.details = details;
	row.vm = read_uuid(query);
	HV_CLEANUP_FREE char *vm_name = read_text(query);
	row.vm_name = vm_name;
	row.snapshot = read_uuid(query);
	HV_CLEANUP_FREE char *snapshot_name = read_text(query);
	row.snapshot_name = snapshot_name;
	row.outcome = read_status(query);
	enum hv_status status = read_check(query, "event", err);
	if (status == HV_OK) {
		*ret_more = each(context, &row);
	}
	return status;
}

static enum hv_status tell_events(struct sqlite_store *store, const struct event_query *asked,
	const struct filter filters[FILTER_COUNT], bool (*each)(void *context, const struct event_row *row),
	void *context, struct hv_error *err)
{
	HV_CLEANUP(query_end) struct query query = {0};
	HV_CLEANUP_FREE char *sql = make_row_sql(filters, asked->before_id != 0);
	bool row = false;
	bool more = true;
	enum hv_status status = query_start_text(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	bind_filters(&query, filters);
	if (asked->before_id != 0) {
		query_int(&query, asked->before_id);
	}
	query_int(&query, asked->limit > 0 ? asked->limit : -1);
	query_int(&query, asked->offset > 0 ? asked->offset : 0);
	while (more && status == HV_OK && (status = query_next(&query, &row, err)) == HV_OK && row) {
		status = tell_event(&query, each, context, &more, err);
	}
	return status;
}

enum hv_status store_event_query(struct store *base, const struct event_query *query,
	bool (*each)(void *context, const struct event_row *row), void *context, int64_t *ret_total,
	struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	struct filter filters[FILTER_COUNT];
	int64_t total = 0;
	enum hv_status status = HV_OK;
	const char *domain = query->seen_by ? query->seen_by->domain : "";
	HV_CLEANUP_FREE char *seen_domain = hv_sprintf("%s%s", domain, strcmp(domain, "/") == 0 ? "" : "/");
	make_filters(query, seen_domain, filters);
	if (ret_total) {
		status = count_events(store, filters, &total, err);
	}
	if (status == HV_OK) {
		status = tell_events(store, query, filters, each, context, err);
	}
	if (status == HV_OK && ret_total) {
		*ret_total = total;
	}
	return status;
}
