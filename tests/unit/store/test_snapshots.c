/* VM snapshots: what each step of a workflow writes, and the rules that the table itself holds. */
#include "tests/unit/store/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"

static enum hv_status insert_named(struct fixture *fixture, int64_t vm_id, const char *internal_name,
	const char *display_name, enum snapshot_state state)
{
	struct snapshot snapshot = make_snapshot(vm_id, internal_name);
	hv_replace_string(&snapshot.display_name, display_name);
	snapshot.state = state;
	enum hv_status status = fixture->ops->snapshot_insert(fixture->store, &snapshot, &fixture->error);
	assert_true(status == HV_OK ? snapshot.id > 0 : snapshot.id == 0);
	snapshot_clear(&snapshot);
	return status;
}

static void test_insert__keeps_every_field(void **state)
{
	struct fixture *fixture = *state;
	int64_t parent = add_snapshot(fixture, fixture->vm_id, "parent", 0);
	struct snapshot snapshot = make_snapshot(fixture->vm_id, "child");
	snapshot.description = hv_strdup("before the update 東京");
	snapshot.type = SNAPSHOT_DISK_AND_MEMORY;
	snapshot.state = SNAPSHOT_CREATING;
	snapshot.parent_id = parent;
	snapshot.current = true;
	snapshot.quiesce = true;
	snapshot.checkpoint = hv_uuid_from_text("checkpoint");
	snapshot.size_bytes = INT64_C(1) << 40;
	snapshot.created_us = 5;
	snapshot.updated_us = 6;
	begin(fixture);
	must(fixture, fixture->ops->snapshot_insert(fixture->store, &snapshot, &fixture->error));
	commit(fixture);
	struct snapshot read = {0};
	must(fixture,
		fixture->ops->snapshot_by_uuid(fixture->store, &snapshot.uuid, &read, &fixture->error));
	assert_int_equal(read.id, snapshot.id);
	assert_string_equal(read.name, snapshot.name);
	assert_string_equal(read.display_name, "child");
	assert_string_equal(read.description, snapshot.description);
	assert_int_equal(read.vm_id, fixture->vm_id);
	assert_int_equal(read.account_id, 1);
	assert_int_equal(read.domain_id, 1);
	assert_int_equal(read.offering_id, 1);
	assert_int_equal(snapshot.offering_id, 1);
	assert_int_equal(read.type, SNAPSHOT_DISK_AND_MEMORY);
	assert_int_equal(read.state, SNAPSHOT_CREATING);
	assert_int_equal(read.parent_id, parent);
	assert_true(read.current);
	assert_true(read.quiesce);
	assert_true(hv_uuid_equal(&read.checkpoint, &snapshot.checkpoint));
	assert_int_equal(read.size_bytes, INT64_C(1) << 40);
	assert_int_equal(read.created_us, 5);
	assert_int_equal(read.updated_us, 6);
	assert_int_equal(read.removed_us, 0);
	assert_int_equal(read.update_count, 0);
	snapshot_clear(&snapshot);
	snapshot_clear(&read);
}

static void test_insert__takes_owner_and_offering_of_the_vm__V5(void **state)
{
	struct fixture *fixture = *state;
	int64_t account = 0;
	int64_t domain = 0;
	int64_t offering = 0;
	struct virtual_machine vm = {.host_id = fixture->host_id, .name = hv_strdup("db-01")};
	vm.uuid = hv_uuid_from_text("db-01");
	begin(fixture);
	must(fixture, fixture->ops->account_ensure(
			      fixture->store, "anna", "/prod", &account, &domain, &fixture->error));
	must(fixture, fixture->ops->offering_ensure(fixture->store, "large", 8, 64, &offering, &fixture->error));
	vm.account_id = account;
	vm.domain_id = domain;
	vm.offering_id = offering;
	must(fixture, fixture->ops->vm_save(fixture->store, &vm, &fixture->error));
	commit(fixture);
	struct snapshot snapshot = get_snapshot(fixture, add_snapshot(fixture, vm.id, "a", 0));
	assert_int_equal(snapshot.account_id, account);
	assert_int_equal(snapshot.domain_id, domain);
	assert_int_equal(snapshot.offering_id, offering);
	snapshot_clear(&snapshot);
	virtual_machine_clear(&vm);
}

