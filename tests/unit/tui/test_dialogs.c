/* Dialogs: what they freeze, what they check again, what a key may and may not do in them, and what is then asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/screen/console_fixture.h"
#include "tui/state/app_state.h"

static const struct app_config config = {.title = "test", .ascii = true};

static struct fixture *at_snapshot(const char *name)
{
	struct fixture *fixture = fixture_fleet(&config);
	fixture_go_to(fixture, "db-primary");
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, "db-primary", fixture_db_tree);
	fixture_go_to(fixture, name);
	fixture_take_effects(fixture);
	return fixture;
}

static struct hv_preview revert_preview(const char *target)
{
	return (struct hv_preview){
		.kind = OPERATION_REVERT_SNAPSHOT,
		.vm = hv_uuid_from_text("db-primary"),
		.target = hv_uuid_from_text(target),
		.lost_since_us = FIXTURE_NOW - 41 * FIXTURE_DAY,
		.lost_bytes = -1,
		.kept_snapshots = 4,
		.state_before = VM_RUNNING,
		.state_after = VM_STOPPED,
		.current = hv_uuid_from_text("pre-upgrade-v7"),
	};
}

static void answer_preview(struct fixture *fixture, const struct hv_preview *value)
{
	const struct app_effect *asked = fixture_effect(fixture, APP_EFFECT_PREVIEW);
	assert_non_null(asked);
	const struct hv_preview *preview = hv_preview_new(value);
	fixture_event(fixture,
		&(struct hv_event){.kind = HV_EVENT_PREVIEW, .ticket = asked->ticket, .preview = preview});
	hv_preview_unref(preview);
	fixture_take_effects(fixture);
}

static struct fixture *at_revert_dialog(void)
{
	struct fixture *fixture = at_snapshot("pre-patch-july");
	struct hv_preview preview = revert_preview("pre-patch-july");
	fixture_keys(fixture, "r");
	answer_preview(fixture, &preview);
	return fixture;
}

static bool same_id(const struct hv_uuid *id, const char *name)
{
	struct hv_uuid expected = hv_uuid_from_text(name);
	return hv_uuid_equal(id, &expected);
}

static void assert_no_act(const struct fixture *fixture)
{
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ACT), 0);
}

/* ---- revert ---- */

static void test_revert__asks_for_the_preview_of_the_frozen_ids__U4(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("pre-patch-july");
	fixture_keys(fixture, "r");
	const struct app_effect *asked = fixture_effect(fixture, APP_EFFECT_PREVIEW);
	assert_non_null(asked);
	assert_int_not_equal(asked->ticket, 0);
	assert_int_equal(asked->act.kind, OPERATION_REVERT_SNAPSHOT);
	assert_true(same_id(&asked->act.vm, "db-primary"));
	assert_true(same_id(&asked->act.snapshot, "pre-patch-july"));
	assert_false(app_idle(fixture->app));
	fixture_keys(fixture, "Tab Enter Enter"); /* nothing to confirm before it is known what it does */
	assert_no_act(fixture);
	fixture_free(fixture);
}

static void test_revert__enter_by_habit_and_the_opening_key_confirm_nothing__U4(void **state)
{
	(void)state;
	struct fixture *fixture = at_revert_dialog();
	fixture_keys(fixture, "r r R Space y Y");
	assert_no_act(fixture);
	assert_int_equal(fixture->app->dialog.kind, DIALOG_REVERT);
	fixture_keys(fixture, "Enter"); /* Cancel has the focus */
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	assert_no_act(fixture);
	fixture_free(fixture);
}

static void test_revert__confirmed_hands_the_guard_back(void **state)
{
	(void)state;
	struct fixture *fixture = at_revert_dialog();
	fixture_keys(fixture, "Tab Enter");
	const struct app_effect *act = fixture_effect(fixture, APP_EFFECT_ACT);
	assert_non_null(act);
	assert_int_equal(act->act.kind, OPERATION_REVERT_SNAPSHOT);
	assert_true(same_id(&act->act.vm, "db-primary"));
	assert_true(same_id(&act->act.snapshot, "pre-patch-july"));
	assert_true(act->act.expect_current);
	assert_true(same_id(&act->act.expected_current, "pre-upgrade-v7"));
	assert_false(act->act.queue);
	fixture_keys(fixture, "Tab Tab Tab"); /* sent once, whatever is pressed while the answer is awaited */
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ACT), 1);
	uint64_t ticket = act->ticket;
	fixture_answer(fixture, HV_EVENT_ACCEPTED, ticket);
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	assert_true(app_idle(fixture->app));
	fixture_free(fixture);
}

