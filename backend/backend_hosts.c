/*
 * The wire between the agents and the engine: what a host says goes to the engine, what the engine wants said goes to
 * the host.
 */
#include "backend/backend_internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/log.h"

/* --- which hosts there are --- */

struct known_host *hosts_find(struct hv_backend *backend, int64_t id)
{
	struct known_host *host = NULL;
	HASH_FIND(hh, backend->hosts, &id, sizeof id, host);
	return host;
}

struct known_host *hosts_find_uuid(struct hv_backend *backend, const struct hv_uuid *uuid)
{
	for (struct known_host *host = backend->hosts; host; host = host->hh.next) {
		if (hv_uuid_equal(&host->uuid, uuid)) {
			return host;
		}
	}
	return NULL;
}

struct known_host *hosts_learn(struct hv_backend *backend, const struct host *row)
{
	struct known_host *host = hosts_find(backend, row->id);
	bool is_new = !host;
	if (is_new) {
		host = hv_alloc(sizeof *host);
		host->id = row->id;
		host->backend = backend;
		host->state = HOST_DISCONNECTED;
		HASH_ADD(hh, backend->hosts, id, sizeof host->id, host);
	}
	host->uuid = row->uuid;
	hv_replace_string(&host->name, row->name);
	hv_replace_string(&host->transport, row->transport);
	hv_replace_string(&host->address, row->address);
	host->snapshots_enabled = names_snapshots_enabled(backend, row->version ? row->version : "");
	host->seen = true;
	if (is_new && backend->connect == HV_CONNECT_ALL) {
		hosts_want(backend, host);
	}
	return host;
}

static void free_host(struct known_host *take_host)
{
	check_begin(take_host);
	free(take_host->name);
	free(take_host->transport);
	free(take_host->address);
	free(take_host->reason);
	free(take_host->accepted_key);
	free(take_host);
}

void hosts_forget(struct hv_backend *backend, struct known_host *host)
{
	agents_remove(backend->agents, host->id);
	struct hv_error gone;
	(void)hv_error_set(&gone, HV_ERR_NOT_FOUND, "host '%s' was removed", host->name);
	wait_host_lost(backend, host->id, &gone);
	HASH_DEL(backend->hosts, host);
	free_host(host);
}

void hosts_want(struct hv_backend *backend, struct known_host *host)
{
	if (!host->managed) {
		host->managed = true;
		host->state = HOST_CONNECTING;
		hv_replace_string(&host->reason, NULL);
		agents_add(backend->agents, host->id);
		publish_host_later(backend, host->id);
	} else if (host->state == HOST_LOST) {
		agents_retry_now(backend->agents, host->id);
	}
}

/* --- what agents say --- */

static void on_connecting(void *context, int64_t host_id)
{
	struct hv_backend *backend = context;
	struct known_host *host = hosts_find(backend, host_id);
	if (host) {
		check_begin(host);
		host->state = HOST_CONNECTING;
		host->retry_us = 0;
		publish_host_later(backend, host_id);
	}
}

static void on_ready(void *context, int64_t host_id, const struct agent_hello *hello)
{
	struct hv_backend *backend = context;
	struct known_host *host = hosts_find(backend, host_id);
	if (host) {
		host->state = HOST_UP;
		host->retry_us = 0;
		host->heard = false;
		host->may_ask = false;
		host->asking = NULL;
		check_ready(host, hello, hv_clock_wall_us(&backend->clock));
		if (host->problem) {
			HV_CLEANUP_FREE char *text = hv_sprintf("%s: %s", host->name, host->problem);
			publish_message(backend, true, text);
		}
		hv_replace_string(&host->reason, NULL);
		publish_host_later(backend, host_id);
		hv_log(HV_LOG_INFO, "host", "%s: up, %s, version %s", host->name,
			hello->agent ? hello->agent : "?", hello->version ? hello->version : "?");
	}
	engine_host_ready(backend->engine, host_id, hello);
}

/* Every try of a host that stays away fails with the same words: the log has them once. */
static void log_loss(const struct known_host *host, const struct hv_error *reason)
{
	bool is_news =
		host->state == HOST_UP || !host->reason || strcmp(host->reason, reason->text) != 0;
	hv_log(is_news ? HV_LOG_WARN : HV_LOG_DEBUG, "host", "%s: lost, %s", host->name,
		reason->text);
}

static void on_passed(void *context, int64_t host_id, enum transport_step step, const char *details)
{
	struct hv_backend *backend = context;
	struct known_host *host = hosts_find(backend, host_id);
	if (host) {
		check_passed(host, step, details);
	}
}

