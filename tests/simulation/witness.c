#include "tests/simulation/simulation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/sim/host.h"
#include "backend/sim/layers.h"

/*
 * After everything that happens, what a host holds is compared with what it held before. Each difference must be the
 * effect of an operation that is live in the store and was sent, and each operation has its effect once. A guest's
 * content is a tag that was written once in the run, so it says by itself where it came from.
 */

static void copy(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from ? from : "");
}

static void take_text(char *to, size_t size, char *take_from)
{
	copy(to, size, take_from);
	free(take_from);
}

/* --- looking --- */

static void look_at_checkpoint(
	struct sim *sim, int64_t row, int64_t layer, struct seen_checkpoint *seen)
{
	take_text(seen->disk, sizeof seen->disk, layer_read(sim, layer, "w"));
	take_text(seen->memory, sizeof seen->memory,
		db_string(&sim->db,
			"SELECT value FROM checkpoint_memory WHERE checkpoint = ?1 AND key = 'w'",
			"i", row));
}

static void look_at_checkpoints(struct sim *sim, struct seen_vm *vm)
{
	int64_t rows[MOST_CHECKPOINTS], layers[MOST_CHECKPOINTS];
	sqlite3_stmt *query = db_query(&sim->db,
		"SELECT checkpoint.id, uuid, name, (SELECT uuid FROM checkpoint AS p WHERE p.id = "
		"checkpoint.parent),"
		" has_memory, (SELECT layer FROM frozen JOIN disk ON disk.id = frozen.disk"
		"  WHERE frozen.checkpoint = checkpoint.id AND disk.position = 0)"
		" FROM checkpoint WHERE vm = ?1 ORDER BY checkpoint.id",
		"i", vm->row);
	vm->count = 0;
	while (vm->count < MOST_CHECKPOINTS && db_next(&sim->db, query)) {
		struct seen_checkpoint *seen = &vm->checkpoints[vm->count];
		rows[vm->count] = sqlite3_column_int64(query, 0);
		copy(seen->uuid, sizeof seen->uuid, db_column(query, 1));
		copy(seen->name, sizeof seen->name, db_column(query, 2));
		copy(seen->parent, sizeof seen->parent, db_column(query, 3));
		seen->has_memory = sqlite3_column_int64(query, 4) != 0;
		layers[vm->count++] = sqlite3_column_int64(query, 5);
	}
	for (size_t i = 0; i < vm->count; i++) {
		look_at_checkpoint(sim, rows[i], layers[i], &vm->checkpoints[i]);
	}
}

static void look_at_vm(struct sim *sim, struct seen_vm *vm)
{
	vm->top = db_number(
		&sim->db, 0, "SELECT top FROM disk WHERE vm = ?1 AND position = 0", "i", vm->row);
	take_text(vm->disk, sizeof vm->disk, layer_read(sim, vm->top, "w"));
	take_text(vm->memory, sizeof vm->memory,
		db_string(&sim->db, "SELECT value FROM vm_memory WHERE vm = ?1 AND key = 'w'", "i",
			vm->row));
	look_at_checkpoints(sim, vm);
	vm->cpus = db_number(&sim->db, 0, "SELECT cpus FROM vm WHERE id = ?1", "i", vm->row);
	vm->disks = db_number(&sim->db, 0, "SELECT count(*) FROM disk WHERE vm = ?1", "i", vm->row);
	vm->disk_bytes = db_number(&sim->db, 0, "SELECT sum(size_bytes) FROM disk WHERE vm = ?1", "i", vm->row);
	vm->copies = db_number(&sim->db, 0,
		"SELECT count(*) FROM volume_snapshot WHERE vm_uuid = ?1 AND created_us IS NOT NULL", "s", vm->uuid);
	int64_t newest = db_number(&sim->db, 0,
		"SELECT top FROM volume_snapshot AS v JOIN disk ON disk.id = v.disk WHERE v.vm_uuid = ?1"
		" AND v.created_us IS NOT NULL ORDER BY v.id DESC LIMIT 1",
		"s", vm->uuid);
	vm->copied[0] = '\0';
	if (newest != 0) {
		take_text(vm->copied, sizeof vm->copied, layer_read(sim, newest, "w"));
	}
}

