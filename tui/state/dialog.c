#include "tui/state/dialog.h"

#include <stdlib.h>
#include <string.h>

#include "tui/state/dialog_private.h"

static const struct control *find(const struct control *controls, size_t count, enum control_id id)
{
	for (size_t i = 0; i < count; i++) {
		if (controls[i].id == id) {
			return &controls[i];
		}
	}
	return NULL;
}

/* The focus never rests on what cannot be used; it falls back to the safe button. */
static const struct control *focused(struct app *app, const struct control *controls, size_t count)
{
	const struct control *control = find(controls, count, app->dialog.focus);
	if (!control || !control->enabled) {
		app->dialog.focus = CONTROL_CANCEL;
		control = find(controls, count, CONTROL_CANCEL);
	}
	return control ? control : controls; /* every dialog has a Cancel */
}

void dialog_move_focus(struct app *app, int step)
{
	struct control controls[DIALOG_CONTROLS_MAX];
	size_t count = dialog_controls(app, controls);
	size_t at = (size_t)(focused(app, controls, count) - controls);
	do {
		at = (at + count + (size_t)(step + (int)count)) % count;
	} while (!controls[at].enabled);
	app->dialog.focus = controls[at].id;
}

void dialog_dismiss(struct app *app)
{
	const struct dialog_form *form = dialog_form(app->dialog.kind);
	if (form->dismiss) {
		form->dismiss(app);
	}
	dialog_close(app);
}

/* ---- keys ---- */

const struct text_field *dialog_field(const struct dialog *dialog, enum control_id id)
{
	return id == CONTROL_NAME ? &dialog->name : id == CONTROL_NOTE ? &dialog->note : &dialog->typed;
}

static struct text_field *edited_field(struct dialog *dialog, enum control_id id)
{
	return (struct text_field *)(uintptr_t)dialog_field(dialog, id);
}

/* Keys that mean the same on every control. */
static bool common_key(struct app *app, struct key key)
{
	switch (key.code) {
	case KEY_CODE_ESCAPE:
		dialog_dismiss(app);
		return true;
	case KEY_CODE_TAB:
	case KEY_CODE_DOWN:
		dialog_move_focus(app, 1);
		return true;
	case KEY_CODE_BACKTAB:
	case KEY_CODE_UP:
		dialog_move_focus(app, -1);
		return true;
	case KEY_CODE_PAGE_DOWN:
		app->dialog.scroll += app->dialog.scroll < DIALOG_SCROLL_MAX ? 3 : 0;
		return true;
	case KEY_CODE_PAGE_UP:
		app->dialog.scroll -= app->dialog.scroll < 3 ? app->dialog.scroll : 3;
		return true;
	case KEY_CODE_CONTROL: {
		enum tui_action action = keymap_find(&app->keymap, app_place(app), key);
		if (action == TUI_ACTION_INTERRUPT) {
			dialog_dismiss(app);
			return true;
		}
		if (action == TUI_ACTION_REPAINT || action == TUI_ACTION_SUSPEND) {
			app_run(app, action);
			return true;
		}
		return false; /* a field has letters of its own */
	}
	default:
		return false;
	}
}

/* From everywhere but a field: `x`, if the dialog has commands to show. */
static void show_commands(struct app *app)
{
	struct control controls[DIALOG_CONTROLS_MAX];
	size_t count = dialog_controls(app, controls);
	if (find(controls, count, CONTROL_COMMANDS)) {
		dialog_press(app, CONTROL_COMMANDS);
	}
}

static void control_key(struct app *app, const struct control *control, struct key key, const char *paste)
{
	struct dialog *dialog = &app->dialog;
	bool secret = control->id == CONTROL_SECRET;
	struct text_field *field =
		control->kind == CONTROL_FIELD && !secret ? edited_field(dialog, control->id) : NULL;
	if ((field && text_field_key(field, key, paste)) ||
		(secret && secret_field_key(&dialog->secret, key, paste))) {
		return;
	}
	if (!field && key.code == KEY_CODE_CHARACTER && key.character == 'x') {
		show_commands(app);
	} else if (key.code == KEY_CODE_PASTE) {
		app_say(app, ROLE_WARN, "paste ignored: there is no field to paste into");
	} else if (key.code == KEY_CODE_LEFT || key.code == KEY_CODE_RIGHT) {
		dialog_move_focus(app, key.code == KEY_CODE_LEFT ? -1 : 1);
	} else if (key.code == KEY_CODE_ENTER && control->kind == CONTROL_CHECK) {
		/* Tab Enter by habit, before the buttons can be used, must not switch the safety snapshot off */
		app_say(app, ROLE_INFO, "Space switches it on and off");
	} else if (key.code == KEY_CODE_ENTER) {
		dialog_press(app, control->id);
	} else if (key.code == KEY_CODE_CHARACTER && key.character == ' ' &&
		   (control->kind == CONTROL_CHOICE || control->kind == CONTROL_CHECK)) {
		dialog_press(app, control->id);
	}
}

