/*
 * hvtree's backend: the one header that the console and the commands may include.
 *
 * Threads. hv_backend_open() starts one thread that owns the store, the engine and all agents. Every function here
 * may be called from one other thread (the user's) and returns at once: requests go down a queue, events come up a
 * queue, hv_backend_fd() becomes readable when events wait. Nothing else is shared.
 *
 * Ownership. Values in events (`const struct hv_host *` ...) are immutable and reference-counted: valid until
 * hv_event_free(); keep one longer with its _ref function. All text is valid UTF-8 but untrusted: pass it through
 * hv_text_printable() before drawing it (the console does so once, at its border).
 *
 * The picture. After open, every host and every VM comes once as HV_EVENT_HOST / HV_EVENT_VM (hosts first), every
 * live operation as HV_EVENT_OPERATION, then HV_EVENT_LOADED. From then on an event comes for whatever changed, whoever
 * changed it, also another console on the same store, within 300 ms. Events for the same object are coalesced while
 * they wait: the queue is bounded by the number of objects. Trees come only for VMs that were opened (hv_open_vm).
 */
#ifndef HV_BACKEND_H
#define HV_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/base/attributes.h"
#include "backend/base/clock.h"
#include "backend/base/memory.h"
#include "backend/base/status.h"
#include "backend/base/text.h"
#include "backend/base/uuid.h"
#include "backend/domain/authority.h"
#include "backend/domain/names.h"
#include "backend/domain/rules.h"

struct hv_backend;

enum hv_connect {
	HV_CONNECT_ALL,       /* the console: connect to every host and stay connected */
	HV_CONNECT_ON_DEMAND, /* commands: connect to a host when an act needs it, tell of a VM when it is asked for */
};

struct hv_config {
	const char *store_path; /* NULL: $XDG_STATE_HOME/hvtree/hvtree.db; with demo: DIR/hvtree.db */
	const char *demo_dir;   /* NULL: no demo; else the folder of the simulated fleet, made when missing or empty */
	const char *user;       /* who asks, for the audit log; NULL: the operating-system user */
	enum hv_connect connect;
};

/** Opens or creates the store (and the demo fleet) and starts the thread. Blocks for that long: call before the first
 * frame. HV_ERR_STORE and HV_ERR_IO say what to do. */
enum hv_status hv_backend_open(
	const struct hv_config *config, struct hv_backend **ret_backend, struct hv_error *err) HV_MUST_CHECK;
/** Ask the thread to stop and join it (bounded: 2 s). Operations go on, on their hosts and at the next start. */
void hv_backend_close(struct hv_backend *backend);
/**
 * Bring the backend to a place where it holds nothing of the store, and keep it there until it is released: before the
 * process is stopped (^Z), or every other console would wait for as long. Waits for that, at most 2 s; false: in vain.
 */
bool hv_backend_hold(struct hv_backend *backend);
void hv_backend_release(struct hv_backend *backend);
int hv_backend_fd(const struct hv_backend *backend);

/* ---- values ---- */

struct hv_host {
	struct hv_uuid uuid;
	const char *name;
	const char *group;
	const char *transport;
	const char *address;
	const char *version; /* may be NULL */
	enum host_state state;
	const char *reason;  /* why it is not Up; may be NULL */
	int64_t seen_us;     /* the age of what is shown (U3); 0 never */
	int64_t retry_us;    /* next try; 0 none */
	int64_t free_bytes;  /* -1 not known */
	enum stop_policy stop_policy; /* P1-P3 */
	int64_t vm_count;
};