static void test_insert__refuses_a_display_name_that_is_the_same_to_a_reader__T5(void **state)
{
	struct fixture *fixture = *state;
	int64_t other_vm = add_vm(fixture, fixture->host_id, "db-01");
	static const struct {
		const char *name;
		const char *same;
	} cases[] = {
		{"Before Update", "BEFORE update"},
		{"\xC3\x84pfel", "\x61\xCC\x88PFEL"}, /* composed and decomposed */
		{"Stra\xC3\x9F" "e", "STRASSE"},
		{"\xCE\xA3\xCE\x9F\xCE\xA6\xCE\x9F\xCE\xA3", "\xCF\x83\xCE\xBF\xCF\x86\xCE\xBF\xCF\x82"},
	};
	char internal[64];
	begin(fixture);
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		(void)snprintf(internal, sizeof internal, "first %zu", i);
		must(fixture,
			insert_named(fixture, fixture->vm_id, internal, cases[i].name, SNAPSHOT_READY));
		(void)snprintf(internal, sizeof internal, "second %zu", i);
		must_fail(fixture, HV_ERR_CONFLICT,
			insert_named(fixture, fixture->vm_id, internal, cases[i].same, SNAPSHOT_READY));
		assert_contains(fixture->error.text, cases[i].same);
		assert_contains(fixture->error.text, "choose another name");
		/* on another VM it is free */
		must(fixture, insert_named(fixture, other_vm, internal, cases[i].same, SNAPSHOT_READY));
	}
	must(fixture, insert_named(fixture, fixture->vm_id, "other", "Before Update 2", SNAPSHOT_READY));
	commit(fixture);
}

static void test_insert__a_name_is_taken_in_every_state_but_removed__T5(void **state)
{
	struct fixture *fixture = *state;
	for (int at = 0; at < SNAPSHOT_STATE_COUNT; at++) {
		char name[32];
		char again[32];
		(void)snprintf(name, sizeof name, "name %d", at);
		(void)snprintf(again, sizeof again, "again %d", at);
		struct snapshot snapshot = make_snapshot(fixture->vm_id, name);
		begin(fixture);
		must(fixture, fixture->ops->snapshot_insert(fixture->store, &snapshot, &fixture->error));
		must(fixture, fixture->ops->snapshot_set_state(fixture->store, &snapshot,
				      (enum snapshot_state)at, 9, &fixture->error));
		must_fail(fixture, at == SNAPSHOT_REMOVED ? HV_OK : HV_ERR_CONFLICT,
			insert_named(fixture, fixture->vm_id, again, name, SNAPSHOT_ALLOCATED));
		commit(fixture);
		snapshot_clear(&snapshot);
	}
}

static void test_insert__internal_name_and_uuid_never_come_twice__T5(void **state)
{
	struct fixture *fixture = *state;
	int64_t other_vm = add_vm(fixture, fixture->host_id, "db-01");
	struct snapshot first = make_snapshot(fixture->vm_id, "a");
	struct snapshot second = make_snapshot(other_vm, "b");
	begin(fixture);
	must(fixture, fixture->ops->snapshot_insert(fixture->store, &first, &fixture->error));
	must(fixture, fixture->ops->snapshot_set_state(
			      fixture->store, &first, SNAPSHOT_REMOVED, 9, &fixture->error));
	hv_replace_string(&second.name, first.name);
	must_fail(fixture, HV_ERR_CONFLICT,
		fixture->ops->snapshot_insert(fixture->store, &second, &fixture->error));
	assert_contains(fixture->error.text, "internal name");
	hv_replace_string(&second.name, "another");
	second.uuid = first.uuid;
	must_fail(fixture, HV_ERR_CONFLICT,
		fixture->ops->snapshot_insert(fixture->store, &second, &fixture->error));
	assert_contains(fixture->error.text, "with this id");
	commit(fixture);
	snapshot_clear(&first);
	snapshot_clear(&second);
}

