/*
 * The journal, death, other agents, bad lines and the end: test_life sim|powershell. An agent dies where a host's act is
 * done and nobody has been told; the next one must find out (Y2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "tests/conformance/scene.h"
#include "tests/conformance/transcript.h"

static const struct subject *subject;
static const char *subject_name;

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

static bool is_replayed(const json_t *answer)
{
	return json_is_true(json_object_get(answer, "replayed"));
}

static const json_t *send_again(struct scene *s, const char *command, const char *operation, int64_t epoch, const char *name,
	const char *type)
{
	return scene_answer(s, scene_send(s, command, operation, epoch, target_body(s, "db", name, type)));
}

static const json_t *query(struct scene *s, const char *operation, const char *command)
{
	return json_object_get(ask(s, "QueryOperationCommand", json_pack("{s:s, s:s}", "operation", operation, "command", command)),
		"body");
}

/* --- the journal ----------------------------------------------------------------------------------------------- */

static void test_journal__a_repeated_command_is_answered_and_not_done_again__Y2(void **state)
{
	struct scene *s = *state;
	const char *operation = fresh_operation(s);
	assert_well(send_again(s, "CreateVMSnapshotCommand", operation, 1, "once", "Disk"));
	const json_t *answer = send_again(s, "CreateVMSnapshotCommand", operation, 1, "once", "Disk");
	assert_well(answer);
	assert_true(is_replayed(answer));
	assert_string_equal(tree_of(answer), "once(*)");
	assert_well(revert(s, "db", "once", "Disk"));
	answer = send_again(s, "CreateVMSnapshotCommand", operation, 2, "once", "Disk");
	assert_true(is_replayed(answer));
	assert_string_equal(state_of(answer), "Stopped");
}

static void test_journal__a_failure_is_recorded_too__Y2(void **state)
{
	struct scene *s = *state;
	const char *operation = fresh_operation(s);
	assert_failed(send_again(s, "RevertToVMSnapshotCommand", operation, 1, "late", "Disk"), "SnapshotNotFound");
	assert_well(create(s, "db", "late", "Disk"));
	const json_t *answer = send_again(s, "RevertToVMSnapshotCommand", operation, 1, "late", "Disk");
	assert_failed(answer, "SnapshotNotFound");
	assert_true(is_replayed(answer));
}

static void test_journal__an_older_epoch_is_fenced_off(void **state)
{
	struct scene *s = *state;
	const char *operation = fresh_operation(s);
	assert_well(send_again(s, "CreateVMSnapshotCommand", operation, 5, "a", "Disk"));
	assert_failed(send_again(s, "CreateVMSnapshotCommand", operation, 4, "a", "Disk"), "Fenced");
	assert_failed(send_again(s, "DeleteVMSnapshotCommand", operation, 4, "a", "Disk"), "Fenced");
	assert_well(send_again(s, "CreateVMSnapshotCommand", operation, 7, "a", "Disk"));
	assert_failed(send_again(s, "CreateVMSnapshotCommand", operation, 6, "a", "Disk"), "Fenced");
}

static void test_query__tells_unknown_running_and_done(void **state)
{
	struct scene *s = *state;
	const char *operation = fresh_operation(s), *create_command = "CreateVMSnapshotCommand";
	assert_string_equal(json_string_value(json_object_get(query(s, operation, create_command), "state")), "unknown");
	hand_slow(true);
	int64_t id = scene_send(s, create_command, operation, 1, target_body(s, "db", "a", "Disk"));
	(void)scene_event(s, scene_heard(s), "Progress", NULL);
	assert_string_equal(json_string_value(json_object_get(query(s, operation, create_command), "state")), "running");
	assert_well(scene_answer(s, id));
	const json_t *body = query(s, operation, create_command);
	const json_t *answer = json_object_get(body, "answer");
	assert_string_equal(json_string_value(json_object_get(body, "state")), "done");
	assert_well(answer);
	assert_true(is_replayed(answer));
	assert_string_equal(tree_of(answer), "a(*)");
	assert_string_equal(json_string_value(json_object_get(query(s, operation, "StopCommand"), "state")), "unknown");
}

