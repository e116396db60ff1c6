#include "backend/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "backend/base/memory.h"

static void reserve(struct hv_text *text, size_t extra)
{
	size_t wanted = text->length + extra + 1;
	if (wanted <= text->capacity) {
		return;
	}
	size_t capacity = text->capacity ? text->capacity : 32;
	while (capacity < wanted) {
		capacity *= 2;
	}
	text->bytes = hv_realloc_array(text->bytes, capacity, 1);
	text->capacity = capacity;
}

void hv_text_clear(struct hv_text *text)
{
	free(text->bytes);
	*text = (struct hv_text)HV_TEXT_INIT;
}

void hv_text_wipe(struct hv_text *text)
{
	if (text->bytes) {
		explicit_bzero(text->bytes, text->capacity);
	}
	hv_text_clear(text);
}

void hv_text_append(struct hv_text *text, const char *bytes, size_t length)
{
	reserve(text, length);
	if (length > 0) {
		memcpy(text->bytes + text->length, bytes, length);
	}
	text->length += length;
	text->bytes[text->length] = '\0';
}

void hv_text_puts(struct hv_text *text, const char *string)
{
	hv_text_append(text, string, strlen(string));
}

void hv_text_printf(struct hv_text *text, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *formatted = NULL;
	int length = vasprintf(&formatted, format, args);
	va_end(args);
	if (length < 0) {
		abort();
	}
	hv_text_append(text, formatted, (size_t)length);
	free(formatted);
}

char *hv_text_detach(struct hv_text *text)
{
	char *bytes = text->bytes ? text->bytes : hv_strdup("");
	*text = (struct hv_text)HV_TEXT_INIT;
	return bytes;
}

const char *hv_text_get(const struct hv_text *text)
{
	return text->bytes ? text->bytes : "";
}

bool hv_utf8_is_valid(const char *bytes, size_t length)
{
	return !memchr(bytes, '\0', length) && u8_check((const uint8_t *)bytes, length) == NULL;
}

size_t hv_utf8_length(const char *text)
{
	return u8_mbsnlen((const uint8_t *)text, strlen(text));
}

static bool is_control(ucs4_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

bool hv_text_is_name(const char *text, size_t max_characters)
{
	size_t length = strlen(text);
	if (length == 0 || !hv_utf8_is_valid(text, length) || hv_utf8_length(text) > max_characters) {
		return false;
	}
	const uint8_t *p = (const uint8_t *)text;
	ucs4_t c;
	while ((p = u8_next(&c, p)) != NULL) {
		if (is_control(c)) {
			return false;
		}
	}
	return true;
}

/* Characters that move, hide or reorder what stands beside them. */
static bool is_deceptive(ucs4_t c)
{
	return is_control(c) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
	       (c >= 0x2060 && c <= 0x206F) || c == 0x061C || c == 0xFEFF || (c >= 0xFE00 && c <= 0xFE0F) ||
	       (c >= 0xE0000 && c <= 0xE0FFF) || c == 0xAD || (c >= 0xFFF9 && c <= 0xFFFB);
}

#define MAX_COMBINING_MARKS 2

char *hv_text_printable(const char *bytes, size_t length)
{
	static const char replacement[] = "\xEF\xBF\xBD";
	struct hv_text out = HV_TEXT_INIT;
	const uint8_t *p = (const uint8_t *)bytes;
	size_t left = length;
	int marks = MAX_COMBINING_MARKS; /* a leading mark would join the cell before the text */
	while (left > 0) {
		ucs4_t c;
		int used = u8_mbtoucr(&c, p, left);
		if (used <= 0) {
			hv_text_puts(&out, replacement);
			used = 1;
			marks = 0;
		} else if (is_deceptive(c)) {
			hv_text_puts(&out, replacement);
			marks = 0;
		} else if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M)) {
			if (marks < MAX_COMBINING_MARKS) {
				hv_text_append(&out, (const char *)p, (size_t)used);
				marks++;
			}
		} else {
			hv_text_append(&out, (const char *)p, (size_t)used);
			marks = 0;
		}
		p += used;
		left -= (size_t)used;
	}
	return hv_text_detach(&out);
}

bool hv_text_same_name(const char *a, const char *b)
{
	int difference = 1;
	if (strcmp(a, b) == 0) {
		return true;
	}
	if (u8_casecmp((const uint8_t *)a, strlen(a), (const uint8_t *)b, strlen(b), NULL, UNINORM_NFC,
		    &difference) != 0) {
		return false;
	}
	return difference == 0;
}

char *hv_text_name_key(const char *text)
{
	size_t length = 0;
	uint8_t *folded = u8_casefold((const uint8_t *)text, strlen(text), NULL, UNINORM_NFC, NULL, &length);
	if (!folded) { /* cannot be folded: the same as itself only */
		return hv_strdup(text);
	}
	char *key = hv_strndup((const char *)folded, length);
	free(folded);
	return key;
}
