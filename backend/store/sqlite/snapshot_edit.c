/* What a person wrote about a VM snapshot, written anew: its display name and its description. */
#include "backend/store/sqlite/sqlite_store.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/text.h"
#include "backend/store/sqlite/snapshot_row.h"

static enum hv_status explain(struct sqlite_store *store, enum hv_status status, const char *name, struct hv_error *err)
{
	if (status != HV_ERR_STORE || !store_is_unique_failure(store)) {
		return status;
	}
	char *shown = hv_text_printable(name, strlen(name));
	(void)hv_error_set(err, HV_ERR_CONFLICT,
		"the VM has a snapshot named '%.300s' already, letter case aside; choose another name", shown);
	free(shown);
	return HV_ERR_CONFLICT;
}

static enum hv_status write_row(
	struct sqlite_store *store, const struct snapshot *snapshot, int64_t *ret_changed, struct hv_error *err)
{
	static const char sql[] =
		"UPDATE vm_snapshots SET display_name = ?3, display_key = ?4, description = ?5"
		" WHERE vm_id = ?1 AND id = ?2 AND removed = 0";
	HV_CLEANUP(query_end) struct query query = {0};
	HV_CLEANUP_FREE char *key = hv_text_name_key(snapshot->display_name);
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, snapshot->vm_id);
	query_int(&query, snapshot->id);
	query_text(&query, snapshot->display_name);
	query_text(&query, key);
	query_text(&query, snapshot->description);
	return explain(store, query_run(&query, ret_changed, err), snapshot->display_name, err);
}

enum hv_status store_snapshot_describe(
	struct store *base, const struct snapshot *snapshot, struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	int64_t changed = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = keyword_index_drop(store, snapshot->vm_id, snapshot->id, err);
	}
	if (status == HV_OK) {
		status = write_row(store, snapshot, &changed, err);
	}
	if (status == HV_OK && changed == 0) {
		return store_no_such_snapshot(err);
	}
	if (status == HV_ERR_CONFLICT) { /* the row is as it was, so its words come back */
		enum hv_status back = keyword_index_add(store, snapshot->vm_id, snapshot->id, NULL);
		return back == HV_OK ? status : back;
	}
	if (status == HV_OK) {
		status = keyword_index_add(store, snapshot->vm_id, snapshot->id, err);
	}
	if (status == HV_OK) {
		store_mark_tree(store, snapshot->vm_id);
	}
	return status;
}
