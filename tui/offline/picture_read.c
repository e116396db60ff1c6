/* Lines to values, and the values as events. */
#include "tui/offline/picture.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tui/offline/picture_fields.h"
#include "tui/offline/picture_private.h"

#define NODES_MAX 200000 /* of one VM */

/* ---- members ---- */

static bool read_number(const json_t *value, int64_t least, int64_t most, int64_t *ret_number)
{
	if (!json_is_integer(value) || json_integer_value(value) < least || json_integer_value(value) > most) {
		return value == NULL;
	}
	*ret_number = json_integer_value(value);
	return true;
}

static bool read_enum(const struct picture_field *field, const json_t *value, void *to)
{
	int found = 0;
	if (!json_is_string(value)) {
		return value == NULL;
	}
	while (found < field->count && strcmp(field->name_of(found), json_string_value(value)) != 0) {
		found++;
	}
	if (found == field->count) {
		return false;
	}
	memcpy(to, &found, sizeof found);
	return true;
}

static bool read_text(const struct picture_field *field, const json_t *value, void *to)
{
	const char *text = field->type == PICTURE_TEXT ? "" : NULL;
	if (value && !json_is_string(value)) {
		return false;
	}
	text = value ? json_string_value(value) : text;
	memcpy(to, &text, sizeof text);
	return true;
}

/* What is not there keeps its zero. */
static bool read_member(const struct picture_field *field, const json_t *value, void *object)
{
	char *to = (char *)object + field->offset;
	int64_t number = 0;
	int32_t index;
	switch (field->type) {
	case PICTURE_TEXT:
	case PICTURE_TEXT_NULL:
		return read_text(field, value, to);
	case PICTURE_NUMBER:
		/* far enough from the ends that nothing that is added to it can overflow */
		if (!read_number(value, -(INT64_C(1) << 60), INT64_C(1) << 60, &number)) {
			return false;
		}
		memcpy(to, &number, sizeof number);
		return true;
	case PICTURE_INDEX:
		number = -1;
		if (!read_number(value, -1, NODES_MAX, &number)) {
			return false;
		}
		index = (int32_t)number;
		memcpy(to, &index, sizeof index);
		return true;
	case PICTURE_BOOL:
		*(bool *)to = json_is_true(value);
		return value == NULL || json_is_boolean(value);
	case PICTURE_UUID:
		return value == NULL || (json_is_string(value) && hv_uuid_parse(json_string_value(value),
									   (struct hv_uuid *)(void *)to));
	case PICTURE_ENUM:
		return read_enum(field, value, to);
	}
	return false;
}

/* The strings in *object are the JSON's. */
static bool read_object(const struct picture_form *form, const json_t *json, void *object)
{
	for (size_t i = 0; i < form->count; i++) {
		const json_t *value = json_object_get(json, form->fields[i].key);
		if (!read_member(&form->fields[i], json_is_null(value) ? NULL : value, object)) {
			return false;
		}
	}
	return json_is_object(json);
}

/* ---- values ---- */

void picture_tell(struct picture *picture, struct hv_event event)
{
	struct hv_event *copy = hv_alloc(sizeof *copy);
	*copy = event;
	HV_GROW(picture->events, picture->event_count, picture->event_capacity);
	picture->events[picture->event_count++] = copy;
}

static bool read_host(struct picture *picture, const json_t *json)
{
	struct hv_host host = {.name = NULL};
	if (!read_object(&picture_host_form, json, &host)) {
		return false;
	}
	const struct hv_host *kept = hv_host_new(&host);
	HV_GROW(picture->hosts, picture->host_count, picture->host_capacity);
	picture->hosts[picture->host_count++] = kept;
	picture_tell(picture, (struct hv_event){.kind = HV_EVENT_HOST, .id = host.uuid, .host = hv_host_ref(kept)});
	return true;
}

static bool read_vm(struct picture *picture, const json_t *json)
{
	struct hv_vm vm = {.name = NULL};
	if (!read_object(&picture_vm_form, json, &vm)) {
		return false;
	}
	const struct hv_vm *kept = hv_vm_new(&vm);
	HV_GROW(picture->vms, picture->vm_count, picture->vm_capacity);
	picture->vms[picture->vm_count++] = kept;
	picture_tell(picture, (struct hv_event){.kind = HV_EVENT_VM, .id = vm.uuid, .vm = hv_vm_ref(kept)});
	return true;
}

static bool read_operation(struct picture *picture, const json_t *json)
{
	struct hv_operation operation = {.vm_name = NULL};
	if (!read_object(&picture_operation_form, json, &operation)) {
		return false;
	}
	picture_tell(picture, (struct hv_event){.kind = HV_EVENT_OPERATION,
			      .id = operation.uuid,
			      .operation = hv_operation_new(&operation)});
	return true;
}

