/*
 * Nothing happens twice and nothing is lost: the journal, agents that die at every step, and two agents on one file
 * (Y1-Y4, X1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/sim/sim_fixture.h"

struct scene {
	struct test_host host;
	struct client client;
};

static const char operation[] = "0a0a0a0a-0a0a-4a0a-8a0a-0a0a0a0a0a0a";

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

static bool is_replayed(const json_t *answer)
{
	return json_is_true(json_object_get(answer, "replayed"));
}

static int send_create(struct client *client, int64_t epoch, const char *type)
{
	return client_send(client, "CreateVMSnapshotCommand", operation, epoch, target_body("db", "a", type, NULL));
}

static void test_journal__a_repeated_create_makes_no_second_checkpoint__Y2(void **state)
{
	struct scene *s = *state;
	const json_t *first = client_answer(&s->client, send_create(&s->client, 1, "Disk"));
	assert_false(is_replayed(first));
	write_disk(&s->host, "db", "app", "since then");
	const json_t *second = client_answer(&s->client, send_create(&s->client, 1, "Disk"));
	assert_well(second);
	assert_true(is_replayed(second));
	assert_string_equal(tree_text(second), "a(*)");
	assert_true(json_equal(json_object_get(json_object_get(first, "body"), "vmSnapshotTo"),
		json_object_get(json_object_get(second, "body"), "vmSnapshotTo")));
}

static void test_journal__a_repeated_revert_throws_nothing_away__Y2(void **state)
{
	struct scene *s = *state;
	assert_well(create(&s->client, "db", "a", "DiskAndMemory"));
	json_t *body = target_body("db", "a", "DiskAndMemory", NULL);
	assert_well(client_answer(&s->client,
		client_send(&s->client, "RevertToVMSnapshotCommand", operation, 1, json_incref(body))));
	write_disk(&s->host, "db", "app", "work done after it");
	const json_t *again =
		client_answer(&s->client, client_send(&s->client, "RevertToVMSnapshotCommand", operation, 1, body));
	assert_true(is_replayed(again));
	assert_string_equal(disk_of(&s->host, "db", "app"), "work done after it");
}

static void test_journal__a_replayed_answer_tells_the_vm_as_it_is_now__Y2(void **state)
{
	struct scene *s = *state;
	assert_well(client_answer(&s->client, send_create(&s->client, 1, "Disk")));
	assert_well(create(&s->client, "db", "b", "Disk"));
	assert_string_equal(tree_text(client_answer(&s->client, send_create(&s->client, 1, "Disk"))), "a(b(*))");
}

static void test_journal__failed_answers_are_kept_as_well__Y2(void **state)
{
	struct scene *s = *state;
	test_host_fault(&s->host, "vss");
	assert_failed(client_answer(&s->client, send_create(&s->client, 1, "Disk")), "QuiesceFailed");
	test_host_clear_fault(&s->host, "vss");
	const json_t *again = client_answer(&s->client, send_create(&s->client, 2, "Disk"));
	assert_failed(again, "QuiesceFailed");
	assert_true(is_replayed(again));
	assert_string_equal(tree_text(again), "*");
}

static void test_journal__a_smaller_epoch_is_fenced__Y2(void **state)
{
	struct scene *s = *state;
	assert_well(client_answer(&s->client, send_create(&s->client, 5, "Disk")));
	assert_failed(client_answer(&s->client, send_create(&s->client, 4, "Disk")), "Fenced");
	assert_well(client_answer(&s->client, send_create(&s->client, 6, "Disk")));
	assert_failed(client_answer(&s->client, send_create(&s->client, 5, "Disk")), "Fenced");
	assert_failed(client_answer(&s->client, client_send(&s->client, "StartCommand", operation, 1, vm_body("web"))),
		"Fenced");
}

static const json_t *query(struct client *client, const char *command)
{
	json_t *body = json_pack("{s:s, s:s}", "operation", operation, "command", command);
	return json_object_get(client_answer(client, client_send(client, "QueryOperationCommand", NULL, 0, body)), "body");
}

static void test_journal__query_tells_unknown_running_and_done__Y1(void **state)
{
	struct scene *s = *state;
	const char *command = "CreateVMSnapshotCommand";
	assert_string_equal(json_string_value(json_object_get(query(&s->client, command), "state")), "unknown");
	test_host_speed(&s->host, 100);
	int id = send_create(&s->client, 1, "Disk");
	client_run_ms(&s->client, 10);
	const json_t *body = query(&s->client, command);
	assert_string_equal(json_string_value(json_object_get(body, "state")), "running");
	assert_null(json_object_get(body, "answer"));
	assert_well(client_answer(&s->client, id));
	body = query(&s->client, command);
	assert_string_equal(json_string_value(json_object_get(body, "state")), "done");
	const json_t *recorded = json_object_get(body, "answer");
	assert_string_equal(json_string_value(json_object_get(recorded, "answer")), "CreateVMSnapshotAnswer");
	assert_well(recorded);
	assert_string_equal(tree_text(recorded), "a(*)");
}

/* --- agents that die ------------------------------------------------------------------------------------------- */

