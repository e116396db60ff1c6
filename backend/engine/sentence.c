#include "backend/engine/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "backend/base/memory.h"
#include "backend/base/text.h"

/*
 * A failure is one sentence of four parts: what did not happen, why, what is true now, what to do next. The parts are
 * chosen from the settled rows, so the sentence cannot say anything else than the store does.
 */

static const struct {
	const char *verb;
	const char *again; /* what to do after a failure that left nothing behind */
} words[] = {
	[OPERATION_CREATE_SNAPSHOT] = {"taken", "take it again"},
	[OPERATION_REVERT_SNAPSHOT] = {"reverted to snapshot", "look at the VM and revert again"},
	[OPERATION_DELETE_SNAPSHOT] = {"deleted", "delete it again"},
	[OPERATION_START_VM] = {"started", "start it again"},
	[OPERATION_STOP_VM] = {"stopped", "stop it again"},
	[OPERATION_EXPORT_VM] = {"exported", "a stop exports it again"},
	[OPERATION_REMOVE_VM] = {"taken off its host", "a stop tries it again"},
	[OPERATION_DESTROY_VM] = {"destroyed", "destroy it again"},
	[OPERATION_ATTACH_VOLUME] = {"attached to VM", "attach it again"},
	[OPERATION_DETACH_VOLUME] = {"detached from VM", "detach it again"},
	[OPERATION_RESIZE_VOLUME] = {"resized", "resize it again"},
	[OPERATION_SCALE_VM] = {"changed to", "change it again"},
	[OPERATION_CREATE_VOLUME_SNAPSHOT] = {"taken", "take it again"},
	[OPERATION_DELETE_VOLUME_SNAPSHOT] = {"deleted", "delete it again"},
};
static_assert(HV_ARRAY_LEN(words) == OPERATION_KIND_COUNT, "words for every kind");

/* What to do first when the host gave this reason; NULL: nothing special. */
static const char *const advice[] = {
	[AGENT_CODE_NONE] = NULL,
	[AGENT_CODE_UNKNOWN_COMMAND] = "bring the agent on the host up to date",
	[AGENT_CODE_BAD_BODY] = "bring console and agent to the same version",
	[AGENT_CODE_LINE_TOO_LONG] = "shorten the description",
	[AGENT_CODE_VM_NOT_FOUND] = "find out where the VM is now",
	[AGENT_CODE_SNAPSHOT_NOT_FOUND] = "the host does not have the checkpoint: delete the snapshot here",
	[AGENT_CODE_INVALID_STATE] = "bring the VM to a state that allows it",
	[AGENT_CODE_BUSY] = "wait for what else runs on the VM",
	[AGENT_CODE_STALE_VIEW] = "look at the tree again, it was changed outside hvtree",
	[AGENT_CODE_DISK_FULL] = "free space on the host's storage",
	[AGENT_CODE_STORAGE_GONE] = "bring the host's storage back",
	[AGENT_CODE_QUIESCE_FAILED] = "repair the guest's backup service, or take a DiskAndMemory snapshot",
	[AGENT_CODE_LIMIT_REACHED] = "delete old snapshots",
	[AGENT_CODE_ACCESS_DENIED] = "give the agent's account the right to do this on the host",
	[AGENT_CODE_NOT_SUPPORTED] = "bring the agent on the host up to date",
	[AGENT_CODE_CANCELLED] = NULL,
	[AGENT_CODE_FENCED] = "look whether another console drives it",
	[AGENT_CODE_HOST_ERROR] = "look at the host's event log",
};
static_assert(HV_ARRAY_LEN(advice) == AGENT_CODE_COUNT, "advice, or none, for every code");

char *sentence_subject(const struct operation *row, const struct scene *scene, bool done)
{
	const char *was = done ? "was" : "was not";
	const char *verb = words[row->kind].verb;
	switch (row->kind) {
	case OPERATION_CREATE_SNAPSHOT:
	case OPERATION_DELETE_SNAPSHOT:
		if (scene->snapshot_name[0] == '\0') {
			return hv_sprintf("A snapshot of VM '%s' %s %s", scene->vm_name, was, verb);
		}
		return hv_sprintf(
			"Snapshot '%s' of VM '%s' %s %s", scene->snapshot_name, scene->vm_name, was, verb);
	case OPERATION_REVERT_SNAPSHOT:
		if (scene->snapshot_name[0] == '\0') {
			return hv_sprintf("VM '%s' %s reverted", scene->vm_name, was);
		}
		return hv_sprintf("VM '%s' %s %s '%s'", scene->vm_name, was, verb, scene->snapshot_name);
	case OPERATION_ATTACH_VOLUME:
	case OPERATION_DETACH_VOLUME:
		return hv_sprintf("Volume '%s' %s %s '%s'", scene->snapshot_name, was, verb, scene->vm_name);
	case OPERATION_RESIZE_VOLUME:
		return hv_sprintf("Volume '%s' of VM '%s' %s %s", scene->snapshot_name, scene->vm_name, was, verb);
	case OPERATION_SCALE_VM:
		return hv_sprintf("The offering of VM '%s' %s %s '%s'", scene->vm_name, was, verb,
			scene->snapshot_name);
	case OPERATION_CREATE_VOLUME_SNAPSHOT:
	case OPERATION_DELETE_VOLUME_SNAPSHOT:
		return hv_sprintf("Volume snapshot '%s' of VM '%s' %s %s", scene->snapshot_name, scene->vm_name,
			was, verb);
	case OPERATION_START_VM:
	case OPERATION_STOP_VM:
	case OPERATION_EXPORT_VM:
	case OPERATION_REMOVE_VM:
	case OPERATION_DESTROY_VM:
	case OPERATION_KIND_COUNT:
		break;
	}
	return hv_sprintf("VM '%s' %s %s", scene->vm_name, was, verb);
}

