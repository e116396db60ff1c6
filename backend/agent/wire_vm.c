#include "backend/agent/wire_vm.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

#define VMS_MAX 20000
#define VOLUMES_MAX 1024
#define CHECKPOINTS_MAX 20000
#define VOLUME_SNAPSHOTS_MAX 20000

/* ---- names ---- */

/* A host knows fewer states than the workflows do: Snapshotting and the like are ours to say (S2). */
static bool parse_host_vm_state(const char *name, int *ret_value)
{
	static const enum vm_state told[] = {VM_RUNNING, VM_STOPPED, VM_SAVED, VM_PAUSED, VM_STARTING,
		VM_STOPPING, VM_ERROR, VM_UNKNOWN};
	for (size_t i = 0; i < HV_ARRAY_LEN(told); i++) {
		if (strcmp(vm_state_name(told[i]), name) == 0) {
			*ret_value = (int)told[i];
			return true;
		}
	}
	return false;
}

static bool parse_checkpoint_kind(const char *name, int *ret_value)
{
	enum checkpoint_kind kind;
	if (!checkpoint_kind_parse(name, &kind)) {
		return false;
	}
	*ret_value = (int)kind;
	return true;
}

static bool parse_volume_type(const char *name, int *ret_value)
{
	*ret_value = strcmp(name, "ROOT") == 0;
	return *ret_value || strcmp(name, "DATADISK") == 0;
}

static bool parse_export_state(const char *name, int *ret_value)
{
	enum export_state state;
	if (!export_state_parse(name, &state) || state == EXPORT_NONE) {
		return false;
	}
	*ret_value = (int)state;
	return true;
}

/* ---- lists ---- */

static int compare_uuids(const void *a, const void *b)
{
	return hv_uuid_compare(a, b);
}

/* The store keys by these: a host that says two things about one id cannot be believed. */
static bool has_duplicates(const void *items, size_t count, size_t size, size_t offset)
{
	if (count < 2) {
		return false;
	}
	struct hv_uuid *ids = hv_realloc_array(NULL, count, sizeof *ids);
	for (size_t i = 0; i < count; i++) {
		memcpy(&ids[i], (const char *)items + i * size + offset, sizeof ids[i]);
	}
	qsort(ids, count, sizeof *ids, compare_uuids);
	bool found = false;
	for (size_t i = 1; i < count && !found; i++) {
		found = hv_uuid_equal(&ids[i - 1], &ids[i]);
	}
	free(ids);
	return found;
}

struct volume_fields {
	struct volume volume;
	int root;
};
static const struct field volume_table[] = {
	WIRE_REQUIRED(FIELD_UUID, volume_fields, volume.uuid, "uuid"),
	WIRE_REQUIRED(FIELD_TEXT, volume_fields, volume.name, "name"),
	WIRE_NAMED(volume_fields, root, "volumeType", parse_volume_type),
	WIRE_NUMBER(volume_fields, volume.device_id, "deviceId", 0, INT32_MAX),
	WIRE_REQUIRED(FIELD_TEXT, volume_fields, volume.path, "path"),
	WIRE_NUMBER(volume_fields, volume.size_bytes, "size", 0, WIRE_BYTES_MAX),
	WIRE_NUMBER(volume_fields, volume.chain_bytes, "chainSize", 0, WIRE_BYTES_MAX),
};

static enum hv_status decode_volumes(const json_t *object, struct volume_list *to, struct hv_error *err)
{
	const json_t *list;
	enum hv_status status = wire_member_list(object, "volumes", "a VM", VOLUMES_MAX, &list, err);
	for (size_t i = 0; status == HV_OK && i < json_array_size(list); i++) {
		struct volume_fields fields = {0};
		status = wire_fields(json_array_get(list, i), volume_table,
			HV_ARRAY_LEN(volume_table), "a volume", &fields, err);
		fields.volume.root = fields.root != 0;
		*volume_list_add(to) = fields.volume; /* also a broken one: it is cleared with the list */
	}
	if (status == HV_OK && has_duplicates(to->items, to->count, sizeof *to->items,
				       offsetof(struct volume, uuid))) {
		return hv_error_set(err, HV_ERR_PROTOCOL, "two volumes of a VM have the same 'uuid'");
	}
	return status;
}

