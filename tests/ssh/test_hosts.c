/* Hosts over SSH through the whole program: hvtree-sim behind a real sshd, added, checked, snapshotted, reverted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tests/ssh/ssh_world.h"

#define FLEET                                                                                              \
	"[fleet]\nname = x\n[host hv01]\ngroup = lab\nversion = 10.0.20348\nstorage_gb = 100\nfree_gb = 50\n"    \
	"[vm web]\nhost = hv01\nstate = Running\ncpus = 1\nmemory_mb = 512\n"

static struct ssh_world *world;
static char *sim_state;
static char *store;

static char *program(const char *name)
{
	return hv_sprintf("%s/%s", getenv("HVTREE_BIN_DIR"), name);
}

static int set_up(void **state)
{
	HV_CLEANUP_FREE char *sim = program("hvtree-sim");
	HV_CLEANUP_FREE char *fleet = ssh_world_path(world, "fleet.ini");
	HV_CLEANUP_FREE char *name = ssh_world_name(world);
	const char *load[] = {sim, "--state", sim_state, "load", fleet, "hv01", NULL};
	const char *quick[] = {sim, "--state", sim_state, "speed", "0", NULL};
	(void)state;
	(void)unlink(sim_state);
	(void)unlink(store);
	ssh_write_file(fleet, FLEET);
	assert_int_equal(ssh_run(load, NULL), 0);
	assert_int_equal(ssh_run(quick, NULL), 0);
	ssh_world_know(world, "", name, "host_ed25519");
	ssh_world_configure(world, "user", "");
	return 0;
}

static int hvtree(struct hv_text *output, const char *const *words)
{
	HV_CLEANUP_FREE char *hvtree = program("hvtree");
	const char *argv[24] = {hvtree};
	size_t count = 1;
	for (size_t i = 0; words[i]; i++) {
		argv[count++] = words[i];
	}
	argv[count++] = "--store";
	argv[count] = store;
	output->length = 0;
	return ssh_run(argv, output);
}
#define HVTREE(output, ...) hvtree((output), (const char *const[]){__VA_ARGS__, NULL})

#define assert_done(code, output)                                                                          \
	do {                                                                                               \
		if ((code) != 0) {                                                                         \
			fail_msg("%s", hv_text_get(output));                                               \
		}                                                                                          \
	} while (0)

static void assert_says(const struct hv_text *output, const char *part)
{
	if (!strstr(hv_text_get(output), part)) {
		fail_msg("'%s' does not say '%s'", hv_text_get(output), part);
	}
}

static char *sim_command(void)
{
	HV_CLEANUP_FREE char *sim = program("hvtree-sim");
	return hv_sprintf("echo '#< CLIXML' >&2; echo a banner; exec %s --state %s", sim, sim_state);
}

static void guest(const char *verb, const char *value, struct hv_text *output)
{
	HV_CLEANUP_FREE char *sim = program("hvtree-sim");
	const char *argv[] = {sim, "--state", sim_state, "guest", verb, "web", "motd", value, NULL};
	assert_int_equal(ssh_run(argv, output), 0);
}

/* Z1, Z2 over a real connection: what the guest's disk holds decides. */
static void snapshot_and_revert_over(const char *transport)
{
	struct hv_text output = HV_TEXT_INIT;
	struct hv_text held = HV_TEXT_INIT;
	HV_CLEANUP_FREE char *command = sim_command();
	HV_CLEANUP_FREE char *address = hv_sprintf("127.0.0.1:%u", world->port);
	int code = HVTREE(&output, "host", "add", address, "--name", "hv01", "--group", "lab", "--transport",
		transport, "--command", command);
	assert_done(code, &output);
	assert_says(&output, "hv01: reached");
	guest("write", "before", NULL);
	code = HVTREE(&output, "snapshot", "create", "web", "--name", "first");
	assert_done(code, &output);
	guest("write", "after", NULL);
	code = HVTREE(&output, "snapshot", "revert", "web", "first", "--yes");
	assert_done(code, &output);
	guest("read", NULL, &held);
	assert_says(&held, "before");
	code = HVTREE(&output, "host", "remove", "hv01", "--yes");
	assert_done(code, &output);
	code = HVTREE(&output, "host", "list", "--json");
	assert_done(code, &output);
	assert_says(&output, "\"count\":0");
	hv_text_clear(&output);
	hv_text_clear(&held);
}

