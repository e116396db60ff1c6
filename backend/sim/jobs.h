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
 *   export     as it was                 the VM was copied
 *   read-back  as it was                 the export is Complete, older ones are gone
 *   remove     as it was                 read back once more; only the export is there, not registered
 *   import     as it was                 registered again, out of what the export holds
 *   destroy    as it was, or Stopping    gone, with everything but its volume snapshots
 *   copy       as it was                 a volume snapshot is there
 *
 * A job that belongs to an operation leaves its end in the journal, in the same transaction as its effect: the step
 * "applied", "powered", "verified" or "failed". What a job that fails, or is called off, has begun is taken back.
 */
#ifndef HV_SIM_JOBS_H
#define HV_SIM_JOBS_H

#include "backend/sim/host.h"

enum job_kind {
	JOB_CREATE,
	JOB_APPLY,
	JOB_DELETE,
	JOB_START,
	JOB_SHUT_DOWN,
	JOB_TURN_OFF,
	JOB_EXPORT,
	JOB_READ_BACK,
	JOB_REMOVE_VM,
	JOB_IMPORT,
	JOB_DESTROY,
	JOB_COPY,
	JOB_KIND_COUNT
};

struct job {
	int64_t id, vm, due_us, checkpoint, export, volume_snapshot;
	enum job_kind kind;
	bool with_memory;
	char *operation, *command, *checkpoint_uuid, *checkpoint_name, *code, *details, *state_before;
};

/* Why a job's end cannot be brought about; code NULL: it can. Static texts. */
struct job_failure {
	const char *code, *details;
};

struct job_request {
	enum job_kind kind;
	int64_t vm;
	const char *operation, *command; /* key of the journal */
	int64_t checkpoint;              /* apply, delete */
	const char *checkpoint_name;     /* create */
	bool with_memory;                /* create */
	int64_t export, volume_snapshot;
	int64_t bytes;                   /* that are copied or read */
	const char *code, *details;      /* not NULL: it will fail so at its end */
};

/** The VM must not have a job. */
void job_start(struct sim *sim, const struct job_request *request, int64_t now_us);
bool job_is_active(struct sim *sim, int64_t vm);
/** The export that the VM's job copies or reads back; 0: it does something else, or there is none. */
int64_t job_export(struct sim *sim, int64_t vm);
/** The VM's job ends here, as Cancelled. */
void job_cancel(struct sim *sim, int64_t vm);

/* What goes on with a VM, for progress and for whoever asks. */
struct job_view {
	const char *phase; /* "creating checkpoint" */
	int64_t percent;
	bool is_second_half; /* the start of a revert, the merge of a delete, the reading back of an export */
	bool is_export;
};
/** False when neither a job nor a merge is under way. */
bool job_view_of(struct sim *sim, int64_t vm, int64_t now_us, struct job_view *ret_view);

/** Carry out everything that is due, in the order in which it was. */
void jobs_advance(struct sim *sim, int64_t now_us);
int64_t jobs_next_due_us(struct sim *sim);
/** Copies do not outlive the storage, or the space, that they are made on: they fail now. */
void jobs_end_copies(struct sim *sim, int64_t now_us);

#endif
