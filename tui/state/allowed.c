/* Which action can be done where the cursor stands, and the sentence that says why not (U2). */
#include <stdio.h>

#include "tui/state/app_state.h"

bool app_has_action(const struct app *app, enum tui_action action)
{
	return tui_action_info(action)->danger == TUI_DANGER_SAFE || !policy_is_read_only(app, policy_group_here(app));
}

struct rule_facts app_facts(const struct app *app, const struct vm_entry *vm, const struct hv_node *node)
{
	const struct host_entry *host = model_vm_host(vm);
	struct rule_facts facts = hv_facts(host ? host->host : NULL, vm->vm, vm->tree, node);
	facts.operation_live = facts.operation_live || model_vm_operation(&app->model, vm) != NULL;
	facts.queues = true; /* X1: its dialog offers to wait */
	const struct group_entry *group = model_group_of((struct row_node *)(uintptr_t)&vm->node);
	facts.read_only = policy_is_read_only(app, group ? group->name : NULL);
	return facts;
}

const char *app_refusal(
	enum action action, const struct rule_facts *facts, const char *vm_name, char *text, size_t size)
{
	const struct rule *rule = rules_refuse(action, facts);
	return rule ? rule_sentence(rule, vm_name, facts, text, size) : NULL;
}

static const char *why_no_take(
	const struct app *app, const struct row_ref *row, const struct vm_entry *vm, char *text, size_t size)
{
	(void)row;
	struct rule_facts facts = app_facts(app, vm, NULL);
	return app_refusal(ACTION_SNAPSHOT_CREATE_DISK, &facts, vm->vm->name, text, size);
}

static const char *why_no_revert(
	const struct app *app, const struct row_ref *row, const struct vm_entry *vm, char *text, size_t size)
{
	if (row->kind == ROW_NOW) {
		return "this row is what the VM is now; choose a snapshot to revert to";
	}
	struct rule_facts facts = app_facts(app, vm, rows_snapshot(row));
	return app_refusal(ACTION_SNAPSHOT_REVERT, &facts, vm->vm->name, text, size);
}

/* On the VM's own row it means all of its snapshots. */
static const char *why_no_delete(
	const struct app *app, const struct row_ref *row, const struct vm_entry *vm, char *text, size_t size)
{
	if (row->kind == ROW_NOW) {
		return "this row is what the VM is now, not a snapshot; there is nothing to delete";
	}
	struct rule_facts facts = app_facts(app, vm, rows_snapshot(row));
	if (row->kind == ROW_VM) {
		if (vm->vm->snapshots == 0) {
			(void)snprintf(text, size, "'%s' has no snapshots", vm->vm->name);
			return text;
		}
		facts.has_target = true;
	}
	return app_refusal(ACTION_SNAPSHOT_DELETE, &facts, vm->vm->name, text, size);
}

/* The host has no part in it: it may also be lost. */
static const char *why_no_edit(
	const struct app *app, const struct row_ref *row, const struct vm_entry *vm, char *text, size_t size)
{
	const struct hv_node *node = rows_snapshot(row);
	if (!node) {
		return "choose a snapshot to edit";
	}
	if (node->untracked) {
		return "this checkpoint was made outside hvtree, which changes nothing about it";
	}
	if (vm->vm->fixed) {
		(void)snprintf(text, size, "'%s' may be seen, not changed, by you", vm->vm->name);
		return text;
	}
	(void)app;
	return node->state == SNAPSHOT_EXPUNGING ? "it is being deleted" : NULL;
}

/* Whether there is something to undo is known to the store: the preview tells. */
static const char *why_no_undo(
	const struct app *app, const struct row_ref *row, const struct vm_entry *vm, char *text, size_t size)
{
	(void)row;
	struct rule_facts facts = app_facts(app, vm, NULL);
	facts.has_target = true;
	return app_refusal(ACTION_SNAPSHOT_REVERT, &facts, vm->vm->name, text, size);
}

static const char *why_no_power(
	const struct app *app, const struct row_ref *row, const struct vm_entry *vm, char *text, size_t size)
{
	(void)row;
	char stop[256];
	struct rule_facts facts = app_facts(app, vm, NULL);
	bool stoppable = app_refusal(ACTION_VM_STOP, &facts, vm->vm->name, stop, sizeof stop) == NULL;
	const char *start = app_refusal(ACTION_VM_START, &facts, vm->vm->name, text, size);
	return stoppable ? NULL : start;
}

/* The form has several acts, each with a reason of its own: it opens when any of them is possible. */
static const char *why_no_disks(
	const struct app *app, const struct row_ref *row, const struct vm_entry *vm, char *text, size_t size)
{
	static const enum action others[] = {ACTION_VOLUME_RESIZE, ACTION_VOLUME_SNAPSHOT_CREATE,
		ACTION_VOLUME_SNAPSHOT_DELETE};
	struct rule_facts facts = app_facts(app, vm, NULL);
	(void)row;
	facts.has_target = true; /* whether there is a copy, the form knows */
	for (size_t i = 0; i < HV_ARRAY_LEN(others); i++) {
		if (!rules_refuse(others[i], &facts)) {
			return NULL;
		}
	}
	return app_refusal(ACTION_VOLUME_ATTACH, &facts, vm->vm->name, text, size);
}