static void test_revert__the_ids_are_those_of_the_opening_while_the_cursor_row_goes__U4(void **state)
{
	(void)state;
	struct fixture *fixture = at_revert_dialog();
	fixture_vm(fixture, "hv01.prod", "aaa-new", VM_RUNNING, 1);
	fixture_vm_gone(fixture, "web-01");
	fixture_keys(fixture, "Tab Enter");
	const struct app_effect *act = fixture_effect(fixture, APP_EFFECT_ACT);
	assert_non_null(act);
	assert_true(same_id(&act->act.snapshot, "pre-patch-july"));
	fixture_free(fixture);
}

/* What moves under a confirmation, and the word that must then be on the screen. */
static void current_moves(struct fixture *fixture)
{
	fixture_tree(fixture, "db-primary",
		"base-2026-06-01 82d\n  pre-patch-july 41d m\n    pre-upgrade-v7 12d\n      new 0d *\n");
}

static void target_goes(struct fixture *fixture)
{
	fixture_tree(fixture, "db-primary", "base-2026-06-01 82d\n  pre-upgrade-v7 12d *\n");
}

static void vm_stops(struct fixture *fixture)
{
	fixture_vm(fixture, "hv01.prod", "db-primary", VM_STOPPED, 4);
}

static void vm_goes(struct fixture *fixture)
{
	fixture_vm_gone(fixture, "db-primary");
}

static void host_is_lost(struct fixture *fixture)
{
	fixture_host(fixture, "hv01.prod", "prod", HOST_LOST, "timed out");
}

static void operation_begins(struct fixture *fixture)
{
	struct hv_operation value =
		fixture_operation_value("other", OPERATION_CREATE_SNAPSHOT, "db-primary", "by-another");
	fixture_operation(fixture, &value);
}

static void test_revert__stops_and_shows_when_the_facts_move_under_it__U4(void **state)
{
	(void)state;
	static const struct {
		void (*move)(struct fixture *fixture);
		const char *shown;
	} cases[] = {
		{current_moves, "another snapshot has become the current one"},
		{target_goes, "this snapshot is gone"},
		{vm_stops, "'db-primary' is off now"},
		{vm_goes, "'db-primary' is gone"},
		{host_is_lost, "does not answer"},
		{operation_begins, "another operation runs"},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct fixture *fixture = at_revert_dialog();
		fixture_keys(fixture, "Tab"); /* Revert has the focus already */
		cases[i].move(fixture);
		assert_true(fixture_shows(fixture, cases[i].shown));
		assert_int_equal(fixture->app->dialog.focus, CONTROL_CANCEL);
		fixture_keys(fixture, "Enter");
		assert_no_act(fixture);
		assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
		fixture_free(fixture);
	}
}

static void test_revert__look_again_asks_for_a_new_preview(void **state)
{
	(void)state;
	struct fixture *fixture = at_revert_dialog();
	current_moves(fixture);
	fixture_keys(fixture, "Tab Enter");
	assert_no_act(fixture);
	struct hv_preview preview = revert_preview("pre-patch-july");
	preview.current = hv_uuid_from_text("new");
	answer_preview(fixture, &preview);
	fixture_keys(fixture, "Backtab Tab"); /* wherever it is, Cancel and Revert are the only two */
	fixture_keys(fixture, fixture->app->dialog.focus == CONTROL_GO ? "Enter" : "Tab Enter");
	const struct app_effect *act = fixture_effect(fixture, APP_EFFECT_ACT);
	assert_non_null(act);
	assert_true(same_id(&act->act.expected_current, "new"));
	fixture_free(fixture);
}

static void test_revert__takes_the_safety_snapshot_first_unless_it_is_switched_off__U4(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("pre-patch-july");
	fixture_keys(fixture, "r");
	static const char name[] = "before-revert 2026-08-22 03:12";
	assert_string_equal(fixture_effect(fixture, APP_EFFECT_PREVIEW)->act.safety_name, name);
	struct hv_preview preview = revert_preview("pre-patch-july");
	answer_preview(fixture, &preview);
	fixture_keys(fixture, "Tab Enter");
	assert_string_equal(fixture_effect(fixture, APP_EFFECT_ACT)->act.safety_name, name);
	fixture_free(fixture);

	fixture = at_revert_dialog();
	fixture_keys(fixture, "Backtab Space"); /* what is lost for good depends on it: looked at again */
	assert_null(fixture_effect(fixture, APP_EFFECT_PREVIEW)->act.safety_name);
	fixture_keys(fixture, "Tab Tab Enter");
	assert_no_act(fixture);
	fixture_free(fixture);

	fixture = at_revert_dialog();
	fixture_keys(fixture, "Backtab Space");
	answer_preview(fixture, &preview);
	fixture_keys(fixture, "Tab Tab Enter");
	assert_null(fixture_effect(fixture, APP_EFFECT_ACT)->act.safety_name);
	fixture_free(fixture);
}

