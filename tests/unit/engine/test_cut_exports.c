/*
 * Stops by each policy, starts that bring a VM back or end its export, and destroying, cut everywhere as test_cut.c does
 * with the workflows on snapshots (Y1, Y2, Y3): the console dies at each point, the store fails at each call, the link
 * breaks at each step. Whatever happens: host and store agree, no act was done twice, the VM is where it was promised to
 * be, and when it is started afterwards the guest finds its disk and every snapshot gives back what it was taken of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "backend/base/attributes.h"
#include "tests/support/engine_world.h"

#define CAPABILITIES                                                                                       \
	(AGENT_CAN_REVERT_MEMORY_FROM_OFF | AGENT_CAN_PRODUCTION_CHECKPOINTS | AGENT_CAN_EXPORT | AGENT_CAN_VOLUMES)

enum place { ON_HOST, OFF_HOST, NOWHERE };

struct stop_case {
	const char *name;
	enum stop_policy policy;
	enum vm_state from;     /* running, stopped under `keep`, or (Destroyed) taken off its host */
	bool exporting;         /* a stop was asked for, and its export runs */
	enum operation_kind kind;
	enum place place;       /* when it was done */
	enum vm_state state;
};

static const struct stop_case cases[] = {
	{"stop, keep", STOP_POLICY_KEEP, VM_RUNNING, false, OPERATION_STOP_VM, ON_HOST, VM_STOPPED},
	{"stop, export", STOP_POLICY_EXPORT, VM_RUNNING, false, OPERATION_STOP_VM, OFF_HOST, VM_STOPPED},
	{"stop of one that is off, export", STOP_POLICY_EXPORT, VM_STOPPED, false, OPERATION_STOP_VM, OFF_HOST,
		VM_STOPPED},
	{"stop, export at snapshot", STOP_POLICY_EXPORT_AT_SNAPSHOT, VM_RUNNING, false, OPERATION_STOP_VM, OFF_HOST,
		VM_STOPPED},
	{"create, export at snapshot", STOP_POLICY_EXPORT_AT_SNAPSHOT, VM_RUNNING, false, OPERATION_CREATE_SNAPSHOT,
		ON_HOST, VM_RUNNING},
	{"start with import", STOP_POLICY_EXPORT, VM_DESTROYED, false, OPERATION_START_VM, ON_HOST, VM_RUNNING},
	{"start during an export", STOP_POLICY_EXPORT, VM_RUNNING, true, OPERATION_START_VM, ON_HOST, VM_RUNNING},
	{"destroy", STOP_POLICY_KEEP, VM_RUNNING, false, OPERATION_DESTROY_VM, NOWHERE, VM_DESTROYED},
	{"destroy an export", STOP_POLICY_EXPORT, VM_DESTROYED, false, OPERATION_DESTROY_VM, NOWHERE, VM_DESTROYED},
};

struct trial {
	const struct stop_case *stop;
	bool known;          /* the new console can tell that the old one is gone */
	bool unread_is_read; /* the host reads what was on its way when the console died */
	int duration;        /* of an act of the host, in steps */
	struct engine_world world;
	int acts_before[AGENT_COMMAND_COUNT];
	bool off_before;
	enum vm_state state_before;
};

static struct engine_request request_of(struct trial *trial, enum operation_kind kind)
{
	return engine_world_request(&trial->world, kind, kind == OPERATION_CREATE_SNAPSHOT ? "N" : NULL);
}

static void must_do(struct trial *trial, enum operation_kind kind)
{
	struct engine_request request = request_of(trial, kind);
	struct hv_error err = {0};
	if (engine_world_ask(&trial->world.console, &request, &err) != HV_OK) {
		fail_msg("%s: %s", trial->stop->name, err.text);
	}
	engine_world_settle(&trial->world);
}

static void begin_export(struct trial *trial)
{
	struct engine_world *world = &trial->world;
	struct engine_request request = request_of(trial, OPERATION_STOP_VM);
	assert_int_equal(engine_world_ask(&world->console, &request, NULL), HV_OK);
	while (hv_uuid_is_nil(&world->vm->exporting)) {
		assert_true(engine_world_step(world));
	}
}

