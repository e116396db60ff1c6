/* Listing snapshots (L1): every filter, all of them combined against a plain loop, pages, order and count. */
#include "tests/unit/store/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"

#define ROWS_MAX 1024

/* What a row said, kept beyond the callback. */
struct seen {
	int64_t ids[ROWS_MAX];
	int64_t created[ROWS_MAX];
	size_t count;
	size_t stop_after; /* 0: never */
};

static bool keep(void *context, const struct snapshot_row *row)
{
	struct seen *seen = context;
	assert_true(seen->count < ROWS_MAX);
	seen->ids[seen->count] = row->snapshot->id;
	seen->created[seen->count] = row->snapshot->created_us;
	seen->count++;
	return seen->stop_after == 0 || seen->count < seen->stop_after;
}

#define ANY {.state = -1, .type = -1}

static struct seen list(struct fixture *fixture, const struct snapshot_query *query, int64_t *ret_total)
{
	struct seen seen = {0};
	must(fixture, fixture->ops->snapshot_query(
			      fixture->store, query, keep, &seen, ret_total, &fixture->error));
	return seen;
}

/* --- a small fleet: 2 hosts, 4 VMs in 4 domains, 60 snapshots --- */

struct fleet {
	struct fixture base;
	struct snapshot_list rows; /* all that were written, as the model */
	int64_t hosts[2];
	struct virtual_machine_list vms;
};

static const char *const domain_paths[] = {"/", "/prod", "/prod/web", "/production"};
static const char *const account_names[] = {"anna", "bert", "anna", "cleo"};
static const char *const display_names[] = {"before Update", "NIGHTLY", "Größe ändern", "before update, again", "x"};

static void add_fleet_vm(struct fleet *fleet, size_t at)
{
	struct fixture *fixture = &fleet->base;
	struct virtual_machine *vm = virtual_machine_list_add(&fleet->vms);
	vm->name = hv_sprintf("vm-%zu", at);
	vm->uuid = hv_uuid_from_text(vm->name);
	vm->host_id = fleet->hosts[at % 2];
	begin(fixture);
	must(fixture, fixture->ops->account_ensure(fixture->store, account_names[at], domain_paths[at],
			      &vm->account_id, &vm->domain_id, &fixture->error));
	must(fixture, fixture->ops->vm_save(fixture->store, vm, &fixture->error));
	commit(fixture);
}

static void add_fleet_snapshot(struct fleet *fleet, size_t at)
{
	struct fixture *fixture = &fleet->base;
	const struct virtual_machine *vm = &fleet->vms.items[at % fleet->vms.count];
	char name[64];
	(void)snprintf(name, sizeof name, "%s %zu", display_names[at % HV_ARRAY_LEN(display_names)], at);
	struct snapshot *snapshot = snapshot_list_add(&fleet->rows);
	*snapshot = make_snapshot(vm->id, name);
	snapshot->description = at % 3 == 0 ? hv_sprintf("ticket CHG-%zu", at) : NULL;
	snapshot->type = at % 2 ? SNAPSHOT_DISK : SNAPSHOT_DISK_AND_MEMORY;
	snapshot->created_us = 1 + (int64_t)(at * 7 % 20); /* many share a time */
	snapshot->state = (enum snapshot_state)(at % SNAPSHOT_STATE_COUNT);
	snapshot->removed_us = snapshot->state == SNAPSHOT_REMOVED ? 99 : 0;
	begin(fixture);
	must(fixture, fixture->ops->snapshot_insert(fixture->store, snapshot, &fixture->error));
	commit(fixture);
}

static int fleet_make(void **state)
{
	void *made = NULL;
	if (fixture_folder(&made) != 0) {
		return -1;
	}
	struct fleet *fleet = hv_alloc(sizeof *fleet);
	fleet->base = *(struct fixture *)made;
	free(made);
	open_store(&fleet->base);
	fleet->hosts[0] = add_host(&fleet->base, "hv01");
	fleet->hosts[1] = add_host(&fleet->base, "hv02");
	for (size_t i = 0; i < HV_ARRAY_LEN(domain_paths); i++) {
		add_fleet_vm(fleet, i);
	}
	for (size_t i = 0; i < 60; i++) {
		add_fleet_snapshot(fleet, i);
	}
	*state = fleet;
	return 0;
}

