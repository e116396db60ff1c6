#include "backend/engine/engine.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/engine/internal.h"

#define LEASE_US (15 * HV_SECOND_US)

struct engine *engine_new(const struct engine_config *config)
{
	struct engine *engine = hv_alloc(sizeof *engine);
	engine->config = *config;
	engine->owner = hv_strdup(config->owner);
	engine->config.owner = engine->owner;
	if (engine->config.lease_us <= 0) {
		engine->config.lease_us = LEASE_US;
	}
	engine->foreign_lease_us = HV_NEVER;
	engine->scanned_change = -1;
	return engine;
}

void engine_free(struct engine *engine)
{
	if (!engine) {
		return;
	}
	for (size_t i = 0; i < engine->run_count; i++) {
		run_free(engine->runs[i]);
	}
	for (size_t i = 0; i < engine->message_count; i++) {
		free(engine->messages[i].text);
	}
	free(engine->runs);
	free(engine->links);
	free(engine->messages);
	free(engine->told_missing);
	free(engine->claims);
	free(engine->owner);
	free(engine);
}

/* The host says that a later owner has the operation. If the store does not agree, a command of an earlier epoch may
 * have been meant, from before the operation came back: the journal is asked. Said again, it is a failure like another. */
static void take_fenced(struct engine *engine, struct run *run, const struct agent_answer *answer)
{
	int64_t epoch = run->row.epoch;
	run_resume(engine, run);
	if (run->wait != RUN_DUE || run->row.epoch != epoch) {
		return;
	}
	if (run->fenced) {
		run_take_answer(engine, run, answer);
	}
	run->fenced = true;
}

/* Late and repeated answers are those that the row does not wait for any more. */
static void take_command_answer(
	struct engine *engine, int64_t host_id, const struct agent_answer *answer)
{
	enum agent_command_kind kind;
	struct run *run = run_find(engine, &answer->operation);
	if (!run || run->row.host_id != host_id || run->row.state != OPERATION_RUNNING || !run->row.sent ||
		!workflow_command(&run->row, &kind) || kind != answer->kind) {
		return;
	}
	if (!answer->result && answer->code == AGENT_CODE_FENCED) {
		take_fenced(engine, run, answer);
	} else {
		run_take_answer(engine, run, answer);
	}
}

void engine_answer(struct engine *engine, int64_t host_id, const struct agent_answer *answer)
{
	link_get(engine, host_id)->seen_us = engine_wall_us(engine);
	switch (answer->kind) {
	case AGENT_STARTUP:
	case AGENT_PING:
	case AGENT_HOST_VM_STATE_REPORT:
	case AGENT_COMMAND_COUNT:
		return;
	case AGENT_GET_INVENTORY:
		sync_inventory_answer(engine, host_id, answer);
		break;
	case AGENT_QUERY_OPERATION:
		sync_query_answer(engine, host_id, answer);
		break;
	case AGENT_CREATE_VM_SNAPSHOT:
	case AGENT_REVERT_TO_VM_SNAPSHOT:
	case AGENT_DELETE_VM_SNAPSHOT:
	case AGENT_START:
	case AGENT_STOP:
	case AGENT_EXPORT_VM:
	case AGENT_CANCEL_EXPORT:
	case AGENT_REMOVE_VM:
	case AGENT_IMPORT_VM:
	case AGENT_DESTROY:
	case AGENT_ATTACH:
	case AGENT_DETTACH:
	case AGENT_RESIZE_VOLUME:
	case AGENT_SCALE_VM:
	case AGENT_CREATE_VOLUME_SNAPSHOT:
	case AGENT_DELETE_VOLUME_SNAPSHOT:
		take_command_answer(engine, host_id, answer);
		break;
	}
	engine_pump(engine);
}

/* ---- progress ---- */

static bool same_progress(const struct run *run)
{
	const char *phase = run->row.phase;
	bool same_phase = phase && run->phase ? strcmp(phase, run->phase) == 0 : phase == run->phase;
	return same_phase && run->row.percent == run->percent;
}

static void write_progress(struct engine *engine, struct run *run)
{
	struct hv_error err = {0};
	run->progress_waits = false;
	if (same_progress(run)) {
		return;
	}
	run->progress_us = engine_monotonic_us(engine) + ENGINE_PROGRESS_US;
	run->row.percent = run->percent;
	hv_replace_string(&run->row.phase, run->phase);
	enum hv_status status = engine_begin(engine, &err);
	if (status == HV_OK) {
		status = run_save(engine, run, &err);
	}
	status = engine_end(engine, status, &err);
	if (status != HV_OK && run->lost) {
		run->wait = RUN_OVER;
	} else if (status != HV_OK) { /* the next progress is written instead */
		engine_store_trouble(engine, &err);
	}
}