/* --- death ----------------------------------------------------------------------------------------------------- */

/* Sends, sees the agent die without an answer, and sends the same to the next one. */
static const json_t *die_and_ask_again(struct scene *s, const char *command, const char *name, const char *type)
{
	const char *operation = fresh_operation(s);
	int64_t id = scene_send(s, command, operation, 1, target_body(s, "db", name, type));
	assert_null(scene_hear_answer(s, id));
	(void)talk_close(&s->agent);
	scene_start_agent(s);
	return send_again(s, command, operation, 1, name, type);
}

static void test_death__after_a_create_finds_the_checkpoint_and_makes_no_second__Y2(void **state)
{
	struct scene *s = *state;
	hand_die_after("Create");
	const json_t *answer = die_and_ask_again(s, "CreateVMSnapshotCommand", "only", "Disk");
	assert_well(answer);
	assert_string_equal(tree_of(answer), "only(*)");
	const json_t *made = json_object_get(json_object_get(answer, "body"), "vmSnapshotTo");
	assert_string_equal(json_string_value(json_object_get(made, "checkpointId")),
		json_string_value(json_object_get(checkpoint_of(answer, "only"), "id")));
	const char *type = hand_checkpoint_type("db");
	assert_true(!type || strcmp(type, "Production") == 0);
}

static void test_death__after_a_revert_only_starts_what_was_applied__Y2_V1(void **state)
{
	struct scene *s = *state;
	hand_write("db", false, "k", "1");
	hand_write("db", true, "k", "1");
	assert_well(create(s, "db", "m", "DiskAndMemory"));
	hand_write("db", false, "k", "2");
	hand_die_after("RevertTo");
	const json_t *answer = die_and_ask_again(s, "RevertToVMSnapshotCommand", "m", "DiskAndMemory");
	assert_well(answer);
	assert_string_equal(state_of(answer), "Running");
	assert_string_equal(hand_read("db", false, "k"), "1");
	assert_string_equal(hand_read("db", true, "k"), "1");
}

static void test_death__after_a_delete_waits_for_the_merge__Y2_D1(void **state)
{
	struct scene *s = *state;
	hand_write("db", false, "k", "1");
	assert_well(create(s, "db", "a", "Disk"));
	hand_write("db", false, "k", "2");
	hand_slow(true);
	hand_die_after("Delete");
	const json_t *answer = die_and_ask_again(s, "DeleteVMSnapshotCommand", "a", "Disk");
	assert_well(answer);
	assert_string_equal(tree_of(answer), "*");
	assert_true(json_is_null(json_object_get(json_object_get(json_object_get(answer, "body"), "vm"), "activity")));
	assert_string_equal(hand_read("db", false, "k"), "2");
}

static void test_death__killed_while_the_host_works_is_finished_by_the_next__Y3(void **state)
{
	struct scene *s = *state;
	const char *operation = fresh_operation(s);
	hand_slow(true);
	size_t before = scene_heard(s);
	(void)scene_send(s, "CreateVMSnapshotCommand", operation, 1, target_body(s, "db", "a", "DiskAndMemory"));
	(void)scene_event(s, before, "Progress", NULL);
	scene_kill_agent(s);
	scene_start_agent(s);
	const json_t *answer = send_again(s, "CreateVMSnapshotCommand", operation, 2, "a", "DiskAndMemory");
	assert_well(answer);
	assert_string_equal(tree_of(answer), "a(*)");
	const char *type = hand_checkpoint_type("db");
	assert_true(!type || strcmp(type, "Production") == 0);
}

/* --- others ---------------------------------------------------------------------------------------------------- */

