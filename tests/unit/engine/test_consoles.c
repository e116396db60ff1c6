/* Two consoles on one store: exclusion (X1), leases, taking over, fencing (Y1, Y2). */
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

struct pair {
	struct engine_world world;
	struct engine_console second;
};

static void make_pair(struct pair *pair)
{
	engine_world_make(&pair->world, VM_RUNNING, AGENT_CAN_REVERT_MEMORY_FROM_OFF);
	engine_world_take(&pair->world, "A", SNAPSHOT_DISK_AND_MEMORY);
	engine_console_open(&pair->world, &pair->second);
	engine_recover(pair->second.engine);
	engine_world_connect(&pair->second);
	engine_world_settle(&pair->world);
}

static void clear_pair(struct pair *pair)
{
	engine_console_close(&pair->second, true, false);
	engine_world_clear(&pair->world);
}

/* Both programs' loops turn until nothing is live. */
static void settle_both(struct pair *pair)
{
	struct engine_world *world = &pair->world;
	for (int turn = 0; turn < 5000; turn++) {
		engine_world_run(world);
		int64_t first_us = engine_tick(world->console.engine);
		int64_t second_us = engine_tick(pair->second.engine);
		if (engine_world_step(world)) {
			continue;
		}
		if (engine_world_live(world) == 0) {
			return;
		}
		int64_t next_us = first_us < second_us ? first_us : second_us;
		world->now_us = next_us > world->now_us ? next_us : world->now_us + 1;
	}
	fail_msg("the two never come to rest");
}

static void ask(struct pair *pair, struct engine_console *console, enum operation_kind kind, const char *snapshot,
	bool queue)
{
	struct engine_request request = engine_world_request(&pair->world, kind, snapshot);
	struct hv_error err = {0};
	request.queue = queue;
	if (engine_world_ask(console, &request, &err) != HV_OK) {
		fail_msg("%s", err.text);
	}
}

static void assert_tree(struct pair *pair, const char *expected)
{
	char text[400];
	assert_string_equal(engine_world_tree(&pair->world, text, sizeof text), expected);
	engine_world_assert_agrees(&pair->world);
}

static void test_second_console__is_refused_or_queued_behind_the_first__X1(void **state)
{
	(void)state;
	struct pair pair;
	struct hv_error err = {0};
	make_pair(&pair);
	ask(&pair, &pair.world.console, OPERATION_CREATE_SNAPSHOT, "B", false);
	struct engine_request request = engine_world_request(&pair.world, OPERATION_CREATE_SNAPSHOT, "C");
	assert_int_equal(engine_world_ask(&pair.second, &request, &err), HV_ERR_CONFLICT);
	assert_non_null(strstr(err.text, "CreateSnapshot of 'alice' runs"));
	ask(&pair, &pair.second, OPERATION_CREATE_SNAPSHOT, "C", true);
	settle_both(&pair);
	assert_tree(&pair, "A(B(C*))");
	clear_pair(&pair);
}

static void test_both_consoles__work_on_the_same_tree_in_turns__X1(void **state)
{
	(void)state;
	struct pair pair;
	make_pair(&pair);
	for (int i = 0; i < 6; i++) {
		char name[8];
		(void)snprintf(name, sizeof name, "N%d", i);
		ask(&pair, i & 1 ? &pair.second : &pair.world.console, OPERATION_CREATE_SNAPSHOT, name, true);
	}
	settle_both(&pair);
	assert_tree(&pair, "A(N0(N1(N2(N3(N4(N5*))))))");
	clear_pair(&pair);
}

/* The first one dies at each step; the second one notices, with or without being told, and ends its work. */
static void test_dead_console__is_followed_by_the_other_one__Y1(void **state)
{
	(void)state;
	for (int steps = 0; steps < 8; steps++) {
		for (int variant = 0; variant < 4; variant++) {
			struct pair pair;
			make_pair(&pair);
			fake_hosts_set_duration(pair.world.hosts, pair.world.host_id, 3);
			struct engine_request request =
				engine_world_request(&pair.world, OPERATION_DELETE_SNAPSHOT, "A");
			assert_int_equal(engine_world_ask(&pair.world.console, &request, NULL), HV_OK);
			for (int i = 0; i < steps; i++) {
				(void)engine_world_step(&pair.world);
			}
			engine_console_close(&pair.world.console, variant & 1, variant & 2);
			pair.world.console = pair.second;
			/* the survivor's callbacks point to where it was opened: it stays there for its life */
			for (int turn = 0; turn < 2000 && engine_world_live(&pair.world) > 0; turn++) {
				engine_world_run(&pair.world);
				int64_t next_us = engine_tick(pair.second.engine);
				if (!engine_world_step(&pair.world)) {
					assert_true(next_us != HV_NEVER || engine_world_live(&pair.world) == 0);
					pair.world.now_us = next_us > pair.world.now_us && next_us != HV_NEVER
								    ? next_us
								    : pair.world.now_us + 1;
				}
			}
			engine_world_run(&pair.world);
			assert_int_equal(fake_hosts_acts(pair.world.hosts, AGENT_DELETE_VM_SNAPSHOT), 1);
			assert_tree(&pair, "");
			engine_world_clear(&pair.world);
		}
	}
}

