/*
 * Marked rows: VMs and snapshots by identity, so a mark stays on what it was put on wherever that goes, and what is gone
 * from the fleet is unmarked, and said. Acts then apply to the marked rows instead of the one under the cursor.
 */
#ifndef HV_TUI_STATE_MARKS_H
#define HV_TUI_STATE_MARKS_H

#include "tui/state/tree_rows.h"

#define MARKS_MAX 500

struct mark {
	struct mark_key {
		struct hv_uuid vm;
		struct hv_uuid snapshot; /* nil: the VM itself */
	} key;
	UT_hash_handle hh; /* in the order in which they were marked */
};

struct app;

bool marks_has(const struct app *app, const struct row_ref *row);
size_t marks_count(const struct app *app);
/** Space: mark the row under the cursor, or take its mark away, and go on to the next row. */
void app_mark(struct app *app);
/** v: from here; v again: to here, all rows of the same kind. */
void app_mark_range(struct app *app);
/** Everything that the filter has found. */
void app_mark_matches(struct app *app);
void app_unmark(struct app *app);

/** The VM is about to leave the fleet. */
void marks_vm_leaves(struct app *app, const struct vm_entry *vm);
/** The VM has another tree: snapshots that are gone lose their marks. */
void marks_follow_tree(struct app *app, const struct vm_entry *vm);
void marks_clear(struct app *app);

#endif
