/*
 * What the console knows: groups, hosts, VMs, the trees of opened VMs, and operations, each found by uuid and, for the
 * tree, by row. Fed by events in any order; every text in it has passed the border.
 *
 * A VM whose host is not known (yet, or any more) is kept, shown nowhere, and comes up with its host.
 */
#ifndef HV_TUI_STATE_MODEL_H
#define HV_TUI_STATE_MODEL_H

#include "tui/state/leaves.h"
#include "tui/state/row_node.h"
#include "tui/state/terms.h"

#define MODEL_ENDED_MAX 200 /* operations that ended and are still listed */

struct group_entry {
	struct row_node node; /* first: a row_node of kind ROW_GROUP is one of these */
	char *name;
	size_t hosts, vms;
};

struct host_entry {
	struct row_node node;
	const struct hv_host *host;
	size_t vms;
};

struct operation_entry {
	struct hv_uuid uuid;
	const struct hv_operation *operation;
	UT_hash_handle hh;
};

struct vm_entry {
	struct row_node node;
	const struct hv_vm *vm;
	const struct hv_tree *tree; /* NULL: closed, or not heard yet */
	struct operation_entry *live; /* borrowed; NULL: none known */
	int64_t fresh_us;              /* when it came while one was looking on; 0: it was there */
	struct hv_uuid fresh_snapshot; /* the last of its snapshots that came so; nil: none */
	int64_t fresh_snapshot_us;     /* and when */
	struct leaves leaves;
	bool unfolded;  /* straight lines of its tree are shown whole */
	bool opened_by_filter; /* not by the user: it closes with the filter */
	bool matches;   /* the filter wants it for its own sake, so all of its snapshots are shown */
	size_t hits;    /* of its snapshots that the filter wants, as far as the store was asked */
};

enum model_sort { MODEL_SORT_NAME, MODEL_SORT_AGE, MODEL_SORT_SIZE, MODEL_SORT_SNAPSHOTS, MODEL_SORT_CHAIN, MODEL_SORT_COUNT };

/* What of the fleet is shown, and in which order. Changed by model_show() only. */
struct model_filter {
	const struct terms *terms; /* borrowed; NULL: everything */
	bool problems;             /* only what needs somebody */
	bool no_bare;              /* VMs without snapshots are left out */
	enum model_sort sort;      /* of VMs within their host */
	bool reversed;
	int64_t now_us;            /* what ages are compared with */
};

enum model_change {
	MODEL_SAME,    /* nothing that is shown */
	MODEL_UPDATED, /* what its row says */
	MODEL_MOVED,   /* it is new, or stands elsewhere now */
};

struct model {
	struct row_node root;
	struct row_node limbo; /* VMs without a known host */
	struct row_node *groups, *hosts, *vms;    /* hashes by uuid; a group's uuid is made from its name */
	struct operation_entry *operation_by_uuid;
	struct operation_entry **operations;      /* newest first; those of one group in their order */
	size_t operation_count, operation_capacity;
	size_t host_count, hosts_up, vm_count;
	int64_t snapshot_count;
	size_t live_count, unknown_count, ended_count;
	struct model_filter filter;
	int64_t chain_warn; /* a chain of more snapshots is a problem (Q2) */
	size_t wanted_vms;
	/* Called before a node leaves its place for good: whoever points at it lets go. */
	void (*leaving)(void *context, const struct row_node *node);
	void (*operation_leaving)(void *context, const struct operation_entry *entry);
	/* Called when the rows beneath a VM were made anew; `old` is the tree that they were made of before. */
	void (*remade)(void *context, struct vm_entry *vm, const struct hv_tree *old);
	void *context;
};

void model_init(struct model *model);
void model_clear(struct model *model);

struct host_entry *model_host(const struct model *model, const struct hv_uuid *uuid);
struct vm_entry *model_vm(const struct model *model, const struct hv_uuid *uuid);
struct operation_entry *model_operation(const struct model *model, const struct hv_uuid *uuid);

struct group_entry *group_of(struct row_node *node); /* asserts the kind */
struct host_entry *host_of(struct row_node *node);
struct vm_entry *vm_of(struct row_node *node);
/** The host of a VM, NULL when it is not known. */
struct host_entry *model_vm_host(const struct vm_entry *vm);
/** The group of a node that is shown. */
struct group_entry *model_group_of(struct row_node *node);
/** Whether the node hangs in the tree (not whether it is on the screen). */
bool model_is_linked(const struct model *model, const struct row_node *node);
/** The operation that the VM's row shows, NULL when none is live. */
const struct hv_operation *model_vm_operation(const struct model *model, const struct vm_entry *vm);
/** Node of an opened VM's tree by id, NULL when it has none. */
const struct hv_node *model_tree_node(const struct hv_tree *tree, const struct hv_uuid *id);

enum model_change model_put_host(struct model *model, const struct hv_host *host);
enum model_change model_put_vm(struct model *model, const struct hv_vm *vm);
void model_remove_host(struct model *model, const struct hv_uuid *uuid);
void model_remove_vm(struct model *model, const struct hv_uuid *uuid);
/** Takes the reference `tree` (NULL: none any more) and returns the one before, for the caller to release. */
const struct hv_tree *model_set_tree(struct model *model, struct vm_entry *vm, const struct hv_tree *take_tree);

/** Show by this filter from now on: looks at every VM. */
void model_show(struct model *model, const struct model_filter *filter);
/** Some rows are left out for what they are (not only for having no snapshots). */
bool model_is_narrowed(const struct model *model);
/** While the tree is narrowed, groups and hosts are open where something is shown beneath them; afterwards they are as
 * the user had them. */
void model_open_narrowed(struct model *model, bool was_narrowed);
/** The store knows of `hits` more snapshots that the filter wants. */
void model_add_hits(struct model *model, struct vm_entry *vm, size_t hits);
/** Make the rows beneath the VM anew: its tree (`old` is the one before, else the same), the filter or the fold has
 * changed. */
void model_make_leaves(struct model *model, struct vm_entry *vm, const struct hv_tree *old);
/** Whether the filter wants this row for its own sake. */
bool model_matches_node(const struct model *model, const struct vm_entry *vm, const struct hv_node *node);
/** Why the VM, or the host, needs somebody; NULL when it does not. A static string. */
const char *model_vm_problem(const struct model *model, const struct vm_entry *vm);

/** *ret_previous: the value before, NULL when it is new; the caller releases it. */
struct operation_entry *model_put_operation(
	struct model *model, const struct hv_operation *operation, const struct hv_operation **ret_previous);
bool operation_is_live_value(const struct hv_operation *operation);

#endif
