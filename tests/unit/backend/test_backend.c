/* The facade on simulated hosts: the picture, acts with what the guest then holds, previews, lists, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/backend/desk.h"

struct room {
	struct desk desk;
	char *folder;
};

static int enter(void **state)
{
	struct room *room = hv_alloc(sizeof *room);
	room->folder = desk_folder(desk_fleet);
	desk_quick(room->folder);
	desk_open(&room->desk, room->folder, HV_CONNECT_ALL);
	*state = room;
	return 0;
}

static int leave(void **state)
{
	struct room *room = *state;
	if (room->desk.backend) {
		desk_close(&room->desk);
	}
	desk_remove_folder(room->folder);
	free(room);
	return 0;
}

static void test_open__tells_every_host_then_every_vm_once_then_loaded__U1(void **state)
{
	struct room *room = *state;
	assert_int_equal(room->desk.host_count, 2);
	assert_int_equal(room->desk.vm_count, 3);
	assert_false(room->desk.host_after_vm);
	assert_int_equal(desk_host(&room->desk, "alpha")->vm_count, 2);
	assert_string_equal(desk_host(&room->desk, "beta")->group, "lab");
	assert_int_equal(desk_vm(&room->desk, "cup")->state, VM_STOPPED);
	assert_int_equal(desk_vm(&room->desk, "box")->snapshots, 0);
	assert_int_equal(desk_vm(&room->desk, "box")->snapshot_limit, 10);
	assert_true(desk_vm(&room->desk, "box")->snapshots_enabled);
	assert_true(hv_uuid_equal(
		&desk_vm(&room->desk, "jar")->host, &desk_host(&room->desk, "beta")->uuid));
	desk_until_up(&room->desk, "alpha");
	desk_until_up(&room->desk, "beta");
	assert_null(desk_host(&room->desk, "alpha")->reason);
}

static void test_act__create_revert_and_delete_end_with_what_the_guest_held__C1_V1_D1(void **state)
{
	struct room *room = *state;
	struct desk *desk = &room->desk;
	desk_until_up(desk, "alpha");
	struct hv_act create = desk_create(desk, "box", "before", SNAPSHOT_DISK_AND_MEMORY);
	desk_done(desk, &create);
	assert_int_equal(desk_vm(desk, "box")->snapshots, 1);
	assert_int_equal(desk_vm(desk, "box")->chain, 1);
	free(desk_sim(room->folder, "alpha", "guest", "write", "box", "app", "2", NULL));
	free(desk_sim(
		room->folder, "alpha", "guest", "write", "box", "--memory", "users", "99", NULL));
	struct hv_act revert = desk_on_snapshot(desk, OPERATION_REVERT_SNAPSHOT, "box", "before");
	desk_done(desk, &revert);
	desk_assert_guest(room->folder, "alpha", "box", "app", "1");
	HV_CLEANUP_FREE char *users =
		desk_sim(room->folder, "alpha", "guest", "read", "box", "--memory", "users", NULL);
	assert_non_null(strstr(users, "7"));
	assert_int_equal(desk_vm(desk, "box")->state, VM_RUNNING);
	free(desk_sim(room->folder, "alpha", "guest", "write", "box", "app", "3", NULL));
	struct hv_act delete = desk_on_snapshot(desk, OPERATION_DELETE_SNAPSHOT, "box", "before");
	desk_done(desk, &delete);
	desk_until_snapshots(desk, "box", 0);
	desk_assert_guest(room->folder, "alpha", "box", "app", "3");
}

static bool tree_is_empty(struct desk *desk, const void *vm)
{
	const struct hv_tree *tree = desk_tree(desk, vm);
	return tree && tree->count == 0;
}

static void test_tree__of_an_opened_vm_follows_what_happens_and_a_closed_one_is_silent__U3(
	void **state)
{
	struct room *room = *state;
	struct desk *desk = &room->desk;
	desk_until_up(desk, "alpha");
	const struct hv_uuid vm = desk_vm(desk, "cup")->uuid;
	hv_open_vm(desk->backend, &vm);
	desk_until(desk, tree_is_empty, "cup");
	struct hv_act create = desk_create(desk, "cup", "one", SNAPSHOT_DISK);
	desk_done(desk, &create);
	const struct hv_tree *tree = desk_tree(desk, "cup");
	assert_int_equal(tree->count, 1);
	assert_true(tree->nodes[0].current);
	assert_int_equal(tree->nodes[0].state, SNAPSHOT_READY);
	assert_int_equal(tree->current, 0);
	assert_int_equal(tree->volume_count, 1);
	hv_close_vm(desk->backend, &vm);
	create = desk_create(desk, "cup", "two", SNAPSHOT_DISK);
	desk_done(desk, &create);
	assert_int_equal(desk_tree(desk, "cup")->count, 1);
	assert_int_equal(desk_vm(desk, "cup")->snapshots, 2);
}

static bool one_vm_is_gone(struct desk *desk, const void *context)
{
	(void)context;
	return desk->vms_gone == 1;
}

static void test_open_vm__that_does_not_exist_is_told_as_gone(void **state)
{
	struct room *room = *state;
	struct hv_uuid nobody = hv_uuid_from_text("nobody");
	hv_open_vm(room->desk.backend, &nobody);
	desk_until(&room->desk, one_vm_is_gone, NULL);
	struct hv_act act = {.kind = OPERATION_START_VM, .vm = nobody};
	assert_int_equal(desk_refused(&room->desk, &act)->status, HV_ERR_NOT_FOUND);
}

static void test_act__is_refused_with_the_rules_sentence_and_changes_nothing__T4(void **state)
{
	struct room *room = *state;
	struct desk *desk = &room->desk;
	desk_until_up(desk, "alpha");
	struct hv_act create = desk_create(desk, "cup", "x", SNAPSHOT_DISK_AND_MEMORY);
	const struct hv_error *error = desk_refused(desk, &create);
	assert_int_equal(error->status, HV_ERR_REFUSED);
	assert_non_null(strstr(error->text, "needs a running VM"));
	assert_int_equal(desk->operation_count, 0);
	assert_int_equal(desk_vm(desk, "cup")->snapshots, 0);
}

static void test_act__refuses_names_that_are_too_long_empty_or_hold_controls__T5(void **state)
{
	struct room *room = *state;
	struct desk *desk = &room->desk;
	desk_until_up(desk, "alpha");
	char long_name[301];
	memset(long_name, 'n', sizeof long_name - 1);
	long_name[300] = '\0';
	const char *const names[] = {long_name, "", "a\x1b[2Jb", "line\nbreak", "\xff\xfe"};
	for (size_t i = 0; i < HV_ARRAY_LEN(names); i++) {
		struct hv_act create = desk_create(desk, "cup", names[i], SNAPSHOT_DISK);
		assert_int_equal(desk_refused(desk, &create)->status, HV_ERR_INVALID);
	}
	assert_int_equal(desk_vm(desk, "cup")->snapshots, 0);
}

static void test_act__carries_strange_but_legal_names_unchanged__T5(void **state)
{
	struct room *room = *state;
	struct desk *desk = &room->desk;
	desk_until_up(desk, "alpha");
	const char *const names[] = {"%s%n'; DROP TABLE vm_snapshots;--",
		"$(touch /tmp/x) `id` \"q\" \\", "\xe2\x80\xaeright-to-left \xf0\x9f\x90\x98"};
	for (size_t i = 0; i < HV_ARRAY_LEN(names); i++) {
		struct hv_act create = desk_create(desk, "cup", names[i], SNAPSHOT_DISK);
		desk_done(desk, &create);
		assert_string_equal(desk_node(desk, "cup", names[i])->name, names[i]);
	}
	assert_int_equal(desk_vm(desk, "cup")->snapshots, 3);
}

static void test_act__one_at_a_time_on_a_vm_is_refused_or_queued__X1(void **state)
{
	struct room *room = *state;
	struct desk *desk = &room->desk;
	desk_until_up(desk, "alpha");
	free(desk_sim(room->folder, "alpha", "fault", "set", "late:CreateVMSnapshot:1500", NULL));
	struct hv_act first = desk_create(desk, "cup", "first", SNAPSHOT_DISK);
	struct hv_uuid first_group = desk_act(desk, &first);
	struct hv_act second = desk_create(desk, "cup", "second", SNAPSHOT_DISK);
	const struct hv_error *error = desk_refused(desk, &second);
	assert_true(error->status == HV_ERR_CONFLICT || error->status == HV_ERR_REFUSED);
	second.queue = true;
	struct hv_uuid second_group = desk_act(desk, &second);
	assert_int_equal(desk_ended(desk, &first_group)->state, OPERATION_DONE);
	assert_int_equal(desk_ended(desk, &second_group)->state, OPERATION_DONE);
	assert_int_equal(desk_vm(desk, "cup")->snapshots, 2);
}

static const struct hv_operation *operation_of(struct desk *desk, const struct hv_uuid *group)
{
	for (size_t i = 0; i < desk->operation_count; i++) {
		if (hv_uuid_equal(&desk->operations[i]->group, group)) {
			return desk->operations[i];
		}
	}
	return NULL;
}

static bool group_is_known(struct desk *desk, const void *group)
{
	return operation_of(desk, group) != NULL;
}

static void test_cancel__takes_a_queued_operation_back(void **state)
{
	struct room *room = *state;
	struct desk *desk = &room->desk;
	desk_until_up(desk, "alpha");
	free(desk_sim(room->folder, "alpha", "fault", "set", "late:CreateVMSnapshot:1500", NULL));
	struct hv_act act = desk_create(desk, "cup", "first", SNAPSHOT_DISK);
	struct hv_uuid first = desk_act(desk, &act);
	act = desk_create(desk, "cup", "second", SNAPSHOT_DISK);
	act.queue = true;
	struct hv_uuid second = desk_act(desk, &act);
	desk_until(desk, group_is_known, &second);
	uint64_t ticket = desk_ticket(desk);
	hv_cancel(desk->backend, ticket, &operation_of(desk, &second)->uuid);
	assert_int_equal(desk_answer(desk, ticket)->kind, HV_EVENT_ACCEPTED);
	assert_int_equal(desk_ended(desk, &second)->state, OPERATION_CANCELLED);
	assert_int_equal(desk_ended(desk, &first)->state, OPERATION_DONE);
	assert_int_equal(desk_vm(desk, "cup")->snapshots, 1);
	ticket = desk_ticket(desk);
	struct hv_uuid nothing = hv_uuid_from_text("nothing");
	hv_cancel(desk->backend, ticket, &nothing);
	assert_int_equal(desk_answer(desk, ticket)->kind, HV_EVENT_REFUSED);
}

static void test_preview__of_a_revert_says_what_is_lost_kept_and_after__U4(void **state)
{
	struct room *room = *state;
	struct desk *desk = &room->desk;
	desk_until_up(desk, "alpha");
	struct hv_act create = desk_create(desk, "box", "disk", SNAPSHOT_DISK);
	desk_done(desk, &create);
	struct hv_act revert = desk_on_snapshot(desk, OPERATION_REVERT_SNAPSHOT, "box", "disk");
	uint64_t ticket = desk_ticket(desk);
	hv_preview(desk->backend, ticket, &revert);
	const struct hv_event *answer = desk_answer(desk, ticket);
	assert_int_equal(answer->kind, HV_EVENT_PREVIEW);
	const struct hv_preview *preview = answer->preview;
	assert_null(preview->refusal);
	assert_int_equal(preview->kept_snapshots, 1);
	assert_int_equal(preview->state_before, VM_RUNNING);
	assert_int_equal(preview->state_after, VM_STOPPED);
	assert_true(preview->stops_first);
	assert_true(preview->lost_since_us > 0);
	assert_true(preview->risk_count > 0);
	assert_true(hv_uuid_equal(&preview->current, &revert.snapshot));
}

static void test_preview__of_a_delete_names_what_goes_and_who_becomes_current__D3_D4(void **state)
{
	struct room *room = *state;
	struct desk *desk = &room->desk;
	desk_until_up(desk, "alpha");
	struct hv_act create = desk_create(desk, "cup", "one", SNAPSHOT_DISK);
	desk_done(desk, &create);
	create = desk_create(desk, "cup", "two", SNAPSHOT_DISK);
	desk_done(desk, &create);
	struct hv_act delete = desk_on_snapshot(desk, OPERATION_DELETE_SNAPSHOT, "cup", "two");
	struct hv_uuid one = desk_node(desk, "cup", "one")->id;
	uint64_t ticket = desk_ticket(desk);
	hv_preview(desk->backend, ticket, &delete);
	const struct hv_preview *preview = desk_answer(desk, ticket)->preview;
	assert_int_equal(preview->deleted_count, 1);
	assert_string_equal(preview->deleted_names[0], "two");
	assert_true(preview->deletes_current);
	assert_true(hv_uuid_equal(&preview->new_current, &one));
	delete = (struct hv_act){.kind = OPERATION_DELETE_SNAPSHOT, .vm = delete.vm, .all = true};
	ticket = desk_ticket(desk);
	hv_preview(desk->backend, ticket, &delete);
	preview = desk_answer(desk, ticket)->preview;
	assert_int_equal(preview->deleted_count, 2);
	assert_string_equal(preview->deleted_names[0], "two");
	assert_true(hv_uuid_is_nil(&preview->new_current));
	desk_done(desk, &delete);
	desk_until_snapshots(desk, "cup", 0);
	ticket = desk_ticket(desk);
	hv_preview(desk->backend, ticket, &delete);
	assert_non_null(desk_answer(desk, ticket)->preview->refusal);
}

static void test_preview__carries_the_rules_refusal__T4(void **state)
{
	struct room *room = *state;
	desk_until_up(&room->desk, "alpha");
	struct hv_act create = desk_create(&room->desk, "cup", NULL, SNAPSHOT_DISK_AND_MEMORY);
	uint64_t ticket = desk_ticket(&room->desk);
	hv_preview(room->desk.backend, ticket, &create);
	const struct hv_event *answer = desk_answer(&room->desk, ticket);
	assert_int_equal(answer->kind, HV_EVENT_PREVIEW);
	assert_non_null(strstr(answer->preview->refusal, "needs a running VM"));
}

static void test_act__with_a_stale_view_is_refused(void **state)
{
	struct room *room = *state;
	struct desk *desk = &room->desk;
	desk_until_up(desk, "alpha");
	struct hv_act create = desk_create(desk, "cup", "one", SNAPSHOT_DISK);
	desk_done(desk, &create);
	struct hv_act delete = desk_on_snapshot(desk, OPERATION_DELETE_SNAPSHOT, "cup", "one");
	delete.expect_current = true; /* of nothing, though "one" is current now */
	assert_int_equal(desk_refused(desk, &delete)->status, HV_ERR_CONFLICT);
	delete.expected_current = hv_uuid_from_text("long gone");
	assert_int_equal(desk_refused(desk, &delete)->status, HV_ERR_CONFLICT);
	delete.expected_current = delete.snapshot;
	desk_done(desk, &delete);
}

