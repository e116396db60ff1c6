#include "backend/domain/vm_summary.h"

#include "backend/domain/snapshot_tree.h"

static int64_t chain_of(const struct snapshot_list *snapshots, const struct checkpoint_list *untracked,
	const struct hv_uuid *host_current)
{
	struct snapshot_tree tree = {0};
	if (snapshots->count + untracked->count == 0 ||
		snapshot_tree_build(snapshots, untracked, host_current, &tree, NULL) != HV_OK) {
		return 0;
	}
	int64_t chain =
		tree.current == SNAPSHOT_TREE_NONE ? 0 : (int64_t)tree.nodes[tree.current].depth + 1;
	snapshot_tree_clear(&tree);
	return chain;
}

struct vm_summary vm_summary_of(const struct snapshot_list *snapshots, const struct checkpoint_list *untracked,
	const struct hv_uuid *host_current)
{
	struct vm_summary summary = {
		.snapshots = (int64_t)snapshots->count,
		.chain = chain_of(snapshots, untracked, host_current),
	};
	for (size_t i = 0; i < snapshots->count; i++) {
		const struct snapshot *snapshot = &snapshots->items[i];
		summary.on_host += snapshot_is_on_host(snapshot->state) ? 1 : 0;
		summary.delta_bytes += snapshot->size_bytes;
		if (summary.oldest_us == 0 || snapshot->created_us < summary.oldest_us) {
			summary.oldest_us = snapshot->created_us;
		}
	}
	return summary;
}