static void set_up(struct trial *trial)
{
	struct engine_world *world = &trial->world;
	engine_world_make(world, VM_RUNNING, CAPABILITIES);
	engine_world_write(world, "diskA", "memoryA");
	engine_world_take(world, "A", SNAPSHOT_DISK_AND_MEMORY);
	engine_world_write(world, "diskB", "memoryB");
	engine_world_take(world, "B", SNAPSHOT_DISK);
	engine_world_write(world, "disknow", NULL);
	if (trial->stop->from == VM_STOPPED) {
		must_do(trial, OPERATION_STOP_VM);
	}
	engine_world_set_policy(world, trial->stop->policy);
	if (trial->stop->from == VM_DESTROYED) {
		engine_world_set_policy(world, STOP_POLICY_EXPORT);
		must_do(trial, OPERATION_STOP_VM);
	}
	fake_hosts_set_duration(world->hosts, world->host_id, trial->duration);
	for (int kind = 0; kind < AGENT_COMMAND_COUNT; kind++) {
		trial->acts_before[kind] = fake_hosts_acts(world->hosts, (enum agent_command_kind)kind);
	}
	if (trial->stop->exporting) {
		begin_export(trial);
	}
	trial->off_before = world->vm->unregistered;
	trial->state_before = world->vm->state;
	world->points = 0;
}

static void assert_no_act_twice(struct trial *trial)
{
	static const enum agent_command_kind once[] = {AGENT_CREATE_VM_SNAPSHOT, AGENT_START, AGENT_STOP,
		AGENT_EXPORT_VM, AGENT_CANCEL_EXPORT, AGENT_REMOVE_VM, AGENT_IMPORT_VM, AGENT_DESTROY};
	for (size_t i = 0; i < HV_ARRAY_LEN(once); i++) {
		int acts = fake_hosts_acts(trial->world.hosts, once[i]) - trial->acts_before[once[i]];
		if (acts > 1) {
			fail_msg("%s: %s was done %d times", trial->stop->name, agent_command_name(once[i]), acts);
		}
	}
}

static void assert_snapshot(struct trial *trial, const char *name, const char *disk, const char *memory)
{
	struct snapshot snapshot = engine_world_snapshot(&trial->world, name);
	const struct fake_checkpoint *checkpoint = fake_vm_find(trial->world.vm, snapshot.name);
	assert_non_null(checkpoint);
	assert_int_equal(snapshot.state, SNAPSHOT_READY);
	assert_string_equal(checkpoint->disk, disk);
	assert_string_equal(checkpoint->memory, memory);
	snapshot_clear(&snapshot);
}

static bool is_destroyed(struct trial *trial)
{
	struct engine_world *world = &trial->world;
	struct virtual_machine vm = engine_world_vm(world);
	bool gone = fake_hosts_vm(world->hosts, world->host_id, "box") == NULL;
	assert_int_equal(vm.state == VM_DESTROYED, gone);
	assert_false(vm.missing);
	assert_int_equal(engine_world_live(world), 0);
	virtual_machine_clear(&vm);
	return gone;
}

/* What counts in the end: the guest runs on what it had, and its snapshots are whole. */
static void assert_guest_is_whole(struct trial *trial)
{
	struct engine_world *world = &trial->world;
	struct virtual_machine vm = engine_world_vm(world);
	assert_int_equal(vm.unregistered, world->vm->unregistered);
	virtual_machine_clear(&vm);
	assert_snapshot(trial, "A", "diskA", "memoryA");
	assert_snapshot(trial, "B", "diskB", "");
	if (world->vm->state == VM_STOPPED) {
		must_do(trial, OPERATION_START_VM);
	}
	assert_int_equal(world->vm->state, VM_RUNNING);
	assert_false(world->vm->unregistered);
	assert_string_equal(world->vm->disk, "disknow");
	assert_snapshot(trial, "A", "diskA", "memoryA");
	assert_snapshot(trial, "B", "diskB", "");
	engine_world_assert_agrees(world);
}

