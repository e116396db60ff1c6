/* The wire: bad input of every sort, events, the end of an agent, and faults as a client feels them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "tests/unit/sim/sim_fixture.h"

struct scene {
	struct test_host host;
	struct client client;
};

static int setup(void **state)
{
	static struct scene scene;
	test_host_open(&scene.host, NULL);
	client_open(&scene.client, &scene.host);
	*state = &scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	test_host_check(&scene->host);
	client_close(&scene->client);
	test_host_close(&scene->host);
	return 0;
}

/* A new agent, for faults that act at its start. */
static void reconnect(struct scene *s)
{
	client_close(&s->client);
	client_open(&s->client, &s->host);
}

static const json_t *ask(struct scene *s, const char *command)
{
	return client_answer(&s->client, client_send(&s->client, command, NULL, 0, json_object()));
}

static const json_t *last_line(struct scene *s)
{
	client_run_ms(&s->client, 1);
	return json_array_get(s->client.heard, json_array_size(s->client.heard) - 1);
}

static void test_ready__is_the_first_line_and_names_host_and_protocol(void **state)
{
	struct scene *s = *state;
	client_run_ms(&s->client, 1);
	const json_t *ready = json_array_get(s->client.heard, 0);
	assert_string_equal(json_string_value(json_object_get(ready, "event")), "Ready");
	assert_int_equal(json_integer_value(json_object_get(ready, "protocol")), 1);
	const json_t *host = json_object_get(ready, "host");
	assert_string_equal(json_string_value(json_object_get(host, "name")), "hv01");
	assert_int_equal(json_array_size(s->client.heard), 1);
}

static void test_inventory__tells_every_vm_and_no_event_repeats_it(void **state)
{
	struct scene *s = *state;
	struct hv_error err;
	client_run_ms(&s->client, 1);
	assert_int_equal(sim_foreign_create(s->host.sim, "db", "theirs", NULL, &err), HV_OK);
	const json_t *body = json_object_get(ask(s, "GetInventoryCommand"), "body");
	assert_int_equal(json_array_size(json_object_get(body, "vms")), 5);
	assert_true(json_integer_value(json_object_get(body, "freeBytes")) > 0);
	assert_true(json_is_true(json_object_get(body, "storageUp")));
	client_run_ms(&s->client, 3000);
	assert_int_equal(client_count_events(&s->client, "SnapshotsChanged"), 0);
	body = json_object_get(ask(s, "HostVmStateReportCommand"), "body");
	assert_int_equal(json_array_size(json_object_get(body, "vms")), 5);
}

static void test_events__tell_foreign_changes_within_a_second__U3(void **state)
{
	struct scene *s = *state;
	struct hv_error err;
	(void)ask(s, "GetInventoryCommand");
	assert_int_equal(sim_foreign_create(s->host.sim, "db", "theirs", NULL, &err), HV_OK);
	client_run_ms(&s->client, 1000);
	assert_string_equal(tree_text(client_last_event(&s->client, "SnapshotsChanged")), "theirs(*)");
	assert_int_equal(client_count_events(&s->client, "SnapshotsChanged"), 1);
	assert_int_equal(client_count_events(&s->client, "HostStatus"), 1); /* its memory takes space */
	test_host_fault(&s->host, "storage-gone");
	client_run_ms(&s->client, 1000);
	assert_int_equal(client_count_events(&s->client, "HostStatus"), 2);
	write_disk(&s->host, "db", "k", "v"); /* a guest's own writes are nobody's business */
	client_run_ms(&s->client, 1000);
	assert_int_equal(client_count_events(&s->client, "VmStateChanged"), 0);
}

static void test_events__a_merge_that_nobody_asked_for_shows_as_activity__U3(void **state)
{
	struct scene *s = *state;
	struct hv_error err;
	assert_well(create(&s->client, "db", "a", "Disk"));
	test_host_speed(&s->host, 100);
	client_run_ms(&s->client, 500);
	client_forget(&s->client);
	assert_int_equal(sim_foreign_delete(s->host.sim, "db", "a", &err), HV_OK);
	client_run_ms(&s->client, 1500);
	const json_t *vm =
		json_object_get(json_object_get(client_last_event(&s->client, "VmStateChanged"), "body"), "vm");
	assert_string_equal(json_string_value(json_object_get(vm, "activity")), "merging disks");
	assert_true(json_integer_value(json_object_get(vm, "activityPercent")) > 0);
	client_run_ms(&s->client, 20000);
	vm = json_object_get(json_object_get(client_last_event(&s->client, "VmStateChanged"), "body"), "vm");
	assert_true(json_is_null(json_object_get(vm, "activity")));
	size_t events = client_count_events(&s->client, "VmStateChanged");
	assert_in_range(events, 3, 12); /* once a second, and at its two ends */
}

