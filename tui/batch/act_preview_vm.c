#include "tui/batch/act_preview.h"

#include <inttypes.h>

#include "tui/batch/table.h"

/* What a start, a stop and the destruction of a VM would do. */

static const char *plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

static void put_host(struct hv_text *text, const struct act_preview_facts *facts)
{
	hv_text_puts(text, "host ");
	act_preview_put_name(text, facts->host ? facts->host->name : "?");
}

/* P1-P3: what becomes of it when the guest is down. */
static void put_policy(struct hv_text *text, const struct act_preview_facts *facts)
{
	if (!facts->host || facts->host->stop_policy == STOP_POLICY_KEEP) {
		return;
	}
	hv_text_printf(text, "THEN   %s and taken off ",
		facts->vm->snapshots_on_host + facts->vm->untracked > 0
			? "it is exported with its snapshots, in the background,"
			: "its definition is exported");
	put_host(text, facts);
	hv_text_printf(text, " (policy %s); a start brings it back\n", stop_policy_name(facts->host->stop_policy));
}

static void power_text(struct hv_text *text, const struct act_preview_facts *facts)
{
	bool start = facts->act->kind == OPERATION_START_VM;
	bool force = facts->act->force;
	hv_text_puts(text, start ? "start: " : force ? "turn off: " : "shut down: ");
	act_preview_put_vm(text, facts);
	if (force) {
		hv_text_puts(text, "LOST   what the guest has not written to its disks\n");
	}
	hv_text_printf(text, "KEPT   its %" PRId64 " snapshot%s\nAFTER  the VM is %s; now it is %s\n",
		facts->vm->snapshots, plural(facts->vm->snapshots), start ? "Running" : "Stopped",
		vm_state_name(facts->vm->state));
	if (!start) {
		put_policy(text, facts);
	}
	if (start && facts->vm->unregistered) {
		hv_text_puts(text, "FIRST  it is imported from its export\n");
	}
	if (force) {
		hv_text_puts(text, "RISK   the guest is cut off, not shut down\n");
	}
}

static void put_snapshot_names(struct hv_text *text, const struct hv_tree *tree)
{
	size_t shown = 0;
	for (size_t i = 0; tree && i < tree->count; i++) {
		if (!tree->nodes[i].untracked) {
			hv_text_puts(text, shown++ == 0 ? ": " : ", ");
			act_preview_put_name(text, tree->nodes[i].name);
		}
	}
	hv_text_puts(text, "\n");
}

/* D6: said plainly. */
static void destroy_text(struct hv_text *text, const struct act_preview_facts *facts)
{
	const struct hv_vm *vm = facts->vm;
	size_t volumes = facts->tree ? facts->tree->volume_count : 0;
	hv_text_puts(text, "destroy: ");
	act_preview_put_vm(text, facts);
	hv_text_printf(text, "LOST   the VM and its %zu disk%s, for good\nLOST   its %" PRId64 " snapshot%s", volumes,
		plural((int64_t)volumes), vm->snapshots, plural(vm->snapshots));
	put_snapshot_names(text, facts->tree);
	if (vm->untracked > 0) {
		hv_text_printf(text, "LOST   %" PRId64 " checkpoint%s that hvtree did not make\n", vm->untracked,
			plural(vm->untracked));
	}
	if (vm->export_state != EXPORT_NONE) {
		hv_text_puts(text, "LOST   its export\n");
	}
	hv_text_puts(text, "KEPT   its volume snapshots, and what the log says of it\n");
	hv_text_puts(text, "AFTER  nothing else of it is on ");
	put_host(text, facts);
	hv_text_puts(text, "\n");
	if (vm->state == VM_RUNNING) {
		hv_text_puts(text, "RISK   the guest is running: it is cut off\n");
	}
}

void act_preview_vm_text(struct hv_text *text, const struct act_preview_facts *facts)
{
	if (facts->act->kind == OPERATION_DESTROY_VM) {
		destroy_text(text, facts);
	} else {
		power_text(text, facts);
	}
}

void act_preview_destroy_json(struct json_writer *json, const struct act_preview_facts *facts)
{
	const struct hv_tree *tree = facts->tree;
	json_open_array(json, "deleted");
	for (size_t i = 0; tree && i < tree->count; i++) {
		if (!tree->nodes[i].untracked) {
			json_open_object(json, NULL);
			json_put_uuid(json, "id", &tree->nodes[i].id);
			json_put_string(json, "displayname", tree->nodes[i].name);
			json_close_object(json);
		}
	}
	json_close_array(json);
	json_put_integer(json, "untracked", facts->vm->untracked);
	json_put_integer(json, "volumes", tree ? (int64_t)tree->volume_count : 0);
	json_put_string(json, "exportstate", export_state_name(facts->vm->export_state));
	json_put_string(json, "statebefore", vm_state_name(facts->vm->state));
	json_put_string(json, "stateafter", vm_state_name(VM_DESTROYED));
}
