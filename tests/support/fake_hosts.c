#include "tests/support/fake_hosts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

#define MOST_VMS 16
#define MOST_HOSTS 8

struct entry { /* of the journal */
	struct hv_uuid operation;
	enum agent_command_kind kind;
	int64_t epoch;
	bool done;
	struct agent_answer answer;
};

struct job { /* a command that was read: it waits, or acts */
	struct fake_console *console; /* NULL: nobody listens any more */
	struct agent_command command;
	bool acting;
	int left;
	struct entry *entry; /* when acting */
};

struct message {
	struct fake_console *console;
	int64_t host_id;
	bool is_event;
	bool is_progress;
	struct agent_answer answer; /* the VM of an event is answer.vm */
	int64_t percent;
};

struct unread {
	struct fake_console *console;
	struct agent_command command;
};

struct fault {
	bool set;
	enum fake_fault fault;
	enum agent_code code;
	char details[128];
};

struct fake_host {
	int64_t id;
	unsigned capabilities;
	int duration;
	struct fake_vm *vms[MOST_VMS];
	size_t vm_count;
	struct entry **journal;
	size_t journal_count;
	size_t journal_capacity;
	struct unread *inbox;
	size_t inbox_count;
	size_t inbox_capacity;
	struct job *jobs;
	size_t job_count;
	size_t job_capacity;
	struct fault faults[AGENT_COMMAND_COUNT];
};

struct fake_console {
	struct fake_hosts *hosts;
	struct engine *engine;
	bool up[MOST_HOSTS];
	bool dead;
};

struct fake_hosts {
	struct hv_clock clock;
	struct fake_host hosts[MOST_HOSTS];
	size_t count;
	struct fake_console *consoles[4];
	size_t console_count;
	struct message *outbox;
	size_t outbox_count;
	size_t outbox_capacity;
	int acts[AGENT_COMMAND_COUNT];
	int sent[AGENT_COMMAND_COUNT];
	bool (*cut)(void *context);
	void *cut_context;
	int64_t next_checkpoint;
};

/* ---- small things ---- */

static size_t host_index(const struct fake_hosts *hosts, int64_t host_id)
{
	size_t i = 0;
	while (i < hosts->count && hosts->hosts[i].id != host_id) {
		i++;
	}
	return i;
}

static struct fake_host *find_host(struct fake_hosts *hosts, int64_t host_id)
{
	size_t index = host_index(hosts, host_id);
	assert(index < hosts->count);
	return &hosts->hosts[index];
}

static struct fake_vm *find_vm(struct fake_host *host, const struct hv_uuid *uuid)
{
	for (size_t i = 0; i < host->vm_count; i++) {
		if (hv_uuid_equal(&host->vms[i]->uuid, uuid)) {
			return host->vms[i];
		}
	}
	return NULL;
}

static struct fake_checkpoint *find_checkpoint(struct fake_vm *vm, const struct hv_uuid *id)
{
	for (size_t i = 0; i < vm->count && !hv_uuid_is_nil(id); i++) {
		if (hv_uuid_equal(&vm->checkpoints[i].id, id)) {
			return &vm->checkpoints[i];
		}
	}
	return NULL;
}

const struct fake_checkpoint *fake_vm_find(const struct fake_vm *vm, const char *name)
{
	for (size_t i = 0; i < vm->count; i++) {
		if (strcmp(vm->checkpoints[i].name, name) == 0) {
			return &vm->checkpoints[i];
		}
	}
	return NULL;
}

static struct fake_checkpoint *find_target(struct fake_vm *vm, const struct agent_target *target)
{
	struct fake_checkpoint *found = find_checkpoint(vm, &target->checkpoint);
	for (size_t i = 0; i < vm->count && !found; i++) {
		if (strcmp(vm->checkpoints[i].name, target->name) == 0) {
			found = &vm->checkpoints[i];
		}
	}
	return found;
}

static void copy_text(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from);
}

static bool cut(struct fake_hosts *hosts)
{
	return hosts->cut && hosts->cut(hosts->cut_context);
}

