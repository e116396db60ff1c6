/* What an act would do, before it is asked for (U4): facts from the store, judged by the domain. Changes nothing. */
#include "backend/backend_internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/domain/preview.h"

#define LOW_SPACE_BYTES (INT64_C(10) << 30)
#define LEAST_SPACE_BYTES (INT64_C(1) << 30) /* that a safety snapshot must leave */

/* Everything that a preview is made of. */
struct facts {
	struct virtual_machine vm;
	struct host host;
	struct picture_rows rows;
	struct snapshot_tree tree;
	const struct hv_vm *value;
	size_t target; /* node, or SNAPSHOT_TREE_NONE */
};

static void facts_clear(struct facts *facts)
{
	hv_vm_unref(facts->value);
	snapshot_tree_clear(&facts->tree);
	picture_rows_clear(&facts->rows);
	host_clear(&facts->host);
	virtual_machine_clear(&facts->vm);
}

static enum hv_status find_target(
	const struct hv_uuid *uuid, struct facts *facts, struct hv_error *err)
{
	facts->target = SNAPSHOT_TREE_NONE;
	if (hv_uuid_is_nil(uuid)) {
		return HV_OK;
	}
	for (size_t i = 0; i < facts->tree.count; i++) {
		const struct snapshot_tree_node *node = &facts->tree.nodes[i];
		if (hv_uuid_equal(
			    node->snapshot ? &node->snapshot->uuid : &node->checkpoint->id, uuid)) {
			facts->target = i;
			return HV_OK;
		}
	}
	return hv_error_set(err, HV_ERR_NOT_FOUND, "the VM has no such snapshot any more");
}

static enum hv_status facts_read(struct hv_backend *backend, const struct hv_act *act,
	struct facts *facts, struct hv_error *err)
{
	const struct store_ops *ops = backend->store->ops;
	struct operation_list live = {0};
	enum hv_status status = caller_find_vm(backend, &act->vm, &facts->vm, err);
	if (status == HV_OK) {
		status = ops->host_get(backend->store, facts->vm.host_id, &facts->host, err);
	}
	if (status == HV_OK) {
		status = ops->operation_live(backend->store, 0, facts->vm.id, &live, err);
	}
	if (status == HV_OK) {
		facts->value = picture_vm(backend, &facts->vm, &live);
	}
	operation_list_clear(&live);
	if (status == HV_OK) {
		status = picture_rows_read(backend, &facts->vm, &facts->rows, err);
	}
	if (status == HV_OK) {
		status = snapshot_tree_build(&facts->rows.snapshots, &facts->rows.untracked,
			&facts->vm.checkpoint, &facts->tree, err);
	}
	struct hv_uuid target = act->snapshot;
	if (status == HV_OK && act->undo) {
		status = undo_find(backend, facts->vm.id, &target, err);
	}
	return status == HV_OK ? find_target(&target, facts, err) : status;
}

static enum action action_of(const struct hv_act *act)
{
	switch (act->kind) {
	case OPERATION_CREATE_SNAPSHOT:
		return act->type == SNAPSHOT_DISK ? ACTION_SNAPSHOT_CREATE_DISK
						  : ACTION_SNAPSHOT_CREATE_MEMORY;
	case OPERATION_REVERT_SNAPSHOT:
		return ACTION_SNAPSHOT_REVERT;
	case OPERATION_DELETE_SNAPSHOT:
		return ACTION_SNAPSHOT_DELETE;
	case OPERATION_START_VM:
		return ACTION_VM_START;
	case OPERATION_STOP_VM:
		return ACTION_VM_STOP;
	case OPERATION_DESTROY_VM:
		return ACTION_VM_DESTROY;
	case OPERATION_ATTACH_VOLUME:
		return ACTION_VOLUME_ATTACH;
	case OPERATION_DETACH_VOLUME:
		return ACTION_VOLUME_DETACH;
	case OPERATION_RESIZE_VOLUME:
		return ACTION_VOLUME_RESIZE;
	case OPERATION_SCALE_VM:
		return ACTION_VM_SCALE;
	case OPERATION_CREATE_VOLUME_SNAPSHOT:
		return ACTION_VOLUME_SNAPSHOT_CREATE;
	case OPERATION_DELETE_VOLUME_SNAPSHOT:
		return ACTION_VOLUME_SNAPSHOT_DELETE;
	case OPERATION_EXPORT_VM:
	case OPERATION_REMOVE_VM:
	case OPERATION_KIND_COUNT:
		break;
	}
	return ACTION_COUNT;
}

