/* The values of events: one block each, text and rows copied, counted from any thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"

/* Control characters, a right-to-left override, half a surrogate's bytes are the console's business: values keep bytes. */
#define HOSTILE "db\x1b[31m\xe2\x80\xae-\xf0\x9f\x90\x98\n"

static void test_values__host_copies_every_text_and_keeps_absent_ones_absent(void **state)
{
	(void)state;
	char name[] = HOSTILE;
	struct hv_host from = {.uuid = hv_uuid_from_text("h"),
		.name = name,
		.group = "",
		.transport = "sim",
		.address = "hosts/a.db",
		.state = HOST_LOST,
		.retry_us = 7,
		.free_bytes = -1};
	const struct hv_host *host = hv_host_new(&from);
	memset(name, 'x', sizeof name - 1);
	assert_string_equal(host->name, HOSTILE);
	assert_string_equal(host->group, "");
	assert_string_equal(host->transport, "sim");
	assert_string_equal(host->address, "hosts/a.db");
	assert_null(host->version);
	assert_null(host->reason);
	assert_int_equal(host->state, HOST_LOST);
	assert_int_equal(host->free_bytes, -1);
	hv_host_unref(host);
}

static void test_values__tree_copies_nodes_and_volumes_with_their_text(void **state)
{
	(void)state;
	char internal[] = "a_VS_1";
	struct hv_node nodes[] = {
		{.name = "base", .internal_name = internal, .parent = -1, .description = NULL},
		{.name = HOSTILE,
			.internal_name = "a_VS_2",
			.parent = 0,
			.depth = 1,
			.current = true,
			.description = "why",
			.created_by = "anna",
			.offering = "small"},
	};
	struct hv_volume volumes[] = {
		{.name = "root", .root = true, .path = "C:\\a.vhdx", .size_bytes = 5}};
	struct hv_tree from = {.nodes = nodes,
		.count = 2,
		.current = 1,
		.volumes = volumes,
		.volume_count = 1,
		.problem = "two rows are current"};
	const struct hv_tree *tree = hv_tree_new(&from);
	memset(internal, 'x', sizeof internal - 1);
	memset(nodes, 0, sizeof nodes);
	memset(volumes, 0, sizeof volumes);
	assert_int_equal(tree->count, 2);
	assert_string_equal(tree->nodes[0].internal_name, "a_VS_1");
	assert_null(tree->nodes[0].description);
	assert_string_equal(tree->nodes[1].name, HOSTILE);
	assert_string_equal(tree->nodes[1].created_by, "anna");
	assert_true(tree->nodes[1].current);
	assert_string_equal(tree->volumes[0].path, "C:\\a.vhdx");
	assert_int_equal(tree->volumes[0].size_bytes, 5);
	assert_string_equal(tree->problem, "two rows are current");
	hv_tree_unref(tree);
}

static void test_values__empty_lists_are_no_lists(void **state)
{
	(void)state;
	struct hv_tree no_tree = {.current = -1};
	const struct hv_tree *tree = hv_tree_new(&no_tree);
	assert_null(tree->nodes);
	assert_null(tree->volumes);
	hv_tree_unref(tree);
	struct hv_snapshot_page no_rows = {.total = 0};
	const struct hv_snapshot_page *page = hv_snapshot_page_new(&no_rows);
	assert_null(page->rows);
	hv_snapshot_page_unref(page);
}

static void test_values__preview_copies_risks_and_deleted_names(void **state)
{
	(void)state;
	const char *risks[] = {"one", "two"};
	const char *names[] = {"b", "a"};
	struct hv_uuid ids[] = {hv_uuid_from_text("b"), hv_uuid_from_text("a")};
	struct hv_preview from = {.kind = OPERATION_DELETE_SNAPSHOT,
		.risks = risks,
		.risk_count = 2,
		.deleted = ids,
		.deleted_names = names,
		.deleted_count = 2,
		.refusal = "no"};
	const struct hv_preview *preview = hv_preview_new(&from);
	risks[0] = risks[1] = names[0] = names[1] = NULL;
	struct hv_uuid expected = ids[1];
	memset(ids, 0, sizeof ids);
	assert_string_equal(preview->risks[1], "two");
	assert_string_equal(preview->deleted_names[0], "b");
	assert_true(hv_uuid_equal(&preview->deleted[1], &expected));
	assert_string_equal(preview->refusal, "no");
	hv_preview_unref(preview);
}