static void test_vms__are_worked_on_side_by_side_and_one_vm_in_turn__X1(void **state)
{
	struct scene *s = *state;
	hand_slow(true);
	size_t before = scene_heard(s);
	const char *first = fresh_operation(s), *second = fresh_operation(s);
	int64_t a = scene_send(s, "CreateVMSnapshotCommand", first, 1, target_body(s, "db", "a", "Disk"));
	int64_t b = scene_send(s, "CreateVMSnapshotCommand", fresh_operation(s), 1, target_body(s, "db", "b", "Disk"));
	int64_t w = scene_send(s, "CreateVMSnapshotCommand", second, 1, target_body(s, "web", "w", "Disk"));
	const json_t *progress = scene_event(s, before, "Progress", NULL);
	while (strcmp(json_string_value(json_object_get(progress, "operation")), second) != 0) {
		progress = scene_event(s, ++before, "Progress", NULL);
	}
	for (size_t i = 0; i < scene_heard(s); i++) {
		assert_int_not_equal(json_integer_value(json_object_get(json_array_get(s->heard, i), "id")), a);
	}
	assert_well(scene_answer(s, w));
	assert_well(scene_answer(s, a));
	const json_t *answer = scene_answer(s, b);
	assert_well(answer);
	assert_string_equal(tree_of(answer), "a(b(*))");
}

static void test_agents__two_on_one_host_do_not_act_together__Y2(void **state)
{
	struct scene *s = *state;
	const char *operation = fresh_operation(s);
	hand_slow(true);
	size_t before = scene_heard(s);
	int64_t first = scene_send(s, "CreateVMSnapshotCommand", operation, 1, target_body(s, "db", "a", "Disk"));
	(void)scene_event(s, before, "Progress", NULL);
	struct talk older = s->agent;
	scene_start_agent(s);
	int64_t again = scene_send(s, "CreateVMSnapshotCommand", operation, 1, target_body(s, "db", "a", "Disk"));
	const json_t *answer = scene_answer(s, again);
	assert_well(answer);
	assert_true(is_replayed(answer));
	assert_string_equal(tree_of(answer), "a(*)");
	(void)first;
	talk_kill(&older);
}

static void test_events__tell_what_others_did(void **state)
{
	struct scene *s = *state;
	size_t before = scene_heard(s);
	hand_foreign("web", "theirs", "Standard");
	assert_string_equal(tree_of(scene_event(s, before, "SnapshotsChanged", "web")), "theirs(*)");
	before = scene_heard(s);
	assert_well(start(s, "web"));
	const json_t *event = scene_event(s, before, "VmStateChanged", "web");
	while (strcmp(state_of(event), "Running") != 0) {
		event = scene_event(s, ++before, "VmStateChanged", "web");
	}
}

/* --- bad lines ------------------------------------------------------------------------------------------------- */

static void test_lines__that_are_no_command_are_answered_and_not_fatal(void **state)
{
	static const struct {
		const char *line, *code, *answer;
		int id; /* 0: null */
	} bad[] = {
		{"nonsense", "BadBody", "ErrorAnswer", 0},
		{"{\"id\":1", "BadBody", "ErrorAnswer", 0},
		{"[]", "BadBody", "ErrorAnswer", 0},
		{"{\"command\":\"PingCommand\"}", "BadBody", "ErrorAnswer", 0},
		{"{\"id\":\"1\",\"command\":\"PingCommand\"}", "BadBody", "ErrorAnswer", 0},
		{"{\"id\":1.5,\"command\":\"PingCommand\"}", "BadBody", "ErrorAnswer", 0},
		{"{\"id\":9001}", "BadBody", "ErrorAnswer", 9001},
		{"{\"id\":9002,\"command\":\"FlyCommand\"}", "UnknownCommand", "ErrorAnswer", 9002},
		{"{\"id\":9003,\"command\":\"pingcommand\"}", "UnknownCommand", "ErrorAnswer", 9003},
		{"{\"id\":9004,\"command\":\"StartCommand\",\"body\":[]}", "BadBody", "StartAnswer", 9004},
		{"{\"id\":9005,\"command\":\"StartCommand\",\"body\":{}}", "BadBody", "StartAnswer", 9005},
		{"{\"id\":9006,\"command\":\"ExportVmCommand\",\"body\":{}}", "BadBody", "ExportVmAnswer", 9006},
		{"{\"id\":9007,\"command\":\"PingCommand\",\"body\":{\"x\":\"\\ud800\"}}", "BadBody", "ErrorAnswer", 0},
		{"{\"id\":9008,\"command\":\"PingCommand\",\"body\":{\"x\":\"\xff\"}}", "BadBody", "ErrorAnswer", 0},
	};
	struct scene *s = *state;
	talk_say(&s->agent, "");
	talk_say(&s->agent, " \t\r");
	for (size_t i = 0; i < HV_ARRAY_LEN(bad); i++) {
		size_t at = scene_heard(s);
		talk_say(&s->agent, bad[i].line);
		assert_well(ask(s, "PingCommand", json_object()));
		const json_t *answer = json_array_get(s->heard, at);
		while (!json_object_get(answer, "answer")) {
			answer = json_array_get(s->heard, ++at);
		}
		assert_failed(answer, bad[i].code);
		assert_string_equal(json_string_value(json_object_get(answer, "answer")), bad[i].answer);
		assert_true(bad[i].id ? json_integer_value(json_object_get(answer, "id")) == bad[i].id
				      : json_is_null(json_object_get(answer, "id")));
	}
}

