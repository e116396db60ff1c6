/* Which theme is shown: chosen by name, by T, or by the background of the terminal; and what is laid over it. */
#include <stdlib.h>
#include <string.h>

#include "tui/loop/loop_state.h"
#include "tui/theme/theme_search.h"

#define ANSWER_US (2 * HV_SECOND_US) /* how long the terminal may take to say its background */

static bool is_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Problems of themes are for reading, one message each. */
static void tell(struct loop *loop, struct hv_text *problems)
{
	char *rest = problems->bytes;
	char *line;
	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
		if (line[0] != '\0') {
			app_message(loop->app, true, line);
		}
	}
	hv_text_clear(problems);
}

/* Load what is wanted, and show it from the next frame on. */
static void show(struct loop *loop)
{
	struct hv_text problems = HV_TEXT_INIT;
	theme_free(loop->theme);
	loop->theme = theme_load_over(loop->theme_name, loop->overlay, &problems);
	tell(loop, &problems);
	screen_use_theme(loop->screen, loop->theme);
	if (loop->canvas != NULL) {
		loop->canvas->glyphs = &loop->theme->glyphs;
	}
	loop->draw_at_once = true;
}

static void use(struct loop *loop, const char *name)
{
	struct theme_text found;
	hv_replace_string(&loop->theme_name, name);
	show(loop);
	if (theme_find(name, &found)) {
		theme_text_clear(&found);
	} else { /* that has been told; from here on it is the one that is shown instead */
		hv_replace_string(&loop->theme_name, theme_builtin_name(0));
	}
}

static const char *wanted_overlay(const struct loop *loop)
{
	const char *overlay = app_overlay(loop->app);
	return overlay != NULL ? overlay : loop->standing_overlay;
}

static void choose(struct loop *loop, const char *name, bool ask)
{
	const char *colours = getenv("COLORFGBG");
	loop->theme_is_guessed = name == NULL || name[0] == '\0' || strcmp(name, "auto") == 0;
	use(loop, loop->theme_is_guessed ? theme_guess(colours) : name);
	if (loop->theme_is_guessed && ask && colours == NULL && screen_ask_background(loop->screen)) {
		loop->answer_until_us = hv_clock_monotonic_us(&loop->clock) + ANSWER_US;
	}
}

void loop_theme_start(struct loop *loop, const char *name, bool ask)
{
	hv_replace_string(&loop->overlay, wanted_overlay(loop));
	choose(loop, name, ask);
}

void loop_theme_choose(struct loop *loop, const char *name)
{
	choose(loop, name, true);
}

void loop_theme_next(struct loop *loop)
{
	struct theme_list list;
	theme_list_read(&list);
	loop->theme_is_guessed = false;
	use(loop, theme_list_next(&list, loop->theme_name));
	theme_list_clear(&list);
	app_theme_shown(loop->app, loop->theme_name);
	HV_CLEANUP_FREE char *text = hv_sprintf("theme: %s; F2 keeps it for the next time", loop->theme_name);
	app_message(loop->app, false, text);
}

void loop_theme_background(struct loop *loop, uint32_t rgb)
{
	loop_theme_stop_asking(loop);
	const char *name = theme_for_background(rgb);
	if (loop->theme_is_guessed && !is_same(loop->theme_name, name)) {
		use(loop, name);
	}
}

void loop_theme_stop_asking(struct loop *loop)
{
	loop->answer_until_us = 0;
	screen_stop_asking(loop->screen);
}

void loop_theme_follow(struct loop *loop)
{
	const char *overlay = wanted_overlay(loop);
	if (!is_same(loop->overlay, overlay)) {
		hv_replace_string(&loop->overlay, overlay);
		show(loop);
	}
}

void loop_theme_clear(struct loop *loop)
{
	theme_free(loop->theme);
	free(loop->theme_name);
	free(loop->overlay);
}
