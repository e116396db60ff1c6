/* Hosts: `host`, and what goes when one is removed. */
#include "backend/store/sqlite/sqlite_store.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/text.h"
#include "backend/store/sqlite/statement.h"

#define HOST_COLUMNS                                                                                        \
	"id, uuid, name, group_name, transport, address, version, state, reason, seen, free_bytes"

static void read_host(struct query *query, struct host *host)
{
	host->id = read_int(query);
	host->uuid = read_uuid(query);
	host->name = read_text(query);
	host->group = read_text(query);
	host->transport = read_text(query);
	host->address = read_text(query);
	host->version = read_text(query);
	host->state = read_host_state(query);
	host->reason = read_text(query);
	host->seen_us = read_int(query);
	host->free_bytes = read_int(query);
}

enum hv_status store_host_list(struct store *base, struct host_list *list, struct hv_error *err)
{
	static const char sql[] = "SELECT " HOST_COLUMNS " FROM host ORDER BY name, id";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	while (status == HV_OK && (status = query_next(&query, &row, err)) == HV_OK && row) {
		read_host(&query, host_list_add(list));
		status = read_check(&query, "host", err);
	}
	return status;
}

enum hv_status store_host_get(
	struct store *base, int64_t id, struct host *ret_host, struct hv_error *err)
{
	static const char sql[] = "SELECT " HOST_COLUMNS " FROM host WHERE id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	struct host host = {0};
	bool row = false;
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, id);
	status = query_next(&query, &row, err);
	if (status == HV_OK && !row) {
		status = hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such host");
	}
	if (status == HV_OK) {
		read_host(&query, &host);
		status = read_check(&query, "host", err);
	}
	if (status != HV_OK) {
		host_clear(&host);
		return status;
	}
	*ret_host = host;
	return HV_OK;
}

/* After a write that failed: say which of the unique things was taken. */
static enum hv_status explain_conflict(
	struct sqlite_store *store, enum hv_status status, const char *name, struct hv_error *err)
{
	if (status != HV_ERR_STORE || !store_is_unique_failure(store)) {
		return status;
	}
	char *shown = hv_text_printable(name, strlen(name));
	(void)hv_error_set(err, HV_ERR_CONFLICT,
		"host '%.120s' exists already, under this name or with the same id of its own", shown);
	free(shown);
	return HV_ERR_CONFLICT;
}

static void bind_host(struct query *query, const struct host *host, const char *key)
{
	query_uuid(query, &host->uuid);
	query_text(query, host->name);
	query_text(query, key);
	query_text(query, host->group);
	query_text(query, host->transport);
	query_text(query, host->address);
	query_text(query, host->version);
	query_int(query, host->seen_us);
	query_int(query, host->free_bytes);
}

static enum hv_status insert_host(
	struct sqlite_store *store, struct host *host, const char *key, struct hv_error *err)
{
	static const char sql[] =
		"INSERT INTO host (uuid, name, name_key, group_name, transport, address, version, seen, free_bytes,"
		" state, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	bind_host(&query, host, key);
	query_text(&query, host_state_name(host->state));
	query_text(&query, host->reason);
	status = query_run(&query, NULL, err);
	if (status == HV_OK) {
		host->id = sqlite3_last_insert_rowid(store->database);
		store_mark_host(store, host->id);
	}
	return explain_conflict(store, status, host->name, err);
}

static enum hv_status update_host(
	struct sqlite_store *store, const struct host *host, const char *key, struct hv_error *err)
{
	static const char sql[] =
		"UPDATE host SET uuid = ?, name = ?, name_key = ?, group_name = ?, transport = ?, address = ?,"
		" version = ?, seen = ?, free_bytes = ? WHERE id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	int64_t changed = 0;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	bind_host(&query, host, key);
	query_int(&query, host->id);
	status = query_run(&query, &changed, err);
	if (status == HV_OK && changed == 0) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such host");
	}
	if (status == HV_OK) {
		store_mark_host(store, host->id);
	}
	return explain_conflict(store, status, host->name, err);
}

