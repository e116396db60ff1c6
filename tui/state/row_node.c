#include "tui/state/row_node.h"

#include <assert.h>
#include <string.h>

/* ASCII letters by their lower case, other bytes as they are: UTF-8 sorts by code point. */
static int compare_names(const char *a, const char *b)
{
	for (size_t i = 0;; i++) {
		unsigned char one = (unsigned char)a[i];
		unsigned char other = (unsigned char)b[i];
		one = one >= 'A' && one <= 'Z' ? (unsigned char)(one | 0x20) : one;
		other = other >= 'A' && other <= 'Z' ? (unsigned char)(other | 0x20) : other;
		if (one != other || one == '\0') {
			return (int)one - (int)other;
		}
	}
}

static bool is_before(const struct row_node *a, const struct row_node *b)
{
	if (a->rank != b->rank) {
		return a->rank < b->rank;
	}
	int order = compare_names(a->name, b->name);
	if (order == 0) {
		order = strcmp(a->name, b->name);
	}
	order = a->reversed ? -order : order;
	return order != 0 ? order < 0 : hv_uuid_compare(&a->uuid, &b->uuid) < 0;
}

/* Spreads the uuid's bits: uuids made by hand are often nearly equal. */
static uint64_t mix(const struct hv_uuid *uuid)
{
	uint64_t low, high;
	memcpy(&low, uuid->bytes, sizeof low);
	memcpy(&high, uuid->bytes + 8, sizeof high);
	uint64_t x = low ^ (high * UINT64_C(0x9E3779B97F4A7C15));
	x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
	return x ^ (x >> 31);
}

static size_t rows_of(const struct row_node *treap)
{
	return treap ? treap->rows : 0;
}

size_t row_node_child_rows(const struct row_node *owner)
{
	return rows_of(owner->children);
}

bool row_node_is_shown(const struct row_node *node)
{
	return node->wanted || node->shown_children > 0;
}

size_t row_node_own_rows(const struct row_node *node)
{
	if (node->kind != ROW_ROOT && !row_node_is_shown(node)) {
		return 0;
	}
	size_t line = node->kind == ROW_ROOT ? 0 : 1;
	return line + (node->open ? node->leaves + rows_of(node->children) : 0);
}

static void recount(struct row_node *node)
{
	node->rows = row_node_own_rows(node) + rows_of(node->left) + rows_of(node->right);
}

/* From `node` to the root: everything whose count may have changed. */
static void recount_up(struct row_node *node)
{
	while (node) {
		recount(node);
		node = node->up ? node->up : node->owner;
	}
}

void row_node_init(struct row_node *node, enum row_kind kind, const struct hv_uuid *uuid, const char *name)
{
	node->kind = kind;
	node->uuid = *uuid;
	node->name = name;
	node->wanted = true;
	node->priority = mix(uuid);
	node->rows = row_node_own_rows(node);
}

/* The pointer that holds `node`: in its parent in the treap, or in its owner. */
static struct row_node **holder(struct row_node *node)
{
	if (!node->up) {
		return &node->owner->children;
	}
	return node->up->left == node ? &node->up->left : &node->up->right;
}

/* `node` takes the place of its treap parent, which becomes its child. */
static void rotate_up(struct row_node *node)
{
	struct row_node *parent = node->up;
	struct row_node **place = holder(parent);
	struct row_node *moved;
	if (parent->left == node) {
		moved = node->right;
		parent->left = moved;
		node->right = parent;
	} else {
		moved = node->left;
		parent->right = moved;
		node->left = parent;
	}
	if (moved) {
		moved->up = parent;
	}
	node->up = parent->up;
	parent->up = node;
	*place = node;
	recount(parent);
	recount(node);
}

/* `node` has just begun or ceased to be shown: whoever counts shown children may follow. */
static void tell_owners(const struct row_node *node, bool shown)
{
	for (struct row_node *owner = node->owner; owner; owner = owner->owner) {
		bool before = row_node_is_shown(owner);
		owner->shown_children += shown ? 1 : (size_t)-1;
		if (row_node_is_shown(owner) == before) {
			return;
		}
	}
}

void row_node_insert(struct row_node *owner, struct row_node *node)
{
	assert(!node->owner && !node->up && !node->left && !node->right);
	struct row_node *parent = NULL;
	struct row_node **place = &owner->children;
	while (*place) {
		parent = *place;
		place = is_before(node, parent) ? &parent->left : &parent->right;
	}
	*place = node;
	node->up = parent;
	node->owner = owner;
	if (row_node_is_shown(node)) {
		tell_owners(node, true);
	}
	recount(node);
	while (node->up && node->priority > node->up->priority) {
		rotate_up(node);
	}
	recount_up(node);
}

void row_node_remove(struct row_node *node)
{
	while (node->left || node->right) {
		bool left = !node->right || (node->left && node->left->priority > node->right->priority);
		rotate_up(left ? node->left : node->right);
	}
	struct row_node *above = node->up ? node->up : node->owner;
	if (row_node_is_shown(node)) {
		tell_owners(node, false);
	}
	*holder(node) = NULL;
	node->up = NULL;
	node->owner = NULL;
	recount(node);
	recount_up(above);
}

void row_node_set_open(struct row_node *node, bool open)
{
	if (node->open != open) {
		node->open = open;
		recount_up(node);
	}
}

void row_node_set_leaves(struct row_node *node, size_t leaves)
{
	if (node->leaves != leaves) {
		node->leaves = leaves;
		recount_up(node);
	}
}

void row_node_set_wanted(struct row_node *node, bool wanted)
{
	bool before = row_node_is_shown(node);
	node->wanted = wanted;
	bool after = row_node_is_shown(node);
	if (before != after) {
		if (node->owner) {
			tell_owners(node, after);
		}
		recount_up(node);
	}
}

struct row_node *row_node_at(const struct row_node *owner, size_t offset, size_t *ret_inner)
{
	struct row_node *node = owner->children;
	while (node) {
		size_t before = rows_of(node->left);
		if (offset < before) {
			node = node->left;
			continue;
		}
		offset -= before;
		size_t own = row_node_own_rows(node);
		if (offset < own) {
			*ret_inner = offset;
			return node;
		}
		offset -= own;
		node = node->right;
	}
	return NULL;
}

size_t row_node_rank(const struct row_node *node)
{
	size_t before = rows_of(node->left);
	for (; node->up; node = node->up) {
		if (node == node->up->right) {
			before += rows_of(node->up->left) + row_node_own_rows(node->up);
		}
	}
	return before;
}

struct row_node *row_node_first(const struct row_node *owner)
{
	struct row_node *node = owner->children;
	while (node && node->left) {
		node = node->left;
	}
	return node;
}

struct row_node *row_node_next(const struct row_node *node)
{
	if (node->right) {
		struct row_node *next = node->right;
		while (next->left) {
			next = next->left;
		}
		return next;
	}
	while (node->up && node == node->up->right) {
		node = node->up;
	}
	return node->up;
}

struct row_node *row_node_previous(const struct row_node *node)
{
	if (node->left) {
		struct row_node *previous = node->left;
		while (previous->right) {
			previous = previous->right;
		}
		return previous;
	}
	while (node->up && node == node->up->left) {
		node = node->up;
	}
	return node->up;
}

bool row_node_is_within(const struct row_node *node, const struct row_node *ancestor)
{
	while (node && node != ancestor) {
		node = node->owner;
	}
	return node != NULL;
}
