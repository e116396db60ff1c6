/* What is refused, with which status and which sentence; and that a refusal changes nothing (T4, T5, X1, X5, C2, C3). */
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

static struct engine_request create_request(
	struct engine_world *world, const char *name, enum snapshot_type type)
{
	struct engine_request request = engine_world_request(world, OPERATION_CREATE_SNAPSHOT, name);
	request.type = type;
	return request;
}

/* The request is refused, says so, and neither row nor act comes of it. */
static void assert_refused(struct engine_world *world, const struct engine_request *request, enum hv_status status,
	const char *sentence)
{
	struct store *store = world->console.store;
	struct hv_error err = {0};
	int64_t before = 0;
	int64_t after = 0;
	size_t live = engine_world_live(world);
	assert_int_equal(store->ops->last_change(store, &before, NULL), HV_OK);
	enum hv_status got = engine_world_ask(&world->console, request, &err);
	if (got != status || !strstr(err.text, sentence)) {
		fail_msg("%s: '%s' does not say '%s'", hv_status_name(got), err.text, sentence);
	}
	assert_true(status == HV_ERR_INVALID || strstr(err.text, "; nothing was changed"));
	assert_int_equal(store->ops->last_change(store, &after, NULL), HV_OK);
	assert_int_equal(before, after);
	assert_int_equal(engine_world_live(world), live);
}

static void set_setting(struct engine_world *world, const char *name, const char *value)
{
	struct store *store = world->console.store;
	assert_int_equal(store->ops->begin(store, NULL), HV_OK);
	assert_int_equal(store->ops->setting_set(store, name, value, NULL), HV_OK);
	assert_int_equal(store->ops->commit(store, NULL), HV_OK);
}

static void test_create__refuses_memory_of_a_stopped_vm__T4(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_STOPPED, 0);
	struct engine_request request = create_request(&world, "A", SNAPSHOT_DISK_AND_MEMORY);
	assert_refused(&world, &request, HV_ERR_REFUSED,
		"a DiskAndMemory snapshot needs a running VM, and 'box' is Stopped; start it, or take a Disk snapshot");
	engine_world_clear(&world);
}

static void test_create__refuses_a_vm_that_is_neither_running_nor_stopped__T4(void **state)
{
	(void)state;
	static const enum vm_state states[] = {VM_SAVED, VM_PAUSED, VM_ERROR, VM_UNKNOWN};
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, 0);
	for (size_t i = 0; i < HV_ARRAY_LEN(states); i++) {
		char sentence[64];
		fake_foreign_state(world.hosts, world.vm, states[i]);
		engine_world_settle(&world);
		(void)snprintf(sentence, sizeof sentence, "'box' is %s", vm_state_name(states[i]));
		struct engine_request request = create_request(&world, "A", SNAPSHOT_DISK);
		assert_refused(&world, &request, HV_ERR_REFUSED, sentence);
	}
	engine_world_clear(&world);
}

static void test_create__refuses_a_name_that_is_taken_or_malformed__T5(void **state)
{
	(void)state;
	struct engine_world world;
	char name[400];
	char description[400];
	engine_world_make(&world, VM_RUNNING, 0);
	engine_world_take(&world, "Before Update", SNAPSHOT_DISK);
	struct engine_request request = create_request(&world, "before update", SNAPSHOT_DISK);
	assert_refused(&world, &request, HV_ERR_CONFLICT,
		"VM 'box' has a snapshot named 'Before Update' already (Ready); choose another name");
	memset(name, 'x', sizeof name);
	name[256] = '\0';
	request = create_request(&world, name, SNAPSHOT_DISK);
	assert_refused(&world, &request, HV_ERR_INVALID, "255");
	request = create_request(&world, "a\nb", SNAPSHOT_DISK);
	assert_refused(&world, &request, HV_ERR_INVALID, "");
	request = create_request(&world, "\xff", SNAPSHOT_DISK);
	assert_refused(&world, &request, HV_ERR_INVALID, "");
	request = create_request(&world, "", SNAPSHOT_DISK);
	assert_refused(&world, &request, HV_ERR_INVALID, "");
	memset(description, 'x', sizeof description);
	description[256] = '\0';
	request = create_request(&world, "A", SNAPSHOT_DISK);
	request.description = description;
	assert_refused(&world, &request, HV_ERR_INVALID, "255");
	name[255] = '\0';
	engine_world_take(&world, name, SNAPSHOT_DISK);
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

static void test_every_request__is_refused_while_another_runs_and_says_which__X1(void **state)
{
	(void)state;
	static const enum operation_kind kinds[] = {OPERATION_CREATE_SNAPSHOT, OPERATION_REVERT_SNAPSHOT,
		OPERATION_DELETE_SNAPSHOT, OPERATION_START_VM, OPERATION_STOP_VM};
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, 0);
	engine_world_take(&world, "A", SNAPSHOT_DISK);
	fake_hosts_set_duration(world.hosts, world.host_id, 4);
	struct engine_request first = create_request(&world, "B", SNAPSHOT_DISK);
	assert_int_equal(engine_world_ask(&world.console, &first, NULL), HV_OK);
	for (int i = 0; i < 6; i++) {
		assert_true(engine_world_step(&world));
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(kinds); i++) {
		struct engine_request request =
			engine_world_request(&world, kinds[i], kinds[i] == OPERATION_CREATE_SNAPSHOT ? "C" : "A");
		assert_refused(&world, &request, HV_ERR_CONFLICT,
			"VM 'box' is busy: CreateSnapshot of 'alice' runs since 2026-09-21T");
		assert_refused(&world, &request, HV_ERR_CONFLICT, " % done; wait for its end");
	}
	engine_world_settle(&world);
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

static void test_create__counts_only_rows_that_are_on_the_host_against_the_limit__C3(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, 0);
	set_setting(&world, "vmsnapshot.max", "2");
	engine_world_take(&world, "A", SNAPSHOT_DISK);
	engine_world_take(&world, "B", SNAPSHOT_DISK);
	struct engine_request request = create_request(&world, "C", SNAPSHOT_DISK);
	assert_refused(&world, &request, HV_ERR_REFUSED, "'box' has 2 snapshots and the limit is 2; delete old ones first");
	struct engine_request delete = engine_world_request(&world, OPERATION_DELETE_SNAPSHOT, "A");
	assert_int_equal(engine_world_ask(&world.console, &delete, NULL), HV_OK);
	engine_world_settle(&world);
	engine_world_take(&world, "C", SNAPSHOT_DISK);
	set_setting(&world, "vmsnapshot.max", "1000"); /* Hyper-V's own ceiling stays */
	for (int i = 2; i < 50; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "N%d", i);
		engine_world_take(&world, name, SNAPSHOT_DISK);
	}
	request = create_request(&world, "one more", SNAPSHOT_DISK);
	assert_refused(&world, &request, HV_ERR_REFUSED, "'box' has 50 snapshots and the limit is 50");
	engine_world_clear(&world);
}

