#include "tui/state/words.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define MINUTE_US (60 * HV_SECOND_US)
#define HOUR_US (60 * MINUTE_US)
#define DAY_US (24 * HOUR_US)

struct word_row {
	enum glyph sign;
	enum role role;
	const char *word;
};

static struct words make(const struct word_row *row)
{
	struct words words = {row->sign, row->role, ""};
	(void)snprintf(words.text, sizeof words.text, "%s", row->word);
	return words;
}

static const struct word_row vm_states[] = {
	[VM_RUNNING] = {GLYPH_RUNNING, ROLE_VM_RUNNING, "running"},
	[VM_STOPPED] = {GLYPH_OFF, ROLE_VM_OFF, "off"},
	[VM_STARTING] = {GLYPH_BUSY, ROLE_VM_BUSY, "starting"},
	[VM_STOPPING] = {GLYPH_BUSY, ROLE_VM_BUSY, "stopping"},
	[VM_SAVED] = {GLYPH_SAVED, ROLE_VM_SAVED, "saved"},
	[VM_PAUSED] = {GLYPH_PAUSED, ROLE_VM_PAUSED, "paused"},
	[VM_SNAPSHOTTING] = {GLYPH_BUSY, ROLE_VM_BUSY, "snapshotting"},
	[VM_REVERTING] = {GLYPH_BUSY, ROLE_VM_BUSY, "reverting"},
	[VM_EXPORTING] = {GLYPH_BUSY, ROLE_VM_BUSY, "exporting"},
	[VM_IMPORTING] = {GLYPH_BUSY, ROLE_VM_BUSY, "importing"},
	[VM_DESTROYED] = {GLYPH_OFF, ROLE_VM_OFF, "destroyed"},
	[VM_ERROR] = {GLYPH_CRITICAL, ROLE_VM_CRITICAL, "error"},
	[VM_UNKNOWN] = {GLYPH_UNKNOWN, ROLE_WARN, "unknown"},
};
static_assert(HV_ARRAY_LEN(vm_states) == VM_STATE_COUNT, "a word for every state");

struct words words_vm_state(enum vm_state state)
{
	return make(&vm_states[state]);
}

const char *words_vm_state_word(enum vm_state state)
{
	return vm_states[state].word;
}

/* What a VM is doing while an operation of this kind runs on it. */
static const char *doing(enum operation_kind kind)
{
	static const char *const words[] = {
		[OPERATION_CREATE_SNAPSHOT] = "snapshotting",
		[OPERATION_REVERT_SNAPSHOT] = "reverting",
		[OPERATION_DELETE_SNAPSHOT] = "deleting",
		[OPERATION_START_VM] = "starting",
		[OPERATION_STOP_VM] = "stopping",
		[OPERATION_EXPORT_VM] = "exporting",
		[OPERATION_REMOVE_VM] = "removing",
		[OPERATION_DESTROY_VM] = "destroying",
		[OPERATION_ATTACH_VOLUME] = "attaching",
		[OPERATION_DETACH_VOLUME] = "detaching",
		[OPERATION_RESIZE_VOLUME] = "resizing",
		[OPERATION_SCALE_VM] = "scaling",
		[OPERATION_CREATE_VOLUME_SNAPSHOT] = "copying disk",
		[OPERATION_DELETE_VOLUME_SNAPSHOT] = "deleting copy",
	};
	static_assert(HV_ARRAY_LEN(words) == OPERATION_KIND_COUNT, "a word for every kind");
	return words[kind];
}

struct words words_vm(const struct hv_vm *vm, const struct hv_operation *operation)
{
	if (!operation) {
		return words_vm_state(vm->state);
	}
	if (operation->unknown) {
		return make(&(struct word_row){GLYPH_UNKNOWN, ROLE_WARN, "unknown"});
	}
	if (operation->state == OPERATION_QUEUED) {
		return make(&(struct word_row){GLYPH_BUSY, ROLE_VM_BUSY, "waiting"});
	}
	struct words words = make(&(struct word_row){GLYPH_BUSY, ROLE_VM_BUSY, doing(operation->kind)});
	char percent[32] = "";
	if (operation->percent >= 0) {
		(void)snprintf(percent, sizeof percent, " %" PRId64 "%%", operation->percent);
	}
	bool aside = operation->kind == OPERATION_EXPORT_VM || operation->kind == OPERATION_REMOVE_VM;
	(void)snprintf(words.text, sizeof words.text, "%s%s%s%s", aside ? words_vm_state_word(vm->power_state) : "",
		aside ? ", " : "", doing(operation->kind), percent); /* P6: what it does, and what goes on beside it */
	return words;
}

