/*
 * The specification's own scenarios (Z1-Z5) through the real programs: hvtree's commands, the SQLite store and
 * hvtree-sim. After each step the guest's disk and memory, the host's checkpoint tree and the store's tree are compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "tests/scenario/scenarios.h"
#include "tests/support/world.h"

/* Which of the snapshots A, B, C hold memory; a stopped VM can only have Disk ones (T4). */
struct shape {
	bool running;
	bool memory[3];
};

static const struct shape memory_off_running = {true, {false, false, false}};
static const struct shape memory_on_running = {true, {true, true, true}};
static const struct shape memory_mixed_running = {true, {false, true, false}};
static const struct shape memory_mixed_otherwise_running = {true, {true, false, true}};
static const struct shape memory_off_stopped = {false, {false, false, false}};

static const char *const names[3] = {"A", "B", "C"};

static void act(struct world *world, const char *what, const char *snapshot, const char *extra)
{
	free(world_expect(world, 0, "snapshot", what, WORLD_VM, snapshot, "--yes", extra, NULL));
}

static void take(struct world *world, const struct shape *shape, int which)
{
	const char *memory = shape->memory[which] ? "--memory" : NULL;
	free(world_expect(world, 0, "snapshot", "create", WORLD_VM, "--name", names[which], memory, NULL));
}

static void set_power(struct world *world, bool running)
{
	json_t *vm = world_host_vm(world);
	bool is_running = strcmp(json_string_value(json_object_get(vm, "state")), "Running") == 0;
	json_decref(vm);
	if (running && !is_running) {
		free(world_expect(world, 0, "vm", "start", WORLD_VM, NULL));
	} else if (!running && is_running) {
		free(world_expect(world, 0, "vm", "stop", WORLD_VM, NULL));
	}
	world_assert_vm_state(world, running ? "Running" : "Stopped");
}

/* Before each snapshot the guest writes its name: under "marker", and under a key of its own. */
static void write_content(struct world *world, const struct shape *shape, int which)
{
	world_write(world, false, "marker", names[which]);
	world_write(world, false, names[which], "written");
	if (shape->running) {
		world_write(world, true, "marker", names[which]);
	}
}

/* What the guest must hold after a revert to `which`: exactly the writes on the way from the root to it. */
static void assert_content(struct world *world, const struct shape *shape, int which)
{
	world_assert_guest(world, false, "marker", names[which]);
	world_assert_guest(world, false, "A", "written");
	world_assert_guest(world, false, "B", which == 1 ? "written" : NULL);
	world_assert_guest(world, false, "C", which == 2 ? "written" : NULL);
	world_assert_guest(world, false, "later", NULL);
	world_assert_vm_state(world, shape->memory[which] ? "Running" : "Stopped");
	if (shape->memory[which]) {
		world_assert_guest(world, true, "marker", names[which]);
	} else {
		world_assert_guest(world, true, "marker", NULL);
	}
}

/* A -> {B, C}, C current, the VM in the shape's power state. */
static void make_tree(struct world *world, const struct shape *shape)
{
	world_make(world, shape->running);
	write_content(world, shape, 0);
	take(world, shape, 0);
	world_assert_tree(world, "A*");
	world_assert_vm_state(world, shape->running ? "Running" : "Stopped");
	world_assert_guest(world, false, "marker", "A");
	write_content(world, shape, 1);
	take(world, shape, 1);
	world_assert_tree(world, "A .B*");
	world_write(world, false, "later", "lost on revert");
	act(world, "revert", "A", "--no-safety"); /* Z2: the previous one */
	world_assert_tree(world, "A* .B");
	assert_content(world, shape, 0);
	set_power(world, shape->running);
	write_content(world, shape, 2);
	take(world, shape, 2);
	world_assert_tree(world, "A .B .C*");
}

/* Z4: to any node, from running and from stopped; no snapshot is lost (V3), the target becomes current. */
static void revert_everywhere(const struct shape *shape)
{
	static const char *const trees[3] = {"A* .B .C", "A .B* .C", "A .B .C*"};
	struct world world;
	make_tree(&world, shape);
	for (int target = 0; target < 3; target++) {
		for (int running = 0; running < 2; running++) {
			set_power(&world, running != 0);
			world_write(&world, false, "later", "lost on revert");
			act(&world, "revert", names[target], "--no-safety");
			world_assert_tree(&world, trees[target]);
			assert_content(&world, shape, target);
		}
	}
	world_clear(&world);
}