static const char *why_no_offering(
	const struct app *app, const struct row_ref *row, const struct vm_entry *vm, char *text, size_t size)
{
	(void)row;
	struct rule_facts facts = app_facts(app, vm, NULL);
	return app_refusal(ACTION_VM_SCALE, &facts, vm->vm->name, text, size);
}

static const char *why_no_now(
	const struct app *app, const struct row_ref *row, const struct vm_entry *vm, char *text, size_t size)
{
	(void)app;
	(void)row;
	if (vm->vm->snapshots + vm->vm->untracked > 0) {
		return NULL;
	}
	(void)snprintf(text, size, "'%s' has no snapshots", vm->vm->name);
	return text;
}

typedef const char *(*vm_question)(
	const struct app *app, const struct row_ref *row, const struct vm_entry *vm, char *text, size_t size);

static const vm_question vm_questions[TUI_ACTION_COUNT] = {
	[TUI_ACTION_SNAPSHOT] = why_no_take,
	[TUI_ACTION_REVERT] = why_no_revert,
	[TUI_ACTION_DELETE] = why_no_delete,
	[TUI_ACTION_EDIT] = why_no_edit,
	[TUI_ACTION_UNDO] = why_no_undo,
	[TUI_ACTION_POWER] = why_no_power,
	[TUI_ACTION_DISKS] = why_no_disks,
	[TUI_ACTION_OFFERING] = why_no_offering,
	[TUI_ACTION_GO_NOW] = why_no_now,
};

static const char *why_no_job(const struct app *app)
{
	if (app->model.operation_count == 0) {
		return "there is no operation";
	}
	const struct hv_operation *operation = app->model.operations[app_job_index(app)]->operation;
	if (!operation_is_live_value(operation)) {
		return "this operation has ended";
	}
	bool can_be_taken_back = operation->kind == OPERATION_EXPORT_VM; /* P4: what it copies is nobody's yet */
	if ((operation->unknown || operation->step >= STEP_SEND) && !can_be_taken_back) {
		return "the host has been asked already; it cannot be called back";
	}
	return NULL;
}

static const char *why_not_unknown(const struct app *app)
{
	if (app->model.operation_count == 0) {
		return "there is no operation";
	}
	const struct hv_operation *operation = app->model.operations[app_job_index(app)]->operation;
	bool unknown = operation->unknown && operation_is_live_value(operation);
	return unknown ? NULL : "what became of it is known";
}

static const char *why_no_row(
	const struct app *app, enum tui_action action, enum tui_needs needs, char *text, size_t size)
{
	const struct vm_entry *vm = rows_vm(&app->cursor);
	switch (needs) {
	case TUI_NEEDS_NOTHING:
		return NULL;
	case TUI_NEEDS_ROW:
		return app->cursor.node ? NULL : "there is no row";
	case TUI_NEEDS_UNKNOWN_JOB:
		return why_not_unknown(app);
	case TUI_NEEDS_AGE:
		return app_why_no_age(app);
	case TUI_NEEDS_JOB:
		return why_no_job(app);
	case TUI_NEEDS_HOST:
		if (!rows_host(&app->cursor)) {
			return "select a host first";
		}
		return rows_host(&app->cursor)->host->state == HOST_UP ? "this host is connected" : NULL;
	case TUI_NEEDS_SNAPSHOT:
	case TUI_NEEDS_VM:
		if (!vm) {
			return needs == TUI_NEEDS_VM ? "select a VM first" : "select a snapshot first";
		}
		return vm_questions[action] ? vm_questions[action](app, &app->cursor, vm, text, size) : NULL;
	}
	return NULL;
}

static bool applies_to_marks(enum tui_action action)
{
	return action == TUI_ACTION_SNAPSHOT || action == TUI_ACTION_REVERT || action == TUI_ACTION_DELETE ||
	       action == TUI_ACTION_POWER;
}

const char *app_why_not(const struct app *app, enum tui_action action, char *text, size_t size)
{
	const struct tui_action_info *info = tui_action_info(action);
	if (!app_has_action(app, action)) {
		return policy_sentence(app, policy_group_here(app), text, size);
	}
	if (app->failed && (info->danger != TUI_DANGER_SAFE || action == TUI_ACTION_SYNC ||
				  action == TUI_ACTION_RETRY)) {
		return app->failed;
	}
	if (applies_to_marks(action) && marks_count(app) > 0) {
		return NULL; /* each of them is judged by itself */
	}
	return why_no_row(app, action, info->needs, text, size);
}
