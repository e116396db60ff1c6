/* The commands as a script sees them: exit codes, JSON, sentences; by the real programs on a small simulated fleet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "tests/support/world.h"

/* ---- the fleet: a line with a branch, twins on two hosts, a host that is down ---- */

static const char fleet_text[] =
	"[fleet]\nname = commands\n"
	"[host hv01]\ngroup = lab\nversion = 10.0.20348\n"
	"[host hv02]\ngroup = prod\nversion = 10.0.20348\n"
	"[host hv03]\ngroup = prod\nversion = 10.0.20348\ndown = yes\n"
	"[vm box]\nhost = hv01\nstate = Running\ncpus = 2\nmemory_mb = 1024\noffering = small\naccount = web\n"
	"disks = root:20 data:40\nproduction = yes\nguest.disk.marker = now\nguest.memory.marker = now\n"
	"[vm off]\nhost = hv01\nstate = Stopped\ncpus = 1\nmemory_mb = 512\noffering = small\naccount = web\n"
	"disks = root:20\nproduction = yes\n"
	"[vm twin]\nhost = hv01\nstate = Stopped\ncpus = 1\nmemory_mb = 512\noffering = small\naccount = web\n"
	"disks = root:20\nproduction = yes\n"
	"[vm Twin]\nhost = hv02\nstate = Stopped\ncpus = 1\nmemory_mb = 512\noffering = small\naccount = db\n"
	"disks = root:20\nproduction = yes\n"
	"[vm lost]\nhost = hv03\nstate = Running\ncpus = 1\nmemory_mb = 512\noffering = small\naccount = db\n"
	"disks = root:20\nproduction = yes\n"
	"[snapshot box/base]\ntype = Disk\nage = 40d\ndelta_mb = 100\nguest.disk.marker = base\n"
	"[snapshot box/left]\nparent = base\ntype = Disk\nage = 20d\ndelta_mb = 50\nguest.disk.marker = left\n"
	"[snapshot box/right]\nparent = base\ntype = DiskAndMemory\nage = 2d\ndelta_mb = 10\ncurrent = yes\n"
	"guest.disk.marker = right\nguest.memory.marker = right\n"
	"[snapshot lost/base]\ntype = Disk\nage = 3d\ndelta_mb = 10\ncurrent = yes\n";

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void)info;
	(void)type;
	(void)where;
	return remove(path);
}

static void make(struct world *world)
{
	char folder[] = "/tmp/hvtree-commands-XXXXXX";
	assert_non_null(mkdtemp(folder));
	*world = (struct world){
		.folder = hv_strdup(folder),
		.demo_option = hv_sprintf("--demo=%s", folder),
		.state_file = hv_sprintf("%s/hosts/hv01.db", folder),
	};
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/fleet.ini", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(fleet_text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	free(world_expect(world, 0, "host", "list", NULL));
	free(world_sim(world, "speed", "0", NULL));
}