struct checkpoint_fields {
	struct checkpoint checkpoint;
	int kind;
};
static const struct field checkpoint_table[] = {
	WIRE_REQUIRED(FIELD_UUID, checkpoint_fields, checkpoint.id, "id"),
	WIRE_REQUIRED(FIELD_TEXT, checkpoint_fields, checkpoint.name, "name"),
	WIRE_NULLABLE(FIELD_UUID, checkpoint_fields, checkpoint.parent, "parent"),
	WIRE_NAMED(checkpoint_fields, kind, "kind", parse_checkpoint_kind),
	WIRE_REQUIRED(FIELD_BOOL, checkpoint_fields, checkpoint.has_memory, "hasMemory"),
	WIRE_NUMBER(checkpoint_fields, checkpoint.created_us, "created", 0, WIRE_TIME_MAX),
	WIRE_NUMBER(checkpoint_fields, checkpoint.size_bytes, "size", 0, WIRE_BYTES_MAX),
};

static enum hv_status decode_checkpoints(
	const json_t *object, struct checkpoint_list *to, struct hv_error *err)
{
	const json_t *list;
	enum hv_status status =
		wire_member_list(object, "checkpoints", "a VM", CHECKPOINTS_MAX, &list, err);
	for (size_t i = 0; status == HV_OK && i < json_array_size(list); i++) {
		struct checkpoint_fields fields = {0};
		status = wire_fields(json_array_get(list, i), checkpoint_table,
			HV_ARRAY_LEN(checkpoint_table), "a checkpoint", &fields, err);
		fields.checkpoint.kind = (enum checkpoint_kind)fields.kind;
		*checkpoint_list_add(to) = fields.checkpoint;
		if (status == HV_OK &&
			hv_uuid_equal(&fields.checkpoint.id, &fields.checkpoint.parent)) {
			return hv_error_set(err, HV_ERR_PROTOCOL, "a checkpoint is its own parent");
		}
	}
	if (status == HV_OK && has_duplicates(to->items, to->count, sizeof *to->items,
				       offsetof(struct checkpoint, id))) {
		return hv_error_set(
			err, HV_ERR_PROTOCOL, "two checkpoints of a VM have the same 'id'");
	}
	return status;
}

static const struct field volume_snapshot_table[] = {
	WIRE_REQUIRED(FIELD_UUID, agent_volume_snapshot, id, "id"),
	WIRE_REQUIRED(FIELD_UUID, agent_volume_snapshot, volume, "volumeUuid"),
	WIRE_REQUIRED(FIELD_TEXT, agent_volume_snapshot, name, "name"),
	WIRE_REQUIRED(FIELD_TEXT, agent_volume_snapshot, path, "path"),
	WIRE_NUMBER(agent_volume_snapshot, size_bytes, "size", 0, WIRE_BYTES_MAX),
	WIRE_NUMBER(agent_volume_snapshot, created_us, "created", 0, WIRE_TIME_MAX),
};

static enum hv_status decode_volume_snapshots(
	const json_t *object, struct agent_volume_snapshot_list *to, struct hv_error *err)
{
	const json_t *list;
	if (!json_object_get(object, "volumeSnapshots")) { /* an agent that keeps none */
		return HV_OK;
	}
	enum hv_status status = wire_member_list(
		object, "volumeSnapshots", "a VM", VOLUME_SNAPSHOTS_MAX, &list, err);
	for (size_t i = 0; status == HV_OK && i < json_array_size(list); i++) {
		status = wire_fields(json_array_get(list, i), volume_snapshot_table,
			HV_ARRAY_LEN(volume_snapshot_table), "a volume snapshot",
			agent_volume_snapshot_list_add(to), err);
	}
	if (status == HV_OK && has_duplicates(to->items, to->count, sizeof *to->items,
				       offsetof(struct agent_volume_snapshot, id))) {
		return hv_error_set(
			err, HV_ERR_PROTOCOL, "two volume snapshots of a VM have the same 'id'");
	}
	return status;
}

/* ---- the export ---- */

struct export_fields {
	struct agent_export export;
	int state;
};
static const struct field export_table[] = {
	WIRE_REQUIRED(FIELD_UUID, export_fields, export.id, "id"),
	WIRE_NAMED(export_fields, state, "state", parse_export_state),
	WIRE_NULLABLE_NUMBER(export_fields, export.percent, "percent", -1, 100),
	WIRE_REQUIRED(FIELD_BOOL, export_fields, export.with_disks, "disks"),
	WIRE_REQUIRED(FIELD_BOOL, export_fields, export.matches, "matches"),
	WIRE_NUMBER(export_fields, export.created_us, "created", 0, WIRE_TIME_MAX),
};

