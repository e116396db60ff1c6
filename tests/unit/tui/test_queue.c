/* X1: what an act does in the console while another operation is live on its VM: wait for its turn, or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
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

static void assert_no_act(const struct fixture *fixture)
{
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ACT), 0);
}

static void operation_begins(struct fixture *fixture)
{
	struct hv_operation value =
		fixture_operation_value("other", OPERATION_CREATE_SNAPSHOT, "db-primary", "by-another");
	fixture_operation(fixture, &value);
}

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

static void operation_ends(struct fixture *fixture)
{
	struct hv_operation value =
		fixture_operation_value("other", OPERATION_CREATE_SNAPSHOT, "db-primary", "by-another");
	value.state = OPERATION_DONE;
	value.finished_us = FIXTURE_NOW;
	fixture_operation(fixture, &value);
}

static void test_queue__is_offered_with_cancel_first_and_says_what_it_waits_for__X1(void **state)
{
	(void)state;
	static const struct {
		const char *row, *open, *confirm;
		int kind;
	} cases[] = {
		{"db-primary", "s", "Tab Enter", OPERATION_CREATE_SNAPSHOT},
		{"pre-patch-july", "d", "Tab Enter", OPERATION_DELETE_SNAPSHOT},
		{"db-primary", "p", "Tab Enter", OPERATION_STOP_VM},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct fixture *fixture = at_snapshot(cases[i].row);
		operation_begins(fixture);
		fixture_keys(fixture, cases[i].open);
		if (fixture_effect(fixture, APP_EFFECT_PREVIEW)) {
			assert_true(fixture_effect(fixture, APP_EFFECT_PREVIEW)->act.queue);
			struct hv_preview preview = delete_preview(1);
			answer_preview(fixture, &preview);
		}
		assert_true(fixture_shows(fixture, "for snapshot by-another, asked for by op-anna"));
		assert_true(fixture_shows(fixture, "[ Queue "));
		assert_int_equal(fixture->app->dialog.focus, CONTROL_CANCEL);
		fixture_keys(fixture, cases[i].confirm);
		const struct app_effect *act = fixture_effect(fixture, APP_EFFECT_ACT);
		assert_non_null(act);
		assert_int_equal(act->act.kind, cases[i].kind);
		assert_true(act->act.queue);
		fixture_free(fixture);
	}
}

static void test_queue__enter_in_a_field_is_not_enough__X1(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("db-primary");
	operation_begins(fixture);
	fixture_keys(fixture, "s Enter");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	fixture_keys(fixture, "s Tab Tab Tab"); /* over the buttons around to the name */
	assert_int_equal(fixture->app->dialog.focus, CONTROL_NAME);
	fixture_keys(fixture, "Enter");
	assert_no_act(fixture);
	assert_int_equal(fixture->app->dialog.kind, DIALOG_TAKE);
	fixture_free(fixture);
}

static void test_queue__a_revert_does_not_wait_and_the_reason_says_why__X1_U4(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("pre-patch-july");
	operation_begins(fixture);
	fixture_keys(fixture, "r");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	char text[300];
	const char *reason = app_why_not(fixture->app, TUI_ACTION_REVERT, text, sizeof text);
	assert_non_null(reason);
	assert_non_null(strstr(reason, "what this would lose is known only when that has ended"));
	fixture_keys(fixture, "p");
	assert_true(fixture_shows(fixture, "( Destroy... )"));
	fixture_free(fixture);
}

/* What was confirmed is what was shown: neither waits what was not to wait, nor the other way round. */
static void test_queue__what_begins_or_ends_under_a_dialog_stops_it__X1_U4(void **state)
{
	(void)state;
	struct hv_preview preview = delete_preview(1);
	struct fixture *fixture = at_snapshot("pre-patch-july");
	fixture_keys(fixture, "d");
	answer_preview(fixture, &preview);
	fixture_keys(fixture, "Tab"); /* Delete has the focus already */
	operation_begins(fixture);
	assert_int_equal(fixture->app->dialog.focus, CONTROL_CANCEL);
	assert_true(fixture_shows(fixture, "STOPPED: another operation"));
	fixture_keys(fixture, "Tab Enter"); /* Look again */
	answer_preview(fixture, &preview);
	fixture_keys(fixture, "Tab");
	assert_true(fixture_shows(fixture, "[ Queue behind it ]"));
	operation_ends(fixture);
	assert_true(fixture_shows(fixture, "what it was to wait for has ended"));
	fixture_keys(fixture, "Enter");
	assert_no_act(fixture);
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	fixture_keys(fixture, "p Tab"); /* a form goes on, with Cancel */
	operation_begins(fixture);
	assert_int_equal(fixture->app->dialog.focus, CONTROL_CANCEL);
	assert_true(fixture_shows(fixture, "[ Queue shut down ]"));
	fixture_free(fixture);
}

static void test_queue__stands_in_jobs_with_what_it_waits_for_and_is_taken_back__X1(void **state)
{
	(void)state;
	struct fixture *fixture = at_snapshot("db-primary");
	operation_begins(fixture);
	struct hv_operation value = fixture_operation_value("mine", OPERATION_CREATE_SNAPSHOT, "db-primary", "next");
	value.state = OPERATION_QUEUED;
	value.step = STEP_CHECK;
	value.created_us += HV_SECOND_US;
	fixture_operation(fixture, &value);
	fixture_keys(fixture, "J g");
	assert_true(fixture_shows(fixture, "waits for snapshot by-another, asked for by op-anna"));
	fixture_keys(fixture, "c");
	const struct app_effect *cancel = fixture_effect(fixture, APP_EFFECT_CANCEL);
	assert_non_null(cancel);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue__is_offered_with_cancel_first_and_says_what_it_waits_for__X1),
		cmocka_unit_test(test_queue__enter_in_a_field_is_not_enough__X1),
		cmocka_unit_test(test_queue__a_revert_does_not_wait_and_the_reason_says_why__X1_U4),
		cmocka_unit_test(test_queue__what_begins_or_ends_under_a_dialog_stops_it__X1_U4),
		cmocka_unit_test(test_queue__stands_in_jobs_with_what_it_waits_for_and_is_taken_back__X1),
	};
	return cmocka_run_group_tests_name("tui/queue", tests, NULL, NULL);
}
