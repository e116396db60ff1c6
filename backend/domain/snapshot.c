#include "backend/domain/snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/base/clock.h"
#include "backend/base/memory.h"
#include "backend/base/text.h"

void snapshot_clear(struct snapshot *snapshot)
{
	free(snapshot->name);
	free(snapshot->display_name);
	free(snapshot->description);
	free(snapshot->created_by);
	*snapshot = (struct snapshot){0};
}

void snapshot_copy(struct snapshot *to, const struct snapshot *from)
{
	*to = *from;
	to->name = hv_strdup_null(from->name);
	to->display_name = hv_strdup_null(from->display_name);
	to->description = hv_strdup_null(from->description);
	to->created_by = hv_strdup_null(from->created_by);
}

void snapshot_list_clear(struct snapshot_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		snapshot_clear(&list->items[i]);
	}
	free(list->items);
	*list = (struct snapshot_list){0};
}

struct snapshot *snapshot_list_add(struct snapshot_list *list)
{
	HV_GROW(list->items, list->count, list->capacity);
	struct snapshot *added = &list->items[list->count++];
	*added = (struct snapshot){0};
	return added;
}

void checkpoint_clear(struct checkpoint *checkpoint)
{
	free(checkpoint->name);
	*checkpoint = (struct checkpoint){0};
}

void checkpoint_list_clear(struct checkpoint_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		checkpoint_clear(&list->items[i]);
	}
	free(list->items);
	*list = (struct checkpoint_list){0};
}

struct checkpoint *checkpoint_list_add(struct checkpoint_list *list)
{
	HV_GROW(list->items, list->count, list->capacity);
	struct checkpoint *added = &list->items[list->count++];
	*added = (struct checkpoint){0};
	return added;
}

void checkpoint_list_copy(struct checkpoint_list *to, const struct checkpoint_list *from)
{
	*to = (struct checkpoint_list){0};
	for (size_t i = 0; i < from->count; i++) {
		struct checkpoint *copy = checkpoint_list_add(to);
		*copy = from->items[i];
		copy->name = hv_strdup_null(from->items[i].name);
	}
}

enum hv_status snapshot_check_display_name(const char *name, struct hv_error *err)
{
	size_t length = strlen(name);
	if (length == 0) {
		return hv_error_set(err, HV_ERR_INVALID, "a snapshot's name must not be empty");
	}
	if (!hv_utf8_is_valid(name, length)) {
		return hv_error_set(err, HV_ERR_INVALID, "the snapshot's name is not valid UTF-8");
	}
	size_t characters = hv_utf8_length(name);
	if (characters > SNAPSHOT_NAME_MAX) {
		return hv_error_set(err, HV_ERR_INVALID,
			"the snapshot's name has %zu characters; at most %d are allowed", characters,
			SNAPSHOT_NAME_MAX);
	}
	if (!hv_text_is_name(name, SNAPSHOT_NAME_MAX)) {
		return hv_error_set(
			err, HV_ERR_INVALID, "the snapshot's name must not contain control characters");
	}
	if (strspn(name, " ") == length) {
		return hv_error_set(err, HV_ERR_INVALID, "a snapshot's name must not be blank");
	}
	return HV_OK;
}

enum hv_status snapshot_check_description(const char *description, struct hv_error *err)
{
	size_t length = strlen(description);
	if (!hv_utf8_is_valid(description, length)) {
		return hv_error_set(err, HV_ERR_INVALID, "the description is not valid UTF-8");
	}
	size_t characters = hv_utf8_length(description);
	if (characters > SNAPSHOT_NAME_MAX) {
		return hv_error_set(err, HV_ERR_INVALID,
			"the description has %zu characters; at most %d are allowed", characters,
			SNAPSHOT_NAME_MAX);
	}
	if (length > 0 && !hv_text_is_name(description, SNAPSHOT_NAME_MAX)) {
		return hv_error_set(
			err, HV_ERR_INVALID, "the description must not contain control characters");
	}
	return HV_OK;
}

/* The longest prefix of valid UTF-8 with at most `max_bytes` bytes that ends between two characters. */
static size_t prefix_length(const char *text, size_t max_bytes)
{
	size_t length = strlen(text);
	if (length <= max_bytes) {
		return length;
	}
	length = max_bytes;
	while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) {
		length--;
	}
	return length;
}

char *snapshot_make_internal_name(const char *vm_name, int64_t now_us, const struct hv_uuid *uuid)
{
	time_t seconds = (time_t)(now_us / HV_SECOND_US);
	struct tm parts;
	char when[32] = "00000000000000";
	if (gmtime_r(&seconds, &parts)) {
		(void)strftime(when, sizeof when, "%Y%m%d%H%M%S", &parts);
	}
	char tail[64];
	(void)snprintf(tail, sizeof tail, "_VS_%s%06" PRId64 "_%02x%02x%02x%02x", when, now_us % HV_SECOND_US,
		uuid->bytes[0], uuid->bytes[1], uuid->bytes[2], uuid->bytes[3]);
	size_t room = SNAPSHOT_INTERNAL_NAME_MAX - strlen(tail);
	return hv_sprintf("%.*s%s", (int)prefix_length(vm_name, room), vm_name, tail);
}

bool snapshot_is_on_host(enum snapshot_state state)
{
	switch (state) {
	case SNAPSHOT_CREATING:
	case SNAPSHOT_READY:
	case SNAPSHOT_REVERTING:
	case SNAPSHOT_EXPUNGING:
		return true;
	case SNAPSHOT_ERROR: /* its checkpoint was never made, or a delete has failed: see vm_snapshot_count() */
	case SNAPSHOT_ALLOCATED:
	case SNAPSHOT_REMOVED:
	case SNAPSHOT_STATE_COUNT:
		break;
	}
	return false;
}
