/* Hosts, VMs, volumes and untracked checkpoints: every function, and what each refuses. */
#include "tests/unit/store/fixture.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

/* --- hosts --- */

static void test_host_save__keeps_every_field_but_the_state(void **state)
{
	struct fixture *fixture = *state;
	struct host host = get_host(fixture, fixture->host_id);
	assert_string_equal(host.name, "hv01");
	assert_string_equal(host.group, "prod");
	assert_string_equal(host.transport, "sim");
	assert_string_equal(host.address, "/nowhere");
	assert_null(host.version);
	assert_null(host.reason);
	assert_int_equal(host.free_bytes, -1);
	hv_replace_string(&host.name, "hv01.prod");
	hv_replace_string(&host.group, NULL);
	host.state = HOST_UP;
	host.free_bytes = 5;
	assert_int_equal(host.stop_policy, STOP_POLICY_KEEP);
	host.stop_policy = STOP_POLICY_EXPORT_AT_SNAPSHOT;
	begin(fixture);
	must(fixture, fixture->ops->host_save(fixture->store, &host, &fixture->error));
	commit(fixture);
	host_clear(&host);
	host = get_host(fixture, fixture->host_id);
	assert_string_equal(host.name, "hv01.prod");
	assert_null(host.group);
	assert_int_equal(host.state, HOST_DISCONNECTED);
	assert_int_equal(host.free_bytes, 5);
	assert_int_equal(host.stop_policy, STOP_POLICY_EXPORT_AT_SNAPSHOT);
	host_clear(&host);
}

static void test_host_set_state__writes_what_a_connection_learns__U3(void **state)
{
	struct fixture *fixture = *state;
	struct host host = get_host(fixture, fixture->host_id);
	host.state = HOST_LOST;
	host.reason = hv_strdup("connection refused");
	host.version = hv_strdup("10.0.20348");
	host.seen_us = 77;
	host.free_bytes = 1024;
	begin(fixture);
	must(fixture, fixture->ops->host_set_state(fixture->store, &host, &fixture->error));
	host.id = 4711;
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->host_set_state(fixture->store, &host, &fixture->error));
	commit(fixture);
	host_clear(&host);
	host = get_host(fixture, fixture->host_id);
	assert_int_equal(host.state, HOST_LOST);
	assert_string_equal(host.reason, "connection refused");
	assert_string_equal(host.version, "10.0.20348");
	assert_int_equal(host.seen_us, 77);
	assert_int_equal(host.free_bytes, 1024);
	host_clear(&host);
}

static void test_host_save__refuses_a_name_that_is_taken_in_any_letter_case(void **state)
{
	struct fixture *fixture = *state;
	struct host host = {.name = hv_strdup("HV01")};
	begin(fixture);
	must_fail(fixture, HV_ERR_CONFLICT, fixture->ops->host_save(fixture->store, &host, &fixture->error));
	assert_contains(fixture->error.text, "HV01");
	assert_int_equal(host.id, 0);
	hv_replace_string(&host.name, "hv02");
	host.uuid = hv_uuid_from_text("hv01");
	must_fail(fixture, HV_ERR_CONFLICT, fixture->ops->host_save(fixture->store, &host, &fixture->error));
	/* many hosts may have no id of their own yet */
	memset(&host.uuid, 0, sizeof host.uuid);
	must(fixture, fixture->ops->host_save(fixture->store, &host, &fixture->error));
	host.id = 0;
	hv_replace_string(&host.name, "hv03");
	must(fixture, fixture->ops->host_save(fixture->store, &host, &fixture->error));
	host.id = 4711;
	hv_replace_string(&host.name, "hv04");
	must_fail(fixture, HV_ERR_NOT_FOUND, fixture->ops->host_save(fixture->store, &host, &fixture->error));
	commit(fixture);
	host_clear(&host);
}

