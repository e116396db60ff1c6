/*
 * One VM snapshot as the store knows it, and one checkpoint as a host reports it.
 *
 * A row's `id` is the store's; `uuid` is what operators and scripts use; `name` is generated, unique everywhere, and
 * is the checkpoint's name on the host (T5); `checkpoint` is the host's own id for it, nil until the host has
 * answered.
 */
#ifndef HV_DOMAIN_SNAPSHOT_H
#define HV_DOMAIN_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/base/status.h"
#include "backend/base/uuid.h"
#include "backend/domain/names.h"

#define SNAPSHOT_NAME_MAX 255       /* characters of a display name or description (T5) */
#define SNAPSHOT_INTERNAL_NAME_MAX 100 /* what Hyper-V takes (hyperv.md 1.4) */
#define SNAPSHOT_LIMIT_DEFAULT 10   /* C3, setting "vmsnapshot.max" */
#define SNAPSHOT_LIMIT_HYPERV 50    /* C3 */

struct snapshot {
	int64_t id;
	struct hv_uuid uuid;
	char *name;         /* internal name */
	char *display_name;
	char *description;  /* NULL when none */
	char *created_by;   /* who asked for it; NULL when not known */
	int64_t vm_id;
	int64_t account_id;
	int64_t domain_id;
	int64_t offering_id; /* of the VM when it was taken (V5) */
	enum snapshot_type type;
	enum snapshot_state state;
	int64_t parent_id;  /* 0: a root */
	bool current;       /* the VM's running state descends from it (T2) */
	bool quiesce;
	struct hv_uuid checkpoint;
	int64_t size_bytes; /* of its differencing disks on the host; 0 when not known */
	int64_t created_us;
	int64_t updated_us;
	int64_t removed_us; /* 0 while it lives */
	int64_t update_count; /* for compare-and-set (S3) */
};

void snapshot_clear(struct snapshot *snapshot);
void snapshot_copy(struct snapshot *to, const struct snapshot *from); /* `to` is overwritten, not cleared */

struct snapshot_list {
	struct snapshot *items;
	size_t count;
	size_t capacity;
};
void snapshot_list_clear(struct snapshot_list *list);
/** Appends a zeroed element and returns it; borrowed until the next append. */
struct snapshot *snapshot_list_add(struct snapshot_list *list);

/* A checkpoint on a host, tracked or not (T6). */
struct checkpoint {
	struct hv_uuid id;
	struct hv_uuid parent; /* nil: a root */
	char *name;            /* as the host says; untrusted text, valid UTF-8 */
	enum checkpoint_kind kind;
	bool has_memory;
	int64_t created_us;
	int64_t size_bytes;
};

struct checkpoint_list {
	struct checkpoint *items;
	size_t count;
	size_t capacity;
};
void checkpoint_clear(struct checkpoint *checkpoint);
void checkpoint_list_clear(struct checkpoint_list *list);
struct checkpoint *checkpoint_list_add(struct checkpoint_list *list);
void checkpoint_list_copy(struct checkpoint_list *to, const struct checkpoint_list *from);

/** T5: HV_ERR_INVALID with the reason when `name` cannot be a display name. */
enum hv_status snapshot_check_display_name(const char *name, struct hv_error *err) HV_MUST_CHECK;
enum hv_status snapshot_check_description(const char *description, struct hv_error *err) HV_MUST_CHECK;
/** T5: "<vm>_VS_<yyyyMMddHHmmss><microseconds>_<8 hex digits of uuid>", at most 100 characters. Caller frees. */
char *snapshot_make_internal_name(const char *vm_name, int64_t now_us, const struct hv_uuid *uuid);
/** Whether the row stands for a checkpoint that exists, or may exist, on the host (C3, X2). */
bool snapshot_is_on_host(enum snapshot_state state);

#endif
