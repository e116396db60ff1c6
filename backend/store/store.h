/*
 * What is true here: the interface of the store, as a table of functions, because SQLite is only the first one.
 *
 * Threads: one store object belongs to one thread. Several processes may have the same store open.
 * Transactions: every function marked [W] must run between begin() and commit(); reads may run outside, each seeing
 * the latest committed state, or inside, seeing one snapshot and the own writes. begin() takes the writer's lock at
 * once, so nothing that was read inside can be overtaken (no upgrade from reader to writer). After HV_ERR_STORE
 * roll back; after the other errors the call has written nothing and the transaction may go on. A commit that fails
 * has rolled back.
 * Compare-and-set: [CAS] functions return HV_ERR_CONFLICT, and change nothing, when the row is no longer as the
 * caller read it.
 * Change feed: every [W] function that changes something appends to the `change` sequence in the same transaction;
 * changes() tells every console, also the one that wrote, what to read again. An object that is changed several times
 * in one transaction is told once, with the commit. Leases, settings and the audit log are not told.
 * Out lists are appended to; initialise them with {0}. Strings in returned structs are owned by the struct.
 * Errors: HV_ERR_STORE (full, locked, corrupt, ...; the text says what is true now and what to do), HV_ERR_NOT_FOUND.
 */
#ifndef HV_STORE_STORE_H
#define HV_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include "backend/base/clock.h"
#include "backend/base/status.h"
#include "backend/domain/authority.h"
#include "backend/domain/offering.h"
#include "backend/domain/operation.h"
#include "backend/domain/snapshot.h"
#include "backend/domain/virtual_machine.h"
#include "backend/domain/volume_snapshot.h"

enum change_kind {
	CHANGE_HOST,      /* id: host */
	CHANGE_VM,        /* id: vm; its own row */
	CHANGE_TREE,      /* id: vm; its snapshots, current pointer, volumes, their copies or untracked checkpoints */
	CHANGE_OPERATION, /* id: operation */
	CHANGE_KIND_COUNT
};

struct change {
	int64_t sequence;
	enum change_kind kind;
	int64_t id;
	int64_t vm_id; /* for CHANGE_OPERATION: its vm; else as id or 0 */
};

/* Which snapshots to list (L1). Zero or NULL: no such filter. All given filters must hold. */
struct snapshot_query {
	int64_t vm_id;
	int64_t host_id;
	const char *account;        /* exact name */
	const char *domain;         /* path */
	bool domain_recursive;
	int state;                  /* enum snapshot_state, -1: all that are not Removed */
	int type;                   /* enum snapshot_type, -1: both */
	const char *name;           /* display name, exact */
	const struct hv_uuid *ids;
	size_t id_count;
	const char *keyword;        /* in name, display name or description; letter case is ignored in every script */
	int64_t created_before_us;  /* 0: any */
	const struct account *seen_by; /* A1: only what this caller may see; an administrator sees all */
	int64_t limit;              /* 0: all */
	int64_t offset;
	bool oldest_first;          /* instead of newest first */
	/* keyset page: rows after this (created, id) in that order; 0,0: from the start */
	int64_t after_created_us;
	int64_t after_id;
};

/* A row of a list: the snapshot with the names that a reader wants beside it (L2). Borrowed in the callback. */
struct snapshot_row {
	const struct snapshot *snapshot;
	const char *vm_name;
	const struct hv_uuid *vm_uuid;
	const char *host_name;
	const char *parent_display_name;      /* NULL for a root */
	const struct hv_uuid *parent_uuid;    /* NULL for a root */
	const char *account;
	const char *domain;
};

enum vm_sort {
	VM_SORT_PLACE, /* group, host, name */
	VM_SORT_NAME,
	VM_SORT_STATE,
	VM_SORT_SNAPSHOTS,
	VM_SORT_CHAIN,
	VM_SORT_SIZE,
	VM_SORT_OLDEST, /* when its oldest snapshot was taken; VMs without come first */
	VM_SORT_COUNT
};