/* ---- how a VM is described ---- */

static void describe(const struct fake_vm *vm, struct agent_vm *ret)
{
	*ret = (struct agent_vm){
		.uuid = vm->uuid,
		.name = hv_strdup(vm->name),
		.state = vm->state,
		.cpus = 2,
		.memory_bytes = (int64_t)4 << 30,
		.checkpoint = vm->pointer,
		.activity_percent = -1,
	};
	struct volume *volume = volume_list_add(&ret->volumes);
	char text[160];
	(void)snprintf(text, sizeof text, "%s.disk", vm->name);
	volume->uuid = hv_uuid_from_text(text);
	volume->name = hv_strdup("system");
	volume->root = true;
	(void)snprintf(text, sizeof text, "D:\\vm\\%s-%zu.avhdx", vm->name, vm->count);
	volume->path = hv_strdup(text);
	volume->size_bytes = (int64_t)40 << 30;
	volume->chain_bytes = (int64_t)(vm->count + 1) << 30;
	for (size_t i = 0; i < vm->count; i++) {
		const struct fake_checkpoint *from = &vm->checkpoints[i];
		struct checkpoint *to = checkpoint_list_add(&ret->checkpoints);
		*to = (struct checkpoint){
			.id = from->id,
			.parent = from->parent,
			.name = hv_strdup(from->name),
			.kind = CHECKPOINT_STANDARD,
			.has_memory = from->has_memory,
			.created_us = from->created_us,
			.size_bytes = 1 << 20,
		};
	}
}

static void copy_vm(struct agent_vm *to, const struct agent_vm *from)
{
	*to = *from;
	to->name = hv_strdup(from->name);
	to->activity = NULL;
	to->volumes = (struct volume_list){0};
	to->checkpoints = (struct checkpoint_list){0};
	volume_list_copy(&to->volumes, &from->volumes);
	checkpoint_list_copy(&to->checkpoints, &from->checkpoints);
}

static void copy_answer(struct agent_answer *to, const struct agent_answer *from)
{
	*to = *from;
	to->details = hv_strdup_null(from->details);
	to->inventory = (struct agent_vm_list){0};
	to->recorded = NULL;
	if (from->has_vm) {
		copy_vm(&to->vm, &from->vm);
	}
}

/* ---- messages to consoles ---- */

static struct message *post(struct fake_hosts *hosts, struct fake_console *console, int64_t host_id)
{
	HV_GROW(hosts->outbox, hosts->outbox_count, hosts->outbox_capacity);
	struct message *message = &hosts->outbox[hosts->outbox_count++];
	*message = (struct message){.console = console, .host_id = host_id};
	return message;
}

static bool is_connected(const struct fake_console *console, int64_t host_id)
{
	return console && !console->dead && console->up[host_index(console->hosts, host_id)];
}

/* Every connected console hears that the VM has changed. */
static void post_change(struct fake_hosts *hosts, int64_t host_id, const struct fake_vm *vm)
{
	for (size_t i = 0; i < hosts->console_count; i++) {
		if (is_connected(hosts->consoles[i], host_id)) {
			struct message *message = post(hosts, hosts->consoles[i], host_id);
			message->is_event = true;
			describe(vm, &message->answer.vm);
		}
	}
}

static void post_answer(struct fake_hosts *hosts, struct fake_host *host, struct fake_console *console,
	const struct agent_answer *answer, bool replayed)
{
	if (!is_connected(console, host->id)) {
		return;
	}
	struct message *message = post(hosts, console, host->id);
	copy_answer(&message->answer, answer);
	message->answer.replayed = replayed;
}

/* ---- acts ---- */

static void set_memory(struct fake_vm *vm, const char *text)
{
	copy_text(vm->memory, sizeof vm->memory, text);
}

