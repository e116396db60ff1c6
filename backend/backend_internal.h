/*
 * What the files of the facade share. Everything here belongs to the backend's thread, but for the two queues, which
 * lock themselves.
 */
#ifndef HV_BACKEND_INTERNAL_H
#define HV_BACKEND_INTERNAL_H

#include <pthread.h>

#include "backend/agent/agent.h"
#include "backend/backend.h"
#include "backend/backend_events.h"
#include "backend/backend_known.h"
#include "backend/base/hash.h"
#include "backend/backend_requests.h"
#include "backend/backend_watch.h"
#include "backend/engine/engine.h"
#include "backend/store/store.h"
#include "backend/transport/ssh.h"

/* A host of the store, and how this console stands with it. */
struct known_host {
	int64_t id;
	struct hv_uuid uuid;
	char *name;
	char *transport;
	char *address;
	char *accepted_key; /* fingerprint that the user has compared; NULL: none */
	bool may_ask; /* a person waits for the next try, and can be asked */
	struct transport *asking; /* the transport that can ask; the agents'. NULL: none can */
	uint64_t question; /* number of the one that waits for its answer; 0: none */
	struct hv_backend *backend; /* for the transport's questions */
	char *passed[HV_CHECK_STEP_COUNT]; /* what the connection at hand has shown of each step; NULL: nothing yet */
	bool doubtful[HV_CHECK_STEP_COUNT];
	bool said_ready; /* the connection at hand has come to its agent */
	char *problem; /* why the agent refuses what is about VMs; NULL: it does not */
	char *unread; /* why it did not tell its inventory; NULL: it did, or was not asked */
	bool managed; /* this console connects to it: `state` and `reason` are its own, not the row's */
	enum host_state state;
	char *reason; /* NULL when Up */
	int64_t retry_us; /* wall time; 0: none planned */
	bool heard; /* its inventory has come since it is Up */
	int64_t inventories; /* how many have come in all */
	size_t vms_told; /* by the last of them */
	bool snapshots_enabled; /* X5, for its version */
	int64_t vm_count;
	bool seen; /* mark of a reload */
	UT_hash_handle hh;
};

/* An operation that was sent up as live: its end has to follow. */
struct known_operation {
	int64_t id;
	bool seen;
	UT_hash_handle hh;
};

struct known_name;
struct known_capability;

/* A request that waits for its host. */
struct waiting {
	struct request *request;
	int64_t host_id;
	int64_t deadline_us; /* monotonic */
	bool was_up;
	int64_t inventories; /* SYNC: of the host, when it was asked */
	struct waiting *prev, *next;
};

struct hv_backend {
	/* set once, before the thread starts */
	struct events *events;
	struct requests *requests;
	struct hv_clock clock;
	char *store_path;
	char *store_folder;
	char *sim_program;
	char *ssh_config; /* instead of the user's own; NULL: that */
	char *user;
	struct account caller; /* who `user` is, as of the last look; see backend_accounts.c */
	bool caller_known;
	char *owner;
	bool demo; /* the store is a training fleet: nothing but simulated hosts can be reached (U7) */
	enum hv_connect connect;
	pthread_t thread;
	pthread_mutex_t at_work; /* held by the thread but while it waits: then no transaction is open */
	/* of the thread */
	struct store *store;
	struct engine *engine;
	struct agents *agents;
	uint64_t last_question;
	struct watch *watch;
	struct known_host *hosts;
	struct known_vms vms;
	struct known_operation *operations;
	struct known_name *offerings;
	struct known_name *accounts;
	struct known_capability *capabilities;
	struct waiting *waiting;
	struct request *later; /* taken from the queue while the first picture was read: acts wait for its end */
	bool stop; /* the thread shall end */
	int64_t started_us; /* wall */
	bool wants_all; /* all VMs are told of, not only those that were asked for by name */
	int64_t sequence; /* of the last change that was sent up */
	int64_t engine_due_us;
	int64_t snapshot_limit;
	bool failed; /* the store's refusal was told, and it has not worked since */
	int64_t *dirty; /* ids of hosts whose connection changed without a change in the store */
	size_t dirty_count, dirty_capacity;
};

/* --- backend_thread.c --- */
void *backend_thread(void *backend);
/** Between two pieces of a long read: lists and trees are answered at once, the rest waits until the read is over. */
void requests_answer_reads(struct hv_backend *backend);

/* --- backend_hosts.c: the agents on one side, the engine on the other --- */
void hosts_open(struct hv_backend *backend); /* makes the agents; the engine must exist */
void hosts_close(struct hv_backend *backend);
struct engine_agents hosts_for_engine(struct hv_backend *backend);
/** Takes what the row says; the connection's own state stays. */
struct known_host *hosts_learn(struct hv_backend *backend, const struct host *row);
void hosts_forget(struct hv_backend *backend, struct known_host *host);
struct known_host *hosts_find(struct hv_backend *backend, int64_t id);
struct known_host *hosts_find_uuid(struct hv_backend *backend, const struct hv_uuid *uuid);
/** Connect and stay connected; at once when a try is due later. */
void hosts_want(struct hv_backend *backend, struct known_host *host);

