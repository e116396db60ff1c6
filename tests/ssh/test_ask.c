/*
 * What a login asks, in the console: the program in a pty, a real sshd, and a person at the keys. Nothing of a secret is
 * shown, logged or kept: the memory of the program is read to prove it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tests/ssh/ssh_fleet.h"
#include "tests/support/pty.h"

#define PAM_UNIX "auth required pam_unix.so\naccount required pam_permit.so\nsession required pam_permit.so\n"
#define QUESTIONS "UsePAM yes\nPasswordAuthentication no\nKbdInteractiveAuthentication yes\n"
#define REGION_MAX (1ul << 30) /* more than that is the shadow of a sanitizer */
#define PASSPHRASE "open sesame, said the thief"

static struct ssh_world *world;
static struct ssh_fleet fleet;
static struct pty *pty;

static int set_up(void **state)
{
	(void)state;
	atomic_store(&world->plan->kind, PLAN_PLAIN);
	ssh_world_serve_with(world, "");
	ssh_fleet_reset(&fleet);
	ssh_fleet_add_host(&fleet, "libssh2");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pty_free(pty);
	pty = NULL;
	return 0;
}

/* With the cursor on the host. */
static void start_console(void)
{
	HV_CLEANUP_FREE char *config = ssh_world_path(world, "config");
	HV_CLEANUP_FREE char *variable = hv_sprintf("HVTREE_SSH_CONFIG=%s", config);
	const char *const argv[] = {fleet.hvtree, "--store", fleet.store, NULL};
	const char *const environment[] = {variable, "HVTREE_LOG=debug", NULL};
	const struct pty_options options = {.argv = argv, .environment = environment, .width = 100, .height = 30};
	pty = pty_start(&options);
	pty_wait_text(pty, "hv01");
	pty_type(pty, "gj");
}

static void wait_until_lost(void)
{
	pty_wait_row(pty, "hv01", "retry");
	pty_wait_idle(pty);
}

static void quit(void)
{
	pty_keys(pty, "q");
	assert_int_equal(pty_wait_exit(pty), 0);
	pty_assert_restored(pty);
}

/* ---- keys of hosts ---- */

static void test_first_contact__shows_the_key_and_asks_with_cancel_first(void **state)
{
	HV_CLEANUP_FREE char *known = ssh_world_path(world, "known_hosts");
	HV_CLEANUP_FREE char *fingerprint = ssh_world_fingerprint(world, "host_ed25519");
	(void)state;
	ssh_world_know(world, "", NULL, NULL);
	start_console();
	wait_until_lost(); /* nobody is asked who has not asked for it */
	pty_assert_no_text(pty, "IS THIS THE HOST'S KEY?");
	pty_keys(pty, "c");
	pty_wait_text(pty, "IS THIS THE HOST'S KEY?");
	pty_assert_text(pty, fingerprint);
	pty_assert_text(pty, "ssh-ed25519");
	pty_type(pty, "<Enter>"); /* what has the focus */
	pty_wait_no_text(pty, "IS THIS THE HOST'S KEY?");
	wait_until_lost();
	HV_CLEANUP_FREE char *before = ssh_read_file(known);
	assert_string_equal(before, "");
	pty_keys(pty, "c");
	pty_wait_text(pty, "IS THIS THE HOST'S KEY?");
	pty_type(pty, "<Tab><Tab><Enter>");
	pty_wait_text(pty, "web");
	HV_CLEANUP_FREE char *after = ssh_read_file(known);
	assert_non_null(strstr(after, "ssh-ed25519 "));
	quit();
}

static void test_first_contact__good_for_once_is_not_remembered(void **state)
{
	HV_CLEANUP_FREE char *known = ssh_world_path(world, "known_hosts");
	(void)state;
	ssh_world_know(world, "", NULL, NULL);
	start_console();
	wait_until_lost();
	pty_keys(pty, "c");
	pty_wait_text(pty, "IS THIS THE HOST'S KEY?");
	pty_type(pty, "<Tab><Enter>");
	pty_wait_text(pty, "web");
	HV_CLEANUP_FREE char *after = ssh_read_file(known);
	assert_string_equal(after, "");
	quit();
}

static void test_changed_key__is_refused_with_what_to_do(void **state)
{
	HV_CLEANUP_FREE char *name = ssh_world_name(world);
	(void)state;
	ssh_world_know(world, "", name, "user");
	start_console();
	wait_until_lost();
	pty_keys(pty, "c");
	pty_wait_text(pty, "NOT CONNECTED");
	pty_assert_text(pty, "HAS CHANGED");
	pty_assert_text(pty, "ssh-keygen -R");
	pty_type(pty, "<Enter>");
	quit();
}

static void test_question__that_the_host_gives_up_takes_no_answer_any_more(void **state)
{
	(void)state;
	ssh_world_know(world, "", NULL, NULL);
	start_console();
	wait_until_lost();
	pty_keys(pty, "c");
	pty_wait_text(pty, "IS THIS THE HOST'S KEY?");
	ssh_world_kill_sshd(world);
	pty_wait_text(pty, "the host does not wait for an answer any more");
	pty_assert_no_text(pty, "It is the host's key");
	pty_type(pty, "<Enter>");
	quit();
}

static void test_retry__of_a_silent_host_says_what_is_waited_for(void **state)
{
	(void)state;
	atomic_store(&world->plan->bytes, 0);
	atomic_store(&world->plan->kind, PLAN_HOLD);
	int before = atomic_load(&world->plan->connections);
	start_console();
	while (atomic_load(&world->plan->connections) == before) {
		pty_wait_idle(pty);
	}
	pty_keys(pty, "c");
	pty_wait_text(pty, "it has taken the call, and its SSH server");
	quit();
}

