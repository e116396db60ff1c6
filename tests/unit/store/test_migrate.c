/* A store of every older version becomes the newest one, with what it holds, and looks like one that is new. */
#include "tests/unit/store/fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/store/sqlite/sqlite_store.h"

static void run(sqlite3 *database, const char *sql)
{
	char *message = NULL;
	if (sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK) {
		fail_msg("%s: %s", sql, message);
	}
}

/* What a program that knew `version` migrations has left, with a row of the audit log in it. */
static void make_version(const char *path, int version)
{
	sqlite3 *database = NULL;
	char sql[120];
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	struct sqlite_store functions = {.database = database}; /* migrations use them */
	assert_int_equal(store_register_functions(&functions, NULL), HV_OK);
	for (int i = 0; i < version; i++) {
		for (const char *const *each = store_migrations[i]; *each; each++) {
			run(database, *each);
		}
	}
	(void)snprintf(sql, sizeof sql, "PRAGMA user_version = %d; PRAGMA application_id = %d", version,
		STORE_APPLICATION_ID);
	run(database, sql);
	run(database, "INSERT INTO event (created, who, what, outcome) VALUES (7, 'anna', 'StopVm', 'Ok')");
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* Every table and index as the file describes it. Caller frees. */
static char *structure_of(const char *path)
{
	sqlite3 *database = NULL;
	sqlite3_stmt *statement = NULL;
	struct hv_text text = HV_TEXT_INIT;
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(database, "SELECT name, sql FROM sqlite_schema ORDER BY name", -1,
				 &statement, NULL),
		SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const char *sql = (const char *)sqlite3_column_text(statement, 1);
		hv_text_printf(&text, "%s: %s\n", (const char *)sqlite3_column_text(statement, 0), sql ? sql : "");
	}
	assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
	return hv_text_detach(&text);
}

static void close_store(struct fixture *fixture)
{
	fixture->ops->close(fixture->store);
	fixture->store = NULL;
}

static bool count_event(void *context, const struct event_row *row)
{
	assert_string_equal(row->who, "anna");
	assert_null(row->origin);
	++*(int *)context;
	return true;
}

static void test_migrate__brings_every_older_version_to_the_newest_with_its_rows(void **state)
{
	struct fixture *fixture = *state;
	open_store(fixture);
	close_store(fixture);
	HV_CLEANUP_FREE char *newest = structure_of(fixture->path);
	for (int version = 1; version < store_migration_count; version++) {
		int events = 0;
		assert_int_equal(remove(fixture->path), 0);
		make_version(fixture->path, version);
		open_store(fixture);
		must(fixture, fixture->ops->event_query(fixture->store, &(struct event_query){0}, count_event,
				      &events, NULL, &fixture->error));
		assert_int_equal(events, 1);
		close_store(fixture);
		HV_CLEANUP_FREE char *migrated = structure_of(fixture->path);
		assert_string_equal(migrated, newest);
	}
}

static void add_rows_of_version_6(const char *path)
{
	static const char *const rows[] = {
		"INSERT INTO host (id, name, name_key, state, seen, free_bytes) VALUES (1, 'h', 'h', 'Lost', 0, -1)",
		"INSERT INTO vm_instance (id, uuid, name, host_id, account_id, domain_id, service_offering_id, state,"
		" power_state, cpus, memory_bytes, untracked, update_count, missing)"
		" VALUES (1, zeroblob(16), 'box', 1, 1, 1, 1, 'Running', 'Running', 1, 1, 0, 0, 0)",
		"INSERT INTO vm_snapshots (vm_id, id, uuid, name, display_name, display_key, account_id, domain_id,"
		" service_offering_id, vm_snapshot_type, state, parent, current, quiesce, size_bytes, created, updated,"
		" removed, update_count) VALUES"
		" (1, 1, randomblob(16), 'a', 'a', 'a', 1, 1, 1, 'Disk', 'Ready', NULL, 0, 0, 70, 11, 11, 0, 0),"
		" (1, 2, randomblob(16), 'b', 'b', 'b', 1, 1, 1, 'Disk', 'Ready', 1, 1, 0, 7, 12, 12, 0, 0),"
		" (1, 3, randomblob(16), 'c', 'c', 'c', 1, 1, 1, 'Disk', 'Removed', 1, 0, 0, 7, 5, 13, 14, 0)",
	};
	sqlite3 *database = NULL;
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	for (size_t i = 0; i < HV_ARRAY_LEN(rows); i++) {
		run(database, rows[i]);
	}
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void test_migrate__sums_up_the_snapshots_that_are_there__Q2(void **state)
{
	struct fixture *fixture = *state;
	make_version(fixture->path, 6);
	add_rows_of_version_6(fixture->path);
	open_store(fixture);
	struct virtual_machine vm = get_vm(fixture, 1);
	assert_int_equal(vm.summary.snapshots, 2);
	assert_int_equal(vm.summary.on_host, 2);
	assert_int_equal(vm.summary.chain, 2);
	assert_int_equal(vm.summary.delta_bytes, 77);
	assert_int_equal(vm.summary.oldest_us, 11);
	virtual_machine_clear(&vm);
	close_store(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_migrate__brings_every_older_version_to_the_newest_with_its_rows, fixture_folder,
			fixture_clean),
		cmocka_unit_test_setup_teardown(test_migrate__sums_up_the_snapshots_that_are_there__Q2,
			fixture_folder, fixture_clean),
	};
	return cmocka_run_group_tests_name("store/migrate", tests, NULL, NULL);
}
