/* The training fleet: it is what the issue asks for, store and hosts agree, and half a demo is never taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/demo/demo.h"
#include "backend/demo/fleet_file.h"
#include "backend/domain/snapshot_tree.h"
#include "backend/store/store.h"
#include "tests/support/program.h"

#define HOUR_US (3600 * HV_SECOND_US)
#define DAY_US (24 * HOUR_US)

static int enter(void **state)
{
	char folder[] = "/tmp/hvtree-demo-XXXXXX";
	assert_non_null(mkdtemp(folder));
	*state = hv_strdup(folder);
	return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info;
	(void)type;
	(void)walk;
	return remove(path);
}

static int leave(void **state)
{
	(void)nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(*state);
	return 0;
}

static void prepare(const char *folder)
{
	struct hv_error error = {0};
	if (demo_prepare(folder, program_path("hvtree-sim"), &error) != HV_OK) {
		fail_msg("%s", error.text);
	}
}

static struct store *open_store(const char *folder)
{
	struct store *store = NULL;
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/hvtree.db", folder);
	assert_int_equal(store_open_sqlite(path, 1000, &store, NULL), HV_OK);
	return store;
}

static char *sim(const char *folder, const char *host, const char *word, const char *option)
{
	struct program_result result;
	HV_CLEANUP_FREE char *state_file = hv_sprintf("%s/hosts/%s.db", folder, host);
	const char *const argv[] = {
		program_path("hvtree-sim"), "--state", state_file, word, option, NULL};
	program_run(argv, NULL, NULL, &result);
	if (result.code != 0) {
		fail_msg("hvtree-sim %s: %s%s", word, result.out, result.err);
	}
	char *out = hv_strdup(result.out);
	program_result_clear(&result);
	return out;
}

static bool exists(const char *folder, const char *name)
{
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

static void write_text(const char *folder, const char *name, const char *text)
{
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* --- the fleet that is built in --- */

static bool has_group(const struct fleet *fleet, const char *group)
{
	for (size_t i = 0; i < fleet->host_count; i++) {
		if (strcmp(fleet->hosts[i].group, group) == 0) {
			return true;
		}
	}
	return false;
}

static void test_fleet__is_a_company_of_three_groups_with_a_slow_and_a_lost_host(void **state)
{
	(void)state;
	struct fleet fleet;
	size_t up = 0;
	size_t down = 0;
	size_t slow = 0;
	assert_int_equal(fleet_read(demo_fleet_text, &fleet, NULL), HV_OK);
	for (size_t i = 0; i < fleet.host_count; i++) {
		up += fleet.hosts[i].down ? 0 : 1;
		down += fleet.hosts[i].down ? 1 : 0;
		slow += fleet.hosts[i].latency_ms > 0 ? 1 : 0;
	}
	assert_true(up >= 4);
	assert_int_equal(down, 1);
	assert_int_equal(slow, 1);
	assert_true(fleet.vm_count >= 24);
	assert_true(has_group(&fleet, "prod") && has_group(&fleet, "lab") &&
		    has_group(&fleet, "training"));
	fleet_clear(&fleet);
}

/* What a VM's tree looks like. */
struct shape {
	size_t snapshots, roots, branches, depth;
	size_t disk, memory, untracked, recovery;
};

static struct shape shape_of(const struct fleet *fleet, const char *vm)
{
	struct shape shape = {0};
	for (size_t i = 0; i < fleet->snapshot_count; i++) {
		const struct fleet_snapshot *snapshot = &fleet->snapshots[i];
		size_t children = 0;
		size_t depth = 1;
		if (strcmp(snapshot->vm, vm) != 0) {
			continue;
		}
		for (size_t k = 0; k < fleet->snapshot_count; k++) {
			const struct fleet_snapshot *other = &fleet->snapshots[k];
			children += strcmp(other->vm, vm) == 0 && other->parent &&
				    strcmp(other->parent, snapshot->name) == 0;
		}
		for (const char *parent = snapshot->parent; parent; depth++) {
			for (size_t k = 0; k < fleet->snapshot_count; k++) {
				if (strcmp(fleet->snapshots[k].vm, vm) == 0 &&
					strcmp(fleet->snapshots[k].name, parent) == 0) {
					parent = fleet->snapshots[k].parent;
					break;
				}
			}
		}
		shape.snapshots++;
		shape.roots += snapshot->parent ? 0 : 1;
		shape.branches += children > 1 ? 1 : 0;
		shape.depth = depth > shape.depth ? depth : shape.depth;
		shape.disk += strcmp(snapshot->type, "Disk") == 0;
		shape.memory += strcmp(snapshot->type, "DiskAndMemory") == 0;
		shape.untracked += snapshot->tracked ? 0 : 1;
		shape.recovery += strcmp(snapshot->kind, "Recovery") == 0;
	}
	return shape;
}

