#include "backend/transport/digest.h"

#include <stdint.h>
#include <string.h>

/* ---- base64 ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(char letter)
{
	const char *at = letter == '\0' ? NULL : strchr(alphabet, letter);
	return at ? (int)(at - alphabet) : -1;
}

/* Four letters; `last`: padding may stand in it. How many bytes they are, 0 when malformed. */
static size_t decode_group(const char *letters, bool last, char ret_bytes[3])
{
	size_t count = 3;
	if (last && letters[3] == '=') {
		count = letters[2] == '=' ? 1 : 2;
	}
	uint32_t bits = 0;
	for (size_t i = 0; i < 4; i++) {
		int value = i <= count ? value_of(letters[i]) : 0;
		if (value < 0) {
			return 0;
		}
		bits = bits << 6 | (uint32_t)value;
	}
	for (size_t i = 0; i < 3; i++) {
		ret_bytes[i] = (char)(bits >> (16 - 8 * i) & 0xff);
	}
	return count;
}

bool base64_decode(const char *text, size_t length, struct hv_text *ret_bytes)
{
	size_t before = ret_bytes->length;
	if (length == 0 || length % 4 != 0) {
		return false;
	}
	for (size_t i = 0; i < length; i += 4) {
		char bytes[3];
		size_t count = decode_group(text + i, i + 4 == length, bytes);
		if (count == 0) {
			ret_bytes->length = before;
			return false;
		}
		hv_text_append(ret_bytes, bytes, count);
	}
	return true;
}

void base64_encode(const void *bytes, size_t length, bool padded, struct hv_text *ret_text)
{
	const unsigned char *from = bytes;
	for (size_t i = 0; i < length; i += 3) {
		size_t count = length - i < 3 ? length - i : 3;
		uint32_t bits = (uint32_t)from[i] << 16;
		bits |= count > 1 ? (uint32_t)from[i + 1] << 8 : 0;
		bits |= count > 2 ? from[i + 2] : 0;
		char letters[4];
		for (size_t k = 0; k < 4; k++) {
			letters[k] = k <= count ? alphabet[bits >> (18 - 6 * k) & 0x3f] : '=';
		}
		hv_text_append(ret_text, letters, padded ? 4 : count + 1);
	}
}

/* ---- SHA-1 (FIPS 180-4, 6.1) ---- */

#define BLOCK_SIZE 64

struct sha1 {
	uint32_t words[5];
	uint64_t length;
	unsigned char block[BLOCK_SIZE];
};

static uint32_t rotate(uint32_t value, unsigned bits)
{
	return value << bits | value >> (32 - bits);
}

static void expand(const unsigned char *block, uint32_t schedule[80])
{
	for (size_t i = 0; i < 16; i++) {
		schedule[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
			      (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	}
	for (size_t i = 16; i < 80; i++) {
		schedule[i] = rotate(
			schedule[i - 3] ^ schedule[i - 8] ^ schedule[i - 14] ^ schedule[i - 16], 1);
	}
}

static uint32_t mix(size_t round, uint32_t b, uint32_t c, uint32_t d)
{
	switch (round / 20) {
	case 0:
		return (b & c) | (~b & d);
	case 2:
		return (b & c) | (b & d) | (c & d);
	default:
		return b ^ c ^ d;
	}
}

static void digest_block(struct sha1 *sha1)
{
	static const uint32_t constants[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
	uint32_t schedule[80];
	uint32_t v[5];
	expand(sha1->block, schedule);
	memcpy(v, sha1->words, sizeof v);
	for (size_t i = 0; i < 80; i++) {
		uint32_t next = rotate(v[0], 5) + mix(i, v[1], v[2], v[3]) + v[4] + constants[i / 20] +
				schedule[i];
		v[4] = v[3];
		v[3] = v[2];
		v[2] = rotate(v[1], 30);
		v[1] = v[0];
		v[0] = next;
	}
	for (size_t i = 0; i < 5; i++) {
		sha1->words[i] += v[i];
	}
}

static void sha1_begin(struct sha1 *sha1)
{
	static const uint32_t start[] = {
		0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	memcpy(sha1->words, start, sizeof sha1->words);
	sha1->length = 0;
}

static void sha1_add(struct sha1 *sha1, const void *bytes, size_t length)
{
	const unsigned char *from = bytes;
	for (size_t i = 0; i < length; i++) {
		sha1->block[sha1->length++ % BLOCK_SIZE] = from[i];
		if (sha1->length % BLOCK_SIZE == 0) {
			digest_block(sha1);
		}
	}
}

static void sha1_end(struct sha1 *sha1, unsigned char ret_digest[SHA1_SIZE])
{
	static const unsigned char one = 0x80;
	static const unsigned char zero = 0;
	uint64_t bits = sha1->length * 8;
	unsigned char tail[8];
	for (size_t i = 0; i < sizeof tail; i++) {
		tail[i] = (unsigned char)(bits >> (56 - 8 * i));
	}
	sha1_add(sha1, &one, 1);
	while (sha1->length % BLOCK_SIZE != BLOCK_SIZE - sizeof tail) {
		sha1_add(sha1, &zero, 1);
	}
	sha1_add(sha1, tail, sizeof tail);
	for (size_t i = 0; i < SHA1_SIZE; i++) {
		ret_digest[i] = (unsigned char)(sha1->words[i / 4] >> (24 - 8 * (i % 4)));
	}
}

/* RFC 2104 */
void hmac_sha1(const void *key, size_t key_length, const void *bytes, size_t length,
	unsigned char ret_digest[SHA1_SIZE])
{
	unsigned char pad[BLOCK_SIZE] = {0};
	struct sha1 sha1;
	if (key_length > BLOCK_SIZE) {
		sha1_begin(&sha1);
		sha1_add(&sha1, key, key_length);
		sha1_end(&sha1, pad);
	} else {
		memcpy(pad, key, key_length);
	}
	for (size_t i = 0; i < BLOCK_SIZE; i++) {
		pad[i] ^= 0x36;
	}
	sha1_begin(&sha1);
	sha1_add(&sha1, pad, sizeof pad);
	sha1_add(&sha1, bytes, length);
	sha1_end(&sha1, ret_digest);
	for (size_t i = 0; i < BLOCK_SIZE; i++) {
		pad[i] ^= 0x36 ^ 0x5c;
	}
	sha1_begin(&sha1);
	sha1_add(&sha1, pad, sizeof pad);
	sha1_add(&sha1, ret_digest, SHA1_SIZE);
	sha1_end(&sha1, ret_digest);
}
