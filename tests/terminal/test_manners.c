/* The console's manners on the real program: settings, themes, the mouse, policies of groups, pictures, ^Z (U2, U5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tests/support/program.h"
#include "tests/terminal/console_world.h"

struct place {
	struct console_world world;
	char config_home[80];
	char config[100];
	char variable[100];
	const char *environment[3];
	struct pty_options options;
};

static int set_up(void **state)
{
	struct place *place = malloc(sizeof *place);
	*place = (struct place){.options = {.width = 110, .height = 36}};
	console_world_make(&place->world);
	(void)snprintf(place->config_home, sizeof place->config_home, "%s/settings", place->world.folder);
	(void)snprintf(place->config, sizeof place->config, "%s/hvtree/config", place->config_home);
	(void)snprintf(place->variable, sizeof place->variable, "XDG_CONFIG_HOME=%s", place->config_home);
	place->environment[0] = place->variable;
	place->options.environment = place->environment;
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	console_world_clear(&place->world);
	free(place);
	return 0;
}

static void configure(struct place *place, const char *text)
{
	HV_CLEANUP_FREE char *folder = hv_sprintf("%s/hvtree", place->config_home);
	assert_int_equal(mkdir(place->config_home, 0700), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	FILE *file = fopen(place->config, "w");
	assert_non_null(file);
	(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static char *config_text(const struct place *place)
{
	static char text[16384];
	FILE *file = fopen(place->config, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	assert_int_equal(fclose(file), 0);
	return text;
}

static struct pty *start(struct place *place, const char *option)
{
	console_world_start(&place->world, &place->options, option);
	return place->world.pty;
}

static void quit(struct place *place)
{
	console_world_quit(&place->world);
	pty_free(place->world.pty);
	place->world.pty = NULL;
}

static void test_settings__changed_in_the_console_are_in_a_commented_file_and_hold_at_the_next_start(void **state)
{
	struct place *place = *state;
	struct pty *pty = start(place, NULL);
	pty_type(pty, "<F2>");
	pty_assert_text(pty, "SETTINGS");
	pty_type(pty, "jjjj<Enter>");
	pty_wait_text(pty, "kept: mouse = yes");
	assert_true(pty_wrote(pty, 0, "\033[?1000h"));
	pty_type(pty, "G<Enter><Backspace><Backspace><Backspace>2w<Enter>");
	pty_wait_text(pty, "kept: age_warn = 2w");
	pty_type(pty, "<Escape>");
	quit(place);
	char *text = config_text(place);
	assert_non_null(strstr(text, ";mouse = no\nmouse = yes\n"));
	assert_non_null(strstr(text, ";age_warn = 30d\nage_warn = 2w\n"));
	assert_non_null(strstr(text, ";revert = r\n"));
	pty = start(place, NULL);
	assert_true(pty_wrote(pty, 0, "\033[?1000h"));
	pty_type(pty, "<F2>");
	pty_assert_text(pty, "2w ");
	pty_type(pty, "<Escape>");
	quit(place);
}

static void test_settings__mistakes_in_the_file_are_told_at_the_start_and_nothing_else_is_lost(void **state)
{
	struct place *place = *state;
	configure(place, "[console]\ntheme = mono\nmouse = perhaps\n[keys]\nrevert = s\n");
	struct pty *pty = start(place, NULL);
	pty_type(pty, "L");
	pty_assert_text(pty, ":3: [console] mouse: 'perhaps' is neither yes nor no");
	pty_assert_text(pty, "key s is bound to 'snapshot' and to 'revert'");
	pty_type(pty, "<Escape>gjj");
	int x, y;
	assert_true(pty_find(pty, "alpha", &x, &y));
	assert_true(pty_cell(pty, x, y).reverse); /* mono: the theme was read all the same */
	quit(place);
}

