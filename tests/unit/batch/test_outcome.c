/* What a command makes of the ways in which an act can go, with a backend that the test plays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/batch/command_run.h"
#include "tests/unit/batch/fake_backend.h"
#include "tui/batch/outcome.h"

#define GROUP "group"

static void assert_says(const char *text, const char *what)
{
	if (!strstr(text, what)) {
		fail_msg("'%s' is not in: %s", what, text);
	}
}

/* ---- the played fleet: host hv01 with VM box, host hv02 with two VMs called twin ---- */

static void open_fleet(struct hv_backend *backend)
{
	fake_push_host(backend, "hv01", HOST_UP);
	fake_push_host(backend, "hv02", HOST_UP);
	fake_push_host(backend, "hv03", HOST_UP);
	fake_push_vm(backend, "hv01", "box", VM_RUNNING);
	fake_push_vm(backend, "hv02", "twin", VM_RUNNING);
	fake_push_vm(backend, "hv03", "twin", VM_STOPPED);
}

static struct hv_operation operation(const char *name, enum operation_state state)
{
	return (struct hv_operation){
		.uuid = hv_uuid_from_text(name),
		.group = hv_uuid_from_text(GROUP),
		.kind = OPERATION_CREATE_SNAPSHOT,
		.state = state,
		.step = STEP_SEND,
		.vm = hv_uuid_from_text("hv01/box"),
		.host = hv_uuid_from_text("hv01"),
		.snapshot = hv_uuid_from_text("snapshot"),
		.vm_name = "box",
		.percent = -1,
		.requested_by = "tester",
	};
}

static void accept_act(struct hv_backend *backend, uint64_t ticket)
{
	fake_push(backend, (struct hv_event){
				   .kind = HV_EVENT_ACCEPTED, .ticket = ticket, .id = hv_uuid_from_text(GROUP)});
}

static void push_state(struct hv_backend *backend, const char *name, enum operation_state state,
	enum hv_status status, const char *error)
{
	struct hv_operation value = operation(name, state);
	value.status = status;
	value.error = error;
	fake_push_operation(backend, &value);
}

static void list_one(struct hv_backend *backend, uint64_t ticket, const struct hv_snapshot_query *query)
{
	struct hv_snapshot row = {
		.id = hv_uuid_from_text("snapshot"),
		.name = "box_VS_1",
		.display_name = "before",
		.state = SNAPSHOT_READY,
		.current = true,
		.created_us = 1,
		.vm = hv_uuid_from_text("hv01/box"),
		.vm_name = "box",
		.host_name = "hv01",
		.account = "",
		.domain = "",
	};
	struct hv_snapshot_page page = {.rows = &row, .count = 1, .total = 1};
	(void)query;
	fake_push(backend, (struct hv_event){
				   .kind = HV_EVENT_SNAPSHOTS, .ticket = ticket, .page = hv_snapshot_page_new(&page)});
}

static void two_snapshots(struct hv_backend *backend, const struct hv_uuid *vm)
{
	struct hv_node nodes[] = {
		{.id = hv_uuid_from_text("a"), .name = "a", .internal_name = "box_VS_a", .parent = -1, .last_child = true,
			.state = SNAPSHOT_READY},
		{.id = hv_uuid_from_text("b"), .name = "b", .internal_name = "box_VS_b", .parent = 0, .depth = 1,
			.current = true, .last_child = true, .state = SNAPSHOT_READY},
	};
	struct hv_tree tree = {.vm = *vm, .nodes = nodes, .count = 2, .current = 1};
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_TREE, .tree = hv_tree_new(&tree)});
}

static void preview_two(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	struct hv_uuid ids[] = {hv_uuid_from_text("b"), hv_uuid_from_text("a")};
	const char *names[] = {"b", "a"};
	struct hv_preview preview = {
		.kind = act->kind,
		.vm = act->vm,
		.target = act->snapshot,
		.lost_bytes = -1,
		.deleted = ids,
		.deleted_names = names,
		.deleted_count = 2,
		.current = hv_uuid_from_text("b"),
	};
	fake_push(backend, (struct hv_event){
				   .kind = HV_EVENT_PREVIEW, .ticket = ticket, .preview = hv_preview_new(&preview)});
}

