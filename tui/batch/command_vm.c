/* hvtree vm show, start, stop. */
#include "tui/batch/commands.h"

#include <inttypes.h>
#include <stdio.h>

#include "tui/batch/act.h"
#include "tui/batch/detail.h"
#include "tui/batch/objects.h"
#include "tui/batch/resolve.h"
#include "tui/batch/table.h"
#include "tui/batch/vm_result.h"

/* ---- show ---- */

static const enum action vm_actions[] = {
	ACTION_SNAPSHOT_CREATE_DISK,
	ACTION_SNAPSHOT_CREATE_MEMORY,
	ACTION_VM_START,
	ACTION_VM_STOP,
	ACTION_VM_DESTROY,
	ACTION_VM_SCALE,
	ACTION_VOLUME_ATTACH,
	ACTION_VOLUME_DETACH,
	ACTION_VOLUME_RESIZE,
	ACTION_VOLUME_SNAPSHOT_CREATE,
	ACTION_VOLUME_SNAPSHOT_DELETE,
};

/* A volume snapshot can be deleted when there is one. */
static struct rule_facts vm_facts(const struct hv_host *host, const struct hv_vm *vm, const struct hv_tree *tree)
{
	struct rule_facts facts = detail_facts(host, vm, tree, NULL);
	facts.has_target = tree->volume_snapshot_count > 0;
	return facts;
}

static void show_json(
	struct batch *batch, const struct hv_vm *vm, const struct hv_host *host, const struct hv_tree *tree)
{
	struct rule_facts facts = vm_facts(host, vm, tree);
	json_open_object(&batch->json, NULL);
	json_open_object(&batch->json, "virtualmachine");
	json_put_vm(&batch->json, vm, host, tree);
	json_put_uuid(&batch->json, "current",
		tree->current >= 0 ? &tree->nodes[tree->current].id : &(struct hv_uuid){{0}});
	json_put_string(&batch->json, "problem", tree->problem);
	json_put_actions(&batch->json, vm_actions, HV_ARRAY_LEN(vm_actions), &facts, vm->name);
	json_close_object(&batch->json);
	json_close_object(&batch->json);
	output_puts(&batch->output, "\n");
}

static void show_copies(struct output *output, const struct hv_tree *tree)
{
	for (size_t i = 0; i < tree->volume_snapshot_count; i++) {
		const struct hv_volume_snapshot *copy = &tree->volume_snapshots[i];
		char size[16];
		HV_CLEANUP_FREE char *name = printable(copy->name);
		HV_CLEANUP_FREE char *volume = printable(copy->volume_name);
		output_printf(output, "%-13s %s of %s, %s, %s\n", i == 0 ? "copies" : "", name, volume,
			snapshot_state_name(copy->state), hv_format_bytes(copy->size_bytes, size));
	}
}

/* P6: what the VM does, and what becomes of its export beside it. */
static void show_state(struct output *output, const struct hv_vm *vm)
{
	detail_line(output, "state", vm->missing ? "missing: the host does not report it" : vm_state_name(vm->state));
	if (vm->power_state != vm->state && !vm->missing) {
		detail_line(output, "power", vm_state_name(vm->power_state));
	}
	if (vm->export_percent >= 0) {
		output_printf(output, "%-13s %s, %" PRId64 " %%\n", "export", export_state_name(vm->export_state),
			vm->export_percent);
	} else if (vm->unregistered) {
		detail_line(output, "export", "all that is on the host; a start brings the VM back");
	} else if (vm->export_state != EXPORT_NONE) {
		detail_line(output, "export", export_state_name(vm->export_state));
	}
}

static void show_text(
	struct batch *batch, const struct hv_vm *vm, const struct hv_host *host, const struct hv_tree *tree)
{
	struct output *output = &batch->output;
	struct rule_facts facts = vm_facts(host, vm, tree);
	char id[HV_UUID_TEXT_SIZE];
	detail_line(output, "name", vm->name);
	detail_line(output, "id", hv_uuid_format(&vm->uuid, id));
	show_state(output, vm);
	detail_line(output, "host", host ? host->name : NULL);
	detail_line(output, "account", vm->account);
	detail_line(output, "domain", vm->domain);
	detail_line(output, "offering", vm->offering);
	detail_bytes(output, "memory", vm->memory_bytes);
	output_printf(output, "%-13s %" PRId64 "\n%-13s %" PRId64 ", %" PRId64 " untracked, chain of %" PRId64 "\n",
		"cpus", vm->cpus, "snapshots", vm->snapshots, vm->untracked, vm->chain);
	detail_line(output, "current", tree->current >= 0 ? tree->nodes[tree->current].name : NULL);
	if (tree->problem) {
		detail_line(output, "problem", tree->problem);
	}
	for (size_t i = 0; i < tree->volume_count; i++) {
		const struct hv_volume *volume = &tree->volumes[i];
		char size[16], chain[16];
		HV_CLEANUP_FREE char *name = printable(volume->name);
		HV_CLEANUP_FREE char *path = printable(volume->path);
		output_printf(output, "%-13s %s, %s, %s on the host: %s\n", i == 0 ? "volumes" : "", name,
			hv_format_bytes(volume->size_bytes, size), hv_format_bytes(volume->chain_bytes, chain), path);
	}
	show_copies(output, tree);
	detail_actions(output, vm_actions, HV_ARRAY_LEN(vm_actions), &facts, vm->name);
}

int command_vm_show(struct batch *batch)
{
	struct hv_error error;
	const struct hv_vm *vm = NULL;
	const struct hv_tree *tree = NULL;
	enum hv_status status = resolve_vm(batch, batch->arguments->operands[0], &vm, &error);
	if (status != HV_OK) {
		return batch_fail(batch, &error);
	}
	vm = hv_vm_ref(vm);
	status = session_tree(&batch->session, &vm->uuid, &tree, &error);
	if (status == HV_OK) {
		const struct hv_host *host = overview_host(&batch->session.overview, &vm->host);
		(batch->wants_json ? show_json : show_text)(batch, vm, host, tree);
		hv_tree_unref(tree);
	}
	hv_vm_unref(vm);
	return status == HV_OK ? BATCH_DONE : batch_fail(batch, &error);
}

/* ---- start, stop ---- */

static int tell_started(struct batch *batch, const struct act_course *course, const struct outcome *outcome)
{
	(void)outcome;
	return vm_result(batch, &course->act.vm, "was started");
}

static int tell_stopped(struct batch *batch, const struct act_course *course, const struct outcome *outcome)
{
	(void)outcome;
	return vm_result(batch, &course->act.vm, course->act.force ? "was turned off" : "was shut down");
}

int command_vm_start(struct batch *batch)
{
	struct act_course course = {
		.act = {.kind = OPERATION_START_VM},
		.verb = "start",
		.tell = tell_started,
	};
	return act_run(batch, &course);
}

int command_vm_stop(struct batch *batch)
{
	struct act_course course = {
		.act = {.kind = OPERATION_STOP_VM, .force = batch->arguments->given[OPTION_FORCE]},
		.verb = "stop",
		.asks = batch->arguments->given[OPTION_FORCE],
		.tell = tell_stopped,
	};
	return act_run(batch, &course);
}
