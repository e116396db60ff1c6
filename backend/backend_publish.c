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

/* --- what is known --- */

static void known_vm_forget(struct hv_backend *backend, struct known_vm *known)
{
	struct hv_event *event = event_new(HV_EVENT_VM_GONE);
	event->id = known->uuid;
	events_add(backend->events, event);
	struct known_host *host = hosts_find(backend, known->host_id);
	if (host) {
		host->vm_count--;
	}
	HASH_DEL(backend->vms, known);
	free(known);
}

struct known_vm *known_vm_learn(struct hv_backend *backend, const struct virtual_machine *row)
{
	struct known_vm *known = NULL;
	HASH_FIND(hh, backend->vms, &row->id, sizeof row->id, known);
	if (known && !hv_uuid_equal(&known->uuid, &row->uuid)) {
		known_vm_forget(backend, known); /* the row's number was given to another VM */
		known = NULL;
	}
	if (!known) {
		known = hv_alloc(sizeof *known);
		known->id = row->id;
		known->uuid = row->uuid;
		HASH_ADD(hh, backend->vms, id, sizeof known->id, known);
	}
	if (known->host_id != row->host_id) {
		struct known_host *before = hosts_find(backend, known->host_id);
		struct known_host *now = hosts_find(backend, row->host_id);
		if (before) {
			before->vm_count--;
			publish_host_later(backend, before->id);
		}
		if (now) {
			now->vm_count++;
			publish_host_later(backend, now->id);
		}
		known->host_id = row->host_id;
	}
	known->seen = true;
	return known;
}

static void known_host_forget(struct hv_backend *backend, struct known_host *host)
{
	struct known_vm *vm;
	struct known_vm *next;
	HASH_ITER(hh, backend->vms, vm, next) {
		if (vm->host_id == host->id) {
			known_vm_forget(backend, vm);
		}
	}
	struct hv_event *event = event_new(HV_EVENT_HOST_GONE);
	event->id = host->uuid;
	events_add(backend->events, event);
	hosts_forget(backend, host);
}

static void known_operation_note(struct hv_backend *backend, const struct operation *row)
{
	struct known_operation *known = NULL;
	HASH_FIND(hh, backend->operations, &row->id, sizeof row->id, known);
	if (operation_is_live(row)) {
		if (!known) {
			known = hv_alloc(sizeof *known);
			known->id = row->id;
			HASH_ADD(hh, backend->operations, id, sizeof known->id, known);
		}
		known->seen = true;
	} else if (known) {
		HASH_DEL(backend->operations, known);
		free(known);
	}
}

/* --- one row up --- */