static int set_up(void **state)
{
	(void)state;
	fake_hooks = (struct fake_hooks){
		.open = open_fleet, .list = list_one, .tree = two_snapshots, .preview = preview_two};
	return 0;
}

/* ---- create ---- */

static void act_runs_then_ends(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	(void)act;
	push_state(backend, "one", OPERATION_RUNNING, HV_OK, NULL); /* told before the answer: also right */
	accept_act(backend, ticket);
	push_state(backend, "one", OPERATION_DONE, HV_OK, NULL);
}

static void test_create_waits_for_the_end_and_tells_the_snapshot__C1(void **state)
{
	struct command_result result;
	(void)state;
	fake_hooks.act = act_runs_then_ends;
	command_run(&result, "snapshot", "create", "box", "--memory", NULL);
	assert_int_equal(result.code, 0);
	assert_says(result.out, "took Disk snapshot 'before' of VM 'box'");
	assert_string_equal(result.err, "");
	assert_int_equal(fake_backend.act.kind, OPERATION_CREATE_SNAPSHOT);
	assert_int_equal(fake_backend.act.type, SNAPSHOT_DISK_AND_MEMORY);
	assert_int_equal(fake_backend.previews, 0);
	command_result_clear(&result);
}

static void push_export(struct hv_backend *backend, enum operation_state state)
{
	struct hv_operation value = operation("export", state);
	value.kind = OPERATION_EXPORT_VM;
	value.status = state == OPERATION_FAILED ? HV_ERR_HOST : HV_OK;
	value.error = state == OPERATION_FAILED ? "no space" : NULL;
	fake_push_operation(backend, &value);
}

static void act_runs_and_its_export_fails(
	struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	(void)act;
	accept_act(backend, ticket);
	push_state(backend, "create", OPERATION_RUNNING, HV_OK, NULL);
	push_export(backend, OPERATION_QUEUED);
	push_state(backend, "create", OPERATION_DONE, HV_OK, NULL);
	push_export(backend, OPERATION_RUNNING);
	push_export(backend, OPERATION_FAILED);
}

/* What a stop would have to copy anyway says nothing about the snapshot. */
static void test_an_export_that_fails_behind_a_create_does_not_fail_it__P3(void **state)
{
	(void)state;
	struct command_result result;
	fake_hooks.act = act_runs_and_its_export_fails;
	command_run(&result, "snapshot", "create", "box", NULL);
	assert_int_equal(result.code, 0);
	assert_says(result.out, "'before' of VM 'box'");
	command_result_clear(&result);
}

static void act_is_refused(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	(void)act;
	fake_push_refusal(backend, ticket, HV_ERR_REFUSED, "a DiskAndMemory snapshot needs a running VM");
}

static void test_a_refusal_ends_with_1_and_its_sentence__T4(void **state)
{
	struct command_result result;
	(void)state;
	fake_hooks.act = act_is_refused;
	command_run(&result, "snapshot", "create", "box", "--memory", NULL);
	assert_int_equal(result.code, 1);
	assert_string_equal(result.err, "hvtree: a DiskAndMemory snapshot needs a running VM\n");
	assert_string_equal(result.out, "");
	command_result_clear(&result);
	command_run(&result, "snapshot", "create", "box", "--memory", "--json", NULL);
	assert_int_equal(result.code, 1);
	assert_string_equal(result.err, "");
	assert_string_equal(result.out,
		"{\"errorcode\":\"Refused\",\"errortext\":\"a DiskAndMemory snapshot needs a running VM\"}\n");
	command_result_clear(&result);
}

static void act_finds_no_host(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	(void)act;
	fake_push_refusal(backend, ticket, HV_ERR_UNREACHABLE, "host 'hv01' cannot be reached");
}

