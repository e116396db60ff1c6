/* Opening and closing: from a path to a connection that is safe to use, and the table of functions. */
#include "backend/store/sqlite/sqlite_store.h"

#include <stdlib.h>

#include "backend/base/memory.h"
#include "backend/store/sqlite/statement.h"

static const struct store_ops sqlite_ops = {
	.close = store_close,
	.begin = store_begin,
	.commit = store_commit,
	.rollback = store_rollback,
	.idle = store_idle,
	.last_change = store_last_change,
	.changes = store_changes,
	.host_list = store_host_list,
	.host_get = store_host_get,
	.host_save = store_host_save,
	.host_set_state = store_host_set_state,
	.host_remove = store_host_remove,
	.vm_list = store_vm_list,
	.vm_get = store_vm_get,
	.vm_by_uuid = store_vm_by_uuid,
	.vm_find = store_vm_find,
	.vm_query = store_vm_query,
	.vm_snapshot_count = store_vm_snapshot_count,
	.vm_save = store_vm_save,
	.vm_set_state = store_vm_set_state,
	.vm_forget_destroyed = store_vm_forget_destroyed,
	.vm_set_offering = store_vm_set_offering,
	.vm_set_running_since = store_vm_set_running_since,
	.vm_set_revision = store_vm_set_revision,
	.volume_list = store_volume_list,
	.volume_replace = store_volume_replace,
	.untracked_list = store_untracked_list,
	.untracked_replace = store_untracked_replace,
	.snapshot_list = store_snapshot_list,
	.snapshot_get = store_snapshot_get,
	.snapshot_by_uuid = store_snapshot_by_uuid,
	.snapshot_query = store_snapshot_query,
	.snapshot_insert = store_snapshot_insert,
	.snapshot_set_state = store_snapshot_set_state,
	.snapshot_update = store_snapshot_update,
	.snapshot_describe = store_snapshot_describe,
	.snapshot_set_current = store_snapshot_set_current,
	.snapshot_reparent = store_snapshot_reparent,
	.snapshot_discard = store_snapshot_discard,
	.volume_snapshot_list = store_volume_snapshot_list,
	.volume_snapshot_get = store_volume_snapshot_get,
	.volume_snapshot_by_uuid = store_volume_snapshot_by_uuid,
	.volume_snapshot_query = store_volume_snapshot_query,
	.volume_snapshot_insert = store_volume_snapshot_insert,
	.volume_snapshot_set_state = store_volume_snapshot_set_state,
	.volume_snapshot_update = store_volume_snapshot_update,
	.volume_snapshot_discard = store_volume_snapshot_discard,
	.operation_get = store_operation_get,
	.operation_by_uuid = store_operation_by_uuid,
	.operation_live = store_operation_live,
	.operation_recent = store_operation_recent,
	.operation_last_done = store_operation_last_done,
	.operation_insert = store_operation_insert,
	.operation_save = store_operation_save,
	.operation_take_over = store_operation_take_over,
	.operation_ask_cancel = store_operation_ask_cancel,
	.operation_renew = store_operation_renew,
	.setting_get = store_setting_get,
	.setting_set = store_setting_set,
	.snapshots_enabled = store_snapshots_enabled,
	.offering_ensure = store_offering_ensure,
	.offering_list = store_offering_list,
	.offering_get = store_offering_get,
	.offering_by_name = store_offering_by_name,
	.offering_remove = store_offering_remove,
	.capability_list = store_capability_list,
	.capability_set = store_capability_set,
	.offering_name = store_offering_name,
	.account_ensure = store_account_ensure,
	.account_names = store_account_names,
	.account_list = store_account_list,
	.account_by_user = store_account_by_user,
	.account_save = store_account_save,
	.account_remove = store_account_remove,
	.vm_set_account = store_vm_set_account,
	.set_origin = store_set_origin,
	.event_insert = store_event_insert,
	.event_query = store_event_query,
};

