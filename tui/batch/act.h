/*
 * The course that every act takes: find the VM, reach its host, say what will happen, ask, do, wait, tell.
 */
#ifndef HV_TUI_BATCH_ACT_H
#define HV_TUI_BATCH_ACT_H

#include "tui/batch/report.h"
#include "tui/batch/outcome.h"

struct act_course {
	struct hv_act act;             /* what is asked for; the VM and the guard are filled in here */
	const char *verb;              /* "revert": for progress and sentences */
	const char *snapshot_word;     /* operand that names a snapshot; NULL: none */
	const char *volume_word;       /* operand that names a volume of the VM; NULL: none */
	const char *copy_word;         /* operand that names a volume snapshot of the VM; NULL: none */
	bool one_volume;               /* without a volume_word: the VM's only volume is meant */
	bool asks;                     /* it loses something: needs --yes or a "yes" */
	/** Print what came of it, when all of it was done. Returns the exit code. */
	int (*tell)(struct batch *batch, const struct act_course *course, const struct outcome *outcome);

	/* filled in on the way; released by act_run */
	const struct hv_vm *vm;
	const struct hv_host *host;
	const struct hv_tree *tree;
	const struct hv_node *node;    /* of `tree`; NULL: no snapshot is named */
	const struct hv_preview *preview;
	char problem[600];             /* why it is not done although the preview allows it; "" nothing */
};

/** Operand 0 of the command names the VM. Returns the exit code. */
int act_run(struct batch *batch, struct act_course *course);

#endif