static void test_a_host_that_cannot_be_reached_ends_with_5__U6(void **state)
{
	struct command_result result;
	(void)state;
	fake_hooks.act = act_finds_no_host;
	command_run(&result, "vm", "start", "box", NULL);
	assert_int_equal(result.code, 5);
	command_result_clear(&result);
}

static void act_fails_on_the_host(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	(void)act;
	accept_act(backend, ticket);
	push_state(backend, "one", OPERATION_FAILED, HV_ERR_HOST, "the disk of the host is full; nothing was changed");
}

static void test_a_failure_on_the_host_is_told_in_its_words__V4(void **state)
{
	struct command_result result;
	(void)state;
	fake_hooks.act = act_fails_on_the_host;
	command_run(&result, "snapshot", "create", "box", NULL);
	assert_int_equal(result.code, 1);
	assert_string_equal(result.err, "hvtree: the disk of the host is full; nothing was changed\n");
	command_result_clear(&result);
}

/* ---- names ---- */

static void test_an_ambiguous_name_is_refused_with_its_candidates__U6(void **state)
{
	struct command_result result;
	struct hv_uuid id = hv_uuid_from_text("hv02/twin");
	char text[HV_UUID_TEXT_SIZE];
	(void)state;
	fake_hooks.act = act_runs_then_ends;
	command_run(&result, "snapshot", "create", "twin", NULL);
	assert_int_equal(result.code, 1);
	assert_says(result.err, "'twin' fits 2 times as a VM");
	assert_says(result.err, hv_uuid_format(&id, text));
	assert_says(result.err, "hv03");
	assert_int_equal(fake_backend.acts, 0);
	command_result_clear(&result);
	command_run(&result, "snapshot", "create", "twin", "--json", NULL);
	assert_int_equal(result.code, 1);
	assert_says(result.out, "{\"errorcode\":\"Ambiguous\"");
	assert_says(result.out, "\"candidates\":[{\"id\":");
	command_result_clear(&result);
	command_run(&result, "snapshot", "create", text, NULL);
	assert_int_equal(result.code, 0);
	assert_true(hv_uuid_equal(&fake_backend.act.vm, &id));
	command_result_clear(&result);
	command_run(&result, "snapshot", "create", "BOX", NULL); /* the same name in another case */
	assert_int_equal(result.code, 0);
	command_result_clear(&result);
}

/* ---- acts that lose something ---- */

static void test_a_loss_needs_yes_or_a_terminal_and_nothing_is_asked_of_the_host__U4(void **state)
{
	static const char *const lines[][4] = {
		{"snapshot", "revert", "box", "a"}, {"snapshot", "delete", "box", "a"}, {"snapshot", "delete", "box", "--all"},
		{"vm", "stop", "box", "--force"}};
	(void)state;
	fake_hooks.act = act_runs_then_ends;
	for (size_t i = 0; i < HV_ARRAY_LEN(lines); i++) {
		struct command_result result;
		command_run(&result, lines[i][0], lines[i][1], lines[i][2], lines[i][3], NULL);
		assert_int_equal(result.code, 2);
		assert_says(result.err, "say --yes");
		assert_int_equal(fake_backend.acts, 0);
		assert_int_equal(fake_backend.previews, 0);
		command_result_clear(&result);
	}
}

static void test_the_guard_of_the_preview_goes_with_the_act__U4(void **state)
{
	struct command_result result;
	struct hv_uuid b = hv_uuid_from_text("b"), a = hv_uuid_from_text("a");
	(void)state;
	fake_hooks.act = act_runs_then_ends;
	command_run(&result, "snapshot", "revert", "box", "a", "--yes", "--no-safety", NULL);
	assert_int_equal(result.code, 0);
	assert_says(result.out, "VM 'box' is back at snapshot 'a'; it is Running");
	assert_true(fake_backend.act.expect_current);
	assert_true(hv_uuid_equal(&fake_backend.act.expected_current, &b));
	assert_true(hv_uuid_equal(&fake_backend.act.snapshot, &a));
	command_result_clear(&result);
}