enum hv_status store_host_save(struct store *base, struct host *host, struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	enum hv_status status = store_require_transaction(store, err);
	if (status != HV_OK) {
		return status;
	}
	if (!host->name || *host->name == '\0') {
		return hv_error_set(err, HV_ERR_INVALID, "a host needs a name");
	}
	HV_CLEANUP_FREE char *key = hv_text_name_key(host->name);
	return host->id == 0 ? insert_host(store, host, key, err) : update_host(store, host, key, err);
}

enum hv_status store_host_set_state(struct store *base, const struct host *host, struct hv_error *err)
{
	static const char sql[] =
		"UPDATE host SET state = ?, reason = ?, seen = ?, version = ?, free_bytes = ? WHERE id = ?";
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
	query_text(&query, host_state_name(host->state));
	query_text(&query, host->reason);
	query_int(&query, host->seen_us);
	query_text(&query, host->version);
	query_int(&query, host->free_bytes);
	query_int(&query, host->id);
	status = query_run(&query, &changed, err);
	if (status == HV_OK && changed == 0) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such host");
	}
	if (status == HV_OK) {
		store_mark_host(store, host->id);
	}
	return status;
}

static enum hv_status refuse_live_operations(
	struct sqlite_store *store, int64_t host_id, struct hv_error *err)
{
	static const char sql[] =
		"SELECT count(*) FROM operation WHERE state IN ('Queued', 'Running')"
		" AND (host_id = ?1 OR vm_id IN (SELECT id FROM vm_instance WHERE host_id = ?1))";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, host_id);
	status = query_next(&query, &row, err);
	if (status != HV_OK) {
		return status;
	}
	int64_t live = read_int(&query);
	if (live > 0) {
		return hv_error_set(err, HV_ERR_REFUSED,
			"the host has %lld operation%s that did not end yet; nothing was removed; wait for the end or "
			"cancel",
			(long long)live, live == 1 ? "" : "s");
	}
	return HV_OK;
}

static enum hv_status mark_vms(struct sqlite_store *store, int64_t host_id, struct hv_error *err)
{
	static const char sql[] = "SELECT id FROM vm_instance WHERE host_id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, host_id);
	while ((status = query_next(&query, &row, err)) == HV_OK && row) {
		store_mark_vm(store, read_int(&query));
	}
	return status;
}

static enum hv_status run_with_id(
	struct sqlite_store *store, const char *sql, int64_t id, int64_t *ret_changed, struct hv_error *err)
{
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, id);
	return query_run(&query, ret_changed, err);
}

#define VMS_OF_HOST "vm_id IN (SELECT id FROM vm_instance WHERE host_id = ?)"

/* Children before parents. The audit log keeps its rows. */
static const char *const host_removal[] = {
	"DELETE FROM operation WHERE " VMS_OF_HOST,
	"DELETE FROM operation WHERE host_id = ?",
	"DELETE FROM untracked_checkpoint WHERE " VMS_OF_HOST,
	"DELETE FROM snapshots WHERE " VMS_OF_HOST,
	"DELETE FROM volumes WHERE " VMS_OF_HOST,
	"UPDATE vm_snapshots SET parent = NULL WHERE parent IS NOT NULL AND " VMS_OF_HOST,
	"DELETE FROM vm_snapshot_details WHERE vm_snapshot_id IN (SELECT id FROM vm_snapshots WHERE " VMS_OF_HOST ")",
	"INSERT INTO snapshot_words (snapshot_words, rowid, words)"
	" SELECT 'delete', id, search_words(display_name, name, description) FROM vm_snapshots"
	" WHERE removed = 0 AND " VMS_OF_HOST,
	"DELETE FROM vm_snapshots WHERE " VMS_OF_HOST,
	"DELETE FROM vm_instance WHERE host_id = ?",
	"DELETE FROM host WHERE id = ?",
};

enum hv_status store_host_remove(struct store *base, int64_t id, struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	int64_t changed = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = refuse_live_operations(store, id, err);
	}
	if (status == HV_OK) {
		status = mark_vms(store, id, err);
	}
	for (size_t i = 0; status == HV_OK && i < HV_ARRAY_LEN(host_removal); i++) {
		status = run_with_id(store, host_removal[i], id, &changed, err);
	}
	if (status == HV_OK && changed == 0) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such host");
	}
	if (status == HV_OK) {
		store_mark_host(store, id);
	}
	return status;
}
