/* Operations: X1 by index, the fence of owner and epoch, and that a row comes back as it was written. */
#include "tests/unit/store/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"

static enum hv_status insert(struct fixture *fixture, struct operation *operation)
{
	return fixture->ops->operation_insert(fixture->store, operation, &fixture->error);
}

static void assert_same_text(const char *a, const char *b)
{
	if (a && b) {
		assert_string_equal(a, b);
	} else {
		assert_true(a == b);
	}
}

static void assert_same(const struct operation *a, const struct operation *b)
{
	assert_int_equal(a->id, b->id);
	assert_true(hv_uuid_equal(&a->uuid, &b->uuid));
	assert_true(hv_uuid_equal(&a->group, &b->group));
	assert_int_equal(a->sequence, b->sequence);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->step, b->step);
	assert_int_equal(a->sent, b->sent);
	assert_int_equal(a->unknown, b->unknown);
	assert_int_equal(a->host_id, b->host_id);
	assert_int_equal(a->vm_id, b->vm_id);
	assert_int_equal(a->snapshot_id, b->snapshot_id);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->quiesce, b->quiesce);
	assert_same_text(a->display_name, b->display_name);
	assert_same_text(a->description, b->description);
	assert_int_equal(a->force, b->force);
	assert_int_equal(a->vm_state_before, b->vm_state_before);
	assert_int_equal(a->current_before, b->current_before);
	assert_int_equal(a->percent, b->percent);
	assert_same_text(a->phase, b->phase);
	assert_int_equal(a->status, b->status);
	assert_same_text(a->error, b->error);
	assert_same_text(a->owner, b->owner);
	assert_int_equal(a->lease_until_us, b->lease_until_us);
	assert_int_equal(a->epoch, b->epoch);
	assert_same_text(a->requested_by, b->requested_by);
	assert_int_equal(a->created_us, b->created_us);
	assert_int_equal(a->updated_us, b->updated_us);
	assert_int_equal(a->finished_us, b->finished_us);
	assert_true(hv_uuid_equal(&a->volume, &b->volume));
	assert_int_equal(a->volume_snapshot_id, b->volume_snapshot_id);
	assert_int_equal(a->offering_id, b->offering_id);
	assert_same_text(a->path, b->path);
	assert_int_equal(a->size_bytes, b->size_bytes);
	assert_true(hv_uuid_equal(&a->export, &b->export));
	assert_int_equal(a->cancel_asked, b->cancel_asked);
}

static void test_insert_and_save__keep_every_field__C1(void **state)
{
	struct fixture *fixture = *state;
	struct operation operation = make_operation(fixture, "op", OPERATION_QUEUED);
	struct operation read = {0};
	begin(fixture);
	must(fixture, insert(fixture, &operation));
	commit(fixture);
	must(fixture, fixture->ops->operation_get(fixture->store, operation.id, &read, &fixture->error));
	assert_same(&operation, &read);
	operation_clear(&read);
	operation.sequence = 3;
	operation.group = hv_uuid_from_text("group");
	operation.state = OPERATION_FAILED;
	operation.step = STEP_RECORD;
	operation.sent = true;
	operation.unknown = true;
	operation.host_id = add_host(fixture, "hv02");
	operation.snapshot_id = 12;
	operation.type = SNAPSHOT_DISK_AND_MEMORY;
	operation.quiesce = true;
	operation.display_name = hv_strdup("before patch");
	operation.description = hv_strdup("東京");
	operation.force = true;
	operation.vm_state_before = VM_STOPPED;
	operation.current_before = 11;
	operation.percent = 63;
	operation.phase = hv_strdup("merging disks");
	operation.status = HV_ERR_HOST;
	operation.error = hv_strdup("the host said no");
	operation.lease_until_us = 77;
	operation.updated_us = 78;
	operation.finished_us = 79;
	operation.volume = hv_uuid_from_text("volume");
	operation.volume_snapshot_id = 13;
	operation.offering_id = 14;
	operation.path = hv_strdup("D:\\data\\logs.vhdx");
	operation.size_bytes = INT64_C(1) << 40;
	operation.export = hv_uuid_from_text("export");
	begin(fixture);
	must(fixture, fixture->ops->operation_save(fixture->store, &operation, &fixture->error));
	commit(fixture);
	must(fixture,
		fixture->ops->operation_by_uuid(fixture->store, &operation.uuid, &read, &fixture->error));
	assert_same(&operation, &read);
	operation_clear(&read);
	operation_clear(&operation);
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->operation_get(fixture->store, 4711, &read, &fixture->error));
}

