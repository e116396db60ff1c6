/* Power cuts, kills, full disks, and many writers at once: what is committed is there, all of it, and nothing else. */
#include "tests/unit/store/fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tests/unit/store/fault_vfs.h"

static void assert_sound(struct fixture *fixture)
{
	sqlite3 *database = NULL;
	sqlite3_stmt *statement = NULL;
	static const char *const checks[] = {
		"PRAGMA integrity_check", "SELECT count(*) || 'ok' FROM pragma_foreign_key_check"};
	static const char *const expected[] = {"ok", "0ok"};
	assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
	for (size_t i = 0; i < HV_ARRAY_LEN(checks); i++) {
		assert_int_equal(sqlite3_prepare_v2(database, checks[i], -1, &statement, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
		assert_string_equal((const char *)sqlite3_column_text(statement, 0), expected[i]);
		assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
	}
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* One step of a create, as the engine writes it: everything or nothing. */
static enum hv_status write_step(struct fixture *fixture, const char *name)
{
	struct store *store = fixture->store;
	struct hv_error *err = &fixture->error;
	struct snapshot snapshot = make_snapshot(fixture->vm_id, name);
	struct operation operation = make_operation(fixture, name, OPERATION_DONE);
	struct virtual_machine vm = {0};
	enum hv_status status = store->ops->begin(store, err);
	if (status == HV_OK) {
		status = store->ops->vm_get(store, fixture->vm_id, &vm, err);
	}
	if (status == HV_OK) {
		status = store->ops->vm_set_state(store, &vm, VM_SNAPSHOTTING, err);
	}
	if (status == HV_OK) {
		status = store->ops->operation_insert(store, &operation, err);
	}
	if (status == HV_OK) {
		status = store->ops->snapshot_insert(store, &snapshot, err);
	}
	if (status == HV_OK) {
		status = store->ops->snapshot_set_current(store, fixture->vm_id, snapshot.id, err);
	}
	if (status == HV_OK) {
		status = store->ops->event_insert(
			store, 1, "anna", "create", name, fixture->vm_id, snapshot.id, HV_OK, err);
	}
	if (status == HV_OK) {
		status = store->ops->commit(store, err);
	} else {
		store->ops->rollback(store);
	}
	snapshot_clear(&snapshot);
	operation_clear(&operation);
	virtual_machine_clear(&vm);
	return status;
}

/* How many steps the store shows; all of its tables must agree. */
static size_t count_steps(struct fixture *fixture)
{
	struct snapshot_list snapshots = {0};
	struct operation_list operations = {0};
	struct virtual_machine vm = {0};
	size_t current = 0;
	must(fixture,
		fixture->ops->snapshot_list(fixture->store, fixture->vm_id, &snapshots, &fixture->error));
	must(fixture, fixture->ops->operation_recent(fixture->store, 10000, &operations, &fixture->error));
	must(fixture, fixture->ops->vm_get(fixture->store, fixture->vm_id, &vm, &fixture->error));
	size_t count = snapshots.count;
	for (size_t i = 0; i < count; i++) {
		current += snapshots.items[i].current;
	}
	assert_int_equal(operations.count, count);
	assert_int_equal(vm.update_count, count);
	assert_int_equal(current, count > 0);
	snapshot_list_clear(&snapshots);
	operation_list_clear(&operations);
	virtual_machine_clear(&vm);
	return count;
}

static void test_failure_of_any_write__changes_nothing_and_says_so(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		int code;
		const char *says;
	} cases[] = {{SQLITE_FULL, "disk is full; nothing was changed; free some space"},
		{SQLITE_IOERR_WRITE, "file system failed; nothing was changed"}};
	size_t steps = 0;
	size_t failures = 0;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		for (int n = 1;; n++) {
			char name[32];
			(void)snprintf(name, sizeof name, "%zu %d", i, n);
			fault_after(n, cases[i].code);
			enum hv_status status = write_step(fixture, name);
			int failed = fault_happened();
			fault_after(0, SQLITE_OK);
			if (!failed) {
				must(fixture, status);
				steps++;
				break;
			}
			failures++;
			assert_int_equal(status, HV_ERR_STORE);
			assert_contains(fixture->error.text, "nothing was changed");
			if (!strstr(fixture->error.text, "fsync") && cases[i].code != SQLITE_FULL) {
				assert_contains(fixture->error.text, cases[i].says);
			}
			assert_int_equal(count_steps(fixture), steps);
			/* it works again as soon as the disk does */
			(void)snprintf(name, sizeof name, "%zu %d again", i, n);
			must(fixture, write_step(fixture, name));
			assert_int_equal(count_steps(fixture), ++steps);
		}
	}
	assert_true(failures > 4);
	fixture->ops->close(fixture->store);
	fixture->store = NULL;
	assert_sound(fixture);
	open_store(fixture);
	assert_int_equal(count_steps(fixture), steps);
}

static void test_full_disk__is_named(void **state)
{
	struct fixture *fixture = *state;
	fault_after(1, SQLITE_FULL);
	must_fail(fixture, HV_ERR_STORE, write_step(fixture, "a"));
	fault_after(0, SQLITE_OK);
	assert_contains(fixture->error.text, "the disk is full; nothing was changed; free some space");
}

static void test_full_disk__while_the_store_is_made_leaves_nothing_half(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = NULL;
	int failures = 0;
	for (int n = 1; failures == n - 1; n++) {
		fault_after(n, SQLITE_FULL);
		enum hv_status status = store_open_sqlite(fixture->path, 50, &store, &fixture->error);
		failures += fault_happened();
		fault_after(0, SQLITE_OK);
		if (status == HV_OK) {
			store->ops->close(store);
		}
		/* whatever was left, the next start makes a whole store of it */
		open_store(fixture);
		fixture->host_id = add_host(fixture, "hv01");
		fixture->ops->close(fixture->store);
		fixture->store = NULL;
		assert_sound(fixture);
		assert_int_equal(remove(fixture->path), 0);
	}
	assert_true(failures > 10);
}

/* --- kills --- */

static void body_must(enum hv_status status)
{
	if (status != HV_OK) {
		_exit(20);
	}
}

static void open_and_fill(struct fixture *fixture)
{
	if (store_open_sqlite(fixture->path, 10000, &fixture->store, &fixture->error) != HV_OK) {
		_exit(21);
	}
	fixture->ops = fixture->store->ops;
	fixture->host_id = 1;
	fixture->vm_id = 1;
}

static void stop_within_a_transaction(struct fixture *fixture, int in, int out)
{
	await_parent(in);
	open_and_fill(fixture);
	struct snapshot snapshot = make_snapshot(fixture->vm_id, "never committed");
	body_must(fixture->ops->begin(fixture->store, &fixture->error));
	body_must(fixture->ops->snapshot_insert(fixture->store, &snapshot, &fixture->error));
	/* much, so that pages went to the log before the commit */
	char *large = hv_alloc(1 << 20);
	memset(large, 'x', (1 << 20) - 1);
	for (int i = 0; i < 12; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "large%d", i);
		body_must(fixture->ops->setting_set(fixture->store, name, large, &fixture->error));
	}
	tell_parent(out);
	await_parent(in);
	_exit(0);
}

