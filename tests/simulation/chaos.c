#include "tests/simulation/simulation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

/* --- who and what --- */

static struct console *some_console(struct world *world)
{
	size_t first = (size_t)world_below(world, (int64_t)world->console_count);
	for (size_t i = 0; i < world->console_count; i++) {
		struct console *console = &world->consoles[(first + i) % world->console_count];
		if (console->alive && console->sleeps_until_us == 0) {
			return console;
		}
	}
	return NULL;
}

static struct simulated_host *some_host(struct world *world)
{
	return &world->hosts[world_below(world, (int64_t)world->host_count)];
}

static struct seen_vm *some_vm(struct world *world, struct simulated_host *host)
{
	return host->count == 0 ? NULL : &host->vms[world_below(world, (int64_t)host->count)];
}

static struct wire *some_wire(struct world *world)
{
	size_t first = (size_t)world_below(world, MOST_WIRES);
	for (size_t i = 0; i < MOST_WIRES; i++) {
		struct wire *wire = &world->wires[(first + i) % MOST_WIRES];
		if (wire->used && wire->sim) {
			return wire;
		}
	}
	return NULL;
}

/* --- requests --- */

struct subject {
	struct virtual_machine vm;
	struct snapshot_list snapshots;
};

static bool choose_subject(struct world *world, struct subject *subject)
{
	struct store *store = world->store;
	struct virtual_machine_list list = {0};
	*subject = (struct subject){0};
	if (store->ops->vm_list(store, 0, &list, NULL) != HV_OK || list.count == 0) {
		virtual_machine_list_clear(&list);
		return false;
	}
	struct virtual_machine *chosen = &list.items[world_below(world, (int64_t)list.count)];
	subject->vm = *chosen;
	*chosen = (struct virtual_machine){0};
	virtual_machine_list_clear(&list);
	return store->ops->snapshot_list(store, subject->vm.id, &subject->snapshots, NULL) == HV_OK;
}

static void clear_subject(struct subject *subject)
{
	virtual_machine_clear(&subject->vm);
	snapshot_list_clear(&subject->snapshots);
}

static const struct snapshot *some_snapshot(struct world *world, const struct subject *subject)
{
	size_t count = subject->snapshots.count;
	return count == 0 ? NULL : &subject->snapshots.items[world_below(world, (int64_t)count)];
}

static int64_t current_of(const struct subject *subject)
{
	for (size_t i = 0; i < subject->snapshots.count; i++) {
		if (subject->snapshots.items[i].current) {
			return subject->snapshots.items[i].id;
		}
	}
	return 0;
}

static enum operation_kind some_kind(struct world *world)
{
	int64_t which = world_below(world, 100);
	return which < 29   ? OPERATION_CREATE_SNAPSHOT
	       : which < 47 ? OPERATION_REVERT_SNAPSHOT
	       : which < 60 ? OPERATION_DELETE_SNAPSHOT
	       : which < 72 ? OPERATION_START_VM
	       : which < 87 ? OPERATION_STOP_VM
	       : which < 89 ? OPERATION_ATTACH_VOLUME
	       : which < 91 ? OPERATION_DETACH_VOLUME
	       : which < 92 ? OPERATION_RESIZE_VOLUME
	       : which < 95 ? OPERATION_SCALE_VM
	       : which < 97 ? OPERATION_CREATE_VOLUME_SNAPSHOT
	       : which < 99 ? OPERATION_DELETE_VOLUME_SNAPSHOT
			    : OPERATION_DESTROY_VM;
}

/* The id and size of some volume of the VM, or of the one that it starts from. */
static void choose_volume(struct world *world, const struct subject *subject, bool root, struct engine_request *request)
{
	struct volume_list list = {0};
	if (world->store->ops->volume_list(world->store, subject->vm.id, &list, NULL) == HV_OK && list.count > 0) {
		const struct volume *volume = &list.items[root ? 0 : (size_t)world_below(world, (int64_t)list.count)];
		request->volume = volume->uuid;
		request->size_bytes = volume->size_bytes + (INT64_C(1) << 30);
	}
	volume_list_clear(&list);
}

static int64_t choose_offering(struct world *world)
{
	struct service_offering_list list = {0};
	int64_t id = 0;
	if (world->store->ops->offering_list(world->store, NULL, &list, NULL) == HV_OK && list.count > 0) {
		id = list.items[world_below(world, (int64_t)list.count)].id;
	}
	service_offering_list_clear(&list);
	return id;
}

