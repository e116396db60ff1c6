/* What goes when a host is removed, or a destroyed VM is forgotten. The audit log keeps its rows. */
#include "backend/store/sqlite/sqlite_store.h"

#include "backend/base/attributes.h"
#include "backend/store/sqlite/statement.h"

static enum hv_status refuse_live_operations(
	struct sqlite_store *store, int64_t host_id, struct hv_error *err)
{
	static const char sql[] =
		"SELECT count(*) FROM operation WHERE state IN ('Queued', 'Running')"
		" AND (host_id = ?1 OR vm_id IN (SELECT id FROM vm_instance WHERE host_id = ?1))";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, host_id);
	status = query_next(&query, &row, err);
	if (status != HV_OK) {
		return status;
	}
	int64_t live = read_int(&query);
	if (live > 0) {
		return hv_error_set(err, HV_ERR_REFUSED,
			"the host has %lld operation%s that did not end yet; nothing was removed; wait for the end or "
			"cancel",
			(long long)live, live == 1 ? "" : "s");
	}
	return HV_OK;
}

static enum hv_status mark_vms(struct sqlite_store *store, int64_t host_id, struct hv_error *err)
{
	static const char sql[] = "SELECT id FROM vm_instance WHERE host_id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, host_id);
	while ((status = query_next(&query, &row, err)) == HV_OK && row) {
		store_mark_vm(store, read_int(&query));
	}
	return status;
}

static enum hv_status run_with_id(
	struct sqlite_store *store, const char *sql, int64_t id, int64_t *ret_changed, struct hv_error *err)
{
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, id);
	return query_run(&query, ret_changed, err);
}

/* Children before parents; `vms` is a set of VMs' ids with one parameter in it. */
#define REMOVAL_OF_VMS(vms)                                                                                \
	"DELETE FROM operation WHERE vm_id IN " vms, "DELETE FROM untracked_checkpoint WHERE vm_id IN " vms,  \
		"DELETE FROM snapshots WHERE vm_id IN " vms, "DELETE FROM volumes WHERE vm_id IN " vms,       \
		"UPDATE vm_snapshots SET parent = NULL WHERE parent IS NOT NULL AND vm_id IN " vms,           \
		"DELETE FROM vm_snapshot_details WHERE vm_snapshot_id IN"                                     \
		" (SELECT id FROM vm_snapshots WHERE vm_id IN " vms ")",                                      \
		"INSERT INTO snapshot_words (snapshot_words, rowid, words)"                                   \
		" SELECT 'delete', id, search_words(display_name, name, description) FROM vm_snapshots"       \
		" WHERE removed = 0 AND vm_id IN " vms,                                                       \
		"DELETE FROM vm_snapshots WHERE vm_id IN " vms, "DELETE FROM vm_instance WHERE id IN " vms

#define VMS_OF_HOST "(SELECT id FROM vm_instance WHERE host_id = ?)"

static const char *const host_removal[] = {
	"DELETE FROM operation WHERE host_id = ?",
	REMOVAL_OF_VMS(VMS_OF_HOST),
	"DELETE FROM host WHERE id = ?",
};

static const char *const vm_removal[] = {REMOVAL_OF_VMS("(?)")};

static enum hv_status run_all(struct sqlite_store *store, const char *const *statements, size_t count, int64_t id,
	int64_t *ret_changed, struct hv_error *err)
{
	enum hv_status status = HV_OK;
	for (size_t i = 0; status == HV_OK && i < count; i++) {
		status = run_with_id(store, statements[i], id, ret_changed, err);
	}
	return status;
}

enum hv_status store_host_remove(struct store *base, int64_t id, struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	int64_t changed = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = refuse_live_operations(store, id, err);
	}
	if (status == HV_OK) {
		status = mark_vms(store, id, err);
	}
	if (status == HV_OK) {
		status = run_all(store, host_removal, HV_ARRAY_LEN(host_removal), id, &changed, err);
	}
	if (status == HV_OK && changed == 0) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such host");
	}
	if (status == HV_OK) {
		store_mark_host(store, id);
	}
	return status;
}

/* One of them; 0: none. Copies of its disks that are still there are reached through its row, so it stays for them. */
static enum hv_status find_forgettable(struct sqlite_store *store, int64_t host_id, int64_t before_us,
	int64_t *ret_id, struct hv_error *err)
{
	static const char sql[] =
		"SELECT id FROM vm_instance v WHERE host_id = ?1 AND state = 'Destroyed'"
		" AND NOT EXISTS (SELECT 1 FROM operation o WHERE o.vm_id = v.id"
		"  AND (o.finished >= ?2 OR o.state IN ('Queued', 'Running')))"
		" AND NOT EXISTS (SELECT 1 FROM snapshots s WHERE s.vm_id = v.id AND s.removed = 0) LIMIT 1";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	*ret_id = 0;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, host_id);
	query_int(&query, before_us);
	status = query_next(&query, &row, err);
	if (status == HV_OK && row) {
		*ret_id = read_int(&query);
	}
	return status;
}

enum hv_status store_vm_forget_destroyed(
	struct store *base, int64_t host_id, int64_t before_us, struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	int64_t id = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = find_forgettable(store, host_id, before_us, &id, err);
	}
	while (status == HV_OK && id != 0) {
		store_mark_vm(store, id);
		status = run_all(store, vm_removal, HV_ARRAY_LEN(vm_removal), id, NULL, err);
		if (status == HV_OK) {
			status = find_forgettable(store, host_id, before_us, &id, err);
		}
	}
	return status;
}
