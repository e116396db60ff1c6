/* How far a host has come, for people and for scripts: each step with its result, and what to do about it. */
#ifndef HV_TUI_BATCH_HOST_CHECK_H
#define HV_TUI_BATCH_HOST_CHECK_H

#include "tui/batch/report.h"

void host_check_text(struct batch *batch, const struct hv_check *check);
/** As the member "check" of the object that is open. */
void host_check_json(struct batch *batch, const struct hv_check *check);

#endif