static enum hv_status decode_export(const json_t *object, struct agent_vm *vm, struct hv_error *err)
{
	const json_t *export;
	struct export_fields fields = {.export.percent = -1};
	enum hv_status status =
		wire_member_object(object, "export", "a VM", FIELD_NULLABLE, &export, err);
	if (status == HV_OK && export) {
		status = wire_fields(
			export, export_table, HV_ARRAY_LEN(export_table), "an export", &fields, err);
		fields.export.state = (enum export_state)fields.state;
	}
	vm->export = fields.export;
	if (status == HV_OK && vm->export.matches && vm->export.state != EXPORT_COMPLETE) {
		return hv_error_set(err, HV_ERR_PROTOCOL, "an export that is not Complete matches");
	}
	return status;
}

/* ---- the VM ---- */

struct vm_fields {
	struct agent_vm vm;
	int state;
	bool registered;
};
static const struct field vm_table[] = {
	WIRE_REQUIRED(FIELD_UUID, vm_fields, vm.uuid, "vmUuid"),
	WIRE_REQUIRED(FIELD_TEXT, vm_fields, vm.name, "vmName"),
	WIRE_NAMED(vm_fields, state, "state", parse_host_vm_state),
	/* the rest is not told in a state report */
	WIRE_NUMBER(vm_fields, vm.cpus, "cpus", 0, 1000000),
	WIRE_NUMBER(vm_fields, vm.memory_bytes, "memoryBytes", 0, WIRE_BYTES_MAX),
	WIRE_NULLABLE(FIELD_UUID, vm_fields, vm.checkpoint, "parentCheckpoint"),
	WIRE_NULLABLE(FIELD_TEXT, vm_fields, vm.activity, "activity"),
	WIRE_NULLABLE_NUMBER(vm_fields, vm.activity_percent, "activityPercent", -1, 100),
	WIRE_NULLABLE_NUMBER(vm_fields, vm.revision, "revision", 0, INT64_MAX),
	WIRE_NULLABLE(FIELD_BOOL, vm_fields, registered, "registered"),
};
#define STATE_REPORT_FIELDS 3

enum hv_status wire_vm(
	const json_t *object, bool whole, struct agent_vm *ret_vm, struct hv_error *err)
{
	struct vm_fields fields = {.vm.activity_percent = -1, .registered = true};
	enum hv_status status = wire_fields(object, vm_table,
		whole ? HV_ARRAY_LEN(vm_table) : STATE_REPORT_FIELDS, "a VM", &fields, err);
	fields.vm.state = (enum vm_state)fields.state;
	fields.vm.unregistered = !fields.registered;
	if (status == HV_OK && whole) {
		status = decode_export(object, &fields.vm, err);
	}
	if (status == HV_OK && whole) {
		status = decode_volumes(object, &fields.vm.volumes, err);
	}
	if (status == HV_OK && whole) {
		status = decode_checkpoints(object, &fields.vm.checkpoints, err);
	}
	if (status == HV_OK && whole) {
		status = decode_volume_snapshots(object, &fields.vm.volume_snapshots, err);
	}
	if (status == HV_OK && fields.vm.unregistered && fields.vm.state != VM_STOPPED) {
		status = hv_error_set(err, HV_ERR_PROTOCOL, "a VM that is not registered is not Stopped");
	}
	if (status != HV_OK) {
		agent_vm_clear(&fields.vm);
		return status;
	}
	*ret_vm = fields.vm;
	return HV_OK;
}

enum hv_status wire_vms(
	const json_t *body, bool whole, struct agent_vm_list *to, struct hv_error *err)
{
	const json_t *list;
	enum hv_status status = wire_member_list(body, "vms", "the answer", VMS_MAX, &list, err);
	for (size_t i = 0; status == HV_OK && i < json_array_size(list); i++) {
		struct agent_vm vm;
		status = wire_vm(json_array_get(list, i), whole, &vm, err);
		if (status == HV_OK) {
			*agent_vm_list_add(to) = vm;
		}
	}
	if (status == HV_OK && has_duplicates(to->items, to->count, sizeof *to->items,
				       offsetof(struct agent_vm, uuid))) {
		return hv_error_set(err, HV_ERR_PROTOCOL, "two VMs have the same 'vmUuid'");
	}
	return status;
}
