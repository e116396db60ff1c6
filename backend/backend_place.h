/* Where things are on this machine, and who we are on it: paths, the user, this console's name as an owner. */
#ifndef HV_BACKEND_PLACE_H
#define HV_BACKEND_PLACE_H

#include <stdbool.h>

#include "backend/base/status.h"

/** $XDG_STATE_HOME/hvtree, or ~/.local/state/hvtree. Caller frees. */
enum hv_status place_state_folder(char **ret_folder, struct hv_error *err) HV_MUST_CHECK;
/** Make the folder, and those above it, for this user only (0700); one that exists stays as it is. */
enum hv_status place_make_folder(const char *folder, struct hv_error *err) HV_MUST_CHECK;
/** The folder that a path lies in, "." when it names none. Caller frees. */
char *place_folder_of(const char *path);
/** hvtree-sim: $HVTREE_SIM, else beside the program that runs. Caller frees. */
char *place_sim_program(void);
/** The operating system's name for the user. Caller frees. */
char *place_user(void);

/** "<machine>:<pid>:<start time>:<random>": this console, and no other one ever. Caller frees. */
char *place_owner(void);
/** Whether the console of that name ran on this machine and certainly runs no more. */
bool place_owner_is_gone(const char *owner);
/** As many descriptors as this user may have: each host takes three, and the usual limit of 1,024 ends at 300 hosts. */
void place_raise_descriptors(void);

#endif
