#include "tui/offline/picture_fields.h"

#define NAME_FUNCTION(function, type)                                                                                  \
	static const char *function##_of(int value)                                                                    \
	{                                                                                                              \
		return function((enum type)value);                                                                     \
	}
NAME_FUNCTION(host_state_name, host_state)
NAME_FUNCTION(vm_state_name, vm_state)
NAME_FUNCTION(snapshot_state_name, snapshot_state)
NAME_FUNCTION(snapshot_type_name, snapshot_type)
NAME_FUNCTION(checkpoint_kind_name, checkpoint_kind)
NAME_FUNCTION(operation_kind_name, operation_kind)
NAME_FUNCTION(operation_state_name, operation_state)
NAME_FUNCTION(operation_step_name, operation_step)
NAME_FUNCTION(stop_policy_name, stop_policy)
NAME_FUNCTION(export_state_name, export_state)
NAME_FUNCTION(hv_status_name, hv_status)

#define FIELD(owner, key, type) {#key, PICTURE_##type, offsetof(struct owner, key), NULL, 0}
#define NAMED(owner, key, function, count) {#key, PICTURE_ENUM, offsetof(struct owner, key), function##_of, count}
#define FORM(name, rows) const struct picture_form name = {rows, HV_ARRAY_LEN(rows)}

static const struct picture_field host_fields[] = {
	FIELD(hv_host, uuid, UUID),
	FIELD(hv_host, name, TEXT),
	FIELD(hv_host, group, TEXT),
	FIELD(hv_host, transport, TEXT),
	FIELD(hv_host, address, TEXT),
	FIELD(hv_host, version, TEXT_NULL),
	NAMED(hv_host, state, host_state_name, HOST_STATE_COUNT),
	FIELD(hv_host, reason, TEXT_NULL),
	FIELD(hv_host, seen_us, NUMBER),
	FIELD(hv_host, free_bytes, NUMBER),
	NAMED(hv_host, stop_policy, stop_policy_name, STOP_POLICY_COUNT),
	FIELD(hv_host, vm_count, NUMBER),
};
FORM(picture_host_form, host_fields);

static const struct picture_field vm_fields[] = {
	FIELD(hv_vm, uuid, UUID),
	FIELD(hv_vm, host, UUID),
	FIELD(hv_vm, name, TEXT),
	NAMED(hv_vm, state, vm_state_name, VM_STATE_COUNT),
	NAMED(hv_vm, power_state, vm_state_name, VM_STATE_COUNT),
	FIELD(hv_vm, cpus, NUMBER),
	FIELD(hv_vm, memory_bytes, NUMBER),
	FIELD(hv_vm, offering, TEXT_NULL),
	FIELD(hv_vm, account, TEXT),
	FIELD(hv_vm, domain, TEXT),
	FIELD(hv_vm, fixed, BOOL),
	FIELD(hv_vm, snapshots, NUMBER),
	FIELD(hv_vm, snapshots_on_host, NUMBER),
	FIELD(hv_vm, snapshot_limit, NUMBER),
	FIELD(hv_vm, snapshots_enabled, BOOL),
	FIELD(hv_vm, untracked, NUMBER),
	FIELD(hv_vm, chain, NUMBER),
	FIELD(hv_vm, delta_bytes, NUMBER),
	FIELD(hv_vm, oldest_us, NUMBER),
	FIELD(hv_vm, missing, BOOL),
	FIELD(hv_vm, unregistered, BOOL),
	FIELD(hv_vm, exporting, BOOL),
	NAMED(hv_vm, export_state, export_state_name, EXPORT_STATE_COUNT),
	FIELD(hv_vm, export_percent, NUMBER),
	FIELD(hv_vm, operation, UUID),
};
FORM(picture_vm_form, vm_fields);

static const struct picture_field operation_fields[] = {
	FIELD(hv_operation, uuid, UUID),
	FIELD(hv_operation, group, UUID),
	FIELD(hv_operation, sequence, NUMBER),
	NAMED(hv_operation, kind, operation_kind_name, OPERATION_KIND_COUNT),
	NAMED(hv_operation, state, operation_state_name, OPERATION_STATE_COUNT),
	NAMED(hv_operation, step, operation_step_name, STEP_COUNT),
	FIELD(hv_operation, unknown, BOOL),
	FIELD(hv_operation, vm, UUID),
	FIELD(hv_operation, host, UUID),
	FIELD(hv_operation, snapshot, UUID),
	FIELD(hv_operation, vm_name, TEXT),
	FIELD(hv_operation, snapshot_name, TEXT_NULL),
	FIELD(hv_operation, percent, NUMBER),
	FIELD(hv_operation, phase, TEXT_NULL),
	NAMED(hv_operation, status, hv_status_name, HV_STATUS_COUNT),
	FIELD(hv_operation, error, TEXT_NULL),
	FIELD(hv_operation, requested_by, TEXT),
	FIELD(hv_operation, created_us, NUMBER),
	FIELD(hv_operation, finished_us, NUMBER),
};
FORM(picture_operation_form, operation_fields);

static const struct picture_field tree_fields[] = {
	FIELD(hv_tree, vm, UUID),
	FIELD(hv_tree, current, INDEX),
	FIELD(hv_tree, now_since_us, NUMBER),
	FIELD(hv_tree, problem, TEXT_NULL),
};
FORM(picture_tree_form, tree_fields);

static const struct picture_field node_fields[] = {
	FIELD(hv_node, id, UUID),
	FIELD(hv_node, name, TEXT),
	FIELD(hv_node, internal_name, TEXT),
	FIELD(hv_node, description, TEXT_NULL),
	NAMED(hv_node, state, snapshot_state_name, SNAPSHOT_STATE_COUNT),
	NAMED(hv_node, type, snapshot_type_name, SNAPSHOT_TYPE_COUNT),
	NAMED(hv_node, kind, checkpoint_kind_name, CHECKPOINT_KIND_COUNT),
	FIELD(hv_node, untracked, BOOL),
	FIELD(hv_node, current, BOOL),
	FIELD(hv_node, orphan, BOOL),
	FIELD(hv_node, parent, INDEX),
	FIELD(hv_node, created_us, NUMBER),
	FIELD(hv_node, size_bytes, NUMBER),
	FIELD(hv_node, created_by, TEXT_NULL),
	FIELD(hv_node, offering, TEXT_NULL),
};
FORM(picture_node_form, node_fields);

static const struct picture_field volume_fields[] = {
	FIELD(hv_volume, id, UUID),
	FIELD(hv_volume, name, TEXT),
	FIELD(hv_volume, root, BOOL),
	FIELD(hv_volume, path, TEXT),
	FIELD(hv_volume, size_bytes, NUMBER),
	FIELD(hv_volume, chain_bytes, NUMBER),
};
FORM(picture_volume_form, volume_fields);
