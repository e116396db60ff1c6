/*
 * What becomes of a VM that is stopped, by policy (P1-P7), and of one that is destroyed (D6): judged by what the host
 * holds and by what the guest finds when it runs again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "backend/base/attributes.h"
#include "backend/base/memory.h"
#include "tests/support/engine_world.h"

#define CAPABILITIES                                                                                       \
	(AGENT_CAN_REVERT_MEMORY_FROM_OFF | AGENT_CAN_PRODUCTION_CHECKPOINTS | AGENT_CAN_EXPORT | AGENT_CAN_VOLUMES)

/* A(B*), the VM running on "disknow". */
static void make(struct engine_world *world, enum stop_policy policy)
{
	engine_world_make(world, VM_RUNNING, CAPABILITIES);
	engine_world_write(world, "diskA", "memoryA");
	engine_world_take(world, "A", SNAPSHOT_DISK_AND_MEMORY);
	engine_world_write(world, "diskB", "memoryB");
	engine_world_take(world, "B", SNAPSHOT_DISK);
	engine_world_write(world, "disknow", "memorynow");
	engine_world_set_policy(world, policy);
}

static enum hv_status ask(struct engine_world *world, enum operation_kind kind, struct hv_error *err)
{
	struct engine_request request = engine_world_request(world, kind, NULL);
	return engine_world_ask(&world->console, &request, err);
}

static void must_ask(struct engine_world *world, enum operation_kind kind)
{
	struct hv_error err = {0};
	if (ask(world, kind, &err) != HV_OK) {
		fail_msg("%s", err.text);
	}
}

static void must_do(struct engine_world *world, enum operation_kind kind)
{
	must_ask(world, kind);
	engine_world_settle(world);
}

/* The last operation of this kind that ended. */
static struct operation last_of(struct engine_world *world, enum operation_kind kind)
{
	struct store *store = world->console.store;
	struct operation_list list = {0};
	struct operation found = {0};
	assert_int_equal(store->ops->operation_recent(store, 20, &list, NULL), HV_OK);
	for (size_t i = 0; i < list.count && found.id == 0; i++) {
		if (list.items[i].kind == kind) {
			operation_copy(&found, &list.items[i]);
		}
	}
	operation_list_clear(&list);
	assert_int_not_equal(found.id, 0);
	return found;
}

static void assert_ended(
	struct engine_world *world, enum operation_kind kind, enum operation_state state, const char *says)
{
	struct operation row = last_of(world, kind);
	assert_int_equal(row.state, state);
	if (says && !(row.error && strstr(row.error, says))) {
		fail_msg("'%s' does not say '%s'", row.error ? row.error : "", says);
	}
	operation_clear(&row);
}

static int acts(struct engine_world *world, enum agent_command_kind kind)
{
	return fake_hosts_acts(world->hosts, kind);
}

static const struct fake_checkpoint *checkpoint(struct engine_world *world, const char *display_name)
{
	struct snapshot snapshot = engine_world_snapshot(world, display_name);
	const struct fake_checkpoint *found = snapshot.id ? fake_vm_find(world->vm, snapshot.name) : NULL;
	snapshot_clear(&snapshot);
	return found;
}

/* Each snapshot gives back what it was taken of. */
static void assert_snapshots_are_whole(struct engine_world *world)
{
	char tree[100];
	assert_string_equal(engine_world_tree(world, tree, sizeof tree), "A(B*)");
	assert_string_equal(checkpoint(world, "A")->disk, "diskA");
	assert_string_equal(checkpoint(world, "A")->memory, "memoryA");
	assert_string_equal(checkpoint(world, "B")->disk, "diskB");
}

static void assert_off_its_host(struct engine_world *world)
{
	struct virtual_machine vm = engine_world_vm(world);
	assert_true(world->vm->unregistered);
	assert_true(vm.unregistered);
	assert_false(vm.missing);
	assert_int_equal(vm.state, VM_STOPPED);
	assert_int_equal(vm.export_state, EXPORT_COMPLETE);
	assert_true(hv_uuid_equal(&vm.export, &world->vm->export));
	virtual_machine_clear(&vm);
	engine_world_assert_agrees(world);
}

static void assert_on_its_host(struct engine_world *world, enum vm_state state)
{
	struct virtual_machine vm = engine_world_vm(world);
	assert_false(world->vm->unregistered);
	assert_false(vm.unregistered);
	assert_int_equal(world->vm->state, state);
	virtual_machine_clear(&vm);
	engine_world_assert_agrees(world);
}

