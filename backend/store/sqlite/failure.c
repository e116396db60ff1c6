/* What SQLite's result codes mean for the person before the screen. */
#include "backend/store/sqlite/sqlite_store.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/text.h"

struct failure_text {
	int code; /* primary result code */
	const char *what;
	const char *advice;
};

static const struct failure_text failure_texts[] = {
	{SQLITE_BUSY, "is held by another program", "try again in a moment"},
	{SQLITE_LOCKED, "is held by another program", "try again in a moment"},
	{SQLITE_FULL, "cannot grow: the disk is full", "free some space and try again"},
	{SQLITE_READONLY, "cannot be written", "give this user the right to write the file and its folder"},
	{SQLITE_PERM, "cannot be written", "give this user the right to write the file and its folder"},
	{SQLITE_AUTH, "cannot be written", "give this user the right to write the file and its folder"},
	{SQLITE_CANTOPEN, "cannot be opened",
		"give this user the right to read and write the file and its folder, and see that the disk is not "
		"full"},
	{SQLITE_IOERR, "cannot be read or written: the disk or its file system failed",
		"look at the system's log, then try again"},
	{SQLITE_CORRUPT, "is damaged",
		"move it away, with its -wal file, and put a copy back; the hosts keep their snapshots"},
	{SQLITE_NOTADB, "is not a store of hvtree", "name another file with --store"},
	{SQLITE_TOOBIG, "cannot take a text that long", "use a shorter text"},
	{SQLITE_CONSTRAINT, "refuses what was to be written: it would contradict itself", "read again and retry"},
};

static const struct failure_text other_failure = {
	SQLITE_ERROR, "does not have the structure that this program expects", "use the program that wrote it"};

static const struct failure_text *find_text(int code)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(failure_texts); i++) {
		if (failure_texts[i].code == (code & 0xFF)) {
			return &failure_texts[i];
		}
	}
	return &other_failure;
}

enum hv_status store_refuse(const char *path, const char *what, const char *advice, struct hv_error *err)
{
	char *shown = hv_text_printable(path, strlen(path));
	(void)hv_error_set(err, HV_ERR_STORE, "the store '%.250s' %s; nothing was changed; %s", shown, what, advice);
	free(shown);
	return HV_ERR_STORE;
}

enum hv_status store_failure_at(const char *path, sqlite3 *database, int code, struct hv_error *err)
{
	const struct failure_text *text = find_text(code);
	const char *detail = database ? sqlite3_errmsg(database) : sqlite3_errstr(code);
	int extended = database ? sqlite3_extended_errcode(database) : code;
	char *shown = hv_text_printable(path, strlen(path));
	(void)hv_error_set(err, HV_ERR_STORE, "the store '%.200s' %s; nothing was changed; %s (SQLite %d: %.120s)",
		shown, text->what, text->advice, extended, detail);
	free(shown);
	return HV_ERR_STORE;
}

enum hv_status store_failure(struct sqlite_store *store, int code, struct hv_error *err)
{
	int primary = code & 0xFF;
	if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
		store->damaged = true;
	}
	return store_failure_at(store->path, store->database, code, err);
}

bool store_is_unique_failure(const struct sqlite_store *store)
{
	int code = sqlite3_extended_errcode(store->database);
	return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
	       code == SQLITE_CONSTRAINT_ROWID;
}

bool store_is_reference_failure(const struct sqlite_store *store)
{
	return sqlite3_extended_errcode(store->database) == SQLITE_CONSTRAINT_FOREIGNKEY;
}

bool store_is_check_failure(const struct sqlite_store *store)
{
	return sqlite3_extended_errcode(store->database) == SQLITE_CONSTRAINT_CHECK;
}
