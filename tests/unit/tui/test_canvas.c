/* The canvas: clipping, cutting, wide and combining characters, ASCII, and the dump that golden screens are made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tui/canvas/canvas.h"

/* What a row shows, trailing blanks included. */
static void assert_row(struct canvas *canvas, int y, const char *expected)
{
	struct hv_text row = HV_TEXT_INIT;
	int width = 0;
	for (int x = 0; x < canvas->width; x++) {
		struct canvas_cell *cell = canvas_at(canvas, x, y);
		hv_text_puts(&row, cell->text);
		width += cell->width;
	}
	assert_string_equal(hv_text_get(&row), expected);
	assert_int_equal(width, canvas->width);
	hv_text_clear(&row);
}

static void test_canvas__text_is_clipped_on_every_side(void **state)
{
	(void)state;
	struct canvas *canvas = canvas_new(6, 2, false);
	assert_int_equal(canvas_text(canvas, -2, 0, 99, ROLE_TEXT, "abcd"), 4);
	assert_row(canvas, 0, "cd    ");
	assert_int_equal(canvas_text(canvas, 6, 0, 99, ROLE_TEXT, "x"), 0);
	assert_int_equal(canvas_text(canvas, 0, -1, 99, ROLE_TEXT, "x"), 0);
	assert_int_equal(canvas_text(canvas, 0, 2, 99, ROLE_TEXT, "x"), 0);
	assert_int_equal(canvas_text(canvas, 0, 1, 0, ROLE_TEXT, "x"), 0);
	assert_int_equal(canvas_text(canvas, 0, 1, -5, ROLE_TEXT, "x"), 0);
	assert_int_equal(canvas_text(canvas, -100, 1, 5, ROLE_TEXT, "x"), 1);
	assert_row(canvas, 1, "      ");
	canvas_free(canvas);
}

static void test_canvas__text_that_does_not_fit_ends_with_an_ellipsis(void **state)
{
	(void)state;
	struct canvas *canvas = canvas_new(8, 1, false);
	assert_int_equal(canvas_text(canvas, 0, 0, 5, ROLE_TEXT, "abcde"), 5);
	assert_row(canvas, 0, "abcde   ");
	assert_int_equal(canvas_text(canvas, 0, 0, 5, ROLE_TEXT, "abcdef"), 5);
	assert_row(canvas, 0, "abcd…   ");
	assert_int_equal(canvas_text(canvas, 4, 0, 99, ROLE_TEXT, "uvwxyz"), 4);
	assert_row(canvas, 0, "abcduvw…");
	assert_int_equal(canvas_text(canvas, 0, 0, 1, ROLE_TEXT, "zz"), 1);
	assert_row(canvas, 0, "…bcduvw…");
	canvas_free(canvas);
}

static void test_canvas__wide_characters_are_never_split(void **state)
{
	(void)state;
	struct canvas *canvas = canvas_new(5, 1, false);
	assert_int_equal(canvas_text(canvas, 0, 0, 5, ROLE_TEXT, "日本"), 4);
	assert_row(canvas, 0, "日本 ");
	assert_int_equal(canvas_text(canvas, 0, 0, 5, ROLE_TEXT, "日本語"), 5);
	assert_row(canvas, 0, "日本…");
	assert_int_equal(canvas_text(canvas, 0, 0, 4, ROLE_TEXT, "a日本"), 4);
	assert_row(canvas, 0, "a日……");
	canvas_text(canvas, 2, 0, 1, ROLE_TEXT, "x"); /* covers the right half of the character */
	assert_row(canvas, 0, "a x……");
	canvas_erase(canvas);
	canvas_text(canvas, -1, 0, 5, ROLE_TEXT, "日本");
	assert_row(canvas, 0, " 本  ");
	canvas_fill(canvas, (struct canvas_rect){1, 0, 1, 1}, '#', ROLE_TEXT);
	assert_row(canvas, 0, " #   ");
	canvas_free(canvas);
}

