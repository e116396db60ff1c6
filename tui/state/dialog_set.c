/* One act on all marked rows: checked one by one, sent one by one, each with its own result. See set.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/state/commands.h"
#include "tui/state/dialog_private.h"
#include "tui/state/words.h"

static bool needs_preview(enum operation_kind kind)
{
	return kind == OPERATION_REVERT_SNAPSHOT || kind == OPERATION_DELETE_SNAPSHOT;
}

static void set_text(struct set_item *item, const char *text)
{
	hv_replace_string(&item->text, text);
}

void set_free(struct act_set *set)
{
	for (size_t i = 0; set && i < set->count; i++) {
		struct set_item *item = &set->items[i];
		free(item->vm_name);
		free(item->host_name);
		free(item->snapshot_name);
		free(item->text);
		hv_preview_unref(item->preview);
	}
	if (set) {
		free(set->items);
	}
	free(set);
}

size_t set_count(const struct act_set *set, enum set_state state)
{
	size_t count = 0;
	for (size_t i = 0; i < set->count; i++) {
		count += set->items[i].state == state ? 1 : 0;
	}
	return count;
}

/* ---- checks ---- */

static enum action action_of(const struct act_set *set, enum snapshot_type type)
{
	switch (set->kind) {
	case OPERATION_REVERT_SNAPSHOT:
		return ACTION_SNAPSHOT_REVERT;
	case OPERATION_DELETE_SNAPSHOT:
		return ACTION_SNAPSHOT_DELETE;
	case OPERATION_START_VM:
		return ACTION_VM_START;
	case OPERATION_STOP_VM:
		return ACTION_VM_STOP;
	default:
		return type == SNAPSHOT_DISK_AND_MEMORY ? ACTION_SNAPSHOT_CREATE_MEMORY : ACTION_SNAPSHOT_CREATE_DISK;
	}
}

static bool is_earlier_in_set(const struct act_set *set, const struct set_item *item)
{
	for (const struct set_item *other = set->items; other < item; other++) {
		if (hv_uuid_equal(&other->vm, &item->vm)) {
			return true;
		}
	}
	return false;
}

const char *set_why_not(const struct app *app, const struct act_set *set, const struct set_item *item, char *text,
	size_t size)
{
	const struct vm_entry *vm = model_vm(&app->model, &item->vm);
	if (app->failed) {
		return app->failed;
	}
	if (!vm) {
		return "it is gone";
	}
	if (needs_preview(set->kind) && hv_uuid_is_nil(&item->snapshot)) {
		return "mark a snapshot of it, not the VM";
	}
	if (set->kind == OPERATION_REVERT_SNAPSHOT && is_earlier_in_set(set, item)) {
		return "another snapshot of this VM is marked too";
	}
	const struct hv_node *node = model_tree_node(vm->tree, &item->snapshot);
	struct rule_facts facts = app_facts(app, vm, needs_preview(set->kind) ? node : NULL);
	facts.queues = false; /* what waits is confirmed one by one */
	/* a closed tree has no nodes to look at: the preview tells; deletes of one VM wait for each other */
	facts.has_target = facts.has_target || !vm->tree;
	facts.operation_live = facts.operation_live && !(set->kind == OPERATION_DELETE_SNAPSHOT && set->begun);
	return app_refusal(action_of(set, app->dialog.type), &facts, vm->vm->name, text, size);
}

void set_fill(const struct app *app, const struct set_item *item, struct hv_act *ret_act)
{
	const struct dialog *dialog = &app->dialog;
	const struct act_set *set = dialog->set;
	const char *note = text_field_get(&dialog->note);
	*ret_act = (struct hv_act){.kind = set->kind, .vm = item->vm, .force = set->force};
	if (set->kind == OPERATION_CREATE_SNAPSHOT) {
		ret_act->name = text_field_get(&dialog->name);
		ret_act->description = note[0] ? note : NULL;
		ret_act->type = dialog->type;
		return;
	}
	if (!needs_preview(set->kind)) {
		return;
	}
	ret_act->snapshot = item->snapshot;
	ret_act->queue = set->kind == OPERATION_DELETE_SNAPSHOT;
	bool safety = set->kind == OPERATION_REVERT_SNAPSHOT && !dialog->no_safety &&
		      !(item->preview && item->preview->safety_refusal);
	ret_act->safety_name = safety ? dialog->safety_name : NULL;
	if (item->preview) {
		ret_act->expect_current = true;
		ret_act->expected_current = item->preview->current;
	}
}

static void ask(struct app *app, struct set_item *item)
{
	struct hv_act act;
	hv_preview_unref(item->preview);
	item->preview = NULL;
	set_fill(app, item, &act);
	item->state = SET_ASKING;
	item->ticket = app_request(app, APP_EFFECT_PREVIEW, NULL, &act, "preview");
}