/* --- backend_reach.c --- */
bool reach_is_ssh(const char *transport);
/** The setting that holds the command of a host whose agent is not the usual one. Caller frees. */
char *reach_command_setting(const struct hv_uuid *host);
enum hv_status reach_open(struct hv_backend *backend, struct known_host *host,
	const struct transport_callbacks *callbacks, void *callback_context,
	struct transport **ret_transport, struct hv_error *err) HV_MUST_CHECK;

/* --- backend_ask.c: what a login asks, and the answers --- */
/** The host's next transport may ask: a person waits for it. What is being tried is told, or tried again. */
void ask_allow(struct hv_backend *backend, struct known_host *host);
/** NULL: nobody can be asked. */
const struct transport_ssh_prompts *ask_prompts(const struct known_host *host);
/** The host's transport is gone. Whether the next try may begin at once, because this one could not ask. */
bool ask_over(struct known_host *host, const struct hv_error *reason);
void handle_answer(struct hv_backend *backend, struct request *request);

/* --- backend_check.c: what each connection shows of its host --- */
void check_begin(struct known_host *host);
void check_passed(struct known_host *host, enum transport_step step, const char *details);
void check_ready(struct known_host *host, const struct agent_hello *hello, int64_t wall_us);
/** `error` NULL: all is well, and the inventory is of `vms_seen` VMs. */
const struct hv_check *check_report(
	const struct known_host *host, int64_t vms_seen, const struct hv_error *error);

/* --- backend_entry.c --- */
void handle_host_add(struct hv_backend *backend, const struct request *request);
void handle_host_policy(struct hv_backend *backend, const struct request *request);
void handle_host_remove(struct hv_backend *backend, const struct request *request);
void handle_accept_key(struct hv_backend *backend, const struct request *request);

/* --- backend_picture.c: rows of the store as values --- */
/** A VM's snapshots and what else makes its tree; the tree borrows from the lists. */
struct picture_rows {
	struct snapshot_list snapshots;
	struct checkpoint_list untracked;
};
const struct hv_host *picture_host(const struct known_host *known, const struct host *row);
/** `live`: at least all that live on the VM. */
const struct hv_vm *picture_vm(
	struct hv_backend *backend, const struct virtual_machine *row, const struct operation_list *live);
/** Look again how many snapshots a VM may have (C3). */
void picture_look_at_limit(struct hv_backend *backend);
enum hv_status picture_tree(struct hv_backend *backend, const struct virtual_machine *row,
	const struct hv_tree **ret_tree, struct hv_error *err);
enum hv_status picture_operation(struct hv_backend *backend, const struct operation *row,
	const struct hv_operation **ret_operation, struct hv_error *err);
enum hv_status picture_rows_read(struct hv_backend *backend, const struct virtual_machine *row,
	struct picture_rows *ret_rows, struct hv_error *err);
void picture_rows_clear(struct picture_rows *rows);

/* --- backend_names.c: names of offerings and accounts by id; borrowed, NULL when there is none --- */
const char *names_offering(struct hv_backend *backend, int64_t id);
const char *names_account(struct hv_backend *backend, int64_t id, const char **ret_domain);
/** X5: of this version of the hypervisor, as of the last look. */
bool names_snapshots_enabled(struct hv_backend *backend, const char *version);
/** What the store says may have changed. */
void names_look_again(struct hv_backend *backend);
void names_clear(struct hv_backend *backend);

/* --- backend_load.c: the whole picture --- */
/** Tell of everything again, and of what is gone. */
enum hv_status load_picture(struct hv_backend *backend, struct hv_error *err);
void handle_load(struct hv_backend *backend, const struct request *request);

/* --- backend_told.c: what the console was told of --- */
struct known_vm *told_of_vm(struct hv_backend *backend, const struct virtual_machine *row);
void told_of_operation(struct hv_backend *backend, const struct operation *row);
/** Tell that it is gone; nothing when it was never told of. */
void told_forget_vm(struct hv_backend *backend, int64_t id);
void told_forget_host(struct hv_backend *backend, struct known_host *host);
void told_clear(struct hv_backend *backend);

/* --- backend_publish.c: what changed, as events --- */
enum hv_status publish_changes(struct hv_backend *backend, struct hv_error *err);
void publish_host_row(struct hv_backend *backend, const struct host *row);
enum hv_status publish_vm(struct hv_backend *backend, int64_t id, struct hv_error *err);
enum hv_status publish_vm_row(struct hv_backend *backend, const struct virtual_machine *row,
	const struct operation_list *live, struct hv_error *err);
