#include "tests/simulation/simulation.h"

#include <inttypes.h>
#include <string.h>

#include "backend/domain/vm_state.h"

#define PATIENCE_US (15 * 60 * HV_SECOND_US)
#define ROUND_US (10 * HV_SECOND_US)

/* --- everything heals --- */

static void heal(struct world *world)
{
	struct hv_error err = {0};
	world_trace(world, "everything heals");
	world->calm = true;
	for (size_t i = 0; i < world->host_count; i++) {
		if (sim_fault_clear(world->hosts[i].sim, NULL, &err) != HV_OK) {
			world_fail(world, "%s", err.text);
		}
		world->hosts[i].stamp++;
	}
	for (size_t i = 0; i < world->console_count; i++) {
		struct console *console = &world->consoles[i];
		console->sleeps_until_us = 0;
		console->wall_offset_us = 0;
		console->die_in = 0;
		console->cut.fail_at = 0;
		if (console->alive && console->store_back_us != 0) {
			console->store_back_us = world->now_us;
		}
		if (!console->alive && i == 0) {
			console_start(world, console);
		}
		console->engine_due_us = world->now_us;
	}
}

static bool all_up(const struct world *world)
{
	for (size_t i = 0; i < world->console_count; i++) {
		const struct console *console = &world->consoles[i];
		for (size_t h = 0; console->alive && h < world->host_count; h++) {
			if (!agents_is_up(console->agents, world->hosts[h].id)) {
				return false;
			}
		}
	}
	return true;
}

static bool hosts_at_rest(struct world *world)
{
	for (size_t i = 0; i < world->host_count; i++) {
		if (sim_next_due_us(world->hosts[i].sim) != HV_NEVER) {
			return false;
		}
	}
	return true;
}

static size_t live_operations(struct world *world)
{
	struct operation_list list = {0};
	if (world->store->ops->operation_live(world->store, 0, 0, &list, NULL) != HV_OK) {
		world_fail(world, "the auditor cannot read the operations");
	}
	size_t count = list.count;
	if (world->failure[0] == '\0' && count > 0 && world->now_us > 0) {
		world_trace(world, "%zu live, the first is operation %" PRId64 " of %s, %s at %s",
			count, list.items[0].id, list.items[0].owner,
			operation_state_name(list.items[0].state),
			operation_step_name(list.items[0].step));
	}
	operation_list_clear(&list);
	return count;
}

/* --- the store and the hosts say the same --- */

static const struct snapshot *row_of(const struct snapshot_list *rows, const char *name)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (strcmp(rows->items[i].name, name) == 0) {
			return &rows->items[i];
		}
	}
	return NULL;
}

static const struct snapshot *row_by_id(const struct snapshot_list *rows, int64_t id)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->items[i].id == id) {
			return &rows->items[i];
		}
	}
	return NULL;
}

static const struct seen_checkpoint *seen_by_uuid(const struct seen_vm *vm, const char *uuid)
{
	for (size_t i = 0; i < vm->count; i++) {
		if (strcmp(vm->checkpoints[i].uuid, uuid) == 0) {
			return &vm->checkpoints[i];
		}
	}
	return NULL;
}

/* Up the host's tree to the first that the store tracks; 0: none. */
static int64_t nearest_tracked(
	const struct seen_vm *vm, const struct snapshot_list *rows, const char *uuid)
{
	const struct seen_checkpoint *at = seen_by_uuid(vm, uuid);
	while (at && !row_of(rows, at->name)) {
		at = seen_by_uuid(vm, at->parent);
	}
	return at ? row_of(rows, at->name)->id : 0;
}

/* Up the store's tree to the first that the host has; 0: none. */
static int64_t nearest_on_host(
	const struct seen_vm *vm, const struct snapshot_list *rows, int64_t id)
{
	const struct snapshot *at = row_by_id(rows, id);
	while (at && !witness_checkpoint(vm, at->name)) {
		at = row_by_id(rows, at->parent_id);
	}
	return at ? at->id : 0;
}

