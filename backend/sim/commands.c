#include "backend/sim/commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "backend/base/text.h"
#include "backend/sim/checkpoints.h"

#define SHOWN_NAME 64 /* bytes of a client's text that an error repeats */
#define VOLUME_BYTES_MAX (INT64_C(64) << 40) /* of a .vhdx */
#define PATH_CHARACTERS 1024
#define VOLUME_SNAPSHOT_NAME_CHARACTERS 255

static bool read_nothing(struct command *command, struct command_error *error);
static bool read_query(struct command *command, struct command_error *error);
static bool read_vm(struct command *command, struct command_error *error);
static bool read_stop(struct command *command, struct command_error *error);
static bool read_create(struct command *command, struct command_error *error);
static bool read_revert(struct command *command, struct command_error *error);
static bool read_delete(struct command *command, struct command_error *error);
static bool read_export(struct command *command, struct command_error *error);
static bool read_export_vm(struct command *command, struct command_error *error);
static bool read_attach(struct command *command, struct command_error *error);
static bool read_detach(struct command *command, struct command_error *error);
static bool read_resize(struct command *command, struct command_error *error);
static bool read_scale(struct command *command, struct command_error *error);
static bool read_volume_snapshot(struct command *command, struct command_error *error);
static bool read_create_volume_snapshot(struct command *command, struct command_error *error);

static const struct command_rule {
	const char *name;
	const char *answer;
	enum command_kind kind;
	bool journaled;
	bool (*read)(struct command *command, struct command_error *error);
} rules[] = {
	{"StartupCommand", "StartupAnswer", COMMAND_STARTUP, false, read_nothing},
	{"PingCommand", "PingAnswer", COMMAND_PING, false, read_nothing},
	{"GetInventoryCommand", "GetInventoryAnswer", COMMAND_GET_INVENTORY, false, read_nothing},
	{"HostVmStateReportCommand", "HostVmStateReportAnswer", COMMAND_HOST_VM_STATE_REPORT, false, read_nothing},
	{"CreateVMSnapshotCommand", "CreateVMSnapshotAnswer", COMMAND_CREATE, true, read_create},
	{"RevertToVMSnapshotCommand", "RevertToVMSnapshotAnswer", COMMAND_REVERT, true, read_revert},
	{"DeleteVMSnapshotCommand", "DeleteVMSnapshotAnswer", COMMAND_DELETE, true, read_delete},
	{"StartCommand", "StartAnswer", COMMAND_START, true, read_vm},
	{"StopCommand", "StopAnswer", COMMAND_STOP, true, read_stop},
	{"QueryOperationCommand", "QueryOperationAnswer", COMMAND_QUERY_OPERATION, false, read_query},
	{"QuitCommand", "QuitAnswer", COMMAND_QUIT, false, read_nothing},
	{"ExportVmCommand", "ExportVmAnswer", COMMAND_EXPORT, true, read_export_vm},
	{"CancelExportCommand", "CancelExportAnswer", COMMAND_CANCEL_EXPORT, true, read_export},
	{"RemoveVmCommand", "RemoveVmAnswer", COMMAND_REMOVE_VM, true, read_export},
	{"ImportVmCommand", "ImportVmAnswer", COMMAND_IMPORT, true, read_export},
	{"DestroyCommand", "DestroyAnswer", COMMAND_DESTROY, true, read_vm},
	{"AttachCommand", "AttachAnswer", COMMAND_ATTACH, true, read_attach},
	{"DettachCommand", "DettachAnswer", COMMAND_DETACH, true, read_detach},
	{"ResizeVolumeCommand", "ResizeVolumeAnswer", COMMAND_RESIZE, true, read_resize},
	{"ScaleVmCommand", "ScaleVmAnswer", COMMAND_SCALE, true, read_scale},
	{"CreateVolumeSnapshotCommand", "CreateVolumeSnapshotAnswer", COMMAND_CREATE_VOLUME_SNAPSHOT, true,
		read_create_volume_snapshot},
	{"DeleteVolumeSnapshotCommand", "DeleteVolumeSnapshotAnswer", COMMAND_DELETE_VOLUME_SNAPSHOT, true,
		read_volume_snapshot},
};

