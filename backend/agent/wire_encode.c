#include "backend/agent/wire.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

/*
 * Data travels as JSON values built from structs, never as text put into text. The setters below take a NULL value
 * as "could not be made" (invalid UTF-8) and the failure is seen at the end, once.
 */
struct object {
	json_t *json;
	bool failed;
};

static struct object object_new(void)
{
	return (struct object){json_object(), false};
}

static void put(struct object *object, const char *name, json_t *take_value)
{
	if (!take_value || json_object_set_new(object->json, name, take_value) != 0) {
		object->failed = true;
	}
}

static void put_object(struct object *object, const char *name, struct object *take_inner)
{
	object->failed = object->failed || take_inner->failed;
	put(object, name, take_inner->json);
}

static void put_text(struct object *object, const char *name, const char *text)
{
	put(object, name, text ? json_string(text) : json_null());
}

static void put_uuid(struct object *object, const char *name, const struct hv_uuid *uuid)
{
	char text[HV_UUID_TEXT_SIZE];
	put(object, name, hv_uuid_is_nil(uuid) ? json_null() : json_string(hv_uuid_format(uuid, text)));
}

static void put_vm(struct object *body, const struct agent_command *command)
{
	put_text(body, "vmName", command->vm_name ? command->vm_name : "");
	put_uuid(body, "vmUuid", &command->vm_uuid);
}

/* ---- bodies, one function a kind ---- */

static void body_empty(struct object *body, const struct agent_command *command)
{
	(void)body;
	(void)command;
}

static void body_startup(struct object *body, const struct agent_command *command)
{
	(void)command;
	put_text(body, "console", "hvtree " HVTREE_VERSION);
}

static json_t *volume_objects(struct object *body, const struct volume_list *volumes)
{
	json_t *array = json_array();
	for (size_t i = 0; i < volumes->count; i++) {
		const struct volume *volume = &volumes->items[i];
		struct object to = object_new();
		put_uuid(&to, "uuid", &volume->uuid);
		put_text(&to, "name", volume->name ? volume->name : "");
		put_text(&to, "volumeType", volume->root ? "ROOT" : "DATADISK");
		put(&to, "deviceId", json_integer(volume->device_id));
		put_text(&to, "path", volume->path ? volume->path : "");
		put(&to, "size", json_integer(volume->size_bytes));
		put(&to, "chainSize", json_integer(volume->chain_bytes));
		bool appended = json_array_append_new(array, to.json) == 0;
		body->failed = body->failed || to.failed || !appended;
	}
	return array;
}

static void body_snapshot(struct object *body, const struct agent_command *command)
{
	const struct agent_target *target = &command->target;
	struct object to = object_new();
	put_uuid(&to, "uuid", &target->uuid);
	put_text(&to, "snapshotName", target->name ? target->name : "");
	put_text(&to, "displayName", target->display_name ? target->display_name : "");
	put_text(&to, "description", target->description);
	put_text(&to, "type", snapshot_type_name(target->type));
	put(&to, "quiescevm", json_boolean(target->quiesce));
	put_uuid(&to, "checkpointId", &target->checkpoint);
	put_uuid(&to, "parent", &target->parent_checkpoint);
	put_vm(body, command);
	put_object(body, "target", &to);
	put(body, "volumeTOs", volume_objects(body, &command->volumes));
}

static void body_vm(struct object *body, const struct agent_command *command)
{
	put_vm(body, command);
}

static void body_stop(struct object *body, const struct agent_command *command)
{
	put_vm(body, command);
	put(body, "force", json_boolean(command->force));
}

static void body_export(struct object *body, const struct agent_command *command)
{
	put_vm(body, command);
	put_uuid(body, "export", &command->export);
}

static void body_export_vm(struct object *body, const struct agent_command *command)
{
	body_export(body, command);
	put(body, "disks", json_boolean(command->with_disks));
}

static void body_attach(struct object *body, const struct agent_command *command)
{
	put_vm(body, command);
	put_text(body, "path", command->path ? command->path : "");
	put(body, "sizeBytes", command->size_bytes > 0 ? json_integer(command->size_bytes) : json_null());
}

static void body_volume(struct object *body, const struct agent_command *command)
{
	put_vm(body, command);
	put_uuid(body, "volumeUuid", &command->volume);
}

static void body_resize(struct object *body, const struct agent_command *command)
{
	body_volume(body, command);
	put(body, "sizeBytes", json_integer(command->size_bytes));
}

