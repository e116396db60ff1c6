/* Settings, capabilities, owners, the audit log, and the rules of transactions. */
#include "tests/unit/store/fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

/* --- settings, owners, audit --- */

static void test_setting__is_set_replaced_and_unset(void **state)
{
	struct fixture *fixture = *state;
	char *value = NULL;
	must(fixture, fixture->ops->setting_get(fixture->store, "chain.warn", &value, &fixture->error));
	assert_null(value);
	begin(fixture);
	must(fixture, fixture->ops->setting_set(fixture->store, "chain.warn", "5", &fixture->error));
	must(fixture, fixture->ops->setting_set(fixture->store, "chain.warn", "6 東", &fixture->error));
	commit(fixture);
	must(fixture, fixture->ops->setting_get(fixture->store, "chain.warn", &value, &fixture->error));
	assert_string_equal(value, "6 東");
	free(value);
	begin(fixture);
	must(fixture, fixture->ops->setting_set(fixture->store, "chain.warn", NULL, &fixture->error));
	commit(fixture);
	must(fixture, fixture->ops->setting_get(fixture->store, "chain.warn", &value, &fixture->error));
	assert_null(value);
}

static void run_beside(struct fixture *fixture, const char *sql)
{
	sqlite3 *database = NULL;
	assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, "PRAGMA wal_autocheckpoint = 0", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void test_snapshots_enabled__by_version_else_by_default__X5(void **state)
{
	struct fixture *fixture = *state;
	bool enabled = false;
	run_beside(fixture, "INSERT INTO hypervisor_capabilities VALUES ('Hyperv', '6.2', 0)");
	must(fixture, fixture->ops->snapshots_enabled(fixture->store, "10.0", &enabled, &fixture->error));
	assert_true(enabled);
	must(fixture, fixture->ops->snapshots_enabled(fixture->store, "6.2", &enabled, &fixture->error));
	assert_false(enabled);
	run_beside(fixture, "UPDATE hypervisor_capabilities SET vm_snapshot_enabled = 1 - vm_snapshot_enabled");
	must(fixture, fixture->ops->snapshots_enabled(fixture->store, "10.0", &enabled, &fixture->error));
	assert_false(enabled);
	must(fixture, fixture->ops->snapshots_enabled(fixture->store, "6.2", &enabled, &fixture->error));
	assert_true(enabled);
	run_beside(fixture, "DELETE FROM hypervisor_capabilities");
	must(fixture, fixture->ops->snapshots_enabled(fixture->store, "6.2", &enabled, &fixture->error));
	assert_false(enabled);
}

static void test_offering_ensure__makes_it_once(void **state)
{
	struct fixture *fixture = *state;
	int64_t first = 0;
	int64_t second = 0;
	char *name = NULL;
	begin(fixture);
	must(fixture, fixture->ops->offering_ensure(fixture->store, "medium", 4, 8, &first, &fixture->error));
	must(fixture, fixture->ops->offering_ensure(fixture->store, "medium", 5, 9, &second, &fixture->error));
	assert_int_equal(first, second);
	must_fail(fixture, HV_ERR_INVALID,
		fixture->ops->offering_ensure(fixture->store, "", 5, 9, &second, &fixture->error));
	commit(fixture);
	must(fixture, fixture->ops->offering_name(fixture->store, first, &name, &fixture->error));
	assert_string_equal(name, "medium");
	free(name);
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->offering_name(fixture->store, 4711, &name, &fixture->error));
}

static int64_t count_beside(struct fixture *fixture, const char *sql)
{
	sqlite3 *database = NULL;
	sqlite3_stmt *statement = NULL;
	assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int64_t count = sqlite3_column_int64(statement, 0);
	assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
	return count;
}

