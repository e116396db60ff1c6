#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "backend/base/clock.h"
#include "backend/base/text.h"

static void assert_printable(const char *input, size_t length, const char *expected)
{
	char *printable = hv_text_printable(input, length);
	assert_string_equal(printable, expected);
	free(printable);
}

#define REPLACED "\xEF\xBF\xBD"

static void test_printable__keeps_letters_of_every_script(void **state)
{
	(void)state;
	assert_printable("web-01 Größe 東京", strlen("web-01 Größe 東京"), "web-01 Größe 東京");
	assert_printable("", 0, "");
}

static void test_printable__replaces_what_moves_the_cursor_or_reorders_text(void **state)
{
	(void)state;
	assert_printable("a\tb\r\n\x1b[2J", 9, "a" REPLACED "b" REPLACED REPLACED REPLACED "[2J");
	assert_printable("\x7F", 1, REPLACED);
	assert_printable("\xC2\x9B" "31m", 5, REPLACED "31m");      /* C1 CSI */
	assert_printable("a\xE2\x80\xAE" "b", 5, "a" REPLACED "b"); /* right-to-left override */
	assert_printable("a\xE2\x80\x8B" "b", 5, "a" REPLACED "b"); /* zero width space */
	assert_printable("\xEF\xBB\xBF" "x", 4, REPLACED "x");      /* byte order mark */
}

static void test_printable__replaces_invalid_bytes_one_by_one(void **state)
{
	(void)state;
	assert_printable("\xFF\xFE", 2, REPLACED REPLACED);
	assert_printable("a\xC3", 2, "a" REPLACED);
	assert_printable("\xED\xA0\x80", 3, REPLACED REPLACED REPLACED); /* a surrogate */
	assert_printable("a\0b", 3, "a" REPLACED "b");
}

static void test_printable__limits_combining_marks_and_refuses_a_leading_one(void **state)
{
	(void)state;
	assert_printable("e\xCC\x81\xCC\x82\xCC\x83", 7, "e\xCC\x81\xCC\x82");
	assert_printable("\xCC\x81" "a", 3, "a");
}

static void test_name__accepts_up_to_255_characters_of_utf8__T5(void **state)
{
	(void)state;
	char name[256 * 3 + 1];
	size_t length = 0;
	for (int i = 0; i < 255; i++) {
		memcpy(name + length, "東", 3);
		length += 3;
	}
	name[length] = '\0';
	assert_true(hv_text_is_name(name, 255));
	memcpy(name + length, "x", 2);
	assert_false(hv_text_is_name(name, 255));
	assert_false(hv_text_is_name("", 255));
	assert_false(hv_text_is_name("a\nb", 255));
	assert_false(hv_text_is_name("a\x7F", 255));
	assert_false(hv_text_is_name("\xC2\x85", 255));
	assert_false(hv_text_is_name("\xFF", 255));
}

static void test_same_name__ignores_case_and_composition_but_not_accents__T5(void **state)
{
	(void)state;
	assert_true(hv_text_same_name("Before-Patch", "before-patch"));
	assert_true(hv_text_same_name("Gr\xC3\xB6\xC3\x9F" "e", "GRO\xCC\x88SSE"));
	assert_false(hv_text_same_name("resume", "r\xC3\xA9sum\xC3\xA9"));
	assert_false(hv_text_same_name("a", "a "));
}

static void test_age__reads_well_from_seconds_to_years(void **state)
{
	static const struct {
		int64_t seconds;
		const char *expected;
	} cases[] = {
		{-5, "0s"}, {0, "0s"}, {119, "119s"}, {120, "2m"}, {7199, "119m"}, {7200, "2h"},
		{172799, "47h"}, {172800, "2d"}, {300 * 86400, "300d"},
	};
	char text[16];
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		assert_string_equal(
			hv_format_age(cases[i].seconds * HV_SECOND_US, text), cases[i].expected);
	}
	assert_string_equal(hv_format_age(INT64_MAX, text), "999999d");
}