/* ---- the policies ---- */

static void test_keep__a_stopped_vm_stays_registered_with_its_snapshots__P1(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_KEEP);
	must_do(&world, OPERATION_STOP_VM);
	assert_on_its_host(&world, VM_STOPPED);
	assert_snapshots_are_whole(&world);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_EXPORT_VM), 0);
	engine_world_clear(&world);
}

static void test_export__stop_exports_and_removes_and_start_brings_all_of_it_back__P2(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT);
	must_do(&world, OPERATION_STOP_VM);
	assert_ended(&world, OPERATION_STOP_VM, OPERATION_DONE, NULL);
	assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_DONE, NULL);
	assert_ended(&world, OPERATION_REMOVE_VM, OPERATION_DONE, NULL);
	assert_off_its_host(&world);
	assert_true(world.vm->export_disks);
	assert_snapshots_are_whole(&world);
	must_do(&world, OPERATION_START_VM);
	assert_ended(&world, OPERATION_START_VM, OPERATION_DONE, NULL);
	assert_on_its_host(&world, VM_RUNNING);
	assert_snapshots_are_whole(&world);
	assert_string_equal(world.vm->disk, "disknow");
	engine_world_revert(&world, "A");
	assert_string_equal(world.vm->memory, "memoryA");
	engine_world_clear(&world);
}

static void test_export__a_vm_without_snapshots_is_just_removed__P2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, CAPABILITIES);
	engine_world_set_policy(&world, STOP_POLICY_EXPORT);
	engine_world_write(&world, "disknow", NULL);
	must_do(&world, OPERATION_STOP_VM);
	assert_off_its_host(&world);
	assert_false(world.vm->export_disks);
	must_do(&world, OPERATION_START_VM);
	assert_on_its_host(&world, VM_RUNNING);
	assert_string_equal(world.vm->disk, "disknow");
	engine_world_clear(&world);
}

static void test_export__a_vm_that_is_off_already_is_taken_off_by_a_stop__P2(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_KEEP);
	must_do(&world, OPERATION_STOP_VM);
	engine_world_set_policy(&world, STOP_POLICY_EXPORT);
	int stops = fake_hosts_sent(world.hosts, AGENT_STOP);
	must_do(&world, OPERATION_STOP_VM);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_STOP), stops);
	assert_off_its_host(&world);
	struct hv_error err = {0};
	assert_int_equal(ask(&world, OPERATION_STOP_VM, &err), HV_ERR_REFUSED);
	assert_non_null(strstr(err.text, "stopped already"));
	engine_world_clear(&world);
}

static void test_export_at_snapshot__each_create_exports_and_its_failure_changes_nothing__P3(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT_AT_SNAPSHOT);
	engine_world_take(&world, "C", SNAPSHOT_DISK_AND_MEMORY);
	assert_int_equal(acts(&world, AGENT_EXPORT_VM), 1);
	assert_int_equal(world.vm->exported->count, 3);
	assert_on_its_host(&world, VM_RUNNING);
	fake_hosts_set_fault(world.hosts, world.host_id, AGENT_EXPORT_VM, FAKE_REFUSE, AGENT_CODE_DISK_FULL, "no space");
	struct engine_request request = engine_world_request(&world, OPERATION_CREATE_SNAPSHOT, "D");
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	engine_world_settle(&world);
	assert_ended(&world, OPERATION_CREATE_SNAPSHOT, OPERATION_DONE, NULL);
	assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_FAILED, "free space on the host's storage");
	char tree[100];
	assert_string_equal(engine_world_tree(&world, tree, sizeof tree), "A(B(C(D*)))");
	engine_world_clear(&world);
}

static void test_export_at_snapshot__a_stop_has_nothing_left_to_copy__P3(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_KEEP);
	must_do(&world, OPERATION_STOP_VM);
	engine_world_set_policy(&world, STOP_POLICY_EXPORT_AT_SNAPSHOT);
	engine_world_take(&world, "C", SNAPSHOT_DISK);
	assert_int_equal(acts(&world, AGENT_EXPORT_VM), 1);
	must_do(&world, OPERATION_STOP_VM);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_EXPORT_VM), 1);
	assert_off_its_host(&world);
	must_do(&world, OPERATION_START_VM);
	char tree[100];
	assert_string_equal(engine_world_tree(&world, tree, sizeof tree), "A(B(C*))");
	assert_string_equal(checkpoint(&world, "C")->disk, "disknow");
	engine_world_clear(&world);
}

