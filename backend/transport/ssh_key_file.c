#include "backend/transport/ssh_key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/transport/digest.h"

#define OPENSSH_MAGIC "openssh-key-v1" /* with its NUL */
#define TYPE_MAX 64

void ssh_key_file_clear(struct ssh_key_file *key)
{
	free(key->path);
	free(key->type);
	hv_text_wipe(&key->text);
	hv_text_clear(&key->blob);
	memset(key, 0, sizeof *key);
}

/* ---- the new form of OpenSSH: the public half stands before what is encrypted ---- */

/* Strings of a 32-bit length and bytes, one after the other. */
struct reader {
	const unsigned char *at;
	size_t left;
};

static bool take_number(struct reader *reader, uint32_t *ret_number)
{
	if (reader->left < 4) {
		return false;
	}
	const unsigned char *at = reader->at;
	*ret_number = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	reader->at += 4;
	reader->left -= 4;
	return true;
}

static bool take_bytes(struct reader *reader, const unsigned char **ret_bytes, size_t *ret_length)
{
	uint32_t length;
	if (!take_number(reader, &length) || length > reader->left) {
		return false;
	}
	*ret_bytes = reader->at;
	*ret_length = length;
	reader->at += length;
	reader->left -= length;
	return true;
}

static bool parse_openssh(struct ssh_key_file *key, const struct hv_text *body)
{
	const unsigned char *bytes;
	size_t length;
	uint32_t count;
	if (body->length < sizeof OPENSSH_MAGIC ||
		memcmp(body->bytes, OPENSSH_MAGIC, sizeof OPENSSH_MAGIC) != 0) {
		return false;
	}
	struct reader reader = {(const unsigned char *)body->bytes + sizeof OPENSSH_MAGIC,
		body->length - sizeof OPENSSH_MAGIC};
	if (!take_bytes(&reader, &bytes, &length)) {
		return false;
	}
	key->encrypted = length != 4 || memcmp(bytes, "none", 4) != 0;
	if (!take_bytes(&reader, &bytes, &length) || !take_bytes(&reader, &bytes, &length) ||
		!take_number(&reader, &count) || count != 1 || !take_bytes(&reader, &bytes, &length)) {
		return false;
	}
	struct reader public = {bytes, length};
	const unsigned char *type;
	size_t type_length;
	if (!take_bytes(&public, &type, &type_length) || type_length == 0 || type_length > TYPE_MAX ||
		memchr(type, 0, type_length)) {
		return false;
	}
	hv_text_append(&key->blob, (const char *)bytes, length);
	key->type = hv_strndup((const char *)type, type_length);
	return true;
}

static void collect_base64(const char *from, const char *end, struct hv_text *letters)
{
	for (; from < end; from++) {
		if (*from != '\n' && *from != '\r' && *from != ' ' && *from != '\t') {
			hv_text_append(letters, from, 1);
		}
	}
}

static bool read_openssh(struct ssh_key_file *key, const char *begin, const char *end)
{
	struct hv_text letters = HV_TEXT_INIT;
	struct hv_text body = HV_TEXT_INIT;
	collect_base64(begin, end, &letters);
	bool good = letters.length > 0 && base64_decode(letters.bytes, letters.length, &body) &&
		    parse_openssh(key, &body);
	hv_text_wipe(&letters);
	hv_text_wipe(&body);
	return good;
}

/* ---- forms by their first line ---- */

static const struct {
	const char *name;
	const char *type; /* NULL: its body tells, or nothing does */
	bool encrypted;
} forms[] = {
	{"OPENSSH PRIVATE KEY", NULL, false},
	{"RSA PRIVATE KEY", "ssh-rsa", false},
	{"EC PRIVATE KEY", "ecdsa", false},
	{"DSA PRIVATE KEY", "ssh-dss", false},
	{"PRIVATE KEY", NULL, false},
	{"ENCRYPTED PRIVATE KEY", NULL, true},
};

enum hv_status ssh_key_file_parse(struct ssh_key_file *ret_key, const char *path, const char *text,
	size_t length, struct hv_error *err)
{
	struct ssh_key_file key = {.path = hv_strdup(path)};
	hv_text_append(&key.text, text, length);
	const char *whole = hv_text_get(&key.text);
	for (size_t i = 0; i < HV_ARRAY_LEN(forms); i++) {
		HV_CLEANUP_FREE char *first = hv_sprintf("-----BEGIN %s-----", forms[i].name);
		HV_CLEANUP_FREE char *last = hv_sprintf("-----END %s-----", forms[i].name);
		const char *begin = strstr(whole, first);
		const char *end = begin ? strstr(begin, last) : NULL;
		if (!end) {
			continue;
		}
		key.type = hv_strdup_null(forms[i].type);
		key.encrypted = forms[i].encrypted || strstr(begin, "Proc-Type: 4,ENCRYPTED");
		if (i == 0 && !read_openssh(&key, begin + strlen(first), end)) {
			break;
		}
		*ret_key = key;
		return HV_OK;
	}
	ssh_key_file_clear(&key);
	return hv_error_set(err, HV_ERR_INVALID, "'%s' holds no private key that can be read", path);
}

enum hv_status ssh_key_file_read(struct ssh_key_file *ret_key, const char *path, struct hv_error *err)
{
	char bytes[SSH_KEY_FILE_MAX];
	size_t length = 0;
	ssize_t got = 0;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no key file '%s'", path);
	}
	while (file >= 0 && length < sizeof bytes &&
		(got = read(file, bytes + length, sizeof bytes - length)) > 0) {
		length += (size_t)got;
	}
	int number = errno;
	if (file >= 0) {
		(void)close(file);
	}
	enum hv_status status;
	if (file < 0 || got < 0) {
		status = hv_error_set(
			err, HV_ERR_IO, "cannot read the key '%s': %s", path, strerror(number));
	} else {
		status = ssh_key_file_parse(ret_key, path, bytes, length, err);
	}
	explicit_bzero(bytes, sizeof bytes);
	return status;
}
