/* A VM that two hosts report: an act must never reach its double (V3, Y1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "backend/base/attributes.h"
#include "tests/support/engine_world.h"

/* "box" with the snapshots A and B on hv01, and a second host that reports the same VM. */
static struct fake_vm *make(struct engine_world *world, enum vm_state double_state, int64_t *ret_other)
{
	char name[] = "hv02";
	char text[] = "lab";
	struct host other = {.uuid = hv_uuid_from_text("hv02"), .name = name, .group = text, .transport = text,
		.address = text, .state = HOST_DISCONNECTED, .free_bytes = -1};
	engine_world_make(world, VM_RUNNING, AGENT_CAN_REVERT_MEMORY_FROM_OFF);
	engine_world_take(world, "A", SNAPSHOT_DISK);
	engine_world_take(world, "B", SNAPSHOT_DISK_AND_MEMORY);
	struct store *store = world->console.store;
	assert_int_equal(store->ops->begin(store, NULL), HV_OK);
	assert_int_equal(store->ops->host_save(store, &other, NULL), HV_OK);
	assert_int_equal(store->ops->commit(store, NULL), HV_OK);
	fake_hosts_add(world->hosts, other.id, AGENT_CAN_REVERT_MEMORY_FROM_OFF);
	struct fake_vm *twin = fake_hosts_add_vm(world->hosts, other.id, "box", double_state);
	world->vm = fake_hosts_vm(world->hosts, world->host_id, "box"); /* it may have moved in memory */
	*twin = *world->vm;
	twin->state = double_state;
	*ret_other = other.id;
	return twin;
}

static void assert_host(struct engine_world *world, int64_t host_id)
{
	struct virtual_machine vm = engine_world_vm(world);
	assert_int_equal(vm.host_id, host_id);
	assert_false(vm.missing);
	virtual_machine_clear(&vm);
}

