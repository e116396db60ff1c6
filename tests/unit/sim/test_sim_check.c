/*
 * `check` finds what does not fit together: a file is damaged by hand in one place, and the rule that says so is named.
 * Without this a rule that never speaks would pass for one that holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/sim/sim_fixture.h"

#define E1 "e1e1e1e1-0000-4000-8000-000000000001"
#define E2 "e2e2e2e2-0000-4000-8000-000000000002"
#define S1 "51515151-0000-4000-8000-000000000001"

struct scene {
	struct test_host host;
	struct client client;
};

/* web exported, nap not on the host, db with a snapshot, a loose disk, and a volume snapshot. */
static void open_scene(struct scene *s)
{
	struct client *client = &s->client;
	test_host_open(&s->host, NULL);
	client_open(client, &s->host);
	const json_t *web = inventory_vm(client, "web");
	const json_t *root = json_object_get(json_array_get(json_object_get(web, "volumes"), 0), "uuid");
	assert_well(ask_vm(client, "CreateVolumeSnapshotCommand", "web",
		json_pack("{s:O, s:s, s:s}", "volumeUuid", root, "volumeSnapshot", S1, "name", "n")));
	const json_t *attached = ask_vm(
		client, "AttachCommand", "web", json_pack("{s:s, s:i}", "path", "E:\\x.vhdx", "sizeBytes", 1 << 30));
	json_t *volume = json_incref(json_object_get(json_object_get(attached, "body"), "volumeUuid"));
	assert_well(ask_vm(client, "DettachCommand", "web", json_pack("{s:o}", "volumeUuid", volume)));
	write_disk(&s->host, "web", "at", "1");
	assert_well(create(client, "web", "a", "Disk"));
	assert_well(ask_vm(client, "ExportVmCommand", "web", export_with(E1, true)));
	assert_well(stop(client, "nap", true));
	assert_well(ask_vm(client, "ExportVmCommand", "nap", export_with(E2, true)));
	assert_well(ask_vm(client, "RemoveVmCommand", "nap", export_of(E2)));
	assert_well(create(client, "db", "m", "DiskAndMemory"));
	test_host_check(&s->host);
}

static void close_scene(struct scene *s)
{
	client_close(&s->client);
	test_host_close(&s->host);
}

static const struct {
	const char *damage, *rule;
} damages[] = {
	{"UPDATE vm SET state = 'Running' WHERE copy_of IS NOT NULL", "a copy of a VM is at rest"},
	{"UPDATE vm SET uuid = 'x' WHERE copy_of IS NOT NULL", "a copy of a VM is at rest"},
	{"UPDATE export SET disks = 0 WHERE copy IS NOT NULL", "a copy has its VM's disks"},
	{"UPDATE export SET digest = NULL", "an export that has ended holds something"},
	{"UPDATE vm SET registered = 1 WHERE name = 'nap'", "an export that has ended holds something"},
	{"INSERT INTO export (uuid, vm, state, disks, created_us, bytes, digest) SELECT 'y', vm, 'Complete', 1, 1, 1, ''"
	 " FROM export WHERE copy IS NULL",
		"a VM has at most one export of each kind"},
	{"DELETE FROM export WHERE copy IS NULL", "a VM that is not on the host is stopped"},
	{"UPDATE vm SET state = 'Saved' WHERE NOT registered", "a VM that is not on the host is stopped"},
	{"INSERT INTO job (vm, kind, started_us, due_us, state_before) SELECT id, 'export', 1, 9000000000000000000, 'Stopped'"
	 " FROM vm WHERE name = 'held'",
		"a job knows the export, or the copy, that it works on"},
	{"UPDATE volume_snapshot SET disk = NULL", "a volume snapshot has a disk of no VM, or is being made"},
	{"UPDATE volume_snapshot SET disk = (SELECT id FROM disk WHERE vm IS NOT NULL LIMIT 1)",
		"a volume snapshot has a disk of no VM"},
	{"INSERT INTO layer (disk, parent, path, bytes) SELECT id, top, 'z', 1 FROM disk WHERE vm IS NULL LIMIT 1",
		"a disk of no VM is one file"},
	{"UPDATE layer SET path = upper((SELECT path FROM layer JOIN disk ON disk.id = layer.disk WHERE disk.vm IS NULL"
	 " ORDER BY layer.id LIMIT 1)) WHERE id = (SELECT max(layer.id) FROM layer JOIN disk ON disk.id = layer.disk"
	 " WHERE disk.vm IS NULL)",
		"no two files have one path"},
	{"UPDATE journal SET step = 'void', session = 7", "what left no trace in the journal is held by nobody"},
	{"UPDATE content SET value = 'other' WHERE layer IN (SELECT layer.id FROM layer JOIN disk ON disk.id = layer.disk"
	 " JOIN vm ON vm.id = disk.vm WHERE vm.name = 'web' AND vm.copy_of IS NULL)",
		"a VM that matches its export is what was exported"},
	{"UPDATE vm SET state = 'Stopping' WHERE name = 'held'", "a VM is on its way exactly while a job takes it there"},
	{"UPDATE checkpoint SET vm = (SELECT id FROM vm WHERE name = 'old') WHERE name = 'm'",
		"a checkpoint froze a file of each disk of its VM"},
	{"DELETE FROM frozen WHERE checkpoint = (SELECT min(checkpoint) FROM frozen)",
		"a checkpoint froze a file of each disk of its VM"},
};

static void damage(const struct test_host *host, const char *script)
{
	sqlite3 *database = NULL;
	char *why = NULL;
	assert_int_equal(sqlite3_open(host->path, &database), SQLITE_OK);
	if (sqlite3_exec(database, script, NULL, NULL, &why) != SQLITE_OK) {
		fail_msg("%s: %s", script, why);
	}
	assert_true(sqlite3_changes(database) > 0);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void test_check__names_the_rule_that_a_damaged_file_breaks__U7(void **state)
{
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(damages); i++) {
		struct scene scene;
		struct hv_text findings = HV_TEXT_INIT;
		struct hv_error err;
		open_scene(&scene);
		damage(&scene.host, damages[i].damage);
		assert_int_equal(sim_check(scene.host.sim, &findings, &err), HV_ERR_STORE);
		if (!strstr(hv_text_get(&findings), damages[i].rule)) {
			fail_msg("%s: '%s' is not among: %s", damages[i].damage, damages[i].rule, hv_text_get(&findings));
		}
		hv_text_clear(&findings);
		close_scene(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check__names_the_rule_that_a_damaged_file_breaks__U7),
	};
	return cmocka_run_group_tests_name("sim/check", tests, NULL, NULL);
}
