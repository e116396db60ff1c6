#include "backend/engine/internal.h"

#include <stdlib.h>

#include "backend/base/memory.h"
#include "backend/domain/rules.h"
#include "backend/domain/snapshot_state.h"
#include "backend/domain/vm_state.h"

/* Create (C1-C3): the steps of the specification, in its order. */

enum hv_status create_check(STEP_PARAMETERS)
{
	(void)answer;
	struct store *store = engine->config.store;
	bool memory = run->row.type == SNAPSHOT_DISK_AND_MEMORY;
	enum hv_status status = scene_check(
		engine, scene, memory ? ACTION_SNAPSHOT_CREATE_MEMORY : ACTION_SNAPSHOT_CREATE_DISK, err);
	if (status != HV_OK) {
		return status;
	}
	struct snapshot_list snapshots = {0};
	status = store->ops->snapshot_list(store, scene->vm.id, &snapshots, err);
	if (status == HV_OK && run->row.display_name) {
		status = scene_check_name(scene, &snapshots, run->row.display_name, err);
	}
	snapshot_list_clear(&snapshots);
	return status == HV_OK ? scene_note_before(engine, scene, &run->row, err) : status;
}

enum hv_status create_allocate(STEP_PARAMETERS)
{
	(void)answer;
	struct store *store = engine->config.store;
	struct operation *row = &run->row;
	int64_t now_us = engine_wall_us(engine);
	struct snapshot snapshot = {
		.uuid = engine->config.ids.next(engine->config.ids.context),
		.vm_id = scene->vm.id,
		.account_id = scene->vm.account_id,
		.domain_id = scene->vm.domain_id,
		.offering_id = scene->vm.offering_id,
		.type = row->type,
		.state = SNAPSHOT_ALLOCATED,
		.quiesce = row->quiesce,
		.created_us = now_us,
		.updated_us = now_us,
	};
	snapshot.name = snapshot_make_internal_name(scene->vm.name, now_us, &snapshot.uuid);
	snapshot.display_name = hv_strdup(row->display_name ? row->display_name : snapshot.name);
	snapshot.description = hv_strdup_null(row->description);
	snapshot.created_by = hv_strdup_null(row->requested_by);
	enum hv_status status = store->ops->snapshot_insert(store, &snapshot, err);
	if (status == HV_OK) {
		row->snapshot_id = snapshot.id;
		hv_replace_string(&row->display_name, snapshot.display_name);
	}
	snapshot_clear(&snapshot);
	return status;
}

enum hv_status create_begin(STEP_PARAMETERS)
{
	(void)run;
	(void)answer;
	enum hv_status status = scene_move_snapshot(engine, scene, SNAPSHOT_EVENT_CREATE_REQUESTED, err);
	return status == HV_OK ? scene_move_vm(engine, scene, VM_EVENT_SNAPSHOT_REQUESTED, err) : status;
}

/*
 * The parent is the snapshot that was current before, the new one is current: what the host's tree says about both
 * comes after it and wins, because something outside hvtree may have moved the pointer in between.
 */
enum hv_status create_record(STEP_PARAMETERS)
{
	struct store *store = engine->config.store;
	struct snapshot *snapshot = &scene->snapshot;
	snapshot->parent_id = run->row.current_before;
	snapshot->checkpoint = answer->checkpoint;
	if (hv_uuid_is_nil(&snapshot->checkpoint) && answer->has_vm) {
		const struct checkpoint *found = sentence_find_checkpoint(&answer->vm, snapshot);
		snapshot->checkpoint = found ? found->id : snapshot->checkpoint;
	}
	if (answer->created_us > 0) {
		snapshot->created_us = answer->created_us;
	}
	enum hv_status status = store->ops->snapshot_update(store, snapshot, err);
	if (status == HV_OK) {
		status = store->ops->snapshot_set_current(store, snapshot->vm_id, snapshot->id, err);
	}
	return status == HV_OK ? outcome_record_vm(engine, run, scene, answer, err) : status;
}
