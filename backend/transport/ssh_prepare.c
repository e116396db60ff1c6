#include "backend/transport/ssh_prepare.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/transport/process_spawn.h"

#define CONFIG_OUTPUT_MAX (1u << 20)
#define CONFIG_WAIT_US (5 * HV_SECOND_US)
#define ARGUMENTS_MAX 12

char *ssh_find_program(void)
{
	const char *path = getenv("PATH");
	if (!path || *path == '\0') {
		path = "/usr/bin:/bin";
	}
	while (*path) {
		size_t length = strcspn(path, ":");
		HV_CLEANUP_FREE char *folder = hv_strndup(path, length);
		char *program = hv_sprintf("%s/ssh", folder);
		if (folder[0] == '/' && access(program, X_OK) == 0) {
			return program;
		}
		free(program);
		path += length + (path[length] == ':');
	}
	return NULL;
}

enum hv_status ssh_prepared_new(const struct transport_ssh_config *config,
	struct ssh_prepared **ret_prepared, struct hv_error *err)
{
	struct ssh_address address = {NULL, NULL, 0};
	enum hv_status status = ssh_address_parse(config->address, &address, err);
	if (status != HV_OK) {
		return status;
	}
	struct ssh_prepared *prepared = hv_alloc(sizeof *prepared);
	prepared->address = address;
	if (!config->ssh_program) {
		prepared->ssh_program = ssh_find_program();
	} else if (config->ssh_program[0] != '\0') {
		prepared->ssh_program = hv_strdup(config->ssh_program);
	}
	prepared->config_file = hv_strdup_null(config->config_file);
	*ret_prepared = prepared;
	return HV_OK;
}

void ssh_prepared_free(struct ssh_prepared *prepared)
{
	if (!prepared) {
		return;
	}
	ssh_address_clear(&prepared->address);
	free(prepared->ssh_program);
	free(prepared->config_file);
	ssh_target_clear(&prepared->target);
	known_hosts_clear(&prepared->known);
	for (size_t i = 0; i < prepared->key_count; i++) {
		ssh_key_file_clear(&prepared->keys[i]);
	}
	hv_text_clear(&prepared->unusable);
	if (prepared->addresses) {
		freeaddrinfo(prepared->addresses);
	}
	free(prepared);
}

/* ---- ssh -G ---- */

struct answer {
	struct hv_text output;
	struct hv_text complaint;
};

/* Until both streams have ended, or the time is over; false: it was not. */
static bool hear_child(const struct spawned *child, struct answer *answer)
{
	struct hv_clock clock = hv_clock_system();
	int64_t until_us = hv_clock_monotonic_us(&clock) + CONFIG_WAIT_US;
	struct pollfd fds[] = {{child->stream, POLLIN, 0}, {child->noise, POLLIN, 0}};
	struct hv_text *texts[] = {&answer->output, &answer->complaint};
	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		int64_t left_us = until_us - hv_clock_monotonic_us(&clock);
		if (left_us <= 0 || answer->output.length > CONFIG_OUTPUT_MAX) {
			return false;
		}
		(void)poll(fds, 2, (int)(left_us / 1000) + 1);
		for (size_t i = 0; i < 2; i++) {
			char bytes[4096];
			if (fds[i].fd < 0) {
				continue;
			}
			ssize_t got = read(fds[i].fd, bytes, sizeof bytes);
			if (got > 0 && texts[i]->length <= CONFIG_OUTPUT_MAX) {
				hv_text_append(texts[i], bytes, (size_t)got);
			} else if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
				fds[i].fd = -1;
			}
		}
	}
	return true;
}

static bool end_child(const struct spawned *child)
{
	int outcome = 0;
	(void)close(child->stream);
	(void)close(child->noise);
	(void)close(child->verdict);
	while (waitpid(child->pid, &outcome, 0) < 0 && errno == EINTR) {
	}
	return WIFEXITED(outcome) && WEXITSTATUS(outcome) == 0;
}

static void first_line(struct hv_text *text, char *line, size_t size)
{
	const char *bytes = hv_text_get(text);
	HV_CLEANUP_FREE char *shown = hv_text_printable(bytes, strcspn(bytes, "\r\n"));
	(void)snprintf(line, size, "%s", shown);
}

