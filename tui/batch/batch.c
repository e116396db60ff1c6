#include "tui/batch/batch.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "tui/batch/demo_folder.h"
#include "tui/batch/commands.h"
#include "tui/batch/help.h"
#include "tui/batch/report.h"

/* The sentence, and how it is done right. */
static int fail_usage(struct batch *batch, const struct hv_error *error)
{
	int code = batch_fail_with(batch, error, BATCH_USAGE);
	if (!batch->wants_json) {
		struct hv_text usage = HV_TEXT_INIT;
		help_usage(&usage, batch->arguments->command);
		(void)fprintf(stderr, "usage: %s\n", hv_text_get(&usage));
		hv_text_clear(&usage);
	}
	return code;
}

static int run_without_command(struct batch *batch)
{
	const struct arguments *arguments = batch->arguments;
	struct hv_error error;
	if (arguments->given[OPTION_VERSION]) {
		output_puts(&batch->output, "hvtree " HVTREE_VERSION "\n");
		return BATCH_DONE;
	}
	if (arguments->given[OPTION_HELP] && arguments->word_count == 0) {
		help_overview(&batch->output, NULL);
		return BATCH_DONE;
	}
	if (arguments->given[OPTION_HELP]) { /* "hvtree snapshot --help" */
		struct arguments words = {.operand_count = arguments->word_count};
		words.operands = (const char **)(uintptr_t)arguments->words;
		batch->arguments = &words;
		int code = command_help(batch);
		batch->arguments = arguments;
		return code;
	}
	hv_error_set(&error, HV_ERR_INVALID, "a command is missing");
	return fail_usage(batch, &error);
}

static int run_with_backend(struct batch *batch)
{
	const struct arguments *arguments = batch->arguments;
	struct hv_error error;
	char *temporary = NULL;
	int code;
	if (arguments->given[OPTION_DEMO] && !arguments->text[OPTION_DEMO] &&
		demo_folder_make(&temporary, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	struct hv_config config = {
		.store_path = arguments->text[OPTION_STORE],
		.demo_dir = temporary ? temporary : arguments->text[OPTION_DEMO],
		.connect = HV_CONNECT_ON_DEMAND,
	};
	if (session_open(&batch->session, &config, &error) == HV_OK) {
		code = arguments->command->run(batch);
	} else {
		code = batch_fail(batch, &error);
	}
	session_close(&batch->session);
	demo_folder_remove(temporary);
	free(temporary);
	return code;
}

static int run(struct batch *batch)
{
	const struct command *command = batch->arguments->command;
	if (!command) {
		return run_without_command(batch);
	}
	if (batch->arguments->given[OPTION_HELP]) {
		help_command(&batch->output, command);
		return BATCH_DONE;
	}
	return command->offline ? command->run(batch) : run_with_backend(batch);
}

/* What could not be written makes a failure of what was done: the reader has not got it. */
static int finish(struct batch *batch, int code)
{
	struct hv_error error;
	if (output_flush(&batch->output, &error) == HV_OK) {
		return code;
	}
	(void)fprintf(stderr, "hvtree: %s\n", error.text);
	return code == BATCH_DONE ? BATCH_FAILED : code;
}

int batch_main(int argc, char **argv)
{
	struct arguments arguments;
	struct hv_error error;
	(void)setlocale(LC_CTYPE, ""); /* how wide characters are, and whether there are any */
	enum hv_status status = arguments_parse(argc, argv, &arguments, &error);
	struct batch *batch = hv_alloc(sizeof *batch);
	batch_init(batch, &arguments);
	int code = status == HV_OK ? run(batch) : fail_usage(batch, &error);
	code = finish(batch, code);
	batch_clear(batch);
	free(batch);
	arguments_clear(&arguments);
	return code;
}
