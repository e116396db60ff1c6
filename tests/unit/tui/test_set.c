/* Marks and acts on many: marks follow what they were put on, each row is checked, sent and told of by itself. */
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

/* web-01 and web-02 are open, with "golden" in each. */
static struct fixture *open_webs(void)
{
	struct fixture *fixture = fixture_fleet(&config);
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, "web-01", "golden-a 9d\n  other-a 3d *\n");
	fixture_go_to(fixture, "web-02");
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, "web-02", "golden-b 9d\n  other-b 3d *\n");
	fixture_take_effects(fixture);
	return fixture;
}

static void mark(struct fixture *fixture, const char *name)
{
	fixture_go_to(fixture, name);
	fixture_keys(fixture, "Space");
}

static const struct set_item *item(const struct fixture *fixture, size_t index)
{
	assert_non_null(fixture->app->dialog.set);
	assert_true(index < fixture->app->dialog.set->count);
	return &fixture->app->dialog.set->items[index];
}

static void preview(struct fixture *fixture, size_t index, const char *refusal)
{
	struct hv_preview value = {.kind = OPERATION_REVERT_SNAPSHOT, .vm = item(fixture, index)->vm,
		.target = item(fixture, index)->snapshot, .lost_since_us = FIXTURE_NOW - FIXTURE_DAY, .lost_bytes = -1,
		.state_before = VM_RUNNING, .state_after = VM_STOPPED, .current = hv_uuid_from_text("current"),
		.refusal = refusal};
	const struct hv_preview *made = hv_preview_new(&value);
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_PREVIEW, .ticket = item(fixture, index)->ticket,
					 .preview = made});
	hv_preview_unref(made);
}

static size_t acts(const struct fixture *fixture)
{
	return fixture_effect_count(fixture, APP_EFFECT_ACT);
}

static void test_marks__stay_on_what_they_were_put_on_and_go_with_it__U1(void **state)
{
	(void)state;
	struct fixture *fixture = open_webs();
	mark(fixture, "golden-a");
	mark(fixture, "web-02");
	mark(fixture, "other-b");
	assert_int_equal(marks_count(fixture->app), 3);
	assert_true(fixture_shows(fixture, "marked 3"));
	fixture_vm(fixture, "hv01.prod", "aaa", VM_RUNNING, 0); /* rows move */
	fixture_tree(fixture, "web-01", "new 1d\ngolden-a 9d *\n");
	fixture_go_to(fixture, "golden-a");
	assert_true(marks_has(fixture->app, &fixture->app->cursor));
	fixture_tree(fixture, "web-01", "new 1d *\n");
	assert_int_equal(marks_count(fixture->app), 2);
	assert_true(fixture_shows(fixture, "1 row of web-01 unmarked: gone"));
	fixture_vm_gone(fixture, "web-02");
	assert_int_equal(marks_count(fixture->app), 0);
	fixture_free(fixture);
}

static void test_marks__a_range_takes_rows_of_one_kind_and_space_takes_one_back(void **state)
{
	(void)state;
	struct fixture *fixture = open_webs();
	fixture_go_to(fixture, "db-primary");
	fixture_keys(fixture, "v");
	fixture_go_to(fixture, "web-02");
	fixture_keys(fixture, "v");
	assert_int_equal(marks_count(fixture->app), 3); /* three VMs, and no snapshot between them */
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "Space");
	assert_int_equal(marks_count(fixture->app), 2);
	fixture_keys(fixture, "U");
	assert_int_equal(marks_count(fixture->app), 0);
	fixture_go_to(fixture, "hv01.prod");
	fixture_keys(fixture, "Space");
	assert_int_equal(marks_count(fixture->app), 0);
	fixture_free(fixture);
}