struct words words_host(const struct hv_host *host)
{
	static const struct word_row rows[] = {
		[HOST_DISCONNECTED] = {GLYPH_OFF, ROLE_HOST_DOWN, "not connected"},
		[HOST_CONNECTING] = {GLYPH_BUSY, ROLE_HOST_STALE, "connecting"},
		[HOST_UP] = {GLYPH_RUNNING, ROLE_HOST_UP, "up"},
		[HOST_LOST] = {GLYPH_UNKNOWN, ROLE_HOST_STALE, "lost"},
	};
	static_assert(HV_ARRAY_LEN(rows) == HOST_STATE_COUNT, "a word for every state");
	return make(&rows[host->state]);
}

static const struct word_row snapshot_states[] = {
	[SNAPSHOT_ALLOCATED] = {GLYPH_BUSY, ROLE_VM_BUSY, "allocated"},
	[SNAPSHOT_CREATING] = {GLYPH_BUSY, ROLE_VM_BUSY, "creating"},
	[SNAPSHOT_READY] = {GLYPH_SNAPSHOT, ROLE_SNAP, "ready"},
	[SNAPSHOT_REVERTING] = {GLYPH_BUSY, ROLE_VM_BUSY, "reverting"},
	[SNAPSHOT_EXPUNGING] = {GLYPH_BUSY, ROLE_VM_BUSY, "deleting"},
	[SNAPSHOT_REMOVED] = {GLYPH_OFF, ROLE_DIM, "removed"},
	[SNAPSHOT_ERROR] = {GLYPH_CRITICAL, ROLE_ERROR, "error"},
};
static_assert(HV_ARRAY_LEN(snapshot_states) == SNAPSHOT_STATE_COUNT, "a word for every state");

struct words words_snapshot(enum snapshot_state state)
{
	return make(&snapshot_states[state]);
}

const char *words_snapshot_word(enum snapshot_state state)
{
	return snapshot_states[state].word;
}

struct words words_operation(const struct hv_operation *operation)
{
	static const struct word_row rows[] = {
		[OPERATION_QUEUED] = {GLYPH_WAITING, ROLE_DIM, "waiting"},
		[OPERATION_RUNNING] = {GLYPH_BUSY, ROLE_VM_BUSY, "running"},
		[OPERATION_DONE] = {GLYPH_DONE, ROLE_OK, "done"},
		[OPERATION_FAILED] = {GLYPH_FAILED, ROLE_ERROR, "FAILED"},
		[OPERATION_CANCELLED] = {GLYPH_OFF, ROLE_DIM, "cancelled"},
	};
	static_assert(HV_ARRAY_LEN(rows) == OPERATION_STATE_COUNT, "a word for every state");
	if (operation->unknown && operation->state == OPERATION_RUNNING) {
		return make(&(struct word_row){GLYPH_UNKNOWN, ROLE_WARN, "UNKNOWN"});
	}
	return make(&rows[operation->state]);
}

const char *words_type(enum snapshot_type type)
{
	return type == SNAPSHOT_DISK_AND_MEMORY ? "memory" : "disk";
}

const char *words_untracked(enum checkpoint_kind kind)
{
	static const char *const words[] = {
		[CHECKPOINT_STANDARD] = "untracked",
		[CHECKPOINT_RECOVERY] = "untracked, backup",
		[CHECKPOINT_PLANNED] = "untracked, planned",
		[CHECKPOINT_MISSING] = "untracked, missing",
		[CHECKPOINT_REPLICA] = "untracked, replica",
		[CHECKPOINT_AUTOMATIC] = "untracked, auto",
	};
	static_assert(HV_ARRAY_LEN(words) == CHECKPOINT_KIND_COUNT, "a word for every kind");
	return words[kind];
}

