/*
 * The tree of a VM's live snapshots and of the untracked checkpoints beside them (T1, T2, T6).
 *
 * Built from a list in any order. What must hold afterwards, whatever the list said (snapshot_tree_validate):
 * every node is reached exactly once from the roots; a child's parent is the node above it; at most one node is
 * current. A parent that is not in the list makes the node a root and marks it `orphan`; a cycle is refused.
 * Nothing here recurses: chains may be 100,000 deep.
 */
#ifndef HV_DOMAIN_SNAPSHOT_TREE_H
#define HV_DOMAIN_SNAPSHOT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include "backend/base/status.h"
#include "backend/domain/snapshot.h"

#define SNAPSHOT_TREE_NONE ((size_t)-1)

struct snapshot_tree_node {
	const struct snapshot *snapshot;     /* borrowed; NULL for an untracked checkpoint */
	const struct checkpoint *checkpoint; /* borrowed; NULL when the host has not been heard about it */
	size_t parent; /* index of a node, or SNAPSHOT_TREE_NONE */
	size_t depth;  /* 0 for a root */
	size_t children;
	bool last_child; /* of its parent, or of the roots */
	bool current;    /* carries the "now" row */
	bool orphan;
};

/* Nodes stand in display order: parents before children, siblings by creation time, then id. */
struct snapshot_tree {
	struct snapshot_tree_node *nodes;
	size_t count;
	size_t current;   /* index, or SNAPSHOT_TREE_NONE (T2) */
	size_t longest_chain; /* nodes from a root to the deepest one (Q2) */
};

/**
 * Build the tree. `snapshots` are the VM's live rows; `untracked` may be NULL. Both are borrowed until clear.
 * An untracked checkpoint finds its parent by host id among tracked and untracked ones; a tracked row's parent is
 * its store parent (the store is the tree's keeper, T6).
 *
 * @param host_current  the host's pointer, nil when none: when it names an untracked checkpoint, that node is
 *                      current; otherwise the row with `current` set is
 * @return HV_OK, HV_ERR_INVALID when parents form a cycle or two rows are current (the text names the snapshots)
 */
enum hv_status snapshot_tree_build(const struct snapshot_list *snapshots,
	const struct checkpoint_list *untracked, const struct hv_uuid *host_current,
	struct snapshot_tree *ret_tree, struct hv_error *err) HV_MUST_CHECK;
void snapshot_tree_clear(struct snapshot_tree *tree);

size_t snapshot_tree_find(const struct snapshot_tree *tree, int64_t snapshot_id);
bool snapshot_tree_is_ancestor(const struct snapshot_tree *tree, size_t ancestor, size_t node);
/** The tracked nodes of the subtree of `node`, itself included, children before parents (the order to delete in). */
size_t *snapshot_tree_subtree(const struct snapshot_tree *tree, size_t node, size_t *ret_count);
/** Checks the invariants above; for tests and for suspicious stores. */
enum hv_status snapshot_tree_validate(const struct snapshot_tree *tree, struct hv_error *err);

#endif
