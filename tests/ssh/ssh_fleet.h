/* The whole program on a host of a simulated fleet that stands behind the world's sshd. */
#ifndef HV_TESTS_SSH_FLEET_H
#define HV_TESTS_SSH_FLEET_H

#include "tests/ssh/ssh_world.h"

struct ssh_fleet {
	struct ssh_world *world; /* borrowed */
	char *hvtree, *sim;      /* programs */
	char *sim_state, *store;
	char *command;           /* what runs on the host; says noise first */
};

/** Also sets what hvtree reads instead of the user's own configuration of ssh. */
void ssh_fleet_init(struct ssh_fleet *fleet, struct ssh_world *world);
void ssh_fleet_clear(struct ssh_fleet *fleet);
/** No store yet, and a host with the running VM "web". The host's key is known, the user's key may log in. */
void ssh_fleet_reset(struct ssh_fleet *fleet);
/** hvtree WORDS... on the store; the exit code. `output` gets both streams. */
int ssh_fleet_hvtree(const struct ssh_fleet *fleet, struct hv_text *output, const char *const *words);
/** The host "hv01" in the group "lab" is in the store, and was not called yet. */
void ssh_fleet_add_host(const struct ssh_fleet *fleet, const char *transport);

#endif
