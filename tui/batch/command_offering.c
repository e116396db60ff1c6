/* hvtree offering list, add, remove; capabilities list, set (X4, X5). */
#include "tui/batch/commands.h"

#include <inttypes.h>
#include <stdio.h>

#include "tui/batch/report.h"
#include "tui/batch/table.h"

static const struct table_column offering_columns[] = {
	{"NAME", false}, {"CPUS", true}, {"MEMORY", true}, {"VMS", true},
};
static const struct table_column capability_columns[] = {
	{"HYPERVISOR", false}, {"VERSION", false}, {"SNAPSHOTS", false},
};

static void open_list(struct batch *batch, const char *name, size_t count)
{
	json_open_object(&batch->json, NULL);
	json_put_integer(&batch->json, "count", (int64_t)count);
	json_open_array(&batch->json, name);
}

static void close_list(struct batch *batch)
{
	output_puts(&batch->output, "\n");
	json_close_array(&batch->json);
	json_close_object(&batch->json);
	output_puts(&batch->output, "\n");
}

static void offerings_json(struct batch *batch, const struct hv_offering_list *list)
{
	open_list(batch, "serviceoffering", list->count);
	for (size_t i = 0; i < list->count; i++) {
		json_new_line(&batch->json);
		json_open_object(&batch->json, NULL);
		json_put_string(&batch->json, "name", list->rows[i].name);
		json_put_integer(&batch->json, "cpunumber", list->rows[i].cpus);
		json_put_integer(&batch->json, "memory", list->rows[i].memory_bytes / (1024 * 1024)); /* MiB, as CloudStack */
		json_put_integer(&batch->json, "virtualmachines", list->rows[i].vm_count);
		json_close_object(&batch->json);
	}
	close_list(batch);
}

static void offerings_text(struct batch *batch, const struct hv_offering_list *list)
{
	struct table table;
	table_init(&table, &batch->output, offering_columns, HV_ARRAY_LEN(offering_columns));
	for (size_t i = 0; i < list->count; i++) {
		char cpus[24], memory[16], vms[24];
		(void)snprintf(cpus, sizeof cpus, "%" PRId64, list->rows[i].cpus);
		(void)snprintf(vms, sizeof vms, "%" PRId64, list->rows[i].vm_count);
		const char *cells[] = {
			list->rows[i].name, cpus, hv_format_bytes(list->rows[i].memory_bytes, memory), vms};
		table_row(&table, cells);
	}
	table_finish(&table);
}

int command_offering_list(struct batch *batch)
{
	struct session_reply reply;
	struct hv_error error;
	uint64_t ticket = session_ticket(&batch->session);
	hv_list_offerings(batch->session.backend, ticket);
	if (session_answer(&batch->session, ticket, &reply, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	(batch->wants_json ? offerings_json : offerings_text)(batch, reply.offerings);
	hv_offering_list_unref(reply.offerings);
	return BATCH_DONE;
}

/* Wait for the answer, and say what was done: "WHAT 'NAME' WORDS". */
static int tell_change(struct batch *batch, uint64_t ticket, const char *what, const char *words)
{
	struct session_reply reply;
	struct hv_error error;
	const char *name = batch->arguments->operands[0];
	if (session_answer(&batch->session, ticket, &reply, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_put_string(&batch->json, "name", name);
		json_put_bool(&batch->json, "success", true);
		json_close_object(&batch->json);
		output_puts(&batch->output, "\n");
	} else {
		HV_CLEANUP_FREE char *shown = printable(name);
		output_printf(&batch->output, "%s '%s' %s\n", what, shown, words);
	}
	return BATCH_DONE;
}

static int tell_usage(struct batch *batch, const char *sentence)
{
	struct hv_error error;
	hv_error_set(&error, HV_ERR_INVALID, "%s", sentence);
	return batch_fail_with(batch, &error, BATCH_USAGE);
}

int command_offering_add(struct batch *batch)
{
	const struct arguments *arguments = batch->arguments;
	if (!arguments->given[OPTION_CPUS] || !arguments->given[OPTION_RAM]) {
		return tell_usage(batch, "say its sizes: --cpus NUMBER --ram SIZE");
	}
	uint64_t ticket = session_ticket(&batch->session);
	hv_add_offering(batch->session.backend, ticket, arguments->operands[0], arguments->number[OPTION_CPUS],
		arguments->number[OPTION_RAM]);
	return tell_change(batch, ticket, "offering", "was made");
}

int command_offering_remove(struct batch *batch)
{
	uint64_t ticket = session_ticket(&batch->session);
	hv_remove_offering(batch->session.backend, ticket, batch->arguments->operands[0]);
	return tell_change(batch, ticket, "offering", "was removed");
}

/* ---- capabilities ---- */

static void capabilities_json(struct batch *batch, const struct hv_capability_list *list)
{
	open_list(batch, "hypervisorCapabilities", list->count);
	for (size_t i = 0; i < list->count; i++) {
		json_new_line(&batch->json);
		json_open_object(&batch->json, NULL);
		json_put_string(&batch->json, "hypervisor", list->rows[i].hypervisor);
		json_put_string(&batch->json, "hypervisorversion", list->rows[i].version);
		json_put_bool(&batch->json, "vmsnapshotenabled", list->rows[i].snapshots);
		json_close_object(&batch->json);
	}
	close_list(batch);
}

static void capabilities_text(struct batch *batch, const struct hv_capability_list *list)
{
	struct table table;
	table_init(&table, &batch->output, capability_columns, HV_ARRAY_LEN(capability_columns));
	for (size_t i = 0; i < list->count; i++) {
		const char *cells[] = {list->rows[i].hypervisor, list->rows[i].version,
			list->rows[i].snapshots ? "enabled" : "disabled"};
		table_row(&table, cells);
	}
	table_finish(&table);
}

int command_capabilities_list(struct batch *batch)
{
	struct session_reply reply;
	struct hv_error error;
	uint64_t ticket = session_ticket(&batch->session);
	hv_list_capabilities(batch->session.backend, ticket);
	if (session_answer(&batch->session, ticket, &reply, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	(batch->wants_json ? capabilities_json : capabilities_text)(batch, reply.capabilities);
	hv_capability_list_unref(reply.capabilities);
	return BATCH_DONE;
}

int command_capabilities_set(struct batch *batch)
{
	const bool *given = batch->arguments->given;
	if (given[OPTION_ENABLE] == given[OPTION_DISABLE]) {
		return tell_usage(batch, "say --enable or --disable");
	}
	uint64_t ticket = session_ticket(&batch->session);
	hv_set_capability(batch->session.backend, ticket, batch->arguments->operands[0], given[OPTION_ENABLE]);
	return tell_change(batch, ticket, "hypervisor version",
		given[OPTION_ENABLE] ? "has VM snapshots enabled" : "has VM snapshots disabled");
}
