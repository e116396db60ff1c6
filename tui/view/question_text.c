/* What stands in the dialogs of a login. */
#include "tui/view/dialog_text.h"

void dialog_host_key_text(const struct app *app, struct sheet *sheet)
{
	const struct hv_question *question = app->dialog.question;
	sheet_add(sheet, ROLE_TEXT, "host", "%s", question->key_name);
	sheet_add(sheet, ROLE_TEXT, "type", "%s", question->key_type);
	sheet_add(sheet, ROLE_TEXT, "key", "%s", question->fingerprint);
	sheet_add(sheet, ROLE_TEXT, NULL, " ");
	if (question->known_types[0]) {
		sheet_add(sheet, ROLE_WARN, NULL,
			"! This host is known by a key of the type %s, and now shows another one. Ask its "
			"administrator before you trust it.",
			question->known_types);
	} else {
		sheet_add(sheet, ROLE_TEXT, NULL, "No known_hosts file knows this host yet.");
	}
	sheet_add(sheet, ROLE_TEXT, NULL,
		"Compare the key with what 'ssh-keygen -lf' says of it on the host itself. If they differ, somebody "
		"stands between you and the host.");
}

void dialog_secret_text(const struct app *app, struct sheet *sheet)
{
	const struct hv_question *question = app->dialog.question;
	if (question->from_host) {
		sheet_add(sheet, ROLE_TEXT, "asks", "%s", question->prompt);
		sheet_add(sheet, ROLE_DIM, NULL, "These are the host's own words, and the answer goes to it.");
	} else {
		sheet_add(sheet, ROLE_TEXT, NULL, "%s", question->prompt);
	}
	sheet_add(sheet, ROLE_DIM, NULL, "%s used for this login and kept nowhere.",
		question->echo ? "It is" : "Nothing is shown while you type. It is");
}
