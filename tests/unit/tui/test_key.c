/* Keys and their spelling in the user's syntax. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/base/attributes.h"
#include "tui/input/key.h"

static void test_key__every_spelling_is_read_and_written_back(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		struct key key;
	} cases[] = {
		{"j", {KEY_CODE_CHARACTER, 'j'}}, {"G", {KEY_CODE_CHARACTER, 'G'}}, {"F", {KEY_CODE_CHARACTER, 'F'}},
		{"^", {KEY_CODE_CHARACTER, '^'}}, {"?", {KEY_CODE_CHARACTER, '?'}}, {"é", {KEY_CODE_CHARACTER, 0xE9}},
		{"日", {KEY_CODE_CHARACTER, 0x65E5}}, {"Space", {KEY_CODE_CHARACTER, ' '}},
		{"^F", {KEY_CODE_CONTROL, 'f'}}, {"^Z", {KEY_CODE_CONTROL, 'z'}}, {"^J", {KEY_CODE_CONTROL, 'j'}},
		{"Enter", {KEY_CODE_ENTER, 0}}, {"Escape", {KEY_CODE_ESCAPE, 0}}, {"Tab", {KEY_CODE_TAB, 0}},
		{"Backtab", {KEY_CODE_BACKTAB, 0}}, {"Backspace", {KEY_CODE_BACKSPACE, 0}},
		{"Delete", {KEY_CODE_DELETE, 0}}, {"Up", {KEY_CODE_UP, 0}}, {"Down", {KEY_CODE_DOWN, 0}},
		{"Left", {KEY_CODE_LEFT, 0}}, {"Right", {KEY_CODE_RIGHT, 0}}, {"Home", {KEY_CODE_HOME, 0}},
		{"End", {KEY_CODE_END, 0}}, {"PageUp", {KEY_CODE_PAGE_UP, 0}}, {"PageDown", {KEY_CODE_PAGE_DOWN, 0}},
		{"F1", {KEY_CODE_FUNCTION, 1}}, {"F12", {KEY_CODE_FUNCTION, 12}}, {"Paste", {KEY_CODE_PASTE, 0}},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct key key = {KEY_CODE_NONE, 0};
		char text[16];
		assert_true(key_parse(cases[i].text, &key));
		assert_int_equal(key.code, cases[i].key.code);
		assert_int_equal(key.character, cases[i].key.character);
		assert_string_equal(key_format(key, text), cases[i].text);
	}
}

static void test_key__spellings_that_a_terminal_cannot_tell_apart_are_one_key(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {{"^M", "Enter"}, {"^I", "Tab"}, {"^H", "Backspace"}, {"^f", "^F"},
		{"pageup", "PageUp"}, {"f5", "F5"}};
	for (size_t i = 0; i < HV_ARRAY_LEN(pairs); i++) {
		struct key a, b;
		assert_true(key_parse(pairs[i][0], &a));
		assert_true(key_parse(pairs[i][1], &b));
		assert_true(key_equal(a, b));
	}
	assert_false(key_equal((struct key){KEY_CODE_CHARACTER, 'a'}, (struct key){KEY_CODE_CONTROL, 'a'}));
	assert_false(key_equal((struct key){KEY_CODE_CHARACTER, 'a'}, (struct key){KEY_CODE_CHARACTER, 'A'}));
	assert_true(key_equal((struct key){KEY_CODE_UP, 1}, (struct key){KEY_CODE_UP, 2}));
}

static void test_key__nonsense_is_refused_and_the_key_untouched(void **state)
{
	(void)state;
	static const char *const cases[] = {"", "jj", "^1", "^FF", "F0", "F64", "F5x", "Upp", "\033", "\x01", "\x7F",
		"\xFF", "\xC2\x9B", "\xCC\x81", "\xE6\x97", "F99999999999999999999"};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct key key = {KEY_CODE_END, 7};
		assert_false(key_parse(cases[i], &key));
		assert_int_equal(key.code, KEY_CODE_END);
		assert_int_equal(key.character, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key__every_spelling_is_read_and_written_back),
		cmocka_unit_test(test_key__spellings_that_a_terminal_cannot_tell_apart_are_one_key),
		cmocka_unit_test(test_key__nonsense_is_refused_and_the_key_untouched),
	};
	return cmocka_run_group_tests_name("tui/key", tests, NULL, NULL) ? 1 : 0;
}
