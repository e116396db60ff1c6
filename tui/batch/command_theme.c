/* hvtree theme list, check, show: themes as files that somebody writes (U5). Needs no store. */
#include "tui/batch/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/batch/report.h"
#include "tui/batch/table.h"
#include "tui/theme/colour.h"
#include "tui/theme/theme.h"
#include "tui/theme/theme_lint.h"
#include "tui/theme/theme_search.h"

static const struct table_column list_columns[] = {{"NAME", false}, {"KIND", false}, {"FILE", false}};

static void list_json(struct batch *batch, const struct theme_list *list)
{
	struct json_writer *json = &batch->json;
	json_open_object(json, NULL);
	json_put_integer(json, "count", (int64_t)list->count);
	json_open_array(json, "theme");
	for (size_t i = 0; i < list->count; i++) {
		json_new_line(json);
		json_open_object(json, NULL);
		json_put_string(json, "name", list->items[i].name);
		json_put_bool(json, "overlay", list->items[i].overlay);
		json_put_string(json, "file", list->items[i].file);
		json_close_object(json);
	}
	output_puts(&batch->output, "\n");
	json_close_array(json);
	json_close_object(json);
	output_puts(&batch->output, "\n");
}

static void list_text(struct batch *batch, const struct theme_list *list)
{
	struct table table;
	table_init(&table, &batch->output, list_columns, HV_ARRAY_LEN(list_columns));
	for (size_t i = 0; i < list->count; i++) {
		const struct theme_item *item = &list->items[i];
		const char *cells[] = {item->name, item->overlay ? "overlay" : "theme", item->file};
		table_row(&table, cells);
	}
	table_finish(&table);
}

int command_theme_list(struct batch *batch)
{
	struct theme_list list;
	theme_list_read(&list);
	(batch->wants_json ? list_json : list_text)(batch, &list);
	theme_list_clear(&list);
	return BATCH_DONE;
}

/* A file here is a file, also without a '/'; else it is the name of a theme. Caller frees. */
static char *path_or_name(const char *operand)
{
	bool is_file = strchr(operand, '/') == NULL && access(operand, R_OK) == 0;
	return is_file ? hv_sprintf("./%s", operand) : hv_strdup(operand);
}

/* NULL when there is none; the error is told then. */
static struct theme *load(struct batch *batch, struct hv_text *problems, int *ret_code)
{
	const char *operand = batch->arguments->operands[0];
	HV_CLEANUP_FREE char *name = path_or_name(operand);
	struct theme_text found;
	if (!theme_find(name, &found)) {
		struct hv_error error;
		HV_CLEANUP_FREE char *shown = printable(operand);
		hv_error_set(&error, HV_ERR_NOT_FOUND, "there is no theme '%s'; see 'hvtree theme list'", shown);
		*ret_code = batch_fail(batch, &error);
		return NULL;
	}
	struct theme *theme = theme_parse(found.file, found.text, problems);
	theme_text_clear(&found);
	return theme;
}

static void put_lines(struct batch *batch, const char *key, const char *lines)
{
	struct json_writer *json = &batch->json;
	json_open_array(json, key);
	while (*lines != '\0') {
		size_t length = strcspn(lines, "\n");
		HV_CLEANUP_FREE char *line = hv_strndup(lines, length);
		json_put_string(json, NULL, line);
		lines += length + 1;
	}
	json_close_array(json);
}

int command_theme_check(struct batch *batch)
{
	int code = BATCH_DONE;
	struct hv_text problems = HV_TEXT_INIT;
	struct hv_text faults = HV_TEXT_INIT;
	struct theme *theme = load(batch, &problems, &code);
	if (theme == NULL) {
		return code;
	}
	(void)theme_lint(theme, &faults);
	bool good = problems.length == 0 && faults.length == 0;
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_put_string(&batch->json, "theme", theme->name);
		json_put_bool(&batch->json, "success", good);
		put_lines(batch, "problem", hv_text_get(&problems));
		put_lines(batch, "fault", hv_text_get(&faults));
		json_close_object(&batch->json);
		output_puts(&batch->output, "\n");
	} else {
		HV_CLEANUP_FREE char *name = printable(theme->name);
		output_puts(&batch->output, hv_text_get(&problems));
		output_puts(&batch->output, hv_text_get(&faults));
		output_printf(&batch->output, "%s: %s\n", name, good ? "in order" : "not in order");
	}
	hv_text_clear(&problems);
	hv_text_clear(&faults);
	theme_free(theme);
	return good ? BATCH_DONE : BATCH_FAILED;
}

