#include "backend/store/sqlite/statement.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"

#define CACHE_FIRST 64 /* a power of two */

static struct cached_statement *cache_slot(const struct sqlite_store *store, const char *sql)
{
	uint64_t hash = (uint64_t)(uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15);
	size_t at = (size_t)(hash >> 32) & (store->cache_capacity - 1);
	while (store->cache[at].sql && store->cache[at].sql != sql) {
		at = (at + 1) & (store->cache_capacity - 1);
	}
	return &store->cache[at];
}

static void enlarge_cache(struct sqlite_store *store)
{
	struct cached_statement *old = store->cache;
	size_t old_capacity = store->cache_capacity;
	store->cache_capacity = old_capacity ? old_capacity * 2 : CACHE_FIRST;
	store->cache = hv_alloc(store->cache_capacity * sizeof *store->cache);
	for (size_t i = 0; i < old_capacity; i++) {
		if (old[i].sql) {
			*cache_slot(store, old[i].sql) = old[i];
		}
	}
	free(old);
}

enum hv_status query_start_text(
	struct query *query, struct sqlite_store *store, const char *sql, struct hv_error *err)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v3(store->database, sql, -1, 0, &statement, NULL);
	if (code != SQLITE_OK) {
		return store_failure(store, code, err);
	}
	*query = (struct query){.store = store, .statement = statement, .one_time = true};
	return HV_OK;
}

enum hv_status query_start(
	struct query *query, struct sqlite_store *store, const char *sql, struct hv_error *err)
{
	if ((store->cache_count + 1) * 2 > store->cache_capacity) {
		enlarge_cache(store);
	}
	struct cached_statement *slot = cache_slot(store, sql);
	if (slot->sql && sqlite3_stmt_busy(slot->statement)) {
		/* its reader is further up the stack */
		return query_start_text(query, store, sql, err);
	}
	if (!slot->sql) {
		int code = sqlite3_prepare_v3(
			store->database, sql, -1, SQLITE_PREPARE_PERSISTENT, &slot->statement, NULL);
		if (code != SQLITE_OK) {
			return store_failure(store, code, err);
		}
		slot->sql = sql;
		store->cache_count++;
	}
	*query = (struct query){.store = store, .statement = slot->statement};
	return HV_OK;
}

void query_again(struct query *query)
{
	(void)sqlite3_reset(query->statement);
	query->parameter = 0;
	query->column = 0;
}

void query_end(struct query *query)
{
	if (query->one_time) {
		(void)sqlite3_finalize(query->statement);
	} else if (query->statement) {
		(void)sqlite3_reset(query->statement);
		/* bound text is the caller's */
		(void)sqlite3_clear_bindings(query->statement);
	}
	*query = (struct query){0};
}

void query_int(struct query *query, int64_t value)
{
	(void)sqlite3_bind_int64(query->statement, ++query->parameter, value);
}

void query_reference(struct query *query, int64_t id)
{
	if (id == 0) {
		(void)sqlite3_bind_null(query->statement, ++query->parameter);
	} else {
		query_int(query, id);
	}
}

void query_text(struct query *query, const char *text)
{
	query->parameter++;
	if (!text) {
		(void)sqlite3_bind_null(query->statement, query->parameter);
		return;
	}
	size_t length = strlen(text);
	if (!hv_utf8_is_valid(text, length) ||
		sqlite3_bind_text64(query->statement, query->parameter, text, length, SQLITE_STATIC,
			SQLITE_UTF8) != SQLITE_OK) {
		query->bad_text = true;
	}
}

void query_blob(struct query *query, const void *bytes, size_t length)
{
	if (sqlite3_bind_blob64(query->statement, ++query->parameter, bytes, length, SQLITE_STATIC) !=
		SQLITE_OK) {
		query->bad_text = true;
	}
}

void query_uuid(struct query *query, const struct hv_uuid *uuid)
{
	if (hv_uuid_is_nil(uuid)) {
		(void)sqlite3_bind_null(query->statement, ++query->parameter);
	} else {
		(void)sqlite3_bind_blob(query->statement, ++query->parameter, uuid->bytes,
			(int)sizeof uuid->bytes, SQLITE_TRANSIENT);
	}
}

