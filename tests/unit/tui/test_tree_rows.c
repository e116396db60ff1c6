/*
 * Rows by number against rows counted one by one, while a storm of random events and keys goes over the tree; and what
 * the cursor does when its row moves or goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/screen/console_fixture.h"
#include "tui/state/app_state.h"

static const struct app_config config = {.title = "test", .ascii = true};

/* ---- the invariant checker ---- */

struct flat {
	struct row_ref *rows;
	size_t count, capacity;
};

static void flatten(struct flat *flat, struct row_node *owner)
{
	struct row_node *before = NULL;
	for (struct row_node *node = row_node_first(owner); node; before = node, node = row_node_next(node)) {
		assert_ptr_equal(node->owner, owner);
		assert_ptr_equal(row_node_previous(node), before);
		if (before) {
			assert_true(strcasecmp(before->name, node->name) <= 0);
		}
		HV_GROW(flat->rows, flat->count, flat->capacity);
		flat->rows[flat->count++] = rows_of_node(node);
		if (!node->open) {
			continue;
		}
		const struct hv_tree *tree = node->kind == ROW_VM ? vm_of(node)->tree : NULL;
		for (size_t i = 0; tree && tree->count > 0 && i < tree->count + 1; i++) {
			size_t now = tree->current < 0 ? 0 : (size_t)tree->current + 1;
			HV_GROW(flat->rows, flat->count, flat->capacity);
			struct row_ref *row = &flat->rows[flat->count++];
			*row = (struct row_ref){.node = node, .kind = i == now ? ROW_NOW : ROW_SNAPSHOT, .leaf_index = i};
			if (i != now) {
				row->leaf = tree->nodes[i < now ? i : i - 1].id;
			}
		}
		flatten(flat, node);
	}
}

static void assert_sane(const struct app *app)
{
	struct flat flat = {0};
	struct row_ref row;
	flatten(&flat, (struct row_node *)(uintptr_t)&app->model.root);
	assert_int_equal(rows_total(&app->model), flat.count);
	for (size_t i = 0; i < flat.count; i++) {
		assert_true(rows_at(&app->model, i, &row));
		assert_true(rows_equal(&row, &flat.rows[i]));
		assert_int_equal(rows_index(&app->model, &flat.rows[i]), i);
	}
	assert_false(rows_at(&app->model, flat.count, &row));
	if (flat.count == 0) {
		assert_null(app->cursor.node);
	} else {
		size_t cursor = rows_index(&app->model, &app->cursor);
		size_t top = rows_index(&app->model, &app->top);
		assert_true(cursor < flat.count);
		assert_true(top <= cursor);
		assert_true(cursor < top + (size_t)app->layout.tree.height);
	}
	free(flat.rows);
}

static void assert_cursor(const struct fixture *fixture, const char *expected)
{
	char *at = fixture_cursor(fixture);
	assert_string_equal(at, expected);
	free(at);
}

/* ---- storms ---- */

static unsigned random_number(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*seed >> 33);
}

static void random_tree(struct fixture *fixture, const char *vm, uint64_t *seed)
{
	struct hv_text text = HV_TEXT_INIT;
	unsigned count = random_number(seed) % 8;
	unsigned depth = 0, current = random_number(seed) % 10;
	for (unsigned i = 0; i < count; i++) {
		depth = i == 0 ? 0 : random_number(seed) % (depth + 2);
		hv_text_printf(&text, "%*s%s-s%u 1d%s\n", (int)depth * 2, "", vm, random_number(seed) % 12 * 10 + i,
			i == current ? " *" : "");
	}
	fixture_tree(fixture, vm, hv_text_get(&text));
	hv_text_clear(&text);
}

static void random_event(struct fixture *fixture, uint64_t *seed)
{
	static const char *const groups[] = {"lab", "prod", "", "training"};
	static const char *const keys[] = {"j", "k", "g", "G", "l", "h", "Enter", "*", "H", "PageDown", "PageUp", "Tab"};
	char vm[16], host[16];
	(void)snprintf(vm, sizeof vm, "vm%u", random_number(seed) % 40);
	(void)snprintf(host, sizeof host, "hv%u", random_number(seed) % 6);
	switch (random_number(seed) % 10) {
	case 0:
		fixture_host(fixture, host, groups[random_number(seed) % 4],
			random_number(seed) % 3 ? HOST_UP : HOST_LOST, "x");
		break;
	case 1:
		if (random_number(seed) % 4 == 0) {
			fixture_host_gone(fixture, host);
		}
		break;
	case 2:
	case 3:
		fixture_vm(fixture, host, vm, VM_RUNNING, random_number(seed) % 5);
		break;
	case 4: { /* the same VM under another name */
		struct hv_vm value = fixture_vm_value(host, vm, VM_STOPPED, 2);
		char name[24];
		(void)snprintf(name, sizeof name, "%c%s", (char)('a' + random_number(seed) % 26), vm);
		value.name = name;
		fixture_put_vm(fixture, &value);
		break;
	}
	case 5:
		if (random_number(seed) % 3 == 0) {
			fixture_vm_gone(fixture, vm);
		}
		break;
	case 6:
		random_tree(fixture, vm, seed);
		break;
	case 7:
		app_resize(fixture->app, 60 + (int)(random_number(seed) % 100), 12 + (int)(random_number(seed) % 40));
		break;
	default:
		fixture_keys(fixture, keys[random_number(seed) % HV_ARRAY_LEN(keys)]);
		break;
	}
}

