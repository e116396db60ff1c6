/* What an act on a VM ends with: the VM as it is now. */
#ifndef HV_TUI_BATCH_VM_RESULT_H
#define HV_TUI_BATCH_VM_RESULT_H

#include "tui/batch/report.h"

/** JSON {"virtualmachine":{...}}, or "VM 'x' <what>; it is Running". Returns the exit code. */
int vm_result(struct batch *batch, const struct hv_uuid *vm, const char *what);

#endif
