/*
 * The real program under random keys, clicks, sizes and faults of its host: it always comes to rest, never crashes, always
 * gives the terminal back; a read-only one has written nothing; and the host is sound afterwards.
 *
 * test_terminal_monkey [SECONDS [SEED]]: for minutes, from a seed of one's own; without arguments for CI.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "tests/support/program.h"
#include "tests/terminal/console_world.h"

#define CI_SECONDS 8

#define PRESSED_SHOWN 400 /* bytes */

static struct hv_text pressed = HV_TEXT_INIT; /* since the program was started, for who looks for the cause */
static int64_t seconds = CI_SECONDS;
static uint64_t dice_state = 4711;

static uint64_t dice(uint64_t sides)
{
	dice_state ^= dice_state << 13;
	dice_state ^= dice_state >> 7;
	dice_state ^= dice_state << 17;
	return dice_state % sides;
}

static int set_up(void **state)
{
	struct console_world *world = malloc(sizeof *world);
	console_world_make(world);
	assert_int_equal(chdir(world->folder), 0); /* it will write files */
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	assert_int_equal(chdir("/"), 0);
	console_world_clear(*state);
	free(*state);
	return 0;
}

static void send_keys(struct pty *pty)
{
	static const char *const plans[] = {"gjj\r", "j", "k", "s\t\t\t\t\r", "r\t\r", "d\t\r", "\033[B\033[B\r", "u\t\r", "p\t\r", "/al\r",
		":jobs\r", ":theme\r", "J", "L", "A", "T", "?jjj\033", "\033", "\033\033", "\x0c", " j r\t\r", "e\r", "x", "\033OQ\r\033",
		"\033[<0;10;5M", "\033[<64;10;5M", "\033[200~q\rd\r\033[201~", "\033[99;99~", "\033]0;x\a", "\xE6\x97\xA5", "G", "g", "H", "*", "v",
		"U", "w", "o", "Z", "F", "!", "\x1a"};
	char any[2] = {(char)(32 + dice(95)), '\0'};
	for (uint64_t i = 1 + dice(5); i > 0; i--) {
		const char *keys = dice(4) ? plans[dice(HV_ARRAY_LEN(plans))] : any;
		hv_text_puts(&pressed, keys);
		pty_send(pty, keys);
	}
}

/* Faults that end by themselves: what never answers keeps the console from coming to rest, rightly. */
static void change_fault(struct console_world *world)
{
	static const char *const specs[] = {"drop-before:CreateVMSnapshotx1", "drop-after:RevertToVMSnapshotx1",
		"die-mid:CreateVMSnapshotx1", "die-mid:RevertToVMSnapshot:intentx1", "false:DeleteVMSnapshotx2", "late:CreateVMSnapshot:200",
		"disk-full", "vss", "drop-after:DeleteVMSnapshotx1"};
	if (dice(3) == 0) {
		free(console_world_sim(world, "fault", "clear", NULL, NULL));
	} else {
		free(console_world_sim(world, "fault", "set", specs[dice(HV_ARRAY_LEN(specs))], NULL));
	}
}

/* What was open and shut is remembered, so nothing can be said of the first screen. */
static void start(struct console_world *world, const char *option)
{
	const char *const argv[] = {program_path("hvtree"), world->demo_option, option, NULL};
	const struct pty_options options = {.argv = argv, .width = 110, .height = 36};
	pty_free(world->pty);
	world->pty = pty_start(&options);
	pty_wait_text(world->pty, "TRAINING");
}

/* What was said last: libvterm brings back with the main screen whether the cursor showed when it was left, xterm does not. */
static bool cursor_was_shown_last(const struct pty *pty)
{
	size_t from = pty_written(pty);
	while (from > 0 && !pty_wrote(pty, from, "\033[?25")) {
		from--;
	}
	return pty_wrote(pty, from, "\033[?25h");
}

/* Whatever was open: leave, and be handed the terminal as it was. */
static void leave(struct console_world *world)
{
	if (!pty_has_ended(world->pty)) {
		pty_signal(world->pty, SIGTERM);
	}
	int code = pty_wait_exit(world->pty);
	if (code != 0 || !cursor_was_shown_last(world->pty)) {
		size_t shown = pressed.length < PRESSED_SHOWN ? pressed.length : PRESSED_SHOWN;
		print_error("exit %d after these keys (and before):\n", code);
		for (const char *at = hv_text_get(&pressed) + pressed.length - shown; *at != '\0'; at++) {
			print_error(*at > ' ' && *at <= '~' ? "%c" : "\\x%02x", (unsigned char)*at);
		}
		print_error("\n");
	}
	assert_int_equal(code, 0);
	assert_true(cursor_was_shown_last(world->pty));
	assert_false(pty_is_alternate(world->pty));
	assert_int_equal(pty_modes(world->pty).c_lflag & (ECHO | ICANON | ISIG), ECHO | ICANON | ISIG);
	hv_text_clear(&pressed);
}

static size_t press_for_a_while(struct console_world *world, const char *option)
{
	static const int sizes[][2] = {{110, 36}, {80, 24}, {160, 50}, {41, 11}, {40, 10}, {20, 4}};
	struct hv_clock clock = hv_clock_system();
	int64_t end_us = hv_clock_monotonic_us(&clock) + seconds * HV_SECOND_US;
	size_t rounds = 0;
	start(world, option);
	for (; hv_clock_monotonic_us(&clock) < end_us; rounds++) {
		if (pty_has_ended(world->pty)) { /* it found the way out */
			leave(world);
			start(world, option);
		}
		if (dice(12) == 0) {
			change_fault(world);
		}
		if (dice(10) == 0 && !pty_has_ended(world->pty)) {
			const int *size = sizes[dice(HV_ARRAY_LEN(sizes))];
			pty_resize(world->pty, size[0], size[1]);
		}
		send_keys(world->pty);
		(void)pty_wait_idle_or_end(world->pty);
	}
	leave(world);
	return rounds;
}

static void test_monkey__the_program_always_rests_ends_well_and_leaves_a_sound_host__U5_Y3(void **state)
{
	struct console_world *world = *state;
	print_message("%zu rounds\n", press_for_a_while(world, NULL));
	free(console_world_sim(world, "fault", "clear", NULL, NULL));
	free(console_world_command(world, "sync", "hv01", NULL, NULL));
	free(console_world_sim(world, "check", NULL, NULL, NULL));
}

static void test_monkey__a_read_only_console_has_written_nothing__U2(void **state)
{
	struct console_world *world = *state;
	char *log_before = console_world_command(world, "log", "--json", NULL, NULL);
	(void)press_for_a_while(world, "--read-only");
	char *list = console_world_command(world, "snapshot", "list", "--json", NULL);
	char *log_after = console_world_command(world, "log", "--json", NULL, NULL);
	assert_non_null(strstr(list, "\"count\":1,"));
	assert_string_equal(log_before, log_after);
	free(list);
	free(log_before);
	free(log_after);
}

int main(int argc, char **argv)
{
	seconds = argc > 1 ? strtoll(argv[1], NULL, 10) : CI_SECONDS;
	dice_state = argc > 2 ? strtoull(argv[2], NULL, 10) : dice_state;
	print_message("seed %llu, %lld s each\n", (unsigned long long)dice_state, (long long)seconds);
#define MONKEY_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		MONKEY_TEST(test_monkey__the_program_always_rests_ends_well_and_leaves_a_sound_host__U5_Y3),
		MONKEY_TEST(test_monkey__a_read_only_console_has_written_nothing__U2),
	};
	return cmocka_run_group_tests_name("terminal/monkey", tests, NULL, NULL) ? 1 : 0;
}