static void test_revert__without_room_for_a_safety_snapshot_says_so_and_asks_for_none__U4_C3(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("pre-patch-july");
	fixture_keys(fixture, "r");
	struct hv_preview preview = revert_preview("pre-patch-july");
	preview.safety_refusal = "the limit is 10";
	answer_preview(fixture, &preview);
	assert_true(fixture_shows(fixture, "No safety snapshot: the limit is 10"));
	assert_true(fixture_shows(fixture, "[ ] safety snapshot first"));
	fixture_keys(fixture, "Backtab Backtab"); /* it cannot be focused: over the commands to Revert */
	assert_int_equal(fixture->app->dialog.focus, CONTROL_GO);
	fixture_keys(fixture, "Enter");
	assert_null(fixture_effect(fixture, APP_EFFECT_ACT)->act.safety_name);
	fixture_free(fixture);
}

static void test_undo__freezes_the_snapshot_that_its_preview_shows__U4(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("db-primary");
	fixture_keys(fixture, "u");
	const struct app_effect *asked = fixture_effect(fixture, APP_EFFECT_PREVIEW);
	assert_true(asked->act.undo);
	assert_string_equal(asked->act.safety_name, "before-undo 2026-08-22 03:12");
	assert_true(same_id(&asked->act.vm, "db-primary"));
	fixture_keys(fixture, "Tab Enter"); /* before anything is known: switches nothing off either */
	assert_no_act(fixture);
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_PREVIEW), 1);
	struct hv_preview preview = revert_preview("pre-upgrade-v7");
	preview.target_name = "pre-upgrade-v7";
	answer_preview(fixture, &preview);
	fixture_keys(fixture, "Backtab Enter"); /* from the commands, which it showed, to Undo */
	const struct app_effect *act = fixture_effect(fixture, APP_EFFECT_ACT);
	assert_non_null(act);
	assert_false(act->act.undo); /* what was shown, whatever another console has reverted meanwhile */
	assert_true(same_id(&act->act.snapshot, "pre-upgrade-v7"));
	assert_true(act->act.expect_current);
	fixture_free(fixture);
}

static void test_undo__that_is_not_there_is_said_and_nothing_is_asked__U4(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("db-primary");
	fixture_keys(fixture, "u");
	fixture_refuse(fixture, fixture_effect(fixture, APP_EFFECT_PREVIEW)->ticket, HV_ERR_NOT_FOUND,
		"there is nothing to undo");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_MESSAGE);
	assert_true(fixture_shows(fixture, "no undo: there is nothing to undo"));
	fixture_keys(fixture, "Enter");
	assert_no_act(fixture);
	fixture_free(fixture);
}

static void test_revert__a_refusing_preview_leaves_only_cancel(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("pre-patch-july");
	fixture_keys(fixture, "r");
	struct hv_preview preview = revert_preview("pre-patch-july");
	preview.refusal = "the disk of hv01 is full";
	answer_preview(fixture, &preview);
	assert_true(fixture_shows(fixture, "the disk of hv01 is full"));
	fixture_keys(fixture, "Tab Tab Enter");
	assert_no_act(fixture);
	fixture_free(fixture);
}

static void test_revert__refused_by_the_engine_says_what_why_and_what_to_do(void **state)
{
	(void)state;
	struct fixture *fixture = at_revert_dialog();
	fixture_keys(fixture, "Tab Enter");
	fixture_refuse(fixture, fixture_effect(fixture, APP_EFFECT_ACT)->ticket, HV_ERR_CONFLICT,
		"the current snapshot is another one now");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_MESSAGE);
	assert_true(fixture_shows(fixture, "db-primary: revert to pre-patch-july"));
	assert_true(fixture_shows(fixture, "the current snapshot is another one now"));
	assert_true(fixture_shows(fixture, "Look at the tree as it is now"));
	fixture_keys(fixture, "Enter");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	fixture_free(fixture);
}

static void test_revert__an_answer_to_a_closed_dialog_opens_nothing(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("pre-patch-july");
	fixture_keys(fixture, "r Escape");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	struct hv_preview preview = revert_preview("pre-patch-july");
	answer_preview(fixture, &preview);
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	assert_true(app_idle(fixture->app));
	fixture_keys(fixture, "r"); /* nor is it taken for the next one's */
	uint64_t second = fixture_effect(fixture, APP_EFFECT_PREVIEW)->ticket;
	const struct hv_preview *late = hv_preview_new(&preview);
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_PREVIEW, .ticket = second - 1, .preview = late});
	hv_preview_unref(late);
	assert_int_equal(fixture->app->dialog.phase, DIALOG_ASKING);
	fixture_free(fixture);
}

/* ---- delete ---- */

