#include "tui/theme/theme_file.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/memory.h"
#include "tui/theme/colour.h"
#include "tui/theme/glyph_text.h"

struct reader {
	struct theme_source *source;
	const char *rest; /* what inih has not been given yet */
	struct theme_place place;
	struct hv_text *problems;
};

void theme_problem(struct hv_text *problems, const struct theme_place *place, const char *section,
	const char *key, const char *format, ...)
{
	if (problems == NULL) {
		return;
	}
	char sentence[300];
	va_list args;
	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	struct hv_text line = HV_TEXT_INIT;
	hv_text_printf(&line, "%s:%d: ", place->file, place->line);
	if (section != NULL) {
		hv_text_printf(&line, "[%s] ", section);
	}
	if (key != NULL) {
		hv_text_printf(&line, "%s: ", key);
	}
	hv_text_puts(&line, sentence);
	char *printable = hv_text_printable(hv_text_get(&line), line.length);
	hv_text_printf(problems, "%s\n", printable);
	free(printable);
	hv_text_clear(&line);
}

void theme_source_init(struct theme_source *source)
{
	*source = (struct theme_source){
		.min_contrast = 4.5,
		.foreground = THEME_RGB_FLAG | 0xD0D0D0,
		.background = THEME_RGB_FLAG | 0x101010,
	};
}

void theme_source_clear(struct theme_source *source)
{
	free(source->name);
	free(source->inherits);
	for (int role = 0; role < ROLE_COUNT; role++) {
		for (int tier = 0; tier < THEME_TIER_COUNT; tier++) {
			free(source->roles[role].tiers[tier]);
		}
		free(source->roles[role].place.file);
	}
	for (size_t i = 0; i < source->palette_count; i++) {
		free(source->palette[i].name);
	}
	free(source->palette);
	*source = (struct theme_source){.name = NULL};
}

static char *trimmed(const char *start, size_t length)
{
	while (length > 0 && strchr(" \t", start[0]) != NULL) {
		start++;
		length--;
	}
	while (length > 0 && strchr(" \t", start[length - 1]) != NULL) {
		length--;
	}
	return hv_strndup(start, length);
}

static void read_colour(struct reader *reader, const char *section, const char *key,
	const char *value, int32_t *ret_colour)
{
	if (!colour_parse(value, ret_colour)) {
		theme_problem(reader->problems, &reader->place, section, key,
			"'%s' is no colour; write #rrggbb, 0 to 255, or a name such as red or "
			"bright-red",
			value);
	}
}

static void read_theme(struct reader *reader, const char *key, const char *value)
{
	struct theme_source *source = reader->source;
	if (strcmp(key, "name") == 0) {
		hv_replace_string(&source->name, value);
	} else if (strcmp(key, "inherits") == 0) {
		hv_replace_string(&source->inherits, value);
	} else if (strcmp(key, "foreground") == 0) {
		read_colour(reader, "theme", key, value, &source->foreground);
	} else if (strcmp(key, "background") == 0) {
		read_colour(reader, "theme", key, value, &source->background);
	} else if (strcmp(key, "min_contrast") == 0) {
		char *end;
		double number = strtod(value, &end);
		if (*end != '\0' || !(number >= 1.0 && number <= 21.0)) {
			theme_problem(reader->problems, &reader->place, "theme", key,
				"'%s' is no contrast; write a number from 1 to 21", value);
			return;
		}
		source->min_contrast = number;
	} else {
		theme_problem(reader->problems, &reader->place, "theme", key,
			"no such key; there are name, inherits, min_contrast, foreground and "
			"background");
	}
}

static void read_palette(struct reader *reader, const char *key, const char *value)
{
	int32_t colour = THEME_COLOUR_DEFAULT;
	if (!colour_parse(value, &colour)) {
		read_colour(reader, "palette", key, value, &colour); /* says why */
		return;
	}
	int32_t shadowed;
	if (colour_parse(key, &shadowed)) {
		theme_problem(reader->problems, &reader->place, "palette", key,
			"this name is a colour already; choose another one");
		return;
	}
	struct theme_source *source = reader->source;
	for (size_t i = 0; i < source->palette_count; i++) {
		if (strcmp(source->palette[i].name, key) == 0) {
			source->palette[i].colour = colour;
			return;
		}
	}
	HV_GROW(source->palette, source->palette_count, source->palette_capacity);
	source->palette[source->palette_count++] =
		(struct theme_palette_colour){.name = hv_strdup(key), .colour = colour};
}

