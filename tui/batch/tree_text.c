#include "tui/batch/tree_text.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tui/batch/table.h"

enum line { LINE_CHILD, LINE_LAST, LINE_DOWN, LINE_BLANK, LINE_COUNT };

static const char *const lines_utf8[LINE_COUNT] = {
	[LINE_CHILD] = "\xE2\x94\x9C\xE2\x94\x80 ",
	[LINE_LAST] = "\xE2\x94\x94\xE2\x94\x80 ",
	[LINE_DOWN] = "\xE2\x94\x82  ",
	[LINE_BLANK] = "   ",
};
static const char *const lines_ascii[LINE_COUNT] = {
	[LINE_CHILD] = "|- ",
	[LINE_LAST] = "`- ",
	[LINE_DOWN] = "|  ",
	[LINE_BLANK] = "   ",
};

void tree_text_init(struct tree_text *text, struct output *output)
{
	struct hv_clock clock = hv_clock_system();
	*text = (struct tree_text){
		.output = output, .utf8 = locale_is_utf8(), .now_us = hv_clock_wall_us(&clock)};
}

void tree_text_clear(struct tree_text *text)
{
	free(text->open);
	text->open = NULL;
	text->capacity = 0;
}

static void put(struct tree_text *text, enum line line)
{
	output_puts(text->output, (text->utf8 ? lines_utf8 : lines_ascii)[line]);
}

static void put_name(struct tree_text *text, const char *name)
{
	HV_CLEANUP_FREE char *safe = printable(name);
	output_puts(text->output, safe);
}

void tree_text_group(struct tree_text *text, const char *name)
{
	put_name(text, name);
	output_puts(text->output, "\n");
}

void tree_text_host(struct tree_text *text, const struct hv_host *host, bool last)
{
	char age[16];
	put(text, last ? LINE_LAST : LINE_CHILD);
	put_name(text, host->name);
	output_printf(text->output, "  %s", host_state_name(host->state));
	if (host->seen_us > 0) {
		output_printf(text->output, ", seen %s ago", hv_format_age(text->now_us - host->seen_us, age));
	}
	if (host->reason) {
		output_puts(text->output, ": ");
		put_name(text, host->reason);
	}
	output_puts(text->output, "\n");
}

/* ---- the snapshots of one VM ---- */

struct place {
	bool host_last, vm_last;
};

/* The lines left of a row at `depth` in the VM's tree, up to its own branch. */
static void put_indent(struct tree_text *text, struct place place, size_t depth)
{
	size_t first = depth > TREE_TEXT_LEVELS ? depth - TREE_TEXT_LEVELS : 0;
	put(text, place.host_last ? LINE_BLANK : LINE_DOWN);
	put(text, place.vm_last ? LINE_BLANK : LINE_DOWN);
	if (first > 0) {
		output_printf(text->output, "(+%zu) ", first);
	}
	for (size_t level = first; level < depth; level++) {
		put(text, text->open[level] ? LINE_DOWN : LINE_BLANK);
	}
}

static void set_open(struct tree_text *text, size_t depth, bool open)
{
	while (depth >= text->capacity) {
		HV_GROW(text->open, text->capacity, text->capacity);
	}
	text->open[depth] = open;
}

static void put_now(struct tree_text *text, struct place place, size_t depth, bool last, enum vm_state state)
{
	put_indent(text, place, depth);
	put(text, last ? LINE_LAST : LINE_CHILD);
	output_printf(text->output, "now  %s\n", vm_state_name(state));
}

static void put_node(struct tree_text *text, struct place place, const struct hv_node *node)
{
	char age[16], size[16];
	put_indent(text, place, (size_t)node->depth);
	put(text, node->last_child ? LINE_LAST : LINE_CHILD);
	put_name(text, node->name);
	output_printf(text->output, "%s  %s  %s  %s", node->current ? " *" : "",
		node->untracked ? "untracked" : snapshot_state_name(node->state),
		node->untracked ? checkpoint_kind_name(node->kind) : snapshot_type_name(node->type),
		hv_format_age(text->now_us - node->created_us, age));
	if (node->size_bytes > 0) {
		output_printf(text->output, "  %s", hv_format_bytes(node->size_bytes, size));
	}
	output_puts(text->output, node->orphan ? "  orphan\n" : "\n");
}

static void put_tree(struct tree_text *text, struct place place, const struct hv_tree *tree, enum vm_state state)
{
	if (tree->problem) {
		put_indent(text, place, 0);
		put_name(text, tree->problem);
		output_puts(text->output, "\n");
	}
	if (tree->current < 0 && tree->count > 0) {
		put_now(text, place, 0, false, state);
	}
	for (size_t i = 0; i < tree->count; i++) {
		const struct hv_node *node = &tree->nodes[i];
		size_t depth = (size_t)node->depth;
		put_node(text, place, node);
		set_open(text, depth, !node->last_child);
		if (tree->current >= 0 && (size_t)tree->current == i) {
			bool has_children = i + 1 < tree->count && tree->nodes[i + 1].depth > node->depth;
			put_now(text, place, depth + 1, !has_children, state);
		}
	}
}

void tree_text_vm(struct tree_text *text, const struct hv_vm *vm, const struct hv_tree *tree, bool host_last,
	bool last)
{
	struct place place = {host_last, last};
	put(text, host_last ? LINE_BLANK : LINE_DOWN);
	put(text, last ? LINE_LAST : LINE_CHILD);
	put_name(text, vm->name);
	output_printf(text->output, "  %s  %" PRId64 " snapshot%s", vm->missing ? "missing" : vm_state_name(vm->state),
		vm->snapshots, vm->snapshots == 1 ? "" : "s");
	if (vm->untracked > 0) {
		output_printf(text->output, ", %" PRId64 " untracked", vm->untracked);
	}
	output_puts(text->output, "\n");
	if (tree) {
		put_tree(text, place, tree, vm->state);
	}
}
