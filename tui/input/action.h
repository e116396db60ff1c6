/*
 * The actions of the console: one row each. Key hints, help, the keymap and what read-only removes all come from this
 * table; nothing else lists keys. Default keys are written in the user's own syntax and go through the user's parser.
 *
 * Deliberately without a key: Delete, Backspace, ^D, ^K, ^S, and D, R, S as stronger twins of d, r, s. A key that
 * changes something opens a form or a dialog, never acts by itself.
 */
#ifndef HV_TUI_INPUT_ACTION_H
#define HV_TUI_INPUT_ACTION_H

#include <stdbool.h>

/* Where a key is listened to: bits. */
enum tui_place {
	TUI_PLACE_TREE = 1,
	TUI_PLACE_JOBS = 2,
	TUI_PLACE_MESSAGES = 4,
	TUI_PLACE_HELP = 8,
	TUI_PLACE_SETTINGS = 16,
	TUI_PLACE_AGES = 32,
	TUI_PLACE_SCREENS = TUI_PLACE_TREE | TUI_PLACE_JOBS | TUI_PLACE_MESSAGES | TUI_PLACE_AGES,
	TUI_PLACE_LISTS = TUI_PLACE_JOBS | TUI_PLACE_MESSAGES | TUI_PLACE_HELP | TUI_PLACE_SETTINGS,
	TUI_PLACE_ANY = 63,
};

/* What must be under the cursor. */
enum tui_needs { TUI_NEEDS_NOTHING, TUI_NEEDS_ROW, TUI_NEEDS_HOST, TUI_NEEDS_VM, TUI_NEEDS_SNAPSHOT, TUI_NEEDS_JOB, TUI_NEEDS_UNKNOWN_JOB, TUI_NEEDS_AGE };

/* How an action is confirmed; everything above SAFE is gone in a read-only console. */
enum tui_danger {
	TUI_DANGER_SAFE,
	TUI_DANGER_FORM,    /* a form is filled in and sent */
	TUI_DANGER_CONFIRM, /* a dialog with Cancel first */
};

/* Headings of the help. */
enum tui_group { TUI_GROUP_MOVE, TUI_GROUP_DO, TUI_GROUP_FIND, TUI_GROUP_SHOW, TUI_GROUP_PROGRAM, TUI_GROUP_COUNT };

