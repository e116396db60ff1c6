/* The state machine of a VM (S2): one table, one function. */
#ifndef HV_DOMAIN_VM_STATE_H
#define HV_DOMAIN_VM_STATE_H

#include "backend/domain/names.h"

enum vm_event {
	/* an operation begins */
	VM_EVENT_START_REQUESTED,
	VM_EVENT_STOP_REQUESTED,
	VM_EVENT_SNAPSHOT_REQUESTED,
	VM_EVENT_REVERT_REQUESTED,
	VM_EVENT_EXPORT_REQUESTED,
	VM_EVENT_IMPORT_REQUESTED,
	VM_EVENT_DESTROY_REQUESTED,
	/* an operation ends; the host has said what the VM is now (V4: never guessed) */
	VM_EVENT_ENDED_RUNNING,
	VM_EVENT_ENDED_STOPPED,
	VM_EVENT_ENDED_SAVED,
	VM_EVENT_ENDED_PAUSED,
	VM_EVENT_ENDED_ERROR,
	VM_EVENT_ENDED_UNKNOWN,
	VM_EVENT_ENDED_DESTROYED,
	/* the host reports on its own; an operation's state is never overwritten by a report */
	VM_EVENT_REPORTED_RUNNING,
	VM_EVENT_REPORTED_STOPPED,
	VM_EVENT_REPORTED_SAVED,
	VM_EVENT_REPORTED_PAUSED,
	VM_EVENT_REPORTED_ERROR,
	VM_EVENT_REPORTED_UNKNOWN, /* also: a state in transit that no operation of ours caused */
	VM_EVENT_COUNT
};

/** The state after `event`, or false (and *ret_state untouched) when the pair is not in the table. */
bool vm_state_next(enum vm_state state, enum vm_event event, enum vm_state *ret_state);
const char *vm_event_name(enum vm_event event);
/** Whether an operation holds the VM in this state: Starting, Stopping, Snapshotting, Reverting, ... */
bool vm_state_is_transitional(enum vm_state state);
/** The event with which an operation ends, or a host reports, a VM that the host says is in `state`. */
enum vm_event vm_event_ended(enum vm_state state);
enum vm_event vm_event_reported(enum vm_state state);

#endif
