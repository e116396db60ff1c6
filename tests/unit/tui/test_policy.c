/* What the configuration says of groups (U2, U5): read-only, writing for a time, how acts are confirmed; and settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/screen/console_fixture.h"
#include "tui/state/app_state.h"

#define MINUTE (60 * HV_SECOND_US)

static struct config settings;
static const struct app_config console = {.title = "prod-eu", .user = "op-anna", .ascii = true, .settings = &settings};

static struct fixture *fleet_with(const char *text)
{
	struct hv_text problems = HV_TEXT_INIT;
	settings = (struct config)CONFIG_INIT;
	config_read(&settings, "config", text, &problems);
	assert_string_equal(hv_text_get(&problems), "");
	struct fixture *fixture = fixture_fleet(&console);
	config_clear(&settings); /* the console has a copy */
	return fixture;
}

static const char *said(const struct fixture *fixture, size_t back)
{
	const struct message *message = messages_at(&fixture->app->messages, back);
	return message ? message->text : "";
}

static void test_policy__a_read_only_group_has_no_key_that_changes_anything_and_the_others_have_all__U2(void **state)
{
	(void)state;
	struct fixture *fixture = fleet_with("[group prod]\nread_only = yes\n");
	fixture_go_to(fixture, "web-01");
	assert_true(fixture_shows(fixture, " RO "));
	for (int i = 0; i < TUI_ACTION_COUNT; i++) {
		if (tui_action_info((enum tui_action)i)->danger != TUI_DANGER_SAFE &&
			tui_action_info((enum tui_action)i)->place == TUI_PLACE_TREE) {
			assert_false(app_has_action(fixture->app, (enum tui_action)i));
			app_run(fixture->app, (enum tui_action)i);
			assert_non_null(strstr(said(fixture, 0), "group 'prod' is read-only; W lifts it for a time"));
			assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
		}
	}
	fixture_vm(fixture, "hv04.lab", "lab-01", VM_RUNNING, 0);
	fixture_go_to(fixture, "lab-01");
	assert_true(fixture_shows(fixture, " RW "));
	fixture_keys(fixture, "s");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_TAKE);
	fixture_free(fixture);
}

static void test_policy__writing_is_allowed_for_a_time_when_the_reason_is_in_the_log_and_ends_by_itself__A2(void **state)
{
	(void)state;
	struct fixture *fixture = fleet_with("[group prod]\nread_only = yes\n");
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, ": 'write Space '10m Space 'CHG-4411 Space 'disk Space 'is Space 'full Enter");
	const struct app_effect *note = fixture_effect(fixture, APP_EFFECT_NOTE);
	assert_non_null(note);
	assert_int_equal(note->note, HV_NOTE_ALLOW_WRITING);
	assert_string_equal(note->value, "group 'prod' for 10m: CHG-4411 disk is full");
	fixture_keys(fixture, "s"); /* not before the store has it */
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	uint64_t ticket = note->ticket;
	fixture_take_effects(fixture);
	fixture_answer(fixture, HV_EVENT_ACCEPTED, ticket);
	assert_string_equal(said(fixture, 0), "group 'prod' can be written to for 10m");
	assert_true(fixture_shows(fixture, " RW "));
	fixture_keys(fixture, "s");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_TAKE);
	fixture_keys(fixture, "Escape");
	fixture_tick(fixture, 9 * MINUTE);
	assert_true(app_has_action(fixture->app, TUI_ACTION_SNAPSHOT));
	fixture_keys(fixture, "s");
	fixture_tick(fixture, 2 * MINUTE); /* over while a form is open */
	assert_non_null(strstr(said(fixture, 0), "read-only again"));
	fixture_keys(fixture, "Enter");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ACT), 0);
	fixture_keys(fixture, "Escape");
	assert_false(app_has_action(fixture->app, TUI_ACTION_SNAPSHOT));
	fixture_free(fixture);
}

