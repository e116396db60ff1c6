/* What happens around the facade: other consoles, agents that die, hosts that are away, a console that is killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/store/store.h"
#include "tests/unit/backend/desk.h"

#define SEEN_WITHIN_US (300 * 1000) /* what another console did (issue, 4) */

static const char *self; /* path of this program: it is also the console that is killed */

static int enter(void **state)
{
	char *folder = desk_folder(desk_fleet);
	desk_quick(folder);
	*state = folder;
	return 0;
}

static int leave(void **state)
{
	desk_remove_folder(*state);
	return 0;
}

static int64_t now_us(void)
{
	struct hv_clock clock = hv_clock_system();
	return hv_clock_monotonic_us(&clock);
}

/* Takes the events of both desks as they come until both have seen so many snapshots of "box"; the time between. */
static int64_t time_between(struct desk *a, struct desk *b, int64_t count)
{
	struct desk *desks[] = {a, b};
	int64_t seen_us[2] = {0, 0};
	int64_t deadline_us = now_us() + 60 * HV_SECOND_US;
	while (seen_us[0] == 0 || seen_us[1] == 0) {
		for (size_t i = 0; i < 2; i++) {
			desk_take(desks[i]);
			if (seen_us[i] == 0 && desk_vm(desks[i], "box")->snapshots == count) {
				seen_us[i] = now_us();
			}
		}
		struct pollfd fds[] = {{.fd = hv_backend_fd(a->backend), .events = POLLIN},
			{.fd = hv_backend_fd(b->backend), .events = POLLIN}};
		assert_true(now_us() < deadline_us);
		(void)poll(fds, 2, 1000);
	}
	return seen_us[0] < seen_us[1] ? seen_us[1] - seen_us[0] : seen_us[0] - seen_us[1];
}

static bool operation_came_to_its_end(struct desk *desk, const void *context)
{
	(void)context;
	return desk->operation_count == 1 && desk->operations[0]->finished_us != 0;
}

static void test_two_consoles__see_each_others_changes_within_300_ms__U3(void **state)
{
	struct desk first;
	struct desk second;
	desk_open(&first, *state, HV_CONNECT_ALL);
	desk_open(&second, *state, HV_CONNECT_ALL);
	desk_until_up(&first, "alpha");
	desk_until_up(&second, "alpha");
	struct hv_act act = desk_create(&first, "box", "shared", SNAPSHOT_DISK);
	struct hv_uuid group = desk_act(&first, &act);
	int64_t between_us = time_between(&first, &second, 1);
	assert_true(between_us < SEEN_WITHIN_US);
	assert_int_equal(desk_ended(&first, &group)->state, OPERATION_DONE);
	/* the operation of the other one is told as well, to its end */
	desk_until(&second, operation_came_to_its_end, NULL);
	assert_int_equal(second.operations[0]->state, OPERATION_DONE);
	assert_true(hv_uuid_equal(&second.operations[0]->group, &group));
	desk_close(&second);
	desk_close(&first);
}

static bool vm_is_held(struct desk *desk, const void *vm)
{
	return !hv_uuid_is_nil(&desk_vm(desk, vm)->operation);
}

static void test_two_consoles__act_on_one_vm_one_after_the_other__X1(void **state)
{
	struct desk first;
	struct desk second;
	desk_open(&first, *state, HV_CONNECT_ALL);
	desk_open(&second, *state, HV_CONNECT_ALL);
	desk_until_up(&first, "alpha");
	desk_until_up(&second, "alpha");
	free(desk_sim(*state, "alpha", "fault", "set", "late:CreateVMSnapshot:1000", NULL));
	struct hv_act act = desk_create(&first, "cup", "first", SNAPSHOT_DISK);
	struct hv_uuid group = desk_act(&first, &act);
	desk_until(&second, vm_is_held, "cup");
	act = desk_create(&second, "cup", "second", SNAPSHOT_DISK);
	(void)desk_refused(&second, &act);
	act.queue = true;
	struct hv_uuid queued = desk_act(&second, &act);
	assert_int_equal(desk_ended(&first, &group)->state, OPERATION_DONE);
	assert_int_equal(desk_ended(&second, &queued)->state, OPERATION_DONE);
	desk_until_snapshots(&first, "cup", 2);
	desk_close(&second);
	desk_close(&first);
}

