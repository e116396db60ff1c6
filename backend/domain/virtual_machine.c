#include "backend/domain/virtual_machine.h"

#include <stdlib.h>

#include "backend/base/memory.h"

void host_clear(struct host *host)
{
	free(host->name);
	free(host->group);
	free(host->transport);
	free(host->address);
	free(host->version);
	free(host->reason);
	*host = (struct host){0};
}

void virtual_machine_clear(struct virtual_machine *vm)
{
	free(vm->name);
	*vm = (struct virtual_machine){0};
}

void volume_clear(struct volume *volume)
{
	free(volume->name);
	free(volume->path);
	*volume = (struct volume){0};
}

/* clear and add of a list of structs that own their strings: the same shape three times. */
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

DEFINE_LIST(volume)
DEFINE_LIST(host)
DEFINE_LIST(virtual_machine)

void volume_list_copy(struct volume_list *to, const struct volume_list *from)
{
	*to = (struct volume_list){0};
	for (size_t i = 0; i < from->count; i++) {
		struct volume *copy = volume_list_add(to);
		*copy = from->items[i];
		copy->name = hv_strdup_null(from->items[i].name);
		copy->path = hv_strdup_null(from->items[i].path);
	}
}
