#include "tests/unit/backend/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/demo/demo.h"
#include "tests/support/program.h"

#define WAIT_US (60 * HV_SECOND_US)

const char desk_fleet[] =
	"[fleet]\nname = desk\n"
	"[host alpha]\ngroup = prod\nversion = 10.0.20348\n"
	"[host beta]\ngroup = lab\nversion = 10.0.20348\n"
	"[vm box]\nhost = alpha\nstate = Running\nmemory_mb = 512\ndisks = root:20\n"
	"guest.disk.app = 1\nguest.memory.users = 7\n"
	"[vm cup]\nhost = alpha\nstate = Stopped\nmemory_mb = 512\ndisks = root:20\n"
	"guest.disk.app = 1\n"
	"[vm jar]\nhost = beta\nstate = Running\nmemory_mb = 512\ndisks = root:20\n"
	"guest.disk.app = 1\nguest.memory.users = 7\n";

static int64_t now_us(void)
{
	struct hv_clock clock = hv_clock_system();
	return hv_clock_monotonic_us(&clock);
}

/* --- folders and programs --- */

char *desk_folder(const char *fleet)
{
	char folder[] = "/tmp/hvtree-desk-XXXXXX";
	assert_non_null(mkdtemp(folder));
	assert_int_equal(setenv("HVTREE_SIM", program_path("hvtree-sim"), 1), 0);
	if (fleet) {
		HV_CLEANUP_FREE char *path = hv_sprintf("%s/fleet.ini", folder);
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		assert_true(fputs(fleet, file) >= 0);
		assert_int_equal(fclose(file), 0);
	}
	return hv_strdup(folder);
}

void desk_quick(const char *folder)
{
	struct hv_error error = {0};
	if (demo_prepare(folder, program_path("hvtree-sim"), &error) != HV_OK) {
		fail_msg("demo: %s", error.text);
	}
	free(desk_sim(folder, "alpha", "speed", "3", NULL));
	free(desk_sim(folder, "beta", "speed", "3", NULL));
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info;
	(void)type;
	(void)walk;
	return remove(path);
}