static void test_fleet__holds_trees_of_every_shape__T1_T2_T6(void **state)
{
	(void)state;
	struct fleet fleet;
	struct shape most = {0};
	size_t without = 0;
	size_t mixed = 0;
	size_t deep = 0;
	assert_int_equal(fleet_read(demo_fleet_text, &fleet, NULL), HV_OK);
	for (size_t i = 0; i < fleet.vm_count; i++) {
		struct shape shape = shape_of(&fleet, fleet.vms[i].name);
		most.roots = shape.roots > most.roots ? shape.roots : most.roots;
		most.branches += shape.branches;
		most.untracked += shape.untracked;
		most.recovery += shape.recovery;
		deep += shape.depth == 12 ? 1 : 0;
		without += shape.snapshots == 0 ? 1 : 0;
		mixed += shape.disk > 0 && shape.memory > 0 ? 1 : 0;
	}
	assert_int_equal(most.roots, 2);
	assert_true(most.branches >= 3);
	assert_true(most.untracked >= 2);
	assert_true(most.recovery >= 1);
	assert_true(deep >= 1);
	assert_true(without >= 1);
	assert_true(mixed >= 3);
	fleet_clear(&fleet);
}

static void test_fleet__has_states_ages_notes_and_content_that_changes_along_each_tree(void **state)
{
	(void)state;
	struct fleet fleet;
	int64_t youngest = INT64_MAX;
	int64_t oldest = 0;
	bool saved = false;
	bool paused = false;
	assert_int_equal(fleet_read(demo_fleet_text, &fleet, NULL), HV_OK);
	for (size_t i = 0; i < fleet.vm_count; i++) {
		saved = saved || strcmp(fleet.vms[i].state, "Saved") == 0;
		paused = paused || strcmp(fleet.vms[i].state, "Paused") == 0;
		assert_true(fleet.vms[i].disk.count > 0);
	}
	for (size_t i = 0; i < fleet.snapshot_count; i++) {
		const struct fleet_snapshot *snapshot = &fleet.snapshots[i];
		youngest = snapshot->age_us < youngest ? snapshot->age_us : youngest;
		oldest = snapshot->age_us > oldest ? snapshot->age_us : oldest;
		assert_true(snapshot->disk.count > 0);
		assert_true(!snapshot->tracked || snapshot->note);
		assert_true((snapshot->memory.count > 0) ==
			    (strcmp(snapshot->type, "DiskAndMemory") == 0));
	}
	assert_true(saved && paused);
	assert_true(youngest < DAY_US);
	assert_int_equal(oldest, 300 * DAY_US);
	fleet_clear(&fleet);
}

/* --- store and hosts --- */

static const char *state_of_checkpoint(const char *show, const struct hv_uuid *id)
{
	char text[HV_UUID_TEXT_SIZE];
	return strstr(show, hv_uuid_format(id, text));
}

