/* The SSH transports against a real sshd: keys of hosts and people, deadlines, cuts, and bytes in bulk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tests/ssh/ssh_talk.h"

#define BULK_BYTES (6u << 20)
#define CUTS 40
#define MANY 50

static struct ssh_world *world;

#define assert_says(error, part)                                                                           \
	do {                                                                                               \
		if (!strstr((error)->text, (part))) {                                                      \
			fail_msg("'%s' does not say '%s'", (error)->text, (part));                         \
		}                                                                                          \
	} while (0)

static int set_up(void **state)
{
	(void)state;
	HV_CLEANUP_FREE char *name = ssh_world_name(world);
	ssh_world_know(world, "", name, "host_ed25519");
	ssh_world_configure(world, "user", "");
	atomic_store(&world->plan->kind, PLAN_PLAIN);
	return 0;
}

/* ---- bytes ---- */

static void talk_with_a_shell(open_ssh open)
{
	struct talk talk = {0};
	struct transport_ssh_config config =
		ssh_world_config(world, "echo warning >&2; read a; echo got $a; exit 7");
	talk_begin(&talk, open, &config);
	talk_say(&talk, "fish\n"); /* before it is open: kept until then */
	talk_until_heard(&talk, "got fish\n");
	talk_until_closed(&talk);
	assert_int_equal(talk.opened, 1);
	assert_string_equal(hv_text_get(&talk.heard), "got fish\n");
	assert_non_null(strstr(hv_text_get(&talk.noise), "warning\n"));
	assert_string_equal(talk.reason.text, "the agent ended with exit code 7");
	talk_end(&talk);
}

static void test_ssh2__carries_bytes_both_ways_and_tells_the_exit_code(void **state)
{
	(void)state;
	talk_with_a_shell(transport_ssh2_open);
}

static void test_openssh__carries_bytes_both_ways_and_tells_the_exit_code(void **state)
{
	(void)state;
	talk_with_a_shell(transport_openssh_open);
}

static void test_ssh2__tells_the_signal_that_ended_the_agent(void **state)
{
	struct talk talk = {0};
	struct transport_ssh_config config = ssh_world_config(world, "kill -TERM $$");
	(void)state;
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_closed(&talk);
	assert_string_equal(talk.reason.text, "the agent was ended by signal TERM");
	talk_end(&talk);
}

/* Both directions full at once, keys exchanged anew every megabyte, and a send buffer that is always full. */
static void echo_in_bulk(int send_buffer_bytes)
{
	struct talk talk = {0};
	struct transport_ssh_config config = ssh_world_config(world, "cat; echo bye >&2");
	config.send_buffer_bytes = send_buffer_bytes;
	char line[1024];
	size_t said = 0;
	uint32_t number = 0;
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_opened(&talk);
	int64_t limit = ssh_now_us() + SSH_LIMIT_US;
	while (talk.heard.length < BULK_BYTES && !talk.closed && ssh_now_us() < limit) {
		while (said < BULK_BYTES && said - talk.heard.length < (1u << 20)) {
			memset(line, 'a' + (int)(number % 26), sizeof line);
			(void)snprintf(line, sizeof line, "%08x", number++);
			line[8] = ' ';
			line[sizeof line - 1] = '\n';
			assert_int_equal(talk.transport->ops->write(
						 talk.transport, line, sizeof line, NULL),
				HV_OK);
			said += sizeof line;
		}
		talk_turn(&talk);
	}
	if (talk.closed) {
		fail_msg("closed after %zu bytes: %s", talk.heard.length, talk.reason.text);
	}
	assert_int_equal(talk.heard.length, BULK_BYTES);
	for (uint32_t i = 0; i < number; i++) {
		assert_int_equal(strtoul(talk.heard.bytes + (size_t)i * sizeof line, NULL, 16), i);
		assert_int_equal(talk.heard.bytes[(size_t)i * sizeof line + 500], 'a' + (int)(i % 26));
	}
	talk_end(&talk);
}

