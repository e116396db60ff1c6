#include "backend/sim/layers.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

#define FRESH_LAYER_BYTES (INT64_C(4) << 20) /* an empty differencing file */
#define GIB (INT64_C(1) << 30)
#define MERGE_LEAST_US (2 * HV_SECOND_US)
#define MERGE_MOST_US (6 * HV_SECOND_US)

struct id_list {
	int64_t *items;
	size_t count, capacity;
};

static void add_id(struct id_list *list, int64_t id)
{
	HV_GROW(list->items, list->count, list->capacity);
	list->items[list->count++] = id;
}

static struct id_list disks_of(struct sim *sim, int64_t vm)
{
	struct id_list list = {0};
	sqlite3_stmt *rows = db_query(&sim->db, "SELECT id FROM disk WHERE vm = ?1 ORDER BY position", "i", vm);
	while (db_next(&sim->db, rows)) {
		add_id(&list, sqlite3_column_int64(rows, 0));
	}
	return list;
}

/* Hyper-V's way to name files: a differencing one lies beside the base disk, with a GUID behind its name. */
static char *base_stem(struct sim *sim, int64_t disk)
{
	char *path = db_string(&sim->db, "SELECT path FROM layer WHERE disk = ?1 AND parent IS NULL", "i", disk);
	char *dot = path ? strrchr(path, '.') : NULL;
	if (dot) {
		*dot = '\0';
	}
	return path;
}

static char *new_path(struct sim *sim, int64_t disk, bool base)
{
	if (base) {
		return db_string(&sim->db,
			"SELECT 'D:\\Hyper-V\\' || vm.name || '\\' || disk.name || '.vhdx' FROM disk JOIN vm ON vm.id = disk.vm"
			" WHERE disk.id = ?1",
			"i", disk);
	}
	HV_CLEANUP_FREE char *stem = base_stem(sim, disk);
	char guid[HV_UUID_TEXT_SIZE];
	host_new_uuid(sim, guid);
	for (char *c = guid; *c; c++) {
		*c = (char)(*c >= 'a' && *c <= 'f' ? *c - 'a' + 'A' : *c);
	}
	return hv_sprintf("%s_%s.avhdx", stem ? stem : "", guid);
}

int64_t layer_new(struct sim *sim, int64_t disk, int64_t parent, int64_t bytes)
{
	HV_CLEANUP_FREE char *path = new_path(sim, disk, parent == 0);
	return db_number(&sim->db, 0,
		"INSERT INTO layer (disk, parent, path, bytes) VALUES (?1, ?2, ?3, ?4) RETURNING id", "insi", disk,
		parent, path, bytes);
}

char *layer_read(struct sim *sim, int64_t layer, const char *key)
{
	return db_string(&sim->db,
		"WITH RECURSIVE chain(id, depth) AS (SELECT ?1, 0 UNION ALL"
		"  SELECT layer.parent, depth + 1 FROM chain JOIN layer ON layer.id = chain.id"
		"  WHERE layer.parent IS NOT NULL)"
		" SELECT value FROM chain JOIN content ON content.layer = chain.id AND content.key = ?2"
		" ORDER BY depth LIMIT 1",
		"is", layer, key);
}

void layer_write(struct sim *sim, int64_t layer, const char *key, const char *value)
{
	db_run(&sim->db,
		"INSERT INTO content (layer, key, value) VALUES (?1, ?2, ?3)"
		" ON CONFLICT (layer, key) DO UPDATE SET value = excluded.value",
		"iss", layer, key, value);
	db_run(&sim->db,
		"UPDATE layer SET bytes = min(bytes + ?2, (SELECT size_bytes FROM disk WHERE disk.id = layer.disk))"
		" WHERE id = ?1",
		"ii", layer, (int64_t)(strlen(key) + (value ? strlen(value) : 0)));
}

static void set_top(struct sim *sim, int64_t disk, int64_t layer)
{
	db_run(&sim->db, "UPDATE disk SET top = ?2 WHERE id = ?1", "ii", disk, layer);
}

void layers_freeze(struct sim *sim, int64_t vm, int64_t checkpoint)
{
	struct id_list disks = disks_of(sim, vm);
	for (size_t i = 0; i < disks.count; i++) {
		int64_t top =
			db_number(&sim->db, 0, "SELECT top FROM disk WHERE id = ?1", "i", disks.items[i]);
		db_run(&sim->db, "INSERT INTO frozen (checkpoint, disk, layer) VALUES (?1, ?2, ?3)", "iii",
			checkpoint, disks.items[i], top);
		set_top(sim, disks.items[i], layer_new(sim, disks.items[i], top, FRESH_LAYER_BYTES));
	}
	free(disks.items);
}

