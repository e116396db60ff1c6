/* Offerings (V5, X4), and what hypervisors can do (X5). */
#include "backend/store/sqlite/sqlite_store.h"

#include <string.h>

#include "backend/base/text.h"
#include "backend/store/sqlite/statement.h"

#define OFFERING_COLUMNS                                                                                    \
	"o.id, o.name, o.cpus, o.memory_bytes,"                                                            \
	" (SELECT count(*) FROM vm_instance v WHERE v.service_offering_id = o.id)"
#define VERSION_MAX 40

static void read_offering(struct query *query, struct service_offering *offering)
{
	offering->id = read_int(query);
	offering->name = read_text(query);
	offering->cpus = read_int(query);
	offering->memory_bytes = read_int(query);
	offering->vm_count = read_int(query);
}

enum hv_status store_offering_list(struct store *base, const struct account *seen_by,
	struct service_offering_list *list, struct hv_error *err)
{
	static const char sql[] =
		"SELECT o.id, o.name, o.cpus, o.memory_bytes, coalesce(u.vms, 0) FROM service_offering o"
		" LEFT JOIN (SELECT service_offering_id, count(*) AS vms FROM vm_instance"
		" WHERE ? OR account_id = ? OR domain_id IN (SELECT id FROM domain"
		" WHERE instr(rtrim(path, '/') || '/', rtrim(?, '/') || '/') = 1) GROUP BY 1) u"
		" ON u.service_offering_id = o.id ORDER BY o.cpus, o.memory_bytes, o.name";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	bool limited = seen_by && seen_by->role != ACCOUNT_ADMINISTRATOR;
	query_int(&query, !limited);
	query_int(&query, limited ? seen_by->id : 0);
	query_text(&query, limited ? seen_by->domain : "/");
	while (status == HV_OK && (status = query_next(&query, &row, err)) == HV_OK && row) {
		read_offering(&query, service_offering_list_add(list));
	}
	return status;
}

static enum hv_status read_one(
	struct query *query, struct service_offering *ret_offering, struct hv_error *err)
{
	bool row = false;
	enum hv_status status = query_next(query, &row, err);
	if (status == HV_OK && !row) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such offering");
	}
	if (status == HV_OK) {
		read_offering(query, ret_offering);
	}
	return status;
}

enum hv_status store_offering_get(
	struct store *base, int64_t id, struct service_offering *ret_offering, struct hv_error *err)
{
	static const char sql[] = "SELECT " OFFERING_COLUMNS " FROM service_offering o WHERE o.id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, id);
	return read_one(&query, ret_offering, err);
}

enum hv_status store_offering_by_name(
	struct store *base, const char *name, struct service_offering *ret_offering, struct hv_error *err)
{
	static const char sql[] = "SELECT " OFFERING_COLUMNS " FROM service_offering o WHERE o.name = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_text(&query, name);
	return read_one(&query, ret_offering, err);
}

enum hv_status store_offering_remove(struct store *base, int64_t id, struct hv_error *err)
{
	static const char sql[] =
		"DELETE FROM service_offering WHERE id = ?1 AND id <> 1"
		" AND NOT EXISTS (SELECT 1 FROM vm_instance WHERE service_offering_id = ?1)"
		" AND NOT EXISTS (SELECT 1 FROM vm_snapshots WHERE service_offering_id = ?1)"
		" AND NOT EXISTS (SELECT 1 FROM operation WHERE service_offering_id = ?1"
		" AND state IN ('Queued', 'Running'))";
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
	query_int(&query, id);
	status = query_run(&query, &changed, err);
	if (status == HV_OK && changed == 0) {
		return hv_error_set(err, HV_ERR_REFUSED,
			"this offering is the first one, a VM has it, or a snapshot was taken with it and a revert would "
			"bring it back; it stays");
	}
	return status;
}

/* --- hypervisors --- */

enum hv_status store_capability_list(
	struct store *base, struct hypervisor_capability_list *list, struct hv_error *err)
{
	static const char sql[] = "SELECT hypervisor_type, hypervisor_version, vm_snapshot_enabled"
				  " FROM hypervisor_capabilities ORDER BY hypervisor_version = 'default' DESC, 1, 2";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	while (status == HV_OK && (status = query_next(&query, &row, err)) == HV_OK && row) {
		struct hypervisor_capability *capability = hypervisor_capability_list_add(list);
		capability->hypervisor = read_text(&query);
		capability->version = read_text(&query);
		capability->snapshots = read_bool(&query);
	}
	return status;
}

/* Every host of the version is told as changed: what is greyed out there has changed. */
static enum hv_status mark_hosts(struct sqlite_store *store, struct hv_error *err)
{
	static const char sql[] = "SELECT id FROM host";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	while (status == HV_OK && (status = query_next(&query, &row, err)) == HV_OK && row) {
		store_mark_host(store, read_int(&query));
	}
	return status;
}

/* Numbers with dots between them, or 'default'. What no host can have, mistyped, would change nothing and say it did. */
static bool is_version(const char *version)
{
	size_t digits = strspn(version, "0123456789");
	size_t length = strlen(version);
	if (strcmp(version, "default") == 0) {
		return true;
	}
	return digits > 0 && length <= VERSION_MAX && strspn(version, "0123456789.") == length &&
	       !strstr(version, "..") && version[length - 1] != '.';
}

enum hv_status store_capability_set(
	struct store *base, const char *version, bool snapshots, struct hv_error *err)
{
	static const char sql[] =
		"INSERT INTO hypervisor_capabilities (hypervisor_type, hypervisor_version, vm_snapshot_enabled)"
		" VALUES ('Hyperv', ?, ?) ON CONFLICT (hypervisor_type, hypervisor_version)"
		" DO UPDATE SET vm_snapshot_enabled = excluded.vm_snapshot_enabled";
	struct sqlite_store *store = sqlite_store(base);
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK && (!version || !is_version(version))) {
		status = hv_error_set(err, HV_ERR_INVALID,
			"a hypervisor's version is numbers with dots between them, such as 10.0.20348, or 'default'");
	}
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_text(&query, version);
	query_int(&query, snapshots);
	status = query_run(&query, NULL, err);
	return status == HV_OK ? mark_hosts(store, err) : status;
}