/* The sentence with which a rule refuses the act now; NULL when none does. Caller frees. */
static char *refusal_of(
	struct hv_backend *backend, const struct hv_act *act, const struct facts *facts)
{
	const struct known_host *known = hosts_find(backend, facts->vm.host_id);
	const struct hv_host host = {
		.state = known && known->managed ? known->state : HOST_DISCONNECTED,
		.stop_policy = facts->host.stop_policy,
	};
	struct hv_node node = {.state = SNAPSHOT_READY};
	bool has_node = facts->target != SNAPSHOT_TREE_NONE || act->all;
	if (facts->target != SNAPSHOT_TREE_NONE) {
		const struct snapshot *snapshot = facts->tree.nodes[facts->target].snapshot;
		node.untracked = !snapshot;
		node.state = snapshot ? snapshot->state : SNAPSHOT_READY;
	}
	struct rule_facts asked = hv_facts(&host, facts->value, NULL, has_node ? &node : NULL);
	asked.queues = act->queue;
	volumes_facts(backend, act, &facts->vm, &asked);
	const struct rule *rule = rules_refuse(action_of(act), &asked);
	if (!rule) {
		return NULL;
	}
	char text[400];
	HV_CLEANUP_FREE char *name = hv_text_printable(facts->vm.name, strlen(facts->vm.name));
	return hv_strdup(rule_sentence(rule, name, &asked, text, sizeof text));
}

/* The guard against a stale view: the store's current one, also when the host's pointer names an untracked one. */
static struct hv_uuid current_of(const struct facts *facts)
{
	for (size_t i = 0; i < facts->rows.snapshots.count; i++) {
		if (facts->rows.snapshots.items[i].current) {
			return facts->rows.snapshots.items[i].uuid;
		}
	}
	return (struct hv_uuid){{0}};
}

static bool is_tracked(const struct facts *facts)
{
	return facts->target != SNAPSHOT_TREE_NONE && facts->tree.nodes[facts->target].snapshot;
}

/* Why no safety snapshot can be taken now, NULL when it can: the rules of create, and room for it. Caller frees. */
static char *safety_refusal(struct hv_backend *backend, const struct facts *facts)
{
	const struct hv_act create = {
		.kind = OPERATION_CREATE_SNAPSHOT,
		.type = facts->vm.state == VM_RUNNING ? SNAPSHOT_DISK_AND_MEMORY : SNAPSHOT_DISK,
	};
	char *refusal = refusal_of(backend, &create, facts);
	int64_t needed = LEAST_SPACE_BYTES +
			 (create.type == SNAPSHOT_DISK_AND_MEMORY ? facts->vm.memory_bytes : 0);
	if (!refusal && facts->host.free_bytes >= 0 && facts->host.free_bytes < needed) {
		char free_text[16], needed_text[16];
		return hv_sprintf("the host has %s free and it may need %s",
			hv_format_bytes(facts->host.free_bytes, free_text), hv_format_bytes(needed, needed_text));
	}
	return refusal;
}

static void fill_revert(struct hv_backend *backend, const struct hv_act *act, const struct facts *facts,
	struct hv_preview *preview, const char **risks)
{
	struct revert_preview revert;
	bool up = agents_is_up(backend->agents, facts->vm.host_id);
	bool memory_from_off = !up || (agents_capabilities(backend->agents, facts->vm.host_id) &
					      AGENT_CAN_REVERT_MEMORY_FROM_OFF) != 0;
	revert_preview_make(&facts->tree, facts->target, &facts->vm, memory_from_off,
		hv_clock_wall_us(&backend->clock), &revert);
	revert.risks[RISK_LOW_SPACE] =
		facts->host.free_bytes >= 0 &&
		facts->host.free_bytes < facts->vm.memory_bytes + LOW_SPACE_BYTES;
	if (act->safety_name && !preview->safety_refusal) {
		revert.risks[RISK_NO_WAY_BACK] = false;
	}
	preview->lost_since_us = revert.lost_since_us;
	preview->lost_bytes = revert.lost_bytes;
	preview->kept_snapshots = (int64_t)revert.kept_snapshots;
	preview->state_before = revert.state_before;
	preview->state_after = revert.state_after;
	preview->stops_first = revert.stops_first;
	preview->starts_first = revert.starts_first;
	for (size_t i = 0; i < RISK_COUNT; i++) {
		if (revert.risks[i]) {
			risks[preview->risk_count++] = risk_sentence((enum risk)i);
		}
	}
	preview->risks = risks;
}

