/*
 * Logging in: the agent's keys, the key files, what the host asks or a password, in this order. Runs on a worker's thread,
 * because an agent may wait for a person and a passphrase takes its time to be turned into a key; when a person has to be
 * asked, the thread waits, and the peer is the owner's for that long.
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
#define QUESTION_BYTES 200 /* of the host's words */

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
	hv_wipe_string(peer->secret);
	hv_text_clear(&peer->words);
	hv_text_clear(&peer->used);
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

static bool done(struct ssh2_peer *peer, const char *used)
{
	peer->result = LOGIN_DONE;
	hv_text_puts(&peer->used, used);
	return true;
}

/* Asks a person; the answer is the caller's to wipe. NULL: none is given. */
static char *ask(struct ssh2_peer *peer, const char *words, bool from_host, bool echo)
{
	if (!peer->may_ask || peer->declined) {
		return NULL;
	}
	hv_text_clear(&peer->words);
	hv_text_puts(&peer->words, words);
	peer->question = (struct ssh_secret_question){hv_text_get(&peer->words), from_host, echo};
	bool wanted = worker_ask(peer->worker);
	char *secret = wanted ? peer->secret : NULL;
	peer->declined = !secret;
	if (wanted) {
		peer->secret = NULL;
	}
	return secret;
}

