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

static void move_focus(struct app *app, int step)
{
	struct control controls[DIALOG_CONTROLS_MAX];
	size_t count = dialog_controls(app, controls);
	size_t at = (size_t)(focused(app, controls, count) - controls);
	do {
		at = (at + count + (size_t)(step + (int)count)) % count;
	} while (!controls[at].enabled);
	app->dialog.focus = controls[at].id;
}

/* ---- acts ---- */

static void send(struct app *app, struct hv_act *act, const char *verb)
{
	struct dialog *dialog = &app->dialog;
	act->vm = dialog->vm;
	char *what = dialog->snapshot_name && !act->all
			     ? hv_sprintf("%s: %s %s", dialog->vm_name, verb, dialog->snapshot_name)
			     : hv_sprintf("%s: %s", dialog->vm_name, verb);
	dialog->ticket = app_request(app, APP_EFFECT_ACT, NULL, act, what);
	dialog->phase = DIALOG_SENT;
	dialog->focus = CONTROL_CANCEL;
	free(dialog->problem);
	dialog->problem = NULL;
	free(what);
}

static void take(struct app *app)
{
	const struct dialog *dialog = &app->dialog;
	const char *note = text_field_get(&dialog->note);
	struct hv_act act = {
		.kind = OPERATION_CREATE_SNAPSHOT,
		.type = dialog->type,
		.name = text_field_get(&dialog->name),
		.description = note[0] ? note : NULL,
	};
	char *verb = hv_sprintf("snapshot %s", act.name);
	send(app, &act, verb);
	free(verb);
}

static void take_if_allowed(struct app *app)
{
	char reason[300];
	if (dialog_why_not(app, reason, sizeof reason)) {
		move_focus(app, 1);
	} else {
		take(app);
	}
}

static void stop_and_show(struct app *app, const char *what)
{
	struct dialog *dialog = &app->dialog;
	hv_replace_string(&dialog->problem, what);
	dialog->phase = DIALOG_CHANGED;
	dialog->focus = CONTROL_CANCEL;
	app->dirty = true;
}

/* The preview's `current` goes back with the act: whatever this console has not heard of yet, the engine refuses. */
static void confirm(struct app *app)
{
	char text[256];
	const struct dialog *dialog = &app->dialog;
	if (dialog->phase == DIALOG_CHANGED) {
		dialog_ask_preview(app);
		return;
	}
	const char *changed = dialog_what_changed(app, text, sizeof text);
	if (changed) {
		stop_and_show(app, changed);
		return;
	}
	bool revert = dialog->kind == DIALOG_REVERT;
	struct hv_act act = {
		.kind = revert ? OPERATION_REVERT_SNAPSHOT : OPERATION_DELETE_SNAPSHOT,
		.subtree = !revert && dialog->scope == SCOPE_SUBTREE,
		.all = !revert && dialog->scope == SCOPE_ALL,
		.expect_current = true,
		.expected_current = dialog->preview->current,
		.safety_name = revert && dialog_takes_safety(dialog) ? dialog->safety_name : NULL,
	};
	if (!act.all) {
		act.snapshot = dialog->snapshot;
	}
	send(app, &act, dialog->undo ? "undo of the revert, back to" : revert ? "revert to" : act.all ? "delete all snapshots"
			: act.subtree ? "delete with all below" : "delete");
}

static void power(struct app *app, enum operation_kind kind, bool force, const char *verb)
{
	struct hv_act act = {.kind = kind, .force = force};
	send(app, &act, verb);
}

static void go(struct app *app)
{
	switch (app->dialog.kind) {
	case DIALOG_TAKE:
		take(app);
		break;
	case DIALOG_REVERT:
	case DIALOG_DELETE:
		confirm(app);
		break;
	case DIALOG_QUIT:
		dialog_close(app);
		app_effect(app, APP_EFFECT_QUIT, NULL);
		break;
	case DIALOG_NONE:
	case DIALOG_MESSAGE:
	case DIALOG_POWER:
	case DIALOG_KIND_COUNT:
		break;
	}
}

/* What is lost for good depends on it: the preview is made anew. */
static void toggle_safety(struct app *app)
{
	app->dialog.no_safety = !app->dialog.no_safety;
	(void)app_answered(app, app->dialog.ticket, NULL, NULL);
	dialog_ask_preview(app);
}

