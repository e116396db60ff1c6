/* The terminal layer in a pseudo terminal (U5): colours, sizes, keys, and the terminal given back however the program ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/pty.h"
#include "tui/theme/colour.h"
#include "tui/theme/theme.h"

static const char *program(void)
{
	static char path[4096];
	const char *folder = getenv("HVTREE_BIN_DIR");
	(void)snprintf(path, sizeof path, "%s/../tests/test_terminal_show",
		folder ? folder : "build/test/bin");
	return path;
}

/* Show a theme on a kind of terminal, come to rest. */
static struct pty *start(const char *term, const char *theme, const char *option)
{
	const char *const argv[] = {program(), theme, option, NULL};
	const struct pty_options options = {.argv = argv, .term = term};
	struct pty *pty = pty_start(&options);
	pty_wait_idle(pty);
	return pty;
}

static void leave(struct pty *pty)
{
	pty_keys(pty, "q");
	assert_int_equal(pty_wait_exit(pty), 0);
	pty_assert_restored(pty);
	pty_assert_text(pty, "left in order");
	pty_free(pty);
}

static struct pty_cell cell_of(const struct pty *pty, enum role role)
{
	return pty_cell(pty, (int)role % 2 * 40, (int)role / 2);
}

static void test_screen__every_role_has_the_look_of_its_theme_in_256_colours__U5(void **state)
{
	(void)state;
	struct pty *pty = start("xterm-256color", "default-light", NULL);
	struct theme *theme = theme_load("default-light", NULL);
	for (int role = 0; role < ROLE_COUNT; role++) {
		struct theme_look look = theme_look(theme, (enum role)role, THEME_DEPTH_256);
		struct pty_cell cell = cell_of(pty, (enum role)role);
		assert_int_equal(cell.foreground_number, look.foreground);
		assert_int_equal(cell.background_number, look.background);
		assert_int_equal(cell.bold, (look.attributes & THEME_BOLD) != 0);
		assert_int_equal(cell.underline, (look.attributes & THEME_UNDERLINE) != 0);
		assert_false(cell.reverse);
	}
	/* a blank at the end of a row as well */
	assert_int_equal(pty_cell(pty, 79, 20).background_number, colour_to_256(theme->background));
	theme_free(theme);
	leave(pty);
}

