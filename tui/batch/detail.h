/* "label  value" lines: one thing, shown to a person. */
#ifndef HV_TUI_BATCH_DETAIL_H
#define HV_TUI_BATCH_DETAIL_H

#include "tui/batch/output.h"

/** `value` is untrusted; NULL: "-". */
void detail_line(struct output *output, const char *label, const char *value);
void detail_bytes(struct output *output, const char *label, int64_t bytes);
void detail_time(struct output *output, const char *label, int64_t time_us);
/** One line an action: allowed, or why not (U2). */
void detail_actions(struct output *output, const enum action *actions, size_t count,
	const struct rule_facts *facts, const char *vm_name);
/** Facts for commands that have not connected: a host that nobody has tried to reach counts as reachable. */
struct rule_facts detail_facts(const struct hv_host *host, const struct hv_vm *vm, const struct hv_tree *tree,
	const struct hv_node *node);

#endif
