/*
 * Listing volume snapshots by any combination of filters (L1, X3), newest first. As in query.c, the statement is put
 * together from fixed pieces, one for each filter that is given, and values are always bound.
 */
#include "backend/store/sqlite/sqlite_store.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/store/sqlite/statement.h"

enum parameter {
	PARAMETER_VM = 1,
	PARAMETER_ACCOUNT,
	PARAMETER_DOMAIN, /* with a slash at its end */
	PARAMETER_STATE,
	PARAMETER_NAME,
	PARAMETER_IDS,
	PARAMETER_ID_COUNT,
	PARAMETER_KEYWORD,
	PARAMETER_CREATED_BEFORE,
	PARAMETER_AFTER_CREATED,
	PARAMETER_AFTER_ID,
	PARAMETER_LIMIT,
	PARAMETER_OFFSET,
	PARAMETER_SEEN_ACCOUNT,
	PARAMETER_SEEN_DOMAIN
};

static const char joins[] = " FROM snapshots s"
			    " JOIN vm_instance v ON v.id = s.vm_id"
			    " JOIN host h ON h.id = v.host_id"
			    " JOIN account a ON a.id = s.account_id"
			    " JOIN domain d ON d.id = s.domain_id";

/* The ids come as one blob of 16 bytes each. */
#define BY_IDS                                                                                              \
	" AND s.uuid IN (WITH RECURSIVE given (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM given"          \
	" WHERE n + 1 < ?7) SELECT substr(?6, n * 16 + 1, 16) FROM given)"

struct plan {
	const struct volume_snapshot_query *query;
	char *keyword_key; /* NULL: no keyword */
	char *domain;      /* with a slash at its end, so that "/a/" begins "/a/" and "/a/b/"; NULL: any */
	char *seen_domain; /* the same */
};

static bool is_limited(const struct volume_snapshot_query *query)
{
	return query->seen_by && query->seen_by->role != ACCOUNT_ADMINISTRATOR;
}

static void add_filters(struct hv_text *sql, const struct plan *plan)
{
	const struct volume_snapshot_query *query = plan->query;
	const struct {
		bool given;
		const char *condition;
	} filters[] = {
		{query->state != SNAPSHOT_REMOVED, " AND s.removed = 0"},
		{query->vm_id != 0, " AND s.vm_id = ?1"},
		{query->account != NULL, " AND a.name = ?2"},
		{plan->domain && !query->domain_recursive, " AND rtrim(d.path, '/') || '/' = ?3"},
		{plan->domain && query->domain_recursive, " AND instr(rtrim(d.path, '/') || '/', ?3) = 1"},
		{query->state >= 0, " AND s.state = ?4"},
		{query->name != NULL, " AND s.name = ?5"},
		{query->ids && query->id_count > 0, BY_IDS},
		{plan->keyword_key != NULL, " AND (text_contains(s.name, ?8) OR text_contains(s.volume_name, ?8))"},
		{query->created_before_us != 0, " AND s.created < ?9"},
		{is_limited(query), " AND (s.account_id = ?14 OR instr(rtrim(d.path, '/') || '/', ?15) = 1)"},
	};
	hv_text_puts(sql, " WHERE 1");
	for (size_t i = 0; i < HV_ARRAY_LEN(filters); i++) {
		if (filters[i].given) {
			hv_text_puts(sql, filters[i].condition);
		}
	}
}

/* Statements of this file number their parameters: those that a statement lacks are not bound. */
static bool select_parameter(struct query *query, int parameter)
{
	query->parameter = parameter - 1;
	return parameter <= sqlite3_bind_parameter_count(query->statement);
}

static void bind_int(struct query *query, int parameter, int64_t value)
{
	if (select_parameter(query, parameter)) {
		query_int(query, value);
	}
}

static void bind_text(struct query *query, int parameter, const char *text)
{
	if (text && select_parameter(query, parameter)) {
		query_text(query, text);
	}
}

static void bind_plan(struct query *query, const struct plan *plan)
{
	const struct volume_snapshot_query *asked = plan->query;
	bind_int(query, PARAMETER_VM, asked->vm_id);
	bind_text(query, PARAMETER_ACCOUNT, asked->account);
	bind_text(query, PARAMETER_DOMAIN, plan->domain);
	if (asked->state >= 0) {
		bind_text(query, PARAMETER_STATE, snapshot_state_name((enum snapshot_state)asked->state));
	}
	bind_text(query, PARAMETER_NAME, asked->name);
	if (asked->ids && asked->id_count > 0 && select_parameter(query, PARAMETER_IDS)) {
		query_blob(query, asked->ids, asked->id_count * sizeof *asked->ids);
	}
	bind_int(query, PARAMETER_ID_COUNT, (int64_t)asked->id_count);
	bind_text(query, PARAMETER_KEYWORD, plan->keyword_key);
	bind_int(query, PARAMETER_CREATED_BEFORE, asked->created_before_us);
	bind_int(query, PARAMETER_AFTER_CREATED, asked->after_created_us);
	bind_int(query, PARAMETER_AFTER_ID, asked->after_id);
	bind_int(query, PARAMETER_LIMIT, asked->limit > 0 ? asked->limit : -1);
	bind_int(query, PARAMETER_OFFSET, asked->offset > 0 ? asked->offset : 0);
	if (is_limited(asked)) {
		bind_int(query, PARAMETER_SEEN_ACCOUNT, asked->seen_by->id);
		bind_text(query, PARAMETER_SEEN_DOMAIN, plan->seen_domain);
	}
}

