/*
 * A host that says anything: through splitter, JSON, tables and link, with a command of every kind in flight under the
 * ids 1 to 10. The first byte says whether a good Ready comes first, and the size of the pieces.
 *
 * What must hold: nothing that reaches the listener breaks message.h, all text is valid UTF-8, what is told to the log
 * is printable, and no command is answered twice.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "backend/agent/agent.h"
#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "tests/fuzz/fuzz.h"

static const char hello[] = "{\"event\":\"Ready\",\"protocol\":1,\"agent\":\"f\",\"host\":{\"name\":\"h\",\"guid\":"
			    "\"00000000-0000-0000-0000-000000000001\"},\"capabilities\":[]}\n";

struct world {
	struct transport transport;
	struct transport_callbacks callbacks;
	void *context;
	const char *bytes;
	size_t length;
	size_t step;
	bool greet;
	bool open;
	int answers[AGENT_COMMAND_COUNT];
	struct agents *agents;
};

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static void check_text(const char *text)
{
	check(!text || hv_utf8_is_valid(text, strlen(text)));
}

static void check_printable(const char *text)
{
	char *again = hv_text_printable(text, strlen(text));
	check(strcmp(again, text) == 0);
	free(again);
}

/* ---- the transport ---- */

static struct world *world_of(struct transport *transport)
{
	return (struct world *)(void *)transport;
}

static size_t world_poll_fds(struct transport *transport, struct pollfd *ret_fds)
{
	(void)transport;
	ret_fds[0] = (struct pollfd){.fd = 1000, .events = POLLIN};
	return 1;
}

static void send_all_kinds(struct world *world)
{
	for (size_t kind = 0; kind < AGENT_COMMAND_COUNT; kind++) {
		struct agent_command command = {.kind = (enum agent_command_kind)kind,
			.operation = hv_uuid_from_text("operation"), .query_kind = AGENT_CREATE_VM_SNAPSHOT};
		check(agents_send(world->agents, 1, &command, NULL) == HV_OK);
	}
}

static void world_handle(struct transport *transport, const struct pollfd *fds, size_t count)
{
	struct world *world = world_of(transport);
	(void)fds;
	(void)count;
	if (world->greet) {
		world->callbacks.received(world->context, hello, sizeof hello - 1);
		send_all_kinds(world);
	}
	for (size_t i = 0; i < world->length; i += world->step) {
		size_t left = world->length - i;
		world->callbacks.received(
			world->context, world->bytes + i, left < world->step ? left : world->step);
	}
	world->callbacks.noise(world->context, world->bytes, world->length);
	struct hv_error reason = {HV_ERR_UNREACHABLE, "the end"};
	world->callbacks.closed(world->context, &reason);
}

static int64_t world_deadline_us(const struct transport *transport)
{
	(void)transport;
	return HV_NEVER;
}

static enum hv_status world_write(
	struct transport *transport, const char *bytes, size_t length, struct hv_error *err)
{
	(void)transport;
	(void)err;
	check(length > 0 && bytes[length - 1] == '\n' && !memchr(bytes, '\n', length - 1));
	return HV_OK;
}

static void world_close(struct transport *transport, const char *reason)
{
	(void)transport;
	(void)reason;
}

static void world_free(struct transport *transport)
{
	world_of(transport)->open = false;
}

static const struct transport_ops ops = {
	"fuzz", world_poll_fds, world_handle, world_deadline_us, world_write, world_close, world_free,
	NULL};

static enum hv_status world_open(void *context, int64_t host_id, const struct transport_callbacks *callbacks,
	void *callback_context, struct transport **ret_transport, struct hv_error *err)
{
	struct world *world = context;
	(void)host_id;
	(void)err;
	check(!world->open);
	world->open = true;
	world->callbacks = *callbacks;
	world->context = callback_context;
	*ret_transport = &world->transport;
	return HV_OK;
}

/* ---- the listener ---- */

static void check_vm(const struct agent_vm *vm)
{
	check(!hv_uuid_is_nil(&vm->uuid));
	check(vm->name != NULL && vm->activity_percent >= -1 && vm->activity_percent <= 100);
	check((size_t)vm->state < VM_STATE_COUNT && vm->cpus >= 0 && vm->memory_bytes >= 0);
	check_text(vm->name);
	check_text(vm->activity);
	for (size_t i = 0; i < vm->volumes.count; i++) {
		check_text(vm->volumes.items[i].name);
		check(vm->volumes.items[i].path && vm->volumes.items[i].size_bytes >= 0);
	}
	for (size_t i = 0; i < vm->checkpoints.count; i++) {
		const struct checkpoint *checkpoint = &vm->checkpoints.items[i];
		check(!hv_uuid_is_nil(&checkpoint->id) && !hv_uuid_equal(&checkpoint->id, &checkpoint->parent));
		check(checkpoint->name && (size_t)checkpoint->kind < CHECKPOINT_KIND_COUNT);
		check_text(checkpoint->name);
	}
}

