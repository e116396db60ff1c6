/* What the user's configuration forbids to commands as well: changes in read-only groups (U2). */
#ifndef HV_TUI_BATCH_POLICY_H
#define HV_TUI_BATCH_POLICY_H

#include "tui/batch/report.h"

/**
 * Whether VMs of `group` may be changed. With --write REASON they may: the reason is in the store's log before this
 * returns.
 *
 * @return HV_OK, HV_ERR_REFUSED with what would allow it, or why the reason could not be written down
 */
enum hv_status policy_allow(struct batch *batch, const char *group, struct hv_error *err) HV_MUST_CHECK;

/** The same for the group of a VM that is in the overview. */
enum hv_status policy_allow_vm(struct batch *batch, const struct hv_uuid *vm, struct hv_error *err) HV_MUST_CHECK;

#endif
