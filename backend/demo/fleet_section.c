#include "backend/demo/fleet_section.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/memory.h"
#include "backend/base/text.h"

#define NAME_MAX_CHARACTERS 100 /* Hyper-V's own limit for a checkpoint's name */
#define MIB (INT64_C(1) << 20)
#define GIB (INT64_C(1) << 30)

static enum hv_status fail(struct fleet_reader *reader, const char *format, ...) HV_PRINTF(2, 3);
static enum hv_status fail(struct fleet_reader *reader, const char *format, ...)
{
	char text[sizeof reader->err->text];
	va_list args;
	if (!reader->failed) {
		va_start(args, format);
		(void)vsnprintf(text, sizeof text, format, args);
		va_end(args);
		(void)hv_error_set(reader->err, HV_ERR_INVALID, "%s", text);
		reader->failed = true;
	}
	return HV_ERR_INVALID;
}

/* --- one value ------------------------------------------------------------------------------------------------- */

static bool parse_number(const char *value, int64_t most, int64_t *ret_number)
{
	char *end = NULL;
	errno = 0;
	long long number = strtoll(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || number < 0 || number > most) {
		return false;
	}
	*ret_number = number;
	return true;
}

enum value_kind { VALUE_TEXT, VALUE_NAME, VALUE_COUNT, VALUE_MEGABYTES, VALUE_GIGABYTES, VALUE_YES_NO, VALUE_AGE,
	VALUE_CHOICE, VALUE_DISKS };

struct field {
	const char *key;
	enum value_kind kind;
	size_t offset;
	const char *choices; /* "A|B|C" of VALUE_CHOICE */
};

static bool is_choice(const char *choices, const char *value)
{
	size_t length = strlen(value);
	for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
		if (length > 0 && strncmp(at, value, length) == 0 && (at[length] == '|' || at[length] == '\0')) {
			return true;
		}
	}
	return false;
}

static enum hv_status set_text(struct fleet_reader *reader, char **owner, const struct field *field, const char *value)
{
	if (field->kind == VALUE_CHOICE && !is_choice(field->choices, value)) {
		return fail(reader, "'%s' is not one of %s", value, field->choices);
	}
	if (!hv_text_is_name(value, field->kind == VALUE_TEXT ? 255 : NAME_MAX_CHARACTERS)) {
		return fail(reader, "the text is empty, too long, or not plain UTF-8");
	}
	hv_replace_string(owner, value);
	return HV_OK;
}

static enum hv_status set_number(struct fleet_reader *reader, int64_t *owner, enum value_kind kind, const char *value)
{
	static const int64_t units[] = {[VALUE_COUNT] = 1, [VALUE_MEGABYTES] = MIB, [VALUE_GIGABYTES] = GIB};
	if (kind == VALUE_AGE) {
		return hv_parse_age(value, owner) ? HV_OK : fail(reader, "'%s' is not an age such as 82d", value);
	}
	int64_t number;
	if (!parse_number(value, 1000000, &number)) {
		return fail(reader, "'%s' is not a number from 0 to 1000000", value);
	}
	*owner = number * units[kind];
	return HV_OK;
}

static enum hv_status set_yes_no(struct fleet_reader *reader, bool *owner, const char *value)
{
	bool yes = strcmp(value, "yes") == 0;
	if (!yes && strcmp(value, "no") != 0) {
		return fail(reader, "'%s' is neither yes nor no", value);
	}
	*owner = yes;
	return HV_OK;
}

static enum hv_status add_disk(struct fleet_reader *reader, struct fleet_vm *vm, const char *word)
{
	const char *colon = strchr(word, ':');
	int64_t size;
	if (!colon || colon == word || !parse_number(colon + 1, 65536, &size) || size == 0) {
		return fail(reader, "'%s' is not a disk such as root:120 (name, size in GB)", word);
	}
	HV_CLEANUP_FREE char *name = hv_strndup(word, (size_t)(colon - word));
	for (size_t i = 0; i < vm->disk_count; i++) {
		if (hv_text_same_name(vm->disks[i].name, name)) {
			return fail(reader, "disk '%s' stands twice", name);
		}
	}
	HV_GROW(vm->disks, vm->disk_count, vm->disk_capacity);
	vm->disks[vm->disk_count++] =
		(struct fleet_disk){.name = hv_strdup(name), .size_bytes = size * GIB};
	return HV_OK;
}

