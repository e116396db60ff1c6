#include "backend/domain/snapshot_state.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/attributes.h"

/*
 * The states of a snapshot, and what is true in each.
 *
 *                 CreateRequested             OperationSucceeded
 *   ALLOCATED ------------------> CREATING -----------------------> READY <------------+
 *                                  |  (^ CreateRequested: re-send)  |  |               | OperationSucceeded
 *                                  | OperationFailed                |  | RevertRequested  OperationFailed
 *                                  v                                |  v               |
 *                                ERROR <------------+               | REVERTING -------+
 *                                  | ExpungeRequested |             |   (^ RevertRequested: re-send)
 *                                  |                  |             | ExpungeRequested
 *                                  v                  | OperationFailed
 *                              EXPUNGING -------------+<------------+
 *                                  |  (^ ExpungeRequested: re-send, or asked for again)
 *                                  | OperationSucceeded
 *                                  v
 *                               REMOVED
 *
 * ALLOCATED   a row exists, nothing was asked of the host. `checkpoint` is nil. Its operation is live, always: a
 *             row that cannot go on is deleted together with its operation's failure (C2).
 * CREATING    the host may or may not have the checkpoint. The VM is Snapshotting.
 * READY       the host has the checkpoint, `checkpoint` is its id, the content is whole.
 * REVERTING   as READY (a revert never harms its target), and the VM is Reverting.
 * EXPUNGING   the host may or may not have the checkpoint; it may be merging disks. Children still have this parent.
 * REMOVED     the host does not have it; children have been given its parent; `removed_us` is set. Final.
 * ERROR       a create or delete failed; the host may have the checkpoint. It can only be deleted (D5).
 */
#define NEXT(state) ((state) + 1) /* 0 stands for "not allowed" */

static const uint8_t transitions[SNAPSHOT_STATE_COUNT][SNAPSHOT_EVENT_COUNT] = {
	[SNAPSHOT_ALLOCATED] =
		{
			[SNAPSHOT_EVENT_CREATE_REQUESTED] = NEXT(SNAPSHOT_CREATING),
		},
	[SNAPSHOT_CREATING] =
		{
			[SNAPSHOT_EVENT_CREATE_REQUESTED] = NEXT(SNAPSHOT_CREATING),
			[SNAPSHOT_EVENT_OPERATION_SUCCEEDED] = NEXT(SNAPSHOT_READY),
			[SNAPSHOT_EVENT_OPERATION_FAILED] = NEXT(SNAPSHOT_ERROR),
		},
	[SNAPSHOT_READY] =
		{
			[SNAPSHOT_EVENT_REVERT_REQUESTED] = NEXT(SNAPSHOT_REVERTING),
			[SNAPSHOT_EVENT_EXPUNGE_REQUESTED] = NEXT(SNAPSHOT_EXPUNGING),
		},
	[SNAPSHOT_REVERTING] =
		{
			[SNAPSHOT_EVENT_REVERT_REQUESTED] = NEXT(SNAPSHOT_REVERTING),
			[SNAPSHOT_EVENT_OPERATION_SUCCEEDED] = NEXT(SNAPSHOT_READY),
			[SNAPSHOT_EVENT_OPERATION_FAILED] = NEXT(SNAPSHOT_READY),
		},
	[SNAPSHOT_EXPUNGING] =
		{
			[SNAPSHOT_EVENT_EXPUNGE_REQUESTED] = NEXT(SNAPSHOT_EXPUNGING),
			[SNAPSHOT_EVENT_OPERATION_SUCCEEDED] = NEXT(SNAPSHOT_REMOVED),
			[SNAPSHOT_EVENT_OPERATION_FAILED] = NEXT(SNAPSHOT_ERROR),
		},
	[SNAPSHOT_ERROR] =
		{
			[SNAPSHOT_EVENT_EXPUNGE_REQUESTED] = NEXT(SNAPSHOT_EXPUNGING),
		},
	[SNAPSHOT_REMOVED] = {0},
};

bool snapshot_state_next(
	enum snapshot_state state, enum snapshot_event event, enum snapshot_state *ret_state)
{
	if ((size_t)state >= SNAPSHOT_STATE_COUNT || (size_t)event >= SNAPSHOT_EVENT_COUNT) {
		return false;
	}
	uint8_t next = transitions[state][event];
	if (next == 0) {
		return false;
	}
	*ret_state = (enum snapshot_state)(next - 1);
	return true;
}

const char *snapshot_event_name(enum snapshot_event event)
{
	static const char *const names[] = {
		[SNAPSHOT_EVENT_CREATE_REQUESTED] = "CreateRequested",
		[SNAPSHOT_EVENT_REVERT_REQUESTED] = "RevertRequested",
		[SNAPSHOT_EVENT_EXPUNGE_REQUESTED] = "ExpungeRequested",
		[SNAPSHOT_EVENT_OPERATION_SUCCEEDED] = "OperationSucceeded",
		[SNAPSHOT_EVENT_OPERATION_FAILED] = "OperationFailed",
	};
	static_assert(HV_ARRAY_LEN(names) == SNAPSHOT_EVENT_COUNT, "a name for every event");
	return (size_t)event < SNAPSHOT_EVENT_COUNT ? names[event] : "?";
}
