/*
 * What logins ask. A question comes only for a host that `c` was pressed on. Its dialog opens by itself when no key has
 * been pressed since, so that it never takes keys that were meant for something else; otherwise `c` opens it.
 */
#include <stdlib.h>

#include "tui/state/app_state.h"
#include "tui/state/border.h"

const struct hv_question *questions_find(const struct app *app, const struct hv_uuid *host)
{
	for (size_t i = 0; i < app->question_count; i++) {
		if (hv_uuid_equal(&app->questions[i]->host, host)) {
			return app->questions[i];
		}
	}
	return NULL;
}

void questions_drop(struct app *app, const struct hv_uuid *host)
{
	for (size_t i = 0; i < app->question_count; i++) {
		if (hv_uuid_equal(&app->questions[i]->host, host)) {
			hv_question_unref(app->questions[i]);
			app->questions[i] = app->questions[--app->question_count];
			return;
		}
	}
}

void questions_clear(struct app *app)
{
	while (app->question_count > 0) {
		hv_question_unref(app->questions[--app->question_count]);
	}
	free(app->questions);
	app->questions = NULL;
	app->question_capacity = 0;
}

static void say_question(struct app *app, const struct hv_question *question)
{
	char keys[16];
	const struct host_entry *host = model_host(&app->model, &question->host);
	app_say(app, ROLE_WARN, "%s %s: press %s on it", host ? host->host->name : "a host",
		question->kind == HV_QUESTION_KEY ? "shows a key that is not known" : "asks for a secret to log in",
		keymap_keys(&app->keymap, TUI_ACTION_RETRY, 1, keys, sizeof keys));
}

void questions_add(struct app *app, const struct hv_question *question)
{
	bool awaited = hv_uuid_equal(&app->awaited_host, &question->host);
	questions_drop(app, &question->host);
	HV_GROW(app->questions, app->question_count, app->question_capacity);
	app->questions[app->question_count++] = border_question(question);
	if (awaited && app->dialog.kind == DIALOG_NONE && !app->layout.too_small) {
		dialog_open_question(app, questions_find(app, &question->host));
	} else {
		say_question(app, question);
	}
}

void questions_gone(struct app *app, const struct hv_uuid *host)
{
	questions_drop(app, host);
	dialog_question_gone(app, host);
}
