/*
 * What comes up from the backend: the model changes, and the screen is dirty only if something that it shows did. Where
 * rows above the window come and go, nothing moves: the window hangs on a row, not on a number.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/state/app_state.h"
#include "tui/state/border.h"
#include "tui/state/words.h"

#define FRESH_TREE_MAX 200

/* The figures in the title line, and rows that count what is beneath them. */
struct figures {
	size_t hosts, hosts_up, vms, live, unknown;
	int64_t snapshots;
};

static struct figures figures_of(const struct model *model)
{
	return (struct figures){
		.hosts = model->host_count,
		.hosts_up = model->hosts_up,
		.vms = model->vm_count,
		.live = model->live_count,
		.unknown = model->unknown_count,
		.snapshots = model->snapshot_count,
	};
}

static void compare_figures(struct app *app, struct figures before)
{
	struct figures now = figures_of(&app->model);
	bool same = now.hosts == before.hosts && now.hosts_up == before.hosts_up && now.vms == before.vms &&
		    now.live == before.live && now.unknown == before.unknown && now.snapshots == before.snapshots;
	app->dirty = app->dirty || (!same && !app->layout.too_small);
}

/* The details show the row under the cursor, its VM and its host. */
static bool is_in_details(const struct app *app, const struct row_node *node)
{
	if (!app_tree_is_shown(app) || app->layout.details.height == 0) {
		return false;
	}
	const struct host_entry *host = rows_host(&app->cursor);
	return node == app->cursor.node || (host && node == &host->node);
}

static bool is_shown(const struct app *app, const struct row_node *node)
{
	return node && (app_node_on_screen(app, node) || is_in_details(app, node));
}

static void touch(struct app *app, const struct row_node *node)
{
	app->dirty = app->dirty || is_shown(app, node);
}

/* Rows that say how many VMs or hosts are beneath them. */
static void touch_line(struct app *app, const struct row_node *node)
{
	if (!node || node->kind == ROW_ROOT || !app_tree_is_shown(app)) {
		return;
	}
	struct row_ref row = {.node = (struct row_node *)(uintptr_t)node, .kind = node->kind};
	size_t index = rows_index(&app->model, &row);
	size_t top = rows_index(&app->model, &app->top);
	if (index != ROWS_NONE && top != ROWS_NONE && index >= top &&
		index < top + (size_t)app->layout.tree.height) {
		app->dirty = true;
	}
}

static void touch_owners(struct app *app, const struct row_node *node)
{
	for (; node; node = node->owner) {
		touch_line(app, node);
	}
}

/* ---- hosts ---- */

static void say_host(struct app *app, const struct hv_host *host, enum host_state before)
{
	if (!app->loaded || host->state == before) {
		return;
	}
	if (host->state == HOST_LOST && before == HOST_UP) {
		app_say(app, ROLE_WARN, "%s: no answer%s%s; what is shown of it is old, its actions are locked",
			host->name, host->reason ? ": " : "", host->reason ? host->reason : "");
	} else if (host->state == HOST_UP) {
		app_say(app, ROLE_OK, "%s: connected", host->name);
	}
}

/* Whoever has asked for it and waits is told what came of it. */
static void tell_awaited(struct app *app, const struct hv_host *host, bool tried)
{
	if (!hv_uuid_equal(&app->awaited_host, &host->uuid)) {
		return;
	}
	if (host->state == HOST_UP) {
		app->awaited_host = (struct hv_uuid){{0}};
	} else if (host->state == HOST_LOST && tried) {
		app->awaited_host = (struct hv_uuid){{0}};
		app_say(app, ROLE_WARN, "%s: not connected", host->name);
		if (app->dialog.kind == DIALOG_NONE) {
			char *title = hv_sprintf("NOT CONNECTED  %s", host->name);
			dialog_open_message(app, title, host->reason ? host->reason : "no reason is known", NULL);
			free(title);
		}
	}
}

static void on_host(struct app *app, const struct hv_event *event)
{
	struct host_entry *host = model_host(&app->model, &event->host->uuid);
	enum host_state before = host ? host->host->state : HOST_DISCONNECTED;
	int64_t retry_before_us = host ? host->host->retry_us : 0;
	bool known = host != NULL;
	bool shown = host && is_shown(app, &host->node);
	enum model_change change = model_put_host(&app->model, event->host);
	host = model_host(&app->model, &event->host->uuid);
	if (change == MODEL_SAME) {
		return;
	}
	if (!known) {
		host->node.known = remembered_apply(app, &host->node);
		(void)remembered_apply(app, host->node.owner);
	}
	app->dirty = app->dirty || shown;
	touch(app, &host->node);
	if (change == MODEL_MOVED) {
		touch_owners(app, host->node.owner);
	}
	if (known) {
		say_host(app, host->host, before);
		tell_awaited(app, host->host, before == HOST_CONNECTING || retry_before_us != host->host->retry_us);
	}
}

