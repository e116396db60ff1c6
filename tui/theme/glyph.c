#include "tui/theme/glyph.h"

#include <assert.h>
#include <stddef.h>

static const struct {
	const char *name, *utf8, *ascii;
} glyphs[] = {
#define GLYPH_ROW(id, name_text, utf8_text, ascii_text)                                            \
	[GLYPH_##id] = {name_text, utf8_text, ascii_text},
	TUI_GLYPHS(GLYPH_ROW)
#undef GLYPH_ROW
};
static_assert(sizeof glyphs / sizeof glyphs[0] == GLYPH_COUNT, "a row for each glyph");

const char *glyph_name(enum glyph id)
{
	return glyphs[id].name;
}

const char *glyph(enum glyph id, bool ascii)
{
	return ascii ? glyphs[id].ascii : glyphs[id].utf8;
}

const char *glyph_of(const struct glyph_set *set, enum glyph id, bool ascii)
{
	if (set != NULL) {
		const char *own = ascii ? set->ascii[id] : set->utf8[id];
		if (own[0] != '\0') {
			return own;
		}
	}
	return glyph(id, ascii);
}
