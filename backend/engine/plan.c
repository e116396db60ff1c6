#include "backend/engine/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/domain/preview.h"
#include "backend/domain/rules.h"

/* What a request means: one operation, or a chain of them (D4), and why it cannot be now (X1, stale view). */

static enum hv_status find_vm(struct request_at *at, struct hv_error *err)
{
	struct store *store = at->engine->config.store;
	struct virtual_machine vm = {0};
	enum hv_status status = store->ops->vm_get(store, at->request->vm_id, &vm, err);
	if (status == HV_ERR_NOT_FOUND) {
		return hv_error_set(err, status, "there is no such VM");
	}
	if (status != HV_OK) {
		return status;
	}
	struct operation row = {.vm_id = vm.id, .host_id = vm.host_id};
	virtual_machine_clear(&vm);
	status = scene_load(at->engine, &row, &at->scene, err);
	return status == HV_OK ? store->ops->snapshot_list(store, row.vm_id, &at->snapshots, err) : status;
}

static enum hv_status check_host(struct request_at *at, struct hv_error *err)
{
	const struct engine_agents *agents = &at->engine->config.agents;
	const struct host *host = &at->scene.host;
	if (command_host_is_up(at->engine, host->id)) {
		return HV_OK;
	}
	agents->want(agents->context, host->id);
	bool has_reason = host->reason && host->reason[0] != '\0';
	char *reason = has_reason ? hv_text_printable(host->reason, strlen(host->reason)) : NULL;
	enum hv_status status = hv_error_set(err, HV_ERR_UNREACHABLE,
		"host '%s' of VM '%s' cannot be reached now%s%s; ask again when it is back", at->scene.host_name,
		at->scene.vm_name, reason ? ": " : "", reason ? reason : "");
	free(reason);
	return status;
}

/* X1: who, what and since when. */
static enum hv_status refuse_busy(
	const struct request_at *at, const struct operation *live, struct hv_error *err)
{
	char since[32];
	char progress[32] = "";
	const char *state = live->state == OPERATION_QUEUED ? "waits" : live->unknown ? "is Unknown" : "runs";
	(void)hv_format_time(live->created_us, since);
	if (live->percent >= 0) {
		(void)snprintf(progress, sizeof progress, ", %" PRId64 " %% done", live->percent);
	}
	return hv_error_set(err, HV_ERR_CONFLICT,
		"VM '%s' is busy: %s of '%s' %s since %s%s; wait for its end, or ask to be queued behind it",
		at->scene.vm_name, operation_kind_name(live->kind),
		live->requested_by ? live->requested_by : "?", state, since, progress);
}

static bool is_of_export(const struct operation *row)
{
	return row->kind == OPERATION_EXPORT_VM || row->kind == OPERATION_REMOVE_VM;
}

/* P4: whoever starts a VM that is off ends what only copies it, or takes it off its host. */
static bool start_ends(const struct request_at *at, const struct operation_list *live)
{
	bool any = false;
	for (size_t i = 0; i < live->count; i++) {
		const struct operation *row = &live->items[i];
		bool runs = row->state == OPERATION_RUNNING && at->scene.vm.power_state == VM_RUNNING;
		if (is_of_export(row) && runs) {
			return false;
		}
		any = any || is_of_export(row);
	}
	return any && at->request->kind == OPERATION_START_VM;
}

static enum hv_status check_busy(struct request_at *at, struct plan *plan, struct hv_error *err)
{
	struct store *store = at->engine->config.store;
	struct operation_list live = {0};
	enum hv_status status = store->ops->operation_live(store, 0, at->scene.vm.id, &live, err);
	const struct operation *first = NULL;
	for (size_t i = 0; i < live.count; i++) {
		if (!first || live.items[i].state == OPERATION_RUNNING) {
			first = &live.items[i];
		}
	}
	plan->queued = first != NULL;
	plan->ends_export = start_ends(at, &live);
	bool waits = at->request->queue || (plan->ends_export && is_of_export(first));
	if (status == HV_OK && first && !waits) {
		status = refuse_busy(at, first, err);
	}
	operation_list_clear(&live);
	return status;
}

static const struct snapshot *find_snapshot(const struct request_at *at, int64_t id)
{
	for (size_t i = 0; i < at->snapshots.count; i++) {
		if (at->snapshots.items[i].id == id) {
			return &at->snapshots.items[i];
		}
	}
	return NULL;
}

static const char *name_of(const struct request_at *at, int64_t id)
{
	const struct snapshot *snapshot = find_snapshot(at, id);
	return snapshot ? snapshot->display_name : "none";
}

/* What a revert or a destroy loses was seen as the VM is now, and what waits runs on what another operation has left. */
static bool would_lose_unseen(const struct request_at *at, const struct plan *plan)
{
	bool loses = at->request->kind == OPERATION_REVERT_SNAPSHOT || at->request->kind == OPERATION_DESTROY_VM;
	return plan->queued && loses && at->request->expect_current;
}

