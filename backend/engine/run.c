#include "backend/engine/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

/*
 * A row that stands behind its command without the answer is put back to it: the host's journal has the answer, and
 * this program never commits such a row (workflow.c).
 */
static void normalise(struct operation *row)
{
	enum agent_command_kind kind;
	if (row->state == OPERATION_RUNNING && row->step > STEP_SEND && !workflow_command(row, &kind)) {
		row->step = STEP_SEND;
		row->sent = true;
	}
}

static void set_wait_from_row(struct run *run)
{
	run->wait = run->row.state == OPERATION_QUEUED ? RUN_FOR_TURN : RUN_DUE;
	run->must_ask = run->row.sent;
}

struct run *run_add(struct engine *engine, const struct operation *row)
{
	struct run *run = hv_alloc(sizeof *run);
	operation_copy(&run->row, row);
	normalise(&run->row);
	set_wait_from_row(run);
	if (engine->run_count == 0) {
		engine->renew_us = engine_monotonic_us(engine) + engine->config.lease_us / 3;
	}
	HV_GROW(engine->runs, engine->run_count, engine->run_capacity);
	engine->runs[engine->run_count++] = run;
	return run;
}

struct run *run_find(struct engine *engine, const struct hv_uuid *operation)
{
	for (size_t i = 0; i < engine->run_count; i++) {
		struct run *run = engine->runs[i];
		if (run->wait != RUN_OVER && hv_uuid_equal(&run->row.uuid, operation)) {
			return run;
		}
	}
	return NULL;
}

struct run *run_find_id(struct engine *engine, int64_t operation_id)
{
	for (size_t i = 0; i < engine->run_count; i++) {
		struct run *run = engine->runs[i];
		if (run->wait != RUN_OVER && run->row.id == operation_id) {
			return run;
		}
	}
	return NULL;
}

void run_free(struct run *run)
{
	if (run) {
		operation_clear(&run->row);
		free(run->phase);
		free(run);
	}
}

enum hv_status run_save(struct engine *engine, struct run *run, struct hv_error *err)
{
	struct store *store = engine->config.store;
	run->row.lease_until_us = engine_wall_us(engine) + engine->config.lease_us;
	enum hv_status status = store->ops->operation_save(store, &run->row, err);
	run->lost = status == HV_ERR_CONFLICT;
	return status;
}

void run_wait_for_store(struct engine *engine, struct run *run)
{
	run->backoff_us = run->backoff_us == 0 ? ENGINE_BACKOFF_FIRST_US : run->backoff_us * 2;
	if (run->backoff_us > ENGINE_BACKOFF_MAX_US) {
		run->backoff_us = ENGINE_BACKOFF_MAX_US;
	}
	run->retry_us = engine_monotonic_us(engine) + run->backoff_us;
	run->wait = RUN_FOR_STORE;
}

void run_trouble(struct engine *engine, struct run *run, enum hv_status status, const struct hv_error *err,
	const struct agent_answer *answer)
{
	if (run->lost) {
		run->wait = RUN_OVER;
	} else if (status == HV_ERR_STORE || status == HV_ERR_IO) {
		engine_store_trouble(engine, err);
		run_wait_for_store(engine, run);
	} else {
		outcome_fail(engine, run, status, err->text, answer);
	}
}

static enum hv_status transact(
	struct engine *engine, struct run *run, const struct agent_answer *answer, struct hv_error *err)
{
	struct scene scene = {0};
	enum hv_status status = engine_begin(engine, err);
	if (status == HV_OK) {
		status = scene_load(engine, &run->row, &scene, err);
	}
	if (status == HV_OK) {
		status = workflow_run(engine, run, &scene, answer, err);
	}
	if (status == HV_OK) {
		run->row.updated_us = engine_wall_us(engine);
		status = run_save(engine, run, err);
	}
	if (status == HV_OK && !operation_is_live(&run->row)) {
		status = chain_go_on(engine, &run->row, err);
	}
	status = engine_end(engine, status, err);
	scene_clear(&scene);
	return status;
}

