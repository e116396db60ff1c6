/* Help, made from the tables of command.h: what is not in a row is not in the help, and the other way round. */
#ifndef HV_TUI_BATCH_HELP_H
#define HV_TUI_BATCH_HELP_H

#include "tui/batch/command.h"
#include "tui/batch/output.h"

/** "hvtree snapshot create VM [--name NAME] ..."; NULL: of the program. */
void help_usage(struct hv_text *text, const struct command *command);
void help_command(struct output *output, const struct command *command);
/** All commands whose first word is `group`; NULL: all of them, the global options and the exit codes. */
void help_overview(struct output *output, const char *group);

#endif
