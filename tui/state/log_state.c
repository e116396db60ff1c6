/* The messages as a log: filtered by words and level, held still or followed, written to a file. */
#include <stdlib.h>
#include <string.h>

#include "tui/state/app_state.h"

static const struct {
	enum role role;
	const char *word;
	enum log_level level;
} levels[] = {
	{ROLE_INFO, "info", LOG_LEVEL_INFO},
	{ROLE_OK, "ok", LOG_LEVEL_INFO},
	{ROLE_WARN, "WARN", LOG_LEVEL_WARN},
	{ROLE_ERROR, "ERROR", LOG_LEVEL_ERROR},
};

const char *app_log_word(enum role role)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(levels); i++) {
		if (levels[i].role == role) {
			return levels[i].word;
		}
	}
	return levels[0].word;
}

static enum log_level level_of(enum role role)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(levels); i++) {
		if (levels[i].role == role) {
			return levels[i].level;
		}
	}
	return LOG_LEVEL_INFO;
}

const char *app_log_level_name(enum log_level level)
{
	static const char *const names[] = {"all", "warnings and errors", "errors"};
	return names[level];
}

static bool is_shown(const struct app *app, const struct message *message)
{
	struct term_subject subject = {.texts = {[TERM_NAME] = message->text}};
	return level_of(message->role) >= app->log.level && terms_match(&app->log.terms, &subject);
}

size_t app_log_lines(const struct app *app, const struct message *lines[MESSAGES_MAX])
{
	size_t count = 0;
	const struct message *message;
	for (size_t i = 0; (message = messages_at(&app->messages, i)) != NULL; i++) {
		if (is_shown(app, message)) {
			lines[count++] = message;
		}
	}
	return count;
}

void app_log_added(struct app *app)
{
	const struct message *lines[MESSAGES_MAX];
	bool still = app->messages_top > 0 || app->log.held;
	if (still && is_shown(app, messages_at(&app->messages, 0))) {
		size_t count = app_log_lines(app, lines);
		app->messages_top += app->messages_top + 1 < count ? 1 : 0;
	}
}

static void filter_changed(struct app *app)
{
	app->messages_top = 0;
	app->log.held = false;
	app->dirty = true;
}

void app_log_filter(struct app *app, const char *text)
{
	terms_clear(&app->log.terms);
	terms_parse(&app->log.terms, text);
	hv_replace_string(&app->log.text, text);
	filter_changed(app);
}

void app_log_unfilter(struct app *app)
{
	app_log_filter(app, "");
}

void app_log_find(struct app *app)
{
	prompt_open(app, PROMPT_LOG, app->log.text ? app->log.text : "");
}

void app_log_next_level(struct app *app)
{
	app->log.level = (enum log_level)((app->log.level + 1) % LOG_LEVEL_COUNT);
	filter_changed(app);
}

/* Followed: the newest is in sight. Held: what is read stays where it is. */
void app_log_follow(struct app *app)
{
	bool followed = app->messages_top == 0 && !app->log.held;
	app->log.held = followed;
	app->messages_top = 0;
	app->dirty = true;
}

void app_log_write(struct app *app)
{
	const struct message *lines[MESSAGES_MAX];
	size_t count = app_log_lines(app, lines);
	struct hv_text text = HV_TEXT_INIT;
	char time[32];
	for (size_t i = count; i-- > 0;) { /* a file is read from the oldest on */
		(void)hv_format_time(lines[i]->wall_us, time);
		hv_text_printf(&text, "%s %-5s %s\n", time, app_log_word(lines[i]->role), lines[i]->text);
	}
	app_ask_file(app, "log", hv_text_detach(&text));
}

void log_clear(struct log_state *log)
{
	terms_clear(&log->terms);
	free(log->text);
	log->text = NULL;
}

/* ---- files ---- */

void app_ask_file(struct app *app, const char *what, char *take_text)
{
	char time[32];
	free(app->to_write);
	app->to_write = take_text;
	(void)hv_format_time(app->wall_us, time);
	char *path = hv_sprintf("hvtree-%s-%.10s-%.2s%.2s%.2s.txt", what, time, time + 11, time + 14, time + 17);
	prompt_open(app, PROMPT_FILE, path);
	free(path);
}

void app_write_to(struct app *app, const char *path)
{
	char *text = app->to_write;
	app->to_write = NULL;
	if (path[0] == '\0' || !text) {
		free(text);
		return;
	}
	app_write(app, path, text);
}
