/* A file that the user asked for: never over one that is there, readable by nobody else. */
#ifndef HV_TUI_LOOP_USER_FILE_H
#define HV_TUI_LOOP_USER_FILE_H

#include "tui/loop/file_job.h"

/** The strings are copied. */
struct file_job *user_file_job(const char *path, const char *text);

#endif
