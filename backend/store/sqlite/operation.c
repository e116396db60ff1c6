/*
 * Operations: the rows that workflows live in.
 *
 * Two fences, both held by the table: one Running operation a VM (X1, index operation_one_running), and (owner, epoch)
 * in the WHERE of every write, so that a console that lost its lease can no longer write (Y1).
 */
#include "backend/store/sqlite/sqlite_store.h"

#include "backend/base/memory.h"
#include "backend/store/sqlite/statement.h"

#define OPERATION_COLUMNS                                                                                   \
	"o.id, o.uuid, o.group_uuid, o.sequence, o.kind, o.state, o.step, o.sent, o.unknown, o.host_id,"   \
	" o.vm_id, o.snapshot_id, o.vm_snapshot_type, o.quiesce, o.display_name, o.description, o.force,"  \
	" o.vm_state_before, o.current_before, o.percent, o.phase, o.status, o.error, o.owner,"            \
	" o.lease_until, o.epoch, o.requested_by, o.created, o.updated, o.finished, o.volume_uuid,"            \
	" o.volume_snapshot_id, o.service_offering_id, o.path, o.size, o.export_uuid, o.cancel_asked"

#define IS_LIVE "state IN ('Queued', 'Running')"

static const char no_such_operation[] = "there is no such operation";

static void read_operation(struct query *query, struct operation *operation)
{
	operation->id = read_int(query);
	operation->uuid = read_uuid(query);
	operation->group = read_uuid(query);
	operation->sequence = read_int(query);
	operation->kind = read_operation_kind(query);
	operation->state = read_operation_state(query);
	operation->step = read_operation_step(query);
	operation->sent = read_bool(query);
	operation->unknown = read_bool(query);
	operation->host_id = read_int(query);
	operation->vm_id = read_int(query);
	operation->snapshot_id = read_int(query);
	operation->type = read_snapshot_type(query);
	operation->quiesce = read_bool(query);
	operation->display_name = read_text(query);
	operation->description = read_text(query);
	operation->force = read_bool(query);
	operation->vm_state_before = read_vm_state(query);
	operation->current_before = read_int(query);
	operation->percent = read_int(query);
	operation->phase = read_text(query);
	operation->status = read_status(query);
	operation->error = read_text(query);
	operation->owner = read_text(query);
	operation->lease_until_us = read_int(query);
	operation->epoch = read_int(query);
	operation->requested_by = read_text(query);
	operation->created_us = read_int(query);
	operation->updated_us = read_int(query);
	operation->finished_us = read_int(query);
	operation->volume = read_uuid(query);
	operation->volume_snapshot_id = read_int(query);
	operation->offering_id = read_int(query);
	operation->path = read_text(query);
	operation->size_bytes = read_int(query);
	operation->export = read_uuid(query);
	operation->cancel_asked = read_bool(query);
}

static enum hv_status read_one(
	struct query *query, struct operation *ret_operation, struct hv_error *err)
{
	struct operation operation = {0};
	bool row = false;
	enum hv_status status = query_next(query, &row, err);
	if (status == HV_OK && !row) {
		status = hv_error_set(err, HV_ERR_NOT_FOUND, no_such_operation);
	}
	if (status == HV_OK) {
		read_operation(query, &operation);
		status = read_check(query, "operation", err);
	}
	if (status != HV_OK) {
		operation_clear(&operation);
		return status;
	}
	*ret_operation = operation;
	return HV_OK;
}

static enum hv_status read_all(struct query *query, struct operation_list *list, struct hv_error *err)
{
	bool row = false;
	enum hv_status status = HV_OK;
	while (status == HV_OK && (status = query_next(query, &row, err)) == HV_OK && row) {
		read_operation(query, operation_list_add(list));
		status = read_check(query, "operation", err);
	}
	return status;
}

enum hv_status store_operation_get(
	struct store *base, int64_t id, struct operation *ret_operation, struct hv_error *err)
{
	static const char sql[] = "SELECT " OPERATION_COLUMNS " FROM operation o WHERE o.id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, id);
	return read_one(&query, ret_operation, err);
}

enum hv_status store_operation_by_uuid(struct store *base, const struct hv_uuid *uuid,
	struct operation *ret_operation, struct hv_error *err)
{
	static const char sql[] = "SELECT " OPERATION_COLUMNS " FROM operation o WHERE o.uuid = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_uuid(&query, uuid);
	return read_one(&query, ret_operation, err);
}