static void test_insert__refuses_a_second_running_one_on_the_vm__X1(void **state)
{
	struct fixture *fixture = *state;
	struct operation first = make_operation(fixture, "first", OPERATION_RUNNING);
	struct operation second = make_operation(fixture, "second", OPERATION_RUNNING);
	struct operation elsewhere = make_operation(fixture, "elsewhere", OPERATION_RUNNING);
	elsewhere.vm_id = add_vm(fixture, fixture->host_id, "db-01");
	begin(fixture);
	must(fixture, insert(fixture, &first));
	must_fail(fixture, HV_ERR_CONFLICT, insert(fixture, &second));
	assert_contains(fixture->error.text, "one at a time");
	assert_int_equal(second.id, 0);
	/* queued is allowed, its turn is not, another VM is */
	second.state = OPERATION_QUEUED;
	must(fixture, insert(fixture, &second));
	second.state = OPERATION_RUNNING;
	must_fail(fixture, HV_ERR_CONFLICT,
		fixture->ops->operation_save(fixture->store, &second, &fixture->error));
	must(fixture, insert(fixture, &elsewhere));
	/* the first ends, the second runs */
	first.state = OPERATION_DONE;
	must(fixture, fixture->ops->operation_save(fixture->store, &first, &fixture->error));
	must(fixture, fixture->ops->operation_save(fixture->store, &second, &fixture->error));
	commit(fixture);
	operation_clear(&first);
	operation_clear(&second);
	operation_clear(&elsewhere);
}

static void test_insert__refuses_a_uuid_that_exists_and_rows_that_do_not__Y2(void **state)
{
	struct fixture *fixture = *state;
	struct operation operation = make_operation(fixture, "op", OPERATION_DONE);
	begin(fixture);
	must(fixture, insert(fixture, &operation));
	must_fail(fixture, HV_ERR_CONFLICT, insert(fixture, &operation));
	assert_contains(fixture->error.text, "with this id");
	operation.uuid = hv_uuid_from_text("op2");
	operation.vm_id = 4711;
	must_fail(fixture, HV_ERR_NOT_FOUND, insert(fixture, &operation));
	commit(fixture);
	operation_clear(&operation);
}

/* Another console that tries to run an operation on the same VM. */
static void run_one(struct fixture *fixture, int in, int out)
{
	struct store *store = NULL;
	fixture->host_id = 1;
	fixture->vm_id = 1;
	tell_parent(out);
	await_parent(in);
	if (store_open_sqlite(fixture->path, 10000, &store, &fixture->error) != HV_OK) {
		_exit(10);
	}
	char name[32];
	(void)snprintf(name, sizeof name, "of %ld", (long)getpid());
	struct operation operation = make_operation(fixture, name, OPERATION_RUNNING);
	if (store->ops->begin(store, &fixture->error) != HV_OK) {
		_exit(11);
	}
	enum hv_status status = store->ops->operation_insert(store, &operation, &fixture->error);
	if (status != HV_OK && status != HV_ERR_CONFLICT) {
		_exit(12);
	}
	if (store->ops->commit(store, &fixture->error) != HV_OK) {
		_exit(13);
	}
	operation_clear(&operation);
	store->ops->close(store);
}

static void test_insert__one_of_many_processes_gets_the_vm__X1(void **state)
{
	struct fixture *fixture = *state;
	struct peer peers[6];
	struct operation_list live = {0};
	/* no connection of this process may be open while it forks */
	for (size_t i = 0; i < HV_ARRAY_LEN(peers); i++) {
		peers[i] = peer_start(fixture, run_one);
		peer_await(&peers[i]);
	}
	open_store(fixture);
	fixture->host_id = add_host(fixture, "hv01");
	fixture->vm_id = add_vm(fixture, fixture->host_id, "web-01");
	for (size_t i = 0; i < HV_ARRAY_LEN(peers); i++) {
		peer_tell(&peers[i]);
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(peers); i++) {
		peer_end(&peers[i]);
	}
	must(fixture, fixture->ops->operation_live(fixture->store, 0, 0, &live, &fixture->error));
	assert_int_equal(live.count, 1);
	operation_list_clear(&live);
}

