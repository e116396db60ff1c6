/*
 * bench-hosts [N]
 *
 * Hosts in numbers, one "name value" a line: N hosts (50) over a real sshd on loopback from nothing to ready, and the
 * memory of each; one host: connect to ready, and a question to its answer; what a create and a revert cost by a pipe
 * and by SSH, beside the host's own time for the same. The hosts are simulated ones that take no time of their own.
 * "skipped" with a reason, where there is no sshd.
 */
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/backend.h"
#include "tests/ssh/ssh_world.h"

#define ROUNDS 40
#define LIMIT_US (60 * HV_SECOND_US)
#define FLEET                                                                                              \
	"[fleet]\nname = x\n[host hv01]\ngroup = lab\nversion = 10.0.20348\nstorage_gb = 100\nfree_gb = 50\n"    \
	"[vm web]\nhost = hv01\nstate = Running\ncpus = 1\nmemory_mb = 512\n"

static struct ssh_world *world;
static uint64_t last_ticket;

static void must(bool good, const char *what)
{
	if (!good) {
		(void)fprintf(stderr, "bench-hosts: %s\n", what);
		ssh_world_free(world);
		exit(1);
	}
}

static char *program(const char *name)
{
	return hv_sprintf("%s/%s", getenv("HVTREE_BIN_DIR"), name);
}

static void print(const char *name, double value)
{
	(void)printf("%s %.3f\n", name, value);
	(void)fflush(stdout);
}

