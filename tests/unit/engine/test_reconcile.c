/* What happens outside hvtree is seen, and never changed (T6, Y1); a report that says nothing new writes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "tests/support/engine_world.h"

static void make(struct engine_world *world)
{
	engine_world_make(world, VM_RUNNING, AGENT_CAN_REVERT_MEMORY_FROM_OFF);
	engine_world_take(world, "A", SNAPSHOT_DISK);
	engine_world_take(world, "B", SNAPSHOT_DISK_AND_MEMORY);
}

static void assert_tree(struct engine_world *world, const char *expected)
{
	char text[400];
	assert_string_equal(engine_world_tree(world, text, sizeof text), expected);
	engine_world_assert_agrees(world);
}

static int64_t last_change(struct engine_world *world)
{
	struct store *store = world->console.store;
	int64_t sequence = 0;
	assert_int_equal(store->ops->last_change(store, &sequence, NULL), HV_OK);
	return sequence;
}

static void test_new_vm__gets_an_owner_an_offering_and_its_state__Y1(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, 0);
	struct store *store = world.console.store;
	struct virtual_machine vm = engine_world_vm(&world);
	char *account = NULL;
	char *domain = NULL;
	char *offering = NULL;
	assert_string_equal(vm.name, "box");
	assert_int_equal(vm.state, VM_RUNNING);
	assert_int_equal(vm.host_id, world.host_id);
	assert_int_equal(store->ops->account_names(store, vm.account_id, &account, &domain, NULL), HV_OK);
	assert_int_equal(store->ops->offering_name(store, vm.offering_id, &offering, NULL), HV_OK);
	assert_string_equal(account, "admin");
	assert_string_equal(offering, "2 CPU, 4 GiB");
	free(account);
	free(domain);
	free(offering);
	virtual_machine_clear(&vm);
	engine_world_clear(&world);
}

static void test_inventory__that_says_nothing_new_writes_nothing__Y1(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world);
	fake_foreign_checkpoint(world.hosts, world.vm, "foreign");
	engine_world_settle(&world);
	int64_t before = last_change(&world);
	for (int i = 0; i < 3; i++) {
		engine_sync(world.console.engine, 0);
		engine_world_settle(&world);
	}
	assert_int_equal(last_change(&world), before);
	engine_world_clear(&world);
}

static void test_foreign_checkpoint__is_shown_and_the_current_one_stays__T6(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world);
	fake_foreign_checkpoint(world.hosts, world.vm, "foreign");
	engine_world_settle(&world);
	assert_tree(&world, "A(B*)");
	struct virtual_machine vm = engine_world_vm(&world);
	assert_int_equal(vm.untracked, 1);
	virtual_machine_clear(&vm);
	engine_world_take(&world, "C", SNAPSHOT_DISK); /* below the foreign one on the host, below B here */
	assert_tree(&world, "A(B(C*))");
	fake_foreign_delete(world.hosts, world.vm, "foreign");
	engine_world_settle(&world);
	assert_tree(&world, "A(B(C*))");
	engine_world_clear(&world);
}

static void test_foreign_revert__moves_the_current_mark__T6_T2(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world);
	struct snapshot snapshot = engine_world_snapshot(&world, "A");
	fake_foreign_revert(world.hosts, world.vm, snapshot.name);
	engine_world_settle(&world);
	assert_tree(&world, "A*(B)");
	snapshot_clear(&snapshot);
	engine_world_clear(&world);
}

static void test_foreign_delete_of_a_tracked_one__is_told_once_and_the_row_stays__T6_S1(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world);
	struct snapshot snapshot = engine_world_snapshot(&world, "A");
	int messages = world.console.messages;
	fake_foreign_delete(world.hosts, world.vm, snapshot.name);
	engine_world_settle(&world);
	assert_int_equal(world.console.messages, messages + 1);
	assert_string_equal(world.console.last_message,
		"Snapshot 'A' of VM 'box' is not on the host any more: it was deleted outside hvtree; it cannot be reverted to; "
		"delete it here as well");
	engine_sync(world.console.engine, world.host_id);
	engine_world_settle(&world);
	assert_int_equal(world.console.messages, messages + 1);
	struct snapshot after = engine_world_snapshot(&world, "A");
	assert_int_equal(after.state, SNAPSHOT_READY);
	snapshot_clear(&after);
	struct engine_request revert = engine_world_request(&world, OPERATION_REVERT_SNAPSHOT, "A");
	assert_int_equal(engine_world_ask(&world.console, &revert, NULL), HV_OK);
	engine_world_settle(&world);
	struct operation last = engine_world_last(&world);
	assert_int_equal(last.state, OPERATION_FAILED);
	operation_clear(&last);
	struct engine_request delete = engine_world_request(&world, OPERATION_DELETE_SNAPSHOT, "A");
	assert_int_equal(engine_world_ask(&world.console, &delete, NULL), HV_OK);
	engine_world_settle(&world);
	assert_tree(&world, "B*");
	snapshot_clear(&snapshot);
	engine_world_clear(&world);
}