static void test_save__is_refused_to_a_former_owner__Y1(void **state)
{
	struct fixture *fixture = *state;
	struct store *other = open_other(fixture);
	struct operation mine = make_operation(fixture, "op", OPERATION_RUNNING);
	struct operation theirs = {0};
	begin(fixture);
	must(fixture, insert(fixture, &mine));
	commit(fixture);
	must(fixture, other->ops->operation_get(other, mine.id, &theirs, &fixture->error));
	must(fixture, other->ops->begin(other, &fixture->error));
	must(fixture, other->ops->operation_take_over(other, &theirs, "console-b", 9000, &fixture->error));
	must(fixture, other->ops->commit(other, &fixture->error));
	assert_string_equal(theirs.owner, "console-b");
	assert_int_equal(theirs.epoch, 2);
	assert_int_equal(theirs.lease_until_us, 9000);
	begin(fixture);
	mine.state = OPERATION_DONE;
	must_fail(fixture, HV_ERR_CONFLICT,
		fixture->ops->operation_save(fixture->store, &mine, &fixture->error));
	assert_contains(fixture->error.text, "another console");
	must_fail(fixture, HV_ERR_CONFLICT,
		fixture->ops->operation_take_over(fixture->store, &mine, "console-c", 1, &fixture->error));
	assert_string_equal(mine.owner, "console-a");
	assert_int_equal(mine.epoch, 1);
	commit(fixture);
	/* the new owner ends it; then it cannot be taken over any more */
	must(fixture, other->ops->begin(other, &fixture->error));
	theirs.state = OPERATION_DONE;
	must(fixture, other->ops->operation_save(other, &theirs, &fixture->error));
	must_fail(fixture, HV_ERR_CONFLICT,
		other->ops->operation_take_over(other, &theirs, "console-b", 1, &fixture->error));
	assert_contains(fixture->error.text, "has ended");
	theirs.id = 4711;
	must_fail(fixture, HV_ERR_NOT_FOUND, other->ops->operation_save(other, &theirs, &fixture->error));
	must(fixture, other->ops->commit(other, &fixture->error));
	operation_clear(&mine);
	operation_clear(&theirs);
	other->ops->close(other);
}

static void test_take_over__works_on_one_without_an_owner(void **state)
{
	struct fixture *fixture = *state;
	struct operation operation = make_operation(fixture, "op", OPERATION_QUEUED);
	hv_replace_string(&operation.owner, NULL);
	begin(fixture);
	must(fixture, insert(fixture, &operation));
	must(fixture, fixture->ops->operation_take_over(
			      fixture->store, &operation, "console-b", 9, &fixture->error));
	must(fixture, fixture->ops->operation_save(fixture->store, &operation, &fixture->error));
	commit(fixture);
	assert_string_equal(operation.owner, "console-b");
	operation_clear(&operation);
}

/* Who asks is not the owner, who may write its row at any moment. */
static void test_ask_cancel__is_seen_by_the_owner_and_not_overwritten_by_it__P4(void **state)
{
	struct fixture *fixture = *state;
	struct operation operation = make_operation(fixture, "export", OPERATION_RUNNING);
	struct operation read = {0};
	int64_t before = 0;
	struct change change;
	size_t count = 0;
	bool reload = false;
	begin(fixture);
	must(fixture, insert(fixture, &operation));
	commit(fixture);
	must(fixture, fixture->ops->last_change(fixture->store, &before, &fixture->error));
	begin(fixture);
	must(fixture, fixture->ops->operation_ask_cancel(fixture->store, operation.id, &fixture->error));
	commit(fixture);
	must(fixture,
		fixture->ops->changes(fixture->store, before, &change, 1, &count, &reload, &fixture->error));
	assert_int_equal(count, 1);
	assert_int_equal(change.kind, CHANGE_OPERATION);
	assert_int_equal(change.id, operation.id);
	assert_int_equal(change.vm_id, fixture->vm_id);
	begin(fixture);
	must(fixture, fixture->ops->operation_save(fixture->store, &operation, &fixture->error));
	commit(fixture);
	must(fixture, fixture->ops->operation_get(fixture->store, operation.id, &read, &fixture->error));
	assert_true(read.cancel_asked);
	operation.state = OPERATION_DONE;
	begin(fixture);
	must(fixture, fixture->ops->operation_save(fixture->store, &operation, &fixture->error));
	must_fail(fixture, HV_ERR_CONFLICT,
		fixture->ops->operation_ask_cancel(fixture->store, operation.id, &fixture->error));
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->operation_ask_cancel(fixture->store, 4711, &fixture->error));
	commit(fixture);
	operation_clear(&read);
	operation_clear(&operation);
}

