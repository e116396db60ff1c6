/* Disks, volume snapshots and offerings (X2, X3, X4): one form with several acts, and two confirmations. */
#include <stdio.h>
#include <stdlib.h>

#include "tui/state/border.h"
#include "tui/state/dialog_private.h"

/* ---- what is chosen ---- */

const struct hv_volume *dialog_volume(const struct dialog *dialog)
{
	const struct hv_tree *tree = dialog->tree;
	return tree && tree->volume_count > 0 ? &tree->volumes[dialog->pick % tree->volume_count] : NULL;
}

const struct hv_volume_snapshot *dialog_copy(const struct dialog *dialog)
{
	const struct hv_tree *tree = dialog->tree;
	size_t count = tree ? tree->volume_snapshot_count : 0;
	return count > 0 ? &tree->volume_snapshots[dialog->pick_copy % count] : NULL;
}

const struct hv_offering *dialog_offering(const struct dialog *dialog)
{
	const struct hv_offering_list *list = dialog->offerings;
	return list && list->count > 0 ? &list->rows[dialog->pick % list->count] : NULL;
}

/* ---- opening, and what comes in ---- */

void dialog_open_disks(struct app *app)
{
	struct dialog *dialog = dialog_begin_for_row(app, DIALOG_DISKS);
	const struct vm_entry *vm = rows_vm(&app->cursor);
	if (vm->tree) {
		dialog->tree = hv_tree_ref(vm->tree);
	} else {
		app_effect(app, APP_EFFECT_OPEN_VM, &dialog->vm);
	}
}

void dialog_take_tree(struct app *app, const struct hv_tree *tree)
{
	struct dialog *dialog = &app->dialog;
	if (dialog->kind != DIALOG_DISKS || !hv_uuid_equal(&dialog->vm, &tree->vm)) {
		return;
	}
	const struct hv_volume *chosen = dialog_volume(dialog);
	struct hv_uuid id = chosen ? chosen->id : (struct hv_uuid){{0}};
	const struct hv_tree *cleaned = border_tree(tree);
	for (size_t i = 0; i < cleaned->volume_count; i++) { /* the choice follows the volume, not its place */
		dialog->pick = hv_uuid_equal(&cleaned->volumes[i].id, &id) ? i : dialog->pick;
	}
	const struct hv_volume_snapshot *copy = dialog_copy(dialog);
	id = copy ? copy->id : (struct hv_uuid){{0}};
	for (size_t i = 0; i < cleaned->volume_snapshot_count; i++) {
		dialog->pick_copy = hv_uuid_equal(&cleaned->volume_snapshots[i].id, &id) ? i : dialog->pick_copy;
	}
	hv_tree_unref(dialog->tree);
	dialog->tree = cleaned;
	app->dirty = true;
}

void dialog_open_offering(struct app *app)
{
	struct dialog *dialog = dialog_begin_for_row(app, DIALOG_OFFERING);
	dialog->phase = DIALOG_ASKING;
	dialog->ticket = app_request(app, APP_EFFECT_OFFERINGS, NULL, NULL, "offerings");
}

/* The first that is not the VM's own is proposed. */
bool dialog_take_offerings(struct app *app, uint64_t ticket, const struct hv_offering_list *offerings)
{
	struct dialog *dialog = &app->dialog;
	const struct vm_entry *vm = model_vm(&app->model, &dialog->vm);
	if (dialog->kind != DIALOG_OFFERING || dialog->ticket != ticket || offerings->count == 0) {
		return false;
	}
	hv_offering_list_unref(dialog->offerings);
	dialog->offerings = hv_offering_list_ref(offerings);
	const char *own = vm && vm->vm->offering ? vm->vm->offering : "";
	dialog->pick = offerings->count > 1 && hv_text_same_name(offerings->rows[0].name, own) ? 1 : 0;
	dialog_ask_preview(app);
	return true;
}

/* ---- choices ---- */

static const char no_copy_text[] = "it has no volume snapshot";

void dialog_pick_next(struct app *app)
{
	struct dialog *dialog = &app->dialog;
	size_t count = dialog->kind == DIALOG_OFFERING ? (dialog->offerings ? dialog->offerings->count : 0)
		       : dialog->tree			? dialog->tree->volume_count
							: 0;
	dialog->pick = count > 0 ? (dialog->pick + 1) % count : 0;
	if (dialog->kind == DIALOG_OFFERING && count > 0) {
		(void)app_answered(app, dialog->ticket, NULL, NULL); /* an answer to the former choice is nobody's */
		dialog_ask_preview(app);
	}
}

void dialog_pick_next_copy(struct app *app)
{
	struct dialog *dialog = &app->dialog;
	size_t count = dialog->tree ? dialog->tree->volume_snapshot_count : 0;
	dialog->pick_copy = count > 0 ? (dialog->pick_copy + 1) % count : 0;
}