static void on_host_gone(struct app *app, const struct hv_event *event)
{
	struct host_entry *host = model_host(&app->model, &event->id);
	if (host) {
		touch(app, &host->node);
		touch_owners(app, host->node.owner);
		questions_gone(app, &event->id);
		model_remove_host(&app->model, &event->id);
	}
}

/* ---- VMs ---- */

static void on_vm(struct app *app, const struct hv_event *event)
{
	struct vm_entry *vm = model_vm(&app->model, &event->vm->uuid);
	bool shown = vm && is_shown(app, &vm->node);
	bool known = vm != NULL;
	int64_t snapshots = vm ? vm->vm->snapshots : 0;
	if (vm) {
		touch_owners(app, hv_uuid_equal(&vm->vm->host, &event->vm->host) ? NULL : vm->node.owner);
	}
	enum model_change change = model_put_vm(&app->model, event->vm);
	vm = model_vm(&app->model, &event->vm->uuid);
	if (change == MODEL_SAME) {
		return;
	}
	if (!known) {
		(void)remembered_apply(app, &vm->node);
		vm->fresh_us = app->loaded ? app->wall_us : 0;
	}
	app_find_vm_changed(app, vm, snapshots);
	app->dirty = app->dirty || shown;
	touch(app, &vm->node);
	if (change == MODEL_MOVED) {
		touch_owners(app, vm->node.owner);
	}
}

static void on_vm_gone(struct app *app, const struct hv_event *event)
{
	struct vm_entry *vm = model_vm(&app->model, &event->id);
	if (vm) {
		touch(app, &vm->node);
		touch_owners(app, vm->node.owner);
		if (app->loaded) {
			app_say(app, ROLE_INFO, "%s: gone from the fleet", vm->vm->name);
		}
		model_remove_vm(&app->model, &event->id);
	}
}

/* The last snapshot that the tree before did not have; huge trees are not searched for it. */
static void note_fresh(const struct app *app, struct vm_entry *vm, const struct hv_tree *old)
{
	for (size_t i = 0; old && vm->tree->count <= FRESH_TREE_MAX && i < vm->tree->count; i++) {
		if (!model_tree_node(old, &vm->tree->nodes[i].id)) {
			vm->fresh_snapshot = vm->tree->nodes[i].id;
			vm->fresh_snapshot_us = app->wall_us;
		}
	}
}

static void on_tree(struct app *app, const struct hv_event *event)
{
	struct vm_entry *vm = model_vm(&app->model, &event->tree->vm);
	dialog_take_tree(app, event->tree);
	if (!vm || !vm->node.open) {
		return; /* closed again while it was on its way */
	}
	touch(app, &vm->node);
	const struct hv_tree *old = model_set_tree(&app->model, vm, border_tree(event->tree));
	note_fresh(app, vm, old);
	hv_tree_unref(old);
	app_arrive(app, vm);
	touch(app, &vm->node);
}

/* ---- operations ---- */

/* Whether the newest message is the engine's own sentence about this end: then it gives way to the one of the row. */
static bool is_said_already(const struct app *app, const struct hv_operation *operation)
{
	const struct message *newest = messages_at(&app->messages, 0);
	if (!newest || newest->wall_us + HV_SECOND_US < app->wall_us) {
		return false;
	}
	if (operation->error) {
		return strcmp(newest->text, operation->error) == 0;
	}
	char *vm = hv_sprintf("VM '%s'", operation->vm_name);
	char *snapshot = hv_sprintf("napshot '%s'", operation->snapshot_name ? operation->snapshot_name : "");
	bool said = strstr(newest->text, vm) && (!operation->snapshot_name || strstr(newest->text, snapshot));
	free(vm);
	free(snapshot);
	return said && newest->role == ROLE_INFO;
}

static char *end_sentence(const struct hv_operation *operation)
{
	char what[320];
	switch (operation->state) {
	case OPERATION_DONE:
		return hv_sprintf("%s: %s", operation->vm_name, words_done(operation, what, sizeof what));
	case OPERATION_FAILED:
		return hv_sprintf("%s: %s FAILED: %s", operation->vm_name, words_what(operation, what, sizeof what),
			operation->error ? operation->error : "no reason given");
	case OPERATION_CANCELLED:
		return hv_sprintf("%s: %s was cancelled; nothing was changed", operation->vm_name,
			words_what(operation, what, sizeof what));
	case OPERATION_QUEUED:
	case OPERATION_RUNNING:
	case OPERATION_STATE_COUNT:
		break;
	}
	return hv_strdup("");
}