static const char *const codes[] = {"UnknownCommand", "BadBody", "LineTooLong", "VmNotFound", "SnapshotNotFound",
	"InvalidState", "Busy", "StaleView", "DiskFull", "StorageGone", "QuiesceFailed", "LimitReached",
	"AccessDenied", "NotSupported", "Cancelled", "Fenced", "HostError"};

static const struct command_rule *find_rule(const char *name)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(rules); i++) {
		if (strcmp(rules[i].name, name) == 0) {
			return &rules[i];
		}
	}
	return NULL;
}

bool command_code_exists(const char *code)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(codes); i++) {
		if (strcmp(codes[i], code) == 0) {
			return true;
		}
	}
	return false;
}

const char *command_full_name(const char *name)
{
	static const char ending[] = "Command";
	for (size_t i = 0; i < HV_ARRAY_LEN(rules); i++) {
		size_t stem = strlen(rules[i].name) - (sizeof ending - 1);
		if (strcmp(rules[i].name, name) == 0 ||
			(strlen(name) == stem && strncmp(rules[i].name, name, stem) == 0)) {
			return rules[i].name;
		}
	}
	return NULL;
}

const char *command_answer_name(const char *name)
{
	const struct command_rule *rule = find_rule(name);
	return rule ? rule->answer : "ErrorAnswer";
}

bool command_is_journaled(enum command_kind kind)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(rules); i++) {
		if (rules[i].kind == kind) {
			return rules[i].journaled;
		}
	}
	return false;
}

/* --- bodies ---------------------------------------------------------------------------------------------------- */

static bool refuse(struct command_error *error, const char *format, ...) HV_PRINTF(2, 3);
static bool refuse(struct command_error *error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vsnprintf(error->details, sizeof error->details, format, args);
	va_end(args);
	error->code = "BadBody";
	return false;
}

static const json_t *body_of(const struct command *command)
{
	return json_object_get(command->line, "body");
}

/* A uuid in the canonical form; false when the value is none. */
static bool take_uuid(const json_t *value, char text[HV_UUID_TEXT_SIZE])
{
	struct hv_uuid uuid;
	const char *string = json_string_value(value);
	if (!string || !hv_uuid_parse(string, &uuid) || hv_uuid_is_nil(&uuid)) {
		return false;
	}
	(void)hv_uuid_format(&uuid, text);
	return true;
}

/* null and a missing member leave `text` empty. */
static bool take_nullable_uuid(const json_t *value, char text[HV_UUID_TEXT_SIZE])
{
	text[0] = '\0';
	return !value || json_is_null(value) || take_uuid(value, text);
}

static bool read_nothing(struct command *command, struct command_error *error)
{
	(void)command;
	(void)error;
	return true;
}

static bool read_query(struct command *command, struct command_error *error)
{
	const char *name = json_string_value(json_object_get(body_of(command), "command"));
	const struct command_rule *rule = name ? find_rule(name) : NULL;
	if (!take_uuid(json_object_get(body_of(command), "operation"), command->operation)) {
		return refuse(error, "body.operation is not a uuid");
	}
	if (!rule) {
		return refuse(error, "body.command is not the name of a command");
	}
	command->query = rule->name;
	return true;
}

static bool read_vm(struct command *command, struct command_error *error)
{
	if (!take_uuid(json_object_get(body_of(command), "vmUuid"), command->vm_uuid)) {
		return refuse(error, "body.vmUuid is not a uuid");
	}
	return true;
}

static bool read_stop(struct command *command, struct command_error *error)
{
	const json_t *force = json_object_get(body_of(command), "force");
	if (force && !json_is_boolean(force)) {
		return refuse(error, "body.force is neither true nor false");
	}
	command->force = json_is_true(force);
	return read_vm(command, error);
}

static bool read_type(struct command *command, bool needed, struct command_error *error)
{
	const char *type = json_string_value(json_object_get(command->target, "type"));
	command->with_memory = type && strcmp(type, "DiskAndMemory") == 0;
	if (needed && !command->with_memory && (!type || strcmp(type, "Disk") != 0)) {
		return refuse(error, "body.target.type is neither Disk nor DiskAndMemory");
	}
	return true;
}