/* Which VMs to list (L1). Zero or NULL: no such filter. All given filters must hold. */
struct vm_query {
	int64_t host_id;
	const char *account;           /* exact name */
	const char *domain;            /* path */
	bool domain_recursive;
	int state;                     /* enum vm_state; -1: any */
	const char *name;              /* exact */
	const struct hv_uuid *ids;
	size_t id_count;
	const char *keyword;           /* in its name or its offering's; letter case is ignored in every script */
	int snapshots;                 /* 1: only those with snapshots, 0: only those without, -1: any */
	int64_t oldest_before_us;      /* 0: any; else its oldest snapshot was taken before */
	const struct account *seen_by; /* A1: only what this caller may see; an administrator sees all */
	enum vm_sort sort;
	bool descending;
	int64_t limit;                 /* 0: all */
	int64_t offset;
	int64_t after_id;              /* page: what comes after this VM in the order; 0: from the start */
};

/* Which volume snapshots to list (L1, X3). Zero or NULL: no such filter. All given filters must hold. */
struct volume_snapshot_query {
	int64_t vm_id;
	const char *account;       /* exact name */
	const char *domain;        /* path */
	bool domain_recursive;
	int state;                 /* enum snapshot_state, -1: all that are not Removed */
	const char *name;          /* exact */
	const struct hv_uuid *ids;
	size_t id_count;
	const char *keyword;       /* in its name or the volume's; letter case is ignored in every script */
	int64_t created_before_us; /* 0: any */
	const struct account *seen_by; /* A1: only what this caller may see; an administrator sees all */
	int64_t limit;             /* 0: all */
	int64_t offset;
	int64_t after_created_us;  /* keyset page: rows after this (created, id), newest first; 0,0: from the start */
	int64_t after_id;
};

/* A row of that list with the names beside it. Borrowed in the callback. */
struct volume_snapshot_row {
	const struct volume_snapshot *snapshot;
	const char *vm_name;
	const struct hv_uuid *vm_uuid;
	const char *host_name;
	const char *account;
	const char *domain;
};

/* Which rows of the audit log to read (A2). Zero or NULL: no such filter. All given filters must hold. */
struct event_query {
	const char *who;   /* exact */
	const char *what;  /* exact */
	int64_t vm_id;
	int64_t since_us;  /* not older than this */
	bool failed;       /* only what did not end Ok */
	const struct account *seen_by; /* A1: only what concerns VMs that this caller may see */
	int64_t limit;     /* 0: all */
	int64_t offset;
	int64_t before_id; /* keyset page: rows older than this one; 0: from the newest */
};

/* A row of the audit log with the names that a reader wants beside it. Borrowed in the callback. */
struct event_row {
	int64_t id; /* in the order of writing, never given out twice */
	int64_t created_us;
	const char *who;
	const char *origin;        /* the console that wrote it, see set_origin(); NULL: not known */
	const char *what;
	const char *details;       /* may be NULL */
	struct hv_uuid vm;         /* nil: none, or gone */
	const char *vm_name;       /* NULL: none, or gone */
	struct hv_uuid snapshot;   /* nil: none, or never allocated */
	const char *snapshot_name; /* display name; NULL: none */
	enum hv_status outcome;
};

struct store;

struct store_ops {
	void (*close)(struct store *store);

	enum hv_status (*begin)(struct store *store, struct hv_error *err);
	enum hv_status (*commit)(struct store *store, struct hv_error *err);
	void (*rollback)(struct store *store); /* harmless without a transaction */
	/** Call when nothing else is due, outside a transaction: housekeeping that would delay a commit. Cheap when
	 * there is nothing to do; what it cannot do now is done later. */
	void (*idle)(struct store *store);

	/* --- what changed --- */
	/** The last sequence number given out. */
	enum hv_status (*last_change)(struct store *store, int64_t *ret_sequence, struct hv_error *err);
	/**
	 * Up to `capacity` changes after `after`, oldest first. *ret_reload is true when older ones were pruned: read
	 * everything again (*ret_count is 0 then; take last_change() first, then read). Cheap when another process wrote
	 * nothing (no file access beyond one page).
	 */
	enum hv_status (*changes)(struct store *store, int64_t after, struct change *ret_changes, size_t capacity,
		size_t *ret_count, bool *ret_reload, struct hv_error *err);

