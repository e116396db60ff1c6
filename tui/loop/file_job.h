/*
 * Writing files without waiting: the UI thread hands a job over, one thread of its own does all jobs in their order, and a
 * descriptor becomes readable when one has ended. A job owns what it needs; nothing is shared.
 */
#ifndef HV_TUI_LOOP_FILE_JOB_H
#define HV_TUI_LOOP_FILE_JOB_H

#include <stdbool.h>
#include "backend/base/status.h"

struct file_jobs;

struct file_job {
	/* In the other thread. What it returns and puts into *err is told to the user; `done` is what is told when it
	 * went well (NULL: nothing), owned by the job. */
	enum hv_status (*run)(struct file_job *job, struct hv_error *err);
	/* Releases the job with all it owns. */
	void (*free)(struct file_job *job);
	char *done;
};

struct file_jobs *file_jobs_new(void);
/** Does what still waits, then ends the thread. */
void file_jobs_free(struct file_jobs *jobs);
/** Takes the job. */
void file_jobs_add(struct file_jobs *jobs, struct file_job *job);
/** Readable when a job has ended. */
int file_jobs_fd(const struct file_jobs *jobs);
/** The outcome of a job that has ended: caller frees; *ret_failed tells how to show it. NULL when none has. */
char *file_jobs_take(struct file_jobs *jobs, bool *ret_failed);
/** No job waits or runs, and no outcome is left to be taken. */
bool file_jobs_idle(struct file_jobs *jobs);

#endif