static void test_lines__longer_than_16_mib_are_refused_and_dropped(void **state)
{
	struct scene *s = *state;
	const size_t length = (16u << 20) + 10;
	HV_CLEANUP_FREE char *line = hv_alloc(length + 2);
	memset(line, ' ', length);
	line[length] = '\n';
	size_t at = scene_heard(s);
	talk_write(&s->agent, line, length + 1);
	assert_well(ask(s, "PingCommand", json_object()));
	const json_t *answer = json_array_get(s->heard, at);
	while (!json_object_get(answer, "answer")) {
		answer = json_array_get(s->heard, ++at);
	}
	assert_failed(answer, "LineTooLong");
}

/* --- the end --------------------------------------------------------------------------------------------------- */

static void test_end__quit_is_answered_and_ends_the_agent(void **state)
{
	struct scene *s = *state;
	assert_well(ask(s, "QuitCommand", json_object()));
	json_t *more;
	while ((more = talk_hear(&s->agent)) != NULL) {
		json_decref(more);
	}
	assert_int_equal(talk_close(&s->agent), 0);
}

static void test_end__of_input_ends_the_agent_and_not_the_hosts_work(void **state)
{
	struct scene *s = *state;
	const char *operation = fresh_operation(s);
	hand_slow(true);
	size_t before = scene_heard(s);
	(void)scene_send(s, "CreateVMSnapshotCommand", operation, 1, target_body(s, "db", "a", "Disk"));
	(void)scene_event(s, before, "Progress", NULL);
	assert_int_equal(talk_close(&s->agent), 0);
	scene_start_agent(s);
	const json_t *answer = send_again(s, "CreateVMSnapshotCommand", operation, 1, "a", "Disk");
	assert_well(answer);
	assert_string_equal(tree_of(answer), "a(*)");
}

/* --- the transcript -------------------------------------------------------------------------------------------- */

static json_t *export_body(const char *export, bool disks)
{
	return json_pack("{s:s, s:b}", "export", export, "disks", (int)disks);
}

static json_t *volume_body(const char *volume, const char *copy)
{
	return json_pack("{s:s, s:i, s:s, s:s}", "volumeUuid", volume, "sizeBytes", 1, "volumeSnapshot", copy, "name", "copy");
}

static json_t *file_body(const char *path, json_int_t size)
{
	return json_pack("{s:s, s:o}", "path", path, "sizeBytes", size ? json_integer(size) : json_null());
}