struct death {
	const char *fault;
	const char *command;
	const char *type;
};
static const struct death deaths[] = {
	{"die-mid:CreateVMSnapshot:intent", "CreateVMSnapshotCommand", "DiskAndMemory"},
	{"die-mid:CreateVMSnapshot:running", "CreateVMSnapshotCommand", "DiskAndMemory"},
	{"die-mid:CreateVMSnapshot:applied", "CreateVMSnapshotCommand", "DiskAndMemory"},
	{"drop-before:CreateVMSnapshot", "CreateVMSnapshotCommand", "DiskAndMemory"},
	{"drop-after:CreateVMSnapshot", "CreateVMSnapshotCommand", "DiskAndMemory"},
	{"die-mid:RevertToVMSnapshot:intent", "RevertToVMSnapshotCommand", "DiskAndMemory"},
	{"die-mid:RevertToVMSnapshot:running", "RevertToVMSnapshotCommand", "DiskAndMemory"},
	{"die-mid:RevertToVMSnapshot:applied", "RevertToVMSnapshotCommand", "DiskAndMemory"},
	{"drop-before:RevertToVMSnapshot", "RevertToVMSnapshotCommand", "DiskAndMemory"},
	{"drop-after:RevertToVMSnapshot", "RevertToVMSnapshotCommand", "DiskAndMemory"},
	{"die-mid:DeleteVMSnapshot:intent", "DeleteVMSnapshotCommand", "Disk"},
	{"die-mid:DeleteVMSnapshot:running", "DeleteVMSnapshotCommand", "Disk"},
	{"die-mid:DeleteVMSnapshot:applied", "DeleteVMSnapshotCommand", "Disk"},
	{"drop-after:DeleteVMSnapshot", "DeleteVMSnapshotCommand", "Disk"},
	{"die-mid:Start:intent", "StartCommand", "Disk"},
	{"die-mid:Start:running", "StartCommand", "Disk"},
	{"die-mid:Start:applied", "StartCommand", "Disk"},
	{"die-mid:Stop:intent", "StopCommand", "Disk"},
	{"die-mid:Stop:running", "StopCommand", "Disk"},
	{"die-mid:Stop:applied", "StopCommand", "Disk"},
};

/* What the host must hold at the end, whatever died on the way; "first" was made before, "second" is what is made. */
static void assert_outcome(struct scene *s, const char *command, const json_t *answer)
{
	assert_well(answer);
	if (strcmp(command, "CreateVMSnapshotCommand") == 0) {
		assert_string_equal(tree_text(answer), "first(second(*))");
		assert_string_equal(disk_of(&s->host, "db", "app"), "now");
	} else if (strcmp(command, "RevertToVMSnapshotCommand") == 0) {
		assert_string_equal(tree_text(answer), "first(*)");
		assert_string_equal(vm_state(answer), "Running");
		assert_string_equal(disk_of(&s->host, "db", "app"), "first");
		assert_string_equal(memory_of(&s->host, "db", "pid"), "1");
	} else if (strcmp(command, "DeleteVMSnapshotCommand") == 0) {
		assert_string_equal(tree_text(answer), "*");
		assert_string_equal(disk_of(&s->host, "db", "app"), "now");
	} else {
		assert_string_equal(vm_state(answer), strcmp(command, "StopCommand") == 0 ? "Stopped" : "Running");
		assert_string_equal(disk_of(&s->host, "db", "app"), "now");
	}
}

static void play_death(struct scene *s, const struct death *death, int64_t speed)
{
	const char *name = strcmp(death->command, "CreateVMSnapshotCommand") == 0 ? "second" : "first";
	write_disk(&s->host, "db", "app", "first");
	write_memory(&s->host, "db", "pid", "1");
	assert_well(create(&s->client, "db", "first", "DiskAndMemory"));
	write_disk(&s->host, "db", "app", "now");
	write_memory(&s->host, "db", "pid", "2");
	if (strcmp(death->command, "StartCommand") == 0) {
		assert_well(stop(&s->client, "db", true));
	}
	test_host_speed(&s->host, speed);
	test_host_fault(&s->host, death->fault);
	(void)client_send(
		&s->client, death->command, operation, 1, target_body("db", name, death->type, NULL));
	client_run_ms(&s->client, 20000);
	enum sim_session_end end = sim_session_state(s->client.session);
	assert_int_equal(end, strncmp(death->fault, "die", 3) == 0 ? SIM_SESSION_DIED : SIM_SESSION_DROPPED);
	client_kill(&s->client);
	test_host_check(&s->host);
	client_open(&s->client, &s->host);
	int id = client_send(
		&s->client, death->command, operation, 2, target_body("db", name, death->type, NULL));
	assert_outcome(s, death->command, client_answer(&s->client, id));
	id = client_send(&s->client, death->command, operation, 2, target_body("db", name, death->type, NULL));
	const json_t *replayed = client_answer(&s->client, id);
	assert_true(is_replayed(replayed));
	assert_outcome(s, death->command, replayed);
	test_host_check(&s->host);
}

