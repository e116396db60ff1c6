/* Settings, and what a hypervisor can do (X5). */
#include "backend/store/sqlite/sqlite_store.h"

#include "backend/store/sqlite/statement.h"

enum hv_status store_setting_get(
	struct store *base, const char *name, char **ret_value, struct hv_error *err)
{
	static const char sql[] = "SELECT value FROM configuration WHERE name = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_text(&query, name);
	status = query_next(&query, &row, err);
	if (status == HV_OK) {
		*ret_value = row ? read_text(&query) : NULL;
	}
	return status;
}

enum hv_status store_setting_set(
	struct store *base, const char *name, const char *value, struct hv_error *err)
{
	static const char set[] = "INSERT INTO configuration (name, value) VALUES (?, ?)"
				  " ON CONFLICT (name) DO UPDATE SET value = excluded.value";
	static const char unset[] = "DELETE FROM configuration WHERE name = ?";
	struct sqlite_store *store = sqlite_store(base);
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = query_start(&query, store, value ? set : unset, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_text(&query, name);
	if (value) {
		query_text(&query, value);
	}
	return query_run(&query, NULL, err);
}

enum hv_status store_snapshots_enabled(
	struct store *base, const char *version, bool *ret_enabled, struct hv_error *err)
{
	static const char sql[] =
		"SELECT vm_snapshot_enabled FROM hypervisor_capabilities WHERE hypervisor_type = 'Hyperv'"
		" AND hypervisor_version IN (?, 'default') ORDER BY hypervisor_version = 'default' LIMIT 1";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_text(&query, version);
	status = query_next(&query, &row, err);
	if (status == HV_OK) {
		*ret_enabled = row && read_bool(&query);
	}
	return status;
}
