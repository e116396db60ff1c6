#include "backend/engine/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

/*
 * What an export does when it is not to be, or cannot be, completed now: it is taken back, because its VM is to be
 * started (P4) or somebody says so, or it waits until its host's storage is back (P5).
 */

/* ---- taking back ---- */

static enum hv_status cancel_queued(struct engine *engine, struct operation *row, struct hv_error *err)
{
	struct scene scene = {0};
	enum hv_status status = scene_load(engine, row, &scene, err);
	if (status == HV_OK) {
		status = lease_take(engine, row, err);
	}
	if (status == HV_OK) {
		struct run run = {.row = *row}; /* moved there and back */
		status = outcome_cancel(engine, &run, &scene, "the VM is to be started", err);
		*row = run.row;
	}
	scene_clear(&scene);
	return status;
}

enum hv_status export_end_for_start(struct engine *engine, int64_t vm_id, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct operation_list live = {0};
	enum hv_status status = store->ops->operation_live(store, 0, vm_id, &live, err);
	for (size_t i = 0; i < live.count && status == HV_OK; i++) {
		struct operation *row = &live.items[i];
		if (row->kind != OPERATION_EXPORT_VM && row->kind != OPERATION_REMOVE_VM) {
			continue;
		}
		status = row->state == OPERATION_QUEUED ? cancel_queued(engine, row, err)
							: store->ops->operation_ask_cancel(store, row->id, err);
	}
	operation_list_clear(&live);
	return status;
}

static bool can_be_taken_back(const struct run *run)
{
	const struct operation *row = &run->row;
	return row->kind == OPERATION_EXPORT_VM && row->state == OPERATION_RUNNING && row->cancel_asked &&
	       row->status == HV_OK;
}

void export_hear_cancel(struct run *run)
{
	run->row.cancel_asked = true;
	bool waits = run->wait == RUN_FOR_ANSWER || run->wait == RUN_FOR_QUERY || run->wait == RUN_FOR_STORAGE ||
		     run->wait == RUN_FOR_HOST;
	if (can_be_taken_back(run) && waits) {
		run->wait = RUN_DUE;
	}
}

void export_hear_all(struct engine *engine, int64_t vm_id)
{
	const struct operation of_vm = {.vm_id = vm_id};
	chain_refresh(engine, &of_vm);
	for (size_t i = 0; i < engine->run_count; i++) {
		struct run *run = engine->runs[i];
		if (run->row.vm_id == vm_id && run->row.kind == OPERATION_EXPORT_VM &&
			run->row.state == OPERATION_RUNNING) {
			export_hear_cancel(run);
		}
	}
}

/* What was asked of the host is taken back there (STEP_UNDO); what was not just ends. */
static void end_at(struct engine *engine, struct run *run, const struct agent_answer *answer)
{
	struct operation *row = &run->row;
	row->step = row->sent && !answer ? STEP_UNDO : STEP_FINISH;
	row->sent = answer != NULL;
	row->unknown = false;
	row->percent = -1;
	hv_replace_string(&row->phase, NULL);
	row->status = HV_ERR_CANCELLED;
	hv_replace_string(&row->error, "it was taken back");
	run_transact(engine, run, NULL);
}

bool export_withdraw(struct engine *engine, struct run *run)
{
	if (!can_be_taken_back(run)) {
		return false;
	}
	end_at(engine, run, NULL);
	return true;
}

/* ---- waiting for storage ---- */

/* From before it was sent: whether the VM still stands still is looked at again when the storage is back. */
static void hold(struct engine *engine, struct run *run)
{
	static const char phase[] = "waiting for the host's storage";
	struct operation *row = &run->row;
	struct scene scene = {0};
	struct hv_error err = {0};
	enum hv_status status = HV_OK;
	if (row->sent || !row->phase || strcmp(row->phase, phase) != 0) {
		row->step = row->step > STEP_BEGIN ? STEP_BEGIN : row->step;
		row->sent = false;
		row->unknown = false;
		row->percent = -1;
		hv_replace_string(&row->phase, phase);
		row->updated_us = engine_wall_us(engine);
		status = engine_begin(engine, &err);
		if (status == HV_OK) {
			status = scene_load(engine, row, &scene, &err);
		}
		if (status == HV_OK) {
			engine_say(engine, true,
				"The export of VM '%s' waits until the storage of host '%s' is back; the VM stays there",
				scene.vm_name, scene.host_name);
			status = run_save(engine, run, &err);
		}
		scene_clear(&scene);
		status = engine_end(engine, status, &err);
	}
	if (status != HV_OK) {
		run_trouble(engine, run, HV_ERR_STORE, &err, NULL);
		return;
	}
	run->wait = RUN_FOR_STORAGE;
	run->must_ask = false;
	run->retry_us = engine_monotonic_us(engine) + ENGINE_STORAGE_US;
}

