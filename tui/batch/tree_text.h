/* Draws the hierarchy as text: one line a row, lines in UTF-8 or ASCII. Linear in the rows, however deep a chain is. */
#ifndef HV_TUI_BATCH_TREE_TEXT_H
#define HV_TUI_BATCH_TREE_TEXT_H

#include "tui/batch/output.h"

/* Deeper levels are not indented further; their rows say how many levels are left out. */
#define TREE_TEXT_LEVELS 24

struct tree_text {
	struct output *output;
	bool utf8;
	int64_t now_us;
	bool *open;      /* per depth: whether a line goes on below to the next sibling */
	size_t capacity;
};

void tree_text_init(struct tree_text *text, struct output *output);
void tree_text_clear(struct tree_text *text);

void tree_text_group(struct tree_text *text, const char *name);
void tree_text_host(struct tree_text *text, const struct hv_host *host, bool last);
/** `last`: of its host, whose own `last` is `host_last`. `tree` NULL: a VM without snapshots. */
void tree_text_vm(struct tree_text *text, const struct hv_vm *vm, const struct hv_tree *tree, bool host_last,
	bool last);

#endif