static void test_ssh2__echoes_in_bulk_while_keys_are_renewed(void **state)
{
	(void)state;
	echo_in_bulk(0);
}

static void test_ssh2__echoes_in_bulk_through_a_send_buffer_of_4096_bytes(void **state)
{
	(void)state;
	echo_in_bulk(4096);
}

static void test_ssh2__drains_stderr_so_that_stdout_goes_on(void **state)
{
	struct talk talk = {0};
	struct transport_ssh_config config =
		ssh_world_config(world, "head -c 5000000 /dev/zero >&2; echo through");
	(void)state;
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_heard(&talk, "through\n");
	talk_until_closed(&talk);
	assert_int_equal(talk.noise.length, 5000000);
	talk_end(&talk);
}

/* ---- keys of hosts ---- */

static void test_host_key__unknown_is_refused_with_its_fingerprint_when_nobody_can_be_asked(void **state)
{
	struct talk talk = {0};
	struct transport_ssh_config config = ssh_world_config(world, "true");
	HV_CLEANUP_FREE char *fingerprint = ssh_world_fingerprint(world, "host_ed25519");
	(void)state;
	ssh_world_know(world, "", NULL, NULL);
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_closed(&talk);
	assert_int_equal(talk.reason.status, HV_ERR_DENIED);
	assert_says(&talk.reason, "is not known");
	assert_says(&talk.reason, fingerprint);
	assert_says(&talk.reason, "--accept-host-key SHA256:");
	talk_end(&talk);
}

static void test_host_key__accepted_by_a_person_is_remembered_and_appended_only(void **state)
{
	HV_CLEANUP_FREE char *path = ssh_world_path(world, "known_hosts");
	HV_CLEANUP_FREE char *fingerprint = ssh_world_fingerprint(world, "host_ed25519");
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	(void)state;
	ssh_write_file(path, "# mine\nthis is no line\nother ssh-ed25519 AAAA"); /* and no end of line */
	struct talk talk = {.answer = SSH_KEY_REMEMBER};
	config.prompts = &talk_prompts;
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_heard(&talk, "hello");
	assert_int_equal(talk.asked_key, 1);
	assert_string_equal(talk.fingerprint, fingerprint);
	assert_string_equal(talk.known_types, "");
	talk_end(&talk);
	HV_CLEANUP_FREE char *after = ssh_read_file(path);
	HV_CLEANUP_FREE char *begin = hv_sprintf("# mine\nthis is no line\nother ssh-ed25519 AAAA\n"
						 "[127.0.0.1]:%u ssh-ed25519 ",
		world->port);
	assert_int_equal(strncmp(after, begin, strlen(begin)), 0);
	/* OpenSSH finds it there as well */
	struct talk other = {0};
	config.prompts = NULL;
	talk_begin(&other, transport_openssh_open, &config);
	talk_until_heard(&other, "hello");
	talk_end(&other);
}

static void test_host_key__known_file_is_made_for_the_user_only(void **state)
{
	HV_CLEANUP_FREE char *path = ssh_world_path(world, "known_hosts");
	struct talk talk = {.answer = SSH_KEY_REMEMBER};
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct stat info;
	(void)state;
	assert_int_equal(unlink(path), 0);
	config.prompts = &talk_prompts;
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_heard(&talk, "hello");
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	talk_end(&talk);
}

static void test_host_key__accepted_once_is_not_written(void **state)
{
	HV_CLEANUP_FREE char *path = ssh_world_path(world, "known_hosts");
	struct talk talk = {.answer = SSH_KEY_ONCE};
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	(void)state;
	ssh_world_know(world, "", NULL, NULL);
	config.prompts = &talk_prompts;
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_heard(&talk, "hello");
	HV_CLEANUP_FREE char *after = ssh_read_file(path);
	assert_string_equal(after, "");
	talk_end(&talk);
}

