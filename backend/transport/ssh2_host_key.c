/* Whether the server is who it says it is. */
#include "backend/transport/ssh2_state.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/transport/digest.h"

#define FINGERPRINT_BYTES 32
#define RSA_SHA2_SINCE 0x010b00 /* 1.11.0 */

bool ssh2_can_rsa(void)
{
	return libssh2_version(RSA_SHA2_SINCE) != NULL;
}

/* ---- which key is asked for ---- */

/* Types of keys in the order of our liking, and the algorithms that use them. `only_known`: too weak for a host that is
 * met for the first time. */
static const struct {
	const char *type;
	const char *algorithms;
	bool only_known;
} key_types[] = {
	{"ssh-ed25519", "ssh-ed25519", false},
	{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", false},
	{"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", false},
	{"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521", false},
	{"ssh-rsa", "rsa-sha2-512,rsa-sha2-256", false},
	{"ssh-rsa", "ssh-rsa", true},
};

static bool list_names(const char *list, const char *type)
{
	size_t length = strlen(type);
	for (const char *at = list; (at = strstr(at, type)); at += length) {
		if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0')) {
			return true;
		}
	}
	return false;
}

static char *known_name(const struct ssh_prepared *prepared)
{
	const struct ssh_target *target = &prepared->target;
	return target->key_alias ? known_hosts_name(target->key_alias, 22)
				 : known_hosts_name(target->host, target->port);
}

void ssh2_prefer_known_keys(struct ssh2 *ssh2)
{
	const struct ssh_prepared *prepared = ssh2->peer->prepared;
	HV_CLEANUP_FREE char *name = known_name(prepared);
	HV_CLEANUP_FREE char *known = known_hosts_types(&prepared->known, name);
	HV_CLEANUP(hv_text_clear) struct hv_text order = HV_TEXT_INIT;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < HV_ARRAY_LEN(key_types); i++) {
			bool is_known = list_names(known, key_types[i].type);
			bool rsa2 = strncmp(key_types[i].algorithms, "rsa-", 4) == 0;
			if (is_known != (pass == 0) || (key_types[i].only_known && !is_known) ||
				(rsa2 && !ssh2_can_rsa())) {
				continue;
			}
			hv_text_printf(
				&order, "%s%s", order.length > 0 ? "," : "", key_types[i].algorithms);
		}
	}
	(void)libssh2_session_method_pref(
		ssh2->peer->session, LIBSSH2_METHOD_HOSTKEY, hv_text_get(&order));
}

/* ---- which key came ---- */

/* Everything about the key that the server showed. */
struct shown_key {
	struct host_key key;
	char type[64];
	struct hv_text fingerprint;
	char *name;
	enum key_standing standing;
	struct key_place place;
};

static void clear_shown(struct shown_key *shown)
{
	hv_text_clear(&shown->fingerprint);
	free(shown->name);
}

/* The type stands in the key itself: a length of 32 bits and a name. */
static bool read_type(const char *blob, size_t length, char *type, size_t size)
{
	const unsigned char *head = (const unsigned char *)blob;
	if (length < 4) {
		return false;
	}
	size_t name = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	if (name == 0 || name >= size || name > length - 4) {
		return false;
	}
	memcpy(type, blob + 4, name);
	type[name] = '\0';
	return strlen(type) == name && strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789-@.") == name;
}

static bool look_at_key(struct ssh2 *ssh2, struct shown_key *shown)
{
	size_t length = 0;
	int kind = 0;
	memset(shown, 0, sizeof *shown);
	const char *blob = libssh2_session_hostkey(ssh2->peer->session, &length, &kind);
	const char *hash = libssh2_hostkey_hash(ssh2->peer->session, LIBSSH2_HOSTKEY_HASH_SHA256);
	if (!blob || !hash || !read_type(blob, length, shown->type, sizeof shown->type)) {
		ssh2_fail(ssh2, HV_ERR_PROTOCOL, "the host showed a key that cannot be understood");
		return false;
	}
	hv_text_puts(&shown->fingerprint, "SHA256:");
	base64_encode(hash, FINGERPRINT_BYTES, false, &shown->fingerprint);
	shown->key = (struct host_key){shown->type, blob, length};
	shown->name = known_name(ssh2->peer->prepared);
	shown->standing = known_hosts_check(
		&ssh2->peer->prepared->known, shown->name, &shown->key, &shown->place);
	return true;
}

static void key_passed(struct ssh2 *ssh2, const struct shown_key *shown, const char *why)
{
	ssh2_passed(ssh2, TRANSPORT_KEY, "%s %s %s", shown->type, hv_text_get(&shown->fingerprint), why);
}