static void test_keys__of_the_file_run_their_actions(void **state)
{
	struct place *place = *state;
	configure(place, "[keys]\nhelp = F7\njobs = F8\n");
	struct pty *pty = start(place, NULL);
	pty_type(pty, "<F7>");
	pty_assert_text(pty, "HELP");
	pty_type(pty, "<Escape><F8>");
	pty_assert_text(pty, "JOBS");
	pty_type(pty, "<Escape>J");
	pty_assert_text(pty, "J does nothing here");
	quit(place);
}

static void test_theme__follows_the_background_that_the_terminal_tells_however_slowly__U5(void **state)
{
	struct place *place = *state;
	struct pty *pty = start(place, NULL);
	assert_true(pty_wrote(pty, 0, "\033]11;?\033\\"));
	assert_int_equal(pty_cell(pty, 109, 15).background_number, -1);
	static const char answer[] = "\033]11;rgb:fdfd/f6f6/e3e3\033\\";
	for (size_t i = 0; i + 1 < sizeof answer; i++) {
		char byte[2] = {answer[i], '\0'};
		pty_send(pty, byte);
	}
	pty_wait_idle(pty);
	assert_int_not_equal(pty_cell(pty, 109, 15).background_number, -1); /* paper */
	pty_assert_no_text(pty, "does nothing here");
	pty_type(pty, "T");
	pty_send(pty, "\033]11;rgb:0000/0000/0000\a"); /* what somebody chose stays */
	pty_wait_idle(pty);
	pty_assert_text(pty, "theme: high-contrast");
	quit(place);
}

static void test_theme__a_terminal_is_not_asked_when_the_theme_is_chosen_or_it_could_show_the_question__U5(void **state)
{
	struct place *place = *state;
	struct pty *pty = start(place, "--theme=mono");
	assert_false(pty_wrote(pty, 0, "\033]11;?"));
	quit(place);
	place->options.term = "linux";
	pty = start(place, NULL);
	assert_false(pty_wrote(pty, 0, "\033]11;?"));
	quit(place);
	place->options.term = NULL;
	place->environment[1] = "COLORFGBG=0;15";
	pty = start(place, NULL);
	assert_false(pty_wrote(pty, 0, "\033]11;?"));
	assert_int_not_equal(pty_cell(pty, 109, 15).background_number, -1);
	quit(place);
}

static void test_theme__every_one_that_T_shows_can_be_read_and_comes_round__U5(void **state)
{
	struct place *place = *state;
	static const char *const names[] = {"default-light", "high-contrast", "cb-safe-dark", "cb-safe-light",
		"solarized-dark", "solarized-light", "terminal-16", "mono", "default-dark"};
	struct pty *pty = start(place, "--theme=default-dark");
	for (size_t i = 0; i < HV_ARRAY_LEN(names); i++) {
		HV_CLEANUP_FREE char *says = hv_sprintf("theme: %s;", names[i]);
		pty_type(pty, "T");
		pty_assert_text(pty, says);
		pty_assert_text(pty, "alpha");
	}
	pty_type(pty, "TTTTT<F2><Enter><Enter>"); /* the form offers what is shown */
	pty_wait_text(pty, "kept: theme = solarized-dark");
	pty_type(pty, "<Escape>");
	quit(place);
	assert_non_null(strstr(config_text(place), "\ntheme = solarized-dark\n"));
}

static void test_mouse__chooses_opens_and_scrolls_and_is_given_back__U5(void **state)
{
	struct place *place = *state;
	configure(place, "[console]\nmouse = yes\n");
	struct pty *pty = start(place, NULL);
	int x, y;
	assert_true(pty_find(pty, "alpha", &x, &y));
	HV_CLEANUP_FREE char *click = hv_sprintf("\033[<0;%d;%dM\033[<0;%d;%dm", x + 1, y + 1, x + 1, y + 1);
	pty_send(pty, click);
	pty_wait_idle(pty);
	pty_assert_no_text(pty, "base");
	pty_send(pty, click); /* soon after the first: a double click */
	pty_wait_row(pty, "base", "ready");
	pty_send(pty, "\033[<65;5;5M\033[<65;5;5M\033[<64;5;5M");
	pty_wait_idle(pty);
	pty_assert_no_text(pty, "does nothing here");
	quit(place);
}

