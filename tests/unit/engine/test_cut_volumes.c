/*
 * The workflows on volumes, offerings and volume snapshots, cut everywhere, as test_cut.c does with those on snapshots
 * (Y1, Y2, Y3): the console dies at each point, the store fails at each call, the link breaks at each step. Afterwards
 * host and store agree, no act was done twice, and the host holds all of what was promised, or nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "backend/base/attributes.h"
#include "tests/support/engine_world.h"

#define CAPABILITIES (AGENT_CAN_REVERT_MEMORY_FROM_OFF | AGENT_CAN_PRODUCTION_CHECKPOINTS | AGENT_CAN_VOLUMES)
#define GIB (INT64_C(1) << 30)
#define DATA "D:\\disks\\data.vhdx"

struct trial;

struct workflow_case {
	const char *name;
	enum operation_kind kind;
	enum agent_command_kind command;
	void (*prepare)(struct trial *trial);
	/* Whether the host holds what was asked for; everything else is asserted to be as before. */
	bool (*is_done)(const struct trial *trial);
};

struct trial {
	const struct workflow_case *workflow;
	bool known;          /* the new console can tell that the old one is gone */
	bool unread_is_read; /* the host reads what was on its way when the console died */
	int duration;        /* of an act of the host, in steps */
	struct engine_world world;
	struct engine_request request;
	struct fake_file *file;
	int acts_before;
	int deletes_before;
};

static void must(struct engine_world *world, const struct engine_request *request)
{
	assert_int_equal(engine_world_ask(&world->console, request, NULL), HV_OK);
	engine_world_settle(world);
	world->now_us += HV_SECOND_US;
}

/* ---- attach, detach, resize ---- */

static void prepare_attach(struct trial *trial)
{
	trial->file = fake_hosts_add_file(trial->world.hosts, trial->world.host_id, DATA, 10 * GIB, "letters");
	trial->request.path = DATA;
}

static void prepare_volume(struct trial *trial)
{
	struct engine_request attach = engine_world_request(&trial->world, OPERATION_ATTACH_VOLUME, NULL);
	prepare_attach(trial);
	attach.path = DATA;
	must(&trial->world, &attach);
	trial->request.volume = trial->file->uuid;
	trial->request.size_bytes = 12 * GIB;
}

static bool is_attached(const struct trial *trial)
{
	assert_string_equal(trial->file->disk, "letters");
	return trial->file->vm == trial->world.vm;
}

static bool is_detached(const struct trial *trial)
{
	return !is_attached(trial);
}

static bool is_resized(const struct trial *trial)
{
	assert_true(is_attached(trial));
	return trial->file->size_bytes == 12 * GIB;
}

/* ---- scale ---- */

static void prepare_scale(struct trial *trial)
{
	struct engine_world *world = &trial->world;
	struct store *store = world->console.store;
	engine_world_take(world, "A", SNAPSHOT_DISK);
	fake_foreign_state(world->hosts, world->vm, VM_RUNNING);
	engine_world_settle(world);
	engine_world_take(world, "B", SNAPSHOT_DISK_AND_MEMORY);
	engine_world_take(world, "C", SNAPSHOT_DISK_AND_MEMORY);
	struct engine_request stop = engine_world_request(world, OPERATION_STOP_VM, NULL);
	must(world, &stop);
	assert_int_equal(store->ops->begin(store, NULL), HV_OK);
	assert_int_equal(store->ops->offering_ensure(
				 store, "large", 8, 16 * GIB, &trial->request.offering_id, NULL),
		HV_OK);
	assert_int_equal(store->ops->commit(store, NULL), HV_OK);
}

/* What was discarded on the way stays discarded; the disk snapshot stays whatever happens. */
static bool is_scaled(const struct trial *trial)
{
	const struct fake_vm *vm = trial->world.vm;
	assert_true(vm->count > 0);
	assert_false(vm->checkpoints[0].has_memory);
	assert_true(vm->cpus == 2 || vm->cpus == 8);
	return vm->cpus == 8 && vm->memory_bytes == 16 * GIB && vm->count == 1;
}

/* ---- volume snapshots ---- */

static void prepare_copy(struct trial *trial)
{
	engine_world_take(&trial->world, "A", SNAPSHOT_DISK);
	engine_world_write(&trial->world, "disknow", NULL);
	trial->request.volume = fake_vm_disk(trial->world.vm);
	trial->request.display_name = "copy";
}

static void prepare_copy_delete(struct trial *trial)
{
	struct engine_request create =
		engine_world_request(&trial->world, OPERATION_CREATE_VOLUME_SNAPSHOT, NULL);
	prepare_copy(trial);
	create.volume = trial->request.volume;
	create.display_name = "copy";
	must(&trial->world, &create);
	struct operation last = engine_world_last(&trial->world);
	trial->request.volume_snapshot_id = last.volume_snapshot_id;
	operation_clear(&last);
}

static bool is_copied(const struct trial *trial)
{
	const struct fake_vm *vm = trial->world.vm;
	assert_in_range(vm->copy_count, 0, 1);
	if (vm->copy_count == 1) {
		assert_string_equal(vm->copies[0].disk, "disknow");
	}
	return vm->copy_count == 1;
}

static bool is_not_copied(const struct trial *trial)
{
	return !is_copied(trial);
}

