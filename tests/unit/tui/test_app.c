/* The console's state as a whole: what is allowed and why not, what makes it dirty, when it is idle, when time shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/screen/console_fixture.h"
#include "tui/state/app_state.h"

static const struct app_config config = {.title = "test", .ascii = true};
static const struct app_config read_only = {.title = "test", .ascii = true, .read_only = true};

static void draw(struct fixture *fixture)
{
	struct canvas *canvas = canvas_new(fixture->app->width, fixture->app->height, true);
	app_view(fixture->app, canvas);
	canvas_free(canvas);
}

static const char *last_message(const struct fixture *fixture)
{
	const struct message *message = messages_at(&fixture->app->messages, 0);
	return message ? message->text : "";
}

/* ---- what is allowed ---- */

static void test_actions__are_refused_with_the_reason_where_they_make_no_sense__U2(void **state)
{
	(void)state;
	static const struct {
		const char *row, *key, *reason;
	} cases[] = {
		{"prod", "s", "select a VM first"},
		{"hv01.prod", "r", "select a snapshot first"},
		{"web-01", "r", "select a snapshot"},
		{"hv01.prod", "c", "this host is connected"},
		{"prod", "c", "select a host first"},
		{"build-07", "d", "'build-07' has no snapshots"},
		{"build-07", "H", "'build-07' has no snapshots"},
		{"files-01", "s", "does not answer"},
		{"files-01", "p", "does not answer"},
		{"files-01", "d", "does not answer"},
		{"mail-01", "s", "needs a VM that is Running or Stopped"},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct fixture *fixture = fixture_fleet(&config);
		fixture_go_to(fixture, cases[i].row);
		fixture_take_effects(fixture);
		fixture_keys(fixture, cases[i].key);
		if (!strstr(last_message(fixture), cases[i].reason)) {
			fail_msg("%s on %s: '%s'", cases[i].key, cases[i].row, last_message(fixture));
		}
		size_t count;
		(void)app_effects(fixture->app, &count);
		assert_int_equal(count, 0);
		assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
		fixture_free(fixture);
	}
}

static void test_actions__on_the_now_row_and_on_untracked_rows_are_refused__T6(void **state)
{
	(void)state;
	static const struct {
		const char *row, *key, *reason;
	} cases[] = {
		{"web-01", "r", "what the VM is now"},
		{"web-01", "d", "not a snapshot"},
		{"by-hand", "r", "made outside hvtree"},
		{"by-hand", "d", "made outside hvtree"},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct fixture *fixture = fixture_fleet(&config);
		fixture_go_to(fixture, "web-01");
		fixture_keys(fixture, "Enter");
		fixture_tree(fixture, "web-01", "base 3d *\n  by-hand 1d u\n");
		if (strcmp(cases[i].row, "by-hand") == 0) {
			fixture_go_to(fixture, "by-hand");
		} else {
			fixture_keys(fixture, "H");
		}
		fixture_keys(fixture, cases[i].key);
		assert_non_null(strstr(last_message(fixture), cases[i].reason));
		assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
		fixture_free(fixture);
	}
}

static void test_actions__a_live_operation_locks_its_vm_and_no_other__X1(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	struct hv_operation value = fixture_operation_value("o", OPERATION_REVERT_SNAPSHOT, "web-01", "golden");
	fixture_operation(fixture, &value);
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "u");
	assert_non_null(strstr(last_message(fixture), "another operation runs on 'web-01'"));
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	fixture_keys(fixture, "s"); /* this one may wait for its turn */
	assert_true(fixture->app->dialog.queues);
	fixture_keys(fixture, "Escape");
	fixture_go_to(fixture, "web-02");
	fixture_keys(fixture, "s");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_TAKE);
	assert_false(fixture->app->dialog.queues);
	fixture_keys(fixture, "Escape");
	value.state = OPERATION_DONE;
	value.finished_us = FIXTURE_NOW;
	fixture_operation(fixture, &value);
	assert_non_null(strstr(last_message(fixture), "web-01: reverted to golden"));
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "s");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_TAKE);
	fixture_free(fixture);
}