static void say_end(struct app *app, const struct hv_operation *operation)
{
	static const enum role roles[OPERATION_STATE_COUNT] = {
		[OPERATION_DONE] = ROLE_OK,
		[OPERATION_FAILED] = ROLE_ERROR,
		[OPERATION_CANCELLED] = ROLE_WARN,
	};
	char *sentence = end_sentence(operation);
	if (is_said_already(app, operation)) {
		messages_replace_newest(&app->messages, roles[operation->state], sentence);
		app->dirty = true;
	} else {
		app_say(app, roles[operation->state], "%s", sentence);
	}
	free(sentence);
}

static void say_operation(
	struct app *app, const struct hv_operation *operation, const struct hv_operation *before)
{
	char what[320];
	bool was_live = before ? operation_is_live_value(before) : app->loaded;
	if (was_live && !operation_is_live_value(operation)) {
		say_end(app, operation);
	} else if (operation->unknown && !(before && before->unknown)) {
		app_say(app, ROLE_WARN, "%s: outcome of '%s' is UNKNOWN until its host answers", operation->vm_name,
			words_what(operation, what, sizeof what));
	}
}

static void on_operation(struct app *app, const struct hv_event *event)
{
	const struct hv_operation *before = NULL;
	struct operation_entry *entry = model_put_operation(&app->model, event->operation, &before);
	const struct vm_entry *vm = model_vm(&app->model, &event->operation->vm);
	if (vm) {
		touch(app, &vm->node);
	}
	/* live operations stand on the line above the messages, all of them in the jobs view */
	bool lines = app_tree_is_shown(app) && app->layout.operations.height > 0;
	app->dirty = app->dirty || lines || app->screen == APP_SCREEN_JOBS;
	if (entry) {
		set_operation(app, entry->operation);
		say_operation(app, entry->operation, before);
	}
	hv_operation_unref(before);
}

/* ---- answers ---- */

static void on_loaded(struct app *app)
{
	bool first = !app->loaded;
	app->loaded = true;
	app->dirty = true;
	if (first && app->config.first_run && app->model.host_count == 0) {
		dialog_open_first_run(app);
	}
	if (app->model.vm_count > APP_OPEN_HOSTS_MAX) {
		return;
	}
	struct row_node *host, *next;
	HASH_ITER(hh, app->model.hosts, host, next) {
		if (!host->known) { /* of the others the user's last word is known */
			row_node_set_open(host, true);
		}
	}
}

static void on_accepted(struct app *app, const struct hv_event *event)
{
	char *what = NULL;
	enum app_effect_kind kind = APP_EFFECT_ACT;
	if (!app_answered(app, event->ticket, &kind, &what)) {
		return;
	}
	if (kind == APP_EFFECT_ADD_HOST) { /* reach it, so that what it asks is asked while somebody is here */
		(void)app_request(app, APP_EFFECT_SYNC, &event->id, NULL, "the new host");
	}
	if (policy_accepted(app, event->ticket)) {
		free(what);
		return;
	}
	set_accepted(app, event->ticket, &event->id);
	(void)dialog_accepted(app, event->ticket);
	app_say(app, ROLE_INFO, "accepted: %s", what);
	free(what);
}

static const char *advice_for(enum hv_status status)
{
	switch (status) {
	case HV_ERR_CONFLICT:
		return "Look at the tree as it is now, and ask again if you still want it.";
	case HV_ERR_UNREACHABLE:
	case HV_ERR_TIMEOUT:
		return "Wait until the host answers again, or press c on it to connect now.";
	case HV_ERR_STORE:
	case HV_ERR_IO:
		return "The messages (L) say what is true now; free space or fix the store, then ask again.";
	case HV_ERR_NOT_FOUND:
		return "It is gone. F5 reads everything again.";
	default:
		return NULL;
	}
}