static void check_answer(const struct agent_answer *answer)
{
	check((size_t)answer->kind < AGENT_COMMAND_COUNT);
	check(answer->result == (answer->code == AGENT_CODE_NONE));
	check_text(answer->details);
	if (answer->has_vm) {
		check_vm(&answer->vm);
	}
	if (answer->result && answer->kind == AGENT_CREATE_VM_SNAPSHOT) {
		check(!hv_uuid_is_nil(&answer->checkpoint) && answer->created_us >= 0);
	}
	if (answer->result && answer->kind == AGENT_GET_INVENTORY) {
		for (size_t i = 0; i < answer->inventory.count; i++) {
			check_vm(&answer->inventory.items[i]);
		}
	}
	bool done = answer->result && answer->kind == AGENT_QUERY_OPERATION &&
		    answer->journal == AGENT_JOURNAL_DONE;
	check(done == (answer->recorded != NULL));
	if (answer->recorded) {
		check(answer->recorded->kind == answer->query_kind);
		check(!answer->recorded->recorded);
		check_answer(answer->recorded);
	}
}

static void on_ready(void *context, int64_t host_id, const struct agent_hello *told)
{
	(void)context;
	(void)host_id;
	check(told->protocol == 1 && told->agent && told->host_name && !hv_uuid_is_nil(&told->host_uuid));
}

static void on_lost(void *context, int64_t host_id, const struct hv_error *reason, int64_t retry_us)
{
	(void)context;
	(void)host_id;
	check(retry_us > 0 && reason->status != HV_OK);
	check_printable(reason->text);
}

static void on_answer(void *context, int64_t host_id, const struct agent_answer *answer)
{
	struct world *world = context;
	(void)host_id;
	check_answer(answer);
	check(world->answers[answer->kind]++ == 0);
}

static void on_progress(void *context, int64_t host_id, const struct hv_uuid *operation, int64_t percent,
	const char *phase)
{
	(void)context;
	(void)host_id;
	check(!hv_uuid_is_nil(operation) && percent >= -1 && percent <= 100 && phase);
	check_text(phase);
}

static void on_vm_changed(void *context, int64_t host_id, const struct agent_vm *vm)
{
	(void)context;
	(void)host_id;
	check_vm(vm);
}

static void on_vm_removed(void *context, int64_t host_id, const struct hv_uuid *vm_uuid)
{
	(void)context;
	(void)host_id;
	check(!hv_uuid_is_nil(vm_uuid));
}

static void on_host_status(void *context, int64_t host_id, const struct agent_host_status *status)
{
	(void)context;
	(void)host_id;
	check(status->free_bytes >= -1);
}

static void on_noise(void *context, int64_t host_id, const char *text)
{
	(void)context;
	(void)host_id;
	check_printable(text);
}

static const struct agents_listener listener = {NULL, on_ready, on_lost, on_answer, on_progress, on_vm_changed,
	on_vm_removed, on_host_status, on_noise, NULL};

static int64_t no_time(void *context)
{
	(void)context;
	return HV_SECOND_US;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1) {
		return 0;
	}
	struct world world = {
		.transport = {&ops},
		.bytes = (const char *)data + 1,
		.length = size - 1,
		.step = (size_t)(data[0] >> 1) + 1,
		.greet = (data[0] & 1) != 0,
	};
	struct agents_config config = {
		.listener = &listener, .context = &world, .clock = {no_time, no_time, NULL}};
	struct agents_connector connector = {world_open, &world};
	world.agents = agents_new(&config, &connector);
	agents_add(world.agents, 1);
	agents_handle(world.agents, NULL, 0);
	size_t count;
	const struct pollfd *mine = agents_poll_fds(world.agents, &count);
	struct pollfd *fds = hv_realloc_array(NULL, count, sizeof *fds);
	memcpy(fds, mine, count * sizeof *fds);
	for (size_t i = 0; i < count; i++) {
		fds[i].revents = POLLIN;
	}
	agents_handle(world.agents, fds, count);
	free(fds);
	check(!world.open);
	agents_free(world.agents);
	return 0;
}
