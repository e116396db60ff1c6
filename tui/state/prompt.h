/*
 * The line at the foot of the screen into which a filter or a command is typed. One at a time; what it is for is a row of
 * a table: each change, Enter and Escape mean something of its own.
 */
#ifndef HV_TUI_STATE_PROMPT_H
#define HV_TUI_STATE_PROMPT_H

#include "tui/state/text_field.h"

enum prompt_kind {
	PROMPT_NONE,
	PROMPT_FIND,    /* "/" in the tree: the filter, while it is typed */
	PROMPT_COMMAND, /* ":" */
	PROMPT_HELP,    /* "/" in the help */
	PROMPT_LOG,     /* "/" in the messages */
	PROMPT_SETTING, /* the value of a setting */
	PROMPT_WRITE,   /* ":write" without more: for how long, and why */
	PROMPT_FILE,    /* where to write what was asked to be written */
	PROMPT_KIND_COUNT
};

#define PROMPT_TEXT_MAX 200
#define PROMPT_HISTORY_MAX 50

/* What was entered before, newest last. */
struct prompt_history {
	char *items[PROMPT_HISTORY_MAX];
	size_t count;
};

struct prompt {
	enum prompt_kind kind;
	struct text_field field;
	size_t back; /* entries back in the history; 0: what is typed now */
	char *typed; /* kept while older entries are looked at; NULL: nothing */
	struct prompt_history histories[PROMPT_KIND_COUNT];
};

struct app;

/** Open it with `text` in it, the cursor at the end. */
void prompt_open(struct app *app, enum prompt_kind kind, const char *text);
/** Close it; what it had begun stays as it is. */
void prompt_close(struct app *app);
void prompt_key(struct app *app, struct key key, const char *paste);
void prompt_clear(struct prompt *prompt);
const char *prompt_label(enum prompt_kind kind);
/** Newest last; what is there already moves to the end. */
void prompt_remember(struct prompt_history *history, const char *text);

#endif
