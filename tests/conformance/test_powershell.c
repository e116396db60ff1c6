/* What only the PowerShell agent has to get right: settings that it borrows, names that come late, hosts that refuse it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "tests/conformance/scene.h"

static const struct subject *subject;

static int setup(void **state)
{
	static struct scene scene;
	scene_open(&scene, subject);
	*state = &scene;
	return 0;
}

static int teardown(void **state)
{
	scene_close(*state);
	return 0;
}

static int end(void **state)
{
	(void)state;
	scenes_end();
	return 0;
}

static void restart(struct scene *s)
{
	(void)talk_close(&s->agent);
	scene_start_agent(s);
}

static const char *problem_of(struct scene *s)
{
	const json_t *problem = json_object_get(json_object_get(s->ready, "host"), "problem");
	const char *code = json_string_value(json_object_get(problem, "code"));
	return code ? code : "";
}

static void test_create__cut_between_making_and_naming_is_named_by_the_next_agent__Y2(void **state)
{
	struct scene *s = *state;
	const char *operation = fresh_operation(s);
	hand_fault("die-unnamed", true);
	int64_t id = scene_send(s, "CreateVMSnapshotCommand", operation, 1, target_body(s, "db", "late name", "DiskAndMemory"));
	assert_null(scene_hear_answer(s, id));
	restart(s);
	id = scene_send(s, "CreateVMSnapshotCommand", operation, 1, target_body(s, "db", "late name", "DiskAndMemory"));
	const json_t *answer = scene_answer(s, id);
	assert_well(answer);
	assert_string_equal(tree_of(answer), "late name(*)");
}

static void test_setting__that_a_dead_agent_left_is_given_back_by_the_next_one_unasked(void **state)
{
	struct scene *s = *state;
	hand_fault("die-created", true);
	int64_t id = scene_send(s, "CreateVMSnapshotCommand", fresh_operation(s), 1, target_body(s, "db", "a", "Disk"));
	assert_null(scene_hear_answer(s, id));
	assert_string_equal(hand_checkpoint_type("db"), "ProductionOnly");
	restart(s);
	/* it is given back beside the commands: soon, not before the first answer */
	for (int asked = 0; asked < 100 && strcmp(hand_checkpoint_type("db"), "Production") != 0; asked++) {
		assert_well(ask(s, "GetInventoryCommand", json_object()));
	}
	assert_string_equal(hand_checkpoint_type("db"), "Production");
}

static void test_ready__says_that_rights_are_missing_and_commands_say_it_too(void **state)
{
	struct scene *s = *state;
	hand_fault("denied", true);
	restart(s);
	assert_string_equal(problem_of(s), "AccessDenied");
	assert_failed(ask(s, "GetInventoryCommand", json_object()), "AccessDenied");
	assert_well(ask(s, "PingCommand", json_object()));
	hand_fault("denied", false);
	restart(s);
	assert_string_equal(problem_of(s), "");
}

static void test_ready__says_that_the_module_is_missing(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *modules = hv_strdup(getenv("PSModulePath"));
	assert_int_equal(setenv("PSModulePath", "/nonexistent", 1), 0);
	restart(s);
	assert_int_equal(setenv("PSModulePath", modules, 1), 0);
	assert_string_equal(problem_of(s), "NotSupported");
	const json_t *answer = ask(s, "GetInventoryCommand", json_object());
	assert_failed(answer, "NotSupported");
	assert_non_null(strstr(json_string_value(json_object_get(answer, "details")), "Hyper-V-PowerShell"));
	restart(s);
}

static void test_events__tell_that_a_vm_has_left_the_host(void **state)
{
	struct scene *s = *state;
	size_t before = scene_heard(s);
	hand_forget("nap");
	const json_t *event = scene_event(s, before, "VmRemoved", NULL);
	assert_string_equal(json_string_value(json_object_get(json_object_get(event, "body"), "vmUuid")), vm_uuid(s, "nap"));
	assert_failed(start(s, "nap"), "VmNotFound");
}

static void test_stop__of_a_guest_that_cannot_shut_down_is_refused_and_forced_is_done(void **state)
{
	struct scene *s = *state;
	hand_set("db", "Shutdown", "False");
	const json_t *answer = stop(s, "db", false);
	assert_failed(answer, "InvalidState");
	assert_string_equal(state_of(answer), "Running");
	assert_string_equal(state_of(stop(s, "db", true)), "Stopped");
}

static void test_create__is_refused_where_checkpoints_are_disabled_on_the_host(void **state)
{
	struct scene *s = *state;
	hand_set("db", "CheckpointType", "Disabled");
	assert_failed(create(s, "db", "a", "Disk"), "InvalidState");
	assert_failed(create(s, "db", "a", "DiskAndMemory"), "InvalidState");
	assert_string_equal(hand_checkpoint_type("db"), "Disabled");
}

