#include "tui/input/key_sequence.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistr.h>

#include "backend/base/attributes.h"

#define ESCAPE '\033'
#define SEQUENCE_MAX 256 /* a sequence that is longer is not one */

static enum key_sequence found(struct key *ret_key, enum key_code code, uint32_t character)
{
	*ret_key = (struct key){code, character};
	return KEY_SEQUENCE_KEY;
}

/* ---- plain bytes ---- */

static enum key_sequence control_byte(unsigned char byte, struct key *ret_key)
{
	switch (byte) {
	case '\r':
		return found(ret_key, KEY_CODE_ENTER, 0);
	case '\t':
		return found(ret_key, KEY_CODE_TAB, 0);
	case '\b':
	case 0x7F:
		return found(ret_key, KEY_CODE_BACKSPACE, 0);
	default:
		break;
	}
	if (byte >= 1 && byte <= 26) {
		return found(ret_key, KEY_CODE_CONTROL, 'a' + (uint32_t)byte - 1);
	}
	return KEY_SEQUENCE_UNKNOWN;
}

enum key_sequence key_sequence_plain(
	const char *bytes, size_t length, struct key *ret_key, size_t *ret_used)
{
	unsigned char first = (unsigned char)bytes[0];
	*ret_used = 1;
	if (first < 0x20 || first == 0x7F) {
		return control_byte(first, ret_key);
	}
	ucs4_t code;
	int used = u8_mbtoucr(&code, (const uint8_t *)bytes, length);
	if (used == -2) {
		return KEY_SEQUENCE_NEED_MORE;
	}
	if (used <= 0) {
		return KEY_SEQUENCE_UNKNOWN;
	}
	*ret_used = (size_t)used;
	if (code >= 0x80 && code < 0xA0) {
		return KEY_SEQUENCE_UNKNOWN;
	}
	return found(ret_key, KEY_CODE_CHARACTER, code);
}

/* ---- ESC [ parameters final ---- */

/* ESC [ number ~ : the keys above the arrows, and function keys as VT220, rxvt and the Linux console number them */
static const struct {
	int number;
	struct key key;
} tilde_keys[] = {
	{1, {KEY_CODE_HOME, 0}},
	{3, {KEY_CODE_DELETE, 0}},
	{4, {KEY_CODE_END, 0}},
	{5, {KEY_CODE_PAGE_UP, 0}},
	{6, {KEY_CODE_PAGE_DOWN, 0}},
	{7, {KEY_CODE_HOME, 0}},
	{8, {KEY_CODE_END, 0}},
	{11, {KEY_CODE_FUNCTION, 1}},
	{12, {KEY_CODE_FUNCTION, 2}},
	{13, {KEY_CODE_FUNCTION, 3}},
	{14, {KEY_CODE_FUNCTION, 4}},
	{15, {KEY_CODE_FUNCTION, 5}},
	{17, {KEY_CODE_FUNCTION, 6}},
	{18, {KEY_CODE_FUNCTION, 7}},
	{19, {KEY_CODE_FUNCTION, 8}},
	{20, {KEY_CODE_FUNCTION, 9}},
	{21, {KEY_CODE_FUNCTION, 10}},
	{23, {KEY_CODE_FUNCTION, 11}},
	{24, {KEY_CODE_FUNCTION, 12}},
};

/* ESC [ letter and ESC O letter; with modifiers ESC [ 1 ; m letter */
static const struct {
	char final;
	struct key key;
} letter_keys[] = {
	{'A', {KEY_CODE_UP, 0}},
	{'B', {KEY_CODE_DOWN, 0}},
	{'C', {KEY_CODE_RIGHT, 0}},
	{'D', {KEY_CODE_LEFT, 0}},
	{'H', {KEY_CODE_HOME, 0}},
	{'F', {KEY_CODE_END, 0}},
	{'Z', {KEY_CODE_BACKTAB, 0}},
	{'P', {KEY_CODE_FUNCTION, 1}},
	{'Q', {KEY_CODE_FUNCTION, 2}},
	{'R', {KEY_CODE_FUNCTION, 3}},
	{'S', {KEY_CODE_FUNCTION, 4}},
};

static enum key_sequence letter_key(char final, struct key *ret_key)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(letter_keys); i++) {
		if (letter_keys[i].final == final) {
			*ret_key = letter_keys[i].key;
			return KEY_SEQUENCE_KEY;
		}
	}
	return KEY_SEQUENCE_UNKNOWN;
}

static enum key_sequence tilde_key(int number, struct key *ret_key)
{
	if (number == 200) {
		return KEY_SEQUENCE_PASTE;
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(tilde_keys); i++) {
		if (tilde_keys[i].number == number) {
			*ret_key = tilde_keys[i].key;
			return KEY_SEQUENCE_KEY;
		}
	}
	return KEY_SEQUENCE_UNKNOWN;
}

