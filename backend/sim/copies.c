#include "backend/sim/copies.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/sim/layers.h"

#define DEFINITION_BYTES (INT64_C(1) << 16)
#define FNV_BASIS UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

int64_t copy_size(struct sim *sim, const struct vm_row *vm, bool with_disks)
{
	int64_t size = DEFINITION_BYTES;
	if (vm->power != POWER_STOPPED) {
		size += vm->memory_bytes;
	}
	size += db_number(&sim->db, 0,
		"SELECT sum(memory_bytes) FROM checkpoint WHERE vm = ?1 AND has_memory", "i", vm->id);
	if (with_disks) {
		size += db_number(&sim->db, 0,
			"SELECT sum(bytes) FROM layer JOIN disk ON disk.id = layer.disk WHERE disk.vm = ?1", "i", vm->id);
	}
	return size;
}

/* --- making ---------------------------------------------------------------------------------------------------- */

/* Which row of the copy stands for which row of the original. */
struct pair_list {
	struct pair {
		int64_t old, new;
	} *items;
	size_t count, capacity;
};

static void add_pair(struct pair_list *list, int64_t old)
{
	HV_GROW(list->items, list->count, list->capacity);
	list->items[list->count++] = (struct pair){.old = old};
}

static int64_t new_of(const struct pair_list *list, int64_t old)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].old == old) {
			return list->items[i].new;
		}
	}
	return 0;
}

/* Parents come before what stands on them: ids grow, and a merge keeps the lower one. */
static struct pair_list pairs_of(struct sim *sim, sqlite3_stmt *rows)
{
	struct pair_list list = {0};
	while (db_next(&sim->db, rows)) {
		add_pair(&list, sqlite3_column_int64(rows, 0));
	}
	return list;
}

/* Two disks of a VM may have files of the same name, in folders of their own. */
static void copy_layer(struct sim *sim, struct pair_list *layers, size_t index, int64_t disk, const char *folder)
{
	struct db *db = &sim->db;
	int64_t old = layers->items[index].old;
	int64_t parent = new_of(layers, db_number(db, 0, "SELECT parent FROM layer WHERE id = ?1", "i", old));
	HV_CLEANUP_FREE char *path = db_string(db, "SELECT path FROM layer WHERE id = ?1", "i", old);
	const char *name = path ? strrchr(path, '\\') : NULL;
	HV_CLEANUP_FREE char *place = hv_sprintf("%s\\Virtual Hard Disks\\%" PRId64 "%s", folder,
		db_number(db, 0, "SELECT position FROM disk WHERE id = ?1", "i", disk), name ? name : "\\disk.vhdx");
	int64_t new = db_number(db, 0,
		"INSERT INTO layer (disk, parent, path, bytes) SELECT ?2, ?3, ?4, bytes FROM layer WHERE id = ?1"
		" RETURNING id",
		"iins", old, disk, parent, place);
	db_run(db, "INSERT INTO content (layer, key, value) SELECT ?2, key, value FROM content WHERE layer = ?1", "ii",
		old, new);
	layers->items[index].new = new;
}

static struct pair_list copy_layers(struct sim *sim, int64_t old_disk, int64_t new_disk, const char *folder)
{
	struct pair_list layers = pairs_of(
		sim, db_query(&sim->db, "SELECT id FROM layer WHERE disk = ?1 ORDER BY id", "i", old_disk));
	for (size_t i = 0; i < layers.count; i++) {
		copy_layer(sim, &layers, i, new_disk, folder);
	}
	return layers;
}

static void copy_frozen(struct sim *sim, int64_t old_disk, int64_t new_disk, const struct pair_list *layers,
	const struct pair_list *checkpoints)
{
	for (size_t i = 0; i < checkpoints->count; i++) {
		int64_t layer = db_number(&sim->db, 0,
			"SELECT layer FROM frozen WHERE checkpoint = ?1 AND disk = ?2", "ii",
			checkpoints->items[i].old, old_disk);
		db_run(&sim->db, "INSERT INTO frozen (checkpoint, disk, layer) VALUES (?1, ?2, ?3)", "iii",
			checkpoints->items[i].new, new_disk, new_of(layers, layer));
	}
}

