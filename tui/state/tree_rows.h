/*
 * Rows of the tree by number and by identity. A row_ref names a row by what it is (a node, or a snapshot's id beneath
 * its VM), so it stays true while everything around it moves; the number is computed when it is needed, from the
 * counts that the nodes keep.
 *
 *	prod                     ROW_GROUP
 *	  hv01                   ROW_HOST
 *	    web-01               ROW_VM
 *	      base               ROW_SNAPSHOT
 *	        NOW              ROW_NOW       under the current snapshot, before its children
 *	        before-update    ROW_SNAPSHOT
 *	          ~ 6 more       ROW_FOLD      for snapshots in a straight line
 */
#ifndef HV_TUI_STATE_TREE_ROWS_H
#define HV_TUI_STATE_TREE_ROWS_H

#include "tui/state/model.h"

#define ROWS_NONE ((size_t)-1)

struct row_ref {
	struct row_node *node; /* the group, host or VM, or the VM that the leaf belongs to; NULL: no row */
	enum row_kind kind;    /* of the row itself */
	struct hv_uuid leaf;   /* ROW_SNAPSHOT: its id; ROW_FOLD: of the first that it stands for; else nil */
	size_t leaf_index;     /* among the VM's leaves, in its tree as it is now */
};

size_t rows_total(const struct model *model);
bool rows_at(const struct model *model, size_t index, struct row_ref *ret_row);
/** ROWS_NONE when the row is not shown: something above it is closed. */
size_t rows_index(const struct model *model, const struct row_ref *row);
bool rows_equal(const struct row_ref *a, const struct row_ref *b);

struct row_ref rows_of_node(struct row_node *node);
/** The "now" row of an opened VM; false when it has none. */
bool rows_now(struct vm_entry *vm, struct row_ref *ret_row);
/** The row that shows this snapshot of an opened VM: its own, or the fold that it is in; false when it has none. */
bool rows_of_snapshot(struct vm_entry *vm, const struct hv_uuid *id, struct row_ref *ret_row);
/** The row that it hangs under; false for a group. */
bool rows_parent(const struct row_ref *row, struct row_ref *ret_parent);
/** The snapshot of a ROW_SNAPSHOT, NULL for every other row. Borrowed from the tree. */
const struct hv_node *rows_snapshot(const struct row_ref *row);
/** How a row beneath a VM stands among the others, NULL for every other row. Borrowed until the tree or filter changes. */
const struct leaf *rows_leaf(const struct row_ref *row);
/** The VM that the row is or belongs to, NULL for groups and hosts. */
struct vm_entry *rows_vm(const struct row_ref *row);
/** The host that the row is or belongs to, NULL for groups. */
struct host_entry *rows_host(const struct row_ref *row);

/** Go up to the nearest row that is shown. */
void rows_show(const struct model *model, struct row_ref *row);
/** The node is about to leave: a row in it goes to the next sibling, else the one before, else the owner. */
void rows_let_go(struct row_ref *row, const struct row_node *leaving);
/** The VM has got another tree: a snapshot that is gone gives its row to its parent, or to what stands there now.
 * `old` is the tree before, NULL when there was none. */
void rows_follow_tree(struct row_ref *row, struct vm_entry *vm, const struct hv_tree *old);

#endif
