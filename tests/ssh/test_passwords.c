/*
 * Passwords and questions of the host, against a real sshd that asks a real PAM: in a mount namespace of its own it sees a
 * password file and PAM rules of the test's making. Skipped, with the reason, where that cannot be had.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tests/ssh/ssh_talk.h"

#define PAM_UNIX "auth required pam_unix.so\naccount required pam_permit.so\nsession required pam_permit.so\n"
#define PASSWORDS "UsePAM no\nPasswordAuthentication yes\nKbdInteractiveAuthentication no\n"
#define QUESTIONS "UsePAM yes\nPasswordAuthentication no\nKbdInteractiveAuthentication yes\n"
#define CODE "12345678" /* a one-time code of the authenticator, good once */
#define CODE_MODULE "pam_google_authenticator.so"

static struct ssh_world *world;

static int set_up(void **state)
{
	(void)state;
	HV_CLEANUP_FREE char *name = ssh_world_name(world);
	ssh_world_know(world, "", name, "host_ed25519");
	ssh_world_configure(world, NULL, "User root\n");
	assert_null(ssh_world_give_password(world, PAM_UNIX));
	return 0;
}

static void begin(struct talk *talk, const char *options)
{
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	config.prompts = &talk_prompts;
	ssh_world_serve_with(world, options);
	talk_begin(talk, transport_ssh2_open, &config);
}

static void test_password__is_asked_for_again_when_it_was_wrong(void **state)
{
	struct talk talk = {.secrets = {"wrong", SSH_PASSWORD}};
	(void)state;
	begin(&talk, PASSWORDS);
	talk_until_heard(&talk, "hello");
	assert_int_equal(talk.asked_secret, 2);
	assert_int_equal(talk.asked_by_host, 0);
	assert_string_equal(talk.prompt, "That was not it. Password of 'root'");
	talk_end(&talk);
}

static void test_password__is_not_asked_for_more_than_three_times(void **state)
{
	struct talk talk = {.secrets = {"wrong", "wrong", "wrong", SSH_PASSWORD}};
	(void)state;
	begin(&talk, PASSWORDS);
	talk_until_closed(&talk);
	assert_int_equal(talk.asked_secret, 3);
	assert_int_equal(talk.reason.status, HV_ERR_DENIED);
	assert_non_null(strstr(talk.reason.text, "tried: the password"));
	talk_end(&talk);
}

static void test_password__that_nobody_gives_ends_the_login(void **state)
{
	struct talk talk = {.secrets = {NULL}};
	(void)state;
	begin(&talk, PASSWORDS);
	talk_until_closed(&talk);
	assert_int_equal(talk.asked_secret, 1);
	assert_int_equal(talk.reason.status, HV_ERR_DENIED);
	assert_non_null(strstr(talk.reason.text, "which nobody gave"));
	talk_end(&talk);
}

static void test_password__of_whoever_cannot_be_asked_is_not_guessed(void **state)
{
	struct talk talk = {0};
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	(void)state;
	ssh_world_serve_with(world, PASSWORDS);
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_closed(&talk);
	assert_int_equal(talk.reason.status, HV_ERR_DENIED);
	talk_end(&talk);
}

static void test_password__follows_a_key_where_the_host_wants_both(void **state)
{
	struct talk talk = {.secrets = {SSH_PASSWORD}};
	(void)state;
	ssh_world_configure(world, "user", "User root\n");
	begin(&talk, PASSWORDS "AuthenticationMethods publickey,password\n");
	talk_until_heard(&talk, "hello");
	assert_int_equal(talk.asked_secret, 1);
	talk_end(&talk);
}

static void test_questions__are_the_hosts_own_words_and_marked_as_such(void **state)
{
	struct talk talk = {.secrets = {"wrong", SSH_PASSWORD}};
	(void)state;
	begin(&talk, QUESTIONS);
	talk_until_heard(&talk, "hello");
	assert_int_equal(talk.asked_secret, 2);
	assert_int_equal(talk.asked_by_host, 2);
	assert_int_equal(talk.echoes, 0);
	assert_non_null(strstr(talk.prompt, "Password:"));
	talk_end(&talk);
}