/* The summary row of a VM: what the closed tree shows. */
struct hv_vm {
	struct hv_uuid uuid;
	struct hv_uuid host;
	const char *name;
	enum vm_state state;
	enum vm_state power_state;
	enum export_state export_state; /* of its newest export (P6) */
	bool fixed;           /* A1: the caller may see it and change nothing of it */
	bool snapshots_enabled;    /* X5: for its host's hypervisor version */
	bool missing;         /* the host does not report it any more */
	bool unregistered;    /* the host holds only its export (P2); it is Stopped, and not missing */
	bool exporting;       /* it is off, and what is live only copies it or takes it off: a start ends that (P4) */
	int64_t cpus;
	int64_t memory_bytes;
	const char *offering; /* may be NULL */
	const char *account;
	const char *domain;
	int64_t snapshots;    /* live rows */
	int64_t snapshots_on_host; /* of them: those that exist, or may exist, on the host (C3) */
	int64_t snapshot_limit;    /* C3; the setting, never above Hyper-V's own ceiling */
	int64_t untracked;
	int64_t chain;        /* snapshots from the root to now (Q2) */
	int64_t delta_bytes;  /* of all its snapshots; 0 not known */
	int64_t oldest_us;    /* when its oldest snapshot was taken; 0 none */
	int64_t export_percent; /* of the one that runs; -1: none, or not known */
	struct hv_uuid operation; /* the live one; nil: none */
};

/* One row of an opened VM's tree, in display order (parents before children). */
struct hv_node {
	struct hv_uuid id;       /* snapshot uuid; for untracked rows the checkpoint's id */
	const char *name;        /* display name; for untracked rows the host's name for it */
	const char *internal_name;
	const char *description; /* may be NULL */
	enum snapshot_state state; /* tracked rows only */
	enum snapshot_type type;
	enum checkpoint_kind kind;
	bool untracked;
	bool current;            /* the "now" row hangs under it */
	bool orphan;
	bool last_child;
	int32_t parent;          /* index in nodes; -1 for a root */
	int32_t depth;
	int64_t created_us;
	int64_t size_bytes;
	const char *created_by;  /* may be NULL */
	const char *offering;    /* may be NULL */
};

struct hv_volume {
	struct hv_uuid id;
	const char *name;
	bool root;
	const char *path;
	int64_t size_bytes;
	int64_t chain_bytes;
};

/* A volume snapshot (X3): of a VM's detail, and a row of their list. */
struct hv_volume_snapshot {
	struct hv_uuid id;
	const char *name;
	enum snapshot_state state;
	struct hv_uuid volume;
	const char *volume_name; /* may be NULL */
	const char *path;        /* on the host; NULL until it is there */
	int64_t size_bytes;
	int64_t created_us;
	const char *created_by;  /* may be NULL */
	struct hv_uuid vm;
	const char *vm_name;
	const char *host_name;
	const char *account;
	const char *domain;
	int64_t page_id; /* with created_us: the key of the next page */
};

struct hv_tree {
	struct hv_uuid vm;
	const struct hv_node *nodes;
	size_t count;
	int32_t current; /* index; -1: the running state descends from no snapshot (T2) */
	int64_t now_since_us; /* since when what the VM does is in no snapshot; 0: its running state descends from none */
	const struct hv_volume *volumes;
	size_t volume_count;
	const struct hv_volume_snapshot *volume_snapshots; /* newest first */
	size_t volume_snapshot_count;
	const char *problem; /* the store's rows make no tree; NULL when all is well */
};

struct hv_operation {
	struct hv_uuid uuid;
	struct hv_uuid group;
	int64_t sequence;
	enum operation_kind kind;
	enum operation_state state;
	enum operation_step step;
	bool unknown; /* Y4: shown as Unknown */
	struct hv_uuid vm;
	struct hv_uuid host;
	struct hv_uuid snapshot; /* nil: none, or not allocated yet */
	struct hv_uuid volume;          /* nil: none, or not attached yet */
	struct hv_uuid volume_snapshot; /* nil: none, or not allocated yet */
	const char *vm_name;
	const char *snapshot_name; /* of what it is about: a snapshot, volume, volume snapshot, offering; may be NULL */
	int64_t percent; /* -1 none */
	const char *phase; /* may be NULL */
	enum hv_status status;
	const char *error; /* may be NULL */
	const char *requested_by;
	int64_t created_us;
	int64_t finished_us; /* 0 while it lives */
};

