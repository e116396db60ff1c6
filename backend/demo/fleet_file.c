/*
 * Reading a fleet file in three steps: what inih would cut silently is refused first, then each key is put where it
 * belongs by a table, then references are resolved and snapshots sorted so that parents stand before children.
 */
#include "backend/demo/fleet_file.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/demo/fleet_section.h"

#define INIH_LINE_MAX 197   /* longer lines are split by inih without a word */
#define INIH_SECTION_MAX 48 /* longer names are cut by inih without a word */
#define FILE_MAX_BYTES (4L << 20)
#define MIB (INT64_C(1) << 20)
#define GIB (INT64_C(1) << 30)

/* --- before inih: what it would cut without a word ------------------------------------------------------------- */

/* The line number of a section's head, 0 when there is none. */
static int line_of_section(const char *text, const char *section)
{
	size_t length = strlen(section);
	int line = 1;
	for (const char *at = text; at; line++) {
		if (at[0] == '[' && strncmp(at + 1, section, length) == 0 && at[1 + length] == ']') {
			return line;
		}
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return 0;
}

/* A section stands once in a file: a second one is a slip of the pen. */
static enum hv_status check_lines(const char *text, struct hv_error *err)
{
	int line = 1;
	for (const char *at = text; at && *at; line++) {
		size_t length = strcspn(at, "\n");
		size_t name = *at == '[' ? strcspn(at + 1, "]\n") : 0;
		if (length > INIH_LINE_MAX) {
			return hv_error_set(err, HV_ERR_INVALID, "line %d: longer than %d bytes", line, INIH_LINE_MAX);
		}
		if (name > INIH_SECTION_MAX) {
			return hv_error_set(err, HV_ERR_INVALID, "line %d: the section's name is longer than %d bytes",
				line, INIH_SECTION_MAX);
		}
		if ((*at == ' ' || *at == '\t') && strspn(at, " \t\r") < length) {
			return hv_error_set(err, HV_ERR_INVALID, "line %d: begins with a blank", line);
		}
		if (name > 0) {
			HV_CLEANUP_FREE char *section = hv_strndup(at + 1, name);
			if (line_of_section(text, section) != line) {
				return hv_error_set(err, HV_ERR_INVALID, "line %d: [%s] stands twice", line, section);
			}
		}
		at += length + (at[length] == '\n' ? 1 : 0);
	}
	return HV_OK;
}

/* --- after inih: references ------------------------------------------------------------------------------------ */

static enum hv_status section_error(const char *text, struct hv_error *err, const char *kind, const char *name,
	const char *key, const char *sentence)
{
	HV_CLEANUP_FREE char *section = hv_sprintf("%s %s", kind, name);
	return hv_error_set(err, HV_ERR_INVALID, "line %d: [%s] %s: %s", line_of_section(text, section), section,
		key, sentence);
}

static enum hv_status check_vm(const struct fleet *fleet, const struct fleet_vm *vm, const char *text,
	struct hv_error *err)
{
	if (!vm->host) {
		return section_error(text, err, "vm", vm->name, "host", "is missing");
	}
	if (!fleet_find_host(fleet, vm->host)) {
		return section_error(text, err, "vm", vm->name, "host", "there is no such host");
	}
	if (vm->cpus < 1 || vm->memory_bytes < MIB) {
		return section_error(text, err, "vm", vm->name, "cpus", "a VM needs a processor and memory");
	}
	if (strcmp(vm->state, "Stopped") == 0 && vm->memory.count > 0) {
		return section_error(text, err, "vm", vm->name, "guest.memory", "a stopped VM holds no memory");
	}
	return HV_OK;
}

static enum hv_status check_snapshot(const struct fleet *fleet, const struct fleet_snapshot *snapshot,
	const char *text, struct hv_error *err)
{
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/%s", snapshot->vm, snapshot->name);
	if (!fleet_find_vm(fleet, snapshot->vm)) {
		return section_error(text, err, "snapshot", path, "VM", "there is no such VM");
	}
	if (snapshot->parent && !fleet_find_snapshot(fleet, snapshot->vm, snapshot->parent)) {
		return section_error(text, err, "snapshot", path, "parent", "there is no such snapshot");
	}
	if (strcmp(snapshot->type, "Disk") == 0 && snapshot->memory.count > 0) {
		return section_error(text, err, "snapshot", path, "guest.memory", "a Disk snapshot holds no memory");
	}
	if (snapshot->tracked && strcmp(snapshot->kind, "Standard") != 0) {
		return section_error(text, err, "snapshot", path, "kind", "only a Standard one can be tracked");
	}
	for (const struct fleet_snapshot *other = fleet->snapshots; snapshot->current && other < snapshot; other++) {
		if (other->current && strcmp(other->vm, snapshot->vm) == 0) {
			return section_error(text, err, "snapshot", path, "current", "the VM has another current one");
		}
	}
	return HV_OK;
}

/* Parents before children, else in the order of the file; what cannot be placed stands in a circle. */
static enum hv_status sort_snapshots(struct fleet *fleet, const char *text, struct hv_error *err)
{
	for (size_t placed = 0; placed < fleet->snapshot_count; placed++) {
		size_t next = placed;
		for (; next < fleet->snapshot_count; next++) {
			const struct fleet_snapshot *one = &fleet->snapshots[next];
			const struct fleet_snapshot *parent =
				one->parent ? fleet_find_snapshot(fleet, one->vm, one->parent) : NULL;
			if (!parent || parent < fleet->snapshots + placed) {
				break;
			}
		}
		if (next == fleet->snapshot_count) {
			const struct fleet_snapshot *one = &fleet->snapshots[placed];
			HV_CLEANUP_FREE char *path = hv_sprintf("%s/%s", one->vm, one->name);
			return section_error(text, err, "snapshot", path, "parent", "the parents form a circle");
		}
		struct fleet_snapshot moved = fleet->snapshots[next];
		memmove(&fleet->snapshots[placed + 1], &fleet->snapshots[placed],
			(next - placed) * sizeof moved);
		fleet->snapshots[placed] = moved;
	}
	return HV_OK;
}

static struct hv_uuid id_of(const char *kind, const char *path)
{
	HV_CLEANUP_FREE char *text = hv_sprintf("%s:%s", kind, path);
	return hv_uuid_from_text(text);
}

static void name_vm(struct fleet_vm *vm)
{
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/%s", vm->host, vm->name);
	vm->id = id_of("vm", path);
	if (vm->disk_count == 0) {
		HV_GROW(vm->disks, vm->disk_count, vm->disk_capacity);
		vm->disks[vm->disk_count++] = (struct fleet_disk){.name = hv_strdup("root"), .size_bytes = 40 * GIB};
	}
	for (size_t i = 0; i < vm->disk_count; i++) {
		HV_CLEANUP_FREE char *disk = hv_sprintf("%s/%s", path, vm->disks[i].name);
		vm->disks[i].id = id_of("volume", disk);
	}
}

static void name_snapshot(const struct fleet_vm *vm, struct fleet_snapshot *snapshot)
{
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/%s/%s", vm->host, vm->name, snapshot->name);
	snapshot->id = id_of("snapshot", path);
	snapshot->checkpoint = id_of("checkpoint", path);
	free(snapshot->internal_name);
	snapshot->internal_name = snapshot->tracked ? hv_sprintf("%s_VS_%s", vm->name, snapshot->name)
						    : hv_strdup(snapshot->name);
}

static enum hv_status check_fleet(const struct fleet *fleet, const char *text, struct hv_error *err)
{
	enum hv_status status = HV_OK;
	for (size_t i = 0; i < fleet->host_count && status == HV_OK; i++) {
		if (fleet->hosts[i].free_bytes > fleet->hosts[i].storage_bytes) {
			status = section_error(
				text, err, "host", fleet->hosts[i].name, "free_gb", "is more than storage_gb");
		}
	}
	for (size_t i = 0; i < fleet->vm_count && status == HV_OK; i++) {
		status = check_vm(fleet, &fleet->vms[i], text, err);
	}
	for (size_t i = 0; i < fleet->snapshot_count && status == HV_OK; i++) {
		status = check_snapshot(fleet, &fleet->snapshots[i], text, err);
	}
	return status;
}

static enum hv_status resolve(struct fleet *fleet, const char *text, struct hv_error *err)
{
	enum hv_status status = check_fleet(fleet, text, err);
	if (status == HV_OK) {
		status = sort_snapshots(fleet, text, err);
	}
	if (status != HV_OK) {
		return status;
	}
	for (size_t i = 0; i < fleet->host_count; i++) {
		fleet->hosts[i].id = id_of("host", fleet->hosts[i].name);
	}
	for (size_t i = 0; i < fleet->vm_count; i++) {
		name_vm(&fleet->vms[i]);
	}
	for (size_t i = 0; i < fleet->snapshot_count; i++) {
		const struct fleet_vm *vm = fleet_find_vm(fleet, fleet->snapshots[i].vm);
		if (vm) { /* check_snapshot() has made sure */
			name_snapshot(vm, &fleet->snapshots[i]);
		}
	}
	return HV_OK;
}

/* --- the interface --------------------------------------------------------------------------------------------- */

enum hv_status fleet_read(const char *text, struct fleet *ret_fleet, struct hv_error *err)
{
	struct hv_error own_error = {0};
	struct fleet fleet = {0};
	struct fleet_reader reader = {.fleet = &fleet, .err = &own_error};
	enum hv_status status = HV_OK;
	if (!hv_utf8_is_valid(text, strlen(text))) {
		status = hv_error_set(&own_error, HV_ERR_INVALID, "the file is not valid UTF-8");
	}
	if (status == HV_OK) {
		status = check_lines(text, &own_error);
	}
	if (status == HV_OK) {
		int line = ini_parse_string(text, fleet_section_take, &reader);
		if (reader.failed) {
			status = HV_ERR_INVALID;
			hv_error_prefix(&own_error, "line %d", line);
		} else if (line != 0) {
			status = hv_error_set(&own_error, HV_ERR_INVALID,
				"line %d: neither a [section], KEY = VALUE nor a comment", line);
		}
	}
	if (status == HV_OK) {
		status = resolve(&fleet, text, &own_error);
	}
	if (status != HV_OK) {
		fleet_clear(&fleet);
		return hv_error_set(err, status, "%s", own_error.text);
	}
	if (!fleet.name) {
		fleet.name = hv_strdup("fleet");
	}
	*ret_fleet = fleet;
	return HV_OK;
}

static enum hv_status read_all(FILE *file, const char *path, struct hv_text *ret_text, struct hv_error *err)
{
	char bytes[8192];
	size_t got;
	while ((got = fread(bytes, 1, sizeof bytes, file)) > 0) {
		hv_text_append(ret_text, bytes, got);
		if (ret_text->length > (size_t)FILE_MAX_BYTES) {
			return hv_error_set(err, HV_ERR_INVALID, "'%s' is larger than a fleet file may be", path);
		}
	}
	if (ferror(file)) {
		return hv_error_set(err, HV_ERR_IO, "cannot read '%s': %s", path, strerror(errno));
	}
	if (memchr(hv_text_get(ret_text), '\0', ret_text->length)) {
		return hv_error_set(err, HV_ERR_INVALID, "'%s' is not a text file", path);
	}
	return HV_OK;
}

enum hv_status fleet_read_file(const char *path, struct fleet *ret_fleet, struct hv_error *err)
{
	FILE *file = fopen(path, "re");
	if (!file) {
		return hv_error_set(err, HV_ERR_IO, "cannot read '%s': %s", path, strerror(errno));
	}
	struct hv_text text = HV_TEXT_INIT;
	enum hv_status status = read_all(file, path, &text, err);
	(void)fclose(file);
	if (status == HV_OK) {
		status = fleet_read(hv_text_get(&text), ret_fleet, err);
		if (status != HV_OK) {
			hv_error_prefix(err, "%s", path);
		}
	}
	hv_text_clear(&text);
	return status;
}

static void clear_content(struct fleet_content *content)
{
	for (size_t i = 0; i < content->count; i++) {
		free(content->pairs[i].key);
		free(content->pairs[i].value);
	}
	free(content->pairs);
}

static void clear_vm(struct fleet_vm *vm)
{
	for (size_t i = 0; i < vm->disk_count; i++) {
		free(vm->disks[i].name);
	}
	free(vm->disks);
	clear_content(&vm->disk);
	clear_content(&vm->memory);
	free(vm->name);
	free(vm->host);
	free(vm->state);
	free(vm->offering);
	free(vm->account);
}

static void clear_snapshot(struct fleet_snapshot *snapshot)
{
	clear_content(&snapshot->disk);
	clear_content(&snapshot->memory);
	free(snapshot->name);
	free(snapshot->vm);
	free(snapshot->parent);
	free(snapshot->type);
	free(snapshot->kind);
	free(snapshot->by);
	free(snapshot->note);
	free(snapshot->internal_name);
}

void fleet_clear(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->host_count; i++) {
		free(fleet->hosts[i].name);
		free(fleet->hosts[i].group);
		free(fleet->hosts[i].version);
		free(fleet->hosts[i].stop_policy);
	}
	for (size_t i = 0; i < fleet->vm_count; i++) {
		clear_vm(&fleet->vms[i]);
	}
	for (size_t i = 0; i < fleet->snapshot_count; i++) {
		clear_snapshot(&fleet->snapshots[i]);
	}
	free(fleet->hosts);
	free(fleet->vms);
	free(fleet->snapshots);
	free(fleet->name);
	*fleet = (struct fleet){0};
}

const struct fleet_host *fleet_find_host(const struct fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->host_count; i++) {
		if (strcmp(fleet->hosts[i].name, name) == 0) {
			return &fleet->hosts[i];
		}
	}
	return NULL;
}

const struct fleet_vm *fleet_find_vm(const struct fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->vm_count; i++) {
		if (strcmp(fleet->vms[i].name, name) == 0) {
			return &fleet->vms[i];
		}
	}
	return NULL;
}
