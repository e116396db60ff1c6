/* hvtree sync: ask the hosts what is true, all at once, and see open operations to their end (Y1). */
#include "tui/batch/commands.h"

#include <stdlib.h>

#include "tui/batch/report.h"
#include "tui/batch/resolve.h"
#include "tui/batch/table.h"
#include "tui/batch/outcome.h"

/* One host's part. */
struct part {
	const struct hv_host *host; /* referenced */
	uint64_t ticket;
	bool answered;
	struct hv_error error; /* status HV_OK: synced */
};

struct sync {
	struct batch *batch;
	struct part *parts;
	size_t count;
	size_t waiting;
};

static bool seen_answer(void *context, const struct hv_event *event)
{
	struct sync *sync = context;
	if (event->ticket == 0) {
		return false;
	}
	for (size_t i = 0; i < sync->count; i++) {
		struct part *part = &sync->parts[i];
		if (part->ticket == event->ticket && !part->answered) {
			part->answered = true;
			part->error = event->error;
			sync->waiting--;
		}
	}
	return sync->waiting == 0;
}

static enum hv_status ask_all(struct sync *sync, struct hv_error *err)
{
	struct session *session = &sync->batch->session;
	sync->waiting = sync->count;
	for (size_t i = 0; i < sync->count; i++) {
		sync->parts[i].ticket = session_ticket(session);
		hv_sync(session->backend, sync->parts[i].ticket, &sync->parts[i].host->uuid);
	}
	return sync->count == 0 ? HV_OK : session_wait(session, seen_answer, sync, HV_NEVER, err);
}

/* See what is open on the hosts that answered to its end. Only a signal or a broken backend stops this. */
static enum hv_status settle_all(struct sync *sync, struct hv_error *err)
{
	for (size_t i = 0; i < sync->count && !sync->batch->arguments->given[OPTION_NO_WAIT]; i++) {
		struct part *part = &sync->parts[i];
		if (part->error.status != HV_OK) {
			continue;
		}
		HV_CLEANUP_FREE char *name = printable(part->host->name);
		HV_CLEANUP_FREE char *label = hv_sprintf("sync %s", name);
		enum hv_status status =
			outcome_of_host(sync->batch, &part->host->uuid, label, &part->error);
		if (status != HV_OK && status != HV_ERR_UNKNOWN_OUTCOME) {
			if (err) {
				*err = part->error;
			}
			return status;
		}
	}
	return HV_OK;
}

/* ---- telling ---- */

/* Operations that ended while we looked on. */
static void operations_json(struct batch *batch)
{
	const struct overview_index *operations = &batch->session.overview.operations;
	json_open_array(&batch->json, "operation");
	for (size_t i = 0; i < operations->count; i++) {
		const struct hv_operation *operation = operations->entries[i].operation;
		json_open_object(&batch->json, NULL);
		json_put_uuid(&batch->json, "id", &operation->uuid);
		json_put_uuid(&batch->json, "jobid", &operation->group);
		json_put_string(&batch->json, "kind", operation_kind_name(operation->kind));
		json_put_string(&batch->json, "state",
			operation->unknown ? "Unknown" : operation_state_name(operation->state));
		json_put_uuid(&batch->json, "virtualmachineid", &operation->vm);
		json_put_string(&batch->json, "virtualmachinename", operation->vm_name);
		json_put_uuid(&batch->json, "vmsnapshotid", &operation->snapshot);
		json_put_string(&batch->json, "errortext", operation->error);
		json_close_object(&batch->json);
	}
	json_close_array(&batch->json);
}

static void tell_json(const struct sync *sync, size_t failed)
{
	struct json_writer *json = &sync->batch->json;
	json_open_object(json, NULL);
	json_put_bool(json, "success", failed == 0);
	json_put_integer(json, "count", (int64_t)sync->count);
	json_open_array(json, "host");
	for (size_t i = 0; i < sync->count; i++) {
		const struct part *part = &sync->parts[i];
		json_open_object(json, NULL);
		json_put_uuid(json, "id", &part->host->uuid);
		json_put_string(json, "name", part->host->name);
		json_put_bool(json, "success", part->error.status == HV_OK);
		if (part->error.status != HV_OK) {
			batch_json_error(sync->batch, &part->error);
		}
		json_close_object(json);
	}
	json_close_array(json);
	operations_json(sync->batch);
	json_close_object(json);
	output_puts(&sync->batch->output, "\n");
}

static void tell_text(const struct sync *sync)
{
	struct output *output = &sync->batch->output;
	const struct overview_index *operations = &sync->batch->session.overview.operations;
	for (size_t i = 0; i < sync->count; i++) {
		const struct part *part = &sync->parts[i];
		HV_CLEANUP_FREE char *name = printable(part->host->name);
		HV_CLEANUP_FREE char *reason = printable(part->error.status == HV_OK ? "synced" : part->error.text);
		output_printf(output, "%s: %s\n", name, reason);
	}
	for (size_t i = 0; i < operations->count; i++) {
		const struct hv_operation *operation = operations->entries[i].operation;
		HV_CLEANUP_FREE char *vm = printable(operation->vm_name);
		HV_CLEANUP_FREE char *reason = printable(operation->error ? operation->error : "");
		output_printf(output, "%s of VM '%s': %s%s%s\n", operation_kind_name(operation->kind), vm,
			operation->unknown ? "Unknown" : operation_state_name(operation->state),
			operation->error ? ": " : "", reason);
	}
}

static int tell(const struct sync *sync)
{
	size_t failed = 0;
	struct hv_error first = {0};
	for (size_t i = 0; i < sync->count; i++) {
		const struct part *part = &sync->parts[i];
		if (part->error.status != HV_OK) {
			first = failed == 0 ? part->error : first;
			failed++;
		}
	}
	if (failed > 0 && sync->count == 1) {
		return batch_fail(sync->batch, &first);
	}
	if (sync->batch->wants_json) {
		tell_json(sync, failed);
	} else {
		tell_text(sync);
	}
	if (failed == 0) {
		return BATCH_DONE;
	}
	return failed < sync->count ? (int)BATCH_PARTLY : (int)batch_exit_of(first.status);
}

/* ---- which hosts ---- */

static enum hv_status choose(struct sync *sync, struct hv_error *err)
{
	struct batch *batch = sync->batch;
	const struct hv_host *host = NULL;
	enum hv_status status = session_load(&batch->session, err);
	if (status == HV_OK && batch->arguments->operand_count > 0) {
		status = resolve_host(batch, batch->arguments->operands[0], &host, err);
	}
	if (status != HV_OK) {
		return status;
	}
	const struct hv_host **hosts = overview_hosts_in_order(&batch->session.overview);
	size_t count = batch->session.overview.hosts.count;
	sync->parts = hv_alloc((count + 1) * sizeof *sync->parts);
	for (size_t i = 0; i < count; i++) {
		if (!host || host == hosts[i]) {
			sync->parts[sync->count++].host = hv_host_ref(hosts[i]);
		}
	}
	overview_free_hosts(hosts, count);
	return HV_OK;
}

int command_sync(struct batch *batch)
{
	struct sync sync = {.batch = batch};
	struct hv_error error;
	enum hv_status status = choose(&sync, &error);
	if (status == HV_OK) {
		status = ask_all(&sync, &error);
	}
	if (status == HV_OK) {
		status = settle_all(&sync, &error);
	}
	int code = status == HV_OK ? tell(&sync) : batch_fail(batch, &error);
	for (size_t i = 0; i < sync.count; i++) {
		hv_host_unref(sync.parts[i].host);
	}
	free(sync.parts);
	return code;
}