static void test_agent__that_is_killed_comes_back_and_rows_go_stale_between__U3(void **state)
{
	struct desk desk;
	pid_t pids[DESK_ROWS];
	desk_open(&desk, *state, HV_CONNECT_ALL);
	desk_until_up(&desk, "alpha");
	desk_until_up(&desk, "beta");
	size_t count = desk_agents(pids);
	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(kill(pids[i], SIGKILL), 0);
	}
	desk_until_lost(&desk, "alpha");
	const struct hv_host *host = desk_host(&desk, "alpha");
	assert_non_null(host->reason);
	assert_true(host->seen_us > 0);
	assert_true(host->retry_us > 0);
	struct rule_facts facts = hv_facts(host, desk_vm(&desk, "box"), NULL, NULL);
	assert_string_equal(
		rule_id(rules_refuse(ACTION_SNAPSHOT_CREATE_DISK, &facts)), "host-lost");
	desk_until_up(&desk, "alpha");
	desk_until_up(&desk, "beta");
	struct hv_act act = desk_create(&desk, "box", "after", SNAPSHOT_DISK);
	desk_done(&desk, &act);
	desk_close(&desk);
}

static void test_agent__that_dies_with_a_command_is_asked_again_and_acts_once__Y2(void **state)
{
	struct desk desk;
	desk_open(&desk, *state, HV_CONNECT_ALL);
	desk_until_up(&desk, "alpha");
	free(desk_sim(*state, "alpha", "fault", "set", "die-mid:CreateVMSnapshot:applied", NULL));
	struct hv_act act = desk_create(&desk, "box", "once", SNAPSHOT_DISK_AND_MEMORY);
	desk_done(&desk, &act);
	HV_CLEANUP_FREE char *show = desk_sim(*state, "alpha", "show", "--json", NULL);
	assert_int_equal(desk_count(show, "_VS_"), 1);
	assert_int_equal(desk_vm(&desk, "box")->snapshots, 1);
	desk_close(&desk);
}

static bool has_reason(struct desk *desk, const void *host)
{
	return desk_host(desk, host)->state == HOST_LOST && desk_host(desk, host)->reason;
}

static void test_host__that_is_down_says_why_refuses_acts_and_is_back_on_retry__U3(void **state)
{
	struct desk desk;
	free(desk_sim(*state, "beta", "fault", "set", "down", NULL));
	desk_open(&desk, *state, HV_CONNECT_ALL);
	desk_until(&desk, has_reason, "beta");
	struct hv_act act = desk_create(&desk, "jar", "x", SNAPSHOT_DISK);
	enum hv_status status = desk_refused(&desk, &act)->status;
	assert_true(status == HV_ERR_UNREACHABLE || status == HV_ERR_REFUSED);
	free(desk_sim(*state, "beta", "fault", "clear", NULL));
	hv_retry(desk.backend, &desk_host(&desk, "beta")->uuid);
	desk_until_up(&desk, "beta");
	desk_done(&desk, &act);
	desk_close(&desk);
}

static void test_on_demand__connects_only_to_the_host_that_an_act_needs(void **state)
{
	struct desk desk;
	pid_t pids[DESK_ROWS];
	desk_open(&desk, *state, HV_CONNECT_ON_DEMAND);
	assert_int_equal(desk_agents(pids), 0);
	struct hv_act act = desk_create(&desk, "box", "one", SNAPSHOT_DISK_AND_MEMORY);
	uint64_t ticket = desk_ticket(&desk);
	hv_preview(desk.backend, ticket, &act);
	assert_null(desk_answer(&desk, ticket)->preview->refusal);
	desk_done(&desk, &act);
	assert_int_equal(desk_agents(pids), 1);
	assert_int_equal(desk_host(&desk, "beta")->state, HOST_DISCONNECTED);
	desk_close(&desk);
	assert_int_equal(desk_agents(pids), 0);
}

static bool has_loaded(struct desk *desk, const void *unused)
{
	(void)unused;
	return desk->loaded;
}

