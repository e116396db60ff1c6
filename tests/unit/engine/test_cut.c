/*
 * Every workflow, cut everywhere (Y1, Y2, Y3). A point is before or after a commit, a send or a delivery. For n = 1, 2, 3
 * ... the console dies at the n-th point, a new one starts on the same store, and afterwards host and store agree, nothing
 * is left in between, no act was done twice, and the guest holds what one of the two legal outcomes says.
 *
 * The second part lets the n-th call of the store fail once instead, in a console that lives on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "tests/support/engine_world.h"

#define ALL_CAPABILITIES (AGENT_CAN_REVERT_MEMORY_FROM_OFF | AGENT_CAN_PRODUCTION_CHECKPOINTS | AGENT_CAN_EXPORT)

/* How a workflow is set up, asked for, and judged. */
struct workflow_case {
	const char *name;
	unsigned capabilities;
	bool stopped;          /* the VM, when the workflow begins */
	bool three;            /* A(B,C*) before it; else A(B*) */
	enum operation_kind kind;
	enum snapshot_type type;
	const char *target;
	bool all;
	bool subtree;
	/* what must be true when it was done, and when it was not */
	const char *tree_done;
	const char *disk_done;   /* NULL: as before */
	const char *memory_done; /* NULL: as before */
	enum vm_state state_done;
};

static const struct workflow_case cases[] = {
	{"create disk running", ALL_CAPABILITIES, false, false, OPERATION_CREATE_SNAPSHOT, SNAPSHOT_DISK, "N", false,
		false, "A(B(N*))", NULL, NULL, VM_RUNNING},
	{"create disk stopped", ALL_CAPABILITIES, true, false, OPERATION_CREATE_SNAPSHOT, SNAPSHOT_DISK, "N", false,
		false, "A(B(N*))", NULL, NULL, VM_STOPPED},
	{"create memory", ALL_CAPABILITIES, false, false, OPERATION_CREATE_SNAPSHOT, SNAPSHOT_DISK_AND_MEMORY, "N",
		false, false, "A(B(N*))", NULL, NULL, VM_RUNNING},
	{"revert to disk running", ALL_CAPABILITIES, false, false, OPERATION_REVERT_SNAPSHOT, SNAPSHOT_DISK, "B", false,
		false, "A(B*)", "diskB", "", VM_STOPPED},
	{"revert to disk stopped", ALL_CAPABILITIES, true, false, OPERATION_REVERT_SNAPSHOT, SNAPSHOT_DISK, "B", false,
		false, "A(B*)", "diskB", "", VM_STOPPED},
	{"revert to memory running", ALL_CAPABILITIES, false, false, OPERATION_REVERT_SNAPSHOT,
		SNAPSHOT_DISK_AND_MEMORY, "A", false, false, "A*(B)", "diskA", "memoryA", VM_RUNNING},
	{"revert to memory stopped", ALL_CAPABILITIES, true, false, OPERATION_REVERT_SNAPSHOT,
		SNAPSHOT_DISK_AND_MEMORY, "A", false, false, "A*(B)", "diskA", "memoryA", VM_RUNNING},
	{"revert to memory by a start first", 0, true, false, OPERATION_REVERT_SNAPSHOT, SNAPSHOT_DISK_AND_MEMORY, "A",
		false, false, "A*(B)", "diskA", "memoryA", VM_RUNNING},
	{"delete a root", ALL_CAPABILITIES, false, true, OPERATION_DELETE_SNAPSHOT, SNAPSHOT_DISK, "A", false, false,
		"B,C*", NULL, NULL, VM_RUNNING},
	{"delete the current one", ALL_CAPABILITIES, true, true, OPERATION_DELETE_SNAPSHOT, SNAPSHOT_DISK, "C", false,
		false, "A*(B)", NULL, NULL, VM_STOPPED},
	{"delete a subtree", ALL_CAPABILITIES, false, true, OPERATION_DELETE_SNAPSHOT, SNAPSHOT_DISK, "A", false, true,
		"", NULL, NULL, VM_RUNNING},
	{"delete all", ALL_CAPABILITIES, false, true, OPERATION_DELETE_SNAPSHOT, SNAPSHOT_DISK, NULL, true, false, "",
		NULL, NULL, VM_RUNNING},
	{"stop", ALL_CAPABILITIES, false, false, OPERATION_STOP_VM, SNAPSHOT_DISK, NULL, false, false, "A(B*)", NULL,
		"", VM_STOPPED},
	{"start", ALL_CAPABILITIES, true, false, OPERATION_START_VM, SNAPSHOT_DISK, NULL, false, false, "A(B*)", NULL,
		"booted", VM_RUNNING},
};

