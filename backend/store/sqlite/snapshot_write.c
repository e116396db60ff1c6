/*
 * Writing VM snapshots: what the steps of a workflow record.
 *
 * The indexes of schema.c hold the rules that must be true across consoles: display names differ among the live
 * snapshots of a VM (T5), at most one is current (T2), internal names and uuids never come twice.
 */
#include "backend/store/sqlite/sqlite_store.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/text.h"
#include "backend/store/sqlite/snapshot_row.h"

static const char no_such_reference[] =
	"there is no such VM, parent, account, domain or offering for the snapshot";
static const char changed_meanwhile[] = "the snapshot was changed by somebody else meanwhile";

/* An id that was never given out before, even if its row was taken back. */
static enum hv_status next_id(struct sqlite_store *store, int64_t *ret_id, struct hv_error *err)
{
	static const char sql[] =
		"UPDATE counter SET value = value + 1 WHERE name = 'vm_snapshots' RETURNING value";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status == HV_OK) {
		status = query_next(&query, &row, err);
	}
	if (status == HV_OK && !row) {
		return store_failure_at(store->path, NULL, SQLITE_CORRUPT, err);
	}
	if (status == HV_OK) {
		*ret_id = read_int(&query);
	}
	return status;
}

/* After an insert that the indexes refused: which one was it? */
static enum hv_status explain_insert(struct sqlite_store *store, enum hv_status status,
	const struct snapshot *snapshot, struct hv_error *err)
{
	if (status == HV_ERR_STORE && store_is_reference_failure(store)) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "%s", no_such_reference);
	}
	if (status == HV_ERR_STORE && store_is_check_failure(store)) {
		return hv_error_set(err, HV_ERR_INVALID, "a removed snapshot cannot be current");
	}
	if (status != HV_ERR_STORE || !store_is_unique_failure(store)) {
		return status;
	}
	const char *message = sqlite3_errmsg(store->database);
	if (strstr(message, "display_key")) {
		char *shown = hv_text_printable(snapshot->display_name, strlen(snapshot->display_name));
		(void)hv_error_set(err, HV_ERR_CONFLICT,
			"the VM has a snapshot named '%.300s' already, letter case aside; choose another name", shown);
		free(shown);
		return HV_ERR_CONFLICT;
	}
	if (strstr(message, "vm_snapshots.name")) {
		return hv_error_set(
			err, HV_ERR_CONFLICT, "a snapshot with this internal name is in the store already");
	}
	if (strstr(message, "vm_snapshots.uuid")) {
		return hv_error_set(err, HV_ERR_CONFLICT, "a snapshot with this id is in the store already");
	}
	return hv_error_set(err, HV_ERR_CONFLICT, "the VM has a current snapshot already");
}

static void bind_snapshot(
	struct query *query, const struct snapshot *snapshot, int64_t id, const char *key)
{
	query_int(query, id);
	query_int(query, snapshot->vm_id);
	query_uuid(query, &snapshot->uuid);
	query_text(query, snapshot->name);
	query_text(query, snapshot->display_name);
	query_text(query, key);
	query_text(query, snapshot->description);
	query_reference(query, snapshot->account_id);
	query_reference(query, snapshot->domain_id);
	query_reference(query, snapshot->offering_id);
	query_text(query, snapshot_type_name(snapshot->type));
	query_text(query, snapshot_state_name(snapshot->state));
	query_reference(query, snapshot->parent_id);
	query_int(query, snapshot->current);
	query_int(query, snapshot->quiesce);
	query_uuid(query, &snapshot->checkpoint);
	query_int(query, snapshot->size_bytes);
	query_int(query, snapshot->created_us);
	query_int(query, snapshot->updated_us);
	query_int(query, snapshot->removed_us);
	query_text(query, snapshot->created_by);
}

/* The owner and the offering that were not given are the VM's. */
static enum hv_status insert_row(
	struct sqlite_store *store, struct snapshot *snapshot, int64_t id, struct hv_error *err)
{
	static const char sql[] =
		"INSERT INTO vm_snapshots (id, vm_id, uuid, name, display_name, display_key, description,"
		" account_id, domain_id, service_offering_id, vm_snapshot_type, state, parent, current, quiesce,"
		" checkpoint, size_bytes, created, updated, removed, update_count, created_by)"
		" SELECT ?1, v.id, ?3, ?4, ?5, ?6, ?7, coalesce(?8, v.account_id), coalesce(?9, v.domain_id),"
		" coalesce(?10, v.service_offering_id), ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, 0, ?21"
		" FROM vm_instance v WHERE v.id = ?2"
		" RETURNING account_id, domain_id, service_offering_id";
	HV_CLEANUP(query_end) struct query query = {0};
	HV_CLEANUP_FREE char *key = hv_text_name_key(snapshot->display_name);
	bool row = false;
	struct snapshot owned = *snapshot;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	bind_snapshot(&query, snapshot, id, key);
	status = query_next(&query, &row, err);
	if (status == HV_OK && !row) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such VM");
	}
	if (status == HV_OK) {
		owned.account_id = read_int(&query);
		owned.domain_id = read_int(&query);
		owned.offering_id = read_int(&query);
		status = query_next(&query, &row, err); /* to its end: foreign keys are checked there */
	}
	if (status == HV_OK) {
		*snapshot = owned;
	}
	return explain_insert(store, status, snapshot, err);
}