static void load(struct desk *desk, const char *vm)
{
	desk->loaded = false;
	hv_load(desk->backend, vm);
	desk_until(desk, has_loaded, NULL);
}

static void test_on_demand__tells_of_the_vms_that_were_asked_for_and_of_no_others(void **state)
{
	const struct hv_config config = {
		.demo_dir = *state, .user = "tester", .connect = HV_CONNECT_ON_DEMAND};
	struct hv_error error = {0};
	struct desk desk = {0};
	assert_int_equal(hv_backend_open(&config, &desk.backend, &error), HV_OK);
	load(&desk, "nobody");
	assert_non_null(desk_host(&desk, "alpha"));
	assert_int_equal(desk.vm_count, 0);
	load(&desk, "cup");
	assert_int_equal(desk.vm_count, 1);
	char id[HV_UUID_TEXT_SIZE];
	load(&desk, hv_uuid_format(&desk_vm(&desk, "cup")->uuid, id));
	assert_int_equal(desk.vm_count, 1);
	load(&desk, NULL);
	assert_non_null(desk_vm(&desk, "box"));
	assert_int_equal(desk.vms_gone, 0);
	desk_close(&desk);
}

static void test_on_demand__a_host_that_another_console_was_connected_to_is_not_up_here__U3(void **state)
{
	struct desk desk;
	desk_open(&desk, *state, HV_CONNECT_ALL);
	desk_until_up(&desk, "alpha");
	desk_close(&desk);
	desk_open(&desk, *state, HV_CONNECT_ON_DEMAND);
	assert_int_equal(desk_host(&desk, "alpha")->state, HOST_DISCONNECTED);
	assert_true(desk_host(&desk, "alpha")->seen_us > 0);
	desk_close(&desk);
}

static void test_on_demand__a_host_that_is_down_is_unreachable(void **state)
{
	struct desk desk;
	free(desk_sim(*state, "alpha", "fault", "set", "down", NULL));
	desk_open(&desk, *state, HV_CONNECT_ON_DEMAND);
	struct hv_act act = desk_create(&desk, "box", "one", SNAPSHOT_DISK);
	const struct hv_error *error = desk_refused(&desk, &act);
	assert_int_equal(error->status, HV_ERR_UNREACHABLE);
	assert_non_null(strstr(error->text, "alpha"));
	uint64_t ticket = desk_ticket(&desk);
	hv_preview(desk.backend, ticket, &act);
	assert_non_null(desk_answer(&desk, ticket)->preview->refusal);
	assert_int_equal(desk.operation_count, 0);
	desk_close(&desk);
}

static bool all_synced(struct desk *desk, const void *count)
{
	const size_t *wanted = count;
	return desk->synced == *wanted;
}

static void test_sync__answers_once_a_host_and_names_those_that_are_away__Y1(void **state)
{
	struct desk desk;
	const size_t two = 2;
	const size_t three = 3;
	free(desk_sim(*state, "beta", "fault", "set", "down", NULL));
	desk_open(&desk, *state, HV_CONNECT_ON_DEMAND);
	free(desk_sim(*state, "alpha", "foreign", "create", "box", "by hand", NULL));
	hv_sync(desk.backend, desk_ticket(&desk), NULL);
	desk_until(&desk, all_synced, &two);
	assert_int_equal(desk.sync_failures, 1);
	assert_int_equal(desk_vm(&desk, "box")->untracked, 1);
	uint64_t ticket = desk_ticket(&desk);
	hv_sync(desk.backend, ticket, &desk_host(&desk, "alpha")->uuid);
	const struct hv_event *answer = desk_answer(&desk, ticket);
	assert_int_equal(answer->kind, HV_EVENT_SYNCED);
	assert_int_equal(answer->error.status, HV_OK);
	assert_string_equal(answer->text, "alpha");
	desk_until(&desk, all_synced, &three);
	ticket = desk_ticket(&desk);
	struct hv_uuid nobody = hv_uuid_from_text("nobody");
	hv_sync(desk.backend, ticket, &nobody);
	assert_int_equal(desk_answer(&desk, ticket)->error.status, HV_ERR_NOT_FOUND);
	desk_close(&desk);
}