static void test_mouse__is_not_asked_for_by_default(void **state)
{
	struct place *place = *state;
	struct pty *pty = start(place, NULL);
	assert_false(pty_wrote(pty, 0, "\033[?1000h"));
	pty_send(pty, "\033[<0;5;5M"); /* and what comes all the same is no key */
	pty_wait_idle(pty);
	pty_assert_no_text(pty, "does nothing here");
	quit(place);
}

static void test_policy__a_read_only_group_is_written_to_for_a_reason_that_is_logged__U2_A2(void **state)
{
	struct place *place = *state;
	configure(place, "[group lab]\nread_only = yes\n");
	struct pty *pty = start(place, NULL);
	pty_type(pty, "gjjs");
	pty_assert_text(pty, "group 'lab' is read-only");
	pty_assert_no_text(pty, "TAKE SNAPSHOT");
	pty_type(pty, ":write 10m CHG-4411<Enter>");
	pty_wait_text(pty, "can be written to for 10m");
	pty_type(pty, "s");
	pty_assert_text(pty, "TAKE SNAPSHOT");
	pty_type(pty, "<Escape><^E>");
	pty_wait_text(pty, "read-only again");
	pty_type(pty, "s");
	pty_assert_no_text(pty, "TAKE SNAPSHOT");
	quit(place);
	char *log = console_world_command(&place->world, "log", "--what=AllowWriting", NULL, NULL);
	assert_non_null(strstr(log, "group 'lab' for 10m: CHG-4411"));
	free(log);
}

/* `hvtree WORDS...` with the configuration; its exit code. */
static int command(struct place *place, struct program_result *result, const char *a, const char *b, const char *c,
	const char *d)
{
	const char *argv[] = {program_path("hvtree"), place->world.demo_option, a, b, c, d, NULL};
	program_run(argv, place->environment, NULL, result);
	return result->code;
}

static void test_policy__holds_for_commands_too_and_one_act_is_allowed_for_a_reason__U2_A2(void **state)
{
	struct place *place = *state;
	struct program_result result;
	configure(place, "[group lab]\nread_only = yes\n");
	assert_int_equal(command(place, &result, "snapshot", "create", "alpha", NULL), 1);
	assert_non_null(strstr(result.err, "group 'lab' is read-only by the configuration; --write REASON"));
	program_result_clear(&result);
	const char *const edit[] = {program_path("hvtree"), place->world.demo_option, "snapshot", "edit", "alpha", "base",
		"--name=other", NULL};
	program_run(edit, place->environment, NULL, &result);
	assert_int_equal(result.code, 1);
	assert_non_null(strstr(result.err, "read-only by the configuration"));
	program_result_clear(&result);
	/* nor does one of its VMs get another owner; that the account is not there is not looked at */
	assert_int_equal(command(place, &result, "vm", "assign", "alpha", "--account=nobody"), 1);
	assert_non_null(strstr(result.err, "read-only by the configuration"));
	program_result_clear(&result);
	/* nor is it decided what becomes of its VMs, or their snapshots forgotten */
	assert_int_equal(command(place, &result, "host", "set", "hv01", "--stop-policy=export"), 1);
	assert_non_null(strstr(result.err, "read-only by the configuration"));
	program_result_clear(&result);
	assert_int_equal(command(place, &result, "host", "remove", "hv01", "--yes"), 1);
	assert_non_null(strstr(result.err, "read-only by the configuration"));
	program_result_clear(&result);
	assert_int_equal(command(place, &result, "snapshot", "create", "alpha", "--dry-run"), 0);
	program_result_clear(&result);
	assert_int_equal(command(place, &result, "snapshot", "create", "alpha", "--write=CHG-7"), 0);
	program_result_clear(&result);
	assert_int_equal(command(place, &result, "log", "--what=AllowWriting", NULL, NULL), 0);
	assert_non_null(strstr(result.out, "group 'lab' for one 'snapshot create': CHG-7"));
	program_result_clear(&result);
}

