/*
 * The last resort: whatever kills the program, the terminal is handed back usable. What has to be written is prepared
 * beforehand, because a handler of SIGSEGV may do next to nothing; it writes, sets the modes back, and dies of the same
 * signal, so that a core and the exit status say what happened.
 */
#ifndef HV_TUI_TERMINAL_CRASH_H
#define HV_TUI_TERMINAL_CRASH_H

#include <termios.h>

#define CRASH_SEQUENCE_MAX 256

/** From now on a crash writes `sequence` (cut at CRASH_SEQUENCE_MAX) to `fd` and sets `modes`. Installs the handlers. */
void crash_guard(int fd, const struct termios *modes, const char *sequence);
/** A crash leaves the terminal alone from now on. */
void crash_unguard(void);

#endif
