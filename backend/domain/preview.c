#include "backend/domain/preview.h"

#include <assert.h>
#include <stdlib.h>

#include "backend/base/clock.h"
#include "backend/base/memory.h"
#include "backend/base/attributes.h"

#define TRUST_AGE_US (30 * 24 * 3600 * HV_SECOND_US)

static bool has_untracked(const struct snapshot_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		if (tree->nodes[i].checkpoint) {
			return true;
		}
	}
	return false;
}

static size_t count_tracked(const struct snapshot_tree *tree)
{
	size_t tracked = 0;
	for (size_t i = 0; i < tree->count; i++) {
		tracked += tree->nodes[i].snapshot ? 1 : 0;
	}
	return tracked;
}

int64_t running_state_since_us(const struct snapshot_tree *tree, const struct virtual_machine *vm)
{
	if (tree->current == SNAPSHOT_TREE_NONE) {
		return 0;
	}
	const struct snapshot_tree_node *current = &tree->nodes[tree->current];
	int64_t taken_us = current->snapshot ? current->snapshot->created_us : current->checkpoint->created_us;
	return vm->running_since_us > taken_us ? vm->running_since_us : taken_us;
}

void revert_preview_make(const struct snapshot_tree *tree, size_t target, const struct virtual_machine *vm,
	bool memory_from_off, int64_t now_us, struct revert_preview *ret_preview)
{
	const struct snapshot *snapshot = tree->nodes[target].snapshot;
	bool memory = snapshot->type == SNAPSHOT_DISK_AND_MEMORY;
	bool running = vm->state == VM_RUNNING;
	int64_t age_us = now_us - snapshot->created_us;
	*ret_preview = (struct revert_preview){
		.target = target,
		.lost_since_us = running_state_since_us(tree, vm),
		.lost_bytes = -1,
		.kept_snapshots = count_tracked(tree),
		.state_before = vm->state,
		.state_after = memory ? VM_RUNNING : VM_STOPPED,
		.stops_first = !memory && running,
		.starts_first = memory && !running && !memory_from_off,
	};
	bool *risks = ret_preview->risks;
	risks[RISK_RUNNING_CUT_OFF] = running;
	risks[RISK_NO_WAY_BACK] = true; /* the running state itself is in no snapshot */
	risks[RISK_OLDER_THAN_30_DAYS] = age_us > TRUST_AGE_US;
	risks[RISK_OFFERING_CHANGES] = snapshot->offering_id != 0 && snapshot->offering_id != vm->offering_id;
	risks[RISK_UNTRACKED] = has_untracked(tree);
}

const char *risk_sentence(enum risk risk)
{
	static const char *const sentences[] = {
		[RISK_RUNNING_CUT_OFF] = "the VM is running: the guest is cut off, not shut down",
		[RISK_NO_WAY_BACK] = "the state of the VM now is in no snapshot: take one first to keep it",
		[RISK_OLDER_THAN_30_DAYS] =
			"older than 30 days: a Windows guest may lose its trust in the domain",
		[RISK_OFFERING_CHANGES] = "CPU and memory go back to what the snapshot recorded",
		[RISK_UNTRACKED] = "the VM has checkpoints that were made outside hvtree; they stay",
		[RISK_LOW_SPACE] = "the host's storage is nearly full",
	};
	static_assert(HV_ARRAY_LEN(sentences) == RISK_COUNT, "a sentence for every risk");
	return (size_t)risk < RISK_COUNT ? sentences[risk] : "?";
}

static bool can_be_expunged(enum snapshot_state state)
{
	return state == SNAPSHOT_READY || state == SNAPSHOT_ERROR || state == SNAPSHOT_EXPUNGING;
}

static size_t *nodes_to_delete(
	const struct snapshot_tree *tree, size_t target, bool subtree, size_t *ret_count)
{
	if (target != SNAPSHOT_TREE_NONE && subtree) {
		return snapshot_tree_subtree(tree, target, ret_count);
	}
	size_t *nodes = hv_realloc_array(NULL, tree->count, sizeof *nodes);
	size_t count = 0;
	if (target != SNAPSHOT_TREE_NONE) {
		nodes[count++] = target;
	} else {
		for (size_t i = tree->count; i-- > 0;) {
			if (tree->nodes[i].snapshot) {
				nodes[count++] = i;
			}
		}
	}
	*ret_count = count;
	return nodes;
}

/* D3 as far as it can be told beforehand: up from the current one to the first that stays. */
static size_t current_after(const struct snapshot_tree *tree, const bool *deleted)
{
	size_t at = tree->current;
	while (at != SNAPSHOT_TREE_NONE && deleted[at]) {
		at = tree->nodes[at].parent;
	}
	return at;
}

void delete_preview_make(const struct snapshot_tree *tree, size_t target, bool subtree,
	struct delete_preview *ret_preview)
{
	struct delete_preview preview = {0};
	bool *deleted = hv_alloc((tree->count + 1) * sizeof *deleted);
	preview.nodes = nodes_to_delete(tree, target, subtree, &preview.count);
	for (size_t i = 0; i < preview.count; i++) {
		const struct snapshot *snapshot = tree->nodes[preview.nodes[i]].snapshot;
		deleted[preview.nodes[i]] = true;
		preview.merged_bytes += snapshot->size_bytes;
		preview.blocked += can_be_expunged(snapshot->state) ? 0 : 1;
	}
	for (size_t i = 0; i < tree->count; i++) {
		size_t parent = tree->nodes[i].parent;
		if (!deleted[i] && parent != SNAPSHOT_TREE_NONE && deleted[parent]) {
			preview.reparented++;
		}
	}
	preview.deletes_current = tree->current != SNAPSHOT_TREE_NONE && deleted[tree->current];
	preview.new_current = current_after(tree, deleted);
	free(deleted);
	*ret_preview = preview;
}

void delete_preview_clear(struct delete_preview *preview)
{
	free(preview->nodes);
	*preview = (struct delete_preview){0};
}
