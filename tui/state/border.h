/*
 * The console's border: whatever text a host or a user wrote is made harmless here, once, when it enters the model, and
 * views draw it as it is. A value whose text is clean already, nearly every one, is kept and not copied.
 */
#ifndef HV_TUI_STATE_BORDER_H
#define HV_TUI_STATE_BORDER_H

#include "backend/backend.h"

/* Each returns a reference that the caller owns: to `from` itself, or to a clean copy. */
const struct hv_host *border_host(const struct hv_host *from);
const struct hv_vm *border_vm(const struct hv_vm *from);
const struct hv_tree *border_tree(const struct hv_tree *from);
const struct hv_operation *border_operation(const struct hv_operation *from);
const struct hv_preview *border_preview(const struct hv_preview *from);
const struct hv_snapshot_page *border_page(const struct hv_snapshot_page *from);
const struct hv_question *border_question(const struct hv_question *from);

/** What may be typed or pasted into a field: line ends and tabs as blanks, everything else that is not printable left
 * out. Caller frees. */
char *border_input(const char *text);

#endif