static int fleet_clean(void **state)
{
	struct fleet *fleet = *state;
	snapshot_list_clear(&fleet->rows);
	virtual_machine_list_clear(&fleet->vms);
	return fixture_clean(state);
}

/* --- the same question answered by a loop --- */

static bool contains(const char *text, const char *part)
{
	if (!text) {
		return false;
	}
	char *folded_text = hv_text_name_key(text);
	char *folded_part = hv_text_name_key(part);
	bool found = strstr(folded_text, folded_part) != NULL;
	free(folded_text);
	free(folded_part);
	return found;
}

static bool in_domain(const struct snapshot_query *query, const char *path)
{
	size_t length = strlen(query->domain);
	if (strcmp(path, query->domain) == 0) {
		return true;
	}
	return query->domain_recursive &&
	       (length == 1 || (strncmp(path, query->domain, length) == 0 && path[length] == '/'));
}

static bool in_ids(const struct snapshot_query *query, const struct hv_uuid *uuid)
{
	for (size_t i = 0; i < query->id_count; i++) {
		if (hv_uuid_equal(&query->ids[i], uuid)) {
			return true;
		}
	}
	return false;
}

static bool fits(const struct fleet *fleet, const struct snapshot_query *query, const struct snapshot *row)
{
	size_t vm = 0;
	while (fleet->vms.items[vm].id != row->vm_id) {
		vm++;
	}
	return (query->vm_id == 0 || query->vm_id == row->vm_id) &&
	       (query->host_id == 0 || query->host_id == fleet->vms.items[vm].host_id) &&
	       (!query->account || strcmp(query->account, account_names[vm]) == 0) &&
	       (!query->domain || in_domain(query, domain_paths[vm])) &&
	       (query->state < 0 ? row->state != SNAPSHOT_REMOVED : query->state == (int)row->state) &&
	       (query->type < 0 || query->type == (int)row->type) &&
	       (!query->name || strcmp(query->name, row->display_name) == 0) &&
	       (query->id_count == 0 || in_ids(query, &row->uuid)) &&
	       (!query->keyword || contains(row->name, query->keyword) ||
		       contains(row->display_name, query->keyword) ||
		       contains(row->description, query->keyword)) &&
	       (query->created_before_us == 0 || row->created_us < query->created_before_us);
}

static int newest_first(const void *a, const void *b)
{
	const struct snapshot *const *left = a;
	const struct snapshot *const *right = b;
	if ((*left)->created_us != (*right)->created_us) {
		return (*left)->created_us < (*right)->created_us ? 1 : -1;
	}
	return (*left)->id < (*right)->id ? 1 : -1;
}

static void assert_as_by_hand(struct fleet *fleet, const struct snapshot_query *query)
{
	const struct snapshot *expected[ROWS_MAX];
	size_t count = 0;
	int64_t total = -1;
	for (size_t i = 0; i < fleet->rows.count; i++) {
		if (fits(fleet, query, &fleet->rows.items[i])) {
			expected[count++] = &fleet->rows.items[i];
		}
	}
	qsort(expected, count, sizeof expected[0], newest_first);
	struct seen seen = list(&fleet->base, query, &total);
	assert_int_equal(total, count);
	assert_int_equal(seen.count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(seen.ids[i], expected[i]->id);
	}
}

/* --- tests --- */

static void test_query__without_filters_lists_all_that_live_newest_first__L1(void **state)
{
	const struct snapshot_query query = ANY;
	assert_as_by_hand(*state, &query);
}