static void test_policy__a_group_that_asks_for_it_has_the_name_typed_before_a_revert__U4(void **state)
{
	struct place *place = *state;
	configure(place, "[group lab]\nconfirm = name\ntheme = prod-red\n");
	struct pty *pty = start(place, NULL);
	pty_type(pty, "gjj<Enter>");
	pty_wait_row(pty, "base", "ready");
	pty_type(pty, "jr");
	pty_wait_text(pty, "KEPT");
	pty_assert_text(pty, "type the name of the VM to go on");
	pty_type(pty, "<Tab><Tab><Tab>alph");
	pty_assert_text(pty, "( Revert )");
	pty_type(pty, "<Escape>");
	quit(place);
}

static void test_picture__is_exported_opened_elsewhere_and_changes_nothing(void **state)
{
	struct place *place = *state;
	HV_CLEANUP_FREE char *picture = hv_sprintf("%s/picture", place->world.folder);
	HV_CLEANUP_FREE char *export_option = hv_sprintf("--export=%s", picture);
	HV_CLEANUP_FREE char *open_option = hv_sprintf("--open=%s", picture);
	struct program_result result;
	assert_int_equal(command(place, &result, export_option, NULL, NULL, NULL), 0);
	program_result_clear(&result);
	assert_int_equal(command(place, &result, export_option, NULL, NULL, NULL), 1); /* never over a file */
	assert_non_null(strstr(result.err, "File exists"));
	program_result_clear(&result);
	const char *const argv[] = {program_path("hvtree"), open_option, NULL};
	place->options.argv = argv;
	struct pty *pty = place->world.pty = pty_start(&place->options);
	pty_wait_text(pty, "picture of ");
	pty_type(pty, "gjj<Enter>");
	pty_wait_row(pty, "base", "ready");
	pty_assert_text(pty, " RO ");
	pty_type(pty, "s");
	pty_assert_text(pty, "this console is read-only");
	pty_type(pty, "jr");
	pty_assert_no_text(pty, "REVERT");
	pty_type(pty, "<F5>");
	pty_assert_text(pty, "nothing stands behind it");
	quit(place);
	FILE *file = fopen(picture, "r+");
	assert_non_null(file);
	assert_int_equal(ftruncate(fileno(file), 2000), 0);
	assert_int_equal(fclose(file), 0);
	pty = place->world.pty = pty_start(&place->options);
	assert_int_equal(pty_wait_exit(pty), 1);
	pty_assert_text(pty, "picture: ");
	pty_assert_restored(pty);
}

static void test_plain__tells_in_lines_and_asks_before_what_loses_something__U5(void **state)
{
	struct place *place = *state;
	const char *const argv[] = {program_path("hvtree"), place->world.demo_option, "--plain", NULL};
	struct program_result result;
	program_run(argv, NULL, "vms al\nopen 1\ntake fresh\nshow\nrevert 1\nopen 9\nnonsense\nquit\n", &result);
	assert_int_equal(result.code, 0);
	static const char *const says[] = {"1. alpha, on hv01, Running, 1 snapshot\n", "1. base, disk only, Ready, ",
		"took Disk snapshot 'fresh'", "2. fresh, disk only, Ready, ", ", made from base, current",
		"Say the number of a VM", "Not understood"};
	for (size_t i = 0; i < HV_ARRAY_LEN(says); i++) {
		if (!strstr(result.out, says[i])) {
			fail_msg("'%s' is not in:\n%s", says[i], result.out);
		}
	}
	assert_non_null(strstr(result.err, "no terminal to ask on"));
	assert_null(strchr(result.out, '\033'));
	program_result_clear(&result);
	const char *const read_only[] = {program_path("hvtree"), place->world.demo_option, "--plain", "--read-only", NULL};
	program_run(read_only, NULL, "vms al\nopen 1\ntake never\nsnapshot delete alpha base --yes\nhost remove hv01 --yes\n"
		"snapshot edit alpha base --name never\n", &result);
	assert_int_equal(result.code, 0);
	assert_null(strstr(result.out, "was removed"));
	assert_non_null(strstr(result.out, "this console is read-only"));
	program_result_clear(&result);
	char *list = console_world_command(&place->world, "snapshot", "list", "--vm=alpha", NULL);
	assert_null(strstr(list, "never"));
	assert_non_null(strstr(list, "base"));
	free(list);
}