static void test_a_dry_run_asks_for_nothing_but_the_preview__U4(void **state)
{
	struct command_result result;
	(void)state;
	fake_hooks.act = act_runs_then_ends;
	command_run(&result, "snapshot", "delete", "box", "--all", "--dry-run", NULL);
	assert_int_equal(result.code, 0);
	assert_says(result.out, "delete 2 snapshots: VM 'box' on host 'hv01'\n");
	assert_says(result.out, "LOST   the way back to 'b', 'a'\n");
	assert_int_equal(fake_backend.acts, 0);
	command_result_clear(&result);
}

static void test_a_dry_run_of_what_is_refused_is_an_error_with_its_preview__U6(void **state)
{
	struct command_result result;
	(void)state;
	command_run(&result, "snapshot", "create", "box", "--name", "a", "--dry-run", "--json", NULL);
	assert_int_equal(result.code, 1);
	assert_says(result.out, "{\"preview\":{\"operation\":\"CreateSnapshot\"");
	assert_says(result.out, "\"allowed\":false");
	assert_says(result.out,
		"},\"errorcode\":\"Refused\",\"errortext\":\"the VM has a snapshot of that name already\"}");
	assert_string_equal(result.err, "");
	command_result_clear(&result);
}

/* ---- several at once ---- */

static void delete_half(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	(void)act;
	accept_act(backend, ticket);
	push_state(backend, "one", OPERATION_DONE, HV_OK, NULL); /* the other one is told later */
	push_state(backend, "two", OPERATION_FAILED, HV_ERR_HOST, "the merge failed");
}

static void test_some_done_and_some_failed_ends_with_3__D4(void **state)
{
	struct command_result result;
	(void)state;
	fake_hooks.act = delete_half;
	command_run(&result, "snapshot", "delete", "box", "--all", "--yes", "--json", NULL);
	assert_int_equal(result.code, 3);
	assert_says(result.out, "delete: 1 of 2 done, 1 failed, 0 not begun: the merge failed");
	command_result_clear(&result);
}

/* ---- outcomes that are not known ---- */

static void host_is_lost_after_sending(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	struct hv_operation value = operation("one", OPERATION_RUNNING);
	(void)act;
	accept_act(backend, ticket);
	value.unknown = true;
	fake_push_host(backend, "hv01", HOST_LOST);
	fake_push_operation(backend, &value);
}

/* A batch whose session is open and loaded, as a command finds it. */
static void open_batch(struct batch *batch, struct arguments *arguments)
{
	const struct hv_config config = {.connect = HV_CONNECT_ON_DEMAND};
	*arguments = (struct arguments){0};
	batch_init(batch, arguments);
	batch->lost_grace_us = 20000;
	assert_int_equal(session_open(&batch->session, &config, NULL), HV_OK);
	assert_int_equal(session_load(&batch->session, NULL), HV_OK);
}

static enum outcome_end outcome_after(
	void (*act)(struct hv_backend *, uint64_t, const struct hv_act *), bool until_sent)
{
	struct batch *batch = hv_alloc(sizeof *batch);
	struct arguments arguments;
	struct outcome outcome;
	struct wait_for what = {.group = hv_uuid_from_text(GROUP),
		.host = hv_uuid_from_text("hv01"),
		.expected = 1,
		.label = "test",
		.until_sent = until_sent};
	open_batch(batch, &arguments);
	act(batch->session.backend, 999, NULL);
	outcome_of_group(batch, &what, &outcome);
	session_close(&batch->session);
	batch_clear(batch);
	free(batch);
	return outcome.end;
}

static void host_comes_back(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	host_is_lost_after_sending(backend, ticket, act);
	fake_push_host(backend, "hv01", HOST_UP);
	push_state(backend, "one", OPERATION_DONE, HV_OK, NULL);
}

static void host_is_lost_before_sending(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	(void)act;
	accept_act(backend, ticket);
	fake_push_host(backend, "hv01", HOST_CONNECTING); /* between two tries */
	push_state(backend, "one", OPERATION_RUNNING, HV_OK, NULL);
}

