/* What hangs on a VM beside its snapshots: volumes, and checkpoints that hvtree does not track (T6). */
#include "backend/store/sqlite/sqlite_store.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/store/sqlite/statement.h"

/* One list element against what the table holds; returns whether a row was written. */
typedef enum hv_status upsert_function(
	struct sqlite_store *store, int64_t vm_id, const void *item, int64_t *ret_changed, struct hv_error *err);

/* --- volumes --- */

static void read_volume(struct query *query, struct volume *volume)
{
	volume->id = read_int(query);
	volume->uuid = read_uuid(query);
	volume->vm_id = read_int(query);
	volume->name = read_text(query);
	volume->root = strcmp(read_borrowed(query), "ROOT") == 0;
	volume->device_id = read_int(query);
	volume->path = read_text(query);
	volume->size_bytes = read_int(query);
	volume->chain_bytes = read_int(query);
}

enum hv_status store_volume_list(
	struct store *base, int64_t vm_id, struct volume_list *list, struct hv_error *err)
{
	static const char sql[] =
		"SELECT id, uuid, vm_id, name, volume_type, device_id, path, size, vm_snapshot_chain_size"
		" FROM volumes WHERE vm_id = ? ORDER BY volume_type = 'ROOT' DESC, device_id, id";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	while (status == HV_OK && (status = query_next(&query, &row, err)) == HV_OK && row) {
		read_volume(&query, volume_list_add(list));
		status = read_check(&query, "volumes", err);
	}
	return status;
}

static enum hv_status upsert_volume(struct sqlite_store *store, int64_t vm_id, const void *item,
	int64_t *ret_changed, struct hv_error *err)
{
	static const char sql[] =
		"INSERT INTO volumes (vm_id, uuid, name, volume_type, device_id, path, size,"
		" vm_snapshot_chain_size) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (vm_id, uuid) DO UPDATE SET name = excluded.name,"
		" volume_type = excluded.volume_type, device_id = excluded.device_id, path = excluded.path,"
		" size = excluded.size, vm_snapshot_chain_size = excluded.vm_snapshot_chain_size"
		" WHERE (name, volume_type, device_id, path, size, vm_snapshot_chain_size)"
		" IS NOT (excluded.name, excluded.volume_type, excluded.device_id, excluded.path, excluded.size,"
		" excluded.vm_snapshot_chain_size)";
	const struct volume *volume = item;
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	query_uuid(&query, &volume->uuid);
	query_text(&query, volume->name);
	query_text(&query, volume->root ? "ROOT" : "DATADISK");
	query_int(&query, volume->device_id);
	query_text(&query, volume->path);
	query_int(&query, volume->size_bytes);
	query_int(&query, volume->chain_bytes);
	return query_run(&query, ret_changed, err);
}

/* --- untracked checkpoints --- */

static void read_checkpoint(struct query *query, struct checkpoint *checkpoint)
{
	checkpoint->id = read_uuid(query);
	checkpoint->parent = read_uuid(query);
	checkpoint->name = read_text(query);
	checkpoint->kind = read_checkpoint_kind(query);
	checkpoint->has_memory = read_bool(query);
	checkpoint->created_us = read_int(query);
	checkpoint->size_bytes = read_int(query);
}

enum hv_status store_untracked_list(
	struct store *base, int64_t vm_id, struct checkpoint_list *list, struct hv_error *err)
{
	static const char sql[] = "SELECT uuid, parent, name, kind, has_memory, created, size_bytes"
				  " FROM untracked_checkpoint WHERE vm_id = ? ORDER BY created, uuid";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	while (status == HV_OK && (status = query_next(&query, &row, err)) == HV_OK && row) {
		read_checkpoint(&query, checkpoint_list_add(list));
		status = read_check(&query, "untracked_checkpoint", err);
	}
	return status;
}

static enum hv_status upsert_checkpoint(struct sqlite_store *store, int64_t vm_id, const void *item,
	int64_t *ret_changed, struct hv_error *err)
{
	static const char sql[] =
		"INSERT INTO untracked_checkpoint (vm_id, uuid, parent, name, kind, has_memory, created,"
		" size_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (vm_id, uuid) DO UPDATE SET parent = excluded.parent, name = excluded.name,"
		" kind = excluded.kind, has_memory = excluded.has_memory, created = excluded.created,"
		" size_bytes = excluded.size_bytes"
		" WHERE (parent, name, kind, has_memory, created, size_bytes) IS NOT (excluded.parent,"
		" excluded.name, excluded.kind, excluded.has_memory, excluded.created, excluded.size_bytes)";
	const struct checkpoint *checkpoint = item;
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	query_uuid(&query, &checkpoint->id);
	query_uuid(&query, &checkpoint->parent);
	query_text(&query, checkpoint->name);
	query_text(&query, checkpoint_kind_name(checkpoint->kind));
	query_int(&query, checkpoint->has_memory);
	query_int(&query, checkpoint->created_us);
	query_int(&query, checkpoint->size_bytes);
	return query_run(&query, ret_changed, err);
}

/* --- making a table hold exactly a list --- */

/* How the rows of one kind are written, and the uuids of a list found. */
struct replacement {
	const char *what; /* plural, for messages */
	const char *delete_others;
	upsert_function *upsert;
	size_t item_size;
	size_t uuid_offset;
};

