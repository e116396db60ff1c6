/*
 * The console's whole state, for tui/state (which changes it) and tui/view (which only reads it). Everybody else sees
 * app.h.
 */
#ifndef HV_TUI_STATE_APP_STATE_H
#define HV_TUI_STATE_APP_STATE_H

#include "tui/input/keymap.h"
#include "tui/state/app.h"
#include "tui/state/dialog.h"
#include "tui/state/layout.h"
#include "tui/state/messages.h"
#include "tui/state/model.h"
#include "tui/state/tree_rows.h"

#define APP_CHAIN_WARN 5                                      /* snapshots in a chain (Q2) */
#define APP_AGE_WARN_US (INT64_C(30) * 24 * 3600 * HV_SECOND_US) /* of a snapshot (Q2) */
#define APP_OPEN_HOSTS_MAX 200 /* VMs of a fleet that is shown with its hosts open at first */
#define APP_DETAILS_MAX 60    /* lines that the details may have */
#define APP_OPEN_ALL_MAX 500   /* VMs that one "open everything" opens */

enum app_screen { APP_SCREEN_TREE, APP_SCREEN_JOBS, APP_SCREEN_MESSAGES };

/* A request that is not answered yet. */
struct app_request {
	uint64_t ticket;
	enum app_effect_kind kind;
	char *what; /* "revert of web-01", for messages */
};

#define HELD_KEYS_MAX 64

struct held_key {
	struct key key;
	char *paste; /* NULL none */
};

/* Keys that wait for the tree of the VM that was opened before them; see held_keys.c. */
struct held_keys {
	bool opened;       /* by the key that is being handled */
	bool waiting;
	struct hv_uuid vm; /* nil: several were opened */
	int64_t until_us;  /* 0: not known before the next tick */
	struct held_key keys[HELD_KEYS_MAX];
	size_t count;
	size_t lost;       /* more than there was room for */
};

struct app {
	struct app_config config;
	char *title, *user;
	struct keymap keymap;
	struct model model;
	struct messages messages;
	bool loaded;
	char *failed; /* the backend cannot go on; NULL: it can */

	int width, height;
	struct layout layout;
	enum app_screen screen;
	bool touched; /* a key was pressed: the cursor is the user's */
	struct row_ref cursor, top;
	struct held_keys held;
	struct hv_uuid want_now; /* jump to this VM's "now" row when its tree comes; nil: no */
	struct hv_uuid awaited_host; /* `c` was pressed on it, and no key since: what comes of it is shown at once; nil: none */
	const struct hv_question **questions; /* not answered; at most one a host */
	size_t question_count, question_capacity;
	bool details_focused;
	size_t details_scroll;
	struct operation_entry *job; /* cursor of the jobs view; borrowed; NULL: the first */
	size_t jobs_top;
	size_t messages_top;   /* index of the first message shown, newest first */
	bool help_open;
	size_t help_cursor, help_top;
	struct dialog dialog;

	struct app_effect *effects;
	size_t effect_count, effect_capacity;
	struct app_request *requests;
	size_t request_count, request_capacity;
	uint64_t last_ticket;

	int64_t wall_us;
	int64_t due_us; /* when what is shown changes by itself */
	bool dirty;
	uint64_t rows_laid_out; /* rows of the tree resolved for drawing, ever: what tests bound */
};

/* effects.c */
void app_effect(struct app *app, enum app_effect_kind kind, const struct hv_uuid *id);
/** A request with a ticket; `act` may be NULL. */
uint64_t app_request(struct app *app, enum app_effect_kind kind, const struct hv_uuid *id,
	const struct hv_act *act, const char *what);
/** Forget the request; false when there is none with this ticket. *ret_kind and *ret_what (owned) may be NULL. */
bool app_answered(struct app *app, uint64_t ticket, enum app_effect_kind *ret_kind, char **ret_what);

void app_answer_key(struct app *app, const struct hv_question *question, enum hv_key_answer answer);
void app_answer_secret(struct app *app, const struct hv_question *question, const char *secret);

/* questions.c */
const struct hv_question *questions_find(const struct app *app, const struct hv_uuid *host);
void questions_add(struct app *app, const struct hv_question *question);
/** The host does not wait for an answer any more. */
void questions_gone(struct app *app, const struct hv_uuid *host);
void questions_drop(struct app *app, const struct hv_uuid *host);
void questions_clear(struct app *app);

/* app.c */
void app_say(struct app *app, enum role role, const char *format, ...) HV_PRINTF(3, 4);
unsigned app_place(const struct app *app); /* where keys go now: a bit of enum tui_place */
/** A key whose turn has come. */
void app_press(struct app *app, struct key key, const char *paste);
/** A VM that was opened and is on the screen, but whose tree has not come. */
bool app_waits_for_tree(const struct app *app);

/* held_keys.c */
/** A VM (NULL: several) was opened by the key that is being handled. */
void held_keys_opened(struct app *app, const struct hv_uuid *vm);
/** After a key: from now on keys wait, if it opened what has not come. */
void held_keys_begin(struct app *app);
/** True: the key is kept and its turn will come. */
bool held_keys_take(struct app *app, struct key key, const char *paste);
/** After an event: the tree may have come, or will never. */
void held_keys_review(struct app *app);
/** Returns the wall time at which the waiting ends, HV_NEVER when nothing waits. */
int64_t held_keys_tick(struct app *app, bool clock_was_set);
void held_keys_clear(struct app *app);

/* allowed.c */
/** Why `action` cannot be done where the cursor stands, NULL when it can. Returns `text` or a static string. */
const char *app_why_not(const struct app *app, enum tui_action action, char *text, size_t size);
/** Whether a read-only console has this action at all. */
bool app_has_action(const struct app *app, enum tui_action action);
struct rule_facts app_facts(const struct app *app, const struct vm_entry *vm, const struct hv_node *node);
/** The sentence of the rule that refuses, NULL when none does. */
const char *app_refusal(
	enum action action, const struct rule_facts *facts, const char *vm_name, char *text, size_t size);

/* navigate.c */
void app_settle(struct app *app); /* after anything that may have moved rows: cursor shown, scroll in range */
void app_move_cursor(struct app *app, int64_t rows);
void app_open_row(struct app *app);
void app_close_row(struct app *app);
void app_toggle_row(struct app *app);
void app_open_all(struct app *app);
void app_go_now(struct app *app);
/** Whether any row of the node is on the screen. */
bool app_node_on_screen(const struct app *app, const struct row_node *node);
bool app_tree_is_shown(const struct app *app);

/* jobs_state.c */
size_t app_job_index(const struct app *app);
void app_move_job(struct app *app, int64_t rows);
int app_jobs_page(const struct app *app); /* rows of the list */

/* help_state.c */
struct help_line {
	bool heading;
	enum tui_group group;
	enum tui_action action;
};
#define HELP_LINES_MAX (TUI_ACTION_COUNT + TUI_GROUP_COUNT)
size_t app_help_lines(const struct app *app, struct help_line lines[HELP_LINES_MAX]);
void app_move_help(struct app *app, int64_t rows);
int app_help_page(const struct app *app);

/* actions.c */
void app_run(struct app *app, enum tui_action action);

/* due.c */
int64_t app_due(const struct app *app);

#endif
