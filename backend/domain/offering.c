#include "backend/domain/offering.h"

#include <stdlib.h>

#include "backend/base/memory.h"

void service_offering_clear(struct service_offering *offering)
{
	free(offering->name);
	*offering = (struct service_offering){0};
}

void hypervisor_capability_clear(struct hypervisor_capability *capability)
{
	free(capability->hypervisor);
	free(capability->version);
	*capability = (struct hypervisor_capability){0};
}

/* clear and add of a list of structs that own their strings. */
#define DEFINE_LIST(type)                                                                                  \
	void type##_list_clear(struct type##_list *list)                                                   \
	{                                                                                                  \
		for (size_t i = 0; i < list->count; i++) {                                                 \
			type##_clear(&list->items[i]);                                                     \
		}                                                                                          \
		free(list->items);                                                                         \
		*list = (struct type##_list){0};                                                           \
	}                                                                                                  \
	struct type *type##_list_add(struct type##_list *list)                                             \
	{                                                                                                  \
		HV_GROW(list->items, list->count, list->capacity);                                         \
		struct type *added = &list->items[list->count++];                                          \
		*added = (struct type){0};                                                                 \
		return added;                                                                              \
	}

DEFINE_LIST(service_offering)
DEFINE_LIST(hypervisor_capability)