/* Parents stand before their children and subtrees together; depth and the last of siblings follow from that. */
static bool arrange(struct hv_node *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int32_t parent = nodes[i].parent;
		int32_t at = (int32_t)i - 1;
		while (at >= 0 && at != parent) {
			at = nodes[at].parent;
		}
		if (at != parent) {
			return false;
		}
		nodes[i].depth = parent < 0 ? 0 : nodes[parent].depth + 1;
	}
	bool *seen = hv_alloc((count + 1) * sizeof *seen); /* a later child of this parent; the first is for roots */
	for (size_t i = count; i-- > 0;) {
		nodes[i].last_child = !seen[nodes[i].parent + 1];
		seen[nodes[i].parent + 1] = true;
	}
	free(seen);
	return true;
}

static bool read_array(const json_t *array, const struct picture_form *form, size_t size, void **ret_items)
{
	size_t count = json_array_size(array);
	if (count > NODES_MAX) {
		return false;
	}
	char *items = hv_alloc(count * size + 1);
	*ret_items = items;
	for (size_t i = 0; i < count; i++) {
		if (!read_object(form, json_array_get(array, i), items + i * size)) {
			return false;
		}
	}
	return true;
}

static bool read_tree(struct picture *picture, const json_t *json)
{
	struct hv_tree tree = {.nodes = NULL};
	const json_t *nodes_json = json_object_get(json, "nodes");
	const json_t *volumes_json = json_object_get(json, "volumes");
	void *nodes = NULL, *volumes = NULL;
	tree.count = json_array_size(nodes_json);
	tree.volume_count = json_array_size(volumes_json);
	bool good = read_object(&picture_tree_form, json, &tree) &&
		    read_array(nodes_json, &picture_node_form, sizeof(struct hv_node), &nodes) &&
		    read_array(volumes_json, &picture_volume_form, sizeof(struct hv_volume), &volumes) &&
		    arrange(nodes, tree.count) && tree.current < (int32_t)tree.count;
	if (good) {
		tree.nodes = nodes;
		tree.volumes = volumes;
		HV_GROW(picture->trees, picture->tree_count, picture->tree_capacity);
		picture->trees[picture->tree_count++] = hv_tree_new(&tree);
	}
	free(nodes);
	free(volumes);
	return good;
}

static bool read_end(struct picture *picture, const json_t *json)
{
	picture->whole = json_is_integer(json) && json_integer_value(json) == (json_int_t)picture->lines - 2;
	return picture->whole;
}

static const struct {
	const char *key;
	bool (*read)(struct picture *picture, const json_t *json);
} kinds[] = {
	{"host", read_host},
	{"vm", read_vm},
	{"operation", read_operation},
	{"tree", read_tree},
	{"end", read_end},
};

/* ---- lines ---- */

static enum hv_status read_head(struct picture *picture, const json_t *line, struct hv_error *err)
{
	const json_t *written = json_object_get(line, "written");
	const json_t *version = json_object_get(line, "version");
	const json_t *kind = json_object_get(line, "hvtree");
	if (!json_is_string(kind) || strcmp(json_string_value(kind), "picture") != 0) {
		return hv_error_set(err, HV_ERR_INVALID, "this is no picture that hvtree --export has written");
	}
	if (!json_is_integer(version) || json_integer_value(version) != 1) {
		return hv_error_set(err, HV_ERR_INVALID, "this picture was written by a newer hvtree");
	}
	(void)read_number(written, 0, INT64_C(1) << 60, &picture->written_us);
	return HV_OK;
}

static enum hv_status read_line(struct picture *picture, const char *text, size_t length, struct hv_error *err)
{
	json_t *line = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
	enum hv_status status = HV_OK;
	picture->lines++;
	if (picture->lines == 1) {
		status = read_head(picture, line, err);
		json_decref(line);
		return status;
	}
	bool good = false;
	for (size_t i = 0; i < HV_ARRAY_LEN(kinds) && !picture->whole; i++) {
		const json_t *value = json_object_get(line, kinds[i].key);
		good = good || (value && kinds[i].read(picture, value));
	}
	json_decref(line);
	if (!good) {
		return hv_error_set(err, HV_ERR_INVALID, "line %zu is none of a picture", picture->lines);
	}
	return picture->lines <= PICTURE_OBJECTS_MAX
		       ? HV_OK
		       : hv_error_set(err, HV_ERR_INVALID, "a picture of more than %d objects", PICTURE_OBJECTS_MAX);
}

static int by_vm(const void *a, const void *b)
{
	const struct hv_tree *const *one = a;
	const struct hv_tree *const *other = b;
	return hv_uuid_compare(&(*one)->vm, &(*other)->vm);
}

static int by_vm_id(const void *a, const void *b)
{
	const struct hv_vm *const *one = a;
	const struct hv_vm *const *other = b;
	return hv_uuid_compare(&(*one)->uuid, &(*other)->uuid);
}