static void test_canvas__combining_marks_join_their_character_and_two_at_most_fit(void **state)
{
	(void)state;
	struct canvas *canvas = canvas_new(4, 1, false);
	assert_int_equal(canvas_text(canvas, 0, 0, 4, ROLE_TEXT, "e\xCC\x81x"), 2);
	assert_string_equal(canvas_at(canvas, 0, 0)->text, "e\xCC\x81");
	canvas_text(canvas, 1, 0, 3, ROLE_TEXT, "\xCC\x81z"); /* a leading mark must not change the cell before */
	assert_string_equal(canvas_at(canvas, 0, 0)->text, "e\xCC\x81");
	assert_string_equal(canvas_at(canvas, 1, 0)->text, "z");
	char zalgo[200] = "q";
	for (int i = 0; i < 60; i++) {
		strcat(zalgo, "\xCC\x81");
	}
	assert_int_equal(canvas_text(canvas, 0, 0, 4, ROLE_TEXT, zalgo), 1);
	assert_true(strlen(canvas_at(canvas, 0, 0)->text) <= CANVAS_CELL_BYTES);
	assert_int_equal(canvas_text(canvas, 0, 0, 4, ROLE_TEXT, "日\xCC\x81"), 2);
	assert_string_equal(canvas_at(canvas, 0, 0)->text, "日\xCC\x81");
	canvas_free(canvas);
}

static void test_canvas__control_characters_and_broken_utf8_never_reach_a_cell(void **state)
{
	(void)state;
	struct canvas *canvas = canvas_new(8, 1, false);
	canvas_text(canvas, 0, 0, 8, ROLE_TEXT, "a\033\r\n\tb\xFF\xC2\x9B");
	assert_row(canvas, 0, "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
			      "b\xEF\xBF\xBD\xEF\xBF\xBD");
	canvas_fill(canvas, (struct canvas_rect){0, 0, 8, 1}, '\n', ROLE_TEXT);
	assert_row(canvas, 0, "????????");
	canvas_free(canvas);
}

static void test_canvas__ascii_draws_nothing_above_7e_and_keeps_widths__U5(void **state)
{
	(void)state;
	struct canvas *canvas = canvas_new(12, 3, true);
	assert_int_equal(canvas_text(canvas, 0, 0, 12, ROLE_TEXT, "日é\xCC\x81x"), canvas_text_width("日é\xCC\x81x"));
	assert_row(canvas, 0, "???x        ");
	canvas_box(canvas, (struct canvas_rect){0, 0, 12, 3}, ROLE_FRAME, "quite a long title");
	assert_row(canvas, 0, "+- quite~ -+");
	assert_row(canvas, 1, "|          |");
	assert_row(canvas, 2, "+----------+");
	for (int i = 0; i < GLYPH_COUNT; i++) {
		const char *sign = canvas_glyph(canvas, (enum glyph)i);
		assert_true(strlen(sign) == 1 && sign[0] >= ' ' && sign[0] <= '~');
	}
	canvas_free(canvas);
}

static void test_canvas__glyphs_take_one_cell_and_a_theme_may_change_them(void **state)
{
	(void)state;
	struct canvas *canvas = canvas_new(4, 1, false);
	for (int i = 0; i < GLYPH_COUNT; i++) {
		assert_int_equal(canvas_text_width(canvas_glyph(canvas, (enum glyph)i)), 1);
	}
	struct glyph_set set = {.utf8 = {[GLYPH_NOW] = "★"}};
	canvas->glyphs = &set;
	canvas_erase(canvas);
	assert_string_equal(canvas_glyph(canvas, GLYPH_NOW), "★");
	assert_string_equal(canvas_glyph(canvas, GLYPH_SNAPSHOT), "○");
	canvas_free(canvas);
}

static void test_canvas__rectangles_are_clipped_even_when_absurd(void **state)
{
	(void)state;
	struct canvas *canvas = canvas_new(3, 2, false);
	canvas_fill(canvas, (struct canvas_rect){-2147483647, -5, 2147483647, 2147483647}, '#', ROLE_TEXT);
	assert_row(canvas, 0, "   ");
	canvas_fill(canvas, (struct canvas_rect){2, 1, 2147483647, 2147483647}, '#', ROLE_TEXT);
	assert_row(canvas, 1, "  #");
	canvas_fill(canvas, (struct canvas_rect){0, 0, -1, 1}, '#', ROLE_TEXT);
	assert_row(canvas, 0, "   ");
	canvas_box(canvas, (struct canvas_rect){-1, -1, 5, 4}, ROLE_FRAME, "t");
	assert_row(canvas, 0, "   ");
	canvas_box(canvas, (struct canvas_rect){0, 0, 1, 1}, ROLE_FRAME, NULL);
	assert_row(canvas, 0, "   ");
	canvas_tint(canvas, (struct canvas_rect){1, 0, 9, 1}, ROLE_SELECT);
	assert_int_equal(canvas_at(canvas, 0, 0)->role, ROLE_TEXT);
	assert_int_equal(canvas_at(canvas, 2, 0)->role, ROLE_SELECT);
	canvas_free(canvas);
	canvas = canvas_new(-4, 3, false);
	assert_int_equal(canvas_text(canvas, 0, 0, 5, ROLE_TEXT, "x"), 0);
	canvas_erase(canvas);
	canvas_free(canvas);
	canvas_free(NULL);
}

