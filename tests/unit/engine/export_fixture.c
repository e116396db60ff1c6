#include "tests/unit/engine/export_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "backend/base/attributes.h"

void export_make(struct engine_world *world, enum stop_policy policy)
{
	engine_world_make(world, VM_RUNNING, EXPORT_CAPABILITIES);
	engine_world_write(world, "diskA", "memoryA");
	engine_world_take(world, "A", SNAPSHOT_DISK_AND_MEMORY);
	engine_world_write(world, "diskB", "memoryB");
	engine_world_take(world, "B", SNAPSHOT_DISK);
	engine_world_write(world, "disknow", "memorynow");
	engine_world_set_policy(world, policy);
}

enum hv_status export_ask(struct engine_world *world, enum operation_kind kind, struct hv_error *err)
{
	struct engine_request request = engine_world_request(world, kind, NULL);
	return engine_world_ask(&world->console, &request, err);
}

void export_must_ask(struct engine_world *world, enum operation_kind kind)
{
	struct hv_error err = {0};
	if (export_ask(world, kind, &err) != HV_OK) {
		fail_msg("%s", err.text);
	}
}

void export_must_do(struct engine_world *world, enum operation_kind kind)
{
	export_must_ask(world, kind);
	engine_world_settle(world);
}

/* The last operation of this kind that ended. */
static struct operation last_of(struct engine_world *world, enum operation_kind kind)
{
	struct store *store = world->console.store;
	struct operation_list list = {0};
	struct operation found = {0};
	assert_int_equal(store->ops->operation_recent(store, 20, &list, NULL), HV_OK);
	for (size_t i = 0; i < list.count && found.id == 0; i++) {
		if (list.items[i].kind == kind) {
			operation_copy(&found, &list.items[i]);
		}
	}
	operation_list_clear(&list);
	assert_int_not_equal(found.id, 0);
	return found;
}

void export_assert_ended(
	struct engine_world *world, enum operation_kind kind, enum operation_state state, const char *says)
{
	struct operation row = last_of(world, kind);
	assert_int_equal(row.state, state);
	if (says && !(row.error && strstr(row.error, says))) {
		fail_msg("'%s' does not say '%s'", row.error ? row.error : "", says);
	}
	operation_clear(&row);
}

int export_acts(struct engine_world *world, enum agent_command_kind kind)
{
	return fake_hosts_acts(world->hosts, kind);
}

const struct fake_checkpoint *export_checkpoint(struct engine_world *world, const char *display_name)
{
	struct snapshot snapshot = engine_world_snapshot(world, display_name);
	const struct fake_checkpoint *found = snapshot.id ? fake_vm_find(world->vm, snapshot.name) : NULL;
	snapshot_clear(&snapshot);
	return found;
}

void export_assert_snapshots(struct engine_world *world)
{
	char tree[100];
	assert_string_equal(engine_world_tree(world, tree, sizeof tree), "A(B*)");
	assert_string_equal(export_checkpoint(world, "A")->disk, "diskA");
	assert_string_equal(export_checkpoint(world, "A")->memory, "memoryA");
	assert_string_equal(export_checkpoint(world, "B")->disk, "diskB");
}

void export_assert_off(struct engine_world *world)
{
	struct virtual_machine vm = engine_world_vm(world);
	assert_true(world->vm->unregistered);
	assert_true(vm.unregistered);
	assert_false(vm.missing);
	assert_int_equal(vm.state, VM_STOPPED);
	assert_int_equal(vm.export_state, EXPORT_COMPLETE);
	assert_true(hv_uuid_equal(&vm.export, &world->vm->export));
	virtual_machine_clear(&vm);
	engine_world_assert_agrees(world);
}

void export_assert_on(struct engine_world *world, enum vm_state state)
{
	struct virtual_machine vm = engine_world_vm(world);
	assert_false(world->vm->unregistered);
	assert_false(vm.unregistered);
	assert_int_equal(world->vm->state, state);
	virtual_machine_clear(&vm);
	engine_world_assert_agrees(world);
}

void export_begin_one(struct engine_world *world)
{
	fake_hosts_set_duration(world->hosts, world->host_id, 8);
	export_must_ask(world, OPERATION_STOP_VM);
	while (hv_uuid_is_nil(&world->vm->exporting)) {
		assert_true(engine_world_step(world));
	}
	(void)engine_world_step(world);
}
