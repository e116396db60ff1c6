/*
 * Volumes, offerings and volume snapshots (X2, X3, X4, V5; Z6, Z7, Z8), judged by what the guest finds on its disks and
 * with which sizes it starts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "backend/base/memory.h"
#include "tests/support/engine_world.h"

#define CAPABILITIES (AGENT_CAN_REVERT_MEMORY_FROM_OFF | AGENT_CAN_PRODUCTION_CHECKPOINTS | AGENT_CAN_VOLUMES)
#define GIB (INT64_C(1) << 30)
#define DATA "D:\\disks\\data.vhdx"

static struct engine_request request_of(struct engine_world *world, enum operation_kind kind)
{
	return engine_world_request(world, kind, NULL);
}

static void must(struct engine_world *world, const struct engine_request *request)
{
	struct hv_error err = {0};
	if (engine_world_ask(&world->console, request, &err) != HV_OK) {
		fail_msg("%s", err.text);
	}
	engine_world_settle(world);
	struct operation last = engine_world_last(world);
	if (last.state != OPERATION_DONE) {
		fail_msg("%s", last.error);
	}
	operation_clear(&last);
	engine_world_assert_agrees(world);
}

static void refused(struct engine_world *world, const struct engine_request *request, enum hv_status status,
	const char *says)
{
	struct hv_error err = {0};
	enum hv_status got = engine_world_ask(&world->console, request, &err);
	if (got != status || !strstr(err.text, says)) {
		fail_msg("%s: '%s' does not say '%s'", hv_status_name(got), err.text, says);
	}
	engine_world_settle(world);
	engine_world_assert_agrees(world);
}

static void attach(struct engine_world *world)
{
	struct engine_request request = request_of(world, OPERATION_ATTACH_VOLUME);
	request.path = DATA;
	must(world, &request);
}

static struct fake_file *data_file(struct engine_world *world)
{
	return fake_hosts_file(world->hosts, world->host_id, DATA);
}

static void test_attach__gives_the_guest_the_disk_as_it_is_and_detach_leaves_the_file__X2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, CAPABILITIES);
	struct fake_file *file = fake_hosts_add_file(world.hosts, world.host_id, DATA, 10 * GIB, "letters");
	attach(&world);
	assert_true(file->vm == world.vm);
	assert_string_equal(file->disk, "letters");
	struct operation attached = engine_world_last(&world);
	assert_true(hv_uuid_equal(&attached.volume, &file->uuid));
	struct engine_request detach = request_of(&world, OPERATION_DETACH_VOLUME);
	detach.volume = attached.volume;
	must(&world, &detach);
	assert_null(file->vm);
	assert_string_equal(file->disk, "letters");
	operation_clear(&attached);
	engine_world_clear(&world);
}

static void test_attach__makes_the_disk_when_a_size_is_given_and_there_is_none__X2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_STOPPED, CAPABILITIES);
	struct engine_request request = request_of(&world, OPERATION_ATTACH_VOLUME);
	request.path = DATA;
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	engine_world_settle(&world);
	struct operation last = engine_world_last(&world);
	assert_int_equal(last.state, OPERATION_FAILED);
	assert_non_null(strstr(last.error, "Volume '" DATA "' was not attached to VM 'box'"));
	operation_clear(&last);
	request.size_bytes = 5 * GIB;
	must(&world, &request);
	assert_int_equal(data_file(&world)->size_bytes, 5 * GIB);
	struct engine_request resize = request_of(&world, OPERATION_RESIZE_VOLUME);
	resize.volume = data_file(&world)->uuid;
	resize.size_bytes = 7 * GIB;
	must(&world, &resize);
	assert_int_equal(data_file(&world)->size_bytes, 7 * GIB);
	resize.size_bytes = 6 * GIB;
	refused(&world, &resize, HV_ERR_REFUSED, "a volume only grows");
	engine_world_clear(&world);
}

static void test_attach__never_touches_a_part_of_a_checkpoint__X7(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_STOPPED, CAPABILITIES);
	struct engine_request request = request_of(&world, OPERATION_ATTACH_VOLUME);
	request.path = "D:\\disks\\data.AVHDX";
	refused(&world, &request, HV_ERR_INVALID, "never touched");
	request.path = "data.vhdx";
	refused(&world, &request, HV_ERR_INVALID, "a whole path");
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_ATTACH), 0);
	engine_world_clear(&world);
}

static void test_attach_detach_and_resize__are_refused_while_there_is_any_checkpoint__Z6_X2(void **state)
{
	(void)state;
	for (int way = 0; way < 3; way++) {
		struct engine_world world;
		engine_world_make(&world, way == 0 ? VM_RUNNING : VM_STOPPED, CAPABILITIES);
		fake_hosts_add_file(world.hosts, world.host_id, DATA, 10 * GIB, "letters");
		attach(&world);
		struct engine_request requests[] = {request_of(&world, OPERATION_ATTACH_VOLUME),
			request_of(&world, OPERATION_DETACH_VOLUME), request_of(&world, OPERATION_RESIZE_VOLUME)};
		requests[0].path = "D:\\disks\\other.vhdx";
		requests[0].size_bytes = GIB;
		requests[1].volume = requests[2].volume = data_file(&world)->uuid;
		requests[2].size_bytes = 20 * GIB;
		if (way == 2) {
			fake_foreign_checkpoint(world.hosts, world.vm, "a backup"); /* untracked */
			engine_world_settle(&world);
		} else {
			engine_world_take(&world, "A", way == 0 ? SNAPSHOT_DISK_AND_MEMORY : SNAPSHOT_DISK);
		}
		for (size_t i = 0; i < HV_ARRAY_LEN(requests); i++) {
			refused(&world, &requests[i], HV_ERR_REFUSED,
				way == 2 ? "'box' has 0 snapshots and 1 untracked checkpoints"
					 : "'box' has 1 snapshots and 0 untracked checkpoints");
		}
		assert_true(data_file(&world)->vm == world.vm);
		if (way == 2) {
			fake_foreign_delete(world.hosts, world.vm, "a backup");
			engine_world_settle(&world);
		} else {
			struct engine_request gone = engine_world_request(&world, OPERATION_DELETE_SNAPSHOT, "A");
			must(&world, &gone);
		}
		must(&world, &requests[1]); /* the remedy that was named works */
		assert_null(data_file(&world)->vm);
		engine_world_clear(&world);
	}
}