/* ---- reasons ---- */

/* Enter in a field goes on: which of the acts is meant, a button says. */
const char *dialog_why_no_disks(const struct app *app, char *text, size_t size)
{
	(void)app;
	(void)text;
	(void)size;
	return "choose what to do";
}

static bool typed_size(const struct dialog *dialog, int64_t *ret_bytes)
{
	return hv_parse_bytes(text_field_get(&dialog->note), ret_bytes);
}

static const char *why_no_attach(const struct app *app, char *text, size_t size)
{
	const char *refusal = dialog_rule_refuses(app, ACTION_VOLUME_ATTACH, text, size);
	const char *typed = text_field_get(&app->dialog.note);
	int64_t bytes;
	if (refusal) {
		return refusal;
	}
	if (text_field_get(&app->dialog.name)[0] == '\0') {
		return "type the disk's file on the host, such as D:\\disks\\data.vhdx";
	}
	return typed[0] == '\0' || typed_size(&app->dialog, &bytes) ? NULL : "a size is written as 512M, 40G or 2T";
}

static const char *why_no_volume(const struct app *app, enum action action, char *text, size_t size)
{
	const char *refusal = dialog_rule_refuses(app, action, text, size);
	const struct hv_volume *volume = dialog_volume(&app->dialog);
	if (refusal || !volume) {
		return refusal ? refusal : "its disks are not read yet";
	}
	return action == ACTION_VOLUME_DETACH && volume->root ? "the VM starts from this disk" : NULL;
}

static const char *why_no_resize(const struct app *app, char *text, size_t size)
{
	const char *refusal = why_no_volume(app, ACTION_VOLUME_RESIZE, text, size);
	const struct hv_volume *volume = dialog_volume(&app->dialog);
	int64_t bytes;
	if (refusal) {
		return refusal;
	}
	if (!typed_size(&app->dialog, &bytes)) {
		return "type its new size, such as 40G";
	}
	return bytes < volume->size_bytes ? "a disk only grows" : NULL;
}

static const char *why_no_delete_copy(const struct app *app, char *text, size_t size)
{
	const struct hv_volume_snapshot *copy = dialog_copy(&app->dialog);
	return copy ? dialog_rule_refuses(app, ACTION_VOLUME_SNAPSHOT_DELETE, text, size) : no_copy_text;
}

const char *dialog_why_no_copy_delete(const struct app *app, char *text, size_t size)
{
	return dialog_why_no_confirmation(app, ACTION_VOLUME_SNAPSHOT_DELETE, text, size);
}

const char *dialog_why_no_offering(const struct app *app, char *text, size_t size)
{
	return app->dialog.offerings ? dialog_why_no_confirmation(app, ACTION_VM_SCALE, text, size)
				     : "waiting for the offerings";
}

/* ---- controls ---- */

static void add_pick(struct control_list *list, enum control_id id, const char *noun, size_t at, size_t count,
	const char *name)
{
	char label[128];
	(void)snprintf(label, sizeof label, "%s %zu of %zu: %.40s", noun, at, count, name);
	dialog_add(list, id, CONTROL_CHOICE, label, NULL)->chosen = true;
}

void dialog_disks_controls(const struct app *app, struct control_list *list)
{
	const struct dialog *dialog = &app->dialog;
	const struct hv_volume *volume = dialog_volume(dialog);
	const struct hv_volume_snapshot *copy = dialog_copy(dialog);
	char text[5][256];
	if (volume) {
		add_pick(list, CONTROL_PICK, "disk", dialog->pick + 1, dialog->tree->volume_count, volume->name);
	}
	(void)dialog_add(list, CONTROL_NAME, CONTROL_FIELD, "File", NULL);
	(void)dialog_add(list, CONTROL_NOTE, CONTROL_FIELD, "Size", NULL);
	if (copy) {
		add_pick(list, CONTROL_PICK_COPY, "volume snapshot", dialog->pick_copy + 1,
			dialog->tree->volume_snapshot_count, copy->name);
	}
	(void)dialog_add(list, CONTROL_CANCEL, CONTROL_BUTTON, "Cancel", NULL);
	(void)dialog_add(list, CONTROL_ATTACH, CONTROL_BUTTON,
		dialog_label(app, ACTION_VOLUME_ATTACH, "Attach", "Queue attach"), why_no_attach(app, text[0], sizeof text[0]));
	(void)dialog_add(list, CONTROL_DETACH, CONTROL_BUTTON,
		dialog_label(app, ACTION_VOLUME_DETACH, "Detach", "Queue detach"),
		why_no_volume(app, ACTION_VOLUME_DETACH, text[1], sizeof text[1]));
	(void)dialog_add(list, CONTROL_RESIZE, CONTROL_BUTTON,
		dialog_label(app, ACTION_VOLUME_RESIZE, "Enlarge", "Queue enlarge"), why_no_resize(app, text[2], sizeof text[2]));
	(void)dialog_add(list, CONTROL_COPY, CONTROL_BUTTON,
		dialog_label(app, ACTION_VOLUME_SNAPSHOT_CREATE, "Copy", "Queue copy"),
		why_no_volume(app, ACTION_VOLUME_SNAPSHOT_CREATE, text[3], sizeof text[3]));
	if (copy) {
		dialog_add(list, CONTROL_DELETE_COPY, CONTROL_BUTTON, "Delete copy",
			why_no_delete_copy(app, text[4], sizeof text[4]))
			->danger = true;
	}
}

