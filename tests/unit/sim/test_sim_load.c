/* A host made from a fleet file holds what the file says, in each snapshot, and behaves as if it had grown so (U7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "backend/base/memory.h"
#include "backend/demo/fleet_file.h"
#include "tests/unit/sim/sim_fixture.h"

static const char fleet_text[] = "[host hv01]\n"
				 "free_gb = 300\n"
				 "[vm db]\n"
				 "host = hv01\n"
				 "cpus = 8\n"
				 "memory_mb = 2048\n"
				 "disks = root:100 data:50\n"
				 "guest.disk.app = 3\n"
				 "guest.disk.new = n\n"
				 "guest.memory.pid = 9\n"
				 "[snapshot db/base]\n"
				 "age = 82d\n"
				 "guest.disk.app = 1\n"
				 "guest.disk.installer = here\n"
				 "[snapshot db/next]\n"
				 "parent = base\n"
				 "type = DiskAndMemory\n"
				 "age = 5d\n"
				 "delta_mb = 700\n"
				 "current = yes\n"
				 "guest.disk.app = 2\n"
				 "guest.memory.pid = 7\n"
				 "[vm two]\n"
				 "host = hv01\n"
				 "state = Stopped\n"
				 "guest.disk.at = now\n"
				 "[snapshot two/left]\n"
				 "guest.disk.at = left\n"
				 "[snapshot two/right]\n"
				 "guest.disk.at = right\n"
				 "guest.disk.only = right\n"
				 "[snapshot two/theirs]\n"
				 "parent = right\n"
				 "tracked = no\n"
				 "kind = Automatic\n"
				 "guest.disk.at = theirs\n";

struct scene {
	struct test_host host;
	struct client client;
};

static int setup(void **state)
{
	static struct scene scene;
	test_host_open(&scene.host, fleet_text);
	client_open(&scene.client, &scene.host);
	*state = &scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	test_host_check(&scene->host);
	client_close(&scene->client);
	test_host_close(&scene->host);
	return 0;
}

static void test_load__makes_trees_with_one_root_several_roots_and_no_current_one__T1_T2(void **state)
{
	struct scene *s = *state;
	const json_t *answer = start(&s->client, "db");
	assert_string_equal(tree_text(answer), "db_VS_base(db_VS_next(*))");
	const json_t *next = checkpoint_named(answer, "db_VS_next");
	struct hv_uuid uuid = hv_uuid_from_text("checkpoint:hv01/db/next");
	char text[HV_UUID_TEXT_SIZE];
	assert_string_equal(json_string_value(json_object_get(next, "id")), hv_uuid_format(&uuid, text));
	assert_true(json_integer_value(json_object_get(next, "size")) > INT64_C(2748) << 20);
	assert_int_equal(json_integer_value(json_object_get(checkpoint_named(answer, "db_VS_base"), "size")), 0);
	answer = stop(&s->client, "two", false);
	assert_string_equal(tree_text(answer), "two_VS_left two_VS_right(theirs) *");
	assert_string_equal(json_string_value(json_object_get(checkpoint_named(answer, "theirs"), "kind")), "Automatic");
}

/* The difference of "next", 700 MB and a fourth of that on the other disk, goes into the base files. */
static void test_merge__of_a_large_difference_takes_space_until_it_is_done__D1(void **state)
{
	struct scene *s = *state;
	int64_t before = free_bytes(&s->host);
	test_host_speed(&s->host, 100);
	int id = client_send(&s->client, "DeleteVMSnapshotCommand", new_operation(&s->host), 1,
		target_body("db", "db_VS_base", "Disk", NULL));
	const json_t *progress = NULL;
	while (!progress || json_integer_value(json_object_get(progress, "percent")) < 60) {
		client_run_ms(&s->client, 100);
		progress = client_last_event(&s->client, "Progress");
	}
	assert_in_range(before - free_bytes(&s->host), INT64_C(300) << 20, INT64_C(900) << 20);
	assert_well(client_answer(&s->client, id));
	assert_int_equal(free_bytes(&s->host), before);
}

