#include "backend/domain/snapshot_tree.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

/*
 * Building goes in four passes, none of which recurses:
 *   gather   rows and untracked checkpoints become drafts
 *   link     each draft finds its parent's index by binary search over ids
 *   sort     drafts by (parent, created, id): siblings stand together, in display order
 *   walk     from the roots with an explicit stack; whoever is not reached stands on a cycle
 */
struct draft {
	const struct snapshot *snapshot;
	const struct checkpoint *checkpoint;
	size_t parent; /* index of a draft, or SNAPSHOT_TREE_NONE */
	bool orphan;
	bool current;
};

struct id_index {
	int64_t id;
	size_t draft;
};

struct uuid_index {
	struct hv_uuid id;
	size_t draft;
};

struct build {
	struct draft *drafts;
	size_t count;
	struct id_index *by_id;
	size_t by_id_count;
	struct uuid_index *by_checkpoint;
	size_t by_checkpoint_count;
	size_t *order;  /* draft indices sorted by parent */
	size_t *first;  /* per draft + 1 for the roots: where its children begin in `order` */
	size_t *number; /* per draft: its number of children; last: of roots */
};

static int compare_ids(const void *a, const void *b)
{
	const struct id_index *left = a;
	const struct id_index *right = b;
	return left->id < right->id ? -1 : left->id > right->id;
}

static int compare_uuids(const void *a, const void *b)
{
	const struct uuid_index *left = a;
	const struct uuid_index *right = b;
	return hv_uuid_compare(&left->id, &right->id);
}

static size_t find_by_id(const struct build *build, int64_t id)
{
	struct id_index key = {id, 0};
	const struct id_index *found =
		bsearch(&key, build->by_id, build->by_id_count, sizeof key, compare_ids);
	return found ? found->draft : SNAPSHOT_TREE_NONE;
}

static size_t find_by_checkpoint(const struct build *build, const struct hv_uuid *id)
{
	struct uuid_index key = {*id, 0};
	const struct uuid_index *found =
		bsearch(&key, build->by_checkpoint, build->by_checkpoint_count, sizeof key, compare_uuids);
	return found ? found->draft : SNAPSHOT_TREE_NONE;
}

static void add_checkpoint_id(struct build *build, const struct hv_uuid *id, size_t draft)
{
	if (!hv_uuid_is_nil(id)) {
		build->by_checkpoint[build->by_checkpoint_count++] = (struct uuid_index){*id, draft};
	}
}

static void gather(
	struct build *build, const struct snapshot_list *snapshots, const struct checkpoint_list *untracked)
{
	size_t total = snapshots->count + (untracked ? untracked->count : 0);
	build->drafts = hv_realloc_array(NULL, total, sizeof *build->drafts);
	build->by_id = hv_realloc_array(NULL, total, sizeof *build->by_id);
	build->by_checkpoint = hv_realloc_array(NULL, total, sizeof *build->by_checkpoint);
	for (size_t i = 0; i < snapshots->count; i++) {
		const struct snapshot *snapshot = &snapshots->items[i];
		build->drafts[build->count] = (struct draft){snapshot, NULL, SNAPSHOT_TREE_NONE, false, false};
		build->by_id[build->by_id_count++] = (struct id_index){snapshot->id, build->count};
		add_checkpoint_id(build, &snapshot->checkpoint, build->count);
		build->count++;
	}
	for (size_t i = 0; untracked && i < untracked->count; i++) {
		const struct checkpoint *checkpoint = &untracked->items[i];
		build->drafts[build->count] =
			(struct draft){NULL, checkpoint, SNAPSHOT_TREE_NONE, false, false};
		add_checkpoint_id(build, &checkpoint->id, build->count);
		build->count++;
	}
	qsort(build->by_id, build->by_id_count, sizeof *build->by_id, compare_ids);
	qsort(build->by_checkpoint, build->by_checkpoint_count, sizeof *build->by_checkpoint, compare_uuids);
}

static void link_parents(struct build *build)
{
	for (size_t i = 0; i < build->count; i++) {
		struct draft *draft = &build->drafts[i];
		bool has_parent;
		if (draft->snapshot) {
			has_parent = draft->snapshot->parent_id != 0;
			draft->parent = has_parent ? find_by_id(build, draft->snapshot->parent_id)
						   : SNAPSHOT_TREE_NONE;
		} else {
			has_parent = !hv_uuid_is_nil(&draft->checkpoint->parent);
			draft->parent = has_parent ? find_by_checkpoint(build, &draft->checkpoint->parent)
						   : SNAPSHOT_TREE_NONE;
		}
		draft->orphan = has_parent && draft->parent == SNAPSHOT_TREE_NONE;
	}
}

