/*
 * The console's event loop: keys, events, signals and time in; effects and frames out. Runs in the UI thread and never
 * waits for anything but its one poll(): requests to the backend go down a queue, and everything that waits is taken
 * before one frame is drawn.
 *
 * Pace. A key or the answer to a request is drawn at once; what merely happens is drawn at most ten times a second.
 * Nothing is due when nothing is due: then poll() has no timeout.
 */
#ifndef HV_TUI_LOOP_LOOP_H
#define HV_TUI_LOOP_LOOP_H

#include <stddef.h>
#include "backend/backend.h"
#include "tui/offline/picture.h"
#include "tui/state/app.h"
#include "tui/terminal/screen.h"
#include "tui/theme/theme.h"

struct loop_config {
	struct app *app;
	struct hv_backend *backend; /* NULL: a picture is looked at */
	struct picture *picture;
	struct screen *screen;
	const char *theme;   /* by name or path; NULL or "auto": by the terminal's background */
	const char *overlay; /* laid over it where the state asks for nothing else; NULL: none */
	bool ask_background; /* the terminal may be asked for it */
	bool mouse;
	bool ascii;
	int test_fd; /* HVTREE_TEST_FD, see idle_report.h; -1: none */
	struct hv_clock clock;
};

struct loop_outcome {
	size_t live;     /* operations that still run */
	bool wants_demo; /* the user has asked for the demo instead */
};

/** Run until the user quits, a signal says so, or the terminal is gone. */
struct loop_outcome loop_run(const struct loop_config *config);

#endif
