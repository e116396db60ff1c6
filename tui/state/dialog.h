/*
 * The one dialog that may be open. It freezes the ids that it was opened for; names are copies for showing. What it may
 * do is looked up again on every event and once more just before the act: if the facts have moved, it stops and says so.
 *
 *	(revert, delete)  ASKING -preview-> READY -facts moved-> CHANGED -look again-> ASKING
 *	                                    READY -confirm-> SENT -ACCEPTED-> closed,  -REFUSED-> message box
 *	                  ASKING -no preview-> message box
 *	(disks)           READY -one of its acts-> SENT -ACCEPTED-> closed,  -REFUSED-> READY with the reason
 *	(copy, offering)  as a delete
 *	(take)            READY -confirm-> SENT -ACCEPTED-> closed,  -REFUSED-> READY with the reason
 *	(power)           READY -confirm-> SENT -ACCEPTED-> closed,  -REFUSED-> message box
 *	(key, secret)     READY -answer-> closed;  READY -the host does not wait any more-> CHANGED
 *	(quit, message)   READY
 *
 * While an operation is live on the VM, what may wait for its end is offered as that, with Cancel first (X1); whether it
 * waits is frozen too, and a confirmation stops when that changes.
 *
 * A VM is destroyed as a snapshot is deleted, from the power menu, and its name is always typed.
 * Escape closes any of them and changes nothing; in SENT the request is on its way and its answer becomes a message.
 */
#ifndef HV_TUI_STATE_DIALOG_H
#define HV_TUI_STATE_DIALOG_H

#include "backend/backend.h"
#include "tui/state/secret_field.h"
#include "tui/state/set.h"
#include "tui/state/text_field.h"

enum dialog_kind {
	DIALOG_NONE,
	DIALOG_MESSAGE,
	DIALOG_TAKE,
	DIALOG_REVERT,
	DIALOG_DELETE,
	DIALOG_POWER,
	DIALOG_DESTROY,
	DIALOG_EDIT,
	DIALOG_SET,
	DIALOG_DISKS,
	DIALOG_COPY_DELETE,
	DIALOG_OFFERING,
	DIALOG_QUIT,
	DIALOG_HOST_KEY,
	DIALOG_SECRET,
	DIALOG_FIRST_RUN,
	DIALOG_KIND_COUNT
};

enum dialog_phase { DIALOG_ASKING, DIALOG_READY, DIALOG_CHANGED, DIALOG_SENT };

enum dialog_scope { SCOPE_ONE, SCOPE_SUBTREE, SCOPE_ALL, SCOPE_COUNT };

enum control_id {
	CONTROL_NAME,
	CONTROL_NOTE,
	CONTROL_DISK,
	CONTROL_MEMORY,
	CONTROL_SCOPE_ONE,
	CONTROL_SCOPE_SUBTREE,
	CONTROL_SCOPE_ALL,
	CONTROL_SAFETY,
	CONTROL_TYPED,
	CONTROL_CANCEL, /* also "Close" and "OK": always safe */
	CONTROL_GO,     /* the act itself, or "Look again" when the facts have moved */
	CONTROL_START,
	CONTROL_SHUT_DOWN,
	CONTROL_TURN_OFF,
	CONTROL_DESTROY,
	CONTROL_PLAN,
	CONTROL_ALL_START,
	CONTROL_ALL_SHUT_DOWN,
	CONTROL_ALL_TURN_OFF,
	CONTROL_COMMANDS, /* what would be sent, instead of what it means; and back */
	CONTROL_ONCE,
	CONTROL_SECRET,
	CONTROL_DEMO,
	CONTROL_PICK,      /* the next volume, or the next offering */
	CONTROL_PICK_COPY, /* the next volume snapshot */
	CONTROL_ATTACH,
	CONTROL_DETACH,
	CONTROL_RESIZE,
	CONTROL_COPY,
	CONTROL_DELETE_COPY,
	CONTROL_COUNT
};

enum control_kind { CONTROL_FIELD, CONTROL_CHOICE, CONTROL_CHECK, CONTROL_BUTTON };

struct control {
	enum control_id id;
	enum control_kind kind;
	char label[64];
	bool enabled;
	bool chosen; /* of choices and checks */
	bool danger;
	char reason[256]; /* why it is not enabled; "" when it is */
};
#define DIALOG_CONTROLS_MAX 12
#define DIALOG_SCROLL_MAX 1000
#define DIALOG_TEXT_MAX 255 /* characters of a name or a note (T5) */

