/*
 * All of it: hvtree's commands, a real sshd, the loader, and the PowerShell agent on a fake Hyper-V. What the guests hold
 * decides. Skipped, with the reason, where there is no PowerShell or no sshd.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tests/conformance/subject.h"
#include "tests/ssh/ssh_powershell.h"

#define WORDS_MAX 24

static struct ssh_world *world;
static const struct subject *subject;
static char *store;
static char *hvtree;
static char *data; /* what the agent keeps on the host */

#define WITH_STORE(words)                                                                                  \
	const char *argv[WORDS_MAX] = {hvtree, "--store", store};                                          \
	for (size_t i = 0; (words)[i]; i++) {                                                              \
		argv[i + 3] = (words)[i];                                                                  \
	}

static pid_t start_hvtree(const char *const *words)
{
	WITH_STORE(words)
	return ssh_start(argv, -1);
}

static int run_hvtree(const char *const *words, struct hv_text *output)
{
	WITH_STORE(words)
	return ssh_run(argv, output);
}

#define DONE 0
#define UNKNOWN 4 /* the outcome is not known yet: nobody was told what has happened (Y4) */

static void expect(int expected, const char *const *words)
{
	HV_CLEANUP(hv_text_clear) struct hv_text output = HV_TEXT_INIT;
	int code = run_hvtree(words, &output);
	if (code != expected) {
		fail_msg("hvtree %s %s: %d: %s", words[0], words[1], code, hv_text_get(&output));
	}
}
#define EXPECT(code, ...) expect((code), (const char *const[]){__VA_ARGS__, NULL})

/* The next link may come while the command still waits, or after it: then a sync tells. Never a wrong word (Y4). */
static void settle(int code)
{
	if (code != DONE && code != UNKNOWN) {
		fail_msg("the command ended with %d", code);
	}
	EXPECT(DONE, "sync");
}

static void lose_and_settle(const char *const *words)
{
	HV_CLEANUP(hv_text_clear) struct hv_text output = HV_TEXT_INIT;
	settle(run_hvtree(words, &output));
}
#define LOSE_AND_SETTLE(...) lose_and_settle((const char *const[]){__VA_ARGS__, NULL})

static size_t count_snapshots(const char *vm)
{
	HV_CLEANUP(hv_text_clear) struct hv_text output = HV_TEXT_INIT;
	const char *const words[] = {"snapshot", "list", "--vm", vm, "--json", NULL};
	assert_int_equal(run_hvtree(words, &output), 0);
	const char *at = strstr(hv_text_get(&output), "\"count\":");
	assert_non_null(at);
	return strtoul(at + strlen("\"count\":"), NULL, 10);
}

static void assert_holds(const char *vm, bool memory, const char *value)
{
	assert_string_equal(hand_read(vm, memory, "marker"), value);
}

static int set_up(void **state)
{
	HV_CLEANUP_FREE char *address = hv_sprintf("127.0.0.1:%u", world->port);
	HV_CLEANUP_FREE char *name = ssh_world_name(world);
	(void)state;
	(void)unlink(store);
	ssh_world_know(world, "", name, "host_ed25519");
	ssh_world_configure(world, "user", "");
	EXPECT(DONE, "host", "add", address, "--name", "hv01", "--transport", "libssh2");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_true(subject_renew());
	return 0;
}

/* ---- tests ---- */

static void test_agent__creates_reverts_and_deletes_by_what_the_guest_holds__Z1_Z2_Z5(void **state)
{
	(void)state;
	hand_write("db", false, "marker", "first");
	hand_write("db", true, "marker", "remembered");
	EXPECT(DONE, "snapshot", "create", "db", "--name", "A", "--memory");
	hand_write("db", false, "marker", "second");
	hand_write("db", true, "marker", "other");
	EXPECT(DONE, "snapshot", "create", "db", "--name", "B");
	hand_write("db", false, "marker", "third");
	EXPECT(DONE, "snapshot", "revert", "db", "A", "--yes", "--no-safety");
	assert_holds("db", false, "first");
	assert_holds("db", true, "remembered");
	EXPECT(DONE, "snapshot", "revert", "db", "B", "--yes", "--no-safety");
	assert_holds("db", false, "second");
	EXPECT(DONE, "snapshot", "delete", "db", "A", "--yes");
	assert_holds("db", false, "second");
	assert_int_equal(count_snapshots("db"), 1);
	EXPECT(DONE, "snapshot", "delete", "db", "--all", "--yes");
	assert_holds("db", false, "second");
	assert_int_equal(count_snapshots("db"), 0);
}

