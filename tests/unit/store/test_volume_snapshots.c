/* Volume snapshots (X3), offerings (X4) and what hypervisors can do (X5). */
#include "tests/unit/store/fixture.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

static struct volume_snapshot make_copy(const struct fixture *fixture, const char *name)
{
	return (struct volume_snapshot){
		.uuid = hv_uuid_from_text(name),
		.vm_id = fixture->vm_id,
		.volume = hv_uuid_from_text("volume"),
		.volume_name = hv_strdup("data"),
		.name = hv_strdup(name),
		.state = SNAPSHOT_ALLOCATED,
		.created_by = hv_strdup("alice"),
		.created_us = 100,
		.updated_us = 100,
	};
}

static int64_t add_copy(struct fixture *fixture, const char *name)
{
	struct volume_snapshot copy = make_copy(fixture, name);
	begin(fixture);
	must(fixture, fixture->ops->volume_snapshot_insert(fixture->store, &copy, &fixture->error));
	commit(fixture);
	int64_t id = copy.id;
	volume_snapshot_clear(&copy);
	return id;
}

static struct volume_snapshot get_copy(struct fixture *fixture, int64_t id)
{
	struct volume_snapshot copy = {0};
	must(fixture, fixture->ops->volume_snapshot_get(fixture->store, id, &copy, &fixture->error));
	return copy;
}

static void test_copy__is_kept_with_every_field_and_belongs_to_the_vms_account__X3(void **state)
{
	struct fixture *fixture = *state;
	struct volume_snapshot copy = get_copy(fixture, add_copy(fixture, "first"));
	assert_int_equal(copy.account_id, 1);
	assert_int_equal(copy.domain_id, 1);
	assert_string_equal(copy.name, "first");
	assert_string_equal(copy.volume_name, "data");
	assert_string_equal(copy.created_by, "alice");
	assert_int_equal(copy.state, SNAPSHOT_ALLOCATED);
	assert_null(copy.path);
	copy.path = hv_strdup("D:\\copies\\first.vhdx");
	copy.size_bytes = 4711;
	copy.created_us = 200;
	begin(fixture);
	must(fixture, fixture->ops->volume_snapshot_update(fixture->store, &copy, &fixture->error));
	commit(fixture);
	struct volume_snapshot again = {0};
	must(fixture, fixture->ops->volume_snapshot_by_uuid(
			      fixture->store, &copy.uuid, &again, &fixture->error));
	assert_string_equal(again.path, "D:\\copies\\first.vhdx");
	assert_int_equal(again.size_bytes, 4711);
	assert_int_equal(again.created_us, 200);
	volume_snapshot_clear(&copy);
	volume_snapshot_clear(&again);
}

static void test_copy__state_is_written_by_the_one_who_read_it_last__S3(void **state)
{
	struct fixture *fixture = *state;
	int64_t id = add_copy(fixture, "first");
	struct volume_snapshot mine = get_copy(fixture, id);
	struct volume_snapshot others = get_copy(fixture, id);
	begin(fixture);
	must(fixture, fixture->ops->volume_snapshot_set_state(
			      fixture->store, &mine, SNAPSHOT_CREATING, 150, &fixture->error));
	must_fail(fixture, HV_ERR_CONFLICT,
		fixture->ops->volume_snapshot_set_state(
			fixture->store, &others, SNAPSHOT_CREATING, 150, &fixture->error));
	must_fail(fixture, HV_ERR_CONFLICT,
		fixture->ops->volume_snapshot_discard(fixture->store, id, &fixture->error));
	must(fixture, fixture->ops->volume_snapshot_set_state(
			      fixture->store, &mine, SNAPSHOT_REMOVED, 160, &fixture->error));
	commit(fixture);
	assert_int_equal(mine.removed_us, 160);
	struct volume_snapshot_list list = {0};
	must(fixture, fixture->ops->volume_snapshot_list(
			      fixture->store, fixture->vm_id, &list, &fixture->error));
	assert_int_equal(list.count, 0);
	volume_snapshot_list_clear(&list);
	volume_snapshot_clear(&mine);
	volume_snapshot_clear(&others);
}