/* --- bad input ------------------------------------------------------------------------------------------------- */

static void test_bad_line__is_answered_and_changes_nothing(void **state)
{
	static const struct {
		const char *line, *answer, *code;
		int id; /* -1: null */
	} lines[] = {
		{"junk", "ErrorAnswer", "BadBody", -1},
		{"[1]", "ErrorAnswer", "BadBody", -1},
		{"{\"id\":\"7\",\"command\":\"PingCommand\"}", "ErrorAnswer", "BadBody", -1},
		{"{\"id\":7}", "ErrorAnswer", "BadBody", 7},
		{"{\"id\":7,\"command\":\"Format\\u001b[31mCommand\"}", "ErrorAnswer", "UnknownCommand", 7},
		{"{\"id\":7,\"command\":\"PingCommand\",\"body\":[]}", "PingAnswer", "BadBody", 7},
		{"{\"id\":18446744073709551616,\"command\":\"PingCommand\"}", "ErrorAnswer", "BadBody", -1},
		{"{\"id\":1,\"command\":\"\xff\xfe\"}", "ErrorAnswer", "BadBody", -1},
		{"{\"id\":7,\"command\":\"StartCommand\",\"body\":{\"vmUuid\":\"x\"}}", "StartAnswer", "BadBody", 7},
		{"{\"id\":7,\"command\":\"StartCommand\",\"operation\":\"0a0a0a0a-0a0a-4a0a-8a0a-0a0a0a0a0a0a\",\"epoch\":"
		 "\"1\",\"body\":{}}",
			"StartAnswer", "BadBody", 7},
		{"{\"id\":7,\"command\":\"CreateVMSnapshotCommand\",\"operation\":\"0a0a0a0a-0a0a-4a0a-8a0a-0a0a0a0a0a0a\","
		 "\"epoch\":1,\"body\":{\"vmUuid\":\"0a0a0a0a-0a0a-4a0a-8a0a-0a0a0a0a0a0a\",\"target\":{\"snapshotName\":"
		 "\"x\",\"type\":\"Both\"}}}",
			"CreateVMSnapshotAnswer", "BadBody", 7},
		{"{\"id\":7,\"command\":\"ExportVmCommand\",\"body\":{}}", "ExportVmAnswer", "BadBody", 7},
		{"{\"id\":7,\"command\":\"QueryOperationCommand\",\"body\":{}}", "QueryOperationAnswer", "BadBody", 7},
	};
	struct scene *s = *state;
	for (size_t i = 0; i < HV_ARRAY_LEN(lines); i++) {
		client_send_line(&s->client, lines[i].line);
		const json_t *answer = last_line(s);
		assert_failed(answer, lines[i].code);
		assert_string_equal(json_string_value(json_object_get(answer, "answer")), lines[i].answer);
		const json_t *id = json_object_get(answer, "id");
		assert_true(lines[i].id < 0 ? json_is_null(id) : json_integer_value(id) == lines[i].id);
		assert_null(strchr(json_string_value(json_object_get(answer, "details")), 0x1b));
	}
	assert_well(ask(s, "PingCommand"));
}

static void test_bad_line__a_name_that_is_none_is_refused__T5(void **state)
{
	struct scene *s = *state;
	char name[102];
	memset(name, 'n', sizeof name);
	name[101] = '\0';
	assert_failed(create(&s->client, "db", name, "Disk"), "BadBody");
	assert_failed(create(&s->client, "db", "bell\a", "Disk"), "BadBody");
	assert_failed(create(&s->client, "db", "", "Disk"), "BadBody");
	name[100] = '\0';
	assert_well(create(&s->client, "db", name, "Disk"));
	assert_well(create(&s->client, "db", "[a]*? '\"\\; $(x) \xe2\x86\x92 \xf0\x9f\x92\xbe", "Disk"));
}

