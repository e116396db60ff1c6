#include "tui/input/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistr.h>
#include <uniwidth.h>

#include "backend/base/attributes.h"

#define FUNCTION_KEY_MAX 63

static const struct {
	const char *name;
	struct key key;
} named_keys[] = {
	{"Enter", {KEY_CODE_ENTER, 0}},
	{"Escape", {KEY_CODE_ESCAPE, 0}},
	{"Tab", {KEY_CODE_TAB, 0}},
	{"Backtab", {KEY_CODE_BACKTAB, 0}},
	{"Backspace", {KEY_CODE_BACKSPACE, 0}},
	{"Delete", {KEY_CODE_DELETE, 0}},
	{"Up", {KEY_CODE_UP, 0}},
	{"Down", {KEY_CODE_DOWN, 0}},
	{"Left", {KEY_CODE_LEFT, 0}},
	{"Right", {KEY_CODE_RIGHT, 0}},
	{"Home", {KEY_CODE_HOME, 0}},
	{"End", {KEY_CODE_END, 0}},
	{"PageUp", {KEY_CODE_PAGE_UP, 0}},
	{"PageDown", {KEY_CODE_PAGE_DOWN, 0}},
	{"Paste", {KEY_CODE_PASTE, 0}},
	{"Space", {KEY_CODE_CHARACTER, ' '}},
	{"Semicolon", {KEY_CODE_CHARACTER, ';'}}, /* which begins a comment in files */
};

/* Control letters that are the same byte as a named key on every terminal. */
static struct key control_key(char letter)
{
	switch (letter) {
	case 'h':
		return (struct key){KEY_CODE_BACKSPACE, 0};
	case 'i':
		return (struct key){KEY_CODE_TAB, 0};
	case 'm':
		return (struct key){KEY_CODE_ENTER, 0};
	default:
		return (struct key){KEY_CODE_CONTROL, (uint32_t)letter};
	}
}

static bool parse_control(const char *text, struct key *ret_key)
{
	if (text[0] != '^' || text[1] == '\0' || text[2] != '\0') {
		return false;
	}
	char letter = text[1];
	if (letter >= 'A' && letter <= 'Z') {
		letter = (char)(letter - 'A' + 'a');
	}
	if (letter < 'a' || letter > 'z') {
		return false;
	}
	*ret_key = control_key(letter);
	return true;
}

static bool parse_function(const char *text, struct key *ret_key)
{
	if ((text[0] != 'F' && text[0] != 'f') || text[1] < '1' || text[1] > '9') {
		return false;
	}
	char *end;
	unsigned long number = strtoul(text + 1, &end, 10);
	if (*end != '\0' || number > FUNCTION_KEY_MAX) {
		return false;
	}
	*ret_key = (struct key){KEY_CODE_FUNCTION, (uint32_t)number};
	return true;
}

static bool parse_character(const char *text, struct key *ret_key)
{
	ucs4_t code;
	size_t length = strlen(text);
	int used = u8_mbtoucr(&code, (const uint8_t *)text, length);
	if (used <= 0 || (size_t)used != length || uc_width(code, "UTF-8") < 1) {
		return false;
	}
	*ret_key = (struct key){KEY_CODE_CHARACTER, code};
	return true;
}

bool key_parse(const char *text, struct key *ret_key)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(named_keys); i++) {
		if (strcasecmp(text, named_keys[i].name) == 0) {
			*ret_key = named_keys[i].key;
			return true;
		}
	}
	return parse_control(text, ret_key) || parse_function(text, ret_key) ||
	       parse_character(text, ret_key);
}

const char *key_format(struct key key, char text[16])
{
	for (size_t i = 0; i < HV_ARRAY_LEN(named_keys); i++) {
		if (key_equal(key, named_keys[i].key)) {
			snprintf(text, 16, "%s", named_keys[i].name);
			return text;
		}
	}
	text[0] = '\0';
	if (key.code == KEY_CODE_CONTROL) {
		snprintf(text, 16, "^%c", (char)(key.character - 'a' + 'A'));
	} else if (key.code == KEY_CODE_FUNCTION) {
		snprintf(text, 16, "F%u", key.character);
	} else if (key.code == KEY_CODE_CHARACTER) {
		int length = u8_uctomb((uint8_t *)text, key.character, 15);
		text[length > 0 ? length : 0] = '\0';
	}
	return text;
}

bool key_is_mouse(struct key key)
{
	return key.code == KEY_CODE_CLICK || key.code == KEY_CODE_DOUBLE_CLICK || key.code == KEY_CODE_WHEEL_UP ||
	       key.code == KEY_CODE_WHEEL_DOWN;
}

bool key_equal(struct key a, struct key b)
{
	bool has_character = a.code == KEY_CODE_CHARACTER || a.code == KEY_CODE_CONTROL ||
			     a.code == KEY_CODE_FUNCTION;
	return a.code == b.code && (!has_character || a.character == b.character);
}

size_t key_utf8(uint32_t character, char bytes[KEY_UTF8_SIZE])
{
	static const uint32_t limits[] = {0x80, 0x800, 0x10000, 0x110000};
	static const unsigned char marks[] = {0x00, 0xC0, 0xE0, 0xF0};
	size_t more = 0; /* bytes after the first */
	while (more < HV_ARRAY_LEN(limits) && character >= limits[more]) {
		more++;
	}
	memset(bytes, 0, KEY_UTF8_SIZE);
	if (more == HV_ARRAY_LEN(limits) || character == 0) {
		return 0;
	}
	for (size_t i = more; i > 0; i--) {
		bytes[i] = (char)(0x80 | (character & 0x3F));
		character >>= 6;
	}
	bytes[0] = (char)(marks[more] | character);
	return more + 1;
}
