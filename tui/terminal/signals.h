/*
 * Signals as readable bytes: handlers write to a pipe, the loop polls it. The pipe is a mutable global, because handlers
 * have no other way; it exists once, between signals_open() and signals_close().
 *
 * Order: signals_block() before any thread is made, so that all threads inherit the block; then signals_open() in the UI
 * thread, which is the only one that takes signals from then on.
 */
#ifndef HV_TUI_TERMINAL_SIGNALS_H
#define HV_TUI_TERMINAL_SIGNALS_H

#include <stdbool.h>
#include "backend/base/status.h"

struct signals_seen {
	bool resized;   /* SIGWINCH */
	bool quit;      /* SIGTERM, SIGHUP, SIGQUIT */
	bool interrupt; /* SIGINT from elsewhere; the key ^C is a key */
	bool suspend;   /* SIGTSTP from elsewhere; the key ^Z is a key */
	bool resumed;   /* SIGCONT */
};

/** Block what signals_open() handles, and ignore SIGPIPE. Inherited by new threads. */
void signals_block(void);
/** Before screen_open(): curses leaves handlers alone that are there already. */
enum hv_status signals_open(struct hv_error *err) HV_MUST_CHECK;
/** Readable when a signal came. */
int signals_fd(void);
/** What came since the last call. */
struct signals_seen signals_take(void);
/** Stop this process as ^Z does, and return when it goes on. The screen must have been left before. */
void signals_stop_process(void);
void signals_close(void);

#endif
