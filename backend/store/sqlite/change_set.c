#include "backend/store/sqlite/change_set.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

#define SLOTS_FIRST 64 /* a power of two */

static size_t first_slot(const struct change_set *set, enum change_kind kind, int64_t id)
{
	uint64_t hash = ((uint64_t)id * CHANGE_KIND_COUNT + (uint64_t)kind) * UINT64_C(0x9E3779B97F4A7C15);
	return (size_t)(hash >> 32) & (set->slot_count - 1);
}

/* The slot of this object, or the free one where it belongs. */
static size_t *find_slot(const struct change_set *set, enum change_kind kind, int64_t id)
{
	size_t at = first_slot(set, kind, id);
	while (set->slots[at] != 0) {
		const struct change *change = &set->items[set->slots[at] - 1];
		if (change->kind == kind && change->id == id) {
			break;
		}
		at = (at + 1) & (set->slot_count - 1);
	}
	return &set->slots[at];
}

static void enlarge(struct change_set *set)
{
	free(set->slots);
	set->slot_count = set->slot_count ? set->slot_count * 2 : SLOTS_FIRST;
	set->slots = hv_alloc(set->slot_count * sizeof *set->slots);
	for (size_t i = 0; i < set->count; i++) {
		*find_slot(set, set->items[i].kind, set->items[i].id) = i + 1;
	}
}

void change_set_add(struct change_set *set, enum change_kind kind, int64_t id, int64_t vm_id)
{
	if ((set->count + 1) * 2 > set->slot_count) {
		enlarge(set);
	}
	size_t *slot = find_slot(set, kind, id);
	if (*slot != 0) {
		return;
	}
	HV_GROW(set->items, set->count, set->capacity);
	set->items[set->count++] = (struct change){.kind = kind, .id = id, .vm_id = vm_id};
	*slot = set->count;
}

void change_set_reset(struct change_set *set)
{
	if (set->count == 0) {
		return;
	}
	if (set->slot_count > SLOTS_FIRST) {
		change_set_clear(set);
		return;
	}
	memset(set->slots, 0, set->slot_count * sizeof *set->slots);
	set->count = 0;
}

void change_set_clear(struct change_set *set)
{
	free(set->items);
	free(set->slots);
	*set = (struct change_set){0};
}
