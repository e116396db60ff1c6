#include "backend/domain/operation.h"

#include <stdlib.h>

#include "backend/base/memory.h"

void operation_clear(struct operation *operation)
{
	free(operation->display_name);
	free(operation->description);
	free(operation->path);
	free(operation->phase);
	free(operation->error);
	free(operation->owner);
	free(operation->requested_by);
	*operation = (struct operation){0};
}

void operation_copy(struct operation *to, const struct operation *from)
{
	*to = *from;
	to->display_name = hv_strdup_null(from->display_name);
	to->description = hv_strdup_null(from->description);
	to->path = hv_strdup_null(from->path);
	to->phase = hv_strdup_null(from->phase);
	to->error = hv_strdup_null(from->error);
	to->owner = hv_strdup_null(from->owner);
	to->requested_by = hv_strdup_null(from->requested_by);
}

bool operation_is_live(const struct operation *operation)
{
	return operation->state == OPERATION_QUEUED || operation->state == OPERATION_RUNNING;
}

void operation_list_clear(struct operation_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		operation_clear(&list->items[i]);
	}
	free(list->items);
	*list = (struct operation_list){0};
}

struct operation *operation_list_add(struct operation_list *list)
{
	HV_GROW(list->items, list->count, list->capacity);
	struct operation *added = &list->items[list->count++];
	*added = (struct operation){0};
	return added;
}
