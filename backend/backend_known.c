#include "backend/backend_known.h"

#include <stdlib.h>

#include "backend/base/memory.h"

#define PLACES_FIRST 64

static size_t home_of(const struct known_vms *known, int64_t id)
{
	uint64_t hash = (uint64_t)id * UINT64_C(0x9E3779B97F4A7C15);
	return (size_t)(hash >> 32) & (known->capacity - 1);
}

/* Where the id is, or where it belongs. */
static size_t place_of(const struct known_vms *known, int64_t id)
{
	size_t at = home_of(known, id);
	while (known->places[at].taken && known->places[at].id != id) {
		at = (at + 1) & (known->capacity - 1);
	}
	return at;
}

struct known_vm *known_vms_find(const struct known_vms *known, int64_t id)
{
	if (known->capacity == 0) {
		return NULL;
	}
	struct known_vm *vm = &known->places[place_of(known, id)];
	return vm->taken ? vm : NULL;
}

static void enlarge(struct known_vms *known)
{
	struct known_vms larger = {.capacity = known->capacity ? known->capacity * 2 : PLACES_FIRST};
	larger.places = hv_alloc(larger.capacity * sizeof *larger.places);
	larger.count = known->count;
	for (size_t i = 0; i < known->capacity; i++) {
		if (known->places[i].taken) {
			larger.places[place_of(&larger, known->places[i].id)] = known->places[i];
		}
	}
	free(known->places);
	*known = larger;
}

struct known_vm *known_vms_add(struct known_vms *known, int64_t id)
{
	if ((known->count + 1) * 8 > known->capacity * 7) {
		enlarge(known);
	}
	struct known_vm *vm = &known->places[place_of(known, id)];
	*vm = (struct known_vm){.id = id, .taken = true};
	known->count++;
	return vm;
}

/* Whoever stands behind the gap and would be found no more moves into it. */
void known_vms_drop(struct known_vms *known, int64_t id)
{
	if (!known_vms_find(known, id)) {
		return;
	}
	size_t mask = known->capacity - 1;
	size_t gap = place_of(known, id);
	for (size_t at = (gap + 1) & mask; known->places[at].taken; at = (at + 1) & mask) {
		size_t home = home_of(known, known->places[at].id);
		if (((at - home) & mask) >= ((at - gap) & mask)) {
			known->places[gap] = known->places[at];
			gap = at;
		}
	}
	known->places[gap] = (struct known_vm){0};
	known->count--;
}

int64_t *known_vms_ids(const struct known_vms *known, bool (*fits)(const struct known_vm *vm, int64_t argument),
	int64_t argument, size_t *ret_count)
{
	int64_t *ids = hv_realloc_array(NULL, known->count + 1, sizeof *ids);
	size_t count = 0;
	for (size_t i = 0; i < known->capacity; i++) {
		const struct known_vm *vm = &known->places[i];
		if (vm->taken && (!fits || fits(vm, argument))) {
			ids[count++] = vm->id;
		}
	}
	*ret_count = count;
	return ids;
}

void known_vms_clear(struct known_vms *known)
{
	free(known->places);
	*known = (struct known_vms){0};
}