static void test_query__each_filter_alone_and_all_combinations__L1(void **state)
{
	struct fleet *fleet = *state;
	struct hv_uuid ids[4] = {fleet->rows.items[3].uuid, fleet->rows.items[30].uuid, fleet->rows.items[47].uuid,
		hv_uuid_from_text("nobody")};
	/* every subset of the filters, with values that change from one to the next */
	for (unsigned subset = 0; subset < 1u << 10; subset++) {
		struct snapshot_query query = ANY;
		query.vm_id = subset & 1 ? fleet->vms.items[subset % 4].id : 0;
		query.host_id = subset & 2 ? fleet->hosts[subset / 4 % 2] : 0;
		query.account = subset & 4 ? account_names[subset / 3 % 4] : NULL;
		query.domain = subset & 8 ? domain_paths[subset / 16 % 4] : NULL;
		query.domain_recursive = subset % 3 == 0;
		query.state = subset & 16 ? (int)(subset / 5 % SNAPSHOT_STATE_COUNT) : -1;
		query.type = subset & 32 ? (int)(subset / 7 % 2) : -1;
		query.name = subset & 64 ? fleet->rows.items[subset % 60].display_name : NULL;
		query.ids = ids;
		query.id_count = subset & 128 ? 1 + subset % 4 : 0;
		query.keyword = subset & 256 ? (subset % 2 ? "UPDATE" : "chg-3") : NULL;
		query.created_before_us = subset & 512 ? 1 + (int64_t)(subset % 20) : 0;
		assert_as_by_hand(fleet, &query);
	}
}

static void test_query__keyword_ignores_letter_case_in_every_script__L1(void **state)
{
	struct fleet *fleet = *state;
	static const char *const keywords[] = {"nightly", "GRÖSSE", "größe ÄNDERN", "CHG", "_vs_", "before update,",
		"nothing at all", "%", "_", "'", "\"", "update 1", ""};
	for (size_t i = 0; i < HV_ARRAY_LEN(keywords); i++) {
		struct snapshot_query query = ANY;
		query.keyword = keywords[i];
		assert_as_by_hand(fleet, &query);
	}
	struct snapshot_query query = ANY;
	query.keyword = "größe";
	assert_true(list(&fleet->base, &query, NULL).count > 5);
}

static void test_query__a_domain_is_not_the_one_whose_name_begins_alike__L1(void **state)
{
	struct fleet *fleet = *state;
	struct snapshot_query query = ANY;
	int64_t total = 0;
	int64_t with_slash = 0;
	query.domain = "/prod";
	query.domain_recursive = true;
	assert_as_by_hand(fleet, &query);
	(void)list(&fleet->base, &query, &total);
	query.domain = "/prod/";
	(void)list(&fleet->base, &query, &with_slash);
	assert_int_equal(with_slash, total);
	query.domain = "/nowhere";
	assert_int_equal(list(&fleet->base, &query, &total).count, 0);
	assert_int_equal(total, 0);
}

static void test_query__hostile_text_is_only_text__L1(void **state)
{
	struct fleet *fleet = *state;
	struct snapshot_query query = ANY;
	query.account = "x' OR 1=1 --";
	assert_int_equal(list(&fleet->base, &query, NULL).count, 0);
	query.account = NULL;
	query.keyword = "\xFF\xFE";
	must_fail(&fleet->base, HV_ERR_INVALID, fleet->base.ops->snapshot_query(fleet->base.store, &query, keep,
							&(struct seen){0}, NULL, &fleet->base.error));
	query.keyword = NULL;
	query.state = SNAPSHOT_STATE_COUNT;
	must_fail(&fleet->base, HV_ERR_INVALID, fleet->base.ops->snapshot_query(fleet->base.store, &query, keep,
							&(struct seen){0}, NULL, &fleet->base.error));
}

static void test_query__thousands_of_ids_are_no_problem__L1(void **state)
{
	struct fleet *fleet = *state;
	size_t count = 100000;
	struct hv_uuid *ids = hv_realloc_array(NULL, count, sizeof *ids);
	for (size_t i = 0; i < count; i++) {
		ids[i] = (struct hv_uuid){{1}};
		memcpy(ids[i].bytes + 8, &i, sizeof i);
	}
	ids[99999] = fleet->rows.items[0].uuid;
	struct snapshot_query query = ANY;
	query.ids = ids;
	query.id_count = count;
	assert_int_equal(list(&fleet->base, &query, NULL).count, 1);
	free(ids);
}

