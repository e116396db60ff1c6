#include "backend/domain/vm_state.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/attributes.h"

/*
 * The states of a VM, and what is true in each.
 *
 *   settled (what the host said last):   RUNNING STOPPED SAVED PAUSED ERROR UNKNOWN
 *   held by the VM's one live operation: STARTING STOPPING SNAPSHOTTING REVERTING EXPORTING IMPORTING
 *   nothing is left of it:               DESTROYED
 *
 *   settled  --(Start|Stop|Snapshot|Revert|Export|Import)Requested-->  held   [engine, STEP_BEGIN or STEP_PREPARE_VM]
 *   held     --the same request-->                                    held   re-send (Y1)
 *   STARTING, STOPPING --RevertRequested-->                        REVERTING  V1, V2: a revert that had to start or
 *                                                                             stop the VM first goes on
 *   held     --Ended<what the host said>-->                         settled   [engine, STEP_FINISH]
 *   settled  --Reported<what the host said>-->                      settled   [engine, state report]
 *   settled  --DestroyRequested-->                                  STOPPING  --EndedDestroyed--> DESTROYED
 *   DESTROYED --Reported<what the host said>-->                     settled   somebody brought it back from a copy
 *
 * A report never changes a held state: the operation's own answer does. Reports during it are kept in
 * virtual_machine.power_state. UNKNOWN is a settled state: the host says something that is none of the others,
 * or has not been asked since the last operation went unanswered.
 */
#define NEXT(state) ((state) + 1) /* 0 stands for "not allowed" */

#define REPORTS                                                                                            \
	[VM_EVENT_REPORTED_RUNNING] = NEXT(VM_RUNNING), [VM_EVENT_REPORTED_STOPPED] = NEXT(VM_STOPPED),    \
	[VM_EVENT_REPORTED_SAVED] = NEXT(VM_SAVED), [VM_EVENT_REPORTED_PAUSED] = NEXT(VM_PAUSED),          \
	[VM_EVENT_REPORTED_ERROR] = NEXT(VM_ERROR), [VM_EVENT_REPORTED_UNKNOWN] = NEXT(VM_UNKNOWN)

#define ENDS                                                                                               \
	[VM_EVENT_ENDED_RUNNING] = NEXT(VM_RUNNING), [VM_EVENT_ENDED_STOPPED] = NEXT(VM_STOPPED),          \
	[VM_EVENT_ENDED_SAVED] = NEXT(VM_SAVED), [VM_EVENT_ENDED_PAUSED] = NEXT(VM_PAUSED),                \
	[VM_EVENT_ENDED_ERROR] = NEXT(VM_ERROR), [VM_EVENT_ENDED_UNKNOWN] = NEXT(VM_UNKNOWN)

