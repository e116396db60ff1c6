/* The columns of a VM snapshot and how a row becomes a struct; `vm_snapshots s` in every statement. */
#ifndef HV_STORE_SQLITE_SNAPSHOT_ROW_H
#define HV_STORE_SQLITE_SNAPSHOT_ROW_H

#include "backend/store/sqlite/statement.h"

#define SNAPSHOT_COLUMNS                                                                                    \
	"s.id, s.uuid, s.name, s.display_name, s.description, s.vm_id, s.account_id, s.domain_id,"         \
	" s.service_offering_id, s.vm_snapshot_type, s.state, s.parent, s.current, s.quiesce,"             \
	" s.checkpoint, s.size_bytes, s.created, s.updated, s.removed, s.update_count,"                  \
	" s.created_by"

void read_snapshot(struct query *query, struct snapshot *snapshot);
/** The same without copies: the texts are the statement's, until its next step. Not to be cleared. */
void borrow_snapshot(struct query *query, struct snapshot *snapshot);
/** HV_ERR_NOT_FOUND for a snapshot. */
enum hv_status store_no_such_snapshot(struct hv_error *err);

#endif
