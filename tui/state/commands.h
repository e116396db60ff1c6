/* What an act amounts to, in words that can be read and run: the command that does the same, and what the host is told. */
#ifndef HV_TUI_STATE_COMMANDS_H
#define HV_TUI_STATE_COMMANDS_H

#include "backend/backend.h"

/** Lines "hvtree ...": what a script would say. `snapshot` NULL: none. Appends to `out`. */
void commands_batch(struct hv_text *out, const struct hv_act *act, const char *vm, const char *snapshot);
/** Lines of the agent protocol's commands, in their order. */
void commands_agent(struct hv_text *out, const struct hv_act *act, const char *vm, const char *snapshot);

#endif
