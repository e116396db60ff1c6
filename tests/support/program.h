/* Run a program to its end with its output caught, for tests. Fails the running cmocka test when it hangs. */
#ifndef HV_TESTS_SUPPORT_PROGRAM_H
#define HV_TESTS_SUPPORT_PROGRAM_H

struct program_result {
	int code;  /* exit code, or 128 + the signal that ended it */
	char *out; /* NUL-terminated; owned */
	char *err;
};
void program_result_clear(struct program_result *result);

#define PROGRAM_TIMEOUT_MS 60000

/**
 * @param argv        NULL-terminated; argv[0] is a path
 * @param environment NULL, or NULL-terminated "NAME=value" that are set on top of our own
 * @param input       what it reads on standard input; NULL: nothing
 */
void program_run(const char *const *argv, const char *const *environment, const char *input,
	struct program_result *ret_result);
/** Path of a program of this build ("hvtree", "hvtree-sim"); static, valid until the next call with the same name. */
const char *program_path(const char *name);

#endif