static void test_bad_line__one_that_is_too_long_is_answered_once_and_skipped(void **state)
{
	struct scene *s = *state;
	size_t size = (size_t)1 << 20;
	char *bytes = hv_alloc(size);
	memset(bytes, ' ', size);
	client_run_ms(&s->client, 1);
	for (int i = 0; i < 40; i++) {
		sim_session_feed(s->client.session, bytes, size);
	}
	free(bytes);
	client_send_line(&s->client, "");
	assert_failed(last_line(s), "LineTooLong");
	assert_int_equal(json_array_size(s->client.heard), 2);
	assert_well(ask(s, "PingCommand"));
}

static void test_line__may_come_byte_by_byte_and_end_in_crlf(void **state)
{
	static const char line[] = "{\"id\":1,\"command\":\"PingCommand\",\"unknown\":[{}]}\r\n\r\n";
	struct scene *s = *state;
	for (size_t i = 0; i + 1 < sizeof line; i++) {
		sim_session_feed(s->client.session, &line[i], 1);
		sim_session_pump(s->client.session);
	}
	assert_well(last_line(s));
	assert_int_equal(json_array_size(s->client.heard), 2);
}

/* --- the end --------------------------------------------------------------------------------------------------- */

static void test_end__comes_with_quit_with_the_end_of_input_and_after_idling(void **state)
{
	struct scene *s = *state;
	assert_well(ask(s, "QuitCommand"));
	assert_int_equal(sim_session_state(s->client.session), SIM_SESSION_ENDED);
	reconnect(s);
	sim_session_end_of_input(s->client.session);
	client_run_ms(&s->client, 1);
	assert_int_equal(sim_session_state(s->client.session), SIM_SESSION_ENDED);
	reconnect(s);
	client_run_ms(&s->client, 89000);
	assert_int_equal(sim_session_state(s->client.session), SIM_SESSION_LIVES);
	client_run_ms(&s->client, 2000);
	assert_int_equal(sim_session_state(s->client.session), SIM_SESSION_ENDED);
}

/* --- faults ---------------------------------------------------------------------------------------------------- */

static void test_fault__latency_delays_every_line_each_way(void **state)
{
	struct scene *s = *state;
	client_run_ms(&s->client, 1);
	test_host_fault(&s->host, "latency:300");
	int64_t before = s->host.now_us;
	assert_well(ask(s, "PingCommand"));
	assert_in_range(s->host.now_us - before, 600000, 650000);
}

static void test_fault__late_delays_one_answer_and_others_pass_it(void **state)
{
	struct scene *s = *state;
	test_host_fault(&s->host, "late:Ping:5000");
	int late = client_send(&s->client, "PingCommand", NULL, 0, json_object());
	int next = client_send(&s->client, "PingCommand", NULL, 0, json_object());
	client_run_ms(&s->client, 100);
	assert_null(client_heard_answer(&s->client, late));
	assert_well(client_heard_answer(&s->client, next));
	client_run_ms(&s->client, 5000);
	assert_well(client_heard_answer(&s->client, late));
}

static void test_fault__false_fails_without_doing_it_as_often_as_it_says(void **state)
{
	struct scene *s = *state;
	test_host_fault(&s->host, "false:CreateVMSnapshot:AccessDeniedx2");
	assert_failed(create(&s->client, "db", "a", "Disk"), "AccessDenied");
	assert_failed(create(&s->client, "db", "a", "Disk"), "AccessDenied");
	const json_t *answer = create(&s->client, "db", "a", "Disk");
	assert_well(answer);
	assert_string_equal(tree_text(answer), "a(*)");
}

static void test_fault__garbage_stands_before_ready_and_once_after_it(void **state)
{
	struct scene *s = *state;
	test_host_fault(&s->host, "garbage");
	reconnect(s);
	client_run_ms(&s->client, 1);
	assert_true(json_array_size(s->client.heard) >= 4);
	assert_true(json_is_string(json_array_get(s->client.heard, 0)));
	assert_non_null(client_last_event(&s->client, "Ready"));
	assert_true(json_is_string(last_line(s)));
	assert_well(ask(s, "PingCommand"));
}