static enum hv_status check_view(const struct request_at *at, const struct plan *plan, struct hv_error *err)
{
	if (would_lose_unseen(at, plan)) {
		return hv_error_set(err, HV_ERR_CONFLICT,
			"VM '%s' is busy, and what %s would lose is known only when that has ended; look at it and ask again then",
			at->scene.vm_name, operation_kind_name(at->request->kind));
	}
	int64_t current_id = scene_current_id(&at->snapshots);
	if (!at->request->expect_current || current_id == at->request->expected_current) {
		return HV_OK;
	}
	return hv_error_set(err, HV_ERR_CONFLICT,
		"the tree of VM '%s' has changed since it was shown: its current snapshot is '%s' now; look at it and "
		"ask again",
		at->scene.vm_name, name_of(at, current_id));
}

struct operation *plan_add(struct engine *engine, const struct scene *scene, const char *requested_by,
	struct plan *plan, int64_t snapshot_id)
{
	int64_t now_us = engine_wall_us(engine);
	bool runs = plan->rows.count == 0 && !plan->queued;
	struct operation *row = operation_list_add(&plan->rows);
	*row = (struct operation){
		.uuid = engine->config.ids.next(engine->config.ids.context),
		.group = plan->group,
		.sequence = (int64_t)plan->rows.count - 1,
		.state = runs ? OPERATION_RUNNING : OPERATION_QUEUED,
		.step = STEP_CHECK,
		.host_id = scene->host.id,
		.vm_id = scene->vm.id,
		.snapshot_id = snapshot_id,
		.vm_state_before = scene->vm.state,
		.percent = -1,
		.owner = hv_strdup(engine->owner),
		.lease_until_us = now_us + engine->config.lease_us,
		.epoch = 1,
		.requested_by = hv_strdup(requested_by ? requested_by : "unknown"),
		.created_us = now_us,
		.updated_us = now_us,
	};
	return row;
}

struct operation *plan_add_row(const struct request_at *at, struct plan *plan, int64_t snapshot_id)
{
	struct operation *row =
		plan_add(at->engine, &at->scene, at->request->requested_by, plan, snapshot_id);
	row->kind = at->request->kind;
	return row;
}

static enum hv_status plan_create(const struct request_at *at, struct plan *plan, struct hv_error *err)
{
	const struct engine_request *request = at->request;
	if (request->display_name) {
		enum hv_status status =
			scene_check_name(&at->scene, &at->snapshots, request->display_name, err);
		if (status != HV_OK) {
			return status;
		}
	}
	struct operation *row = plan_add_row(at, plan, 0);
	row->type = request->type;
	row->quiesce = request->quiesce;
	row->display_name = hv_strdup_null(request->display_name);
	row->description = hv_strdup_null(request->description);
	plan_export_of_snapshot(at, plan);
	return HV_OK;
}

static enum hv_status plan_target(const struct request_at *at, struct plan *plan, struct hv_error *err)
{
	const struct snapshot *target = find_snapshot(at, at->request->snapshot_id);
	if (!target) {
		return hv_error_set(
			err, HV_ERR_NOT_FOUND, "VM '%s' has no such snapshot any more", at->scene.vm_name);
	}
	struct operation *row = plan_add_row(at, plan, target->id);
	row->type = target->type;
	row->display_name = hv_strdup(target->display_name);
	return HV_OK;
}

/* As it was asked for, or with a number behind it; caller frees. */
static char *free_name(const struct request_at *at, const char *wanted)
{
	char *name = hv_strdup(wanted);
	for (int number = 2; scene_check_name(&at->scene, &at->snapshots, name, NULL) != HV_OK; number++) {
		free(name);
		name = hv_sprintf("%s (%d)", wanted, number);
	}
	return name;
}

/* U4: whatever the revert throws away is in a snapshot first. The chain stops when that fails. */
static enum hv_status plan_safety(
	const struct request_at *at, struct plan *plan, const char *target_name, struct hv_error *err)
{
	struct operation *row = plan_add_row(at, plan, 0);
	row->kind = OPERATION_CREATE_SNAPSHOT;
	row->type = at->scene.vm.state == VM_RUNNING ? SNAPSHOT_DISK_AND_MEMORY : SNAPSHOT_DISK;
	row->display_name = free_name(at, at->request->safety_name);
	row->description = hv_sprintf("taken before the revert to '%s'", target_name);
	if (snapshot_check_description(row->description, NULL) != HV_OK) { /* the name alone fills it */
		hv_replace_string(&row->description, "taken before a revert");
	}
	return snapshot_check_display_name(row->display_name, err);
}

enum hv_status plan_check_link(struct request_at *at, const struct snapshot *target, enum action action,
	bool queued, struct hv_error *err)
{
	if (queued) {
		return HV_OK;
	}
	struct scene scene = at->scene; /* borrows */
	scene.snapshot = *target;
	scene.has_snapshot = true;
	enum hv_status status = scene_check(at->engine, &scene, action, err);
	if (status == HV_ERR_REFUSED) {
		hv_error_prefix(err, "snapshot '%s'", target->display_name);
	}
	return status;
}

