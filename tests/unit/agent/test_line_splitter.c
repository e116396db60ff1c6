#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "backend/agent/back_off.h"
#include "backend/agent/line_splitter.h"
#include "backend/agent/noise_gate.h"
#include "backend/base/attributes.h"

#include <stdlib.h>

/* Feed `input` in pieces of `step` bytes; every line as "<line>", a dropped one as "!". */
static void split(const char *input, size_t length, size_t limit, size_t step, struct hv_text *out)
{
	struct line_splitter splitter;
	line_splitter_init(&splitter, limit);
	for (size_t i = 0; i < length; i += step) {
		const char *line;
		size_t line_length;
		enum line_result result;
		line_splitter_feed(&splitter, input + i, length - i < step ? length - i : step);
		while ((result = line_splitter_next(&splitter, &line, &line_length)) != LINE_NONE) {
			if (result == LINE_TOO_LONG) {
				hv_text_puts(out, "!");
				continue;
			}
			hv_text_puts(out, "<");
			hv_text_append(out, line, line_length);
			hv_text_puts(out, ">");
		}
	}
	size_t rest_length;
	const char *rest = line_splitter_rest(&splitter, &rest_length);
	hv_text_append(out, rest, rest_length);
	line_splitter_clear(&splitter);
}

static void test_line_splitter__gives_the_same_lines_whatever_the_pieces(void **state)
{
	static const struct {
		const char *input;
		const char *lines;
	} cases[] = {
		{"", ""},
		{"a", "a"},
		{"a\n", "<a>"},
		{"a\nb\nc", "<a><b>c"},
		{"\n\n", "<><>"},
		{"a\r\nb\r\r\nc\rd\n", "<a><b\r><c\rd>"},
		{"\xEF\xBB\xBFx\n\xEF\xBB\xBFy\n", "<x><\xEF\xBB\xBFy>"},
		{"\xEF\xBB\n", "<\xEF\xBB>"},
		{"123456789\nok\n", "!<ok>"},
		{"12345678\nok\n", "<12345678><ok>"},
		{"1234567890123456789012345678901234567890\nok\n123456789", "!<ok>!"},
		{"123456789\n123456789\na", "!!a"},
	};
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		for (size_t step = 1; step < 12; step++) {
			struct hv_text out = HV_TEXT_INIT;
			split(cases[i].input, strlen(cases[i].input), 8, step, &out);
			assert_string_equal(hv_text_get(&out), cases[i].lines);
			hv_text_clear(&out);
		}
	}
}

static void test_line_splitter__keeps_no_more_than_a_line_and_a_piece(void **state)
{
	struct line_splitter splitter;
	const char *line;
	size_t length;
	char piece[1000];
	int dropped = 0;
	(void)state;
	memset(piece, 'x', sizeof piece);
	line_splitter_init(&splitter, 10000);
	for (int i = 0; i < 100000; i++) {
		line_splitter_feed(&splitter, piece, sizeof piece);
		dropped += line_splitter_next(&splitter, &line, &length) == LINE_TOO_LONG;
		assert_true(splitter.buffer.capacity <= 32768);
	}
	assert_int_equal(dropped, 1); /* told once, not once a piece */
	line_splitter_clear(&splitter);
}

static void test_back_off__doubles_to_a_minute_with_jitter_from_the_seed(void **state)
{
	struct back_off back_off;
	struct back_off twin;
	(void)state;
	static const int64_t seconds[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
	back_off_init(&back_off, HV_SECOND_US, 7);
	back_off_init(&twin, HV_SECOND_US, 7);
	for (size_t i = 0; i < HV_ARRAY_LEN(seconds); i++) {
		int64_t wait = back_off_next_us(&back_off, false);
		assert_true(wait <= seconds[i] * HV_SECOND_US);
		assert_true(wait >= seconds[i] * HV_SECOND_US * 3 / 4);
		assert_int_equal(wait, back_off_next_us(&twin, false));
	}
	back_off_reset(&back_off);
	assert_true(back_off_next_us(&back_off, false) <= HV_SECOND_US);
	assert_true(back_off_next_us(&back_off, true) >= 45 * HV_SECOND_US);
	back_off_init(&twin, HV_SECOND_US, 8);
	back_off_init(&back_off, HV_SECOND_US, 9);
	assert_int_not_equal(back_off_next_us(&back_off, false), back_off_next_us(&twin, false));
}

static void test_noise_gate__makes_text_printable_short_and_rare(void **state)
{
	struct noise_gate gate = {0};
	char big[2000];
	(void)state;
	char *text = noise_gate_pass(&gate, 0, "a\x1b[2J\xff", 6);
	assert_string_equal(text, "a\xEF\xBF\xBD[2J\xEF\xBF\xBD");
	free(text);
	memset(big, 'b', sizeof big);
	text = noise_gate_pass(&gate, 0, big, sizeof big);
	assert_int_equal(strlen(text), NOISE_TEXT_MAX + strlen("... (2000 bytes)"));
	free(text);
	int told = 2;
	for (int i = 0; i < 1000; i++) {
		text = noise_gate_pass(&gate, i * 500, "x", 1);
		told += text != NULL;
		free(text);
	}
	assert_int_equal(told, NOISE_LINES_A_SECOND);
	text = noise_gate_pass(&gate, HV_SECOND_US, "y", 1);
	assert_string_equal(text, "y (982 lines before this one were dropped)");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line_splitter__gives_the_same_lines_whatever_the_pieces),
		cmocka_unit_test(test_line_splitter__keeps_no_more_than_a_line_and_a_piece),
		cmocka_unit_test(test_back_off__doubles_to_a_minute_with_jitter_from_the_seed),
		cmocka_unit_test(test_noise_gate__makes_text_printable_short_and_rare),
	};
	return cmocka_run_group_tests_name("agent/line_splitter", tests, NULL, NULL);
}