static void test_insert__refuses_what_does_not_exist(void **state)
{
	struct fixture *fixture = *state;
	int64_t other_vm = add_vm(fixture, fixture->host_id, "db-01");
	int64_t stranger = add_snapshot(fixture, other_vm, "stranger", 0);
	struct snapshot snapshot = make_snapshot(4711, "a");
	begin(fixture);
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->snapshot_insert(fixture->store, &snapshot, &fixture->error));
	snapshot.vm_id = fixture->vm_id;
	snapshot.parent_id = stranger; /* of another VM */
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->snapshot_insert(fixture->store, &snapshot, &fixture->error));
	assert_int_equal(snapshot.id, 0);
	assert_int_equal(snapshot.account_id, 0);
	snapshot.parent_id = 0;
	hv_replace_string(&snapshot.description, "\xED\xA0\x80");
	must_fail(fixture, HV_ERR_INVALID,
		fixture->ops->snapshot_insert(fixture->store, &snapshot, &fixture->error));
	hv_replace_string(&snapshot.description, NULL);
	memset(&snapshot.uuid, 0, sizeof snapshot.uuid);
	must_fail(fixture, HV_ERR_INVALID,
		fixture->ops->snapshot_insert(fixture->store, &snapshot, &fixture->error));
	commit(fixture);
	struct snapshot_list list = {0};
	must(fixture, fixture->ops->snapshot_list(fixture->store, fixture->vm_id, &list, &fixture->error));
	assert_int_equal(list.count, 0);
	snapshot_list_clear(&list);
	snapshot_clear(&snapshot);
}

static void test_ids__are_not_given_out_again_after_a_discard__C2(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot first = make_snapshot(fixture->vm_id, "a");
	struct snapshot second = make_snapshot(fixture->vm_id, "b");
	begin(fixture);
	must(fixture, fixture->ops->snapshot_insert(fixture->store, &first, &fixture->error));
	commit(fixture);
	begin(fixture);
	must(fixture, fixture->ops->snapshot_discard(fixture->store, first.id, &fixture->error));
	must(fixture, fixture->ops->snapshot_insert(fixture->store, &second, &fixture->error));
	commit(fixture);
	assert_true(second.id > first.id);
	snapshot_clear(&first);
	snapshot_clear(&second);
}

static void test_discard__takes_back_an_allocated_row_only__C2(void **state)
{
	struct fixture *fixture = *state;
	for (int at = 0; at < SNAPSHOT_STATE_COUNT; at++) {
		char name[32];
		(void)snprintf(name, sizeof name, "name %d", at);
		struct snapshot snapshot = make_snapshot(fixture->vm_id, name);
		snapshot.state = (enum snapshot_state)at;
		begin(fixture);
		must(fixture, fixture->ops->snapshot_insert(fixture->store, &snapshot, &fixture->error));
		must_fail(fixture, at == SNAPSHOT_ALLOCATED ? HV_OK : HV_ERR_CONFLICT,
			fixture->ops->snapshot_discard(fixture->store, snapshot.id, &fixture->error));
		commit(fixture);
		snapshot_clear(&snapshot);
	}
	begin(fixture);
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->snapshot_discard(fixture->store, 4711, &fixture->error));
	commit(fixture);
}

static void test_set_state__is_lost_by_the_second_of_two_consoles__S3(void **state)
{
	struct fixture *fixture = *state;
	struct store *other = open_other(fixture);
	int64_t id = add_snapshot(fixture, fixture->vm_id, "a", 0);
	struct snapshot mine = get_snapshot(fixture, id);
	struct snapshot theirs = {0};
	must(fixture, other->ops->snapshot_get(other, id, &theirs, &fixture->error));
	begin(fixture);
	must(fixture, fixture->ops->snapshot_set_state(
			      fixture->store, &mine, SNAPSHOT_REVERTING, 42, &fixture->error));
	commit(fixture);
	assert_int_equal(mine.state, SNAPSHOT_REVERTING);
	assert_int_equal(mine.update_count, 1);
	assert_int_equal(mine.updated_us, 42);
	must(fixture, other->ops->begin(other, &fixture->error));
	must_fail(fixture, HV_ERR_CONFLICT,
		other->ops->snapshot_set_state(other, &theirs, SNAPSHOT_EXPUNGING, 43, &fixture->error));
	must(fixture, other->ops->commit(other, &fixture->error));
	assert_int_equal(theirs.state, SNAPSHOT_READY);
	assert_int_equal(theirs.update_count, 0);
	/* there and back: the state is as they read it, the row is not */
	begin(fixture);
	must(fixture,
		fixture->ops->snapshot_set_state(fixture->store, &mine, SNAPSHOT_READY, 44, &fixture->error));
	commit(fixture);
	must(fixture, other->ops->begin(other, &fixture->error));
	must_fail(fixture, HV_ERR_CONFLICT,
		other->ops->snapshot_set_state(other, &theirs, SNAPSHOT_EXPUNGING, 45, &fixture->error));
	theirs.id = 4711;
	must_fail(fixture, HV_ERR_NOT_FOUND,
		other->ops->snapshot_set_state(other, &theirs, SNAPSHOT_EXPUNGING, 45, &fixture->error));
	must(fixture, other->ops->commit(other, &fixture->error));
	snapshot_clear(&mine);
	snapshot_clear(&theirs);
	other->ops->close(other);
}