enum hv_status store_operation_live(struct store *base, int64_t host_id, int64_t vm_id,
	struct operation_list *list, struct hv_error *err)
{
	/* groups in the order in which they came: the first in the queue of a VM is the first to have asked */
	static const char sql[] =
		"SELECT " OPERATION_COLUMNS " FROM operation o JOIN (SELECT group_uuid, min(id) AS first"
		" FROM operation WHERE " IS_LIVE " GROUP BY group_uuid) g ON g.group_uuid IS o.group_uuid"
		" WHERE o.state IN ('Queued', 'Running') AND (?1 = 0 OR o.host_id = ?1)"
		" AND (?2 = 0 OR o.vm_id = ?2) ORDER BY g.first, o.sequence, o.id";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, host_id);
	query_int(&query, vm_id);
	return read_all(&query, list, err);
}

enum hv_status store_operation_recent(
	struct store *base, int64_t limit, struct operation_list *list, struct hv_error *err)
{
	static const char sql[] =
		"SELECT " OPERATION_COLUMNS " FROM operation o WHERE o.state NOT IN ('Queued', 'Running')"
		" ORDER BY o.finished DESC, o.id DESC LIMIT ?";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, limit < 0 ? 0 : limit);
	return read_all(&query, list, err);
}

enum hv_status store_operation_last_done(struct store *base, int64_t vm_id, enum operation_kind kind,
	const struct hv_uuid *group, struct operation *ret_operation, struct hv_error *err)
{
	/* ids grow with time, and the index on vm_id holds them in order; the nil group is bound as NULL */
	static const char sql[] =
		"SELECT " OPERATION_COLUMNS " FROM operation o WHERE o.vm_id = ?1 AND o.kind = ?2"
		" AND o.state = 'Done' AND (?3 IS NULL OR o.group_uuid = ?3) ORDER BY o.id DESC LIMIT 1";
	HV_CLEANUP(query_end) struct query query = {0};
	struct hv_uuid any = {{0}};
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	query_text(&query, operation_kind_name(kind));
	query_uuid(&query, group ? group : &any);
	return read_one(&query, ret_operation, err);
}

/* --- writing --- */

static enum hv_status explain(struct sqlite_store *store, enum hv_status status, struct hv_error *err)
{
	if (status == HV_ERR_STORE && store_is_reference_failure(store)) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such host or VM for the operation");
	}
	if (status != HV_ERR_STORE || !store_is_unique_failure(store)) {
		return status;
	}
	/* the index of X1 is on vm_id, the other one on uuid */
	bool busy = sqlite3_strglob("*operation.vm_id*", sqlite3_errmsg(store->database)) == 0;
	return hv_error_set(err, HV_ERR_CONFLICT, "%s",
		busy ? "another operation runs on this VM; one at a time"
		     : "an operation with this id is in the store already");
}

static void bind_progress(struct query *query, const struct operation *operation)
{
	query_uuid(query, &operation->group);
	query_int(query, operation->sequence);
	query_text(query, operation_state_name(operation->state));
	query_text(query, operation_step_name(operation->step));
	query_int(query, operation->sent);
	query_int(query, operation->unknown);
	query_int(query, operation->host_id);
	query_reference(query, operation->snapshot_id);
	query_text(query, snapshot_type_name(operation->type));
	query_int(query, operation->quiesce);
	query_text(query, operation->display_name);
	query_text(query, operation->description);
	query_int(query, operation->force);
	query_text(query, vm_state_name(operation->vm_state_before));
	query_reference(query, operation->current_before);
	query_int(query, operation->percent);
	query_text(query, operation->phase);
	query_text(query, hv_status_name(operation->status));
	query_text(query, operation->error);
	query_int(query, operation->lease_until_us);
	query_text(query, operation->requested_by);
	query_int(query, operation->created_us);
	query_int(query, operation->updated_us);
	query_int(query, operation->finished_us);
	query_uuid(query, &operation->volume);
	query_reference(query, operation->volume_snapshot_id);
	query_reference(query, operation->offering_id);
	query_text(query, operation->path);
	query_int(query, operation->size_bytes);
	query_uuid(query, &operation->export);
}

#define PROGRESS_COLUMNS                                                                                    \
	"group_uuid, sequence, state, step, sent, unknown, host_id, snapshot_id, vm_snapshot_type,"        \
	" quiesce, display_name, description, force, vm_state_before, current_before, percent, phase,"     \
	" status, error, lease_until, requested_by, created, updated, finished, volume_uuid,"                \
	" volume_snapshot_id, service_offering_id, path, size, export_uuid"