static void test_export_at_snapshot__what_was_written_since_is_exported_again__P3(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT_AT_SNAPSHOT);
	engine_world_take(&world, "C", SNAPSHOT_DISK);
	engine_world_write(&world, "later", NULL);
	must_do(&world, OPERATION_STOP_VM);
	assert_int_equal(acts(&world, AGENT_EXPORT_VM), 2);
	assert_off_its_host(&world);
	must_do(&world, OPERATION_START_VM);
	assert_string_equal(world.vm->disk, "later");
	engine_world_clear(&world);
}

static void test_export__a_host_that_cannot_keeps_its_vms__P2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, CAPABILITIES & ~(unsigned)AGENT_CAN_EXPORT);
	engine_world_set_policy(&world, STOP_POLICY_EXPORT);
	must_do(&world, OPERATION_STOP_VM);
	assert_on_its_host(&world, VM_STOPPED);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_EXPORT_VM), 0);
	engine_world_clear(&world);
}

/* ---- proof before removal ---- */

/* The host says that its copy is equal, and it is not: whoever believes it loses snapshot B. */
static void test_removal__is_never_asked_for_when_the_copy_lacks_a_snapshot__P2(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT);
	fake_hosts_set_fault(
		world.hosts, world.host_id, AGENT_EXPORT_VM, FAKE_EXPORT_LOSES_ONE, AGENT_CODE_NONE, NULL);
	must_do(&world, OPERATION_STOP_VM);
	assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_FAILED, "does not have");
	assert_ended(&world, OPERATION_REMOVE_VM, OPERATION_CANCELLED, NULL);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_REMOVE_VM), 0);
	assert_int_equal(acts(&world, AGENT_CANCEL_EXPORT), 1);
	assert_null(world.vm->exported);
	assert_on_its_host(&world, VM_STOPPED);
	assert_snapshots_are_whole(&world);
	/* nothing of it is believed later either */
	must_do(&world, OPERATION_STOP_VM);
	assert_off_its_host(&world);
	assert_snapshots_are_whole(&world);
	engine_world_clear(&world);
}

static void test_removal__is_not_asked_for_when_the_vm_runs_again__P2(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT);
	fake_hosts_set_duration(world.hosts, world.host_id, 6);
	must_ask(&world, OPERATION_STOP_VM);
	while (hv_uuid_is_nil(&world.vm->exporting)) {
		assert_true(engine_world_step(&world));
	}
	fake_foreign_state(world.hosts, world.vm, VM_RUNNING);
	engine_world_write(&world, "later", NULL);
	engine_world_settle(&world);
	assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_CANCELLED, "not taken off its host");
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_REMOVE_VM), 0);
	assert_on_its_host(&world, VM_RUNNING);
	assert_string_equal(world.vm->disk, "later");
	engine_world_clear(&world);
}

static void test_export__that_finds_no_space_leaves_the_vm_on_its_host__P2(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT);
	fake_hosts_set_fault(world.hosts, world.host_id, AGENT_EXPORT_VM, FAKE_REFUSE, AGENT_CODE_DISK_FULL, "full");
	must_do(&world, OPERATION_STOP_VM);
	assert_ended(&world, OPERATION_STOP_VM, OPERATION_DONE, NULL);
	assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_FAILED, "stays on its host");
	assert_on_its_host(&world, VM_STOPPED);
	assert_snapshots_are_whole(&world);
	engine_world_clear(&world);
}

/* ---- meanwhile ---- */

static void test_stop__is_done_when_the_guest_is_down_and_the_export_goes_on__P6_P7(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT);
	fake_hosts_set_duration(world.hosts, world.host_id, 8);
	must_ask(&world, OPERATION_STOP_VM);
	struct virtual_machine vm = engine_world_vm(&world);
	while (vm.export_state != EXPORT_RUNNING) {
		virtual_machine_clear(&vm);
		assert_true(engine_world_step(&world));
		vm = engine_world_vm(&world);
		assert_false(vm.missing);
	}
	assert_ended(&world, OPERATION_STOP_VM, OPERATION_DONE, NULL);
	assert_int_equal(vm.state, VM_EXPORTING);
	assert_int_equal(vm.power_state, VM_STOPPED);
	assert_int_equal(engine_world_live(&world), 2);
	virtual_machine_clear(&vm);
	struct hv_error err = {0};
	assert_int_equal(ask(&world, OPERATION_CREATE_SNAPSHOT, &err), HV_ERR_CONFLICT);
	assert_int_equal(ask(&world, OPERATION_DESTROY_VM, &err), HV_ERR_CONFLICT);
	engine_world_settle(&world);
	assert_off_its_host(&world);
	engine_world_clear(&world);
}