/* Z5: the current one, one in the middle, all; content of the others stays reachable and unchanged (D2). */
static void delete_everything(const struct shape *shape)
{
	struct world world;
	make_tree(&world, shape);
	world_write(&world, false, "later", "kept on delete");
	act(&world, "delete", "C", NULL); /* D3: its parent becomes current */
	world_assert_tree(&world, "A* .B");
	world_assert_guest(&world, false, "marker", "C");
	world_assert_guest(&world, false, "later", "kept on delete");
	act(&world, "delete", "A", NULL); /* D2: a root with a child; now descends from nothing */
	world_assert_tree(&world, "B");
	world_assert_guest(&world, false, "later", "kept on delete");
	act(&world, "revert", "B", "--no-safety");
	world_assert_tree(&world, "B*");
	assert_content(&world, shape, 1);
	set_power(&world, shape->running);
	take(&world, shape, 2);
	world_assert_tree(&world, "B .C*");
	world_write(&world, false, "later", "survives all deletes");
	act(&world, "delete", "--all", NULL);
	world_assert_tree(&world, "");
	world_assert_guest(&world, false, "marker", "B");
	world_assert_guest(&world, false, "later", "survives all deletes");
	world_clear(&world);
}

static void delete_middle_and_subtree(const struct shape *shape)
{
	struct world world;
	world_make(&world, shape->running);
	for (int which = 0; which < 3; which++) {
		write_content(&world, shape, which);
		take(&world, shape, which);
	}
	world_assert_tree(&world, "A .B ..C*");
	act(&world, "delete", "B", NULL);
	world_assert_tree(&world, "A .C*");
	act(&world, "revert", "C", "--no-safety");
	world_assert_guest(&world, false, "marker", "C");
	world_assert_guest(&world, false, "B", "written");
	world_assert_vm_state(&world, shape->memory[2] ? "Running" : "Stopped");
	act(&world, "delete", "A", "--children");
	world_assert_tree(&world, "");
	world_assert_guest(&world, false, "marker", "C");
	world_clear(&world);
}

#define FOR_EACH_SHAPE(X)                                                                                  \
	X(memory_off_running)                                                                              \
	X(memory_on_running)                                                                               \
	X(memory_mixed_running)                                                                            \
	X(memory_mixed_otherwise_running)                                                                  \
	X(memory_off_stopped)

#define DEFINE_SCENARIOS(shape)                                                                            \
	static void test_revert_to_any_node_of_a_tree__##shape##__Z1_Z2_Z3_Z4_V1_V2_V3(void **state)       \
	{                                                                                                  \
		(void)state;                                                                               \
		revert_everywhere(&shape);                                                                 \
	}                                                                                                  \
	static void test_delete_current_any_all__##shape##__Z5_D2_D3_D4(void **state)                      \
	{                                                                                                  \
		(void)state;                                                                               \
		delete_everything(&shape);                                                                 \
	}                                                                                                  \
	static void test_delete_middle_and_subtree__##shape##__Z5_D2_D4(void **state)                      \
	{                                                                                                  \
		(void)state;                                                                               \
		delete_middle_and_subtree(&shape);                                                         \
	}
FOR_EACH_SHAPE(DEFINE_SCENARIOS)

static void assert_refused(struct world *world, const char *says, const char *words[6])
{
	char *sentence = world_expect(
		world, 1, words[0], words[1], words[2], words[3], words[4], words[5], NULL);
	if (!strstr(sentence, says)) {
		fail_msg("'%s' does not say '%s'", sentence, says);
	}
	free(sentence);
}

static void test_memory_of_a_stopped_vm_is_refused_and_nothing_changes__T4(void **state)
{
	struct world world;
	(void)state;
	world_make(&world, false);
	assert_refused(&world, "a DiskAndMemory snapshot needs a running VM, and '" WORLD_VM "' is Stopped",
		(const char *[6]){"snapshot", "create", WORLD_VM, "--memory"});
	world_assert_tree(&world, "");
	world_clear(&world);
}

static void test_names_are_unique_among_live_snapshots_and_free_again_after_a_delete__T5(void **state)
{
	struct world world;
	(void)state;
	world_make(&world, false);
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "before patch", NULL));
	assert_refused(&world, "named 'before patch' already",
		(const char *[6]){"snapshot", "create", WORLD_VM, "--name", "Before Patch"});
	world_assert_tree(&world, "before patch*");
	act(&world, "delete", "before patch", NULL);
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "Before Patch", NULL));
	world_assert_tree(&world, "Before Patch*");
	world_clear(&world);
}