/* What a revert or a delete would do; see domain/preview.h for the meaning of each field. */
struct hv_preview {
	enum operation_kind kind;
	struct hv_uuid vm;
	struct hv_uuid target; /* nil for "all" */
	/* revert */
	const char *target_name; /* NULL: it is gone, or untracked */
	enum snapshot_type target_type;
	int64_t target_created_us;
	const char *safety_refusal; /* why no safety snapshot can be taken first; NULL when it can */
	int64_t lost_since_us; /* since then nothing is in a snapshot; 0: all that the VM holds now is lost */
	int64_t lost_bytes; /* -1 not known */
	int64_t kept_snapshots;
	enum vm_state state_before;
	enum vm_state state_after;
	bool stops_first;
	bool starts_first;
	const char *const *risks; /* sentences; also of a create, a delete and a volume snapshot: too little free space */
	size_t risk_count;
	/* delete; change of the offering: the memory snapshots that it discards (X4) */
	const struct hv_uuid *deleted; /* children before parents */
	const char *const *deleted_names;
	size_t deleted_count;
	int64_t reparented;
	int64_t merged_bytes;
	bool deletes_current;
	struct hv_uuid new_current; /* nil: none */
	/* both: the guard against a stale view; hand it back in the request */
	struct hv_uuid current; /* nil: none */
	const char *refusal; /* why it is not allowed now; NULL when it is */
};

/* A row of a snapshot list (L1, L2). */
struct hv_snapshot {
	struct hv_uuid id;
	const char *name;
	const char *display_name;
	const char *description; /* may be NULL */
	enum snapshot_state state;
	enum snapshot_type type;
	bool current;
	struct hv_uuid parent; /* nil: a root */
	const char *parent_name; /* may be NULL */
	int64_t created_us;
	int64_t size_bytes;
	struct hv_uuid vm;
	const char *vm_name;
	const char *host_name;
	const char *account;
	const char *domain;
	const char *created_by; /* may be NULL */
	int64_t page_id; /* with created_us: the key of the next page */
};

struct hv_snapshot_page {
	const struct hv_snapshot *rows;
	size_t count;
	int64_t total; /* of all that fit; -1 when not counted (pages after the first, or not wanted) */
	bool more;
};

/* A row of the audit log (A2). */
struct hv_log_row {
	int64_t id; /* the key of the next page */
	int64_t created_us;
	const char *who;
	const char *from;          /* "machine:pid" of the console; may be NULL */
	const char *what;
	const char *details;       /* may be NULL */
	struct hv_uuid vm;         /* nil: none, or gone */
	const char *vm_name;       /* may be NULL */
	struct hv_uuid snapshot;   /* nil: none */
	const char *snapshot_name; /* may be NULL */
	enum hv_status outcome;
};

struct hv_log_page {
	const struct hv_log_row *rows;
	size_t count;
	int64_t total; /* of all that fit; -1 when not counted (pages after the first) */
	bool more;
};

struct hv_vm_page {
	const struct hv_vm *rows;
	size_t count;
	int64_t total; /* of all that fit; -1 when not counted (pages after the first) */
	bool more;
};

struct hv_volume_snapshot_page {
	const struct hv_volume_snapshot *rows;
	size_t count;
	int64_t total; /* of all that fit; -1 when not counted (pages after the first) */
	bool more;
};

struct hv_offering {
	const char *name;
	int64_t cpus;
	int64_t memory_bytes;
	int64_t vm_count;
};

struct hv_offering_list {
	const struct hv_offering *rows;
	size_t count;
};

/* X5: whether VM snapshots are taken on a hypervisor of this version. */
struct hv_capability {
	const char *hypervisor;
	const char *version; /* "default": all that have no row of their own */
	bool snapshots;
};

struct hv_capability_list {
	const struct hv_capability *rows;
	size_t count;
};

struct hv_account {
	const char *name;
	const char *domain;
	enum account_role role;
	const char *user; /* the operating-system user who acts as it; may be NULL */
	int64_t vm_count;
};

struct hv_account_list {
	const struct hv_account *rows;
	size_t count;
};

enum hv_question_kind {
	HV_QUESTION_KEY,    /* is this the host's own key? */
	HV_QUESTION_SECRET, /* a password, a passphrase, a code */
};