	/* --- hosts --- */
	enum hv_status (*host_list)(struct store *store, struct host_list *list, struct hv_error *err);
	enum hv_status (*host_get)(struct store *store, int64_t id, struct host *ret_host, struct hv_error *err);
	/** [W] Insert (id 0: sets host->id) or update everything but the state. The name is
	 * unique, letter case aside, and so is the host's own id once it is known: HV_ERR_CONFLICT. */
	enum hv_status (*host_save)(struct store *store, struct host *host, struct hv_error *err);
	/** [W] State, reason (NULL clears), time seen, version, free bytes: what a connection learns. */
	enum hv_status (*host_set_state)(struct store *store, const struct host *host, struct hv_error *err);
	/** [W] With all its rows; refused (HV_ERR_REFUSED) while an operation is live on it. */
	enum hv_status (*host_remove)(struct store *store, int64_t id, struct hv_error *err);

	/* --- VMs --- */
	/** All VMs of a host (0: of all hosts), by name, but for those that are Destroyed (D6). */
	enum hv_status (*vm_list)(
		struct store *store, int64_t host_id, struct virtual_machine_list *list, struct hv_error *err);
	enum hv_status (*vm_get)(
		struct store *store, int64_t id, struct virtual_machine *ret_vm, struct hv_error *err);
	enum hv_status (*vm_by_uuid)(struct store *store, const struct hv_uuid *uuid,
		struct virtual_machine *ret_vm, struct hv_error *err);
	/** VMs that have this name (exact), or this uuid if the text is one, but for those that are Destroyed. */
	enum hv_status (*vm_find)(struct store *store, const char *name_or_uuid, struct virtual_machine_list *list,
		struct hv_error *err);
	/** L1. `each` returns false to stop. *ret_total (may be NULL) counts all that fit, not the page. */
	enum hv_status (*vm_query)(struct store *store, const struct vm_query *query,
		bool (*each)(void *context, const struct virtual_machine *vm), void *context, int64_t *ret_total,
		struct hv_error *err);
	/** Number of live snapshots that are, or may be, on the host (C3). */
	enum hv_status (*vm_snapshot_count)(
		struct store *store, int64_t vm_id, int64_t *ret_count, struct hv_error *err);
	/** [W] Insert (id 0: sets vm->id) or update name, host, sizes, power state, checkpoint, untracked, missing, export;
	 * never `state`, which only vm_set_state writes. A new VM's state is vm->state; account, domain or offering 0
	 * become the seeded ones (admin of "/", "default"). The uuid is unique: HV_ERR_CONFLICT. */
	enum hv_status (*vm_save)(struct store *store, struct virtual_machine *vm, struct hv_error *err);
	/** [W][CAS] vm->state and vm->update_count are what was read; both are updated in *vm on success. S3. */
	enum hv_status (*vm_set_state)(struct store *store, struct virtual_machine *vm, enum vm_state state,
		struct hv_error *err);
	/** [W] VMs of this host that are Destroyed, of which nothing is left on it, and whose last operation ended before
	 * `before_us`: all their rows go, the audit log's stay (D6, A2). */
	enum hv_status (*vm_forget_destroyed)(
		struct store *store, int64_t host_id, int64_t before_us, struct hv_error *err);
	/** [W] The offering alone: a revert brings back the one that the snapshot recorded (V5). */
	enum hv_status (*vm_set_offering)(
		struct store *store, int64_t vm_id, int64_t offering_id, struct hv_error *err);
	/** [W] When the running state was put back to its current snapshot; 0: never since it was taken. A change of the
	 * current snapshot makes it 0. */
	enum hv_status (*vm_set_running_since)(
		struct store *store, int64_t vm_id, int64_t since_us, struct hv_error *err);
	/** [W] Which reading of the host the row was made from (protocol.md, "revision"). Not told in the change feed. */
	enum hv_status (*vm_set_revision)(
		struct store *store, int64_t vm_id, int64_t revision, struct hv_error *err);
	enum hv_status (*volume_list)(
		struct store *store, int64_t vm_id, struct volume_list *list, struct hv_error *err);
	/** [W] Make the VM's volumes be exactly these (matched by uuid). */
	enum hv_status (*volume_replace)(
		struct store *store, int64_t vm_id, const struct volume_list *list, struct hv_error *err);
	/** Checkpoints of the VM that hvtree does not track (T6). */
	enum hv_status (*untracked_list)(
		struct store *store, int64_t vm_id, struct checkpoint_list *list, struct hv_error *err);
	/** [W] Also sets the VM's count. */
	enum hv_status (*untracked_replace)(
		struct store *store, int64_t vm_id, const struct checkpoint_list *list, struct hv_error *err);

