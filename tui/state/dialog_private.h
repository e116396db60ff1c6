/* What the parts of the dialog (open, controls, keys and answers) share. */
#ifndef HV_TUI_STATE_DIALOG_PRIVATE_H
#define HV_TUI_STATE_DIALOG_PRIVATE_H

#include "tui/state/app_state.h"

/* ---- what is particular to a kind of dialog: one row of a table each. NULL: nothing of its own. ---- */

struct control_list {
	struct control *items;
	size_t count;
};

struct dialog_form {
	/** Its controls in the order of Tab; every dialog has a CONTROL_CANCEL. */
	void (*controls)(const struct app *app, struct control_list *list);
	/** Why CONTROL_GO cannot be pressed now. Returns `text` or a static string; NULL when it can. */
	const char *(*why_not)(const struct app *app, char *text, size_t size);
	/** What would be done as things are typed and chosen now; *act is empty but for the VM. NULL: not one act. */
	void (*fill)(const struct dialog *dialog, struct hv_act *act);
	/** What messages call it, before the snapshot's name: "revert to". */
	const char *verb;
	/** CONTROL_GO was pressed, and nothing speaks against it. */
	void (*go)(struct app *app);
	/** Cancel or Escape, before it is closed. */
	void (*dismiss)(struct app *app);
	/** It asks for a preview, and stops when the facts move under it (phases ASKING and CHANGED). */
	bool confirms;
	/** It may wait behind an operation that is live on its VM (X1): nobody loses by that what he has not seen. */
	bool may_wait;
	/** A form: Enter in a field goes, and a refusal leaves it open with what was typed. */
	bool keeps_typed;
};
const struct dialog_form *dialog_form(enum dialog_kind kind);

/* dialog_checks.c */
/** Why the act that the dialog was opened for cannot be done now, NULL when it can. Returns `text` or a static string. */
const char *dialog_why_not(const struct app *app, char *text, size_t size);
const char *dialog_why_no_take(const struct app *app, char *text, size_t size);
const char *dialog_why_no_revert(const struct app *app, char *text, size_t size);
const char *dialog_why_no_delete(const struct app *app, char *text, size_t size);
const char *dialog_why_no_destroy(const struct app *app, char *text, size_t size);
const char *dialog_why_no_edit(const struct app *app, char *text, size_t size);
/** Why the typed name cannot be that of the VM's snapshot `self` (nil: of a new one). */
const char *dialog_why_no_such_name(const struct app *app, const struct hv_uuid *self, char *text, size_t size);
/** Why the chosen type of snapshot cannot be taken. */
const char *dialog_why_no_type(const struct app *app, enum snapshot_type type, char *text, size_t size);
/** Whether an operation is live on the frozen VM now. */
bool dialog_vm_is_held(const struct app *app);
/** The domain's rule for an act on the frozen ids, with the facts of this moment. */
const char *dialog_rule_refuses(const struct app *app, enum action action, char *text, size_t size);
/** Why a confirmed act cannot be done: no preview yet, refused in it, the rule, or the name is not typed. */
const char *dialog_why_no_confirmation(const struct app *app, enum action action, char *text, size_t size);
const char *dialog_why_no_power(const struct app *app, enum action action, char *text, size_t size);
/** Whether the act is so severe, or its group so precious, that the name of the VM is typed. */
bool dialog_needs_name(const struct app *app);
/** Why not yet, while it is not typed. */
const char *dialog_why_no_name(const struct app *app);
/** What has moved since the preview was made, NULL when nothing has. */
const char *dialog_what_changed(const struct app *app, char *text, size_t size);
/** Tracked snapshots beneath the node. */
size_t dialog_count_below(const struct hv_tree *tree, const struct hv_uuid *id);

/* dialog_controls.c */
/** `reason` NULL: enabled. */
struct control *dialog_add(struct control_list *list, enum control_id id, enum control_kind kind, const char *label,
	const char *reason);
