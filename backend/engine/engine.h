/*
 * The workflows. Single-threaded, deterministic, no I/O of its own: driven by calls, all effects go out through what is
 * handed in (store, agents, clock, ids, listener).
 *
 * A workflow is a table of steps (workflow.c). A step is written to the operation's row before it is acted on and can
 * be repeated, so crash recovery is nothing but "continue at the step that the row says" (Y1).
 */
#ifndef HV_ENGINE_ENGINE_H
#define HV_ENGINE_ENGINE_H

#include "backend/agent/message.h"
#include "backend/base/clock.h"
#include "backend/store/store.h"

/* How the engine talks to agents. The product wires agents_send() here; the simulation its own. */
struct engine_agents {
	enum hv_status (*send)(void *context, int64_t host_id, const struct agent_command *command,
		struct hv_error *err);
	bool (*is_up)(void *context, int64_t host_id);
	unsigned (*capabilities)(void *context, int64_t host_id);
	/** Somebody needs this host: connect if nobody has (batch mode connects on demand). */
	void (*want)(void *context, int64_t host_id);
	void *context;
};

struct engine_ids {
	struct hv_uuid (*next)(void *context);
	void *context;
};

/* What the engine tells the facade beside the store's change feed. */
struct engine_listener {
	/** The store refuses to work: nothing is lost, nothing goes on. */
	void (*store_failed)(void *context, const struct hv_error *error);
	/** A line for the message area and the log: what happened, to which VM, what is true now, what to do next. */
	void (*message)(void *context, bool warning, const char *text);
	void *context;
};

struct engine_config {
	struct store *store; /* borrowed */
	struct engine_agents agents;
	struct engine_ids ids;
	struct hv_clock clock;
	struct engine_listener listener;
	const char *owner;   /* this console: "<host name>:<pid>:<start time>", unique for ever */
	/** Whether a console certainly runs no more (same machine, pid gone): its leases need not run out. */
	bool (*owner_is_gone)(void *context, const char *owner);
	void *owner_context;
	int64_t lease_us;    /* default 15 s; heartbeat at a third */
};

struct engine;

struct engine *engine_new(const struct engine_config *config);
void engine_free(struct engine *engine);

/* What somebody asks for. Strings and ids are borrowed during the call. */
struct engine_request {
	enum operation_kind kind;
	int64_t vm_id;
	int64_t snapshot_id;       /* revert, delete (0 with `all`) */
	bool subtree;              /* delete: with all descendants (D4) */
	bool all;                  /* delete: all of the VM (D4) */
	enum snapshot_type type;   /* create */
	const char *display_name;  /* create, also of a volume snapshot; NULL: the generated name */
	const char *description;   /* create; may be NULL */
	bool quiesce;              /* create */
	bool force;                /* stop: turn off */
	struct hv_uuid volume;     /* detach, resize, create of a volume snapshot */
	const char *path;          /* attach: the disk file on the host */
	int64_t size_bytes;        /* attach: made with this size when there is no such file, 0: it is there; resize */
	int64_t offering_id;       /* scale */
	/* scale: refuse when the snapshots that would be discarded are not exactly these: nobody has been told of the
	 * others (X4) */
	bool expect_discards;
	const int64_t *discards;
	size_t discard_count;
	int64_t volume_snapshot_id; /* delete of a volume snapshot */
	bool queue;                /* when the VM is busy: wait instead of refusing (X1) */
	/* revert; NULL: none. Take a snapshot of this name first (with memory when the VM is running), and revert only
	 * if that succeeded (U4). A name that is taken gets a number behind it. */
	const char *safety_name;
	bool expect_current;       /* refuse when the VM's current snapshot is not `expected_current` any more: */
	int64_t expected_current;  /* the view that the user confirmed was stale */
	const char *requested_by;
};

/**
 * Check, write the operation (or the chain of them, for a delete of several) and begin it. Returns once the intent
 * is in the store; the rest goes on by itself.
 *
 * @param[out] ret_group  the group of the operations; the last of them ends when all have
 * @return HV_OK; HV_ERR_DENIED with the missing right (A1); HV_ERR_REFUSED with the rule's sentence; HV_ERR_CONFLICT (X1, name taken, stale view);
 *         HV_ERR_NOT_FOUND; HV_ERR_INVALID; HV_ERR_UNREACHABLE (host not up); HV_ERR_STORE
 */
enum hv_status engine_request(struct engine *engine, const struct engine_request *request,
	struct hv_uuid *ret_group, struct hv_error *err) HV_MUST_CHECK;

/* What a person writes about a snapshot. Strings are borrowed during the call. */
struct engine_edit {
	int64_t vm_id;
	int64_t snapshot_id;
	const char *display_name;  /* NULL: as it is */
	const char *description;   /* NULL: as it is; "": none */
	const char *expected_name; /* refuse when it is called otherwise by now; NULL: whatever it is called */
	const char *requested_by;
};
/** Done when it returns. HV_ERR_DENIED (A1), HV_ERR_INVALID and HV_ERR_CONFLICT (T5, stale view), HV_ERR_NOT_FOUND,
 * HV_ERR_REFUSED: it is being deleted. */
