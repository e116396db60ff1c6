/*
 * The terminal as a place where canvases are shown. The only user of curses, called by the UI thread only.
 *
 * One screen exists at a time. Between screen_open() and screen_close() the terminal is in the modes of the console (raw,
 * alternate screen, bracketed paste) and standard error goes to the log; a crash, SIGTERM and suspending give it back.
 */
#ifndef HV_TUI_TERMINAL_SCREEN_H
#define HV_TUI_TERMINAL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include "backend/base/status.h"
#include "tui/canvas/canvas.h"
#include "tui/input/key.h"
#include "tui/theme/theme.h"

struct screen;

struct screen_config {
	bool no_color; /* show the third look of themes only */
	int log_fd;    /* where standard error goes meanwhile; -1: nowhere */
};

/**
 * Can the console run here? HV_ERR_INVALID with a sentence when standard input or output is no terminal, or one that
 * cannot place its cursor. Changes nothing.
 */
enum hv_status screen_check(struct hv_error *err) HV_MUST_CHECK;
/** Take the terminal. The locale must be set. Errors as screen_check(). */
enum hv_status screen_open(
	const struct screen_config *config, struct screen **ret_screen, struct hv_error *err) HV_MUST_CHECK;
/** Give the terminal back as it was. NULL is nothing. */
void screen_close(struct screen *screen);

int screen_width(const struct screen *screen);
int screen_height(const struct screen *screen);
/** Read the size of the terminal again, after SIGWINCH. */
void screen_resize(struct screen *screen);
/** From the next screen_draw() on. `theme` is not kept. */
void screen_use_theme(struct screen *screen, const struct theme *theme);
/** Show a canvas: only cells that differ from the last one are written, in one go. */
void screen_draw(struct screen *screen, const struct canvas *canvas);
/** The next screen_draw() writes every cell. */
void screen_repaint(struct screen *screen);
/** Give the terminal back for a while (^Z); screen_draw() everything after screen_resume(). */
void screen_leave(struct screen *screen);
/** Clicks and the wheel come as keys from now on, or not any more. */
void screen_use_mouse(struct screen *screen, bool on);
/**
 * Ask the terminal for its background colour; its answer comes as a key (KEY_CODE_BACKGROUND), sometime or never. False:
 * this type of terminal is not asked, because it could show the question.
 */
bool screen_ask_background(struct screen *screen);
/** No answer is waited for any more. */
void screen_stop_asking(struct screen *screen);
/** Also when somebody else stopped the process and the terminal may be in any mode. */
void screen_resume(struct screen *screen);

/* ---- input ---- */

int screen_input_fd(const struct screen *screen);
/** Take the bytes that wait, at most a few thousand, without waiting. False when the terminal is gone. */
bool screen_read(struct screen *screen);
/** The next key among them; see key_decoder_next(). */
bool screen_next_key(struct screen *screen, struct key *ret_key, const char **ret_paste);
/** Milliseconds until screen_expire() should be called; -1 when nothing waits. */
int screen_input_wait_ms(const struct screen *screen);
void screen_expire(struct screen *screen);
/** Bytes taken from the terminal so far. */
size_t screen_bytes_read(const struct screen *screen);

#endif