static void test_host_key__refused_by_a_person_ends_the_connection(void **state)
{
	struct talk talk = {.answer = SSH_KEY_REFUSE};
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	(void)state;
	ssh_world_know(world, "", NULL, NULL);
	config.prompts = &talk_prompts;
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_closed(&talk);
	assert_says(&talk.reason, "was not accepted");
	assert_int_equal(talk.opened, 0);
	talk_end(&talk);
}

static void test_host_key__question_ends_when_the_host_hangs_up(void **state)
{
	struct talk talk = {.later = true};
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	(void)state;
	ssh_world_know(world, "", NULL, NULL);
	config.prompts = &talk_prompts;
	talk_begin(&talk, transport_ssh2_open, &config);
	while (talk.asked_key == 0 && !talk.closed) {
		talk_turn(&talk);
	}
	ssh_world_kill_sshd(world);
	talk_until_closed(&talk);
	assert_int_equal(talk.asked_key, 1);
	assert_says(&talk.reason, "hung up while an answer was waited for");
	talk_end(&talk);
}

static void test_host_key__accepted_fingerprint_must_be_the_one(void **state)
{
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	HV_CLEANUP_FREE char *good = ssh_world_fingerprint(world, "host_ed25519");
	HV_CLEANUP_FREE char *other = ssh_world_fingerprint(world, "host_ecdsa");
	struct talk talk = {0};
	(void)state;
	ssh_world_know(world, "", NULL, NULL);
	config.accepted_fingerprint = other;
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_closed(&talk);
	assert_says(&talk.reason, "not the one that was said to be its own");
	talk_end(&talk);
	config.accepted_fingerprint = good;
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_heard(&talk, "hello");
	talk_end(&talk);
}

static void test_host_key__changed_is_refused_with_what_to_do(void **state)
{
	HV_CLEANUP_FREE char *name = ssh_world_name(world);
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct talk talk = {.answer = SSH_KEY_REMEMBER};
	(void)state;
	ssh_world_know(world, "", name, "user"); /* a key of the same type, and not the host's */
	config.prompts = &talk_prompts;
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_closed(&talk);
	assert_int_equal(talk.asked_key, 0);
	assert_int_equal(talk.reason.status, HV_ERR_DENIED);
	assert_says(&talk.reason, "HAS CHANGED");
	assert_says(&talk.reason, "line 1 of");
	assert_says(&talk.reason, "ssh-keygen -R");
	talk_end(&talk);
	talk_begin(&talk, transport_openssh_open, &config);
	talk_until_closed(&talk);
	assert_int_equal(talk.reason.status, HV_ERR_DENIED);
	assert_says(&talk.reason, "HAS CHANGED");
	talk_end(&talk);
}

static void test_host_key__revoked_is_refused_even_where_a_plain_line_knows_it(void **state)
{
	HV_CLEANUP_FREE char *name = ssh_world_name(world);
	HV_CLEANUP_FREE char *path = ssh_world_path(world, "known_hosts");
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct talk talk = {0};
	(void)state;
	ssh_world_know(world, "", name, "host_ed25519");
	HV_CLEANUP_FREE char *plain = ssh_read_file(path);
	ssh_world_know(world, "@revoked ", "*", "host_ed25519");
	HV_CLEANUP_FREE char *revoked = ssh_read_file(path);
	HV_CLEANUP_FREE char *both = hv_sprintf("%s%s", plain, revoked);
	ssh_write_file(path, both);
	config.prompts = &talk_prompts;
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_closed(&talk);
	assert_says(&talk.reason, "revoked");
	assert_int_equal(talk.asked_key, 0);
	talk_end(&talk);
	talk_begin(&talk, transport_openssh_open, &config);
	talk_until_closed(&talk);
	assert_says(&talk.reason, "revoked");
	talk_end(&talk);
}

