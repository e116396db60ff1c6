#include "tui/state/leaves.h"

#include <stdlib.h>

#include "backend/base/memory.h"

/* What is known of each node while the rows are made; nodes stand in display order, parents first. */
struct plan {
	const struct hv_tree *tree;
	bool *shown;
	int32_t *children; /* rows that will hang under it, "now" among them */
	int32_t *leaf;     /* the row that shows it */
	bool fold;
	bool has_now;
};

/* A wanted node brings those above it. */
static void plan_shown(struct plan *plan, const bool *wanted)
{
	const struct hv_tree *tree = plan->tree;
	for (size_t i = 0; i < tree->count; i++) {
		plan->shown[i] = !wanted || wanted[i];
	}
	for (size_t i = tree->count; i-- > 0;) {
		int32_t parent = tree->nodes[i].parent;
		if (plan->shown[i] && parent >= 0) {
			plan->shown[parent] = true;
		}
	}
	for (size_t i = 0; i < tree->count; i++) {
		int32_t parent = tree->nodes[i].parent;
		if (plan->shown[i] && parent >= 0) {
			plan->children[parent]++;
		}
	}
	if (plan->has_now && tree->current >= 0) {
		plan->children[tree->current]++;
	}
}

/* In a straight line: it has one child, it is an only child, and there is nothing to say about it. */
static bool can_fold(const struct plan *plan, size_t at)
{
	const struct hv_node *node = &plan->tree->nodes[at];
	return plan->fold && node->parent >= 0 && plan->children[node->parent] == 1 && plan->children[at] == 1 &&
	       plan->tree->current != (int32_t)at && !node->untracked && !node->orphan && node->state == SNAPSHOT_READY;
}

/* Nodes from `at` on that one row can stand for. */
static size_t straight_line(const struct plan *plan, size_t at)
{
	size_t end = at;
	while (end < plan->tree->count && can_fold(plan, end)) {
		end++;
	}
	return end - at;
}

static void add(struct leaves *leaves, int32_t node, int32_t parent, int32_t folded)
{
	leaves->items[leaves->count++] = (struct leaf){
		.node = node,
		.parent = parent,
		.depth = parent < 0 ? 0 : leaves->items[parent].depth + 1,
		.folded = folded,
	};
}

/* Returns the node after what was added. */
static size_t add_node(struct leaves *leaves, struct plan *plan, size_t at)
{
	int32_t parent = plan->tree->nodes[at].parent;
	size_t line = straight_line(plan, at);
	size_t stands_for = line >= LEAVES_FOLD_MIN ? line : 1;
	for (size_t i = at; i < at + stands_for; i++) {
		plan->leaf[i] = (int32_t)leaves->count;
	}
	add(leaves, (int32_t)at, parent < 0 ? -1 : plan->leaf[parent], stands_for > 1 ? (int32_t)stands_for : 0);
	if (plan->has_now && plan->tree->current == (int32_t)at) {
		add(leaves, LEAVES_NOW, plan->leaf[at], 0);
	}
	return at + stands_for;
}

static void mark_last(struct leaves *leaves, bool *has_later)
{
	bool root_seen = false;
	for (size_t i = leaves->count; i-- > 0;) {
		int32_t parent = leaves->items[i].parent;
		bool *seen = parent < 0 ? &root_seen : &has_later[parent];
		leaves->items[i].last = !*seen;
		*seen = true;
	}
}

void leaves_make(struct leaves *leaves, const struct hv_tree *tree, const bool *wanted, bool fold)
{
	leaves_clear(leaves);
	if (!tree || tree->count == 0) {
		return;
	}
	struct plan plan = {.tree = tree, .fold = fold && !wanted, .has_now = !wanted};
	plan.shown = hv_alloc((tree->count + 1) * sizeof *plan.shown);
	plan.children = hv_alloc(tree->count * sizeof *plan.children);
	plan.leaf = hv_alloc(tree->count * sizeof *plan.leaf);
	leaves->items = hv_alloc((tree->count + 1) * sizeof *leaves->items);
	plan_shown(&plan, wanted);
	if (plan.has_now && tree->current < 0) {
		add(leaves, LEAVES_NOW, -1, 0);
	}
	for (size_t i = 0; i < tree->count;) {
		i = plan.shown[i] ? add_node(leaves, &plan, i) : i + 1;
	}
	bool *has_later = hv_alloc((tree->count + 1) * sizeof *has_later);
	mark_last(leaves, has_later);
	free(has_later);
	free(plan.shown);
	free(plan.children);
	free(plan.leaf);
}

void leaves_clear(struct leaves *leaves)
{
	free(leaves->items);
	*leaves = (struct leaves){.items = NULL};
}

/* Rows of nodes stand in the order of the nodes; "now" stands between. */
size_t leaves_of_node(const struct leaves *leaves, size_t node)
{
	size_t low = 0, high = leaves->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		size_t probe = middle;
		if (leaves->items[probe].node == LEAVES_NOW) {
			probe = probe > low ? probe - 1 : probe + 1;
			if (probe >= high) {
				break;
			}
		}
		const struct leaf *leaf = &leaves->items[probe];
		size_t first = (size_t)leaf->node;
		size_t count = leaf->folded > 0 ? (size_t)leaf->folded : 1;
		if (node >= first && node < first + count) {
			return probe;
		}
		if (node < first) {
			high = probe < middle ? probe : middle;
		} else {
			low = (probe > middle ? probe : middle) + 1;
		}
	}
	return LEAVES_NONE;
}

size_t leaves_now(const struct leaves *leaves)
{
	for (size_t i = 0; i < leaves->count; i++) {
		if (leaves->items[i].node == LEAVES_NOW) {
			return i;
		}
	}
	return LEAVES_NONE;
}
