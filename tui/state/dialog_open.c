/* Opening a dialog: what is under the cursor is frozen as ids and copies of names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/state/dialog_private.h"

static void clear(struct dialog *dialog)
{
	free(dialog->vm_name);
	free(dialog->host_name);
	free(dialog->group_name);
	free(dialog->snapshot_name);
	free(dialog->safety_name);
	free(dialog->note_before);
	set_free(dialog->set);
	free(dialog->problem);
	free(dialog->title);
	free(dialog->text);
	free(dialog->advice);
	text_field_clear(&dialog->name);
	text_field_clear(&dialog->note);
	text_field_clear(&dialog->typed);
	hv_preview_unref(dialog->preview);
	hv_question_unref(dialog->question);
	hv_tree_unref(dialog->tree);
	hv_offering_list_unref(dialog->offerings);
	secret_field_clear(&dialog->secret);
	*dialog = (struct dialog){0};
}

/* The tree that it asked for is not wanted any more, unless the VM is open. */
static void let_tree_go(struct app *app)
{
	const struct vm_entry *vm = model_vm(&app->model, &app->dialog.vm);
	if (app->dialog.kind == DIALOG_DISKS && vm && !vm->node.open) {
		app_effect(app, APP_EFFECT_CLOSE_VM, &app->dialog.vm);
	}
}

void dialog_close(struct app *app)
{
	let_tree_go(app);
	clear(&app->dialog);
	app->dirty = true;
}

struct dialog *dialog_begin(struct app *app, enum dialog_kind kind)
{
	dialog_close(app);
	struct dialog *dialog = &app->dialog;
	dialog->kind = kind;
	dialog->phase = DIALOG_READY;
	dialog->focus = CONTROL_CANCEL;
	text_field_init(&dialog->name, DIALOG_TEXT_MAX, "");
	text_field_init(&dialog->note, DIALOG_TEXT_MAX, "");
	text_field_init(&dialog->typed, DIALOG_TEXT_MAX, "");
	return dialog;
}

struct dialog *dialog_begin_for_row(struct app *app, enum dialog_kind kind)
{
	struct dialog *dialog = dialog_begin(app, kind);
	const struct vm_entry *vm = rows_vm(&app->cursor);
	const struct host_entry *host = model_vm_host(vm);
	const struct group_entry *group = model_group_of(app->cursor.node);
	dialog->vm = vm->node.uuid;
	dialog->vm_name = hv_strdup(vm->vm->name);
	dialog->host_name = hv_strdup(host ? host->host->name : "?");
	dialog->group_name = hv_strdup(group ? group->name : "");
	dialog->queues = dialog_vm_is_held(app);
	return dialog;
}

void dialog_freeze_snapshot(struct app *app, struct dialog *dialog)
{
	const struct hv_node *node = rows_snapshot(&app->cursor);
	if (!node) {
		return;
	}
	dialog->snapshot = node->id;
	dialog->snapshot_name = hv_strdup(node->name);
	dialog->snapshot_created_us = node->created_us;
	dialog->snapshot_type = node->type;
	dialog->below = dialog_count_below(rows_vm(&app->cursor)->tree, &node->id);
}

static bool name_is_taken(const struct hv_tree *tree, const char *name)
{
	for (size_t i = 0; tree && i < tree->count; i++) {
		if (!tree->nodes[i].untracked && hv_text_same_name(tree->nodes[i].name, name)) {
			return true;
		}
	}
	return false;
}

/* "snap-2026-08-10-0005", with a number behind it when the VM has one of that minute. */
char *dialog_suggest_name(const struct app *app, const struct hv_tree *tree)
{
	char time[32];
	(void)hv_format_time(app->wall_us, time);
	char *name = hv_sprintf("snap-%.10s-%.2s%.2s", time, time + 11, time + 14);
	for (int number = 2; name_is_taken(tree, name); number++) {
		free(name);
		name = hv_sprintf("snap-%.10s-%.2s%.2s-%d", time, time + 11, time + 14, number);
	}
	return name;
}

