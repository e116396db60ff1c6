/* hvtree log: the audit log (A2) as a stream of pages by key, newest first; memory does not grow with it. */
#include "tui/batch/commands.h"

#include "tui/batch/report.h"
#include "tui/batch/resolve.h"
#include "tui/batch/table.h"

#define ROWS_A_REQUEST 1000
#define ROWS_A_PAGE_DEFAULT 500

static const struct table_column columns[] = {
	{"TIME", false}, {"WHO", false}, {"FROM", false}, {"WHAT", false}, {"VM", false}, {"SNAPSHOT", false},
	{"OUTCOME", false}, {"DETAILS", false},
};

struct listing {
	struct batch *batch;
	struct hv_log_query query;
	struct hv_uuid vm;
	int64_t left; /* rows that may still be printed */
	struct table table;
};

/* Filters as the options say. */
static enum hv_status make_query(struct listing *listing, struct hv_error *err)
{
	const struct arguments *arguments = listing->batch->arguments;
	const bool *given = arguments->given;
	listing->query = (struct hv_log_query){
		.who = arguments->text[OPTION_WHO],
		.what = arguments->text[OPTION_WHAT],
		.younger_than_us = arguments->number[OPTION_SINCE],
		.failed = given[OPTION_FAILED],
	};
	listing->left = INT64_MAX;
	if (given[OPTION_PAGE] || given[OPTION_PAGE_SIZE]) {
		int64_t page = given[OPTION_PAGE] ? arguments->number[OPTION_PAGE] : 1;
		listing->left = given[OPTION_PAGE_SIZE] ? arguments->number[OPTION_PAGE_SIZE] : ROWS_A_PAGE_DEFAULT;
		listing->query.offset = (page - 1) * listing->left;
	}
	if (!given[OPTION_VM]) {
		return HV_OK;
	}
	const struct hv_vm *vm;
	enum hv_status status = resolve_vm(listing->batch, arguments->text[OPTION_VM], &vm, err);
	if (status == HV_OK) {
		listing->vm = vm->uuid;
		listing->query.vm = &listing->vm;
	}
	return status;
}

static void print_json(struct json_writer *json, const struct hv_log_row *row)
{
	json_new_line(json);
	json_open_object(json, NULL);
	json_put_integer(json, "id", row->id);
	json_put_time(json, "created", row->created_us);
	json_put_string(json, "who", row->who);
	json_put_string(json, "from", row->from);
	json_put_string(json, "what", row->what);
	json_put_uuid(json, "virtualmachineid", &row->vm);
	json_put_string(json, "virtualmachinename", row->vm_name);
	json_put_uuid(json, "vmsnapshotid", &row->snapshot);
	json_put_string(json, "vmsnapshotname", row->snapshot_name);
	json_put_string(json, "outcome", hv_status_name(row->outcome));
	json_put_string(json, "details", row->details);
	json_close_object(json);
}

static void print_row(struct listing *listing, const struct hv_log_row *row)
{
	if (listing->batch->wants_json) {
		print_json(&listing->batch->json, row);
		return;
	}
	char time[32];
	const char *cells[] = {hv_format_time(row->created_us, time), row->who, row->from, row->what, row->vm_name,
		row->snapshot_name, hv_status_name(row->outcome), row->details};
	table_row(&listing->table, cells);
}

static void begin(struct listing *listing, int64_t total)
{
	struct batch *batch = listing->batch;
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_put_integer_known(&batch->json, "count", total);
		json_open_array(&batch->json, "event");
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

static enum hv_status ask_page(
	struct listing *listing, const struct hv_log_page **ret_page, struct hv_error *err)
{
	struct session *session = &listing->batch->session;
	struct session_reply reply;
	listing->query.limit = listing->left < ROWS_A_REQUEST ? listing->left : ROWS_A_REQUEST;
	uint64_t ticket = session_ticket(session);
	hv_list_log(session->backend, ticket, &listing->query);
	enum hv_status status = session_answer(session, ticket, &reply, err);
	if (status == HV_OK) {
		*ret_page = reply.log;
	}
	return status;
}

/* Print a page; whether another one is wanted after it. */
static bool print_page(struct listing *listing, const struct hv_log_page *page)
{
	for (size_t i = 0; i < page->count; i++) {
		print_row(listing, &page->rows[i]);
	}
	listing->left -= (int64_t)page->count;
	if (!page->more || page->count == 0 || listing->left <= 0 || output_failed(&listing->batch->output)) {
		return false;
	}
	listing->query.offset = 0;
	listing->query.before_id = page->rows[page->count - 1].id;
	return true;
}

int command_log(struct batch *batch)
{
	struct listing listing = {.batch = batch};
	const struct hv_log_page *page;
	struct hv_error error;
	bool begun = false, more = true;
	enum hv_status status = make_query(&listing, &error);
	while (status == HV_OK && more && (status = ask_page(&listing, &page, &error)) == HV_OK) {
		if (!begun) {
			begin(&listing, page->total);
			begun = true;
		}
		more = print_page(&listing, page);
		hv_log_page_unref(page);
	}
	if (begun) {
		end(&listing);
	}
	return status == HV_OK ? BATCH_DONE : batch_fail(batch, &error);
}