static void clear(struct world *world)
{
	free(world_sim(world, "check", NULL));
	(void)nftw(world->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(world->folder);
	free(world->demo_option);
	free(world->state_file);
}

static void assert_says(const char *text, const char *what)
{
	if (!strstr(text, what)) {
		fail_msg("'%s' is not in: %s", what, text);
	}
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* The member `key` of an answer, which must be an array of `count` (by both its own and the list's say). */
static json_t *array_of(json_t *answer, const char *key, size_t count)
{
	json_t *array = json_object_get(answer, key);
	assert_true(json_is_array(array));
	assert_int_equal(json_array_size(array), count);
	assert_int_equal(json_integer_value(json_object_get(answer, "count")), count);
	return array;
}

static json_t *find_by(json_t *array, const char *key, const char *value)
{
	size_t index;
	json_t *each;
	json_array_foreach(array, index, each) {
		if (strcmp(text_of(each, key), value) == 0) {
			return each;
		}
	}
	fail_msg("no element has %s '%s'", key, value);
	return NULL;
}

/* Everything that hvtree and the host know, but for what passes with time. */
static char *everything(struct world *world)
{
	char *tree = world_expect(world, 0, "tree", "--json", NULL);
	char *guest = world_sim(world, "guest", "list", "box", NULL);
	char *show = world_sim(world, "show", NULL);
	char *all = hv_sprintf("%s%s%s", tree, guest, show);
	free(tree);
	free(guest);
	free(show);
	return all;
}

static void test_snapshot_edit__changes_words_alone_and_tells_who_took_it__T5_A2(void **state)
{
	struct world world;
	(void)state;
	make(&world);
	free(world_expect(&world, 0, "snapshot", "create", "box", "--name", "mine", NULL));
	char *host_before = world_sim(&world, "show", NULL);
	json_t *answer = world_json(
		&world, "snapshot", "edit", "box", "mine", "--name", "ours", "--description", "until friday", NULL);
	json_t *row = json_object_get(answer, "vmSnapshot");
	assert_string_equal(text_of(row, "displayname"), "ours");
	assert_string_equal(text_of(row, "description"), "until friday");
	assert_string_not_equal(text_of(row, "createdby"), "");
	json_decref(answer);
	char *host_after = world_sim(&world, "show", NULL);
	assert_string_equal(host_after, host_before);
	free(host_before);
	free(host_after);
	free(world_expect(&world, 1, "snapshot", "edit", "box", "nothing", "--name", "x", NULL));
	free(world_expect(&world, 2, "snapshot", "edit", "box", "ours", NULL));
	char *refused = world_expect(&world, 1, "snapshot", "edit", "box", "ours", "--name", "", NULL);
	assert_non_null(strstr(refused, "name"));
	free(refused);
	free(world_expect(&world, 0, "snapshot", "edit", "box", "ours", "--description", "", NULL));
	answer = world_json(&world, "snapshot", "show", "box", "ours", NULL);
	assert_true(json_is_null(json_object_get(json_object_get(answer, "vmSnapshot"), "description")));
	json_decref(answer);
	world_assert_agrees(&world);
	world_clear(&world);
}

/* ---- lists ---- */

static void test_snapshot_list_has_the_names_of_the_api__L1_L2_U6(void **state)
{
	static const char *const keys[] = {"id", "name", "displayname", "description", "state", "type", "current",
		"parent", "parentName", "created", "virtualmachineid", "virtualmachinename", "account", "domain"};
	struct world world;
	(void)state;
	make(&world);
	json_t *answer = world_json(&world, "snapshot", "list", "--vm", "box", NULL);
	json_t *rows = array_of(answer, "vmSnapshot", 3);
	for (size_t i = 0; i < HV_ARRAY_LEN(keys); i++) {
		assert_non_null(json_object_get(json_array_get(rows, 0), keys[i]));
	}
	json_t *right = json_array_get(rows, 0); /* newest first */
	assert_string_equal(text_of(right, "displayname"), "right");
	assert_string_equal(text_of(right, "type"), "DiskAndMemory");
	assert_string_equal(text_of(right, "state"), "Ready");
	assert_string_equal(text_of(right, "parentName"), "base");
	assert_string_equal(text_of(right, "parent"), text_of(json_array_get(rows, 2), "id"));
	assert_true(json_is_true(json_object_get(right, "current")));
	assert_int_equal(strlen(text_of(right, "created")), strlen("2026-08-10T00:05:00Z"));
	json_decref(answer);
	clear(&world);
}

static void count_with(struct world *world, size_t count, const char *option, const char *value)
{
	json_t *answer = world_json(world, "snapshot", "list", option, value, NULL);
	(void)array_of(answer, "vmSnapshot", count);
	json_decref(answer);
}

static void test_snapshot_list_filters_and_pages__L1(void **state)
{
	struct world world;
	(void)state;
	make(&world);
	count_with(&world, 4, "--state", "Ready");
	count_with(&world, 0, "--state", "Error");
	count_with(&world, 1, "--type", "DiskAndMemory");
	count_with(&world, 2, "--name", "base");
	count_with(&world, 1, "--keyword", "IGH");
	count_with(&world, 2, "--older-than", "10d");
	count_with(&world, 3, "--account", "web");
	count_with(&world, 1, "--vm", "lost");
	count_with(&world, 0, "--keyword", "%");
	json_t *answer = world_json(&world, "snapshot", "list", "--page", "2", "--page-size", "3", NULL);
	assert_int_equal(json_integer_value(json_object_get(answer, "count")), 4);
	assert_int_equal(json_array_size(json_object_get(answer, "vmSnapshot")), 1);
	const char *id = text_of(json_array_get(json_object_get(answer, "vmSnapshot"), 0), "id");
	json_t *one = world_json(&world, "snapshot", "list", "--id", id, NULL);
	assert_string_equal(text_of(json_array_get(array_of(one, "vmSnapshot", 1), 0), "displayname"), "base");
	json_decref(one);
	json_decref(answer);
	clear(&world);
}

static void test_vm_and_host_lists_and_details__L2_U6(void **state)
{
	struct world world;
	(void)state;
	make(&world);
	json_t *answer = world_json(&world, "vm", "list", NULL);
	json_t *box = find_by(array_of(answer, "virtualmachine", 5), "name", "box");
	assert_string_equal(text_of(box, "state"), "Running");
	assert_string_equal(text_of(box, "host"), "hv01");
	assert_string_equal(text_of(box, "account"), "web");
	assert_string_equal(text_of(box, "offering"), "small");
	assert_int_equal(json_integer_value(json_object_get(box, "snapshots")), 3);
	assert_int_equal(json_array_size(json_object_get(box, "volumes")), 2);
	json_decref(answer);
	answer = world_json(&world, "host", "list", NULL);
	json_t *host = find_by(array_of(answer, "host", 3), "name", "hv01");
	assert_string_equal(text_of(host, "group"), "lab");
	assert_int_equal(json_integer_value(json_object_get(host, "virtualmachines")), 3);
	json_decref(answer);
	answer = world_json(&world, "vm", "show", "off", NULL);
	json_t *actions = json_object_get(json_object_get(answer, "virtualmachine"), "actions");
	json_t *memory = find_by(actions, "action", "snapshot-create-memory");
	assert_true(json_is_false(json_object_get(memory, "allowed")));
	assert_says(text_of(memory, "reason"), "needs a running VM");
	assert_true(json_is_true(json_object_get(find_by(actions, "action", "snapshot-create"), "allowed")));
	json_decref(answer);
	answer = world_json(&world, "snapshot", "show", "box", "left", NULL);
	assert_string_equal(text_of(json_object_get(answer, "vmSnapshot"), "displayname"), "left");
	json_decref(answer);
	char *text = world_expect(&world, 0, "snapshot", "show", "left", NULL);
	assert_says(text, "name          left\n");
	assert_says(text, "account       web\n");
	free(text);
	clear(&world);
}

static void test_tree_draws_branches_the_current_one_and_now__T1_T2_U1(void **state)
{
	struct world world;
	(void)state;
	make(&world);
	free(world_sim(&world, "foreign", "create", "off", "by hand", NULL));
	free(world_expect(&world, 0, "sync", "hv01", NULL));
	char *text = world_expect(&world, 0, "tree", "box", "off", NULL);
	assert_says(text, "lab\n└─ hv01  ");
	assert_says(text, "   ├─ box  Running  3 snapshots\n"
			  "   │  └─ base  Ready  Disk  40d");
	assert_says(text, "   │     ├─ left  Ready  Disk  20d");
	assert_says(text, "   │     └─ right *  Ready  DiskAndMemory  2d");
	assert_says(text, "   │        └─ now  Running\n");
	assert_says(text, "   └─ off  Stopped  0 snapshots, 1 untracked\n");
	assert_says(text, "by hand");
	assert_says(text, "untracked");
	free(text);
	const char *const ascii[] = {"LC_ALL=C", NULL};
	world.environment = ascii;
	text = world_expect(&world, 0, "tree", "box", NULL);
	assert_says(text, "lab\n`- hv01  ");
	assert_says(text, "|- left  Ready");
	for (const char *p = text; *p; p++) {
		assert_true((unsigned char)*p < 0x80);
	}
	free(text);
	world.environment = NULL;
	clear(&world);
}

/* ---- acts ---- */

static void test_create_revert_and_delete_answer_with_the_object__C1_V2_D1_U6(void **state)
{
	struct world world;
	(void)state;
	make(&world);
	json_t *answer = world_json(&world, "snapshot", "create", "box", "--memory", "--name", "mem", "--description",
		"until \"friday\"", NULL);
	json_t *snapshot = json_object_get(answer, "vmSnapshot");
	assert_string_equal(text_of(snapshot, "displayname"), "mem");
	assert_string_equal(text_of(snapshot, "type"), "DiskAndMemory");
	assert_string_equal(text_of(snapshot, "state"), "Ready");
	assert_string_equal(text_of(snapshot, "parentName"), "right");
	assert_string_equal(text_of(snapshot, "description"), "until \"friday\"");
	json_decref(answer);
	answer = world_json(&world, "snapshot", "revert", "box", "left", "--yes", "--no-safety", NULL);
	json_t *vm = json_object_get(answer, "virtualmachine");
	assert_string_equal(text_of(vm, "state"), "Stopped");
	assert_int_equal(json_integer_value(json_object_get(vm, "snapshots")), 4);
	assert_int_equal(json_array_size(json_object_get(vm, "volumes")), 2);
	json_decref(answer);
	world_assert_guest(&world, false, "marker", "left");
	answer = world_json(&world, "vm", "start", "box", NULL);
	assert_string_equal(text_of(json_object_get(answer, "virtualmachine"), "state"), "Running");
	json_decref(answer);
	answer = world_json(&world, "snapshot", "delete", "box", "right", "--children", "--yes", NULL);
	assert_true(json_is_true(json_object_get(answer, "success")));
	json_decref(answer);
	count_with(&world, 2, "--vm", "box");
	answer = world_json(&world, "snapshot", "delete", "box", "--all", "--yes", NULL);
	assert_int_equal(json_integer_value(json_object_get(answer, "deleted")), 2);
	json_decref(answer);
	count_with(&world, 0, "--vm", "box");
	world_assert_guest(&world, false, "marker", "left");
	clear(&world);
}

static void test_revert_takes_a_safety_snapshot_and_undo_brings_the_work_back__U4(void **state)
{
	struct world world;
	(void)state;
	make(&world);
	world_write(&world, false, "marker", "work");
	free(world_expect(&world, 1, "snapshot", "undo", "box", "--yes", NULL));
	char *text = world_expect(&world, 0, "snapshot", "revert", "box", "left", "--dry-run", NULL);
	assert_says(text, "FIRST  safety snapshot 'before-revert ");
	free(text);
	text = world_expect(&world, 0, "snapshot", "revert", "box", "left", "--yes", NULL);
	assert_says(text, "is back at snapshot 'left', and 'snapshot undo' brings back what it held");
	free(text);
	world_assert_guest(&world, false, "marker", "left");
	count_with(&world, 4, "--vm", "box");
	count_with(&world, 1, "--keyword", "taken before the revert to 'left'");
	text = world_expect(&world, 0, "snapshot", "undo", "box", "--yes", "--no-safety", NULL);
	assert_says(text, "is back at snapshot 'before-revert ");
	free(text);
	world_assert_guest(&world, false, "marker", "work");
	count_with(&world, 4, "--vm", "box");
	free(world_expect(&world, 2, "snapshot", "revert", "box", "left", "--yes", "--safety", "--no-safety", NULL));
	free(world_expect(&world, 1, "snapshot", "undo", "box", "--yes", NULL));
	clear(&world);
}

static void test_no_wait_returns_and_sync_sees_it_to_its_end__Y1(void **state)
{
	struct world world;
	(void)state;
	make(&world);
	json_t *answer = world_json(&world, "snapshot", "create", "box", "--name", "later", "--no-wait", NULL);
	assert_int_equal(strlen(text_of(answer, "jobid")), 36);
	json_decref(answer);
	free(world_expect(&world, 0, "sync", "hv01", NULL));
	answer = world_json(&world, "snapshot", "list", "--name", "later", NULL);
	assert_string_equal(text_of(json_array_get(array_of(answer, "vmSnapshot", 1), 0), "state"), "Ready");
	json_decref(answer);
	clear(&world);
}

static void test_a_dry_run_says_what_would_be_lost_and_changes_nothing__U4(void **state)
{
	struct world world;
	(void)state;
	make(&world);
	free(world_expect(&world, 0, "sync", "hv01", NULL));
	char *before = everything(&world);
	char *text = world_expect(&world, 0, "snapshot", "revert", "box", "base", "--dry-run", NULL);
	assert_says(text, "LOST   2d of changes in this VM, since");
	assert_says(text, "KEPT   all 3 snapshots of this VM");
	assert_says(text, "AFTER  the VM is Stopped; now it is Running");
	assert_says(text, "RISK   ");
	free(text);
	json_t *answer = world_json(&world, "snapshot", "delete", "box", "base", "--children", "--dry-run", NULL);
	json_t *preview = json_object_get(answer, "preview");
	assert_int_equal(json_array_size(json_object_get(preview, "deleted")), 3);
	assert_true(json_is_true(json_object_get(preview, "allowed")));
	assert_true(json_is_true(json_object_get(preview, "deletescurrent")));
	json_decref(answer);
	free(world_expect(&world, 0, "snapshot", "create", "box", "--name", "x", "--dry-run", NULL));
	free(world_expect(&world, 0, "vm", "stop", "box", "--force", "--dry-run", NULL));
	free(world_expect(&world, 0, "vm", "start", "off", "--dry-run", NULL));
	free(world_expect(&world, 1, "vm", "start", "box", "--dry-run", NULL));
	free(world_expect(&world, 1, "snapshot", "create", "box", "--name", "left", "--dry-run", NULL));
	char *after = everything(&world);
	assert_string_equal(after, before);
	free(after);
	free(before);
	clear(&world);
}

/* ---- refusals: a code, a sentence, and nothing changes ---- */

struct refusal {
	int code;
	const char *words[7];
	const char *says;
};

static void test_what_cannot_be_done_is_refused_with_its_reason_and_changes_nothing__T4_T5_T6_U6(void **state)
{
	char *long_name = hv_alloc(301);
	memset(long_name, 'n', 300);
	const struct refusal table[] = {
		{1, {"snapshot", "create", "nobody"}, "there is no VM 'nobody'"},
		{1, {"snapshot", "create", "TWIN"}, "'TWIN' fits 2 times as a VM"},
		{1, {"snapshot", "revert", "box", "nothing", "--yes"}, "there is no snapshot 'nothing' of VM 'box'"},
		{1, {"snapshot", "show", "base"}, "'base' fits 2 snapshots"},
		{1, {"snapshot", "create", "off", "--memory"}, "a DiskAndMemory snapshot needs a running VM"},
		{1, {"snapshot", "create", "box", "--name", "left"}, "left"},
		{1, {"snapshot", "create", "box", "--name", long_name}, "255"},
		{1, {"snapshot", "create", "box", "--name", "bell\a"}, "control"},
		{1, {"snapshot", "create", "box", "--name", ""}, "name"},
		{1, {"snapshot", "delete", "box", "by hand", "--yes"}, "made outside hvtree"},
		{1, {"vm", "start", "box"}, "running already"},
		{1, {"sync", "nowhere"}, "there is no host 'nowhere'"},
		{2, {"snapshot", "revert", "box", "base"}, "say --yes"},
		{2, {"snapshot", "delete", "box", "--yes"}, "name a snapshot, or say --all"},
		{2, {"snapshot", "delete", "box", "left", "--all", "--yes"}, "not both"},
		{2, {"snapshot", "delete", "box", "--all", "--children"}, "--children goes with a snapshot"},
		{2, {"snapshot", "create", "box", "--bogus"}, "unknown option --bogus"},
		{2, {"vm", "explode", "box"}, "unknown command 'vm explode'"},
		{5, {"snapshot", "create", "lost"}, "host 'hv03' cannot be reached"},
		{5, {"snapshot", "revert", "lost", "base", "--yes"}, "host 'hv03' cannot be reached"},
		{5, {"sync", "hv03"}, "host 'hv03' cannot be reached"},
	};
	struct world world;
	(void)state;
	make(&world);
	free(world_sim(&world, "foreign", "create", "box", "by hand", NULL));
	free(world_expect(&world, 0, "sync", "hv01", NULL));
	char *before = everything(&world);
	for (size_t i = 0; i < HV_ARRAY_LEN(table); i++) {
		struct program_result result;
		const char *const *words = table[i].words;
		world_run(&world, &result, words[0], words[1], words[2], words[3], words[4], words[5], words[6], NULL);
		if (result.code != table[i].code || !strstr(result.err, table[i].says) || result.out[0]) {
			fail_msg("'%s %s %s': %d '%s' '%s' instead of %d '%s'", words[0], words[1], words[2], result.code,
				result.out, result.err, table[i].code, table[i].says);
		}
		program_result_clear(&result);
	}
	char *after = everything(&world);
	assert_string_equal(after, before);
	free(after);
	free(before);
	free(long_name);
	clear(&world);
}

static void test_errors_are_json_on_standard_output_when_json_is_asked_for__U6(void **state)
{
	struct world world;
	struct program_result result;
	(void)state;
	make(&world);
	world_run(&world, &result, "snapshot", "create", "tWIN", "--json", NULL);
	assert_int_equal(result.code, 1);
	assert_string_equal(result.err, "");
	json_t *answer = json_loads(result.out, JSON_REJECT_DUPLICATES, NULL);
	assert_string_equal(text_of(answer, "errorcode"), "Ambiguous");
	assert_int_equal(json_array_size(json_object_get(answer, "candidates")), 2);
	const char *id = text_of(find_by(json_object_get(answer, "candidates"), "in", "hv01"), "id");
	json_t *made = world_json(&world, "snapshot", "create", id, NULL);
	assert_string_equal(text_of(json_object_get(made, "vmSnapshot"), "virtualmachinename"), "twin");
	json_decref(made);
	json_decref(answer);
	program_result_clear(&result);
	made = world_json(&world, "vm", "show", "Twin", NULL); /* exactly, before the same in another case */
	assert_string_equal(text_of(json_object_get(made, "virtualmachine"), "host"), "hv02");
	json_decref(made);
	clear(&world);
}

static void test_what_cannot_be_written_is_a_failure__U6(void **state)
{
	struct world world;
	struct program_result result;
	(void)state;
	make(&world);
	HV_CLEANUP_FREE char *line = hv_sprintf("'%s' tree %s >/dev/full", program_path("hvtree"), world.demo_option);
	const char *argv[] = {"/bin/sh", "-c", line, NULL};
	program_run(argv, NULL, NULL, &result);
	assert_int_equal(result.code, 1);
	assert_says(result.err, "cannot write the output");
	program_result_clear(&result);
	clear(&world);
}

static void test_odd_names_come_through_unharmed_and_are_shown_harmless__T5_U6(void **state)
{
	static const char odd[] = "a\"b\\c ä 😀 \xE2\x80\xAE'$(x)";
	struct world world;
	(void)state;
	make(&world);
	json_t *answer = world_json(&world, "snapshot", "create", "box", "--name", odd, NULL);
	assert_string_equal(text_of(json_object_get(answer, "vmSnapshot"), "displayname"), odd);
	json_decref(answer);
	char *text = world_expect(&world, 0, "tree", "box", NULL);
	assert_null(strstr(text, "\xE2\x80\xAE"));
	assert_says(text, "a\"b\\c ä 😀 \xEF\xBF\xBD'$(x)");
	free(text);
	free(world_expect(&world, 0, "snapshot", "delete", "box", odd, "--yes", NULL));
	count_with(&world, 3, "--vm", "box");
	clear(&world);
}

static void test_a_demo_without_a_folder_leaves_nothing_behind__U7(void **state)
{
	struct program_result result;
	char folder[] = "/tmp/hvtree-commands-XXXXXX";
	(void)state;
	assert_non_null(mkdtemp(folder));
	HV_CLEANUP_FREE char *setting = hv_sprintf("TMPDIR=%s", folder);
	const char *argv[] = {program_path("hvtree"), "--demo", "vm", "list", "--json", NULL};
	program_run(argv, (const char *const[]){setting, NULL}, NULL, &result);
	assert_int_equal(result.code, 0);
	json_t *answer = json_loads(result.out, 0, NULL);
	assert_true(json_integer_value(json_object_get(answer, "count")) >= 24);
	json_decref(answer);
	program_result_clear(&result);
	assert_int_equal(rmdir(folder), 0); /* empty */
}

/* ---- on a terminal ---- */

/* Runs a command in a pty and types `answer` when `cue` is on the screen. Returns what was on the screen. */
static char *run_on_a_terminal(
	struct world *world, const char *const words[5], const char *cue, const char *answer, int *ret_code)
{
	int terminal;
	struct hv_text screen = HV_TEXT_INIT;
	bool answered = false;
	const char *argv[8] = {program_path("hvtree"), world->demo_option};
	for (size_t i = 0; i < 5 && words[i]; i++) {
		argv[2 + i] = words[i];
	}
	pid_t child = forkpty(&terminal, NULL, NULL, NULL);
	assert_true(child >= 0);
	if (child == 0) {
		(void)execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	char bytes[4096];
	ssize_t got;
	while ((got = read(terminal, bytes, sizeof bytes)) > 0) { /* EIO: it has ended */
		hv_text_append(&screen, bytes, (size_t)got);
		if (!answered && strstr(hv_text_get(&screen), cue)) {
			assert_int_equal(write(terminal, answer, strlen(answer)), strlen(answer));
			answered = true;
		}
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	(void)close(terminal);
	assert_true(WIFEXITED(status));
	*ret_code = WEXITSTATUS(status);
	return hv_text_detach(&screen);
}

static void test_a_terminal_is_asked_and_only_yes_goes_on__U4(void **state)
{
	static const char *const revert[5] = {"snapshot", "revert", "box", "base"};
	static const char question[] = "Type yes to go on: ";
	struct world world;
	int code;
	(void)state;
	make(&world);
	char *screen = run_on_a_terminal(&world, revert, question, "y\n", &code);
	assert_int_equal(code, 1);
	assert_says(screen, "LOST   2d of changes in this VM, since");
	assert_says(screen, "nothing was done");
	free(screen);
	world_assert_guest(&world, false, "marker", "now");
	screen = run_on_a_terminal(&world, revert, question, "yes\n", &code);
	assert_int_equal(code, 0);
	assert_says(screen, "is back at snapshot 'base', and 'snapshot undo' brings back what it held; it is Stopped");
	free(screen);
	world_assert_guest(&world, false, "marker", "base");
	clear(&world);
}

static void test_an_interrupt_while_waiting_cancels_nothing_and_says_so__Y1_Y4(void **state)
{
	static const char *const create[5] = {"snapshot", "create", "box", "--name", "slow"};
	struct world world;
	int code;
	(void)state;
	make(&world);
	free(world_sim(&world, "fault", "set", "late:CreateVMSnapshotCommand:2000", NULL));
	char *screen = run_on_a_terminal(&world, create, "snapshot box: ", "\003", &code);
	assert_int_equal(code, 4);
	assert_says(screen, "goes on and was not cancelled; 'hvtree sync' waits for it");
	free(screen);
	free(world_expect(&world, 0, "sync", "hv01", NULL));
	json_t *answer = world_json(&world, "snapshot", "list", "--name", "slow", NULL);
	assert_string_equal(text_of(json_array_get(array_of(answer, "vmSnapshot", 1), 0), "state"), "Ready");
	json_decref(answer);
	clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snapshot_edit__changes_words_alone_and_tells_who_took_it__T5_A2),
		cmocka_unit_test(test_snapshot_list_has_the_names_of_the_api__L1_L2_U6),
		cmocka_unit_test(test_snapshot_list_filters_and_pages__L1),
		cmocka_unit_test(test_vm_and_host_lists_and_details__L2_U6),
		cmocka_unit_test(test_tree_draws_branches_the_current_one_and_now__T1_T2_U1),
		cmocka_unit_test(test_create_revert_and_delete_answer_with_the_object__C1_V2_D1_U6),
		cmocka_unit_test(test_revert_takes_a_safety_snapshot_and_undo_brings_the_work_back__U4),
		cmocka_unit_test(test_no_wait_returns_and_sync_sees_it_to_its_end__Y1),
		cmocka_unit_test(test_a_dry_run_says_what_would_be_lost_and_changes_nothing__U4),
		cmocka_unit_test(test_what_cannot_be_done_is_refused_with_its_reason_and_changes_nothing__T4_T5_T6_U6),
		cmocka_unit_test(test_errors_are_json_on_standard_output_when_json_is_asked_for__U6),
		cmocka_unit_test(test_what_cannot_be_written_is_a_failure__U6),
		cmocka_unit_test(test_odd_names_come_through_unharmed_and_are_shown_harmless__T5_U6),
		cmocka_unit_test(test_a_demo_without_a_folder_leaves_nothing_behind__U7),
		cmocka_unit_test(test_a_terminal_is_asked_and_only_yes_goes_on__U4),
		cmocka_unit_test(test_an_interrupt_while_waiting_cancels_nothing_and_says_so__Y1_Y4),
	};
	return cmocka_run_group_tests_name("scenario/commands", tests, NULL, NULL) ? 1 : 0;
}
