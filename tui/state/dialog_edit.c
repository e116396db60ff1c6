/* The form for what a person writes about a snapshot: its name and its note. The host is not asked, so nothing can fail there. */
#include <stdlib.h>
#include <string.h>

#include "tui/state/dialog_private.h"

void dialog_open_edit(struct app *app)
{
	const struct hv_node *node = rows_snapshot(&app->cursor);
	struct dialog *dialog = dialog_begin_for_row(app, DIALOG_EDIT);
	dialog_freeze_snapshot(app, dialog);
	(void)text_field_insert(&dialog->name, node->name);
	(void)text_field_insert(&dialog->note, node->description ? node->description : "");
	dialog->note_before = hv_strdup(node->description ? node->description : "");
	dialog->focus = CONTROL_NAME;
}

void dialog_edit_controls(const struct app *app, struct control_list *list)
{
	(void)dialog_add(list, CONTROL_NAME, CONTROL_FIELD, "Name", NULL);
	(void)dialog_add(list, CONTROL_NOTE, CONTROL_FIELD, "Note", NULL);
	dialog_add_go(app, list, "Change", false);
	(void)dialog_add(list, CONTROL_CANCEL, CONTROL_BUTTON, "Cancel", NULL);
}

const char *dialog_why_no_edit(const struct app *app, char *text, size_t size)
{
	const struct dialog *dialog = &app->dialog;
	const char *name = text_field_get(&dialog->name);
	if (app->failed) {
		return app->failed;
	}
	if (strcmp(name, dialog->snapshot_name) == 0 &&
		strcmp(text_field_get(&dialog->note), dialog->note_before) == 0) {
		return "nothing is different yet";
	}
	return dialog_why_no_such_name(app, &dialog->snapshot, text, size);
}

void dialog_edit(struct app *app)
{
	struct dialog *dialog = &app->dialog;
	const char *name = text_field_get(&dialog->name);
	const char *note = text_field_get(&dialog->note);
	bool renamed = strcmp(name, dialog->snapshot_name) != 0;
	struct hv_snapshot_edit edit = {
		.vm = dialog->vm,
		.snapshot = dialog->snapshot,
		.name = renamed ? name : NULL,
		.description = strcmp(note, dialog->note_before) != 0 ? note : NULL,
		.expected_name = dialog->snapshot_name,
	};
	char *what = renamed ? hv_sprintf("%s: %s is called %s", dialog->vm_name, dialog->snapshot_name, name)
			     : hv_sprintf("%s: another note on %s", dialog->vm_name, dialog->snapshot_name);
	dialog->ticket = app_request_edit(app, &edit, what);
	dialog_sent(dialog);
	free(what);
}