enum hv_status publish_operation(struct hv_backend *backend, int64_t id, struct hv_error *err);
enum hv_status publish_operation_row(
	struct hv_backend *backend, const struct operation *row, struct hv_error *err);
enum hv_status publish_tree(
	struct hv_backend *backend, const struct virtual_machine *row, struct hv_error *err);
void publish_host_later(struct hv_backend *backend, int64_t host_id);
void publish_message(struct hv_backend *backend, bool warning, const char *text);
/** Told once, until the store works again. */
void publish_failure(struct hv_backend *backend, const struct hv_error *error);
void publish_refusal(struct hv_backend *backend, uint64_t ticket, const struct hv_error *error);

/* --- backend_handle.c: requests; each takes the request --- */
void handle_request(struct hv_backend *backend, struct request *take_request);
/** The request's host is up, or will not be: go on, or refuse. */
void handle_act_now(struct hv_backend *backend, const struct request *request);

/* --- backend_vms.c: the list of VMs (L1) --- */
void handle_vms(struct hv_backend *backend, const struct request *request);

/* --- backend_volumes.c: volumes, volume snapshots (X2, X3) --- */
/** What the act says about volumes, offerings and volume snapshots, in numbers of the store. */
enum hv_status volumes_translate(struct hv_backend *backend, const struct hv_act *act,
	struct engine_request *request, struct hv_error *err);
void volumes_translated_clear(struct engine_request *request);
/** What the rules have to know of the volume, or volume snapshot, that the act is about. */
void volumes_facts(struct hv_backend *backend, const struct hv_act *act, const struct virtual_machine *vm,
	struct rule_facts *facts);
/** What the chain of this volume takes on its host; 0: not known. */
int64_t volumes_chain_bytes(struct hv_backend *backend, int64_t vm_id, const struct hv_uuid *volume);
void handle_volume_snapshots(struct hv_backend *backend, const struct request *request);
/** Of one VM, as rows of its tree that borrow from the list. Caller frees. */
struct hv_volume_snapshot *volumes_rows(const struct volume_snapshot_list *list);

/* --- backend_offerings.c: offerings and what hypervisors can do (X4, X5) --- */
void handle_offerings(struct hv_backend *backend, const struct request *request);
void handle_offering_change(struct hv_backend *backend, const struct request *request);
void handle_capabilities(struct hv_backend *backend, const struct request *request);
void handle_capability_set(struct hv_backend *backend, const struct request *request);

/* --- backend_accounts.c: what the caller may see (A1) --- */
/** Look again who the caller is. */
enum hv_status caller_look(struct hv_backend *backend, struct hv_error *err);
bool caller_sees(struct hv_backend *backend, const struct virtual_machine *row);
/** Like the store's vm_by_uuid; a VM that the caller may not see is not found. */
enum hv_status caller_find_vm(struct hv_backend *backend, const struct hv_uuid *uuid,
	struct virtual_machine *ret_vm, struct hv_error *err);
/** For the store's lists: never NULL; of a caller without an account nothing is seen. */
const struct account *caller_scope(struct hv_backend *backend);
void handle_accounts(struct hv_backend *backend, const struct request *request);
void handle_settings(struct hv_backend *backend, const struct request *request);
void handle_setting_change(struct hv_backend *backend, const struct request *request);
void handle_note(struct hv_backend *backend, const struct request *request);
void handle_account_change(struct hv_backend *backend, const struct request *request);

/* --- backend_list.c, backend_log.c, backend_preview.c --- */
void handle_log(struct hv_backend *backend, const struct request *request);
void handle_list(struct hv_backend *backend, const struct request *request);
void handle_preview(struct hv_backend *backend, const struct request *request);

/* --- backend_undo.c --- */
/** The safety snapshot of the VM's last revert, when it is there and Ready; else HV_ERR_NOT_FOUND or HV_ERR_REFUSED
 * with the reason. */
enum hv_status undo_find(struct hv_backend *backend, int64_t vm_id, struct hv_uuid *ret_snapshot,
	struct hv_error *err) HV_MUST_CHECK;

/* --- backend_wait.c: requests that wait for a host --- */
/** Whether the request can go on now; else it was taken and waits. */
bool wait_for_host(struct hv_backend *backend, struct known_host *host, struct request *request);
void wait_for_sync(
	struct hv_backend *backend, struct known_host *host, struct request *take_request);
void wait_host_lost(struct hv_backend *backend, int64_t host_id, const struct hv_error *reason);
/** The host is up and does not tell what it holds. */
void wait_host_unread(struct hv_backend *backend, int64_t host_id, const struct hv_error *reason);
/** Go on with what can; monotonic time of the next deadline, HV_NEVER without one. */
int64_t wait_check(struct hv_backend *backend);
void wait_clear(struct hv_backend *backend);

#endif