static const uint8_t transitions[VM_STATE_COUNT][VM_EVENT_COUNT] = {
	[VM_RUNNING] =
		{
			[VM_EVENT_STOP_REQUESTED] = NEXT(VM_STOPPING),
			[VM_EVENT_SNAPSHOT_REQUESTED] = NEXT(VM_SNAPSHOTTING),
			[VM_EVENT_REVERT_REQUESTED] = NEXT(VM_REVERTING),
			[VM_EVENT_EXPORT_REQUESTED] = NEXT(VM_EXPORTING),
			[VM_EVENT_DESTROY_REQUESTED] = NEXT(VM_STOPPING),
			REPORTS,
		},
	[VM_STOPPED] =
		{
			[VM_EVENT_START_REQUESTED] = NEXT(VM_STARTING),
			[VM_EVENT_SNAPSHOT_REQUESTED] = NEXT(VM_SNAPSHOTTING),
			[VM_EVENT_REVERT_REQUESTED] = NEXT(VM_REVERTING),
			[VM_EVENT_EXPORT_REQUESTED] = NEXT(VM_EXPORTING),
			[VM_EVENT_IMPORT_REQUESTED] = NEXT(VM_IMPORTING),
			[VM_EVENT_DESTROY_REQUESTED] = NEXT(VM_STOPPING),
			REPORTS,
		},
	[VM_SAVED] =
		{
			[VM_EVENT_START_REQUESTED] = NEXT(VM_STARTING),
			[VM_EVENT_STOP_REQUESTED] = NEXT(VM_STOPPING),
			[VM_EVENT_REVERT_REQUESTED] = NEXT(VM_REVERTING),
			[VM_EVENT_DESTROY_REQUESTED] = NEXT(VM_STOPPING),
			REPORTS,
		},
	[VM_PAUSED] =
		{
			[VM_EVENT_START_REQUESTED] = NEXT(VM_STARTING),
			[VM_EVENT_STOP_REQUESTED] = NEXT(VM_STOPPING),
			[VM_EVENT_DESTROY_REQUESTED] = NEXT(VM_STOPPING),
			REPORTS,
		},
	[VM_ERROR] =
		{
			[VM_EVENT_STOP_REQUESTED] = NEXT(VM_STOPPING),
			[VM_EVENT_DESTROY_REQUESTED] = NEXT(VM_STOPPING),
			REPORTS,
		},
	[VM_UNKNOWN] =
		{
			[VM_EVENT_STOP_REQUESTED] = NEXT(VM_STOPPING),
			[VM_EVENT_DESTROY_REQUESTED] = NEXT(VM_STOPPING),
			REPORTS,
		},
	[VM_STARTING] =
		{
			[VM_EVENT_START_REQUESTED] = NEXT(VM_STARTING),
			[VM_EVENT_REVERT_REQUESTED] = NEXT(VM_REVERTING),
			ENDS,
		},
	[VM_STOPPING] =
		{
			[VM_EVENT_STOP_REQUESTED] = NEXT(VM_STOPPING),
			[VM_EVENT_REVERT_REQUESTED] = NEXT(VM_REVERTING),
			[VM_EVENT_EXPORT_REQUESTED] = NEXT(VM_EXPORTING),
			[VM_EVENT_DESTROY_REQUESTED] = NEXT(VM_STOPPING),
			[VM_EVENT_ENDED_DESTROYED] = NEXT(VM_DESTROYED),
			ENDS,
		},
	[VM_SNAPSHOTTING] =
		{
			[VM_EVENT_SNAPSHOT_REQUESTED] = NEXT(VM_SNAPSHOTTING),
			ENDS,
		},
	[VM_REVERTING] =
		{
			[VM_EVENT_REVERT_REQUESTED] = NEXT(VM_REVERTING),
			ENDS,
		},
	[VM_EXPORTING] =
		{
			[VM_EVENT_EXPORT_REQUESTED] = NEXT(VM_EXPORTING),
			[VM_EVENT_START_REQUESTED] = NEXT(VM_STARTING), /* P4 */
			ENDS,
		},
	[VM_IMPORTING] =
		{
			[VM_EVENT_IMPORT_REQUESTED] = NEXT(VM_IMPORTING),
			[VM_EVENT_START_REQUESTED] = NEXT(VM_STARTING),
			ENDS,
		},
	[VM_DESTROYED] = {REPORTS},
};

bool vm_state_next(enum vm_state state, enum vm_event event, enum vm_state *ret_state)
{
	if ((size_t)state >= VM_STATE_COUNT || (size_t)event >= VM_EVENT_COUNT) {
		return false;
	}
	uint8_t next = transitions[state][event];
	if (next == 0) {
		return false;
	}
	*ret_state = (enum vm_state)(next - 1);
	return true;
}