static int compare(const void *a, const void *b)
{
	int64_t x, y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

static void print_median(const char *name, int64_t *times_us)
{
	qsort(times_us, ROUNDS, sizeof *times_us, compare);
	print(name, (double)times_us[ROUNDS / 2] / 1000.0);
}

static int64_t memory_kb(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long pages = 0;
	if (!file || fscanf(file, "%*s %ld", &pages) != 1) {
		pages = 0;
	}
	if (file) {
		(void)fclose(file);
	}
	return (int64_t)pages * sysconf(_SC_PAGESIZE) / 1024;
}

/* ---- a store with hosts ---- */

/* Each time another one. */
static char *make_host(void)
{
	HV_CLEANUP_FREE char *sim = program("hvtree-sim");
	HV_CLEANUP_FREE char *file = ssh_world_path(world, "fleet.ini");
	static int number;
	char *state = hv_sprintf("%s/hv%d.db", world->folder, number++);
	const char *load[] = {sim, "--state", state, "load", file, "hv01", NULL};
	const char *quick[] = {sim, "--state", state, "speed", "0", NULL};
	ssh_write_file(file, FLEET);
	must(ssh_run(load, NULL) == 0, "the host was not made");
	must(ssh_run(quick, NULL) == 0, "the host was not made quick");
	return state;
}

static struct hv_backend *open_backend(const char *store, enum hv_connect connect)
{
	const struct hv_config config = {.store_path = store, .connect = connect};
	struct hv_backend *backend;
	struct hv_error error;
	must(hv_backend_open(&config, &backend, &error) == HV_OK, error.text);
	return backend;
}

/* The next event; fails when none comes. */
static struct hv_event *next(struct hv_backend *backend)
{
	struct pollfd fd = {.fd = hv_backend_fd(backend), .events = POLLIN};
	struct hv_event *event;
	while (!(event = hv_backend_next(backend))) {
		must(poll(&fd, 1, (int)(LIMIT_US / 1000)) == 1, "no event in time");
	}
	return event;
}

static void wait_for(struct hv_backend *backend, enum hv_event_kind kind, uint64_t ticket)
{
	bool found = false;
	while (!found) {
		struct hv_event *event = next(backend);
		must(event->kind != HV_EVENT_REFUSED || event->ticket != ticket, event->error.text);
		found = event->kind == kind && event->ticket == ticket;
		hv_event_free(event);
	}
}

static char *make_store(const char *name, const char *transport, int hosts)
{
	char *store = ssh_world_path(world, name);
	HV_CLEANUP_FREE char *sim = program("hvtree-sim");
	HV_CLEANUP_FREE char *address = hv_sprintf("127.0.0.1:%u", world->port);
	struct hv_backend *backend = open_backend(store, HV_CONNECT_ON_DEMAND);
	bool piped = strcmp(transport, "sim") == 0;
	for (int i = 0; i < hosts; i++) {
		HV_CLEANUP_FREE char *state = make_host();
		HV_CLEANUP_FREE char *host = hv_sprintf("hv%d", i);
		HV_CLEANUP_FREE char *command = hv_sprintf("exec %s --state %s", sim, state);
		const struct hv_host_entry entry = {.name = host, .group = "lab", .transport = transport,
			.address = piped ? state : address, .command = piped ? NULL : command};
		hv_host_add(backend, ++last_ticket, &entry);
		wait_for(backend, HV_EVENT_ACCEPTED, last_ticket);
	}
	hv_backend_close(backend);
	return store;
}

/* ---- many ---- */

static void measure_many(const char *transport, int hosts)
{
	HV_CLEANUP_FREE char *store = make_store("many.db", transport, hosts);
	HV_CLEANUP_FREE char *ready = hv_sprintf("%s_%d_hosts_ready_ms", transport, hosts);
	HV_CLEANUP_FREE char *each = hv_sprintf("%s_host_kb", transport);
	int64_t before_kb = memory_kb();
	int64_t begin = ssh_now_us();
	struct hv_backend *backend = open_backend(store, HV_CONNECT_ALL);
	for (int up = 0; up < hosts;) {
		struct hv_event *event = next(backend);
		up += event->kind == HV_EVENT_HOST && event->host->state == HOST_UP;
		hv_event_free(event);
	}
	print(ready, (double)(ssh_now_us() - begin) / 1000.0);
	if (hosts > 1) {
		print(each, (double)(memory_kb() - before_kb) / hosts);
	}
	hv_backend_close(backend);
	(void)unlink(store);
	(void)malloc_trim(0);
}

/* ---- acts ---- */

struct target {
	struct hv_uuid host, vm;
};

static struct target connect_to_web(struct hv_backend *backend)
{
	struct target target = {0};
	for (bool up = false; !up || hv_uuid_is_nil(&target.vm);) {
		struct hv_event *event = next(backend);
		if (event->kind == HV_EVENT_HOST && event->host->state == HOST_UP) {
			target.host = event->host->uuid;
			up = true;
		} else if (event->kind == HV_EVENT_VM) {
			target.vm = event->vm->uuid;
		}
		hv_event_free(event);
	}
	return target;
}

/* Returns the snapshot that the operation was about. */
static struct hv_uuid act(struct hv_backend *backend, const struct hv_act *wanted)
{
	hv_act(backend, ++last_ticket, wanted);
	wait_for(backend, HV_EVENT_ACCEPTED, last_ticket);
	for (;;) {
		struct hv_event *event = next(backend);
		const struct hv_operation *operation = event->operation;
		bool ended = event->kind == HV_EVENT_OPERATION && operation->finished_us != 0;
		struct hv_uuid snapshot = ended ? operation->snapshot : (struct hv_uuid){{0}};
		must(!ended || operation->status == HV_OK, ended && operation->error ? operation->error : "failed");
		hv_event_free(event);
		if (ended) {
			return snapshot;
		}
	}
}

static void measure_acts(const char *transport)
{
	HV_CLEANUP_FREE char *store = make_store("acts.db", transport, 1);
	HV_CLEANUP_FREE char *create_name = hv_sprintf("%s_create_ms", transport);
	HV_CLEANUP_FREE char *revert_name = hv_sprintf("%s_revert_ms", transport);
	HV_CLEANUP_FREE char *trip_name = hv_sprintf("%s_inventory_ms", transport);
	int64_t creates[ROUNDS], reverts[ROUNDS], trips[ROUNDS];
	struct hv_backend *backend = open_backend(store, HV_CONNECT_ALL);
	struct target target = connect_to_web(backend);
	for (int i = 0; i < ROUNDS; i++) {
		struct hv_act create = {
			.kind = OPERATION_CREATE_SNAPSHOT, .vm = target.vm, .type = SNAPSHOT_DISK_AND_MEMORY, .name = "bench"};
		int64_t begin = ssh_now_us();
		struct hv_act revert = {
			.kind = OPERATION_REVERT_SNAPSHOT, .vm = target.vm, .snapshot = act(backend, &create)};
		creates[i] = ssh_now_us() - begin;
		begin = ssh_now_us();
		(void)act(backend, &revert);
		reverts[i] = ssh_now_us() - begin;
		struct hv_act delete = {.kind = OPERATION_DELETE_SNAPSHOT, .vm = target.vm, .snapshot = revert.snapshot};
		(void)act(backend, &delete);
		begin = ssh_now_us();
		hv_sync(backend, ++last_ticket, &target.host);
		wait_for(backend, HV_EVENT_SYNCED, last_ticket);
		trips[i] = ssh_now_us() - begin;
	}
	print_median(create_name, creates);
	print_median(revert_name, reverts);
	print_median(trip_name, trips);
	hv_backend_close(backend);
	(void)unlink(store);
}

/* ---- the host's own time: the same commands, said to the agent by hand ---- */

struct bare {
	FILE *to, *from;
	pid_t pid;
	char vm[HV_UUID_TEXT_SIZE], checkpoint[HV_UUID_TEXT_SIZE];
	int id;
};

static void copy_after(const char *line, const char *mark, char *to)
{
	const char *at = strstr(line, mark);
	if (at) {
		(void)snprintf(to, HV_UUID_TEXT_SIZE, "%s", at + strlen(mark));
	}
}

/* Microseconds to the answer. */
static int64_t say(struct bare *bare, const char *command, const char *body)
{
	char operation[HV_UUID_TEXT_SIZE], own[32];
	char *line = NULL;
	size_t size = 0;
	struct hv_uuid uuid = hv_uuid_random();
	(void)snprintf(own, sizeof own, "{\"id\":%d,", ++bare->id);
	int64_t begin = ssh_now_us();
	(void)fprintf(bare->to, "{\"id\":%d,\"operation\":\"%s\",\"epoch\":1,\"command\":\"%sCommand\",\"body\":{%s}}\n",
		bare->id, hv_uuid_format(&uuid, operation), command, body);
	(void)fflush(bare->to);
	do {
		must(getline(&line, &size, bare->from) > 0, "the host ended");
	} while (strncmp(line, own, strlen(own)) != 0);
	int64_t took = ssh_now_us() - begin;
	must(strstr(line, "\"result\":true") != NULL, line);
	copy_after(line, "\"vmUuid\":\"", bare->vm);
	copy_after(line, "\"checkpointId\":\"", bare->checkpoint);
	free(line);
	return took;
}

static void measure_bare(void)
{
	HV_CLEANUP_FREE char *sim = program("hvtree-sim");
	HV_CLEANUP_FREE char *state = make_host();
	const char *const argv[] = {sim, "--state", state, NULL};
	int64_t creates[ROUNDS], reverts[ROUNDS];
	int in[2], out[2];
	must(pipe(in) == 0 && pipe(out) == 0, "no pipe");
	struct bare bare = {.pid = fork()};
	if (bare.pid == 0) {
		(void)dup2(in[0], STDIN_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)close(in[1]);
		(void)execv(sim, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	bare.to = fdopen(in[1], "w");
	bare.from = fdopen(out[0], "r");
	(void)say(&bare, "GetInventory", "");
	for (int i = 0; i < ROUNDS; i++) {
		char own[HV_UUID_TEXT_SIZE];
		struct hv_uuid uuid = hv_uuid_random();
		HV_CLEANUP_FREE char *head = hv_sprintf("\"vmName\":\"web\",\"vmUuid\":\"%s\",\"volumeTOs\":[],\"target\":{"
							"\"uuid\":\"%s\",\"snapshotName\":\"i_%d\",\"displayName\":\"bench\","
							"\"type\":\"DiskAndMemory\",\"quiescevm\":false",
			bare.vm, hv_uuid_format(&uuid, own), i);
		HV_CLEANUP_FREE char *fresh = hv_sprintf("%s,\"checkpointId\":null}", head);
		creates[i] = say(&bare, "CreateVMSnapshot", fresh);
		HV_CLEANUP_FREE char *made = hv_sprintf("%s,\"checkpointId\":\"%s\"}", head, bare.checkpoint);
		reverts[i] = say(&bare, "RevertToVMSnapshot", made);
		(void)say(&bare, "DeleteVMSnapshot", made);
	}
	print_median("host_create_ms", creates);
	print_median("host_revert_ms", reverts);
	(void)fclose(bare.to);
	(void)fclose(bare.from);
}

int main(int argc, char **argv)
{
	int hosts = argc > 1 ? atoi(argv[1]) : 50;
	const char *why = NULL;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)unsetenv("SSH_AUTH_SOCK");
	world = ssh_world_new("", &why);
	if (!world) {
		(void)printf("skipped: %s\n", why);
		return 0;
	}
	HV_CLEANUP_FREE char *config = ssh_world_path(world, "config");
	HV_CLEANUP_FREE char *sim = program("hvtree-sim");
	(void)setenv("HVTREE_SSH_CONFIG", config, 1);
	(void)setenv("HVTREE_SIM", sim, 1);
	measure_bare();
	measure_acts("sim");
	measure_acts("libssh2");
	measure_many("libssh2", 1);
	measure_many("libssh2", hosts);
	ssh_world_free(world);
	return 0;
}