struct phrase {
	const char *what;
	const char *done;
	bool names; /* the name of what it is about follows */
};

static const struct phrase phrases[] = {
	[OPERATION_CREATE_SNAPSHOT] = {"snapshot", "snapshot taken:", true},
	[OPERATION_REVERT_SNAPSHOT] = {"revert to", "reverted to", true},
	[OPERATION_DELETE_SNAPSHOT] = {"delete", "deleted", true},
	[OPERATION_START_VM] = {"start", "started", false},
	[OPERATION_STOP_VM] = {"stop", "stopped", false},
	[OPERATION_EXPORT_VM] = {"export", "exported", false},
	[OPERATION_REMOVE_VM] = {"take off the host", "taken off the host", false},
	[OPERATION_DESTROY_VM] = {"destroy", "destroyed", false},
	[OPERATION_ATTACH_VOLUME] = {"attach", "attached", true},
	[OPERATION_DETACH_VOLUME] = {"detach", "detached", true},
	[OPERATION_RESIZE_VOLUME] = {"resize", "resized", true},
	[OPERATION_SCALE_VM] = {"change the offering to", "offering changed to", true},
	[OPERATION_CREATE_VOLUME_SNAPSHOT] = {"volume snapshot", "volume snapshot taken:", true},
	[OPERATION_DELETE_VOLUME_SNAPSHOT] = {"delete volume snapshot", "volume snapshot deleted:", true},
};
static_assert(HV_ARRAY_LEN(phrases) == OPERATION_KIND_COUNT, "a phrase for every kind");

static const char *say(const struct hv_operation *operation, const char *verb, char *text, size_t size)
{
	const char *name = operation->snapshot_name ? operation->snapshot_name : "";
	bool named = phrases[operation->kind].names && name[0] != '\0';
	(void)snprintf(text, size, "%s%s%s", verb, named ? " " : "", named ? name : "");
	return text;
}

const char *words_what(const struct hv_operation *operation, char *text, size_t size)
{
	return say(operation, phrases[operation->kind].what, text, size);
}

const char *words_done(const struct hv_operation *operation, char *text, size_t size)
{
	return say(operation, phrases[operation->kind].done, text, size);
}

const char *words_step(enum operation_step step)
{
	static const char *const words[] = {
		[STEP_CHECK] = "checking",
		[STEP_ALLOCATE] = "allocating",
		[STEP_PREPARE_VM] = "preparing the VM",
		[STEP_BEGIN] = "beginning",
		[STEP_SEND] = "on the host",
		[STEP_RECORD] = "recording",
		[STEP_UNDO] = "taking back",
		[STEP_FINISH] = "finishing",
	};
	static_assert(HV_ARRAY_LEN(words) == STEP_COUNT, "words for every step");
	return words[step];
}

/* The unit in which an age is told: "1m" from 1 min, "2h" from 2 h, "2d" from 2 d, as hv_format_age() does. */
static int64_t age_unit(int64_t age_us)
{
	return age_us < 2 * HOUR_US ? MINUTE_US : age_us < 2 * DAY_US ? HOUR_US : DAY_US;
}

const char *words_age(int64_t age_us, char text[16])
{
	if (age_us < MINUTE_US) {
		(void)snprintf(text, 16, "<1m");
	} else if (age_us < 2 * MINUTE_US) {
		(void)snprintf(text, 16, "1m");
	} else {
		(void)hv_format_age(age_us, text);
	}
	return text;
}

int64_t words_age_due(int64_t since_us, int64_t now_us)
{
	int64_t age_us = now_us > since_us ? now_us - since_us : 0;
	int64_t unit = age_unit(age_us);
	return since_us + (age_us / unit + 1) * unit;
}

const char *words_elapsed(int64_t elapsed_us, char text[24])
{
	int64_t seconds = elapsed_us > 0 ? elapsed_us / HV_SECOND_US : 0;
	if (seconds < 3600) {
		(void)snprintf(text, 24, "%" PRId64 ":%02d", seconds / 60, (int)(seconds % 60));
	} else {
		(void)snprintf(text, 24, "%" PRId64 ":%02d:%02d", seconds / 3600, (int)(seconds / 60 % 60),
			(int)(seconds % 60));
	}
	return text;
}
