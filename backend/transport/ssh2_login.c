/*
 * Logging in: the agent's keys, the key files, a password, in this order. Runs on a worker's thread, because an agent may
 * wait for a person and a passphrase takes its time to be turned into a key.
 */
#include "backend/transport/ssh2_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/transport/digest.h"

#define SECRET_TRIES 3
#define AGENT_KEYS_MAX 4 /* a server hangs up after six refusals; files come too */
#define END_TRIES 8

void ssh2_peer_free(struct ssh2_peer *peer)
{
	if (!peer) {
		return;
	}
	if (peer->session) {
		for (int i = 0; i < END_TRIES && libssh2_session_free(peer->session) == LIBSSH2_ERROR_EAGAIN; i++) {
		}
	}
	if (peer->socket >= 0) {
		(void)close(peer->socket);
	}
	ssh_prepared_free(peer->prepared);
	ssh_wipe_string(peer->secret);
	free(peer->prompt);
	hv_text_clear(&peer->tried);
	free(peer);
}

/* ---- outcomes ---- */

static bool broken(struct ssh2_peer *peer)
{
	char *words = NULL;
	int code = libssh2_session_last_error(peer->session, &words, NULL, 0);
	HV_CLEANUP_FREE char *shown = hv_text_printable(words ? words : "", words ? strlen(words) : 0);
	peer->result = LOGIN_BROKEN;
	(void)hv_error_set(&peer->error,
		code == LIBSSH2_ERROR_TIMEOUT || code == LIBSSH2_ERROR_EAGAIN ? HV_ERR_TIMEOUT
									      : HV_ERR_UNREACHABLE,
		"the connection ended during the login: %s (%d)", shown, code);
	return true;
}