static enum hv_status mark_current(
	struct build *build, const struct hv_uuid *host_current, struct hv_error *err)
{
	size_t current = SNAPSHOT_TREE_NONE;
	for (size_t i = 0; i < build->count; i++) {
		const struct snapshot *snapshot = build->drafts[i].snapshot;
		if (!snapshot || !snapshot->current) {
			continue;
		}
		if (current != SNAPSHOT_TREE_NONE) {
			return hv_error_set(err, HV_ERR_INVALID, "both '%s' and '%s' are marked as current",
				build->drafts[current].snapshot->display_name, snapshot->display_name);
		}
		current = i;
	}
	if (host_current && !hv_uuid_is_nil(host_current)) {
		size_t pointed = find_by_checkpoint(build, host_current);
		if (pointed != SNAPSHOT_TREE_NONE && build->drafts[pointed].checkpoint) {
			current = pointed;
		}
	}
	if (current != SNAPSHOT_TREE_NONE) {
		build->drafts[current].current = true;
	}
	return HV_OK;
}

static int64_t created_us(const struct draft *draft)
{
	return draft->snapshot ? draft->snapshot->created_us : draft->checkpoint->created_us;
}

static int compare_siblings(const void *a, const void *b, void *context)
{
	const struct build *build = context;
	const struct draft *left = &build->drafts[*(const size_t *)a];
	const struct draft *right = &build->drafts[*(const size_t *)b];
	if (left->parent != right->parent) {
		return left->parent < right->parent ? -1 : 1;
	}
	if (created_us(left) != created_us(right)) {
		return created_us(left) < created_us(right) ? -1 : 1;
	}
	if (!left->snapshot != !right->snapshot) {
		return left->snapshot ? -1 : 1;
	}
	if (left->snapshot) {
		return left->snapshot->id < right->snapshot->id ? -1
		       : left->snapshot->id > right->snapshot->id;
	}
	return hv_uuid_compare(&left->checkpoint->id, &right->checkpoint->id);
}

static size_t slot_of(const struct build *build, size_t parent)
{
	return parent == SNAPSHOT_TREE_NONE ? build->count : parent;
}

static void sort_siblings(struct build *build)
{
	build->order = hv_realloc_array(NULL, build->count, sizeof *build->order);
	build->first = hv_alloc((build->count + 1) * sizeof *build->first);
	build->number = hv_alloc((build->count + 1) * sizeof *build->number);
	for (size_t i = 0; i < build->count; i++) {
		build->order[i] = i;
	}
	qsort_r(build->order, build->count, sizeof *build->order, compare_siblings, build);
	for (size_t i = build->count; i-- > 0;) {
		size_t slot = slot_of(build, build->drafts[build->order[i]].parent);
		build->first[slot] = i;
		build->number[slot]++;
	}
}

struct pending {
	size_t draft;
	size_t parent_node;
	bool last;
};

static void push_children(const struct build *build, size_t slot, size_t parent_node, struct pending *stack,
	size_t *depth)
{
	for (size_t i = build->number[slot]; i-- > 0;) {
		stack[(*depth)++] = (struct pending){
			build->order[build->first[slot] + i], parent_node, i + 1 == build->number[slot]};
	}
}

static enum hv_status walk(const struct build *build, struct snapshot_tree *tree, struct hv_error *err)
{
	struct pending *stack = hv_realloc_array(NULL, build->count, sizeof *stack);
	bool *reached = hv_alloc(build->count * sizeof *reached);
	size_t waiting = 0;
	push_children(build, build->count, SNAPSHOT_TREE_NONE, stack, &waiting);
	while (waiting > 0) {
		struct pending next = stack[--waiting];
		const struct draft *draft = &build->drafts[next.draft];
		size_t index = tree->count++;
		struct snapshot_tree_node *node = &tree->nodes[index];
		*node = (struct snapshot_tree_node){
			.snapshot = draft->snapshot,
			.checkpoint = draft->checkpoint,
			.parent = next.parent_node,
			.depth = next.parent_node == SNAPSHOT_TREE_NONE
					 ? 0
					 : tree->nodes[next.parent_node].depth + 1,
			.children = build->number[next.draft],
			.last_child = next.last,
			.current = draft->current,
			.orphan = draft->orphan,
		};
		if (node->current) {
			tree->current = index;
		}
		if (node->depth + 1 > tree->longest_chain) {
			tree->longest_chain = node->depth + 1;
		}
		reached[next.draft] = true;
		push_children(build, next.draft, index, stack, &waiting);
	}
	enum hv_status status = HV_OK;
	for (size_t i = 0; i < build->count && status == HV_OK; i++) {
		if (!reached[i]) {
			const struct draft *draft = &build->drafts[i];
			status = hv_error_set(err, HV_ERR_INVALID, "the parents of snapshot '%s' form a cycle",
				draft->snapshot ? draft->snapshot->display_name : draft->checkpoint->name);
		}
	}
	free(stack);
	free(reached);
	return status;
}

