/* The JSON of each thing: the member names are a contract with scripts (design.md section 5; after CloudStack's API). */
#ifndef HV_TUI_BATCH_OBJECTS_H
#define HV_TUI_BATCH_OBJECTS_H

#include "tui/batch/json_writer.h"

/* The members only: the caller opens and closes the object, and may add its own. */
void json_put_snapshot(struct json_writer *json, const struct hv_snapshot *snapshot);
/** `host` and `tree` may be NULL: without a tree `volumes` is null. */
/** As CloudStack's listSnapshots names it. */
void json_put_copy(struct json_writer *json, const struct hv_volume_snapshot *copy);
void json_put_vm(struct json_writer *json, const struct hv_vm *vm, const struct hv_host *host,
	const struct hv_tree *tree);
void json_put_host(struct json_writer *json, const struct hv_host *host);
/** A row of a tree, untracked ones too. */
void json_put_node(struct json_writer *json, const struct hv_tree *tree, const struct hv_node *node,
	const struct hv_vm *vm);

/** "actions":[{"action","allowed","reason","rule"}]: each of `actions` under `facts`. */
void json_put_actions(struct json_writer *json, const enum action *actions, size_t count,
	const struct rule_facts *facts, const char *vm_name);

#endif