/* From the facts at hand; what they allow is asked for, where there is something to ask. */
static void check(struct app *app, struct set_item *item)
{
	char text[256];
	struct act_set *set = app->dialog.set;
	const char *reason = set_why_not(app, set, item, text, sizeof text);
	set_text(item, reason);
	if (reason) {
		item->state = SET_UNFIT;
	} else if (needs_preview(set->kind)) {
		ask(app, item);
	} else {
		item->state = SET_FITS;
	}
}

static void check_all(struct app *app)
{
	for (size_t i = 0; i < app->dialog.set->count; i++) {
		check(app, &app->dialog.set->items[i]);
	}
	app->dirty = true;
}

/* ---- opening ---- */

static bool has_vm(const struct act_set *set, const struct hv_uuid *vm)
{
	for (size_t i = 0; i < set->count; i++) {
		if (hv_uuid_equal(&set->items[i].vm, vm)) {
			return true;
		}
	}
	return false;
}

static void add_item(struct app *app, struct act_set *set, const struct mark *mark)
{
	struct vm_entry *vm = model_vm(&app->model, &mark->key.vm);
	bool of_snapshots = needs_preview(set->kind);
	if (!vm || (!of_snapshots && has_vm(set, &mark->key.vm))) {
		return;
	}
	const struct host_entry *host = model_vm_host(vm);
	const struct hv_node *node = model_tree_node(vm->tree, &mark->key.snapshot);
	struct set_item *item = &set->items[set->count++];
	*item = (struct set_item){.vm = vm->node.uuid, .vm_name = hv_strdup(vm->vm->name),
		.host_name = hv_strdup(host ? host->host->name : "?")};
	if (of_snapshots) {
		item->snapshot = mark->key.snapshot;
		item->snapshot_name = hv_strdup_null(node ? node->name : NULL);
	}
}

static const char *title_of(enum operation_kind kind)
{
	switch (kind) {
	case OPERATION_REVERT_SNAPSHOT:
		return "REVERT";
	case OPERATION_DELETE_SNAPSHOT:
		return "DELETE";
	case OPERATION_CREATE_SNAPSHOT:
		return "TAKE A SNAPSHOT OF";
	default:
		return "POWER OF";
	}
}

void dialog_open_set(struct app *app, enum operation_kind kind)
{
	struct dialog *dialog = dialog_begin(app, DIALOG_SET);
	struct act_set *set = hv_alloc(sizeof *set);
	struct mark *mark, *next;
	set->kind = kind;
	set->items = hv_alloc((marks_count(app) + 1) * sizeof *set->items);
	HASH_ITER(hh, app->marks, mark, next) {
		add_item(app, set, mark);
	}
	dialog->set = set;
	dialog->title = hv_sprintf("%s %zu marked %s  (nothing is done yet)", title_of(kind), set->count,
		needs_preview(kind) ? (set->count == 1 ? "snapshot" : "snapshots") : set->count == 1 ? "VM" : "VMs");
	dialog->safety_name = dialog_safety_name(app, "revert");
	if (kind == OPERATION_CREATE_SNAPSHOT) {
		char *name = dialog_suggest_name(app, NULL);
		(void)text_field_insert(&dialog->name, name);
		free(name);
		dialog->focus = CONTROL_NAME;
	}
	check_all(app);
}

/* ---- controls ---- */

static void add_power(struct control_list *list, const struct act_set *set)
{
	static const struct {
		enum control_id id;
		const char *label;
		enum operation_kind kind;
		bool force;
	} rows[] = {
		{CONTROL_ALL_START, "start", OPERATION_START_VM, false},
		{CONTROL_ALL_SHUT_DOWN, "shut down", OPERATION_STOP_VM, false},
		{CONTROL_ALL_TURN_OFF, "turn off: what the guests have not written is lost", OPERATION_STOP_VM, true},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(rows); i++) {
		struct control *choice = dialog_add(list, rows[i].id, CONTROL_CHOICE, rows[i].label, NULL);
		choice->chosen = set->kind == rows[i].kind && set->force == rows[i].force;
	}
}

