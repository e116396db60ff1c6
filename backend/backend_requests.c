#include "backend/backend_requests.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utlist.h>

struct requests {
	pthread_mutex_t lock;
	struct request *list; /* under the lock */
	bool stop; /* under the lock */
	int fd;
};

struct request *request_new(enum request_kind kind, uint64_t ticket)
{
	struct request *request = hv_alloc(sizeof *request);
	request->kind = kind;
	request->ticket = ticket;
	return request;
}

static struct hv_uuid *copy_ids(const struct hv_uuid *ids, size_t count)
{
	struct hv_uuid *copy = NULL;
	if (count > 0) {
		copy = hv_realloc_array(NULL, count, sizeof *copy);
		memcpy(copy, ids, count * sizeof *copy);
	}
	return copy;
}

struct request *request_new_act(enum request_kind kind, uint64_t ticket, const struct hv_act *act)
{
	struct request *request = request_new(kind, ticket);
	request->id = act->vm;
	request->act = *act;
	request->act.name = request->name = hv_strdup_null(act->name);
	request->act.description = request->description = hv_strdup_null(act->description);
	request->act.safety_name = request->safety_name = hv_strdup_null(act->safety_name);
	request->act.path = request->path = hv_strdup_null(act->path);
	request->act.offering = request->offering_name = hv_strdup_null(act->offering);
	request->act.discards = request->ids = copy_ids(act->discards, act->discard_count);
	return request;
}

struct request *request_new_list(uint64_t ticket, const struct hv_snapshot_query *query)
{
	struct request *request = request_new(REQUEST_LIST, ticket);
	request->query = *query;
	request->query.name = request->name = hv_strdup_null(query->name);
	request->query.account = request->account = hv_strdup_null(query->account);
	request->query.domain = request->domain = hv_strdup_null(query->domain);
	request->query.keyword = request->keyword = hv_strdup_null(query->keyword);
	if (query->vm) {
		request->vm = *query->vm;
		request->query.vm = &request->vm;
	}
	request->query.ids = request->ids = copy_ids(query->ids, query->id_count);
	return request;
}

struct request *request_new_vms(uint64_t ticket, const struct hv_vm_query *query)
{
	struct request *request = request_new(REQUEST_VMS, ticket);
	request->vms = *query;
	request->vms.name = request->name = hv_strdup_null(query->name);
	request->vms.account = request->account = hv_strdup_null(query->account);
	request->vms.domain = request->domain = hv_strdup_null(query->domain);
	request->vms.keyword = request->keyword = hv_strdup_null(query->keyword);
	if (query->host) {
		request->id = *query->host;
		request->vms.host = &request->id;
	}
	request->vms.ids = request->ids = copy_ids(query->ids, query->id_count);
	return request;
}

struct request *request_new_copies(uint64_t ticket, const struct hv_volume_snapshot_query *query)
{
	struct request *request = request_new(REQUEST_VOLUME_SNAPSHOTS, ticket);
	request->copies = *query;
	request->copies.name = request->name = hv_strdup_null(query->name);
	request->copies.account = request->account = hv_strdup_null(query->account);
	request->copies.domain = request->domain = hv_strdup_null(query->domain);
	request->copies.keyword = request->keyword = hv_strdup_null(query->keyword);
	if (query->vm) {
		request->vm = *query->vm;
		request->copies.vm = &request->vm;
	}
	request->copies.ids = request->ids = copy_ids(query->ids, query->id_count);
	return request;
}

struct request *request_new_log(uint64_t ticket, const struct hv_log_query *query)
{
	struct request *request = request_new(REQUEST_LOG, ticket);
	request->log = *query;
	request->log.who = request->account = hv_strdup_null(query->who);
	request->log.what = request->name = hv_strdup_null(query->what);
	if (query->vm) {
		request->vm = *query->vm;
		request->log.vm = &request->vm;
	}
	return request;
}

struct request *request_new_entry(uint64_t ticket, const struct hv_host_entry *entry)
{
	struct request *request = request_new(REQUEST_HOST_ADD, ticket);
	request->entry.name = request->name = hv_strdup_null(entry->name);
	request->entry.group = request->group = hv_strdup_null(entry->group);
	request->entry.transport = request->transport = hv_strdup_null(entry->transport);
	request->entry.address = request->address = hv_strdup_null(entry->address);
	request->entry.command = request->command = hv_strdup_null(entry->command);
	request->entry.stop_policy = entry->stop_policy;
	return request;
}

struct request *request_new_account(uint64_t ticket, const struct hv_account_change *change)
{
	struct request *request = request_new(REQUEST_ACCOUNT_CHANGE, ticket);
	request->change = *change;
	request->change.name = request->name = hv_strdup_null(change->name);
	request->change.domain = request->domain = hv_strdup_null(change->domain);
	request->change.user = request->account = hv_strdup_null(change->user);
	return request;
}

struct request *request_new_edit(uint64_t ticket, const struct hv_snapshot_edit *edit)
{
	struct request *request = request_new(REQUEST_EDIT, ticket);
	request->edit = *edit;
	request->edit.name = request->name = hv_strdup_null(edit->name);
	request->edit.description = request->description = hv_strdup_null(edit->description);
	request->edit.expected_name = request->keyword = hv_strdup_null(edit->expected_name);
	return request;
}

void request_free(struct request *request)
{
	if (!request) {
		return;
	}
	free(request->name);
	free(request->description);
	free(request->safety_name);
	free(request->account);
	free(request->domain);
	free(request->keyword);
	free(request->ids);
	free(request->group);
	free(request->transport);
	free(request->address);
	free(request->command);
	free(request->path);
	free(request->offering_name);
	hv_wipe_string(request->secret);
	free(request);
}

enum hv_status requests_new(struct requests **ret_requests, struct hv_error *err)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0) {
		return hv_error_set(
			err, HV_ERR_IO, "no descriptor for requests: %s", strerror(errno));
	}
	struct requests *requests = hv_alloc(sizeof *requests);
	(void)pthread_mutex_init(&requests->lock, NULL);
	requests->fd = fd;
	*ret_requests = requests;
	return HV_OK;
}

void requests_free(struct requests *requests)
{
	if (!requests) {
		return;
	}
	struct request *request;
	struct request *next;
	DL_FOREACH_SAFE(requests->list, request, next) {
		DL_DELETE(requests->list, request);
		request_free(request);
	}
	(void)pthread_mutex_destroy(&requests->lock);
	close(requests->fd);
	free(requests);
}

int requests_fd(const struct requests *requests)
{
	return requests->fd;
}

static void wake(const struct requests *requests)
{
	uint64_t one = 1;
	(void)!write(requests->fd, &one, sizeof one);
}

void requests_push(struct requests *requests, struct request *take_request)
{
	pthread_mutex_lock(&requests->lock);
	DL_APPEND(requests->list, take_request);
	wake(requests);
	pthread_mutex_unlock(&requests->lock);
}

void requests_stop(struct requests *requests)
{
	pthread_mutex_lock(&requests->lock);
	requests->stop = true;
	wake(requests);
	pthread_mutex_unlock(&requests->lock);
}

struct request *requests_take(struct requests *requests, bool *ret_stop)
{
	pthread_mutex_lock(&requests->lock);
	uint64_t count;
	(void)!read(requests->fd, &count, sizeof count);
	struct request *list = requests->list;
	requests->list = NULL;
	*ret_stop = requests->stop;
	pthread_mutex_unlock(&requests->lock);
	return list;
}
