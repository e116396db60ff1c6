/* hvtree --export FILE: everything that the store knows, as a picture. */
#ifndef HV_TUI_EXPORT_H
#define HV_TUI_EXPORT_H

#include "tui/batch/console_options.h"

/** @return 0, 1 when the store cannot be opened or the file cannot be written; a sentence is on stderr then */
int export_main(const struct console_options *options);

#endif
