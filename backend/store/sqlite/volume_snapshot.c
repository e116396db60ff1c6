/* Volume snapshots (X3): copies of one disk, in the table `snapshots` as CloudStack calls it. */
#include "backend/store/sqlite/sqlite_store.h"

#include "backend/base/text.h"
#include "backend/store/sqlite/statement.h"

static enum hv_status no_such_copy(struct hv_error *err)
{
	return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such volume snapshot");
}

void read_volume_snapshot(struct query *query, struct volume_snapshot *copy)
{
	copy->id = read_int(query);
	copy->uuid = read_uuid(query);
	copy->vm_id = read_int(query);
	copy->volume = read_uuid(query);
	copy->volume_name = read_text(query);
	copy->account_id = read_int(query);
	copy->domain_id = read_int(query);
	copy->name = read_text(query);
	copy->state = read_snapshot_state(query);
	copy->path = read_text(query);
	copy->size_bytes = read_int(query);
	copy->created_by = read_text(query);
	copy->created_us = read_int(query);
	copy->updated_us = read_int(query);
	copy->removed_us = read_int(query);
	copy->update_count = read_int(query);
}

static enum hv_status read_one(struct query *query, struct volume_snapshot *ret_copy, struct hv_error *err)
{
	struct volume_snapshot copy = {0};
	bool row = false;
	enum hv_status status = query_next(query, &row, err);
	if (status == HV_OK && !row) {
		return no_such_copy(err);
	}
	if (status == HV_OK) {
		read_volume_snapshot(query, &copy);
		status = read_check(query, "snapshots", err);
	}
	if (status != HV_OK) {
		volume_snapshot_clear(&copy);
		return status;
	}
	*ret_copy = copy;
	return HV_OK;
}

enum hv_status store_volume_snapshot_list(
	struct store *base, int64_t vm_id, struct volume_snapshot_list *list, struct hv_error *err)
{
	static const char sql[] =
		"SELECT " VOLUME_SNAPSHOT_COLUMNS " FROM snapshots s WHERE s.vm_id = ? AND s.removed = 0 ORDER BY s.created DESC, s.id DESC";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	while (status == HV_OK && (status = query_next(&query, &row, err)) == HV_OK && row) {
		read_volume_snapshot(&query, volume_snapshot_list_add(list));
		status = read_check(&query, "snapshots", err);
	}
	return status;
}

enum hv_status store_volume_snapshot_get(
	struct store *base, int64_t id, struct volume_snapshot *ret_copy, struct hv_error *err)
{
	static const char sql[] = "SELECT " VOLUME_SNAPSHOT_COLUMNS " FROM snapshots s WHERE s.id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, id);
	return read_one(&query, ret_copy, err);
}

enum hv_status store_volume_snapshot_by_uuid(struct store *base, const struct hv_uuid *uuid,
	struct volume_snapshot *ret_copy, struct hv_error *err)
{
	static const char sql[] = "SELECT " VOLUME_SNAPSHOT_COLUMNS " FROM snapshots s WHERE s.uuid = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_uuid(&query, uuid);
	return read_one(&query, ret_copy, err);
}

/* --- writing --- */