void engine_progress(struct engine *engine, int64_t host_id, const struct hv_uuid *operation, int64_t percent,
	const char *phase)
{
	struct run *run = run_find(engine, operation);
	link_get(engine, host_id)->seen_us = engine_wall_us(engine);
	if (!run || run->row.host_id != host_id || run->wait != RUN_FOR_ANSWER) {
		return;
	}
	int64_t now_us = engine_monotonic_us(engine);
	run->ask_us = now_us + ENGINE_ASK_US;
	run->asks = 0;
	run->percent = percent < 0 ? -1 : percent > 100 ? 100 : percent;
	hv_replace_string(&run->phase, phase);
	run->progress_waits = true;
	if (now_us >= run->progress_us) {
		write_progress(engine, run);
	}
	engine_pump(engine);
}

/* ---- time ---- */

static bool vm_has_active_run(const struct engine *engine, int64_t vm_id)
{
	for (size_t i = 0; i < engine->run_count; i++) {
		const struct run *run = engine->runs[i];
		if (run->row.vm_id == vm_id && run->wait != RUN_FOR_TURN && run->wait != RUN_OVER) {
			return true;
		}
	}
	return false;
}

/* Its turn comes when an operation of another console ends; one of mine starts it itself (chain.c). */
static bool waits_for_another_console(const struct engine *engine, const struct run *run)
{
	return run->wait == RUN_FOR_TURN && command_host_is_up(engine, run->row.host_id) &&
	       !vm_has_active_run(engine, run->row.vm_id);
}

static void tick_run(struct engine *engine, struct run *run, int64_t now_us)
{
	switch (run->wait) {
	case RUN_FOR_STORE:
		if (now_us >= run->retry_us) {
			run_resume(engine, run);
		}
		break;
	case RUN_FOR_QUERY:
	case RUN_FOR_ANSWER:
		if (now_us >= run->ask_us) {
			command_ask(engine, run);
		} else if (run->progress_waits && now_us >= run->progress_us) {
			write_progress(engine, run);
		}
		break;
	case RUN_FOR_STORAGE:
		if (now_us >= run->retry_us) {
			run->retry_us = now_us + ENGINE_STORAGE_US;
			sync_want_inventory(engine, run->row.host_id);
		}
		break;
	case RUN_FOR_HOST:
		if (command_host_is_up(engine, run->row.host_id)) {
			run->wait = RUN_DUE;
		}
		break;
	case RUN_FOR_TURN:
		if (now_us >= engine->turn_us && waits_for_another_console(engine, run)) {
			(void)chain_take_turn(engine, run);
		}
		break;
	case RUN_DUE:
	case RUN_OVER:
		break;
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t run_deadline_us(const struct engine *engine, const struct run *run)
{
	switch (run->wait) {
	case RUN_FOR_STORE:
	case RUN_FOR_STORAGE:
		return run->retry_us;
	case RUN_FOR_QUERY:
	case RUN_FOR_ANSWER:
		return run->progress_waits ? earlier(run->ask_us, run->progress_us) : run->ask_us;
	case RUN_FOR_TURN:
		return waits_for_another_console(engine, run) ? engine->turn_us : HV_NEVER;
	case RUN_DUE:
		return engine_monotonic_us(engine);
	case RUN_FOR_HOST:
	case RUN_OVER:
		break;
	}
	return HV_NEVER;
}

int64_t engine_tick(struct engine *engine)
{
	int64_t now_us = engine_monotonic_us(engine);
	lease_tick(engine);
	for (size_t i = 0; i < engine->run_count; i++) {
		tick_run(engine, engine->runs[i], now_us);
	}
	if (now_us >= engine->turn_us) {
		engine->turn_us = now_us + ENGINE_TURN_US;
	}
	engine_pump(engine);
	int64_t deadline_us = earlier(lease_deadline_us(engine), sync_deadline_us(engine));
	for (size_t i = 0; i < engine->run_count; i++) {
		deadline_us = earlier(deadline_us, run_deadline_us(engine, engine->runs[i]));
	}
	return deadline_us;
}

void engine_recover(struct engine *engine)
{
	lease_scan(engine);
	engine_pump(engine);
}
