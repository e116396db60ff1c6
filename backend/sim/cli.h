/* The subcommands of hvtree-sim: the trainer's and the tests' hands on a state file. */
#ifndef HV_SIM_CLI_H
#define HV_SIM_CLI_H

#define CLI_DONE 0
#define CLI_FAILED 1
#define CLI_USAGE 2

/** `arguments`: what follows the options; at least one. Returns the exit code. */
int cli_run(const char *state_file, int count, char **arguments);
void cli_help(void);

#endif
