#include "tui/batch/objects.h"

#include <assert.h>

/* Words that do not change: the sentences of action_name() are for people. */
static const char *const action_words[] = {
	[ACTION_SNAPSHOT_CREATE_DISK] = "snapshot-create",
	[ACTION_SNAPSHOT_CREATE_MEMORY] = "snapshot-create-memory",
	[ACTION_SNAPSHOT_REVERT] = "snapshot-revert",
	[ACTION_SNAPSHOT_DELETE] = "snapshot-delete",
	[ACTION_VM_START] = "vm-start",
	[ACTION_VM_STOP] = "vm-stop",
	[ACTION_VM_DESTROY] = "vm-destroy",
	[ACTION_VOLUME_ATTACH] = "volume-attach",
	[ACTION_VOLUME_DETACH] = "volume-detach",
	[ACTION_VOLUME_RESIZE] = "volume-resize",
	[ACTION_VM_SCALE] = "vm-scale",
	[ACTION_VOLUME_SNAPSHOT_CREATE] = "volume-snapshot-create",
	[ACTION_VOLUME_SNAPSHOT_DELETE] = "volume-snapshot-delete",
};
static_assert(HV_ARRAY_LEN(action_words) == ACTION_COUNT, "a word for every action");

void json_put_snapshot(struct json_writer *json, const struct hv_snapshot *snapshot)
{
	json_put_uuid(json, "id", &snapshot->id);
	json_put_string(json, "name", snapshot->name);
	json_put_string(json, "displayname", snapshot->display_name);
	json_put_string(json, "description", snapshot->description);
	json_put_string(json, "state", snapshot_state_name(snapshot->state));
	json_put_string(json, "type", snapshot_type_name(snapshot->type));
	json_put_bool(json, "current", snapshot->current);
	json_put_uuid(json, "parent", &snapshot->parent);
	json_put_string(json, "parentName", snapshot->parent_name);
	json_put_time(json, "created", snapshot->created_us);
	json_put_uuid(json, "virtualmachineid", &snapshot->vm);
	json_put_string(json, "virtualmachinename", snapshot->vm_name);
	json_put_string(json, "account", snapshot->account);
	json_put_string(json, "domain", snapshot->domain);
	json_put_string(json, "host", snapshot->host_name);
	json_put_integer(json, "size", snapshot->size_bytes);
	json_put_string(json, "createdby", snapshot->created_by);
}

static void json_volumes(struct json_writer *json, const struct hv_tree *tree)
{
	json_open_array(json, "volumes");
	for (size_t i = 0; i < tree->volume_count; i++) {
		const struct hv_volume *volume = &tree->volumes[i];
		json_open_object(json, NULL);
		json_put_uuid(json, "id", &volume->id);
		json_put_string(json, "name", volume->name);
		json_put_string(json, "type", volume->root ? "ROOT" : "DATADISK");
		json_put_string(json, "path", volume->path);
		json_put_integer(json, "size", volume->size_bytes);
		json_put_integer(json, "chainsize", volume->chain_bytes);
		json_close_object(json);
	}
	json_close_array(json);
}

void json_put_copy(struct json_writer *json, const struct hv_volume_snapshot *copy)
{
	json_put_uuid(json, "id", &copy->id);
	json_put_string(json, "name", copy->name);
	json_put_string(json, "state", snapshot_state_name(copy->state));
	json_put_uuid(json, "volumeid", &copy->volume);
	json_put_string(json, "volumename", copy->volume_name);
	json_put_uuid(json, "virtualmachineid", &copy->vm);
	json_put_string(json, "virtualmachinename", copy->vm_name);
	json_put_string(json, "host", copy->host_name);
	json_put_string(json, "account", copy->account);
	json_put_string(json, "domain", copy->domain);
	json_put_string(json, "path", copy->path);
	json_put_integer(json, "physicalsize", copy->size_bytes);
	json_put_time(json, "created", copy->created_us);
	json_put_string(json, "createdby", copy->created_by);
}