enum hv_status engine_edit_snapshot(
	struct engine *engine, const struct engine_edit *edit, struct hv_error *err) HV_MUST_CHECK;

/** Take a queued operation back, or a running one of which nothing was sent yet. A running export is taken back at any
 * moment (P4): what it has copied goes, and it ends Cancelled a while after this returns. */
enum hv_status engine_cancel(struct engine *engine, int64_t operation_id, const char *requested_by,
	struct hv_error *err) HV_MUST_CHECK;

/**
 * The first user of a store becomes its administrator (A1); does nothing when somebody acts as an account already, and
 * writes only then.
 */
enum hv_status engine_claim(struct engine *engine, const char *user, struct hv_error *err) HV_MUST_CHECK;

/* What an administrator changes about rights (A1). Strings are borrowed during the call. */
struct engine_account {
	enum engine_account_change {
		ENGINE_ACCOUNT_ADD,
		ENGINE_ACCOUNT_SET,
		ENGINE_ACCOUNT_REMOVE,
		ENGINE_VM_ASSIGN
	} kind;
	const char *name;
	const char *domain;  /* path; NULL: add: "/", else the only account of that name */
	int role;            /* enum account_role; -1: add: an operator, else as it is */
	const char *os_user; /* NULL: as it is; "": nobody */
	int64_t vm_id;       /* assign */
	const char *requested_by;
};
/** All or nothing. HV_ERR_DENIED, HV_ERR_NOT_FOUND, HV_ERR_AMBIGUOUS, HV_ERR_CONFLICT, HV_ERR_INVALID, and
 * HV_ERR_REFUSED: no administrator would be left, or something belongs to what shall go. */
enum hv_status engine_change_account(
	struct engine *engine, const struct engine_account *change, struct hv_error *err) HV_MUST_CHECK;
/** Set a setting of the store (NULL: as when nobody has set it). For administrators; HV_ERR_NOT_FOUND, HV_ERR_INVALID. */
enum hv_status engine_change_setting(struct engine *engine, const char *name, const char *value, const char *user,
	struct hv_error *err) HV_MUST_CHECK;
/** Write what a console has decided into the log (A2). HV_ERR_DENIED for somebody whom the store does not know. */
enum hv_status engine_note(struct engine *engine, const char *what, const char *details, const char *user,
	struct hv_error *err) HV_MUST_CHECK;
/** HV_ERR_DENIED when this user is no administrator. */
enum hv_status engine_check_administrator(
	struct engine *engine, const char *user, struct hv_error *err) HV_MUST_CHECK;

/* What an administrator changes about offerings (X4). Strings are borrowed during the call. */
struct engine_offering {
	bool remove; /* else: add */
	const char *name;
	int64_t cpus;         /* add */
	int64_t memory_bytes; /* add */
	const char *requested_by;
};
/** HV_ERR_DENIED, HV_ERR_NOT_FOUND, HV_ERR_CONFLICT, HV_ERR_INVALID, and HV_ERR_REFUSED: it is in use. */
enum hv_status engine_change_offering(
	struct engine *engine, const struct engine_offering *change, struct hv_error *err) HV_MUST_CHECK;
/** X5: whether snapshots are taken on this version of the hypervisor ("default": on all others). HV_ERR_DENIED. */
enum hv_status engine_set_capability(struct engine *engine, const char *version, bool snapshots, const char *user,
	struct hv_error *err) HV_MUST_CHECK;

/* What the agents' listener hears; the facade passes it on. */
/** The host answers: ask for its inventory, settle its transient operations (Y1). */
void engine_host_ready(struct engine *engine, int64_t host_id, const struct agent_hello *hello);
/** In flight becomes Unknown (Y4); rows become stale (U3). */
void engine_host_lost(struct engine *engine, int64_t host_id, const struct hv_error *reason);
void engine_answer(struct engine *engine, int64_t host_id, const struct agent_answer *answer);
void engine_progress(struct engine *engine, int64_t host_id, const struct hv_uuid *operation, int64_t percent,
	const char *phase);
void engine_vm_changed(struct engine *engine, int64_t host_id, const struct agent_vm *vm);
void engine_vm_removed(struct engine *engine, int64_t host_id, const struct hv_uuid *vm_uuid);
void engine_host_status(struct engine *engine, int64_t host_id, const struct agent_host_status *status);

/** Full sync at start (Y1): take over what a dead console left, continue it as its host becomes ready. */
void engine_recover(struct engine *engine);
/** Ask a host (0: all that are up) for its inventory and settle what is transient. */
void engine_sync(struct engine *engine, int64_t host_id);
/** Heartbeat, leases that ran out, queued operations whose turn has come. Returns the monotonic time of the next. */
int64_t engine_tick(struct engine *engine);

#endif
