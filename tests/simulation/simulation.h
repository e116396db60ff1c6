/*
 * The deterministic simulation: consoles (engine, agents, a connection to one SQLite store), simulated hosts and the
 * network between them, in one process, on one virtual clock, from one seed. What the seed decides happens in the same
 * order every time, so that a seed that fails is a test case.
 *
 *   chaos.c     what happens: requests, guests that write, faults         (from the seed)
 *   console.c   one program: engine, agents, store; it can die and sleep
 *   wire.c      the network: a transport between a console and an agent's session, and all that it does to bytes
 *   hosts.c     state files of hosts, made once and copied
 *   witness.c   looks at the hosts' disks, memory and trees after everything that happens, and wants each change explained
 *   audit.c     looks at the store after each turn, and wants it to be true
 *   settle.c    everything heals; then both must say the same
 *   world.c     time, and who is due
 */
#ifndef HV_TESTS_SIMULATION_H
#define HV_TESTS_SIMULATION_H

#include "backend/agent/agent.h"
#include "backend/base/text.h"
#include "backend/engine/engine.h"
#include "backend/sim/session.h"
#include "backend/sim/sim.h"
#include "tests/support/cut_store.h"

#define MOST_HOSTS 3
#define MOST_CONSOLES 3
#define MOST_WIRES 64
#define MOST_VMS 8
#define MOST_SPARE 8
#define MOST_CHECKPOINTS 64
#define MOST_OPERATIONS 1024
#define WALL_START_US INT64_C(1790000000000000)
#define CONTENT 24

struct world;

/* --- what a host really holds --- */

struct seen_checkpoint {
	char uuid[HV_UUID_TEXT_SIZE];
	char parent[HV_UUID_TEXT_SIZE];
	char name[128];
	bool has_memory;
	char disk[CONTENT];
	char memory[CONTENT];
};

struct seen_vm {
	int64_t row; /* in the state file */
	char uuid[HV_UUID_TEXT_SIZE];
	char name[32];
	char power[16];
	bool registered; /* else what it holds is what its export holds */
	char pointer[HV_UUID_TEXT_SIZE];
	int64_t top; /* the file that its root disk writes to: another one after each checkpoint and each apply */
	int64_t revision;
	char disk[CONTENT];
	char memory[CONTENT];
	int64_t cpus;
	int64_t disks;      /* how many it has */
	int64_t disk_bytes; /* of all of them, as the guest sees it */
	int64_t copies;     /* volume snapshots that are complete */
	char copied[CONTENT]; /* what the newest of them holds */
	struct seen_checkpoint checkpoints[MOST_CHECKPOINTS];
	size_t count;
};

struct simulated_host {
	int64_t id; /* of its row in the store */
	char name[16];
	char path[128];
	struct sim *sim; /* the witness's own connection */
	int64_t data_version;
	int64_t stamp; /* counts changes of the state file */
	struct seen_vm vms[MOST_VMS];
	size_t count;
	struct sim *spare
		[MOST_SPARE]; /* connections that an agent has left: opening one takes longer than using it */
	size_t spare_count;
};

/* --- a console --- */

struct console {
	struct world *world;
	char owner[32];
	struct store *store;
	struct cut_store cut;
	struct agents *agents;
	struct engine *engine;
	int64_t engine_due_us;
	int64_t wall_offset_us;
	int64_t sleeps_until_us; /* suspended; 0: not */
	int64_t store_back_us; /* the store fails until then; 0: it does not */
	bool alive;
	bool dying; /* killed within this turn: nothing that it does has an effect any more */
	int die_in; /* points to go: before and after each commit and each write; 0: none planned */
	bool gone_known; /* what others can tell when it is dead */
};

/* --- the network --- */

struct parcel {
	char *bytes;
	size_t length;
	int64_t due_us;
};

struct parcels {
	struct parcel *items;
	size_t count;
	size_t capacity;
};

struct wire {
	struct transport base;
	struct world *world;
	struct console *console;
	struct simulated_host *host;
	struct transport_callbacks callbacks;
	void *context;
	bool used;
	bool near; /* the console holds it */
	bool opened;
	bool hole; /* neither side hears the other, or of it */
	int64_t open_us;
	int64_t closed_us; /* when the console hears of the end */
	int64_t eof_us; /* when the agent does */
	struct hv_error reason;
	struct parcels up;
	struct parcels down;
	struct sim *sim; /* NULL: the agent is gone */
	struct sim_session *session;
	int64_t pump_us;
	int64_t stamp; /* of the host's state when it was pumped last */
};

