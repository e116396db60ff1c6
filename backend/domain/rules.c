#include "backend/domain/rules.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "backend/base/attributes.h"
#include "backend/domain/vm_state.h"

/*
 * One row a rule: which actions it concerns, when it refuses, and the sentence. The first row that refuses wins, so
 * the order goes from "you may not" over "nobody can now" to "this one cannot". In a sentence %v is the VM's name,
 * %s its state, %t the target's state, %n the number of snapshots on the host, %u that of untracked checkpoints, %l the
 * limit.
 */
struct rule {
	const char *id;
	const char *requirement;
	unsigned actions; /* bits of 1 << enum action */
	bool (*refuses)(const struct rule_facts *facts);
	const char *sentence;
};

#define BIT(action) (1u << (action))
#define CREATES (BIT(ACTION_SNAPSHOT_CREATE_DISK) | BIT(ACTION_SNAPSHOT_CREATE_MEMORY))
#define TARGETS (BIT(ACTION_SNAPSHOT_REVERT) | BIT(ACTION_SNAPSHOT_DELETE))
#define SNAPSHOTS (CREATES | TARGETS)
#define POWERS (BIT(ACTION_VM_START) | BIT(ACTION_VM_STOP) | BIT(ACTION_VM_DESTROY))
#define VOLUMES (BIT(ACTION_VOLUME_ATTACH) | BIT(ACTION_VOLUME_DETACH) | BIT(ACTION_VOLUME_RESIZE))
#define COPIES BIT(ACTION_VOLUME_SNAPSHOT_CREATE)
#define COPY_DELETES BIT(ACTION_VOLUME_SNAPSHOT_DELETE)
#define SCALES BIT(ACTION_VM_SCALE)
#define ON_VM (SNAPSHOTS | POWERS | VOLUMES | COPIES | SCALES)
#define ALL (ON_VM | COPY_DELETES) /* a volume snapshot outlives its VM */

static bool is_read_only(const struct rule_facts *facts)
{
	return facts->read_only;
}

static bool has_no_right(const struct rule_facts *facts)
{
	return facts->no_right;
}

static bool host_is_not_up(const struct rule_facts *facts)
{
	return !facts->host_up;
}

static bool vm_is_missing(const struct rule_facts *facts)
{
	return facts->vm_missing || facts->vm_state == VM_DESTROYED;
}

static bool operation_is_live_now(const struct rule_facts *facts)
{
	return facts->operation_live || vm_state_is_transitional(facts->vm_state);
}

static bool would_act_unseen(const struct rule_facts *facts)
{
	return facts->operation_live && facts->queues;
}

static bool operation_keeps_it_from_starting(const struct rule_facts *facts)
{
	return operation_is_live_now(facts) && !facts->start_ends_export;
}

static bool is_not_on_its_host(const struct rule_facts *facts)
{
	return facts->vm_unregistered;
}

static bool space_is_lacking(const struct rule_facts *facts)
{
	return facts->space_lacks;
}

static bool snapshots_are_disabled(const struct rule_facts *facts)
{
	return !facts->snapshots_enabled;
}

static bool has_no_target(const struct rule_facts *facts)
{
	return !facts->has_target;
}

static bool target_is_untracked(const struct rule_facts *facts)
{
	return facts->target_untracked;
}

static bool is_neither_running_nor_stopped(const struct rule_facts *facts)
{
	return facts->vm_state != VM_RUNNING && facts->vm_state != VM_STOPPED;
}

static bool is_not_running(const struct rule_facts *facts)
{
	return facts->vm_state != VM_RUNNING;
}

static bool limit_is_reached(const struct rule_facts *facts)
{
	return facts->snapshots_on_host >= facts->snapshot_limit;
}

static bool hyperv_ceiling_is_reached(const struct rule_facts *facts)
{
	return facts->snapshots_on_host + facts->untracked_on_host >= 50;
}

static bool cannot_be_reverted_from(const struct rule_facts *facts)
{
	return facts->vm_state != VM_RUNNING && facts->vm_state != VM_STOPPED && facts->vm_state != VM_SAVED;
}

static bool target_is_not_ready(const struct rule_facts *facts)
{
	return facts->snapshot_state != SNAPSHOT_READY;
}

static bool target_cannot_be_expunged(const struct rule_facts *facts)
{
	return facts->snapshot_state != SNAPSHOT_READY && facts->snapshot_state != SNAPSHOT_ERROR &&
	       facts->snapshot_state != SNAPSHOT_EXPUNGING;
}

static bool is_running_already(const struct rule_facts *facts)
{
	return facts->vm_state == VM_RUNNING;
}

static bool is_stopped_already(const struct rule_facts *facts)
{
	return facts->vm_state == VM_STOPPED && (facts->vm_unregistered || !facts->stop_removes);
}

