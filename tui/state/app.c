#include "tui/state/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/state/app_state.h"

/* Whoever points into the model lets go of what leaves it. */
static void node_leaves(void *context, const struct row_node *node)
{
	struct app *app = context;
	rows_let_go(&app->cursor, node);
	rows_let_go(&app->top, node);
	if (app->range.node && row_node_is_within(app->range.node, node)) {
		app->range = (struct row_ref){.node = NULL};
	}
	if (node->kind == ROW_VM) {
		marks_vm_leaves(app, vm_of((struct row_node *)(uintptr_t)node));
	}
}

/* The rows beneath a VM stand elsewhere now. */
static void leaves_remade(void *context, struct vm_entry *vm, const struct hv_tree *old)
{
	struct app *app = context;
	rows_follow_tree(&app->cursor, vm, old);
	rows_follow_tree(&app->top, vm, old);
	rows_follow_tree(&app->range, vm, old);
	marks_follow_tree(app, vm);
}

static void operation_leaves(void *context, const struct operation_entry *entry)
{
	struct app *app = context;
	if (app->job == entry) {
		app->job = NULL;
	}
}

struct app *app_new(const struct app_config *config)
{
	struct app *app = hv_alloc(sizeof *app);
	app->config = *config;
	app->title = hv_text_printable(config->title ? config->title : "", config->title ? strlen(config->title) : 0);
	app->user = hv_text_printable(config->user ? config->user : "", config->user ? strlen(config->user) : 0);
	app->config.title = app->title;
	app->config.user = app->user;
	if (config->settings) {
		config_copy(&app->settings, config->settings);
	}
	app->config.settings = &app->settings;
	app->config.read_only = config->read_only || config_is(&app->settings, SETTING_READ_ONLY);
	keymap_set_defaults(&app->keymap);
	model_init(&app->model);
	app->model.leaving = node_leaves;
	app->model.operation_leaving = operation_leaves;
	app->model.remade = leaves_remade;
	app->model.context = app;
	app->wanted.then = TUI_ACTION_COUNT;
	app_settings_use(app);
	app_keys_use(app);
	app_resize(app, 80, 24);
	return app;
}

void app_free(struct app *app)
{
	if (!app) {
		return;
	}
	dialog_close(app);
	questions_clear(app);
	held_keys_clear(app);
	prompt_clear(&app->prompt);
	find_clear(&app->find);
	paused_clear(app);
	marks_clear(app);
	remembered_clear(app);
	ages_clear(&app->ages);
	log_clear(&app->log);
	free(app->to_write);
	free(app->help_text);
	model_clear(&app->model);
	messages_clear(&app->messages);
	free(app->shown_theme);
	policy_clear(app);
	config_clear(&app->settings);
	keymap_clear(&app->keymap);
	app_effects_clear(app);
	free(app->effects);
	for (size_t i = 0; i < app->request_count; i++) {
		free(app->requests[i].what);
	}
	free(app->requests);
	free(app->failed);
	free(app->title);
	free(app->user);
	free(app);
}

unsigned app_place(const struct app *app)
{
	if (app->help_open) {
		return TUI_PLACE_HELP;
	}
	switch (app->screen) {
	case APP_SCREEN_TREE:
		return TUI_PLACE_TREE;
	case APP_SCREEN_JOBS:
		return TUI_PLACE_JOBS;
	case APP_SCREEN_MESSAGES:
		return TUI_PLACE_MESSAGES;
	case APP_SCREEN_SETTINGS:
		return TUI_PLACE_SETTINGS;
	case APP_SCREEN_AGES:
		return TUI_PLACE_AGES;
	}
	return TUI_PLACE_TREE;
}

void app_say(struct app *app, enum role role, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = NULL;
	int length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		abort();
	}
	messages_add(&app->messages, app->wall_us, role, text);
	free(text);
	app_log_added(app);
	app->dirty = true;
}

void app_message(struct app *app, bool warning, const char *text)
{
	app_say(app, warning ? ROLE_WARN : ROLE_INFO, "%s", text);
}

