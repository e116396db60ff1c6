/*
 * One run of one SQL statement: bind the parameters in order, step, read the columns in order.
 *
 *	HV_CLEANUP(query_end) struct query query = {0};
 *	status = query_start(&query, store, sql_of_static_storage, err);
 *	query_int(&query, id);
 *	status = query_next(&query, &is_row, err);
 *	name = read_text(&query);
 *
 * Statements are prepared once a connection and found again by the address of their text. Text from a caller must
 * be valid UTF-8: a text that is not makes the first query_next() fail with HV_ERR_INVALID, before anything runs.
 */
#ifndef HV_STORE_SQLITE_STATEMENT_H
#define HV_STORE_SQLITE_STATEMENT_H

#include "backend/store/sqlite/sqlite_store.h"

struct query {
	struct sqlite_store *store;
	sqlite3_stmt *statement;
	int parameter;
	int column;
	bool one_time; /* not from the cache: finalised at the end */
	bool bad_text;
	bool bad_value; /* a column held what this program does not know */
};

/** `sql` has static storage. */
enum hv_status query_start(
	struct query *query, struct sqlite_store *store, const char *sql, struct hv_error *err) HV_MUST_CHECK;
/** For SQL that is put together; not cached. */
enum hv_status query_start_text(
	struct query *query, struct sqlite_store *store, const char *sql, struct hv_error *err) HV_MUST_CHECK;
/** For HV_CLEANUP; harmless on {0}. */
void query_end(struct query *query);
/** Make it ready for other parameters. */
void query_again(struct query *query);

void query_int(struct query *query, int64_t value);
/** 0 becomes NULL. */
void query_reference(struct query *query, int64_t id);
/** NULL stays NULL. Borrowed until query_end() or query_again(). */
void query_text(struct query *query, const char *text);
/** The nil uuid becomes NULL. */
void query_uuid(struct query *query, const struct hv_uuid *uuid);
void query_blob(struct query *query, const void *bytes, size_t length);

enum hv_status query_next(struct query *query, bool *ret_row, struct hv_error *err) HV_MUST_CHECK;
/** Run what returns no rows. *ret_changed (may be NULL): rows written. */
enum hv_status query_run(struct query *query, int64_t *ret_changed, struct hv_error *err) HV_MUST_CHECK;

int64_t read_int(struct query *query);
bool read_bool(struct query *query);
/** A copy, NULL for NULL; the caller frees. */
char *read_text(struct query *query);
/** Valid until the next step; "" for NULL. */
const char *read_borrowed(struct query *query);
/** The same; NULL for NULL. */
const char *read_borrowed_null(struct query *query);
struct hv_uuid read_uuid(struct query *query);
/** After all columns of a row: HV_ERR_STORE when one held something unknown. */
enum hv_status read_check(const struct query *query, const char *table, struct hv_error *err) HV_MUST_CHECK;

/* Columns that hold the name of an enumeration's value, as domain/names.h spells it. */
enum snapshot_state read_snapshot_state(struct query *query);
enum snapshot_type read_snapshot_type(struct query *query);
enum checkpoint_kind read_checkpoint_kind(struct query *query);
enum vm_state read_vm_state(struct query *query);
enum export_state read_export_state(struct query *query);
enum host_state read_host_state(struct query *query);
enum stop_policy read_stop_policy(struct query *query);
enum operation_kind read_operation_kind(struct query *query);
enum operation_state read_operation_state(struct query *query);
enum operation_step read_operation_step(struct query *query);
enum hv_status read_status(struct query *query);

#endif
