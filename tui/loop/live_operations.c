#include "tui/loop/live_operations.h"

#include <stdlib.h>

static size_t find(const struct live_operations *operations, const struct hv_uuid *uuid)
{
	size_t i = 0;
	while (i < operations->count && !hv_uuid_equal(&operations->items[i], uuid)) {
		i++;
	}
	return i;
}

void live_operations_event(struct live_operations *operations, const struct hv_event *event)
{
	if (event->kind != HV_EVENT_OPERATION || event->operation == NULL) {
		return;
	}
	bool live = event->operation->finished_us == 0;
	size_t index = find(operations, &event->operation->uuid);
	if (live && index == operations->count) {
		HV_GROW(operations->items, operations->count, operations->capacity);
		operations->items[operations->count++] = event->operation->uuid;
	} else if (!live && index < operations->count) {
		operations->items[index] = operations->items[--operations->count];
	}
}

void live_operations_clear(struct live_operations *operations)
{
	free(operations->items);
	*operations = (struct live_operations){.items = NULL};
}
