/* hvtree snapshot edit: another display name, another description. */
#include "tui/batch/commands.h"

#include "tui/batch/objects.h"
#include "tui/batch/policy.h"
#include "tui/batch/report.h"
#include "tui/batch/resolve.h"
#include "tui/batch/table.h"

static enum hv_status find(struct batch *batch, struct hv_snapshot_edit *edit, struct hv_error *err)
{
	const struct arguments *arguments = batch->arguments;
	const struct hv_vm *vm = NULL;
	const struct hv_tree *tree = NULL;
	const struct hv_node *node = NULL;
	enum hv_status status = resolve_vm(batch, arguments->operands[0], &vm, err);
	if (status != HV_OK) {
		return status;
	}
	HV_CLEANUP_FREE char *vm_name = hv_strdup(vm->name);
	edit->vm = vm->uuid;
	status = session_tree(&batch->session, &edit->vm, &tree, err);
	if (status == HV_OK) {
		status = resolve_node(batch, tree, vm_name, arguments->operands[1], &node, err);
	}
	if (status == HV_OK && node->untracked) {
		status = hv_error_set(
			err, HV_ERR_REFUSED, "this checkpoint was made outside hvtree, which changes nothing about it");
	}
	if (status == HV_OK) {
		edit->snapshot = node->id;
	}
	hv_tree_unref(tree);
	return status;
}

static int tell(struct batch *batch, const struct hv_uuid *id)
{
	struct hv_snapshot_query query = {.state = -1, .type = -1, .ids = id, .id_count = 1};
	const struct hv_snapshot_page *page;
	struct hv_error error;
	enum hv_status status = session_snapshots(&batch->session, &query, &page, &error);
	if (status == HV_OK && page->count == 0) {
		hv_snapshot_page_unref(page);
		status = hv_error_set(&error, HV_ERR_NOT_FOUND, "it was changed, but somebody has deleted it since");
	}
	if (status != HV_OK) {
		return batch_fail(batch, &error);
	}
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_open_object(&batch->json, "vmSnapshot");
		json_put_snapshot(&batch->json, &page->rows[0]);
		json_close_object(&batch->json);
		json_close_object(&batch->json);
		output_puts(&batch->output, "\n");
	} else {
		HV_CLEANUP_FREE char *name = printable(page->rows[0].display_name);
		HV_CLEANUP_FREE char *vm = printable(page->rows[0].vm_name);
		output_printf(&batch->output, "changed snapshot '%s' of VM '%s'\n", name, vm);
	}
	hv_snapshot_page_unref(page);
	return BATCH_DONE;
}

int command_snapshot_edit(struct batch *batch)
{
	const struct arguments *arguments = batch->arguments;
	struct session_reply reply;
	struct hv_error error;
	struct hv_snapshot_edit edit = {
		.name = arguments->text[OPTION_NEW_NAME],
		.description = arguments->text[OPTION_NEW_DESCRIPTION],
	};
	if (!edit.name && !edit.description) {
		hv_error_set(&error, HV_ERR_INVALID, "say what to change: --name or --description");
		return batch_fail_with(batch, &error, BATCH_USAGE);
	}
	if (find(batch, &edit, &error) != HV_OK || policy_allow_vm(batch, &edit.vm, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	uint64_t ticket = session_ticket(&batch->session);
	hv_edit_snapshot(batch->session.backend, ticket, &edit);
	if (session_answer(&batch->session, ticket, &reply, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	return tell(batch, &edit.snapshot);
}
