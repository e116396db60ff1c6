/* The rows beneath a VM: folded, filtered, and found by the node that they show, for many random trees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "backend/base/memory.h"
#include "tui/state/leaves.h"

#define NODES_MAX 40

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* In display order: each node hangs under the last one or one of those above it. */
static void random_tree(struct hv_tree *tree, struct hv_node nodes[NODES_MAX])
{
	size_t count = 1 + draw(NODES_MAX - 1);
	uint32_t branching = 1 + draw(8);
	for (size_t i = 0; i < count; i++) {
		int32_t parent = (int32_t)i - 1;
		while (parent >= 0 && draw(branching + 1) == 0) {
			parent = nodes[parent].parent;
		}
		nodes[i] = (struct hv_node){.parent = parent, .depth = parent < 0 ? 0 : nodes[parent].depth + 1,
			.state = SNAPSHOT_READY, .untracked = draw(12) == 0};
	}
	*tree = (struct hv_tree){.nodes = nodes, .count = count, .current = (int32_t)draw((uint32_t)count + 1) - 1};
}

static void assert_sane(const struct leaves *leaves, const struct hv_tree *tree, const bool *wanted)
{
	size_t shown = 0;
	for (size_t i = 0; i < leaves->count; i++) {
		const struct leaf *leaf = &leaves->items[i];
		assert_true(leaf->parent < (int32_t)i);
		assert_int_equal(leaf->depth, leaf->parent < 0 ? 0 : leaves->items[leaf->parent].depth + 1);
		bool later = false;
		for (size_t j = i + 1; j < leaves->count; j++) {
			later = later || leaves->items[j].parent == leaf->parent;
		}
		assert_int_equal(leaf->last, !later);
		shown += leaf->node == LEAVES_NOW ? 0 : leaf->folded > 0 ? (size_t)leaf->folded : 1;
	}
	for (size_t i = 0; i < tree->count; i++) {
		size_t at = leaves_of_node(leaves, i);
		if (wanted && at == LEAVES_NONE) {
			assert_false(wanted[i]);
			continue;
		}
		assert_true(at < leaves->count);
		const struct leaf *leaf = &leaves->items[at];
		assert_true((int32_t)i >= leaf->node);
		assert_true((int32_t)i < leaf->node + (leaf->folded > 0 ? leaf->folded : 1));
		if (tree->nodes[i].parent >= 0 && leaf->node == (int32_t)i) {
			assert_int_equal(leaf->parent, leaves_of_node(leaves, (size_t)tree->nodes[i].parent));
		}
	}
	if (!wanted) {
		assert_int_equal(shown, tree->count);
		size_t now = leaves_now(leaves);
		assert_true(now < leaves->count);
		int32_t above = leaves->items[now].parent;
		assert_int_equal(above, tree->current < 0 ? -1 : (int32_t)leaves_of_node(leaves, (size_t)tree->current));
	}
}

static void test_leaves__every_node_has_its_row_in_any_tree__U1(void **state)
{
	(void)state;
	for (seed = 1; seed < 4000; seed++) {
		uint32_t run = seed;
		struct hv_node nodes[NODES_MAX];
		struct hv_tree tree;
		struct leaves leaves = {.items = NULL};
		bool wanted[NODES_MAX];
		random_tree(&tree, nodes);
		leaves_make(&leaves, &tree, NULL, false);
		assert_int_equal(leaves.count, tree.count + 1);
		assert_sane(&leaves, &tree, NULL);
		leaves_make(&leaves, &tree, NULL, true);
		assert_sane(&leaves, &tree, NULL);
		for (size_t i = 0; i < tree.count; i++) {
			wanted[i] = draw(4) == 0;
		}
		leaves_make(&leaves, &tree, wanted, true);
		assert_sane(&leaves, &tree, wanted);
		leaves_clear(&leaves);
		seed = run;
	}
}

static void chain(struct hv_tree *tree, struct hv_node *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		nodes[i] = (struct hv_node){.parent = (int32_t)i - 1, .depth = (int32_t)i, .state = SNAPSHOT_READY};
	}
	*tree = (struct hv_tree){.nodes = nodes, .count = count, .current = (int32_t)count - 1};
}

static void test_leaves__a_straight_line_is_one_row_and_its_ends_stay(void **state)
{
	(void)state;
	struct hv_node nodes[12];
	struct hv_tree tree;
	struct leaves leaves = {.items = NULL};
	chain(&tree, nodes, 8);
	leaves_make(&leaves, &tree, NULL, true);
	assert_int_equal(leaves.count, 4);
	assert_int_equal(leaves.items[1].folded, 6);
	assert_int_equal(leaves.items[2].node, 7);
	assert_int_equal(leaves.items[2].depth, 2);
	assert_int_equal(leaves.items[3].node, LEAVES_NOW);
	chain(&tree, nodes, LEAVES_FOLD_MIN + 1); /* one too short */
	leaves_make(&leaves, &tree, NULL, true);
	assert_int_equal(leaves.count, LEAVES_FOLD_MIN + 2);
	chain(&tree, nodes, 12);
	tree.current = 6; /* what is current, at work or not ours is never out of sight */
	leaves_make(&leaves, &tree, NULL, true);
	assert_int_equal(leaves.items[leaves_of_node(&leaves, 6)].folded, 0);
	nodes[3].state = SNAPSHOT_CREATING;
	leaves_make(&leaves, &tree, NULL, true);
	assert_int_equal(leaves.items[leaves_of_node(&leaves, 3)].folded, 0);
	leaves_clear(&leaves);
}

static void test_leaves__a_vm_without_snapshots_has_none(void **state)
{
	(void)state;
	struct leaves leaves = {.items = NULL};
	struct hv_tree tree = {.count = 0, .current = -1};
	leaves_make(&leaves, &tree, NULL, true);
	assert_int_equal(leaves.count, 0);
	leaves_make(&leaves, NULL, NULL, true);
	assert_int_equal(leaves.count, 0);
	assert_int_equal(leaves_now(&leaves), LEAVES_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaves__every_node_has_its_row_in_any_tree__U1),
		cmocka_unit_test(test_leaves__a_straight_line_is_one_row_and_its_ends_stay),
		cmocka_unit_test(test_leaves__a_vm_without_snapshots_has_none),
	};
	return cmocka_run_group_tests_name("tui/leaves", tests, NULL, NULL);
}
