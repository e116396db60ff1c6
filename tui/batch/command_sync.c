/* hvtree sync: ask the hosts what is true, all at once, and see open operations to their end (Y1). snapshot verify: the
 * same for one VM, whose snapshots are then told one by one (Y4). */
#include "tui/batch/commands.h"

#include <stdlib.h>

#include "tui/batch/objects.h"
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
	char **warnings; /* what the hosts said that somebody should know: a snapshot that is gone, ... */
	size_t warning_count, warning_capacity;
};

static bool seen_answer(void *context, const struct hv_event *event)
{
	struct sync *sync = context;
	if (event->kind == HV_EVENT_MESSAGE && event->warning && event->text) {
		HV_GROW(sync->warnings, sync->warning_count, sync->warning_capacity);
		sync->warnings[sync->warning_count++] = printable(event->text);
	}
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

static void warnings_json(const struct sync *sync)
{
	json_open_array(&sync->batch->json, "warning");
	for (size_t i = 0; i < sync->warning_count; i++) {
		json_put_string(&sync->batch->json, NULL, sync->warnings[i]);
	}
	json_close_array(&sync->batch->json);
}

static void warnings_text(const struct sync *sync)
{
	for (size_t i = 0; i < sync->warning_count; i++) {
		output_printf(&sync->batch->output, "! %s\n", sync->warnings[i]);
	}
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
	warnings_json(sync);
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
	warnings_text(sync);
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

static enum hv_status ask_and_settle(struct sync *sync, struct hv_error *err)
{
	enum hv_status status = ask_all(sync, err);
	return status == HV_OK ? settle_all(sync, err) : status;
}

static void sync_clear(struct sync *sync)
{
	for (size_t i = 0; i < sync->count; i++) {
		hv_host_unref(sync->parts[i].host);
	}
	for (size_t i = 0; i < sync->warning_count; i++) {
		free(sync->warnings[i]);
	}
	free(sync->warnings);
	free(sync->parts);
}

int command_sync(struct batch *batch)
{
	struct sync sync = {.batch = batch};
	struct hv_error error;
	enum hv_status status = choose(&sync, &error);
	if (status == HV_OK) {
		status = ask_and_settle(&sync, &error);
	}
	int code = status == HV_OK ? tell(&sync) : batch_fail(batch, &error);
	sync_clear(&sync);
	return code;
}

/* ---- one VM ---- */

/* Whether anything about the VM is still open, or a snapshot that was asked about cannot be used. */
static bool is_open(const struct batch *batch, const struct hv_uuid *vm)
{
	const struct overview_index *operations = &batch->session.overview.operations;
	for (size_t i = 0; i < operations->count; i++) {
		const struct hv_operation *operation = operations->entries[i].operation;
		bool live = operation->state == OPERATION_QUEUED || operation->state == OPERATION_RUNNING;
		if (live && hv_uuid_equal(&operation->vm, vm)) {
			return true;
		}
	}
	return false;
}

static void verified_json(
	const struct sync *sync, const struct hv_vm *vm, const struct hv_tree *tree, const struct hv_node *only)
{
	struct json_writer *json = &sync->batch->json;
	json_open_object(json, NULL);
	json_put_bool(json, "success", !is_open(sync->batch, &vm->uuid));
	json_open_array(json, "vmSnapshot");
	for (size_t i = 0; i < tree->count; i++) {
		if (!only || only == &tree->nodes[i]) {
			json_open_object(json, NULL);
			json_put_node(json, tree, &tree->nodes[i], vm);
			json_close_object(json);
		}
	}
	json_close_array(json);
	operations_json(sync->batch);
	warnings_json(sync);
	json_close_object(json);
	output_puts(&sync->batch->output, "\n");
}

static void verified_text(
	const struct sync *sync, const struct hv_vm *vm, const struct hv_tree *tree, const struct hv_node *only)
{
	HV_CLEANUP_FREE char *vm_name = printable(vm->name);
	for (size_t i = 0; i < tree->count; i++) {
		const struct hv_node *node = &tree->nodes[i];
		if (!only || only == node) {
			HV_CLEANUP_FREE char *name = printable(node->name);
			output_printf(&sync->batch->output, "snapshot '%s' of VM '%s': %s%s\n", name, vm_name,
				node->untracked ? "untracked" : snapshot_state_name(node->state),
				node->current ? ", current" : "");
		}
	}
	warnings_text(sync);
}

static int tell_verified(struct sync *sync, const struct hv_vm *vm, struct hv_error *error)
{
	struct batch *batch = sync->batch;
	const struct arguments *arguments = batch->arguments;
	const struct hv_tree *tree;
	const struct hv_node *only = NULL;
	enum hv_status status = session_tree(&batch->session, &vm->uuid, &tree, error);
	if (status != HV_OK) {
		return batch_fail(batch, error);
	}
	if (arguments->operand_count > 1) {
		status = resolve_node(batch, tree, vm->name, arguments->operands[1], &only, error);
	}
	int code = BATCH_DONE;
	if (status != HV_OK) {
		code = batch_fail(batch, error);
	} else {
		(batch->wants_json ? verified_json : verified_text)(sync, vm, tree, only);
		code = is_open(batch, &vm->uuid) ? BATCH_UNKNOWN : BATCH_DONE;
	}
	hv_tree_unref(tree);
	return code;
}

int command_snapshot_verify(struct batch *batch)
{
	struct sync sync = {.batch = batch};
	struct hv_error error;
	const struct hv_vm *vm = NULL;
	if (resolve_vm(batch, batch->arguments->operands[0], &vm, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	vm = hv_vm_ref(vm);
	const struct hv_host *host = overview_host(&batch->session.overview, &vm->host);
	sync.parts = hv_alloc(sizeof *sync.parts);
	sync.count = host ? 1 : 0;
	sync.parts[0].host = host ? hv_host_ref(host) : NULL;
	enum hv_status status = ask_and_settle(&sync, &error);
	bool failed = sync.count > 0 && sync.parts[0].error.status != HV_OK;
	if (status == HV_OK && failed) {
		error = sync.parts[0].error;
	}
	int code = status == HV_OK && !failed ? tell_verified(&sync, vm, &error) : batch_fail(batch, &error);
	sync_clear(&sync);
	hv_vm_unref(vm);
	return code;
}
