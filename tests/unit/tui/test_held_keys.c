/* Keys typed ahead of a tree reach the rows that they were meant for, or nothing. */
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

static struct fixture *at_vm(void)
{
	struct fixture *fixture = fixture_fleet(&config);
	fixture_go_to(fixture, "db-primary");
	fixture_take_effects(fixture);
	return fixture;
}

static void assert_cursor(const struct fixture *fixture, const char *expected)
{
	char *cursor = fixture_cursor(fixture);
	assert_string_equal(cursor, expected);
	free(cursor);
}

static void test_keys__typed_ahead_of_a_tree_reach_the_snapshot_of_that_vm__U1_U4(void **state)
{
	(void)state;
	static const char *const openings[] = {"l j r", "Enter j r", "l l r"};
	for (size_t i = 0; i < HV_ARRAY_LEN(openings); i++) {
		struct fixture *fixture = at_vm();
		fixture_keys(fixture, openings[i]);
		assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
		assert_cursor(fixture, "vm db-primary");
		assert_false(app_idle(fixture->app));
		fixture_tree(fixture, "db-primary", fixture_db_tree);
		assert_int_equal(fixture->app->dialog.kind, DIALOG_REVERT);
		assert_string_equal(fixture->app->dialog.vm_name, "db-primary");
		assert_string_equal(fixture->app->dialog.snapshot_name, "base-2026-06-01");
		fixture_free(fixture);
	}
}

static void test_keys__wait_also_when_other_rows_come_first__U1(void **state)
{
	(void)state;
	struct fixture *fixture = at_vm();
	fixture_keys(fixture, "l j j r");
	fixture_vm(fixture, "hv01.prod", "aaa-new", VM_RUNNING, 1);
	fixture_vm(fixture, "hv01.prod", "db-primary2", VM_RUNNING, 1);
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	fixture_tree(fixture, "db-primary", fixture_db_tree);
	assert_string_equal(fixture->app->dialog.vm_name, "db-primary");
	assert_string_equal(fixture->app->dialog.snapshot_name, "pre-patch-july");
	fixture_free(fixture);
}

static void test_keys__change_nothing_when_the_tree_does_not_come_in_time__U4(void **state)
{
	(void)state;
	struct fixture *fixture = at_vm();
	fixture_keys(fixture, "l s j r");
	fixture_tick(fixture, 1000); /* from here on they wait */
	fixture_tick(fixture, 299000);
	assert_true(fixture->app->held.waiting);
	fixture_tick(fixture, 1000);
	assert_false(fixture->app->held.waiting);
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	assert_cursor(fixture, "vm db-primary");
	assert_true(fixture_shows(fixture, "3 keys dropped"));
	fixture_tree(fixture, "db-primary", fixture_db_tree);
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	fixture_free(fixture);
}

static void test_keys__that_only_move_are_not_lost_when_the_tree_is_late__U1(void **state)
{
	(void)state;
	struct fixture *fixture = at_vm();
	fixture_keys(fixture, "l g");
	fixture_tick(fixture, 1000);
	assert_true(app_tick(fixture->app, fixture->now_us) <= fixture->now_us + 300000);
	fixture_tick(fixture, 300000);
	assert_cursor(fixture, "group lab");
	fixture_free(fixture);
}

static void test_keys__are_dropped_when_the_vm_that_they_were_meant_for_goes__U1(void **state)
{
	(void)state;
	struct fixture *fixture = at_vm();
	fixture_keys(fixture, "l j s");
	fixture_vm_gone(fixture, "db-primary");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	assert_true(fixture_shows(fixture, "2 keys dropped"));
	fixture_free(fixture);
}

static void test_keys__wait_again_when_one_of_them_opens_the_next_vm__U1(void **state)
{
	(void)state;
	struct fixture *fixture = at_vm();
	fixture_vm(fixture, "hv01.prod", "db-second", VM_RUNNING, 1);
	fixture_keys(fixture, "l j j j j j j l j r");
	fixture_tree(fixture, "db-primary", fixture_db_tree);
	assert_true(fixture->app->held.waiting);
	assert_cursor(fixture, "vm db-second");
	fixture_tree(fixture, "db-second", "only 3d *\n");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_REVERT);
	assert_string_equal(fixture->app->dialog.snapshot_name, "only");
	fixture_free(fixture);
}

static void test_keys__of_a_field_are_kept_whole_with_what_is_pasted(void **state)
{
	(void)state;
	struct fixture *fixture = at_vm();
	fixture_keys(fixture, "l s");
	fixture_paste(fixture, "-pasted");
	fixture_tree(fixture, "db-primary", fixture_db_tree);
	assert_int_equal(fixture->app->dialog.kind, DIALOG_TAKE);
	assert_non_null(strstr(text_field_get(&fixture->app->dialog.name), "-pasted"));
	fixture_free(fixture);
}

static void test_escape__means_all_that_was_typed_ahead(void **state)
{
	(void)state;
	struct fixture *fixture = at_vm();
	fixture_keys(fixture, "l j r Escape");
	fixture_tree(fixture, "db-primary", fixture_db_tree);
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	assert_cursor(fixture, "vm db-primary");
	fixture_free(fixture);
}

static void test_keys__more_than_there_is_room_for_are_counted_not_kept(void **state)
{
	(void)state;
	struct fixture *fixture = at_vm();
	fixture_keys(fixture, "l");
	for (int i = 0; i < HELD_KEYS_MAX + 5; i++) {
		fixture_keys(fixture, "j");
	}
	fixture_tree(fixture, "db-primary", fixture_db_tree);
	assert_true(fixture_shows(fixture, "5 keys dropped"));
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys__typed_ahead_of_a_tree_reach_the_snapshot_of_that_vm__U1_U4),
		cmocka_unit_test(test_keys__wait_also_when_other_rows_come_first__U1),
		cmocka_unit_test(test_keys__change_nothing_when_the_tree_does_not_come_in_time__U4),
		cmocka_unit_test(test_keys__that_only_move_are_not_lost_when_the_tree_is_late__U1),
		cmocka_unit_test(test_keys__are_dropped_when_the_vm_that_they_were_meant_for_goes__U1),
		cmocka_unit_test(test_keys__wait_again_when_one_of_them_opens_the_next_vm__U1),
		cmocka_unit_test(test_keys__of_a_field_are_kept_whole_with_what_is_pasted),
		cmocka_unit_test(test_escape__means_all_that_was_typed_ahead),
		cmocka_unit_test(test_keys__more_than_there_is_room_for_are_counted_not_kept),
	};
	return cmocka_run_group_tests_name("tui/held_keys", tests, NULL, NULL);
}
