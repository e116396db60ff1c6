#include "tui/state/model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tui/state/border.h"
#include "tui/state/model_filter.h"

static const struct hv_uuid nil;

void model_init(struct model *model)
{
	*model = (struct model){0};
	row_node_init(&model->root, ROW_ROOT, &nil, "");
	row_node_init(&model->limbo, ROW_ROOT, &nil, "");
	model->root.open = true;
	model->limbo.open = true;
}

struct group_entry *group_of(struct row_node *node)
{
	assert(node->kind == ROW_GROUP);
	return (struct group_entry *)(void *)node;
}

struct host_entry *host_of(struct row_node *node)
{
	assert(node->kind == ROW_HOST);
	return (struct host_entry *)(void *)node;
}

struct vm_entry *vm_of(struct row_node *node)
{
	assert(node->kind == ROW_VM);
	return (struct vm_entry *)(void *)node;
}

static struct row_node *find(struct row_node *hash, const struct hv_uuid *uuid)
{
	struct row_node *node = NULL;
	HASH_FIND(hh, hash, uuid, sizeof *uuid, node);
	return node;
}

struct host_entry *model_host(const struct model *model, const struct hv_uuid *uuid)
{
	struct row_node *node = find(model->hosts, uuid);
	return node ? host_of(node) : NULL;
}

struct vm_entry *model_vm(const struct model *model, const struct hv_uuid *uuid)
{
	struct row_node *node = find(model->vms, uuid);
	return node ? vm_of(node) : NULL;
}

struct host_entry *model_vm_host(const struct vm_entry *vm)
{
	struct row_node *owner = vm->node.owner;
	return owner && owner->kind == ROW_HOST ? host_of(owner) : NULL;
}

struct group_entry *model_group_of(struct row_node *node)
{
	while (node && node->kind != ROW_GROUP) {
		node = node->owner;
	}
	return node ? group_of(node) : NULL;
}

bool model_is_linked(const struct model *model, const struct row_node *node)
{
	return row_node_is_within(node, &model->root);
}

