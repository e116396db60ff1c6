#include "backend/engine/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

/* What somebody asks for becomes rows, in one transaction with the checks (C1, C2): whoever reads the store sees all
 * of a request or nothing. */

static enum hv_status check_form(const struct engine_request *request, struct hv_error *err)
{
	if ((size_t)request->kind >= OPERATION_KIND_COUNT) {
		return hv_error_set(err, HV_ERR_INVALID, "there is no such operation");
	}
	if (request->kind == OPERATION_REVERT_SNAPSHOT && request->safety_name) {
		return snapshot_check_display_name(request->safety_name, err);
	}
	if (request->kind == OPERATION_ATTACH_VOLUME) {
		return volume_check_path(request->path, err);
	}
	if (request->kind == OPERATION_CREATE_VOLUME_SNAPSHOT && request->display_name) {
		return snapshot_check_display_name(request->display_name, err);
	}
	if (request->kind != OPERATION_CREATE_SNAPSHOT) {
		return HV_OK;
	}
	if ((size_t)request->type >= SNAPSHOT_TYPE_COUNT) {
		return hv_error_set(err, HV_ERR_INVALID, "there is no such type of snapshot");
	}
	enum hv_status status = HV_OK;
	if (request->display_name) {
		status = snapshot_check_display_name(request->display_name, err);
	}
	if (status == HV_OK && request->description) {
		status = snapshot_check_description(request->description, err);
	}
	return status;
}

static enum hv_status insert_rows(struct engine *engine, struct plan *plan, struct hv_error *err)
{
	struct store *store = engine->config.store;
	enum hv_status status = HV_OK;
	for (size_t i = 0; i < plan->rows.count && status == HV_OK; i++) {
		status = store->ops->operation_insert(store, &plan->rows.items[i], err);
		if (status == HV_OK) {
			status = outcome_audit(engine, &plan->rows.items[i], "requested", err);
		}
	}
	return status;
}

/* The first operation's steps, up to the first that needs a transaction or the host of its own. */
static enum hv_status begin_first(struct engine *engine, struct plan *plan, struct hv_error *err)
{
	struct scene scene;
	struct run first = {.row = plan->rows.items[0]}; /* moved there and back */
	enum hv_status status = scene_load(engine, &first.row, &scene, err);
	if (status == HV_OK) {
		status = workflow_run(engine, &first, &scene, NULL, err);
		scene_clear(&scene);
	}
	if (status == HV_OK) {
		status = run_save(engine, &first, err);
	}
	plan->rows.items[0] = first.row;
	return status;
}

static enum hv_status write_request(struct engine *engine, const struct engine_request *request,
	struct plan *plan, struct hv_error *err)
{
	enum hv_status status = plan_make(engine, request, plan, err);
	if (status == HV_OK && plan->ends_export) {
		status = export_end_for_start(engine, request->vm_id, err);
	}
	if (status == HV_OK) {
		status = insert_rows(engine, plan, err);
	}
	if (status == HV_OK && !plan->queued) {
		status = begin_first(engine, plan, err);
	}
	return status;
}

static void say_nothing_changed(struct hv_error *err)
{
	static const char words[] = "; nothing was changed";
	if (err && strlen(err->text) + sizeof words <= sizeof err->text) {
		memcpy(err->text + strlen(err->text), words, sizeof words);
	}
}

/* A2: also who asked without the right. Not being able to write it changes nothing about the refusal. */
static void audit_denied(
	struct engine *engine, const struct engine_request *request, const struct hv_error *denied)
{
	struct store *store = engine->config.store;
	if (engine_begin(engine, NULL) == HV_OK) {
		enum hv_status status = store->ops->event_insert(store, engine_wall_us(engine), request->requested_by,
			operation_kind_name(request->kind), denied->text, request->vm_id, 0, denied->status, NULL);
		status = engine_end(engine, status, NULL);
		(void)status;
	}
}

