/*
 * What the backend has told about hosts, VMs and operations: the newest value of each. Operations are kept so that the
 * outcome of one is never missed, in whatever order events come.
 */
#ifndef HV_TUI_BATCH_PICTURE_H
#define HV_TUI_BATCH_PICTURE_H

#include "backend/backend.h"

/* One object; exactly one of the values is set. */
struct picture_entry {
	struct hv_uuid id;
	size_t arrival; /* while the first picture comes in: the later one of two with the same id is true */
	const struct hv_host *host;
	const struct hv_vm *vm;
	const struct hv_operation *operation;
};

/* In order of arrival until everything was told, sorted by id from then on. */
struct picture_index {
	struct picture_entry *entries;
	size_t count;
	size_t capacity;
};

struct picture {
	struct picture_index hosts;
	struct picture_index vms;
	struct picture_index operations;
	bool loaded; /* everything was told once */
};

void picture_clear(struct picture *picture);
void picture_apply(struct picture *picture, const struct hv_event *event);

/* Once loaded; borrowed until the next picture_apply(); NULL: none. */
const struct hv_host *picture_host(const struct picture *picture, const struct hv_uuid *id);
const struct hv_vm *picture_vm(const struct picture *picture, const struct hv_uuid *id);

/* Display order: hosts by group and name; VMs by their host, then by name. Every value is referenced: what comes later
 * does not change the list. Free with the function below. */
const struct hv_host **picture_hosts_in_order(const struct picture *picture);
const struct hv_vm **picture_vms_in_order(const struct picture *picture);
void picture_free_hosts(const struct hv_host **hosts, size_t count);
void picture_free_vms(const struct hv_vm **vms, size_t count);

#endif
