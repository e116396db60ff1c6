/*
 * What becomes of a VM that is stopped, by policy (P1-P4, P6, P7): judged by what the host holds and by what the guest
 * finds when it runs again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "backend/base/attributes.h"
#include "tests/unit/engine/export_fixture.h"

/* ---- the policies ---- */

static void test_keep__a_stopped_vm_stays_registered_with_its_snapshots__P1(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_KEEP);
	export_must_do(&world, OPERATION_STOP_VM);
	export_assert_on(&world, VM_STOPPED);
	export_assert_snapshots(&world);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_EXPORT_VM), 0);
	engine_world_clear(&world);
}

static void test_export__stop_exports_and_removes_and_start_brings_all_of_it_back__P2(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	export_must_do(&world, OPERATION_STOP_VM);
	export_assert_ended(&world, OPERATION_STOP_VM, OPERATION_DONE, NULL);
	export_assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_DONE, NULL);
	export_assert_ended(&world, OPERATION_REMOVE_VM, OPERATION_DONE, NULL);
	export_assert_off(&world);
	assert_true(world.vm->export_disks);
	export_assert_snapshots(&world);
	export_must_do(&world, OPERATION_START_VM);
	export_assert_ended(&world, OPERATION_START_VM, OPERATION_DONE, NULL);
	export_assert_on(&world, VM_RUNNING);
	export_assert_snapshots(&world);
	assert_string_equal(world.vm->disk, "disknow");
	engine_world_revert(&world, "A");
	assert_string_equal(world.vm->memory, "memoryA");
	engine_world_clear(&world);
}

static void test_export__a_vm_without_snapshots_is_just_removed__P2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, EXPORT_CAPABILITIES);
	engine_world_set_policy(&world, STOP_POLICY_EXPORT);
	engine_world_write(&world, "disknow", NULL);
	export_must_do(&world, OPERATION_STOP_VM);
	export_assert_off(&world);
	assert_false(world.vm->export_disks);
	export_must_do(&world, OPERATION_START_VM);
	export_assert_on(&world, VM_RUNNING);
	assert_string_equal(world.vm->disk, "disknow");
	engine_world_clear(&world);
}

static void test_export__a_vm_that_is_off_already_is_taken_off_by_a_stop__P2(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_KEEP);
	export_must_do(&world, OPERATION_STOP_VM);
	engine_world_set_policy(&world, STOP_POLICY_EXPORT);
	int stops = fake_hosts_sent(world.hosts, AGENT_STOP);
	export_must_do(&world, OPERATION_STOP_VM);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_STOP), stops);
	export_assert_off(&world);
	struct hv_error err = {0};
	assert_int_equal(export_ask(&world, OPERATION_STOP_VM, &err), HV_ERR_REFUSED);
	assert_non_null(strstr(err.text, "stopped already"));
	engine_world_clear(&world);
}

static void test_export_at_snapshot__each_create_exports_and_its_failure_changes_nothing__P3(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT_AT_SNAPSHOT);
	engine_world_take(&world, "C", SNAPSHOT_DISK_AND_MEMORY);
	assert_int_equal(export_acts(&world, AGENT_EXPORT_VM), 1);
	assert_int_equal(world.vm->exported->count, 3);
	export_assert_on(&world, VM_RUNNING);
	fake_hosts_set_fault(world.hosts, world.host_id, AGENT_EXPORT_VM, FAKE_REFUSE, AGENT_CODE_DISK_FULL, "no space");
	struct engine_request request = engine_world_request(&world, OPERATION_CREATE_SNAPSHOT, "D");
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	engine_world_settle(&world);
	export_assert_ended(&world, OPERATION_CREATE_SNAPSHOT, OPERATION_DONE, NULL);
	export_assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_FAILED, "free space on the host's storage");
	char tree[100];
	assert_string_equal(engine_world_tree(&world, tree, sizeof tree), "A(B(C(D*)))");
	engine_world_clear(&world);
}

