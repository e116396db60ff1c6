/*
 * SIGINT, SIGTERM and SIGHUP as a readable descriptor, so that a wait can end with a true sentence instead of silence.
 * SIGPIPE becomes an error of write(). Handlers, not a mask: agents that are started meanwhile inherit nothing.
 */
#ifndef HV_TUI_BATCH_INTERRUPT_H
#define HV_TUI_BATCH_INTERRUPT_H

#include <stdbool.h>

/** Install the handlers. Returns the descriptor, -1 when that failed (the signals then end the program). */
int interrupt_open(void);
/** Put back what was there before. */
void interrupt_close(void);
bool interrupt_came(void);

#endif