static void test_query__pages_are_complete_and_without_repetition_under_inserts__L1(void **state)
{
	struct fleet *fleet = *state;
	size_t before = fleet->rows.count;
	for (int64_t size = 1; size <= 7; size += 2) {
		struct snapshot_query query = ANY;
		bool found[ROWS_MAX] = {false};
		size_t expected = 0;
		size_t got = 0;
		query.limit = size;
		for (size_t i = 0; i < before; i++) {
			expected += fits(fleet, &query, &fleet->rows.items[i]);
		}
		for (;;) {
			struct seen page = list(&fleet->base, &query, NULL);
			if (page.count == 0) {
				break;
			}
			assert_true((int64_t)page.count <= size);
			for (size_t i = 0; i < page.count; i++) {
				assert_true(page.ids[i] < ROWS_MAX && !found[page.ids[i]]);
				found[page.ids[i]] = true;
				got += page.ids[i] <= fleet->rows.items[before - 1].id;
			}
			query.after_created_us = page.created[page.count - 1];
			query.after_id = page.ids[page.count - 1];
			if (fleet->rows.count < before + 40) {
				add_fleet_snapshot(fleet, fleet->rows.count);
			}
		}
		assert_int_equal(got, expected);
		before = fleet->rows.count;
	}
}

static void test_query__oldest_first_is_the_other_way_round_page_by_page__L1(void **state)
{
	struct fleet *fleet = *state;
	struct snapshot_query query = ANY;
	struct seen newest = list(&fleet->base, &query, NULL);
	size_t got = 0;
	query.oldest_first = true;
	query.limit = 7;
	for (;;) {
		struct seen page = list(&fleet->base, &query, NULL);
		if (page.count == 0) {
			break;
		}
		for (size_t i = 0; i < page.count; i++, got++) {
			assert_int_equal(page.ids[i], newest.ids[newest.count - 1 - got]);
		}
		query.after_created_us = page.created[page.count - 1];
		query.after_id = page.ids[page.count - 1];
	}
	assert_int_equal(got, newest.count);
}

static void test_query__limit_offset_and_total_go_together__L1(void **state)
{
	struct fleet *fleet = *state;
	struct snapshot_query query = ANY;
	int64_t total = 0;
	struct seen all = list(&fleet->base, &query, &total);
	assert_int_equal(total, all.count);
	query.limit = 5;
	query.offset = 7;
	struct seen page = list(&fleet->base, &query, &total);
	assert_int_equal(total, all.count);
	assert_int_equal(page.count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(page.ids[i], all.ids[i + 7]);
	}
	query.limit = 0;
	page = list(&fleet->base, &query, NULL);
	assert_int_equal(page.count, all.count - 7);
	query.offset = 100000;
	assert_int_equal(list(&fleet->base, &query, &total).count, 0);
	assert_int_equal(total, all.count);
}

static void test_query__stops_when_the_reader_has_enough(void **state)
{
	struct fleet *fleet = *state;
	struct snapshot_query query = ANY;
	struct seen seen = {.stop_after = 3};
	must(&fleet->base, fleet->base.ops->snapshot_query(
				   fleet->base.store, &query, keep, &seen, NULL, &fleet->base.error));
	assert_int_equal(seen.count, 3);
	/* and leaves no transaction open: the next writer's commit can be moved into the file */
	begin(&fleet->base);
	commit(&fleet->base);
}

static bool check_names(void *context, const struct snapshot_row *row)
{
	int *left = context;
	if (strcmp(row->snapshot->display_name, "child") == 0) {
		assert_string_equal(row->parent_display_name, "parent");
		assert_non_null(row->parent_uuid);
	} else {
		assert_null(row->parent_display_name);
		assert_null(row->parent_uuid);
	}
	struct hv_uuid uuid = hv_uuid_from_text("web-01");
	assert_string_equal(row->vm_name, "web-01");
	assert_true(hv_uuid_equal(row->vm_uuid, &uuid));
	assert_string_equal(row->host_name, "hv01");
	assert_string_equal(row->account, "admin");
	assert_string_equal(row->domain, "/");
	--*left;
	return true;
}

static void test_query__brings_the_names_that_a_reader_wants__L2(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot_query query = ANY;
	int left = 2;
	int64_t parent = add_snapshot(fixture, fixture->vm_id, "parent", 0);
	(void)add_snapshot(fixture, fixture->vm_id, "child", parent);
	must(fixture, fixture->ops->snapshot_query(
			      fixture->store, &query, check_names, &left, NULL, &fixture->error));
	assert_int_equal(left, 0);
}

