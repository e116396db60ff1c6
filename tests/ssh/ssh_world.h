/*
 * A real sshd on loopback for tests: unprivileged, with a folder of its own for keys and configuration, one `sshd -i` a
 * connection. Between it and the client stands a server of ours that can cut, hold or garble what goes through.
 */
#ifndef HV_TESTS_SSH_WORLD_H
#define HV_TESTS_SSH_WORLD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "backend/base/text.h"
#include "backend/transport/ssh.h"

#define SSHD "/usr/sbin/sshd"
#define SSH_PASSWORD "correct horse battery"
#define SSH_LIMIT_US (40 * HV_SECOND_US)

enum plan_kind {
	PLAN_PLAIN,   /* the client talks to sshd itself */
	PLAN_CUT,     /* after `bytes` bytes, both ways together, the connection is reset */
	PLAN_HOLD,    /* after `bytes` bytes nothing goes through any more */
	PLAN_GARBAGE, /* something that is no SSH server answers */
};

/* Shared with the server's processes: holds for the connections that come after. */
struct plan {
	atomic_int kind;
	atomic_long bytes;
	atomic_long passed; /* of the last relayed connection */
	atomic_int sshd;    /* process of the last sshd */
	atomic_int connections;
};

struct ssh_world {
	char folder[64];
	unsigned port;
	pid_t server;
	struct plan *plan;
};

/** NULL: sshd or ssh-keygen is missing, and `ret_why` says so. `options`: further lines of sshd_config, or "". */
struct ssh_world *ssh_world_new(const char *options, const char **ret_why);
void ssh_world_free(struct ssh_world *world);

/** A path in the world's folder; caller frees. */
char *ssh_world_path(const struct ssh_world *world, const char *name);
/** Makes the key `name` (and name.pub); `secret` "" for none. */
void ssh_world_make_key(struct ssh_world *world, const char *name, const char *type, const char *secret);
/** The key may log in. */
void ssh_world_authorize(struct ssh_world *world, const char *name);
/** Connections from now on are served with these further lines of sshd_config. */
void ssh_world_serve_with(struct ssh_world *world, const char *options);
/** In the server's own view of the files, root has the password SSH_PASSWORD, and PAM is asked by these lines. NULL when
 * it is so, else why it cannot be: it takes root and a mount namespace. */
const char *ssh_world_give_password(struct ssh_world *world, const char *pam);
/** The sshd of the last connection, with all that belongs to it before the login. */
void ssh_world_kill_sshd(struct ssh_world *world);
/** Writes the client's configuration: this identity (NULL: none), and more lines. */
void ssh_world_configure(struct ssh_world *world, const char *identity, const char *lines);
/** What known_hosts holds: `marks` ("@revoked ", "") name, and the host key `key` ("host_ed25519"); NULL name: nothing. */
void ssh_world_know(struct ssh_world *world, const char *marks, const char *name, const char *key);
/** "SHA256:..." of a key, as ssh-keygen tells it; caller frees. */
char *ssh_world_fingerprint(const struct ssh_world *world, const char *key);
/** "[127.0.0.1]:port" */
char *ssh_world_name(const struct ssh_world *world);
void ssh_write_file(const char *path, const char *text);
char *ssh_read_file(const char *path);
/** The transport's configuration for this world; strings are owned by a static buffer until the next call. */
struct transport_ssh_config ssh_world_config(const struct ssh_world *world, const char *command);
/** Starts a program that the caller waits for; `output`: its two output streams, -1: ours. */
pid_t ssh_start(const char *const *argv, int output);
/** Runs a program and waits; its output is appended to `ret_output` unless that is NULL. */
int ssh_run(const char *const *argv, struct hv_text *ret_output);

int64_t ssh_now_us(void);

#endif
