/* A program that is run to its end: started without a shell, its words on standard error kept for the one who asks. */
#ifndef HV_DEMO_DEMO_PROGRAM_H
#define HV_DEMO_DEMO_PROGRAM_H

#include <sys/types.h>

#include "backend/base/status.h"

struct demo_program {
	pid_t pid; /* 0: not started */
	int noise; /* its standard error */
};

/**
 * `argv` is NULL-terminated, argv[0] a path. It reads nothing; what it prints goes nowhere. It inherits the descriptor
 * `lock`, so that a lock on it is held as long as the program runs, also when we do not.
 */
enum hv_status demo_program_start(struct demo_program *program, const char *const *argv, int lock,
	struct hv_error *err) HV_MUST_CHECK;
/** Wait for its end; HV_ERR_IO with its own words when it failed. Harmless when it was not started. */
enum hv_status demo_program_finish(
	struct demo_program *program, struct hv_error *err) HV_MUST_CHECK;

#endif
