/* Several operations on one VM: chains (D4), the queue (X1), taking back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/attributes.h"
#include "tests/support/engine_world.h"

/* A(B(C,D*)) */
static void make_tree(struct engine_world *world)
{
	engine_world_make(world, VM_RUNNING, AGENT_CAN_REVERT_MEMORY_FROM_OFF);
	engine_world_take(world, "A", SNAPSHOT_DISK_AND_MEMORY);
	engine_world_take(world, "B", SNAPSHOT_DISK_AND_MEMORY);
	engine_world_take(world, "C", SNAPSHOT_DISK_AND_MEMORY);
	engine_world_revert(world, "B");
	engine_world_take(world, "D", SNAPSHOT_DISK_AND_MEMORY);
}

static void assert_tree(struct engine_world *world, const char *expected)
{
	char text[400];
	assert_string_equal(engine_world_tree(world, text, sizeof text), expected);
}

static struct engine_request request_of(
	struct engine_world *world, enum operation_kind kind, const char *snapshot)
{
	struct engine_request request = engine_world_request(world, kind, snapshot);
	request.queue = true;
	return request;
}

static void ask(struct engine_world *world, const struct engine_request *request)
{
	struct hv_error err = {0};
	if (engine_world_ask(&world->console, request, &err) != HV_OK) {
		fail_msg("%s", err.text);
	}
}

/* Ended ones, oldest first, as "DeleteSnapshot Done,...". */
static const char *recent(struct engine_world *world, int64_t count, char *text, size_t size)
{
	struct store *store = world->console.store;
	struct operation_list list = {0};
	assert_int_equal(store->ops->operation_recent(store, count, &list, NULL), HV_OK);
	text[0] = '\0';
	for (int64_t id = 0, found = 0; found < (int64_t)list.count; id++) {
		for (size_t i = 0; i < list.count; i++) {
			if (list.items[i].id == id) {
				size_t used = strlen(text);
				(void)snprintf(text + used, size - used, "%s%s %s", found ? "," : "",
					operation_kind_name(list.items[i].kind),
					operation_state_name(list.items[i].state));
				found++;
			}
		}
	}
	operation_list_clear(&list);
	return text;
}

