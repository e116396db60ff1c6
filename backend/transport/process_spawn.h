/* Starting a child whose whole world is three descriptors: used by process.c only. */
#ifndef HV_TRANSPORT_PROCESS_SPAWN_H
#define HV_TRANSPORT_PROCESS_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>
#include "backend/base/status.h"

/* What the parent holds of a child; every descriptor is non-blocking and close-on-exec. */
struct spawned {
	pid_t pid;
	int stream;  /* the child's stdin and stdout: one socket */
	int noise;   /* the child's stderr: a pipe */
	int verdict; /* end of file once the program runs, or an errno (an int) when it could not be started */
};

/**
 * Fork and execute `argv`. The child is the leader of a new session (so it has its own process group and no terminal
 * to paint on), has default signals and an empty mask, only descriptors 0 to 2, and dies when the calling thread ends.
 *
 * @param argv  NULL-terminated, argv[0] is a path
 */
enum hv_status process_spawn(
	char *const *argv, struct spawned *ret_spawned, struct hv_error *err) HV_MUST_CHECK;

/** The operating system's words for an errno; returns `text`, or a static string. */
const char *process_errno_text(int number, char text[128]);

#endif
