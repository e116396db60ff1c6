/* How connections begin: what an agent says first, what keeps it from starting, and many at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "tests/unit/agent/fake_fleet.h"

static int setup(void **state)
{
	struct fleet *fleet = hv_alloc(sizeof *fleet);
	fleet_init(fleet);
	*state = fleet;
	return 0;
}

static int teardown(void **state)
{
	fleet_clear(*state);
	free(*state);
	return 0;
}

static void test_agents__another_protocol_is_refused_and_not_tried_again_soon(void **state)
{
	struct fleet *fleet = *state;
	agents_add(fleet->agents, 1);
	fleet_turn(fleet);
	fleet_say(fleet, 1, "{\"event\":\"Ready\",\"protocol\":2,\"agent\":\"x\"}\n");
	fleet_turn(fleet);
	assert_string_equal(fleet_log(fleet), "1 connecting\n1 lost Protocol: the agent speaks protocol 2, "
					      "this console speaks 1\n");
	assert_true(agents_deadline_us(fleet->agents) - fleet->now_us >= 45 * HV_SECOND_US);
}

static void test_agents__one_that_cannot_start_is_lost_with_its_own_words(void **state)
{
	struct fleet *fleet = *state;
	agents_add(fleet->agents, 1);
	fleet_turn(fleet);
	(void)fleet_log(fleet);
	fleet_say(fleet, 1,
		"{\"event\":\"Refused\",\"code\":\"NotSupported\",\"details\":\"ConstrainedLanguage\\u001b[2J mode\"}\n");
	fleet_turn(fleet);
	const char *log = fleet_log(fleet);
	assert_non_null(strstr(log, "the agent cannot start there: ConstrainedLanguage"));
	assert_null(strchr(log, 0x1b));
	assert_false(agents_is_up(fleet->agents, 1));
	int64_t wait_us = agents_deadline_us(fleet->agents) - fleet->now_us;
	assert_true(wait_us > 40 * HV_SECOND_US); /* somebody has to do something about it first */
}

static void test_agents__tells_what_is_waited_for(void **state)
{
	struct fleet *fleet = *state;
	assert_null(agents_waits_for(fleet->agents, 1));
	agents_add(fleet->agents, 1);
	fleet_turn(fleet);
	assert_string_equal(agents_waits_for(fleet->agents, 1),
		"the agent runs there and has not said yet that it is ready");
	fleet_say(fleet, 1, HELLO);
	fleet_turn(fleet);
	assert_null(agents_waits_for(fleet->agents, 1));
}

static void test_agents__hundreds_connect_a_few_at_once_and_one_flood_stops_nobody(void **state)
{
	struct fleet *fleet = *state;
	enum { HOSTS = 300 };
	for (int64_t host = 0; host < HOSTS; host++) {
		agents_add(fleet->agents, host);
	}
	fleet_turn(fleet);
	int opened = 0;
	for (int i = 0; i < HOSTS; i++) {
		opened += fleet->opens[i];
	}
	assert_int_equal(opened, 16);
	fleet_pass(fleet, HV_SECOND_US / 10); /* none of them is connected yet */
	opened = 0;
	for (int i = 0; i < HOSTS; i++) {
		opened += fleet->opens[i];
	}
	assert_int_equal(opened, 16);
	fleet_pass(fleet, 12 * HV_SECOND_US); /* those that stay silent do not hold up the others for ever */
	for (int64_t host = 0; host < HOSTS; host++) {
		fleet_say(fleet, host, host == 7 ? "garbage\n" : HELLO);
	}
	fleet_turn(fleet);
	for (int64_t host = 0; host < HOSTS; host++) {
		assert_int_equal(agents_is_up(fleet->agents, host), host != 7);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_agents__another_protocol_is_refused_and_not_tried_again_soon),
		TEST(test_agents__one_that_cannot_start_is_lost_with_its_own_words),
		TEST(test_agents__tells_what_is_waited_for),
		TEST(test_agents__hundreds_connect_a_few_at_once_and_one_flood_stops_nobody),
	};
	return cmocka_run_group_tests_name("unit/agent/greeting", tests, NULL, NULL);
}
