/*
 * The agent's journal on the host: (operation, command) -> intent, step, answer (protocol.md, "Journal").
 *
 *   intent    written, nothing done       applied   the checkpoint is made, applied or removed
 *   running   the host works on it        starting  the second half of a revert: power
 *   failed    the host's job failed       powered   the power is as asked for
 *   reading   the second half of an export   verified  it was read back and is complete
 *   void      as if it had never been asked; only its epoch counts
 *
 * The steps applied, powered, verified and failed are written by the host's job together with its effect (jobs.h); the rest by
 * the agent that holds the entry (`session`). An entry without an answer whose session is dead may be taken over.
 */
#ifndef HV_SIM_JOURNAL_H
#define HV_SIM_JOURNAL_H

#include <jansson.h>
#include "backend/sim/commands.h"
#include "backend/sim/host.h"

/* An answer without "vm": that is added when it is sent, and tells how the VM is then. */
struct answer {
	bool result, replayed;
	char *code, *details; /* owned; NULL when result */
	json_t *body;         /* owned; NULL: {} */
};
void answer_clear(struct answer *answer);
struct answer answer_well(json_t *take_body);
struct answer answer_failed(const char *code, const char *format, ...) HV_PRINTF(2, 3);

struct journal_entry {
	bool exists, answered;
	int64_t epoch, session; /* session 0: nobody's */
	char step[12];
	char checkpoint[HV_UUID_TEXT_SIZE]; /* that a create made; "": none */
	int64_t created_us;
	char *code, *details; /* of a failed job */
};
void journal_load(struct sim *sim, const char *operation, const char *command, struct journal_entry *ret_entry);
void journal_entry_clear(struct journal_entry *entry);
/** The recorded answer of an answered entry. */
struct answer journal_recorded(struct sim *sim, const char *operation, const char *command);

/** The largest epoch seen for the operation, -1: none. */
int64_t journal_epoch(struct sim *sim, const char *operation);
void journal_raise_epoch(struct sim *sim, const struct command *command);
/** Write the intent, or take over an entry that is there. */
void journal_take(struct sim *sim, const struct command *command, int64_t vm, int64_t session);
void journal_set_step(struct sim *sim, const struct command *command, const char *step);
void journal_write_answer(struct sim *sim, const struct command *command, const struct answer *answer);
/** As if it had never been asked, but for its epoch. */
void journal_forget(struct sim *sim, const struct command *command);
/** An ExportVm under this export's id that has not ended yet ends as Cancelled, wherever it is. */
void journal_cancel_exports(struct sim *sim, int64_t vm, const char *export);
/** Let go of an entry without an answer: somebody else takes it over. */
void journal_give_up(struct sim *sim, const struct command *command);
/** Let go of all that a session holds, and of the session. */
void journal_release(struct sim *sim, int64_t session);
/** Forget answers that nobody will ask for any more, and agents that died long ago. */
void journal_prune(struct sim *sim);

#endif
