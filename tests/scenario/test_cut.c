/*
 * Y3: after any crash of console or agent, at any step, store and host agree again without a person repairing anything,
 * and nothing that was Ready is lost.
 *
 * The real programs are killed with SIGKILL before each durable act they do (fsync, or a line said to the other side), one
 * act further in each round, until a round ends without a kill: so every workflow is cut before send, after send, before
 * record, and everywhere else. Then `hvtree sync` runs, as the next console would, and both sides are compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tests/support/world.h"

#define ROUNDS_MAX 120

struct cut_case {
	bool running;                            /* the VM before */
	bool memory;                             /* the snapshots */
	const char *words[6];                    /* the command that is cut */
	void (*prepare)(struct world *world, bool memory);
	const char *tree_before, *tree_after;    /* the two legal outcomes */
	const char *marker_before, *marker_after; /* what the guest's disk holds in each */
};

static void take(struct world *world, const char *name, bool memory)
{
	world_write(world, false, "marker", name);
	free(world_expect(world, 0, "snapshot", "create", WORLD_VM, "--name", name,
		memory ? "--memory" : NULL, NULL));
}

static void prepare_nothing(struct world *world, bool memory)
{
	(void)memory;
	world_write(world, false, "marker", "now");
}

static void prepare_chain(struct world *world, bool memory)
{
	take(world, "A", memory);
	take(world, "B", memory);
	take(world, "C", memory);
	world_write(world, false, "marker", "now");
}

/* A copy of the whole world: rounds must not see each other. */
static void copy_world(const struct world *from, struct world *to)
{
	char folder[] = "/tmp/hvtree-world-XXXXXX";
	struct program_result result;
	assert_non_null(mkdtemp(folder));
	char *contents = hv_sprintf("%s/.", from->folder);
	const char *argv[] = {"/bin/cp", "-a", contents, folder, NULL};
	program_run(argv, NULL, NULL, &result);
	assert_int_equal(result.code, 0);
	program_result_clear(&result);
	free(contents);
	*to = (struct world){0};
	to->folder = hv_strdup(folder);
	to->demo_option = hv_sprintf("--demo=%s", folder);
	to->state_file = hv_sprintf("%s/hosts/%s.db", folder, WORLD_HOST);
}

/* Runs the command of the case with the knife at act `round`; returns whether it fell. */
static bool run_cut(struct world *world, const struct cut_case *cut, const char *program, int round)
{
	struct program_result result;
	const char *tests = getenv("HVTREE_BIN_DIR");
	char *mark = hv_sprintf("%s/mark", world->folder);
	char *settings[] = {hv_sprintf("LD_PRELOAD=%s/../tests/test_cut.so", tests ? tests : "build/test/bin"),
		hv_sprintf("HVTREE_TEST_CUT=%d", round), hv_sprintf("HVTREE_TEST_CUT_PROGRAM=%s", program),
		hv_sprintf("HVTREE_TEST_CUT_MARK=%s", mark), NULL};
	world->environment = (const char *const *)settings;
	world_run(world, &result, cut->words[0], cut->words[1], cut->words[2], cut->words[3],
		cut->words[3] ? cut->words[4] : NULL,
		cut->words[3] && cut->words[4] ? cut->words[5] : NULL, NULL);
	world->environment = NULL;
	bool fell = access(mark, F_OK) == 0;
	(void)unlink(mark);
	if (!fell) {
		assert_int_equal(result.code, 0);
	}
	program_result_clear(&result);
	for (size_t i = 0; settings[i]; i++) {
		free(settings[i]);
	}
	free(mark);
	return fell;
}