static struct hv_preview delete_preview(size_t count)
{
	static struct hv_uuid ids[4];
	static const char *names[4];
	static const char *const source[] = {"pre-upgrade-v7", "try-index-rebuild", "pre-patch-july", "base-2026-06-01"};
	for (size_t i = 0; i < 4; i++) {
		ids[i] = hv_uuid_from_text(source[i]);
		names[i] = source[i];
	}
	return (struct hv_preview){
		.kind = OPERATION_DELETE_SNAPSHOT,
		.vm = hv_uuid_from_text("db-primary"),
		.deleted = ids,
		.deleted_names = names,
		.deleted_count = count,
		.current = ids[0],
	};
}

static void test_delete__the_safest_scope_is_chosen_first__D4(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("pre-patch-july");
	fixture_keys(fixture, "d");
	const struct app_effect *asked = fixture_effect(fixture, APP_EFFECT_PREVIEW);
	assert_int_equal(asked->act.kind, OPERATION_DELETE_SNAPSHOT);
	assert_false(asked->act.all);
	assert_false(asked->act.subtree);
	struct hv_preview preview = delete_preview(1);
	answer_preview(fixture, &preview);
	fixture_keys(fixture, "Tab Enter");
	const struct app_effect *act = fixture_effect(fixture, APP_EFFECT_ACT);
	assert_non_null(act);
	assert_true(same_id(&act->act.snapshot, "pre-patch-july"));
	assert_true(act->act.expect_current);
	fixture_free(fixture);
}

static void test_delete__each_scope_has_its_own_preview_and_a_late_one_is_not_taken__D4(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("pre-patch-july");
	fixture_keys(fixture, "d");
	uint64_t first = fixture_effect(fixture, APP_EFFECT_PREVIEW)->ticket;
	fixture_keys(fixture, "Up Up Space"); /* from Cancel up to "with all below" */
	const struct app_effect *asked = fixture_effect(fixture, APP_EFFECT_PREVIEW);
	assert_true(asked->act.subtree);
	struct hv_preview preview = delete_preview(1);
	const struct hv_preview *late = hv_preview_new(&preview);
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_PREVIEW, .ticket = first, .preview = late});
	hv_preview_unref(late);
	assert_int_equal(fixture->app->dialog.phase, DIALOG_ASKING);
	preview = delete_preview(3);
	answer_preview(fixture, &preview);
	assert_int_equal(fixture->app->dialog.phase, DIALOG_READY);
	fixture_keys(fixture, "Tab Tab Tab Enter");
	const struct app_effect *act = fixture_effect(fixture, APP_EFFECT_ACT);
	assert_non_null(act);
	assert_true(act->act.subtree);
	fixture_free(fixture);
}

static void test_delete__all_needs_the_typed_name_of_the_vm__D4(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("pre-patch-july");
	fixture_go_to(fixture, "db-primary");
	fixture_keys(fixture, "d");
	const struct app_effect *asked = fixture_effect(fixture, APP_EFFECT_PREVIEW);
	assert_true(asked->act.all);
	assert_true(hv_uuid_is_nil(&asked->act.snapshot));
	struct hv_preview preview = delete_preview(4);
	answer_preview(fixture, &preview);
	/* from Cancel over commands and choice to the field; Delete is off, so Tab passes it by */
	fixture_keys(fixture, "Tab Tab Tab 'db-primar Tab Tab Enter");
	assert_no_act(fixture);
	assert_true(fixture_shows(fixture, "type the name of the VM"));
	fixture_keys(fixture, "Tab Tab 'y");
	fixture_keys(fixture, "Tab Tab Enter");
	const struct app_effect *act = fixture_effect(fixture, APP_EFFECT_ACT);
	assert_non_null(act);
	assert_true(act->act.all);
	fixture_free(fixture);
}

static void test_delete__a_new_snapshot_below_stops_the_subtree(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("pre-patch-july");
	fixture_keys(fixture, "d Up Up Space");
	struct hv_preview preview = delete_preview(3);
	answer_preview(fixture, &preview);
	fixture_tree(fixture, "db-primary",
		"base-2026-06-01 82d\n  pre-patch-july 41d m\n    pre-upgrade-v7 12d *\n    try-index-rebuild 20d m\n"
		"    a-third 0d\n");
	assert_true(fixture_shows(fixture, "snapshots have come or gone"));
	fixture_keys(fixture, "Enter");
	assert_no_act(fixture);
	fixture_free(fixture);
}

/* ---- take ---- */