static void test_kill_within_a_transaction__leaves_nothing_and_holds_nobody_up__Y3(void **state)
{
	struct fixture *fixture = *state;
	struct peer peer = peer_start(fixture, stop_within_a_transaction);
	char *value = NULL;
	open_store(fixture);
	fixture->host_id = add_host(fixture, "hv01");
	fixture->vm_id = add_vm(fixture, fixture->host_id, "web-01");
	peer_tell(&peer);
	peer_await(&peer);
	assert_int_equal(count_steps(fixture), 0); /* readers are not held up */
	peer_kill(&peer);
	must(fixture, write_step(fixture, "after the kill"));
	assert_int_equal(count_steps(fixture), 1);
	must(fixture, fixture->ops->setting_get(fixture->store, "large0", &value, &fixture->error));
	assert_null(value);
	fixture->ops->close(fixture->store);
	fixture->store = NULL;
	assert_sound(fixture);
}

static void write_steps_for_ever(struct fixture *fixture, int in, int out)
{
	(void)in;
	open_and_fill(fixture);
	for (int i = 0;; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "%ld %d", (long)getpid(), i);
		body_must(write_step(fixture, name));
		fixture->ops->idle(fixture->store);
		tell_parent(out);
	}
}

static void test_kill_at_any_moment__loses_nothing_that_was_committed__Y3(void **state)
{
	struct fixture *fixture = *state;
	size_t before = 0;
	open_store(fixture);
	fixture->host_id = add_host(fixture, "hv01");
	fixture->vm_id = add_vm(fixture, fixture->host_id, "web-01");
	for (int round = 0; round < 12; round++) {
		fixture->ops->close(fixture->store);
		fixture->store = NULL;
		struct peer peer = peer_start(fixture, write_steps_for_ever);
		size_t told = (size_t)round * 3;
		for (size_t i = 0; i < told; i++) {
			peer_await(&peer);
		}
		peer_kill(&peer);
		open_store(fixture);
		size_t count = count_steps(fixture);
		assert_true(count >= before + told);
		before = count;
	}
	fixture->ops->close(fixture->store);
	fixture->store = NULL;
	assert_sound(fixture);
}

/* --- many writers, and the log that is moved meanwhile --- */

#define WRITERS 4
#define ADDITIONS 150

