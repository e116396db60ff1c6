/* Storage and hosts that are lost before, during and after an export (P5); imports that fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/engine/export_fixture.h"

static void settle_waiting(struct engine_world *world)
{
	for (int turn = 0; turn < 60; turn++) {
		engine_world_run(world);
		(void)engine_tick(world->console.engine);
		world->now_us += HV_SECOND_US;
	}
}

static void test_storage_lost__before_the_export_it_waits_and_then_goes_on__P5(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	fake_hosts_set_storage(world.hosts, world.host_id, false);
	export_must_ask(&world, OPERATION_STOP_VM);
	settle_waiting(&world);
	export_assert_ended(&world, OPERATION_STOP_VM, OPERATION_DONE, NULL);
	assert_int_equal(engine_world_live(&world), 2);
	assert_false(world.vm->unregistered);
	fake_hosts_set_storage(world.hosts, world.host_id, true);
	engine_world_settle(&world);
	export_assert_off(&world);
	export_assert_snapshots(&world);
	engine_world_clear(&world);
}

static void test_storage_lost__during_the_export_it_is_run_again__P5(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	export_begin_one(&world);
	fake_hosts_set_storage(world.hosts, world.host_id, false);
	settle_waiting(&world);
	assert_int_equal(engine_world_live(&world), 2);
	struct virtual_machine vm = engine_world_vm(&world);
	assert_int_equal(vm.power_state, VM_STOPPED);
	assert_false(vm.missing);
	virtual_machine_clear(&vm);
	fake_hosts_set_storage(world.hosts, world.host_id, true);
	engine_world_settle(&world);
	export_assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_DONE, NULL);
	export_assert_off(&world);
	export_assert_snapshots(&world);
	engine_world_clear(&world);
}

static void test_storage_lost__after_the_export_the_removal_waits_for_it__P5(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	fake_hosts_set_fault(
		world.hosts, world.host_id, AGENT_REMOVE_VM, FAKE_REFUSE, AGENT_CODE_STORAGE_GONE, "storage gone");
	export_must_ask(&world, OPERATION_STOP_VM);
	while (export_acts(&world, AGENT_EXPORT_VM) == 0) {
		assert_true(engine_world_step(&world));
	}
	fake_hosts_set_storage(world.hosts, world.host_id, false);
	settle_waiting(&world);
	assert_false(world.vm->unregistered);
	assert_int_equal(engine_world_live(&world), 2);
	fake_hosts_set_storage(world.hosts, world.host_id, true);
	engine_world_settle(&world);
	export_assert_ended(&world, OPERATION_REMOVE_VM, OPERATION_DONE, NULL);
	assert_int_equal(export_acts(&world, AGENT_EXPORT_VM), 1);
	export_assert_off(&world);
	export_assert_snapshots(&world);
	engine_world_clear(&world);
}

/* The host has finished the copy, and says that its storage went away: what nobody has compared proves nothing. */
static void test_storage_lost__at_the_very_end_of_an_export_it_is_asked_for_again_and_compared__P2_P5(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	fake_hosts_set_fault(world.hosts, world.host_id, AGENT_EXPORT_VM, FAKE_FAIL_HALFWAY,
		AGENT_CODE_STORAGE_GONE, "storage gone");
	export_must_do(&world, OPERATION_STOP_VM);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_EXPORT_VM), 2);
	export_assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_DONE, NULL);
	export_assert_off(&world);
	export_assert_snapshots(&world);
	engine_world_clear(&world);
}

/* Nobody may wait for ever because the word that it is back was lost. */
static void test_storage_back__is_asked_about_when_nobody_tells__P5(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	fake_hosts_set_fault(
		world.hosts, world.host_id, AGENT_EXPORT_VM, FAKE_REFUSE, AGENT_CODE_STORAGE_GONE, "storage gone");
	export_must_do(&world, OPERATION_STOP_VM);
	export_assert_off(&world);
	export_assert_snapshots(&world);
	engine_world_clear(&world);
}

static void test_start__while_an_export_waits_for_storage_ends_it__P4_P5(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	export_begin_one(&world);
	fake_hosts_set_storage(world.hosts, world.host_id, false);
	settle_waiting(&world);
	export_must_do(&world, OPERATION_START_VM);
	export_assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_CANCELLED, NULL);
	export_assert_ended(&world, OPERATION_START_VM, OPERATION_DONE, NULL);
	export_assert_on(&world, VM_RUNNING);
	engine_world_clear(&world);
}