bool export_waits_for_storage(struct engine *engine, struct run *run)
{
	const struct operation *row = &run->row;
	bool needs_storage = row->kind == OPERATION_EXPORT_VM || row->kind == OPERATION_REMOVE_VM;
	if (!needs_storage || row->sent || !link_get(engine, row->host_id)->storage_down) {
		return false;
	}
	hold(engine, run);
	return true;
}

void export_storage_is_back(struct engine *engine, int64_t host_id)
{
	for (size_t i = 0; i < engine->run_count; i++) {
		struct run *run = engine->runs[i];
		if (run->row.host_id == host_id && run->wait == RUN_FOR_STORAGE) {
			run->wait = RUN_DUE;
		}
	}
}

/* Both halves again, under new names: the host remembers how the removal ended. */
static enum hv_status insert_again(struct engine *engine, const struct scene *scene, const char *requested_by,
	struct plan *plan, struct hv_error *err)
{
	struct store *store = engine->config.store;
	enum hv_status status = HV_OK;
	struct operation *export = plan_add(engine, scene, requested_by, plan, 0);
	export->kind = OPERATION_EXPORT_VM;
	export->export = engine->config.ids.next(engine->config.ids.context);
	plan_add(engine, scene, requested_by, plan, 0)->kind = OPERATION_REMOVE_VM;
	for (size_t i = 0; i < plan->rows.count && status == HV_OK; i++) {
		status = store->ops->operation_insert(store, &plan->rows.items[i], err);
		if (status == HV_OK) {
			status = outcome_audit(
				engine, &plan->rows.items[i], "again, because the storage was gone", err);
		}
	}
	return status;
}

static enum hv_status begin_again(struct engine *engine, struct run *run, const struct agent_answer *answer,
	struct plan *plan, struct hv_error *err)
{
	struct scene scene = {0};
	enum hv_status status = engine_begin(engine, err);
	if (status == HV_OK) {
		status = scene_load(engine, &run->row, &scene, err);
	}
	if (status == HV_OK) {
		status = outcome_fail_here(engine, run, &scene, HV_ERR_HOST,
			"the host's storage is gone; it is tried again when it is back", answer, err);
	}
	if (status == HV_OK) {
		status = insert_again(engine, &scene, run->row.requested_by, plan, err);
	}
	if (status == HV_OK) {
		status = chain_go_on(engine, &run->row, err);
	}
	scene_clear(&scene);
	return engine_end(engine, status, err);
}

static void begin_removal_again(struct engine *engine, struct run *run, const struct agent_answer *answer)
{
	struct plan plan = {.queued = true, .group = engine->config.ids.next(engine->config.ids.context)};
	struct hv_error err = {0};
	struct operation before;
	operation_copy(&before, &run->row);
	if (begin_again(engine, run, answer, &plan, &err) == HV_OK) {
		operation_clear(&before);
		run->wait = RUN_OVER;
		for (size_t i = 0; i < plan.rows.count; i++) {
			run_add(engine, &plan.rows.items[i])->must_ask = false;
		}
		chain_refresh(engine, &run->row);
	} else {
		operation_clear(&run->row);
		run->row = before;
		run_trouble(engine, run, HV_ERR_STORE, &err, NULL);
	}
	plan_clear(&plan);
}

bool export_lost_storage(struct engine *engine, struct run *run, const struct agent_answer *answer)
{
	bool exports = run->row.kind == OPERATION_EXPORT_VM && run->row.step == STEP_SEND;
	bool removes = run->row.kind == OPERATION_REMOVE_VM;
	if (answer->result || answer->code != AGENT_CODE_STORAGE_GONE || (!exports && !removes)) {
		return false;
	}
	link_get(engine, run->row.host_id)->storage_down = true;
	if (removes) {
		begin_removal_again(engine, run, answer);
	} else if (run->row.cancel_asked) {
		end_at(engine, run, answer);
	} else {
		hold(engine, run);
	}
	return true;
}
