/* hvtree manual: the manual page, made from the tables of commands, options, actions and settings and from nothing else. */
#include "tui/batch/commands.h"

#include <ctype.h>
#include <string.h>

#include "tui/batch/console_options.h"
#include "tui/batch/help.h"
#include "tui/batch/report.h"
#include "tui/config/setting.h"
#include "tui/input/action.h"

/* Text in a page: a backslash, a minus that is one, and a dot or quote at the beginning of a line mean something there. */
static void put_text(struct output *output, const char *text)
{
	if (text[0] == '.' || text[0] == '\'') {
		output_puts(output, "\\&");
	}
	for (; *text != '\0'; text++) {
		if (*text == '\\') {
			output_puts(output, "\\e");
		} else if (*text == '-') {
			output_puts(output, "\\-");
		} else {
			output_write(output, text, 1);
		}
	}
}

static void put_line(struct output *output, const char *text)
{
	put_text(output, text);
	output_puts(output, "\n");
}

static void put_section(struct output *output, const char *title)
{
	output_printf(output, ".SH %s\n", title);
}

/* "term" in bold, and beneath it what it means. */
static void put_item(struct output *output, const char *term, const char *text)
{
	output_puts(output, ".TP\n\\fB");
	put_text(output, term);
	output_puts(output, "\\fR\n");
	put_line(output, text);
}

static void put_head(struct output *output)
{
	output_puts(output, ".TH HVTREE 1 \"\" \"hvtree " HVTREE_VERSION "\" \"User Commands\"\n");
	put_section(output, "NAME");
	put_line(output, "hvtree - console for the snapshot trees of Hyper-V virtual machines");
	put_section(output, "SYNOPSIS");
	output_puts(output, ".B hvtree\n[\\fIOPTION\\fR...]\n.br\n.B hvtree\n\\fICOMMAND\\fR [\\fIOPTION\\fR...]\n");
	put_section(output, "DESCRIPTION");
	put_line(output,
		"Without a command it shows every VM's snapshots as a tree, takes snapshots, reverts and deletes, and says before "
		"each act what will be lost, what is kept and how it ends. The same acts are commands for scripts.");
}

static void put_console_options(struct output *output)
{
	struct console_option option;
	put_section(output, "OPTIONS OF THE CONSOLE");
	for (size_t i = 0; console_option(i, &option); i++) {
		if (option.form != NULL) {
			put_item(output, option.form, option.help);
		}
	}
}

static void put_keys(struct output *output)
{
	put_section(output, "KEYS");
	for (int group = 0; group < TUI_GROUP_COUNT; group++) {
		output_puts(output, ".SS ");
		put_line(output, tui_group_title((enum tui_group)group));
		for (int i = 0; i < TUI_ACTION_COUNT; i++) {
			const struct tui_action_info *info = tui_action_info((enum tui_action)i);
			if ((int)info->group != group) {
				continue;
			}
			HV_CLEANUP_FREE char *term =
				hv_sprintf("%s  (%s)", info->keys[0] != '\0' ? info->keys : ":", info->name);
			put_item(output, term, info->help);
		}
	}
}

static void put_option(struct output *output, const struct option_row *row)
{
	bool optional = row->type == OPTION_TYPE_FOLDER;
	char letter[] = {'-', row->short_name, ',', ' ', '\0'};
	HV_CLEANUP_FREE char *term = hv_sprintf("%s--%s%s%s%s", row->short_name ? letter : "", row->name,
		row->argument ? (optional ? "[=" : " ") : "", row->argument ? row->argument : "", optional ? "]" : "");
	put_item(output, term, row->help);
}

static void put_command(struct output *output, const struct command *command)
{
	struct hv_text usage = HV_TEXT_INIT;
	help_usage(&usage, command);
	output_puts(output, ".SS ");
	put_line(output, command->words);
	put_line(output, hv_text_get(&usage));
	hv_text_clear(&usage);
	output_puts(output, ".PP\n");
	HV_CLEANUP_FREE char *summary = hv_sprintf("%c%s.", toupper((unsigned char)command->summary[0]), command->summary + 1);
	put_line(output, summary);
	if (command->details != NULL) {
		put_line(output, command->details);
	}
	for (int id = 0; id < OPTION_COUNT; id++) {
		if ((command->options & UINT64_C(1) << id) != 0) {
			put_option(output, option_row((enum option_id)id));
		}
	}
}

static void put_commands(struct output *output)
{
	size_t count;
	const struct command *commands = command_table(&count);
	put_section(output, "COMMANDS");
	for (size_t i = 0; i < count; i++) {
		put_command(output, &commands[i]);
	}
	put_section(output, "OPTIONS OF EVERY COMMAND");
	for (int id = 0; id < OPTION_COUNT; id++) {
		if (command_takes(NULL, (enum option_id)id)) {
			put_option(output, option_row((enum option_id)id));
		}
	}
}

static void put_configuration(struct output *output)
{
	const char *section = "";
	put_section(output, "CONFIGURATION");
	put_line(output,
		"$XDG_CONFIG_HOME/hvtree/config (default ~/.config) is an INI file; F2 in the console changes it and keeps its "
		"comments. What holds for every console on a store is changed by 'hvtree settings set'.");
	for (int i = 0; i < SETTING_COUNT; i++) {
		const struct setting_row *row = setting_row((enum setting)i);
		if (strcmp(section, row->section) != 0) {
			output_printf(output, ".SS [%s]\n", row->section);
			section = row->section;
		}
		HV_CLEANUP_FREE char *term = hv_sprintf("%s = %s", row->key, row->value);
		put_item(output, term, row->help);
	}
	output_puts(output, ".SS [group NAME]\n");
	put_item(output, "read_only = yes",
		"nothing can be changed in this group of the tree, until ':write 15m REASON' allows it for that time");
	put_item(output, "confirm = form, dialog or name",
		"how an act that loses something is confirmed: its button has the focus; Cancel has it; the name is typed");
	put_item(output, "theme = NAME", "an overlay that the screen wears while the cursor is in the group");
	output_puts(output, ".SS [keys]\n");
	put_item(output, "ACTION = KEY...",
		"all keys of an action, by the names that stand above; two actions of one place never share a key");
}

static void put_tail(struct output *output)
{
	put_section(output, "EXIT STATUS");
	put_line(output, "0 done, 1 refused or failed, 2 usage, 3 some of several failed, 4 outcome unknown, 5 host unreachable.");
	put_section(output, "ENVIRONMENT");
	put_item(output, "HVTREE_THEME", "the theme, where no option names one");
	put_item(output, "NO_COLOR", "when it is set to something, no colours are shown");
	put_item(output, "COLORFGBG", "set by some terminals: whether their background is light");
	put_item(output, "HVTREE_LOG", "debug: more in the log");
	put_section(output, "FILES");
	put_item(output, "$XDG_STATE_HOME/hvtree/hvtree.db", "the store (default ~/.local/state)");
	put_item(output, "$XDG_CONFIG_HOME/hvtree/config", "the configuration");
	put_item(output, "$XDG_CONFIG_HOME/hvtree/themes/*.ini", "themes of your own");
	put_section(output, "SEE ALSO");
	put_line(output, "ssh_config(5)");
}

int command_manual(struct batch *batch)
{
	put_head(&batch->output);
	put_console_options(&batch->output);
	put_keys(&batch->output);
	put_commands(&batch->output);
	put_configuration(&batch->output);
	put_tail(&batch->output);
	return BATCH_DONE;
}
