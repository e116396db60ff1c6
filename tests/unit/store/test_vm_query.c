/* Listing VMs (L1): every combination of filters against a plain loop, every order in both directions, pages and count. */
#include "tests/unit/store/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"

#define VMS 24

struct fleet {
	struct fixture base;
	int64_t hosts[2];
	struct virtual_machine vms[VMS]; /* the model */
};

static const char *const domains[] = {"/", "/prod", "/prod/web", "/production"};
static const char *const accounts[] = {"anna", "bert"};
static const enum vm_state states[] = {VM_RUNNING, VM_STOPPED, VM_SAVED};

static void add(struct fleet *fleet, size_t at)
{
	struct fixture *fixture = &fleet->base;
	struct virtual_machine *vm = &fleet->vms[at];
	int64_t domain_id;
	*vm = (struct virtual_machine){
		.name = hv_sprintf("%s-%02zu", at % 3 == 0 ? "Web" : "db", (at * 7) % VMS),
		.host_id = fleet->hosts[at % 2],
		.state = states[at % 3],
		.power_state = states[at % 3],
	};
	vm->uuid = hv_uuid_from_text(vm->name);
	must(fixture, fixture->ops->account_ensure(fixture->store, accounts[at % 2], domains[at % 4], &vm->account_id,
			      &domain_id, &fixture->error));
	vm->domain_id = domain_id;
	must(fixture, fixture->ops->vm_save(fixture->store, vm, &fixture->error));
	for (size_t i = 0; i < at % 4; i++) {
		HV_CLEANUP_FREE char *name = hv_sprintf("s-%zu-%zu", at, i);
		struct snapshot snapshot = make_snapshot(vm->id, name);
		snapshot.state = SNAPSHOT_READY;
		snapshot.created_us = (int64_t)(1000 * (VMS - at) + i);
		must(fixture, fixture->ops->snapshot_insert(fixture->store, &snapshot, &fixture->error));
		snapshot_clear(&snapshot);
	}
}

static int make_fleet(void **state)
{
	if (fixture_store(state) != 0) {
		return -1;
	}
	struct fleet *fleet = hv_alloc(sizeof *fleet);
	fleet->base = *(struct fixture *)*state;
	struct fixture *fixture = &fleet->base;
	fleet->hosts[0] = add_host(fixture, "hv-a");
	fleet->hosts[1] = add_host(fixture, "hv-b");
	begin(fixture);
	for (size_t i = 0; i < VMS; i++) {
		add(fleet, i);
	}
	commit(fixture);
	for (size_t i = 0; i < VMS; i++) { /* with the summary that the commit wrote */
		struct virtual_machine stored = get_vm(fixture, fleet->vms[i].id);
		fleet->vms[i].summary = stored.summary;
		fleet->vms[i].offering_id = stored.offering_id;
		virtual_machine_clear(&stored);
	}
	free(*state);
	*state = fleet;
	return 0;
}

static int free_fleet(void **state)
{
	struct fleet *fleet = *state;
	for (size_t i = 0; i < VMS; i++) {
		virtual_machine_clear(&fleet->vms[i]);
	}
	return fixture_clean(state);
}

struct seen {
	int64_t ids[2 * VMS];
	size_t count;
};

static bool keep(void *context, const struct virtual_machine *vm)
{
	struct seen *seen = context;
	assert_true(seen->count < 2 * VMS);
	seen->ids[seen->count++] = vm->id;
	return true;
}

static struct seen list(struct fleet *fleet, const struct vm_query *query, int64_t *ret_total)
{
	struct seen seen = {0};
	must(&fleet->base, fleet->base.ops->vm_query(
				   fleet->base.store, query, keep, &seen, ret_total, &fleet->base.error));
	return seen;
}

static bool in_domain(const struct fleet *fleet, const struct virtual_machine *vm, bool below)
{
	char *account = NULL;
	char *domain = NULL;
	struct fixture fixture = fleet->base;
	must(&fixture, fixture.ops->account_names(fixture.store, vm->account_id, &account, &domain, &fixture.error));
	bool fits = below ? domain_contains("/prod", domain) : strcmp(domain, "/prod") == 0;
	free(account);
	free(domain);
	return fits;
}

/* The filters of `bits`, and whether the VM passes them, by a plain loop. */
static bool passes(const struct fleet *fleet, const struct virtual_machine *vm, unsigned bits, struct vm_query *query)
{
	bool fits = true;
	if (bits & 1) {
		query->host_id = fleet->hosts[1];
		fits = fits && vm->host_id == fleet->hosts[1];
	}
	if (bits & 2) {
		query->state = VM_STOPPED;
		fits = fits && vm->state == VM_STOPPED;
	}
	if (bits & 4) {
		query->keyword = "WEB";
		fits = fits && strncmp(vm->name, "Web", 3) == 0;
	}
	if (bits & 8) {
		query->snapshots = 1;
		fits = fits && vm->summary.snapshots > 0;
	}
	if (bits & 16) {
		query->oldest_before_us = 12000;
		fits = fits && vm->summary.oldest_us > 0 && vm->summary.oldest_us < 12000;
	}
	if (bits & 32) {
		query->domain = "/prod/";
		query->domain_recursive = (bits & 64) != 0;
		fits = fits && in_domain(fleet, vm, query->domain_recursive);
	}
	if (bits & 128) {
		query->account = "anna";
		fits = fits && vm->account_id != 0 && (size_t)(vm - fleet->vms) % 2 == 0;
	}
	return fits;
}

