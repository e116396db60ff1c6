#include "tests/support/pty_keys.h"

#include <stdio.h>
#include <string.h>
#include <unistr.h>

#include "tui/input/key.h"

static const char *const sequences[KEY_CODE_COUNT] = {
	[KEY_CODE_ENTER] = "\r",
	[KEY_CODE_ESCAPE] = "\033",
	[KEY_CODE_TAB] = "\t",
	[KEY_CODE_BACKTAB] = "\033[Z",
	[KEY_CODE_BACKSPACE] = "\x7F",
	[KEY_CODE_DELETE] = "\033[3~",
	[KEY_CODE_UP] = "\033OA",
	[KEY_CODE_DOWN] = "\033OB",
	[KEY_CODE_RIGHT] = "\033OC",
	[KEY_CODE_LEFT] = "\033OD",
	[KEY_CODE_HOME] = "\033OH",
	[KEY_CODE_END] = "\033OF",
	[KEY_CODE_PAGE_UP] = "\033[5~",
	[KEY_CODE_PAGE_DOWN] = "\033[6~",
};
static const char *const function_sequences[] = {"", "\033OP", "\033OQ", "\033OR", "\033OS",
	"\033[15~", "\033[17~", "\033[18~", "\033[19~", "\033[20~", "\033[21~", "\033[23~",
	"\033[24~"};

size_t pty_encode_utf8(uint32_t character, char bytes[8])
{
	int length = u8_uctomb((uint8_t *)bytes, character, 7);
	return length > 0 ? (size_t)length : 0;
}

static bool append_key(struct key key, struct hv_text *bytes)
{
	if (key.code == KEY_CODE_CHARACTER) {
		char utf8[8];
		hv_text_append(bytes, utf8, pty_encode_utf8(key.character, utf8));
	} else if (key.code == KEY_CODE_CONTROL) {
		char byte = (char)(key.character - 'a' + 1);
		hv_text_append(bytes, &byte, 1);
	} else if (key.code == KEY_CODE_FUNCTION &&
		   key.character < HV_ARRAY_LEN(function_sequences)) {
		hv_text_puts(bytes, function_sequences[key.character]);
	} else if (sequences[key.code] != NULL) {
		hv_text_puts(bytes, sequences[key.code]);
	} else {
		return false;
	}
	return true;
}

bool pty_keys_to_bytes(const char *keys, struct hv_text *bytes)
{
	while (*keys != '\0') {
		const char *end = keys[0] == '<' ? strchr(keys, '>') : NULL;
		char name[32];
		struct key key;
		if (end == NULL) {
			hv_text_append(bytes, keys, 1);
			keys++;
			continue;
		}
		snprintf(name, sizeof name, "%.*s", (int)(end - keys - 1), keys + 1);
		if (strcmp(name, "lt") == 0) {
			strcpy(name, "<");
		}
		if (!key_parse(name, &key) || !append_key(key, bytes)) {
			return false;
		}
		keys = end + 1;
	}
	return true;
}
