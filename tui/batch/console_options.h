/* The options of the console: one table, for reading and for help. Commands have their own (command.h). */
#ifndef HV_TUI_CONSOLE_OPTIONS_H
#define HV_TUI_CONSOLE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct console_options {
	bool demo;
	const char *demo_dir; /* NULL: a folder that goes away */
	const char *store;    /* NULL: the user's own, or the demo's */
	const char *theme;    /* NULL: HVTREE_THEME, or guessed */
	const char *export;   /* write the whole picture to this file, and end */
	const char *open;     /* show the picture of this file instead of a store */
	bool plain;
	bool ascii;
	bool no_color;
	bool read_only;
};

enum console_start {
	CONSOLE_START,         /* *ret_options is set */
	CONSOLE_START_COMMAND, /* a word, or an option that is no console option: this is for the commands */
	CONSOLE_START_HELP,    /* --help alone */
};

/** Strings are borrowed from argv. Does not permute argv and prints nothing. */
enum console_start console_options_read(int argc, char **argv, struct console_options *ret_options);
/** The options, one line each. */
void console_options_help(FILE *file);

struct console_option {
	const char *name; /* without dashes */
	bool has_argument;
	const char *form, *help; /* NULL: told elsewhere */
};
/** For the manual and for completion; false after the last. */
bool console_option(size_t index, struct console_option *ret_option);

#endif
