#include "backend/engine/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"

/*
 * What a person wrote about a snapshot: its display name and its description (T5). The host knows neither, so there is
 * no operation to wait for: one transaction, in the audit log.
 */

struct editing {
	struct scene scene;
	struct snapshot_list snapshots; /* of the VM, but for the one that is edited */
	struct snapshot snapshot;
};

static void editing_clear(struct editing *editing)
{
	snapshot_list_clear(&editing->snapshots);
	snapshot_clear(&editing->snapshot);
	scene_clear(&editing->scene);
}

static enum hv_status check_form(const struct engine_edit *edit, struct hv_error *err)
{
	enum hv_status status = HV_OK;
	if (edit->display_name) {
		status = snapshot_check_display_name(edit->display_name, err);
	}
	if (status == HV_OK && edit->description && edit->description[0]) {
		status = snapshot_check_description(edit->description, err);
	}
	return status;
}

/* The one that is meant leaves the list of those whose names are taken. */
static enum hv_status load(
	struct engine *engine, const struct engine_edit *edit, struct editing *editing, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct virtual_machine vm = {0};
	enum hv_status status = store->ops->vm_get(store, edit->vm_id, &vm, err);
	struct operation row = {.vm_id = edit->vm_id, .host_id = vm.host_id};
	virtual_machine_clear(&vm);
	if (status == HV_OK) {
		status = scene_load(engine, &row, &editing->scene, err);
	}
	if (status == HV_OK) {
		status = store->ops->snapshot_list(store, edit->vm_id, &editing->snapshots, err);
	}
	for (size_t i = 0; status == HV_OK && i < editing->snapshots.count; i++) {
		if (editing->snapshots.items[i].id == edit->snapshot_id) {
			editing->snapshot = editing->snapshots.items[i];
			editing->snapshots.items[i] = editing->snapshots.items[--editing->snapshots.count];
			return HV_OK;
		}
	}
	return status != HV_OK ? status
			       : hv_error_set(err, HV_ERR_NOT_FOUND, "VM '%s' has no such snapshot any more",
					 editing->scene.vm_name);
}

static enum hv_status check(const struct engine_edit *edit, const struct editing *editing, struct hv_error *err)
{
	const struct snapshot *snapshot = &editing->snapshot;
	if (edit->expected_name && strcmp(edit->expected_name, snapshot->display_name) != 0) {
		return hv_error_set(err, HV_ERR_CONFLICT,
			"the snapshot is called '%s' since it was shown; look at it and ask again", snapshot->display_name);
	}
	if (snapshot->state == SNAPSHOT_EXPUNGING) {
		return hv_error_set(err, HV_ERR_REFUSED, "snapshot '%s' is being deleted", snapshot->display_name);
	}
	return edit->display_name ? scene_check_name(&editing->scene, &editing->snapshots, edit->display_name, err)
				  : HV_OK;
}

/* What was there before, so that nothing that a person wrote is lost. Caller frees. */
static char *describe(const struct engine_edit *edit, const struct snapshot *before)
{
	struct hv_text text = HV_TEXT_INIT;
	if (edit->display_name) {
		hv_text_printf(&text, "name was '%s'", before->display_name);
	}
	if (edit->description) {
		hv_text_printf(&text, "%sdescription was '%s'", text.length > 0 ? ", " : "",
			before->description ? before->description : "");
	}
	return hv_text_detach(&text);
}

static enum hv_status write(
	struct engine *engine, const struct engine_edit *edit, struct editing *editing, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct snapshot *snapshot = &editing->snapshot;
	HV_CLEANUP_FREE char *details = describe(edit, snapshot);
	if (edit->display_name) {
		hv_replace_string(&snapshot->display_name, edit->display_name);
	}
	if (edit->description) {
		hv_replace_string(&snapshot->description, edit->description[0] ? edit->description : NULL);
	}
	enum hv_status status = store->ops->snapshot_describe(store, snapshot, err);
	return status != HV_OK ? status
			       : store->ops->event_insert(store, engine_wall_us(engine), edit->requested_by,
					 "EditSnapshot", details, edit->vm_id, edit->snapshot_id, HV_OK, err);
}

/* A2: also who asked without the right. Not being able to write it changes nothing about the refusal. */
static void audit_denied(struct engine *engine, const struct engine_edit *edit, const struct hv_error *denied)
{
	struct store *store = engine->config.store;
	if (engine_begin(engine, NULL) == HV_OK) {
		enum hv_status status = store->ops->event_insert(store, engine_wall_us(engine), edit->requested_by,
			"EditSnapshot", denied->text, edit->vm_id, edit->snapshot_id, denied->status, NULL);
		status = engine_end(engine, status, NULL);
		(void)status;
	}
}

enum hv_status engine_edit_snapshot(struct engine *engine, const struct engine_edit *edit, struct hv_error *err)
{
	struct editing editing = {.snapshots = {.items = NULL}};
	enum hv_status status = check_form(edit, err);
	if (status != HV_OK) {
		return status;
	}
	status = engine_begin(engine, err);
	if (status != HV_OK) {
		return status;
	}
	status = caller_judge(engine, edit->requested_by, edit->vm_id, err);
	if (status == HV_OK) {
		status = load(engine, edit, &editing, err);
	}
	if (status == HV_OK) {
		status = check(edit, &editing, err);
	}
	if (status == HV_OK) {
		status = write(engine, edit, &editing, err);
	}
	editing_clear(&editing);
	status = engine_end(engine, status, err);
	if (status == HV_ERR_DENIED && err) {
		audit_denied(engine, edit, err);
	}
	return status;
}
