/*
 * What the files of the engine share, and nobody else may see.
 *
 * A `run` is one live operation that this console drives: a copy of its row, and what it waits for. The row in the
 * store is the truth; a run can be dropped at any moment and made again from the row (Y1).
 *
 * Two kinds of code: what stands inside a transaction takes a `struct scene` (the facts, read in that transaction)
 * and writes rows; what acts on a host stands after the commit. Nothing does both.
 */
#ifndef HV_ENGINE_INTERNAL_H
#define HV_ENGINE_INTERNAL_H

#include "backend/domain/rules.h"
#include "backend/domain/snapshot_state.h"
#include "backend/domain/vm_state.h"
#include "backend/engine/engine.h"

/* A revert, a stop or a start that did not reach the host is not sent any more after this. */
#define ENGINE_STALE_US (5 * 60 * HV_SECOND_US)
/* A command or question without a sign of life for so long is asked about (a lost answer on a living link). */
#define ENGINE_ASK_US (30 * HV_SECOND_US)
/* An agent that says so often in a row that the act runs, without a sign of life, is sent the command again. */
#define ENGINE_ASKS_MAX 4
/* An inventory that has not come after this is asked for again. */
#define ENGINE_INVENTORY_US (2 * 60 * HV_SECOND_US)
/* Without a reason, as a safety net: a console that was slow may have written an old event over a newer picture. */
#define ENGINE_REFRESH_US (10 * 60 * HV_SECOND_US)
/* How often a host is asked whether its storage is back, beside what it says by itself. */
#define ENGINE_STORAGE_US (30 * HV_SECOND_US)
/* What is left of a destroyed VM's rows goes when its last operation ended so long ago. */
#define ENGINE_FORGET_US (3600 * HV_SECOND_US)
/* After the store failed with one. */
#define ENGINE_INVENTORY_RETRY_US (2 * HV_SECOND_US)
#define ENGINE_PROGRESS_US (HV_SECOND_US / 4)
/* How often a queued operation looks whether another console's operation on its VM has ended. */
#define ENGINE_TURN_US (HV_SECOND_US / 4)
#define ENGINE_BACKOFF_FIRST_US (HV_SECOND_US / 4)
#define ENGINE_BACKOFF_MAX_US (30 * HV_SECOND_US)

enum run_wait {
	RUN_DUE,        /* for nothing: goes on at the step of its row */
	RUN_FOR_TURN,   /* Queued: for the VM to be free */
	RUN_FOR_HOST,   /* for its host to be up */
	RUN_FOR_QUERY,  /* for the journal of the host (Y1) */
	RUN_FOR_ANSWER, /* for the host to act */
	RUN_FOR_STORAGE, /* for the host's primary storage to be back (P5) */
	RUN_FOR_STORE,  /* for the next try, after the store failed */
	RUN_OVER        /* ended, or somebody else drives it: freed at the end of the turn */
};

struct run {
	struct operation row; /* as this console wrote or read it last */
	enum run_wait wait;
	bool must_ask;    /* the written command may have reached the host: ask before sending it (again) */
	bool interrupted; /* host or console was lost since the step was written */
	bool lost;        /* a compare-and-set said that another console owns it */
	bool fenced;      /* the host has called this owner a former one, once */
	int64_t ask_us;   /* RUN_FOR_QUERY, RUN_FOR_ANSWER: monotonic time to ask the journal */
	int asks;         /* how often it has said since the last sign of life that the act runs */
	int64_t retry_us; /* RUN_FOR_STORE, RUN_FOR_STORAGE: monotonic time of the next try, or question */
	int64_t backoff_us;
	/* progress that came faster than it may be written */
	bool progress_waits;
	int64_t progress_us; /* monotonic time from which it may be written */
	int64_t percent;
	char *phase;
};

/* What the engine remembers of a host while the program runs. */
struct link {
	int64_t host_id;
	int64_t seen_us; /* wall time of its last message */
	bool inventory_wanted;
	bool inventory_sent;
	bool storage_down;
	int64_t inventory_us;     /* monotonic: when it is asked for again (lost), or not before (store failed) */
	int64_t refresh_us;       /* monotonic: when it is asked for though nobody wants it */
};

