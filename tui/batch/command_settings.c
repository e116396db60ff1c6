/* hvtree settings list, set: what holds for every console on the store (C3), changed by administrators and logged (A2). */
#include "tui/batch/commands.h"

#include <string.h>

#include "tui/batch/report.h"
#include "tui/batch/table.h"

static const struct table_column columns[] = {{"NAME", false}, {"VALUE", true}, {"DEFAULT", true}, {"WHAT", false}};

static void list_json(struct batch *batch, const struct hv_setting_list *list)
{
	struct json_writer *json = &batch->json;
	json_open_object(json, NULL);
	json_put_integer(json, "count", (int64_t)list->count);
	json_open_array(json, "configuration");
	for (size_t i = 0; i < list->count; i++) {
		json_new_line(json);
		json_open_object(json, NULL);
		json_put_string(json, "name", list->rows[i].name);
		json_put_string(json, "value", list->rows[i].value);
		json_put_string(json, "defaultvalue", list->rows[i].standard);
		json_put_string(json, "description", list->rows[i].help);
		json_close_object(json);
	}
	output_puts(&batch->output, "\n");
	json_close_array(json);
	json_close_object(json);
	output_puts(&batch->output, "\n");
}

static void list_text(struct batch *batch, const struct hv_setting_list *list)
{
	struct table table;
	table_init(&table, &batch->output, columns, HV_ARRAY_LEN(columns));
	for (size_t i = 0; i < list->count; i++) {
		const struct hv_setting *row = &list->rows[i];
		const char *cells[] = {row->name, row->value, row->standard, row->help};
		table_row(&table, cells);
	}
	table_finish(&table);
}

int command_settings_list(struct batch *batch)
{
	struct session_reply reply;
	struct hv_error error;
	uint64_t ticket = session_ticket(&batch->session);
	hv_list_settings(batch->session.backend, ticket);
	if (session_answer(&batch->session, ticket, &reply, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	(batch->wants_json ? list_json : list_text)(batch, reply.settings);
	hv_setting_list_unref(reply.settings);
	return BATCH_DONE;
}

int command_settings_set(struct batch *batch)
{
	const struct arguments *arguments = batch->arguments;
	const char *name = arguments->operands[0];
	const char *value = arguments->operand_count > 1 ? arguments->operands[1] : NULL;
	struct session_reply reply;
	struct hv_error error;
	uint64_t ticket = session_ticket(&batch->session);
	hv_change_setting(batch->session.backend, ticket, name, value);
	if (session_answer(&batch->session, ticket, &reply, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_put_string(&batch->json, "name", name);
		json_put_string(&batch->json, "value", value);
		json_put_bool(&batch->json, "success", true);
		json_close_object(&batch->json);
		output_puts(&batch->output, "\n");
	} else {
		HV_CLEANUP_FREE char *shown = printable(value ? value : "as when nobody has set it");
		output_printf(&batch->output, "%s is now %s\n", name, shown);
	}
	return BATCH_DONE;
}