/* ---- the mouse ---- */

#define MOUSE_MOVED 32
#define MOUSE_WHEEL 64
#define MOUSE_MODIFIERS (4 | 8 | 16)

/* A press of the left button or a turn of the wheel; releases, moves, the other buttons and modified ones are nothing. */
static enum key_sequence mouse(int button, int x, int y, bool pressed, struct key *ret_key)
{
	if (!pressed || (button & (MOUSE_MOVED | MOUSE_MODIFIERS)) != 0 || x < 1 || y < 1) {
		return KEY_SEQUENCE_UNKNOWN;
	}
	uint32_t place = KEY_PLACE(x - 1, y - 1);
	switch (button) {
	case 0:
		return found(ret_key, KEY_CODE_CLICK, place);
	case MOUSE_WHEEL:
		return found(ret_key, KEY_CODE_WHEEL_UP, place);
	case MOUSE_WHEEL + 1:
		return found(ret_key, KEY_CODE_WHEEL_DOWN, place);
	default:
		return KEY_SEQUENCE_UNKNOWN;
	}
}

/* ESC [ < button ; column ; row M or m */
static enum key_sequence sgr_mouse(
	const char *parameters, size_t length, char final, struct key *ret_key)
{
	int numbers[3] = {0, 0, 0};
	size_t index = 0;
	for (size_t i = 1; i < length; i++) {
		char c = parameters[i];
		if (c == ';') {
			index++;
		} else if (c < '0' || c > '9' || index > 2 || numbers[index] > 9999) {
			return KEY_SEQUENCE_UNKNOWN;
		} else {
			numbers[index] = numbers[index] * 10 + (c - '0');
		}
	}
	bool whole = index == 2 && (final == 'M' || final == 'm');
	return whole ? mouse(numbers[0], numbers[1], numbers[2], final == 'M', ret_key) : KEY_SEQUENCE_UNKNOWN;
}

/* ESC [ M and three bytes: of terminals that do not know the other form. Every button's release is 3. */
static enum key_sequence x10_mouse(const char *bytes, struct key *ret_key)
{
	const unsigned char *three = (const unsigned char *)bytes;
	if (three[0] < 32 || three[1] <= 32 || three[2] <= 32) {
		return KEY_SEQUENCE_UNKNOWN;
	}
	return mouse(three[0] - 32, three[1] - 32, three[2] - 32, true, ret_key);
}

/* What a whole CSI sequence means. A modifier other than Shift would be another key, which nobody has bound. */
static enum key_sequence csi_key(
	const char *parameters, size_t length, char final, struct key *ret_key)
{
	int numbers[2] = {0, 0};
	size_t index = 0;
	if (length > 0 && parameters[0] == '<') {
		return sgr_mouse(parameters, length, final, ret_key);
	}
	for (size_t i = 0; i < length; i++) {
		char c = parameters[i];
		if (c == ';') {
			index++;
		} else if (c < '0' || c > '9') {
			return KEY_SEQUENCE_UNKNOWN;
		} else if (index < 2 && numbers[index] < 10000) {
			numbers[index] = numbers[index] * 10 + (c - '0');
		}
	}
	if (index > 1 || numbers[1] > 2) {
		return KEY_SEQUENCE_UNKNOWN;
	}
	if (final == '~') {
		return tilde_key(numbers[0], ret_key);
	}
	/* ESC [ row ; column R answers a question that was never asked */
	bool plain = numbers[0] <= 1 && !(final == 'R' && length > 0 && index == 0);
	return plain ? letter_key(final, ret_key) : KEY_SEQUENCE_UNKNOWN;
}

static enum key_sequence csi(
	const char *bytes, size_t length, struct key *ret_key, size_t *ret_used)
{
	if (length > 2 && bytes[2] == '[') { /* F1 to F5 of the Linux console: ESC [ [ A */
		if (length < 4) {
			return KEY_SEQUENCE_NEED_MORE;
		}
		*ret_used = 4;
		if (bytes[3] >= 'A' && bytes[3] <= 'E') {
			return found(ret_key, KEY_CODE_FUNCTION, (uint32_t)(bytes[3] - 'A' + 1));
		}
		return KEY_SEQUENCE_UNKNOWN;
	}
	size_t i = 2;
	while (i < length && i < SEQUENCE_MAX && bytes[i] >= 0x20 && bytes[i] <= 0x3F) {
		i++;
	}
	if (i == length) {
		return KEY_SEQUENCE_NEED_MORE;
	}
	bool is_final = bytes[i] >= 0x40 && bytes[i] <= 0x7E;
	/* anything else ends the sequence and begins something new */
	*ret_used = is_final ? i + 1 : i;
	if (is_final && bytes[i] == 'M' && i == 2) { /* X10 mouse: three bytes follow */
		*ret_used = 6;
		return length < 6 ? KEY_SEQUENCE_NEED_MORE : x10_mouse(bytes + 3, ret_key);
	}
	return is_final ? csi_key(bytes + 2, i - 2, bytes[i], ret_key) : KEY_SEQUENCE_UNKNOWN;
}

