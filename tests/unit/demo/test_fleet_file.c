/* A fleet file is read whole or refused with the line, the section and the key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/demo/fleet_file.h"

static const char company[] = "; a company\n"
			      "[fleet]\n"
			      "name = Northwind Freight\n"
			      "\n"
			      "[host hv01.prod]\n"
			      "group = prod\n"
			      "latency_ms = 120\n"
			      "stop_policy = export\n"
			      "storage_gb = 1000\n"
			      "free_gb = 250\n"
			      "[host hv02.lab]\n"
			      "down = yes\n"
			      "[snapshot db/late]\n" /* before its parent, and before its VM */
			      "parent = base\n"
			      "current = yes\n"
			      "type = DiskAndMemory\n"
			      "age = 12h\n"
			      "by = anna\n"
			      "note = before the upgrade\n"
			      "guest.disk.app = 2\n"
			      "guest.memory.pid = 77\n"
			      "[vm db]\n"
			      "host = hv01.prod\n"
			      "cpus = 4\n"
			      "memory_mb = 2048\n"
			      "disks = root:120 data:500\n"
			      "production = no\n"
			      "guest.disk.app = 3\n"
			      "guest.memory.pid = 99\n"
			      "[snapshot db/base]\n"
			      "age = 82d\n"
			      "delta_mb = 10\n"
			      "guest.disk.app = 1\n"
			      "[snapshot db/backup 1]\n"
			      "kind = Recovery\n"
			      "tracked = no\n"
			      "[vm web]\n"
			      "host = hv02.lab\n"
			      "state = Stopped\n";

static void test_read__gives_hosts_vms_and_snapshots_with_parents_first__U7(void **state)
{
	struct fleet fleet;
	struct hv_error err;
	(void)state;
	assert_int_equal(fleet_read(company, &fleet, &err), HV_OK);
	assert_string_equal(fleet.name, "Northwind Freight");
	assert_int_equal(fleet.host_count, 2);
	const struct fleet_host *host = fleet_find_host(&fleet, "hv01.prod");
	assert_string_equal(host->group, "prod");
	assert_int_equal(host->latency_ms, 120);
	assert_string_equal(host->stop_policy, "export");
	assert_int_equal(host->free_bytes, INT64_C(250) << 30);
	assert_true(fleet_find_host(&fleet, "hv02.lab")->down);
	const struct fleet_vm *vm = fleet_find_vm(&fleet, "db");
	assert_int_equal(vm->cpus, 4);
	assert_int_equal(vm->memory_bytes, INT64_C(2) << 30);
	assert_int_equal(vm->disk_count, 2);
	assert_string_equal(vm->disks[1].name, "data");
	assert_int_equal(vm->disks[1].size_bytes, INT64_C(500) << 30);
	assert_false(vm->production);
	assert_string_equal(vm->disk.pairs[0].key, "app");
	assert_string_equal(vm->memory.pairs[0].value, "99");
	assert_int_equal(fleet_find_vm(&fleet, "web")->disk_count, 1);
	assert_int_equal(fleet.snapshot_count, 3);
	assert_string_equal(fleet.snapshots[0].name, "base");
	const struct fleet_snapshot *late = &fleet.snapshots[1];
	assert_string_equal(late->name, "late");
	assert_string_equal(late->parent, "base");
	assert_true(late->current);
	assert_string_equal(late->by, "anna");
	assert_string_equal(late->note, "before the upgrade");
	assert_int_equal(late->age_us, 12 * 3600 * HV_SECOND_US);
	assert_string_equal(late->internal_name, "db_VS_late");
	assert_string_equal(fleet.snapshots[2].internal_name, "backup 1");
	assert_string_equal(fleet.snapshots[2].kind, "Recovery");
	fleet_clear(&fleet);
}

static void test_read__makes_ids_from_names_so_that_all_readers_agree__U7(void **state)
{
	struct fleet fleet;
	struct hv_error err;
	(void)state;
	assert_int_equal(fleet_read(company, &fleet, &err), HV_OK);
	struct hv_uuid host = hv_uuid_from_text("host:hv01.prod"), vm = hv_uuid_from_text("vm:hv01.prod/db");
	struct hv_uuid volume = hv_uuid_from_text("volume:hv01.prod/db/data");
	struct hv_uuid snapshot = hv_uuid_from_text("snapshot:hv01.prod/db/base");
	struct hv_uuid checkpoint = hv_uuid_from_text("checkpoint:hv01.prod/db/base");
	assert_true(hv_uuid_equal(&fleet_find_host(&fleet, "hv01.prod")->id, &host));
	assert_true(hv_uuid_equal(&fleet_find_vm(&fleet, "db")->id, &vm));
	assert_true(hv_uuid_equal(&fleet_find_vm(&fleet, "db")->disks[1].id, &volume));
	assert_true(hv_uuid_equal(&fleet.snapshots[0].id, &snapshot));
	assert_true(hv_uuid_equal(&fleet.snapshots[0].checkpoint, &checkpoint));
	fleet_clear(&fleet);
}

#define HOST "[host h]\ngroup = g\n"
#define VM HOST "[vm v]\nhost = h\n"
#define LONG_40 "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"