static void copy_disks(struct sim *sim, int64_t vm, int64_t copy, const struct pair_list *checkpoints,
	const char *folder)
{
	struct db *db = &sim->db;
	struct pair_list disks =
		pairs_of(sim, db_query(db, "SELECT id FROM disk WHERE vm = ?1 ORDER BY position", "i", vm));
	for (size_t i = 0; i < disks.count; i++) {
		int64_t old = disks.items[i].old;
		int64_t new = db_number(db, 0,
			"INSERT INTO disk (uuid, vm, name, position, size_bytes) SELECT uuid, ?2, name, position, size_bytes"
			" FROM disk WHERE id = ?1 RETURNING id",
			"ii", old, copy);
		struct pair_list layers = copy_layers(sim, old, new, folder);
		int64_t top = db_number(db, 0, "SELECT top FROM disk WHERE id = ?1", "i", old);
		db_run(db, "UPDATE disk SET top = ?2 WHERE id = ?1", "ii", new, new_of(&layers, top));
		copy_frozen(sim, old, new, &layers, checkpoints);
		free(layers.items);
	}
	free(disks.items);
}

static struct pair_list copy_checkpoints(struct sim *sim, int64_t vm, int64_t copy)
{
	struct db *db = &sim->db;
	struct pair_list checkpoints =
		pairs_of(sim, db_query(db, "SELECT id FROM checkpoint WHERE vm = ?1 ORDER BY id", "i", vm));
	for (size_t i = 0; i < checkpoints.count; i++) {
		struct pair *pair = &checkpoints.items[i];
		int64_t parent = db_number(db, 0, "SELECT parent FROM checkpoint WHERE id = ?1", "i", pair->old);
		pair->new = db_number(db, 0,
			"INSERT INTO checkpoint (uuid, vm, name, parent, kind, has_memory, created_us, cpus, memory_bytes)"
			" SELECT uuid, ?2, name, ?3, kind, has_memory, created_us, cpus, memory_bytes FROM checkpoint"
			" WHERE id = ?1 RETURNING id",
			"iin", pair->old, copy, new_of(&checkpoints, parent));
		db_run(db,
			"INSERT INTO checkpoint_memory SELECT ?2, key, value FROM checkpoint_memory WHERE checkpoint = ?1",
			"ii", pair->old, pair->new);
	}
	return checkpoints;
}

int64_t copy_make(struct sim *sim, int64_t vm, bool with_disks, const char *folder)
{
	struct db *db = &sim->db;
	int64_t copy = db_number(db, 0,
		"INSERT INTO vm (uuid, name, state, cpus, memory_bytes, production, copy_of)"
		" SELECT uuid, name, CASE state WHEN 'Stopped' THEN 'Stopped' ELSE 'Saved' END, cpus, memory_bytes,"
		" production, id FROM vm WHERE id = ?1 RETURNING id",
		"i", vm);
	db_run(db, "INSERT INTO vm_memory SELECT ?2, key, value FROM vm_memory WHERE vm = ?1", "ii", vm, copy);
	struct pair_list checkpoints = copy_checkpoints(sim, vm, copy);
	int64_t pointer = db_number(db, 0, "SELECT parent FROM vm WHERE id = ?1", "i", vm);
	db_run(db, "UPDATE vm SET parent = ?2 WHERE id = ?1", "in", copy, new_of(&checkpoints, pointer));
	if (with_disks) {
		copy_disks(sim, vm, copy, &checkpoints, folder);
	}
	free(checkpoints.items);
	return copy;
}

/* --- going ----------------------------------------------------------------------------------------------------- */