/* The act is written down and sent while ^Z is on its way: wherever that falls, another console is not kept out. */
static void test_suspend__in_the_middle_of_an_act_keeps_no_other_console_from_the_store(void **state)
{
	struct place *place = *state;
	const char *const argv[] = {"/bin/bash", "--norc", "--noprofile", "--noediting", "-i", NULL};
	const char *const environment[] = {"PS1=shell$ ", NULL};
	const struct pty_options options = {
		.argv = argv, .environment = environment, .width = 110, .height = 36, .has_no_idle = true};
	struct pty *pty = place->world.pty = pty_start(&options);
	HV_CLEANUP_FREE char *run = hv_sprintf("%s %s\r", program_path("hvtree"), place->world.demo_option);
	pty_wait_text(pty, "shell$");
	pty_send(pty, run);
	pty_wait_row(pty, "hv01", "up");
	pty_send(pty, "gjj");
	for (int i = 0; i < 3; i++) {
		HV_CLEANUP_FREE char *name = hv_sprintf("--name=meanwhile-%d", i);
		HV_CLEANUP_FREE char *act = hv_sprintf("sx%d\t\t\t\t\r\x1a", i);
		HV_CLEANUP_FREE char *rows = hv_sprintf("%d snaps", 2 + i);
		pty_send(pty, act);
		pty_wait_text(pty, "Stopped");
		free(console_world_command(&place->world, "snapshot", "create", "beta", name));
		pty_send(pty, "clear; fg\r");
		pty_wait_row(pty, "alpha", rows);
		pty_wait_row(pty, "alpha", "running");
	}
	pty_send(pty, "q");
	pty_wait_text(pty, "shell$");
	pty_send(pty, "exit\r");
	(void)pty_wait_exit(pty);
}

static void test_names__that_are_wide_or_combine_keep_the_columns_straight__U5(void **state)
{
	struct place *place = *state;
	static const char *const names[] = {"plain", "日本語", "e\xCC\x81t\xCC\xA3\xCC\x81", "ﾊﾟ", "naïve"};
	for (size_t i = 0; i < HV_ARRAY_LEN(names); i++) {
		HV_CLEANUP_FREE char *option = hv_sprintf("--name=%s", names[i]);
		free(console_world_command(&place->world, "snapshot", "create", "beta", option));
	}
	struct pty *pty = start(place, NULL);
	pty_type(pty, "gjjj<Enter>");
	int x = -1;
	for (size_t i = 0; i < HV_ARRAY_LEN(names); i++) {
		int begin, y, at;
		pty_wait_text(pty, names[i]);
		assert_true(pty_find(pty, names[i], &begin, &y));
		for (at = begin + 6; at < 109 && strcmp(pty_cell(pty, at, y).text, "r") != 0; at++) {
		}
		assert_string_equal(pty_cell(pty, at + 1, y).text, "e"); /* "ready" */
		assert_true(x < 0 || at == x);
		x = at;
	}
	quit(place);
}

