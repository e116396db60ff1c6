/* Runs batch_main() in this process with both outputs caught. */
#ifndef HV_TESTS_UNIT_BATCH_COMMAND_RUN_H
#define HV_TESTS_UNIT_BATCH_COMMAND_RUN_H

struct command_result {
	int code;
	char *out;
	char *err;
};

/** Words after "hvtree", the last is NULL. */
void command_run(struct command_result *ret_result, ...) __attribute__((sentinel));
void command_result_clear(struct command_result *result);

#endif
