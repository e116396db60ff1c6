#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
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

static enum hv_status send_stop(struct fleet *fleet, int64_t host_id)
{
	struct agent_command command = {.kind = AGENT_STOP};
	assert_true(hv_uuid_parse(SOME_OPERATION, &command.operation));
	assert_true(hv_uuid_parse(SOME_VM, &command.vm_uuid));
	return agents_send(fleet->agents, host_id, &command, NULL);
}

/* The number of lines that a host was sent that hold `text`. */
static int count_sent(struct fleet *fleet, int64_t host_id, const char *text)
{
	int count = 0;
	for (const char *p = hv_text_get(&fleet->sent[host_id]); (p = strstr(p, text)) != NULL; p++) {
		count++;
	}
	return count;
}

/* ---- connect ---- */

static void test_agents__a_host_is_ready_when_it_says_so(void **state)
{
	struct fleet *fleet = *state;
	struct hv_error error;
	struct agent_command ping = {.kind = AGENT_PING};
	agents_add(fleet->agents, 1);
	agents_add(fleet->agents, 1);
	assert_string_equal(fleet_log(fleet), "");
	fleet_turn(fleet);
	assert_int_equal(fleet->opens[1], 1);
	assert_string_equal(fleet_log(fleet), "1 connecting\n");
	assert_int_equal(agents_send(fleet->agents, 1, &ping, &error), HV_ERR_UNREACHABLE);
	assert_int_equal(agents_send(fleet->agents, 99, &ping, &error), HV_ERR_UNREACHABLE);
	fleet_say(fleet, 1, "\xEF\xBB\xBF" HELLO);
	fleet_turn(fleet);
	assert_string_equal(fleet_log(fleet), "1 ready fake 1 hv01\n");
	assert_true(agents_is_up(fleet->agents, 1));
	assert_int_equal(agents_capabilities(fleet->agents, 1),
		AGENT_CAN_EXPORT | AGENT_CAN_REVERT_MEMORY_FROM_OFF);
}

static void test_agents__lines_before_ready_are_noise_and_printable(void **state)
{
	struct fleet *fleet = *state;
	agents_add(fleet->agents, 1);
	fleet_turn(fleet);
	fleet_say(fleet, 1, "Microsoft \x1b[31mWindows\r\n\n{\"id\":1,\"answer\":\"PingAnswer\"}\n" HELLO);
	fleet_turn(fleet);
	assert_string_equal(fleet_log(fleet),
		"1 connecting\n1 noise Microsoft \xEF\xBF\xBD[31mWindows\n"
		"1 noise {\"id\":1,\"answer\":\"PingAnswer\"}\n1 ready fake 1 hv01\n");
}

static void test_agents__endless_noise_before_ready_is_garbage(void **state)
{
	struct fleet *fleet = *state;
	agents_add(fleet->agents, 1);
	fleet_turn(fleet);
	for (int i = 0; i < 300; i++) {
		fleet_say(fleet, 1, "noise\n");
	}
	fleet_turn(fleet);
	assert_non_null(
		strstr(fleet_log(fleet), "1 lost Protocol: the agent sends nothing but noise\n"));
}

static void test_agents__a_line_without_end_before_ready_is_garbage(void **state)
{
	struct fleet *fleet = *state;
	char *block = hv_alloc((2u << 20) + 1);
	memset(block, '{', 2u << 20);
	agents_add(fleet->agents, 1);
	fleet_turn(fleet);
	fleet_say(fleet, 1, block);
	fleet_turn(fleet);
	assert_string_equal(fleet_log(fleet),
		"1 connecting\n1 lost Protocol: the agent sends nothing but noise\n");
	free(block);
}