/*   id, name, default keys, place, needs, danger, group, hint ("" none), help */
#define TUI_ACTIONS(X)                                                                                     \
	X(MOVE_UP, "move-up", "k Up", ANY, NOTHING, SAFE, MOVE, "", "one line up")                         \
	X(MOVE_DOWN, "move-down", "j Down", ANY, NOTHING, SAFE, MOVE, "", "one line down")                 \
	X(PAGE_UP, "page-up", "PageUp ^B", ANY, NOTHING, SAFE, MOVE, "", "one page up")                    \
	X(PAGE_DOWN, "page-down", "PageDown ^F", ANY, NOTHING, SAFE, MOVE, "", "one page down")            \
	X(FIRST, "first", "g Home", ANY, NOTHING, SAFE, MOVE, "", "to the first line")                     \
	X(LAST, "last", "G End", ANY, NOTHING, SAFE, MOVE, "", "to the last line")                         \
	X(OPEN, "open", "l Right > +", TREE, ROW, SAFE, MOVE, "", "open, or one level down")               \
	X(CLOSE, "close", "h Left < -", TREE, ROW, SAFE, MOVE, "", "close, or up to the parent")           \
	X(TOGGLE, "toggle", "Enter", TREE, ROW, SAFE, MOVE, "open", "open or close")                       \
	X(OPEN_ALL, "open-all", "*", TREE, ROW, SAFE, MOVE, "", "open everything below")                   \
	X(GO_NOW, "go-now", "H", TREE, VM, SAFE, MOVE, "now", "to the NOW row of this VM")                 \
	X(DETAILS, "details", "Tab", TREE, NOTHING, SAFE, MOVE, "", "to the details and back")             \
	X(SNAPSHOT, "snapshot", "s", TREE, VM, FORM, DO, "snap", "take a snapshot: form")                  \
	X(REVERT, "revert", "r", TREE, SNAPSHOT, CONFIRM, DO, "revert", "revert to this: preview, confirm") \
	X(DELETE, "delete", "d", TREE, VM, CONFIRM, DO, "delete", "delete: choice, preview, confirm")      \
	X(EDIT, "edit", "e", TREE, SNAPSHOT, FORM, DO, "edit", "rename, edit the note: form")              \
	X(UNDO, "undo", "u", TREE, VM, CONFIRM, DO, "", "undo the last revert: preview, confirm")           \
	X(POWER, "power", "p", TREE, VM, CONFIRM, DO, "power", "start, shut down, turn off: menu")         \
	X(DISKS, "disks", "a", TREE, VM, FORM, DO, "", "disks: attach, detach, enlarge, copy: form")         \
	X(OFFERING, "offering", "z", TREE, VM, CONFIRM, DO, "", "another offering: choice, preview, confirm") \
	X(CANCEL_JOB, "cancel-job", "c", JOBS, JOB, FORM, DO, "cancel", "cancel what has not begun")       \
	X(VERIFY, "verify", "v", JOBS, UNKNOWN_JOB, SAFE, DO, "verify", "ask its host now what became of it") \
	X(AGE_SHOW, "age-show", "Enter", AGES, AGE, SAFE, DO, "show", "ages: show it in the tree")         \
	X(AGE_REVERT, "age-revert", "r", AGES, AGE, CONFIRM, DO, "revert", "ages: revert to it, from the tree") \
	X(AGE_DELETE, "age-delete", "d", AGES, AGE, CONFIRM, DO, "delete", "ages: delete it, from the tree") \
	X(AGE_EDIT, "age-edit", "e", AGES, AGE, FORM, DO, "edit", "ages: rename it, edit its note")        \
	X(AGE_READ, "age-read", "F5", AGES, NOTHING, SAFE, DO, "read again", "ages: read again")           \
	X(SYNC, "sync", "F5", TREE, NOTHING, SAFE, DO, "", "read again from this host, or from all")       \
	X(RETRY, "retry", "c", TREE, HOST, SAFE, DO, "", "connect to this host now")                       \
	X(FIND, "find", "/", TREE, NOTHING, SAFE, FIND, "find", "filter the tree, also by key>value and !word") \
	X(NEXT_MATCH, "next-match", "n", TREE, NOTHING, SAFE, FIND, "", "to the next match")               \
	X(PREVIOUS_MATCH, "previous-match", "N", TREE, NOTHING, SAFE, FIND, "", "to the match before")     \
	X(MARK, "mark", "Space", TREE, ROW, SAFE, FIND, "mark", "mark: acts apply to all that is marked")  \
	X(RANGE, "mark-range", "v", TREE, ROW, SAFE, FIND, "", "mark from here, and again: to here")       \
	X(MARK_MATCHES, "mark-matches", "m", TREE, NOTHING, SAFE, FIND, "", "mark all that the filter found") \
	X(UNMARK, "unmark", "U", TREE, NOTHING, SAFE, FIND, "", "take all marks away")                     \
	X(PROBLEMS, "problems", "!", TREE, NOTHING, SAFE, FIND, "", "only what needs somebody, and back")  \
	X(BARE, "bare", ".", TREE, NOTHING, SAFE, FIND, "", "leave out VMs without snapshots, and back")   \
	X(LOG_FIND, "filter-log", "/", MESSAGES, NOTHING, SAFE, FIND, "filter", "log: filter by words")    \
	X(LOG_LEVEL, "log-level", "l", MESSAGES, NOTHING, SAFE, FIND, "level", "log: all, warnings, errors") \
	X(LOG_FOLLOW, "follow-log", "f F", MESSAGES, NOTHING, SAFE, FIND, "follow", "log: stay at the newest, or hold still") \
	X(HELP_FIND, "search-help", "/", HELP, NOTHING, SAFE, FIND, "search", "help: search; Enter runs the line") \
	X(WIDE, "wide", "w", TREE, NOTHING, SAFE, SHOW, "", "the tree over the whole width, and back")     \
	X(SORT, "sort", "o", TREE, NOTHING, SAFE, SHOW, "", "VMs by name, age, size, snapshots, chain")    \
	X(REVERSE, "reverse", "O", TREE, NOTHING, SAFE, SHOW, "", "the other way round")                   \
	X(FOLLOW, "follow", "F", TREE, NOTHING, SAFE, SHOW, "", "keep the cursor's line in its place")     \
	X(PAUSE, "pause", "Z", TREE, NOTHING, SAFE, SHOW, "", "the tree stands still, and goes on")        \
	X(LOG_WRITE, "write-log", "w", MESSAGES, NOTHING, SAFE, SHOW, "write", "log: write to a file")     \
	X(PALETTE, "palette", ":", SCREENS, NOTHING, SAFE, PROGRAM, "cmd", "a command by its name")        \
	X(JOBS, "jobs", "J", ANY, NOTHING, SAFE, SHOW, "jobs", "operations: running and ended")            \
	X(AGES, "ages", "A", ANY, NOTHING, SAFE, SHOW, "ages", "all snapshots, oldest first, and who took them") \
	X(MESSAGES, "messages", "L", ANY, NOTHING, SAFE, SHOW, "log", "messages")                          \
	X(THEME, "theme", "T", ANY, NOTHING, SAFE, SHOW, "theme", "next theme")                            \
	X(SETTINGS, "settings", "F2", ANY, NOTHING, SAFE, SHOW, "", "settings: form that keeps your file's comments") \
	X(EDIT_SETTING, "edit-setting", "Enter", SETTINGS, NOTHING, SAFE, PROGRAM, "change", "settings: change the line") \
	X(WRITE, "write", "W", TREE, ROW, SAFE, PROGRAM, "", "allow changes in a read-only group for a time: TIME REASON") \
	X(END_WRITE, "readonly", "^E", TREE, ROW, SAFE, PROGRAM, "", "end that time now")                     \
	X(HELP, "help", "? F1", ANY, NOTHING, SAFE, SHOW, "help", "this help")                             \
	X(RUN, "run", "Enter", HELP, NOTHING, SAFE, PROGRAM, "run", "help: run the line")                  \
	X(BACK, "back", "Escape", ANY, NOTHING, SAFE, PROGRAM, "back", "back to the tree")                 \
	X(REPAINT, "repaint", "^L", ANY, NOTHING, SAFE, PROGRAM, "", "draw the screen again")              \
	X(SUSPEND, "suspend", "^Z", ANY, NOTHING, SAFE, PROGRAM, "", "suspend")                            \
	X(INTERRUPT, "interrupt", "^C", ANY, NOTHING, SAFE, PROGRAM, "", "quit, asks first")               \
	X(QUIT, "quit", "q F10", ANY, NOTHING, SAFE, PROGRAM, "quit", "back, or quit")

enum tui_action {
#define TUI_ACTION_ENUM(id, name, keys, place, needs, danger, group, hint, help) TUI_ACTION_##id,
	TUI_ACTIONS(TUI_ACTION_ENUM)
#undef TUI_ACTION_ENUM
		TUI_ACTION_COUNT
};

struct tui_action_info {
	const char *name; /* in key files */
	const char *keys; /* default keys, by spaces */
	unsigned place;   /* bits of enum tui_place */
	enum tui_needs needs;
	enum tui_danger danger;
	enum tui_group group;
	const char *hint; /* the word in the hint bar; "" none */
	const char *help;
};

const struct tui_action_info *tui_action_info(enum tui_action action);
/** False (and *ret_action untouched) when there is no such action. */
bool tui_action_parse(const char *name, enum tui_action *ret_action);
const char *tui_group_title(enum tui_group group);

#endif