/* A call that fails because the connection is gone says so in many ways; the socket says it in one. */
static bool is_gone(const struct ssh2_peer *peer)
{
	char byte;
	ssize_t got = recv(peer->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

static bool is_link_error(const struct ssh2_peer *peer, int code)
{
	static const int codes[] = {LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_SEND,
		LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_TIMEOUT, LIBSSH2_ERROR_TIMEOUT,
		LIBSSH2_ERROR_EAGAIN, LIBSSH2_ERROR_BAD_USE, LIBSSH2_ERROR_ALLOC};
	for (size_t i = 0; i < HV_ARRAY_LEN(codes); i++) {
		if (code == codes[i]) {
			return true;
		}
	}
	return is_gone(peer);
}

static bool done(struct ssh2_peer *peer)
{
	peer->result = LOGIN_DONE;
	return true;
}

static bool need_secret(struct ssh2_peer *peer, const char *format, const char *what)
{
	HV_CLEANUP_FREE char *shown = hv_text_printable(what, strlen(what));
	free(peer->prompt);
	peer->prompt = hv_sprintf(
		"%s%s '%s'", peer->tries > 0 ? "That was not it. " : "", format, shown);
	peer->result = LOGIN_NEEDS_SECRET;
	return true;
}

static void drop_secret(struct ssh2_peer *peer)
{
	ssh_wipe_string(peer->secret);
	peer->secret = NULL;
}

static void refused(struct ssh2_peer *peer, const char *what)
{
	hv_text_printf(&peer->tried, "%s%s", peer->tried.length > 0 ? ", " : "", what);
}

static const char *user_of(const struct ssh2_peer *peer)
{
	return peer->prepared->target.user;
}

/* ---- agent: each of these functions says whether the run is over ---- */

static bool is_configured(struct ssh2_peer *peer, const struct libssh2_agent_publickey *key, size_t *ret_index)
{
	for (size_t i = 0; i < peer->prepared->key_count; i++) {
		const struct hv_text *blob = &peer->prepared->keys[i].blob;
		if (blob->length > 0 && blob->length == key->blob_len &&
			memcmp(blob->bytes, key->blob, blob->length) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

static bool is_type(const struct libssh2_agent_publickey *key, const char *type)
{
	size_t length = strlen(type);
	return key->blob_len > 4 + length && memcmp(key->blob + 4, type, length) == 0;
}

/* Keys that the configuration names come first, so that a full agent does not use up the server's patience. */
static bool offer_agent_key(struct ssh2_peer *peer, LIBSSH2_AGENT *agent,
	struct libssh2_agent_publickey *key, bool configured_pass, size_t *offered)
{
	size_t index = 0;
	bool configured = is_configured(peer, key, &index);
	if (configured != configured_pass || *offered >= AGENT_KEYS_MAX ||
		(!configured && peer->prepared->target.identities_only) || is_type(key, "sk-")) {
		return false;
	}
	if (is_type(key, "ssh-rsa") && !peer->prepared->can_rsa) {
		hv_text_puts(&peer->prepared->unusable,
			"; the agent's RSA key can be used with SHA-1 only by the libssh2 of this system: use "
			"an ed25519 or ecdsa key, or the transport openssh");
		return false;
	}
	(*offered)++;
	int code = libssh2_agent_userauth(agent, user_of(peer), key);
	if (code == 0) {
		return done(peer);
	}
	if (is_link_error(peer, libssh2_session_last_errno(peer->session))) {
		return broken(peer);
	}
	if (configured) {
		peer->key_offered[index] = true;
	}
	return false;
}

static bool offer_agent_keys(struct ssh2_peer *peer, LIBSSH2_AGENT *agent)
{
	size_t offered = 0;
	for (int pass = 0; pass < 2; pass++) {
		struct libssh2_agent_publickey *key = NULL;
		while (libssh2_agent_get_identity(agent, &key, key) == 0) {
			if (offer_agent_key(peer, agent, key, pass == 0, &offered)) {
				return true;
			}
		}
	}
	if (offered > 0) {
		refused(peer, offered == 1 ? "the agent's key" : "the agent's keys");
	}
	return false;
}

static bool try_agent(struct ssh2_peer *peer)
{
	const char *path = peer->prepared->target.identity_agent;
	if (peer->agent_tried || (path && strcmp(path, "none") == 0)) {
		return false;
	}
	peer->agent_tried = true;
	LIBSSH2_AGENT *agent = libssh2_agent_init(peer->session);
	if (!agent) {
		return false;
	}
	if (path) {
		libssh2_agent_set_identity_path(agent, path);
	}
	bool over = libssh2_agent_connect(agent) == 0 && libssh2_agent_list_identities(agent) == 0 &&
		    offer_agent_keys(peer, agent);
	(void)libssh2_agent_disconnect(agent);
	libssh2_agent_free(agent);
	return over;
}

/* ---- key files ---- */

/* With the public half the library need not open the private one before the server wants it. */
static int offer_key(struct ssh2_peer *peer, const struct ssh_key_file *key, const char *secret)
{
	HV_CLEANUP(hv_text_clear) struct hv_text public = HV_TEXT_INIT;
	if (key->blob.length > 0) {
		hv_text_printf(&public, "%s ", key->type);
		base64_encode(key->blob.bytes, key->blob.length, true, &public);
	}
	return libssh2_userauth_publickey_frommemory(peer->session, user_of(peer), strlen(user_of(peer)),
		public.bytes, public.length, key->text.bytes, key->text.length, secret);
}

static void next_key(struct ssh2_peer *peer)
{
	peer->next_key++;
	peer->key_wanted = false;
	peer->tries = 0;
	peer->declined = false;
	drop_secret(peer);
}

/* A locked key is shown to the server first: nobody is asked for the passphrase of a key that it does not want. */
static bool try_key(struct ssh2_peer *peer, const struct ssh_key_file *key)
{
	HV_CLEANUP_FREE char *quoted = hv_sprintf("'%s'", key->path);
	if (peer->declined || (peer->key_wanted && !peer->secret)) {
		refused(peer, quoted);
		hv_text_puts(&peer->tried, " (locked by a passphrase)");
		next_key(peer);
		return false;
	}
	int code = offer_key(peer, key, peer->secret ? peer->secret : "");
	if (code == 0) {
		return done(peer);
	}
	if (is_link_error(peer, code)) {
		return broken(peer);
	}
	if (key->encrypted && code != LIBSSH2_ERROR_AUTHENTICATION_FAILED && peer->may_ask &&
		peer->tries < SECRET_TRIES) {
		(void)need_secret(peer, "Passphrase of the key", key->path);
		peer->key_wanted = true;
		peer->tries++;
		drop_secret(peer);
		return true;
	}
	refused(peer, quoted);
	if (code != LIBSSH2_ERROR_AUTHENTICATION_FAILED) {
		hv_text_puts(&peer->tried,
			key->encrypted ? " (locked by a passphrase)" : " (cannot be read)");
	}
	next_key(peer);
	return false;
}

static bool try_keys(struct ssh2_peer *peer)
{
	while (peer->next_key < peer->prepared->key_count) {
		if (peer->key_offered[peer->next_key]) {
			next_key(peer);
		} else if (try_key(peer, &peer->prepared->keys[peer->next_key])) {
			return true;
		}
	}
	return false;
}

/* ---- password ---- */

static void answer_questions(const char *name, int name_length, const char *instruction,
	int instruction_length, int count, const LIBSSH2_USERAUTH_KBDINT_PROMPT *prompts,
	LIBSSH2_USERAUTH_KBDINT_RESPONSE *responses, void **abstract)
{
	const struct ssh2_peer *peer = *abstract;
	(void)name;
	(void)name_length;
	(void)instruction;
	(void)instruction_length;
	(void)prompts;
	for (int i = 0; i < count; i++) {
		responses[i].text = strdup(peer->secret); /* the library frees it */
		responses[i].length = responses[i].text ? (unsigned)strlen(peer->secret) : 0;
	}
}

static int send_password(struct ssh2_peer *peer, const char *methods)
{
	const char *user = user_of(peer);
	if (strstr(methods, "password")) {
		return libssh2_userauth_password_ex(peer->session, user, (unsigned)strlen(user),
			peer->secret, (unsigned)strlen(peer->secret), NULL);
	}
	*libssh2_session_abstract(peer->session) = peer;
	return libssh2_userauth_keyboard_interactive_ex(
		peer->session, user, (unsigned)strlen(user), answer_questions);
}

static bool try_password(struct ssh2_peer *peer, const char *methods)
{
	bool possible = strstr(methods, "password") || strstr(methods, "keyboard-interactive");
	if (!possible || !peer->may_ask || peer->declined) {
		return false;
	}
	if (peer->secret) {
		int code = send_password(peer, methods);
		drop_secret(peer);
		if (code == 0) {
			return done(peer);
		}
		if (is_link_error(peer, code)) {
			return broken(peer);
		}
		if (peer->tries >= SECRET_TRIES) {
			refused(peer, "the password");
			return false;
		}
	}
	(void)need_secret(peer, "Password of", user_of(peer));
	peer->tries++;
	return true;
}

/* ---- all of it ---- */

static void log_in(struct ssh2_peer *peer)
{
	const char *user = user_of(peer);
	char *methods = libssh2_userauth_list(peer->session, user, (unsigned)strlen(user));
	if (!methods) {
		if (libssh2_userauth_authenticated(peer->session)) {
			(void)done(peer);
		} else {
			(void)broken(peer);
		}
		return;
	}
	HV_CLEANUP_FREE char *own = hv_strdup(methods); /* the library's is gone with the next call */
	bool keys = strstr(own, "publickey") != NULL;
	if ((keys && (try_agent(peer) || try_keys(peer))) || try_password(peer, own)) {
		return;
	}
	peer->result = LOGIN_REFUSED;
}

static void run(void *data)
{
	struct ssh2_peer *peer = data;
	libssh2_session_set_blocking(peer->session, 1);
	libssh2_session_set_timeout(peer->session, peer->timeout_ms);
	log_in(peer);
	libssh2_session_set_blocking(peer->session, 0);
	libssh2_session_set_timeout(peer->session, 0);
}

static void dispose(void *data)
{
	ssh2_peer_free(data);
}

const struct worker_task ssh2_login_task = {run, dispose};
