/* The command line ":": the action table by name, with completion. What is typed runs exactly one action or none. */
#include <stdlib.h>
#include <string.h>

#include "tui/state/app_state.h"

static bool is_offered(const struct app *app, enum tui_action action)
{
	const struct tui_action_info *info = tui_action_info(action);
	bool of_palette = action == TUI_ACTION_PALETTE || info->group == TUI_GROUP_MOVE;
	return (info->place & app_place(app)) && app_has_action(app, action) && !of_palette;
}

size_t app_palette_matches(const struct app *app, const char *text, enum tui_action actions[TUI_ACTION_COUNT])
{
	size_t count = 0;
	size_t length = strlen(text);
	for (int pass = 0; pass < 2; pass++) { /* what begins with it comes before what has it inside */
		for (int i = 0; i < TUI_ACTION_COUNT; i++) {
			enum tui_action action = (enum tui_action)i;
			const char *name = tui_action_info(action)->name;
			bool begins = strncmp(name, text, length) == 0;
			bool fits = pass == 0 ? begins : !begins && strstr(name, text);
			if (fits && is_offered(app, action)) {
				actions[count++] = action;
			}
		}
	}
	return count;
}

/* The one that is meant: of that very name, or the only one that fits. */
static bool choose(const struct app *app, const char *text, enum tui_action *ret_action)
{
	enum tui_action actions[TUI_ACTION_COUNT];
	size_t count = app_palette_matches(app, text, actions);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(tui_action_info(actions[i])->name, text) == 0) {
			*ret_action = actions[i];
			return true;
		}
	}
	if (count == 1) {
		*ret_action = actions[0];
	}
	return count == 1;
}

void app_palette(struct app *app)
{
	prompt_open(app, PROMPT_COMMAND, "");
}

void app_palette_change(struct app *app, const char *text)
{
	(void)text; /* the list above the line is made when it is drawn */
	app->dirty = true;
}

static void say_choice(struct app *app, const char *text)
{
	enum tui_action actions[TUI_ACTION_COUNT];
	size_t count = app_palette_matches(app, text, actions);
	struct hv_text names = HV_TEXT_INIT;
	for (size_t i = 0; i < count && i < 6; i++) {
		hv_text_printf(&names, "%s%s", i ? ", " : "", tui_action_info(actions[i])->name);
	}
	if (count == 0) {
		app_say(app, ROLE_WARN, "there is no command '%s' here", text);
	} else {
		app_say(app, ROLE_WARN, "type more: '%s' may be %s%s", text, hv_text_get(&names), count > 6 ? " ..." : "");
	}
	hv_text_clear(&names);
}

/* ":write 15m REASON": the one command that takes words behind its name. */
static bool writes(struct app *app, const char *text)
{
	const char *name = tui_action_info(TUI_ACTION_WRITE)->name;
	size_t length = strlen(name);
	if (strncmp(text, name, length) != 0 || text[length] != ' ' || app_place(app) != TUI_PLACE_TREE) {
		return false;
	}
	policy_write(app, text + length);
	return true;
}

void app_palette_enter(struct app *app, const char *text)
{
	enum tui_action action;
	if (text[0] == '\0' || writes(app, text)) {
		return;
	}
	if (choose(app, text, &action)) {
		app_run(app, action);
	} else {
		say_choice(app, text);
	}
}

char *app_palette_complete(struct app *app, const char *text)
{
	enum tui_action actions[TUI_ACTION_COUNT];
	size_t count = app_palette_matches(app, text, actions);
	if (count == 0) {
		return NULL;
	}
	const char *first = tui_action_info(actions[0])->name;
	size_t length = strlen(first);
	for (size_t i = 1; i < count; i++) {
		const char *name = tui_action_info(actions[i])->name;
		size_t same = 0;
		while (same < length && name[same] == first[same]) {
			same++;
		}
		if (strncmp(name, text, strlen(text)) == 0) { /* only those that begin with it take part */
			length = same;
		}
	}
	return length > strlen(text) ? hv_strndup(first, length) : NULL;
}
