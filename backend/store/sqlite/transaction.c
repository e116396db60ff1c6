/*
 * Transactions. BEGIN IMMEDIATE always: a deferred one that reads and then writes fails at once, whatever the busy
 * timeout, when another console wrote in between.
 */
#include "backend/store/sqlite/sqlite_store.h"

#include <time.h>

#include "backend/store/sqlite/statement.h"

#define LOG_TOO_LONG (16 * 1024 * 1024) /* nobody found an idle moment: the commit pays */
#define BUSY_PAUSE_LONGEST_NS 2000000 /* SQLite's own handler sleeps up to 100 ms: too long beside a console */

/* SQLite calls this while another process holds the lock; 0 gives up. */
int store_busy_handler(void *context, int count)
{
	struct sqlite_store *store = context;
	const struct hv_clock clock = hv_clock_system();
	int64_t now = hv_clock_monotonic_us(&clock);
	if (count == 0) {
		store->busy_since_us = now;
	}
	if (now - store->busy_since_us >= (int64_t)store->busy_ms * 1000) {
		return 0;
	}
	long pause = 50000L << (count < 6 ? count : 6);
	struct timespec rest = {0, pause < BUSY_PAUSE_LONGEST_NS ? pause : BUSY_PAUSE_LONGEST_NS};
	(void)nanosleep(&rest, NULL);
	return 1;
}

enum hv_status store_run(struct sqlite_store *store, const char *sql, struct hv_error *err)
{
	int code = sqlite3_exec(store->database, sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? HV_OK : store_failure(store, code, err);
}

static enum hv_status run_cached(struct sqlite_store *store, const char *sql, struct hv_error *err)
{
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	return query_run(&query, NULL, err);
}

enum hv_status store_require_transaction(const struct sqlite_store *store, struct hv_error *err)
{
	if (!store->in_transaction) {
		return hv_error_set(
			err, HV_ERR_INVALID, "the store is written to outside of a transaction; nothing was written");
	}
	return HV_OK;
}

enum hv_status store_begin(struct store *base, struct hv_error *err)
{
	static const char sql[] = "BEGIN IMMEDIATE";
	struct sqlite_store *store = sqlite_store(base);
	if (store->in_transaction) {
		return hv_error_set(err, HV_ERR_INVALID, "a transaction of the store is open already");
	}
	if (store->damaged) {
		return store_failure_at(store->path, NULL, SQLITE_CORRUPT, err);
	}
	enum hv_status status = run_cached(store, sql, err);
	if (status == HV_OK) {
		store->in_transaction = true;
	}
	return status;
}

void store_rollback(struct store *base)
{
	static const char sql[] = "ROLLBACK";
	struct sqlite_store *store = sqlite_store(base);
	if (!store->in_transaction) {
		return;
	}
	store->in_transaction = false;
	change_set_reset(&store->pending);
	if (sqlite3_get_autocommit(store->database) == 0) {
		/* a rollback that fails leaves nothing to be done: the file was not written */
		(void)run_cached(store, sql, NULL);
	}
}

/* A transaction that SQLite gave up on its own, after a full disk for example, must not look committed. */
static enum hv_status check_still_open(struct sqlite_store *store, struct hv_error *err)
{
	if (sqlite3_get_autocommit(store->database) != 0) {
		return hv_error_set(err, HV_ERR_STORE,
			"the store gave the transaction up after an earlier failure; nothing was changed; try again");
	}
	return HV_OK;
}

enum hv_status store_commit(struct store *base, struct hv_error *err)
{
	static const char sql[] = "COMMIT";
	struct sqlite_store *store = sqlite_store(base);
	int64_t last_sequence = store->last_sequence;
	enum hv_status status = store_require_transaction(store, err);
	if (status != HV_OK) {
		return status;
	}
	status = check_still_open(store, err);
	if (status == HV_OK) {
		status = store_flush_changes(store, &last_sequence, err);
	}
	if (status == HV_OK) {
		status = run_cached(store, sql, err);
	}
	if (status != HV_OK) {
		store_rollback(base);
		return status;
	}
	store->in_transaction = false;
	store->last_sequence = last_sequence;
	change_set_reset(&store->pending);
	store_move_log(store, LOG_TOO_LONG);
	return HV_OK;
}

enum hv_status store_begin_part(struct sqlite_store *store, struct hv_error *err)
{
	static const char sql[] = "SAVEPOINT part";
	enum hv_status status = store_require_transaction(store, err);
	return status == HV_OK ? run_cached(store, sql, err) : status;
}

enum hv_status store_end_part(struct sqlite_store *store, enum hv_status status, struct hv_error *err)
{
	static const char undo[] = "ROLLBACK TO part";
	static const char release[] = "RELEASE part";
	if (status == HV_OK) {
		return run_cached(store, release, err);
	}
	/* when SQLite gave the whole transaction up there is no part to undo any more */
	if (sqlite3_get_autocommit(store->database) == 0 && run_cached(store, undo, NULL) == HV_OK) {
		(void)run_cached(store, release, NULL);
	}
	return status;
}
