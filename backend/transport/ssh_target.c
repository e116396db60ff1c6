#include "backend/transport/ssh_target.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"

#define LINE_MAX_BYTES (64u << 10)
#define PORT_MAX 65535
#define DEFAULT_PORT 22

/* ---- addresses ---- */

void ssh_address_clear(struct ssh_address *address)
{
	free(address->user);
	free(address->host);
	*address = (struct ssh_address){NULL, NULL, 0};
}

static bool parse_port(const char *text, unsigned *ret_port)
{
	unsigned port = 0;
	if (*text == '\0') {
		return false;
	}
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || port > PORT_MAX) {
			return false;
		}
		port = port * 10 + (unsigned)(*text - '0');
	}
	*ret_port = port;
	return port > 0 && port <= PORT_MAX;
}

/* What becomes an argument of ssh must not be able to be anything else. */
static bool is_plain(const char *text)
{
	if (*text == '\0' || *text == '-') {
		return false;
	}
	for (; *text; text++) {
		if ((unsigned char)*text <= ' ' || *text == 0x7f || strchr("'\"`$\\;&<>|(){}", *text)) {
			return false;
		}
	}
	return true;
}

/* `text` is cut apart. */
static bool cut_host(char *text, char **ret_host, char **ret_port)
{
	*ret_host = text;
	*ret_port = NULL;
	if (*text == '[') {
		char *close = strchr(text, ']');
		if (!close || (close[1] != '\0' && close[1] != ':')) {
			return false;
		}
		*ret_host = text + 1;
		*ret_port = close[1] == ':' ? close + 2 : NULL;
		*close = '\0';
		return true;
	}
	char *colon = strchr(text, ':');
	if (colon && !strchr(colon + 1, ':')) { /* two colons: a bare IPv6 address */
		*colon = '\0';
		*ret_port = colon + 1;
	}
	return true;
}

enum hv_status ssh_address_parse(const char *text, struct ssh_address *ret_address, struct hv_error *err)
{
	HV_CLEANUP_FREE char *copy = hv_strdup(text);
	HV_CLEANUP_FREE char *shown = hv_text_printable(text, strlen(text));
	char *at = strrchr(copy, '@');
	char *host;
	char *port_text;
	unsigned port = 0;
	if (at) {
		*at = '\0';
	}
	if (!cut_host(at ? at + 1 : copy, &host, &port_text) || !is_plain(host) ||
		(at && !is_plain(copy)) || (port_text && !parse_port(port_text, &port))) {
		return hv_error_set(err, HV_ERR_INVALID,
			"'%.200s' is no address of a host; it looks like [user@]host[:port]", shown);
	}
	ret_address->user = at ? hv_strdup(copy) : NULL;
	ret_address->host = hv_strdup(host);
	ret_address->port = port;
	return HV_OK;
}

/* ---- paths ---- */

static void add_path(struct ssh_paths *paths, char *take_path)
{
	if (paths->count == SSH_PATHS_MAX) {
		free(take_path);
		return;
	}
	paths->items[paths->count++] = take_path;
}

static void clear_paths(struct ssh_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++) {
		free(paths->items[i]);
	}
	paths->count = 0;
}

static const char *token_text(const struct ssh_target *target, const char *home, char token)
{
	switch (token) {
	case 'd':
		return home;
	case 'h':
		return target->host ? target->host : target->alias;
	case 'n':
		return target->alias;
	case 'r':
		return target->user;
	case '%':
		return "%";
	default:
		return NULL; /* left as it stands */
	}
}

/* "~/x" and the tokens that ssh -G leaves in paths. */
static char *expand_path(const struct ssh_target *target, const char *home, const char *path)
{
	struct hv_text text = HV_TEXT_INIT;
	if (path[0] == '~' && path[1] == '/') {
		hv_text_puts(&text, home);
		path++;
	}
	while (*path) {
		const char *value = *path == '%' ? token_text(target, home, path[1]) : NULL;
		if (value) {
			hv_text_puts(&text, value);
			path += 2;
		} else {
			hv_text_append(&text, path++, 1);
		}
	}
	return hv_text_detach(&text);
}

static void expand_paths(const struct ssh_target *target, const char *home, struct ssh_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++) {
		char *expanded = expand_path(target, home, paths->items[i]);
		free(paths->items[i]);
		paths->items[i] = expanded;
	}
}

static void expand_target(struct ssh_target *target, const char *home)
{
	expand_paths(target, home, &target->identities);
	expand_paths(target, home, &target->certificates);
	expand_paths(target, home, &target->user_known_hosts);
	expand_paths(target, home, &target->global_known_hosts);
	if (target->identity_agent) {
		char *expanded = expand_path(target, home, target->identity_agent);
		free(target->identity_agent);
		target->identity_agent = expanded;
	}
}

