#include "tests/unit/batch/fake_backend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fake_hooks fake_hooks;
struct hv_backend fake_backend;

void fake_push(struct hv_backend *backend, struct hv_event event)
{
	struct hv_event *copy = hv_alloc(sizeof *copy);
	assert_true(backend->count < FAKE_EVENTS_MAX);
	*copy = event;
	backend->events[(backend->first + backend->count++) % FAKE_EVENTS_MAX] = copy;
	assert_int_equal(write(backend->pipe[1], "", 1), 1);
}

void fake_push_host(struct hv_backend *backend, const char *name, enum host_state state)
{
	struct hv_host host = {
		.uuid = hv_uuid_from_text(name),
		.name = name,
		.group = "lab",
		.transport = "sim",
		.address = "",
		.state = state,
	};
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_HOST, .host = hv_host_new(&host)});
}

void fake_push_vm(struct hv_backend *backend, const char *host, const char *name, enum vm_state state)
{
	HV_CLEANUP_FREE char *both = hv_sprintf("%s/%s", host, name);
	struct hv_vm vm = {
		.uuid = hv_uuid_from_text(both),
		.host = hv_uuid_from_text(host),
		.name = name,
		.state = state,
		.power_state = state,
		.account = "",
		.domain = "",
		.snapshots = 3,
		.snapshots_enabled = true,
		.snapshot_limit = 10,
	};
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_VM, .vm = hv_vm_new(&vm)});
}

void fake_push_operation(struct hv_backend *backend, const struct hv_operation *operation)
{
	fake_push(backend,
		(struct hv_event){.kind = HV_EVENT_OPERATION, .operation = hv_operation_new(operation)});
}

void fake_push_refusal(struct hv_backend *backend, uint64_t ticket, enum hv_status status, const char *text)
{
	struct hv_event event = {.kind = HV_EVENT_REFUSED, .ticket = ticket};
	hv_error_set(&event.error, status, "%s", text);
	fake_push(backend, event);
}

/* ---- backend.h ---- */

enum hv_status hv_backend_open(
	const struct hv_config *config, struct hv_backend **ret_backend, struct hv_error *err)
{
	(void)err;
	assert_int_equal(config->connect, HV_CONNECT_ON_DEMAND);
	fake_backend = (struct hv_backend){0};
	assert_int_equal(pipe2(fake_backend.pipe, O_CLOEXEC | O_NONBLOCK), 0);
	fake_hooks.open(&fake_backend);
	*ret_backend = &fake_backend;
	return HV_OK;
}

void hv_backend_close(struct hv_backend *backend)
{
	struct hv_event *event;
	while ((event = hv_backend_next(backend)) != NULL) {
		hv_event_free(event);
	}
	(void)close(backend->pipe[0]);
	(void)close(backend->pipe[1]);
}

int hv_backend_fd(const struct hv_backend *backend)
{
	return backend->pipe[0];
}

struct hv_event *hv_backend_next(struct hv_backend *backend)
{
	char byte;
	if (backend->count == 0) {
		return NULL;
	}
	assert_int_equal(read(backend->pipe[0], &byte, 1), 1);
	struct hv_event *event = backend->events[backend->first];
	backend->first = (backend->first + 1) % FAKE_EVENTS_MAX;
	backend->count--;
	return event;
}

void hv_load(struct hv_backend *backend, const char *vm)
{
	(void)vm; /* everything was told at the open */
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_LOADED});
}

void hv_open_vm(struct hv_backend *backend, const struct hv_uuid *vm)
{
	if (fake_hooks.tree) {
		fake_hooks.tree(backend, vm);
		return;
	}
	struct hv_tree tree = {.vm = *vm, .current = -1};
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_TREE, .tree = hv_tree_new(&tree)});
}

void hv_close_vm(struct hv_backend *backend, const struct hv_uuid *vm)
{
	(void)backend;
	(void)vm;
}

void hv_act(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	backend->act = *act;
	backend->acts++;
	fake_hooks.act(backend, ticket, act);
}

void hv_preview(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act)
{
	backend->previews++;
	fake_hooks.preview(backend, ticket, act);
}

void hv_edit_snapshot(struct hv_backend *backend, uint64_t ticket, const struct hv_snapshot_edit *edit)
{
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_ACCEPTED, .ticket = ticket, .id = edit->snapshot});
}

void hv_cancel(struct hv_backend *backend, uint64_t ticket, const struct hv_uuid *operation)
{
	(void)operation;
	fake_push_refusal(backend, ticket, HV_ERR_REFUSED, "no command cancels");
}

void hv_sync(struct hv_backend *backend, uint64_t ticket, const struct hv_uuid *host)
{
	if (fake_hooks.sync) {
		fake_hooks.sync(backend, ticket, host);
		return;
	}
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_SYNCED, .ticket = ticket});
}

void hv_host_add(struct hv_backend *backend, uint64_t ticket, const struct hv_host_entry *entry)
{
	(void)entry;
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_ACCEPTED, .ticket = ticket});
}

