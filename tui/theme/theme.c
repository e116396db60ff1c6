#include "tui/theme/theme.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/memory.h"
#include "tui/theme/colour.h"
#include "tui/theme/theme_file.h"
#include "tui/theme/theme_search.h"

static const struct {
	const char *name;
	unsigned attribute;
} attribute_names[] = {
	{"normal", 0},
	{"bold", THEME_BOLD},
	{"dim", THEME_DIM},
	{"italic", THEME_ITALIC},
	{"underline", THEME_UNDERLINE},
	{"reverse", THEME_REVERSE},
	{"rev", THEME_REVERSE},
};

static const struct theme_look plain_look = {THEME_COLOUR_DEFAULT, THEME_COLOUR_DEFAULT, 0};

static bool parse_attribute(const char *text, unsigned *attributes)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(attribute_names); i++) {
		if (strcasecmp(text, attribute_names[i].name) == 0) {
			*attributes |= attribute_names[i].attribute;
			return true;
		}
	}
	return false;
}

static bool find_colour(const struct theme_source *source, const char *text, int32_t *ret_colour)
{
	for (size_t i = 0; i < source->palette_count; i++) {
		if (strcmp(source->palette[i].name, text) == 0) {
			*ret_colour = source->palette[i].colour;
			return true;
		}
	}
	return colour_parse(text, ret_colour);
}

/* fg[/bg] */
static bool parse_colours(const struct theme_source *source, char *text, struct theme_look *look)
{
	char *slash = strchr(text, '/');
	if (slash != NULL) {
		*slash = '\0';
		if (!find_colour(source, slash + 1, &look->background)) {
			return false;
		}
	}
	return find_colour(source, text, &look->foreground);
}

/* fg[/bg][+attribute...], or attributes alone. Writes *ret_look only when all of it is understood. */
static bool parse_look(
	const struct theme_source *source, const char *text, struct theme_look *ret_look)
{
	struct theme_look look = plain_look;
	HV_CLEANUP_FREE char *copy = hv_strdup(text);
	char *rest = copy;
	char *part = strsep(&rest, "+");
	if (!parse_attribute(part, &look.attributes) && !parse_colours(source, part, &look)) {
		return false;
	}
	while ((part = strsep(&rest, "+")) != NULL) {
		if (!parse_attribute(part, &look.attributes)) {
			return false;
		}
	}
	*ret_look = look;
	return true;
}

/* The role that stands for this one: its name without the last part, else "text". */
static enum role parent_role(enum role role)
{
	const char *name = role_name(role);
	const char *dot = strrchr(name, '.');
	for (int i = 0; dot != NULL && i < (int)role; i++) {
		const char *other = role_name((enum role)i);
		if (strlen(other) == (size_t)(dot - name) &&
			strncmp(other, name, (size_t)(dot - name)) == 0) {
			return (enum role)i;
		}
	}
	return ROLE_TEXT;
}

static bool resolve_tier(const struct theme_source *source, enum role role, enum theme_tier tier,
	struct theme_look *ret_look, struct hv_text *problems)
{
	const struct theme_entry *entry = &source->roles[role];
	const char *text = entry->tiers[tier];
	if (text == NULL) {
		return false;
	}
	struct theme_look look;
	if (!parse_look(source, text, &look)) {
		ini_problem(problems, &entry->place, "roles", role_name(role),
			"'%s' is no look; write "
			"colour[/colour][+bold+dim+italic+underline+reverse]",
			text);
		return false;
	}
	if (tier == THEME_TIER_MONO && (look.foreground != THEME_COLOUR_DEFAULT ||
					       look.background != THEME_COLOUR_DEFAULT)) {
		ini_problem(problems, &entry->place, "roles", role_name(role),
			"'%s': the third look is for terminals without colour, attributes only",
			text);
		return false;
	}
	*ret_look = look;
	return true;
}