static void test_export_at_snapshot__a_stop_has_nothing_left_to_copy__P3(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_KEEP);
	export_must_do(&world, OPERATION_STOP_VM);
	engine_world_set_policy(&world, STOP_POLICY_EXPORT_AT_SNAPSHOT);
	engine_world_take(&world, "C", SNAPSHOT_DISK);
	assert_int_equal(export_acts(&world, AGENT_EXPORT_VM), 1);
	export_must_do(&world, OPERATION_STOP_VM);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_EXPORT_VM), 1);
	export_assert_off(&world);
	export_must_do(&world, OPERATION_START_VM);
	char tree[100];
	assert_string_equal(engine_world_tree(&world, tree, sizeof tree), "A(B(C*))");
	assert_string_equal(export_checkpoint(&world, "C")->disk, "disknow");
	engine_world_clear(&world);
}

static void test_export_at_snapshot__what_was_written_since_is_exported_again__P3(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT_AT_SNAPSHOT);
	engine_world_take(&world, "C", SNAPSHOT_DISK);
	engine_world_write(&world, "later", NULL);
	export_must_do(&world, OPERATION_STOP_VM);
	assert_int_equal(export_acts(&world, AGENT_EXPORT_VM), 2);
	export_assert_off(&world);
	export_must_do(&world, OPERATION_START_VM);
	assert_string_equal(world.vm->disk, "later");
	engine_world_clear(&world);
}

static void test_export__a_host_that_cannot_keeps_its_vms__P2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, EXPORT_CAPABILITIES & ~(unsigned)AGENT_CAN_EXPORT);
	engine_world_set_policy(&world, STOP_POLICY_EXPORT);
	export_must_do(&world, OPERATION_STOP_VM);
	export_assert_on(&world, VM_STOPPED);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_EXPORT_VM), 0);
	engine_world_clear(&world);
}

/* ---- proof before removal ---- */

/* The host says that its copy is equal, and it is not: whoever believes it loses snapshot B. */
static void test_removal__is_never_asked_for_when_the_copy_lacks_a_snapshot__P2(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	fake_hosts_set_fault(
		world.hosts, world.host_id, AGENT_EXPORT_VM, FAKE_EXPORT_LOSES_ONE, AGENT_CODE_NONE, NULL);
	export_must_do(&world, OPERATION_STOP_VM);
	export_assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_FAILED, "does not have");
	export_assert_ended(&world, OPERATION_REMOVE_VM, OPERATION_CANCELLED, NULL);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_REMOVE_VM), 0);
	assert_int_equal(export_acts(&world, AGENT_CANCEL_EXPORT), 1);
	assert_null(world.vm->exported);
	export_assert_on(&world, VM_STOPPED);
	export_assert_snapshots(&world);
	/* nothing of it is believed later either */
	export_must_do(&world, OPERATION_STOP_VM);
	export_assert_off(&world);
	export_assert_snapshots(&world);
	engine_world_clear(&world);
}

static void test_removal__is_not_asked_for_when_the_vm_runs_again__P2(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	fake_hosts_set_duration(world.hosts, world.host_id, 6);
	export_must_ask(&world, OPERATION_STOP_VM);
	while (hv_uuid_is_nil(&world.vm->exporting)) {
		assert_true(engine_world_step(&world));
	}
	fake_foreign_state(world.hosts, world.vm, VM_RUNNING);
	engine_world_write(&world, "later", NULL);
	engine_world_settle(&world);
	export_assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_CANCELLED, "not taken off its host");
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_REMOVE_VM), 0);
	export_assert_on(&world, VM_RUNNING);
	assert_string_equal(world.vm->disk, "later");
	engine_world_clear(&world);
}

static void test_export__that_finds_no_space_leaves_the_vm_on_its_host__P2(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	fake_hosts_set_fault(world.hosts, world.host_id, AGENT_EXPORT_VM, FAKE_REFUSE, AGENT_CODE_DISK_FULL, "full");
	export_must_do(&world, OPERATION_STOP_VM);
	export_assert_ended(&world, OPERATION_STOP_VM, OPERATION_DONE, NULL);
	export_assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_FAILED, "stays on its host");
	export_assert_on(&world, VM_STOPPED);
	export_assert_snapshots(&world);
	engine_world_clear(&world);
}

/* ---- meanwhile ---- */