/* Something moved the pointer and the console has not heard: the host refuses, and nothing is guessed. */
static void test_create__on_a_tree_that_was_changed_unheard_is_refused_by_the_host__T6(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world);
	struct engine_request request = engine_world_request(&world, OPERATION_CREATE_SNAPSHOT, "C");
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	fake_foreign_checkpoint(world.hosts, world.vm, "foreign");
	engine_world_settle(&world);
	struct operation last = engine_world_last(&world);
	assert_int_equal(last.state, OPERATION_FAILED);
	assert_non_null(strstr(last.error, "StaleView"));
	assert_non_null(strstr(last.error, "look at the tree again, it was changed outside hvtree"));
	operation_clear(&last);
	assert_tree(&world, "A(B*),C:Error");
	engine_world_clear(&world);
}

static void test_power_state__is_followed_and_never_overwrites_an_operation__S2(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world);
	static const enum vm_state states[] = {VM_STOPPED, VM_SAVED, VM_PAUSED, VM_ERROR, VM_UNKNOWN, VM_RUNNING};
	for (size_t i = 0; i < HV_ARRAY_LEN(states); i++) {
		fake_foreign_state(world.hosts, world.vm, states[i]);
		engine_world_settle(&world);
		assert_tree(&world, "A(B*)");
	}
	struct engine_request request = engine_world_request(&world, OPERATION_CREATE_SNAPSHOT, "C");
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	fake_foreign_state(world.hosts, world.vm, VM_STOPPED);
	(void)engine_world_step(&world);
	struct virtual_machine vm = engine_world_vm(&world);
	assert_int_equal(vm.state, VM_SNAPSHOTTING);
	assert_int_equal(vm.power_state, VM_STOPPED);
	virtual_machine_clear(&vm);
	engine_world_settle(&world);
	assert_tree(&world, "A(B(C*))");
	engine_world_clear(&world);
}

static void test_vm__that_vanishes_is_missing_and_comes_back_with_its_tree__Y1(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world);
	struct fake_vm kept = *world.vm;
	fake_hosts_remove_vm(world.hosts, world.host_id, &kept.uuid);
	engine_sync(world.console.engine, 0);
	engine_world_settle(&world);
	struct virtual_machine vm = engine_world_vm(&world);
	assert_true(vm.missing);
	assert_non_null(strstr(world.console.last_message, "VM 'box' is not reported by its host any more"));
	virtual_machine_clear(&vm);
	struct hv_error err = {0};
	struct engine_request request = engine_world_request(&world, OPERATION_REVERT_SNAPSHOT, "A");
	assert_int_equal(engine_world_ask(&world.console, &request, &err), HV_ERR_REFUSED);
	assert_non_null(strstr(err.text, "the host does not report 'box' any more"));
	world.vm = fake_hosts_add_vm(world.hosts, world.host_id, "box", VM_RUNNING);
	*world.vm = kept;
	(void)snprintf(world.vm->name, sizeof world.vm->name, "renamed");
	engine_sync(world.console.engine, 0);
	engine_world_settle(&world);
	vm = engine_world_vm(&world);
	assert_false(vm.missing);
	assert_string_equal(vm.name, "renamed");
	virtual_machine_clear(&vm);
	assert_tree(&world, "A(B*)");
	engine_vm_removed(world.console.engine, world.host_id, &kept.uuid);
	vm = engine_world_vm(&world);
	assert_true(vm.missing);
	virtual_machine_clear(&vm);
	engine_world_clear(&world);
}