static void assert_vm_agrees(
	struct store *store, const struct virtual_machine *vm, const char *show)
{
	struct snapshot_list rows = {0};
	struct checkpoint_list untracked = {0};
	struct volume_list volumes = {0};
	struct snapshot_tree tree = {0};
	assert_int_equal(store->ops->snapshot_list(store, vm->id, &rows, NULL), HV_OK);
	assert_int_equal(store->ops->untracked_list(store, vm->id, &untracked, NULL), HV_OK);
	assert_int_equal(store->ops->volume_list(store, vm->id, &volumes, NULL), HV_OK);
	assert_int_equal(
		snapshot_tree_build(&rows, &untracked, &vm->checkpoint, &tree, NULL), HV_OK);
	assert_int_equal(snapshot_tree_validate(&tree, NULL), HV_OK);
	assert_non_null(state_of_checkpoint(show, &vm->uuid));
	assert_int_equal(untracked.count, (size_t)vm->untracked);
	assert_true(volumes.count >= 1);
	assert_true(volumes.items[0].root);
	for (size_t i = 0; i < rows.count; i++) {
		assert_non_null(state_of_checkpoint(show, &rows.items[i].checkpoint));
		assert_non_null(strstr(show, rows.items[i].name));
		assert_int_equal(rows.items[i].state, SNAPSHOT_READY);
	}
	for (size_t i = 0; i < untracked.count; i++) {
		assert_non_null(state_of_checkpoint(show, &untracked.items[i].id));
	}
	assert_true((rows.count > 0) == (tree.current != SNAPSHOT_TREE_NONE));
	snapshot_tree_clear(&tree);
	snapshot_list_clear(&rows);
	checkpoint_list_clear(&untracked);
	volume_list_clear(&volumes);
}

static void test_demo__store_and_hosts_say_the_same__U7(void **state)
{
	struct host_list hosts = {0};
	size_t vm_count = 0;
	prepare(*state);
	struct store *store = open_store(*state);
	assert_int_equal(store->ops->host_list(store, &hosts, NULL), HV_OK);
	assert_int_equal(hosts.count, 6);
	for (size_t i = 0; i < hosts.count; i++) {
		struct virtual_machine_list vms = {0};
		HV_CLEANUP_FREE char *address = hv_sprintf("hosts/%s.db", hosts.items[i].name);
		assert_string_equal(hosts.items[i].transport, "sim");
		assert_string_equal(hosts.items[i].address, address);
		HV_CLEANUP_FREE char *show = sim(*state, hosts.items[i].name, "show", "--json");
		free(sim(*state, hosts.items[i].name, "check", NULL));
		assert_non_null(state_of_checkpoint(show, &hosts.items[i].uuid));
		assert_int_equal(store->ops->vm_list(store, hosts.items[i].id, &vms, NULL), HV_OK);
		for (size_t k = 0; k < vms.count; k++) {
			assert_vm_agrees(store, &vms.items[k], show);
		}
		vm_count += vms.count;
		virtual_machine_list_clear(&vms);
	}
	assert_true(vm_count >= 24);
	host_list_clear(&hosts);
	store->ops->close(store);
}

static void test_demo__ages_count_from_the_moment_of_making(void **state)
{
	struct hv_clock clock = hv_clock_system();
	struct virtual_machine_list found = {0};
	struct snapshot_list rows = {0};
	int64_t before_us = hv_clock_wall_us(&clock);
	prepare(*state);
	int64_t after_us = hv_clock_wall_us(&clock);
	struct store *store = open_store(*state);
	assert_int_equal(store->ops->vm_find(store, "legacy-2008", &found, NULL), HV_OK);
	assert_int_equal(found.count, 1);
	assert_int_equal(store->ops->snapshot_list(store, found.items[0].id, &rows, NULL), HV_OK);
	assert_int_equal(rows.count, 1);
	assert_in_range(
		rows.items[0].created_us, before_us - 300 * DAY_US, after_us - 300 * DAY_US);
	snapshot_list_clear(&rows);
	virtual_machine_list_clear(&found);
	store->ops->close(store);
}

static void test_demo__leaves_no_trace_of_making_and_private_files(void **state)
{
	struct stat info;
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/hvtree.db", (const char *)*state);
	prepare(*state);
	assert_false(exists(*state, ".making"));
	assert_true(exists(*state, "fleet.ini"));
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
}