void dialog_open_take(struct app *app)
{
	struct dialog *dialog = dialog_begin_for_row(app, DIALOG_TAKE);
	char *name = dialog_suggest_name(app, rows_vm(&app->cursor)->tree);
	(void)text_field_insert(&dialog->name, name);
	free(name);
	dialog->type = SNAPSHOT_DISK;
	dialog->focus = dialog->queues ? CONTROL_CANCEL : CONTROL_NAME;
}

void dialog_ask_preview(struct app *app)
{
	struct dialog *dialog = &app->dialog;
	struct hv_act act;
	hv_preview_unref(dialog->preview);
	dialog->preview = NULL;
	dialog->queues = dialog_vm_is_held(app);
	dialog_fill_act(dialog, &act);
	act.undo = dialog->undo;
	act.snapshot = dialog->undo ? (struct hv_uuid){{0}} : act.snapshot;
	act.safety_name = dialog->no_safety ? NULL : dialog->safety_name; /* whether it can be taken, the answer tells */
	free(dialog->problem);
	dialog->problem = NULL;
	dialog->phase = DIALOG_ASKING;
	dialog->ticket = app_request(app, APP_EFFECT_PREVIEW, NULL, &act, "preview");
	app->dirty = true;
}

/* "before-revert 2026-08-22 03:13" */
char *dialog_safety_name(const struct app *app, const char *what)
{
	char time[32];
	(void)hv_format_time(app->wall_us, time);
	return hv_sprintf("before-%s %.10s %.5s", what, time, time + 11);
}

void dialog_open_revert(struct app *app)
{
	struct dialog *dialog = dialog_begin_for_row(app, DIALOG_REVERT);
	dialog_freeze_snapshot(app, dialog);
	dialog->safety_name = dialog_safety_name(app, "revert");
	dialog->no_safety = !config_is(&app->settings, SETTING_SAFETY_SNAPSHOT);
	dialog_ask_preview(app);
}

void dialog_open_undo(struct app *app)
{
	struct dialog *dialog = dialog_begin_for_row(app, DIALOG_REVERT);
	dialog->undo = true;
	dialog->safety_name = dialog_safety_name(app, "undo");
	dialog->no_safety = !config_is(&app->settings, SETTING_SAFETY_SNAPSHOT);
	dialog_ask_preview(app);
}

void dialog_open_delete(struct app *app)
{
	struct dialog *dialog = dialog_begin_for_row(app, DIALOG_DELETE);
	dialog_freeze_snapshot(app, dialog);
	dialog->scope = hv_uuid_is_nil(&dialog->snapshot) ? SCOPE_ALL : SCOPE_ONE;
	dialog_ask_preview(app);
}

void dialog_open_power(struct app *app)
{
	(void)dialog_begin_for_row(app, DIALOG_POWER);
}

void dialog_open_destroy(struct app *app)
{
	struct dialog power = app->dialog; /* what it froze is taken over */
	app->dialog = (struct dialog){0};
	struct dialog *dialog = dialog_begin(app, DIALOG_DESTROY);
	dialog->vm = power.vm;
	dialog->vm_name = hv_strdup(power.vm_name);
	dialog->host_name = hv_strdup(power.host_name);
	dialog->group_name = hv_strdup(power.group_name);
	clear(&power);
	dialog_ask_preview(app);
}

void dialog_open_quit(struct app *app)
{
	(void)dialog_begin(app, DIALOG_QUIT);
}

void dialog_open_message(struct app *app, const char *title, const char *text, const char *advice)
{
	struct dialog *dialog = dialog_begin(app, DIALOG_MESSAGE);
	dialog->title = hv_strdup(title);
	dialog->text = hv_text_printable(text, strlen(text));
	dialog->advice = hv_strdup_null(advice);
}
