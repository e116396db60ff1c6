#include "tests/support/fake_hosts_internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

/* ---- the journal and the jobs ---- */

static struct entry *add_entry(struct fake_host *host, const struct agent_command *command)
{
	struct entry *entry = hv_alloc(sizeof *entry);
	entry->operation = command->operation;
	entry->kind = command->kind;
	entry->epoch = command->epoch;
	entry->vm_uuid = command->vm_uuid;
	HV_GROW(host->journal, host->journal_count, host->journal_capacity);
	host->journal[host->journal_count++] = entry;
	return entry;
}

void fake_remove_job(struct fake_host *host, size_t index)
{
	agent_command_clear(&host->jobs[index].command);
	memmove(&host->jobs[index], &host->jobs[index + 1],
		(host->job_count - index - 1) * sizeof *host->jobs);
	host->job_count--;
}

/* protocol.md: what leaves nothing behind may be tried again under the same key. */
static void forget_if_retryable(struct fake_host *host, struct entry *entry)
{
	enum agent_code code = entry->answer.code;
	if (entry->kind != AGENT_EXPORT_VM || (code != AGENT_CODE_STORAGE_GONE && code != AGENT_CODE_CANCELLED)) {
		return;
	}
	for (size_t i = 0; i < host->journal_count; i++) {
		if (host->journal[i] == entry) {
			host->journal[i] = host->journal[--host->journal_count];
			agent_answer_clear(&entry->answer);
			free(entry);
			return;
		}
	}
}

/* It tells the VM as it is now (protocol.md). */
static void refresh(struct fake_host *host, const struct entry *entry, struct agent_answer *answer)
{
	struct fake_vm *vm = fake_host_vm(host, &entry->vm_uuid);
	agent_vm_clear(&answer->vm);
	answer->has_vm = vm != NULL;
	if (vm) {
		fake_describe(host, vm, &answer->vm);
	}
}

static void finish_job(struct fake_hosts *hosts, struct fake_host *host, size_t index)
{
	struct job *job = &host->jobs[index];
	struct entry *entry = job->entry;
	enum agent_command_kind kind = job->command.kind;
	fake_act(hosts, host, &job->command, &entry->answer);
	entry->done = true;
	struct fake_vm *vm = fake_host_vm(host, &job->command.vm_uuid);
	if (vm) {
		fake_post_change(hosts, host->id, vm);
	} else if (kind == AGENT_DESTROY) {
		fake_post_removal(hosts, host->id, &job->command.vm_uuid);
	}
	bool lose = fake_take_fault(host, kind, FAKE_LOSE_ANSWER).set;
	bool repeat = fake_take_fault(host, kind, FAKE_REPEAT_ANSWER).set;
	for (size_t i = host->job_count; i-- > 0;) { /* whoever waits for this act */
		struct job *waiter = &host->jobs[i];
		if (waiter->command.kind != kind ||
			!hv_uuid_equal(&waiter->command.operation, &entry->operation)) {
			continue;
		}
		if (!lose) {
			fake_post_answer(hosts, host, waiter->console, &entry->answer, i != index);
		}
		if (repeat) {
			fake_post_answer(hosts, host, waiter->console, &entry->answer, true);
		}
		fake_remove_job(host, i);
		index -= i < index ? 1 : 0;
	}
	forget_if_retryable(host, entry);
}

static bool vm_is_acting(const struct fake_host *host, const struct hv_uuid *vm_uuid)
{
	for (size_t i = 0; i < host->job_count; i++) {
		if (host->jobs[i].acting && hv_uuid_equal(&host->jobs[i].command.vm_uuid, vm_uuid)) {
			return true;
		}
	}
	return false;
}

static bool is_acting(const struct fake_host *host, const struct entry *entry)
{
	for (size_t i = 0; i < host->job_count; i++) {
		if (host->jobs[i].acting && host->jobs[i].entry == entry) {
			return true;
		}
	}
	return false;
}

/* It runs beside the export, which ends at once. */
static void cancel_export(struct fake_hosts *hosts, struct fake_host *host, const struct agent_command *command)
{
	for (size_t i = 0; i < host->job_count; i++) {
		struct job *job = &host->jobs[i];
		bool it = job->acting && job->command.kind == AGENT_EXPORT_VM &&
			  hv_uuid_equal(&job->command.export, &command->export);
		if (it) {
			struct fake_vm *vm = fake_host_vm(host, &command->vm_uuid);
			struct agent_answer cancelled = {.kind = AGENT_EXPORT_VM,
				.operation = job->command.operation,
				.code = AGENT_CODE_CANCELLED,
				.has_vm = vm != NULL};
			struct entry *entry = job->entry;
			if (vm) {
				vm->exporting = (struct hv_uuid){{0}};
				fake_describe(host, vm, &cancelled.vm);
			}
			fake_post_answer(hosts, host, job->console, &cancelled, false);
			agent_answer_clear(&cancelled);
			fake_remove_job(host, i);
			entry->answer.code = AGENT_CODE_CANCELLED;
			forget_if_retryable(host, entry);
			return;
		}
	}
}

static void begin_act(struct fake_hosts *hosts, struct fake_host *host, size_t index)
{
	const struct agent_command command = host->jobs[index].command; /* borrowed: jobs may move */
	struct fake_vm *vm = fake_host_vm(host, &command.vm_uuid);
	if (command.kind == AGENT_EXPORT_VM && vm && !vm->unregistered) {
		vm->exporting = command.export;
		fake_post_change(hosts, host->id, vm);
	} else if (command.kind == AGENT_CANCEL_EXPORT) {
		cancel_export(hosts, host, &command);
	}
}

