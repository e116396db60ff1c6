/*
 * Exports that do not come to their end in one go: cancelled, out of space, out of storage, and with an agent that dies at
 * every place (P4, P5, Y2, Y3). In the end the VM is there as it was, or it is in its export, and never in neither.
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
#include "tests/unit/sim/sim_fixture.h"

#define E1 "e1e1e1e1-0000-4000-8000-000000000001"
#define E2 "e2e2e2e2-0000-4000-8000-000000000002"

struct scene {
	struct test_host host;
	struct client client;
};

/* web, stopped: a (at 1) and the running state (at 2). */
static int setup(void **state)
{
	static struct scene scene;
	test_host_open(&scene.host, NULL);
	client_open(&scene.client, &scene.host);
	write_disk(&scene.host, "web", "at", "1");
	assert_well(create(&scene.client, "web", "a", "Disk"));
	write_disk(&scene.host, "web", "at", "2");
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

/* --- helpers --------------------------------------------------------------------------------------------------- */

static char *operation_of(struct scene *s)
{
	return hv_strdup(new_operation(&s->host));
}

static int send_export(struct scene *s, const char *operation, const char *export)
{
	return send_vm(&s->client, "ExportVmCommand", "web", operation, export_with(export, true));
}

static const json_t *export_vm(struct scene *s, const char *export)
{
	return ask_vm(&s->client, "ExportVmCommand", "web", export_with(export, true));
}

static const json_t *ask_export(struct scene *s, const char *command, const char *export)
{
	return ask_vm(&s->client, command, "web", export_of(export));
}

static const char *query_state(struct scene *s, const char *operation, const char *command)
{
	const json_t *answer = client_answer(&s->client, client_send(&s->client, "QueryOperationCommand", NULL, 0,
								  json_pack("{s:s, s:s}", "operation", operation,
									  "command", command)));
	return json_string_value(json_object_get(json_object_get(answer, "body"), "state"));
}

static void assert_web_is_whole(struct scene *s)
{
	assert_string_equal(disk_of(&s->host, "web", "at"), "2");
	assert_string_equal(held(&s->host, (struct sim_place){.vm = "web", .checkpoint = "a"}, "at"), "1");
	assert_true(json_is_true(json_object_get(inventory_vm(&s->client, "web"), "registered")));
	test_host_check(&s->host);
}

static void start_over(struct scene *s)
{
	client_kill(&s->client);
	client_open(&s->client, &s->host);
}

/* --- progress -------------------------------------------------------------------------------------------------- */

static void test_export__tells_how_far_it_is_and_takes_space_as_it_goes__P2_P6(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = operation_of(s);
	int64_t before = free_bytes(&s->host);
	test_host_speed(&s->host, 100);
	int id = send_export(s, operation, E1);
	client_run_ms(&s->client, 2000);
	const json_t *web = inventory_vm(&s->client, "web");
	assert_string_equal(json_string_value(json_object_get(web, "state")), "Stopped");
	assert_string_equal(json_string_value(json_object_get(web, "activity")), "exporting");
	const json_t *export = json_object_get(web, "export");
	assert_string_equal(json_string_value(json_object_get(export, "state")), "Running");
	assert_in_range(json_integer_value(json_object_get(export, "percent")), 5, 90);
	assert_true(free_bytes(&s->host) < before - (INT64_C(1) << 28));
	const json_t *answer = client_answer(&s->client, id);
	assert_well(answer);
	assert_true(client_count_events(&s->client, "Progress") >= 4);
	assert_string_equal(
		json_string_value(json_object_get(client_last_event(&s->client, "Progress"), "phase")), "reading back");
	int64_t last = 0, revision = 0;
	size_t index;
	json_t *line;
	json_array_foreach(s->client.heard, index, line) {
		const json_t *percent = json_object_get(line, "percent");
		const json_t *told = json_object_get(json_object_get(json_object_get(line, "body"), "vm"), "revision");
		assert_true(!percent || json_integer_value(percent) >= last);
		assert_true(!told || json_integer_value(told) >= revision);
		last = percent ? json_integer_value(percent) : last;
		revision = told ? json_integer_value(told) : revision;
	}
	assert_true(revision > 0);
}

static void test_export__holds_up_what_else_is_asked_of_the_vm__X1(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = operation_of(s);
	test_host_speed(&s->host, 100);
	int export = send_export(s, operation, E1);
	client_run_ms(&s->client, 500);
	struct client other;
	client_open(&other, &s->host);
	int later = client_send(&other, "StartCommand", new_operation(&s->host), 1, vm_body("web"));
	client_run_ms(&other, 1000);
	assert_null(client_heard_answer(&other, later));
	assert_well(client_answer(&s->client, export));
	assert_well(client_answer(&other, later));
	client_close(&other);
	assert_failed(ask_export(s, "RemoveVmCommand", E1), "InvalidState");
}

static void test_export__waits_for_disks_that_are_merging__P2(void **state)
{
	struct scene *s = *state;
	struct hv_error err;
	test_host_speed(&s->host, 100);
	assert_int_equal(sim_foreign_delete(s->host.sim, "web", "a", &err), HV_OK);
	const json_t *answer = export_vm(s, E1);
	assert_well(answer);
	assert_string_equal(tree_text(answer), "*");
	assert_string_equal(held(&s->host, (struct sim_place){.vm = "web", .export = E1}, "at"), "2");
}

/* --- cancelled ------------------------------------------------------------------------------------------------- */

static void cancel_at_ms(struct scene *s, int64_t ms, struct client *from)
{
	HV_CLEANUP_FREE char *operation = operation_of(s);
	int64_t before = free_bytes(&s->host);
	int export = send_export(s, operation, E1);
	client_run_ms(&s->client, ms);
	assert_null(client_heard_answer(&s->client, export));
	int starts = client_send(&s->client, "StartCommand", new_operation(&s->host), 1, vm_body("web"));
	int id = send_vm(from, "CancelExportCommand", "web", new_operation(&s->host), export_of(E1));
	const json_t *answer = client_answer(from, id);
	assert_well(answer);
	assert_string_equal(export_text(vm_of(answer)), "none");
	assert_int_equal(free_bytes(&s->host), before);
	assert_failed(client_answer(&s->client, export), "Cancelled");
	assert_well(client_answer(&s->client, starts));
	assert_string_equal(query_state(s, operation, "ExportVmCommand"), "unknown");
	assert_well(stop(&s->client, "web", true));
	assert_web_is_whole(s);
}

static void test_cancel__ends_the_copy_leaves_no_file_and_lets_a_start_through__P4(void **state)
{
	struct scene *s = *state;
	test_host_speed(&s->host, 100);
	cancel_at_ms(s, 1000, &s->client);
}

static void test_cancel__ends_the_reading_back_too__P4(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = operation_of(s);
	test_host_speed(&s->host, 100);
	int export = send_export(s, operation, E1);
	const json_t *progress = NULL;
	while (!progress || strcmp(json_string_value(json_object_get(progress, "phase")), "reading back") != 0) {
		client_run_ms(&s->client, 100);
		progress = client_last_event(&s->client, "Progress");
	}
	assert_well(ask_export(s, "CancelExportCommand", E1));
	assert_failed(client_answer(&s->client, export), "Cancelled");
	assert_string_equal(export_text(inventory_vm(&s->client, "web")), "none");
	assert_web_is_whole(s);
}

/* Begun or not: what was asked for before the cancel does not come to life after it. */
static void test_cancel__takes_back_an_export_that_waits_for_a_merge__P4(void **state)
{
	struct scene *s = *state;
	struct hv_error err;
	HV_CLEANUP_FREE char *operation = operation_of(s);
	test_host_speed(&s->host, 100);
	assert_int_equal(sim_foreign_delete(s->host.sim, "web", "a", &err), HV_OK);
	int export = send_export(s, operation, E1);
	client_run_ms(&s->client, 500);
	assert_well(ask_export(s, "CancelExportCommand", E1));
	assert_failed(client_answer(&s->client, export), "Cancelled");
	client_run_ms(&s->client, 60000);
	assert_string_equal(export_text(inventory_vm(&s->client, "web")), "none");
	assert_string_equal(query_state(s, operation, "ExportVmCommand"), "unknown");
}

static void test_cancel__takes_back_an_export_that_waits_behind_another_command__P4(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = operation_of(s);
	test_host_speed(&s->host, 100);
	int creates = client_send(&s->client, "CreateVMSnapshotCommand", new_operation(&s->host), 1,
		target_body("web", "b", "Disk", NULL));
	client_run_ms(&s->client, 100);
	int export = send_export(s, operation, E1);
	int other = send_export(s, new_operation(&s->host), E2);
	int cancels =
		send_vm(&s->client, "CancelExportCommand", "web", new_operation(&s->host), export_of(E1));
	assert_well(client_answer(&s->client, cancels));
	assert_failed(client_answer(&s->client, export), "Cancelled");
	assert_well(client_answer(&s->client, creates));
	assert_well(client_answer(&s->client, other));
	const json_t *id = json_object_get(json_object_get(inventory_vm(&s->client, "web"), "export"), "id");
	assert_string_equal(json_string_value(id), E2);
}

static void test_cancel__comes_from_another_console_as_well__P4(void **state)
{
	struct scene *s = *state;
	struct client other;
	client_open(&other, &s->host);
	test_host_speed(&s->host, 100);
	cancel_at_ms(s, 1000, &other);
	client_close(&other);
}

static void test_cancel__removes_a_complete_export_and_an_absent_one_is_no_failure__P4(void **state)
{
	struct scene *s = *state;
	int64_t before = free_bytes(&s->host);
	assert_well(ask_export(s, "CancelExportCommand", E1));
	assert_well(export_vm(s, E1));
	assert_well(ask_export(s, "CancelExportCommand", E2));
	assert_string_equal(export_text(inventory_vm(&s->client, "web")), "Complete matches");
	assert_well(ask_export(s, "CancelExportCommand", E1));
	assert_string_equal(export_text(inventory_vm(&s->client, "web")), "none");
	assert_int_equal(free_bytes(&s->host), before);
	assert_failed(ask_export(s, "RemoveVmCommand", E1), "InvalidState");
	assert_web_is_whole(s);
}

static void test_cancel__never_touches_the_only_thing_that_is_left__P2(void **state)
{
	struct scene *s = *state;
	assert_well(export_vm(s, E1));
	assert_well(ask_export(s, "RemoveVmCommand", E1));
	assert_failed(ask_export(s, "CancelExportCommand", E1), "InvalidState");
	assert_failed(ask_export(s, "CancelExportCommand", E2), "InvalidState");
	assert_well(ask_export(s, "ImportVmCommand", E1));
	assert_web_is_whole(s);
}

static void test_cancelled_export__may_be_tried_again_under_its_key_and_stays_fenced__P4_Y2(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = operation_of(s);
	test_host_speed(&s->host, 100);
	int id = client_send(&s->client, "ExportVmCommand", operation, 5, json_object());
	assert_failed(client_answer(&s->client, id), "BadBody");
	json_t *body = vm_body("web");
	(void)json_object_update_new(body, export_with(E1, true));
	id = client_send(&s->client, "ExportVmCommand", operation, 5, json_incref(body));
	client_run_ms(&s->client, 500);
	assert_well(ask_export(s, "CancelExportCommand", E1));
	assert_failed(client_answer(&s->client, id), "Cancelled");
	id = client_send(&s->client, "ExportVmCommand", operation, 4, json_incref(body));
	assert_failed(client_answer(&s->client, id), "Fenced");
	id = client_send(&s->client, "ExportVmCommand", operation, 5, body);
	const json_t *answer = client_answer(&s->client, id);
	assert_well(answer);
	assert_null(json_object_get(answer, "replayed"));
	assert_string_equal(query_state(s, operation, "ExportVmCommand"), "done");
}

/* The one that asked for it is dead: whoever asks again is told what became of it, and then it may be tried anew. */
static void test_cancel__of_an_export_that_nobody_waits_for__P4_Y4(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = operation_of(s);
	test_host_speed(&s->host, 100);
	(void)send_export(s, operation, E1);
	client_run_ms(&s->client, 500);
	start_over(s);
	assert_well(ask_export(s, "CancelExportCommand", E1));
	assert_string_equal(export_text(inventory_vm(&s->client, "web")), "none");
	assert_failed(client_answer(&s->client, send_export(s, operation, E1)), "Cancelled");
	assert_string_equal(query_state(s, operation, "ExportVmCommand"), "unknown");
	assert_well(client_answer(&s->client, send_export(s, operation, E1)));
}

/* --- space and storage ----------------------------------------------------------------------------------------- */

static const char small_host[] = "[host hv01]\n"
				 "group = prod\n"
				 "free_gb = 20\n"
				 "[vm web]\n"
				 "host = hv01\n"
				 "state = Stopped\n"
				 "disks = root:40\n"
				 "[vm db]\n"
				 "host = hv01\n"
				 "memory_mb = 8192\n";

/* Web takes 16 of the 20 GiB that are free; db's memory takes 8 of them meanwhile. */
static void test_export__whose_space_another_vm_takes_fails_and_leaves_nothing__P2(void **state)
{
	struct scene scene;
	(void)state;
	test_host_open(&scene.host, small_host);
	client_open(&scene.client, &scene.host);
	test_host_fault(&scene.host, "slow:ExportVm:5000");
	HV_CLEANUP_FREE char *operation = operation_of(&scene);
	int id = send_export(&scene, operation, E1);
	client_run_ms(&scene.client, 100);
	assert_well(create(&scene.client, "db", "m", "DiskAndMemory"));
	assert_null(client_heard_answer(&scene.client, id));
	assert_failed(client_answer(&scene.client, id), "DiskFull");
	assert_string_equal(export_text(inventory_vm(&scene.client, "web")), "none");
	/* and now it is seen before anything is copied */
	test_host_fault(&scene.host, "slow:ExportVm:5000");
	size_t told = client_count_events(&scene.client, "Progress");
	assert_failed(export_vm(&scene, E1), "DiskFull");
	assert_int_equal(client_count_events(&scene.client, "Progress"), told);
	assert_well(delete_snapshot(&scene.client, "db", "m"));
	assert_well(export_vm(&scene, E1));
	test_host_check(&scene.host);
	client_close(&scene.client);
	test_host_close(&scene.host);
}

static void test_export__looks_at_the_space_before_it_copies__P2(void **state)
{
	struct scene *s = *state;
	test_host_fault(&s->host, "disk-full");
	const json_t *answer = export_vm(s, E1);
	assert_failed(answer, "DiskFull");
	assert_string_equal(export_text(vm_of(answer)), "none");
	test_host_clear_fault(&s->host, NULL);
	assert_web_is_whole(s);
}

static void test_export__whose_space_is_taken_meanwhile_fails_and_leaves_nothing__P2(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = operation_of(s);
	test_host_speed(&s->host, 100);
	int id = send_export(s, operation, E1);
	client_run_ms(&s->client, 1000);
	assert_null(client_heard_answer(&s->client, id));
	test_host_fault(&s->host, "disk-full");
	const json_t *answer = client_answer(&s->client, id);
	assert_failed(answer, "DiskFull");
	assert_string_equal(export_text(vm_of(answer)), "none");
	test_host_clear_fault(&s->host, NULL);
	/* a failure for want of space is an outcome, and is told again */
	answer = client_answer(&s->client, send_export(s, operation, E1));
	assert_failed(answer, "DiskFull");
	assert_true(json_is_true(json_object_get(answer, "replayed")));
	assert_well(export_vm(s, E1));
	assert_web_is_whole(s);
}

static void test_storage__lost_before_or_during_an_export_leaves_nothing_and_no_outcome__P5(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = operation_of(s);
	test_host_speed(&s->host, 100);
	test_host_fault(&s->host, "storage-gone");
	assert_failed(client_answer(&s->client, send_export(s, operation, E1)), "StorageGone");
	test_host_clear_fault(&s->host, NULL);
	int id = send_export(s, operation, E1);
	client_run_ms(&s->client, 1000);
	assert_null(client_heard_answer(&s->client, id));
	test_host_fault(&s->host, "storage-gone");
	const json_t *answer = client_answer(&s->client, id);
	assert_failed(answer, "StorageGone");
	assert_true(json_is_true(json_object_get(vm_of(answer), "registered")));
	assert_string_equal(export_text(vm_of(answer)), "none");
	assert_string_equal(query_state(s, operation, "ExportVmCommand"), "unknown");
	test_host_clear_fault(&s->host, NULL);
	assert_well(client_answer(&s->client, send_export(s, operation, E1)));
	assert_well(ask_export(s, "RemoveVmCommand", E1));
	assert_string_equal(disk_of(&s->host, "web", "at"), "2");
}

static void test_storage__lost_after_an_export_stops_removal_import_and_destroying__P5(void **state)
{
	struct scene *s = *state;
	assert_well(export_vm(s, E1));
	test_host_fault(&s->host, "storage-gone");
	const json_t *answer = ask_export(s, "RemoveVmCommand", E1);
	assert_failed(answer, "StorageGone");
	assert_true(json_is_true(json_object_get(vm_of(answer), "registered")));
	assert_failed(ask_vm(&s->client, "DestroyCommand", "web", NULL), "StorageGone");
	test_host_clear_fault(&s->host, NULL);
	assert_well(ask_export(s, "RemoveVmCommand", E1));
	test_host_fault(&s->host, "storage-gone");
	assert_failed(ask_export(s, "ImportVmCommand", E1), "StorageGone");
	assert_failed(ask_vm(&s->client, "DestroyCommand", "web", NULL), "StorageGone");
	test_host_clear_fault(&s->host, NULL);
	assert_well(ask_export(s, "ImportVmCommand", E1));
	assert_web_is_whole(s);
}

/* --- deaths ---------------------------------------------------------------------------------------------------- */

/* The command is sent, the agent dies at the place, and the next agent is sent the same until it answers. */
static const json_t *die_and_repeat(struct scene *s, const char *command, const char *place, json_t *take_more)
{
	HV_CLEANUP_FREE char *operation = operation_of(s);
	HV_CLEANUP_FREE char *fault = hv_sprintf("die-mid:%s:%s", command, place);
	test_host_fault(&s->host, fault);
	int id = send_vm(&s->client, command, "web", operation, json_incref(take_more));
	client_run_ms(&s->client, 30000);
	assert_null(client_heard_answer(&s->client, id));
	assert_int_equal(sim_session_state(s->client.session), SIM_SESSION_DIED);
	start_over(s);
	test_host_check(&s->host);
	const json_t *answer =
		client_answer(&s->client, send_vm(&s->client, command, "web", operation, take_more));
	assert_null(json_object_get(answer, "replayed"));
	assert_well(answer);
	return answer;
}

static void test_death__at_every_place_is_made_good_by_the_next_agent__P2_Y2_Y3(void **state)
{
	static const char *const places[] = {"intent", "running", "copying", "applied", "done"};
	struct scene *s = *state;
	for (size_t i = 0; i < HV_ARRAY_LEN(places); i++) {
		test_host_speed(&s->host, i % 2 == 0 ? 0 : 100);
		const json_t *answer = die_and_repeat(s, "ExportVmCommand", places[i], export_with(E1, true));
		assert_string_equal(export_text(vm_of(answer)), "Complete matches");
		bool copying = strcmp(places[i], "copying") == 0;
		const char *place = copying ? "running" : places[i];
		answer = die_and_repeat(s, "RemoveVmCommand", place, export_of(E1));
		assert_true(json_is_false(json_object_get(vm_of(answer), "registered")));
		assert_string_equal(disk_of(&s->host, "web", "at"), "2");
		answer = die_and_repeat(s, "ImportVmCommand", place, export_of(E1));
		assert_string_equal(tree_text(answer), "a(*)");
		assert_web_is_whole(s);
	}
}

static void test_death__half_way_leaves_a_part_that_takes_space_until_somebody_cleans_it__P4_P5(void **state)
{
	struct scene *s = *state;
	int64_t before = free_bytes(&s->host);
	for (int i = 0; i < 3; i++) {
		HV_CLEANUP_FREE char *operation = operation_of(s);
		test_host_fault(&s->host, "die-mid:ExportVm:copying");
		(void)send_export(s, operation, E1);
		client_run_ms(&s->client, 100);
		start_over(s);
		assert_true(free_bytes(&s->host) < before - (INT64_C(1) << 30));
		const json_t *export = json_object_get(inventory_vm(&s->client, "web"), "export");
		assert_string_equal(json_string_value(json_object_get(export, "state")), "Running");
		assert_true(json_is_null(json_object_get(export, "percent")));
		assert_true(json_is_false(json_object_get(export, "matches")));
		if (i == 0) {
			assert_well(ask_export(s, "CancelExportCommand", E1));
		} else if (i == 1) { /* another export of the VM clears it away */
			assert_well(export_vm(s, E2));
			assert_well(ask_export(s, "CancelExportCommand", E2));
		} else { /* and so does starting over with the same */
			assert_well(start(&s->client, "web"));
			assert_well(stop(&s->client, "web", true));
			assert_well(export_vm(s, E1));
			assert_well(ask_export(s, "CancelExportCommand", E1));
		}
		assert_int_equal(free_bytes(&s->host), before);
	}
	assert_web_is_whole(s);
}

static void test_death__of_the_agent_that_cancels_is_made_good__P4_Y2(void **state)
{
	static const char *const places[] = {"intent", "applied", "done"};
	struct scene *s = *state;
	for (size_t i = 0; i < HV_ARRAY_LEN(places); i++) {
		assert_well(export_vm(s, E1));
		const json_t *answer = die_and_repeat(s, "CancelExportCommand", places[i], export_of(E1));
		assert_string_equal(export_text(vm_of(answer)), "none");
		assert_web_is_whole(s);
	}
}

/* The host goes on by itself: a copy that was begun ends, and whoever asks again only reads it back. */
static void test_death__while_the_host_copies_does_not_stop_the_host__Y3(void **state)
{
	struct scene *s = *state;
	HV_CLEANUP_FREE char *operation = operation_of(s);
	test_host_speed(&s->host, 100);
	(void)send_export(s, operation, E1);
	client_run_ms(&s->client, 500);
	start_over(s);
	client_run_ms(&s->client, 20000);
	assert_string_equal(export_text(inventory_vm(&s->client, "web")), "Running");
	assert_string_equal(query_state(s, operation, "ExportVmCommand"), "running");
	assert_well(client_answer(&s->client, send_export(s, operation, E1)));
	assert_string_equal(export_text(inventory_vm(&s->client, "web")), "Complete matches");
}

/* --- for good -------------------------------------------------------------------------------------------------- */

static void test_destroy__takes_everything_of_a_vm_whatever_it_is__D6(void **state)
{
	static const char *const places[] = {NULL, "intent", "running"};
	static const char *const vms[] = {"web", "db", "nap"};
	struct scene *s = *state;
	assert_well(export_vm(s, E1));
	assert_well(ask_export(s, "RemoveVmCommand", E1));
	assert_well(ask_vm(&s->client, "ExportVmCommand", "db", export_with(E2, true)));
	assert_well(create(&s->client, "db", "m", "DiskAndMemory"));
	int64_t before = free_bytes(&s->host);
	for (size_t i = 0; i < HV_ARRAY_LEN(vms); i++) {
		HV_CLEANUP_FREE char *operation = operation_of(s);
		if (places[i]) {
			HV_CLEANUP_FREE char *fault = hv_sprintf("die-mid:Destroy:%s", places[i]);
			test_host_fault(&s->host, fault);
			(void)send_vm(&s->client, "DestroyCommand", vms[i], operation, NULL);
			client_run_ms(&s->client, 100);
			start_over(s);
		}
		size_t told = client_count_events(&s->client, "VmRemoved");
		const json_t *answer =
			client_answer(&s->client, send_vm(&s->client, "DestroyCommand", vms[i], operation, NULL));
		assert_well(answer);
		assert_null(json_object_get(json_object_get(answer, "body"), "vm"));
		assert_null(inventory_vm(&s->client, vms[i]));
		assert_true(places[i] != NULL || client_count_events(&s->client, "VmRemoved") > told);
		test_host_check(&s->host);
	}
	assert_true(free_bytes(&s->host) > before + (INT64_C(50) << 30));
	assert_well(ask_vm(&s->client, "DestroyCommand", "web", NULL));
	assert_failed(start(&s->client, "web"), "VmNotFound");
	assert_failed(ask_export(s, "ImportVmCommand", E1), "VmNotFound");
}

static void test_destroy__of_a_running_vm_is_seen_as_stopping_and_then_gone__D6(void **state)
{
	struct scene *s = *state;
	test_host_speed(&s->host, 100);
	(void)client_answer(&s->client, client_send(&s->client, "GetInventoryCommand", NULL, 0, json_object()));
	int id = send_vm(&s->client, "DestroyCommand", "db", new_operation(&s->host), NULL);
	client_run_ms(&s->client, 250);
	assert_string_equal(vm_state(client_last_event(&s->client, "VmStateChanged")), "Stopping");
	test_host_check(&s->host);
	assert_well(client_answer(&s->client, id));
	client_run_ms(&s->client, 500);
	assert_int_equal(client_count_events(&s->client, "VmRemoved"), 1);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_export__tells_how_far_it_is_and_takes_space_as_it_goes__P2_P6),
		TEST(test_export__holds_up_what_else_is_asked_of_the_vm__X1),
		TEST(test_export__waits_for_disks_that_are_merging__P2),
		TEST(test_cancel__ends_the_copy_leaves_no_file_and_lets_a_start_through__P4),
		TEST(test_cancel__ends_the_reading_back_too__P4),
		TEST(test_cancel__takes_back_an_export_that_waits_for_a_merge__P4),
		TEST(test_cancel__takes_back_an_export_that_waits_behind_another_command__P4),
		TEST(test_cancel__comes_from_another_console_as_well__P4),
		TEST(test_cancel__removes_a_complete_export_and_an_absent_one_is_no_failure__P4),
		TEST(test_cancel__never_touches_the_only_thing_that_is_left__P2),
		TEST(test_cancelled_export__may_be_tried_again_under_its_key_and_stays_fenced__P4_Y2),
		TEST(test_cancel__of_an_export_that_nobody_waits_for__P4_Y4),
		TEST(test_export__looks_at_the_space_before_it_copies__P2),
		cmocka_unit_test(test_export__whose_space_another_vm_takes_fails_and_leaves_nothing__P2),
		TEST(test_export__whose_space_is_taken_meanwhile_fails_and_leaves_nothing__P2),
		TEST(test_storage__lost_before_or_during_an_export_leaves_nothing_and_no_outcome__P5),
		TEST(test_storage__lost_after_an_export_stops_removal_import_and_destroying__P5),
		TEST(test_death__at_every_place_is_made_good_by_the_next_agent__P2_Y2_Y3),
		TEST(test_death__half_way_leaves_a_part_that_takes_space_until_somebody_cleans_it__P4_P5),
		TEST(test_death__of_the_agent_that_cancels_is_made_good__P4_Y2),
		TEST(test_death__while_the_host_copies_does_not_stop_the_host__Y3),
		TEST(test_destroy__takes_everything_of_a_vm_whatever_it_is__D6),
		TEST(test_destroy__of_a_running_vm_is_seen_as_stopping_and_then_gone__D6),
	};
	return cmocka_run_group_tests_name("sim/export_cuts", tests, NULL, NULL);
}
