/* hvtree completion: what completes the command line, made from the tables of commands and options. */
#include "tui/batch/commands.h"

#include <string.h>

#include "backend/backend.h"
#include "tui/batch/console_options.h"
#include "tui/batch/report.h"
#include "tui/batch/table.h"

/* The values that an option may have, by blanks; "" for any. Caller frees. */
static char *values_of(enum option_type type)
{
	struct hv_text text = HV_TEXT_INIT;
	if (type == OPTION_TYPE_SNAPSHOT_STATE) {
		for (int i = 0; i < SNAPSHOT_STATE_COUNT; i++) {
			hv_text_printf(&text, " %s", snapshot_state_name((enum snapshot_state)i));
		}
	} else if (type == OPTION_TYPE_SNAPSHOT_TYPE) {
		hv_text_printf(&text, " %s %s", snapshot_type_name(SNAPSHOT_DISK),
			snapshot_type_name(SNAPSHOT_DISK_AND_MEMORY));
	} else if (type == OPTION_TYPE_ROLE) {
		for (int i = 0; i < ACCOUNT_ROLE_COUNT; i++) {
			hv_text_printf(&text, " %s", account_role_name((enum account_role)i));
		}
	} else if (type == OPTION_TYPE_STOP_POLICY) {
		for (int i = 0; i < STOP_POLICY_COUNT; i++) {
			hv_text_printf(&text, " %s", stop_policy_name((enum stop_policy)i));
		}
	}
	return hv_text_detach(&text);
}

static const char *first_word(const char *words, char *text, size_t size)
{
	size_t length = strcspn(words, " ");
	length = length < size - 1 ? length : size - 1;
	memcpy(text, words, length);
	text[length] = '\0';
	return text;
}

/* The first words of commands, each once. */
static void put_first_words(struct output *output)
{
	size_t count;
	char last[32] = "", word[32];
	const struct command *commands = command_table(&count);
	for (size_t i = 0; i < count; i++) {
		bool seen = false;
		(void)first_word(commands[i].words, word, sizeof word);
		for (size_t k = 0; k < i; k++) {
			seen = seen || strcmp(first_word(commands[k].words, last, sizeof last), word) == 0;
		}
		if (!seen) {
			output_printf(output, " %s", word);
		}
	}
}

/* The second words of the commands that begin with `first`. */
static void put_second_words(struct output *output, const char *first)
{
	size_t count;
	char word[32];
	const struct command *commands = command_table(&count);
	for (size_t i = 0; i < count; i++) {
		const char *second = strchr(commands[i].words, ' ');
		if (second != NULL && strcmp(first_word(commands[i].words, word, sizeof word), first) == 0) {
			output_puts(output, second);
		}
	}
}

static void put_console_options(struct output *output)
{
	struct console_option option;
	for (size_t i = 0; console_option(i, &option); i++) {
		output_printf(output, " --%s", option.name);
	}
}

static void put_options(struct output *output, const struct command *command)
{
	for (int id = 0; id < OPTION_COUNT; id++) {
		if (command_takes(command, (enum option_id)id)) {
			output_printf(output, " --%s", option_row((enum option_id)id)->name);
		}
	}
}

/* ---- bash; zsh takes the same functions ---- */

static void bash_options(struct output *output)
{
	size_t count;
	const struct command *commands = command_table(&count);
	output_puts(output, "_hvtree_options() {\n\tcase \"$1\" in\n");
	for (size_t i = 0; i < count; i++) {
		output_printf(output, "\t'%s') echo", commands[i].words);
		put_options(output, &commands[i]);
		output_puts(output, " ;;\n");
	}
	output_puts(output, "\t'') echo");
	put_console_options(output);
	output_puts(output, " --version ;;\n\tesac\n}\n");
}

static void bash_words(struct output *output)
{
	size_t count;
	char word[32], before[32] = "";
	const struct command *commands = command_table(&count);
	output_puts(output, "_hvtree_words() {\n\tcase \"$1\" in\n\t'') echo");
	put_first_words(output);
	output_puts(output, " ;;\n");
	for (size_t i = 0; i < count; i++) {
		(void)first_word(commands[i].words, word, sizeof word);
		if (strchr(commands[i].words, ' ') != NULL && strcmp(word, before) != 0) {
			output_printf(output, "\t%s) echo", word);
			put_second_words(output, word);
			output_puts(output, " ;;\n");
			(void)first_word(word, before, sizeof before);
		}
	}
	output_puts(output, "\tesac\n}\n");
}

static void bash_values(struct output *output)
{
	output_puts(output, "_hvtree_values() {\n\tcase \"$1\" in\n");
	for (int id = 0; id < OPTION_COUNT; id++) {
		const struct option_row *row = option_row((enum option_id)id);
		HV_CLEANUP_FREE char *values = values_of(row->type);
		if (values[0] != '\0') {
			output_printf(output, "\t--%s) echo%s ;;\n", row->name, values);
		}
	}
	output_puts(output, "\t--theme) hvtree theme list 2>/dev/null | sed -n '2,$s/ .*//p' ;;\n\tesac\n}\n");
}