/* The entries of such terminals are seldom installed, so one is made. */
static void test_screen__every_role_has_the_look_of_its_theme_in_true_colour__U5(void **state)
{
	(void)state;
	char folder[] = "/tmp/hvtree-terminfo-XXXXXX", command[300], variable[100];
	assert_non_null(mkdtemp(folder));
	snprintf(command, sizeof command, "cd %s && cat >direct && tic -x -o %s direct", folder,
		folder);
	FILE *tic = popen(command, "w");
	assert_non_null(tic);
	fputs("true-colour|a terminal with true colour,\n\tcolors#0x1000000, pairs#0x10000, RGB, "
	      "ccc@, initc@,\n"
	      "\tsetaf=\\E[38;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%dm,\n"
	      "\tsetab=\\E[48;2;%p1%{65536}%/%d;%p1%{256}%/"
	      "%{255}%&%d;%p1%{255}%&%dm,\n\tuse=xterm-256color,\n",
		tic);
	assert_int_equal(pclose(tic), 0);
	snprintf(variable, sizeof variable, "TERMINFO=%s", folder);
	const char *const argv[] = {program(), "default-light", NULL};
	const char *const environment[] = {variable, NULL};
	const struct pty_options options = {
		.argv = argv, .environment = environment, .term = "true-colour"};
	struct pty *pty = pty_start(&options);
	pty_wait_idle(pty);
	struct theme *theme = theme_load("default-light", NULL);
	for (int role = 0; role < ROLE_COUNT; role++) {
		struct theme_look look = theme_look(theme, (enum role)role, THEME_DEPTH_RGB);
		assert_int_equal(
			cell_of(pty, (enum role)role).foreground, colour_rgb(look.foreground));
		assert_int_equal(
			cell_of(pty, (enum role)role).background, colour_rgb(look.background));
	}
	theme_free(theme);
	leave(pty);
	snprintf(command, sizeof command, "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

static void test_screen__without_colour_attributes_remain__U5(void **state)
{
	(void)state;
	static const char *const terms[][2] = {{"xterm-256color", "no-color"}, {"vt100", NULL}};
	for (size_t i = 0; i < 2; i++) {
		struct pty *pty = start(terms[i][0], "default-dark", terms[i][1]);
		struct pty_cell plain = cell_of(pty, ROLE_TEXT);
		struct theme *theme = theme_load("default-dark", NULL);
		for (int role = 0; role < ROLE_COUNT; role++) {
			struct theme_look look =
				theme_look(theme, (enum role)role, THEME_DEPTH_MONO);
			struct pty_cell cell = cell_of(pty, (enum role)role);
			assert_int_equal(cell.reverse, (look.attributes & THEME_REVERSE) != 0);
			assert_int_equal(cell.bold, (look.attributes & THEME_BOLD) != 0);
			assert_int_equal(cell.underline, (look.attributes & THEME_UNDERLINE) != 0);
			assert_int_equal(cell.foreground, plain.foreground);
			assert_int_equal(cell.background, plain.background);
		}
		theme_free(theme);
		leave(pty);
	}
}

static void test_screen__works_on_terminals_of_every_kind__U5(void **state)
{
	(void)state;
	static const char *const terms[] = {"xterm", "linux", "screen", "screen-256color",
		"tmux-256color", "vt220", "rxvt", "ansi", "tmux"};
	for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
		struct pty *pty = start(terms[i], "default-dark", NULL);
		pty_assert_text(pty, "vm.running");
		pty_assert_text(pty, "default-dark 80x24");
		pty_type(pty, "<Down>");
		pty_assert_text(pty, "key Down");
		struct pty_cell bar = cell_of(pty, ROLE_SELECT);
		struct pty_cell text = cell_of(pty, ROLE_TEXT);
		assert_true(bar.background != text.background || bar.reverse);
		leave(pty);
	}
}

static void test_screen__eight_colours_show_bright_as_bold__U5(void **state)
{
	(void)state;
	struct pty *pty = start("linux", "default-dark", NULL);
	struct pty_cell select = cell_of(pty, ROLE_SELECT);
	struct pty_cell text = cell_of(pty, ROLE_TEXT);
	assert_true(select.bold);
	assert_false(select.reverse);
	assert_int_not_equal(select.background, text.background);
	leave(pty);
}

static void test_screen__refuses_what_is_no_usable_terminal_and_changes_nothing__U5(void **state)
{
	(void)state;
	static const struct {
		const char *term, *sentence;
	} cases[] = {
		{"dumb", "TERM is 'dumb', a type of terminal that cannot place its cursor"},
		{"bogus", "TERM is 'bogus', a type of terminal that is not known here"},
		{"", "TERM is not set"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *const argv[] = {program(), NULL};
		const struct pty_options options = {.argv = argv, .term = cases[i].term};
		struct pty *pty = pty_start(&options);
		assert_int_equal(pty_wait_exit(pty), 2);
		pty_assert_text(pty, cases[i].sentence);
		assert_false(pty_wrote(pty, 0, "\033"));
		pty_assert_restored(pty);
		pty_free(pty);
	}
}

static void test_screen__one_changed_cell_costs_a_few_bytes_and_none_costs_nothing(void **state)
{
	(void)state;
	struct pty *pty = start(NULL, "default-dark", NULL);
	pty_type(pty, "m");
	size_t before = pty_written(pty);
	pty_type(pty, "m");
	assert_true(pty_written(pty) - before <= 30);
	before = pty_written(pty);
	pty_type(pty, "cc");
	pty_type(pty, "c");
	pty_type(pty, "x");
	size_t shown = pty_written(pty);
	pty_type(pty, "x");
	assert_int_equal(pty_written(pty), shown);
	leave(pty);
}

static void test_screen__repaint_writes_every_cell(void **state)
{
	(void)state;
	struct pty *pty = start(NULL, "default-dark", NULL);
	size_t before = pty_written(pty);
	pty_type(pty, "<^L>");
	assert_true(pty_wrote(pty, before, "vm.running"));
	leave(pty);
}

static void test_screen__wide_and_combining_characters_keep_their_columns(void **state)
{
	(void)state;
	struct pty *pty = start(NULL, "default-dark", NULL);
	pty_type(pty, "w");
	pty_assert_text(pty, "日本語 e\xCC\x81");
	assert_string_equal(pty_cell(pty, 30, 22).text, "日");
	assert_string_equal(pty_cell(pty, 32, 22).text, "本");
	assert_string_equal(pty_cell(pty, 37, 22).text, "e\xCC\x81");
	assert_string_equal(pty_cell(pty, 44, 22).text, "e");
	leave(pty);
}

static void test_screen__a_locale_without_utf8_gets_question_marks_not_garbage__U5(void **state)
{
	(void)state;
	const char *const argv[] = {program(), "default-dark", "ascii", NULL};
	const char *const environment[] = {"LC_ALL=C", NULL};
	const struct pty_options options = {.argv = argv, .environment = environment};
	struct pty *pty = pty_start(&options);
	pty_wait_idle(pty);
	pty_type(pty, "w");
	pty_assert_text(pty, "?????? e ? ?? end"); /* three wide characters, six cells */
	for (const char *byte = "\xE6"; *byte; byte++) {
		assert_false(pty_wrote(pty, 0, byte));
	}
	leave(pty);
}

static void test_screen__follows_every_size_down_to_a_few_cells__U5(void **state)
{
	(void)state;
	static const int sizes[][2] = {{160, 50}, {40, 10}, {5, 2}, {1, 1}, {300, 100}, {80, 24}};
	struct pty *pty = start(NULL, "default-dark", NULL);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		pty_resize(pty, sizes[i][0], sizes[i][1]);
		char expected[64];
		snprintf(expected, sizeof expected, "default-dark %dx%d", sizes[i][0], sizes[i][1]);
		if (sizes[i][0] >= 40) {
			pty_assert_text(pty, expected);
		}
	}
	leave(pty);
}

static void test_screen__lines_and_columns_of_the_environment_do_not_lie(void **state)
{
	(void)state;
	const char *const argv[] = {program(), NULL};
	const char *const environment[] = {"LINES=5", "COLUMNS=20", NULL};
	const struct pty_options options = {
		.argv = argv, .environment = environment, .width = 100, .height = 30};
	struct pty *pty = pty_start(&options);
	pty_wait_idle(pty);
	pty_assert_text(pty, "100x30");
	leave(pty);
}

static void test_screen__keys_arrive_by_name_and_a_paste_is_one_key(void **state)
{
	(void)state;
	static const char *const names[] = {"Up", "Left", "Home", "End", "PageUp", "PageDown", "F1",
		"F5", "F12", "Enter", "Tab", "Backtab", "Backspace", "Delete", "^A", "^C", "^S",
		"^Q", "Escape", "Space"};
	struct pty *pty = start(NULL, "default-dark", NULL);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char keys[32], shown[40];
		snprintf(keys, sizeof keys, "<%s>", names[i]);
		snprintf(shown, sizeof shown, "key %s", names[i]);
		pty_type(pty, keys);
		pty_assert_text(pty, shown);
	}
	pty_send(pty, "\033[200~qqq\033[201~");
	pty_wait_idle(pty);
	pty_assert_text(pty, "key Paste qqq");
	pty_send(pty, "\033[A");
	pty_wait_idle(pty);
	pty_assert_text(pty, "key Up");
	pty_send(pty, "\033[99;5u\033[>1q");
	pty_wait_idle(pty);
	pty_assert_text(pty, "key Up");
	leave(pty);
}

