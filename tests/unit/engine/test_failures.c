/* The host says no, or says nothing: end states, the four parts of the sentence, and what can be done afterwards. */
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

#define ALL_CAPABILITIES (AGENT_CAN_REVERT_MEMORY_FROM_OFF | AGENT_CAN_PRODUCTION_CHECKPOINTS | AGENT_CAN_EXPORT)

static void ask(struct engine_world *world, enum operation_kind kind, const char *snapshot)
{
	struct engine_request request = engine_world_request(world, kind, snapshot);
	struct hv_error err = {0};
	if (engine_world_ask(&world->console, &request, &err) != HV_OK) {
		fail_msg("%s", err.text);
	}
}

static void set_fault(struct engine_world *world, enum agent_command_kind kind, enum fake_fault fault,
	enum agent_code code, const char *details)
{
	fake_hosts_set_fault(world->hosts, world->host_id, kind, fault, code, details);
}

static void assert_failed(struct engine_world *world, const char *sentence)
{
	struct operation last = engine_world_last(world);
	assert_int_equal(last.state, OPERATION_FAILED);
	assert_int_equal(last.status, HV_ERR_HOST);
	assert_string_equal(last.error, sentence);
	assert_string_equal(world->console.last_message, sentence);
	assert_true(world->console.last_warning);
	operation_clear(&last);
}

static void assert_tree(struct engine_world *world, const char *expected)
{
	char text[400];
	assert_string_equal(engine_world_tree(world, text, sizeof text), expected);
	engine_world_assert_agrees(world);
}

static void test_create__that_fails_is_error_and_says_whether_the_host_has_it__S1_C2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	engine_world_take(&world, "A", SNAPSHOT_DISK);
	set_fault(&world, AGENT_CREATE_VM_SNAPSHOT, FAKE_REFUSE, AGENT_CODE_DISK_FULL, "There is no space left.");
	ask(&world, OPERATION_CREATE_SNAPSHOT, "B");
	engine_world_settle(&world);
	assert_failed(&world,
		"Snapshot 'B' of VM 'box' was not taken: the host says 'There is no space left' (DiskFull); the snapshot is "
		"in Error and the host has no checkpoint of it; the VM is Running; free space on the host's storage, then "
		"delete it and take another");
	assert_tree(&world, "A*,B:Error");
	set_fault(&world, AGENT_CREATE_VM_SNAPSHOT, FAKE_FAIL_HALFWAY, AGENT_CODE_HOST_ERROR, "the rename failed");
	ask(&world, OPERATION_CREATE_SNAPSHOT, "C");
	engine_world_settle(&world);
	assert_failed(&world,
		"Snapshot 'C' of VM 'box' was not taken: the host says 'the rename failed' (HostError); the snapshot is in "
		"Error and the host has its checkpoint; the VM is Running; look at the host's event log, then delete it and "
		"take another");
	assert_tree(&world, "A(C*:Error),B:Error");
	ask(&world, OPERATION_DELETE_SNAPSHOT, "C");
	engine_world_settle(&world);
	ask(&world, OPERATION_DELETE_SNAPSHOT, "B");
	engine_world_settle(&world);
	assert_tree(&world, "A*");
	engine_world_clear(&world);
}

static void test_revert__that_fails_leaves_the_snapshot_ready_and_the_vm_as_it_is__V4(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	engine_world_take(&world, "A", SNAPSHOT_DISK_AND_MEMORY);
	engine_world_write(&world, "later", "later");
	set_fault(&world, AGENT_REVERT_TO_VM_SNAPSHOT, FAKE_REFUSE, AGENT_CODE_STORAGE_GONE, "no storage");
	ask(&world, OPERATION_REVERT_SNAPSHOT, "A");
	engine_world_settle(&world);
	assert_failed(&world,
		"VM 'box' was not reverted to snapshot 'A': the host says 'no storage' (StorageGone); the snapshot is Ready and "
		"unharmed; the VM is Running; bring the host's storage back, then look at the VM and revert again");
	assert_tree(&world, "A*");
	assert_string_equal(world.vm->disk, "later");
	engine_world_clear(&world);
}

