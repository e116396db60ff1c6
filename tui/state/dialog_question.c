/* The dialogs of a login: is this the host's key, and what is the secret. */
#include <stdlib.h>

#include "tui/state/dialog_private.h"

void dialog_open_question(struct app *app, const struct hv_question *question)
{
	bool key = question->kind == HV_QUESTION_KEY;
	struct dialog *dialog = dialog_begin(app, key ? DIALOG_HOST_KEY : DIALOG_SECRET);
	const struct host_entry *host = model_host(&app->model, &question->host);
	dialog->question = hv_question_ref(question);
	dialog->title = hv_sprintf("%s  %s", key ? "IS THIS THE HOST'S KEY?" : "LOGIN", host ? host->host->name : "?");
	dialog->focus = key ? CONTROL_CANCEL : CONTROL_SECRET;
}

void dialog_question_gone(struct app *app, const struct hv_uuid *host)
{
	struct dialog *dialog = &app->dialog;
	if (!dialog->question || !hv_uuid_equal(&dialog->question->host, host)) {
		return;
	}
	/* it stays in front: what is typed on must not become keys of the tree */
	secret_field_clear(&dialog->secret);
	dialog_stop_and_show(app, "the host does not wait for an answer any more");
}

static void add_close(struct control_list *list)
{
	(void)dialog_add(list, CONTROL_CANCEL, CONTROL_BUTTON, "Close", NULL);
}

void dialog_host_key_controls(const struct app *app, struct control_list *list)
{
	if (app->dialog.phase == DIALOG_CHANGED) {
		add_close(list);
		return;
	}
	(void)dialog_add(list, CONTROL_CANCEL, CONTROL_BUTTON, "Cancel", NULL);
	(void)dialog_add(list, CONTROL_ONCE, CONTROL_BUTTON, "This time only", NULL);
	(void)dialog_add(list, CONTROL_GO, CONTROL_BUTTON, "It is the host's key", NULL);
}

void dialog_secret_controls(const struct app *app, struct control_list *list)
{
	if (app->dialog.phase == DIALOG_CHANGED) {
		add_close(list);
		return;
	}
	(void)dialog_add(list, CONTROL_SECRET, CONTROL_FIELD, "Secret", NULL);
	dialog_add_go(app, list, "Log in", false);
	(void)dialog_add(list, CONTROL_CANCEL, CONTROL_BUTTON, "Cancel", NULL);
}

/* ---- answers: the question is over with them, whatever comes of it ---- */

static void answer_key(struct app *app, enum hv_key_answer answer)
{
	const struct hv_question *question = app->dialog.question;
	app_answer_key(app, question, answer);
	app->awaited_host = question->host;
	questions_drop(app, &question->host);
	dialog_close(app);
}

void dialog_key_is_good(struct app *app)
{
	answer_key(app, HV_KEY_REMEMBER);
}

void dialog_key_once(struct app *app)
{
	answer_key(app, HV_KEY_ONCE);
}

static void answer_secret(struct app *app, const char *secret)
{
	const struct hv_question *question = app->dialog.question;
	app_answer_secret(app, question, secret);
	app->awaited_host = question->host;
	questions_drop(app, &question->host);
	dialog_close(app);
}

void dialog_give_secret(struct app *app)
{
	answer_secret(app, app->dialog.secret.bytes);
}

void dialog_refuse_question(struct app *app)
{
	struct dialog *dialog = &app->dialog;
	if (dialog->phase != DIALOG_READY) {
		return;
	}
	if (dialog->kind == DIALOG_HOST_KEY) {
		answer_key(app, HV_KEY_REFUSE);
	} else {
		answer_secret(app, NULL);
	}
	app->awaited_host = (struct hv_uuid){{0}}; /* who says no knows what comes of it */
}