static void test_host_list__is_sorted_by_name_and_appends(void **state)
{
	struct fixture *fixture = *state;
	struct host_list list = {0};
	(void)add_host(fixture, "hv00");
	(void)add_host(fixture, "hv02");
	must(fixture, fixture->ops->host_list(fixture->store, &list, &fixture->error));
	assert_int_equal(list.count, 3);
	assert_string_equal(list.items[0].name, "hv00");
	assert_string_equal(list.items[1].name, "hv01");
	assert_string_equal(list.items[2].name, "hv02");
	must(fixture, fixture->ops->host_list(fixture->store, &list, &fixture->error));
	assert_int_equal(list.count, 6);
	host_list_clear(&list);
}

static void add_volume(struct volume_list *list, const char *name, bool root)
{
	struct volume *volume = volume_list_add(list);
	volume->uuid = hv_uuid_from_text(name);
	volume->name = hv_strdup(name);
	volume->root = root;
	volume->path = hv_sprintf("C:\\vm\\%s.vhdx", name);
	volume->size_bytes = 100;
	volume->chain_bytes = 7;
}

static void test_host_remove__takes_all_its_rows_and_nothing_else(void **state)
{
	struct fixture *fixture = *state;
	int64_t other_host = add_host(fixture, "hv02");
	int64_t other_vm = add_vm(fixture, other_host, "db-01");
	int64_t other_snapshot = add_snapshot(fixture, other_vm, "kept", 0);
	int64_t parent = add_snapshot(fixture, fixture->vm_id, "a", 0);
	(void)add_snapshot(fixture, fixture->vm_id, "b", parent);
	struct volume_list volumes = {0};
	struct operation operation = make_operation(fixture, "done", OPERATION_DONE);
	struct virtual_machine vm = {0};
	struct host host = {0};
	add_volume(&volumes, "root", true);
	begin(fixture);
	must(fixture, fixture->ops->volume_replace(fixture->store, fixture->vm_id, &volumes, &fixture->error));
	must(fixture, fixture->ops->operation_insert(fixture->store, &operation, &fixture->error));
	must(fixture, fixture->ops->host_remove(fixture->store, fixture->host_id, &fixture->error));
	commit(fixture);
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->host_get(fixture->store, fixture->host_id, &host, &fixture->error));
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->vm_get(fixture->store, fixture->vm_id, &vm, &fixture->error));
	struct snapshot snapshot = get_snapshot(fixture, other_snapshot);
	assert_string_equal(snapshot.display_name, "kept");
	begin(fixture);
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->host_remove(fixture->store, fixture->host_id, &fixture->error));
	commit(fixture);
	snapshot_clear(&snapshot);
	operation_clear(&operation);
	volume_list_clear(&volumes);
}

static void test_host_remove__is_refused_while_an_operation_is_live(void **state)
{
	struct fixture *fixture = *state;
	static const enum operation_state live[] = {OPERATION_QUEUED, OPERATION_RUNNING};
	for (size_t i = 0; i < HV_ARRAY_LEN(live); i++) {
		struct operation operation = make_operation(fixture, i ? "running" : "queued", live[i]);
		begin(fixture);
		must(fixture, fixture->ops->operation_insert(fixture->store, &operation, &fixture->error));
		must_fail(fixture, HV_ERR_REFUSED,
			fixture->ops->host_remove(fixture->store, fixture->host_id, &fixture->error));
		assert_contains(fixture->error.text, "1 operation that did not end yet");
		fixture->ops->rollback(fixture->store);
		operation_clear(&operation);
	}
	struct host host = get_host(fixture, fixture->host_id);
	host_clear(&host);
}

/* --- VMs --- */

