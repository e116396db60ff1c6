#include "tui/batch/session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "tui/batch/interrupt.h"

enum hv_status session_open(struct session *session, const struct hv_config *config, struct hv_error *err)
{
	*session = (struct session){.interrupt_fd = interrupt_open()};
	return hv_backend_open(config, &session->backend, err);
}

void session_close(struct session *session)
{
	overview_clear(&session->overview);
	if (session->backend) {
		hv_backend_close(session->backend);
		session->backend = NULL;
	}
	interrupt_close();
}

/* ---- waiting ---- */

/* Milliseconds for poll() until `deadline_us`, rounded up; -1: for ever. */
static int poll_timeout(int64_t deadline_us)
{
	if (deadline_us == HV_NEVER) {
		return -1;
	}
	struct hv_clock clock = hv_clock_system();
	int64_t left_us = deadline_us - hv_clock_monotonic_us(&clock);
	int64_t left_ms = left_us <= 0 ? 0 : (left_us + 999) / 1000;
	return left_ms > 60000 ? 60000 : (int)left_ms;
}

/* Sleep until events or a signal may be there. False: the deadline has passed. */
static bool sleep_until(const struct session *session, int64_t deadline_us)
{
	struct pollfd wanted[] = {
		{.fd = hv_backend_fd(session->backend), .events = POLLIN},
		{.fd = session->interrupt_fd, .events = POLLIN},
	};
	int timeout_ms = poll_timeout(deadline_us);
	int ready = poll(wanted, HV_ARRAY_LEN(wanted), timeout_ms);
	return ready != 0 || (deadline_us != HV_NEVER && poll_timeout(deadline_us) > 0);
}

static int64_t deadline_after(int64_t timeout_us)
{
	struct hv_clock clock = hv_clock_system();
	return timeout_us == HV_NEVER ? HV_NEVER : hv_clock_monotonic_us(&clock) + timeout_us;
}

/* Take in what waits. True: `seen` is content. */
static bool take_events(struct session *session, session_seen seen, void *context)
{
	bool done = false;
	struct hv_event *event;
	while (!done && (event = hv_backend_next(session->backend)) != NULL) {
		if (event->kind == HV_EVENT_FAILED) {
			session->failure = event->error;
		}
		overview_apply(&session->overview, event);
		done = seen(context, event);
		hv_event_free(event);
	}
	return done;
}

enum hv_status session_wait(struct session *session, session_seen seen, void *context, int64_t timeout_us,
	struct hv_error *err)
{
	int64_t deadline_us = deadline_after(timeout_us);
	while (!take_events(session, seen, context)) {
		if (session->failure.status != HV_OK) {
			return hv_error_set(err, session->failure.status, "%s", session->failure.text);
		}
		if (interrupt_came()) {
			return hv_error_set(err, HV_ERR_CANCELLED, "interrupted");
		}
		if (!sleep_until(session, deadline_us)) {
			return hv_error_set(err, HV_ERR_TIMEOUT, "no answer in time");
		}
	}
	return HV_OK;
}

static bool seen_loaded(void *context, const struct hv_event *event)
{
	(void)context;
	return event->kind == HV_EVENT_LOADED;
}

/* Asks for VMs and waits until they were told. */
static enum hv_status load(struct session *session, const char *vm, struct hv_error *err)
{
	overview_begin(&session->overview);
	hv_load(session->backend, vm);
	return session_wait(session, seen_loaded, NULL, HV_NEVER, err);
}

enum hv_status session_load(struct session *session, struct hv_error *err)
{
	if (session->loaded_all) {
		return HV_OK;
	}
	enum hv_status status = load(session, NULL, err);
	session->loaded_all = status == HV_OK;
	return status;
}

enum hv_status session_load_vm(struct session *session, const char *word, struct hv_error *err)
{
	return session->loaded_all ? HV_OK : load(session, word, err);
}

/* ---- requests ---- */

uint64_t session_ticket(struct session *session)
{
	return ++session->last_ticket;
}

struct answer {
	uint64_t ticket;
	struct session_reply reply;
	struct hv_error error; /* status HV_OK: none */
};

static bool seen_answer(void *context, const struct hv_event *event)
{
	struct answer *answer = context;
	if (event->ticket != answer->ticket) {
		return false;
	}
	answer->error = event->error;
	if (event->kind == HV_EVENT_REFUSED && event->error.status == HV_OK) {
		hv_error_set(&answer->error, HV_ERR_REFUSED, "refused without a reason");
	}
	answer->reply.id = event->id;
	answer->reply.preview = event->preview ? hv_preview_ref(event->preview) : NULL;
	answer->reply.page = event->page ? hv_snapshot_page_ref(event->page) : NULL;
	answer->reply.accounts = event->accounts ? hv_account_list_ref(event->accounts) : NULL;
	answer->reply.settings = event->settings ? hv_setting_list_ref(event->settings) : NULL;
	answer->reply.vms = event->vms ? hv_vm_page_ref(event->vms) : NULL;
	answer->reply.copies = event->copies ? hv_volume_snapshot_page_ref(event->copies) : NULL;
	answer->reply.offerings = event->offerings ? hv_offering_list_ref(event->offerings) : NULL;
	answer->reply.capabilities = event->capabilities ? hv_capability_list_ref(event->capabilities) : NULL;
	answer->reply.log = event->log ? hv_log_page_ref(event->log) : NULL;
	answer->reply.check = event->check ? hv_check_ref(event->check) : NULL;
	return true;
}