static void test_list__pages_through_all_snapshots_by_key__L1(void **state)
{
	struct room *room = *state;
	struct desk *desk = &room->desk;
	desk_until_up(desk, "alpha");
	for (int i = 0; i < 3; i++) {
		char name[8];
		(void)snprintf(name, sizeof name, "s%d", i);
		struct hv_act create = desk_create(desk, "cup", name, SNAPSHOT_DISK);
		desk_done(desk, &create);
	}
	struct hv_uuid vm = desk_vm(desk, "cup")->uuid;
	struct hv_snapshot_query query = {.vm = &vm, .state = -1, .type = -1, .limit = 2};
	uint64_t ticket = desk_ticket(desk);
	hv_list_snapshots(desk->backend, ticket, &query);
	const struct hv_snapshot_page *page = desk_answer(desk, ticket)->page;
	assert_int_equal(page->count, 2);
	assert_int_equal(page->total, 3);
	assert_true(page->more);
	assert_string_equal(page->rows[0].display_name, "s2");
	assert_string_equal(page->rows[0].parent_name, "s1");
	assert_string_equal(page->rows[0].vm_name, "cup");
	assert_string_equal(page->rows[0].host_name, "alpha");
	assert_true(page->rows[0].current);
	query.after_created_us = page->rows[1].created_us;
	query.after_id = page->rows[1].page_id;
	ticket = desk_ticket(desk);
	hv_list_snapshots(desk->backend, ticket, &query);
	page = desk_answer(desk, ticket)->page;
	assert_int_equal(page->count, 1);
	assert_int_equal(page->total, -1);
	assert_false(page->more);
	assert_string_equal(page->rows[0].display_name, "s0");
	query = (struct hv_snapshot_query){.vm = &vm, .state = -1, .type = -1, .uncounted = true};
	ticket = desk_ticket(desk);
	hv_list_snapshots(desk->backend, ticket, &query);
	page = desk_answer(desk, ticket)->page;
	assert_int_equal(page->count, 3);
	assert_int_equal(page->total, -1);
	struct hv_uuid nobody = hv_uuid_from_text("nobody");
	query = (struct hv_snapshot_query){.vm = &nobody, .state = -1, .type = -1};
	ticket = desk_ticket(desk);
	hv_list_snapshots(desk->backend, ticket, &query);
	assert_int_equal(desk_answer(desk, ticket)->kind, HV_EVENT_REFUSED);
}