static void test_renew__prolongs_live_leases_of_one_owner_silently__Y1(void **state)
{
	struct fixture *fixture = *state;
	struct operation rows[3] = {make_operation(fixture, "mine", OPERATION_RUNNING),
		make_operation(fixture, "ended", OPERATION_DONE), make_operation(fixture, "other", OPERATION_QUEUED)};
	int64_t before = 0;
	int64_t after = 0;
	hv_replace_string(&rows[2].owner, "console-b");
	begin(fixture);
	for (size_t i = 0; i < HV_ARRAY_LEN(rows); i++) {
		must(fixture, insert(fixture, &rows[i]));
	}
	commit(fixture);
	must(fixture, fixture->ops->last_change(fixture->store, &before, &fixture->error));
	begin(fixture);
	must(fixture,
		fixture->ops->operation_renew(fixture->store, "console-a", 8000, &fixture->error));
	commit(fixture);
	must(fixture, fixture->ops->last_change(fixture->store, &after, &fixture->error));
	assert_int_equal(before, after);
	static const int64_t expected[] = {8000, 5000, 5000};
	for (size_t i = 0; i < HV_ARRAY_LEN(rows); i++) {
		struct operation read = {0};
		must(fixture,
			fixture->ops->operation_get(fixture->store, rows[i].id, &read, &fixture->error));
		assert_int_equal(read.lease_until_us, expected[i]);
		operation_clear(&read);
		operation_clear(&rows[i]);
	}
}

static void test_live__by_group_then_sequence_in_the_order_of_asking__X1(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		const char *name;
		const char *group;
		int64_t sequence;
		enum operation_state state;
	} rows[] = {
		{"late group 2", "z", 2, OPERATION_QUEUED},
		{"late group 1", "z", 1, OPERATION_QUEUED},
		{"done", "z", 0, OPERATION_DONE},
		{"early 1", "a", 1, OPERATION_QUEUED},
		{"early 0", "a", 0, OPERATION_RUNNING},
		{"late group 3", "z", 3, OPERATION_QUEUED},
	};
	static const char *const expected[] = {"late group 1", "late group 2", "late group 3", "early 0", "early 1"};
	struct operation_list list = {0};
	int64_t other_host = add_host(fixture, "hv02");
	int64_t other_vm = add_vm(fixture, other_host, "db-01");
	begin(fixture);
	for (size_t i = 0; i < HV_ARRAY_LEN(rows); i++) {
		struct operation operation = make_operation(fixture, rows[i].name, rows[i].state);
		operation.group = hv_uuid_from_text(rows[i].group);
		operation.sequence = rows[i].sequence;
		operation.display_name = hv_strdup(rows[i].name);
		if (rows[i].sequence == 3) {
			operation.host_id = other_host;
			operation.vm_id = other_vm;
		}
		must(fixture, insert(fixture, &operation));
		operation_clear(&operation);
	}
	commit(fixture);
	must(fixture, fixture->ops->operation_live(fixture->store, 0, 0, &list, &fixture->error));
	assert_int_equal(list.count, HV_ARRAY_LEN(expected));
	for (size_t i = 0; i < HV_ARRAY_LEN(expected); i++) {
		assert_string_equal(list.items[i].display_name, expected[i]);
	}
	operation_list_clear(&list);
	must(fixture, fixture->ops->operation_live(fixture->store, other_host, 0, &list, &fixture->error));
	assert_int_equal(list.count, 1);
	operation_list_clear(&list);
	must(fixture,
		fixture->ops->operation_live(fixture->store, 0, fixture->vm_id, &list, &fixture->error));
	assert_int_equal(list.count, 4);
	operation_list_clear(&list);
	must(fixture,
		fixture->ops->operation_live(fixture->store, other_host, fixture->vm_id, &list, &fixture->error));
	assert_int_equal(list.count, 0);
}

static void test_live__includes_operations_without_a_group(void **state)
{
	struct fixture *fixture = *state;
	struct operation operation = make_operation(fixture, "alone", OPERATION_RUNNING);
	struct operation_list list = {0};
	memset(&operation.group, 0, sizeof operation.group);
	begin(fixture);
	must(fixture, insert(fixture, &operation));
	commit(fixture);
	must(fixture, fixture->ops->operation_live(fixture->store, 0, 0, &list, &fixture->error));
	assert_int_equal(list.count, 1);
	operation_list_clear(&list);
	operation_clear(&operation);
}

