/*
 * What a change would do, before anything is done: LOST, KEPT, AFTER, RISK of a revert (U4), and what a delete takes
 * away and merges (D2, D3). Pure: the same facts give the same preview.
 */
#ifndef HV_DOMAIN_PREVIEW_H
#define HV_DOMAIN_PREVIEW_H

#include "backend/domain/snapshot_tree.h"
#include "backend/domain/virtual_machine.h"

enum risk {
	RISK_RUNNING_CUT_OFF,   /* the guest is running and is cut off, not shut down */
	RISK_NO_WAY_BACK,       /* the running state is in no snapshot: LOST is final without a safety snapshot */
	RISK_OLDER_THAN_30_DAYS,/* a Windows guest may lose its domain trust */
	RISK_OFFERING_CHANGES,  /* V5: CPU and memory go back to what the snapshot recorded */
	RISK_UNTRACKED,         /* checkpoints that hvtree does not track are near (T6) */
	RISK_LOW_SPACE,
	RISK_COUNT
};

struct revert_preview {
	size_t target;            /* node index */
	/* What the VM has done since then is in no snapshot and is lost: when the snapshot that its running state
	 * descends from was taken, or the VM put back to it, whichever the target is. 0: it descends from none, all that
	 * it holds now is lost. */
	int64_t lost_since_us;
	int64_t lost_bytes;       /* written since the VM's running state left its last snapshot; -1 not known */
	size_t kept_snapshots;    /* all of them */
	enum vm_state state_before;
	enum vm_state state_after; /* V1, V2 */
	bool stops_first;         /* V2 */
	bool starts_first;        /* V1, only for a host that cannot restore memory from off */
	bool risks[RISK_COUNT];
};

/** Since when what the VM does is in no snapshot; 0: its running state descends from none. */
int64_t running_state_since_us(const struct snapshot_tree *tree, const struct virtual_machine *vm);
void revert_preview_make(const struct snapshot_tree *tree, size_t target, const struct virtual_machine *vm,
	bool memory_from_off, int64_t now_us, struct revert_preview *ret_preview);
/** One sentence for the dialog; static. */
const char *risk_sentence(enum risk risk);

struct delete_preview {
	size_t *nodes;           /* tracked nodes to delete, children before parents; owned */
	size_t count;
	size_t reparented;       /* live children that get another parent (D2) */
	int64_t merged_bytes;    /* what merges into others or is dropped; 0 when not known */
	bool deletes_current;    /* D3 */
	size_t new_current;      /* node index, or SNAPSHOT_TREE_NONE */
	size_t blocked;          /* nodes in a state that cannot be deleted now */
};

/** `subtree`: with all descendants; `target` SNAPSHOT_TREE_NONE: all of the VM (D4). */
void delete_preview_make(const struct snapshot_tree *tree, size_t target, bool subtree,
	struct delete_preview *ret_preview);
void delete_preview_clear(struct delete_preview *preview);

#endif
