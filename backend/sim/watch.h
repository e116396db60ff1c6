/* What a client was last told of the host, and the events that follow from what has changed since. */
#ifndef HV_SIM_WATCH_H
#define HV_SIM_WATCH_H

#include <jansson.h>
#include "backend/sim/host.h"

struct watched_vm {
	int64_t id, state_revision, tree_revision;
	int64_t percent, percent_us; /* of the activity as last told, and when (monotonic) */
	char uuid[HV_UUID_TEXT_SIZE];
};

struct watch {
	struct watched_vm *vms;
	size_t count, capacity;
	int64_t free_bytes;
	bool storage_up;
	int64_t data_version, changes; /* of the file: seen from outside, and by this connection */
};

/** What is now is what the client has been told. */
void watch_rebase(struct watch *watch, struct sim *sim);
/** Whether anything was written to the file, by anybody, since the last call. */
bool watch_file_changed(struct watch *watch, struct sim *sim);
/** Build the events for what changed since, and call `tell` for each; the object is borrowed. */
void watch_tell_changes(struct watch *watch, struct sim *sim, void (*tell)(void *context, json_t *event),
	void *context);
/** The same for the percentage of an activity, at most once a second. `quiet`: VMs that somebody gets progress for. */
void watch_tell_activity(struct watch *watch, struct sim *sim, int64_t monotonic_us,
	bool (*quiet)(void *context, const char *vm_uuid), void (*tell)(void *context, json_t *event), void *context);
void watch_clear(struct watch *watch);

#endif