static const struct hv_preview *revert_value(struct hv_backend *backend, const struct hv_act *act,
	const struct facts *facts, struct hv_preview *preview)
{
	const char *risks[RISK_COUNT];
	const struct snapshot *target = facts->tree.nodes[facts->target].snapshot;
	HV_CLEANUP_FREE char *no_safety = safety_refusal(backend, facts);
	preview->target = target->uuid;
	preview->target_name = target->display_name;
	preview->target_type = target->type;
	preview->target_created_us = target->created_us;
	preview->safety_refusal = no_safety;
	fill_revert(backend, act, facts, preview, risks);
	return hv_preview_new(preview);
}

static const struct hv_preview *delete_value(
	const struct hv_act *act, const struct facts *facts, struct hv_preview *preview)
{
	struct delete_preview delete;
	char *blocked = NULL;
	delete_preview_make(
		&facts->tree, act->all ? SNAPSHOT_TREE_NONE : facts->target, act->subtree, &delete);
	struct hv_uuid *ids = hv_realloc_array(NULL, delete.count, sizeof *ids);
	const char **names = hv_realloc_array(NULL, delete.count, sizeof *names);
	for (size_t i = 0; i < delete.count; i++) {
		ids[i] = facts->tree.nodes[delete.nodes[i]].snapshot->uuid;
		names[i] = facts->tree.nodes[delete.nodes[i]].snapshot->display_name;
	}
	preview->deleted = ids;
	preview->deleted_names = names;
	preview->deleted_count = delete.count;
	preview->reparented = (int64_t) delete.reparented;
	preview->merged_bytes = delete.merged_bytes;
	preview->deletes_current = delete.deletes_current;
	if (delete.new_current != SNAPSHOT_TREE_NONE &&
		facts->tree.nodes[delete.new_current].snapshot) {
		preview->new_current = facts->tree.nodes[delete.new_current].snapshot->uuid;
	}
	if (!preview->refusal && delete.count == 0) {
		preview->refusal = "the VM has no snapshots to delete";
	} else if (!preview->refusal && delete.blocked > 0) {
		blocked = hv_sprintf("%zu of these %zu snapshots cannot be deleted in the state "
				     "that they are in",
			delete.blocked, delete.count);
		preview->refusal = blocked;
	}
	const struct hv_preview *value = hv_preview_new(preview);
	free(blocked);
	free(ids);
	free(names);
	delete_preview_clear(&delete);
	return value;
}

/* X4: the memory snapshots go, children before parents, as a delete of them would. */
static const struct hv_preview *scale_value(struct hv_backend *backend, const struct hv_act *act,
	const struct facts *facts, struct hv_preview *preview)
{
	struct service_offering offering = {0};
	const char *wanted = act->offering ? act->offering : "";
	if (backend->store->ops->offering_by_name(backend->store, wanted, &offering, NULL) != HV_OK &&
		!preview->refusal) {
		preview->refusal = "there is no such offering";
	}
	service_offering_clear(&offering);
	struct hv_uuid *ids = hv_realloc_array(NULL, facts->tree.count, sizeof *ids);
	const char **names = hv_realloc_array(NULL, facts->tree.count, sizeof *names);
	for (size_t i = facts->tree.count; i-- > 0;) {
		const struct snapshot *snapshot = facts->tree.nodes[i].snapshot;
		if (snapshot && snapshot->type == SNAPSHOT_DISK_AND_MEMORY) {
			ids[preview->deleted_count] = snapshot->uuid;
			names[preview->deleted_count++] = snapshot->display_name;
			preview->merged_bytes += snapshot->size_bytes;
		}
	}
	preview->deleted = ids;
	preview->deleted_names = names;
	const struct hv_preview *value = hv_preview_new(preview);
	free(ids);
	free(names);
	return value;
}