static void test_agents__a_host_that_never_gets_ready_is_lost_with_its_last_words(void **state)
{
	struct fleet *fleet = *state;
	agents_add(fleet->agents, 1);
	fleet_turn(fleet);
	hv_text_puts(&fleet->open[1]->errors, "Permission denied (publickey).\n");
	fleet_turn(fleet);
	assert_int_equal(agents_deadline_us(fleet->agents), fleet->now_us + 20 * HV_SECOND_US);
	fleet_pass(fleet, 20 * HV_SECOND_US);
	assert_string_equal(fleet_log(fleet),
		"1 connecting\n1 noise Permission denied (publickey).\n"
		"1 lost Timeout: the agent did not say within 20 s that it is ready; "
		"it said: Permission denied (publickey).\n");
}

static void test_agents__a_transport_that_cannot_be_opened_is_a_loss(void **state)
{
	struct fleet *fleet = *state;
	fleet->refuse = true;
	agents_add(fleet->agents, 1);
	fleet_turn(fleet);
	assert_string_equal(fleet_log(fleet), "1 connecting\n1 lost Io: no way to open it\n");
	fleet_turn(fleet);
	assert_int_equal(fleet->opens[1], 1);
}

/* ---- back-off ---- */

static void test_agents__back_off_doubles_and_is_forgotten_after_half_a_minute_up(void **state)
{
	struct fleet *fleet = *state;
	static const int64_t seconds[] = {1, 2, 4, 8, 16, 32, 60, 60};
	agents_add(fleet->agents, 1);
	fleet_turn(fleet);
	for (size_t i = 0; i < HV_ARRAY_LEN(seconds); i++) {
		fleet_end(fleet, 1, "gone");
		fleet_turn(fleet);
		int64_t wait = agents_deadline_us(fleet->agents) - fleet->now_us;
		assert_true(wait <= seconds[i] * HV_SECOND_US && wait >= seconds[i] * HV_SECOND_US * 3 / 4);
		assert_int_equal(fleet->opens[1], i + 1);
		fleet_pass(fleet, wait - 1);
		assert_int_equal(fleet->opens[1], i + 1);
		fleet_pass(fleet, 1);
		assert_int_equal(fleet->opens[1], i + 2);
	}
	fleet_say(fleet, 1, HELLO);
	fleet_turn(fleet);
	for (int i = 0; i < 31; i++) {
		fleet_pass(fleet, HV_SECOND_US);
		fleet_say(fleet, 1, "{\"event\":\"HostStatus\",\"body\":{\"storageUp\":true}}\n");
		fleet_turn(fleet);
	}
	fleet_end(fleet, 1, "gone");
	fleet_turn(fleet);
	assert_true(agents_deadline_us(fleet->agents) - fleet->now_us <= HV_SECOND_US);
}

static void test_agents__retry_now_does_not_wait(void **state)
{
	struct fleet *fleet = *state;
	agents_add(fleet->agents, 1);
	fleet_turn(fleet);
	for (int i = 0; i < 6; i++) {
		fleet_end(fleet, 1, "gone");
		fleet_turn(fleet);
		agents_retry_now(fleet->agents, 1);
		assert_true(agents_deadline_us(fleet->agents) <= fleet->now_us);
		fleet_turn(fleet);
	}
	assert_int_equal(fleet->opens[1], 7);
	agents_retry_now(fleet->agents, 1); /* connecting already */
	fleet_turn(fleet);
	assert_int_equal(fleet->opens[1], 7);
}

/* ---- alive or not ---- */

static void test_agents__a_quiet_agent_is_asked_and_a_silent_one_is_lost__U3(void **state)
{
	struct fleet *fleet = *state;
	fleet_up(fleet, 1);
	fleet_pass(fleet, 5 * HV_SECOND_US - 1);
	assert_int_equal(count_sent(fleet, 1, "PingCommand"), 0);
	fleet_pass(fleet, 1);
	assert_int_equal(count_sent(fleet, 1, "PingCommand"), 1);
	fleet_pass(fleet, 15 * HV_SECOND_US - 1);
	assert_string_equal(fleet_log(fleet), "");
	assert_int_equal(count_sent(fleet, 1, "PingCommand"), 1);
	fleet_pass(fleet, 1);
	assert_string_equal(fleet_log(fleet), "1 lost Timeout: the agent has been silent for 20 s\n");
}