/* ---- secrets ---- */

static const char *secret;
static const char *found_in;

static int look_into(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	(void)info;
	(void)where;
	if (kind == FTW_F) {
		HV_CLEANUP_FREE char *text = ssh_read_file(path);
		if (strstr(text, secret)) {
			found_in = "a file of the user";
		}
	}
	return 0;
}

static void look_at_memory(const char *line, int memory)
{
	unsigned long begin, end;
	char mode[8];
	if (sscanf(line, "%lx-%lx %7s", &begin, &end, mode) != 3 || mode[0] != 'r' || strstr(line, "[v") ||
		end - begin > REGION_MAX) {
		return;
	}
	char *bytes = malloc(end - begin);
	ssize_t length = pread(memory, bytes, end - begin, (off_t)begin);
	if (length > 0 && memmem(bytes, (size_t)length, secret, strlen(secret))) {
		found_in = "the memory of the program";
	}
	explicit_bzero(bytes, end - begin);
	free(bytes);
}

/* Nowhere: not on the screen, in no file of the user, in no byte of the running program. */
static void assert_forgotten(const char *what)
{
	char path[64];
	char line[512];
	secret = what;
	found_in = pty_wrote(pty, 0, what) ? "what was drawn" : NULL;
	(void)nftw(pty_home(pty), look_into, 8, FTW_PHYS);
	(void)snprintf(path, sizeof path, "/proc/%d/maps", (int)pty_process(pty));
	FILE *maps = fopen(path, "re");
	(void)snprintf(path, sizeof path, "/proc/%d/mem", (int)pty_process(pty));
	int memory = open(path, O_RDONLY | O_CLOEXEC);
	assert_non_null(maps);
	assert_true(memory >= 0);
	while (fgets(line, sizeof line, maps)) {
		look_at_memory(line, memory);
	}
	(void)fclose(maps);
	(void)close(memory);
	if (found_in) {
		fail_msg("the secret is in %s", found_in);
	}
}

static void test_passphrase__opens_a_locked_key_and_is_kept_nowhere(void **state)
{
	(void)state;
	ssh_world_configure(world, "user_locked", "");
	start_console();
	wait_until_lost();
	pty_keys(pty, "c");
	pty_wait_text(pty, "Passphrase of the key");
	pty_type(pty, "wrong<Enter>");
	pty_wait_text(pty, "That was not it.");
	pty_type(pty, "once more<^U>" PASSPHRASE);
	pty_assert_no_text(pty, "sesame");
	pty_type(pty, "<Enter>");
	pty_wait_text(pty, "web");
	pty_wait_idle(pty);
	assert_forgotten(PASSPHRASE);
	quit();
}

static void test_passphrase__that_is_not_given_is_not_asked_for_again(void **state)
{
	(void)state;
	ssh_world_configure(world, "user_locked", "");
	start_console();
	wait_until_lost();
	pty_keys(pty, "c");
	pty_wait_text(pty, "Passphrase of the key");
	pty_type(pty, "abc<Escape>");
	pty_wait_no_text(pty, "Passphrase of the key");
	wait_until_lost();
	quit();
}

static void test_questions__of_the_host_are_answered_and_kept_nowhere(void **state)
{
	(void)state;
	const char *why = ssh_world_give_password(world, PAM_UNIX);
	if (why) {
		print_message("%s\n", why);
		skip();
	}
	ssh_world_serve_with(world, QUESTIONS);
	ssh_world_configure(world, NULL, "User root\n");
	start_console();
	wait_until_lost();
	pty_keys(pty, "c");
	pty_wait_text(pty, "the host's own words");
	pty_assert_text(pty, "Password:");
	pty_send(pty, "\033[200~" SSH_PASSWORD "\n\033[201~"); /* a paste does not send */
	pty_wait_idle(pty);
	pty_assert_text(pty, "the host's own words");
	pty_type(pty, "<Enter>");
	pty_wait_text(pty, "web");
	pty_wait_idle(pty);
	assert_forgotten(SSH_PASSWORD);
	quit();
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(test_first_contact__shows_the_key_and_asks_with_cancel_first),
		TEST(test_first_contact__good_for_once_is_not_remembered),
		TEST(test_changed_key__is_refused_with_what_to_do),
		TEST(test_question__that_the_host_gives_up_takes_no_answer_any_more),
		TEST(test_retry__of_a_silent_host_says_what_is_waited_for),
		TEST(test_passphrase__opens_a_locked_key_and_is_kept_nowhere),
		TEST(test_passphrase__that_is_not_given_is_not_asked_for_again),
		TEST(test_questions__of_the_host_are_answered_and_kept_nowhere),
	};
	const char *why = NULL;
	if (argc > 1) {
		cmocka_set_test_filter(argv[1]);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)unsetenv("SSH_AUTH_SOCK");
	world = ssh_world_new("", &why);
	if (!world) {
		(void)printf("skipped: %s\n", why);
		return 77;
	}
	ssh_fleet_init(&fleet, world);
	ssh_world_make_key(world, "user_locked", "ed25519", PASSPHRASE);
	ssh_world_authorize(world, "user_locked");
	int failed = cmocka_run_group_tests_name("ssh/ask", tests, NULL, NULL);
	ssh_fleet_clear(&fleet);
	ssh_world_free(world);
	return failed;
}
