/* L1 by the real programs: each filter of `vm list` and the orders of both lists, as a script sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "tests/support/world.h"

static void assert_says(char *take_text, const char *what)
{
	if (!strstr(take_text, what)) {
		fail_msg("'%s' is not in: %s", what, take_text);
	}
	free(take_text);
}

static void test_vm_list__takes_every_filter_and_counts_what_fits__L1(void **state)
{
	(void)state;
	static const struct {
		const char *words[5];
		const char *count;
	} filters[] = {
		{{NULL}, "\"count\":1"},
		{{"--host", WORLD_HOST, "--with-snapshots", "--sort=-size"}, "\"count\":1"},
		{{"--without-snapshots"}, "\"count\":0"},
		{{"--state", "stopped"}, "\"count\":1"},
		{{"--state", "Running"}, "\"count\":0"},
		{{"--name", WORLD_VM, "--keyword", "BO"}, "\"count\":1"},
		{{"--keyword", "SMALL"}, "\"count\":1"},
		{{"--account", "nobody"}, "\"count\":0"},
		{{"--domain", "/", "--recursive", "--sort", "oldest"}, "\"count\":1"},
		{{"--older-than", "1d"}, "\"count\":0"},
		{{"--page", "2", "--page-size", "1"}, "\"count\":1"},
	};
	struct world world;
	world_make(&world, false);
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "A", NULL));
	for (size_t i = 0; i < HV_ARRAY_LEN(filters); i++) {
		const char *const *words = filters[i].words;
		assert_says(world_expect(&world, 0, "vm", "list", "--json", words[0], words[1], words[2], words[3], words[4],
				    NULL),
			filters[i].count);
	}
	free(world_expect(&world, 2, "vm", "list", "--sort", "colour", NULL));
	free(world_expect(&world, 2, "vm", "list", "--with-snapshots", "--without-snapshots", NULL));
	free(world_expect(&world, 1, "vm", "list", "--host", "nowhere", NULL));
	world_clear(&world);
}

static void test_snapshot_list__begins_with_the_newest_or_the_oldest__L1(void **state)
{
	(void)state;
	struct world world;
	world_make(&world, false);
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "A", NULL));
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "B", NULL));
	assert_says(world_expect(&world, 0, "snapshot", "list", "--json", "--page-size", "1", NULL),
		"\"displayname\":\"B\"");
	assert_says(world_expect(&world, 0, "snapshot", "list", "--json", "--page-size", "1", "--oldest-first", NULL),
		"\"displayname\":\"A\"");
	world_clear(&world);
}

static void test_host_list__takes_a_group_and_a_word__L1(void **state)
{
	(void)state;
	static const struct {
		const char *option, *value, *count;
	} filters[] = {{"--group", "LAB", "\"count\":1"}, {"--group", "prod", "\"count\":0"},
		{"--keyword", "HV0", "\"count\":1"}, {"--keyword", "xyz", "\"count\":0"}};
	struct world world;
	world_make(&world, false);
	for (size_t i = 0; i < HV_ARRAY_LEN(filters); i++) {
		assert_says(world_expect(&world, 0, "host", "list", "--json", filters[i].option, filters[i].value, NULL),
			filters[i].count);
	}
	world_clear(&world);
}

/* A checkpoint that somebody deletes on the host is found, said, and can be deleted here as well (Y4, D4). */
static void test_snapshot_verify__tells_each_and_what_is_gone_from_the_host__Y4(void **state)
{
	(void)state;
	struct world world;
	world_make(&world, false);
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "A", NULL));
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "B", NULL));
	assert_says(world_expect(&world, 0, "snapshot", "verify", WORLD_VM, NULL), "snapshot 'B' of VM 'box': Ready, current");
	json_t *list = world_snapshots(&world);
	const char *internal = json_string_value(json_object_get(json_array_get(list, 0), "name"));
	free(world_sim(&world, "foreign", "delete", WORLD_VM, internal, NULL));
	json_decref(list);
	assert_says(world_expect(&world, 0, "snapshot", "verify", WORLD_VM, NULL), "is not on the host any more");
	assert_says(world_expect(&world, 0, "snapshot", "verify", WORLD_VM, "A", "--json", NULL), "\"success\":true");
	free(world_expect(&world, 1, "snapshot", "verify", WORLD_VM, "nothing", NULL));
	free(world_expect(&world, 0, "snapshot", "delete", WORLD_VM, "B", "--yes", NULL));
	world_assert_tree(&world, "A*");
	world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vm_list__takes_every_filter_and_counts_what_fits__L1),
		cmocka_unit_test(test_host_list__takes_a_group_and_a_word__L1),
		cmocka_unit_test(test_snapshot_verify__tells_each_and_what_is_gone_from_the_host__Y4),
		cmocka_unit_test(test_snapshot_list__begins_with_the_newest_or_the_oldest__L1),
	};
	return cmocka_run_group_tests_name("scenario/lists", tests, NULL, NULL);
}
