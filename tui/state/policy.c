#include "tui/state/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/state/app_state.h"

#define WRITE_TIME_MAX_US (INT64_C(12) * 3600 * HV_SECOND_US)
#define REASON_MAX 200 /* characters */

void policy_clear(struct app *app)
{
	for (size_t i = 0; i < app->policy.window_count; i++) {
		free(app->policy.windows[i].group);
	}
	free(app->policy.windows);
	app->policy = (struct policy_state){.windows = NULL};
}

static struct write_window *find_window(const struct app *app, const char *group)
{
	for (size_t i = 0; i < app->policy.window_count; i++) {
		if (strcmp(app->policy.windows[i].group, group) == 0) {
			return &app->policy.windows[i];
		}
	}
	return NULL;
}

static struct write_window *find_ticket(const struct app *app, uint64_t ticket)
{
	for (size_t i = 0; i < app->policy.window_count; i++) {
		if (ticket != 0 && app->policy.windows[i].ticket == ticket) {
			return &app->policy.windows[i];
		}
	}
	return NULL;
}

static void drop_window(struct app *app, struct write_window *window)
{
	free(window->group);
	*window = app->policy.windows[--app->policy.window_count];
	app->dirty = true;
}

static const char *group_of_job(const struct app *app)
{
	if (app->model.operation_count == 0) {
		return NULL;
	}
	const struct hv_operation *operation = app->model.operations[app_job_index(app)]->operation;
	struct vm_entry *vm = model_vm(&app->model, &operation->vm);
	const struct group_entry *group = vm ? model_group_of(&vm->node) : NULL;
	return group ? group->name : NULL;
}

const char *policy_group_here(const struct app *app)
{
	if (app->screen == APP_SCREEN_JOBS) {
		return group_of_job(app);
	}
	const struct group_entry *group = app->cursor.node ? model_group_of(app->cursor.node) : NULL;
	return group ? group->name : NULL;
}

bool policy_is_read_only(const struct app *app, const char *group)
{
	if (app->config.read_only) {
		return true;
	}
	if (group == NULL || !config_group(&app->settings, group)->read_only) {
		return false;
	}
	const struct write_window *window = find_window(app, group);
	return window == NULL || window->until_us == 0 || app->wall_us >= window->until_us;
}

enum confirm_level policy_confirm(const struct app *app, const char *group)
{
	return config_group(&app->settings, group)->confirm;
}

const char *app_overlay(const struct app *app)
{
	const char *group = policy_group_here(app);
	return group ? config_group(&app->settings, group)->theme : NULL;
}

const char *policy_sentence(const struct app *app, const char *group, char *text, size_t size)
{
	if (app->config.read_only || group == NULL) {
		return "this console is read-only";
	}
	char keys[16];
	(void)snprintf(text, size, "group '%s' is read-only; %s lifts it for a time", group,
		keymap_keys(&app->keymap, TUI_ACTION_WRITE, 1, keys, sizeof keys));
	return text;
}

/* ---- writing for a time ---- */

/* A first word that is a time is the time. Returns where the reason begins. */
static const char *read_time(const struct app *app, const char *words, int64_t *ret_length_us)
{
	char first[16] = "";
	size_t length = strcspn(words, " ");
	if (length < sizeof first) {
		memcpy(first, words, length);
	}
	if (hv_parse_age(first, ret_length_us)) {
		return words + length + strspn(words + length, " ");
	}
	*ret_length_us = config_number(&app->settings, SETTING_WRITE_TIME);
	return words;
}

static const char *why_no_window(const struct app *app, const char *group, int64_t length_us, const char *reason)
{
	if (app->config.read_only) {
		return "this console was started read-only";
	}
	if (group == NULL) {
		return "move the cursor into the group first";
	}
	if (!config_group(&app->settings, group)->read_only) {
		return "this group is not read-only";
	}
	if (length_us <= 0 || length_us > WRITE_TIME_MAX_US) {
		return "the time is more than nothing and at most 12h";
	}
	return hv_text_is_name(reason, REASON_MAX) ? NULL : "say why, in at most 200 characters: ':write 15m REASON'";
}

static void ask(struct app *app, const char *group, int64_t length_us, const char *reason)
{
	char age[16];
	struct write_window *window = find_window(app, group);
	if (window == NULL) {
		HV_GROW(app->policy.windows, app->policy.window_count, app->policy.window_capacity);
		window = &app->policy.windows[app->policy.window_count++];
		*window = (struct write_window){.group = hv_strdup(group)};
	}
	char *details = hv_sprintf("group '%s' for %s: %s", group, hv_format_age(length_us, age), reason);
	window->length_us = length_us;
	window->ticket = app_note(app, HV_NOTE_ALLOW_WRITING, details);
	free(details);
}

void policy_write(struct app *app, const char *words)
{
	int64_t length_us;
	const char *group = policy_group_here(app);
	const char *reason = read_time(app, words + strspn(words, " "), &length_us);
	const char *refusal = why_no_window(app, group, length_us, reason);
	if (refusal) {
		app_say(app, ROLE_WARN, "not possible: %s", refusal);
	} else {
		ask(app, group, length_us, reason);
	}
}

void policy_end_write(struct app *app)
{
	const char *group = policy_group_here(app);
	struct write_window *window = group ? find_window(app, group) : NULL;
	if (window == NULL || window->until_us == 0) {
		app_say(app, ROLE_INFO, "nothing is written to for a time here");
		return;
	}
	char *details = hv_sprintf("group '%s'", group);
	(void)app_note(app, HV_NOTE_END_WRITING, details);
	app_say(app, ROLE_INFO, "%s is read-only again", details);
	free(details);
	drop_window(app, window);
}

bool policy_accepted(struct app *app, uint64_t ticket)
{
	char age[16];
	struct write_window *window = find_ticket(app, ticket);
	if (window == NULL) {
		return false;
	}
	window->ticket = 0;
	window->until_us = app->wall_us + window->length_us;
	app_say(app, ROLE_WARN, "group '%s' can be written to for %s", window->group,
		hv_format_age(window->length_us, age));
	return true;
}

bool policy_refused(struct app *app, uint64_t ticket)
{
	struct write_window *window = find_ticket(app, ticket);
	if (window == NULL) {
		return false;
	}
	window->ticket = 0; /* what was allowed before goes on */
	if (window->until_us == 0) {
		drop_window(app, window);
	}
	return true;
}

int64_t policy_tick(struct app *app)
{
	int64_t next_us = HV_NEVER;
	for (size_t i = 0; i < app->policy.window_count; i++) {
		struct write_window *window = &app->policy.windows[i];
		if (window->until_us != 0 && app->wall_us >= window->until_us) {
			app_say(app, ROLE_WARN, "group '%s' is read-only again: the time is over", window->group);
			drop_window(app, window);
			i--; /* the last one stands here now */
		} else if (window->until_us != 0 && window->until_us < next_us) {
			next_us = window->until_us;
		}
	}
	return next_us;
}
