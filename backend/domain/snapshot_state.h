/* The state machine of a snapshot (S1): one table, one function. */
#ifndef HV_DOMAIN_SNAPSHOT_STATE_H
#define HV_DOMAIN_SNAPSHOT_STATE_H

#include "backend/domain/names.h"

enum snapshot_event {
	SNAPSHOT_EVENT_CREATE_REQUESTED,
	SNAPSHOT_EVENT_REVERT_REQUESTED,
	SNAPSHOT_EVENT_EXPUNGE_REQUESTED,
	SNAPSHOT_EVENT_OPERATION_SUCCEEDED,
	SNAPSHOT_EVENT_OPERATION_FAILED,
	SNAPSHOT_EVENT_COUNT
};

/** The state after `event`, or false (and *ret_state untouched) when the pair is not in the table. */
bool snapshot_state_next(
	enum snapshot_state state, enum snapshot_event event, enum snapshot_state *ret_state);
const char *snapshot_event_name(enum snapshot_event event);

#endif