static const char bash_tail[] =
	"_hvtree() {\n"
	"\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= first= i\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n"
	"\t\t-*) ;;\n"
	"\t\t*)\n"
	"\t\t\tif [ -z \"$first\" ]; then first=${COMP_WORDS[i]} command=$first\n"
	"\t\t\telif [ \"$command\" = \"$first\" ] && [ -n \"$(_hvtree_words \"$first\")\" ]; then\n"
	"\t\t\t\tcommand=\"$first ${COMP_WORDS[i]}\"\n"
	"\t\t\tfi ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tCOMPREPLY=()\n"
	"\tcase $before in\n"
	"\t--store | --open | --export) compopt -o default; return ;;\n"
	"\t--*) COMPREPLY=($(compgen -W \"$(_hvtree_values \"$before\")\" -- \"$word\"))\n"
	"\t\t[ ${#COMPREPLY[@]} -gt 0 ] && return ;;\n"
	"\tesac\n"
	"\tcase $word in\n"
	"\t-*) COMPREPLY=($(compgen -W \"$(_hvtree_options \"$command\")\" -- \"$word\")) ;;\n"
	"\t*) case $command in\n"
	"\t\t*' '*) compopt -o default ;;\n"
	"\t\t*) COMPREPLY=($(compgen -W \"$(_hvtree_words \"$command\")\" -- \"$word\")) ;;\n"
	"\t\tesac ;;\n"
	"\tesac\n"
	"}\n"
	"complete -F _hvtree hvtree\n";

static void put_bash(struct output *output)
{
	output_puts(output, "# bash completion of hvtree\n");
	bash_options(output);
	bash_words(output);
	bash_values(output);
	output_puts(output, bash_tail);
}

static void put_zsh(struct output *output)
{
	output_puts(output, "#compdef hvtree\nautoload -U +X bashcompinit && bashcompinit\n");
	put_bash(output);
}

/* ---- fish ---- */

/* In single quotes, where only these two mean something. */
static void put_fish_text(struct output *output, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\') {
			output_puts(output, "\\");
		}
		output_write(output, text, 1);
	}
}

static void fish_condition(struct output *output, const struct command *command)
{
	char first[32];
	const char *second = strchr(command->words, ' ');
	output_printf(output, "complete -c hvtree -n '__fish_seen_subcommand_from %s",
		first_word(command->words, first, sizeof first));
	if (second != NULL) {
		output_printf(output, "; and __fish_seen_subcommand_from%s", second);
	}
	output_puts(output, "'");
}

static void fish_option(struct output *output, const struct command *command, const struct option_row *row)
{
	HV_CLEANUP_FREE char *values = values_of(row->type);
	fish_condition(output, command);
	output_printf(output, " -l %s", row->name);
	if (row->short_name != 0) {
		output_printf(output, " -s %c", row->short_name);
	}
	if (values[0] != '\0') {
		output_printf(output, " -x -a '%s'", values + 1);
	} else if (row->argument != NULL && row->type != OPTION_TYPE_FOLDER) {
		output_puts(output, " -r");
	}
	output_puts(output, " -d '");
	put_fish_text(output, row->help);
	output_puts(output, "'\n");
}

static void fish_command(struct output *output, const struct command *command)
{
	char first[32];
	const char *second = strchr(command->words, ' ');
	(void)first_word(command->words, first, sizeof first);
	if (second != NULL) {
		output_printf(output, "complete -c hvtree -f -n __fish_use_subcommand -a %s\n", first);
		output_printf(output, "complete -c hvtree -f -n '__fish_seen_subcommand_from %s' -a%s -d '", first, second);
	} else {
		output_printf(output, "complete -c hvtree -f -n __fish_use_subcommand -a %s -d '", first);
	}
	put_fish_text(output, command->summary);
	output_puts(output, "'\n");
	for (int id = 0; id < OPTION_COUNT; id++) {
		if (command_takes(command, (enum option_id)id)) {
			fish_option(output, command, option_row((enum option_id)id));
		}
	}
}

static void put_fish(struct output *output)
{
	size_t count;
	struct console_option option;
	const struct command *commands = command_table(&count);
	output_puts(output, "# fish completion of hvtree\n");
	for (size_t i = 0; console_option(i, &option); i++) {
		output_printf(output, "complete -c hvtree -n __fish_use_subcommand -l %s%s -d '", option.name,
			option.has_argument ? " -r" : "");
		put_fish_text(output, option.help != NULL ? option.help : option.name);
		output_puts(output, "'\n");
	}
	for (size_t i = 0; i < count; i++) {
		fish_command(output, &commands[i]);
	}
}

static const struct {
	const char *name;
	void (*put)(struct output *output);
} shells[] = {
	{"bash", put_bash},
	{"zsh", put_zsh},
	{"fish", put_fish},
};

int command_completion(struct batch *batch)
{
	const char *name = batch->arguments->operands[0];
	for (size_t i = 0; i < HV_ARRAY_LEN(shells); i++) {
		if (strcmp(shells[i].name, name) == 0) {
			shells[i].put(&batch->output);
			return BATCH_DONE;
		}
	}
	struct hv_error error;
	HV_CLEANUP_FREE char *shown = printable(name);
	hv_error_set(&error, HV_ERR_INVALID, "there is completion for bash, zsh and fish, not for '%s'", shown);
	return batch_fail_with(batch, &error, BATCH_USAGE);
}
