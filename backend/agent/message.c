#include "backend/agent/message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "backend/base/memory.h"

/* One row a command: what is sent, and what comes back. */
static const struct {
	const char *command;
	const char *answer;
} command_names[] = {
	[AGENT_STARTUP] = {"StartupCommand", "StartupAnswer"},
	[AGENT_PING] = {"PingCommand", "PingAnswer"},
	[AGENT_GET_INVENTORY] = {"GetInventoryCommand", "GetInventoryAnswer"},
	[AGENT_HOST_VM_STATE_REPORT] = {"HostVmStateReportCommand", "HostVmStateReportAnswer"},
	[AGENT_CREATE_VM_SNAPSHOT] = {"CreateVMSnapshotCommand", "CreateVMSnapshotAnswer"},
	[AGENT_REVERT_TO_VM_SNAPSHOT] = {"RevertToVMSnapshotCommand", "RevertToVMSnapshotAnswer"},
	[AGENT_DELETE_VM_SNAPSHOT] = {"DeleteVMSnapshotCommand", "DeleteVMSnapshotAnswer"},
	[AGENT_START] = {"StartCommand", "StartAnswer"},
	[AGENT_STOP] = {"StopCommand", "StopAnswer"},
	[AGENT_QUERY_OPERATION] = {"QueryOperationCommand", "QueryOperationAnswer"},
	[AGENT_EXPORT_VM] = {"ExportVmCommand", "ExportVmAnswer"},
	[AGENT_CANCEL_EXPORT] = {"CancelExportCommand", "CancelExportAnswer"},
	[AGENT_REMOVE_VM] = {"RemoveVmCommand", "RemoveVmAnswer"},
	[AGENT_IMPORT_VM] = {"ImportVmCommand", "ImportVmAnswer"},
	[AGENT_DESTROY] = {"DestroyCommand", "DestroyAnswer"},
	[AGENT_ATTACH] = {"AttachCommand", "AttachAnswer"},
	[AGENT_DETTACH] = {"DettachCommand", "DettachAnswer"},
	[AGENT_RESIZE_VOLUME] = {"ResizeVolumeCommand", "ResizeVolumeAnswer"},
	[AGENT_SCALE_VM] = {"ScaleVmCommand", "ScaleVmAnswer"},
	[AGENT_CREATE_VOLUME_SNAPSHOT] = {"CreateVolumeSnapshotCommand", "CreateVolumeSnapshotAnswer"},
	[AGENT_DELETE_VOLUME_SNAPSHOT] = {"DeleteVolumeSnapshotCommand", "DeleteVolumeSnapshotAnswer"},
};
static_assert(HV_ARRAY_LEN(command_names) == AGENT_COMMAND_COUNT, "a name for every command");

static const char *const code_names[] = {
	[AGENT_CODE_NONE] = "None",
	[AGENT_CODE_UNKNOWN_COMMAND] = "UnknownCommand",
	[AGENT_CODE_BAD_BODY] = "BadBody",
	[AGENT_CODE_LINE_TOO_LONG] = "LineTooLong",
	[AGENT_CODE_VM_NOT_FOUND] = "VmNotFound",
	[AGENT_CODE_SNAPSHOT_NOT_FOUND] = "SnapshotNotFound",
	[AGENT_CODE_INVALID_STATE] = "InvalidState",
	[AGENT_CODE_BUSY] = "Busy",
	[AGENT_CODE_STALE_VIEW] = "StaleView",
	[AGENT_CODE_DISK_FULL] = "DiskFull",
	[AGENT_CODE_STORAGE_GONE] = "StorageGone",
	[AGENT_CODE_QUIESCE_FAILED] = "QuiesceFailed",
	[AGENT_CODE_LIMIT_REACHED] = "LimitReached",
	[AGENT_CODE_ACCESS_DENIED] = "AccessDenied",
	[AGENT_CODE_NOT_SUPPORTED] = "NotSupported",
	[AGENT_CODE_CANCELLED] = "Cancelled",
	[AGENT_CODE_FENCED] = "Fenced",
	[AGENT_CODE_HOST_ERROR] = "HostError",
};
static_assert(HV_ARRAY_LEN(code_names) == AGENT_CODE_COUNT, "a name for every code");

