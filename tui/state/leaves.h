/*
 * The rows beneath an opened VM: its snapshots in display order, the "now" row under the current one, and where many
 * snapshots follow each other without a branch, one row that stands for those in the middle. With a filter that wants
 * only some of them, those and what stands above them.
 *
 *	base                        node 0   depth 0
 *	`-~ 6 more                  node 1   depth 1, folded 6: nodes 1 to 6
 *	  `-o last                  node 7   depth 2
 *	    `-* NOW                          depth 3
 *
 * Depth and parent are those of the rows that are shown, so folding also takes back the indentation.
 */
#ifndef HV_TUI_STATE_LEAVES_H
#define HV_TUI_STATE_LEAVES_H

#include "backend/backend.h"

#define LEAVES_FOLD_MIN 5 /* snapshots in a straight line that are worth folding */
#define LEAVES_NOW (-1)
#define LEAVES_NONE ((size_t)-1)

struct leaf {
	int32_t node;   /* index in the tree; LEAVES_NOW: the "now" row */
	int32_t parent; /* index of a leaf; -1: a root */
	int32_t depth;
	int32_t folded; /* snapshots that the row stands for; 0: it is one itself */
	bool last;      /* no sibling is shown below it */
};

struct leaves {
	struct leaf *items;
	size_t count;
};

/** `wanted` has a bool for every node, NULL: all are wanted. Without a snapshot there are no leaves. */
void leaves_make(struct leaves *leaves, const struct hv_tree *tree, const bool *wanted, bool fold);
void leaves_clear(struct leaves *leaves);
/** The leaf that shows the node: its own, or the fold that it is in; LEAVES_NONE when it is filtered out. */
size_t leaves_of_node(const struct leaves *leaves, size_t node);
/** LEAVES_NONE: it is filtered out, or there are no leaves. */
size_t leaves_now(const struct leaves *leaves);

#endif
