/*
 * The facade: makes the parts, starts the thread that drives them, and turns calls into requests. It decides nothing.
 */
#include "backend/backend.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/backend_internal.h"
#include "backend/backend_place.h"
#include "backend/base/log.h"
#include "backend/demo/demo.h"

#define STORE_BUSY_MS 1500
#define CLOSE_SECONDS 2

static enum hv_status choose_store(
	struct hv_backend *backend, const struct hv_config *config, struct hv_error *err)
{
	HV_CLEANUP_FREE char *folder = NULL;
	if (config->store_path) {
		backend->store_path = hv_strdup(config->store_path);
		return HV_OK;
	}
	if (config->demo_dir) {
		backend->store_path = hv_sprintf("%s/hvtree.db", config->demo_dir);
		return HV_OK;
	}
	enum hv_status status = place_state_folder(&folder, err);
	if (status == HV_OK) {
		status = place_make_folder(folder, err);
	}
	if (status == HV_OK) {
		backend->store_path = hv_sprintf("%s/hvtree.db", folder);
	}
	return status;
}

static void open_log(const char *folder)
{
	/* the log is a convenience: without it (a full disk, a folder of somebody else) the console still works */
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/hvtree.log", folder);
	const char *level = getenv("HVTREE_LOG");
	(void)hv_log_open(
		path, level && strcmp(level, "debug") == 0 ? HV_LOG_DEBUG : HV_LOG_INFO, NULL);
}

/* A store that was made for training stays one, however it is opened (U7). */
static enum hv_status find_out_demo(struct hv_backend *backend, bool asked, struct hv_error *err)
{
	char *value = NULL;
	enum hv_status status =
		backend->store->ops->setting_get(backend->store, DEMO_SETTING, &value, err);
	if (status != HV_OK) {
		return status;
	}
	backend->demo = value != NULL;
	free(value);
	if (asked && !backend->demo) {
		return hv_error_set(err, HV_ERR_REFUSED,
			"'%s' is not a training fleet and is not opened as one; choose another "
			"folder",
			backend->store_path);
	}
	return HV_OK;
}

static enum hv_status open_store(
	struct hv_backend *backend, const struct hv_config *config, struct hv_error *err)
{
	enum hv_status status = choose_store(backend, config, err);
	if (status != HV_OK) {
		return status;
	}
	backend->store_folder = place_folder_of(backend->store_path);
	if (config->demo_dir) {
		status = place_make_folder(config->demo_dir, err);
		if (status == HV_OK) {
			open_log(backend->store_folder);
			status = demo_prepare(config->demo_dir, backend->sim_program, err);
		}
	} else {
		open_log(backend->store_folder);
	}
	if (status == HV_OK) {
		status =
			store_open_sqlite(backend->store_path, STORE_BUSY_MS, &backend->store, err);
	}
	if (status == HV_OK) {
		backend->store->ops->set_origin(backend->store, backend->owner);
		status = find_out_demo(backend, config->demo_dir != NULL, err);
	}
	return status;
}

static void clear(struct hv_backend *backend)
{
	if (backend->store) {
		backend->store->ops->close(backend->store);
	}
	events_free(backend->events);
	requests_free(backend->requests);
	free(backend->store_path);
	free(backend->store_folder);
	free(backend->sim_program);
	free(backend->ssh_config);
	free(backend->user);
	account_clear(&backend->caller);
	free(backend->owner);
	(void)pthread_mutex_destroy(&backend->at_work);
	free(backend);
}

/* The thread takes no signal: they are the program's, which waits for them in its own loop. */
static enum hv_status start(struct hv_backend *backend, struct hv_error *err)
{
	sigset_t all;
	sigset_t before;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&backend->thread, NULL, backend_thread, backend);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		return hv_error_set(err, HV_ERR_IO, "cannot start a thread: %s", strerror(failed));
	}
	return HV_OK;
}

