/*
 * The terminal layer without the console: shows every role by its name, and what the keyboard said last. Keys: q quit, a
 * abort, o run out of stack, ^Z suspend, ^L repaint, m a cell that changes, w a row of wide and combining characters, c
 * the cursor, e a line on standard error, t the next theme. Usage: show [THEME [no-color] [ascii]]
 */
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/text.h"
#include "tui/loop/idle_report.h"
#include "tui/terminal/screen.h"
#include "tui/terminal/signals.h"

struct show {
	struct screen *screen;
	struct theme *theme;
	struct canvas *canvas;
	bool ascii, quit, wide, cursor;
	int marks, themes;
	char key[80];
	struct idle_report idle;
};

static void draw(struct show *show)
{
	struct canvas *canvas = show->canvas;
	canvas_erase(canvas);
	for (int role = 0; role < ROLE_COUNT; role++) {
		int x = role % 2 * (canvas->width / 2), y = role / 2;
		canvas_text(canvas, x, y, canvas->width / 2, (enum role)role,
			role_name((enum role)role));
	}
	int bottom = canvas->height - 1;
	canvas_printf(canvas, 0, bottom, canvas->width, ROLE_TEXT, "%s %dx%d %s", show->theme->name,
		canvas->width, canvas->height, show->key);
	canvas_printf(canvas, 0, bottom - 1, 20, ROLE_TEXT, "marks %d", show->marks);
	if (show->wide) {
		canvas_text(canvas, 30, bottom - 1, 40, ROLE_TEXT,
			"日本語 e\xCC\x81 \xE2\x9D\xA4 \xF0\x9F\x98\x80 end");
	}
	if (show->cursor) {
		canvas->cursor_x = 5;
		canvas->cursor_y = 3;
	}
	screen_draw(show->screen, canvas);
}

static void new_size(struct show *show)
{
	canvas_free(show->canvas);
	show->canvas =
		canvas_new(screen_width(show->screen), screen_height(show->screen), show->ascii);
}

static void suspend(struct show *show)
{
	screen_leave(show->screen);
	signals_stop_process();
	screen_resume(show->screen);
	new_size(show);
}

static int overflow_stack(volatile char *above)
{
	volatile char block[16384];
	block[0] = above[0];
	return above[0] == '\0' ? 0 : overflow_stack(block) + block[0]; /* never: it stays 'o' */
}

static void next_theme(struct show *show)
{
	theme_free(show->theme);
	show->theme = theme_load(theme_builtin_name((size_t)++show->themes), NULL);
	screen_use_theme(show->screen, show->theme);
}

static void on_key(struct show *show, struct key key, const char *paste)
{
	char name[16];
	char *shown = paste ? hv_text_printable(paste, strlen(paste)) : NULL;
	snprintf(show->key, sizeof show->key, "key %s %s", key_format(key, name),
		shown ? shown : "");
	free(shown);
	if (key.code == KEY_CODE_CONTROL && key.character == 'z') {
		suspend(show);
	} else if (key.code == KEY_CODE_CONTROL && key.character == 'l') {
		screen_repaint(show->screen);
	}
	if (key.code != KEY_CODE_CHARACTER) {
		return;
	}
	show->quit = show->quit || key.character == 'q';
	show->marks += key.character == 'm';
	show->wide = show->wide || key.character == 'w';
	show->cursor = show->cursor != (key.character == 'c');
	if (key.character == 'a') {
		abort();
	} else if (key.character == 'o') {
		volatile char first = 'o';
		show->marks += overflow_stack(&first);
	} else if (key.character == 'e') {
		(void)fputs("noise\n", stderr);
	} else if (key.character == 't') {
		next_theme(show);
	}
}

static void on_signals(struct show *show)
{
	struct signals_seen seen = signals_take();
	show->quit = show->quit || seen.quit;
	if (seen.suspend) {
		suspend(show);
	} else if (seen.resumed) {
		screen_resume(show->screen);
		new_size(show);
	} else if (seen.resized) {
		screen_resize(show->screen);
		new_size(show);
	}
}

static void run(struct show *show)
{
	while (!show->quit) {
		draw(show);
		show->idle.happened = true;
		if (screen_input_wait_ms(show->screen) < 0) {
			idle_report_write(&show->idle, screen_bytes_read(show->screen),
				screen_width(show->screen), screen_height(show->screen));
		}
		struct pollfd fds[] = {{.fd = screen_input_fd(show->screen), .events = POLLIN},
			{.fd = signals_fd(), .events = POLLIN}};
		int ready = poll(fds, 2, screen_input_wait_ms(show->screen));
		if (ready == 0) {
			screen_expire(show->screen);
		}
		if (ready > 0 && fds[1].revents != 0) {
			on_signals(show);
		}
		if (ready > 0 && fds[0].revents != 0) {
			show->quit = show->quit || !screen_read(show->screen);
		}
		struct key key;
		const char *paste;
		while (screen_next_key(show->screen, &key, &paste)) {
			on_key(show, key, paste);
		}
	}
}

int main(int argc, char **argv)
{
	struct show show = {.theme = NULL};
	struct screen_config config = {.log_fd = -1};
	struct hv_error err;
	setlocale(LC_ALL, "");
	for (int i = 2; i < argc; i++) {
		config.no_color = config.no_color || strcmp(argv[i], "no-color") == 0;
		show.ascii = show.ascii || strcmp(argv[i], "ascii") == 0;
	}
	signals_block();
	show.idle.fd = idle_report_fd(getenv("HVTREE_TEST_FD"));
	if (signals_open(&err) != HV_OK || screen_open(&config, &show.screen, &err) != HV_OK) {
		(void)fprintf(stderr, "show: %s\n", err.text);
		return 2;
	}
	show.theme = theme_load(argc > 1 ? argv[1] : NULL, NULL);
	screen_use_theme(show.screen, show.theme);
	new_size(&show);
	run(&show);
	screen_close(show.screen);
	signals_close();
	canvas_free(show.canvas);
	theme_free(show.theme);
	(void)puts("left in order");
	return 0;
}