static void test_fault__silent_and_down_say_nothing(void **state)
{
	struct scene *s = *state;
	test_host_fault(&s->host, "silent");
	reconnect(s);
	(void)client_send(&s->client, "PingCommand", NULL, 0, json_object());
	client_run_ms(&s->client, 1000);
	assert_int_equal(json_array_size(s->client.heard), 0);
	assert_int_equal(sim_session_state(s->client.session), SIM_SESSION_LIVES);
	test_host_clear_fault(&s->host, NULL);
	assert_well(ask(s, "PingCommand"));
	test_host_fault(&s->host, "down"); /* takes the link away, and the next one with it */
	client_run_ms(&s->client, 1000);
	assert_int_equal(sim_session_state(s->client.session), SIM_SESSION_DROPPED);
	reconnect(s);
	assert_int_equal(sim_session_state(s->client.session), SIM_SESSION_DOWN);
	test_host_clear_fault(&s->host, "down");
}

static void test_fault__specs_are_checked_listed_and_cleared(void **state)
{
	static const char *const wrong[] = {"", "nonsense", "late:Ping", "late:Ping:soon", "drop-before", "false:Ping:Odd",
		"die-mid:Stop:sometimes", "drop-before:Nothing", "latency", "down:1", "drop-after:Pingx0", "vss:Ping"};
	struct scene *s = *state;
	struct hv_error err;
	struct hv_text text = HV_TEXT_INIT;
	for (size_t i = 0; i < HV_ARRAY_LEN(wrong); i++) {
		assert_int_equal(sim_fault_set(s->host.sim, wrong[i], &err), HV_ERR_INVALID);
	}
	test_host_fault(&s->host, "late:PingCommand:10x3");
	test_host_fault(&s->host, "die-mid:Stop");
	test_host_fault(&s->host, "drop-after:*");
	test_host_fault(&s->host, "latency:5");
	test_host_fault(&s->host, "latency:7");
	assert_int_equal(sim_fault_list(s->host.sim, &text, &err), HV_OK);
	assert_string_equal(hv_text_get(&text),
		"late:PingCommand:10x3\ndie-mid:StopCommand:appliedx1\ndrop-after:*x1\nlatency:7\n");
	hv_text_clear(&text);
	test_host_clear_fault(&s->host, "late");
	test_host_clear_fault(&s->host, "die-mid:Stop");
	assert_int_equal(sim_fault_list(s->host.sim, &text, &err), HV_OK);
	assert_string_equal(hv_text_get(&text), "drop-after:*x1\nlatency:7\n");
	hv_text_clear(&text);
	test_host_clear_fault(&s->host, NULL);
	assert_int_equal(sim_fault_list(s->host.sim, &text, &err), HV_OK);
	assert_string_equal(hv_text_get(&text), "");
	hv_text_clear(&text);
}

int main(void)
{
#define RULE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		RULE(test_ready__is_the_first_line_and_names_host_and_protocol),
		RULE(test_inventory__tells_every_vm_and_no_event_repeats_it),
		RULE(test_events__tell_foreign_changes_within_a_second__U3),
		RULE(test_events__a_merge_that_nobody_asked_for_shows_as_activity__U3),
		RULE(test_bad_line__is_answered_and_changes_nothing),
		RULE(test_bad_line__a_name_that_is_none_is_refused__T5),
		RULE(test_bad_line__one_that_is_too_long_is_answered_once_and_skipped),
		RULE(test_line__may_come_byte_by_byte_and_end_in_crlf),
		RULE(test_end__comes_with_quit_with_the_end_of_input_and_after_idling),
		RULE(test_fault__latency_delays_every_line_each_way),
		RULE(test_fault__late_delays_one_answer_and_others_pass_it),
		RULE(test_fault__false_fails_without_doing_it_as_often_as_it_says),
		RULE(test_fault__garbage_stands_before_ready_and_once_after_it),
		RULE(test_fault__silent_and_down_say_nothing),
		RULE(test_fault__specs_are_checked_listed_and_cleared),
	};
	return cmocka_run_group_tests_name("sim/protocol", tests, NULL, NULL);
}
