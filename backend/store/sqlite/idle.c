/*
 * Moving the write-ahead log into the file.
 *
 * In SQLite before 3.51.3 a checkpoint that starts just as another connection commits and begins the log anew can
 * leave the file damaged. So the log is never moved on its own (wal_autocheckpoint = 0), and here only while a second
 * connection of this process holds the writer's lock: then nobody can commit. SQLite itself checkpoints when the last
 * connection closes; it holds the whole file then.
 */
#include "backend/store/sqlite/sqlite_store.h"

#include <sys/stat.h>

#include "backend/base/memory.h"

#define LOG_WORTH_MOVING (1024 * 1024)

/* The log keeps its length until the next commit begins it anew: what was moved is known by its time. */
static bool log_is_worth_moving(
	const struct sqlite_store *store, int64_t bytes, struct timespec *ret_written)
{
	HV_CLEANUP_FREE char *name = hv_sprintf("%s-wal", store->path);
	struct stat info;
	if (stat(name, &info) != 0 || info.st_size <= bytes) {
		return false;
	}
	*ret_written = info.st_mtim;
	return info.st_mtim.tv_sec != store->log_moved.tv_sec ||
	       info.st_mtim.tv_nsec != store->log_moved.tv_nsec;
}

static bool open_lock_holder(struct sqlite_store *store)
{
	if (store->lock_holder) {
		return true;
	}
	sqlite3 *database = NULL;
	int code = sqlite3_open_v2(
		store->path, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
	if (code == SQLITE_OK) {
		code = sqlite3_exec(database, "PRAGMA wal_autocheckpoint = 0", NULL, NULL, NULL);
	}
	if (code != SQLITE_OK) {
		(void)sqlite3_close(database);
		return false;
	}
	store->lock_holder = database;
	return true;
}

void store_move_log(struct sqlite_store *store, int64_t bytes)
{
	struct timespec written;
	int in_log = 0;
	int moved = 0;
	if (store->in_transaction || store->damaged || !log_is_worth_moving(store, bytes, &written) ||
		!open_lock_holder(store)) {
		return;
	}
	/* No waiting: when somebody writes now, the next idle moment will do. */
	if (sqlite3_exec(store->lock_holder, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) {
		return;
	}
	int code = sqlite3_wal_checkpoint_v2(
		store->database, "main", SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);
	(void)sqlite3_exec(store->lock_holder, "ROLLBACK", NULL, NULL, NULL);
	if (code == SQLITE_OK && in_log == moved) {
		store->log_moved = written;
	}
}

void store_idle(struct store *store)
{
	store_move_log(sqlite_store(store), LOG_WORTH_MOVING);
}