static void on_lost(void *context, int64_t host_id, const struct hv_error *reason, int64_t retry_us)
{
	struct hv_backend *backend = context;
	struct known_host *host = hosts_find(backend, host_id);
	if (host) {
		log_loss(host, reason);
		bool again = ask_over(host, reason);
		host->state = again ? HOST_CONNECTING : HOST_LOST;
		host->retry_us = again ? 0 : retry_us;
		host->heard = false;
		hv_replace_string(&host->reason, reason->text);
		publish_host_later(backend, host_id);
	}
	engine_host_lost(backend->engine, host_id, reason);
	wait_host_lost(backend, host_id, reason);
}

static void on_answer(void *context, int64_t host_id, const struct agent_answer *answer)
{
	struct hv_backend *backend = context;
	struct known_host *host = hosts_find(backend, host_id);
	size_t told = answer->inventory.count; /* the engine may take the list */
	engine_answer(backend->engine, host_id, answer);
	if (host && answer->kind == AGENT_GET_INVENTORY && answer->result) {
		host->heard = true;
		host->inventories++;
		host->vms_told = told;
		hv_replace_string(&host->unread, NULL);
	} else if (host && answer->kind == AGENT_GET_INVENTORY) {
		struct hv_error error;
		(void)hv_error_set(&error, HV_ERR_HOST, "%s",
			host->problem ? host->problem : answer->details ? answer->details : "no reason is given");
		hv_replace_string(&host->unread, error.text);
		wait_host_unread(backend, host_id, &error);
	}
}

static void on_progress(void *context, int64_t host_id, const struct hv_uuid *operation,
	int64_t percent, const char *phase)
{
	struct hv_backend *backend = context;
	engine_progress(backend->engine, host_id, operation, percent, phase);
}

static void on_vm_changed(void *context, int64_t host_id, const struct agent_vm *vm)
{
	struct hv_backend *backend = context;
	engine_vm_changed(backend->engine, host_id, vm);
}

static void on_vm_removed(void *context, int64_t host_id, const struct hv_uuid *vm_uuid)
{
	struct hv_backend *backend = context;
	engine_vm_removed(backend->engine, host_id, vm_uuid);
}

static void on_host_status(
	void *context, int64_t host_id, const struct agent_host_status *host_status)
{
	struct hv_backend *backend = context;
	engine_host_status(backend->engine, host_id, host_status);
}

static void on_noise(void *context, int64_t host_id, const char *text)
{
	struct hv_backend *backend = context;
	const struct known_host *host = hosts_find(backend, host_id);
	hv_log(HV_LOG_DEBUG, "agent", "%s: %s", host ? host->name : "?", text);
}

static const struct agents_listener listener = {
	.connecting = on_connecting,
	.ready = on_ready,
	.lost = on_lost,
	.answer = on_answer,
	.progress = on_progress,
	.vm_changed = on_vm_changed,
	.vm_removed = on_vm_removed,
	.host_status = on_host_status,
	.noise = on_noise,
	.passed = on_passed,
};

static enum hv_status open_transport(void *context, int64_t host_id,
	const struct transport_callbacks *callbacks, void *callback_context,
	struct transport **ret_transport, struct hv_error *err)
{
	struct hv_backend *backend = context;
	struct known_host *host = hosts_find(backend, host_id);
	if (!host) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "the host was removed");
	}
	return reach_open(backend, host, callbacks, callback_context, ret_transport, err);
}

void hosts_open(struct hv_backend *backend)
{
	const struct agents_connector connector = {open_transport, backend};
	const struct agents_config config = {
		.listener = &listener,
		.context = backend,
		.clock = backend->clock,
		.jitter_seed = (uint64_t)hv_clock_monotonic_us(&backend->clock),
	};
	backend->agents = agents_new(&config, &connector);
}

void hosts_close(struct hv_backend *backend)
{
	struct known_host *host;
	struct known_host *next;
	agents_free(backend->agents);
	HASH_ITER(hh, backend->hosts, host, next) {
		HASH_DEL(backend->hosts, host);
		free_host(host);
	}
}

/* --- what the engine asks of them --- */

static enum hv_status agents_do_send(
	void *context, int64_t host_id, const struct agent_command *command, struct hv_error *err)
{
	struct hv_backend *backend = context;
	return agents_send(backend->agents, host_id, command, err);
}

static bool agents_are_up(void *context, int64_t host_id)
{
	struct hv_backend *backend = context;
	return agents_is_up(backend->agents, host_id);
}

static unsigned agents_can(void *context, int64_t host_id)
{
	struct hv_backend *backend = context;
	return agents_capabilities(backend->agents, host_id);
}

static void agents_want(void *context, int64_t host_id)
{
	struct hv_backend *backend = context;
	struct known_host *host = hosts_find(backend, host_id);
	if (host && !host->managed) {
		hosts_want(backend, host);
	}
}

struct engine_agents hosts_for_engine(struct hv_backend *backend)
{
	return (struct engine_agents){
		.send = agents_do_send,
		.is_up = agents_are_up,
		.capabilities = agents_can,
		.want = agents_want,
		.context = backend,
	};
}