/* --- a console that is killed --- */

/* The other process: begins a snapshot, says so, and goes on until it is killed. */
static int run_console(const char *folder)
{
	struct hv_backend *backend;
	struct hv_error error;
	const struct hv_config config = {
		.demo_dir = folder, .user = "tester", .connect = HV_CONNECT_ALL};
	struct hv_act act = {
		.kind = OPERATION_CREATE_SNAPSHOT, .type = SNAPSHOT_DISK, .name = "cut"};
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (hv_backend_open(&config, &backend, &error) != HV_OK) {
		return 1;
	}
	for (;;) {
		struct pollfd fd = {.fd = hv_backend_fd(backend), .events = POLLIN};
		(void)poll(&fd, 1, 1000);
		for (struct hv_event *event; (event = hv_backend_next(backend)) != NULL;
			hv_event_free(event)) {
			if (event->kind == HV_EVENT_VM && strcmp(event->vm->name, "cup") == 0) {
				act.vm = event->vm->uuid;
			}
			if (event->kind == HV_EVENT_LOADED) {
				hv_act(backend, 1, &act);
			}
			if (event->kind == HV_EVENT_REFUSED) {
				return 2;
			}
			if (event->kind == HV_EVENT_OPERATION &&
				event->operation->step == STEP_SEND) {
				(void)!write(STDOUT_FILENO, "s", 1);
			}
		}
	}
}

static pid_t start_console(const char *folder)
{
	int pipes[2];
	char byte;
	assert_int_equal(pipe(pipes), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(pipes[1], STDOUT_FILENO);
		(void)execl(self, self, "--console", folder, (char *)NULL);
		_exit(127);
	}
	(void)close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1),
		1); /* the command is written down and may be on its way */
	(void)close(pipes[0]);
	return pid;
}

static void kill_and_reap(pid_t pid)
{
	int result;
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &result, 0), pid);
	assert_true(WIFSIGNALED(result));
}

static void test_console__killed_with_an_operation_leaves_nothing_that_the_next_does_not_settle__Y3(
	void **state)
{
	struct desk desk;
	const size_t one = 1;
	free(desk_sim(*state, "alpha", "fault", "set", "late:CreateVMSnapshot:700", NULL));
	kill_and_reap(start_console(*state));
	desk_open(&desk, *state, HV_CONNECT_ON_DEMAND);
	hv_sync(desk.backend, desk_ticket(&desk), &desk_host(&desk, "alpha")->uuid);
	desk_until(&desk, all_synced, &one);
	assert_int_equal(desk.sync_failures, 0);
	HV_CLEANUP_FREE char *show = desk_sim(*state, "alpha", "show", "--json", NULL);
	size_t on_host = desk_count(show, "_VS_");
	assert_true(on_host <= 1);
	desk_until_snapshots(&desk, "cup", (int64_t)on_host);
	assert_true(hv_uuid_is_nil(&desk_vm(&desk, "cup")->operation));
	assert_int_equal(desk_vm(&desk, "cup")->state, VM_STOPPED);
	if (on_host == 1) {
		assert_int_equal(desk_node(&desk, "cup", "cut")->state, SNAPSHOT_READY);
	}
	desk_assert_guest(*state, "alpha", "cup", "app", "1");
	struct hv_act act = desk_create(&desk, "cup", "next", SNAPSHOT_DISK);
	desk_done(&desk, &act);
	desk_close(&desk);
}

static void test_console__that_closes_hands_its_operation_to_the_next_at_once__Y1(void **state)
{
	struct desk desk;
	desk_open(&desk, *state, HV_CONNECT_ALL);
	desk_until_up(&desk, "alpha");
	free(desk_sim(*state, "alpha", "fault", "set", "late:CreateVMSnapshot:1000", NULL));
	struct hv_act act = desk_create(&desk, "cup", "handed over", SNAPSHOT_DISK);
	(void)desk_act(&desk, &act);
	desk_close(&desk);
	int64_t begun_us = now_us();
	desk_open(&desk, *state, HV_CONNECT_ALL);
	desk_until(&desk, operation_came_to_its_end, NULL);
	assert_int_equal(desk.operations[0]->state, OPERATION_DONE);
	assert_true(now_us() - begun_us < 10 * HV_SECOND_US); /* no lease had to run out */
	desk_close(&desk);
}

