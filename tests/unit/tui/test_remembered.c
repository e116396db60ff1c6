/* What is remembered over a restart, and that a file that anybody may have written can do nothing but open nodes. */
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

static void two_hosts(struct fixture *fixture)
{
	fixture_host(fixture, "hv01", "prod", HOST_UP, NULL);
	fixture_host(fixture, "hv02", "prod", HOST_UP, NULL);
	fixture_host(fixture, "hv03", "lab", HOST_UP, NULL);
	fixture_vm(fixture, "hv01", "web", VM_RUNNING, 2);
	fixture_vm(fixture, "hv02", "mail", VM_RUNNING, 2);
	fixture_loaded(fixture);
}

static void test_remembered__what_was_open_is_open_again_and_what_was_closed_stays_closed__U1(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_new(&config);
	two_hosts(fixture);
	fixture_go_to(fixture, "web");
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, "web", "a 2d\n  b 1d *\n");
	fixture_go_to(fixture, "hv02");
	fixture_keys(fixture, "h g h o w : 'jobs Enter J / 'x Enter Escape");
	char *text = app_remembered(fixture->app);
	fixture_free(fixture);

	fixture = fixture_new(&config);
	app_remember(fixture->app, text);
	two_hosts(fixture);
	const struct app_effect *opened = fixture_effect(fixture, APP_EFFECT_OPEN_VM);
	assert_non_null(opened);
	struct hv_uuid web = hv_uuid_from_text("web");
	assert_true(hv_uuid_equal(&opened->id, &web));
	struct hv_uuid hosts[] = {hv_uuid_from_text("hv01"), hv_uuid_from_text("hv02")};
	assert_true(model_host(&fixture->app->model, &hosts[0])->node.open);
	assert_false(model_host(&fixture->app->model, &hosts[1])->node.open);
	assert_false(rows_host(&fixture->app->cursor) != NULL); /* the cursor is on the closed first group */
	assert_int_equal(fixture->app->sort, MODEL_SORT_AGE);
	assert_true(fixture->app->wide);
	fixture_keys(fixture, ": Up");
	assert_string_equal(text_field_get(&fixture->app->prompt.field), "jobs");
	char *again = app_remembered(fixture->app);
	assert_string_equal(again, text);
	free(again);
	free(text);
	fixture_free(fixture);
}

static void test_remembered__what_has_not_come_this_time_is_kept_for_the_next(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_new(&config);
	app_remember(fixture->app, "hvtree console 1\nopen 6d2f3c1e-0000-4000-8000-0000000091c0\n");
	two_hosts(fixture);
	char *text = app_remembered(fixture->app);
	assert_non_null(strstr(text, "open 6d2f3c1e-0000-4000-8000-0000000091c0\n"));
	free(text);
	fixture_free(fixture);
}

static void test_remembered__a_hostile_file_is_harmless(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"", "hvtree console 2\nsort age\n", "hvtree console 1", "hvtree console 1\nsort\nsort nothing\nopen\nopen x\n",
		"hvtree console 1\nhistory\nhistory :\nhistory : \033[2Jquit\nhistory / \xFF\xFE\nhistory : \n\n\n",
		"hvtree console 1\nopen 6d2f3c1e-0000-4000-8000-0000000091c0 6d2f\nclosed \nreversed now\n",
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(texts); i++) {
		struct fixture *fixture = fixture_new(&config);
		app_remember(fixture->app, texts[i]);
		two_hosts(fixture);
		assert_int_equal(fixture->app->sort, MODEL_SORT_NAME);
		fixture_keys(fixture, ": Up");
		assert_null(strchr(text_field_get(&fixture->app->prompt.field), '\033'));
		fixture_free(fixture);
	}
}

static void test_remembered__is_bounded_however_long_the_file_is(void **state)
{
	(void)state;
	struct hv_text text = HV_TEXT_INIT;
	struct fixture *fixture = fixture_new(&config);
	hv_text_puts(&text, "hvtree console 1\n");
	for (int i = 0; i < REMEMBERED_NODES_MAX + 100; i++) {
		hv_text_printf(&text, "open 00000000-0000-4000-8000-%012d\n", i);
	}
	if (text.length <= REMEMBERED_BYTES_MAX) {
		app_remember(fixture->app, hv_text_get(&text));
		assert_int_equal(remembered_count(fixture->app), REMEMBERED_NODES_MAX);
	}
	while (text.length <= REMEMBERED_BYTES_MAX) {
		hv_text_puts(&text, "sort age\n");
	}
	app_remember(fixture->app, hv_text_get(&text));
	assert_int_equal(fixture->app->sort, MODEL_SORT_NAME);
	hv_text_clear(&text);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remembered__what_was_open_is_open_again_and_what_was_closed_stays_closed__U1),
		cmocka_unit_test(test_remembered__what_has_not_come_this_time_is_kept_for_the_next),
		cmocka_unit_test(test_remembered__a_hostile_file_is_harmless),
		cmocka_unit_test(test_remembered__is_bounded_however_long_the_file_is),
	};
	return cmocka_run_group_tests_name("tui/remembered", tests, NULL, NULL);
}
