/*
 * The tree of checkpoints of a VM and what making, applying and removing one does to it, at an instant. What takes
 * time is in jobs.h.
 */
#ifndef HV_SIM_CHECKPOINTS_H
#define HV_SIM_CHECKPOINTS_H

#include "backend/sim/host.h"

#define CHECKPOINTS_MAX 50            /* Hyper-V's ceiling for a VM */
#define CHECKPOINT_NAME_CHARACTERS 100

struct checkpoint_spec {
	const char *uuid;
	const char *name;
	const char *kind; /* "Standard", "Recovery", "Automatic" ... */
	bool with_memory;
};

/** The pointer moves to the new checkpoint. Returns its id. */
int64_t checkpoint_create(struct sim *sim, int64_t vm, const struct checkpoint_spec *spec, int64_t now_us);
/** The VM is Saved afterwards when the checkpoint has memory, else Stopped. */
void checkpoint_apply(struct sim *sim, int64_t vm, int64_t checkpoint, int64_t now_us);
/** Children and the pointer move to its parent; its disks are merged in time. */
void checkpoint_remove(struct sim *sim, int64_t checkpoint, int64_t now_us);

int64_t checkpoint_count(struct sim *sim, int64_t vm);
/** By uuid when that is not NULL and exists, else by name; 0: none, -1: several of that name. */
int64_t checkpoint_find(struct sim *sim, int64_t vm, const char *uuid, const char *name);
bool checkpoint_has_memory(struct sim *sim, int64_t checkpoint);

void vm_forget_memory(struct sim *sim, int64_t vm);

#endif
