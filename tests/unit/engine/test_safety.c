/* A snapshot of what a revert throws away, taken first: the revert is sent only when it is there (U4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/support/engine_world.h"

/* A(B*), and work since B that is in no snapshot. */
static void make(struct engine_world *world, enum vm_state state)
{
	engine_world_make(world, state, AGENT_CAN_REVERT_MEMORY_FROM_OFF);
	engine_world_take(world, "A", SNAPSHOT_DISK);
	engine_world_write(world, "disk of B", state == VM_RUNNING ? "memory of B" : NULL);
	engine_world_take(world, "B", SNAPSHOT_DISK);
	engine_world_write(world, "work", state == VM_RUNNING ? "thoughts" : NULL);
}

static struct engine_request revert_to(struct engine_world *world, const char *target)
{
	struct engine_request request = engine_world_request(world, OPERATION_REVERT_SNAPSHOT, target);
	request.safety_name = "before-revert";
	return request;
}

static void ask(struct engine_world *world, const struct engine_request *request)
{
	struct hv_error err = {0};
	if (engine_world_ask(&world->console, request, &err) != HV_OK) {
		fail_msg("%s", err.text);
	}
}

/* Whether a checkpoint on the host holds what was in no snapshot before. */
static bool work_is_in_a_checkpoint(const struct engine_world *world)
{
	for (size_t i = 0; i < world->vm->count; i++) {
		if (strcmp(world->vm->checkpoints[i].disk, "work") == 0) {
			return true;
		}
	}
	return false;
}

static void assert_tree(struct engine_world *world, const char *expected)
{
	char text[400];
	assert_string_equal(engine_world_tree(world, text, sizeof text), expected);
}

static void test_revert__keeps_the_work_in_a_safety_snapshot_that_brings_it_back__U4(void **state)
{
	(void)state;
	static const struct {
		enum vm_state state;
		enum snapshot_type type;
		const char *memory;
	} cases[] = {
		{VM_RUNNING, SNAPSHOT_DISK_AND_MEMORY, "thoughts"},
		{VM_STOPPED, SNAPSHOT_DISK, ""},
	};
	for (size_t i = 0; i < 2; i++) {
		struct engine_world world;
		make(&world, cases[i].state);
		struct engine_request request = revert_to(&world, "A");
		ask(&world, &request);
		assert_int_equal(engine_world_live(&world), 2);
		engine_world_settle(&world);
		assert_tree(&world, "A*(B(before-revert))");
		assert_string_equal(world.vm->disk, "disk0");
		struct snapshot safety = engine_world_snapshot(&world, "before-revert");
		assert_int_equal(safety.type, cases[i].type);
		assert_string_equal(safety.description, "taken before the revert to 'A'");
		snapshot_clear(&safety);
		engine_world_revert(&world, "before-revert");
		assert_string_equal(world.vm->disk, "work");
		assert_string_equal(world.vm->memory, cases[i].memory);
		assert_int_equal(world.vm->state, cases[i].state);
		engine_world_assert_agrees(&world);
		engine_world_clear(&world);
	}
}

static void test_revert__is_never_sent_when_the_safety_snapshot_fails__U4(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, VM_RUNNING);
	fake_hosts_set_fault(
		world.hosts, world.host_id, AGENT_CREATE_VM_SNAPSHOT, FAKE_REFUSE, AGENT_CODE_BUSY, "no room");
	struct engine_request request = revert_to(&world, "A");
	ask(&world, &request);
	engine_world_settle(&world);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_REVERT_TO_VM_SNAPSHOT), 0);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_STOP), 0);
	assert_string_equal(world.vm->disk, "work");
	assert_string_equal(world.vm->memory, "thoughts");
	assert_int_equal(world.vm->state, VM_RUNNING);
	struct operation last = engine_world_last(&world);
	assert_int_equal(last.kind, OPERATION_REVERT_SNAPSHOT);
	assert_int_equal(last.state, OPERATION_CANCELLED);
	operation_clear(&last);
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

static void test_revert__goes_on_after_a_crash_between_the_two__U4_Y3(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, VM_RUNNING);
	struct engine_request request = revert_to(&world, "A");
	ask(&world, &request);
	while (fake_hosts_acts(world.hosts, AGENT_CREATE_VM_SNAPSHOT) < 3) {
		assert_true(engine_world_step(&world));
	}
	engine_world_restart(&world, true, false);
	engine_world_settle(&world);
	assert_int_equal(fake_hosts_acts(world.hosts, AGENT_CREATE_VM_SNAPSHOT), 3);
	assert_int_equal(fake_hosts_acts(world.hosts, AGENT_REVERT_TO_VM_SNAPSHOT), 1);
	assert_tree(&world, "A*(B(before-revert))");
	assert_true(work_is_in_a_checkpoint(&world));
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

