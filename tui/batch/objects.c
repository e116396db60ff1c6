#include "tui/batch/objects.h"

void json_snapshot(struct json_writer *json, const struct hv_snapshot *snapshot)
{
	json_uuid(json, "id", &snapshot->id);
	json_string(json, "name", snapshot->name);
	json_string(json, "displayname", snapshot->display_name);
	json_string(json, "description", snapshot->description);
	json_string(json, "state", snapshot_state_name(snapshot->state));
	json_string(json, "type", snapshot_type_name(snapshot->type));
	json_bool(json, "current", snapshot->current);
	json_uuid(json, "parent", &snapshot->parent);
	json_string(json, "parentName", snapshot->parent_name);
	json_time(json, "created", snapshot->created_us);
	json_uuid(json, "virtualmachineid", &snapshot->vm);
	json_string(json, "virtualmachinename", snapshot->vm_name);
	json_string(json, "account", snapshot->account);
	json_string(json, "domain", snapshot->domain);
	json_string(json, "host", snapshot->host_name);
	json_integer(json, "size", snapshot->size_bytes);
}

static void json_volumes(struct json_writer *json, const struct hv_tree *tree)
{
	json_array(json, "volumes");
	for (size_t i = 0; i < tree->volume_count; i++) {
		const struct hv_volume *volume = &tree->volumes[i];
		json_object(json, NULL);
		json_uuid(json, "id", &volume->id);
		json_string(json, "name", volume->name);
		json_string(json, "type", volume->root ? "ROOT" : "DATADISK");
		json_string(json, "path", volume->path);
		json_integer(json, "size", volume->size_bytes);
		json_integer(json, "chainsize", volume->chain_bytes);
		json_object_end(json);
	}
	json_array_end(json);
}

void json_vm(struct json_writer *json, const struct hv_vm *vm, const struct hv_host *host,
	const struct hv_tree *tree)
{
	json_uuid(json, "id", &vm->uuid);
	json_string(json, "name", vm->name);
	json_string(json, "state", vm_state_name(vm->state));
	json_string(json, "powerstate", vm_state_name(vm->power_state));
	json_string(json, "host", host ? host->name : NULL);
	json_uuid(json, "hostid", &vm->host);
	json_string(json, "group", host ? host->group : NULL);
	json_string(json, "account", vm->account);
	json_string(json, "domain", vm->domain);
	json_string(json, "offering", vm->offering);
	json_integer(json, "cpunumber", vm->cpus);
	json_integer(json, "memory", vm->memory_bytes / (1024 * 1024)); /* MiB, as CloudStack */
	json_integer(json, "snapshots", vm->snapshots);
	json_integer(json, "untracked", vm->untracked);
	json_integer(json, "chain", vm->chain);
	json_bool(json, "missing", vm->missing);
	json_uuid(json, "operation", &vm->operation);
	if (tree) {
		json_volumes(json, tree);
	} else {
		json_string(json, "volumes", NULL);
	}
}

void json_host(struct json_writer *json, const struct hv_host *host)
{
	json_uuid(json, "id", &host->uuid);
	json_string(json, "name", host->name);
	json_string(json, "group", host->group);
	json_string(json, "state", host_state_name(host->state));
	json_string(json, "reason", host->reason);
	json_string(json, "transport", host->transport);
	json_string(json, "address", host->address);
	json_string(json, "hypervisorversion", host->version);
	json_time(json, "lastseen", host->seen_us);
	json_integer_known(json, "free", host->free_bytes);
	json_integer(json, "virtualmachines", host->vm_count);
}

void json_node(struct json_writer *json, const struct hv_tree *tree, const struct hv_node *node,
	const struct hv_vm *vm)
{
	static const struct hv_uuid none;
	const struct hv_node *parent = node->parent >= 0 ? &tree->nodes[node->parent] : NULL;
	json_uuid(json, "id", &node->id);
	json_string(json, "name", node->internal_name);
	json_string(json, "displayname", node->name);
	json_string(json, "description", node->description);
	json_string(json, "state", node->untracked ? NULL : snapshot_state_name(node->state));
	json_string(json, "type", snapshot_type_name(node->type));
	json_bool(json, "current", node->current);
	json_uuid(json, "parent", parent ? &parent->id : &none);
	json_string(json, "parentName", parent ? parent->name : NULL);
	json_time(json, "created", node->created_us);
	json_uuid(json, "virtualmachineid", &vm->uuid);
	json_string(json, "virtualmachinename", vm->name);
	json_string(json, "account", vm->account);
	json_string(json, "domain", vm->domain);
	json_integer(json, "size", node->size_bytes);
	json_bool(json, "untracked", node->untracked);
	json_bool(json, "orphan", node->orphan);
	json_string(json, "kind", checkpoint_kind_name(node->kind));
	json_integer(json, "depth", node->depth);
}

void json_actions(struct json_writer *json, const enum action *actions, size_t count,
	const struct rule_facts *facts, const char *vm_name)
{
	json_array(json, "actions");
	for (size_t i = 0; i < count; i++) {
		char sentence[600];
		const struct rule *rule = rules_refuse(actions[i], facts);
		json_object(json, NULL);
		json_string(json, "action", action_name(actions[i]));
		json_bool(json, "allowed", rule == NULL);
		json_string(json, "reason",
			rule ? rule_sentence(rule, vm_name, facts, sentence, sizeof sentence) : NULL);
		json_string(json, "rule", rule ? rule_id(rule) : NULL);
		json_object_end(json);
	}
	json_array_end(json);
}
