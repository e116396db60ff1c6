/*
 * A volume snapshot: a full, stand-alone copy of one disk of a VM, kept on its host (X3). It outlives the VM.
 *
 * Its states are those of S1 but for Reverting, and move through the same table (snapshot_state.h): Ready says that the
 * host has the copy and that it is whole.
 */
#ifndef HV_DOMAIN_VOLUME_SNAPSHOT_H
#define HV_DOMAIN_VOLUME_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/base/status.h"
#include "backend/base/uuid.h"
#include "backend/domain/names.h"

struct volume_snapshot {
	int64_t id;
	struct hv_uuid uuid; /* the host knows it by this, too */
	int64_t vm_id;
	struct hv_uuid volume;
	char *volume_name;   /* as it was called when the copy was taken */
	int64_t account_id;
	int64_t domain_id;
	char *name;
	enum snapshot_state state;
	char *path;          /* of the copy on the host; NULL until it answered */
	int64_t size_bytes;
	char *created_by;    /* who asked for it */
	int64_t created_us;
	int64_t updated_us;
	int64_t removed_us;  /* 0 while it lives */
	int64_t update_count; /* for compare-and-set (S3) */
};

void volume_snapshot_clear(struct volume_snapshot *snapshot);

struct volume_snapshot_list {
	struct volume_snapshot *items;
	size_t count;
	size_t capacity;
};
void volume_snapshot_list_clear(struct volume_snapshot_list *list);
struct volume_snapshot *volume_snapshot_list_add(struct volume_snapshot_list *list);

/** "web01-data-20260721131501": what a copy is called when nobody gave it a name. Caller frees. */
char *volume_snapshot_make_name(const char *vm_name, const char *volume_name, int64_t now_us);

/**
 * X7, X2: whether a disk file of a host may be attached under this path: absolute, a .vhdx or .vhd, and never a link of a
 * checkpoint's chain (.avhdx, .avhd). HV_ERR_INVALID with the reason.
 */
enum hv_status volume_check_path(const char *path, struct hv_error *err) HV_MUST_CHECK;

#endif
