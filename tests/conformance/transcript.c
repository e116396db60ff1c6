#include "tests/conformance/transcript.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/uuid.h"

/* Members whose value is the host's own affair. */
static const struct {
	const char *member, *shown;
} own[] = {
	{"details", "<words>"}, {"path", "<path>"}, {"created", "<time>"}, {"createTime", "<time>"}, {"size", "<bytes>"},
	{"chainSize", "<bytes>"}, {"freeBytes", "<bytes>"}, {"memoryBytes", "<bytes>"}, {"cpus", "<number>"},
	{"revision", "<number>"},
};

static json_t *told(struct transcript *transcript, const char *member, const json_t *value);

void transcript_init(struct transcript *transcript)
{
	*transcript = (struct transcript){.ids = json_object()};
}

void transcript_clear(struct transcript *transcript)
{
	hv_text_clear(&transcript->text);
	json_decref(transcript->ids);
	*transcript = (struct transcript){0};
}

static json_t *told_text(struct transcript *transcript, const char *text)
{
	struct hv_uuid uuid;
	if (!hv_uuid_parse(text, &uuid)) {
		return json_string(text);
	}
	const json_t *known = json_object_get(transcript->ids, text);
	if (!known) {
		HV_CLEANUP_FREE char *name = hv_sprintf("id %zu", json_object_size(transcript->ids) + 1);
		(void)json_object_set_new(transcript->ids, text, json_string(name));
		known = json_object_get(transcript->ids, text);
	}
	return json_string(json_string_value(known));
}

/* In the order of the names, so that ids are numbered alike whatever order an agent writes in. */
static json_t *told_object(struct transcript *transcript, const json_t *object)
{
	json_t *copy = json_object();
	const char *names[64];
	size_t count = 0;
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		size_t at = count++;
		for (; at > 0 && strcmp(names[at - 1], name) > 0; at--) {
			names[at] = names[at - 1];
		}
		names[at] = name;
	}
	for (size_t i = 0; i < count; i++) {
		(void)json_object_set_new(copy, names[i], told(transcript, names[i], json_object_get(object, names[i])));
	}
	/* a volume's name is its maker's; a checkpoint's is ours */
	if (json_object_get(object, "volumeType")) {
		(void)json_object_set_new(copy, "name", json_string("<name>"));
	}
	return copy;
}

static json_t *told(struct transcript *transcript, const char *member, const json_t *value)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(own); i++) {
		if (member && strcmp(own[i].member, member) == 0 && !json_is_null(value)) {
			return json_string(own[i].shown);
		}
	}
	if (json_is_string(value)) {
		return told_text(transcript, json_string_value(value));
	}
	if (json_is_object(value)) {
		return told_object(transcript, value);
	}
	if (!json_is_array(value)) {
		return json_deep_copy(value);
	}
	json_t *copy = json_array();
	for (size_t i = 0; i < json_array_size(value); i++) {
		(void)json_array_append_new(copy, told(transcript, NULL, json_array_get(value, i)));
	}
	return copy;
}

static void add(struct transcript *transcript, const char *arrow, const json_t *line)
{
	json_t *shown = told(transcript, NULL, line);
	char *text = json_dumps(shown, JSON_COMPACT | JSON_SORT_KEYS);
	hv_text_printf(&transcript->text, "%s %s\n", arrow, text);
	free(text);
	json_decref(shown);
}

void transcript_sent(struct transcript *transcript, const json_t *line)
{
	add(transcript, "->", line);
}

void transcript_heard(struct transcript *transcript, const json_t *line)
{
	add(transcript, "<-", line);
}