/* A bug once: the host had applied the snapshot and could not start the VM, and "was not reverted" was said. */
static void test_revert__that_was_applied_but_did_not_reach_its_end_state_says_so__V4_Y4(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	engine_world_take(&world, "A", SNAPSHOT_DISK_AND_MEMORY);
	engine_world_take(&world, "B", SNAPSHOT_DISK_AND_MEMORY);
	set_fault(&world, AGENT_REVERT_TO_VM_SNAPSHOT, FAKE_FAIL_HALFWAY, AGENT_CODE_STORAGE_GONE, "it cannot start");
	ask(&world, OPERATION_REVERT_SNAPSHOT, "A");
	engine_world_settle(&world);
	assert_failed(&world,
		"VM 'box' was reverted to snapshot 'A', but did not reach its end state: the host says 'it cannot start' "
		"(StorageGone); the snapshot is Ready and unharmed; the VM is Running; bring the host's storage back, then "
		"start or stop the VM as it should be");
	assert_tree(&world, "A*(B)");
	engine_world_clear(&world);
}

/* V2 stops the VM first: when the revert then fails the VM is Stopped, and that is what is said. */
static void test_revert__that_fails_after_the_stop_says_that_the_vm_is_stopped__V2_V4(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	engine_world_take(&world, "A", SNAPSHOT_DISK);
	set_fault(&world, AGENT_REVERT_TO_VM_SNAPSHOT, FAKE_REFUSE, AGENT_CODE_HOST_ERROR, "apply failed");
	ask(&world, OPERATION_REVERT_SNAPSHOT, "A");
	engine_world_settle(&world);
	assert_failed(&world,
		"VM 'box' was not reverted to snapshot 'A': the host says 'apply failed' (HostError); the snapshot is Ready and "
		"unharmed; the VM is Stopped; look at the host's event log, then look at the VM and revert again");
	assert_tree(&world, "A*");
	set_fault(&world, AGENT_STOP, FAKE_REFUSE, AGENT_CODE_HOST_ERROR, "cannot stop");
	ask(&world, OPERATION_START_VM, NULL);
	engine_world_settle(&world);
	ask(&world, OPERATION_REVERT_SNAPSHOT, "A");
	engine_world_settle(&world);
	assert_failed(&world,
		"VM 'box' was not reverted to snapshot 'A': the host says 'cannot stop' (HostError); the snapshot is Ready and "
		"unharmed; the VM is Running; look at the host's event log, then look at the VM and revert again");
	assert_int_equal(fake_hosts_acts(world.hosts, AGENT_REVERT_TO_VM_SNAPSHOT), 0);
	assert_tree(&world, "A*");
	engine_world_clear(&world);
}

static void test_delete__that_failed_can_be_asked_for_again__D5(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	engine_world_take(&world, "A", SNAPSHOT_DISK);
	engine_world_take(&world, "B", SNAPSHOT_DISK);
	set_fault(&world, AGENT_DELETE_VM_SNAPSHOT, FAKE_REFUSE, AGENT_CODE_BUSY, "");
	ask(&world, OPERATION_DELETE_SNAPSHOT, "A");
	engine_world_settle(&world);
	assert_failed(&world,
		"Snapshot 'A' of VM 'box' was not deleted: the host gave the reason Busy; the snapshot is in Error and the host "
		"has its checkpoint; the VM is Running; wait for what else runs on the VM, then delete it again");
	assert_tree(&world, "A:Error(B*)");
	set_fault(&world, AGENT_DELETE_VM_SNAPSHOT, FAKE_FAIL_HALFWAY, AGENT_CODE_HOST_ERROR, "the merge failed");
	ask(&world, OPERATION_DELETE_SNAPSHOT, "A");
	engine_world_settle(&world);
	assert_failed(&world,
		"Snapshot 'A' of VM 'box' was not deleted: the host says 'the merge failed' (HostError); the snapshot is in "
		"Error and the host has no checkpoint of it; the VM is Running; look at the host's event log, then delete it "
		"again");
	ask(&world, OPERATION_DELETE_SNAPSHOT, "A");
	engine_world_settle(&world);
	assert_tree(&world, "B*");
	engine_world_clear(&world);
}