static enum hv_status plan_revert(struct request_at *at, struct plan *plan, struct hv_error *err)
{
	const struct snapshot *target = find_snapshot(at, at->request->snapshot_id);
	if (at->request->safety_name && target) {
		enum hv_status status = plan_check_link(at, target, ACTION_SNAPSHOT_REVERT, plan->queued, err);
		if (status == HV_OK) {
			status = plan_safety(at, plan, target->display_name, err);
		}
		if (status != HV_OK) {
			return status;
		}
	}
	enum hv_status status = plan_target(at, plan, err);
	if (status == HV_OK && at->request->safety_name) {
		plan_export_of_snapshot(at, plan);
	}
	return status;
}

static enum hv_status plan_chain(
	struct request_at *at, struct plan *plan, const struct snapshot_tree *tree, struct hv_error *err)
{
	const struct engine_request *request = at->request;
	size_t target = request->all ? SNAPSHOT_TREE_NONE : snapshot_tree_find(tree, request->snapshot_id);
	if (!request->all && target == SNAPSHOT_TREE_NONE) {
		return hv_error_set(
			err, HV_ERR_NOT_FOUND, "VM '%s' has no such snapshot any more", at->scene.vm_name);
	}
	struct delete_preview preview = {0};
	delete_preview_make(tree, target, request->subtree, &preview);
	enum hv_status status = HV_OK;
	for (size_t i = 0; i < preview.count && status == HV_OK; i++) {
		const struct snapshot *snapshot = tree->nodes[preview.nodes[i]].snapshot;
		status = plan_check_link(at, snapshot, ACTION_SNAPSHOT_DELETE, plan->queued, err);
		struct operation *row = plan_add_row(at, plan, snapshot->id);
		row->type = snapshot->type;
		row->display_name = hv_strdup(snapshot->display_name);
	}
	delete_preview_clear(&preview);
	if (status == HV_OK && plan->rows.count == 0) {
		return hv_error_set(
			err, HV_ERR_REFUSED, "VM '%s' has no snapshots to delete", at->scene.vm_name);
	}
	return status;
}

static enum hv_status plan_delete(struct request_at *at, struct plan *plan, struct hv_error *err)
{
	if (!at->request->all && !at->request->subtree) {
		return plan_target(at, plan, err);
	}
	struct snapshot_tree tree = {0};
	enum hv_status status = snapshot_tree_build(&at->snapshots, NULL, NULL, &tree, err);
	if (status == HV_OK) {
		status = plan_chain(at, plan, &tree, err);
		snapshot_tree_clear(&tree);
	}
	return status;
}

static enum hv_status plan_kind(struct request_at *at, struct plan *plan, struct hv_error *err)
{
	switch (at->request->kind) {
	case OPERATION_CREATE_SNAPSHOT:
		return plan_create(at, plan, err);
	case OPERATION_REVERT_SNAPSHOT:
		return plan_revert(at, plan, err);
	case OPERATION_DELETE_SNAPSHOT:
		return plan_delete(at, plan, err);
	case OPERATION_START_VM:
	case OPERATION_DESTROY_VM:
		(void)plan_add_row(at, plan, 0);
		return HV_OK;
	case OPERATION_STOP_VM:
		plan_stop(at, plan);
		return HV_OK;
	case OPERATION_EXPORT_VM: /* only behind a stop or a create */
	case OPERATION_REMOVE_VM:
		break;
	case OPERATION_ATTACH_VOLUME:
	case OPERATION_DETACH_VOLUME:
	case OPERATION_RESIZE_VOLUME:
		return plan_volume(at, plan, err);
	case OPERATION_SCALE_VM:
		return plan_scale(at, plan, err);
	case OPERATION_CREATE_VOLUME_SNAPSHOT:
		return plan_copy(at, plan, err);
	case OPERATION_DELETE_VOLUME_SNAPSHOT:
		return plan_copy_delete(at, plan, err);
	case OPERATION_KIND_COUNT:
		break;
	}
	return hv_error_set(err, HV_ERR_INVALID, "there is no such operation");
}

enum hv_status plan_make(struct engine *engine, const struct engine_request *request, struct plan *plan,
	struct hv_error *err)
{
	struct request_at at = {.engine = engine, .request = request};
	enum hv_status status = caller_judge(engine, request->requested_by, request->vm_id, err);
	if (status == HV_OK) {
		status = find_vm(&at, err);
	}
	if (status == HV_OK) {
		status = check_host(&at, err);
	}
	if (status == HV_OK) {
		status = check_busy(&at, plan, err);
	}
	if (status == HV_OK) {
		status = check_view(&at, plan, err);
	}
	if (status == HV_OK) {
		status = plan_kind(&at, plan, err);
	}
	scene_clear(&at.scene);
	snapshot_list_clear(&at.snapshots);
	return status;
}

void plan_clear(struct plan *plan)
{
	operation_list_clear(&plan->rows);
}