static void test_host_key__hashed_by_openssh_is_known(void **state)
{
	HV_CLEANUP_FREE char *path = ssh_world_path(world, "known_hosts");
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	const char *argv[] = {"/usr/bin/ssh-keygen", "-H", "-f", path, NULL};
	struct talk talk = {0};
	(void)state;
	assert_int_equal(ssh_run(argv, NULL), 0);
	HV_CLEANUP_FREE char *hashed = ssh_read_file(path);
	assert_int_equal(strncmp(hashed, "|1|", 3), 0);
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_heard(&talk, "hello");
	talk_end(&talk);
}

static void test_host_key__known_type_is_the_one_that_is_asked_for(void **state)
{
	HV_CLEANUP_FREE char *name = ssh_world_name(world);
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct talk talk = {0};
	(void)state;
	ssh_world_know(world, "", name, "host_ecdsa");
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_heard(&talk, "hello");
	assert_non_null(strstr(hv_text_get(&talk.notes), "ecdsa-sha2-nistp256"));
	talk_end(&talk);
}

/* ---- keys of people ---- */

static void test_login__takes_an_ecdsa_key(void **state)
{
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct talk talk = {0};
	(void)state;
	ssh_world_configure(world, "user_ecdsa", "");
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_heard(&talk, "hello");
	talk_end(&talk);
}

static void test_login__asks_for_the_passphrase_of_a_locked_key(void **state)
{
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct talk talk = {.secrets = {"wrong", "open sesame"}};
	(void)state;
	ssh_world_configure(world, "user_locked", "");
	config.prompts = &talk_prompts;
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_heard(&talk, "hello");
	assert_int_equal(talk.asked_secret, 2);
	assert_non_null(strstr(talk.prompt, "That was not it. Passphrase of the key '"));
	talk_end(&talk);
}

static void test_login__does_not_ask_for_the_passphrase_of_a_key_that_the_host_does_not_want(void **state)
{
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct talk talk = {.secrets = {"open sesame"}};
	(void)state;
	ssh_world_configure(world, "stranger_locked", "");
	config.prompts = &talk_prompts;
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_closed(&talk);
	assert_int_equal(talk.asked_secret, 0);
	assert_int_equal(talk.reason.status, HV_ERR_DENIED);
	talk_end(&talk);
}

static void test_login__goes_on_without_a_locked_key_when_nobody_opens_it(void **state)
{
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct talk talk = {.secrets = {NULL}};
	HV_CLEANUP_FREE char *second = hv_sprintf("IdentityFile %s/user_locked", world->folder);
	(void)state;
	ssh_world_configure(world, "user", second);
	config.prompts = &talk_prompts;
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_heard(&talk, "hello");
	assert_int_equal(talk.asked_secret, 1);
	talk_end(&talk);
}

static void refuses_a_stranger(open_ssh open)
{
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct talk talk = {0};
	ssh_world_configure(world, "stranger", "");
	talk_begin(&talk, open, &config);
	talk_until_closed(&talk);
	assert_int_equal(talk.reason.status, HV_ERR_DENIED);
	assert_says(&talk.reason, "refused the login");
	assert_says(&talk.reason, "administrators_authorized_keys");
	talk_end(&talk);
}

static void test_login__refused_tells_where_an_administrators_key_belongs(void **state)
{
	(void)state;
	refuses_a_stranger(transport_ssh2_open);
	refuses_a_stranger(transport_openssh_open);
}

static void test_login__says_that_rsa_cannot_do_before_it_calls_the_host(void **state)
{
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct talk talk = {0};
	int connections = atomic_load(&world->plan->connections);
	(void)state;
	ssh_world_configure(world, "user_rsa", "");
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_closed(&talk);
	if (!strstr(talk.reason.text, "RSA")) {
		skip(); /* this libssh2 can */
	}
	assert_says(&talk.reason, "transport openssh");
	assert_int_equal(atomic_load(&world->plan->connections), connections);
	talk_end(&talk);
}