/* It holds the VM since it was sent first: whoever drives it lets the VM go. */
static void test_cancel__of_an_export_that_waits_for_storage_lets_the_vm_go__P4_P5(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	export_begin_one(&world);
	fake_hosts_set_storage(world.hosts, world.host_id, false);
	settle_waiting(&world);
	struct operation_list live = {0};
	struct store *store = world.console.store;
	assert_int_equal(store->ops->operation_live(store, 0, 0, &live, NULL), HV_OK);
	assert_int_equal(live.items[0].kind, OPERATION_EXPORT_VM);
	assert_int_equal(engine_cancel(world.console.engine, live.items[0].id, "alice", NULL), HV_OK);
	operation_list_clear(&live);
	assert_int_equal(engine_world_live(&world), 0);
	export_assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_CANCELLED, NULL);
	struct virtual_machine vm = engine_world_vm(&world);
	assert_int_equal(vm.state, VM_STOPPED);
	virtual_machine_clear(&vm);
	engine_world_clear(&world);
}

static void test_host_lost__during_the_export_it_is_run_first_and_then_the_removal__P5(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	export_begin_one(&world);
	fake_console_drop(world.console.links, world.host_id, false);
	fake_hosts_reboot(world.hosts, world.host_id);
	world.now_us += 3600 * HV_SECOND_US;
	(void)engine_tick(world.console.engine);
	assert_false(world.vm->unregistered);
	engine_world_connect(&world.console);
	engine_world_settle(&world);
	assert_int_equal(export_acts(&world, AGENT_EXPORT_VM), 1);
	export_assert_off(&world);
	export_assert_snapshots(&world);
	engine_world_clear(&world);
}

static void test_host_lost__that_starts_the_vm_by_itself_keeps_it__P5(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	export_begin_one(&world);
	fake_console_drop(world.console.links, world.host_id, false);
	fake_hosts_reboot(world.hosts, world.host_id);
	fake_foreign_state(world.hosts, world.vm, VM_RUNNING);
	engine_world_write(&world, "later", NULL);
	world.now_us += 60 * HV_SECOND_US;
	engine_world_connect(&world.console);
	engine_world_settle(&world);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_REMOVE_VM), 0);
	export_assert_on(&world, VM_RUNNING);
	assert_string_equal(world.vm->disk, "later");
	export_assert_snapshots(&world);
	engine_world_clear(&world);
}

static void test_import__that_fails_leaves_the_export_and_can_be_asked_for_again__P2(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	export_must_do(&world, OPERATION_STOP_VM);
	fake_hosts_set_storage(world.hosts, world.host_id, false);
	export_must_do(&world, OPERATION_START_VM);
	export_assert_ended(&world, OPERATION_START_VM, OPERATION_FAILED, "only its export is on the host");
	export_assert_off(&world);
	fake_hosts_set_storage(world.hosts, world.host_id, true);
	export_must_do(&world, OPERATION_START_VM);
	export_assert_on(&world, VM_RUNNING);
	export_assert_snapshots(&world);
	engine_world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_storage_lost__before_the_export_it_waits_and_then_goes_on__P5),
		cmocka_unit_test(test_storage_lost__during_the_export_it_is_run_again__P5),
		cmocka_unit_test(test_storage_lost__after_the_export_the_removal_waits_for_it__P5),
		cmocka_unit_test(
			test_storage_lost__at_the_very_end_of_an_export_it_is_asked_for_again_and_compared__P2_P5),
		cmocka_unit_test(test_storage_back__is_asked_about_when_nobody_tells__P5),
		cmocka_unit_test(test_start__while_an_export_waits_for_storage_ends_it__P4_P5),
		cmocka_unit_test(test_cancel__of_an_export_that_waits_for_storage_lets_the_vm_go__P4_P5),
		cmocka_unit_test(test_host_lost__during_the_export_it_is_run_first_and_then_the_removal__P5),
		cmocka_unit_test(test_host_lost__that_starts_the_vm_by_itself_keeps_it__P5),
		cmocka_unit_test(test_import__that_fails_leaves_the_export_and_can_be_asked_for_again__P2),
	};
	return cmocka_run_group_tests_name("engine/exports_lost", tests, NULL, NULL);
}