/* What can be chosen and typed for this kind of act. */
static void add_inputs(const struct app *app, struct control_list *list)
{
	const struct dialog *dialog = &app->dialog;
	const struct act_set *set = dialog->set;
	char label[64];
	if (set->kind == OPERATION_CREATE_SNAPSHOT) {
		(void)dialog_add(list, CONTROL_NAME, CONTROL_FIELD, "Name", NULL);
		(void)dialog_add(list, CONTROL_NOTE, CONTROL_FIELD, "Note", NULL);
		dialog_add(list, CONTROL_DISK, CONTROL_CHOICE, "Disk", NULL)->chosen = dialog->type == SNAPSHOT_DISK;
		dialog_add(list, CONTROL_MEMORY, CONTROL_CHOICE, "Disk and memory", NULL)->chosen =
			dialog->type == SNAPSHOT_DISK_AND_MEMORY;
	} else if (!needs_preview(set->kind)) {
		add_power(list, set);
	}
	if (set->kind == OPERATION_REVERT_SNAPSHOT) {
		(void)snprintf(label, sizeof label, "safety snapshot of each first");
		dialog_add(list, CONTROL_SAFETY, CONTROL_CHECK, label, NULL)->chosen = !dialog->no_safety;
	}
	if (needs_preview(set->kind) || set->force) {
		(void)dialog_add(list, CONTROL_TYPED, CONTROL_FIELD, "How many", NULL);
	}
}

void dialog_set_controls(const struct app *app, struct control_list *list)
{
	const struct act_set *set = app->dialog.set;
	char label[32];
	if (set->begun) {
		(void)dialog_add(list, CONTROL_CANCEL, CONTROL_BUTTON, "Close", NULL);
		return;
	}
	add_inputs(app, list);
	(void)snprintf(label, sizeof label, "Go on with %zu", set_count(set, SET_FITS));
	(void)dialog_add(list, CONTROL_CANCEL, CONTROL_BUTTON, "Cancel", NULL);
	dialog_add_go(app, list, label, needs_preview(set->kind) || set->force);
	(void)dialog_add(list, CONTROL_PLAN, CONTROL_BUTTON, "Save plan", set->plan_written ? "it was saved" : NULL);
	dialog_add_commands(app, list);
}

const char *dialog_why_no_set(const struct app *app, char *text, size_t size)
{
	const struct dialog *dialog = &app->dialog;
	const struct act_set *set = dialog->set;
	static const struct hv_uuid nil;
	char number[24];
	size_t asking = set_count(set, SET_ASKING);
	(void)snprintf(number, sizeof number, "%zu", set_count(set, SET_FITS));
	if (asking > 0) {
		(void)snprintf(text, size, "waiting for %zu of the checks", asking);
		return text;
	}
	if (set_count(set, SET_FITS) == 0) {
		return "none of them can be done";
	}
	if (set->kind == OPERATION_CREATE_SNAPSHOT) {
		return dialog_why_no_such_name(app, &nil, text, size);
	}
	bool typed = !(needs_preview(set->kind) || set->force) ||
		     strcmp(text_field_get(&dialog->typed), number) == 0;
	return typed ? NULL : "type how many will be changed to go on";
}

static void choose_power(struct app *app, enum operation_kind kind, bool force)
{
	app->dialog.set->kind = kind;
	app->dialog.set->force = force;
	check_all(app);
}

void dialog_all_start(struct app *app)
{
	choose_power(app, OPERATION_START_VM, false);
}

void dialog_all_shut_down(struct app *app)
{
	choose_power(app, OPERATION_STOP_VM, false);
}

void dialog_all_turn_off(struct app *app)
{
	choose_power(app, OPERATION_STOP_VM, true);
}

void dialog_check_set(struct app *app)
{
	check_all(app);
}

/* ---- going on ---- */

static void send(struct app *app, struct set_item *item)
{
	char text[256];
	struct hv_act act;
	struct act_set *set = app->dialog.set;
	const char *reason = set_why_not(app, set, item, text, sizeof text); /* once more, just before */
	if (reason) {
		item->state = SET_UNFIT;
		set_text(item, reason);
		return;
	}
	set_fill(app, item, &act);
	char *what = item->snapshot_name ? hv_sprintf("%s: %s", item->vm_name, item->snapshot_name)
					 : hv_strdup(item->vm_name);
	item->state = SET_SENT;
	item->ticket = app_request(app, APP_EFFECT_ACT, NULL, &act, what);
	free(what);
}

void dialog_send_set(struct app *app)
{
	struct dialog *dialog = &app->dialog;
	dialog->set->begun = true;
	dialog->focus = CONTROL_CANCEL;
	for (size_t i = 0; i < dialog->set->count; i++) {
		if (dialog->set->items[i].state == SET_FITS) {
			send(app, &dialog->set->items[i]);
		}
	}
	hv_replace_string(&dialog->title, "RESULTS");
}