static void test_load__a_snapshot_holds_what_the_file_says_and_nothing_of_its_parent__U7(void **state)
{
	struct scene *s = *state;
	assert_string_equal(disk_of(&s->host, "db", "app"), "3");
	assert_null(disk_of(&s->host, "db", "installer"));
	assert_string_equal(memory_of(&s->host, "db", "pid"), "9");
	assert_well(revert(&s->client, "db", "db_VS_next", "DiskAndMemory"));
	assert_string_equal(disk_of(&s->host, "db", "app"), "2");
	assert_null(disk_of(&s->host, "db", "installer"));
	assert_null(disk_of(&s->host, "db", "new"));
	assert_string_equal(memory_of(&s->host, "db", "pid"), "7");
	assert_well(revert(&s->client, "db", "db_VS_base", "Disk"));
	assert_string_equal(disk_of(&s->host, "db", "app"), "1");
	assert_string_equal(disk_of(&s->host, "db", "installer"), "here");
}

static void test_load__what_was_removed_stays_removed_through_merges__D2(void **state)
{
	struct scene *s = *state;
	assert_well(delete_snapshot(&s->client, "db", "db_VS_base"));
	test_host_check(&s->host);
	assert_null(disk_of(&s->host, "db", "installer"));
	assert_well(delete_snapshot(&s->client, "db", "db_VS_next"));
	assert_null(disk_of(&s->host, "db", "installer"));
	assert_string_equal(disk_of(&s->host, "db", "app"), "3");
}

static void test_load__every_root_can_be_reverted_to_and_deleted__V3_D3(void **state)
{
	struct scene *s = *state;
	assert_well(revert(&s->client, "two", "two_VS_right", "Disk"));
	assert_string_equal(disk_of(&s->host, "two", "only"), "right");
	const json_t *answer = delete_snapshot(&s->client, "two", "two_VS_right");
	assert_string_equal(tree_text(answer), "two_VS_left theirs *"); /* a root's children and the pointer are roots */
	assert_string_equal(disk_of(&s->host, "two", "at"), "right");
	assert_well(revert(&s->client, "two", "two_VS_left", "Disk"));
	assert_string_equal(disk_of(&s->host, "two", "at"), "left");
	assert_null(disk_of(&s->host, "two", "only"));
}

static void test_revert__brings_back_processors_and_memory_size__V5(void **state)
{
	struct scene *s = *state;
	sqlite3 *file = NULL;
	assert_int_equal(sqlite3_open(s->host.path, &file), SQLITE_OK);
	assert_int_equal(sqlite3_exec(file, "UPDATE vm SET cpus = 2, memory_bytes = 1048576 WHERE name = 'db'", NULL, NULL,
				 NULL),
		SQLITE_OK);
	(void)sqlite3_close(file);
	const json_t *answer = revert(&s->client, "db", "db_VS_next", "DiskAndMemory");
	const json_t *vm = json_object_get(json_object_get(answer, "body"), "vm");
	assert_int_equal(json_integer_value(json_object_get(vm, "cpus")), 8);
	assert_int_equal(json_integer_value(json_object_get(vm, "memoryBytes")), INT64_C(2) << 30);
}

static void test_create__never_overwrites_a_file_nor_leaves_half_of_one(void **state)
{
	struct scene *s = *state;
	struct fleet fleet;
	struct hv_error err;
	const struct sim_options options = test_host_options(&s->host);
	assert_int_equal(fleet_read(fleet_text, &fleet, &err), HV_OK);
	assert_int_equal(sim_create(s->host.path, &fleet, "hv01", &options, &err), HV_ERR_CONFLICT);
	assert_int_equal(sim_create("/nowhere/at/all.db", &fleet, "hv01", &options, &err), HV_ERR_IO);
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/none.db", s->host.folder);
	assert_int_equal(sim_create(path, &fleet, "hv09", &options, &err), HV_ERR_NOT_FOUND);
	assert_int_equal(access(path, F_OK), -1);
	fleet_clear(&fleet);
}

