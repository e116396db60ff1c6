/*
 * What goes wrong next. A fault is written NAME[:COMMAND][:ARGUMENT][xCOUNT]:
 *
 *   drop-before:CMD        the connection closes before the command is done
 *   drop-after:CMD         the command is done, then the connection closes without an answer
 *   late:CMD:MS            the answer comes MS milliseconds late
 *   false:CMD[:CODE]       answered result:false (HostError, or CODE) without being done
 *   die-mid:CMD[:WHERE]    the agent is killed; WHERE: intent (written, nothing done), running (the host works on it),
 *                          copying (ExportVm: with it the copy stops half-way), applied (the host has done its part;
 *                          the default), done (nothing is missing but the answer in the journal)
 *   slow:CMD:MS            the host takes MS milliseconds more for it
 *   damaged:CMD            what ExportVm or CreateVolumeSnapshot copies is not what the VM holds, and reading it back
 *                          shows it
 *   incomplete:ExportVm    the export misses a checkpoint, and the agent does not see it
 *   disk-full              checkpoints, applies and copies find no space, also those under way (DiskFull)
 *   storage-gone           the primary storage is away (StorageGone); merges stand still, copies end
 *   vss                    no guest can be quiesced (QuiesceFailed)
 *   latency:MS             every line takes MS milliseconds more, each way
 *   down                   the agent cannot be started
 *   garbage                noise before Ready, and one malformed line after it
 *   silent                 the agent takes everything and says nothing
 *
 * CMD is a command's name with or without "Command", or * for any. The faults of a command happen
 * COUNT times (default 1); the others stand until they are cleared.
 */
#ifndef HV_SIM_FAULTS_H
#define HV_SIM_FAULTS_H

#include "backend/sim/sim.h"

enum fault_kind {
	FAULT_DROP_BEFORE,
	FAULT_DROP_AFTER,
	FAULT_LATE,
	FAULT_FALSE,
	FAULT_DIE_MID,
	FAULT_SLOW,
	FAULT_DAMAGED,
	FAULT_INCOMPLETE,
	FAULT_DISK_FULL,
	FAULT_STORAGE_GONE,
	FAULT_VSS,
	FAULT_LATENCY,
	FAULT_DOWN,
	FAULT_GARBAGE,
	FAULT_SILENT,
	FAULT_COUNT
};

/** Whether a standing fault is set. */
bool fault_stands(struct sim *sim, enum fault_kind kind);
/** The argument of a standing fault as a number; `absent` when it is not set. */
int64_t fault_number(struct sim *sim, enum fault_kind kind, int64_t absent);
/**
 * Use up one fault for a command. `place`, when not NULL, must be the fault's argument (die-mid). True when there was
 * one; *ret_argument, when wanted, is then owned by the caller and may be NULL.
 */
bool fault_take(struct sim *sim, enum fault_kind kind, const char *command, const char *place, char **ret_argument);
/** The list above, a line for each. */
void fault_help(struct hv_text *text);

#endif