static void test_unregistered_vm__takes_only_a_start_or_its_end__P2(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT);
	must_do(&world, OPERATION_STOP_VM);
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
	assert_off_its_host(&world);
	engine_world_clear(&world);
}

/* ---- a start comes (P4) ---- */

static void run_until_exporting(struct engine_world *world)
{
	fake_hosts_set_duration(world->hosts, world->host_id, 8);
	must_ask(world, OPERATION_STOP_VM);
	while (hv_uuid_is_nil(&world->vm->exporting)) {
		assert_true(engine_world_step(world));
	}
	(void)engine_world_step(world);
}

static void test_start__during_an_export_cancels_it_and_the_vm_starts__P4(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT);
	run_until_exporting(&world);
	must_do(&world, OPERATION_START_VM);
	assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_CANCELLED, "taken back");
	assert_ended(&world, OPERATION_REMOVE_VM, OPERATION_CANCELLED, "is to be started");
	assert_ended(&world, OPERATION_START_VM, OPERATION_DONE, NULL);
	assert_int_equal(acts(&world, AGENT_EXPORT_VM), 0);
	assert_int_equal(acts(&world, AGENT_IMPORT_VM), 0);
	assert_null(world.vm->exported);
	assert_on_its_host(&world, VM_RUNNING);
	assert_snapshots_are_whole(&world);
	assert_string_equal(world.vm->disk, "disknow");
	engine_world_clear(&world);
}

static void test_start__by_another_console_ends_the_export_of_the_first__P4_X1(void **state)
{
	(void)state;
	struct engine_world world;
	struct engine_console other;
	make(&world, STOP_POLICY_EXPORT);
	engine_console_open(&world, &other);
	engine_recover(other.engine);
	engine_world_connect(&other);
	run_until_exporting(&world);
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
	assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_CANCELLED, NULL);
	assert_ended(&world, OPERATION_START_VM, OPERATION_DONE, NULL);
	assert_on_its_host(&world, VM_RUNNING);
	assert_snapshots_are_whole(&world);
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
		make(&world, STOP_POLICY_EXPORT);
		fake_hosts_set_duration(world.hosts, world.host_id, 3);
		must_ask(&world, OPERATION_STOP_VM);
		int step = 0;
		while (step < n && engine_world_step(&world)) {
			step++;
		}
		struct hv_error err = {0};
		bool asked = ask(&world, OPERATION_START_VM, &err) == HV_OK;
		assert_true(asked || refused); /* while the guest goes down it is busy; from then on it may be asked */
		refused = !asked;
		engine_world_settle(&world);
		if (asked) {
			assert_ended(&world, OPERATION_START_VM, OPERATION_DONE, NULL);
			assert_on_its_host(&world, VM_RUNNING);
		} else {
			assert_off_its_host(&world);
		}
		assert_snapshots_are_whole(&world);
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
	make(&world, STOP_POLICY_EXPORT);
	run_until_exporting(&world);
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
	assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_CANCELLED, "stays on its host");
	assert_null(world.vm->exported);
	assert_on_its_host(&world, VM_STOPPED);
	assert_snapshots_are_whole(&world);
	engine_world_clear(&world);
}

/* ---- storage and host lost (P5) ---- */

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
	make(&world, STOP_POLICY_EXPORT);
	fake_hosts_set_storage(world.hosts, world.host_id, false);
	must_ask(&world, OPERATION_STOP_VM);
	settle_waiting(&world);
	assert_ended(&world, OPERATION_STOP_VM, OPERATION_DONE, NULL);
	assert_int_equal(engine_world_live(&world), 2);
	assert_false(world.vm->unregistered);
	fake_hosts_set_storage(world.hosts, world.host_id, true);
	engine_world_settle(&world);
	assert_off_its_host(&world);
	assert_snapshots_are_whole(&world);
	engine_world_clear(&world);
}

static void test_storage_lost__during_the_export_it_is_run_again__P5(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT);
	run_until_exporting(&world);
	fake_hosts_set_storage(world.hosts, world.host_id, false);
	settle_waiting(&world);
	assert_int_equal(engine_world_live(&world), 2);
	struct virtual_machine vm = engine_world_vm(&world);
	assert_int_equal(vm.power_state, VM_STOPPED);
	assert_false(vm.missing);
	virtual_machine_clear(&vm);
	fake_hosts_set_storage(world.hosts, world.host_id, true);
	engine_world_settle(&world);
	assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_DONE, NULL);
	assert_off_its_host(&world);
	assert_snapshots_are_whole(&world);
	engine_world_clear(&world);
}