static void test_power__that_fails_leaves_the_vm_as_the_host_says__V4(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	set_fault(&world, AGENT_STOP, FAKE_REFUSE, AGENT_CODE_INVALID_STATE, "the guest does not answer");
	ask(&world, OPERATION_STOP_VM, NULL);
	engine_world_settle(&world);
	assert_failed(&world,
		"VM 'box' was not stopped: the host says 'the guest does not answer' (InvalidState); the VM is Running; bring "
		"the VM to a state that allows it, then stop it again");
	assert_tree(&world, "");
	engine_world_clear(&world);
}

/* An answer that does not say how the VM is: Unknown first, never guessed, then what the inventory says. */
static void test_answer__without_the_vm_is_unknown_until_the_host_is_asked__V4(void **state)
{
	(void)state;
	static const enum fake_fault faults[] = {FAKE_NO_VM, FAKE_REFUSE_NO_VM};
	for (size_t i = 0; i < 5 * HV_ARRAY_LEN(faults); i++) {
		static const struct {
			enum operation_kind kind;
			enum agent_command_kind command;
		} kinds[] = {
			{OPERATION_CREATE_SNAPSHOT, AGENT_CREATE_VM_SNAPSHOT},
			{OPERATION_REVERT_SNAPSHOT, AGENT_REVERT_TO_VM_SNAPSHOT},
			{OPERATION_DELETE_SNAPSHOT, AGENT_DELETE_VM_SNAPSHOT},
			{OPERATION_STOP_VM, AGENT_STOP},
			{OPERATION_REVERT_SNAPSHOT, AGENT_STOP},
		};
		struct engine_world world;
		engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
		engine_world_take(&world, "A", SNAPSHOT_DISK);
		engine_world_take(&world, "B", SNAPSHOT_DISK);
		set_fault(&world, kinds[i % 5].command, faults[i / 5], AGENT_CODE_HOST_ERROR, "x");
		bool create = kinds[i % 5].kind == OPERATION_CREATE_SNAPSHOT;
		bool power = kinds[i % 5].kind == OPERATION_STOP_VM;
		ask(&world, kinds[i % 5].kind, create ? "C" : power ? NULL : "A");
		engine_world_settle(&world);
		engine_world_assert_agrees(&world);
		struct operation last = engine_world_last(&world);
		assert_int_equal(last.state, faults[i / 5] == FAKE_NO_VM ? OPERATION_DONE : OPERATION_FAILED);
		operation_clear(&last);
		engine_world_clear(&world);
	}
}

/* Text of a host is shown, not obeyed. */
static void test_sentence__shows_what_a_host_says_without_obeying_it__X7(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	set_fault(&world, AGENT_STOP, FAKE_REFUSE, AGENT_CODE_HOST_ERROR, "\x1b[2Jboom\r\n%s%n");
	ask(&world, OPERATION_STOP_VM, NULL);
	engine_world_settle(&world);
	struct operation last = engine_world_last(&world);
	assert_null(strchr(last.error, '\x1b'));
	assert_null(strchr(last.error, '\n'));
	assert_non_null(strstr(last.error, "%s%n"));
	operation_clear(&last);
	engine_world_clear(&world);
}

/* ---- answers that are late, lost or repeated ---- */

