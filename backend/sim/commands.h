/* One line of a client, understood: which command, for what, with which body. Nothing is done here. */
#ifndef HV_SIM_COMMANDS_H
#define HV_SIM_COMMANDS_H

#include <jansson.h>
#include "backend/base/uuid.h"
#include "backend/sim/sim.h"

enum command_kind {
	COMMAND_STARTUP,
	COMMAND_PING,
	COMMAND_GET_INVENTORY,
	COMMAND_HOST_VM_STATE_REPORT,
	COMMAND_CREATE,
	COMMAND_REVERT,
	COMMAND_DELETE,
	COMMAND_START,
	COMMAND_STOP,
	COMMAND_QUERY_OPERATION,
	COMMAND_QUIT,
	COMMAND_EXPORT,
	COMMAND_CANCEL_EXPORT,
	COMMAND_REMOVE_VM, /* keeps the export */
	COMMAND_IMPORT,
	COMMAND_DESTROY, /* keeps nothing */
	COMMAND_ATTACH,
	COMMAND_DETACH,
	COMMAND_RESIZE,
	COMMAND_SCALE,
	COMMAND_CREATE_VOLUME_SNAPSHOT,
	COMMAND_DELETE_VOLUME_SNAPSHOT,
	COMMAND_KIND_COUNT
};

struct command {
	enum command_kind kind;
	const char *name;   /* "CreateVMSnapshotCommand"; static */
	json_int_t id;
	json_t *line;       /* owned; what is borrowed below is in it */
	/* commands that are journaled; QueryOperation has the operation too */
	char operation[HV_UUID_TEXT_SIZE];
	int64_t epoch;
	char vm_uuid[HV_UUID_TEXT_SIZE];
	bool force;
	const json_t *target;      /* NULL: none */
	const char *snapshot_name; /* of the target; NULL: not told */
	bool with_memory;          /* type DiskAndMemory */
	char checkpoint[HV_UUID_TEXT_SIZE]; /* "": not known to the client */
	bool parent_told;
	char parent[HV_UUID_TEXT_SIZE]; /* "": the client believes in none */
	char export[HV_UUID_TEXT_SIZE];
	bool with_disks;  /* ExportVm */
	char volume[HV_UUID_TEXT_SIZE];
	char volume_snapshot[HV_UUID_TEXT_SIZE];
	const char *path; /* Attach */
	const char *name_of_copy; /* CreateVolumeSnapshot */
	int64_t size_bytes;       /* Attach: 0: the file must be there; ResizeVolume */
	int64_t cpus, memory_bytes; /* ScaleVm */
	const char *query; /* QueryOperation: name of the command asked about; static */
};

/* Why a line is not a command. */
struct command_error {
	bool has_id;
	json_int_t id;
	const char *answer; /* name of the answer; static */
	const char *code;   /* static */
	char details[256];
};

/** False: *ret_error says what to answer. */
bool command_parse(const char *line, size_t length, struct command *ret_command, struct command_error *ret_error);
void command_clear(struct command *command);
bool command_is_journaled(enum command_kind kind);
/** "StartAnswer" for "StartCommand"; static. */
const char *command_answer_name(const char *name);
/** The name with "Command" at its end, whether or not `name` has it; NULL when there is no such command. Static. */
const char *command_full_name(const char *name);
bool command_code_exists(const char *code);

#endif
