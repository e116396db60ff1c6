/*
 * A simulated Hyper-V host as a library: a state file, rules after what Hyper-V documents, and a clock that is handed
 * in. No thread, no sleep, no I/O but the state file, so that one process can run many hosts on a virtual clock.
 *
 * The truth is the file. Several processes may open it at once; what takes time (a checkpoint, an apply, a merge) is a
 * row with a due time, and whoever looks first after that time carries it out, in one transaction. Killing any process
 * at any moment therefore leaves a host that goes on.
 *
 * It links neither domain nor engine: it is the independent witness of what a host would do.
 */
#ifndef HV_SIM_SIM_H
#define HV_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>
#include "backend/base/clock.h"
#include "backend/base/status.h"
#include "backend/base/text.h"
#include "backend/base/uuid.h"

struct fleet;
struct sim;

struct sim_options {
	struct hv_clock clock;
	/** Where new identities come from; NULL: the operating system. */
	struct hv_uuid (*new_uuid)(void *context);
	void *uuid_context;
	/** No fsync: for simulations on a virtual clock, where only processes die. */
	bool relaxed;
};

/** Make the state file of one host of a fleet. HV_ERR_CONFLICT when `path` exists, HV_ERR_NOT_FOUND: no such host. */
enum hv_status sim_create(const char *path, const struct fleet *fleet, const char *host,
	const struct sim_options *options, struct hv_error *err) HV_MUST_CHECK;
enum hv_status sim_open(const char *path, const struct sim_options *options, struct sim **ret_sim,
	struct hv_error *err) HV_MUST_CHECK;
void sim_close(struct sim *sim); /* NULL is legal */

/** Carry out what is due now. */
enum hv_status sim_advance(struct sim *sim, struct hv_error *err) HV_MUST_CHECK;
/** Wall time at which the next thing is due; HV_NEVER when nothing is under way. */
int64_t sim_next_due_us(struct sim *sim);

/** How long things take, in per cent of the demo's pace: 100 is the default, 0 makes everything instant. */
enum hv_status sim_set_speed(struct sim *sim, int64_t percent, struct hv_error *err) HV_MUST_CHECK;

/*
 * What the guest holds. `vm` is a name or a uuid; an ambiguous name is refused. `disk` is a disk's name or uuid, NULL is the
 * root disk; with `memory` it must be NULL. A stopped guest's disks can be written and read (mounted), its memory not.
 * What is kept can be read: at a checkpoint (name or uuid), in an export (uuid), or both; and in a volume snapshot (uuid),
 * whose VM need not be there.
 */
struct sim_place {
	const char *vm;
	const char *disk;
	bool memory;
	const char *checkpoint, *export, *volume_snapshot; /* NULL: not there */
};
enum hv_status sim_guest_write(struct sim *sim, const struct sim_place *place, const char *key, const char *value,
	struct hv_error *err) HV_MUST_CHECK;
/** HV_ERR_NOT_FOUND when there is no such key. The caller frees the value. */
enum hv_status sim_guest_read(struct sim *sim, const struct sim_place *place, const char *key, char **ret_value,
	struct hv_error *err) HV_MUST_CHECK;
/** Lines "KEY=VALUE", sorted by key, appended to `text`. */
enum hv_status sim_guest_list(struct sim *sim, const struct sim_place *place, struct hv_text *text,
	struct hv_error *err) HV_MUST_CHECK;

/** A checkpoint that somebody else makes or removes, at once. `kind`: NULL is Standard. HV_ERR_CONFLICT: VM is busy. */
enum hv_status sim_foreign_create(struct sim *sim, const char *vm, const char *name, const char *kind,
	struct hv_error *err) HV_MUST_CHECK;
enum hv_status sim_foreign_delete(struct sim *sim, const char *vm, const char *name, struct hv_error *err)
	HV_MUST_CHECK;

/** The files of the VM's newest finished export rot. `seen`: the agent notices at once; else when it reads them back. */
enum hv_status sim_foreign_spoil_export(struct sim *sim, const char *vm, bool seen, struct hv_error *err) HV_MUST_CHECK;

/** Faults: see faults.h for how they are written. */
enum hv_status sim_fault_set(struct sim *sim, const char *spec, struct hv_error *err) HV_MUST_CHECK;
/** Remove those that the spec names ("late" all late ones, "late:Start" those of Start); NULL: all. */
enum hv_status sim_fault_clear(struct sim *sim, const char *spec, struct hv_error *err) HV_MUST_CHECK;
enum hv_status sim_fault_list(struct sim *sim, struct hv_text *text, struct hv_error *err) HV_MUST_CHECK;

/** The host for people (a tree), or as one JSON object. */
enum hv_status sim_show(struct sim *sim, bool json, struct hv_text *text, struct hv_error *err) HV_MUST_CHECK;

/** Whether the state file makes sense: HV_ERR_STORE and a line for each finding in `findings` when it does not. */
enum hv_status sim_check(struct sim *sim, struct hv_text *findings, struct hv_error *err) HV_MUST_CHECK;

#endif