static void test_answer__that_is_lost_on_a_living_link_is_asked_for__Y2(void **state)
{
	(void)state;
	static const enum fake_fault faults[] = {FAKE_LOSE_ANSWER, FAKE_LOSE_COMMAND, FAKE_REPEAT_ANSWER};
	for (size_t i = 0; i < HV_ARRAY_LEN(faults); i++) {
		struct engine_world world;
		engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
		set_fault(&world, AGENT_CREATE_VM_SNAPSHOT, faults[i], AGENT_CODE_NONE, NULL);
		ask(&world, OPERATION_CREATE_SNAPSHOT, "A");
		engine_world_settle(&world);
		assert_int_equal(fake_hosts_acts(world.hosts, AGENT_CREATE_VM_SNAPSHOT), 1);
		assert_tree(&world, "A*");
		set_fault(&world, AGENT_QUERY_OPERATION, FAKE_LOSE_COMMAND, AGENT_CODE_NONE, NULL);
		set_fault(&world, AGENT_DELETE_VM_SNAPSHOT, faults[i], AGENT_CODE_NONE, NULL);
		ask(&world, OPERATION_DELETE_SNAPSHOT, "A");
		engine_world_settle(&world);
		assert_int_equal(fake_hosts_acts(world.hosts, AGENT_DELETE_VM_SNAPSHOT), 1);
		assert_tree(&world, "");
		engine_world_clear(&world);
	}
}

/* An agent that died leaves an intent without an answer; the command that would wake it was lost on the way. */
static void test_command__is_sent_again_when_the_journal_says_running_for_too_long__Y2_Y3(void **state)
{
	(void)state;
	struct engine_world world;
	struct operation_list live = {0};
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	set_fault(&world, AGENT_CREATE_VM_SNAPSHOT, FAKE_LOSE_COMMAND, AGENT_CODE_NONE, NULL);
	ask(&world, OPERATION_CREATE_SNAPSHOT, "A");
	engine_world_run(&world);
	struct store *store = world.console.store;
	assert_int_equal(store->ops->operation_live(store, 0, 0, &live, NULL), HV_OK);
	struct agent_answer running = {.kind = AGENT_QUERY_OPERATION,
		.result = true,
		.operation = live.items[0].uuid,
		.query_kind = AGENT_CREATE_VM_SNAPSHOT,
		.journal = AGENT_JOURNAL_RUNNING};
	for (int i = 0; i < 10 && fake_hosts_sent(world.hosts, AGENT_CREATE_VM_SNAPSHOT) < 2; i++) {
		set_fault(&world, AGENT_QUERY_OPERATION, FAKE_LOSE_COMMAND, AGENT_CODE_NONE, NULL);
		world.now_us += 31 * HV_SECOND_US;
		(void)engine_tick(world.console.engine);
		engine_world_run(&world);
		engine_answer(world.console.engine, world.host_id, &running);
	}
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_CREATE_VM_SNAPSHOT), 2);
	engine_world_settle(&world);
	assert_tree(&world, "A*");
	operation_list_clear(&live);
	engine_world_clear(&world);
}

static void test_operation__is_unknown_while_its_host_is_lost__Y4(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	fake_hosts_set_duration(world.hosts, world.host_id, 5);
	ask(&world, OPERATION_CREATE_SNAPSHOT, "A");
	for (int i = 0; i < 4; i++) {
		assert_true(engine_world_step(&world));
	}
	fake_console_drop(world.console.links, world.host_id, false);
	struct store *store = world.console.store;
	struct operation_list live = {0};
	assert_int_equal(store->ops->operation_live(store, 0, 0, &live, NULL), HV_OK);
	assert_int_equal(live.count, 1);
	assert_true(live.items[0].unknown);
	assert_int_equal(live.items[0].state, OPERATION_RUNNING);
	operation_list_clear(&live);
	struct host host = {0};
	assert_int_equal(store->ops->host_get(store, world.host_id, &host, NULL), HV_OK);
	assert_int_equal(host.state, HOST_LOST);
	assert_string_equal(host.reason, "the link broke");
	assert_int_equal(host.seen_us, world.now_us);
	host_clear(&host);
	engine_world_connect(&world.console);
	engine_world_settle(&world);
	assert_int_equal(fake_hosts_acts(world.hosts, AGENT_CREATE_VM_SNAPSHOT), 1);
	assert_tree(&world, "A*");
	engine_world_clear(&world);
}

