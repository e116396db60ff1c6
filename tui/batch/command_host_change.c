/* hvtree host add, set, remove, check. */
#include "tui/batch/commands.h"

#include "tui/batch/host_check.h"
#include "tui/batch/objects.h"
#include "tui/batch/policy.h"
#include "tui/batch/report.h"
#include "tui/batch/resolve.h"
#include "tui/batch/table.h"

#define DEFAULT_GROUP "hosts"
#define DEFAULT_TRANSPORT "auto"

static int tell_host(struct batch *batch, const struct hv_uuid *id, const char *what)
{
	const struct hv_host *host = overview_host(&batch->session.overview, id);
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_put_bool(&batch->json, "success", true);
		json_put_uuid(&batch->json, "id", id);
		if (host) {
			json_open_object(&batch->json, "host");
			json_put_host(&batch->json, host);
			json_close_object(&batch->json);
		}
		json_close_object(&batch->json);
		output_puts(&batch->output, "\n");
		return BATCH_DONE;
	}
	HV_CLEANUP_FREE char *name = printable(host ? host->name : batch->arguments->operands[0]);
	output_printf(&batch->output, "%s: %s\n", name, what);
	return BATCH_DONE;
}

static int tell_check(struct batch *batch, const struct hv_check *check, const struct hv_error *error)
{
	if (!batch->wants_json) {
		host_check_text(batch, check);
		if (error) {
			(void)!output_flush(&batch->output, NULL); /* what follows stands on the other stream */
			return batch_fail(batch, error);
		}
		return tell_host(batch, &check->host, "reached, logged in, its agent answers and its VMs are read");
	}
	const struct hv_host *host = overview_host(&batch->session.overview, &check->host);
	json_open_object(&batch->json, NULL);
	json_put_bool(&batch->json, "success", !error);
	if (error) {
		batch_json_error(batch, error);
	}
	json_put_uuid(&batch->json, "id", &check->host);
	host_check_json(batch, check);
	if (host) {
		json_open_object(&batch->json, "host");
		json_put_host(&batch->json, host);
		json_close_object(&batch->json);
	}
	json_close_object(&batch->json);
	output_puts(&batch->output, "\n");
	return error ? (int)batch_exit_of(error->status) : BATCH_DONE;
}

/* Reach it, log in, start the agent, read what it holds: the first step that fails says what to do. */
static int check_host(struct batch *batch, const struct hv_uuid *id, const char *failed)
{
	struct session *session = &batch->session;
	struct session_reply reply;
	struct hv_error error;
	if (batch->arguments->given[OPTION_ACCEPT_KEY]) {
		hv_host_accept_key(session->backend, id, batch->arguments->text[OPTION_ACCEPT_KEY]);
	}
	uint64_t ticket = session_ticket(session);
	hv_sync(session->backend, ticket, id);
	enum hv_status status = session_answer(session, ticket, &reply, &error);
	if (status != HV_OK) {
		hv_error_prefix(&error, "%s", failed);
	}
	if (!reply.check) {
		return batch_fail(batch, &error); /* every answer about a host that is there has one */
	}
	session_round_trip(session);
	int code = tell_check(batch, reply.check, status == HV_OK ? NULL : &error);
	hv_check_unref(reply.check);
	return code;
}

int command_host_add(struct batch *batch)
{
	const struct arguments *arguments = batch->arguments;
	struct session *session = &batch->session;
	struct session_reply reply;
	struct hv_error error;
	const char *address = arguments->operands[0];
	const struct hv_host_entry entry = {
		.address = address,
		.name = arguments->given[OPTION_HOST_NAME] ? arguments->text[OPTION_HOST_NAME] : address,
		.group = arguments->given[OPTION_GROUP] ? arguments->text[OPTION_GROUP] : DEFAULT_GROUP,
		.transport = arguments->given[OPTION_TRANSPORT] ? arguments->text[OPTION_TRANSPORT]
								: DEFAULT_TRANSPORT,
		.command = arguments->text[OPTION_COMMAND],
		.stop_policy = arguments->given[OPTION_STOP_POLICY]
				       ? (enum stop_policy)arguments->number[OPTION_STOP_POLICY]
				       : STOP_POLICY_KEEP,
	};
	if (session_load(session, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	uint64_t ticket = session_ticket(session);
	hv_host_add(session->backend, ticket, &entry);
	if (session_answer(session, ticket, &reply, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	session_round_trip(session);
	if (arguments->given[OPTION_NO_WAIT]) {
		return tell_host(batch, &reply.id, "added");
	}
	return check_host(batch, &reply.id, "the host was added, but cannot be used yet");
}

static enum hv_status find_host(struct batch *batch, struct hv_uuid *ret_id, struct hv_error *err)
{
	const struct hv_host *host;
	enum hv_status status = session_load(&batch->session, err);
	if (status == HV_OK) {
		status = resolve_host(batch, batch->arguments->operands[0], &host, err);
	}
	if (status == HV_OK) {
		*ret_id = host->uuid;
	}
	return status;
}

/* A host decides what becomes of its VMs: its group's policy is asked as for each of them. */
static enum hv_status find_host_to_change(struct batch *batch, struct hv_uuid *ret_id, struct hv_error *err)
{
	enum hv_status status = find_host(batch, ret_id, err);
	const struct hv_host *host = status == HV_OK ? overview_host(&batch->session.overview, ret_id) : NULL;
	return host ? policy_allow(batch, host->group, err) : status;
}

int command_host_check(struct batch *batch)
{
	struct hv_error error;
	struct hv_uuid id;
	if (find_host(batch, &id, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	return check_host(batch, &id, "the host cannot be used");
}

int command_host_set(struct batch *batch)
{
	struct session *session = &batch->session;
	struct session_reply reply;
	struct hv_error error;
	struct hv_uuid id;
	if (!batch->arguments->given[OPTION_STOP_POLICY]) {
		(void)hv_error_set(&error, HV_ERR_INVALID, "say what shall change: --stop-policy");
		return batch_fail_with(batch, &error, BATCH_USAGE);
	}
	if (find_host_to_change(batch, &id, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	uint64_t ticket = session_ticket(session);
	enum stop_policy policy = (enum stop_policy)batch->arguments->number[OPTION_STOP_POLICY];
	hv_host_set_stop_policy(session->backend, ticket, &id, policy);
	if (session_answer(session, ticket, &reply, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	session_round_trip(session);
	HV_CLEANUP_FREE char *what = hv_sprintf("stopped VMs are treated by the policy %s", stop_policy_name(policy));
	return tell_host(batch, &id, what);
}

int command_host_remove(struct batch *batch)
{
	struct session *session = &batch->session;
	struct session_reply reply;
	struct hv_error error;
	struct hv_uuid id;
	if (find_host_to_change(batch, &id, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	if (!batch->arguments->given[OPTION_YES]) {
		(void)hv_error_set(&error, HV_ERR_REFUSED,
			"removing a host makes hvtree forget its VMs and what it knows of their snapshots, though "
			"nothing changes on the host: say --yes");
		return batch_fail(batch, &error);
	}
	uint64_t ticket = session_ticket(session);
	hv_host_remove(session->backend, ticket, &id);
	if (session_answer(session, ticket, &reply, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	return tell_host(batch, &id, "removed");
}