static void assert_place(struct trial *trial, bool done)
{
	const struct stop_case *stop = trial->stop;
	const struct fake_vm *vm = trial->world.vm;
	bool off = done ? stop->place == OFF_HOST : trial->off_before;
	if (!done && stop->exporting) { /* then the stop has run to its end */
		off = true;
	}
	if (vm->unregistered != off || vm->state != (done ? stop->state : trial->state_before)) {
		fail_msg("%s: %s, and the VM is %s %s its host", stop->name, done ? "done" : "not done",
			vm_state_name(vm->state), vm->unregistered ? "off" : "on");
	}
}

static void assert_legal(struct trial *trial, bool done)
{
	assert_no_act_twice(trial);
	bool destroyed = is_destroyed(trial);
	assert_int_equal(destroyed, done && trial->stop->place == NOWHERE);
	if (!destroyed) {
		engine_world_assert_agrees(&trial->world);
		assert_place(trial, done);
		assert_guest_is_whole(trial);
	}
}

/* Whether the store has the request: then it is promised. */
static bool is_promised(struct trial *trial)
{
	struct store *store = trial->world.console.store;
	struct operation_list list = {0};
	bool found = false;
	assert_int_equal(store->ops->operation_live(store, 0, 0, &list, NULL), HV_OK);
	assert_int_equal(store->ops->operation_recent(store, 2, &list, NULL), HV_OK);
	for (size_t i = 0; i < list.count; i++) {
		bool later = list.items[i].created_us >= trial->world.now_us - 30 * HV_SECOND_US;
		bool of_stop = trial->stop->kind == OPERATION_STOP_VM && (list.items[i].kind == OPERATION_EXPORT_VM ||
										 list.items[i].kind == OPERATION_REMOVE_VM);
		found = found || (later && (of_stop || list.items[i].kind == trial->stop->kind));
	}
	operation_list_clear(&list);
	return found;
}

/* Returns false when the n-th point was not met any more: the workflow got through. */
static bool run_cut(struct trial *trial, int64_t n)
{
	struct engine_world *world = &trial->world;
	set_up(trial);
	world->now_us += 40 * HV_SECOND_US; /* so that nothing of before is taken for the request */
	(void)engine_tick(world->console.engine);
	struct engine_request request = request_of(trial, trial->stop->kind);
	world->cut_in = n;
	struct hv_error err = {0};
	enum hv_status status = engine_world_ask(&world->console, &request, &err);
	engine_world_settle(world);
	bool died = world->console.dead;
	world->cut_in = 0;
	if (died) {
		struct store *store = world->console.store;
		store->ops->rollback(store);
		bool promised = is_promised(trial);
		engine_world_restart(world, trial->known, trial->unread_is_read);
		engine_world_settle(world);
		assert_legal(trial, promised);
	} else {
		if (status != HV_OK) {
			fail_msg("%s: %s", trial->stop->name, err.text);
		}
		assert_legal(trial, true);
	}
	engine_world_clear(world);
	return died;
}

static void test_console_dies__at_every_point_of_stops_starts_and_destroying__P2_P3_P4_D6_Y3(void **state)
{
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		int64_t points = 0;
		for (int variant = 0; variant < 4; variant++) {
			struct trial trial = {
				.stop = &cases[i],
				.known = variant != 2,
				.unread_is_read = variant & 1,
				.duration = variant & 2 ? 3 : 1,
			};
			int64_t n = 1;
			while (run_cut(&trial, n)) {
				n += CUT_STRIDE;
			}
			points += n - 1;
		}
		print_message("%s: %lld cuts\n", cases[i].name, (long long)points);
		assert_true(points > 40);
	}
}