/* Wherever the console dies: reverted with a safety snapshot of all the work, or untouched. */
static void test_revert__cut_anywhere_loses_no_work__U4_Y3(void **state)
{
	(void)state;
	for (int64_t cut = 1;; cut++) {
		struct engine_world world;
		make(&world, VM_RUNNING);
		struct engine_request request = revert_to(&world, "A");
		world.cut_in = cut;
		(void)engine_world_ask(&world.console, &request, NULL);
		while (!world.console.dead && engine_world_live(&world) > 0 && engine_world_step(&world)) {
		}
		bool was_cut = world.console.dead;
		world.cut_in = 0;
		engine_world_restart(&world, true, cut % 2 == 0);
		engine_world_settle(&world);
		assert_true(strcmp(world.vm->disk, "work") == 0 || work_is_in_a_checkpoint(&world));
		engine_world_assert_agrees(&world);
		engine_world_clear(&world);
		if (!was_cut) {
			assert_true(cut > 10);
			return;
		}
	}
}

static void test_revert__the_safety_snapshot_counts_for_the_limit__U4_C3(void **state)
{
	(void)state;
	struct engine_world world;
	struct hv_error err = {0};
	engine_world_make(&world, VM_STOPPED, 0);
	for (int i = 0; i < 10; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "s%d", i);
		engine_world_take(&world, name, SNAPSHOT_DISK);
	}
	engine_world_write(&world, "work", NULL);
	struct engine_request request = revert_to(&world, "s0");
	assert_int_equal(engine_world_ask(&world.console, &request, &err), HV_ERR_REFUSED);
	assert_non_null(strstr(err.text, "limit is 10"));
	assert_int_equal(engine_world_live(&world), 0);
	assert_string_equal(world.vm->disk, "work");
	request.safety_name = NULL;
	ask(&world, &request);
	engine_world_settle(&world);
	assert_string_equal(world.vm->disk, "disk0");
	engine_world_clear(&world);
}

static void test_revert__a_target_that_is_not_ready_costs_no_safety_snapshot__U4_S1(void **state)
{
	(void)state;
	struct engine_world world;
	struct hv_error err = {0};
	make(&world, VM_RUNNING);
	struct store *store = world.console.store;
	struct snapshot target = engine_world_snapshot(&world, "A");
	assert_int_equal(store->ops->begin(store, NULL), HV_OK);
	assert_int_equal(
		store->ops->snapshot_set_state(store, &target, SNAPSHOT_ERROR, world.now_us, NULL), HV_OK);
	assert_int_equal(store->ops->commit(store, NULL), HV_OK);
	snapshot_clear(&target);
	struct engine_request request = revert_to(&world, "A");
	assert_int_equal(engine_world_ask(&world.console, &request, &err), HV_ERR_REFUSED);
	assert_non_null(strstr(err.text, "only a Ready snapshot"));
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_CREATE_VM_SNAPSHOT), 2);
	engine_world_clear(&world);
}

static void test_revert__a_safety_name_that_is_taken_gets_a_number__U4_T5(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, VM_STOPPED);
	for (int i = 0; i < 2; i++) {
		struct engine_request request = revert_to(&world, "A");
		ask(&world, &request);
		engine_world_settle(&world);
	}
	assert_tree(&world, "A*(B(before-revert),before-revert (2))");
	struct engine_request request = revert_to(&world, "A");
	request.safety_name = "";
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_ERR_INVALID);
	engine_world_clear(&world);
}

/* A bug once: after a revert to an old snapshot, the next one was said to lose all the days since that was taken. */
static void test_revert__is_what_the_next_loss_counts_from__U4(void **state)
{
	(void)state;
	struct engine_world world;
	make(&world, VM_STOPPED);
	world.now_us += INT64_C(70) * 24 * 3600 * HV_SECOND_US;
	engine_world_revert(&world, "A");
	struct virtual_machine vm = engine_world_vm(&world);
	assert_true(vm.running_since_us >= world.now_us - 120 * HV_SECOND_US);
	virtual_machine_clear(&vm);
	struct engine_request delete = engine_world_request(&world, OPERATION_DELETE_SNAPSHOT, "A");
	ask(&world, &delete);
	engine_world_settle(&world);
	vm = engine_world_vm(&world);
	assert_int_equal(vm.running_since_us, 0); /* the state holds what A held beyond its parent again */
	virtual_machine_clear(&vm);
	engine_world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_revert__keeps_the_work_in_a_safety_snapshot_that_brings_it_back__U4),
		cmocka_unit_test(test_revert__is_never_sent_when_the_safety_snapshot_fails__U4),
		cmocka_unit_test(test_revert__goes_on_after_a_crash_between_the_two__U4_Y3),
		cmocka_unit_test(test_revert__cut_anywhere_loses_no_work__U4_Y3),
		cmocka_unit_test(test_revert__the_safety_snapshot_counts_for_the_limit__U4_C3),
		cmocka_unit_test(test_revert__a_target_that_is_not_ready_costs_no_safety_snapshot__U4_S1),
		cmocka_unit_test(test_revert__is_what_the_next_loss_counts_from__U4),
		cmocka_unit_test(test_revert__a_safety_name_that_is_taken_gets_a_number__U4_T5),
	};
	return cmocka_run_group_tests_name("engine/safety", tests, NULL, NULL);
}
