/*
 * 1,000 hosts and 100,000 VMs: what a key costs is counted, not timed. Rows laid out are bounded by the window; nodes on
 * the way to a row by the depth of the trees they stand in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/screen/console_fixture.h"
#include "tui/state/app_state.h"

#define HOSTS 1000
#define VMS_A_HOST 100
#define HEIGHT 60
#define WIDTH 200

static const struct app_config config = {.title = "scale", .ascii = true};

static struct fixture *big_fleet(void)
{
	struct fixture *fixture = fixture_new(&config);
	char host[32], vm[48], group[16];
	for (int h = 0; h < HOSTS; h++) {
		(void)snprintf(host, sizeof host, "hv%04d", h);
		(void)snprintf(group, sizeof group, "group%d", h % 3);
		fixture_host(fixture, host, group, HOST_UP, NULL);
	}
	for (int i = 0; i < HOSTS * VMS_A_HOST; i++) {
		(void)snprintf(host, sizeof host, "hv%04d", i % HOSTS);
		(void)snprintf(vm, sizeof vm, "vm-%06d", i * 7919 % (HOSTS * VMS_A_HOST));
		fixture_vm(fixture, host, vm, VM_RUNNING, i % 3);
	}
	fixture_loaded(fixture);
	app_resize(fixture->app, WIDTH, HEIGHT);
	return fixture;
}

static void open_every_host(struct fixture *fixture)
{
	struct row_node *node, *next;
	HASH_ITER(hh, fixture->app->model.hosts, node, next) {
		row_node_set_open(node, true);
	}
	app_settle(fixture->app);
}

static size_t treap_depth(const struct row_node *node)
{
	size_t depth = 0;
	for (; node; node = node->up) {
		depth++;
	}
	return depth;
}

static void test_fleet__a_key_lays_out_no_more_rows_than_the_window_has(void **state)
{
	(void)state;
	static const char *const keys[] = {"j", "k", "PageDown", "PageUp", "G", "g", "G k k", "l", "h", "Tab Tab", "s Escape",
		"H", "J J", "? ?"};
	struct fixture *fixture = big_fleet();
	assert_int_equal(rows_total(&fixture->app->model), 3 + HOSTS); /* too many VMs to open the hosts unasked */
	open_every_host(fixture);
	assert_int_equal(rows_total(&fixture->app->model), 3 + HOSTS + HOSTS * VMS_A_HOST);
	struct canvas *canvas = canvas_new(WIDTH, HEIGHT, true);
	for (size_t i = 0; i < HV_ARRAY_LEN(keys); i++) {
		uint64_t before = fixture->app->rows_laid_out;
		fixture_keys(fixture, keys[i]);
		app_view(fixture->app, canvas);
		assert_true(fixture->app->rows_laid_out - before <= HEIGHT);
		assert_true(fixture->app->rows_laid_out > before);
	}
	canvas_free(canvas);
	fixture_free(fixture);
}

static void test_fleet__two_thousand_keys_at_once_are_one_frame(void **state)
{
	(void)state;
	struct fixture *fixture = big_fleet();
	open_every_host(fixture);
	for (int i = 0; i < 2000; i++) {
		fixture_keys(fixture, "j");
	}
	assert_int_equal(fixture->app->rows_laid_out, 0);
	assert_int_equal(rows_index(&fixture->app->model, &fixture->app->cursor), 2000);
	fixture_free(fixture);
}

static void test_fleet__the_way_to_a_row_is_short_whatever_the_order_of_events(void **state)
{
	(void)state;
	struct fixture *fixture = big_fleet();
	struct row_node *node, *next;
	size_t deepest = 0;
	HASH_ITER(hh, fixture->app->model.vms, node, next) {
		size_t depth = treap_depth(node) + treap_depth(node->owner) + treap_depth(node->owner->owner);
		deepest = depth > deepest ? depth : deepest;
	}
	/* about 2 log2 of 100 + of 333 + of 3, and room for bad luck; a list would need hundreds */
	assert_true(deepest <= 60);
	fixture_free(fixture);
}

