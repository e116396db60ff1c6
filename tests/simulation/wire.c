#include "tests/simulation/simulation.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/sim/host.h"

/* How long an agent that nothing tells of a change may take to see it. The agent's own 250 ms would cost most of a
 * run, and what has changed is known here (simulated_host.stamp). */
#define REST_US (15 * HV_SECOND_US)

static struct wire *wire_of(struct transport *transport)
{
	return (struct wire *)(void *)transport;
}

/* --- parcels --- */

static void put_parcel(struct parcels *parcels, const char *bytes, size_t length, int64_t due_us)
{
	if (parcels->count > 0 && parcels->items[parcels->count - 1].due_us > due_us) {
		due_us = parcels->items[parcels->count - 1].due_us; /* a stream keeps its order */
	}
	HV_GROW(parcels->items, parcels->count, parcels->capacity);
	parcels->items[parcels->count++] =
		(struct parcel){hv_strndup(bytes, length), length, due_us};
}

static struct parcel take_parcel(struct parcels *parcels)
{
	struct parcel first = parcels->items[0];
	parcels->count--;
	memmove(parcels->items, parcels->items + 1, parcels->count * sizeof *parcels->items);
	return first;
}

static void clear_parcels(struct parcels *parcels)
{
	for (size_t i = 0; i < parcels->count; i++) {
		free(parcels->items[i].bytes);
	}
	free(parcels->items);
	*parcels = (struct parcels){0};
}

/* Only the first bytes of what is under way arrive: the cut may be in the middle of a line. */
static void keep_part(struct world *world, struct parcels *parcels)
{
	size_t keep = (size_t)world_below(world, (int64_t)parcels->count + 1);
	while (parcels->count > keep + 1) {
		free(parcels->items[--parcels->count].bytes);
	}
	if (parcels->count > keep) {
		struct parcel *last = &parcels->items[keep];
		last->length = (size_t)world_below(world, (int64_t)last->length + 1);
	}
}

static int64_t first_due_us(const struct parcels *parcels)
{
	return parcels->count > 0 ? parcels->items[0].due_us : HV_NEVER;
}

/* --- what the network does to a line --- */

static int64_t delay_us(struct world *world)
{
	if (world->calm || !world_chance(world, 2)) {
		return 200 + world_below(world, 20000);
	}
	return world_below(world, 60) * HV_SECOND_US;
}

/* A link that lives loses no bytes; what may be lost is what an agent forgets to read or to answer. */
static bool may_be_lost(const char *bytes, size_t length)
{
	static const char event[] = "{\"event\"";
	return length < sizeof event || memcmp(bytes, event, sizeof event - 1) != 0;
}

static void carry_line(struct wire *wire, struct parcels *parcels, const char *bytes, size_t length)
{
	struct world *world = wire->world;
	int64_t fate = world->calm ? 1000 : world_below(world, 1000);
	if (wire->hole || (fate < 5 && may_be_lost(bytes, length))) {
		world_trace(world, "a line between %s and %s is lost", wire->console->owner,
			wire->host->name);
		return;
	}
	put_parcel(parcels, bytes, length, world->now_us + delay_us(world));
	if (fate >= 990 && fate < 1000) {
		world_trace(world, "a line between %s and %s comes twice", wire->console->owner,
			wire->host->name);
		put_parcel(parcels, bytes, length, world->now_us + delay_us(world));
	}
}

/* --- the near end: a transport --- */

static size_t near_poll_fds(struct transport *transport, struct pollfd *ret_fds)
{
	struct wire *wire = wire_of(transport);
	ret_fds[0] =
		(struct pollfd){.fd = 10000 + (int)(wire - wire->world->wires), .events = POLLIN};
	return 1;
}

bool wire_has_news(const struct wire *wire)
{
	int64_t now = wire->world->now_us;
	return wire->near && ((!wire->opened && wire->open_us <= now) || wire->closed_us <= now ||
				     (wire->opened && first_due_us(&wire->down) <= now));
}

static void deliver(struct wire *wire)
{
	struct parcel parcel = take_parcel(&wire->down);
	size_t cut = (size_t)world_below(wire->world, (int64_t)parcel.length + 1);
	if (cut > 0) {
		wire->callbacks.received(wire->context, parcel.bytes, cut);
	}
	if (cut < parcel.length) {
		wire->callbacks.received(wire->context, parcel.bytes + cut, parcel.length - cut);
	}
	free(parcel.bytes);
}

static void near_handle(struct transport *transport, const struct pollfd *fds, size_t count)
{
	struct wire *wire = wire_of(transport);
	(void)fds;
	(void)count;
	if (!wire->opened && wire->open_us <= wire->world->now_us) {
		wire->opened = true;
		wire->callbacks.opened(wire->context);
	}
	while (wire->opened && first_due_us(&wire->down) <= wire->world->now_us &&
		!wire->console->dying) {
		deliver(wire);
	}
	if (wire->closed_us <= wire->world->now_us && !wire->console->dying) {
		wire->closed_us = HV_NEVER;
		wire->callbacks.closed(wire->context, &wire->reason);
	}
}

