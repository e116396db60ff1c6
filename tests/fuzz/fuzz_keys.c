/*
 * A terminal sends anything, in any pieces: keys come out that can be spelled, nothing is left waiting after the pause, and
 * where the bytes were cut makes no difference. The first byte says how long the pieces are.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/text.h"
#include "tests/fuzz/fuzz.h"
#include "tui/input/key.h"
#include "tui/input/key_decoder.h"

static void take(struct key_decoder *decoder, struct hv_text *out)
{
	struct key key, again;
	const char *paste;
	char name[16];
	while (key_decoder_next(decoder, &key, &paste)) {
		key_format(key, name);
		if (key.code >= KEY_CODE_COUNT || (paste != NULL) != (key.code == KEY_CODE_PASTE)) {
			abort();
		}
		if (key_parse(name, &again) && !key_equal(key, again)) {
			abort();
		}
		hv_text_printf(out, "%d.%u%s ", (int)key.code, key.character, paste ? paste : "");
	}
}

static void decode(const uint8_t *bytes, size_t length, size_t piece, struct hv_text *out)
{
	struct key_decoder *decoder = key_decoder_new();
	for (size_t begin = 0; begin < length; begin += piece) {
		size_t size = length - begin < piece ? length - begin : piece;
		key_decoder_feed(decoder, (const char *)bytes + begin, size);
		take(decoder, out);
	}
	key_decoder_expire(decoder);
	take(decoder, out);
	if (key_decoder_is_waiting(decoder)) {
		abort();
	}
	key_decoder_free(decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	if (length < 2) {
		return 0;
	}
	struct hv_text whole = HV_TEXT_INIT, pieces = HV_TEXT_INIT;
	decode(bytes + 1, length - 1, length, &whole);
	decode(bytes + 1, length - 1, (size_t)bytes[0] % 7 + 1, &pieces);
	if (whole.length != pieces.length || strcmp(hv_text_get(&whole), hv_text_get(&pieces)) != 0) {
		abort();
	}
	hv_text_clear(&whole);
	hv_text_clear(&pieces);
	return 0;
}
