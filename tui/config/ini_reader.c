#include "tui/config/ini_reader.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

struct reader {
	const struct ini_handler *handler;
	const char *rest; /* what inih has not been given yet */
	struct ini_place place;
};

void ini_problem(struct hv_text *problems, const struct ini_place *place, const char *section, const char *key,
	const char *format, ...)
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

static int on_pair(void *user, const char *section, const char *key, const char *value)
{
	struct reader *reader = user;
	if (key != NULL && value != NULL) {
		reader->handler->pair(reader->handler->context, &reader->place, section, key, value);
	}
	return 1;
}

/* A line that inih would take for something else than it says: told of here, and handed on as an empty one. */
static bool is_bad_line(struct reader *reader, const char *line, size_t length, size_t room)
{
	struct hv_text *problems = reader->handler->problems;
	if (length >= room) {
		ini_problem(problems, &reader->place, NULL, NULL, "line too long, it is left out");
		return true;
	}
	bool comment = length == 0 || line[0] == ';' || line[0] == '#';
	if (!comment && line[0] != '[' && memchr(line, '=', length) == NULL &&
		memchr(line, ':', length) == NULL) {
		ini_problem(problems, &reader->place, NULL, NULL, "neither a section nor key = value");
		return true;
	}
	if (line[0] == '[' && memchr(line, ']', length) == NULL) {
		ini_problem(problems, &reader->place, NULL, NULL, "a section needs a closing ']'");
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

void ini_read(const char *file, const char *text, const struct ini_handler *handler)
{
	static const char byte_order_mark[] = "\xEF\xBB\xBF";
	struct reader reader = {.handler = handler, .rest = text};
	if (strncmp(text, byte_order_mark, 3) == 0) {
		reader.rest += 3;
	}
	reader.place.file = hv_strdup(file);
	ini_parse_stream(next_line, &reader, on_pair, &reader);
	free(reader.place.file);
}
