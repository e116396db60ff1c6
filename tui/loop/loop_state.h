/* What the sources of this folder share. */
#ifndef HV_TUI_LOOP_LOOP_STATE_H
#define HV_TUI_LOOP_LOOP_STATE_H

#include "tui/loop/idle_report.h"
#include "tui/loop/live_operations.h"
#include "tui/loop/loop.h"

struct loop {
	struct app *app;
	struct hv_backend *backend;
	struct screen *screen;
	struct theme *theme;
	struct canvas *canvas;
	struct hv_clock clock;
	bool ascii;
	bool quit;
	bool has_hosts; /* there was something to see */
	bool draw_at_once;
	int64_t drawn_us;     /* monotonic; when the last frame was */
	int64_t input_us;     /* monotonic; when bytes came last */
	int64_t next_tick_us; /* wall; when what is shown changes by itself */
	struct idle_report idle;
	struct live_operations operations;
};

/** Carry out what the state asks for, and forget it. */
void effects_carry_out(struct loop *loop);
void loop_suspend(struct loop *loop);
void loop_new_size(struct loop *loop);

#endif