/* What a login waits for a person to say. Only after hv_retry(): nobody is asked who has not asked for it. */
struct hv_question {
	struct hv_uuid host;
	uint64_t number; /* goes back with the answer */
	enum hv_question_kind kind;
	const char *prompt;      /* secret: what for */
	bool from_host;          /* secret: in the host's own words, and the answer goes to it */
	bool echo;               /* secret: what is typed may be seen */
	const char *key_name;    /* key: the host as known_hosts names it */
	const char *key_type;
	const char *fingerprint; /* "SHA256:..." */
	const char *known_types; /* the host is known by keys of these other types; "" on first contact */
};

/* A setting of the store: it holds for every console on it. */
struct hv_setting {
	const char *name;
	const char *value;
	const char *standard; /* when nobody has set it */
	const char *help;
};

struct hv_setting_list {
	const struct hv_setting *rows;
	size_t count;
};

/* What must be well before a host can be used, in the order in which it is found out. */
enum hv_check_step {
	HV_CHECK_ADDRESS,
	HV_CHECK_CALL, /* something answers there */
	HV_CHECK_KEY,
	HV_CHECK_LOGIN,
	HV_CHECK_AGENT, /* PowerShell runs, and the agent in it */
	HV_CHECK_MODULE,
	HV_CHECK_RIGHTS,
	HV_CHECK_VERSION,
	HV_CHECK_CLOCK,
	HV_CHECK_INVENTORY,
	HV_CHECK_STEP_COUNT
};

enum hv_check_result {
	HV_CHECK_NOT_REACHED, /* a step before it has failed */
	HV_CHECK_NOT_TOLD,    /* this transport or this agent tells nothing about it */
	HV_CHECK_GOOD,
	HV_CHECK_DOUBTFUL,    /* the host can be used, but somebody should know */
	HV_CHECK_BAD,
	HV_CHECK_RESULT_COUNT
};

/* How far a host has come, step by step. */
struct hv_check {
	struct hv_uuid host;
	struct hv_check_row {
		enum hv_check_result result;
		const char *details; /* NULL: nothing to tell */
	} rows[HV_CHECK_STEP_COUNT];
};

/* ---- events ---- */

enum hv_event_kind {
	HV_EVENT_HOST,        /* host */
	HV_EVENT_HOST_GONE,   /* id */
	HV_EVENT_VM,          /* vm */
	HV_EVENT_VM_GONE,     /* id */
	HV_EVENT_TREE,        /* tree: of an opened VM */
	HV_EVENT_OPERATION,   /* operation: began, went on, or ended */
	HV_EVENT_LOADED,      /* the first picture is complete */
	HV_EVENT_ACCEPTED,    /* ticket; id = the group of operations that was begun */
	HV_EVENT_REFUSED,     /* ticket; error */
	HV_EVENT_PREVIEW,     /* ticket; preview */
	HV_EVENT_SNAPSHOTS,   /* ticket; page */
	HV_EVENT_LOG,         /* ticket; log */
	HV_EVENT_ACCOUNTS,    /* ticket; accounts */
	HV_EVENT_SETTINGS,    /* ticket; settings */
	HV_EVENT_VMS,         /* ticket; vms */
	HV_EVENT_VOLUME_SNAPSHOTS, /* ticket; copies */
	HV_EVENT_OFFERINGS,   /* ticket; offerings */
	HV_EVENT_CAPABILITIES, /* ticket; capabilities */
	HV_EVENT_SYNCED,      /* ticket; check; error.status HV_OK, or why a host could not be synced */
	HV_EVENT_QUESTION,    /* question */
	HV_EVENT_QUESTION_GONE, /* id: this host does not wait for an answer any more */
	HV_EVENT_MESSAGE,     /* text, warning */
	HV_EVENT_FAILED,      /* error: the backend cannot go on (store gone); nothing was lost */
	HV_EVENT_KIND_COUNT
};

