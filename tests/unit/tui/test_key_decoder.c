/* Bytes to keys: every form that terminals send, cut anywhere, and nothing unknown that turns into commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "backend/base/text.h"
#include "tui/input/key_decoder.h"

/* All keys that come out, by blanks; a paste as "Paste(text)". */
static void take_keys(struct key_decoder *decoder, struct hv_text *out)
{
	struct key key;
	const char *paste;
	char text[16];
	while (key_decoder_next(decoder, &key, &paste)) {
		hv_text_printf(out, "%s%s", out->length ? " " : "", key_format(key, text));
		assert_int_equal(paste != NULL, key.code == KEY_CODE_PASTE);
		if (paste != NULL) {
			hv_text_printf(out, "(%s)", paste);
		}
	}
}

/* Feed `bytes` in two parts, cut at `cut`. */
static void assert_decodes(const char *bytes, size_t length, size_t cut, const char *expected)
{
	struct key_decoder *decoder = key_decoder_new();
	struct hv_text keys = HV_TEXT_INIT;
	key_decoder_define(decoder, "\033[1~", (struct key){KEY_CODE_HOME, 0});
	key_decoder_define(decoder, "\033Q", (struct key){KEY_CODE_FUNCTION, 9});
	key_decoder_feed(decoder, bytes, cut);
	take_keys(decoder, &keys);
	key_decoder_feed(decoder, bytes + cut, length - cut);
	take_keys(decoder, &keys);
	key_decoder_expire(decoder);
	take_keys(decoder, &keys);
	assert_false(key_decoder_is_waiting(decoder));
	assert_string_equal(hv_text_get(&keys), expected);
	hv_text_clear(&keys);
	key_decoder_free(decoder);
}

static void test_key_decoder__reads_every_form_wherever_the_bytes_are_cut(void **state)
{
	(void)state;
	static const struct {
		const char *bytes, *keys;
	} cases[] = {
		{"jk", "j k"}, {"\033[A\033[B\033[C\033[D", "Up Down Right Left"}, {"\033OA\033OB", "Up Down"},
		{"\033[H\033[F\033OH\033[1~\033[4~\033[7~\033[8~", "Home End Home Home End Home End"},
		{"\033[5~\033[6~\033[3~", "PageUp PageDown Delete"}, {"\033[Z\t", "Backtab Tab"},
		{"\033OP\033OS\033[11~\033[[A\033[[E\033[15~\033[24~", "F1 F4 F1 F1 F5 F5 F12"},
		{"\r\x7F\b\x06\x1a\n", "Enter Backspace Backspace ^F ^Z ^J"}, {"é日", "é 日"}, {" ", "Space"},
		{"\033", "Escape"}, {"\033\033[A", "Escape Up"}, {"\033q", "Escape q"}, {"\033Q", "F9"},
		{"\033[1;2A", "Up"}, {"\033OM\033Op\033Ok", "Enter 0 +"},
		{"a\033[200~rm -rf /\r\033[A\033[201~b", "a Paste(rm -rf /\r\033[A) b"},
		{"\033[200~\033[201~", "Paste()"},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		for (size_t cut = 0; cut <= strlen(cases[i].bytes); cut++) {
			assert_decodes(cases[i].bytes, strlen(cases[i].bytes), cut, cases[i].keys);
		}
	}
}

static void test_key_decoder__swallows_what_it_does_not_know_whole(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"\033[13;5u", "\033[1;5A", "\033[<0;10;20m", "\033[<35;10;20M", "\033[<2;1;1M", "\033[<0;0;1M", "\033[<0;1M", "\033[M#!!", "\033[?1;2c", "\033[12;40R", "\033[2~", "\033[99~",
		"\033]11;rgb:0000/0000\a", "\033]10;rgb:dd/dd/dd\033\\", "\033P1$r0m\033\\", "\033[I", "\033[O",
		"\033[>0;276;0c", "\033[27;5;13~", "\033O!", "\xFF\xFE", "\xC2\x9B", "\033[?2026;2$y", "\x1c\x1d\x1e\x1f",
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		char bytes[100];
		snprintf(bytes, sizeof bytes, "a%sz", cases[i]);
		for (size_t cut = 0; cut <= strlen(bytes); cut++) {
			assert_decodes(bytes, strlen(bytes), cut, "a z");
		}
	}
}

