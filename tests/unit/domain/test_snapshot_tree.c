#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/domain/snapshot_tree.h"

static struct snapshot *add(struct snapshot_list *list, int64_t id, int64_t parent_id, const char *name)
{
	struct snapshot *snapshot = snapshot_list_add(list);
	char text[32];
	(void)snprintf(text, sizeof text, "checkpoint %d", (int)id);
	snapshot->id = id;
	snapshot->parent_id = parent_id;
	snapshot->display_name = hv_strdup(name);
	snapshot->created_us = id * 1000;
	snapshot->checkpoint = hv_uuid_from_text(text);
	snapshot->state = SNAPSHOT_READY;
	return snapshot;
}

/* "A B.C* D" in display order: dots for the depth, a star for the current one, ! for an orphan, ? for untracked. */
static char *draw(const struct snapshot_tree *tree)
{
	struct hv_text text = HV_TEXT_INIT;
	for (size_t i = 0; i < tree->count; i++) {
		const struct snapshot_tree_node *node = &tree->nodes[i];
		hv_text_puts(&text, i ? " " : "");
		for (size_t depth = 0; depth < node->depth; depth++) {
			hv_text_puts(&text, ".");
		}
		hv_text_puts(&text, node->snapshot ? node->snapshot->display_name : "?");
		hv_text_puts(&text, node->current ? "*" : "");
		hv_text_puts(&text, node->orphan ? "!" : "");
	}
	return hv_text_detach(&text);
}

static void assert_drawn(const struct snapshot_tree *tree, const char *expected)
{
	struct hv_error err = {0};
	char *drawn = draw(tree);
	assert_string_equal(drawn, expected);
	free(drawn);
	assert_int_equal(snapshot_tree_validate(tree, &err), HV_OK);
}

static void test_build__orders_a_tree_from_rows_in_any_order__T1(void **state)
{
	struct snapshot_list list = {0};
	struct snapshot_tree tree;
	(void)state;
	add(&list, 3, 1, "C")->current = true;
	add(&list, 2, 1, "B");
	add(&list, 4, 2, "D");
	add(&list, 1, 0, "A");
	assert_int_equal(snapshot_tree_build(&list, NULL, NULL, &tree, NULL), HV_OK);
	assert_drawn(&tree, "A .B ..D .C*");
	assert_int_equal(tree.longest_chain, 3);
	assert_true(tree.nodes[3].last_child);
	assert_false(tree.nodes[1].last_child);
	assert_true(snapshot_tree_is_ancestor(&tree, 0, 2));
	assert_false(snapshot_tree_is_ancestor(&tree, 3, 2));
	assert_int_equal(snapshot_tree_find(&tree, 4), 2);
	assert_int_equal(snapshot_tree_find(&tree, 9), SNAPSHOT_TREE_NONE);
	snapshot_tree_clear(&tree);
	snapshot_list_clear(&list);
}

static void test_build__takes_several_roots_and_no_current__T1_T2(void **state)
{
	struct snapshot_list list = {0};
	struct snapshot_tree tree;
	(void)state;
	add(&list, 1, 0, "A");
	add(&list, 2, 0, "B");
	add(&list, 3, 1, "C");
	assert_int_equal(snapshot_tree_build(&list, NULL, NULL, &tree, NULL), HV_OK);
	assert_drawn(&tree, "A .C B");
	assert_int_equal(tree.current, SNAPSHOT_TREE_NONE);
	snapshot_tree_clear(&tree);
	snapshot_list_clear(&list);
	assert_int_equal(snapshot_tree_build(&list, NULL, NULL, &tree, NULL), HV_OK);
	assert_int_equal(tree.count, 0);
	snapshot_tree_clear(&tree);
}

static void test_build__shows_a_row_without_its_parent_as_an_orphaned_root__T1(void **state)
{
	struct snapshot_list list = {0};
	struct snapshot_tree tree;
	(void)state;
	add(&list, 5, 99, "lost");
	add(&list, 6, 5, "child");
	assert_int_equal(snapshot_tree_build(&list, NULL, NULL, &tree, NULL), HV_OK);
	assert_drawn(&tree, "lost! .child");
	snapshot_tree_clear(&tree);
	snapshot_list_clear(&list);
}

static void test_build__refuses_cycles_and_two_current_ones__T1_T2(void **state)
{
	struct snapshot_list list = {0};
	struct snapshot_tree tree;
	struct hv_error err;
	(void)state;
	add(&list, 1, 0, "A");
	add(&list, 2, 3, "B");
	add(&list, 3, 2, "C");
	assert_int_equal(snapshot_tree_build(&list, NULL, NULL, &tree, &err), HV_ERR_INVALID);
	assert_non_null(strstr(err.text, "cycle"));
	list.items[1].parent_id = 2; /* its own parent */
	assert_int_equal(snapshot_tree_build(&list, NULL, NULL, &tree, &err), HV_ERR_INVALID);
	list.items[1].parent_id = 1;
	list.items[0].current = list.items[2].current = true;
	assert_int_equal(snapshot_tree_build(&list, NULL, NULL, &tree, &err), HV_ERR_INVALID);
	assert_non_null(strstr(err.text, "'A' and 'C'"));
	snapshot_list_clear(&list);
}