struct hv_event {
	enum hv_event_kind kind;
	uint64_t ticket; /* of the request it answers; 0 otherwise */
	struct hv_uuid id;
	const struct hv_host *host;
	const struct hv_vm *vm;
	const struct hv_tree *tree;
	const struct hv_operation *operation;
	const struct hv_preview *preview;
	const struct hv_snapshot_page *page;
	const struct hv_log_page *log;
	const struct hv_account_list *accounts;
	const struct hv_setting_list *settings;
	const struct hv_vm_page *vms;
	const struct hv_volume_snapshot_page *copies;
	const struct hv_offering_list *offerings;
	const struct hv_capability_list *capabilities;
	const struct hv_question *question;
	const struct hv_check *check;
	struct hv_error error;
	const char *text;
	bool warning;
};

/** The next event, or NULL when none waits. The caller frees it. */
struct hv_event *hv_backend_next(struct hv_backend *backend);
/** Drops the event's references and its text; NULL is legal. */
void hv_event_free(struct hv_event *event);

const struct hv_host *hv_host_ref(const struct hv_host *host);
void hv_host_unref(const struct hv_host *host);
const struct hv_vm *hv_vm_ref(const struct hv_vm *vm);
void hv_vm_unref(const struct hv_vm *vm);
const struct hv_tree *hv_tree_ref(const struct hv_tree *tree);
void hv_tree_unref(const struct hv_tree *tree);
const struct hv_operation *hv_operation_ref(const struct hv_operation *operation);
void hv_operation_unref(const struct hv_operation *operation);
const struct hv_preview *hv_preview_ref(const struct hv_preview *preview);
void hv_preview_unref(const struct hv_preview *preview);
const struct hv_snapshot_page *hv_snapshot_page_ref(const struct hv_snapshot_page *page);
void hv_snapshot_page_unref(const struct hv_snapshot_page *page);
const struct hv_log_page *hv_log_page_ref(const struct hv_log_page *page);
void hv_log_page_unref(const struct hv_log_page *page);
const struct hv_account_list *hv_account_list_ref(const struct hv_account_list *list);
void hv_account_list_unref(const struct hv_account_list *list);
const struct hv_setting_list *hv_setting_list_ref(const struct hv_setting_list *list);
void hv_setting_list_unref(const struct hv_setting_list *list);
const struct hv_vm_page *hv_vm_page_ref(const struct hv_vm_page *page);
void hv_vm_page_unref(const struct hv_vm_page *page);
const struct hv_volume_snapshot_page *hv_volume_snapshot_page_ref(const struct hv_volume_snapshot_page *page);
void hv_volume_snapshot_page_unref(const struct hv_volume_snapshot_page *page);
const struct hv_offering_list *hv_offering_list_ref(const struct hv_offering_list *list);
void hv_offering_list_unref(const struct hv_offering_list *list);
const struct hv_capability_list *hv_capability_list_ref(const struct hv_capability_list *list);
void hv_capability_list_unref(const struct hv_capability_list *list);
const struct hv_question *hv_question_ref(const struct hv_question *question);
void hv_question_unref(const struct hv_question *question);
const struct hv_check *hv_check_ref(const struct hv_check *check);
void hv_check_unref(const struct hv_check *check);

/* Builders: an empty value with one reference that owns a copy of everything in *from. Also for tests of the console,
 * which make their events by hand. */
const struct hv_host *hv_host_new(const struct hv_host *from);
const struct hv_vm *hv_vm_new(const struct hv_vm *from);
const struct hv_tree *hv_tree_new(const struct hv_tree *from);
const struct hv_operation *hv_operation_new(const struct hv_operation *from);
const struct hv_preview *hv_preview_new(const struct hv_preview *from);
const struct hv_snapshot_page *hv_snapshot_page_new(const struct hv_snapshot_page *from);
const struct hv_log_page *hv_log_page_new(const struct hv_log_page *from);
const struct hv_account_list *hv_account_list_new(const struct hv_account_list *from);
const struct hv_setting_list *hv_setting_list_new(const struct hv_setting_list *from);
const struct hv_vm_page *hv_vm_page_new(const struct hv_vm_page *from);
const struct hv_volume_snapshot_page *hv_volume_snapshot_page_new(const struct hv_volume_snapshot_page *from);
const struct hv_offering_list *hv_offering_list_new(const struct hv_offering_list *from);
const struct hv_capability_list *hv_capability_list_new(const struct hv_capability_list *from);
const struct hv_question *hv_question_new(const struct hv_question *from);
const struct hv_check *hv_check_new(const struct hv_check *from);