/* Everything that may be different between two runs of the same case. */
struct trial {
	const struct workflow_case *workflow;
	bool known;          /* the new console can tell that the old one is gone */
	bool unread_is_read; /* the host reads what was on its way when the console died */
	int duration;        /* of an act of the host, in steps */
	struct engine_world world;
	int acts_before[AGENT_COMMAND_COUNT];
	char tree_before[200];
	char disk_before[FAKE_TEXT];
	char memory_before[FAKE_TEXT];
	enum vm_state state_before;
};

static void power(struct engine_world *world, enum operation_kind kind)
{
	struct engine_request request = engine_world_request(world, kind, NULL);
	assert_int_equal(engine_world_ask(&world->console, &request, NULL), HV_OK);
	engine_world_settle(world);
}

static void set_up(struct trial *trial)
{
	struct engine_world *world = &trial->world;
	engine_world_make(world, VM_RUNNING, trial->workflow->capabilities);
	engine_world_write(world, "diskA", "memoryA");
	engine_world_take(world, "A", SNAPSHOT_DISK_AND_MEMORY);
	engine_world_write(world, "diskB", "memoryB");
	engine_world_take(world, "B", SNAPSHOT_DISK);
	if (trial->workflow->three) {
		engine_world_revert(world, "A");
		engine_world_write(world, "diskC", "memoryC");
		engine_world_take(world, "C", SNAPSHOT_DISK_AND_MEMORY);
	}
	engine_world_write(world, "disknow", "memorynow");
	if (trial->workflow->stopped) {
		power(world, OPERATION_STOP_VM);
	}
	fake_hosts_set_duration(world->hosts, world->host_id, trial->duration);
	for (int kind = 0; kind < AGENT_COMMAND_COUNT; kind++) {
		trial->acts_before[kind] = fake_hosts_acts(world->hosts, (enum agent_command_kind)kind);
	}
	(void)engine_world_tree(world, trial->tree_before, sizeof trial->tree_before);
	(void)snprintf(trial->disk_before, sizeof trial->disk_before, "%s", world->vm->disk);
	(void)snprintf(trial->memory_before, sizeof trial->memory_before, "%s", world->vm->memory);
	trial->state_before = world->vm->state;
	world->points = 0;
}

static struct engine_request make_request(struct trial *trial)
{
	const struct workflow_case *workflow = trial->workflow;
	struct engine_request request = engine_world_request(&trial->world, workflow->kind, workflow->target);
	request.type = workflow->type;
	request.all = workflow->all;
	request.subtree = workflow->subtree;
	return request;
}

static int acts(struct trial *trial, enum agent_command_kind kind)
{
	return fake_hosts_acts(trial->world.hosts, kind) - trial->acts_before[kind];
}

/* One request, one act of each kind at most; a chain of three may delete three times. */
static void assert_no_act_twice(struct trial *trial)
{
	bool chain = trial->workflow->all || trial->workflow->subtree;
	assert_in_range(acts(trial, AGENT_CREATE_VM_SNAPSHOT), 0, 1);
	assert_in_range(acts(trial, AGENT_REVERT_TO_VM_SNAPSHOT), 0, 1);
	assert_in_range(acts(trial, AGENT_DELETE_VM_SNAPSHOT), 0, chain ? 3 : 1);
	assert_in_range(acts(trial, AGENT_START), 0, 1);
	assert_in_range(acts(trial, AGENT_STOP), 0, 1);
}

