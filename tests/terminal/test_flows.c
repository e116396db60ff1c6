/* Finding, marking, ages and editing on the real program, the real store and the simulated host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

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

static void test_find__a_snapshot_of_a_closed_vm_is_found_through_the_store__U1_L1(void **state)
{
	struct console_world *world = *state;
	console_world_start(world, NULL, NULL);
	struct pty *pty = world->pty;
	pty_type(pty, "/BASE");
	pty_wait_row(pty, "base", "ready");
	pty_assert_no_text(pty, "gamma-00");
	pty_type(pty, "<Enter>");
	pty_assert_text(pty, "/BASE");
	pty_type(pty, "<Escape>");
	pty_assert_text(pty, "gamma-00");
	pty_type(pty, "/gamma-07<Enter>");
	pty_assert_text(pty, "1 of 32 VMs");
	pty_type(pty, "/zzz<Enter>");
	pty_wait_text(pty, "no match");
	pty_type(pty, "<Escape>");
	pty_assert_text(pty, "gamma-00");
	console_world_quit(world);
}

static void test_edit__a_new_name_and_note_are_in_the_store_and_in_the_log__T5_A2(void **state)
{
	struct console_world *world = *state;
	console_world_start(world, NULL, NULL);
	struct pty *pty = world->pty;
	pty_type(pty, "gjj<Enter>");
	pty_wait_row(pty, "base", "ready");
	pty_type(pty, "je<End>-2026<Tab>keep it<Enter>");
	pty_wait_row(pty, "base-2026", "ready");
	console_world_quit(world);
	char *list = console_world_command(world, "snapshot", "list", "--keyword=keep", "--json");
	assert_non_null(strstr(list, "\"displayname\":\"base-2026\""));
	assert_non_null(strstr(list, "\"description\":\"keep it\""));
	free(list);
	char *log = console_world_command(world, "log", "--what=EditSnapshot", NULL, NULL);
	assert_non_null(strstr(log, "name was 'base'"));
	free(log);
}

static void test_ages__shows_who_took_it_and_goes_to_it_in_the_tree__L1(void **state)
{
	struct console_world *world = *state;
	free(console_world_command(world, "snapshot", "create", "alpha", "--name=fresh"));
	console_world_start(world, NULL, NULL);
	struct pty *pty = world->pty;
	pty_type(pty, "A");
	pty_wait_row(pty, "base", "12d");
	pty_wait_row(pty, "base", "admin"); /* the fleet file's word */
	pty_wait_text(pty, "4-30d");
	pty_type(pty, "G<Enter>");
	pty_wait_row(pty, "fresh", "ready");
	pty_type(pty, "A");
	pty_wait_row(pty, "base", "admin");
	pty_type(pty, "r");
	pty_wait_text(pty, "REVERT");
	pty_type(pty, "<Escape>");
	console_world_quit(world);
}

static void test_set__two_marked_vms_get_a_snapshot_each_with_a_result_each__U2(void **state)
{
	struct console_world *world = *state;
	console_world_start(world, NULL, NULL);
	struct pty *pty = world->pty;
	pty_type(pty, "gjj  ");
	pty_assert_text(pty, "marked 2");
	pty_type(pty, "s");
	pty_assert_text(pty, "2 ok, 0 left out");
	pty_type(pty, "<Tab><Tab><Tab><Tab><Tab><Enter>");
	pty_wait_text(pty, "2 done, 0 failed");
	pty_type(pty, "<Enter>U");
	pty_wait_row(pty, "alpha", "2 snaps");
	pty_wait_row(pty, "beta", "1 snap");
	console_world_quit(world);
}

static void test_remembered__an_opened_vm_is_open_after_a_restart__U1(void **state)
{
	struct console_world *world = *state;
	console_world_start(world, NULL, NULL);
	pty_type(world->pty, "gjj<Enter>");
	pty_wait_row(world->pty, "base", "ready");
	console_world_quit(world);
	pty_free(world->pty);
	console_world_start(world, NULL, NULL);
	pty_wait_row(world->pty, "base", "ready");
	console_world_quit(world);
}

static void test_palette__runs_a_command_by_its_name__U2(void **state)
{
	struct console_world *world = *state;
	console_world_start(world, NULL, NULL);
	struct pty *pty = world->pty;
	pty_type(pty, "gjj:snap<Tab>");
	pty_assert_text(pty, "take a snapshot");
	pty_type(pty, "<Enter>");
	pty_assert_text(pty, "TAKE SNAPSHOT");
	pty_type(pty, "<Escape>");
	console_world_quit(world);
}

int main(void)
{
#define FLOW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		FLOW(test_find__a_snapshot_of_a_closed_vm_is_found_through_the_store__U1_L1),
		FLOW(test_edit__a_new_name_and_note_are_in_the_store_and_in_the_log__T5_A2),
		FLOW(test_ages__shows_who_took_it_and_goes_to_it_in_the_tree__L1),
		FLOW(test_set__two_marked_vms_get_a_snapshot_each_with_a_result_each__U2),
		FLOW(test_remembered__an_opened_vm_is_open_after_a_restart__U1),
		FLOW(test_palette__runs_a_command_by_its_name__U2),
	};
	return cmocka_run_group_tests_name("terminal/flows", tests, NULL, NULL) ? 1 : 0;
}
