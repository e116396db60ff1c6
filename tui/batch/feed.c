#include "tui/batch/feed.h"

void feed_init(struct feed *feed, struct session *session, const struct hv_vm *const *vms, size_t count)
{
	*feed = (struct feed){.session = session, .vms = vms, .count = count};
}

void feed_clear(struct feed *feed)
{
	for (size_t i = 0; i < feed->end - feed->first; i++) {
		hv_tree_unref(feed->trees[i]);
	}
	feed->first = feed->end = 0;
}

enum hv_status feed_tree(struct feed *feed, size_t index, const struct hv_tree **ret_tree, struct hv_error *err)
{
	if (index < feed->first || index >= feed->end) {
		struct hv_uuid ids[FEED_WINDOW];
		size_t length = feed->count - index < FEED_WINDOW ? feed->count - index : FEED_WINDOW;
		feed_clear(feed);
		for (size_t i = 0; i < length; i++) {
			ids[i] = feed->vms[index + i]->uuid;
		}
		enum hv_status status = session_trees(feed->session, ids, length, feed->trees, err);
		if (status != HV_OK) {
			return status;
		}
		feed->first = index;
		feed->end = index + length;
	}
	*ret_tree = feed->trees[index - feed->first];
	return HV_OK;
}