static void delete_layer(struct sim *sim, int64_t layer)
{
	db_run(&sim->db, "DELETE FROM content WHERE layer = ?1", "i", layer);
	db_run(&sim->db, "DELETE FROM merge WHERE layer = ?1", "i", layer);
	db_run(&sim->db, "DELETE FROM layer WHERE id = ?1", "i", layer);
}

void layers_fork(struct sim *sim, int64_t vm, int64_t checkpoint)
{
	struct id_list disks = disks_of(sim, vm);
	for (size_t i = 0; i < disks.count; i++) {
		int64_t old =
			db_number(&sim->db, 0, "SELECT top FROM disk WHERE id = ?1", "i", disks.items[i]);
		int64_t below = db_number(&sim->db, 0,
			"SELECT layer FROM frozen WHERE checkpoint = ?1 AND disk = ?2", "ii", checkpoint,
			disks.items[i]);
		set_top(sim, disks.items[i], layer_new(sim, disks.items[i], below, FRESH_LAYER_BYTES));
		delete_layer(sim, old); /* a top has no successors: nothing else can refer to it */
	}
	free(disks.items);
}

void layers_release(struct sim *sim, int64_t checkpoint)
{
	db_run(&sim->db, "DELETE FROM frozen WHERE checkpoint = ?1", "i", checkpoint);
}

/* --- hidden layers --------------------------------------------------------------------------------------------- */

#define HIDDEN_LAYERS                                                                                       \
	" FROM layer JOIN disk ON disk.id = layer.disk WHERE disk.vm = ?1 AND layer.id IS NOT disk.top"     \
	" AND NOT EXISTS (SELECT 1 FROM frozen WHERE frozen.layer = layer.id)"
#define SUCCESSORS "(SELECT count(*) FROM layer AS above WHERE above.parent = layer.id)"

static int64_t hidden_leaf(struct sim *sim, int64_t vm)
{
	return db_number(&sim->db, 0, "SELECT layer.id" HIDDEN_LAYERS " AND " SUCCESSORS " = 0 LIMIT 1", "i", vm);
}

static bool wants_merge(struct sim *sim, int64_t vm, int64_t layer)
{
	return db_number(&sim->db, 0,
		       "SELECT 1" HIDDEN_LAYERS " AND layer.id = ?2 AND " SUCCESSORS " = 1", "ii", vm, layer) != 0;
}

static int64_t merge_duration_us(struct sim *sim, int64_t vm)
{
	int64_t bytes = db_number(&sim->db, 0,
		"SELECT sum(above.bytes) FROM merge JOIN layer AS above ON above.parent = merge.layer"
		" WHERE merge.vm = ?1 AND merge.due_us IS NULL",
		"i", vm);
	int64_t duration = MERGE_LEAST_US + bytes / GIB * HV_SECOND_US / 2;
	return host_scaled_us(sim, duration < MERGE_MOST_US ? duration : MERGE_MOST_US);
}

static void start_merges(struct sim *sim, int64_t vm, int64_t now_us)
{
	if (db_number(&sim->db, 0,
		    "SELECT count(*) > 0 AND count(due_us) = 0 FROM merge WHERE vm = ?1", "i", vm) == 0) {
		return;
	}
	db_run(&sim->db, "UPDATE merge SET started_us = ?2, due_us = ?3 WHERE vm = ?1", "iii", vm, now_us,
		now_us + merge_duration_us(sim, vm));
	vm_touch_state(sim, vm);
}

void layers_settle(struct sim *sim, int64_t vm, int64_t now_us)
{
	int64_t leaf;
	while ((leaf = hidden_leaf(sim, vm)) != 0) {
		delete_layer(sim, leaf);
	}
	db_run(&sim->db,
		"DELETE FROM merge WHERE vm = ?1 AND layer NOT IN"
		" (SELECT layer.id" HIDDEN_LAYERS " AND " SUCCESSORS " = 1)",
		"i", vm);
	db_run(&sim->db,
		"INSERT INTO merge (layer, vm, queued_us) SELECT layer.id, ?1, ?2" HIDDEN_LAYERS
		" AND " SUCCESSORS " = 1 AND layer.id NOT IN (SELECT layer FROM merge)",
		"ii", vm, now_us);
	start_merges(sim, vm, now_us);
}

