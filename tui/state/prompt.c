#include "tui/state/prompt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tui/state/app_state.h"

/* What is particular to a kind. NULL: nothing. */
static const struct {
	const char *label;
	void (*changed)(struct app *app, const char *text);
	/** Enter; the line is closed already. */
	void (*entered)(struct app *app, const char *text);
	/** Escape; the line is closed already. */
	void (*left)(struct app *app);
	/** The longest text that every completion of `text` begins with; NULL: there is none. Caller frees. */
	char *(*complete)(struct app *app, const char *text);
	/** Up and Down move in the list behind the line instead of in its history. */
	bool moves;
} forms[] = {
	[PROMPT_NONE] = {.label = ""},
	[PROMPT_FIND] = {.label = "/", .changed = app_find_change, .entered = app_find_enter, .left = app_find_clear,
		.moves = true},
	[PROMPT_COMMAND] = {.label = ":", .changed = app_palette_change, .entered = app_palette_enter,
		.complete = app_palette_complete},
	[PROMPT_HELP] = {.label = "/", .changed = app_help_search, .entered = app_help_enter, .left = app_help_leave,
		.moves = true},
	[PROMPT_LOG] = {.label = "/", .changed = app_log_filter, .left = app_log_unfilter, .moves = true},
	[PROMPT_SETTING] = {.label = "value: ", .entered = app_setting_enter},
	[PROMPT_WRITE] = {.label = "allow changes, time and reason: ", .entered = policy_write},
	[PROMPT_FILE] = {.label = "write to: ", .entered = app_write_to},
};
static_assert(HV_ARRAY_LEN(forms) == PROMPT_KIND_COUNT, "a form for every kind");

const char *prompt_label(enum prompt_kind kind)
{
	return forms[kind].label;
}

static void set_text(struct prompt *prompt, const char *text)
{
	text_field_clear(&prompt->field);
	text_field_init(&prompt->field, PROMPT_TEXT_MAX, "");
	(void)text_field_insert(&prompt->field, text);
}

void prompt_open(struct app *app, enum prompt_kind kind, const char *text)
{
	struct prompt *prompt = &app->prompt;
	prompt_close(app);
	prompt->kind = kind;
	set_text(prompt, text);
	app->dirty = true;
}

void prompt_close(struct app *app)
{
	struct prompt *prompt = &app->prompt;
	prompt->kind = PROMPT_NONE;
	prompt->back = 0;
	free(prompt->typed);
	prompt->typed = NULL;
	text_field_clear(&prompt->field);
	app->dirty = true;
}

void prompt_clear(struct prompt *prompt)
{
	for (int kind = 0; kind < PROMPT_KIND_COUNT; kind++) {
		struct prompt_history *history = &prompt->histories[kind];
		for (size_t i = 0; i < history->count; i++) {
			free(history->items[i]);
		}
		history->count = 0;
	}
	free(prompt->typed);
	prompt->typed = NULL;
	text_field_clear(&prompt->field);
}

void prompt_remember(struct prompt_history *history, const char *text)
{
	size_t at = 0;
	if (text[0] == '\0') {
		return;
	}
	while (at < history->count && strcmp(history->items[at], text) != 0) {
		at++;
	}
	if (at == history->count && history->count == PROMPT_HISTORY_MAX) {
		at = 0;
	}
	if (at < history->count) {
		free(history->items[at]);
		memmove(history->items + at, history->items + at + 1, (history->count - at - 1) * sizeof *history->items);
		history->count--;
	}
	history->items[history->count++] = hv_strdup(text);
}

/* ---- keys ---- */

static void changed(struct app *app)
{
	char *text = hv_strdup(text_field_get(&app->prompt.field));
	if (forms[app->prompt.kind].changed) {
		forms[app->prompt.kind].changed(app, text);
	}
	free(text);
	app->dirty = true;
}

static void enter(struct app *app)
{
	enum prompt_kind kind = app->prompt.kind;
	char *text = hv_strdup(text_field_get(&app->prompt.field));
	prompt_remember(&app->prompt.histories[kind], text);
	prompt_close(app);
	if (forms[kind].entered) {
		forms[kind].entered(app, text);
	}
	free(text);
}

static void leave(struct app *app)
{
	enum prompt_kind kind = app->prompt.kind;
	prompt_close(app);
	if (forms[kind].left) {
		forms[kind].left(app);
	}
}

static void look_back(struct app *app, int step)
{
	struct prompt *prompt = &app->prompt;
	const struct prompt_history *history = &prompt->histories[prompt->kind];
	size_t back = prompt->back + (size_t)step;
	if (step < 0 ? prompt->back == 0 : back > history->count) {
		return;
	}
	if (prompt->back == 0) {
		hv_replace_string(&prompt->typed, text_field_get(&prompt->field));
	}
	prompt->back = back;
	set_text(prompt, back > 0 ? history->items[history->count - back] : prompt->typed);
	changed(app);
}

static void complete(struct app *app)
{
	char *(*ask)(struct app *, const char *) = forms[app->prompt.kind].complete;
	char *text = ask ? ask(app, text_field_get(&app->prompt.field)) : NULL;
	if (text) {
		set_text(&app->prompt, text);
		free(text);
		changed(app);
	}
}

static bool moves_list(struct app *app, struct key key)
{
	enum tui_action action = keymap_find(&app->keymap, app_place(app), key);
	bool arrow = key.code == KEY_CODE_UP || key.code == KEY_CODE_DOWN || key.code == KEY_CODE_PAGE_UP ||
		     key.code == KEY_CODE_PAGE_DOWN;
	if (!arrow || action == TUI_ACTION_COUNT || !forms[app->prompt.kind].moves) {
		return false;
	}
	app_run(app, action);
	return true;
}

static bool control_key(struct app *app, struct key key)
{
	enum tui_action action = keymap_find(&app->keymap, app_place(app), key);
	if (key.code != KEY_CODE_CONTROL) {
		return false;
	}
	if (action == TUI_ACTION_INTERRUPT) {
		leave(app);
	} else if (action == TUI_ACTION_REPAINT || action == TUI_ACTION_SUSPEND) {
		app_run(app, action);
	} else {
		return false;
	}
	return true;
}

void prompt_key(struct app *app, struct key key, const char *paste)
{
	struct prompt *prompt = &app->prompt;
	bool empty = text_field_get(&prompt->field)[0] == '\0';
	app->dirty = true;
	if (moves_list(app, key) || control_key(app, key)) {
		return;
	}
	switch (key.code) {
	case KEY_CODE_ENTER:
		enter(app);
		return;
	case KEY_CODE_ESCAPE:
		leave(app);
		return;
	case KEY_CODE_UP:
	case KEY_CODE_DOWN:
		look_back(app, key.code == KEY_CODE_UP ? 1 : -1);
		return;
	case KEY_CODE_TAB:
		complete(app);
		return;
	case KEY_CODE_BACKSPACE:
		if (empty) { /* one more than there is: the line itself goes */
			leave(app);
			return;
		}
		break;
	default:
		break;
	}
	if (text_field_key(&prompt->field, key, paste)) {
		changed(app);
	}
}
