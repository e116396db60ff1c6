/* What the user asks for: ids of the outside become rows of the store, and the engine or a query does the rest. */
#include "backend/backend_internal.h"

#include <string.h>

#define NO_SUCH_SNAPSHOT INT64_C(-1) /* as the expected current one: equal to none that exists */

/* --- VMs that are looked at --- */

static void open_vm(struct hv_backend *backend, const struct request *request)
{
	struct virtual_machine row = {0};
	struct hv_error error = {0};
	enum hv_status status =
		caller_find_vm(backend, &request->id, &row, &error);
	if (status == HV_ERR_NOT_FOUND) {
		struct hv_event *event = event_new(HV_EVENT_VM_GONE);
		event->id = request->id;
		events_add(backend->events, event);
		return;
	}
	if (status != HV_OK) {
		publish_failure(backend, &error);
		return;
	}
	struct known_vm *known = told_of_vm(backend, &row);
	known->opened = true;
	if (publish_tree(backend, &row, &error) != HV_OK) {
		publish_failure(backend, &error);
	}
	virtual_machine_clear(&row);
}

static void close_vm(struct hv_backend *backend, const struct request *request)
{
	struct virtual_machine row = {0};
	if (caller_find_vm(backend, &request->id, &row, NULL) == HV_OK) {
		told_of_vm(backend, &row)->opened = false;
		virtual_machine_clear(&row);
	}
}

/* --- acts --- */

static enum hv_status find_snapshot(struct hv_backend *backend, int64_t vm_id,
	const struct hv_uuid *uuid, int64_t *ret_id, struct hv_error *err)
{
	struct snapshot row = {0};
	*ret_id = 0;
	if (hv_uuid_is_nil(uuid)) {
		return HV_OK;
	}
	enum hv_status status =
		backend->store->ops->snapshot_by_uuid(backend->store, uuid, &row, err);
	if (status == HV_OK) {
		bool fits = row.vm_id == vm_id && row.removed_us == 0;
		*ret_id = row.id;
		snapshot_clear(&row);
		if (!fits) {
			status = hv_error_set(
				err, HV_ERR_NOT_FOUND, "the VM has no such snapshot any more");
		}
	}
	return status;
}

static enum hv_status translate(struct hv_backend *backend, const struct hv_act *act,
	struct engine_request *request, struct hv_error *err)
{
	struct virtual_machine vm = {0};
	enum hv_status status = caller_find_vm(backend, &act->vm, &vm, err);
	if (status != HV_OK) {
		return status;
	}
	*request = (struct engine_request){
		.kind = act->kind,
		.vm_id = vm.id,
		.subtree = act->subtree,
		.all = act->all,
		.type = act->type,
		.display_name = act->name,
		.description = act->description,
		.quiesce = act->quiesce,
		.force = act->force,
		.safety_name = act->safety_name,
		.queue = act->queue,
		.expect_current = act->expect_current,
		.volume = act->volume,
		.path = act->path,
		.size_bytes = act->size_bytes,
		.expect_discards = act->expect_discards,
		.requested_by = backend->user,
	};
	struct hv_uuid target = act->snapshot;
	status = act->undo ? undo_find(backend, vm.id, &target, err) : HV_OK;
	if (status == HV_OK) {
		status = find_snapshot(backend, vm.id, &target, &request->snapshot_id, err);
	}
	if (status == HV_OK && act->expect_current) {
		enum hv_status found = find_snapshot(
			backend, vm.id, &act->expected_current, &request->expected_current, NULL);
		if (found == HV_ERR_NOT_FOUND) {
			request->expected_current = NO_SUCH_SNAPSHOT;
		}
	}
	if (status == HV_OK) {
		status = volumes_translate(backend, act, request, err);
	}
	virtual_machine_clear(&vm);
	return status;
}

static void edit(struct hv_backend *backend, const struct request *request)
{
	const struct hv_snapshot_edit *asked = &request->edit;
	struct virtual_machine vm = {0};
	struct hv_error error = {0};
	struct engine_edit change = {
		.display_name = asked->name,
		.description = asked->description,
		.expected_name = asked->expected_name,
		.requested_by = backend->user,
	};
	enum hv_status status = caller_find_vm(backend, &asked->vm, &vm, &error);
	if (status == HV_OK) {
		change.vm_id = vm.id;
		status = find_snapshot(backend, vm.id, &asked->snapshot, &change.snapshot_id, &error);
		virtual_machine_clear(&vm);
	}
	if (status == HV_OK) {
		status = engine_edit_snapshot(backend->engine, &change, &error);
	}
	if (status != HV_OK) {
		publish_refusal(backend, request->ticket, &error);
		return;
	}
	struct hv_event *event = event_new(HV_EVENT_ACCEPTED);
	event->ticket = request->ticket;
	event->id = asked->snapshot;
	events_add(backend->events, event);
}

static void act(struct hv_backend *backend, const struct request *request)
{
	struct engine_request asked = {0};
	struct hv_error error = {0};
	struct hv_uuid group;
	enum hv_status status = translate(backend, &request->act, &asked, &error);
	if (status == HV_OK) {
		status = engine_request(backend->engine, &asked, &group, &error);
	}
	volumes_translated_clear(&asked);
	if (status != HV_OK) {
		publish_refusal(backend, request->ticket, &error);
		return;
	}
	struct hv_event *event = event_new(HV_EVENT_ACCEPTED);
	event->ticket = request->ticket;
	event->id = group;
	events_add(backend->events, event);
}

void handle_act_now(struct hv_backend *backend, const struct request *request)
{
	if (request->kind == REQUEST_PREVIEW) {
		handle_preview(backend, request);
	} else {
		act(backend, request);
	}
}

