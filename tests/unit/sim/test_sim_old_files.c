/*
 * A state file of an older hvtree-sim is brought to this version when it is opened, and goes on as if nothing had been
 * (U7): a demo that somebody has kept is not lost. version_1.sql was written by the program that kept such files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tests/unit/sim/sim_fixture.h"

#define STOPPED "11111111-1111-4111-8111-111111111111"
#define CREATES "11111111-1111-4111-8111-111111111112"
#define WEB "546774f3-2a48-459b-b155-7c47e0fada91"
#define E1 "e1e1e1e1-0000-4000-8000-000000000001"

struct scene {
	struct test_host host;
	struct client client;
};

static char *read_script(void)
{
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/tests/unit/sim/version_1.sql", getenv("HVTREE_SOURCE_DIR"));
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	char *script = hv_alloc(65536);
	assert_true(fread(script, 1, 65535, file) > 1000);
	assert_int_equal(fclose(file), 0);
	return script;
}

/* The new file of the fixture gives its place to the old one. */
static void put_old_file(struct test_host *host)
{
	sqlite3 *database = NULL;
	HV_CLEANUP_FREE char *script = read_script();
	sim_close(host->sim);
	host->sim = NULL;
	assert_int_equal(unlink(host->path), 0);
	assert_int_equal(sqlite3_open(host->path, &database), SQLITE_OK);
	char *why = NULL;
	if (sqlite3_exec(database, script, NULL, NULL, &why) != SQLITE_OK) {
		fail_msg("%s", why);
	}
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static int setup(void **state)
{
	static struct scene scene;
	struct hv_error err;
	test_host_open(&scene.host, NULL);
	put_old_file(&scene.host);
	const struct sim_options options = test_host_options(&scene.host);
	assert_int_equal(sim_open(scene.host.path, &options, &scene.host.sim, &err), HV_OK);
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

static void test_old_file__holds_what_it_held_and_ends_what_was_under_way__U7_Y3(void **state)
{
	struct scene *s = *state;
	test_host_check(&s->host);
	assert_string_equal(disk_of(&s->host, "db", "app"), "3");
	assert_string_equal(data_disk_of(&s->host, "db", "rows"), "10");
	assert_string_equal(memory_of(&s->host, "db", "pid"), "9");
	const json_t *db = inventory_vm(&s->client, "db");
	assert_int_equal(json_array_size(json_object_get(db, "checkpoints")), 1);
	assert_true(json_is_null(json_object_get(db, "activity")));
	json_t *body = target_body("web", "under way", "Disk", NULL);
	(void)json_object_set_new(body, "vmUuid", json_string(WEB));
	const json_t *answer =
		client_answer(&s->client, client_send(&s->client, "CreateVMSnapshotCommand", CREATES, 2, body));
	assert_well(answer);
	assert_string_equal(tree_text(answer), "under way(*)");
	body = json_pack("{s:s, s:s}", "vmName", "web", "vmUuid", WEB);
	answer = client_answer(&s->client, client_send(&s->client, "StopCommand", STOPPED, 1, body));
	assert_well(answer);
	assert_true(json_is_true(json_object_get(answer, "replayed")));
}

static void test_old_file__can_do_what_is_new__U7_P2(void **state)
{
	struct scene *s = *state;
	assert_well(stop(&s->client, "db", false));
	assert_well(ask_vm(&s->client, "ExportVmCommand", "db", export_with(E1, true)));
	assert_well(ask_vm(&s->client, "RemoveVmCommand", "db", export_of(E1)));
	assert_well(ask_vm(&s->client, "ImportVmCommand", "db", export_of(E1)));
	assert_string_equal(disk_of(&s->host, "db", "app"), "3");
	const json_t *answer = revert(&s->client, "db", "db_VS_next", "DiskAndMemory");
	assert_string_equal(vm_state(answer), "Running");
	assert_string_equal(disk_of(&s->host, "db", "app"), "2");
	assert_string_equal(memory_of(&s->host, "db", "pid"), "7");
}

/* Every table and index, with every column, as a new file has them. */
static char *shape_of(const char *path)
{
	sqlite3 *database = NULL;
	sqlite3_stmt *rows = NULL;
	struct hv_text text = HV_TEXT_INIT;
	assert_int_equal(sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(database,
				 "SELECT one.type, one.name, one.tbl_name, part.name, part.type, part.\"notnull\", part.dflt_value,"
				 " part.pk FROM sqlite_schema AS one LEFT JOIN pragma_table_info(one.name) AS part"
				 " ORDER BY one.type, one.name, part.cid",
				 -1, &rows, NULL),
		SQLITE_OK);
	while (sqlite3_step(rows) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(rows); i++) {
			const unsigned char *value = sqlite3_column_text(rows, i);
			hv_text_printf(&text, "%s ", value ? (const char *)value : "-");
		}
		hv_text_puts(&text, "\n");
	}
	(void)sqlite3_finalize(rows);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
	return hv_text_detach(&text);
}

static void test_old_file__has_the_same_tables_as_a_new_one__U7(void **state)
{
	struct scene *s = *state;
	struct test_host fresh;
	test_host_open(&fresh, NULL);
	HV_CLEANUP_FREE char *new = shape_of(fresh.path);
	HV_CLEANUP_FREE char *old = shape_of(s->host.path);
	assert_string_equal(old, new);
	test_host_close(&fresh);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_old_file__holds_what_it_held_and_ends_what_was_under_way__U7_Y3),
		TEST(test_old_file__can_do_what_is_new__U7_P2),
		TEST(test_old_file__has_the_same_tables_as_a_new_one__U7),
	};
	return cmocka_run_group_tests_name("sim/old_files", tests, NULL, NULL);
}