static void test_vm_save__keeps_every_field_but_state_owner_and_offering__S3(void **state)
{
	struct fixture *fixture = *state;
	int64_t other_host = add_host(fixture, "hv02");
	struct virtual_machine vm = get_vm(fixture, fixture->vm_id);
	assert_int_equal(vm.account_id, 1);
	assert_int_equal(vm.domain_id, 1);
	assert_int_equal(vm.offering_id, 1);
	assert_int_equal(vm.update_count, 0);
	hv_replace_string(&vm.name, "web-01b");
	vm.host_id = other_host;
	vm.power_state = VM_SAVED;
	vm.cpus = 8;
	vm.memory_bytes = 12345;
	vm.checkpoint = hv_uuid_from_text("checkpoint");
	vm.untracked = 3;
	vm.missing = true;
	vm.state = VM_ERROR;
	vm.account_id = 99;
	vm.offering_id = 99;
	begin(fixture);
	must(fixture, fixture->ops->vm_save(fixture->store, &vm, &fixture->error));
	commit(fixture);
	struct virtual_machine read = get_vm(fixture, fixture->vm_id);
	assert_string_equal(read.name, "web-01b");
	assert_int_equal(read.host_id, other_host);
	assert_int_equal(read.power_state, VM_SAVED);
	assert_int_equal(read.cpus, 8);
	assert_int_equal(read.memory_bytes, 12345);
	assert_true(hv_uuid_equal(&read.checkpoint, &vm.checkpoint));
	assert_int_equal(read.untracked, 3);
	assert_true(read.missing);
	assert_int_equal(read.state, VM_RUNNING);
	assert_int_equal(read.account_id, 1);
	assert_int_equal(read.offering_id, 1);
	assert_int_equal(read.update_count, 0);
	virtual_machine_clear(&vm);
	virtual_machine_clear(&read);
}

static void test_vm_save__refuses_what_contradicts_the_store(void **state)
{
	struct fixture *fixture = *state;
	struct virtual_machine vm = {.host_id = fixture->host_id, .name = hv_strdup("copy")};
	begin(fixture);
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->vm_save(fixture->store, &vm, &fixture->error));
	vm.uuid = hv_uuid_from_text("web-01");
	must_fail(fixture, HV_ERR_CONFLICT, fixture->ops->vm_save(fixture->store, &vm, &fixture->error));
	vm.uuid = hv_uuid_from_text("copy");
	vm.host_id = 4711;
	must_fail(fixture, HV_ERR_NOT_FOUND, fixture->ops->vm_save(fixture->store, &vm, &fixture->error));
	vm.host_id = fixture->host_id;
	vm.id = 4711;
	must_fail(fixture, HV_ERR_NOT_FOUND, fixture->ops->vm_save(fixture->store, &vm, &fixture->error));
	vm.id = 0;
	hv_replace_string(&vm.name, "\xC3(");
	must_fail(fixture, HV_ERR_INVALID, fixture->ops->vm_save(fixture->store, &vm, &fixture->error));
	assert_contains(fixture->error.text, "UTF-8");
	commit(fixture);
	virtual_machine_clear(&vm);
}

static void test_vm_set_state__is_lost_by_the_second_of_two_consoles__S3(void **state)
{
	struct fixture *fixture = *state;
	struct store *other = open_other(fixture);
	struct virtual_machine mine = get_vm(fixture, fixture->vm_id);
	struct virtual_machine theirs = {0};
	must(fixture, other->ops->vm_get(other, fixture->vm_id, &theirs, &fixture->error));
	must(fixture, other->ops->begin(other, &fixture->error));
	must(fixture, other->ops->vm_set_state(other, &theirs, VM_SNAPSHOTTING, &fixture->error));
	must(fixture, other->ops->commit(other, &fixture->error));
	assert_int_equal(theirs.update_count, 1);
	begin(fixture);
	must_fail(fixture, HV_ERR_CONFLICT,
		fixture->ops->vm_set_state(fixture->store, &mine, VM_REVERTING, &fixture->error));
	assert_int_equal(mine.state, VM_RUNNING);
	assert_int_equal(mine.update_count, 0);
	mine.id = 4711;
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->vm_set_state(fixture->store, &mine, VM_REVERTING, &fixture->error));
	commit(fixture);
	virtual_machine_clear(&mine);
	mine = get_vm(fixture, fixture->vm_id);
	assert_int_equal(mine.state, VM_SNAPSHOTTING);
	/* same state again, yet another count: still lost */
	theirs.update_count = 0;
	begin(fixture);
	must_fail(fixture, HV_ERR_CONFLICT,
		fixture->ops->vm_set_state(fixture->store, &theirs, VM_RUNNING, &fixture->error));
	commit(fixture);
	virtual_machine_clear(&mine);
	virtual_machine_clear(&theirs);
	other->ops->close(other);
}

