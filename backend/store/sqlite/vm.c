/* VMs: their own rows (`vm_instance`). What hangs on them is in vm_detail.c. */
#include "backend/store/sqlite/sqlite_store.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/text.h"
#include "backend/store/sqlite/vm_row.h"

#define IS_HERE "state <> 'Destroyed'"

static const char no_such_vm[] = "there is no such VM";

void read_vm(struct query *query, struct virtual_machine *vm)
{
	vm->id = read_int(query);
	vm->uuid = read_uuid(query);
	vm->name = read_text(query);
	vm->host_id = read_int(query);
	vm->account_id = read_int(query);
	vm->domain_id = read_int(query);
	vm->offering_id = read_int(query);
	vm->state = read_vm_state(query);
	vm->power_state = read_vm_state(query);
	vm->cpus = read_int(query);
	vm->memory_bytes = read_int(query);
	vm->checkpoint = read_uuid(query);
	vm->untracked = read_int(query);
	vm->update_count = read_int(query);
	vm->missing = read_bool(query);
	vm->running_since_us = read_int(query);
	vm->summary.snapshots = read_int(query);
	vm->summary.on_host = read_int(query);
	vm->summary.chain = read_int(query);
	vm->summary.delta_bytes = read_int(query);
	vm->summary.oldest_us = read_int(query);
	vm->unregistered = !read_bool(query);
	vm->export = read_uuid(query);
	vm->export_state = read_export_state(query);
	vm->export_matches = read_bool(query);
	vm->revision = read_int(query);
}

static enum hv_status read_vms(
	struct query *query, struct virtual_machine_list *list, struct hv_error *err)
{
	bool row = false;
	enum hv_status status = HV_OK;
	while (status == HV_OK && (status = query_next(query, &row, err)) == HV_OK && row) {
		read_vm(query, virtual_machine_list_add(list));
		status = read_check(query, "vm_instance", err);
	}
	return status;
}

enum hv_status store_vm_list(
	struct store *base, int64_t host_id, struct virtual_machine_list *list, struct hv_error *err)
{
	static const char all[] = "SELECT " VM_COLUMNS " FROM vm_instance WHERE " IS_HERE " ORDER BY name, id";
	static const char of_host[] = "SELECT " VM_COLUMNS " FROM vm_instance WHERE host_id = ? AND " IS_HERE
					" ORDER BY name, id";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, sqlite_store(base), host_id ? of_host : all, err);
	if (status != HV_OK) {
		return status;
	}
	if (host_id != 0) {
		query_int(&query, host_id);
	}
	return read_vms(&query, list, err);
}

/* The one row that a bound query finds. */
static enum hv_status read_one(struct query *query, struct virtual_machine *ret_vm, struct hv_error *err)
{
	struct virtual_machine vm = {0};
	bool row = false;
	enum hv_status status = query_next(query, &row, err);
	if (status == HV_OK && !row) {
		status = hv_error_set(err, HV_ERR_NOT_FOUND, no_such_vm);
	}
	if (status == HV_OK) {
		read_vm(query, &vm);
		status = read_check(query, "vm_instance", err);
	}
	if (status != HV_OK) {
		virtual_machine_clear(&vm);
		return status;
	}
	*ret_vm = vm;
	return HV_OK;
}

enum hv_status store_vm_get(
	struct store *base, int64_t id, struct virtual_machine *ret_vm, struct hv_error *err)
{
	static const char sql[] = "SELECT " VM_COLUMNS " FROM vm_instance WHERE id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, id);
	return read_one(&query, ret_vm, err);
}

enum hv_status store_vm_by_uuid(struct store *base, const struct hv_uuid *uuid,
	struct virtual_machine *ret_vm, struct hv_error *err)
{
	static const char sql[] = "SELECT " VM_COLUMNS " FROM vm_instance WHERE uuid = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_uuid(&query, uuid);
	return read_one(&query, ret_vm, err);
}

enum hv_status store_vm_find(struct store *base, const char *name_or_uuid,
	struct virtual_machine_list *list, struct hv_error *err)
{
	/* the nil uuid is bound as NULL and finds nothing */
	static const char sql[] =
		"SELECT " VM_COLUMNS " FROM vm_instance WHERE (name = ? OR uuid = ?) AND " IS_HERE
		" ORDER BY name, id";
	HV_CLEANUP(query_end) struct query query = {0};
	struct hv_uuid uuid = {{0}};
	(void)hv_uuid_parse(name_or_uuid, &uuid);
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_text(&query, name_or_uuid);
	query_uuid(&query, &uuid);
	return read_vms(&query, list, err);
}