static void test_storage_lost__after_the_export_the_removal_waits_for_it__P5(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT);
	fake_hosts_set_fault(
		world.hosts, world.host_id, AGENT_REMOVE_VM, FAKE_REFUSE, AGENT_CODE_STORAGE_GONE, "storage gone");
	must_ask(&world, OPERATION_STOP_VM);
	while (acts(&world, AGENT_EXPORT_VM) == 0) {
		assert_true(engine_world_step(&world));
	}
	fake_hosts_set_storage(world.hosts, world.host_id, false);
	settle_waiting(&world);
	assert_false(world.vm->unregistered);
	assert_int_equal(engine_world_live(&world), 2);
	fake_hosts_set_storage(world.hosts, world.host_id, true);
	engine_world_settle(&world);
	assert_ended(&world, OPERATION_REMOVE_VM, OPERATION_DONE, NULL);
	assert_int_equal(acts(&world, AGENT_EXPORT_VM), 1);
	assert_off_its_host(&world);
	assert_snapshots_are_whole(&world);
	engine_world_clear(&world);
}

/* Nobody may wait for ever because the word that it is back was lost. */
static void test_storage_back__is_asked_about_when_nobody_tells__P5(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT);
	fake_hosts_set_fault(
		world.hosts, world.host_id, AGENT_EXPORT_VM, FAKE_REFUSE, AGENT_CODE_STORAGE_GONE, "storage gone");
	must_do(&world, OPERATION_STOP_VM);
	assert_off_its_host(&world);
	assert_snapshots_are_whole(&world);
	engine_world_clear(&world);
}

static void test_start__while_an_export_waits_for_storage_ends_it__P4_P5(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT);
	run_until_exporting(&world);
	fake_hosts_set_storage(world.hosts, world.host_id, false);
	settle_waiting(&world);
	must_do(&world, OPERATION_START_VM);
	assert_ended(&world, OPERATION_EXPORT_VM, OPERATION_CANCELLED, NULL);
	assert_ended(&world, OPERATION_START_VM, OPERATION_DONE, NULL);
	assert_on_its_host(&world, VM_RUNNING);
	engine_world_clear(&world);
}

static void test_host_lost__during_the_export_it_is_run_first_and_then_the_removal__P5(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT);
	run_until_exporting(&world);
	fake_console_drop(world.console.links, world.host_id, false);
	fake_hosts_reboot(world.hosts, world.host_id);
	world.now_us += 3600 * HV_SECOND_US;
	(void)engine_tick(world.console.engine);
	assert_false(world.vm->unregistered);
	engine_world_connect(&world.console);
	engine_world_settle(&world);
	assert_int_equal(acts(&world, AGENT_EXPORT_VM), 1);
	assert_off_its_host(&world);
	assert_snapshots_are_whole(&world);
	engine_world_clear(&world);
}

static void test_host_lost__that_starts_the_vm_by_itself_keeps_it__P5(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT);
	run_until_exporting(&world);
	fake_console_drop(world.console.links, world.host_id, false);
	fake_hosts_reboot(world.hosts, world.host_id);
	fake_foreign_state(world.hosts, world.vm, VM_RUNNING);
	engine_world_write(&world, "later", NULL);
	world.now_us += 60 * HV_SECOND_US;
	engine_world_connect(&world.console);
	engine_world_settle(&world);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_REMOVE_VM), 0);
	assert_on_its_host(&world, VM_RUNNING);
	assert_string_equal(world.vm->disk, "later");
	assert_snapshots_are_whole(&world);
	engine_world_clear(&world);
}

static void test_import__that_fails_leaves_the_export_and_can_be_asked_for_again__P2(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_EXPORT);
	must_do(&world, OPERATION_STOP_VM);
	fake_hosts_set_storage(world.hosts, world.host_id, false);
	must_do(&world, OPERATION_START_VM);
	assert_ended(&world, OPERATION_START_VM, OPERATION_FAILED, "only its export is on the host");
	assert_off_its_host(&world);
	fake_hosts_set_storage(world.hosts, world.host_id, true);
	must_do(&world, OPERATION_START_VM);
	assert_on_its_host(&world, VM_RUNNING);
	assert_snapshots_are_whole(&world);
	engine_world_clear(&world);
}

