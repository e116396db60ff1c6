/* A canvas to curses: styles of roles, and the cells that changed. */
#include "tui/terminal/screen_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistr.h>
#include <wchar.h>

#include "backend/base/memory.h"

#define CELL_CHARACTERS 3 /* one and two combining marks; see CANVAS_CELL_BYTES */

static const struct {
	unsigned attribute;
	attr_t curses;
} attribute_rows[] = {
	{THEME_BOLD, A_BOLD},
	{THEME_DIM, A_DIM},
	{THEME_ITALIC, A_ITALIC},
	{THEME_UNDERLINE, A_UNDERLINE},
	{THEME_REVERSE, A_REVERSE},
};

static attr_t curses_attributes(unsigned attributes)
{
	attr_t result = A_NORMAL;
	for (size_t i = 0; i < HV_ARRAY_LEN(attribute_rows); i++) {
		if (attributes & attribute_rows[i].attribute) {
			result |= attribute_rows[i].curses;
		}
	}
	return result;
}

/* A colour as a number that init_extended_pair() takes; `fallback` where the terminal has no default colour. */
static int curses_colour(const struct screen *screen, int32_t colour, int fallback)
{
	if (colour == THEME_COLOUR_DEFAULT) {
		return screen->has_default_colours ? -1 : fallback;
	}
	if (colour & THEME_RGB_FLAG) {
		int rgb = colour & 0xFFFFFF;
		return rgb < 8 ? 0 : rgb; /* the first eight are names, not colours */
	}
	return colour;
}

/*
 * Roles that share two colours share a pair, so a terminal with 64 pairs has room for every theme. Pair 0 is not used: on the
 * way to it curses resets everything twice.
 */
static short pair_of(
	const struct screen *screen, const struct theme_look *looks, int role, short *count)
{
	for (int i = 0; i < role; i++) {
		if (looks[i].foreground == looks[role].foreground &&
			looks[i].background == looks[role].background) {
			return screen->styles[i].pair;
		}
	}
	if (*count + 1 >= COLOR_PAIRS) {
		return 0;
	}
	short pair = ++*count;
	init_extended_pair(pair, curses_colour(screen, looks[role].foreground, COLOR_WHITE),
		curses_colour(screen, looks[role].background, COLOR_BLACK));
	return pair;
}

void screen_use_theme(struct screen *screen, const struct theme *theme)
{
	struct theme_look looks[ROLE_COUNT];
	short count = 0;
	for (int role = 0; role < ROLE_COUNT; role++) {
		looks[role] = theme_look(theme, (enum role)role, screen->depth);
		screen->styles[role].attributes = curses_attributes(looks[role].attributes);
		screen->styles[role].background = looks[role].background;
		screen->styles[role].pair = screen->depth == THEME_DEPTH_MONO
						    ? 0
						    : pair_of(screen, looks, role, &count);
	}
	if (screen->shown != NULL) { /* curses finds out by itself what looks different */
		screen_repaint(screen);
		screen->keeps_text = true;
	}
}

/* The characters of a cell, if curses and the canvas agree on its width; else false. */
static bool cell_characters(const struct canvas_cell *cell, wchar_t *ret_text)
{
	const uint8_t *bytes = (const uint8_t *)cell->text;
	int count = 0;
	ucs4_t code;
	while (count < CELL_CHARACTERS && (bytes = u8_next(&code, bytes)) != NULL) {
		ret_text[count] = (wchar_t)code;
		if (wcwidth(ret_text[count]) != (count == 0 ? cell->width : 0)) {
			return false;
		}
		count++;
	}
	ret_text[count] = L'\0';
	return count > 0;
}

static const struct screen_style *style_of(
	const struct screen *screen, const struct canvas_cell *cell)
{
	return &screen->styles[cell->role < ROLE_COUNT ? cell->role : ROLE_TEXT];
}

static bool is_blank(const struct canvas_cell *cell)
{
	return cell->text[0] == ' ' && cell->text[1] == '\0';
}

/* True when a blank looks the same in both. */
static bool blanks_alike(const struct screen_style *a, const struct screen_style *b)
{
	/* on a blank, and where curses clears to the end of a line */
	const attr_t unseen = A_BOLD | A_DIM;
	return a->background == b->background && ((a->attributes | b->attributes) & ~unseen) == 0;
}

/*
 * The style that a cell is written in. A blank takes that of the text before it when nobody can see the difference: words
 * of one colour with blanks between them are then one run, which halves the bytes of a row.
 */
static const struct screen_style *style_after(const struct screen *screen,
	const struct canvas_cell *cell, const struct screen_style *before)
{
	const struct screen_style *own = style_of(screen, cell);
	return before != NULL && is_blank(cell) && blanks_alike(own, before) ? before : own;
}