static void choose_scope(struct app *app, enum dialog_scope scope)
{
	if (app->dialog.scope != scope || app->dialog.phase == DIALOG_CHANGED) {
		app->dialog.scope = scope;
		(void)app_answered(app, app->dialog.ticket, NULL, NULL); /* an answer to the former choice is nobody's */
		dialog_ask_preview(app);
	}
}

static void activate(struct app *app, enum control_id id)
{
	switch (id) {
	case CONTROL_NAME:
	case CONTROL_NOTE:
		take_if_allowed(app); /* the form that loses nothing: Enter is enough */
		break;
	case CONTROL_SAFETY:
		toggle_safety(app);
		break;
	case CONTROL_TYPED:
		move_focus(app, 1);
		break;
	case CONTROL_DISK:
		app->dialog.type = SNAPSHOT_DISK;
		break;
	case CONTROL_MEMORY:
		app->dialog.type = SNAPSHOT_DISK_AND_MEMORY;
		break;
	case CONTROL_SCOPE_ONE:
		choose_scope(app, SCOPE_ONE);
		break;
	case CONTROL_SCOPE_SUBTREE:
		choose_scope(app, SCOPE_SUBTREE);
		break;
	case CONTROL_SCOPE_ALL:
		choose_scope(app, SCOPE_ALL);
		break;
	case CONTROL_CANCEL:
		dialog_close(app);
		break;
	case CONTROL_GO:
		go(app);
		break;
	case CONTROL_START:
		power(app, OPERATION_START_VM, false, "start");
		break;
	case CONTROL_SHUT_DOWN:
		power(app, OPERATION_STOP_VM, false, "shut down");
		break;
	case CONTROL_TURN_OFF:
		power(app, OPERATION_STOP_VM, true, "turn off");
		break;
	case CONTROL_COUNT:
		break;
	}
}

/* ---- keys ---- */

static struct text_field *field_of(struct dialog *dialog, enum control_id id)
{
	return id == CONTROL_NAME ? &dialog->name : id == CONTROL_NOTE ? &dialog->note : &dialog->typed;
}

/* Keys that mean the same on every control. */
static bool common_key(struct app *app, struct key key)
{
	switch (key.code) {
	case KEY_CODE_ESCAPE:
		dialog_close(app);
		return true;
	case KEY_CODE_TAB:
	case KEY_CODE_DOWN:
		move_focus(app, 1);
		return true;
	case KEY_CODE_BACKTAB:
	case KEY_CODE_UP:
		move_focus(app, -1);
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
			dialog_close(app);
		} else if (action == TUI_ACTION_REPAINT || action == TUI_ACTION_SUSPEND) {
			app_run(app, action);
		}
		return true;
	}
	default:
		return false;
	}
}

static void control_key(struct app *app, const struct control *control, struct key key, const char *paste)
{
	struct dialog *dialog = &app->dialog;
	struct text_field *field = control->kind == CONTROL_FIELD ? field_of(dialog, control->id) : NULL;
	if (field && text_field_key(field, key, paste)) {
		return;
	}
	if (key.code == KEY_CODE_PASTE) {
		app_say(app, ROLE_WARN, "paste ignored: there is no field to paste into");
	} else if (key.code == KEY_CODE_LEFT || key.code == KEY_CODE_RIGHT) {
		move_focus(app, key.code == KEY_CODE_LEFT ? -1 : 1);
	} else if (key.code == KEY_CODE_ENTER && control->kind == CONTROL_CHECK) {
		/* Tab Enter by habit, before the buttons can be used, must not switch the safety snapshot off */
		app_say(app, ROLE_INFO, "Space switches it on and off");
	} else if (key.code == KEY_CODE_ENTER) {
		activate(app, control->id);
	} else if (key.code == KEY_CODE_CHARACTER && key.character == ' ' &&
		   (control->kind == CONTROL_CHOICE || control->kind == CONTROL_CHECK)) {
		activate(app, control->id);
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

void dialog_review(struct app *app)
{
	struct dialog *dialog = &app->dialog;
	char text[256];
	if (dialog->kind == DIALOG_NONE) {
		return;
	}
	bool confirms = dialog->kind == DIALOG_REVERT || dialog->kind == DIALOG_DELETE;
	if (confirms && dialog->phase == DIALOG_READY) {
		const char *changed = dialog_what_changed(app, text, sizeof text);
		if (changed) {
			stop_and_show(app, changed);
		}
	}
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
	if (dialog->kind == DIALOG_TAKE) { /* what was typed is not lost */
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