static void test_attach__is_refused_by_the_host_when_a_checkpoint_came_in_between__X2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_STOPPED, CAPABILITIES);
	fake_hosts_add_file(world.hosts, world.host_id, DATA, 10 * GIB, "letters");
	struct engine_request request = request_of(&world, OPERATION_ATTACH_VOLUME);
	request.path = DATA;
	assert_int_equal(engine_world_ask(&world.console, &request, NULL), HV_OK);
	fake_foreign_checkpoint(world.hosts, world.vm, "a backup"); /* after the check, before the act */
	engine_world_settle(&world);
	struct operation last = engine_world_last(&world);
	assert_int_equal(last.state, OPERATION_FAILED);
	operation_clear(&last);
	assert_null(data_file(&world)->vm);
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

static void test_detach__keeps_the_volume_that_the_vm_starts_from__X2(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_STOPPED, CAPABILITIES);
	struct engine_request request = request_of(&world, OPERATION_DETACH_VOLUME);
	request.volume = fake_vm_disk(world.vm);
	refused(&world, &request, HV_ERR_REFUSED, "this is the volume that 'box' starts from");
	request.volume = hv_uuid_from_text("nobody's");
	refused(&world, &request, HV_ERR_NOT_FOUND, "has no such volume");
	engine_world_clear(&world);
}

/* ---- scale ---- */

static int64_t add_offering(struct engine_world *world, const char *name, int64_t cpus, int64_t memory_bytes)
{
	struct store *store = world->console.store;
	int64_t id = 0;
	assert_int_equal(store->ops->begin(store, NULL), HV_OK);
	assert_int_equal(store->ops->offering_ensure(store, name, cpus, memory_bytes, &id, NULL), HV_OK);
	assert_int_equal(store->ops->commit(store, NULL), HV_OK);
	return id;
}