static size_t look(struct sim *sim, struct seen_vm *vms)
{
	size_t count = 0;
	sqlite3_stmt *query = db_query(&sim->db,
		"SELECT id, uuid, name, state, (SELECT uuid FROM checkpoint AS c WHERE c.id = "
		"vm.parent), registered FROM vm"
		" WHERE copy_of IS NULL ORDER BY id",
		"");
	while (count < MOST_VMS && db_next(&sim->db, query)) {
		struct seen_vm *vm = &vms[count++];
		vm->row = sqlite3_column_int64(query, 0);
		copy(vm->uuid, sizeof vm->uuid, db_column(query, 1));
		copy(vm->name, sizeof vm->name, db_column(query, 2));
		copy(vm->power, sizeof vm->power, db_column(query, 3));
		copy(vm->pointer, sizeof vm->pointer, db_column(query, 4));
		vm->registered = sqlite3_column_int64(query, 5) != 0;
	}
	for (size_t i = 0; i < count; i++) {
		look_at_vm(sim, &vms[i]);
	}
	return count;
}

/* --- explaining --- */

struct known_operation *witness_operation(struct world *world, int64_t id)
{
	for (size_t i = 0; i < world->operation_count; i++) {
		if (world->operations[i].id == id) {
			return &world->operations[i];
		}
	}
	if (world->operation_count == MOST_OPERATIONS) {
		world_fail(world, "more operations than this simulation remembers");
		return &world->operations[0];
	}
	struct known_operation *known = &world->operations[world->operation_count++];
	*known = (struct known_operation){.id = id};
	return known;
}

/* What the store says is going on at the VM: at most one operation, sent. */
struct cause {
	bool any;
	struct operation row;
	char snapshot[128]; /* name of its checkpoint */
};

static void find_cause(struct world *world, const struct seen_vm *vm, struct cause *cause)
{
	struct store *store = world->store;
	struct virtual_machine row = {0};
	struct operation_list list = {0};
	struct hv_uuid uuid;
	*cause = (struct cause){0};
	if (!hv_uuid_parse(vm->uuid, &uuid) ||
		store->ops->vm_by_uuid(store, &uuid, &row, NULL) != HV_OK) {
		return;
	}
	if (store->ops->operation_live(store, 0, row.id, &list, NULL) != HV_OK) {
		world_fail(world, "the auditor cannot read the store");
	}
	for (size_t i = 0; i < list.count; i++) {
		struct snapshot snapshot = {0};
		if (list.items[i].state != OPERATION_RUNNING || !list.items[i].sent) {
			continue;
		}
		cause->any = true;
		operation_copy(&cause->row, &list.items[i]);
		if (cause->row.snapshot_id != 0 &&
			store->ops->snapshot_get(store, cause->row.snapshot_id, &snapshot, NULL) ==
				HV_OK) {
			copy(cause->snapshot, sizeof cause->snapshot, snapshot.name);
			snapshot_clear(&snapshot);
		}
		break;
	}
	operation_list_clear(&list);
	virtual_machine_clear(&row);
}

static bool is_about(const struct cause *cause, enum operation_kind kind, const char *checkpoint)
{
	return cause->any && cause->row.kind == kind && strcmp(cause->snapshot, checkpoint) == 0;
}

static void count_effect(struct world *world, const struct seen_vm *vm, const struct cause *cause)
{
	struct known_operation *known = witness_operation(world, cause->row.id);
	known->effects++;
	world_trace(world, "%s: %s of operation %" PRId64 " has its effect on the host", vm->name,
		operation_kind_name(cause->row.kind), cause->row.id);
	if (known->effects > 1) {
		world_fail(world, "VM %s: operation %" PRId64 " (%s) was done %d times", vm->name,
			cause->row.id, operation_kind_name(cause->row.kind), known->effects);
	}
}

