/* All snapshots by age: read page by page, and acts that begin in the tree at the very snapshot. */
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

static struct fixture *open_ages(void)
{
	struct fixture *fixture = fixture_fleet(&config);
	fixture_take_effects(fixture);
	fixture_keys(fixture, "A");
	return fixture;
}

static void assert_cursor(const struct fixture *fixture, const char *expected)
{
	char *cursor = fixture_cursor(fixture);
	assert_string_equal(cursor, expected);
	free(cursor);
}

static void test_ages__are_asked_for_oldest_first_and_further_pages_by_key__L1(void **state)
{
	(void)state;
	struct fixture *fixture = open_ages();
	size_t count;
	const struct app_effect *first = app_effects(fixture->app, &count);
	assert_int_equal(count, 1 + AGES_CLASSES);
	assert_int_equal(first->kind, APP_EFFECT_LIST);
	assert_true(first->query.oldest_first);
	assert_int_equal(first->query.after_id, 0);
	fixture_snapshots(fixture, "web-01 a 9\nweb-02 b 8\n", true);
	const struct app_effect *next = fixture_effect(fixture, APP_EFFECT_LIST);
	assert_int_equal(next->query.after_id, 2);
	assert_int_equal(next->query.after_created_us, FIXTURE_NOW - 8 * FIXTURE_DAY);
	fixture_snapshots(fixture, "mail-01 c 7\n", false);
	assert_int_equal(fixture->app->ages.count, 3);
	fixture_keys(fixture, "G");
	assert_string_equal(app_age_row(fixture->app, fixture->app->ages.cursor)->display_name, "c");
	assert_int_equal(fixture->app->ages.ticket, 0);
	fixture_free(fixture);
}

static void test_ages__an_answer_to_a_list_that_was_read_again_is_nobodys(void **state)
{
	(void)state;
	struct fixture *fixture = open_ages();
	uint64_t old = fixture->app->ages.ticket;
	fixture_keys(fixture, "F5");
	fixture_count(fixture, old, 3);
	assert_int_equal(fixture->app->ages.page_count, 0);
	fixture_free(fixture);
}

static void test_ages__enter_shows_the_snapshot_in_the_tree_also_of_a_closed_vm__U1(void **state)
{
	(void)state;
	struct fixture *fixture = open_ages();
	fixture_snapshots(fixture, "web-02 golden 9\n", false);
	fixture_take_effects(fixture);
	fixture_keys(fixture, "Enter");
	assert_non_null(fixture_effect(fixture, APP_EFFECT_OPEN_VM));
	fixture_tree(fixture, "web-02", "base 20d\n  golden 9d *\n");
	assert_cursor(fixture, "snapshot golden");
	fixture_free(fixture);
}

static void test_ages__an_act_begins_at_that_snapshot_and_asks_as_ever__U4(void **state)
{
	(void)state;
	struct fixture *fixture = open_ages();
	fixture_snapshots(fixture, "web-02 golden 9\n", false);
	fixture_keys(fixture, "r");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE); /* its tree has not come */
	fixture_tree(fixture, "web-02", "base 20d\n  golden 9d *\n");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_REVERT);
	assert_string_equal(fixture->app->dialog.snapshot_name, "golden");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ACT), 0);
	fixture_free(fixture);
}

static void test_ages__a_snapshot_that_is_gone_is_said_and_nothing_is_acted_on__U4(void **state)
{
	(void)state;
	struct fixture *fixture = open_ages();
	fixture_snapshots(fixture, "web-02 golden 9\nnowhere lost 8\n", false);
	fixture_keys(fixture, "d");
	fixture_tree(fixture, "web-02", "base 20d *\n");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	assert_true(fixture_shows(fixture, "this snapshot is gone"));
	fixture_keys(fixture, "A");
	fixture_snapshots(fixture, "nowhere lost 8\n", false);
	fixture_keys(fixture, "Enter");
	assert_int_equal(fixture->app->screen, APP_SCREEN_AGES);
	fixture_free(fixture);
}

static void test_ages__marks_do_not_take_the_act_for_themselves__U4(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "Space A");
	fixture_snapshots(fixture, "web-02 golden 9\n", false);
	fixture_keys(fixture, "d");
	fixture_tree(fixture, "web-02", "golden 9d *\n");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_DELETE);
	assert_int_equal(marks_count(fixture->app), 0);
	fixture_free(fixture);
}

static void test_ages__a_filter_and_a_fold_give_way_to_what_is_shown(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_keys(fixture, "/ 'mail Enter A");
	fixture_snapshots(fixture, "web-02 s4 9\n", false);
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, "web-02",
		"s0 20d\n  s1 19d\n    s2 18d\n      s3 17d\n        s4 16d\n          s5 15d\n            s6 14d\n              s7 13d *\n");
	assert_cursor(fixture, "snapshot s4");
	assert_false(app_is_filtered(fixture->app));
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ages__are_asked_for_oldest_first_and_further_pages_by_key__L1),
		cmocka_unit_test(test_ages__an_answer_to_a_list_that_was_read_again_is_nobodys),
		cmocka_unit_test(test_ages__enter_shows_the_snapshot_in_the_tree_also_of_a_closed_vm__U1),
		cmocka_unit_test(test_ages__an_act_begins_at_that_snapshot_and_asks_as_ever__U4),
		cmocka_unit_test(test_ages__a_snapshot_that_is_gone_is_said_and_nothing_is_acted_on__U4),
		cmocka_unit_test(test_ages__marks_do_not_take_the_act_for_themselves__U4),
		cmocka_unit_test(test_ages__a_filter_and_a_fold_give_way_to_what_is_shown),
	};
	return cmocka_run_group_tests_name("tui/ages", tests, NULL, NULL);
}