static void test_agents__any_byte_is_a_sign_of_life(void **state)
{
	struct fleet *fleet = *state;
	fleet_up(fleet, 1);
	for (int i = 0; i < 20; i++) {
		fleet_pass(fleet, 19 * HV_SECOND_US);
		fleet_say(fleet, 1, "{"); /* never a line */
		fleet_turn(fleet);
	}
	assert_true(agents_is_up(fleet->agents, 1));
}

static void test_agents__ping_answers_go_to_nobody(void **state)
{
	struct fleet *fleet = *state;
	fleet_up(fleet, 1);
	for (int id = 1; id < 30; id++) {
		char answer[100];
		fleet_pass(fleet, 6 * HV_SECOND_US);
		assert_int_equal(count_sent(fleet, 1, "PingCommand"), id);
		(void)snprintf(answer, sizeof answer,
			"{\"id\":%d,\"answer\":\"PingAnswer\",\"result\":true,\"body\":{}}\n", id);
		fleet_say(fleet, 1, answer);
		fleet_turn(fleet);
	}
	assert_string_equal(fleet_log(fleet), "");
}

static void test_agents__a_talkative_agent_hears_from_us_too(void **state)
{
	struct fleet *fleet = *state;
	fleet_up(fleet, 1);
	for (int i = 0; i < 90; i++) {
		fleet_pass(fleet, HV_SECOND_US);
		fleet_say(fleet, 1, "{\"event\":\"HostStatus\",\"body\":{\"storageUp\":true}}\n");
		fleet_turn(fleet);
	}
	assert_true(count_sent(fleet, 1, "PingCommand") >= 2); /* it ends when it hears nothing for 90 s */
}

static void test_agents__an_agent_that_reads_nothing_is_silent_as_well(void **state)
{
	struct fleet *fleet = *state;
	fleet_up(fleet, 1);
	fleet->open[1]->full = true;
	assert_int_equal(send_stop(fleet, 1), HV_ERR_TIMEOUT);
	fleet_pass(fleet, 20 * HV_SECOND_US);
	assert_string_equal(fleet_log(fleet), "1 lost Timeout: the agent has been silent for 20 s\n");
}

static void test_agents__pings_of_many_hosts_fall_together(void **state)
{
	struct fleet *fleet = *state;
	int wakes = 0;
	for (int64_t host = 1; host <= 50; host++) {
		fleet_up(fleet, host);
		fleet->now_us += 17000;
	}
	int64_t end = fleet->now_us + 6 * HV_SECOND_US;
	while (agents_deadline_us(fleet->agents) <= end) {
		fleet->now_us = agents_deadline_us(fleet->agents);
		fleet_turn(fleet);
		wakes++;
	}
	assert_true(wakes <= 2);
	assert_int_equal(count_sent(fleet, 1, "PingCommand") + count_sent(fleet, 50, "PingCommand"), 2);
}

/* ---- commands and events ---- */

static void test_agents__answers_find_their_commands_in_any_order(void **state)
{
	struct fleet *fleet = *state;
	struct agent_command inventory = {.kind = AGENT_GET_INVENTORY};
	fleet_up(fleet, 1);
	assert_int_equal(send_stop(fleet, 1), HV_OK);
	assert_int_equal(agents_send(fleet->agents, 1, &inventory, NULL), HV_OK);
	assert_non_null(strstr(fleet->sent[1].bytes, "{\"id\":1,\"operation\":"));
	assert_non_null(strstr(fleet->sent[1].bytes, "{\"id\":2,\"command\":\"GetInventoryCommand\""));
	fleet_say(fleet, 1,
		"{\"id\":2,\"answer\":\"GetInventoryAnswer\",\"result\":true,\"body\":{\"vms\":[],"
		"\"freeBytes\":5,\"storageUp\":true}}\n"
		"{\"id\":1,\"answer\":\"StopAnswer\",\"result\":false,\"code\":\"Busy\",\"replayed\":true}\r\n"
		"{\"id\":1,\"answer\":\"StopAnswer\",\"result\":true,\"body\":{}}\n");
	fleet_turn(fleet);
	assert_string_equal(fleet_log(fleet),
		"1 status 5 up\n1 answer GetInventoryAnswer yes\n1 answer StopAnswer Busy replayed\n"
		"1 noise it answers nothing that was asked: "
		"{\"id\":1,\"answer\":\"StopAnswer\",\"result\":true,\"body\":{}}\n");
}

