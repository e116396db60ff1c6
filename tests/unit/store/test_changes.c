/* The change feed: complete, in order, bounded, cheap, and seen by every console. */
#include "tests/unit/store/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/store/sqlite/change_set.h"

#define CAPACITY 64

struct feed {
	struct change items[CAPACITY];
	size_t count;
	bool reload;
	int64_t after;
};

static void poll_store(struct fixture *fixture, struct store *store, struct feed *feed)
{
	must(fixture, store->ops->changes(store, feed->after, feed->items, CAPACITY, &feed->count, &feed->reload,
			      &fixture->error));
	if (feed->count > 0) {
		feed->after = feed->items[feed->count - 1].sequence;
	}
}

static void skip_to_now(struct fixture *fixture, struct feed *feed)
{
	must(fixture, fixture->ops->last_change(fixture->store, &feed->after, &fixture->error));
}

static void expect(const struct feed *feed, size_t at, enum change_kind kind, int64_t id, int64_t vm_id)
{
	assert_true(at < feed->count);
	assert_int_equal(feed->items[at].kind, kind);
	assert_int_equal(feed->items[at].id, id);
	assert_int_equal(feed->items[at].vm_id, vm_id);
}

static void test_changes__tell_own_writes_once_an_object(void **state)
{
	struct fixture *fixture = *state;
	struct feed feed = {0};
	struct virtual_machine vm = {0};
	struct operation operation = make_operation(fixture, "op", OPERATION_RUNNING);
	struct snapshot snapshot = make_snapshot(fixture->vm_id, "a");
	skip_to_now(fixture, &feed);
	poll_store(fixture, fixture->store, &feed);
	assert_int_equal(feed.count, 0);
	must(fixture, fixture->ops->vm_get(fixture->store, fixture->vm_id, &vm, &fixture->error));
	begin(fixture);
	must(fixture, fixture->ops->operation_insert(fixture->store, &operation, &fixture->error));
	must(fixture, fixture->ops->vm_set_state(fixture->store, &vm, VM_SNAPSHOTTING, &fixture->error));
	must(fixture, fixture->ops->snapshot_insert(fixture->store, &snapshot, &fixture->error));
	for (int i = 0; i < 5; i++) {
		must(fixture, fixture->ops->snapshot_set_state(fixture->store, &snapshot,
				      i % 2 ? SNAPSHOT_READY : SNAPSHOT_CREATING, i, &fixture->error));
		must(fixture, fixture->ops->operation_save(fixture->store, &operation, &fixture->error));
	}
	/* nothing is told before the commit */
	poll_store(fixture, fixture->store, &feed);
	assert_int_equal(feed.count, 0);
	commit(fixture);
	poll_store(fixture, fixture->store, &feed);
	assert_int_equal(feed.count, 3);
	assert_false(feed.reload);
	expect(&feed, 0, CHANGE_OPERATION, operation.id, fixture->vm_id);
	expect(&feed, 1, CHANGE_VM, fixture->vm_id, fixture->vm_id);
	expect(&feed, 2, CHANGE_TREE, fixture->vm_id, fixture->vm_id);
	poll_store(fixture, fixture->store, &feed);
	assert_int_equal(feed.count, 0);
	virtual_machine_clear(&vm);
	operation_clear(&operation);
	snapshot_clear(&snapshot);
}

static void test_changes__are_not_told_of_a_report_that_says_nothing_new(void **state)
{
	struct fixture *fixture = *state;
	struct feed feed = {0};
	struct virtual_machine vm = {0};
	struct volume_list volumes = {0};
	struct checkpoint_list untracked = {0};
	struct volume *volume = volume_list_add(&volumes);
	struct checkpoint *checkpoint = checkpoint_list_add(&untracked);
	volume->uuid = hv_uuid_from_text("root");
	volume->name = hv_strdup("root");
	checkpoint->id = hv_uuid_from_text("by hand");
	checkpoint->name = hv_strdup("by hand");
	for (int round = 0; round < 3; round++) {
		skip_to_now(fixture, &feed);
		begin(fixture);
		must(fixture, fixture->ops->vm_get(fixture->store, fixture->vm_id, &vm, &fixture->error));
		must(fixture, fixture->ops->vm_save(fixture->store, &vm, &fixture->error));
		must(fixture,
			fixture->ops->volume_replace(fixture->store, vm.id, &volumes, &fixture->error));
		must(fixture,
			fixture->ops->untracked_replace(fixture->store, vm.id, &untracked, &fixture->error));
		must(fixture, fixture->ops->snapshot_set_current(fixture->store, vm.id, 0, &fixture->error));
		commit(fixture);
		virtual_machine_clear(&vm);
		poll_store(fixture, fixture->store, &feed);
		assert_int_equal(feed.count, round == 0 ? 2 : 0);
	}
	volume_list_clear(&volumes);
	checkpoint_list_clear(&untracked);
}