/* What must hold before the first byte of the file is read. */
static enum hv_status harden(struct sqlite_store *store, struct hv_error *err)
{
	static const struct {
		int option;
		int value;
	} options[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},
		{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_DQS_DML, 0},
		{SQLITE_DBCONFIG_DQS_DDL, 0},
		{SQLITE_DBCONFIG_ENABLE_FKEY, 1},
		{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
		{SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1}, /* until it is known to be ours */
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(options); i++) {
		int code = sqlite3_db_config(store->database, options[i].option, options[i].value, NULL);
		if (code != SQLITE_OK) {
			return store_failure(store, code, err);
		}
	}
	(void)sqlite3_busy_handler(store->database, store_busy_handler, store);
	(void)sqlite3_extended_result_codes(store->database, 1);
	return store_run(store,
		"PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cell_size_check = ON;"
		"PRAGMA mmap_size = 0; PRAGMA cache_size = -2048",
		err);
}

/*
 * The switch to the write-ahead log needs the file for itself for a moment, and SQLite does not wait for that: when
 * two consoles make the store together, each tries until one has done it.
 */
static enum hv_status use_write_ahead_log(struct sqlite_store *store, struct hv_error *err)
{
	for (int attempt = 0;; attempt++) {
		sqlite3_stmt *statement = NULL;
		int code = sqlite3_prepare_v2(store->database, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
		if (code == SQLITE_OK) {
			code = sqlite3_step(statement);
		}
		const char *mode = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
		bool done = mode && sqlite3_stricmp(mode, "wal") == 0;
		(void)sqlite3_finalize(statement);
		if (done) {
			return store_run(store, "PRAGMA journal_size_limit = 8388608", err);
		}
		bool locked = code == SQLITE_ROW || (code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED;
		if (!locked || !store_busy_handler(store, attempt)) {
			return store_failure(store, code == SQLITE_ROW ? SQLITE_BUSY : code, err);
		}
	}
}

static enum hv_status refuse_read_only(struct sqlite_store *store, struct hv_error *err)
{
	if (sqlite3_db_readonly(store->database, "main") != 0) {
		return store_failure_at(store->path, NULL, SQLITE_READONLY, err);
	}
	return HV_OK;
}

static enum hv_status open_connection(struct sqlite_store *store, struct hv_error *err)
{
	int code = sqlite3_open_v2(store->path, &store->database,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE, NULL);
	if (code != SQLITE_OK) {
		return store_failure_at(store->path, store->database, code, err);
	}
	enum hv_status status = harden(store, err);
	if (status == HV_OK) {
		status = refuse_read_only(store, err);
	}
	if (status == HV_OK) {
		status = store_check_identity(store, err);
	}
	if (status == HV_OK) {
		status = store_register_functions(store, err);
	}
	if (status == HV_OK) {
		status = store_migrate(store, err);
	}
	if (status == HV_OK) {
		status = use_write_ahead_log(store, err);
	}
	if (status == HV_OK) {
		(void)sqlite3_db_config(store->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	}
	return status;
}

enum hv_status store_open_sqlite(
	const char *path, int busy_ms, struct store **ret_store, struct hv_error *err)
{
	struct sqlite_store *store = hv_alloc(sizeof *store);
	bool is_new = false;
	store->base.ops = &sqlite_ops;
	store->busy_ms = busy_ms;
	store->data_version = -1;
	enum hv_status status = store_prepare_path(path, &store->path, &is_new, err);
	if (status == HV_OK && !is_new) {
		status = store_check_file(store->path, err);
	}
	if (status == HV_OK) {
		status = open_connection(store, err);
	}
	if (status != HV_OK) {
		store_close(&store->base);
		return status;
	}
	*ret_store = &store->base;
	return HV_OK;
}

void store_close(struct store *base)
{
	if (!base) {
		return;
	}
	struct sqlite_store *store = sqlite_store(base);
	if (store->database) {
		store_rollback(base);
	}
	for (size_t i = 0; i < store->cache_capacity; i++) {
		(void)sqlite3_finalize(store->cache[i].statement);
	}
	/* the connection that is closed last moves the log into the file */
	(void)sqlite3_close(store->lock_holder);
	(void)sqlite3_close(store->database);
	change_set_clear(&store->pending);
	free(store->cache);
	free(store->path);
	free(store->origin);
	free(store);
}
