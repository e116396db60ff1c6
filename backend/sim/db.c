#include "backend/sim/db.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

#define BUSY_TIMEOUT_MS 10000
#define CHECKPOINT_PAGES 1000

static void keep_error(struct db *db, const char *doing)
{
	if (db->error.status == HV_OK) {
		(void)hv_error_set(&db->error, HV_ERR_STORE, "state file '%s': %s: %s", db->path, doing,
			sqlite3_errmsg(db->handle));
	}
}

/*
 * The write-ahead log is folded back by hand, in the mode that holds the writer's lock: two connections that
 * checkpoint and commit at the same instant can harm the file in the SQLite that Debian 12 has.
 */
static int fold_log(void *context, sqlite3 *handle, const char *name, int pages)
{
	(void)context;
	if (pages >= CHECKPOINT_PAGES) {
		(void)sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	}
	return SQLITE_OK;
}

static void harden(sqlite3 *handle)
{
	(void)sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	(void)sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	(void)sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_busy_timeout(handle, BUSY_TIMEOUT_MS);
	(void)sqlite3_extended_result_codes(handle, 1);
}

enum hv_status db_open(struct db *db, const char *path, struct hv_error *err)
{
	*db = (struct db){.path = hv_strdup(path)};
	int result = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (result != SQLITE_OK) {
		enum hv_status status = hv_error_set(err, HV_ERR_STORE, "cannot open the state file '%s': %s", path,
			db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(result));
		db_close(db);
		return status;
	}
	harden(db->handle);
	(void)sqlite3_wal_hook(db->handle, fold_log, NULL);
	return HV_OK;
}

void db_close(struct db *db)
{
	for (size_t i = 0; i < db->cached; i++) {
		(void)sqlite3_finalize(db->cache[i].statement);
	}
	if (db->handle) {
		(void)sqlite3_close_v2(db->handle);
	}
	free(db->path);
	*db = (struct db){0};
}

static sqlite3_stmt *prepare(struct db *db, const char *sql)
{
	for (size_t i = 0; i < db->cached; i++) {
		if (db->cache[i].sql == sql) {
			assert(!sqlite3_stmt_busy(db->cache[i].statement));
			return db->cache[i].statement;
		}
	}
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
		keep_error(db, "cannot ask");
		return NULL;
	}
	assert(db->cached < DB_CACHED_STATEMENTS);
	db->cache[db->cached].sql = sql;
	db->cache[db->cached++].statement = statement;
	return statement;
}

static sqlite3_stmt *prepare_bound(struct db *db, const char *sql, const char *types, va_list args)
{
	sqlite3_stmt *statement = db->error.status == HV_OK ? prepare(db, sql) : NULL;
	for (int i = 0; statement && types[i]; i++) {
		if (types[i] == 's') {
			const char *text = va_arg(args, const char *);
			(void)sqlite3_bind_text(statement, i + 1, text, -1, SQLITE_TRANSIENT);
			continue;
		}
		assert(types[i] == 'i' || types[i] == 'n');
		int64_t number = va_arg(args, int64_t);
		if (types[i] == 'n' && number == 0) {
			(void)sqlite3_bind_null(statement, i + 1);
		} else {
			(void)sqlite3_bind_int64(statement, i + 1, number);
		}
	}
	return statement;
}

bool db_next(struct db *db, sqlite3_stmt *rows)
{
	if (!rows) {
		return false;
	}
	int result = sqlite3_step(rows);
	if (result == SQLITE_ROW) {
		return true;
	}
	if (result != SQLITE_DONE) {
		keep_error(db, "cannot do");
	}
	db_end(rows);
	return false;
}

void db_end(sqlite3_stmt *rows)
{
	if (rows) {
		(void)sqlite3_reset(rows);
		(void)sqlite3_clear_bindings(rows);
	}
}

sqlite3_stmt *db_query(struct db *db, const char *sql, const char *types, ...)
{
	va_list args;
	va_start(args, types);
	sqlite3_stmt *rows = prepare_bound(db, sql, types, args);
	va_end(args);
	return rows;
}

void db_run(struct db *db, const char *sql, const char *types, ...)
{
	va_list args;
	va_start(args, types);
	sqlite3_stmt *rows = prepare_bound(db, sql, types, args);
	va_end(args);
	while (db_next(db, rows)) {
		/* a statement with RETURNING: its rows are not wanted */
	}
}

void db_script(struct db *db, const char *sql)
{
	if (db->error.status == HV_OK && sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK) {
		keep_error(db, "cannot do");
	}
}

int64_t db_number(struct db *db, int64_t absent, const char *sql, const char *types, ...)
{
	va_list args;
	va_start(args, types);
	sqlite3_stmt *rows = prepare_bound(db, sql, types, args);
	va_end(args);
	int64_t number = absent;
	if (db_next(db, rows)) {
		number = sqlite3_column_type(rows, 0) == SQLITE_NULL ? absent : sqlite3_column_int64(rows, 0);
		db_end(rows);
	}
	return number;
}

char *db_string(struct db *db, const char *sql, const char *types, ...)
{
	va_list args;
	va_start(args, types);
	sqlite3_stmt *rows = prepare_bound(db, sql, types, args);
	va_end(args);
	char *text = NULL;
	if (db_next(db, rows)) {
		text = db_column_copy(rows, 0);
		db_end(rows);
	}
	return text;
}

const char *db_column(sqlite3_stmt *rows, int column)
{
	const unsigned char *text = sqlite3_column_text(rows, column);
	return text ? (const char *)text : "";
}

char *db_column_copy(sqlite3_stmt *rows, int column)
{
	return hv_strdup_null((const char *)sqlite3_column_text(rows, column));
}

void db_begin(struct db *db)
{
	db_script(db, "BEGIN IMMEDIATE");
}

void db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->handle)) {
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	}
	db->error = (struct hv_error){0};
}

enum hv_status db_settle(struct db *db, struct hv_error *err)
{
	enum hv_status status = db->error.status;
	if (status != HV_OK) {
		(void)hv_error_set(err, status, "%s", db->error.text);
		db->error = (struct hv_error){0};
	}
	return status;
}

enum hv_status db_commit(struct db *db, struct hv_error *err)
{
	db_script(db, "COMMIT");
	enum hv_status status = db_settle(db, err);
	if (status != HV_OK) {
		db_rollback(db);
	}
	return status;
}