void ssh_target_clear(struct ssh_target *target)
{
	free(target->alias);
	free(target->host);
	free(target->user);
	free(target->key_alias);
	free(target->proxy);
	free(target->identity_agent);
	clear_paths(&target->identities);
	clear_paths(&target->certificates);
	clear_paths(&target->user_known_hosts);
	clear_paths(&target->global_known_hosts);
	memset(target, 0, sizeof *target);
}

void ssh_target_defaults(struct ssh_target *target, const struct ssh_address *address, const char *user,
	const char *home)
{
	static const char *const identities[] = {"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"};
	memset(target, 0, sizeof *target);
	target->alias = hv_strdup(address->host);
	target->host = hv_strdup(address->host);
	target->user = hv_strdup(address->user ? address->user : user);
	target->port = address->port ? address->port : DEFAULT_PORT;
	for (size_t i = 0; i < HV_ARRAY_LEN(identities); i++) {
		add_path(&target->identities, hv_strdup(identities[i]));
	}
	add_path(&target->user_known_hosts, hv_strdup("~/.ssh/known_hosts"));
	add_path(&target->global_known_hosts, hv_strdup("/etc/ssh/ssh_known_hosts"));
	expand_target(target, home);
}

/* ---- ssh -G ---- */

typedef void (*take_value)(struct ssh_target *target, const char *value);

static void take_host(struct ssh_target *target, const char *value)
{
	hv_replace_string(&target->host, value);
}

static void take_user(struct ssh_target *target, const char *value)
{
	hv_replace_string(&target->user, value);
}

static void take_port(struct ssh_target *target, const char *value)
{
	unsigned port;
	target->port = parse_port(value, &port) ? port : 0;
}

static void take_key_alias(struct ssh_target *target, const char *value)
{
	hv_replace_string(&target->key_alias, value);
}

static void take_proxy(struct ssh_target *target, const char *value)
{
	if (strcmp(value, "none") != 0) {
		hv_replace_string(&target->proxy, value);
	}
}

static void take_agent(struct ssh_target *target, const char *value)
{
	hv_replace_string(
		&target->identity_agent, strcmp(value, "SSH_AUTH_SOCK") == 0 ? NULL : value);
}

static void take_identities_only(struct ssh_target *target, const char *value)
{
	target->identities_only = strcmp(value, "yes") == 0;
}

static void take_identity(struct ssh_target *target, const char *value)
{
	if (strcmp(value, "none") != 0) {
		add_path(&target->identities, hv_strdup(value));
	}
}

static void take_certificate(struct ssh_target *target, const char *value)
{
	if (strcmp(value, "none") != 0) {
		add_path(&target->certificates, hv_strdup(value));
	}
}

/* Several in one line, separated by blanks. */
static void take_list(struct ssh_paths *paths, const char *value)
{
	while (*value) {
		size_t length = strcspn(value, " \t");
		if (length > 0 && strncmp(value, "none", length) != 0) {
			add_path(paths, hv_strndup(value, length));
		}
		value += length;
		value += strspn(value, " \t");
	}
}

static void take_user_known_hosts(struct ssh_target *target, const char *value)
{
	take_list(&target->user_known_hosts, value);
}

static void take_global_known_hosts(struct ssh_target *target, const char *value)
{
	take_list(&target->global_known_hosts, value);
}

static const struct {
	const char *name;
	take_value take;
} settings[] = {
	{"hostname", take_host},
	{"user", take_user},
	{"port", take_port},
	{"hostkeyalias", take_key_alias},
	{"proxyjump", take_proxy},
	{"proxycommand", take_proxy},
	{"identityagent", take_agent},
	{"identitiesonly", take_identities_only},
	{"identityfile", take_identity},
	{"certificatefile", take_certificate},
	{"userknownhostsfile", take_user_known_hosts},
	{"globalknownhostsfile", take_global_known_hosts},
};

static void take_line(struct ssh_target *target, const char *line, size_t length)
{
	if (length > LINE_MAX_BYTES || !hv_utf8_is_valid(line, length)) {
		return;
	}
	HV_CLEANUP_FREE char *copy = hv_strndup(line, length);
	char *space = strchr(copy, ' ');
	if (!space || space[1] == '\0') {
		return;
	}
	*space = '\0';
	for (size_t i = 0; i < HV_ARRAY_LEN(settings); i++) {
		if (strcmp(settings[i].name, copy) == 0) {
			settings[i].take(target, space + 1);
		}
	}
}

enum hv_status ssh_target_parse(struct ssh_target *target, const struct ssh_address *address,
	const char *home, const char *text, size_t length, struct hv_error *err)
{
	const char *end = text + length;
	memset(target, 0, sizeof *target);
	target->alias = hv_strdup(address->host);
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;
		const char *last = stop > text && stop[-1] == '\r' ? stop - 1 : stop;
		take_line(target, text, (size_t)(last - text));
		text = stop + 1;
	}
	if (!target->host || !target->user || target->port == 0) {
		ssh_target_clear(target);
		return hv_error_set(err, HV_ERR_PROTOCOL,
			"'ssh -G' did not say host, user and port of '%s'", address->host);
	}
	expand_target(target, home);
	return HV_OK;
}