static void test_questions__that_nobody_answers_end_the_login(void **state)
{
	struct talk talk = {.secrets = {NULL}};
	(void)state;
	begin(&talk, QUESTIONS);
	talk_until_closed(&talk);
	assert_int_equal(talk.asked_secret, 1);
	assert_int_equal(talk.reason.status, HV_ERR_DENIED);
	talk_end(&talk);
}

/* A second factor: the answers to the two questions differ. */
static void test_questions__are_answered_one_by_one(void **state)
{
	static const char *const folders[] = {"/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib"};
	HV_CLEANUP_FREE char *codes = ssh_world_path(world, "codes");
	HV_CLEANUP_FREE char *pam = hv_sprintf("auth required pam_unix.so\nauth required " CODE_MODULE " secret=%s user=root\n"
					       "account required pam_permit.so\nsession required pam_permit.so\n",
		codes);
	bool found = false;
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(folders); i++) {
		HV_CLEANUP_FREE char *path = hv_sprintf("%s/security/" CODE_MODULE, folders[i]);
		found = found || access(path, R_OK) == 0;
	}
	if (!found) {
		print_message("there is no " CODE_MODULE "\n");
		skip();
	}
	ssh_write_file(codes, "JBSWY3DPEHPK3PXPJBSWY3DPEH\n\" TOTP_AUTH\n" CODE "\n");
	assert_int_equal(chmod(codes, 0400), 0);
	assert_null(ssh_world_give_password(world, pam));
	struct talk talk = {.secrets = {SSH_PASSWORD, CODE}};
	begin(&talk, QUESTIONS);
	talk_until_heard(&talk, "hello");
	assert_int_equal(talk.asked_secret, 2);
	assert_non_null(strstr(talk.prompt, "Verification code:"));
	talk_end(&talk);
}

static void test_free__while_a_person_thinks_leaves_nothing_behind(void **state)
{
	struct talk talk = {.later = true};
	(void)state;
	begin(&talk, QUESTIONS);
	while (talk.asked_secret == 0 && !talk.closed) {
		talk_turn(&talk);
	}
	assert_int_equal(talk.closed, 0);
	talk_end(&talk);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_password__is_asked_for_again_when_it_was_wrong, set_up),
		cmocka_unit_test_setup(test_password__is_not_asked_for_more_than_three_times, set_up),
		cmocka_unit_test_setup(test_password__that_nobody_gives_ends_the_login, set_up),
		cmocka_unit_test_setup(test_password__of_whoever_cannot_be_asked_is_not_guessed, set_up),
		cmocka_unit_test_setup(test_password__follows_a_key_where_the_host_wants_both, set_up),
		cmocka_unit_test_setup(test_questions__are_the_hosts_own_words_and_marked_as_such, set_up),
		cmocka_unit_test_setup(test_questions__that_nobody_answers_end_the_login, set_up),
		cmocka_unit_test_setup(test_questions__are_answered_one_by_one, set_up),
		cmocka_unit_test_setup(test_free__while_a_person_thinks_leaves_nothing_behind, set_up),
	};
	const char *why = NULL;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)unsetenv("SSH_AUTH_SOCK");
	if (argc > 1) {
		cmocka_set_test_filter(argv[1]);
	}
	world = ssh_world_new("", &why);
	why = world ? ssh_world_give_password(world, PAM_UNIX) : why;
	if (why) {
		(void)printf("skipped: %s\n", why);
		ssh_world_free(world);
		return 77;
	}
	int failed = cmocka_run_group_tests_name("ssh/passwords", tests, NULL, NULL);
	ssh_world_free(world);
	return failed;
}
