/* The state file: its tables, its mark, and the refusal of files that are not one. */
#ifndef HV_SIM_SCHEMA_H
#define HV_SIM_SCHEMA_H

#include "backend/sim/db.h"

/** Make the tables of a new, empty file, in the transaction that the caller holds open. */
void schema_create(struct db *db);
/** Bring a file of an older version to this one; nothing to do for others. Comes before schema_configure(). */
enum hv_status schema_upgrade(struct db *db, struct hv_error *err) HV_MUST_CHECK;
/** Journal mode and the like; `relaxed`: no fsync, for simulations that never lose power. */
enum hv_status schema_configure(struct db *db, bool relaxed, struct hv_error *err) HV_MUST_CHECK;
/** HV_ERR_STORE for a file of another program, or of a newer hvtree-sim. Nothing is written. */
enum hv_status schema_check(struct db *db, struct hv_error *err) HV_MUST_CHECK;

#endif
