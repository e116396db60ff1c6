/*
 * Requests on their way down: written by the user's thread, taken by the backend's. A request owns copies of
 * everything that it names.
 */
#ifndef HV_BACKEND_REQUESTS_H
#define HV_BACKEND_REQUESTS_H

#include "backend/backend.h"

enum request_kind {
	REQUEST_LOAD,
	REQUEST_OPEN_VM,
	REQUEST_CLOSE_VM,
	REQUEST_ACT,
	REQUEST_PREVIEW,
	REQUEST_CANCEL,
	REQUEST_SYNC,
	REQUEST_RETRY,
	REQUEST_LIST,
	REQUEST_LOG,
	REQUEST_ACCOUNTS,
	REQUEST_ACCOUNT_CHANGE,
	REQUEST_EDIT,
	REQUEST_SETTINGS,
	REQUEST_SETTING_CHANGE,
	REQUEST_NOTE,
	REQUEST_VMS,
	REQUEST_VOLUME_SNAPSHOTS,
	REQUEST_OFFERINGS,
	REQUEST_OFFERING_ADD,
	REQUEST_OFFERING_REMOVE,
	REQUEST_CAPABILITIES,
	REQUEST_CAPABILITY_SET,
	REQUEST_HOST_ADD,
	REQUEST_HOST_REMOVE,
	REQUEST_HOST_POLICY,
	REQUEST_ACCEPT_KEY,
	REQUEST_ANSWER_KEY,
	REQUEST_ANSWER_SECRET,
	REQUEST_KIND_COUNT
};

struct request {
	enum request_kind kind;
	uint64_t ticket;
	struct hv_uuid id; /* a VM, an operation or a host; nil with SYNC: all hosts */
	struct hv_act act; /* ACT and PREVIEW */
	struct hv_snapshot_query query; /* LIST */
	struct hv_log_query log; /* LOG */
	struct hv_vm_query vms; /* VMS */
	struct hv_volume_snapshot_query copies; /* VOLUME_SNAPSHOTS */
	struct hv_offering offering; /* OFFERING_ADD, OFFERING_REMOVE: the name */
	struct hv_capability capability; /* CAPABILITY_SET */
	struct hv_account_change change; /* ACCOUNT_CHANGE */
	struct hv_host_entry entry; /* HOST_ADD */
	enum stop_policy policy; /* HOST_POLICY */
	struct hv_snapshot_edit edit; /* EDIT */
	/* owned, what act, query, log and entry point to; `name` and `description` also the name and value of
	 * SETTING_CHANGE, `description` the details of NOTE; `name` also the key of ACCEPT_KEY and the VM of LOAD */
	char *name, *description, *safety_name, *account, *domain, *keyword;
	struct hv_uuid vm;
	struct hv_uuid *ids;
	char *group, *transport, *address, *command;
	char *path, *offering_name;
	/* ANSWER_KEY, ANSWER_SECRET; `number` also the enum hv_note of NOTE */
	uint64_t number;
	enum hv_key_answer answer;
	char *secret; /* owned; overwritten before it is released */
	struct request *prev, *next; /* of the list that holds it */
};

struct request *request_new(enum request_kind kind, uint64_t ticket);
struct request *request_new_act(enum request_kind kind, uint64_t ticket, const struct hv_act *act);
struct request *request_new_list(uint64_t ticket, const struct hv_snapshot_query *query);
struct request *request_new_vms(uint64_t ticket, const struct hv_vm_query *query);
struct request *request_new_copies(uint64_t ticket, const struct hv_volume_snapshot_query *query);
struct request *request_new_log(uint64_t ticket, const struct hv_log_query *query);
struct request *request_new_entry(uint64_t ticket, const struct hv_host_entry *entry);
struct request *request_new_account(uint64_t ticket, const struct hv_account_change *change);
struct request *request_new_edit(uint64_t ticket, const struct hv_snapshot_edit *edit);
void request_free(struct request *request);

struct requests;

enum hv_status requests_new(struct requests **ret_requests, struct hv_error *err) HV_MUST_CHECK;
void requests_free(struct requests *requests);
/** Readable when requests wait or the thread shall stop. */
int requests_fd(const struct requests *requests);
/** Any thread; takes the request. */
void requests_push(struct requests *requests, struct request *take_request);
/** Ask the thread to stop; any thread. */
void requests_stop(struct requests *requests);
/** All that wait, oldest first, as a list that the caller owns; *ret_stop says whether to stop. */
struct request *requests_take(struct requests *requests, bool *ret_stop);

#endif