void desk_remove_folder(char *folder)
{
	(void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(folder);
}

char *desk_sim(const char *folder, const char *host, ...)
{
	const char *argv[16] = {program_path("hvtree-sim"), "--state"};
	size_t count = 3;
	HV_CLEANUP_FREE char *state = hv_sprintf("%s/hosts/%s.db", folder, host);
	argv[2] = state;
	va_list words;
	va_start(words, host);
	const char *word;
	while ((word = va_arg(words, const char *)) != NULL) {
		assert_true(count + 1 < HV_ARRAY_LEN(argv));
		argv[count++] = word;
	}
	va_end(words);
	struct program_result result;
	program_run(argv, NULL, NULL, &result);
	if (result.code != 0) {
		fail_msg("hvtree-sim %s: %s", argv[3], result.err);
	}
	char *out = hv_strdup(result.out);
	program_result_clear(&result);
	return out;
}

void desk_assert_guest(
	const char *folder, const char *host, const char *vm, const char *key, const char *value)
{
	HV_CLEANUP_FREE char *list = desk_sim(folder, host, "guest", "list", vm, NULL);
	HV_CLEANUP_FREE char *lines = hv_sprintf("\n%s", list);
	HV_CLEANUP_FREE char *line =
		value ? hv_sprintf("\n%s=%s\n", key, value) : hv_sprintf("\n%s=", key);
	if ((strstr(lines, line) != NULL) != (value != NULL)) {
		fail_msg("guest '%s' should hold %s=%s and holds:\n%s", vm, key,
			value ? value : "(nothing)", list);
	}
}

static size_t children_of_thread(const char *tid, pid_t pids[DESK_ROWS], size_t count)
{
	HV_CLEANUP_FREE char *path = hv_sprintf("/proc/self/task/%s/children", tid);
	FILE *file = fopen(path, "r");
	long pid;
	while (file && count < DESK_ROWS && fscanf(file, "%ld", &pid) == 1) {
		pids[count++] = (pid_t)pid;
	}
	if (file) {
		(void)fclose(file);
	}
	return count;
}

size_t desk_agents(pid_t pids[DESK_ROWS])
{
	DIR *threads = opendir("/proc/self/task");
	size_t count = 0;
	assert_non_null(threads);
	struct dirent *entry;
	while ((entry = readdir(threads)) != NULL) {
		if (entry->d_name[0] != '.') {
			count = children_of_thread(entry->d_name, pids, count);
		}
	}
	(void)closedir(threads);
	return count;
}

size_t desk_count(const char *text, const char *needle)
{
	size_t count = 0;
	for (const char *at = text; (at = strstr(at, needle)) != NULL; at += strlen(needle)) {
		count++;
	}
	return count;
}

/* --- events --- */

/* Keep the newest value of each object: the row with this id, or a new one. */
#define KEEP(rows, count, value, id, unref, ref)                                                   \
	do {                                                                                       \
		size_t row_ = 0;                                                                   \
		while (row_ < (count) && !hv_uuid_equal(&(rows)[row_]->id, &(value)->id)) {        \
			row_++;                                                                    \
		}                                                                                  \
		if (row_ == (count)) {                                                             \
			assert_true((count) < DESK_ROWS);                                          \
			(count)++;                                                                 \
		} else {                                                                           \
			unref((rows)[row_]);                                                       \
		}                                                                                  \
		(rows)[row_] = ref(value);                                                         \
	} while (0)

#define DROP_ALL(rows, count, unref)                                                               \
	do {                                                                                       \
		for (size_t row_ = 0; row_ < (count); row_++) {                                    \
			unref((rows)[row_]);                                                       \
		}                                                                                  \
		(count) = 0;                                                                       \
	} while (0)

static void take_host(struct desk *desk, const struct hv_host *host)
{
	size_t before = desk->host_count;
	KEEP(desk->hosts, desk->host_count, host, uuid, hv_host_unref, hv_host_ref);
	desk->host_after_vm |= desk->host_count > before && desk->vm_count > 0;
}

static void take_value(struct desk *desk, const struct hv_event *event)
{
	if (event->host) {
		take_host(desk, event->host);
	}
	if (event->vm) {
		KEEP(desk->vms, desk->vm_count, event->vm, uuid, hv_vm_unref, hv_vm_ref);
	}
	if (event->tree) {
		KEEP(desk->trees, desk->tree_count, event->tree, vm, hv_tree_unref, hv_tree_ref);
	}
	if (event->operation) {
		KEEP(desk->operations, desk->operation_count, event->operation, uuid,
			hv_operation_unref, hv_operation_ref);
	}
}

void desk_take(struct desk *desk)
{
	struct hv_event *event;
	while ((event = hv_backend_next(desk->backend)) != NULL) {
		take_value(desk, event);
		desk->loaded |= event->kind == HV_EVENT_LOADED;
		desk->failed |= event->kind == HV_EVENT_FAILED;
		desk->hosts_gone += event->kind == HV_EVENT_HOST_GONE ? 1 : 0;
		desk->vms_gone += event->kind == HV_EVENT_VM_GONE ? 1 : 0;
		if (event->kind == HV_EVENT_SYNCED) {
			desk->synced++;
			desk->sync_failures += event->error.status != HV_OK ? 1 : 0;
		}
		if (event->ticket != 0) {
			hv_event_free(desk->answer);
			desk->answer = event;
		} else {
			hv_event_free(event);
		}
	}
}

void desk_until(struct desk *desk, bool (*done)(struct desk *desk, const void *context),
	const void *context)
{
	int64_t deadline_us = now_us() + WAIT_US;
	desk_take(desk);
	while (!done(desk, context)) {
		struct pollfd fd = {.fd = hv_backend_fd(desk->backend), .events = POLLIN};
		if (now_us() > deadline_us) {
			fail_msg("what the test waits for does not happen");
		}
		(void)poll(&fd, 1, 1000);
		desk_take(desk);
	}
}

static void begin(struct desk *desk, const struct hv_config *config)
{
	struct hv_error error = {0};
	*desk = (struct desk){0};
	if (hv_backend_open(config, &desk->backend, &error) != HV_OK) {
		fail_msg("open: %s", error.text);
	}
	if (config->connect == HV_CONNECT_ON_DEMAND) {
		hv_load(desk->backend, NULL);
	}
	desk_until_loaded(desk);
}

void desk_open(struct desk *desk, const char *folder, enum hv_connect connect)
{
	const struct hv_config config = {.demo_dir = folder, .user = "tester", .connect = connect};
	begin(desk, &config);
}

void desk_open_store(struct desk *desk, const char *store_path, enum hv_connect connect)
{
	const struct hv_config config = {
		.store_path = store_path, .user = "tester", .connect = connect};
	begin(desk, &config);
}

void desk_close(struct desk *desk)
{
	hv_backend_close(desk->backend);
	DROP_ALL(desk->hosts, desk->host_count, hv_host_unref);
	DROP_ALL(desk->vms, desk->vm_count, hv_vm_unref);
	DROP_ALL(desk->trees, desk->tree_count, hv_tree_unref);
	DROP_ALL(desk->operations, desk->operation_count, hv_operation_unref);
	hv_event_free(desk->answer);
	*desk = (struct desk){0};
}

/* --- what the events have told --- */

const struct hv_host *desk_host(struct desk *desk, const char *name)
{
	for (size_t i = 0; i < desk->host_count; i++) {
		if (strcmp(desk->hosts[i]->name, name) == 0) {
			return desk->hosts[i];
		}
	}
	return NULL;
}

const struct hv_vm *desk_vm(struct desk *desk, const char *name)
{
	for (size_t i = 0; i < desk->vm_count; i++) {
		if (strcmp(desk->vms[i]->name, name) == 0) {
			return desk->vms[i];
		}
	}
	return NULL;
}

const struct hv_tree *desk_tree(struct desk *desk, const char *vm)
{
	const struct hv_vm *row = desk_vm(desk, vm);
	for (size_t i = 0; row && i < desk->tree_count; i++) {
		if (hv_uuid_equal(&desk->trees[i]->vm, &row->uuid)) {
			return desk->trees[i];
		}
	}
	return NULL;
}

static bool is_loaded(struct desk *desk, const void *context)
{
	(void)context;
	return desk->loaded;
}

void desk_until_loaded(struct desk *desk)
{
	desk_until(desk, is_loaded, NULL);
}

static bool is_up(struct desk *desk, const void *name)
{
	const struct hv_host *host = desk_host(desk, name);
	return host && host->state == HOST_UP;
}

void desk_until_up(struct desk *desk, const char *host)
{
	desk_until(desk, is_up, host);
}

static bool is_lost(struct desk *desk, const void *name)
{
	const struct hv_host *host = desk_host(desk, name);
	return host && host->state == HOST_LOST;
}

void desk_until_lost(struct desk *desk, const char *host)
{
	desk_until(desk, is_lost, host);
}

struct wanted_count {
	const char *vm;
	int64_t count;
};

static bool has_snapshots(struct desk *desk, const void *context)
{
	const struct wanted_count *wanted = context;
	const struct hv_vm *vm = desk_vm(desk, wanted->vm);
	return vm && vm->snapshots == wanted->count;
}

void desk_until_snapshots(struct desk *desk, const char *vm, int64_t count)
{
	const struct wanted_count wanted = {vm, count};
	desk_until(desk, has_snapshots, &wanted);
}

struct wanted_node {
	const char *vm;
	const char *name;
	const struct hv_node *found;
};

static bool has_node(struct desk *desk, const void *context)
{
	const struct wanted_node *wanted = context;
	const struct hv_tree *tree = desk_tree(desk, wanted->vm);
	for (size_t i = 0; tree && i < tree->count; i++) {
		if (strcmp(tree->nodes[i].name, wanted->name) == 0) {
			return true;
		}
	}
	return false;
}

const struct hv_node *desk_node(struct desk *desk, const char *vm, const char *name)
{
	const struct wanted_node wanted = {vm, name, NULL};
	const struct hv_vm *row = desk_vm(desk, vm);
	assert_non_null(row);
	hv_open_vm(desk->backend, &row->uuid);
	desk_until(desk, has_node, &wanted);
	const struct hv_tree *tree = desk_tree(desk, vm);
	for (size_t i = 0; i < tree->count; i++) {
		if (strcmp(tree->nodes[i].name, name) == 0) {
			return &tree->nodes[i];
		}
	}
	fail_msg("no such node");
	return NULL;
}

/* --- requests --- */

uint64_t desk_ticket(struct desk *desk)
{
	return ++desk->last_ticket;
}

static bool is_answered(struct desk *desk, const void *context)
{
	const uint64_t *ticket = context;
	return desk->answer && desk->answer->ticket == *ticket;
}

const struct hv_event *desk_answer(struct desk *desk, uint64_t ticket)
{
	desk_until(desk, is_answered, &ticket);
	return desk->answer;
}

struct hv_uuid desk_act(struct desk *desk, const struct hv_act *act)
{
	uint64_t ticket = desk_ticket(desk);
	hv_act(desk->backend, ticket, act);
	const struct hv_event *answer = desk_answer(desk, ticket);
	if (answer->kind != HV_EVENT_ACCEPTED) {
		fail_msg("refused: %s", answer->error.text);
	}
	return answer->id;
}

const struct hv_error *desk_refused(struct desk *desk, const struct hv_act *act)
{
	uint64_t ticket = desk_ticket(desk);
	hv_act(desk->backend, ticket, act);
	const struct hv_event *answer = desk_answer(desk, ticket);
	assert_int_equal(answer->kind, HV_EVENT_REFUSED);
	assert_int_not_equal(answer->error.status, HV_OK);
	assert_true(strlen(answer->error.text) > 0);
	return &answer->error;
}

static bool group_has_ended(struct desk *desk, const void *context)
{
	size_t members = 0;
	for (size_t i = 0; i < desk->operation_count; i++) {
		if (hv_uuid_equal(&desk->operations[i]->group, context)) {
			members++;
			if (desk->operations[i]->finished_us == 0) {
				return false;
			}
		}
	}
	return members > 0;
}

const struct hv_operation *desk_ended(struct desk *desk, const struct hv_uuid *group)
{
	const struct hv_operation *last = NULL;
	desk_until(desk, group_has_ended, group);
	for (size_t i = 0; i < desk->operation_count; i++) {
		const struct hv_operation *operation = desk->operations[i];
		if (hv_uuid_equal(&operation->group, group) &&
			(!last || operation->sequence > last->sequence)) {
			last = operation;
		}
	}
	return last;
}

void desk_done(struct desk *desk, const struct hv_act *act)
{
	struct hv_uuid group = desk_act(desk, act);
	const struct hv_operation *last = desk_ended(desk, &group);
	if (last->state != OPERATION_DONE) {
		fail_msg("%s: %s", operation_state_name(last->state),
			last->error ? last->error : "");
	}
}

struct hv_act desk_create(
	struct desk *desk, const char *vm, const char *name, enum snapshot_type type)
{
	const struct hv_vm *row = desk_vm(desk, vm);
	assert_non_null(row);
	return (struct hv_act){
		.kind = OPERATION_CREATE_SNAPSHOT, .vm = row->uuid, .type = type, .name = name};
}

struct hv_act desk_on_snapshot(
	struct desk *desk, enum operation_kind kind, const char *vm, const char *name)
{
	const struct hv_node *node = desk_node(desk, vm, name);
	return (struct hv_act){.kind = kind, .vm = desk_vm(desk, vm)->uuid, .snapshot = node->id};
}
