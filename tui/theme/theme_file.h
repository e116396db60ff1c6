/*
 * The text of theme files, as written: which tiers a role has, palette, glyphs. Nothing is resolved here; a file that
 * inherits is laid over the one it inherits from. The only user of inih.
 *
 *	[theme]     name, inherits, min_contrast, foreground and background (what "default" stands for)
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
#include "tui/theme/theme.h"

#define THEME_INHERIT_MAX 8

/* Where a value was written, for problems found later. */
struct theme_place {
	char *file;
	int line;
};

struct theme_entry {
	char *tiers[THEME_TIER_COUNT]; /* NULL: not given */
	struct theme_place place;
};

struct theme_palette_colour {
	char *name;
	int32_t colour;
};

struct theme_source {
	char *name;
	char *inherits;
	double min_contrast;
	int32_t foreground, background;
	struct theme_entry roles[ROLE_COUNT];
	struct theme_palette_colour *palette;
	size_t palette_count, palette_capacity;
	struct glyph_set glyphs;
};

void theme_source_init(struct theme_source *source);
void theme_source_clear(struct theme_source *source);
/** Lay `text` over what *source holds. `inherits` is replaced (NULL when the text has none). */
void theme_source_read(
	struct theme_source *source, const char *file, const char *text, struct hv_text *problems);

/** Append "file:line: [section] key: sentence\n" to *problems, which may be NULL. */
void theme_problem(struct hv_text *problems, const struct theme_place *place, const char *section,
	const char *key, const char *format, ...) HV_PRINTF(5, 6);

#endif