void dialog_key(struct app *app, struct key key, const char *paste)
{
	struct control controls[DIALOG_CONTROLS_MAX];
	app->dirty = true;
	if (common_key(app, key)) {
		return;
	}
	size_t count = dialog_controls(app, controls);
	control_key(app, focused(app, controls, count), key, paste);
	/* a key may have switched off what has the focus */
	if (app->dialog.kind != DIALOG_NONE) {
		count = dialog_controls(app, controls);
		(void)focused(app, controls, count);
	}
}

/* ---- events ---- */

/* A number for what the controls look like, to see whether an event changed them. */
static uint64_t fingerprint(const struct control *controls, size_t count)
{
	uint64_t sum = UINT64_C(1469598103934665603) + count;
	for (size_t i = 0; i < count; i++) {
		sum = (sum ^ (uint64_t)(controls[i].enabled ? 1 : 2)) * UINT64_C(1099511628211);
		for (const char *p = controls[i].reason; *p; p++) {
			sum = (sum ^ (uint64_t)(unsigned char)*p) * UINT64_C(1099511628211);
		}
	}
	return sum;
}

/* X1: a form without a confirmation is not stopped, but no key that is under way does the other than what it showed. */
static void follow_holder(struct app *app)
{
	struct dialog *dialog = &app->dialog;
	bool held = dialog_vm_is_held(app);
	bool follows = dialog_form(dialog->kind)->may_wait && !dialog_form(dialog->kind)->confirms;
	if (follows && dialog->phase == DIALOG_READY && held != dialog->queues) {
		dialog->queues = held;
		dialog->focus = CONTROL_CANCEL;
		app->dirty = true;
	}
}

void dialog_review(struct app *app)
{
	struct dialog *dialog = &app->dialog;
	char text[256];
	if (dialog->kind == DIALOG_NONE) {
		return;
	}
	set_review(app);
	if (dialog_form(dialog->kind)->confirms && dialog->phase == DIALOG_READY) {
		const char *changed = dialog_what_changed(app, text, sizeof text);
		if (changed) {
			dialog_stop_and_show(app, changed);
		}
	}
	follow_holder(app);
	struct control controls[DIALOG_CONTROLS_MAX];
	size_t count = dialog_controls(app, controls);
	(void)focused(app, controls, count);
	uint64_t now = fingerprint(controls, count);
	app->dirty = app->dirty || now != dialog->controls_seen;
	dialog->controls_seen = now;
}

static bool is_mine(const struct app *app, uint64_t ticket)
{
	return app->dialog.kind != DIALOG_NONE && ticket != 0 && app->dialog.ticket == ticket;
}

/* What an undo goes back to is frozen with the preview that shows it. */
static void freeze_undo(struct dialog *dialog)
{
	const struct hv_preview *preview = dialog->preview;
	dialog->snapshot = preview->target;
	hv_replace_string(&dialog->snapshot_name, preview->target_name);
	dialog->snapshot_created_us = preview->target_created_us;
	dialog->snapshot_type = preview->target_type;
}

/* In a group that asks for no more, Enter does what was asked for: what it loses has been shown. */
static void focus_when_mild(struct app *app)
{
	char reason[300];
	struct dialog *dialog = &app->dialog;
	bool mild = policy_confirm(app, dialog->group_name) == CONFIRM_FORM;
	if (mild && dialog->focus == CONTROL_CANCEL && !dialog_why_not(app, reason, sizeof reason)) {
		dialog->focus = CONTROL_GO;
	}
}

bool dialog_previewed(struct app *app, uint64_t ticket, const struct hv_preview *preview)
{
	struct dialog *dialog = &app->dialog;
	if (!is_mine(app, ticket) || dialog->phase != DIALOG_ASKING) {
		return false;
	}
	dialog->preview = hv_preview_ref(preview);
	dialog->phase = DIALOG_READY;
	if (dialog->undo) {
		freeze_undo(dialog);
	}
	focus_when_mild(app);
	app->dirty = true;
	return true;
}

bool dialog_accepted(struct app *app, uint64_t ticket)
{
	if (!is_mine(app, ticket)) {
		return false;
	}
	dialog_close(app);
	return true;
}

bool dialog_refused(struct app *app, uint64_t ticket, const struct hv_error *error)
{
	struct dialog *dialog = &app->dialog;
	if (!is_mine(app, ticket)) {
		return false;
	}
	if (dialog_form(dialog->kind)->keeps_typed) {
		dialog->phase = DIALOG_READY;
		dialog->focus = CONTROL_NAME;
		hv_replace_string(&dialog->problem, error->text);
		app->dirty = true;
		return true;
	}
	if (dialog->phase == DIALOG_ASKING) {
		char *text = hv_sprintf("%s: no %s: %s.", dialog->vm_name, dialog->undo ? "undo" : "preview", error->text);
		dialog_open_message(app, "NOT POSSIBLE", text, NULL);
		free(text);
		return true;
	}
	dialog_close(app);
	return false;
}
