/*
 * The console's state, and the only two things that happen to it: something came in (app_key, app_event, app_resize,
 * app_tick), and it is looked at (app_view). Pure: no curses, no file, no clock, no backend call. What the world should do
 * is left in a list of effects, which the loop carries out after each input.
 */
#ifndef HV_TUI_STATE_APP_H
#define HV_TUI_STATE_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/backend.h"
#include "tui/canvas/canvas.h"
#include "tui/config/config.h"
#include "tui/input/key.h"

struct app;

struct app_config {
	const char *title;  /* what stands in the title bar: store or demo name */
	const char *user;
	bool demo;          /* says TRAINING in the title and in each dialog */
	bool read_only;
	bool ascii;
	bool first_run; /* a store without hosts is answered with an offer */
	const struct config *settings; /* copied by app_new(); NULL: the defaults */
};

struct app *app_new(const struct app_config *config);
void app_free(struct app *app);

enum app_effect_kind {
	APP_EFFECT_OPEN_VM,     /* id */
	APP_EFFECT_CLOSE_VM,    /* id */
	APP_EFFECT_ACT,         /* ticket, act */
	APP_EFFECT_PREVIEW,     /* ticket, act */
	APP_EFFECT_EDIT,        /* ticket, edit */
	APP_EFFECT_LIST,        /* ticket, query */
	APP_EFFECT_WRITE,       /* path, text: write a new file of the user, and say by app_message() how it went */
	APP_EFFECT_OFFERINGS,   /* ticket */
	APP_EFFECT_CANCEL,      /* ticket, id */
	APP_EFFECT_SYNC,        /* ticket, id (nil: all) */
	APP_EFFECT_RETRY,       /* id */
	APP_EFFECT_ANSWER_KEY,    /* question, key_answer */
	APP_EFFECT_ANSWER_SECRET, /* question, secret */
	APP_EFFECT_NEXT_THEME,  /* the loop changes the theme and says its name by app_message() */
	APP_EFFECT_NOTE,        /* ticket, note, value: into the audit log */
	APP_EFFECT_ADD_HOST,    /* ticket, value: its address, text: its group */
	APP_EFFECT_DEMO,        /* leave this store and start on the demo */
	APP_EFFECT_SETTING,     /* setting, value: use it and keep it */
	APP_EFFECT_REPAINT,     /* draw every cell again (^L) */
	APP_EFFECT_SUSPEND,     /* ^Z */
	APP_EFFECT_QUIT,
};

struct app_effect {
	enum app_effect_kind kind;
	uint64_t ticket;
	struct hv_uuid id;
	char *path, *text;
	struct hv_snapshot_query query;
	struct hv_snapshot_edit edit;
	struct hv_act act; /* strings are owned by the effect list, valid until app_effects_clear(); the same for: */
	const struct hv_question *question;
	enum hv_key_answer key_answer;
	enum setting setting;
	enum hv_note note;
	char *value;
	char *secret; /* NULL: none is given; overwritten when it is cleared */
};

const struct app_effect *app_effects(const struct app *app, size_t *ret_count);
void app_effects_clear(struct app *app);

/** `paste`: the text of a KEY_CODE_PASTE, else NULL. */
void app_key(struct app *app, struct key key, const char *paste);
void app_event(struct app *app, const struct hv_event *event);
void app_resize(struct app *app, int width, int height);
/** The wall clock, for ages; call before drawing. Returns the wall time at which what is shown changes by itself
 * (an age, a clock), HV_NEVER when nothing does. */
int64_t app_tick(struct app *app, int64_t wall_us);
/** The user has gone on to another theme, which the settings offer to keep. */
void app_theme_shown(struct app *app, const char *name);
/** A line in the message area, from the loop itself. */
void app_message(struct app *app, bool warning, const char *text);

/** The theme that is to be laid over the chosen one where the cursor is now; NULL: none. Borrowed until the next input. */
const char *app_overlay(const struct app *app);

/** Whether anything that is drawn has changed since the last app_view(). */
bool app_dirty(const struct app *app);
/** Draw everything; the canvas has the size of the last app_resize(). */
void app_view(struct app *app, struct canvas *canvas);
/** True when no request is unanswered and no visible row waits for data: what tests wait for. */
bool app_idle(const struct app *app);

#endif
