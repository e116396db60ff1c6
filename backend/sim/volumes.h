/*
 * Disks that come and go, and copies of one disk. A disk of no VM is a file that lies on the host, or the file of a
 * volume snapshot; it is one file, without anything on it.
 */
#ifndef HV_SIM_VOLUMES_H
#define HV_SIM_VOLUMES_H

#include <jansson.h>
#include "backend/sim/host.h"
#include "backend/sim/jobs.h"

/* Whose a file is. */
enum file_use {
	FILE_ABSENT,
	FILE_LOOSE,   /* a disk of no VM */
	FILE_OWN,     /* a disk of this VM */
	FILE_IN_USE,  /* of another VM, of an export, of a volume snapshot, or not a disk's only file */
};
/** `path` as Windows compares it, without regard to case. *ret_disk: of a loose or an own one. */
enum file_use volume_file_use(struct sim *sim, int64_t vm, const char *path, int64_t *ret_disk);
/** A new, empty disk in a file of its own. Returns its id. */
int64_t volume_make(struct sim *sim, const char *path, int64_t size_bytes);
void volume_attach(struct sim *sim, int64_t vm, int64_t disk);
void volume_detach(struct sim *sim, int64_t vm, int64_t disk);
void volume_resize(struct sim *sim, int64_t vm, int64_t disk, int64_t size_bytes);
/** The disk of this uuid on the VM; 0: none. */
int64_t volume_find(struct sim *sim, int64_t vm, const char *uuid);

/** Disks that no VM uses, for the trainer: [{"uuid", "path", "size"}]. */
json_t *volumes_view_loose(struct sim *sim);

/** 0: none; -1: there is one of this id, of another VM. */
int64_t volume_snapshot_find(struct sim *sim, const char *vm_uuid, const char *uuid);
/** A copy that begins; it is seen when its job has ended. Returns its id. */
int64_t volume_snapshot_begin(struct sim *sim, int64_t disk, const char *uuid, const char *name);
int64_t volume_snapshot_size(struct sim *sim, int64_t disk);
void volume_snapshot_finish(struct sim *sim, const struct job *job, struct job_failure *failure);
void volume_snapshot_delete(struct sim *sim, int64_t volume_snapshot);
/** {"path", "size", "createTime"} */
json_t *volume_snapshot_made(struct sim *sim, int64_t volume_snapshot);
/** "volumeSnapshots" of the VM object; 0: those whose VM is gone. */
json_t *volume_snapshots_view(struct sim *sim, int64_t vm);
int64_t volume_snapshots_partial_bytes(struct sim *sim, int64_t now_us);

#endif
