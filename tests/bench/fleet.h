/*
 * Fleets of any size, from a seed, straight into a store: what the benches and the growth guard run on.
 *
 * The store is made through its own interface, so that its structure is the program's; the rows go in by plain SQL in
 * one transaction, because a million workflows would take an hour. The same seed makes the same fleet.
 */
#ifndef HV_TESTS_BENCH_FLEET_H
#define HV_TESTS_BENCH_FLEET_H

#include <stdint.h>

struct fleet_size {
	int64_t hosts;
	int64_t vms;       /* spread over the hosts */
	int64_t snapshots; /* spread over the VMs, about one in eight without any */
	int64_t chain;     /* length of the chain of one VM more, named "chain"; 0: no such VM */
	uint64_t seed;
};

/* A word that is in the description of one snapshot in 100,000 (at least in one), and one that is in every name. */
#define FLEET_RARE_WORD "Zebrafink"
#define FLEET_COMMON_WORD "update"

/** Makes a new store at `path`; ends the program with a sentence when it cannot. */
void fleet_make(const char *path, const struct fleet_size *size);

#endif