static enum hv_status set_disks(struct fleet_reader *reader, struct fleet_vm *vm, const char *value)
{
	HV_CLEANUP_FREE char *words = hv_strdup(value);
	char *rest = NULL;
	for (char *word = strtok_r(words, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		enum hv_status status = add_disk(reader, vm, word);
		if (status != HV_OK) {
			return status;
		}
	}
	return vm->disk_count > 0 ? HV_OK : fail(reader, "a VM has at least one disk");
}

static enum hv_status set_field(struct fleet_reader *reader, void *object, const struct field *field, const char *value)
{
	char *place = (char *)object + field->offset;
	switch (field->kind) {
	case VALUE_TEXT:
	case VALUE_NAME:
	case VALUE_CHOICE:
		return set_text(reader, (char **)(void *)place, field, value);
	case VALUE_COUNT:
	case VALUE_MEGABYTES:
	case VALUE_GIGABYTES:
	case VALUE_AGE:
		return set_number(reader, (int64_t *)(void *)place, field->kind, value);
	case VALUE_YES_NO:
		return set_yes_no(reader, (bool *)place, value);
	case VALUE_DISKS:
		return set_disks(reader, object, value);
	}
	return HV_ERR_INVALID;
}

/* --- sections -------------------------------------------------------------------------------------------------- */

static const struct field fleet_fields[] = {
	{"name", VALUE_TEXT, offsetof(struct fleet, name), NULL},
};
static const struct field host_fields[] = {
	{"group", VALUE_NAME, offsetof(struct fleet_host, group), NULL},
	{"version", VALUE_NAME, offsetof(struct fleet_host, version), NULL},
	{"stop_policy", VALUE_CHOICE, offsetof(struct fleet_host, stop_policy), "keep|export|export-at-snapshot"},
	{"latency_ms", VALUE_COUNT, offsetof(struct fleet_host, latency_ms), NULL},
	{"down", VALUE_YES_NO, offsetof(struct fleet_host, down), NULL},
	{"storage_gb", VALUE_GIGABYTES, offsetof(struct fleet_host, storage_bytes), NULL},
	{"free_gb", VALUE_GIGABYTES, offsetof(struct fleet_host, free_bytes), NULL},
};
static const struct field vm_fields[] = {
	{"host", VALUE_NAME, offsetof(struct fleet_vm, host), NULL},
	{"state", VALUE_CHOICE, offsetof(struct fleet_vm, state), "Running|Stopped|Saved|Paused"},
	{"cpus", VALUE_COUNT, offsetof(struct fleet_vm, cpus), NULL},
	{"memory_mb", VALUE_MEGABYTES, offsetof(struct fleet_vm, memory_bytes), NULL},
	{"offering", VALUE_NAME, offsetof(struct fleet_vm, offering), NULL},
	{"account", VALUE_NAME, offsetof(struct fleet_vm, account), NULL},
	{"disks", VALUE_DISKS, 0, NULL},
	{"production", VALUE_YES_NO, offsetof(struct fleet_vm, production), NULL},
};
static const struct field snapshot_fields[] = {
	{"parent", VALUE_NAME, offsetof(struct fleet_snapshot, parent), NULL},
	{"type", VALUE_CHOICE, offsetof(struct fleet_snapshot, type), "Disk|DiskAndMemory"},
	{"kind", VALUE_CHOICE, offsetof(struct fleet_snapshot, kind), "Standard|Recovery|Automatic"},
	{"age", VALUE_AGE, offsetof(struct fleet_snapshot, age_us), NULL},
	{"delta_mb", VALUE_MEGABYTES, offsetof(struct fleet_snapshot, delta_bytes), NULL},
	{"by", VALUE_NAME, offsetof(struct fleet_snapshot, by), NULL},
	{"note", VALUE_TEXT, offsetof(struct fleet_snapshot, note), NULL},
	{"tracked", VALUE_YES_NO, offsetof(struct fleet_snapshot, tracked), NULL},
	{"current", VALUE_YES_NO, offsetof(struct fleet_snapshot, current), NULL},
};

static struct fleet_host *host_of_section(struct fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->host_count; i++) {
		if (strcmp(fleet->hosts[i].name, name) == 0) {
			return &fleet->hosts[i];
		}
	}
	HV_GROW(fleet->hosts, fleet->host_count, fleet->host_capacity);
	struct fleet_host *host = &fleet->hosts[fleet->host_count++];
	*host = (struct fleet_host){.name = hv_strdup(name), .group = hv_strdup("default"),
		.version = hv_strdup("10.0.20348"), .stop_policy = hv_strdup("keep"), .storage_bytes = 2048 * GIB, .free_bytes = 1024 * GIB};
	return host;
}

