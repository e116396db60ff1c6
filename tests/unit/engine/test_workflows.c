/* Create, revert, delete, start and stop as they go when nothing goes wrong: every kind, type and power state, judged by
 * what the guest holds and by what host and store say afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "backend/base/attributes.h"
#include "tests/support/engine_world.h"

#define ALL_CAPABILITIES (AGENT_CAN_REVERT_MEMORY_FROM_OFF | AGENT_CAN_PRODUCTION_CHECKPOINTS | AGENT_CAN_EXPORT)

static void assert_tree(struct engine_world *world, const char *expected)
{
	char text[400];
	assert_string_equal(engine_world_tree(world, text, sizeof text), expected);
	engine_world_assert_agrees(world);
}

static void test_create__ends_ready_and_current_whatever_the_type_and_the_power_state__C1_T4(void **state)
{
	(void)state;
	static const struct {
		enum vm_state vm;
		enum snapshot_type type;
	} cases[] = {
		{VM_RUNNING, SNAPSHOT_DISK},
		{VM_RUNNING, SNAPSHOT_DISK_AND_MEMORY},
		{VM_STOPPED, SNAPSHOT_DISK},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct engine_world world;
		engine_world_make(&world, cases[i].vm, ALL_CAPABILITIES);
		engine_world_take(&world, "A", cases[i].type);
		engine_world_take(&world, "B", cases[i].type);
		assert_tree(&world, "A(B*)");
		struct snapshot snapshot = engine_world_snapshot(&world, "B");
		const struct fake_checkpoint *checkpoint = fake_vm_find(world.vm, snapshot.name);
		assert_int_equal(checkpoint->has_memory, cases[i].type == SNAPSHOT_DISK_AND_MEMORY);
		assert_int_equal(snapshot.created_us, checkpoint->created_us);
		assert_int_equal(snapshot.size_bytes, 1 << 20);
		assert_int_equal(world.vm->state, cases[i].vm);
		snapshot_clear(&snapshot);
		engine_world_clear(&world);
	}
}

/* The rows as another console sees them, at each point where somebody can look. */
static void test_create__each_step_is_in_the_store_before_the_next_begins__C1(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	int64_t commits = world.console.cut.commits;
	struct engine_request request = engine_world_request(&world, OPERATION_CREATE_SNAPSHOT, "A");
	request.type = SNAPSHOT_DISK_AND_MEMORY;
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	struct snapshot snapshot = engine_world_snapshot(&world, "A");
	struct virtual_machine vm = engine_world_vm(&world);
	assert_int_equal(snapshot.state, SNAPSHOT_CREATING);
	assert_int_equal(vm.state, VM_SNAPSHOTTING);
	assert_true(hv_uuid_is_nil(&snapshot.checkpoint));
	assert_int_equal(fake_hosts_acts(world.hosts, AGENT_CREATE_VM_SNAPSHOT), 0);
	assert_int_equal(world.console.cut.commits - commits, 2);
	snapshot_clear(&snapshot);
	virtual_machine_clear(&vm);
	engine_world_settle(&world);
	assert_in_range(world.console.cut.commits - commits, 3, 5); /* with one for the host's own event */
	assert_tree(&world, "A*");
	engine_world_clear(&world);
}

static void test_create__without_a_name_takes_the_generated_one__T5(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	struct engine_request request = engine_world_request(&world, OPERATION_CREATE_SNAPSHOT, NULL);
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_ERR_CONFLICT);
	engine_world_settle(&world);
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	engine_world_settle(&world);
	assert_int_equal(world.vm->count, 2); /* within the same microsecond */
	struct operation last = engine_world_last(&world);
	assert_int_equal(strncmp(last.display_name, "box_VS_", 7), 0);
	struct snapshot snapshot = engine_world_snapshot(&world, last.display_name);
	assert_string_equal(snapshot.name, snapshot.display_name);
	snapshot_clear(&snapshot);
	operation_clear(&last);
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

/* V1, V2: from running or stopped, to both types, with and without a host that restores memory from off. */
static void test_revert__ends_as_the_type_says_from_every_power_state__V1_V2_V3(void **state)
{
	(void)state;
	static const unsigned capabilities[] = {ALL_CAPABILITIES, 0};
	for (size_t i = 0; i < 8; i++) {
		bool memory = i & 1;
		bool stopped = i & 2;
		struct engine_world world;
		engine_world_make(&world, VM_RUNNING, capabilities[i / 4]);
		engine_world_write(&world, "first", "one");
		engine_world_take(&world, "A", memory ? SNAPSHOT_DISK_AND_MEMORY : SNAPSHOT_DISK);
		engine_world_write(&world, "second", "two");
		engine_world_take(&world, "B", SNAPSHOT_DISK);
		engine_world_write(&world, "third", "three");
		if (stopped) {
			struct engine_request stop = engine_world_request(&world, OPERATION_STOP_VM, NULL);
			assert_int_equal(engine_world_ask(&world.console, &stop, NULL), HV_OK);
			engine_world_settle(&world);
		}
		int stops = fake_hosts_acts(world.hosts, AGENT_STOP);
		int starts = fake_hosts_acts(world.hosts, AGENT_START);
		engine_world_revert(&world, "A");
		assert_string_equal(world.vm->disk, "first");
		assert_string_equal(world.vm->memory, memory ? "one" : "");
		assert_int_equal(world.vm->state, memory ? VM_RUNNING : VM_STOPPED);
		assert_int_equal(fake_hosts_acts(world.hosts, AGENT_STOP) - stops, !memory && !stopped);
		assert_int_equal(fake_hosts_acts(world.hosts, AGENT_START) - starts,
			memory && stopped && capabilities[i / 4] == 0);
		assert_tree(&world, "A*(B)");
		engine_world_clear(&world);
	}
}