enum hv_status hv_backend_open(
	const struct hv_config *config, struct hv_backend **ret_backend, struct hv_error *err)
{
	struct hv_backend *backend = hv_alloc(sizeof *backend);
	backend->clock = hv_clock_system();
	(void)pthread_mutex_init(&backend->at_work, NULL);
	backend->sim_program = place_sim_program();
	backend->ssh_config = hv_strdup_null(getenv("HVTREE_SSH_CONFIG"));
	backend->user = config->user ? hv_strdup(config->user) : place_user();
	backend->owner = place_owner();
	backend->connect = config->connect;
	backend->started_us = hv_clock_wall_us(&backend->clock);
	place_raise_descriptors();
	enum hv_status status = events_new(&backend->events, err);
	if (status == HV_OK) {
		status = requests_new(&backend->requests, err);
	}
	if (status == HV_OK) {
		status = open_store(backend, config, err);
	}
	if (status == HV_OK) {
		status = start(backend, err);
	}
	if (status != HV_OK) {
		clear(backend);
		return status;
	}
	hv_log(HV_LOG_INFO, "backend", "open: store %s, user %s%s", backend->store_path,
		backend->user, backend->demo ? ", training" : "");
	*ret_backend = backend;
	return HV_OK;
}

void hv_backend_close(struct hv_backend *backend)
{
	if (!backend) {
		return;
	}
	struct timespec deadline;
	requests_stop(backend->requests);
	(void)clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += CLOSE_SECONDS;
	if (pthread_timedjoin_np(backend->thread, NULL, &deadline) != 0) {
		/* it hangs in the kernel (a disk that does not answer): leave it what it uses, the program ends */
		hv_log(HV_LOG_ERROR, "backend", "close: the thread did not end in time");
		(void)pthread_detach(backend->thread);
		return;
	}
	clear(backend);
}

bool hv_backend_hold(struct hv_backend *backend)
{
	struct timespec deadline;
	(void)clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += CLOSE_SECONDS;
	return pthread_mutex_timedlock(&backend->at_work, &deadline) == 0;
}

void hv_backend_release(struct hv_backend *backend)
{
	(void)pthread_mutex_unlock(&backend->at_work);
}

int hv_backend_fd(const struct hv_backend *backend)
{
	return events_fd(backend->events);
}

struct hv_event *hv_backend_next(struct hv_backend *backend)
{
	return events_next(backend->events);
}

static void push_id(struct hv_backend *backend, enum request_kind kind, uint64_t ticket,
	const struct hv_uuid *id)
{
	struct request *request = request_new(kind, ticket);
	if (id) {
		request->id = *id;
	}
	requests_push(backend->requests, request);
}

void hv_load(struct hv_backend *backend, const char *vm)
{
	struct request *request = request_new(REQUEST_LOAD, 0);
	request->name = hv_strdup_null(vm);
	requests_push(backend->requests, request);
}

void hv_open_vm(struct hv_backend *backend, const struct hv_uuid *vm)
{
	push_id(backend, REQUEST_OPEN_VM, 0, vm);
}

void hv_close_vm(struct hv_backend *backend, const struct hv_uuid *vm)
{
	push_id(backend, REQUEST_CLOSE_VM, 0, vm);
}

void hv_act(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	requests_push(backend->requests, request_new_act(REQUEST_ACT, ticket, act));
}

void hv_preview(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	requests_push(backend->requests, request_new_act(REQUEST_PREVIEW, ticket, act));
}

void hv_cancel(struct hv_backend *backend, uint64_t ticket, const struct hv_uuid *operation)
{
	push_id(backend, REQUEST_CANCEL, ticket, operation);
}

void hv_sync(struct hv_backend *backend, uint64_t ticket, const struct hv_uuid *host)
{
	push_id(backend, REQUEST_SYNC, ticket, host);
}

void hv_host_add(struct hv_backend *backend, uint64_t ticket, const struct hv_host_entry *entry)
{
	requests_push(backend->requests, request_new_entry(ticket, entry));
}

void hv_host_remove(struct hv_backend *backend, uint64_t ticket, const struct hv_uuid *host)
{
	push_id(backend, REQUEST_HOST_REMOVE, ticket, host);
}

void hv_host_set_stop_policy(
	struct hv_backend *backend, uint64_t ticket, const struct hv_uuid *host, enum stop_policy policy)
{
	struct request *request = request_new(REQUEST_HOST_POLICY, ticket);
	request->id = *host;
	request->policy = policy;
	requests_push(backend->requests, request);
}

void hv_host_accept_key(
	struct hv_backend *backend, const struct hv_uuid *host, const char *fingerprint)
{
	struct request *request = request_new(REQUEST_ACCEPT_KEY, 0);
	request->id = *host;
	request->name = hv_strdup(fingerprint);
	requests_push(backend->requests, request);
}