static void just_sent(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	(void)act;
	accept_act(backend, ticket);
	push_state(backend, "one", OPERATION_RUNNING, HV_OK, NULL);
}

static void test_a_lost_host_makes_the_outcome_unknown_unless_it_comes_back__Y4(void **state)
{
	(void)state;
	assert_int_equal(outcome_after(host_is_lost_after_sending, false), OUTCOME_UNKNOWN);
	assert_int_equal(outcome_after(host_is_lost_before_sending, false), OUTCOME_HOST_LOST);
	assert_int_equal(outcome_after(host_comes_back, false), OUTCOME_ENDED);
	assert_int_equal(outcome_after(just_sent, true), OUTCOME_ACCEPTED);
}

static void interrupted(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	just_sent(backend, ticket, act);
	(void)raise(SIGINT);
}

static void test_an_interrupt_while_waiting_says_that_it_goes_on__Y4(void **state)
{
	struct command_result result;
	(void)state;
	fake_hooks.act = interrupted;
	command_run(&result, "snapshot", "create", "box", "--json", NULL);
	assert_int_equal(result.code, 4);
	assert_says(result.out, "{\"errorcode\":\"UnknownOutcome\"");
	assert_says(result.out, "goes on and was not cancelled");
	command_result_clear(&result);
	struct sigaction now;
	assert_int_equal(sigaction(SIGINT, NULL, &now), 0);
	assert_ptr_equal(now.sa_handler, SIG_DFL); /* the handlers are put back */
}

static void backend_breaks(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	struct hv_event event = {.kind = HV_EVENT_FAILED};
	just_sent(backend, ticket, act);
	hv_error_set(&event.error, HV_ERR_STORE, "the disk of the store is full");
	fake_push(backend, event);
}

static void test_a_store_that_fails_while_waiting_is_an_unknown_outcome__Y4(void **state)
{
	struct command_result result;
	(void)state;
	fake_hooks.act = backend_breaks;
	command_run(&result, "snapshot", "create", "box", NULL);
	assert_int_equal(result.code, 4);
	assert_says(result.err, "the disk of the store is full");
	command_result_clear(&result);
}

/* ---- no-wait ---- */

static void test_no_wait_tells_the_job_as_soon_as_it_is_under_way__U6(void **state)
{
	struct command_result result;
	struct hv_uuid group = hv_uuid_from_text(GROUP);
	char text[HV_UUID_TEXT_SIZE];
	(void)state;
	fake_hooks.act = just_sent;
	command_run(&result, "snapshot", "create", "box", "--no-wait", "--json", NULL);
	assert_int_equal(result.code, 0);
	assert_says(result.out, "{\"jobid\":\"");
	assert_says(result.out, hv_uuid_format(&group, text));
	command_result_clear(&result);
}

/* ---- sync ---- */

static void one_host_is_down(struct hv_backend *backend, uint64_t ticket, const struct hv_uuid *host)
{
	struct hv_event event = {.kind = HV_EVENT_SYNCED, .ticket = ticket, .id = *host};
	struct hv_uuid down = hv_uuid_from_text("hv02");
	if (hv_uuid_equal(host, &down)) {
		hv_error_set(&event.error, HV_ERR_UNREACHABLE, "host 'hv02' cannot be reached");
	}
	fake_push(backend, event);
}

static void test_sync_tells_each_host_and_ends_with_3_when_one_is_down__Y1(void **state)
{
	struct command_result result;
	(void)state;
	fake_hooks.sync = one_host_is_down;
	command_run(&result, "sync", NULL);
	assert_int_equal(result.code, 3);
	assert_says(result.out, "hv01: synced\n");
	assert_says(result.out, "hv02: host 'hv02' cannot be reached\n");
	command_result_clear(&result);
	command_run(&result, "sync", "hv02", "--json", NULL);
	assert_int_equal(result.code, 5);
	assert_says(result.out, "{\"errorcode\":\"Unreachable\"");
	command_result_clear(&result);
	command_run(&result, "sync", "hv01", NULL);
	assert_int_equal(result.code, 0);
	command_result_clear(&result);
}

