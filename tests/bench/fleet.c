#include "tests/bench/fleet.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/store/sqlite/sqlite_store.h"
#include "backend/store/store.h"

#define NEWEST_US (INT64_C(1780000000) * 1000000) /* 2026-05: ages do not depend on the day of the run */
#define CREATED_STEP_US INT64_C(1000003)
#define GIB (INT64_C(1) << 30)

struct maker {
	sqlite3 *database;
	const char *path;
	const struct fleet_size *size;
	sqlite3_stmt *host, *vm, *volume, *snapshot;
	uint64_t random;
	int64_t snapshots; /* made so far; their ids */
};

static _Noreturn void give_up(const struct maker *maker, const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", maker->path, what, maker->database ? sqlite3_errmsg(maker->database) : "?");
	exit(1);
}

/* splitmix64: a few lines, and every seed is as good as another. */
static uint64_t next_random(struct maker *maker)
{
	uint64_t z = (maker->random += UINT64_C(0x9E3779B97F4A7C15));
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static int64_t below(struct maker *maker, int64_t limit)
{
	return (int64_t)(next_random(maker) % (uint64_t)limit);
}

static void run(struct maker *maker, const char *sql)
{
	if (sqlite3_exec(maker->database, sql, NULL, NULL, NULL) != SQLITE_OK) {
		give_up(maker, sql);
	}
}

static sqlite3_stmt *prepare(struct maker *maker, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v2(maker->database, sql, -1, &statement, NULL) != SQLITE_OK) {
		give_up(maker, sql);
	}
	return statement;
}

static void step(struct maker *maker, sqlite3_stmt *statement)
{
	if (sqlite3_step(statement) != SQLITE_DONE) {
		give_up(maker, sqlite3_sql(statement));
	}
	sqlite3_reset(statement);
}

static void bind_text(sqlite3_stmt *statement, int parameter, const char *text)
{
	(void)sqlite3_bind_text(statement, parameter, text, -1, SQLITE_TRANSIENT);
}

static void bind_uuid(struct maker *maker, sqlite3_stmt *statement, int parameter)
{
	uint64_t bytes[2] = {next_random(maker), next_random(maker)};
	(void)sqlite3_bind_blob(statement, parameter, bytes, sizeof bytes, SQLITE_TRANSIENT);
}

static void make_host(struct maker *maker, int64_t id)
{
	char name[32], group[32];
	(void)snprintf(name, sizeof name, "hv-%04" PRId64, id);
	(void)snprintf(group, sizeof group, "rack %" PRId64, id % 20);
	(void)sqlite3_bind_int64(maker->host, 1, id);
	bind_uuid(maker, maker->host, 2);
	bind_text(maker->host, 3, name);
	bind_text(maker->host, 4, group);
	step(maker, maker->host);
}

static void make_vm(struct maker *maker, int64_t id, int64_t host, const char *name)
{
	(void)sqlite3_bind_int64(maker->vm, 1, id);
	bind_uuid(maker, maker->vm, 2);
	bind_text(maker->vm, 3, name);
	(void)sqlite3_bind_int64(maker->vm, 4, host);
	bind_text(maker->vm, 5, below(maker, 4) == 0 ? "Stopped" : "Running");
	(void)sqlite3_bind_int64(maker->vm, 6, (1 + below(maker, 16)) * GIB);
	step(maker, maker->vm);
	bind_uuid(maker, maker->volume, 1);
	(void)sqlite3_bind_int64(maker->volume, 2, id);
	(void)sqlite3_bind_int64(maker->volume, 3, 40 * GIB);
	step(maker, maker->volume);
}

/* "update" is in every name, the rare word in one description of 100,000. */
static void make_snapshot(struct maker *maker, int64_t vm, int64_t number, int64_t parent, bool current)
{
	static const char *const why[] = {"before update", "nightly update", "after the update of the kernel",
		"Update der Datenbank"};
	char name[64], display[64];
	int64_t id = ++maker->snapshots;
	sqlite3_stmt *s = maker->snapshot;
	(void)snprintf(name, sizeof name, "i-2-%" PRId64 "-VM_VS_%08" PRId64, vm, id);
	(void)snprintf(display, sizeof display, "%s %" PRId64, why[next_random(maker) % HV_ARRAY_LEN(why)], number);
	HV_CLEANUP_FREE char *key = hv_text_name_key(display);
	(void)sqlite3_bind_int64(s, 1, vm);
	(void)sqlite3_bind_int64(s, 2, id);
	bind_uuid(maker, s, 3);
	bind_text(s, 4, name);
	bind_text(s, 5, display);
	bind_text(s, 6, key);
	bind_text(s, 7, id % 100000 == 17 ? "kept for " FLEET_RARE_WORD : id % 3 == 0 ? "ticket" : NULL);
	bind_text(s, 8, below(maker, 3) == 0 ? "DiskAndMemory" : "Disk");
	(void)(parent == 0 ? sqlite3_bind_null(s, 9) : sqlite3_bind_int64(s, 9, parent));
	(void)sqlite3_bind_int(s, 10, current);
	bind_uuid(maker, s, 11);
	(void)sqlite3_bind_int64(s, 12, below(maker, 8 * GIB));
	(void)sqlite3_bind_int64(s, 13, NEWEST_US - (maker->size->snapshots - id) * CREATED_STEP_US);
	step(maker, s);
}

