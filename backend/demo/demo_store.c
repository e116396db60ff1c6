#include "backend/demo/demo_store.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/demo/demo.h"
#include "backend/store/store.h"

#define BUSY_MS 1000
#define DOWN_SINCE_US                                                                              \
	(9 * 3600 * HV_SECOND_US) /* a host that is down was seen last before the night */

struct filler {
	struct store *store;
	const struct store_ops *ops;
	const struct fleet *fleet;
	int64_t now_us;
	int64_t *host_ids; /* as fleet->hosts */
	int64_t *snapshot_ids; /* as fleet->snapshots; 0 for untracked ones */
};

/* Strings of a fleet are borrowed by rows that the store only reads; the row's type owns its strings otherwise. */
static char *borrow(const char *text)
{
	return (char *)(uintptr_t)text;
}

static enum hv_status add_host(struct filler *filler, size_t index, struct hv_error *err)
{
	const struct fleet_host *from = &filler->fleet->hosts[index];
	HV_CLEANUP_FREE char *address = hv_sprintf("hosts/%s.db", from->name);
	struct host host = {
		.uuid = from->id,
		.name = borrow(from->name),
		.group = borrow(from->group),
		.transport = borrow("sim"),
		.address = address,
		.version = borrow(from->version),
		.state = HOST_DISCONNECTED,
		.seen_us = filler->now_us - (from->down ? DOWN_SINCE_US : 0),
		.free_bytes = from->free_bytes,
	};
	(void)stop_policy_parse(from->stop_policy, &host.stop_policy); /* fleet_section.c takes only what is one */
	enum hv_status status = filler->ops->host_save(filler->store, &host, err);
	if (status == HV_OK) {
		status = filler->ops->host_set_state(filler->store, &host, err);
	}
	filler->host_ids[index] = host.id;
	return status;
}

static size_t find_snapshot(const struct fleet *fleet, const char *vm, const char *name)
{
	for (size_t i = 0; name && i < fleet->snapshot_count; i++) {
		if (strcmp(fleet->snapshots[i].vm, vm) == 0 &&
			strcmp(fleet->snapshots[i].name, name) == 0) {
			return i;
		}
	}
	return SIZE_MAX;
}

/* From a snapshot of the fleet up to the first that is tracked: its row, 0 when there is none. */
static int64_t nearest_tracked(const struct filler *filler, size_t index)
{
	while (index != SIZE_MAX && !filler->fleet->snapshots[index].tracked) {
		const struct fleet_snapshot *from = &filler->fleet->snapshots[index];
		index = find_snapshot(filler->fleet, from->vm, from->parent);
	}
	return index == SIZE_MAX ? 0 : filler->snapshot_ids[index];
}

static enum hv_status add_snapshot(
	struct filler *filler, const struct virtual_machine *vm, size_t index, struct hv_error *err)
{
	const struct fleet_snapshot *from = &filler->fleet->snapshots[index];
	struct snapshot snapshot = {
		.uuid = from->id,
		.name = borrow(from->internal_name),
		.display_name = borrow(from->name),
		.description = borrow(from->note),
		.created_by = borrow(from->by),
		.vm_id = vm->id,
		.account_id = vm->account_id,
		.domain_id = vm->domain_id,
		.offering_id = vm->offering_id,
		.state = SNAPSHOT_READY,
		.parent_id = nearest_tracked(
			filler, find_snapshot(filler->fleet, from->vm, from->parent)),
		.checkpoint = from->checkpoint,
		.size_bytes = from->delta_bytes,
		.created_us = filler->now_us - from->age_us,
		.updated_us = filler->now_us - from->age_us,
	};
	if (!snapshot_type_parse(from->type, &snapshot.type)) {
		return hv_error_set(
			err, HV_ERR_INVALID, "'%s' is not a type of snapshot", from->type);
	}
	enum hv_status status = filler->ops->snapshot_insert(filler->store, &snapshot, err);
	filler->snapshot_ids[index] = snapshot.id;
	return status;
}

static enum hv_status add_untracked(const struct filler *filler, const struct fleet_snapshot *from,
	struct checkpoint_list *list, struct hv_error *err)
{
	size_t parent = find_snapshot(filler->fleet, from->vm, from->parent);
	struct checkpoint *checkpoint = checkpoint_list_add(list);
	checkpoint->id = from->checkpoint;
	checkpoint->name = hv_strdup(from->internal_name);
	checkpoint->has_memory = strcmp(from->type, "DiskAndMemory") == 0;
	checkpoint->created_us = filler->now_us - from->age_us;
	checkpoint->size_bytes = from->delta_bytes;
	if (parent != SIZE_MAX) {
		checkpoint->parent = filler->fleet->snapshots[parent].checkpoint;
	}
	return checkpoint_kind_parse(from->kind, &checkpoint->kind)
		       ? HV_OK
		       : hv_error_set(err, HV_ERR_INVALID, "'%s' is not a kind of checkpoint",
				 from->kind);
}

