/*
 * A user at a desk, for tests of the facade: a demo folder, a backend on it, and what its events have told so far.
 * Every wait is for an event, never for time; a wait that takes too long fails the running cmocka test.
 */
#ifndef HV_TESTS_BACKEND_DESK_H
#define HV_TESTS_BACKEND_DESK_H

#include <sys/types.h>

#include "backend/backend.h"

#define DESK_ROWS 64

struct desk {
	struct hv_backend *backend;
	const struct hv_host
		*hosts[DESK_ROWS]; /* the latest of each, in the order of first mention */
	size_t host_count;
	const struct hv_vm *vms[DESK_ROWS];
	size_t vm_count;
	const struct hv_tree *trees[DESK_ROWS];
	size_t tree_count;
	const struct hv_operation *operations[DESK_ROWS];
	size_t operation_count;
	bool loaded;
	bool failed;
	bool host_after_vm; /* a host came for the first time after a VM */
	struct hv_event *answer; /* the last event with a ticket */
	size_t hosts_gone, vms_gone;
	size_t synced; /* HV_EVENT_SYNCED so far */
	size_t sync_failures;
	uint64_t last_ticket;
};

/** A new folder; with `fleet` (text of a fleet.ini) the demo will be made of that. Caller frees. */
char *desk_folder(const char *fleet);
void desk_remove_folder(char *folder);
/* A small fleet: "alpha" with "box" (running) and "cup" (stopped), "beta" with "jar" (running). */
extern const char desk_fleet[];

/** Make the demo of the folder, with hosts that take hardly any time. */
void desk_quick(const char *folder);
void desk_open(struct desk *desk, const char *folder, enum hv_connect connect);
void desk_open_store(struct desk *desk, const char *store_path, enum hv_connect connect);
void desk_close(struct desk *desk);

/** Take all events that wait. */
void desk_take(struct desk *desk);
/** Wait until `done`. */
void desk_until(struct desk *desk, bool (*done)(struct desk *desk, const void *context),
	const void *context);
void desk_until_loaded(struct desk *desk);
void desk_until_up(struct desk *desk, const char *host);
void desk_until_lost(struct desk *desk, const char *host);
void desk_until_snapshots(struct desk *desk, const char *vm, int64_t count);

const struct hv_host *desk_host(struct desk *desk, const char *name); /* NULL: not told */
const struct hv_vm *desk_vm(struct desk *desk, const char *name);
const struct hv_tree *desk_tree(struct desk *desk, const char *vm);
/** The node of this display name in the VM's tree, which is opened and waited for. Fails when there is none. */
const struct hv_node *desk_node(struct desk *desk, const char *vm, const char *name);

/** The answer to a request: desk->answer, whose ticket is `ticket`. */
const struct hv_event *desk_answer(struct desk *desk, uint64_t ticket);
uint64_t desk_ticket(struct desk *desk);
/** Ask and wait for ACCEPTED; the group. */
struct hv_uuid desk_act(struct desk *desk, const struct hv_act *act);
/** Ask and wait for REFUSED; the error is in desk->answer. */
const struct hv_error *desk_refused(struct desk *desk, const struct hv_act *act);
/** Wait until all operations of the group have ended; the last one by sequence. */
const struct hv_operation *desk_ended(struct desk *desk, const struct hv_uuid *group);
/** Both, and it must end Done. */
void desk_done(struct desk *desk, const struct hv_act *act);

struct hv_act desk_create(
	struct desk *desk, const char *vm, const char *name, enum snapshot_type type);
struct hv_act desk_on_snapshot(
	struct desk *desk, enum operation_kind kind, const char *vm, const char *name);

/** `hvtree-sim --state FOLDER/hosts/HOST.db WORDS...`, which must end with 0. Its output; caller frees. */
char *desk_sim(const char *folder, const char *host, ...) __attribute__((sentinel));
/** What the guest holds; `value` NULL: nothing under this key. */
void desk_assert_guest(
	const char *folder, const char *host, const char *vm, const char *key, const char *value);
/** The agents that run as children of this process. */
size_t desk_agents(pid_t pids[DESK_ROWS]);
/** The number of times that `needle` stands in `text`. */
size_t desk_count(const char *text, const char *needle);

#endif
