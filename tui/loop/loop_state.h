/* What the sources of this folder share. */
#ifndef HV_TUI_LOOP_LOOP_STATE_H
#define HV_TUI_LOOP_LOOP_STATE_H

#include "tui/loop/file_job.h"
#include "tui/loop/idle_report.h"
#include "tui/loop/live_operations.h"
#include "tui/loop/loop.h"

struct loop {
	struct app *app;
	struct hv_backend *backend;
	struct picture *picture; /* instead of the backend; NULL: there is one */
	struct screen *screen;
	struct theme *theme;
	char *theme_name;      /* what is shown, or what stands for it */
	bool theme_is_guessed; /* nobody chose one */
	char *overlay;         /* what is laid over it; NULL: nothing */
	const char *standing_overlay; /* where the cursor asks for none; NULL: nothing */
	int64_t answer_until_us;      /* monotonic; the terminal was asked for its background; 0: it was not */
	struct file_jobs *files;
	struct canvas *canvas;
	struct hv_clock clock;
	bool ascii;
	bool quit;
	struct loop_outcome outcome;
	bool has_hosts; /* there was something to see */
	bool draw_at_once;
	int64_t drawn_us;     /* monotonic; when the last frame was */
	struct key click;     /* the last key, if it was a click */
	int64_t click_us;     /* monotonic; when; 0: it was none, or the second of two */
	int64_t input_us;     /* monotonic; when bytes came last */
	int64_t next_tick_us; /* wall; when what is shown changes by itself */
	struct idle_report idle;
	struct live_operations operations;
};

/** Carry out what the state asks for, and forget it. */
void effects_carry_out(struct loop *loop);

/* loop_theme.c */
/** Show the first theme; `name` NULL or "auto": by the background, for which the terminal is asked if `ask`. */
void loop_theme_start(struct loop *loop, const char *name, bool ask);
void loop_theme_choose(struct loop *loop, const char *name);
void loop_theme_next(struct loop *loop);
/** The terminal has told its background. */
void loop_theme_background(struct loop *loop, uint32_t rgb);
void loop_theme_stop_asking(struct loop *loop);
/** Lay over what the state wants laid over now. */
void loop_theme_follow(struct loop *loop);
void loop_theme_clear(struct loop *loop);

/* loop_settings.c */
void loop_setting(struct loop *loop, enum setting setting, const char *value);

void loop_suspend(struct loop *loop);
void loop_new_size(struct loop *loop);

#endif
