#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/batch/command_run.h"
#include "tui/batch/command.h"
#include "tui/batch/suggest.h"
#include "backend/backend.h"

static void assert_says(const char *text, const char *what)
{
	if (!strstr(text, what)) {
		fail_msg("'%s' is not in:\n%s", what, text);
	}
}

static void assert_mentions_options(const char *text, const struct command *command)
{
	for (int id = 0; id < OPTION_COUNT; id++) {
		const struct option_row *row = option_row((enum option_id)id);
		if (command_takes(command, (enum option_id)id)) {
			char *name = hv_sprintf("--%s", row->name);
			HV_CLEANUP_FREE char *first = hv_strndup(row->help, strcspn(row->help, " "));
			assert_says(text, name);
			assert_says(text, first);
			free(name);
		}
	}
}

static void test_help_of_every_command_mentions_every_option_and_operand__U6(void **state)
{
	size_t count;
	const struct command *commands = command_table(&count);
	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct command_result result, same;
		char first[32] = "", second[32] = "";
		(void)sscanf(commands[i].words, "%31s %31s", first, second);
		command_run(&result, "help", first, second[0] ? second : NULL, NULL);
		assert_int_equal(result.code, 0);
		assert_string_equal(result.err, "");
		assert_says(result.out, commands[i].words);
		assert_says(result.out, commands[i].operands);
		assert_mentions_options(result.out, &commands[i]);
		if (second[0]) {
			command_run(&same, first, second, "--help", NULL);
		} else {
			command_run(&same, first, "--help", NULL);
		}
		assert_int_equal(same.code, 0);
		assert_string_equal(same.out, result.out);
		command_result_clear(&same);
		command_result_clear(&result);
	}
}

static void test_the_overview_lists_every_command_and_the_exit_codes__U6(void **state)
{
	size_t count;
	const struct command *commands = command_table(&count);
	struct command_result result;
	(void)state;
	command_run(&result, "--help", NULL);
	assert_int_equal(result.code, 0);
	for (size_t i = 0; i < count; i++) {
		assert_says(result.out, commands[i].words);
		assert_says(result.out, commands[i].summary);
	}
	assert_mentions_options(result.out, NULL);
	assert_says(result.out, "4 outcome unknown");
	command_result_clear(&result);
}

static void test_help_of_a_group_lists_its_commands_only__U6(void **state)
{
	struct command_result result;
	(void)state;
	command_run(&result, "snapshot", "--help", NULL);
	assert_int_equal(result.code, 0);
	assert_says(result.out, "snapshot revert");
	assert_null(strstr(result.out, "host list"));
	command_result_clear(&result);
}

static void test_no_line_of_help_is_wider_than_a_terminal_window__U5(void **state)
{
	struct command_result result;
	(void)state;
	command_run(&result, "help", "snapshot", "list", NULL);
	for (const char *line = result.out; *line;) {
		size_t length = strcspn(line, "\n");
		assert_true(length <= 110);
		line += length + (line[length] == '\n');
	}
	command_result_clear(&result);
}

static void test_wrong_lines_end_with_2_a_sentence_and_the_usage__U6(void **state)
{
	struct command_result result;
	(void)state;
	command_run(&result, "snapshot", "crate", "x", NULL);
	assert_int_equal(result.code, 2);
	assert_string_equal(result.out, "");
	assert_says(result.err, "hvtree: unknown command 'snapshot crate'; did you mean 'snapshot create'?\n");
	assert_says(result.err, "usage: hvtree");
	command_result_clear(&result);
	command_run(&result, "snapshot", "create", "x", "--memry", NULL);
	assert_int_equal(result.code, 2);
	assert_says(result.err, "usage: hvtree snapshot create VM [--dry-run] [--name NAME]");
	command_result_clear(&result);
	command_run(&result, NULL);
	assert_int_equal(result.code, 2);
	command_result_clear(&result);
	command_run(&result, "tree", "--bogus", "--json", NULL);
	assert_int_equal(result.code, 2);
	assert_string_equal(result.out, "{\"errorcode\":\"Invalid\",\"errortext\":\"unknown option --bogus\"}\n");
	assert_string_equal(result.err, "");
	command_result_clear(&result);
}

static void test_version_is_one_line__U6(void **state)
{
	struct command_result result;
	(void)state;
	command_run(&result, "--version", NULL);
	assert_int_equal(result.code, 0);
	assert_string_equal(result.out, "hvtree " HVTREE_VERSION "\n");
	command_result_clear(&result);
}

static const char *nearest(const char *typed)
{
	struct suggestion suggestion;
	suggestion_init(&suggestion, typed);
	suggestion_try(&suggestion, "snapshot");
	suggestion_try(&suggestion, "sync");
	suggestion_try(&suggestion, "vm");
	return suggestion.best ? suggestion.best : "";
}

static void test_suggestions_are_near_or_absent__U6(void **state)
{
	(void)state;
	assert_string_equal(nearest("snapshto"), "snapshot");
	assert_string_equal(nearest("snap"), "snapshot");
	assert_string_equal(nearest("snyc"), "sync");
	assert_string_equal(nearest("mv"), "vm");
	assert_string_equal(nearest("elephant"), "");
	assert_string_equal(nearest(""), "");
	assert_string_equal(nearest("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_help_of_every_command_mentions_every_option_and_operand__U6),
		cmocka_unit_test(test_the_overview_lists_every_command_and_the_exit_codes__U6),
		cmocka_unit_test(test_help_of_a_group_lists_its_commands_only__U6),
		cmocka_unit_test(test_no_line_of_help_is_wider_than_a_terminal_window__U5),
		cmocka_unit_test(test_wrong_lines_end_with_2_a_sentence_and_the_usage__U6),
		cmocka_unit_test(test_version_is_one_line__U6),
		cmocka_unit_test(test_suggestions_are_near_or_absent__U6),
	};
	return cmocka_run_group_tests_name("batch/help", tests, NULL, NULL) ? 1 : 0;
}
