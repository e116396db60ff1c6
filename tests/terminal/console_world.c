#include "tests/terminal/console_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "tests/support/program.h"

static const char fleet_head[] = "[fleet]\n"
				 "name = terminal\n"
				 "[host hv01]\n"
				 "group = lab\n"
				 "version = 10.0.20348\n"
				 "[vm alpha]\n"
				 "host = hv01\nstate = Running\ncpus = 2\nmemory_mb = "
				 "1024\noffering = small\ndisks = root:20\nproduction = yes\n"
				 "guest.disk.marker = now\nguest.memory.marker = now\n"
				 "[snapshot alpha/base]\n"
				 "type = Disk\nage = 12d\ncurrent = yes\nguest.disk.marker = base\n"
				 "[vm beta]\n"
				 "host = hv01\nstate = Stopped\ncpus = 1\nmemory_mb = "
				 "512\noffering = small\ndisks = root:20\n";

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

void console_world_make(struct console_world *world)
{
	*world = (struct console_world){.pty = NULL};
	strcpy(world->folder, "/tmp/hvtree-terminal-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	(void)snprintf(world->demo_option, sizeof world->demo_option, "--demo=%s", world->folder);
	(void)snprintf(
		world->state_file, sizeof world->state_file, "%s/hosts/hv01.db", world->folder);
	char path[80];
	(void)snprintf(path, sizeof path, "%s/fleet.ini", world->folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs(fleet_head, file);
	for (int i = 0; i < 30; i++) {
		(void)fprintf(file,
			"[vm gamma-%02d]\nhost = hv01\nstate = Stopped\ncpus = 1\nmemory_mb = "
			"512\noffering = small\n"
			"disks = root:20\n",
			i);
	}
	assert_int_equal(fclose(file), 0);
	free(console_world_command(world, "host", "list", NULL, NULL)); /* makes the state files */
}

void console_world_start(
	struct console_world *world, const struct pty_options *options, const char *option)
{
	const char *const argv[] = {program_path("hvtree"), world->demo_option, option, NULL};
	struct pty_options all =
		options ? *options : (struct pty_options){.width = 110, .height = 36};
	all.argv = argv;
	world->pty = pty_start(&all);
	pty_wait_row(world->pty, "hv01", "up");
	pty_wait_idle(world->pty);
}

void console_world_quit(struct console_world *world)
{
	pty_keys(world->pty, "q");
	assert_int_equal(pty_wait_exit(world->pty), 0);
	pty_assert_restored(world->pty);
}

void console_world_clear(struct console_world *world)
{
	pty_free(world->pty);
	(void)nftw(world->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static char *run(const char *const *argv)
{
	struct program_result result;
	program_run(argv, NULL, NULL, &result);
	if (result.code != 0) {
		print_error("%s %s: exit %d\n%s%s\n", argv[0], argv[1], result.code, result.out,
			result.err);
	}
	assert_int_equal(result.code, 0);
	char *out = result.out;
	result.out = NULL;
	program_result_clear(&result);
	return out;
}

char *console_world_sim(
	struct console_world *world, const char *a, const char *b, const char *c, const char *d)
{
	const char *const argv[] = {
		program_path("hvtree-sim"), "--state", world->state_file, a, b, c, d, NULL};
	return run(argv);
}

char *console_world_command(
	struct console_world *world, const char *a, const char *b, const char *c, const char *d)
{
	const char *argv[8] = {program_path("hvtree"), NULL};
	const char *const words[] = {a, b, c, d};
	size_t count = 1;
	for (size_t i = 0; i < HV_ARRAY_LEN(words) && words[i] != NULL; i++) {
		argv[count++] = words[i];
	}
	argv[count++] = world->demo_option;
	argv[count] = NULL;
	return run(argv);
}