static void test_take__sends_name_note_and_type__C1(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("db-primary");
	fixture_keys(fixture, "s End '-x Tab 'why Tab Tab Space Tab Enter");
	const struct app_effect *act = fixture_effect(fixture, APP_EFFECT_ACT);
	assert_non_null(act);
	assert_int_equal(act->act.kind, OPERATION_CREATE_SNAPSHOT);
	assert_true(same_id(&act->act.vm, "db-primary"));
	assert_string_equal(act->act.name, "snap-2026-08-22-0312-x");
	assert_string_equal(act->act.description, "why");
	assert_int_equal(act->act.type, SNAPSHOT_DISK_AND_MEMORY);
	fixture_free(fixture);
}

static void test_take__memory_of_a_stopped_vm_cannot_be_chosen_and_says_why__T4(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("build-07");
	fixture_keys(fixture, "s");
	assert_true(fixture_shows(fixture, "needs a running VM"));
	fixture_keys(fixture, "Tab Tab Tab Enter"); /* over the note and Disk straight to Take */
	const struct app_effect *act = fixture_effect(fixture, APP_EFFECT_ACT);
	assert_non_null(act);
	assert_int_equal(act->act.type, SNAPSHOT_DISK);
	assert_null(act->act.description);
	fixture_free(fixture);
}

static void test_take__a_vm_that_stops_meanwhile_switches_memory_off__T4(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("db-primary");
	fixture_keys(fixture, "s Tab Tab Tab Space Tab"); /* memory, then on Take */
	assert_int_equal(fixture->app->dialog.focus, CONTROL_GO);
	vm_stops(fixture);
	assert_int_equal(fixture->app->dialog.focus, CONTROL_CANCEL);
	fixture_keys(fixture, "Enter");
	assert_no_act(fixture);
	fixture_free(fixture);
}

static void test_take__a_name_that_is_taken_or_empty_is_refused_in_the_form__T5(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("db-primary");
	fixture_keys(fixture, "s");
	for (int i = 0; i < 40; i++) {
		fixture_keys(fixture, "Backspace");
	}
	assert_true(fixture_shows(fixture, "a snapshot needs a name"));
	fixture_keys(fixture, "'PRE-patch-JULY");
	assert_true(fixture_shows(fixture, "has a snapshot with this name"));
	fixture_keys(fixture, "Tab Tab Tab Tab Enter");
	assert_no_act(fixture);
	fixture_free(fixture);
}

static void test_take__refused_keeps_what_was_typed(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("web-01");
	fixture_keys(fixture, "s '-mine Tab 'a-note Tab Tab Tab Enter");
	fixture_refuse(fixture, fixture_effect(fixture, APP_EFFECT_ACT)->ticket, HV_ERR_CONFLICT,
		"'web-01' has a snapshot with this name already");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_TAKE);
	assert_true(fixture_shows(fixture, "REFUSED: 'web-01' has a snapshot"));
	assert_true(fixture_shows(fixture, "-mine"));
	assert_true(fixture_shows(fixture, "a-note"));
	fixture_free(fixture);
}

static void test_take__suggests_a_name_that_is_free(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("db-primary");
	fixture_tree(fixture, "db-primary", "snap-2026-08-22-0312 0d\n  SNAP-2026-08-22-0312-2 0d *\n");
	fixture_keys(fixture, "s");
	assert_string_equal(text_field_get(&fixture->app->dialog.name), "snap-2026-08-22-0312-3");
	fixture_free(fixture);
}

/* ---- power, keys, paste ---- */

static void test_power__offers_what_is_possible_with_cancel_first__U2(void **state)
{
	(void)state;
	static const struct {
		const char *vm, *keys;
		int kind;
		bool force;
	} cases[] = {
		{"web-01", "p Enter", -1, false},
		{"web-01", "p Tab Enter", OPERATION_STOP_VM, false},
		{"web-01", "p Tab Tab Enter", OPERATION_STOP_VM, true},
		{"build-07", "p Tab Enter", OPERATION_START_VM, false},
		{"build-07", "p Tab Tab Enter", -1, false},
		{"web-01", "p p p", -1, false},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct fixture *fixture = at_snapshot(cases[i].vm);
		fixture_keys(fixture, cases[i].keys);
		const struct app_effect *act = fixture_effect(fixture, APP_EFFECT_ACT);
		assert_int_equal(act != NULL, cases[i].kind >= 0);
		if (act) {
			assert_int_equal(act->act.kind, cases[i].kind);
			assert_int_equal(act->act.force, cases[i].force);
			assert_true(same_id(&act->act.vm, cases[i].vm));
		}
		fixture_free(fixture);
	}
}