static enum hv_status run_ssh(const struct ssh_prepared *prepared, struct answer *answer, struct hv_error *err)
{
	HV_CLEANUP_FREE char *port = hv_sprintf("%u", prepared->address.port);
	HV_CLEANUP_FREE char *user = hv_strdup_null(prepared->address.user);
	HV_CLEANUP_FREE char *host = hv_strdup(prepared->address.host);
	HV_CLEANUP_FREE char *config = hv_strdup_null(prepared->config_file);
	HV_CLEANUP_FREE char *program = hv_strdup(prepared->ssh_program);
	char options[][4] = {"-G", "-F", "-l", "-p", "--"};
	char *argv[ARGUMENTS_MAX] = {program, options[0]};
	size_t count = 2;
	char *const pairs[][2] = {{options[1], config}, {options[2], user},
		{options[3], prepared->address.port ? port : NULL}};
	for (size_t i = 0; i < HV_ARRAY_LEN(pairs); i++) {
		if (pairs[i][1]) {
			argv[count++] = pairs[i][0];
			argv[count++] = pairs[i][1];
		}
	}
	argv[count++] = options[4];
	argv[count] = host;
	struct spawned child;
	enum hv_status status = process_spawn(argv, &child, err);
	if (status != HV_OK) {
		return status;
	}
	bool heard = hear_child(&child, answer);
	if (!heard) {
		(void)kill(-child.pid, SIGKILL);
		(void)kill(child.pid, SIGKILL);
	}
	bool good = end_child(&child);
	if (!heard) {
		return hv_error_set(err, HV_ERR_TIMEOUT, "'%s -G' did not end in time", program);
	}
	if (!good) {
		char line[200];
		first_line(&answer->complaint, line, sizeof line);
		return hv_error_set(err, HV_ERR_INVALID,
			"ssh cannot read the configuration for this host: %s", line);
	}
	return HV_OK;
}

static void find_person(char **ret_user, char **ret_home)
{
	struct passwd entry;
	struct passwd *found = NULL;
	char space[4096];
	const char *home = getenv("HOME");
	(void)getpwuid_r(geteuid(), &entry, space, sizeof space, &found);
	*ret_user = hv_strdup(found ? found->pw_name : "root");
	*ret_home = hv_strdup(home && *home == '/' ? home : found ? found->pw_dir : "/");
}

static enum hv_status read_target(struct ssh_prepared *prepared)
{
	HV_CLEANUP_FREE char *user = NULL;
	HV_CLEANUP_FREE char *home = NULL;
	struct answer answer = {HV_TEXT_INIT, HV_TEXT_INIT};
	find_person(&user, &home);
	if (!prepared->ssh_program) {
		ssh_target_defaults(&prepared->target, &prepared->address, user, home);
		return HV_OK;
	}
	enum hv_status status = run_ssh(prepared, &answer, &prepared->error);
	if (status == HV_OK) {
		status = ssh_target_parse(&prepared->target, &prepared->address, home,
			hv_text_get(&answer.output), answer.output.length, &prepared->error);
	}
	hv_text_clear(&answer.output);
	hv_text_clear(&answer.complaint);
	return status;
}

/* ---- keys ---- */

static bool is_rsa(const char *type)
{
	return strcmp(type, "ssh-rsa") == 0;
}

/* NULL: it can be used. */
static const char *why_unusable(const struct ssh_prepared *prepared, const struct ssh_key_file *key)
{
	if (!key->type) {
		return NULL;
	}
	if (is_rsa(key->type) && !prepared->can_rsa) {
		return "is an RSA key, and the libssh2 of this system can use it with SHA-1 only, which "
		       "hosts refuse: use an ed25519 or ecdsa key, or the transport openssh";
	}
	if (strncmp(key->type, "sk-", 3) == 0) {
		return "is a key of a security token: use the transport openssh";
	}
	if (strcmp(key->type, "ssh-dss") == 0) {
		return "is a DSA key, which hosts refuse: use an ed25519 key";
	}
	return NULL;
}