static int by_host_id(const void *a, const void *b)
{
	const struct hv_host *const *one = a;
	const struct hv_host *const *other = b;
	return hv_uuid_compare(&(*one)->uuid, &(*other)->uuid);
}

static void sort(struct picture *picture)
{
	if (picture->tree_count > 0) {
		qsort(picture->trees, picture->tree_count, sizeof *picture->trees, by_vm);
	}
	if (picture->vm_count > 0) {
		qsort(picture->vms, picture->vm_count, sizeof *picture->vms, by_vm_id);
	}
	if (picture->host_count > 0) {
		qsort(picture->hosts, picture->host_count, sizeof *picture->hosts, by_host_id);
	}
}

static enum hv_status finish(struct picture *picture, enum hv_status status, struct picture **ret_picture,
	struct hv_error *err)
{
	if (status == HV_OK && !picture->whole) {
		status = hv_error_set(err, HV_ERR_INVALID, "the file was cut off: its last line is missing");
	}
	if (status != HV_OK) {
		picture_free(picture);
		return status;
	}
	sort(picture);
	picture_tell(picture, (struct hv_event){.kind = HV_EVENT_LOADED});
	*ret_picture = picture;
	return HV_OK;
}

enum hv_status picture_parse(const char *text, size_t length, struct picture **ret_picture, struct hv_error *err)
{
	struct picture *picture = hv_alloc(sizeof *picture);
	enum hv_status status = HV_OK;
	const char *end = text + length;
	while (status == HV_OK && text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line = newline ? (size_t)(newline - text) : (size_t)(end - text);
		status = read_line(picture, text, line, err);
		text += line + 1;
	}
	return finish(picture, status, ret_picture, err);
}

enum hv_status picture_read(const char *path, struct picture **ret_picture, struct hv_error *err)
{
	HV_CLEANUP_FREE char *shown = hv_text_printable(path, strlen(path));
	FILE *file = fopen(path, "re");
	if (!file) {
		return hv_error_set(err, HV_ERR_IO, "cannot read '%s': %s", shown, strerror(errno));
	}
	struct picture *picture = hv_alloc(sizeof *picture);
	enum hv_status status = HV_OK;
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;
	while (status == HV_OK && (length = getline(&line, &capacity, file)) > 0) {
		status = length <= PICTURE_LINE_MAX
				 ? read_line(picture, line, (size_t)length, err)
				 : hv_error_set(err, HV_ERR_INVALID, "line %zu is too long", picture->lines + 1);
	}
	if (status == HV_OK && ferror(file)) {
		status = hv_error_set(err, HV_ERR_IO, "cannot read it: %s", strerror(errno));
	}
	free(line);
	(void)fclose(file);
	status = finish(picture, status, ret_picture, err);
	if (status != HV_OK) {
		hv_error_prefix(err, "%s", shown);
	}
	return status;
}

void picture_free(struct picture *picture)
{
	if (!picture) {
		return;
	}
	for (size_t i = picture->told; i < picture->event_count; i++) {
		hv_event_free(picture->events[i]);
	}
	for (size_t i = 0; i < picture->tree_count; i++) {
		hv_tree_unref(picture->trees[i]);
	}
	for (size_t i = 0; i < picture->vm_count; i++) {
		hv_vm_unref(picture->vms[i]);
	}
	for (size_t i = 0; i < picture->host_count; i++) {
		hv_host_unref(picture->hosts[i]);
	}
	free(picture->events);
	free(picture->trees);
	free(picture->vms);
	free(picture->hosts);
	free(picture->snapshots);
	free(picture);
}

int64_t picture_written_us(const struct picture *picture)
{
	return picture->written_us;
}

/* ---- events ---- */

struct hv_event *picture_next(struct picture *picture)
{
	if (picture->told == picture->event_count) {
		picture->told = picture->event_count = 0;
		return NULL;
	}
	return picture->events[picture->told++];
}

bool picture_waits(const struct picture *picture)
{
	return picture->told < picture->event_count;
}

void picture_open_vm(struct picture *picture, const struct hv_uuid *vm)
{
	const struct hv_tree wanted = {.vm = *vm};
	const struct hv_tree *key = &wanted;
	const struct hv_tree *const *found =
		picture->tree_count > 0
			? bsearch(&key, picture->trees, picture->tree_count, sizeof *picture->trees, by_vm)
			: NULL;
	/* one of which the file has no tree has none to show */
	const struct hv_tree *tree = found ? hv_tree_ref(*found) : hv_tree_new(&(struct hv_tree){.vm = *vm, .current = -1});
	picture_tell(picture, (struct hv_event){.kind = HV_EVENT_TREE, .id = *vm, .tree = tree});
}

void picture_refuse(struct picture *picture, uint64_t ticket)
{
	struct hv_event event = {.kind = HV_EVENT_REFUSED, .ticket = ticket};
	hv_error_set(&event.error, HV_ERR_REFUSED, "this is a picture from a file: nothing stands behind it");
	picture_tell(picture, event);
}