static void test_marks__all_that_the_filter_found(void **state)
{
	(void)state;
	struct fixture *fixture = open_webs();
	fixture_keys(fixture, "m");
	assert_int_equal(marks_count(fixture->app), 0);
	fixture_keys(fixture, "/ 'golden Enter m");
	assert_int_equal(marks_count(fixture->app), 2);
	fixture_keys(fixture, "U Escape / 'web Enter m");
	assert_int_equal(marks_count(fixture->app), 2); /* the VMs themselves */
	fixture_free(fixture);
}

static void test_set__each_is_checked_first_and_only_what_fits_is_sent__U2_U4(void **state)
{
	(void)state;
	struct fixture *fixture = open_webs();
	mark(fixture, "golden-a");
	mark(fixture, "golden-b");
	mark(fixture, "mail-01"); /* a VM, not a snapshot */
	fixture_keys(fixture, "r");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_PREVIEW), 2);
	assert_int_equal(item(fixture, 2)->state, SET_UNFIT);
	preview(fixture, 0, NULL);
	assert_true(fixture_shows(fixture, "waiting for 1 of the checks"));
	preview(fixture, 1, "its host is busy");
	assert_int_equal(item(fixture, 1)->state, SET_UNFIT);
	fixture_keys(fixture, "Tab Tab Enter");
	assert_int_equal(acts(fixture), 0); /* the number is not typed */
	fixture_keys(fixture, "Escape r");
	preview(fixture, 0, NULL);
	preview(fixture, 1, NULL);
	fixture_keys(fixture, "Backtab '2 Tab Tab Enter");
	assert_int_equal(acts(fixture), 2);
	size_t count;
	const struct app_effect *effects = app_effects(fixture->app, &count);
	for (size_t i = 0; i < count; i++) {
		if (effects[i].kind == APP_EFFECT_ACT) {
			assert_true(effects[i].act.expect_current);
			assert_string_equal(effects[i].act.safety_name, "before-revert 2026-08-22 03:12");
		}
	}
	fixture_free(fixture);
}

static void test_set__each_has_its_own_result_and_a_chain_ends_with_its_last_link__U3_Y4(void **state)
{
	(void)state;
	struct fixture *fixture = open_webs();
	mark(fixture, "golden-a");
	mark(fixture, "golden-b");
	fixture_keys(fixture, "r");
	preview(fixture, 0, NULL);
	preview(fixture, 1, NULL);
	fixture_keys(fixture, "Backtab '2 Tab Tab Enter");
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_ACCEPTED, .ticket = item(fixture, 0)->ticket,
					 .id = hv_uuid_from_text("chain")});
	fixture_refuse(fixture, item(fixture, 1)->ticket, HV_ERR_CONFLICT, "somebody was quicker");
	assert_int_equal(item(fixture, 1)->state, SET_FAILED);
	assert_int_equal(fixture->app->dialog.kind, DIALOG_SET); /* no box over the results */
	struct hv_operation safety = fixture_operation_value("s", OPERATION_CREATE_SNAPSHOT, "web-01", "before");
	safety.group = hv_uuid_from_text("chain");
	safety.state = OPERATION_DONE;
	safety.finished_us = FIXTURE_NOW;
	fixture_operation(fixture, &safety);
	assert_int_equal(item(fixture, 0)->state, SET_RUNS);
	struct hv_operation revert = fixture_operation_value("r", OPERATION_REVERT_SNAPSHOT, "web-01", "golden-a");
	revert.group = hv_uuid_from_text("chain");
	revert.unknown = true;
	fixture_operation(fixture, &revert);
	assert_int_equal(item(fixture, 0)->state, SET_RUNS); /* not known is neither */
	revert.unknown = false;
	revert.state = OPERATION_DONE;
	revert.finished_us = FIXTURE_NOW;
	fixture_operation(fixture, &revert);
	assert_int_equal(item(fixture, 0)->state, SET_DONE);
	assert_true(fixture_shows(fixture, "1 done, 1 failed"));
	fixture_free(fixture);
}