static void test_tree__any_node_is_a_target_and_no_snapshot_is_lost__Z3_Z4_V3(void **state)
{
	(void)state;
	static const enum snapshot_type types[][3] = {
		{SNAPSHOT_DISK, SNAPSHOT_DISK, SNAPSHOT_DISK},
		{SNAPSHOT_DISK_AND_MEMORY, SNAPSHOT_DISK_AND_MEMORY, SNAPSHOT_DISK_AND_MEMORY},
		{SNAPSHOT_DISK_AND_MEMORY, SNAPSHOT_DISK, SNAPSHOT_DISK_AND_MEMORY},
	};
	static const char *const names[] = {"A", "B", "C"};
	static const char *const trees[] = {"A*(B,C)", "A(B*,C)", "A(B,C*)"};
	for (size_t i = 0; i < HV_ARRAY_LEN(types); i++) {
		struct engine_world world;
		engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
		for (size_t j = 0; j < 3; j++) {
			if (j == 2) {
				engine_world_revert(&world, "A");
			}
			if (world.vm->state == VM_STOPPED) {
				struct engine_request start = engine_world_request(&world, OPERATION_START_VM, NULL);
				assert_int_equal(engine_world_ask(&world.console, &start, NULL), HV_OK);
				engine_world_settle(&world);
			}
			engine_world_write(&world, names[j], names[j]);
			engine_world_take(&world, names[j], types[i][j]);
		}
		for (size_t j = 0; j < 6; j++) {
			size_t target = (j * 2) % 3;
			engine_world_revert(&world, names[target]);
			assert_string_equal(world.vm->disk, names[target]);
			bool memory = types[i][target] == SNAPSHOT_DISK_AND_MEMORY;
			assert_string_equal(world.vm->memory, memory ? names[target] : "");
			assert_tree(&world, trees[target]);
		}
		engine_world_clear(&world);
	}
}

/* A -> {B, C(D)}, current D. Deleting each one keeps the content that every other one gives back. */
static void test_delete__moves_children_and_the_current_mark_to_the_parent__D2_D3_Z5(void **state)
{
	(void)state;
	static const struct {
		const char *deleted;
		const char *tree;
	} cases[] = {
		{"A", "B,C(D*)"},
		{"B", "A(C(D*))"},
		{"C", "A(B,D*)"},
		{"D", "A(B,C*)"},
	};
	static const char *const names[] = {"A", "B", "C", "D"};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct engine_world world;
		engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
		for (size_t j = 0; j < 4; j++) {
			if (j == 2) {
				engine_world_revert(&world, "A");
			}
			engine_world_write(&world, names[j], names[j]);
			engine_world_take(&world, names[j], SNAPSHOT_DISK_AND_MEMORY);
		}
		engine_world_write(&world, "now", "now");
		struct engine_request request =
			engine_world_request(&world, OPERATION_DELETE_SNAPSHOT, cases[i].deleted);
		assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
		engine_world_settle(&world);
		assert_tree(&world, cases[i].tree);
		assert_string_equal(world.vm->disk, "now");
		assert_int_equal(world.vm->state, VM_RUNNING);
		for (size_t j = 0; j < 4; j++) {
			if (strcmp(names[j], cases[i].deleted) != 0) {
				engine_world_revert(&world, names[j]);
				assert_string_equal(world.vm->memory, names[j]);
			}
		}
		engine_world_clear(&world);
	}
}

static void test_delete__of_the_last_root_leaves_no_current_one__D3_T2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_STOPPED, ALL_CAPABILITIES);
	engine_world_take(&world, "A", SNAPSHOT_DISK);
	struct engine_request request = engine_world_request(&world, OPERATION_DELETE_SNAPSHOT, "A");
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	engine_world_settle(&world);
	assert_tree(&world, "");
	engine_world_take(&world, "A", SNAPSHOT_DISK); /* its name is free again */
	assert_tree(&world, "A*");
	engine_world_clear(&world);
}

static void test_delete__of_what_is_gone_on_the_host_succeeds__D4(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	engine_world_take(&world, "A", SNAPSHOT_DISK);
	engine_world_take(&world, "B", SNAPSHOT_DISK);
	struct snapshot snapshot = engine_world_snapshot(&world, "A");
	fake_foreign_delete(world.hosts, world.vm, snapshot.name);
	snapshot_clear(&snapshot);
	struct engine_request request = engine_world_request(&world, OPERATION_DELETE_SNAPSHOT, "A");
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	engine_world_settle(&world);
	assert_tree(&world, "B*");
	engine_world_clear(&world);
}