static void test_recent__the_last_ended_newest_first(void **state)
{
	struct fixture *fixture = *state;
	static const enum operation_state states[] = {
		OPERATION_DONE, OPERATION_FAILED, OPERATION_CANCELLED, OPERATION_QUEUED, OPERATION_DONE};
	struct operation_list list = {0};
	begin(fixture);
	for (size_t i = 0; i < HV_ARRAY_LEN(states); i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "%zu", i);
		struct operation operation = make_operation(fixture, name, states[i]);
		operation.finished_us = states[i] == OPERATION_QUEUED ? 0 : 100 + (int64_t)((i * 3) % 5);
		must(fixture, insert(fixture, &operation));
		operation_clear(&operation);
	}
	commit(fixture);
	must(fixture, fixture->ops->operation_recent(fixture->store, 3, &list, &fixture->error));
	assert_int_equal(list.count, 3);
	assert_int_equal(list.items[0].finished_us, 103);
	assert_int_equal(list.items[1].finished_us, 102);
	assert_int_equal(list.items[2].finished_us, 101);
	operation_list_clear(&list);
}

static void add_done(struct fixture *fixture, const char *name, enum operation_kind kind, const char *group,
	enum operation_state state)
{
	struct operation operation = make_operation(fixture, name, state);
	operation.kind = kind;
	operation.group = hv_uuid_from_text(group);
	operation.finished_us = 100;
	must(fixture, insert(fixture, &operation));
	operation_clear(&operation);
}

static void test_last_done__of_a_kind_and_a_group_of_this_vm__U4(void **state)
{
	struct fixture *fixture = *state;
	struct operation found = {0};
	struct hv_uuid group = hv_uuid_from_text("g1"), other = hv_uuid_from_text("g9");
	int64_t vm_id = fixture->vm_id;
	begin(fixture);
	add_done(fixture, "safety", OPERATION_CREATE_SNAPSHOT, "g1", OPERATION_DONE);
	add_done(fixture, "revert", OPERATION_REVERT_SNAPSHOT, "g1", OPERATION_DONE);
	add_done(fixture, "later", OPERATION_CREATE_SNAPSHOT, "g2", OPERATION_DONE);
	add_done(fixture, "failed", OPERATION_REVERT_SNAPSHOT, "g3", OPERATION_FAILED);
	commit(fixture);
	must(fixture, fixture->ops->operation_last_done(fixture->store, vm_id, OPERATION_REVERT_SNAPSHOT, NULL,
			      &found, &fixture->error));
	assert_true(hv_uuid_equal(&found.group, &group));
	operation_clear(&found);
	must(fixture, fixture->ops->operation_last_done(fixture->store, vm_id, OPERATION_CREATE_SNAPSHOT, &group,
			      &found, &fixture->error));
	assert_true(hv_uuid_equal(&found.group, &group));
	operation_clear(&found);
	assert_int_equal(fixture->ops->operation_last_done(fixture->store, vm_id, OPERATION_CREATE_SNAPSHOT, &other,
				 &found, NULL),
		HV_ERR_NOT_FOUND);
	assert_int_equal(fixture->ops->operation_last_done(fixture->store, vm_id + 1, OPERATION_REVERT_SNAPSHOT,
				 NULL, &found, NULL),
		HV_ERR_NOT_FOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_store, fixture_clean)
	const struct CMUnitTest tests[] = {
		TEST(test_insert_and_save__keep_every_field__C1),
		TEST(test_insert__refuses_a_second_running_one_on_the_vm__X1),
		TEST(test_insert__refuses_a_uuid_that_exists_and_rows_that_do_not__Y2),
		cmocka_unit_test_setup_teardown(
			test_insert__one_of_many_processes_gets_the_vm__X1, fixture_folder, fixture_clean),
		TEST(test_save__is_refused_to_a_former_owner__Y1),
		TEST(test_take_over__works_on_one_without_an_owner),
		TEST(test_ask_cancel__is_seen_by_the_owner_and_not_overwritten_by_it__P4),
		TEST(test_renew__prolongs_live_leases_of_one_owner_silently__Y1),
		TEST(test_live__by_group_then_sequence_in_the_order_of_asking__X1),
		TEST(test_live__includes_operations_without_a_group),
		TEST(test_recent__the_last_ended_newest_first),
		TEST(test_last_done__of_a_kind_and_a_group_of_this_vm__U4),
	};
	return cmocka_run_group_tests_name("store/operations", tests, NULL, NULL);
}