static int64_t choose_copy(struct world *world, const struct subject *subject)
{
	struct volume_snapshot_list list = {0};
	int64_t id = 0;
	if (world->store->ops->volume_snapshot_list(world->store, subject->vm.id, &list, NULL) == HV_OK &&
		list.count > 0) {
		id = list.items[world_below(world, (int64_t)list.count)].id;
	}
	volume_snapshot_list_clear(&list);
	return id;
}

/* Two files for all VMs of a host, so that they meet. */
static const char *choose_path(struct world *world)
{
	static const char *const paths[] = {"D:\\sim\\one.vhdx", "D:\\sim\\two.vhdx"};
	return paths[world_below(world, 2)];
}

static void fill_request(
	struct world *world, const struct subject *subject, struct engine_request *request)
{
	const struct snapshot *snapshot = some_snapshot(world, subject);
	*request = (struct engine_request){.kind = some_kind(world),
		.vm_id = subject->vm.id,
		.queue = world_chance(world, 50),
		.requested_by = "somebody"};
	switch (request->kind) {
	case OPERATION_CREATE_SNAPSHOT:
		request->type = world_chance(world, 50) ? SNAPSHOT_DISK : SNAPSHOT_DISK_AND_MEMORY;
		request->quiesce = world_chance(world, 20);
		break;
	case OPERATION_DELETE_SNAPSHOT:
		request->all = world_chance(world, 10);
		request->subtree = !request->all && world_chance(world, 25);
		request->snapshot_id = !request->all && snapshot ? snapshot->id : 0;
		break;
	case OPERATION_REVERT_SNAPSHOT:
		request->snapshot_id = snapshot ? snapshot->id : 0;
		request->safety_name = world_chance(world, 30) ? "before revert" : NULL;
		break;
	case OPERATION_STOP_VM:
		request->force = world_chance(world, 50);
		break;
	case OPERATION_START_VM:
	case OPERATION_EXPORT_VM:
	case OPERATION_REMOVE_VM:
	case OPERATION_DESTROY_VM:
	case OPERATION_KIND_COUNT:
		break;
	case OPERATION_ATTACH_VOLUME:
		request->path = choose_path(world);
		request->size_bytes = world_chance(world, 80) ? INT64_C(1) << 30 : 0;
		break;
	case OPERATION_DETACH_VOLUME:
	case OPERATION_RESIZE_VOLUME:
	case OPERATION_CREATE_VOLUME_SNAPSHOT:
		choose_volume(world, subject, request->kind == OPERATION_CREATE_VOLUME_SNAPSHOT, request);
		break;
	case OPERATION_SCALE_VM:
		request->offering_id = choose_offering(world);
		break;
	case OPERATION_DELETE_VOLUME_SNAPSHOT:
		request->volume_snapshot_id = choose_copy(world, subject);
		break;
	}
	if (world_chance(world, 20)) {
		request->expect_current = true;
		request->expected_current =
			world_chance(world, 50) || !snapshot ? current_of(subject) : snapshot->id;
	}
}

static void request_something(struct world *world)
{
	struct console *console = some_console(world);
	struct subject subject;
	struct engine_request request;
	struct hv_error err = {0};
	struct hv_uuid group;
	if (!console || !choose_subject(world, &subject)) {
		return;
	}
	fill_request(world, &subject, &request);
	bool stale = request.expect_current && request.expected_current != current_of(&subject);
	enum hv_status status = engine_request(console->engine, &request, &group, &err);
	world->statistics->requests++;
	world->statistics->refused += status == HV_OK ? 0 : 1;
	world_trace(world, "%s: asks for %s of VM %s snapshot %" PRId64 "%s%s%s: %s",
		console->owner, operation_kind_name(request.kind), subject.vm.name,
		request.snapshot_id, request.type == SNAPSHOT_DISK_AND_MEMORY ? " with memory" : "",
		request.queue ? " queued" : "", stale ? " from a stale view" : "",
		status == HV_OK ? "taken" : err.text);
	if (status == HV_OK && stale && !console->dying) {
		world_fail(
			world, "a request from a stale view of VM %s was taken", subject.vm.name);
	}
	console->engine_due_us = world->now_us;
	clear_subject(&subject);
	if (console->dying) {
		console_kill(console);
	}
	audit_store(world);
}

