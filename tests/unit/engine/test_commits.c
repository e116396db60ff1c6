/*
 * What a workflow costs the disk. A commit is an fsync (the store runs with synchronous = FULL), and a step may be acted on
 * only when it is on the disk (C1), so each workflow has as few as its steps allow:
 *
 *   ask      the operation with its parameters; of a create the Allocated row. Whoever asked may be told now
 *   begin    the states that it sets; together with ask where nothing is allocated
 *   send     that the command goes out: a console that dies behind it must ask the host, one that dies before it need not
 *   record   what the host answered, the end states and the end of the operation, in one
 *
 * A revert to a Disk snapshot of a VM that runs stops it first (V2): one more for what that answered, one for the revert
 * going out. Progress, pings and what a host repeats are not written. Two operations never share a commit: one that cannot
 * be written must not take the other with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/engine_world.h"

#define CAPABILITIES (AGENT_CAN_REVERT_MEMORY_FROM_OFF | AGENT_CAN_PRODUCTION_CHECKPOINTS)

/* Commits of one workflow from the request to the end of its operation. */
static int64_t cost(struct engine_world *world, const struct engine_request *request)
{
	int64_t before = world->console.cut.commits;
	struct hv_error error = {0};
	if (engine_world_ask(&world->console, request, &error) != HV_OK) {
		fail_msg("%s", error.text);
	}
	engine_world_run(world);
	assert_int_equal(engine_world_live(world), 0);
	return world->console.cut.commits - before;
}

static void test_commits__of_each_workflow_are_those_of_its_steps__C1(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, CAPABILITIES);
	static const struct {
		enum operation_kind kind;
		const char *snapshot;
		int64_t commits;
	} cases[] = {
		{OPERATION_CREATE_SNAPSHOT, "A", 4},
		{OPERATION_CREATE_SNAPSHOT, "B", 4},
		{OPERATION_REVERT_SNAPSHOT, "A", 5},
		{OPERATION_START_VM, NULL, 3},
		{OPERATION_STOP_VM, NULL, 3},
		{OPERATION_DELETE_SNAPSHOT, "B", 3},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct engine_request request = engine_world_request(&world, cases[i].kind, cases[i].snapshot);
		assert_int_equal(cost(&world, &request), cases[i].commits);
	}
	engine_world_clear(&world);
}

static void test_commits__a_host_that_stays_away_is_written_once__U3(void **state)
{
	(void)state;
	struct engine_world world;
	struct hv_error reason = {.status = HV_ERR_UNREACHABLE, .text = "no route"};
	engine_world_make(&world, VM_RUNNING, CAPABILITIES);
	engine_host_lost(world.console.engine, world.host_id, &reason);
	int64_t commits = world.console.cut.commits;
	for (int i = 0; i < 100; i++) {
		engine_host_lost(world.console.engine, world.host_id, &reason);
	}
	assert_int_equal(world.console.cut.commits, commits);
	(void)hv_error_set(&reason, HV_ERR_UNREACHABLE, "refused");
	engine_host_lost(world.console.engine, world.host_id, &reason);
	assert_int_equal(world.console.cut.commits, commits + 1);
	engine_world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commits__of_each_workflow_are_those_of_its_steps__C1),
		cmocka_unit_test(test_commits__a_host_that_stays_away_is_written_once__U3),
	};
	return cmocka_run_group_tests_name("engine/commits", tests, NULL, NULL);
}