enum hv_status store_snapshot_insert(
	struct store *base, struct snapshot *snapshot, struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	int64_t id = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status != HV_OK) {
		return status;
	}
	if (hv_uuid_is_nil(&snapshot->uuid) || !snapshot->name || !snapshot->display_name) {
		return hv_error_set(err, HV_ERR_INVALID, "a snapshot needs an id and both of its names");
	}
	status = next_id(store, &id, err);
	if (status == HV_OK && snapshot->parent_id == id) { /* a guess: nobody was told this id yet */
		return hv_error_set(err, HV_ERR_NOT_FOUND, "%s", no_such_reference);
	}
	if (status == HV_OK) {
		status = insert_row(store, snapshot, id, err);
	}
	if (status == HV_OK) {
		status = keyword_index_add(store, snapshot->vm_id, id, err);
	}
	if (status == HV_OK) {
		snapshot->id = id;
		snapshot->update_count = 0;
		store_mark_tree(store, snapshot->vm_id);
	}
	return status;
}

/* After a write that met no row: is it gone, or was somebody quicker? */
static enum hv_status explain_no_row(
	struct sqlite_store *store, int64_t vm_id, int64_t id, struct hv_error *err)
{
	static const char sql[] = "SELECT 1 FROM vm_snapshots WHERE vm_id = ? AND id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	query_int(&query, id);
	status = query_next(&query, &row, err);
	if (status == HV_OK && !row) {
		return store_no_such_snapshot(err);
	}
	return status == HV_OK ? hv_error_set(err, HV_ERR_CONFLICT, "%s", changed_meanwhile) : status;
}

enum hv_status store_snapshot_set_state(struct store *base, struct snapshot *snapshot,
	enum snapshot_state state, int64_t now_us, struct hv_error *err)
{
	static const char sql[] =
		"UPDATE vm_snapshots SET state = ?5, update_count = update_count + 1, updated = ?6,"
		" current = current * ?7, removed = max(removed, ?8)"
		" WHERE vm_id = ?1 AND id = ?2 AND state = ?3 AND update_count = ?4";
	struct sqlite_store *store = sqlite_store(base);
	bool removes = state == SNAPSHOT_REMOVED;
	HV_CLEANUP(query_end) struct query query = {0};
	int64_t changed = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, snapshot->vm_id);
	query_int(&query, snapshot->id);
	query_text(&query, snapshot_state_name(snapshot->state));
	query_int(&query, snapshot->update_count);
	query_text(&query, snapshot_state_name(state));
	query_int(&query, now_us);
	query_int(&query, removes ? 0 : 1);
	query_int(&query, removes ? now_us : 0);
	status = query_run(&query, &changed, err);
	if (status == HV_OK && changed == 0) {
		return explain_no_row(store, snapshot->vm_id, snapshot->id, err);
	}
	if (status == HV_OK && removes && snapshot->removed_us == 0) {
		status = keyword_index_drop(store, snapshot->vm_id, snapshot->id, err);
	}
	if (status != HV_OK) {
		return status;
	}
	snapshot->state = state;
	snapshot->update_count++;
	snapshot->updated_us = now_us;
	if (removes) {
		snapshot->current = false;
		snapshot->removed_us = snapshot->removed_us > now_us ? snapshot->removed_us : now_us;
	}
	store_mark_tree(store, snapshot->vm_id);
	return HV_OK;
}

/* After a write of parents. Longer cycles are for the domain to refuse: it sees the tree. */
static enum hv_status explain_parent(
	struct sqlite_store *store, enum hv_status status, struct hv_error *err)
{
	if (status == HV_ERR_STORE && store_is_reference_failure(store)) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "the VM has no such snapshot to be the parent");
	}
	if (status == HV_ERR_STORE && store_is_check_failure(store)) {
		return hv_error_set(err, HV_ERR_INVALID, "a snapshot cannot be its own parent");
	}
	return status;
}

enum hv_status store_snapshot_update(
	struct store *base, const struct snapshot *snapshot, struct hv_error *err)
{
	static const char sql[] =
		"UPDATE vm_snapshots SET parent = ?3, checkpoint = ?4, size_bytes = ?5, created = ?6"
		" WHERE vm_id = ?1 AND id = ?2";
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
	query_int(&query, snapshot->vm_id);
	query_int(&query, snapshot->id);
	query_reference(&query, snapshot->parent_id);
	query_uuid(&query, &snapshot->checkpoint);
	query_int(&query, snapshot->size_bytes);
	query_int(&query, snapshot->created_us);
	status = query_run(&query, &changed, err);
	status = explain_parent(store, status, err);
	if (status == HV_OK && changed == 0) {
		return store_no_such_snapshot(err);
	}
	if (status == HV_OK) {
		store_mark_tree(store, snapshot->vm_id);
	}
	return status;
}