static void test_account_ensure__makes_the_domains_on_the_way__A1(void **state)
{
	struct fixture *fixture = *state;
	int64_t account = 0;
	int64_t domain = 0;
	int64_t same_account = 0;
	int64_t same_domain = 0;
	int64_t other_account = 0;
	char *account_name = NULL;
	char *path = NULL;
	begin(fixture);
	must(fixture, fixture->ops->account_ensure(
			      fixture->store, "anna", "/prod/web", &account, &domain, &fixture->error));
	must(fixture, fixture->ops->account_ensure(fixture->store, "anna", "/prod/web/", &same_account,
			      &same_domain, &fixture->error));
	assert_int_equal(account, same_account);
	assert_int_equal(domain, same_domain);
	must(fixture, fixture->ops->account_ensure(
			      fixture->store, "anna", NULL, &other_account, &same_domain, &fixture->error));
	assert_int_not_equal(account, other_account);
	assert_int_equal(same_domain, 1);
	static const char *const bad[] = {"prod", "/new//web", "//", "/new/\xC3"};
	for (size_t i = 0; i < HV_ARRAY_LEN(bad); i++) {
		must_fail(fixture, HV_ERR_INVALID, fixture->ops->account_ensure(fixture->store, "anna", bad[i],
							   &account, &domain, &fixture->error));
		/* nor are the good ones on the way made */
		commit(fixture);
		assert_int_equal(count_beside(fixture, "SELECT count(*) FROM domain"), 3);
		begin(fixture);
	}
	must(fixture, fixture->ops->account_ensure(
			      fixture->store, "anna", "/prod/web", &account, &domain, &fixture->error));
	must_fail(fixture, HV_ERR_INVALID,
		fixture->ops->account_ensure(fixture->store, "an/na", "/", &account, &domain, &fixture->error));
	commit(fixture);
	must(fixture,
		fixture->ops->account_names(fixture->store, account, &account_name, &path, &fixture->error));
	assert_string_equal(account_name, "anna");
	assert_string_equal(path, "/prod/web");
	free(account_name);
	free(path);
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->account_names(fixture->store, 4711, &account_name, &path, &fixture->error));
}

static void test_event_insert__appends_to_the_audit_log__A2(void **state)
{
	struct fixture *fixture = *state;
	begin(fixture);
	must(fixture, fixture->ops->event_insert(fixture->store, 5, "anna@console", "snapshot.create",
			      "'before patch'", fixture->vm_id, 17, HV_OK, &fixture->error));
	must(fixture, fixture->ops->event_insert(fixture->store, 6, "anna@console", "snapshot.revert", NULL,
			      fixture->vm_id, 0, HV_ERR_HOST, &fixture->error));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->event_insert(fixture->store, 6, "\xFF", "x", NULL, 0, 0,
						   HV_OK, &fixture->error));
	commit(fixture);
	assert_int_equal(count_beside(fixture, "SELECT count(*) FROM event"), 2);
	assert_int_equal(count_beside(fixture, "SELECT count(*) FROM event WHERE outcome = 'Host' AND"
					       " vm_snapshot_id IS NULL AND created = 6"),
		1);
}

/* What a reading of the audit log gave: "id what vm who@origin outcome" a line. */
struct heard_events {
	char text[1000];
	size_t stop_after; /* rows; 0: never */
	size_t count;
};

static bool hear_event(void *context, const struct event_row *row)
{
	struct heard_events *heard = context;
	size_t used = strlen(heard->text);
	(void)snprintf(heard->text + used, sizeof heard->text - used, "%d %s %s %s@%s %s\n", (int)row->id,
		row->what, row->vm_name ? row->vm_name : "-", row->who, row->origin ? row->origin : "-",
		hv_status_name(row->outcome));
	return ++heard->count != heard->stop_after;
}

static void assert_events(
	struct fixture *fixture, const struct event_query *query, int64_t expected_total, const char *expected)
{
	struct heard_events heard = {.count = 0};
	int64_t total = -1;
	must(fixture, fixture->ops->event_query(
			      fixture->store, query, hear_event, &heard, &total, &fixture->error));
	assert_string_equal(heard.text, expected);
	assert_int_equal(total, expected_total);
}

static void add_events(struct fixture *fixture)
{
	int64_t other = add_vm(fixture, fixture->host_id, "db-01");
	begin(fixture);
	must(fixture, fixture->ops->event_insert(fixture->store, 10, "anna", "StartVm", NULL, fixture->vm_id, 0,
			      HV_OK, &fixture->error));
	fixture->ops->set_origin(fixture->store, "desk:7");
	must(fixture, fixture->ops->event_insert(fixture->store, 20, "anna", "StopVm", "why", fixture->vm_id, 0,
			      HV_ERR_HOST, &fixture->error));
	must(fixture, fixture->ops->event_insert(
			      fixture->store, 15, "bert", "StopVm", NULL, other, 0, HV_OK, &fixture->error));
	must(fixture, fixture->ops->event_insert(
			      fixture->store, 30, "bert", "AddHost", NULL, 0, 0, HV_OK, &fixture->error));
	commit(fixture);
}