char *set_plan(const struct app *app)
{
	const struct act_set *set = app->dialog.set;
	struct hv_text text = HV_TEXT_INIT;
	char time[32];
	hv_text_printf(&text, "# hvtree plan of %s; nothing of it was done then\n", hv_format_time(app->wall_us, time));
	for (size_t i = 0; i < set->count; i++) {
		const struct set_item *item = &set->items[i];
		struct hv_act act;
		set_fill(app, item, &act);
		if (item->state == SET_UNFIT) {
			hv_text_printf(&text, "# left out: %s: %s\n", item->vm_name, item->text ? item->text : "");
			continue;
		}
		if (item->text) {
			hv_text_printf(&text, "# %s: %s\n", item->vm_name, item->text);
		}
		commands_batch(&text, &act, item->vm_name, item->snapshot_name);
	}
	return hv_text_detach(&text);
}

void dialog_save_plan(struct app *app)
{
	char time[32];
	(void)hv_format_time(app->wall_us, time);
	char *path = hv_sprintf("hvtree-plan-%.10s-%.2s%.2s%.2s.txt", time, time + 11, time + 14, time + 17);
	app_write(app, path, set_plan(app));
	app->dialog.set->plan_written = true;
	free(path);
}

/* ---- events ---- */

static struct set_item *item_of_ticket(const struct app *app, uint64_t ticket)
{
	const struct act_set *set = app->dialog.kind == DIALOG_SET ? app->dialog.set : NULL;
	for (size_t i = 0; set && i < set->count; i++) {
		if (set->items[i].ticket == ticket && ticket != 0) {
			return &set->items[i];
		}
	}
	return NULL;
}

bool set_previewed(struct app *app, uint64_t ticket, const struct hv_preview *preview)
{
	struct set_item *item = item_of_ticket(app, ticket);
	if (!item || item->state != SET_ASKING) {
		return false;
	}
	item->preview = hv_preview_ref(preview);
	item->state = preview->refusal ? SET_UNFIT : SET_FITS;
	set_text(item, preview->refusal ? preview->refusal : preview->risk_count > 0 ? preview->risks[0] : NULL);
	app->dirty = true;
	return true;
}

void set_accepted(struct app *app, uint64_t ticket, const struct hv_uuid *group)
{
	struct set_item *item = item_of_ticket(app, ticket);
	if (item && item->state == SET_SENT) {
		item->state = SET_RUNS;
		item->group = *group;
		set_text(item, NULL);
		app->dirty = true;
	}
}

bool set_refused(struct app *app, uint64_t ticket, const struct hv_error *error)
{
	struct set_item *item = item_of_ticket(app, ticket);
	if (!item || (item->state != SET_ASKING && item->state != SET_SENT)) {
		return false;
	}
	item->state = item->state == SET_ASKING ? SET_UNFIT : SET_FAILED;
	set_text(item, error->text);
	app->dirty = true;
	return true;
}

/* A chain has ended well with its last link, and badly with the first that fails. */
static void follow(struct act_set *set, struct set_item *item, const struct hv_operation *operation)
{
	if (operation->state == OPERATION_FAILED || operation->state == OPERATION_CANCELLED) {
		item->state = SET_FAILED;
		set_text(item, operation->error ? operation->error : "it was cancelled");
	} else if (operation->state == OPERATION_DONE && operation->kind == set->kind && item->state == SET_RUNS) {
		item->state = SET_DONE;
		set_text(item, NULL);
	} else if (operation->unknown) {
		set_text(item, "the outcome is not known until its host answers");
	}
}

void set_operation(struct app *app, const struct hv_operation *operation)
{
	struct act_set *set = app->dialog.kind == DIALOG_SET ? app->dialog.set : NULL;
	for (size_t i = 0; set && i < set->count; i++) {
		struct set_item *item = &set->items[i];
		if (item->state == SET_RUNS && hv_uuid_equal(&item->group, &operation->group)) {
			follow(set, item, operation);
			app->dirty = true;
		}
	}
}

/* Facts may have moved: what did not fit may never begin to fit by itself, but what fitted may not any more. */
void set_review(struct app *app)
{
	char text[256];
	struct act_set *set = app->dialog.kind == DIALOG_SET ? app->dialog.set : NULL;
	if (!set || set->begun) {
		return;
	}
	for (size_t i = 0; i < set->count; i++) {
		struct set_item *item = &set->items[i];
		const char *reason = item->state == SET_FITS ? set_why_not(app, set, item, text, sizeof text) : NULL;
		if (reason) {
			item->state = SET_UNFIT;
			set_text(item, reason);
			app->dirty = true;
		}
	}
}

bool dialog_is_severe(const struct dialog *dialog)
{
	bool severe_set = dialog->set && (needs_preview(dialog->set->kind) || dialog->set->force);
	return dialog->kind == DIALOG_REVERT || dialog->kind == DIALOG_DELETE || dialog->kind == DIALOG_DESTROY ||
	       severe_set;
}