static void on_refused(struct app *app, const struct hv_event *event)
{
	char *what = NULL;
	enum app_effect_kind kind = APP_EFFECT_ACT;
	if (!app_answered(app, event->ticket, &kind, &what)) {
		return;
	}
	app_say(app, ROLE_WARN, "refused: %s: %s", what, event->error.text);
	(void)policy_refused(app, event->ticket);
	bool taken = set_refused(app, event->ticket, &event->error) ||
		     dialog_refused(app, event->ticket, &event->error);
	bool wanted = kind == APP_EFFECT_ACT || kind == APP_EFFECT_CANCEL;
	if (!taken && wanted && app->dialog.kind == DIALOG_NONE) {
		char *title = hv_sprintf("REFUSED  %s", what);
		char *text = hv_sprintf("%s. Nothing was changed.", event->error.text);
		dialog_open_message(app, title, text, advice_for(event->error.status));
		free(title);
		free(text);
	}
	free(what);
}

static void on_preview(struct app *app, const struct hv_event *event)
{
	(void)app_answered(app, event->ticket, NULL, NULL);
	const struct hv_preview *clean = border_preview(event->preview);
	if (!set_previewed(app, event->ticket, clean)) {
		(void)dialog_previewed(app, event->ticket, clean);
	}
	hv_preview_unref(clean);
}

static void on_snapshots(struct app *app, const struct hv_event *event)
{
	if (!app_answered(app, event->ticket, NULL, NULL)) {
		return; /* to a question that a newer one has overtaken */
	}
	const struct hv_snapshot_page *clean = border_page(event->page);
	if (!app_find_page(app, event->ticket, clean)) {
		(void)app_ages_take(app, event->ticket, clean);
	}
	hv_snapshot_page_unref(clean);
}

static void on_synced(struct app *app, const struct hv_event *event)
{
	(void)app_answered(app, event->ticket, NULL, NULL);
	const struct host_entry *host = model_host(&app->model, &event->id);
	const char *name = host ? host->host->name : "all hosts";
	if (event->error.status == HV_OK) {
		app_say(app, ROLE_INFO, "%s: read again", name);
	} else {
		app_say(app, ROLE_WARN, "%s: not read: %s", name, event->error.text);
	}
}

static void on_failed(struct app *app, const struct hv_event *event)
{
	free(app->failed);
	app->failed = hv_text_printable(event->error.text, strlen(event->error.text));
	app_say(app, ROLE_ERROR, "the backend has stopped: %s", app->failed);
	dialog_open_message(app, "STOPPED", app->failed,
		"Nothing was lost. What runs goes on on its host. Mend the cause, then start hvtree again.");
}

static void dispatch(struct app *app, const struct hv_event *event)
{
	switch (event->kind) {
	case HV_EVENT_HOST:
		on_host(app, event);
		break;
	case HV_EVENT_HOST_GONE:
		on_host_gone(app, event);
		break;
	case HV_EVENT_VM:
		on_vm(app, event);
		break;
	case HV_EVENT_VM_GONE:
		on_vm_gone(app, event);
		break;
	case HV_EVENT_TREE:
		on_tree(app, event);
		break;
	case HV_EVENT_OPERATION:
		on_operation(app, event);
		break;
	case HV_EVENT_LOADED:
		on_loaded(app);
		break;
	case HV_EVENT_ACCEPTED:
		on_accepted(app, event);
		break;
	case HV_EVENT_REFUSED:
		on_refused(app, event);
		break;
	case HV_EVENT_PREVIEW:
		on_preview(app, event);
		break;
	case HV_EVENT_SYNCED:
		on_synced(app, event);
		break;
	case HV_EVENT_QUESTION:
		questions_add(app, event->question);
		break;
	case HV_EVENT_QUESTION_GONE:
		questions_gone(app, &event->id);
		break;
	case HV_EVENT_MESSAGE:
		app_message(app, event->warning, event->text ? event->text : "");
		break;
	case HV_EVENT_FAILED:
		on_failed(app, event);
		break;
	case HV_EVENT_SNAPSHOTS:
		on_snapshots(app, event);
		break;
	case HV_EVENT_OFFERINGS:
		if (app_answered(app, event->ticket, NULL, NULL)) {
			(void)dialog_take_offerings(app, event->ticket, event->offerings);
		}
		break;
	case HV_EVENT_LOG:
	case HV_EVENT_ACCOUNTS:
	case HV_EVENT_SETTINGS:
	case HV_EVENT_VMS:
	case HV_EVENT_VOLUME_SNAPSHOTS:
	case HV_EVENT_CAPABILITIES:
	case HV_EVENT_KIND_COUNT:
		break;
	}
}

void app_event(struct app *app, const struct hv_event *event)
{
	struct figures before = figures_of(&app->model);
	if (paused_take(app, event)) {
		return;
	}
	dispatch(app, event);
	compare_figures(app, before);
	app_settle(app);
	dialog_review(app);
	held_keys_review(app);
}
