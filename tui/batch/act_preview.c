#include "tui/batch/act_preview.h"

#include <inttypes.h>
#include <string.h>

#include "tui/batch/table.h"

#define NAME_MAX_CHARACTERS 255 /* T5 */

/* ---- what is wrong with a name ---- */

const char *act_preview_name_problem(const struct hv_act *act, const struct hv_tree *tree)
{
	if (act->kind != OPERATION_CREATE_SNAPSHOT || !act->name) {
		return NULL;
	}
	if (!hv_text_is_name(act->name, NAME_MAX_CHARACTERS)) {
		return "a display name has 1 to 255 characters and no control character";
	}
	for (size_t i = 0; i < tree->count; i++) {
		if (!tree->nodes[i].untracked && hv_text_same_name(tree->nodes[i].name, act->name)) {
			return "the VM has a snapshot of that name already";
		}
	}
	return NULL;
}

/* ---- text ---- */

static const struct hv_node *find_node(const struct hv_tree *tree, const struct hv_uuid *id)
{
	for (size_t i = 0; tree && i < tree->count; i++) {
		if (hv_uuid_equal(&tree->nodes[i].id, id)) {
			return &tree->nodes[i];
		}
	}
	return NULL;
}

void act_preview_put_name(struct hv_text *text, const char *name)
{
	HV_CLEANUP_FREE char *safe = printable(name);
	hv_text_printf(text, "'%s'", safe);
}

void act_preview_put_vm(struct hv_text *text, const struct act_preview_facts *facts)
{
	hv_text_puts(text, "VM ");
	act_preview_put_name(text, facts->vm->name);
	hv_text_puts(text, " on host ");
	act_preview_put_name(text, facts->host ? facts->host->name : "?");
	hv_text_puts(text, "\n");
}

static const char *plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

static void revert_text(struct hv_text *text, const struct act_preview_facts *facts)
{
	const struct hv_preview *preview = facts->preview;
	const struct hv_node *target = find_node(facts->tree, &preview->target);
	struct hv_clock clock = hv_clock_system();
	char age[16], bytes[16], time[32];
	hv_text_puts(text, "revert to ");
	act_preview_put_name(text, target ? target->name : "?");
	hv_text_printf(text, ", taken %s (%s): ", target ? hv_format_time(target->created_us, time) : "?",
		target ? snapshot_type_name(target->type) : "?");
	act_preview_put_vm(text, facts);
	if (preview->lost_since_us == 0) {
		hv_text_puts(text, "LOST   all that this VM holds now: it is in no snapshot");
	} else {
		hv_text_printf(text, "LOST   %s of changes in this VM, since %s",
			hv_format_age(hv_clock_wall_us(&clock) - preview->lost_since_us, age),
			hv_format_time(preview->lost_since_us, time));
	}
	if (preview->lost_bytes >= 0) {
		hv_text_printf(text, " (%s)", hv_format_bytes(preview->lost_bytes, bytes));
	}
	hv_text_printf(text, "\nKEPT   %s%" PRId64 " snapshot%s of this VM\n",
		preview->kept_snapshots == 1 ? "the " : "all ", preview->kept_snapshots,
		plural(preview->kept_snapshots));
	hv_text_printf(text, "AFTER  the VM is %s; now it is %s%s%s\n", vm_state_name(preview->state_after),
		vm_state_name(preview->state_before), preview->stops_first ? ", it is stopped first" : "",
		preview->starts_first ? ", it is started first" : "");
	for (size_t i = 0; i < preview->risk_count; i++) {
		HV_CLEANUP_FREE char *risk = printable(preview->risks[i]);
		hv_text_printf(text, "RISK   %s\n", risk);
	}
	if (facts->act->safety_name && !preview->safety_refusal) {
		hv_text_printf(text, "FIRST  safety snapshot '%s'; the revert runs only if that succeeds\n",
			facts->act->safety_name);
	}
}

#define NAMES_SHOWN 12