/* --- what can be reached --- */

static struct store *open_store(const char *path)
{
	struct store *store = NULL;
	assert_int_equal(store_open_sqlite(path, 5000, &store, NULL), HV_OK);
	assert_int_equal(store->ops->begin(store, NULL), HV_OK);
	return store;
}

static void commit_and_close(struct store *store)
{
	assert_int_equal(store->ops->commit(store, NULL), HV_OK);
	store->ops->close(store);
}

/* Writes a host of another transport into the store. */
static void add_host(const char *store_path, const char *name, const char *transport)
{
	HV_CLEANUP_FREE char *owned_name = hv_strdup(name);
	HV_CLEANUP_FREE char *owned_transport = hv_strdup(transport);
	char group[] = "prod";
	char address[] = "root@192.0.2.1";
	struct host host = {.uuid = hv_uuid_from_text(name),
		.name = owned_name,
		.group = group,
		.transport = owned_transport,
		.address = address,
		.free_bytes = -1};
	struct store *store = open_store(store_path);
	assert_int_equal(store->ops->host_save(store, &host, NULL), HV_OK);
	commit_and_close(store);
}

static bool real_host_is_refused(struct desk *desk, const void *words)
{
	const struct hv_host *host = desk_host(desk, "real");
	return host && host->reason && strstr(host->reason, words) != NULL;
}

static void test_demo__never_reaches_a_real_host__U7(void **state)
{
	struct desk desk;
	pid_t pids[DESK_ROWS];
	HV_CLEANUP_FREE char *store_path = hv_sprintf("%s/hvtree.db", (const char *)*state);
	add_host(store_path, "real", "openssh");
	desk_open(&desk, *state, HV_CONNECT_ALL);
	desk_until(&desk, real_host_is_refused, "training fleet");
	desk_until_up(&desk, "alpha");
	desk_until_up(&desk, "beta");
	assert_int_equal(desk_agents(pids), 2);
	desk_close(&desk);
	/* also when the training store is named as a plain one */
	desk_open_store(&desk, store_path, HV_CONNECT_ALL);
	desk_until(&desk, real_host_is_refused, "training fleet");
	desk_close(&desk);
}

static void test_demo__is_not_made_of_a_store_that_is_none__U7(void **state)
{
	struct hv_backend *backend = NULL;
	struct hv_error error = {0};
	HV_CLEANUP_FREE char *folder = hv_sprintf("%s/plain", (const char *)*state);
	HV_CLEANUP_FREE char *store_path = hv_sprintf("%s/hvtree.db", folder);
	struct desk desk;
	desk_open_store(&desk, store_path, HV_CONNECT_ALL);
	desk_close(&desk);
	const struct hv_config config = {.demo_dir = folder};
	assert_int_equal(hv_backend_open(&config, &backend, &error), HV_ERR_REFUSED);
	assert_non_null(strstr(error.text, "not a training fleet"));
}

/* --- what another console takes away, or does wholesale --- */

static int64_t host_id_of(struct store *store, const char *name)
{
	struct host_list list = {0};
	int64_t id = 0;
	assert_int_equal(store->ops->host_list(store, &list, NULL), HV_OK);
	for (size_t i = 0; i < list.count; i++) {
		id = strcmp(list.items[i].name, name) == 0 ? list.items[i].id : id;
	}
	host_list_clear(&list);
	return id;
}

static bool beta_is_gone(struct desk *desk, const void *context)
{
	(void)context;
	return desk->hosts_gone == 1 && desk->vms_gone == 1;
}