const struct hv_node *model_tree_node(const struct hv_tree *tree, const struct hv_uuid *id)
{
	for (size_t i = 0; tree && i < tree->count; i++) {
		if (hv_uuid_equal(&tree->nodes[i].id, id)) {
			return &tree->nodes[i];
		}
	}
	return NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* ---- groups ---- */

static struct group_entry *group_for(struct model *model, const char *name)
{
	struct hv_uuid uuid = hv_uuid_from_text(name);
	struct row_node *node = find(model->groups, &uuid);
	if (node) {
		return group_of(node);
	}
	struct group_entry *group = hv_alloc(sizeof *group);
	group->name = hv_strdup(name);
	row_node_init(&group->node, ROW_GROUP, &uuid, group->name);
	group->node.open = true;
	group->node.wanted = model_wants_group(model, group);
	row_node_insert(&model->root, &group->node);
	struct row_node *added = &group->node;
	HASH_ADD(hh, model->groups, uuid, sizeof added->uuid, added);
	return group;
}

static void group_free(struct model *model, struct group_entry *group)
{
	HASH_DELETE(hh, model->groups, &group->node);
	free(group->name);
	free(group);
}

static void drop_empty_group(struct model *model, struct group_entry *group)
{
	if (group->hosts > 0) {
		return;
	}
	if (model->leaving) {
		model->leaving(model->context, &group->node);
	}
	row_node_remove(&group->node);
	group_free(model, group);
}

/* ---- hosts ---- */

/* When a host that is up was heard last is not shown: its pings draw nothing. */
static bool host_same(const struct hv_host *a, const struct hv_host *b)
{
	return a->state == b->state && (a->seen_us == b->seen_us || b->state == HOST_UP) && a->retry_us == b->retry_us &&
	       a->free_bytes == b->free_bytes && a->stop_policy == b->stop_policy && same_text(a->name, b->name) && same_text(a->group, b->group) &&
	       same_text(a->address, b->address) && same_text(a->version, b->version) &&
	       same_text(a->reason, b->reason) && same_text(a->transport, b->transport);
}

static void host_link(struct model *model, struct host_entry *host)
{
	struct group_entry *group = group_for(model, host->host->group ? host->host->group : "");
	group->hosts++;
	group->vms += host->vms;
	row_node_insert(&group->node, &host->node);
}

static void host_unlink(struct model *model, struct host_entry *host)
{
	struct group_entry *group = group_of(host->node.owner);
	group->hosts--;
	group->vms -= host->vms;
	row_node_remove(&host->node);
	drop_empty_group(model, group);
}

static void vm_unlink(struct vm_entry *vm)
{
	struct host_entry *host = model_vm_host(vm);
	if (host) {
		struct group_entry *group = model_group_of(&host->node);
		host->vms--;
		if (group) {
			group->vms--;
		}
	}
	row_node_remove(&vm->node);
}

static void vm_link(struct model *model, struct vm_entry *vm)
{
	struct host_entry *host = model_host(model, &vm->vm->host);
	if (!host) {
		row_node_insert(&model->limbo, &vm->node);
		return;
	}
	struct group_entry *group = model_group_of(&host->node);
	host->vms++;
	if (group) {
		group->vms++;
	}
	row_node_insert(&host->node, &vm->node);
}

void model_relink_vm(struct model *model, struct vm_entry *vm)
{
	vm_unlink(vm);
	model_rank_vm(model, vm);
	vm_link(model, vm);
}

/* VMs that were heard of before their host. */
static void host_adopt(struct model *model, struct host_entry *host)
{
	struct row_node *node = row_node_first(&model->limbo);
	while (node) {
		struct row_node *next = row_node_next(node);
		struct vm_entry *vm = vm_of(node);
		if (hv_uuid_equal(&vm->vm->host, &host->node.uuid)) {
			vm_unlink(vm);
			vm_link(model, vm);
		}
		node = next;
	}
}

static enum model_change host_add(struct model *model, const struct hv_host *take_host)
{
	struct host_entry *host = hv_alloc(sizeof *host);
	host->host = take_host;
	row_node_init(&host->node, ROW_HOST, &take_host->uuid, take_host->name);
	struct row_node *added = &host->node;
	HASH_ADD(hh, model->hosts, uuid, sizeof added->uuid, added);
	model->host_count++;
	model->hosts_up += take_host->state == HOST_UP ? 1 : 0;
	host_link(model, host);
	model_review_host(model, host);
	host_adopt(model, host);
	return MODEL_MOVED;
}

/* The new group first: so a group that loses its only host to a renamed one does not take the cursor away early. */
static void host_move(struct model *model, struct host_entry *host, const struct hv_host *take_host)
{
	struct group_entry *from = group_of(host->node.owner);
	const struct hv_host *old = host->host;
	from->hosts--;
	from->vms -= host->vms;
	row_node_remove(&host->node);
	host->host = take_host;
	host->node.name = take_host->name;
	host_link(model, host);
	model_review_host(model, host);
	hv_host_unref(old);
	drop_empty_group(model, from);
}

enum model_change model_put_host(struct model *model, const struct hv_host *value)
{
	const struct hv_host *clean = border_host(value);
	struct host_entry *host = model_host(model, &clean->uuid);
	if (!host) {
		return host_add(model, clean);
	}
	const struct hv_host *old = host->host;
	model->hosts_up += clean->state == HOST_UP ? 1 : 0;
	model->hosts_up -= old->state == HOST_UP ? 1 : 0;
	if (!same_text(old->name, clean->name) || !same_text(old->group, clean->group)) {
		host_move(model, host, clean);
		return MODEL_MOVED;
	}
	enum model_change change = host_same(old, clean) ? MODEL_SAME : MODEL_UPDATED;
	host->host = clean;
	host->node.name = clean->name;
	hv_host_unref(old);
	if (change == MODEL_UPDATED) {
		model_review_host(model, host);
	}
	return change;
}

static void host_free(struct model *model, struct host_entry *host)
{
	HASH_DELETE(hh, model->hosts, &host->node);
	model->host_count--;
	model->hosts_up -= host->host->state == HOST_UP ? 1 : 0;
	hv_host_unref(host->host);
	free(host);
}

void model_remove_host(struct model *model, const struct hv_uuid *uuid)
{
	struct host_entry *host = model_host(model, uuid);
	if (!host) {
		return;
	}
	if (model->leaving) {
		model->leaving(model->context, &host->node);
	}
	struct row_node *node;
	while ((node = host->node.children) != NULL) {
		vm_unlink(vm_of(node));
		row_node_insert(&model->limbo, node);
	}
	host_unlink(model, host);
	host_free(model, host);
}

/* ---- VMs ---- */

static bool vm_same(const struct hv_vm *a, const struct hv_vm *b)
{
	return a->state == b->state && a->power_state == b->power_state && a->cpus == b->cpus &&
	       a->memory_bytes == b->memory_bytes && a->snapshots == b->snapshots &&
	       a->snapshots_on_host == b->snapshots_on_host && a->snapshot_limit == b->snapshot_limit &&
	       a->snapshots_enabled == b->snapshots_enabled && a->untracked == b->untracked &&
	       a->chain == b->chain && a->delta_bytes == b->delta_bytes && a->oldest_us == b->oldest_us &&
	       a->missing == b->missing && a->unregistered == b->unregistered && a->exporting == b->exporting &&
	       a->export_state == b->export_state && a->export_percent == b->export_percent && hv_uuid_equal(&a->operation, &b->operation) &&
	       same_text(a->offering, b->offering) && same_text(a->account, b->account) &&
	       same_text(a->domain, b->domain);
}

static enum model_change vm_add(struct model *model, const struct hv_vm *take_vm)
{
	struct vm_entry *vm = hv_alloc(sizeof *vm);
	vm->vm = take_vm;
	row_node_init(&vm->node, ROW_VM, &take_vm->uuid, take_vm->name);
	struct row_node *added = &vm->node;
	HASH_ADD(hh, model->vms, uuid, sizeof added->uuid, added);
	model->vm_count++;
	model->wanted_vms++;
	model->snapshot_count += take_vm->snapshots;
	model_rank_vm(model, vm);
	vm_link(model, vm);
	model_review_vm(model, vm);
	return MODEL_MOVED;
}

/* A VM that goes where it cannot be seen takes nobody with it. */
static void vm_move(struct model *model, struct vm_entry *vm, const struct hv_vm *take_vm)
{
	const struct hv_vm *old = vm->vm;
	if (!model_host(model, &take_vm->host) && model->leaving) {
		model->leaving(model->context, &vm->node);
	}
	vm_unlink(vm);
	vm->vm = take_vm;
	vm->node.name = take_vm->name;
	model_rank_vm(model, vm);
	vm_link(model, vm);
	model_review_vm(model, vm);
	hv_vm_unref(old);
}

enum model_change model_put_vm(struct model *model, const struct hv_vm *value)
{
	const struct hv_vm *clean = border_vm(value);
	struct vm_entry *vm = model_vm(model, &clean->uuid);
	if (!vm) {
		return vm_add(model, clean);
	}
	const struct hv_vm *old = vm->vm;
	model->snapshot_count += clean->snapshots - old->snapshots;
	bool moves = !same_text(old->name, clean->name) || !hv_uuid_equal(&old->host, &clean->host) ||
		     model_rank_of(&model->filter, clean) != vm->node.rank;
	if (moves) {
		vm_move(model, vm, clean);
		return MODEL_MOVED;
	}
	enum model_change change = vm_same(old, clean) ? MODEL_SAME : MODEL_UPDATED;
	vm->vm = clean;
	vm->node.name = clean->name;
	hv_vm_unref(old);
	if (change == MODEL_UPDATED) {
		model_review_vm(model, vm);
	}
	return change;
}

static void vm_free(struct model *model, struct vm_entry *vm)
{
	HASH_DELETE(hh, model->vms, &vm->node);
	model->vm_count--;
	model->wanted_vms -= vm->node.wanted ? 1 : 0;
	model->snapshot_count -= vm->vm->snapshots;
	hv_vm_unref(vm->vm);
	hv_tree_unref(vm->tree);
	leaves_clear(&vm->leaves);
	free(vm);
}

void model_remove_vm(struct model *model, const struct hv_uuid *uuid)
{
	struct vm_entry *vm = model_vm(model, uuid);
	if (!vm) {
		return;
	}
	if (model->leaving) {
		model->leaving(model->context, &vm->node);
	}
	vm_unlink(vm);
	vm_free(model, vm);
}

const struct hv_tree *model_set_tree(struct model *model, struct vm_entry *vm, const struct hv_tree *take_tree)
{
	const struct hv_tree *old = vm->tree;
	vm->tree = take_tree;
	model_make_leaves(model, vm, old);
	model_review_vm(model, vm);
	return old;
}

/* ---- everything ---- */

void model_clear(struct model *model)
{
	model->leaving = NULL;
	model->operation_leaving = NULL;
	model->remade = NULL;
	struct row_node *node, *next;
	HASH_ITER(hh, model->vms, node, next) {
		vm_free(model, vm_of(node));
	}
	HASH_ITER(hh, model->hosts, node, next) {
		host_free(model, host_of(node));
	}
	HASH_ITER(hh, model->groups, node, next) {
		group_free(model, group_of(node));
	}
	for (size_t i = 0; i < model->operation_count; i++) {
		HASH_DELETE(hh, model->operation_by_uuid, model->operations[i]);
		hv_operation_unref(model->operations[i]->operation);
		free(model->operations[i]);
	}
	free(model->operations);
	model_init(model);
}
