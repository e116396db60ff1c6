/* The trees of many VMs, one after the other, read a window at a time: memory does not grow with the fleet. */
#ifndef HV_TUI_BATCH_FEED_H
#define HV_TUI_BATCH_FEED_H

#include "tui/batch/session.h"

#define FEED_WINDOW 256

struct feed {
	struct session *session;
	const struct hv_vm *const *vms;
	size_t count;
	size_t first, end; /* of the window, indexes in vms */
	const struct hv_tree *trees[FEED_WINDOW];
};

void feed_init(struct feed *feed, struct session *session, const struct hv_vm *const *vms, size_t count);
void feed_clear(struct feed *feed);
/** The tree of vms[index], valid until the next call; NULL when the VM is gone. Indexes must not go down. */
enum hv_status feed_tree(struct feed *feed, size_t index, const struct hv_tree **ret_tree,
	struct hv_error *err) HV_MUST_CHECK;

#endif