static void test_agents__events_reach_the_listener(void **state)
{
	struct fleet *fleet = *state;
	fleet_up(fleet, 1);
	fleet_say(fleet, 1,
		"{\"event\":\"Progress\",\"operation\":\"" SOME_OPERATION "\",\"percent\":63,\"phase\":\"merging\"}\n"
		"{\"event\":\"VmStateChanged\",\"body\":{\"vm\":" VM_OBJECT "}}\n"
		"{\"event\":\"SnapshotsChanged\",\"body\":{\"vm\":" VM_OBJECT "}}\n"
		"{\"event\":\"VmRemoved\",\"body\":{\"vmUuid\":\"" SOME_VM "\"}}\n"
		"{\"event\":\"HostStatus\",\"body\":{\"freeBytes\":9,\"storageUp\":false}}\n"
		"{\"event\":\"OfTomorrow\",\"body\":{}}\n");
	fleet_turn(fleet);
	assert_string_equal(fleet_log(fleet),
		"1 progress " SOME_OPERATION " 63 merging\n1 vm db Running\n1 vm db Running\n"
		"1 removed " SOME_VM "\n1 status 9 gone\n"
		"1 noise this console does not know that event: {\"event\":\"OfTomorrow\",\"body\":{}}\n");
}

static void test_agents__broken_events_and_stray_lines_are_noise(void **state)
{
	struct fleet *fleet = *state;
	static const char *const lines[] = {
		"{\"event\":\"Progress\",\"operation\":\"x\"}\n",
		"{\"event\":\"VmStateChanged\",\"body\":{\"vm\":{}}}\n",
		"{\"event\":\"HostStatus\"\n",
		"{\"event\":\"HostStatus\",\"body\":{\"storageUp\":true,\"freeBytes\":-7}}\n",
		"WARNING: a module was loaded\n",
		"\xff\xfe\n",
		"\n",
		"[]\n",
	};
	fleet_up(fleet, 1);
	assert_int_equal(send_stop(fleet, 1), HV_OK);
	for (size_t i = 0; i < HV_ARRAY_LEN(lines); i++) {
		fleet_say(fleet, 1, lines[i]);
	}
	fleet_say(fleet, 1, "{\"id\":1,\"answer\":\"StopAnswer\",\"result\":true,\"body\":{}}\n");
	fleet_turn(fleet);
	const char *log = fleet_log(fleet);
	assert_null(strstr(log, "lost"));
	assert_non_null(strstr(log, "1 noise 'operation' of a progress event is not a uuid: {\"event\""));
	assert_non_null(strstr(log, "1 answer StopAnswer yes\n"));
	assert_true(agents_is_up(fleet->agents, 1));
}

