/* What the controls of a dialog do: each kind's row in the table of forms, and what a press of a button means. */
#include <assert.h>
#include <stdlib.h>

#include "tui/state/dialog_private.h"

void dialog_sent(struct dialog *dialog)
{
	dialog->phase = DIALOG_SENT;
	dialog->focus = CONTROL_CANCEL;
	free(dialog->problem);
	dialog->problem = NULL;
}

void dialog_send(struct app *app, const struct hv_act *act, const char *verb)
{
	struct dialog *dialog = &app->dialog;
	char *what = dialog->snapshot_name && !act->all
			     ? hv_sprintf("%s: %s %s", dialog->vm_name, verb, dialog->snapshot_name)
			     : hv_sprintf("%s: %s", dialog->vm_name, verb);
	dialog->ticket = app_request(app, APP_EFFECT_ACT, NULL, act, what);
	dialog_sent(dialog);
	free(what);
}

static void fill_take(const struct dialog *dialog, struct hv_act *act)
{
	const char *note = text_field_get(&dialog->note);
	act->kind = OPERATION_CREATE_SNAPSHOT;
	act->type = dialog->type;
	act->name = text_field_get(&dialog->name);
	act->description = note[0] ? note : NULL;
}

static void fill_revert(const struct dialog *dialog, struct hv_act *act)
{
	act->kind = OPERATION_REVERT_SNAPSHOT;
	act->snapshot = dialog->snapshot;
	act->safety_name = dialog_takes_safety(dialog) ? dialog->safety_name : NULL;
}

static void fill_delete(const struct dialog *dialog, struct hv_act *act)
{
	act->kind = OPERATION_DELETE_SNAPSHOT;
	act->subtree = dialog->scope == SCOPE_SUBTREE;
	act->all = dialog->scope == SCOPE_ALL;
	act->snapshot = act->all ? (struct hv_uuid){{0}} : dialog->snapshot;
}

static void fill_destroy(const struct dialog *dialog, struct hv_act *act)
{
	(void)dialog;
	act->kind = OPERATION_DESTROY_VM;
}

/* The preview's `current` goes back with the act: whatever this console has not heard of yet, the engine refuses. */
void dialog_fill_act(const struct dialog *dialog, struct hv_act *ret_act)
{
	*ret_act = (struct hv_act){.vm = dialog->vm, .queue = dialog->queues};
	dialog_form(dialog->kind)->fill(dialog, ret_act);
	if (dialog->preview) {
		ret_act->expect_current = true;
		ret_act->expected_current = dialog->preview->current;
	}
}

bool dialog_act(const struct dialog *dialog, struct hv_act *ret_act)
{
	bool one = dialog_form(dialog->kind)->fill != NULL;
	if (one) {
		dialog_fill_act(dialog, ret_act);
		ret_act->undo = dialog->undo;
	}
	return one;
}

static const char *verb_of(const struct dialog *dialog)
{
	static const char *const deletes[SCOPE_COUNT] = {
		[SCOPE_ONE] = "delete",
		[SCOPE_SUBTREE] = "delete with all below",
		[SCOPE_ALL] = "delete all snapshots",
	};
	if (dialog->undo) {
		return "undo of the revert, back to";
	}
	return dialog->kind == DIALOG_DELETE ? deletes[dialog->scope] : dialog_form(dialog->kind)->verb;
}

void dialog_stop_and_show(struct app *app, const char *what)
{
	struct dialog *dialog = &app->dialog;
	hv_replace_string(&dialog->problem, what);
	dialog->phase = DIALOG_CHANGED;
	dialog->focus = CONTROL_CANCEL;
	app->dirty = true;
}

static void send_filled(struct app *app)
{
	struct hv_act act;
	dialog_fill_act(&app->dialog, &act);
	dialog_send(app, &act, verb_of(&app->dialog));
}

static void take(struct app *app)
{
	struct hv_act act;
	dialog_fill_act(&app->dialog, &act);
	char *verb = hv_sprintf("snapshot %s", act.name);
	dialog_send(app, &act, verb);
	free(verb);
}

