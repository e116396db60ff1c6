/* What an operator does in a session, on the real program, the real backend and the simulated host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/program.h"
#include "tests/terminal/console_world.h"

#define CLEAR_FIELD                                                                                \
	"<End><Backspace><Backspace><Backspace><Backspace><Backspace><Backspace><Backspace><"      \
	"Backspace><Backspace>"                                                                    \
	"<Backspace><Backspace><Backspace><Backspace><Backspace><Backspace><Backspace><Backspace>" \
	"<Backspace><Backspace>"                                                                   \
	"<Backspace><Backspace><Backspace><Backspace><Backspace><Backspace><Backspace><Backspace>" \
	"<Backspace><Backspace>"

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

/* Cursor to alpha and open it. */
static void open_alpha(struct pty *pty)
{
	pty_type(pty, "gjj<Enter>");
	pty_wait_row(pty, "base", "ready");
}

static void assert_guest(struct console_world *world, const char *expected)
{
	char *value = console_world_sim(world, "guest", "read", "alpha", "marker");
	value[strcspn(value, "\n")] = '\0';
	assert_string_equal(value, expected);
	free(value);
}

static void test_console__moves_opens_and_closes__U1(void **state)
{
	struct console_world *world = *state;
	console_world_start(world, NULL, NULL);
	struct pty *pty = world->pty;
	pty_assert_text(pty, "TRAINING");
	pty_assert_text(pty, "alpha");
	pty_assert_no_text(pty, "base");
	open_alpha(pty);
	pty_assert_text(pty, "NOW");
	int x, y;
	assert_true(pty_find(pty, "alpha", &x, &y));
	struct pty_cell bar = pty_cell(pty, x, y);
	assert_int_not_equal(bar.background_number, pty_cell(pty, x, y + 1).background_number);
	pty_type(pty, "<Enter>");
	pty_assert_no_text(pty, "NOW");
	pty_type(pty, "G");
	pty_assert_text(pty, "gamma-29");
	pty_type(pty, "<Home>");
	pty_assert_text(pty, "alpha");
	console_world_quit(world);
}

static void test_console__shows_a_snapshot_creating_then_ready__U2_U3(void **state)
{
	struct console_world *world = *state;
	free(console_world_sim(world, "fault", "set", "late:CreateVMSnapshot:3000", NULL));
	console_world_start(world, NULL, NULL);
	struct pty *pty = world->pty;
	open_alpha(pty);
	pty_type(pty, "s");
	pty_assert_text(pty, "TAKE SNAPSHOT");
	pty_type(pty, CLEAR_FIELD "fresh<Tab><Tab><Tab><Tab><Enter>");
	pty_wait_row(pty, "fresh", "creating");
	pty_wait_row(pty, "alpha", "snapshotting");
	pty_wait_row(pty, "fresh", "ready");
	pty_wait_row(pty, "alpha", "running");
	pty_wait_text(pty, "snapshot taken: fresh");
	console_world_quit(world);
	char *list = console_world_command(world, "snapshot", "list", "--vm=alpha", "--json");
	assert_non_null(strstr(list, "\"fresh\""));
	assert_null(strstr(list, "Creating"));
	free(list);
}

static void
test_console__reverts_after_telling_what_is_lost_and_the_guest_holds_the_old_content__U4_V2(
	void **state)
{
	struct console_world *world = *state;
	assert_guest(world, "now");
	console_world_start(world, NULL, NULL);
	struct pty *pty = world->pty;
	open_alpha(pty);
	pty_type(pty, "jr");
	pty_wait_text(pty, "kept in the safety");
	pty_assert_text(pty, "KEPT");
	pty_assert_text(pty, "AFTER");
	pty_type(pty, "<Enter>"); /* Cancel has the focus */
	pty_wait_no_text(pty, "kept in the safety");
	assert_guest(world, "now");
	pty_type(pty, "r");
	pty_wait_text(pty, "kept in the safety");
	pty_type(pty, "<Tab><Enter>");
	pty_wait_row(pty, "alpha", ". off");
	pty_wait_text(pty, "no operation is running");
	assert_guest(world, "base");
	console_world_quit(world);
}