static struct fleet_vm *vm_of_section(struct fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->vm_count; i++) {
		if (strcmp(fleet->vms[i].name, name) == 0) {
			return &fleet->vms[i];
		}
	}
	HV_GROW(fleet->vms, fleet->vm_count, fleet->vm_capacity);
	struct fleet_vm *vm = &fleet->vms[fleet->vm_count++];
	*vm = (struct fleet_vm){.name = hv_strdup(name), .state = hv_strdup("Running"),
		.offering = hv_strdup("standard"), .account = hv_strdup("admin"), .cpus = 2,
		.memory_bytes = 4096 * MIB, .production = true};
	return vm;
}

struct fleet_snapshot *fleet_find_snapshot(const struct fleet *fleet, const char *vm, const char *name)
{
	for (size_t i = 0; i < fleet->snapshot_count; i++) {
		struct fleet_snapshot *snapshot = &fleet->snapshots[i];
		if (strcmp(snapshot->vm, vm) == 0 && strcmp(snapshot->name, name) == 0) {
			return snapshot;
		}
	}
	return NULL;
}

static struct fleet_snapshot *snapshot_of_section(struct fleet *fleet, const char *vm, const char *name)
{
	struct fleet_snapshot *snapshot = fleet_find_snapshot(fleet, vm, name);
	if (snapshot) {
		return snapshot;
	}
	HV_GROW(fleet->snapshots, fleet->snapshot_count, fleet->snapshot_capacity);
	snapshot = &fleet->snapshots[fleet->snapshot_count++];
	*snapshot = (struct fleet_snapshot){.name = hv_strdup(name), .vm = hv_strdup(vm),
		.type = hv_strdup("Disk"), .kind = hv_strdup("Standard"), .by = hv_strdup("admin"),
		.age_us = HV_SECOND_US, .delta_bytes = 64 * MIB, .tracked = true};
	return snapshot;
}

static enum hv_status add_pair(struct fleet_reader *reader, struct fleet_content *content, const char *key,
	const char *value)
{
	if (!hv_text_is_name(key, 255) || !hv_utf8_is_valid(value, strlen(value))) {
		return fail(reader, "the guest's key or value is not plain UTF-8");
	}
	for (size_t i = 0; i < content->count; i++) {
		if (strcmp(content->pairs[i].key, key) == 0) {
			return fail(reader, "the guest's key stands twice");
		}
	}
	HV_GROW(content->pairs, content->count, content->capacity);
	content->pairs[content->count++] = (struct fleet_pair){hv_strdup(key), hv_strdup(value)};
	return HV_OK;
}

static enum hv_status set_by_table(struct fleet_reader *reader, void *object, const struct field *fields, size_t count,
	const char *key, const char *value)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(fields[i].key, key) == 0) {
			return set_field(reader, object, &fields[i], value);
		}
	}
	return fail(reader, "there is no such key");
}