static void test_rows__counts_are_right_after_every_event_of_random_storms__U1(void **state)
{
	(void)state;
	for (uint64_t storm = 1; storm <= 30; storm++) {
		struct fixture *fixture = fixture_new(&config);
		uint64_t seed = storm;
		fixture_loaded(fixture);
		for (int i = 0; i < 600; i++) {
			random_event(fixture, &seed);
			assert_sane(fixture->app);
			fixture_take_effects(fixture);
		}
		free(fixture_screen(fixture, 80, 24));
		free(fixture_screen(fixture, 160, 50));
		fixture_free(fixture);
	}
}

static void test_cursor__stays_on_its_row_whatever_happens_around_it__U1(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_go_to(fixture, "db-primary");
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, "db-primary", fixture_db_tree);
	fixture_go_to(fixture, "pre-upgrade-v7");
	uint64_t seed = 99;
	for (int i = 0; i < 400; i++) { /* its own VM and host are not among the random names */
		if (random_number(&seed) % 2) {
			char name[16];
			(void)snprintf(name, sizeof name, "%c%u", (char)('a' + random_number(&seed) % 26), i);
			fixture_vm(fixture, random_number(&seed) % 2 ? "hv01.prod" : "hv04.lab", name, VM_RUNNING, 1);
		} else {
			fixture_host(fixture, i % 2 ? "aa-host" : "zz-host", i % 3 ? "aaa" : "zzz", HOST_UP, NULL);
		}
		assert_cursor(fixture, "snapshot pre-upgrade-v7");
		assert_sane(fixture->app);
	}
	fixture_free(fixture);
}

/* The text of the screen without the title, which counts VMs. */
static char *screen_below_title(struct fixture *fixture)
{
	char *screen = fixture_screen(fixture, 80, 24);
	char *end = screen;
	for (int line = 0; line < 24; line++) {
		end = strchr(end, '\n') + 1;
	}
	char *text = hv_strndup(strchr(screen, '\n'), (size_t)(end - strchr(screen, '\n')));
	free(screen);
	return text;
}

static void test_scroll__follows_the_first_row_not_its_number__U1(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	for (int i = 0; i < 60; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "m%02d", i);
		fixture_vm(fixture, "hv02.prod", name, VM_RUNNING, 0);
	}
	fixture_go_to(fixture, "m30");
	char *before = screen_below_title(fixture);
	for (int i = 0; i < 40; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "a%02d", i);
		fixture_vm(fixture, "hv01.prod", name, VM_RUNNING, 0);
	}
	char *after = screen_below_title(fixture);
	assert_string_equal(before, after);
	free(before);
	free(after);
	fixture_free(fixture);
}

/* ---- rows that go ---- */

static void test_cursor__a_vm_that_goes_gives_it_to_the_next_then_the_one_before_then_the_host(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_go_to(fixture, "web-01");
	fixture_vm_gone(fixture, "web-01");
	assert_cursor(fixture, "vm web-02");
	fixture_vm_gone(fixture, "web-02");
	assert_cursor(fixture, "vm db-primary");
	fixture_vm_gone(fixture, "db-primary");
	fixture_vm_gone(fixture, "build-07");
	assert_cursor(fixture, "host hv01.prod");
	assert_sane(fixture->app);
	fixture_free(fixture);
}

static void test_cursor__a_snapshot_that_goes_gives_it_to_its_parent__U1(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_go_to(fixture, "db-primary");
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, "db-primary", fixture_db_tree);
	fixture_go_to(fixture, "try-index-rebuild");
	fixture_tree(fixture, "db-primary", "base-2026-06-01 82d\n  pre-patch-july 41d\n    pre-upgrade-v7 12d *\n");
	assert_cursor(fixture, "snapshot pre-patch-july");
	fixture_tree(fixture, "db-primary", "fresh 1d *\n");
	assert_cursor(fixture, "now db-primary"); /* nothing of its line is left: what stands in its place */
	fixture_tree(fixture, "db-primary", "");
	assert_cursor(fixture, "vm db-primary");
	assert_sane(fixture->app);
	fixture_free(fixture);
}

static void test_cursor__a_host_that_goes_takes_its_vms_and_not_the_cursor(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_go_to(fixture, "web-01");
	fixture_host_gone(fixture, "hv01.prod");
	assert_cursor(fixture, "host hv02.prod");
	assert_sane(fixture->app);
	fixture_host(fixture, "hv01.prod", "prod", HOST_UP, NULL); /* its VMs were kept and come back with it */
	fixture_go_to(fixture, "hv01.prod");
	fixture_keys(fixture, "l");
	fixture_go_to(fixture, "web-01");
	assert_sane(fixture->app);
	fixture_free(fixture);
}

