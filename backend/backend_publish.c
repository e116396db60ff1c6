/*
 * The one way from "something changed" to an event: read the store's change feed, read again what it names, send values
 * up. What this console did itself takes the same way as what another one did.
 */
#include "backend/backend_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/log.h"

#define CHANGES_AT_ONCE 256

/* Ids of one kind that have to be read again. */
struct id_set {
	int64_t *ids;
	size_t count;
	size_t capacity;
};

struct changed {
	struct id_set kinds[CHANGE_KIND_COUNT];
};

static void id_set_add(struct id_set *set, int64_t id)
{
	HV_GROW(set->ids, set->count, set->capacity);
	set->ids[set->count++] = id;
}

static int compare_ids(const void *a, const void *b)
{
	int64_t left;
	int64_t right;
	memcpy(&left, a, sizeof left);
	memcpy(&right, b, sizeof right);
	return left < right ? -1 : left > right;
}

static void id_set_tidy(struct id_set *set)
{
	size_t kept = 0;
	if (set->count == 0) {
		return;
	}
	qsort(set->ids, set->count, sizeof *set->ids, compare_ids);
	for (size_t i = 0; i < set->count; i++) {
		if (kept == 0 || set->ids[kept - 1] != set->ids[i]) {
			set->ids[kept++] = set->ids[i];
		}
	}
	set->count = kept;
}

static void changed_clear(struct changed *changed)
{
	for (size_t i = 0; i < CHANGE_KIND_COUNT; i++) {
		free(changed->kinds[i].ids);
	}
}

/* --- one row up --- */

void publish_host_row(struct hv_backend *backend, const struct host *row)
{
	struct known_host *known = hosts_find(backend, row->id);
	if (known && !hv_uuid_equal(&known->uuid, &row->uuid)) {
		told_forget_host(backend, known); /* the row's number was given to another host */
	}
	known = hosts_learn(backend, row);
	known->seen = true;
	struct hv_event *event = event_new(HV_EVENT_HOST);
	event->host = picture_host(known, row);
	events_add(backend->events, event);
}

static enum hv_status publish_host(struct hv_backend *backend, int64_t id, struct hv_error *err)
{
	struct host row = {0};
	enum hv_status status = backend->store->ops->host_get(backend->store, id, &row, err);
	if (status == HV_ERR_NOT_FOUND) {
		struct known_host *known = hosts_find(backend, id);
		if (known) {
			told_forget_host(backend, known);
		}
		return HV_OK;
	}
	if (status == HV_OK) {
		publish_host_row(backend, &row);
		host_clear(&row);
	}
	return status;
}

enum hv_status publish_tree(
	struct hv_backend *backend, const struct virtual_machine *row, struct hv_error *err)
{
	const struct hv_tree *tree = NULL;
	enum hv_status status = picture_tree(backend, row, &tree, err);
	if (status == HV_OK) {
		struct hv_event *event = event_new(HV_EVENT_TREE);
		event->tree = tree;
		events_add(backend->events, event);
	}
	return status;
}

enum hv_status publish_vm_row(struct hv_backend *backend, const struct virtual_machine *row,
	const struct operation_list *live, struct hv_error *err)
{
	if (row->state == VM_DESTROYED || !caller_sees(backend, row)) { /* A1: given away, perhaps */
		told_forget_vm(backend, row->id);
		return HV_OK;
	}
	bool opened = told_of_vm(backend, row)->opened;
	struct hv_event *event = event_new(HV_EVENT_VM);
	event->vm = picture_vm(backend, row, live);
	events_add(backend->events, event);
	return opened ? publish_tree(backend, row, err) : HV_OK;
}

enum hv_status publish_vm(struct hv_backend *backend, int64_t id, struct hv_error *err)
{
	struct virtual_machine row = {0};
	enum hv_status status = backend->store->ops->vm_get(backend->store, id, &row, err);
	if (status == HV_ERR_NOT_FOUND) {
		told_forget_vm(backend, id);
		return HV_OK;
	}
	if (status != HV_OK) {
		return status;
	}
	struct operation_list live = {0};
	status = backend->store->ops->operation_live(backend->store, 0, id, &live, err);
	if (status == HV_OK) {
		status = publish_vm_row(backend, &row, &live, err);
	}
	operation_list_clear(&live);
	virtual_machine_clear(&row);
	return status;
}

/* Each console logs what it drove. */
static void log_operation(const struct hv_backend *backend, const struct operation *row,
	const struct hv_operation *operation)
{
	if (operation->finished_us == 0 || !row->owner || strcmp(row->owner, backend->owner) != 0) {
		return;
	}
	char id[HV_UUID_TEXT_SIZE];
	hv_log(operation->state == OPERATION_DONE ? HV_LOG_INFO : HV_LOG_WARN, "operation",
		"%s %s of '%s': %s%s%s", hv_uuid_format(&operation->uuid, id),
		operation_kind_name(operation->kind), operation->vm_name,
		operation_state_name(operation->state), operation->error ? ", " : "",
		operation->error ? operation->error : "");
}

enum hv_status publish_operation_row(
	struct hv_backend *backend, const struct operation *row, struct hv_error *err)
{
	const struct hv_operation *operation = NULL;
	enum hv_status status = picture_operation(backend, row, &operation, err);
	if (status == HV_ERR_NOT_FOUND) {
		return HV_OK; /* its VM went away with its host */
	}
	if (status != HV_OK) {
		return status;
	}
	told_of_operation(backend, row);
	log_operation(backend, row, operation);
	struct hv_event *event = event_new(HV_EVENT_OPERATION);
	event->operation = operation;
	events_add(backend->events, event);
	return HV_OK;
}

