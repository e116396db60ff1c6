/* What undoes the last revert of a VM (U4): derived from the operations in the store, so that it survives any restart and
 * holds for every console. */
#include "backend/backend_internal.h"

#include <string.h>

static enum hv_status find_revert(
	struct hv_backend *backend, int64_t vm_id, struct operation *ret_revert, struct hv_error *err)
{
	struct store *store = backend->store;
	enum hv_status status =
		store->ops->operation_last_done(store, vm_id, OPERATION_REVERT_SNAPSHOT, NULL, ret_revert, err);
	return status == HV_ERR_NOT_FOUND
		       ? hv_error_set(err, HV_ERR_NOT_FOUND,
				 "there is nothing to undo: hvtree has not reverted this VM")
		       : status;
}

/* The snapshot that was taken in one chain with the revert. */
static enum hv_status find_safety(struct hv_backend *backend, const struct operation *revert,
	struct snapshot *ret_safety, struct hv_error *err)
{
	struct store *store = backend->store;
	struct operation create = {0};
	enum hv_status status = store->ops->operation_last_done(
		store, revert->vm_id, OPERATION_CREATE_SNAPSHOT, &revert->group, &create, err);
	if (status == HV_ERR_NOT_FOUND) {
		return hv_error_set(err, HV_ERR_NOT_FOUND,
			"the last revert of this VM took no safety snapshot and cannot be undone");
	}
	if (status != HV_OK) {
		return status;
	}
	status = store->ops->snapshot_get(store, create.snapshot_id, ret_safety, err);
	operation_clear(&create);
	return status;
}

static enum hv_status check_safety(const struct snapshot *safety, struct hv_error *err)
{
	HV_CLEANUP_FREE char *name = hv_text_printable(safety->display_name, strlen(safety->display_name));
	if (safety->removed_us != 0) {
		return hv_error_set(err, HV_ERR_NOT_FOUND,
			"the safety snapshot '%s' of the last revert is gone; it cannot be undone any more", name);
	}
	if (safety->state != SNAPSHOT_READY) {
		return hv_error_set(err, HV_ERR_REFUSED, "the safety snapshot '%s' of the last revert is %s, not Ready",
			name, snapshot_state_name(safety->state));
	}
	return HV_OK;
}

enum hv_status undo_find(
	struct hv_backend *backend, int64_t vm_id, struct hv_uuid *ret_snapshot, struct hv_error *err)
{
	struct operation revert = {0};
	struct snapshot safety = {0};
	enum hv_status status = find_revert(backend, vm_id, &revert, err);
	if (status == HV_OK) {
		status = find_safety(backend, &revert, &safety, err);
	}
	if (status == HV_OK) {
		status = check_safety(&safety, err);
	}
	if (status == HV_OK) {
		*ret_snapshot = safety.uuid;
	}
	snapshot_clear(&safety);
	operation_clear(&revert);
	return status;
}
