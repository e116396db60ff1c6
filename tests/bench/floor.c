/*
 * bench-floor: what plain ncursesw can do. A list of 1,000,000 rows that exist only as a row's number, a bar by
 * background colour, j k and the page keys; all waiting keys are taken before a frame is drawn.
 */
#include <curses.h>
#include <locale.h>
#include <stdio.h>

#define ROWS 1000000

struct floor_list {
	int top, cursor;
	int drawn_top, drawn_cursor; /* -1: nothing drawn yet */
};

static void draw_row(const struct floor_list *list, int row)
{
	char text[64];
	int pair = row == list->cursor ? 2 : 1;
	(void)snprintf(text, sizeof text, "row %07d  snapshot of a VM  Running", row);
	(void)bkgdset((chtype)COLOR_PAIR(pair) | ' ');
	(void)attrset(COLOR_PAIR(pair));
	(void)mvaddstr(row - list->top, 0, text);
	(void)clrtoeol();
}

static void draw(struct floor_list *list)
{
	if (list->top == list->drawn_top) {
		draw_row(list, list->drawn_cursor);
		draw_row(list, list->cursor);
	} else {
		for (int row = list->top; row < list->top + LINES && row < ROWS; row++) {
			draw_row(list, row);
		}
	}
	list->drawn_top = list->top;
	list->drawn_cursor = list->cursor;
	(void)refresh();
}

static void move_to(struct floor_list *list, int row)
{
	list->cursor = row < 0 ? 0 : row >= ROWS ? ROWS - 1 : row;
	if (list->cursor < list->top) {
		list->top = list->cursor;
	} else if (list->cursor >= list->top + LINES) {
		list->top = list->cursor - LINES + 1;
	}
}

static bool take_key(struct floor_list *list, int key)
{
	switch (key) {
	case 'j':
		move_to(list, list->cursor + 1);
		break;
	case 'k':
		move_to(list, list->cursor - 1);
		break;
	case 'f':
		move_to(list, list->cursor + LINES);
		break;
	case 'b':
		move_to(list, list->cursor - LINES);
		break;
	default:
		break;
	}
	return key != 'q';
}

int main(void)
{
	struct floor_list list = {.drawn_top = -1, .drawn_cursor = -1};
	(void)setlocale(LC_ALL, "");
	(void)initscr();
	(void)start_color();
	(void)cbreak();
	(void)noecho();
	(void)curs_set(0);
	(void)init_pair(1, COLOR_WHITE, COLOR_BLACK);
	(void)init_pair(2, COLOR_BLACK, COLOR_CYAN);
	draw(&list);
	for (bool go_on = true; go_on;) {
		timeout(-1);
		go_on = take_key(&list, getch());
		timeout(0);
		for (int key; go_on && (key = getch()) != ERR;) {
			go_on = take_key(&list, key);
		}
		draw(&list);
	}
	(void)endwin();
	return 0;
}