static void test_agents__an_answer_that_cannot_be_understood_ends_the_connection__Y4(void **state)
{
	struct fleet *fleet = *state;
	static const struct {
		const char *line;
		const char *why;
	} cases[] = {
		{"{\"id\":1,\"answer\":\"StopAnswer\",\"result\":\"yes\"}\n",
			"'result' of the answer is neither true nor false"},
		{"{\"id\":1,\"answer\":\"StopAnswer\",\"result\":true,\"body\":{\"vm\":{\"vmUuid\":7}}}\n",
			"'vmUuid' of a VM is not a uuid"},
		{"{\"id\":1,\"answer\":\"StopAnswer\",\"res\n", "not JSON at byte"},
		{"oops {\"id\":1,\"answer\":\"StopAnswer\",\"result\":true}\n", "not JSON at byte"},
		{"{\"id\":null,\"answer\":\"ErrorAnswer\",\"result\":false,\"code\":\"BadBody\"}\n",
			"it does not say what it answers"},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		fleet_up(fleet, (int64_t)i);
		assert_int_equal(send_stop(fleet, (int64_t)i), HV_OK);
		fleet_say(fleet, (int64_t)i, cases[i].line);
		fleet_say(fleet, (int64_t)i, "{\"event\":\"HostStatus\",\"body\":{\"storageUp\":true}}\n");
		fleet_turn(fleet);
		const char *log = fleet_log(fleet);
		assert_non_null(strstr(log, "lost Protocol: an answer of the agent cannot be understood: "));
		assert_non_null(strstr(log, cases[i].why));
		assert_null(strstr(log, " answer Stop"));
		assert_null(strstr(log, " status ")); /* nothing after it is believed */
	}
}

static void test_agents__a_line_over_the_limit_may_have_been_the_answer__Y4(void **state)
{
	struct fleet *fleet = *state;
	size_t size = (17u << 20) + 1;
	char *block = hv_alloc(size + 1);
	memset(block, 'x', size);
	block[size - 1] = '\n';
	fleet_up(fleet, 1);
	fleet_say(fleet, 1, block);
	fleet_say(fleet, 1, "{\"event\":\"HostStatus\",\"body\":{\"freeBytes\":1,\"storageUp\":true}}\n");
	fleet_turn(fleet);
	assert_string_equal(fleet_log(fleet), "1 noise a line that is too long\n1 status 1 up\n");
	assert_int_equal(send_stop(fleet, 1), HV_OK);
	fleet_say(fleet, 1, block);
	fleet_turn(fleet);
	assert_string_equal(fleet_log(fleet), "1 noise a line that is too long\n1 lost Protocol: an answer of "
					      "the agent cannot be understood: the line is too long\n");
	free(block);
}

static void test_agents__three_answers_not_understood_in_a_row_wait_a_minute(void **state)
{
	struct fleet *fleet = *state;
	agents_add(fleet->agents, 1);
	for (int strike = 1; strike <= 3; strike++) {
		fleet_turn(fleet);
		fleet_say(fleet, 1, HELLO);
		fleet_turn(fleet);
		assert_int_equal(send_stop(fleet, 1), HV_OK);
		char *answer = hv_sprintf("{\"id\":%d,\"answer\":\"StopAnswer\"}\n", strike);
		fleet_say(fleet, 1, answer);
		free(answer);
		fleet_turn(fleet);
		assert_false(agents_is_up(fleet->agents, 1));
		int64_t wait = agents_deadline_us(fleet->agents) - fleet->now_us;
		assert_true(strike < 3 ? wait <= 4 * HV_SECOND_US : wait >= 45 * HV_SECOND_US);
		fleet_pass(fleet, wait - 1);
		fleet->now_us++;
	}
}

static void test_agents__garbage_that_never_ends_is_a_loss(void **state)
{
	struct fleet *fleet = *state;
	fleet_up(fleet, 1);
	for (int i = 0; i < 2500; i++) {
		fleet_say(fleet, 1, "garbage\n");
	}
	fleet_turn(fleet);
	const char *log = fleet_log(fleet);
	assert_non_null(strstr(log, "1 lost Protocol: the agent sends nothing but noise\n"));
	int lines = 0;
	for (const char *p = log; (p = strstr(p, "noise garbage")) != NULL; p++) {
		lines++;
	}
	assert_int_equal(lines, 20); /* the log is not flooded */
}

static void test_agents__an_agent_that_starts_again_is_lost_first(void **state)
{
	struct fleet *fleet = *state;
	fleet_up(fleet, 1);
	assert_int_equal(send_stop(fleet, 1), HV_OK);
	fleet_say(fleet, 1, HELLO);
	fleet_turn(fleet);
	assert_string_equal(fleet_log(fleet), "1 lost Unreachable: the agent started again\n");
}

