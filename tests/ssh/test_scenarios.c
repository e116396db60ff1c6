/*
 * The specification's own scenarios with hvtree-sim behind a real sshd, by the transport that the first argument names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tests/scenario/scenarios.h"
#include "tests/ssh/ssh_world.h"
#include "tests/support/world.h"

int main(int argc, char **argv)
{
	const char *transport = argc > 1 ? argv[1] : "libssh2";
	const char *why = NULL;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)unsetenv("SSH_AUTH_SOCK");
	struct ssh_world *world = ssh_world_new("", &why);
	if (!world) {
		(void)printf("skipped: %s\n", why);
		return 77;
	}
	HV_CLEANUP_FREE char *config = ssh_world_path(world, "config");
	HV_CLEANUP_FREE char *name = hv_sprintf("ssh/scenarios.%s", transport);
	HV_CLEANUP_FREE char *address = hv_sprintf("127.0.0.1:%u", world->port);
	(void)setenv("HVTREE_SSH_CONFIG", config, 1);
	world_reach(transport, address);
	int failed = scenarios_run(name);
	ssh_world_free(world);
	return failed;
}