static void add_up(struct fixture *fixture, int in, int out)
{
	tell_parent(out);
	await_parent(in);
	open_and_fill(fixture);
	char *padding = hv_alloc(30001);
	memset(padding, 'p', 30000);
	for (int i = 0; i < ADDITIONS; i++) {
		char *value = NULL;
		char next[32];
		body_must(fixture->ops->begin(fixture->store, &fixture->error));
		body_must(fixture->ops->setting_get(fixture->store, "sum", &value, &fixture->error));
		(void)snprintf(next, sizeof next, "%d", (value ? atoi(value) : 0) + 1);
		body_must(fixture->ops->setting_set(fixture->store, "sum", next, &fixture->error));
		body_must(fixture->ops->setting_set(fixture->store, "padding", padding, &fixture->error));
		body_must(fixture->ops->commit(fixture->store, &fixture->error));
		fixture->ops->idle(fixture->store);
		free(value);
	}
	fixture->ops->close(fixture->store);
	free(padding);
	_exit(0);
}

static void test_many_writers__lose_no_addition_while_the_log_is_moved(void **state)
{
	struct fixture *fixture = *state;
	struct peer peers[WRITERS];
	char *value = NULL;
	for (size_t i = 0; i < WRITERS; i++) {
		peers[i] = peer_start(fixture, add_up);
		peer_await(&peers[i]);
	}
	open_store(fixture);
	for (size_t i = 0; i < WRITERS; i++) {
		peer_tell(&peers[i]);
	}
	for (size_t i = 0; i < WRITERS; i++) {
		peer_end(&peers[i]);
	}
	must(fixture, fixture->ops->setting_get(fixture->store, "sum", &value, &fixture->error));
	assert_int_equal(atoi(value), WRITERS * ADDITIONS);
	free(value);
	fixture->ops->close(fixture->store);
	fixture->store = NULL;
	assert_sound(fixture);
}

static int64_t log_size(const struct fixture *fixture)
{
	char *name = hv_sprintf("%s-wal", fixture->path);
	struct stat info = {0};
	(void)stat(name, &info);
	free(name);
	return info.st_size;
}

static void test_idle__keeps_the_log_short_and_waits_for_nobody(void **state)
{
	struct fixture *fixture = *state;
	struct store *other = open_other(fixture);
	char *large = hv_alloc(200001);
	memset(large, 'l', 200000);
	for (int i = 0; i < 100; i++) {
		large[0] = (char)('a' + i % 26);
		begin(fixture);
		must(fixture, fixture->ops->setting_set(fixture->store, "large", large, &fixture->error));
		commit(fixture);
		fixture->ops->idle(fixture->store);
		assert_true(log_size(fixture) < 3 << 20);
	}
	/* while somebody writes, and within a transaction, it does nothing */
	must(fixture, other->ops->begin(other, &fixture->error));
	fixture->ops->idle(fixture->store);
	must(fixture, other->ops->commit(other, &fixture->error));
	begin(fixture);
	fixture->ops->idle(fixture->store);
	must(fixture, fixture->ops->setting_set(fixture->store, "still", "open", &fixture->error));
	commit(fixture);
	other->ops->close(other);
	free(large);
	fixture->ops->close(fixture->store);
	fixture->store = NULL;
	assert_int_equal(log_size(fixture), 0);
	assert_sound(fixture);
}

static void test_commit__bounds_the_log_when_nobody_is_ever_idle(void **state)
{
	struct fixture *fixture = *state;
	char *large = hv_alloc((2 << 20) + 1);
	memset(large, 'l', 2 << 20);
	for (int i = 0; i < 30; i++) {
		large[0] = (char)('a' + i % 26);
		begin(fixture);
		must(fixture, fixture->ops->setting_set(fixture->store, "large", large, &fixture->error));
		commit(fixture);
		assert_true(log_size(fixture) < 24 << 20);
	}
	free(large);
}

static int install(void **state)
{
	(void)state;
	fault_install();
	return 0;
}

int main(void)
{
#define STORE(name) cmocka_unit_test_setup_teardown(name, fixture_store, fixture_clean)
#define FOLDER(name) cmocka_unit_test_setup_teardown(name, fixture_folder, fixture_clean)
	const struct CMUnitTest tests[] = {
		STORE(test_failure_of_any_write__changes_nothing_and_says_so),
		STORE(test_full_disk__is_named),
		FOLDER(test_full_disk__while_the_store_is_made_leaves_nothing_half),
		FOLDER(test_kill_within_a_transaction__leaves_nothing_and_holds_nobody_up__Y3),
		FOLDER(test_kill_at_any_moment__loses_nothing_that_was_committed__Y3),
		FOLDER(test_many_writers__lose_no_addition_while_the_log_is_moved),
		STORE(test_idle__keeps_the_log_short_and_waits_for_nobody),
		STORE(test_commit__bounds_the_log_when_nobody_is_ever_idle),
	};
	return cmocka_run_group_tests_name("store/crash", tests, install, NULL);
}
