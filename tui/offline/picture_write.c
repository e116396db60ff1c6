/* Values to lines. */
#include "tui/offline/picture.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tui/offline/picture_fields.h"

static json_t *member(const struct picture_field *field, const void *value)
{
	const char *at = (const char *)value + field->offset;
	const char *text;
	char uuid[HV_UUID_TEXT_SIZE];
	int number;
	switch (field->type) {
	case PICTURE_TEXT:
	case PICTURE_TEXT_NULL:
		memcpy(&text, at, sizeof text);
		return text ? json_string(text) : NULL;
	case PICTURE_NUMBER:
		return json_integer(*(const int64_t *)(const void *)at);
	case PICTURE_INDEX:
		return json_integer(*(const int32_t *)(const void *)at);
	case PICTURE_BOOL:
		return json_boolean(*(const bool *)at);
	case PICTURE_UUID:
		return json_string(hv_uuid_format((const struct hv_uuid *)(const void *)at, uuid));
	case PICTURE_ENUM:
		memcpy(&number, at, sizeof number);
		return json_string(field->name_of(number));
	}
	return NULL;
}

static json_t *object_of(const struct picture_form *form, const void *value)
{
	json_t *object = json_object();
	for (size_t i = 0; i < form->count; i++) {
		json_t *each = member(&form->fields[i], value);
		if (each) { /* what is not there is left out */
			json_object_set_new(object, form->fields[i].key, each);
		}
	}
	return object;
}

/* Takes the object. */
static void put_line(struct picture_writer *writer, json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
	writer->failed = writer->failed || !text || fputs(text, writer->file) == EOF || fputc('\n', writer->file) == EOF;
	writer->count++;
	free(text);
	json_decref(line);
}

static void put(struct picture_writer *writer, const char *key, json_t *value)
{
	json_t *line = json_object();
	json_object_set_new(line, key, value);
	put_line(writer, line);
}

void picture_begin(struct picture_writer *writer, FILE *file, int64_t wall_us)
{
	*writer = (struct picture_writer){.file = file};
	json_t *line = json_object();
	json_object_set_new(line, "hvtree", json_string("picture"));
	json_object_set_new(line, "version", json_integer(1));
	json_object_set_new(line, "written", json_integer(wall_us));
	put_line(writer, line);
	writer->count = 0;
}

void picture_put_host(struct picture_writer *writer, const struct hv_host *host)
{
	put(writer, "host", object_of(&picture_host_form, host));
}

void picture_put_vm(struct picture_writer *writer, const struct hv_vm *vm)
{
	put(writer, "vm", object_of(&picture_vm_form, vm));
}

void picture_put_operation(struct picture_writer *writer, const struct hv_operation *operation)
{
	put(writer, "operation", object_of(&picture_operation_form, operation));
}

void picture_put_tree(struct picture_writer *writer, const struct hv_tree *tree)
{
	json_t *object = object_of(&picture_tree_form, tree);
	json_t *nodes = json_array();
	json_t *volumes = json_array();
	for (size_t i = 0; i < tree->count; i++) {
		json_array_append_new(nodes, object_of(&picture_node_form, &tree->nodes[i]));
	}
	for (size_t i = 0; i < tree->volume_count; i++) {
		json_array_append_new(volumes, object_of(&picture_volume_form, &tree->volumes[i]));
	}
	json_object_set_new(object, "nodes", nodes);
	json_object_set_new(object, "volumes", volumes);
	put(writer, "tree", object);
}

bool picture_end(struct picture_writer *writer)
{
	size_t count = writer->count;
	put(writer, "end", json_integer((json_int_t)count));
	return fflush(writer->file) == 0 && !writer->failed && !ferror(writer->file);
}
