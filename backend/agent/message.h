/*
 * What is said to an agent and what it says, as structs: the engine sees these, never JSON. The wire form is in
 * protocol.md. Structs own their strings and lists; clear them.
 */
#ifndef HV_AGENT_MESSAGE_H
#define HV_AGENT_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>
#include "backend/base/status.h"
#include "backend/base/uuid.h"
#include "backend/domain/snapshot.h"
#include "backend/domain/virtual_machine.h"

enum agent_command_kind {
	AGENT_STARTUP,
	AGENT_PING,
	AGENT_GET_INVENTORY,
	AGENT_HOST_VM_STATE_REPORT,
	AGENT_CREATE_VM_SNAPSHOT,
	AGENT_REVERT_TO_VM_SNAPSHOT,
	AGENT_DELETE_VM_SNAPSHOT,
	AGENT_START,
	AGENT_STOP,
	AGENT_QUERY_OPERATION,
	AGENT_EXPORT_VM,
	AGENT_CANCEL_EXPORT,
	AGENT_REMOVE_VM, /* keeps the export */
	AGENT_IMPORT_VM,
	AGENT_DESTROY,   /* keeps nothing */
	AGENT_ATTACH,
	AGENT_DETTACH,   /* the specification's spelling */
	AGENT_RESIZE_VOLUME,
	AGENT_SCALE_VM,
	AGENT_CREATE_VOLUME_SNAPSHOT,
	AGENT_DELETE_VOLUME_SNAPSHOT,
	AGENT_COMMAND_COUNT
};

/* Why a command failed (protocol.md, "Codes"). */
enum agent_code {
	AGENT_CODE_NONE, /* it did not fail */
	AGENT_CODE_UNKNOWN_COMMAND,
	AGENT_CODE_BAD_BODY,
	AGENT_CODE_LINE_TOO_LONG,
	AGENT_CODE_VM_NOT_FOUND,
	AGENT_CODE_SNAPSHOT_NOT_FOUND,
	AGENT_CODE_INVALID_STATE,
	AGENT_CODE_BUSY,
	AGENT_CODE_STALE_VIEW,
	AGENT_CODE_DISK_FULL,
	AGENT_CODE_STORAGE_GONE,
	AGENT_CODE_QUIESCE_FAILED,
	AGENT_CODE_LIMIT_REACHED,
	AGENT_CODE_ACCESS_DENIED,
	AGENT_CODE_NOT_SUPPORTED,
	AGENT_CODE_CANCELLED,
	AGENT_CODE_FENCED,
	AGENT_CODE_HOST_ERROR,
	AGENT_CODE_COUNT
};

enum agent_capability {
	AGENT_CAN_REVERT_MEMORY_FROM_OFF = 1 << 0, /* V1 */
	AGENT_CAN_PRODUCTION_CHECKPOINTS = 1 << 1,
	AGENT_CAN_EXPORT = 1 << 2,  /* ExportVm, CancelExport, RemoveVm, ImportVm */
	AGENT_CAN_VOLUMES = 1 << 3, /* Attach, Dettach, ResizeVolume, ScaleVm, volume snapshots, Destroy */
};

/* VMSnapshotTO: the snapshot that a command is about. */
struct agent_target {
	struct hv_uuid uuid;
	char *name;         /* internal name */
	char *display_name;
	char *description;  /* may be NULL */
	enum snapshot_type type;
	bool quiesce;
	struct hv_uuid checkpoint;        /* nil: not known yet */
	struct hv_uuid parent_checkpoint; /* nil: none */
};

struct agent_command {
	enum agent_command_kind kind;
	struct hv_uuid operation; /* with the kind: key of the journal; nil for commands that change nothing */
	int64_t epoch;            /* of the operation: the fence */
	struct hv_uuid vm_uuid;
	char *vm_name;
	struct agent_target target;
	struct volume_list volumes; /* with a target: the VM's volumes as this console knows them (C1) */
	bool force;               /* Stop: turn off instead of shutting down */
	struct hv_uuid export;    /* ExportVm, CancelExport, RemoveVm, ImportVm */
	bool with_disks;          /* ExportVm; false: only the definition */
	struct hv_uuid volume;    /* Dettach, ResizeVolume, CreateVolumeSnapshot */
	char *path;               /* Attach */
	int64_t size_bytes;       /* Attach: 0: the file must be there; ResizeVolume */
	int64_t cpus;             /* ScaleVm */
	int64_t memory_bytes;     /* ScaleVm */
	struct hv_uuid volume_snapshot; /* Create-, DeleteVolumeSnapshot */
	char *volume_snapshot_name;     /* CreateVolumeSnapshot */
	enum agent_command_kind query_kind; /* QueryOperation: the command asked about */
	int64_t mark;                       /* the asker's own: never sent, the answer brings it back */
};
void agent_command_clear(struct agent_command *command);

