/* What the sources of this folder share. */
#ifndef HV_TUI_TERMINAL_SCREEN_INTERNAL_H
#define HV_TUI_TERMINAL_SCREEN_INTERNAL_H

#include <curses.h>
#include <termios.h>
#include "tui/input/key_decoder.h"
#include "tui/terminal/screen.h"

struct screen_style {
	attr_t attributes;
	short pair;
	int32_t background; /* as struct theme_look */
};

struct screen {
	SCREEN *curses;
	int input_fd, output_fd;
	int saved_stderr; /* -1: not redirected */
	struct termios shell_modes;
	enum theme_depth depth;
	bool has_default_colours;
	bool cursor_shown;
	bool mouse;
	bool keeps_text; /* the terminal shows what curses thinks it shows: nothing has to be cleared */
	struct screen_style styles[ROLE_COUNT];
	struct canvas *shown; /* what the terminal shows; NULL: not known */
	cchar_t *row;         /* room for one row */
	int row_capacity;
	struct key_decoder *decoder;
	size_t bytes_read;
};

/** Write to the terminal past curses: modes that it does not know. */
void screen_write(const struct screen *screen, const char *bytes);

/** Tell the decoder what this terminal sends, by its terminfo entry. */
void input_define_keys(struct key_decoder *decoder);

#endif
