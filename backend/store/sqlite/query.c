/*
 * Listing VM snapshots by any combination of filters (L1), newest or oldest first.
 *
 * The statement is put together from fixed pieces, one for each filter that is given; values are always bound. `s`
 * drives: rows come from the index on (created, id) unless a filter names VMs, a host or ids, and the other tables
 * are looked up row by row, so memory stays flat.
 */
#include "backend/store/sqlite/sqlite_store.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/store/sqlite/snapshot_row.h"

/* Parameters have numbers, because the count takes the same ones without the page. */
enum parameter {
	PARAMETER_VM = 1,
	PARAMETER_HOST,
	PARAMETER_ACCOUNT,
	PARAMETER_DOMAIN,
	PARAMETER_STATE,
	PARAMETER_TYPE,
	PARAMETER_NAME,
	PARAMETER_IDS,
	PARAMETER_ID_COUNT,
	PARAMETER_KEYWORD,
	PARAMETER_CREATED_BEFORE,
	PARAMETER_AFTER_CREATED,
	PARAMETER_AFTER_ID,
	PARAMETER_LIMIT,
	PARAMETER_OFFSET,
	PARAMETER_MATCH,
	PARAMETER_SEEN_ACCOUNT,
	PARAMETER_SEEN_DOMAIN,
	PARAMETER_COUNT = PARAMETER_SEEN_DOMAIN
};

static const char row_columns[] =
	"SELECT " SNAPSHOT_COLUMNS ", v.name, v.uuid, h.name, p.display_name, p.uuid, a.name, d.path";

static const char row_joins[] =
	" CROSS JOIN vm_instance v ON v.id = s.vm_id"
	" CROSS JOIN host h ON h.id = v.host_id"
	" CROSS JOIN account a ON a.id = s.account_id"
	" CROSS JOIN domain d ON d.id = s.domain_id"
	" LEFT JOIN vm_snapshots p ON p.vm_id = s.vm_id AND p.id = s.parent";

/* The domain itself, or with what lies below: "/a" has below it what begins with "/a/". */
#define BY_DOMAIN " AND s.domain_id IN (SELECT id FROM domain WHERE path = ?4)"
#define BY_DOMAIN_TREE                                                                                      \
	" AND s.domain_id IN (SELECT id FROM domain WHERE path = ?4 OR ?4 = '/'"                           \
	" OR substr(path, 1, length(?4) + 1) = ?4 || '/')"

/* A1: what belongs to the caller's account, or to its domain or one below: "/a/" begins "/a/" and "/a/b/". */
#define BY_CALLER                                                                                           \
	" AND (s.account_id = ?17 OR s.domain_id IN (SELECT id FROM domain WHERE instr(path || '/', ?18) = 1))"

/* The ids come as one blob of 16 bytes each. */
#define BY_IDS                                                                                              \
	" AND s.uuid IN (WITH RECURSIVE given (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM given"          \
	" WHERE n + 1 < ?9) SELECT substr(?8, n * 16 + 1, 16) FROM given)"

static const char by_keyword[] = " AND (text_contains(s.display_name, ?10) OR text_contains(s.name, ?10)"
				 " OR text_contains(s.description, ?10))";

#define BY_KEYWORD_INDEX " AND s.id IN (SELECT rowid FROM snapshot_words WHERE snapshot_words MATCH ?16)"

/* What a query needs that is not in struct snapshot_query as it stands. */
struct plan {
	const struct snapshot_query *query;
	char *keyword_key; /* NULL: no keyword */
	char *match;       /* what the index of keywords is asked; NULL: it is not */
	char *domain;      /* path without a slash at its end; NULL: any */
	char *seen_domain; /* of the caller, with a slash at its end */
};

static bool has_start(const struct snapshot_query *query)
{
	return query->after_created_us != 0 || query->after_id != 0;
}

static bool is_narrow(const struct plan *plan)
{
	const struct snapshot_query *query = plan->query;
	return plan->match || query->vm_id != 0 || query->host_id != 0 || (query->ids && query->id_count > 0);
}

static bool is_limited(const struct snapshot_query *query)
{
	return query->seen_by && query->seen_by->role != ACCOUNT_ADMINISTRATOR;
}

