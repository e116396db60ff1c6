#include "tests/ssh/ssh_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/memory.h"

#define UNSHARE "/usr/bin/unshare"

/* ---- files and programs ---- */

int64_t ssh_now_us(void)
{
	struct hv_clock clock = hv_clock_system();
	return hv_clock_monotonic_us(&clock);
}

void ssh_write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

char *ssh_read_file(const char *path)
{
	struct hv_text text = HV_TEXT_INIT;
	char bytes[4096];
	size_t length;
	FILE *file = fopen(path, "re");
	while (file && (length = fread(bytes, 1, sizeof bytes, file)) > 0) {
		hv_text_append(&text, bytes, length);
	}
	if (file) {
		(void)fclose(file);
	}
	return hv_text_detach(&text);
}

static void run_child(const char *const *argv, int output)
{
	char *copy[32] = {NULL};
	for (size_t i = 0; argv[i] && i + 1 < HV_ARRAY_LEN(copy); i++) {
		copy[i] = hv_strdup(argv[i]);
	}
	if (output >= 0) {
		(void)dup2(output, STDOUT_FILENO);
		(void)dup2(output, STDERR_FILENO);
	}
	(void)execv(copy[0], copy);
	_exit(127);
}

pid_t ssh_start(const char *const *argv, int output)
{
	pid_t pid = fork();
	if (pid == 0) {
		run_child(argv, output);
	}
	assert_true(pid > 0);
	return pid;
}

int ssh_run(const char *const *argv, struct hv_text *ret_output)
{
	int ends[2];
	int outcome = 0;
	char bytes[4096];
	ssize_t length;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = ssh_start(argv, ends[1]);
	(void)close(ends[1]);
	while ((length = read(ends[0], bytes, sizeof bytes)) > 0) {
		if (ret_output) {
			hv_text_append(ret_output, bytes, (size_t)length);
		}
	}
	(void)close(ends[0]);
	assert_int_equal(waitpid(pid, &outcome, 0), pid);
	return WIFEXITED(outcome) ? WEXITSTATUS(outcome) : -1;
}

char *ssh_world_path(const struct ssh_world *world, const char *name)
{
	return hv_sprintf("%s/%s", world->folder, name);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	(void)info;
	(void)kind;
	(void)where;
	return remove(path);
}

/* ---- the server ---- */

static pid_t start_sshd(const struct ssh_world *world, int socket)
{
	HV_CLEANUP_FREE char *config = ssh_world_path(world, "sshd_config");
	HV_CLEANUP_FREE char *log = ssh_world_path(world, "sshd.log");
	HV_CLEANUP_FREE char *serve = ssh_world_path(world, "serve");
	pid_t pid = fork();
	if (pid == 0) {
		const char *argv[] = {SSHD, "-i", "-f", config, "-E", log, NULL};
		const char *own[] = {UNSHARE, "-m", "/bin/sh", serve, NULL};
		(void)signal(SIGCHLD, SIG_DFL);
		(void)setpgid(0, 0);
		(void)dup2(socket, STDIN_FILENO);
		(void)dup2(socket, STDOUT_FILENO);
		run_child(access(serve, R_OK) == 0 ? own : argv, -1);
	}
	atomic_store(&world->plan->sshd, pid);
	return pid;
}

void ssh_world_kill_sshd(struct ssh_world *world)
{
	assert_int_equal(kill(-atomic_load(&world->plan->sshd), SIGKILL), 0);
}

static void reset(int socket)
{
	struct linger linger = {1, 0};
	(void)setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	(void)close(socket);
}

static bool pass(const struct ssh_world *world, int from, int to, long *passed)
{
	char bytes[4096];
	long limit = atomic_load(&world->plan->bytes);
	size_t most = sizeof bytes;
	if (limit - *passed < (long)most) {
		most = limit > *passed ? (size_t)(limit - *passed) : 0;
	}
	ssize_t length = most > 0 ? read(from, bytes, most) : 0;
	for (ssize_t sent = 0, step; sent < length; sent += step) {
		step = write(to, bytes + sent, (size_t)(length - sent));
		if (step <= 0) {
			return false;
		}
	}
	*passed += length > 0 ? length : 0;
	atomic_store(&world->plan->passed, *passed);
	return length > 0;
}