static void test_hosts__take_and_revert_a_snapshot_over_libssh2__Z1_Z2(void **state)
{
	(void)state;
	snapshot_and_revert_over("libssh2");
}

static void test_hosts__take_and_revert_a_snapshot_over_openssh__Z1_Z2(void **state)
{
	(void)state;
	snapshot_and_revert_over("openssh");
}

static void test_hosts__unknown_key_needs_its_fingerprint__once(void **state)
{
	struct hv_text output = HV_TEXT_INIT;
	HV_CLEANUP_FREE char *command = sim_command();
	HV_CLEANUP_FREE char *address = hv_sprintf("127.0.0.1:%u", world->port);
	(void)state;
	ssh_world_know(world, "", NULL, NULL);
	assert_int_not_equal(
		HVTREE(&output, "host", "add", address, "--name", "hv01", "--command", command), 0);
	assert_says(&output, "the host was added, but cannot be used yet");
	char *fingerprint = strstr(hv_text_get(&output), "SHA256:");
	assert_non_null(fingerprint);
	HV_CLEANUP_FREE char *accepted = hv_strndup(fingerprint, strcspn(fingerprint, " "));
	assert_int_not_equal(HVTREE(&output, "host", "check", "hv01"), 0);
	int code = HVTREE(&output, "host", "check", "hv01", "--accept-host-key", accepted);
	assert_done(code, &output);
	code = HVTREE(&output, "host", "check", "hv01");
	assert_done(code, &output);
	hv_text_clear(&output);
}

static void test_hosts__training_fleet_takes_no_real_host__U7(void **state)
{
	struct hv_text output = HV_TEXT_INIT;
	HV_CLEANUP_FREE char *demo = hv_sprintf("--demo=%s/demo", world->folder);
	HV_CLEANUP_FREE char *hvtree_program = program("hvtree");
	HV_CLEANUP_FREE char *address = hv_sprintf("127.0.0.1:%u", world->port);
	int connections = atomic_load(&world->plan->connections);
	(void)state;
	const char *argv[] = {hvtree_program, "host", "add", address, demo, NULL};
	assert_int_equal(ssh_run(argv, &output), 1);
	assert_says(&output, "training fleet");
	assert_int_equal(atomic_load(&world->plan->connections), connections);
	hv_text_clear(&output);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			test_hosts__take_and_revert_a_snapshot_over_libssh2__Z1_Z2, set_up),
		cmocka_unit_test_setup(
			test_hosts__take_and_revert_a_snapshot_over_openssh__Z1_Z2, set_up),
		cmocka_unit_test_setup(test_hosts__unknown_key_needs_its_fingerprint__once, set_up),
		cmocka_unit_test_setup(test_hosts__training_fleet_takes_no_real_host__U7, set_up),
	};
	const char *why = NULL;
	if (argc > 1) {
		cmocka_set_test_filter(argv[1]);
	}
	(void)unsetenv("SSH_AUTH_SOCK");
	world = ssh_world_new("", &why);
	if (!world) {
		(void)printf("skipped: %s\n", why);
		return 77;
	}
	HV_CLEANUP_FREE char *config = ssh_world_path(world, "config");
	(void)setenv("HVTREE_SSH_CONFIG", config, 1);
	sim_state = ssh_world_path(world, "hv01.db");
	store = ssh_world_path(world, "hvtree.db");
	int failed = cmocka_run_group_tests_name("ssh/hosts", tests, NULL, NULL);
	free(sim_state);
	free(store);
	ssh_world_free(world);
	return failed;
}
