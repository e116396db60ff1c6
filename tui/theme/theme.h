/*
 * A theme: how each role looks, in three tiers, and the signs of [glyphs].
 *
 * A theme always covers every role: what a file leaves out or gets wrong comes from its parent role (by dots, then
 * "text"), and a theme that cannot be read at all is the built-in default-dark. Knows no terminal: the depth is told.
 */
#ifndef HV_TUI_THEME_THEME_H
#define HV_TUI_THEME_THEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/base/text.h"
#include "tui/theme/glyph.h"
#include "tui/theme/role.h"

/* How many colours a terminal shows. */
enum theme_depth {
	THEME_DEPTH_MONO,
	THEME_DEPTH_8,
	THEME_DEPTH_16,
	THEME_DEPTH_256,
	THEME_DEPTH_RGB,
};

enum theme_attribute {
	THEME_BOLD = 1,
	THEME_DIM = 2,
	THEME_ITALIC = 4,
	THEME_UNDERLINE = 8,
	THEME_REVERSE = 16,
};

#define THEME_COLOUR_DEFAULT (-1)
#define THEME_RGB_FLAG 0x1000000 /* or-ed to 0xRRGGBB; without it: a number of the 256-colour palette */

struct theme_look {
	int32_t foreground; /* THEME_COLOUR_DEFAULT, 0 to 255, or THEME_RGB_FLAG | 0xRRGGBB */
	int32_t background;
	unsigned attributes; /* enum theme_attribute */
};

enum theme_tier { THEME_TIER_RICH, THEME_TIER_ANSI16, THEME_TIER_MONO, THEME_TIER_COUNT };

struct theme {
	char *name;
	bool overlay; /* made to be laid over others: it is no theme to be chosen alone */
	double min_contrast; /* promised for text, select and danger in the rich tier */
	int32_t foreground;  /* what "default" is taken to be when contrast is computed; RGB */
	int32_t background;
	struct theme_look looks[ROLE_COUNT][THEME_TIER_COUNT];
	struct glyph_set glyphs;
};

/**
 * Read the theme `name`: a file when it holds a '/', else NAME.ini in $XDG_CONFIG_HOME/hvtree/themes (default
 * ~/.config), then /etc/hvtree/themes, then the themes built in. NULL or "": default-dark. Never fails: each
 * problem is one line in *problems (may be NULL), with file, line, section and key, and costs one role at most; a
 * theme that is not there costs the theme.
 */
struct theme *theme_load(const char *name, struct hv_text *problems);
/** Same, with the looks that the theme `overlay` names (NULL: none) laid over it. Its name stays its own. */
struct theme *theme_load_over(const char *name, const char *overlay, struct hv_text *problems);
/** As theme_load(), from text; `file` stands in the problems. Inherited themes are searched as in theme_load();
 * an overlay that inherits nothing is shown over default-dark. */
struct theme *theme_parse(const char *file, const char *text, struct hv_text *problems);
void theme_free(struct theme *theme);

/** Names of the built-in themes, in the order in which they are cycled through; NULL after the last. */
const char *theme_builtin_name(size_t index);

/** The look of a role on a terminal of that depth: colours are ones that it has. */
struct theme_look theme_look(const struct theme *theme, enum role role, enum theme_depth depth);
/** COLORS of a terminal to a depth. */
enum theme_depth theme_depth_of_colours(int colours);
/** "default-light" when COLORFGBG (`colorfgbg`, may be NULL) tells of a light background, else "default-dark". */
const char *theme_guess(const char *colorfgbg);
/** "default-light" or "default-dark", whichever is made for a terminal with this background, 0xRRGGBB. */
const char *theme_for_background(uint32_t rgb);

/** WCAG contrast of the role's foreground on its background in the rich tier, 1 to 21. */
double theme_contrast(const struct theme *theme, enum role role);

#endif