const char *agent_command_name(enum agent_command_kind kind)
{
	return (size_t)kind < AGENT_COMMAND_COUNT ? command_names[kind].command : "?";
}

const char *agent_answer_name(enum agent_command_kind kind)
{
	return (size_t)kind < AGENT_COMMAND_COUNT ? command_names[kind].answer : "?";
}

bool agent_command_parse(const char *name, enum agent_command_kind *ret_kind)
{
	for (size_t i = 0; i < AGENT_COMMAND_COUNT; i++) {
		if (strcmp(command_names[i].command, name) == 0) {
			*ret_kind = (enum agent_command_kind)i;
			return true;
		}
	}
	return false;
}

const char *agent_code_name(enum agent_code code)
{
	return (size_t)code < AGENT_CODE_COUNT ? code_names[code] : "?";
}

bool agent_code_parse(const char *name, enum agent_code *ret_code)
{
	for (size_t i = 0; i < AGENT_CODE_COUNT; i++) {
		if (strcmp(code_names[i], name) == 0) {
			*ret_code = (enum agent_code)i;
			return true;
		}
	}
	return false;
}

void agent_command_clear(struct agent_command *command)
{
	free(command->vm_name);
	free(command->target.name);
	free(command->target.display_name);
	free(command->target.description);
	volume_list_clear(&command->volumes);
	free(command->path);
	free(command->volume_snapshot_name);
	memset(command, 0, sizeof *command);
}

void agent_volume_snapshot_list_clear(struct agent_volume_snapshot_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].name);
		free(list->items[i].path);
	}
	free(list->items);
	*list = (struct agent_volume_snapshot_list){0};
}

struct agent_volume_snapshot *agent_volume_snapshot_list_add(struct agent_volume_snapshot_list *list)
{
	HV_GROW(list->items, list->count, list->capacity);
	struct agent_volume_snapshot *added = &list->items[list->count++];
	memset(added, 0, sizeof *added);
	return added;
}

void agent_vm_clear(struct agent_vm *vm)
{
	free(vm->name);
	free(vm->activity);
	volume_list_clear(&vm->volumes);
	checkpoint_list_clear(&vm->checkpoints);
	agent_volume_snapshot_list_clear(&vm->volume_snapshots);
	memset(vm, 0, sizeof *vm);
}

void agent_vm_list_clear(struct agent_vm_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		agent_vm_clear(&list->items[i]);
	}
	free(list->items);
	*list = (struct agent_vm_list){0};
}

struct agent_vm *agent_vm_list_add(struct agent_vm_list *list)
{
	HV_GROW(list->items, list->count, list->capacity);
	struct agent_vm *vm = &list->items[list->count++];
	memset(vm, 0, sizeof *vm);
	return vm;
}

/* Recorded answers are a chain in form only (an agent records no QueryOperation), but whatever stands there goes. */
void agent_answer_clear(struct agent_answer *answer)
{
	struct agent_answer *recorded = answer->recorded;
	free(answer->details);
	free(answer->path);
	agent_vm_clear(&answer->vm);
	agent_vm_clear(&answer->exported);
	agent_vm_list_clear(&answer->inventory);
	memset(answer, 0, sizeof *answer);
	while (recorded) {
		struct agent_answer *next = recorded->recorded;
		recorded->recorded = NULL;
		agent_answer_clear(recorded);
		free(recorded);
		recorded = next;
	}
}

void agent_hello_clear(struct agent_hello *hello)
{
	free(hello->agent);
	free(hello->host_name);
	free(hello->version);
	free(hello->powershell);
	free(hello->module);
	free(hello->user);
	free(hello->problem);
	memset(hello, 0, sizeof *hello);
}