static void test_read_only__has_no_key_that_changes_anything__U2(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&read_only);
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, "web-01", "base 3d *\n");
	fixture_go_to(fixture, "base");
	fixture_take_effects(fixture);
	for (int i = 0; i < TUI_ACTION_COUNT; i++) {
		const struct tui_action_info *info = tui_action_info((enum tui_action)i);
		if (info->danger == TUI_DANGER_SAFE) {
			continue;
		}
		assert_false(app_has_action(fixture->app, (enum tui_action)i));
		app_run(fixture->app, (enum tui_action)i);
		assert_non_null(strstr(last_message(fixture), "read-only"));
		assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	}
	fixture_keys(fixture, "?");
	assert_false(fixture_shows(fixture, "revert to this"));
	assert_false(fixture_shows(fixture, "take a snapshot"));
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ACT), 0);
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_PREVIEW), 0);
	fixture_free(fixture);
}

static void test_actions__every_one_is_reached_by_its_first_key(void **state)
{
	(void)state;
	/* an action that is reached either does something or says why not */
	for (int i = 0; i < TUI_ACTION_COUNT; i++) {
		const struct tui_action_info *info = tui_action_info((enum tui_action)i);
		struct fixture *fixture = fixture_fleet(&config);
		char *keys = hv_strdup(info->keys);
		keys[strcspn(keys, " ")] = '\0';
		fixture_go_to(fixture, "web-01");
		const char *way = info->place & TUI_PLACE_TREE	     ? "Tab Tab"
				  : info->place & TUI_PLACE_JOBS     ? "J"
				  : info->place & TUI_PLACE_MESSAGES ? "L"
				  : info->place & TUI_PLACE_SETTINGS ? "F2"
				  : info->place & TUI_PLACE_AGES     ? "A"
								     : "?";
		fixture_keys(fixture, way);
		draw(fixture);
		size_t messages = messages_count(&fixture->app->messages);
		struct key key;
		assert_true(key_parse(keys, &key));
		assert_int_equal(keymap_find(&fixture->app->keymap, app_place(fixture->app), key), i);
		fixture_keys(fixture, keys);
		size_t effects;
		(void)app_effects(fixture->app, &effects);
		bool nothing_to_go_back_from = i == TUI_ACTION_BACK;
		assert_true(app_dirty(fixture->app) || effects > 0 ||
			    messages_count(&fixture->app->messages) > messages || nothing_to_go_back_from);
		free(keys);
		fixture_free(fixture);
	}
}

static void test_keys__unknown_ones_name_the_help_key(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_keys(fixture, "Delete");
	assert_non_null(strstr(last_message(fixture), "Delete does nothing here; ? shows all keys"));
	fixture_free(fixture);
}

static void test_help__enter_runs_the_line(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	struct help_line lines[HELP_LINES_MAX];
	size_t count = app_help_lines(fixture->app, lines);
	fixture_keys(fixture, "?");
	for (size_t i = 0; i < count && lines[fixture->app->help_cursor].action != TUI_ACTION_JOBS; i++) {
		fixture_keys(fixture, "j");
	}
	fixture_keys(fixture, "Enter");
	assert_false(fixture->app->help_open);
	assert_int_equal(fixture->app->screen, APP_SCREEN_JOBS);
	fixture_keys(fixture, "Escape");
	assert_int_equal(fixture->app->screen, APP_SCREEN_TREE);
	fixture_free(fixture);
}

static void test_too_small__no_key_changes_anything_blindly__U5(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "p");
	app_resize(fixture->app, 40, 10);
	fixture_keys(fixture, "Tab Tab Enter s d p Enter j G");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ACT), 0);
	assert_int_equal(fixture->app->dialog.kind, DIALOG_POWER);
	char *at = fixture_cursor(fixture);
	assert_string_equal(at, "vm web-01");
	free(at);
	fixture_keys(fixture, "q");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_QUIT), 1);
	fixture_free(fixture);
}

static void test_quit__asks_only_while_something_runs_and_interrupt_always(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_keys(fixture, "q");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_QUIT), 1);
	fixture_take_effects(fixture);
	fixture_keys(fixture, "^C");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_QUIT);
	fixture_keys(fixture, "Enter"); /* stays */
	struct hv_operation value = fixture_operation_value("o", OPERATION_START_VM, "build-07", NULL);
	fixture_operation(fixture, &value);
	fixture_keys(fixture, "q");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_QUIT), 0);
	fixture_keys(fixture, "Tab Enter");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_QUIT), 1);
	fixture_free(fixture);
}

/* ---- jobs ---- */