/* ---- requests: the caller chooses the ticket, never 0, unique; the answer is an event with that ticket ---- */

/** With HV_CONNECT_ON_DEMAND only the hosts come by themselves. This asks for the VMs with this name (exact) or this
 * uuid, NULL: for all, and what lives on them, then HV_EVENT_LOADED. No ticket. */
void hv_load(struct hv_backend *backend, const char *vm);
/** Want HV_EVENT_TREE for this VM now and on every change. No ticket: the tree is the answer, HV_EVENT_VM_GONE when there
 * is no such VM. */
void hv_open_vm(struct hv_backend *backend, const struct hv_uuid *vm);
void hv_close_vm(struct hv_backend *backend, const struct hv_uuid *vm);

struct hv_act {
	enum operation_kind kind;
	struct hv_uuid vm;
	struct hv_uuid snapshot;  /* revert, delete; nil with `all` and `undo` */
	bool undo;                /* revert: to the safety snapshot of the VM's last revert (U4) */
	const char *safety_name;  /* revert: first take a snapshot of this name, and revert only if that succeeds; a
				   * name that is taken gets a number behind it; NULL: none */
	bool subtree;             /* delete */
	bool all;                 /* delete */
	enum snapshot_type type;  /* create */
	const char *name;         /* create, also of a volume snapshot; NULL: generated */
	const char *description;  /* create; may be NULL */
	bool quiesce;             /* create */
	bool force;               /* stop */
	struct hv_uuid volume;    /* detach, resize, create of a volume snapshot */
	const char *path;         /* attach: the disk file on the host */
	int64_t size_bytes;       /* attach: made with this size when there is no such file, 0: it is there; resize */
	const char *offering;     /* change of the offering: its name */
	bool expect_discards;     /* refuse when it would discard other snapshots than these (X4) */
	const struct hv_uuid *discards;
	size_t discard_count;
	struct hv_uuid volume_snapshot; /* delete of a volume snapshot */
	bool queue;               /* wait for the VM instead of being refused (X1) */
	bool expect_current;      /* refuse when the current snapshot is not this any more */
	struct hv_uuid expected_current;
};
/** ACCEPTED or REFUSED, then HV_EVENT_OPERATION until all of the group have ended. */
void hv_act(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act);
/* What a person writes about a snapshot (T5). */
struct hv_snapshot_edit {
	struct hv_uuid vm;
	struct hv_uuid snapshot;
	const char *name;          /* NULL: as it is */
	const char *description;   /* NULL: as it is; "": none */
	const char *expected_name; /* refuse when it is called otherwise by now; NULL: whatever it is called */
};
/** ACCEPTED when it is done, or REFUSED. The host is not asked: it knows neither. */
void hv_edit_snapshot(struct hv_backend *backend, uint64_t ticket, const struct hv_snapshot_edit *edit);
/** PREVIEW or REFUSED. */
void hv_preview(struct hv_backend *backend, uint64_t ticket, const struct hv_act *act);
/** ACCEPTED or REFUSED. */
void hv_cancel(struct hv_backend *backend, uint64_t ticket, const struct hv_uuid *operation);
/** Connect if need be, read the inventory, settle what is transient. `host` NULL: all. SYNCED, once a host. */
void hv_sync(struct hv_backend *backend, uint64_t ticket, const struct hv_uuid *host);
/** Try to reach the host now instead of at the end of the back-off, and ask (QUESTION) what the login needs to know; of
 * a host that is being reached, MESSAGE says what is waited for. */
void hv_retry(struct hv_backend *backend, const struct hv_uuid *host);

enum hv_key_answer { HV_KEY_REFUSE, HV_KEY_ONCE, HV_KEY_REMEMBER };
/** `question` is that of the event: an answer to one that is gone is ignored. No ticket. REMEMBER: the key is written to
 * the user's known_hosts. */
void hv_answer_key(
	struct hv_backend *backend, const struct hv_question *question, enum hv_key_answer answer);