const struct seen_checkpoint *witness_checkpoint(const struct seen_vm *vm, const char *name)
{
	for (size_t i = 0; i < vm->count; i++) {
		if (strcmp(vm->checkpoints[i].name, name) == 0) {
			return &vm->checkpoints[i];
		}
	}
	return NULL;
}

static const struct seen_checkpoint *by_uuid(const struct seen_vm *vm, const char *uuid)
{
	for (size_t i = 0; i < vm->count; i++) {
		if (strcmp(vm->checkpoints[i].uuid, uuid) == 0) {
			return &vm->checkpoints[i];
		}
	}
	return NULL;
}

static bool same_content(const struct seen_checkpoint *a, const struct seen_checkpoint *b)
{
	return strcmp(a->disk, b->disk) == 0 && strcmp(a->memory, b->memory) == 0 &&
	       a->has_memory == b->has_memory;
}

/* A new checkpoint holds what the guest held; the guest goes on with it. */
static void explain_new(struct world *world, const struct seen_vm *old, const struct seen_vm *now,
	const struct cause *cause, const struct seen_checkpoint *made)
{
	if (!is_about(cause, OPERATION_CREATE_SNAPSHOT, made->name)) {
		world_fail(world, "VM %s: checkpoint %s appeared, and nobody asked for it",
			now->name, made->name);
		return;
	}
	count_effect(world, now, cause);
	bool memory = cause->row.type == SNAPSHOT_DISK_AND_MEMORY;
	if (strcmp(made->disk, old->disk) != 0 || made->has_memory != memory ||
		(memory && strcmp(made->memory, old->memory) != 0)) {
		world_fail(world, "VM %s: checkpoint %s holds (%s, %s), the guest held (%s, %s)",
			now->name, made->name, made->disk, made->memory, old->disk, old->memory);
	}
}

static bool explain_checkpoints(struct world *world, const struct seen_vm *old,
	const struct seen_vm *now, const struct cause *cause)
{
	bool any_new = false;
	for (size_t i = 0; i < now->count; i++) {
		const struct seen_checkpoint *before = by_uuid(old, now->checkpoints[i].uuid);
		if (!before) {
			any_new = true;
			explain_new(world, old, now, cause, &now->checkpoints[i]);
		} else if (!same_content(before, &now->checkpoints[i])) {
			world_fail(world,
				"VM %s: what checkpoint %s holds has changed from (%s, %s) to (%s, "
				"%s)",
				now->name, before->name, before->disk, before->memory,
				now->checkpoints[i].disk, now->checkpoints[i].memory);
		}
	}
	for (size_t i = 0; i < old->count; i++) {
		if (by_uuid(now, old->checkpoints[i].uuid)) {
			continue;
		}
		if (!is_about(cause, OPERATION_DELETE_SNAPSHOT, old->checkpoints[i].name)) {
			world_fail(world, "VM %s: checkpoint %s is gone, and nobody asked for it",
				now->name, old->checkpoints[i].name);
			continue;
		}
		count_effect(world, now, cause);
	}
	return any_new;
}

static void explain_apply(struct world *world, const struct seen_vm *now, const struct cause *cause)
{
	const struct seen_checkpoint *target = by_uuid(now, now->pointer);
	if (!target || !is_about(cause, OPERATION_REVERT_SNAPSHOT, target->name)) {
		world_fail(world, "VM %s was reverted to %s, and nobody asked for it", now->name,
			target ? target->name : "nothing");
		return;
	}
	count_effect(world, now, cause);
	if (strcmp(now->disk, target->disk) != 0 || strcmp(now->memory, target->memory) != 0) {
		world_fail(world, "VM %s was reverted to %s and holds (%s, %s) instead of (%s, %s)",
			now->name, target->name, now->disk, now->memory, target->disk,
			target->memory);
	}
}