/* A console that was stopped for a while (its machine slept) and wakes after its work was taken over: it can write
 * nothing any more and sends nothing that the host obeys. */
static void test_console_that_lost_its_lease__is_fenced_off__Y1_Y2(void **state)
{
	(void)state;
	struct pair pair;
	make_pair(&pair);
	ask(&pair, &pair.world.console, OPERATION_REVERT_SNAPSHOT, "A", false);
	engine_world_write(&pair.world, "work", "work");
	fake_console_drop(pair.world.console.links, pair.world.host_id, false);
	pair.world.now_us += 20 * HV_SECOND_US;
	for (int turn = 0; turn < 50; turn++) {
		engine_world_run(&pair.world);
		(void)engine_tick(pair.second.engine);
		pair.world.now_us += HV_SECOND_US / 10;
	}
	assert_int_equal(engine_world_live(&pair.world), 0);
	assert_int_equal(fake_hosts_acts(pair.world.hosts, AGENT_REVERT_TO_VM_SNAPSHOT), 1);
	struct operation last = engine_world_last(&pair.world);
	assert_int_equal(last.epoch, 2);
	assert_int_equal(fake_hosts_epoch(pair.world.hosts, pair.world.host_id, &last.uuid,
				 AGENT_REVERT_TO_VM_SNAPSHOT), 2);
	operation_clear(&last);
	engine_world_write(&pair.world, "new work", "new work");
	engine_world_connect(&pair.world.console); /* it wakes */
	settle_both(&pair);
	assert_int_equal(fake_hosts_acts(pair.world.hosts, AGENT_REVERT_TO_VM_SNAPSHOT), 1);
	assert_string_equal(pair.world.vm->disk, "new work");
	assert_tree(&pair, "A*");
	assert_int_equal(pair.world.console.store_failures, 0);
	clear_pair(&pair);
}

/* A bug once (simulation, seed 102329): the answer to a command of an earlier epoch, from before the operation was taken
 * over by another console and back, was taken for the end of the operation. */
static void test_fenced__once_is_asked_about_and_the_act_ends_as_the_journal_says__Y2_Y4(void **state)
{
	(void)state;
	struct pair pair;
	struct operation_list live = {0};
	make_pair(&pair);
	struct store *store = pair.world.console.store;
	ask(&pair, &pair.world.console, OPERATION_CREATE_SNAPSHOT, "B", false);
	assert_int_equal(store->ops->operation_live(store, 0, 0, &live, NULL), HV_OK);
	assert_int_equal(live.count, 1);
	struct agent_answer late = {.kind = AGENT_CREATE_VM_SNAPSHOT, .operation = live.items[0].uuid,
		.code = AGENT_CODE_FENCED};
	engine_answer(pair.world.console.engine, pair.world.host_id, &late);
	settle_both(&pair);
	assert_tree(&pair, "A(B*)");
	assert_int_equal(fake_hosts_acts(pair.world.hosts, AGENT_CREATE_VM_SNAPSHOT), 2);
	operation_list_clear(&live);
	clear_pair(&pair);
}

static void test_lease__is_kept_while_an_operation_takes_long__X1(void **state)
{
	(void)state;
	struct pair pair;
	make_pair(&pair);
	fake_hosts_set_duration(pair.world.hosts, pair.world.host_id, 600);
	ask(&pair, &pair.world.console, OPERATION_DELETE_SNAPSHOT, "A", false);
	struct store *store = pair.world.console.store;
	for (int second = 0; second < 120; second++) {
		(void)engine_world_step(&pair.world);
		(void)engine_tick(pair.world.console.engine);
		(void)engine_tick(pair.second.engine);
		pair.world.now_us += HV_SECOND_US;
		struct operation_list live = {0};
		assert_int_equal(store->ops->operation_live(store, 0, 0, &live, NULL), HV_OK);
		assert_int_equal(live.count, 1);
		assert_string_equal(live.items[0].owner, pair.world.console.owner);
		assert_int_equal(live.items[0].epoch, 1);
		operation_list_clear(&live);
	}
	settle_both(&pair);
	assert_tree(&pair, "");
	clear_pair(&pair);
}

