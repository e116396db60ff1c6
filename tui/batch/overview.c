#include "tui/batch/overview.h"

#include <stdlib.h>
#include <string.h>

static void unref_entry(const struct overview_entry *entry)
{
	hv_host_unref(entry->host);
	hv_vm_unref(entry->vm);
	hv_operation_unref(entry->operation);
}

static void clear_index(struct overview_index *index)
{
	for (size_t i = 0; i < index->count; i++) {
		unref_entry(&index->entries[i]);
	}
	free(index->entries);
	*index = (struct overview_index){0};
}

void overview_clear(struct overview *overview)
{
	clear_index(&overview->hosts);
	clear_index(&overview->vms);
	clear_index(&overview->operations);
	overview->loaded = false;
}

void overview_begin(struct overview *overview)
{
	overview->loaded = false;
}

/* ---- by id ---- */

static size_t find_place(const struct overview_index *index, const struct hv_uuid *id, bool *ret_found)
{
	size_t low = 0, high = index->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (hv_uuid_compare(&index->entries[middle].id, id) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	*ret_found = low < index->count && hv_uuid_equal(&index->entries[low].id, id);
	return low;
}

/* Takes the entry's reference over. */
static void put(struct overview_index *index, bool sorted, struct overview_entry entry)
{
	bool found = false;
	size_t place = sorted ? find_place(index, &entry.id, &found) : index->count;
	if (found) {
		unref_entry(&index->entries[place]);
		index->entries[place] = entry;
		return;
	}
	HV_GROW(index->entries, index->count, index->capacity);
	entry.arrival = ++index->arrivals;
	memmove(&index->entries[place + 1], &index->entries[place],
		(index->count - place) * sizeof *index->entries);
	index->entries[place] = entry;
	index->count++;
}

static void take_out(struct overview_index *index, bool sorted, const struct hv_uuid *id)
{
	size_t kept = 0;
	bool found = false;
	size_t first = sorted ? find_place(index, id, &found) : 0;
	if (sorted && !found) {
		return;
	}
	for (size_t i = kept = first; i < index->count; i++) {
		if (hv_uuid_equal(&index->entries[i].id, id)) {
			unref_entry(&index->entries[i]);
		} else {
			index->entries[kept++] = index->entries[i];
		}
	}
	index->count = kept;
}

static int by_id_newest_first(const void *left, const void *right)
{
	const struct overview_entry *a = left, *b = right;
	int order = hv_uuid_compare(&a->id, &b->id);
	return order != 0 ? order : (a->arrival < b->arrival) - (a->arrival > b->arrival);
}

static void sort_index(struct overview_index *index)
{
	size_t kept = 0;
	if (index->count == 0) {
		return;
	}
	qsort(index->entries, index->count, sizeof *index->entries, by_id_newest_first);
	for (size_t i = 0; i < index->count; i++) {
		if (kept > 0 && hv_uuid_equal(&index->entries[kept - 1].id, &index->entries[i].id)) {
			unref_entry(&index->entries[i]);
		} else {
			index->entries[kept++] = index->entries[i];
		}
	}
	index->count = kept;
}

static void set_loaded(struct overview *overview)
{
	sort_index(&overview->hosts);
	sort_index(&overview->vms);
	sort_index(&overview->operations);
	overview->loaded = true;
}

void overview_apply(struct overview *overview, const struct hv_event *event)
{
	bool sorted = overview->loaded;
	switch (event->kind) {
	case HV_EVENT_HOST:
		put(&overview->hosts, sorted,
			(struct overview_entry){.id = event->host->uuid, .host = hv_host_ref(event->host)});
		break;
	case HV_EVENT_HOST_GONE:
		take_out(&overview->hosts, sorted, &event->id);
		break;
	case HV_EVENT_VM:
		put(&overview->vms, sorted,
			(struct overview_entry){.id = event->vm->uuid, .vm = hv_vm_ref(event->vm)});
		break;
	case HV_EVENT_VM_GONE:
		take_out(&overview->vms, sorted, &event->id);
		break;
	case HV_EVENT_OPERATION:
		put(&overview->operations, sorted,
			(struct overview_entry){.id = event->operation->uuid,
				.operation = hv_operation_ref(event->operation)});
		break;
	case HV_EVENT_LOADED:
		set_loaded(overview);
		break;
	case HV_EVENT_TREE:
	case HV_EVENT_ACCEPTED:
	case HV_EVENT_REFUSED:
	case HV_EVENT_PREVIEW:
	case HV_EVENT_SNAPSHOTS:
	case HV_EVENT_LOG:
	case HV_EVENT_ACCOUNTS:
	case HV_EVENT_SETTINGS:
	case HV_EVENT_VMS:
	case HV_EVENT_VOLUME_SNAPSHOTS:
	case HV_EVENT_OFFERINGS:
	case HV_EVENT_CAPABILITIES:
	case HV_EVENT_SYNCED:
	case HV_EVENT_QUESTION: /* commands have nobody to ask */
	case HV_EVENT_QUESTION_GONE:
	case HV_EVENT_MESSAGE:
	case HV_EVENT_FAILED:
	case HV_EVENT_KIND_COUNT:
		break;
	}
}

const struct hv_host *overview_host(const struct overview *overview, const struct hv_uuid *id)
{
	bool found;
	size_t place = find_place(&overview->hosts, id, &found);
	return found ? overview->hosts.entries[place].host : NULL;
}

const struct hv_vm *overview_vm(const struct overview *overview, const struct hv_uuid *id)
{
	bool found;
	size_t place = find_place(&overview->vms, id, &found);
	return found ? overview->vms.entries[place].vm : NULL;
}

/* ---- display order ---- */

static int compare_hosts(const struct hv_host *a, const struct hv_host *b)
{
	int order = strcmp(a->group, b->group);
	order = order != 0 ? order : strcmp(a->name, b->name);
	return order != 0 ? order : hv_uuid_compare(&a->uuid, &b->uuid);
}

static int by_group_and_name(const void *left, const void *right)
{
	const struct hv_host *const *a = left, *const *b = right;
	return compare_hosts(*a, *b);
}

const struct hv_host **overview_hosts_in_order(const struct overview *overview)
{
	size_t count = overview->hosts.count;
	const struct hv_host **hosts = hv_alloc((count + 1) * sizeof *hosts);
	for (size_t i = 0; i < count; i++) {
		hosts[i] = hv_host_ref(overview->hosts.entries[i].host);
	}
	qsort(hosts, count, sizeof *hosts, by_group_and_name);
	return hosts;
}

/* A VM beside its host, looked up once before sorting. */
struct placed_vm {
	const struct hv_host *host; /* NULL: not told */
	const struct hv_vm *vm;
};

static int by_host_and_name(const void *left, const void *right)
{
	const struct placed_vm *a = left, *b = right;
	int order = 0;
	if (a->host && b->host) {
		order = a->host == b->host ? 0 : compare_hosts(a->host, b->host);
	} else {
		order = (a->host == NULL) - (b->host == NULL);
	}
	order = order != 0 ? order : strcmp(a->vm->name, b->vm->name);
	return order != 0 ? order : hv_uuid_compare(&a->vm->uuid, &b->vm->uuid);
}

const struct hv_vm **overview_vms_in_order(const struct overview *overview)
{
	size_t count = overview->vms.count;
	const struct hv_vm **vms = hv_alloc((count + 1) * sizeof *vms);
	struct placed_vm *placed = hv_alloc((count + 1) * sizeof *placed);
	for (size_t i = 0; i < count; i++) {
		placed[i].vm = overview->vms.entries[i].vm;
		placed[i].host = overview_host(overview, &placed[i].vm->host);
	}
	qsort(placed, count, sizeof *placed, by_host_and_name);
	for (size_t i = 0; i < count; i++) {
		vms[i] = hv_vm_ref(placed[i].vm);
	}
	free(placed);
	return vms;
}

void overview_free_hosts(const struct hv_host **hosts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		hv_host_unref(hosts[i]);
	}
	free(hosts);
}

void overview_free_vms(const struct hv_vm **vms, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		hv_vm_unref(vms[i]);
	}
	free(vms);
}
