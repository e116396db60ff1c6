/* Glyphs as they are written in theme files. */
#ifndef HV_TUI_THEME_GLYPH_TEXT_H
#define HV_TUI_THEME_GLYPH_TEXT_H

#include <stdbool.h>
#include "tui/theme/glyph.h"

bool glyph_parse_name(const char *name, enum glyph *ret_glyph);
/** "◆ *": one character of one cell, blanks, one printable ASCII character. Untouched when malformed. */
bool glyph_parse_forms(const char *text, char utf8[GLYPH_BYTES], char ascii[GLYPH_BYTES]);

#endif
