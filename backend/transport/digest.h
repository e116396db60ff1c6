/*
 * Base64 and the keyed SHA-1 that hashed lines of known_hosts are made with. Nothing here guards a secret: whoever can
 * read the file may know which hosts it names.
 */
#ifndef HV_TRANSPORT_DIGEST_H
#define HV_TRANSPORT_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include "backend/base/text.h"

#define SHA1_SIZE 20

/** Strict: whole groups, padding only at the end. `ret_bytes` is appended to; left as it was when malformed. */
bool base64_decode(const char *text, size_t length, struct hv_text *ret_bytes);
/** Appends; `padded`: with '=' at the end, as keys have it and fingerprints have not. */
void base64_encode(const void *bytes, size_t length, bool padded, struct hv_text *ret_text);

void hmac_sha1(const void *key, size_t key_length, const void *bytes, size_t length,
	unsigned char ret_digest[SHA1_SIZE]);

#endif
