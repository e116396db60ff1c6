/* The table of actions and the keymap that is read from text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "tui/input/keymap.h"

static const unsigned places[] = {TUI_PLACE_TREE, TUI_PLACE_JOBS, TUI_PLACE_MESSAGES, TUI_PLACE_HELP};

static struct keymap defaults(void)
{
	struct keymap map = KEYMAP_INIT;
	keymap_set_defaults(&map);
	return map;
}

static enum tui_action find(const struct keymap *map, unsigned place, const char *name)
{
	struct key key;
	assert_true(key_parse(name, &key));
	return keymap_find(map, place, key);
}

static void test_table__every_action_has_name_help_and_key(void **state)
{
	(void)state;
	for (int i = 0; i < TUI_ACTION_COUNT; i++) {
		const struct tui_action_info *info = tui_action_info((enum tui_action)i);
		enum tui_action parsed = TUI_ACTION_COUNT;
		assert_true(strlen(info->help) >= 4);
		assert_true(strlen(info->keys) >= 1);
		assert_true(tui_action_parse(info->name, &parsed));
		assert_int_equal(parsed, i); /* no name twice */
	}
}

static void test_defaults__pass_the_users_parser_and_no_key_is_bound_twice(void **state)
{
	(void)state;
	struct hv_text text = HV_TEXT_INIT;
	struct keymap map = KEYMAP_INIT;
	struct hv_error err = {0};
	keymap_default_text(&text);
	enum hv_status status = keymap_parse(&map, hv_text_get(&text), &err);
	assert_string_equal(err.text, "");
	assert_int_equal(status, HV_OK);
	for (size_t i = 0; i < map.count; i++) {
		for (size_t j = i + 1; j < map.count; j++) {
			unsigned shared = tui_action_info(map.items[i].action)->place &
					  tui_action_info(map.items[j].action)->place;
			assert_false(shared != 0 && key_equal(map.items[i].key, map.items[j].key));
		}
	}
	keymap_clear(&map);
	hv_text_clear(&text);
}

static void test_defaults__keys_that_destroyed_things_elsewhere_do_nothing(void **state)
{
	(void)state;
	static const char *const keys[] = {"Delete", "Backspace", "^D", "^K", "^S", "D", "R", "S"};
	struct keymap map = defaults();
	for (size_t place = 0; place < HV_ARRAY_LEN(places); place++) {
		for (size_t i = 0; i < HV_ARRAY_LEN(keys); i++) {
			assert_int_equal(find(&map, places[place], keys[i]), TUI_ACTION_COUNT);
		}
	}
	keymap_clear(&map);
}

static void test_defaults__a_change_has_its_key_in_one_place_only(void **state)
{
	(void)state;
	for (int i = 0; i < TUI_ACTION_COUNT; i++) {
		const struct tui_action_info *info = tui_action_info((enum tui_action)i);
		if (info->danger != TUI_DANGER_SAFE) {
			assert_int_equal(info->place & (info->place - 1), 0);
		}
	}
}

static void test_parse__a_line_replaces_the_keys_of_its_action(void **state)
{
	(void)state;
	struct keymap map = defaults();
	struct hv_error err;
	char keys[64];
	assert_int_equal(keymap_parse(&map, "; mine\n\n revert = F8  ^R \nopen-all =\n", &err), HV_OK);
	assert_int_equal(find(&map, TUI_PLACE_TREE, "F8"), TUI_ACTION_REVERT);
	assert_int_equal(find(&map, TUI_PLACE_TREE, "^R"), TUI_ACTION_REVERT);
	assert_int_equal(find(&map, TUI_PLACE_TREE, "r"), TUI_ACTION_COUNT);
	assert_int_equal(find(&map, TUI_PLACE_TREE, "*"), TUI_ACTION_COUNT);
	assert_string_equal(keymap_keys(&map, TUI_ACTION_REVERT, 4, keys, sizeof keys), "F8 ^R");
	assert_string_equal(keymap_keys(&map, TUI_ACTION_REVERT, 1, keys, sizeof keys), "F8");
	assert_string_equal(keymap_keys(&map, TUI_ACTION_OPEN_ALL, 4, keys, sizeof keys), "");
	keymap_clear(&map);
}

static void test_parse__refuses_with_the_reason_and_changes_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{"revert = s", "'snapshot'"},
		{"revert = s", "'revert'"},
		{"revert = s", "key s"},
		{"theme = F8\nno-such-action = F9", "line 2"},
		{"revert = NoSuchKey", "'NoSuchKey'"},
		{"theme = F8\n\nrevert", "line 3"},
		{"revert = F8 F8", "key F8"},
	};
	struct keymap map = defaults();
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct hv_error err = {0};
		assert_int_equal(keymap_parse(&map, cases[i].text, &err), HV_ERR_INVALID);
		assert_non_null(strstr(err.text, cases[i].reason));
		assert_int_equal(find(&map, TUI_PLACE_TREE, "F8"), TUI_ACTION_COUNT);
		assert_int_equal(find(&map, TUI_PLACE_TREE, "r"), TUI_ACTION_REVERT);
	}
	keymap_clear(&map);
}

static void test_parse__the_same_key_may_do_two_things_in_two_views(void **state)
{
	(void)state;
	struct keymap map = defaults();
	assert_int_equal(find(&map, TUI_PLACE_TREE, "c"), TUI_ACTION_RETRY);
	assert_int_equal(find(&map, TUI_PLACE_JOBS, "c"), TUI_ACTION_CANCEL_JOB);
	assert_int_equal(find(&map, TUI_PLACE_MESSAGES, "c"), TUI_ACTION_COUNT);
	keymap_clear(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table__every_action_has_name_help_and_key),
		cmocka_unit_test(test_defaults__pass_the_users_parser_and_no_key_is_bound_twice),
		cmocka_unit_test(test_defaults__keys_that_destroyed_things_elsewhere_do_nothing),
		cmocka_unit_test(test_defaults__a_change_has_its_key_in_one_place_only),
		cmocka_unit_test(test_parse__a_line_replaces_the_keys_of_its_action),
		cmocka_unit_test(test_parse__refuses_with_the_reason_and_changes_nothing),
		cmocka_unit_test(test_parse__the_same_key_may_do_two_things_in_two_views),
	};
	return cmocka_run_group_tests_name("tui/keymap", tests, NULL, NULL);
}