static void stop(struct engine_world *world)
{
	struct engine_request request = request_of(world, OPERATION_STOP_VM);
	must(world, &request);
}

static void test_scale__discards_memory_snapshots_and_a_revert_brings_the_offering_back__Z7_X4_V5(void **state)
{
	(void)state;
	struct engine_world world;
	char tree[200];
	engine_world_make(&world, VM_RUNNING, CAPABILITIES);
	struct virtual_machine before = engine_world_vm(&world);
	int64_t large = add_offering(&world, "large", 8, 16 * GIB);
	engine_world_write(&world, "diskA", "memoryA");
	engine_world_take(&world, "A", SNAPSHOT_DISK_AND_MEMORY);
	engine_world_write(&world, "diskB", "memoryB");
	engine_world_take(&world, "B", SNAPSHOT_DISK);
	engine_world_write(&world, "diskC", "memoryC");
	engine_world_take(&world, "C", SNAPSHOT_DISK_AND_MEMORY);
	engine_world_write(&world, "disknow", "memorynow");
	struct engine_request scale = request_of(&world, OPERATION_SCALE_VM);
	scale.offering_id = large;
	refused(&world, &scale, HV_ERR_REFUSED, "'box' is Running; stop it first");
	assert_string_equal(engine_world_tree(&world, tree, sizeof tree), "A(B(C*))");
	stop(&world);
	must(&world, &scale);
	assert_string_equal(engine_world_tree(&world, tree, sizeof tree), "B*");
	assert_int_equal(world.vm->cpus, 8);
	assert_int_equal(world.vm->memory_bytes, 16 * GIB);
	assert_string_equal(world.vm->disk, "disknow");
	struct virtual_machine after = engine_world_vm(&world);
	assert_int_equal(after.offering_id, large);
	engine_world_revert(&world, "B");
	engine_world_assert_agrees(&world);
	assert_string_equal(world.vm->disk, "diskB");
	assert_int_equal(world.vm->cpus, 2);
	struct virtual_machine reverted = engine_world_vm(&world);
	assert_int_equal(reverted.offering_id, before.offering_id);
	virtual_machine_clear(&before);
	virtual_machine_clear(&after);
	virtual_machine_clear(&reverted);
	engine_world_clear(&world);
}

static void test_scale__discards_nothing_that_was_not_named__X4(void **state)
{
	(void)state;
	struct engine_world world;
	char tree[200];
	engine_world_make(&world, VM_RUNNING, CAPABILITIES);
	int64_t large = add_offering(&world, "large", 8, 16 * GIB);
	engine_world_take(&world, "A", SNAPSHOT_DISK_AND_MEMORY);
	int64_t named = engine_world_snapshot_id(&world, "A");
	engine_world_take(&world, "B", SNAPSHOT_DISK_AND_MEMORY);
	stop(&world);
	struct engine_request scale = request_of(&world, OPERATION_SCALE_VM);
	scale.offering_id = large;
	scale.expect_discards = true;
	scale.discards = &named;
	scale.discard_count = 1;
	refused(&world, &scale, HV_ERR_CONFLICT, "has the memory snapshot 'B' meanwhile");
	assert_string_equal(engine_world_tree(&world, tree, sizeof tree), "A(B*)");
	assert_int_equal(world.vm->cpus, 2);
	engine_world_clear(&world);
}

