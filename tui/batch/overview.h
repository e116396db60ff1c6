/*
 * What the backend has told about hosts, VMs and operations: the newest value of each. Operations are kept so that the
 * outcome of one is never missed, in whatever order events come.
 */
#ifndef HV_TUI_BATCH_OVERVIEW_H
#define HV_TUI_BATCH_OVERVIEW_H

#include "backend/backend.h"

/* One object; exactly one of the values is set. */
struct overview_entry {
	struct hv_uuid id;
	size_t arrival; /* while much comes in: the later one of two with the same id is true */
	const struct hv_host *host;
	const struct hv_vm *vm;
	const struct hv_operation *operation;
};

/* In order of arrival while much is told, sorted by id from then on. */
struct overview_index {
	struct overview_entry *entries;
	size_t arrivals; /* so far */
	size_t count;
	size_t capacity;
};

struct overview {
	struct overview_index hosts;
	struct overview_index vms;
	struct overview_index operations;
	bool loaded; /* what was asked for was told */
};

void overview_clear(struct overview *overview);
/** Much will be told now: it is put in order when it has come (HV_EVENT_LOADED). */
void overview_begin(struct overview *overview);
void overview_apply(struct overview *overview, const struct hv_event *event);

/* Once loaded; borrowed until the next overview_apply(); NULL: none. */
const struct hv_host *overview_host(const struct overview *overview, const struct hv_uuid *id);
const struct hv_vm *overview_vm(const struct overview *overview, const struct hv_uuid *id);

/* Display order: hosts by group and name; VMs by their host, then by name. Every value is referenced: what comes later
 * does not change the list. Free with the function below. */
const struct hv_host **overview_hosts_in_order(const struct overview *overview);
const struct hv_vm **overview_vms_in_order(const struct overview *overview);
void overview_free_hosts(const struct hv_host **hosts, size_t count);
void overview_free_vms(const struct hv_vm **vms, size_t count);

#endif
