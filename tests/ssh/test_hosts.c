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

/* ---- host check: every step with its result, and what to do about it ---- */

static int check(struct hv_text *output, const char *command)
{
	HV_CLEANUP_FREE char *address = hv_sprintf("127.0.0.1:%u", world->port);
	return HVTREE(output, "host", "add", address, "--name", "hv01", "--transport", "libssh2", "--json", "--command",
		command);
}

static void assert_step(const struct hv_text *output, const char *step, const char *result, const char *details)
{
	HV_CLEANUP_FREE char *begin = hv_sprintf("{\"step\":\"%s\",\"result\":\"%s\",", step, result);
	const char *at = strstr(hv_text_get(output), begin);
	const char *end = at ? strchr(at, '\n') : NULL;
	const char *found = at ? strstr(at, details) : NULL;
	if (!end || !found || found > end) {
		fail_msg("'%s' does not say that %s is %s: %s", hv_text_get(output), step, result, details);
	}
}

static void test_check__walks_all_steps_of_a_host_that_is_well(void **state)
{
	HV_CLEANUP(hv_text_clear) struct hv_text output = HV_TEXT_INIT;
	(void)state;
	assert_done(check(&output, fleet.command), &output);
	assert_step(&output, "address", "ok", "127.0.0.1");
	assert_step(&output, "connection", "ok", "OpenSSH");
	assert_step(&output, "hostkey", "ok", "is known");
	assert_step(&output, "login", "ok", "/user");
	assert_step(&output, "agent", "ok", "hvtree-sim");
	assert_step(&output, "module", "unknown", "null");
	assert_step(&output, "version", "ok", "10.0.20348");
	assert_step(&output, "inventory", "ok", "1 VM");
}

static void test_check__stops_at_the_login_and_says_where_the_key_belongs(void **state)
{
	HV_CLEANUP(hv_text_clear) struct hv_text output = HV_TEXT_INIT;
	(void)state;
	ssh_world_configure(world, "stranger", "");
	assert_int_equal(check(&output, fleet.command), 5);
	assert_step(&output, "hostkey", "ok", "is known");
	assert_step(&output, "login", "failed", "administrators_authorized_keys");
	assert_step(&output, "agent", "skipped", "null");
}

static void test_check__tells_why_an_agent_cannot_start(void **state)
{
	HV_CLEANUP(hv_text_clear) struct hv_text output = HV_TEXT_INIT;
	(void)state;
	assert_int_not_equal(check(&output, "echo '{\"event\":\"Refused\",\"code\":\"NotSupported\",\"details\":"
					    "\"PowerShell runs in ConstrainedLanguage mode here\"}'; exit 92"),
		0);
	assert_step(&output, "login", "ok", "/user");
	assert_step(&output, "agent", "failed", "ConstrainedLanguage mode");
}

/* An agent that is up, far behind in time, and may not look at VMs. */
#define POOR_AGENT                                                                                         \
	"echo '{\"event\":\"Ready\",\"protocol\":1,\"agent\":\"poor 1\",\"host\":{\"name\":\"hv01\","                    \
	"\"guid\":\"11111111-2222-4333-8444-555555555555\",\"hypervisorVersion\":\"10.0.17763\","                \
	"\"powershell\":\"5.1.17763\",\"module\":\"2.0.0.0\",\"user\":\"bob\",\"administrator\":false,"               \
	"\"hyperVAdministrator\":false,\"time\":1000000,"                                                    \
	"\"problem\":{\"code\":\"AccessDenied\",\"details\":\"bob may not look\"}},\"capabilities\":[]}';"             \
	"while read -r line; do id=${line#*\\\"id\\\":}; what=${line#*\\\"command\\\":\\\"};"                             \
	"printf '{\"id\":%s,\"answer\":\"%sAnswer\",\"result\":false,\"code\":\"AccessDenied\","                      \
	"\"details\":\"no\"}\\n' \"${id%%,*}\" \"${what%%Command*}\"; done"

static void test_check__tells_missing_rights_and_a_wrong_clock(void **state)
{
	HV_CLEANUP(hv_text_clear) struct hv_text output = HV_TEXT_INIT;
	(void)state;
	assert_int_equal(check(&output, POOR_AGENT), 1);
	assert_step(&output, "agent", "ok", "PowerShell 5.1.17763");
	assert_step(&output, "module", "ok", "2.0.0.0");
	assert_step(&output, "rights", "failed", "bob may not look");
	assert_step(&output, "rights", "failed", "Hyper-V Administrators");
	assert_step(&output, "clock", "warning", "w32tm");
	assert_step(&output, "inventory", "skipped", "null");
}

static void test_check__over_openssh_names_the_step_as_well(void **state)
{
	HV_CLEANUP(hv_text_clear) struct hv_text output = HV_TEXT_INIT;
	HV_CLEANUP_FREE char *address = hv_sprintf("127.0.0.1:%u", world->port);
	(void)state;
	ssh_world_know(world, "", NULL, NULL);
	assert_int_equal(HVTREE(&output, "host", "add", address, "--transport", "openssh", "--json", "--command",
				 fleet.command),
		5);
	assert_step(&output, "connection", "ok", "ssh");
	assert_step(&output, "hostkey", "failed", "is not known");
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
		cmocka_unit_test_setup(test_check__walks_all_steps_of_a_host_that_is_well, set_up),
		cmocka_unit_test_setup(test_check__stops_at_the_login_and_says_where_the_key_belongs, set_up),
		cmocka_unit_test_setup(test_check__tells_why_an_agent_cannot_start, set_up),
		cmocka_unit_test_setup(test_check__tells_missing_rights_and_a_wrong_clock, set_up),
		cmocka_unit_test_setup(test_check__over_openssh_names_the_step_as_well, set_up),
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
	ssh_world_make_key(world, "stranger", "ed25519", "");
	int failed = cmocka_run_group_tests_name("ssh/hosts", tests, NULL, NULL);
	ssh_fleet_clear(&fleet);
	ssh_world_free(world);
	return failed;
}