/** The same; `secret` is copied, and every copy overwritten after its use. NULL: none is given. */
void hv_answer_secret(
	struct hv_backend *backend, const struct hv_question *question, const char *secret);

/* How a host is reached, and where it stands in the console's tree. */
struct hv_host_entry {
	const char *name;
	const char *group;
	const char *transport; /* "libssh2", "openssh", "auto"; "sim" for a simulated host */
	const char *address;   /* [user@]host[:port]; of a simulated host its state file */
	const char *command;   /* what runs there and speaks the protocol; NULL: the usual agent */
	enum stop_policy stop_policy; /* P1-P3 */
};
/** ACCEPTED with the host's id, or REFUSED. It is reached when something needs it (hv_sync). */
void hv_host_add(struct hv_backend *backend, uint64_t ticket, const struct hv_host_entry *entry);
/** ACCEPTED or REFUSED. What becomes of a VM that is stopped there from now on (P1-P3). */
void hv_host_set_stop_policy(
	struct hv_backend *backend, uint64_t ticket, const struct hv_uuid *host, enum stop_policy policy);
/** ACCEPTED or REFUSED. The host's VMs and snapshots are forgotten; on the host nothing changes. */
void hv_host_remove(struct hv_backend *backend, uint64_t ticket, const struct hv_uuid *host);
/** From now on a key of this fingerprint ("SHA256:...") is the host's own, if no other one is known: it is written to
 * the user's known_hosts. No ticket. */
void hv_host_accept_key(
	struct hv_backend *backend, const struct hv_uuid *host, const char *fingerprint);

struct hv_snapshot_query {
	const struct hv_uuid *vm;  /* NULL: all */
	const char *account;
	const char *domain;
	bool domain_recursive;
	int state;                 /* enum snapshot_state; -1: all that are not Removed */
	int type;                  /* enum snapshot_type; -1: both */
	const char *name;
	const struct hv_uuid *ids;
	size_t id_count;
	const char *keyword;
	int64_t older_than_us;     /* age; 0: any */
	int64_t limit;             /* rows a page; 0: 1000 */
	int64_t offset;
	bool oldest_first;
	int64_t after_created_us;  /* key of the page after: created_us and page_id of the last row */
	int64_t after_id;
	bool uncounted;            /* `total` is not wanted: then a page ends the reading, and nothing behind it is looked at */
};
/** SNAPSHOTS or REFUSED. */
void hv_list_snapshots(
	struct hv_backend *backend, uint64_t ticket, const struct hv_snapshot_query *query);

struct hv_log_query {
	const struct hv_uuid *vm;  /* NULL: all */
	const char *who;           /* exact; NULL: any */
	const char *what;          /* exact; NULL: any */
	int64_t younger_than_us;   /* age; 0: any */
	bool failed;               /* only what did not end Ok */
	int64_t limit;             /* rows a page; 0: 1000 */
	int64_t offset;
	int64_t before_id;         /* key of the page after: id of the last row */
};
/** A2, newest first. LOG or REFUSED. */
void hv_list_log(struct hv_backend *backend, uint64_t ticket, const struct hv_log_query *query);

/** A1: all accounts for an administrator, else the caller's own. ACCOUNTS or REFUSED. */
void hv_list_accounts(struct hv_backend *backend, uint64_t ticket);

enum hv_account_change_kind {
	HV_ACCOUNT_ADD,
	HV_ACCOUNT_SET,
	HV_ACCOUNT_REMOVE,
	HV_VM_ASSIGN,
};

struct hv_account_change {
	enum hv_account_change_kind kind;
	const char *name;
	const char *domain; /* NULL: add: "/", else the only account of that name */
	int role;           /* enum account_role; -1: add: an operator, else as it is */
	const char *user;   /* NULL: as it is; "": nobody */
	struct hv_uuid vm;  /* assign */
};
/** For administrators. ACCEPTED when it is done, or REFUSED. */
void hv_change_account(
	struct hv_backend *backend, uint64_t ticket, const struct hv_account_change *change);