/* Cancel first, and nothing goes before the VM's name is typed. */
static void test_destroy__names_what_goes_and_wants_the_name_of_the_vm__D6(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("build-07");
	static const char *const names[] = {"left", "base"};
	struct hv_uuid ids[] = {hv_uuid_from_text("left"), hv_uuid_from_text("base")};
	struct hv_preview preview = {.kind = OPERATION_DESTROY_VM,
		.vm = hv_uuid_from_text("build-07"),
		.deleted = ids,
		.deleted_names = names,
		.deleted_count = 2,
		.state_before = VM_STOPPED};
	fixture_keys(fixture, "p Tab Tab Enter");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_DESTROY);
	const struct app_effect *asked = fixture_effect(fixture, APP_EFFECT_PREVIEW);
	assert_non_null(asked);
	assert_int_equal(asked->act.kind, OPERATION_DESTROY_VM);
	answer_preview(fixture, &preview);
	assert_true(fixture_shows(fixture, "2 snapshots: left, base"));
	assert_true(fixture_shows(fixture, "for good"));
	fixture_keys(fixture, "Tab Enter Tab Enter"); /* past the name, which is empty */
	assert_no_act(fixture);
	fixture_keys(fixture, "Escape p Tab Tab Enter");
	answer_preview(fixture, &preview);
	assert_int_equal(fixture->app->dialog.focus, CONTROL_CANCEL);
	fixture_keys(fixture, "Backtab 'build-07 Tab Tab Enter");
	const struct app_effect *act = fixture_effect(fixture, APP_EFFECT_ACT);
	assert_non_null(act);
	assert_int_equal(act->act.kind, OPERATION_DESTROY_VM);
	assert_true(same_id(&act->act.vm, "build-07"));
	fixture_free(fixture);
}

static void test_power__says_what_becomes_of_a_stopped_vm__P1_P2_P4(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("web-01");
	fixture_keys(fixture, "p");
	assert_true(fixture_shows(fixture, "Snapshots stay."));
	fixture_keys(fixture, "Escape");
	struct hv_host host = {.uuid = hv_uuid_from_text("hv01.prod"),
		.name = "hv01.prod",
		.group = "prod",
		.transport = "sim",
		.address = "nowhere",
		.state = HOST_UP,
		.free_bytes = -1,
		.stop_policy = STOP_POLICY_EXPORT};
	const struct hv_host *exports = hv_host_new(&host);
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_HOST, .host = exports});
	hv_host_unref(exports);
	fixture_keys(fixture, "p");
	assert_true(fixture_shows(fixture, "taken off the host"));
	fixture_keys(fixture, "Escape");
	struct hv_vm vm = fixture_vm_value("hv01.prod", "web-01", VM_STOPPED, 2);
	vm.unregistered = true;
	vm.export_state = EXPORT_COMPLETE;
	fixture_put_vm(fixture, &vm);
	fixture_keys(fixture, "p");
	assert_true(fixture_shows(fixture, "Start imports it first"));
	fixture_keys(fixture, "Tab Enter");
	assert_int_equal(fixture_effect(fixture, APP_EFFECT_ACT)->act.kind, OPERATION_START_VM);
	fixture_free(fixture);
}

/* P6: what the VM does, with the export's progress beside it; a start may be asked for, and so may its end. */
static void test_export__shows_beside_the_power_state_and_a_start_ends_it__P4_P6_P7(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("web-01");
	struct hv_vm vm = fixture_vm_value("hv01.prod", "web-01", VM_EXPORTING, 2);
	struct hv_operation value = fixture_operation_value("export", OPERATION_EXPORT_VM, "web-01", NULL);
	vm.power_state = VM_STOPPED;
	vm.exporting = true;
	vm.export_state = EXPORT_RUNNING;
	vm.export_percent = value.percent = 34;
	vm.operation = value.uuid;
	value.step = STEP_SEND;
	fixture_put_vm(fixture, &vm);
	fixture_operation(fixture, &value);
	assert_true(fixture_shows(fixture, "off, exporting 34%"));
	fixture_keys(fixture, "J c");
	assert_non_null(fixture_effect(fixture, APP_EFFECT_CANCEL));
	fixture_keys(fixture, "Escape p");
	assert_true(fixture_shows(fixture, "Start ends the export"));
	fixture_keys(fixture, "Tab Enter");
	assert_int_equal(fixture_effect(fixture, APP_EFFECT_ACT)->act.kind, OPERATION_START_VM);
	fixture_free(fixture);
}

static void test_dialog__keys_of_the_tree_do_nothing_in_it(void **state)
{
	(void)state;
	struct fixture *fixture = at_revert_dialog();
	struct row_ref before = fixture->app->cursor;
	fixture_keys(fixture, "j k G d s p J L q F5 F10 ? T *");
	assert_true(rows_equal(&before, &fixture->app->cursor));
	assert_int_equal(fixture->app->dialog.kind, DIALOG_REVERT);
	size_t count;
	(void)app_effects(fixture->app, &count);
	assert_int_equal(count, 0);
	fixture_keys(fixture, "^L");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_REPAINT), 1);
	fixture_keys(fixture, "^C");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_QUIT), 0);
	fixture_free(fixture);
}