void json_put_vm(struct json_writer *json, const struct hv_vm *vm, const struct hv_host *host,
	const struct hv_tree *tree)
{
	json_put_uuid(json, "id", &vm->uuid);
	json_put_string(json, "name", vm->name);
	json_put_string(json, "state", vm_state_name(vm->state));
	json_put_string(json, "powerstate", vm_state_name(vm->power_state));
	json_put_string(json, "host", host ? host->name : NULL);
	json_put_uuid(json, "hostid", &vm->host);
	json_put_string(json, "group", host ? host->group : NULL);
	json_put_string(json, "account", vm->account);
	json_put_string(json, "domain", vm->domain);
	json_put_string(json, "offering", vm->offering);
	json_put_integer(json, "cpunumber", vm->cpus);
	json_put_integer(json, "memory", vm->memory_bytes / (1024 * 1024)); /* MiB, as CloudStack */
	json_put_integer(json, "snapshots", vm->snapshots);
	json_put_integer(json, "untracked", vm->untracked);
	json_put_integer(json, "chain", vm->chain);
	json_put_bool(json, "missing", vm->missing);
	json_put_bool(json, "registered", !vm->unregistered);
	json_put_string(json, "exportstate", export_state_name(vm->export_state));
	json_put_integer_known(json, "exportpercent", vm->export_percent);
	json_put_uuid(json, "operation", &vm->operation);
	if (tree) {
		json_volumes(json, tree);
	} else {
		json_put_string(json, "volumes", NULL);
	}
}

void json_put_host(struct json_writer *json, const struct hv_host *host)
{
	json_put_uuid(json, "id", &host->uuid);
	json_put_string(json, "name", host->name);
	json_put_string(json, "group", host->group);
	json_put_string(json, "state", host_state_name(host->state));
	json_put_string(json, "reason", host->reason);
	json_put_string(json, "transport", host->transport);
	json_put_string(json, "address", host->address);
	json_put_string(json, "hypervisorversion", host->version);
	json_put_time(json, "lastseen", host->seen_us);
	json_put_integer_known(json, "free", host->free_bytes);
	json_put_string(json, "stoppolicy", stop_policy_name(host->stop_policy));
	json_put_integer(json, "virtualmachines", host->vm_count);
}

void json_put_node(struct json_writer *json, const struct hv_tree *tree, const struct hv_node *node,
	const struct hv_vm *vm)
{
	static const struct hv_uuid none;
	const struct hv_node *parent = node->parent >= 0 ? &tree->nodes[node->parent] : NULL;
	json_put_uuid(json, "id", &node->id);
	json_put_string(json, "name", node->internal_name);
	json_put_string(json, "displayname", node->name);
	json_put_string(json, "description", node->description);
	json_put_string(json, "state", node->untracked ? NULL : snapshot_state_name(node->state));
	json_put_string(json, "type", snapshot_type_name(node->type));
	json_put_bool(json, "current", node->current);
	json_put_uuid(json, "parent", parent ? &parent->id : &none);
	json_put_string(json, "parentName", parent ? parent->name : NULL);
	json_put_time(json, "created", node->created_us);
	json_put_uuid(json, "virtualmachineid", &vm->uuid);
	json_put_string(json, "virtualmachinename", vm->name);
	json_put_string(json, "account", vm->account);
	json_put_string(json, "domain", vm->domain);
	json_put_integer(json, "size", node->size_bytes);
	json_put_bool(json, "untracked", node->untracked);
	json_put_bool(json, "orphan", node->orphan);
	json_put_string(json, "kind", checkpoint_kind_name(node->kind));
	json_put_integer(json, "depth", node->depth);
}

void json_put_actions(struct json_writer *json, const enum action *actions, size_t count,
	const struct rule_facts *facts, const char *vm_name)
{
	json_open_array(json, "actions");
	for (size_t i = 0; i < count; i++) {
		char sentence[600];
		const struct rule *rule = rules_refuse(actions[i], facts);
		json_open_object(json, NULL);
		json_put_string(json, "action", action_words[actions[i]]);
		json_put_bool(json, "allowed", rule == NULL);
		json_put_string(json, "reason",
			rule ? rule_sentence(rule, vm_name, facts, sentence, sizeof sentence) : NULL);
		json_put_string(json, "rule", rule ? rule_id(rule) : NULL);
		json_close_object(json);
	}
	json_close_array(json);
}
