/* The controls of each dialog as they are now: what the keys move between and what the view draws. */
#include <stdio.h>
#include <string.h>

#include "tui/state/dialog_private.h"

struct control *dialog_add(struct control_list *list, enum control_id id, enum control_kind kind, const char *label,
	const char *reason)
{
	struct control *control = &list->items[list->count++];
	*control = (struct control){.id = id, .kind = kind, .enabled = reason == NULL};
	(void)snprintf(control->label, sizeof control->label, "%s", label);
	(void)snprintf(control->reason, sizeof control->reason, "%s", reason ? reason : "");
	return control;
}

void dialog_add_go(const struct app *app, struct control_list *list, const char *label, bool danger)
{
	char text[256];
	const char *shown = dialog_waits(&app->dialog) ? "Queue behind it" : label;
	struct control *go = dialog_add(
		list, CONTROL_GO, CONTROL_BUTTON, shown, dialog_why_not(app, text, sizeof text));
	go->danger = danger;
}

void dialog_take_controls(const struct app *app, struct control_list *list)
{
	char text[256];
	const struct dialog *dialog = &app->dialog;
	(void)dialog_add(list, CONTROL_NAME, CONTROL_FIELD, "Name", NULL);
	(void)dialog_add(list, CONTROL_NOTE, CONTROL_FIELD, "Note", NULL);
	struct control *disk = dialog_add(list, CONTROL_DISK, CONTROL_CHOICE, "Disk",
		dialog_why_no_type(app, SNAPSHOT_DISK, text, sizeof text));
	disk->chosen = dialog->type == SNAPSHOT_DISK;
	struct control *memory = dialog_add(list, CONTROL_MEMORY, CONTROL_CHOICE, "Disk and memory",
		dialog_why_no_type(app, SNAPSHOT_DISK_AND_MEMORY, text, sizeof text));
	memory->chosen = dialog->type == SNAPSHOT_DISK_AND_MEMORY;
	if (dialog->queues) { /* the safe one first */
		(void)dialog_add(list, CONTROL_CANCEL, CONTROL_BUTTON, "Cancel", NULL);
	}
	dialog_add_go(app, list, "Take", false);
	if (!dialog->queues) {
		(void)dialog_add(list, CONTROL_CANCEL, CONTROL_BUTTON, "Cancel", NULL);
	}
	dialog_add_commands(app, list);
}

void dialog_add_commands(const struct app *app, struct control_list *list)
{
	(void)dialog_add(list, CONTROL_COMMANDS, CONTROL_BUTTON, app->dialog.commands_shown ? "Show effects" : "Show commands",
		NULL);
}

void dialog_add_confirm(const struct app *app, struct control_list *list, const char *act)
{
	(void)dialog_add(list, CONTROL_CANCEL, CONTROL_BUTTON, "Cancel", NULL);
	if (app->dialog.phase == DIALOG_CHANGED) {
		(void)dialog_add(list, CONTROL_GO, CONTROL_BUTTON, "Look again", NULL);
	} else {
		dialog_add_go(app, list, act, true);
		dialog_add_commands(app, list);
	}
}

bool dialog_takes_safety(const struct dialog *dialog)
{
	return !dialog->no_safety && dialog->preview && !dialog->preview->safety_refusal;
}

void dialog_add_name(const struct app *app, struct control_list *list)
{
	if (app->dialog.phase != DIALOG_CHANGED && dialog_needs_name(app)) {
		(void)dialog_add(list, CONTROL_TYPED, CONTROL_FIELD, "VM name", NULL);
	}
}

void dialog_revert_controls(const struct app *app, struct control_list *list)
{
	const struct dialog *dialog = &app->dialog;
	char label[64];
	dialog_add_name(app, list);
	if (dialog->phase != DIALOG_CHANGED) {
		(void)snprintf(label, sizeof label, "safety snapshot first '%s'", dialog->safety_name);
		struct control *safety = dialog_add(list, CONTROL_SAFETY, CONTROL_CHECK, label,
			dialog->preview ? dialog->preview->safety_refusal : NULL);
		safety->chosen = !dialog->no_safety && safety->enabled;
	}
	dialog_add_confirm(app, list, dialog->undo ? "Undo" : "Revert");
}