/* Queued behind a create of a memory snapshot that has not begun, so nobody was told of it: it does not lose it. */
static void test_scale__that_waited_is_refused_when_a_memory_snapshot_was_taken_meanwhile__X4_X1(void **state)
{
	(void)state;
	struct engine_world world;
	char tree[200];
	engine_world_make(&world, VM_RUNNING, CAPABILITIES);
	int64_t large = add_offering(&world, "large", 8, 16 * GIB);
	struct engine_request create = engine_world_request(&world, OPERATION_CREATE_SNAPSHOT, "A");
	create.type = SNAPSHOT_DISK_AND_MEMORY;
	struct engine_request before = engine_world_request(&world, OPERATION_CREATE_SNAPSHOT, "X");
	struct engine_request halt = request_of(&world, OPERATION_STOP_VM);
	struct engine_request scale = request_of(&world, OPERATION_SCALE_VM);
	scale.offering_id = large;
	create.queue = halt.queue = scale.queue = scale.expect_discards = true;
	assert_int_equal(engine_world_ask(&world.console, &before, NULL), HV_OK);
	assert_int_equal(engine_world_ask(&world.console, &create, NULL), HV_OK);
	assert_int_equal(engine_world_ask(&world.console, &halt, NULL), HV_OK);
	assert_int_equal(engine_world_ask(&world.console, &scale, NULL), HV_OK);
	engine_world_settle(&world);
	struct operation last = engine_world_last(&world);
	assert_int_equal(last.kind, OPERATION_SCALE_VM);
	assert_int_equal(last.state, OPERATION_FAILED);
	assert_non_null(strstr(last.error, "the memory snapshot 'A', which would be discarded"));
	operation_clear(&last);
	assert_string_equal(engine_world_tree(&world, tree, sizeof tree), "X(A*)");
	assert_int_equal(world.vm->cpus, 2);
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

static void test_scale__that_waited_discards_nothing_when_it_cannot_follow__X4_X1(void **state)
{
	(void)state;
	struct engine_world world;
	char tree[200];
	engine_world_make(&world, VM_RUNNING, CAPABILITIES);
	int64_t large = add_offering(&world, "large", 8, 16 * GIB);
	engine_world_take(&world, "A", SNAPSHOT_DISK_AND_MEMORY);
	struct engine_request before = engine_world_request(&world, OPERATION_CREATE_SNAPSHOT, "X");
	struct engine_request scale = request_of(&world, OPERATION_SCALE_VM);
	scale.offering_id = large;
	scale.queue = true;
	assert_int_equal(engine_world_ask(&world.console, &before, NULL), HV_OK);
	assert_int_equal(engine_world_ask(&world.console, &scale, NULL), HV_OK);
	engine_world_settle(&world); /* nobody has stopped the VM */
	assert_string_equal(engine_world_tree(&world, tree, sizeof tree), "A(X*)");
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_DELETE_VM_SNAPSHOT), 0);
	assert_int_equal(world.vm->cpus, 2);
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

static void test_scale__stops_before_the_sizes_when_a_discard_fails__X4(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, CAPABILITIES);
	int64_t large = add_offering(&world, "large", 8, 16 * GIB);
	engine_world_take(&world, "A", SNAPSHOT_DISK_AND_MEMORY);
	stop(&world);
	fake_hosts_set_fault(world.hosts, world.host_id, AGENT_DELETE_VM_SNAPSHOT, FAKE_REFUSE, AGENT_CODE_HOST_ERROR,
		"no");
	struct engine_request scale = request_of(&world, OPERATION_SCALE_VM);
	scale.offering_id = large;
	assert_int_equal(engine_world_ask(&world.console, &scale, NULL), HV_OK);
	engine_world_settle(&world);
	assert_int_equal(fake_hosts_sent(world.hosts, AGENT_SCALE_VM), 0);
	assert_int_equal(world.vm->cpus, 2);
	engine_world_assert_agrees(&world);
	engine_world_clear(&world);
}

/* ---- volume snapshots ---- */

static struct engine_request copy_request(struct engine_world *world, const char *name)
{
	struct engine_request request = request_of(world, OPERATION_CREATE_VOLUME_SNAPSHOT);
	request.volume = fake_vm_disk(world->vm);
	request.display_name = name;
	return request;
}

static struct volume_snapshot find_copy(struct engine_world *world, const char *name)
{
	struct store *store = world->console.store;
	struct volume_snapshot_list list = {0};
	struct volume_snapshot found = {0};
	assert_int_equal(store->ops->volume_snapshot_list(store, world->vm_id, &list, NULL), HV_OK);
	for (size_t i = 0; i < list.count; i++) {
		if (strcmp(list.items[i].name, name) == 0) {
			found = list.items[i];
			list.items[i] = (struct volume_snapshot){0};
		}
	}
	volume_snapshot_list_clear(&list);
	return found;
}

