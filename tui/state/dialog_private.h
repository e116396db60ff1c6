/* What the parts of the dialog (open, controls, keys and answers) share. */
#ifndef HV_TUI_STATE_DIALOG_PRIVATE_H
#define HV_TUI_STATE_DIALOG_PRIVATE_H

#include "tui/state/app_state.h"

/* dialog_checks.c */
/** Why the act that the dialog was opened for cannot be done now, NULL when it can. Returns `text` or a static string. */
const char *dialog_why_not(const struct app *app, char *text, size_t size);
/** Why the chosen type of snapshot cannot be taken. */
const char *dialog_why_no_type(const struct app *app, enum snapshot_type type, char *text, size_t size);
const char *dialog_why_no_power(const struct app *app, enum action action, char *text, size_t size);
/** What has moved since the preview was made, NULL when nothing has. */
const char *dialog_what_changed(const struct app *app, char *text, size_t size);
/** Tracked snapshots beneath the node. */
size_t dialog_count_below(const struct hv_tree *tree, const struct hv_uuid *id);

/* dialog_open.c */
void dialog_ask_preview(struct app *app);

#endif
