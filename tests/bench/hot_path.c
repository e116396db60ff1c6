/*
 * bench-hot-path PATH STORE TIMES: one path that must stay quick, so many times: what tests/bench/growth counts the
 * instructions of.
 *
 *   open     find the VM "chain" and read its snapshots
 *   summary  read the VMs of all hosts with what their closed rows say
 *   change   change one VM, commit, be told of it, look again who asks, and read it
 *   list     read all snapshots, newest first, a page at a time
 *   keyword  find the snapshots with a rare word
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/store/store.h"
#include "tests/bench/fleet.h"

static struct hv_error error;

static void must(enum hv_status status)
{
	if (status != HV_OK) {
		fprintf(stderr, "bench-hot-path: %s\n", error.text);
		exit(1);
	}
}

static void open_vm(struct store *store)
{
	struct virtual_machine_list found = {0};
	struct snapshot_list list = {0};
	must(store->ops->vm_find(store, "chain", &found, &error));
	for (size_t i = 0; i < found.count; i++) {
		must(store->ops->snapshot_list(store, found.items[i].id, &list, &error));
	}
	snapshot_list_clear(&list);
	virtual_machine_list_clear(&found);
}

static void read_summary(struct store *store)
{
	struct host_list hosts = {0};
	must(store->ops->host_list(store, &hosts, &error));
	for (size_t i = 0; i < hosts.count; i++) {
		struct virtual_machine_list vms = {0};
		must(store->ops->vm_list(store, hosts.items[i].id, &vms, &error));
		virtual_machine_list_clear(&vms);
	}
	host_list_clear(&hosts);
}

/* As the facade does before it tells what changed (A1). */
static void look_again(struct store *store)
{
	struct account account = {0};
	struct virtual_machine vm = {0};
	(void)store->ops->account_by_user(store, "nobody", &account, NULL);
	must(store->ops->vm_get(store, 1, &vm, &error));
	account_clear(&account);
	virtual_machine_clear(&vm);
}

static void change_vm(struct store *store)
{
	struct virtual_machine vm = {0};
	struct change changes[8];
	size_t count = 0;
	int64_t sequence = 0;
	bool reload = false;
	must(store->ops->last_change(store, &sequence, &error));
	must(store->ops->vm_get(store, 1, &vm, &error));
	must(store->ops->begin(store, &error));
	must(store->ops->vm_set_state(
		store, &vm, vm.state == VM_RUNNING ? VM_PAUSED : VM_RUNNING, &error));
	must(store->ops->commit(store, &error));
	must(store->ops->changes(store, sequence, changes, HV_ARRAY_LEN(changes), &count, &reload, &error));
	virtual_machine_clear(&vm);
	look_again(store);
	if (count != 1 || reload) {
		fputs("bench-hot-path: the change was not told\n", stderr);
		exit(1);
	}
}

static bool take_row(void *context, const struct snapshot_row *row)
{
	(void)row;
	++*(size_t *)context;
	return true;
}

struct page {
	int64_t rows, created_us, id;
};

static bool take_page_row(void *context, const struct snapshot_row *row)
{
	struct page *page = context;
	page->rows++;
	page->created_us = row->snapshot->created_us;
	page->id = row->snapshot->id;
	return true;
}

static void list_all(struct store *store)
{
	struct snapshot_query query = {.state = -1, .type = -1, .limit = 1000};
	struct page page;
	do {
		page = (struct page){0};
		must(store->ops->snapshot_query(store, &query, take_page_row, &page, NULL, &error));
		query.after_created_us = page.created_us;
		query.after_id = page.id;
	} while (page.rows == query.limit);
}

static void find_keyword(struct store *store)
{
	struct snapshot_query query = {.state = -1, .type = -1, .keyword = FLEET_RARE_WORD, .limit = 100};
	int64_t total = 0;
	size_t rows = 0;
	must(store->ops->snapshot_query(store, &query, take_row, &rows, &total, &error));
	if (rows != 1 || total != 1) {
		fprintf(stderr, "bench-hot-path: %zu rows with the rare word\n", rows);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct store *store);
	} paths[] = {
		{"open", open_vm}, {"summary", read_summary}, {"list", list_all}, {"change", change_vm}, {"keyword", find_keyword}};
	struct store *store = NULL;
	if (argc != 4) {
		fputs("usage: bench-hot-path open|summary|change|keyword STORE TIMES\n", stderr);
		return 2;
	}
	must(store_open_sqlite(argv[2], 5000, &store, &error));
	for (size_t i = 0; i < HV_ARRAY_LEN(paths); i++) {
		for (long k = strtol(argv[3], NULL, 10); strcmp(paths[i].name, argv[1]) == 0 && k > 0; k--) {
			paths[i].run(store);
		}
	}
	store->ops->close(store);
	return 0;
}
