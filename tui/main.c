/* hvtree: the console, or one command. */
#include <stdio.h>

#include "tui/batch/batch.h"
#include "tui/console.h"
#include "tui/batch/console_options.h"

int main(int argc, char **argv)
{
	struct console_options options;
	switch (console_options_read(argc, argv, &options)) {
	case CONSOLE_START:
		return console_main(&options);
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