static void test_volume_snapshot__holds_the_disk_of_its_moment_and_outlives_reverts__X3(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_RUNNING, CAPABILITIES);
	engine_world_write(&world, "diskA", NULL);
	engine_world_take(&world, "A", SNAPSHOT_DISK);
	engine_world_write(&world, "diskB", NULL);
	struct engine_request create = copy_request(&world, "copy");
	refused(&world, &create, HV_ERR_REFUSED, "'box' is Running; stop it first");
	stop(&world);
	must(&world, &create);
	assert_string_equal(fake_vm_copy(world.vm, "copy")->disk, "diskB");
	struct volume_snapshot copy = find_copy(&world, "copy");
	assert_int_equal(copy.state, SNAPSHOT_READY);
	assert_string_equal(copy.path, "D:\\copies\\copy.vhdx");
	assert_string_equal(copy.volume_name, "system");
	assert_string_equal(copy.created_by, "alice");
	assert_true(copy.size_bytes > 0);
	engine_world_revert(&world, "A");
	assert_string_equal(world.vm->disk, "diskA");
	assert_string_equal(fake_vm_copy(world.vm, "copy")->disk, "diskB");
	struct engine_request delete = request_of(&world, OPERATION_DELETE_VOLUME_SNAPSHOT);
	delete.volume_snapshot_id = copy.id;
	must(&world, &delete);
	assert_int_equal(world.vm->copy_count, 0);
	refused(&world, &delete, HV_ERR_NOT_FOUND, "has no such volume snapshot any more");
	volume_snapshot_clear(&copy);
	engine_world_clear(&world);
}

/* Both ways round, at every step of the other: refused, or queued and done afterwards. */
static void test_volume_snapshot__and_vm_snapshot_exclude_each_other_also_while_the_host_copies__Z8_X3(void **state)
{
	(void)state;
	for (int way = 0; way < 4; way++) {
		bool copy_first = way & 1;
		bool queue = way & 2;
		int step = 0;
		bool ran = true;
		for (; ran; step++) {
			struct engine_world world;
			engine_world_make(&world, VM_STOPPED, CAPABILITIES);
			fake_hosts_set_duration(world.hosts, world.host_id, 5);
			engine_world_write(&world, "diskA", NULL);
			struct engine_request copy = copy_request(&world, "copy");
			struct engine_request take = engine_world_request(&world, OPERATION_CREATE_SNAPSHOT, "A");
			const struct engine_request *first = copy_first ? &copy : &take;
			struct engine_request second = copy_first ? take : copy;
			second.queue = queue;
			assert_int_equal(engine_world_ask(&world.console, first, NULL), HV_OK);
			int done = 0;
			while (done < step && engine_world_live(&world) > 0 && engine_world_step(&world)) {
				done++;
			}
			ran = engine_world_live(&world) > 0;
			struct hv_error err = {0};
			enum hv_status got = engine_world_ask(&world.console, &second, &err);
			assert_int_equal(got, ran && !queue ? HV_ERR_CONFLICT : HV_OK);
			if (got == HV_ERR_CONFLICT) {
				assert_non_null(strstr(err.text,
					copy_first ? "CreateVolumeSnapshot of 'alice' runs" : "CreateSnapshot of 'alice' runs"));
			}
			engine_world_settle(&world);
			engine_world_assert_agrees(&world);
			assert_int_equal(world.vm->copy_count, copy_first || got == HV_OK);
			assert_int_equal(world.vm->count, !copy_first || got == HV_OK);
			if (world.vm->copy_count > 0) {
				assert_string_equal(fake_vm_copy(world.vm, "copy")->disk, "diskA");
			}
			engine_world_clear(&world);
		}
		assert_true(step > 6);
	}
}

