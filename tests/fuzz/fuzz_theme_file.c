/* A theme file holds anything: a theme that covers every role comes out, and what is told of it can be shown. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "tests/fuzz/fuzz.h"
#include "tui/theme/theme.h"

static void check_colour(int32_t colour, int32_t end)
{
	if (colour < THEME_COLOUR_DEFAULT || colour >= end) {
		abort();
	}
}

static void check_theme(const struct theme *theme)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		struct theme_look look = theme_look(theme, (enum role)role, THEME_DEPTH_MONO);
		check_colour(look.foreground, 0);
		check_colour(look.background, 0);
		look = theme_look(theme, (enum role)role, THEME_DEPTH_8);
		check_colour(look.foreground, 8);
		check_colour(look.background, 8);
		look = theme_look(theme, (enum role)role, THEME_DEPTH_256);
		check_colour(look.foreground, 256);
		check_colour(look.background, 256);
		double contrast = theme_contrast(theme, (enum role)role);
		if (!(contrast >= 1.0 && contrast <= 21.01)) {
			abort();
		}
	}
	for (int id = 0; id < GLYPH_COUNT; id++) {
		if (strlen(glyph_of(&theme->glyphs, (enum glyph)id, true)) != 1) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *text = hv_strndup((const char *)bytes, length);
	struct hv_text problems = HV_TEXT_INIT;
	struct theme *theme = theme_parse("fuzz.ini", text, &problems);
	check_theme(theme);
	if (!hv_utf8_is_valid(hv_text_get(&problems), problems.length)) {
		abort();
	}
	hv_text_clear(&problems);
	theme_free(theme);
	free(text);
	return 0;
}
