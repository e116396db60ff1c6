#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tui/batch/json_writer.h"

struct sheet {
	int fd;
	struct output output;
	struct json_writer json;
};

static struct sheet *sheet_new(void)
{
	struct sheet *sheet = hv_alloc(sizeof *sheet);
	sheet->fd = memfd_create("sheet", MFD_CLOEXEC);
	assert_true(sheet->fd >= 0);
	output_init(&sheet->output, sheet->fd);
	json_writer_init(&sheet->json, &sheet->output);
	return sheet;
}

/* What was written, as text; the sheet is gone afterwards. */
static char *sheet_take(struct sheet *sheet)
{
	assert_int_equal(output_flush(&sheet->output, NULL), HV_OK);
	off_t length = lseek(sheet->fd, 0, SEEK_END);
	char *text = hv_alloc((size_t)length + 1);
	assert_int_equal(pread(sheet->fd, text, (size_t)length, 0), length);
	(void)close(sheet->fd);
	free(sheet);
	return text;
}

/* The string as it comes back from a strict reader. */
static char *round_trip(const char *value, char **ret_raw)
{
	struct sheet *sheet = sheet_new();
	json_error_t problem;
	json_open_array(&sheet->json, NULL);
	json_put_string(&sheet->json, NULL, value);
	json_close_array(&sheet->json);
	char *raw = sheet_take(sheet);
	json_t *root = json_loads(raw, 0, &problem);
	if (!root) {
		fail_msg("not JSON (%s): %s", problem.text, raw);
	}
	char *back = hv_strdup(json_string_value(json_array_get(root, 0)));
	json_decref(root);
	if (ret_raw) {
		*ret_raw = raw;
	} else {
		free(raw);
	}
	return back;
}

static void test_valid_text_comes_back_as_it_was__U6(void **state)
{
	static const char *const texts[] = {"", "plain", "quote \" backslash \\ slash /", "tab\tnewline\nreturn\rbell\a",
		"\x01\x02\x1f\x7f", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x92\xBE", "bidi \xE2\x80\xAE zero \xE2\x80\x8B end",
		"\xC2\x9B" "C1", "\xEF\xBB\xBF" "bom", "\xF4\x8F\xBF\xBF"};
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(texts); i++) {
		char *back = round_trip(texts[i], NULL);
		assert_string_equal(back, texts[i]);
		free(back);
	}
}

static void test_what_a_terminal_would_obey_is_escaped__U6(void **state)
{
	char *raw;
	(void)state;
	free(round_trip("\x1b[2J\x7f\xC2\x9B\xE2\x80\xAE", &raw));
	assert_string_equal(raw, "[\"\\u001b[2J\\u007f\\u009b\\u202e\"]");
	free(raw);
}

static void test_broken_utf8_becomes_replacement_characters_and_never_reads_past_the_end__U6(void **state)
{
	static const char *const texts[] = {"\xFF", "\xC3", "a\xE2\x82", "\xF0\x9F\x92", "\xC0\xAF", "\xED\xA0\x80",
		"\xF4\x90\x80\x80", "\x80\x80", "\xE0\x80\x80", "\xF8\x88\x80\x80\x80"};
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(texts); i++) {
		char *copy = hv_strdup(texts[i]); /* on the heap, so that a sanitizer sees its end */
		char *back = round_trip(copy, NULL);
		assert_non_null(strstr(back, "\xEF\xBF\xBD"));
		free(back);
		free(copy);
	}
}

/* Every pair of bytes, and random longer ones: the reader (jansson checks UTF-8) must accept what is written. */
static void test_no_bytes_make_it_write_what_is_not_json__U6(void **state)
{
	uint32_t seed = 7;
	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[12];
		size_t length = 1 + (size_t)round % 10;
		for (size_t i = 0; i < length; i++) {
			seed = seed * 1664525u + 1013904223u;
			unsigned byte = seed >> 24;
			text[i] = (char)(byte ? byte : 1);
		}
		text[length] = '\0';
		free(round_trip(text, NULL));
	}
}

static void test_commas_stand_between_values_and_nowhere_else__U6(void **state)
{
	struct sheet *sheet = sheet_new();
	struct json_writer *json = &sheet->json;
	struct hv_uuid nil = {{0}}, some = hv_uuid_from_text("x");
	char id[HV_UUID_TEXT_SIZE];
	(void)state;
	json_open_object(json, NULL);
	json_put_integer(json, "count", -3);
	json_open_array(json, "list");
	json_new_line(json);
	json_open_object(json, NULL);
	json_close_object(json);
	json_new_line(json);
	json_open_object(json, NULL);
	json_put_bool(json, "a", true);
	json_put_string(json, "b", NULL);
	json_close_object(json);
	json_close_array(json);
	json_open_array(json, "empty");
	json_close_array(json);
	json_put_uuid(json, "nil", &nil);
	json_put_uuid(json, "id", &some);
	json_put_time(json, "never", 0);
	json_put_time(json, "then", INT64_C(1786320300000000));
	json_put_integer_known(json, "unknown", -1);
	json_close_object(json);
	char *raw = sheet_take(sheet);
	char *expected = hv_sprintf("{\"count\":-3,\"list\":[\n{},\n{\"a\":true,\"b\":null}],\"empty\":[],\"nil\":null,"
				    "\"id\":\"%s\",\"never\":null,\"then\":\"2026-08-10T00:05:00Z\",\"unknown\":null}",
		hv_uuid_format(&some, id));
	assert_string_equal(raw, expected);
	free(expected);
	free(raw);
}

static void test_output_longer_than_the_buffer_arrives_whole__U6(void **state)
{
	struct sheet *sheet = sheet_new();
	(void)state;
	json_open_array(&sheet->json, NULL);
	for (int i = 0; i < 50000; i++) {
		json_put_integer(&sheet->json, NULL, i);
	}
	json_close_array(&sheet->json);
	char *raw = sheet_take(sheet);
	json_t *root = json_loads(raw, 0, NULL);
	assert_int_equal(json_array_size(root), 50000);
	assert_int_equal(json_integer_value(json_array_get(root, 49999)), 49999);
	json_decref(root);
	free(raw);
}

static void test_a_full_disk_is_an_error_and_not_silence__U6(void **state)
{
	struct output *output = hv_alloc(sizeof *output);
	struct hv_error error;
	(void)state;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	output_init(output, fd);
	output_puts(output, "lost");
	assert_int_equal(output_flush(output, &error), HV_ERR_IO);
	assert_non_null(strstr(error.text, "cannot write the output"));
	assert_true(output_failed(output));
	(void)close(fd);
	free(output);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid_text_comes_back_as_it_was__U6),
		cmocka_unit_test(test_what_a_terminal_would_obey_is_escaped__U6),
		cmocka_unit_test(test_broken_utf8_becomes_replacement_characters_and_never_reads_past_the_end__U6),
		cmocka_unit_test(test_no_bytes_make_it_write_what_is_not_json__U6),
		cmocka_unit_test(test_commas_stand_between_values_and_nowhere_else__U6),
		cmocka_unit_test(test_output_longer_than_the_buffer_arrives_whole__U6),
		cmocka_unit_test(test_a_full_disk_is_an_error_and_not_silence__U6),
	};
	return cmocka_run_group_tests_name("batch/json_writer", tests, NULL, NULL) ? 1 : 0;
}