/* Of all but the uuids in ?2, a blob of 16 bytes each. */
#define OTHERS_THAN_GIVEN                                                                                   \
	" WHERE vm_id = ?1 AND uuid NOT IN (WITH RECURSIVE given (n) AS (SELECT 0 WHERE ?3 > 0 UNION ALL"  \
	" SELECT n + 1 FROM given WHERE n + 1 < ?3) SELECT substr(?2, n * 16 + 1, 16) FROM given)"

static const struct replacement volume_replacement = {
	.what = "volumes",
	.delete_others = "DELETE FROM volumes" OTHERS_THAN_GIVEN,
	.upsert = upsert_volume,
	.item_size = sizeof(struct volume),
	.uuid_offset = offsetof(struct volume, uuid),
};
static const struct replacement untracked_replacement = {
	.what = "checkpoints",
	.delete_others = "DELETE FROM untracked_checkpoint" OTHERS_THAN_GIVEN,
	.upsert = upsert_checkpoint,
	.item_size = sizeof(struct checkpoint),
	.uuid_offset = offsetof(struct checkpoint, id),
};

static enum hv_status delete_others(struct sqlite_store *store, int64_t vm_id,
	const struct replacement *replacement, const struct hv_uuid *uuids, size_t count, int64_t *ret_changed,
	struct hv_error *err)
{
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, replacement->delete_others, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	query_blob(&query, count ? uuids : NULL, count * sizeof *uuids);
	query_int(&query, (int64_t)count);
	return query_run(&query, ret_changed, err);
}

static int compare_uuids(const void *a, const void *b)
{
	return hv_uuid_compare(a, b);
}

static enum hv_status check_uuids(
	struct hv_uuid *uuids, size_t count, const char *what, struct hv_error *err)
{
	if (count > 1) {
		qsort(uuids, count, sizeof *uuids, compare_uuids);
	}
	for (size_t i = 0; i < count; i++) {
		if (hv_uuid_is_nil(&uuids[i]) || (i > 0 && hv_uuid_equal(&uuids[i - 1], &uuids[i]))) {
			return hv_error_set(err, HV_ERR_INVALID, "two of the VM's %s have the same id, or one has none",
				what);
		}
	}
	return HV_OK;
}

static enum hv_status write_all(struct sqlite_store *store, int64_t vm_id,
	const struct replacement *replacement, const void *items, size_t count, int64_t *ret_changed,
	struct hv_error *err)
{
	const char *bytes = items;
	enum hv_status status = HV_OK;
	for (size_t i = 0; status == HV_OK && i < count; i++) {
		int64_t changed = 0;
		status = replacement->upsert(store, vm_id, bytes + i * replacement->item_size, &changed, err);
		*ret_changed += changed;
	}
	if (status == HV_ERR_STORE && store_is_reference_failure(store)) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such VM");
	}
	return status;
}

static enum hv_status replace(struct sqlite_store *store, int64_t vm_id,
	const struct replacement *replacement, const void *items, size_t count, int64_t *ret_changed,
	struct hv_error *err)
{
	HV_CLEANUP_FREE struct hv_uuid *uuids = hv_realloc_array(NULL, count, sizeof *uuids);
	const char *bytes = items;
	int64_t changed = 0;
	for (size_t i = 0; i < count; i++) {
		memcpy(&uuids[i], bytes + i * replacement->item_size + replacement->uuid_offset, sizeof *uuids);
	}
	enum hv_status status = check_uuids(uuids, count, replacement->what, err);
	if (status == HV_OK) {
		status = store_begin_part(store, err);
	}
	if (status != HV_OK) {
		return status;
	}
	status = delete_others(store, vm_id, replacement, uuids, count, &changed, err);
	if (status == HV_OK) {
		status = write_all(store, vm_id, replacement, items, count, &changed, err);
	}
	status = store_end_part(store, status, err);
	if (status == HV_OK) {
		*ret_changed = changed;
	}
	return status;
}

enum hv_status store_volume_replace(
	struct store *base, int64_t vm_id, const struct volume_list *list, struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	int64_t changed = 0;
	enum hv_status status =
		replace(store, vm_id, &volume_replacement, list->items, list->count, &changed, err);
	if (status == HV_OK && changed > 0) {
		store_mark_tree(store, vm_id);
	}
	return status;
}

static enum hv_status set_untracked_count(
	struct sqlite_store *store, int64_t vm_id, size_t count, struct hv_error *err)
{
	static const char sql[] = "UPDATE vm_instance SET untracked = ?2 WHERE id = ?1 AND untracked <> ?2";
	HV_CLEANUP(query_end) struct query query = {0};
	int64_t changed = 0;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	query_int(&query, (int64_t)count);
	status = query_run(&query, &changed, err);
	if (status == HV_OK && changed > 0) {
		store_mark_vm(store, vm_id);
	}
	return status;
}

enum hv_status store_untracked_replace(
	struct store *base, int64_t vm_id, const struct checkpoint_list *list, struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	int64_t changed = 0;
	enum hv_status status =
		replace(store, vm_id, &untracked_replacement, list->items, list->count, &changed, err);
	if (status == HV_OK && changed > 0) {
		store_mark_tree(store, vm_id);
	}
	return status == HV_OK ? set_untracked_count(store, vm_id, list->count, err) : status;
}