/* ---- destroy (D6) ---- */

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
		make(&world, variant == 2 ? STOP_POLICY_EXPORT : STOP_POLICY_KEEP);
		if (variant > 0) {
			must_do(&world, OPERATION_STOP_VM);
		}
		struct snapshot snapshot = engine_world_snapshot(&world, "A");
		must_do(&world, OPERATION_DESTROY_VM);
		assert_ended(&world, OPERATION_DESTROY_VM, OPERATION_DONE, NULL);
		assert_destroyed(&world);
		struct store *store = world.console.store;
		struct snapshot after = {0};
		assert_int_equal(store->ops->snapshot_get(store, snapshot.id, &after, NULL), HV_OK);
		assert_int_equal(after.state, SNAPSHOT_REMOVED);
		snapshot_clear(&after);
		snapshot_clear(&snapshot);
		struct hv_error err = {0};
		assert_int_equal(ask(&world, OPERATION_START_VM, &err), HV_ERR_REFUSED);
		engine_world_clear(&world);
	}
}

static void test_destroy__that_the_host_refuses_changes_nothing__D6(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_KEEP);
	fake_hosts_set_fault(
		world.hosts, world.host_id, AGENT_DESTROY, FAKE_REFUSE, AGENT_CODE_ACCESS_DENIED, "not allowed");
	must_do(&world, OPERATION_DESTROY_VM);
	assert_ended(&world, OPERATION_DESTROY_VM, OPERATION_FAILED, "not allowed");
	assert_on_its_host(&world, VM_RUNNING);
	assert_snapshots_are_whole(&world);
	engine_world_clear(&world);
}

static void test_destroy__is_refused_while_the_vm_is_busy__D6_X1(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_KEEP);
	must_ask(&world, OPERATION_STOP_VM);
	struct hv_error err = {0};
	assert_int_equal(ask(&world, OPERATION_DESTROY_VM, &err), HV_ERR_CONFLICT);
	engine_world_settle(&world);
	assert_on_its_host(&world, VM_STOPPED);
	engine_world_clear(&world);
}

/* A late word about it must not bring it back, and its row goes with time. */
static void test_destroyed_vm__stays_gone_and_is_forgotten__D6(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, STOP_POLICY_KEEP);
	struct agent_vm late = {.uuid = world.vm->uuid, .name = hv_strdup("box"), .state = VM_RUNNING, .cpus = 2,
		.memory_bytes = INT64_C(4) << 30, .activity_percent = -1};
	must_do(&world, OPERATION_DESTROY_VM);
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
	make(&world, STOP_POLICY_KEEP);
	must_do(&world, OPERATION_DESTROY_VM);
	world.vm = fake_hosts_add_vm(world.hosts, world.host_id, "box", VM_STOPPED);
	engine_sync(world.console.engine, 0);
	engine_world_settle(&world);
	engine_world_assert_agrees(&world);
	must_do(&world, OPERATION_START_VM);
	assert_on_its_host(&world, VM_RUNNING);
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
		cmocka_unit_test(test_storage_lost__before_the_export_it_waits_and_then_goes_on__P5),
		cmocka_unit_test(test_storage_lost__during_the_export_it_is_run_again__P5),
		cmocka_unit_test(test_storage_lost__after_the_export_the_removal_waits_for_it__P5),
		cmocka_unit_test(test_storage_back__is_asked_about_when_nobody_tells__P5),
		cmocka_unit_test(test_start__while_an_export_waits_for_storage_ends_it__P4_P5),
		cmocka_unit_test(test_host_lost__during_the_export_it_is_run_first_and_then_the_removal__P5),
		cmocka_unit_test(test_host_lost__that_starts_the_vm_by_itself_keeps_it__P5),
		cmocka_unit_test(test_import__that_fails_leaves_the_export_and_can_be_asked_for_again__P2),
		cmocka_unit_test(test_destroy__takes_the_vm_and_all_its_snapshots__D6),
		cmocka_unit_test(test_destroy__that_the_host_refuses_changes_nothing__D6),
		cmocka_unit_test(test_destroy__is_refused_while_the_vm_is_busy__D6_X1),
		cmocka_unit_test(test_destroyed_vm__stays_gone_and_is_forgotten__D6),
		cmocka_unit_test(test_destroyed_vm__that_somebody_brings_back_is_a_vm_again__D6),
	};
	return cmocka_run_group_tests_name("engine/exports", tests, NULL, NULL);
}
