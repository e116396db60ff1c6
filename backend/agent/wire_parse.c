/*
 * From a line to a message that says what it is. Lines are weighed before they are parsed: sixteen million bytes of
 * "[],[]," would become a gigabyte of JSON values.
 */
#include "backend/agent/wire.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

#define DEPTH_MAX 32
#define VALUES_MAX 1500000
#define CONTAINERS_MAX 400000

static const struct {
	const char *name;
	enum wire_kind kind;
} events[] = {
	{"Ready", WIRE_READY},
	{"Refused", WIRE_REFUSED},
	{"Progress", WIRE_PROGRESS},
	{"VmStateChanged", WIRE_VM_CHANGED},
	{"SnapshotsChanged", WIRE_VM_CHANGED},
	{"VmRemoved", WIRE_VM_REMOVED},
	{"HostStatus", WIRE_HOST_STATUS},
};

/* Depth and number of values, without understanding more of JSON than strings and brackets. */
static bool is_reasonable(const char *line, size_t length)
{
	size_t depth = 0;
	size_t values = 1;
	size_t containers = 0;
	bool in_string = false;
	for (size_t i = 0; i < length; i++) {
		char c = line[i];
		if (in_string) {
			if (c == '\\') {
				i++;
			} else if (c == '"') {
				in_string = false;
			}
		} else if (c == '"') {
			in_string = true;
		} else if (c == ',') {
			values++;
		} else if (c == '{' || c == '[') {
			containers++;
			depth++;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
		if (depth > DEPTH_MAX || values > VALUES_MAX || containers > CONTAINERS_MAX) {
			return false;
		}
	}
	return true;
}

static enum hv_status refuse_json(const json_error_t *error, struct hv_error *err)
{
	char *text = hv_text_printable(error->text, strlen(error->text)); /* it quotes the line */
	(void)hv_error_set(err, HV_ERR_PROTOCOL, "not JSON at byte %d: %s", error->position, text);
	free(text);
	return HV_ERR_PROTOCOL;
}

static enum wire_kind event_kind(const char *name)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(events); i++) {
		if (strcmp(events[i].name, name) == 0) {
			return events[i].kind;
		}
	}
	return WIRE_OTHER_EVENT;
}

static enum hv_status classify(struct wire_line *line, struct hv_error *err)
{
	const json_t *event = json_object_get(line->root, "event");
	if (json_is_string(event)) {
		line->kind = event_kind(json_string_value(event));
		return HV_OK;
	}
	const json_t *answer = json_object_get(line->root, "answer");
	const json_t *id = json_object_get(line->root, "id");
	if (json_is_string(answer) && json_is_integer(id)) {
		line->kind = WIRE_ANSWER;
		line->id = json_integer_value(id);
		return HV_OK;
	}
	if (json_is_string(answer) && (!id || json_is_null(id))) {
		line->kind = WIRE_LOST_ANSWER;
		return HV_OK;
	}
	return hv_error_set(err, HV_ERR_PROTOCOL, "neither an event nor an answer");
}

enum hv_status wire_parse(
	const char *line, size_t length, struct wire_line *ret_line, struct hv_error *err)
{
	if (!is_reasonable(line, length)) {
		return hv_error_set(err, HV_ERR_PROTOCOL, "nested or crowded beyond reason");
	}
	json_error_t error;
	struct wire_line parsed = {.root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error)};
	if (!parsed.root) {
		return refuse_json(&error, err);
	}
	if (!json_is_object(parsed.root)) {
		wire_line_clear(&parsed);
		return hv_error_set(err, HV_ERR_PROTOCOL, "not an object");
	}
	enum hv_status status = classify(&parsed, err);
	if (status != HV_OK) {
		wire_line_clear(&parsed);
		return status;
	}
	*ret_line = parsed;
	return HV_OK;
}

void wire_line_clear(struct wire_line *line)
{
	json_decref(line->root);
	*line = (struct wire_line){0};
}

/* Agents write "event" first in events and have "answer" in answers; a line that was cut or mixed may show either. */
bool wire_may_be_answer(const char *line, size_t length)
{
	static const char event[] = "{\"event\"";
	static const char answer[] = "\"answer\"";
	if (length >= sizeof event - 1 && memcmp(line, event, sizeof event - 1) == 0) {
		return memmem(line, length, answer, sizeof answer - 1) != NULL;
	}
	return (length > 0 && line[0] == '{') ||
	       memmem(line, length, answer, sizeof answer - 1) != NULL;
}