static enum agent_code act_create(
	struct fake_hosts *hosts, struct fake_vm *vm, const struct agent_command *command, struct hv_uuid *ret_id)
{
	const struct agent_target *target = &command->target;
	bool memory = target->type == SNAPSHOT_DISK_AND_MEMORY;
	if ((memory && vm->state != VM_RUNNING) || vm->count == 50) {
		return memory ? AGENT_CODE_INVALID_STATE : AGENT_CODE_LIMIT_REACHED;
	}
	if (!hv_uuid_equal(&target->parent_checkpoint, &vm->pointer)) {
		return AGENT_CODE_STALE_VIEW;
	}
	char text[64];
	(void)snprintf(text, sizeof text, "checkpoint %lld", (long long)++hosts->next_checkpoint);
	struct fake_checkpoint *added = &vm->checkpoints[vm->count++];
	*added = (struct fake_checkpoint){
		.id = hv_uuid_from_text(text),
		.parent = vm->pointer,
		.has_memory = memory,
		.created_us = hv_clock_wall_us(&hosts->clock),
	};
	copy_text(added->name, sizeof added->name, target->name);
	copy_text(added->disk, sizeof added->disk, vm->disk);
	copy_text(added->memory, sizeof added->memory, memory ? vm->memory : "");
	vm->pointer = added->id;
	*ret_id = added->id;
	return AGENT_CODE_NONE;
}

static void apply(struct fake_vm *vm, const struct fake_checkpoint *checkpoint)
{
	vm->pointer = checkpoint->id;
	copy_text(vm->disk, sizeof vm->disk, checkpoint->disk);
	set_memory(vm, checkpoint->has_memory ? checkpoint->memory : "");
	vm->state = checkpoint->has_memory ? VM_RUNNING : VM_STOPPED;
}

static enum agent_code act_revert(
	const struct fake_host *host, struct fake_vm *vm, const struct agent_command *command)
{
	const struct fake_checkpoint *target = find_target(vm, &command->target);
	if (!target) {
		return AGENT_CODE_SNAPSHOT_NOT_FOUND;
	}
	bool from_off = host->capabilities & AGENT_CAN_REVERT_MEMORY_FROM_OFF;
	if (target->has_memory && vm->state == VM_STOPPED && !from_off) {
		return AGENT_CODE_INVALID_STATE;
	}
	apply(vm, target);
	return AGENT_CODE_NONE;
}

static void remove_checkpoint(struct fake_vm *vm, struct fake_checkpoint *checkpoint)
{
	struct fake_checkpoint gone = *checkpoint;
	for (size_t i = 0; i < vm->count; i++) {
		if (hv_uuid_equal(&vm->checkpoints[i].parent, &gone.id)) {
			vm->checkpoints[i].parent = gone.parent;
		}
	}
	if (hv_uuid_equal(&vm->pointer, &gone.id)) {
		vm->pointer = gone.parent;
	}
	size_t index = (size_t)(checkpoint - vm->checkpoints);
	memmove(checkpoint, checkpoint + 1, (vm->count - index - 1) * sizeof *checkpoint);
	vm->count--;
}

static enum agent_code act(struct fake_hosts *hosts, struct fake_host *host, struct fake_vm *vm,
	const struct agent_command *command, struct hv_uuid *ret_id)
{
	struct fake_checkpoint *target;
	switch (command->kind) {
	case AGENT_CREATE_VM_SNAPSHOT:
		return act_create(hosts, vm, command, ret_id);
	case AGENT_REVERT_TO_VM_SNAPSHOT:
		return act_revert(host, vm, command);
	case AGENT_DELETE_VM_SNAPSHOT:
		target = find_target(vm, &command->target);
		if (target) {
			remove_checkpoint(vm, target);
		}
		return AGENT_CODE_NONE;
	case AGENT_START:
		if (vm->state != VM_RUNNING) {
			vm->state = VM_RUNNING;
			set_memory(vm, "booted");
		}
		return AGENT_CODE_NONE;
	case AGENT_STOP:
		vm->state = VM_STOPPED;
		set_memory(vm, "");
		return AGENT_CODE_NONE;
	case AGENT_STARTUP:
	case AGENT_PING:
	case AGENT_GET_INVENTORY:
	case AGENT_HOST_VM_STATE_REPORT:
	case AGENT_QUERY_OPERATION:
	case AGENT_COMMAND_COUNT:
		break;
	}
	return AGENT_CODE_UNKNOWN_COMMAND;
}