static void check_row(struct world *world, const struct seen_vm *vm,
	const struct snapshot_list *rows, const struct snapshot *row)
{
	const struct seen_checkpoint *seen = witness_checkpoint(vm, row->name);
	if (row->state != SNAPSHOT_READY && row->state != SNAPSHOT_ERROR) {
		world_fail(world, "snapshot %s of VM %s is still %s", row->name, vm->name,
			snapshot_state_name(row->state));
	}
	if (row->parent_id != 0 && !row_by_id(rows, row->parent_id)) {
		world_fail(world, "snapshot %s of VM %s is an orphan", row->name, vm->name);
	}
	if (!seen) {
		return; /* audit_store() has checked the Ready ones */
	}
	int64_t expected = nearest_tracked(vm, rows, seen->parent);
	int64_t found = nearest_on_host(vm, rows, row->parent_id);
	if (expected != found) {
		world_fail(world,
			"snapshot %s of VM %s has parent %" PRId64 ", on the host %" PRId64,
			row->name, vm->name, found, expected);
	}
}

static void check_current(
	struct world *world, const struct seen_vm *vm, const struct snapshot_list *rows)
{
	int64_t expected = nearest_tracked(vm, rows, vm->pointer);
	int64_t current = 0;
	for (size_t i = 0; i < rows->count; i++) {
		current = rows->items[i].current ? rows->items[i].id : current;
	}
	if (current != expected) {
		world_fail(world, "VM %s: current is %" PRId64 ", on the host %" PRId64, vm->name,
			current, expected);
	}
}

static void check_untracked(struct world *world, const struct seen_vm *vm,
	const struct snapshot_list *rows, int64_t told)
{
	int64_t count = 0;
	for (size_t i = 0; i < vm->count; i++) {
		count += row_of(rows, vm->checkpoints[i].name) ? 0 : 1;
	}
	if (count != told) {
		world_fail(world,
			"VM %s has %" PRId64 " untracked checkpoints, and the store says %" PRId64,
			vm->name, count, told);
	}
}

/* X2, X3, X4: disks, copies and sizes. */
static void check_volumes(struct world *world, const struct virtual_machine *row, const struct seen_vm *vm)
{
	struct store *store = world->store;
	struct volume_list volumes = {0};
	struct volume_snapshot_list copies = {0};
	int64_t ready = 0;
	if (store->ops->volume_list(store, row->id, &volumes, NULL) != HV_OK ||
		store->ops->volume_snapshot_list(store, row->id, &copies, NULL) != HV_OK) {
		world_fail(world, "the auditor cannot read the volumes");
	}
	for (size_t i = 0; i < copies.count; i++) {
		enum snapshot_state state = copies.items[i].state;
		ready += state == SNAPSHOT_READY ? 1 : 0;
		if (state != SNAPSHOT_READY && state != SNAPSHOT_ERROR) {
			world_fail(world, "volume snapshot %s is still %s", copies.items[i].name, snapshot_state_name(state));
		}
	}
	if (vm->disks != (int64_t)volumes.count || vm->cpus != row->cpus) {
		world_fail(world, "VM %s has %" PRId64 " disks and %" PRId64 " CPUs, the store says %zu and %" PRId64, vm->name,
			vm->disks, vm->cpus, volumes.count, row->cpus);
	}
	if (ready > vm->copies || vm->copies > (int64_t)copies.count) {
		world_fail(world, "VM %s has %" PRId64 " copies, the store %" PRId64 " Ready ones of %zu", vm->name, vm->copies,
			ready, copies.count);
	}
	volume_list_clear(&volumes);
	volume_snapshot_list_clear(&copies);
}