static void test_console__deletes_after_asking_and_keeps_the_running_state__U2_D2(void **state)
{
	struct console_world *world = *state;
	free(console_world_command(world, "snapshot", "create", "alpha", "--name=second"));
	console_world_start(world, NULL, NULL);
	struct pty *pty = world->pty;
	open_alpha(pty);
	pty_wait_row(pty, "second", "ready");
	pty_wait_row(pty, "alpha", "2 snaps");
	pty_type(pty, "jd");
	pty_wait_text(pty, "DELETE");
	pty_type(pty, "<Escape>");
	pty_assert_no_text(pty, "DELETE");
	pty_type(pty, "d");
	pty_wait_text(pty, "[ Delete ]");
	pty_type(pty, "<Tab><Enter>");
	pty_wait_row(pty, "alpha", "1 snap ");
	pty_wait_text(pty, "no operation is running");
	pty_assert_text(pty, "second");
	assert_guest(world, "now");
	console_world_quit(world);
}

static void test_console__shows_what_another_program_changed__U3(void **state)
{
	struct console_world *world = *state;
	console_world_start(world, NULL, NULL);
	struct pty *pty = world->pty;
	open_alpha(pty);
	free(console_world_command(world, "snapshot", "create", "alpha", "--name=elsewhere"));
	pty_wait_row(pty, "elsewhere", "ready");
	free(console_world_sim(world, "foreign", "create", "alpha", "by-hand"));
	pty_wait_row(pty, "by-hand", "untracked");
	console_world_quit(world);
}

static void test_console__follows_the_size_of_the_terminal__U5(void **state)
{
	struct console_world *world = *state;
	static const int sizes[][2] = {
		{160, 50}, {41, 11}, {40, 10}, {20, 5}, {3, 1}, {300, 90}, {80, 24}};
	console_world_start(world, NULL, NULL);
	struct pty *pty = world->pty;
	open_alpha(pty);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		pty_resize(pty, sizes[i][0], sizes[i][1]);
		if (!pty_find(pty, "too small", NULL, NULL) && sizes[i][0] >= 20) {
			/* the cursor stays on its row, and in view */
			pty_assert_text(pty, "alpha");
		} else {
			assert_true(sizes[i][0] <= 40);
		}
	}
	pty_assert_text(pty, "gamma-00");
	console_world_quit(world);
}

static void test_console__a_paste_is_no_keyboard(void **state)
{
	struct console_world *world = *state;
	console_world_start(world, NULL, NULL);
	struct pty *pty = world->pty;
	pty_send(pty, "\033[200~q\rd\r\033[201~");
	pty_wait_idle(pty);
	pty_assert_text(pty, "alpha");
	pty_assert_no_text(pty, "DELETE");
	console_world_quit(world);
}

static void test_console__read_only_changes_nothing__U2(void **state)
{
	struct console_world *world = *state;
	console_world_start(world, NULL, "--read-only");
	struct pty *pty = world->pty;
	open_alpha(pty);
	pty_assert_text(pty, "RO");
	pty_type(pty, "s");
	pty_assert_no_text(pty, "TAKE SNAPSHOT");
	pty_type(pty, "jd");
	pty_assert_no_text(pty, "DELETE");
	console_world_quit(world);
}

static void test_console__themes_change_while_it_runs_and_a_bad_one_is_told__U5(void **state)
{
	struct console_world *world = *state;
	console_world_start(world, NULL, "--theme=nowhere");
	struct pty *pty = world->pty;
	pty_assert_text(pty, "nowhere:0: no such theme; 'default-dark' is used");
	assert_int_equal(pty_cell(pty, 109, 15).background_number, -1);
	pty_type(pty, "T");
	pty_assert_text(pty, "theme: default-light");
	assert_int_not_equal(pty_cell(pty, 109, 15).background_number, -1);
	console_world_quit(world);
}