static bool cannot_be_started(const struct rule_facts *facts)
{
	return facts->vm_state != VM_STOPPED && facts->vm_state != VM_SAVED && facts->vm_state != VM_PAUSED &&
	       !facts->start_ends_export;
}

/* X2: a disk below a checkpoint is a link of a chain that nothing else may change. */
static bool has_checkpoints(const struct rule_facts *facts)
{
	return facts->snapshots_on_host + facts->untracked_on_host > 0;
}

static bool is_not_stopped(const struct rule_facts *facts)
{
	return facts->vm_state != VM_STOPPED;
}

static bool is_root_volume(const struct rule_facts *facts)
{
	return facts->root_volume;
}

static const struct rule rules[] = {
	{"read-only", "A1", ALL, is_read_only, "this console is read-only"},
	{"no-right", "A1", ALL, has_no_right,
		"your account is a Viewer's, which changes nothing; changing '%v' needs the right of an Operator"},
	{"needs-target", "U2", TARGETS, has_no_target, "select a snapshot of this VM first"},
	{"needs-copy", "U2", COPY_DELETES, has_no_target, "'%v' has no volume snapshot that could be deleted"},
	{"untracked", "T6", TARGETS, target_is_untracked,
		"this checkpoint of '%v' was made outside hvtree and is never changed by it"},
	{"host-lost", "U3", ALL, host_is_not_up, "the host of '%v' does not answer; what is shown may be old"},
	{"vm-missing", "Y4", ON_VM, vm_is_missing, "the host does not report '%v' any more"},
	{"queued-unseen", "X1", BIT(ACTION_SNAPSHOT_REVERT) | BIT(ACTION_VM_DESTROY), would_act_unseen,
		"another operation runs on '%v' (%s); what this would lose is known only when that has ended, so it does not "
		"wait in the queue, try again then"},
	{"busy", "X1", ALL & ~BIT(ACTION_VM_START), operation_is_live_now,
		"another operation runs on '%v' (%s); one at a time, try again when it has ended"},
	{"busy", "X1", BIT(ACTION_VM_START), operation_keeps_it_from_starting,
		"another operation runs on '%v' (%s); one at a time, try again when it has ended"},
	{"unregistered", "P2", ON_VM & ~POWERS, is_not_on_its_host,
		"'%v' is not on its host, only its export is; start it to bring it back, or destroy it"},
	{"snapshots-disabled", "X5", CREATES, snapshots_are_disabled,
		"snapshots are disabled for the hypervisor version of the host of '%v'"},
	{"memory-needs-running", "T4", BIT(ACTION_SNAPSHOT_CREATE_MEMORY), is_not_running,
		"a DiskAndMemory snapshot needs a running VM, and '%v' is %s; start it, or take a Disk snapshot"},
	{"create-needs-settled", "T4", BIT(ACTION_SNAPSHOT_CREATE_DISK), is_neither_running_nor_stopped,
		"a Disk snapshot needs a VM that is Running or Stopped, and '%v' is %s"},
	{"limit", "C3", CREATES, limit_is_reached,
		"'%v' has %n snapshots and the limit is %l; delete old ones first"},
	{"hyperv-ceiling", "C3", CREATES, hyperv_ceiling_is_reached,
		"Hyper-V allows 50 checkpoints a VM and '%v' has reached that; delete old ones first"},
	{"no-space", "C1", CREATES | COPIES, space_is_lacking,
		"the storage of the host of '%v' is full; free some of it first"},
	{"target-not-ready", "S1", BIT(ACTION_SNAPSHOT_REVERT), target_is_not_ready,
		"only a Ready snapshot can be reverted to, and this one of '%v' is %t"},
	{"revert-needs-settled", "V1", BIT(ACTION_SNAPSHOT_REVERT), cannot_be_reverted_from,
		"'%v' is %s; it can be reverted when it is Running, Stopped or Saved"},
	{"target-busy", "S1", BIT(ACTION_SNAPSHOT_DELETE) | COPY_DELETES, target_cannot_be_expunged,
		"this snapshot of '%v' is %t and cannot be deleted now"},
	{"running-already", "U2", BIT(ACTION_VM_START), is_running_already, "'%v' is running already"},
	{"cannot-start", "S2", BIT(ACTION_VM_START), cannot_be_started,
		"'%v' is %s; it can be started when it is Stopped, Saved or Paused"},
	{"stopped-already", "U2", BIT(ACTION_VM_STOP), is_stopped_already, "'%v' is stopped already"},
	{"volume-has-snapshots", "X2", VOLUMES, has_checkpoints,
		"'%v' has %n snapshots and %u untracked checkpoints, and its volumes cannot be changed below them; delete "
		"them first"},
	{"detach-root", "X2", BIT(ACTION_VOLUME_DETACH), is_root_volume,
		"this is the volume that '%v' starts from; only the others can be detached"},
	{"volume-needs-settled", "X2", VOLUMES, is_neither_running_nor_stopped,
		"volumes of a VM that is Running or Stopped can be changed, and '%v' is %s"},
	{"resize-needs-stopped", "X2", BIT(ACTION_VOLUME_RESIZE), is_not_stopped,
		"a volume of a stopped VM can be resized, and '%v' is %s; stop it first"},
	{"scale-needs-stopped", "X4", SCALES, is_not_stopped,
		"the offering of a stopped VM can be changed, and '%v' is %s; stop it first"},
	{"copy-needs-stopped", "X3", COPIES, is_not_stopped,
		"a volume of a stopped VM can be copied, and '%v' is %s; stop it first"},
};