static void test_auto__takes_openssh_for_an_rsa_key_and_libssh2_else_and_says_why(void **state)
{
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct talk talk = {0};
	(void)state;
	talk_begin(&talk, transport_ssh_auto_open, &config);
	talk_until_heard(&talk, "hello");
	assert_non_null(strstr(hv_text_get(&talk.notes), "transport libssh2"));
	talk_end(&talk);
	ssh_world_configure(world, NULL, "Host *\nProxyCommand none\n");
	HV_CLEANUP_FREE char *jump = hv_sprintf("ProxyCommand nc %%h %u", world->port);
	ssh_world_configure(world, "user", jump);
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_closed(&talk);
	assert_says(&talk.reason, "use the transport openssh");
	talk_end(&talk);
	ssh_world_configure(world, "user_rsa", "");
	talk_begin(&talk, transport_ssh_auto_open, &config);
	talk_until_heard(&talk, "hello");
	assert_true(strstr(hv_text_get(&talk.notes), "transport openssh: none of the configured keys") ||
		    strstr(hv_text_get(&talk.notes), "transport libssh2"));
	talk_end(&talk);
}

static void test_login__works_through_the_agent(void **state)
{
	HV_CLEANUP_FREE char *socket = ssh_world_path(world, "agent");
	HV_CLEANUP_FREE char *key = ssh_world_path(world, "user");
	HV_CLEANUP_FREE char *lines = hv_sprintf("IdentityAgent %s\nIdentitiesOnly no", socket);
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct hv_text output = HV_TEXT_INIT;
	struct talk talk = {0};
	(void)state;
	const char *start[] = {"/usr/bin/ssh-agent", "-a", socket, "-s", NULL};
	assert_int_equal(ssh_run(start, &output), 0);
	const char *number = strstr(hv_text_get(&output), "SSH_AGENT_PID=");
	assert_non_null(number);
	pid_t agent = (pid_t)atoi(number + strlen("SSH_AGENT_PID="));
	HV_CLEANUP_FREE char *variable = hv_sprintf("SSH_AUTH_SOCK=%s", socket);
	const char *add[] = {"/usr/bin/env", variable, "/usr/bin/ssh-add", "-q", key, NULL};
	assert_int_equal(ssh_run(add, NULL), 0);
	ssh_world_configure(world, NULL, lines);
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_heard(&talk, "hello");
	talk_end(&talk);
	assert_int_equal(kill(agent, SIGTERM), 0);
	hv_text_clear(&output);
}

/* ---- hosts that do not behave ---- */

static void test_deadline__of_a_host_that_accepts_and_says_nothing(void **state)
{
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct talk talk = {0};
	(void)state;
	config.deadline_ms = 300;
	atomic_store(&world->plan->bytes, 0);
	atomic_store(&world->plan->kind, PLAN_HOLD);
	int64_t begin = ssh_now_us();
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_closed(&talk);
	assert_int_equal(talk.reason.status, HV_ERR_TIMEOUT);
	assert_says(&talk.reason, "did not agree upon keys within 1 s");
	assert_true(ssh_now_us() - begin < 5 * HV_SECOND_US);
	talk_end(&talk);
}

static void test_deadline__of_a_host_that_stops_in_the_middle_of_the_login(void **state)
{
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct talk talk = {0};
	(void)state;
	config.deadline_ms = 1500;
	atomic_store(&world->plan->bytes, 3600); /* keys are agreed upon, nobody is logged in */
	atomic_store(&world->plan->kind, PLAN_HOLD);
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_closed(&talk);
	assert_int_equal(talk.reason.status, HV_ERR_TIMEOUT);
	assert_int_equal(talk.opened, 0);
	talk_end(&talk);
}