static void delete_text(struct hv_text *text, const struct act_preview_facts *facts)
{
	const struct hv_preview *preview = facts->preview;
	int64_t deleted = (int64_t)preview->deleted_count;
	int64_t kept = facts->vm->snapshots > deleted ? facts->vm->snapshots - deleted : 0;
	char bytes[16];
	hv_text_printf(text, "delete %" PRId64 " snapshot%s: ", deleted, plural(deleted));
	act_preview_put_vm(text, facts);
	hv_text_puts(text, "LOST   the way back to ");
	for (size_t i = 0; i < preview->deleted_count && i < NAMES_SHOWN; i++) {
		hv_text_puts(text, i > 0 ? ", " : "");
		act_preview_put_name(text, preview->deleted_names[i]);
	}
	if (preview->deleted_count > NAMES_SHOWN) {
		hv_text_printf(text, " and %zu more", preview->deleted_count - NAMES_SHOWN);
	}
	hv_text_printf(text, "\nKEPT   the VM as it is now; %" PRId64 " other snapshot%s", kept, plural(kept));
	if (preview->reparented > 0) {
		hv_text_printf(text, "; %" PRId64 " %s another parent", preview->reparented,
			preview->reparented == 1 ? "child gets" : "children get");
	}
	hv_text_puts(text, "\nAFTER  ");
	const struct hv_node *current = find_node(facts->tree, &preview->new_current);
	if (!preview->deletes_current) {
		hv_text_puts(text, "the current snapshot stays the same");
	} else if (current) {
		act_preview_put_name(text, current->name);
		hv_text_puts(text, " is current");
	} else {
		hv_text_puts(text, "no snapshot is current");
	}
	if (preview->merged_bytes > 0) {
		hv_text_printf(text, "; the host merges %s", hv_format_bytes(preview->merged_bytes, bytes));
	}
	hv_text_puts(text, "\n");
}

static void create_text(struct hv_text *text, const struct act_preview_facts *facts)
{
	const struct hv_tree *tree = facts->tree;
	hv_text_printf(text, "take a %s snapshot", snapshot_type_name(facts->act->type));
	if (facts->act->name) {
		hv_text_puts(text, " ");
		act_preview_put_name(text, facts->act->name);
	}
	hv_text_puts(text, ": ");
	act_preview_put_vm(text, facts);
	hv_text_printf(text, "AFTER  the VM is %s as before; the new snapshot is current",
		vm_state_name(facts->vm->state));
	if (tree && tree->current >= 0) {
		hv_text_puts(text, ", below ");
		act_preview_put_name(text, tree->nodes[tree->current].name);
	}
	hv_text_puts(text, "\n");
}

void act_preview_text(struct hv_text *text, const struct act_preview_facts *facts)
{
	switch (facts->act->kind) {
	case OPERATION_REVERT_SNAPSHOT:
		revert_text(text, facts);
		break;
	case OPERATION_DELETE_SNAPSHOT:
		delete_text(text, facts);
		break;
	case OPERATION_CREATE_SNAPSHOT:
		create_text(text, facts);
		break;
	case OPERATION_ATTACH_VOLUME:
	case OPERATION_DETACH_VOLUME:
	case OPERATION_RESIZE_VOLUME:
	case OPERATION_SCALE_VM:
	case OPERATION_CREATE_VOLUME_SNAPSHOT:
	case OPERATION_DELETE_VOLUME_SNAPSHOT:
		act_preview_volume_text(text, facts);
		break;
	case OPERATION_START_VM:
	case OPERATION_STOP_VM:
	case OPERATION_EXPORT_VM:
	case OPERATION_REMOVE_VM:
	case OPERATION_DESTROY_VM:
	case OPERATION_KIND_COUNT:
		act_preview_vm_text(text, facts);
		break;
	}
	for (size_t i = 0; facts->act->kind != OPERATION_REVERT_SNAPSHOT && i < facts->preview->risk_count; i++) {
		HV_CLEANUP_FREE char *risk = printable(facts->preview->risks[i]);
		hv_text_printf(text, "RISK   %s\n", risk);
	}
	if (facts->refusal) {
		HV_CLEANUP_FREE char *refusal = printable(facts->refusal);
		hv_text_printf(text, "REFUSED %s\n", refusal);
	}
}