static void read_keys(struct ssh_prepared *prepared)
{
	for (size_t i = 0; i < prepared->target.identities.count; i++) {
		struct ssh_key_file key;
		struct hv_error error;
		const char *why;
		enum hv_status status =
			ssh_key_file_read(&key, prepared->target.identities.items[i], &error);
		if (status == HV_ERR_NOT_FOUND) {
			continue;
		}
		if (status != HV_OK) {
			hv_text_printf(&prepared->unusable, "; %s", error.text);
		} else if ((why = why_unusable(prepared, &key))) {
			hv_text_printf(&prepared->unusable, "; '%s' %s", key.path, why);
			ssh_key_file_clear(&key);
		} else {
			prepared->keys[prepared->key_count++] = key;
		}
	}
}

static enum hv_status read_known_hosts(struct ssh_prepared *prepared, const struct ssh_paths *paths)
{
	enum hv_status status = HV_OK;
	for (size_t i = 0; i < paths->count && status == HV_OK; i++) {
		status = known_hosts_read(&prepared->known, paths->items[i], &prepared->error);
	}
	return status;
}

static const struct addrinfo *next_of(const struct addrinfo *at, bool first_family, int family)
{
	while (at && (at->ai_family == family) != first_family) {
		at = at->ai_next;
	}
	return at;
}

/* The first one's family begins, as the system prefers it. */
static void order_addresses(struct ssh_prepared *prepared)
{
	int family = prepared->addresses->ai_family;
	const struct addrinfo *own = prepared->addresses;
	const struct addrinfo *other = next_of(prepared->addresses, false, family);
	while ((own || other) && prepared->address_count < SSH_ADDRESSES_MAX) {
		bool takes_own = own && (!other || prepared->address_count % 2 == 0);
		prepared->order[prepared->address_count++] = takes_own ? own : other;
		if (takes_own) {
			own = next_of(own->ai_next, true, family);
		} else {
			other = next_of(other->ai_next, false, family);
		}
	}
}

static enum hv_status resolve(struct ssh_prepared *prepared)
{
	char port[16];
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	(void)snprintf(port, sizeof port, "%u", prepared->target.port);
	int result = getaddrinfo(prepared->target.host, port, &hints, &prepared->addresses);
	if (result != 0) {
		prepared->addresses = NULL;
		return hv_error_set(&prepared->error, HV_ERR_UNREACHABLE,
			"cannot find the address of '%s': %s", prepared->target.host,
			result == EAI_SYSTEM ? strerror(errno) : gai_strerror(result));
	}
	order_addresses(prepared);
	return HV_OK;
}

static void prepare(struct worker *worker, void *data)
{
	(void)worker;
	struct ssh_prepared *prepared = data;
	prepared->status = read_target(prepared);
	if (prepared->status != HV_OK) {
		return;
	}
	read_keys(prepared);
	if (prepared->only_target) {
		return;
	}
	const char *why = ssh_prepared_needs_openssh(prepared);
	if (why && prepared->target.proxy) {
		prepared->status = hv_error_set(&prepared->error, HV_ERR_INVALID,
			"%s; use the transport openssh", why);
		return;
	}
	prepared->status = read_known_hosts(prepared, &prepared->target.user_known_hosts);
	if (prepared->status == HV_OK) {
		prepared->status = read_known_hosts(prepared, &prepared->target.global_known_hosts);
	}
	if (prepared->status == HV_OK) {
		prepared->status = resolve(prepared);
	}
}

static void dispose(void *data)
{
	ssh_prepared_free(data);
}

const struct worker_task ssh_prepare_task = {prepare, dispose};

const char *ssh_prepared_needs_openssh(const struct ssh_prepared *prepared)
{
	if (prepared->target.proxy) {
		return "the configuration reaches this host through another one (ProxyJump or ProxyCommand)";
	}
	if (prepared->target.certificates.count > 0) {
		return "the configuration logs in with a certificate";
	}
	if (prepared->key_count == 0 && prepared->unusable.length > 0) {
		return "none of the configured keys is one that libssh2 can use";
	}
	return NULL;
}