static void test_delete_subtree__goes_from_the_leaves_up_as_one_group__D4(void **state)
{
	(void)state;
	struct engine_world world;
	make_tree(&world);
	struct engine_request request = request_of(&world, OPERATION_DELETE_SNAPSHOT, "B");
	request.subtree = true;
	struct hv_uuid group;
	assert_int_equal(engine_request(world.console.engine, &request, &group, NULL), HV_OK);
	struct store *store = world.console.store;
	struct operation_list live = {0};
	assert_int_equal(store->ops->operation_live(store, 0, 0, &live, NULL), HV_OK);
	assert_int_equal(live.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(hv_uuid_equal(&live.items[i].group, &group));
		assert_int_equal(live.items[i].sequence, i);
		assert_int_equal(live.items[i].state, i == 0 ? OPERATION_RUNNING : OPERATION_QUEUED);
	}
	assert_string_equal(live.items[2].display_name, "B");
	operation_list_clear(&live);
	engine_world_settle(&world);
	assert_tree(&world, "A*");
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

static void test_delete_all__leaves_what_others_made_alone__D4_T6(void **state)
{
	(void)state;
	struct engine_world world;
	make_tree(&world);
	fake_foreign_checkpoint(world.hosts, world.vm, "backup");
	engine_world_settle(&world);
	struct engine_request request = request_of(&world, OPERATION_DELETE_SNAPSHOT, NULL);
	request.all = true;
	ask(&world, &request);
	engine_world_settle(&world);
	assert_tree(&world, "");
	assert_int_equal(world.vm->count, 1);
	assert_string_equal(world.vm->checkpoints[0].name, "backup");
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

static void test_chain__stops_at_the_first_failure_and_says_so__D4(void **state)
{
	(void)state;
	struct engine_world world;
	char text[200];
	make_tree(&world);
	struct engine_request request = request_of(&world, OPERATION_DELETE_SNAPSHOT, NULL);
	request.all = true;
	ask(&world, &request);
	while (fake_hosts_acts(world.hosts, AGENT_DELETE_VM_SNAPSHOT) < 1) {
		assert_true(engine_world_step(&world));
	}
	fake_hosts_set_fault(world.hosts, world.host_id, AGENT_DELETE_VM_SNAPSHOT, FAKE_REFUSE, AGENT_CODE_BUSY, "busy");
	engine_world_settle(&world);
	assert_string_equal(recent(&world, 4, text, sizeof text),
		"DeleteSnapshot Done,DeleteSnapshot Failed,DeleteSnapshot Cancelled,DeleteSnapshot Cancelled");
	engine_world_assert_agrees(&world);
	struct operation last = engine_world_last(&world);
	assert_int_equal(last.status, HV_ERR_CANCELLED);
	assert_non_null(strstr(last.error, "did not succeed"));
	operation_clear(&last);
	ask(&world, &request); /* and can be asked for again */
	engine_world_settle(&world);
	assert_tree(&world, "");
	engine_world_clear(&world);
}

static void test_chain__lets_nobody_in_between__D4_X1(void **state)
{
	(void)state;
	struct engine_world world;
	make_tree(&world);
	struct engine_request request = request_of(&world, OPERATION_DELETE_SNAPSHOT, NULL);
	request.all = true;
	ask(&world, &request);
	struct engine_request other = engine_world_request(&world, OPERATION_STOP_VM, NULL);
	int refused = 0;
	while (engine_world_live(&world) > 0) {
		assert_int_equal(engine_world_ask(&world.console, &other, NULL), HV_ERR_CONFLICT);
		refused++;
		assert_true(engine_world_step(&world));
	}
	assert_true(refused > 12);
	assert_tree(&world, "");
	engine_world_clear(&world);
}

static void test_queue__runs_in_the_order_of_asking_when_the_vm_is_free__X1(void **state)
{
	(void)state;
	struct engine_world world;
	char text[300];
	make_tree(&world);
	struct engine_request create = request_of(&world, OPERATION_CREATE_SNAPSHOT, "E");
	struct engine_request revert = request_of(&world, OPERATION_REVERT_SNAPSHOT, "A");
	struct engine_request delete = request_of(&world, OPERATION_DELETE_SNAPSHOT, "B");
	delete.subtree = true;
	struct engine_request again = request_of(&world, OPERATION_CREATE_SNAPSHOT, "F");
	ask(&world, &create);
	ask(&world, &revert);
	ask(&world, &delete);
	ask(&world, &again);
	assert_int_equal(engine_world_live(&world), 6); /* E is below D, and was not there when it was asked */
	engine_world_settle(&world);
	assert_string_equal(recent(&world, 6, text, sizeof text),
		"CreateSnapshot Done,RevertSnapshot Done,DeleteSnapshot Done,DeleteSnapshot Done,DeleteSnapshot Done,"
		"CreateSnapshot Done");
	assert_tree(&world, "A(E,F*)");
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

static void test_queue__goes_on_after_a_failure_of_another_group__X1(void **state)
{
	(void)state;
	struct engine_world world;
	char text[300];
	make_tree(&world);
	fake_hosts_set_fault(world.hosts, world.host_id, AGENT_CREATE_VM_SNAPSHOT, FAKE_REFUSE, AGENT_CODE_BUSY, "busy");
	struct engine_request create = request_of(&world, OPERATION_CREATE_SNAPSHOT, "E");
	struct engine_request stop = request_of(&world, OPERATION_STOP_VM, NULL);
	ask(&world, &create);
	ask(&world, &stop);
	engine_world_settle(&world);
	assert_string_equal(recent(&world, 2, text, sizeof text), "CreateSnapshot Failed,StopVm Done");
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

static int64_t live_id(struct engine_world *world, size_t index)
{
	struct store *store = world->console.store;
	struct operation_list live = {0};
	assert_int_equal(store->ops->operation_live(store, 0, 0, &live, NULL), HV_OK);
	assert_true(index < live.count);
	int64_t id = live.items[index].id;
	operation_list_clear(&live);
	return id;
}

static void test_cancel__takes_a_queued_one_back_and_what_follows_it_in_its_group__X1(void **state)
{
	(void)state;
	struct engine_world world;
	char text[300];
	struct hv_error err = {0};
	make_tree(&world);
	struct engine_request delete = request_of(&world, OPERATION_DELETE_SNAPSHOT, NULL);
	delete.all = true;
	struct engine_request stop = request_of(&world, OPERATION_STOP_VM, NULL);
	ask(&world, &delete);
	ask(&world, &stop);
	assert_int_equal(engine_cancel(world.console.engine, live_id(&world, 0), "alice", &err), HV_ERR_REFUSED);
	assert_string_equal(err.text,
		"DeleteSnapshot of VM 'box' cannot be taken back: its host has been asked already; wait for its end");
	assert_int_equal(engine_cancel(world.console.engine, live_id(&world, 2), "alice", &err), HV_OK);
	engine_world_settle(&world);
	assert_string_equal(recent(&world, 5, text, sizeof text),
		"DeleteSnapshot Done,DeleteSnapshot Done,DeleteSnapshot Cancelled,DeleteSnapshot Cancelled,StopVm Done");
	engine_world_assert_agrees(&world);
	struct operation last = engine_world_last(&world);
	assert_int_equal(engine_cancel(world.console.engine, last.id, "alice", &err), HV_ERR_REFUSED);
	assert_string_equal(err.text, "StopVm of VM 'box' has ended already (Done)");
	operation_clear(&last);
	assert_int_equal(engine_cancel(world.console.engine, 4711, "alice", &err), HV_ERR_NOT_FOUND);
	engine_world_clear(&world);
}

/* Its host went away before its turn came. */
static void test_cancel__of_a_create_whose_host_is_lost_leaves_no_row__C2(void **state)
{
	(void)state;
	struct engine_world world;
	make_tree(&world);
	struct engine_request stop = request_of(&world, OPERATION_STOP_VM, NULL);
	struct engine_request create = request_of(&world, OPERATION_CREATE_SNAPSHOT, "E");
	ask(&world, &stop);
	ask(&world, &create);
	int64_t id = live_id(&world, 1);
	fake_console_drop(world.console.links, world.host_id, false);
	assert_int_equal(engine_cancel(world.console.engine, id, "alice", NULL), HV_OK);
	engine_world_connect(&world.console);
	engine_world_settle(&world);
	assert_int_equal(engine_world_snapshot_id(&world, "E"), 0);
	assert_tree(&world, "A(B(C,D*))");
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

/* The console died after the first commit of a create: the row is Allocated, and the host was never asked. */
static void make_allocated(struct engine_world *world)
{
	make_tree(world);
	struct engine_request create = request_of(world, OPERATION_CREATE_SNAPSHOT, "E");
	world->cut_in = 2;
	assert_int_equal(engine_world_ask(&world->console, &create, NULL), HV_ERR_STORE);
	assert_true(world->console.dead);
	engine_console_close(&world->console, true, false);
	engine_console_open(world, &world->console);
	engine_recover(world->console.engine);
	struct snapshot snapshot = engine_world_snapshot(world, "E");
	assert_int_equal(snapshot.state, SNAPSHOT_ALLOCATED);
	snapshot_clear(&snapshot);
}

static void test_cancel__of_an_allocated_create_leaves_no_row__C2(void **state)
{
	(void)state;
	struct engine_world world;
	make_allocated(&world);
	assert_int_equal(engine_cancel(world.console.engine, live_id(&world, 0), "alice", NULL), HV_OK);
	engine_world_connect(&world.console);
	engine_world_settle(&world);
	assert_tree(&world, "A(B(C,D*))");
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

/* Another console's revert to the snapshot that is not there yet, queued behind its create. */
static void queue_revert_behind(struct engine_world *world)
{
	struct store *store = world->console.store;
	struct snapshot snapshot = engine_world_snapshot(world, "E");
	struct operation row = {0};
	assert_int_equal(store->ops->operation_get(store, live_id(world, 0), &row, NULL), HV_OK);
	row.uuid = hv_uuid_from_text("queued revert");
	row.group = row.uuid;
	row.kind = OPERATION_REVERT_SNAPSHOT;
	row.state = OPERATION_QUEUED;
	row.step = STEP_CHECK;
	row.snapshot_id = snapshot.id;
	hv_replace_string(&row.display_name, NULL);
	assert_int_equal(store->ops->begin(store, NULL), HV_OK);
	assert_int_equal(store->ops->operation_insert(store, &row, NULL), HV_OK);
	assert_int_equal(store->ops->commit(store, NULL), HV_OK);
	operation_clear(&row);
	snapshot_clear(&snapshot);
	engine_recover(world->console.engine);
}

/* A bug once: the revert could neither run nor end, and held the VM for ever. */
static void test_revert__behind_a_create_that_was_taken_back_fails_and_frees_the_vm__X1_C2(void **state)
{
	(void)state;
	struct engine_world world;
	make_allocated(&world);
	queue_revert_behind(&world);
	assert_int_equal(engine_cancel(world.console.engine, live_id(&world, 0), "alice", NULL), HV_OK);
	engine_world_connect(&world.console);
	engine_world_settle(&world);
	struct operation last = engine_world_last(&world);
	assert_int_equal(last.kind, OPERATION_REVERT_SNAPSHOT);
	assert_int_equal(last.state, OPERATION_FAILED);
	assert_string_equal(last.error, "VM 'box' was not reverted: the snapshot does not exist any more; nothing was "
					"changed; the VM is Running");
	operation_clear(&last);
	assert_tree(&world, "A(B(C,D*))");
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

/* A bug once: taking back the revert took the other operation's row with it. */
static void test_cancel__of_what_waits_behind_a_create_leaves_the_creates_row__X1_C2(void **state)
{
	(void)state;
	struct engine_world world;
	make_allocated(&world);
	queue_revert_behind(&world);
	assert_int_equal(engine_cancel(world.console.engine, live_id(&world, 1), "alice", NULL), HV_OK);
	struct snapshot snapshot = engine_world_snapshot(&world, "E");
	assert_int_equal(snapshot.state, SNAPSHOT_ALLOCATED);
	snapshot_clear(&snapshot);
	engine_world_connect(&world.console);
	engine_world_settle(&world);
	assert_tree(&world, "A(B(C,D(E*)))");
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

static void test_create__that_cannot_begin_any_more_leaves_no_row__C2(void **state)
{
	(void)state;
	struct engine_world world;
	make_allocated(&world);
	struct store *store = world.console.store;
	struct virtual_machine vm = engine_world_vm(&world);
	assert_int_equal(store->ops->begin(store, NULL), HV_OK);
	assert_int_equal(store->ops->vm_set_state(store, &vm, VM_PAUSED, NULL), HV_OK);
	assert_int_equal(store->ops->commit(store, NULL), HV_OK);
	virtual_machine_clear(&vm);
	world.vm->state = VM_PAUSED;
	engine_world_connect(&world.console);
	engine_world_settle(&world);
	struct operation last = engine_world_last(&world);
	assert_int_equal(last.state, OPERATION_FAILED);
	assert_int_equal(last.snapshot_id, 0);
	assert_string_equal(last.error,
		"Snapshot 'E' of VM 'box' was not taken: VM 'box' is Paused, where SnapshotRequested is not allowed; nothing was "
		"changed; the VM is Paused");
	operation_clear(&last);
	assert_tree(&world, "A(B(C,D*))");
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

static char audit[2000];

static enum hv_status hear_audit(struct store *store, int64_t now_us, const char *who, const char *what,
	const char *details, int64_t vm_id, int64_t snapshot_id, enum hv_status outcome, struct hv_error *err)
{
	(void)store;
	(void)now_us;
	(void)err;
	size_t used = strlen(audit);
	assert_true(vm_id != 0);
	(void)snprintf(audit + used, sizeof audit - used, "%s|%s|%s|%s|%s\n", who, what, details,
		snapshot_id ? "snapshot" : "-", hv_status_name(outcome));
	return HV_OK;
}

static void test_audit__has_who_what_which_and_outcome_of_every_change__A2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, 0);
	struct store_ops ops = *world.console.cut.base.ops;
	ops.event_insert = hear_audit;
	world.console.cut.base.ops = &ops;
	audit[0] = '\0';
	engine_world_take(&world, "A", SNAPSHOT_DISK);
	fake_hosts_set_fault(world.hosts, world.host_id, AGENT_STOP, FAKE_REFUSE, AGENT_CODE_BUSY, "busy");
	struct engine_request stop = request_of(&world, OPERATION_STOP_VM, NULL);
	ask(&world, &stop);
	engine_world_settle(&world);
	assert_string_equal(audit,
		"alice|CreateSnapshot|requested|-|Ok\n"
		"alice|CreateSnapshot|Snapshot 'A' of VM 'box' was taken|snapshot|Ok\n"
		"alice|StopVm|requested|-|Ok\n"
		"alice|StopVm|VM 'box' was not stopped: the host says 'busy' (Busy); the VM is Running; wait for what else "
		"runs on the VM, then stop it again|-|Host\n");
	engine_world_clear(&world);
}

static bool hear_cancel(void *context, const struct event_row *row)
{
	char *heard = context;
	size_t used = strlen(heard);
	(void)snprintf(heard + used, 200 - used, "%s of %s|", row->what, row->who);
	return true;
}

static void test_audit__has_who_took_an_operation_back__A2(void **state)
{
	(void)state;
	struct engine_world world;
	char heard[200] = "";
	engine_world_make(&world, VM_RUNNING, 0);
	struct engine_request stop = request_of(&world, OPERATION_STOP_VM, NULL);
	struct engine_request start = request_of(&world, OPERATION_START_VM, NULL);
	ask(&world, &stop);
	ask(&world, &start);
	assert_int_equal(engine_cancel(world.console.engine, live_id(&world, 1), "alice", NULL), HV_OK);
	struct store *store = world.console.store;
	assert_int_equal(store->ops->event_query(
				 store, &(struct event_query){.limit = 2}, hear_cancel, heard, NULL, NULL),
		HV_OK);
	assert_string_equal(heard, "Cancel of alice|StartVm of alice|");
	engine_world_settle(&world);
	engine_world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delete_subtree__goes_from_the_leaves_up_as_one_group__D4),
		cmocka_unit_test(test_delete_all__leaves_what_others_made_alone__D4_T6),
		cmocka_unit_test(test_chain__stops_at_the_first_failure_and_says_so__D4),
		cmocka_unit_test(test_chain__lets_nobody_in_between__D4_X1),
		cmocka_unit_test(test_queue__runs_in_the_order_of_asking_when_the_vm_is_free__X1),
		cmocka_unit_test(test_queue__goes_on_after_a_failure_of_another_group__X1),
		cmocka_unit_test(test_cancel__takes_a_queued_one_back_and_what_follows_it_in_its_group__X1),
		cmocka_unit_test(test_cancel__of_a_create_whose_host_is_lost_leaves_no_row__C2),
		cmocka_unit_test(test_cancel__of_an_allocated_create_leaves_no_row__C2),
		cmocka_unit_test(test_revert__behind_a_create_that_was_taken_back_fails_and_frees_the_vm__X1_C2),
		cmocka_unit_test(test_cancel__of_what_waits_behind_a_create_leaves_the_creates_row__X1_C2),
		cmocka_unit_test(test_create__that_cannot_begin_any_more_leaves_no_row__C2),
		cmocka_unit_test(test_audit__has_who_what_which_and_outcome_of_every_change__A2),
		cmocka_unit_test(test_audit__has_who_took_an_operation_back__A2),
	};
	return cmocka_run_group_tests_name("engine/chains", tests, NULL, NULL);
}