static void explain_rest(struct world *world, const struct seen_vm *old, const struct seen_vm *now,
	const struct cause *cause)
{
	bool power = cause->any && (cause->row.kind == OPERATION_START_VM ||
					   cause->row.kind == OPERATION_STOP_VM ||
					   cause->row.kind == OPERATION_DESTROY_VM ||
					   cause->row.kind == OPERATION_REVERT_SNAPSHOT);
	if (strcmp(old->power, now->power) != 0 && !power) {
		world_fail(world, "VM %s went from %s to %s, and nobody asked for it", now->name,
			old->power, now->power);
	}
	if (strcmp(old->memory, now->memory) != 0 && (!power || now->memory[0] != '\0')) {
		world_fail(world, "VM %s: its memory went from '%s' to '%s'", now->name,
			old->memory, now->memory);
	}
	if (strcmp(old->disk, now->disk) != 0) {
		world_fail(world, "VM %s: its disk went from '%s' to '%s'", now->name, old->disk,
			now->disk);
	}
}

/* P2: off its host, or back on it, with all that it had. Its files are others, so their numbers say nothing. */
static void explain_registration(struct world *world, const struct seen_vm *old, const struct seen_vm *now,
	const struct cause *cause)
{
	enum operation_kind kind = now->registered ? OPERATION_START_VM : OPERATION_REMOVE_VM;
	if (!cause->any || cause->row.kind != kind) {
		world_fail(world, "VM %s is %s its host, and nobody asked for it", now->name,
			now->registered ? "back on" : "off");
		return;
	}
	if (!now->registered) {
		count_effect(world, now, cause);
	}
	if (old->count != now->count || strcmp(old->disk, now->disk) != 0 ||
		strcmp(old->pointer, now->pointer) != 0 || strcmp(now->power, "Stopped") != 0) {
		world_fail(world, "VM %s held (%s at %.8s, %zu checkpoints) and holds (%s at %.8s, %zu), %s", now->name,
			old->disk, old->pointer, old->count, now->disk, now->pointer, now->count, now->power);
	}
}

/* What was asked for is what happened: one number went up or down, by the one operation that does that. */
static void explain_number(struct world *world, const struct seen_vm *now, const struct cause *cause, const char *what,
	int64_t before, int64_t after, enum operation_kind up, enum operation_kind down)
{
	enum operation_kind kind = after > before ? up : down;
	if (before == after) {
		return;
	}
	if (!cause->any || cause->row.kind != kind) {
		world_fail(world, "VM %s: its %s went from %" PRId64 " to %" PRId64 ", and nobody asked for it", now->name,
			what, before, after);
		return;
	}
	count_effect(world, now, cause);
}

/* X2, X3, X4. A revert brings back the sizes that its checkpoint recorded (V5). */
static void explain_volumes(struct world *world, const struct seen_vm *old, const struct seen_vm *now,
	const struct cause *cause)
{
	bool reverts = cause->any && cause->row.kind == OPERATION_REVERT_SNAPSHOT;
	if (!reverts) {
		explain_number(world, now, cause, "CPUs", old->cpus, now->cpus, OPERATION_SCALE_VM, OPERATION_SCALE_VM);
	}
	explain_number(world, now, cause, "disks", old->disks, now->disks, OPERATION_ATTACH_VOLUME,
		OPERATION_DETACH_VOLUME);
	if (old->disks == now->disks) {
		explain_number(world, now, cause, "bytes of disk", old->disk_bytes, now->disk_bytes, OPERATION_RESIZE_VOLUME,
			OPERATION_KIND_COUNT);
	}
	explain_number(world, now, cause, "copies", old->copies, now->copies, OPERATION_CREATE_VOLUME_SNAPSHOT,
		OPERATION_DELETE_VOLUME_SNAPSHOT);
	if (now->copies > old->copies && strcmp(now->copied, now->disk) != 0) {
		world_fail(world, "VM %s: a copy of its disk holds %s, the disk holds %s", now->name, now->copied, now->disk);
	}
}

