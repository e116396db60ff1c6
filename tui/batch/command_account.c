/* hvtree account list, add, set, remove; vm assign: who may see and change what (A1). */
#include "tui/batch/commands.h"

#include <inttypes.h>
#include <stdio.h>

#include "tui/batch/policy.h"
#include "tui/batch/report.h"
#include "tui/batch/resolve.h"
#include "tui/batch/table.h"

static const struct table_column columns[] = {
	{"NAME", false}, {"DOMAIN", false}, {"ROLE", false}, {"USER", false}, {"VMS", true},
};

static void list_json(struct batch *batch, const struct hv_account_list *list)
{
	struct json_writer *json = &batch->json;
	json_open_object(json, NULL);
	json_put_integer(json, "count", (int64_t)list->count);
	json_open_array(json, "account");
	for (size_t i = 0; i < list->count; i++) {
		json_new_line(json);
		json_open_object(json, NULL);
		json_put_string(json, "name", list->rows[i].name);
		json_put_string(json, "domain", list->rows[i].domain);
		json_put_string(json, "role", account_role_name(list->rows[i].role));
		json_put_string(json, "user", list->rows[i].user);
		json_put_integer(json, "virtualmachines", list->rows[i].vm_count);
		json_close_object(json);
	}
	output_puts(&batch->output, "\n");
	json_close_array(json);
	json_close_object(json);
	output_puts(&batch->output, "\n");
}

static void list_text(struct batch *batch, const struct hv_account_list *list)
{
	struct table table;
	table_init(&table, &batch->output, columns, HV_ARRAY_LEN(columns));
	for (size_t i = 0; i < list->count; i++) {
		const struct hv_account *row = &list->rows[i];
		char vms[24];
		(void)snprintf(vms, sizeof vms, "%" PRId64, row->vm_count);
		const char *cells[] = {row->name, row->domain, account_role_name(row->role), row->user, vms};
		table_row(&table, cells);
	}
	table_finish(&table);
}

int command_account_list(struct batch *batch)
{
	struct session_reply reply;
	struct hv_error error;
	uint64_t ticket = session_ticket(&batch->session);
	hv_list_accounts(batch->session.backend, ticket);
	if (session_answer(&batch->session, ticket, &reply, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	(batch->wants_json ? list_json : list_text)(batch, reply.accounts);
	hv_account_list_unref(reply.accounts);
	return BATCH_DONE;
}

/* Ask for the change, and say what was done: "account 'NAME' WORDS". */
static int change_account(struct batch *batch, struct hv_account_change *change, const char *words)
{
	const struct arguments *arguments = batch->arguments;
	struct session_reply reply;
	struct hv_error error;
	change->domain = arguments->text[OPTION_ACCOUNT_DOMAIN];
	change->role = arguments->given[OPTION_ROLE] ? (int)arguments->number[OPTION_ROLE] : -1;
	change->user = arguments->text[OPTION_USER];
	uint64_t ticket = session_ticket(&batch->session);
	hv_change_account(batch->session.backend, ticket, change);
	if (session_answer(&batch->session, ticket, &reply, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_put_string(&batch->json, "account", change->name);
		json_put_bool(&batch->json, "success", true);
		json_close_object(&batch->json);
		output_puts(&batch->output, "\n");
	} else {
		HV_CLEANUP_FREE char *name = printable(change->name);
		output_printf(&batch->output, "account '%s' %s\n", name, words);
	}
	return BATCH_DONE;
}

int command_account_add(struct batch *batch)
{
	struct hv_account_change change = {.kind = HV_ACCOUNT_ADD, .name = batch->arguments->operands[0]};
	return change_account(batch, &change, "was made");
}

int command_account_set(struct batch *batch)
{
	struct hv_account_change change = {.kind = HV_ACCOUNT_SET, .name = batch->arguments->operands[0]};
	struct hv_error error;
	if (!batch->arguments->given[OPTION_ROLE] && !batch->arguments->given[OPTION_USER]) {
		hv_error_set(&error, HV_ERR_INVALID, "say what to change: --role or --user");
		return batch_fail_with(batch, &error, BATCH_USAGE);
	}
	return change_account(batch, &change, "was changed");
}

int command_account_remove(struct batch *batch)
{
	struct hv_account_change change = {.kind = HV_ACCOUNT_REMOVE, .name = batch->arguments->operands[0]};
	return change_account(batch, &change, "was removed");
}

int command_vm_assign(struct batch *batch)
{
	struct hv_account_change change = {.kind = HV_VM_ASSIGN, .name = batch->arguments->text[OPTION_TO_ACCOUNT]};
	const struct hv_vm *vm = NULL;
	struct hv_error error;
	if (!change.name) {
		hv_error_set(&error, HV_ERR_INVALID, "say to which account: --account NAME");
		return batch_fail_with(batch, &error, BATCH_USAGE);
	}
	if (resolve_vm(batch, batch->arguments->operands[0], &vm, &error) != HV_OK ||
		policy_allow_vm(batch, &vm->uuid, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	change.vm = vm->uuid;
	return change_account(batch, &change, "owns the VM now");
}
