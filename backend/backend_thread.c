/*
 * The backend's thread: one poll over agents, requests and the store's files. A turn: hear the hosts, take requests, let
 * the engine do what is due, tell what changed.
 */
#include "backend/backend_internal.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "backend/backend_place.h"
#include "backend/base/log.h"

#define OWN_FDS 2 /* requests, watch; the agents' follow */
#define FAILED_RETRY_US (1 * HV_SECOND_US)

struct turn {
	struct pollfd *fds;
	size_t capacity;
	size_t agents; /* how many of the fds are the agents' */
	int64_t waiting_due_us;
	int64_t retry_us; /* not before this: the store refused */
};

/* --- what the engine is given --- */

static struct hv_uuid next_id(void *context)
{
	(void)context;
	return hv_uuid_random();
}

static bool owner_is_gone(void *context, const char *owner)
{
	(void)context;
	return place_owner_is_gone(owner);
}

static void on_store_failed(void *context, const struct hv_error *error)
{
	publish_failure(context, error);
}

static void on_message(void *context, bool warning, const char *text)
{
	publish_message(context, warning, text);
}

static void begin(struct hv_backend *backend)
{
	struct engine_config config = {
		.store = backend->store,
		.agents = hosts_for_engine(backend),
		.ids = {next_id, backend},
		.clock = backend->clock,
		.listener = {on_store_failed, on_message, backend},
		.owner = backend->owner,
		.owner_is_gone = owner_is_gone,
		.owner_context = backend,
	};
	backend->watch = watch_new(backend->store_path);
	backend->engine = engine_new(&config);
	struct hv_error error = {0};
	if (engine_claim(backend->engine, backend->user, &error) != HV_OK) {
		publish_failure(backend, &error);
	}
	hosts_open(backend);
}

/* Somebody else may go on with our operations at once: nobody has to wait for the leases to run out. */
static void let_go(struct hv_backend *backend)
{
	const struct store_ops *ops = backend->store->ops;
	struct hv_error error;
	if (ops->begin(backend->store, NULL) != HV_OK) {
		return;
	}
	if (ops->operation_renew(backend->store, backend->owner,
		    hv_clock_wall_us(&backend->clock) - 1, &error) != HV_OK ||
		ops->commit(backend->store, &error) != HV_OK) {
		ops->rollback(backend->store);
	}
}

static void drop_requests(struct hv_backend *backend)
{
	struct request *request;
	struct request *next;
	DL_FOREACH_SAFE(backend->later, request, next) {
		DL_DELETE(backend->later, request);
		request_free(request);
	}
}

static void end(struct hv_backend *backend)
{
	let_go(backend);
	hosts_close(backend);
	engine_free(backend->engine);
	watch_free(backend->watch);
	wait_clear(backend);
	drop_requests(backend);
	told_clear(backend);
	names_clear(backend);
	backend->store->ops->close(backend->store);
	backend->store = NULL;
}

/* --- one turn --- */

static bool first_picture(struct hv_backend *backend)
{
	struct hv_error error = {0};
	if (load_picture(backend, &error) != HV_OK) {
		publish_failure(backend, &error);
		events_flush(backend->events);
		return false;
	}
	backend->failed = false;
	if (backend->stop) {
		return true; /* in the middle of it: there is nobody any more to tell */
	}
	if (backend->wants_all) {
		events_add(backend->events, event_new(HV_EVENT_LOADED));
	}
	events_flush(backend->events);
	engine_recover(backend->engine);
	return true;
}

static int timeout_ms(const struct hv_backend *backend, const struct turn *turn)
{
	int64_t due_us = agents_deadline_us(backend->agents);
	const int64_t others[] = {
		backend->engine_due_us, watch_due_us(backend->watch), turn->waiting_due_us};
	for (size_t i = 0; i < HV_ARRAY_LEN(others); i++) {
		due_us = others[i] < due_us ? others[i] : due_us;
	}
	if (backend->dirty_count > 0) {
		due_us = 0;
	}
	due_us = due_us < turn->retry_us ? turn->retry_us : due_us;
	if (backend->later) {
		due_us = 0; /* taken from the queue already: no descriptor tells of them */
	}
	int64_t now_us = hv_clock_monotonic_us(&backend->clock);
	if (due_us <= now_us) {
		return 0;
	}
	int64_t wait_us = due_us - now_us;
	return wait_us > 60 * HV_SECOND_US ? 60000 : (int)((wait_us + 999) / 1000);
}

