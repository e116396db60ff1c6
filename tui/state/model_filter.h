/* What of the model is shown and in which order, for the sources of the model alone. */
#ifndef HV_TUI_STATE_MODEL_FILTER_H
#define HV_TUI_STATE_MODEL_FILTER_H

#include "tui/state/model.h"

/* model_filter.c */
int64_t model_rank_of(const struct model_filter *filter, const struct hv_vm *vm);
/** Where it sorts; it must not be linked. */
void model_rank_vm(const struct model *model, struct vm_entry *vm);
/** Its value has changed: does the filter still want it? */
void model_review_vm(struct model *model, struct vm_entry *vm);
void model_review_host(struct model *model, struct host_entry *host);
bool model_wants_group(const struct model *model, const struct group_entry *group);

/* model.c */
void model_relink_vm(struct model *model, struct vm_entry *vm);

#endif