static void test_revert__brings_the_service_offering_back__V5(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	engine_world_take(&world, "A", SNAPSHOT_DISK_AND_MEMORY);
	struct store *store = world.console.store;
	struct virtual_machine before = engine_world_vm(&world);
	int64_t larger = 0;
	assert_int_equal(store->ops->begin(store, NULL), HV_OK);
	assert_int_equal(store->ops->offering_ensure(store, "larger", 8, 1 << 30, &larger, NULL), HV_OK);
	assert_int_equal(store->ops->vm_set_offering(store, world.vm_id, larger, NULL), HV_OK);
	assert_int_equal(store->ops->commit(store, NULL), HV_OK);
	assert_int_not_equal(before.offering_id, larger);
	engine_world_revert(&world, "A");
	struct virtual_machine after = engine_world_vm(&world);
	assert_int_equal(after.offering_id, before.offering_id);
	virtual_machine_clear(&before);
	virtual_machine_clear(&after);
	engine_world_clear(&world);
}

static void test_power__start_and_stop_end_as_asked_and_keep_the_tree__P1(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	engine_world_take(&world, "A", SNAPSHOT_DISK);
	struct engine_request stop = engine_world_request(&world, OPERATION_STOP_VM, NULL);
	assert_int_equal(engine_world_ask(&world.console, &stop, NULL), HV_OK);
	struct virtual_machine vm = engine_world_vm(&world);
	assert_int_equal(vm.state, VM_STOPPING);
	virtual_machine_clear(&vm);
	engine_world_settle(&world);
	assert_int_equal(world.vm->state, VM_STOPPED);
	assert_tree(&world, "A*");
	struct engine_request start = engine_world_request(&world, OPERATION_START_VM, NULL);
	assert_int_equal(engine_world_ask(&world.console, &start, NULL), HV_OK);
	engine_world_settle(&world);
	assert_int_equal(world.vm->state, VM_RUNNING);
	assert_tree(&world, "A*");
	engine_world_clear(&world);
}

static void test_idle__costs_nothing_once_all_is_done__Q1(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	engine_world_take(&world, "A", SNAPSHOT_DISK);
	engine_world_settle(&world);
	world.now_us += 60 * HV_SECOND_US;
	int64_t commits = world.console.cut.commits;
	(void)engine_tick(world.console.engine);
	int64_t deadline_us = engine_tick(world.console.engine);
	assert_true(deadline_us > world.now_us + 5 * 60 * HV_SECOND_US); /* the next inventory, as a safety net */
	assert_int_equal(world.console.cut.commits, commits);
	engine_world_clear(&world);
}

static void test_progress__is_written_at_most_four_times_a_second__D1(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, ALL_CAPABILITIES);
	engine_world_take(&world, "A", SNAPSHOT_DISK);
	fake_hosts_set_duration(world.hosts, world.host_id, 100);
	struct engine_request request = engine_world_request(&world, OPERATION_DELETE_SNAPSHOT, "A");
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	int64_t commits = world.console.cut.commits;
	for (int i = 0; i < 100; i++) { /* half of them are progress, 20 ms apart */
		assert_true(engine_world_step(&world));
		world.now_us += HV_SECOND_US / 50;
		(void)engine_tick(world.console.engine);
	}
	assert_in_range(world.console.cut.commits - commits, 5, 9); /* in two seconds */
	struct operation_list live = {0};
	struct store *store = world.console.store;
	assert_int_equal(store->ops->operation_live(store, 0, 0, &live, NULL), HV_OK);
	assert_in_range(live.items[0].percent, 40, 60);
	assert_string_equal(live.items[0].phase, "working");
	operation_list_clear(&live);
	engine_world_settle(&world);
	assert_tree(&world, "");
	engine_world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create__ends_ready_and_current_whatever_the_type_and_the_power_state__C1_T4),
		cmocka_unit_test(test_create__each_step_is_in_the_store_before_the_next_begins__C1),
		cmocka_unit_test(test_create__without_a_name_takes_the_generated_one__T5),
		cmocka_unit_test(test_revert__ends_as_the_type_says_from_every_power_state__V1_V2_V3),
		cmocka_unit_test(test_tree__any_node_is_a_target_and_no_snapshot_is_lost__Z3_Z4_V3),
		cmocka_unit_test(test_delete__moves_children_and_the_current_mark_to_the_parent__D2_D3_Z5),
		cmocka_unit_test(test_delete__of_the_last_root_leaves_no_current_one__D3_T2),
		cmocka_unit_test(test_delete__of_what_is_gone_on_the_host_succeeds__D4),
		cmocka_unit_test(test_revert__brings_the_service_offering_back__V5),
		cmocka_unit_test(test_power__start_and_stop_end_as_asked_and_keep_the_tree__P1),
		cmocka_unit_test(test_idle__costs_nothing_once_all_is_done__Q1),
		cmocka_unit_test(test_progress__is_written_at_most_four_times_a_second__D1),
	};
	return cmocka_run_group_tests_name("engine/workflows", tests, NULL, NULL);
}
