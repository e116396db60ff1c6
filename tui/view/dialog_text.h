/* What stands in each dialog above its controls: FROM, TO, LOST, KEPT, AFTER, RISK and their like. */
#ifndef HV_TUI_VIEW_DIALOG_TEXT_H
#define HV_TUI_VIEW_DIALOG_TEXT_H

#include "tui/view/sheet.h"
#include "tui/view/view.h"

/** Returns the title. `title` has room for any VM name. */
const char *dialog_title(const struct app *app, char *title, size_t size);
/** What a set says; see set_text.c. */
void set_text(const struct app *app, struct sheet *sheet);
void dialog_text(const struct app *app, struct sheet *sheet);
/** Below the controls that are choices or fields: notes on them. */
void dialog_notes(const struct app *app, struct sheet *sheet);

/* disks_text.c: of disks, volume snapshots and offerings */
void dialog_disks_text(const struct app *app, struct sheet *sheet);
void dialog_copy_text(const struct app *app, struct sheet *sheet);
void dialog_offering_text(const struct app *app, struct sheet *sheet);
void dialog_offering_notes(const struct app *app, struct sheet *sheet);

/* question_text.c: of the dialogs of a login */
void dialog_host_key_text(const struct app *app, struct sheet *sheet);
void dialog_secret_text(const struct app *app, struct sheet *sheet);

#endif