static void test_agents__what_was_in_flight_is_gone_after_a_loss__Y4(void **state)
{
	struct fleet *fleet = *state;
	fleet_up(fleet, 1);
	assert_int_equal(send_stop(fleet, 1), HV_OK);
	fleet_say(fleet, 1, "{\"id\":1,\"answer\":\"StopAnswer\",\"result\":tr"); /* half a line */
	fleet_end(fleet, 1, "the agent was ended by signal 9 (Killed)");
	fleet_turn(fleet);
	assert_string_equal(
		fleet_log(fleet), "1 lost Unreachable: the agent was ended by signal 9 (Killed)\n");
	assert_int_equal(send_stop(fleet, 1), HV_ERR_UNREACHABLE);
	fleet_pass(fleet, HV_SECOND_US);
	fleet_say(fleet, 1, HELLO "{\"id\":1,\"answer\":\"StopAnswer\",\"result\":true,\"body\":{}}\n");
	fleet_turn(fleet);
	assert_non_null(strstr(fleet_log(fleet), "1 noise it answers nothing that was asked"));
	assert_true(agents_is_up(fleet->agents, 1));
}

static void test_agents__answers_before_the_end_are_heard(void **state)
{
	struct fleet *fleet = *state;
	fleet_up(fleet, 1);
	assert_int_equal(send_stop(fleet, 1), HV_OK);
	fleet_say(fleet, 1, "{\"id\":1,\"answer\":\"StopAnswer\",\"result\":true,\"body\":{}}\n");
	fleet_end(fleet, 1, "the agent ended");
	fleet_turn(fleet);
	assert_string_equal(
		fleet_log(fleet), "1 answer StopAnswer yes\n1 lost Unreachable: the agent ended\n");
}

/* ---- the set ---- */

static void send_from_within(struct fleet *fleet, int64_t host_id)
{
	(void)host_id;
	assert_int_equal(send_stop(fleet, 1), HV_OK);
	assert_int_equal(send_stop(fleet, 2), HV_OK);
	agents_add(fleet->agents, 3);
	fleet->on_answer = NULL;
}

static void test_agents__callbacks_may_send_and_add(void **state)
{
	struct fleet *fleet = *state;
	fleet_up(fleet, 1);
	fleet_up(fleet, 2);
	assert_int_equal(send_stop(fleet, 1), HV_OK);
	fleet->on_answer = send_from_within;
	fleet_say(fleet, 1,
		"{\"id\":1,\"answer\":\"StopAnswer\",\"result\":true,\"body\":{}}\n"
		"{\"id\":2,\"answer\":\"StopAnswer\",\"result\":true,\"body\":{}}\n");
	fleet_turn(fleet);
	assert_int_equal(count_sent(fleet, 1, "StopCommand"), 2);
	assert_int_equal(count_sent(fleet, 2, "StopCommand"), 1);
	assert_string_equal(
		fleet_log(fleet), "1 answer StopAnswer yes\n1 answer StopAnswer yes\n3 connecting\n");
}

static void remove_from_within(struct fleet *fleet, int64_t host_id)
{
	agents_remove(fleet->agents, host_id);
	agents_remove(fleet->agents, 2);
	assert_false(agents_is_up(fleet->agents, 2));
}

static void test_agents__a_host_may_be_removed_from_within_a_callback(void **state)
{
	struct fleet *fleet = *state;
	fleet_up(fleet, 1);
	fleet_up(fleet, 2);
	fleet->on_lost = remove_from_within;
	fleet_end(fleet, 1, "gone");
	fleet_say(fleet, 2, "noise\n");
	fleet_turn(fleet);
	assert_null(fleet->open[1]);
	assert_null(fleet->open[2]);
	assert_string_equal(fleet_log(fleet), "1 lost Unreachable: gone\n");
	assert_int_equal(agents_deadline_us(fleet->agents), HV_NEVER);
	fleet->on_lost = NULL;
	fleet_up(fleet, 2); /* and come back */
}