void run_transact(struct engine *engine, struct run *run, const struct agent_answer *answer)
{
	struct hv_error err = {0};
	struct operation before;
	operation_copy(&before, &run->row);
	enum hv_status status = transact(engine, run, answer, &err);
	if (status != HV_OK) {
		operation_clear(&run->row);
		run->row = before;
		run_trouble(engine, run, status, &err, answer);
		return;
	}
	operation_clear(&before);
	run->backoff_us = 0;
	run->progress_waits = false;
	if (!operation_is_live(&run->row)) {
		run->wait = RUN_OVER;
		chain_refresh(engine, &run->row);
		return;
	}
	run->wait = RUN_DUE;
	run->must_ask = false; /* what was written just now has not been sent by anybody */
	run->interrupted = run->interrupted && !run->row.sent;
}

void run_take_answer(struct engine *engine, struct run *run, const struct agent_answer *answer)
{
	if (answer->result) {
		run_transact(engine, run, answer);
		return;
	}
	if (export_lost_storage(engine, run, answer)) {
		return;
	}
	char *reason = sentence_of_answer(answer);
	if (run->row.step == STEP_UNDO) { /* it ends as it was going to */
		char *all = hv_sprintf("%s; what was copied may still be on the host: %s",
			run->row.error ? run->row.error : "", reason);
		free(run->row.error);
		run->row.error = all;
		free(reason);
		run_transact(engine, run, answer);
		return;
	}
	outcome_fail(engine, run, answer->code == AGENT_CODE_CANCELLED ? HV_ERR_CANCELLED : HV_ERR_HOST, reason,
		answer);
	free(reason);
}

void run_resume(struct engine *engine, struct run *run)
{
	struct store *store = engine->config.store;
	struct operation row = {0};
	struct hv_error err = {0};
	enum hv_status status = store->ops->operation_get(store, run->row.id, &row, &err);
	if (status == HV_ERR_NOT_FOUND) {
		run->wait = RUN_OVER;
		return;
	}
	if (status != HV_OK) {
		engine_store_trouble(engine, &err);
		run_wait_for_store(engine, run);
		return;
	}
	operation_clear(&run->row);
	run->row = row;
	if (!operation_is_live(&row) || !row.owner || strcmp(row.owner, engine->owner) != 0) {
		run->wait = RUN_OVER;
		return;
	}
	normalise(&run->row);
	set_wait_from_row(run);
}

void run_set_unknown(struct engine *engine, struct run *run, bool unknown)
{
	if (run->row.unknown == unknown) {
		return;
	}
	struct hv_error err = {0};
	run->row.unknown = unknown;
	enum hv_status status = engine_begin(engine, &err);
	if (status == HV_OK) {
		status = run_save(engine, run, &err);
	}
	status = engine_end(engine, status, &err);
	if (status == HV_OK) {
		return;
	}
	run->row.unknown = !unknown;
	if (run->lost) {
		run->wait = RUN_OVER;
	} else {
		engine_store_trouble(engine, &err);
		run_wait_for_store(engine, run);
	}
}

static void wait_for_host(struct engine *engine, struct run *run)
{
	const struct engine_agents *agents = &engine->config.agents;
	run->wait = RUN_FOR_HOST;
	agents->want(agents->context, run->row.host_id);
	if (run->row.sent && run->must_ask) {
		run_set_unknown(engine, run, true); /* Y4 */
	}
}

static void drive(struct engine *engine, struct run *run)
{
	if (export_withdraw(engine, run)) {
		return;
	}
	if (!command_host_is_up(engine, run->row.host_id)) {
		wait_for_host(engine, run);
	} else if (export_waits_for_storage(engine, run)) {
		return;
	} else if (!run->row.sent) {
		run_transact(engine, run, NULL);
	} else if (run->must_ask) {
		command_ask(engine, run);
	} else {
		command_send(engine, run);
	}
}

static bool drive_all_due(struct engine *engine)
{
	bool any = false;
	for (size_t i = 0; i < engine->run_count; i++) {
		if (engine->runs[i]->wait == RUN_DUE) {
			drive(engine, engine->runs[i]);
			any = true;
		}
	}
	return any;
}

void engine_pump(struct engine *engine)
{
	while (drive_all_due(engine)) {
	}
	size_t kept = 0;
	for (size_t i = 0; i < engine->run_count; i++) {
		if (engine->runs[i]->wait == RUN_OVER) {
			run_free(engine->runs[i]);
		} else {
			engine->runs[kept++] = engine->runs[i];
		}
	}
	engine->run_count = kept;
	sync_ask_inventories(engine);
}