static void test_policy__a_refused_note_allows_nothing_and_readonly_ends_the_time_early__A2(void **state)
{
	(void)state;
	struct fixture *fixture = fleet_with("[group prod]\nread_only = yes\n");
	fixture_go_to(fixture, "web-01");
	policy_write(fixture->app, "because");
	uint64_t ticket = fixture_effect(fixture, APP_EFFECT_NOTE)->ticket;
	fixture_take_effects(fixture);
	fixture_refuse(fixture, ticket, HV_ERR_STORE, "the disk is full");
	assert_false(app_has_action(fixture->app, TUI_ACTION_SNAPSHOT));
	policy_write(fixture->app, "because");
	ticket = fixture_effect(fixture, APP_EFFECT_NOTE)->ticket;
	fixture_take_effects(fixture);
	fixture_answer(fixture, HV_EVENT_ACCEPTED, ticket);
	assert_string_equal(said(fixture, 0), "group 'prod' can be written to for 15m");
	fixture_keys(fixture, "^E");
	assert_int_equal(fixture_effect(fixture, APP_EFFECT_NOTE)->note, HV_NOTE_END_WRITING);
	assert_false(app_has_action(fixture->app, TUI_ACTION_SNAPSHOT));
	fixture_free(fixture);
}

static void test_policy__what_is_wrong_with_write_is_said_and_asks_for_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *row, *words, *says;
	} cases[] = {
		{"web-01", "", "say why"},
		{"web-01", "15m", "say why"},
		{"web-01", "13h maintenance", "at most 12h"},
		{"db-lab", "15m maintenance", "this group is not read-only"},
	};
	struct fixture *fixture = fleet_with("[group prod]\nread_only = yes\n");
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		fixture_go_to(fixture, cases[i].row);
		policy_write(fixture->app, cases[i].words);
		assert_non_null(strstr(said(fixture, 0), cases[i].says));
		assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_NOTE), 0);
	}
	fixture_free(fixture);
}

static struct hv_preview preview_of(const struct app_effect *effect)
{
	return (struct hv_preview){.kind = effect->act.kind, .vm = effect->act.vm, .target = effect->act.snapshot,
		.target_name = "base", .current = effect->act.snapshot, .state_before = VM_RUNNING, .state_after = VM_STOPPED, .lost_bytes = -1};
}

static struct fixture *open_revert(const char *text, const char *vm)
{
	struct fixture *fixture = fleet_with(text);
	fixture_go_to(fixture, vm);
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, vm, "base 3d *\n");
	fixture_go_to(fixture, "base");
	fixture_keys(fixture, "r");
	const struct app_effect *asked = fixture_effect(fixture, APP_EFFECT_PREVIEW);
	assert_non_null(asked);
	struct hv_preview preview = preview_of(asked);
	const struct hv_event event = {
		.kind = HV_EVENT_PREVIEW, .ticket = asked->ticket, .preview = hv_preview_new(&preview)};
	fixture_take_effects(fixture);
	fixture_event(fixture, &event);
	hv_preview_unref(event.preview);
	assert_int_equal(fixture->app->dialog.phase, DIALOG_READY);
	return fixture;
}

static void test_policy__a_group_may_ask_for_the_typed_name_of_the_vm__U4(void **state)
{
	(void)state;
	struct fixture *fixture = open_revert("[group prod]\nconfirm = name\n", "web-01");
	struct control controls[DIALOG_CONTROLS_MAX];
	assert_true(dialog_controls(fixture->app, controls) >= 4);
	fixture_keys(fixture, "Up Enter"); /* the button is off, so this is Cancel or the field */
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ACT), 0);
	fixture_free(fixture);
	fixture = open_revert("[group prod]\nconfirm = name\n", "web-01");
	fixture->app->dialog.focus = CONTROL_TYPED;
	fixture_keys(fixture, "'web-0");
	fixture->app->dialog.focus = CONTROL_GO;
	fixture_keys(fixture, "Enter");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ACT), 0);
	fixture_free(fixture);
	fixture = open_revert("[group prod]\nconfirm = name\n", "web-01");
	fixture->app->dialog.focus = CONTROL_TYPED;
	fixture_keys(fixture, "'web-01 Enter");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ACT), 0);
	fixture->app->dialog.focus = CONTROL_GO;
	fixture_keys(fixture, "Enter");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ACT), 1);
	fixture_free(fixture);
}

