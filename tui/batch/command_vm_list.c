/* hvtree vm list: by any combination of filters, in any order, page by page (L1). */
#include "tui/batch/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tui/batch/feed.h"
#include "tui/batch/objects.h"
#include "tui/batch/report.h"
#include "tui/batch/resolve.h"
#include "tui/batch/table.h"

#define ROWS_A_REQUEST 20000 /* the store sorts them all for each: many a page, or the list is quadratic */
#define ROWS_A_PAGE_DEFAULT 500

static const struct table_column columns[] = {
	{"NAME", false}, {"STATE", false}, {"HOST", false}, {"GROUP", false}, {"ACCOUNT", false}, {"OFFERING", false},
	{"SNAPSHOTS", true}, {"CHAIN", true}, {"SIZE", true}, {"OLDEST", true}, {"ID", false},
};

struct listing {
	struct batch *batch;
	struct hv_vm_query query;
	struct hv_uuid host;
	int64_t left; /* rows that may still be printed */
	struct table table;
	int64_t now_us;
};

static enum hv_status find_host(struct listing *listing, struct hv_error *err)
{
	const char *word = listing->batch->arguments->text[OPTION_HOST];
	const struct hv_host *host;
	if (!word) {
		return HV_OK;
	}
	enum hv_status status = resolve_host(listing->batch, word, &host, err);
	if (status == HV_OK) {
		listing->host = host->uuid;
		listing->query.host = &listing->host;
	}
	return status;
}

static enum hv_status make_query(struct listing *listing, struct hv_error *err)
{
	const struct arguments *arguments = listing->batch->arguments;
	const bool *given = arguments->given;
	int64_t sort = arguments->number[OPTION_SORT];
	listing->query = (struct hv_vm_query){
		.account = arguments->text[OPTION_ACCOUNT],
		.domain = arguments->text[OPTION_DOMAIN],
		.domain_recursive = given[OPTION_RECURSIVE],
		.state = given[OPTION_VM_STATE] ? (int)arguments->number[OPTION_VM_STATE] : -1,
		.name = arguments->text[OPTION_VM_NAME],
		.ids = arguments->ids,
		.id_count = arguments->id_count,
		.keyword = arguments->text[OPTION_VM_KEYWORD],
		.snapshots = given[OPTION_WITH_SNAPSHOTS] ? 1 : given[OPTION_WITHOUT_SNAPSHOTS] ? 0 : -1,
		.older_than_us = arguments->number[OPTION_OLDER_THAN],
		.sort = (enum hv_vm_sort)(sort < 0 ? -1 - sort : sort),
		.descending = sort < 0,
	};
	listing->left = INT64_MAX;
	if (given[OPTION_PAGE] || given[OPTION_PAGE_SIZE]) {
		int64_t page = given[OPTION_PAGE] ? arguments->number[OPTION_PAGE] : 1;
		listing->left = given[OPTION_PAGE_SIZE] ? arguments->number[OPTION_PAGE_SIZE] : ROWS_A_PAGE_DEFAULT;
		listing->query.offset = (page - 1) * listing->left;
	}
	return find_host(listing, err);
}

static enum hv_status read_page(
	struct listing *listing, const struct hv_vm_page **ret_page, struct hv_error *err)
{
	struct session *session = &listing->batch->session;
	struct session_reply reply;
	uint64_t ticket = session_ticket(session);
	listing->query.limit = listing->left < ROWS_A_REQUEST ? listing->left : ROWS_A_REQUEST;
	hv_list_vms(session->backend, ticket, &listing->query);
	enum hv_status status = session_answer(session, ticket, &reply, err);
	*ret_page = status == HV_OK ? reply.vms : NULL;
	return status;
}

/* ---- rows ---- */

static void text_row(struct listing *listing, const struct hv_vm *vm)
{
	const struct hv_host *host = overview_host(&listing->batch->session.overview, &vm->host);
	char snapshots[24], chain[24], size[16], oldest[16], id[HV_UUID_TEXT_SIZE];
	(void)snprintf(snapshots, sizeof snapshots, "%" PRId64, vm->snapshots);
	(void)snprintf(chain, sizeof chain, "%" PRId64, vm->chain);
	const char *cells[] = {vm->name, vm->missing ? "missing" : vm_state_name(vm->state),
		host ? host->name : NULL, host ? host->group : NULL, vm->account, vm->offering, snapshots, chain,
		hv_format_bytes(vm->delta_bytes, size),
		vm->oldest_us == 0 ? NULL : hv_format_age(listing->now_us - vm->oldest_us, oldest),
		hv_uuid_format(&vm->uuid, id)};
	table_row(&listing->table, cells);
}

