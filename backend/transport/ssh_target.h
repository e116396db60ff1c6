/*
 * Where an address leads and how to log in there: what `ssh -G` prints, or, where there is no ssh, its defaults. Reading
 * only; nothing is run or looked up here.
 */
#ifndef HV_TRANSPORT_SSH_TARGET_H
#define HV_TRANSPORT_SSH_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include "backend/base/status.h"

#define SSH_PATHS_MAX 32

struct ssh_paths {
	char *items[SSH_PATHS_MAX];
	size_t count;
};

struct ssh_target {
	char *alias; /* as it was given; what the user's configuration knows */
	char *host;
	char *user;
	unsigned port;
	char *key_alias;      /* HostKeyAlias; NULL: the host */
	char *proxy;          /* ProxyJump or ProxyCommand; NULL: none */
	char *identity_agent; /* a socket, or "none"; NULL: SSH_AUTH_SOCK */
	bool identities_only;
	struct ssh_paths identities;
	struct ssh_paths certificates;
	struct ssh_paths user_known_hosts;
	struct ssh_paths global_known_hosts;
};

/* The parts of "[user@]host[:port]"; an IPv6 address with a port stands in brackets. */
struct ssh_address {
	char *user; /* NULL: not said */
	char *host;
	unsigned port; /* 0: not said */
};

enum hv_status ssh_address_parse(
	const char *text, struct ssh_address *ret_address, struct hv_error *err) HV_MUST_CHECK;
void ssh_address_clear(struct ssh_address *address);

/** What holds without any configuration. */
void ssh_target_defaults(struct ssh_target *target, const struct ssh_address *address, const char *user,
	const char *home);
/** What `ssh -G` printed; an empty target, filled. HV_ERR_PROTOCOL when host, user or port are not in it. */
enum hv_status ssh_target_parse(struct ssh_target *target, const struct ssh_address *address,
	const char *home, const char *text, size_t length, struct hv_error *err) HV_MUST_CHECK;
void ssh_target_clear(struct ssh_target *target);

#endif
