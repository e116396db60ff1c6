/* What an act on volumes, an offering or a volume snapshot would do (X2, X3, X4), said before it is done. */
#include "tui/batch/act_preview.h"

#include "tui/batch/table.h"

bool act_preview_is_about_volumes(const struct hv_act *act)
{
	switch (act->kind) {
	case OPERATION_ATTACH_VOLUME:
	case OPERATION_DETACH_VOLUME:
	case OPERATION_RESIZE_VOLUME:
	case OPERATION_SCALE_VM:
	case OPERATION_CREATE_VOLUME_SNAPSHOT:
	case OPERATION_DELETE_VOLUME_SNAPSHOT:
		return true;
	default:
		return false;
	}
}

static const struct hv_volume *volume_of(const struct act_preview_facts *facts)
{
	for (size_t i = 0; i < facts->tree->volume_count; i++) {
		if (hv_uuid_equal(&facts->tree->volumes[i].id, &facts->act->volume)) {
			return &facts->tree->volumes[i];
		}
	}
	return NULL;
}

static const struct hv_volume_snapshot *copy_of(const struct act_preview_facts *facts)
{
	for (size_t i = 0; i < facts->tree->volume_snapshot_count; i++) {
		if (hv_uuid_equal(&facts->tree->volume_snapshots[i].id, &facts->act->volume_snapshot)) {
			return &facts->tree->volume_snapshots[i];
		}
	}
	return NULL;
}

static void attach_text(struct hv_text *text, const struct act_preview_facts *facts)
{
	char size[16];
	hv_text_puts(text, "attach ");
	act_preview_put_name(text, facts->act->path);
	hv_text_puts(text, ": ");
	act_preview_put_vm(text, facts);
	hv_text_puts(text, "AFTER  the guest finds the disk");
	if (facts->act->size_bytes > 0) {
		hv_text_printf(text, "; it is made with %s when there is no such file",
			hv_format_bytes(facts->act->size_bytes, size));
	}
	hv_text_puts(text, "\n");
}

static void volume_text(struct hv_text *text, const struct act_preview_facts *facts)
{
	const struct hv_volume *volume = volume_of(facts);
	char size[16], before[16];
	enum operation_kind kind = facts->act->kind;
	hv_text_puts(text, kind == OPERATION_DETACH_VOLUME   ? "detach "
			   : kind == OPERATION_RESIZE_VOLUME ? "resize "
							     : "copy volume ");
	act_preview_put_name(text, volume ? volume->name : "?");
	hv_text_puts(text, ": ");
	act_preview_put_vm(text, facts);
	if (kind == OPERATION_DETACH_VOLUME) {
		hv_text_puts(text, "LOST   the guest finds the disk no more\nKEPT   its file on the host: ");
		act_preview_put_name(text, volume ? volume->path : "?");
		hv_text_puts(text, "\n");
	} else if (kind == OPERATION_RESIZE_VOLUME) {
		hv_text_printf(text, "AFTER  the disk has %s; now it has %s\n",
			hv_format_bytes(facts->act->size_bytes, size),
			hv_format_bytes(volume ? volume->size_bytes : 0, before));
	} else {
		hv_text_printf(text, "KEPT   the VM and its snapshots as they are\nAFTER  the host has a copy of %s at most\n",
			hv_format_bytes(volume ? volume->chain_bytes : 0, size));
	}
}

static void copy_delete_text(struct hv_text *text, const struct act_preview_facts *facts)
{
	const struct hv_volume_snapshot *copy = copy_of(facts);
	char size[16];
	hv_text_puts(text, "delete volume snapshot ");
	act_preview_put_name(text, copy ? copy->name : "?");
	hv_text_puts(text, ": ");
	act_preview_put_vm(text, facts);
	hv_text_printf(text, "LOST   this copy of the disk, %s\nKEPT   the VM and its snapshots as they are\n",
		hv_format_bytes(copy ? copy->size_bytes : 0, size));
}

static void scale_text(struct hv_text *text, const struct act_preview_facts *facts)
{
	const struct hv_preview *preview = facts->preview;
	hv_text_puts(text, "change the offering to ");
	act_preview_put_name(text, facts->act->offering);
	hv_text_puts(text, ": ");
	act_preview_put_vm(text, facts);
	if (preview->deleted_count > 0) {
		hv_text_printf(text, "LOST   the memory snapshot%s ", preview->deleted_count == 1 ? "" : "s");
		for (size_t i = 0; i < preview->deleted_count; i++) {
			hv_text_puts(text, i > 0 ? ", " : "");
			act_preview_put_name(text, preview->deleted_names[i]);
		}
		hv_text_puts(text, "\n");
	}
	hv_text_puts(text, "KEPT   its disk snapshots, and what is on its disks\nAFTER  the VM is Stopped, with the new sizes\n");
}

void act_preview_volume_text(struct hv_text *text, const struct act_preview_facts *facts)
{
	if (facts->act->kind == OPERATION_ATTACH_VOLUME) {
		attach_text(text, facts);
	} else if (facts->act->kind == OPERATION_SCALE_VM) {
		scale_text(text, facts);
	} else if (facts->act->kind == OPERATION_DELETE_VOLUME_SNAPSHOT) {
		copy_delete_text(text, facts);
	} else {
		volume_text(text, facts);
	}
}

static void discarded_json(struct json_writer *json, const struct hv_preview *preview)
{
	json_open_array(json, "discarded");
	for (size_t i = 0; i < preview->deleted_count; i++) {
		json_open_object(json, NULL);
		json_put_uuid(json, "id", &preview->deleted[i]);
		json_put_string(json, "displayname", preview->deleted_names[i]);
		json_close_object(json);
	}
	json_close_array(json);
}

void act_preview_volume_json(struct json_writer *json, const struct act_preview_facts *facts)
{
	const struct hv_act *act = facts->act;
	if (act->kind == OPERATION_SCALE_VM) {
		json_put_string(json, "offering", act->offering);
		discarded_json(json, facts->preview);
		return;
	}
	if (act->kind == OPERATION_DELETE_VOLUME_SNAPSHOT) {
		json_put_uuid(json, "snapshotid", &act->volume_snapshot);
		return;
	}
	json_put_uuid(json, "volumeid", &act->volume);
	json_put_string(json, "path", act->path);
	json_put_integer(json, "size", act->size_bytes);
}