static void test_cancel__takes_back_what_has_not_reached_the_host(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	struct hv_operation running = fixture_operation_value("a", OPERATION_DELETE_SNAPSHOT, "web-01", "x");
	struct hv_operation queued = fixture_operation_value("b", OPERATION_DELETE_SNAPSHOT, "web-02", "y");
	queued.state = OPERATION_QUEUED;
	queued.step = STEP_CHECK;
	queued.created_us -= HV_SECOND_US;
	fixture_operation(fixture, &running);
	fixture_operation(fixture, &queued);
	fixture_keys(fixture, "J c");
	assert_non_null(strstr(last_message(fixture), "cannot be called back"));
	fixture_keys(fixture, "j c");
	const struct app_effect *cancel = fixture_effect(fixture, APP_EFFECT_CANCEL);
	assert_non_null(cancel);
	assert_true(hv_uuid_equal(&cancel->id, &queued.uuid));
	assert_int_not_equal(cancel->ticket, 0);
	fixture_free(fixture);
}

static void test_jobs__the_cursor_stays_on_its_operation(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	char id[16];
	for (int i = 0; i < 10; i++) {
		(void)snprintf(id, sizeof id, "op%d", i);
		struct hv_operation value = fixture_operation_value(id, OPERATION_START_VM, "web-01", NULL);
		value.created_us = FIXTURE_NOW + i * HV_SECOND_US;
		fixture_operation(fixture, &value);
	}
	fixture_keys(fixture, "J j j");
	struct hv_uuid chosen = fixture->app->job->uuid;
	for (int i = 10; i < 400; i++) { /* more than are kept once they have ended */
		(void)snprintf(id, sizeof id, "op%d", i);
		struct hv_operation value = fixture_operation_value(id, OPERATION_START_VM, "web-02", NULL);
		value.created_us = FIXTURE_NOW + i * HV_SECOND_US;
		fixture_operation(fixture, &value);
		value.state = OPERATION_DONE;
		fixture_operation(fixture, &value);
		assert_true(hv_uuid_equal(&chosen, &fixture->app->job->uuid));
	}
	assert_int_equal(fixture->app->model.ended_count, MODEL_ENDED_MAX);
	assert_int_equal(fixture->app->model.live_count, 10);
	draw(fixture);
	fixture_free(fixture);
}

/* ---- dirty, idle, time ---- */

static void test_dirty__only_what_is_on_the_screen_counts__U3(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_go_to(fixture, "hv02.prod");
	fixture_keys(fixture, "h"); /* closed: its VMs are not on the screen */
	draw(fixture);
	fixture_vm(fixture, "hv02.prod", "mail-01", VM_RUNNING, 1);
	assert_false(app_dirty(fixture->app));
	fixture_vm(fixture, "hv01.prod", "web-01", VM_STOPPED, 2);
	assert_true(app_dirty(fixture->app));
	draw(fixture);
	fixture_vm(fixture, "hv01.prod", "web-01", VM_STOPPED, 2); /* the same again */
	assert_false(app_dirty(fixture->app));
	fixture->now_us += HV_SECOND_US;
	fixture_host(fixture, "hv01.prod", "prod", HOST_UP, NULL); /* heard again, which is not shown */
	assert_false(app_dirty(fixture->app));
	fixture_keys(fixture, "L");
	draw(fixture);
	fixture_vm(fixture, "hv01.prod", "web-01", VM_RUNNING, 2); /* the tree is not shown */
	assert_false(app_dirty(fixture->app));
	fixture_free(fixture);
}

static void test_idle__waits_for_answers_and_for_visible_trees(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_new(&config);
	assert_false(app_idle(fixture->app));
	fixture_host(fixture, "hv01", "lab", HOST_UP, NULL);
	fixture_vm(fixture, "hv01", "web-01", VM_RUNNING, 1);
	fixture_loaded(fixture);
	assert_true(app_idle(fixture->app));
	fixture_keys(fixture, "F5");
	const struct app_effect *sync = fixture_effect(fixture, APP_EFFECT_SYNC);
	assert_non_null(sync);
	assert_false(app_idle(fixture->app));
	fixture_answer(fixture, HV_EVENT_SYNCED, sync->ticket);
	assert_true(app_idle(fixture->app));
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "Enter");
	assert_false(app_idle(fixture->app));
	fixture_tree(fixture, "web-01", "base 1d *\n");
	assert_true(app_idle(fixture->app));
	fixture_free(fixture);
}

