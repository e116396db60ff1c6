/* Destroying a VM with all that it has (D6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/base/memory.h"
#include "tests/unit/engine/export_fixture.h"

static void assert_destroyed(struct engine_world *world)
{
	struct virtual_machine vm = engine_world_vm(world);
	char tree[100];
	assert_null(fake_hosts_vm(world->hosts, world->host_id, "box"));
	assert_int_equal(vm.state, VM_DESTROYED);
	assert_false(vm.missing);
	assert_string_equal(engine_world_tree(world, tree, sizeof tree), "");
	assert_int_equal(engine_world_live(world), 0);
	virtual_machine_clear(&vm);
}

static void test_destroy__takes_the_vm_and_all_its_snapshots__D6(void **state)
{
	(void)state;
	for (int variant = 0; variant < 3; variant++) { /* running, stopped, only its export */
		struct engine_world world;
		export_make(&world, variant == 2 ? STOP_POLICY_EXPORT : STOP_POLICY_KEEP);
		if (variant > 0) {
			export_must_do(&world, OPERATION_STOP_VM);
		}
		struct snapshot snapshot = engine_world_snapshot(&world, "A");
		export_must_do(&world, OPERATION_DESTROY_VM);
		export_assert_ended(&world, OPERATION_DESTROY_VM, OPERATION_DONE, NULL);
		assert_destroyed(&world);
		struct store *store = world.console.store;
		struct snapshot after = {0};
		assert_int_equal(store->ops->snapshot_get(store, snapshot.id, &after, NULL), HV_OK);
		assert_int_equal(after.state, SNAPSHOT_REMOVED);
		snapshot_clear(&after);
		snapshot_clear(&snapshot);
		struct hv_error err = {0};
		assert_int_equal(export_ask(&world, OPERATION_START_VM, &err), HV_ERR_REFUSED);
		engine_world_clear(&world);
	}
}

static void test_destroy__that_the_host_refuses_changes_nothing__D6(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_KEEP);
	fake_hosts_set_fault(
		world.hosts, world.host_id, AGENT_DESTROY, FAKE_REFUSE, AGENT_CODE_ACCESS_DENIED, "not allowed");
	export_must_do(&world, OPERATION_DESTROY_VM);
	export_assert_ended(&world, OPERATION_DESTROY_VM, OPERATION_FAILED, "not allowed");
	export_assert_on(&world, VM_RUNNING);
	export_assert_snapshots(&world);
	engine_world_clear(&world);
}

static void test_destroy__is_refused_while_the_vm_is_busy__D6_X1(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_KEEP);
	export_must_ask(&world, OPERATION_STOP_VM);
	struct hv_error err = {0};
	assert_int_equal(export_ask(&world, OPERATION_DESTROY_VM, &err), HV_ERR_CONFLICT);
	engine_world_settle(&world);
	export_assert_on(&world, VM_STOPPED);
	engine_world_clear(&world);
}

/* A late word about it must not bring it back, and its row goes with time. */
static void test_destroyed_vm__stays_gone_and_is_forgotten__D6(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_KEEP);
	struct agent_vm late = {.uuid = world.vm->uuid, .name = hv_strdup("box"), .state = VM_RUNNING, .cpus = 2,
		.memory_bytes = INT64_C(4) << 30, .activity_percent = -1};
	export_must_do(&world, OPERATION_DESTROY_VM);
	engine_vm_changed(world.console.engine, world.host_id, &late);
	agent_vm_clear(&late);
	engine_world_settle(&world);
	assert_destroyed(&world);
	world.now_us += 2 * 3600 * HV_SECOND_US;
	engine_sync(world.console.engine, 0);
	engine_world_settle(&world);
	struct virtual_machine vm = {0};
	struct store *store = world.console.store;
	assert_int_equal(store->ops->vm_get(store, world.vm_id, &vm, NULL), HV_ERR_NOT_FOUND);
	engine_world_clear(&world);
}

static void test_destroyed_vm__that_somebody_brings_back_is_a_vm_again__D6(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_KEEP);
	export_must_do(&world, OPERATION_DESTROY_VM);
	world.vm = fake_hosts_add_vm(world.hosts, world.host_id, "box", VM_STOPPED);
	engine_sync(world.console.engine, 0);
	engine_world_settle(&world);
	engine_world_assert_agrees(&world);
	export_must_do(&world, OPERATION_START_VM);
	export_assert_on(&world, VM_RUNNING);
	engine_world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_destroy__takes_the_vm_and_all_its_snapshots__D6),
		cmocka_unit_test(test_destroy__that_the_host_refuses_changes_nothing__D6),
		cmocka_unit_test(test_destroy__is_refused_while_the_vm_is_busy__D6_X1),
		cmocka_unit_test(test_destroyed_vm__stays_gone_and_is_forgotten__D6),
		cmocka_unit_test(test_destroyed_vm__that_somebody_brings_back_is_a_vm_again__D6),
	};
	return cmocka_run_group_tests_name("engine/destroy", tests, NULL, NULL);
}