static void test_picture__a_host_that_another_console_removes_goes_with_its_vms__U3(void **state)
{
	struct desk desk;
	pid_t pids[DESK_ROWS];
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/hvtree.db", (const char *)*state);
	desk_open(&desk, *state, HV_CONNECT_ALL);
	desk_until_up(&desk, "beta");
	struct store *store = open_store(path);
	assert_int_equal(store->ops->host_remove(store, host_id_of(store, "beta"), NULL), HV_OK);
	commit_and_close(store);
	desk_until(&desk, beta_is_gone, NULL);
	desk_until_up(&desk, "alpha");
	struct hv_act act = desk_create(&desk, "cup", "still", SNAPSHOT_DISK);
	desk_done(&desk, &act);
	assert_int_equal(desk_agents(pids), 1);
	desk_close(&desk);
}

#define MANY 10600 /* more changes than the feed keeps */

static void write_more_than_the_feed_keeps(const char *path)
{
	struct store *store = open_store(path);
	int64_t host_id = host_id_of(store, "alpha");
	int64_t account_id;
	int64_t domain_id;
	char name[24];
	assert_int_equal(store->ops->host_remove(store, host_id_of(store, "beta"), NULL), HV_OK);
	assert_int_equal(
		store->ops->account_ensure(store, "many", NULL, &account_id, &domain_id, NULL),
		HV_OK);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof name, "many-%d", i);
		struct virtual_machine vm = {.uuid = hv_uuid_from_text(name),
			.name = name,
			.host_id = host_id,
			.account_id = account_id,
			.domain_id = domain_id,
			.cpus = 1,
			.memory_bytes = 1};
		assert_int_equal(store->ops->vm_save(store, &vm, NULL), HV_OK);
	}
	commit_and_close(store);
}

/* The store may give the numbers of removed rows to new ones: "many-0" gets that of "jar". */
static void test_picture__is_read_again_when_the_feed_was_pruned(void **state)
{
	struct desk desk;
	size_t vms = 0;
	size_t gone = 0;
	int64_t told = 0;
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/hvtree.db", (const char *)*state);
	desk_open(&desk, *state, HV_CONNECT_ON_DEMAND);
	write_more_than_the_feed_keeps(path);
	while (vms < MANY + 2 || gone < 2 || told != MANY + 2) {
		struct pollfd fd = {.fd = hv_backend_fd(desk.backend), .events = POLLIN};
		assert_int_equal(poll(&fd, 1, 60000), 1);
		for (struct hv_event *event; (event = hv_backend_next(desk.backend)) != NULL;
			hv_event_free(event)) {
			vms += event->kind == HV_EVENT_VM ? 1 : 0;
			gone += event->kind == HV_EVENT_VM_GONE || event->kind == HV_EVENT_HOST_GONE
					? 1
					: 0;
			told = event->kind == HV_EVENT_HOST ? event->host->vm_count : told;
			assert_int_not_equal(event->kind, HV_EVENT_LOADED);
		}
	}
	desk_close(&desk);
}

static void test_transport__that_is_not_built_in_is_said_in_a_sentence(void **state)
{
	struct desk desk;
	HV_CLEANUP_FREE char *store_path = hv_sprintf("%s/plain/hvtree.db", (const char *)*state);
	desk_open_store(&desk, store_path, HV_CONNECT_ALL);
	assert_int_equal(desk.host_count, 0);
	add_host(store_path, "real", "telnet"); /* by another console: it comes as an event, too */
	desk_until(&desk, real_host_is_refused, "not built into");
	uint64_t ticket = desk_ticket(&desk);
	hv_sync(desk.backend, ticket, NULL);
	const struct hv_event *answer = desk_answer(&desk, ticket);
	assert_int_equal(answer->error.status, HV_ERR_UNREACHABLE);
	desk_close(&desk);
}

static void test_sync__of_no_hosts_is_answered(void **state)
{
	struct desk desk;
	HV_CLEANUP_FREE char *store_path = hv_sprintf("%s/plain/hvtree.db", (const char *)*state);
	desk_open_store(&desk, store_path, HV_CONNECT_ON_DEMAND);
	uint64_t ticket = desk_ticket(&desk);
	hv_sync(desk.backend, ticket, NULL);
	const struct hv_event *answer = desk_answer(&desk, ticket);
	assert_int_equal(answer->kind, HV_EVENT_SYNCED);
	assert_true(hv_uuid_is_nil(&answer->id));
	desk_close(&desk);
}

