/* hvtree snapshot list: a stream of pages by key, newest first; memory does not grow with the number of rows (L1). */
#include "tui/batch/commands.h"

#include "tui/batch/objects.h"
#include "tui/batch/report.h"
#include "tui/batch/resolve.h"
#include "tui/batch/table.h"

#define ROWS_A_REQUEST 4000 /* a statement is made for each: of fewer rows it would be a tenth of the work */
#define ROWS_A_PAGE_DEFAULT 500

static const struct table_column columns[] = {
	{"NAME", false}, {"VM", false}, {"HOST", false}, {"STATE", false}, {"TYPE", false}, {"CURRENT", false},
	{"AGE", true}, {"SIZE", true}, {"PARENT", false}, {"ID", false},
};

struct listing {
	struct batch *batch;
	struct hv_snapshot_query query;
	struct hv_uuid vm;
	int64_t left; /* rows that may still be printed */
	struct table table;
	int64_t now_us;
};

/* Filters as the options say. */
static enum hv_status make_query(struct listing *listing, struct hv_error *err)
{
	const struct arguments *arguments = listing->batch->arguments;
	struct hv_snapshot_query *query = &listing->query;
	const bool *given = arguments->given;
	*query = (struct hv_snapshot_query){
		.account = arguments->text[OPTION_ACCOUNT],
		.domain = arguments->text[OPTION_DOMAIN],
		.domain_recursive = given[OPTION_RECURSIVE],
		.state = given[OPTION_STATE] ? (int)arguments->number[OPTION_STATE] : -1,
		.type = given[OPTION_TYPE] ? (int)arguments->number[OPTION_TYPE] : -1,
		.name = arguments->text[OPTION_NAME_FILTER],
		.ids = arguments->ids,
		.id_count = arguments->id_count,
		.keyword = arguments->text[OPTION_KEYWORD],
		.older_than_us = arguments->number[OPTION_OLDER_THAN],
		.oldest_first = given[OPTION_OLDEST_FIRST],
	};
	listing->left = INT64_MAX;
	if (given[OPTION_PAGE] || given[OPTION_PAGE_SIZE]) {
		int64_t page = given[OPTION_PAGE] ? arguments->number[OPTION_PAGE] : 1;
		listing->left = given[OPTION_PAGE_SIZE] ? arguments->number[OPTION_PAGE_SIZE] : ROWS_A_PAGE_DEFAULT;
		query->offset = (page - 1) * listing->left;
	}
	if (!given[OPTION_VM]) {
		return HV_OK;
	}
	const struct hv_vm *vm;
	enum hv_status status = resolve_vm(listing->batch, arguments->text[OPTION_VM], &vm, err);
	if (status == HV_OK) {
		listing->vm = vm->uuid;
		query->vm = &listing->vm;
	}
	return status;
}

static uint64_t ask_page(struct listing *listing)
{
	listing->query.limit = listing->left < ROWS_A_REQUEST ? listing->left : ROWS_A_REQUEST;
	return session_ask_snapshots(&listing->batch->session, &listing->query);
}

static void print_row(struct listing *listing, const struct hv_snapshot *row)
{
	struct json_writer *json = &listing->batch->json;
	if (listing->batch->wants_json) {
		json_new_line(json);
		json_open_object(json, NULL);
		json_put_snapshot(json, row);
		json_close_object(json);
		return;
	}
	char age[16], size[16], id[HV_UUID_TEXT_SIZE];
	const char *cells[] = {row->display_name, row->vm_name, row->host_name, snapshot_state_name(row->state),
		snapshot_type_name(row->type), row->current ? "*" : "",
		hv_format_age(listing->now_us - row->created_us, age), hv_format_bytes(row->size_bytes, size),
		row->parent_name, hv_uuid_format(&row->id, id)};
	table_row(&listing->table, cells);
}

static void begin(struct listing *listing, int64_t total)
{
	struct batch *batch = listing->batch;
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_put_integer_known(&batch->json, "count", total);
		json_open_array(&batch->json, "vmSnapshot");
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

/* Whether another page is wanted after this one. The query then asks for what comes after its last row. */
static bool turn_page(struct listing *listing, const struct hv_snapshot_page *page)
{
	listing->left -= (int64_t)page->count;
	if (!page->more || page->count == 0 || listing->left <= 0 || output_failed(&listing->batch->output)) {
		return false;
	}
	listing->query.offset = 0;
	listing->query.after_created_us = page->rows[page->count - 1].created_us;
	listing->query.after_id = page->rows[page->count - 1].page_id;
	return true;
}

static int list(struct listing *listing)
{
	struct session *session = &listing->batch->session;
	const struct hv_snapshot_page *page;
	struct hv_error error;
	bool begun = false, more = true;
	enum hv_status status = HV_OK;
	uint64_t ticket = ask_page(listing);
	while (more && (status = session_take_snapshots(session, ticket, &page, &error)) == HV_OK) {
		if (!begun) {
			begin(listing, page->total);
			begun = true;
		}
		more = turn_page(listing, page);
		ticket = more ? ask_page(listing) : 0; /* it is read while this one is printed */
		for (size_t i = 0; i < page->count; i++) {
			print_row(listing, &page->rows[i]);
		}
		hv_snapshot_page_unref(page);
	}
	if (begun) {
		end(listing);
	}
	return status == HV_OK ? BATCH_DONE : batch_fail(listing->batch, &error);
}

int command_snapshot_list(struct batch *batch)
{
	struct hv_clock clock = hv_clock_system();
	struct listing listing = {.batch = batch, .now_us = hv_clock_wall_us(&clock)};
	struct hv_error error;
	if (batch->arguments->given[OPTION_RECURSIVE] && !batch->arguments->given[OPTION_DOMAIN]) {
		hv_error_set(&error, HV_ERR_INVALID, "--recursive needs --domain");
		return batch_fail_with(batch, &error, BATCH_USAGE);
	}
	if (make_query(&listing, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	return list(&listing);
}
