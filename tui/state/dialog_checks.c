/* What a dialog may do now: asked for every drawing of its controls, and once more just before the act. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/state/dialog_private.h"
#include "tui/state/words.h"

static const struct vm_entry *frozen_vm(const struct app *app)
{
	return model_vm(&app->model, &app->dialog.vm);
}

static bool has_target(const struct app *app)
{
	return !hv_uuid_is_nil(&app->dialog.snapshot);
}

static const struct hv_node *frozen_node(const struct app *app, const struct vm_entry *vm)
{
	return has_target(app) ? model_tree_node(vm->tree, &app->dialog.snapshot) : NULL;
}

static const char *vm_is_gone(const struct app *app, char *text, size_t size)
{
	(void)snprintf(text, size, "'%s' is gone", app->dialog.vm_name);
	return text;
}

bool dialog_vm_is_held(const struct app *app)
{
	const struct vm_entry *vm = frozen_vm(app);
	return vm && app_facts(app, vm, NULL).operation_live;
}

static struct rule_facts frozen_facts(const struct app *app, const struct vm_entry *vm, enum action action)
{
	struct rule_facts facts = app_facts(app, vm, frozen_node(app, vm));
	bool target = action == ACTION_SNAPSHOT_REVERT || action == ACTION_SNAPSHOT_DELETE ||
		      action == ACTION_VOLUME_SNAPSHOT_DELETE;
	/* a closed tree has no nodes to look at: the backend knows whether the target is there */
	facts.has_target = facts.has_target || (target && (!has_target(app) || !vm->tree));
	facts.queues = app->dialog.queues;
	return facts;
}

const char *dialog_label(const struct app *app, enum action action, const char *label, const char *queued)
{
	const struct vm_entry *vm = frozen_vm(app);
	if (!vm) {
		return label;
	}
	struct rule_facts facts = frozen_facts(app, vm, action);
	return rules_queue(action, &facts) ? queued : label;
}

const char *dialog_rule_refuses(const struct app *app, enum action action, char *text, size_t size)
{
	const struct vm_entry *vm = frozen_vm(app);
	if (app->failed) {
		return app->failed;
	}
	if (!vm) {
		return vm_is_gone(app, text, size);
	}
	struct rule_facts facts = frozen_facts(app, vm, action);
	return app_refusal(action, &facts, vm->vm->name, text, size);
}

const char *dialog_why_no_type(const struct app *app, enum snapshot_type type, char *text, size_t size)
{
	enum action action =
		type == SNAPSHOT_DISK ? ACTION_SNAPSHOT_CREATE_DISK : ACTION_SNAPSHOT_CREATE_MEMORY;
	return dialog_rule_refuses(app, action, text, size);
}

const char *dialog_why_no_power(const struct app *app, enum action action, char *text, size_t size)
{
	return dialog_rule_refuses(app, action, text, size);
}

const char *dialog_why_no_such_name(const struct app *app, const struct hv_uuid *self, char *text, size_t size)
{
	const char *name = text_field_get(&app->dialog.name);
	const struct vm_entry *vm = frozen_vm(app);
	if (!hv_text_is_name(name, DIALOG_TEXT_MAX)) {
		return "a snapshot needs a name";
	}
	for (size_t i = 0; vm && vm->tree && i < vm->tree->count; i++) {
		const struct hv_node *node = &vm->tree->nodes[i];
		if (!node->untracked && !hv_uuid_equal(&node->id, self) && hv_text_same_name(node->name, name)) {
			(void)snprintf(text, size, "'%s' has a snapshot with this name", app->dialog.vm_name);
			return text;
		}
	}
	return NULL;
}

bool dialog_needs_name(const struct app *app)
{
	const struct dialog *dialog = &app->dialog;
	bool all = dialog->kind == DIALOG_DELETE && dialog->scope == SCOPE_ALL;
	bool discards = dialog->kind == DIALOG_OFFERING && dialog->preview && dialog->preview->deleted_count > 0;
	return all || discards || dialog->kind == DIALOG_DESTROY ||
	       policy_confirm(app, dialog->group_name) == CONFIRM_NAME;
}

const char *dialog_why_no_name(const struct app *app)
{
	const struct dialog *dialog = &app->dialog;
	bool typed = !dialog_needs_name(app) || strcmp(text_field_get(&dialog->typed), dialog->vm_name) == 0;
	return typed ? NULL : "type the name of the VM to go on";
}

const char *dialog_why_no_confirmation(const struct app *app, enum action action, char *text, size_t size)
{
	const struct dialog *dialog = &app->dialog;
	if (!dialog->preview) {
		return "waiting for the preview";
	}
	if (dialog->preview->refusal) {
		return dialog->preview->refusal;
	}
	const char *refusal = dialog_rule_refuses(app, action, text, size);
	if (refusal) {
		return refusal;
	}
	return dialog_why_no_name(app);
}