/* ---- lists ---- */

#define PAGE 4000

/* 10,000 rows in pages; each page after the first is asked for by the key of the row before it. */
static void list_many(struct hv_backend *backend, uint64_t ticket, const struct hv_snapshot_query *query)
{
	static struct hv_snapshot rows[PAGE];
	int64_t next = query->after_id ? query->after_id - 1 : 10000;
	int64_t count = next < query->limit ? next : query->limit;
	assert_true(query->limit > 0 && query->limit <= PAGE);
	assert_int_equal(query->after_created_us, query->after_id * 10);
	for (int64_t i = 0; i < count; i++) {
		rows[i] = (struct hv_snapshot){.id = hv_uuid_from_text("row"), .name = "n", .display_name = "d",
			.created_us = (next - i) * 10, .vm_name = "box", .host_name = "hv01", .account = "", .domain = "",
			.page_id = next - i};
	}
	struct hv_snapshot_page page = {.rows = rows, .count = (size_t)count,
		.total = query->after_id ? -1 : 10000, .more = next > count};
	fake_push(backend, (struct hv_event){
				   .kind = HV_EVENT_SNAPSHOTS, .ticket = ticket, .page = hv_snapshot_page_new(&page)});
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;
	for (; *text; text++) {
		lines += *text == '\n';
	}
	return lines;
}

static void test_a_long_list_is_read_in_pages_by_key__L1(void **state)
{
	struct command_result result;
	(void)state;
	fake_hooks.list = list_many;
	command_run(&result, "snapshot", "list", "--json", NULL);
	assert_int_equal(result.code, 0);
	assert_says(result.out, "{\"count\":10000,\"vmSnapshot\":[\n");
	assert_int_equal(count_lines(result.out), 1 + 10000 + 1);
	assert_int_equal(fake_backend.lists, 3);
	command_result_clear(&result);
	command_run(&result, "snapshot", "list", "--page-size", "4800", NULL);
	assert_int_equal(result.code, 0);
	assert_int_equal(count_lines(result.out), 1 + 4800);
	assert_int_equal(fake_backend.list.limit, 800);
	command_result_clear(&result);
	command_run(&result, "snapshot", "list", "--recursive", NULL);
	assert_int_equal(result.code, 2);
	command_result_clear(&result);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_create_waits_for_the_end_and_tells_the_snapshot__C1),
		TEST(test_an_export_that_fails_behind_a_create_does_not_fail_it__P3),
		TEST(test_a_refusal_ends_with_1_and_its_sentence__T4),
		TEST(test_a_host_that_cannot_be_reached_ends_with_5__U6),
		TEST(test_a_failure_on_the_host_is_told_in_its_words__V4),
		TEST(test_an_ambiguous_name_is_refused_with_its_candidates__U6),
		TEST(test_a_loss_needs_yes_or_a_terminal_and_nothing_is_asked_of_the_host__U4),
		TEST(test_the_guard_of_the_preview_goes_with_the_act__U4),
		TEST(test_a_dry_run_asks_for_nothing_but_the_preview__U4),
		TEST(test_a_dry_run_of_what_is_refused_is_an_error_with_its_preview__U6),
		TEST(test_some_done_and_some_failed_ends_with_3__D4),
		TEST(test_a_lost_host_makes_the_outcome_unknown_unless_it_comes_back__Y4),
		TEST(test_an_interrupt_while_waiting_says_that_it_goes_on__Y4),
		TEST(test_a_store_that_fails_while_waiting_is_an_unknown_outcome__Y4),
		TEST(test_no_wait_tells_the_job_as_soon_as_it_is_under_way__U6),
		TEST(test_sync_tells_each_host_and_ends_with_3_when_one_is_down__Y1),
		TEST(test_a_long_list_is_read_in_pages_by_key__L1),
	};
	return cmocka_run_group_tests_name("batch/outcome", tests, NULL, NULL) ? 1 : 0;
}
