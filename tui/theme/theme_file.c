#include "tui/theme/theme_file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/memory.h"
#include "tui/theme/colour.h"
#include "tui/theme/glyph_text.h"

struct reader {
	struct theme_source *source;
	struct hv_text *problems;
	const struct ini_place *place; /* of the pair that is being read */
};

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
		ini_problem(reader->problems, reader->place, section, key,
			"'%s' is no colour; write #rrggbb, 0 to 255, or a name such as red or "
			"bright-red",
			value);
	}
}

static void read_overlay(struct reader *reader, const char *value)
{
	bool yes = strcasecmp(value, "yes") == 0;
	if (!yes && strcasecmp(value, "no") != 0) {
		ini_problem(reader->problems, reader->place, "theme", "overlay", "'%s' is neither yes nor no", value);
	}
	reader->source->overlay = yes;
}

static void read_theme(struct reader *reader, const char *key, const char *value)
{
	struct theme_source *source = reader->source;
	if (strcmp(key, "name") == 0) {
		hv_replace_string(&source->name, value);
	} else if (strcmp(key, "inherits") == 0) {
		hv_replace_string(&source->inherits, value);
	} else if (strcmp(key, "overlay") == 0) {
		read_overlay(reader, value);
	} else if (strcmp(key, "foreground") == 0) {
		read_colour(reader, "theme", key, value, &source->foreground);
	} else if (strcmp(key, "background") == 0) {
		read_colour(reader, "theme", key, value, &source->background);
	} else if (strcmp(key, "min_contrast") == 0) {
		char *end;
		double number = strtod(value, &end);
		if (*end != '\0' || !(number >= 1.0 && number <= 21.0)) {
			ini_problem(reader->problems, reader->place, "theme", key,
				"'%s' is no contrast; write a number from 1 to 21", value);
			return;
		}
		source->min_contrast = number;
	} else {
		ini_problem(reader->problems, reader->place, "theme", key,
			"no such key; there are name, inherits, overlay, min_contrast, foreground and "
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
		ini_problem(reader->problems, reader->place, "palette", key,
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
		ini_problem(reader->problems, reader->place, "roles", key, "no such role");
		return;
	}
	struct theme_entry *entry = &reader->source->roles[role];
	hv_replace_string(&entry->place.file, reader->place->file);
	entry->place.line = reader->place->line;
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
		ini_problem(reader->problems, reader->place, "roles", key,
			"more than three looks; a role is rich , ansi16 , mono");
	}
}

static void read_glyph(struct reader *reader, const char *key, const char *value)
{
	enum glyph id;
	struct glyph_set *set = &reader->source->glyphs;
	if (!glyph_parse_name(key, &id)) {
		ini_problem(reader->problems, reader->place, "glyphs", key, "no such glyph");
	} else if (!glyph_parse_forms(value, set->utf8[id], set->ascii[id])) {
		ini_problem(reader->problems, reader->place, "glyphs", key,
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

static void on_pair(void *context, const struct ini_place *place, const char *section, const char *key,
	const char *value)
{
	struct reader *reader = context;
	reader->place = place;
	for (size_t i = 0; i < HV_ARRAY_LEN(sections); i++) {
		if (strcmp(section, sections[i].section) == 0) {
			sections[i].read(reader, key, value);
			return;
		}
	}
	ini_problem(reader->problems, place, NULL, key,
		"is in no section that themes have: [theme], [palette], [roles], [glyphs]");
}

void theme_source_read(
	struct theme_source *source, const char *file, const char *text, struct hv_text *problems)
{
	struct reader reader = {.source = source, .problems = problems};
	const struct ini_handler handler = {.context = &reader, .problems = problems, .pair = on_pair};
	hv_replace_string(&source->inherits, NULL);
	source->overlay = false;
	ini_read(file, text, &handler);
}
