/*
 * SQLite for the simulated host: bind by a type string, statements kept, and an error that sticks.
 *
 * The first failure is kept in the connection and everything after it is a no-op that yields nothing, so that the
 * model reads as rules and not as error checks; db_commit() then rolls back and tells. Every write stands between
 * db_begin() (BEGIN IMMEDIATE) and db_commit().
 *
 * Types: 'i' int64_t, 's' const char * (NULL is SQL NULL), 'n' int64_t where 0 is SQL NULL.
 */
#ifndef HV_SIM_DB_H
#define HV_SIM_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/base/status.h"

#define DB_CACHED_STATEMENTS 384

struct db {
	sqlite3 *handle;
	char *path;
	struct hv_error error; /* HV_OK while nothing failed since the last db_commit() or db_settle() */
	struct {
		const char *sql; /* identity of the literal, not its text */
		sqlite3_stmt *statement;
	} cache[DB_CACHED_STATEMENTS];
	size_t cached;
};

/** Open an existing database file; neither schema nor application id are looked at. */
enum hv_status db_open(struct db *db, const char *path, struct hv_error *err) HV_MUST_CHECK;
void db_close(struct db *db); /* half-open is legal */

void db_begin(struct db *db);
/** Commit, or roll back and say what failed. The connection is usable again afterwards. */
enum hv_status db_commit(struct db *db, struct hv_error *err) HV_MUST_CHECK;
void db_rollback(struct db *db);
/** The same for reads outside a transaction: what failed since the last time. */
enum hv_status db_settle(struct db *db, struct hv_error *err);

/** A statement that gives no rows. `sql` must be a string literal. */
void db_run(struct db *db, const char *sql, const char *types, ...);
/** Several statements without parameters. */
void db_script(struct db *db, const char *sql);
/** The first column of the first row; `absent` when there is none or it is NULL. */
int64_t db_number(struct db *db, int64_t absent, const char *sql, const char *types, ...);
/** The same as text; NULL when there is none. Caller frees. */
char *db_string(struct db *db, const char *sql, const char *types, ...);
/** Rows: while (db_next(db, rows)) {...}. A loop that is left early calls db_end(). NULL after a failure. */
sqlite3_stmt *db_query(struct db *db, const char *sql, const char *types, ...);
bool db_next(struct db *db, sqlite3_stmt *rows);
void db_end(sqlite3_stmt *rows);
/** Column as text, "" when NULL; valid until the next step. */
const char *db_column(sqlite3_stmt *rows, int column);
/** Column as a copy, NULL when NULL. */
char *db_column_copy(sqlite3_stmt *rows, int column);

#endif
