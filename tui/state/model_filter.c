/* What of the fleet is shown: by the words of the filter, by need, by having snapshots; and in which order. */
#include "tui/state/model_filter.h"

#include <stdlib.h>

/* ---- order ---- */

int64_t model_rank_of(const struct model_filter *filter, const struct hv_vm *vm)
{
	int64_t rank = 0;
	switch (filter->sort) {
	case MODEL_SORT_AGE: /* the oldest snapshot first; what has none comes last */
		rank = vm->oldest_us > 0 ? vm->oldest_us - INT64_MAX : 0;
		break;
	case MODEL_SORT_SIZE:
		rank = -vm->delta_bytes;
		break;
	case MODEL_SORT_SNAPSHOTS:
		rank = -vm->snapshots;
		break;
	case MODEL_SORT_CHAIN:
		rank = -vm->chain;
		break;
	case MODEL_SORT_NAME:
	case MODEL_SORT_COUNT:
		break;
	}
	return filter->reversed ? -rank : rank;
}

void model_rank_vm(const struct model *model, struct vm_entry *vm)
{
	vm->node.rank = model_rank_of(&model->filter, vm->vm);
	vm->node.reversed = model->filter.reversed;
}

/* ---- what is wanted ---- */

bool model_is_narrowed(const struct model *model)
{
	return model->filter.terms != NULL || model->filter.problems;
}

const char *model_vm_problem(const struct model *model, const struct vm_entry *vm)
{
	const struct hv_vm *value = vm->vm;
	const struct hv_operation *operation = model_vm_operation(model, vm);
	const struct {
		bool is;
		const char *what;
	} problems[] = {
		{value->state == VM_ERROR, "it is in error"},
		{value->state == VM_UNKNOWN, "its state is unknown"},
		{value->missing, "its host does not report it"},
		{operation && operation->unknown, "the outcome of an operation is unknown"},
		{vm->tree && vm->tree->problem, "its snapshots make no tree"},
		{value->chain > model->chain_warn, "its chain is long"},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(problems); i++) {
		if (problems[i].is) {
			return problems[i].what;
		}
	}
	return NULL;
}

bool model_matches_node(const struct model *model, const struct vm_entry *vm, const struct hv_node *node)
{
	struct term_subject subject;
	const struct host_entry *host = model_vm_host(vm);
	if (!model->filter.terms) {
		return false;
	}
	terms_node(node, vm->vm, host ? host->host : NULL, model->filter.now_us, &subject);
	return terms_match_itself(model->filter.terms, &subject);
}

static bool vm_matches(const struct model *model, const struct vm_entry *vm)
{
	struct term_subject subject;
	const struct host_entry *host = model_vm_host(vm);
	terms_vm(vm->vm, host ? host->host : NULL, model->filter.now_us, &subject);
	return terms_match(model->filter.terms, &subject);
}

static bool wants_vm(const struct model *model, const struct vm_entry *vm)
{
	const struct model_filter *filter = &model->filter;
	if (filter->no_bare && vm->vm->snapshots + vm->vm->untracked == 0) {
		return false;
	}
	if (filter->problems && !model_vm_problem(model, vm)) {
		return false;
	}
	return !filter->terms || vm->matches || vm->hits > 0;
}

static bool wants_host(const struct model *model, const struct host_entry *host)
{
	const struct model_filter *filter = &model->filter;
	if (filter->problems && host->host->state != HOST_LOST) {
		return false;
	}
	if (!filter->terms) {
		return true;
	}
	struct term_subject subject;
	terms_host(host->host, &subject);
	return terms_match_itself(filter->terms, &subject);
}

bool model_wants_group(const struct model *model, const struct group_entry *group)
{
	(void)group;
	return !model_is_narrowed(model);
}

void model_review_host(struct model *model, struct host_entry *host)
{
	row_node_set_wanted(&host->node, wants_host(model, host));
}

/* What has just come into a narrowed tree is seen. */
static void open_above(const struct row_node *node)
{
	for (struct row_node *owner = node->owner; owner && owner->kind != ROW_ROOT; owner = owner->owner) {
		if (!owner->closed_by_user) {
			row_node_set_open(owner, true);
		}
	}
}