/* After a write that failed: which rule of the table was it? */
static enum hv_status explain(struct sqlite_store *store, enum hv_status status, struct hv_error *err)
{
	if (status == HV_ERR_STORE && store_is_unique_failure(store)) {
		return hv_error_set(err, HV_ERR_CONFLICT, "a VM with this id is in the store already");
	}
	if (status == HV_ERR_STORE && store_is_reference_failure(store)) {
		return hv_error_set(
			err, HV_ERR_NOT_FOUND, "there is no such host, account, domain or offering for the VM");
	}
	return status;
}

static void bind_export(struct query *query, const struct virtual_machine *vm)
{
	query_int(query, !vm->unregistered);
	query_uuid(query, &vm->export);
	query_text(query, export_state_name(vm->export_state));
	query_int(query, vm->export_matches);
}

/* Above every id that the audit log has, too: its rows outlive a VM's and must not become another VM's (A1, A2). */
static enum hv_status insert_vm(
	struct sqlite_store *store, struct virtual_machine *vm, struct hv_error *err)
{
	static const char sql[] =
		"INSERT INTO vm_instance (id, uuid, name, host_id, account_id, domain_id, service_offering_id, state,"
		" power_state, cpus, memory_bytes, checkpoint, untracked, missing, registered, export_uuid,"
		" export_state, export_matches, update_count)"
		" VALUES (1 + max(coalesce((SELECT max(id) FROM vm_instance), 0),"
		" coalesce((SELECT max(vm_id) FROM event WHERE vm_id IS NOT NULL), 0)),"
		" ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	int64_t account_id = vm->account_id ? vm->account_id : STORE_SEED_ID;
	int64_t domain_id = vm->domain_id ? vm->domain_id : STORE_SEED_ID;
	int64_t offering_id = vm->offering_id ? vm->offering_id : STORE_SEED_ID;
	query_uuid(&query, &vm->uuid);
	query_text(&query, vm->name);
	query_int(&query, vm->host_id);
	query_int(&query, account_id);
	query_int(&query, domain_id);
	query_int(&query, offering_id);
	query_text(&query, vm_state_name(vm->state));
	query_text(&query, vm_state_name(vm->power_state));
	query_int(&query, vm->cpus);
	query_int(&query, vm->memory_bytes);
	query_uuid(&query, &vm->checkpoint);
	query_int(&query, vm->untracked);
	query_int(&query, vm->missing);
	bind_export(&query, vm);
	status = query_run(&query, NULL, err);
	if (status != HV_OK) {
		return explain(store, status, err);
	}
	vm->id = sqlite3_last_insert_rowid(store->database);
	vm->account_id = account_id;
	vm->domain_id = domain_id;
	vm->offering_id = offering_id;
	vm->update_count = 0;
	store_mark_vm(store, vm->id);
	return HV_OK;
}

static enum hv_status check_exists(struct sqlite_store *store, int64_t vm_id, struct hv_error *err)
{
	static const char sql[] = "SELECT 1 FROM vm_instance WHERE id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	status = query_next(&query, &row, err);
	if (status == HV_OK && !row) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, no_such_vm);
	}
	return status;
}

/* Hosts report the same again and again: a row that says so already is not written. */
static enum hv_status update_columns(struct sqlite_store *store, const struct virtual_machine *vm,
	int64_t *ret_changed, struct hv_error *err)
{
	static const char sql[] =
		"UPDATE vm_instance SET name = ?2, host_id = ?3, power_state = ?4, cpus = ?5, memory_bytes = ?6,"
		" untracked = ?7, missing = ?8, registered = ?9, export_uuid = ?10, export_state = ?11,"
		" export_matches = ?12 WHERE id = ?1 AND (name, host_id, power_state, cpus, memory_bytes, untracked,"
		" missing, registered, export_uuid, export_state, export_matches)"
		" IS NOT (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm->id);
	query_text(&query, vm->name);
	query_int(&query, vm->host_id);
	query_text(&query, vm_state_name(vm->power_state));
	query_int(&query, vm->cpus);
	query_int(&query, vm->memory_bytes);
	query_int(&query, vm->untracked);
	query_int(&query, vm->missing);
	bind_export(&query, vm);
	return explain(store, query_run(&query, ret_changed, err), err);
}