static void test_demo__that_is_there_is_used_as_it_is(void **state)
{
	prepare(*state);
	struct store *store = open_store(*state);
	assert_int_equal(store->ops->begin(store, NULL), HV_OK);
	assert_int_equal(store->ops->setting_set(store, "mark", "kept", NULL), HV_OK);
	assert_int_equal(store->ops->commit(store, NULL), HV_OK);
	store->ops->close(store);
	write_text(*state, "fleet.ini", "not a fleet any more");
	prepare(*state);
	store = open_store(*state);
	char *value = NULL;
	assert_int_equal(store->ops->setting_get(store, "mark", &value, NULL), HV_OK);
	assert_string_equal(value, "kept");
	free(value);
	store->ops->close(store);
}

/* --- a trainer's own fleet --- */

static const char own_fleet[] =
	"[fleet]\nname = Own\n[host one]\ngroup = g\n"
	"[vm \xe2\x98\x83 '; DROP TABLE host;--]\nhost = one\ndisks = root:10 data:20\n"
	"[snapshot \xe2\x98\x83 '; DROP TABLE host;--/a %s%n]\nage = 1h\nnote = \"quoted\" $(id)\n"
	"[vm plain]\nhost = one\nstate = Stopped\n";

static void test_demo__takes_a_trainers_own_fleet_whatever_its_names__T5(void **state)
{
	struct virtual_machine_list vms = {0};
	struct snapshot_list rows = {0};
	char *value = NULL;
	write_text(*state, "fleet.ini", own_fleet);
	prepare(*state);
	struct store *store = open_store(*state);
	assert_int_equal(store->ops->setting_get(store, DEMO_SETTING, &value, NULL), HV_OK);
	assert_string_equal(value, "Own");
	assert_int_equal(store->ops->vm_list(store, 0, &vms, NULL), HV_OK);
	assert_int_equal(vms.count, 2);
	size_t strange = strcmp(vms.items[0].name, "plain") == 0 ? 1 : 0;
	assert_string_equal(vms.items[strange].name, "\xe2\x98\x83 '; DROP TABLE host;--");
	assert_int_equal(
		store->ops->snapshot_list(store, vms.items[strange].id, &rows, NULL), HV_OK);
	assert_int_equal(rows.count, 1);
	assert_string_equal(rows.items[0].display_name, "a %s%n");
	HV_CLEANUP_FREE char *show = sim(*state, "one", "show", "--json");
	assert_vm_agrees(store, &vms.items[1 - strange], show);
	free(value);
	snapshot_list_clear(&rows);
	virtual_machine_list_clear(&vms);
	store->ops->close(store);
}

static void test_demo__of_a_wrong_fleet_says_where_and_makes_nothing(void **state)
{
	struct hv_error error = {0};
	write_text(*state, "fleet.ini", "[host one]\ngroup = g\n[vm a]\nhost = two\n");
	assert_int_equal(demo_prepare(*state, program_path("hvtree-sim"), &error), HV_ERR_INVALID);
	assert_non_null(strstr(error.text, "fleet.ini"));
	assert_non_null(strstr(error.text, "line 3"));
	assert_false(exists(*state, "hvtree.db"));
	assert_false(exists(*state, ".making"));
	write_text(*state, "fleet.ini", own_fleet); /* mended: it is made at the next start */
	prepare(*state);
	assert_true(exists(*state, "hvtree.db"));
}

static void test_demo__without_the_simulator_says_so_and_can_be_made_later(void **state)
{
	struct hv_error error = {0};
	assert_int_equal(demo_prepare(*state, "/nonexistent/hvtree-sim", &error), HV_ERR_IO);
	assert_non_null(strstr(error.text, "/nonexistent/hvtree-sim"));
	assert_false(exists(*state, "hvtree.db"));
	error = (struct hv_error){0};
	assert_int_equal(demo_prepare(*state, "/bin/false", &error), HV_ERR_IO);
	assert_non_null(strstr(error.text, "simulated host"));
	assert_false(exists(*state, "hvtree.db"));
	prepare(*state);
	assert_true(exists(*state, "hvtree.db"));
}

static void test_demo__in_a_folder_that_cannot_be_used_says_so(void **state)
{
	struct hv_error error = {0};
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/none", (const char *)*state);
	assert_int_equal(demo_prepare(path, program_path("hvtree-sim"), &error), HV_ERR_IO);
	assert_non_null(strstr(error.text, path));
}

/* --- interrupted, and two at once --- */

