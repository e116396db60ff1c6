#include "tests/simulation/simulation.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/memory.h"

#define LEAST_STEPS 20
#define MORE_STEPS 41
#define MOST_TURNS 20000

/* --- chance (xorshift128+, seeded by splitmix64) --- */

static uint64_t split_mix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

uint64_t world_random(struct world *world)
{
	uint64_t a = world->random[0];
	uint64_t b = world->random[1];
	world->random[0] = b;
	a ^= a << 23;
	world->random[1] = a ^ b ^ (a >> 18) ^ (b >> 5);
	return world->random[1] + b;
}

int64_t world_below(struct world *world, int64_t limit)
{
	return (int64_t)(world_random(world) % (uint64_t)limit);
}

bool world_chance(struct world *world, int percent)
{
	return world_below(world, 100) < percent;
}

/* --- what is told --- */

static void add_to_hash(struct world *world, const char *text)
{
	for (const char *c = text; *c; c++) {
		world->hash = (world->hash ^ (uint64_t)(unsigned char)*c) * UINT64_C(0x100000001B3);
	}
}

void world_trace(struct world *world, const char *format, ...)
{
	char line[1200];
	va_list args;
	int used = snprintf(line, sizeof line, "%11.6f ", (double)world->now_us / HV_SECOND_US);
	va_start(args, format);
	(void)vsnprintf(line + used, sizeof line - (size_t)used, format, args);
	va_end(args);
	add_to_hash(world, line);
	if (world->keep_trace) {
		hv_text_printf(&world->trace, "%s\n", line);
	}
}

void world_fail(struct world *world, const char *format, ...)
{
	va_list args;
	if (world->failure[0] != '\0') {
		return;
	}
	va_start(args, format);
	(void)vsnprintf(world->failure, sizeof world->failure, format, args);
	va_end(args);
	if (!world->trying) {
		world_trace(world, "WRONG: %s", world->failure);
	}
}

/* --- what is handed in --- */

static int64_t wall_us(void *context)
{
	return WALL_START_US + ((struct world *)context)->now_us;
}

static int64_t monotonic_us(void *context)
{
	return ((struct world *)context)->now_us;
}

struct hv_clock world_clock(struct world *world)
{
	return (struct hv_clock){wall_us, monotonic_us, world};
}

struct hv_uuid world_next_uuid(void *context)
{
	struct world *world = context;
	char text[48];
	(void)snprintf(text, sizeof text, "simulation %" PRId64, world->uuids++);
	return hv_uuid_from_text(text);
}

/* --- time --- */

static int64_t next_due_us(const struct world *world)
{
	int64_t due = HV_NEVER;
	for (size_t i = 0; i < MOST_WIRES; i++) {
		int64_t wire = world->wires[i].used ? wire_due_us(&world->wires[i]) : HV_NEVER;
		due = wire < due ? wire : due;
	}
	for (size_t i = 0; i < world->console_count; i++) {
		int64_t console = console_due_us(&world->consoles[i]);
		due = console < due ? console : due;
	}
	return due;
}

static void look_at_hosts(struct world *world)
{
	for (size_t i = 0; i < world->host_count; i++) {
		witness_look(world, &world->hosts[i]);
	}
}

static void turn(struct world *world)
{
	world->statistics->turns++;
	for (size_t i = 0; i < MOST_WIRES; i++) {
		struct wire *wire = &world->wires[i];
		if (wire->used && (wire->sim || !wire->near)) {
			wire_serve(wire);
		}
	}
	look_at_hosts(world);
	for (size_t i = 0; i < world->console_count; i++) {
		if (console_due_us(&world->consoles[i]) <= world->now_us) {
			console_turn(&world->consoles[i]);
		}
	}
	audit_store(world);
}

void world_pass(struct world *world, int64_t us)
{
	int64_t end = world->now_us + us;
	for (int turns = 0; world->failure[0] == '\0'; turns++) {
		int64_t due = next_due_us(world);
		if (due > end) {
			break;
		}
		if (turns > MOST_TURNS) {
			world_fail(world, "the programs never come to rest");
			return;
		}
		world->now_us = due > world->now_us ? due : world->now_us;
		turn(world);
	}
	world->now_us = end;
}

/* --- a run --- */

static void make(struct world *world)
{
	uint64_t state = world->seed;
	world->random[0] = split_mix(&state);
	world->random[1] = split_mix(&state);
	world->hash = UINT64_C(0xCBF29CE484222325);
	world->now_us = 1000 * HV_SECOND_US;
	(void)snprintf(world->folder, sizeof world->folder, "%s/hvtree-simulation-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(world->folder)) {
		world_fail(world, "cannot make a folder");
		return;
	}
	(void)snprintf(world->store_path, sizeof world->store_path, "%s/hvtree.db", world->folder);
	hosts_make(world);
	world->console_count = 1 + (size_t)world_below(world, MOST_CONSOLES);
	for (size_t i = 0; i < world->console_count && world->failure[0] == '\0'; i++) {
		console_start(world, &world->consoles[i]);
	}
}

static void clear(struct world *world)
{
	static const char *const endings[] = {"", "-wal", "-shm"};
	for (size_t i = 0; i < world->console_count; i++) {
		if (world->consoles[i].alive) {
			console_kill(&world->consoles[i]);
		}
	}
	for (size_t i = 0; i < MOST_WIRES; i++) {
		wire_release(&world->wires[i]);
	}
	hosts_clear(world);
	for (size_t i = 0; i < HV_ARRAY_LEN(endings); i++) {
		char path[128];
		(void)snprintf(path, sizeof path, "%s%s", world->store_path, endings[i]);
		(void)unlink(path);
	}
	(void)rmdir(world->folder);
}

bool simulation_run(uint64_t seed, struct statistics *statistics, uint64_t *ret_hash,
	struct hv_text *ret_trace, char failure[1024])
{
	struct world *world = hv_alloc(sizeof *world);
	world->seed = seed;
	world->statistics = statistics;
	world->keep_trace = ret_trace != NULL;
	make(world);
	world_pass(world, world_below(world, 8) * HV_SECOND_US);
	int64_t steps = LEAST_STEPS + world_below(world, MORE_STEPS);
	for (int64_t i = 0; i < steps && world->failure[0] == '\0'; i++) {
		chaos_step(world);
	}
	if (world->failure[0] == '\0') {
		settle_world(world);
	}
	bool held = world->failure[0] == '\0';
	(void)snprintf(failure, 1024, "%s", world->failure);
	clear(world);
	statistics->seeds++;
	*ret_hash = world->hash;
	if (ret_trace) {
		*ret_trace = world->trace;
	}
	free(world);
	return held;
}