static void test_stop__is_done_when_the_guest_is_down_and_the_export_goes_on__P6_P7(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	fake_hosts_set_duration(world.hosts, world.host_id, 8);
	export_must_ask(&world, OPERATION_STOP_VM);
	struct virtual_machine vm = engine_world_vm(&world);
	while (vm.export_state != EXPORT_RUNNING) {
		virtual_machine_clear(&vm);
		assert_true(engine_world_step(&world));
		vm = engine_world_vm(&world);
		assert_false(vm.missing);
	}
	export_assert_ended(&world, OPERATION_STOP_VM, OPERATION_DONE, NULL);
	assert_int_equal(vm.state, VM_EXPORTING);
	assert_int_equal(vm.power_state, VM_STOPPED);
	assert_int_equal(engine_world_live(&world), 2);
	virtual_machine_clear(&vm);
	struct hv_error err = {0};
	assert_int_equal(export_ask(&world, OPERATION_CREATE_SNAPSHOT, &err), HV_ERR_CONFLICT);
	assert_int_equal(export_ask(&world, OPERATION_DESTROY_VM, &err), HV_ERR_CONFLICT);
	engine_world_settle(&world);
	export_assert_off(&world);
	engine_world_clear(&world);
}

static void test_unregistered_vm__takes_only_a_start_or_its_end__P2(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	export_must_do(&world, OPERATION_STOP_VM);
	static const enum operation_kind refused[] = {
		OPERATION_CREATE_SNAPSHOT, OPERATION_REVERT_SNAPSHOT, OPERATION_DELETE_SNAPSHOT, OPERATION_ATTACH_VOLUME};
	for (size_t i = 0; i < HV_ARRAY_LEN(refused); i++) {
		struct hv_error err = {0};
		bool on_snapshot = refused[i] == OPERATION_REVERT_SNAPSHOT || refused[i] == OPERATION_DELETE_SNAPSHOT;
		struct engine_request request = engine_world_request(&world, refused[i], on_snapshot ? "A" : NULL);
		request.path = "D:\\disks\\data.vhdx";
		request.size_bytes = 1 << 30;
		assert_int_equal(engine_world_ask(&world.console, &request, &err), HV_ERR_REFUSED);
		if (!strstr(err.text, "start it to bring it back, or destroy it")) {
			fail_msg("%s", err.text);
		}
	}
	export_assert_off(&world);
	engine_world_clear(&world);
}

/* ---- a start comes (P4) ---- */

static void test_start__during_an_export_cancels_it_and_the_vm_starts__P4(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	export_begin_one(&world);
	export_must_do(&world, OPERATION_START_VM);
	export_assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_CANCELLED, "taken back");
	export_assert_ended(&world, OPERATION_REMOVE_VM, OPERATION_CANCELLED, "is to be started");
	export_assert_ended(&world, OPERATION_START_VM, OPERATION_DONE, NULL);
	assert_int_equal(export_acts(&world, AGENT_EXPORT_VM), 0);
	assert_int_equal(export_acts(&world, AGENT_IMPORT_VM), 0);
	assert_null(world.vm->exported);
	export_assert_on(&world, VM_RUNNING);
	export_assert_snapshots(&world);
	assert_string_equal(world.vm->disk, "disknow");
	engine_world_clear(&world);
}

static void test_start__by_another_console_ends_the_export_of_the_first__P4_X1(void **state)
{
	(void)state;
	struct engine_world world;
	struct engine_console other;
	export_make(&world, STOP_POLICY_EXPORT);
	engine_console_open(&world, &other);
	engine_recover(other.engine);
	engine_world_connect(&other);
	export_begin_one(&world);
	fake_hosts_set_duration(world.hosts, world.host_id, 1000);
	struct engine_request start = engine_world_request(&world, OPERATION_START_VM, NULL);
	struct hv_error err = {0};
	if (engine_world_ask(&other, &start, &err) != HV_OK) {
		fail_msg("%s", err.text);
	}
	for (int turn = 0; engine_world_live(&world) > 0 && turn < 20000; turn++) {
		if (!engine_world_step(&world)) {
			world.now_us += HV_SECOND_US / 4;
		}
		(void)engine_tick(world.console.engine);
		(void)engine_tick(other.engine);
	}
	export_assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_CANCELLED, NULL);
	export_assert_ended(&world, OPERATION_START_VM, OPERATION_DONE, NULL);
	export_assert_on(&world, VM_RUNNING);
	export_assert_snapshots(&world);
	engine_console_close(&other, true, false);
	engine_world_clear(&world);
}

