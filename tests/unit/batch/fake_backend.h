/*
 * A backend that is played by the test: requests are noted and answered by a hook, events are what the test queues. One
 * thread. Values are the real ones (hv_values).
 */
#ifndef HV_TESTS_UNIT_BATCH_FAKE_BACKEND_H
#define HV_TESTS_UNIT_BATCH_FAKE_BACKEND_H

#include "backend/backend.h"

#define FAKE_EVENTS_MAX 256

struct fake_list_call {
	int state, type;
	int64_t limit, offset, after_created_us, after_id;
	char keyword[64];
};

struct hv_backend {
	struct hv_event *events[FAKE_EVENTS_MAX];
	size_t first, count;
	int pipe[2];
	/* what was asked for, the last of each */
	struct hv_act act;
	size_t acts, previews, lists;
	struct fake_list_call list;
};

/* Called when the command asks; each may queue events. NULL: a plain answer. */
struct fake_hooks {
	void (*open)(struct hv_backend *backend);
	void (*act)(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act);
	void (*preview)(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act);
	void (*list)(struct hv_backend *backend, uint64_t ticket, const struct hv_snapshot_query *query);
	void (*sync)(struct hv_backend *backend, uint64_t ticket, const struct hv_uuid *host);
	void (*tree)(struct hv_backend *backend, const struct hv_uuid *vm);
};
extern struct fake_hooks fake_hooks;
/* The last one that was opened; closed ones keep what they noted. */
extern struct hv_backend fake_backend;

/** Queue an event; takes the values that it points to. */
void fake_push(struct hv_backend *backend, struct hv_event event);
void fake_push_host(struct hv_backend *backend, const char *name, enum host_state state);
void fake_push_vm(struct hv_backend *backend, const char *host, const char *name, enum vm_state state);
void fake_push_operation(struct hv_backend *backend, const struct hv_operation *operation);
void fake_push_refusal(struct hv_backend *backend, uint64_t ticket, enum hv_status status, const char *text);

#endif
