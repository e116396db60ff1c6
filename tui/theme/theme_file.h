/*
 * The text of theme files, as written: which tiers a role has, palette, glyphs. Nothing is resolved here; a file that
 * inherits is laid over the one it inherits from.
 *
 *	[theme]     name, inherits, overlay, min_contrast, foreground and background (what "default" stands for)
 *	[palette]   name = colour
 *	[roles]     role = rich , ansi16 , mono          a look is fg[/bg][+attribute...]; tiers may be left out
 *	[glyphs]    glyph = UTF-8 ASCII
 *
 * Comments are whole lines that begin with ';' or '#'.
 */
#ifndef HV_TUI_THEME_THEME_FILE_H
#define HV_TUI_THEME_THEME_FILE_H

#include <stddef.h>
#include "backend/base/text.h"
#include "tui/config/ini_reader.h"
#include "tui/theme/theme.h"

#define THEME_INHERIT_MAX 8

struct theme_entry {
	char *tiers[THEME_TIER_COUNT]; /* NULL: not given */
	struct ini_place place;
};

struct theme_palette_colour {
	char *name;
	int32_t colour;
};

struct theme_source {
	char *name;
	char *inherits;
	bool overlay; /* made to be laid over another theme */
	double min_contrast;
	int32_t foreground, background;
	struct theme_entry roles[ROLE_COUNT];
	struct theme_palette_colour *palette;
	size_t palette_count, palette_capacity;
	struct glyph_set glyphs;
};

void theme_source_init(struct theme_source *source);
void theme_source_clear(struct theme_source *source);
/** Lay `text` over what *source holds. `inherits` and `overlay` are replaced (NULL, false when the text has none). */
void theme_source_read(
	struct theme_source *source, const char *file, const char *text, struct hv_text *problems);

#endif