static void test_bytes__are_short_and_binary(void **state)
{
	static const struct {
		int64_t bytes;
		const char *expected;
	} cases[] = {
		{-1, "0"}, {0, "0"}, {1, "1B"}, {1023, "1023B"}, {1024, "1.0K"}, {1536, "1.5K"},
		{INT64_C(19541600000), "18.1G"}, {INT64_C(734003200), "700M"}, {INT64_MAX, "8191P"},
	};
	char text[16];
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		assert_string_equal(hv_format_bytes(cases[i].bytes, text), cases[i].expected);
	}
}

static void test_time__is_iso_8601_in_utc(void **state)
{
	char text[32];
	(void)state;
	assert_string_equal(hv_format_time(0, text), "1970-01-01T00:00:00Z");
	assert_string_equal(hv_format_time(INT64_C(1786320300) * HV_SECOND_US, text), "2026-08-10T00:05:00Z");
}

static void test_parse_age__takes_units_and_refuses_everything_else(void **state)
{
	static const char *const bad[] = {"", "5", "d", "-1d", "1.5h", "1dd", "9999999d", " 1d", "1 d"};
	int64_t age_us = 7;
	(void)state;
	assert_true(hv_parse_age("90s", &age_us));
	assert_int_equal(age_us, 90 * HV_SECOND_US);
	assert_true(hv_parse_age("2w", &age_us));
	assert_int_equal(age_us, 14 * 86400 * HV_SECOND_US);
	for (size_t i = 0; i < HV_ARRAY_LEN(bad); i++) {
		age_us = 7;
		assert_false(hv_parse_age(bad[i], &age_us));
		assert_int_equal(age_us, 7);
	}
}

static void test_text__grows_and_hands_its_string_over(void **state)
{
	struct hv_text text = HV_TEXT_INIT;
	(void)state;
	assert_string_equal(hv_text_get(&text), "");
	for (int i = 0; i < 100; i++) {
		hv_text_printf(&text, "%d,", i);
	}
	assert_int_equal(text.length, 10 * 2 + 90 * 3);
	char *detached = hv_text_detach(&text);
	assert_int_equal(strlen(detached), 290);
	assert_int_equal(text.length, 0);
	free(detached);
	detached = hv_text_detach(&text);
	assert_string_equal(detached, "");
	free(detached);
}

static void test_parse_bytes__takes_units_of_1024_and_refuses_everything_else(void **state)
{
	(void)state;
	int64_t bytes = 0;
	assert_true(hv_parse_bytes("512M", &bytes));
	assert_int_equal(bytes, INT64_C(512) << 20);
	assert_true(hv_parse_bytes("64T", &bytes));
	assert_int_equal(bytes, INT64_C(64) << 40);
	assert_true(hv_parse_bytes("4096", &bytes));
	assert_int_equal(bytes, 4096);
	static const char *const bad[] = {"", "G", "0", "0G", "-1", "1.5G", "10GB", "10g", "65T", " 1", "1 G",
		"99999999999999999999", "1M\n"};
	for (size_t i = 0; i < HV_ARRAY_LEN(bad); i++) {
		assert_false(hv_parse_bytes(bad[i], &bytes));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_printable__keeps_letters_of_every_script),
		cmocka_unit_test(test_printable__replaces_what_moves_the_cursor_or_reorders_text),
		cmocka_unit_test(test_printable__replaces_invalid_bytes_one_by_one),
		cmocka_unit_test(test_printable__limits_combining_marks_and_refuses_a_leading_one),
		cmocka_unit_test(test_name__accepts_up_to_255_characters_of_utf8__T5),
		cmocka_unit_test(test_same_name__ignores_case_and_composition_but_not_accents__T5),
		cmocka_unit_test(test_age__reads_well_from_seconds_to_years),
		cmocka_unit_test(test_bytes__are_short_and_binary),
		cmocka_unit_test(test_time__is_iso_8601_in_utc),
		cmocka_unit_test(test_parse_bytes__takes_units_of_1024_and_refuses_everything_else),
		cmocka_unit_test(test_parse_age__takes_units_and_refuses_everything_else),
		cmocka_unit_test(test_text__grows_and_hands_its_string_over),
	};
	return cmocka_run_group_tests_name("base/text", tests, NULL, NULL) ? 1 : 0;
}