static struct fault take_fault(struct fake_host *host, enum agent_command_kind kind, enum fake_fault fault)
{
	struct fault taken = host->faults[kind];
	if (!taken.set || taken.fault != fault) {
		return (struct fault){0};
	}
	host->faults[kind].set = false;
	return taken;
}

static void answer_failure(struct agent_answer *answer, enum agent_code code, const char *details)
{
	answer->result = false;
	answer->code = code;
	answer->details = hv_strdup(details);
}

static void make_answer(struct fake_hosts *hosts, struct fake_host *host, const struct agent_command *command,
	struct agent_answer *answer)
{
	struct fake_vm *vm = find_vm(host, &command->vm_uuid);
	*answer = (struct agent_answer){.kind = command->kind, .operation = command->operation, .result = true};
	struct fault blind = take_fault(host, command->kind, FAKE_REFUSE_NO_VM);
	struct fault refuse = blind.set ? blind : take_fault(host, command->kind, FAKE_REFUSE);
	struct fault halfway = take_fault(host, command->kind, FAKE_FAIL_HALFWAY);
	if (refuse.set) {
		answer_failure(answer, refuse.code, refuse.details);
	} else if (!vm && command->kind != AGENT_DELETE_VM_SNAPSHOT) {
		answer_failure(answer, AGENT_CODE_VM_NOT_FOUND, "there is no such VM");
	} else if (vm) {
		enum agent_code code = act(hosts, host, vm, command, &answer->checkpoint);
		answer->created_us = hv_clock_wall_us(&hosts->clock);
		if (code != AGENT_CODE_NONE) {
			answer_failure(answer, code, "the host cannot do this now.");
		} else {
			hosts->acts[command->kind]++;
		}
	}
	if (halfway.set) {
		free(answer->details);
		answer_failure(answer, halfway.code, halfway.details);
	}
	if (vm && !blind.set && !take_fault(host, command->kind, FAKE_NO_VM).set) {
		answer->has_vm = true;
		describe(vm, &answer->vm);
	}
}

/* ---- the journal and the jobs ---- */

static struct entry *find_entry(struct fake_host *host, const struct hv_uuid *operation, enum agent_command_kind kind)
{
	for (size_t i = 0; i < host->journal_count; i++) {
		struct entry *entry = host->journal[i];
		if (entry->kind == kind && hv_uuid_equal(&entry->operation, operation)) {
			return entry;
		}
	}
	return NULL;
}

static struct entry *add_entry(struct fake_host *host, const struct agent_command *command)
{
	struct entry *entry = hv_alloc(sizeof *entry);
	entry->operation = command->operation;
	entry->kind = command->kind;
	entry->epoch = command->epoch;
	HV_GROW(host->journal, host->journal_count, host->journal_capacity);
	host->journal[host->journal_count++] = entry;
	return entry;
}

static void copy_command(struct agent_command *to, const struct agent_command *from)
{
	*to = *from;
	to->vm_name = hv_strdup_null(from->vm_name);
	to->target.name = hv_strdup_null(from->target.name);
	to->target.display_name = hv_strdup_null(from->target.display_name);
	to->target.description = hv_strdup_null(from->target.description);
}

static void remove_job(struct fake_host *host, size_t index)
{
	agent_command_clear(&host->jobs[index].command);
	memmove(&host->jobs[index], &host->jobs[index + 1],
		(host->job_count - index - 1) * sizeof *host->jobs);
	host->job_count--;
}