/* D6: all that goes with the VM. */
static const struct hv_preview *destroy_value(const struct facts *facts, struct hv_preview *preview)
{
	struct hv_uuid *ids = hv_realloc_array(NULL, facts->tree.count, sizeof *ids);
	const char **names = hv_realloc_array(NULL, facts->tree.count, sizeof *names);
	for (size_t i = 0; i < facts->tree.count; i++) {
		const struct snapshot *snapshot = facts->tree.nodes[i].snapshot;
		if (snapshot) {
			ids[preview->deleted_count] = snapshot->uuid;
			names[preview->deleted_count++] = snapshot->display_name;
		}
	}
	preview->deleted = ids;
	preview->deleted_names = names;
	preview->state_after = VM_DESTROYED;
	const struct hv_preview *value = hv_preview_new(preview);
	free(ids);
	free(names);
	return value;
}

/* What the act may take on the host, as far as it can be told before; 0: nothing worth a word. */
static int64_t space_of(struct hv_backend *backend, const struct hv_act *act, const struct facts *facts)
{
	if (act->kind == OPERATION_CREATE_SNAPSHOT) {
		return LEAST_SPACE_BYTES + (act->type == SNAPSHOT_DISK_AND_MEMORY ? facts->vm.memory_bytes : 0);
	}
	if (act->kind == OPERATION_CREATE_VOLUME_SNAPSHOT) {
		return volumes_chain_bytes(backend, facts->vm.id, &act->volume);
	}
	struct delete_preview delete = {0};
	if (act->kind == OPERATION_DELETE_SNAPSHOT) { /* a merge writes, before it can let go of what it has merged */
		delete_preview_make(
			&facts->tree, act->all ? SNAPSHOT_TREE_NONE : facts->target, act->subtree, &delete);
	}
	int64_t merged = delete.merged_bytes;
	delete_preview_clear(&delete);
	return merged;
}

static const struct hv_preview *make(
	struct hv_backend *backend, const struct hv_act *act, const struct facts *facts)
{
	HV_CLEANUP_FREE char *refusal = refusal_of(backend, act, facts);
	struct hv_preview preview = {
		.kind = act->kind,
		.vm = facts->vm.uuid,
		.target = act->snapshot,
		.lost_bytes = -1,
		.state_before = facts->vm.state,
		.state_after = facts->vm.state,
		.current = current_of(facts),
		.refusal = refusal,
	};
	const char *low_space = risk_sentence(RISK_LOW_SPACE);
	bool target = act->kind != OPERATION_DELETE_SNAPSHOT || act->all || is_tracked(facts);
	if (target && facts->host.free_bytes > 0 && facts->host.free_bytes < space_of(backend, act, facts)) {
		preview.risks = &low_space;
		preview.risk_count = 1;
	}
	if (act->kind == OPERATION_REVERT_SNAPSHOT && is_tracked(facts)) {
		preview.risk_count = 0; /* it weighs its own */
		return revert_value(backend, act, facts, &preview);
	}
	if (act->kind == OPERATION_DELETE_SNAPSHOT && (act->all || is_tracked(facts))) {
		return delete_value(act, facts, &preview);
	}
	if (act->kind == OPERATION_SCALE_VM) {
		return scale_value(backend, act, facts, &preview);
	}
	if (act->kind == OPERATION_DESTROY_VM) {
		return destroy_value(facts, &preview);
	}
	return hv_preview_new(&preview);
}

void handle_preview(struct hv_backend *backend, const struct request *request)
{
	struct facts facts = {0};
	struct hv_error error = {0};
	if (facts_read(backend, &request->act, &facts, &error) != HV_OK) {
		publish_refusal(backend, request->ticket, &error);
	} else {
		struct hv_event *event = event_new(HV_EVENT_PREVIEW);
		event->ticket = request->ticket;
		event->preview = make(backend, &request->act, &facts);
		events_add(backend->events, event);
	}
	facts_clear(&facts);
}