static void test_death__of_the_agent_at_every_step_ends_as_if_it_had_lived__Y2_Y3(void **state)
{
	static const int64_t speeds[] = {0, 100};
	struct scene *s = *state;
	for (size_t i = 0; i < 2 * sizeof deaths / sizeof deaths[0]; i++) {
		teardown(state);
		setup(state);
		play_death(s, &deaths[i / 2], speeds[i % 2]);
	}
}

static void test_death__a_revert_that_was_applied_is_only_started__Y2(void **state)
{
	struct scene *s = *state;
	write_memory(&s->host, "db", "pid", "1");
	assert_well(create(&s->client, "db", "a", "DiskAndMemory"));
	test_host_fault(&s->host, "die-mid:RevertToVMSnapshot");
	(void)client_send(&s->client, "RevertToVMSnapshotCommand", operation, 1,
		target_body("db", "a", "DiskAndMemory", NULL));
	client_run_ms(&s->client, 1000);
	client_kill(&s->client);
	client_open(&s->client, &s->host);
	assert_well(start(&s->client, "db")); /* somebody does not wait for the console */
	write_memory(&s->host, "db", "pid", "2");
	write_disk(&s->host, "db", "app", "worked on");
	assert_well(client_answer(&s->client, client_send(&s->client, "RevertToVMSnapshotCommand", operation, 1,
							   target_body("db", "a", "DiskAndMemory", NULL))));
	assert_string_equal(memory_of(&s->host, "db", "pid"), "2");
	assert_string_equal(disk_of(&s->host, "db", "app"), "worked on");
}

static void test_death__a_merge_goes_on_without_the_agent__D1(void **state)
{
	struct scene *s = *state;
	write_disk(&s->host, "db", "app", "1");
	assert_well(create(&s->client, "db", "a", "Disk"));
	write_disk(&s->host, "db", "app", "2");
	test_host_speed(&s->host, 100);
	(void)client_send(
		&s->client, "DeleteVMSnapshotCommand", operation, 1, target_body("db", "a", "Disk", NULL));
	client_run_ms(&s->client, 1500);
	client_kill(&s->client);
	s->host.now_us += 30 * HV_SECOND_US;
	test_host_check(&s->host);
	client_open(&s->client, &s->host);
	int id = client_send(
		&s->client, "DeleteVMSnapshotCommand", operation, 1, target_body("db", "a", "Disk", NULL));
	client_run_ms(&s->client, 1);
	assert_non_null(client_heard_answer(&s->client, id)); /* nothing is left to wait for */
	assert_string_equal(disk_of(&s->host, "db", "app"), "2");
}

/* --- two agents ------------------------------------------------------------------------------------------------ */

static const json_t *answer_of_two(struct client *asked, struct client *other, int id)
{
	for (int i = 0; i < 2000 && !client_heard_answer(asked, id); i++) {
		client_run_ms(other, 10);
		client_run_ms(asked, 10);
	}
	const json_t *answer = client_heard_answer(asked, id);
	assert_non_null(answer);
	return answer;
}

static void test_two_agents__never_act_on_one_vm_together__X1(void **state)
{
	struct scene *s = *state;
	struct client other;
	client_open(&other, &s->host);
	test_host_speed(&s->host, 100);
	int first = client_send(&s->client, "CreateVMSnapshotCommand", new_operation(&s->host), 1,
		target_body("db", "one", "Disk", NULL));
	client_run_ms(&s->client, 10);
	int second = client_send(&other, "CreateVMSnapshotCommand", new_operation(&s->host), 1,
		target_body("db", "two", "Disk", NULL));
	int elsewhere = client_send(&other, "CreateVMSnapshotCommand", new_operation(&s->host), 1,
		target_body("web", "three", "Disk", NULL));
	for (int i = 0; i < 80; i++) { /* 0.8 s: less than any create takes */
		client_run_ms(&other, 5);
		client_run_ms(&s->client, 5);
	}
	assert_null(client_heard_answer(&other, second));
	assert_well(answer_of_two(&other, &s->client, second));
	assert_well(answer_of_two(&other, &s->client, elsewhere));
	const json_t *answer = answer_of_two(&s->client, &other, first);
	assert_string_equal(tree_text(answer), "one(*)");
	assert_string_equal(tree_text(client_heard_answer(&other, second)), "one(two(*))");
	client_close(&other);
}