static void test_vm__that_a_second_host_reports_stays_with_its_host_and_so_do_acts__V3(void **state)
{
	(void)state;
	struct engine_world world;
	int64_t other;
	struct fake_vm *twin = make(&world, VM_RUNNING, &other);
	fake_console_connect(world.console.links, other);
	engine_world_settle(&world);
	assert_host(&world, world.host_id);
	assert_true(world.console.last_warning);
	assert_non_null(strstr(world.console.last_message, "VM 'box' is reported by two hosts"));
	int messages = world.console.messages;
	fake_foreign_state(world.hosts, twin, VM_PAUSED);
	engine_sync(world.console.engine, 0);
	engine_world_settle(&world);
	assert_host(&world, world.host_id);
	assert_int_equal(world.console.messages, messages); /* told once */
	struct hv_uuid before = twin->pointer;
	engine_world_revert(&world, "A");
	assert_true(hv_uuid_equal(&twin->pointer, &before));
	assert_int_equal(twin->state, VM_PAUSED);
	assert_int_equal(world.vm->state, VM_STOPPED);
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

static void test_vm__that_was_moved_goes_over_when_its_host_has_it_no_more__Y1(void **state)
{
	(void)state;
	struct engine_world world;
	int64_t other;
	(void)make(&world, VM_RUNNING, &other);
	struct hv_uuid uuid = world.vm->uuid;
	fake_console_connect(world.console.links, other);
	engine_world_settle(&world);
	fake_hosts_remove_vm(world.hosts, world.host_id, &uuid);
	engine_vm_removed(world.console.engine, world.host_id, &uuid);
	engine_world_settle(&world);
	assert_host(&world, other);
	assert_string_equal(world.console.last_message, "VM 'box' has moved to another host");
	world.vm = fake_hosts_vm(world.hosts, other, "box");
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

static void test_vm__of_a_lost_host_goes_over_when_it_is_on_elsewhere__Y1(void **state)
{
	(void)state;
	struct hv_error reason = {.status = HV_ERR_UNREACHABLE, .text = "gone"};
	static const struct {
		enum vm_state twin;
		bool moves;
	} cases[] = {{VM_RUNNING, true}, {VM_STOPPED, false}};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct engine_world world;
		int64_t other;
		(void)make(&world, cases[i].twin, &other);
		fake_console_connect(world.console.links, other);
		engine_world_settle(&world);
		assert_host(&world, world.host_id);
		fake_console_drop(world.console.links, world.host_id, false);
		engine_host_lost(world.console.engine, world.host_id, &reason);
		while (engine_world_step(&world)) {
		}
		assert_host(&world, cases[i].moves ? other : world.host_id);
		engine_world_clear(&world);
	}
}

static void test_vm__is_not_taken_from_a_host_that_was_not_heard_yet__Y1(void **state)
{
	(void)state;
	struct engine_world world;
	struct engine_console late;
	int64_t other;
	(void)make(&world, VM_RUNNING, &other);
	engine_console_open(&world, &late);
	fake_console_connect(late.links, other); /* the twin is heard before the VM */
	while (engine_world_step(&world)) {
	}
	assert_host(&world, world.host_id);
	engine_world_connect(&late);
	while (engine_world_step(&world)) {
	}
	assert_host(&world, world.host_id);
	engine_console_close(&late, true, false);
	engine_world_clear(&world);
}

static void ask(struct engine_world *world, struct engine_console *console, enum operation_kind kind, const char *name,
	bool queue)
{
	struct engine_request request = engine_world_request(world, kind, name);
	struct hv_error err = {0};
	request.queue = queue;
	if (engine_world_ask(console, &request, &err) != HV_OK) {
		fail_msg("%s", err.text);
	}
}

/* "Absent" is the answer of a host that has just given the VM away: nobody may take it for "done". */
static void test_act__that_waited_while_its_vm_moved_is_not_asked_of_the_former_host__D6_Y1(void **state)
{
	(void)state;
	static const enum operation_kind kinds[] = {OPERATION_DESTROY_VM, OPERATION_DELETE_SNAPSHOT};
	for (size_t i = 0; i < HV_ARRAY_LEN(kinds); i++) {
		struct engine_world world;
		struct engine_console second;
		int64_t other;
		(void)make(&world, VM_RUNNING, &other);
		struct hv_uuid uuid = world.vm->uuid;
		engine_console_open(&world, &second);
		engine_recover(second.engine);
		engine_world_connect(&second);
		engine_world_run(&world);
		ask(&world, &world.console, OPERATION_CREATE_SNAPSHOT, "C", false);
		ask(&world, &second, kinds[i], kinds[i] == OPERATION_DESTROY_VM ? NULL : "A", true);
		engine_console_close(&second, false, false); /* what it queued is left until its lease runs out */
		while (engine_world_step(&world)) {
		}
		*fake_hosts_vm(world.hosts, other, "box") = *fake_hosts_vm(world.hosts, world.host_id, "box");
		fake_hosts_remove_vm(world.hosts, world.host_id, &uuid);
		fake_console_connect(world.console.links, other);
		engine_vm_removed(world.console.engine, world.host_id, &uuid);
		while (engine_world_step(&world)) {
		}
		assert_host(&world, other);
		engine_world_settle(&world);
		struct operation last = engine_world_last(&world);
		assert_int_equal(last.kind, kinds[i]);
		assert_int_equal(last.state, OPERATION_FAILED);
		assert_non_null(strstr(last.error, "has moved to another host since this was asked for"));
		operation_clear(&last);
		world.vm = fake_hosts_vm(world.hosts, other, "box");
		engine_world_assert_agrees(&world);
		engine_world_clear(&world);
	}
}

static void test_act__that_an_absent_vm_makes_done_waits_for_the_word_of_its_own_host__D6_V3(void **state)
{
	(void)state;
	struct engine_world world;
	int64_t other;
	struct hv_error err = {0};
	struct fake_vm *twin = make(&world, VM_RUNNING, &other);
	struct agent_vm seen = {.uuid = twin->uuid, .name = twin->name, .state = VM_RUNNING, .cpus = 2,
		.memory_bytes = INT64_C(4) << 30, .activity_percent = -1};
	struct engine_request destroy = engine_world_request(&world, OPERATION_DESTROY_VM, NULL);
	struct engine_request delete = engine_world_request(&world, OPERATION_DELETE_SNAPSHOT, "A");
	engine_vm_changed(world.console.engine, other, &seen);
	assert_int_equal(engine_world_ask(&world.console, &destroy, &err), HV_ERR_CONFLICT);
	assert_non_null(strstr(err.text, "another host reports VM 'box' as well"));
	assert_int_equal(engine_world_ask(&world.console, &delete, &err), HV_ERR_CONFLICT);
	engine_world_settle(&world); /* its own host has it still */
	ask(&world, &world.console, OPERATION_DELETE_SNAPSHOT, "A", false);
	engine_world_settle(&world);
	ask(&world, &world.console, OPERATION_DESTROY_VM, NULL, false);
	engine_world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vm__that_a_second_host_reports_stays_with_its_host_and_so_do_acts__V3),
		cmocka_unit_test(test_vm__that_was_moved_goes_over_when_its_host_has_it_no_more__Y1),
		cmocka_unit_test(test_vm__of_a_lost_host_goes_over_when_it_is_on_elsewhere__Y1),
		cmocka_unit_test(test_vm__is_not_taken_from_a_host_that_was_not_heard_yet__Y1),
		cmocka_unit_test(test_act__that_waited_while_its_vm_moved_is_not_asked_of_the_former_host__D6_Y1),
		cmocka_unit_test(test_act__that_an_absent_vm_makes_done_waits_for_the_word_of_its_own_host__D6_V3),
	};
	return cmocka_run_group_tests_name("engine/claims", tests, NULL, NULL);
}
