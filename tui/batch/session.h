/*
 * A command's talk with the backend: sends a request, takes events in until its answer is there. Everything that comes
 * meanwhile goes into the overview.
 */
#ifndef HV_TUI_BATCH_SESSION_H
#define HV_TUI_BATCH_SESSION_H

#include "backend/backend.h"
#include "tui/batch/overview.h"

struct session {
	struct hv_backend *backend;
	struct overview overview;
	bool loaded_all; /* else the overview holds the VMs that were asked for, and others by chance */
	uint64_t last_ticket;
	int interrupt_fd;
	struct hv_error failure; /* the backend cannot go on; status HV_OK while it can */
};

enum hv_status session_open(
	struct session *session, const struct hv_config *config, struct hv_error *err) HV_MUST_CHECK;
void session_close(struct session *session);

/** Called with every event; true ends the wait. */
typedef bool (*session_seen)(void *context, const struct hv_event *event);

/**
 * Take events in until `seen` says true.
 *
 * @param timeout_us from now; HV_NEVER: none
 * @return HV_OK; HV_ERR_TIMEOUT; HV_ERR_CANCELLED when a signal came; HV_ERR_STORE when the backend cannot go on
 */
enum hv_status session_wait(struct session *session, session_seen seen, void *context, int64_t timeout_us,
	struct hv_error *err) HV_MUST_CHECK;

/** Until hosts, VMs and operations were told. Does nothing the second time. */
enum hv_status session_load(struct session *session, struct hv_error *err) HV_MUST_CHECK;
/** The same of the VMs with exactly this name or this id alone: what a command about one VM needs of a large fleet. */
enum hv_status session_load_vm(struct session *session, const char *word, struct hv_error *err) HV_MUST_CHECK;

uint64_t session_ticket(struct session *session);

struct session_reply {
	struct hv_uuid id;                     /* ACCEPTED: the group */
	const struct hv_preview *preview;      /* PREVIEW; the caller unrefs it */
	const struct hv_snapshot_page *page;   /* SNAPSHOTS; the caller unrefs it */
	const struct hv_log_page *log;         /* LOG; the caller unrefs it */
	const struct hv_account_list *accounts; /* ACCOUNTS; the caller unrefs it */
	const struct hv_setting_list *settings; /* SETTINGS; the caller unrefs it */
	const struct hv_vm_page *vms;                 /* VMS; the caller unrefs it */
	const struct hv_volume_snapshot_page *copies; /* VOLUME_SNAPSHOTS; the caller unrefs it */
	const struct hv_offering_list *offerings;     /* OFFERINGS; the caller unrefs it */
	const struct hv_capability_list *capabilities; /* CAPABILITIES; the caller unrefs it */
	const struct hv_check *check;           /* SYNCED, also with an error; the caller unrefs it */
};
/** Wait for the answer to `ticket`. REFUSED, and SYNCED with an error, become the error; *ret_reply is set as soon as
 * there is an answer, empty before. */
enum hv_status session_answer(struct session *session, uint64_t ticket, struct session_reply *ret_reply,
	struct hv_error *err) HV_MUST_CHECK;

/** One page of a list; the caller unrefs it. */
enum hv_status session_snapshots(struct session *session, const struct hv_snapshot_query *query,
	const struct hv_snapshot_page **ret_page, struct hv_error *err) HV_MUST_CHECK;

/** The two halves of session_snapshots(), for a page that is read while another one is printed. */
uint64_t session_ask_snapshots(struct session *session, const struct hv_snapshot_query *query);
enum hv_status session_take_snapshots(struct session *session, uint64_t ticket,
	const struct hv_snapshot_page **ret_page, struct hv_error *err) HV_MUST_CHECK;

/** Ask for something small and wait for it: what the backend knew before is in the overview then. */
void session_round_trip(struct session *session);

/**
 * The trees of `count` VMs, asked for together. *ret_trees[i] belongs to vms[i]; the caller unrefs each (a NULL one is of
 * a VM that went away meanwhile).
 */
enum hv_status session_trees(struct session *session, const struct hv_uuid *vms, size_t count,
	const struct hv_tree **ret_trees, struct hv_error *err) HV_MUST_CHECK;
/** One tree, never NULL on HV_OK. */
enum hv_status session_tree(struct session *session, const struct hv_uuid *vm, const struct hv_tree **ret_tree,
	struct hv_error *err) HV_MUST_CHECK;

#endif