/* ---- show ---- */

static const struct {
	enum theme_attribute attribute;
	const char *name;
	int code; /* of SGR */
} attributes[] = {
	{THEME_BOLD, "bold", 1},
	{THEME_DIM, "dim", 2},
	{THEME_ITALIC, "italic", 3},
	{THEME_UNDERLINE, "underline", 4},
	{THEME_REVERSE, "reverse", 7},
};

/* As it would be written in a file. */
static char *format_look(struct theme_look look)
{
	struct hv_text text = HV_TEXT_INIT;
	char colour[COLOUR_TEXT_BYTES];
	bool coloured = look.foreground != THEME_COLOUR_DEFAULT || look.background != THEME_COLOUR_DEFAULT;
	if (coloured) {
		hv_text_puts(&text, colour_format(look.foreground, colour));
		hv_text_printf(&text, "/%s", colour_format(look.background, colour));
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(attributes); i++) {
		if (look.attributes & attributes[i].attribute) {
			hv_text_printf(&text, "%s%s", text.length > 0 ? "+" : "", attributes[i].name);
		}
	}
	if (text.length == 0) {
		hv_text_puts(&text, "default");
	}
	return hv_text_detach(&text);
}

static void put_sgr_colour(struct output *output, int32_t colour, int base)
{
	if (colour != THEME_COLOUR_DEFAULT) {
		output_printf(output, "\033[%d;5;%dm", base, (int)colour);
	}
}

/* "Abc 123" as the role looks in 256 colours: for eyes, so on a terminal only. */
static void put_sample(struct output *output, struct theme_look look)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(attributes); i++) {
		if (look.attributes & attributes[i].attribute) {
			output_printf(output, "\033[%dm", attributes[i].code);
		}
	}
	put_sgr_colour(output, look.foreground, 38);
	put_sgr_colour(output, look.background, 48);
	output_puts(output, " Abc 123 \033[0m ");
}

static bool wants_samples(const struct batch *batch)
{
	const char *no_color = getenv("NO_COLOR");
	return isatty(batch->output.fd) && (no_color == NULL || no_color[0] == '\0');
}

static void show_role(struct batch *batch, const struct theme *theme, enum role role)
{
	HV_CLEANUP_FREE char *rich = format_look(theme->looks[role][THEME_TIER_RICH]);
	HV_CLEANUP_FREE char *ansi = format_look(theme->looks[role][THEME_TIER_ANSI16]);
	HV_CLEANUP_FREE char *mono = format_look(theme->looks[role][THEME_TIER_MONO]);
	if (batch->wants_json) {
		struct json_writer *json = &batch->json;
		json_new_line(json);
		json_open_object(json, NULL);
		json_put_string(json, "role", role_name(role));
		json_put_string(json, "rich", rich);
		json_put_string(json, "ansi16", ansi);
		json_put_string(json, "mono", mono);
		json_close_object(json);
		return;
	}
	if (wants_samples(batch)) {
		put_sample(&batch->output, theme_look(theme, role, THEME_DEPTH_256));
	}
	output_printf(&batch->output, "%-15s %5.1f  %-32s , %-28s , %s\n", role_name(role),
		theme_contrast(theme, role), rich, ansi, strcmp(mono, "default") == 0 ? "normal" : mono);
}

int command_theme_show(struct batch *batch)
{
	int code = BATCH_DONE;
	struct hv_text problems = HV_TEXT_INIT;
	struct theme *theme = load(batch, &problems, &code);
	if (theme == NULL) {
		return code;
	}
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_put_string(&batch->json, "theme", theme->name);
		json_open_array(&batch->json, "role");
	} else {
		output_puts(&batch->output, hv_text_get(&problems));
		output_printf(&batch->output, "%s%-15s %5s  %-32s , %-28s , %s\n",
			wants_samples(batch) ? "          " : "", "ROLE", "CONTR", "RICH", "16 COLOURS", "MONO");
	}
	for (int role = 0; role < ROLE_COUNT; role++) {
		show_role(batch, theme, (enum role)role);
	}
	if (batch->wants_json) {
		json_close_array(&batch->json);
		json_close_object(&batch->json);
		output_puts(&batch->output, "\n");
	}
	hv_text_clear(&problems);
	theme_free(theme);
	return BATCH_DONE;
}