static void add_filters(struct hv_text *sql, const struct plan *plan)
{
	const struct snapshot_query *query = plan->query;
	const struct {
		bool given;
		const char *condition;
	} filters[] = {
		{query->state != SNAPSHOT_REMOVED, " AND s.removed = 0"},
		{query->vm_id != 0, " AND s.vm_id = ?1"},
		{query->host_id != 0, " AND s.vm_id IN (SELECT id FROM vm_instance WHERE host_id = ?2)"},
		{query->account != NULL, " AND s.account_id IN (SELECT id FROM account WHERE name = ?3)"},
		{plan->domain && !query->domain_recursive, BY_DOMAIN},
		{plan->domain && query->domain_recursive, BY_DOMAIN_TREE},
		{query->state >= 0, " AND s.state = ?5"},
		{query->type >= 0, " AND s.vm_snapshot_type = ?6"},
		{query->name != NULL, " AND s.display_name = ?7"},
		{query->ids && query->id_count > 0, BY_IDS},
		{plan->match != NULL, BY_KEYWORD_INDEX},
		{plan->keyword_key != NULL, by_keyword},
		{query->created_before_us != 0, " AND s.created < ?11"},
		{is_limited(query), BY_CALLER},
	};
	hv_text_puts(sql, " WHERE 1");
	for (size_t i = 0; i < HV_ARRAY_LEN(filters); i++) {
		if (filters[i].given) {
			hv_text_puts(sql, filters[i].condition);
		}
	}
}

/* All rows in order: the index, so that a page stops early and nothing is sorted. */
static const char *driving_table(const struct plan *plan)
{
	return is_narrow(plan) || plan->query->state == SNAPSHOT_REMOVED
		? " FROM vm_snapshots s"
		: " FROM vm_snapshots s INDEXED BY vm_snapshots_created";
}

static char *make_row_sql(const struct plan *plan)
{
	struct hv_text sql = HV_TEXT_INIT;
	hv_text_puts(&sql, row_columns);
	hv_text_puts(&sql, driving_table(plan));
	hv_text_puts(&sql, row_joins);
	add_filters(&sql, plan);
	if (has_start(plan->query)) {
		hv_text_printf(&sql, " AND (s.created, s.id) %s (?12, ?13)", plan->query->oldest_first ? ">" : "<");
	}
	hv_text_puts(&sql, plan->query->oldest_first ? " ORDER BY s.created, s.id" : " ORDER BY s.created DESC, s.id DESC");
	hv_text_puts(&sql, " LIMIT ?14 OFFSET ?15");
	return hv_text_detach(&sql);
}

/* Whether the index on (created, id) alone can answer: it is a tenth of the table. */
static bool index_is_enough(const struct plan *plan)
{
	const struct snapshot_query *query = plan->query;
	return !is_narrow(plan) && query->state < 0 && query->type < 0 && !query->account && !plan->domain &&
	       !query->name && !plan->keyword_key && !is_limited(query);
}

static char *make_count_sql(const struct plan *plan)
{
	struct hv_text sql = HV_TEXT_INIT;
	hv_text_puts(&sql, "SELECT count(*) FROM vm_snapshots s");
	if (index_is_enough(plan)) {
		hv_text_puts(&sql, " INDEXED BY vm_snapshots_created");
	}
	add_filters(&sql, plan);
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
	if (select_parameter(query, parameter)) {
		query_text(query, text);
	}
}

static void bind_plan(struct query *query, const struct plan *plan)
{
	const struct snapshot_query *asked = plan->query;
	bind_int(query, PARAMETER_VM, asked->vm_id);
	bind_int(query, PARAMETER_HOST, asked->host_id);
	bind_text(query, PARAMETER_ACCOUNT, asked->account);
	bind_text(query, PARAMETER_DOMAIN, plan->domain);
	if (asked->state >= 0) {
		bind_text(query, PARAMETER_STATE, snapshot_state_name((enum snapshot_state)asked->state));
	}
	if (asked->type >= 0) {
		bind_text(query, PARAMETER_TYPE, snapshot_type_name((enum snapshot_type)asked->type));
	}
	bind_text(query, PARAMETER_NAME, asked->name);
	if (asked->ids && asked->id_count > 0 && select_parameter(query, PARAMETER_IDS)) {
		query_blob(query, asked->ids, asked->id_count * sizeof *asked->ids);
	}
	bind_int(query, PARAMETER_ID_COUNT, (int64_t)asked->id_count);
	bind_text(query, PARAMETER_KEYWORD, plan->keyword_key);
	if (plan->match) {
		bind_text(query, PARAMETER_MATCH, plan->match);
	}
	bind_int(query, PARAMETER_CREATED_BEFORE, asked->created_before_us);
	bind_int(query, PARAMETER_AFTER_CREATED, asked->after_created_us);
	bind_int(query, PARAMETER_AFTER_ID, asked->after_id);
	if (is_limited(asked)) {
		bind_int(query, PARAMETER_SEEN_ACCOUNT, asked->seen_by->id);
		bind_text(query, PARAMETER_SEEN_DOMAIN, plan->seen_domain);
	}
	bind_int(query, PARAMETER_LIMIT, asked->limit > 0 ? asked->limit : -1);
	bind_int(query, PARAMETER_OFFSET, asked->offset > 0 ? asked->offset : 0);
}

