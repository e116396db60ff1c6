/* Themes (U5): what files may say, what is made of mistakes, and that every shipped theme is whole and readable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tui/theme/colour.h"
#include "tui/theme/theme.h"
#include "tui/theme/theme_file.h"
#include "tui/theme/theme_lint.h"
#include "tui/theme/theme_search.h"

#define RGB(value) (THEME_RGB_FLAG | (value))

static struct theme *parse(const char *text, struct hv_text *problems)
{
	return theme_parse("test.ini", text, problems);
}

static void test_theme__every_shipped_theme_is_read_without_a_problem__U5(void **state)
{
	(void)state;
	size_t count = 0;
	for (; theme_builtin_name(count) != NULL; count++) {
		struct hv_text problems = HV_TEXT_INIT;
		struct theme *theme = theme_load(theme_builtin_name(count), &problems);
		assert_string_equal(hv_text_get(&problems), "");
		assert_string_equal(theme->name, theme_builtin_name(count));
		hv_text_clear(&problems);
		theme_free(theme);
	}
	assert_true(count >= 3);
}

static void test_theme__shipped_themes_name_every_role_themselves_or_by_inheritance__U5(void **state)
{
	(void)state;
	for (size_t i = 0; theme_builtin_name(i) != NULL; i++) {
		struct theme_source source;
		struct theme_text text;
		theme_source_init(&source);
		assert_true(theme_find_builtin(theme_builtin_name(i), &text));
		theme_source_read(&source, text.file, text.text, NULL);
		for (int role = 0; role < ROLE_COUNT && source.inherits == NULL && !source.overlay; role++) {
			for (int tier = 0; tier < THEME_TIER_COUNT; tier++) {
				if (source.roles[role].tiers[tier] == NULL) {
					fail_msg("%s: %s has no look %d", text.file, role_name((enum role)role), tier + 1);
				}
			}
		}
		theme_text_clear(&text);
		theme_source_clear(&source);
	}
}

static void assert_no_fault(struct theme *theme)
{
	struct hv_text faults = HV_TEXT_INIT;
	size_t count = theme_lint(theme, &faults);
	assert_string_equal(hv_text_get(&faults), "");
	assert_int_equal(count, 0);
	hv_text_clear(&faults);
	theme_free(theme);
}

static void test_theme__shipped_themes_keep_the_contrast_they_promise_and_tell_apart_what_must_be__U5(void **state)
{
	(void)state;
	struct hv_text faults = HV_TEXT_INIT;
	for (size_t i = 0; theme_builtin_name(i) != NULL; i++) {
		struct theme *theme = theme_load(theme_builtin_name(i), NULL);
		(void)theme_lint(theme, &faults);
		theme_free(theme);
	}
	assert_string_equal(hv_text_get(&faults), "");
}

static void test_theme__shipped_overlays_are_readable_over_every_shipped_theme__U5(void **state)
{
	(void)state;
	static const char *const overlays[] = {"prod-red", "training"};
	for (size_t i = 0; theme_builtin_name(i) != NULL; i++) {
		for (size_t k = 0; k < HV_ARRAY_LEN(overlays); k++) {
			struct hv_text problems = HV_TEXT_INIT;
			struct theme *theme = theme_load_over(theme_builtin_name(i), overlays[k], &problems);
			assert_string_equal(hv_text_get(&problems), "");
			assert_string_equal(theme->name, theme_builtin_name(i));
			struct theme *plain = theme_load(overlays[k], NULL);
			assert_true(plain->overlay);
			assert_int_equal(theme_look(theme, ROLE_TITLE, THEME_DEPTH_RGB).background,
				theme_look(plain, ROLE_TITLE, THEME_DEPTH_RGB).background);
			theme_free(plain);
			assert_no_fault(theme);
		}
	}
}

static void test_theme__an_overlay_that_is_not_there_is_told_and_nothing_is_laid_over(void **state)
{
	(void)state;
	struct hv_text problems = HV_TEXT_INIT;
	struct theme *theme = theme_load_over("mono", "nowhere", &problems);
	assert_string_equal(hv_text_get(&problems), "nowhere:0: no such theme; nothing is laid over\n");
	assert_string_equal(theme->name, "mono");
	hv_text_clear(&problems);
	theme_free(theme);
}

static void test_theme__the_lint_finds_faint_text_equal_looks_and_red_beside_green(void **state)
{
	(void)state;
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{"[theme]\nname = t\ninherits = default-dark\n[roles]\nwarn = #303030 , yellow , bold\n",
			"t: warn has a contrast of 1.3; 4.5 is the least\n"},
		{"[theme]\nname = t\ninherits = default-dark\n[roles]\nselect = #ffffff/#333333 , default , reverse\n",
			"t: select and text look the same in 8 colours\n"},
		{"[theme]\nname = t\ninherits = default-dark\n[roles]\nok = #7fa800 , cyan , normal\n"
		 "err = #d89000 , bright-red , bold\n",
			"t: err and ok look alike to those who do not see red and green\n"},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct hv_text faults = HV_TEXT_INIT;
		struct theme *theme = parse(cases[i].text, NULL);
		assert_int_equal(theme_lint(theme, &faults), 1);
		assert_string_equal(hv_text_get(&faults), cases[i].fault);
		hv_text_clear(&faults);
		theme_free(theme);
	}
}

static void test_theme__the_list_has_every_theme_once_and_goes_round_without_overlays__U5(void **state)
{
	(void)state;
	struct theme_list list;
	theme_list_read(&list);
	const char *name = theme_builtin_name(0);
	size_t steps = 0;
	do {
		name = theme_list_next(&list, name);
		assert_string_not_equal(name, "prod-red");
		assert_string_not_equal(name, "training");
		steps++;
	} while (strcmp(name, theme_builtin_name(0)) != 0 && steps < 100);
	assert_true(steps >= 9 && steps < 100);
	assert_string_equal(theme_list_next(&list, "nowhere"), theme_builtin_name(0));
	theme_list_clear(&list);
}

static bool same_look(struct theme_look a, struct theme_look b)
{
	return a.foreground == b.foreground && a.background == b.background && a.attributes == b.attributes;
}

static void test_theme__a_bar_is_a_background_colour_and_never_reverse_where_there_is_colour(void **state)
{
	(void)state;
	for (size_t i = 0; theme_builtin_name(i) != NULL; i++) {
		struct theme *theme = theme_load(theme_builtin_name(i), NULL);
		bool is_mono = strcmp(theme->name, "mono") == 0;
		for (int depth = THEME_DEPTH_8; depth <= THEME_DEPTH_RGB && !is_mono; depth++) {
			struct theme_look look = theme_look(theme, ROLE_SELECT, (enum theme_depth)depth);
			assert_int_equal(look.attributes & THEME_REVERSE, 0);
			assert_int_not_equal(look.background, THEME_COLOUR_DEFAULT);
		}
		theme_free(theme);
	}
}

static void test_theme__three_looks_go_to_the_terminals_they_are_for(void **state)
{
	(void)state;
	struct hv_text problems = HV_TEXT_INIT;
	struct theme *theme = parse(
		"[palette]\nsea = #5fafff\n[roles]\nnow = sea/default+bold , bright-cyan/blue , bold+reverse\n", &problems);
	assert_string_equal(hv_text_get(&problems), "");
	struct theme_look look = theme_look(theme, ROLE_NOW, THEME_DEPTH_RGB);
	assert_int_equal(look.foreground, RGB(0x5FAFFF));
	assert_int_equal(look.background, THEME_COLOUR_DEFAULT);
	assert_int_equal(look.attributes, THEME_BOLD);
	assert_int_equal(theme_look(theme, ROLE_NOW, THEME_DEPTH_256).foreground, 75);
	look = theme_look(theme, ROLE_NOW, THEME_DEPTH_16);
	assert_int_equal(look.foreground, 14);
	assert_int_equal(look.background, 4);
	assert_int_equal(look.attributes, 0);
	look = theme_look(theme, ROLE_NOW, THEME_DEPTH_8);
	assert_int_equal(look.foreground, 6);
	assert_int_equal(look.attributes, THEME_BOLD);
	look = theme_look(theme, ROLE_NOW, THEME_DEPTH_MONO);
	assert_int_equal(look.foreground, THEME_COLOUR_DEFAULT);
	assert_int_equal(look.attributes, THEME_BOLD | THEME_REVERSE);
	theme_free(theme);
}

static void test_theme__a_missing_look_is_made_from_the_rich_one_or_taken_from_the_parent(void **state)
{
	(void)state;
	struct theme *theme = parse("[roles]\ntext = #ffffff/#000000\nselect = black/cyan, black/cyan, reverse\n"
				    "select.blur = #0000ee\n",
		NULL);
	assert_int_equal(theme_look(theme, ROLE_TEXT, THEME_DEPTH_16).foreground, 15);
	assert_int_equal(theme_look(theme, ROLE_TEXT, THEME_DEPTH_16).background, 0);
	assert_int_equal(theme_look(theme, ROLE_SELECT_BLUR, THEME_DEPTH_16).foreground, 4);
	assert_int_equal(theme_look(theme, ROLE_SELECT_BLUR, THEME_DEPTH_MONO).attributes, THEME_REVERSE);
	assert_int_equal(theme_look(theme, ROLE_VM_RUNNING, THEME_DEPTH_RGB).foreground, RGB(0xFFFFFF));
	theme_free(theme);
}

static void test_theme__mistakes_name_file_line_section_and_key_and_cost_one_role(void **state)
{
	(void)state;
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{"[roles]\nvm.runing = red\n", "test.ini:2: [roles] vm.runing: no such role\n"},
		{"[roles]\n\n  now = seaweed\n",
			"test.ini:3: [roles] now: 'seaweed' is no look; write "
			"colour[/colour][+bold+dim+italic+underline+reverse]\n"},
		{"[roles]\nnow = red, red, red\n",
			"test.ini:2: [roles] now: 'red': the third look is for terminals without colour, attributes only\n"},
		{"[roles]\nnow = red, red, bold, dim\n",
			"test.ini:2: [roles] now: more than three looks; a role is rich , ansi16 , mono\n"},
		{"[palette]\nred = #123456\n",
			"test.ini:2: [palette] red: this name is a colour already; choose another one\n"},
		{"[palette]\nink = #12345\n", "test.ini:2: [palette] ink: '#12345' is no colour; write #rrggbb, 0 to 255, "
					      "or a name such as red or bright-red\n"},
		{"[theme]\nauthor = me\n", "test.ini:2: [theme] author: no such key; there are name, inherits, overlay, min_contrast, "
					   "foreground and background\n"},
		{"[theme]\nmin_contrast = nan\n",
			"test.ini:2: [theme] min_contrast: 'nan' is no contrast; write a number from 1 to 21\n"},
		{"[colours]\nnow = red\n", "test.ini:2: now: is in no section that themes have: [theme], [palette], "
					   "[roles], [glyphs]\n"},
		{"[roles\nnow = red\n", "test.ini:1: a section needs a closing ']'\n"
					"test.ini:2: now: is in no section that themes have: [theme], [palette], [roles], "
					"[glyphs]\n"},
		{"now\n", "test.ini:1: neither a section nor key = value\n"},
		{"[glyphs]\nnwo = ◆ *\n", "test.ini:2: [glyphs] nwo: no such glyph\n"},
		{"[glyphs]\nnow = ◆◆ *\n",
			"test.ini:2: [glyphs] now: '◆◆ *' is not a character of one cell, a blank, and an ASCII character\n"},
		{"[glyphs]\nnow = 中 *\n",
			"test.ini:2: [glyphs] now: '中 *' is not a character of one cell, a blank, and an ASCII character\n"},
		{"[theme]\ninherits = nowhere\n", "nowhere:0: [theme] inherits: no such theme, for 'test.ini'\n"},
		{"[roles]\nnow = \033[31m\n",
			"test.ini:2: [roles] now: '\xEF\xBF\xBD[31m' is no look; write "
			"colour[/colour][+bold+dim+italic+underline+reverse]\n"},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct hv_text problems = HV_TEXT_INIT;
		struct theme *theme = parse(cases[i].text, &problems);
		assert_string_equal(hv_text_get(&problems), cases[i].problem);
		assert_true(same_look(theme_look(theme, ROLE_OK, THEME_DEPTH_RGB),
			theme_look(theme, ROLE_TEXT, THEME_DEPTH_RGB)));
		hv_text_clear(&problems);
		theme_free(theme);
	}
}

static void test_theme__a_line_that_is_too_long_is_told_and_left_out(void **state)
{
	(void)state;
	struct hv_text problems = HV_TEXT_INIT;
	char text[1000];
	snprintf(text, sizeof text, "[roles]\nnow = red%0*d\nok = red\n", 600, 0);
	struct theme *theme = parse(text, &problems);
	assert_string_equal(hv_text_get(&problems), "test.ini:2: line too long, it is left out\n");
	assert_int_equal(theme_look(theme, ROLE_OK, THEME_DEPTH_RGB).foreground, 1);
	assert_int_equal(theme_look(theme, ROLE_NOW, THEME_DEPTH_RGB).foreground, THEME_COLOUR_DEFAULT);
	hv_text_clear(&problems);
	theme_free(theme);
}

static void test_theme__an_inheriting_theme_changes_only_what_it_names(void **state)
{
	(void)state;
	struct hv_text problems = HV_TEXT_INIT;
	struct theme *parent = theme_load("default-dark", NULL);
	struct theme *theme = parse("[theme]\ninherits = default-dark\nname = harbour\n[palette]\nsea = #010203\n"
				    "[roles]\nok = bright-red, red, bold\n[glyphs]\nnow = ★ @\n",
		&problems);
	assert_string_equal(hv_text_get(&problems), "");
	assert_string_equal(theme->name, "harbour");
	assert_int_equal(theme_look(theme, ROLE_OK, THEME_DEPTH_RGB).foreground, 9);
	assert_int_equal(theme_look(theme, ROLE_VM_RUNNING, THEME_DEPTH_RGB).foreground, RGB(0x010203));
	assert_true(same_look(
		theme_look(theme, ROLE_DANGER, THEME_DEPTH_RGB), theme_look(parent, ROLE_DANGER, THEME_DEPTH_RGB)));
	assert_string_equal(glyph_of(&theme->glyphs, GLYPH_NOW, false), "★");
	assert_string_equal(glyph_of(&theme->glyphs, GLYPH_NOW, true), "@");
	assert_string_equal(glyph_of(&theme->glyphs, GLYPH_SNAPSHOT, false), glyph(GLYPH_SNAPSHOT, false));
	theme_free(theme);
	theme_free(parent);
}

static void test_theme__a_user_file_shadows_a_shipped_theme_and_may_not_inherit_in_a_circle(void **state)
{
	(void)state;
	char folder[] = "/tmp/hvtree-theme-XXXXXX";
	assert_non_null(mkdtemp(folder));
	char path[200];
	snprintf(path, sizeof path, "%s/hvtree", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/hvtree/themes", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/hvtree/themes/mono.ini", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("[theme]\nname = mine\ninherits = mono\n", file);
	fclose(file);
	setenv("XDG_CONFIG_HOME", folder, 1);
	struct hv_text problems = HV_TEXT_INIT;
	struct theme *theme = theme_load("mono", &problems);
	unsetenv("XDG_CONFIG_HOME");
	assert_string_equal(theme->name, "mine");
	assert_string_equal(hv_text_get(&problems), "mono:0: [theme] inherits: themes inherit in a circle\n");
	hv_text_clear(&problems);
	theme_free(theme);
	unlink(path);
	snprintf(path, sizeof path, "%s/hvtree/themes", folder);
	rmdir(path);
	snprintf(path, sizeof path, "%s/hvtree", folder);
	rmdir(path);
	rmdir(folder);
}

static void test_theme__one_that_is_not_there_is_told_and_the_default_is_used(void **state)
{
	(void)state;
	struct hv_text problems = HV_TEXT_INIT;
	struct theme *theme = theme_load("nope", &problems);
	assert_string_equal(theme->name, "default-dark");
	assert_string_equal(hv_text_get(&problems), "nope:0: no such theme; 'default-dark' is used\n");
	hv_text_clear(&problems);
	theme_free(theme);
	theme = theme_load(NULL, &problems);
	assert_string_equal(theme->name, "default-dark");
	assert_string_equal(hv_text_get(&problems), "");
	theme_free(theme);
}

static void test_theme__the_background_of_the_terminal_is_guessed_from_colorfgbg(void **state)
{
	(void)state;
	assert_string_equal(theme_guess("0;15"), "default-light");
	assert_string_equal(theme_guess("0;default;7"), "default-light");
	assert_string_equal(theme_guess("15;0"), "default-dark");
	assert_string_equal(theme_guess("nonsense"), "default-dark");
	assert_string_equal(theme_guess(NULL), "default-dark");
	assert_string_equal(theme_for_background(0xFFFFFF), "default-light");
	assert_string_equal(theme_for_background(0xFDF6E3), "default-light");
	assert_string_equal(theme_for_background(0x002B36), "default-dark");
	assert_string_equal(theme_for_background(0x300A24), "default-dark");
}

static void test_colour__is_brought_to_the_nearest_that_a_terminal_has(void **state)
{
	(void)state;
	assert_int_equal(colour_to_256(RGB(0x5FAFFF)), 75);
	assert_int_equal(colour_to_256(RGB(0x121212)), 233);
	assert_int_equal(colour_to_256(THEME_COLOUR_DEFAULT), THEME_COLOUR_DEFAULT);
	assert_int_equal(colour_to_256(3), 3);
	assert_int_equal(colour_to_16(RGB(0x000001)), 0);
	assert_int_equal(colour_to_16(196), 9);
	assert_int_equal(colour_to_16(7), 7);
	assert_int_equal(theme_depth_of_colours(-1), THEME_DEPTH_MONO);
	assert_int_equal(theme_depth_of_colours(8), THEME_DEPTH_8);
	assert_int_equal(theme_depth_of_colours(88), THEME_DEPTH_16);
	assert_int_equal(theme_depth_of_colours(256), THEME_DEPTH_256);
	assert_int_equal(theme_depth_of_colours(0x1000000), THEME_DEPTH_RGB);
	assert_true(fabs(colour_contrast(0x000000, 0xFFFFFF) - 21.0) < 0.01);
	assert_true(fabs(colour_contrast(0x777777, 0x777777) - 1.0) < 0.01);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_theme__every_shipped_theme_is_read_without_a_problem__U5),
		cmocka_unit_test(test_theme__shipped_themes_name_every_role_themselves_or_by_inheritance__U5),
		cmocka_unit_test(
			test_theme__shipped_themes_keep_the_contrast_they_promise_and_tell_apart_what_must_be__U5),
		cmocka_unit_test(test_theme__shipped_overlays_are_readable_over_every_shipped_theme__U5),
		cmocka_unit_test(test_theme__an_overlay_that_is_not_there_is_told_and_nothing_is_laid_over),
		cmocka_unit_test(test_theme__the_lint_finds_faint_text_equal_looks_and_red_beside_green),
		cmocka_unit_test(test_theme__the_list_has_every_theme_once_and_goes_round_without_overlays__U5),
		cmocka_unit_test(test_theme__a_bar_is_a_background_colour_and_never_reverse_where_there_is_colour),
		cmocka_unit_test(test_theme__three_looks_go_to_the_terminals_they_are_for),
		cmocka_unit_test(test_theme__a_missing_look_is_made_from_the_rich_one_or_taken_from_the_parent),
		cmocka_unit_test(test_theme__mistakes_name_file_line_section_and_key_and_cost_one_role),
		cmocka_unit_test(test_theme__a_line_that_is_too_long_is_told_and_left_out),
		cmocka_unit_test(test_theme__an_inheriting_theme_changes_only_what_it_names),
		cmocka_unit_test(test_theme__a_user_file_shadows_a_shipped_theme_and_may_not_inherit_in_a_circle),
		cmocka_unit_test(test_theme__one_that_is_not_there_is_told_and_the_default_is_used),
		cmocka_unit_test(test_theme__the_background_of_the_terminal_is_guessed_from_colorfgbg),
		cmocka_unit_test(test_colour__is_brought_to_the_nearest_that_a_terminal_has),
	};
	return cmocka_run_group_tests_name("tui/theme", tests, NULL, NULL) ? 1 : 0;
}