static void test_set__what_stops_fitting_is_left_out_before_it_is_sent__U4(void **state)
{
	(void)state;
	struct fixture *fixture = open_webs();
	mark(fixture, "golden-a");
	mark(fixture, "golden-b");
	fixture_keys(fixture, "d");
	preview(fixture, 0, NULL);
	preview(fixture, 1, NULL);
	fixture_vm_gone(fixture, "web-02");
	assert_int_equal(item(fixture, 1)->state, SET_UNFIT);
	fixture_keys(fixture, "Backtab '1 Tab Tab Enter");
	assert_int_equal(acts(fixture), 1);
	assert_true(fixture_effect(fixture, APP_EFFECT_ACT)->act.queue); /* deletes of one VM wait for each other */
	fixture_free(fixture);
}

static void test_set__power_and_snapshots_are_of_vms_each_once(void **state)
{
	(void)state;
	struct fixture *fixture = open_webs();
	mark(fixture, "golden-a");
	mark(fixture, "other-a");
	mark(fixture, "build-07");
	fixture_keys(fixture, "s");
	assert_int_equal(fixture->app->dialog.set->count, 2);
	fixture_keys(fixture, "Tab Tab Tab Tab Tab Enter");
	assert_int_equal(acts(fixture), 2);
	fixture_take_effects(fixture);
	fixture_keys(fixture, "Escape p");
	assert_int_equal(set_count(fixture->app->dialog.set, SET_FITS), 1); /* only the one that is off can start */
	fixture_keys(fixture, "Tab Enter");
	assert_int_equal(acts(fixture), 1);
	assert_int_equal(fixture_effect(fixture, APP_EFFECT_ACT)->act.kind, OPERATION_START_VM);
	fixture_free(fixture);
}

static void test_set__the_plan_is_a_file_of_commands_and_changes_nothing__U6(void **state)
{
	(void)state;
	struct fixture *fixture = open_webs();
	mark(fixture, "golden-a");
	mark(fixture, "mail-01");
	fixture_keys(fixture, "r");
	preview(fixture, 0, NULL);
	fixture_keys(fixture, "Tab Enter"); /* Revert is off: Save plan */
	const struct app_effect *plan = fixture_effect(fixture, APP_EFFECT_WRITE);
	assert_non_null(plan);
	assert_string_equal(plan->path, "hvtree-plan-2026-08-22-031244.txt");
	assert_non_null(strstr(plan->text, "hvtree snapshot revert web-01 golden-a --safety --yes\n"));
	assert_non_null(strstr(plan->text, "# left out: mail-01"));
	assert_int_equal(acts(fixture), 0);
	fixture_free(fixture);
}

static void test_set__read_only_has_none__U2(void **state)
{
	(void)state;
	struct app_config read_only = config;
	read_only.read_only = true;
	struct fixture *fixture = fixture_fleet(&read_only);
	mark(fixture, "web-01");
	fixture_keys(fixture, "s r d p");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks__stay_on_what_they_were_put_on_and_go_with_it__U1),
		cmocka_unit_test(test_marks__a_range_takes_rows_of_one_kind_and_space_takes_one_back),
		cmocka_unit_test(test_marks__all_that_the_filter_found),
		cmocka_unit_test(test_set__each_is_checked_first_and_only_what_fits_is_sent__U2_U4),
		cmocka_unit_test(test_set__each_has_its_own_result_and_a_chain_ends_with_its_last_link__U3_Y4),
		cmocka_unit_test(test_set__what_stops_fitting_is_left_out_before_it_is_sent__U4),
		cmocka_unit_test(test_set__power_and_snapshots_are_of_vms_each_once),
		cmocka_unit_test(test_set__the_plan_is_a_file_of_commands_and_changes_nothing__U6),
		cmocka_unit_test(test_set__read_only_has_none__U2),
	};
	return cmocka_run_group_tests_name("tui/set", tests, NULL, NULL);
}