/* Each snapshot gives back what it was taken of, whatever happened around it. */
static void assert_checkpoints_are_whole(struct trial *trial)
{
	static const struct {
		const char *name;
		const char *disk;
		const char *memory;
	} taken[] = {{"A", "diskA", "memoryA"}, {"B", "diskB", ""}, {"C", "diskC", "memoryC"}};
	for (size_t i = 0; i < HV_ARRAY_LEN(taken); i++) {
		struct snapshot snapshot = engine_world_snapshot(&trial->world, taken[i].name);
		if (snapshot.id != 0) {
			const struct fake_checkpoint *checkpoint = fake_vm_find(trial->world.vm, snapshot.name);
			assert_non_null(checkpoint);
			assert_string_equal(checkpoint->disk, taken[i].disk);
			assert_string_equal(checkpoint->memory, taken[i].memory);
		}
		snapshot_clear(&snapshot);
	}
}

static bool was_done(struct trial *trial)
{
	struct operation last = engine_world_last(&trial->world);
	bool done = last.kind == trial->workflow->kind && last.state == OPERATION_DONE;
	operation_clear(&last);
	char tree[200];
	(void)engine_world_tree(&trial->world, tree, sizeof tree);
	return done && strcmp(tree, trial->workflow->tree_done) == 0 &&
	       trial->world.vm->state == trial->workflow->state_done;
}

static void assert_content(struct trial *trial, bool done)
{
	const struct workflow_case *workflow = trial->workflow;
	const struct fake_vm *vm = trial->world.vm;
	char tree[200];
	assert_string_equal(engine_world_tree(&trial->world, tree, sizeof tree),
		done ? workflow->tree_done : trial->tree_before);
	assert_string_equal(vm->disk, done && workflow->disk_done ? workflow->disk_done : trial->disk_before);
	assert_string_equal(
		vm->memory, done && workflow->memory_done ? workflow->memory_done : trial->memory_before);
	assert_int_equal(vm->state, done ? workflow->state_done : trial->state_before);
}

static void assert_legal(struct trial *trial, bool must_be_done)
{
	engine_world_assert_agrees(&trial->world);
	assert_no_act_twice(trial);
	assert_checkpoints_are_whole(trial);
	bool done = must_be_done || was_done(trial);
	assert_content(trial, done);
}

/* Returns false when the n-th point was not met any more: the workflow got through. */
static bool run_cut(struct trial *trial, int64_t n)
{
	struct engine_world *world = &trial->world;
	set_up(trial);
	struct engine_request request = make_request(trial);
	world->cut_in = n;
	struct hv_error err = {0};
	enum hv_status status = engine_world_ask(&world->console, &request, &err);
	engine_world_settle(world);
	bool died = world->console.dead;
	world->cut_in = 0;
	if (died) {
		/* what was never written was never promised */
		struct store *store = world->console.store;
		store->ops->rollback(store);
		bool promised = engine_world_live(world) > 0;
		engine_world_restart(world, trial->known, trial->unread_is_read);
		engine_world_settle(world);
		assert_legal(trial, promised);
	} else {
		assert_int_equal(status, HV_OK);
		assert_legal(trial, true);
	}
	engine_world_clear(world);
	return died;
}

static void cut_everywhere(const struct workflow_case *workflow)
{
	int64_t points = 0;
	for (int variant = 0; variant < 6; variant++) {
		struct trial trial = {
			.workflow = workflow,
			.known = variant & 1,
			.unread_is_read = variant & 2,
			.duration = variant & 4 ? 4 : 1,
		};
		int64_t n = 1;
		while (run_cut(&trial, n)) {
			n += CUT_STRIDE;
		}
		points += n - 1;
	}
	print_message("%s: %lld cuts\n", workflow->name, (long long)points);
	assert_true(points > 60);
}

static void test_console_dies__at_every_point_of_every_workflow__Y1_Y2_Y3(void **state)
{
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		cut_everywhere(&cases[i]);
	}
}

