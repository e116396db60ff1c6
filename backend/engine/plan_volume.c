#include "backend/engine/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/domain/rules.h"
#include "backend/domain/snapshot_tree.h"

/* What a request about volumes, offerings or volume snapshots means. */

/* The VM's volume that is named, borrowed from the list. */
static const struct volume *find_volume(const struct volume_list *list, const struct hv_uuid *uuid)
{
	for (size_t i = 0; i < list->count; i++) {
		if (hv_uuid_equal(&list->items[i].uuid, uuid)) {
			return &list->items[i];
		}
	}
	return NULL;
}

static enum hv_status add_volume_row(
	struct request_at *at, struct plan *plan, const struct volume *volume, struct hv_error *err)
{
	if (!volume) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "VM '%s' has no such volume", at->scene.vm_name);
	}
	struct operation *row = plan_add_row(at, plan, 0);
	row->volume = volume->uuid;
	row->size_bytes = at->request->size_bytes;
	const char *asked = at->request->display_name;
	row->display_name = row->kind != OPERATION_CREATE_VOLUME_SNAPSHOT ? hv_strdup(volume->name ? volume->name : "")
			    : asked ? hv_strdup(asked)
				    : volume_snapshot_make_name(at->scene.vm.name, volume->name ? volume->name : "disk",
					      engine_wall_us(at->engine));
	return HV_OK;
}

enum hv_status plan_volume(struct request_at *at, struct plan *plan, struct hv_error *err)
{
	struct store *store = at->engine->config.store;
	const struct engine_request *request = at->request;
	if (request->size_bytes < 0 || (request->kind == OPERATION_RESIZE_VOLUME && request->size_bytes == 0)) {
		return hv_error_set(err, HV_ERR_INVALID, "a volume needs a size");
	}
	if (request->kind == OPERATION_ATTACH_VOLUME) {
		struct operation *row = plan_add_row(at, plan, 0);
		row->path = hv_strdup(request->path);
		row->size_bytes = request->size_bytes;
		return HV_OK;
	}
	struct volume_list volumes = {0};
	enum hv_status status = store->ops->volume_list(store, at->scene.vm.id, &volumes, err);
	if (status == HV_OK) {
		status = add_volume_row(at, plan, find_volume(&volumes, &request->volume), err);
	}
	volume_list_clear(&volumes);
	return status;
}

enum hv_status plan_copy(struct request_at *at, struct plan *plan, struct hv_error *err)
{
	return plan_volume(at, plan, err);
}

enum hv_status plan_copy_delete(struct request_at *at, struct plan *plan, struct hv_error *err)
{
	struct store *store = at->engine->config.store;
	struct volume_snapshot copy = {0};
	enum hv_status status =
		store->ops->volume_snapshot_get(store, at->request->volume_snapshot_id, &copy, err);
	bool found = status == HV_OK && copy.vm_id == at->scene.vm.id && copy.state != SNAPSHOT_REMOVED;
	if (found) {
		struct operation *row = plan_add_row(at, plan, 0);
		row->volume_snapshot_id = copy.id;
		row->display_name = hv_strdup(copy.name);
	} else if (status == HV_OK || status == HV_ERR_NOT_FOUND) {
		status = hv_error_set(err, HV_ERR_NOT_FOUND, "VM '%s' has no such volume snapshot any more",
			at->scene.vm_name);
	}
	volume_snapshot_clear(&copy);
	return status;
}

/* ---- scale (X4) ---- */

static bool was_named(const struct engine_request *request, int64_t snapshot_id)
{
	for (size_t i = 0; i < request->discard_count; i++) {
		if (request->discards[i] == snapshot_id) {
			return true;
		}
	}
	return false;
}

/* Nobody loses a snapshot that was not named to him; one that was named and is gone already is no reason to refuse. */
static enum hv_status check_named(const struct request_at *at, const struct snapshot *snapshot, struct hv_error *err)
{
	if (!at->request->expect_discards || was_named(at->request, snapshot->id)) {
		return HV_OK;
	}
	return hv_error_set(err, HV_ERR_CONFLICT,
		"VM '%s' has the memory snapshot '%s' meanwhile, which would be discarded as well; look at it and ask again",
		at->scene.vm_name, snapshot->display_name);
}

/* One delete for each memory snapshot, those without children first. */
static enum hv_status add_discards(
	struct request_at *at, struct plan *plan, const struct snapshot_tree *tree, struct hv_error *err)
{
	enum hv_status status = HV_OK;
	for (size_t i = tree->count; i-- > 0 && status == HV_OK;) {
		const struct snapshot *snapshot = tree->nodes[i].snapshot;
		if (!snapshot || snapshot->type != SNAPSHOT_DISK_AND_MEMORY) {
			continue;
		}
		status = check_named(at, snapshot, err);
		if (status == HV_OK) {
			status = plan_check_link(at, snapshot, ACTION_SNAPSHOT_DELETE, plan->queued, err);
		}
		struct operation *row = plan_add_row(at, plan, snapshot->id);
		row->kind = OPERATION_DELETE_SNAPSHOT;
		row->type = snapshot->type;
		row->display_name = hv_strdup(snapshot->display_name);
	}
	return status;
}

static enum hv_status add_scale(
	struct request_at *at, struct plan *plan, const struct service_offering *offering, struct hv_error *err)
{
	struct snapshot_tree tree = {0};
	enum hv_status status = snapshot_tree_build(&at->snapshots, NULL, NULL, &tree, err);
	if (status != HV_OK) {
		return status;
	}
	status = add_discards(at, plan, &tree, err);
	snapshot_tree_clear(&tree);
	struct operation *row = plan_add_row(at, plan, 0);
	row->offering_id = offering->id;
	row->display_name = hv_strdup(offering->name);
	return status;
}

enum hv_status plan_scale(struct request_at *at, struct plan *plan, struct hv_error *err)
{
	struct store *store = at->engine->config.store;
	struct service_offering offering = {0};
	enum hv_status status = store->ops->offering_get(store, at->request->offering_id, &offering, err);
	if (status == HV_OK && !plan->queued) { /* before anything is discarded */
		status = scene_check(at->engine, &at->scene, ACTION_VM_SCALE, err);
	}
	if (status == HV_OK) {
		status = add_scale(at, plan, &offering, err);
	}
	service_offering_clear(&offering);
	return status;
}