static enum hv_status update_checkpoint(struct sqlite_store *store, const struct virtual_machine *vm,
	int64_t *ret_changed, struct hv_error *err)
{
	static const char sql[] =
		"UPDATE vm_instance SET checkpoint = ?2 WHERE id = ?1 AND checkpoint IS NOT ?2";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm->id);
	query_uuid(&query, &vm->checkpoint);
	return query_run(&query, ret_changed, err);
}

enum hv_status store_vm_save(struct store *base, struct virtual_machine *vm, struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	int64_t columns = 0;
	int64_t checkpoint = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status != HV_OK) {
		return status;
	}
	if (!vm->name || *vm->name == '\0' || hv_uuid_is_nil(&vm->uuid)) {
		return hv_error_set(err, HV_ERR_INVALID, "a VM needs a name and an id of its host");
	}
	if (vm->id == 0) {
		return insert_vm(store, vm, err);
	}
	status = update_columns(store, vm, &columns, err);
	if (status == HV_OK) {
		status = update_checkpoint(store, vm, &checkpoint, err);
	}
	if (status == HV_OK && columns + checkpoint == 0) {
		return check_exists(store, vm->id, err);
	}
	if (status == HV_OK) {
		store_mark_vm(store, vm->id);
	}
	if (status == HV_OK && checkpoint > 0) {
		store_mark_tree(store, vm->id);
	}
	return status;
}

enum hv_status store_vm_set_state(
	struct store *base, struct virtual_machine *vm, enum vm_state state, struct hv_error *err)
{
	static const char sql[] = "UPDATE vm_instance SET state = ?, update_count = update_count + 1"
				  " WHERE id = ? AND state = ? AND update_count = ?";
	struct sqlite_store *store = sqlite_store(base);
	HV_CLEANUP(query_end) struct query query = {0};
	int64_t changed = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_text(&query, vm_state_name(state));
	query_int(&query, vm->id);
	query_text(&query, vm_state_name(vm->state));
	query_int(&query, vm->update_count);
	status = query_run(&query, &changed, err);
	if (status == HV_OK && changed == 0) {
		status = check_exists(store, vm->id, err);
		return status != HV_OK ? status
				       : hv_error_set(err, HV_ERR_CONFLICT,
						 "the state of the VM was changed by somebody else meanwhile");
	}
	if (status == HV_OK) {
		vm->state = state;
		vm->update_count++;
		store_mark_vm(store, vm->id);
	}
	return status;
}

enum hv_status store_vm_set_offering(
	struct store *base, int64_t vm_id, int64_t offering_id, struct hv_error *err)
{
	static const char sql[] =
		"UPDATE vm_instance SET service_offering_id = ?2 WHERE id = ?1 AND service_offering_id <> ?2";
	struct sqlite_store *store = sqlite_store(base);
	HV_CLEANUP(query_end) struct query query = {0};
	int64_t changed = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	query_int(&query, offering_id);
	status = explain(store, query_run(&query, &changed, err), err);
	if (status == HV_OK && changed == 0) {
		return check_exists(store, vm_id, err);
	}
	if (status == HV_OK) {
		store_mark_vm(store, vm_id);
	}
	return status;
}

enum hv_status store_vm_set_revision(
	struct store *base, int64_t vm_id, int64_t revision, struct hv_error *err)
{
	static const char sql[] = "UPDATE vm_instance SET revision = ?2 WHERE id = ?1";
	struct sqlite_store *store = sqlite_store(base);
	HV_CLEANUP(query_end) struct query query = {0};
	int64_t changed = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	query_int(&query, revision);
	status = query_run(&query, &changed, err);
	return status == HV_OK && changed == 0 ? hv_error_set(err, HV_ERR_NOT_FOUND, no_such_vm) : status;
}

enum hv_status store_vm_set_running_since(
	struct store *base, int64_t vm_id, int64_t since_us, struct hv_error *err)
{
	static const char sql[] =
		"UPDATE vm_instance SET running_since = ?2 WHERE id = ?1 AND running_since <> ?2";
	struct sqlite_store *store = sqlite_store(base);
	HV_CLEANUP(query_end) struct query query = {0};
	int64_t changed = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	query_int(&query, since_us);
	status = query_run(&query, &changed, err);
	if (status == HV_OK && changed == 0) {
		return check_exists(store, vm_id, err);
	}
	if (status == HV_OK) {
		store_mark_tree(store, vm_id);
	}
	return status;
}