static void test_event_query__gives_the_newest_first_by_any_filters_together__A2(void **state)
{
	struct fixture *fixture = *state;
	add_events(fixture);
	assert_events(fixture, &(struct event_query){0}, 4,
		"4 AddHost - bert@desk:7 Ok\n3 StopVm db-01 bert@desk:7 Ok\n"
		"2 StopVm web-01 anna@desk:7 Host\n1 StartVm web-01 anna@- Ok\n");
	assert_events(fixture, &(struct event_query){.who = "bert", .what = "StopVm"}, 1,
		"3 StopVm db-01 bert@desk:7 Ok\n");
	assert_events(fixture, &(struct event_query){.vm_id = fixture->vm_id, .failed = true}, 1,
		"2 StopVm web-01 anna@desk:7 Host\n");
	assert_events(fixture, &(struct event_query){.since_us = 20}, 2,
		"4 AddHost - bert@desk:7 Ok\n2 StopVm web-01 anna@desk:7 Host\n");
	assert_events(fixture, &(struct event_query){.who = "nobody"}, 0, "");
}

static void test_event_query__is_read_page_by_page_while_others_write__A2(void **state)
{
	struct fixture *fixture = *state;
	struct heard_events heard = {.stop_after = 1};
	add_events(fixture);
	assert_events(fixture, &(struct event_query){.limit = 2}, 4,
		"4 AddHost - bert@desk:7 Ok\n3 StopVm db-01 bert@desk:7 Ok\n");
	begin(fixture);
	must(fixture, fixture->ops->event_insert(
			      fixture->store, 40, "carl", "StartVm", NULL, 0, 0, HV_OK, &fixture->error));
	commit(fixture);
	assert_events(fixture, &(struct event_query){.limit = 2, .before_id = 3}, 5,
		"2 StopVm web-01 anna@desk:7 Host\n1 StartVm web-01 anna@- Ok\n");
	assert_events(fixture, &(struct event_query){.limit = 1, .offset = 2}, 5, "3 StopVm db-01 bert@desk:7 Ok\n");
	must(fixture, fixture->ops->event_query(fixture->store, &(struct event_query){0}, hear_event, &heard, NULL,
			      &fixture->error));
	assert_string_equal(heard.text, "5 StartVm - carl@desk:7 Ok\n");
}

static void test_event_query__never_gives_the_events_of_a_vm_that_is_gone_to_a_later_one__A1_A2(void **state)
{
	struct fixture *fixture = *state;
	add_events(fixture);
	begin(fixture);
	must(fixture, fixture->ops->host_remove(fixture->store, fixture->host_id, &fixture->error));
	commit(fixture);
	int64_t host_id = add_host(fixture, "hv02");
	int64_t later = add_vm(fixture, host_id, "payroll");
	assert_events(fixture, &(struct event_query){.vm_id = later}, 0, "");
	assert_events(fixture, &(struct event_query){.what = "StartVm"}, 1, "1 StartVm - anna@- Ok\n");
}

/* --- transactions --- */