void dialog_copy_controls(const struct app *app, struct control_list *list)
{
	dialog_add_name(app, list);
	dialog_add_confirm(app, list, "Delete");
}

void dialog_offering_controls(const struct app *app, struct control_list *list)
{
	const struct hv_offering *offering = dialog_offering(&app->dialog);
	if (offering && app->dialog.phase != DIALOG_CHANGED) {
		add_pick(list, CONTROL_PICK, "offering", app->dialog.pick + 1, app->dialog.offerings->count, offering->name);
	}
	dialog_add_name(app, list);
	dialog_add_confirm(app, list, "Change");
}

/* ---- acts ---- */

void dialog_fill_copy_delete(const struct dialog *dialog, struct hv_act *act)
{
	act->kind = OPERATION_DELETE_VOLUME_SNAPSHOT;
	act->volume_snapshot = dialog->copy;
}

void dialog_fill_offering(const struct dialog *dialog, struct hv_act *act)
{
	const struct hv_offering *offering = dialog_offering(dialog);
	act->kind = OPERATION_SCALE_VM;
	act->offering = offering ? offering->name : NULL;
	if (dialog->preview) { /* X4: who confirms has seen these, and loses no others */
		act->expect_discards = true;
		act->discards = dialog->preview->deleted;
		act->discard_count = dialog->preview->deleted_count;
	}
}

static void send(struct app *app, const struct hv_act *act, const char *verb, const char *name)
{
	HV_CLEANUP_FREE char *what = hv_sprintf("%s %s", verb, name);
	dialog_send(app, act, what);
}

void dialog_attach(struct app *app)
{
	const struct dialog *dialog = &app->dialog;
	struct hv_act act = {.kind = OPERATION_ATTACH_VOLUME, .vm = dialog->vm, .path = text_field_get(&dialog->name),
		.queue = dialog->queues};
	(void)typed_size(dialog, &act.size_bytes);
	send(app, &act, "attach", act.path);
}

void dialog_detach(struct app *app)
{
	const struct hv_volume *volume = dialog_volume(&app->dialog);
	if (!volume) { /* it went while the dialog was open */
		return;
	}
	struct hv_act act = {.kind = OPERATION_DETACH_VOLUME, .vm = app->dialog.vm, .volume = volume->id,
		.queue = app->dialog.queues};
	send(app, &act, "detach", volume->name);
}

void dialog_resize(struct app *app)
{
	const struct hv_volume *volume = dialog_volume(&app->dialog);
	if (!volume) {
		return;
	}
	struct hv_act act = {.kind = OPERATION_RESIZE_VOLUME, .vm = app->dialog.vm, .volume = volume->id,
		.queue = app->dialog.queues};
	(void)typed_size(&app->dialog, &act.size_bytes);
	send(app, &act, "enlarge", volume->name);
}

void dialog_make_copy(struct app *app)
{
	const struct hv_volume *volume = dialog_volume(&app->dialog);
	if (!volume) {
		return;
	}
	struct hv_act act = {.kind = OPERATION_CREATE_VOLUME_SNAPSHOT, .vm = app->dialog.vm, .volume = volume->id,
		.queue = app->dialog.queues};
	send(app, &act, "volume snapshot of", volume->name);
}

/* What it loses is for good: a dialog of its own, with Cancel first. */
void dialog_ask_copy_delete(struct app *app)
{
	struct dialog *dialog = &app->dialog;
	const struct hv_volume_snapshot *copy = dialog_copy(dialog);
	char size[16];
	if (!copy) {
		return;
	}
	dialog->copy = copy->id;
	dialog->snapshot_name = hv_strdup(copy->name);
	dialog->snapshot_created_us = copy->created_us;
	dialog->note_before = hv_sprintf("%s of %s", hv_format_bytes(copy->size_bytes, size),
		copy->volume_name ? copy->volume_name : "a disk");
	const struct vm_entry *vm = model_vm(&app->model, &dialog->vm);
	if (vm && !vm->node.open) {
		app_effect(app, APP_EFFECT_CLOSE_VM, &dialog->vm);
	}
	dialog->kind = DIALOG_COPY_DELETE;
	dialog->focus = CONTROL_CANCEL;
	dialog_ask_preview(app);
}
