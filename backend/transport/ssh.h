/*
 * SSH as a transport: `libssh2` in this process, `openssh` by the system's ssh, `auto` for whichever of them the host's
 * configuration needs. Host, port, user, keys and known hosts come from the user's own configuration (`ssh -G`).
 *
 * Host keys are strict: a key that no known_hosts file names is used only when a person or `accepted_fingerprint` says
 * so, and then appended to the user's file; a changed or revoked one is never used.
 */
#ifndef HV_TRANSPORT_SSH_H
#define HV_TRANSPORT_SSH_H

#include <stdbool.h>
#include "backend/transport/transport.h"

struct ssh_host_key_question {
	const char *host;        /* as known_hosts names it: "hv01", "[hv01]:2222" */
	const char *type;        /* "ssh-ed25519" */
	const char *fingerprint; /* "SHA256:..." */
	const char *known_types; /* the host is known with keys of these other types: a warning; "" on first contact */
};

struct ssh_secret_question {
	const char *prompt; /* one printable line */
	bool from_host;     /* in the host's own words: whatever they say, the answer goes there */
	bool echo;          /* the host says that what is typed may be seen */
};

enum ssh_host_key_answer { SSH_KEY_REFUSE, SSH_KEY_ONCE, SSH_KEY_REMEMBER };

/*
 * What a person is asked. Called from handle(); the answer may be given at once or later, with
 * transport_ssh_answer_*(). A member that is NULL: nobody can be asked, so the answer is no.
 */
struct transport_ssh_prompts {
	void (*host_key)(void *context, const struct ssh_host_key_question *question);
	/** A password or a key's passphrase: show no echo, wipe the memory, keep it nowhere. */
	void (*secret)(void *context, const struct ssh_secret_question *question);
};

struct transport_ssh_config {
	const char *address; /* [user@]host[:port] */
	const char *command; /* what runs there */
	const struct transport_ssh_prompts *prompts; /* may be NULL; borrowed */
	void *prompt_context;
	const char *accepted_fingerprint; /* of a key that was seen and found good; may be NULL */
	const char *ssh_program; /* NULL: ssh of $PATH; "": none */
	const char *config_file; /* instead of the user's own and the system's; may be NULL */
	int send_buffer_bytes;   /* SO_SNDBUF; 0: the system's choice */
	int deadline_ms;         /* of each of connect, handshake, login and command; 0: 10, 20, 20 and 20 s */
};

enum hv_status transport_ssh2_open(const struct transport_ssh_config *config,
	const struct transport_callbacks *callbacks, void *context, const struct hv_clock *clock,
	struct transport **ret_transport, struct hv_error *err) HV_MUST_CHECK;
enum hv_status transport_openssh_open(const struct transport_ssh_config *config,
	const struct transport_callbacks *callbacks, void *context, const struct hv_clock *clock,
	struct transport **ret_transport, struct hv_error *err) HV_MUST_CHECK;
/** Chooses when the configuration has been read, and says why by the callback `note`. */
enum hv_status transport_ssh_auto_open(const struct transport_ssh_config *config,
	const struct transport_callbacks *callbacks, void *context, const struct hv_clock *clock,
	struct transport **ret_transport, struct hv_error *err) HV_MUST_CHECK;

/** Answers to the prompts; ignored when nothing was asked, and by transports that ask nothing. */
void transport_ssh_answer_host_key(struct transport *transport, enum ssh_host_key_answer answer);
/** `secret` is copied; NULL: none is given. */
void transport_ssh_answer_secret(struct transport *transport, const char *secret);

#endif
