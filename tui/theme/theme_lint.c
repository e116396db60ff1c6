#include "tui/theme/theme_lint.h"

#include "tui/theme/colour.h"

#define DECORATION_CONTRAST 2.5 /* lines and clocks: nobody acts on them */
#define DISTANCE_LEAST 8.0      /* of two colours that somebody has to tell apart, in percent of black to white */

static const enum role decoration[] = {ROLE_FRAME, ROLE_TREE_LINE, ROLE_LOG_TIME};

static const enum role pairs[][2] = {
	{ROLE_SELECT, ROLE_TEXT},
	{ROLE_SELECT, ROLE_SELECT_BLUR},
	{ROLE_BUTTON, ROLE_BUTTON_FOCUS},
	{ROLE_DANGER, ROLE_BUTTON},
	{ROLE_ERROR, ROLE_OK},
	{ROLE_HOST_UP, ROLE_HOST_DOWN},
	{ROLE_HOST_UP, ROLE_HOST_STALE},
	{ROLE_VM_RUNNING, ROLE_VM_CRITICAL},
	{ROLE_NOW, ROLE_SNAP},
	{ROLE_SNAP, ROLE_SNAP_UNTRACKED},
	{ROLE_BADGE, ROLE_BADGE_TRAIN},
	{ROLE_INPUT, ROLE_TEXT},
};

static const char *const depth_names[] = {
	[THEME_DEPTH_MONO] = "without colour",
	[THEME_DEPTH_8] = "in 8 colours",
	[THEME_DEPTH_16] = "in 16 colours",
	[THEME_DEPTH_256] = "in 256 colours",
	[THEME_DEPTH_RGB] = "in true colour",
};

static bool is_decoration(enum role role)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(decoration); i++) {
		if (decoration[i] == role) {
			return true;
		}
	}
	return false;
}

static size_t lint_contrast(const struct theme *theme, struct hv_text *faults)
{
	size_t count = 0;
	for (int role = 0; role < ROLE_COUNT; role++) {
		double least = theme->min_contrast;
		if (is_decoration((enum role)role) && least > DECORATION_CONTRAST) {
			least = DECORATION_CONTRAST;
		}
		double contrast = theme_contrast(theme, (enum role)role);
		if (contrast < least) {
			hv_text_printf(faults, "%s: %s has a contrast of %.1f; %.1f is the least\n",
				theme->name, role_name((enum role)role), contrast, least);
			count++;
		}
	}
	return count;
}

static bool same_look(struct theme_look a, struct theme_look b)
{
	return a.foreground == b.foreground && a.background == b.background && a.attributes == b.attributes;
}

static uint32_t rgb_of(int32_t colour, int32_t fallback)
{
	return colour_rgb(colour == THEME_COLOUR_DEFAULT ? fallback : colour);
}

/* Alike to somebody who sees no red and green: nothing but hue between them. */
static bool alike_without_red_and_green(const struct theme *theme, struct theme_look a, struct theme_look b)
{
	double text = colour_distance(colour_deuteranopia(rgb_of(a.foreground, theme->foreground)),
		colour_deuteranopia(rgb_of(b.foreground, theme->foreground)));
	double ground = colour_distance(colour_deuteranopia(rgb_of(a.background, theme->background)),
		colour_deuteranopia(rgb_of(b.background, theme->background)));
	return a.attributes == b.attributes && text < DISTANCE_LEAST && ground < DISTANCE_LEAST;
}

static size_t lint_pair(const struct theme *theme, enum role a, enum role b, struct hv_text *faults)
{
	for (int depth = THEME_DEPTH_MONO; depth <= THEME_DEPTH_RGB; depth++) {
		if (same_look(theme_look(theme, a, (enum theme_depth)depth),
			    theme_look(theme, b, (enum theme_depth)depth))) {
			hv_text_printf(faults, "%s: %s and %s look the same %s\n", theme->name, role_name(a),
				role_name(b), depth_names[depth]);
			return 1;
		}
	}
	if (alike_without_red_and_green(theme, theme_look(theme, a, THEME_DEPTH_RGB),
		    theme_look(theme, b, THEME_DEPTH_RGB))) {
		hv_text_printf(faults, "%s: %s and %s look alike to those who do not see red and green\n",
			theme->name, role_name(a), role_name(b));
		return 1;
	}
	return 0;
}

size_t theme_lint(const struct theme *theme, struct hv_text *faults)
{
	size_t count = lint_contrast(theme, faults);
	for (size_t i = 0; i < HV_ARRAY_LEN(pairs); i++) {
		count += lint_pair(theme, pairs[i][0], pairs[i][1], faults);
	}
	return count;
}