/* Parents come before their children in the table of roles, so they are resolved already. */
static void resolve_role(struct theme *theme, const struct theme_source *source, enum role role,
	struct hv_text *problems)
{
	struct theme_look *looks = theme->looks[role];
	enum role parent = parent_role(role);
	for (int tier = 0; tier < THEME_TIER_COUNT; tier++) {
		looks[tier] = role == ROLE_TEXT ? plain_look : theme->looks[parent][tier];
	}
	bool rich = resolve_tier(source, role, THEME_TIER_RICH, &looks[THEME_TIER_RICH], problems);
	bool ansi =
		resolve_tier(source, role, THEME_TIER_ANSI16, &looks[THEME_TIER_ANSI16], problems);
	resolve_tier(source, role, THEME_TIER_MONO, &looks[THEME_TIER_MONO], problems);
	struct theme_look *ansi_look = &looks[THEME_TIER_ANSI16];
	if (rich && !ansi) {
		*ansi_look = looks[THEME_TIER_RICH];
	}
	ansi_look->foreground = colour_to_16(ansi_look->foreground);
	ansi_look->background = colour_to_16(ansi_look->background);
}

static struct theme *resolve(
	const struct theme_source *source, const char *name, struct hv_text *problems)
{
	struct theme *theme = hv_alloc(sizeof *theme);
	theme->name = hv_strdup(source->name ? source->name : name);
	theme->overlay = source->overlay;
	theme->min_contrast = source->min_contrast;
	theme->foreground = source->foreground;
	theme->background = source->background;
	theme->glyphs = source->glyphs;
	for (int role = 0; role < ROLE_COUNT; role++) {
		resolve_role(theme, source, (enum role)role, problems);
	}
	return theme;
}

/* Lay the inherited themes, the most distant first, then `text`, into *source. */
static void read_with_parents(struct theme_source *source, const char *file, const char *text,
	int depth, struct hv_text *problems)
{
	struct theme_source own;
	theme_source_init(&own);
	theme_source_read(&own, file, text, NULL);
	if (own.overlay && own.inherits == NULL) {
		own.inherits = hv_strdup(theme_builtin_name(0));
	}
	const struct ini_place place = {.file = own.inherits, .line = 0};
	if (own.inherits != NULL) {
		struct theme_text parent;
		if (depth >= THEME_INHERIT_MAX) {
			ini_problem(problems, &place, "theme", "inherits",
				"themes inherit in a circle");
		} else if (strchr(own.inherits, '/') != NULL ||
			   !theme_find(own.inherits, &parent)) {
			ini_problem(problems, &place, "theme", "inherits",
				"no such theme, for '%s'", file);
		} else {
			read_with_parents(source, parent.file, parent.text, depth + 1, problems);
			theme_text_clear(&parent);
		}
	}
	theme_source_clear(&own);
	theme_source_read(source, file, text, problems);
}

struct theme *theme_parse(const char *file, const char *text, struct hv_text *problems)
{
	struct theme_source source;
	theme_source_init(&source);
	read_with_parents(&source, file, text, 0, problems);
	struct theme *theme = resolve(&source, file, problems);
	theme_source_clear(&source);
	return theme;
}

static void say_missing(struct hv_text *problems, const char *name, const char *instead)
{
	const struct ini_place place = {.file = hv_strdup(name), .line = 0};
	ini_problem(problems, &place, NULL, NULL, "no such theme; %s", instead);
	free(place.file);
}

static void find_or_default(const char *name, struct theme_text *ret_found, struct hv_text *problems)
{
	const char *first = theme_builtin_name(0);
	if (name == NULL || name[0] == '\0') {
		name = first;
	}
	if (theme_find(name, ret_found)) {
		return;
	}
	HV_CLEANUP_FREE char *instead = hv_sprintf("'%s' is used", first);
	say_missing(problems, name, instead);
	if (!theme_find_builtin(first, ret_found)) {
		abort(); /* the build embeds it */
	}
}

