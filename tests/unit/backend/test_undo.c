/* The safety snapshot and the undo of a revert, on simulated hosts: what the guest holds decides (U4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

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
	desk_until_up(&room->desk, "alpha");
	*state = room;
	return 0;
}

static int leave(void **state)
{
	struct room *room = *state;
	desk_close(&room->desk);
	desk_remove_folder(room->folder);
	free(room);
	return 0;
}

static void write_guest(struct room *room, const char *value)
{
	free(desk_sim(room->folder, "alpha", "guest", "write", "box", "app", value, NULL));
}

/* "base", then work that is in no snapshot, then back to "base". */
static void revert_to_base(struct room *room, const char *safety_name)
{
	struct hv_act create = desk_create(&room->desk, "box", "base", SNAPSHOT_DISK_AND_MEMORY);
	desk_done(&room->desk, &create);
	write_guest(room, "work");
	struct hv_act revert = desk_on_snapshot(&room->desk, OPERATION_REVERT_SNAPSHOT, "box", "base");
	revert.safety_name = safety_name;
	desk_done(&room->desk, &revert);
	desk_assert_guest(room->folder, "alpha", "box", "app", "1");
}

static struct hv_act undo_of(struct desk *desk)
{
	return (struct hv_act){
		.kind = OPERATION_REVERT_SNAPSHOT, .vm = desk_vm(desk, "box")->uuid, .undo = true};
}

static const struct hv_event *preview(struct desk *desk, const struct hv_act *act)
{
	uint64_t ticket = desk_ticket(desk);
	hv_preview(desk->backend, ticket, act);
	return desk_answer(desk, ticket);
}

static void assert_no_undo(struct desk *desk, const char *why)
{
	struct hv_act undo = undo_of(desk);
	const struct hv_event *answer = preview(desk, &undo);
	assert_int_equal(answer->kind, HV_EVENT_REFUSED);
	assert_non_null(strstr(answer->error.text, why));
	assert_non_null(strstr(desk_refused(desk, &undo)->text, why));
}

static void test_undo__brings_back_what_the_revert_threw_away_also_after_a_restart__U4_Y3(void **state)
{
	struct room *room = *state;
	struct desk *desk = &room->desk;
	assert_no_undo(desk, "nothing to undo");
	revert_to_base(room, "before-revert");
	desk_close(desk);
	*desk = (struct desk){0};
	desk_open(desk, room->folder, HV_CONNECT_ALL);
	desk_until_up(desk, "alpha");
	struct hv_act undo = undo_of(desk);
	const struct hv_event *answer = preview(desk, &undo);
	assert_int_equal(answer->kind, HV_EVENT_PREVIEW);
	assert_string_equal(answer->preview->target_name, "before-revert");
	assert_int_equal(answer->preview->target_type, SNAPSHOT_DISK_AND_MEMORY);
	assert_null(answer->preview->refusal);
	assert_null(answer->preview->safety_refusal);
	assert_int_equal(answer->preview->kept_snapshots, 2);
	desk_done(desk, &undo);
	desk_assert_guest(room->folder, "alpha", "box", "app", "work");
	assert_no_undo(desk, "took no safety snapshot");
}

static void test_undo__is_not_there_when_no_safety_snapshot_was_taken__U4(void **state)
{
	struct room *room = *state;
	revert_to_base(room, NULL);
	assert_no_undo(&room->desk, "took no safety snapshot");
}

static void test_undo__ends_with_its_snapshot__U4(void **state)
{
	struct room *room = *state;
	revert_to_base(room, "before-revert");
	struct hv_act delete =
		desk_on_snapshot(&room->desk, OPERATION_DELETE_SNAPSHOT, "box", "before-revert");
	desk_done(&room->desk, &delete);
	assert_no_undo(&room->desk, "'before-revert' of the last revert is gone");
}

static void test_undo__with_a_safety_snapshot_can_itself_be_undone__U4(void **state)
{
	struct room *room = *state;
	revert_to_base(room, "before-revert");
	write_guest(room, "other work");
	struct hv_act undo = undo_of(&room->desk);
	undo.safety_name = "before-undo";
	desk_done(&room->desk, &undo);
	desk_assert_guest(room->folder, "alpha", "box", "app", "work");
	undo.safety_name = NULL;
	desk_done(&room->desk, &undo);
	desk_assert_guest(room->folder, "alpha", "box", "app", "other work");
}

static bool has_risk(const struct hv_preview *value, const char *word)
{
	for (size_t i = 0; i < value->risk_count; i++) {
		if (strstr(value->risks[i], word)) {
			return true;
		}
	}
	return false;
}

static void test_preview__says_whether_a_safety_snapshot_can_be_taken__U4_C3(void **state)
{
	struct room *room = *state;
	struct desk *desk = &room->desk;
	static const char *const names[] = {"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9"};
	for (size_t i = 0; i < HV_ARRAY_LEN(names); i++) {
		struct hv_act create = desk_create(desk, "cup", names[i], SNAPSHOT_DISK);
		desk_done(desk, &create);
		struct hv_act revert = desk_on_snapshot(desk, OPERATION_REVERT_SNAPSHOT, "cup", "s0");
		revert.safety_name = "before-revert";
		const struct hv_event *answer = preview(desk, &revert);
		assert_int_equal(answer->kind, HV_EVENT_PREVIEW);
		assert_null(answer->preview->refusal);
		bool full = i + 1 == HV_ARRAY_LEN(names);
		assert_int_equal(answer->preview->safety_refusal != NULL, full);
		assert_int_equal(has_risk(answer->preview, "in no snapshot"), full);
		if (full) {
			assert_non_null(strstr(answer->preview->safety_refusal, "limit is 10"));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, enter, leave)
		IN_ROOM(test_undo__brings_back_what_the_revert_threw_away_also_after_a_restart__U4_Y3),
		IN_ROOM(test_undo__is_not_there_when_no_safety_snapshot_was_taken__U4),
		IN_ROOM(test_undo__ends_with_its_snapshot__U4),
		IN_ROOM(test_undo__with_a_safety_snapshot_can_itself_be_undone__U4),
		IN_ROOM(test_preview__says_whether_a_safety_snapshot_can_be_taken__U4_C3),
	};
	return cmocka_run_group_tests_name("backend/undo", tests, NULL, NULL);
}
