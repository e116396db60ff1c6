/* A folder for a demo fleet that goes away again. */
#ifndef HV_TUI_BATCH_DEMO_FOLDER_H
#define HV_TUI_BATCH_DEMO_FOLDER_H

#include "backend/backend.h"

/** Make one in $TMPDIR. *ret_path is owned by the caller. */
enum hv_status demo_folder_make(char **ret_path, struct hv_error *err) HV_MUST_CHECK;
/** Remove it with all that is in it; what cannot be removed stays. NULL is nothing. */
void demo_folder_remove(const char *path);

#endif