static void test_values__page_operation_and_vm_are_copied(void **state)
{
	(void)state;
	struct hv_snapshot row = {.name = "n",
		.display_name = "d",
		.vm_name = "v",
		.host_name = "h",
		.account = "a",
		.domain = "/",
		.page_id = 9};
	struct hv_snapshot_page from_page = {.rows = &row, .count = 1, .total = 12, .more = true};
	const struct hv_snapshot_page *page = hv_snapshot_page_new(&from_page);
	row.name = NULL;
	assert_string_equal(page->rows[0].name, "n");
	assert_null(page->rows[0].parent_name);
	assert_true(page->more);
	hv_snapshot_page_unref(page);
	struct hv_operation from_operation = {.vm_name = "v", .requested_by = "me", .percent = -1};
	const struct hv_operation *operation = hv_operation_new(&from_operation);
	assert_string_equal(operation->requested_by, "me");
	assert_null(operation->error);
	hv_operation_unref(operation);
	struct hv_vm from_vm = {
		.name = HOSTILE, .account = "a", .domain = "/", .snapshots_enabled = true};
	const struct hv_vm *vm = hv_vm_new(&from_vm);
	assert_string_equal(vm->name, HOSTILE);
	assert_null(vm->offering);
	hv_vm_unref(vm);
}

static void test_values__null_has_no_references(void **state)
{
	(void)state;
	assert_null(hv_host_ref(NULL));
	hv_host_unref(NULL);
	hv_vm_unref(NULL);
	hv_tree_unref(NULL);
	hv_operation_unref(NULL);
	hv_preview_unref(NULL);
	hv_snapshot_page_unref(NULL);
	hv_event_free(NULL);
}

#define TURNS 20000

static void *take_and_drop(void *context)
{
	const struct hv_vm *vm = context;
	for (int i = 0; i < TURNS; i++) {
		const struct hv_vm *mine = hv_vm_ref(vm);
		if (mine->cpus != 4) {
			abort();
		}
		hv_vm_unref(mine);
	}
	hv_vm_unref(vm); /* the reference that was handed over */
	return NULL;
}

static void test_values__are_counted_from_several_threads(void **state)
{
	(void)state;
	struct hv_vm from = {.name = "vm", .account = "", .domain = "", .cpus = 4};
	const struct hv_vm *vm = hv_vm_new(&from);
	pthread_t threads[4];
	for (size_t i = 0; i < HV_ARRAY_LEN(threads); i++) {
		void *handed = (void *)(uintptr_t)hv_vm_ref(vm);
		assert_int_equal(pthread_create(&threads[i], NULL, take_and_drop, handed), 0);
	}
	hv_vm_unref(vm); /* whoever is last frees */
	for (size_t i = 0; i < HV_ARRAY_LEN(threads); i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	}
}

static struct hv_vm plain_vm(void)
{
	return (struct hv_vm){.name = "vm",
		.account = "",
		.domain = "",
		.state = VM_RUNNING,
		.snapshots_enabled = true,
		.snapshots_on_host = 3,
		.snapshot_limit = 10};
}

static const char *refusal(enum action action, const struct hv_host *host, const struct hv_vm *vm,
	const struct hv_node *node)
{
	struct rule_facts facts = hv_facts(host, vm, NULL, node);
	const struct rule *rule = rules_refuse(action, &facts);
	return rule ? rule_id(rule) : "allowed";
}

