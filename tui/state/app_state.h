/*
 * The console's whole state, for tui/state (which changes it) and tui/view (which only reads it). Everybody else sees
 * app.h.
 */
#ifndef HV_TUI_STATE_APP_STATE_H
#define HV_TUI_STATE_APP_STATE_H

#include "tui/input/keymap.h"
#include "tui/state/ages.h"
#include "tui/state/app.h"
#include "tui/state/dialog.h"
#include "tui/state/layout.h"
#include "tui/state/marks.h"
#include "tui/state/messages.h"
#include "tui/state/model.h"
#include "tui/state/policy.h"
#include "tui/state/prompt.h"
#include "tui/state/remembered.h"
#include "tui/state/tree_rows.h"

#define APP_OPEN_HOSTS_MAX 200 /* VMs of a fleet that is shown with its hosts open at first */
#define APP_DETAILS_MAX 60    /* lines that the details may have */
#define APP_FRESH_US (5 * HV_SECOND_US) /* that what is new is said to be new */
#define APP_OPEN_ALL_MAX 500   /* VMs that one "open everything" opens */

enum app_screen { APP_SCREEN_TREE, APP_SCREEN_JOBS, APP_SCREEN_MESSAGES, APP_SCREEN_SETTINGS, APP_SCREEN_AGES };

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

#define FIND_QUESTIONS_MAX TERMS_MAX

/* What the store was asked for the filter. */
struct find_question {
	uint64_t ticket;
	const char *term; /* borrowed from the terms; NULL: no keyword */
	int64_t older_than_us;
	int type;
	size_t looked_at; /* rows of the pages before */
};

struct find {
	char *text; /* as typed; NULL or "": no filter */
	struct terms terms;
	struct find_question questions[FIND_QUESTIONS_MAX];
	size_t question_count;
	size_t snapshots; /* that fit, of those that the store told */
	bool cut;         /* there are more than were looked at */
	bool look;        /* rows may have come into view that the filter opens */
	bool stale;       /* snapshots have come or gone since the store was asked */
	int64_t asked_us;
};

enum log_level { LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR, LOG_LEVEL_COUNT };

struct log_state {
	char *text; /* the filter as typed; NULL or "": none */
	struct terms terms;
	enum log_level level; /* the least that is shown */
	bool held; /* new messages do not move what is read, also at the newest */
};

/* Where the cursor goes when the tree of this VM is there, and what is done then. */
struct wanted_row {
	struct hv_uuid vm;       /* nil: nothing is wanted */
	struct hv_uuid snapshot; /* nil: the "now" row */
	enum tui_action then;    /* TUI_ACTION_COUNT: nothing */
};