/* The successor's data go into the layer below it, which takes the successor's place; what it held stays where the
 * successor says nothing. Returns whether the successor was to be merged by the same run. */
static bool merge_with_successor(struct sim *sim, int64_t layer, int64_t due_us)
{
	struct db *db = &sim->db;
	int64_t above = db_number(db, 0, "SELECT id FROM layer WHERE parent = ?1", "i", layer);
	bool also_due = db_number(db, 0, "SELECT 1 FROM merge WHERE layer = ?1 AND due_us = ?2", "ii", above,
				due_us) != 0;
	db_run(db,
		"INSERT INTO content (layer, key, value) SELECT ?1, key, value FROM content AS new WHERE layer = ?2"
		" ON CONFLICT (layer, key) DO UPDATE SET value = excluded.value",
		"ii", layer, above);
	db_run(db,
		"DELETE FROM content WHERE layer = ?1 AND value IS NULL"
		" AND (SELECT parent FROM layer WHERE id = ?1) IS NULL",
		"i", layer);
	db_run(db,
		"UPDATE layer SET bytes = min(bytes + (SELECT bytes FROM layer AS above WHERE above.id = ?2),"
		" (SELECT size_bytes FROM disk WHERE disk.id = layer.disk)) WHERE id = ?1",
		"ii", layer, above);
	db_run(db, "UPDATE layer SET parent = ?1 WHERE parent = ?2", "ii", layer, above);
	db_run(db, "UPDATE frozen SET layer = ?1 WHERE layer = ?2", "ii", layer, above);
	db_run(db, "UPDATE disk SET top = ?1 WHERE top = ?2", "ii", layer, above);
	delete_layer(sim, above);
	return also_due;
}

static struct id_list merges_due(struct sim *sim, int64_t vm, int64_t due_us)
{
	struct id_list list = {0};
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT layer FROM merge WHERE vm = ?1 AND due_us = ?2 ORDER BY layer", "ii", vm, due_us);
	while (db_next(&sim->db, rows)) {
		add_id(&list, sqlite3_column_int64(rows, 0));
	}
	return list;
}

void layers_merge_due(struct sim *sim, int64_t vm, int64_t due_us)
{
	struct id_list due = merges_due(sim, vm, due_us);
	for (size_t i = 0; i < due.count; i++) {
		bool again = true;
		while (again && wants_merge(sim, vm, due.items[i])) {
			again = merge_with_successor(sim, due.items[i], due_us);
		}
	}
	free(due.items);
	db_run(&sim->db, "DELETE FROM merge WHERE vm = ?1 AND due_us = ?2", "ii", vm, due_us);
	layers_settle(sim, vm, due_us);
	vm_touch_state(sim, vm);
	vm_touch_tree(sim, vm);
}

void layers_merge_now(struct sim *sim, int64_t vm, int64_t now_us)
{
	layers_settle(sim, vm, now_us);
	while (layers_are_merging(sim, vm)) {
		layers_merge_due(sim, vm,
			db_number(&sim->db, 0, "SELECT max(due_us) FROM merge WHERE vm = ?1", "i", vm));
	}
}

bool layers_are_merging(struct sim *sim, int64_t vm)
{
	return db_number(&sim->db, 0, "SELECT 1 FROM merge WHERE vm = ?1 LIMIT 1", "i", vm) != 0;
}

int64_t layers_merging_bytes(struct sim *sim, int64_t now_us)
{
	return db_number(&sim->db, 0,
		"SELECT sum(min(above.bytes, max(0, disk.size_bytes - layer.bytes)) *"
		"  max(0, min(100, (?1 - merge.started_us) * 100 / (merge.due_us - merge.started_us))) / 100)"
		" FROM merge JOIN layer ON layer.id = merge.layer JOIN disk ON disk.id = layer.disk"
		" JOIN layer AS above ON above.parent = layer.id WHERE merge.due_us > merge.started_us",
		"i", now_us);
}

int64_t layers_merge_percent(struct sim *sim, int64_t vm, int64_t now_us)
{
	int64_t percent = db_number(&sim->db, -1,
		"SELECT CASE WHEN due_us > started_us THEN (?2 - started_us) * 100 / (due_us - started_us) ELSE 100 END"
		" FROM merge WHERE vm = ?1 AND due_us IS NOT NULL LIMIT 1",
		"ii", vm, now_us);
	return percent > 99 ? 99 : percent;
}