/* No version of the program leaves such rows; a store that was restored by hand may. The host decides. */
static void test_transient_rows_without_an_operation__are_settled_by_the_host__Y1_Y3(void **state)
{
	(void)state;
	static const struct {
		enum snapshot_state state;
		const char *tree;
	} cases[] = {
		{SNAPSHOT_CREATING, "A(B*)"},
		{SNAPSHOT_REVERTING, "A(B*)"},
		{SNAPSHOT_EXPUNGING, "A:Error(B*)"},
	};
	for (size_t i = 0; i < 2 * HV_ARRAY_LEN(cases); i++) {
		bool gone = i & 1;
		struct engine_world world;
		make(&world);
		struct store *store = world.console.store;
		struct snapshot snapshot = engine_world_snapshot(&world, "A");
		struct virtual_machine vm = engine_world_vm(&world);
		assert_int_equal(store->ops->begin(store, NULL), HV_OK);
		assert_int_equal(store->ops->snapshot_set_state(
					 store, &snapshot, cases[i / 2].state, world.now_us, NULL), HV_OK);
		assert_int_equal(store->ops->vm_set_state(store, &vm, VM_SNAPSHOTTING, NULL), HV_OK);
		assert_int_equal(store->ops->commit(store, NULL), HV_OK);
		if (gone && cases[i / 2].state != SNAPSHOT_REVERTING) {
			fake_foreign_delete(world.hosts, world.vm, snapshot.name);
		}
		engine_world_restart(&world, true, false);
		engine_world_settle(&world);
		bool expunged = gone && cases[i / 2].state == SNAPSHOT_EXPUNGING;
		bool never = gone && cases[i / 2].state == SNAPSHOT_CREATING;
		assert_tree(&world, expunged ? "B*" : never ? "A:Error(B*)" : cases[i / 2].tree);
		snapshot_clear(&snapshot);
		virtual_machine_clear(&vm);
		engine_world_clear(&world);
	}
}

/* An inventory is a picture of the past: what an operation changed since must not be undone by it. */
static void test_inventory__older_than_an_operation_is_not_believed__Y1(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world);
	struct agent_answer old = {.kind = AGENT_GET_INVENTORY, .result = true, .mark = last_change(&world)};
	struct agent_vm *vm = agent_vm_list_add(&old.inventory);
	vm->uuid = world.vm->uuid;
	vm->name = strdup("box");
	vm->state = VM_SAVED;
	fake_hosts_set_fault(world.hosts, world.host_id, AGENT_GET_INVENTORY, FAKE_LOSE_COMMAND, AGENT_CODE_NONE, NULL);
	engine_sync(world.console.engine, world.host_id); /* asked for before, answered after */
	engine_world_take(&world, "C", SNAPSHOT_DISK);
	int warnings = world.console.messages;
	engine_answer(world.console.engine, world.host_id, &old);
	assert_int_equal(world.console.messages, warnings);
	assert_tree(&world, "A(B(C*))");
	engine_world_settle(&world);
	assert_tree(&world, "A(B(C*))");
	agent_answer_clear(&old);
	engine_world_clear(&world);
}

/* A bug once: a console that had slept asked again, took the answer to its old question for the new one's, and a VM
 * that another console had destroyed meanwhile stood in the store for ever. */
static void test_inventory__given_up_as_lost_is_not_taken_for_the_next_one__Y1(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world);
	struct agent_answer old = {.kind = AGENT_GET_INVENTORY, .result = true, .mark = last_change(&world)};
	struct agent_vm *vm = agent_vm_list_add(&old.inventory);
	*vm = (struct agent_vm){.uuid = world.vm->uuid, .state = VM_SAVED, .name = strdup("box")};
	engine_world_take(&world, "C", SNAPSHOT_DISK);
	fake_hosts_set_fault(world.hosts, world.host_id, AGENT_GET_INVENTORY, FAKE_LOSE_COMMAND, AGENT_CODE_NONE, NULL);
	engine_sync(world.console.engine, world.host_id); /* asked for again after the operation */
	engine_answer(world.console.engine, world.host_id, &old);
	assert_tree(&world, "A(B(C*))");
	struct virtual_machine row = engine_world_vm(&world);
	assert_int_not_equal(row.power_state, VM_SAVED);
	virtual_machine_clear(&row);
	engine_world_settle(&world);
	engine_world_assert_agrees(&world);
	agent_answer_clear(&old);
	engine_world_clear(&world);
}

/* A bug once: an inventory that was held back was written over the event that came after it was asked for. */
static void test_inventory__older_than_an_event_is_not_believed__Y1(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world);
	struct agent_answer old = {.kind = AGENT_GET_INVENTORY, .result = true, .mark = last_change(&world)};
	struct agent_vm *before = agent_vm_list_add(&old.inventory);
	struct agent_vm event = {.uuid = world.vm->uuid, .state = VM_SAVED, .name = strdup("box")};
	*before = (struct agent_vm){.uuid = world.vm->uuid, .state = VM_PAUSED, .name = strdup("box")};
	fake_hosts_set_fault(world.hosts, world.host_id, AGENT_GET_INVENTORY, FAKE_LOSE_COMMAND, AGENT_CODE_NONE, NULL);
	engine_sync(world.console.engine, world.host_id); /* asked for before the event, answered after it */
	engine_vm_changed(world.console.engine, world.host_id, &event);
	engine_answer(world.console.engine, world.host_id, &old);
	struct virtual_machine row = engine_world_vm(&world);
	assert_int_equal(row.power_state, VM_SAVED);
	virtual_machine_clear(&row);
	engine_world_settle(&world);
	engine_world_assert_agrees(&world);
	agent_vm_clear(&event);
	agent_answer_clear(&old);
	engine_world_clear(&world);
}