/* --- what is remembered of an operation --- */

struct known_operation {
	int64_t id;
	int effects; /* on the host */
	bool ended;
	enum operation_state state;
};

struct statistics {
	int64_t seeds;
	int64_t requests;
	int64_t refused;
	int64_t ended[OPERATION_STATE_COUNT];
	int64_t kills;
	int64_t longest_heal_us;
	uint64_t longest_heal_seed;
	int64_t turns;
};

struct world {
	uint64_t seed;
	uint64_t random[2];
	int64_t now_us;
	int64_t uuids;
	int64_t tags;
	int generation;
	char folder[64];
	char store_path[96];
	struct store *store; /* the auditor's own connection */
	int64_t audited_change;
	struct simulated_host hosts[MOST_HOSTS];
	size_t host_count;
	struct console consoles[MOST_CONSOLES];
	size_t console_count;
	struct wire wires[MOST_WIRES];
	bool calm; /* the network does nothing of its own */
	struct known_operation operations[MOST_OPERATIONS];
	size_t operation_count;
	char foreign_deleted[32][128]; /* names of checkpoints that somebody else removed */
	size_t foreign_deleted_count;
	char gone[64][32];
	size_t gone_count;
	struct statistics *statistics;
	uint64_t hash; /* of the trace */
	bool keep_trace;
	struct hv_text trace;
	bool trying; /* a failure means: not yet */
	char failure[1024]; /* the first thing that was wrong; "" */
};

/** Run one seed. Returns whether all held; `ret_hash`, and the history when wanted, tell what happened. */
bool simulation_run(uint64_t seed, struct statistics *statistics, uint64_t *ret_hash,
	struct hv_text *ret_trace, char failure[1024]);

/* world.c */
void world_trace(struct world *world, const char *format, ...) HV_PRINTF(2, 3);
/** Something that must hold does not. The first one counts; the run ends. */
void world_fail(struct world *world, const char *format, ...) HV_PRINTF(2, 3);
uint64_t world_random(struct world *world);
int64_t world_below(struct world *world, int64_t limit); /* 0 .. limit - 1 */
bool world_chance(struct world *world, int percent);
void world_pass(struct world *world, int64_t us);
struct hv_uuid world_next_uuid(void *context);
struct hv_clock world_clock(struct world *world);

/* hosts.c */
void hosts_make(struct world *world);
void hosts_clear(struct world *world);
/** Release what is kept between seeds. */
void hosts_forget_templates(void);
struct sim_options host_options(struct world *world);

/* console.c */
void console_start(struct world *world, struct console *console);
void console_kill(struct console *console);
void console_turn(struct console *console);
/** A point at which a console can die; true when it is dead. */
bool console_point(struct console *console);
int64_t console_due_us(const struct console *console);

/* wire.c */
enum hv_status wire_open(void *context, int64_t host_id,
	const struct transport_callbacks *callbacks, void *callback_context,
	struct transport **ret_transport, struct hv_error *err);
int64_t wire_due_us(const struct wire *wire);
/** Far end: what has arrived there, and the agent's own doing. */
void wire_serve(struct wire *wire);
bool wire_has_news(const struct wire *wire);
struct wire *wire_find(struct console *console, int64_t host_id);
/** Cut it: a part of what is under way arrives. */
void wire_cut(struct wire *wire, bool agent_dies);
void wire_release(struct wire *wire);

/* witness.c */
void witness_look(struct world *world, struct simulated_host *host);
/** What is there now needs no explanation: the test did it. */
void witness_accept(struct world *world, struct simulated_host *host);
struct seen_vm *witness_vm(struct world *world, const struct hv_uuid *uuid);
const struct seen_checkpoint *witness_checkpoint(const struct seen_vm *vm, const char *name);
struct known_operation *witness_operation(struct world *world, int64_t id);
bool witness_was_foreign(const struct world *world, const char *name);

/* audit.c, chaos.c, settle.c */
void audit_store(struct world *world);
void chaos_step(struct world *world);
void settle_world(struct world *world);

#endif