static void test_facts__lead_the_rules_to_the_same_answers_as_the_engine__U2(void **state)
{
	(void)state;
	const struct hv_host up = {.state = HOST_UP};
	const struct hv_host lost = {.state = HOST_LOST};
	const struct hv_node ready = {.state = SNAPSHOT_READY};
	const struct hv_node foreign = {.untracked = true, .state = SNAPSHOT_READY};
	struct hv_vm vm = plain_vm();
	assert_string_equal(refusal(ACTION_SNAPSHOT_CREATE_MEMORY, &up, &vm, NULL), "allowed");
	assert_string_equal(refusal(ACTION_SNAPSHOT_REVERT, &up, &vm, &ready), "allowed");
	assert_string_equal(refusal(ACTION_SNAPSHOT_REVERT, &up, &vm, NULL), "needs-target");
	assert_string_equal(refusal(ACTION_SNAPSHOT_REVERT, &up, &vm, &foreign), "untracked");
	assert_string_equal(refusal(ACTION_SNAPSHOT_REVERT, &lost, &vm, &ready), "host-lost");
	assert_string_equal(refusal(ACTION_SNAPSHOT_REVERT, NULL, &vm, &ready), "host-lost");
	vm.operation = hv_uuid_from_text("operation");
	assert_string_equal(refusal(ACTION_SNAPSHOT_REVERT, &up, &vm, &ready), "busy");
	vm = plain_vm();
	vm.snapshots_on_host = 10;
	assert_string_equal(refusal(ACTION_SNAPSHOT_CREATE_DISK, &up, &vm, NULL), "limit");
	vm = plain_vm();
	vm.snapshots_enabled = false;
	assert_string_equal(
		refusal(ACTION_SNAPSHOT_CREATE_DISK, &up, &vm, NULL), "snapshots-disabled");
	vm = plain_vm();
	vm.missing = true;
	assert_string_equal(refusal(ACTION_VM_STOP, &up, &vm, NULL), "vm-missing");
	vm = plain_vm();
	vm.state = VM_STOPPED;
	assert_string_equal(
		refusal(ACTION_SNAPSHOT_CREATE_MEMORY, &up, &vm, NULL), "memory-needs-running");
	/* P2, P4: what a host's policy and an export change */
	const struct hv_host exports = {.state = HOST_UP, .stop_policy = STOP_POLICY_EXPORT};
	assert_string_equal(refusal(ACTION_VM_STOP, &up, &vm, NULL), "stopped-already");
	assert_string_equal(refusal(ACTION_VM_STOP, &exports, &vm, NULL), "allowed");
	vm.unregistered = true;
	assert_string_equal(refusal(ACTION_VM_STOP, &exports, &vm, NULL), "stopped-already");
	assert_string_equal(refusal(ACTION_SNAPSHOT_REVERT, &exports, &vm, &ready), "unregistered");
	assert_string_equal(refusal(ACTION_VM_START, &exports, &vm, NULL), "allowed");
	assert_string_equal(refusal(ACTION_VM_DESTROY, &exports, &vm, NULL), "allowed");
	vm = plain_vm();
	vm.state = VM_EXPORTING;
	vm.operation = hv_uuid_from_text("operation");
	assert_string_equal(refusal(ACTION_VM_START, &exports, &vm, NULL), "busy");
	vm.exporting = true;
	assert_string_equal(refusal(ACTION_VM_START, &exports, &vm, NULL), "allowed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values__host_copies_every_text_and_keeps_absent_ones_absent),
		cmocka_unit_test(test_values__tree_copies_nodes_and_volumes_with_their_text),
		cmocka_unit_test(test_values__empty_lists_are_no_lists),
		cmocka_unit_test(test_values__preview_copies_risks_and_deleted_names),
		cmocka_unit_test(test_values__page_operation_and_vm_are_copied),
		cmocka_unit_test(test_values__null_has_no_references),
		cmocka_unit_test(test_values__are_counted_from_several_threads),
		cmocka_unit_test(test_facts__lead_the_rules_to_the_same_answers_as_the_engine__U2),
	};
	return cmocka_run_group_tests_name("backend/values", tests, NULL, NULL);
}