static bool has_untracked(struct desk *desk, const void *vm)
{
	return desk_vm(desk, vm)->untracked == 1;
}

static void test_picture__shows_what_others_do_on_the_host__T6(void **state)
{
	struct room *room = *state;
	struct desk *desk = &room->desk;
	desk_until_up(desk, "alpha");
	free(desk_sim(room->folder, "alpha", "foreign", "create", "cup", "by hand", NULL));
	desk_until(desk, has_untracked, "cup");
	const struct hv_node *node = desk_node(desk, "cup", "by hand");
	assert_true(node->untracked);
	assert_int_equal(desk_vm(desk, "cup")->snapshots, 0);
	struct hv_act revert = {.kind = OPERATION_REVERT_SNAPSHOT,
		.vm = desk_vm(desk, "cup")->uuid,
		.snapshot = node->id};
	assert_int_equal(desk_refused(desk, &revert)->status, HV_ERR_NOT_FOUND);
	uint64_t ticket = desk_ticket(desk);
	hv_preview(desk->backend, ticket, &revert);
	assert_non_null(strstr(desk_answer(desk, ticket)->preview->refusal, "outside hvtree"));
}

static void test_values__outlive_the_backend_that_sent_them(void **state)
{
	struct room *room = *state;
	const struct hv_vm *vm = hv_vm_ref(desk_vm(&room->desk, "box"));
	desk_close(&room->desk);
	assert_string_equal(vm->name, "box");
	hv_vm_unref(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, enter, leave)
		IN_ROOM(test_open__tells_every_host_then_every_vm_once_then_loaded__U1),
		IN_ROOM(test_act__create_revert_and_delete_end_with_what_the_guest_held__C1_V1_D1),
		IN_ROOM(test_tree__of_an_opened_vm_follows_what_happens_and_a_closed_one_is_silent__U3),
		IN_ROOM(test_open_vm__that_does_not_exist_is_told_as_gone),
		IN_ROOM(test_act__is_refused_with_the_rules_sentence_and_changes_nothing__T4),
		IN_ROOM(test_act__refuses_names_that_are_too_long_empty_or_hold_controls__T5),
		IN_ROOM(test_act__carries_strange_but_legal_names_unchanged__T5),
		IN_ROOM(test_act__one_at_a_time_on_a_vm_is_refused_or_queued__X1),
		IN_ROOM(test_cancel__takes_a_queued_operation_back),
		IN_ROOM(test_preview__of_a_revert_says_what_is_lost_kept_and_after__U4),
		IN_ROOM(test_preview__of_a_delete_names_what_goes_and_who_becomes_current__D3_D4),
		IN_ROOM(test_preview__carries_the_rules_refusal__T4),
		IN_ROOM(test_act__with_a_stale_view_is_refused),
		IN_ROOM(test_list__pages_through_all_snapshots_by_key__L1),
		IN_ROOM(test_picture__shows_what_others_do_on_the_host__T6),
		IN_ROOM(test_values__outlive_the_backend_that_sent_them),
	};
	return cmocka_run_group_tests_name("backend/backend", tests, NULL, NULL);
}