static int prepare_in_child(const char *folder)
{
	return demo_prepare(folder, program_path("hvtree-sim"), NULL) == HV_OK ? 0 : 1;
}

static void test_demo__left_half_made_is_made_anew(void **state)
{
	HV_CLEANUP_FREE char *making = hv_sprintf("%s/.making", (const char *)*state);
	HV_CLEANUP_FREE char *hosts = hv_sprintf("%s/hosts", (const char *)*state);
	assert_int_equal(mkdir(making, 0700), 0);
	write_text(*state, ".making/hvtree.db", "half a store");
	assert_int_equal(mkdir(hosts, 0700), 0);
	write_text(*state, "hosts/hv01.prod.db", "half a host");
	write_text(*state, "hosts/notes.txt", "the trainer's own");
	prepare(*state);
	free(sim(*state, "hv01.prod", "check", NULL));
	assert_true(exists(*state, "hosts/notes.txt"));
	assert_false(exists(*state, ".making"));
}

/* The kernel kills this process then, whatever it does. */
static void die_after(long delay_us)
{
	timer_t timer;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
	const struct itimerspec when = {.it_value = {.tv_nsec = delay_us * 1000}};
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
		timer_settime(timer, 0, &when, NULL) != 0) {
		_exit(99);
	}
}

static void test_demo__killed_at_any_moment_is_whole_or_made_anew(void **state)
{
	for (long delay_us = 500; delay_us < 60000; delay_us = delay_us * 3 / 2) {
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			die_after(delay_us);
			_exit(prepare_in_child(*state));
		}
		assert_int_equal(waitpid(child, NULL, 0), child);
		prepare(*state);
		free(sim(*state, "hv01.prod", "check", NULL));
		struct store *store = open_store(*state);
		struct host_list hosts = {0};
		assert_int_equal(store->ops->host_list(store, &hosts, NULL), HV_OK);
		assert_int_equal(hosts.count, 6);
		host_list_clear(&hosts);
		store->ops->close(store);
		(void)nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
		assert_int_equal(mkdir(*state, 0700), 0);
	}
}

static void test_demo__two_consoles_make_it_once(void **state)
{
	pid_t children[4];
	for (size_t i = 0; i < HV_ARRAY_LEN(children); i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0) {
			_exit(prepare_in_child(*state));
		}
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(children); i++) {
		int result;
		assert_int_equal(waitpid(children[i], &result, 0), children[i]);
		assert_int_equal(result, 0);
	}
	struct store *store = open_store(*state);
	struct host_list hosts = {0};
	assert_int_equal(store->ops->host_list(store, &hosts, NULL), HV_OK);
	assert_int_equal(hosts.count, 6);
	host_list_clear(&hosts);
	store->ops->close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)
		cmocka_unit_test(
			test_fleet__is_a_company_of_three_groups_with_a_slow_and_a_lost_host),
		cmocka_unit_test(test_fleet__holds_trees_of_every_shape__T1_T2_T6),
		cmocka_unit_test(
			test_fleet__has_states_ages_notes_and_content_that_changes_along_each_tree),
		IN_FOLDER(test_demo__store_and_hosts_say_the_same__U7),
		IN_FOLDER(test_demo__ages_count_from_the_moment_of_making),
		IN_FOLDER(test_demo__leaves_no_trace_of_making_and_private_files),
		IN_FOLDER(test_demo__that_is_there_is_used_as_it_is),
		IN_FOLDER(test_demo__takes_a_trainers_own_fleet_whatever_its_names__T5),
		IN_FOLDER(test_demo__of_a_wrong_fleet_says_where_and_makes_nothing),
		IN_FOLDER(test_demo__without_the_simulator_says_so_and_can_be_made_later),
		IN_FOLDER(test_demo__in_a_folder_that_cannot_be_used_says_so),
		IN_FOLDER(test_demo__left_half_made_is_made_anew),
		IN_FOLDER(test_demo__killed_at_any_moment_is_whole_or_made_anew),
		IN_FOLDER(test_demo__two_consoles_make_it_once),
	};
	return cmocka_run_group_tests_name("demo/demo", tests, NULL, NULL);
}
