#include "backend/engine/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/domain/vm_state.h"

/* Hosts that come and go: their rows, what was in flight, and the settling of it (Y1, Y4). */

struct link *link_get(struct engine *engine, int64_t host_id)
{
	for (size_t i = 0; i < engine->link_count; i++) {
		if (engine->links[i].host_id == host_id) {
			return &engine->links[i];
		}
	}
	HV_GROW(engine->links, engine->link_count, engine->link_capacity);
	struct link *added = &engine->links[engine->link_count++];
	*added = (struct link){.host_id = host_id};
	return added;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* What a connection has learnt, on the row. `reason` NULL clears; `version` NULL keeps. Whether it says more than the row. */
static bool learn(struct engine *engine, struct host *host, enum host_state state, const char *reason,
	const char *version)
{
	int64_t seen_us = link_get(engine, host->id)->seen_us;
	seen_us = seen_us > host->seen_us ? seen_us : host->seen_us;
	if (host->state == state && same_text(host->reason, reason) && host->seen_us == seen_us &&
		(!version || same_text(host->version, version))) {
		return false;
	}
	host->state = state;
	host->seen_us = seen_us;
	hv_replace_string(&host->reason, reason);
	if (version) {
		hv_replace_string(&host->version, version);
	}
	return true;
}

/* Inside a transaction. */
static enum hv_status write_host(struct engine *engine, int64_t host_id, enum host_state state,
	const char *reason, const char *version, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct host host = {0};
	enum hv_status status = store->ops->host_get(store, host_id, &host, err);
	if (status != HV_OK) {
		return status;
	}
	if (learn(engine, &host, state, reason, version)) {
		status = store->ops->host_set_state(store, &host, err);
	}
	host_clear(&host);
	return status;
}

/* A host that stays away says the same at every try: nobody takes the writer's lock for that. */
static bool is_on_row(struct engine *engine, int64_t host_id, enum host_state state, const char *reason)
{
	struct store *store = engine->config.store;
	struct host host = {0};
	if (store->ops->host_get(store, host_id, &host, NULL) != HV_OK) {
		return false;
	}
	bool same = !learn(engine, &host, state, reason, NULL);
	host_clear(&host);
	return same;
}

static void set_host(struct engine *engine, int64_t host_id, enum host_state state, const char *version)
{
	struct hv_error err = {0};
	enum hv_status status = engine_begin(engine, &err);
	if (status == HV_OK) {
		status = write_host(engine, host_id, state, NULL, version, &err);
	}
	status = engine_end(engine, status, &err);
	if (status == HV_ERR_STORE) {
		engine_store_trouble(engine, &err);
	}
}

void engine_host_ready(struct engine *engine, int64_t host_id, const struct agent_hello *hello)
{
	struct link *link = link_get(engine, host_id);
	link->seen_us = engine_wall_us(engine);
	link->inventory_sent = false;
	link->inventory_wanted = true;
	link->inventory_us = 0;
	engine->turn_us = 0;
	set_host(engine, host_id, HOST_UP, hello->version);
	for (size_t i = 0; i < engine->run_count; i++) {
		struct run *run = engine->runs[i];
		if (run->row.host_id == host_id && run->wait == RUN_FOR_HOST) {
			run->wait = RUN_DUE;
		}
	}
	engine_pump(engine);
}

static void interrupt_runs(struct engine *engine, int64_t host_id)
{
	for (size_t i = 0; i < engine->run_count; i++) {
		struct run *run = engine->runs[i];
		if (run->row.host_id != host_id) {
			continue;
		}
		run->interrupted = true;
		if (run->wait == RUN_FOR_ANSWER || run->wait == RUN_FOR_QUERY) {
			run->wait = RUN_FOR_HOST;
			run->must_ask = true;
		}
	}
}

static bool is_in_flight(const struct run *run, int64_t host_id)
{
	return run->row.host_id == host_id && run->wait == RUN_FOR_HOST && run->must_ask;
}

/* In flight becomes Unknown (Y4). A row that another console owns now is simply not ours to write. */
static enum hv_status write_unknown(struct engine *engine, int64_t host_id, struct hv_error *err)
{
	for (size_t i = 0; i < engine->run_count; i++) {
		struct run *run = engine->runs[i];
		if (!is_in_flight(run, host_id) || run->row.unknown) {
			continue;
		}
		run->row.unknown = true;
		enum hv_status status = run_save(engine, run, err);
		if (run->lost) {
			run->wait = RUN_OVER;
		} else if (status != HV_OK) {
			return status;
		}
	}
	return HV_OK;
}

static bool has_news_in_flight(const struct engine *engine, int64_t host_id)
{
	for (size_t i = 0; i < engine->run_count; i++) {
		if (is_in_flight(engine->runs[i], host_id) && !engine->runs[i]->row.unknown) {
			return true;
		}
	}
	return false;
}

/* One commit: that the host is lost, and what nobody knows therefore. */
static enum hv_status write_lost(
	struct engine *engine, int64_t host_id, const char *reason, struct hv_error *err)
{
	enum hv_status status = engine_begin(engine, err);
	if (status == HV_OK) {
		status = write_host(engine, host_id, HOST_LOST, reason, NULL, err);
	}
	if (status == HV_OK) {
		status = write_unknown(engine, host_id, err);
	}
	return engine_end(engine, status, err);
}

void engine_host_lost(struct engine *engine, int64_t host_id, const struct hv_error *reason)
{
	struct hv_error err = {0};
	struct link *link = link_get(engine, host_id);
	link->inventory_sent = false;
	link->inventory_wanted = false;
	interrupt_runs(engine, host_id);
	claim_look_again(engine);
	enum hv_status status = HV_OK;
	const char *why = reason ? reason->text : NULL;
	if (has_news_in_flight(engine, host_id) || !is_on_row(engine, host_id, HOST_LOST, why)) {
		status = write_lost(engine, host_id, why, &err);
	}
	if (status != HV_OK) {
		engine_store_trouble(engine, &err);
	}
	for (size_t i = 0; i < engine->run_count && status != HV_OK; i++) {
		if (is_in_flight(engine->runs[i], host_id)) { /* written when it is resumed */
			run_wait_for_store(engine, engine->runs[i]);
		}
	}
	engine_pump(engine);
}

void engine_host_status(struct engine *engine, int64_t host_id, const struct agent_host_status *host_status)
{
	struct store *store = engine->config.store;
	struct link *link = link_get(engine, host_id);
	struct hv_error err = {0};
	struct host host = {0};
	link->seen_us = engine_wall_us(engine);
	enum hv_status status = engine_begin(engine, &err);
	if (status == HV_OK) {
		status = store->ops->host_get(store, host_id, &host, &err);
	}
	if (status == HV_OK && host.free_bytes != host_status->free_bytes) {
		host.free_bytes = host_status->free_bytes;
		host.seen_us = link->seen_us;
		status = store->ops->host_set_state(store, &host, &err);
	}
	if (status == HV_OK && link->storage_down == host_status->storage_up) {
		engine_say(engine, !host_status->storage_up,
			host_status->storage_up ? "The storage of host '%s' is back"
						: "Host '%s' has lost its storage; what needs it will fail until it "
						  "is back",
			host.name);
		link->storage_down = !host_status->storage_up;
	}
	host_clear(&host);
	status = engine_end(engine, status, &err);
	if (status == HV_ERR_STORE) {
		engine_store_trouble(engine, &err);
	}
	if (host_status->storage_up) {
		link_get(engine, host_id)->storage_down = false;
		export_storage_is_back(engine, host_id);
		engine_pump(engine);
	}
}

/* ---- settling what is transient (Y1) ---- */

static void go_on_sending(struct engine *engine, struct run *run)
{
	run->must_ask = false;
	run->wait = RUN_DUE;
	run_set_unknown(engine, run, false);
}

static void settle_unknown_to_host(struct engine *engine, struct run *run)
{
	if (run->must_ask && workflow_is_stale(engine, run)) {
		run->row.sent = false; /* it is certain now that nothing arrived */
		outcome_fail(engine, run, HV_ERR_TIMEOUT,
			"the host was lost before it was asked, more than 5 minutes ago, so it is not asked any more",
			NULL);
		sync_want_inventory(engine, run->row.host_id);
		return;
	}
	go_on_sending(engine, run);
}

/*
 * The journal says so of every intent without an answer, also when nobody acts on it any more: only the command, sent
 * again, waits for the end or brings it about. So it is sent over a new link, and again after a while, because the one
 * that was sent may be lost.
 */
static void settle_running(struct engine *engine, struct run *run)
{
	if (run->must_ask || ++run->asks >= ENGINE_ASKS_MAX) {
		run->asks = 0;
		go_on_sending(engine, run);
		return;
	}
	run->wait = RUN_FOR_ANSWER;
	run->ask_us = engine_monotonic_us(engine) + ENGINE_ASK_US;
}

static void settle_done(struct engine *engine, struct run *run, const struct agent_answer *recorded)
{
	if (!recorded) {
		go_on_sending(engine, run);
		return;
	}
	struct agent_answer replay = *recorded; /* borrows */
	replay.replayed = true;
	run_take_answer(engine, run, &replay);
}

void sync_query_answer(struct engine *engine, int64_t host_id, const struct agent_answer *answer)
{
	enum agent_command_kind kind;
	struct run *run = run_find(engine, &answer->operation);
	if (!run || run->wait != RUN_FOR_QUERY || run->row.host_id != host_id ||
		!workflow_command(&run->row, &kind) || (answer->result && answer->query_kind != kind)) {
		return;
	}
	if (!answer->result) { /* an agent that cannot tell; sending again is safe (Y2) */
		go_on_sending(engine, run);
		return;
	}
	switch (answer->journal) {
	case AGENT_JOURNAL_UNKNOWN:
		settle_unknown_to_host(engine, run);
		break;
	case AGENT_JOURNAL_RUNNING:
		settle_running(engine, run);
		break;
	case AGENT_JOURNAL_DONE:
		settle_done(engine, run, answer->recorded);
		break;
	}
}