enum hv_status publish_operation(
	struct hv_backend *backend, int64_t id, struct hv_error *err)
{
	struct operation row = {0};
	enum hv_status status = backend->store->ops->operation_get(backend->store, id, &row, err);
	if (status == HV_ERR_NOT_FOUND) {
		return HV_OK;
	}
	if (status == HV_OK) {
		status = publish_operation_row(backend, &row, err);
		operation_clear(&row);
	}
	return status;
}

/* --- what changed --- */

static enum hv_status collect(
	struct hv_backend *backend, struct changed *changed, bool *ret_reload, struct hv_error *err)
{
	struct change changes[CHANGES_AT_ONCE];
	size_t count = CHANGES_AT_ONCE;
	int64_t after = backend->sequence;
	while (count == CHANGES_AT_ONCE) {
		enum hv_status status = backend->store->ops->changes(
			backend->store, after, changes, CHANGES_AT_ONCE, &count, ret_reload, err);
		if (status != HV_OK || *ret_reload) {
			return status;
		}
		for (size_t i = 0; i < count; i++) {
			enum change_kind kind =
				changes[i].kind == CHANGE_TREE ? CHANGE_VM : changes[i].kind;
			id_set_add(&changed->kinds[kind], changes[i].id);
			if (kind == CHANGE_OPERATION) {
				id_set_add(&changed->kinds[CHANGE_VM], changes[i].vm_id);
			}
			after = changes[i].sequence;
		}
	}
	for (size_t i = 0; i < CHANGE_KIND_COUNT; i++) {
		id_set_tidy(&changed->kinds[i]);
	}
	backend->sequence = after;
	return HV_OK;
}

static void add_dirty_hosts(struct hv_backend *backend, struct changed *changed)
{
	for (size_t i = 0; i < backend->dirty_count; i++) {
		id_set_add(&changed->kinds[CHANGE_HOST], backend->dirty[i]);
	}
	id_set_tidy(&changed->kinds[CHANGE_HOST]);
}

static enum hv_status publish_each(struct hv_backend *backend, const struct id_set *set,
	enum hv_status (*publish)(struct hv_backend *backend, int64_t id, struct hv_error *err),
	struct hv_error *err)
{
	enum hv_status status = HV_OK;
	for (size_t i = 0; status == HV_OK && i < set->count; i++) {
		status = publish(backend, set->ids[i], err);
	}
	return status;
}

enum hv_status publish_changes(struct hv_backend *backend, struct hv_error *err)
{
	struct changed changed = {0};
	bool reload = false;
	int64_t before = backend->sequence;
	enum hv_status status = collect(backend, &changed, &reload, err);
	if (status == HV_OK && reload) {
		changed_clear(&changed);
		return load_picture(backend, err);
	}
	if (status == HV_OK && backend->sequence != before) {
		status = caller_look(backend, err);
		picture_look_at_limit(backend);
		names_look_again(backend);
	}
	size_t dirty =
		backend->dirty_count; /* more may come while VMs are read: the next turn takes them */
	/* hosts, then VMs with their trees, then operations: an operation's end finds what it ended in */
	if (status == HV_OK) {
		add_dirty_hosts(backend, &changed);
		status = publish_each(backend, &changed.kinds[CHANGE_HOST], publish_host, err);
	}
	if (status == HV_OK) {
		status = publish_each(backend, &changed.kinds[CHANGE_VM], publish_vm, err);
	}
	if (status == HV_OK) {
		status = publish_each(
			backend, &changed.kinds[CHANGE_OPERATION], publish_operation, err);
	}
	if (status == HV_OK) {
		backend->dirty_count -= dirty;
		if (backend->dirty_count > 0) {
			memmove(backend->dirty, backend->dirty + dirty,
				backend->dirty_count * sizeof *backend->dirty);
		}
	} else {
		backend->sequence = before; /* nothing is skipped: it is all read again */
	}
	changed_clear(&changed);
	events_flush(backend->events);
	return status;
}

void publish_host_later(struct hv_backend *backend, int64_t host_id)
{
	HV_GROW(backend->dirty, backend->dirty_count, backend->dirty_capacity);
	backend->dirty[backend->dirty_count++] = host_id;
}

/* --- events that are no rows --- */

void publish_message(struct hv_backend *backend, bool warning, const char *text)
{
	hv_log(warning ? HV_LOG_WARN : HV_LOG_INFO, "backend", "%s", text);
	struct hv_event *event = event_new(HV_EVENT_MESSAGE);
	event->text = hv_strdup(text);
	event->warning = warning;
	events_add(backend->events, event);
}

void publish_failure(struct hv_backend *backend, const struct hv_error *error)
{
	if (backend->failed) {
		return;
	}
	backend->failed = true;
	hv_log(HV_LOG_ERROR, "store", "%s", error->text);
	struct hv_event *event = event_new(HV_EVENT_FAILED);
	event->error = *error;
	events_add(backend->events, event);
}

void publish_refusal(struct hv_backend *backend, uint64_t ticket, const struct hv_error *error)
{
	struct hv_event *event = event_new(HV_EVENT_REFUSED);
	event->ticket = ticket;
	event->error = *error;
	events_add(backend->events, event);
}
