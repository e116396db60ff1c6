/*
 * What a host does that takes time: at most one job a VM, and merges beside it. A job is started by somebody and
 * finished by the clock; it does not need whoever started it (an agent that died leaves its job running).
 *
 *   kind       the VM meanwhile          at its end
 *   create     as it was                 checkpoint made, pointer moved
 *   apply      Running, Paused -> Saved  disks, memory and size are the checkpoint's; Saved or Stopped
 *   delete     as it was                 checkpoint gone, merges queued
 *   start      Starting                  Running; failed: as before
 *   stop       Stopping                  Stopped, memory gone, an automatic parent checkpoint removed
 *
 * A job that belongs to an operation leaves its end in the journal, in the same transaction as its effect: the step
 * "applied", "powered" or "failed".
 */
#ifndef HV_SIM_JOBS_H
#define HV_SIM_JOBS_H

#include "backend/sim/host.h"

enum job_kind { JOB_CREATE, JOB_APPLY, JOB_DELETE, JOB_START, JOB_SHUT_DOWN, JOB_TURN_OFF, JOB_KIND_COUNT };

struct job_request {
	enum job_kind kind;
	int64_t vm;
	const char *operation, *command; /* key of the journal */
	int64_t checkpoint;              /* apply, delete */
	const char *checkpoint_name;     /* create */
	bool with_memory;                /* create */
	const char *code, *details;      /* not NULL: it will fail so at its end */
};

/** The VM must not have a job. */
void job_start(struct sim *sim, const struct job_request *request, int64_t now_us);
bool job_is_active(struct sim *sim, int64_t vm);

/* What goes on with a VM, for progress and for whoever asks. */
struct job_view {
	const char *phase; /* "creating checkpoint" */
	int64_t percent;
	bool is_start; /* the second half of a revert */
	bool is_merge; /* the second half of a delete */
};
/** False when neither a job nor a merge is under way. */
bool job_view_of(struct sim *sim, int64_t vm, int64_t now_us, struct job_view *ret_view);

/** Carry out everything that is due, in the order in which it was. */
void jobs_advance(struct sim *sim, int64_t now_us);
int64_t jobs_next_due_us(struct sim *sim);

#endif