	/* --- snapshots --- */
	/** Live rows (removed_us = 0) of a VM, in no promised order. */
	enum hv_status (*snapshot_list)(
		struct store *store, int64_t vm_id, struct snapshot_list *list, struct hv_error *err);
	enum hv_status (*snapshot_get)(
		struct store *store, int64_t id, struct snapshot *ret_snapshot, struct hv_error *err);
	enum hv_status (*snapshot_by_uuid)(struct store *store, const struct hv_uuid *uuid,
		struct snapshot *ret_snapshot, struct hv_error *err);
	/** L1. Newest first. `each` returns false to stop. *ret_total (may be NULL) counts all that fit, not the page.
	 * `each` may read the store; as long as it runs, what others commit cannot be moved into the file. */
	enum hv_status (*snapshot_query)(struct store *store, const struct snapshot_query *query,
		bool (*each)(void *context, const struct snapshot_row *row), void *context, int64_t *ret_total,
		struct hv_error *err);
	/** [W] Sets snapshot->id; account, domain or offering 0 become the VM's. HV_ERR_CONFLICT when a live snapshot of
	 * the VM has this display name (T5), or the internal name or uuid exists. */
	enum hv_status (*snapshot_insert)(struct store *store, struct snapshot *snapshot, struct hv_error *err);
	/** [W][CAS] The one function that writes the state (S3); *snapshot is updated on success. Removed also sets
	 * removed_us = now_us and clears `current`. */
	enum hv_status (*snapshot_set_state)(struct store *store, struct snapshot *snapshot,
		enum snapshot_state state, int64_t now_us, struct hv_error *err);
	/** [W] Parent, checkpoint id, size, created time: what an answer brings. Not the state, not `current`. */
	enum hv_status (*snapshot_update)(
		struct store *store, const struct snapshot *snapshot, struct hv_error *err);
	/** [W] Display name and description: what people wrote. HV_ERR_CONFLICT as for an insert (T5). */
	enum hv_status (*snapshot_describe)(
		struct store *store, const struct snapshot *snapshot, struct hv_error *err);
	/** [W] Make this the VM's current snapshot, all others not; 0: none (T2). */
	enum hv_status (*snapshot_set_current)(
		struct store *store, int64_t vm_id, int64_t snapshot_id, struct hv_error *err);
	/** [W] All live children of `snapshot_id` get `new_parent_id` (0: become roots) (D2). */
	enum hv_status (*snapshot_reparent)(struct store *store, int64_t snapshot_id, int64_t new_parent_id,
		struct hv_error *err);
	/** [W] Take back an Allocated row (C2); HV_ERR_CONFLICT when it is not Allocated any more. */
	enum hv_status (*snapshot_discard)(struct store *store, int64_t snapshot_id, struct hv_error *err);

