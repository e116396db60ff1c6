/*
 * A small world for scenarios: one simulated host with one VM in a temporary folder, acted on only through the real
 * programs (hvtree's commands, hvtree-sim), and looked at from three sides: what the guest holds, what the host says,
 * what the store says. Every function fails the running cmocka test when something is not as it must be.
 */
#ifndef HV_TESTS_SUPPORT_WORLD_H
#define HV_TESTS_SUPPORT_WORLD_H

#include <jansson.h>
#include <stdbool.h>
#include "tests/support/program.h"

#define WORLD_VM "box"
#define WORLD_HOST "hv01"

struct world {
	char *folder;
	char *demo_option; /* which hosts and which store: --demo=FOLDER, or --store=FILE */
	char *state_file;  /* of the host */
	const char *const *environment; /* for hvtree, see program_run(); NULL */
};

/**
 * From now on worlds are made with their host behind a transport of hvtree's, not as a simulated fleet: at `address`
 * runs what the command says. NULL: as before.
 */
void world_reach(const char *transport, const char *address);

/** `running`: the VM's power state. Its disk holds marker=start, its memory (if running) marker=start. */
void world_make(struct world *world, bool running);
/** Checks the host's own invariants, then removes the folder. */
void world_clear(struct world *world);

/** Run `hvtree WORDS... --demo=FOLDER`; words are separate arguments, the last is NULL. */
void world_run(struct world *world, struct program_result *ret_result, ...) __attribute__((sentinel));
/** The same, which must end with `code`. Returns standard output (or, with code 1, 4 and 5, the sentence on standard
 * error); the caller frees. */
char *world_expect(struct world *world, int code, ...) __attribute__((sentinel));
/** The same with --json, which must end with 0. The caller releases. */
json_t *world_json(struct world *world, ...) __attribute__((sentinel));
/** Run `hvtree-sim --state FILE WORDS...`, which must end with 0. Returns standard output; the caller frees. */
char *world_sim(struct world *world, ...) __attribute__((sentinel));

void world_write(struct world *world, bool memory, const char *key, const char *value);
/** What the guest holds: `value` NULL means the key must be absent. */
void world_assert_guest(struct world *world, bool memory, const char *key, const char *value);
void world_assert_vm_state(struct world *world, const char *state);

/** The VM object of the host's inventory (protocol.md). The caller releases. */
json_t *world_host_vm(struct world *world);
/** The VM's live snapshots as `snapshot list --json` gives them: an array. The caller releases. */
json_t *world_snapshots(struct world *world);
/**
 * Host and store agree, and nothing is left in between: the same snapshots with the same parents, the same current
 * one, every row Ready, no operation live, the VM's state the same.
 */
void world_assert_agrees(struct world *world);
/** Number of live snapshots. */
size_t world_count(struct world *world);
/** The tree in display order as "A .B ..C* .D", from the store, after world_assert_agrees(). */
void world_assert_tree(struct world *world, const char *expected);

#endif
