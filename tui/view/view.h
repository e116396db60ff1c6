/* One function a part of the screen: it reads the state and draws on its rectangle of the canvas, nothing else. */
#ifndef HV_TUI_VIEW_VIEW_H
#define HV_TUI_VIEW_VIEW_H

#include "tui/canvas/canvas.h"
#include "tui/state/app_state.h"
#include "tui/state/words.h"

void view_title(const struct app *app, struct canvas *canvas);
/** Counts the rows that it lays out in app->rows_laid_out. */
void view_tree(struct app *app, struct canvas *canvas);
void view_details(const struct app *app, struct canvas *canvas);
void view_operations(const struct app *app, struct canvas *canvas);
void view_message_lines(const struct app *app, struct canvas *canvas);
/** The line that is typed into, instead of the hints, and what it offers above it. */
void view_prompt(const struct app *app, struct canvas *canvas);
void view_hints(const struct app *app, struct canvas *canvas);
void view_jobs(const struct app *app, struct canvas *canvas);
void view_ages(const struct app *app, struct canvas *canvas);
void view_messages(const struct app *app, struct canvas *canvas);
void view_settings(const struct app *app, struct canvas *canvas);
void view_help(const struct app *app, struct canvas *canvas);
void view_dialog(const struct app *app, struct canvas *canvas);

#define VIEW_NO_CURSOR ((size_t)-1)
/** What is typed, moved so that the cursor (byte offset, or none) is inside; the real cursor is put there. */
void view_typed(struct canvas *canvas, struct canvas_rect rect, const char *text, size_t cursor, enum role role);
/** "2026-08-10 00:05 UTC". Returns `text`. */
const char *view_time(int64_t time_us, char text[32]);
/** "[####----] 63%", `width` cells of bar. Returns the cells used. */
int view_progress(struct canvas *canvas, int x, int y, int width, int64_t percent);
/** Move on after a text: x plus its cells. */
int view_put(struct canvas *canvas, int x, int y, int right, enum role role, const char *text);

#endif
