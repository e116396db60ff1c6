#include "tui/state/tree_rows.h"

#include <assert.h>

#define PARENTS_TRIED 64 /* of a snapshot that is gone, before its place is taken instead */

size_t rows_total(const struct model *model)
{
	return row_node_child_rows(&model->root);
}

/* ---- leaves of a VM ---- */

static struct row_ref leaf_at(struct vm_entry *vm, size_t index)
{
	const struct leaf *leaf = &vm->leaves.items[index];
	if (leaf->node == LEAVES_NOW) {
		return (struct row_ref){.node = &vm->node, .kind = ROW_NOW, .leaf_index = index};
	}
	return (struct row_ref){&vm->node, leaf->folded > 0 ? ROW_FOLD : ROW_SNAPSHOT, vm->tree->nodes[leaf->node].id, index};
}

static size_t find_snapshot(const struct hv_tree *tree, const struct hv_uuid *id)
{
	for (size_t i = 0; tree && i < tree->count; i++) {
		if (hv_uuid_equal(&tree->nodes[i].id, id)) {
			return i;
		}
	}
	return ROWS_NONE;
}

const struct leaf *rows_leaf(const struct row_ref *row)
{
	bool is_leaf = row->node && row->kind != row->node->kind;
	return is_leaf ? &vm_of(row->node)->leaves.items[row->leaf_index] : NULL;
}

const struct hv_node *rows_snapshot(const struct row_ref *row)
{
	const struct leaf *leaf = row->kind == ROW_SNAPSHOT ? rows_leaf(row) : NULL;
	return leaf ? &vm_of(row->node)->tree->nodes[leaf->node] : NULL;
}

/* ---- by number ---- */

bool rows_at(const struct model *model, size_t index, struct row_ref *ret_row)
{
	const struct row_node *owner = &model->root;
	size_t offset = index;
	for (;;) {
		struct row_node *node = row_node_at(owner, offset, &offset);
		if (!node) {
			return false;
		}
		if (offset == 0) {
			*ret_row = rows_of_node(node);
			return true;
		}
		offset--;
		if (node->kind == ROW_VM) {
			*ret_row = leaf_at(vm_of(node), offset);
			return true;
		}
		owner = node;
	}
}

static bool is_leaf(const struct row_ref *row)
{
	return row->kind == ROW_SNAPSHOT || row->kind == ROW_NOW || row->kind == ROW_FOLD;
}

static size_t node_index(const struct model *model, const struct row_node *node)
{
	size_t index = 0;
	if (!row_node_is_shown(node)) {
		return ROWS_NONE;
	}
	for (; node; node = node->owner) {
		index += row_node_rank(node);
		if (node->owner == &model->root) {
			return index;
		}
		if (!node->owner || !node->owner->open) {
			return ROWS_NONE;
		}
		index++;
	}
	return ROWS_NONE;
}

size_t rows_index(const struct model *model, const struct row_ref *row)
{
	size_t index = row->node ? node_index(model, row->node) : ROWS_NONE;
	if (index == ROWS_NONE || !is_leaf(row)) {
		return index;
	}
	return row->node->open ? index + 1 + row->leaf_index : ROWS_NONE;
}

/* ---- by identity ---- */

bool rows_equal(const struct row_ref *a, const struct row_ref *b)
{
	return a->node == b->node && a->kind == b->kind && hv_uuid_equal(&a->leaf, &b->leaf);
}

struct row_ref rows_of_node(struct row_node *node)
{
	return (struct row_ref){.node = node, .kind = node ? node->kind : ROW_ROOT};
}

bool rows_now(struct vm_entry *vm, struct row_ref *ret_row)
{
	size_t now = leaves_now(&vm->leaves);
	if (now != LEAVES_NONE) {
		*ret_row = leaf_at(vm, now);
	}
	return now != LEAVES_NONE;
}

bool rows_of_snapshot(struct vm_entry *vm, const struct hv_uuid *id, struct row_ref *ret_row)
{
	size_t node = find_snapshot(vm->tree, id);
	size_t leaf = node != ROWS_NONE ? leaves_of_node(&vm->leaves, node) : LEAVES_NONE;
	if (leaf != LEAVES_NONE) {
		*ret_row = leaf_at(vm, leaf);
	}
	return leaf != LEAVES_NONE;
}

bool rows_parent(const struct row_ref *row, struct row_ref *ret_parent)
{
	if (!row->node || row->kind == ROW_GROUP) {
		return false;
	}
	const struct leaf *leaf = rows_leaf(row);
	if (!leaf) {
		*ret_parent = rows_of_node(row->node->owner);
		return row->node->owner && row->node->owner->kind != ROW_ROOT;
	}
	*ret_parent = leaf->parent < 0 ? rows_of_node(row->node)
				       : leaf_at(vm_of(row->node), (size_t)leaf->parent);
	return true;
}

struct vm_entry *rows_vm(const struct row_ref *row)
{
	return row->node && row->node->kind == ROW_VM ? vm_of(row->node) : NULL;
}

struct host_entry *rows_host(const struct row_ref *row)
{
	if (!row->node) {
		return NULL;
	}
	if (row->node->kind == ROW_HOST) {
		return host_of(row->node);
	}
	return row->node->kind == ROW_VM ? model_vm_host(vm_of(row->node)) : NULL;
}

void rows_show(const struct model *model, struct row_ref *row)
{
	if (!row->node || rows_index(model, row) != ROWS_NONE) {
		return;
	}
	struct row_ref best = {0};
	for (struct row_node *node = row->node; node && node->kind != ROW_ROOT; node = node->owner) {
		struct row_ref candidate = rows_of_node(node);
		if (rows_index(model, &candidate) != ROWS_NONE) {
			best = candidate;
			break;
		}
	}
	*row = best;
}

void rows_let_go(struct row_ref *row, const struct row_node *leaving)
{
	if (!row->node || !row_node_is_within(row->node, leaving)) {
		return;
	}
	struct row_node *heir = row_node_next(leaving);
	if (!heir) {
		heir = row_node_previous(leaving);
	}
	if (!heir && leaving->owner && leaving->owner->kind != ROW_ROOT) {
		heir = leaving->owner;
	}
	*row = rows_of_node(heir);
}

static bool follow_parents(struct row_ref *row, struct vm_entry *vm, const struct hv_tree *old)
{
	size_t at = find_snapshot(old, &row->leaf);
	for (int tried = 0; at != ROWS_NONE && tried < PARENTS_TRIED; tried++) {
		size_t found = find_snapshot(vm->tree, &old->nodes[at].id);
		size_t leaf = found != ROWS_NONE ? leaves_of_node(&vm->leaves, found) : LEAVES_NONE;
		if (leaf != LEAVES_NONE) {
			*row = leaf_at(vm, leaf);
			return true;
		}
		at = old->nodes[at].parent < 0 ? ROWS_NONE : (size_t)old->nodes[at].parent;
	}
	return false;
}

void rows_follow_tree(struct row_ref *row, struct vm_entry *vm, const struct hv_tree *old)
{
	if (row->node != &vm->node || !is_leaf(row)) {
		return;
	}
	if (vm->node.leaves == 0) {
		*row = rows_of_node(&vm->node);
		return;
	}
	if (row->kind == ROW_NOW ? rows_now(vm, row) : follow_parents(row, vm, old)) {
		return;
	}
	size_t last = vm->node.leaves - 1;
	*row = leaf_at(vm, row->leaf_index < last ? row->leaf_index : last);
}
