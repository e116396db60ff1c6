#include "tests/ssh/ssh_fleet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "backend/base/memory.h"

#define WORDS_MAX 24
#define FLEET                                                                                              \
	"[fleet]\nname = x\n[host hv01]\ngroup = lab\nversion = 10.0.20348\nstorage_gb = 100\nfree_gb = 50\n"    \
	"[vm web]\nhost = hv01\nstate = Running\ncpus = 1\nmemory_mb = 512\n"

static char *program(const char *name)
{
	return hv_sprintf("%s/%s", getenv("HVTREE_BIN_DIR"), name);
}

void ssh_fleet_init(struct ssh_fleet *fleet, struct ssh_world *world)
{
	HV_CLEANUP_FREE char *config = ssh_world_path(world, "config");
	(void)setenv("HVTREE_SSH_CONFIG", config, 1);
	fleet->world = world;
	fleet->hvtree = program("hvtree");
	fleet->sim = program("hvtree-sim");
	fleet->sim_state = ssh_world_path(world, "hv01.db");
	fleet->store = ssh_world_path(world, "hvtree.db");
	fleet->command = hv_sprintf("echo '#< CLIXML' >&2; echo a banner; exec %s --state %s", fleet->sim,
		fleet->sim_state);
}

void ssh_fleet_clear(struct ssh_fleet *fleet)
{
	free(fleet->hvtree);
	free(fleet->sim);
	free(fleet->sim_state);
	free(fleet->store);
	free(fleet->command);
	*fleet = (struct ssh_fleet){0};
}

void ssh_fleet_reset(struct ssh_fleet *fleet)
{
	HV_CLEANUP_FREE char *file = ssh_world_path(fleet->world, "fleet.ini");
	HV_CLEANUP_FREE char *name = ssh_world_name(fleet->world);
	const char *load[] = {fleet->sim, "--state", fleet->sim_state, "load", file, "hv01", NULL};
	const char *quick[] = {fleet->sim, "--state", fleet->sim_state, "speed", "0", NULL};
	(void)unlink(fleet->sim_state);
	(void)unlink(fleet->store);
	ssh_write_file(file, FLEET);
	assert_int_equal(ssh_run(load, NULL), 0);
	assert_int_equal(ssh_run(quick, NULL), 0);
	ssh_world_know(fleet->world, "", name, "host_ed25519");
	ssh_world_configure(fleet->world, "user", "");
}

int ssh_fleet_hvtree(const struct ssh_fleet *fleet, struct hv_text *output, const char *const *words)
{
	const char *argv[WORDS_MAX] = {fleet->hvtree};
	size_t count = 1;
	for (size_t i = 0; words[i]; i++) {
		assert_true(count < WORDS_MAX - 3);
		argv[count++] = words[i];
	}
	argv[count++] = "--store";
	argv[count] = fleet->store;
	output->length = 0;
	return ssh_run(argv, output);
}

void ssh_fleet_add_host(const struct ssh_fleet *fleet, const char *transport)
{
	HV_CLEANUP(hv_text_clear) struct hv_text output = HV_TEXT_INIT;
	HV_CLEANUP_FREE char *address = hv_sprintf("127.0.0.1:%u", fleet->world->port);
	const char *words[] = {"host", "add", address, "--name", "hv01", "--group", "lab", "--transport", transport,
		"--command", fleet->command, "--no-wait", NULL};
	if (ssh_fleet_hvtree(fleet, &output, words) != 0) {
		fail_msg("%s", hv_text_get(&output));
	}
}