const char *dialog_why_no_take(const struct app *app, char *text, size_t size)
{
	const char *refusal = dialog_why_no_type(app, app->dialog.type, text, size);
	return refusal ? refusal : dialog_why_no_such_name(app, &app->dialog.snapshot, text, size);
}

const char *dialog_why_no_revert(const struct app *app, char *text, size_t size)
{
	return dialog_why_no_confirmation(app, ACTION_SNAPSHOT_REVERT, text, size);
}

const char *dialog_why_no_delete(const struct app *app, char *text, size_t size)
{
	return dialog_why_no_confirmation(app, ACTION_SNAPSHOT_DELETE, text, size);
}

const char *dialog_why_no_destroy(const struct app *app, char *text, size_t size)
{
	return dialog_why_no_confirmation(app, ACTION_VM_DESTROY, text, size);
}

const char *dialog_why_not(const struct app *app, char *text, size_t size)
{
	const struct dialog_form *form = dialog_form(app->dialog.kind);
	return form->why_not ? form->why_not(app, text, size) : NULL;
}

size_t dialog_count_below(const struct hv_tree *tree, const struct hv_uuid *id)
{
	size_t count = 0;
	const struct hv_node *node = model_tree_node(tree, id);
	if (!node) {
		return 0;
	}
	/* display order: the subtree stands together, deeper than its top */
	for (const struct hv_node *at = node + 1; at < tree->nodes + tree->count && at->depth > node->depth; at++) {
		count += at->untracked ? 0 : 1;
	}
	return count;
}

static size_t count_tracked(const struct hv_tree *tree)
{
	size_t count = 0;
	for (size_t i = 0; i < tree->count; i++) {
		count += tree->nodes[i].untracked ? 0 : 1;
	}
	return count;
}

/* An untracked current row has no uuid of ours to compare; the engine guards that case. */
static bool current_moved(const struct hv_tree *tree, const struct hv_uuid *expected)
{
	if (tree->current < 0) {
		return !hv_uuid_is_nil(expected);
	}
	const struct hv_node *current = &tree->nodes[tree->current];
	return !current->untracked && !hv_uuid_equal(&current->id, expected);
}

static const char *what_changed_in_tree(const struct app *app, const struct hv_tree *tree)
{
	const struct dialog *dialog = &app->dialog;
	const struct hv_preview *preview = dialog->preview;
	if (has_target(app) && !model_tree_node(tree, &dialog->snapshot)) {
		return "this snapshot is gone";
	}
	if (current_moved(tree, &preview->current)) {
		return "another snapshot has become the current one";
	}
	bool all = dialog->kind == DIALOG_DESTROY || (dialog->kind == DIALOG_DELETE && dialog->scope == SCOPE_ALL);
	if (!all && (dialog->kind != DIALOG_DELETE || dialog->scope == SCOPE_ONE)) {
		return NULL;
	}
	size_t expected = all ? count_tracked(tree)
						     : dialog_count_below(tree, &dialog->snapshot) + 1;
	return expected == preview->deleted_count ? NULL : "snapshots have come or gone";
}

const char *dialog_what_changed(const struct app *app, char *text, size_t size)
{
	const struct dialog *dialog = &app->dialog;
	const struct vm_entry *vm = frozen_vm(app);
	if (!vm) {
		return vm_is_gone(app, text, size);
	}
	if (!dialog->preview || dialog->preview->refusal) {
		return NULL;
	}
	const char *changed = vm->tree ? what_changed_in_tree(app, vm->tree) : NULL;
	if (changed) {
		return changed;
	}
	if (dialog->kind == DIALOG_REVERT && dialog->preview->state_before != vm->vm->state) {
		(void)snprintf(text, size, "'%s' is %s now", dialog->vm_name, words_vm_state(vm->vm->state).text);
		return text;
	}
	enum action action = dialog->kind == DIALOG_REVERT	   ? ACTION_SNAPSHOT_REVERT
			     : dialog->kind == DIALOG_DESTROY	   ? ACTION_VM_DESTROY
			     : dialog->kind == DIALOG_OFFERING	   ? ACTION_VM_SCALE
			     : dialog->kind == DIALOG_COPY_DELETE ? ACTION_VOLUME_SNAPSHOT_DELETE
								   : ACTION_SNAPSHOT_DELETE;
	const char *refusal = dialog_rule_refuses(app, action, text, size);
	if (refusal || dialog->queues == dialog_vm_is_held(app)) {
		return refusal;
	}
	return dialog->queues ? "what it was to wait for has ended" : "another operation has begun on this VM";
}