static void test_screen__noise_on_standard_error_does_not_reach_the_screen(void **state)
{
	(void)state;
	struct pty *pty = start(NULL, "default-dark", NULL);
	pty_type(pty, "e");
	assert_false(pty_wrote(pty, 0, "noise"));
	leave(pty);
}

static void test_screen__the_cursor_shows_only_where_the_canvas_says(void **state)
{
	(void)state;
	struct pty *pty = start(NULL, "default-dark", NULL);
	assert_false(pty_is_cursor_visible(pty));
	assert_true(pty_is_alternate(pty));
	pty_type(pty, "c");
	assert_true(pty_is_cursor_visible(pty));
	pty_type(pty, "c");
	assert_false(pty_is_cursor_visible(pty));
	leave(pty);
}

static void test_screen__all_themes_can_be_shown_one_after_the_other__U5(void **state)
{
	(void)state;
	static const char *const terms[] = {"xterm-256color", "linux", "vt100"};
	for (size_t k = 0; k < 3; k++) {
		struct pty *pty = start(terms[k], "default-dark", NULL);
		for (size_t i = 1; theme_builtin_name(i) != NULL; i++) {
			pty_type(pty, "t");
			pty_assert_text(pty, theme_builtin_name(i));
			pty_assert_text(pty, "vm.running");
		}
		leave(pty);
	}
}

static void test_screen__is_given_back_after_signals_and_crashes(void **state)
{
	(void)state;
	static const struct {
		int signal, code;
	} cases[] = {{SIGTERM, 0}, {SIGHUP, 0}, {SIGQUIT, 0}, {SIGSEGV, 128 + SIGSEGV},
		{SIGBUS, 128 + SIGBUS}, {SIGABRT, 128 + SIGABRT}, {SIGILL, 128 + SIGILL},
		{SIGFPE, 128 + SIGFPE}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct pty *pty = start(i % 2 ? "screen" : NULL, "default-light", NULL);
		assert_true(pty_is_alternate(pty));
		assert_int_not_equal(pty_modes(pty).c_lflag & ECHO, ECHO);
		pty_signal(pty, cases[i].signal);
		assert_int_equal(pty_wait_exit(pty), cases[i].code);
		pty_assert_restored(pty);
		pty_free(pty);
	}
}

