#include "tui/state/commands.h"

#include <string.h>

/* As one word of a shell: whatever a name holds stays a name. */
static void put_word(struct hv_text *out, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:/@%+,";
	if (text[0] != '\0' && text[0] != '-' && text[strspn(text, plain)] == '\0') {
		hv_text_puts(out, text);
		return;
	}
	hv_text_puts(out, "'");
	for (const char *p = text; *p; p++) {
		if (*p == '\'') {
			hv_text_puts(out, "'\\''");
		} else {
			hv_text_append(out, p, 1);
		}
	}
	hv_text_puts(out, "'");
}

static void put_option(struct hv_text *out, const char *option, const char *value)
{
	if (value) {
		hv_text_printf(out, " %s=", option);
		put_word(out, value);
	}
}

static void put_head(struct hv_text *out, const char *command, const char *vm, const char *snapshot)
{
	hv_text_printf(out, "hvtree %s ", command);
	put_word(out, vm);
	if (snapshot) {
		hv_text_puts(out, " ");
		put_word(out, snapshot);
	}
}

void commands_batch(struct hv_text *out, const struct hv_act *act, const char *vm, const char *snapshot)
{
	switch (act->kind) {
	case OPERATION_CREATE_SNAPSHOT:
		put_head(out, "snapshot create", vm, NULL);
		put_option(out, "--name", act->name);
		put_option(out, "--description", act->description);
		hv_text_puts(out, act->type == SNAPSHOT_DISK_AND_MEMORY ? " --memory" : "");
		break;
	case OPERATION_REVERT_SNAPSHOT:
		put_head(out, act->undo ? "snapshot undo" : "snapshot revert", vm, act->undo ? NULL : snapshot);
		hv_text_puts(out, act->safety_name ? " --safety --yes" : " --no-safety --yes");
		break;
	case OPERATION_DELETE_SNAPSHOT:
		put_head(out, "snapshot delete", vm, act->all ? NULL : snapshot);
		hv_text_puts(out, act->all ? " --all" : act->subtree ? " --children" : "");
		hv_text_puts(out, " --yes");
		break;
	case OPERATION_START_VM:
		put_head(out, "vm start", vm, NULL);
		break;
	case OPERATION_STOP_VM:
		put_head(out, "vm stop", vm, NULL);
		hv_text_puts(out, act->force ? " --force --yes" : "");
		break;
	case OPERATION_DESTROY_VM:
		put_head(out, "vm destroy", vm, NULL);
		hv_text_puts(out, " --yes");
		break;
	case OPERATION_SCALE_VM:
		put_head(out, "vm scale", vm, NULL);
		put_option(out, "--offering", act->offering);
		hv_text_puts(out, act->discard_count > 0 ? " --yes" : "");
		break;
	case OPERATION_DELETE_VOLUME_SNAPSHOT:
		put_head(out, "volume-snapshot delete", vm, snapshot);
		hv_text_puts(out, " --yes");
		break;
	default:
		put_head(out, "vm show", vm, NULL);
		break;
	}
	hv_text_puts(out, act->queue ? " --queue\n" : "\n");
}

static const char *type_word(enum snapshot_type type)
{
	return type == SNAPSHOT_DISK_AND_MEMORY ? "DiskAndMemory" : "Disk";
}

void commands_agent(struct hv_text *out, const struct hv_act *act, const char *vm, const char *snapshot)
{
	const char *name = snapshot ? snapshot : "?";
	switch (act->kind) {
	case OPERATION_CREATE_SNAPSHOT:
		hv_text_printf(out, "CreateVMSnapshotCommand  %s: %s of type %s\n", vm, act->name ? act->name : "?",
			type_word(act->type));
		break;
	case OPERATION_REVERT_SNAPSHOT:
		if (act->safety_name) {
			hv_text_printf(out, "CreateVMSnapshotCommand  %s: %s\n", vm, act->safety_name);
		}
		hv_text_printf(out, "RevertToVMSnapshotCommand  %s: %s\n", vm, name);
		break;
	case OPERATION_DELETE_SNAPSHOT:
		hv_text_printf(out, "DeleteVMSnapshotCommand  %s: %s%s\n", vm, act->all ? "each of its snapshots" : name,
			act->subtree ? ", and each below it, those first" : "");
		break;
	case OPERATION_START_VM:
		hv_text_printf(out, "StartCommand  %s\n", vm);
		break;
	case OPERATION_STOP_VM:
		hv_text_printf(out, "StopCommand  %s%s\n", vm, act->force ? ", by force" : "");
		break;
	case OPERATION_DESTROY_VM:
		hv_text_printf(out, "DestroyCommand  %s\n", vm);
		break;
	case OPERATION_SCALE_VM:
		if (act->discard_count > 0) {
			hv_text_printf(out, "DeleteVMSnapshotCommand  %s: each of its memory snapshots\n", vm);
		}
		hv_text_printf(out, "ScaleVmCommand  %s: the sizes of %s\n", vm, act->offering ? act->offering : "?");
		break;
	case OPERATION_DELETE_VOLUME_SNAPSHOT:
		hv_text_printf(out, "DeleteVolumeSnapshotCommand  %s: %s\n", vm, name);
		break;
	default:
		break;
	}
}
