#include "backend/sim/watch.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/sim/faults.h"
#include "backend/sim/jobs.h"
#include "backend/sim/view.h"

#define FREE_BYTES_STEP (INT64_C(64) << 20) /* smaller differences are not worth an event */

static void load_vms(struct watch *watch, struct sim *sim)
{
	watch->count = 0;
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT id, state_revision, tree_revision, uuid FROM vm WHERE copy_of IS NULL ORDER BY id", "");
	while (db_next(&sim->db, rows)) {
		HV_GROW(watch->vms, watch->count, watch->capacity);
		struct watched_vm *vm = &watch->vms[watch->count++];
		*vm = (struct watched_vm){.id = sqlite3_column_int64(rows, 0),
			.state_revision = sqlite3_column_int64(rows, 1),
			.tree_revision = sqlite3_column_int64(rows, 2)};
		(void)snprintf(vm->uuid, sizeof vm->uuid, "%s", db_column(rows, 3));
	}
}

static void load_storage(struct watch *watch, struct sim *sim)
{
	watch->free_bytes = host_free_bytes(sim);
	watch->storage_up = !fault_stands(sim, FAULT_STORAGE_GONE);
}

void watch_rebase(struct watch *watch, struct sim *sim)
{
	load_vms(watch, sim);
	load_storage(watch, sim);
}

bool watch_file_changed(struct watch *watch, struct sim *sim)
{
	int64_t version = db_number(&sim->db, 0, "PRAGMA data_version", "");
	int64_t changes = sqlite3_total_changes64(sim->db.handle);
	bool changed = version != watch->data_version || changes != watch->changes;
	watch->data_version = version;
	watch->changes = changes;
	return changed;
}

typedef void (*tell_function)(void *context, json_t *event);

static void tell_event(const char *name, json_t *take_body, tell_function tell, void *context)
{
	json_t *event = json_pack("{s:s, s:o}", "event", name, "body", take_body);
	if (event) {
		tell(context, event);
	}
	json_decref(event);
}

static void tell_vm(const char *name, struct sim *sim, int64_t vm, tell_function tell, void *context)
{
	json_t *object = view_vm(sim, vm);
	if (object) {
		tell_event(name, json_pack("{s:o}", "vm", object), tell, context);
	}
}

static const struct watched_vm *find_vm(const struct watched_vm *vms, size_t count, int64_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (vms[i].id == id) {
			return &vms[i];
		}
	}
	return NULL;
}

static void tell_vm_changes(const struct watched_vm *old, struct watched_vm *now, struct sim *sim, tell_function tell,
	void *context)
{
	if (old) {
		now->percent = old->percent;
		now->percent_us = old->percent_us;
	}
	if (!old || old->tree_revision != now->tree_revision) {
		tell_vm("SnapshotsChanged", sim, now->id, tell, context);
	}
	if (old && old->state_revision != now->state_revision) {
		tell_vm("VmStateChanged", sim, now->id, tell, context);
	}
}

void watch_tell_changes(struct watch *watch, struct sim *sim, tell_function tell, void *context)
{
	struct watch old = *watch;
	watch->vms = NULL;
	watch->count = watch->capacity = 0;
	watch_rebase(watch, sim);
	for (size_t i = 0; i < old.count; i++) {
		if (!find_vm(watch->vms, watch->count, old.vms[i].id)) {
			tell_event("VmRemoved", json_pack("{s:s}", "vmUuid", old.vms[i].uuid), tell, context);
		}
	}
	for (size_t i = 0; i < watch->count; i++) {
		struct watched_vm *now = &watch->vms[i];
		tell_vm_changes(find_vm(old.vms, old.count, now->id), now, sim, tell, context);
	}
	int64_t difference = watch->free_bytes - old.free_bytes;
	if (watch->storage_up != old.storage_up || llabs(difference) >= FREE_BYTES_STEP) {
		tell_event("HostStatus", view_storage(sim), tell, context);
	} else {
		watch->free_bytes = old.free_bytes; /* small steps add up */
	}
	free(old.vms);
}

void watch_tell_activity(struct watch *watch, struct sim *sim, int64_t monotonic_us,
	bool (*quiet)(void *context, const char *vm_uuid), tell_function tell, void *context)
{
	/* on a host at rest, which is the rule, one look is all */
	if (db_number(&sim->db, 0, "SELECT EXISTS (SELECT 1 FROM job) OR EXISTS (SELECT 1 FROM merge)", "") == 0) {
		return;
	}
	for (size_t i = 0; i < watch->count; i++) {
		struct watched_vm *vm = &watch->vms[i];
		struct job_view view;
		if (monotonic_us - vm->percent_us < HV_SECOND_US || quiet(context, vm->uuid) ||
			!job_view_of(sim, vm->id, host_now(sim), &view) || view.percent == vm->percent) {
			continue;
		}
		vm->percent = view.percent;
		vm->percent_us = monotonic_us;
		tell_vm("VmStateChanged", sim, vm->id, tell, context);
	}
}

void watch_clear(struct watch *watch)
{
	free(watch->vms);
	*watch = (struct watch){0};
}
