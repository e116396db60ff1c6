#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tui/batch/arguments.h"

#define PARSE(arguments, error, ...)                                                                       \
	parse((arguments), (error), (const char *const[]){"hvtree", __VA_ARGS__, NULL})

static enum hv_status parse(struct arguments *arguments, struct hv_error *error, const char *const *words)
{
	int count = 0;
	while (words[count]) {
		count++;
	}
	return arguments_parse(count, (char *const *)(uintptr_t)words, arguments, error);
}

static void test_options_stand_anywhere_and_take_their_value_in_both_ways__U6(void **state)
{
	struct arguments arguments;
	struct hv_error error;
	(void)state;
	assert_int_equal(PARSE(&arguments, &error, "--store", "/tmp/x.db", "snapshot", "--json", "create", "web-01",
				 "--name=before patch", "--memory", "--description", "--not an option"),
		HV_OK);
	assert_string_equal(arguments.command->words, "snapshot create");
	assert_int_equal(arguments.operand_count, 1);
	assert_string_equal(arguments.operands[0], "web-01");
	assert_string_equal(arguments.text[OPTION_STORE], "/tmp/x.db");
	assert_string_equal(arguments.text[OPTION_NAME], "before patch");
	assert_string_equal(arguments.text[OPTION_DESCRIPTION], "--not an option");
	assert_true(arguments.given[OPTION_JSON]);
	assert_true(arguments.given[OPTION_MEMORY]);
	assert_false(arguments.given[OPTION_QUIESCE]);
	arguments_clear(&arguments);
}

static void test_two_dashes_end_the_options_so_that_a_vm_may_be_called_like_one__U6(void **state)
{
	struct arguments arguments;
	struct hv_error error;
	(void)state;
	assert_int_equal(PARSE(&arguments, &error, "vm", "show", "--", "--all"), HV_OK);
	assert_string_equal(arguments.operands[0], "--all");
	assert_false(arguments.given[OPTION_ALL]);
	arguments_clear(&arguments);
	assert_int_equal(PARSE(&arguments, &error, "vm", "show", "-"), HV_OK);
	assert_string_equal(arguments.operands[0], "-");
	arguments_clear(&arguments);
}

static void test_demo_never_swallows_the_word_after_it__U7(void **state)
{
	struct arguments arguments;
	struct hv_error error;
	(void)state;
	assert_int_equal(PARSE(&arguments, &error, "--demo", "tree", "box"), HV_OK);
	assert_string_equal(arguments.command->words, "tree");
	assert_true(arguments.given[OPTION_DEMO]);
	assert_null(arguments.text[OPTION_DEMO]);
	arguments_clear(&arguments);
	assert_int_equal(PARSE(&arguments, &error, "tree", "--demo=/tmp/d"), HV_OK);
	assert_string_equal(arguments.text[OPTION_DEMO], "/tmp/d");
	arguments_clear(&arguments);
	assert_int_equal(PARSE(&arguments, &error, "tree", "--demo="), HV_ERR_INVALID);
	arguments_clear(&arguments);
}

static void test_values_are_read_by_their_type__L1(void **state)
{
	struct arguments arguments;
	struct hv_error error;
	(void)state;
	assert_int_equal(PARSE(&arguments, &error, "snapshot", "list", "--older-than", "30d", "--state", "ready", "--type",
				 "DiskAndMemory", "--page=2", "--page-size", "50", "--id",
				 "11111111-2222-3333-4444-555555555555", "--id={AAAAAAAA-2222-3333-4444-555555555555}"),
		HV_OK);
	assert_int_equal(arguments.number[OPTION_OLDER_THAN], INT64_C(30) * 86400 * 1000000);
	assert_int_equal(arguments.number[OPTION_STATE], SNAPSHOT_READY);
	assert_int_equal(arguments.number[OPTION_TYPE], SNAPSHOT_DISK_AND_MEMORY);
	assert_int_equal(arguments.number[OPTION_PAGE], 2);
	assert_int_equal(arguments.number[OPTION_PAGE_SIZE], 50);
	assert_int_equal(arguments.id_count, 2);
	assert_int_equal(arguments.ids[1].bytes[0], 0xAA);
	arguments_clear(&arguments);
}

/* A line that is refused, and what its sentence must hold. */
struct refused {
	const char *words[8];
	const char *says;
};