static void test_build__hangs_untracked_checkpoints_where_the_host_has_them__T6(void **state)
{
	struct snapshot_list list = {0};
	struct checkpoint_list untracked = {0};
	struct snapshot_tree tree;
	(void)state;
	add(&list, 1, 0, "A");
	add(&list, 3, 1, "B")->current = true;
	struct checkpoint *foreign = checkpoint_list_add(&untracked);
	foreign->id = hv_uuid_from_text("foreign");
	foreign->parent = hv_uuid_from_text("checkpoint 3");
	foreign->name = hv_strdup("manual");
	foreign->created_us = 9000;
	struct checkpoint *nested = checkpoint_list_add(&untracked);
	nested->id = hv_uuid_from_text("nested");
	nested->parent = hv_uuid_from_text("foreign");
	nested->name = hv_strdup("manual 2");
	assert_int_equal(snapshot_tree_build(&list, &untracked, &list.items[1].checkpoint, &tree, NULL), HV_OK);
	assert_drawn(&tree, "A .B* ..? ...?");
	snapshot_tree_clear(&tree);
	struct hv_uuid pointer = hv_uuid_from_text("nested");
	assert_int_equal(snapshot_tree_build(&list, &untracked, &pointer, &tree, NULL), HV_OK);
	assert_drawn(&tree, "A .B ..? ...?*");
	snapshot_tree_clear(&tree);
	checkpoint_list_clear(&untracked);
	snapshot_list_clear(&list);
}

static void test_subtree__lists_children_before_parents_and_nothing_untracked__D4(void **state)
{
	struct snapshot_list list = {0};
	struct snapshot_tree tree;
	size_t count;
	(void)state;
	add(&list, 1, 0, "A");
	add(&list, 2, 1, "B");
	add(&list, 3, 2, "C");
	add(&list, 4, 2, "D");
	add(&list, 5, 1, "E");
	assert_int_equal(snapshot_tree_build(&list, NULL, NULL, &tree, NULL), HV_OK);
	size_t *nodes = snapshot_tree_subtree(&tree, 1, &count);
	assert_int_equal(count, 3);
	assert_string_equal(tree.nodes[nodes[0]].snapshot->display_name, "D");
	assert_string_equal(tree.nodes[nodes[1]].snapshot->display_name, "C");
	assert_string_equal(tree.nodes[nodes[2]].snapshot->display_name, "B");
	free(nodes);
	snapshot_tree_clear(&tree);
	snapshot_list_clear(&list);
}

static void test_build__takes_a_chain_of_100000_without_recursion__Q2(void **state)
{
	struct snapshot_list list = {0};
	struct snapshot_tree tree;
	(void)state;
	for (int64_t id = 100000; id > 0; id--) {
		add(&list, id, id - 1, "link");
	}
	assert_int_equal(snapshot_tree_build(&list, NULL, NULL, &tree, NULL), HV_OK);
	assert_int_equal(tree.longest_chain, 100000);
	assert_int_equal(snapshot_tree_validate(&tree, NULL), HV_OK);
	snapshot_tree_clear(&tree);
	snapshot_list_clear(&list);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Random parents, also ones that do not exist or make cycles: it is either a sound tree or refused. */
static void test_build__makes_a_sound_tree_or_refuses_whatever_the_rows_say__T1(void **state)
{
	size_t sound = 0;
	(void)state;
	for (uint32_t seed = 1; seed <= 3000; seed++) {
		uint32_t random = seed;
		struct snapshot_list list = {0};
		struct snapshot_tree tree;
		int64_t count = 1 + next_random(&random) % 24;
		bool wild = next_random(&random) % 4 == 0;
		for (int64_t id = 1; id <= count; id++) {
			uint32_t range = (uint32_t)(wild ? count + 2 : id);
			struct snapshot *snapshot = add(&list, id, next_random(&random) % range, "s");
			snapshot->created_us = next_random(&random) % 5;
		}
		list.items[next_random(&random) % list.count].current = true;
		if (snapshot_tree_build(&list, NULL, NULL, &tree, NULL) == HV_OK) {
			sound++;
			assert_int_equal(tree.count, list.count);
			assert_int_equal(snapshot_tree_validate(&tree, NULL), HV_OK);
			assert_true(tree.nodes[tree.current].snapshot->current);
			for (size_t i = 0; i < tree.count; i++) {
				const struct snapshot_tree_node *node = &tree.nodes[i];
				if (node->parent != SNAPSHOT_TREE_NONE) {
					assert_int_equal(node->snapshot->parent_id,
						tree.nodes[node->parent].snapshot->id);
				}
			}
			snapshot_tree_clear(&tree);
		} else {
			assert_true(wild);
		}
		snapshot_list_clear(&list);
	}
	assert_true(sound > 2200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build__orders_a_tree_from_rows_in_any_order__T1),
		cmocka_unit_test(test_build__takes_several_roots_and_no_current__T1_T2),
		cmocka_unit_test(test_build__shows_a_row_without_its_parent_as_an_orphaned_root__T1),
		cmocka_unit_test(test_build__refuses_cycles_and_two_current_ones__T1_T2),
		cmocka_unit_test(test_build__hangs_untracked_checkpoints_where_the_host_has_them__T6),
		cmocka_unit_test(test_subtree__lists_children_before_parents_and_nothing_untracked__D4),
		cmocka_unit_test(test_build__takes_a_chain_of_100000_without_recursion__Q2),
		cmocka_unit_test(test_build__makes_a_sound_tree_or_refuses_whatever_the_rows_say__T1),
	};
	return cmocka_run_group_tests_name("domain/snapshot_tree", tests, NULL, NULL) ? 1 : 0;
}