static void test_create__counts_what_others_made_against_the_ceiling_of_hyper_v__C3_T6(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, 0);
	for (int i = 0; i < 50; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "foreign %d", i);
		fake_foreign_checkpoint(world.hosts, world.vm, name);
	}
	engine_world_settle(&world);
	struct engine_request request = create_request(&world, "A", SNAPSHOT_DISK);
	assert_refused(&world, &request, HV_ERR_REFUSED, "Hyper-V allows 50 checkpoints a VM and 'box' has reached that");
	engine_world_clear(&world);
}

/* The setting lives in a table of its own, written here as an administrator would. */
static bool snapshots_are_off;

static enum hv_status say_disabled(
	struct store *store, const char *version, bool *ret_enabled, struct hv_error *err)
{
	(void)store;
	(void)err;
	*ret_enabled = !snapshots_are_off || strcmp(version, "10.0.20348") != 0;
	return HV_OK;
}

static void test_create__refuses_where_snapshots_are_disabled_for_the_version__X5(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, 0);
	engine_world_take(&world, "A", SNAPSHOT_DISK);
	struct store_ops ops = *world.console.cut.base.ops;
	ops.snapshots_enabled = say_disabled;
	world.console.cut.base.ops = &ops;
	snapshots_are_off = true;
	struct engine_request request = create_request(&world, "B", SNAPSHOT_DISK);
	assert_refused(&world, &request, HV_ERR_REFUSED,
		"snapshots are disabled for the hypervisor version of the host of 'box'");
	engine_world_revert(&world, "A"); /* what exists can still be used */
	snapshots_are_off = false;
	engine_world_take(&world, "B", SNAPSHOT_DISK);
	engine_world_clear(&world);
}

static void test_request__refuses_a_view_that_is_old__U4(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, 0);
	engine_world_take(&world, "A", SNAPSHOT_DISK);
	struct engine_request request = engine_world_request(&world, OPERATION_REVERT_SNAPSHOT, "A");
	request.expect_current = true;
	request.expected_current = request.snapshot_id;
	engine_world_take(&world, "B", SNAPSHOT_DISK);
	assert_refused(&world, &request, HV_ERR_CONFLICT,
		"the tree of VM 'box' has changed since it was shown: its current snapshot is 'B' now");
	request.expected_current = engine_world_snapshot_id(&world, "B");
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	engine_world_settle(&world);
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

/* What is live may change what a revert or a destroy loses: who saw a preview has not seen that. */
static void test_queue__refuses_to_lose_what_was_not_seen__X1_U4(void **state)
{
	(void)state;
	static const enum operation_kind kinds[] = {OPERATION_REVERT_SNAPSHOT, OPERATION_DESTROY_VM};
	for (size_t i = 0; i < HV_ARRAY_LEN(kinds); i++) {
		struct engine_world world;
		engine_world_make(&world, VM_RUNNING, 0);
		engine_world_take(&world, "A", SNAPSHOT_DISK);
		struct engine_request request = engine_world_request(&world, kinds[i], kinds[i] == OPERATION_DESTROY_VM ? NULL : "A");
		request.queue = request.expect_current = true;
		request.expected_current = engine_world_snapshot_id(&world, "A");
		struct engine_request first = create_request(&world, "B", SNAPSHOT_DISK);
		assert_int_equal(engine_world_ask(&world.console, &first, NULL), HV_OK);
		assert_refused(&world, &request, HV_ERR_CONFLICT, "would lose is known only when that has ended");
		engine_world_settle(&world);
		assert_int_not_equal(engine_world_snapshot_id(&world, "B"), 0);
		engine_world_assert_agrees(&world);
		engine_world_clear(&world);
	}
}

