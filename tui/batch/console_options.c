#include "tui/batch/console_options.h"

#include <getopt.h>
#include <string.h>

#include "backend/backend.h"

enum option_code {
	OPTION_DEMO = 256,
	OPTION_STORE,
	OPTION_THEME,
	OPTION_NO_COLOR,
	OPTION_READ_ONLY,
	OPTION_EXPORT,
	OPTION_OPEN,
	OPTION_PLAIN,
	OPTION_ASCII = 'U',
	OPTION_HELP = 'h',
};

/* `form` and `help` NULL: told elsewhere. */
static const struct {
	const char *name;
	int argument; /* of getopt_long() */
	enum option_code code;
	const char *form, *help;
} rows[] = {
	{"demo", optional_argument, OPTION_DEMO, "--demo[=DIR]",
		"a simulated fleet, kept in DIR; without DIR it goes away at the end"},
	{"store", required_argument, OPTION_STORE, "--store FILE",
		"use this store instead of the user's own"},
	{"theme", required_argument, OPTION_THEME, "--theme NAME",
		"a theme by name or by path; also HVTREE_THEME; T shows the next one"},
	{"ascii", no_argument, OPTION_ASCII, "-U, --ascii", "draw with ASCII characters only"},
	{"no-color", no_argument, OPTION_NO_COLOR, "--no-color",
		"no colours, as with NO_COLOR set"},
	{"read-only", no_argument, OPTION_READ_ONLY, "--read-only",
		"look only: nothing can be changed"},
	{"plain", no_argument, OPTION_PLAIN, "--plain",
		"lines and questions instead of a screen: for screen readers and terminals that only print"},
	{"export", required_argument, OPTION_EXPORT, "--export FILE",
		"write everything that the console would show to a new file, and end"},
	{"open", required_argument, OPTION_OPEN, "--open FILE",
		"look at such a file; nothing can be changed and no host is reached"},
	{"help", no_argument, OPTION_HELP, NULL, NULL},
};
#define ROW_COUNT HV_ARRAY_LEN(rows)

static void apply(enum option_code code, const char *argument, struct console_options *options)
{
	switch (code) {
	case OPTION_DEMO:
		options->demo = true;
		options->demo_dir = argument;
		break;
	case OPTION_STORE:
		options->store = argument;
		break;
	case OPTION_THEME:
		options->theme = argument;
		break;
	case OPTION_ASCII:
		options->ascii = true;
		break;
	case OPTION_NO_COLOR:
		options->no_color = true;
		break;
	case OPTION_READ_ONLY:
		options->read_only = true;
		break;
	case OPTION_EXPORT:
		options->export = argument;
		break;
	case OPTION_OPEN:
		options->open = argument;
		break;
	case OPTION_PLAIN:
		options->plain = true;
		break;
	case OPTION_HELP:
		break;
	}
}

enum console_start console_options_read(int argc, char **argv, struct console_options *ret_options)
{
	struct option options[ROW_COUNT + 1] = {{NULL, 0, NULL, 0}};
	for (size_t i = 0; i < ROW_COUNT; i++) {
		options[i] =
			(struct option){rows[i].name, rows[i].argument, NULL, (int)rows[i].code};
	}
	struct console_options read = {.demo = false};
	bool help = false;
	int code;
	optind = 0; /* from the start, also in a second call */
	opterr = 0;
	while ((code = getopt_long(argc, argv, "+:Uh", options, NULL)) != -1) {
		if (code == '?' || code == ':') {
			return CONSOLE_START_COMMAND;
		}
		help = help || code == OPTION_HELP;
		apply((enum option_code)code, optarg, &read);
	}
	if (optind < argc) {
		return CONSOLE_START_COMMAND;
	}
	*ret_options = read;
	return help ? CONSOLE_START_HELP : CONSOLE_START;
}

void console_options_help(FILE *file)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (rows[i].form != NULL) {
			(void)fprintf(file, "  %-26s%s\n", rows[i].form, rows[i].help);
		}
	}
}

bool console_option(size_t index, struct console_option *ret_option)
{
	if (index >= ROW_COUNT) {
		return false;
	}
	*ret_option = (struct console_option){
		rows[index].name, rows[index].argument != no_argument, rows[index].form, rows[index].help};
	return true;
}
