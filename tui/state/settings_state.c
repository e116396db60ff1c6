/* The settings as a list that can be changed: each change is used at once, and kept in the user's file. */
#include <stdlib.h>
#include <string.h>

#include "tui/state/app_state.h"

#define SETTINGS_FRAME 8 /* title, the frame, the newest message, three lines of help, hints */

int app_settings_page(const struct app *app)
{
	int rows = app->height - SETTINGS_FRAME;
	return rows > 1 ? rows : 1;
}

void app_move_setting(struct app *app, int64_t rows)
{
	int64_t last = SETTING_COUNT - 1;
	int64_t at = (int64_t)app->setting;
	at = rows < -at ? 0 : rows > last - at ? last : at + rows;
	app->setting = (size_t)at;
	size_t page = (size_t)app_settings_page(app);
	size_t last_top = SETTING_COUNT > page ? SETTING_COUNT - page : 0;
	app->settings_top = app->settings_top < last_top ? app->settings_top : last_top;
	if (app->setting < app->settings_top) {
		app->settings_top = app->setting;
	} else if (app->setting >= app->settings_top + page) {
		app->settings_top = app->setting - page + 1;
	}
	app->dirty = true;
}

void app_settings_use(struct app *app)
{
	app->model.chain_warn = config_number(&app->settings, SETTING_CHAIN_WARN);
	app->age_warn_us = config_number(&app->settings, SETTING_AGE_WARN);
	if (app->problems_only) { /* a chain may be a problem now, or none any more */
		app_show_filtered(app);
	}
	app->dirty = true;
}

static void change(struct app *app, enum setting setting, const char *value)
{
	config_set(&app->settings, setting, value);
	app_settings_use(app);
	app_setting(app, setting, value);
	if (setting_row(setting)->at_start) {
		app_say(app, ROLE_INFO, "%s: from the next start on", setting_row(setting)->key);
	}
}

void app_setting_enter(struct app *app, const char *text)
{
	struct hv_error error;
	enum setting setting = (enum setting)app->setting;
	if (setting_check(setting, text, &error) == HV_OK) {
		change(app, setting, text);
	} else {
		app_say(app, ROLE_WARN, "%s stays as it is: %s", setting_row(setting)->key, error.text);
	}
}

void app_theme_shown(struct app *app, const char *name)
{
	hv_replace_string(&app->shown_theme, name);
}

void app_edit_setting(struct app *app)
{
	enum setting setting = (enum setting)app->setting;
	bool other_theme = setting == SETTING_THEME && app->shown_theme != NULL;
	if (setting_row(setting)->type == SETTING_TYPE_YES_NO) {
		change(app, setting, config_is(&app->settings, setting) ? "no" : "yes");
	} else {
		prompt_open(app, PROMPT_SETTING, other_theme ? app->shown_theme : config_text(&app->settings, setting));
	}
}

void app_keys_use(struct app *app)
{
	struct hv_error error;
	if (app->settings.keys == NULL || keymap_parse(&app->keymap, app->settings.keys, &error) == HV_OK) {
		return;
	}
	app_say(app, ROLE_WARN, "[keys] of the configuration: %s; all keys are the usual ones", error.text);
}