static void test_paste__goes_into_fields_only(void **state)
{
	(void)state;
	struct fixture *fixture = at_revert_dialog();
	fixture_paste(fixture, "\r\r\n\t\r");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_REVERT);
	assert_no_act(fixture);
	assert_true(strstr(messages_at(&fixture->app->messages, 0)->text, "paste ignored") != NULL);
	fixture_keys(fixture, "Escape");
	fixture_paste(fixture, "d\ry");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	fixture_keys(fixture, "s");
	fixture_paste(fixture, "-one\ntwo");
	assert_string_equal(text_field_get(&fixture->app->dialog.name), "snap-2026-08-22-0312-one two");
	fixture_free(fixture);
}

static void test_dialog__random_keys_and_events_never_act_without_a_valid_confirmation__U4(void **state)
{
	(void)state;
	static const char *const keys[] = {"Tab", "Backtab", "Enter", "Space", "Up", "Down", "Left", "Right", "r", "d", "s",
		"p", "Escape", "j", "k", "H", "Backspace", "'x", "PageDown"};
	static void (*const moves[])(struct fixture *) = {current_moves, target_goes, vm_stops, host_is_lost};
	uint64_t seed = 7;
	for (int run = 0; run < 60; run++) {
		struct fixture *fixture = at_snapshot("pre-patch-july");
		for (int i = 0; i < 120; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
			unsigned pick = (unsigned)(seed >> 33);
			if (pick % 40 == 0) {
				moves[pick / 40 % HV_ARRAY_LEN(moves)](fixture);
			} else if (pick % 9 == 0 && fixture_effect(fixture, APP_EFFECT_PREVIEW)) {
				struct hv_preview preview = revert_preview("pre-patch-july");
				answer_preview(fixture, &preview);
			} else {
				enum dialog_phase phase = fixture->app->dialog.phase;
				enum control_id focus = fixture->app->dialog.focus;
				bool form = fixture->app->dialog.kind == DIALOG_TAKE;
				bool open = fixture->app->dialog.kind != DIALOG_NONE;
				size_t before = fixture_effect_count(fixture, APP_EFFECT_ACT);
				fixture_keys(fixture, keys[pick % HV_ARRAY_LEN(keys)]);
				if (fixture_effect_count(fixture, APP_EFFECT_ACT) > before) {
					assert_true(open);
					assert_int_equal(phase, DIALOG_READY);
					assert_true(focus == CONTROL_GO || focus >= CONTROL_START ||
						    (form && (focus == CONTROL_NAME || focus == CONTROL_NOTE)));
				}
			}
			free(fixture_screen(fixture, 41 + (int)(pick % 120), 11 + (int)(pick % 40)));
		}
		fixture_free(fixture);
	}
}

static void test_edit__asks_only_for_what_is_different_and_guards_against_a_stale_view__T5(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("pre-patch-july");
	fixture_take_effects(fixture);
	fixture_keys(fixture, "e");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_EDIT);
	fixture_keys(fixture, "Enter"); /* nothing is different: goes on to the next field */
	assert_null(fixture_effect(fixture, APP_EFFECT_EDIT));
	fixture_keys(fixture, "Backtab End '-x Enter");
	const struct app_effect *asked = fixture_effect(fixture, APP_EFFECT_EDIT);
	assert_non_null(asked);
	assert_string_equal(asked->edit.name, "pre-patch-july-x");
	assert_null(asked->edit.description);
	assert_string_equal(asked->edit.expected_name, "pre-patch-july");
	assert_true(same_id(&asked->edit.snapshot, "pre-patch-july"));
	fixture_refuse(fixture, asked->ticket, HV_ERR_CONFLICT, "the name is taken");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_EDIT); /* what was typed is not lost */
	assert_true(fixture_shows(fixture, "the name is taken"));
	fixture_take_effects(fixture);
	fixture_keys(fixture, "Tab End '! Enter");
	asked = fixture_effect(fixture, APP_EFFECT_EDIT);
	assert_string_equal(asked->edit.description, "before the upgrade, CHG-4411!");
	fixture_answer(fixture, HV_EVENT_ACCEPTED, asked->ticket);
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	fixture_free(fixture);
}

static void test_edit__is_off_for_what_is_not_ours_and_for_a_name_that_is_taken__T5_T6(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("db-primary");
	fixture_keys(fixture, "e");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	fixture_tree(fixture, "db-primary", "base 9d\n  by-hand 2d u\n  other 1d *\n");
	fixture_go_to(fixture, "by-hand");
	fixture_keys(fixture, "e");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	fixture_go_to(fixture, "other");
	fixture_keys(fixture, "e Backspace Backspace Backspace Backspace Backspace 'BASE Enter");
	assert_null(fixture_effect(fixture, APP_EFFECT_EDIT));
	assert_true(fixture_shows(fixture, "has a snapshot with this name"));
	fixture_free(fixture);
}