static void test_state__that_is_critical_is_an_error(void **state)
{
	struct scene *s = *state;
	hand_set("held", "State", "PausedCritical");
	const json_t *answer = start(s, "held");
	assert_string_equal(state_of(answer), "Error");
	assert_true(json_is_false(json_object_get(answer, "result")));
}

static void test_agent__ends_when_nobody_speaks_to_it(void **state)
{
	struct scene *s = *state;
	json_t *line;
	assert_int_equal(setenv("HVTREE_AGENT_IDLE_MS", "1500", 1), 0);
	restart(s);
	assert_int_equal(unsetenv("HVTREE_AGENT_IDLE_MS"), 0);
	while ((line = talk_hear(&s->agent)) != NULL) {
		json_decref(line);
	}
	assert_int_equal(talk_close(&s->agent), 3);
}

static void test_agent__ends_when_nobody_takes_what_it_says(void **state)
{
	struct scene *s = *state;
	assert_int_equal(setenv("HVTREE_AGENT_IDLE_MS", "1500", 1), 0);
	restart(s);
	assert_int_equal(unsetenv("HVTREE_AGENT_IDLE_MS"), 0);
	/* more than a pipe holds, and the agent neither hears nor says anything then */
	for (int i = 0; i < 400; i++) {
		(void)scene_send(s, "QueryOperationCommand", NULL, 0,
			json_pack("{s:s, s:s}", "operation", fresh_operation(s), "command", "StartCommand"));
		(void)scene_send(s, "GetInventoryCommand", NULL, 0, json_object());
	}
	assert_int_equal(talk_wait(&s->agent), 3);
}

static long calls_so_far(void)
{
	const char *const words[] = {"calls", "all", NULL};
	return atol(hand_order(words));
}

static void test_looking__asks_the_host_only_about_vms_that_have_changed(void **state)
{
	enum { OTHERS = 60, CHANGES = 3 };
	struct scene *s = *state;
	for (int i = 0; i < OTHERS; i++) {
		HV_CLEANUP_FREE char *name = hv_sprintf("other%d", i);
		HV_CLEANUP_FREE char *id = hv_sprintf("00000000-0000-4000-8000-0000000000%02x", i);
		const char *const words[] = {"vm", id, name, "Running", "root", NULL};
		(void)hand_order(words);
	}
	assert_well(ask(s, "GetInventoryCommand", json_object()));
	long before = calls_so_far();
	for (int i = 0; i < CHANGES; i++) {
		size_t heard = scene_heard(s);
		hand_foreign("web", i == 0 ? "one" : i == 1 ? "two" : "three", "Standard");
		(void)scene_event(s, heard, "SnapshotsChanged", "web");
	}
	assert_true(calls_so_far() - before < OTHERS);
}

static void test_vm__of_a_failover_cluster_is_not_taken_off_the_host(void **state)
{
	struct scene *s = *state;
	hand_set("web", "Clustered", "True");
	assert_failed(scene_answer(s, scene_send(s, "DestroyCommand", fresh_operation(s), 1, vm_body(s, "web"))), "NotSupported");
	json_t *body = vm_body(s, "web");
	(void)json_object_set_new(body, "export", json_string(fresh_operation(s)));
	(void)json_object_set_new(body, "disks", json_true());
	assert_failed(scene_answer(s, scene_send(s, "ExportVmCommand", fresh_operation(s), 1, body)), "NotSupported");
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_events__tell_that_a_vm_has_left_the_host),
		TEST(test_stop__of_a_guest_that_cannot_shut_down_is_refused_and_forced_is_done),
		TEST(test_create__is_refused_where_checkpoints_are_disabled_on_the_host),
		TEST(test_state__that_is_critical_is_an_error),
		TEST(test_create__cut_between_making_and_naming_is_named_by_the_next_agent__Y2),
		TEST(test_setting__that_a_dead_agent_left_is_given_back_by_the_next_one_unasked),
		TEST(test_ready__says_that_rights_are_missing_and_commands_say_it_too),
		TEST(test_ready__says_that_the_module_is_missing),
		TEST(test_looking__asks_the_host_only_about_vms_that_have_changed),
		TEST(test_vm__of_a_failover_cluster_is_not_taken_off_the_host),
		TEST(test_agent__ends_when_nobody_speaks_to_it),
		TEST(test_agent__ends_when_nobody_takes_what_it_says),
	};
	subject = subject_named("powershell");
	if (!subject) {
		return 77;
	}
	return cmocka_run_group_tests_name("conformance/powershell", tests, NULL, end);
}