void hv_answer_key(
	struct hv_backend *backend, const struct hv_question *question, enum hv_key_answer answer)
{
	struct request *request = request_new(REQUEST_ANSWER_KEY, 0);
	request->id = question->host;
	request->number = question->number;
	request->answer = answer;
	requests_push(backend->requests, request);
}

void hv_answer_secret(
	struct hv_backend *backend, const struct hv_question *question, const char *secret)
{
	struct request *request = request_new(REQUEST_ANSWER_SECRET, 0);
	request->id = question->host;
	request->number = question->number;
	request->secret = hv_strdup_null(secret);
	requests_push(backend->requests, request);
}

void hv_retry(struct hv_backend *backend, const struct hv_uuid *host)
{
	push_id(backend, REQUEST_RETRY, 0, host);
}

void hv_list_snapshots(
	struct hv_backend *backend, uint64_t ticket, const struct hv_snapshot_query *query)
{
	requests_push(backend->requests, request_new_list(ticket, query));
}

void hv_list_log(struct hv_backend *backend, uint64_t ticket, const struct hv_log_query *query)
{
	requests_push(backend->requests, request_new_log(ticket, query));
}

void hv_list_accounts(struct hv_backend *backend, uint64_t ticket)
{
	push_id(backend, REQUEST_ACCOUNTS, ticket, NULL);
}

void hv_list_settings(struct hv_backend *backend, uint64_t ticket)
{
	push_id(backend, REQUEST_SETTINGS, ticket, NULL);
}

void hv_change_setting(struct hv_backend *backend, uint64_t ticket, const char *name, const char *value)
{
	struct request *request = request_new(REQUEST_SETTING_CHANGE, ticket);
	request->name = hv_strdup(name);
	request->description = hv_strdup_null(value);
	requests_push(backend->requests, request);
}

void hv_note(struct hv_backend *backend, uint64_t ticket, enum hv_note note, const char *details)
{
	struct request *request = request_new(REQUEST_NOTE, ticket);
	request->number = (uint64_t)note;
	request->description = hv_strdup(details);
	requests_push(backend->requests, request);
}

void hv_list_vms(struct hv_backend *backend, uint64_t ticket, const struct hv_vm_query *query)
{
	requests_push(backend->requests, request_new_vms(ticket, query));
}

void hv_list_volume_snapshots(
	struct hv_backend *backend, uint64_t ticket, const struct hv_volume_snapshot_query *query)
{
	requests_push(backend->requests, request_new_copies(ticket, query));
}

void hv_list_offerings(struct hv_backend *backend, uint64_t ticket)
{
	push_id(backend, REQUEST_OFFERINGS, ticket, NULL);
}

static void push_offering(struct hv_backend *backend, enum request_kind kind, uint64_t ticket, const char *name,
	int64_t cpus, int64_t memory_bytes)
{
	struct request *request = request_new(kind, ticket);
	request->offering_name = hv_strdup_null(name);
	request->offering = (struct hv_offering){request->offering_name, cpus, memory_bytes, 0};
	requests_push(backend->requests, request);
}

void hv_add_offering(
	struct hv_backend *backend, uint64_t ticket, const char *name, int64_t cpus, int64_t memory_bytes)
{
	push_offering(backend, REQUEST_OFFERING_ADD, ticket, name, cpus, memory_bytes);
}

void hv_remove_offering(struct hv_backend *backend, uint64_t ticket, const char *name)
{
	push_offering(backend, REQUEST_OFFERING_REMOVE, ticket, name, 0, 0);
}

void hv_list_capabilities(struct hv_backend *backend, uint64_t ticket)
{
	push_id(backend, REQUEST_CAPABILITIES, ticket, NULL);
}

void hv_set_capability(struct hv_backend *backend, uint64_t ticket, const char *version, bool snapshots)
{
	struct request *request = request_new(REQUEST_CAPABILITY_SET, ticket);
	request->name = hv_strdup_null(version);
	request->capability = (struct hv_capability){"Hyperv", request->name, snapshots};
	requests_push(backend->requests, request);
}

void hv_change_account(
	struct hv_backend *backend, uint64_t ticket, const struct hv_account_change *change)
{
	requests_push(backend->requests, request_new_account(ticket, change));
}

void hv_edit_snapshot(struct hv_backend *backend, uint64_t ticket, const struct hv_snapshot_edit *edit)
{
	requests_push(backend->requests, request_new_edit(ticket, edit));
}
