/* What somebody else does to the host behind the console's back: the trainer's hands. */
#include <string.h>

#include "backend/sim/checkpoints.h"
#include "backend/sim/exports.h"
#include "backend/sim/jobs.h"

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

static enum hv_status must_be_registered(const struct vm_row *vm, const char *name, struct hv_error *err)
{
	return vm->registered ? HV_OK
			      : hv_error_set(err, HV_ERR_REFUSED, "VM '%s' is not on the host, only its export is", name);
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
		status = must_be_registered(&vm, vm_name, err);
	}
	if (status == HV_OK) {
		status = foreign_create(sim, &vm, name, kind ? kind : "Standard", err);
	}
	return end_on_vm(sim, status, err);
}

enum hv_status sim_foreign_delete(struct sim *sim, const char *vm_name, const char *name, struct hv_error *err)
{
	struct vm_row vm = {0};
	enum hv_status status = begin_on_vm(sim, vm_name, &vm, err);
	if (status == HV_OK) {
		status = must_be_registered(&vm, vm_name, err);
	}
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

enum hv_status sim_foreign_spoil_export(struct sim *sim, const char *vm_name, bool seen, struct hv_error *err)
{
	struct vm_row vm = {0};
	enum hv_status status = begin_on_vm(sim, vm_name, &vm, err);
	if (status == HV_OK) {
		status = exports_spoil(sim, vm.id, seen, err);
	}
	return end_on_vm(sim, status, err);
}
