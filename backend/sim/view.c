#include "backend/sim/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/sim/faults.h"
#include "backend/sim/jobs.h"
#include "backend/sim/volumes.h"

static json_t *nullable(const char *text)
{
	return *text ? json_string(text) : json_null();
}

static json_t *view_volumes(struct sim *sim, int64_t vm)
{
	json_t *volumes = json_array();
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT disk.uuid, disk.name, disk.position, layer.path, disk.size_bytes,"
		" (WITH RECURSIVE chain(id, parent, bytes) AS (SELECT top.id, top.parent, top.bytes FROM layer AS top"
		"   WHERE top.id = disk.top UNION ALL SELECT below.id, below.parent, below.bytes FROM chain"
		"   JOIN layer AS below ON below.id = chain.parent) SELECT sum(bytes) FROM chain)"
		" FROM disk JOIN layer ON layer.id = disk.top WHERE disk.vm = ?1 ORDER BY disk.position",
		"i", vm);
	while (db_next(&sim->db, rows)) {
		json_int_t position = sqlite3_column_int64(rows, 2);
		json_t *volume = json_pack("{s:s, s:s, s:s, s:I, s:s, s:I, s:I}", "uuid", db_column(rows, 0), "name",
			db_column(rows, 1), "volumeType", position == 0 ? "ROOT" : "DATADISK", "deviceId", position,
			"path", db_column(rows, 3), "size", (json_int_t)sqlite3_column_int64(rows, 4), "chainSize",
			(json_int_t)sqlite3_column_int64(rows, 5));
		(void)json_array_append_new(volumes, volume);
	}
	return volumes;
}

static json_t *view_checkpoints(struct sim *sim, int64_t vm)
{
	json_t *checkpoints = json_array();
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT one.uuid, one.name, parent.uuid, one.kind, one.has_memory, one.created_us,"
		" (SELECT coalesce(sum(layer.bytes), 0) FROM frozen JOIN layer ON layer.id = frozen.layer"
		"  WHERE frozen.checkpoint = one.id AND layer.parent IS NOT NULL)" /* a base disk is no cost of it */
		" + one.has_memory * one.memory_bytes"
		" FROM checkpoint AS one LEFT JOIN checkpoint AS parent ON parent.id = one.parent"
		" WHERE one.vm = ?1 ORDER BY one.created_us, one.id",
		"i", vm);
	while (db_next(&sim->db, rows)) {
		json_t *checkpoint = json_pack("{s:s, s:s, s:o, s:s, s:b, s:I, s:I}", "id", db_column(rows, 0),
			"name", db_column(rows, 1), "parent", nullable(db_column(rows, 2)), "kind",
			db_column(rows, 3), "hasMemory", (int)sqlite3_column_int64(rows, 4), "created",
			(json_int_t)sqlite3_column_int64(rows, 5), "size", (json_int_t)sqlite3_column_int64(rows, 6));
		(void)json_array_append_new(checkpoints, checkpoint);
	}
	return checkpoints;
}

/* What a VM and a copy of it have in common; `disks_of`: whose disks they are. */
static json_t *view_facts(struct sim *sim, int64_t vm, int64_t disks_of)
{
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT vm.uuid, vm.name, vm.state, vm.cpus, vm.memory_bytes, checkpoint.uuid"
		" FROM vm LEFT JOIN checkpoint ON checkpoint.id = vm.parent WHERE vm.id = ?1",
		"i", vm);
	if (!db_next(&sim->db, rows)) {
		return NULL;
	}
	json_t *object = json_pack("{s:s, s:s, s:s, s:I, s:I, s:o, s:n, s:n}", "vmUuid", db_column(rows, 0), "vmName",
		db_column(rows, 1), "state", db_column(rows, 2), "cpus", (json_int_t)sqlite3_column_int64(rows, 3),
		"memoryBytes", (json_int_t)sqlite3_column_int64(rows, 4), "parentCheckpoint",
		nullable(db_column(rows, 5)), "activity", "activityPercent");
	db_end(rows);
	(void)json_object_set_new(object, "volumes", view_volumes(sim, disks_of));
	(void)json_object_set_new(object, "checkpoints", view_checkpoints(sim, vm));
	return object;
}

json_t *view_vm(struct sim *sim, int64_t vm)
{
	struct job_view job;
	json_t *object = view_facts(sim, vm, vm);
	if (!object) {
		return NULL;
	}
	if (job_view_of(sim, vm, host_now(sim), &job)) {
		(void)json_object_set_new(object, "activity", json_string(job.phase));
		(void)json_object_set_new(object, "activityPercent", json_integer(job.percent));
	}
	/* both in one: a whole host is looked at often */
	int64_t known = db_number(&sim->db, 0,
		"SELECT (state_revision + tree_revision) * 2 + registered FROM vm WHERE id = ?1", "i", vm);
	(void)json_object_set_new(object, "revision", json_integer(known / 2));
	(void)json_object_set_new(object, "registered", json_boolean(known % 2));
	(void)json_object_set_new(object, "export", exports_view(sim, vm));
	(void)json_object_set_new(object, "volumeSnapshots", volume_snapshots_view(sim, vm));
	return object;
}

