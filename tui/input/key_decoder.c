#include "tui/input/key_decoder.h"

#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "tui/input/key_sequence.h"

#define DEFINED_MAX 32
#define DEFINED_BYTES 16
#define RESERVED 8192
#define PASTE_END "\033[201~"

struct key_decoder {
	struct hv_text bytes; /* not decoded yet, from `begin` */
	size_t begin;
	bool expired; /* what is there now will not grow */
	bool reply_expected;
	bool pasting;
	struct hv_text paste;
	struct {
		char sequence[DEFINED_BYTES];
		struct key key;
	} defined[DEFINED_MAX];
	size_t defined_count;
};

/* Room for what is typed or pasted by hand from the beginning: a buffer that grows leaves what it held behind, and it may
 * be a password. */
static void reserve(struct hv_text *text)
{
	static const char blanks[RESERVED];
	hv_text_append(text, blanks, sizeof blanks);
	text->length = 0;
}

struct key_decoder *key_decoder_new(void)
{
	struct key_decoder *decoder = hv_alloc(sizeof *decoder);
	reserve(&decoder->bytes);
	reserve(&decoder->paste);
	return decoder;
}

/* Overwrite what was given out. */
static void forget(struct hv_text *text)
{
	if (text->length > 0) {
		explicit_bzero(text->bytes, text->length);
	}
	text->length = 0;
}

void key_decoder_free(struct key_decoder *decoder)
{
	if (decoder == NULL) {
		return;
	}
	hv_text_wipe(&decoder->bytes);
	hv_text_wipe(&decoder->paste);
	free(decoder);
}

void key_decoder_define(struct key_decoder *decoder, const char *sequence, struct key key)
{
	size_t length = strlen(sequence);
	if (length < 2 || length >= DEFINED_BYTES || sequence[0] != '\033' ||
		decoder->defined_count == DEFINED_MAX) {
		return;
	}
	memcpy(decoder->defined[decoder->defined_count].sequence, sequence, length + 1);
	decoder->defined[decoder->defined_count].key = key;
	decoder->defined_count++;
}

void key_decoder_feed(struct key_decoder *decoder, const char *bytes, size_t length)
{
	if (decoder->begin > 0) { /* forget what is decoded */
		size_t left = decoder->bytes.length - decoder->begin;
		memmove(decoder->bytes.bytes, decoder->bytes.bytes + decoder->begin, left);
		explicit_bzero(decoder->bytes.bytes + left, decoder->begin);
		decoder->bytes.length = left;
		decoder->begin = 0;
	}
	hv_text_append(&decoder->bytes, bytes, length);
	decoder->expired = false;
}

static size_t left_of(const struct key_decoder *decoder)
{
	return decoder->bytes.length - decoder->begin;
}

/* A defined sequence at the front. KEY_SEQUENCE_NEED_MORE when the bytes are a true beginning of one. */
static enum key_sequence match_defined(const struct key_decoder *decoder, const char *bytes,
	size_t length, struct key *ret_key, size_t *ret_used)
{
	enum key_sequence result = KEY_SEQUENCE_UNKNOWN;
	for (size_t i = 0; i < decoder->defined_count; i++) {
		const char *sequence = decoder->defined[i].sequence;
		size_t wanted = strlen(sequence);
		size_t shared = wanted < length ? wanted : length;
		if (memcmp(sequence, bytes, shared) != 0) {
			continue;
		}
		if (shared == wanted) {
			*ret_key = decoder->defined[i].key;
			*ret_used = wanted;
			return KEY_SEQUENCE_KEY;
		}
		result = KEY_SEQUENCE_NEED_MORE;
	}
	return result;
}

static enum key_sequence match(struct key_decoder *decoder, struct key *ret_key, size_t *ret_used)
{
	const char *bytes = decoder->bytes.bytes + decoder->begin;
	size_t length = left_of(decoder);
	if (bytes[0] != '\033') {
		return key_sequence_plain(bytes, length, ret_key, ret_used);
	}
	enum key_sequence own = match_defined(decoder, bytes, length, ret_key, ret_used);
	if (own == KEY_SEQUENCE_KEY || (own == KEY_SEQUENCE_NEED_MORE && !decoder->expired)) {
		return own;
	}
	return key_sequence_escape(bytes, length, ret_key, ret_used);
}

/* Move bytes into the paste until its end has come. True when it has. */
static bool take_paste(struct key_decoder *decoder)
{
	const size_t mark = sizeof PASTE_END - 1;
	const char *bytes = decoder->bytes.bytes + decoder->begin;
	size_t length = left_of(decoder);
	const char *end = length ? memmem(bytes, length, PASTE_END, mark) : NULL;
	/* without the end mark, the last bytes may be its beginning */
	size_t text = end ? (size_t)(end - bytes) : length < mark ? 0 : length - mark + 1;
	size_t room = KEY_DECODER_PASTE_MAX - decoder->paste.length;
	hv_text_append(&decoder->paste, length ? bytes : "", text < room ? text : room);
	decoder->begin += text + (end ? mark : 0);
	decoder->pasting = end == NULL;
	return end != NULL;
}

/* A paste may hold NUL; text ends there otherwise. */
static const char *paste_text(struct key_decoder *decoder)
{
	for (size_t i = 0; i < decoder->paste.length; i++) {
		if (decoder->paste.bytes[i] == '\0') {
			decoder->paste.bytes[i] = ' ';
		}
	}
	return hv_text_get(&decoder->paste);
}

bool key_decoder_next(struct key_decoder *decoder, struct key *ret_key, const char **ret_paste)
{
	*ret_paste = NULL;
	if (!decoder->pasting) {
		forget(&decoder->paste);
	}
	while (decoder->pasting || left_of(decoder) > 0) {
		if (decoder->pasting) {
			if (!take_paste(decoder)) {
				return false;
			}
			*ret_key = (struct key){KEY_CODE_PASTE, 0};
			*ret_paste = paste_text(decoder);
			return true;
		}
		size_t used = 0;
		enum key_sequence result = match(decoder, ret_key, &used);
		if (result == KEY_SEQUENCE_NEED_MORE && !decoder->expired) {
			return false;
		}
		if (result == KEY_SEQUENCE_NEED_MORE) {
			result = key_sequence_cut_short(decoder->bytes.bytes + decoder->begin,
				left_of(decoder), ret_key, &used);
		}
		decoder->begin += used;
		if (result == KEY_SEQUENCE_KEY) {
			return true;
		}
		if (result == KEY_SEQUENCE_PASTE) {
			decoder->pasting = true;
		}
	}
	forget(&decoder->bytes);
	decoder->begin = 0;
	return false;
}

void key_decoder_expect_reply(struct key_decoder *decoder, bool expected)
{
	decoder->reply_expected = expected;
}

/* "ESC ]" stands at the front, and what it begins was asked for. */
static bool is_in_reply(const struct key_decoder *decoder)
{
	const char *bytes = decoder->bytes.bytes + decoder->begin;
	return decoder->reply_expected && left_of(decoder) >= 2 && bytes[0] == '\033' && bytes[1] == ']';
}

bool key_decoder_is_waiting(const struct key_decoder *decoder)
{
	if (is_in_reply(decoder)) {
		return false;
	}
	return !decoder->pasting && !decoder->expired && left_of(decoder) > 0;
}

void key_decoder_expire(struct key_decoder *decoder)
{
	decoder->expired = !is_in_reply(decoder);
}
