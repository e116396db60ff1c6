/*
 * Keys that arrive between the opening of a VM and its tree: they were meant for rows that are not there yet. They wait
 * for the tree, no longer than HELD_US by the clock of app_tick(), and never reach another VM's dialog: when the tree has
 * not come, only what changes nothing is still done.
 */
#include <stdlib.h>
#include <string.h>

#include "tui/state/app_state.h"

#define HELD_US (HV_SECOND_US * 3 / 10)

static void forget(struct held_key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		hv_wipe_string(keys[i].paste);
		keys[i].paste = NULL;
	}
}

void held_keys_clear(struct app *app)
{
	forget(app->held.keys, app->held.count);
	app->held.count = 0;
	app->held.lost = 0;
	app->held.waiting = false;
	app->held.opened = false;
}

void held_keys_opened(struct app *app, const struct hv_uuid *vm)
{
	app->held.opened = true;
	app->held.vm = vm ? *vm : (struct hv_uuid){{0}};
}

static bool tree_is_awaited(const struct app *app)
{
	if (hv_uuid_is_nil(&app->held.vm)) {
		return app_waits_for_tree(app);
	}
	const struct vm_entry *vm = model_vm(&app->model, &app->held.vm);
	return vm && vm->node.open && !vm->tree;
}

void held_keys_begin(struct app *app)
{
	struct held_keys *held = &app->held;
	if (!held->opened) {
		return;
	}
	held->opened = false;
	held->waiting = !app->failed && app->dialog.kind == DIALOG_NONE && tree_is_awaited(app);
	held->until_us = 0; /* the clock is read with the next tick: the last one may be long ago */
}

static bool is_way_out(const struct app *app, struct key key)
{
	enum tui_action action = keymap_find(&app->keymap, app_place(app), key);
	return action == TUI_ACTION_BACK || action == TUI_ACTION_INTERRUPT || action == TUI_ACTION_SUSPEND;
}

bool held_keys_take(struct app *app, struct key key, const char *paste)
{
	struct held_keys *held = &app->held;
	if (!held->waiting) {
		return false;
	}
	if (is_way_out(app, key)) { /* whoever changes their mind means all of it */
		held_keys_clear(app);
		return false;
	}
	if (held->count == HELD_KEYS_MAX) {
		held->lost++;
		return true;
	}
	held->keys[held->count++] = (struct held_key){key, hv_strdup_null(paste)};
	return true;
}

static void say_dropped(struct app *app, size_t count)
{
	if (count > 0) {
		app_say(app, ROLE_WARN, "%zu %s dropped: typed ahead for rows that have not come", count,
			count == 1 ? "key" : "keys");
	}
}

static bool may_change_something(const struct app *app, struct key key)
{
	enum tui_action action = keymap_find(&app->keymap, app_place(app), key);
	return action != TUI_ACTION_COUNT && tui_action_info(action)->danger != TUI_DANGER_SAFE;
}

/* A key may open the next VM: then the rest waits for that one. `came`: the rows that the keys were meant for are there. */
static void replay(struct app *app, bool came)
{
	struct held_key keys[HELD_KEYS_MAX];
	size_t count = app->held.count, lost = app->held.lost, at = 0;
	memcpy(keys, app->held.keys, count * sizeof keys[0]);
	app->held.count = 0;
	held_keys_clear(app);
	while (at < count && !app->held.waiting && (came || !may_change_something(app, keys[at].key))) {
		app_press(app, keys[at].key, keys[at].paste);
		hv_wipe_string(keys[at].paste);
		at++;
	}
	if (app->held.waiting) {
		memcpy(app->held.keys, keys + at, (count - at) * sizeof keys[0]);
		app->held.count = count - at;
		app->held.lost = lost;
		return;
	}
	forget(keys + at, count - at);
	say_dropped(app, count - at + lost);
}

void held_keys_review(struct app *app)
{
	struct held_keys *held = &app->held;
	if (!held->waiting) {
		return;
	}
	bool gone = !hv_uuid_is_nil(&held->vm) && !model_vm(&app->model, &held->vm);
	if (gone || app->failed || app->dialog.kind != DIALOG_NONE) {
		size_t count = held->count + held->lost;
		held_keys_clear(app);
		say_dropped(app, count);
	} else if (!tree_is_awaited(app)) {
		replay(app, true);
	} else if (held->until_us != 0 && app->wall_us >= held->until_us) {
		replay(app, false);
	}
}

int64_t held_keys_tick(struct app *app, bool clock_was_set)
{
	struct held_keys *held = &app->held;
	if (held->waiting && (held->until_us == 0 || clock_was_set)) {
		held->until_us = app->wall_us + HELD_US;
	}
	held_keys_review(app);
	return held->waiting ? held->until_us : HV_NEVER;
}