static bool read_target(struct command *command, struct command_error *error)
{
	command->target = json_object_get(body_of(command), "target");
	if (!read_vm(command, error)) {
		return false;
	}
	if (!json_is_object(command->target)) {
		return refuse(error, "body.target is missing");
	}
	command->snapshot_name = json_string_value(json_object_get(command->target, "snapshotName"));
	if (!take_nullable_uuid(json_object_get(command->target, "checkpointId"), command->checkpoint)) {
		return refuse(error, "body.target.checkpointId is not a uuid");
	}
	const json_t *parent = json_object_get(command->target, "parent");
	command->parent_told = parent != NULL;
	if (!take_nullable_uuid(parent, command->parent)) {
		return refuse(error, "body.target.parent is not a uuid");
	}
	if (!command->snapshot_name && command->checkpoint[0] == '\0') {
		return refuse(error, "body.target has neither checkpointId nor snapshotName");
	}
	return true;
}

static bool read_create(struct command *command, struct command_error *error)
{
	if (!read_target(command, error) || !read_type(command, true, error)) {
		return false;
	}
	if (!command->snapshot_name || !hv_text_is_name(command->snapshot_name, CHECKPOINT_NAME_CHARACTERS)) {
		return refuse(error, "body.target.snapshotName is not a name of 1 to %d characters",
			CHECKPOINT_NAME_CHARACTERS);
	}
	return true;
}

static bool read_revert(struct command *command, struct command_error *error)
{
	return read_target(command, error) && read_type(command, true, error);
}

static bool read_delete(struct command *command, struct command_error *error)
{
	return read_target(command, error) && read_type(command, false, error);
}

/* --- bodies: exports and volumes ------------------------------------------------------------------------------- */

static bool read_uuid(const struct command *command, const char *member, char text[HV_UUID_TEXT_SIZE],
	struct command_error *error)
{
	return take_uuid(json_object_get(body_of(command), member), text) ||
	       refuse(error, "body.%s is not a uuid", member);
}

static bool read_amount(const struct command *command, const char *member, int64_t *ret_amount,
	struct command_error *error)
{
	const json_t *value = json_object_get(body_of(command), member);
	*ret_amount = json_integer_value(value);
	if (*ret_amount <= 0 || *ret_amount > VOLUME_BYTES_MAX) {
		return refuse(error, "body.%s is not a number above 0", member);
	}
	return true;
}

static bool read_export(struct command *command, struct command_error *error)
{
	return read_vm(command, error) && read_uuid(command, "export", command->export, error);
}

