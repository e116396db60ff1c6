#include "backend/base/uuid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static int hex_value(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	if (c >= 'A' && c <= 'F') {
		return c - 'A' + 10;
	}
	return -1;
}

bool hv_uuid_parse(const char *text, struct hv_uuid *ret_uuid)
{
	struct hv_uuid uuid;
	bool braces = text[0] == '{';
	const char *p = text + (braces ? 1 : 0);
	for (size_t i = 0; i < 16; i++) {
		if ((i == 4 || i == 6 || i == 8 || i == 10) && *p++ != '-') {
			return false;
		}
		int high = hex_value(p[0]);
		int low = high < 0 ? -1 : hex_value(p[1]);
		if (low < 0) {
			return false;
		}
		uuid.bytes[i] = (uint8_t)(high * 16 + low);
		p += 2;
	}
	if (braces && *p++ != '}') {
		return false;
	}
	if (*p != '\0') {
		return false;
	}
	*ret_uuid = uuid;
	return true;
}

const char *hv_uuid_format(const struct hv_uuid *uuid, char text[HV_UUID_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	char *p = text;
	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10) {
			*p++ = '-';
		}
		*p++ = digits[uuid->bytes[i] >> 4];
		*p++ = digits[uuid->bytes[i] & 15];
	}
	*p = '\0';
	return text;
}

bool hv_uuid_equal(const struct hv_uuid *a, const struct hv_uuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

int hv_uuid_compare(const struct hv_uuid *a, const struct hv_uuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

bool hv_uuid_is_nil(const struct hv_uuid *uuid)
{
	static const struct hv_uuid nil;
	return hv_uuid_equal(uuid, &nil);
}

static void mark_version_4(struct hv_uuid *uuid)
{
	uuid->bytes[6] = (uint8_t)((uuid->bytes[6] & 0x0F) | 0x40);
	uuid->bytes[8] = (uint8_t)((uuid->bytes[8] & 0x3F) | 0x80);
}

struct hv_uuid hv_uuid_random(void)
{
	struct hv_uuid uuid;
	size_t have = 0;
	while (have < sizeof uuid.bytes) {
		ssize_t got = getrandom(uuid.bytes + have, sizeof uuid.bytes - have, 0);
		if (got < 0 && errno != EINTR) {
			abort(); /* an identity that may repeat is worse than none */
		}
		have += got > 0 ? (size_t)got : 0;
	}
	mark_version_4(&uuid);
	return uuid;
}

/* FNV-1a over the text, twice with different offsets: stable, and no claim to secrecy. */
struct hv_uuid hv_uuid_from_text(const char *text)
{
	struct hv_uuid uuid;
	uint64_t hashes[2] = {UINT64_C(0xcbf29ce484222325), UINT64_C(0x84222325cbf29ce4)};
	for (size_t half = 0; half < 2; half++) {
		uint64_t hash = hashes[half];
		for (const char *p = text; *p; p++) {
			hash = (hash ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
		}
		hash ^= hash >> 29;
		hash *= UINT64_C(0xbf58476d1ce4e5b9);
		hash ^= hash >> 32;
		for (size_t i = 0; i < 8; i++) {
			uuid.bytes[half * 8 + i] = (uint8_t)(hash >> (8 * i));
		}
	}
	mark_version_4(&uuid);
	return uuid;
}
