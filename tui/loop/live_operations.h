/* Which operations are live, so that leaving the console can say that they go on. */
#ifndef HV_TUI_LOOP_LIVE_OPERATIONS_H
#define HV_TUI_LOOP_LIVE_OPERATIONS_H

#include <stddef.h>
#include "backend/backend.h"

struct live_operations {
	struct hv_uuid *items;
	size_t count, capacity;
};

/** Takes note of HV_EVENT_OPERATION; other events change nothing. */
void live_operations_event(struct live_operations *operations, const struct hv_event *event);
void live_operations_clear(struct live_operations *operations);

#endif
