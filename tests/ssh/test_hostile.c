/*
 * Hosts that mean harm, through the whole program and a real sshd: whatever an agent sends, a command comes to its end
 * with a reason, in bounded time and memory, and nothing that it says is obeyed by the terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tests/ssh/ssh_fleet.h"

#ifdef HVTREE_SANITIZED
#define MEMORY_MAX_KB (2048 << 10) /* what is freed is kept for a while */
#else
#define MEMORY_MAX_KB (160 << 10) /* a line of the longest legal length, its JSON, and the program */
#endif
#define READY                                                                                              \
	"{\"event\":\"Ready\",\"protocol\":1,\"agent\":\"evil 1\",\"host\":{\"name\":\"hv01\","                 \
	"\"guid\":\"11111111-2222-4333-8444-555555555555\",\"hypervisorVersion\":\"10.0.20348\"},"              \
	"\"capabilities\":[]}\n"

static struct ssh_world *world;
static struct ssh_fleet fleet;

static int set_up(void **state)
{
	(void)state;
	ssh_fleet_reset(&fleet);
	return 0;
}

/* An agent that says READY and then what the shell words make. Caller frees. */
static char *agent_after_ready(const char *words)
{
	HV_CLEANUP_FREE char *file = ssh_world_path(world, "ready");
	ssh_write_file(file, READY);
	return hv_sprintf("cat %s; %s", file, words);
}

static int check_host(const char *command, struct hv_text *output)
{
	HV_CLEANUP_FREE char *address = hv_sprintf("127.0.0.1:%u", world->port);
	const char *words[] = {"host", "add", address, "--name", "hv01", "--transport", "libssh2", "--command", command,
		"--json", NULL};
	return ssh_fleet_hvtree(&fleet, output, words);
}

static int64_t memory_of_children_kb(void)
{
	struct rusage usage;
	assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
	return usage.ru_maxrss;
}

static void ends_with(const char *command, const char *reason)
{
	HV_CLEANUP(hv_text_clear) struct hv_text output = HV_TEXT_INIT;
	int64_t begin = ssh_now_us();
	assert_int_not_equal(check_host(command, &output), 0);
	if (!strstr(hv_text_get(&output), reason)) {
		fail_msg("'%s' does not say '%s'", hv_text_get(&output), reason);
	}
	assert_true(ssh_now_us() - begin < SSH_LIMIT_US);
	assert_in_range(memory_of_children_kb(), 1, MEMORY_MAX_KB);
}

static void test_hostile__noise_without_end_before_it_is_ready(void **state)
{
	(void)state;
	ends_with("exec yes", "nothing but noise");
}

static void test_hostile__bytes_without_a_line_before_it_is_ready(void **state)
{
	(void)state;
	ends_with("exec cat /dev/zero", "nothing but noise");
}

static void test_hostile__noise_without_end_afterwards(void **state)
{
	(void)state;
	HV_CLEANUP_FREE char *command = agent_after_ready("exec yes");
	ends_with(command, "nothing but noise");
}

static void test_hostile__one_line_without_end_afterwards(void **state)
{
	(void)state;
	HV_CLEANUP_FREE char *command = agent_after_ready("exec cat /dev/zero");
	ends_with(command, "the line is too long");
}

static void test_hostile__complaints_without_end(void **state)
{
	(void)state;
	ends_with("timeout 1 yes >&2; exit 3", "exit code 3");
}

static void test_hostile__answers_that_nobody_has_asked_for(void **state)
{
	(void)state;
	HV_CLEANUP_FREE char *command = agent_after_ready(
		"exec yes '{\"id\":987654,\"answer\":\"CreateVMSnapshotAnswer\",\"result\":true,\"details\":null,\"body\":{}}'");
	ends_with(command, "nothing but noise");
}

/* Lines end in CRLF, a mark stands before them, and a name tries to paint the screen. */
#define INVENTORY                                                                                          \
	"{\"id\":%s,\"answer\":\"GetInventoryAnswer\",\"result\":true,\"details\":null,\"body\":{\"vms\":[{"      \
	"\"vmUuid\":\"aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee\",\"vmName\":\"a\\\\u001b[2Jb\\\\u202ec\","           \
	"\"state\":\"Running\",\"cpus\":1,\"memoryBytes\":1,\"parentCheckpoint\":null,\"activity\":null,"        \
	"\"activityPercent\":null,\"volumes\":[],\"checkpoints\":[]}],\"freeBytes\":1,\"storageUp\":true}}\\r\\n"

static void test_hostile__names_are_shown_and_not_obeyed(void **state)
{
	HV_CLEANUP(hv_text_clear) struct hv_text output = HV_TEXT_INIT;
	HV_CLEANUP_FREE char *script = ssh_world_path(world, "painter");
	HV_CLEANUP_FREE char *command = hv_sprintf("exec sh %s", script);
	(void)state;
	ssh_write_file(script,
		"printf '\\357\\273\\277\\r\\n#< CLIXML\\r\\n'\n"
		"printf '%s\\r\\n' '{\"event\":\"Ready\",\"protocol\":1,\"agent\":\"painter 1\",\"host\":{\"name\":\"hv01\","
		"\"guid\":\"11111111-2222-4333-8444-555555555555\",\"hypervisorVersion\":\"10.0.20348\"},\"capabilities\":[]}'\n"
		"while read -r line; do\n"
		"	id=${line#*\\\"id\\\":}\n"
		"	case $line in\n"
		"	*GetInventory*) printf '" INVENTORY "' \"${id%%,*}\" ;;\n"
		"	*) what=${line#*\\\"command\\\":\\\"}\n"
		"		printf '{\"id\":%s,\"answer\":\"%sAnswer\",\"result\":true,\"details\":null,\"body\":{}}\\r\\n'"
		" \"${id%%,*}\" \"${what%%Command*}\" ;;\n"
		"	esac\n"
		"done\n");
	if (check_host(command, &output) != 0) {
		fail_msg("%s", hv_text_get(&output));
	}
	const char *words[] = {"tree", NULL};
	assert_int_equal(ssh_fleet_hvtree(&fleet, &output, words), 0);
	assert_non_null(strstr(hv_text_get(&output), "[2Jb"));
	assert_null(strchr(hv_text_get(&output), 0x1b));
	assert_null(strstr(hv_text_get(&output), "\xE2\x80\xAE"));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_hostile__noise_without_end_before_it_is_ready, set_up),
		cmocka_unit_test_setup(test_hostile__bytes_without_a_line_before_it_is_ready, set_up),
		cmocka_unit_test_setup(test_hostile__noise_without_end_afterwards, set_up),
		cmocka_unit_test_setup(test_hostile__one_line_without_end_afterwards, set_up),
		cmocka_unit_test_setup(test_hostile__complaints_without_end, set_up),
		cmocka_unit_test_setup(test_hostile__answers_that_nobody_has_asked_for, set_up),
		cmocka_unit_test_setup(test_hostile__names_are_shown_and_not_obeyed, set_up),
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
	int failed = cmocka_run_group_tests_name("ssh/hostile", tests, NULL, NULL);
	ssh_fleet_clear(&fleet);
	ssh_world_free(world);
	return failed;
}