enum hv_status query_next(struct query *query, bool *ret_row, struct hv_error *err)
{
	if (query->bad_text) {
		return hv_error_set(err, HV_ERR_INVALID,
			"a text is not valid UTF-8, or too long for the store; nothing was written");
	}
	int code = sqlite3_step(query->statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE) {
		return store_failure(query->store, code, err);
	}
	query->column = 0;
	*ret_row = code == SQLITE_ROW;
	return HV_OK;
}

enum hv_status query_run(struct query *query, int64_t *ret_changed, struct hv_error *err)
{
	bool row = false;
	enum hv_status status = query_next(query, &row, err);
	if (status == HV_OK && ret_changed) {
		*ret_changed = sqlite3_changes(query->store->database);
	}
	return status;
}

int64_t read_int(struct query *query)
{
	return sqlite3_column_int64(query->statement, query->column++);
}

bool read_bool(struct query *query)
{
	return read_int(query) != 0;
}

const char *read_borrowed_null(struct query *query)
{
	return (const char *)sqlite3_column_text(query->statement, query->column++);
}

const char *read_borrowed(struct query *query)
{
	const char *text = read_borrowed_null(query);
	return text ? text : "";
}

char *read_text(struct query *query)
{
	int column = query->column++;
	const unsigned char *text = sqlite3_column_text(query->statement, column);
	if (!text) {
		return NULL;
	}
	return hv_strndup((const char *)text, (size_t)sqlite3_column_bytes(query->statement, column));
}

struct hv_uuid read_uuid(struct query *query)
{
	struct hv_uuid uuid = {{0}};
	int column = query->column++;
	const void *bytes = sqlite3_column_blob(query->statement, column);
	if (!bytes) {
		return uuid;
	}
	if (sqlite3_column_bytes(query->statement, column) != (int)sizeof uuid.bytes) {
		query->bad_value = true;
		return uuid;
	}
	memcpy(uuid.bytes, bytes, sizeof uuid.bytes);
	return uuid;
}

enum hv_status read_check(const struct query *query, const char *table, struct hv_error *err)
{
	if (!query->bad_value) {
		return HV_OK;
	}
	char *path = hv_text_printable(query->store->path, strlen(query->store->path));
	(void)hv_error_set(err, HV_ERR_STORE,
		"the store '%.300s' holds a value in its table %s that this program does not know; nothing was "
		"changed; use the program that wrote it, or put a copy of the store back",
		path, table);
	free(path);
	return HV_ERR_STORE;
}

#define READ_ENUM(type, function, parse)                                                                    \
	enum type function(struct query *query)                                                            \
	{                                                                                                  \
		enum type value = (enum type)0;                                                            \
		if (!parse(read_borrowed(query), &value)) {                                                \
			query->bad_value = true;                                                           \
		}                                                                                          \
		return value;                                                                              \
	}

READ_ENUM(snapshot_state, read_snapshot_state, snapshot_state_parse)
READ_ENUM(snapshot_type, read_snapshot_type, snapshot_type_parse)
READ_ENUM(checkpoint_kind, read_checkpoint_kind, checkpoint_kind_parse)
READ_ENUM(vm_state, read_vm_state, vm_state_parse)
READ_ENUM(export_state, read_export_state, export_state_parse)
READ_ENUM(host_state, read_host_state, host_state_parse)
READ_ENUM(stop_policy, read_stop_policy, stop_policy_parse)
READ_ENUM(operation_kind, read_operation_kind, operation_kind_parse)
READ_ENUM(operation_state, read_operation_state, operation_state_parse)
READ_ENUM(operation_step, read_operation_step, operation_step_parse)

static bool status_parse(const char *name, enum hv_status *ret_status)
{
	for (int i = 0; i < HV_STATUS_COUNT; i++) {
		if (strcmp(name, hv_status_name((enum hv_status)i)) == 0) {
			*ret_status = (enum hv_status)i;
			return true;
		}
	}
	return false;
}

READ_ENUM(hv_status, read_status, status_parse)