static void test_volume_snapshot__that_the_host_did_not_make_is_in_error_and_can_be_deleted__D5_S1(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_STOPPED, CAPABILITIES);
	fake_hosts_set_fault(world.hosts, world.host_id, AGENT_CREATE_VOLUME_SNAPSHOT, FAKE_REFUSE, AGENT_CODE_DISK_FULL,
		"the disk is full");
	struct engine_request create = copy_request(&world, "copy");
	assert_int_equal(engine_world_ask(&world.console, &create, NULL), HV_OK);
	engine_world_settle(&world);
	struct operation last = engine_world_last(&world);
	assert_string_equal(last.error,
		"Volume snapshot 'copy' of VM 'box' was not taken: the host says 'the disk is full' (DiskFull); the volume "
		"snapshot is Error; the VM is Stopped; free space on the host's storage, then delete it and take another");
	operation_clear(&last);
	struct volume_snapshot copy = find_copy(&world, "copy");
	assert_int_equal(copy.state, SNAPSHOT_ERROR);
	struct engine_request delete = request_of(&world, OPERATION_DELETE_VOLUME_SNAPSHOT);
	delete.volume_snapshot_id = copy.id;
	must(&world, &delete);
	volume_snapshot_clear(&copy);
	engine_world_clear(&world);
}

static void test_volume_snapshot__deleted_behind_our_back_is_said_once_and_can_be_deleted__X3_D4(void **state)
{
	(void)state;
	struct engine_world world;
	engine_world_make(&world, VM_STOPPED, CAPABILITIES);
	struct engine_request create = copy_request(&world, NULL);
	must(&world, &create);
	char name[256];
	(void)strcpy(name, world.vm->copies[0].name);
	assert_non_null(strstr(name, "box-system-"));
	int messages = world.console.messages;
	fake_foreign_copy_delete(world.hosts, world.vm, name);
	engine_world_settle(&world);
	assert_int_equal(world.console.messages, messages + 1);
	assert_non_null(strstr(world.console.last_message, "is not on the host any more"));
	engine_sync(world.console.engine, 0);
	engine_world_settle(&world);
	assert_int_equal(world.console.messages, messages + 1);
	struct volume_snapshot copy = find_copy(&world, name);
	struct engine_request delete = request_of(&world, OPERATION_DELETE_VOLUME_SNAPSHOT);
	delete.volume_snapshot_id = copy.id;
	must(&world, &delete);
	volume_snapshot_clear(&copy);
	engine_world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attach__gives_the_guest_the_disk_as_it_is_and_detach_leaves_the_file__X2),
		cmocka_unit_test(test_attach__makes_the_disk_when_a_size_is_given_and_there_is_none__X2),
		cmocka_unit_test(test_attach__never_touches_a_part_of_a_checkpoint__X7),
		cmocka_unit_test(test_attach_detach_and_resize__are_refused_while_there_is_any_checkpoint__Z6_X2),
		cmocka_unit_test(test_attach__is_refused_by_the_host_when_a_checkpoint_came_in_between__X2),
		cmocka_unit_test(test_detach__keeps_the_volume_that_the_vm_starts_from__X2),
		cmocka_unit_test(test_scale__discards_memory_snapshots_and_a_revert_brings_the_offering_back__Z7_X4_V5),
		cmocka_unit_test(test_scale__discards_nothing_that_was_not_named__X4),
		cmocka_unit_test(test_scale__that_waited_is_refused_when_a_memory_snapshot_was_taken_meanwhile__X4_X1),
		cmocka_unit_test(test_scale__that_waited_discards_nothing_when_it_cannot_follow__X4_X1),
		cmocka_unit_test(test_scale__stops_before_the_sizes_when_a_discard_fails__X4),
		cmocka_unit_test(test_volume_snapshot__holds_the_disk_of_its_moment_and_outlives_reverts__X3),
		cmocka_unit_test(
			test_volume_snapshot__and_vm_snapshot_exclude_each_other_also_while_the_host_copies__Z8_X3),
		cmocka_unit_test(
			test_volume_snapshot__that_the_host_did_not_make_is_in_error_and_can_be_deleted__D5_S1),
		cmocka_unit_test(test_volume_snapshot__deleted_behind_our_back_is_said_once_and_can_be_deleted__X3_D4),
	};
	return cmocka_run_group_tests_name("engine/volumes", tests, NULL, NULL);
}
