/* The line that is typed: whole characters, printable only, within its limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "tui/state/border.h"
#include "tui/state/text_field.h"

static void press(struct text_field *field, enum key_code code)
{
	assert_true(text_field_key(field, (struct key){code, 0}, NULL));
}

static void type(struct text_field *field, uint32_t character)
{
	assert_true(text_field_key(field, (struct key){KEY_CODE_CHARACTER, character}, NULL));
}

static void test_field__inserts_and_deletes_whole_characters(void **state)
{
	(void)state;
	struct text_field field;
	text_field_init(&field, 20, "ab");
	type(&field, 0xE9);
	type(&field, 0x4EEE);
	type(&field, 0x1F600);
	assert_string_equal(text_field_get(&field), "ab\xC3\xA9\xE4\xBB\xAE\xF0\x9F\x98\x80");
	press(&field, KEY_CODE_BACKSPACE);
	press(&field, KEY_CODE_LEFT);
	press(&field, KEY_CODE_LEFT);
	press(&field, KEY_CODE_DELETE);
	assert_string_equal(text_field_get(&field), "ab\xE4\xBB\xAE");
	press(&field, KEY_CODE_HOME);
	press(&field, KEY_CODE_BACKSPACE);
	type(&field, 'x');
	press(&field, KEY_CODE_END);
	press(&field, KEY_CODE_DELETE);
	type(&field, 'y');
	assert_string_equal(text_field_get(&field), "xab\xE4\xBB\xAEy");
	text_field_clear(&field);
}

static void control(struct text_field *field, char letter)
{
	assert_true(text_field_key(field, (struct key){KEY_CODE_CONTROL, (uint32_t)letter}, NULL));
}

static void test_field__knows_the_control_letters_of_a_shell(void **state)
{
	(void)state;
	struct text_field field;
	text_field_init(&field, 40, "before the patch");
	control(&field, 'w');
	assert_string_equal(text_field_get(&field), "before the ");
	control(&field, 'w');
	assert_string_equal(text_field_get(&field), "before ");
	control(&field, 'a');
	type(&field, 'x');
	control(&field, 'k');
	assert_string_equal(text_field_get(&field), "x");
	control(&field, 'e');
	control(&field, 'u');
	assert_string_equal(text_field_get(&field), "");
	control(&field, 'w');
	assert_false(text_field_key(&field, (struct key){KEY_CODE_CONTROL, 'l'}, NULL));
	text_field_clear(&field);
}

static void test_field__a_combining_mark_goes_with_its_character(void **state)
{
	(void)state;
	struct text_field field;
	text_field_init(&field, 20, "a");
	type(&field, 'e');
	type(&field, 0x301);
	assert_string_equal(text_field_get(&field), "ae\xCC\x81");
	press(&field, KEY_CODE_LEFT);
	assert_int_equal(field.cursor, 1);
	press(&field, KEY_CODE_RIGHT);
	press(&field, KEY_CODE_BACKSPACE);
	assert_string_equal(text_field_get(&field), "a");
	press(&field, KEY_CODE_HOME);
	type(&field, 0x301); /* nothing to join */
	assert_string_equal(text_field_get(&field), "a");
	text_field_clear(&field);
}

static void test_field__counts_characters_not_bytes__T5(void **state)
{
	(void)state;
	struct text_field field;
	text_field_init(&field, 3, "");
	assert_false(text_field_insert(&field, "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"));
	assert_string_equal(text_field_get(&field), "\xC3\xA9\xC3\xA9\xC3\xA9");
	type(&field, 'x');
	assert_int_equal(strlen(text_field_get(&field)), 6);
	text_field_clear(&field);
}

static void test_field__takes_no_control_characters_from_a_paste(void **state)
{
	(void)state;
	struct text_field field;
	text_field_init(&field, 100, "");
	assert_true(text_field_key(&field, (struct key){KEY_CODE_PASTE, 0},
		"one\ntwo\tthree\x1B[31m\x07\xE2\x80\xAE\xFFzz\x7F"));
	assert_string_equal(text_field_get(&field), "one two three[31mzz");
	assert_true(hv_utf8_is_valid(text_field_get(&field), strlen(text_field_get(&field))));
	text_field_clear(&field);
}

static void test_field__stays_valid_under_random_keys(void **state)
{
	(void)state;
	static const uint32_t characters[] = {'a', ' ', 0xE9, 0x301, 0x4EEE, 0x1F600, 0xD800, 0x202E, 0x110000, 0};
	static const enum key_code codes[] = {KEY_CODE_LEFT, KEY_CODE_RIGHT, KEY_CODE_HOME, KEY_CODE_END,
		KEY_CODE_BACKSPACE, KEY_CODE_DELETE};
	struct text_field field;
	text_field_init(&field, 12, "");
	unsigned seed = 4711;
	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245u + 12345u;
		unsigned pick = seed >> 16;
		if (pick % 3) {
			type(&field, characters[pick / 3 % HV_ARRAY_LEN(characters)]);
		} else {
			press(&field, codes[pick / 3 % HV_ARRAY_LEN(codes)]);
		}
		const char *text = text_field_get(&field);
		assert_true(hv_utf8_is_valid(text, strlen(text)));
		assert_true(hv_utf8_length(text) <= 12);
		assert_true(field.cursor <= strlen(text));
		assert_int_not_equal((unsigned char)text[field.cursor] & 0xC0, 0x80);
	}
	text_field_clear(&field);
}

static void test_border__keeps_a_clean_value_and_copies_an_unclean_one(void **state)
{
	(void)state;
	struct hv_vm value = {.name = "web-01", .account = "ops", .domain = "ROOT"};
	const struct hv_vm *clean = hv_vm_new(&value);
	const struct hv_vm *same = border_vm(clean);
	assert_ptr_equal(same, clean);
	value.name = "web\033[2J";
	const struct hv_vm *hostile = hv_vm_new(&value);
	const struct hv_vm *made = border_vm(hostile);
	assert_ptr_not_equal(made, hostile);
	assert_string_equal(made->name, "web\xEF\xBF\xBD[2J");
	hv_vm_unref(clean);
	hv_vm_unref(same);
	hv_vm_unref(hostile);
	hv_vm_unref(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_field__inserts_and_deletes_whole_characters),
		cmocka_unit_test(test_field__knows_the_control_letters_of_a_shell),
		cmocka_unit_test(test_field__a_combining_mark_goes_with_its_character),
		cmocka_unit_test(test_field__counts_characters_not_bytes__T5),
		cmocka_unit_test(test_field__takes_no_control_characters_from_a_paste),
		cmocka_unit_test(test_field__stays_valid_under_random_keys),
		cmocka_unit_test(test_border__keeps_a_clean_value_and_copies_an_unclean_one),
	};
	return cmocka_run_group_tests_name("tui/text_field", tests, NULL, NULL);
}
