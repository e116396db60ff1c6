/*
 * An operation: one run of a workflow on one VM, as its row in the store says.
 *
 * The row is the whole truth: `step` is written before it is acted on, so whoever reads it can continue (Y1).
 *
 *   Queued -> Running      its turn has come: nothing else is live on the VM (X1) and its group got this far
 *   Queued -> Cancelled    the one before it in its group did not succeed, or the user took it back
 *   Running -> Done        the host said so and the store has recorded it
 *   Running -> Failed      a check, the host or the record refused; `error` says what is true now
 *   Running -> Cancelled   cancelled before anything was sent, or an export whose copy was taken back (P4)
 *
 * `unknown` is not a state: a Running operation whose command may have reached a host that is lost now (Y4).
 * Operations with the same `group` form a chain (delete all; safety snapshot, then revert): `sequence` is the order,
 * and a chain stops at the first one that does not end Done.
 */
#ifndef HV_DOMAIN_OPERATION_H
#define HV_DOMAIN_OPERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/base/status.h"
#include "backend/base/uuid.h"
#include "backend/domain/names.h"

struct operation {
	int64_t id;
	struct hv_uuid uuid; /* key of the agent's journal, together with the command's name (Y2) */
	struct hv_uuid group;
	int64_t sequence;
	enum operation_kind kind;
	enum operation_state state;
	enum operation_step step;
	bool sent;    /* within STEP_PREPARE_VM or STEP_SEND: the command may have left */
	bool unknown; /* Y4 */
	int64_t host_id;
	int64_t vm_id;
	int64_t snapshot_id; /* 0 until allocated, or none */
	/* parameters of create */
	enum snapshot_type type;
	bool quiesce;
	char *display_name;
	char *description;
	/* parameter of stop */
	bool force;
	/* parameters of attach, detach, resize, volume snapshots and scale */
	struct hv_uuid volume;      /* nil: none, or not attached yet */
	int64_t volume_snapshot_id; /* 0 until allocated, or none */
	int64_t offering_id;        /* scale: the new one; 0 none */
	char *path;                 /* attach: the disk file on the host */
	int64_t size_bytes;         /* attach (0: the file is there), resize */
	/* of an export, a removal and an import */
	struct hv_uuid export;      /* nil: none */
	bool cancel_asked;          /* somebody wants the export taken back (P4): only read, see operation_ask_cancel() */
	/* what was true when it began: end states after a failure (V4) and the guard against a stale view */
	enum vm_state vm_state_before;
	int64_t current_before; /* snapshot id, 0 none */
	/* progress, as the host told it */
	int64_t percent; /* -1: none */
	char *phase;     /* NULL: none */
	/* outcome */
	enum hv_status status; /* HV_OK unless Failed or Cancelled, or about to be (STEP_UNDO) */
	char *error;           /* a sentence; NULL unless Failed or Cancelled, or about to be (STEP_UNDO) */
	/* ownership (X1, Y1): the console that drives it, until when, and the fence against a former owner */
	char *owner;
	int64_t lease_until_us;
	int64_t epoch;
	char *requested_by;
	int64_t created_us;
	int64_t updated_us;
	int64_t finished_us; /* 0 while it lives */
};

void operation_clear(struct operation *operation);
void operation_copy(struct operation *to, const struct operation *from);
bool operation_is_live(const struct operation *operation); /* Queued or Running */

struct operation_list {
	struct operation *items;
	size_t count;
	size_t capacity;
};
void operation_list_clear(struct operation_list *list);
struct operation *operation_list_add(struct operation_list *list);

#endif