static void cancel_something(struct world *world)
{
	struct console *console = some_console(world);
	struct operation_list list = {0};
	struct hv_error err = {0};
	if (!console ||
		world->store->ops->operation_live(world->store, 0, 0, &list, NULL) != HV_OK) {
		return;
	}
	if (list.count > 0) {
		int64_t id = list.items[world_below(world, (int64_t)list.count)].id;
		enum hv_status status = engine_cancel(console->engine, id, "somebody", &err);
		world_trace(world, "%s: cancels operation %" PRId64 ": %s", console->owner, id,
			status == HV_OK ? "taken back" : err.text);
		console->engine_due_us = world->now_us;
	}
	operation_list_clear(&list);
	if (console->dying) {
		console_kill(console);
	}
	audit_store(world);
}

/* --- guests, and other people's hands --- */

/* What is due on the host happens before the test puts its own hand in, so that it is not taken for the test's. */
static bool bring_up_to_date(struct world *world, struct simulated_host *host)
{
	struct hv_error err = {0};
	if (sim_advance(host->sim, &err) != HV_OK) {
		world_fail(world, "%s: %s", host->name, err.text);
		return false;
	}
	host->data_version = -1;
	witness_look(world, host);
	return world->failure[0] == '\0';
}

static void write_something(struct world *world)
{
	struct simulated_host *host = some_host(world);
	struct hv_error err = {0};
	char tag[CONTENT];
	if (!bring_up_to_date(world, host)) {
		return;
	}
	const struct seen_vm *vm = some_vm(world, host);
	if (!vm) {
		return;
	}
	const struct sim_place place = {.vm = vm->name, .memory = world_chance(world, 50)};
	(void)snprintf(tag, sizeof tag, "%s%" PRId64, place.memory ? "m" : "d", ++world->tags);
	enum hv_status status = sim_guest_write(host->sim, &place, "w", tag, &err);
	world_trace(
		world, "%s writes %s: %s", vm->name, tag, status == HV_OK ? "written" : err.text);
	witness_accept(world, host);
}

static void foreign_hand(struct world *world)
{
	struct simulated_host *host = some_host(world);
	struct hv_error err = {0};
	if (!bring_up_to_date(world, host)) {
		return;
	}
	const struct seen_vm *vm = some_vm(world, host);
	if (!vm) {
		return;
	}
	char name[128];
	enum hv_status status;
	if (vm->count > 0 && world_chance(world, 40)) {
		(void)snprintf(name, sizeof name, "%s",
			vm->checkpoints[world_below(world, (int64_t)vm->count)].name);
		status = sim_foreign_delete(host->sim, vm->name, name, &err);
		if (status == HV_OK &&
			world->foreign_deleted_count < HV_ARRAY_LEN(world->foreign_deleted)) {
			(void)snprintf(world->foreign_deleted[world->foreign_deleted_count++],
				sizeof world->foreign_deleted[0], "%s", name);
		}
	} else {
		(void)snprintf(name, sizeof name, "theirs %" PRId64, ++world->tags);
		status = sim_foreign_create(host->sim, vm->name, name, NULL, &err);
	}
	world_trace(world, "somebody's hand on %s, checkpoint %s: %s", vm->name, name,
		status == HV_OK ? "done" : err.text);
	witness_accept(world, host);
}

/* --- what goes wrong --- */

static const char *const commands[] = {"CreateVMSnapshot", "RevertToVMSnapshot", "DeleteVMSnapshot",
	"Start", "Stop", "ExportVm", "RemoveVm", "ImportVm", "CancelExport", "Destroy", "QueryOperation",
	"GetInventory", "*"};
static const char *const places[] = {"intent", "running", "applied"};
static const char *const standing[] = {
	"disk-full", "storage-gone", "storage-gone", "vss", "latency:700", "down", "garbage", "silent",
	"incomplete:ExportVm", "damaged:ExportVm"};
static const char *const codes[] = {
	"HostError", "DiskFull", "StorageGone", "AccessDenied", "InvalidState"};

static void describe_fault(struct world *world, char *text, size_t size)
{
	const char *command = commands[world_below(world, HV_ARRAY_LEN(commands))];
	switch (world_below(world, 6)) {
	case 0:
		(void)snprintf(text, size, "drop-before:%s", command);
		break;
	case 1:
		(void)snprintf(text, size, "drop-after:%s", command);
		break;
	case 2:
		(void)snprintf(text, size, "late:%s:%d", command, (int)world_below(world, 90000));
		break;
	case 3:
		(void)snprintf(text, size, "false:%s:%s", command,
			codes[world_below(world, HV_ARRAY_LEN(codes))]);
		break;
	case 4:
		(void)snprintf(text, size, "die-mid:%s:%s", commands[world_below(world, 10)],
			places[world_below(world, HV_ARRAY_LEN(places))]);
		break;
	default:
		(void)snprintf(
			text, size, "%s", standing[world_below(world, HV_ARRAY_LEN(standing))]);
		break;
	}
}