enum hv_status store_volume_snapshot_insert(
	struct store *base, struct volume_snapshot *copy, struct hv_error *err)
{
	static const char sql[] =
		"INSERT INTO snapshots (uuid, vm_id, volume_uuid, volume_name, account_id, domain_id, name, state, path,"
		" size, created_by, created, updated, removed, update_count, volume_id)"
		" SELECT ?1, v.id, ?3, ?4, v.account_id, v.domain_id, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, 0,"
		" (SELECT d.id FROM volumes d WHERE d.vm_id = v.id AND d.uuid = ?3) FROM vm_instance v WHERE v.id = ?2"
		" RETURNING id, account_id, domain_id";
	struct sqlite_store *store = sqlite_store(base);
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK && (hv_uuid_is_nil(&copy->uuid) || !copy->name)) {
		status = hv_error_set(err, HV_ERR_INVALID, "a volume snapshot needs an id and a name");
	}
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_uuid(&query, &copy->uuid);
	query_int(&query, copy->vm_id);
	query_uuid(&query, &copy->volume);
	query_text(&query, copy->volume_name);
	query_text(&query, copy->name);
	query_text(&query, snapshot_state_name(copy->state));
	query_text(&query, copy->path);
	query_int(&query, copy->size_bytes);
	query_text(&query, copy->created_by);
	query_int(&query, copy->created_us);
	query_int(&query, copy->updated_us);
	status = query_next(&query, &row, err);
	if (status == HV_ERR_STORE && store_is_unique_failure(store)) {
		return hv_error_set(err, HV_ERR_CONFLICT, "a volume snapshot with this id is in the store already");
	}
	if (status == HV_OK && !row) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such VM");
	}
	if (status == HV_OK) {
		copy->id = read_int(&query);
		copy->account_id = read_int(&query);
		copy->domain_id = read_int(&query);
		copy->update_count = 0;
		store_mark_tree(store, copy->vm_id);
	}
	return status;
}

/* After a write that met no row. */
static enum hv_status explain_no_row(struct sqlite_store *store, int64_t id, struct hv_error *err)
{
	struct volume_snapshot copy = {0};
	enum hv_status status = store_volume_snapshot_get(&store->base, id, &copy, err);
	volume_snapshot_clear(&copy);
	return status == HV_OK ? hv_error_set(err, HV_ERR_CONFLICT,
					 "the volume snapshot was changed by somebody else meanwhile")
			       : status;
}

enum hv_status store_volume_snapshot_set_state(struct store *base, struct volume_snapshot *copy,
	enum snapshot_state state, int64_t now_us, struct hv_error *err)
{
	static const char sql[] =
		"UPDATE snapshots SET state = ?4, update_count = update_count + 1, updated = ?5, removed = ?6"
		" WHERE id = ?1 AND state = ?2 AND update_count = ?3";
	struct sqlite_store *store = sqlite_store(base);
	int64_t removed_us = state == SNAPSHOT_REMOVED ? now_us : 0;
	HV_CLEANUP(query_end) struct query query = {0};
	int64_t changed = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, copy->id);
	query_text(&query, snapshot_state_name(copy->state));
	query_int(&query, copy->update_count);
	query_text(&query, snapshot_state_name(state));
	query_int(&query, now_us);
	query_int(&query, removed_us);
	status = query_run(&query, &changed, err);
	if (status == HV_OK && changed == 0) {
		return explain_no_row(store, copy->id, err);
	}
	if (status == HV_OK) {
		copy->state = state;
		copy->update_count++;
		copy->updated_us = now_us;
		copy->removed_us = removed_us;
		store_mark_tree(store, copy->vm_id);
	}
	return status;
}

enum hv_status store_volume_snapshot_update(
	struct store *base, const struct volume_snapshot *copy, struct hv_error *err)
{
	static const char sql[] = "UPDATE snapshots SET path = ?2, size = ?3, created = ?4 WHERE id = ?1";
	struct sqlite_store *store = sqlite_store(base);
	HV_CLEANUP(query_end) struct query query = {0};
	int64_t changed = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, copy->id);
	query_text(&query, copy->path);
	query_int(&query, copy->size_bytes);
	query_int(&query, copy->created_us);
	status = query_run(&query, &changed, err);
	if (status == HV_OK && changed == 0) {
		return no_such_copy(err);
	}
	if (status == HV_OK) {
		store_mark_tree(store, copy->vm_id);
	}
	return status;
}

enum hv_status store_volume_snapshot_discard(struct store *base, int64_t id, struct hv_error *err)
{
	static const char sql[] = "DELETE FROM snapshots WHERE id = ? AND state = 'Allocated' RETURNING vm_id";
	struct sqlite_store *store = sqlite_store(base);
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, id);
	status = query_next(&query, &row, err);
	if (status == HV_OK && !row) {
		return explain_no_row(store, id, err);
	}
	if (status == HV_OK) {
		store_mark_tree(store, read_int(&query));
	}
	return status;
}