static void test_vm_set_offering__writes_the_offering_alone__V5(void **state)
{
	struct fixture *fixture = *state;
	int64_t offering = 0;
	begin(fixture);
	must(fixture, fixture->ops->offering_ensure(fixture->store, "large", 8, 64, &offering, &fixture->error));
	must(fixture, fixture->ops->vm_set_offering(fixture->store, fixture->vm_id, offering, &fixture->error));
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->vm_set_offering(fixture->store, fixture->vm_id, 4711, &fixture->error));
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->vm_set_offering(fixture->store, 4711, offering, &fixture->error));
	commit(fixture);
	struct virtual_machine vm = get_vm(fixture, fixture->vm_id);
	assert_int_equal(vm.offering_id, offering);
	assert_int_equal(vm.cpus, 2);
	virtual_machine_clear(&vm);
}

static void test_vm_save__keeps_what_is_known_of_the_export__P2(void **state)
{
	struct fixture *fixture = *state;
	struct virtual_machine vm = get_vm(fixture, fixture->vm_id);
	assert_false(vm.unregistered);
	assert_int_equal(vm.export_state, EXPORT_NONE);
	assert_true(hv_uuid_is_nil(&vm.export));
	vm.unregistered = true;
	vm.export = hv_uuid_from_text("export");
	vm.export_state = EXPORT_COMPLETE;
	vm.export_matches = true;
	begin(fixture);
	must(fixture, fixture->ops->vm_save(fixture->store, &vm, &fixture->error));
	commit(fixture);
	struct virtual_machine read = get_vm(fixture, fixture->vm_id);
	assert_true(read.unregistered);
	assert_true(hv_uuid_equal(&read.export, &vm.export));
	assert_int_equal(read.export_state, EXPORT_COMPLETE);
	assert_true(read.export_matches);
	virtual_machine_clear(&read);
	vm.id = 0;
	vm.uuid = hv_uuid_from_text("another");
	begin(fixture);
	must(fixture, fixture->ops->vm_save(fixture->store, &vm, &fixture->error));
	commit(fixture);
	read = get_vm(fixture, vm.id);
	assert_true(read.unregistered);
	assert_true(hv_uuid_equal(&read.export, &vm.export));
	virtual_machine_clear(&read);
	virtual_machine_clear(&vm);
}

static size_t vms_listed(struct fixture *fixture, const char *name)
{
	struct virtual_machine_list list = {0};
	must(fixture, fixture->ops->vm_list(fixture->store, fixture->host_id, &list, &fixture->error));
	size_t count = list.count;
	virtual_machine_list_clear(&list);
	must(fixture, fixture->ops->vm_find(fixture->store, name, &list, &fixture->error));
	assert_int_equal(list.count, count);
	virtual_machine_list_clear(&list);
	return count;
}

static enum hv_status get_any_vm(struct fixture *fixture, int64_t id)
{
	struct virtual_machine vm = {0};
	enum hv_status status = fixture->ops->vm_get(fixture->store, id, &vm, NULL);
	virtual_machine_clear(&vm);
	return status;
}

/* Its row is no more listed, and goes when nobody can still be waiting for how it ended. */
static void test_destroyed_vm__is_not_listed_and_forgotten_later__D6(void **state)
{
	struct fixture *fixture = *state;
	struct virtual_machine vm = get_vm(fixture, fixture->vm_id);
	struct operation operation = make_operation(fixture, "destroy", OPERATION_DONE);
	(void)add_snapshot(fixture, fixture->vm_id, "a", 0);
	operation.finished_us = 100;
	assert_int_equal(vms_listed(fixture, vm.name), 1);
	begin(fixture);
	must(fixture, fixture->ops->operation_insert(fixture->store, &operation, &fixture->error));
	must(fixture, fixture->ops->vm_forget_destroyed(fixture->store, fixture->host_id, 200, &fixture->error));
	must(fixture, fixture->ops->vm_set_state(fixture->store, &vm, VM_DESTROYED, &fixture->error));
	must(fixture, fixture->ops->vm_forget_destroyed(fixture->store, fixture->host_id, 100, &fixture->error));
	must(fixture, fixture->ops->vm_forget_destroyed(fixture->store, 4711, 200, &fixture->error));
	commit(fixture);
	assert_int_equal(vms_listed(fixture, vm.name), 0);
	assert_int_equal(get_any_vm(fixture, vm.id), HV_OK);
	begin(fixture);
	must(fixture, fixture->ops->vm_forget_destroyed(fixture->store, fixture->host_id, 101, &fixture->error));
	commit(fixture);
	assert_int_equal(get_any_vm(fixture, vm.id), HV_ERR_NOT_FOUND);
	operation_clear(&operation);
	virtual_machine_clear(&vm);
}