/* Returns false when there was no n-th call any more. */
static bool run_failing_store(struct trial *trial, int64_t n)
{
	struct engine_world *world = &trial->world;
	set_up(trial);
	struct engine_request request = request_of(trial, trial->stop->kind);
	struct cut_store *cut = &world->console.cut;
	cut->fail_at = cut->calls + n;
	enum hv_status status = engine_world_ask(&world->console, &request, NULL);
	engine_world_settle(world);
	bool met = cut->calls >= cut->fail_at;
	cut->fail_at = 0;
	assert_true(status == HV_OK || status == HV_ERR_STORE);
	assert_legal(trial, status == HV_OK);
	engine_world_clear(world);
	return met;
}

static void test_store_fails__at_every_call_of_stops_starts_and_destroying__P2_P3_P4_D6_Y3(void **state)
{
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct trial trial = {.stop = &cases[i], .duration = 2};
		int64_t n = 1;
		while (run_failing_store(&trial, n)) {
			n += CUT_STRIDE;
		}
		assert_true(n > 30);
	}
}

/* The link breaks at every step of the host, which may go down with it; the console lives on and connects again. */
static bool run_lost_link(struct trial *trial, bool reboots, int n)
{
	struct engine_world *world = &trial->world;
	set_up(trial);
	struct engine_request request = request_of(trial, trial->stop->kind);
	assert_int_equal(engine_world_ask(&world->console, &request, NULL), HV_OK);
	int step = 0;
	while (step < n && engine_world_step(world)) {
		step++;
	}
	fake_console_drop(world->console.links, world->host_id, trial->unread_is_read);
	if (reboots) {
		fake_hosts_reboot(world->hosts, world->host_id);
	}
	world->now_us += 2 * HV_SECOND_US;
	(void)engine_tick(world->console.engine);
	engine_world_connect(&world->console);
	engine_world_settle(world);
	assert_legal(trial, true);
	engine_world_clear(world);
	return step == n;
}

static void test_link_breaks__at_every_step_of_stops_starts_and_destroying__P5_Y2(void **state)
{
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		for (int variant = 0; variant < 4; variant++) {
			struct trial trial = {.stop = &cases[i], .unread_is_read = variant & 1, .duration = 3};
			int n = 0;
			while (run_lost_link(&trial, variant & 2, n)) {
				n++;
			}
			assert_true(n > 3);
		}
	}
}

/* P5: storage goes at any step, and comes back. */
static bool run_lost_storage(struct trial *trial, int n)
{
	struct engine_world *world = &trial->world;
	set_up(trial);
	struct engine_request request = request_of(trial, trial->stop->kind);
	assert_int_equal(engine_world_ask(&world->console, &request, NULL), HV_OK);
	int step = 0;
	while (step < n && engine_world_step(world)) {
		step++;
	}
	fake_hosts_set_storage(world->hosts, world->host_id, false);
	for (int turn = 0; turn < 100; turn++) {
		engine_world_run(world);
		(void)engine_tick(world->console.engine);
		world->now_us += HV_SECOND_US;
	}
	fake_hosts_set_storage(world->hosts, world->host_id, true);
	engine_world_settle(world);
	assert_legal(trial, true);
	engine_world_clear(world);
	return step == n;
}

static void test_storage_goes__at_every_step_of_a_stop_and_the_vm_is_removed_when_it_is_back__P5(void **state)
{
	(void)state;
	static const size_t stops[] = {1, 2, 3};
	for (size_t i = 0; i < HV_ARRAY_LEN(stops); i++) {
		struct trial trial = {.stop = &cases[stops[i]], .duration = 3};
		int n = 0;
		while (run_lost_storage(&trial, n)) {
			n++;
		}
		assert_true(n > 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_console_dies__at_every_point_of_stops_starts_and_destroying__P2_P3_P4_D6_Y3),
		cmocka_unit_test(test_store_fails__at_every_call_of_stops_starts_and_destroying__P2_P3_P4_D6_Y3),
		cmocka_unit_test(test_link_breaks__at_every_step_of_stops_starts_and_destroying__P5_Y2),
		cmocka_unit_test(
			test_storage_goes__at_every_step_of_a_stop_and_the_vm_is_removed_when_it_is_back__P5),
	};
	return cmocka_run_group_tests_name("engine/cut_exports", tests, NULL, NULL);
}