static void test_chain_of_a_dead_console__is_taken_over_whole__D4_Y1(void **state)
{
	(void)state;
	struct pair pair;
	make_pair(&pair);
	engine_world_take(&pair.world, "B", SNAPSHOT_DISK);
	engine_world_take(&pair.world, "C", SNAPSHOT_DISK);
	struct engine_request request = engine_world_request(&pair.world, OPERATION_DELETE_SNAPSHOT, NULL);
	request.all = true;
	assert_int_equal(engine_world_ask(&pair.world.console, &request, NULL), HV_OK);
	(void)engine_world_step(&pair.world);
	engine_world_restart(&pair.world, true, true);
	engine_world_settle(&pair.world);
	assert_int_equal(fake_hosts_acts(pair.world.hosts, AGENT_DELETE_VM_SNAPSHOT), 3);
	assert_tree(&pair, "");
	clear_pair(&pair);
}

/* Its lease has run out, which is a reason to look at once, but not to look without end while nothing can be read. */
static void test_lease_that_ran_out__is_not_looked_at_without_rest_while_the_store_fails__Q1(void **state)
{
	(void)state;
	struct pair pair;
	make_pair(&pair);
	ask(&pair, &pair.world.console, OPERATION_CREATE_SNAPSHOT, "B", false);
	pair.world.now_us += 6 * HV_SECOND_US;
	(void)engine_tick(pair.second.engine);
	pair.second.cut.dead = true;
	pair.world.now_us += 60 * HV_SECOND_US; /* the first one has been suspended */
	assert_true(engine_tick(pair.second.engine) >= pair.world.now_us + HV_SECOND_US);
	pair.second.cut.dead = false;
	settle_both(&pair);
	assert_tree(&pair, "A(B*)");
	clear_pair(&pair);
}

/* What this console remembers of an operation that another one has driven meanwhile is worth nothing. */
static void test_console__that_takes_back_what_it_had_lost_goes_on_with_it__Y1(void **state)
{
	(void)state;
	struct engine_world world;
	struct engine_console other;
	engine_world_make(&world, VM_RUNNING, AGENT_CAN_REVERT_MEMORY_FROM_OFF | AGENT_CAN_PRODUCTION_CHECKPOINTS);
	engine_console_open(&world, &other);
	engine_recover(other.engine);
	fake_hosts_set_duration(world.hosts, world.host_id, 40);
	struct engine_request request = engine_world_request(&world, OPERATION_CREATE_SNAPSHOT, "A");
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	while (!fake_hosts_is_acting(world.hosts)) {
		assert_true(engine_world_step(&world));
	}
	struct engine_console *const owners[] = {&other, &world.console};
	for (size_t i = 0; i < HV_ARRAY_LEN(owners); i++) { /* the one sleeps, the other finds its lease run out */
		world.now_us += 20 * HV_SECOND_US;
		(void)engine_tick(owners[i]->engine);
		world.now_us += 6 * HV_SECOND_US; /* it looks once more at what it has written itself */
		(void)engine_tick(owners[i]->engine);
	}
	engine_world_settle(&world);
	struct operation last = engine_world_last(&world);
	assert_int_equal(last.state, OPERATION_DONE);
	assert_int_equal(last.epoch, 3);
	operation_clear(&last);
	engine_world_assert_agrees(&world);
	engine_console_close(&other, true, false);
	engine_world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_console__that_takes_back_what_it_had_lost_goes_on_with_it__Y1),
		cmocka_unit_test(test_second_console__is_refused_or_queued_behind_the_first__X1),
		cmocka_unit_test(test_both_consoles__work_on_the_same_tree_in_turns__X1),
		cmocka_unit_test(test_dead_console__is_followed_by_the_other_one__Y1),
		cmocka_unit_test(test_console_that_lost_its_lease__is_fenced_off__Y1_Y2),
		cmocka_unit_test(test_fenced__once_is_asked_about_and_the_act_ends_as_the_journal_says__Y2_Y4),
		cmocka_unit_test(test_lease__is_kept_while_an_operation_takes_long__X1),
		cmocka_unit_test(test_chain_of_a_dead_console__is_taken_over_whole__D4_Y1),
		cmocka_unit_test(test_lease_that_ran_out__is_not_looked_at_without_rest_while_the_store_fails__Q1),
	};
	return cmocka_run_group_tests_name("engine/consoles", tests, NULL, NULL);
}
