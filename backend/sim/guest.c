/* What a guest holds, and what somebody else does to the host behind the console's back: the trainer's hands. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/sim/checkpoints.h"
#include "backend/sim/jobs.h"
#include "backend/sim/layers.h"

#define KEY_CHARACTERS 255
#define VALUE_MAX_BYTES 65536

struct found_place {
	struct vm_row vm;
	int64_t layer; /* 0: memory */
};

static enum hv_status find_disk(struct sim *sim, const struct sim_place *place, struct found_place *found,
	struct hv_error *err)
{
	found->layer = place->disk ? db_number(&sim->db, 0, "SELECT top FROM disk WHERE vm = ?1 AND name = ?2",
					     "is", found->vm.id, place->disk)
				   : db_number(&sim->db, 0, "SELECT top FROM disk WHERE vm = ?1 AND position = 0",
					     "i", found->vm.id);
	if (found->layer == 0) {
		return hv_error_set(err, HV_ERR_INVALID, "VM '%s' has no disk '%s'", place->vm,
			place->disk ? place->disk : "root");
	}
	return HV_OK;
}

static enum hv_status find_place(struct sim *sim, const struct sim_place *place, struct found_place *ret_found,
	struct hv_error *err)
{
	struct found_place found = {.layer = 0};
	int64_t vm = 0;
	enum hv_status status = sim_advance(sim, err);
	if (status == HV_OK) {
		status = vm_by_name(sim, place->vm, &vm, err);
	}
	if (status == HV_OK && !vm_load(sim, vm, &found.vm)) {
		status = hv_error_set(err, HV_ERR_NOT_FOUND, "this host has no VM '%s'", place->vm);
	}
	if (status == HV_OK && place->memory && place->disk) {
		status = hv_error_set(err, HV_ERR_INVALID, "memory is on no disk");
	}
	if (status == HV_OK && !place->memory) {
		status = find_disk(sim, place, &found, err);
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

enum hv_status sim_guest_read(struct sim *sim, const struct sim_place *place, const char *key, char **ret_value,
	struct hv_error *err)
{
	struct found_place found;
	enum hv_status status = find_place(sim, place, &found, err);
	if (status != HV_OK) {
		return status;
	}
	char *value = place->memory ? db_string(&sim->db, "SELECT value FROM vm_memory WHERE vm = ?1 AND key = ?2",
					      "is", found.vm.id, key)
				    : layer_read(sim, found.layer, key);
	status = db_settle(&sim->db, err);
	if (status == HV_OK && !value) {
		status = hv_error_set(err, HV_ERR_NOT_FOUND, "VM '%s' holds no '%s'", place->vm, key);
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
		place->memory
			? db_query(&sim->db, "SELECT key, value FROM vm_memory WHERE vm = ?1 ORDER BY key", "i",
				  found.vm.id)
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

/* --- somebody else --------------------------------------------------------------------------------------------- */

/* Opens the transaction; the caller commits or rolls back. */
static enum hv_status begin_on_vm(struct sim *sim, const char *name, struct vm_row *ret_vm, struct hv_error *err)
{
	int64_t vm = 0;
	db_begin(&sim->db);
	jobs_advance(sim, host_now(sim));
	enum hv_status status = vm_by_name(sim, name, &vm, err);
	if (status == HV_OK && job_is_active(sim, vm)) {
		status = hv_error_set(err, HV_ERR_CONFLICT, "VM '%s' is being modified by another operation", name);
	}
	if (status == HV_OK && !vm_load(sim, vm, ret_vm)) {
		status = hv_error_set(err, HV_ERR_NOT_FOUND, "this host has no VM '%s'", name);
	}
	return status;
}

static enum hv_status end_on_vm(struct sim *sim, enum hv_status status, struct hv_error *err)
{
	if (status != HV_OK) {
		db_rollback(&sim->db);
		return status;
	}
	return db_commit(&sim->db, err);
}

static bool kind_exists(const char *kind)
{
	static const char *const kinds[] = {"Standard", "Recovery", "Planned", "Missing", "Replica", "Automatic"};
	for (size_t i = 0; i < HV_ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i], kind) == 0) {
			return true;
		}
	}
	return false;
}

static enum hv_status foreign_create(struct sim *sim, const struct vm_row *vm, const char *name, const char *kind,
	struct hv_error *err)
{
	if (checkpoint_count(sim, vm->id) >= CHECKPOINTS_MAX) {
		return hv_error_set(err, HV_ERR_REFUSED, "the VM has %d checkpoints already", CHECKPOINTS_MAX);
	}
	char uuid[HV_UUID_TEXT_SIZE];
	host_new_uuid(sim, uuid);
	bool memory = vm->power != POWER_STOPPED && strcmp(kind, "Recovery") != 0;
	const struct checkpoint_spec spec = {.uuid = uuid, .name = name, .kind = kind, .with_memory = memory};
	(void)checkpoint_create(sim, vm->id, &spec, host_now(sim));
	return HV_OK;
}

enum hv_status sim_foreign_create(struct sim *sim, const char *vm_name, const char *name, const char *kind,
	struct hv_error *err)
{
	struct vm_row vm;
	if (!hv_text_is_name(name, CHECKPOINT_NAME_CHARACTERS)) {
		return hv_error_set(err, HV_ERR_INVALID, "a checkpoint's name is 1 to %d characters",
			CHECKPOINT_NAME_CHARACTERS);
	}
	if (kind && !kind_exists(kind)) {
		return hv_error_set(err, HV_ERR_INVALID, "'%s' is no kind of checkpoint", kind);
	}
	enum hv_status status = begin_on_vm(sim, vm_name, &vm, err);
	if (status == HV_OK) {
		status = foreign_create(sim, &vm, name, kind ? kind : "Standard", err);
	}
	return end_on_vm(sim, status, err);
}

enum hv_status sim_foreign_delete(struct sim *sim, const char *vm_name, const char *name, struct hv_error *err)
{
	struct vm_row vm = {0};
	enum hv_status status = begin_on_vm(sim, vm_name, &vm, err);
	int64_t checkpoint = status == HV_OK ? checkpoint_find(sim, vm.id, name, name) : 0;
	if (status == HV_OK && checkpoint == 0) {
		status = hv_error_set(err, HV_ERR_NOT_FOUND, "VM '%s' has no checkpoint '%s'", vm_name, name);
	} else if (status == HV_OK && checkpoint < 0) {
		status = hv_error_set(err, HV_ERR_AMBIGUOUS,
			"several checkpoints of VM '%s' are called '%s'; use the id", vm_name, name);
	} else if (status == HV_OK) {
		checkpoint_remove(sim, checkpoint, host_now(sim));
		jobs_advance(sim, host_now(sim));
	}
	return end_on_vm(sim, status, err);
}
