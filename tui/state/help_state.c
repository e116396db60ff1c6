/* The help as a list of actions; its cursor stands on an action that Enter runs. */
#include <string.h>

#include "tui/state/app_state.h"

#define HELP_FRAME 4 /* title, the frame, hints */

int app_help_page(const struct app *app)
{
	int rows = app->height - HELP_FRAME;
	return rows > 1 ? rows : 1;
}

static bool has(const char *text, const char *part)
{
	return strcasestr(text, part) != NULL;
}

/* By what it does, what it is called, or the key that does it. */
static bool is_sought(const struct app *app, enum tui_action action)
{
	const char *sought = app->help_text;
	char keys[64];
	const struct tui_action_info *info = tui_action_info(action);
	if (!sought || !sought[0]) {
		return true;
	}
	(void)keymap_keys(&app->keymap, action, 8, keys, sizeof keys);
	return has(info->help, sought) || has(info->name, sought) || strcmp(keys, sought) == 0;
}

size_t app_help_lines(const struct app *app, struct help_line lines[HELP_LINES_MAX])
{
	size_t count = 0;
	for (int group = 0; group < TUI_GROUP_COUNT; group++) {
		size_t heading = count;
		lines[count++] = (struct help_line){.heading = true, .group = (enum tui_group)group};
		for (int action = 0; action < TUI_ACTION_COUNT; action++) {
			const struct tui_action_info *info = tui_action_info((enum tui_action)action);
			if ((int)info->group == group && app_has_action(app, (enum tui_action)action) &&
				is_sought(app, (enum tui_action)action)) {
				lines[count++] = (struct help_line){
					.group = info->group, .action = (enum tui_action)action};
			}
		}
		if (count == heading + 1) { /* nothing below it */
			count = heading;
		}
	}
	return count;
}

void app_move_help(struct app *app, int64_t rows)
{
	struct help_line lines[HELP_LINES_MAX];
	int64_t last = (int64_t)app_help_lines(app, lines) - 1;
	if (last < 1) {
		return;
	}
	int64_t at = (int64_t)app->help_cursor < last ? (int64_t)app->help_cursor : last;
	at = rows < -at ? 0 : rows > last - at ? last : at + rows;
	if (lines[at].heading) {
		at += rows < 0 && at > 0 ? -1 : 1;
	}
	app->help_cursor = (size_t)at;
	size_t page = (size_t)app_help_page(app);
	size_t heading = at == 1 ? 0 : (size_t)at;
	if (heading < app->help_top) {
		app->help_top = heading;
	} else if ((size_t)at >= app->help_top + page) {
		app->help_top = (size_t)at - page + 1;
	}
	app->dirty = true;
}

void app_help_find(struct app *app)
{
	prompt_open(app, PROMPT_HELP, app->help_text ? app->help_text : "");
}

void app_help_search(struct app *app, const char *text)
{
	hv_replace_string(&app->help_text, text);
	app->help_cursor = 0;
	app->help_top = 0;
	app_move_help(app, 0);
	app->dirty = true;
}

void app_help_enter(struct app *app, const char *text)
{
	(void)text;
	app_run(app, TUI_ACTION_RUN);
}

void app_help_leave(struct app *app)
{
	app_help_search(app, "");
}
