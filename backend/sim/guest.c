/* What a guest holds, and what is held of it: at a checkpoint, in an export, in a copy of one disk. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/sim/checkpoints.h"
#include "backend/sim/exports.h"
#include "backend/sim/layers.h"
#include "backend/sim/volumes.h"

#define KEY_CHARACTERS 255
#define VALUE_MAX_BYTES 65536

struct found_place {
	struct vm_row vm;   /* id 0: a volume snapshot's VM need not be there */
	int64_t holder;     /* the VM, or a copy of it */
	int64_t checkpoint; /* 0: as it is now */
	int64_t layer;      /* 0: memory */
};

static enum hv_status find_volume_snapshot(struct sim *sim, const struct sim_place *place, struct found_place *found,
	struct hv_error *err)
{
	found->layer = db_number(&sim->db, 0,
		"SELECT disk.top FROM volume_snapshot AS made JOIN disk ON disk.id = made.disk WHERE made.uuid = ?1", "s",
		place->volume_snapshot);
	if (found->layer == 0) {
		return hv_error_set(
			err, HV_ERR_INVALID, "this host has no volume snapshot '%s'", place->volume_snapshot);
	}
	return HV_OK;
}

static enum hv_status find_export(struct sim *sim, const struct sim_place *place, struct found_place *found,
	struct hv_error *err)
{
	struct export_row export;
	if (!exports_load(sim, place->export, &export) || export.vm != found->vm.id) {
		return hv_error_set(err, HV_ERR_INVALID, "VM '%s' has no export '%s'", place->vm, place->export);
	}
	if (export.copy == 0 && found->vm.registered) {
		return hv_error_set(err, HV_ERR_INVALID, "export '%s' holds nothing yet", place->export);
	}
	found->holder = export.copy != 0 ? export.copy : found->vm.id;
	return HV_OK;
}

static enum hv_status find_checkpoint(struct sim *sim, const struct sim_place *place, struct found_place *found,
	struct hv_error *err)
{
	found->checkpoint = checkpoint_find(sim, found->holder, place->checkpoint, place->checkpoint);
	if (found->checkpoint <= 0) {
		return hv_error_set(err, HV_ERR_INVALID, "there is no checkpoint '%s', or several: use the id",
			place->checkpoint);
	}
	return HV_OK;
}

static enum hv_status find_disk(struct sim *sim, const struct sim_place *place, struct found_place *found,
	struct hv_error *err)
{
	struct db *db = &sim->db;
	int64_t disk = place->disk ? db_number(db, 0,
					     "SELECT id FROM disk WHERE vm = ?1 AND ?2 IN (name, uuid) ORDER BY position",
					     "is", found->holder, place->disk)
				   : db_number(db, 0, "SELECT id FROM disk WHERE vm = ?1 AND position = 0", "i",
					     found->holder);
	found->layer = found->checkpoint != 0
			       ? db_number(db, 0, "SELECT layer FROM frozen WHERE checkpoint = ?1 AND disk = ?2", "ii",
					 found->checkpoint, disk)
			       : db_number(db, 0, "SELECT top FROM disk WHERE id = ?1", "i", disk);
	if (found->layer == 0) {
		return hv_error_set(err, HV_ERR_INVALID, "VM '%s' has no disk '%s' there", place->vm,
			place->disk ? place->disk : "root");
	}
	return HV_OK;
}

static enum hv_status find_in_vm(struct sim *sim, const struct sim_place *place, struct found_place *found,
	struct hv_error *err)
{
	int64_t vm = 0;
	enum hv_status status = vm_by_name(sim, place->vm, &vm, err);
	if (status == HV_OK && !vm_load(sim, vm, &found->vm)) {
		status = hv_error_set(err, HV_ERR_NOT_FOUND, "this host has no VM '%s'", place->vm);
	}
	found->holder = vm;
	if (status == HV_OK && place->export) {
		status = find_export(sim, place, found, err);
	}
	if (status == HV_OK && place->checkpoint) {
		status = find_checkpoint(sim, place, found, err);
	}
	if (status == HV_OK && !place->memory) {
		status = find_disk(sim, place, found, err);
	}
	return status;
}

static enum hv_status find_place(struct sim *sim, const struct sim_place *place, struct found_place *ret_found,
	struct hv_error *err)
{
	struct found_place found = {.layer = 0};
	enum hv_status status = sim_advance(sim, err);
	if (status == HV_OK && place->memory && (place->disk || place->volume_snapshot)) {
		status = hv_error_set(err, HV_ERR_INVALID, "memory is on no disk");
	}
	if (status == HV_OK) {
		status = place->volume_snapshot ? find_volume_snapshot(sim, place, &found, err)
						: find_in_vm(sim, place, &found, err);
	}
	if (status == HV_OK) {
		*ret_found = found;
	}
	return status;
}