json_t *view_export(struct sim *sim, const struct export_row *export)
{
	int64_t copy = export->copy != 0 ? export->copy : export->vm;
	return view_facts(sim, copy, export->with_disks ? copy : export->vm);
}

static int64_t *all_vms(struct sim *sim, size_t *ret_count)
{
	int64_t *ids = NULL;
	size_t count = 0, capacity = 0;
	sqlite3_stmt *rows = db_query(&sim->db, "SELECT id FROM vm WHERE copy_of IS NULL ORDER BY name, uuid", "");
	while (db_next(&sim->db, rows)) {
		HV_GROW(ids, count, capacity);
		ids[count++] = sqlite3_column_int64(rows, 0);
	}
	*ret_count = count;
	return ids;
}

json_t *view_vms(struct sim *sim)
{
	size_t count;
	int64_t *ids = all_vms(sim, &count);
	json_t *vms = json_array();
	for (size_t i = 0; i < count; i++) {
		(void)json_array_append_new(vms, view_vm(sim, ids[i]));
	}
	free(ids);
	return vms;
}

json_t *view_states(struct sim *sim)
{
	json_t *vms = json_array();
	sqlite3_stmt *rows = db_query(
		&sim->db, "SELECT uuid, name, state FROM vm WHERE copy_of IS NULL ORDER BY name, uuid", "");
	while (db_next(&sim->db, rows)) {
		(void)json_array_append_new(vms, json_pack("{s:s, s:s, s:s}", "vmUuid", db_column(rows, 0), "vmName",
							 db_column(rows, 1), "state", db_column(rows, 2)));
	}
	return vms;
}

json_t *view_storage(struct sim *sim)
{
	return json_pack("{s:I, s:b}", "freeBytes", (json_int_t)host_free_bytes(sim), "storageUp",
		!fault_stands(sim, FAULT_STORAGE_GONE));
}

/* --- for people ------------------------------------------------------------------------------------------------ */

struct tree {
	const json_t *checkpoints;
	const char *pointer; /* NULL: none */
	struct hv_text *text;
};

static void show_now(const struct tree *tree, int depth, const char *state)
{
	hv_text_printf(tree->text, "    %*s* now (%s)\n", depth * 2, "", state);
}

static void show_checkpoint(const struct tree *tree, const json_t *checkpoint, int depth)
{
	char age[32];
	hv_text_printf(tree->text, "    %*s%s  [%s%s]  %s  %s\n", depth * 2, "",
		json_string_value(json_object_get(checkpoint, "name")),
		json_string_value(json_object_get(checkpoint, "kind")),
		json_is_true(json_object_get(checkpoint, "hasMemory")) ? ", memory" : "",
		hv_format_time(json_integer_value(json_object_get(checkpoint, "created")), age),
		json_string_value(json_object_get(checkpoint, "id")));
}

static bool is_child_of(const json_t *checkpoint, const char *parent)
{
	const char *its = json_string_value(json_object_get(checkpoint, "parent"));
	return parent ? its && strcmp(its, parent) == 0 : !its;
}

/* At most 50 checkpoints a VM, so the depth is bounded. */
static void show_children(const struct tree *tree, const char *parent, const char *state, int depth)
{
	size_t index;
	json_t *checkpoint;
	json_array_foreach(tree->checkpoints, index, checkpoint) {
		if (is_child_of(checkpoint, parent)) {
			show_checkpoint(tree, checkpoint, depth);
			show_children(tree, json_string_value(json_object_get(checkpoint, "id")), state, depth + 1);
		}
	}
	if (parent ? tree->pointer && strcmp(tree->pointer, parent) == 0 : !tree->pointer) {
		show_now(tree, depth, state);
	}
}

static void show_export(const json_t *export, struct hv_text *text)
{
	const json_t *percent = json_object_get(export, "percent");
	if (!json_is_object(export)) {
		return;
	}
	hv_text_printf(text, "    export %s", json_string_value(json_object_get(export, "state")));
	if (json_is_integer(percent)) {
		hv_text_printf(text, " %" JSON_INTEGER_FORMAT "%%", json_integer_value(percent));
	}
	hv_text_printf(text, "%s%s  %s\n", json_is_true(json_object_get(export, "disks")) ? "" : ", without disks",
		json_is_true(json_object_get(export, "matches")) ? ", matches" : "",
		json_string_value(json_object_get(export, "id")));
}

