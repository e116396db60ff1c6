/*
 * Making a host from a fleet file. A snapshot's content in the file is the whole of what it holds, so a layer gets what
 * differs from its parent, and a mark for what its parent holds and it does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/demo/fleet_file.h"
#include "backend/sim/checkpoints.h"
#include "backend/sim/layers.h"
#include "backend/sim/schema.h"

#define MIB (INT64_C(1) << 20)

struct loader {
	struct sim *sim;
	const struct fleet *fleet;
	int64_t now_us;
};

static const char *find_value(const struct fleet_content *content, const char *key)
{
	for (size_t i = 0; content && i < content->count; i++) {
		if (strcmp(content->pairs[i].key, key) == 0) {
			return content->pairs[i].value;
		}
	}
	return NULL;
}

static void write_difference(struct sim *sim, int64_t layer, const struct fleet_content *content,
	const struct fleet_content *below)
{
	for (size_t i = 0; i < content->count; i++) {
		const char *old = find_value(below, content->pairs[i].key);
		if (!old || strcmp(old, content->pairs[i].value) != 0) {
			layer_write(sim, layer, content->pairs[i].key, content->pairs[i].value);
		}
	}
	for (size_t i = 0; below && i < below->count; i++) {
		if (!find_value(content, below->pairs[i].key)) {
			layer_write(sim, layer, below->pairs[i].key, NULL);
		}
	}
}

static const struct fleet_snapshot *snapshot_of(const struct fleet *fleet, const char *vm, const char *name)
{
	for (size_t i = 0; name && i < fleet->snapshot_count; i++) {
		if (strcmp(fleet->snapshots[i].vm, vm) == 0 && strcmp(fleet->snapshots[i].name, name) == 0) {
			return &fleet->snapshots[i];
		}
	}
	return NULL;
}

static int64_t checkpoint_of(struct loader *loader, const struct fleet_snapshot *snapshot)
{
	char uuid[HV_UUID_TEXT_SIZE];
	return snapshot ? db_number(&loader->sim->db, 0, "SELECT id FROM checkpoint WHERE uuid = ?1", "s",
				  hv_uuid_format(&snapshot->checkpoint, uuid))
			: 0;
}

/* The layer that a checkpoint froze on a disk; without a checkpoint, the base. */
static int64_t layer_below(struct loader *loader, int64_t checkpoint, int64_t disk)
{
	return checkpoint != 0 ? db_number(&loader->sim->db, 0,
					 "SELECT layer FROM frozen WHERE checkpoint = ?1 AND disk = ?2", "ii",
					 checkpoint, disk)
			       : db_number(&loader->sim->db, 0,
					 "SELECT id FROM layer WHERE disk = ?1 AND parent IS NULL", "i", disk);
}

static int64_t load_disk(struct loader *loader, int64_t vm, const struct fleet_disk *disk, size_t position)
{
	char uuid[HV_UUID_TEXT_SIZE];
	int64_t id = db_number(&loader->sim->db, 0,
		"INSERT INTO disk (uuid, vm, name, position, size_bytes) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id",
		"sisii", hv_uuid_format(&disk->id, uuid), vm, disk->name, (int64_t)position, disk->size_bytes);
	(void)layer_new(loader->sim, id, 0, disk->size_bytes * 2 / 5); /* a disk is rarely full */
	return id;
}

static void load_snapshot(struct loader *loader, int64_t vm, const int64_t *disks, size_t disk_count,
	const struct fleet_snapshot *snapshot)
{
	struct db *db = &loader->sim->db;
	const struct fleet_snapshot *parent = snapshot_of(loader->fleet, snapshot->vm, snapshot->parent);
	int64_t parent_id = checkpoint_of(loader, parent);
	bool memory = strcmp(snapshot->type, "DiskAndMemory") == 0;
	char uuid[HV_UUID_TEXT_SIZE];
	int64_t checkpoint = db_number(db, 0,
		"INSERT INTO checkpoint (uuid, vm, name, parent, kind, has_memory, created_us, cpus, memory_bytes)"
		" SELECT ?2, id, ?3, ?4, ?5, ?6, ?7, cpus, memory_bytes FROM vm WHERE id = ?1 RETURNING id",
		"issnsii", vm, hv_uuid_format(&snapshot->checkpoint, uuid), snapshot->internal_name, parent_id,
		snapshot->kind, (int64_t)memory, loader->now_us - snapshot->age_us);
	for (size_t i = 0; i < disk_count; i++) {
		int64_t layer = layer_new(loader->sim, disks[i], layer_below(loader, parent_id, disks[i]),
			i == 0 ? snapshot->delta_bytes : snapshot->delta_bytes / 4);
		db_run(db, "INSERT INTO frozen (checkpoint, disk, layer) VALUES (?1, ?2, ?3)", "iii", checkpoint,
			disks[i], layer);
		if (i == 0) {
			write_difference(loader->sim, layer, &snapshot->disk, parent ? &parent->disk : NULL);
		}
	}
	for (size_t i = 0; memory && i < snapshot->memory.count; i++) {
		db_run(db, "INSERT INTO checkpoint_memory (checkpoint, key, value) VALUES (?1, ?2, ?3)", "iss",
			checkpoint, snapshot->memory.pairs[i].key, snapshot->memory.pairs[i].value);
	}
}

static const struct fleet_snapshot *current_of(const struct fleet *fleet, const char *vm)
{
	for (size_t i = 0; i < fleet->snapshot_count; i++) {
		if (fleet->snapshots[i].current && strcmp(fleet->snapshots[i].vm, vm) == 0) {
			return &fleet->snapshots[i];
		}
	}
	return NULL;
}