/* A console that was suspended hears what was true before, and may die before it hears the rest. */
static void test_old_event__is_set_right_by_the_next_inventory_though_nothing_happens__Y3(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world);
	struct agent_vm old = {.uuid = world.vm->uuid, .state = VM_RUNNING, .name = strdup("box")};
	engine_vm_changed(world.console.engine, world.host_id, &old);
	struct virtual_machine row = engine_world_vm(&world);
	assert_true(hv_uuid_is_nil(&row.checkpoint));
	virtual_machine_clear(&row);
	for (int64_t end_us = world.now_us + 11 * 60 * HV_SECOND_US; world.now_us < end_us;) {
		engine_world_run(&world);
		int64_t deadline_us = engine_tick(world.console.engine);
		world.now_us = deadline_us < end_us ? deadline_us : end_us;
	}
	engine_world_settle(&world);
	assert_tree(&world, "A(B*)");
	agent_vm_clear(&old);
	engine_world_clear(&world);
}

/* The other half of that: where the agent numbers its readings, an old event changes nothing at all. */
static void test_old_event__of_an_agent_that_numbers_its_readings_is_not_believed__Y3(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world);
	struct agent_vm newer = {.uuid = world.vm->uuid, .state = VM_SAVED, .name = strdup("box"), .revision = 9};
	struct agent_vm older = {.uuid = world.vm->uuid, .state = VM_PAUSED, .name = strdup("box"), .revision = 8};
	engine_vm_changed(world.console.engine, world.host_id, &newer);
	int64_t before = last_change(&world);
	engine_vm_changed(world.console.engine, world.host_id, &older);
	assert_int_equal(last_change(&world), before);
	struct virtual_machine row = engine_world_vm(&world);
	assert_int_equal(row.power_state, VM_SAVED);
	assert_int_equal(row.revision, 9);
	virtual_machine_clear(&row);
	engine_world_settle(&world); /* it led to an inventory, which is believed whatever its number */
	engine_world_assert_agrees(&world);
	agent_vm_clear(&newer);
	agent_vm_clear(&older);
	engine_world_clear(&world);
}

static void test_host_row__follows_the_link_and_the_storage__U3(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world);
	struct store *store = world.console.store;
	struct host host = {0};
	struct agent_host_status down = {.free_bytes = 1000, .storage_up = false};
	engine_host_status(world.console.engine, world.host_id, &down);
	assert_string_equal(world.console.last_message,
		"Host 'hv01' has lost its storage; what needs it will fail until it is back");
	int64_t before = last_change(&world);
	engine_host_status(world.console.engine, world.host_id, &down);
	assert_int_equal(last_change(&world), before);
	assert_int_equal(store->ops->host_get(store, world.host_id, &host, NULL), HV_OK);
	assert_int_equal(host.state, HOST_UP);
	assert_int_equal(host.free_bytes, 1000);
	assert_string_equal(host.version, "10.0.20348");
	assert_null(host.reason);
	host_clear(&host);
	engine_world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_vm__gets_an_owner_an_offering_and_its_state__Y1),
		cmocka_unit_test(test_inventory__that_says_nothing_new_writes_nothing__Y1),
		cmocka_unit_test(test_foreign_checkpoint__is_shown_and_the_current_one_stays__T6),
		cmocka_unit_test(test_foreign_revert__moves_the_current_mark__T6_T2),
		cmocka_unit_test(test_foreign_delete_of_a_tracked_one__is_told_once_and_the_row_stays__T6_S1),
		cmocka_unit_test(test_create__on_a_tree_that_was_changed_unheard_is_refused_by_the_host__T6),
		cmocka_unit_test(test_power_state__is_followed_and_never_overwrites_an_operation__S2),
		cmocka_unit_test(test_vm__that_vanishes_is_missing_and_comes_back_with_its_tree__Y1),
		cmocka_unit_test(test_transient_rows_without_an_operation__are_settled_by_the_host__Y1_Y3),
		cmocka_unit_test(test_inventory__older_than_an_operation_is_not_believed__Y1),
		cmocka_unit_test(test_inventory__given_up_as_lost_is_not_taken_for_the_next_one__Y1),
		cmocka_unit_test(test_inventory__older_than_an_event_is_not_believed__Y1),
		cmocka_unit_test(test_old_event__is_set_right_by_the_next_inventory_though_nothing_happens__Y3),
		cmocka_unit_test(test_old_event__of_an_agent_that_numbers_its_readings_is_not_believed__Y3),
		cmocka_unit_test(test_host_row__follows_the_link_and_the_storage__U3),
	};
	return cmocka_run_group_tests_name("engine/reconcile", tests, NULL, NULL);
}