static void confirm(struct app *app)
{
	char text[256];
	if (app->dialog.phase == DIALOG_CHANGED) {
		dialog_ask_preview(app);
		return;
	}
	const char *changed = dialog_what_changed(app, text, sizeof text);
	if (changed) {
		dialog_stop_and_show(app, changed);
	} else {
		send_filled(app);
	}
}

static void quit(struct app *app)
{
	dialog_close(app);
	app_effect(app, APP_EFFECT_QUIT, NULL);
}

static const struct dialog_form forms[] = {
	[DIALOG_NONE] = {.controls = NULL},
	[DIALOG_MESSAGE] = {.controls = dialog_message_controls},
	[DIALOG_TAKE] = {.controls = dialog_take_controls, .why_not = dialog_why_no_take, .fill = fill_take, .go = take,
		.keeps_typed = true, .may_wait = true},
	[DIALOG_REVERT] = {.controls = dialog_revert_controls, .why_not = dialog_why_no_revert, .fill = fill_revert,
		.go = confirm, .verb = "revert to", .confirms = true},
	[DIALOG_DELETE] = {.controls = dialog_delete_controls, .why_not = dialog_why_no_delete, .fill = fill_delete,
		.go = confirm, .confirms = true, .may_wait = true},
	[DIALOG_POWER] = {.controls = dialog_power_controls, .may_wait = true},
	[DIALOG_DESTROY] = {.controls = dialog_destroy_controls, .why_not = dialog_why_no_destroy,
		.fill = fill_destroy, .go = confirm, .verb = "destroy", .confirms = true},
	[DIALOG_EDIT] = {.controls = dialog_edit_controls, .why_not = dialog_why_no_edit, .go = dialog_edit,
		.keeps_typed = true},
	[DIALOG_SET] = {.controls = dialog_set_controls, .why_not = dialog_why_no_set, .go = dialog_send_set},
	[DIALOG_DISKS] = {.controls = dialog_disks_controls, .why_not = dialog_why_no_disks, .keeps_typed = true,
		.may_wait = true},
	[DIALOG_COPY_DELETE] = {.controls = dialog_copy_controls, .why_not = dialog_why_no_copy_delete,
		.fill = dialog_fill_copy_delete, .go = confirm, .verb = "delete volume snapshot", .confirms = true,
		.may_wait = true},
	[DIALOG_OFFERING] = {.controls = dialog_offering_controls, .why_not = dialog_why_no_offering,
		.fill = dialog_fill_offering, .go = confirm, .verb = "change the offering", .confirms = true,
		.may_wait = true},
	[DIALOG_QUIT] = {.controls = dialog_quit_controls, .go = quit},
	[DIALOG_HOST_KEY] = {.controls = dialog_host_key_controls, .go = dialog_key_is_good,
		.dismiss = dialog_refuse_question},
	[DIALOG_FIRST_RUN] = {.controls = dialog_first_run_controls, .why_not = dialog_why_no_host,
		.go = dialog_add_host, .keeps_typed = true},
	[DIALOG_SECRET] = {.controls = dialog_secret_controls, .go = dialog_give_secret,
		.dismiss = dialog_refuse_question, .keeps_typed = true},
};
static_assert(HV_ARRAY_LEN(forms) == DIALOG_KIND_COUNT, "a form for every kind");

const struct dialog_form *dialog_form(enum dialog_kind kind)
{
	return &forms[kind];
}

bool dialog_waits(const struct dialog *dialog)
{
	return dialog->queues && dialog_form(dialog->kind)->may_wait;
}

/* ---- presses ---- */

static void go(struct app *app)
{
	const struct dialog_form *form = dialog_form(app->dialog.kind);
	if (form->go) {
		form->go(app);
	}
}

/* Enter in a field of a form that loses nothing is enough; in front of a danger, or a wait, it only goes on. */
static void leave_field(struct app *app)
{
	char reason[300];
	bool enough = dialog_form(app->dialog.kind)->keeps_typed && !dialog_waits(&app->dialog);
	if (enough && !dialog_why_not(app, reason, sizeof reason)) {
		go(app);
	} else {
		dialog_move_focus(app, 1);
	}
}

