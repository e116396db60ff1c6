/* What was read of a picture. */
#ifndef HV_TUI_OFFLINE_PICTURE_PRIVATE_H
#define HV_TUI_OFFLINE_PICTURE_PRIVATE_H

#include "tui/offline/picture.h"

struct picture {
	int64_t written_us;
	struct hv_event **events; /* to be told, from `told` on */
	size_t event_count, event_capacity, told;
	const struct hv_tree **trees; /* by VM, once all is read; so are VMs and hosts by their ids */
	size_t tree_count, tree_capacity;
	const struct hv_vm **vms;
	size_t vm_count, vm_capacity;
	const struct hv_host **hosts;
	size_t host_count, host_capacity;
	struct hv_snapshot *snapshots; /* of all trees, oldest first, made when first asked for; strings are the trees' */
	size_t snapshot_count;
	size_t lines;
	bool whole; /* the last line was there */
};

/** To be told after all that waits; takes what the event holds. */
void picture_tell(struct picture *picture, struct hv_event event);

#endif