static void test_time__at_rest_nothing_is_due_before_the_next_minute(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_host(fixture, "hv03.prod", "prod", HOST_UP, NULL);
	draw(fixture);
	int64_t due = app_tick(fixture->app, FIXTURE_NOW);
	assert_int_equal(due, (FIXTURE_NOW / (60 * HV_SECOND_US) + 1) * 60 * HV_SECOND_US);
	(void)app_tick(fixture->app, due - 1);
	assert_false(app_dirty(fixture->app));
	(void)app_tick(fixture->app, due);
	assert_true(app_dirty(fixture->app));
	fixture_free(fixture);
}

static void test_time__a_countdown_and_a_running_operation_show_seconds__U3(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	draw(fixture);
	assert_true(app_tick(fixture->app, FIXTURE_NOW) <= FIXTURE_NOW + HV_SECOND_US);
	assert_true(fixture_shows(fixture, "retry 12s"));
	fixture_tick(fixture, HV_SECOND_US);
	assert_true(app_dirty(fixture->app));
	assert_true(fixture_shows(fixture, "retry 11s"));
	fixture_host(fixture, "hv03.prod", "prod", HOST_UP, NULL);
	struct hv_operation value = fixture_operation_value("o", OPERATION_START_VM, "build-07", NULL);
	fixture_operation(fixture, &value);
	assert_true(fixture_shows(fixture, "0:49"));
	fixture_tick(fixture, HV_SECOND_US);
	assert_true(app_dirty(fixture->app));
	assert_true(fixture_shows(fixture, "0:50"));
	fixture_free(fixture);
}

/* Whatever is due: the screen before that moment does not change, and the moment is told soon enough. */
static void test_time__the_screen_never_changes_before_it_is_due(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_host(fixture, "hv03.prod", "prod", HOST_LOST, "timed out");
	fixture_go_to(fixture, "files-01");
	struct hv_operation value = fixture_operation_value("o", OPERATION_START_VM, "build-07", NULL);
	fixture_operation(fixture, &value);
	for (int i = 0; i < 200; i++) {
		int64_t due = app_tick(fixture->app, fixture->now_us);
		char *now = fixture_screen(fixture, 80, 24);
		assert_true(due > fixture->now_us);
		fixture->now_us = due - 1;
		char *before = fixture_screen(fixture, 80, 24);
		assert_string_equal(now, before);
		fixture->now_us = due;
		free(now);
		free(before);
	}
	fixture_free(fixture);
}

static void test_unknown__is_never_said_to_be_done_or_failed__Y4(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	struct hv_operation value = fixture_operation_value("o", OPERATION_REVERT_SNAPSHOT, "files-01", "clean");
	fixture_operation(fixture, &value);
	value.unknown = true;
	fixture_operation(fixture, &value);
	assert_non_null(strstr(last_message(fixture), "UNKNOWN"));
	assert_true(fixture_shows(fixture, "? unknown"));
	assert_false(fixture_shows(fixture, "FAILED"));
	assert_false(fixture_shows(fixture, "reverted"));
	value.unknown = false;
	value.state = OPERATION_DONE;
	fixture_operation(fixture, &value);
	assert_non_null(strstr(last_message(fixture), "files-01: reverted to clean"));
	assert_int_equal(fixture->app->model.unknown_count, 0);
	fixture_free(fixture);
}

static void test_messages__the_engines_sentence_about_an_end_gives_way_to_the_rows_own(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	struct hv_operation value = fixture_operation_value("o", OPERATION_REVERT_SNAPSHOT, "web-01", "golden");
	fixture_operation(fixture, &value);
	size_t before = messages_count(&fixture->app->messages);
	app_message(fixture->app, false, "VM 'web-01' was reverted to snapshot 'golden'");
	value.state = OPERATION_DONE;
	fixture_operation(fixture, &value);
	assert_int_equal(messages_count(&fixture->app->messages), before + 1);
	assert_string_equal(last_message(fixture), "web-01: reverted to golden");
	value = fixture_operation_value("p", OPERATION_START_VM, "web-02", NULL);
	fixture_operation(fixture, &value);
	app_message(fixture->app, false, "VM 'web-01' has moved to another host"); /* other news stay */
	value.state = OPERATION_DONE;
	fixture_operation(fixture, &value);
	assert_int_equal(messages_count(&fixture->app->messages), before + 3);
	fixture_free(fixture);
}

