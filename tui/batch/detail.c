#include "tui/batch/detail.h"

#include <stdio.h>

#include "tui/batch/table.h"

void detail_line(struct output *output, const char *label, const char *value)
{
	HV_CLEANUP_FREE char *safe = printable(value);
	output_printf(output, "%-13s %s\n", label, safe);
}

void detail_bytes(struct output *output, const char *label, int64_t bytes)
{
	char text[16];
	detail_line(output, label, bytes < 0 ? NULL : hv_format_bytes(bytes, text));
}

void detail_time(struct output *output, const char *label, int64_t time_us)
{
	struct hv_clock clock = hv_clock_system();
	char time[32], age[16], text[64];
	(void)snprintf(text, sizeof text, "%s (%s ago)", hv_format_time(time_us, time),
		hv_format_age(hv_clock_wall_us(&clock) - time_us, age));
	detail_line(output, label, time_us == 0 ? NULL : text);
}

void detail_actions(struct output *output, const enum action *actions, size_t count,
	const struct rule_facts *facts, const char *vm_name)
{
	for (size_t i = 0; i < count; i++) {
		char sentence[600];
		const struct rule *rule = rules_refuse(actions[i], facts);
		const char *reason =
			rule ? rule_sentence(rule, vm_name, facts, sentence, sizeof sentence) : "allowed";
		HV_CLEANUP_FREE char *safe = printable(reason);
		output_printf(output, "%-13s %s: %s\n", i == 0 ? "actions" : "", action_name(actions[i]), safe);
	}
}

struct rule_facts detail_facts(const struct hv_host *host, const struct hv_vm *vm, const struct hv_tree *tree,
	const struct hv_node *node)
{
	struct rule_facts facts = hv_facts(host, vm, tree, node);
	facts.host_up = facts.host_up || (host && host->state == HOST_DISCONNECTED);
	return facts;
}
