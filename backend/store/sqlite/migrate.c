/*
 * Whose file is it, and is its structure the one that this program knows?
 *
 *   application_id   user_version        means
 *   0                0, no tables        new: made by store_prepare_path() or by somebody's touch(1)
 *   ours             1 .. known          ours: migrated to the newest version
 *   ours             above               newer than this program: refused
 *   anything else                        not ours: refused
 *
 * A new file gets its first version before it is switched to the write-ahead log, so that its first page, read alone,
 * already says whose it is.
 */
#include "backend/store/sqlite/sqlite_store.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"

#define SUMMARY_VERSION 7 /* its columns are filled by code, not by SQL */
#define WHOLE_CHECK_BYTES (1024 * 1024) /* a smaller file is checked page by page at open: a millisecond */

static int read_number(sqlite3 *database, const char *sql, int64_t *ret_number)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);
	if (code == SQLITE_OK) {
		code = sqlite3_step(statement);
	}
	if (code == SQLITE_ROW) {
		*ret_number = sqlite3_column_int64(statement, 0);
		code = SQLITE_OK;
	}
	int end = sqlite3_finalize(statement);
	return code == SQLITE_OK ? end : code;
}

/* sqlite_schema is read last: that alone makes SQLite look at a page's content. */
static enum hv_status check_numbers(const char *path, sqlite3 *database, struct hv_error *err)
{
	int64_t application = 0;
	int64_t version = 0;
	int64_t tables = 0;
	int code = read_number(database, "PRAGMA application_id", &application);
	if (code == SQLITE_OK) {
		code = read_number(database, "PRAGMA user_version", &version);
	}
	if (code == SQLITE_OK) {
		code = read_number(database, "SELECT count(*) FROM sqlite_schema", &tables);
	}
	if (code != SQLITE_OK) {
		return store_failure_at(path, database, code, err);
	}
	if (application == 0 && version == 0 && tables == 0) {
		return HV_OK;
	}
	if (application != STORE_APPLICATION_ID || version < 1) {
		return store_refuse(path, "belongs to another program", "name another file with --store", err);
	}
	if (version > store_migration_count) {
		HV_CLEANUP_FREE char *what = hv_sprintf(
			"was written by a newer hvtree (version %lld of the file, this program knows %d)",
			(long long)version, store_migration_count);
		return store_refuse(path, what, "use the newer program, or name another file with --store", err);
	}
	return HV_OK;
}

static enum hv_status check_pages(const char *path, sqlite3 *database, struct hv_error *err)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(database, "PRAGMA quick_check(1)", -1, &statement, NULL);
	if (code == SQLITE_OK) {
		code = sqlite3_step(statement);
	}
	const char *finding = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
	bool sound = finding && strcmp(finding, "ok") == 0;
	(void)sqlite3_finalize(statement);
	if (code != SQLITE_ROW) {
		return store_failure_at(path, database, code, err);
	}
	return sound ? HV_OK : store_failure_at(path, NULL, SQLITE_CORRUPT, err);
}

static bool has_side_file(const char *path, const char *suffix)
{
	HV_CLEANUP_FREE char *name = hv_sprintf("%s%s", path, suffix);
	struct stat info;
	return stat(name, &info) == 0 && info.st_size > 0;
}

/* The path as a "file:" name that tells SQLite to make no lock, no log and no side file. */
static char *untouching_name(const char *path)
{
	static const char kept[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";
	struct hv_text name = HV_TEXT_INIT;
	hv_text_puts(&name, "file:");
	for (const char *p = path; *p; p++) {
		if (strchr(kept, *p)) {
			hv_text_append(&name, p, 1);
		} else {
			hv_text_printf(&name, "%%%02X", (unsigned)(unsigned char)*p);
		}
	}
	hv_text_puts(&name, "?immutable=1");
	return hv_text_detach(&name);
}

static bool has_side_files(const char *path)
{
	return has_side_file(path, "-wal") || has_side_file(path, "-journal");
}

static enum hv_status look_at_file(const char *path, struct hv_error *err)
{
	HV_CLEANUP_FREE char *name = untouching_name(path);
	sqlite3 *database = NULL;
	struct stat info;
	int code = sqlite3_open_v2(
		name, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	enum hv_status status =
		code == SQLITE_OK ? check_numbers(path, database, err) : store_failure_at(path, database, code, err);
	if (status == HV_OK && stat(path, &info) == 0 && info.st_size <= WHOLE_CHECK_BYTES) {
		status = check_pages(path, database, err);
	}
	(void)sqlite3_close(database);
	return status;
}

/*
 * The look takes no lock, so another console may be writing meanwhile. It has a side file then, or it has finished
 * and a second look finds all well.
 */
enum hv_status store_check_file(const char *path, struct hv_error *err)
{
	enum hv_status status = HV_OK;
	for (int look = 0; look < 3; look++) {
		if (has_side_files(path)) {
			return HV_OK; /* the truth is in both files: only a real connection can tell */
		}
		status = look_at_file(path, err);
		if (status == HV_OK) {
			break;
		}
	}
	return status;
}

enum hv_status store_check_identity(struct sqlite_store *store, struct hv_error *err)
{
	return check_numbers(store->path, store->database, err);
}

static enum hv_status run_migration(struct sqlite_store *store, int from, struct hv_error *err)
{
	for (const char *const *sql = store_migrations[from]; *sql; sql++) {
		enum hv_status status = store_run(store, *sql, err);
		if (status != HV_OK) {
			return status;
		}
	}
	if (from + 1 == SUMMARY_VERSION) {
		enum hv_status status = store_summarise_all(store, err);
		if (status != HV_OK) {
			return status;
		}
	}
	char sql[96];
	(void)snprintf(sql, sizeof sql, "PRAGMA user_version = %d", from + 1);
	enum hv_status status = store_run(store, sql, err);
	if (status == HV_OK && from == 0) {
		(void)snprintf(sql, sizeof sql, "PRAGMA application_id = %d", STORE_APPLICATION_ID);
		status = store_run(store, sql, err);
	}
	return status;
}

enum hv_status store_migrate(struct sqlite_store *store, struct hv_error *err)
{
	int64_t version = 0;
	int code = read_number(store->database, "PRAGMA user_version", &version);
	if (code != SQLITE_OK) {
		return store_failure(store, code, err);
	}
	if (version == store_migration_count) {
		return HV_OK;
	}
	enum hv_status status = store_run(store, "BEGIN IMMEDIATE", err);
	if (status != HV_OK) {
		return status;
	}
	/* under the lock: another console may have been quicker */
	status = store_check_identity(store, err);
	code = read_number(store->database, "PRAGMA user_version", &version);
	if (status == HV_OK && code != SQLITE_OK) {
		status = store_failure(store, code, err);
	}
	while (status == HV_OK && version < store_migration_count) {
		status = run_migration(store, (int)version, err);
		version++;
	}
	if (status == HV_OK) {
		status = store_run(store, "COMMIT", err);
	}
	if (status != HV_OK) {
		(void)sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
	}
	return status;
}
