#include "backend/sim/checkpoints.h"

#include "backend/sim/layers.h"

int64_t checkpoint_create(struct sim *sim, int64_t vm, const struct checkpoint_spec *spec, int64_t now_us)
{
	int64_t checkpoint = db_number(&sim->db, 0,
		"INSERT INTO checkpoint (uuid, vm, name, parent, kind, has_memory, created_us, cpus, memory_bytes)"
		" SELECT ?2, id, ?3, parent, ?4, ?5, ?6, cpus, memory_bytes FROM vm WHERE id = ?1 RETURNING id",
		"isssii", vm, spec->uuid, spec->name, spec->kind, (int64_t)spec->with_memory, now_us);
	if (spec->with_memory) {
		db_run(&sim->db,
			"INSERT INTO checkpoint_memory SELECT ?2, key, value FROM vm_memory WHERE vm = ?1", "ii", vm,
			checkpoint);
	}
	layers_freeze(sim, vm, checkpoint);
	db_run(&sim->db, "UPDATE vm SET parent = ?2 WHERE id = ?1", "ii", vm, checkpoint);
	vm_mark_edited(sim, vm);
	vm_touch_tree(sim, vm);
	return checkpoint;
}

void vm_forget_memory(struct sim *sim, int64_t vm)
{
	db_run(&sim->db, "DELETE FROM vm_memory WHERE vm = ?1", "i", vm);
}

void checkpoint_apply(struct sim *sim, int64_t vm, int64_t checkpoint, int64_t now_us)
{
	vm_forget_memory(sim, vm);
	db_run(&sim->db, "INSERT INTO vm_memory SELECT ?1, key, value FROM checkpoint_memory WHERE checkpoint = ?2",
		"ii", vm, checkpoint);
	db_run(&sim->db,
		"UPDATE vm SET parent = ?2, cpus = old.cpus, memory_bytes = old.memory_bytes FROM checkpoint AS old"
		" WHERE vm.id = ?1 AND old.id = ?2",
		"ii", vm, checkpoint);
	layers_fork(sim, vm, checkpoint);
	vm_set_power(sim, vm, checkpoint_has_memory(sim, checkpoint) ? POWER_SAVED : POWER_STOPPED);
	vm_mark_edited(sim, vm);
	vm_touch_tree(sim, vm);
	layers_settle(sim, vm, now_us);
}

void checkpoint_remove(struct sim *sim, int64_t checkpoint, int64_t now_us)
{
	struct db *db = &sim->db;
	int64_t vm = db_number(db, 0, "SELECT vm FROM checkpoint WHERE id = ?1", "i", checkpoint);
	int64_t parent = db_number(db, 0, "SELECT parent FROM checkpoint WHERE id = ?1", "i", checkpoint);
	db_run(db, "UPDATE checkpoint SET parent = ?2 WHERE parent = ?1", "in", checkpoint, parent);
	db_run(db, "UPDATE vm SET parent = ?2 WHERE parent = ?1", "in", checkpoint, parent);
	db_run(db, "DELETE FROM checkpoint_memory WHERE checkpoint = ?1", "i", checkpoint);
	layers_release(sim, checkpoint);
	db_run(db, "UPDATE job SET checkpoint = NULL WHERE checkpoint = ?1", "i", checkpoint);
	db_run(db, "DELETE FROM checkpoint WHERE id = ?1", "i", checkpoint);
	vm_mark_edited(sim, vm);
	vm_touch_tree(sim, vm);
	layers_settle(sim, vm, now_us);
}

int64_t checkpoint_count(struct sim *sim, int64_t vm)
{
	return db_number(&sim->db, 0, "SELECT count(*) FROM checkpoint WHERE vm = ?1", "i", vm);
}

int64_t checkpoint_find(struct sim *sim, int64_t vm, const char *uuid, const char *name)
{
	int64_t id = db_number(&sim->db, 0, "SELECT id FROM checkpoint WHERE vm = ?1 AND uuid = ?2", "is", vm,
		uuid ? uuid : "");
	if (id != 0 || !name) {
		return id;
	}
	return db_number(&sim->db, 0,
		"SELECT CASE count(*) WHEN 0 THEN 0 WHEN 1 THEN max(id) ELSE -1 END FROM checkpoint"
		" WHERE vm = ?1 AND name = ?2",
		"is", vm, name);
}

bool checkpoint_has_memory(struct sim *sim, int64_t checkpoint)
{
	return db_number(&sim->db, 0, "SELECT has_memory FROM checkpoint WHERE id = ?1", "i", checkpoint) != 0;
}
