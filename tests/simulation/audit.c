#include "tests/simulation/simulation.h"

#include <inttypes.h>
#include <string.h>

/* What the store says must be true at any moment: Ready only what the host has, an end only once, and with a reason. */

#define A_READ 64

static void check_ready(
	struct world *world, const struct snapshot *snapshot, const struct seen_vm *vm)
{
	const struct seen_checkpoint *seen = witness_checkpoint(vm, snapshot->name);
	if (snapshot->state != SNAPSHOT_READY || witness_was_foreign(world, snapshot->name)) {
		return;
	}
	if (!seen) {
		world_fail(world,
			"snapshot %s of VM %s is Ready, and the host has no such checkpoint",
			snapshot->name, vm->name);
	} else if (seen->has_memory != (snapshot->type == SNAPSHOT_DISK_AND_MEMORY)) {
		world_fail(world, "snapshot %s of VM %s says %s, and the host has it %s memory",
			snapshot->name, vm->name, snapshot_type_name(snapshot->type),
			seen->has_memory ? "with" : "without");
	}
}

static void audit_tree(struct world *world, int64_t vm_id)
{
	struct store *store = world->store;
	struct snapshot_list list = {0};
	struct virtual_machine row = {0};
	if (store->ops->vm_get(store, vm_id, &row, NULL) != HV_OK ||
		store->ops->snapshot_list(store, vm_id, &list, NULL) != HV_OK) {
		world_fail(world, "the auditor cannot read VM %" PRId64, vm_id);
	}
	const struct seen_vm *vm = witness_vm(world, &row.uuid);
	for (size_t i = 0; vm && i < list.count; i++) {
		check_ready(world, &list.items[i], vm);
	}
	snapshot_list_clear(&list);
	virtual_machine_clear(&row);
}

static bool acts_on_checkpoints(enum operation_kind kind)
{
	return kind == OPERATION_CREATE_SNAPSHOT || kind == OPERATION_REVERT_SNAPSHOT ||
	       kind == OPERATION_DELETE_SNAPSHOT;
}

static bool was_gone_already(struct world *world, const struct operation *row)
{
	struct snapshot snapshot = {0};
	bool gone =
		row->kind == OPERATION_DELETE_SNAPSHOT &&
		world->store->ops->snapshot_get(world->store, row->snapshot_id, &snapshot, NULL) ==
			HV_OK &&
		(witness_was_foreign(world, snapshot.name) || hv_uuid_is_nil(&snapshot.checkpoint));
	snapshot_clear(&snapshot);
	return gone;
}

static void check_end(
	struct world *world, const struct operation *row, const struct known_operation *known)
{
	bool done = row->state == OPERATION_DONE;
	if (!done && (!row->error || row->error[0] == '\0' || row->status == HV_OK)) {
		world_fail(world, "operation %" PRId64 " ended %s without a word", row->id,
			operation_state_name(row->state));
	}
	if (!acts_on_checkpoints(row->kind)) {
		return;
	}
	if (done && known->effects == 0 && !was_gone_already(world, row)) {
		world_fail(world,
			"operation %" PRId64 " (%s) is Done, and the host has done nothing",
			row->id, operation_kind_name(row->kind));
	}
	/* a revert that was applied, and whose VM then cannot be started, has failed (V1) */
	if (!done && known->effects > 0 && row->kind != OPERATION_REVERT_SNAPSHOT) {
		world_fail(world,
			"operation %" PRId64 " (%s) ended %s, and the host has done it: %s",
			row->id, operation_kind_name(row->kind), operation_state_name(row->state),
			row->error);
	}
}

static void audit_operation(struct world *world, int64_t id)
{
	struct operation row = {0};
	struct known_operation *known = witness_operation(world, id);
	if (world->store->ops->operation_get(world->store, id, &row, NULL) != HV_OK) {
		world_fail(world, "operation %" PRId64 " is not in the store any more", id);
		return;
	}
	if (known->ended && row.state != known->state) {
		world_fail(world, "operation %" PRId64 " had ended %s and is %s now", id,
			operation_state_name(known->state), operation_state_name(row.state));
	}
	if (!known->ended && !operation_is_live(&row)) {
		known->ended = true;
		known->state = row.state;
		world->statistics->ended[row.state]++;
		world_trace(world, "operation %" PRId64 " (%s) is %s", id,
			operation_kind_name(row.kind), operation_state_name(row.state));
		check_end(world, &row, known);
	}
	operation_clear(&row);
}

void audit_store(struct world *world)
{
	struct change changes[A_READ];
	size_t count = 0;
	bool reload = false;
	do {
		if (world->failure[0] != '\0') {
			return;
		}
		if (world->store->ops->changes(world->store, world->audited_change, changes, A_READ,
			    &count, &reload, NULL) != HV_OK) {
			world_fail(world, "the auditor cannot read the changes");
			return;
		}
		for (size_t i = 0; i < count; i++) {
			world->audited_change = changes[i].sequence;
			if (changes[i].kind == CHANGE_TREE) {
				audit_tree(world, changes[i].id);
			} else if (changes[i].kind == CHANGE_OPERATION) {
				audit_operation(world, changes[i].id);
			}
		}
	} while (count == A_READ);
}