static void test_commands__are_shown_for_what_is_chosen_now_and_nothing_is_sent__U4_U6(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("pre-patch-july");
	fixture_keys(fixture, "r");
	struct hv_preview preview = revert_preview("pre-patch-july");
	answer_preview(fixture, &preview);
	fixture_keys(fixture, "x");
	assert_true(fixture_shows(fixture, "RevertToVMSnapshotCommand  db-primary: pre-patch-july"));
	assert_true(fixture_shows(fixture, "CreateVMSnapshotCommand  db-primary: before-revert 2026-08-22 03:12"));
	assert_true(fixture_shows(fixture, "hvtree snapshot revert db-primary pre-patch-july --safety --yes"));
	assert_no_act(fixture);
	fixture_keys(fixture, "x");
	assert_true(fixture_shows(fixture, "AFTER"));
	fixture_keys(fixture, "Escape s End '\'s Space 'x Tab Tab x");
	assert_true(fixture_shows(fixture, "'\\''s x'"));
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_revert__asks_for_the_preview_of_the_frozen_ids__U4),
		cmocka_unit_test(test_revert__enter_by_habit_and_the_opening_key_confirm_nothing__U4),
		cmocka_unit_test(test_revert__confirmed_hands_the_guard_back),
		cmocka_unit_test(test_revert__the_ids_are_those_of_the_opening_while_the_cursor_row_goes__U4),
		cmocka_unit_test(test_revert__stops_and_shows_when_the_facts_move_under_it__U4),
		cmocka_unit_test(test_revert__look_again_asks_for_a_new_preview),
		cmocka_unit_test(test_revert__takes_the_safety_snapshot_first_unless_it_is_switched_off__U4),
		cmocka_unit_test(test_revert__without_room_for_a_safety_snapshot_says_so_and_asks_for_none__U4_C3),
		cmocka_unit_test(test_undo__freezes_the_snapshot_that_its_preview_shows__U4),
		cmocka_unit_test(test_undo__that_is_not_there_is_said_and_nothing_is_asked__U4),
		cmocka_unit_test(test_revert__a_refusing_preview_leaves_only_cancel),
		cmocka_unit_test(test_revert__refused_by_the_engine_says_what_why_and_what_to_do),
		cmocka_unit_test(test_revert__an_answer_to_a_closed_dialog_opens_nothing),
		cmocka_unit_test(test_delete__the_safest_scope_is_chosen_first__D4),
		cmocka_unit_test(test_delete__each_scope_has_its_own_preview_and_a_late_one_is_not_taken__D4),
		cmocka_unit_test(test_delete__all_needs_the_typed_name_of_the_vm__D4),
		cmocka_unit_test(test_delete__a_new_snapshot_below_stops_the_subtree),
		cmocka_unit_test(test_take__sends_name_note_and_type__C1),
		cmocka_unit_test(test_take__memory_of_a_stopped_vm_cannot_be_chosen_and_says_why__T4),
		cmocka_unit_test(test_take__a_vm_that_stops_meanwhile_switches_memory_off__T4),
		cmocka_unit_test(test_take__a_name_that_is_taken_or_empty_is_refused_in_the_form__T5),
		cmocka_unit_test(test_take__refused_keeps_what_was_typed),
		cmocka_unit_test(test_take__suggests_a_name_that_is_free),
		cmocka_unit_test(test_power__offers_what_is_possible_with_cancel_first__U2),
		cmocka_unit_test(test_destroy__names_what_goes_and_wants_the_name_of_the_vm__D6),
		cmocka_unit_test(test_power__says_what_becomes_of_a_stopped_vm__P1_P2_P4),
		cmocka_unit_test(test_export__shows_beside_the_power_state_and_a_start_ends_it__P4_P6_P7),
		cmocka_unit_test(test_dialog__keys_of_the_tree_do_nothing_in_it),
		cmocka_unit_test(test_paste__goes_into_fields_only),
		cmocka_unit_test(test_dialog__random_keys_and_events_never_act_without_a_valid_confirmation__U4),
		cmocka_unit_test(test_edit__asks_only_for_what_is_different_and_guards_against_a_stale_view__T5),
		cmocka_unit_test(test_edit__is_off_for_what_is_not_ours_and_for_a_name_that_is_taken__T5_T6),
		cmocka_unit_test(test_commands__are_shown_for_what_is_chosen_now_and_nothing_is_sent__U4_U6),
	};
	return cmocka_run_group_tests_name("tui/dialogs", tests, NULL, NULL);
}
