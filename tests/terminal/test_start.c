/* Starting and ending the program: options, terminals of every kind (U5), and what is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "tests/support/program.h"
#include "tests/terminal/console_world.h"

static int set_up(void **state)
{
	struct console_world *world = malloc(sizeof *world);
	console_world_make(world);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	console_world_clear(*state);
	free(*state);
	return 0;
}

static void test_start__works_on_terminals_of_every_kind__U5(void **state)
{
	struct console_world *world = *state;
	static const char *const terms[] = {
		"xterm", "linux", "screen", "vt100", "vt220", "tmux-256color"};
	for (size_t i = 0; i < HV_ARRAY_LEN(terms); i++) {
		const struct pty_options options = {.term = terms[i]};
		console_world_start(world, &options, NULL);
		pty_type(world->pty, "jjl"); /* open, or open since the last time */
		pty_wait_row(world->pty, "base", "disk");
		pty_type(world->pty, "<Up><Down>");
		console_world_quit(world);
		pty_free(world->pty);
		world->pty = NULL;
	}
}

static void assert_ascii_only(const struct pty *pty)
{
	char byte[2] = {0};
	for (int code = 0x80; code <= 0xFF; code++) {
		byte[0] = (char)code;
		assert_false(pty_wrote(pty, 0, byte));
	}
}

static void test_start__draws_ascii_where_there_is_no_utf8_and_where_asked__U5(void **state)
{
	struct console_world *world = *state;
	static const struct {
		const char *locale, *option;
	} cases[] = {{"LC_ALL=C", NULL}, {"LC_ALL=C.UTF-8", "--ascii"}, {"LC_ALL=C.UTF-8", "-U"}};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		const char *const environment[] = {cases[i].locale, NULL};
		const struct pty_options options = {.environment = environment};
		console_world_start(world, &options, cases[i].option);
		pty_type(world->pty, "jjl"); /* open, or open since the last time */
		pty_wait_row(world->pty, "base", "disk");
		pty_assert_text(world->pty, "o base");
		pty_type(world->pty, "s<Escape>?<Escape>");
		assert_ascii_only(world->pty);
		console_world_quit(world);
		pty_free(world->pty);
		world->pty = NULL;
	}
}

static void test_start__no_color_is_obeyed_and_states_stay_readable__U5(void **state)
{
	struct console_world *world = *state;
	const char *const environment[] = {"NO_COLOR=1", NULL};
	const struct pty_options options = {.environment = environment};
	for (int i = 0; i < 2; i++) {
		console_world_start(world, i == 0 ? &options : NULL, i == 0 ? NULL : "--no-color");
		pty_type(world->pty, "jj<Enter>");
		pty_wait_row(world->pty, "alpha", "running");
		assert_false(pty_wrote(world->pty, 0, "38;5"));
		assert_false(pty_wrote(world->pty, 0, "48;5"));
		int x, y;
		assert_true(pty_find(world->pty, "alpha", &x, &y));
		assert_true(pty_cell(world->pty, x, y).reverse);
		for (int row = 0; row < 24; row++) {
			assert_int_equal(pty_cell(world->pty, 5, row).foreground_number, -1);
			assert_int_equal(pty_cell(world->pty, 5, row).background_number, -1);
		}
		console_world_quit(world);
		pty_free(world->pty);
		world->pty = NULL;
	}
}

static void test_start__refuses_a_terminal_that_cannot_do_it_and_says_what_to_do__U5(void **state)
{
	(void)state;
	static const char *const terms[] = {"dumb", "bogus", ""};
	for (size_t i = 0; i < HV_ARRAY_LEN(terms); i++) {
		const char *const argv[] = {program_path("hvtree"), "--demo", NULL};
		const struct pty_options options = {.argv = argv, .term = terms[i]};
		struct pty *pty = pty_start(&options);
		assert_int_equal(pty_wait_exit(pty), 2);
		pty_assert_text(pty, "TERM is");
		pty_assert_text(pty, "hvtree tree --demo");
		pty_assert_restored(pty);
		pty_free(pty);
	}
}

static void test_start__without_a_terminal_it_says_so_and_what_to_do_instead(void **state)
{
	(void)state;
	static const char *const options[] = {"--demo", "--read-only", NULL};
	for (size_t i = 0; i < HV_ARRAY_LEN(options); i++) {
		const char *const argv[] = {program_path("hvtree"), options[i], NULL};
		struct program_result result;
		program_run(argv, NULL, NULL, &result);
		assert_int_equal(result.code, 2);
		assert_string_equal(result.out, "");
		assert_non_null(strstr(result.err, "standard input and output are not a terminal"));
		assert_non_null(strstr(result.err, "--json"));
		program_result_clear(&result);
	}
}

static void test_start__options_that_are_wrong_are_usage_errors(void **state)
{
	(void)state;
	static const char *const options[] = {"--nonsense", "--store", "-x", "--ascii=yes"};
	for (size_t i = 0; i < HV_ARRAY_LEN(options); i++) {
		const char *const argv[] = {program_path("hvtree"), options[i], NULL};
		struct program_result result;
		program_run(argv, NULL, NULL, &result);
		assert_int_equal(result.code, 2);
		assert_int_not_equal(strlen(result.err), 0);
		program_result_clear(&result);
	}
}

