/*
 * What the journaled commands do: one step at a time, each in the transaction that the caller holds open, each safe to
 * be cut off after (Y2). Who may act on a VM is decided here: one command at a time, on whatever connection.
 */
#ifndef HV_SIM_ACTS_H
#define HV_SIM_ACTS_H

#include "backend/sim/journal.h"

/* An agent that acts: its number, and the lock file that shows which others live. */
struct actor {
	int64_t session;
	int liveness_fd;
};

enum act_result {
	ACT_WAITS,     /* for a job, a merge, or another command */
	ACT_GOES_ON,   /* call again at once */
	ACT_ANSWERED,  /* *ret_answer is set */
	ACT_DIES       /* a fault: commit, then die without a word */
};

/**
 * Go one step.
 * @param owner  whether this command holds the journal's entry; set here
 */
enum act_result act_continue(struct sim *sim, const struct actor *actor, const struct command *command, bool *owner,
	struct answer *ret_answer);

#endif