static bool read_export_vm(struct command *command, struct command_error *error)
{
	const json_t *disks = json_object_get(body_of(command), "disks");
	if (!json_is_boolean(disks)) {
		return refuse(error, "body.disks is neither true nor false");
	}
	command->with_disks = json_is_true(disks);
	return read_export(command, error);
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool ends_like(const char *text, const char *ending)
{
	size_t length = strlen(text), wanted = strlen(ending);
	return length > wanted && strcasecmp(text + length - wanted, ending) == 0;
}

/* Names between backslashes, of which none is empty or means another folder. */
static bool are_names(const char *path)
{
	while (*path) {
		size_t length = strcspn(path, "\\");
		bool dots = strspn(path, ".") == length && length <= 2;
		if (dots || strcspn(path, ":*?\"<>|/") < length) {
			return false;
		}
		path += length;
		path += *path ? 1 : 0;
	}
	return true;
}

/* "C:\..." or "\\server\...", of a disk, without anything that means another file than it says. */
static bool is_disk_path(const char *path)
{
	bool drive = is_letter(path[0]) && path[1] == ':' && path[2] == '\\';
	bool share = strncmp(path, "\\\\", 2) == 0;
	return hv_text_is_name(path, PATH_CHARACTERS) && (drive || share) && are_names(path + (drive ? 3 : 2)) &&
	       (ends_like(path, ".vhdx") || ends_like(path, ".vhd"));
}

static bool read_attach(struct command *command, struct command_error *error)
{
	const json_t *size = json_object_get(body_of(command), "sizeBytes");
	command->path = json_string_value(json_object_get(body_of(command), "path"));
	if (!command->path || !is_disk_path(command->path)) {
		return refuse(error, "body.path is not the absolute path of a .vhdx or .vhd file");
	}
	if (size && !json_is_null(size) && !read_amount(command, "sizeBytes", &command->size_bytes, error)) {
		return false;
	}
	return read_vm(command, error);
}

static bool read_detach(struct command *command, struct command_error *error)
{
	return read_vm(command, error) && read_uuid(command, "volumeUuid", command->volume, error);
}

static bool read_resize(struct command *command, struct command_error *error)
{
	return read_detach(command, error) && read_amount(command, "sizeBytes", &command->size_bytes, error);
}

static bool read_scale(struct command *command, struct command_error *error)
{
	return read_vm(command, error) && read_amount(command, "cpus", &command->cpus, error) &&
	       read_amount(command, "memoryBytes", &command->memory_bytes, error);
}

static bool read_volume_snapshot(struct command *command, struct command_error *error)
{
	return read_vm(command, error) && read_uuid(command, "volumeSnapshot", command->volume_snapshot, error);
}

static bool read_create_volume_snapshot(struct command *command, struct command_error *error)
{
	command->name_of_copy = json_string_value(json_object_get(body_of(command), "name"));
	if (!command->name_of_copy || !hv_text_is_name(command->name_of_copy, VOLUME_SNAPSHOT_NAME_CHARACTERS)) {
		return refuse(error, "body.name is not a name of 1 to %d characters",
			VOLUME_SNAPSHOT_NAME_CHARACTERS);
	}
	return read_volume_snapshot(command, error) && read_uuid(command, "volumeUuid", command->volume, error);
}

/* --- the line -------------------------------------------------------------------------------------------------- */

static bool read_key(struct command *command, struct command_error *error)
{
	const json_t *epoch = json_object_get(command->line, "epoch");
	if (!take_uuid(json_object_get(command->line, "operation"), command->operation)) {
		return refuse(error, "operation is not a uuid");
	}
	if (!json_is_integer(epoch) || json_integer_value(epoch) < 0) {
		return refuse(error, "epoch is not a number");
	}
	command->epoch = json_integer_value(epoch);
	return true;
}

static bool read_members(struct command *command, struct command_error *error)
{
	const json_t *id = json_object_get(command->line, "id");
	const char *name = json_string_value(json_object_get(command->line, "command"));
	if (!json_is_integer(id)) {
		return refuse(error, "the line has no integer id");
	}
	command->id = error->id = json_integer_value(id);
	error->has_id = true;
	if (!name) {
		return refuse(error, "the line has no command");
	}
	const struct command_rule *rule = find_rule(name);
	if (!rule) {
		(void)refuse(error, "there is no command '%.*s'", SHOWN_NAME, name);
		error->code = "UnknownCommand";
		return false;
	}
	command->kind = rule->kind;
	command->name = rule->name;
	error->answer = rule->answer;
	const json_t *body = body_of(command);
	if (body && !json_is_object(body)) {
		return refuse(error, "the body is not an object");
	}
	return (!rule->journaled || read_key(command, error)) && rule->read(command, error);
}

/* An error may repeat a piece of the client's text: what was cut or is not plain must not go out. */
static void clean_details(struct command_error *error)
{
	for (char *c = error->details; *c; c++) {
		if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7E) {
			*c = '?';
		}
	}
}

bool command_parse(const char *line, size_t length, struct command *ret_command, struct command_error *ret_error)
{
	struct command command = {0};
	struct command_error error = {.answer = "ErrorAnswer"};
	json_error_t why;
	bool good = false;
	command.line = json_loadb(line, length, 0, &why);
	if (!command.line) {
		(void)refuse(&error, "the line is not JSON: %s at byte %d", why.text, why.position);
	} else if (!json_is_object(command.line)) {
		(void)refuse(&error, "the line is not an object");
	} else {
		good = read_members(&command, &error);
	}
	if (!good) {
		clean_details(&error);
		command_clear(&command);
		*ret_error = error;
		return false;
	}
	*ret_command = command;
	return true;
}

void command_clear(struct command *command)
{
	json_decref(command->line);
	*command = (struct command){0};
}