static void read_role(struct reader *reader, const char *key, const char *value)
{
	int role = 0;
	while (role < ROLE_COUNT && strcmp(role_name((enum role)role), key) != 0) {
		role++;
	}
	if (role == ROLE_COUNT) {
		theme_problem(reader->problems, &reader->place, "roles", key, "no such role");
		return;
	}
	struct theme_entry *entry = &reader->source->roles[role];
	hv_replace_string(&entry->place.file, reader->place.file);
	entry->place.line = reader->place.line;
	for (int tier = 0; tier < THEME_TIER_COUNT; tier++) {
		size_t length = value ? strcspn(value, ",") : 0;
		free(entry->tiers[tier]);
		entry->tiers[tier] = length > 0 ? trimmed(value, length) : NULL;
		if (entry->tiers[tier] != NULL && entry->tiers[tier][0] == '\0') {
			free(entry->tiers[tier]);
			entry->tiers[tier] = NULL;
		}
		value = value && value[length] == ',' ? value + length + 1 : NULL;
	}
	if (value != NULL) {
		theme_problem(reader->problems, &reader->place, "roles", key,
			"more than three looks; a role is rich , ansi16 , mono");
	}
}

static void read_glyph(struct reader *reader, const char *key, const char *value)
{
	enum glyph id;
	struct glyph_set *set = &reader->source->glyphs;
	if (!glyph_parse_name(key, &id)) {
		theme_problem(reader->problems, &reader->place, "glyphs", key, "no such glyph");
	} else if (!glyph_parse_forms(value, set->utf8[id], set->ascii[id])) {
		theme_problem(reader->problems, &reader->place, "glyphs", key,
			"'%s' is not a character of one cell, a blank, and an ASCII character",
			value);
	}
}

static const struct {
	const char *section;
	void (*read)(struct reader *reader, const char *key, const char *value);
} sections[] = {
	{"theme", read_theme},
	{"palette", read_palette},
	{"roles", read_role},
	{"glyphs", read_glyph},
};

static int on_pair(void *user, const char *section, const char *key, const char *value)
{
	struct reader *reader = user;
	if (key == NULL || value == NULL) {
		return 1;
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(sections); i++) {
		if (strcmp(section, sections[i].section) == 0) {
			sections[i].read(reader, key, value);
			return 1;
		}
	}
	theme_problem(reader->problems, &reader->place, NULL, key,
		"is in no section that themes have: [theme], [palette], [roles], [glyphs]");
	return 1;
}

/* A line that inih would take for something else than it says: told of here, and handed on as an empty one. */
static bool is_bad_line(struct reader *reader, const char *line, size_t length, size_t room)
{
	if (length >= room) {
		theme_problem(reader->problems, &reader->place, NULL, NULL,
			"line too long, it is left out");
		return true;
	}
	bool comment = length == 0 || line[0] == ';' || line[0] == '#';
	if (!comment && line[0] != '[' && memchr(line, '=', length) == NULL &&
		memchr(line, ':', length) == NULL) {
		theme_problem(reader->problems, &reader->place, NULL, NULL,
			"neither a section nor key = value");
		return true;
	}
	if (line[0] == '[' && memchr(line, ']', length) == NULL) {
		theme_problem(reader->problems, &reader->place, NULL, NULL,
			"a section needs a closing ']'");
		return true;
	}
	return false;
}

/*
 * inih's source of lines. Counts them (inih does not tell), and strips indentation, which inih would take for the
 * continuation of the line before.
 */
static char *next_line(char *buffer, int size, void *stream)
{
	struct reader *reader = stream;
	const char *line = reader->rest;
	if (line[0] == '\0') {
		return NULL;
	}
	size_t length = strcspn(line, "\n");
	reader->rest = line + length + (line[length] == '\n' ? 1 : 0);
	reader->place.line++;
	size_t indent = strspn(line, " \t\r");
	indent = indent < length ? indent : length;
	line += indent;
	length -= indent;
	if (is_bad_line(reader, line, length, (size_t)size - 1)) {
		length = 0;
	}
	memcpy(buffer, line, length);
	buffer[length] = '\n';
	buffer[length + 1] = '\0';
	return buffer;
}

void theme_source_read(
	struct theme_source *source, const char *file, const char *text, struct hv_text *problems)
{
	static const char byte_order_mark[] = "\xEF\xBB\xBF";
	struct reader reader = {.source = source, .rest = text, .problems = problems};
	if (strncmp(text, byte_order_mark, 3) == 0) {
		reader.rest += 3;
	}
	reader.place.file = hv_strdup(file);
	hv_replace_string(&source->inherits, NULL);
	ini_parse_stream(next_line, &reader, on_pair, &reader);
	free(reader.place.file);
}
