#include "tui/theme/glyph_text.h"

#include <string.h>
#include <unistr.h>
#include <uniwidth.h>

bool glyph_parse_name(const char *name, enum glyph *ret_glyph)
{
	for (int i = 0; i < GLYPH_COUNT; i++) {
		if (strcmp(name, glyph_name((enum glyph)i)) == 0) {
			*ret_glyph = (enum glyph)i;
			return true;
		}
	}
	return false;
}

bool glyph_parse_forms(const char *text, char utf8[GLYPH_BYTES], char ascii[GLYPH_BYTES])
{
	ucs4_t code;
	int length = u8_mbtoucr(&code, (const uint8_t *)text, strlen(text));
	if (length <= 0 || uc_width(code, "UTF-8") != 1) {
		return false;
	}
	const char *second = text + length;
	size_t blanks = strspn(second, " \t");
	second += blanks;
	if (blanks == 0 || second[0] < '!' || second[0] > '~' || second[1] != '\0') {
		return false;
	}
	memset(utf8, 0, GLYPH_BYTES);
	memcpy(utf8, text, (size_t)length);
	ascii[0] = second[0];
	ascii[1] = '\0';
	return true;
}