static enum hv_status count_rows(
	struct sqlite_store *store, const struct plan *plan, int64_t *ret_total, struct hv_error *err)
{
	HV_CLEANUP(query_end) struct query query = {0};
	HV_CLEANUP_FREE char *sql = make_count_sql(plan);
	bool row = false;
	enum hv_status status = query_start_text(&query, store, sql, err);
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

/* Hand over the row that the statement stands on. */
static enum hv_status tell_row(struct query *query,
	bool (*each)(void *context, const struct snapshot_row *row), void *context, bool *ret_more,
	struct hv_error *err)
{
	struct snapshot snapshot = {0};
	borrow_snapshot(query, &snapshot);
	const char *vm_name = read_borrowed(query);
	struct hv_uuid vm_uuid = read_uuid(query);
	const char *host_name = read_borrowed(query);
	const char *parent_name = read_borrowed(query);
	struct hv_uuid parent_uuid = read_uuid(query);
	bool is_root = hv_uuid_is_nil(&parent_uuid);
	struct snapshot_row row = {
		.snapshot = &snapshot,
		.vm_name = vm_name,
		.vm_uuid = &vm_uuid,
		.host_name = host_name,
		.parent_display_name = is_root ? NULL : parent_name,
		.parent_uuid = is_root ? NULL : &parent_uuid,
		.account = read_borrowed(query),
		.domain = read_borrowed(query),
	};
	enum hv_status status = read_check(query, "vm_snapshots", err);
	if (status == HV_OK) {
		*ret_more = each(context, &row);
	}
	return status;
}

static enum hv_status tell_rows(struct sqlite_store *store, const struct plan *plan,
	bool (*each)(void *context, const struct snapshot_row *row), void *context, struct hv_error *err)
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
		status = tell_row(&query, each, context, &more, err);
	}
	return status;
}

static char *trim_path(const char *path)
{
	size_t length = strlen(path);
	while (length > 1 && path[length - 1] == '/') {
		length--;
	}
	return hv_strndup(path, length);
}

/* Removed rows are not in the index, and what narrows more than a keyword does is left to drive. */
static enum hv_status plan_keyword(struct sqlite_store *store, struct plan *plan, struct hv_error *err)
{
	bool narrow = false;
	if (!plan->keyword_key || plan->query->state == SNAPSHOT_REMOVED || is_narrow(plan)) {
		return HV_OK;
	}
	char *match = keyword_index_match(plan->keyword_key);
	enum hv_status status = match ? keyword_index_is_narrow(store, match, &narrow, err) : HV_OK;
	if (status == HV_OK && narrow) {
		plan->match = match;
		return HV_OK;
	}
	free(match);
	return status;
}

enum hv_status store_snapshot_query(struct store *base, const struct snapshot_query *query,
	bool (*each)(void *context, const struct snapshot_row *row), void *context, int64_t *ret_total,
	struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	if (query->state >= SNAPSHOT_STATE_COUNT || query->type >= SNAPSHOT_TYPE_COUNT) {
		return hv_error_set(err, HV_ERR_INVALID, "there is no such state or type of snapshots");
	}
	if (query->keyword && !hv_utf8_is_valid(query->keyword, strlen(query->keyword))) {
		/* folding would make replacement characters of it, and find those */
		return hv_error_set(err, HV_ERR_INVALID, "the keyword is not valid UTF-8");
	}
	HV_CLEANUP_FREE char *key = query->keyword && *query->keyword ? hv_text_name_key(query->keyword) : NULL;
	HV_CLEANUP_FREE char *domain = query->domain ? trim_path(query->domain) : NULL;
	const char *seen = is_limited(query) ? query->seen_by->domain : "";
	HV_CLEANUP_FREE char *seen_domain = hv_sprintf("%s%s", seen, strcmp(seen, "/") == 0 ? "" : "/");
	struct plan plan = {.query = query, .keyword_key = key, .domain = domain, .seen_domain = seen_domain};
	int64_t total = 0;
	enum hv_status status = plan_keyword(store, &plan, err);
	if (status == HV_OK && ret_total) {
		status = count_rows(store, &plan, &total, err);
	}
	if (status == HV_OK) {
		status = tell_rows(store, &plan, each, context, err);
	}
	free(plan.match);
	if (status == HV_OK && ret_total) {
		*ret_total = total;
	}
	return status;
}