static void set_wanted(struct model *model, struct vm_entry *vm, bool wanted)
{
	if (vm->node.wanted == wanted) {
		return;
	}
	model->wanted_vms += wanted ? 1 : (size_t)-1;
	row_node_set_wanted(&vm->node, wanted);
	if (wanted && model_is_narrowed(model)) {
		open_above(&vm->node);
	}
}

void model_review_vm(struct model *model, struct vm_entry *vm)
{
	bool before = vm->matches;
	vm->matches = model->filter.terms && vm_matches(model, vm);
	if (vm->matches != before && vm->tree) {
		model_make_leaves(model, vm, vm->tree);
	}
	set_wanted(model, vm, wants_vm(model, vm));
}

void model_add_hits(struct model *model, struct vm_entry *vm, size_t hits)
{
	if (!vm->tree) { /* with a tree its own nodes are counted */
		vm->hits += hits;
	}
	set_wanted(model, vm, wants_vm(model, vm));
}

/* ---- rows beneath a VM ---- */

static bool *wanted_nodes(const struct model *model, struct vm_entry *vm)
{
	size_t count = vm->tree ? vm->tree->count : 0;
	if (!model->filter.terms || !vm->tree) {
		return NULL;
	}
	bool *wanted = hv_alloc((count + 1) * sizeof *wanted);
	vm->hits = 0;
	for (size_t i = 0; i < count; i++) {
		wanted[i] = model_matches_node(model, vm, &vm->tree->nodes[i]);
		vm->hits += wanted[i] ? 1 : 0;
	}
	if (vm->matches) {
		free(wanted);
		return NULL;
	}
	return wanted;
}

void model_make_leaves(struct model *model, struct vm_entry *vm, const struct hv_tree *old)
{
	bool *wanted = wanted_nodes(model, vm);
	bool fold = !vm->unfolded && !model_is_narrowed(model);
	leaves_make(&vm->leaves, vm->tree, wanted, fold);
	free(wanted);
	row_node_set_leaves(&vm->node, vm->leaves.count);
	if (model->remade) {
		model->remade(model->context, vm, old);
	}
}

/* ---- all of it ---- */

static void show_vm(struct model *model, struct vm_entry *vm, bool reorder)
{
	vm->hits = 0;
	vm->node.closed_by_user = false;
	vm->matches = model->filter.terms && vm_matches(model, vm);
	if (reorder) {
		model_relink_vm(model, vm);
	}
	if (vm->tree) {
		model_make_leaves(model, vm, vm->tree);
	}
	set_wanted(model, vm, wants_vm(model, vm));
}

void model_show(struct model *model, const struct model_filter *filter)
{
	bool reorder = filter->sort != model->filter.sort || filter->reversed != model->filter.reversed;
	struct row_node *node, *next;
	model->filter = *filter;
	HASH_ITER(hh, model->groups, node, next) {
		node->closed_by_user = false;
		row_node_set_wanted(node, model_wants_group(model, group_of(node)));
	}
	HASH_ITER(hh, model->hosts, node, next) {
		node->closed_by_user = false;
		model_review_host(model, host_of(node));
	}
	HASH_ITER(hh, model->vms, node, next) {
		show_vm(model, vm_of(node), reorder);
	}
}

static void open_shown(struct row_node *hash, bool was_narrowed)
{
	struct row_node *node, *next;
	HASH_ITER(hh, hash, node, next) {
		if (!was_narrowed) {
			node->kept_open = node->open;
		}
		row_node_set_open(node, node->shown_children > 0 && !node->closed_by_user);
	}
}

static void open_kept(struct row_node *hash)
{
	struct row_node *node, *next;
	HASH_ITER(hh, hash, node, next) {
		row_node_set_open(node, node->kept_open);
	}
}

void model_open_narrowed(struct model *model, bool was_narrowed)
{
	if (model_is_narrowed(model)) {
		open_shown(model->groups, was_narrowed);
		open_shown(model->hosts, was_narrowed);
	} else if (was_narrowed) {
		open_kept(model->groups);
		open_kept(model->hosts);
	}
}
