/* A small simulated fleet in a folder, and the console on it in a pseudo terminal. */
#ifndef HV_TESTS_TERMINAL_CONSOLE_WORLD_H
#define HV_TESTS_TERMINAL_CONSOLE_WORLD_H

#include "tests/support/pty.h"

/*
 * lab
 *   hv01        alpha  Running, disk marker=now
 *                 base     Disk, marker=base
 *                 NOW
 *               beta   Stopped, no snapshots
 *               gamma-00 ... gamma-29  Stopped, no snapshots
 */
struct console_world {
	char folder[40];
	char demo_option[60];
	char state_file[80];
	struct pty *pty;
};

/** Make the fleet; nothing runs. */
void console_world_make(struct console_world *world);
/** Start the console (`options` NULL: in 110x36; `option` NULL: none) and wait until the host is connected. */
void console_world_start(struct console_world *world, const struct pty_options *options, const char *option);
/** Leave by `q`, check that the terminal is as before. */
void console_world_quit(struct console_world *world);
void console_world_clear(struct console_world *world);

/** `hvtree-sim --state FILE WORDS...` (up to four, NULL: none), which must succeed; standard output, caller frees. */
char *console_world_sim(struct console_world *world, const char *a, const char *b, const char *c, const char *d);
/** `hvtree WORDS... --demo=...`, which must end with 0; standard output, caller frees. */
char *console_world_command(
	struct console_world *world, const char *a, const char *b, const char *c, const char *d);

#endif
