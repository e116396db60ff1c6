/* Hosts that come and go: rows of the store that the user adds and removes. */
#include "backend/backend_internal.h"

#include <string.h>

#include "backend/transport/ssh_target.h"

#define TEXT_MAX 255

static enum hv_status check_reach(
	const struct hv_backend *backend, const struct hv_host_entry *entry, struct hv_error *err)
{
	bool simulated = strcmp(entry->transport, "sim") == 0;
	if (!simulated && !reach_is_ssh(entry->transport)) {
		return hv_error_set(err, HV_ERR_INVALID,
			"the transport of a host is libssh2, openssh or auto");
	}
	if (backend->demo && !simulated) {
		return hv_error_set(err, HV_ERR_REFUSED,
			"this is a training fleet: it takes simulated hosts only");
	}
	if (simulated) {
		return HV_OK;
	}
	struct ssh_address address;
	enum hv_status status = ssh_address_parse(entry->address, &address, err);
	if (status == HV_OK) {
		ssh_address_clear(&address);
	}
	return status;
}

static enum hv_status check_entry(
	const struct hv_backend *backend, const struct hv_host_entry *entry, struct hv_error *err)
{
	const struct {
		const char *what, *text;
	} texts[] = {{"name", entry->name}, {"group", entry->group}, {"address", entry->address}};
	for (size_t i = 0; i < HV_ARRAY_LEN(texts); i++) {
		if (!texts[i].text || !hv_text_is_name(texts[i].text, TEXT_MAX)) {
			return hv_error_set(err, HV_ERR_INVALID,
				"the %s of a host has 1 to %d characters and no control characters",
				texts[i].what, TEXT_MAX);
		}
	}
	if ((size_t)entry->stop_policy >= STOP_POLICY_COUNT) {
		return hv_error_set(err, HV_ERR_INVALID, "there is no such stop policy");
	}
	return check_reach(backend, entry, err);
}

/* --- writing: all or nothing --- */

static enum hv_status save(
	struct hv_backend *backend, const struct hv_host_entry *entry, struct host *host, struct hv_error *err)
{
	struct store *store = backend->store;
	HV_CLEANUP_FREE char *setting = reach_command_setting(&host->uuid);
	enum hv_status status = engine_check_administrator(backend->engine, backend->user, err);
	if (status == HV_OK) {
		status = store->ops->host_save(store, host, err);
	}
	if (status == HV_OK && entry->command) {
		status = store->ops->setting_set(store, setting, entry->command, err);
	}
	if (status == HV_OK) {
		status = store->ops->event_insert(store, hv_clock_wall_us(&backend->clock),
			backend->user, "AddHost", entry->name, 0, 0, HV_OK, err);
	}
	return status;
}

static enum hv_status erase(
	struct hv_backend *backend, const struct known_host *host, struct hv_error *err)
{
	struct store *store = backend->store;
	enum hv_status status = engine_check_administrator(backend->engine, backend->user, err);
	if (status == HV_OK) {
		status = store->ops->host_remove(store, host->id, err);
	}
	if (status == HV_OK) {
		status = store->ops->event_insert(store, hv_clock_wall_us(&backend->clock),
			backend->user, "RemoveHost", host->name, 0, 0, HV_OK, err);
	}
	return status;
}

static enum hv_status set_policy(struct hv_backend *backend, const struct known_host *known,
	enum stop_policy policy, struct hv_error *err)
{
	struct store *store = backend->store;
	struct host host = {0};
	HV_CLEANUP_FREE char *details = hv_sprintf("%s: %s", known->name, stop_policy_name(policy));
	enum hv_status status = engine_check_administrator(backend->engine, backend->user, err);
	if (status == HV_OK && (size_t)policy >= STOP_POLICY_COUNT) {
		status = hv_error_set(err, HV_ERR_INVALID, "there is no such stop policy");
	}
	if (status == HV_OK) {
		status = store->ops->host_get(store, known->id, &host, err);
	}
	if (status == HV_OK) {
		host.stop_policy = policy;
		status = store->ops->host_save(store, &host, err);
	}
	if (status == HV_OK) {
		status = store->ops->event_insert(store, hv_clock_wall_us(&backend->clock),
			backend->user, "SetStopPolicy", details, 0, 0, HV_OK, err);
	}
	host_clear(&host);
	return status;
}