static enum hv_status check_write(const struct sim_place *place, const struct found_place *found, const char *key,
	const char *value, struct hv_error *err)
{
	if (!hv_text_is_name(key, KEY_CHARACTERS) || strchr(key, '=')) {
		return hv_error_set(err, HV_ERR_INVALID, "a key is 1 to %d characters without '='", KEY_CHARACTERS);
	}
	if (strlen(value) > VALUE_MAX_BYTES || !hv_utf8_is_valid(value, strlen(value))) {
		return hv_error_set(err, HV_ERR_INVALID, "a value is valid UTF-8 of at most %d bytes", VALUE_MAX_BYTES);
	}
	if (place->checkpoint || place->export || place->volume_snapshot || !found->vm.registered) {
		return hv_error_set(err, HV_ERR_REFUSED, "what is kept is read, not written");
	}
	bool may = found->vm.power == POWER_RUNNING || (!place->memory && found->vm.power == POWER_STOPPED);
	if (!may) {
		return hv_error_set(err, HV_ERR_REFUSED, "VM '%s' is %s: its %s cannot be written", place->vm,
			power_name(found->vm.power), place->memory ? "memory" : "disks");
	}
	return HV_OK;
}

enum hv_status sim_guest_write(struct sim *sim, const struct sim_place *place, const char *key, const char *value,
	struct hv_error *err)
{
	struct found_place found;
	enum hv_status status = find_place(sim, place, &found, err);
	if (status == HV_OK) {
		status = check_write(place, &found, key, value, err);
	}
	if (status != HV_OK) {
		return status;
	}
	db_begin(&sim->db);
	if (!place->memory) {
		/* the top may have moved between the look and the write */
		status = find_disk(sim, place, &found, err);
		layer_write(sim, found.layer, key, value);
	} else {
		db_run(&sim->db,
			"INSERT INTO vm_memory (vm, key, value) VALUES (?1, ?2, ?3)"
			" ON CONFLICT (vm, key) DO UPDATE SET value = excluded.value",
			"iss", found.vm.id, key, value);
	}
	vm_mark_edited(sim, found.vm.id);
	if (status != HV_OK) {
		db_rollback(&sim->db);
		return status;
	}
	return db_commit(&sim->db, err);
}

/* Of the holder ?1 now, or at its checkpoint ?2. */
#define MEMORY                                                                                              \
	"(SELECT key, value FROM vm_memory WHERE vm = ?1 AND ?2 = 0"                                        \
	" UNION ALL SELECT key, value FROM checkpoint_memory WHERE checkpoint = ?2)"

enum hv_status sim_guest_read(struct sim *sim, const struct sim_place *place, const char *key, char **ret_value,
	struct hv_error *err)
{
	struct found_place found;
	enum hv_status status = find_place(sim, place, &found, err);
	if (status != HV_OK) {
		return status;
	}
	char *value = found.layer != 0 ? layer_read(sim, found.layer, key)
				       : db_string(&sim->db, "SELECT value FROM " MEMORY " WHERE key = ?3", "iis",
						 found.holder, found.checkpoint, key);
	status = db_settle(&sim->db, err);
	if (status == HV_OK && !value) {
		status = hv_error_set(err, HV_ERR_NOT_FOUND, "VM '%s' holds no '%s' there", place->vm ? place->vm : "", key);
	}
	if (status != HV_OK) {
		free(value);
		return status;
	}
	*ret_value = value;
	return HV_OK;
}

enum hv_status sim_guest_list(struct sim *sim, const struct sim_place *place, struct hv_text *text,
	struct hv_error *err)
{
	struct found_place found;
	enum hv_status status = find_place(sim, place, &found, err);
	if (status != HV_OK) {
		return status;
	}
	sqlite3_stmt *rows =
		found.layer == 0
			? db_query(&sim->db, "SELECT key, value FROM " MEMORY " ORDER BY key", "ii", found.holder,
				  found.checkpoint)
			: db_query(&sim->db,
				  "WITH RECURSIVE chain(id, depth) AS (SELECT ?1, 0 UNION ALL"
				  "  SELECT layer.parent, depth + 1 FROM chain JOIN layer ON layer.id = chain.id"
				  "  WHERE layer.parent IS NOT NULL)"
				  " SELECT key, value FROM (SELECT key, value, min(depth) FROM chain"
				  "  JOIN content ON content.layer = chain.id GROUP BY key)"
				  " WHERE value IS NOT NULL ORDER BY key",
				  "i", found.layer);
	while (db_next(&sim->db, rows)) {
		hv_text_printf(text, "%s=%s\n", db_column(rows, 0), db_column(rows, 1));
	}
	return db_settle(&sim->db, err);
}