static void test_what_is_not_understood_is_named_with_the_nearest_that_is__U6(void **state)
{
	static const struct refused table[] = {
		{{"hvtree", "snaphot", "list"}, "unknown command 'snaphot'; did you mean 'snapshot'?"},
		{{"hvtree", "snapshot", "craete", "x"}, "did you mean 'snapshot create'?"},
		{{"hvtree", "snapshot"}, "'snapshot' needs a second word: list, show, create, revert, undo, delete, edit"},
		{{"hvtree", "capabilities"}, "'capabilities' needs a second word: list, set"},
		{{"hvtree", "frobnicate"}, "unknown command 'frobnicate'"},
		{{"hvtree", "tree", "--jsn"}, "unknown option --jsn; did you mean --json?"},
		{{"hvtree", "snapshot", "create", "x", "--mem"}, "did you mean --memory?"},
		{{"hvtree", "tree", "-z"}, "unknown option -z"},
		{{"hvtree", "vm", "list", "--memory"}, "'vm list' does not take --memory"},
		{{"hvtree", "snapshot", "revert", "x"}, "'snapshot revert' needs VM SNAPSHOT"},
		{{"hvtree", "vm", "show", "x", "y"}, "'y' is one word too many for 'vm show'"},
		{{"hvtree", "snapshot", "create", "x", "--name"}, "--name needs a value: NAME"},
		{{"hvtree", "tree", "--json=yes"}, "--json takes no value"},
		{{"hvtree", "snapshot", "list", "--page", "0"}, "'0' is not right for --page"},
		{{"hvtree", "snapshot", "list", "--page", "99999999999999999999"}, "is not right for --page"},
		{{"hvtree", "snapshot", "list", "--state", "Sleeping"}, "'Sleeping' is not right for --state"},
		{{"hvtree", "snapshot", "list", "--type", "Tape"}, "'Tape' is not right for --type"},
		{{"hvtree", "snapshot", "list", "--id", "7"}, "'7' is not right for --id"},
		{{"hvtree", "snapshot", "list", "--older-than", "soon"}, "'soon' is not right for --older-than"},
		{{"hvtree", "vm", "show", "\xFF\xFE"}, "argument 3 is not valid UTF-8"},
		{{"hvtree", "vm", "\x1b[31mred"}, "unknown command 'vm \xEF\xBF\xBD[31mred'"},
		{{"hvtree", "tree", "--store", ""}, "--store needs a value"},
	};
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(table); i++) {
		struct arguments arguments;
		struct hv_error error;
		assert_int_equal(parse(&arguments, &error, table[i].words), HV_ERR_INVALID);
		if (!strstr(error.text, table[i].says)) {
			fail_msg("'%s' does not say '%s'", error.text, table[i].says);
		}
		arguments_clear(&arguments);
	}
}

static void test_a_wrong_line_is_still_known_to_want_json__U6(void **state)
{
	struct arguments arguments;
	struct hv_error error;
	(void)state;
	assert_int_equal(PARSE(&arguments, &error, "tree", "--bogus", "--json"), HV_ERR_INVALID);
	assert_true(arguments.given[OPTION_JSON]);
	arguments_clear(&arguments);
}

static void test_options_of_the_same_name_take_a_value_in_the_same_way(void **state)
{
	(void)state;
	for (int i = 0; i < OPTION_COUNT; i++) {
		for (int k = 0; k < i; k++) {
			const struct option_row *a = option_row((enum option_id)i), *b = option_row((enum option_id)k);
			bool same_letter = a->short_name && a->short_name == b->short_name;
			assert_false(same_letter);
			if (strcmp(a->name, b->name) == 0) {
				assert_int_equal(a->argument == NULL, b->argument == NULL);
				assert_int_equal(a->type == OPTION_TYPE_FOLDER, b->type == OPTION_TYPE_FOLDER);
			}
		}
	}
}

/* Any line of words from the tables, in any order, ends in a command or a sentence; run under the sanitizers. */
static void test_no_line_of_odd_words_confuses_it__U6(void **state)
{
	static const char *const words[] = {"snapshot", "list", "create", "vm", "tree", "--json", "--name", "--id", "-y",
		"--", "-", "--demo", "--page=1", "-", "", "--=", "-=", "--name=", "\xC3", "help", "-kx", "--state"};
	uint32_t seed = 12345;
	(void)state;
	for (int round = 0; round < 20000; round++) {
		const char *argv[8] = {"hvtree"};
		struct arguments arguments;
		struct hv_error error = {0};
		seed = seed * 1664525u + 1013904223u;
		size_t count = 1 + (seed >> 8) % 6;
		for (size_t i = 1; i <= count; i++) {
			seed = seed * 1664525u + 1013904223u;
			argv[i] = words[(seed >> 8) % HV_ARRAY_LEN(words)];
		}
		argv[count + 1] = NULL;
		enum hv_status status = parse(&arguments, &error, argv);
		assert_true(status == HV_OK || (status == HV_ERR_INVALID && error.text[0] != '\0'));
		arguments_clear(&arguments);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_stand_anywhere_and_take_their_value_in_both_ways__U6),
		cmocka_unit_test(test_two_dashes_end_the_options_so_that_a_vm_may_be_called_like_one__U6),
		cmocka_unit_test(test_demo_never_swallows_the_word_after_it__U7),
		cmocka_unit_test(test_values_are_read_by_their_type__L1),
		cmocka_unit_test(test_what_is_not_understood_is_named_with_the_nearest_that_is__U6),
		cmocka_unit_test(test_a_wrong_line_is_still_known_to_want_json__U6),
		cmocka_unit_test(test_options_of_the_same_name_take_a_value_in_the_same_way),
		cmocka_unit_test(test_no_line_of_odd_words_confuses_it__U6),
	};
	return cmocka_run_group_tests_name("batch/arguments", tests, NULL, NULL) ? 1 : 0;
}