/* The new console dies as well, at every point of its recovery. */
static void test_console_dies__again_while_it_recovers__Y3(void **state)
{
	(void)state;
	static const size_t chosen[] = {0, 3, 7, 9};
	for (size_t i = 0; i < HV_ARRAY_LEN(chosen); i++) {
		for (int64_t first = 6; first < 14; first += 2) {
			bool died = true;
			for (int64_t second = 1; died; second += CUT_STRIDE) {
				struct trial trial = {.workflow = &cases[chosen[i]], .known = true, .duration = 2};
				struct engine_world *world = &trial.world;
				set_up(&trial);
				struct engine_request request = make_request(&trial);
				world->cut_in = first;
				(void)engine_world_ask(&world->console, &request, NULL);
				engine_world_settle(world);
				world->cut_in = second;
				engine_world_restart(world, true, true);
				engine_world_settle(world);
				died = world->console.dead;
				world->cut_in = 0;
				if (died) {
					engine_world_restart(world, true, second & 1);
					engine_world_settle(world);
				}
				assert_legal(&trial, false);
				engine_world_clear(world);
			}
		}
	}
}

/* Returns false when there was no n-th call any more. */
static bool run_failing_store(struct trial *trial, int64_t n)
{
	struct engine_world *world = &trial->world;
	set_up(trial);
	struct engine_request request = make_request(trial);
	struct cut_store *cut = &world->console.cut;
	cut->fail_at = cut->calls + n;
	enum hv_status status = engine_world_ask(&world->console, &request, NULL);
	engine_world_settle(world);
	bool met = cut->calls >= cut->fail_at;
	assert_true(status == HV_OK || status == HV_ERR_STORE);
	if (status == HV_OK) {
		assert_legal(trial, true);
	} else {
		assert_legal(trial, false);
		assert_content(trial, false);
	}
	assert_in_range(world->console.store_failures, 0, 1);
	engine_world_clear(world);
	return met;
}

static void test_store_fails__at_every_call_of_every_workflow_and_nothing_is_lost__Y3(void **state)
{
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct trial trial = {.workflow = &cases[i], .duration = 3};
		int64_t n = 1;
		while (run_failing_store(&trial, n)) {
			n += CUT_STRIDE;
		}
		assert_true(n > 30);
	}
}

/* The link breaks at every step of the hosts; the console lives on and connects again. */
static bool run_lost_link(struct trial *trial, int n)
{
	struct engine_world *world = &trial->world;
	set_up(trial);
	struct engine_request request = make_request(trial);
	assert_int_equal(engine_world_ask(&world->console, &request, NULL), HV_OK);
	int step = 0;
	while (step < n && engine_world_step(world)) {
		step++;
	}
	fake_console_drop(world->console.links, world->host_id, trial->unread_is_read);
	world->now_us += 2 * HV_SECOND_US;
	(void)engine_tick(world->console.engine);
	engine_world_connect(&world->console);
	engine_world_settle(world);
	assert_legal(trial, true);
	engine_world_clear(world);
	return step == n;
}

static void test_link_breaks__at_every_step_of_every_workflow__Y2_Y4(void **state)
{
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		for (int variant = 0; variant < 4; variant++) {
			struct trial trial = {
				.workflow = &cases[i], .unread_is_read = variant & 1, .duration = variant & 2 ? 4 : 1};
			int n = 0;
			while (run_lost_link(&trial, n)) {
				n++;
			}
			assert_true(n > 3);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_console_dies__at_every_point_of_every_workflow__Y1_Y2_Y3),
		cmocka_unit_test(test_console_dies__again_while_it_recovers__Y3),
		cmocka_unit_test(test_store_fails__at_every_call_of_every_workflow_and_nothing_is_lost__Y3),
		cmocka_unit_test(test_link_breaks__at_every_step_of_every_workflow__Y2_Y4),
	};
	return cmocka_run_group_tests_name("engine/cut", tests, NULL, NULL);
}