static void test_copy__allocated_row_is_taken_back__C2(void **state)
{
	struct fixture *fixture = *state;
	int64_t id = add_copy(fixture, "first");
	struct volume_snapshot copy = {0};
	begin(fixture);
	must(fixture, fixture->ops->volume_snapshot_discard(fixture->store, id, &fixture->error));
	commit(fixture);
	must_fail(fixture, HV_ERR_NOT_FOUND,
		fixture->ops->volume_snapshot_get(fixture->store, id, &copy, &fixture->error));
	struct volume_snapshot twice = make_copy(fixture, "other");
	begin(fixture);
	must(fixture, fixture->ops->volume_snapshot_insert(fixture->store, &twice, &fixture->error));
	must_fail(fixture, HV_ERR_CONFLICT,
		fixture->ops->volume_snapshot_insert(fixture->store, &twice, &fixture->error));
	commit(fixture);
	volume_snapshot_clear(&twice);
}

static void test_offering__is_found_counted_and_stays_while_it_is_needed__X4_V5(void **state)
{
	struct fixture *fixture = *state;
	int64_t id = 0;
	begin(fixture);
	must(fixture, fixture->ops->offering_ensure(
			      fixture->store, "large", 8, INT64_C(64) << 30, &id, &fixture->error));
	must(fixture, fixture->ops->vm_set_offering(fixture->store, fixture->vm_id, id, &fixture->error));
	must_fail(fixture, HV_ERR_REFUSED,
		fixture->ops->offering_remove(fixture->store, id, &fixture->error));
	commit(fixture);
	struct service_offering offering = {0};
	must(fixture, fixture->ops->offering_by_name(fixture->store, "large", &offering, &fixture->error));
	assert_int_equal(offering.id, id);
	assert_int_equal(offering.cpus, 8);
	assert_int_equal(offering.memory_bytes, INT64_C(64) << 30);
	assert_int_equal(offering.vm_count, 1);
	service_offering_clear(&offering);
	int64_t snapshot_id = add_snapshot(fixture, fixture->vm_id, "a", 0);
	assert_true(snapshot_id > 0);
	begin(fixture);
	must(fixture, fixture->ops->vm_set_offering(fixture->store, fixture->vm_id, 1, &fixture->error));
	must_fail(fixture, HV_ERR_REFUSED, /* a revert would bring it back (V5) */
		fixture->ops->offering_remove(fixture->store, id, &fixture->error));
	int64_t unused = 0;
	must(fixture, fixture->ops->offering_ensure(fixture->store, "unused", 1, 1, &unused, &fixture->error));
	must(fixture, fixture->ops->offering_remove(fixture->store, unused, &fixture->error));
	commit(fixture);
	struct service_offering_list list = {0};
	must(fixture, fixture->ops->offering_list(fixture->store, NULL, &list, &fixture->error));
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[1].name, "large");
	service_offering_list_clear(&list);
}

static void test_capability__is_set_for_a_version_and_told_to_all__X5(void **state)
{
	struct fixture *fixture = *state;
	int64_t before = 0;
	int64_t after = 0;
	bool enabled = true;
	must(fixture, fixture->ops->last_change(fixture->store, &before, &fixture->error));
	begin(fixture);
	must(fixture, fixture->ops->capability_set(fixture->store, "10.0.14393", false, &fixture->error));
	static const char *const mistyped[] = {"", "nope", "10.0.", "10..14393", ".10", "10.0.14393x", "default "};
	for (size_t i = 0; i < HV_ARRAY_LEN(mistyped); i++) {
		must_fail(fixture, HV_ERR_INVALID,
			fixture->ops->capability_set(fixture->store, mistyped[i], false, &fixture->error));
	}
	commit(fixture);
	must(fixture, fixture->ops->last_change(fixture->store, &after, &fixture->error));
	assert_true(after > before);
	must(fixture,
		fixture->ops->snapshots_enabled(fixture->store, "10.0.14393", &enabled, &fixture->error));
	assert_false(enabled);
	struct hypervisor_capability_list list = {0};
	must(fixture, fixture->ops->capability_list(fixture->store, &list, &fixture->error));
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].version, "default");
	assert_true(list.items[0].snapshots);
	assert_string_equal(list.items[1].version, "10.0.14393");
	assert_false(list.items[1].snapshots);
	hypervisor_capability_list_clear(&list);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_store, fixture_clean)
	const struct CMUnitTest tests[] = {
		TEST(test_copy__is_kept_with_every_field_and_belongs_to_the_vms_account__X3),
		TEST(test_copy__state_is_written_by_the_one_who_read_it_last__S3),
		TEST(test_copy__allocated_row_is_taken_back__C2),
		TEST(test_offering__is_found_counted_and_stays_while_it_is_needed__X4_V5),
		TEST(test_capability__is_set_for_a_version_and_told_to_all__X5),
	};
	return cmocka_run_group_tests_name("store/volume snapshots", tests, NULL, NULL);
}