/* Whatever the moment at which it is asked for: the VM runs in the end, and nothing is lost. */
static void test_start__at_any_moment_of_a_stop_ends_with_the_vm_running__P4(void **state)
{
	(void)state;
	bool refused = true;
	for (int n = 0;; n++) {
		struct engine_world world;
		export_make(&world, STOP_POLICY_EXPORT);
		fake_hosts_set_duration(world.hosts, world.host_id, 3);
		export_must_ask(&world, OPERATION_STOP_VM);
		int step = 0;
		while (step < n && engine_world_step(&world)) {
			step++;
		}
		struct hv_error err = {0};
		bool asked = export_ask(&world, OPERATION_START_VM, &err) == HV_OK;
		assert_true(asked || refused); /* while the guest goes down it is busy; from then on it may be asked */
		refused = !asked;
		engine_world_settle(&world);
		if (asked) {
			export_assert_ended(&world, OPERATION_START_VM, OPERATION_DONE, NULL);
			export_assert_on(&world, VM_RUNNING);
		} else {
			export_assert_off(&world);
		}
		export_assert_snapshots(&world);
		assert_string_equal(world.vm->disk, "disknow");
		engine_world_clear(&world);
		if (step < n) {
			return;
		}
	}
}

static void test_cancel__of_a_running_export_takes_it_back__P4(void **state)
{
	(void)state;
	struct engine_world world;
	export_make(&world, STOP_POLICY_EXPORT);
	export_begin_one(&world);
	struct operation_list live = {0};
	struct store *store = world.console.store;
	assert_int_equal(store->ops->operation_live(store, 0, 0, &live, NULL), HV_OK);
	assert_int_equal(live.items[0].kind, OPERATION_EXPORT_VM);
	struct hv_error err = {0};
	if (engine_cancel(world.console.engine, live.items[0].id, "alice", &err) != HV_OK) {
		fail_msg("%s", err.text);
	}
	operation_list_clear(&live);
	engine_world_settle(&world);
	export_assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_CANCELLED, "stays on its host");
	assert_null(world.vm->exported);
	export_assert_on(&world, VM_STOPPED);
	export_assert_snapshots(&world);
	engine_world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keep__a_stopped_vm_stays_registered_with_its_snapshots__P1),
		cmocka_unit_test(test_export__stop_exports_and_removes_and_start_brings_all_of_it_back__P2),
		cmocka_unit_test(test_export__a_vm_without_snapshots_is_just_removed__P2),
		cmocka_unit_test(test_export__a_vm_that_is_off_already_is_taken_off_by_a_stop__P2),
		cmocka_unit_test(test_export_at_snapshot__each_create_exports_and_its_failure_changes_nothing__P3),
		cmocka_unit_test(test_export_at_snapshot__a_stop_has_nothing_left_to_copy__P3),
		cmocka_unit_test(test_export_at_snapshot__what_was_written_since_is_exported_again__P3),
		cmocka_unit_test(test_export__a_host_that_cannot_keeps_its_vms__P2),
		cmocka_unit_test(test_removal__is_never_asked_for_when_the_copy_lacks_a_snapshot__P2),
		cmocka_unit_test(test_removal__is_not_asked_for_when_the_vm_runs_again__P2),
		cmocka_unit_test(test_export__that_finds_no_space_leaves_the_vm_on_its_host__P2),
		cmocka_unit_test(test_stop__is_done_when_the_guest_is_down_and_the_export_goes_on__P6_P7),
		cmocka_unit_test(test_unregistered_vm__takes_only_a_start_or_its_end__P2),
		cmocka_unit_test(test_start__during_an_export_cancels_it_and_the_vm_starts__P4),
		cmocka_unit_test(test_start__by_another_console_ends_the_export_of_the_first__P4_X1),
		cmocka_unit_test(test_start__at_any_moment_of_a_stop_ends_with_the_vm_running__P4),
		cmocka_unit_test(test_cancel__of_a_running_export_takes_it_back__P4),
	};
	return cmocka_run_group_tests_name("engine/exports", tests, NULL, NULL);
}
