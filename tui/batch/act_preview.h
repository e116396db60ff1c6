/*
 * What an act would do, said before it is done (U4): LOST, KEPT, AFTER and RISK as text for people, or as JSON, from
 * the backend's preview and what is known about the VM.
 */
#ifndef HV_TUI_BATCH_ACT_PREVIEW_H
#define HV_TUI_BATCH_ACT_PREVIEW_H

#include "tui/batch/json_writer.h"

struct act_preview_facts {
	const struct hv_act *act;
	const struct hv_vm *vm;
	const struct hv_host *host;         /* NULL: not known */
	const struct hv_tree *tree;
	const struct hv_preview *preview;   /* of the backend */
	const char *refusal;                /* why it is not allowed now; NULL when it is */
};

/** Lines of printable text, each ended by a newline. */
void act_preview_text(struct hv_text *text, const struct act_preview_facts *facts);
/** The members of the object "preview". */
void act_preview_json(struct json_writer *json, const struct act_preview_facts *facts);

/* act_preview_vm.c: start, stop, destroy */
void act_preview_vm_text(struct hv_text *text, const struct act_preview_facts *facts);
void act_preview_destroy_json(struct json_writer *json, const struct act_preview_facts *facts);

/* act_preview_volume.c: volumes, offerings and volume snapshots */
bool act_preview_is_about_volumes(const struct hv_act *act);
void act_preview_volume_text(struct hv_text *text, const struct act_preview_facts *facts);
void act_preview_volume_json(struct json_writer *json, const struct act_preview_facts *facts);
void act_preview_put_name(struct hv_text *text, const char *name);
/** "VM 'web01' on host 'hv01'" and a newline. */
void act_preview_put_vm(struct hv_text *text, const struct act_preview_facts *facts);

/** What T5 has against the name of a create, as far as it can be seen from here; NULL: nothing. Static. */
const char *act_preview_name_problem(const struct hv_act *act, const struct hv_tree *tree);

#endif
