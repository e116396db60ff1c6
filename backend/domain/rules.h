/*
 * What is allowed now, and why not: one table, asked by the console to grey out (U2) and by the engine again just
 * before it acts.
 */
#ifndef HV_DOMAIN_RULES_H
#define HV_DOMAIN_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/domain/names.h"

/* What the smallest file of a disk takes on a host: with less free space nothing can be taken or copied for certain. */
#define RULES_LEAST_SPACE_BYTES (INT64_C(4) << 20)

enum action {
	ACTION_SNAPSHOT_CREATE_DISK,
	ACTION_SNAPSHOT_CREATE_MEMORY,
	ACTION_SNAPSHOT_REVERT,
	ACTION_SNAPSHOT_DELETE,
	ACTION_VM_START,
	ACTION_VM_STOP,
	ACTION_VM_DESTROY,
	ACTION_VOLUME_ATTACH,
	ACTION_VOLUME_DETACH,
	ACTION_VOLUME_RESIZE,
	ACTION_VM_SCALE,
	ACTION_VOLUME_SNAPSHOT_CREATE,
	ACTION_VOLUME_SNAPSHOT_DELETE,
	ACTION_COUNT
};

/* What is known about the VM, and about the snapshot if the action has one. */
struct rule_facts {
	enum vm_state vm_state;
	enum snapshot_state snapshot_state; /* of the target; ignored by actions without one */
	bool has_target;        /* a snapshot, or a volume snapshot, is selected */
	bool target_untracked;  /* the selected row is an untracked checkpoint (T6) */
	bool operation_live;    /* another operation is live on the VM (X1) */
	bool queues;            /* and the act is to wait for its end instead of being refused (X1) */
	bool host_up;           /* its host answers (U3) */
	bool vm_missing;        /* the host does not report the VM */
	bool vm_unregistered;   /* the host holds only its export (P2) */
	bool stop_removes;      /* its host's policy takes a stopped VM off it (P2, P3) */
	bool start_ends_export; /* what is live only copies it or takes it off, and it is off: a start ends that (P4) */
	bool snapshots_enabled; /* X5 */
	bool read_only;         /* the console */
	bool no_right;          /* the caller's role changes nothing (A1) */
	bool space_lacks;       /* not even the smallest disk fits on the storage of its host */
	bool root_volume;       /* the target is the volume that the VM starts from */
	int64_t snapshots_on_host;
	int64_t untracked_on_host;
	int64_t snapshot_limit;
};

struct rule; /* one row of the table */

/**
 * NULL when `action` is allowed, else the first rule that refuses it. Borrowed, static. What queues is judged as if the VM
 * were free; while the live operation moves the VM from one state to another, its turn alone can tell the rest.
 */
const struct rule *rules_refuse(enum action action, const struct rule_facts *facts);
/** Whether `action` is allowed only behind the operation that is live: it queues, and nothing else speaks against it. */
bool rules_queue(enum action action, const struct rule_facts *facts);
/** A short name that does not change, for JSON and tests, e.g. "memory-needs-running". */
const char *rule_id(const struct rule *rule);
/** The requirement that the rule comes from, e.g. "T4". */
const char *rule_requirement(const struct rule *rule);
/** The sentence, without full stop, with `vm_name` and facts filled in. Returns `text`. */
const char *rule_sentence(const struct rule *rule, const char *vm_name, const struct rule_facts *facts,
	char *text, size_t size);
const char *action_name(enum action action);

#endif
