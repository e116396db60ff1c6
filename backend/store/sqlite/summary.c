/*
 * The summary of a VM's snapshots that its own row carries. It is made anew from the rows by the commit that changes
 * them, in the same transaction: reading the fleet costs a row a VM, and a change costs what it touches.
 */
#include "backend/store/sqlite/sqlite_store.h"

#include "backend/base/attributes.h"
#include "backend/domain/vm_summary.h"
#include "backend/store/sqlite/statement.h"

/* What the summary is made of: no texts, and nothing beside the clustered rows is read. */
static enum hv_status read_outline(
	struct sqlite_store *store, int64_t vm_id, struct snapshot_list *list, struct hv_error *err)
{
	static const char sql[] = "SELECT id, parent, state, current, checkpoint, size_bytes, created"
				  " FROM vm_snapshots WHERE vm_id = ? AND removed = 0 ORDER BY id";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	while (status == HV_OK && (status = query_next(&query, &row, err)) == HV_OK && row) {
		struct snapshot *snapshot = snapshot_list_add(list);
		snapshot->vm_id = vm_id;
		snapshot->id = read_int(&query);
		snapshot->parent_id = read_int(&query);
		snapshot->state = read_snapshot_state(&query);
		snapshot->current = read_bool(&query);
		snapshot->checkpoint = read_uuid(&query);
		snapshot->size_bytes = read_int(&query);
		snapshot->created_us = read_int(&query);
		status = read_check(&query, "vm_snapshots", err);
	}
	return status;
}

static enum hv_status read_host_current(
	struct sqlite_store *store, int64_t vm_id, struct hv_uuid *ret_current, struct hv_error *err)
{
	static const char sql[] = "SELECT checkpoint FROM vm_instance WHERE id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	status = query_next(&query, &row, err);
	if (status == HV_OK && row) {
		*ret_current = read_uuid(&query);
		status = read_check(&query, "vm_instance", err);
	}
	return status;
}

static enum hv_status write_summary(
	struct sqlite_store *store, int64_t vm_id, const struct vm_summary *summary, struct hv_error *err)
{
	static const char sql[] =
		"UPDATE vm_instance SET snapshots = ?2, snapshots_on_host = ?3, chain = ?4, delta_bytes = ?5, oldest = ?6"
		" WHERE id = ?1 AND (snapshots, snapshots_on_host, chain, delta_bytes, oldest) <> (?2, ?3, ?4, ?5, ?6)";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	query_int(&query, summary->snapshots);
	query_int(&query, summary->on_host);
	query_int(&query, summary->chain);
	query_int(&query, summary->delta_bytes);
	query_int(&query, summary->oldest_us);
	return query_run(&query, NULL, err);
}

enum hv_status store_summarise(struct sqlite_store *store, int64_t vm_id, struct hv_error *err)
{
	struct snapshot_list snapshots = {0};
	struct checkpoint_list untracked = {0};
	struct hv_uuid current = {{0}};
	enum hv_status status = read_outline(store, vm_id, &snapshots, err);
	if (status == HV_OK) {
		status = store_untracked_list(&store->base, vm_id, &untracked, err);
	}
	if (status == HV_OK) {
		status = read_host_current(store, vm_id, &current, err);
	}
	if (status == HV_OK) {
		struct vm_summary summary = vm_summary_of(&snapshots, &untracked, &current);
		status = write_summary(store, vm_id, &summary, err);
	}
	snapshot_list_clear(&snapshots);
	checkpoint_list_clear(&untracked);
	return status;
}

enum hv_status store_summarise_all(struct sqlite_store *store, struct hv_error *err)
{
	static const char sql[] = "SELECT DISTINCT vm_id FROM vm_snapshots WHERE removed = 0";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	while (status == HV_OK && (status = query_next(&query, &row, err)) == HV_OK && row) {
		status = store_summarise(store, read_int(&query), err);
	}
	return status;
}