static struct pty *start_empty(struct place *place, char option[100])
{
	(void)snprintf(option, 100, "--store=%s/empty.db", place->world.folder);
	const char *const argv[] = {program_path("hvtree"), option, NULL};
	place->options.argv = argv;
	struct pty *pty = place->world.pty = pty_start(&place->options);
	place->options.argv = NULL;
	pty_wait_text(pty, "WELCOME");
	return pty;
}

static void test_first_run__a_store_without_hosts_takes_one_and_asks_no_more(void **state)
{
	struct place *place = *state;
	char option[100];
	struct pty *pty = start_empty(place, option);
	pty_assert_text(pty, "( Add this host )");
	pty_type(pty, "op@127.0.0.1:1<Enter>");
	pty_wait_row(pty, "op@127.0.0.1:1", "lost");
	pty_assert_no_text(pty, "WELCOME");
	pty_keys(pty, "q");
	assert_int_equal(pty_wait_exit(pty), 0);
	pty_assert_restored(pty);
	const char *const argv[] = {program_path("hvtree"), "host", "list", option, NULL};
	struct program_result result;
	program_run(argv, NULL, NULL, &result);
	assert_non_null(strstr(result.out, "op@127.0.0.1:1"));
	program_result_clear(&result);
}

static void test_first_run__goes_on_with_the_demo_when_that_is_wanted_and_leaves_nothing_of_it(void **state)
{
	struct place *place = *state;
	char option[100];
	struct pty *pty = start_empty(place, option);
	pty_keys(pty, "<Tab><Tab><Enter>"); /* the demo's screen counts keys from 0 */
	pty_wait_text(pty, "TRAINING");
	pty_wait_row(pty, "hv04.lab", "up");
	pty_keys(pty, "q");
	assert_int_equal(pty_wait_exit(pty), 0);
	pty_assert_restored(pty);
}

int main(void)
{
#define MANNERS_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		MANNERS_TEST(test_settings__changed_in_the_console_are_in_a_commented_file_and_hold_at_the_next_start),
		MANNERS_TEST(test_settings__mistakes_in_the_file_are_told_at_the_start_and_nothing_else_is_lost),
		MANNERS_TEST(test_keys__of_the_file_run_their_actions),
		MANNERS_TEST(test_theme__follows_the_background_that_the_terminal_tells_however_slowly__U5),
		MANNERS_TEST(
			test_theme__a_terminal_is_not_asked_when_the_theme_is_chosen_or_it_could_show_the_question__U5),
		MANNERS_TEST(test_theme__every_one_that_T_shows_can_be_read_and_comes_round__U5),
		MANNERS_TEST(test_mouse__chooses_opens_and_scrolls_and_is_given_back__U5),
		MANNERS_TEST(test_mouse__is_not_asked_for_by_default),
		MANNERS_TEST(test_policy__a_read_only_group_is_written_to_for_a_reason_that_is_logged__U2_A2),
		MANNERS_TEST(test_policy__holds_for_commands_too_and_one_act_is_allowed_for_a_reason__U2_A2),
		MANNERS_TEST(test_policy__a_group_that_asks_for_it_has_the_name_typed_before_a_revert__U4),
		MANNERS_TEST(test_picture__is_exported_opened_elsewhere_and_changes_nothing),
		MANNERS_TEST(test_plain__tells_in_lines_and_asks_before_what_loses_something__U5),
		MANNERS_TEST(test_suspend__in_the_middle_of_an_act_keeps_no_other_console_from_the_store),
		MANNERS_TEST(test_first_run__a_store_without_hosts_takes_one_and_asks_no_more),
		MANNERS_TEST(test_first_run__goes_on_with_the_demo_when_that_is_wanted_and_leaves_nothing_of_it),
		MANNERS_TEST(test_names__that_are_wide_or_combine_keep_the_columns_straight__U5),
	};
	return cmocka_run_group_tests_name("terminal/manners", tests, NULL, NULL) ? 1 : 0;
}