static void test_set_state__removed_marks_the_time_and_is_current_no_more__D1(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot_list list = {0};
	int64_t id = add_snapshot(fixture, fixture->vm_id, "a", 0);
	begin(fixture);
	must(fixture,
		fixture->ops->snapshot_set_current(fixture->store, fixture->vm_id, id, &fixture->error));
	commit(fixture);
	struct snapshot snapshot = get_snapshot(fixture, id);
	assert_true(snapshot.current);
	begin(fixture);
	must(fixture, fixture->ops->snapshot_set_state(
			      fixture->store, &snapshot, SNAPSHOT_REMOVED, 99, &fixture->error));
	commit(fixture);
	assert_int_equal(snapshot.removed_us, 99);
	assert_false(snapshot.current);
	snapshot_clear(&snapshot);
	snapshot = get_snapshot(fixture, id);
	assert_int_equal(snapshot.state, SNAPSHOT_REMOVED);
	assert_int_equal(snapshot.removed_us, 99);
	assert_false(snapshot.current);
	must(fixture, fixture->ops->snapshot_list(fixture->store, fixture->vm_id, &list, &fixture->error));
	assert_int_equal(list.count, 0);
	begin(fixture);
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->snapshot_set_current(fixture->store, fixture->vm_id, id, &fixture->error));
	commit(fixture);
	snapshot_clear(&snapshot);
}

static bool stop_at_once(void *context, const struct snapshot_row *row)
{
	(void)context;
	(void)row;
	return false;
}

static size_t found_by(struct fixture *fixture, const char *keyword)
{
	struct snapshot_query query = {.state = -1, .type = -1, .keyword = keyword};
	int64_t total = 0;
	must(fixture, fixture->ops->snapshot_query(fixture->store, &query, stop_at_once, NULL, &total, &fixture->error));
	return (size_t)total;
}

static void test_describe__a_taken_name_is_refused_and_the_old_words_are_still_found__T5_L1(void **state)
{
	struct fixture *fixture = *state;
	(void)add_snapshot(fixture, fixture->vm_id, "taken", 0);
	struct snapshot snapshot = get_snapshot(fixture, add_snapshot(fixture, fixture->vm_id, "original", 0));
	begin(fixture);
	hv_replace_string(&snapshot.description, "ticket sixteen");
	must(fixture, fixture->ops->snapshot_describe(fixture->store, &snapshot, &fixture->error));
	hv_replace_string(&snapshot.display_name, "TAKEN");
	must_fail(fixture, HV_ERR_CONFLICT,
		fixture->ops->snapshot_describe(fixture->store, &snapshot, &fixture->error));
	commit(fixture); /* the transaction may go on */
	assert_int_equal(found_by(fixture, "sixteen"), 1);
	begin(fixture);
	hv_replace_string(&snapshot.display_name, "renamed");
	hv_replace_string(&snapshot.description, "ticket seventeen");
	must(fixture, fixture->ops->snapshot_describe(fixture->store, &snapshot, &fixture->error));
	commit(fixture);
	assert_int_equal(found_by(fixture, "sixteen"), 0);
	assert_int_equal(found_by(fixture, "seventeen"), 1);
	struct snapshot read = get_snapshot(fixture, snapshot.id);
	assert_string_equal(read.display_name, "renamed");
	assert_string_equal(read.name, snapshot.name); /* the host's word for it stays */
	snapshot_clear(&read);
	begin(fixture);
	snapshot.id = 4711;
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->snapshot_describe(fixture->store, &snapshot, &fixture->error));
	commit(fixture);
	snapshot_clear(&snapshot);
}

