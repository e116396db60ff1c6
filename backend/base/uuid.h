/* A 128-bit identity as a value: 16 bytes, no allocation. The nil value means "none". */
#ifndef HV_BASE_UUID_H
#define HV_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#define HV_UUID_TEXT_SIZE 37 /* with the terminating NUL */

struct hv_uuid {
	uint8_t bytes[16];
};

/** Accepts upper or lower case, with or without braces; anything else is refused and *ret untouched. */
bool hv_uuid_parse(const char *text, struct hv_uuid *ret_uuid);
/** Lower case, 8-4-4-4-12. Returns `text`. */
const char *hv_uuid_format(const struct hv_uuid *uuid, char text[HV_UUID_TEXT_SIZE]);
bool hv_uuid_equal(const struct hv_uuid *a, const struct hv_uuid *b);
int hv_uuid_compare(const struct hv_uuid *a, const struct hv_uuid *b);
bool hv_uuid_is_nil(const struct hv_uuid *uuid);
/** A random version 4 uuid from the operating system. Tests and the simulation hand in their own source. */
struct hv_uuid hv_uuid_random(void);
/** A stable uuid made from text (demo fleet, tests): the same text gives the same uuid on every machine. */
struct hv_uuid hv_uuid_from_text(const char *text);

#endif
