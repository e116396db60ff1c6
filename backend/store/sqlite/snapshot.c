/* Reading VM snapshots. */
#include "backend/store/sqlite/sqlite_store.h"

#include "backend/store/sqlite/snapshot_row.h"

static void read_columns(
	struct query *query, struct snapshot *snapshot, char *(*text_of)(struct query *query))
{
	snapshot->id = read_int(query);
	snapshot->uuid = read_uuid(query);
	snapshot->name = text_of(query);
	snapshot->display_name = text_of(query);
	snapshot->description = text_of(query);
	snapshot->vm_id = read_int(query);
	snapshot->account_id = read_int(query);
	snapshot->domain_id = read_int(query);
	snapshot->offering_id = read_int(query);
	snapshot->type = read_snapshot_type(query);
	snapshot->state = read_snapshot_state(query);
	snapshot->parent_id = read_int(query);
	snapshot->current = read_bool(query);
	snapshot->quiesce = read_bool(query);
	snapshot->checkpoint = read_uuid(query);
	snapshot->size_bytes = read_int(query);
	snapshot->created_us = read_int(query);
	snapshot->updated_us = read_int(query);
	snapshot->removed_us = read_int(query);
	snapshot->update_count = read_int(query);
	snapshot->created_by = text_of(query);
}

void read_snapshot(struct query *query, struct snapshot *snapshot)
{
	read_columns(query, snapshot, read_text);
}

/* The reader sees it as const. */
static char *borrow_text(struct query *query)
{
	return (char *)(uintptr_t)read_borrowed_null(query);
}

void borrow_snapshot(struct query *query, struct snapshot *snapshot)
{
	read_columns(query, snapshot, borrow_text);
}

enum hv_status store_no_such_snapshot(struct hv_error *err)
{
	return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such snapshot");
}

enum hv_status store_snapshot_list(
	struct store *base, int64_t vm_id, struct snapshot_list *list, struct hv_error *err)
{
	static const char sql[] =
		"SELECT " SNAPSHOT_COLUMNS " FROM vm_snapshots s WHERE s.vm_id = ? AND s.removed = 0 ORDER BY s.id";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	while (status == HV_OK && (status = query_next(&query, &row, err)) == HV_OK && row) {
		read_snapshot(&query, snapshot_list_add(list));
		status = read_check(&query, "vm_snapshots", err);
	}
	return status;
}

static enum hv_status read_one(struct query *query, struct snapshot *ret_snapshot, struct hv_error *err)
{
	struct snapshot snapshot = {0};
	bool row = false;
	enum hv_status status = query_next(query, &row, err);
	if (status == HV_OK && !row) {
		status = store_no_such_snapshot(err);
	}
	if (status == HV_OK) {
		read_snapshot(query, &snapshot);
		status = read_check(query, "vm_snapshots", err);
	}
	if (status != HV_OK) {
		snapshot_clear(&snapshot);
		return status;
	}
	*ret_snapshot = snapshot;
	return HV_OK;
}

enum hv_status store_snapshot_get(
	struct store *base, int64_t id, struct snapshot *ret_snapshot, struct hv_error *err)
{
	static const char sql[] = "SELECT " SNAPSHOT_COLUMNS " FROM vm_snapshots s WHERE s.id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, id);
	return read_one(&query, ret_snapshot, err);
}

enum hv_status store_snapshot_by_uuid(struct store *base, const struct hv_uuid *uuid,
	struct snapshot *ret_snapshot, struct hv_error *err)
{
	static const char sql[] = "SELECT " SNAPSHOT_COLUMNS " FROM vm_snapshots s WHERE s.uuid = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_uuid(&query, uuid);
	return read_one(&query, ret_snapshot, err);
}

enum hv_status store_vm_snapshot_count(
	struct store *base, int64_t vm_id, int64_t *ret_count, struct hv_error *err)
{
	/* which states count is the domain's to say */
	static const char sql[] =
		"SELECT state, count(*) FROM vm_snapshots WHERE vm_id = ? AND removed = 0 GROUP BY state";
	HV_CLEANUP(query_end) struct query query = {0};
	int64_t count = 0;
	bool row = false;
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	while ((status = query_next(&query, &row, err)) == HV_OK && row) {
		enum snapshot_state state = read_snapshot_state(&query);
		count += snapshot_is_on_host(state) ? read_int(&query) : 0;
	}
	if (status == HV_OK) {
		status = read_check(&query, "vm_snapshots", err);
	}
	if (status == HV_OK) {
		*ret_count = count;
	}
	return status;
}