/* What is lost for good depends on it: the preview is made anew. */
static void toggle_safety(struct app *app)
{
	app->dialog.no_safety = !app->dialog.no_safety;
	if (app->dialog.set) {
		dialog_check_set(app);
		return;
	}
	(void)app_answered(app, app->dialog.ticket, NULL, NULL);
	dialog_ask_preview(app);
}

static void choose_type(struct app *app, enum snapshot_type type)
{
	app->dialog.type = type;
	if (app->dialog.set) {
		dialog_check_set(app);
	}
}

static void choose_disk(struct app *app)
{
	choose_type(app, SNAPSHOT_DISK);
}

static void choose_memory(struct app *app)
{
	choose_type(app, SNAPSHOT_DISK_AND_MEMORY);
}

static void choose_scope(struct app *app, enum dialog_scope scope)
{
	if (app->dialog.scope != scope || app->dialog.phase == DIALOG_CHANGED) {
		app->dialog.scope = scope;
		(void)app_answered(app, app->dialog.ticket, NULL, NULL); /* an answer to the former choice is nobody's */
		dialog_ask_preview(app);
	}
}

static void choose_one(struct app *app)
{
	choose_scope(app, SCOPE_ONE);
}

static void choose_subtree(struct app *app)
{
	choose_scope(app, SCOPE_SUBTREE);
}

static void choose_all(struct app *app)
{
	choose_scope(app, SCOPE_ALL);
}

static void power(struct app *app, enum operation_kind kind, bool force, const char *verb)
{
	struct hv_act act = {.kind = kind, .vm = app->dialog.vm, .force = force, .queue = app->dialog.queues};
	dialog_send(app, &act, verb);
}

static void start(struct app *app)
{
	power(app, OPERATION_START_VM, false, "start");
}

static void shut_down(struct app *app)
{
	power(app, OPERATION_STOP_VM, false, "shut down");
}

static void turn_off(struct app *app)
{
	power(app, OPERATION_STOP_VM, true, "turn off");
}

static void toggle_commands(struct app *app)
{
	app->dialog.commands_shown = !app->dialog.commands_shown;
	app->dialog.scroll = 0;
}

static void (*const presses[])(struct app *app) = {
	[CONTROL_NAME] = leave_field,
	[CONTROL_NOTE] = leave_field,
	[CONTROL_DISK] = choose_disk,
	[CONTROL_MEMORY] = choose_memory,
	[CONTROL_SCOPE_ONE] = choose_one,
	[CONTROL_SCOPE_SUBTREE] = choose_subtree,
	[CONTROL_SCOPE_ALL] = choose_all,
	[CONTROL_SAFETY] = toggle_safety,
	[CONTROL_TYPED] = leave_field,
	[CONTROL_CANCEL] = dialog_dismiss,
	[CONTROL_GO] = go,
	[CONTROL_PLAN] = dialog_save_plan,
	[CONTROL_ALL_START] = dialog_all_start,
	[CONTROL_ALL_SHUT_DOWN] = dialog_all_shut_down,
	[CONTROL_ALL_TURN_OFF] = dialog_all_turn_off,
	[CONTROL_COMMANDS] = toggle_commands,
	[CONTROL_START] = start,
	[CONTROL_SHUT_DOWN] = shut_down,
	[CONTROL_TURN_OFF] = turn_off,
	[CONTROL_DESTROY] = dialog_open_destroy,
	[CONTROL_DEMO] = dialog_look_at_demo,
	[CONTROL_ONCE] = dialog_key_once,
	[CONTROL_SECRET] = leave_field,
	[CONTROL_PICK] = dialog_pick_next,
	[CONTROL_PICK_COPY] = dialog_pick_next_copy,
	[CONTROL_ATTACH] = dialog_attach,
	[CONTROL_DETACH] = dialog_detach,
	[CONTROL_RESIZE] = dialog_resize,
	[CONTROL_COPY] = dialog_make_copy,
	[CONTROL_DELETE_COPY] = dialog_ask_copy_delete,
};
static_assert(HV_ARRAY_LEN(presses) == CONTROL_COUNT, "a press for every control");

void dialog_press(struct app *app, enum control_id id)
{
	presses[id](app);
}
