/*
 * Requests that wait for their host. An act waits until the host is up and has told what it holds, so that it is judged
 * by what is true; a sync waits until, besides, nothing of a former console is left open.
 */
#include "backend/backend_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define CONNECT_US (60 * HV_SECOND_US) /* each step of a connection has a limit of its own */
#define SETTLE_US (60 * HV_SECOND_US)

static void add(
	struct hv_backend *backend, const struct known_host *host, struct request *take_request)
{
	struct waiting *waiting = hv_alloc(sizeof *waiting);
	waiting->request = take_request;
	waiting->host_id = host->id;
	waiting->deadline_us = hv_clock_monotonic_us(&backend->clock) + CONNECT_US;
	waiting->inventories = host->inventories;
	DL_APPEND(backend->waiting, waiting);
}

static void end(struct hv_backend *backend, struct waiting *waiting)
{
	DL_DELETE(backend->waiting, waiting);
	request_free(waiting->request);
	free(waiting);
}

bool wait_for_host(struct hv_backend *backend, struct known_host *host, struct request *request)
{
	bool up = host->state == HOST_UP && host->managed;
	bool tried_in_vain = host->managed && host->state == HOST_LOST;
	if ((up && host->heard) || (tried_in_vain && backend->connect == HV_CONNECT_ALL)) {
		return true;
	}
	add(backend, host, request);
	hosts_want(backend, host);
	return false;
}

void wait_for_sync(
	struct hv_backend *backend, struct known_host *host, struct request *take_request)
{
	add(backend, host, take_request);
	if (host->managed && host->state == HOST_UP) {
		engine_sync(backend->engine, host->id);
	} else {
		hosts_want(backend, host);
	}
}

static void synced(
	struct hv_backend *backend, const struct waiting *waiting, const struct hv_error *error)
{
	const struct known_host *host = hosts_find(backend, waiting->host_id);
	struct hv_event *event = event_new(HV_EVENT_SYNCED);
	event->ticket = waiting->request->ticket;
	if (host) {
		event->id = host->uuid;
		event->text = hv_strdup(host->name);
	}
	if (host) {
		/* A1: how many VMs the host told of is for those to know who see all of them */
		bool sees_all = caller_scope(backend)->role == ACCOUNT_ADMINISTRATOR;
		event->check = check_report(host, sees_all ? (int64_t)host->vms_told : host->vm_count, error);
	}
	if (error) {
		event->error = *error;
	}
	events_add(backend->events, event);
}

/* What cannot go on says so; a preview goes on, for it can say why nothing is possible. */
static void give_up(struct hv_backend *backend, const struct waiting *waiting,
	enum hv_status status, const char *sentence)
{
	const struct known_host *host = hosts_find(backend, waiting->host_id);
	struct hv_error error;
	(void)hv_error_set(&error, status, "host '%s' cannot be reached: %s",
		host ? host->name : "?", sentence);
	if (waiting->request->kind == REQUEST_SYNC) {
		synced(backend, waiting, &error);
	} else if (waiting->request->kind == REQUEST_PREVIEW) {
		handle_act_now(backend, waiting->request);
	} else {
		publish_refusal(backend, waiting->request->ticket, &error);
	}
}

void wait_host_lost(struct hv_backend *backend, int64_t host_id, const struct hv_error *reason)
{
	struct waiting *waiting;
	struct waiting *next;
	DL_FOREACH_SAFE(backend->waiting, waiting, next) {
		if (waiting->host_id == host_id) {
			give_up(backend, waiting, HV_ERR_UNREACHABLE, reason->text);
			end(backend, waiting);
		}
	}
}

void wait_host_unread(struct hv_backend *backend, int64_t host_id, const struct hv_error *reason)
{
	struct waiting *waiting;
	struct waiting *next;
	DL_FOREACH_SAFE(backend->waiting, waiting, next) {
		if (waiting->host_id == host_id && waiting->request->kind == REQUEST_SYNC) {
			struct hv_error error = *reason;
			hv_error_prefix(&error, "the host does not tell what it holds");
			synced(backend, waiting, &error);
			end(backend, waiting);
		}
	}
}

/* Operations on the host that this console did not begin itself and has not settled yet. */
static size_t count_unsettled(struct hv_backend *backend, int64_t host_id)
{
	struct operation_list live = {0};
	size_t count = 0;
	if (backend->store->ops->operation_live(backend->store, host_id, 0, &live, NULL) != HV_OK) {
		return 1;
	}
	for (size_t i = 0; i < live.count; i++) {
		const struct operation *operation = &live.items[i];
		bool is_ours = operation->owner && strcmp(operation->owner, backend->owner) == 0;
		bool is_inherited = operation->created_us < backend->started_us;
		count += operation->unknown || (is_ours && is_inherited) ? 1 : 0;
	}
	operation_list_clear(&live);
	return count;
}

/* Whether the request has its end. */
static bool check_sync(struct hv_backend *backend, struct waiting *waiting, struct known_host *host)
{
	if (host->inventories > waiting->inventories && count_unsettled(backend, host->id) == 0) {
		synced(backend, waiting, NULL);
		return true;
	}
	return false;
}

static void time_out(struct hv_backend *backend, const struct waiting *waiting)
{
	if (waiting->request->kind == REQUEST_SYNC && waiting->was_up) {
		struct hv_error error;
		(void)hv_error_set(&error, HV_ERR_TIMEOUT,
			"what a former console began there has not come to its end; it goes on");
		synced(backend, waiting, &error);
		return;
	}
	give_up(backend, waiting, HV_ERR_UNREACHABLE, "no answer within a minute");
}

static bool check(struct hv_backend *backend, struct waiting *waiting, int64_t now_us)
{
	struct known_host *host = hosts_find(backend, waiting->host_id);
	bool up = host && host->managed && host->state == HOST_UP;
	if (up && !waiting->was_up) {
		waiting->was_up = true;
		waiting->deadline_us = now_us + SETTLE_US;
	}
	if (up && waiting->request->kind == REQUEST_SYNC && check_sync(backend, waiting, host)) {
		return true;
	}
	if (up && waiting->request->kind != REQUEST_SYNC && host->heard) {
		handle_act_now(backend, waiting->request);
		return true;
	}
	if (now_us >= waiting->deadline_us) {
		time_out(backend, waiting);
		return true;
	}
	return false;
}

int64_t wait_check(struct hv_backend *backend)
{
	int64_t now_us = hv_clock_monotonic_us(&backend->clock);
	int64_t due_us = HV_NEVER;
	struct waiting *waiting;
	struct waiting *next;
	DL_FOREACH_SAFE(backend->waiting, waiting, next) {
		if (check(backend, waiting, now_us)) {
			end(backend, waiting);
		} else if (waiting->deadline_us < due_us) {
			due_us = waiting->deadline_us;
		}
	}
	return due_us;
}

void wait_clear(struct hv_backend *backend)
{
	struct waiting *waiting;
	struct waiting *next;
	DL_FOREACH_SAFE(backend->waiting, waiting, next) {
		end(backend, waiting);
	}
}