static enum hv_status commit_or_roll_back(
	struct hv_backend *backend, enum hv_status status, struct hv_error *err)
{
	if (status == HV_OK) {
		status = backend->store->ops->commit(backend->store, err);
	}
	if (status != HV_OK) {
		backend->store->ops->rollback(backend->store);
		return status;
	}
	return publish_changes(backend, err);
}

static enum hv_status add(struct hv_backend *backend, const struct hv_host_entry *entry,
	struct hv_uuid *ret_uuid, struct hv_error *err)
{
	enum hv_status status = check_entry(backend, entry, err);
	if (status != HV_OK) {
		return status;
	}
	struct host host = {
		.uuid = hv_uuid_random(),
		.name = hv_strdup(entry->name),
		.group = hv_strdup(entry->group),
		.transport = hv_strdup(entry->transport),
		.address = hv_strdup(entry->address),
		.state = HOST_DISCONNECTED,
		.free_bytes = -1,
		.stop_policy = entry->stop_policy,
	};
	*ret_uuid = host.uuid;
	status = backend->store->ops->begin(backend->store, err);
	if (status == HV_OK) {
		status = commit_or_roll_back(backend, save(backend, entry, &host, err), err);
	}
	host_clear(&host);
	return status;
}

/* --- requests --- */

static void accepted(struct hv_backend *backend, uint64_t ticket, const struct hv_uuid *host)
{
	struct hv_event *event = event_new(HV_EVENT_ACCEPTED);
	event->ticket = ticket;
	event->id = *host;
	events_add(backend->events, event);
}

void handle_host_add(struct hv_backend *backend, const struct request *request)
{
	struct hv_error error = {0};
	struct hv_uuid uuid = {0};
	if (add(backend, &request->entry, &uuid, &error) != HV_OK) {
		publish_refusal(backend, request->ticket, &error);
		return;
	}
	accepted(backend, request->ticket, &uuid);
}

void handle_host_remove(struct hv_backend *backend, const struct request *request)
{
	struct hv_error error = {0};
	struct hv_uuid uuid = request->id;
	const struct known_host *host = hosts_find_uuid(backend, &uuid);
	enum hv_status status =
		host ? backend->store->ops->begin(backend->store, &error)
		     : hv_error_set(&error, HV_ERR_NOT_FOUND, "there is no such host");
	if (status == HV_OK) {
		status = commit_or_roll_back(backend, erase(backend, host, &error), &error);
	}
	if (status != HV_OK) {
		publish_refusal(backend, request->ticket, &error);
		return;
	}
	accepted(backend, request->ticket, &uuid);
}

void handle_host_policy(struct hv_backend *backend, const struct request *request)
{
	struct hv_error error = {0};
	struct hv_uuid uuid = request->id;
	const struct known_host *host = hosts_find_uuid(backend, &uuid);
	enum hv_status status =
		host ? backend->store->ops->begin(backend->store, &error)
		     : hv_error_set(&error, HV_ERR_NOT_FOUND, "there is no such host");
	if (status == HV_OK) {
		status = commit_or_roll_back(backend, set_policy(backend, host, request->policy, &error), &error);
	}
	if (status != HV_OK) {
		publish_refusal(backend, request->ticket, &error);
		return;
	}
	accepted(backend, request->ticket, &uuid);
}

void handle_accept_key(struct hv_backend *backend, const struct request *request)
{
	struct known_host *host = hosts_find_uuid(backend, &request->id);
	if (host) {
		hv_replace_string(&host->accepted_key, request->name);
	}
}