/* Most go on where the last one stood, some branch off an older one. */
static void make_tree(struct maker *maker, int64_t vm, int64_t count)
{
	int64_t first = maker->snapshots + 1;
	for (int64_t i = 0; i < count; i++) {
		int64_t parent = i == 0 ? 0 : below(maker, 4) == 0 ? first + below(maker, i) : first + i - 1;
		make_snapshot(maker, vm, i + 1, parent, i + 1 == count);
	}
}

static void make_chain(struct maker *maker, int64_t vm, int64_t count)
{
	for (int64_t i = 0; i < count; i++) {
		make_snapshot(maker, vm, i + 1, i == 0 ? 0 : maker->snapshots, i + 1 == count);
	}
}

static void make_rows(struct maker *maker)
{
	const struct fleet_size *size = maker->size;
	static const char *const roles[] = {"web", "db", "mail", "build", "cache"};
	for (int64_t id = 1; id <= size->hosts; id++) {
		make_host(maker, id);
	}
	int64_t left = size->snapshots;
	for (int64_t id = 1; id <= size->vms; id++) {
		char name[48];
		int64_t rest = size->vms - id + 1;
		int64_t count = rest == 1 ? left : id % 8 == 0 ? 0 : below(maker, 2 * (left / rest) + 2);
		(void)snprintf(name, sizeof name, "vm-%06" PRId64 "-%s", id, roles[id % (int64_t)HV_ARRAY_LEN(roles)]);
		make_vm(maker, id, 1 + (id - 1) % size->hosts, name);
		make_tree(maker, id, count < left ? count : left);
		left -= count < left ? count : left;
	}
	if (size->chain > 0) {
		make_vm(maker, size->vms + 1, 1, "chain");
		make_chain(maker, size->vms + 1, size->chain);
	}
}

static void make_structure(const char *path)
{
	struct store *store = NULL;
	struct hv_error error;
	if (store_open_sqlite(path, 1000, &store, &error) != HV_OK) {
		fprintf(stderr, "%s\n", error.text);
		exit(1);
	}
	store->ops->close(store);
}

static void prepare_all(struct maker *maker)
{
	maker->host = prepare(maker, "INSERT INTO host (id, uuid, name, name_key, group_name, transport, address,"
				     " version, state, seen, free_bytes) VALUES (?1, ?2, ?3, ?3, ?4, 'none', ?3,"
				     " '10.0.20348', 'Disconnected', 1780000000000000, 1099511627776)");
	maker->vm = prepare(maker,
		"INSERT INTO vm_instance (id, uuid, name, host_id, account_id, domain_id, service_offering_id, state,"
		" power_state, cpus, memory_bytes, untracked, update_count, missing)"
		" VALUES (?1, ?2, ?3, ?4, 1, 1, 1, ?5, ?5, 2, ?6, 0, 0, 0)");
	maker->volume = prepare(maker,
		"INSERT INTO volumes (uuid, vm_id, name, volume_type, device_id, path, size, vm_snapshot_chain_size)"
		" VALUES (?1, ?2, 'root', 'ROOT', 0, 'C:\\vm\\root.vhdx', ?3, 0)");
	maker->snapshot = prepare(maker,
		"INSERT INTO vm_snapshots (vm_id, id, uuid, name, display_name, display_key, description, account_id,"
		" domain_id, service_offering_id, vm_snapshot_type, state, parent, current, quiesce, checkpoint,"
		" size_bytes, created, updated, removed, update_count)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, 1, 1, ?8, 'Ready', ?9, ?10, 0, ?11, ?12, ?13, ?13, 0, 0)");
}

void fleet_make(const char *path, const struct fleet_size *size)
{
	struct maker maker = {.path = path, .size = size, .random = size->seed};
	make_structure(path);
	if (sqlite3_open_v2(path, &maker.database, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
		give_up(&maker, "cannot be opened");
	}
	struct sqlite_store functions = {.database = maker.database, .path = (char *)(uintptr_t)path};
	if (store_register_functions(&functions, NULL) != HV_OK) {
		give_up(&maker, "the functions of the store");
	}
	run(&maker, "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA wal_autocheckpoint = 0; BEGIN");
	prepare_all(&maker);
	make_rows(&maker);
	HV_CLEANUP_FREE char *counter =
		hv_sprintf("UPDATE counter SET value = %" PRId64 " WHERE name = 'vm_snapshots'", maker.snapshots);
	run(&maker, counter);
	/* what the current row says is what the host says */
	run(&maker, "UPDATE vm_instance SET checkpoint = (SELECT s.checkpoint FROM vm_snapshots s"
		    " WHERE s.vm_id = vm_instance.id AND s.current = 1)");
	struct hv_error error;
	if (store_summarise_all(&functions, &error) != HV_OK) {
		give_up(&maker, error.text);
	}
	run(&maker, "INSERT INTO snapshot_words (rowid, words)"
		    " SELECT id, search_words(display_name, name, description) FROM vm_snapshots");
	run(&maker, "COMMIT");
	sqlite3_stmt *const statements[] = {maker.host, maker.vm, maker.volume, maker.snapshot};
	for (size_t i = 0; i < HV_ARRAY_LEN(statements); i++) {
		(void)sqlite3_finalize(statements[i]);
	}
	run(&maker, "PRAGMA wal_checkpoint(TRUNCATE)");
	(void)sqlite3_close(maker.database);
}
