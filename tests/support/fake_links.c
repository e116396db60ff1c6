#include "tests/support/fake_hosts_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "backend/base/memory.h"

static bool cut(struct fake_hosts *hosts)
{
	return hosts->cut && hosts->cut(hosts->cut_context);
}

/* ---- messages to consoles ---- */

struct message *fake_post(struct fake_hosts *hosts, struct fake_console *console, int64_t host_id)
{
	HV_GROW(hosts->outbox, hosts->outbox_count, hosts->outbox_capacity);
	struct message *message = &hosts->outbox[hosts->outbox_count++];
	*message = (struct message){.console = console, .host_id = host_id};
	return message;
}

bool fake_is_connected(const struct fake_console *console, int64_t host_id)
{
	return console && !console->dead && console->up[fake_host_index(console->hosts, host_id)];
}

/* Every connected console hears that the VM has changed. */
void fake_post_change(struct fake_hosts *hosts, int64_t host_id, const struct fake_vm *vm)
{
	for (size_t i = 0; i < hosts->console_count; i++) {
		if (fake_is_connected(hosts->consoles[i], host_id)) {
			struct message *message = fake_post(hosts, hosts->consoles[i], host_id);
			message->is_event = true;
			fake_describe(fake_host_find(hosts, host_id), vm, &message->answer.vm);
		}
	}
}

void fake_post_status(struct fake_hosts *hosts, const struct fake_host *host, struct fake_console *console)
{
	struct message *message = fake_post(hosts, console, host->id);
	message->is_status = true;
	message->storage_up = !host->storage_down;
}

void fake_post_removal(struct fake_hosts *hosts, int64_t host_id, const struct hv_uuid *vm_uuid)
{
	for (size_t i = 0; i < hosts->console_count; i++) {
		if (fake_is_connected(hosts->consoles[i], host_id)) {
			struct message *message = fake_post(hosts, hosts->consoles[i], host_id);
			message->is_removal = true;
			message->answer.vm.uuid = *vm_uuid;
		}
	}
}

void fake_post_answer(struct fake_hosts *hosts, struct fake_host *host, struct fake_console *console,
	const struct agent_answer *answer, bool replayed)
{
	if (!fake_is_connected(console, host->id)) {
		return;
	}
	struct message *message = fake_post(hosts, console, host->id);
	fake_copy_answer(&message->answer, answer);
	message->answer.replayed = replayed;
}

void fake_deliver(struct fake_hosts *hosts)
{
	struct message message = hosts->outbox[0];
	memmove(&hosts->outbox[0], &hosts->outbox[1], (hosts->outbox_count - 1) * sizeof *hosts->outbox);
	hosts->outbox_count--;
	struct fake_console *console = message.console;
	if (fake_is_connected(console, message.host_id) && cut(hosts)) {
		console->dead = true;
	}
	if (fake_is_connected(console, message.host_id)) {
		if (message.is_progress) {
			engine_progress(console->engine, message.host_id, &message.answer.operation,
				message.percent, "working");
		} else if (message.is_status) {
			const struct agent_host_status status = {
				.free_bytes = INT64_C(500) << 30, .storage_up = message.storage_up};
			engine_host_status(console->engine, message.host_id, &status);
		} else if (message.is_removal) {
			engine_vm_removed(console->engine, message.host_id, &message.answer.vm.uuid);
		} else if (message.is_event) {
			engine_vm_changed(console->engine, message.host_id, &message.answer.vm);
		} else {
			engine_answer(console->engine, message.host_id, &message.answer);
		}
	}
	agent_answer_clear(&message.answer);
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

static void copy_command(struct agent_command *to, const struct agent_command *from)
{
	*to = *from;
	to->vm_name = hv_strdup_null(from->vm_name);
	to->target.name = hv_strdup_null(from->target.name);
	to->target.display_name = hv_strdup_null(from->target.display_name);
	to->target.description = hv_strdup_null(from->target.description);
	to->volumes = (struct volume_list){0};
	volume_list_copy(&to->volumes, &from->volumes);
	to->path = hv_strdup_null(from->path);
	to->volume_snapshot_name = hv_strdup_null(from->volume_snapshot_name);
}

static enum hv_status console_send(
	void *context, int64_t host_id, const struct agent_command *command, struct hv_error *err)
{
	struct fake_console *console = context;
	struct fake_hosts *hosts = console->hosts;
	if (fake_is_connected(console, host_id) && cut(hosts)) {
		console->dead = true;
	}
	if (!fake_is_connected(console, host_id)) {
		return hv_error_set(err, HV_ERR_UNREACHABLE, "the host is not connected");
	}
	struct fake_host *host = fake_host_find(hosts, host_id);
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
	return fake_host_index(console->hosts, host_id) < console->hosts->count && fake_is_connected(console, host_id);
}

static unsigned console_capabilities(void *context, int64_t host_id)
{
	struct fake_console *console = context;
	return fake_host_find(console->hosts, host_id)->capabilities;
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
	console->up[fake_host_index(console->hosts, host_id)] = true;
	engine_host_ready(console->engine, host_id, &hello);
}

void fake_console_drop(struct fake_console *console, int64_t host_id, bool unread_is_read)
{
	struct hv_error reason = {.status = HV_ERR_UNREACHABLE, .text = "the link broke"};
	console->up[fake_host_index(console->hosts, host_id)] = false;
	cut_link(console, fake_host_find(console->hosts, host_id), unread_is_read);
	engine_host_lost(console->engine, host_id, &reason);
}