/* Only looks and signs: name and promises stay those of the theme beneath. */
static void lay_over(struct theme_source *source, const char *overlay, struct hv_text *problems)
{
	struct theme_text found;
	if (!theme_find(overlay, &found)) {
		say_missing(problems, overlay, "nothing is laid over");
		return;
	}
	char *name = source->name;
	double min_contrast = source->min_contrast;
	source->name = NULL;
	theme_source_read(source, found.file, found.text, problems);
	hv_replace_string(&source->name, NULL);
	source->name = name;
	source->min_contrast = min_contrast;
	source->overlay = false;
	theme_text_clear(&found);
}

struct theme *theme_load_over(const char *name, const char *overlay, struct hv_text *problems)
{
	struct theme_text found;
	struct theme_source source;
	find_or_default(name, &found, problems);
	theme_source_init(&source);
	read_with_parents(&source, found.file, found.text, 0, problems);
	if (overlay != NULL && overlay[0] != '\0') {
		lay_over(&source, overlay, problems);
	}
	struct theme *theme = resolve(&source, found.file, problems);
	theme_source_clear(&source);
	theme_text_clear(&found);
	return theme;
}

struct theme *theme_load(const char *name, struct hv_text *problems)
{
	return theme_load_over(name, NULL, problems);
}

void theme_free(struct theme *theme)
{
	if (theme == NULL) {
		return;
	}
	free(theme->name);
	free(theme);
}

/* Eight colours show a bright one as bold. */
static struct theme_look look_of_8(struct theme_look look)
{
	if (look.foreground >= 8) {
		look.foreground -= 8;
		look.attributes |= THEME_BOLD;
	}
	if (look.background >= 8) {
		look.background -= 8;
	}
	return look;
}

struct theme_look theme_look(const struct theme *theme, enum role role, enum theme_depth depth)
{
	const struct theme_look *looks = theme->looks[role];
	struct theme_look look = looks[THEME_TIER_RICH];
	switch (depth) {
	case THEME_DEPTH_MONO:
		return looks[THEME_TIER_MONO];
	case THEME_DEPTH_8:
		return look_of_8(looks[THEME_TIER_ANSI16]);
	case THEME_DEPTH_16:
		return looks[THEME_TIER_ANSI16];
	case THEME_DEPTH_256:
		look.foreground = colour_to_256(look.foreground);
		look.background = colour_to_256(look.background);
		return look;
	case THEME_DEPTH_RGB:
		return look;
	}
	return look;
}

enum theme_depth theme_depth_of_colours(int colours)
{
	if (colours >= 0x1000000) {
		return THEME_DEPTH_RGB;
	}
	if (colours >= 256) {
		return THEME_DEPTH_256;
	}
	if (colours >= 16) {
		return THEME_DEPTH_16;
	}
	return colours >= 8 ? THEME_DEPTH_8 : THEME_DEPTH_MONO;
}

const char *theme_guess(const char *colorfgbg)
{
	const char *last = colorfgbg ? strrchr(colorfgbg, ';') : NULL;
	bool light = last != NULL && (strcmp(last, ";7") == 0 || strcmp(last, ";15") == 0);
	return light ? "default-light" : "default-dark";
}

const char *theme_for_background(uint32_t rgb)
{
	return colour_contrast(rgb, 0x000000) > colour_contrast(rgb, 0xFFFFFF) ? "default-light" : "default-dark";
}

double theme_contrast(const struct theme *theme, enum role role)
{
	struct theme_look look = theme->looks[role][THEME_TIER_RICH];
	int32_t foreground =
		look.foreground == THEME_COLOUR_DEFAULT ? theme->foreground : look.foreground;
	int32_t background =
		look.background == THEME_COLOUR_DEFAULT ? theme->background : look.background;
	return colour_contrast(colour_rgb(foreground), colour_rgb(background));
}