static void test_changes__tell_the_tree_when_the_hosts_pointer_moves__T2(void **state)
{
	struct fixture *fixture = *state;
	struct feed feed = {0};
	struct virtual_machine vm = {0};
	skip_to_now(fixture, &feed);
	must(fixture, fixture->ops->vm_get(fixture->store, fixture->vm_id, &vm, &fixture->error));
	vm.checkpoint = hv_uuid_from_text("somewhere");
	begin(fixture);
	must(fixture, fixture->ops->vm_save(fixture->store, &vm, &fixture->error));
	commit(fixture);
	poll_store(fixture, fixture->store, &feed);
	assert_int_equal(feed.count, 2);
	expect(&feed, 0, CHANGE_VM, vm.id, vm.id);
	expect(&feed, 1, CHANGE_TREE, vm.id, vm.id);
	virtual_machine_clear(&vm);
}

static void test_changes__come_in_pages_without_gap(void **state)
{
	struct fixture *fixture = *state;
	struct feed feed = {0};
	size_t seen = 0;
	skip_to_now(fixture, &feed);
	int64_t expected = feed.after;
	for (int i = 0; i < 150; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "vm%d", i);
		(void)add_vm(fixture, fixture->host_id, name);
	}
	do {
		poll_store(fixture, fixture->store, &feed);
		assert_false(feed.reload);
		for (size_t i = 0; i < feed.count; i++) {
			assert_int_equal(feed.items[i].sequence, ++expected);
		}
		seen += feed.count;
	} while (feed.count > 0);
	assert_int_equal(seen, 150);
}

static void add_many_hosts(struct fixture *fixture, const char *prefix, int count)
{
	begin(fixture);
	for (int i = 0; i < count; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "%s%d", prefix, i);
		struct host host = {.name = hv_strdup(name)};
		must(fixture, fixture->ops->host_save(fixture->store, &host, &fixture->error));
		host_clear(&host);
	}
	commit(fixture);
}

static void test_changes__ask_for_a_reload_when_older_ones_are_gone(void **state)
{
	struct fixture *fixture = *state;
	struct feed late = {0};
	struct feed fresh = {0};
	int64_t last = 0;
	skip_to_now(fixture, &late);
	add_many_hosts(fixture, "x", 6000);
	skip_to_now(fixture, &fresh);
	add_many_hosts(fixture, "y", 6000);
	poll_store(fixture, fixture->store, &late);
	assert_true(late.reload);
	assert_int_equal(late.count, 0);
	poll_store(fixture, fixture->store, &fresh);
	assert_false(fresh.reload);
	assert_int_equal(fresh.count, CAPACITY);
	must(fixture, fixture->ops->last_change(fixture->store, &last, &fixture->error));
	assert_int_equal(last - late.after, 12000);
	/* one transaction with more than are kept counts in full */
	add_many_hosts(fixture, "z", 15000);
	struct feed after_all = {0};
	skip_to_now(fixture, &after_all);
	assert_int_equal(after_all.after, last + 15000);
	fresh.after = last;
	poll_store(fixture, fixture->store, &fresh);
	assert_true(fresh.reload);
	fresh.after = after_all.after - 10;
	poll_store(fixture, fixture->store, &fresh);
	assert_false(fresh.reload);
	assert_int_equal(fresh.count, 10);
}

static void test_changes__ask_for_a_reload_when_another_file_stands_there(void **state)
{
	struct fixture *fixture = *state;
	struct feed feed = {.after = 1000000};
	poll_store(fixture, fixture->store, &feed);
	assert_true(feed.reload);
	assert_int_equal(feed.count, 0);
}

static void test_changes__of_another_connection_are_seen_and_mixed_with_own(void **state)
{
	struct fixture *fixture = *state;
	struct store *other = open_other(fixture);
	struct feed mine = {0};
	struct feed theirs = {0};
	struct host host = {0};
	skip_to_now(fixture, &mine);
	theirs.after = mine.after;
	for (int round = 0; round < 20; round++) {
		struct store *writer = round % 3 == 0 ? other : fixture->store;
		must(fixture, writer->ops->begin(writer, &fixture->error));
		must(fixture, writer->ops->host_get(writer, fixture->host_id, &host, &fixture->error));
		host.seen_us = round;
		must(fixture, writer->ops->host_set_state(writer, &host, &fixture->error));
		must(fixture, writer->ops->commit(writer, &fixture->error));
		host_clear(&host);
		poll_store(fixture, fixture->store, &mine);
		assert_int_equal(mine.count, 1);
		expect(&mine, 0, CHANGE_HOST, fixture->host_id, 0);
		if (round % 2) {
			poll_store(fixture, other, &theirs);
			assert_int_equal(theirs.count, 2);
		}
	}
	assert_int_equal(mine.after, theirs.after);
	other->ops->close(other);
}