enum hv_status engine_request(struct engine *engine, const struct engine_request *request,
	struct hv_uuid *ret_group, struct hv_error *err)
{
	enum hv_status status = check_form(request, err);
	if (status != HV_OK) {
		return status;
	}
	struct plan plan = {.group = engine->config.ids.next(engine->config.ids.context)};
	status = engine_begin(engine, err);
	if (status == HV_OK) {
		status = write_request(engine, request, &plan, err);
	}
	status = engine_end(engine, status, err);
	if (status == HV_OK) {
		for (size_t i = 0; i < plan.rows.count; i++) {
			run_add(engine, &plan.rows.items[i])->must_ask = false;
		}
		if (plan.ends_export) {
			export_hear_all(engine, request->vm_id);
		}
		*ret_group = plan.group;
	} else if (status != HV_ERR_STORE) {
		say_nothing_changed(err);
	}
	if (status == HV_ERR_DENIED && err) {
		audit_denied(engine, request, err);
	}
	plan_clear(&plan);
	engine_pump(engine);
	return status;
}

/* ---- taking back ---- */

static enum hv_status check_cancel(
	const struct operation *row, const struct scene *scene, struct hv_error *err)
{
	if (!operation_is_live(row)) {
		return hv_error_set(err, HV_ERR_REFUSED, "%s of VM '%s' has ended already (%s)",
			operation_kind_name(row->kind), scene->vm_name, operation_state_name(row->state));
	}
	if (row->sent && row->kind != OPERATION_EXPORT_VM) { /* what it has copied can be taken back at any moment (P4) */
		return hv_error_set(err, HV_ERR_REFUSED,
			"%s of VM '%s' cannot be taken back: its host has been asked already; wait for its end",
			operation_kind_name(row->kind), scene->vm_name);
	}
	return HV_OK;
}

/* An export that has begun holds its VM, also while it waits for storage: whoever drives it ends it. */
static bool is_its_drivers_to_end(const struct operation *row)
{
	return row->sent || (row->kind == OPERATION_EXPORT_VM && row->state == OPERATION_RUNNING);
}

static enum hv_status cancel_in_transaction(struct engine *engine, struct run *run, struct scene *scene,
	const char *requested_by, struct hv_error *err)
{
	struct store *store = engine->config.store;
	enum hv_status status = caller_judge(engine, requested_by, run->row.vm_id, err);
	if (status == HV_ERR_NOT_FOUND) { /* as for an operation that is not there */
		return hv_error_set(err, status, "there is no such operation");
	}
	if (status == HV_OK) {
		status = check_cancel(&run->row, scene, err);
	}
	if (status == HV_OK && is_its_drivers_to_end(&run->row)) {
		return store->ops->operation_ask_cancel(store, run->row.id, err);
	}
	if (status == HV_OK) {
		status = lease_take(engine, &run->row, err);
	}
	if (status == HV_OK) {
		status = outcome_cancel(engine, run, scene, "it was taken back before it began", err);
	}
	if (status == HV_OK) { /* A2: who took it back need not be who asked for it */
		status = store->ops->event_insert(store, engine_wall_us(engine), requested_by, "Cancel",
			run->row.error, run->row.vm_id, 0, HV_OK, err);
	}
	return status == HV_OK ? chain_go_on(engine, &run->row, err) : status;
}

enum hv_status engine_cancel(
	struct engine *engine, int64_t operation_id, const char *requested_by, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct run run = {0};
	struct scene scene = {0};
	enum hv_status status = engine_begin(engine, err);
	if (status == HV_OK) {
		status = store->ops->operation_get(store, operation_id, &run.row, err);
	}
	if (status == HV_OK) {
		status = scene_load(engine, &run.row, &scene, err);
	}
	if (status == HV_OK) {
		status = cancel_in_transaction(engine, &run, &scene, requested_by, err);
	}
	status = engine_end(engine, status, err);
	struct run *mine = run_find_id(engine, operation_id);
	if (status == HV_OK && mine && is_its_drivers_to_end(&run.row)) {
		export_hear_cancel(mine);
	} else if (status == HV_OK && mine) {
		mine->wait = RUN_OVER;
	}
	if (status == HV_OK) {
		chain_refresh(engine, &run.row);
	}
	scene_clear(&scene);
	operation_clear(&run.row);
	engine_pump(engine);
	return status;
}