static void test_update__writes_what_an_answer_brings_and_no_more__C1(void **state)
{
	struct fixture *fixture = *state;
	int64_t parent = add_snapshot(fixture, fixture->vm_id, "parent", 0);
	struct snapshot snapshot = get_snapshot(fixture, add_snapshot(fixture, fixture->vm_id, "a", 0));
	snapshot.parent_id = parent;
	snapshot.checkpoint = hv_uuid_from_text("checkpoint");
	snapshot.size_bytes = 7;
	snapshot.created_us = 8;
	snapshot.state = SNAPSHOT_ERROR;
	snapshot.current = true;
	begin(fixture);
	must(fixture, fixture->ops->snapshot_update(fixture->store, &snapshot, &fixture->error));
	commit(fixture);
	struct snapshot read = get_snapshot(fixture, snapshot.id);
	assert_int_equal(read.parent_id, parent);
	assert_true(hv_uuid_equal(&read.checkpoint, &snapshot.checkpoint));
	assert_int_equal(read.size_bytes, 7);
	assert_int_equal(read.created_us, 8);
	assert_int_equal(read.state, SNAPSHOT_READY);
	assert_false(read.current);
	begin(fixture);
	snapshot.parent_id = snapshot.id;
	must_fail(fixture, HV_ERR_INVALID,
		fixture->ops->snapshot_update(fixture->store, &snapshot, &fixture->error));
	snapshot.parent_id = 4711;
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->snapshot_update(fixture->store, &snapshot, &fixture->error));
	snapshot.parent_id = 0;
	snapshot.id = 4711;
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->snapshot_update(fixture->store, &snapshot, &fixture->error));
	commit(fixture);
	snapshot_clear(&read);
	snapshot_clear(&snapshot);
}

static int64_t current_of(struct fixture *fixture, int64_t vm_id)
{
	struct snapshot_list list = {0};
	int64_t current = 0;
	must(fixture, fixture->ops->snapshot_list(fixture->store, vm_id, &list, &fixture->error));
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].current) {
			assert_int_equal(current, 0);
			current = list.items[i].id;
		}
	}
	snapshot_list_clear(&list);
	return current;
}

static void test_set_current__one_or_none_and_of_this_vm__T2(void **state)
{
	struct fixture *fixture = *state;
	int64_t other_vm = add_vm(fixture, fixture->host_id, "db-01");
	int64_t a = add_snapshot(fixture, fixture->vm_id, "a", 0);
	int64_t b = add_snapshot(fixture, fixture->vm_id, "b", a);
	int64_t other = add_snapshot(fixture, other_vm, "a", 0);
	begin(fixture);
	must(fixture,
		fixture->ops->snapshot_set_current(fixture->store, fixture->vm_id, a, &fixture->error));
	must(fixture, fixture->ops->snapshot_set_current(fixture->store, other_vm, other, &fixture->error));
	commit(fixture);
	assert_int_equal(current_of(fixture, fixture->vm_id), a);
	begin(fixture);
	must(fixture,
		fixture->ops->snapshot_set_current(fixture->store, fixture->vm_id, b, &fixture->error));
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->snapshot_set_current(fixture->store, fixture->vm_id, other, &fixture->error));
	commit(fixture);
	assert_int_equal(current_of(fixture, fixture->vm_id), b);
	assert_int_equal(current_of(fixture, other_vm), other);
	begin(fixture);
	must(fixture,
		fixture->ops->snapshot_set_current(fixture->store, fixture->vm_id, 0, &fixture->error));
	commit(fixture);
	assert_int_equal(current_of(fixture, fixture->vm_id), 0);
	assert_int_equal(current_of(fixture, other_vm), other);
}

static void test_insert__refuses_a_second_current_one__T2(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot snapshot = make_snapshot(fixture->vm_id, "second");
	int64_t first = add_snapshot(fixture, fixture->vm_id, "first", 0);
	snapshot.current = true;
	begin(fixture);
	must(fixture,
		fixture->ops->snapshot_set_current(fixture->store, fixture->vm_id, first, &fixture->error));
	must_fail(fixture, HV_ERR_CONFLICT,
		fixture->ops->snapshot_insert(fixture->store, &snapshot, &fixture->error));
	assert_contains(fixture->error.text, "current");
	commit(fixture);
	snapshot_clear(&snapshot);
}