static void test_messages__what_is_being_read_stays_in_place(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	char text[32];
	for (int i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof text, "message %d", i);
		app_message(fixture->app, i % 2, text);
	}
	fixture_keys(fixture, "L PageDown PageDown");
	size_t top = fixture->app->messages_top;
	const char *first = messages_at(&fixture->app->messages, top)->text;
	app_message(fixture->app, false, "another one");
	assert_string_equal(messages_at(&fixture->app->messages, fixture->app->messages_top)->text, first);
	for (int i = 0; i < 1000; i++) {
		app_message(fixture->app, false, "flood");
	}
	draw(fixture);
	assert_true(fixture->app->messages_top < messages_count(&fixture->app->messages));
	fixture_free(fixture);
}

static void test_failed__locks_what_needs_the_backend_and_keeps_the_rest_alive(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	struct hv_event event = {.kind = HV_EVENT_FAILED};
	(void)hv_error_set(&event.error, HV_ERR_STORE, "the store is gone");
	fixture_event(fixture, &event);
	fixture_keys(fixture, "Enter");
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "s");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	assert_non_null(strstr(last_message(fixture), "the store is gone"));
	assert_true(app_idle(fixture->app));
	fixture_free(fixture);
}

static void test_monkey__random_keys_sizes_and_texts_never_break_the_screen(void **state)
{
	(void)state;
	static const char *const keys[] = {"j", "k", "PageUp", "PageDown", "g", "G", "l", "h", "Enter", "*", "H", "Tab", "s",
		"r", "d", "p", "F5", "c", "J", "L", "T", "?", "Escape", "^L", "q", "^C", "Space", "Backtab", "'long-text",
		"Backspace", "F9"};
	uint64_t seed = 42;
	for (int run = 0; run < 15; run++) {
		struct fixture *fixture = fixture_fleet(run % 3 ? &config : &read_only);
		for (int i = 0; i < 400; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
			unsigned pick = (unsigned)(seed >> 33);
			fixture_keys(fixture, keys[pick % HV_ARRAY_LEN(keys)]);
			if (pick % 11 == 0) {
				fixture_tree(fixture, pick % 2 ? "web-01" : "db-primary", fixture_db_tree);
			}
			free(fixture_screen(fixture, (int)(pick % 170), (int)(pick / 7 % 60)));
			fixture_take_effects(fixture);
		}
		fixture_free(fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_actions__are_refused_with_the_reason_where_they_make_no_sense__U2),
		cmocka_unit_test(test_actions__on_the_now_row_and_on_untracked_rows_are_refused__T6),
		cmocka_unit_test(test_actions__a_live_operation_locks_its_vm_and_no_other__X1),
		cmocka_unit_test(test_read_only__has_no_key_that_changes_anything__U2),
		cmocka_unit_test(test_actions__every_one_is_reached_by_its_first_key),
		cmocka_unit_test(test_keys__unknown_ones_name_the_help_key),
		cmocka_unit_test(test_help__enter_runs_the_line),
		cmocka_unit_test(test_too_small__no_key_changes_anything_blindly__U5),
		cmocka_unit_test(test_quit__asks_only_while_something_runs_and_interrupt_always),
		cmocka_unit_test(test_cancel__takes_back_what_has_not_reached_the_host),
		cmocka_unit_test(test_jobs__the_cursor_stays_on_its_operation),
		cmocka_unit_test(test_dirty__only_what_is_on_the_screen_counts__U3),
		cmocka_unit_test(test_idle__waits_for_answers_and_for_visible_trees),
		cmocka_unit_test(test_time__at_rest_nothing_is_due_before_the_next_minute),
		cmocka_unit_test(test_time__a_countdown_and_a_running_operation_show_seconds__U3),
		cmocka_unit_test(test_time__the_screen_never_changes_before_it_is_due),
		cmocka_unit_test(test_unknown__is_never_said_to_be_done_or_failed__Y4),
		cmocka_unit_test(test_messages__the_engines_sentence_about_an_end_gives_way_to_the_rows_own),
		cmocka_unit_test(test_messages__what_is_being_read_stays_in_place),
		cmocka_unit_test(test_failed__locks_what_needs_the_backend_and_keeps_the_rest_alive),
		cmocka_unit_test(test_monkey__random_keys_sizes_and_texts_never_break_the_screen),
	};
	return cmocka_run_group_tests_name("tui/app", tests, NULL, NULL);
}