#define PROGRESS_VALUES "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

enum hv_status store_operation_insert(
	struct store *base, struct operation *operation, struct hv_error *err)
{
	static const char sql[] = "INSERT INTO operation (" PROGRESS_COLUMNS ", uuid, kind, vm_id, owner, epoch)"
				  " VALUES (" PROGRESS_VALUES ", ?, ?, ?, ?, ?)";
	struct sqlite_store *store = sqlite_store(base);
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	bind_progress(&query, operation);
	query_uuid(&query, &operation->uuid);
	query_text(&query, operation_kind_name(operation->kind));
	query_int(&query, operation->vm_id);
	query_text(&query, operation->owner);
	query_int(&query, operation->epoch);
	status = query_run(&query, NULL, err);
	if (status != HV_OK) {
		return explain(store, status, err);
	}
	operation->id = sqlite3_last_insert_rowid(store->database);
	store_mark(store, CHANGE_OPERATION, operation->id, operation->vm_id);
	return HV_OK;
}

/* After a write that met no row. */
static enum hv_status explain_no_row(struct sqlite_store *store, int64_t id, struct hv_error *err)
{
	static const char sql[] = "SELECT " IS_LIVE " FROM operation WHERE id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, id);
	status = query_next(&query, &row, err);
	if (status == HV_OK && !row) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, no_such_operation);
	}
	if (status != HV_OK) {
		return status;
	}
	return hv_error_set(err, HV_ERR_CONFLICT, "%s",
		read_bool(&query) ? "another console drives this operation now" : "this operation has ended");
}

enum hv_status store_operation_save(
	struct store *base, const struct operation *operation, struct hv_error *err)
{
	static const char sql[] = "UPDATE operation SET (" PROGRESS_COLUMNS ") = (" PROGRESS_VALUES ")"
				  " WHERE id = ? AND owner IS ? AND epoch = ?";
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
	bind_progress(&query, operation);
	query_int(&query, operation->id);
	query_text(&query, operation->owner);
	query_int(&query, operation->epoch);
	status = query_run(&query, &changed, err);
	if (status != HV_OK) {
		return explain(store, status, err);
	}
	if (changed == 0) {
		return explain_no_row(store, operation->id, err);
	}
	store_mark(store, CHANGE_OPERATION, operation->id, operation->vm_id);
	return HV_OK;
}

enum hv_status store_operation_take_over(struct store *base, struct operation *operation,
	const char *owner, int64_t lease_until_us, struct hv_error *err)
{
	static const char sql[] =
		"UPDATE operation SET owner = ?4, lease_until = ?5, epoch = epoch + 1"
		" WHERE id = ?1 AND owner IS ?2 AND epoch = ?3 AND " IS_LIVE;
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
	query_int(&query, operation->id);
	query_text(&query, operation->owner);
	query_int(&query, operation->epoch);
	query_text(&query, owner);
	query_int(&query, lease_until_us);
	status = query_run(&query, &changed, err);
	if (status == HV_OK && changed == 0) {
		return explain_no_row(store, operation->id, err);
	}
	if (status == HV_OK) {
		hv_replace_string(&operation->owner, owner);
		operation->lease_until_us = lease_until_us;
		operation->epoch++;
		store_mark(store, CHANGE_OPERATION, operation->id, operation->vm_id);
	}
	return status;
}

/* Not a write of its owner: whoever asks must not disturb what the owner writes, nor be overwritten by it. */
enum hv_status store_operation_ask_cancel(struct store *base, int64_t id, struct hv_error *err)
{
	static const char sql[] =
		"UPDATE operation SET cancel_asked = 1 WHERE id = ? AND " IS_LIVE " RETURNING vm_id";
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
		store_mark(store, CHANGE_OPERATION, id, read_int(&query));
	}
	return status;
}

/* No change is told: a lease is nobody's news, and there is one every few seconds. */
enum hv_status store_operation_renew(
	struct store *base, const char *owner, int64_t lease_until_us, struct hv_error *err)
{
	static const char sql[] = "UPDATE operation SET lease_until = ?2 WHERE owner = ?1 AND " IS_LIVE;
	struct sqlite_store *store = sqlite_store(base);
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_text(&query, owner);
	query_int(&query, lease_until_us);
	return query_run(&query, NULL, err);
}