/* web leaves the host with a checkpoint and comes back; what must be refused on the way is asked for, too. */
static void play_exports(struct scene *s)
{
	static const char *const export = "e0000000-0000-4000-8000-000000000001";
	static const char *const other = "e0000000-0000-4000-8000-000000000002";
	static const char *const steps[] = {"RemoveVmCommand", "RemoveVmCommand", "StartCommand", "CancelExportCommand",
		"ExportVmCommand", "ImportVmCommand", "ImportVmCommand"};
	(void)create(s, "web", "kept", "Disk");
	(void)ask_about(s, "ExportVmCommand", "web", export_body(export, false));
	(void)ask_about(s, "ExportVmCommand", "web", export_body(export, true));
	(void)ask_about(s, "CancelExportCommand", "web", export_body(other, true));
	(void)ask_about(s, "RemoveVmCommand", "web", export_body(other, true));
	for (size_t i = 0; i < HV_ARRAY_LEN(steps); i++) {
		(void)ask_about(s, steps[i], "web", export_body(export, true));
	}
	(void)ask(s, "HostVmStateReportCommand", json_object());
	(void)ask_about(s, "ExportVmCommand", "web", export_body(other, true));
	(void)start(s, "web");
	(void)ask_about(s, "RemoveVmCommand", "web", export_body(other, true));
	(void)ask_about(s, "CancelExportCommand", "web", export_body(other, true));
	(void)ask_about(s, "ExportVmCommand", "nobody", export_body(other, true));
}

static void play_volumes(struct scene *s)
{
	static const char *const copy = "c0000000-0000-4000-8000-000000000001";
	const json_t *disk = json_array_get(json_object_get(told_vm(s, "db"), "volumes"), 1);
	HV_CLEANUP_FREE char *volume = hv_strdup(json_string_value(json_object_get(disk, "uuid")));
	(void)stop(s, "db", true);
	(void)ask_about(s, "AttachCommand", "db", file_body("C:\\VMs\\new.vhdx", 0));
	(void)ask_about(s, "AttachCommand", "db", file_body("C:\\VMs\\new.vhdx", (json_int_t)1 << 30));
	(void)ask_about(s, "ResizeVolumeCommand", "db", volume_body(volume, copy));
	(void)ask_about(s, "CreateVolumeSnapshotCommand", "db", volume_body(volume, copy));
	(void)ask_about(s, "CreateVolumeSnapshotCommand", "db", volume_body(volume, copy));
	(void)ask_about(s, "DettachCommand", "db", volume_body(volume, copy));
	(void)ask_about(s, "DettachCommand", "db", volume_body(volume, copy));
	(void)ask_about(s, "DeleteVolumeSnapshotCommand", "db", volume_body(volume, copy));
	(void)ask_about(s, "DeleteVolumeSnapshotCommand", "db", volume_body(volume, copy));
	(void)ask_about(s, "CreateVolumeSnapshotCommand", "web", volume_body(volume, copy));
	(void)ask_about(s, "ScaleVmCommand", "db", json_pack("{s:i, s:I}", "cpus", 3, "memoryBytes", (json_int_t)3 << 30));
	(void)ask_about(s, "ScaleVmCommand", "web", json_pack("{s:i, s:I}", "cpus", 3, "memoryBytes", (json_int_t)3 << 30));
	(void)ask_about(s, "DestroyCommand", "db", NULL);
	(void)ask_about(s, "DestroyCommand", "db", NULL);
}