static void test_policy__cancel_has_the_focus_unless_the_group_asks_for_less__U4(void **state)
{
	(void)state;
	struct fixture *fixture = open_revert("", "web-01");
	assert_int_equal(fixture->app->dialog.focus, CONTROL_CANCEL);
	fixture_keys(fixture, "Enter");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ACT), 0);
	fixture_free(fixture);
	fixture = open_revert("[group prod]\nconfirm = form\n", "web-01");
	assert_int_equal(fixture->app->dialog.focus, CONTROL_GO);
	fixture_keys(fixture, "Enter");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ACT), 1);
	assert_non_null(fixture_effect(fixture, APP_EFFECT_ACT)->act.safety_name);
	fixture_free(fixture);
}

static void test_policy__the_screen_wears_what_the_group_under_the_cursor_says__U5(void **state)
{
	(void)state;
	struct fixture *fixture = fleet_with("[group prod]\ntheme = prod-red\n");
	fixture_go_to(fixture, "web-01");
	assert_string_equal(app_overlay(fixture->app), "prod-red");
	fixture_go_to(fixture, "db-lab");
	assert_null(app_overlay(fixture->app));
	fixture_free(fixture);
}

static void test_settings__are_changed_in_the_form_used_at_once_and_kept(void **state)
{
	(void)state;
	struct fixture *fixture = fleet_with("");
	fixture_go_to(fixture, "mail-02");
	fixture_keys(fixture, "F2");
	fixture->app->setting = SETTING_MOUSE;
	fixture_keys(fixture, "Enter");
	const struct app_effect *effect = fixture_effect(fixture, APP_EFFECT_SETTING);
	assert_int_equal(effect->setting, SETTING_MOUSE);
	assert_string_equal(effect->value, "yes");
	fixture->app->setting = SETTING_CHAIN_WARN;
	fixture_keys(fixture, "Enter Backspace '0 Enter"); /* 0: no such number */
	assert_non_null(strstr(said(fixture, 0), "chain_warn stays as it is"));
	fixture_keys(fixture, "Enter Backspace '2 Enter");
	assert_int_equal(fixture->app->model.chain_warn, 2);
	assert_string_equal(fixture_effect(fixture, APP_EFFECT_SETTING)->value, "2");
	fixture_keys(fixture, "Escape");
	assert_int_equal(fixture->app->screen, APP_SCREEN_TREE);
	fixture_free(fixture);
}

static void test_settings__what_is_a_problem_is_found_anew_when_a_limit_changes(void **state)
{
	(void)state;
	struct fixture *fixture = fleet_with("");
	struct hv_vm vm = fixture_vm_value("hv04.lab", "long-one", VM_RUNNING, 4);
	fixture_put_vm(fixture, &vm);
	fixture_keys(fixture, "!");
	assert_false(fixture_shows(fixture, "long-one"));
	fixture_keys(fixture, "F2");
	fixture->app->setting = SETTING_CHAIN_WARN;
	fixture_keys(fixture, "Enter Backspace '3 Enter Escape");
	assert_true(fixture_shows(fixture, "long-one"));
	fixture_free(fixture);
}

static void test_settings__a_safety_snapshot_that_nobody_wants_by_default_can_still_be_ticked__U4(void **state)
{
	(void)state;
	struct fixture *fixture = open_revert("[acts]\nsafety_snapshot = no\n", "web-01");
	assert_false(dialog_takes_safety(&fixture->app->dialog));
	fixture_free(fixture);
}

static void test_keys__of_the_file_are_used_and_a_mistake_names_its_line_and_changes_none(void **state)
{
	(void)state;
	struct key key;
	struct fixture *fixture = fleet_with("[keys]\nrevert = F8\n");
	assert_true(key_parse("F8", &key));
	assert_int_equal(keymap_find(&fixture->app->keymap, TUI_PLACE_TREE, key), TUI_ACTION_REVERT);
	fixture_free(fixture);
	fixture = fleet_with("; mine\n[keys]\ntheme = F9\nrevert = s\n");
	bool told = false;
	for (size_t i = 0; i < messages_count(&fixture->app->messages); i++) {
		told = told || strstr(said(fixture, i), "[keys] of the configuration: key s is bound to 'snapshot' and to "
						       "'revert'; all keys are the usual ones");
	}
	assert_true(told);
	assert_true(key_parse("F9", &key));
	assert_int_equal(keymap_find(&fixture->app->keymap, TUI_PLACE_TREE, key), TUI_ACTION_COUNT);
	fixture_free(fixture);
}

