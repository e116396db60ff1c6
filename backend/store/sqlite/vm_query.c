/*
 * Listing VMs by any combination of filters, in any of several orders (L1). As in query.c, the statement is put together
 * from fixed pieces and values are always bound. A page goes on after a VM: its place is what its row says now.
 */
#include "backend/store/sqlite/sqlite_store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/store/sqlite/vm_row.h"

enum parameter {
	PARAMETER_HOST = 1,
	PARAMETER_ACCOUNT,
	PARAMETER_DOMAIN, /* with a slash at its end */
	PARAMETER_STATE,
	PARAMETER_NAME,
	PARAMETER_IDS,
	PARAMETER_ID_COUNT,
	PARAMETER_KEYWORD,
	PARAMETER_OLDEST_BEFORE,
	PARAMETER_AFTER,
	PARAMETER_LIMIT,
	PARAMETER_OFFSET,
	PARAMETER_SEEN_ACCOUNT,
	PARAMETER_SEEN_DOMAIN
};

/* What an order is made of; the id makes each of them a whole one. */
static const char *const orders[] = {
	[VM_SORT_PLACE] = ("(SELECT coalesce(group_name, '') FROM host WHERE host.id = vm_instance.host_id),"
			   " (SELECT name_key FROM host WHERE host.id = vm_instance.host_id), name, id"),
	[VM_SORT_NAME] = "name, id",
	[VM_SORT_STATE] = "state, name, id",
	[VM_SORT_SNAPSHOTS] = "snapshots, id",
	[VM_SORT_CHAIN] = "chain, id",
	[VM_SORT_SIZE] = "delta_bytes, id",
	[VM_SORT_OLDEST] = "oldest, id",
};
static_assert(HV_ARRAY_LEN(orders) == VM_SORT_COUNT, "an order for every sort");

#define OF_DOMAIN(condition) " AND domain_id IN (SELECT id FROM domain WHERE " condition ")"

static const char by_ids[] = " AND uuid IN (WITH RECURSIVE given (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM given"
			     " WHERE n + 1 < ?7) SELECT substr(?6, n * 16 + 1, 16) FROM given)";
static const char by_keyword[] = " AND (text_contains(name, ?8) OR service_offering_id IN"
				 " (SELECT o.id FROM service_offering o WHERE text_contains(o.name, ?8)))";

struct plan {
	const struct vm_query *query;
	char *keyword_key; /* NULL: no keyword */
	char *domain;      /* with a slash at its end, so that "/a/" begins "/a/" and "/a/b/"; NULL: any */
	char *seen_domain; /* the same */
};

static bool is_limited(const struct vm_query *query)
{
	return query->seen_by && query->seen_by->role != ACCOUNT_ADMINISTRATOR;
}

static void add_filters(struct hv_text *sql, const struct plan *plan)
{
	const struct vm_query *query = plan->query;
	const struct {
		bool given;
		const char *condition;
	} filters[] = {
		{query->host_id != 0, " AND host_id = ?1"},
		{query->account != NULL, " AND account_id IN (SELECT a.id FROM account a WHERE a.name = ?2)"},
		{plan->domain && !query->domain_recursive, OF_DOMAIN("rtrim(path, '/') || '/' = ?3")},
		{plan->domain && query->domain_recursive, OF_DOMAIN("instr(rtrim(path, '/') || '/', ?3) = 1")},
		{query->state >= 0, " AND state = ?4"},
		{query->name != NULL, " AND name = ?5"},
		{query->ids && query->id_count > 0, by_ids},
		{plan->keyword_key != NULL, by_keyword},
		{query->snapshots == 0, " AND snapshots = 0"},
		{query->snapshots > 0, " AND snapshots > 0"},
		{query->oldest_before_us != 0, " AND oldest > 0 AND oldest < ?9"},
		{is_limited(query), " AND (account_id = ?13 OR domain_id IN (SELECT id FROM domain"
				    " WHERE instr(rtrim(path, '/') || '/', ?14) = 1))"},
	};
	hv_text_puts(sql, " FROM vm_instance WHERE state <> 'Destroyed'");
	for (size_t i = 0; i < HV_ARRAY_LEN(filters); i++) {
		if (filters[i].given) {
			hv_text_puts(sql, filters[i].condition);
		}
	}
}

/* Every part of the order in the same direction. */
static void add_order(struct hv_text *sql, const char *order, bool descending)
{
	int depth = 0;
	hv_text_puts(sql, " ORDER BY ");
	for (const char *p = order; *p; p++) {
		depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
		if (*p == ',' && depth == 0 && descending) {
			hv_text_puts(sql, " DESC");
		}
		hv_text_append(sql, p, 1);
	}
	hv_text_puts(sql, descending ? " DESC" : "");
}

static char *make_row_sql(const struct plan *plan)
{
	const struct vm_query *query = plan->query;
	const char *order = orders[query->sort];
	struct hv_text sql = HV_TEXT_INIT;
	hv_text_puts(&sql, "SELECT " VM_COLUMNS);
	add_filters(&sql, plan);
	if (query->after_id != 0) {
		hv_text_printf(&sql, " AND (%s) %s (SELECT %s FROM vm_instance WHERE id = ?10)", order,
			query->descending ? "<" : ">", order);
	}
	add_order(&sql, order, query->descending);
	hv_text_puts(&sql, " LIMIT ?11 OFFSET ?12");
	return hv_text_detach(&sql);
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
	const struct vm_query *asked = plan->query;
	bind_int(query, PARAMETER_HOST, asked->host_id);
	bind_text(query, PARAMETER_ACCOUNT, asked->account);
	bind_text(query, PARAMETER_DOMAIN, plan->domain);
	bind_text(query, PARAMETER_STATE, asked->state >= 0 ? vm_state_name((enum vm_state)asked->state) : NULL);
	bind_text(query, PARAMETER_NAME, asked->name);
	if (asked->ids && asked->id_count > 0 && select_parameter(query, PARAMETER_IDS)) {
		query_blob(query, asked->ids, asked->id_count * sizeof *asked->ids);
	}
	bind_int(query, PARAMETER_ID_COUNT, (int64_t)asked->id_count);
	bind_text(query, PARAMETER_KEYWORD, plan->keyword_key);
	bind_int(query, PARAMETER_OLDEST_BEFORE, asked->oldest_before_us);
	bind_int(query, PARAMETER_AFTER, asked->after_id);
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

static enum hv_status tell_rows(struct sqlite_store *store, const struct plan *plan,
	bool (*each)(void *context, const struct virtual_machine *vm), void *context, struct hv_error *err)
{
	HV_CLEANUP(query_end) struct query query = {0};
	HV_CLEANUP_FREE char *sql = make_row_sql(plan);
	bool row = false;
	bool more = true;
	enum hv_status status = query_start_text(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	bind_plan(&query, plan);
	while (more && status == HV_OK && (status = query_next(&query, &row, err)) == HV_OK && row) {
		struct virtual_machine vm = {0};
		read_vm(&query, &vm);
		status = read_check(&query, "vm_instance", err);
		more = status == HV_OK && each(context, &vm);
		virtual_machine_clear(&vm);
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

enum hv_status store_vm_query(struct store *base, const struct vm_query *query,
	bool (*each)(void *context, const struct virtual_machine *vm), void *context, int64_t *ret_total,
	struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	if (query->state >= VM_STATE_COUNT || (size_t)query->sort >= VM_SORT_COUNT) {
		return hv_error_set(err, HV_ERR_INVALID, "there is no such state or order of VMs");
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