static void check_vm(struct world *world, const struct virtual_machine *row)
{
	struct store *store = world->store;
	struct snapshot_list rows = {0};
	const struct seen_vm *vm = witness_vm(world, &row->uuid);
	if (!vm || row->missing) {
		world_fail(world, "VM %s is in the store and %s", row->name,
			vm ? "missing" : "on no host");
		return;
	}
	if (store->ops->snapshot_list(store, row->id, &rows, NULL) != HV_OK) {
		world_fail(world, "the auditor cannot read the snapshots");
	}
	if (strcmp(vm_state_name(row->state), vm->power) != 0 || row->power_state != row->state) {
		world_fail(world, "VM %s is %s (%s), on the host %s", vm->name,
			vm_state_name(row->state), vm_state_name(row->power_state), vm->power);
	}
	if (row->unregistered == vm->registered) {
		world_fail(world, "VM %s is %s its host, and the store says otherwise", vm->name,
			vm->registered ? "on" : "off");
	}
	for (size_t i = 0; i < rows.count; i++) {
		check_row(world, vm, &rows, &rows.items[i]);
	}
	check_volumes(world, row, vm);
	check_current(world, vm, &rows);
	check_untracked(world, vm, &rows, row->untracked);
	snapshot_list_clear(&rows);
}

static void check_store(struct world *world)
{
	struct virtual_machine_list list = {0};
	size_t on_hosts = 0;
	if (world->store->ops->vm_list(world->store, 0, &list, NULL) != HV_OK) {
		world_fail(world, "the auditor cannot read the VMs");
	}
	for (size_t i = 0; i < list.count; i++) {
		check_vm(world, &list.items[i]);
	}
	for (size_t i = 0; i < world->host_count; i++) {
		on_hosts += world->hosts[i].count;
	}
	if (on_hosts != list.count) {
		world_fail(world, "the hosts have %zu VMs, the store %zu", on_hosts, list.count);
	}
	virtual_machine_list_clear(&list);
}

static void check_hosts(struct world *world)
{
	for (size_t i = 0; i < world->host_count; i++) {
		struct hv_text findings = HV_TEXT_INIT;
		struct hv_error err = {0};
		world->hosts[i].data_version = -1;
		witness_look(world, &world->hosts[i]);
		if (sim_check(world->hosts[i].sim, &findings, &err) != HV_OK) {
			world_fail(world, "%s: %s", err.text, hv_text_get(&findings));
		}
		hv_text_clear(&findings);
	}
}

static bool is_at_rest(struct world *world)
{
	return live_operations(world) == 0 && all_up(world) && hosts_at_rest(world);
}

/* Whether the store agrees by now: what was lost on the way is noticed and asked for again, which takes its time. */
static bool agrees(struct world *world)
{
	char kept[sizeof world->failure];
	world->trying = true;
	check_store(world);
	world->trying = false;
	memcpy(kept, world->failure, sizeof kept);
	world->failure[0] = '\0';
	if (kept[0] != '\0') {
		world_trace(world, "not yet: %s", kept);
	}
	return kept[0] == '\0';
}

static void wait_for_agreement(struct world *world)
{
	int64_t begin = world->now_us;
	while (world->failure[0] == '\0' && world->now_us - begin < PATIENCE_US) {
		world_pass(world, ROUND_US);
		if (world->failure[0] == '\0' && is_at_rest(world) && agrees(world)) {
			break;
		}
	}
	int64_t took = world->now_us - begin;
	if (took > world->statistics->longest_heal_us) {
		world->statistics->longest_heal_us = took;
		world->statistics->longest_heal_seed = world->seed;
	}
	if (world->failure[0] == '\0' && !is_at_rest(world)) {
		world_fail(world,
			"after %d s of peace %zu operations are live and the hosts are %sup",
			(int)(PATIENCE_US / HV_SECOND_US), live_operations(world),
			all_up(world) ? "" : "not all ");
	}
}

/* Agreement must last: what comes late must not undo it. */
void settle_world(struct world *world)
{
	heal(world);
	wait_for_agreement(world);
	if (world->failure[0] == '\0') {
		world_pass(world, 3 * ROUND_US);
		/* an event that a slow console held back may undo the agreement once, until the next inventory */
		wait_for_agreement(world);
	}
	if (world->failure[0] == '\0') {
		check_hosts(world);
		check_store(world);
	}
}