/* ACT and PREVIEW: judged when the host has told what it holds. Returns true when the request was taken to wait. */
static bool begin_act(struct hv_backend *backend, struct request *request)
{
	struct virtual_machine vm = {0};
	struct hv_error error = {0};
	if (caller_find_vm(backend, &request->act.vm, &vm, &error) !=
		HV_OK) {
		publish_refusal(backend, request->ticket, &error);
		return false;
	}
	struct known_host *host = hosts_find(backend, vm.host_id);
	virtual_machine_clear(&vm);
	/* the console has its hosts connected, or shows why not: its previews never wait */
	bool may_wait = request->kind == REQUEST_ACT || backend->connect == HV_CONNECT_ON_DEMAND;
	if (host && may_wait && !wait_for_host(backend, host, request)) {
		return true;
	}
	handle_act_now(backend, request);
	return false;
}

static void cancel(struct hv_backend *backend, const struct request *request)
{
	struct operation row = {0};
	struct hv_error error = {0};
	enum hv_status status =
		backend->store->ops->operation_by_uuid(backend->store, &request->id, &row, &error);
	struct hv_uuid group = row.group;
	if (status == HV_OK) {
		status = engine_cancel(backend->engine, row.id, backend->user, &error);
		operation_clear(&row);
	}
	if (status != HV_OK) {
		publish_refusal(backend, request->ticket, &error);
		return;
	}
	struct hv_event *event = event_new(HV_EVENT_ACCEPTED);
	event->ticket = request->ticket;
	event->id = group;
	events_add(backend->events, event);
}

/* --- hosts --- */

static void sync_one(struct hv_backend *backend, struct known_host *host, uint64_t ticket)
{
	struct request *request = request_new(REQUEST_SYNC, ticket);
	request->id = host->uuid;
	wait_for_sync(backend, host, request);
}

static void sync_hosts(struct hv_backend *backend, const struct request *request)
{
	if (!hv_uuid_is_nil(&request->id)) {
		struct known_host *host = hosts_find_uuid(backend, &request->id);
		if (host) {
			sync_one(backend, host, request->ticket);
			return;
		}
	} else if (backend->hosts) {
		for (struct known_host *host = backend->hosts; host; host = host->hh.next) {
			sync_one(backend, host, request->ticket);
		}
		return;
	}
	struct hv_event *event = event_new(HV_EVENT_SYNCED);
	event->ticket = request->ticket;
	if (!hv_uuid_is_nil(&request->id)) {
		event->id = request->id;
		(void)hv_error_set(&event->error, HV_ERR_NOT_FOUND, "there is no such host");
	}
	events_add(backend->events, event);
}

static void retry(struct hv_backend *backend, const struct request *request)
{
	struct known_host *host = hosts_find_uuid(backend, &request->id);
	if (host) {
		ask_allow(backend, host);
	}
}

void handle_request(struct hv_backend *backend, struct request *take_request)
{
	bool waits = false;
	switch (take_request->kind) {
	case REQUEST_LOAD:
		handle_load(backend, take_request);
		break;
	case REQUEST_OPEN_VM:
		open_vm(backend, take_request);
		break;
	case REQUEST_CLOSE_VM:
		close_vm(backend, take_request);
		break;
	case REQUEST_ACT:
	case REQUEST_PREVIEW:
		waits = begin_act(backend, take_request);
		break;
	case REQUEST_CANCEL:
		cancel(backend, take_request);
		break;
	case REQUEST_SYNC:
		sync_hosts(backend, take_request);
		break;
	case REQUEST_RETRY:
		retry(backend, take_request);
		break;
	case REQUEST_LIST:
		handle_list(backend, take_request);
		break;
	case REQUEST_ACCOUNTS:
		handle_accounts(backend, take_request);
		break;
	case REQUEST_EDIT:
		edit(backend, take_request);
		break;
	case REQUEST_ACCOUNT_CHANGE:
		handle_account_change(backend, take_request);
		break;
	case REQUEST_SETTINGS:
		handle_settings(backend, take_request);
		break;
	case REQUEST_SETTING_CHANGE:
		handle_setting_change(backend, take_request);
		break;
	case REQUEST_NOTE:
		handle_note(backend, take_request);
		break;
	case REQUEST_LOG:
		handle_log(backend, take_request);
		break;
	case REQUEST_VMS:
		handle_vms(backend, take_request);
		break;
	case REQUEST_VOLUME_SNAPSHOTS:
		handle_volume_snapshots(backend, take_request);
		break;
	case REQUEST_OFFERINGS:
		handle_offerings(backend, take_request);
		break;
	case REQUEST_OFFERING_ADD:
	case REQUEST_OFFERING_REMOVE:
		handle_offering_change(backend, take_request);
		break;
	case REQUEST_CAPABILITIES:
		handle_capabilities(backend, take_request);
		break;
	case REQUEST_CAPABILITY_SET:
		handle_capability_set(backend, take_request);
		break;
	case REQUEST_HOST_ADD:
		handle_host_add(backend, take_request);
		break;
	case REQUEST_HOST_REMOVE:
		handle_host_remove(backend, take_request);
		break;
	case REQUEST_HOST_POLICY:
		handle_host_policy(backend, take_request);
		break;
	case REQUEST_ACCEPT_KEY:
		handle_accept_key(backend, take_request);
		break;
	case REQUEST_ANSWER_KEY:
	case REQUEST_ANSWER_SECRET:
		handle_answer(backend, take_request);
		break;
	case REQUEST_KIND_COUNT:
		break;
	}
	if (!waits) {
		request_free(take_request);
	}
}