struct dialog {
	enum dialog_kind kind;
	enum dialog_phase phase;
	enum control_id focus;
	/* frozen when it was opened */
	struct hv_uuid vm;
	struct hv_uuid snapshot; /* nil: the VM as a whole; of an undo: not known before its preview */
	char *vm_name, *host_name, *group_name, *snapshot_name;
	int64_t snapshot_created_us;
	enum snapshot_type snapshot_type;
	size_t below; /* snapshots beneath the chosen one */
	bool undo; /* DIALOG_REVERT: to the safety snapshot of the last revert */
	char *safety_name;
	char *note_before; /* DIALOG_EDIT */
	/* DIALOG_DISKS: its own tree, for a VM without snapshots is never open; DIALOG_OFFERING */
	const struct hv_tree *tree;
	const struct hv_offering_list *offerings;
	struct hv_uuid copy; /* DIALOG_COPY_DELETE */
	/* what was typed and chosen */
	size_t pick, pick_copy; /* DIALOG_DISKS: of the tree; DIALOG_OFFERING: of the offerings */
	bool no_safety; /* the user does not want the safety snapshot */
	struct text_field name, note, typed;
	bool commands_shown;
	enum snapshot_type type;
	enum dialog_scope scope;
	/* what is known */
	uint64_t ticket; /* of the preview or of the act */
	const struct hv_preview *preview;
	bool queues; /* an operation is live on the VM, and what is done here waits for its turn (X1) */
	size_t scroll; /* first line of the text that is shown, on a screen too low for all of it */
	uint64_t controls_seen; /* fingerprint of the controls at the last event */
	char *problem; /* why the last try was refused, or what has changed; NULL none */
	/* what a login asks */
	const struct hv_question *question;
	struct secret_field secret;
	struct act_set *set; /* DIALOG_SET */
	/* message box */
	char *title, *text, *advice;
};

struct app;

void dialog_close(struct app *app);
void dialog_open_take(struct app *app);
void dialog_open_revert(struct app *app);
void dialog_open_undo(struct app *app);
void dialog_open_delete(struct app *app);
void dialog_open_power(struct app *app);
/** The VM of the dialog that is open. */
void dialog_open_destroy(struct app *app);
void dialog_open_edit(struct app *app);
void dialog_open_disks(struct app *app);
void dialog_open_offering(struct app *app);
/** What an open dialog waits for. */
void dialog_take_tree(struct app *app, const struct hv_tree *tree);
bool dialog_take_offerings(struct app *app, uint64_t ticket, const struct hv_offering_list *offerings);
/** The volume, volume snapshot and offering that are chosen; NULL: there is none. */
const struct hv_volume *dialog_volume(const struct dialog *dialog);
const struct hv_volume_snapshot *dialog_copy(const struct dialog *dialog);
const struct hv_offering *dialog_offering(const struct dialog *dialog);
void dialog_open_quit(struct app *app);
void dialog_open_first_run(struct app *app);
/** This act for all marked rows. */
void dialog_open_set(struct app *app, enum operation_kind kind);
/** The answer is `app`'s effect; leaving it says no. */
void dialog_open_question(struct app *app, const struct hv_question *question);
void dialog_question_gone(struct app *app, const struct hv_uuid *host);
/** What, why, what to do (may be NULL). Replaces whatever dialog was open. */
void dialog_open_message(struct app *app, const char *title, const char *text, const char *advice);

/** The field that a control of kind FIELD edits. */
const struct text_field *dialog_field(const struct dialog *dialog, enum control_id id);
/** Whether a revert would take its safety snapshot first, as things are now. */
bool dialog_takes_safety(const struct dialog *dialog);
/** Whether what it does waits behind the operation that is live (X1). */
bool dialog_waits(const struct dialog *dialog);
/** Whether it throws something away: drawn as a danger. */
bool dialog_is_severe(const struct dialog *dialog);
/** What it would do now; false when that is not one act. */
bool dialog_act(const struct dialog *dialog, struct hv_act *ret_act);
/** The controls as they are now, in the order of Tab. Returns their number. */
size_t dialog_controls(const struct app *app, struct control controls[DIALOG_CONTROLS_MAX]);
void dialog_key(struct app *app, struct key key, const char *paste);

/** Facts about the VM may have moved: stop a confirmation that they overtake. */
void dialog_review(struct app *app);
/** The answer to `ticket`. False: the dialog did not ask for it. */
bool dialog_previewed(struct app *app, uint64_t ticket, const struct hv_preview *preview);
/* The same for an item of a set. */
bool set_previewed(struct app *app, uint64_t ticket, const struct hv_preview *preview);
void set_accepted(struct app *app, uint64_t ticket, const struct hv_uuid *group);
bool set_refused(struct app *app, uint64_t ticket, const struct hv_error *error);
void set_operation(struct app *app, const struct hv_operation *operation);
void set_review(struct app *app);
bool dialog_accepted(struct app *app, uint64_t ticket);
bool dialog_refused(struct app *app, uint64_t ticket, const struct hv_error *error);

#endif