static void test_the_limit_of_snapshots_is_kept_and_named__C3(void **state)
{
	struct world world;
	char name[8] = "s0";
	(void)state;
	world_make(&world, false);
	for (int i = 0; i < 10; i++) {
		name[1] = (char)('0' + i);
		free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", name, NULL));
	}
	assert_refused(
		&world, "limit is 10", (const char *[6]){"snapshot", "create", WORLD_VM, "--name", "one more"});
	world_assert_agrees(&world);
	act(&world, "delete", "s3", NULL);
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "one more", NULL));
	world_assert_agrees(&world);
	world_clear(&world);
}

static void test_a_second_operation_on_a_vm_is_refused_while_one_runs__X1(void **state)
{
	struct world world;
	(void)state;
	world_make(&world, true);
	free(world_sim(&world, "speed", "100", NULL)); /* creating takes seconds of the host's own time */
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "A", "--no-wait", NULL));
	assert_refused(
		&world, WORLD_VM, (const char *[6]){"snapshot", "create", WORLD_VM, "--name", "B"});
	assert_refused(&world, WORLD_VM, (const char *[6]){"vm", "stop", WORLD_VM, "--yes"});
	free(world_expect(&world, 0, "sync", NULL));
	world_assert_tree(&world, "A*");
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "B", NULL));
	world_assert_tree(&world, "A .B*");
	world_clear(&world);
}

static void test_a_guest_that_cannot_be_quiesced_gets_a_reason_and_no_snapshot__T4(void **state)
{
	struct world world;
	(void)state;
	world_make(&world, true);
	free(world_sim(&world, "fault", "set", "vss", NULL));
	assert_refused(&world, WORLD_VM, (const char *[6]){"snapshot", "create", WORLD_VM, "--name", "A"});
	free(world_sim(&world, "fault", "clear", NULL));
	json_t *vm = world_host_vm(&world);
	assert_int_equal(json_array_size(json_object_get(vm, "checkpoints")), 0);
	assert_string_equal(json_string_value(json_object_get(vm, "state")), "Running");
	json_decref(vm);
	act(&world, "delete", "A", NULL); /* D5, and what is absent on the host is deleted with success (D4) */
	world_assert_tree(&world, "");
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "A", "--memory", NULL));
	world_assert_tree(&world, "A*");
	world_clear(&world);
}

static void test_checkpoints_made_outside_are_counted_shown_and_never_touched__T6(void **state)
{
	struct world world;
	(void)state;
	world_make(&world, false);
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "A", NULL));
	free(world_sim(&world, "foreign", "create", WORLD_VM, "by hand", NULL));
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "B", NULL));
	json_t *vm = world_host_vm(&world);
	assert_int_equal(json_array_size(json_object_get(vm, "checkpoints")), 3);
	json_decref(vm);
	json_t *snapshots = world_snapshots(&world);
	assert_int_equal(json_array_size(snapshots), 2);
	json_decref(snapshots);
	char *tree = world_expect(&world, 0, "tree", WORLD_VM, NULL);
	assert_non_null(strstr(tree, "by hand"));
	assert_non_null(strstr(tree, "untracked"));
	free(tree);
	act(&world, "delete", "--all", NULL);
	vm = world_host_vm(&world);
	json_t *left = json_object_get(vm, "checkpoints");
	assert_int_equal(json_array_size(left), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(left, 0), "name")), "by hand");
	json_decref(vm);
	world_clear(&world);
}

#define REGISTER(shape)                                                                                    \
	cmocka_unit_test(test_revert_to_any_node_of_a_tree__##shape##__Z1_Z2_Z3_Z4_V1_V2_V3),              \
		cmocka_unit_test(test_delete_current_any_all__##shape##__Z5_D2_D3_D4),                     \
		cmocka_unit_test(test_delete_middle_and_subtree__##shape##__Z5_D2_D4),

int scenarios_run(const char *name)
{
	const struct CMUnitTest tests[] = {
		FOR_EACH_SHAPE(REGISTER)
		cmocka_unit_test(test_memory_of_a_stopped_vm_is_refused_and_nothing_changes__T4),
		cmocka_unit_test(test_names_are_unique_among_live_snapshots_and_free_again_after_a_delete__T5),
		cmocka_unit_test(test_the_limit_of_snapshots_is_kept_and_named__C3),
		cmocka_unit_test(test_a_second_operation_on_a_vm_is_refused_while_one_runs__X1),
		cmocka_unit_test(test_a_guest_that_cannot_be_quiesced_gets_a_reason_and_no_snapshot__T4),
		cmocka_unit_test(test_checkpoints_made_outside_are_counted_shown_and_never_touched__T6),
	};
	return cmocka_run_group_tests_name(name, tests, NULL, NULL) ? 1 : 0;
}