enum hv_status session_answer(struct session *session, uint64_t ticket, struct session_reply *ret_reply,
	struct hv_error *err)
{
	struct answer answer = {.ticket = ticket};
	enum hv_status status = session_wait(session, seen_answer, &answer, HV_NEVER, err);
	*ret_reply = answer.reply;
	if (status != HV_OK) {
		return status;
	}
	if (answer.error.status != HV_OK) {
		if (err) {
			*err = answer.error;
		}
		return answer.error.status;
	}
	return HV_OK;
}

uint64_t session_ask_snapshots(struct session *session, const struct hv_snapshot_query *query)
{
	uint64_t ticket = session_ticket(session);
	hv_list_snapshots(session->backend, ticket, query);
	return ticket;
}

enum hv_status session_take_snapshots(struct session *session, uint64_t ticket,
	const struct hv_snapshot_page **ret_page, struct hv_error *err)
{
	struct session_reply reply;
	enum hv_status status = session_answer(session, ticket, &reply, err);
	if (status == HV_OK) {
		*ret_page = reply.page;
	}
	return status;
}

enum hv_status session_snapshots(struct session *session, const struct hv_snapshot_query *query,
	const struct hv_snapshot_page **ret_page, struct hv_error *err)
{
	return session_take_snapshots(session, session_ask_snapshots(session, query), ret_page, err);
}

void session_round_trip(struct session *session)
{
	struct hv_snapshot_query any = {.state = -1, .type = -1, .limit = 1, .uncounted = true};
	const struct hv_snapshot_page *page = NULL;
	if (session_snapshots(session, &any, &page, NULL) == HV_OK) {
		hv_snapshot_page_unref(page);
	}
}

/* ---- trees ---- */

struct tree_wait {
	const struct hv_uuid *vms;
	size_t count;
	const struct hv_tree **trees;
	bool *settled;
	size_t missing;
};

static bool seen_tree(void *context, const struct hv_event *event)
{
	struct tree_wait *wait = context;
	bool tree = event->kind == HV_EVENT_TREE;
	if (!tree && event->kind != HV_EVENT_VM_GONE) {
		return false;
	}
	const struct hv_uuid *vm = tree ? &event->tree->vm : &event->id;
	for (size_t i = 0; i < wait->count; i++) {
		if (!wait->settled[i] && hv_uuid_equal(&wait->vms[i], vm)) {
			wait->trees[i] = tree ? hv_tree_ref(event->tree) : NULL;
			wait->settled[i] = true;
			wait->missing--;
		}
	}
	return wait->missing == 0;
}

enum hv_status session_trees(struct session *session, const struct hv_uuid *vms, size_t count,
	const struct hv_tree **ret_trees, struct hv_error *err)
{
	if (count == 0) {
		return HV_OK;
	}
	HV_CLEANUP_FREE bool *settled = hv_alloc(count * sizeof *settled);
	struct tree_wait wait = {vms, count, ret_trees, settled, count};
	for (size_t i = 0; i < count; i++) {
		ret_trees[i] = NULL;
		settled[i] = overview_vm(&session->overview, &vms[i]) == NULL; /* gone already: nothing will come */
		wait.missing -= settled[i];
		if (!settled[i]) {
			hv_open_vm(session->backend, &vms[i]);
		}
	}
	enum hv_status status = HV_OK;
	if (wait.missing > 0) {
		status = session_wait(session, seen_tree, &wait, HV_NEVER, err);
	}
	for (size_t i = 0; i < count; i++) {
		hv_close_vm(session->backend, &vms[i]);
		if (status != HV_OK && ret_trees[i]) {
			hv_tree_unref(ret_trees[i]);
			ret_trees[i] = NULL;
		}
	}
	return status;
}

enum hv_status session_tree(struct session *session, const struct hv_uuid *vm, const struct hv_tree **ret_tree,
	struct hv_error *err)
{
	const struct hv_tree *tree = NULL;
	enum hv_status status = session_trees(session, vm, 1, &tree, err);
	if (status == HV_OK && !tree) {
		status = hv_error_set(err, HV_ERR_NOT_FOUND, "the VM has just gone away");
	}
	if (status == HV_OK) {
		*ret_tree = tree;
	}
	return status;
}