/* The checker itself: each harm must be found, else it proves nothing where it stands after every step. */
static void test_check__finds_what_it_is_there_for(void **state)
{
	static const char *const harms[] = {
		"UPDATE layer SET parent = NULL WHERE id = (SELECT top FROM disk LIMIT 1)",
		"UPDATE layer SET parent = id WHERE id = (SELECT top FROM disk LIMIT 1)",
		"UPDATE disk SET top = (SELECT layer FROM frozen WHERE frozen.disk = disk.id LIMIT 1) WHERE name = 'data'",
		"UPDATE disk SET top = NULL WHERE name = 'data'",
		"DELETE FROM frozen WHERE checkpoint = (SELECT max(checkpoint) FROM frozen)",
		"UPDATE checkpoint SET parent = NULL WHERE name = 'db_VS_next'",
		"UPDATE checkpoint SET parent = id WHERE name = 'db_VS_next'",
		"UPDATE vm SET parent = NULL WHERE name = 'db'",
		"UPDATE vm SET parent = (SELECT id FROM checkpoint WHERE name = 'theirs') WHERE name = 'db'",
		"INSERT INTO vm_memory SELECT id, 'k', 'v' FROM vm WHERE name = 'two'",
		"INSERT INTO checkpoint_memory SELECT id, 'k', 'v' FROM checkpoint WHERE name = 'db_VS_base'",
		"UPDATE vm SET state = 'Starting' WHERE name = 'db'",
		"INSERT INTO merge (layer, vm, queued_us) SELECT layer, 1, 0 FROM frozen LIMIT 1",
		"INSERT INTO content SELECT id, 'k', NULL FROM layer WHERE parent IS NULL",
	};
	struct scene *s = *state;
	struct hv_error err;
	sqlite3 *file = NULL;
	assert_int_equal(sqlite3_open(s->host.path, &file), SQLITE_OK);
	for (size_t i = 0; i < HV_ARRAY_LEN(harms); i++) {
		HV_CLEANUP_FREE char *copy = hv_sprintf("%s/harmed.db", s->host.folder);
		HV_CLEANUP_FREE char *sql = hv_sprintf("VACUUM INTO '%s'", copy);
		const struct sim_options options = test_host_options(&s->host);
		struct hv_text findings = HV_TEXT_INIT;
		sqlite3 *harmed = NULL;
		struct sim *sim = NULL;
		assert_int_equal(sqlite3_exec(file, sql, NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_open(copy, &harmed), SQLITE_OK);
		assert_int_equal(sqlite3_exec(harmed, harms[i], NULL, NULL, NULL), SQLITE_OK);
		(void)sqlite3_close(harmed);
		assert_int_equal(sim_open(copy, &options, &sim, &err), HV_OK);
		if (sim_check(sim, &findings, &err) != HV_ERR_STORE || findings.length == 0) {
			fail_msg("not found: %s", harms[i]);
		}
		sim_close(sim);
		hv_text_clear(&findings);
		assert_int_equal(unlink(copy), 0);
	}
	(void)sqlite3_close(file);
}

int main(void)
{
#define RULE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		RULE(test_load__makes_trees_with_one_root_several_roots_and_no_current_one__T1_T2),
		RULE(test_merge__of_a_large_difference_takes_space_until_it_is_done__D1),
		RULE(test_load__a_snapshot_holds_what_the_file_says_and_nothing_of_its_parent__U7),
		RULE(test_load__what_was_removed_stays_removed_through_merges__D2),
		RULE(test_load__every_root_can_be_reverted_to_and_deleted__V3_D3),
		RULE(test_revert__brings_back_processors_and_memory_size__V5),
		RULE(test_create__never_overwrites_a_file_nor_leaves_half_of_one),
		RULE(test_check__finds_what_it_is_there_for),
	};
	return cmocka_run_group_tests_name("sim/load", tests, NULL, NULL);
}
