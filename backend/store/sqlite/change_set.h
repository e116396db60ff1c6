/*
 * The changes of one transaction, in the order in which they first happened, each object once: a workflow that
 * touches a VM ten times tells the other consoles once.
 */
#ifndef HV_STORE_SQLITE_CHANGE_SET_H
#define HV_STORE_SQLITE_CHANGE_SET_H

#include "backend/store/store.h"

struct change_set {
	struct change *items; /* sequence is not used */
	size_t count;
	size_t capacity;
	size_t *slots; /* index into items plus one; 0 free. Open addressing, power of two */
	size_t slot_count;
};

void change_set_add(struct change_set *set, enum change_kind kind, int64_t id, int64_t vm_id);
/** Empty it; what a usual transaction needs stays allocated. */
void change_set_reset(struct change_set *set);
void change_set_clear(struct change_set *set);

#endif
