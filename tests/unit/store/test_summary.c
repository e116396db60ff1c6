/* What a VM's closed row says of its snapshots is true after whatever changes them (U1, Q2). */
#include "tests/unit/store/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/domain/vm_summary.h"

#define STEPS 300
#define NAMES 12

/* The summary on the row is the one of the rows. */
static struct vm_summary check(struct fixture *fixture)
{
	struct snapshot_list snapshots = {0};
	struct checkpoint_list untracked = {0};
	struct virtual_machine vm = get_vm(fixture, fixture->vm_id);
	must(fixture,
		fixture->ops->snapshot_list(fixture->store, fixture->vm_id, &snapshots, &fixture->error));
	must(fixture,
		fixture->ops->untracked_list(fixture->store, fixture->vm_id, &untracked, &fixture->error));
	struct vm_summary wanted = vm_summary_of(&snapshots, &untracked, &vm.checkpoint);
	struct vm_summary found = vm.summary;
	assert_int_equal(found.snapshots, wanted.snapshots);
	assert_int_equal(found.on_host, wanted.on_host);
	assert_int_equal(found.chain, wanted.chain);
	assert_int_equal(found.delta_bytes, wanted.delta_bytes);
	assert_int_equal(found.oldest_us, wanted.oldest_us);
	snapshot_list_clear(&snapshots);
	checkpoint_list_clear(&untracked);
	virtual_machine_clear(&vm);
	return found;
}

static void set_current(struct fixture *fixture, int64_t id)
{
	begin(fixture);
	must(fixture, fixture->ops->snapshot_set_current(
			      fixture->store, fixture->vm_id, id, &fixture->error));
	commit(fixture);
}

static void set_state(struct fixture *fixture, int64_t id, enum snapshot_state state)
{
	struct snapshot snapshot = get_snapshot(fixture, id);
	begin(fixture);
	must(fixture,
		fixture->ops->snapshot_set_state(fixture->store, &snapshot, state, 99, &fixture->error));
	commit(fixture);
	snapshot_clear(&snapshot);
}

static void test_summary__follows_each_step_of_a_create_and_a_delete__Q2(void **state)
{
	struct fixture *fixture = *state;
	assert_int_equal(check(fixture).snapshots, 0);
	int64_t a = add_snapshot(fixture, fixture->vm_id, "a", 0);
	int64_t b = add_snapshot(fixture, fixture->vm_id, "b", a);
	set_current(fixture, b);
	assert_int_equal(check(fixture).chain, 2);
	set_current(fixture, a);
	assert_int_equal(check(fixture).chain, 1);
	struct snapshot snapshot = get_snapshot(fixture, b);
	snapshot.size_bytes = 4096;
	begin(fixture);
	must(fixture, fixture->ops->snapshot_update(fixture->store, &snapshot, &fixture->error));
	commit(fixture);
	snapshot_clear(&snapshot);
	assert_true(check(fixture).delta_bytes >= 4096);
	set_state(fixture, b, SNAPSHOT_EXPUNGING);
	set_state(fixture, b, SNAPSHOT_REMOVED);
	assert_int_equal(check(fixture).snapshots, 1);
}

static void test_summary__counts_the_untracked_checkpoints_of_the_chain__T6(void **state)
{
	struct fixture *fixture = *state;
	struct checkpoint_list list = {0};
	struct checkpoint *checkpoint = checkpoint_list_add(&list);
	checkpoint->id = hv_uuid_from_text("by hand");
	checkpoint->name = hv_strdup("by hand");
	struct virtual_machine vm = get_vm(fixture, fixture->vm_id);
	begin(fixture);
	must(fixture, fixture->ops->untracked_replace(
			      fixture->store, fixture->vm_id, &list, &fixture->error));
	commit(fixture);
	assert_int_equal(check(fixture).chain, 0);
	vm.checkpoint = checkpoint->id;
	vm.untracked = 1;
	begin(fixture);
	must(fixture, fixture->ops->vm_save(fixture->store, &vm, &fixture->error));
	commit(fixture);
	assert_int_equal(check(fixture).chain, 1);
	checkpoint_list_clear(&list);
	virtual_machine_clear(&vm);
}

static void test_summary__a_rollback_leaves_what_was_there(void **state)
{
	struct fixture *fixture = *state;
	(void)add_snapshot(fixture, fixture->vm_id, "a", 0);
	struct snapshot snapshot = make_snapshot(fixture->vm_id, "b");
	begin(fixture);
	must(fixture, fixture->ops->snapshot_insert(fixture->store, &snapshot, &fixture->error));
	fixture->ops->rollback(fixture->store);
	snapshot_clear(&snapshot);
	assert_int_equal(check(fixture).snapshots, 1);
}

static void test_summary__is_true_after_any_history(void **state)
{
	struct fixture *fixture = *state;
	int64_t ids[NAMES] = {0};
	uint32_t random = 7;
	for (int step = 0; step < STEPS; step++) {
		random = random * 1664525 + 1013904223;
		size_t at = (random >> 8) % NAMES;
		char name[16];
		(void)snprintf(name, sizeof name, "s%d", step); /* an internal name never comes again */
		if (ids[at] == 0) {
			int64_t parent = ids[(at + NAMES - 1) % NAMES];
			ids[at] = add_snapshot(fixture, fixture->vm_id, name, parent);
		} else if (random >> 30 == 0) {
			set_current(fixture, ids[at]);
		} else {
			begin(fixture);
			must(fixture, fixture->ops->snapshot_reparent(
					      fixture->store, ids[at], 0, &fixture->error));
			commit(fixture);
			set_state(fixture, ids[at], SNAPSHOT_EXPUNGING);
			set_state(fixture, ids[at], SNAPSHOT_REMOVED);
			ids[at] = 0;
		}
		(void)check(fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_store, fixture_clean)
		TEST(test_summary__follows_each_step_of_a_create_and_a_delete__Q2),
		TEST(test_summary__counts_the_untracked_checkpoints_of_the_chain__T6),
		TEST(test_summary__a_rollback_leaves_what_was_there),
		TEST(test_summary__is_true_after_any_history),
	};
	return cmocka_run_group_tests_name("store/summary", tests, NULL, NULL);
}