/* Y2: work that was done after a revert is not thrown away by sending it again. */
static void test_revert__whose_answer_was_lost_is_not_done_again__Y2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	engine_world_take(&world, "A", SNAPSHOT_DISK_AND_MEMORY);
	set_fault(&world, AGENT_REVERT_TO_VM_SNAPSHOT, FAKE_LOSE_ANSWER, AGENT_CODE_NONE, NULL);
	ask(&world, OPERATION_REVERT_SNAPSHOT, "A");
	engine_world_run(&world);
	engine_world_write(&world, "new work", "new work");
	fake_console_drop(world.console.links, world.host_id, false);
	world.now_us += 3600 * HV_SECOND_US;
	engine_world_restart(&world, true, false);
	engine_world_settle(&world);
	assert_string_equal(world.vm->disk, "new work");
	assert_int_equal(fake_hosts_acts(world.hosts, AGENT_REVERT_TO_VM_SNAPSHOT), 1);
	struct operation last = engine_world_last(&world);
	assert_int_equal(last.state, OPERATION_DONE);
	operation_clear(&last);
	assert_tree(&world, "A*");
	engine_world_clear(&world);
}

/* A revert, a stop or a start that never reached the host is not wanted any more after five minutes; a create is. */
static void test_command__that_never_arrived_is_not_sent_when_it_is_stale__Y2(void **state)
{
	(void)state;
	static const struct {
		enum operation_kind kind;
		enum vm_state vm;
		const char *sentence; /* NULL: it is sent */
	} kinds[] = {
		{OPERATION_CREATE_SNAPSHOT, VM_RUNNING, NULL},
		{OPERATION_DELETE_SNAPSHOT, VM_RUNNING, NULL},
		{OPERATION_REVERT_SNAPSHOT, VM_RUNNING, "VM 'box' was not reverted to snapshot 'A': "},
		{OPERATION_STOP_VM, VM_RUNNING, "VM 'box' was not stopped: "},
		{OPERATION_START_VM, VM_STOPPED, "VM 'box' was not started: "},
	};
	for (size_t i = 0; i < 2 * HV_ARRAY_LEN(kinds); i++) {
		size_t kind = i / 2;
		bool restart = i & 1;
		struct engine_world world;
		engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
		engine_world_take(&world, "A", SNAPSHOT_DISK_AND_MEMORY);
		fake_foreign_state(world.hosts, world.vm, kinds[kind].vm);
		engine_world_settle(&world);
		bool create = kinds[kind].kind == OPERATION_CREATE_SNAPSHOT;
		bool power = kinds[kind].kind == OPERATION_STOP_VM || kinds[kind].kind == OPERATION_START_VM;
		ask(&world, kinds[kind].kind, create ? "B" : power ? NULL : "A");
		engine_world_write(&world, "work", NULL);
		fake_console_drop(world.console.links, world.host_id, false);
		world.now_us += 301 * HV_SECOND_US;
		if (restart) {
			engine_world_restart(&world, true, false);
		} else {
			engine_world_connect(&world.console);
		}
		engine_world_settle(&world);
		engine_world_assert_agrees(&world);
		struct operation last = engine_world_last(&world);
		if (kinds[kind].sentence) {
			assert_int_equal(last.state, OPERATION_FAILED);
			assert_int_equal(strncmp(last.error, kinds[kind].sentence, strlen(kinds[kind].sentence)), 0);
			assert_non_null(strstr(last.error, "; nothing was changed"));
			assert_string_equal(world.vm->disk, "work");
			assert_int_equal(world.vm->state, kinds[kind].vm);
		} else {
			assert_int_equal(last.state, OPERATION_DONE);
		}
		operation_clear(&last);
		engine_world_clear(&world);
	}
}