	/* --- volume snapshots --- */
	/** Live rows (removed_us = 0) of a VM, newest first. */
	enum hv_status (*volume_snapshot_list)(
		struct store *store, int64_t vm_id, struct volume_snapshot_list *list, struct hv_error *err);
	enum hv_status (*volume_snapshot_get)(
		struct store *store, int64_t id, struct volume_snapshot *ret_copy, struct hv_error *err);
	enum hv_status (*volume_snapshot_by_uuid)(struct store *store, const struct hv_uuid *uuid,
		struct volume_snapshot *ret_copy, struct hv_error *err);
	/** L1. Newest first. `each` returns false to stop. *ret_total (may be NULL) counts all that fit, not the page. */
	enum hv_status (*volume_snapshot_query)(struct store *store, const struct volume_snapshot_query *query,
		bool (*each)(void *context, const struct volume_snapshot_row *row), void *context, int64_t *ret_total,
		struct hv_error *err);
	/** [W] Sets copy->id, account and domain (the VM's). HV_ERR_CONFLICT when the uuid exists. */
	enum hv_status (*volume_snapshot_insert)(
		struct store *store, struct volume_snapshot *copy, struct hv_error *err);
	/** [W][CAS] The one function that writes the state (S3); Removed also sets removed_us = now_us. */
	enum hv_status (*volume_snapshot_set_state)(struct store *store, struct volume_snapshot *copy,
		enum snapshot_state state, int64_t now_us, struct hv_error *err);
	/** [W] Path, size and created time: what an answer brings. */
	enum hv_status (*volume_snapshot_update)(
		struct store *store, const struct volume_snapshot *copy, struct hv_error *err);
	/** [W] Take back an Allocated row (C2); HV_ERR_CONFLICT when it is not Allocated any more. */
	enum hv_status (*volume_snapshot_discard)(struct store *store, int64_t id, struct hv_error *err);

	/* --- operations --- */
	enum hv_status (*operation_get)(
		struct store *store, int64_t id, struct operation *ret_operation, struct hv_error *err);
	enum hv_status (*operation_by_uuid)(struct store *store, const struct hv_uuid *uuid,
		struct operation *ret_operation, struct hv_error *err);
	/** Queued and Running ones; host_id 0: of all hosts, vm_id 0: of all VMs. By group and sequence. */
	enum hv_status (*operation_live)(struct store *store, int64_t host_id, int64_t vm_id,
		struct operation_list *list, struct hv_error *err);
	/** The last ones that ended, newest first. */
	enum hv_status (*operation_recent)(
		struct store *store, int64_t limit, struct operation_list *list, struct hv_error *err);
	/** The last one of this kind on the VM that ended Done; `group` NULL: of any group. HV_ERR_NOT_FOUND. */
	enum hv_status (*operation_last_done)(struct store *store, int64_t vm_id, enum operation_kind kind,
		const struct hv_uuid *group, struct operation *ret_operation, struct hv_error *err);
	/** [W] Sets operation->id. HV_ERR_CONFLICT when state is Running and the VM has a Running one (X1). */
	enum hv_status (*operation_insert)(struct store *store, struct operation *operation, struct hv_error *err);
	/** [W][CAS on owner and epoch] Everything but uuid, kind, vm and cancel_asked. HV_ERR_CONFLICT when another console owns it
	 * now, or (Queued -> Running) when the VM has a Running one (X1). */
	enum hv_status (*operation_save)(
		struct store *store, const struct operation *operation, struct hv_error *err);
	/** [W][CAS on owner and epoch] Become the owner: sets owner, lease, epoch + 1 in *operation. HV_ERR_CONFLICT
	 * also when it has ended. Whether the lease ran out is read in the same transaction by the caller. */
	enum hv_status (*operation_take_over)(struct store *store, struct operation *operation, const char *owner,
		int64_t lease_until_us, struct hv_error *err);
	/** [W] Somebody, who need not be its owner, wants the export taken back (P4): sets cancel_asked, for the owner to
	 * see. HV_ERR_CONFLICT when it has ended. */
	enum hv_status (*operation_ask_cancel)(struct store *store, int64_t id, struct hv_error *err);
	/** [W][CAS] Prolong the leases of all live operations of `owner`. */
	enum hv_status (*operation_renew)(
		struct store *store, const char *owner, int64_t lease_until_us, struct hv_error *err);

