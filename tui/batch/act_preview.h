/*
 * What an act would do, said before it is done (U4): LOST, KEPT, AFTER and RISK as text for people, or as JSON. Reverts
 * and deletes come from the backend's preview; the others from the rules and what is known about the VM.
 */
#ifndef HV_TUI_BATCH_ACT_PREVIEW_H
#define HV_TUI_BATCH_ACT_PREVIEW_H

#include "tui/batch/json_writer.h"

struct act_preview_facts {
	const struct hv_act *act;
	const struct hv_vm *vm;
	const struct hv_host *host;         /* NULL: not known */
	const struct hv_tree *tree;         /* NULL: not read, for start and stop */
	const struct hv_preview *preview;   /* of the backend; NULL for acts that it has none for */
	const char *refusal;                /* why it is not allowed now; NULL when it is */
};

/** Lines of printable text, each ended by a newline. */
void act_preview_text(struct hv_text *text, const struct act_preview_facts *facts);
/** The members of the object "preview". */
void act_preview_json(struct json_writer *json, const struct act_preview_facts *facts);

/** Why an act that the backend makes no preview for is not allowed now: a rule's sentence in `text`, or NULL. */
const char *act_preview_refusal(const struct hv_act *act, const struct hv_vm *vm, const struct hv_host *host,
	const struct hv_tree *tree, char *text, size_t size);

#endif