static int64_t near_deadline_us(const struct transport *transport)
{
	(void)transport; /* the world knows when it is due */
	return HV_NEVER;
}

static enum hv_status near_write(
	struct transport *transport, const char *bytes, size_t length, struct hv_error *err)
{
	struct wire *wire = wire_of(transport);
	(void)err;
	if (console_point(wire->console)) {
		return HV_OK;
	}
	carry_line(wire, &wire->up, bytes, length);
	(void)console_point(wire->console);
	return HV_OK;
}

static void near_close(struct transport *transport, const char *reason)
{
	struct wire *wire = wire_of(transport);
	if (!wire->console->dying) {
		wire->closed_us = wire->world->now_us;
		(void)hv_error_set(&wire->reason, HV_ERR_CANCELLED, "%s", reason);
	}
}

static void forget_if_over(struct wire *wire)
{
	if (!wire->near && !wire->sim) {
		clear_parcels(&wire->up);
		clear_parcels(&wire->down);
		wire->used = false;
	}
}

/* The console lets go. What it has written may arrive, in part and late, and the agent hears of the end, or does not. */
static void near_free(struct transport *transport)
{
	struct wire *wire = wire_of(transport);
	struct world *world = wire->world;
	wire->near = false;
	clear_parcels(&wire->down);
	if (wire->sim && !world->calm && world_chance(world, 50)) {
		keep_part(world, &wire->up);
	}
	if (wire->sim && wire->eof_us == HV_NEVER) {
		int64_t last = wire->up.count > 0 ? wire->up.items[wire->up.count - 1].due_us
						  : world->now_us;
		bool unheard = wire->hole || (!world->calm && world_chance(world, 15));
		wire->eof_us = unheard ? HV_NEVER : last + world_below(world, HV_SECOND_US);
	}
	forget_if_over(wire);
}

static const struct transport_ops near_ops = {"simulated", near_poll_fds, near_handle,
	near_deadline_us, near_write, near_close, near_free, NULL};

/* --- the far end: an agent's session --- */

/* A process that died leaves no transaction, and neither does the connection that stands for it. */
static void keep_connection(struct simulated_host *host, struct sim *sim)
{
	db_rollback(&sim->db);
	if (db_settle(&sim->db, NULL) == HV_OK && host->spare_count < MOST_SPARE) {
		host->spare[host->spare_count++] = sim;
	} else {
		sim_close(sim);
	}
}

static void end_far(struct wire *wire, bool orderly)
{
	if (orderly) {
		sim_session_free(wire->session);
	} else {
		sim_session_abandon(wire->session);
	}
	keep_connection(wire->host, wire->sim);
	wire->sim = NULL;
	wire->session = NULL;
	wire->pump_us = HV_NEVER;
	if (wire->near && wire->closed_us == HV_NEVER && !wire->hole) {
		int64_t last = wire->down.count > 0 ? wire->down.items[wire->down.count - 1].due_us
						    : wire->world->now_us;
		wire->closed_us = last + world_below(wire->world, HV_SECOND_US / 10);
		(void)hv_error_set(&wire->reason, HV_ERR_UNREACHABLE, "the agent ended");
	}
	forget_if_over(wire);
}

static void collect_output(struct wire *wire)
{
	size_t length;
	const char *bytes = sim_session_output(wire->session, &length);
	for (size_t at = 0; at < length;) {
		const char *newline = memchr(bytes + at, '\n', length - at);
		size_t end = newline ? (size_t)(newline - bytes) + 1 : length;
		if (wire->near) {
			carry_line(wire, &wire->down, bytes + at, end - at);
		}
		at = end;
	}
	sim_session_output_written(wire->session, length);
}

static void plan_pump(struct wire *wire, int64_t changes_before)
{
	if (sqlite3_total_changes64(wire->sim->db.handle) != changes_before) {
		wire->host->stamp++;
	}
	wire->stamp = wire->host->stamp;
	int64_t wait = sim_session_wait_us(wire->session);
	wire->pump_us = wire->world->now_us + (wait >= SIM_SESSION_POLL_US ? REST_US
						      : wait < 1000        ? 1000
									   : wait);
}

static void pump(struct wire *wire)
{
	int64_t changes = sqlite3_total_changes64(wire->sim->db.handle);
	sim_session_pump(wire->session);
	enum sim_session_end end = sim_session_state(wire->session);
	collect_output(wire);
	if (end == SIM_SESSION_FAILED) {
		world_fail(wire->world, "the agent of %s failed: %s", wire->host->name,
			sim_session_error(wire->session)->text);
	}
	if (end == SIM_SESSION_LIVES) {
		plan_pump(wire, changes);
		return;
	}
	wire->host->stamp++;
	world_trace(wire->world, "the agent of %s for %s ended (%d)", wire->host->name,
		wire->console->owner, (int)end);
	end_far(wire, end != SIM_SESSION_DIED);
}