#define LAYERS_OF "(SELECT layer.id FROM layer JOIN disk ON disk.id = layer.disk WHERE disk.vm = ?1)"

void copy_empty(struct sim *sim, int64_t vm)
{
	struct db *db = &sim->db;
	db_run(db, "UPDATE vm SET parent = NULL WHERE id = ?1", "i", vm);
	db_run(db, "UPDATE disk SET top = NULL WHERE vm = ?1", "i", vm);
	db_run(db, "DELETE FROM vm_memory WHERE vm = ?1", "i", vm);
	db_run(db,
		"DELETE FROM checkpoint_memory WHERE checkpoint IN (SELECT id FROM checkpoint WHERE vm = ?1)", "i", vm);
	db_run(db, "DELETE FROM frozen WHERE checkpoint IN (SELECT id FROM checkpoint WHERE vm = ?1)", "i", vm);
	db_run(db, "DELETE FROM merge WHERE vm = ?1", "i", vm);
	db_run(db, "DELETE FROM content WHERE layer IN " LAYERS_OF, "i", vm);
	db_run(db, "UPDATE layer SET parent = NULL WHERE id IN " LAYERS_OF, "i", vm);
	db_run(db, "DELETE FROM layer WHERE id IN " LAYERS_OF, "i", vm);
	db_run(db, "DELETE FROM disk WHERE vm = ?1", "i", vm);
	db_run(db, "UPDATE checkpoint SET parent = NULL WHERE vm = ?1", "i", vm);
	db_run(db, "DELETE FROM checkpoint WHERE vm = ?1", "i", vm);
}

void copy_delete(struct sim *sim, int64_t copy)
{
	copy_empty(sim, copy);
	db_run(&sim->db, "DELETE FROM vm WHERE id = ?1", "i", copy);
}

void copy_become(struct sim *sim, int64_t copy, int64_t vm)
{
	struct db *db = &sim->db;
	int64_t pointer = db_number(db, 0, "SELECT parent FROM vm WHERE id = ?1", "i", copy);
	db_run(db, "UPDATE vm SET parent = NULL WHERE id = ?1", "i", copy);
	db_run(db, "UPDATE disk SET vm = ?2 WHERE vm = ?1", "ii", copy, vm);
	db_run(db, "UPDATE checkpoint SET vm = ?2 WHERE vm = ?1", "ii", copy, vm);
	db_run(db, "UPDATE vm_memory SET vm = ?2 WHERE vm = ?1", "ii", copy, vm);
	db_run(db,
		"UPDATE vm SET name = copy.name, state = copy.state, cpus = copy.cpus, memory_bytes = copy.memory_bytes,"
		" production = copy.production, parent = ?3 FROM vm AS copy WHERE vm.id = ?2 AND copy.id = ?1",
		"iin", copy, vm, pointer);
	db_run(db, "DELETE FROM vm WHERE id = ?1", "i", copy);
}

/* --- comparing ------------------------------------------------------------------------------------------------- */

static uint64_t digest_text(uint64_t digest, const char *text)
{
	for (const char *c = text; *c; c++) {
		digest = (digest ^ (unsigned char)*c) * FNV_PRIME;
	}
	return (digest ^ 0xFF) * FNV_PRIME; /* in no UTF-8 text: where one ends is part of it */
}

static uint64_t digest_rows(struct sim *sim, uint64_t digest, sqlite3_stmt *rows)
{
	while (db_next(&sim->db, rows)) {
		for (int i = 0; i < sqlite3_column_count(rows); i++) {
			digest = digest_text(digest, db_column(rows, i));
		}
	}
	return digest;
}

/* Where each disk's chain begins: at its top, and at what each checkpoint froze. */
#define ENDS                                                                                                \
	"ends(disk, checkpoint, layer) AS ("                                                                \
	" SELECT disk.uuid, '', disk.top FROM disk WHERE disk.vm = ?1"                                      \
	" UNION ALL SELECT disk.uuid, checkpoint.uuid, frozen.layer FROM frozen"                            \
	"  JOIN disk ON disk.id = frozen.disk JOIN checkpoint ON checkpoint.id = frozen.checkpoint"         \
	"  WHERE disk.vm = ?1)"