static void play(struct scene *s)
{
	const char *operation = fresh_operation(s);
	(void)ask(s, "StartupCommand", json_pack("{s:s}", "console", "a test"));
	(void)ask(s, "PingCommand", json_object());
	(void)ask(s, "GetInventoryCommand", json_object());
	(void)ask(s, "HostVmStateReportCommand", json_object());
	(void)send_again(s, "CreateVMSnapshotCommand", operation, 3, "first", "DiskAndMemory");
	(void)send_again(s, "CreateVMSnapshotCommand", operation, 3, "first", "DiskAndMemory");
	(void)send_again(s, "CreateVMSnapshotCommand", operation, 2, "first", "DiskAndMemory");
	(void)create(s, "db", "second", "Disk");
	(void)create(s, "web", "memory of nothing", "DiskAndMemory");
	(void)create(s, "old", "not quiet", "Disk");
	(void)revert(s, "db", "first", "DiskAndMemory");
	(void)revert(s, "db", "second", "DiskAndMemory");
	(void)revert(s, "db", "second", "Disk");
	(void)revert(s, "db", "third", "Disk");
	(void)start(s, "db");
	(void)stop(s, "db", false);
	(void)stop(s, "held", false);
	(void)remove_snapshot(s, "db", "first");
	(void)remove_snapshot(s, "db", "second");
	(void)remove_snapshot(s, "db", "second");
	(void)start(s, "nobody");
	(void)query(s, operation, "CreateVMSnapshotCommand");
	(void)query(s, operation, "StopCommand");
	(void)ask(s, "ScaleVmCommand", json_object());
	(void)ask(s, "CreateVMSnapshotCommand", json_object());
	play_exports(s);
	play_volumes(s);
}

/* Where two texts part, and a little of both from shortly before. */
static void assert_same_text(const char *heard, const char *golden)
{
	size_t at = 0, line = 1;
	while (heard[at] == golden[at] && heard[at] != '\0') {
		line += heard[at] == '\n' ? 1 : 0;
		at++;
	}
	if (heard[at] != golden[at]) {
		size_t from = at < 60 ? 0 : at - 60;
		fail_msg("line %zu: heard \"%.200s\" instead of \"%.200s\"", line, heard + from, golden + from);
	}
}

/* Both agents must meet one text. UPDATE_TRANSCRIPT=1 with the simulator writes it anew. */
static void test_transcript__is_the_same_from_every_agent(void **state)
{
	struct scene *s = *state;
	struct transcript transcript;
	static char golden[1 << 20];
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/tests/conformance/transcript.txt", source_folder());
	transcript_init(&transcript);
	s->next_id = 1000; /* alike whatever came before */
	s->transcript = &transcript;
	play(s);
	s->transcript = NULL;
	bool update = getenv("UPDATE_TRANSCRIPT") && strcmp(subject_name, "sim") == 0;
	FILE *file = fopen(path, update ? "w" : "r");
	assert_non_null(file);
	if (update) {
		(void)fputs(hv_text_get(&transcript.text), file);
	} else {
		golden[fread(golden, 1, sizeof golden - 1, file)] = '\0';
		assert_same_text(hv_text_get(&transcript.text), golden);
	}
	(void)fclose(file);
	transcript_clear(&transcript);
}

int main(int argc, char **argv)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_transcript__is_the_same_from_every_agent),
		TEST(test_journal__a_repeated_command_is_answered_and_not_done_again__Y2),
		TEST(test_journal__a_failure_is_recorded_too__Y2),
		TEST(test_journal__an_older_epoch_is_fenced_off),
		TEST(test_query__tells_unknown_running_and_done),
		TEST(test_vms__are_worked_on_side_by_side_and_one_vm_in_turn__X1),
		TEST(test_events__tell_what_others_did),
		TEST(test_lines__that_are_no_command_are_answered_and_not_fatal),
		TEST(test_lines__longer_than_16_mib_are_refused_and_dropped),
		TEST(test_agents__two_on_one_host_do_not_act_together__Y2),
		TEST(test_death__after_a_create_finds_the_checkpoint_and_makes_no_second__Y2),
		TEST(test_death__after_a_revert_only_starts_what_was_applied__Y2_V1),
		TEST(test_death__after_a_delete_waits_for_the_merge__Y2_D1),
		TEST(test_death__killed_while_the_host_works_is_finished_by_the_next__Y3),
		TEST(test_end__of_input_ends_the_agent_and_not_the_hosts_work),
		TEST(test_end__quit_is_answered_and_ends_the_agent),
	};
	subject_name = argc > 1 ? argv[1] : "sim";
	subject = subject_named(subject_name);
	if (!subject) {
		return 77;
	}
	return cmocka_run_group_tests_name("conformance/life", tests, NULL, end);
}
