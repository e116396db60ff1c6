/* Rows of the store as the values that events carry. Reads only. */
#include "backend/backend_internal.h"

#include <stdlib.h>

#include "backend/domain/preview.h"
#include "backend/domain/snapshot_tree.h"

/* A connection belongs to a console. What the row says was written by whoever spoke last, perhaps long ago: that it was
 * lost, and why, is news; that it is up is not true of a console that does not connect to it. */
static enum host_state state_of(const struct known_host *known, const struct host *row)
{
	if (known->managed) {
		return known->state;
	}
	return row->state == HOST_LOST ? HOST_LOST : HOST_DISCONNECTED;
}

const struct hv_host *picture_host(const struct known_host *known, const struct host *row)
{
	struct hv_host host = {
		.uuid = row->uuid,
		.name = row->name,
		.group = row->group,
		.transport = row->transport,
		.address = row->address,
		.version = row->version,
		.state = state_of(known, row),
		.reason = known->managed ? known->reason : row->reason,
		.seen_us = row->seen_us,
		.retry_us = known->managed ? known->retry_us : 0,
		.free_bytes = row->free_bytes,
		.stop_policy = row->stop_policy,
		.vm_count = known->vm_count,
	};
	return hv_host_new(&host);
}

enum hv_status picture_rows_read(struct hv_backend *backend, const struct virtual_machine *row,
	struct picture_rows *ret_rows, struct hv_error *err)
{
	struct picture_rows rows = {0};
	const struct store_ops *ops = backend->store->ops;
	enum hv_status status = ops->snapshot_list(backend->store, row->id, &rows.snapshots, err);
	if (status == HV_OK && row->untracked > 0) {
		status = ops->untracked_list(backend->store, row->id, &rows.untracked, err);
	}
	if (status != HV_OK) {
		picture_rows_clear(&rows);
		return status;
	}
	*ret_rows = rows;
	return HV_OK;
}

void picture_rows_clear(struct picture_rows *rows)
{
	snapshot_list_clear(&rows->snapshots);
	checkpoint_list_clear(&rows->untracked);
}

void picture_look_at_limit(struct hv_backend *backend)
{
	char *value = NULL;
	backend->snapshot_limit = SNAPSHOT_LIMIT_DEFAULT;
	if (backend->store->ops->setting_get(backend->store, "vmsnapshot.max", &value, NULL) ==
			HV_OK &&
		value) {
		char *end = NULL;
		long long limit = strtoll(value, &end, 10);
		if (end != value && *end == '\0' && limit >= 0) {
			backend->snapshot_limit =
				limit < SNAPSHOT_LIMIT_HYPERV ? limit : SNAPSHOT_LIMIT_HYPERV;
		}
	}
	free(value);
}

/* The operation that holds the VM: the running one, else the first that waits. */
static struct hv_uuid live_operation(const struct operation_list *live, int64_t vm_id)
{
	struct hv_uuid waits = {{0}};
	for (size_t i = 0; i < live->count; i++) {
		const struct operation *operation = &live->items[i];
		if (operation->vm_id != vm_id) {
			continue;
		}
		if (operation->state == OPERATION_RUNNING) {
			return operation->uuid;
		}
		if (hv_uuid_is_nil(&waits)) {
			waits = operation->uuid;
		}
	}
	return waits;
}

/* P4, P6: the running operation, if it copies the VM or takes it off its host. */
static const struct operation *running_export(const struct operation_list *live, int64_t vm_id)
{
	for (size_t i = 0; i < live->count; i++) {
		const struct operation *operation = &live->items[i];
		bool of_export = operation->kind == OPERATION_EXPORT_VM || operation->kind == OPERATION_REMOVE_VM;
		if (operation->vm_id == vm_id && operation->state == OPERATION_RUNNING && of_export) {
			return operation;
		}
	}
	return NULL;
}