static void fault_host(struct world *world)
{
	struct simulated_host *host = some_host(world);
	struct hv_error err = {0};
	char text[64];
	bool clear = world_chance(world, 35);
	describe_fault(world, text, sizeof text);
	enum hv_status status = clear ? sim_fault_clear(host->sim, NULL, &err)
				      : sim_fault_set(host->sim, text, &err);
	world_trace(world, "%s: fault %s", host->name, clear ? "none any more" : text);
	if (status != HV_OK) {
		world_fail(world, "fault %s: %s", text, err.text);
	}
	host->stamp++;
}

static void restart_host(struct world *world)
{
	struct simulated_host *host = some_host(world);
	world_trace(world, "%s: all agents die", host->name);
	for (size_t i = 0; i < MOST_WIRES; i++) {
		struct wire *wire = &world->wires[i];
		if (wire->used && wire->sim && wire->host == host) {
			wire_cut(wire, true);
		}
	}
	host->stamp++;
}

static void trouble_wire(struct world *world)
{
	struct wire *wire = some_wire(world);
	if (!wire) {
		return;
	}
	if (world_chance(world, 25)) {
		world_trace(world, "the wire of %s to %s is a hole", wire->console->owner,
			wire->host->name);
		wire->hole = true;
		return;
	}
	world_trace(world, "the wire of %s to %s is cut", wire->console->owner, wire->host->name);
	wire_cut(wire, world_chance(world, 40));
}

static void kill_console(struct world *world)
{
	struct console *console =
		&world->consoles[world_below(world, (int64_t)world->console_count)];
	if (!console->alive) {
		console_start(world, console);
		return;
	}
	console->gone_known = world_chance(world, 50);
	if (world_chance(world, 70)) {
		console->die_in = 1 + (int)world_below(world, 12);
		return;
	}
	console_kill(console);
}

static void suspend_console(struct world *world)
{
	struct console *console = some_console(world);
	if (console) {
		int64_t seconds = 5 + world_below(world, world_chance(world, 20) ? 400 : 60);
		console->sleeps_until_us = world->now_us + seconds * HV_SECOND_US;
		world_trace(world, "%s: sleeps for %d s", console->owner, (int)seconds);
	}
}

static void trouble_store(struct world *world)
{
	struct console *console = some_console(world);
	if (!console) {
		return;
	}
	if (world_chance(world, 70)) {
		console->cut.fail_at = console->cut.calls + 1 + world_below(world, 60);
		world_trace(world, "%s: the store will fail once", console->owner);
		return;
	}
	console->cut.dead = true;
	console->store_back_us = world->now_us + (1 + world_below(world, 40)) * HV_SECOND_US;
	world_trace(world, "%s: the store fails for a while", console->owner);
}

static void jump_clock(struct world *world)
{
	struct console *console = some_console(world);
	if (console) {
		console->wall_offset_us = (world_below(world, 240) - 120) * HV_SECOND_US;
		world_trace(world, "%s: its clock jumps to %+d s", console->owner,
			(int)(console->wall_offset_us / HV_SECOND_US));
	}
}

/* --- a step --- */

static const struct {
	int weight;
	void (*happen)(struct world *world);
} happenings[] = {
	{36, request_something},
	{20, write_something},
	{4, foreign_hand},
	{3, cancel_something},
	{12, fault_host},
	{2, restart_host},
	{7, trouble_wire},
	{6, kill_console},
	{3, suspend_console},
	{4, trouble_store},
	{3, jump_clock},
};

static int64_t some_time_us(struct world *world)
{
	int64_t which = world_below(world, 100);
	return which < 30   ? world_below(world, 100000)
	       : which < 75 ? world_below(world, 3 * HV_SECOND_US)
	       : which < 97 ? world_below(world, 20 * HV_SECOND_US)
			    : world_below(world, 120 * HV_SECOND_US);
}

void chaos_step(struct world *world)
{
	int64_t total = 0;
	for (size_t i = 0; i < HV_ARRAY_LEN(happenings); i++) {
		total += happenings[i].weight;
	}
	int64_t which = world_below(world, total);
	size_t chosen = 0;
	while (which >= happenings[chosen].weight) {
		which -= happenings[chosen++].weight;
	}
	happenings[chosen].happen(world);
	world_pass(world, some_time_us(world));
}
