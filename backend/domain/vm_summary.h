/* What the closed row of a VM says about its snapshots (U1, Q2), so that nobody reads them all to draw it. */
#ifndef HV_DOMAIN_VM_SUMMARY_H
#define HV_DOMAIN_VM_SUMMARY_H

#include "backend/domain/snapshot.h"
#include "backend/domain/virtual_machine.h"

/** Of the VM's live rows and untracked checkpoints; `host_current` as in snapshot_tree_build(). No text of a row is
 * used. Rows that make no tree have no chain. */
struct vm_summary vm_summary_of(const struct snapshot_list *snapshots, const struct checkpoint_list *untracked,
	const struct hv_uuid *host_current);

#endif