static void test_open__refuses_a_foreign_file_and_leaves_it_alone(void **state)
{
	struct hv_backend *backend = NULL;
	struct hv_error error = {0};
	char read_back[16] = "";
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/notes.txt", (const char *)*state);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("shopping list", file) >= 0);
	assert_int_equal(fclose(file), 0);
	const struct hv_config config = {.store_path = path};
	assert_int_equal(hv_backend_open(&config, &backend, &error), HV_ERR_STORE);
	assert_true(strlen(error.text) > 0);
	file = fopen(path, "r");
	assert_non_null(fgets(read_back, sizeof read_back, file));
	assert_int_equal(fclose(file), 0);
	assert_string_equal(read_back, "shopping list");
}

static void test_close__is_bounded_when_an_agent_says_nothing(void **state)
{
	struct desk desk;
	free(desk_sim(*state, "alpha", "fault", "set", "silent", NULL));
	desk_open(&desk, *state, HV_CONNECT_ALL);
	desk_until_up(&desk, "beta");
	int64_t begun_us = now_us();
	desk_close(&desk);
	assert_true(now_us() - begun_us < 2500 * 1000);
}

static void test_close__with_requests_on_their_way_loses_nothing_and_leaks_nothing(void **state)
{
	struct desk desk;
	desk_open(&desk, *state, HV_CONNECT_ALL);
	struct hv_act act = desk_create(&desk, "box", "late", SNAPSHOT_DISK);
	for (int i = 0; i < 200; i++) {
		hv_preview(desk.backend, desk_ticket(&desk), &act);
		hv_open_vm(desk.backend, &act.vm);
	}
	hv_act(desk.backend, desk_ticket(&desk), &act);
	desk_close(&desk);
}

int main(int count, char **words)
{
	self = "/proc/self/exe";
	if (count == 3 && strcmp(words[1], "--console") == 0) {
		return run_console(words[2]);
	}
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)
		IN_FOLDER(test_two_consoles__see_each_others_changes_within_300_ms__U3),
		IN_FOLDER(test_two_consoles__act_on_one_vm_one_after_the_other__X1),
		IN_FOLDER(test_agent__that_is_killed_comes_back_and_rows_go_stale_between__U3),
		IN_FOLDER(test_agent__that_dies_with_a_command_is_asked_again_and_acts_once__Y2),
		IN_FOLDER(test_host__that_is_down_says_why_refuses_acts_and_is_back_on_retry__U3),
		IN_FOLDER(test_on_demand__connects_only_to_the_host_that_an_act_needs),
		IN_FOLDER(test_on_demand__tells_of_the_vms_that_were_asked_for_and_of_no_others),
		IN_FOLDER(test_on_demand__a_host_that_another_console_was_connected_to_is_not_up_here__U3),
		IN_FOLDER(test_on_demand__a_host_that_is_down_is_unreachable),
		IN_FOLDER(test_sync__answers_once_a_host_and_names_those_that_are_away__Y1),
		IN_FOLDER(
			test_console__killed_with_an_operation_leaves_nothing_that_the_next_does_not_settle__Y3),
		IN_FOLDER(test_console__that_closes_hands_its_operation_to_the_next_at_once__Y1),
		IN_FOLDER(test_demo__never_reaches_a_real_host__U7),
		IN_FOLDER(test_demo__is_not_made_of_a_store_that_is_none__U7),
		IN_FOLDER(test_picture__a_host_that_another_console_removes_goes_with_its_vms__U3),
		IN_FOLDER(test_picture__is_read_again_when_the_feed_was_pruned),
		IN_FOLDER(test_transport__that_is_not_built_in_is_said_in_a_sentence),
		IN_FOLDER(test_sync__of_no_hosts_is_answered),
		IN_FOLDER(test_open__refuses_a_foreign_file_and_leaves_it_alone),
		IN_FOLDER(test_close__is_bounded_when_an_agent_says_nothing),
		IN_FOLDER(test_close__with_requests_on_their_way_loses_nothing_and_leaks_nothing),
	};
	return cmocka_run_group_tests_name("backend/live", tests, NULL, NULL);
}
