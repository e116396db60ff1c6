/*
 * What one command run carries along, and how it ends: the exit code, and the sentence or the JSON error that goes with
 * it.
 */
#ifndef HV_TUI_BATCH_REPORT_H
#define HV_TUI_BATCH_REPORT_H

#include "tui/batch/arguments.h"
#include "tui/batch/json_writer.h"
#include "tui/batch/output.h"
#include "tui/batch/session.h"

enum batch_exit {
	BATCH_DONE = 0,
	BATCH_FAILED = 1,
	BATCH_USAGE = 2,
	BATCH_PARTLY = 3,
	BATCH_UNKNOWN = 4,
	BATCH_UNREACHABLE = 5,
};

/* One of several that a name fits. */
struct candidate {
	struct hv_uuid id;
	char *name;
	char *place; /* the host of a VM, the VM of a snapshot */
};

struct batch {
	const struct arguments *arguments;
	struct session session;
	struct output output; /* standard output */
	struct json_writer json;
	bool wants_json;
	int64_t lost_grace_us; /* how long a lost host may take to come back before a wait ends */
	struct candidate *candidates; /* beside HV_ERR_AMBIGUOUS */
	size_t candidate_count;
	size_t candidate_capacity;
};

void batch_init(struct batch *batch, const struct arguments *arguments);
void batch_clear(struct batch *batch);

void batch_candidate(struct batch *batch, const struct hv_uuid *id, const char *name, const char *place);

/** The exit code that a status ends with. */
enum batch_exit batch_exit_of(enum hv_status status);
/** Tell the error: JSON on standard output when wanted and nothing stands there yet, else a sentence on standard error.
 * Returns the exit code that fits. */
int batch_fail(struct batch *batch, const struct hv_error *error);
/** Same, with another exit code. */
int batch_fail_with(struct batch *batch, const struct hv_error *error, enum batch_exit code);
/** The same two members in an object that is open already: for results of several parts. */
void batch_json_error(struct batch *batch, const struct hv_error *error);

#endif