static void assert_one_of_the_legal_outcomes(struct world *world, const struct cut_case *cut)
{
	world_assert_agrees(world);
	json_t *vm = world_host_vm(world);
	bool after = json_array_size(json_object_get(vm, "checkpoints")) !=
		     (cut->tree_before[0] ? 3u : 0u);
	if (strcmp(cut->words[1], "revert") == 0) {
		json_t *snapshots = world_snapshots(world);
		size_t index;
		json_t *each;
		json_array_foreach(snapshots, index, each) {
			if (json_is_true(json_object_get(each, "current"))) {
				after = strcmp(json_string_value(json_object_get(each, "displayname")), "A") == 0;
			}
		}
		json_decref(snapshots);
	}
	bool stops = after && strcmp(cut->words[1], "revert") == 0;
	const char *state = json_string_value(json_object_get(vm, "state"));
	world_assert_tree(world, after ? cut->tree_after : cut->tree_before);
	world_assert_guest(world, false, "marker", after ? cut->marker_after : cut->marker_before);
	if (stops) {
		assert_string_equal(state, cut->memory ? "Running" : "Stopped");
	} else if (!cut->running) {
		assert_string_equal(state, "Stopped");
	}
	json_decref(vm);
}

static void cut_everywhere(const struct cut_case *cut, const char *program)
{
	struct world original;
	int rounds = 0;
	bool fell = true;
	world_make(&original, cut->running);
	cut->prepare(&original, cut->memory);
	while (fell) {
		struct world world;
		assert_true(++rounds <= ROUNDS_MAX);
		copy_world(&original, &world);
		fell = run_cut(&world, cut, program, rounds);
		free(world_expect(&world, 0, "sync", NULL));
		assert_one_of_the_legal_outcomes(&world, cut);
		world_clear(&world);
	}
	print_message("          cut %s at %d places\n", program, rounds - 1);
	assert_true(rounds > 3);
	world_clear(&original);
}

static const struct cut_case create_disk = {
	false, false, {"snapshot", "create", WORLD_VM, "--name", "A"}, prepare_nothing, "", "A*", "now", "now"};
static const struct cut_case create_memory = {
	true, true, {"snapshot", "create", WORLD_VM, "--name=A", "--memory"}, prepare_nothing, "", "A*", "now", "now"};
static const struct cut_case revert_disk = {true, false, {"snapshot", "revert", WORLD_VM, "A", "--yes", "--no-safety"},
	prepare_chain, "A .B ..C*", "A* .B ..C", "now", "A"};
static const struct cut_case revert_memory = {true, true, {"snapshot", "revert", WORLD_VM, "A", "--yes", "--no-safety"},
	prepare_chain, "A .B ..C*", "A* .B ..C", "now", "A"};
static const struct cut_case delete_middle = {false, false, {"snapshot", "delete", WORLD_VM, "B", "--yes"},
	prepare_chain, "A .B ..C*", "A .C*", "now", "now"};
static const struct cut_case delete_current = {true, true, {"snapshot", "delete", WORLD_VM, "C", "--yes"},
	prepare_chain, "A .B ..C*", "A .B*", "now", "now"};

#define FOR_EACH_CUT(X)                                                                                    \
	X(create_disk)                                                                                     \
	X(create_memory)                                                                                   \
	X(revert_disk)                                                                                     \
	X(revert_memory)                                                                                   \
	X(delete_middle)                                                                                   \
	X(delete_current)

#define DEFINE_CUTS(cut)                                                                                   \
	static void test_##cut##__survives_a_killed_console_at_every_act__Y1_Y2_Y3(void **state)           \
	{                                                                                                  \
		(void)state;                                                                               \
		cut_everywhere(&cut, "hvtree");                                                            \
	}                                                                                                  \
	static void test_##cut##__survives_a_killed_agent_at_every_act__Y1_Y2_Y3(void **state)             \
	{                                                                                                  \
		(void)state;                                                                               \
		cut_everywhere(&cut, "hvtree-sim");                                                        \
	}
FOR_EACH_CUT(DEFINE_CUTS)

#define REGISTER(cut)                                                                                      \
	cmocka_unit_test(test_##cut##__survives_a_killed_console_at_every_act__Y1_Y2_Y3),                  \
		cmocka_unit_test(test_##cut##__survives_a_killed_agent_at_every_act__Y1_Y2_Y3),

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {FOR_EACH_CUT(REGISTER)};
	HV_CLEANUP_FREE char *filter = argc > 1 ? hv_sprintf("test_%s__*", argv[1]) : NULL;
	cmocka_set_test_filter(filter);
	return cmocka_run_group_tests_name("scenario/cut", tests, NULL, NULL) ? 1 : 0;
}