struct pending_message {
	bool warning;
	char *text;
};

/* A VM that a host reports although the store knows it on another one (claim.c). */
struct claim {
	int64_t vm_id;
	int64_t host_id;
	bool told;
};

struct engine {
	struct engine_config config;
	char *owner;
	struct run **runs;
	size_t run_count;
	size_t run_capacity;
	struct link *links;
	size_t link_count;
	size_t link_capacity;
	/* told when the transaction that they speak of is committed */
	struct pending_message *messages;
	size_t message_count;
	size_t message_capacity;
	/* ids of Ready snapshots (negative: of volume snapshots) whose loss on the host was told already, so that it is
	 * told once */
	int64_t *told_missing;
	size_t told_missing_count;
	size_t told_missing_capacity;
	struct claim *claims;
	size_t claim_count;
	size_t claim_capacity;
	bool in_transaction;
	bool store_failed; /* told the listener; cleared by the next commit */
	int64_t renew_us;         /* monotonic: next heartbeat */
	int64_t scan_us;          /* monotonic: not before this is the table of operations read again */
	int64_t scanned_change;   /* change sequence when it was read last */
	int64_t seen_change;      /* change sequence at the last tick */
	int64_t foreign_lease_us; /* wall: when the first lease of another console runs out */
	int64_t turn_us;          /* monotonic: next look whether a queued operation's turn has come */
};

/* The facts about an operation's objects, read inside the transaction that uses them. */
struct scene {
	struct host host;
	struct virtual_machine vm;
	struct snapshot snapshot;
	bool has_snapshot;
	struct volume_snapshot copy; /* X3: the volume snapshot */
	bool has_copy;
	struct volume volume;        /* the one that the operation is about */
	bool has_volume;
	/* safe to show */
	char *host_name;
	char *vm_name;
	char *snapshot_name; /* of what it is about: a snapshot, volume, volume snapshot or offering; "" when there is none */
};

/* --- transaction.c: store transactions, and what is told when they are committed --- */
const struct store_ops *engine_store(const struct engine *engine);
int64_t engine_wall_us(const struct engine *engine);
int64_t engine_monotonic_us(const struct engine *engine);
enum hv_status engine_begin(struct engine *engine, struct hv_error *err) HV_MUST_CHECK;
/** Commit when *status is HV_OK, else roll back; returns the status of both. */
enum hv_status engine_end(struct engine *engine, enum hv_status status, struct hv_error *err) HV_MUST_CHECK;
/** A line for the message area, told after the commit and forgotten by a rollback. */
void engine_say(struct engine *engine, bool warning, const char *format, ...) HV_PRINTF(3, 4);
/** Tell the listener once that the store does not work. */
void engine_store_trouble(struct engine *engine, const struct hv_error *err);

/* --- authority.c: who asks (A1) --- */
/** *ret_known is false when the user has no account. Clear the account. */
enum hv_status caller_find(struct engine *engine, const char *user, struct account *ret_account,
	bool *ret_known, struct hv_error *err) HV_MUST_CHECK;
/** Inside a transaction: whether the user may change this VM; one that it may not see does not exist. */
enum hv_status caller_judge(struct engine *engine, const char *user, int64_t vm_id, struct hv_error *err)
	HV_MUST_CHECK;

/* --- scene.c --- */
enum hv_status scene_load(struct engine *engine, const struct operation *row, struct scene *scene,
	struct hv_error *err) HV_MUST_CHECK;
void scene_clear(struct scene *scene);
/** Ask the rules about `action` with the scene's facts; the VM is the caller's, no other operation is live on it. */
enum hv_status scene_check(struct engine *engine, const struct scene *scene, enum action action,
	struct hv_error *err) HV_MUST_CHECK;
