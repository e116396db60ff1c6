/*
 * Differencing disks. A layer is a file: the base disk, or a differencing file on its parent. It is in use as the top
 * of a running state, frozen by one checkpoint, or hidden: left by a deleted checkpoint.
 *
 * A hidden layer without successors is deleted; with exactly one it is merged with it, which takes time; with several
 * it stays until they drop to one (hyperv.md 2.4).
 */
#ifndef HV_SIM_LAYERS_H
#define HV_SIM_LAYERS_H

#include "backend/sim/host.h"

/** Freeze the top of each disk for a checkpoint and go on in fresh layers. */
void layers_freeze(struct sim *sim, int64_t vm, int64_t checkpoint);
/** Drop the tops and go on in fresh layers on what a checkpoint froze. */
void layers_fork(struct sim *sim, int64_t vm, int64_t checkpoint);
/** A checkpoint lets its layers go. */
void layers_release(struct sim *sim, int64_t checkpoint);
/** Delete, queue or call off merges, as the hidden layers of the VM want it; then start what waits. */
void layers_settle(struct sim *sim, int64_t vm, int64_t now_us);
/** Carry out the merges of the VM that were started together and are due at `due_us`. */
void layers_merge_due(struct sim *sim, int64_t vm, int64_t due_us);
/** The same without taking time: a host that is being made. */
void layers_merge_now(struct sim *sim, int64_t vm, int64_t now_us);
/** Merges under way or queued. */
bool layers_are_merging(struct sim *sim, int64_t vm);
/** What merges under way have written by now beside the files that they will free at their end. */
int64_t layers_merging_bytes(struct sim *sim, int64_t now_us);
/** Of the merges under way; -1 when there are none. */
int64_t layers_merge_percent(struct sim *sim, int64_t vm, int64_t now_us);

int64_t layer_new(struct sim *sim, int64_t disk, int64_t parent, int64_t bytes);
/** What a key holds through the chain below and with `layer`; NULL when nothing. Caller frees. */
char *layer_read(struct sim *sim, int64_t layer, const char *key);
/** NULL removes the key for this layer and those above it. */
void layer_write(struct sim *sim, int64_t layer, const char *key, const char *value);

#endif