static void test_read__refuses_what_is_wrong_with_line_section_and_key(void **state)
{
	static const struct {
		const char *text;
		const char *says[3];
	} cases[] = {
		{"[fleet]\ncolour = red\n", {"line 2", "[fleet]", "colour"}},
		{"[city x]\nname = y\n", {"line 2", "[city x]", "not a section"}},
		{"[host h]\nstop_policy = burn\n", {"line 2", "[host h]", "'burn' is not one of keep|export|export-at-snapshot"}},
		{"[host h]\nlatency_ms = soon\n", {"line 2", "[host h]", "'soon' is not a number"}},
		{"[host h]\ndown = perhaps\n", {"line 2", "down", "neither yes nor no"}},
		{"[host h]\nstorage_gb = 1\nfree_gb = 2\n", {"line 1", "free_gb", "more than storage_gb"}},
		{"[vm v]\ncpus = 1\n", {"line 1", "[vm v] host", "missing"}},
		{"[vm v]\nhost = gone\n", {"line 1", "[vm v] host", "no such host"}},
		{VM "disks = root\n", {"line 5", "disks", "not a disk"}},
		{VM "disks = root:1 Root:2\n", {"line 5", "disks", "stands twice"}},
		{VM "disks = root:0\n", {"line 5", "disks", "not a disk"}},
		{VM "state = Dancing\n", {"line 5", "state", "'Dancing' is not one of"}},
		{VM "state = Stopped\nguest.memory.k = 1\n", {"line 3", "guest.memory", "no memory"}},
		{VM "guest.disk.k = 1\nguest.disk.k = 2\n", {"line 6", "guest.disk.k", "twice"}},
		{VM "cpus = 0\n", {"line 3", "cpus", "needs a processor"}},
		{VM "[snapshot v]\nage = 1d\n", {"line 6", "[snapshot v]", "VM/NAME"}},
		{VM "[snapshot w/s]\nage = 1d\n", {"line 5", "[snapshot w/s] VM", "no such VM"}},
		{VM "[snapshot v/s]\nparent = t\n", {"line 5", "parent", "no such snapshot"}},
		{VM "[snapshot v/s]\nparent = s\n", {"line 5", "parent", "circle"}},
		{VM "[snapshot v/s]\nparent = t\n[snapshot v/t]\nparent = s\n", {"line", "parent", "circle"}},
		{VM "[snapshot v/s]\ncurrent = yes\n[snapshot v/t]\ncurrent = yes\n", {"line 7", "current", "another"}},
		{VM "[snapshot v/s]\nguest.memory.k = 1\n", {"line 5", "guest.memory", "no memory"}},
		{VM "[snapshot v/s]\nkind = Automatic\n", {"line 5", "kind", "tracked"}},
		{VM "[snapshot v/s]\nage = old\n", {"line 6", "age", "not an age"}},
		{HOST "[host h]\ngroup = g\n", {"line 3", "[host h]", "twice"}},
		{"[fleet]\nname\n", {"line 2", "KEY = VALUE", ""}},
		{"[fleet]\n name = x\n", {"line 2", "blank", ""}},
		{"[fleet]\nname = \xff\n", {"UTF-8", "", ""}},
		{"[fleet]\nname = \x1b[31m\n", {"line 2", "name", "not plain UTF-8"}},
		{"[host " LONG_40 "1234567890]\ngroup = g\n", {"line 1", "longer than 48", ""}},
		{"[fleet]\nname = " LONG_40 LONG_40 LONG_40 LONG_40 LONG_40 "\n", {"line 2", "longer than 197", ""}},
	};
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct fleet fleet;
		struct hv_error err = {0};
		if (fleet_read(cases[i].text, &fleet, &err) != HV_ERR_INVALID) {
			fail_msg("case %zu was read", i);
		}
		for (size_t k = 0; k < 3; k++) {
			if (!strstr(err.text, cases[i].says[k])) {
				fail_msg("case %zu: '%s' does not say '%s'", i, err.text, cases[i].says[k]);
			}
		}
	}
}

static void test_read__an_empty_file_is_an_empty_fleet(void **state)
{
	struct fleet fleet;
	(void)state;
	assert_int_equal(fleet_read("", &fleet, NULL), HV_OK);
	assert_int_equal(fleet.host_count, 0);
	assert_null(fleet_find_host(&fleet, "x"));
	fleet_clear(&fleet);
	struct hv_error err;
	assert_int_equal(fleet_read_file("/nowhere/at/all.ini", &fleet, &err), HV_ERR_IO);
	assert_non_null(strstr(err.text, "/nowhere/at/all.ini"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read__gives_hosts_vms_and_snapshots_with_parents_first__U7),
		cmocka_unit_test(test_read__makes_ids_from_names_so_that_all_readers_agree__U7),
		cmocka_unit_test(test_read__refuses_what_is_wrong_with_line_section_and_key),
		cmocka_unit_test(test_read__an_empty_file_is_an_empty_fleet),
	};
	return cmocka_run_group_tests_name("demo/fleet_file", tests, NULL, NULL);
}