static void test_errors__of_a_port_where_nobody_is_and_of_something_that_is_no_ssh(void **state)
{
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct talk talk = {0};
	(void)state;
	atomic_store(&world->plan->kind, PLAN_GARBAGE);
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_closed(&talk);
	assert_int_equal(talk.reason.status, HV_ERR_UNREACHABLE);
	talk_end(&talk);
	config.address = "127.0.0.1:1";
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_closed(&talk);
	assert_string_equal(talk.reason.text, "cannot connect to '127.0.0.1' port 1: Connection refused");
	talk_end(&talk);
	talk_begin(&talk, transport_openssh_open, &config);
	talk_until_closed(&talk);
	assert_says(&talk.reason, "refused the connection");
	talk_end(&talk);
	config.address = "no-such-host.invalid";
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_closed(&talk);
	assert_says(&talk.reason, "cannot find the address of 'no-such-host.invalid'");
	talk_end(&talk);
}

#define SILENT "::1" /* systems call it first */

/* Every place of the listener's queue is taken: further calls are neither answered nor refused. */
static int take_all_places(unsigned port, int *callers, size_t count)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(inet_pton(AF_INET6, SILENT, &address.sin6_addr), 1);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 0) != 0) {
		(void)close(listener);
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		callers[i] = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(callers[i], (struct sockaddr *)&address, sizeof address);
	}
	return listener;
}

/* From now on this process knows a host with two addresses, of which the first says nothing. */
static bool know_two_addresses(void)
{
	HV_CLEANUP_FREE char *hosts = ssh_world_path(world, "hosts");
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char first[NI_MAXHOST] = "";
	ssh_write_file(hosts, SILENT " two.example\n127.0.0.1 two.example\n");
	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount(hosts, "/etc/hosts", NULL, MS_BIND, NULL) != 0 || getaddrinfo("two.example", NULL, &hints, &found) != 0) {
		return false;
	}
	(void)getnameinfo(found->ai_addr, found->ai_addrlen, first, sizeof first, NULL, 0, NI_NUMERICHOST);
	bool two = found->ai_next != NULL && strcmp(first, SILENT) == 0;
	freeaddrinfo(found);
	return two;
}

static void test_connect__does_not_wait_for_an_address_that_says_nothing(void **state)
{
	struct transport_ssh_config config = ssh_world_config(world, "echo hello");
	struct talk talk = {0};
	int callers[8];
	(void)state;
	int listener = take_all_places(world->port, callers, HV_ARRAY_LEN(callers));
	if (listener < 0 || !know_two_addresses()) {
		print_message("no name with two addresses is to be had\n");
		skip();
	}
	HV_CLEANUP_FREE char *address = hv_sprintf("two.example:%u", world->port);
	HV_CLEANUP_FREE char *name = hv_sprintf("[two.example]:%u", world->port);
	ssh_world_know(world, "", name, "host_ed25519");
	config.address = address;
	int64_t begin = ssh_now_us();
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_heard(&talk, "hello");
	assert_true(ssh_now_us() - begin < 4 * HV_SECOND_US); /* in turn, the first would have five seconds for itself */
	talk_end(&talk);
	for (size_t i = 0; i < HV_ARRAY_LEN(callers); i++) {
		(void)close(callers[i]);
	}
	(void)close(listener);
}

static void test_cut__at_any_byte_ends_once_with_a_reason(void **state)
{
	struct transport_ssh_config config = ssh_world_config(world, "cat");
	uint32_t random = 20261123;
	(void)state;
	for (int i = 0; i < CUTS; i++) {
		struct talk talk = {0};
		random = random * 1664525u + 1013904223u;
		atomic_store(&world->plan->bytes, (long)(random >> 8) % 12000);
		atomic_store(&world->plan->kind, PLAN_CUT);
		talk_begin(&talk, transport_ssh2_open, &config);
		int64_t limit = ssh_now_us() + SSH_LIMIT_US;
		while (!talk.closed && ssh_now_us() < limit) {
			if (talk.opened) {
				(void)!talk.transport->ops->write(
					talk.transport, "0123456789abcdef\n", 17, NULL);
			}
			talk_turn(&talk);
		}
		assert_int_equal(talk.closed, 1);
		assert_true(strlen(talk.reason.text) > 10);
		if (talk.reason.status != HV_ERR_UNREACHABLE) {
			fail_msg("%s: %s", hv_status_name(talk.reason.status), talk.reason.text);
		}
		talk_end(&talk);
	}
}