static void remember_key(struct ssh2 *ssh2, const struct shown_key *shown)
{
	const struct ssh_paths *files = &ssh2->peer->prepared->target.user_known_hosts;
	struct hv_error error = {0};
	if (files->count == 0) {
		ssh2_note(ssh2, "the key of '%s' is not kept: the configuration names no file for it",
			shown->name);
	} else if (known_hosts_append(files->items[0], shown->name, &shown->key, &error) != HV_OK) {
		ssh2_note(ssh2, "%s", error.text);
	} else {
		ssh2_note(ssh2, "the key of '%s', %s %s, was added to '%s'", shown->name, shown->type,
			hv_text_get(&shown->fingerprint), files->items[0]);
	}
}

/* "SHA256:" and padding may be left out by whoever types it. */
static bool is_accepted(const struct ssh2 *ssh2, const struct shown_key *shown)
{
	static const char prefix[] = "SHA256:";
	const char *accepted = ssh2->accepted_fingerprint;
	if (!accepted) {
		return false;
	}
	accepted += strncmp(accepted, prefix, strlen(prefix)) == 0 ? strlen(prefix) : 0;
	size_t length = strcspn(accepted, "=");
	const char *own = hv_text_get(&shown->fingerprint) + strlen(prefix);
	return length == strlen(own) && strncmp(accepted, own, length) == 0;
}

static void ask(struct ssh2 *ssh2, const struct shown_key *shown)
{
	HV_CLEANUP_FREE char *types =
		shown->standing == KEY_OTHER_TYPE
			? known_hosts_types(&ssh2->peer->prepared->known, shown->name)
			: hv_strdup("");
	const char *fingerprint = hv_text_get(&shown->fingerprint);
	if (ssh2->accepted_fingerprint) {
		ssh2_fail(ssh2, HV_ERR_DENIED,
			"the host '%s' shows the key %s (%s), not the one that was said to be its own (%s): "
			"find out why before you trust it",
			shown->name, fingerprint, shown->type, ssh2->accepted_fingerprint);
		return;
	}
	if (!ssh2->prompts.host_key) {
		ssh2_fail(ssh2, HV_ERR_DENIED,
			"the key of the host '%s' is not known%s%s: compare %s (%s) with what "
			"'ssh-keygen -lf' says on the host, then accept it with --accept-host-key %s",
			shown->name, *types ? ", though it is known with a key of the type " : "", types,
			fingerprint, shown->type, fingerprint);
		return;
	}
	const struct ssh_host_key_question question = {shown->name, shown->type, fingerprint, types};
	ssh2_enter(ssh2, SSH2_HOST_KEY);
	ssh2->answered = false;
	ssh2->prompts.host_key(ssh2->prompt_context, &question);
}

static void refuse_changed(struct ssh2 *ssh2, const struct shown_key *shown)
{
	ssh2_fail(ssh2, HV_ERR_DENIED,
		"THE KEY OF THE HOST '%s' HAS CHANGED: it shows %s (%s), but line %zu of '%s' holds another. "
		"Somebody may be listening, or the host was installed anew: ask its administrator, and if "
		"so remove the line with: ssh-keygen -R '%s'",
		shown->name, hv_text_get(&shown->fingerprint), shown->type, shown->place.line,
		shown->place.path, shown->name);
}

void ssh2_judge_host_key(struct ssh2 *ssh2)
{
	struct shown_key shown;
	if (!look_at_key(ssh2, &shown)) {
		return;
	}
	switch (shown.standing) {
	case KEY_KNOWN:
		key_passed(ssh2, &shown, "is known");
		ssh2_enter(ssh2, SSH2_LOGIN);
		break;
	case KEY_REVOKED:
		ssh2_fail(ssh2, HV_ERR_DENIED,
			"the key of the host '%s', %s (%s), is revoked by line %zu of '%s': it must never be "
			"trusted again; have the host's administrator make a new one",
			shown.name, hv_text_get(&shown.fingerprint), shown.type, shown.place.line,
			shown.place.path);
		break;
	case KEY_CHANGED:
		refuse_changed(ssh2, &shown);
		break;
	case KEY_UNKNOWN:
	case KEY_OTHER_TYPE:
		if (is_accepted(ssh2, &shown)) {
			remember_key(ssh2, &shown);
			key_passed(ssh2, &shown, "was accepted");
			ssh2_enter(ssh2, SSH2_LOGIN);
		} else {
			ask(ssh2, &shown);
		}
		break;
	}
	clear_shown(&shown);
}

void ssh2_step_host_key(struct ssh2 *ssh2)
{
	struct shown_key shown;
	if (!ssh2_still_waits(ssh2) || !ssh2->answered || !look_at_key(ssh2, &shown)) {
		return;
	}
	if (ssh2->answer == SSH_KEY_REFUSE) {
		ssh2_fail(ssh2, HV_ERR_DENIED, "the key of the host '%s' was not accepted", shown.name);
	} else {
		if (ssh2->answer == SSH_KEY_REMEMBER) {
			remember_key(ssh2, &shown);
		}
		key_passed(ssh2, &shown, "was accepted");
		ssh2_enter(ssh2, SSH2_LOGIN);
	}
	clear_shown(&shown);
}