static void test_writes__are_refused_outside_of_a_transaction(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->store;
	struct hv_error *err = &fixture->error;
	struct host host = get_host(fixture, fixture->host_id);
	struct virtual_machine vm = get_vm(fixture, fixture->vm_id);
	struct volume_list volumes = {0};
	struct checkpoint_list checkpoints = {0};
	struct snapshot snapshot = make_snapshot(fixture->vm_id, "a");
	struct operation operation = make_operation(fixture, "op", OPERATION_QUEUED);
	int64_t id = 0;
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->host_save(store, &host, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->host_set_state(store, &host, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->host_remove(store, host.id, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->vm_save(store, &vm, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->vm_set_state(store, &vm, VM_STOPPED, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->vm_forget_destroyed(store, host.id, 1, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->vm_set_offering(store, vm.id, 1, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->volume_replace(store, vm.id, &volumes, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->untracked_replace(store, vm.id, &checkpoints, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->snapshot_insert(store, &snapshot, err));
	must_fail(fixture, HV_ERR_INVALID,
		fixture->ops->snapshot_set_state(store, &snapshot, SNAPSHOT_READY, 1, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->snapshot_update(store, &snapshot, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->snapshot_set_current(store, vm.id, 0, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->snapshot_reparent(store, 1, 0, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->snapshot_discard(store, 1, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->operation_insert(store, &operation, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->operation_save(store, &operation, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->operation_take_over(store, &operation, "b", 1, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->operation_ask_cancel(store, 1, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->operation_renew(store, "a", 1, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->setting_set(store, "a", "b", err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->offering_ensure(store, "a", 1, 1, &id, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->account_ensure(store, "a", "/", &id, &id, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->event_insert(store, 1, "a", "b", NULL, 0, 0, HV_OK, err));
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->commit(store, err));
	fixture->ops->rollback(store);
	host_clear(&host);
	virtual_machine_clear(&vm);
	snapshot_clear(&snapshot);
	operation_clear(&operation);
}

static void test_rollback__takes_everything_back(void **state)
{
	struct fixture *fixture = *state;
	int64_t before = 0;
	int64_t after = 0;
	char *value = NULL;
	struct virtual_machine vm = get_vm(fixture, fixture->vm_id);
	must(fixture, fixture->ops->last_change(fixture->store, &before, &fixture->error));
	begin(fixture);
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->begin(fixture->store, &fixture->error));
	must(fixture, fixture->ops->setting_set(fixture->store, "a", "b", &fixture->error));
	must(fixture, fixture->ops->vm_set_state(fixture->store, &vm, VM_STOPPED, &fixture->error));
	/* own writes are seen inside */
	must(fixture, fixture->ops->setting_get(fixture->store, "a", &value, &fixture->error));
	assert_string_equal(value, "b");
	free(value);
	fixture->ops->rollback(fixture->store);
	must(fixture, fixture->ops->setting_get(fixture->store, "a", &value, &fixture->error));
	assert_null(value);
	must(fixture, fixture->ops->last_change(fixture->store, &after, &fixture->error));
	assert_int_equal(before, after);
	/* what was marked by the one that was taken back is not told by the next */
	begin(fixture);
	commit(fixture);
	must(fixture, fixture->ops->last_change(fixture->store, &after, &fixture->error));
	assert_int_equal(before, after);
	virtual_machine_clear(&vm);
}

static void test_begin__gives_up_when_another_writer_holds_the_store(void **state)
{
	struct fixture *fixture = *state;
	struct store *other = open_other(fixture); /* waits 0 ms */
	begin(fixture);
	must_fail(fixture, HV_ERR_STORE, other->ops->begin(other, &fixture->error));
	assert_contains(fixture->error.text, "is held by another program; nothing was changed; try again");
	/* readers are not held up */
	struct host_list hosts = {0};
	must(fixture, other->ops->host_list(other, &hosts, &fixture->error));
	host_list_clear(&hosts);
	commit(fixture);
	must(fixture, other->ops->begin(other, &fixture->error));
	other->ops->rollback(other);
	other->ops->close(other);
}

static void test_reading__refuses_a_word_that_this_program_does_not_know(void **state)
{
	struct fixture *fixture = *state;
	struct virtual_machine vm = {0};
	run_beside(fixture, "UPDATE vm_instance SET state = 'Teleporting'");
	must_fail(fixture, HV_ERR_STORE,
		fixture->ops->vm_get(fixture->store, fixture->vm_id, &vm, &fixture->error));
	assert_contains(fixture->error.text, "vm_instance");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_store, fixture_clean)
	const struct CMUnitTest tests[] = {
		TEST(test_setting__is_set_replaced_and_unset),
		TEST(test_snapshots_enabled__by_version_else_by_default__X5),
		TEST(test_offering_ensure__makes_it_once),
		TEST(test_account_ensure__makes_the_domains_on_the_way__A1),
		TEST(test_event_insert__appends_to_the_audit_log__A2),
		TEST(test_event_query__gives_the_newest_first_by_any_filters_together__A2),
		TEST(test_event_query__is_read_page_by_page_while_others_write__A2),
		TEST(test_event_query__never_gives_the_events_of_a_vm_that_is_gone_to_a_later_one__A1_A2),
		TEST(test_writes__are_refused_outside_of_a_transaction),
		TEST(test_rollback__takes_everything_back),
		TEST(test_begin__gives_up_when_another_writer_holds_the_store),
		TEST(test_reading__refuses_a_word_that_this_program_does_not_know),
	};
	return cmocka_run_group_tests_name("store/settings", tests, NULL, NULL);
}