static void body_scale(struct object *body, const struct agent_command *command)
{
	put_vm(body, command);
	put(body, "cpus", json_integer(command->cpus));
	put(body, "memoryBytes", json_integer(command->memory_bytes));
}

static void body_volume_snapshot(struct object *body, const struct agent_command *command)
{
	put_vm(body, command);
	put_uuid(body, "volumeSnapshot", &command->volume_snapshot);
}

static void body_create_volume_snapshot(struct object *body, const struct agent_command *command)
{
	body_volume_snapshot(body, command);
	put_uuid(body, "volumeUuid", &command->volume);
	put_text(body, "name", command->volume_snapshot_name ? command->volume_snapshot_name : "");
}

static void body_query(struct object *body, const struct agent_command *command)
{
	put_uuid(body, "operation", &command->operation);
	put_text(body, "command", agent_command_name(command->query_kind));
}

static const struct {
	void (*body)(struct object *body, const struct agent_command *command);
	bool changes; /* stands in the agent's journal: needs an operation */
	bool names_operation;
} encoders[] = {
	[AGENT_STARTUP] = {body_startup, false, false},
	[AGENT_PING] = {body_empty, false, false},
	[AGENT_GET_INVENTORY] = {body_empty, false, false},
	[AGENT_HOST_VM_STATE_REPORT] = {body_empty, false, false},
	[AGENT_CREATE_VM_SNAPSHOT] = {body_snapshot, true, true},
	[AGENT_REVERT_TO_VM_SNAPSHOT] = {body_snapshot, true, true},
	[AGENT_DELETE_VM_SNAPSHOT] = {body_snapshot, true, true},
	[AGENT_START] = {body_vm, true, true},
	[AGENT_STOP] = {body_stop, true, true},
	[AGENT_QUERY_OPERATION] = {body_query, false, true},
	[AGENT_EXPORT_VM] = {body_export_vm, true, true},
	[AGENT_CANCEL_EXPORT] = {body_export, true, true},
	[AGENT_REMOVE_VM] = {body_export, true, true},
	[AGENT_IMPORT_VM] = {body_export, true, true},
	[AGENT_DESTROY] = {body_vm, true, true},
	[AGENT_ATTACH] = {body_attach, true, true},
	[AGENT_DETTACH] = {body_volume, true, true},
	[AGENT_RESIZE_VOLUME] = {body_resize, true, true},
	[AGENT_SCALE_VM] = {body_scale, true, true},
	[AGENT_CREATE_VOLUME_SNAPSHOT] = {body_create_volume_snapshot, true, true},
	[AGENT_DELETE_VOLUME_SNAPSHOT] = {body_volume_snapshot, true, true},
};
static_assert(HV_ARRAY_LEN(encoders) == AGENT_COMMAND_COUNT, "an encoder for every command");

static void append_line(struct hv_text *line, const json_t *json)
{
	/* ASCII only: no code page of a Windows host can spoil it (hyperv.md 6) */
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
	hv_text_puts(line, text ? text : "{}");
	hv_text_puts(line, "\n");
	free(text);
}

enum hv_status wire_encode_command(
	const struct agent_command *command, int64_t id, struct hv_text *line, struct hv_error *err)
{
	if ((size_t)command->kind >= AGENT_COMMAND_COUNT) {
		return hv_error_set(err, HV_ERR_INVALID, "there is no such command");
	}
	const char *name = agent_command_name(command->kind);
	if (encoders[command->kind].names_operation && hv_uuid_is_nil(&command->operation)) {
		return hv_error_set(err, HV_ERR_INVALID, "%s needs an operation", name);
	}
	struct object root = object_new();
	struct object body = object_new();
	put(&root, "id", json_integer(id));
	if (encoders[command->kind].changes) {
		put_uuid(&root, "operation", &command->operation);
		put(&root, "epoch", json_integer(command->epoch));
	}
	put_text(&root, "command", name);
	encoders[command->kind].body(&body, command);
	put_object(&root, "body", &body);
	if (!root.failed) {
		append_line(line, root.json);
	}
	json_decref(root.json);
	if (root.failed) {
		return hv_error_set(err, HV_ERR_INVALID, "%s holds text that is not valid UTF-8", name);
	}
	return HV_OK;
}

void wire_encode_quit(int64_t id, struct hv_text *line)
{
	hv_text_printf(line, "{\"id\":%" PRId64 ",\"command\":\"QuitCommand\"}\n", id);
}