static void gather_fds(struct hv_backend *backend, struct turn *turn)
{
	const struct pollfd *fds = agents_poll_fds(backend->agents, &turn->agents);
	if (OWN_FDS + turn->agents > turn->capacity) {
		turn->capacity = OWN_FDS + turn->agents * 2;
		turn->fds = hv_realloc_array(turn->fds, turn->capacity, sizeof *turn->fds);
	}
	turn->fds[0] = (struct pollfd){.fd = requests_fd(backend->requests), .events = POLLIN};
	turn->fds[1] = (struct pollfd){.fd = watch_fd(backend->watch), .events = POLLIN};
	if (turn->agents > 0) {
		memcpy(turn->fds + OWN_FDS, fds, turn->agents * sizeof *fds);
	}
}

/* Behind those that wait already. */
static void gather_requests(struct hv_backend *backend)
{
	struct request *list = requests_take(backend->requests, &backend->stop);
	DL_CONCAT(backend->later, list);
}

void requests_answer_reads(struct hv_backend *backend)
{
	struct request *request;
	struct request *next;
	gather_requests(backend);
	DL_FOREACH_SAFE(backend->later, request, next) {
		bool reads = request->kind == REQUEST_LIST || request->kind == REQUEST_OPEN_VM ||
			     request->kind == REQUEST_CLOSE_VM;
		if (reads && !backend->stop) {
			DL_DELETE(backend->later, request);
			handle_request(backend, request);
		}
	}
	events_flush(backend->events);
}

/* Returns false when the thread shall stop. */
static bool take_requests(struct hv_backend *backend)
{
	struct request *request;
	struct request *next;
	gather_requests(backend);
	struct request *list = backend->later;
	backend->later = NULL; /* a request may be handled by reading everything again */
	DL_FOREACH_SAFE(list, request, next) {
		DL_DELETE(list, request);
		if (backend->stop) {
			request_free(request);
		} else {
			handle_request(backend, request);
		}
	}
	return !backend->stop;
}

static void tell_changes(struct hv_backend *backend, struct turn *turn)
{
	struct hv_error error = {0};
	int64_t now_us = hv_clock_monotonic_us(&backend->clock);
	if (now_us < turn->retry_us) {
		events_flush(backend->events);
		return;
	}
	if (publish_changes(backend, &error) == HV_OK) {
		backend->failed = false;
		turn->retry_us = 0;
	} else {
		publish_failure(backend, &error);
		turn->retry_us = now_us + FAILED_RETRY_US;
	}
	watch_looked(backend->watch, now_us);
	events_flush(backend->events);
}

/* Returns false when the thread shall stop. */
static bool take_turn(struct hv_backend *backend, struct turn *turn)
{
	gather_fds(backend, turn);
	int wait_ms = timeout_ms(backend, turn);
	(void)pthread_mutex_unlock(&backend->at_work);
	int ready = poll(turn->fds, (nfds_t)(OWN_FDS + turn->agents), wait_ms);
	(void)pthread_mutex_lock(&backend->at_work);
	if (ready < 0) {
		for (size_t i = 0; i < OWN_FDS + turn->agents; i++) {
			turn->fds[i].revents = 0;
		}
	}
	watch_drain(backend->watch, hv_clock_monotonic_us(&backend->clock));
	agents_handle(backend->agents, turn->fds + OWN_FDS, turn->agents);
	if (!take_requests(backend)) {
		return false;
	}
	turn->waiting_due_us = wait_check(backend);
	backend->engine_due_us = engine_tick(backend->engine);
	tell_changes(backend, turn);
	if (ready == 0) {
		backend->store->ops->idle(backend->store);
	}
	return true;
}

void *backend_thread(void *context)
{
	struct hv_backend *backend = context;
	struct turn turn = {0};
	backend->wants_all = backend->connect == HV_CONNECT_ALL;
	(void)pthread_mutex_lock(&backend->at_work);
	begin(backend);
	bool loaded = first_picture(backend);
	bool go_on = !backend->stop;
	/* a store that refuses even to be read: wait for better times, or for the end */
	while (go_on && !loaded) {
		struct pollfd fd = {.fd = requests_fd(backend->requests), .events = POLLIN};
		(void)pthread_mutex_unlock(&backend->at_work);
		(void)poll(&fd, 1, (int)(FAILED_RETRY_US / 1000));
		(void)pthread_mutex_lock(&backend->at_work);
		go_on = take_requests(backend);
		loaded = go_on && first_picture(backend);
	}
	while (go_on) {
		go_on = take_turn(backend, &turn);
	}
	free(turn.fds);
	end(backend);
	(void)pthread_mutex_unlock(&backend->at_work);
	return NULL;
}