static void finish_job(struct fake_hosts *hosts, struct fake_host *host, size_t index)
{
	struct job *job = &host->jobs[index];
	struct entry *entry = job->entry;
	enum agent_command_kind kind = job->command.kind;
	make_answer(hosts, host, &job->command, &entry->answer);
	entry->done = true;
	struct fake_vm *vm = find_vm(host, &job->command.vm_uuid);
	if (vm) {
		post_change(hosts, host->id, vm);
	}
	bool lose = take_fault(host, kind, FAKE_LOSE_ANSWER).set;
	bool repeat = take_fault(host, kind, FAKE_REPEAT_ANSWER).set;
	for (size_t i = host->job_count; i-- > 0;) { /* whoever waits for this act */
		struct job *waiter = &host->jobs[i];
		if (waiter->command.kind != kind ||
			!hv_uuid_equal(&waiter->command.operation, &entry->operation)) {
			continue;
		}
		if (!lose) {
			post_answer(hosts, host, waiter->console, &entry->answer, i != index);
		}
		if (repeat) {
			post_answer(hosts, host, waiter->console, &entry->answer, true);
		}
		remove_job(host, i);
		index -= i < index ? 1 : 0;
	}
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

/* A command whose turn has come: replay, attach, fence, or begin. Returns false when it has to wait. */
static bool begin_job(struct fake_hosts *hosts, struct fake_host *host, size_t index)
{
	struct job *job = &host->jobs[index];
	struct entry *entry = find_entry(host, &job->command.operation, job->command.kind);
	if (entry && job->command.epoch < entry->epoch) {
		struct agent_answer fenced = {.kind = job->command.kind, .operation = job->command.operation};
		fenced.code = AGENT_CODE_FENCED;
		post_answer(hosts, host, job->console, &fenced, false);
		remove_job(host, index);
		return true;
	}
	if (entry && entry->done) {
		entry->epoch = job->command.epoch;
		post_answer(hosts, host, job->console, &entry->answer, true);
		remove_job(host, index);
		return true;
	}
	if (entry || vm_is_acting(host, &job->command.vm_uuid)) {
		if (entry) {
			entry->epoch = job->command.epoch;
		}
		return false;
	}
	job->entry = add_entry(host, &job->command);
	job->acting = true;
	job->left = host->duration;
	return true;
}

static bool step_jobs(struct fake_hosts *hosts, struct fake_host *host)
{
	for (size_t i = 0; i < host->job_count; i++) {
		struct job *job = &host->jobs[i];
		if (!job->acting) {
			if (begin_job(hosts, host, i)) {
				return true;
			}
			continue;
		}
		if (--job->left <= 0) {
			finish_job(hosts, host, i);
		} else if (is_connected(job->console, host->id)) {
			struct message *message = post(hosts, job->console, host->id);
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
	struct entry *entry = find_entry(host, &command->operation, command->query_kind);
	answer.journal = !entry ? AGENT_JOURNAL_UNKNOWN : entry->done ? AGENT_JOURNAL_DONE : AGENT_JOURNAL_RUNNING;
	if (!is_connected(unread->console, host->id)) {
		return;
	}
	struct message *message = post(hosts, unread->console, host->id);
	message->answer = answer;
	if (answer.journal == AGENT_JOURNAL_DONE) {
		message->answer.recorded = hv_alloc(sizeof *message->answer.recorded);
		copy_answer(message->answer.recorded, &entry->answer);
	}
}

static void answer_inventory(struct fake_hosts *hosts, struct fake_host *host, const struct unread *unread)
{
	if (!is_connected(unread->console, host->id)) {
		return;
	}
	struct message *message = post(hosts, unread->console, host->id);
	message->answer = (struct agent_answer){.kind = AGENT_GET_INVENTORY, .result = true};
	for (size_t i = 0; i < host->vm_count; i++) {
		describe(host->vms[i], agent_vm_list_add(&message->answer.inventory));
	}
}

static void read_command(struct fake_hosts *hosts, struct fake_host *host)
{
	struct unread unread = host->inbox[0];
	memmove(&host->inbox[0], &host->inbox[1], (host->inbox_count - 1) * sizeof *host->inbox);
	host->inbox_count--;
	bool lost = take_fault(host, unread.command.kind, FAKE_LOSE_COMMAND).set;
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

static void deliver(struct fake_hosts *hosts)
{
	struct message message = hosts->outbox[0];
	memmove(&hosts->outbox[0], &hosts->outbox[1], (hosts->outbox_count - 1) * sizeof *hosts->outbox);
	hosts->outbox_count--;
	struct fake_console *console = message.console;
	if (is_connected(console, message.host_id) && cut(hosts)) {
		console->dead = true;
	}
	if (is_connected(console, message.host_id)) {
		if (message.is_progress) {
			engine_progress(console->engine, message.host_id, &message.answer.operation,
				message.percent, "working");
		} else if (message.is_event) {
			engine_vm_changed(console->engine, message.host_id, &message.answer.vm);
		} else {
			engine_answer(console->engine, message.host_id, &message.answer);
		}
	}
	agent_answer_clear(&message.answer);
}

bool fake_hosts_step(struct fake_hosts *hosts)
{
	if (hosts->outbox_count > 0) {
		deliver(hosts);
		return true;
	}
	for (size_t i = 0; i < hosts->count; i++) {
		if (hosts->hosts[i].inbox_count > 0) {
			read_command(hosts, &hosts->hosts[i]);
			return true;
		}
	}
	for (size_t i = 0; i < hosts->count; i++) {
		if (step_jobs(hosts, &hosts->hosts[i])) {
			return true;
		}
	}
	return false;
}

/* ---- making and breaking ---- */

struct fake_hosts *fake_hosts_new(struct hv_clock clock)
{
	struct fake_hosts *hosts = hv_alloc(sizeof *hosts);
	hosts->clock = clock;
	return hosts;
}

static void host_free(struct fake_host *host)
{
	for (size_t i = 0; i < host->vm_count; i++) {
		free(host->vms[i]);
	}
	for (size_t i = 0; i < host->journal_count; i++) {
		agent_answer_clear(&host->journal[i]->answer);
		free(host->journal[i]);
	}
	while (host->job_count > 0) {
		remove_job(host, 0);
	}
	for (size_t i = 0; i < host->inbox_count; i++) {
		agent_command_clear(&host->inbox[i].command);
	}
	free(host->journal);
	free(host->jobs);
	free(host->inbox);
}

void fake_hosts_free(struct fake_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++) {
		host_free(&hosts->hosts[i]);
	}
	for (size_t i = 0; i < hosts->outbox_count; i++) {
		agent_answer_clear(&hosts->outbox[i].answer);
	}
	free(hosts->outbox);
	free(hosts);
}

void fake_hosts_add(struct fake_hosts *hosts, int64_t host_id, unsigned capabilities)
{
	assert(hosts->count < MOST_HOSTS);
	hosts->hosts[hosts->count++] =
		(struct fake_host){.id = host_id, .capabilities = capabilities, .duration = 1};
}

struct fake_vm *fake_hosts_add_vm(
	struct fake_hosts *hosts, int64_t host_id, const char *name, enum vm_state state)
{
	struct fake_host *host = find_host(hosts, host_id);
	assert(host->vm_count < MOST_VMS);
	struct fake_vm *vm = hv_alloc(sizeof *vm);
	vm->uuid = hv_uuid_from_text(name);
	vm->state = state;
	copy_text(vm->name, sizeof vm->name, name);
	copy_text(vm->disk, sizeof vm->disk, "disk0");
	set_memory(vm, state == VM_RUNNING ? "memory0" : "");
	host->vms[host->vm_count++] = vm;
	return vm;
}

void fake_hosts_remove_vm(struct fake_hosts *hosts, int64_t host_id, const struct hv_uuid *uuid)
{
	struct fake_host *host = find_host(hosts, host_id);
	for (size_t i = 0; i < host->vm_count; i++) {
		if (hv_uuid_equal(&host->vms[i]->uuid, uuid)) {
			free(host->vms[i]);
			host->vms[i] = host->vms[--host->vm_count];
			return;
		}
	}
}

struct fake_vm *fake_hosts_vm(struct fake_hosts *hosts, int64_t host_id, const char *name)
{
	struct hv_uuid uuid = hv_uuid_from_text(name);
	return find_vm(find_host(hosts, host_id), &uuid);
}

void fake_hosts_set_duration(struct fake_hosts *hosts, int64_t host_id, int steps)
{
	find_host(hosts, host_id)->duration = steps;
}

void fake_hosts_set_fault(struct fake_hosts *hosts, int64_t host_id, enum agent_command_kind kind,
	enum fake_fault fault, enum agent_code code, const char *details)
{
	struct fault *set = &find_host(hosts, host_id)->faults[kind];
	*set = (struct fault){.set = true, .fault = fault, .code = code};
	copy_text(set->details, sizeof set->details, details ? details : "");
}

int fake_hosts_acts(const struct fake_hosts *hosts, enum agent_command_kind kind)
{
	return hosts->acts[kind];
}

int fake_hosts_sent(const struct fake_hosts *hosts, enum agent_command_kind kind)
{
	return hosts->sent[kind];
}

int64_t fake_hosts_epoch(struct fake_hosts *hosts, int64_t host_id, const struct hv_uuid *operation,
	enum agent_command_kind kind)
{
	const struct entry *entry = find_entry(find_host(hosts, host_id), operation, kind);
	return entry ? entry->epoch : 0;
}

bool fake_hosts_is_acting(const struct fake_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++) {
		for (size_t j = 0; j < hosts->hosts[i].job_count; j++) {
			if (hosts->hosts[i].jobs[j].acting) {
				return true;
			}
		}
	}
	return false;
}

void fake_hosts_set_cut(struct fake_hosts *hosts, bool (*cut_function)(void *context), void *context)
{
	hosts->cut = cut_function;
	hosts->cut_context = context;
}

/* ---- behind hvtree's back ---- */

static int64_t host_of(struct fake_hosts *hosts, const struct fake_vm *vm)
{
	for (size_t i = 0; i < hosts->count; i++) {
		if (find_vm(&hosts->hosts[i], &vm->uuid) == vm) {
			return hosts->hosts[i].id;
		}
	}
	assert(false);
	return 0;
}

void fake_foreign_checkpoint(struct fake_hosts *hosts, struct fake_vm *vm, const char *name)
{
	char copy[128];
	copy_text(copy, sizeof copy, name);
	struct agent_command command = {.kind = AGENT_CREATE_VM_SNAPSHOT};
	command.target.name = copy;
	command.target.parent_checkpoint = vm->pointer;
	struct hv_uuid id;
	(void)act_create(hosts, vm, &command, &id);
	post_change(hosts, host_of(hosts, vm), vm);
}

static struct fake_checkpoint *find_named(struct fake_vm *vm, const char *name)
{
	for (size_t i = 0; i < vm->count; i++) {
		if (strcmp(vm->checkpoints[i].name, name) == 0) {
			return &vm->checkpoints[i];
		}
	}
	assert(false);
	return NULL;
}

void fake_foreign_delete(struct fake_hosts *hosts, struct fake_vm *vm, const char *name)
{
	remove_checkpoint(vm, find_named(vm, name));
	post_change(hosts, host_of(hosts, vm), vm);
}

void fake_foreign_revert(struct fake_hosts *hosts, struct fake_vm *vm, const char *name)
{
	apply(vm, find_named(vm, name));
	post_change(hosts, host_of(hosts, vm), vm);
}

void fake_foreign_state(struct fake_hosts *hosts, struct fake_vm *vm, enum vm_state state)
{
	vm->state = state;
	set_memory(vm, state == VM_RUNNING ? "booted" : "");
	post_change(hosts, host_of(hosts, vm), vm);
}

/* ---- consoles ---- */

struct fake_console *fake_console_new(struct fake_hosts *hosts)
{
	struct fake_console *console = hv_alloc(sizeof *console);
	console->hosts = hosts;
	assert(hosts->console_count < HV_ARRAY_LEN(hosts->consoles));
	hosts->consoles[hosts->console_count++] = console;
	return console;
}

/* What is between a console and a host when the link ends. */
static void cut_link(struct fake_console *console, struct fake_host *host, bool unread_is_read)
{
	struct fake_hosts *hosts = console->hosts;
	size_t kept = 0;
	for (size_t i = 0; i < hosts->outbox_count; i++) {
		struct message *message = &hosts->outbox[i];
		if (message->console == console && message->host_id == host->id) {
			agent_answer_clear(&message->answer);
		} else {
			hosts->outbox[kept++] = *message;
		}
	}
	hosts->outbox_count = kept;
	kept = 0;
	for (size_t i = 0; i < host->inbox_count; i++) {
		struct unread *unread = &host->inbox[i];
		bool mine = unread->console == console;
		if (mine && !unread_is_read) {
			agent_command_clear(&unread->command);
			continue;
		}
		unread->console = mine ? NULL : unread->console;
		host->inbox[kept++] = *unread;
	}
	host->inbox_count = kept;
	for (size_t i = 0; i < host->job_count; i++) {
		struct job *job = &host->jobs[i];
		job->console = job->console == console ? NULL : job->console;
	}
}

void fake_console_free(struct fake_console *console, bool unread_is_read)
{
	struct fake_hosts *hosts = console->hosts;
	for (size_t i = 0; i < hosts->count; i++) {
		cut_link(console, &hosts->hosts[i], unread_is_read);
	}
	for (size_t i = 0; i < hosts->console_count; i++) {
		if (hosts->consoles[i] == console) {
			hosts->consoles[i] = hosts->consoles[--hosts->console_count];
		}
	}
	free(console);
}

static enum hv_status console_send(
	void *context, int64_t host_id, const struct agent_command *command, struct hv_error *err)
{
	struct fake_console *console = context;
	struct fake_hosts *hosts = console->hosts;
	if (is_connected(console, host_id) && cut(hosts)) {
		console->dead = true;
	}
	if (!is_connected(console, host_id)) {
		return hv_error_set(err, HV_ERR_UNREACHABLE, "the host is not connected");
	}
	struct fake_host *host = find_host(hosts, host_id);
	HV_GROW(host->inbox, host->inbox_count, host->inbox_capacity);
	struct unread *unread = &host->inbox[host->inbox_count++];
	unread->console = console;
	copy_command(&unread->command, command);
	hosts->sent[command->kind]++;
	if (cut(hosts)) {
		console->dead = true;
	}
	return HV_OK;
}

static bool console_is_up(void *context, int64_t host_id)
{
	struct fake_console *console = context;
	return host_index(console->hosts, host_id) < console->hosts->count && is_connected(console, host_id);
}

static unsigned console_capabilities(void *context, int64_t host_id)
{
	struct fake_console *console = context;
	return find_host(console->hosts, host_id)->capabilities;
}

static void console_want(void *context, int64_t host_id)
{
	(void)context;
	(void)host_id;
}

struct engine_agents fake_console_agents(struct fake_console *console)
{
	return (struct engine_agents){
		.send = console_send,
		.is_up = console_is_up,
		.capabilities = console_capabilities,
		.want = console_want,
		.context = console,
	};
}

void fake_console_attach(struct fake_console *console, struct engine *engine)
{
	console->engine = engine;
}

void fake_console_connect(struct fake_console *console, int64_t host_id)
{
	if (console->dead) {
		return;
	}
	char agent[] = "fake 1";
	char name[] = "fake";
	char version[] = "10.0.20348";
	struct agent_hello hello = {
		.protocol = 1,
		.agent = agent,
		.host_name = name,
		.version = version,
		.capabilities = console_capabilities(console, host_id),
	};
	engine_host_connecting(console->engine, host_id);
	console->up[host_index(console->hosts, host_id)] = true;
	engine_host_ready(console->engine, host_id, &hello);
}

void fake_console_drop(struct fake_console *console, int64_t host_id, bool unread_is_read)
{
	struct hv_error reason = {.status = HV_ERR_UNREACHABLE, .text = "the link broke"};
	console->up[host_index(console->hosts, host_id)] = false;
	cut_link(console, find_host(console->hosts, host_id), unread_is_read);
	engine_host_lost(console->engine, host_id, &reason);
}
