/*
 * Groups, hosts and VMs as rows that open and close: children sorted by name, with the number of visible rows kept in
 * every node, so that "which row is number n" and "which number has this row" are answered without looking at the rest
 * of the fleet.
 *
 * The children of a node form a treap (a search tree by name, a heap by a priority made from the uuid, so its shape does
 * not depend on the order of events). What must hold, for every node:
 *
 *	rows  == row_node_own_rows(node) + rows of left + rows of right
 *	own   == shown ? 1 + (open ? leaves + rows of the treap of children : 0) : 0   (the root itself shows no row)
 *	shown == wanted, or a child is shown
 *
 * Insert, remove, open and want change the counts on the path to the root only.
 */
#ifndef HV_TUI_STATE_ROW_NODE_H
#define HV_TUI_STATE_ROW_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/backend.h"
#include "backend/base/hash.h"

/* What a row shows. The first three are nodes; snapshots and "now" are leaves of a VM's node. */
enum row_kind {
	ROW_ROOT,
	ROW_GROUP,
	ROW_HOST,
	ROW_VM,
	ROW_SNAPSHOT,
	ROW_NOW,
	ROW_FOLD, /* several snapshots in a straight line, folded */
	ROW_KIND_COUNT
};

struct row_node {
	enum row_kind kind;
	bool open;
	bool known;          /* it was there at an earlier start, and is open or closed as it was then */
	bool kept_open;      /* what `open` was before the filter */
	bool closed_by_user; /* since the filter was made, although it would open it */
	bool wanted; /* the filter wants it for its own sake; without a filter everything is wanted */
	bool reversed; /* of all siblings or of none: names from Z to A */
	int64_t rank; /* sorts before the name; must not change while it is linked */
	struct hv_uuid uuid;
	const char *name; /* borrowed from the value that the node stands for; must not change while it is linked */
	struct row_node *owner;    /* what it hangs under; NULL: nowhere */
	struct row_node *children; /* top of the treap of its children */
	size_t leaves;             /* rows of snapshots beneath a VM */
	size_t shown_children;
	struct row_node *left, *right, *up;
	uint64_t priority;
	size_t rows; /* visible rows of this treap subtree */
	UT_hash_handle hh;
};

void row_node_init(struct row_node *node, enum row_kind kind, const struct hv_uuid *uuid, const char *name);
void row_node_insert(struct row_node *owner, struct row_node *node);
void row_node_remove(struct row_node *node);
void row_node_set_open(struct row_node *node, bool open);
void row_node_set_leaves(struct row_node *node, size_t leaves);
void row_node_set_wanted(struct row_node *node, bool wanted);
/** It or something beneath it is wanted. */
bool row_node_is_shown(const struct row_node *node);

/** Rows that the node shows itself: its line and what is open beneath it. */
size_t row_node_own_rows(const struct row_node *node);
/** Rows of all children of `owner`, whether it is open or not. */
size_t row_node_child_rows(const struct row_node *owner);
/** The child of `owner` that shows row `offset` of its children's rows; *ret_inner is the row within it. */
struct row_node *row_node_at(const struct row_node *owner, size_t offset, size_t *ret_inner);
/** Rows of the siblings before it. */
size_t row_node_rank(const struct row_node *node);
struct row_node *row_node_first(const struct row_node *owner);
struct row_node *row_node_next(const struct row_node *node);
struct row_node *row_node_previous(const struct row_node *node);
/** Whether `node` is `ancestor` or stands beneath it. */
bool row_node_is_within(const struct row_node *node, const struct row_node *ancestor);

#endif