/* Writes one change each time that it is told to. */
static void change_when_told(struct fixture *fixture, int in, int out)
{
	struct host host = {0};
	await_parent(in);
	open_store(fixture);
	for (int i = 0; i < 5; i++) {
		if (fixture->ops->begin(fixture->store, &fixture->error) != HV_OK ||
			fixture->ops->host_get(fixture->store, 1, &host, &fixture->error) != HV_OK ||
			fixture->ops->host_set_state(fixture->store, &host, &fixture->error) != HV_OK ||
			fixture->ops->commit(fixture->store, &fixture->error) != HV_OK) {
			_exit(7);
		}
		host_clear(&host);
		tell_parent(out);
		await_parent(in);
	}
	fixture->ops->close(fixture->store);
	fixture->store = NULL;
	_exit(0);
}

static void test_changes__of_another_process_are_seen_at_the_next_poll(void **state)
{
	struct fixture *fixture = *state;
	struct feed feed = {0};
	struct peer peer = peer_start(fixture, change_when_told);
	open_store(fixture);
	fixture->host_id = add_host(fixture, "hv01");
	skip_to_now(fixture, &feed);
	for (int i = 0; i < 5; i++) {
		poll_store(fixture, fixture->store, &feed);
		assert_int_equal(feed.count, 0);
		peer_tell(&peer);
		peer_await(&peer);
		poll_store(fixture, fixture->store, &feed);
		assert_int_equal(feed.count, 1);
		expect(&feed, 0, CHANGE_HOST, fixture->host_id, 0);
	}
	peer_tell(&peer);
	peer_end(&peer);
}

static void test_host_remove__tells_the_host_and_its_vms(void **state)
{
	struct fixture *fixture = *state;
	struct feed feed = {0};
	skip_to_now(fixture, &feed);
	begin(fixture);
	must(fixture, fixture->ops->host_remove(fixture->store, fixture->host_id, &fixture->error));
	commit(fixture);
	poll_store(fixture, fixture->store, &feed);
	assert_int_equal(feed.count, 2);
	expect(&feed, 0, CHANGE_VM, fixture->vm_id, fixture->vm_id);
	expect(&feed, 1, CHANGE_HOST, fixture->host_id, 0);
}

static void test_change_set__keeps_each_object_once_however_many(void **state)
{
	struct change_set set = {0};
	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int64_t id = 1; id <= 5000; id++) {
			change_set_add(&set, CHANGE_VM, id, id);
			change_set_add(&set, CHANGE_TREE, id, id);
		}
	}
	assert_int_equal(set.count, 10000);
	for (size_t i = 0; i < set.count; i++) {
		assert_int_equal(set.items[i].id, (int64_t)i / 2 + 1);
		assert_int_equal(set.items[i].kind, i % 2 ? CHANGE_TREE : CHANGE_VM);
	}
	change_set_reset(&set);
	assert_int_equal(set.count, 0);
	change_set_add(&set, CHANGE_HOST, 7, 0);
	change_set_add(&set, CHANGE_HOST, 7, 0);
	assert_int_equal(set.count, 1);
	change_set_reset(&set);
	change_set_add(&set, CHANGE_HOST, 7, 0);
	assert_int_equal(set.count, 1);
	change_set_clear(&set);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_store, fixture_clean)
	const struct CMUnitTest tests[] = {
		TEST(test_changes__tell_own_writes_once_an_object),
		TEST(test_changes__are_not_told_of_a_report_that_says_nothing_new),
		TEST(test_changes__tell_the_tree_when_the_hosts_pointer_moves__T2),
		TEST(test_changes__come_in_pages_without_gap),
		TEST(test_changes__ask_for_a_reload_when_older_ones_are_gone),
		TEST(test_changes__ask_for_a_reload_when_another_file_stands_there),
		TEST(test_changes__of_another_connection_are_seen_and_mixed_with_own),
		cmocka_unit_test_setup_teardown(
			test_changes__of_another_process_are_seen_at_the_next_poll, fixture_folder, fixture_clean),
		TEST(test_host_remove__tells_the_host_and_its_vms),
		cmocka_unit_test(test_change_set__keeps_each_object_once_however_many),
	};
	return cmocka_run_group_tests_name("store/changes", tests, NULL, NULL);
}