/** CONTROL_GO, off for the reason that the form tells. */
void dialog_add_go(const struct app *app, struct control_list *list, const char *label, bool danger);
/** `label`, or `queued` when the act would wait for its turn. */
const char *dialog_label(const struct app *app, enum action action, const char *label, const char *queued);
/** What shows the commands instead of what they mean. */
void dialog_add_commands(const struct app *app, struct control_list *list);
/** Cancel first, then the act, or "Look again" when the facts have moved. */
void dialog_add_confirm(const struct app *app, struct control_list *list, const char *act);
/** The field for the name of the VM, when the act is so severe. */
void dialog_add_name(const struct app *app, struct control_list *list);
void dialog_take_controls(const struct app *app, struct control_list *list);
void dialog_revert_controls(const struct app *app, struct control_list *list);
void dialog_delete_controls(const struct app *app, struct control_list *list);
void dialog_destroy_controls(const struct app *app, struct control_list *list);
void dialog_power_controls(const struct app *app, struct control_list *list);
void dialog_quit_controls(const struct app *app, struct control_list *list);
void dialog_edit_controls(const struct app *app, struct control_list *list);
void dialog_message_controls(const struct app *app, struct control_list *list);

/* dialog_acts.c */
/** What the dialog would do now; its form must have a `fill`. */
void dialog_fill_act(const struct dialog *dialog, struct hv_act *ret_act);
/** Send the act; `verb` tells messages what it was: "revert to". */
void dialog_send(struct app *app, const struct hv_act *act, const char *verb);
/** The request is on its way. */
void dialog_sent(struct dialog *dialog);
void dialog_edit(struct app *app);
/** Stop a confirmation and say what has moved. */
void dialog_stop_and_show(struct app *app, const char *what);
void dialog_press(struct app *app, enum control_id id);

/* dialog_set.c */
void dialog_set_controls(const struct app *app, struct control_list *list);
const char *dialog_why_no_set(const struct app *app, char *text, size_t size);
void dialog_send_set(struct app *app);
void dialog_save_plan(struct app *app);
void dialog_all_start(struct app *app);
void dialog_all_shut_down(struct app *app);
void dialog_all_turn_off(struct app *app);
/** Something was chosen that all depend on. */
void dialog_check_set(struct app *app);

/* first_run.c */
void dialog_first_run_controls(const struct app *app, struct control_list *list);
const char *dialog_why_no_host(const struct app *app, char *text, size_t size);
void dialog_add_host(struct app *app);
void dialog_look_at_demo(struct app *app);

/* dialog_disks.c */
void dialog_disks_controls(const struct app *app, struct control_list *list);
void dialog_copy_controls(const struct app *app, struct control_list *list);
void dialog_offering_controls(const struct app *app, struct control_list *list);
const char *dialog_why_no_disks(const struct app *app, char *text, size_t size);
const char *dialog_why_no_copy_delete(const struct app *app, char *text, size_t size);
const char *dialog_why_no_offering(const struct app *app, char *text, size_t size);
void dialog_fill_copy_delete(const struct dialog *dialog, struct hv_act *act);
void dialog_fill_offering(const struct dialog *dialog, struct hv_act *act);
void dialog_pick_next(struct app *app);
void dialog_pick_next_copy(struct app *app);
void dialog_attach(struct app *app);
void dialog_detach(struct app *app);
void dialog_resize(struct app *app);
void dialog_make_copy(struct app *app);
void dialog_ask_copy_delete(struct app *app);

/* dialog_question.c */
void dialog_host_key_controls(const struct app *app, struct control_list *list);
void dialog_secret_controls(const struct app *app, struct control_list *list);
void dialog_key_is_good(struct app *app);
void dialog_key_once(struct app *app);
void dialog_give_secret(struct app *app);
void dialog_refuse_question(struct app *app);

/* dialog.c */
/** What Cancel and Escape do. */
void dialog_dismiss(struct app *app);
void dialog_move_focus(struct app *app, int step);

/* dialog_open.c */
/** An empty dialog of this kind in front, READY, with the focus on Cancel. */
struct dialog *dialog_begin(struct app *app, enum dialog_kind kind);
/** The same for the VM under the cursor: its id is frozen, its names are copied. */
struct dialog *dialog_begin_for_row(struct app *app, enum dialog_kind kind);
/** The snapshot under the cursor, if it is one. */
void dialog_freeze_snapshot(struct app *app, struct dialog *dialog);
/** "before-revert 2026-08-22 03:13" for `what` "revert". Caller frees. */
char *dialog_safety_name(const struct app *app, const char *what);
/** A name of this minute that the tree (NULL: none is known) does not have. Caller frees. */
char *dialog_suggest_name(const struct app *app, const struct hv_tree *tree);
void dialog_ask_preview(struct app *app);

#endif