static void test_cut__when_sshd_is_killed(void **state)
{
	struct transport_ssh_config config = ssh_world_config(world, "echo hello; cat");
	struct talk talk = {0};
	(void)state;
	talk_begin(&talk, transport_ssh2_open, &config);
	talk_until_heard(&talk, "hello");
	ssh_world_kill_sshd(world);
	talk_until_closed(&talk);
	assert_int_equal(talk.reason.status, HV_ERR_UNREACHABLE);
	talk_end(&talk);
}

static void test_free__at_every_moment_leaves_nothing_behind(void **state)
{
	struct transport_ssh_config config = ssh_world_config(world, "cat");
	(void)state;
	bool opened = false;
	for (int turns = 0; !opened && turns < 200; turns++) {
		struct talk talk = {0};
		talk_begin(&talk, transport_ssh2_open, &config);
		for (int i = 0; i < turns && !talk.opened; i++) {
			talk_turn(&talk);
		}
		assert_int_equal(talk.closed, 0);
		opened = talk.opened > 0;
		talk_end(&talk);
	}
	assert_true(opened);
}

/* ---- many ---- */

static void test_many__fifty_hosts_at_once(void **state)
{
	struct transport_ssh_config config = ssh_world_config(world, "echo hello; cat");
	struct talk *talks = hv_alloc(MANY * sizeof *talks);
	size_t ready = 0;
	(void)state;
	int64_t begin = ssh_now_us();
	for (size_t i = 0; i < MANY; i++) {
		talk_begin(&talks[i], transport_ssh2_open, &config);
	}
	while (ready < MANY && ssh_now_us() - begin < SSH_LIMIT_US) {
		struct pollfd fds[MANY * TRANSPORT_FDS_MAX];
		size_t count = 0;
		int64_t due = begin + SSH_LIMIT_US;
		for (size_t i = 0; i < MANY; i++) {
			struct transport *transport = talks[i].transport;
			int64_t own = transport->ops->deadline_us(transport);
			count += transport->ops->poll_fds(transport, &fds[count]);
			due = own < due ? own : due;
		}
		int64_t left = due - ssh_now_us();
		(void)poll(fds, (nfds_t)count, left > 0 ? (int)(left / 1000) + 1 : 0);
		ready = 0;
		for (size_t i = 0; i < MANY; i++) {
			talks[i].transport->ops->handle(talks[i].transport, NULL, 0);
			if (talks[i].closed) {
				fail_msg("host %zu: %s", i, talks[i].reason.text);
			}
			ready += strstr(hv_text_get(&talks[i].heard), "hello") != NULL;
		}
	}
	assert_int_equal(ready, MANY);
	print_message("%d hosts ready after %lld ms\n", MANY, (long long)((ssh_now_us() - begin) / 1000));
	for (size_t i = 0; i < MANY; i++) {
		talk_end(&talks[i]);
	}
	free(talks);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_ssh2__carries_bytes_both_ways_and_tells_the_exit_code, set_up),
		cmocka_unit_test_setup(test_openssh__carries_bytes_both_ways_and_tells_the_exit_code, set_up),
		cmocka_unit_test_setup(test_ssh2__tells_the_signal_that_ended_the_agent, set_up),
		cmocka_unit_test_setup(test_ssh2__echoes_in_bulk_while_keys_are_renewed, set_up),
		cmocka_unit_test_setup(test_ssh2__echoes_in_bulk_through_a_send_buffer_of_4096_bytes, set_up),
		cmocka_unit_test_setup(test_ssh2__drains_stderr_so_that_stdout_goes_on, set_up),
		cmocka_unit_test_setup(
			test_host_key__unknown_is_refused_with_its_fingerprint_when_nobody_can_be_asked, set_up),
		cmocka_unit_test_setup(
			test_host_key__accepted_by_a_person_is_remembered_and_appended_only, set_up),
		cmocka_unit_test_setup(test_host_key__known_file_is_made_for_the_user_only, set_up),
		cmocka_unit_test_setup(test_host_key__accepted_once_is_not_written, set_up),
		cmocka_unit_test_setup(test_host_key__refused_by_a_person_ends_the_connection, set_up),
		cmocka_unit_test_setup(test_host_key__question_ends_when_the_host_hangs_up, set_up),
		cmocka_unit_test_setup(test_host_key__accepted_fingerprint_must_be_the_one, set_up),
		cmocka_unit_test_setup(test_host_key__changed_is_refused_with_what_to_do, set_up),
		cmocka_unit_test_setup(
			test_host_key__revoked_is_refused_even_where_a_plain_line_knows_it, set_up),
		cmocka_unit_test_setup(test_host_key__hashed_by_openssh_is_known, set_up),
		cmocka_unit_test_setup(test_host_key__known_type_is_the_one_that_is_asked_for, set_up),
		cmocka_unit_test_setup(test_login__takes_an_ecdsa_key, set_up),
		cmocka_unit_test_setup(test_login__asks_for_the_passphrase_of_a_locked_key, set_up),
		cmocka_unit_test_setup(
			test_login__does_not_ask_for_the_passphrase_of_a_key_that_the_host_does_not_want, set_up),
		cmocka_unit_test_setup(
			test_login__goes_on_without_a_locked_key_when_nobody_opens_it, set_up),
		cmocka_unit_test_setup(test_login__refused_tells_where_an_administrators_key_belongs, set_up),
		cmocka_unit_test_setup(test_login__says_that_rsa_cannot_do_before_it_calls_the_host, set_up),
		cmocka_unit_test_setup(
			test_auto__takes_openssh_for_an_rsa_key_and_libssh2_else_and_says_why, set_up),
		cmocka_unit_test_setup(test_login__works_through_the_agent, set_up),
		cmocka_unit_test_setup(test_deadline__of_a_host_that_accepts_and_says_nothing, set_up),
		cmocka_unit_test_setup(
			test_deadline__of_a_host_that_stops_in_the_middle_of_the_login, set_up),
		cmocka_unit_test_setup(
			test_errors__of_a_port_where_nobody_is_and_of_something_that_is_no_ssh, set_up),
		cmocka_unit_test_setup(test_connect__does_not_wait_for_an_address_that_says_nothing, set_up),
		cmocka_unit_test_setup(test_cut__at_any_byte_ends_once_with_a_reason, set_up),
		cmocka_unit_test_setup(test_cut__when_sshd_is_killed, set_up),
		cmocka_unit_test_setup(test_free__at_every_moment_leaves_nothing_behind, set_up),
		cmocka_unit_test_setup(test_many__fifty_hosts_at_once, set_up),
	};
	const char *why = NULL;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)unsetenv("SSH_AUTH_SOCK");
	if (argc > 1) {
		cmocka_set_test_filter(argv[1]);
	}
	world = ssh_world_new("RekeyLimit 1M\nLoginGraceTime 30", &why);
	if (!world) {
		(void)printf("skipped: %s\n", why);
		return 77;
	}
	ssh_world_make_key(world, "user_ecdsa", "ecdsa", "");
	ssh_world_make_key(world, "user_rsa", "rsa", "");
	ssh_world_make_key(world, "user_locked", "ed25519", "open sesame");
	ssh_world_make_key(world, "stranger", "ed25519", "");
	ssh_world_make_key(world, "stranger_locked", "ed25519", "open sesame");
	ssh_world_authorize(world, "user_ecdsa");
	ssh_world_authorize(world, "user_rsa");
	ssh_world_authorize(world, "user_locked");
	int failed = cmocka_run_group_tests_name("ssh/transport", tests, NULL, NULL);
	ssh_world_free(world);
	return failed;
}