static void test_request__refuses_what_does_not_exist__D4(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, 0);
	struct engine_request request = create_request(&world, "A", SNAPSHOT_DISK);
	request.vm_id = 4711;
	assert_refused(&world, &request, HV_ERR_NOT_FOUND, "there is no such VM");
	request = engine_world_request(&world, OPERATION_REVERT_SNAPSHOT, NULL);
	request.snapshot_id = 4711;
	assert_refused(&world, &request, HV_ERR_NOT_FOUND, "VM 'box' has no such snapshot any more");
	request.kind = OPERATION_DELETE_SNAPSHOT;
	assert_refused(&world, &request, HV_ERR_NOT_FOUND, "VM 'box' has no such snapshot any more");
	request.subtree = true;
	assert_refused(&world, &request, HV_ERR_NOT_FOUND, "VM 'box' has no such snapshot any more");
	request.all = true;
	assert_refused(&world, &request, HV_ERR_REFUSED, "VM 'box' has no snapshots to delete");
	request.kind = OPERATION_KIND_COUNT;
	assert_refused(&world, &request, HV_ERR_INVALID, "there is no such operation");
	engine_world_clear(&world);
}

static void test_request__refuses_while_the_host_is_lost_and_says_why__U3_C2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, 0);
	fake_console_drop(world.console.links, world.host_id, false);
	struct engine_request request = create_request(&world, "A", SNAPSHOT_DISK);
	assert_refused(&world, &request, HV_ERR_UNREACHABLE,
		"host 'hv01' of VM 'box' cannot be reached now: the link broke; ask again when it is back");
	engine_world_clear(&world);
}

static void test_revert_and_delete__only_of_states_that_allow_it__S1(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, 0);
	fake_hosts_set_fault(world.hosts, world.host_id, AGENT_CREATE_VM_SNAPSHOT, FAKE_REFUSE,
		AGENT_CODE_DISK_FULL, "no space");
	struct engine_request request = create_request(&world, "A", SNAPSHOT_DISK);
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	engine_world_settle(&world);
	request = engine_world_request(&world, OPERATION_REVERT_SNAPSHOT, "A");
	assert_refused(&world, &request, HV_ERR_REFUSED,
		"only a Ready snapshot can be reverted to, and this one of 'box' is Error");
	request = engine_world_request(&world, OPERATION_DELETE_SNAPSHOT, "A");
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	engine_world_settle(&world);
	assert_int_equal(engine_world_snapshot_id(&world, "A"), 0);
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

static void test_power__refuses_what_is_so_already__U2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, 0);
	struct engine_request request = engine_world_request(&world, OPERATION_START_VM, NULL);
	assert_refused(&world, &request, HV_ERR_REFUSED, "'box' is running already");
	fake_foreign_state(world.hosts, world.vm, VM_STOPPED);
	engine_world_settle(&world);
	request = engine_world_request(&world, OPERATION_STOP_VM, NULL);
	assert_refused(&world, &request, HV_ERR_REFUSED, "'box' is stopped already");
	engine_world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create__refuses_memory_of_a_stopped_vm__T4),
		cmocka_unit_test(test_create__refuses_a_vm_that_is_neither_running_nor_stopped__T4),
		cmocka_unit_test(test_create__refuses_a_name_that_is_taken_or_malformed__T5),
		cmocka_unit_test(test_every_request__is_refused_while_another_runs_and_says_which__X1),
		cmocka_unit_test(test_create__counts_only_rows_that_are_on_the_host_against_the_limit__C3),
		cmocka_unit_test(test_create__counts_what_others_made_against_the_ceiling_of_hyper_v__C3_T6),
		cmocka_unit_test(test_create__refuses_where_snapshots_are_disabled_for_the_version__X5),
		cmocka_unit_test(test_request__refuses_a_view_that_is_old__U4),
		cmocka_unit_test(test_request__refuses_what_does_not_exist__D4),
		cmocka_unit_test(test_request__refuses_while_the_host_is_lost_and_says_why__U3_C2),
		cmocka_unit_test(test_revert_and_delete__only_of_states_that_allow_it__S1),
		cmocka_unit_test(test_queue__refuses_to_lose_what_was_not_seen__X1_U4),
		cmocka_unit_test(test_power__refuses_what_is_so_already__U2),
	};
	return cmocka_run_group_tests_name("engine/refusals", tests, NULL, NULL);
}
