/* Waits for the outcome of a group of operations, and shows its progress on a terminal meanwhile. */
#ifndef HV_TUI_BATCH_OUTCOME_H
#define HV_TUI_BATCH_OUTCOME_H

#include "tui/batch/report.h"

enum outcome_end {
	OUTCOME_ENDED,       /* all have ended; the counts say how */
	OUTCOME_ACCEPTED,    /* under way, and nobody wants to wait longer */
	OUTCOME_UNKNOWN,     /* the host was lost after a command had left (Y4) */
	OUTCOME_HOST_LOST,   /* lost before; goes on when the host is back */
	OUTCOME_INTERRUPTED, /* a signal came; goes on without us */
	OUTCOME_BROKEN,      /* the backend cannot go on */
};

struct outcome {
	enum outcome_end end;
	size_t total, done, failed, cancelled;
	struct hv_error error;   /* of the first that failed, or of OUTCOME_BROKEN */
	struct hv_uuid snapshot; /* of the first operation; nil: none */
	struct hv_uuid volume;   /* of the last one that has one; nil: none */
	struct hv_uuid volume_snapshot;
};

struct wait_for {
	struct hv_uuid group;
	struct hv_uuid host;
	size_t expected;     /* operations in the group, as the preview said */
	const char *label;   /* "revert db-primary": what progress is shown for; printable */
	bool until_sent;     /* --no-wait: until it is under way */
	bool export_aside;   /* P3: an export in the group is waited for, and how it ends says nothing about the act */
};

void outcome_of_group(struct batch *batch, const struct wait_for *what, struct outcome *ret_outcome);

/** Wait until all live operations on the host have ended or cannot be settled now. For `sync`. */
enum hv_status outcome_of_host(struct batch *batch, const struct hv_uuid *host, const char *label,
	struct hv_error *err) HV_MUST_CHECK;

/** Wait (a moment, no longer) until the VM's summary no longer shows an operation, and return it; NULL: gone. */
const struct hv_vm *outcome_vm(struct batch *batch, const struct hv_uuid *vm);

#endif
