/* What stands in the dialogs about disks, volume snapshots and offerings (X2, X3, X4). */
#include "tui/view/dialog_text.h"

#include <inttypes.h>

#define NAMES_SHOWN 12

void dialog_disks_text(const struct app *app, struct sheet *sheet)
{
	const struct dialog *dialog = &app->dialog;
	const struct hv_volume *volume = dialog_volume(dialog);
	const struct vm_entry *vm = model_vm(&app->model, &dialog->vm);
	char size[16], chain[16];
	struct words words = words_vm_state(vm ? vm->vm->state : VM_UNKNOWN);
	sheet_add(sheet, ROLE_TEXT, "VM", "%s is %s", dialog->vm_name, vm ? words.text : "gone");
	if (!dialog->tree) {
		sheet_add(sheet, ROLE_DIM, NULL, "Reading its disks ...");
	}
	if (volume) {
		sheet_add(sheet, ROLE_TEXT, "disk", "%s, %s, takes %s on the host%s", volume->name,
			hv_format_bytes(volume->size_bytes, size), hv_format_bytes(volume->chain_bytes, chain),
			volume->root ? "; the VM starts from it" : "");
		sheet_add(sheet, ROLE_DIM, "file", "%s", volume->path);
	}
	sheet_add(sheet, ROLE_TEXT, NULL, "Space shows the next one. Attach takes a file; with a size it makes one.");
}

void dialog_copy_text(const struct app *app, struct sheet *sheet)
{
	const struct dialog *dialog = &app->dialog;
	char time[32];
	sheet_add(sheet, ROLE_TEXT, "this", "%s, taken %s", dialog->snapshot_name,
		view_time(dialog->snapshot_created_us, time));
	sheet_add(sheet, ROLE_TEXT, NULL, " ");
	sheet_add(sheet, ROLE_DANGER, "LOST", "this copy, %s", dialog->note_before);
	sheet_add(sheet, ROLE_OK, "KEPT", "the VM, its disks and its snapshots as they are");
}

void dialog_offering_text(const struct app *app, struct sheet *sheet)
{
	const struct dialog *dialog = &app->dialog;
	const struct vm_entry *vm = model_vm(&app->model, &dialog->vm);
	const struct hv_offering *offering = dialog_offering(dialog);
	char size[16];
	if (!vm) {
		sheet_add(sheet, ROLE_WARN, NULL, "! this VM is gone");
		return;
	}
	sheet_add(sheet, ROLE_TEXT, "from", "%s: %" PRId64 " CPUs, %s memory",
		vm->vm->offering ? vm->vm->offering : "none", vm->vm->cpus, hv_format_bytes(vm->vm->memory_bytes, size));
	if (offering) {
		sheet_add(sheet, ROLE_TEXT, "to", "%s: %" PRId64 " CPUs, %s memory; Space shows the next", offering->name,
			offering->cpus, hv_format_bytes(offering->memory_bytes, size));
	}
}

static void add_discarded(struct sheet *sheet, const struct hv_preview *preview)
{
	struct hv_text names = HV_TEXT_INIT;
	for (size_t i = 0; i < preview->deleted_count && i < NAMES_SHOWN; i++) {
		hv_text_printf(&names, "%s%s", i ? ", " : "", preview->deleted_names[i]);
	}
	if (preview->deleted_count > NAMES_SHOWN) {
		hv_text_printf(&names, " and %zu more", preview->deleted_count - NAMES_SHOWN);
	}
	sheet_add(sheet, ROLE_DANGER, "LOST", "%zu memory %s: %s", preview->deleted_count,
		preview->deleted_count == 1 ? "snapshot" : "snapshots", hv_text_get(&names));
	hv_text_clear(&names);
}

void dialog_offering_notes(const struct app *app, struct sheet *sheet)
{
	const struct hv_preview *preview = app->dialog.preview;
	if (!preview || preview->refusal) {
		return;
	}
	sheet_add(sheet, ROLE_TEXT, NULL, " ");
	if (preview->deleted_count > 0) {
		add_discarded(sheet, preview);
	}
	sheet_add(sheet, ROLE_OK, "KEPT", "its disk snapshots, and what is on its disks");
	sheet_add(sheet, ROLE_TEXT, "AFTER", "the VM is off; a revert to a disk snapshot brings its sizes back");
}