/* ---- the mouse ---- */

static void click(struct fixture *fixture, enum key_code code, int x, int y)
{
	app_key(fixture->app, (struct key){code, KEY_PLACE(x, y)}, NULL);
}

static void test_mouse__a_click_chooses_a_double_click_opens_and_neither_ever_acts__U5(void **state)
{
	(void)state;
	struct fixture *fixture = fleet_with("");
	fixture_go_to(fixture, "web-01");
	assert_true(fixture_shows(fixture, "web-01"));
	struct canvas_rect tree = fixture->app->layout.tree;
	click(fixture, KEY_CODE_CLICK, 5, tree.y);
	HV_CLEANUP_FREE char *first = fixture_cursor(fixture);
	assert_string_equal(first, "group lab");
	click(fixture, KEY_CODE_CLICK, 5, tree.y + 3);
	HV_CLEANUP_FREE char *third = fixture_cursor(fixture);
	assert_string_equal(third, "group prod");
	click(fixture, KEY_CODE_DOUBLE_CLICK, 5, tree.y + 3);
	assert_false(fixture_shows(fixture, "web-01"));
	click(fixture, KEY_CODE_DOUBLE_CLICK, 5, tree.y + 3);
	assert_true(fixture_shows(fixture, "web-01"));
	click(fixture, KEY_CODE_CLICK, 5, 0);
	click(fixture, KEY_CODE_CLICK, 5, tree.y + tree.height);
	HV_CLEANUP_FREE char *same = fixture_cursor(fixture);
	assert_string_equal(same, "group prod");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ACT), 0);
	fixture_free(fixture);
}

static void test_mouse__the_wheel_moves_what_the_keys_move_and_scrolls_dialogs__U5(void **state)
{
	(void)state;
	struct fixture *fixture = fleet_with("");
	fixture_keys(fixture, "g");
	click(fixture, KEY_CODE_WHEEL_DOWN, 5, 5);
	HV_CLEANUP_FREE char *down = fixture_cursor(fixture);
	assert_string_equal(down, "group prod");
	click(fixture, KEY_CODE_WHEEL_UP, 5, 5);
	HV_CLEANUP_FREE char *up = fixture_cursor(fixture);
	assert_string_equal(up, "group lab");
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "s");
	click(fixture, KEY_CODE_WHEEL_DOWN, 5, 5);
	click(fixture, KEY_CODE_DOUBLE_CLICK, 30, 12);
	assert_int_equal(fixture->app->dialog.kind, DIALOG_TAKE);
	assert_true(fixture->app->dialog.scroll > 0);
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ACT), 0);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy__a_read_only_group_has_no_key_that_changes_anything_and_the_others_have_all__U2),
		cmocka_unit_test(
			test_policy__writing_is_allowed_for_a_time_when_the_reason_is_in_the_log_and_ends_by_itself__A2),
		cmocka_unit_test(test_policy__a_refused_note_allows_nothing_and_readonly_ends_the_time_early__A2),
		cmocka_unit_test(test_policy__what_is_wrong_with_write_is_said_and_asks_for_nothing),
		cmocka_unit_test(test_policy__a_group_may_ask_for_the_typed_name_of_the_vm__U4),
		cmocka_unit_test(test_policy__cancel_has_the_focus_unless_the_group_asks_for_less__U4),
		cmocka_unit_test(test_policy__the_screen_wears_what_the_group_under_the_cursor_says__U5),
		cmocka_unit_test(test_settings__are_changed_in_the_form_used_at_once_and_kept),
		cmocka_unit_test(test_settings__what_is_a_problem_is_found_anew_when_a_limit_changes),
		cmocka_unit_test(test_settings__a_safety_snapshot_that_nobody_wants_by_default_can_still_be_ticked__U4),
		cmocka_unit_test(test_mouse__a_click_chooses_a_double_click_opens_and_neither_ever_acts__U5),
		cmocka_unit_test(test_mouse__the_wheel_moves_what_the_keys_move_and_scrolls_dialogs__U5),
		cmocka_unit_test(test_keys__of_the_file_are_used_and_a_mistake_names_its_line_and_changes_none),
	};
	return cmocka_run_group_tests_name("tui/policy", tests, NULL, NULL) ? 1 : 0;
}