static char *ask_again(struct ssh2_peer *peer, int tries, const char *format, const char *what)
{
	HV_CLEANUP_FREE char *shown = hv_text_printable(what, strlen(what));
	HV_CLEANUP_FREE char *words =
		hv_sprintf("%s%s '%s'", tries > 0 ? "That was not it. " : "", format, shown);
	return ask(peer, words, false, false);
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
		return done(peer, "a key of the agent");
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
	if (path && strcmp(path, "none") == 0) {
		return false;
	}
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

static void key_refused(struct ssh2_peer *peer, const struct ssh_key_file *key, int code)
{
	HV_CLEANUP_FREE char *quoted = hv_sprintf("'%s'", key->path);
	refused(peer, quoted);
	if (code != LIBSSH2_ERROR_AUTHENTICATION_FAILED) {
		hv_text_puts(&peer->tried,
			key->encrypted ? " (locked by a passphrase)" : " (cannot be read)");
	}
}

/* A locked key is shown to the server first: nobody is asked for the passphrase of a key that it does not want. */
static bool try_key(struct ssh2_peer *peer, const struct ssh_key_file *key)
{
	char *secret = NULL;
	for (int tries = 0;; tries++) {
		int code = offer_key(peer, key, secret ? secret : "");
		hv_wipe_string(secret);
		if (code == 0) {
			return done(peer, key->path);
		}
		if (is_link_error(peer, code)) {
			return broken(peer);
		}
		bool locked = key->encrypted && code != LIBSSH2_ERROR_AUTHENTICATION_FAILED;
		secret = locked && tries < SECRET_TRIES
				 ? ask_again(peer, tries, "Passphrase of the key", key->path)
				 : NULL;
		if (!secret) {
			key_refused(peer, key, code);
			return false;
		}
	}
}

static bool try_keys(struct ssh2_peer *peer)
{
	for (size_t i = 0; i < peer->prepared->key_count; i++) {
		if (!peer->key_offered[i] && try_key(peer, &peer->prepared->keys[i])) {
			return true;
		}
	}
	return false;
}

/* ---- what the host asks, and passwords ---- */

static char *host_question(const char *text, size_t length)
{
	size_t kept = length < QUESTION_BYTES ? length : QUESTION_BYTES;
	while (kept > 0 && (text[kept - 1] == ' ' || text[kept - 1] == '\n' || text[kept - 1] == '\r')) {
		kept--;
	}
	return hv_text_printable(text, kept);
}

/* The library's own time runs on while a person thinks. */
static void give_more_time(struct ssh2_peer *peer)
{
	struct hv_clock clock = hv_clock_system();
	int64_t passed_ms = (hv_clock_monotonic_us(&clock) - peer->began_us) / 1000;
	libssh2_session_set_timeout(peer->session, (long)passed_ms + peer->timeout_ms);
}

static void answer_questions(const char *name, int name_length, const char *instruction,
	int instruction_length, int count, const LIBSSH2_USERAUTH_KBDINT_PROMPT *prompts,
	LIBSSH2_USERAUTH_KBDINT_RESPONSE *responses, void **abstract)
{
	struct ssh2_peer *peer = *abstract;
	(void)name;
	(void)name_length;
	(void)instruction;
	(void)instruction_length;
	for (int i = 0; i < count; i++) {
		HV_CLEANUP_FREE char *words = host_question((const char *)prompts[i].text, prompts[i].length);
		char *secret = ask(peer, words, true, prompts[i].echo != 0);
		size_t length = secret ? strlen(secret) : 0;
		peer->asked++;
		responses[i].text = ssh2_session_bytes(length + 1); /* the library frees it */
		responses[i].length = (unsigned)length;
		memcpy(responses[i].text, secret ? secret : "", length + 1);
		hv_wipe_string(secret);
	}
	give_more_time(peer);
}

static int let_host_ask(struct ssh2_peer *peer)
{
	struct hv_clock clock = hv_clock_system();
	const char *user = user_of(peer);
	peer->asked = 0;
	peer->began_us = hv_clock_monotonic_us(&clock);
	*libssh2_session_abstract(peer->session) = peer;
	int code = libssh2_userauth_keyboard_interactive_ex(
		peer->session, user, (unsigned)strlen(user), answer_questions);
	libssh2_session_set_timeout(peer->session, peer->timeout_ms);
	return code;
}

static int give_password(struct ssh2_peer *peer, int tries)
{
	const char *user = user_of(peer);
	char *secret = ask_again(peer, tries, "Password of", user);
	if (!secret) {
		return LIBSSH2_ERROR_AUTHENTICATION_FAILED;
	}
	int code = libssh2_userauth_password_ex(
		peer->session, user, (unsigned)strlen(user), secret, (unsigned)strlen(secret), NULL);
	hv_wipe_string(secret);
	return code;
}

/* A host that offers to ask and then asks nothing is told a password, where it takes one. */
static bool try_password(struct ssh2_peer *peer, const char *methods)
{
	bool asks = strstr(methods, "keyboard-interactive") != NULL;
	bool takes = strstr(methods, "password") != NULL;
	int tries = 0;
	while ((asks || takes) && peer->may_ask && !peer->declined && tries < SECRET_TRIES) {
		bool asking = asks;
		int code = asking ? let_host_ask(peer) : give_password(peer, tries);
		if (code == 0) {
			return done(peer, asking ? "answers to its questions" : "a password");
		}
		if (is_link_error(peer, code)) {
			return broken(peer);
		}
		asks = asking && peer->asked > 0;
		tries += !asking || asks ? 1 : 0;
	}
	if (tries > 0) {
		refused(peer, peer->declined ? "the password, which nobody gave" : "the password");
	}
	return false;
}

/* ---- all of it ---- */

/* What the host lets one try now; NULL: the login is over, one way or the other. Caller frees. */
static char *methods_now(struct ssh2_peer *peer)
{
	const char *user = user_of(peer);
	char *methods = libssh2_userauth_list(peer->session, user, (unsigned)strlen(user));
	if (methods) {
		return hv_strdup(methods); /* the library's is gone with the next call */
	}
	if (libssh2_userauth_authenticated(peer->session)) {
		(void)done(peer, "nothing: the host asks for no proof");
	} else {
		(void)broken(peer);
	}
	return NULL;
}

/* After a key that is only the first half of a login, the host lets one try other things than before. */
static void log_in(struct ssh2_peer *peer)
{
	HV_CLEANUP_FREE char *methods = methods_now(peer);
	if (!methods) {
		return;
	}
	bool keys = strstr(methods, "publickey") != NULL;
	if (keys && (try_agent(peer) || try_keys(peer))) {
		return;
	}
	bool more = strstr(methods, "password") || strstr(methods, "keyboard-interactive");
	if (keys && !more && peer->may_ask && !peer->declined) {
		free(methods);
		methods = methods_now(peer);
		if (!methods) {
			return;
		}
	}
	if (!try_password(peer, methods)) {
		peer->result = LOGIN_REFUSED;
	}
}

static void run(struct worker *worker, void *data)
{
	struct ssh2_peer *peer = data;
	peer->worker = worker;
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