/* The newest export of a VM (P2). */
struct agent_export {
	struct hv_uuid id; /* nil: there is none */
	enum export_state state;
	int64_t percent;   /* Running: of the bytes; -1: not known */
	bool with_disks;
	bool matches;      /* Complete, and the VM has not changed since */
	int64_t created_us;
};

/* A copy of one disk that the host keeps (X3). */
struct agent_volume_snapshot {
	struct hv_uuid id;
	struct hv_uuid volume;
	char *name;
	char *path;
	int64_t size_bytes;
	int64_t created_us;
};
struct agent_volume_snapshot_list {
	struct agent_volume_snapshot *items;
	size_t count;
	size_t capacity;
};
void agent_volume_snapshot_list_clear(struct agent_volume_snapshot_list *list);
struct agent_volume_snapshot *agent_volume_snapshot_list_add(struct agent_volume_snapshot_list *list);

/* One VM as the host sees it. */
struct agent_vm {
	struct hv_uuid uuid;
	char *name;
	enum vm_state state; /* never a transitional one but Starting, Stopping */
	int64_t cpus;
	int64_t memory_bytes;
	struct hv_uuid checkpoint; /* parent of the running state; nil: none */
	char *activity;            /* "merging disks"; NULL when nothing goes on */
	int64_t activity_percent;  /* -1: none */
	int64_t revision;          /* a later reading has no smaller one; 0: the agent cannot tell */
	bool unregistered;         /* only its export is there (P2); all else is as the export holds it */
	struct agent_export export;
	struct volume_list volumes;
	struct checkpoint_list checkpoints;
	struct agent_volume_snapshot_list volume_snapshots;
};
struct agent_vm_list {
	struct agent_vm *items;
	size_t count;
	size_t capacity;
};
void agent_vm_clear(struct agent_vm *vm);
void agent_vm_list_clear(struct agent_vm_list *list);
struct agent_vm *agent_vm_list_add(struct agent_vm_list *list);

enum agent_journal_state { AGENT_JOURNAL_UNKNOWN, AGENT_JOURNAL_RUNNING, AGENT_JOURNAL_DONE };

struct agent_answer {
	enum agent_command_kind kind;
	struct hv_uuid operation;
	int64_t mark; /* of the command that this answers */
	bool result;
	bool replayed;
	enum agent_code code; /* AGENT_CODE_NONE when result */
	char *details;        /* a sentence of the host; untrusted text, valid UTF-8; NULL when none */
	/* after every command on a VM, also a failed one, when the agent could tell */
	bool has_vm;
	struct agent_vm vm;   /* how it is now: state, pointer, volumes, checkpoints */
	/* Create */
	struct hv_uuid checkpoint;
	int64_t created_us; /* CreateVolumeSnapshot, too */
	/* ExportVm: the VM as it was read back from the export */
	bool has_exported;
	struct agent_vm exported;
	/* Attach */
	struct hv_uuid volume;
	/* CreateVolumeSnapshot */
	char *path;
	int64_t size_bytes;
	/* GetInventory */
	struct agent_vm_list inventory;
	/* QueryOperation: what was asked about, and its recorded answer when Done */
	enum agent_journal_state journal;
	enum agent_command_kind query_kind;
	struct agent_answer *recorded; /* owned; NULL unless Done */
};
void agent_answer_clear(struct agent_answer *answer);

/* The Ready event. */
struct agent_hello {
	int64_t protocol;
	char *agent;
	char *host_name;
	struct hv_uuid host_uuid;
	char *version;
	unsigned capabilities; /* enum agent_capability */
	/* what the agent may tell beside; NULL and 0: it does not */
	char *powershell;
	char *module;
	char *user;
	bool administrator, hyperv_administrator;
	int64_t time_us; /* the host's clock */
	char *problem; /* why commands about VMs will be refused there */
};
void agent_hello_clear(struct agent_hello *hello);

struct agent_host_status {
	int64_t free_bytes; /* -1: not known */
	bool storage_up;
};

const char *agent_command_name(enum agent_command_kind kind); /* "CreateVMSnapshotCommand" */
bool agent_command_parse(const char *name, enum agent_command_kind *ret_kind);
const char *agent_answer_name(enum agent_command_kind kind);  /* "CreateVMSnapshotAnswer" */
const char *agent_code_name(enum agent_code code);            /* "DiskFull" */
bool agent_code_parse(const char *name, enum agent_code *ret_code);

#endif
