#include "tests/support/engine_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/domain/snapshot_tree.h"
#include "backend/domain/vm_state.h"

#define START_US INT64_C(1790000000000000)
#define MOST_TURNS 20000

/* ---- what is handed to the engine ---- */

static int64_t world_now(void *context)
{
	const struct engine_world *world = context;
	return world->now_us;
}

static struct hv_clock world_clock(struct engine_world *world)
{
	return (struct hv_clock){.wall_us = world_now, .monotonic_us = world_now, .context = world};
}

static struct hv_uuid world_next_id(void *context)
{
	struct engine_world *world = context;
	char text[48];
	(void)snprintf(text, sizeof text, "id %lld", (long long)++world->next_id);
	return hv_uuid_from_text(text);
}

static bool world_owner_is_gone(void *context, const char *owner)
{
	const struct engine_world *world = context;
	for (size_t i = 0; i < world->gone_count; i++) {
		if (strcmp(world->gone[i], owner) == 0) {
			return true;
		}
	}
	return false;
}

static void hear_store_failed(void *context, const struct hv_error *error)
{
	struct engine_console *console = context;
	(void)error;
	console->store_failures++;
}

static void hear_message(void *context, bool warning, const char *text)
{
	struct engine_console *console = context;
	console->messages++;
	console->last_warning = warning;
	(void)snprintf(console->last_message, sizeof console->last_message, "%s", text);
}

static bool world_cut(void *context)
{
	struct engine_world *world = context;
	world->points++;
	if (world->cut_in > 0 && --world->cut_in == 0) {
		world->console.dead = true;
		world->console.cut.dead = true;
		return true;
	}
	return false;
}

/* ---- consoles ---- */

void engine_console_open(struct engine_world *world, struct engine_console *console)
{
	struct hv_error err = {0};
	*console = (struct engine_console){.world = world};
	(void)snprintf(console->owner, sizeof console->owner, "test:%d", ++world->generation);
	if (store_open_sqlite(world->path, 2000, &console->store, &err) != HV_OK) {
		fail_msg("%s", err.text);
	}
	cut_store_init(&console->cut, console->store);
	console->cut.cut = world_cut;
	console->cut.cut_context = world;
	console->links = fake_console_new(world->hosts);
	struct engine_config config = {
		.store = &console->cut.base,
		.agents = fake_console_agents(console->links),
		.ids = {world_next_id, world},
		.clock = world_clock(world),
		.listener = {hear_store_failed, hear_message, console},
		.owner = console->owner,
		.owner_is_gone = world_owner_is_gone,
		.owner_context = world,
	};
	console->engine = engine_new(&config);
	fake_console_attach(console->links, console->engine);
}

void engine_console_close(struct engine_console *console, bool known, bool unread_is_read)
{
	struct engine_world *world = console->world;
	engine_free(console->engine);
	fake_console_free(console->links, unread_is_read);
	console->store->ops->rollback(console->store);
	console->store->ops->close(console->store);
	if (known) {
		assert_true(world->gone_count < 32);
		(void)snprintf(world->gone[world->gone_count++], sizeof world->gone[0], "%s", console->owner);
	}
	*console = (struct engine_console){0};
}

void engine_world_connect(struct engine_console *console)
{
	fake_console_connect(console->links, console->world->host_id);
}

void engine_world_restart(struct engine_world *world, bool known, bool unread_is_read)
{
	engine_console_close(&world->console, known, unread_is_read);
	engine_console_open(world, &world->console);
	engine_recover(world->console.engine);
	engine_world_connect(&world->console);
}

/* ---- the world ---- */

static void add_host(struct engine_world *world)
{
	struct store *store = world->console.store;
	char name[] = "hv01";
	char group[] = "lab";
	char transport[] = "sim";
	char address[] = "fake";
	struct host host = {
		.uuid = hv_uuid_from_text("hv01"),
		.name = name,
		.group = group,
		.transport = transport,
		.address = address,
		.state = HOST_DISCONNECTED,
		.free_bytes = -1,
	};
	assert_int_equal(store->ops->begin(store, NULL), HV_OK);
	assert_int_equal(store->ops->host_save(store, &host, NULL), HV_OK);
	assert_int_equal(store->ops->commit(store, NULL), HV_OK);
	world->host_id = host.id;
}