const struct hv_vm *picture_vm(
	struct hv_backend *backend, const struct virtual_machine *row, const struct operation_list *live)
{
	const struct known_host *host = hosts_find(backend, row->host_id);
	const char *domain;
	const char *account = names_account(backend, row->account_id, &domain);
	const struct operation *export = running_export(live, row->id);
	struct hv_vm vm = {
		.uuid = row->uuid,
		.host = host ? host->uuid : (struct hv_uuid){{0}},
		.name = row->name,
		.state = row->state,
		.power_state = row->power_state,
		.cpus = row->cpus,
		.memory_bytes = row->memory_bytes,
		.offering = names_offering(backend, row->offering_id),
		.account = account ? account : "",
		.domain = domain ? domain : "",
		.snapshots = row->summary.snapshots,
		.snapshots_on_host = row->summary.on_host,
		.chain = row->summary.chain,
		.delta_bytes = row->summary.delta_bytes,
		.oldest_us = row->summary.oldest_us,
		.snapshot_limit = backend->snapshot_limit,
		.snapshots_enabled = host ? host->snapshots_enabled : true,
		.untracked = row->untracked,
		.missing = row->missing,
		.unregistered = row->unregistered,
		.exporting = export && row->power_state != VM_RUNNING,
		.export_state = row->export_state,
		.export_percent = export && export->kind == OPERATION_EXPORT_VM ? export->percent : -1,
		.fixed = !authority_changes(&backend->caller),
		.operation = live_operation(live, row->id),
	};
	return hv_vm_new(&vm);
}

static struct hv_node tracked_node(struct hv_backend *backend, const struct snapshot *snapshot)
{
	return (struct hv_node){
		.id = snapshot->uuid,
		.name = snapshot->display_name,
		.internal_name = snapshot->name,
		.description = snapshot->description,
		.state = snapshot->state,
		.type = snapshot->type,
		.kind = CHECKPOINT_STANDARD,
		.parent = -1,
		.created_us = snapshot->created_us,
		.size_bytes = snapshot->size_bytes,
		.created_by = snapshot->created_by,
		.offering = names_offering(backend, snapshot->offering_id),
	};
}

static struct hv_node untracked_node(const struct checkpoint *checkpoint)
{
	return (struct hv_node){
		.id = checkpoint->id,
		.name = checkpoint->name,
		.internal_name = checkpoint->name,
		.state = SNAPSHOT_READY,
		.type = checkpoint->has_memory ? SNAPSHOT_DISK_AND_MEMORY : SNAPSHOT_DISK,
		.kind = checkpoint->kind,
		.untracked = true,
		.parent = -1,
		.created_us = checkpoint->created_us,
		.size_bytes = checkpoint->size_bytes,
	};
}

static int32_t index_of(size_t node)
{
	return node == SNAPSHOT_TREE_NONE ? -1 : (int32_t)node;
}

static struct hv_node *nodes_of_tree(struct hv_backend *backend, const struct snapshot_tree *tree)
{
	struct hv_node *nodes = hv_realloc_array(NULL, tree->count, sizeof *nodes);
	for (size_t i = 0; i < tree->count; i++) {
		const struct snapshot_tree_node *from = &tree->nodes[i];
		nodes[i] = from->snapshot ? tracked_node(backend, from->snapshot)
					  : untracked_node(from->checkpoint);
		nodes[i].parent = index_of(from->parent);
		nodes[i].depth = (int32_t)from->depth;
		nodes[i].current = from->current;
		nodes[i].orphan = from->orphan;
		nodes[i].last_child = from->last_child;
	}
	return nodes;
}

/* Rows that make no tree are still shown, side by side. */
static struct hv_node *nodes_of_list(struct hv_backend *backend, const struct snapshot_list *list)
{
	struct hv_node *nodes = hv_realloc_array(NULL, list->count, sizeof *nodes);
	for (size_t i = 0; i < list->count; i++) {
		nodes[i] = tracked_node(backend, &list->items[i]);
		nodes[i].orphan = true;
		nodes[i].last_child = i + 1 == list->count;
	}
	return nodes;
}

