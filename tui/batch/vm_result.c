#include "tui/batch/vm_result.h"

#include "tui/batch/objects.h"
#include "tui/batch/table.h"
#include "tui/batch/outcome.h"

static int print_json(struct batch *batch, const struct hv_vm *vm)
{
	const struct hv_tree *tree;
	struct hv_error error;
	if (session_tree(&batch->session, &vm->uuid, &tree, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	json_open_object(&batch->json, NULL);
	json_open_object(&batch->json, "virtualmachine");
	json_put_vm(&batch->json, vm, overview_host(&batch->session.overview, &vm->host), tree);
	json_close_object(&batch->json);
	json_close_object(&batch->json);
	output_puts(&batch->output, "\n");
	hv_tree_unref(tree);
	return BATCH_DONE;
}

int vm_result(struct batch *batch, const struct hv_uuid *id, const char *what)
{
	struct hv_error error;
	int code = BATCH_DONE;
	const struct hv_vm *borrowed = outcome_vm(batch, id);
	if (!borrowed) {
		hv_error_set(&error, HV_ERR_NOT_FOUND, "it was done, but the VM has gone away since");
		return batch_fail(batch, &error);
	}
	const struct hv_vm *vm = hv_vm_ref(borrowed);
	if (batch->wants_json) {
		code = print_json(batch, vm);
	} else {
		HV_CLEANUP_FREE char *name = printable(vm->name);
		output_printf(&batch->output, "VM '%s' %s; it is %s%s\n", name, what, vm_state_name(vm->state),
			vm->unregistered ? ", and only its export is on the host" : "");
	}
	hv_vm_unref(vm);
	return code;
}