static const char *temporary_folder(void)
{
	return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

void engine_world_make(struct engine_world *world, enum vm_state state, unsigned capabilities)
{
	*world = (struct engine_world){.now_us = START_US};
	(void)snprintf(world->folder, sizeof world->folder, "%s/hvtree-engine-XXXXXX", temporary_folder());
	assert_non_null(mkdtemp(world->folder));
	(void)snprintf(world->path, sizeof world->path, "%s/hvtree.db", world->folder);
	world->hosts = fake_hosts_new(world_clock(world));
	engine_console_open(world, &world->console);
	add_host(world);
	assert_int_equal(engine_claim(world->console.engine, "alice", NULL), HV_OK);
	fake_hosts_add(world->hosts, world->host_id, capabilities);
	world->vm = fake_hosts_add_vm(world->hosts, world->host_id, "box", state);
	fake_hosts_set_cut(world->hosts, world_cut, world);
	engine_recover(world->console.engine);
	engine_world_connect(&world->console);
	engine_world_settle(world);
	struct virtual_machine vm = {0};
	struct store *store = world->console.store;
	assert_int_equal(store->ops->vm_by_uuid(store, &world->vm->uuid, &vm, NULL), HV_OK);
	world->vm_id = vm.id;
	virtual_machine_clear(&vm);
}

void engine_world_clear(struct engine_world *world)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
	engine_console_close(&world->console, true, false);
	fake_hosts_free(world->hosts);
	for (size_t i = 0; i < HV_ARRAY_LEN(suffixes); i++) {
		char path[128];
		(void)snprintf(path, sizeof path, "%s%s", world->path, suffixes[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(world->folder), 0);
}

bool engine_world_step(struct engine_world *world)
{
	return fake_hosts_step(world->hosts);
}

void engine_world_run(struct engine_world *world)
{
	for (int turn = 0; turn < MOST_TURNS; turn++) {
		if (!engine_world_step(world) || world->console.dead) {
			return;
		}
	}
	fail_msg("the hosts never come to rest");
}

size_t engine_world_live(struct engine_world *world)
{
	struct store *store = world->console.store;
	struct operation_list list = {0};
	assert_int_equal(store->ops->operation_live(store, 0, 0, &list, NULL), HV_OK);
	size_t count = list.count;
	operation_list_clear(&list);
	return count;
}

void engine_world_settle(struct engine_world *world)
{
	for (int turn = 0; turn < MOST_TURNS && !world->console.dead; turn++) {
		engine_world_run(world);
		if (world->console.dead) {
			return;
		}
		int64_t deadline_us = engine_tick(world->console.engine);
		if (world->console.dead || engine_world_step(world)) {
			continue;
		}
		if (engine_world_live(world) == 0 && deadline_us > world->now_us + 20 * HV_SECOND_US) {
			return;
		}
		if (deadline_us == HV_NEVER) {
			fail_msg("an operation is live, and the engine waits for nothing");
		}
		world->now_us = deadline_us > world->now_us ? deadline_us : world->now_us + 1;
	}
	if (!world->console.dead) {
		fail_msg("the engine never comes to rest");
	}
}

/* ---- requests ---- */

struct engine_request engine_world_request(
	struct engine_world *world, enum operation_kind kind, const char *snapshot)
{
	struct engine_request request = {.kind = kind, .vm_id = world->vm_id, .requested_by = "alice"};
	if (kind == OPERATION_CREATE_SNAPSHOT) {
		request.display_name = snapshot;
	} else if (snapshot) {
		request.snapshot_id = engine_world_snapshot_id(world, snapshot);
	}
	return request;
}

enum hv_status engine_world_ask(
	struct engine_console *console, const struct engine_request *request, struct hv_error *err)
{
	struct hv_uuid group;
	return engine_request(console->engine, request, &group, err);
}

static void must_do(struct engine_world *world, const struct engine_request *request)
{
	struct hv_error err = {0};
	if (engine_world_ask(&world->console, request, &err) != HV_OK) {
		fail_msg("%s", err.text);
	}
	engine_world_settle(world);
	struct operation last = engine_world_last(world);
	if (last.state != OPERATION_DONE) {
		fail_msg("%s: %s", operation_state_name(last.state), last.error);
	}
	operation_clear(&last);
	world->now_us += 60 * HV_SECOND_US;
}

void engine_world_take(struct engine_world *world, const char *name, enum snapshot_type type)
{
	struct engine_request request = engine_world_request(world, OPERATION_CREATE_SNAPSHOT, name);
	request.type = type;
	must_do(world, &request);
}

void engine_world_revert(struct engine_world *world, const char *name)
{
	struct engine_request request = engine_world_request(world, OPERATION_REVERT_SNAPSHOT, name);
	must_do(world, &request);
}

void engine_world_set_policy(struct engine_world *world, enum stop_policy policy)
{
	struct store *store = world->console.store;
	struct host host = {0};
	assert_int_equal(store->ops->begin(store, NULL), HV_OK);
	assert_int_equal(store->ops->host_get(store, world->host_id, &host, NULL), HV_OK);
	host.stop_policy = policy;
	assert_int_equal(store->ops->host_save(store, &host, NULL), HV_OK);
	assert_int_equal(store->ops->commit(store, NULL), HV_OK);
	host_clear(&host);
}

void engine_world_write(struct engine_world *world, const char *disk, const char *memory)
{
	if (disk) {
		(void)snprintf(world->vm->disk, sizeof world->vm->disk, "%s", disk);
	}
	if (memory) {
		assert_int_equal(world->vm->state, VM_RUNNING);
		(void)snprintf(world->vm->memory, sizeof world->vm->memory, "%s", memory);
	}
}

/* ---- looking ---- */

static struct snapshot_list read_snapshots(struct engine_world *world)
{
	struct store *store = world->console.store;
	struct snapshot_list list = {0};
	assert_int_equal(store->ops->snapshot_list(store, world->vm_id, &list, NULL), HV_OK);
	return list;
}

struct snapshot engine_world_snapshot(struct engine_world *world, const char *display_name)
{
	struct snapshot_list list = read_snapshots(world);
	struct snapshot found = {0};
	for (size_t i = 0; i < list.count; i++) {
		if (strcmp(list.items[i].display_name, display_name) == 0) {
			snapshot_copy(&found, &list.items[i]);
		}
	}
	snapshot_list_clear(&list);
	return found;
}

int64_t engine_world_snapshot_id(struct engine_world *world, const char *display_name)
{
	struct snapshot found = engine_world_snapshot(world, display_name);
	int64_t id = found.id;
	snapshot_clear(&found);
	return id;
}

struct virtual_machine engine_world_vm(struct engine_world *world)
{
	struct store *store = world->console.store;
	struct virtual_machine vm = {0};
	assert_int_equal(store->ops->vm_get(store, world->vm_id, &vm, NULL), HV_OK);
	return vm;
}

struct operation engine_world_last(struct engine_world *world)
{
	struct store *store = world->console.store;
	struct operation_list list = {0};
	struct operation last = {0};
	assert_int_equal(store->ops->operation_recent(store, 1, &list, NULL), HV_OK);
	assert_int_equal(list.count, 1);
	operation_copy(&last, &list.items[0]);
	operation_list_clear(&list);
	return last;
}

static int compare_names(const void *a, const void *b)
{
	const struct snapshot *left = a;
	const struct snapshot *right = b;
	return strcmp(left->display_name, right->display_name);
}

static void put_children(const struct snapshot_list *list, int64_t parent_id, char *text, size_t size)
{
	bool any = false;
	for (size_t i = 0; i < list->count; i++) {
		const struct snapshot *snapshot = &list->items[i];
		if (snapshot->parent_id != parent_id) {
			continue;
		}
		size_t used = strlen(text);
		bool ready = snapshot->state == SNAPSHOT_READY;
		(void)snprintf(text + used, size - used, "%s%s%s%s%s",
			any ? "," : parent_id ? "(" : "", snapshot->display_name, snapshot->current ? "*" : "",
			ready ? "" : ":", ready ? "" : snapshot_state_name(snapshot->state));
		any = true;
		put_children(list, snapshot->id, text, size);
	}
	if (any && parent_id) {
		size_t used = strlen(text);
		(void)snprintf(text + used, size - used, ")");
	}
}

const char *engine_world_tree(struct engine_world *world, char *text, size_t size)
{
	struct snapshot_list list = read_snapshots(world);
	if (list.count > 0) {
		qsort(list.items, list.count, sizeof *list.items, compare_names);
	}
	text[0] = '\0';
	put_children(&list, 0, text, size);
	snapshot_list_clear(&list);
	return text;
}

/* ---- agreement (Y3) ---- */

static const struct snapshot *find_by_checkpoint(const struct snapshot_list *list, const struct hv_uuid *id)
{
	for (size_t i = 0; i < list->count; i++) {
		if (hv_uuid_equal(&list->items[i].checkpoint, id)) {
			return &list->items[i];
		}
	}
	return NULL;
}

static const struct fake_checkpoint *find_on_host(const struct fake_vm *vm, const struct hv_uuid *id)
{
	for (size_t i = 0; i < vm->count; i++) {
		if (hv_uuid_equal(&vm->checkpoints[i].id, id)) {
			return &vm->checkpoints[i];
		}
	}
	return NULL;
}

/* Up the host's tree to the first that the store tracks. */
static int64_t nearest_tracked(
	const struct fake_vm *vm, const struct snapshot_list *list, struct hv_uuid id)
{
	const struct fake_checkpoint *at;
	while ((at = find_on_host(vm, &id)) != NULL) {
		const struct snapshot *snapshot = find_by_checkpoint(list, &at->id);
		if (snapshot) {
			return snapshot->id;
		}
		id = at->parent;
	}
	return 0;
}

/* Up the store's tree to the first that the host has: what failed to be taken or deleted may stand in between. */
static int64_t nearest_on_host(
	const struct fake_vm *vm, const struct snapshot_list *list, const struct snapshot *row)
{
	int64_t id = row->parent_id;
	while (id != 0) {
		size_t i = 0;
		while (i < list->count && list->items[i].id != id) {
			i++;
		}
		assert_true(i < list->count); /* no orphans */
		if (find_on_host(vm, &list->items[i].checkpoint)) {
			return id;
		}
		id = list->items[i].parent_id;
	}
	return 0;
}

static void assert_row_agrees(
	const struct fake_vm *vm, const struct snapshot_list *list, const struct snapshot *row)
{
	const struct fake_checkpoint *checkpoint = find_on_host(vm, &row->checkpoint);
	assert_true(row->state == SNAPSHOT_READY || row->state == SNAPSHOT_ERROR);
	if (!checkpoint) {
		assert_int_equal(row->state, SNAPSHOT_ERROR); /* nothing that was Ready is lost */
		assert_false(row->current);
		return;
	}
	assert_string_equal(checkpoint->name, row->name);
	assert_int_equal(nearest_on_host(vm, list, row), nearest_tracked(vm, list, checkpoint->parent));
}

static void assert_volumes_agree(struct engine_world *world, const struct volume_list *volumes)
{
	assert_true(volumes->count > 0);
	assert_true(volumes->items[0].root);
	assert_int_equal(volumes->items[0].size_bytes, world->vm->disk_bytes);
	assert_int_equal(volumes->items[0].chain_bytes, (int64_t)(world->vm->count + 1) << 30);
	for (size_t i = 1; i < volumes->count; i++) {
		const struct fake_file *file =
			fake_hosts_file(world->hosts, world->host_id, volumes->items[i].path);
		assert_non_null(file);
		assert_true(file->vm == world->vm);
		assert_int_equal(volumes->items[i].size_bytes, file->size_bytes);
	}
	assert_int_equal(volumes->count, 1 + fake_vm_files(world->hosts, world->host_id, world->vm));
}

/* X3: what is Ready is on the host, and whatever is on the host has a row. */
static void assert_copies_agree(struct engine_world *world)
{
	struct store *store = world->console.store;
	struct volume_snapshot_list list = {0};
	size_t on_host = 0;
	assert_int_equal(store->ops->volume_snapshot_list(store, world->vm_id, &list, NULL), HV_OK);
	for (size_t i = 0; i < list.count; i++) {
		const struct fake_copy *copy = fake_vm_copy(world->vm, list.items[i].name);
		assert_true(list.items[i].state == SNAPSHOT_READY || list.items[i].state == SNAPSHOT_ERROR);
		assert_true(copy || list.items[i].state == SNAPSHOT_ERROR);
		on_host += copy ? 1 : 0;
	}
	assert_int_equal(on_host, world->vm->copy_count);
	volume_snapshot_list_clear(&list);
}

void engine_world_assert_agrees(struct engine_world *world)
{
	struct store *store = world->console.store;
	struct snapshot_list list = read_snapshots(world);
	struct virtual_machine vm = engine_world_vm(world);
	struct checkpoint_list untracked = {0};
	struct volume_list volumes = {0};
	assert_int_equal(engine_world_live(world), 0);
	size_t on_host = 0;
	int64_t current_id = 0;
	for (size_t i = 0; i < list.count; i++) {
		assert_row_agrees(world->vm, &list, &list.items[i]);
		on_host += find_on_host(world->vm, &list.items[i].checkpoint) ? 1 : 0;
		current_id = list.items[i].current ? list.items[i].id : current_id;
	}
	assert_int_equal(current_id, nearest_tracked(world->vm, &list, world->vm->pointer));
	assert_int_equal(vm.state, world->vm->state);
	assert_int_equal(vm.power_state, world->vm->state);
	assert_true(hv_uuid_equal(&vm.checkpoint, &world->vm->pointer));
	assert_int_equal(store->ops->untracked_list(store, world->vm_id, &untracked, NULL), HV_OK);
	assert_int_equal(untracked.count + on_host, world->vm->count);
	assert_int_equal(vm.untracked, untracked.count);
	assert_int_equal(store->ops->volume_list(store, world->vm_id, &volumes, NULL), HV_OK);
	assert_volumes_agree(world, &volumes);
	assert_copies_agree(world);
	assert_int_equal(vm.cpus, world->vm->cpus);
	assert_int_equal(vm.memory_bytes, world->vm->memory_bytes);
	struct snapshot_tree tree = {0};
	assert_int_equal(snapshot_tree_build(&list, &untracked, &vm.checkpoint, &tree, NULL), HV_OK);
	assert_int_equal(snapshot_tree_validate(&tree, NULL), HV_OK);
	snapshot_tree_clear(&tree);
	volume_list_clear(&volumes);
	checkpoint_list_clear(&untracked);
	snapshot_list_clear(&list);
	virtual_machine_clear(&vm);
}
