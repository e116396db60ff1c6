/*
 * Exports: what becomes of a VM that is stopped without losing its snapshots.
 *
 *   Running   rows of the VM's own export, of which `copy` holds what was copied, when that has come to its end
 *   Complete  read back and found equal to what was copied
 *   Broken    complete once; its files were found to hold something else
 *
 * A VM has at most one Running export and one of the others. A VM that is not registered has one, Complete or Broken,
 * and what it holds are the VM's own rows.
 */
#ifndef HV_SIM_EXPORTS_H
#define HV_SIM_EXPORTS_H

#include <jansson.h>
#include "backend/sim/host.h"
#include "backend/sim/jobs.h"

struct export_row {
	int64_t id, vm, copy;
	bool complete, broken, with_disks;
	bool matches; /* Complete, and the VM has not changed since */
};
/** False: there is none of this id. */
bool exports_load(struct sim *sim, const char *uuid, struct export_row *ret_export);

/** What was left Running goes. */
void exports_delete_partial(struct sim *sim, int64_t vm);
/** The row of an export that begins, in the place of a finished one of the same id. Returns its id. */
int64_t exports_begin_copy(struct sim *sim, const struct vm_row *vm, const char *uuid, bool with_disks, int64_t bytes,
	int64_t now_us);
/** Half of it is there and nobody goes on with it. */
void exports_stop_half_way(struct sim *sim, int64_t export);
void exports_delete(struct sim *sim, int64_t export);
void exports_delete_of(struct sim *sim, int64_t vm);
/** The files of the VM's newest finished export rot. `seen`: and that is noticed at once. */
enum hv_status exports_spoil(struct sim *sim, int64_t vm, bool seen, struct hv_error *err);

/* What the host's jobs bring about at their end; see jobs.c. */
void exports_finish_copy(struct sim *sim, const struct job *job, struct job_failure *failure);
void exports_finish_read_back(struct sim *sim, const struct job *job, struct job_failure *failure);
void exports_finish_remove_vm(struct sim *sim, const struct job *job, struct job_failure *failure);
void exports_finish_import(struct sim *sim, const struct job *job, struct job_failure *failure);

/** What was not complete goes; what was only read back once more stays. */
void exports_take_back(struct sim *sim, const struct job *job);

/** What copies that are under way take by now, and what those that were left half-way take. */
int64_t exports_partial_bytes(struct sim *sim, int64_t now_us);
/** "export" of the VM object. */
json_t *exports_view(struct sim *sim, int64_t vm);
/** Rules that a query cannot say: a line for each finding. Returns how many. */
size_t exports_check(struct sim *sim, struct hv_text *findings);

#endif