/* Of a VM, or those whose VM is gone. */
static void show_volume_snapshots(const json_t *list, struct hv_text *text)
{
	char bytes[16], time[32];
	size_t index;
	json_t *one;
	json_array_foreach(list, index, one) {
		hv_text_printf(text, "    volume snapshot %s  %s  %s  %s\n",
			json_string_value(json_object_get(one, "name")),
			hv_format_bytes(json_integer_value(json_object_get(one, "size")), bytes),
			hv_format_time(json_integer_value(json_object_get(one, "created")), time),
			json_string_value(json_object_get(one, "id")));
	}
}

static void show_vm(const json_t *vm, struct hv_text *text)
{
	const char *activity = json_string_value(json_object_get(vm, "activity"));
	const char *state = json_string_value(json_object_get(vm, "state"));
	char memory[16];
	hv_text_printf(text, "  %s  %s%s  %" JSON_INTEGER_FORMAT " CPUs  %s  %s\n",
		json_string_value(json_object_get(vm, "vmName")), state,
		json_is_false(json_object_get(vm, "registered")) ? ", not on the host" : "",
		json_integer_value(json_object_get(vm, "cpus")),
		hv_format_bytes(json_integer_value(json_object_get(vm, "memoryBytes")), memory),
		json_string_value(json_object_get(vm, "vmUuid")));
	if (activity) {
		hv_text_printf(text, "    %s %" JSON_INTEGER_FORMAT "%%\n", activity,
			json_integer_value(json_object_get(vm, "activityPercent")));
	}
	show_export(json_object_get(vm, "export"), text);
	const struct tree tree = {.checkpoints = json_object_get(vm, "checkpoints"),
		.pointer = json_string_value(json_object_get(vm, "parentCheckpoint")),
		.text = text};
	show_children(&tree, NULL, state, 0);
	show_volume_snapshots(json_object_get(vm, "volumeSnapshots"), text);
}

static void show_files(const json_t *files, struct hv_text *text)
{
	char bytes[16];
	size_t index;
	json_t *file;
	json_array_foreach(files, index, file) {
		hv_text_printf(text, "  file %s  %s  %s\n", json_string_value(json_object_get(file, "path")),
			hv_format_bytes(json_integer_value(json_object_get(file, "size")), bytes),
			json_string_value(json_object_get(file, "uuid")));
	}
}

static void show_text(const json_t *host, struct hv_text *text)
{
	char bytes[16];
	size_t index;
	json_t *vm;
	hv_text_printf(text, "%s  Hyper-V %s  %s free%s  pace %" JSON_INTEGER_FORMAT "%%\n",
		json_string_value(json_object_get(host, "name")),
		json_string_value(json_object_get(host, "hypervisorVersion")),
		hv_format_bytes(json_integer_value(json_object_get(host, "freeBytes")), bytes),
		json_is_true(json_object_get(host, "storageUp")) ? "" : ", storage gone",
		json_integer_value(json_object_get(host, "speed")));
	json_array_foreach(json_object_get(host, "vms"), index, vm) {
		show_vm(vm, text);
	}
	show_files(json_object_get(host, "files"), text);
	show_volume_snapshots(json_object_get(host, "volumeSnapshots"), text);
}

static json_t *view_host(struct sim *sim)
{
	sqlite3_stmt *rows = db_query(&sim->db, "SELECT name, guid, version, speed FROM host", "");
	if (!db_next(&sim->db, rows)) {
		return json_object();
	}
	json_t *host = json_pack("{s:s, s:s, s:s, s:I}", "name", db_column(rows, 0), "guid", db_column(rows, 1),
		"hypervisorVersion", db_column(rows, 2), "speed", (json_int_t)sqlite3_column_int64(rows, 3));
	db_end(rows);
	json_t *storage = view_storage(sim);
	(void)json_object_update(host, storage);
	json_decref(storage);
	(void)json_object_set_new(host, "vms", view_vms(sim));
	(void)json_object_set_new(host, "files", volumes_view_loose(sim));
	(void)json_object_set_new(host, "volumeSnapshots", volume_snapshots_view(sim, 0));
	return host;
}

enum hv_status sim_show(struct sim *sim, bool json, struct hv_text *text, struct hv_error *err)
{
	enum hv_status status = sim_advance(sim, err);
	if (status != HV_OK) {
		return status;
	}
	db_script(&sim->db, "BEGIN"); /* one moment for the whole picture; nothing is written */
	json_t *host = view_host(sim);
	status = db_settle(&sim->db, err);
	db_rollback(&sim->db);
	if (status == HV_OK && json) {
		char *line = json_dumps(host, JSON_COMPACT);
		hv_text_printf(text, "%s\n", line ? line : "{}");
		free(line);
	} else if (status == HV_OK) {
		show_text(host, text);
	}
	json_decref(host);
	return status;
}
