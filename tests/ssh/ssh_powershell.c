#include "tests/ssh/ssh_powershell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/hyperv/hyperv.h"

static char *first_word(const char *line)
{
	return hv_strndup(line, strcspn(line, " "));
}

void ssh_powershell_serve(struct ssh_world *world, const char *program)
{
	HV_CLEANUP_FREE char *name = first_word(hyperv_remote_command());
	HV_CLEANUP_FREE char *folder = ssh_world_path(world, "bin");
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/%s", folder, name);
	(void)mkdir(folder, 0700);
	(void)unlink(path);
	assert_int_equal(symlink(program, path), 0);
	HV_CLEANUP(hv_text_clear) struct hv_text options = HV_TEXT_INIT;
	hv_text_printf(&options, "SetEnv HOME=%s PATH=%s:/usr/bin:/bin", folder, folder);
	for (char **variable = environ; *variable; variable++) {
		if (strncmp(*variable, "HVTREE_FAKE_", 12) == 0 || strncmp(*variable, "HVTREE_AGENT_", 13) == 0 ||
			strncmp(*variable, "PSModulePath=", 13) == 0) {
			hv_text_printf(&options, " %s", *variable);
		}
	}
	hv_text_puts(&options, "\n");
	ssh_world_serve_with(world, hv_text_get(&options));
}