/* guest.disk.KEY and guest.memory.KEY; false when `key` is neither. */
static bool take_guest_key(struct fleet_reader *reader, struct fleet_content *disk, struct fleet_content *memory,
	const char *key, const char *value)
{
	static const char disk_prefix[] = "guest.disk.";
	static const char memory_prefix[] = "guest.memory.";
	if (strncmp(key, disk_prefix, sizeof disk_prefix - 1) == 0) {
		(void)add_pair(reader, disk, key + sizeof disk_prefix - 1, value);
		return true;
	}
	if (strncmp(key, memory_prefix, sizeof memory_prefix - 1) == 0) {
		(void)add_pair(reader, memory, key + sizeof memory_prefix - 1, value);
		return true;
	}
	return false;
}

static enum hv_status take_snapshot_key(struct fleet_reader *reader, const char *path, const char *key,
	const char *value)
{
	const char *slash = strchr(path, '/');
	if (!slash || slash == path || !hv_text_is_name(slash + 1, NAME_MAX_CHARACTERS)) {
		return fail(reader, "a snapshot's section is written [snapshot VM/NAME]");
	}
	HV_CLEANUP_FREE char *vm = hv_strndup(path, (size_t)(slash - path));
	struct fleet_snapshot *snapshot = snapshot_of_section(reader->fleet, vm, slash + 1);
	if (take_guest_key(reader, &snapshot->disk, &snapshot->memory, key, value)) {
		return reader->failed ? HV_ERR_INVALID : HV_OK;
	}
	return set_by_table(reader, snapshot, snapshot_fields, HV_ARRAY_LEN(snapshot_fields), key, value);
}

static enum hv_status take_vm_key(struct fleet_reader *reader, const char *name, const char *key, const char *value)
{
	if (!hv_text_is_name(name, NAME_MAX_CHARACTERS) || strchr(name, '/')) {
		return fail(reader, "'%s' cannot be a VM's name", name);
	}
	struct fleet_vm *vm = vm_of_section(reader->fleet, name);
	if (take_guest_key(reader, &vm->disk, &vm->memory, key, value)) {
		return reader->failed ? HV_ERR_INVALID : HV_OK;
	}
	return set_by_table(reader, vm, vm_fields, HV_ARRAY_LEN(vm_fields), key, value);
}

static enum hv_status take_host_key(struct fleet_reader *reader, const char *name, const char *key, const char *value)
{
	if (!hv_text_is_name(name, NAME_MAX_CHARACTERS) || strchr(name, '/')) {
		return fail(reader, "'%s' cannot be a host's name", name);
	}
	struct fleet_host *host = host_of_section(reader->fleet, name);
	return set_by_table(reader, host, host_fields, HV_ARRAY_LEN(host_fields), key, value);
}

static enum hv_status take_fleet_key(struct fleet_reader *reader, const char *name, const char *key, const char *value)
{
	if (*name != '\0') {
		return fail(reader, "the section is written [fleet]");
	}
	return set_by_table(reader, reader->fleet, fleet_fields, HV_ARRAY_LEN(fleet_fields), key, value);
}

static const struct {
	const char *word;
	enum hv_status (*take)(struct fleet_reader *reader, const char *name, const char *key, const char *value);
} section_kinds[] = {
	{"fleet", take_fleet_key},
	{"host", take_host_key},
	{"vm", take_vm_key},
	{"snapshot", take_snapshot_key},
};

int fleet_section_take(void *context, const char *section, const char *key, const char *value)
{
	struct fleet_reader *reader = context;
	size_t word = strcspn(section, " ");
	const char *name = section + word + (section[word] == ' ' ? 1 : 0);
	if (reader->failed) {
		return 0;
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(section_kinds); i++) {
		if (strlen(section_kinds[i].word) == word && strncmp(section_kinds[i].word, section, word) == 0) {
			if (section_kinds[i].take(reader, name, key, value) != HV_OK) {
				hv_error_prefix(reader->err, "[%s] %s", section, key);
				return 0;
			}
			return 1;
		}
	}
	(void)fail(reader, "[%s] is not a section of a fleet file", section);
	return 0;
}