static enum hv_status count_rows(
	struct sqlite_store *store, const struct plan *plan, int64_t *ret_total, struct hv_error *err)
{
	HV_CLEANUP(query_end) struct query query = {0};
	struct hv_text sql = HV_TEXT_INIT;
	bool row = false;
	hv_text_puts(&sql, "SELECT count(*)");
	hv_text_puts(&sql, joins);
	add_filters(&sql, plan);
	HV_CLEANUP_FREE char *text = hv_text_detach(&sql);
	enum hv_status status = query_start_text(&query, store, text, err);
	if (status != HV_OK) {
		return status;
	}
	bind_plan(&query, plan);
	status = query_next(&query, &row, err);
	if (status == HV_OK) {
		*ret_total = read_int(&query);
	}
	return status;
}

static enum hv_status tell_row(struct query *query,
	bool (*each)(void *context, const struct volume_snapshot_row *row), void *context, bool *ret_more,
	struct hv_error *err)
{
	struct volume_snapshot copy = {0};
	read_volume_snapshot(query, &copy);
	const char *vm_name = read_borrowed(query);
	struct hv_uuid vm_uuid = read_uuid(query);
	struct volume_snapshot_row row = {.snapshot = &copy, .vm_name = vm_name, .vm_uuid = &vm_uuid};
	row.host_name = read_borrowed(query);
	row.account = read_borrowed(query);
	row.domain = read_borrowed(query);
	enum hv_status status = read_check(query, "snapshots", err);
	if (status == HV_OK) {
		*ret_more = each(context, &row);
	}
	volume_snapshot_clear(&copy);
	return status;
}

static enum hv_status tell_rows(struct sqlite_store *store, const struct plan *plan,
	bool (*each)(void *context, const struct volume_snapshot_row *row), void *context, struct hv_error *err)
{
	HV_CLEANUP(query_end) struct query query = {0};
	struct hv_text sql = HV_TEXT_INIT;
	bool row = false;
	bool more = true;
	hv_text_puts(&sql, "SELECT " VOLUME_SNAPSHOT_COLUMNS ", v.name, v.uuid, h.name, a.name, d.path");
	hv_text_puts(&sql, joins);
	add_filters(&sql, plan);
	if (plan->query->after_created_us != 0 || plan->query->after_id != 0) {
		hv_text_puts(&sql, " AND (s.created, s.id) < (?10, ?11)");
	}
	hv_text_puts(&sql, " ORDER BY s.created DESC, s.id DESC LIMIT ?12 OFFSET ?13");
	HV_CLEANUP_FREE char *text = hv_text_detach(&sql);
	enum hv_status status = query_start_text(&query, store, text, err);
	if (status != HV_OK) {
		return status;
	}
	bind_plan(&query, plan);
	while (more && status == HV_OK && (status = query_next(&query, &row, err)) == HV_OK && row) {
		status = tell_row(&query, each, context, &more, err);
	}
	return status;
}

/* With exactly one slash at its end. */
static char *close_path(const char *path)
{
	size_t length = path ? strlen(path) : 0;
	while (length > 0 && path[length - 1] == '/') {
		length--;
	}
	return path ? hv_sprintf("%.*s/", (int)length, path) : NULL;
}

enum hv_status store_volume_snapshot_query(struct store *base, const struct volume_snapshot_query *query,
	bool (*each)(void *context, const struct volume_snapshot_row *row), void *context, int64_t *ret_total,
	struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	if (query->state >= SNAPSHOT_STATE_COUNT) {
		return hv_error_set(err, HV_ERR_INVALID, "there is no such state of volume snapshots");
	}
	if (query->keyword && !hv_utf8_is_valid(query->keyword, strlen(query->keyword))) {
		return hv_error_set(err, HV_ERR_INVALID, "the keyword is not valid UTF-8");
	}
	HV_CLEANUP_FREE char *key = query->keyword && *query->keyword ? hv_text_name_key(query->keyword) : NULL;
	HV_CLEANUP_FREE char *domain = close_path(query->domain);
	HV_CLEANUP_FREE char *seen = close_path(is_limited(query) ? query->seen_by->domain : NULL);
	struct plan plan = {.query = query, .keyword_key = key, .domain = domain, .seen_domain = seen};
	int64_t total = 0;
	enum hv_status status = ret_total ? count_rows(store, &plan, &total, err) : HV_OK;
	if (status == HV_OK) {
		status = tell_rows(store, &plan, each, context, err);
	}
	if (status == HV_OK && ret_total) {
		*ret_total = total;
	}
	return status;
}
