#include "tui/batch/help.h"

#include <stdio.h>
#include <string.h>

#include "tui/batch/commands.h"
#include "tui/batch/report.h"
#include "tui/batch/table.h"

#define WIDTH 100

void help_usage(struct hv_text *text, const struct command *command)
{
	if (!command) {
		hv_text_puts(text, "hvtree COMMAND [OPTION...], hvtree [--demo[=DIR]] for the console, hvtree help");
		return;
	}
	hv_text_printf(text, "hvtree %s", command->words);
	if (command->operands[0]) {
		hv_text_printf(text, " %s", command->operands);
	}
	for (int id = 0; id < OPTION_COUNT; id++) {
		const struct option_row *row = option_row((enum option_id)id);
		if ((command->options & UINT64_C(1) << id) == 0) {
			continue;
		}
		hv_text_printf(text, " [--%s%s%s]%s", row->name, row->argument ? " " : "",
			row->argument ? row->argument : "", row->type == OPTION_TYPE_UUID ? "..." : "");
	}
	hv_text_puts(text, " [OPTION...]");
}

/* `words` broken at blanks, every line but the first indented. */
static void put_wrapped(struct output *output, const char *words, size_t indent, size_t used)
{
	while (*words) {
		size_t length = strcspn(words, " ");
		if (used > indent && used + 1 + length > WIDTH) {
			output_puts(output, "\n");
			output_fill(output, ' ', indent);
			used = indent;
		} else if (used > indent) {
			output_puts(output, " ");
			used++;
		}
		output_write(output, words, length);
		used += length;
		words += length + strspn(words + length, " ");
	}
	output_puts(output, "\n");
}

#define OPTION_INDENT 28
#define SUMMARY_INDENT 34

static void put_option(struct output *output, const struct option_row *row)
{
	char left[64], letter[8] = "    ";
	if (row->short_name) {
		(void)snprintf(letter, sizeof letter, "-%c, ", row->short_name);
	}
	bool optional = row->type == OPTION_TYPE_FOLDER;
	(void)snprintf(left, sizeof left, "  %s--%s%s%s%s", letter, row->name,
		row->argument ? (optional ? "[=" : " ") : "", row->argument ? row->argument : "",
		optional ? "]" : "");
	output_printf(output, "%-*s", OPTION_INDENT, left);
	size_t length = strlen(left);
	if (length >= OPTION_INDENT) {
		output_puts(output, "\n");
		output_fill(output, ' ', OPTION_INDENT);
	}
	put_wrapped(output, row->help, OPTION_INDENT, OPTION_INDENT);
}

static void put_options(struct output *output, const struct command *command, bool own)
{
	for (int id = 0; id < OPTION_COUNT; id++) {
		bool is_own = command && (command->options & UINT64_C(1) << id) != 0;
		if (is_own == own && command_takes(command, (enum option_id)id)) {
			put_option(output, option_row((enum option_id)id));
		}
	}
}

static void put_exit_codes(struct output *output)
{
	output_puts(output,
		"\nExit codes: 0 done, 1 refused or failed, 2 usage, 3 some of several failed, 4 outcome unknown (see\n"
		"'hvtree sync'), 5 host unreachable. Scripts should use --json: the text may change.\n"
		"A VM or snapshot is named by its id or by its name; a name that fits several is refused.\n");
}

void help_command(struct output *output, const struct command *command)
{
	struct hv_text usage = HV_TEXT_INIT;
	help_usage(&usage, command);
	output_puts(output, "usage: ");
	put_wrapped(output, hv_text_get(&usage), 7, 7);
	hv_text_clear(&usage);
	output_printf(output, "\n%c%s.\n", command->summary[0] - 'a' + 'A', command->summary + 1);
	if (command->details) {
		put_wrapped(output, command->details, 0, 0);
	}
	if (command->options) {
		output_puts(output, "\nOptions of this command:\n");
		put_options(output, command, true);
	}
	output_puts(output, "\nOptions of every command:\n");
	put_options(output, command, false);
	put_exit_codes(output);
}

static bool is_in_group(const struct command *command, const char *group)
{
	size_t length = strcspn(command->words, " ");
	return !group || (strlen(group) == length && strncmp(command->words, group, length) == 0);
}

/* A command that is too long for its column has its summary below it. */
static void put_summary(struct output *output, const struct command *command)
{
	char left[64];
	int length = snprintf(left, sizeof left, "  %s %s", command->words, command->operands);
	if (length >= SUMMARY_INDENT) {
		output_printf(output, "%s\n", left);
		left[0] = '\0';
	}
	output_printf(output, "%-*s%s\n", SUMMARY_INDENT, left, command->summary);
}

void help_overview(struct output *output, const char *group)
{
	size_t count;
	const struct command *commands = command_table(&count);
	output_puts(output, "usage: hvtree [--demo[=DIR]] [--store FILE]    the console\n"
			    "       hvtree COMMAND [OPTION...]              one command\n\nCommands:\n");
	for (size_t i = 0; i < count; i++) {
		if (is_in_group(&commands[i], group)) {
			put_summary(output, &commands[i]);
		}
	}
	output_puts(output, "\n'hvtree help COMMAND' tells more about one.\n\nOptions of every command:\n");
	put_options(output, NULL, false);
	put_exit_codes(output);
}

/* ---- the command "help" ---- */

static const struct command *find_exactly(const char *const *words, size_t word_count)
{
	size_t count;
	const struct command *commands = command_table(&count);
	for (size_t i = 0; i < count; i++) {
		size_t first = strcspn(commands[i].words, " ");
		const char *second = commands[i].words[first] ? commands[i].words + first + 1 : NULL;
		bool fits = strlen(words[0]) == first && strncmp(commands[i].words, words[0], first) == 0;
		if (fits && (second ? word_count == 2 && strcmp(second, words[1]) == 0 : word_count == 1)) {
			return &commands[i];
		}
	}
	return NULL;
}

static bool is_group(const char *word)
{
	size_t count;
	const struct command *commands = command_table(&count);
	for (size_t i = 0; i < count; i++) {
		if (is_in_group(&commands[i], word)) {
			return true;
		}
	}
	return false;
}

int command_help(struct batch *batch)
{
	const struct arguments *arguments = batch->arguments;
	if (arguments->operand_count == 0) {
		help_overview(&batch->output, NULL);
		return BATCH_DONE;
	}
	const struct command *command = find_exactly(arguments->operands, arguments->operand_count);
	if (command) {
		help_command(&batch->output, command);
		return BATCH_DONE;
	}
	if (arguments->operand_count == 1 && is_group(arguments->operands[0])) {
		help_overview(&batch->output, arguments->operands[0]);
		return BATCH_DONE;
	}
	struct hv_error error;
	HV_CLEANUP_FREE char *typed = printable(arguments->operands[0]);
	hv_error_set(&error, HV_ERR_INVALID, "there is no command '%s' to help with; see 'hvtree help'", typed);
	return batch_fail_with(batch, &error, BATCH_USAGE);
}