static void test_cursor__a_renamed_or_moved_vm_takes_it_along__U1(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_go_to(fixture, "web-01");
	struct hv_vm vm = fixture_vm_value("hv01.prod", "web-01", VM_RUNNING, 2);
	vm.name = "a-new-name";
	fixture_put_vm(fixture, &vm);
	assert_cursor(fixture, "vm a-new-name");
	vm.host = hv_uuid_from_text("hv04.lab");
	fixture_put_vm(fixture, &vm);
	assert_cursor(fixture, "vm a-new-name");
	assert_sane(fixture->app);
	fixture_go_to(fixture, "hv02.prod");
	fixture_keys(fixture, "h");
	fixture_go_to(fixture, "a-new-name");
	vm.host = hv_uuid_from_text("hv02.prod"); /* closed: nobody follows it into the dark */
	fixture_put_vm(fixture, &vm);
	assert_cursor(fixture, "host hv02.prod");
	assert_sane(fixture->app);
	fixture_free(fixture);
}

static void test_vm__heard_before_its_host_comes_up_with_it(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_new(&config);
	fixture_vm(fixture, "late", "early-vm", VM_RUNNING, 0);
	assert_int_equal(rows_total(&fixture->app->model), 0);
	fixture_host(fixture, "late", "prod", HOST_UP, NULL);
	fixture_loaded(fixture);
	assert_int_equal(rows_total(&fixture->app->model), 3);
	fixture_go_to(fixture, "early-vm");
	assert_sane(fixture->app);
	fixture_free(fixture);
}

static void test_close__goes_up_from_a_snapshot_to_its_parent_and_then_closes(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_go_to(fixture, "db-primary");
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, "db-primary", fixture_db_tree);
	fixture_keys(fixture, "H");
	assert_cursor(fixture, "now db-primary");
	fixture_keys(fixture, "h");
	assert_cursor(fixture, "snapshot pre-upgrade-v7");
	fixture_keys(fixture, "h h h");
	assert_cursor(fixture, "vm db-primary");
	fixture_take_effects(fixture);
	fixture_keys(fixture, "h");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_CLOSE_VM), 1);
	fixture_keys(fixture, "h h");
	assert_cursor(fixture, "host hv01.prod");
	fixture_keys(fixture, "h");
	assert_cursor(fixture, "group prod");
	assert_sane(fixture->app);
	fixture_free(fixture);
}

static void test_open__opened_vms_ask_for_their_tree_once_and_a_late_tree_of_a_closed_one_is_dropped(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "Enter");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_OPEN_VM), 1);
	assert_false(app_idle(fixture->app));
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, "web-01", "a 1d *\n");
	assert_null(vm_of(fixture->app->cursor.node)->tree);
	assert_true(app_idle(fixture->app));
	fixture_keys(fixture, "H");
	fixture_tree(fixture, "web-01", "a 1d *\n");
	assert_cursor(fixture, "now web-01"); /* H on a closed VM arrives when its tree does */
	fixture_free(fixture);
}

static void test_open_all__opens_what_is_beneath_the_row(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&config);
	fixture_go_to(fixture, "hv01.prod");
	fixture_keys(fixture, "h");
	fixture_go_to(fixture, "prod");
	fixture_keys(fixture, "*");
	/* db-primary, web-01, web-02, mail-01, mail-02, files-01; build-07 has nothing to open */
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_OPEN_VM), 6);
	assert_sane(fixture->app);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows__counts_are_right_after_every_event_of_random_storms__U1),
		cmocka_unit_test(test_cursor__stays_on_its_row_whatever_happens_around_it__U1),
		cmocka_unit_test(test_scroll__follows_the_first_row_not_its_number__U1),
		cmocka_unit_test(test_cursor__a_vm_that_goes_gives_it_to_the_next_then_the_one_before_then_the_host),
		cmocka_unit_test(test_cursor__a_snapshot_that_goes_gives_it_to_its_parent__U1),
		cmocka_unit_test(test_cursor__a_host_that_goes_takes_its_vms_and_not_the_cursor),
		cmocka_unit_test(test_cursor__a_renamed_or_moved_vm_takes_it_along__U1),
		cmocka_unit_test(test_vm__heard_before_its_host_comes_up_with_it),
		cmocka_unit_test(test_close__goes_up_from_a_snapshot_to_its_parent_and_then_closes),
		cmocka_unit_test(test_open__opened_vms_ask_for_their_tree_once_and_a_late_tree_of_a_closed_one_is_dropped),
		cmocka_unit_test(test_open_all__opens_what_is_beneath_the_row),
	};
	return cmocka_run_group_tests_name("tui/tree_rows", tests, NULL, NULL);
}