static void test_start__help_tells_of_the_console_and_of_the_commands(void **state)
{
	(void)state;
	const char *const argv[] = {program_path("hvtree"), "--help", NULL};
	struct program_result result;
	program_run(argv, NULL, NULL, &result);
	assert_int_equal(result.code, 0);
	static const char *const words[] = {
		"--theme NAME", "--read-only", "--ascii", "snapshot revert", "--json"};
	for (size_t i = 0; i < HV_ARRAY_LEN(words); i++) {
		assert_non_null(strstr(result.out, words[i]));
	}
	program_result_clear(&result);
	const char *const version[] = {program_path("hvtree"), "--version", NULL};
	program_run(version, NULL, NULL, &result);
	assert_int_equal(result.code, 0);
	assert_int_equal(strncmp(result.out, "hvtree ", 7), 0);
	program_result_clear(&result);
}

static void test_start__a_store_that_is_none_is_told_before_the_screen_is_taken(void **state)
{
	struct console_world *world = *state;
	char option[80];
	(void)snprintf(option, sizeof option, "--store=%s/fleet.ini", world->folder);
	const char *const argv[] = {program_path("hvtree"), option, NULL};
	const struct pty_options options = {.argv = argv};
	struct pty *pty = pty_start(&options);
	assert_int_equal(pty_wait_exit(pty), 1);
	pty_assert_text(pty, "fleet.ini");
	assert_false(pty_wrote(pty, 0, "\033"));
	pty_assert_restored(pty);
	pty_free(pty);
}

static void test_start__the_terminal_is_given_back_after_signals_and_crashes(void **state)
{
	struct console_world *world = *state;
	static const struct {
		int signal, code;
	} cases[] = {{SIGTERM, 0}, {SIGHUP, 0}, {SIGSEGV, 128 + SIGSEGV}, {SIGABRT, 128 + SIGABRT}};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		console_world_start(world, NULL, NULL);
		assert_true(pty_is_alternate(world->pty));
		pty_signal(world->pty, cases[i].signal);
		assert_int_equal(pty_wait_exit(world->pty), cases[i].code);
		pty_assert_restored(world->pty);
		pty_free(world->pty);
		world->pty = NULL;
	}
}

static void test_start__quits_when_the_terminal_is_gone(void **state)
{
	struct console_world *world = *state;
	console_world_start(world, NULL, NULL);
	pty_hang_up(world->pty);
	assert_int_equal(pty_wait_exit(world->pty), 0);
}

static bool has_demo_folder(const char *home)
{
	DIR *folder = opendir(home);
	assert_non_null(folder);
	bool found = false;
	struct dirent *entry;
	while ((entry = readdir(folder)) != NULL) {
		found = found || strncmp(entry->d_name, "hvtree-demo-", 12) == 0;
	}
	closedir(folder);
	return found;
}

static void test_start__a_demo_without_a_folder_leaves_nothing_behind(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *const argv[] = {program_path("hvtree"), "--demo", NULL};
		const struct pty_options options = {.argv = argv, .width = 120, .height = 40};
		struct pty *pty = pty_start(&options);
		pty_wait_text(pty, "prod");
		assert_true(has_demo_folder(pty_home(pty)));
		if (i == 0) {
			pty_keys(pty, "q");
		} else {
			pty_signal(pty, SIGTERM);
		}
		assert_int_equal(pty_wait_exit(pty), 0);
		assert_false(has_demo_folder(pty_home(pty)));
		pty_assert_restored(pty);
		pty_free(pty);
	}
}

static void test_start__leaving_says_that_operations_go_on(void **state)
{
	struct console_world *world = *state;
	free(console_world_sim(world, "fault", "set", "late:CreateVMSnapshot:60000", NULL));
	console_world_start(world, NULL, NULL);
	pty_type(world->pty, "jjs<Tab><Tab><Tab><Tab><Enter>");
	pty_wait_row(world->pty, "alpha", "snapshotting");
	pty_signal(world->pty, SIGTERM);
	assert_int_equal(pty_wait_exit(world->pty), 0);
	pty_assert_text(world->pty, "1 operation is still running");
	pty_assert_restored(world->pty);
}

int main(void)
{
#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_start__works_on_terminals_of_every_kind__U5),
		WORLD_TEST(test_start__draws_ascii_where_there_is_no_utf8_and_where_asked__U5),
		WORLD_TEST(test_start__no_color_is_obeyed_and_states_stay_readable__U5),
		cmocka_unit_test(
			test_start__refuses_a_terminal_that_cannot_do_it_and_says_what_to_do__U5),
		cmocka_unit_test(test_start__without_a_terminal_it_says_so_and_what_to_do_instead),
		cmocka_unit_test(test_start__options_that_are_wrong_are_usage_errors),
		cmocka_unit_test(test_start__help_tells_of_the_console_and_of_the_commands),
		WORLD_TEST(test_start__a_store_that_is_none_is_told_before_the_screen_is_taken),
		WORLD_TEST(test_start__the_terminal_is_given_back_after_signals_and_crashes),
		WORLD_TEST(test_start__quits_when_the_terminal_is_gone),
		cmocka_unit_test(test_start__a_demo_without_a_folder_leaves_nothing_behind),
		WORLD_TEST(test_start__leaving_says_that_operations_go_on),
	};
	return cmocka_run_group_tests_name("terminal/start", tests, NULL, NULL) ? 1 : 0;
}