/* Run with (vm_id, id). */
static enum hv_status run_on_row(struct sqlite_store *store, const char *sql, int64_t vm_id, int64_t id,
	int64_t *ret_changed, struct hv_error *err)
{
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	query_int(&query, id);
	return query_run(&query, ret_changed, err);
}

static enum hv_status count_row(struct sqlite_store *store, const char *sql, int64_t vm_id, int64_t id,
	int64_t *ret_count, struct hv_error *err)
{
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	query_int(&query, id);
	status = query_next(&query, &row, err);
	if (status == HV_OK) {
		*ret_count = read_int(&query);
	}
	return status;
}

/* It descends from another snapshot now: when it was put back to the former one says nothing any more. */
static enum hv_status forget_running_since(struct sqlite_store *store, int64_t vm_id, struct hv_error *err)
{
	static const char sql[] = "UPDATE vm_instance SET running_since = 0 WHERE id = ? AND running_since <> 0";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	return query_run(&query, NULL, err);
}

enum hv_status store_snapshot_set_current(
	struct store *base, int64_t vm_id, int64_t snapshot_id, struct hv_error *err)
{
	static const char is_live[] =
		"SELECT count(*) FROM vm_snapshots WHERE vm_id = ? AND id = ? AND removed = 0";
	static const char unset_others[] =
		"UPDATE vm_snapshots SET current = 0 WHERE vm_id = ? AND current = 1 AND id <> ?";
	static const char set_one[] =
		"UPDATE vm_snapshots SET current = 1 WHERE vm_id = ? AND id = ? AND current = 0";
	struct sqlite_store *store = sqlite_store(base);
	int64_t live = 0;
	int64_t unset = 0;
	int64_t set = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK && snapshot_id != 0) {
		status = count_row(store, is_live, vm_id, snapshot_id, &live, err);
		if (status == HV_OK && live == 0) {
			return hv_error_set(err, HV_ERR_NOT_FOUND, "the VM has no such snapshot to be current");
		}
	}
	if (status == HV_OK) {
		status = run_on_row(store, unset_others, vm_id, snapshot_id, &unset, err);
	}
	if (status == HV_OK && snapshot_id != 0) {
		status = run_on_row(store, set_one, vm_id, snapshot_id, &set, err);
	}
	if (status == HV_OK && unset + set > 0) {
		store_mark_tree(store, vm_id);
		status = forget_running_since(store, vm_id, err);
	}
	return status;
}

static enum hv_status vm_of_snapshot(
	struct sqlite_store *store, int64_t snapshot_id, int64_t *ret_vm_id, struct hv_error *err)
{
	static const char sql[] = "SELECT vm_id FROM vm_snapshots WHERE id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, snapshot_id);
	status = query_next(&query, &row, err);
	if (status == HV_OK && !row) {
		return store_no_such_snapshot(err);
	}
	if (status == HV_OK) {
		*ret_vm_id = read_int(&query);
	}
	return status;
}

enum hv_status store_snapshot_reparent(
	struct store *base, int64_t snapshot_id, int64_t new_parent_id, struct hv_error *err)
{
	static const char sql[] = "UPDATE vm_snapshots SET parent = ?3 WHERE vm_id = ?1 AND parent = ?2"
				  " AND removed = 0 AND parent IS NOT ?3";
	struct sqlite_store *store = sqlite_store(base);
	HV_CLEANUP(query_end) struct query query = {0};
	int64_t vm_id = 0;
	int64_t changed = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = vm_of_snapshot(store, snapshot_id, &vm_id, err);
	}
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	query_int(&query, snapshot_id);
	query_reference(&query, new_parent_id);
	status = query_run(&query, &changed, err);
	status = explain_parent(store, status, err);
	if (status == HV_OK && changed > 0) {
		store_mark_tree(store, vm_id);
	}
	return status;
}

enum hv_status store_snapshot_discard(struct store *base, int64_t snapshot_id, struct hv_error *err)
{
	static const char is_allocated[] =
		"SELECT count(*) FROM vm_snapshots WHERE vm_id = ? AND id = ? AND state = 'Allocated'";
	static const char sql[] = "DELETE FROM vm_snapshots WHERE vm_id = ? AND id = ?";
	struct sqlite_store *store = sqlite_store(base);
	int64_t vm_id = 0;
	int64_t found = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = vm_of_snapshot(store, snapshot_id, &vm_id, err);
	}
	if (status == HV_OK) {
		status = count_row(store, is_allocated, vm_id, snapshot_id, &found, err);
	}
	if (status == HV_OK && found == 0) {
		return hv_error_set(err, HV_ERR_CONFLICT, "%s", changed_meanwhile);
	}
	if (status == HV_OK) {
		status = keyword_index_drop(store, vm_id, snapshot_id, err);
	}
	if (status == HV_OK) {
		status = run_on_row(store, sql, vm_id, snapshot_id, NULL, err);
	}
	if (status == HV_OK) {
		store_mark_tree(store, vm_id);
	}
	return status;
}
