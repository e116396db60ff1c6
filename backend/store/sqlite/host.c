/* Hosts: `host`. */
#include "backend/store/sqlite/sqlite_store.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/text.h"
#include "backend/store/sqlite/statement.h"

#define HOST_COLUMNS                                                                                        \
	"id, uuid, name, group_name, transport, address, version, state, reason, seen, free_bytes, stop_policy"

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
	host->stop_policy = read_stop_policy(query);
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
	query_text(query, stop_policy_name(host->stop_policy));
}

static enum hv_status insert_host(
	struct sqlite_store *store, struct host *host, const char *key, struct hv_error *err)
{
	static const char sql[] =
		"INSERT INTO host (uuid, name, name_key, group_name, transport, address, version, seen, free_bytes,"
		" stop_policy, state, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
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
		" version = ?, seen = ?, free_bytes = ?, stop_policy = ? WHERE id = ?";
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