/* The VM's tree: its rows, parents first, then what is not tracked, then what is current. */
static enum hv_status add_tree(struct filler *filler, const struct fleet_vm *from,
	const struct virtual_machine *vm, struct hv_error *err)
{
	struct checkpoint_list untracked = {0};
	enum hv_status status = HV_OK;
	int64_t current = 0;
	for (size_t i = 0; status == HV_OK && i < filler->fleet->snapshot_count; i++) {
		const struct fleet_snapshot *snapshot = &filler->fleet->snapshots[i];
		if (strcmp(snapshot->vm, from->name) != 0) {
			continue;
		}
		status = snapshot->tracked ? add_snapshot(filler, vm, i, err)
					   : add_untracked(filler, snapshot, &untracked, err);
		if (status == HV_OK && snapshot->current) {
			current = nearest_tracked(filler, i);
		}
	}
	if (status == HV_OK && untracked.count > 0) {
		status = filler->ops->untracked_replace(filler->store, vm->id, &untracked, err);
	}
	if (status == HV_OK && current != 0) {
		status = filler->ops->snapshot_set_current(filler->store, vm->id, current, err);
	}
	checkpoint_list_clear(&untracked);
	return status;
}

static enum hv_status add_volumes(
	struct filler *filler, const struct fleet_vm *from, int64_t vm_id, struct hv_error *err)
{
	struct volume_list list = {0};
	for (size_t i = 0; i < from->disk_count; i++) {
		const struct fleet_disk *disk = &from->disks[i];
		struct volume *volume = volume_list_add(&list);
		volume->uuid = disk->id;
		volume->vm_id = vm_id;
		volume->name = hv_strdup(disk->name);
		volume->root = i == 0;
		volume->device_id = (int64_t)i;
		/* until the host is heard: then the topmost file of the chain stands here */
		volume->path = hv_sprintf("C:\\Hyper-V\\%s\\%s.vhdx", from->name, disk->name);
		volume->size_bytes = disk->size_bytes;
	}
	enum hv_status status = filler->ops->volume_replace(filler->store, vm_id, &list, err);
	volume_list_clear(&list);
	return status;
}

static struct hv_uuid pointer_of(const struct fleet *fleet, const char *vm)
{
	for (size_t i = 0; i < fleet->snapshot_count; i++) {
		if (fleet->snapshots[i].current && strcmp(fleet->snapshots[i].vm, vm) == 0) {
			return fleet->snapshots[i].checkpoint;
		}
	}
	return (struct hv_uuid){{0}};
}

static int64_t host_id_of(const struct filler *filler, const char *name)
{
	const struct fleet_host *host = fleet_find_host(filler->fleet, name);
	return host ? filler->host_ids[host - filler->fleet->hosts] : 0;
}

static enum hv_status add_vm(
	struct filler *filler, const struct fleet_vm *from, struct hv_error *err)
{
	struct virtual_machine vm = {
		.uuid = from->id,
		.name = borrow(from->name),
		.host_id = host_id_of(filler, from->host),
		.cpus = from->cpus,
		.memory_bytes = from->memory_bytes,
		.checkpoint = pointer_of(filler->fleet, from->name),
	};
	if (!vm_state_parse(from->state, &vm.state)) {
		return hv_error_set(
			err, HV_ERR_INVALID, "'%s' is not a state of a VM", from->state);
	}
	vm.power_state = vm.state;
	enum hv_status status = filler->ops->account_ensure(
		filler->store, from->account, NULL, &vm.account_id, &vm.domain_id, err);
	if (status == HV_OK) {
		status = filler->ops->offering_ensure(filler->store, from->offering, from->cpus,
			from->memory_bytes, &vm.offering_id, err);
	}
	if (status == HV_OK) {
		status = filler->ops->vm_save(filler->store, &vm, err);
	}
	if (status == HV_OK) {
		status = add_volumes(filler, from, vm.id, err);
	}
	return status == HV_OK ? add_tree(filler, from, &vm, err) : status;
}

static enum hv_status fill(struct filler *filler, struct hv_error *err)
{
	enum hv_status status =
		filler->ops->setting_set(filler->store, DEMO_SETTING, filler->fleet->name, err);
	for (size_t i = 0; status == HV_OK && i < filler->fleet->host_count; i++) {
		status = add_host(filler, i, err);
	}
	for (size_t i = 0; status == HV_OK && i < filler->fleet->vm_count; i++) {
		status = add_vm(filler, &filler->fleet->vms[i], err);
	}
	return status;
}

enum hv_status demo_store_make(
	const char *path, const struct fleet *fleet, int64_t now_us, struct hv_error *err)
{
	struct store *store = NULL;
	enum hv_status status = store_open_sqlite(path, BUSY_MS, &store, err);
	if (status != HV_OK) {
		return status;
	}
	struct filler filler = {
		.store = store, .ops = store->ops, .fleet = fleet, .now_us = now_us};
	filler.host_ids = hv_alloc((fleet->host_count + 1) * sizeof *filler.host_ids);
	filler.snapshot_ids = hv_alloc((fleet->snapshot_count + 1) * sizeof *filler.snapshot_ids);
	status = store->ops->begin(store, err);
	if (status == HV_OK) {
		status = fill(&filler, err);
		if (status == HV_OK) {
			status = store->ops->commit(store, err);
		}
		if (status != HV_OK) {
			store->ops->rollback(store);
		}
	}
	store->ops->close(store);
	free(filler.host_ids);
	free(filler.snapshot_ids);
	return status;
}
