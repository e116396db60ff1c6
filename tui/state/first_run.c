/* The first start on a store without hosts: a host to be added, or the demo to be looked at. */
#include <stdlib.h>
#include <string.h>

#include "tui/state/dialog_private.h"

#define FIRST_GROUP "hosts"

void dialog_open_first_run(struct app *app)
{
	struct dialog *dialog = dialog_begin(app, DIALOG_FIRST_RUN);
	(void)text_field_insert(&dialog->note, FIRST_GROUP);
	dialog->focus = CONTROL_NAME;
}

void dialog_first_run_controls(const struct app *app, struct control_list *list)
{
	(void)dialog_add(list, CONTROL_NAME, CONTROL_FIELD, "Host", NULL);
	(void)dialog_add(list, CONTROL_NOTE, CONTROL_FIELD, "Group", NULL);
	dialog_add_go(app, list, "Add this host", false);
	(void)dialog_add(list, CONTROL_DEMO, CONTROL_BUTTON, "Look at the demo", NULL);
	(void)dialog_add(list, CONTROL_CANCEL, CONTROL_BUTTON, "Later", NULL);
}

const char *dialog_why_no_host(const struct app *app, char *text, size_t size)
{
	const char *address = text_field_get(&app->dialog.name);
	(void)text;
	(void)size;
	if (!hv_text_is_name(address, DIALOG_TEXT_MAX) || strchr(address, ' ')) {
		return "type its address: [USER@]HOST[:PORT]";
	}
	return hv_text_is_name(text_field_get(&app->dialog.note), DIALOG_TEXT_MAX) ? NULL : "a group needs a name";
}

void dialog_add_host(struct app *app)
{
	struct dialog *dialog = &app->dialog;
	dialog->ticket = app_add_host(app, text_field_get(&dialog->name), text_field_get(&dialog->note));
	dialog->phase = DIALOG_SENT;
	dialog->focus = CONTROL_CANCEL;
	hv_replace_string(&dialog->problem, NULL);
}

void dialog_look_at_demo(struct app *app)
{
	dialog_close(app);
	app_effect(app, APP_EFFECT_DEMO, NULL);
}