static int64_t running_since(struct fixture *fixture)
{
	struct virtual_machine vm = get_vm(fixture, fixture->vm_id);
	int64_t since_us = vm.running_since_us;
	must(fixture, fixture->ops->vm_save(fixture->store, &vm, &fixture->error)); /* says nothing about it */
	virtual_machine_clear(&vm);
	return since_us;
}

static void test_vm_set_running_since__holds_until_another_snapshot_is_current__U4(void **state)
{
	struct fixture *fixture = *state;
	int64_t a = add_snapshot(fixture, fixture->vm_id, "a", 0);
	int64_t b = add_snapshot(fixture, fixture->vm_id, "b", a);
	begin(fixture);
	must(fixture, fixture->ops->snapshot_set_current(fixture->store, fixture->vm_id, a, &fixture->error));
	assert_int_equal(running_since(fixture), 0);
	must(fixture, fixture->ops->vm_set_running_since(fixture->store, fixture->vm_id, 700, &fixture->error));
	must(fixture, fixture->ops->snapshot_set_current(fixture->store, fixture->vm_id, a, &fixture->error));
	assert_int_equal(running_since(fixture), 700);
	must(fixture, fixture->ops->snapshot_set_current(fixture->store, fixture->vm_id, b, &fixture->error));
	assert_int_equal(running_since(fixture), 0);
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->vm_set_running_since(fixture->store, 4711, 700, &fixture->error));
	commit(fixture);
}

static void test_vm_lists__by_host_by_name_and_by_uuid(void **state)
{
	struct fixture *fixture = *state;
	int64_t other_host = add_host(fixture, "hv02");
	char uuid[HV_UUID_TEXT_SIZE];
	struct virtual_machine_list list = {0};
	struct virtual_machine vm = {0};
	(void)add_vm(fixture, other_host, "app-01");
	int64_t last = add_vm(fixture, fixture->host_id, "app-02");
	must(fixture, fixture->ops->vm_list(fixture->store, 0, &list, &fixture->error));
	assert_int_equal(list.count, 3);
	assert_string_equal(list.items[0].name, "app-01");
	assert_string_equal(list.items[2].name, "web-01");
	virtual_machine_list_clear(&list);
	must(fixture, fixture->ops->vm_list(fixture->store, fixture->host_id, &list, &fixture->error));
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].name, "app-02");
	virtual_machine_list_clear(&list);
	must(fixture, fixture->ops->vm_find(fixture->store, "app-02", &list, &fixture->error));
	assert_int_equal(list.count, 1);
	struct hv_uuid id = list.items[0].uuid;
	virtual_machine_list_clear(&list);
	must(fixture,
		fixture->ops->vm_find(fixture->store, hv_uuid_format(&id, uuid), &list, &fixture->error));
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].id, last);
	virtual_machine_list_clear(&list);
	must(fixture, fixture->ops->vm_find(fixture->store, "app", &list, &fixture->error));
	assert_int_equal(list.count, 0);
	must(fixture, fixture->ops->vm_by_uuid(fixture->store, &id, &vm, &fixture->error));
	assert_int_equal(vm.id, last);
	virtual_machine_clear(&vm);
	id = hv_uuid_from_text("nobody");
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->vm_by_uuid(fixture->store, &id, &vm, &fixture->error));
	memset(&id, 0, sizeof id);
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->vm_by_uuid(fixture->store, &id, &vm, &fixture->error));
}

