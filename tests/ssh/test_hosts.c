/* Hosts over SSH through the whole program: hvtree-sim behind a real sshd, added, checked, snapshotted, reverted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tests/ssh/ssh_fleet.h"

static struct ssh_world *world;
static struct ssh_fleet fleet;

static int set_up(void **state)
{
	(void)state;
	ssh_fleet_reset(&fleet);
	return 0;
}

#define HVTREE(output, ...) ssh_fleet_hvtree(&fleet, (output), (const char *const[]){__VA_ARGS__, NULL})

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

static void guest(const char *verb, const char *value, struct hv_text *output)
{
	const char *argv[] = {fleet.sim, "--state", fleet.sim_state, "guest", verb, "web", "motd", value, NULL};
	assert_int_equal(ssh_run(argv, output), 0);
}

/* Z1, Z2 over a real connection: what the guest's disk holds decides. */
static void snapshot_and_revert_over(const char *transport)
{
	struct hv_text output = HV_TEXT_INIT;
	struct hv_text held = HV_TEXT_INIT;
	HV_CLEANUP_FREE char *address = hv_sprintf("127.0.0.1:%u", world->port);
	int code = HVTREE(&output, "host", "add", address, "--name", "hv01", "--group", "lab", "--transport",
		transport, "--command", fleet.command);
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
	HV_CLEANUP_FREE char *address = hv_sprintf("127.0.0.1:%u", world->port);
	(void)state;
	ssh_world_know(world, "", NULL, NULL);
	assert_int_not_equal(
		HVTREE(&output, "host", "add", address, "--name", "hv01", "--command", fleet.command), 0);
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
	HV_CLEANUP_FREE char *address = hv_sprintf("127.0.0.1:%u", world->port);
	int connections = atomic_load(&world->plan->connections);
	(void)state;
	const char *argv[] = {fleet.hvtree, "host", "add", address, demo, NULL};
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
	ssh_fleet_init(&fleet, world);
	int failed = cmocka_run_group_tests_name("ssh/hosts", tests, NULL, NULL);
	ssh_fleet_clear(&fleet);
	ssh_world_free(world);
	return failed;
}