void wire_serve(struct wire *wire)
{
	int64_t now = wire->world->now_us;
	bool fed = false;
	while (wire->sim && first_due_us(&wire->up) <= now) {
		struct parcel parcel = take_parcel(&wire->up);
		sim_session_feed(wire->session, parcel.bytes, parcel.length);
		free(parcel.bytes);
		fed = true;
	}
	if (wire->sim && wire->eof_us <= now) {
		wire->eof_us = HV_NEVER;
		sim_session_end_of_input(wire->session);
		fed = true;
	}
	if (wire->sim && wire->stamp != wire->host->stamp &&
		wire->pump_us > now + SIM_SESSION_POLL_US) {
		wire->pump_us = now + SIM_SESSION_POLL_US;
	}
	if (wire->sim && (fed || wire->pump_us <= now)) {
		pump(wire);
	}
}

int64_t wire_due_us(const struct wire *wire)
{
	int64_t due = HV_NEVER;
	if (wire->sim) {
		int64_t up = first_due_us(&wire->up);
		due = up < wire->pump_us ? up : wire->pump_us;
		due = wire->eof_us < due ? wire->eof_us : due;
	}
	if (wire->near && wire->console->sleeps_until_us == 0) {
		int64_t down = wire->opened ? first_due_us(&wire->down) : wire->open_us;
		due = down < due ? down : due;
		due = wire->closed_us < due ? wire->closed_us : due;
	}
	return due;
}

void wire_cut(struct wire *wire, bool agent_dies)
{
	struct world *world = wire->world;
	keep_part(world, &wire->up);
	keep_part(world, &wire->down);
	if (wire->near && wire->closed_us == HV_NEVER) {
		wire->closed_us = world->now_us + world_below(world, 2 * HV_SECOND_US);
		(void)hv_error_set(&wire->reason, HV_ERR_UNREACHABLE, "the connection was cut");
	}
	if (wire->sim && agent_dies) {
		end_far(wire, false);
	} else if (wire->sim) {
		wire->eof_us = world->now_us + world_below(world, 2 * HV_SECOND_US);
	}
}

/* --- life --- */

static struct wire *free_wire(struct world *world)
{
	for (size_t i = 0; i < MOST_WIRES; i++) {
		if (!world->wires[i].used) {
			return &world->wires[i];
		}
	}
	return NULL;
}

static struct simulated_host *find_host(struct world *world, int64_t id)
{
	for (size_t i = 0; i < world->host_count; i++) {
		if (world->hosts[i].id == id) {
			return &world->hosts[i];
		}
	}
	return NULL;
}

static enum hv_status start_agent(struct wire *wire, struct hv_error *err)
{
	const struct sim_options options = host_options(wire->world);
	struct simulated_host *host = wire->host;
	enum hv_status status = HV_OK;
	if (host->spare_count > 0) {
		wire->sim = host->spare[--host->spare_count];
	} else {
		status = sim_open(host->path, &options, &wire->sim, err);
	}
	if (status == HV_OK) {
		status = sim_session_new(wire->sim, &wire->session, err);
	}
	if (status != HV_OK) {
		sim_close(wire->sim);
		wire->sim = NULL;
	}
	return status;
}

enum hv_status wire_open(void *context, int64_t host_id,
	const struct transport_callbacks *callbacks, void *callback_context,
	struct transport **ret_transport, struct hv_error *err)
{
	struct console *console = context;
	struct world *world = console->world;
	struct wire *wire = free_wire(world);
	if (!wire || (!world->calm && world_chance(world, 2))) {
		return hv_error_set(err, HV_ERR_UNREACHABLE, "there is no way to the host");
	}
	*wire = (struct wire){.base = {&near_ops},
		.world = world,
		.console = console,
		.host = find_host(world, host_id),
		.callbacks = *callbacks,
		.context = callback_context,
		.used = true,
		.near = true,
		.open_us = world->now_us + delay_us(world),
		.closed_us = HV_NEVER,
		.eof_us = HV_NEVER,
		.pump_us = world->now_us};
	if (start_agent(wire, err) != HV_OK) {
		world_fail(world, "an agent does not start: %s", err->text);
		wire->used = false;
		return HV_ERR_IO;
	}
	wire->host->stamp++;
	*ret_transport = &wire->base;
	return HV_OK;
}

void wire_release(struct wire *wire)
{
	if (wire->used && wire->sim) {
		wire->near = false;
		end_far(wire, false);
	}
	if (wire->used) {
		wire->near = false;
		forget_if_over(wire);
	}
}