static void test_vm_find__finds_all_vms_of_one_name_on_several_hosts(void **state)
{
	struct fixture *fixture = *state;
	int64_t other_host = add_host(fixture, "hv02");
	struct virtual_machine twin = {.host_id = other_host, .name = hv_strdup("web-01")};
	struct virtual_machine_list list = {0};
	twin.uuid = hv_uuid_from_text("twin");
	begin(fixture);
	must(fixture, fixture->ops->vm_save(fixture->store, &twin, &fixture->error));
	commit(fixture);
	must(fixture, fixture->ops->vm_find(fixture->store, "web-01", &list, &fixture->error));
	assert_int_equal(list.count, 2);
	virtual_machine_list_clear(&list);
	virtual_machine_clear(&twin);
}

/* --- volumes and untracked checkpoints --- */

static void test_volume_replace__matches_by_uuid_and_keeps_ids(void **state)
{
	struct fixture *fixture = *state;
	struct volume_list given = {0};
	struct volume_list read = {0};
	add_volume(&given, "data", false);
	add_volume(&given, "root", true);
	begin(fixture);
	must(fixture, fixture->ops->volume_replace(fixture->store, fixture->vm_id, &given, &fixture->error));
	commit(fixture);
	must(fixture, fixture->ops->volume_list(fixture->store, fixture->vm_id, &read, &fixture->error));
	assert_int_equal(read.count, 2);
	assert_true(read.items[0].root);
	assert_string_equal(read.items[0].path, "C:\\vm\\root.vhdx");
	assert_int_equal(read.items[0].vm_id, fixture->vm_id);
	assert_int_equal(read.items[0].size_bytes, 100);
	assert_int_equal(read.items[0].chain_bytes, 7);
	int64_t root_id = read.items[0].id;
	volume_list_clear(&read);
	/* the root's path and chain change, data goes, more comes */
	hv_replace_string(&given.items[1].path, "C:\\vm\\root_1.avhdx");
	given.items[1].chain_bytes = 9;
	given.items[0].uuid = hv_uuid_from_text("more");
	begin(fixture);
	must(fixture, fixture->ops->volume_replace(fixture->store, fixture->vm_id, &given, &fixture->error));
	commit(fixture);
	must(fixture, fixture->ops->volume_list(fixture->store, fixture->vm_id, &read, &fixture->error));
	assert_int_equal(read.count, 2);
	assert_int_equal(read.items[0].id, root_id);
	assert_string_equal(read.items[0].path, "C:\\vm\\root_1.avhdx");
	assert_int_equal(read.items[0].chain_bytes, 9);
	volume_list_clear(&read);
	volume_list_clear(&given);
	begin(fixture);
	must(fixture, fixture->ops->volume_replace(fixture->store, fixture->vm_id, &given, &fixture->error));
	commit(fixture);
	must(fixture, fixture->ops->volume_list(fixture->store, fixture->vm_id, &read, &fixture->error));
	assert_int_equal(read.count, 0);
}

static void test_volume_replace__that_fails_half_way_writes_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct volume_list given = {0};
	struct volume_list read = {0};
	add_volume(&given, "root", true);
	begin(fixture);
	must(fixture, fixture->ops->volume_replace(fixture->store, fixture->vm_id, &given, &fixture->error));
	volume_list_clear(&given);
	add_volume(&given, "first", true);
	add_volume(&given, "second", false);
	hv_replace_string(&given.items[1].path, "\xFF");
	must_fail(fixture, HV_ERR_INVALID,
		fixture->ops->volume_replace(fixture->store, fixture->vm_id, &given, &fixture->error));
	commit(fixture);
	must(fixture, fixture->ops->volume_list(fixture->store, fixture->vm_id, &read, &fixture->error));
	assert_int_equal(read.count, 1);
	assert_string_equal(read.items[0].name, "root");
	volume_list_clear(&given);
	volume_list_clear(&read);
}

