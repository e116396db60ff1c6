/* hvtree volume-snapshot list, create, delete (X3, L1). */
#include "tui/batch/commands.h"

#include "tui/batch/act.h"
#include "tui/batch/objects.h"
#include "tui/batch/resolve.h"
#include "tui/batch/table.h"

#define ROWS_A_REQUEST 1000
#define ROWS_A_PAGE_DEFAULT 500

static const struct table_column columns[] = {
	{"NAME", false}, {"VM", false}, {"VOLUME", false}, {"HOST", false}, {"STATE", false}, {"AGE", true}, {"SIZE", true},
	{"ID", false},
};

/* ---- list ---- */

struct listing {
	struct batch *batch;
	struct hv_volume_snapshot_query query;
	struct hv_uuid vm;
	int64_t left; /* rows that may still be printed */
	struct table table;
	int64_t now_us;
};

static enum hv_status make_query(struct listing *listing, struct hv_error *err)
{
	const struct arguments *arguments = listing->batch->arguments;
	const bool *given = arguments->given;
	struct hv_volume_snapshot_query *query = &listing->query;
	*query = (struct hv_volume_snapshot_query){
		.account = arguments->text[OPTION_ACCOUNT],
		.domain = arguments->text[OPTION_DOMAIN],
		.domain_recursive = given[OPTION_RECURSIVE],
		.state = given[OPTION_STATE] ? (int)arguments->number[OPTION_STATE] : -1,
		.name = arguments->text[OPTION_NAME_FILTER],
		.ids = arguments->ids,
		.id_count = arguments->id_count,
		.keyword = arguments->text[OPTION_KEYWORD],
		.older_than_us = arguments->number[OPTION_OLDER_THAN],
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

static enum hv_status read_page(struct batch *batch, const struct hv_volume_snapshot_query *query,
	const struct hv_volume_snapshot_page **ret_page, struct hv_error *err)
{
	struct session_reply reply;
	uint64_t ticket = session_ticket(&batch->session);
	hv_list_volume_snapshots(batch->session.backend, ticket, query);
	enum hv_status status = session_answer(&batch->session, ticket, &reply, err);
	*ret_page = status == HV_OK ? reply.copies : NULL;
	return status;
}

static void print_row(struct listing *listing, const struct hv_volume_snapshot *row)
{
	struct json_writer *json = &listing->batch->json;
	if (listing->batch->wants_json) {
		json_new_line(json);
		json_open_object(json, NULL);
		json_put_copy(json, row);
		json_close_object(json);
		return;
	}
	char age[16], size[16], id[HV_UUID_TEXT_SIZE];
	const char *cells[] = {row->name, row->vm_name, row->volume_name, row->host_name, snapshot_state_name(row->state),
		hv_format_age(listing->now_us - row->created_us, age), hv_format_bytes(row->size_bytes, size),
		hv_uuid_format(&row->id, id)};
	table_row(&listing->table, cells);
}

static void begin(struct listing *listing, int64_t total)
{
	struct batch *batch = listing->batch;
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_put_integer_known(&batch->json, "count", total);
		json_open_array(&batch->json, "snapshot");
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

static bool turn_page(struct listing *listing, const struct hv_volume_snapshot_page *page)
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
	const struct hv_volume_snapshot_page *page;
	struct hv_error error;
	bool begun = false, more = true;
	enum hv_status status = HV_OK;
	while (more && status == HV_OK) {
		listing->query.limit = listing->left < ROWS_A_REQUEST ? listing->left : ROWS_A_REQUEST;
		status = read_page(listing->batch, &listing->query, &page, &error);
		if (status != HV_OK) {
			break;
		}
		if (!begun) {
			begin(listing, page->total);
			begun = true;
		}
		for (size_t i = 0; i < page->count; i++) {
			print_row(listing, &page->rows[i]);
		}
		more = turn_page(listing, page);
		hv_volume_snapshot_page_unref(page);
	}
	if (begun) {
		end(listing);
	}
	return status == HV_OK ? BATCH_DONE : batch_fail(listing->batch, &error);
}

int command_copy_list(struct batch *batch)
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

/* ---- create ---- */

static int tell_created(struct batch *batch, const struct act_course *course, const struct outcome *outcome)
{
	struct hv_volume_snapshot_query query = {.state = -1, .ids = &outcome->volume_snapshot, .id_count = 1};
	const struct hv_volume_snapshot_page *page;
	struct hv_error error;
	(void)course;
	if (read_page(batch, &query, &page, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	if (page->count == 0) {
		hv_volume_snapshot_page_unref(page);
		hv_error_set(&error, HV_ERR_NOT_FOUND, "the copy was made, but somebody has deleted it already");
		return batch_fail(batch, &error);
	}
	const struct hv_volume_snapshot *copy = &page->rows[0];
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_open_object(&batch->json, "snapshot");
		json_put_copy(&batch->json, copy);
		json_close_object(&batch->json);
		json_close_object(&batch->json);
		output_puts(&batch->output, "\n");
	} else {
		char id[HV_UUID_TEXT_SIZE];
		HV_CLEANUP_FREE char *name = printable(copy->name);
		HV_CLEANUP_FREE char *vm = printable(copy->vm_name);
		HV_CLEANUP_FREE char *volume = printable(copy->volume_name);
		output_printf(&batch->output, "took volume snapshot '%s' of volume '%s' of VM '%s': %s\n", name, volume, vm,
			hv_uuid_format(&copy->id, id));
	}
	hv_volume_snapshot_page_unref(page);
	return BATCH_DONE;
}

int command_copy_create(struct batch *batch)
{
	const struct arguments *arguments = batch->arguments;
	struct act_course course = {
		.act = {.kind = OPERATION_CREATE_VOLUME_SNAPSHOT, .name = arguments->text[OPTION_COPY_NAME]},
		.verb = "volume snapshot",
		.volume_word = arguments->operand_count > 1 ? arguments->operands[1] : NULL,
		.one_volume = true,
		.tell = tell_created,
	};
	return act_run(batch, &course);
}

/* ---- delete ---- */

static int tell_deleted(struct batch *batch, const struct act_course *course, const struct outcome *outcome)
{
	(void)outcome;
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_put_bool(&batch->json, "success", true);
		json_close_object(&batch->json);
		output_puts(&batch->output, "\n");
	} else {
		HV_CLEANUP_FREE char *name = printable(course->copy_word);
		HV_CLEANUP_FREE char *vm = printable(course->vm->name);
		output_printf(&batch->output, "deleted volume snapshot '%s' of VM '%s'\n", name, vm);
	}
	return BATCH_DONE;
}

int command_copy_delete(struct batch *batch)
{
	struct act_course course = {
		.act = {.kind = OPERATION_DELETE_VOLUME_SNAPSHOT},
		.verb = "delete volume snapshot",
		.copy_word = batch->arguments->operands[1],
		.asks = true,
		.tell = tell_deleted,
	};
	return act_run(batch, &course);
}