/* A screen that shows nothing but "too small" must not change anything: keys would be pressed blindly. */
static bool works_blindly(enum tui_action action)
{
	return action == TUI_ACTION_QUIT || action == TUI_ACTION_INTERRUPT || action == TUI_ACTION_REPAINT ||
	       action == TUI_ACTION_SUSPEND;
}

static void run_key(struct app *app, struct key key)
{
	enum tui_action action = keymap_find(&app->keymap, app_place(app), key);
	if (action == TUI_ACTION_COUNT) {
		char name[16], help[16];
		app_say(app, ROLE_INFO, "%s does nothing here; %s shows all keys", key_format(key, name),
			keymap_keys(&app->keymap, TUI_ACTION_HELP, 1, help, sizeof help));
		return;
	}
	if (!app->layout.too_small) {
		app_run(app, action);
	} else if (works_blindly(action)) {
		/* a dialog could not be read: leaving is safe, operations go on on their hosts */
		app_effect(app, action == TUI_ACTION_SUSPEND ? APP_EFFECT_SUSPEND
			: action == TUI_ACTION_REPAINT ? APP_EFFECT_REPAINT : APP_EFFECT_QUIT, NULL);
	}
}

void app_press(struct app *app, struct key key, const char *paste)
{
	app->awaited_host = (struct hv_uuid){{0}};
	if (key_is_mouse(key)) {
		if (!app->layout.too_small) {
			app_mouse(app, key);
		}
	} else if (app->dialog.kind != DIALOG_NONE && !app->layout.too_small) {
		dialog_key(app, key, paste);
	} else if (app->prompt.kind != PROMPT_NONE && !app->layout.too_small) {
		prompt_key(app, key, paste);
	} else if (key.code == KEY_CODE_PASTE) {
		app_say(app, ROLE_WARN, "paste ignored: there is no field to paste into");
	} else {
		run_key(app, key);
	}
	app_settle(app);
	held_keys_begin(app);
}

void app_key(struct app *app, struct key key, const char *paste)
{
	if (key.code == KEY_CODE_NONE) {
		return;
	}
	app->touched = true;
	if (!held_keys_take(app, key, paste)) {
		app_press(app, key, paste);
	}
}

void app_resize(struct app *app, int width, int height)
{
	app->width = width;
	app->height = height;
	app_relayout(app);
	app_move_job(app, 0);
	app_move_age(app, 0);
	app_move_setting(app, 0);
	if (app->help_open) {
		app_move_help(app, 0);
	}
	app->dirty = true;
}

int64_t app_tick(struct app *app, int64_t wall_us)
{
	bool first = app->wall_us == 0 && wall_us != 0;
	bool back = wall_us < app->wall_us; /* the clock was set: whatever was due is not */
	if (first || back || wall_us >= app->due_us) {
		app->dirty = true;
	}
	app->wall_us = wall_us;
	int64_t held_us = held_keys_tick(app, back);
	int64_t policy_us = policy_tick(app);
	app->due_us = app_due(app);
	app->due_us = held_us < app->due_us ? held_us : app->due_us;
	app->due_us = policy_us < app->due_us ? policy_us : app->due_us;
	int64_t find_us = app_find_tick(app);
	app->due_us = find_us < app->due_us ? find_us : app->due_us;
	return app->due_us;
}

bool app_dirty(const struct app *app)
{
	return app->dirty;
}

bool app_waits_for_tree(const struct app *app)
{
	size_t top = rows_index(&app->model, &app->top);
	struct row_ref row;
	for (int i = 0; top != ROWS_NONE && i < app->layout.tree.height; i++) {
		if (!rows_at(&app->model, top + (size_t)i, &row)) {
			return false;
		}
		const struct vm_entry *vm = rows_vm(&row);
		if (vm && vm->node.open && !vm->tree) {
			return true;
		}
	}
	return false;
}

bool app_idle(const struct app *app)
{
	bool answered = (app->loaded || app->failed) && app->request_count == 0 && !app->held.waiting;
	return answered && (app->failed || !app_waits_for_tree(app));
}