	/* --- settings, offerings, audit --- */
	/** A setting's text, or NULL when not set; caller frees. */
	enum hv_status (*setting_get)(
		struct store *store, const char *name, char **ret_value, struct hv_error *err);
	/** [W] */
	enum hv_status (*setting_set)(
		struct store *store, const char *name, const char *value, struct hv_error *err);
	/** X5: vm_snapshot_enabled of ("Hyperv", version), else of ("Hyperv", "default"). */
	enum hv_status (*snapshots_enabled)(
		struct store *store, const char *version, bool *ret_enabled, struct hv_error *err);
	/** [W] The offering of this name; made with these sizes when there is none, else left as it is. */
	enum hv_status (*offering_ensure)(struct store *store, const char *name, int64_t cpus, int64_t memory_bytes,
		int64_t *ret_id, struct hv_error *err);
	/** The smallest first. A1: counted are the VMs that `seen_by` may see; an administrator, and NULL, sees all. */
	enum hv_status (*offering_list)(struct store *store, const struct account *seen_by,
		struct service_offering_list *list, struct hv_error *err);
	enum hv_status (*offering_get)(struct store *store, int64_t id, struct service_offering *ret_offering,
		struct hv_error *err);
	enum hv_status (*offering_by_name)(struct store *store, const char *name,
		struct service_offering *ret_offering, struct hv_error *err);
	/** [W] Refused (HV_ERR_REFUSED) while a VM has it or a snapshot recorded it (V5). */
	enum hv_status (*offering_remove)(struct store *store, int64_t id, struct hv_error *err);
	/** X5: "default" first, then by version. */
	enum hv_status (*capability_list)(
		struct store *store, struct hypervisor_capability_list *list, struct hv_error *err);
	/** [W] X5: of ("Hyperv", version); all hosts are told as changed. */
	enum hv_status (*capability_set)(
		struct store *store, const char *version, bool snapshots, struct hv_error *err);
	/** Caller frees. */
	enum hv_status (*offering_name)(struct store *store, int64_t id, char **ret_name, struct hv_error *err);
	/** [W] The account of this name in the domain with this path ("/", "/prod/web"; NULL: "/"); both are made, with
	 * the domains above, when they do not exist. */
	enum hv_status (*account_ensure)(struct store *store, const char *name, const char *domain_path,
		int64_t *ret_account_id, int64_t *ret_domain_id, struct hv_error *err);
	/** The account's name and its domain's path; caller frees both. */
	enum hv_status (*account_names)(struct store *store, int64_t account_id, char **ret_account,
		char **ret_domain, struct hv_error *err);
	/** By domain and name, with the number of VMs of each. */
	enum hv_status (*account_list)(struct store *store, struct account_list *list, struct hv_error *err);
	/** The account that this operating-system user acts as (A1); HV_ERR_NOT_FOUND. */
	enum hv_status (*account_by_user)(
		struct store *store, const char *os_user, struct account *ret_account, struct hv_error *err);
	/** [W] Role and operating-system user of the account with this id; a user who acted as another account does so
	 * no more. */
	enum hv_status (*account_save)(
		struct store *store, const struct account *account, struct hv_error *err);
	/** [W] Refused (HV_ERR_REFUSED) for the seeded one, and while anything belongs to it. */
	enum hv_status (*account_remove)(struct store *store, int64_t id, struct hv_error *err);
	/** [W] The VM with all its snapshots belongs to this account from now on. */
	enum hv_status (*vm_set_account)(
		struct store *store, int64_t vm_id, int64_t account_id, struct hv_error *err);
	/** From where the audit rows come that this store object writes from now on (A2): the console's owner text. */
	void (*set_origin)(struct store *store, const char *origin);
	/** [W] A2: append to the audit log. */
	enum hv_status (*event_insert)(struct store *store, int64_t now_us, const char *who, const char *what,
		const char *details, int64_t vm_id, int64_t snapshot_id, enum hv_status outcome,
		struct hv_error *err);
	/** A2. Newest first. `each` returns false to stop. *ret_total (may be NULL) counts all that fit, not the page. */
	enum hv_status (*event_query)(struct store *store, const struct event_query *query,
		bool (*each)(void *context, const struct event_row *row), void *context, int64_t *ret_total,
		struct hv_error *err);
};

/* Implementations embed this as their first member. */
struct store {
	const struct store_ops *ops;
};

/**
 * Open, or create, a SQLite store. A new file is made with mode 0600 in a folder with mode 0700. A file that is
 * corrupt, not ours, newer than this program, not writable or on a network file system is refused with a clear
 * error and left untouched.
 *
 * @param busy_ms how long a writer waits for another process
 */
enum hv_status store_open_sqlite(
	const char *path, int busy_ms, struct store **ret_store, struct hv_error *err) HV_MUST_CHECK;

#endif
