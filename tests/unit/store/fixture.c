#include "tests/unit/store/fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/memory.h"

#define BUSY_MS 10000

int fixture_folder(void **state)
{
	struct fixture *fixture = hv_alloc(sizeof *fixture);
	(void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/hvtree-store-XXXXXX");
	if (!mkdtemp(fixture->folder)) {
		return -1;
	}
	(void)snprintf(fixture->path, sizeof fixture->path, "%s/hvtree.db", fixture->folder);
	*state = fixture;
	return 0;
}

int fixture_store(void **state)
{
	if (fixture_folder(state) != 0) {
		return -1;
	}
	struct fixture *fixture = *state;
	open_store(fixture);
	fixture->host_id = add_host(fixture, "hv01");
	fixture->vm_id = add_vm(fixture, fixture->host_id, "web-01");
	return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info;
	(void)type;
	(void)walk;
	return remove(path);
}

int fixture_clean(void **state)
{
	struct fixture *fixture = *state;
	if (fixture->store) {
		fixture->ops->close(fixture->store);
	}
	int failed = nftw(fixture->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(fixture);
	return failed;
}

struct store *open_store(struct fixture *fixture)
{
	must(fixture, store_open_sqlite(fixture->path, BUSY_MS, &fixture->store, &fixture->error));
	fixture->ops = fixture->store->ops;
	return fixture->store;
}

struct store *open_other(const struct fixture *fixture)
{
	struct store *store = NULL;
	struct hv_error error;
	if (store_open_sqlite(fixture->path, 0, &store, &error) != HV_OK) {
		fail_msg("%s", error.text);
	}
	return store;
}

void begin(struct fixture *fixture)
{
	must(fixture, fixture->ops->begin(fixture->store, &fixture->error));
}

void commit(struct fixture *fixture)
{
	must(fixture, fixture->ops->commit(fixture->store, &fixture->error));
}

int64_t add_host(struct fixture *fixture, const char *name)
{
	struct host host = {.uuid = hv_uuid_from_text(name), .free_bytes = -1, .state = HOST_DISCONNECTED};
	host.name = hv_strdup(name);
	host.group = hv_strdup("prod");
	host.transport = hv_strdup("sim");
	host.address = hv_strdup("/nowhere");
	begin(fixture);
	must(fixture, fixture->ops->host_save(fixture->store, &host, &fixture->error));
	commit(fixture);
	int64_t id = host.id;
	host_clear(&host);
	return id;
}

int64_t add_vm(struct fixture *fixture, int64_t host_id, const char *name)
{
	struct virtual_machine vm = {.host_id = host_id, .state = VM_RUNNING, .power_state = VM_RUNNING};
	vm.uuid = hv_uuid_from_text(name);
	vm.name = hv_strdup(name);
	vm.cpus = 2;
	vm.memory_bytes = INT64_C(4) << 30;
	begin(fixture);
	must(fixture, fixture->ops->vm_save(fixture->store, &vm, &fixture->error));
	commit(fixture);
	int64_t id = vm.id;
	virtual_machine_clear(&vm);
	return id;
}

struct snapshot make_snapshot(int64_t vm_id, const char *name)
{
	struct snapshot snapshot = {.vm_id = vm_id, .type = SNAPSHOT_DISK, .state = SNAPSHOT_ALLOCATED};
	snapshot.name = hv_sprintf("%lld_VS_%s", (long long)vm_id, name);
	snapshot.uuid = hv_uuid_from_text(snapshot.name);
	snapshot.display_name = hv_strdup(name);
	snapshot.created_us = 1000;
	snapshot.updated_us = 1000;
	return snapshot;
}

struct operation make_operation(const struct fixture *fixture, const char *name, enum operation_state state)
{
	struct operation operation = {.kind = OPERATION_CREATE_SNAPSHOT, .state = state, .percent = -1};
	operation.uuid = hv_uuid_from_text(name);
	operation.group = operation.uuid;
	operation.host_id = fixture->host_id;
	operation.vm_id = fixture->vm_id;
	operation.vm_state_before = VM_RUNNING;
	operation.owner = hv_strdup("console-a");
	operation.requested_by = hv_strdup("anna");
	operation.lease_until_us = 5000;
	operation.epoch = 1;
	operation.created_us = 1000;
	return operation;
}

int64_t add_snapshot(struct fixture *fixture, int64_t vm_id, const char *name, int64_t parent_id)
{
	struct snapshot snapshot = make_snapshot(vm_id, name);
	snapshot.parent_id = parent_id;
	snapshot.state = SNAPSHOT_READY;
	begin(fixture);
	must(fixture, fixture->ops->snapshot_insert(fixture->store, &snapshot, &fixture->error));
	commit(fixture);
	int64_t id = snapshot.id;
	snapshot_clear(&snapshot);
	return id;
}

struct host get_host(struct fixture *fixture, int64_t id)
{
	struct host host = {0};
	must(fixture, fixture->ops->host_get(fixture->store, id, &host, &fixture->error));
	return host;
}

struct virtual_machine get_vm(struct fixture *fixture, int64_t id)
{
	struct virtual_machine vm = {0};
	must(fixture, fixture->ops->vm_get(fixture->store, id, &vm, &fixture->error));
	return vm;
}

struct snapshot get_snapshot(struct fixture *fixture, int64_t id)
{
	struct snapshot snapshot = {0};
	must(fixture, fixture->ops->snapshot_get(fixture->store, id, &snapshot, &fixture->error));
	return snapshot;
}

struct peer peer_start(struct fixture *fixture, void (*body)(struct fixture *fixture, int in, int out))
{
	int down[2];
	int up[2];
	assert_null(fixture->store);
	assert_int_equal(pipe(down), 0);
	assert_int_equal(pipe(up), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(down[1]);
		(void)close(up[0]);
		body(fixture, down[0], up[1]);
		_exit(0);
	}
	(void)close(down[0]);
	(void)close(up[1]);
	return (struct peer){pid, down[1], up[0]};
}

void tell_parent(int out)
{
	if (write(out, "x", 1) != 1) {
		_exit(3);
	}
}

void await_parent(int in)
{
	char byte;
	if (read(in, &byte, 1) != 1) {
		_exit(3);
	}
}

void peer_tell(struct peer *peer)
{
	assert_int_equal(write(peer->to, "x", 1), 1);
}

void peer_await(struct peer *peer)
{
	char byte;
	assert_int_equal(read(peer->from, &byte, 1), 1);
}

static int reap(struct peer *peer)
{
	int result = 0;
	(void)close(peer->to);
	(void)close(peer->from);
	assert_int_equal(waitpid(peer->pid, &result, 0), peer->pid);
	return result;
}

void peer_end(struct peer *peer)
{
	int result = reap(peer);
	assert_true(WIFEXITED(result));
	assert_int_equal(WEXITSTATUS(result), 0);
}

void peer_kill(struct peer *peer)
{
	assert_int_equal(kill(peer->pid, SIGKILL), 0);
	int result = reap(peer);
	assert_true(WIFSIGNALED(result));
}

char *read_whole(const char *path, size_t *ret_length)
{
	FILE *file = fopen(path, "rb");
	if (!file) {
		*ret_length = 0;
		return NULL;
	}
	char *bytes = NULL;
	size_t length = 0;
	size_t capacity = 0;
	size_t got;
	do {
		capacity += 65536;
		bytes = hv_realloc_array(bytes, capacity, 1);
		got = fread(bytes + length, 1, capacity - length, file);
		length += got;
	} while (got > 0);
	(void)fclose(file);
	*ret_length = length;
	return bytes;
}

void write_whole(const char *path, const void *bytes, size_t length)
{
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}