static void test_screen__is_given_back_after_an_abort_and_when_the_stack_runs_out(void **state)
{
	(void)state;
	static const struct {
		const char *key;
		int signal;
	} cases[] = {{"a", SIGABRT}, {"o", SIGSEGV}};
	for (size_t i = 0; i < 2; i++) {
		struct pty *pty = start(NULL, "default-dark", NULL);
		pty_keys(pty, cases[i].key);
		assert_int_equal(pty_wait_exit(pty), 128 + cases[i].signal);
		pty_assert_restored(pty);
		pty_free(pty);
	}
}

/* An interactive shell with job control: the one who stops and continues programs. */
static void test_screen__suspends_to_the_shell_and_comes_back(void **state)
{
	(void)state;
	const char *const argv[] = {
		"/bin/bash", "--norc", "--noprofile", "--noediting", "-i", NULL};
	const char *const environment[] = {"PS1=shell$ ", NULL};
	const struct pty_options options = {
		.argv = argv, .environment = environment, .has_no_idle = true};
	struct pty *pty = pty_start(&options);
	pty_wait_text(pty, "shell$");
	char command[4200];
	snprintf(command, sizeof command, "%s default-light\r", program());
	pty_send(pty, command);
	pty_wait_text(pty, "default-light 80x24");
	assert_true(pty_is_alternate(pty));
	pty_send(pty, "\x1a");
	pty_wait_text(pty, "Stopped");
	assert_false(pty_is_alternate(pty));
	assert_true(pty_is_cursor_visible(pty));
	assert_int_equal(pty_modes(pty).c_lflag & ECHO, ECHO);
	assert_true(pty_wrote(pty, 0, "\033[?2004l"));
	size_t before = pty_written(pty);
	pty_send(pty, "fg\r");
	pty_wait_text(pty, "vm.running");
	pty_wait_text(pty, "default-light 80x24");
	assert_true(pty_is_alternate(pty));
	assert_true(pty_wrote(pty, before, "\033[?2004h"));
	assert_int_not_equal(pty_modes(pty).c_lflag & ECHO, ECHO);
	pty_send(pty, "q");
	pty_wait_text(pty, "left in order");
	pty_send(pty, "exit\r");
	(void)pty_wait_exit(pty);
	pty_free(pty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_screen__every_role_has_the_look_of_its_theme_in_256_colours__U5),
		cmocka_unit_test(
			test_screen__every_role_has_the_look_of_its_theme_in_true_colour__U5),
		cmocka_unit_test(test_screen__without_colour_attributes_remain__U5),
		cmocka_unit_test(test_screen__works_on_terminals_of_every_kind__U5),
		cmocka_unit_test(test_screen__eight_colours_show_bright_as_bold__U5),
		cmocka_unit_test(
			test_screen__refuses_what_is_no_usable_terminal_and_changes_nothing__U5),
		cmocka_unit_test(
			test_screen__one_changed_cell_costs_a_few_bytes_and_none_costs_nothing),
		cmocka_unit_test(test_screen__repaint_writes_every_cell),
		cmocka_unit_test(test_screen__wide_and_combining_characters_keep_their_columns),
		cmocka_unit_test(
			test_screen__a_locale_without_utf8_gets_question_marks_not_garbage__U5),
		cmocka_unit_test(test_screen__follows_every_size_down_to_a_few_cells__U5),
		cmocka_unit_test(test_screen__lines_and_columns_of_the_environment_do_not_lie),
		cmocka_unit_test(test_screen__keys_arrive_by_name_and_a_paste_is_one_key),
		cmocka_unit_test(test_screen__noise_on_standard_error_does_not_reach_the_screen),
		cmocka_unit_test(test_screen__the_cursor_shows_only_where_the_canvas_says),
		cmocka_unit_test(test_screen__all_themes_can_be_shown_one_after_the_other__U5),
		cmocka_unit_test(test_screen__is_given_back_after_signals_and_crashes),
		cmocka_unit_test(
			test_screen__is_given_back_after_an_abort_and_when_the_stack_runs_out),
		cmocka_unit_test(test_screen__suspends_to_the_shell_and_comes_back),
	};
	return cmocka_run_group_tests_name("terminal/screen", tests, NULL, NULL) ? 1 : 0;
}