static const struct workflow_case cases[] = {
	{"attach", OPERATION_ATTACH_VOLUME, AGENT_ATTACH, prepare_attach, is_attached},
	{"detach", OPERATION_DETACH_VOLUME, AGENT_DETTACH, prepare_volume, is_detached},
	{"resize", OPERATION_RESIZE_VOLUME, AGENT_RESIZE_VOLUME, prepare_volume, is_resized},
	{"scale", OPERATION_SCALE_VM, AGENT_SCALE_VM, prepare_scale, is_scaled},
	{"volume snapshot", OPERATION_CREATE_VOLUME_SNAPSHOT, AGENT_CREATE_VOLUME_SNAPSHOT, prepare_copy, is_copied},
	{"delete volume snapshot", OPERATION_DELETE_VOLUME_SNAPSHOT, AGENT_DELETE_VOLUME_SNAPSHOT,
		prepare_copy_delete, is_not_copied},
};

static void set_up(struct trial *trial)
{
	struct engine_world *world = &trial->world;
	engine_world_make(world, VM_STOPPED, CAPABILITIES);
	trial->request = engine_world_request(world, trial->workflow->kind, NULL);
	trial->workflow->prepare(trial);
	fake_hosts_set_duration(world->hosts, world->host_id, trial->duration);
	trial->acts_before = fake_hosts_acts(world->hosts, trial->workflow->command);
	trial->deletes_before = fake_hosts_acts(world->hosts, AGENT_DELETE_VM_SNAPSHOT);
	world->points = 0;
}

static void assert_legal(struct trial *trial, bool must_be_done)
{
	struct fake_hosts *hosts = trial->world.hosts;
	bool done = trial->workflow->is_done(trial);
	engine_world_assert_agrees(&trial->world);
	assert_in_range(fake_hosts_acts(hosts, trial->workflow->command) - trial->acts_before, done ? 1 : 0, 1);
	assert_in_range(fake_hosts_acts(hosts, AGENT_DELETE_VM_SNAPSHOT) - trial->deletes_before, 0, 2);
	assert_int_equal(trial->world.vm->state, VM_STOPPED);
	assert_true(done || !must_be_done);
}

/* Returns false when the n-th point was not met any more: the workflow got through. */
static bool run_cut(struct trial *trial, int64_t n)
{
	struct engine_world *world = &trial->world;
	set_up(trial);
	world->cut_in = n;
	enum hv_status status = engine_world_ask(&world->console, &trial->request, NULL);
	engine_world_settle(world);
	bool died = world->console.dead;
	world->cut_in = 0;
	if (died) {
		struct store *store = world->console.store;
		store->ops->rollback(store); /* what was never written was never promised */
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

static void test_console_dies__at_every_point_of_every_act_on_volumes__Y1_Y2_Y3_X2_X3_X4(void **state)
{
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		int64_t points = 0;
		for (int variant = 0; variant < 4; variant++) {
			struct trial trial = {
				.workflow = &cases[i],
				.known = variant & 1,
				.unread_is_read = variant & 2,
				.duration = variant == 3 ? 4 : 1,
			};
			int64_t n = 1;
			while (run_cut(&trial, n)) {
				n += CUT_STRIDE;
			}
			points += n - 1;
		}
		print_message("%s: %lld cuts\n", cases[i].name, (long long)points);
		assert_true(points > 20);
	}
}

/* Returns false when there was no n-th call any more. */
static bool run_failing_store(struct trial *trial, int64_t n)
{
	struct engine_world *world = &trial->world;
	set_up(trial);
	struct cut_store *cut = &world->console.cut;
	cut->fail_at = cut->calls + n;
	enum hv_status status = engine_world_ask(&world->console, &trial->request, NULL);
	engine_world_settle(world);
	bool met = cut->calls >= cut->fail_at;
	assert_true(status == HV_OK || status == HV_ERR_STORE);
	assert_legal(trial, status == HV_OK);
	if (status != HV_OK) {
		assert_int_equal(fake_hosts_acts(world->hosts, trial->workflow->command), trial->acts_before);
	}
	engine_world_clear(world);
	return met;
}

static void test_store_fails__at_every_call_of_every_act_on_volumes_and_nothing_is_lost__Y3(void **state)
{
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct trial trial = {.workflow = &cases[i], .duration = 3};
		int64_t n = 1;
		while (run_failing_store(&trial, n)) {
			n += CUT_STRIDE;
		}
		assert_true(n > 20);
	}
}

static bool run_lost_link(struct trial *trial, int n)
{
	struct engine_world *world = &trial->world;
	set_up(trial);
	assert_int_equal(engine_world_ask(&world->console, &trial->request, NULL), HV_OK);
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

static void test_link_breaks__at_every_step_of_every_act_on_volumes__Y2_Y4(void **state)
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
			assert_true(n > 2);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_console_dies__at_every_point_of_every_act_on_volumes__Y1_Y2_Y3_X2_X3_X4),
		cmocka_unit_test(test_store_fails__at_every_call_of_every_act_on_volumes_and_nothing_is_lost__Y3),
		cmocka_unit_test(test_link_breaks__at_every_step_of_every_act_on_volumes__Y2_Y4),
	};
	return cmocka_run_group_tests_name("engine/cut volumes", tests, NULL, NULL);
}
