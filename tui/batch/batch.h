/* The commands: `hvtree snapshot list --json` and its like, for scripts and for quick hands (U6). */
#ifndef HV_TUI_BATCH_BATCH_H
#define HV_TUI_BATCH_BATCH_H

/**
 * Run one command, from its words to its exit code. Called when the program was not started as the console: when argv
 * holds a command word, --help or --version, or anything that is not understood.
 *
 * Standard output carries the result and nothing else; questions, progress and sentences about errors go to standard
 * error. Handles SIGINT, SIGTERM, SIGHUP and SIGPIPE while it runs.
 *
 * @return 0 done, 1 refused or failed, 2 usage, 3 some of several failed, 4 outcome unknown, 5 host unreachable
 */
int batch_main(int argc, char **argv);

#endif
