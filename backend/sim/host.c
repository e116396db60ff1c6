#include "backend/sim/host.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/sim/exports.h"
#include "backend/sim/faults.h"
#include "backend/sim/jobs.h"
#include "backend/sim/layers.h"
#include "backend/sim/schema.h"
#include "backend/sim/volumes.h"

#define SPEED_MAX 10000

static const char *const power_names[] = {
	[POWER_RUNNING] = "Running",
	[POWER_STOPPED] = "Stopped",
	[POWER_SAVED] = "Saved",
	[POWER_PAUSED] = "Paused",
	[POWER_STARTING] = "Starting",
	[POWER_STOPPING] = "Stopping",
};
static_assert(HV_ARRAY_LEN(power_names) == POWER_COUNT, "a name for every state");

const char *power_name(enum power power)
{
	return power_names[power];
}

static enum power power_parse(const char *name)
{
	size_t i = 0;
	while (i + 1 < POWER_COUNT && strcmp(power_names[i], name) != 0) {
		i++;
	}
	return (enum power)i;
}

int64_t host_now(const struct sim *sim)
{
	return hv_clock_wall_us(&sim->options.clock);
}

void host_new_uuid(const struct sim *sim, char text[HV_UUID_TEXT_SIZE])
{
	struct hv_uuid uuid =
		sim->options.new_uuid ? sim->options.new_uuid(sim->options.uuid_context) : hv_uuid_random();
	(void)hv_uuid_format(&uuid, text);
}

int64_t host_scaled_us(struct sim *sim, int64_t duration_us)
{
	return duration_us * db_number(&sim->db, 100, "SELECT speed FROM host", "") / 100;
}

int64_t host_free_bytes(struct sim *sim)
{
	if (fault_stands(sim, FAULT_DISK_FULL)) {
		return 0;
	}
	int64_t free_bytes = db_number(&sim->db, 0,
		"SELECT capacity_bytes - (SELECT coalesce(sum(bytes), 0) FROM layer)"
		" - (SELECT coalesce(sum(memory_bytes), 0) FROM checkpoint WHERE has_memory)"
		" - (SELECT coalesce(sum(memory_bytes), 0) FROM vm WHERE copy_of IS NOT NULL AND state = 'Saved')"
		" FROM host",
		"");
	free_bytes -= exports_partial_bytes(sim, host_now(sim)) + volume_snapshots_partial_bytes(sim, host_now(sim)) +
		      layers_merging_bytes(sim, host_now(sim));
	return free_bytes > 0 ? free_bytes : 0;
}

bool vm_load(struct sim *sim, int64_t id, struct vm_row *ret_vm)
{
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT uuid, state, cpus, memory_bytes, parent, production, registered FROM vm WHERE id = ?1", "i", id);
	if (!db_next(&sim->db, rows)) {
		return false;
	}
	*ret_vm = (struct vm_row){.id = id, .power = power_parse(db_column(rows, 1)),
		.cpus = sqlite3_column_int64(rows, 2), .memory_bytes = sqlite3_column_int64(rows, 3),
		.parent = sqlite3_column_int64(rows, 4), .production = sqlite3_column_int64(rows, 5) != 0,
		.registered = sqlite3_column_int64(rows, 6) != 0};
	size_t length = strlen(db_column(rows, 0));
	memcpy(ret_vm->uuid, db_column(rows, 0), length < sizeof ret_vm->uuid ? length : sizeof ret_vm->uuid - 1);
	db_end(rows);
	return true;
}

int64_t vm_by_uuid(struct sim *sim, const char *uuid)
{
	return db_number(&sim->db, 0, "SELECT id FROM vm WHERE uuid = ?1 AND copy_of IS NULL", "s", uuid);
}