static bool differs(const struct seen_vm *old, const struct seen_vm *now)
{
	if (old->cpus != now->cpus || old->disks != now->disks || old->disk_bytes != now->disk_bytes ||
		old->copies != now->copies) {
		return true;
	}
	if (old->count != now->count || old->top != now->top || old->registered != now->registered ||
		strcmp(old->power, now->power) != 0 || strcmp(old->pointer, now->pointer) != 0 ||
		strcmp(old->disk, now->disk) != 0 || strcmp(old->memory, now->memory) != 0) {
		return true;
	}
	for (size_t i = 0; i < now->count; i++) {
		if (strcmp(old->checkpoints[i].uuid, now->checkpoints[i].uuid) != 0 ||
			!same_content(&old->checkpoints[i], &now->checkpoints[i])) {
			return true;
		}
	}
	return false;
}

static void explain(struct world *world, const struct seen_vm *old, const struct seen_vm *now)
{
	struct cause cause;
	if (!differs(old, now)) {
		return;
	}
	world_trace(world, "%s: %s (%s, %s) at %.8s with %zu, was %s (%s, %s) at %.8s with %zu",
		now->name, now->power, now->disk, now->memory, now->pointer, now->count, old->power,
		old->disk, old->memory, old->pointer, old->count);
	find_cause(world, now, &cause);
	bool created = explain_checkpoints(world, old, now, &cause);
	if (old->registered == now->registered) {
		explain_volumes(world, old, now, &cause);
	}
	if (old->registered != now->registered) {
		explain_registration(world, old, now, &cause);
	} else if (!created &&
		   now->top >
			   old->top) { /* numbers are given once; a merge goes back to a lower one */
		explain_apply(world, now, &cause);
	} else {
		explain_rest(world, old, now, &cause);
	}
	if (cause.any) {
		operation_clear(&cause.row);
	}
}

/* D6 */
static void explain_end(struct world *world, const struct seen_vm *old)
{
	struct cause cause;
	world_trace(world, "%s: is gone", old->name);
	find_cause(world, old, &cause);
	if (!cause.any || cause.row.kind != OPERATION_DESTROY_VM) {
		world_fail(world, "VM %s is gone, and nobody asked for it", old->name);
	} else {
		count_effect(world, old, &cause);
	}
	if (cause.any) {
		operation_clear(&cause.row);
	}
}

/* --- the interface --- */

static bool has_changed(struct simulated_host *host)
{
	int64_t version = db_number(&host->sim->db, 0, "PRAGMA data_version", "");
	bool changed = version != host->data_version;
	host->data_version = version;
	return changed;
}

void witness_look(struct world *world, struct simulated_host *host)
{
	static struct seen_vm now[MOST_VMS];
	if (world->failure[0] != '\0' || !has_changed(host)) {
		return;
	}
	size_t count = look(host->sim, now);
	size_t kept = 0; /* both are in the order of their rows */
	for (size_t i = 0; i < host->count; i++) {
		if (kept < count && now[kept].row == host->vms[i].row) {
			explain(world, &host->vms[i], &now[kept++]);
		} else {
			explain_end(world, &host->vms[i]);
		}
	}
	if (kept != count) {
		world_fail(world, "%s has a VM that it did not have", host->name);
	}
	memcpy(host->vms, now, count * sizeof *now);
	host->count = count;
}

void witness_accept(struct world *world, struct simulated_host *host)
{
	(void)world;
	(void)has_changed(host);
	host->count = look(host->sim, host->vms);
	host->stamp++;
}

struct seen_vm *witness_vm(struct world *world, const struct hv_uuid *uuid)
{
	char text[HV_UUID_TEXT_SIZE];
	(void)hv_uuid_format(uuid, text);
	for (size_t h = 0; h < world->host_count; h++) {
		for (size_t i = 0; i < world->hosts[h].count; i++) {
			if (strcmp(world->hosts[h].vms[i].uuid, text) == 0) {
				return &world->hosts[h].vms[i];
			}
		}
	}
	return NULL;
}

bool witness_was_foreign(const struct world *world, const char *name)
{
	for (size_t i = 0; i < world->foreign_deleted_count; i++) {
		if (strcmp(world->foreign_deleted[i], name) == 0) {
			return true;
		}
	}
	return false;
}
