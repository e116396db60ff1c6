/* What a private key's file holds, as far as it can be told without its secret. */
#ifndef HV_TRANSPORT_SSH_KEY_FILE_H
#define HV_TRANSPORT_SSH_KEY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include "backend/base/status.h"
#include "backend/base/text.h"

#define SSH_KEY_FILE_MAX (64u << 10)

struct ssh_key_file {
	char *path;
	char *type;          /* "ssh-ed25519", "ssh-rsa"; NULL: cannot be told */
	bool encrypted;
	struct hv_text text; /* the whole file; wiped when cleared */
	struct hv_text blob; /* the public key in the form of the wire; empty: not in it */
};

/** HV_ERR_NOT_FOUND: no such file. HV_ERR_INVALID: no private key. HV_ERR_IO. */
enum hv_status ssh_key_file_read(
	struct ssh_key_file *ret_key, const char *path, struct hv_error *err) HV_MUST_CHECK;
/** The same from memory. */
enum hv_status ssh_key_file_parse(struct ssh_key_file *ret_key, const char *path, const char *text,
	size_t length, struct hv_error *err) HV_MUST_CHECK;
void ssh_key_file_clear(struct ssh_key_file *key);

#endif
