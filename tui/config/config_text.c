#include "tui/config/config_text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tui/config/setting.h"

static void put_setting(struct hv_text *out, const struct setting_row *row)
{
	hv_text_printf(out, "; %s\n;%s = %s\n", row->help, row->key, row->value);
}

void config_template(struct hv_text *out)
{
	hv_text_puts(out, "; The configuration of hvtree. Everything here is the default: take the ';' away to change it.\n"
			  "; F2 in the console changes settings too and leaves your comments alone.\n");
	const char *section = "";
	for (int i = 0; i < SETTING_COUNT; i++) {
		const struct setting_row *row = setting_row((enum setting)i);
		if (strcmp(section, row->section) != 0) {
			hv_text_printf(out, "\n[%s]\n", row->section);
			section = row->section;
		}
		put_setting(out, row);
	}
	hv_text_puts(out, "\n; What holds for all VMs of a group of the tree:\n"
			  ";[group prod]\n"
			  "; yes: nothing can be changed there until ':write 15m REASON' allows it for that time\n"
			  ";read_only = yes\n"
			  "; how an act that loses something is confirmed: form, dialog (Cancel first), name (typed)\n"
			  ";confirm = name\n"
			  "; an overlay that the screen wears while the cursor is there\n"
			  ";theme = prod-red\n");
}

/* ---- changing one line ---- */

struct line {
	const char *start;
	size_t length; /* without its end */
	size_t whole;  /* with it */
};

static struct line line_at(const char *text)
{
	struct line line = {.start = text, .length = strcspn(text, "\n")};
	line.whole = line.length + (text[line.length] == '\n' ? 1 : 0);
	if (line.length > 0 && text[line.length - 1] == '\r') {
		line.length--;
	}
	return line;
}

static struct line trimmed(struct line line)
{
	while (line.length > 0 && strchr(" \t\r", line.start[0]) != NULL) {
		line.start++;
		line.length--;
	}
	while (line.length > 0 && strchr(" \t\r", line.start[line.length - 1]) != NULL) {
		line.length--;
	}
	return line;
}

static bool is_section(struct line line, const char *section)
{
	struct line bare = trimmed(line);
	const char *end = bare.length > 0 && bare.start[0] == '[' ? memchr(bare.start, ']', bare.length) : NULL;
	size_t length = end ? (size_t)(end - bare.start) - 1 : 0;
	return end != NULL && length == strlen(section) && memcmp(bare.start + 1, section, length) == 0;
}

static bool begins_section(struct line line)
{
	struct line bare = trimmed(line);
	return bare.length > 0 && bare.start[0] == '[';
}

/* "key = ..." or, as a comment, ";key = ..."; the place where the value begins, NULL when it is another line. */
static const char *value_of(struct line line, const char *key, bool commented)
{
	struct line bare = trimmed(line);
	if (commented) {
		if (bare.length == 0 || (bare.start[0] != ';' && bare.start[0] != '#')) {
			return NULL;
		}
		bare.start++;
		bare.length--;
		bare = trimmed(bare);
	}
	size_t length = strlen(key);
	if (bare.length <= length || memcmp(bare.start, key, length) != 0) {
		return NULL;
	}
	const char *at = bare.start + length;
	const char *end = bare.start + bare.length;
	while (at < end && (*at == ' ' || *at == '\t')) {
		at++;
	}
	if (at == end || (*at != '=' && *at != ':')) {
		return NULL;
	}
	at++;
	while (at < end && (*at == ' ' || *at == '\t')) {
		at++;
	}
	return at;
}

struct places {
	const char *value;   /* where the value that counts begins; NULL: the key is not set */
	const char *comment; /* the end of a line that has it as a comment; NULL: none */
	const char *section; /* the end of the last line of the section that says something; NULL: no such section */
};

static struct places find(const char *text, const char *section, const char *key)
{
	struct places places = {NULL, NULL, NULL};
	bool inside = false;
	while (*text != '\0') {
		struct line line = line_at(text);
		inside = begins_section(line) ? is_section(line, section) : inside;
		if (inside && trimmed(line).length > 0) {
			places.section = text + line.whole;
			const char *value = value_of(line, key, false);
			places.value = value ? value : places.value;
			places.comment = value_of(line, key, true) ? text + line.whole : places.comment;
		}
		text += line.whole;
	}
	return places;
}

/* The text up to `at`, which begins a line also when the text has no newline at its end. */
static void put_until(struct hv_text *out, const char *text, const char *at)
{
	hv_text_append(out, text, (size_t)(at - text));
	if (at > text && at[-1] != '\n') {
		hv_text_puts(out, "\n");
	}
}

char *config_edit(const char *text, const char *section, const char *key, const char *value)
{
	struct hv_text out = HV_TEXT_INIT;
	struct places places = find(text, section, key);
	if (places.value != NULL) {
		hv_text_append(&out, text, (size_t)(places.value - text));
		hv_text_puts(&out, value);
		/* what followed the old value stays: a comment behind it, and the end of the line */
		const char *rest = places.value + strcspn(places.value, "\r\n");
		for (const char *at = places.value; at < rest; at++) {
			if (at > places.value && at[0] == ';' && (at[-1] == ' ' || at[-1] == '\t')) {
				hv_text_puts(&out, " ");
				rest = at;
			}
		}
		hv_text_puts(&out, rest);
		return hv_text_detach(&out);
	}
	const char *at = places.comment ? places.comment : places.section;
	if (at != NULL) {
		put_until(&out, text, at);
		hv_text_printf(&out, "%s = %s\n%s", key, value, at);
		return hv_text_detach(&out);
	}
	put_until(&out, text, text + strlen(text));
	hv_text_printf(&out, "%s[%s]\n%s = %s\n", text[0] != '\0' ? "\n" : "", section, key, value);
	return hv_text_detach(&out);
}