/** Refuse when a live snapshot of the list has this display name (T5). */
enum hv_status scene_check_name(const struct scene *scene, const struct snapshot_list *snapshots,
	const char *display_name, struct hv_error *err) HV_MUST_CHECK;
/** Note in the row what is true now: the VM's state and the current snapshot. */
enum hv_status scene_note_before(struct engine *engine, const struct scene *scene, struct operation *row,
	struct hv_error *err) HV_MUST_CHECK;
int64_t scene_current_id(const struct snapshot_list *snapshots);
/* The functions that move a state (S3): through the table, then compare-and-set in the store. */
enum hv_status scene_move_snapshot(struct engine *engine, struct scene *scene, enum snapshot_event event,
	struct hv_error *err) HV_MUST_CHECK;
enum hv_status scene_move_copy(struct engine *engine, struct scene *scene, enum snapshot_event event,
	struct hv_error *err) HV_MUST_CHECK;
enum hv_status scene_move_vm(struct engine *engine, struct scene *scene, enum vm_event event,
	struct hv_error *err) HV_MUST_CHECK;

/* --- workflow.c: the tables of steps and the one driver --- */
/** Runs steps from the row's on, inside a transaction; see workflow.c. `answer`: the host's, or NULL. */
enum hv_status workflow_run(struct engine *engine, struct run *run, struct scene *scene,
	const struct agent_answer *answer, struct hv_error *err) HV_MUST_CHECK;
/** The command that the row's step sends, or false when the step sends none. */
bool workflow_command(const struct operation *row, enum agent_command_kind *ret_kind);
/** Whether the operation is too old to be acted on after an interruption. */
bool workflow_is_stale(const struct engine *engine, const struct run *run);

/* --- the steps, by workflow: create.c revert.c delete.c power.c export.c removal.c destroy.c; each runs inside a transaction --- */
#define STEP_PARAMETERS                                                                                    \
	struct engine *engine, struct run *run, struct scene *scene, const struct agent_answer *answer,    \
		struct hv_error *err
