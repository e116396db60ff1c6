#include "tests/simulation/simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

/* --- what its agents say goes to its engine, as in the product --- */

static void on_connecting(void *context, int64_t host_id)
{
	const struct console *console = context;
	world_trace(console->world, "%s: host %d is being reached", console->owner, (int)host_id);
}

static void on_ready(void *context, int64_t host_id, const struct agent_hello *hello)
{
	struct console *console = context;
	world_trace(console->world, "%s: host %d is ready", console->owner, (int)host_id);
	engine_host_ready(console->engine, host_id, hello);
}

static void on_lost(void *context, int64_t host_id, const struct hv_error *reason, int64_t retry_us)
{
	struct console *console = context;
	(void)retry_us;
	world_trace(console->world, "%s: host %d is lost: %s", console->owner, (int)host_id,
		reason->text);
	engine_host_lost(console->engine, host_id, reason);
}

static void on_answer(void *context, int64_t host_id, const struct agent_answer *answer)
{
	struct console *console = context;
	world_trace(console->world, "%s: host %d answers %s %s%s", console->owner, (int)host_id,
		agent_answer_name(answer->kind),
		answer->result ? "yes" : agent_code_name(answer->code),
		answer->replayed ? " again" : "");
	engine_answer(console->engine, host_id, answer);
}

static void on_progress(void *context, int64_t host_id, const struct hv_uuid *operation,
	int64_t percent, const char *phase)
{
	engine_progress(((struct console *)context)->engine, host_id, operation, percent, phase);
}

static void on_vm_changed(void *context, int64_t host_id, const struct agent_vm *vm)
{
	engine_vm_changed(((struct console *)context)->engine, host_id, vm);
}

static void on_vm_removed(void *context, int64_t host_id, const struct hv_uuid *vm_uuid)
{
	engine_vm_removed(((struct console *)context)->engine, host_id, vm_uuid);
}

static void on_host_status(void *context, int64_t host_id, const struct agent_host_status *status)
{
	engine_host_status(((struct console *)context)->engine, host_id, status);
}

static const struct agents_listener listener = {.connecting = on_connecting,
	.ready = on_ready,
	.lost = on_lost,
	.answer = on_answer,
	.progress = on_progress,
	.vm_changed = on_vm_changed,
	.vm_removed = on_vm_removed,
	.host_status = on_host_status};

/* --- what its engine asks for --- */

static enum hv_status send_command(
	void *context, int64_t host_id, const struct agent_command *command, struct hv_error *err)
{
	struct console *console = context;
	char uuid[HV_UUID_TEXT_SIZE];
	enum hv_status status = agents_send(console->agents, host_id, command, err);
	world_trace(console->world, "%s: to host %d %s %.8s epoch %d%s", console->owner,
		(int)host_id, agent_command_name(command->kind),
		hv_uuid_format(&command->operation, uuid), (int)command->epoch,
		status == HV_OK ? "" : " (not sent)");
	return status;
}

static bool host_is_up(void *context, int64_t host_id)
{
	return agents_is_up(((struct console *)context)->agents, host_id);
}

static unsigned host_capabilities(void *context, int64_t host_id)
{
	return agents_capabilities(((struct console *)context)->agents, host_id);
}

static void host_want(void *context, int64_t host_id)
{
	agents_add(((struct console *)context)->agents, host_id);
}

static void hear_store_failed(void *context, const struct hv_error *error)
{
	struct console *console = context;
	world_trace(console->world, "%s: the store: %s", console->owner, error->text);
}

static void hear_message(void *context, bool warning, const char *text)
{
	struct console *console = context;
	world_trace(console->world, "%s:%s %s", console->owner, warning ? " (!)" : "", text);
}

static bool owner_is_gone(void *context, const char *owner)
{
	const struct world *world = ((struct console *)context)->world;
	for (size_t i = 0; i < world->gone_count; i++) {
		if (strcmp(world->gone[i], owner) == 0) {
			return true;
		}
	}
	return false;
}

static int64_t wall_us(void *context)
{
	const struct console *console = context;
	return WALL_START_US + console->world->now_us + console->wall_offset_us;
}

static int64_t monotonic_us(void *context)
{
	return ((struct console *)context)->world->now_us;
}

/* --- life --- */

bool console_point(struct console *console)
{
	if (!console->dying && console->die_in > 0 && --console->die_in == 0) {
		world_trace(console->world, "%s: dies here", console->owner);
		console->dying = true;
		console->cut.dead = true;
	}
	return console->dying;
}