static uint64_t digest_disks(struct sim *sim, uint64_t digest, int64_t vm)
{
	struct db *db = &sim->db;
	digest = digest_rows(sim, digest,
		db_query(db, "SELECT uuid, name, position, size_bytes FROM disk WHERE vm = ?1 ORDER BY position", "i",
			vm));
	return digest_rows(sim, digest,
		db_query(db,
			"WITH RECURSIVE " ENDS ", chain(disk, checkpoint, layer, depth) AS ("
			" SELECT disk, checkpoint, layer, 0 FROM ends"
			" UNION ALL SELECT chain.disk, chain.checkpoint, below.parent, chain.depth + 1 FROM chain"
			"  JOIN layer AS below ON below.id = chain.layer WHERE below.parent IS NOT NULL)"
			" SELECT disk, checkpoint, key, value FROM ("
			"  SELECT chain.disk, chain.checkpoint, content.key, content.value, min(chain.depth) FROM chain"
			"  JOIN content ON content.layer = chain.layer GROUP BY chain.disk, chain.checkpoint, content.key)"
			" WHERE value IS NOT NULL ORDER BY disk, checkpoint, key",
			"i", vm));
}

static uint64_t digest_tree(struct sim *sim, uint64_t digest, int64_t vm)
{
	struct db *db = &sim->db;
	digest = digest_rows(sim, digest,
		db_query(db,
			"SELECT one.uuid, one.name, parent.uuid, one.kind, one.has_memory, one.created_us, one.cpus,"
			" one.memory_bytes FROM checkpoint AS one LEFT JOIN checkpoint AS parent ON parent.id = one.parent"
			" WHERE one.vm = ?1 ORDER BY one.uuid",
			"i", vm));
	return digest_rows(sim, digest,
		db_query(db,
			"SELECT checkpoint.uuid, key, value FROM checkpoint_memory"
			" JOIN checkpoint ON checkpoint.id = checkpoint_memory.checkpoint WHERE checkpoint.vm = ?1"
			" ORDER BY checkpoint.uuid, key",
			"i", vm));
}

char *copy_digest(struct sim *sim, int64_t vm, bool with_disks)
{
	struct db *db = &sim->db;
	uint64_t digest = digest_rows(sim, FNV_BASIS,
		db_query(db,
			"SELECT vm.uuid, vm.name, vm.cpus, vm.memory_bytes, pointer.uuid FROM vm"
			" LEFT JOIN checkpoint AS pointer ON pointer.id = vm.parent WHERE vm.id = ?1",
			"i", vm));
	digest = digest_rows(sim, digest,
		db_query(db, "SELECT key, value FROM vm_memory WHERE vm = ?1 ORDER BY key", "i", vm));
	digest = digest_tree(sim, digest, vm);
	if (with_disks) {
		digest = digest_disks(sim, digest, vm);
	}
	return hv_sprintf("%016" PRIx64, digest);
}

void copy_damage(struct sim *sim, int64_t vm)
{
	struct db *db = &sim->db;
	int64_t layer = db_number(db, 0,
		"SELECT content.layer FROM content JOIN layer ON layer.id = content.layer"
		" JOIN disk ON disk.id = layer.disk WHERE disk.vm = ?1 AND content.value IS NOT NULL ORDER BY layer.id LIMIT 1",
		"i", vm);
	if (layer != 0) {
		db_run(db, "UPDATE content SET value = value || '~' WHERE layer = ?1 AND value IS NOT NULL", "i", layer);
	} else {
		db_run(db, "UPDATE vm SET cpus = cpus + 1 WHERE id = ?1", "i", vm); /* nothing but the definition */
	}
}