enum hv_status vm_by_name(struct sim *sim, const char *name, int64_t *ret_vm, struct hv_error *err)
{
	struct hv_uuid parsed;
	char uuid[HV_UUID_TEXT_SIZE] = "";
	if (hv_uuid_parse(name, &parsed)) {
		(void)hv_uuid_format(&parsed, uuid);
	}
	struct hv_text candidates = HV_TEXT_INIT;
	int64_t found = 0;
	size_t count = 0;
	sqlite3_stmt *rows = db_query(
		&sim->db, "SELECT id, name, uuid FROM vm WHERE copy_of IS NULL ORDER BY name, uuid", "");
	while (db_next(&sim->db, rows)) {
		if (strcmp(db_column(rows, 2), uuid) == 0 || hv_text_same_name(db_column(rows, 1), name)) {
			found = sqlite3_column_int64(rows, 0);
			hv_text_printf(&candidates, "%s%s", count++ > 0 ? ", " : "", db_column(rows, 2));
		}
	}
	enum hv_status status = db_settle(&sim->db, err);
	if (status == HV_OK && count == 0) {
		status = hv_error_set(err, HV_ERR_NOT_FOUND, "this host has no VM '%s'", name);
	} else if (status == HV_OK && count > 1) {
		status = hv_error_set(err, HV_ERR_AMBIGUOUS, "several VMs are called '%s': %s", name,
			hv_text_get(&candidates));
	} else if (status == HV_OK) {
		*ret_vm = found;
	}
	hv_text_clear(&candidates);
	return status;
}

void vm_set_power(struct sim *sim, int64_t vm, enum power power)
{
	db_run(&sim->db, "UPDATE vm SET edits = edits + (state <> ?2), state = ?2 WHERE id = ?1", "is", vm,
		power_name(power));
	vm_touch_state(sim, vm);
}

void vm_touch_state(struct sim *sim, int64_t vm)
{
	db_run(&sim->db, "UPDATE vm SET state_revision = state_revision + 1 WHERE id = ?1", "i", vm);
}

void vm_touch_tree(struct sim *sim, int64_t vm)
{
	db_run(&sim->db, "UPDATE vm SET tree_revision = tree_revision + 1 WHERE id = ?1", "i", vm);
}

void vm_mark_edited(struct sim *sim, int64_t vm)
{
	/* seen from outside when it is news of the export */
	db_run(&sim->db,
		"UPDATE vm SET state_revision = state_revision"
		" + EXISTS (SELECT 1 FROM export WHERE export.vm = vm.id AND export.edits = vm.edits),"
		" edits = edits + 1 WHERE id = ?1",
		"i", vm);
}

/* --- the open file --------------------------------------------------------------------------------------------- */

enum hv_status sim_open(const char *path, const struct sim_options *options, struct sim **ret_sim,
	struct hv_error *err)
{
	if (access(path, R_OK | W_OK) != 0) {
		return hv_error_set(err, errno == ENOENT ? HV_ERR_NOT_FOUND : HV_ERR_STORE,
			"cannot open the state file '%s': %s", path, strerror(errno));
	}
	struct sim *sim = hv_alloc(sizeof *sim);
	sim->options = *options;
	enum hv_status status = db_open(&sim->db, path, err);
	if (status == HV_OK) {
		status = schema_check(&sim->db, err);
	}
	if (status == HV_OK) {
		status = schema_upgrade(&sim->db, err);
	}
	if (status == HV_OK) {
		status = schema_configure(&sim->db, options->relaxed, err);
	}
	if (status != HV_OK) {
		sim_close(sim);
		return status;
	}
	*ret_sim = sim;
	return HV_OK;
}

void sim_close(struct sim *sim)
{
	if (sim) {
		db_close(&sim->db);
		free(sim);
	}
}

enum hv_status sim_advance(struct sim *sim, struct hv_error *err)
{
	int64_t due = jobs_next_due_us(sim);
	enum hv_status status = db_settle(&sim->db, err);
	if (status != HV_OK || due > host_now(sim)) {
		return status;
	}
	db_begin(&sim->db);
	jobs_advance(sim, host_now(sim));
	return db_commit(&sim->db, err);
}

int64_t sim_next_due_us(struct sim *sim)
{
	int64_t due = jobs_next_due_us(sim);
	return db_settle(&sim->db, NULL) == HV_OK ? due : HV_NEVER;
}

enum hv_status sim_set_speed(struct sim *sim, int64_t percent, struct hv_error *err)
{
	if (percent < 0 || percent > SPEED_MAX) {
		return hv_error_set(err, HV_ERR_INVALID, "the pace is a number from 0 to %d", SPEED_MAX);
	}
	db_begin(&sim->db);
	db_run(&sim->db, "UPDATE host SET speed = ?1", "i", percent);
	return db_commit(&sim->db, err);
}