static void test_console__many_keys_at_once_are_one_frame_and_none_is_lost(void **state)
{
	struct console_world *world = *state;
	console_world_start(world, NULL, NULL);
	struct pty *pty = world->pty;
	char keys[2001];
	memset(keys, 'j', 2000);
	keys[2000] = '\0';
	pty_type(pty, "gj");
	size_t before = pty_written(pty);
	pty_type(pty, keys);
	pty_assert_text(pty, "gamma-29");
	assert_true(pty_written(pty) - before <= 8000);
	memset(keys, 'k', 30);
	keys[30] = '\0';
	pty_type(pty, keys); /* from gamma-29 to beta, and one more to alpha */
	pty_type(pty, "k<Enter>");
	pty_wait_row(pty, "base", "ready");
	console_world_quit(world);
}

static void test_console__a_cursor_move_costs_few_bytes(void **state)
{
	struct console_world *world = *state;
	console_world_start(world, NULL, NULL);
	struct pty *pty = world->pty;
	pty_type(pty, "gjjjjj");
	size_t before = pty_written(pty);
	for (int i = 0; i < 6; i++) {
		pty_type(pty, "j");
	}
	size_t each = (pty_written(pty) - before) / 6;
	print_message("%zu bytes a move, details included\n", each);
	assert_true(each <= 400);
	console_world_quit(world);
}

/* An interactive shell with job control: the one who stops and continues programs. */
static void test_console__suspends_to_the_shell_and_comes_back_with_what_happened_meanwhile(
	void **state)
{
	struct console_world *world = *state;
	const char *const argv[] = {
		"/bin/bash", "--norc", "--noprofile", "--noediting", "-i", NULL};
	const char *const environment[] = {"PS1=shell$ ", NULL};
	const struct pty_options options = {.argv = argv,
		.environment = environment,
		.width = 110,
		.height = 36,
		.has_no_idle = true};
	struct pty *pty = world->pty = pty_start(&options);
	pty_wait_text(pty, "shell$");
	char command[5000];
	(void)snprintf(
		command, sizeof command, "%s %s\r", program_path("hvtree"), world->demo_option);
	pty_send(pty, command);
	pty_wait_row(pty, "hv01", "up");
	pty_send(pty, "\x1a");
	pty_wait_text(pty, "Stopped");
	assert_false(pty_is_alternate(pty));
	assert_int_equal(pty_modes(pty).c_lflag & ECHO, ECHO);
	free(console_world_command(world, "snapshot", "create", "alpha", "--name=meanwhile"));
	pty_send(pty, "fg\r");
	pty_wait_row(pty, "alpha", "2 snaps");
	assert_true(pty_is_alternate(pty));
	pty_send(pty, "q");
	pty_wait_text(pty, "shell$");
	pty_send(pty, "exit\r");
	(void)pty_wait_exit(pty);
}

int main(void)
{
#define CONSOLE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CONSOLE_TEST(test_console__moves_opens_and_closes__U1),
		CONSOLE_TEST(test_console__shows_a_snapshot_creating_then_ready__U2_U3),
		CONSOLE_TEST(
			test_console__reverts_after_telling_what_is_lost_and_the_guest_holds_the_old_content__U4_V2),
		CONSOLE_TEST(test_console__deletes_after_asking_and_keeps_the_running_state__U2_D2),
		CONSOLE_TEST(test_console__shows_what_another_program_changed__U3),
		CONSOLE_TEST(test_console__follows_the_size_of_the_terminal__U5),
		CONSOLE_TEST(test_console__a_paste_is_no_keyboard),
		CONSOLE_TEST(test_console__read_only_changes_nothing__U2),
		CONSOLE_TEST(test_console__themes_change_while_it_runs_and_a_bad_one_is_told__U5),
		CONSOLE_TEST(test_console__many_keys_at_once_are_one_frame_and_none_is_lost),
		CONSOLE_TEST(test_console__a_cursor_move_costs_few_bytes),
		CONSOLE_TEST(
			test_console__suspends_to_the_shell_and_comes_back_with_what_happened_meanwhile),
	};
	return cmocka_run_group_tests_name("terminal/console", tests, NULL, NULL) ? 1 : 0;
}