static void relay(const struct ssh_world *world, int client)
{
	int pair[2];
	long passed = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		return;
	}
	(void)start_sshd(world, pair[1]);
	(void)close(pair[1]);
	for (;;) {
		struct pollfd fds[] = {{client, POLLIN, 0}, {pair[0], POLLIN, 0}};
		if (passed >= atomic_load(&world->plan->bytes)) {
			if (atomic_load(&world->plan->kind) == PLAN_HOLD) {
				(void)pause();
			}
			break;
		}
		(void)poll(fds, 2, -1);
		if ((fds[0].revents && !pass(world, client, pair[0], &passed)) ||
			(fds[1].revents && !pass(world, pair[0], client, &passed))) {
			break;
		}
	}
	reset(client);
	(void)close(pair[0]);
}

static void serve_client(const struct ssh_world *world, int client)
{
	static const char garbage[] = "HTTP/1.1 400 Bad Request\r\n\r\n<html>no</html>\r\n";
	switch (atomic_load(&world->plan->kind)) {
	case PLAN_PLAIN:
		(void)start_sshd(world, client);
		break;
	case PLAN_GARBAGE:
		(void)!write(client, garbage, sizeof garbage - 1);
		break;
	default:
		if (fork() == 0) {
			relay(world, client);
			_exit(0);
		}
	}
	(void)close(client);
}

static void serve(const struct ssh_world *world, int listener)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setpgid(0, 0);
	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (client >= 0) {
			atomic_fetch_add(&world->plan->connections, 1);
			serve_client(world, client);
		}
	}
}

static void listen_and_serve(struct ssh_world *world)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof address;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(listener >= 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, 128), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	world->port = ntohs(address.sin_port);
	world->server = fork();
	if (world->server == 0) {
		serve(world, listener);
	}
	(void)setpgid(world->server, world->server);
	(void)close(listener);
}

/* ---- keys and configuration ---- */

void ssh_world_make_key(struct ssh_world *world, const char *name, const char *type, const char *secret)
{
	HV_CLEANUP_FREE char *path = ssh_world_path(world, name);
	const char *argv[] = {"/usr/bin/ssh-keygen", "-q", "-t", type, "-N", secret, "-C", "test", "-f", path, NULL};
	assert_int_equal(ssh_run(argv, NULL), 0);
}

static char *public_key(const struct ssh_world *world, const char *name)
{
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/%s.pub", world->folder, name);
	return ssh_read_file(path);
}

void ssh_world_authorize(struct ssh_world *world, const char *name)
{
	HV_CLEANUP_FREE char *path = ssh_world_path(world, "authorized_keys");
	HV_CLEANUP_FREE char *before = ssh_read_file(path);
	HV_CLEANUP_FREE char *key = public_key(world, name);
	HV_CLEANUP_FREE char *all = hv_sprintf("%s%s", before, key);
	ssh_write_file(path, all);
}

char *ssh_world_name(const struct ssh_world *world)
{
	return hv_sprintf("[127.0.0.1]:%u", world->port);
}

void ssh_world_know(struct ssh_world *world, const char *marks, const char *name, const char *key)
{
	HV_CLEANUP_FREE char *path = ssh_world_path(world, "known_hosts");
	HV_CLEANUP_FREE char *public = name ? public_key(world, key) : hv_strdup("");
	HV_CLEANUP_FREE char *line = name ? hv_sprintf("%s%s %s", marks, name, public) : hv_strdup("");
	ssh_write_file(path, line);
}

void ssh_world_configure(struct ssh_world *world, const char *identity, const char *lines)
{
	HV_CLEANUP_FREE char *path = ssh_world_path(world, "config");
	HV_CLEANUP_FREE char *key =
		identity ? hv_sprintf("IdentityFile %s/%s\n", world->folder, identity)
			 : hv_strdup("IdentityFile none\n");
	HV_CLEANUP_FREE char *text = hv_sprintf("%s\n%sIdentitiesOnly yes\nIdentityAgent none\n"
						"UserKnownHostsFile %s/known_hosts\n"
						"GlobalKnownHostsFile /dev/null\n",
		lines, key, world->folder);
	ssh_write_file(path, text);
}

void ssh_world_serve_with(struct ssh_world *world, const char *options)
{
	HV_CLEANUP_FREE char *path = ssh_world_path(world, "sshd_config");
	HV_CLEANUP_FREE char *text = hv_sprintf(
		"%s\nHostKey %s/host_ed25519\nHostKey %s/host_ecdsa\nAuthorizedKeysFile %s/authorized_keys\n"
		"StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
		"PermitRootLogin yes\nPidFile none\nLogLevel VERBOSE\nUseDNS no\nPrintMotd no\n"
		"SetEnv HOME=%s\n", /* what somebody's shell does at its start is not what is tested */
		options, world->folder, world->folder, world->folder, world->folder);
	ssh_write_file(path, text);
}