/* With what hangs on each VM, asked for together. */
static enum hv_status json_rows(struct listing *listing, const struct hv_vm *const *vms, size_t count,
	struct hv_error *err)
{
	struct batch *batch = listing->batch;
	struct feed feed;
	const struct hv_tree *tree;
	enum hv_status status = HV_OK;
	feed_init(&feed, &batch->session, vms, count);
	for (size_t i = 0; i < count && status == HV_OK && !output_failed(&batch->output); i++) {
		status = feed_tree(&feed, i, &tree, err);
		if (status == HV_OK) {
			json_new_line(&batch->json);
			json_open_object(&batch->json, NULL);
			json_put_vm(&batch->json, vms[i], overview_host(&batch->session.overview, &vms[i]->host), tree);
			json_close_object(&batch->json);
		}
	}
	feed_clear(&feed);
	return status;
}

/* The rows become known to the session, as if the picture had told them: their trees can be asked for. */
static enum hv_status json_page(struct listing *listing, const struct hv_vm_page *page, struct hv_error *err)
{
	const struct hv_vm **vms = hv_realloc_array(NULL, page->count, sizeof *vms);
	for (size_t i = 0; i < page->count; i++) {
		vms[i] = hv_vm_new(&page->rows[i]);
		overview_apply(&listing->batch->session.overview, &(struct hv_event){.kind = HV_EVENT_VM, .vm = vms[i]});
	}
	enum hv_status status = json_rows(listing, vms, page->count, err);
	overview_free_vms(vms, page->count);
	return status;
}

static enum hv_status print_page(struct listing *listing, const struct hv_vm_page *page, struct hv_error *err)
{
	if (listing->batch->wants_json) {
		return json_page(listing, page, err);
	}
	for (size_t i = 0; i < page->count; i++) {
		text_row(listing, &page->rows[i]);
	}
	return HV_OK;
}

/* ---- the list ---- */

static void begin(struct listing *listing, int64_t total)
{
	struct batch *batch = listing->batch;
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_put_integer_known(&batch->json, "count", total);
		json_open_array(&batch->json, "virtualmachine");
	} else {
		table_init(&listing->table, &batch->output, columns, HV_ARRAY_LEN(columns));
	}
}

static void end(struct listing *listing)
{
	struct batch *batch = listing->batch;
	if (batch->wants_json) {
		output_puts(&batch->output, "\n");
		json_close_array(&batch->json);
		json_close_object(&batch->json);
		output_puts(&batch->output, "\n");
	} else {
		table_finish(&listing->table);
	}
}

static bool turn_page(struct listing *listing, const struct hv_vm_page *page)
{
	listing->left -= (int64_t)page->count;
	if (!page->more || page->count == 0 || listing->left <= 0 || output_failed(&listing->batch->output)) {
		return false;
	}
	listing->query.offset = 0;
	listing->query.after = page->rows[page->count - 1].uuid;
	return true;
}

static int list(struct listing *listing)
{
	const struct hv_vm_page *page;
	struct hv_error error;
	bool begun = false, more = true;
	enum hv_status status = HV_OK;
	while (more && status == HV_OK && (status = read_page(listing, &page, &error)) == HV_OK) {
		if (!begun) {
			begin(listing, page->total);
			begun = true;
		}
		status = print_page(listing, page, &error);
		more = turn_page(listing, page);
		hv_vm_page_unref(page);
	}
	if (begun) {
		end(listing);
	}
	return status == HV_OK ? BATCH_DONE : batch_fail(listing->batch, &error);
}

int command_vm_list(struct batch *batch)
{
	struct hv_clock clock = hv_clock_system();
	struct listing listing = {.batch = batch, .now_us = hv_clock_wall_us(&clock)};
	const bool *given = batch->arguments->given;
	struct hv_error error;
	if (given[OPTION_RECURSIVE] && !given[OPTION_DOMAIN]) {
		hv_error_set(&error, HV_ERR_INVALID, "--recursive needs --domain");
		return batch_fail_with(batch, &error, BATCH_USAGE);
	}
	if (given[OPTION_WITH_SNAPSHOTS] && given[OPTION_WITHOUT_SNAPSHOTS]) {
		hv_error_set(&error, HV_ERR_INVALID, "say --with-snapshots or --without-snapshots, not both");
		return batch_fail_with(batch, &error, BATCH_USAGE);
	}
	/* the hosts, and no VM: those come page by page */
	if (session_load_vm(&batch->session, "", &error) != HV_OK || make_query(&listing, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	return list(&listing);
}