static void test_agents__remove_says_quit_and_forgets(void **state)
{
	struct fleet *fleet = *state;
	fleet_up(fleet, 1);
	agents_remove(fleet->agents, 1);
	agents_remove(fleet->agents, 1);
	assert_int_equal(count_sent(fleet, 1, "{\"id\":1,\"command\":\"QuitCommand\"}\n"), 1);
	assert_int_equal(fleet->closes, 1);
	assert_null(fleet->open[1]);
	fleet_turn(fleet);
	assert_int_equal(fleet->opens[1], 1);
}

static void test_agents__the_same_seed_gives_the_same_history(void **state)
{
	char *first = NULL;
	(void)state;
	for (int run = 0; run < 2; run++) {
		struct fleet *fleet = hv_alloc(sizeof *fleet);
		struct hv_text history = HV_TEXT_INIT;
		fleet_init(fleet);
		fleet->refuse = true;
		for (int64_t host = 1; host < 6; host++) {
			agents_add(fleet->agents, host);
		}
		for (int i = 0; i < 100; i++) {
			fleet->now_us = agents_deadline_us(fleet->agents) > fleet->now_us
						? agents_deadline_us(fleet->agents)
						: fleet->now_us;
			fleet_turn(fleet);
			hv_text_printf(&history, "%lld ", (long long)fleet->now_us);
			hv_text_puts(&history, fleet_log(fleet));
		}
		fleet_clear(fleet);
		free(fleet);
		if (first) {
			assert_string_equal(first, history.bytes);
		}
		free(first);
		first = hv_text_detach(&history);
	}
	free(first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_agents__a_host_is_ready_when_it_says_so),
		TEST(test_agents__lines_before_ready_are_noise_and_printable),
		TEST(test_agents__endless_noise_before_ready_is_garbage),
		TEST(test_agents__a_line_without_end_before_ready_is_garbage),
		TEST(test_agents__a_host_that_never_gets_ready_is_lost_with_its_last_words),
		TEST(test_agents__a_transport_that_cannot_be_opened_is_a_loss),
		TEST(test_agents__back_off_doubles_and_is_forgotten_after_half_a_minute_up),
		TEST(test_agents__retry_now_does_not_wait),
		TEST(test_agents__a_quiet_agent_is_asked_and_a_silent_one_is_lost__U3),
		TEST(test_agents__any_byte_is_a_sign_of_life),
		TEST(test_agents__ping_answers_go_to_nobody),
		TEST(test_agents__a_talkative_agent_hears_from_us_too),
		TEST(test_agents__an_agent_that_reads_nothing_is_silent_as_well),
		TEST(test_agents__pings_of_many_hosts_fall_together),
		TEST(test_agents__answers_find_their_commands_in_any_order),
		TEST(test_agents__events_reach_the_listener),
		TEST(test_agents__broken_events_and_stray_lines_are_noise),
		TEST(test_agents__an_answer_that_cannot_be_understood_ends_the_connection__Y4),
		TEST(test_agents__a_line_over_the_limit_may_have_been_the_answer__Y4),
		TEST(test_agents__three_answers_not_understood_in_a_row_wait_a_minute),
		TEST(test_agents__garbage_that_never_ends_is_a_loss),
		TEST(test_agents__an_agent_that_starts_again_is_lost_first),
		TEST(test_agents__what_was_in_flight_is_gone_after_a_loss__Y4),
		TEST(test_agents__answers_before_the_end_are_heard),
		TEST(test_agents__callbacks_may_send_and_add),
		TEST(test_agents__a_host_may_be_removed_from_within_a_callback),
		TEST(test_agents__remove_says_quit_and_forgets),
		cmocka_unit_test(test_agents__the_same_seed_gives_the_same_history),
	};
	return cmocka_run_group_tests_name("agent/agents", tests, NULL, NULL);
}