static void test_volume_replace__refuses_twins_and_an_unknown_vm(void **state)
{
	struct fixture *fixture = *state;
	struct volume_list given = {0};
	add_volume(&given, "root", true);
	begin(fixture);
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->volume_replace(fixture->store, 4711, &given, &fixture->error));
	add_volume(&given, "root", false);
	must_fail(fixture, HV_ERR_INVALID,
		fixture->ops->volume_replace(fixture->store, fixture->vm_id, &given, &fixture->error));
	commit(fixture);
	volume_list_clear(&given);
}

static void test_untracked_replace__keeps_the_list_and_the_count__T6(void **state)
{
	struct fixture *fixture = *state;
	struct checkpoint_list given = {0};
	struct checkpoint_list read = {0};
	for (int i = 0; i < 3; i++) {
		struct checkpoint *checkpoint = checkpoint_list_add(&given);
		checkpoint->name = hv_sprintf("by hand %d", i);
		checkpoint->id = hv_uuid_from_text(checkpoint->name);
		checkpoint->kind = i == 2 ? CHECKPOINT_RECOVERY : CHECKPOINT_STANDARD;
		checkpoint->has_memory = i == 1;
		checkpoint->created_us = 100 - i;
		checkpoint->size_bytes = i;
	}
	given.items[1].parent = given.items[0].id;
	begin(fixture);
	must(fixture, fixture->ops->untracked_replace(fixture->store, fixture->vm_id, &given, &fixture->error));
	commit(fixture);
	must(fixture, fixture->ops->untracked_list(fixture->store, fixture->vm_id, &read, &fixture->error));
	assert_int_equal(read.count, 3);
	assert_string_equal(read.items[0].name, "by hand 2");
	assert_int_equal(read.items[0].kind, CHECKPOINT_RECOVERY);
	assert_true(hv_uuid_equal(&read.items[1].parent, &given.items[0].id));
	assert_true(read.items[1].has_memory);
	assert_true(hv_uuid_is_nil(&read.items[2].parent));
	struct virtual_machine vm = get_vm(fixture, fixture->vm_id);
	assert_int_equal(vm.untracked, 3);
	virtual_machine_clear(&vm);
	checkpoint_list_clear(&read);
	checkpoint_list_clear(&given);
	begin(fixture);
	must(fixture, fixture->ops->untracked_replace(fixture->store, fixture->vm_id, &given, &fixture->error));
	commit(fixture);
	vm = get_vm(fixture, fixture->vm_id);
	assert_int_equal(vm.untracked, 0);
	virtual_machine_clear(&vm);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_store, fixture_clean)
	const struct CMUnitTest tests[] = {
		TEST(test_host_save__keeps_every_field_but_the_state),
		TEST(test_host_set_state__writes_what_a_connection_learns__U3),
		TEST(test_host_save__refuses_a_name_that_is_taken_in_any_letter_case),
		TEST(test_host_list__is_sorted_by_name_and_appends),
		TEST(test_host_remove__takes_all_its_rows_and_nothing_else),
		TEST(test_host_remove__is_refused_while_an_operation_is_live),
		TEST(test_vm_save__keeps_every_field_but_state_owner_and_offering__S3),
		TEST(test_vm_save__refuses_what_contradicts_the_store),
		TEST(test_vm_set_state__is_lost_by_the_second_of_two_consoles__S3),
		TEST(test_vm_set_offering__writes_the_offering_alone__V5),
		TEST(test_vm_save__keeps_what_is_known_of_the_export__P2),
		TEST(test_destroyed_vm__is_not_listed_and_forgotten_later__D6),
		TEST(test_vm_set_running_since__holds_until_another_snapshot_is_current__U4),
		TEST(test_vm_lists__by_host_by_name_and_by_uuid),
		TEST(test_vm_find__finds_all_vms_of_one_name_on_several_hosts),
		TEST(test_volume_replace__matches_by_uuid_and_keeps_ids),
		TEST(test_volume_replace__that_fails_half_way_writes_nothing),
		TEST(test_volume_replace__refuses_twins_and_an_unknown_vm),
		TEST(test_untracked_replace__keeps_the_list_and_the_count__T6),
	};
	return cmocka_run_group_tests_name("store/rows", tests, NULL, NULL);
}
