/* hvtree: the console, or one command. */
#include <stdio.h>

#include "tui/batch/batch.h"
#include "tui/batch/console_options.h"
#include "tui/batch/plain.h"
#include "tui/console.h"
#include "tui/export.h"

static int start(const struct console_options *options)
{
	if (options->export != NULL) {
		return export_main(options);
	}
	return options->plain ? plain_main(options) : console_main(options);
}

int main(int argc, char **argv)
{
	struct console_options options;
	switch (console_options_read(argc, argv, &options)) {
	case CONSOLE_START:
		return start(&options);
	case CONSOLE_START_COMMAND:
		return batch_main(argc, argv);
	case CONSOLE_START_HELP:
		break;
	}
	int code = batch_main(argc, argv);
	(void)puts("\nOptions of the console:");
	console_options_help(stdout);
	return code;
}
