/* Who the caller is and what it may see (A1), and accounts as a list. The engine judges acts by itself, at their time. */
#include "backend/backend_internal.h"

#include <stdlib.h>

enum hv_status caller_look(struct hv_backend *backend, struct hv_error *err)
{
	struct account found = {0};
	enum hv_status status =
		backend->store->ops->account_by_user(backend->store, backend->user, &found, err);
	if (status != HV_OK && status != HV_ERR_NOT_FOUND) {
		return status;
	}
	account_clear(&backend->caller);
	backend->caller = found;
	backend->caller_known = status == HV_OK;
	return HV_OK;
}

bool caller_sees(struct hv_backend *backend, const struct virtual_machine *row)
{
	const char *domain = NULL;
	if (!names_account(backend, row->account_id, &domain) || !domain) {
		return backend->caller_known && backend->caller.role == ACCOUNT_ADMINISTRATOR;
	}
	return authority_sees(backend->caller_known ? &backend->caller : NULL, row->account_id, domain);
}

enum hv_status caller_find_vm(struct hv_backend *backend, const struct hv_uuid *uuid,
	struct virtual_machine *ret_vm, struct hv_error *err)
{
	struct virtual_machine vm = {0};
	enum hv_status status = caller_look(backend, err);
	if (status == HV_OK) {
		status = backend->store->ops->vm_by_uuid(backend->store, uuid, &vm, err);
	}
	if (status != HV_OK) {
		return status;
	}
	if (!caller_sees(backend, &vm)) {
		virtual_machine_clear(&vm);
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such VM");
	}
	*ret_vm = vm;
	return HV_OK;
}

const struct account *caller_scope(struct hv_backend *backend)
{
	static char nowhere[] = "-"; /* no path begins like this */
	static const struct account nobody = {.id = -1, .domain = nowhere, .role = ACCOUNT_VIEWER};
	return backend->caller_known ? &backend->caller : &nobody;
}

void handle_accounts(struct hv_backend *backend, const struct request *request)
{
	struct account_list list = {0};
	struct hv_error error = {0};
	enum hv_status status = caller_look(backend, &error);
	if (status == HV_OK) {
		status = backend->store->ops->account_list(backend->store, &list, &error);
	}
	if (status != HV_OK) {
		account_list_clear(&list);
		publish_refusal(backend, request->ticket, &error);
		return;
	}
	const struct account *caller = caller_scope(backend);
	struct hv_account *rows = hv_realloc_array(NULL, list.count, sizeof *rows);
	struct hv_account_list value = {.rows = rows};
	for (size_t i = 0; i < list.count; i++) {
		const struct account *row = &list.items[i];
		if (caller->role == ACCOUNT_ADMINISTRATOR || caller->id == row->id) {
			rows[value.count++] = (struct hv_account){
				row->name, row->domain, row->role, row->os_user, row->vm_count};
		}
	}
	struct hv_event *event = event_new(HV_EVENT_ACCOUNTS);
	event->ticket = request->ticket;
	event->accounts = hv_account_list_new(&value);
	events_add(backend->events, event);
	free(rows);
	account_list_clear(&list);
}

static enum engine_account_change change_kind(enum hv_account_change_kind kind)
{
	static const enum engine_account_change kinds[] = {
		[HV_ACCOUNT_ADD] = ENGINE_ACCOUNT_ADD,
		[HV_ACCOUNT_SET] = ENGINE_ACCOUNT_SET,
		[HV_ACCOUNT_REMOVE] = ENGINE_ACCOUNT_REMOVE,
		[HV_VM_ASSIGN] = ENGINE_VM_ASSIGN,
	};
	return kinds[kind];
}

void handle_account_change(struct hv_backend *backend, const struct request *request)
{
	const struct hv_account_change *asked = &request->change;
	struct hv_error error = {0};
	struct engine_account change = {
		.kind = change_kind(asked->kind),
		.name = asked->name,
		.domain = asked->domain,
		.role = asked->role,
		.os_user = asked->user,
		.requested_by = backend->user,
	};
	enum hv_status status = HV_OK;
	if (asked->kind == HV_VM_ASSIGN) {
		struct virtual_machine vm = {0};
		status = caller_find_vm(backend, &asked->vm, &vm, &error);
		change.vm_id = vm.id;
		virtual_machine_clear(&vm);
	}
	if (status == HV_OK) {
		status = engine_change_account(backend->engine, &change, &error);
	}
	if (status == HV_OK) {
		names_clear(backend); /* a number may belong to another account now */
		status = caller_look(backend, &error);
	}
	if (status == HV_OK) { /* what the caller may see may have changed */
		status = load_picture(backend, &error);
	}
	if (status != HV_OK) {
		publish_refusal(backend, request->ticket, &error);
		return;
	}
	struct hv_event *event = event_new(HV_EVENT_ACCEPTED);
	event->ticket = request->ticket;
	events_add(backend->events, event);
}