enum hv_status snapshot_tree_build(const struct snapshot_list *snapshots,
	const struct checkpoint_list *untracked, const struct hv_uuid *host_current,
	struct snapshot_tree *ret_tree, struct hv_error *err)
{
	struct build build = {0};
	struct snapshot_tree tree = {.current = SNAPSHOT_TREE_NONE};
	gather(&build, snapshots, untracked);
	link_parents(&build);
	enum hv_status status = mark_current(&build, host_current, err);
	if (status == HV_OK) {
		sort_siblings(&build);
		tree.nodes = hv_realloc_array(NULL, build.count, sizeof *tree.nodes);
		status = walk(&build, &tree, err);
	}
	free(build.drafts);
	free(build.by_id);
	free(build.by_checkpoint);
	free(build.order);
	free(build.first);
	free(build.number);
	if (status != HV_OK) {
		snapshot_tree_clear(&tree);
		return status;
	}
	*ret_tree = tree;
	return HV_OK;
}

void snapshot_tree_clear(struct snapshot_tree *tree)
{
	free(tree->nodes);
	*tree = (struct snapshot_tree){.current = SNAPSHOT_TREE_NONE};
}

size_t snapshot_tree_find(const struct snapshot_tree *tree, int64_t snapshot_id)
{
	for (size_t i = 0; i < tree->count; i++) {
		if (tree->nodes[i].snapshot && tree->nodes[i].snapshot->id == snapshot_id) {
			return i;
		}
	}
	return SNAPSHOT_TREE_NONE;
}

bool snapshot_tree_is_ancestor(const struct snapshot_tree *tree, size_t ancestor, size_t node)
{
	for (size_t at = tree->nodes[node].parent; at != SNAPSHOT_TREE_NONE; at = tree->nodes[at].parent) {
		if (at == ancestor) {
			return true;
		}
	}
	return false;
}

/* In preorder a subtree is the run of nodes behind its root that are deeper than it. */
static size_t subtree_end(const struct snapshot_tree *tree, size_t node)
{
	size_t end = node + 1;
	while (end < tree->count && tree->nodes[end].depth > tree->nodes[node].depth) {
		end++;
	}
	return end;
}

size_t *snapshot_tree_subtree(const struct snapshot_tree *tree, size_t node, size_t *ret_count)
{
	size_t end = subtree_end(tree, node);
	size_t *found = hv_realloc_array(NULL, end - node, sizeof *found);
	size_t count = 0;
	for (size_t i = end; i-- > node;) {
		if (tree->nodes[i].snapshot) {
			found[count++] = i;
		}
	}
	*ret_count = count;
	return found;
}

enum hv_status snapshot_tree_validate(const struct snapshot_tree *tree, struct hv_error *err)
{
	size_t currents = 0;
	size_t longest = 0;
	size_t *children = hv_alloc((tree->count + 1) * sizeof *children);
	enum hv_status status = HV_OK;
	for (size_t i = 0; i < tree->count && status == HV_OK; i++) {
		const struct snapshot_tree_node *node = &tree->nodes[i];
		size_t depth = 0;
		if (node->parent != SNAPSHOT_TREE_NONE) {
			if (node->parent >= i) {
				status = hv_error_set(
					err, HV_ERR_INVALID, "node %zu stands before its parent", i);
				break;
			}
			depth = tree->nodes[node->parent].depth + 1;
			children[node->parent]++;
		}
		if (node->depth != depth) {
			status = hv_error_set(err, HV_ERR_INVALID, "node %zu has a wrong depth", i);
		}
		if (!node->snapshot == !node->checkpoint) {
			status = hv_error_set(
				err, HV_ERR_INVALID, "node %zu is neither tracked nor untracked", i);
		}
		if (node->current) {
			currents++;
			if (tree->current != i) {
				status = hv_error_set(
					err, HV_ERR_INVALID, "node %zu is not the tree's current", i);
			}
		}
		longest = depth + 1 > longest ? depth + 1 : longest;
	}
	for (size_t i = 0; i < tree->count && status == HV_OK; i++) {
		if (children[i] != tree->nodes[i].children) {
			status = hv_error_set(
				err, HV_ERR_INVALID, "node %zu has a wrong number of children", i);
		}
	}
	if (status == HV_OK && (currents > 1 || (currents == 0) != (tree->current == SNAPSHOT_TREE_NONE))) {
		status = hv_error_set(err, HV_ERR_INVALID, "%zu nodes are current", currents);
	}
	if (status == HV_OK && longest != tree->longest_chain) {
		status = hv_error_set(err, HV_ERR_INVALID, "the longest chain is wrong");
	}
	free(children);
	return status;
}