enum hv_status create_check(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status create_allocate(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status create_begin(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status create_record(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status revert_check(STEP_PARAMETERS) HV_MUST_CHECK;
bool revert_needs_preparation(const struct engine *engine, const struct run *run, const struct scene *scene);
enum agent_command_kind revert_preparation(const struct operation *row);
enum hv_status revert_prepare(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status revert_begin(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status revert_record(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status delete_check(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status delete_begin(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status delete_record(STEP_PARAMETERS) HV_MUST_CHECK;
bool power_is_due(const struct engine *engine, const struct run *run, const struct scene *scene);
bool start_needs_import(const struct engine *engine, const struct run *run, const struct scene *scene);
enum hv_status start_import(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status power_check(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status power_begin(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status power_finish(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status export_check(STEP_PARAMETERS) HV_MUST_CHECK;
bool export_is_due(const struct engine *engine, const struct run *run, const struct scene *scene);
enum hv_status export_begin(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status export_record(STEP_PARAMETERS) HV_MUST_CHECK;
bool export_is_undone(const struct engine *engine, const struct run *run, const struct scene *scene);
enum hv_status export_finish(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status removal_check(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status removal_begin(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status removal_record(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status destroy_check(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status destroy_begin(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status destroy_record(STEP_PARAMETERS) HV_MUST_CHECK;
/* outcome.c */
enum hv_status step_finish(STEP_PARAMETERS) HV_MUST_CHECK;
/* volume.c: attach, detach, resize (X2), scale (X4) */
enum hv_status volume_check(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status volume_record(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status scale_check(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status scale_record(STEP_PARAMETERS) HV_MUST_CHECK;
/* copy.c: volume snapshots (X3) */
enum hv_status copy_check(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status copy_allocate(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status copy_begin(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status copy_record(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status copy_delete_check(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status copy_delete_begin(STEP_PARAMETERS) HV_MUST_CHECK;
enum hv_status copy_delete_record(STEP_PARAMETERS) HV_MUST_CHECK;

/* --- export_proof.c: whether an export may stand for its VM --- */
/** Whether the VM's newest export is Complete, the VM has not changed since, and an operation of ours has found it equal
 * to the rows. */
enum hv_status export_is_proven(const struct engine *engine, const struct virtual_machine *vm, bool *ret_proven,
	struct hv_error *err) HV_MUST_CHECK;
/** Compares what was read back from the export with the rows and with the VM: *ret_difference is NULL when all of it
 * is there, else one sentence's part; caller frees. */
enum hv_status export_compare(struct engine *engine, const struct scene *scene, const struct agent_answer *answer,
	char **ret_difference, struct hv_error *err) HV_MUST_CHECK;
/** Whether the VM has, or may have, a checkpoint: then an export copies its disks. */
enum hv_status export_needs_disks(struct engine *engine, const struct virtual_machine *vm, bool *ret_needs,
	struct hv_error *err) HV_MUST_CHECK;

/* --- export_end.c: exports that are taken back (P4), and those that wait for storage (P5) --- */
/** Inside a transaction, for a VM that is to be started: queued exports and removals are cancelled, a running one is
 * asked to end. */
enum hv_status export_end_for_start(struct engine *engine, int64_t vm_id, struct hv_error *err) HV_MUST_CHECK;
/** After that transaction: mine among them hear of it. */
void export_hear_all(struct engine *engine, int64_t vm_id);
/** Its row says that it is to be taken back. */
void export_hear_cancel(struct run *run);
/** Drive one that is to be taken back; false when there is nothing to take back any more. */
bool export_withdraw(struct engine *engine, struct run *run);
/** Whether the run has to wait for its host's storage before it sends anything; it waits then. */
bool export_waits_for_storage(struct engine *engine, struct run *run);
/** The host's storage was gone: an export goes on when it is back, a removal begins anew with the export. False: the
 * answer is like another. */
bool export_lost_storage(struct engine *engine, struct run *run, const struct agent_answer *answer);
/** The host's storage is there. */
void export_storage_is_back(struct engine *engine, int64_t host_id);

/* --- outcome.c: how an operation ends, and what is said then --- */
/** What the answer's VM object says is written down (volumes, pointer, power state); without one, Unknown. */
enum hv_status outcome_record_vm(STEP_PARAMETERS) HV_MUST_CHECK;
/** End a failed operation in its own transaction: states, sentence, audit, chain. `answer` may be NULL. */
void outcome_fail(struct engine *engine, struct run *run, enum hv_status status, const char *reason,
	const struct agent_answer *answer);
/** Inside a transaction: end an operation that never acted on a host. */
enum hv_status outcome_cancel(struct engine *engine, struct run *run, struct scene *scene, const char *reason,
	struct hv_error *err) HV_MUST_CHECK;
/** Inside a transaction: end an operation whose copy was taken back, as its row's status says. */
enum hv_status outcome_undone(STEP_PARAMETERS) HV_MUST_CHECK;
/** Inside a transaction: end a failed operation; the chain has still to go on. */
enum hv_status outcome_fail_here(struct engine *engine, struct run *run, struct scene *scene,
	enum hv_status reason_status, const char *reason, const struct agent_answer *answer, struct hv_error *err)
	HV_MUST_CHECK;
enum hv_status outcome_audit(struct engine *engine, const struct operation *row, const char *details,
	struct hv_error *err) HV_MUST_CHECK;

/* --- sentence.c: what is said when an operation ends --- */
/** "Snapshot 'b' of VM 'web01' was not taken"; caller frees. */
char *sentence_subject(const struct operation *row, const struct scene *scene, bool done);
/** What the host said, for a reader; caller frees. */
char *sentence_of_answer(const struct agent_answer *answer);
/** The whole sentence of a failure, once the states have been settled in the scene; caller frees. */
char *sentence_of_failure(const struct operation *row, const struct scene *scene, const char *reason,
	const struct agent_answer *answer);
/** Whether the VM object shows the snapshot's checkpoint. */
const struct checkpoint *sentence_find_checkpoint(const struct agent_vm *vm, const struct snapshot *snapshot);

/* --- chain.c: operations in a group, and the queue of a VM --- */
/** Inside the transaction that ends `ended`: the next one of its group starts, or they are cancelled; else the next
 * that waits for the VM. */
enum hv_status chain_go_on(struct engine *engine, const struct operation *ended, struct hv_error *err)
	HV_MUST_CHECK;
/** After that transaction: what is remembered of the VM's other operations is read again. */
void chain_refresh(struct engine *engine, const struct operation *ended);
/** Start a queued operation if its VM is free; true when the run is due now. */
bool chain_take_turn(struct engine *engine, struct run *run);

/* --- run.c: the operations that this console drives --- */
struct run *run_add(struct engine *engine, const struct operation *row);
struct run *run_find(struct engine *engine, const struct hv_uuid *operation);
struct run *run_find_id(struct engine *engine, int64_t operation_id);
void run_free(struct run *run);
/** Write the row [W]; sets run->lost when another console owns it now. */
enum hv_status run_save(struct engine *engine, struct run *run, struct hv_error *err) HV_MUST_CHECK;
/** One transaction: run steps until one has to act on the host, or the operation ends. */
void run_transact(struct engine *engine, struct run *run, const struct agent_answer *answer);
/** The host has acted, or has refused to. */
void run_take_answer(struct engine *engine, struct run *run, const struct agent_answer *answer);
/** A transaction about this run failed: wait for the store, drop the run, or end the operation. */
void run_trouble(struct engine *engine, struct run *run, enum hv_status status, const struct hv_error *err,
	const struct agent_answer *answer);
/** Wait for the store, longer each time; then run_resume(). */
void run_wait_for_store(struct engine *engine, struct run *run);
/** Read the row again and go on where it says. */
void run_resume(struct engine *engine, struct run *run);
/** Write that the outcome is not known (Y4), or is being learnt again. */
void run_set_unknown(struct engine *engine, struct run *run, bool unknown);
/** Drive everything that is due, forget what is over, ask for the inventories that are wanted. */
void engine_pump(struct engine *engine);

/* --- command.c: what is said to hosts --- */
bool command_host_is_up(const struct engine *engine, int64_t host_id);
/** Send the command of the row's step, or ask the journal about it; the run waits afterwards. */
void command_send(struct engine *engine, struct run *run);
void command_ask(struct engine *engine, struct run *run);

/* --- observe.c: what a host says about one VM, written to the store where it differs --- */
enum observe_scope {
	OBSERVE_POWER, /* an operation is live on the VM: power state only */
	OBSERVE_OWN,   /* the operation itself: everything, but transient rows are its own */
	OBSERVE_ALL    /* nothing is live: everything, and rows that were left transient are settled */
};
/** Inside a transaction. `vm` is the row, vm->id 0 for a VM that is new; it is brought up to date. A caller that
 * changed vm->host_id has set vm->missing, so that it is written. */
enum hv_status observe_vm(struct engine *engine, struct virtual_machine *vm, const struct agent_vm *seen,
	enum observe_scope scope, struct hv_error *err) HV_MUST_CHECK;
/* observe_tree.c: its checkpoints against the snapshots that hvtree keeps */
enum hv_status observe_tree(struct engine *engine, struct virtual_machine *vm, const struct agent_vm *seen,
	enum observe_scope scope, struct hv_error *err) HV_MUST_CHECK;

/** Whether this loss was told already; it counts as told from now on. Ids of volume snapshots are given negative. */
bool observe_was_told(struct engine *engine, int64_t id);
/* observe_copies.c: the volume snapshots that it keeps of the VM */
enum hv_status observe_copies(struct engine *engine, const struct virtual_machine *vm, const struct agent_vm *seen,
	enum observe_scope scope, struct hv_error *err) HV_MUST_CHECK;

/* --- sync.c: hosts that come and go, inventories --- */
struct link *link_get(struct engine *engine, int64_t host_id); /* made when it is new */
void sync_query_answer(struct engine *engine, int64_t host_id, const struct agent_answer *answer);
/* inventory.c: what a host says about its VMs */
void sync_inventory_answer(struct engine *engine, int64_t host_id, const struct agent_answer *answer);
void sync_want_inventory(struct engine *engine, int64_t host_id);
void sync_ask_inventories(struct engine *engine);
int64_t sync_deadline_us(const struct engine *engine);

/* --- claim.c: a VM that two hosts report --- */
/** Inside a transaction: whether `host_id`, which reports the VM as `seen`, may have it from the host of its row. If
 * not, that host is asked what it has. */
enum hv_status claim_check(struct engine *engine, const struct virtual_machine *vm, int64_t host_id,
	enum vm_state seen, bool *ret_granted, struct hv_error *err) HV_MUST_CHECK;
/** Inside a transaction: the VM's own host has it still; tell once that another one reports it, too. */
void claim_refuse(struct engine *engine, const struct virtual_machine *vm);
/** A host has a VM no more, or is lost: those that claim VMs tell again what they have. */
void claim_look_again(struct engine *engine);
/** For acts that are done when the VM is absent: refuses while its host has not said yet whether it still has it. */
enum hv_status claim_refuse_absence(struct engine *engine, const struct scene *scene, struct hv_error *err)
	HV_MUST_CHECK;

/* --- lease.c: who drives what --- */
/** Inside a transaction: a live operation is mine from now on, if it was not. */
enum hv_status lease_take(struct engine *engine, struct operation *row, struct hv_error *err) HV_MUST_CHECK;
/** Read the table of live operations: adopt mine, take over what dead consoles left. */
void lease_scan(struct engine *engine);
void lease_tick(struct engine *engine);
int64_t lease_deadline_us(const struct engine *engine);

/* --- plan.c: what a request means --- */
struct request_at {
	struct engine *engine;
	const struct engine_request *request;
	struct scene scene; /* without a snapshot */
	struct snapshot_list snapshots;
};
struct plan {
	struct operation_list rows; /* in the order to run; not yet inserted */
	bool queued;                /* the VM is busy: nothing runs yet */
	bool ends_export;           /* P4: what is live only copies the VM or takes it off, and it is to be started */
	struct hv_uuid group;
};
/** The row of a further operation of the plan, its kind and parameters still to be filled in; borrowed until the next. */
struct operation *plan_add(struct engine *engine, const struct scene *scene, const char *requested_by,
	struct plan *plan, int64_t snapshot_id);
/** P1-P3: the guest goes down; then, in the background, the VM is exported and taken off its host. */
void plan_stop(const struct request_at *at, struct plan *plan);
/** P3: what a stop would have to copy is copied now, behind what was asked for. That it fails changes nothing about that:
 * the next stop exports. */
void plan_export_of_snapshot(const struct request_at *at, struct plan *plan);
/** Inside a transaction. */
enum hv_status plan_make(struct engine *engine, const struct engine_request *request, struct plan *plan,
	struct hv_error *err) HV_MUST_CHECK;
void plan_clear(struct plan *plan);
struct operation *plan_add_row(const struct request_at *at, struct plan *plan, int64_t snapshot_id);
/** A later link of a chain is checked when its turn comes, and now, so that a chain is not begun in vain. */
enum hv_status plan_check_link(struct request_at *at, const struct snapshot *target, enum action action,
	bool queued, struct hv_error *err) HV_MUST_CHECK;
/* plan_volume.c: attach, detach, resize, scale, volume snapshots */
enum hv_status plan_volume(struct request_at *at, struct plan *plan, struct hv_error *err) HV_MUST_CHECK;
enum hv_status plan_scale(struct request_at *at, struct plan *plan, struct hv_error *err) HV_MUST_CHECK;
enum hv_status plan_copy(struct request_at *at, struct plan *plan, struct hv_error *err) HV_MUST_CHECK;
enum hv_status plan_copy_delete(struct request_at *at, struct plan *plan, struct hv_error *err) HV_MUST_CHECK;

#endif