static void publish_host_row(struct hv_backend *backend, const struct host *row)
{
	struct known_host *known = hosts_find(backend, row->id);
	if (known && !hv_uuid_equal(&known->uuid, &row->uuid)) {
		known_host_forget(backend, known); /* the row's number was given to another host */
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
			known_host_forget(backend, known);
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

static enum hv_status publish_vm_row(struct hv_backend *backend, const struct virtual_machine *row,
	const struct operation_list *live, struct hv_error *err)
{
	if (!caller_sees(backend, row)) { /* A1: given away, perhaps */
		struct known_vm *gone = NULL;
		HASH_FIND(hh, backend->vms, &row->id, sizeof row->id, gone);
		if (gone) {
			known_vm_forget(backend, gone);
		}
		return HV_OK;
	}
	const struct known_vm *known = known_vm_learn(backend, row);
	const struct hv_vm *vm = NULL;
	enum hv_status status = picture_vm(backend, row, live, &vm, err);
	if (status != HV_OK) {
		return status;
	}
	struct hv_event *event = event_new(HV_EVENT_VM);
	event->vm = vm;
	events_add(backend->events, event);
	return known->opened ? publish_tree(backend, row, err) : HV_OK;
}

static enum hv_status publish_vm(struct hv_backend *backend, int64_t id, struct hv_error *err)
{
	struct virtual_machine row = {0};
	enum hv_status status = backend->store->ops->vm_get(backend->store, id, &row, err);
	if (status == HV_ERR_NOT_FOUND) {
		struct known_vm *known = NULL;
		HASH_FIND(hh, backend->vms, &id, sizeof id, known);
		if (known) {
			known_vm_forget(backend, known);
		}
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

static enum hv_status publish_operation_row(
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
	known_operation_note(backend, row);
	log_operation(backend, row, operation);
	struct hv_event *event = event_new(HV_EVENT_OPERATION);
	event->operation = operation;
	events_add(backend->events, event);
	return HV_OK;
}

static enum hv_status publish_operation(
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

/* --- the whole picture --- */

static void read_limit(struct hv_backend *backend)
{
	char *value = NULL;
	backend->snapshot_limit = SNAPSHOT_LIMIT_DEFAULT;
	if (backend->store->ops->setting_get(backend->store, "vmsnapshot.max", &value, NULL) ==
			HV_OK &&
		value) {
		char *end = NULL;
		long long limit = strtoll(value, &end, 10);
		if (end != value && *end == '\0' && limit >= 0) {
			backend->snapshot_limit =
				limit < SNAPSHOT_LIMIT_HYPERV ? limit : SNAPSHOT_LIMIT_HYPERV;
		}
	}
	free(value);
}

/* The rows of the VM at *at in the outline of its host; none when others stand there. */
static struct snapshot_list take_rows(const struct snapshot_list *outline, size_t *at, int64_t vm_id)
{
	struct snapshot_list rows = {.items = outline->items ? outline->items + *at : NULL};
	while (*at < outline->count && outline->items[*at].vm_id == vm_id) {
		rows.count++;
		*at += 1;
	}
	return rows;
}

/* From one read of a host's snapshots: a statement a VM takes three times as long. What needs more is read by itself. */
static enum hv_status publish_summaries(struct hv_backend *backend, const struct virtual_machine_list *vms,
	const struct snapshot_list *outline, const struct operation_list *live, struct hv_error *err)
{
	enum hv_status status = HV_OK;
	size_t at = 0;
	for (size_t i = 0; status == HV_OK && i < vms->count; i++) {
		const struct virtual_machine *row = &vms->items[i];
		struct picture_rows rows = {.snapshots = take_rows(outline, &at, row->id)};
		if (!caller_sees(backend, row)) {
			continue;
		}
		if (row->untracked > 0 || known_vm_learn(backend, row)->opened) {
			status = publish_vm_row(backend, row, live, err);
			continue;
		}
		struct hv_event *event = event_new(HV_EVENT_VM);
		event->vm = picture_summary(backend, row, &rows, live);
		events_add(backend->events, event);
	}
	/* somebody wrote between the two reads, and the outline was not that of these VMs */
	for (size_t i = 0; at < outline->count && status == HV_OK && i < vms->count; i++) {
		status = publish_vm_row(backend, &vms->items[i], live, err);
	}
	return status;
}

/* One host's VMs and the operations that live on them; the console shows these while the next host is read. */
static enum hv_status publish_vms_of(
	struct hv_backend *backend, int64_t host_id, struct hv_error *err)
{
	struct virtual_machine_list vms = {0};
	struct snapshot_list outline = {0};
	struct operation_list live = {0};
	const struct store_ops *ops = backend->store->ops;
	enum hv_status status = ops->vm_list(backend->store, host_id, &vms, err);
	if (status == HV_OK) {
		status = ops->snapshot_outline(backend->store, host_id, &outline, err);
	}
	if (status == HV_OK) {
		status = ops->operation_live(backend->store, host_id, 0, &live, err);
	}
	if (status == HV_OK) {
		status = publish_summaries(backend, &vms, &outline, &live, err);
	}
	for (size_t i = 0; status == HV_OK && i < live.count; i++) {
		status = publish_operation_row(backend, &live.items[i], err);
	}
	events_flush(backend->events);
	operation_list_clear(&live);
	snapshot_list_clear(&outline);
	virtual_machine_list_clear(&vms);
	return status;
}

static enum hv_status publish_everything(struct hv_backend *backend, struct hv_error *err)
{
	struct host_list list = {0};
	enum hv_status status = backend->store->ops->host_list(backend->store, &list, err);
	for (size_t i = 0; status == HV_OK && i < list.count; i++) {
		publish_host_row(backend, &list.items[i]);
	}
	events_flush(backend->events);
	backend->dirty_count = 0;
	for (size_t i = 0; status == HV_OK && i < list.count && !backend->stop; i++) {
		int64_t told = hosts_find(backend, list.items[i].id)->vm_count;
		status = publish_vms_of(backend, list.items[i].id, err);
		if (told != hosts_find(backend, list.items[i].id)->vm_count) {
			publish_host_row(backend, &list.items[i]);
		}
		requests_answer_reads(backend);
	}
	backend->dirty_count = 0;
	host_list_clear(&list);
	return status;
}

/* After a reload: what was not seen again is gone, or has ended. */
static enum hv_status sweep(struct hv_backend *backend, struct hv_error *err)
{
	enum hv_status status = HV_OK;
	struct known_operation *operation;
	struct known_operation *next_operation;
	HASH_ITER(hh, backend->operations, operation, next_operation) {
		if (!operation->seen && status == HV_OK) {
			status = publish_operation(backend, operation->id, err);
		}
	}
	struct known_vm *vm;
	struct known_vm *next_vm;
	HASH_ITER(hh, backend->vms, vm, next_vm) {
		if (!vm->seen) {
			known_vm_forget(backend, vm);
		}
	}
	struct known_host *host;
	struct known_host *next_host;
	HASH_ITER(hh, backend->hosts, host, next_host) {
		if (!host->seen) {
			known_host_forget(backend, host);
		}
	}
	return status;
}

enum hv_status publish_all(struct hv_backend *backend, struct hv_error *err)
{
	struct known_host *host;
	struct known_vm *vm;
	struct known_operation *operation;
	int64_t sequence;
	for (host = backend->hosts; host; host = host->hh.next) {
		host->seen = false;
	}
	for (vm = backend->vms; vm; vm = vm->hh.next) {
		vm->seen = false;
	}
	for (operation = backend->operations; operation; operation = operation->hh.next) {
		operation->seen = false;
	}
	/* the number first: what changes while the rows are read comes again by the feed */
	enum hv_status status = backend->store->ops->last_change(backend->store, &sequence, err);
	if (status == HV_OK) {
		status = caller_look(backend, err);
	}
	if (status == HV_OK) {
		read_limit(backend);
		status = publish_everything(backend, err);
	}
	if (status == HV_OK && !backend->stop) { /* what was not read is not gone */
		status = sweep(backend, err);
	}
	if (status == HV_OK) {
		backend->sequence = sequence;
	}
	events_flush(backend->events);
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
		return publish_all(backend, err);
	}
	if (status == HV_OK && backend->sequence != before) {
		status = caller_look(backend, err);
		read_limit(backend);
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

void publish_clear(struct hv_backend *backend)
{
	struct known_vm *vm;
	struct known_vm *next_vm;
	HASH_ITER(hh, backend->vms, vm, next_vm) {
		HASH_DEL(backend->vms, vm);
		free(vm);
	}
	struct known_operation *operation;
	struct known_operation *next_operation;
	HASH_ITER(hh, backend->operations, operation, next_operation) {
		HASH_DEL(backend->operations, operation);
		free(operation);
	}
	free(backend->dirty);
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