static void test_fleet__a_change_off_the_screen_draws_nothing_and_one_on_it_does__U3(void **state)
{
	(void)state;
	struct fixture *fixture = big_fleet();
	open_every_host(fixture);
	free(fixture_screen(fixture, WIDTH, HEIGHT));
	assert_false(app_dirty(fixture->app));
	struct row_ref row;
	assert_true(rows_at(&fixture->app->model, 5000, &row));
	assert_int_equal(row.kind, ROW_VM);
	struct hv_vm vm = *vm_of(row.node)->vm;
	vm.state = VM_SAVED;
	fixture_put_vm(fixture, &vm);
	assert_false(app_dirty(fixture->app));
	assert_true(rows_at(&fixture->app->model, 5, &row));
	const struct hv_vm *kept = hv_vm_ref(vm_of(row.node)->vm); /* lends its text to the next values */
	vm = *kept;
	fixture_put_vm(fixture, &vm); /* nothing new */
	assert_false(app_dirty(fixture->app));
	vm.state = VM_SAVED;
	fixture_put_vm(fixture, &vm);
	assert_true(app_dirty(fixture->app));
	hv_vm_unref(kept);
	fixture_free(fixture);
}

static void test_chain__of_100000_snapshots_is_drawn_by_the_window_only(void **state)
{
	(void)state;
	enum { COUNT = 100000 };
	struct fixture *fixture = fixture_new(&config);
	fixture_host(fixture, "hv01", "lab", HOST_UP, NULL);
	fixture_vm(fixture, "hv01", "deep", VM_RUNNING, COUNT);
	fixture_loaded(fixture);
	fixture_go_to(fixture, "deep");
	fixture_keys(fixture, "Enter");
	struct hv_node *nodes = hv_alloc(COUNT * sizeof *nodes);
	for (int32_t i = 0; i < COUNT; i++) {
		uint64_t number = (uint64_t)i + 1;
		memcpy(nodes[i].id.bytes, &number, sizeof number);
		nodes[i].name = "step";
		nodes[i].internal_name = "step";
		nodes[i].state = SNAPSHOT_READY;
		nodes[i].parent = i - 1;
		nodes[i].depth = i;
		nodes[i].last_child = true;
		nodes[i].created_us = FIXTURE_NOW - FIXTURE_DAY;
	}
	struct hv_tree value = {
		.vm = hv_uuid_from_text("deep"), .nodes = nodes, .count = COUNT, .current = COUNT - 1};
	const struct hv_tree *tree = hv_tree_new(&value);
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_TREE, .tree = tree});
	app_resize(fixture->app, WIDTH, HEIGHT);
	struct canvas *canvas = canvas_new(WIDTH, HEIGHT, true);
	assert_int_equal(rows_total(&fixture->app->model), 3 + 4); /* first, fold, last, now */
	fixture_keys(fixture, "H k k Enter");
	static const char *const keys[] = {"H", "k", "PageUp", "g", "G"};
	for (size_t i = 0; i < HV_ARRAY_LEN(keys); i++) {
		uint64_t before = fixture->app->rows_laid_out;
		fixture_keys(fixture, keys[i]);
		app_view(fixture->app, canvas);
		assert_true(fixture->app->rows_laid_out - before <= HEIGHT);
	}
	assert_int_equal(rows_total(&fixture->app->model), 3 + COUNT + 1);
	canvas_free(canvas);
	hv_tree_unref(tree);
	free(nodes);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fleet__a_key_lays_out_no_more_rows_than_the_window_has),
		cmocka_unit_test(test_fleet__two_thousand_keys_at_once_are_one_frame),
		cmocka_unit_test(test_fleet__the_way_to_a_row_is_short_whatever_the_order_of_events),
		cmocka_unit_test(test_fleet__a_change_off_the_screen_draws_nothing_and_one_on_it_does__U3),
		cmocka_unit_test(test_chain__of_100000_snapshots_is_drawn_by_the_window_only),
	};
	return cmocka_run_group_tests_name("tui/fleet_scale", tests, NULL, NULL);
}
