/*
 * A growing byte string, and what must hold for text that people typed or hosts sent.
 *
 * Text from outside is checked once at the border (hv_text_is_valid) and made harmless for display once at the
 * border of the console (hv_text_printable).
 */
#ifndef HV_BASE_TEXT_H
#define HV_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/base/attributes.h"

struct hv_text {
	char *bytes; /* NUL-terminated whenever not NULL */
	size_t length;
	size_t capacity;
};
#define HV_TEXT_INIT {NULL, 0, 0}

void hv_text_clear(struct hv_text *text); /* releases; the value is reusable */
void hv_text_wipe(struct hv_text *text); /* releases, after overwriting: for secrets */
void hv_text_append(struct hv_text *text, const char *bytes, size_t length);
void hv_text_puts(struct hv_text *text, const char *string);
void hv_text_printf(struct hv_text *text, const char *format, ...) HV_PRINTF(2, 3);
/** Hand the string over to the caller, who frees it; never NULL. The value is empty afterwards. */
char *hv_text_detach(struct hv_text *text);
/** The string, "" when empty; valid until the next change. */
const char *hv_text_get(const struct hv_text *text);

/** Strict UTF-8 without NUL. */
bool hv_utf8_is_valid(const char *bytes, size_t length);
/** Number of code points of valid UTF-8. */
size_t hv_utf8_length(const char *text);
/** Valid UTF-8, 1 to `max_characters` code points, no C0, DEL or C1 control character. */
bool hv_text_is_name(const char *text, size_t max_characters);
/**
 * A copy that is safe to draw or log whatever `bytes` holds: invalid UTF-8, control characters, bidi controls,
 * zero-width characters become U+FFFD, at most two combining marks in a row are kept. Caller frees.
 */
char *hv_text_printable(const char *bytes, size_t length);
/** Names are the same when equal after NFC normalisation and full case folding (T5; Hyper-V ignores case). */
bool hv_text_same_name(const char *a, const char *b);
/** The form that is byte-equal exactly for names that hv_text_same_name() calls the same. Caller frees. */
char *hv_text_name_key(const char *text);

/** "3h", "12d", "300d", "45s": at most 4 characters; negative counts as 0. */
const char *hv_format_age(int64_t age_us, char text[16]);
/** "18.2G", "700M", "0": at most 6 characters, binary units. */
const char *hv_format_bytes(int64_t bytes, char text[16]);
/** ISO 8601 in UTC with seconds, "2026-08-10T00:05:00Z". */
const char *hv_format_time(int64_t time_us, char text[32]);
/** "90s", "15m", "12h", "30d", "2w" to microseconds; false when malformed. */
bool hv_parse_age(const char *text, int64_t *ret_age_us);
/** "512M", "10G", "2T" (of 1024), or plain bytes; 1 byte to 64 TiB. False when malformed. */
bool hv_parse_bytes(const char *text, int64_t *ret_bytes);

#endif