static void test_two_agents__a_resent_command_waits_for_the_first_and_is_replayed__Y2(void **state)
{
	struct scene *s = *state;
	struct client other;
	client_open(&other, &s->host);
	test_host_speed(&s->host, 100);
	int first = send_create(&s->client, 1, "Disk");
	client_run_ms(&s->client, 10);
	int second = send_create(&other, 1, "Disk");
	const json_t *answer = answer_of_two(&other, &s->client, second);
	assert_true(is_replayed(answer));
	assert_string_equal(tree_text(answer), "a(*)");
	assert_false(is_replayed(answer_of_two(&s->client, &other, first)));
	client_close(&other);
}

static void test_two_agents__a_larger_epoch_takes_a_running_act_over__Y2(void **state)
{
	struct scene *s = *state;
	struct client other;
	client_open(&other, &s->host);
	test_host_speed(&s->host, 100);
	int first = send_create(&s->client, 1, "Disk");
	client_run_ms(&s->client, 10);
	int second = send_create(&other, 2, "Disk");
	client_run_ms(&other, 10);
	assert_failed(answer_of_two(&s->client, &other, first), "Fenced");
	const json_t *answer = answer_of_two(&other, &s->client, second);
	assert_well(answer);
	assert_string_equal(tree_text(answer), "a(*)");
	client_close(&other);
}

static void test_two_agents__what_a_dead_one_held_is_free__Y3(void **state)
{
	struct scene *s = *state;
	struct client other;
	client_open(&other, &s->host);
	test_host_speed(&s->host, 100);
	(void)send_create(&other, 1, "Disk");
	client_run_ms(&other, 10);
	client_kill(&other);
	const json_t *answer = create(&s->client, "db", "b", "Disk"); /* waits for the host's job, not for the dead */
	assert_well(answer);
	assert_string_equal(tree_text(answer), "a(b(*))");
}

static void test_two_agents__hear_within_a_second_what_the_other_did__U3(void **state)
{
	struct scene *s = *state;
	struct client other;
	client_open(&other, &s->host);
	client_run_ms(&other, 100);
	client_forget(&other);
	assert_well(create(&s->client, "db", "a", "Disk"));
	client_run_ms(&other, 1000);
	assert_string_equal(tree_text(client_last_event(&other, "SnapshotsChanged")), "a(*)");
	assert_int_equal(client_count_events(&other, "Progress"), 0);
	client_close(&other);
}

static void test_two_agents__the_second_is_told_busy_after_ten_minutes__X1(void **state)
{
	struct scene *s = *state;
	struct client other;
	client_open(&other, &s->host);
	assert_well(create(&s->client, "db", "a", "Disk"));
	test_host_speed(&s->host, 100);
	(void)client_send(
		&s->client, "DeleteVMSnapshotCommand", operation, 1, target_body("db", "a", "Disk", NULL));
	client_run_ms(&s->client, 800);
	test_host_fault(&s->host, "storage-gone"); /* the merge stands still, the delete waits */
	int id = client_send(&other, "StopCommand", new_operation(&s->host), 1, vm_body("db"));
	assert_failed(client_answer(&other, id), "Busy");
	test_host_clear_fault(&s->host, "storage-gone");
	client_close(&other);
}

int main(void)
{
#define RULE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		RULE(test_journal__a_repeated_create_makes_no_second_checkpoint__Y2),
		RULE(test_journal__a_repeated_revert_throws_nothing_away__Y2),
		RULE(test_journal__a_replayed_answer_tells_the_vm_as_it_is_now__Y2),
		RULE(test_journal__failed_answers_are_kept_as_well__Y2),
		RULE(test_journal__a_smaller_epoch_is_fenced__Y2),
		RULE(test_journal__query_tells_unknown_running_and_done__Y1),
		RULE(test_death__of_the_agent_at_every_step_ends_as_if_it_had_lived__Y2_Y3),
		RULE(test_death__a_revert_that_was_applied_is_only_started__Y2),
		RULE(test_death__a_merge_goes_on_without_the_agent__D1),
		RULE(test_two_agents__never_act_on_one_vm_together__X1),
		RULE(test_two_agents__a_resent_command_waits_for_the_first_and_is_replayed__Y2),
		RULE(test_two_agents__a_larger_epoch_takes_a_running_act_over__Y2),
		RULE(test_two_agents__what_a_dead_one_held_is_free__Y3),
		RULE(test_two_agents__hear_within_a_second_what_the_other_did__U3),
		RULE(test_two_agents__the_second_is_told_busy_after_ten_minutes__X1),
	};
	return cmocka_run_group_tests_name("sim/journal", tests, NULL, NULL);
}