void hv_host_remove(struct hv_backend *backend, uint64_t ticket, const struct hv_uuid *host)
{
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_ACCEPTED, .ticket = ticket, .id = *host});
}

void hv_host_set_stop_policy(
	struct hv_backend *backend, uint64_t ticket, const struct hv_uuid *host, enum stop_policy policy)
{
	(void)policy;
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_ACCEPTED, .ticket = ticket, .id = *host});
}

void hv_host_accept_key(struct hv_backend *backend, const struct hv_uuid *host, const char *fingerprint)
{
	(void)backend;
	(void)host;
	(void)fingerprint;
}

void hv_retry(struct hv_backend *backend, const struct hv_uuid *host)
{
	(void)backend;
	(void)host;
}

void hv_list_snapshots(
	struct hv_backend *backend, uint64_t ticket, const struct hv_snapshot_query *query)
{
	backend->lists++;
	backend->list = (struct fake_list_call){query->state, query->type, query->limit, query->offset,
		query->after_created_us, query->after_id, ""};
	(void)snprintf(
		backend->list.keyword, sizeof backend->list.keyword, "%s", query->keyword ? query->keyword : "");
	if (fake_hooks.list) {
		fake_hooks.list(backend, ticket, query);
		return;
	}
	struct hv_snapshot_page page = {0};
	fake_push(backend, (struct hv_event){
				   .kind = HV_EVENT_SNAPSHOTS, .ticket = ticket, .page = hv_snapshot_page_new(&page)});
}

void hv_list_log(struct hv_backend *backend, uint64_t ticket, const struct hv_log_query *query)
{
	(void)query;
	struct hv_log_page page = {0};
	fake_push(backend,
		(struct hv_event){.kind = HV_EVENT_LOG, .ticket = ticket, .log = hv_log_page_new(&page)});
}

void hv_list_accounts(struct hv_backend *backend, uint64_t ticket)
{
	struct hv_account_list list = {0};
	fake_push(backend, (struct hv_event){
				   .kind = HV_EVENT_ACCOUNTS, .ticket = ticket, .accounts = hv_account_list_new(&list)});
}

void hv_list_vms(struct hv_backend *backend, uint64_t ticket, const struct hv_vm_query *query)
{
	(void)query;
	struct hv_vm_page page = {0};
	fake_push(backend,
		(struct hv_event){.kind = HV_EVENT_VMS, .ticket = ticket, .vms = hv_vm_page_new(&page)});
}

void hv_list_volume_snapshots(
	struct hv_backend *backend, uint64_t ticket, const struct hv_volume_snapshot_query *query)
{
	(void)query;
	struct hv_volume_snapshot_page page = {0};
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_VOLUME_SNAPSHOTS,
				   .ticket = ticket,
				   .copies = hv_volume_snapshot_page_new(&page)});
}

void hv_list_offerings(struct hv_backend *backend, uint64_t ticket)
{
	struct hv_offering_list list = {0};
	fake_push(backend, (struct hv_event){
				   .kind = HV_EVENT_OFFERINGS, .ticket = ticket, .offerings = hv_offering_list_new(&list)});
}

void hv_list_capabilities(struct hv_backend *backend, uint64_t ticket)
{
	struct hv_capability_list list = {0};
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_CAPABILITIES,
				   .ticket = ticket,
				   .capabilities = hv_capability_list_new(&list)});
}

void hv_add_offering(
	struct hv_backend *backend, uint64_t ticket, const char *name, int64_t cpus, int64_t memory_bytes)
{
	(void)name;
	(void)cpus;
	(void)memory_bytes;
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_ACCEPTED, .ticket = ticket});
}

void hv_remove_offering(struct hv_backend *backend, uint64_t ticket, const char *name)
{
	(void)name;
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_ACCEPTED, .ticket = ticket});
}

void hv_set_capability(struct hv_backend *backend, uint64_t ticket, const char *version, bool snapshots)
{
	(void)version;
	(void)snapshots;
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_ACCEPTED, .ticket = ticket});
}

void hv_change_account(
	struct hv_backend *backend, uint64_t ticket, const struct hv_account_change *change)
{
	(void)change;
	fake_push_refusal(backend, ticket, HV_ERR_DENIED, "no right");
}

void hv_list_settings(struct hv_backend *backend, uint64_t ticket)
{
	struct hv_setting_list list = {0};
	fake_push(backend, (struct hv_event){
				   .kind = HV_EVENT_SETTINGS, .ticket = ticket, .settings = hv_setting_list_new(&list)});
}

void hv_change_setting(struct hv_backend *backend, uint64_t ticket, const char *name, const char *value)
{
	(void)name;
	(void)value;
	fake_push_refusal(backend, ticket, HV_ERR_DENIED, "no right");
}

void hv_note(struct hv_backend *backend, uint64_t ticket, enum hv_note note, const char *details)
{
	(void)note;
	(void)details;
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_ACCEPTED, .ticket = ticket});
}