/* The style that row[x] was written in, by the nearest text before it. */
static const struct screen_style *style_at(
	const struct screen *screen, const struct canvas_cell *row, int x)
{
	int start = x;
	while (start > 0 && is_blank(&row[start])) {
		start--;
	}
	const struct screen_style *style = NULL;
	for (int i = start; i <= x; i++) {
		style = style_after(screen, &row[i], style);
	}
	return style;
}

/* Make the curses form of a cell at *out; returns how many were made (2 when a wide one had to be replaced). */
static int make_cell(const struct canvas_cell *cell, const struct screen_style *style, cchar_t *out)
{
	wchar_t text[CELL_CHARACTERS + 1];
	if (cell_characters(cell, text)) {
		setcchar(out, text, style->attributes, style->pair, NULL);
		return 1;
	}
	for (int i = 0; i < cell->width; i++) {
		setcchar(&out[i], L"?", style->attributes, style->pair, NULL);
	}
	return cell->width;
}

static const struct canvas_cell *row_of(const struct canvas *canvas, int y)
{
	return &canvas->cells[(size_t)y * (size_t)canvas->width];
}

/* Write the cells first..last, widened so that no wide character of the old or the new row is cut. */
static void draw_cells(struct screen *screen, const struct canvas_cell *row,
	const struct canvas_cell *old, int y, int first, int last, int width)
{
	while (first > 0 && (row[first].width == 0 || (old != NULL && old[first].width == 0))) {
		first--;
	}
	while (last + 1 < width &&
		(row[last + 1].width == 0 || (old != NULL && old[last + 1].width == 0))) {
		last++;
	}
	int count = 0;
	const struct screen_style *style = first > 0 ? style_at(screen, row, first - 1) : NULL;
	for (int x = first; x <= last; x++) {
		if (row[x].width > 0) {
			style = style_after(screen, &row[x], style);
			count += make_cell(&row[x], style, &screen->row[count]);
		}
	}
	mvwadd_wchnstr(stdscr, y, first, screen->row, count);
}

static void draw_row(struct screen *screen, const struct canvas *canvas, int y)
{
	const struct canvas_cell *row = row_of(canvas, y);
	const struct canvas_cell *old = screen->shown != NULL ? row_of(screen->shown, y) : NULL;
	int first = 0, last = canvas->width - 1;
	if (old != NULL) {
		if (memcmp(row, old, (size_t)canvas->width * sizeof *row) == 0) {
			return;
		}
		while (memcmp(&row[first], &old[first], sizeof *row) == 0) {
			first++;
		}
		while (memcmp(&row[last], &old[last], sizeof *row) == 0) {
			last--;
		}
	}
	draw_cells(screen, row, old, y, first, last, canvas->width);
}

static void place_cursor(struct screen *screen, const struct canvas *canvas)
{
	bool shown = canvas->cursor_x >= 0 && canvas->cursor_y >= 0;
	if (shown != screen->cursor_shown) {
		curs_set(shown ? 1 : 0);
		leaveok(stdscr, !shown);
		screen->cursor_shown = shown;
	}
	if (shown) {
		wmove(stdscr, canvas->cursor_y, canvas->cursor_x);
	}
}

static void remember(struct screen *screen, const struct canvas *canvas)
{
	if (screen->shown == NULL) {
		screen->shown = canvas_new(canvas->width, canvas->height, false);
	}
	memcpy(screen->shown->cells, canvas->cells,
		(size_t)canvas->width * (size_t)canvas->height * sizeof *canvas->cells);
}

void screen_draw(struct screen *screen, const struct canvas *canvas)
{
	if (screen->shown != NULL && (screen->shown->width != canvas->width ||
					     screen->shown->height != canvas->height)) {
		screen_repaint(screen);
	}
	if (screen->row_capacity < canvas->width + 1) {
		screen->row_capacity = canvas->width + 1;
		screen->row = hv_realloc_array(
			screen->row, (size_t)screen->row_capacity, sizeof *screen->row);
	}
	if (screen->shown == NULL) {
		werase(stdscr);
		clearok(curscr, !screen->keeps_text);
		screen->keeps_text = false;
	}
	for (int y = 0; y < canvas->height && canvas->width > 0; y++) {
		draw_row(screen, canvas, y);
	}
	place_cursor(screen, canvas);
	wnoutrefresh(stdscr);
	doupdate();
	remember(screen, canvas);
}

void screen_repaint(struct screen *screen)
{
	canvas_free(screen->shown);
	screen->shown = NULL;
	screen->keeps_text = false;
}