/* The same after the stop that prepared it: the VM is left Stopped and not reverted an hour later. */
static void test_revert__is_not_begun_long_after_its_stop__V2_Y2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	engine_world_take(&world, "A", SNAPSHOT_DISK);
	set_fault(&world, AGENT_STOP, FAKE_LOSE_ANSWER, AGENT_CODE_NONE, NULL);
	ask(&world, OPERATION_REVERT_SNAPSHOT, "A");
	engine_world_run(&world);
	engine_world_write(&world, "work", NULL);
	fake_console_drop(world.console.links, world.host_id, false);
	world.now_us += 3600 * HV_SECOND_US;
	engine_world_connect(&world.console);
	engine_world_settle(&world);
	struct operation last = engine_world_last(&world);
	assert_int_equal(last.state, OPERATION_FAILED);
	assert_non_null(strstr(last.error, "(the VM had been made ready for it)"));
	assert_non_null(strstr(last.error, "the VM is Stopped"));
	operation_clear(&last);
	assert_string_equal(world.vm->disk, "work");
	assert_int_equal(fake_hosts_acts(world.hosts, AGENT_REVERT_TO_VM_SNAPSHOT), 0);
	assert_tree(&world, "A*");
	engine_world_clear(&world);
}

/* C2: what failed before it began leaves no Allocated row. */
static void test_create__refused_at_its_turn_leaves_no_row__C2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	ask(&world, OPERATION_STOP_VM, NULL);
	struct engine_request request = engine_world_request(&world, OPERATION_CREATE_SNAPSHOT, "A");
	request.type = SNAPSHOT_DISK_AND_MEMORY;
	request.queue = true;
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	engine_world_settle(&world);
	struct operation last = engine_world_last(&world);
	assert_int_equal(last.state, OPERATION_FAILED);
	assert_int_equal(last.status, HV_ERR_REFUSED);
	assert_string_equal(last.error,
		"Snapshot 'A' of VM 'box' was not taken: a DiskAndMemory snapshot needs a running VM, and 'box' is Stopped; "
		"start it, or take a Disk snapshot; nothing was changed; the VM is Stopped");
	operation_clear(&last);
	assert_tree(&world, "");
	engine_world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create__that_fails_is_error_and_says_whether_the_host_has_it__S1_C2),
		cmocka_unit_test(test_revert__that_fails_leaves_the_snapshot_ready_and_the_vm_as_it_is__V4),
		cmocka_unit_test(test_revert__that_was_applied_but_did_not_reach_its_end_state_says_so__V4_Y4),
		cmocka_unit_test(test_revert__that_fails_after_the_stop_says_that_the_vm_is_stopped__V2_V4),
		cmocka_unit_test(test_delete__that_failed_can_be_asked_for_again__D5),
		cmocka_unit_test(test_power__that_fails_leaves_the_vm_as_the_host_says__V4),
		cmocka_unit_test(test_answer__without_the_vm_is_unknown_until_the_host_is_asked__V4),
		cmocka_unit_test(test_sentence__shows_what_a_host_says_without_obeying_it__X7),
		cmocka_unit_test(test_answer__that_is_lost_on_a_living_link_is_asked_for__Y2),
		cmocka_unit_test(test_command__is_sent_again_when_the_journal_says_running_for_too_long__Y2_Y3),
		cmocka_unit_test(test_operation__is_unknown_while_its_host_is_lost__Y4),
		cmocka_unit_test(test_revert__whose_answer_was_lost_is_not_done_again__Y2),
		cmocka_unit_test(test_command__that_never_arrived_is_not_sent_when_it_is_stale__Y2),
		cmocka_unit_test(test_revert__is_not_begun_long_after_its_stop__V2_Y2),
		cmocka_unit_test(test_create__refused_at_its_turn_leaves_no_row__C2),
	};
	return cmocka_run_group_tests_name("engine/failures", tests, NULL, NULL);
}
