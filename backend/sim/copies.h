/*
 * A whole VM, copied: its disks with all their files, its checkpoints, its memory, its settings and its pointer. The copy
 * is a row of vm that no client sees (`copy_of`); everything that hangs on a VM hangs on it in the same way, with the
 * same uuids and in files of its own.
 */
#ifndef HV_SIM_COPIES_H
#define HV_SIM_COPIES_H

#include "backend/sim/host.h"

/** What a copy of the VM takes; without disks next to nothing. */
int64_t copy_size(struct sim *sim, const struct vm_row *vm, bool with_disks);
/** `folder`: where its files are, without a backslash at its end. A running VM's copy is Saved. */
int64_t copy_make(struct sim *sim, int64_t vm, bool with_disks, const char *folder);
/** Disks, checkpoints and memory of a VM or a copy go; its row stays. */
void copy_empty(struct sim *sim, int64_t vm);
/** The copy and all that it holds go. */
void copy_delete(struct sim *sim, int64_t copy);
/** Everything that hangs on `copy` hangs on `vm` then, which must be empty; the copy's row goes. */
void copy_become(struct sim *sim, int64_t copy, int64_t vm);
/**
 * Of all that a VM or a copy holds: settings, tree, pointer, memory and, `with_disks`, the content of every disk now and
 * at each checkpoint, through its chain. Two that hold the same have the same. Caller frees.
 */
char *copy_digest(struct sim *sim, int64_t vm, bool with_disks);
/** Its files rot: something that it holds is not any more what it was. */
void copy_damage(struct sim *sim, int64_t vm);

#endif