static void test_reparent__moves_live_children_only__D2(void **state)
{
	struct fixture *fixture = *state;
	int64_t root = add_snapshot(fixture, fixture->vm_id, "root", 0);
	int64_t middle = add_snapshot(fixture, fixture->vm_id, "middle", root);
	int64_t left = add_snapshot(fixture, fixture->vm_id, "left", middle);
	int64_t right = add_snapshot(fixture, fixture->vm_id, "right", middle);
	int64_t gone = add_snapshot(fixture, fixture->vm_id, "gone", middle);
	struct snapshot removed = get_snapshot(fixture, gone);
	begin(fixture);
	must(fixture, fixture->ops->snapshot_set_state(
			      fixture->store, &removed, SNAPSHOT_REMOVED, 1, &fixture->error));
	must(fixture, fixture->ops->snapshot_reparent(fixture->store, middle, root, &fixture->error));
	commit(fixture);
	static const int64_t none = 0;
	const struct {
		int64_t id;
		const int64_t *parent;
	} after[] = {{left, &root}, {right, &root}, {gone, &middle}, {middle, &root}, {root, &none}};
	for (size_t i = 0; i < HV_ARRAY_LEN(after); i++) {
		struct snapshot read = get_snapshot(fixture, after[i].id);
		assert_int_equal(read.parent_id, *after[i].parent);
		snapshot_clear(&read);
	}
	begin(fixture);
	must(fixture, fixture->ops->snapshot_reparent(fixture->store, root, 0, &fixture->error));
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->snapshot_reparent(fixture->store, 4711, 0, &fixture->error));
	commit(fixture);
	struct snapshot read = get_snapshot(fixture, left);
	assert_int_equal(read.parent_id, 0);
	snapshot_clear(&read);
	snapshot_clear(&removed);
}

static void test_snapshot_count__counts_what_may_be_on_the_host__C3(void **state)
{
	struct fixture *fixture = *state;
	int64_t count = -1;
	int64_t expected = 0;
	must(fixture,
		fixture->ops->vm_snapshot_count(fixture->store, fixture->vm_id, &count, &fixture->error));
	assert_int_equal(count, 0);
	for (int at = 0; at < SNAPSHOT_STATE_COUNT; at++) {
		char name[32];
		(void)snprintf(name, sizeof name, "name %d", at);
		struct snapshot snapshot = make_snapshot(fixture->vm_id, name);
		begin(fixture);
		must(fixture, fixture->ops->snapshot_insert(fixture->store, &snapshot, &fixture->error));
		must(fixture, fixture->ops->snapshot_set_state(fixture->store, &snapshot,
				      (enum snapshot_state)at, 9, &fixture->error));
		commit(fixture);
		expected += snapshot_is_on_host((enum snapshot_state)at) && at != SNAPSHOT_REMOVED;
		snapshot_clear(&snapshot);
	}
	assert_true(expected > 0);
	must(fixture,
		fixture->ops->vm_snapshot_count(fixture->store, fixture->vm_id, &count, &fixture->error));
	assert_int_equal(count, expected);
}

static void test_get__says_so_when_there_is_none(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot snapshot = {.id = 5};
	struct hv_uuid nil = {{0}};
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->snapshot_get(fixture->store, 4711, &snapshot, &fixture->error));
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->snapshot_by_uuid(fixture->store, &nil, &snapshot, &fixture->error));
	assert_int_equal(snapshot.id, 5); /* untouched */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_store, fixture_clean)
	const struct CMUnitTest tests[] = {
		TEST(test_insert__keeps_every_field),
		TEST(test_insert__takes_owner_and_offering_of_the_vm__V5),
		TEST(test_insert__refuses_a_display_name_that_is_the_same_to_a_reader__T5),
		TEST(test_insert__a_name_is_taken_in_every_state_but_removed__T5),
		TEST(test_insert__internal_name_and_uuid_never_come_twice__T5),
		TEST(test_insert__refuses_what_does_not_exist),
		TEST(test_insert__refuses_a_second_current_one__T2),
		TEST(test_ids__are_not_given_out_again_after_a_discard__C2),
		TEST(test_discard__takes_back_an_allocated_row_only__C2),
		TEST(test_set_state__is_lost_by_the_second_of_two_consoles__S3),
		TEST(test_set_state__removed_marks_the_time_and_is_current_no_more__D1),
		TEST(test_describe__a_taken_name_is_refused_and_the_old_words_are_still_found__T5_L1),
		TEST(test_update__writes_what_an_answer_brings_and_no_more__C1),
		TEST(test_set_current__one_or_none_and_of_this_vm__T2),
		TEST(test_reparent__moves_live_children_only__D2),
		TEST(test_snapshot_count__counts_what_may_be_on_the_host__C3),
		TEST(test_get__says_so_when_there_is_none),
	};
	return cmocka_run_group_tests_name("store/snapshots", tests, NULL, NULL);
}
