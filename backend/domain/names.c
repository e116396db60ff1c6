#include "backend/domain/names.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "backend/base/attributes.h"

static bool find_name(const char *const *names, size_t count, const char *name, size_t *ret_index)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

/* Both directions from one table. */
#define DEFINE_NAMES(prefix, type, count_value)                                                            \
	static_assert(HV_ARRAY_LEN(prefix##_names) == (count_value), "a name for every " #type);           \
	const char *prefix##_name(enum type value)                                                         \
	{                                                                                                  \
		return (size_t)value < (count_value) ? prefix##_names[value] : "?";                        \
	}                                                                                                  \
	bool prefix##_parse(const char *name, enum type *ret_value)                                        \
	{                                                                                                  \
		size_t index;                                                                              \
		if (!find_name(prefix##_names, (count_value), name, &index)) {                             \
			return false;                                                                      \
		}                                                                                          \
		*ret_value = (enum type)index;                                                             \
		return true;                                                                               \
	}

static const char *const snapshot_state_names[] = {
	[SNAPSHOT_ALLOCATED] = "Allocated",
	[SNAPSHOT_CREATING] = "Creating",
	[SNAPSHOT_READY] = "Ready",
	[SNAPSHOT_REVERTING] = "Reverting",
	[SNAPSHOT_EXPUNGING] = "Expunging",
	[SNAPSHOT_REMOVED] = "Removed",
	[SNAPSHOT_ERROR] = "Error",
};
DEFINE_NAMES(snapshot_state, snapshot_state, SNAPSHOT_STATE_COUNT)

static const char *const snapshot_type_names[] = {
	[SNAPSHOT_DISK] = "Disk",
	[SNAPSHOT_DISK_AND_MEMORY] = "DiskAndMemory",
};
DEFINE_NAMES(snapshot_type, snapshot_type, SNAPSHOT_TYPE_COUNT)

static const char *const checkpoint_kind_names[] = {
	[CHECKPOINT_STANDARD] = "Standard",
	[CHECKPOINT_RECOVERY] = "Recovery",
	[CHECKPOINT_PLANNED] = "Planned",
	[CHECKPOINT_MISSING] = "Missing",
	[CHECKPOINT_REPLICA] = "Replica",
	[CHECKPOINT_AUTOMATIC] = "Automatic",
};
DEFINE_NAMES(checkpoint_kind, checkpoint_kind, CHECKPOINT_KIND_COUNT)

static const char *const vm_state_names[] = {
	[VM_RUNNING] = "Running",
	[VM_STOPPED] = "Stopped",
	[VM_STARTING] = "Starting",
	[VM_STOPPING] = "Stopping",
	[VM_SAVED] = "Saved",
	[VM_PAUSED] = "Paused",
	[VM_SNAPSHOTTING] = "Snapshotting",
	[VM_REVERTING] = "Reverting",
	[VM_EXPORTING] = "Exporting",
	[VM_IMPORTING] = "Importing",
	[VM_DESTROYED] = "Destroyed",
	[VM_ERROR] = "Error",
	[VM_UNKNOWN] = "Unknown",
};
DEFINE_NAMES(vm_state, vm_state, VM_STATE_COUNT)

static const char *const export_state_names[] = {
	[EXPORT_NONE] = "None",
	[EXPORT_RUNNING] = "Running",
	[EXPORT_COMPLETE] = "Complete",
	[EXPORT_BROKEN] = "Broken",
};
DEFINE_NAMES(export_state, export_state, EXPORT_STATE_COUNT)

static const char *const stop_policy_names[] = {
	[STOP_POLICY_KEEP] = "keep",
	[STOP_POLICY_EXPORT] = "export",
	[STOP_POLICY_EXPORT_AT_SNAPSHOT] = "export-at-snapshot",
};
DEFINE_NAMES(stop_policy, stop_policy, STOP_POLICY_COUNT)

static const char *const host_state_names[] = {
	[HOST_DISCONNECTED] = "Disconnected",
	[HOST_CONNECTING] = "Connecting",
	[HOST_UP] = "Up",
	[HOST_LOST] = "Lost",
};
DEFINE_NAMES(host_state, host_state, HOST_STATE_COUNT)

static const char *const operation_kind_names[] = {
	[OPERATION_CREATE_SNAPSHOT] = "CreateSnapshot",
	[OPERATION_REVERT_SNAPSHOT] = "RevertSnapshot",
	[OPERATION_DELETE_SNAPSHOT] = "DeleteSnapshot",
	[OPERATION_START_VM] = "StartVm",
	[OPERATION_STOP_VM] = "StopVm",
	[OPERATION_EXPORT_VM] = "ExportVm",
	[OPERATION_REMOVE_VM] = "RemoveVm",
	[OPERATION_DESTROY_VM] = "DestroyVm",
	[OPERATION_ATTACH_VOLUME] = "AttachVolume",
	[OPERATION_DETACH_VOLUME] = "DetachVolume",
	[OPERATION_RESIZE_VOLUME] = "ResizeVolume",
	[OPERATION_SCALE_VM] = "ScaleVm",
	[OPERATION_CREATE_VOLUME_SNAPSHOT] = "CreateVolumeSnapshot",
	[OPERATION_DELETE_VOLUME_SNAPSHOT] = "DeleteVolumeSnapshot",
};
DEFINE_NAMES(operation_kind, operation_kind, OPERATION_KIND_COUNT)

static const char *const operation_state_names[] = {
	[OPERATION_QUEUED] = "Queued",
	[OPERATION_RUNNING] = "Running",
	[OPERATION_DONE] = "Done",
	[OPERATION_FAILED] = "Failed",
	[OPERATION_CANCELLED] = "Cancelled",
};
DEFINE_NAMES(operation_state, operation_state, OPERATION_STATE_COUNT)

static const char *const operation_step_names[] = {
	[STEP_CHECK] = "check",
	[STEP_ALLOCATE] = "allocate",
	[STEP_PREPARE_VM] = "prepare-vm",
	[STEP_BEGIN] = "begin",
	[STEP_SEND] = "send",
	[STEP_RECORD] = "record",
	[STEP_UNDO] = "undo",
	[STEP_FINISH] = "finish",
};
DEFINE_NAMES(operation_step, operation_step, STEP_COUNT)
