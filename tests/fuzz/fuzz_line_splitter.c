/* The first byte is the size of the pieces; the lines must be the same as those of all bytes at once. */
#include <stdlib.h>
#include <string.h>

#include "backend/agent/line_splitter.h"
#include "tests/fuzz/fuzz.h"

#define LIMIT 32

static void split(const char *bytes, size_t length, size_t step, struct hv_text *out)
{
	struct line_splitter splitter;
	line_splitter_init(&splitter, LIMIT);
	for (size_t i = 0; i < length; i += step) {
		const char *line;
		size_t line_length;
		enum line_result result;
		line_splitter_feed(&splitter, bytes + i, length - i < step ? length - i : step);
		while ((result = line_splitter_next(&splitter, &line, &line_length)) != LINE_NONE) {
			if (result == LINE_COMPLETE && (line_length > LIMIT || memchr(line, '\n', line_length))) {
				abort();
			}
			hv_text_puts(out, result == LINE_COMPLETE ? "<" : "!");
			hv_text_append(out, line, result == LINE_COMPLETE ? line_length : 0);
			hv_text_puts(out, "\n");
		}
	}
	line_splitter_clear(&splitter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hv_text pieces = HV_TEXT_INIT;
	struct hv_text whole = HV_TEXT_INIT;
	if (size < 2) {
		return 0;
	}
	const char *bytes = (const char *)data + 1;
	split(bytes, size - 1, data[0] ? data[0] : 1, &pieces);
	split(bytes, size - 1, size, &whole);
	if (strcmp(hv_text_get(&pieces), hv_text_get(&whole)) != 0 || pieces.length != whole.length) {
		abort();
	}
	hv_text_clear(&pieces);
	hv_text_clear(&whole);
	return 0;
}