/* Only an operation ends by itself; a state between two others without one does not. Behind an export, the VM is not on its
 * host any more. */
static bool is_waited_out(const struct rule *rule, const struct rule_facts *facts)
{
	return facts->queues && facts->operation_live && !facts->start_ends_export &&
	       (rule->refuses == operation_is_live_now || rule->refuses == operation_keeps_it_from_starting);
}

static const struct rule *refuse(enum action action, const struct rule_facts *facts, bool *ret_waits)
{
	*ret_waits = false;
	for (size_t i = 0; i < HV_ARRAY_LEN(rules); i++) {
		if (!(rules[i].actions & BIT(action)) || !rules[i].refuses(facts)) {
			continue;
		}
		if (!is_waited_out(&rules[i], facts)) {
			return &rules[i];
		}
		*ret_waits = true;
		if (vm_state_is_transitional(facts->vm_state)) {
			return NULL;
		}
	}
	return NULL;
}

const struct rule *rules_refuse(enum action action, const struct rule_facts *facts)
{
	bool waits;
	return refuse(action, facts, &waits);
}

bool rules_queue(enum action action, const struct rule_facts *facts)
{
	bool waits;
	return !refuse(action, facts, &waits) && waits;
}

const char *rule_id(const struct rule *rule)
{
	return rule->id;
}

const char *rule_requirement(const struct rule *rule)
{
	return rule->requirement;
}

static void append(char *text, size_t size, size_t *used, const char *piece)
{
	int length = snprintf(text + *used, size - *used, "%s", piece);
	if (length > 0) {
		*used += (size_t)length < size - *used ? (size_t)length : size - *used - 1;
	}
}

const char *rule_sentence(const struct rule *rule, const char *vm_name, const struct rule_facts *facts,
	char *text, size_t size)
{
	size_t used = 0;
	text[0] = '\0';
	for (const char *p = rule->sentence; *p; p++) {
		char number[24] = {*p, '\0'};
		const char *piece = number;
		if (*p == '%') {
			switch (*++p) {
			case 'v':
				piece = vm_name;
				break;
			case 's':
				piece = vm_state_name(facts->vm_state);
				break;
			case 't':
				piece = snapshot_state_name(facts->snapshot_state);
				break;
			case 'n':
				(void)snprintf(number, sizeof number, "%" PRId64, facts->snapshots_on_host);
				break;
			case 'u':
				(void)snprintf(number, sizeof number, "%" PRId64, facts->untracked_on_host);
				break;
			case 'l':
				(void)snprintf(number, sizeof number, "%" PRId64, facts->snapshot_limit);
				break;
			default: /* tests/unit/domain checks that no rule has another field */
				break;
			}
		}
		append(text, size, &used, piece);
	}
	return text;
}

const char *action_name(enum action action)
{
	static const char *const names[] = {
		[ACTION_SNAPSHOT_CREATE_DISK] = "take a Disk snapshot",
		[ACTION_SNAPSHOT_CREATE_MEMORY] = "take a DiskAndMemory snapshot",
		[ACTION_SNAPSHOT_REVERT] = "revert",
		[ACTION_SNAPSHOT_DELETE] = "delete",
		[ACTION_VM_START] = "start",
		[ACTION_VM_STOP] = "stop",
		[ACTION_VM_DESTROY] = "destroy",
		[ACTION_VOLUME_ATTACH] = "attach a volume",
		[ACTION_VOLUME_DETACH] = "detach a volume",
		[ACTION_VOLUME_RESIZE] = "resize a volume",
		[ACTION_VM_SCALE] = "change the offering",
		[ACTION_VOLUME_SNAPSHOT_CREATE] = "take a volume snapshot",
		[ACTION_VOLUME_SNAPSHOT_DELETE] = "delete a volume snapshot",
	};
	static_assert(HV_ARRAY_LEN(names) == ACTION_COUNT, "a name for every action");
	return (size_t)action < ACTION_COUNT ? names[action] : "?";
}