static void scope_choice(const struct dialog *dialog, struct control_list *list, enum control_id id,
	enum dialog_scope scope, const char *label)
{
	bool has_snapshot = !hv_uuid_is_nil(&dialog->snapshot);
	const char *reason = NULL;
	if (scope != SCOPE_ALL && !has_snapshot) {
		reason = "no snapshot was chosen";
	} else if (scope == SCOPE_SUBTREE && dialog->below == 0) {
		reason = "nothing is below it";
	}
	struct control *choice = dialog_add(list, id, CONTROL_CHOICE, label, reason);
	choice->chosen = dialog->scope == scope;
}

void dialog_delete_controls(const struct app *app, struct control_list *list)
{
	const struct dialog *dialog = &app->dialog;
	char label[48];
	if (!hv_uuid_is_nil(&dialog->snapshot)) {
		scope_choice(dialog, list, CONTROL_SCOPE_ONE, SCOPE_ONE, "this one");
		(void)snprintf(label, sizeof label, "this one and all %zu below it", dialog->below);
		scope_choice(dialog, list, CONTROL_SCOPE_SUBTREE, SCOPE_SUBTREE,
			dialog->below ? label : "this one and all below it");
	}
	scope_choice(dialog, list, CONTROL_SCOPE_ALL, SCOPE_ALL, "all snapshots of this VM");
	dialog_add_name(app, list);
	dialog_add_confirm(app, list, "Delete");
}

void dialog_power_controls(const struct app *app, struct control_list *list)
{
	char start[256], stop[256], destroy[256];
	const char *no_start = dialog_why_no_power(app, ACTION_VM_START, start, sizeof start);
	const char *no_stop = dialog_why_no_power(app, ACTION_VM_STOP, stop, sizeof stop);
	dialog_add_name(app, list);
	(void)dialog_add(list, CONTROL_CANCEL, CONTROL_BUTTON, "Cancel", NULL);
	(void)dialog_add(list, CONTROL_START, CONTROL_BUTTON, dialog_label(app, ACTION_VM_START, "Start", "Queue start"),
		no_start);
	(void)dialog_add(list, CONTROL_SHUT_DOWN, CONTROL_BUTTON,
		dialog_label(app, ACTION_VM_STOP, "Shut down", "Queue shut down"), no_stop);
	const char *no_name = dialog_why_no_name(app);
	dialog_add(list, CONTROL_TURN_OFF, CONTROL_BUTTON,
		dialog_label(app, ACTION_VM_STOP, "Turn off", "Queue turn off"), no_stop ? no_stop : no_name)
		->danger = true;
	(void)dialog_add(list, CONTROL_DESTROY, CONTROL_BUTTON, "Destroy...",
		dialog_why_no_power(app, ACTION_VM_DESTROY, destroy, sizeof destroy));
}

void dialog_destroy_controls(const struct app *app, struct control_list *list)
{
	dialog_add_name(app, list);
	dialog_add_confirm(app, list, "Destroy");
}

void dialog_quit_controls(const struct app *app, struct control_list *list)
{
	(void)app;
	(void)dialog_add(list, CONTROL_CANCEL, CONTROL_BUTTON, "Stay", NULL);
	(void)dialog_add(list, CONTROL_GO, CONTROL_BUTTON, "Quit", NULL);
}

void dialog_message_controls(const struct app *app, struct control_list *list)
{
	(void)app;
	(void)dialog_add(list, CONTROL_CANCEL, CONTROL_BUTTON, "OK", NULL);
}

size_t dialog_controls(const struct app *app, struct control controls[DIALOG_CONTROLS_MAX])
{
	struct control_list list = {controls, 0};
	const struct dialog_form *form = dialog_form(app->dialog.kind);
	if (app->dialog.phase == DIALOG_SENT) {
		(void)dialog_add(&list, CONTROL_CANCEL, CONTROL_BUTTON, "Close", NULL);
	} else if (form->controls) {
		form->controls(app, &list);
	}
	return list.count;
}