static bool has(const struct seen *seen, int64_t id)
{
	for (size_t i = 0; i < seen->count; i++) {
		if (seen->ids[i] == id) {
			return true;
		}
	}
	return false;
}

static void test_filters__hold_all_together_and_are_counted__L1(void **state)
{
	struct fleet *fleet = *state;
	for (unsigned bits = 0; bits < 256; bits++) {
		struct vm_query query = {.state = -1, .snapshots = -1};
		int64_t total = -1;
		(void)passes(fleet, &fleet->vms[0], bits, &query);
		struct seen seen = list(fleet, &query, &total);
		size_t expected = 0;
		for (size_t i = 0; i < VMS; i++) {
			bool fits = passes(fleet, &fleet->vms[i], bits, &query);
			assert_int_equal(has(&seen, fleet->vms[i].id), fits);
			expected += fits;
		}
		expected += bits == 0; /* the fixture's own VM */
		assert_true(seen.count == expected || (bits && seen.count == expected + 1));
		assert_int_equal(total, seen.count);
	}
}

static void test_order__is_whole_in_both_directions_and_pages_join_without_a_gap__L1(void **state)
{
	struct fleet *fleet = *state;
	for (int sort = 0; sort < VM_SORT_COUNT; sort++) {
		struct vm_query query = {.state = -1, .snapshots = -1, .sort = (enum vm_sort)sort};
		struct seen up = list(fleet, &query, NULL);
		query.descending = true;
		struct seen down = list(fleet, &query, NULL);
		assert_int_equal(up.count, VMS + 1);
		for (size_t i = 0; i < up.count; i++) {
			assert_int_equal(up.ids[i], down.ids[up.count - 1 - i]);
		}
		struct seen pages = {0};
		query.limit = 4;
		for (size_t before = (size_t)-1; before != pages.count;) {
			before = pages.count;
			must(&fleet->base, fleet->base.ops->vm_query(fleet->base.store, &query, keep, &pages, NULL,
						   &fleet->base.error));
			query.after_id = pages.ids[pages.count - 1];
		}
		assert_int_equal(pages.count, down.count);
		assert_memory_equal(pages.ids, down.ids, down.count * sizeof down.ids[0]);
	}
}

static void test_order__follows_what_it_is_called_after__L1(void **state)
{
	struct fleet *fleet = *state;
	struct vm_query query = {.state = -1, .snapshots = 1, .sort = VM_SORT_OLDEST, .limit = 1};
	struct seen oldest = list(fleet, &query, NULL);
	int64_t least = INT64_MAX;
	int64_t id = 0;
	for (size_t i = 0; i < VMS; i++) {
		const struct virtual_machine *vm = &fleet->vms[i];
		if (vm->summary.oldest_us > 0 && vm->summary.oldest_us < least) {
			least = vm->summary.oldest_us;
			id = vm->id;
		}
	}
	assert_int_equal(oldest.ids[0], id);
}

static void test_caller__sees_only_its_account_and_domain__A1(void **state)
{
	struct fleet *fleet = *state;
	char path[] = "/prod";
	struct account caller = {.id = -5, .domain = path, .role = ACCOUNT_VIEWER};
	struct vm_query query = {.state = -1, .snapshots = -1, .seen_by = &caller};
	int64_t total = 0;
	struct seen seen = list(fleet, &query, &total);
	for (size_t i = 0; i < VMS; i++) {
		assert_int_equal(has(&seen, fleet->vms[i].id), in_domain(fleet, &fleet->vms[i], true));
	}
	assert_int_equal(total, seen.count);
	struct vm_query wrong = {.state = VM_STATE_COUNT, .snapshots = -1};
	must_fail(&fleet->base, HV_ERR_INVALID,
		fleet->base.ops->vm_query(fleet->base.store, &wrong, keep, &seen, NULL, &fleet->base.error));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_fleet, free_fleet)
	const struct CMUnitTest tests[] = {
		TEST(test_filters__hold_all_together_and_are_counted__L1),
		TEST(test_order__is_whole_in_both_directions_and_pages_join_without_a_gap__L1),
		TEST(test_order__follows_what_it_is_called_after__L1),
		TEST(test_caller__sees_only_its_account_and_domain__A1),
	};
	return cmocka_run_group_tests_name("store/VM query", tests, NULL, NULL);
}
