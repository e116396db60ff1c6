/*
 * The inside of acts.h, shared by the files that know how each command is done and by nothing else. Each function goes one
 * step, from the step that the journal says, in the transaction that act_continue() was called in.
 */
#ifndef HV_SIM_ACT_H
#define HV_SIM_ACT_H

#include "backend/sim/acts.h"
#include "backend/sim/jobs.h"

struct act {
	struct sim *sim;
	const struct command *command;
	const struct journal_entry *entry;
	struct vm_row vm; /* id 0: the host has none of this uuid */
	struct answer *ret_answer;
};

/* act_snapshot.c */
enum act_result act_create(struct act *act);
enum act_result act_revert(struct act *act);
enum act_result act_delete(struct act *act);
enum act_result act_start(struct act *act);
enum act_result act_stop(struct act *act);
/* act_export.c */
enum act_result act_export(struct act *act);
enum act_result act_cancel_export(struct act *act);
enum act_result act_remove_vm(struct act *act);
enum act_result act_import(struct act *act);
enum act_result act_destroy(struct act *act);
/* act_volume.c */
enum act_result act_attach(struct act *act);
enum act_result act_detach(struct act *act);
enum act_result act_resize(struct act *act);
enum act_result act_scale(struct act *act);
enum act_result act_create_volume_snapshot(struct act *act);
enum act_result act_delete_volume_snapshot(struct act *act);

/* What they have in common (act.c). */
enum act_result act_succeed(struct act *act, json_t *take_body);
enum act_result act_fail(struct act *act, const char *code, const char *format, ...) HV_PRINTF(3, 4);
bool act_is_at(const struct act *act, const char *step);
/** A fault: the agent dies at this place. */
bool act_dies(struct act *act, const char *place);
/** Let the host work; its end comes through the journal. */
enum act_result act_begin_job(struct act *act, struct job_request request, const char *step);
/** Done in this very transaction; what is left is to say so. */
enum act_result act_did_it(struct act *act);
/* True: refused, the answer is set. */
bool act_storage_is_gone(struct act *act);
bool act_space_is_short(struct act *act, int64_t bytes);

#endif