/* A command whose turn has come: replay, attach, fence, or begin. Returns false when it has to wait. */
static bool begin_job(struct fake_hosts *hosts, struct fake_host *host, size_t index)
{
	struct job *job = &host->jobs[index];
	struct entry *entry = fake_host_entry(host, &job->command.operation, job->command.kind);
	if (entry && job->command.epoch < entry->epoch) {
		struct agent_answer fenced = {.kind = job->command.kind, .operation = job->command.operation};
		fenced.code = AGENT_CODE_FENCED;
		fake_post_answer(hosts, host, job->console, &fenced, false);
		fake_remove_job(host, index);
		return true;
	}
	if (entry && entry->done) {
		entry->epoch = job->command.epoch;
		refresh(host, entry, &entry->answer);
		fake_post_answer(hosts, host, job->console, &entry->answer, true);
		fake_remove_job(host, index);
		return true;
	}
	bool beside = job->command.kind == AGENT_CANCEL_EXPORT;
	if (entry) {
		entry->epoch = job->command.epoch;
	}
	if ((entry && is_acting(host, entry)) || (!beside && vm_is_acting(host, &job->command.vm_uuid))) {
		return false;
	}
	job->entry = entry ? entry : add_entry(host, &job->command);
	job->acting = true;
	job->left = host->duration;
	begin_act(hosts, host, index);
	return true;
}

/* What does not wait for its VM's turn. */
static bool begin_cancels(struct fake_hosts *hosts, struct fake_host *host)
{
	for (size_t i = 0; i < host->job_count; i++) {
		struct job *job = &host->jobs[i];
		if (!job->acting && job->command.kind == AGENT_CANCEL_EXPORT && begin_job(hosts, host, i)) {
			return true;
		}
	}
	return false;
}

bool fake_step_jobs(struct fake_hosts *hosts, struct fake_host *host)
{
	if (begin_cancels(hosts, host)) {
		return true;
	}
	for (size_t i = 0; i < host->job_count; i++) {
		struct job *job = &host->jobs[i];
		if (!job->acting) {
			if (begin_job(hosts, host, i)) {
				return true;
			}
			continue;
		}
		bool cut_short = job->command.kind == AGENT_EXPORT_VM && host->storage_down;
		if (--job->left <= 0 || cut_short) {
			finish_job(hosts, host, i);
		} else if (fake_is_connected(job->console, host->id)) {
			struct message *message = fake_post(hosts, job->console, host->id);
			message->is_progress = true;
			message->answer.operation = job->command.operation;
			message->percent = 100 - 100 * job->left / host->duration;
		}
		return true;
	}
	return false;
}

static void answer_query(struct fake_hosts *hosts, struct fake_host *host, const struct unread *unread)
{
	const struct agent_command *command = &unread->command;
	struct agent_answer answer = {
		.kind = AGENT_QUERY_OPERATION,
		.operation = command->operation,
		.query_kind = command->query_kind,
		.result = true,
	};
	struct entry *entry = fake_host_entry(host, &command->operation, command->query_kind);
	answer.journal = !entry ? AGENT_JOURNAL_UNKNOWN : entry->done ? AGENT_JOURNAL_DONE : AGENT_JOURNAL_RUNNING;
	if (!fake_is_connected(unread->console, host->id)) {
		return;
	}
	struct message *message = fake_post(hosts, unread->console, host->id);
	message->answer = answer;
	if (answer.journal == AGENT_JOURNAL_DONE) {
		message->answer.recorded = hv_alloc(sizeof *message->answer.recorded);
		refresh(host, entry, &entry->answer);
		fake_copy_answer(message->answer.recorded, &entry->answer);
	}
}

static void answer_inventory(struct fake_hosts *hosts, struct fake_host *host, const struct unread *unread)
{
	if (!fake_is_connected(unread->console, host->id)) {
		return;
	}
	struct message *message = fake_post(hosts, unread->console, host->id);
	message->answer = (struct agent_answer){
		.kind = AGENT_GET_INVENTORY, .result = true, .mark = unread->command.mark};
	for (size_t i = 0; i < host->vm_count; i++) {
		fake_describe(host, host->vms[i], agent_vm_list_add(&message->answer.inventory));
	}
	fake_post_status(hosts, host, unread->console);
}

void fake_read_command(struct fake_hosts *hosts, struct fake_host *host)
{
	struct unread unread = host->inbox[0];
	memmove(&host->inbox[0], &host->inbox[1], (host->inbox_count - 1) * sizeof *host->inbox);
	host->inbox_count--;
	bool lost = fake_take_fault(host, unread.command.kind, FAKE_LOSE_COMMAND).set;
	if (!lost && unread.command.kind == AGENT_GET_INVENTORY) {
		answer_inventory(hosts, host, &unread);
	} else if (!lost && unread.command.kind == AGENT_QUERY_OPERATION) {
		answer_query(hosts, host, &unread);
	} else if (!lost) {
		HV_GROW(host->jobs, host->job_count, host->job_capacity);
		host->jobs[host->job_count++] = (struct job){.console = unread.console, .command = unread.command};
		return;
	}
	agent_command_clear(&unread.command);
}