static void test_agent__killed_after_the_act_tells_the_next_console_that_it_is_done__Y2_Y3(void **state)
{
	(void)state;
	hand_write("db", false, "marker", "before");
	hand_die_after("Create");
	LOSE_AND_SETTLE("snapshot", "create", "db", "--name", "A");
	assert_int_equal(count_snapshots("db"), 1);
	hand_write("db", false, "marker", "after");
	hand_die_after("RevertTo");
	LOSE_AND_SETTLE("snapshot", "revert", "db", "A", "--yes", "--no-safety");
	assert_holds("db", false, "before");
	hand_write("db", false, "later", "not thrown away"); /* by a revert that is sent again (Y2) */
	EXPECT(DONE, "sync");
	assert_string_equal(hand_read("db", false, "later"), "not thrown away");
	EXPECT(DONE, "snapshot", "delete", "db", "A", "--yes");
	assert_int_equal(count_snapshots("db"), 0);
	assert_holds("db", false, "before");
}

/* Creates that the agent has ever begun. */
static size_t count_creates(void)
{
	HV_CLEANUP_FREE char *folder = hv_sprintf("%s/journal", data);
	DIR *dir = opendir(folder);
	size_t count = 0;
	for (const struct dirent *entry; dir && (entry = readdir(dir));) {
		const char *end = strstr(entry->d_name, ".CreateVMSnapshotCommand.json");
		count += end && strcmp(end, ".CreateVMSnapshotCommand.json") == 0;
	}
	if (dir) {
		(void)closedir(dir);
	}
	return count;
}

/* The link goes while the host acts: the act goes on there, and the next link hears how it ended. */
static void test_link__that_is_cut_in_the_middle_of_an_act_comes_back_and_hears_its_end__Y2_Y4(void **state)
{
	const char *const words[] = {"snapshot", "create", "db", "--name", "A", NULL};
	int outcome = 0;
	(void)state;
	hand_write("db", false, "marker", "before");
	hand_slow(true);
	size_t before = count_creates();
	int64_t limit = ssh_now_us() + SSH_LIMIT_US;
	pid_t pid = start_hvtree(words);
	while (count_creates() == before && ssh_now_us() < limit) {
		(void)sched_yield();
	}
	ssh_world_kill_sshd(world);
	assert_int_equal(waitpid(pid, &outcome, 0), pid);
	assert_true(WIFEXITED(outcome));
	hand_slow(false);
	settle(WEXITSTATUS(outcome));
	assert_int_equal(count_snapshots("db"), 1);
	hand_write("db", false, "marker", "after");
	EXPECT(DONE, "snapshot", "revert", "db", "A", "--yes", "--no-safety");
	assert_holds("db", false, "before");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_agent__creates_reverts_and_deletes_by_what_the_guest_holds__Z1_Z2_Z5, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_agent__killed_after_the_act_tells_the_next_console_that_it_is_done__Y2_Y3, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_link__that_is_cut_in_the_middle_of_an_act_comes_back_and_hears_its_end__Y2_Y4, set_up,
			tear_down),
	};
	const char *why = NULL;
	if (argc > 1) {
		cmocka_set_test_filter(argv[1]);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)unsetenv("SSH_AUTH_SOCK");
	subject = subject_named("powershell");
	world = subject ? ssh_world_new("", &why) : NULL;
	if (!world) {
		(void)printf("skipped: %s\n", why ? why : "no PowerShell");
		return 77;
	}
	HV_CLEANUP_FREE char *config = ssh_world_path(world, "config");
	(void)setenv("HVTREE_SSH_CONFIG", config, 1);
	hvtree = hv_sprintf("%s/hvtree", getenv("HVTREE_BIN_DIR"));
	store = ssh_world_path(world, "hvtree.db");
	data = ssh_world_path(world, "host");
	(void)mkdir(data, 0700);
	subject_open(subject, data);
	ssh_powershell_serve(world, subject_command()[0]);
	int failed = cmocka_run_group_tests_name("ssh/agent", tests, NULL, NULL);
	subject_close();
	free(data);
	free(store);
	free(hvtree);
	ssh_world_free(world);
	return failed;
}