const char *vm_event_name(enum vm_event event)
{
	static const char *const names[] = {
		[VM_EVENT_START_REQUESTED] = "StartRequested",
		[VM_EVENT_STOP_REQUESTED] = "StopRequested",
		[VM_EVENT_SNAPSHOT_REQUESTED] = "SnapshotRequested",
		[VM_EVENT_REVERT_REQUESTED] = "RevertRequested",
		[VM_EVENT_EXPORT_REQUESTED] = "ExportRequested",
		[VM_EVENT_IMPORT_REQUESTED] = "ImportRequested",
		[VM_EVENT_DESTROY_REQUESTED] = "DestroyRequested",
		[VM_EVENT_ENDED_RUNNING] = "EndedRunning",
		[VM_EVENT_ENDED_STOPPED] = "EndedStopped",
		[VM_EVENT_ENDED_SAVED] = "EndedSaved",
		[VM_EVENT_ENDED_PAUSED] = "EndedPaused",
		[VM_EVENT_ENDED_ERROR] = "EndedError",
		[VM_EVENT_ENDED_UNKNOWN] = "EndedUnknown",
		[VM_EVENT_ENDED_DESTROYED] = "EndedDestroyed",
		[VM_EVENT_REPORTED_RUNNING] = "ReportedRunning",
		[VM_EVENT_REPORTED_STOPPED] = "ReportedStopped",
		[VM_EVENT_REPORTED_SAVED] = "ReportedSaved",
		[VM_EVENT_REPORTED_PAUSED] = "ReportedPaused",
		[VM_EVENT_REPORTED_ERROR] = "ReportedError",
		[VM_EVENT_REPORTED_UNKNOWN] = "ReportedUnknown",
	};
	static_assert(HV_ARRAY_LEN(names) == VM_EVENT_COUNT, "a name for every event");
	return (size_t)event < VM_EVENT_COUNT ? names[event] : "?";
}

/* What a host may say of a VM, and how each is spoken of as an end and as a report. */
static const struct {
	enum vm_event ended;
	enum vm_event reported;
} events_of_state[VM_STATE_COUNT] = {
	[VM_RUNNING] = {VM_EVENT_ENDED_RUNNING, VM_EVENT_REPORTED_RUNNING},
	[VM_STOPPED] = {VM_EVENT_ENDED_STOPPED, VM_EVENT_REPORTED_STOPPED},
	[VM_SAVED] = {VM_EVENT_ENDED_SAVED, VM_EVENT_REPORTED_SAVED},
	[VM_PAUSED] = {VM_EVENT_ENDED_PAUSED, VM_EVENT_REPORTED_PAUSED},
	[VM_ERROR] = {VM_EVENT_ENDED_ERROR, VM_EVENT_REPORTED_ERROR},
	[VM_UNKNOWN] = {VM_EVENT_ENDED_UNKNOWN, VM_EVENT_REPORTED_UNKNOWN},
	[VM_STARTING] = {VM_EVENT_ENDED_UNKNOWN, VM_EVENT_REPORTED_UNKNOWN},
	[VM_STOPPING] = {VM_EVENT_ENDED_UNKNOWN, VM_EVENT_REPORTED_UNKNOWN},
	[VM_SNAPSHOTTING] = {VM_EVENT_ENDED_UNKNOWN, VM_EVENT_REPORTED_UNKNOWN},
	[VM_REVERTING] = {VM_EVENT_ENDED_UNKNOWN, VM_EVENT_REPORTED_UNKNOWN},
	[VM_EXPORTING] = {VM_EVENT_ENDED_UNKNOWN, VM_EVENT_REPORTED_UNKNOWN},
	[VM_IMPORTING] = {VM_EVENT_ENDED_UNKNOWN, VM_EVENT_REPORTED_UNKNOWN},
	[VM_DESTROYED] = {VM_EVENT_ENDED_DESTROYED, VM_EVENT_REPORTED_UNKNOWN},
};

enum vm_event vm_event_ended(enum vm_state state)
{
	return (size_t)state < VM_STATE_COUNT ? events_of_state[state].ended : VM_EVENT_ENDED_UNKNOWN;
}

enum vm_event vm_event_reported(enum vm_state state)
{
	return (size_t)state < VM_STATE_COUNT ? events_of_state[state].reported : VM_EVENT_REPORTED_UNKNOWN;
}

bool vm_state_is_transitional(enum vm_state state)
{
	switch (state) {
	case VM_STARTING:
	case VM_STOPPING:
	case VM_SNAPSHOTTING:
	case VM_REVERTING:
	case VM_EXPORTING:
	case VM_IMPORTING:
		return true;
	case VM_RUNNING:
	case VM_STOPPED:
	case VM_SAVED:
	case VM_PAUSED:
	case VM_DESTROYED:
	case VM_ERROR:
	case VM_UNKNOWN:
	case VM_STATE_COUNT:
		break;
	}
	return false;
}