static const struct hv_tree *tree_value(struct hv_backend *backend,
	const struct virtual_machine *row, const struct picture_rows *rows,
	const struct volume_list *volumes, const struct volume_snapshot_list *copies)
{
	struct hv_error problem = {0};
	struct snapshot_tree tree = {0};
	struct hv_tree value = {.vm = row->uuid, .current = -1, .volume_count = volumes->count};
	struct hv_node *nodes;
	if (snapshot_tree_build(&rows->snapshots, &rows->untracked, &row->checkpoint, &tree,
		    &problem) == HV_OK) {
		nodes = nodes_of_tree(backend, &tree);
		value.count = tree.count;
		value.current = index_of(tree.current);
		value.now_since_us = running_state_since_us(&tree, row);
		snapshot_tree_clear(&tree);
	} else {
		nodes = nodes_of_list(backend, &rows->snapshots);
		value.count = rows->snapshots.count;
		value.problem = problem.text;
	}
	struct hv_volume *rows_of_volumes =
		hv_realloc_array(NULL, volumes->count, sizeof *rows_of_volumes);
	for (size_t i = 0; i < volumes->count; i++) {
		const struct volume *volume = &volumes->items[i];
		rows_of_volumes[i] = (struct hv_volume){volume->uuid, volume->name, volume->root,
			volume->path, volume->size_bytes, volume->chain_bytes};
	}
	value.nodes = nodes;
	value.volumes = rows_of_volumes;
	struct hv_volume_snapshot *rows_of_copies = volumes_rows(copies);
	value.volume_snapshots = rows_of_copies;
	value.volume_snapshot_count = copies->count;
	const struct hv_tree *copy = hv_tree_new(&value);
	free(nodes);
	free(rows_of_copies);
	free(rows_of_volumes);
	return copy;
}

enum hv_status picture_tree(struct hv_backend *backend, const struct virtual_machine *row,
	const struct hv_tree **ret_tree, struct hv_error *err)
{
	struct picture_rows rows;
	struct volume_list volumes = {0};
	struct volume_snapshot_list copies = {0};
	enum hv_status status = picture_rows_read(backend, row, &rows, err);
	if (status != HV_OK) {
		return status;
	}
	status = backend->store->ops->volume_list(backend->store, row->id, &volumes, err);
	if (status == HV_OK) {
		status = backend->store->ops->volume_snapshot_list(backend->store, row->id, &copies, err);
	}
	if (status == HV_OK) {
		*ret_tree = tree_value(backend, row, &rows, &volumes, &copies);
	}
	volume_snapshot_list_clear(&copies);
	volume_list_clear(&volumes);
	picture_rows_clear(&rows);
	return status;
}

enum hv_status picture_operation(struct hv_backend *backend, const struct operation *row,
	const struct hv_operation **ret_operation, struct hv_error *err)
{
	struct virtual_machine vm = {0};
	struct snapshot snapshot = {0};
	const struct store_ops *ops = backend->store->ops;
	enum hv_status status = ops->vm_get(backend->store, row->vm_id, &vm, err);
	if (status == HV_OK && !caller_sees(backend, &vm)) { /* A1 */
		virtual_machine_clear(&vm);
		status = hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such operation");
	}
	if (status != HV_OK) {
		return status;
	}
	/* without its snapshot (not allocated yet, or taken back) the operation is told all the same */
	bool allocated =
		row->snapshot_id != 0 &&
		ops->snapshot_get(backend->store, row->snapshot_id, &snapshot, NULL) == HV_OK;
	struct volume_snapshot volume_copy = {0};
	if (row->volume_snapshot_id != 0) {
		(void)ops->volume_snapshot_get(backend->store, row->volume_snapshot_id, &volume_copy, NULL);
	}
	const struct known_host *host = hosts_find(backend, row->host_id);
	struct hv_operation operation = {
		.uuid = row->uuid,
		.group = row->group,
		.sequence = row->sequence,
		.kind = row->kind,
		.state = row->state,
		.step = row->step,
		.unknown = row->unknown,
		.vm = vm.uuid,
		.host = host ? host->uuid : (struct hv_uuid){{0}},
		.snapshot = snapshot.uuid,
		.vm_name = vm.name,
		.volume = row->volume,
		.volume_snapshot = volume_copy.uuid,
		.snapshot_name = allocated ? snapshot.display_name : row->path ? row->path : row->display_name,
		.percent = row->percent,
		.phase = row->phase,
		.status = row->status,
		.error = row->error,
		.requested_by = row->requested_by ? row->requested_by : "",
		.created_us = row->created_us,
		.finished_us = row->finished_us,
	};
	*ret_operation = hv_operation_new(&operation);
	volume_snapshot_clear(&volume_copy);
	snapshot_clear(&snapshot);
	virtual_machine_clear(&vm);
	return HV_OK;
}
