/*
 * Which agents of a state file live. Each holds a lock on one byte (its session's number) of a file beside the state
 * file; the kernel lets it go when the agent ends, however it ends, so no process number is trusted.
 */
#ifndef HV_SIM_LIVENESS_H
#define HV_SIM_LIVENESS_H

#include <stdbool.h>
#include <stdint.h>
#include "backend/base/status.h"

/** Open the lock file "<state file>-agents"; the descriptor holds this agent's lock until it is closed. */
enum hv_status liveness_open(const char *state_file, int *ret_fd, struct hv_error *err) HV_MUST_CHECK;
bool liveness_hold(int fd, int64_t session);
/** Whether somebody else holds the lock of `session`. */
bool liveness_of_other(int fd, int64_t session);

#endif