char *ssh_world_fingerprint(const struct ssh_world *world, const char *key)
{
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/%s.pub", world->folder, key);
	struct hv_text output = HV_TEXT_INIT;
	const char *argv[] = {"/usr/bin/ssh-keygen", "-lf", path, NULL};
	assert_int_equal(ssh_run(argv, &output), 0);
	char *begin = strstr(hv_text_get(&output), "SHA256:");
	assert_non_null(begin);
	char *fingerprint = hv_strndup(begin, strcspn(begin, " "));
	hv_text_clear(&output);
	return fingerprint;
}

/* Of SSH_PASSWORD, by crypt(3). */
#define PASSWORD_HASH                                                                                      \
	"$6$hvtree$ECG2SFTNk.QHMPYqILJY8rj4PypnrtjcFT8HUCJPBAXUGal.Lj" \
	"skQ4gq52.xEhTqVJ.L5aH7yAMaeow5G6Dqi."

const char *ssh_world_give_password(struct ssh_world *world, const char *pam)
{
	static const char *const probe[] = {UNSHARE, "-m", "/bin/true", NULL};
	HV_CLEANUP_FREE char *shadow = ssh_world_path(world, "shadow");
	HV_CLEANUP_FREE char *pam_file = ssh_world_path(world, "pam");
	HV_CLEANUP_FREE char *serve = ssh_world_path(world, "serve");
	if (geteuid() != 0) {
		return "only root can give sshd a password file of its own";
	}
	if (access(UNSHARE, X_OK) != 0 || ssh_run(probe, NULL) != 0) {
		return "there is no mount namespace to be had";
	}
	HV_CLEANUP_FREE char *script = hv_sprintf("mount --bind %s /etc/shadow && mount --bind %s /etc/pam.d/sshd && "
						  "exec " SSHD " -i -f %s/sshd_config -E %s/sshd.log\n",
		shadow, pam_file, world->folder, world->folder);
	ssh_write_file(shadow, "root:" PASSWORD_HASH ":19000:0:99999:7:::\n");
	ssh_write_file(pam_file, pam);
	assert_int_equal(chmod(shadow, 0600), 0);
	ssh_write_file(serve, script);
	return NULL;
}

static const char *what_is_missing(void)
{
	if (access(SSHD, X_OK) != 0) {
		return "there is no " SSHD;
	}
	if (access("/usr/bin/ssh-keygen", X_OK) != 0 || access("/usr/bin/ssh", X_OK) != 0) {
		return "there is no ssh or ssh-keygen";
	}
	if (geteuid() == 0) {
		(void)mkdir("/run/sshd", 0755); /* sshd insists on it when root runs it */
	}
	return NULL;
}

struct ssh_world *ssh_world_new(const char *options, const char **ret_why)
{
	*ret_why = what_is_missing();
	if (*ret_why) {
		return NULL;
	}
	struct ssh_world *world = hv_alloc(sizeof *world);
	(void)snprintf(world->folder, sizeof world->folder, "/tmp/hvtree-ssh-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	world->plan = mmap(NULL, sizeof *world->plan, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(world->plan, MAP_FAILED);
	ssh_world_make_key(world, "host_ed25519", "ed25519", "");
	ssh_world_make_key(world, "host_ecdsa", "ecdsa", "");
	ssh_world_make_key(world, "user", "ed25519", "");
	ssh_world_authorize(world, "user");
	ssh_world_serve_with(world, options);
	listen_and_serve(world);
	ssh_world_configure(world, "user", "");
	HV_CLEANUP_FREE char *name = ssh_world_name(world);
	ssh_world_know(world, "", name, "host_ed25519");
	return world;
}

void ssh_world_free(struct ssh_world *world)
{
	if (!world) {
		return;
	}
	(void)kill(-world->server, SIGKILL);
	(void)waitpid(world->server, NULL, 0);
	(void)nftw(world->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	(void)munmap(world->plan, sizeof *world->plan);
	free(world);
}

struct transport_ssh_config ssh_world_config(const struct ssh_world *world, const char *command)
{
	static char address[128];
	static char file[128];
	(void)snprintf(address, sizeof address, "127.0.0.1:%u", world->port);
	(void)snprintf(file, sizeof file, "%s/config", world->folder);
	return (struct transport_ssh_config){.address = address, .command = command, .config_file = file};
}
