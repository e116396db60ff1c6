/* Starting and leaving the console: wires backend, state, terminal and loop together and decides nothing. */
#ifndef HV_TUI_CONSOLE_H
#define HV_TUI_CONSOLE_H

#include "tui/batch/console_options.h"

/** @return 0, 1 when the store cannot be opened, 2 when this is no terminal to run on; a sentence is on stderr then */
int console_main(const struct console_options *options);

#endif