struct app {
	struct app_config config;
	char *title, *user;
	struct config settings;
	struct keymap keymap;
	int64_t age_warn_us; /* age of a snapshot that is marked as old (Q2) */
	struct policy_state policy;
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
	struct wanted_row wanted;
	struct hv_uuid awaited_host; /* `c` was pressed on it, and no key since: what comes of it is shown at once; nil: none */
	const struct hv_question **questions; /* not answered; at most one a host */
	size_t question_count, question_capacity;
	bool details_focused;
	size_t details_scroll;
	struct operation_entry *job; /* cursor of the jobs view; borrowed; NULL: the first */
	size_t jobs_top;
	size_t messages_top;   /* index of the first message shown, newest first, of those that pass the filter */
	struct log_state log;
	struct ages ages;
	char *to_write;        /* what the file that is asked for will hold; NULL: nothing */
	char *help_text;       /* what the help is searched for; NULL or "": nothing */
	char *shown_theme;            /* gone on to, not kept; NULL: none */
	size_t setting, settings_top; /* cursor of the settings, enum setting; first one shown */
	bool help_open;
	size_t help_cursor, help_top;
	struct dialog dialog;
	struct prompt prompt;
	struct find find;
	bool paused; /* the tree stands still; see paused.c */
	struct paused_event *paused_events;
	bool follow; /* the cursor's line keeps its place on the screen */
	size_t cursor_line; /* where the last move has put it */
	bool moving; /* the cursor is on its way */
	bool wide;   /* the tree takes the whole width */
	struct remembered_node *remembered; /* a hash; what has come is taken out */
	struct mark *marks; /* a hash */
	struct row_ref range; /* where a range begins; no node: none was begun */
	bool problems_only;
	bool no_bare;
	enum model_sort sort;
	bool reversed;

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
/** What a person writes about a snapshot. */
uint64_t app_request_edit(struct app *app, const struct hv_snapshot_edit *edit, const char *what);
/** A list of snapshots. */
uint64_t app_request_list(struct app *app, const struct hv_snapshot_query *query, const char *what);
/** ACCEPTED with the host's id, or REFUSED. */
uint64_t app_add_host(struct app *app, const char *address, const char *group);
/** Use a setting and keep it. */
void app_setting(struct app *app, enum setting setting, const char *value);
/** Write into the audit log; the answer is ACCEPTED or REFUSED. */
uint64_t app_note(struct app *app, enum hv_note note, const char *details);
/** Write a new file of the user. */
void app_write(struct app *app, const char *path, char *take_text);
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
/** Lay the screen out anew: its size, or what is shown on it, has changed. */
void app_relayout(struct app *app);
void app_settle(struct app *app); /* after anything that may have moved rows: cursor shown, scroll in range */
void app_set_cursor(struct app *app, const struct row_ref *row);
void app_move_cursor(struct app *app, int64_t rows);
void app_open_row(struct app *app);
void app_close_row(struct app *app);
void app_toggle_row(struct app *app);
void app_open_all(struct app *app);
void app_go_now(struct app *app);
/** Cursor to the VM, opened; as soon as its tree is there, to what app->wanted says. */
void app_go_to_vm(struct app *app, struct vm_entry *vm);
/** The tree of the VM has come: to the wanted row, if it is of this VM. */
void app_arrive(struct app *app, struct vm_entry *vm);
void app_close_node(struct app *app, struct row_node *node);
/** Whether any row of the node is on the screen. */
bool app_node_on_screen(const struct app *app, const struct row_node *node);
bool app_tree_is_shown(const struct app *app);

/* find_state.c */
void app_find(struct app *app);
void app_find_change(struct app *app, const char *text);
void app_find_enter(struct app *app, const char *text);
void app_find_clear(struct app *app);
void app_find_next(struct app *app);
void app_find_previous(struct app *app);
bool app_is_filtered(const struct app *app);
/** Whether the filter wants this row for its own sake. */
bool app_is_match(const struct app *app, const struct row_ref *row);
/** Filter, order or need have changed: show by them. */
void app_show_filtered(struct app *app);
/** Without filter and without "only problems". */
void app_show_all(struct app *app);
/** Rows may have come into view: VMs are opened for what the filter found in them. */
void app_find_look(struct app *app);
/** A page of what the store was asked; false when the filter did not ask for it. */
bool app_find_page(struct app *app, uint64_t ticket, const struct hv_snapshot_page *page);
/** The VM (NULL: it is gone) may have got or lost snapshots. */
void app_find_vm_changed(struct app *app, const struct vm_entry *vm, int64_t snapshots_before);
/** Ask again, if it is time. Returns the wall time at which it will be, HV_NEVER when nothing has changed. */
int64_t app_find_tick(struct app *app);
void find_clear(struct find *find);

/* paused.c */
void app_pause(struct app *app);
/** True: the event is kept for later. */
bool paused_take(struct app *app, const struct hv_event *event);
size_t paused_count(const struct app *app);
/** Go on, and show what was kept. */
void paused_resume(struct app *app);
void paused_clear(struct app *app);

/* jobs_state.c */
size_t app_job_index(const struct app *app);
void app_move_job(struct app *app, int64_t rows);
int app_jobs_page(const struct app *app); /* rows of the list */

/* palette.c */
void app_palette(struct app *app);
void app_palette_change(struct app *app, const char *text);
void app_palette_enter(struct app *app, const char *text);
/** As prompt.c wants it. */
char *app_palette_complete(struct app *app, const char *text);
/** Actions whose name has `text`, those that begin with it first. Returns their number. */
size_t app_palette_matches(const struct app *app, const char *text, enum tui_action actions[TUI_ACTION_COUNT]);

/* log_state.c */
/** Messages that pass the filter, newest first. Returns their number. */
size_t app_log_lines(const struct app *app, const struct message *lines[MESSAGES_MAX]);
/** A message was added: what is read stays in its place. */
void app_log_added(struct app *app);
void app_log_find(struct app *app);
void app_log_filter(struct app *app, const char *text);
void app_log_unfilter(struct app *app);
void app_log_next_level(struct app *app);
void app_log_follow(struct app *app);
void app_log_write(struct app *app);
const char *app_log_word(enum role role);
const char *app_log_level_name(enum log_level level);
void log_clear(struct log_state *log);
/** Ask into which file `take_text` goes; `what` is part of the name that is offered. */
void app_ask_file(struct app *app, const char *what, char *take_text);
void app_write_to(struct app *app, const char *path);

/* help_state.c */
void app_help_find(struct app *app);
void app_help_search(struct app *app, const char *text);
void app_help_enter(struct app *app, const char *text);
void app_help_leave(struct app *app);
struct help_line {
	bool heading;
	enum tui_group group;
	enum tui_action action;
};
#define HELP_LINES_MAX (TUI_ACTION_COUNT + TUI_GROUP_COUNT)
size_t app_help_lines(const struct app *app, struct help_line lines[HELP_LINES_MAX]);
void app_move_help(struct app *app, int64_t rows);
int app_help_page(const struct app *app);

/* mouse.c */
void app_mouse(struct app *app, struct key key);

/* settings_state.c */
int app_settings_page(const struct app *app);
void app_move_setting(struct app *app, int64_t rows);
void app_edit_setting(struct app *app);
/** A value was typed for the setting under the cursor. */
void app_setting_enter(struct app *app, const char *text);
/** Take over what the settings say now. */
void app_settings_use(struct app *app);
/** The keys of the configuration; a mistake among them is said, and changes none. */
void app_keys_use(struct app *app);

/* actions.c */
void app_run(struct app *app, enum tui_action action);

/* due.c */
int64_t app_due(const struct app *app);

#endif