static void load_running_state(struct loader *loader, int64_t vm, const int64_t *disks, const struct fleet_vm *from)
{
	struct db *db = &loader->sim->db;
	const struct fleet_snapshot *current = current_of(loader->fleet, from->name);
	int64_t checkpoint = checkpoint_of(loader, current);
	db_run(db, "UPDATE vm SET parent = ?2 WHERE id = ?1", "in", vm, checkpoint);
	for (size_t i = 0; i < from->disk_count; i++) {
		int64_t layer = layer_new(
			loader->sim, disks[i], layer_below(loader, checkpoint, disks[i]), 16 * MIB);
		db_run(db, "UPDATE disk SET top = ?2 WHERE id = ?1", "ii", disks[i], layer);
		if (i == 0) {
			write_difference(loader->sim, layer, &from->disk, current ? &current->disk : NULL);
		}
	}
	for (size_t i = 0; i < from->memory.count; i++) {
		db_run(db, "INSERT INTO vm_memory (vm, key, value) VALUES (?1, ?2, ?3)", "iss", vm,
			from->memory.pairs[i].key, from->memory.pairs[i].value);
	}
	/* the base is a file of its own only where several branches stand on it, as deletes would have left it */
	layers_merge_now(loader->sim, vm, loader->now_us);
}

static void load_vm(struct loader *loader, const struct fleet_vm *vm)
{
	char uuid[HV_UUID_TEXT_SIZE];
	int64_t id = db_number(&loader->sim->db, 0,
		"INSERT INTO vm (uuid, name, state, cpus, memory_bytes, production) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
		" RETURNING id",
		"sssiii", hv_uuid_format(&vm->id, uuid), vm->name, vm->state, vm->cpus, vm->memory_bytes,
		(int64_t)vm->production);
	int64_t *disks = hv_alloc((vm->disk_count + 1) * sizeof *disks);
	for (size_t i = 0; i < vm->disk_count; i++) {
		disks[i] = load_disk(loader, id, &vm->disks[i], i);
	}
	for (size_t i = 0; i < loader->fleet->snapshot_count; i++) {
		if (strcmp(loader->fleet->snapshots[i].vm, vm->name) == 0) {
			load_snapshot(loader, id, disks, vm->disk_count, &loader->fleet->snapshots[i]);
		}
	}
	load_running_state(loader, id, disks, vm);
	free(disks);
}

static void load_host(struct loader *loader, const struct fleet_host *host)
{
	struct db *db = &loader->sim->db;
	char guid[HV_UUID_TEXT_SIZE];
	db_run(db, "INSERT INTO host VALUES (1, ?1, ?2, ?3, 100, ?4, 0)", "sssi", host->name,
		hv_uuid_format(&host->id, guid), host->version, host->latency_ms);
	for (size_t i = 0; i < loader->fleet->vm_count; i++) {
		if (strcmp(loader->fleet->vms[i].host, host->name) == 0) {
			load_vm(loader, &loader->fleet->vms[i]);
		}
	}
	db_run(db,
		"UPDATE host SET capacity_bytes = ?1 + (SELECT coalesce(sum(bytes), 0) FROM layer)"
		" + (SELECT coalesce(sum(memory_bytes), 0) FROM checkpoint WHERE has_memory)",
		"i", host->free_bytes);
	if (host->down) {
		db_run(db, "INSERT INTO fault (name) VALUES ('down')", "");
	}
}

static enum hv_status fill(const char *path, const struct fleet *fleet, const struct fleet_host *host,
	const struct sim_options *options, struct hv_error *err)
{
	struct sim sim = {.options = *options};
	enum hv_status status = db_open(&sim.db, path, err);
	if (status == HV_OK) {
		db_script(&sim.db, "PRAGMA journal_mode = WAL");
		status = schema_configure(&sim.db, options->relaxed, err);
	}
	if (status == HV_OK) {
		struct loader loader = {.sim = &sim, .fleet = fleet, .now_us = host_now(&sim)};
		db_begin(&sim.db);
		schema_create(&sim.db);
		load_host(&loader, host);
		status = db_commit(&sim.db, err);
	}
	if (status == HV_OK) {
		db_script(&sim.db, "PRAGMA wal_checkpoint(TRUNCATE)"); /* only the one file is moved */
		status = db_settle(&sim.db, err);
	}
	db_close(&sim.db);
	return status;
}

/* The file is made beside its place and moved there, so that it is whole or not there. */
enum hv_status sim_create(const char *path, const struct fleet *fleet, const char *host_name,
	const struct sim_options *options, struct hv_error *err)
{
	const struct fleet_host *host = fleet_find_host(fleet, host_name);
	if (!host) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "the fleet has no host '%s'", host_name);
	}
	if (access(path, F_OK) == 0) {
		return hv_error_set(err, HV_ERR_CONFLICT, "'%s' exists; it is not overwritten", path);
	}
	HV_CLEANUP_FREE char *temporary = hv_sprintf("%s.%ld.new", path, (long)getpid());
	int fd = open(temporary, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		return hv_error_set(err, HV_ERR_IO, "cannot make '%s': %s", temporary, strerror(errno));
	}
	(void)close(fd);
	enum hv_status status = fill(temporary, fleet, host, options, err);
	if (status == HV_OK && link(temporary, path) != 0) {
		status = hv_error_set(err, errno == EEXIST ? HV_ERR_CONFLICT : HV_ERR_IO, "cannot make '%s': %s", path,
			strerror(errno));
	}
	(void)unlink(temporary);
	return status;
}
