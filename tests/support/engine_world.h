/*
 * The engine with a real SQLite store in a temporary folder, in-process hosts, a virtual clock and counted ids: one
 * host (id 1 in `host_id`) with one VM, "box". Everything can be cut: engine_world_restart() is a console that died
 * and a new one on the same store.
 */
#ifndef HV_TESTS_SUPPORT_ENGINE_WORLD_H
#define HV_TESTS_SUPPORT_ENGINE_WORLD_H

#include "backend/engine/engine.h"
#include "tests/support/cut_store.h"
#include "tests/support/fake_hosts.h"

/* Each how many-th point is cut: every one, but where a sanitizer makes each several times as long. */
#ifndef CUT_STRIDE
#define CUT_STRIDE 1
#endif

/* One program on the store: its own connection to the file, its own links to the hosts. */
struct engine_console {
	struct engine_world *world;
	struct store *store;
	struct cut_store cut;
	struct fake_console *links;
	struct engine *engine;
	char owner[32];
	char last_message[700];
	bool last_warning;
	int messages;
	int store_failures;
	bool dead;
};

struct engine_world {
	char folder[64];
	char path[96];
	int64_t now_us; /* wall and monotonic */
	int64_t next_id;
	int generation;
	char gone[32][32]; /* owners that certainly run no more */
	size_t gone_count;
	struct fake_hosts *hosts;
	struct fake_vm *vm;
	int64_t host_id;
	int64_t vm_id;
	struct engine_console console;
	/* where to die: counted down at each commit, send and delivery; 0: never */
	int64_t cut_in;
	int64_t points; /* met so far */
};

void engine_world_make(struct engine_world *world, enum vm_state state, unsigned capabilities);
void engine_world_clear(struct engine_world *world);
/** Another console on the same store. */
void engine_console_open(struct engine_world *world, struct engine_console *console);
/** `known`: other consoles can tell that it is gone; else its leases have to run out. */
void engine_console_close(struct engine_console *console, bool known, bool unread_is_read);
/** The console dies as it is and a new one starts, recovers and connects. */
void engine_world_restart(struct engine_world *world, bool known, bool unread_is_read);
void engine_world_connect(struct engine_console *console);
/** Let everything happen that can, without the clock; then with it, until nothing is live. Fails when that never comes. */
void engine_world_run(struct engine_world *world);
void engine_world_settle(struct engine_world *world);
/** One turn of the program's loop. */
bool engine_world_step(struct engine_world *world);

/* Requests on "box" by "alice"; a snapshot is named by its display name. */
struct engine_request engine_world_request(struct engine_world *world, enum operation_kind kind, const char *snapshot);
enum hv_status engine_world_ask(struct engine_console *console, const struct engine_request *request,
	struct hv_error *err);
/** Take, settle, must succeed. */
void engine_world_take(struct engine_world *world, const char *name, enum snapshot_type type);
void engine_world_revert(struct engine_world *world, const char *name);
/** P1-P3: of the world's host. */
void engine_world_set_policy(struct engine_world *world, enum stop_policy policy);
void engine_world_write(struct engine_world *world, const char *disk, const char *memory);

int64_t engine_world_snapshot_id(struct engine_world *world, const char *display_name); /* 0: none */
struct snapshot engine_world_snapshot(struct engine_world *world, const char *display_name); /* caller clears */
struct virtual_machine engine_world_vm(struct engine_world *world); /* caller clears */
/** The operation that ended last; caller clears. */
struct operation engine_world_last(struct engine_world *world);
size_t engine_world_live(struct engine_world *world);
/** The tree as text, children in brackets, the current one with a star, states other than Ready after a colon:
 * "A(B*,C:Error)". Children by name. */
const char *engine_world_tree(struct engine_world *world, char *text, size_t size);

/** Y3: nothing is live or transient, and the store's tree, pointer, volumes and power state are the host's. */
void engine_world_assert_agrees(struct engine_world *world);

#endif
