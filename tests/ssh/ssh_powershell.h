/* The PowerShell agent on a fake Hyper-V, behind the world's sshd: what somebody's real host is to the console. */
#ifndef HV_TESTS_SSH_POWERSHELL_H
#define HV_TESTS_SSH_POWERSHELL_H

#include "tests/ssh/ssh_world.h"

/** Logins from now on find `program` under the name that the console asks for, and what the subject has set for its agent. */
void ssh_powershell_serve(struct ssh_world *world, const char *program);

#endif