static void assert_one(const char *bytes, enum key_code code, uint32_t character)
{
	for (size_t cut = 0; cut <= strlen(bytes); cut++) {
		struct key_decoder *decoder = key_decoder_new();
		struct key key;
		const char *paste;
		key_decoder_feed(decoder, bytes, cut);
		bool early = key_decoder_next(decoder, &key, &paste);
		assert_int_equal(early, cut == strlen(bytes));
		if (!early) {
			key_decoder_feed(decoder, bytes + cut, strlen(bytes) - cut);
			assert_true(key_decoder_next(decoder, &key, &paste));
		}
		assert_int_equal(key.code, code);
		assert_int_equal(key.character, character);
		assert_false(key_decoder_next(decoder, &key, &paste));
		key_decoder_free(decoder);
	}
}

static void test_key_decoder__reads_clicks_and_the_wheel_in_both_forms__U5(void **state)
{
	(void)state;
	assert_one("\033[<0;10;20M", KEY_CODE_CLICK, KEY_PLACE(9, 19));
	assert_one("\033[<0;300;1M", KEY_CODE_CLICK, KEY_PLACE(299, 0));
	assert_one("\033[<64;1;2M", KEY_CODE_WHEEL_UP, KEY_PLACE(0, 1));
	assert_one("\033[<65;1;2M", KEY_CODE_WHEEL_DOWN, KEY_PLACE(0, 1));
	assert_one("\033[M *+", KEY_CODE_CLICK, KEY_PLACE(9, 10));
	assert_one("\033[M`!!", KEY_CODE_WHEEL_UP, KEY_PLACE(0, 0));
}

static void test_key_decoder__reads_the_background_of_the_terminal_in_every_precision__U5(void **state)
{
	(void)state;
	assert_one("\033]11;rgb:ffff/8080/0000\033\\", KEY_CODE_BACKGROUND, 0xFF8000);
	assert_one("\033]11;rgb:ff/80/00\a", KEY_CODE_BACKGROUND, 0xFF8000);
	assert_one("\033]11;rgb:f/0/f\a", KEY_CODE_BACKGROUND, 0xFF00FF);
	assert_one("\033]11;rgba:ffff/ffff/ffff/8000\a", KEY_CODE_BACKGROUND, 0xFFFFFF);
}

static void test_key_decoder__an_answer_that_was_asked_for_is_never_taken_for_keys_however_slow_the_link(void **state)
{
	(void)state;
	static const char answer[] = "\033]11;rgb:dddd/dddd/dddd\033\\";
	struct key_decoder *decoder = key_decoder_new();
	struct key key;
	const char *paste;
	key_decoder_expect_reply(decoder, true);
	for (size_t i = 0; i + 1 < strlen(answer); i++) {
		key_decoder_feed(decoder, &answer[i], 1);
		if (i > 0 && key_decoder_is_waiting(decoder)) {
			fail_msg("byte %zu of an answer is waited for as a key", i);
		}
		if (i > 0) {
			key_decoder_expire(decoder);
		}
		assert_false(key_decoder_next(decoder, &key, &paste));
	}
	key_decoder_feed(decoder, "\\", 1);
	assert_true(key_decoder_next(decoder, &key, &paste));
	assert_int_equal(key.code, KEY_CODE_BACKGROUND);
	assert_int_equal(key.character, 0xDDDDDD);
	/* and one that never ends is let go when its time is over */
	key_decoder_feed(decoder, "\033]11;rgb", 8);
	assert_false(key_decoder_next(decoder, &key, &paste));
	key_decoder_expect_reply(decoder, false);
	assert_true(key_decoder_is_waiting(decoder));
	key_decoder_expire(decoder);
	assert_false(key_decoder_next(decoder, &key, &paste));
	key_decoder_feed(decoder, "j", 1);
	assert_true(key_decoder_next(decoder, &key, &paste));
	assert_int_equal(key.character, 'j');
	key_decoder_free(decoder);
}