char *sentence_of_answer(const struct agent_answer *answer)
{
	if (!answer->details || answer->details[0] == '\0') {
		return hv_sprintf("the host gave the reason %s", agent_code_name(answer->code));
	}
	char *details = hv_text_printable(answer->details, strlen(answer->details));
	size_t length = strlen(details);
	while (length > 0 && (details[length - 1] == '.' || details[length - 1] == ' ')) {
		details[--length] = '\0';
	}
	char *text = hv_sprintf("the host says '%s' (%s)", details, agent_code_name(answer->code));
	free(details);
	return text;
}

const struct checkpoint *sentence_find_checkpoint(const struct agent_vm *vm, const struct snapshot *snapshot)
{
	const struct checkpoint_list *list = &vm->checkpoints;
	for (size_t i = 0; i < list->count && !hv_uuid_is_nil(&snapshot->checkpoint); i++) {
		if (hv_uuid_equal(&list->items[i].id, &snapshot->checkpoint)) {
			return &list->items[i];
		}
	}
	for (size_t i = 0; i < list->count && snapshot->name; i++) {
		if (list->items[i].name && strcmp(list->items[i].name, snapshot->name) == 0) {
			return &list->items[i];
		}
	}
	return NULL;
}

/* What is on the host now, as far as the answer tells. */
static const char *on_host(const struct scene *scene, const struct agent_answer *answer)
{
	if (!answer || !answer->has_vm) {
		return "it is not known yet whether the host has its checkpoint";
	}
	return sentence_find_checkpoint(&answer->vm, &scene->snapshot) ? "the host has its checkpoint"
									: "the host has no checkpoint of it";
}

static void tell_snapshot(struct hv_text *text, const struct operation *row, const struct scene *scene,
	const struct agent_answer *answer)
{
	if (scene->has_copy) {
		hv_text_printf(text, "; the volume snapshot is %s", snapshot_state_name(scene->copy.state));
	}
	if (!scene->has_snapshot) {
		return;
	}
	enum snapshot_state state = scene->snapshot.state;
	if (row->kind == OPERATION_REVERT_SNAPSHOT) {
		hv_text_printf(text, "; the snapshot is %s and unharmed", snapshot_state_name(state));
	} else if (state == SNAPSHOT_ERROR && row->sent) {
		hv_text_printf(text, "; the snapshot is in Error and %s", on_host(scene, answer));
	} else {
		hv_text_printf(text, "; the snapshot is %s", snapshot_state_name(state));
	}
}

/* The host refused, but its pointer has moved to the target: the work is gone, only the end state was not reached. */
static bool revert_was_applied(
	const struct operation *row, const struct scene *scene, const struct agent_answer *answer)
{
	return row->kind == OPERATION_REVERT_SNAPSHOT && answer && answer->has_vm && scene->has_snapshot &&
	       row->current_before != row->snapshot_id && !hv_uuid_is_nil(&scene->snapshot.checkpoint) &&
	       hv_uuid_equal(&answer->vm.checkpoint, &scene->snapshot.checkpoint);
}

char *sentence_of_failure(const struct operation *row, const struct scene *scene, const char *reason,
	const struct agent_answer *answer)
{
	struct hv_text text = HV_TEXT_INIT;
	bool applied = revert_was_applied(row, scene, answer);
	char *subject = sentence_subject(row, scene, applied);
	hv_text_printf(&text, "%s%s: %s", subject, applied ? ", but did not reach its end state" : "", reason);
	free(subject);
	bool asked = answer || row->sent;
	if (!asked) {
		hv_text_puts(&text, "; nothing was changed");
	}
	tell_snapshot(&text, row, scene, answer);
	if (scene->vm.state == VM_UNKNOWN) {
		hv_text_puts(&text, "; what the VM does is not known yet");
	} else {
		hv_text_printf(&text, "; the VM is %s", vm_state_name(scene->vm.state));
	}
	if (row->kind == OPERATION_EXPORT_VM || row->kind == OPERATION_REMOVE_VM || scene->vm.unregistered) {
		hv_text_puts(&text, scene->vm.unregistered ? " and only its export is on the host"
							   : " and stays on its host");
	}
	if (asked) {
		const char *first = answer ? advice[answer->code] : NULL;
		bool left = (row->kind == OPERATION_CREATE_SNAPSHOT && scene->has_snapshot) ||
			    (row->kind == OPERATION_CREATE_VOLUME_SNAPSHOT && scene->has_copy);
		hv_text_printf(&text, "; %s%s%s", first ? first : "", first ? ", then " : "",
			left ? "delete it and take another"
			: applied ? "start or stop the VM as it should be"
				  : words[row->kind].again);
	}
	return hv_text_detach(&text);
}