/* A reader that reads more of the store for every row. */
static bool read_within(void *context, const struct snapshot_row *row)
{
	struct fixture *fixture = context;
	struct snapshot_query query = ANY;
	struct seen seen = {0};
	query.vm_id = row->snapshot->vm_id;
	must(fixture, fixture->ops->snapshot_query(fixture->store, &query, keep, &seen, NULL, &fixture->error));
	assert_int_equal(seen.count, 2);
	struct snapshot again = get_snapshot(fixture, row->snapshot->id);
	assert_string_equal(again.display_name, row->snapshot->display_name);
	snapshot_clear(&again);
	return true;
}

static void test_query__may_be_asked_within_itself(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot_query query = ANY;
	(void)add_snapshot(fixture, fixture->vm_id, "a", 0);
	(void)add_snapshot(fixture, fixture->vm_id, "b", 0);
	must(fixture, fixture->ops->snapshot_query(
			      fixture->store, &query, read_within, fixture, NULL, &fixture->error));
}

static size_t found_by_keyword(struct fixture *fixture, const char *keyword, int state)
{
	struct snapshot_query query = ANY;
	query.keyword = keyword;
	query.state = state;
	return list(fixture, &query, NULL).count;
}

static void test_query__keyword_follows_every_write_and_finds_the_removed_when_asked__L1(void **state)
{
	struct fixture *fixture = *state;
	int64_t kept = add_snapshot(fixture, fixture->vm_id, "before the große Umzug", 0);
	int64_t gone = add_snapshot(fixture, fixture->vm_id, "after the GROSSE umzug", 0);
	assert_int_equal(found_by_keyword(fixture, "Große UMZUG", -1), 2);
	struct snapshot row = get_snapshot(fixture, gone);
	begin(fixture);
	must(fixture, fixture->ops->snapshot_set_state(fixture->store, &row, SNAPSHOT_REMOVED, 5, &fixture->error));
	commit(fixture);
	snapshot_clear(&row);
	assert_int_equal(found_by_keyword(fixture, "umzug", -1), 1);
	assert_int_equal(found_by_keyword(fixture, "umzug", SNAPSHOT_REMOVED), 1);
	row = make_snapshot(fixture->vm_id, "taken back: umzug");
	row.state = SNAPSHOT_ALLOCATED;
	begin(fixture);
	must(fixture, fixture->ops->snapshot_insert(fixture->store, &row, &fixture->error));
	assert_int_equal(found_by_keyword(fixture, "umzug", -1), 2);
	must(fixture, fixture->ops->snapshot_discard(fixture->store, row.id, &fixture->error));
	commit(fixture);
	snapshot_clear(&row);
	assert_int_equal(found_by_keyword(fixture, "umzug", -1), 1);
	row = make_snapshot(fixture->vm_id, "rolled back: umzug");
	begin(fixture);
	must(fixture, fixture->ops->snapshot_insert(fixture->store, &row, &fixture->error));
	fixture->ops->rollback(fixture->store);
	snapshot_clear(&row);
	assert_int_equal(found_by_keyword(fixture, "umzug", -1), 1);
	row = get_snapshot(fixture, kept);
	assert_string_equal(row.display_name, "before the große Umzug");
	snapshot_clear(&row);
}

int main(void)
{
#define FLEET(name) cmocka_unit_test_setup_teardown(name, fleet_make, fleet_clean)
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_store, fixture_clean)
	const struct CMUnitTest tests[] = {
		FLEET(test_query__without_filters_lists_all_that_live_newest_first__L1),
		FLEET(test_query__each_filter_alone_and_all_combinations__L1),
		FLEET(test_query__keyword_ignores_letter_case_in_every_script__L1),
		FLEET(test_query__a_domain_is_not_the_one_whose_name_begins_alike__L1),
		FLEET(test_query__hostile_text_is_only_text__L1),
		FLEET(test_query__thousands_of_ids_are_no_problem__L1),
		FLEET(test_query__pages_are_complete_and_without_repetition_under_inserts__L1),
		FLEET(test_query__oldest_first_is_the_other_way_round_page_by_page__L1),
		FLEET(test_query__limit_offset_and_total_go_together__L1),
		FLEET(test_query__stops_when_the_reader_has_enough),
		TEST(test_query__brings_the_names_that_a_reader_wants__L2),
		TEST(test_query__may_be_asked_within_itself),
		TEST(test_query__keyword_follows_every_write_and_finds_the_removed_when_asked__L1),
	};
	return cmocka_run_group_tests_name("store/query", tests, NULL, NULL);
}