static void test_key_decoder__a_sequence_that_never_ends_does_not_hold_the_keyboard(void **state)
{
	(void)state;
	assert_decodes("\033[12", 4, 4, "");
	assert_decodes("\033]11;rgb", 8, 3, "");
	assert_decodes("\xE6\x97", 2, 1, "");
	assert_decodes("\033[12\033[A", 7, 4, "Up");
	char digits[600] = "\033[";
	memset(digits + 2, '1', 500);
	strcpy(digits + 502, "~");
	struct key_decoder *decoder = key_decoder_new();
	struct hv_text keys = HV_TEXT_INIT;
	key_decoder_feed(decoder, digits, 503);
	take_keys(decoder, &keys);
	assert_false(key_decoder_is_waiting(decoder));
	hv_text_clear(&keys);
	key_decoder_free(decoder);
}

static void test_key_decoder__escape_waits_until_it_is_told_that_nothing_follows(void **state)
{
	(void)state;
	struct key_decoder *decoder = key_decoder_new();
	struct key key;
	const char *paste;
	key_decoder_feed(decoder, "\033", 1);
	assert_false(key_decoder_next(decoder, &key, &paste));
	assert_true(key_decoder_is_waiting(decoder));
	key_decoder_expire(decoder);
	assert_true(key_decoder_next(decoder, &key, &paste));
	assert_int_equal(key.code, KEY_CODE_ESCAPE);
	assert_false(key_decoder_is_waiting(decoder));
	key_decoder_feed(decoder, "\033", 1);
	assert_false(key_decoder_next(decoder, &key, &paste)); /* a new one waits again */
	key_decoder_free(decoder);
}

static void test_key_decoder__a_huge_paste_is_cut_and_the_keys_after_it_live(void **state)
{
	(void)state;
	struct key_decoder *decoder = key_decoder_new();
	struct key key;
	const char *paste;
	char block[1024];
	memset(block, 'x', sizeof block);
	key_decoder_feed(decoder, "\033[200~", 6);
	for (int i = 0; i < 100; i++) {
		key_decoder_feed(decoder, block, sizeof block);
		assert_false(key_decoder_next(decoder, &key, &paste));
		assert_false(key_decoder_is_waiting(decoder));
	}
	key_decoder_feed(decoder, "\0\033[201~q", 8);
	assert_true(key_decoder_next(decoder, &key, &paste));
	assert_int_equal(key.code, KEY_CODE_PASTE);
	assert_int_equal(strlen(paste), KEY_DECODER_PASTE_MAX);
	assert_true(key_decoder_next(decoder, &key, &paste));
	assert_int_equal(key.character, 'q');
	key_decoder_free(decoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_decoder__reads_every_form_wherever_the_bytes_are_cut),
		cmocka_unit_test(test_key_decoder__swallows_what_it_does_not_know_whole),
		cmocka_unit_test(test_key_decoder__reads_clicks_and_the_wheel_in_both_forms__U5),
		cmocka_unit_test(test_key_decoder__reads_the_background_of_the_terminal_in_every_precision__U5),
		cmocka_unit_test(
			test_key_decoder__an_answer_that_was_asked_for_is_never_taken_for_keys_however_slow_the_link),
		cmocka_unit_test(test_key_decoder__a_sequence_that_never_ends_does_not_hold_the_keyboard),
		cmocka_unit_test(test_key_decoder__escape_waits_until_it_is_told_that_nothing_follows),
		cmocka_unit_test(test_key_decoder__a_huge_paste_is_cut_and_the_keys_after_it_live),
	};
	return cmocka_run_group_tests_name("tui/key_decoder", tests, NULL, NULL) ? 1 : 0;
}
