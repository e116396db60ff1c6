/*
 * The enumerations that appear in the store, on the wire and on the screen, and their spelling: one table each,
 * used in both directions (S1, S2, T3). Spellings are the functional specification's.
 */
#ifndef HV_DOMAIN_NAMES_H
#define HV_DOMAIN_NAMES_H

#include <stdbool.h>

enum snapshot_state {
	SNAPSHOT_ALLOCATED,
	SNAPSHOT_CREATING,
	SNAPSHOT_READY,
	SNAPSHOT_REVERTING,
	SNAPSHOT_EXPUNGING,
	SNAPSHOT_REMOVED,
	SNAPSHOT_ERROR,
	SNAPSHOT_STATE_COUNT
};

enum snapshot_type { SNAPSHOT_DISK, SNAPSHOT_DISK_AND_MEMORY, SNAPSHOT_TYPE_COUNT };

/* What a checkpoint on a host is; only Standard ones can be tracked (hyperv.md 3.2). */
enum checkpoint_kind {
	CHECKPOINT_STANDARD,
	CHECKPOINT_RECOVERY, /* belongs to a backup */
	CHECKPOINT_PLANNED,
	CHECKPOINT_MISSING, /* placeholder of an absent parent */
	CHECKPOINT_REPLICA,
	CHECKPOINT_AUTOMATIC,
	CHECKPOINT_KIND_COUNT
};

enum vm_state {
	VM_RUNNING,
	VM_STOPPED,
	VM_STARTING,
	VM_STOPPING,
	VM_SAVED,
	VM_PAUSED,
	VM_SNAPSHOTTING,
	VM_REVERTING,
	VM_EXPORTING,
	VM_IMPORTING,
	VM_DESTROYED,
	VM_ERROR,
	VM_UNKNOWN,
	VM_STATE_COUNT
};

/* What is known of a VM's newest export (P2). */
enum export_state {
	EXPORT_NONE,
	EXPORT_RUNNING,
	EXPORT_COMPLETE, /* copied, read back, and found equal to the VM */
	EXPORT_BROKEN,   /* was complete once; its files do not hold it any more */
	EXPORT_STATE_COUNT
};

/* What becomes of a VM that is stopped on a host (P1, P2, P3). */
enum stop_policy {
	STOP_POLICY_KEEP,              /* it stays registered */
	STOP_POLICY_EXPORT,            /* it is exported and then taken off the host */
	STOP_POLICY_EXPORT_AT_SNAPSHOT, /* the same, and each create exports, so that a stop has nothing left to do */
	STOP_POLICY_COUNT
};

enum host_state {
	HOST_DISCONNECTED, /* nobody tries to connect */
	HOST_CONNECTING,
	HOST_UP,
	HOST_LOST, /* was up, or could not be reached; rows are stale (U3) */
	HOST_STATE_COUNT
};

enum operation_kind {
	OPERATION_CREATE_SNAPSHOT,
	OPERATION_REVERT_SNAPSHOT,
	OPERATION_DELETE_SNAPSHOT,
	OPERATION_START_VM,
	OPERATION_STOP_VM,
	OPERATION_EXPORT_VM,
	OPERATION_REMOVE_VM, /* off its host; its export stays (P2) */
	OPERATION_DESTROY_VM,
	OPERATION_ATTACH_VOLUME,
	OPERATION_DETACH_VOLUME,
	OPERATION_RESIZE_VOLUME,
	OPERATION_SCALE_VM,
	OPERATION_CREATE_VOLUME_SNAPSHOT,
	OPERATION_DELETE_VOLUME_SNAPSHOT,
	OPERATION_KIND_COUNT
};

/* The life of an operation; see operation.h. */
enum operation_state {
	OPERATION_QUEUED,    /* waits for the operation before it in its group, or for the VM to be free */
	OPERATION_RUNNING,   /* live: the one operation of its VM (X1) */
	OPERATION_DONE,
	OPERATION_FAILED,
	OPERATION_CANCELLED, /* never began: the one before it in its group did not succeed, or the user's wish */
	OPERATION_STATE_COUNT
};

/* The steps of all workflows (C1, V, D); each workflow is a table of some of these, in this order. */
enum operation_step {
	STEP_CHECK,
	STEP_ALLOCATE,
	STEP_PREPARE_VM, /* V1, V2, P2: bring the VM to the state that the revert or the start needs */
	STEP_BEGIN,
	STEP_SEND,
	STEP_RECORD,
	STEP_UNDO, /* P4: take back what an export has copied */
	STEP_FINISH,
	STEP_COUNT
};

const char *snapshot_state_name(enum snapshot_state state);
bool snapshot_state_parse(const char *name, enum snapshot_state *ret_state);
const char *snapshot_type_name(enum snapshot_type type); /* "Disk", "DiskAndMemory" */
bool snapshot_type_parse(const char *name, enum snapshot_type *ret_type);
const char *checkpoint_kind_name(enum checkpoint_kind kind);
bool checkpoint_kind_parse(const char *name, enum checkpoint_kind *ret_kind);
const char *vm_state_name(enum vm_state state);
bool vm_state_parse(const char *name, enum vm_state *ret_state);
const char *export_state_name(enum export_state state);
bool export_state_parse(const char *name, enum export_state *ret_state);
const char *stop_policy_name(enum stop_policy policy); /* "keep", "export", "export-at-snapshot" */
bool stop_policy_parse(const char *name, enum stop_policy *ret_policy);
const char *host_state_name(enum host_state state);
bool host_state_parse(const char *name, enum host_state *ret_state);
const char *operation_kind_name(enum operation_kind kind); /* "CreateSnapshot" ... */
bool operation_kind_parse(const char *name, enum operation_kind *ret_kind);
const char *operation_state_name(enum operation_state state);
bool operation_state_parse(const char *name, enum operation_state *ret_state);
const char *operation_step_name(enum operation_step step); /* "check" ... */
bool operation_step_parse(const char *name, enum operation_step *ret_step);

#endif