static void test_canvas__text_can_end_at_a_column(void **state)
{
	(void)state;
	struct canvas *canvas = canvas_new(8, 1, false);
	assert_int_equal(canvas_text_right(canvas, 8, 0, 4, ROLE_DIM, "abc"), 3);
	assert_row(canvas, 0, "     abc");
	assert_int_equal(canvas_text_right(canvas, 6, 0, 4, ROLE_DIM, "abcdef"), 4);
	assert_row(canvas, 0, "  abc…bc");
	assert_int_equal(canvas_printf(canvas, 0, 0, 8, ROLE_OK, "%d%%", 63), 3);
	assert_row(canvas, 0, "63%bc…bc");
	canvas_free(canvas);
}

static void test_canvas__dump_is_text_without_trailing_blanks_then_roles(void **state)
{
	(void)state;
	struct canvas *canvas = canvas_new(5, 2, false);
	canvas_text(canvas, 1, 0, 5, ROLE_NOW, "日x");
	canvas_tint(canvas, (struct canvas_rect){0, 1, 5, 1}, ROLE_SELECT);
	char *dump = canvas_dump(canvas);
	assert_string_equal(dump, " 日x\n\n.NNN.\nSSSSS\n");
	free(dump);
	canvas_free(canvas);
}

static void test_canvas__equal_pictures_are_equal_bytes(void **state)
{
	(void)state;
	struct canvas *a = canvas_new(6, 1, false), *b = canvas_new(6, 1, false);
	canvas_text(a, 0, 0, 6, ROLE_TEXT, "日本語");
	canvas_text(a, 0, 0, 6, ROLE_TEXT, "abcdef");
	canvas_text(b, 0, 0, 6, ROLE_TEXT, "abcdef");
	assert_memory_equal(a->cells, b->cells, 6 * sizeof *a->cells);
	canvas_free(a);
	canvas_free(b);
}

static void test_role__names_and_letters_are_unique(void **state)
{
	(void)state;
	for (int a = 0; a < ROLE_COUNT; a++) {
		for (int b = a + 1; b < ROLE_COUNT; b++) {
			assert_string_not_equal(role_name((enum role)a), role_name((enum role)b));
			assert_int_not_equal(role_letter((enum role)a), role_letter((enum role)b));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canvas__text_is_clipped_on_every_side),
		cmocka_unit_test(test_canvas__text_that_does_not_fit_ends_with_an_ellipsis),
		cmocka_unit_test(test_canvas__wide_characters_are_never_split),
		cmocka_unit_test(test_canvas__combining_marks_join_their_character_and_two_at_most_fit),
		cmocka_unit_test(test_canvas__control_characters_and_broken_utf8_never_reach_a_cell),
		cmocka_unit_test(test_canvas__ascii_draws_nothing_above_7e_and_keeps_widths__U5),
		cmocka_unit_test(test_canvas__glyphs_take_one_cell_and_a_theme_may_change_them),
		cmocka_unit_test(test_canvas__rectangles_are_clipped_even_when_absurd),
		cmocka_unit_test(test_canvas__text_can_end_at_a_column),
		cmocka_unit_test(test_canvas__dump_is_text_without_trailing_blanks_then_roles),
		cmocka_unit_test(test_canvas__equal_pictures_are_equal_bytes),
		cmocka_unit_test(test_role__names_and_letters_are_unique),
	};
	return cmocka_run_group_tests_name("tui/canvas", tests, NULL, NULL) ? 1 : 0;
}