/** SETTINGS or REFUSED. */
void hv_list_settings(struct hv_backend *backend, uint64_t ticket);
/** For administrators; `value` NULL: as when nobody has set it. ACCEPTED when it is done, or REFUSED. */
void hv_change_setting(struct hv_backend *backend, uint64_t ticket, const char *name, const char *value);

/* What the console itself decides and the audit log must hold (A2). */
enum hv_note {
	HV_NOTE_ALLOW_WRITING, /* to a group that is read-only by the console's configuration */
	HV_NOTE_END_WRITING,
	HV_NOTE_COUNT
};
/** Write it into the audit log. ACCEPTED when it is there, or REFUSED. */
void hv_note(struct hv_backend *backend, uint64_t ticket, enum hv_note note, const char *details);

enum hv_vm_sort {
	HV_VM_SORT_PLACE, /* group, host, name */
	HV_VM_SORT_NAME,
	HV_VM_SORT_STATE,
	HV_VM_SORT_SNAPSHOTS,
	HV_VM_SORT_CHAIN,
	HV_VM_SORT_SIZE,
	HV_VM_SORT_OLDEST, /* when its oldest snapshot was taken; VMs without come first */
	HV_VM_SORT_COUNT
};

/* VMs that fit all of this (L1). */
struct hv_vm_query {
	const struct hv_uuid *host; /* NULL: all */
	const char *account;
	const char *domain;
	bool domain_recursive;
	int state;                  /* enum vm_state; -1: any */
	const char *name;
	const struct hv_uuid *ids;
	size_t id_count;
	const char *keyword;        /* in its name or its offering's, in any letter case */
	int snapshots;              /* 1: only those with snapshots, 0: only those without, -1: any */
	int64_t older_than_us;      /* age of its oldest snapshot; 0: any */
	enum hv_vm_sort sort;
	bool descending;
	int64_t limit;              /* rows a page; 0: 1000 */
	int64_t offset;
	struct hv_uuid after;       /* the page after this VM, the last row of the one before; nil: from the start */
};
/** VMS or REFUSED. */
void hv_list_vms(struct hv_backend *backend, uint64_t ticket, const struct hv_vm_query *query);

/* Volume snapshots that fit all of this (L1, X3). */
struct hv_volume_snapshot_query {
	const struct hv_uuid *vm;  /* NULL: all */
	const char *account;
	const char *domain;
	bool domain_recursive;
	int state;                 /* enum snapshot_state; -1: all that are not Removed */
	const char *name;
	const struct hv_uuid *ids;
	size_t id_count;
	const char *keyword;       /* in the name or the volume's name, in any letter case */
	int64_t older_than_us;     /* age; 0: any */
	int64_t limit;             /* rows a page; 0: 1000 */
	int64_t offset;
	int64_t after_created_us;  /* key of the page after: created_us and page_id of the last row */
	int64_t after_id;
};
/** Newest first. VOLUME_SNAPSHOTS or REFUSED. */
void hv_list_volume_snapshots(
	struct hv_backend *backend, uint64_t ticket, const struct hv_volume_snapshot_query *query);

/** OFFERINGS, the smallest first, or REFUSED. */
void hv_list_offerings(struct hv_backend *backend, uint64_t ticket);
/** For administrators. ACCEPTED when it is done, or REFUSED. */
void hv_add_offering(
	struct hv_backend *backend, uint64_t ticket, const char *name, int64_t cpus, int64_t memory_bytes);
void hv_remove_offering(struct hv_backend *backend, uint64_t ticket, const char *name);
/** CAPABILITIES or REFUSED. */
void hv_list_capabilities(struct hv_backend *backend, uint64_t ticket);
/** For administrators. `version`: of the hypervisor, or "default". ACCEPTED when it is done, or REFUSED. */
void hv_set_capability(struct hv_backend *backend, uint64_t ticket, const char *version, bool snapshots);

/* ---- pure helpers, any thread ---- */

/** Facts for rules_refuse() from what the console holds. host NULL: not up. tree may be NULL; node NULL: the VM itself.
 * read_only is false: that is the console's own. */
struct rule_facts hv_facts(
	const struct hv_host *host, const struct hv_vm *vm, const struct hv_tree *tree, const struct hv_node *node);

#endif
