/*
 * The console as lines: numbered lists, sentences and questions on standard output, nothing that moves or is drawn over.
 * For screen readers, and for terminals that only print. Whatever is no word of its own is a command of hvtree.
 */
#ifndef HV_TUI_BATCH_PLAIN_H
#define HV_TUI_BATCH_PLAIN_H

#include "tui/batch/console_options.h"

/** Until "quit" or the end of the input. @return 0, 1 when the store cannot be opened */
int plain_main(const struct console_options *options);

#endif