/* ---- the other sequences ---- */

static enum key_sequence ss3(
	const char *bytes, size_t length, struct key *ret_key, size_t *ret_used)
{
	if (length < 3) {
		return KEY_SEQUENCE_NEED_MORE;
	}
	char final = bytes[2];
	if (final < 0x20 || final > 0x7E) {
		*ret_used = 2;
		return KEY_SEQUENCE_UNKNOWN;
	}
	*ret_used = 3;
	if (final == 'M') {
		return found(ret_key, KEY_CODE_ENTER, 0);
	}
	if (final >= 'j' && final <= 'y') { /* the number block: * + , - . / 0 to 9 */
		return found(ret_key, KEY_CODE_CHARACTER, (uint32_t)(final - 'j' + '*'));
	}
	return letter_key(final, ret_key);
}

/* One part of "rgb:RRRR/GGGG/BBBB": one to four hex digits, as 0 to 255. Moves *at behind it. */
static bool read_channel(const char **at, const char *end, uint32_t *ret_channel)
{
	uint32_t value = 0, most = 0;
	while (*at < end && most < 0xFFFF && isxdigit((unsigned char)**at)) {
		char c = **at;
		value = value * 16 + (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
		most = most * 16 + 15;
		(*at)++;
	}
	*ret_channel = most > 0 ? value * 255 / most : 0;
	return most > 0;
}

/* What stands between ESC ] and its end: "11;rgb:..." tells the background; all else is nobody's. */
static enum key_sequence reply(const char *text, size_t length, struct key *ret_key)
{
	static const char *const heads[] = {"]11;rgb:", "]11;rgba:"};
	const char *end = text + length;
	for (size_t i = 0; i < HV_ARRAY_LEN(heads); i++) {
		uint32_t channels[3];
		const char *at = text + strlen(heads[i]);
		int count = 0;
		if (length < strlen(heads[i]) || memcmp(text, heads[i], strlen(heads[i])) != 0) {
			continue;
		}
		while (count < 3 && read_channel(&at, end, &channels[count])) {
			count++;
			at += at < end && *at == '/' ? 1 : 0;
		}
		if (count == 3) {
			return found(ret_key, KEY_CODE_BACKGROUND,
				channels[0] << 16 | channels[1] << 8 | channels[2]);
		}
	}
	return KEY_SEQUENCE_UNKNOWN;
}

/* Answers of a terminal: ESC ] ... or ESC P ..., ended by BEL or ESC \. */
static enum key_sequence control_string(
	const char *bytes, size_t length, struct key *ret_key, size_t *ret_used)
{
	for (size_t i = 2; i < length && i < SEQUENCE_MAX; i++) {
		if (bytes[i] == '\a') {
			*ret_used = i + 1;
			return reply(bytes + 1, i - 1, ret_key);
		}
		if (bytes[i] == ESCAPE && (i + 1 == length || bytes[i + 1] == '\\')) {
			*ret_used = i + 2;
			return i + 1 == length ? KEY_SEQUENCE_NEED_MORE : reply(bytes + 1, i - 1, ret_key);
		}
	}
	*ret_used = length < SEQUENCE_MAX ? length : SEQUENCE_MAX;
	return length < SEQUENCE_MAX ? KEY_SEQUENCE_NEED_MORE : KEY_SEQUENCE_UNKNOWN;
}

enum key_sequence key_sequence_escape(
	const char *bytes, size_t length, struct key *ret_key, size_t *ret_used)
{
	if (length < 2) {
		return KEY_SEQUENCE_NEED_MORE;
	}
	switch (bytes[1]) {
	case '[':
		return csi(bytes, length, ret_key, ret_used);
	case 'O':
		return ss3(bytes, length, ret_key, ret_used);
	case ']':
	case 'P':
	case '_':
	case '^':
	case 'X':
		return control_string(bytes, length, ret_key, ret_used);
	default: /* Escape, then something else: typed quickly, or Alt */
		*ret_used = 1;
		return found(ret_key, KEY_CODE_ESCAPE, 0);
	}
}

enum key_sequence key_sequence_cut_short(
	const char *bytes, size_t length, struct key *ret_key, size_t *ret_used)
{
	*ret_used = length;
	if (bytes[0] == ESCAPE && length == 1) {
		return found(ret_key, KEY_CODE_ESCAPE, 0);
	}
	return KEY_SEQUENCE_UNKNOWN;
}