/* ---- JSON ---- */

static void revert_json(struct json_writer *json, const struct act_preview_facts *facts)
{
	const struct hv_preview *preview = facts->preview;
	const struct hv_node *target = find_node(facts->tree, &preview->target);
	json_put_uuid(json, "vmsnapshotid", &preview->target);
	json_put_string(json, "displayname", target ? target->name : NULL);
	json_put_time(json, "lostsince", preview->lost_since_us);
	json_put_integer_known(json, "lostbytes", preview->lost_bytes);
	json_put_integer(json, "kept", preview->kept_snapshots);
	json_put_string(json, "statebefore", vm_state_name(preview->state_before));
	json_put_string(json, "stateafter", vm_state_name(preview->state_after));
	json_put_bool(json, "stopsfirst", preview->stops_first);
	json_put_bool(json, "startsfirst", preview->starts_first);
	json_open_array(json, "risks");
	for (size_t i = 0; i < preview->risk_count; i++) {
		json_put_string(json, NULL, preview->risks[i]);
	}
	json_close_array(json);
	json_put_string(json, "safetysnapshot", facts->act->safety_name);
	json_put_string(json, "safetyrefusal", preview->safety_refusal);
}

static void delete_json(struct json_writer *json, const struct act_preview_facts *facts)
{
	const struct hv_preview *preview = facts->preview;
	json_open_array(json, "deleted");
	for (size_t i = 0; i < preview->deleted_count; i++) {
		json_open_object(json, NULL);
		json_put_uuid(json, "id", &preview->deleted[i]);
		json_put_string(json, "displayname", preview->deleted_names[i]);
		json_close_object(json);
	}
	json_close_array(json);
	json_put_integer(json, "reparented", preview->reparented);
	json_put_integer(json, "mergedbytes", preview->merged_bytes);
	json_put_bool(json, "deletescurrent", preview->deletes_current);
	json_put_uuid(json, "newcurrent", &preview->new_current);
}

static void plain_json(struct json_writer *json, const struct act_preview_facts *facts)
{
	const struct hv_act *act = facts->act;
	bool create = act->kind == OPERATION_CREATE_SNAPSHOT;
	enum vm_state after = act->kind == OPERATION_START_VM ? VM_RUNNING : VM_STOPPED;
	if (create) {
		json_put_string(json, "displayname", act->name);
		json_put_string(json, "description", act->description);
		json_put_string(json, "type", snapshot_type_name(act->type));
		json_put_bool(json, "quiesce", act->quiesce);
	}
	if (act->kind == OPERATION_STOP_VM) {
		json_put_bool(json, "forced", act->force);
	}
	json_put_string(json, "statebefore", vm_state_name(facts->vm->state));
	json_put_string(json, "stateafter", vm_state_name(create ? facts->vm->state : after));
}

void act_preview_json(struct json_writer *json, const struct act_preview_facts *facts)
{
	json_put_string(json, "operation", operation_kind_name(facts->act->kind));
	json_put_uuid(json, "virtualmachineid", &facts->vm->uuid);
	json_put_string(json, "virtualmachinename", facts->vm->name);
	json_put_string(json, "host", facts->host ? facts->host->name : NULL);
	if (facts->act->kind == OPERATION_REVERT_SNAPSHOT) {
		revert_json(json, facts);
	} else if (facts->act->kind == OPERATION_DELETE_SNAPSHOT) {
		delete_json(json, facts);
	} else if (facts->act->kind == OPERATION_DESTROY_VM) {
		act_preview_destroy_json(json, facts);
	} else if (act_preview_is_about_volumes(facts->act)) {
		act_preview_volume_json(json, facts);
	} else {
		plain_json(json, facts);
	}
	json_put_uuid(json, "current", &facts->preview->current);
	json_put_bool(json, "allowed", facts->refusal == NULL);
	json_put_string(json, "refusal", facts->refusal);
}
