/*
 * The change feed: rows of `change`, written by the commit that made the change, bounded in number.
 *
 * Sequence numbers only grow, and the newest row stays, so "after n" has one of three answers: nothing, these, or
 * "older ones are gone, read everything".
 */
#include "backend/store/sqlite/sqlite_store.h"

#include "backend/store/sqlite/statement.h"

#define CHANGES_KEPT 10000
#define PRUNE_EVERY 500

void store_mark(struct sqlite_store *store, enum change_kind kind, int64_t id, int64_t vm_id)
{
	change_set_add(&store->pending, kind, id, vm_id);
}

static enum hv_status read_last(struct sqlite_store *store, int64_t *ret_sequence, struct hv_error *err)
{
	static const char sql[] = "SELECT coalesce(max(sequence), 0) FROM change";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status == HV_OK) {
		status = query_next(&query, &row, err);
	}
	if (status == HV_OK) {
		*ret_sequence = read_int(&query);
	}
	return status;
}

static enum hv_status prune(struct sqlite_store *store, int64_t last, struct hv_error *err)
{
	static const char sql[] = "DELETE FROM change WHERE sequence <= ?";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, last - CHANGES_KEPT);
	return query_run(&query, NULL, err);
}

static enum hv_status insert_changes(
	struct sqlite_store *store, size_t from, int64_t first_sequence, struct hv_error *err)
{
	static const char sql[] = "INSERT INTO change (sequence, kind, id, vm_id) VALUES (?, ?, ?, ?)";
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	for (size_t i = from; status == HV_OK && i < store->pending.count; i++) {
		const struct change *change = &store->pending.items[i];
		query_int(&query, first_sequence + (int64_t)i);
		query_int(&query, (int64_t)change->kind);
		query_int(&query, change->id);
		query_int(&query, change->vm_id);
		status = query_run(&query, NULL, err);
		query_again(&query);
	}
	return status;
}

/* What changed in a VM's tree shows in its closed row too. */
static enum hv_status summarise_changed(struct sqlite_store *store, struct hv_error *err)
{
	enum hv_status status = HV_OK;
	for (size_t i = 0; status == HV_OK && i < store->pending.count; i++) {
		if (store->pending.items[i].kind == CHANGE_TREE) {
			status = store_summarise(store, store->pending.items[i].id, err);
		}
	}
	return status;
}

enum hv_status store_flush_changes(
	struct sqlite_store *store, int64_t *ret_last_sequence, struct hv_error *err)
{
	size_t count = store->pending.count;
	int64_t last = 0;
	if (count == 0) {
		return HV_OK;
	}
	enum hv_status status = summarise_changed(store, err);
	if (status == HV_OK) {
		status = read_last(store, &last, err);
	}
	/* More than are kept: number them all, write the newest. */
	size_t from = count > CHANGES_KEPT ? count - CHANGES_KEPT : 0;
	int64_t newest = last + (int64_t)count;
	if (status == HV_OK) {
		status = insert_changes(store, from, last + 1, err);
	}
	if (status == HV_OK && newest / PRUNE_EVERY != last / PRUNE_EVERY) {
		status = prune(store, newest, err);
	}
	if (status == HV_OK) {
		*ret_last_sequence = newest;
	}
	return status;
}

static enum hv_status read_data_version(
	struct sqlite_store *store, int64_t *ret_version, struct hv_error *err)
{
	static const char sql[] = "PRAGMA data_version";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status == HV_OK) {
		status = query_next(&query, &row, err);
	}
	if (status == HV_OK) {
		*ret_version = read_int(&query);
	}
	return status;
}

/* Own commits set last_sequence themselves; data_version tells of everybody else's. */
static enum hv_status refresh_last(struct sqlite_store *store, struct hv_error *err)
{
	int64_t version = 0;
	int64_t last = 0;
	enum hv_status status = read_data_version(store, &version, err);
	if (status != HV_OK || version == store->data_version) {
		return status;
	}
	status = read_last(store, &last, err);
	if (status == HV_OK) {
		store->last_sequence = last;
		store->data_version = version;
	}
	return status;
}

enum hv_status store_last_change(struct store *base, int64_t *ret_sequence, struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	enum hv_status status = refresh_last(store, err);
	if (status == HV_OK) {
		*ret_sequence = store->last_sequence;
	}
	return status;
}

static enum hv_status read_changes(struct sqlite_store *store, int64_t after, struct change *ret_changes,
	size_t capacity, size_t *ret_count, struct hv_error *err)
{
	static const char sql[] =
		"SELECT sequence, kind, id, vm_id FROM change WHERE sequence > ? ORDER BY sequence LIMIT ?";
	HV_CLEANUP(query_end) struct query query = {0};
	size_t count = 0;
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, after);
	query_int(&query, (int64_t)capacity);
	while ((status = query_next(&query, &row, err)) == HV_OK && row && count < capacity) {
		int64_t sequence = read_int(&query);
		int64_t kind = read_int(&query);
		int64_t id = read_int(&query);
		int64_t vm_id = read_int(&query);
		if (kind < 0 || kind >= CHANGE_KIND_COUNT) {
			query.bad_value = true;
			break;
		}
		ret_changes[count++] = (struct change){sequence, (enum change_kind)kind, id, vm_id};
	}
	if (status == HV_OK) {
		status = read_check(&query, "change", err);
	}
	if (status == HV_OK) {
		*ret_count = count;
	}
	return status;
}

enum hv_status store_changes(struct store *base, int64_t after, struct change *ret_changes, size_t capacity,
	size_t *ret_count, bool *ret_reload, struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	size_t count = 0;
	enum hv_status status = refresh_last(store, err);
	if (status == HV_OK && after < store->last_sequence && capacity > 0) {
		status = read_changes(store, after, ret_changes, capacity, &count, err);
	}
	if (status != HV_OK) {
		return status;
	}
	/* a gap: older ones were pruned. After the last: another file stands here now */
	bool gap = (count > 0 && ret_changes[0].sequence != after + 1) || after > store->last_sequence;
	*ret_reload = gap;
	*ret_count = gap ? 0 : count;
	return HV_OK;
}
