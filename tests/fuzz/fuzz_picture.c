/* A picture holds anything: it is refused, or its events are whole and can be looked at. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tui/offline/picture.h"

static void check_tree(const struct hv_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		const struct hv_node *node = &tree->nodes[i];
		bool placed = node->parent >= -1 && node->parent < (int32_t)i;
		int32_t depth = placed && node->parent >= 0 ? tree->nodes[node->parent].depth + 1 : 0;
		if (!placed || node->depth != depth || !hv_utf8_is_valid(node->name, strlen(node->name))) {
			abort();
		}
	}
	if (tree->current < -1 || tree->current >= (int32_t)tree->count) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct picture *picture;
	struct hv_error error;
	if (picture_parse((const char *)bytes, length, &picture, &error) != HV_OK) {
		return 0;
	}
	struct hv_event *event;
	while ((event = picture_next(picture)) != NULL) {
		if (event->kind == HV_EVENT_VM) {
			struct hv_uuid vm = event->vm->uuid;
			picture_open_vm(picture, &vm);
		} else if (event->kind == HV_EVENT_TREE) {
			check_tree(event->tree);
		}
		hv_event_free(event);
	}
	picture_list(picture, 1, &(const struct hv_snapshot_query){.state = -1, .type = -1, .keyword = "a"}, 0);
	hv_event_free(picture_next(picture));
	picture_free(picture);
	return 0;
}
