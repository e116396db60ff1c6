/* The VMs that the console was told of, by the id of their row. The backend's thread only. */
#ifndef HV_BACKEND_KNOWN_H
#define HV_BACKEND_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/uuid.h"

struct known_vm {
	int64_t id;
	int64_t host_id;
	struct hv_uuid uuid;
	bool opened; /* the console wants its tree */
	bool seen;   /* mark of a reload */
	bool taken;  /* the place is not free */
};

/* A hash by open addressing: of 100,000 VMs each costs its entry and little more. */
struct known_vms {
	struct known_vm *places;
	size_t count;
	size_t capacity; /* 0 or a power of two */
};

/** NULL when there is none; valid until the next add or drop. */
struct known_vm *known_vms_find(const struct known_vms *known, int64_t id);
/** Of an id that is not there: a new entry with nothing but the id in it. */
struct known_vm *known_vms_add(struct known_vms *known, int64_t id);
void known_vms_drop(struct known_vms *known, int64_t id);
/** Ids of those for which `fits` (NULL: of all), to be walked while entries come and go. Caller frees. */
int64_t *known_vms_ids(const struct known_vms *known, bool (*fits)(const struct known_vm *vm, int64_t argument),
	int64_t argument, size_t *ret_count);
void known_vms_clear(struct known_vms *known);

#endif