static bool cut_here(void *context)
{
	return console_point(context);
}

static void start_engine(struct console *console)
{
	struct hv_clock clock = {wall_us, monotonic_us, console};
	const struct engine_config config = {
		.store = &console->cut.base,
		.agents = {send_command, host_is_up, host_capabilities, host_want, console},
		.ids = {world_next_uuid, console->world},
		.clock = clock,
		.listener = {hear_store_failed, hear_message, console},
		.owner = console->owner,
		.owner_is_gone = owner_is_gone,
		.owner_context = console,
	};
	const struct agents_connector connector = {wire_open, console};
	const struct agents_config agents = {.listener = &listener,
		.context = console,
		.clock = clock,
		.ping_ms = 20000, /* pings would be most of what happens */
		.jitter_seed = world_random(console->world)};
	console->agents = agents_new(&agents, &connector);
	console->engine = engine_new(&config);
}

void console_start(struct world *world, struct console *console)
{
	struct hv_error err = {0};
	*console = (struct console){.world = world};
	(void)snprintf(console->owner, sizeof console->owner, "console-%d", ++world->generation);
	if (store_open_sqlite(world->store_path, 0, &console->store, &err) != HV_OK) {
		world_fail(world, "%s", err.text);
		return;
	}
	cut_store_init(&console->cut, console->store);
	console->cut.cut = cut_here;
	console->cut.cut_context = console;
	console->alive = true;
	start_engine(console);
	world_trace(world, "%s: starts", console->owner);
	if (engine_claim(console->engine, "somebody", &err) != HV_OK) {
		world_fail(world, "%s", err.text);
	}
	engine_recover(console->engine);
	for (size_t i = 0; i < world->host_count; i++) {
		agents_add(console->agents, world->hosts[i].id);
	}
}

void console_kill(struct console *console)
{
	struct world *world = console->world;
	world_trace(world, "%s: is dead", console->owner);
	world->statistics->kills++;
	console->dying = true;
	console->cut.dead = true;
	engine_free(console->engine);
	agents_free(console->agents);
	console->store->ops->rollback(console->store);
	console->store->ops->close(console->store);
	console->alive = false;
	if (console->gone_known && world->gone_count < HV_ARRAY_LEN(world->gone)) {
		(void)snprintf(world->gone[world->gone_count++], sizeof world->gone[0], "%s",
			console->owner);
	}
}

static bool has_news(const struct console *console)
{
	for (size_t i = 0; i < MOST_WIRES; i++) {
		const struct wire *wire = &console->world->wires[i];
		if (wire->used && wire->near && wire->console == console && wire_has_news(wire)) {
			return true;
		}
	}
	return false;
}

int64_t console_due_us(const struct console *console)
{
	if (!console->alive) {
		return HV_NEVER;
	}
	if (console->sleeps_until_us > console->world->now_us) {
		return console->sleeps_until_us;
	}
	if (has_news(console)) {
		return console->world->now_us;
	}
	int64_t due = agents_deadline_us(console->agents);
	return console->engine_due_us < due ? console->engine_due_us : due;
}

static void handle_agents(struct console *console)
{
	size_t count;
	const struct pollfd *mine = agents_poll_fds(console->agents, &count);
	struct pollfd *fds = hv_realloc_array(NULL, count + 1, sizeof *fds);
	for (size_t i = 0; i < count; i++) {
		fds[i] = mine[i];
		fds[i].revents = 0;
		const struct wire *wire =
			mine[i].fd < 0 ? NULL : &console->world->wires[mine[i].fd - 10000];
		fds[i].revents = wire && wire_has_news(wire) ? POLLIN : 0;
	}
	agents_handle(console->agents, fds, count);
	free(fds);
}

/* The order of the product's loop: requests (chaos.c makes them between turns), agents, engine. */
void console_turn(struct console *console)
{
	struct world *world = console->world;
	console->sleeps_until_us = 0;
	if (console->store_back_us != 0 && console->store_back_us <= world->now_us) {
		console->store_back_us = 0;
		console->cut.dead = console->dying;
	}
	handle_agents(console);
	if (!console->dying) {
		console->engine_due_us = engine_tick(console->engine);
		if (console->engine_due_us <= world->now_us) {
			console->engine_due_us = world->now_us + 1000; /* a loop has a resolution */
		}
	}
	if (!console->dying && world_chance(world, 5)) {
		console->cut.base.ops->idle(&console->cut.base);
	}
	if (console->dying) {
		console_kill(console);
	}
}
